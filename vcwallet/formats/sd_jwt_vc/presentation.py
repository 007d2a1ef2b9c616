# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Checking an SD-JWT VC, as issued and as presented (SD-JWT VC, section 2.4; RFC 9901, sections 7.1 to 7.3).

The checks stand in one list, in the order: syntax, type, key and trust, signature, digests, times, holder.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vcwallet.checks import Check, Finding, explain, run_checks
from vcwallet.errors import BindingError, DigestInvalidError, LimitExceededError, MalformedError
from vcwallet.formats.authorities import authorities_of
from vcwallet.formats.base import Binding, ReceivedCredential, VerifiedCredential
from vcwallet.formats.sd_jwt import serialization
from vcwallet.formats.sd_jwt.disclosure import ELEMENT, SD
from vcwallet.formats.sd_jwt.key_binding import confirmation_key, require_key_binding
from vcwallet.formats.sd_jwt.serialization import SdJwt
from vcwallet.formats.sd_jwt.verified import VerifiedSdJwt
from vcwallet.formats.sd_jwt_vc.held import HeldSdJwtVc
from vcwallet.formats.sd_jwt_vc.transaction_data import authorised
from vcwallet.formats.sd_jwt_vc.vocabulary import FORMAT, NEVER_CONCEALED, TYP
from vcwallet.jose import jws, jwt
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.policy import KeySource, Role, TrustedKey, TrustPolicy
from vcwallet.keys.public import PublicKey

MAX_OTHER_TYPES = 16
"""How many further types a credential may name: each is a question to the trust policy, asked before any signature."""


@dataclass(frozen=True, slots=True)
class PresentedSdJwtVc:
    """A presentation as a wallet sent it."""

    raw: str = field(repr=False)
    algorithms: frozenset[Algorithm]

    def verify(self, *, binding: Binding, trust: TrustPolicy, at: datetime) -> VerifiedCredential:
        """Return what was presented, after every check has passed.

        Raises:
            MalformedError, UnsupportedError: it is no SD-JWT VC, or has an extension.
            UntrustedError, NotAuthorisedError: the issuer is not known, or may not issue this type now.
            AlgorithmNotAllowedError, SignatureInvalidError, DigestInvalidError: the cryptography does not hold.
            ValidityError: the credential or the holder's proof is outside its time.
            BindingError: the presenter has not proved, to this audience and for this nonce, to hold the key.
        """
        case = _Case(raw=self.raw, algorithms=self.algorithms, trust=trust, at=at, binding=binding)
        run_checks(PRESENTATION_CHECKS, case)
        return case.verified()

    def explain(self, *, binding: Binding, trust: TrustPolicy, at: datetime, subject: str) -> list[Finding]:
        """Run the same checks without stopping, and return what each found."""
        case = _Case(raw=self.raw, algorithms=self.algorithms, trust=trust, at=at, binding=binding)
        return explain(PRESENTATION_CHECKS, case, subject=subject)


@dataclass(frozen=True, slots=True)
class IssuedSdJwtVc:
    """A credential as an issuer sent it."""

    raw: str = field(repr=False)
    algorithms: frozenset[Algorithm]

    def verify(self, *, trust: TrustPolicy, at: datetime) -> ReceivedCredential:
        """Return the credential for keeping, after every check that a holder can make has passed.

        Raises:
            VerificationError: a check failed; RFC 9901, section 7.2 also refuses a key binding from an issuer.
        """
        case = _Case(raw=self.raw, algorithms=self.algorithms, trust=trust, at=at, binding=None)
        run_checks(ISSUED_CHECKS, case)
        return ReceivedCredential(held=case.held, issuer=case.issuer)


@dataclass(slots=True, kw_only=True)
class _Case:
    """What the checks have established so far; each field without a default is set by the check of its name."""

    raw: str
    algorithms: frozenset[Algorithm]
    trust: TrustPolicy
    at: datetime
    binding: Binding | None
    parsed: SdJwt = field(init=False)
    payload: dict[str, Any] = field(init=False)
    issuer: TrustedKey = field(init=False)
    authorities: frozenset[tuple[str, str]] = field(init=False)
    sd_jwt: VerifiedSdJwt = field(init=False)
    held: HeldSdJwtVc = field(init=False)
    holder_key: PublicKey | None = field(init=False, default=None)
    holder_proved: bool = field(init=False, default=False)
    transaction_data: tuple[str, ...] = field(init=False, default=())

    def verified(self) -> VerifiedCredential:
        claims = self.sd_jwt.claims
        return VerifiedCredential(
            format=FORMAT,
            type_id=claims["vct"],
            type_ids=_type_ids(claims),
            claims=claims,
            issuer=self.issuer,
            holder_key=self.holder_key,
            holder_proved=self.holder_proved,
            issued_at=jwt.numeric_date(claims, "iat"),
            expires=jwt.numeric_date(claims, "exp"),
            status=claims.get("status"),
            disclosed=tuple(placement.path for placement in self.sd_jwt.processed.placements),
            shifted=self.sd_jwt.processed.shifted,
            type_integrity=claims.get("vct#integrity"),
            authorities=self.authorities,
            transaction_data=self.transaction_data,
            # Not of the signature, of which whoever holds it can make another (ECDSA: r and n - s).
            signed_digest=hashlib.sha256(self.parsed.issuer_jwt.unverified_payload).digest(),
        )


def _read(case: _Case) -> None:
    case.parsed = serialization.parse(case.raw)
    case.payload = jws.payload_object(case.parsed.issuer_jwt.unverified_payload)


def _require_type(case: _Case) -> None:
    jwt.require_typ(case.parsed.issuer_jwt.header, TYP)
    for name in ("iss", "vct#integrity"):
        if name in case.payload:
            jwt.text(case.payload, name)
    if not isinstance(case.payload.get("status", {}), dict):
        raise MalformedError("status is an object")
    _type_ids(case.payload)


def _find_issuer(case: _Case) -> None:
    header = case.parsed.issuer_jwt.header
    source = KeySource(
        issuer=case.payload.get("iss"),
        chain=header.chain,
        key_id=header.key_id,
        trust_chain=header.trust_chain,
        signed_at=jwt.numeric_date(case.payload, "iat"),
    )
    vct, *others = _type_ids(case.payload)
    case.issuer = case.trust.key_for(source, role=Role.CREDENTIAL_ISSUER, type_id=vct, at=case.at)
    for other in others:  # a further type is a further claim to authority, and needs its own
        case.trust.key_for(source, role=Role.CREDENTIAL_ISSUER, type_id=other, at=case.at)
    case.authorities = authorities_of(header.chain) | case.issuer.authorities


def _verify_signature(case: _Case) -> None:
    case.parsed.issuer_jwt.verify(case.issuer.key, algorithms=case.algorithms)


def _place_disclosures(case: _Case) -> None:
    case.sd_jwt = case.parsed.processed(case.payload)


def _require_open_registered_claims(case: _Case) -> None:
    concealed = any(placement.path[0] in NEVER_CONCEALED for placement in case.sd_jwt.processed.placements)
    if concealed or any(_has_digests(case.payload[name]) for name in NEVER_CONCEALED & case.payload.keys()):
        raise DigestInvalidError(
            "a registered claim is concealed", code="REGISTERED_CLAIM_CONCEALED", clause="SD-JWT VC, section 2.2.2"
        )


def _require_valid(case: _Case) -> None:
    jwt.require_valid_at(case.sd_jwt.claims, at=case.at)
    jwt.numeric_date(case.sd_jwt.claims, "iat")  # may have been concealed, so it is looked at only now


def _require_holder(case: _Case) -> None:
    """Whether a proof is needed is the request's decision; a proof that came along unasked is checked all the same."""
    binding = case.binding
    if binding is None:
        raise BindingError("there is no request to be bound to")
    case.holder_key = confirmation_key(case.sd_jwt.claims)
    proof = case.parsed.key_binding_jwt
    if proof is None:
        if binding.required:
            raise BindingError("the holder's proof is missing", code="HOLDER_PROOF_MISSING")
        return
    if case.holder_key is None:
        raise BindingError("the credential is bound to no key", code="HOLDER_PROOF_MISSING")
    key_binding = require_key_binding(
        proof,
        sd_jwt=case.parsed.without_key_binding,
        key=case.holder_key,
        audience=binding.audience,
        nonce=binding.nonce,
        hash_algorithm=case.sd_jwt.hash_algorithm,
        at=case.at,
        max_age=binding.max_age,
        algorithms=case.algorithms,
    )
    # Also where no transaction was asked for: what a holder has authorised must not be what nobody asked.
    case.transaction_data = authorised(key_binding.claims, binding.transaction_data)
    case.holder_proved = True


def _require_no_proof(case: _Case) -> None:
    if case.parsed.key_binding_jwt is not None:
        raise BindingError("an issuer sent a key binding JWT", clause="RFC 9901, section 7.2")
    case.held = HeldSdJwtVc(case.sd_jwt)
    case.holder_key = case.held.holder_key


def _type_ids(claims: dict[str, Any]) -> tuple[str, ...]:
    vct, others = jwt.text(claims, "vct"), claims.get("aka_vcts", [])
    well_formed = isinstance(others, list) and all(isinstance(other, str) and other for other in others)
    if not well_formed or vct in others or ("aka_vcts" in claims and not others):
        raise MalformedError("aka_vcts is a non-empty array of other types", clause="SD-JWT VC, section 2.2.2")
    if len(others) > MAX_OTHER_TYPES:
        raise LimitExceededError(f"aka_vcts names more than {MAX_OTHER_TYPES} types")
    return (vct, *others)


def _has_digests(value: Any) -> bool:
    if isinstance(value, dict):
        return SD in value or ELEMENT in value or any(_has_digests(member) for member in value.values())
    return isinstance(value, list) and any(_has_digests(element) for element in value)


_ISSUER_CHECKS: tuple[Check[_Case], ...] = (
    Check("structure", "RFC 9901, section 4", _read),
    Check("type", "SD-JWT VC, section 2.2", _require_type, ("structure",)),
    Check("issuer", "SD-JWT VC, section 3", _find_issuer, ("type",)),
    Check("issuer_signature", "RFC 9901, section 7.1, step 2", _verify_signature, ("issuer",)),
    Check("disclosures", "RFC 9901, section 7.1, step 3", _place_disclosures, ("structure",)),
    Check("registered_claims", "SD-JWT VC, section 2.2.2", _require_open_registered_claims, ("disclosures",)),
    Check("validity", "RFC 9901, section 7.1, step 6", _require_valid, ("disclosures",)),
)
PRESENTATION_CHECKS = (
    *_ISSUER_CHECKS,
    Check("holder_binding", "RFC 9901, section 7.3", _require_holder, ("disclosures",)),
)
ISSUED_CHECKS = (*_ISSUER_CHECKS, Check("no_key_binding", "RFC 9901, section 7.2", _require_no_proof, ("disclosures",)))
