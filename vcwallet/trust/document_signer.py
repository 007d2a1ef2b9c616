# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Validation of document signers: one step to an issuing authority CA that is known (ISO/IEC 18013-5, Annex B).

A certificate is examined without asking for the time: the result holds when it is valid, so it can be kept, and the
time is compared on every use.  Which issuer it is, and whether that one may issue, is for the trusted list to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial

from cryptography import x509
from cryptography.x509.oid import NameOID

from vcwallet.errors import LimitExceededError, UntrustedError
from vcwallet.jose.header import MAX_CERTIFICATE_BYTES
from vcwallet.keys.public import PublicKey
from vcwallet.trust.certificates import authority_key_id, find_extension, from_der, subject_key_id, subject_text
from vcwallet.trust.chain import (
    MAX_KEPT_CHAINS,
    Path,
    common_validity,
    key_fingerprint,
    require_within,
    validated_path,
)
from vcwallet.trust.mdoc_certificates import DOCUMENT_SIGNER, IACA, require_certified_by


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSigner:
    """A document signer whose certificate is by an IACA that is known.

    Attributes:
        key: its key.
        party: the identifier of the party whose key it is (the URI in ``subjectAltName``), if it says so.
        country: its country, which is the IACA's.
        jurisdiction: its state or province, if any, which is the IACA's where that has one.
        authority_key_id: the subject key identifier of the IACA.
        fingerprint: the SHA-256 digest of the certificate, in hexadecimal.
        key_fingerprint: the same of its key, which later certificates may have too.
        not_before: when this certificate and that of the IACA have become valid.
        not_after: the last moment at which both are.
        signer_not_before: when this certificate has become valid.
        signer_not_after: the last moment at which it is.
        path: this certificate and that of the IACA.
    """

    key: PublicKey
    party: str | None
    country: str | None
    jurisdiction: str | None
    authority_key_id: bytes
    fingerprint: str
    key_fingerprint: str
    not_before: datetime
    not_after: datetime
    signer_not_before: datetime
    signer_not_after: datetime
    path: Path


class DocumentSignerValidator:
    """Validates document signers against the IACAs that are known, and remembers those that passed."""

    def __init__(self, anchors: Iterable[bytes], *, max_kept: int = MAX_KEPT_CHAINS) -> None:
        """Know these IACAs.

        Args:
            anchors: their DER certificates.
            max_kept: how many document signers are remembered.

        Raises:
            MalformedError: one cannot be read.
            LimitExceededError: one is over 16 KiB.
            VerificationError: one is no IACA by its profile, so a document signer is never an anchor, or two have the
                same subject key identifier (``CERTIFICATE_KEY_IDENTIFIER``).
        """
        known = _by_key_id(anchors)
        # Keyed by the very bytes, so that nothing but the same certificate can meet a kept result; failures are not
        # kept.
        self._examine: Callable[[tuple[bytes, ...]], DocumentSigner]
        self._examine = lru_cache(maxsize=max_kept)(partial(_examine, anchors=known))

    def validate(self, chain: tuple[bytes, ...], *, at: datetime) -> DocumentSigner:
        """Return the signer after validating the one step from it to an IACA.

        Args:
            chain: the DER certificate of the document signer alone (``x5chain``); an IACA is known, not sent.
            at: the time at which both certificates must be valid.

        Raises:
            MalformedError: the certificate cannot be read.
            LimitExceededError: it is over 16 KiB.
            UntrustedError: it is by no IACA that is known, or breaks a rule of its profile.
            NotAuthorisedError: it is for something else.
            AlgorithmNotAllowedError: its key is of a kind that vcwallet does not use.
            ValidityError: one of the two is not valid yet or any more.
        """
        signer = self._examine(chain)
        require_within(signer.not_before, signer.not_after, at=at)
        return signer


def read_iaca(der: bytes) -> x509.Certificate:
    """Return the certificate of an IACA; the time is not asked for.

    Raises:
        MalformedError: it cannot be read.
        LimitExceededError: it is over 16 KiB.
        VerificationError: it is no IACA by its profile.
    """
    certificate = _read(der)
    IACA.require(certificate)
    return certificate


def _by_key_id(anchors: Iterable[bytes]) -> Mapping[bytes, x509.Certificate]:
    known: dict[bytes, x509.Certificate] = {}
    for der in anchors:
        certificate = read_iaca(der)
        key_id = subject_key_id(certificate)
        if key_id in known:
            raise UntrustedError("two IACAs have one key identifier", code="CERTIFICATE_KEY_IDENTIFIER", clause=_CLAUSE)
        known[key_id] = certificate
    return known


_CLAUSE = "ISO/IEC 18013-5, B.1"


def _examine(chain: tuple[bytes, ...], *, anchors: Mapping[bytes, x509.Certificate]) -> DocumentSigner:
    """Return what a chain is worth at the times when it is valid; no time has been compared yet."""
    if len(chain) != 1:
        raise UntrustedError("a document signer comes alone, one step below its IACA", clause=_CLAUSE)
    certificate = _read(chain[0])
    DOCUMENT_SIGNER.require(certificate)
    iaca = anchors.get(authority_key_id(certificate) or b"")
    if iaca is None:
        raise UntrustedError("a document signer is by an IACA that is not known", clause=_CLAUSE)
    require_certified_by(certificate, iaca)
    not_before, not_after = common_validity((certificate, iaca))
    validated_path(certificate, (), anchor=iaca, at=not_before)
    key = PublicKey.from_certificate(certificate)
    return DocumentSigner(
        key=key,
        party=_party(certificate),
        country=subject_text(certificate, NameOID.COUNTRY_NAME),
        jurisdiction=subject_text(certificate, NameOID.STATE_OR_PROVINCE_NAME),
        authority_key_id=subject_key_id(iaca),
        fingerprint=hashlib.sha256(chain[0]).hexdigest(),
        key_fingerprint=key_fingerprint(key),
        not_before=not_before,
        not_after=not_after,
        signer_not_before=certificate.not_valid_before_utc,
        signer_not_after=certificate.not_valid_after_utc,
        path=Path.of(certificate, iaca),
    )


def _read(der: bytes) -> x509.Certificate:
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise LimitExceededError(f"a certificate is longer than {MAX_CERTIFICATE_BYTES} bytes")
    return from_der(der)


def _party(certificate: x509.Certificate) -> str | None:
    extension = find_extension(certificate, x509.SubjectAlternativeName)
    names = extension.value.get_values_for_type(x509.UniformResourceIdentifier) if extension is not None else []
    if len(names) > 1:
        raise UntrustedError("a document signer is of one party", code="CERTIFICATE_SUBJECT", clause=_CLAUSE)
    return names[0] if names else None
