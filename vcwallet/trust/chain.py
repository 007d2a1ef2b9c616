# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Path validation: does this chain lead from a key in this role to the pinned root (RFC 5280, section 6)?

The path itself is validated by pyca/cryptography with our own rules for each certificate; what concerns two
certificates at once is checked here, on the path that it returns.  A chain is examined without asking for the time:
the result holds when it is valid, so it can be kept, and the time is compared on every use.

A valid chain says who holds the key and for which role.  Whether that party may act is for the trusted list to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache, partial

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import Criticality, ExtensionPolicy

from vcwallet.errors import (
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    UntrustedError,
    ValidityError,
    quoted,
)
from vcwallet.jose.header import MAX_CERTIFICATE_BYTES, MAX_CERTIFICATES
from vcwallet.keys.policy import Role
from vcwallet.keys.public import PublicKey
from vcwallet.trust.certificates import (
    ISSUING_CA,
    LEAF,
    ROLE_USAGE,
    ROOT,
    CertificateProfile,
    authority_key_id,
    find_extension,
    from_der,
    subject_key_id,
    subject_text,
)
from vcwallet.trust.mdoc_certificates import READER

MAX_KEPT_CHAINS = 4096
_ONE_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Path:
    """The certificates of a path, the first one first and the CA that is known last; cheap to look up by."""

    sha256: bytes = field(repr=False)
    certificates: tuple[x509.Certificate, ...] = field(repr=False, compare=False)

    @classmethod
    def of(cls, *certificates: x509.Certificate) -> Path:
        """Return the path through these certificates."""
        digests = b"".join(certificate.fingerprint(hashes.SHA256()) for certificate in certificates)
        return cls(hashlib.sha256(digests).digest(), certificates)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatedChain:
    """A chain that leads to the pinned root.

    Attributes:
        key: the key of the first certificate.
        role: what it is certified for.
        party: the identifier of the party that holds it (the URI in ``subjectAltName``).
        organisation: the name of that party, as certified.
        country: the country of that party, as certified.
        jurisdiction: its state or province, as certified, if any.
        authority_key_id: the subject key identifier of the issuing CA.
        fingerprint: the SHA-256 digest of the first certificate, in hexadecimal.
        key_fingerprint: the same of its key, which later certificates may have too.
        not_before: when every certificate of the path has become valid.
        not_after: the last moment at which all of them are.
        signer_not_before: when the first certificate has become valid.
        signer_not_after: the last moment at which that one is.
        path: its certificates and the root.
    """

    key: PublicKey
    role: Role
    party: str
    organisation: str
    country: str
    jurisdiction: str | None
    authority_key_id: bytes
    fingerprint: str
    key_fingerprint: str
    not_before: datetime
    not_after: datetime
    signer_not_before: datetime
    signer_not_after: datetime
    path: Path

    def require_valid_at(self, at: datetime) -> None:
        """Return if every certificate of the path is valid at `at`.

        Raises:
            ValidityError: too early (``NOT_YET_VALID``) or too late (``EXPIRED``).
        """
        require_within(self.not_before, self.not_after, at=at)


def require_within(not_before: datetime, not_after: datetime, *, at: datetime) -> None:
    """Return if `at` is in the validity of a certificate or of a path.

    Raises:
        ValidityError: too early (``NOT_YET_VALID``) or too late (``EXPIRED``).
    """
    if at < not_before:
        raise ValidityError("a certificate is not valid yet", code="NOT_YET_VALID", clause=_VALIDITY)
    # Certificates count whole seconds, the last one included.
    if at >= not_after + _ONE_SECOND:
        raise ValidityError("a certificate has expired", clause=_VALIDITY)


_VALIDITY = "RFC 5280, section 4.1.2.5"


def validate_chain(chain: tuple[bytes, ...], *, anchor: x509.Certificate, role: Role, at: datetime) -> ValidatedChain:
    """Return the chain's key after validating the path from it to `anchor` for `role`.

    Args:
        chain: the DER certificates of the party and of the issuing CA, in this order, without the root (``x5c``).
        anchor: the pinned root.
        role: what the key is used for.
        at: the time at which all certificates must be valid.

    Raises:
        MalformedError: a certificate that cannot be read.
        LimitExceededError: more than five certificates, or one over 16 KiB.
        UntrustedError: the chain does not lead to the anchor by the rules.
        NotAuthorisedError: it does, but for another role.
        AlgorithmNotAllowedError: the key is of a kind that vcwallet does not use.
        ValidityError: a certificate is not valid yet or any more.
    """
    examined = examine_chain(chain, role, anchor=anchor)
    examined.require_valid_at(at)
    return examined


class ChainValidator:
    """Validates chains against one pinned root and those that it has succeeded, and remembers those that passed."""

    def __init__(
        self, anchor: x509.Certificate, *, former: Iterable[x509.Certificate] = (), max_kept: int = MAX_KEPT_CHAINS
    ) -> None:
        """Pin a root.

        Args:
            anchor: the root.
            former: earlier roots, below which chains still count.
            max_kept: how many chains are remembered.

        Raises:
            UntrustedError: a certificate is not that of a root, or two roots have one key identifier.
        """
        self.anchors: tuple[x509.Certificate, ...] = (anchor, *former)
        """The pinned root, and then those that still count."""
        self.max_kept: int = max_kept
        """How many chains are remembered."""
        for root in self.anchors:
            require_root(root)
        by_key_id = {subject_key_id(root): root for root in self.anchors}
        if len(by_key_id) != len(self.anchors):
            raise UntrustedError("two roots have one key identifier", clause="RFC 5280, section 4.2.1.2")
        self._examine: Callable[[tuple[bytes, ...], Role], ValidatedChain]
        # Keyed by the very bytes, so that nothing but the same chain can meet a kept result; failures are not kept.
        self._examine = lru_cache(maxsize=max_kept)(partial(_examine_below, by_key_id, anchor))

    def validate(self, chain: tuple[bytes, ...], *, role: Role, at: datetime | None) -> ValidatedChain:
        """Return the chain's key (see `validate_chain`); None for `at` leaves the time to the caller.

        Raises:
            VcError: as `validate_chain`.
        """
        examined = self._examine(chain, role)
        if at is not None:
            examined.require_valid_at(at)
        return examined


def _examine_below(
    anchors: Mapping[bytes, x509.Certificate], anchor: x509.Certificate, chain: tuple[bytes, ...], role: Role
) -> ValidatedChain:
    """Examine a chain below the root that its last certificate names; below the pinned one where it names none."""
    if len(anchors) == 1:
        return examine_chain(chain, role, anchor=anchor)
    _, authority = _read(chain, anchor)
    return examine_chain(chain, role, anchor=anchors.get(authority_key_id(authority) or b"", anchor))


def require_root(certificate: x509.Certificate) -> None:
    """Return if this certificate is a root of ours: self-signed, and a CA by our profile.

    Raises:
        UntrustedError: it is not.
    """
    try:
        certificate.verify_directly_issued_by(certificate)
    except Exception:  # pyca raises ValueError, TypeError or InvalidSignature, by what is wrong
        raise UntrustedError("the trust anchor is not a self-signed certificate") from None
    _require_exactly(certificate, ROOT)


def examine_chain(chain: tuple[bytes, ...], role: Role, *, anchor: x509.Certificate) -> ValidatedChain:
    """Return what a chain is worth at the times when it is valid; no time has been compared yet.

    Raises:
        VcError: as `validate_chain`.
    """
    leaf, authority = _read(chain, anchor)
    not_before, not_after = common_validity((leaf, authority, anchor))
    path = validated_path(leaf, (authority,), anchor=anchor, at=not_before)
    for upper, lower in ((anchor, authority), (authority, leaf)):
        _require_linked(lower, issuer=upper)
    _require_leaf(path[0], role)
    for certificate, profile in zip(path[1:], (ISSUING_CA, ROOT), strict=True):
        _require_exactly(certificate, profile)
    key = PublicKey.from_certificate(leaf)
    return ValidatedChain(
        key=key,
        role=role,
        party=_party(leaf),
        organisation=_text(leaf, NameOID.ORGANIZATION_NAME),
        country=_text(leaf, NameOID.COUNTRY_NAME),
        jurisdiction=subject_text(leaf, NameOID.STATE_OR_PROVINCE_NAME),
        authority_key_id=subject_key_id(authority),
        fingerprint=hashlib.sha256(chain[0]).hexdigest(),
        key_fingerprint=key_fingerprint(key),
        not_before=not_before,
        not_after=not_after,
        signer_not_before=leaf.not_valid_before_utc,
        signer_not_after=leaf.not_valid_after_utc,
        path=Path.of(leaf, authority, anchor),
    )


def key_fingerprint(key: PublicKey) -> str:
    """Return the SHA-256 digest of a key (its SubjectPublicKeyInfo), in hexadecimal."""
    return hashlib.sha256(key.spki).hexdigest()


def _read(chain: tuple[bytes, ...], anchor: x509.Certificate) -> tuple[x509.Certificate, x509.Certificate]:
    if len(chain) > MAX_CERTIFICATES:
        raise LimitExceededError(f"a chain has more than {MAX_CERTIFICATES} certificates")
    if any(len(der) > MAX_CERTIFICATE_BYTES for der in chain):
        raise LimitExceededError(f"a certificate is longer than {MAX_CERTIFICATE_BYTES} bytes")
    certificates = [from_der(der) for der in chain]
    # The anchor is ours to know (HAIP 1.0, section 6.1.1), and a certificate that vouches for itself proves nothing.
    if any(certificate == anchor or certificate.subject == certificate.issuer for certificate in certificates):
        raise UntrustedError("a chain contains a self-issued certificate")
    if len(certificates) != 2:
        raise UntrustedError("a chain is the party's certificate and the issuing CA's")
    return certificates[0], certificates[1]


def common_validity(path: tuple[x509.Certificate, ...]) -> tuple[datetime, datetime]:
    """Return from when and until when every certificate of a path is valid.

    Raises:
        UntrustedError: there is no such time.
    """
    not_before = max(certificate.not_valid_before_utc for certificate in path)
    not_after = min(certificate.not_valid_after_utc for certificate in path)
    if not_before > not_after:
        raise UntrustedError("the certificates of a chain are never valid at the same time")
    return not_before, not_after


def validated_path(
    leaf: x509.Certificate,
    authorities: tuple[x509.Certificate, ...],
    *,
    anchor: x509.Certificate,
    at: datetime,
    ca_policy: ExtensionPolicy | None = None,
    leaf_policy: ExtensionPolicy | None = None,
) -> list[x509.Certificate]:
    """Return the path from `leaf` through all of `authorities`, in this order, to `anchor`.

    The policies say what the extensions of CAs and of `leaf` have to be; by default, as those of a registry.

    Raises:
        UntrustedError: there is no such path by RFC 5280.
    """
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store([anchor]))
        .time(at)
        .max_chain_depth(len(authorities))
        .extension_policies(ca_policy=ca_policy or _CA_POLICY, ee_policy=leaf_policy or _LEAF_POLICY)
        .build_client_verifier()
    )
    try:
        path = verifier.verify(leaf, list(authorities)).chain
    except verification.VerificationError as error:
        raise UntrustedError(f"the chain does not lead to the trust anchor: {quoted(error)}") from None
    if path != [leaf, *authorities, anchor]:
        raise UntrustedError("the chain does not lead to the trust anchor in the order given")
    return path


def _equals(expected: x509.ExtensionType) -> Callable[[verification.Policy, x509.Certificate, object], None]:
    def check(_policy: verification.Policy, _certificate: x509.Certificate, found: object) -> None:
        if found is not None and found != expected:
            raise ValueError(f"{type(expected).__name__} is not that of the profile")

    return check


_A_LEAF = LEAF[Role.CREDENTIAL_ISSUER]
# What pyca would otherwise leave open: everything is permitted until it is required.  That a CA is one it asks itself.
# Certificates for mdoc need not say that they are no CA's (ISO/IEC 18013-5, Annex B); ours do, see `_require_exactly`.
_CA_POLICY = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.CRITICAL, None)
    .require_present(x509.KeyUsage, Criticality.CRITICAL, _equals(ISSUING_CA.key_usage))
)
_LEAF_POLICY = (
    ExtensionPolicy.permit_all()
    .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _equals(_A_LEAF.basic_constraints))
    .require_present(x509.KeyUsage, Criticality.CRITICAL, _equals(_A_LEAF.key_usage))
)


def _require_linked(certificate: x509.Certificate, *, issuer: x509.Certificate) -> None:
    """Check what the validator sees in no single certificate: which key signed, and in which country."""
    if authority_key_id(certificate) != subject_key_id(issuer):
        raise UntrustedError("a certificate names another key of its issuer", clause="RFC 5280, section 4.2.1.1")
    if _text(certificate, NameOID.COUNTRY_NAME) != _text(issuer, NameOID.COUNTRY_NAME):
        raise UntrustedError("a certificate is of another country than its issuer")


def _require_leaf(leaf: x509.Certificate, role: Role) -> None:
    match role:
        case Role.MDOC_READER:
            READER.require(leaf)
        case Role.DOCUMENT_SIGNER:
            raise ValueError("a document signer stands below an IACA; see vcwallet.trust.document_signer")
        case _:
            _require_exactly(leaf, LEAF[role])


def _require_exactly(certificate: x509.Certificate, profile: CertificateProfile) -> None:
    for expected in reversed(profile.critical_extensions):  # the last says the role, whose error says the most
        extension = find_extension(certificate, type(expected))
        if extension is not None and extension.critical and extension.value == expected:
            continue
        if isinstance(expected, x509.ExtendedKeyUsage):
            raise NotAuthorisedError(f"the certificate is not for {_roles_of(expected)}", clause=_USAGE)
        raise UntrustedError(f"{type(expected).__name__} is not that of the profile", clause=_USAGE)


_USAGE = "RFC 5280, section 4.2.1"


def _roles_of(expected: x509.ExtendedKeyUsage) -> str:
    return ", ".join(role for role, usage in ROLE_USAGE.items() if usage in expected)


def _party(leaf: x509.Certificate) -> str:
    extension = find_extension(leaf, x509.SubjectAlternativeName)
    names = list(extension.value) if extension is not None else []
    # DNS names say which servers are the party's, and not who it is.
    parties = [name for name in names if not isinstance(name, x509.DNSName)]
    if len(parties) != 1 or not isinstance(parties[0], x509.UniformResourceIdentifier):
        raise UntrustedError("a certificate names its party by one URI", clause="RFC 5280, section 4.2.1.6")
    return parties[0].value


def _text(certificate: x509.Certificate, attribute: x509.ObjectIdentifier) -> str:
    text = subject_text(certificate, attribute)
    if text is None:
        raise MalformedError("a certificate's subject has a country and an organisation, once each")
    return text
