# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Checking an mdoc, as issued and as presented (ISO/IEC 18013-5, clause 9.3).

The checks stand in one list, in the order: syntax, issuer, signature, digests, times, what the certificate allows,
what the device may say, and last the device's proof over a transcript that the verifier builds itself.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vcwallet.checks import Check, Finding, explain, run_checks
from vcwallet.cose.mac0 import Mac0
from vcwallet.encoding import base64url, cbor
from vcwallet.encoding.cbor import Budget
from vcwallet.errors import (
    BindingError,
    DigestInvalidError,
    MalformedError,
    NotAuthorisedError,
    SignatureInvalidError,
    ValidityError,
    VerificationError,
    quoted,
)
from vcwallet.formats.authorities import authorities_of
from vcwallet.formats.base import Binding, ReceivedCredential, VerifiedCredential
from vcwallet.formats.mdoc import device_signed, document, issuer_signed, transaction_data, transcript
from vcwallet.formats.mdoc.device_signed import DeviceSigned
from vcwallet.formats.mdoc.document import DeviceResponse
from vcwallet.formats.mdoc.held import HeldMdoc
from vcwallet.formats.mdoc.issuer_signed import IssuerSigned, IssuerSignedItem
from vcwallet.formats.mdoc.mso import MobileSecurityObject
from vcwallet.formats.mdoc.values import json_value
from vcwallet.formats.mdoc.vocabulary import FORMAT, ISO
from vcwallet.jose.jwt import SKEW
from vcwallet.keys import cose_key
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.policy import KeySource, Role, TrustedKey, TrustPolicy


@dataclass(frozen=True, slots=True)
class PresentedMdoc:
    """A DeviceResponse with one document, in base64url, as a wallet sent it (OpenID4VP 1.0, appendix B.2)."""

    raw: str = field(repr=False)
    algorithms: frozenset[Algorithm]

    def verify(self, *, binding: Binding, trust: TrustPolicy, at: datetime) -> VerifiedCredential:
        """Return what was presented, after every check has passed.

        Raises:
            MalformedError, UnsupportedError, RemoteProtocolError: it is no answer with one document.
            VerificationError: the document is of another type than was signed (``DOC_TYPE_MISMATCH``), or its times
                contradict each other or the certificate (``VALIDITY_INFO``).
            UntrustedError, NotAuthorisedError: the issuer is not known, may not issue this type now, or is of another
                country than the document says; or the device says more than the issuer authorised.
            AlgorithmNotAllowedError, SignatureInvalidError, DigestInvalidError: the cryptography does not hold.
            ValidityError: the document is outside its time.
            BindingError: the device has not proved, for this exchange, to hold the key (``DEVICE_AUTH_INVALID``).
        """
        case = _Case(raw=self.raw, algorithms=self.algorithms, trust=trust, at=at, binding=binding)
        run_checks(PRESENTATION_CHECKS, case)
        return case.verified()

    def explain(self, *, binding: Binding, trust: TrustPolicy, at: datetime, subject: str) -> list[Finding]:
        """Run the same checks without stopping, and return what each found."""
        case = _Case(raw=self.raw, algorithms=self.algorithms, trust=trust, at=at, binding=binding)
        return explain(PRESENTATION_CHECKS, case, subject=subject)


@dataclass(frozen=True, slots=True)
class IssuedMdoc:
    """An IssuerSigned in base64url, as an issuer sent it (OpenID4VCI 1.0, appendix A.2.4)."""

    raw: str = field(repr=False)
    algorithms: frozenset[Algorithm]

    def verify(self, *, trust: TrustPolicy, at: datetime) -> ReceivedCredential:
        """Return the credential for keeping, after every check that a holder can make has passed.

        Raises:
            VerificationError: a check failed.
        """
        case = _Case(raw=self.raw, algorithms=self.algorithms, trust=trust, at=at, binding=None)
        run_checks(ISSUED_CHECKS, case)
        return ReceivedCredential(held=HeldMdoc(case.issuer_signed, case.mso), issuer=case.issuer)


@dataclass(slots=True, kw_only=True)
class _Case:
    """What the checks have established so far; each field without a default is set by the check of its name."""

    raw: str
    algorithms: frozenset[Algorithm]
    trust: TrustPolicy
    at: datetime
    binding: Binding | None
    budget: Budget = field(default_factory=Budget)
    doc_type: str | None = None
    issuer_signed: IssuerSigned = field(init=False)
    items: list[tuple[str, IssuerSignedItem]] = field(init=False)  # the issuer's elements with their namespaces
    device_signed: DeviceSigned = field(init=False)
    mso: MobileSecurityObject = field(init=False)
    issuer: TrustedKey = field(init=False)
    authorities: frozenset[tuple[str, str]] = field(init=False)
    claims: dict[str, dict[str, Any]] = field(init=False)
    device_claims: dict[str, dict[str, Any]] = field(init=False)
    transaction_data: tuple[str, ...] = field(init=False, default=())
    holder_proved: bool = field(init=False, default=False)

    def verified(self) -> VerifiedCredential:
        return VerifiedCredential(
            format=FORMAT,
            type_id=self.mso.doc_type,
            type_ids=(self.mso.doc_type,),
            claims=self.claims,
            issuer=self.issuer,
            holder_key=self.mso.device_key,
            holder_proved=self.holder_proved,
            issued_at=self.mso.validity.signed,
            expires=self.mso.validity.valid_until,
            status=self.mso.status,
            disclosed=tuple([(name, item.element) for name, item in self.items]),
            type_integrity=None,
            authorities=self.authorities,
            device_claims=self.device_claims,
            transaction_data=self.transaction_data,
            signed_digest=hashlib.sha256(self.issuer_signed.issuer_auth.unverified_payload or b"").digest(),
        )


# --- reading ---------------------------------------------------------------------------------------------------------


def _read_response(case: _Case) -> None:
    response = DeviceResponse.loads(base64url.decode(case.raw))
    if len(response.documents) != 1:
        raise MalformedError("a presentation is an answer with one document", clause="OpenID4VP 1.0, appendix B.2")
    presented = document.read_document(response.documents[0], budget=case.budget)
    case.doc_type, case.device_signed = presented.doc_type, presented.device_signed
    _read_mso(case, presented.issuer_signed)


def _read_issued(case: _Case) -> None:
    _read_mso(case, issuer_signed.read(cbor.loads(base64url.decode(case.raw)), budget=case.budget))


def _read_mso(case: _Case, signed: IssuerSigned) -> None:
    case.issuer_signed = signed
    case.items = [(name, item) for name, items in signed.items.items() for item in items]
    case.authorities = authorities_of(signed.issuer_auth.headers.chain)
    if signed.issuer_auth.unverified_payload is None:
        raise MalformedError("the issuer's signature has no payload", clause=f"{ISO}, clause 9.1.2.4")
    case.mso = MobileSecurityObject.loads(signed.issuer_auth.unverified_payload, budget=case.budget)


def _require_doc_type(case: _Case) -> None:
    """The type that was signed counts; that it is the one asked for is for the query to say."""
    if case.doc_type != case.mso.doc_type:
        raise VerificationError(
            "the document is of another type than the issuer signed",
            code="DOC_TYPE_MISMATCH",
            clause=f"{ISO}, clause 9.3.1",
        )


# --- the issuer ------------------------------------------------------------------------------------------------------


def _find_issuer(case: _Case) -> None:
    source = KeySource(chain=case.issuer_signed.issuer_auth.headers.chain, signed_at=case.mso.validity.signed)
    case.issuer = case.trust.key_for(source, role=Role.DOCUMENT_SIGNER, type_id=case.mso.doc_type, at=case.at)
    case.authorities |= case.issuer.authorities


def _verify_signature(case: _Case) -> None:
    case.issuer_signed.issuer_auth.verify(case.issuer.key, algorithms=case.algorithms)


def _require_digests(case: _Case) -> None:
    for namespace, item in case.items:
        case.mso.require_digest(namespace, item.digest_id, item.encoded)


def _require_valid(case: _Case) -> None:
    validity, clause = case.mso.validity, f"{ISO}, clause 9.3.1"
    begins, ends = case.issuer.not_before, case.issuer.not_after
    if (begins is not None and validity.signed < begins) or (ends is not None and validity.valid_until > ends):
        raise VerificationError(
            "the mdoc was signed before its signer's certificate, or outlives it", code="VALIDITY_INFO", clause=clause
        )
    if case.at + SKEW < validity.valid_from:
        raise ValidityError("the validity has not begun", code="NOT_YET_VALID", clause=clause)
    if case.at - SKEW >= validity.valid_until:
        raise ValidityError("the validity has ended", clause=clause)


def _require_place(case: _Case) -> None:
    """Nobody issues in the name of another country or state than the one in the signer's certificate."""
    certified = {"issuing_country": case.issuer.country, "issuing_jurisdiction": case.issuer.jurisdiction}
    for _, item in case.items:
        place = certified.get(item.element)
        if place is not None and item.value != place:
            raise NotAuthorisedError(
                f"{item.element} is not that of the signer's certificate",
                code="ISSUING_COUNTRY",
                clause=f"{ISO}, clause 9.3.1",
            )


def _require_values(case: _Case) -> None:
    """Every value has a form in JSON: what cannot be shown to those who decide is not presented either."""
    case.claims = {
        name: {item.element: json_value(item.value) for item in items}
        for name, items in case.issuer_signed.items.items()
    }


# --- the device ------------------------------------------------------------------------------------------------------


def _require_authorised(case: _Case) -> None:
    if not case.device_signed.name_spaces:  # as is usual
        case.device_claims = {}
        return
    said = {(name, element) for name, items in case.device_signed.name_spaces.items() for element in items}
    for namespace, element in said:
        if not case.mso.key_authorizations.allow(namespace, element):
            raise NotAuthorisedError(
                f"the device says {quoted(element)}, which the issuer did not authorise",
                code="KEY_NOT_AUTHORISED",
                clause=f"{ISO}, clause 9.1.2.4",
            )
    if not said.isdisjoint((name, item.element) for name, item in case.items):
        raise DigestInvalidError(
            "an element is said by the issuer and by the device",
            code="ELEMENT_REPEATED",
            clause=f"{ISO}, clause 8.3.2.1.2.2",
        )
    case.device_claims = {
        name: {element: json_value(value) for element, value in items.items()}
        for name, items in transaction_data.without(case.device_signed.name_spaces).items()
    }


def _require_device(case: _Case) -> None:
    if case.binding is None:
        raise BindingError("there is no request to be bound to")
    session_transcript = transcript.of(case.binding)
    signed, proof = case.device_signed, case.device_signed.proof
    content = device_signed.device_authentication(session_transcript, case.mso.doc_type, signed.encoded)
    try:
        if isinstance(proof, Mac0):
            proof.verify(_mac_key(case, case.binding, session_transcript), detached_payload=content)
        else:
            proof.verify(case.mso.device_key, algorithms=case.algorithms, detached_payload=content)
    except SignatureInvalidError:
        raise BindingError(
            "the device did not prove to hold its key for this exchange",
            code="DEVICE_AUTH_INVALID",
            clause=f"{ISO}, clause 9.1.3",
        ) from None
    case.transaction_data = transaction_data.authorised(signed.name_spaces, case.binding.transaction_data)
    case.holder_proved = True


def _mac_key(case: _Case, binding: Binding, session_transcript: bytes) -> bytes:
    if binding.reader_key is None:
        raise BindingError("a MAC, and no ephemeral key of ours that it could be for", code="DEVICE_AUTH_INVALID")
    device_key = cose_key.jwk_of(cose_key.public_cose_key(case.mso.device_key))
    return device_signed.mac_key(binding.reader_key.agree(device_key), session_transcript)


_ISSUER_CHECKS: tuple[Check[_Case], ...] = (
    Check("issuer", f"{ISO}, clause 9.3.3", _find_issuer, ("structure",)),
    Check("issuer_signature", f"{ISO}, clause 9.3.1", _verify_signature, ("issuer",)),
    Check("digests", f"{ISO}, clause 9.3.1", _require_digests, ("structure",)),
    Check("values", "OpenID4VP 1.0, appendix B.2", _require_values, ("structure",)),
    Check("validity", f"{ISO}, clause 9.3.1", _require_valid, ("issuer",)),
    Check("issuing_country", f"{ISO}, clause 9.3.1", _require_place, ("issuer",)),
)
PRESENTATION_CHECKS = (
    Check("structure", f"{ISO}, clause 8.3.2.1.2.2", _read_response),
    Check("doc_type", f"{ISO}, clause 9.3.1", _require_doc_type, ("structure",)),
    *_ISSUER_CHECKS,
    Check("key_authorizations", f"{ISO}, clause 9.1.2.4", _require_authorised, ("structure",)),
    Check("device_auth", f"{ISO}, clause 9.1.3", _require_device, ("structure",)),
)
ISSUED_CHECKS = (Check("structure", f"{ISO}, clause 8.3.2.1.2.2", _read_issued), *_ISSUER_CHECKS)
