# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The keys of a session: the ephemeral ones, and what is derived from them (ISO/IEC 18013-5, clause 9.1.1).

A session transcript is the encoded *array*; the salt of every derivation is the digest of SessionTranscriptBytes, which
is the array inside of a tag 24.  To mistake one for the other is the classic error, so only this module wraps it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vcwallet.encoding import cbor
from vcwallet.keys import cose_key
from vcwallet.keys.signer import KeyAgreement

_KEY_BYTES: Final = 32
_IDENT_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionKeys:
    """One key for each direction.

    Attributes:
        sk_reader: encrypts what the reader sends.
        sk_device: encrypts what the wallet sends.
    """

    sk_reader: bytes = field(repr=False)
    sk_device: bytes = field(repr=False)


def derive_session_keys(shared_secret: bytes, *, session_transcript: bytes) -> SessionKeys:
    """Return SKReader and SKDevice (clause 9.1.1.5)."""
    return SessionKeys(
        sk_reader=_derive(shared_secret, session_transcript, b"SKReader"),
        sk_device=_derive(shared_secret, session_transcript, b"SKDevice"),
    )


def ble_ident(e_device_key_bytes: bytes) -> bytes:
    """Return the value by which a wallet recognises the reader that has scanned it (clause 8.3.3.1.1.3)."""
    return HKDF(algorithm=SHA256(), length=_IDENT_BYTES, salt=None, info=b"BLEIdent").derive(e_device_key_bytes)


def _derive(shared_secret: bytes, session_transcript: bytes, info: bytes) -> bytes:
    salt = hashlib.sha256(cbor.embedded(session_transcript)).digest()
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=salt, info=info).derive(shared_secret)


def public_cose_key(key: KeyAgreement) -> bytes:
    """Return the public half of an ephemeral key as an encoded COSE_Key."""
    return cbor.dumps(cose_key.from_jwk(key.public_jwk))
