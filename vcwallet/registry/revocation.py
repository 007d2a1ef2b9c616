# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The certificates that a registry has made, and those of them that it has revoked (RFC 5280, section 5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cryptography import x509

from vcwallet.encoding import json
from vcwallet.encoding.wire import WireModel, read
from vcwallet.keys.public import PublicKey
from vcwallet.storage import Put, RecordStore
from vcwallet.trust.certificates import authority_key_id, from_der
from vcwallet.trust.chain import key_fingerprint
from vcwallet.trust.crl import Reason, RevokedCertificate
from vcwallet.trust.members import Time, time_text

_ISSUED = "registry_certificate"
_REVOKED = "registry_revoked"


def issued(der: bytes) -> Put:
    """Return the record of a certificate that was made, to be found by its key."""
    certificate = from_der(der)
    return Put(_ISSUED, _record_id(certificate), der, tags=(key_fingerprint(PublicKey.from_certificate(certificate)),))


def issued_for(fingerprint: str, *, store: RecordStore) -> Iterator[x509.Certificate]:
    """Yield the certificates that were made for the key of a fingerprint."""
    return (from_der(record.body) for record in store.find(_ISSUED, fingerprint))


def is_revoked(certificate: x509.Certificate, *, store: RecordStore) -> bool:
    """Tell whether a certificate is revoked already; for that is done once, and then for good."""
    return store.get(_REVOKED, _record_id(certificate)) is not None


def revoked(certificate: x509.Certificate, *, reason: Reason, at: datetime) -> Put:
    """Return the record of a certificate that is revoked from now on."""
    body = json.dumps({"serial": str(certificate.serial_number), "since": time_text(at), "reason": reason})
    return Put(_REVOKED, _record_id(certificate), body, tags=(_authority(certificate),), new=True)


def revoked_by(key_id: bytes, *, store: RecordStore) -> tuple[RevokedCertificate, ...]:
    """Return what a CA has revoked, by its subject key identifier.

    Raises:
        MalformedError, ValueError: a record is unreadable.
    """
    entries = (read(_Revoked, record.body) for record in store.find(_REVOKED, key_id.hex()))
    return tuple(
        RevokedCertificate(serial_number=int(one.serial), revoked_at=one.since, reason=Reason(one.reason))
        for one in entries
    )


def _record_id(certificate: x509.Certificate) -> str:
    return f"{_authority(certificate)}-{certificate.serial_number:x}"


def _authority(certificate: x509.Certificate) -> str:
    return (authority_key_id(certificate) or b"").hex()


class _Revoked(WireModel):
    serial: str
    since: Time
    reason: str
