# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The issuing authority CAs of parties that have their own, as a registry keeps them (ISO/IEC 18013-5, Annex B)."""

from __future__ import annotations

from vcwallet.storage import Put, RecordStore
from vcwallet.trust.certificates import subject_key_id
from vcwallet.trust.document_signer import read_iaca

_COLLECTION = "registry_document_authority"


def record(key_id: bytes, iaca: bytes) -> Put:
    """Return the record that keeps the DER certificate of an IACA, by its subject key identifier."""
    return Put(_COLLECTION, key_id.hex(), iaca, new=True)


def load(store: RecordStore) -> dict[bytes, bytes]:
    """Return what `record` kept.

    Raises:
        MalformedError, VerificationError: what is in the store is no IACA.
    """
    return {subject_key_id(read_iaca(one.body)): one.body for one in store.find(_COLLECTION)}
