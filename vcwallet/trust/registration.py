# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Registration certificates: what a verifier may ask for, for one purpose (ETSI TS 119 475 V1.2.1, WRPRC as a JWT).

One certificate states one intended use.  A wallet compares each request with it (ARF 3.0, RPRC_21).

    >>> from vcwallet.trust.registration import Grant, IntendedUse
    >>> use = IntendedUse(
    ...     code="fare_discount",
    ...     text={"en": "To give you the reduced fare"},
    ...     grants=(Grant("urn:example:disability:1", (("fare_discount_class",),)),),
    ... )
    >>> use.covers("urn:example:disability:1", ("fare_discount_class",))
    True
    >>> use.covers("urn:example:disability:1", ("grade",))
    False

Of a credential type, `grants` writes the same for every format that the type has.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from vcwallet.claims import ClaimPath, JsonObject, covers, parse_path
from vcwallet.credential_type import CredentialType, views
from vcwallet.encoding.wire import Array, Maybe, WireModel, read
from vcwallet.errors import MalformedError, SignatureInvalidError
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws, jwt
from vcwallet.keys.policy import KeySource, Role, TrustedKey, TrustPolicy
from vcwallet.keys.signer import Signer
from vcwallet.trust.members import Text, Texts, by_language, texts

TYP = "rc-wrp+jwt"
CLAUSE = "ETSI TS 119 475 V1.2.1, section 5.2"
_META_NAMES = {"mso_mdoc": "doctype_value"}
_DEFAULT_FORMAT = "dc+sd-jwt"


@dataclass(frozen=True, slots=True)
class Grant:
    """What may be asked for of one credential type.

    Attributes:
        type_id: the credential type (``vct`` or docType).
        paths: the claims; a path includes what is inside it, and the empty path the whole credential.
        format: the credential format that the registration names.
    """

    type_id: str
    paths: tuple[ClaimPath, ...]
    format: str = _DEFAULT_FORMAT

    def __post_init__(self) -> None:
        if not self.type_id or not self.paths:
            raise ValueError("a grant names a type and at least one claim")


def grants(kind: type[CredentialType], *claims: str | Sequence[str | int | None]) -> tuple[Grant, ...]:
    """Return the grants of some claims of a credential type, one for each format that the type has.

    Without claims they are for the whole credential.  There is none for a format in which the claims are disclosed only
    together with others: an array is one element of an mdoc, and a grant of its parts is no grant of the whole.

        >>> from typing import Annotated
        >>> from vcwallet.credential_type import Claim, CredentialType
        >>> class Card(CredentialType, vct="urn:example:card:1", doctype="org.example.card.1", ja="会員証", en="Card"):
        ...     name: Annotated[str, Claim("氏名", "Name")]
        >>> for grant in grants(Card, "name"):
        ...     print(grant.format, grant.type_id, grant.paths)
        dc+sd-jwt urn:example:card:1 (('name',),)
        mso_mdoc org.example.card.1 (('org.example.card.1', 'name'),)

    Args:
        kind: the credential type.
        claims: the claims, as `CredentialType.path` takes them.

    Raises:
        ValueError: the type has no such claim.
    """
    paths = [kind.path(claim) for claim in claims] or [()]
    granted = [(shape, [own for path in paths for own in shape.granted(path)]) for shape in views(kind).values()]
    return tuple(Grant(shape.type_id, tuple(dict.fromkeys(own)), shape.format) for shape, own in granted if own)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntendedUse:
    """One purpose of a verifier, as a registrar registers it.

    Attributes:
        code: the purpose's code, which a request names (``intended_use_id``).
        text: the purpose in words, by language tag.
        grants: what may be asked for.
        legal_basis: the laws that it rests on, in the codes of the country's profile.
        procedure: the procedure that it is for, where a law demands that one be named.
        special_care: whether a law treats claims of this use as sensitive.
        retention_days: how long the claims are kept; 0 for not at all, None where `retention_text` says it.
        retention_text: how long the claims are kept, in words, by language tag.
        privacy_policy: where the verifier's privacy notice is.
        contact: where a person asks for deletion or complains.
    """

    code: str
    text: Mapping[str, str]
    grants: tuple[Grant, ...]
    legal_basis: tuple[str, ...] = ()
    procedure: str | None = None
    special_care: bool = False
    retention_days: int | None = None
    retention_text: Mapping[str, str] = field(default_factory=dict)
    privacy_policy: str | None = None
    contact: str | None = None

    def __post_init__(self) -> None:
        if not self.code or not self.text or not self.grants:
            raise ValueError("an intended use has a code, a text and at least one grant")
        if self.retention_days is not None and self.retention_days < 0:
            raise ValueError("a retention is not negative")

    def covers(self, type_id: str, path: ClaimPath) -> bool:
        """Tell whether this use includes asking for a claim; the empty path is the whole credential."""
        granted = (own for grant in self.grants if grant.type_id == type_id for own in grant.paths)
        return any(covers(own, path) for own in granted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A registration certificate that has been verified.

    Attributes:
        use: what is registered.
        verifier: the identifier of the verifier; the request must come with this party's key.
        name: its registered name, by language tag.
        not_before: when the registration begins.
        not_after: when it ends.
        registrar: the key that signed it, and why it is trusted.
    """

    use: IntendedUse
    verifier: str
    name: Mapping[str, str]
    not_before: datetime
    not_after: datetime
    registrar: TrustedKey

    def __bool__(self) -> bool:
        raise TypeError("a registration is evidence, not a truth value")


def read_registration(token: str, *, trust: TrustPolicy, at: datetime) -> Registration:
    """Return the registration of a certificate that a trusted registrar signed and that is valid at `at`.

    Raises:
        MalformedError: not a registration certificate; one without a list of claims counts as such.
        VerificationError: another type, an unknown registrar, a bad signature, or outside its validity.
    """
    unverified = jws.parse(token)
    jwt.require_typ(unverified.header, TYP)
    claims = read(_Claims, unverified.unverified_payload)
    times = {"nbf": claims.iat, "exp": claims.exp}
    issued, expires = (datetime.fromtimestamp(seconds, UTC) for seconds in times.values())
    source = KeySource(
        issuer=claims.iss, chain=unverified.header.chain, key_id=unverified.header.key_id, signed_at=issued
    )
    registrar = trust.key_for(source, role=Role.REGISTRAR, type_id=None, at=at)
    _require_signature(unverified, registrar)
    jwt.require_valid_at(times, at=at)
    return Registration(
        use=_read_use(claims),
        verifier=claims.sub,
        name=by_language(claims.name) if claims.name else {"und": claims.sub_ln},
        not_before=issued,
        not_after=expires,
        registrar=registrar,
    )


def registered_use(token: str) -> IntendedUse:
    """Return what a registration certificate says that it registers, for the verifier that it was given to.

    Nothing is verified: wallets use `read_registration`.

    Raises:
        MalformedError: not a registration certificate.
    """
    return _read_use(read(_Claims, jws.parse(token).unverified_payload))


def over_asked(
    registration: Registration, asked: Iterable[tuple[Sequence[str], ClaimPath]]
) -> tuple[tuple[str, ClaimPath], ...]:
    """Return what of a request goes beyond the registration; an empty tuple when nothing does.

    Args:
        registration: the one that came with the request; no other use of the verifier counts.
        asked: for each claim, the types that the query would accept it from, and its path; the empty path where the
            query would get the whole credential.

    A query that accepts several types asks for the claim of each of them, so each must be registered.
    """
    return tuple(
        (type_id, path)
        for type_ids, path in asked
        for type_id in type_ids
        if not registration.use.covers(type_id, path)
    )


def sign_registration(
    use: IntendedUse,
    *,
    verifier: str,
    name: Mapping[str, str],
    issuer: str,
    signer: Signer,
    chain: tuple[bytes, ...],
    at: datetime,
    expires: datetime,
) -> str:
    """Return the registration certificate of one intended use, signed by the registrar `issuer`."""
    claims = {
        "iss": issuer,
        "sub": verifier,
        "sub_ln": next(iter(name.values())),
        "name": texts(name),
        "iat": jwt.seconds(at),
        "exp": jwt.seconds(expires),
        **use_claims(use),
    }
    return jwt.sign(claims, typ=TYP, signer=signer, header={"x5c": jose_header.x5c(chain)})


def _require_signature(unverified: jws.Jws, registrar: TrustedKey) -> None:
    try:
        unverified.verify(registrar.key)
    except SignatureInvalidError:
        message = "the registrar did not sign this registration"
        raise SignatureInvalidError(message, code="REGISTRY_UNSIGNED", clause=CLAUSE) from None


def use_claims(use: IntendedUse) -> JsonObject:
    """Return an intended use as the claims of a registration certificate."""
    optional = {
        "procedure": use.procedure,
        "privacy_policy": use.privacy_policy,
        "support_uri": use.contact,
    }
    return {
        "intended_use_id": use.code,
        "purpose": texts(use.text),
        "credentials": [_grant_json(grant) for grant in use.grants],
        "legal_basis": list(use.legal_basis),
        "special_care": use.special_care,
        "retention": {"days": use.retention_days, "text": texts(use.retention_text)},
        **{claim: value for claim, value in optional.items() if value is not None},
    }


def use_from_json(data: bytes) -> IntendedUse:
    """Return the intended use that `use_claims` wrote.

    Raises:
        MalformedError: it did not write this.
    """
    return _read_use(read(_Use, data))


def _grant_json(grant: Grant) -> JsonObject:
    name = _META_NAMES.get(grant.format)
    meta: JsonObject = {name: grant.type_id} if name else {"vct_values": [grant.type_id]}
    return {"format": grant.format, "meta": meta, "claims": [{"path": list(path)} for path in grant.paths]}


_NumericDate = Annotated[int, Field(ge=0, lt=253_402_300_800)]  # before the year 10000


class _Claim(WireModel):
    path: Annotated[Array[str | int | None], Field(max_length=16)]


class _Meta(WireModel):
    vct_values: Annotated[Array[str], Field(max_length=100)] = ()
    doctype_value: Maybe[str] = None


class _Credential(WireModel):
    format: str
    meta: _Meta
    # TS 119 475 V1.1.1 spells it `claim`.  No list must never read as "nothing" or "everything", so it is required.
    claims: Annotated[Array[_Claim], Field(min_length=1, max_length=1000)]


class _Retention(WireModel):
    days: Annotated[int, Field(ge=0)] | None = None
    text: Array[Text] = ()


class _Use(WireModel):
    intended_use_id: Annotated[str, Field(min_length=1)]
    purpose: Texts
    credentials: Annotated[Array[_Credential], Field(min_length=1, max_length=100)]
    legal_basis: Array[str] = ()
    procedure: Maybe[str] = None
    special_care: bool = False
    retention: _Retention = _Retention()
    privacy_policy: Maybe[str] = None
    support_uri: Maybe[str] = None


class _Claims(_Use):
    iss: Maybe[str] = None
    sub: Annotated[str, Field(min_length=1)]
    sub_ln: Annotated[str, Field(min_length=1)]
    name: Array[Text] = ()
    iat: _NumericDate
    exp: _NumericDate


def _read_use(claims: _Use) -> IntendedUse:
    return IntendedUse(
        code=claims.intended_use_id,
        text=by_language(claims.purpose),
        grants=tuple(grant for credential in claims.credentials for grant in _grants(credential)),
        legal_basis=claims.legal_basis,
        procedure=claims.procedure,
        special_care=claims.special_care,
        retention_days=claims.retention.days,
        retention_text=by_language(claims.retention.text),
        privacy_policy=claims.privacy_policy,
        contact=claims.support_uri,
    )


def _grants(credential: _Credential) -> Iterable[Grant]:
    paths = tuple(parse_path(claim.path) if claim.path else () for claim in credential.claims)
    type_ids = credential.meta.vct_values or tuple(filter(None, (credential.meta.doctype_value,)))
    if not type_ids or not all(type_ids):
        raise MalformedError("a registered credential names its type", clause=CLAUSE)
    return [Grant(type_id, paths, credential.format) for type_id in type_ids]
