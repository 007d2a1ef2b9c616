# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The certificates that a registry has made, and those of them that it has revoked (RFC 5280, section 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from cryptography import x509

from vcwallet.encoding import json
from vcwallet.encoding.wire import WireModel, read
from vcwallet.keys.public import PublicKey
from vcwallet.storage import Change, Put, RecordStore
from vcwallet.trust.certificates import authority_key_id, from_der
from vcwallet.trust.chain import key_fingerprint
from vcwallet.trust.crl import MAX_ENTRIES, Reason, RevokedCertificate
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
    body = json.dumps(
        {
            "serial": str(certificate.serial_number),
            "since": time_text(at),
            "reason": reason,
            "ends": time_text(certificate.not_valid_after_utc),
        }
    )
    return Put(_REVOKED, _record_id(certificate), body, tags=(_authority(certificate),), new=True)


def revoked_by(
    key_id: bytes, *, store: RecordStore, last_list: datetime | None = None
) -> tuple[RevokedCertificate, ...]:
    """Return what a CA has revoked, by its subject key identifier, as far as its next list has to say it.

    Args:
        key_id: the CA's.
        store: keeps it.
        last_list: when the last list was issued; what had expired by then has been in a list since, and is left out
            (RFC 5280, section 3.3).

    Raises:
        MalformedError, ValueError: a record is unreadable.
    """
    entries = (read(_Revoked, record.body) for record in store.find(_REVOKED, key_id.hex()))
    return tuple(
        RevokedCertificate(serial_number=int(one.serial), revoked_at=one.since, reason=Reason(one.reason))
        for one in entries
        if last_list is None or one.ends is None or one.ends >= last_list or one.since >= last_list
    )


def require_room(changes: Iterable[Change], *, store: RecordStore, last_lists: Mapping[bytes, datetime]) -> None:
    """Return if the list of each CA has room for what these changes revoke.

    Args:
        changes: those of one commit.
        store: keeps what is revoked already.
        last_lists: when the last list of each CA was issued, by its subject key identifier.

    Raises:
        ValueError: a list would have more than 50 000 entries, with which nobody would read it.
    """
    new = Counter(one.tags[0] for one in changes if isinstance(one, Put) and one.collection == _REVOKED)
    for authority, number in new.items():
        key_id = bytes.fromhex(authority)
        if len(revoked_by(key_id, store=store, last_list=last_lists.get(key_id))) + number > MAX_ENTRIES:
            raise ValueError(f"a CA revokes no more than {MAX_ENTRIES} certificates; make a new CA and retire this one")


def _record_id(certificate: x509.Certificate) -> str:
    return f"{_authority(certificate)}-{certificate.serial_number:x}"


def _authority(certificate: x509.Certificate) -> str:
    return (authority_key_id(certificate) or b"").hex()


class _Revoked(WireModel):
    serial: str
    since: Time
    reason: str
    ends: Time | None = None  # which earlier records do not say
