# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The issuing authority CAs of parties that have their own, and their revocation lists (ISO/IEC 18013-5, Annex B)."""

from __future__ import annotations

from collections.abc import Mapping

from vcwallet.errors import LimitExceededError, TrustedListError
from vcwallet.storage import Put, RecordStore
from vcwallet.trust.certificates import subject_key_id
from vcwallet.trust.crl import RevocationList
from vcwallet.trust.document_signer import read_iaca

MAX_REVOCATION_LIST_BYTES = 256 * 1024
MAX_HANDED_IN_BYTES = 4 * 1024 * 1024
_COLLECTION = "registry_document_authority"
_REVOCATION_LISTS = "registry_document_authority_crl"


def record(key_id: bytes, iaca: bytes) -> Put:
    """Return the record that keeps the DER certificate of an IACA, by its subject key identifier."""
    return Put(_COLLECTION, key_id.hex(), iaca, new=True)


def load(store: RecordStore) -> dict[bytes, bytes]:
    """Return what `record` kept.

    Raises:
        MalformedError, VerificationError: what is in the store is no IACA.
    """
    return {subject_key_id(read_iaca(one.body)): one.body for one in store.find(_COLLECTION)}


def read_revocation_list(der: bytes, *, iaca: bytes) -> RevocationList:
    """Return the revocation list of an IACA, short enough to be published with everything else.

    Raises:
        LimitExceededError: it is over 256 KiB.
        MalformedError, VerificationError: not a list of this IACA.
    """
    if len(der) > MAX_REVOCATION_LIST_BYTES:
        raise LimitExceededError(f"a revocation list that is handed in is over {MAX_REVOCATION_LIST_BYTES} bytes")
    return RevocationList.read(der, issuer=read_iaca(iaca))


def revocation_list_record(new: RevocationList, *, before: RevocationList | None) -> Put:
    """Return the record that keeps the revocation list of an IACA in place of the one before.

    Raises:
        TrustedListError: it is older than that, or another one of its number (``CRL_ROLLBACK``).
    """
    if before is not None and new.number <= before.number and new.der != before.der:
        raise TrustedListError("a revocation list older than the last", code="CRL_ROLLBACK", clause="RFC 5280, 5.2.3")
    return Put(_REVOCATION_LISTS, new.authority_key_id.hex(), new.der)


def require_room(lists: Mapping[bytes, RevocationList]) -> None:
    """Return if these revocation lists leave room for everything else that is published.

    Raises:
        LimitExceededError: they are over 4 MiB together.
    """
    if sum(len(one.der) for one in lists.values()) > MAX_HANDED_IN_BYTES:
        raise LimitExceededError(f"the revocation lists of parties are over {MAX_HANDED_IN_BYTES} bytes together")


def load_revocation_lists(authorities: dict[bytes, bytes], *, store: RecordStore) -> dict[bytes, RevocationList]:
    """Return what `revocation_list_record` kept, by the subject key identifier of the IACA.

    Raises:
        ValueError: one is of no IACA that is known.
        MalformedError, VerificationError: what is in the store is no revocation list of it.
    """
    if not all(bytes.fromhex(one.id) in authorities for one in store.find(_REVOCATION_LISTS)):
        raise ValueError("a revocation list of an IACA that is not there")
    kept = {bytes.fromhex(one.id): one.body for one in store.find(_REVOCATION_LISTS)}
    return {key_id: read_revocation_list(der, iaca=authorities[key_id]) for key_id, der in kept.items()}
