# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Data integrity proofs: added to a JSON document, and checked (W3C Verifiable Credential Data Integrity 1.0).

A document has one proof here.  Proof sets and chains are refused, and so is what canonicalises RDF.

    >>> from datetime import UTC, datetime
    >>> from vcwallet.formats.data_integrity import ProofPurpose, VerificationMethod, add_proof, verify_proof
    >>> from vcwallet.keys.software import SoftwareSigner
    >>> signer, now = SoftwareSigner.generate(), datetime(2026, 11, 23, tzinfo=UTC)
    >>> method = VerificationMethod(key=signer.public_key, controller="https://ford.example")
    >>> secured = add_proof(
    ...     {"name": "Ford"},
    ...     signer=signer,
    ...     verification_method="https://ford.example#key",
    ...     purpose=ProofPurpose.ASSERTION_METHOD,
    ...     at=now,
    ... )
    >>> verify_proof(
    ...     secured,
    ...     purpose=ProofPurpose.ASSERTION_METHOD,
    ...     domain=None,
    ...     challenge=None,
    ...     methods=lambda url, purpose: method,
    ...     at=now,
    ... ).document
    {'name': 'Ford'}
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

from pydantic import Field

from vcwallet.claims import JsonObject, JsonValue
from vcwallet.encoding import multibase, wire
from vcwallet.encoding.wire import Maybe, WireModel
from vcwallet.errors import BindingError, LimitExceededError, MalformedError, UnsupportedError, ValidityError
from vcwallet.formats.data_integrity.cryptosuite import Cryptosuite, hash_data
from vcwallet.jose import jwt
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer

TYPE = "DataIntegrityProof"
MAX_TEXT = 8192
MAX_VALUE = 512
MAX_DOMAINS = 20
CLAUSE = "VC Data Integrity 1.0, section 4.4"


class ProofPurpose(StrEnum):
    """What a proof is for; a key counts for a purpose only where its controller says so (section 2.1)."""

    ASSERTION_METHOD = "assertionMethod"
    AUTHENTICATION = "authentication"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationMethod:
    """A key that its controller uses for the purpose asked about."""

    key: PublicKey
    controller: str


Methods: TypeAlias = Callable[[str, ProofPurpose], VerificationMethod]
"""Finds the verification method of a URL for a purpose, or raises; it never looks into the document for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A proof that was checked.

    Attributes:
        cryptosuite: what it was made with.
        purpose: what it is for.
        verification_method: the URL of the key.
        created: when it was made, if it says so.
        expires: when it ends, if it does.
        domains: where it is meant for; empty for anywhere.
        challenge: what it answers, if anything.
    """

    cryptosuite: Cryptosuite
    purpose: ProofPurpose
    verification_method: str
    created: datetime | None
    expires: datetime | None
    domains: frozenset[str]
    challenge: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecuredDocument:
    """A document as it was signed, without its proof, and who has signed it.

    Attributes:
        document: what the key has signed and nothing else: the contexts are those that the proof names.
        proof: the proof.
        method: the key and its controller.
    """

    document: JsonObject = field(repr=False)
    proof: Proof
    method: VerificationMethod

    def __bool__(self) -> bool:
        raise TypeError("a secured document is evidence, not a truth value")


def add_proof(
    document: JsonObject,
    *,
    signer: Signer,
    verification_method: str,
    purpose: ProofPurpose,
    at: datetime,
    expires: datetime | None = None,
    domain: str | None = None,
    challenge: str | None = None,
) -> dict[str, JsonValue]:
    """Return the document with a proof by the signer (section 4.2).

    Raises:
        ValueError: it has a proof already, or a time is without a time zone.
        AlgorithmNotAllowedError: a key that has no cryptosuite.
        MalformedError, LimitExceededError: the document has no canonical form.
    """
    if "proof" in document:
        raise ValueError("the document has a proof already")
    suite = Cryptosuite.of(signer.public_key)
    optional = {
        "expires": None if expires is None else _written(expires),
        "domain": domain,
        "challenge": challenge,
        "@context": document.get("@context"),
    }
    options: dict[str, JsonValue] = {
        "type": TYPE,
        "cryptosuite": suite.value,
        "created": _written(at),
        "verificationMethod": verification_method,
        "proofPurpose": purpose.value,
        **{name: value for name, value in optional.items() if value is not None},
    }
    signature = signer.sign(hash_data(suite, document, options, key=signer.public_key))
    return {**document, "proof": {**options, "proofValue": multibase.encode_base58btc(signature)}}


def _written(time: datetime) -> str:
    if time.tzinfo is None:
        raise ValueError("a time without a time zone")
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]


class _Proof(WireModel):
    purpose: str = Field(alias="proofPurpose")
    verification_method: _Text = Field(alias="verificationMethod")
    created: Maybe[str] = None
    expires: Maybe[str] = None
    domain: Maybe[Any] = None
    challenge: Maybe[_Text] = None
    value: str = Field(alias="proofValue", max_length=MAX_VALUE)


def verify_proof(
    secured: JsonObject,
    *,
    purpose: ProofPurpose,
    domain: str | None,
    challenge: str | None,
    methods: Methods,
    at: datetime,
) -> SecuredDocument:
    """Return what was signed and by whom, after every check has passed (section 4.4).

    Args:
        secured: the document with its proof, as strict JSON parsing gave it.
        purpose: what the proof has to be for.
        domain: where it has to be meant for, and nowhere else; None for a document that anybody may check.
        challenge: what it has to answer; None where nothing was asked.
        methods: finds the key of a verification method.
        at: the time.

    Raises:
        MalformedError: no proof, or a member of it is missing or wrong; contexts that the proof does not begin with.
        LimitExceededError: a member over its limit.
        UnsupportedError: more than one proof or a chain of them, or a proof type or cryptosuite that vcwallet does not
            have.
        BindingError: another purpose, domain or challenge (``PROOF_PURPOSE``, ``PROOF_DOMAIN``, ``PROOF_CHALLENGE``).
        ValidityError: the proof has ended, or is from the future.
        AlgorithmNotAllowedError: the key is none for the cryptosuite.
        SignatureInvalidError: it is not signed by this key.
        VcError: whatever `methods` raises.
    """
    found = _only_proof(secured)
    suite = _suite(found)
    members = wire.fit(_Proof, found)
    if members.purpose != purpose:
        raise BindingError("the proof is for another purpose", code="PROOF_PURPOSE", clause=CLAUSE)
    proof = _proof(members, suite, purpose)
    if domain is not None and proof.domains != {domain}:
        raise BindingError("the proof is meant for somewhere else", code="PROOF_DOMAIN", clause=CLAUSE)
    if challenge is not None and not _is_same(proof.challenge or "", challenge):
        raise BindingError("the proof answers another challenge", code="PROOF_CHALLENGE", clause=CLAUSE)
    method = methods(proof.verification_method, purpose)
    options = {name: value for name, value in found.items() if name != "proofValue"}
    document = _signed_document(secured, options)
    method.key.verify(_signature(members.value), hash_data(suite, document, options, key=method.key))
    _require_valid_at(proof, at=at)
    return SecuredDocument(document=document, proof=proof, method=method)


def _only_proof(secured: JsonObject) -> JsonObject:
    found = secured.get("proof")
    if isinstance(found, list | tuple):
        if len(found) > 1:
            raise UnsupportedError("a document with more than one proof is not supported", clause=CLAUSE)
        found = found[0] if found else None
    if not isinstance(found, Mapping):
        raise MalformedError("the document has no proof", clause=CLAUSE)
    if "previousProof" in found:
        raise UnsupportedError("a chain of proofs is not supported", clause=CLAUSE)
    return found


def _suite(found: JsonObject) -> Cryptosuite:
    if found.get("type") != TYPE:
        raise UnsupportedError(f"a proof that is no {TYPE} is not supported", clause=CLAUSE)
    return Cryptosuite.parse(found.get("cryptosuite"))


def _proof(members: _Proof, suite: Cryptosuite, purpose: ProofPurpose) -> Proof:
    return Proof(
        cryptosuite=suite,
        purpose=purpose,
        verification_method=members.verification_method,
        created=_time(members.created),
        expires=_time(members.expires),
        domains=_domains(members.domain),
        challenge=members.challenge,
    )


def _domains(value: object) -> frozenset[str]:
    domains = value if isinstance(value, list | tuple) else [] if value is None else [value]
    if len(domains) > MAX_DOMAINS:
        raise LimitExceededError(f"a proof has more than {MAX_DOMAINS} domains", clause=CLAUSE)
    if not all(isinstance(domain, str) for domain in domains):
        raise MalformedError("domain is a string or an array of strings", clause=CLAUSE)
    return frozenset(domains)


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)


def _time(text: str | None) -> datetime | None:
    """Return a dateTimeStamp, which always has a time zone (XML Schema 1.1 part 2, section 3.4.28)."""
    if text is None:
        return None
    try:
        if not _TIME.fullmatch(text):
            raise ValueError
        # Beyond the microsecond, which is all that a datetime has, digits are cut off.
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise MalformedError(
            "a time of a proof is no dateTimeStamp", clause="VC Data Integrity 1.0, section 2.1"
        ) from None


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def _signed_document(secured: JsonObject, options: JsonObject) -> JsonObject:
    """Return the document that was signed: with the contexts of the proof, where it names some.

    Whoever secures a document may add contexts behind those; they are not signed and are left out.
    """
    document = {name: value for name, value in secured.items() if name != "proof"}
    if "@context" not in options:
        return document
    signed, present = _contexts(options["@context"]), _contexts(document.get("@context"))
    if present[: len(signed)] != signed:
        raise MalformedError("the contexts do not begin with those of the proof", clause="ECDSA Cryptosuites, 3.3.2")
    return {**document, "@context": options["@context"]}


def _contexts(value: JsonValue) -> list[JsonValue]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _signature(text: str) -> bytes:
    if not text.startswith(multibase.BASE58BTC):
        raise MalformedError("a proofValue is in base58btc", clause="ECDSA Cryptosuites, 3.3.2")
    return multibase.decode(text)


def _require_valid_at(proof: Proof, *, at: datetime) -> None:
    if proof.created is not None and proof.created > at + jwt.SKEW:
        raise ValidityError("the proof is from the future", code="NOT_YET_VALID", clause=CLAUSE)
    if proof.expires is not None and at - jwt.SKEW >= proof.expires:
        raise ValidityError("the proof has ended", clause=CLAUSE)
