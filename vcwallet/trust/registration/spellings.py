# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The spellings of a registration certificate, read into one model (ETSI TS 119 475 V1.1.1 and V1.2.1, section 5.2).

The editions and the registrars that follow them name and nest the same things differently.  Whatever is not found in
any of the spellings is missing, never empty: without a list of claims nobody can tell what was meant, while an empty
one means that nothing may be asked for.  What is said twice, in two spellings, is malformed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from vcwallet.claims import JsonObject, parse_path
from vcwallet.encoding.wire import Array, Maybe, WireModel, read
from vcwallet.errors import MalformedError
from vcwallet.trust.registration.use import MDOC, Grant, IntendedUse

CLAUSE: Final = "ETSI TS 119 475 V1.2.1, section 5.2"
MAX_CREDENTIALS = 100
MAX_CLAIMS = 1000
_SD_JWT: Final = frozenset({"dc+sd-jwt", "vc+sd-jwt"})
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Who supervises how a verifier treats personal data.

    Attributes:
        name: its name, if said.
        country: its country, if said.
        addresses: where a complaint goes: web addresses, e-mail addresses, telephone numbers.
    """

    name: str | None = None
    country: str | None = None
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Intermediary:
    """A party that may ask in the name of the verifier.

    Attributes:
        identifier: its identifier; a request may come with this party's key.
        name: its name, if said.
    """

    identifier: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What a registration certificate says; nothing of it is verified.

    Attributes:
        use: what is registered.
        issuer: the registrar that it names, if any.
        identifiers: the verifier's identifiers, at least one.
        name: its name, by language tag; the trade name before the legal one.
        issued: when it was signed.
        begins: when the registration begins, not before that.
        expires: when it ends, if said.
        service: what the verifier does, by language tag.
        authority: who supervises it, if said.
        intermediary: who may ask in its name, if anybody.
        policies: the policies under which it was registered.
        status: where the status of the certificate is found, as it came.
        others: the members that no spelling knows, as they came.
    """

    use: IntendedUse
    issuer: str | None
    identifiers: tuple[str, ...]
    name: Mapping[str, str]
    issued: datetime
    begins: datetime
    expires: datetime | None
    service: Mapping[str, str]
    authority: Authority | None
    intermediary: Intermediary | None
    policies: tuple[str, ...]
    status: JsonObject | None = field(repr=False)
    others: JsonObject = field(repr=False)


def read_registered(claims: bytes | Mapping[str, object]) -> Registered:
    """Return what the claims of a registration certificate say, in whatever spelling.

    Raises:
        MalformedError: something that has to be said is missing, of the wrong form, or said twice.
        LimitExceededError: more credentials or claims than the limits allow.
    """
    found = read(_Claims, claims)
    return Registered(
        use=_read_use(found),
        issuer=found.iss,
        identifiers=tuple(one.identifier for one in _party(found).id),
        name=_name(found),
        issued=_time(found.iat),
        begins=_time(found.iat if found.nbf is None else max(found.iat, found.nbf)),
        expires=None if found.exp is None else _time(found.exp),
        service=_by_language(_either(found.srv_description or None, found.service or None, what="the service") or ()),
        authority=_authority(_either(found.supervisory_authority, found.dpa, what="the authority")),
        intermediary=_intermediary(found),
        policies=found.policy_id,
        status=found.status,
        others=found.model_extra or {},
    )


def use_from_json(data: bytes) -> IntendedUse:
    """Return the intended use that `use_claims` wrote.

    Raises:
        MalformedError: it did not write this.
    """
    return _read_use(read(_Use, data))


# --- the members, as they come ---------------------------------------------------------------------------------------


def _text_as(form: Callable[[str], object]) -> BeforeValidator:
    """Return what puts a text, which is the short spelling of a member, into the long one."""
    return BeforeValidator(lambda value: form(value) if isinstance(value, str) else value)


_NumericDate = Annotated[int, Field(ge=0, lt=253_402_300_800)]  # before the year 10000
_Begin = Annotated[int, Field(ge=0, lt=253_339_228_800)]  # before the year 9998: the longest validity can be added
_Name = Annotated[str, Field(min_length=1, max_length=10_000)]
_Names = Annotated[Array[_Name], Field(max_length=100), _text_as(lambda text: (text,))]


class _Text(WireModel):
    lang: Annotated[str, Field(min_length=1, max_length=35)]
    value: Maybe[Annotated[str, Field(max_length=10_000)]] = None
    content: Maybe[Annotated[str, Field(max_length=10_000)]] = None


_Texts = Annotated[Array[_Text], Field(max_length=100)]
_TextOrTexts = Annotated[_Texts, _text_as(lambda text: ({"lang": "und", "value": text},))]


class _Claim(WireModel):
    path: Annotated[Array[str | int | None], Field(max_length=16), _text_as(lambda text: (text,))]


_ClaimList = Annotated[Array[_Claim], Field(max_length=MAX_CLAIMS)]


class _Meta(WireModel):
    vct_values: Annotated[Array[str], Field(max_length=100)] = ()
    doctype_value: Maybe[str] = None


class _Credential(WireModel):
    format: str
    meta: _Meta
    claims: _ClaimList

    @model_validator(mode="before")
    @classmethod
    def _one_spelling(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        members = dict(value)
        if isinstance(meta := members.get("meta"), str):
            is_mdoc = members.get("format") == MDOC
            members["meta"] = {"doctype_value": meta} if is_mdoc else {"vct_values": [meta]}
        if "claim" in members:
            if "claims" in members:
                raise PydanticCustomError("said_twice", "claims in two spellings")
            members["claims"] = members.pop("claim")
        return members


class _Policy(WireModel):
    policy_uri: Maybe[_Name] = None
    policyURI: Maybe[_Name] = None  # noqa: N815 - as V1.1.1 spells it


_Policies = Annotated[
    Array[_Policy],
    Field(max_length=100),
    BeforeValidator(lambda value: (value,) if isinstance(value, dict) else value),
    _text_as(lambda text: {"policy_uri": text}),
]


class _Retention(WireModel):
    days: Annotated[int, Field(ge=0)] | None = None
    text: _Texts = ()


_OUR_MEMBERS: Final = frozenset({"special_care", "retention"})
"""What no other spelling has, and ours always."""


class _Use(WireModel):
    intended_use_id: Annotated[str, Field(min_length=1)]
    purpose: Annotated[_Texts, Field(min_length=1)]
    credentials: Annotated[Array[_Credential], Field(max_length=MAX_CREDENTIALS)]
    legal_basis: Array[str] = ()
    procedure: Maybe[str] = None
    special_care: bool = False
    retention: _Retention = _Retention()
    privacy_policy: _Policies = ()
    support_uri: _Names = ()


class _Identifier(WireModel):
    identifier: _Name


class _Party(WireModel):
    legal_name: _Names = ()
    id: Annotated[Array[_Identifier], Field(min_length=1, max_length=100)]


class _Authority(WireModel):
    name: Maybe[_Name] = None
    country: Maybe[_Name] = None
    uri: _Names = ()
    form_uri: _Names = ()
    email: _Names = ()
    phone: _Names = ()


class _Intermediary(WireModel):
    id: _Name
    name: Maybe[_Name] = None


class _Actor(WireModel):
    sub: Annotated[_Intermediary, _text_as(lambda text: {"id": text})]


class _Claims(_Use):
    iss: Maybe[str] = None
    sub: Annotated[Maybe[_Party], _text_as(lambda text: {"id": [{"identifier": text}]})] = None
    wrp: Maybe[_Party] = None
    sub_ln: Maybe[_Name] = None
    name: _TextOrTexts = ()
    iat: _Begin
    nbf: Maybe[_Begin] = None
    exp: Maybe[_NumericDate] = None
    service: _TextOrTexts = ()
    srv_description: _TextOrTexts = ()
    dpa: Maybe[_Authority] = None
    supervisory_authority: Maybe[_Authority] = None
    act: Maybe[_Actor] = None
    uses_intermediary: Maybe[_Intermediary] = None
    policy_id: _Names = ()
    status: Maybe[dict[str, Any]] = None


# --- into one model --------------------------------------------------------------------------------------------------


def _read_use(claims: _Use) -> IntendedUse:
    # The empty path is ours, for the whole credential.  Elsewhere it means nothing, and must not mean everything.
    is_ours = claims.model_fields_set >= _OUR_MEMBERS
    if not is_ours and any(not claim.path for credential in claims.credentials for claim in credential.claims):
        raise _malformed("a registered claim has a path")
    return IntendedUse(
        code=claims.intended_use_id,
        text=_by_language(claims.purpose),
        grants=tuple(grant for credential in claims.credentials for grant in _grants(credential)),
        legal_basis=claims.legal_basis,
        procedure=claims.procedure,
        special_care=claims.special_care,
        retention_days=claims.retention.days,
        retention_text=_by_language(claims.retention.text),
        privacy_policy=_policy(claims.privacy_policy),
        contact=next(iter(claims.support_uri), None),
    )


def _grants(credential: _Credential) -> Iterable[Grant]:
    paths = tuple(parse_path(claim.path) if claim.path else () for claim in credential.claims)
    return [Grant(type_id, paths, credential.format) for type_id in _type_ids(credential)]


def _type_ids(credential: _Credential) -> tuple[str, ...]:
    meta, is_mdoc = credential.meta, credential.format == MDOC
    type_ids = tuple(filter(None, (meta.doctype_value,))) if is_mdoc else meta.vct_values
    # A format that we do not have may name its types in ways that we do not know; nobody asks us for it.
    if not all(type_ids) or (not type_ids and (is_mdoc or credential.format in _SD_JWT)):
        raise _malformed("a registered credential names its type")
    return type_ids


def _policy(policies: tuple[_Policy, ...]) -> str | None:
    addresses = (_either(one.policy_uri, one.policyURI, what="the privacy policy") for one in policies)
    return next(filter(None, addresses), None)


def _party(claims: _Claims) -> _Party:
    party = _either(claims.sub, claims.wrp, what="the verifier")
    if party is None:
        raise _malformed("a registration names its verifier")
    return party


def _name(claims: _Claims) -> dict[str, str]:
    legal = claims.sub_ln or next(iter(_party(claims).legal_name), None)
    if not claims.name and legal is None:
        raise _malformed("a registration names its verifier")
    return _by_language(claims.name) or {"und": legal or ""}


def _authority(authority: _Authority | None) -> Authority | None:
    if authority is None:
        return None
    addresses = (*authority.uri, *authority.form_uri, *authority.email, *authority.phone)
    return Authority(name=authority.name, country=authority.country, addresses=addresses)


def _intermediary(claims: _Claims) -> Intermediary | None:
    actor = claims.act.sub if claims.act else None
    found = _either(actor, claims.uses_intermediary, what="the intermediary")
    return Intermediary(identifier=found.id, name=found.name) if found else None


def _by_language(listed: tuple[_Text, ...]) -> dict[str, str]:
    """Return a text by language tag; the first of two of the same language counts."""
    found: dict[str, str] = {}
    for text in listed:
        value = _either(text.value, text.content, what="a text")
        if value is None:
            raise _malformed("a text has a language and a value")
        found.setdefault(text.lang, value)
    return found


def _either(one: _T | None, other: _T | None, *, what: str) -> _T | None:
    if one is not None and other is not None:
        raise _malformed(f"{what} is said twice, in two spellings")
    return other if one is None else one


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _malformed(message: str) -> MalformedError:
    return MalformedError(message, clause=CLAUSE)
