# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Certificate revocation lists: which certificates a CA no longer vouches for (RFC 5280, section 5).

One complete list for each CA, version 2, signed with the key that signs its certificates.  Delta and indirect lists
are neither made nor read: what they would leave out could pass for "not revoked".  A partition is read only for who
says so, and then speaks of nothing but the certificates that name its distribution point.

    >>> from datetime import UTC, datetime, timedelta
    >>> from vcwallet.keys.software import SoftwareSigner
    >>> from vcwallet.trust.certificates import Subject, build_root
    >>> from vcwallet.trust.crl import Reason, RevocationList, RevokedCertificate, build_crl
    >>> at = datetime(2026, 11, 23, tzinfo=UTC)
    >>> subject = Subject(country="ZZ", organisation="Demo registry", common_name="Demo root")
    >>> root = build_root(subject, SoftwareSigner.generate(), at=at)
    >>> entry = RevokedCertificate(serial_number=4711, revoked_at=at, reason=Reason.SUPERSEDED)
    >>> der = build_crl(root, [entry], number=1, at=at, next_update=at + timedelta(days=7))
    >>> RevocationList.read(der, issuer=root.certificate).revoked[4711].reason
    <Reason.SUPERSEDED: 'superseded'>
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID, ObjectIdentifier

from vcwallet.errors import (
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    SignatureInvalidError,
    TrustedListError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
)
from vcwallet.jose.jwt import SKEW
from vcwallet.keys.public import CURVES, PublicKey
from vcwallet.trust.certificates import (
    ECDSA_SIGNATURES,
    UNREADABLE,
    CertificateAuthority,
    authority_key_id,
    authority_key_identifier,
    find_extension,
    sign_crl,
    subject_key_id,
)
from vcwallet.trust.members import whole_seconds

MAX_BYTES = 10 * 1024 * 1024
MAX_ENTRIES = 50_000

_MAX_NUMBER_BITS = 8 * 20 - 1  # 20 octets, the first bit of which is the sign (RFC 5280, section 5.2.3)
_VERSION_2 = b"\x02\x01\x01"
_E = TypeVar("_E", bound=x509.ExtensionType)


class Reason(StrEnum):
    """Why a certificate is revoked (RFC 5280, section 5.3.1, CRLReason).

    ``removeFromCRL`` has no member: only a delta list can say it.
    """

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "keyCompromise"
    CA_COMPROMISE = "cACompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessationOfOperation"
    CERTIFICATE_HOLD = "certificateHold"
    PRIVILEGE_WITHDRAWN = "privilegeWithdrawn"
    AA_COMPROMISE = "aACompromise"

    @property
    def is_compromise(self) -> bool:
        """Whether somebody else may hold the key, so that no date in anything that it signed can be believed."""
        return self in (Reason.KEY_COMPROMISE, Reason.CA_COMPROMISE, Reason.AA_COMPROMISE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedCertificate:
    """One entry of a list.

    Attributes:
        serial_number: the certificate's, which is positive.
        revoked_at: since when its CA does not vouch for it, in whole seconds.
        reason: why.
    """

    serial_number: int
    revoked_at: datetime
    reason: Reason = Reason.UNSPECIFIED

    def __post_init__(self) -> None:
        if self.serial_number <= 0:
            raise ValueError("a serial number is positive")
        object.__setattr__(self, "revoked_at", whole_seconds(self.revoked_at))

    def counts_at(self, signed_at: datetime) -> bool:
        """Tell whether what the key signed at `signed_at` must not be relied upon.

        After a compromise that is everything: whoever has the key writes what date he likes.  A certificate on hold
        (``certificateHold``) counts as revoked as long as the list has it.
        """
        return self.reason.is_compromise or signed_at >= self.revoked_at


# --- issuing ---------------------------------------------------------------------------------------------------------


def build_crl(
    issuer: CertificateAuthority,
    revoked: Iterable[RevokedCertificate],
    *,
    number: int,
    at: datetime,
    next_update: datetime,
) -> bytes:
    """Return the DER of the complete list of a CA.

    Args:
        issuer: the CA.
        revoked: its certificates that are revoked or on hold.
        number: higher than that of every earlier list of this CA.
        at: the time of issue.
        next_update: when the next list comes at the latest.

    Raises:
        ValueError: the list would not be one by the rules below: one serial number twice, too many entries, a number
            that is negative or longer than 20 octets, no time between issue and next update, or a CA that may not
            sign lists.
    """
    entries = sorted(revoked, key=lambda entry: entry.serial_number)
    issued, next_update = whole_seconds(at), whole_seconds(next_update)
    if len(entries) > MAX_ENTRIES or len({entry.serial_number for entry in entries}) != len(entries):
        raise ValueError(f"a list names each certificate once, and {MAX_ENTRIES} at most")
    if number < 0 or number.bit_length() > _MAX_NUMBER_BITS:
        raise ValueError("the number of a list has at most 20 octets and is not negative")
    if next_update <= issued:
        raise ValueError("a list ends after it was issued")
    if not _may_sign_lists(issuer.certificate):
        raise ValueError("the certificate of the CA does not let it sign lists")
    builder = (
        x509.CertificateRevocationListBuilder(revoked_certificates=[_entry(entry) for entry in entries])
        .issuer_name(issuer.certificate.subject)
        .last_update(issued)
        .next_update(next_update)
        .add_extension(authority_key_identifier(issuer.certificate), critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    return sign_crl(builder, issuer.signer).public_bytes(serialization.Encoding.DER)


def _entry(revoked: RevokedCertificate) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder(revoked.serial_number, revoked.revoked_at)
    if revoked.reason is not Reason.UNSPECIFIED:  # which is said by leaving it out (section 5.3.1)
        builder = builder.add_extension(x509.CRLReason(x509.ReasonFlags(revoked.reason.value)), critical=False)
    return builder.build()


# --- accepting -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """A list that its CA has signed.

    Attributes:
        issuer: the DER of the CA's name.
        authority_key_id: the subject key identifier of the CA.
        number: the number of the list, which grows from one to the next.
        this_update: when it was issued.
        next_update: when the next one comes at the latest; afterwards this one says nothing.
        revoked: its entries, by serial number.
        der: the bytes that were read.
        points: the distribution points that it is the list of; empty where it is complete.
    """

    issuer: bytes = field(repr=False)
    authority_key_id: bytes
    number: int
    this_update: datetime
    next_update: datetime
    revoked: Mapping[int, RevokedCertificate] = field(repr=False)
    der: bytes = field(repr=False)
    points: frozenset[x509.GeneralName] = field(default=frozenset(), repr=False)

    @classmethod
    def read(
        cls,
        der: bytes,
        *,
        issuer: x509.Certificate,
        require_signature: Callable[[x509.CertificateRevocationList, x509.Certificate], None] | None = None,
        partitions: bool = False,
    ) -> RevocationList:
        """Return the list after checking that `issuer` has signed it; the time is not asked for.

        Args:
            der: the list.
            issuer: the certificate of the CA, which the caller trusts.
            require_signature: raises unless the certificate's key has signed the list, for a CA with keys that are not
                ours; None for ECDSA alone.
            partitions: whether it may be the list of a distribution point.

        Raises:
            LimitExceededError: longer than 10 MiB, or more than 50 000 entries.
            MalformedError: not a list of version 2 with a key identifier, a number and a next update; an entry that
                occurs twice or is no entry of a complete list.
            NotAuthorisedError: the CA may not sign lists (``CRL_NOT_AUTHORISED``).
            UntrustedError: the list names another CA or another key of it (``CRL_ISSUER``).
            AlgorithmNotAllowedError: the CA's key is of a kind that vcwallet does not use.
            SignatureInvalidError: the CA did not sign it.
            UnsupportedError: a delta, indirect or partitioned list, or a critical extension that is not known.
        """
        found = _parse(der)
        _require_issuer(found, issuer)
        (require_signature or _require_signature)(found, issuer)
        points = _points(found) if partitions else frozenset()
        _require_complete(found, _KNOWN | {ExtensionOID.ISSUING_DISTRIBUTION_POINT} if points else _KNOWN)
        next_update = found.next_update_utc
        if next_update is None or next_update <= found.last_update_utc:
            raise _malformed("a list ends after it was issued", section="5.1.2.5")
        return cls(
            issuer=found.issuer.public_bytes(),
            authority_key_id=subject_key_id(issuer),
            number=_number(found),
            this_update=found.last_update_utc,
            next_update=next_update,
            revoked=_entries(found),
            der=der,
            points=points,
        )

    def require_fresh(self, *, at: datetime) -> None:
        """Return if the list speaks for `at`.

        Raises:
            TrustedListError: the next list is due (``CRL_STALE``).
            ValidityError: it was issued after `at` (``NOT_YET_VALID``).
        """
        if self.this_update > at + SKEW:
            message = "the revocation list is from the future"
            raise ValidityError(message, code="NOT_YET_VALID", clause=f"{_RFC}, section 5.1.2.4")
        if at >= self.next_update:
            message = "the revocation list is past its next update"
            raise TrustedListError(message, code="CRL_STALE", clause=f"{_RFC}, section 5.1.2.5")

    def revocation_of(self, certificate: x509.Certificate) -> RevokedCertificate | None:
        """Return since when and why a certificate of this CA is revoked; None if it is not.

        Raises:
            UntrustedError: the certificate is by another CA, or of another distribution point, about which this list
                says nothing (``CRL_ISSUER``).
        """
        issuer = certificate.issuer.public_bytes()
        if issuer != self.issuer or authority_key_id(certificate) != self.authority_key_id:
            raise _wrong_issuer("the revocation list is not that of the certificate's CA")
        if self.points and not self.points & distribution_points(certificate):
            raise _wrong_issuer("the revocation list is that of another distribution point")
        return self.revoked.get(certificate.serial_number)

    def require_not_revoked(
        self, certificate: x509.Certificate, *, at: datetime, signed_at: datetime | None = None
    ) -> None:
        """Return if the list is fresh and does not revoke a certificate of its CA.

        Args:
            certificate: the one that is to be relied upon.
            at: the time of the decision, for which the list must speak.
            signed_at: when the signature in question was made, if that is known from elsewhere than the signer's word;
                None takes it as made at `at`.  A revocation of a later date then does not count, unless the key was
                compromised.

        Raises:
            UntrustedError: it is revoked (``CERTIFICATE_REVOKED``), or by another CA (``CRL_ISSUER``).
            TrustedListError: the next list is due (``CRL_STALE``).
            ValidityError: the list was issued after `at` (``NOT_YET_VALID``).
        """
        self.require_fresh(at=at)
        revoked = self.revocation_of(certificate)
        if revoked is not None and revoked.counts_at(at if signed_at is None else signed_at):
            raise UntrustedError(
                f"a certificate is revoked: {revoked.reason}", code="CERTIFICATE_REVOKED", clause=f"{_RFC}, section 6.3"
            )


_RFC = "RFC 5280"


def _parse(der: bytes) -> x509.CertificateRevocationList:
    if len(der) > MAX_BYTES:
        raise LimitExceededError(f"a revocation list is longer than {MAX_BYTES} bytes")
    try:
        found = x509.load_der_x509_crl(der)
        _read_through(found, der)
    except UNREADABLE:
        raise _malformed("not a DER revocation list", section="5.1") from None
    if len(found) > MAX_ENTRIES:
        raise LimitExceededError(f"a revocation list has more than {MAX_ENTRIES} entries")
    return found


def _read_through(found: x509.CertificateRevocationList, der: bytes) -> None:
    """Read each part but the entries that pyca/cryptography parses on first use only, so that later uses raise nothing.

    Raises:
        ValueError: one cannot be read, it is not of version 2, or has a second spelling.
    """
    for part in ("issuer", "last_update_utc", "next_update_utc", "extensions"):
        getattr(found, part)
    content = found.tbs_certlist_bytes
    head = 2 + (content[1] & 0x7F if content[1] & 0x80 else 0)
    if not content.startswith(_VERSION_2, head):
        raise ValueError("not of version 2")
    # A signature is whole bytes; pyca would let unused bits pass, a second spelling of the same list.
    if not der.endswith(b"\x00" + found.signature):
        raise ValueError("unused bits")


def _require_issuer(found: x509.CertificateRevocationList, issuer: x509.Certificate) -> None:
    if not _may_sign_lists(issuer):
        message = "the certificate of the CA does not let it sign revocation lists"
        raise NotAuthorisedError(message, code="CRL_NOT_AUTHORISED", clause=f"{_RFC}, section 6.3.3")
    if found.issuer.public_bytes() != issuer.subject.public_bytes():
        raise _wrong_issuer("the revocation list is another CA's")
    if _list_extension(found, x509.AuthorityKeyIdentifier, section="5.2.1").key_identifier != subject_key_id(issuer):
        raise _wrong_issuer("the revocation list names another key of its CA")


def _require_signature(found: x509.CertificateRevocationList, issuer: x509.Certificate) -> None:
    key = PublicKey.from_certificate(issuer)
    fits = found.signature_algorithm_oid in ECDSA_SIGNATURES and key.algorithm in CURVES
    if not fits or not found.is_signature_valid(key.raw):
        message = "the CA did not sign this revocation list"
        raise SignatureInvalidError(message, clause=f"{_RFC}, section 5.1.1.3")


def authority_of(der: bytes) -> bytes:
    """Return the key identifier of the CA that a list says it is by; nothing of the list is verified.

    Raises:
        LimitExceededError: longer than 10 MiB, or more than 50 000 entries.
        MalformedError: it is no list, or does not say.
    """
    found = _list_extension(_parse(der), x509.AuthorityKeyIdentifier, section="5.2.1")
    if found.key_identifier is None:
        raise _malformed("a list names the key of its CA", section="5.2.1")
    return found.key_identifier


def distribution_points(certificate: x509.Certificate) -> frozenset[x509.GeneralName]:
    """Return the names under which a certificate says that its CA's lists are (RFC 5280, section 4.2.1.13)."""
    extension = find_extension(certificate, x509.CRLDistributionPoints)
    points = extension.value if extension is not None else ()
    return frozenset(name for point in points for name in point.full_name or ())


def _points(found: x509.CertificateRevocationList) -> frozenset[x509.GeneralName]:
    """Return of which points this is the list; none unless it has every entry of them (section 5.2.5)."""
    for extension in found.extensions:
        point = extension.value
        if isinstance(point, x509.IssuingDistributionPoint) and extension.critical:
            partial = point.only_contains_ca_certs or point.only_contains_attribute_certs or point.only_some_reasons
            if not (partial or point.indirect_crl):
                return frozenset(point.full_name or ())
    return frozenset()


def _require_complete(found: x509.CertificateRevocationList, known: frozenset[ObjectIdentifier]) -> None:
    for extension in found.extensions:
        # A partition need not be critical to leave certificates out.
        left_out = extension.oid in _PARTIAL and extension.oid not in known
        if left_out or (extension.critical and extension.oid not in known):
            message = "a partial revocation list, or an unknown critical extension"
            raise UnsupportedError(message, code="CRL_EXTENSION", clause=f"{_RFC}, section 5.2")


_KNOWN = frozenset({ExtensionOID.AUTHORITY_KEY_IDENTIFIER, ExtensionOID.CRL_NUMBER})
_PARTIAL = frozenset({ExtensionOID.DELTA_CRL_INDICATOR, ExtensionOID.ISSUING_DISTRIBUTION_POINT})


def _number(found: x509.CertificateRevocationList) -> int:
    number = _list_extension(found, x509.CRLNumber, section="5.2.3").crl_number
    if number.bit_length() > _MAX_NUMBER_BITS:  # a negative one is not parsed
        raise _malformed("the number of a list has at most 20 octets", section="5.2.3")
    return number


def _entries(found: x509.CertificateRevocationList) -> dict[int, RevokedCertificate]:
    try:
        entries = {entry.serial_number: entry for entry in map(_read_entry, found)}
    except (*UNREADABLE, KeyError):  # removeFromCRL has no place in such a list
        raise _malformed("an entry is not one of a complete revocation list", section="5.3") from None
    if len(entries) != len(found):
        raise _malformed("a certificate occurs twice", section="5.1.2.6")
    return entries


def _read_entry(entry: x509.RevokedCertificate) -> RevokedCertificate:
    reason = Reason.UNSPECIFIED
    for extension in entry.extensions:
        if isinstance(extension.value, x509.CRLReason):
            reason = _REASONS[extension.value.reason]
        elif extension.critical or extension.oid == CRLEntryExtensionOID.CERTIFICATE_ISSUER:
            message = "an entry of an indirect revocation list, or an unknown critical extension"
            raise UnsupportedError(message, code="CRL_EXTENSION", clause=f"{_RFC}, section 5.3")
    return RevokedCertificate(serial_number=entry.serial_number, revoked_at=entry.revocation_date_utc, reason=reason)


_REASONS = {x509.ReasonFlags(reason.value): reason for reason in Reason}


def _may_sign_lists(certificate: x509.Certificate) -> bool:
    constraints = find_extension(certificate, x509.BasicConstraints)
    usage = find_extension(certificate, x509.KeyUsage)
    return constraints is not None and constraints.value.ca and usage is not None and usage.value.crl_sign


def _list_extension(found: x509.CertificateRevocationList, kind: type[_E], *, section: str) -> _E:
    try:
        return found.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        raise _malformed(f"a revocation list has an extension {kind.__name__}", section=section) from None


def _wrong_issuer(message: str) -> UntrustedError:
    return UntrustedError(message, code="CRL_ISSUER", clause=f"{_RFC}, section 6.3.3")


def _malformed(message: str, *, section: str) -> MalformedError:
    return MalformedError(message, clause=f"{_RFC}, section {section}")
