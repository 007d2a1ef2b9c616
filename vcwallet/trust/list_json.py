# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The trusted lists as signed JSON documents (ETSI TS 119 602 V1.1.1; compact JWS, JAdES baseline B header).

Reading checks the signature before anything of a list can be used.  Whether the list is fresh, newer than the last one,
and the one that belongs to the others, is for `vcwallet.trust.snapshot` and `vcwallet.trust.client`.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import Field

from vcwallet.claims import JsonObject, JsonValue
from vcwallet.encoding import base64url, json
from vcwallet.encoding.wire import Array, WireModel, fit, read
from vcwallet.errors import LimitExceededError, MalformedError, UnsupportedError, quoted
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws, jwt
from vcwallet.keys.policy import Role
from vcwallet.keys.signer import Signer
from vcwallet.trust.chain import ChainValidator, ValidatedChain
from vcwallet.trust.members import Texts, Time, by_language, texts, time_text
from vcwallet.trust.trusted_list import (
    LISTED_AS,
    LISTED_ROLES,
    ListedService,
    Mode,
    Status,
    StatusPeriod,
    TrustedList,
)

MAX_BYTES = 16 * 1024 * 1024
MAX_ITEMS = 1_000_000
"""How many values of JSON a trusted list has, and all that a registry publishes (see `vcwallet.encoding.json`)."""
MAX_SEQUENCE = 2**53 - 1  # what every JSON reader keeps exactly
MAX_DOCUMENT_AUTHORITIES = 500
MAX_HISTORY = 1000
CLAUSE = "ETSI TS 119 602 V1.1.1"

LIST_TYPES: Mapping[Role, str] = {role: f"urn:vcwallet:list:{role}" for role in LISTED_ROLES}
"""The ``LoTEType`` of the list of each role."""

_SERVICE_TYPE = "urn:vcwallet:service:"
_STATUS = "urn:vcwallet:status:"
_AUTHORITIES_EXTENSION = "urn:vcwallet:extension:document-authorities"
_SERVICE_EXTENSION = "urn:vcwallet:extension:service"
_PERIOD_EXTENSION = "urn:vcwallet:extension:period"
_ROLES = {f"{_SERVICE_TYPE}{role}": role for role in Role if role not in LISTED_AS}
_STATUSES = {f"{_STATUS}{status}": status for status in Status}

_D = TypeVar("_D", bound=WireModel)


def sign_list(trusted_list: TrustedList, *, signer: Signer, chain: tuple[bytes, ...]) -> str:
    """Return the list as its operator publishes it."""
    return sign_document(_list_json(trusted_list), signer=signer, chain=chain, at=trusted_list.issued)


def sign_document(document: JsonObject, *, signer: Signer, chain: tuple[bytes, ...], at: datetime) -> str:
    """Return a document that its operator has signed at a time."""
    header: JsonObject = {"typ": "JOSE", "x5c": jose_header.x5c(chain), "iat": jwt.seconds(at)}
    return jws.sign(json.dumps(document), signer=signer, header=header)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedList:
    """A list whose signature has been verified, the bytes that were signed, and whose they are."""

    content: TrustedList
    text: str
    operator: ValidatedChain


def read_list(text: str, role: Role, *, validator: ChainValidator, at: datetime | None) -> SignedList:
    """Return the list of a role, which a list operator below the pinned root has signed.

    Args:
        text: the compact JWS.
        role: whose list it must be.
        validator: knows the pinned root.
        at: when the operator's certificate must be valid; None for a list that was accepted before.

    Raises:
        LimitExceededError: longer than 16 MiB.
        MalformedError: not a list, or that of another role.
        UnsupportedError: an extension that must be understood and is not.
        VerificationError: signed by another key than a list operator's.
    """
    document, operator = read_document(_Document, text, validator=validator, at=at)
    return SignedList(content=_read_document(document, role), text=text, operator=operator)


def read_document(
    model: type[_D], text: str, *, validator: ChainValidator, at: datetime | None
) -> tuple[_D, ValidatedChain]:
    """Return a document and its operator (arguments and errors as `read_list`)."""
    unverified = _parse_jws(text)
    operator = validator.validate(unverified.header.chain, role=Role.LIST_OPERATOR, at=at)
    return read(model, unverified.verify(operator.key), max_bytes=MAX_BYTES, max_items=MAX_ITEMS), operator


def _parse_jws(text: str) -> jws.Jws:
    """Read a compact JWS of up to 16 MiB; `jws.parse` stops at 1 MiB, which no token should pass."""
    if len(text) > MAX_BYTES:
        raise LimitExceededError(f"a trusted list is longer than {MAX_BYTES} bytes")
    signing_input, _, signature = text.rpartition(".")
    encoded_header, _, payload = signing_input.partition(".")
    if not text.isascii() or len(signature) > jws.MAX_SIGNATURE_TEXT:
        raise MalformedError("not a compact JWS", clause="RFC 7515, section 7.1")
    return jws.Jws(
        header=jose_header.parse(encoded_header.encode("ascii")),
        signature=base64url.decode(signature),
        signing_input=signing_input.encode("ascii"),
        unverified_payload=base64url.decode(payload),
    )


# --- writing ---------------------------------------------------------------------------------------------------------


def _list_json(trusted_list: TrustedList) -> JsonObject:
    by_party: dict[str, list[ListedService]] = {}
    for service in trusted_list.services:
        by_party.setdefault(service.party, []).append(service)
    information = scheme_information(
        LIST_TYPES[trusted_list.role],
        operator=trusted_list.operator,
        territory=trusted_list.territory,
        sequence=trusted_list.sequence,
        issued=trusted_list.issued,
        next_update=trusted_list.next_update,
    )
    extensions = _authorities_json(trusted_list)
    return {
        "LoTE": {
            "ListAndSchemeInformation": {**information, **({"SchemeExtensions": extensions} if extensions else {})},
            "TrustedEntitiesList": [_entity_json(services) for services in by_party.values()],
        }
    }


def scheme_information(
    list_type: str,
    *,
    operator: Mapping[str, str],
    territory: str,
    sequence: int,
    issued: datetime,
    next_update: datetime,
) -> dict[str, JsonValue]:
    """Return what every list of ours says about itself (``ListAndSchemeInformation``)."""
    return {
        "LoTEVersionIdentifier": 1,
        "LoTESequenceNumber": sequence,
        "LoTEType": list_type,
        "SchemeOperatorName": texts(operator),
        "SchemeTerritory": territory,
        "ListIssueDateTime": time_text(issued),
        "NextUpdate": time_text(next_update),
    }


def _authorities_json(trusted_list: TrustedList) -> list[JsonValue]:
    certificates: JsonValue = [to_base64(der) for der in trusted_list.document_authorities]
    return [extension(_AUTHORITIES_EXTENSION, {"certificates": certificates})] if certificates else []


def extension(name: str, value: JsonObject) -> JsonValue:
    """Return an extension of ours, which whoever reads the list must understand."""
    return {"id": name, "critical": True, "value": value}


def _entity_json(services: list[ListedService]) -> JsonObject:
    return {
        "TrustedEntityInformation": {"TEName": texts(services[0].name)},
        "TrustedEntityServices": [service_json(service) for service in services],
    }


def service_json(service: ListedService) -> JsonObject:
    """Return one role of a party as a ``TrustedEntityService``."""
    *past, current = service.periods
    common: dict[str, JsonValue] = {
        "ServiceName": texts(service.name),
        "ServiceTypeIdentifier": f"{_SERVICE_TYPE}{service.role}",
        "ServiceDigitalIdentity": {
            "X509SKIs": [
                to_base64(service.authority_key_id),
                *sorted(map(to_base64, service.other_authority_key_ids)),
            ],
            "OtherIds": [service.party],
        },
    }
    ours: JsonObject = {
        "mode": current.mode,
        "may_issue": [{"type": type_id, "from": time_text(since)} for type_id, since in service.may_issue.items()],
        "revoked": sorted(service.revoked),
        "details": dict(service.details),
        "document_authorities": sorted(map(to_base64, service.document_authority_key_ids)),
        "acts_for": sorted(service.acts_for),
        "purposes": sorted(service.purposes),
    }
    supply_points: JsonObject = {"ServiceSupplyPoints": list(service.supply_points)} if service.supply_points else {}
    return {
        "ServiceInformation": {
            **common,
            **_period_json(current),
            **supply_points,
            "ServiceInformationExtensions": [extension(_SERVICE_EXTENSION, ours)],
        },
        "ServiceHistory": [{**common, **_past_period_json(period)} for period in reversed(past)],
    }


def _past_period_json(period: StatusPeriod) -> dict[str, JsonValue]:
    mode: JsonValue = [extension(_PERIOD_EXTENSION, {"mode": period.mode})]
    return {**_period_json(period), **({} if period.mode is Mode.ALL else {"ServiceInformationExtensions": mode})}


def _period_json(period: StatusPeriod) -> dict[str, JsonValue]:
    return {"ServiceStatus": f"{_STATUS}{period.status}", "StatusStartingTime": time_text(period.since)}


def to_base64(data: bytes) -> str:
    """Return bytes as these documents write them."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


# --- reading ---------------------------------------------------------------------------------------------------------


class Extension(WireModel):
    """An extension of a list or of a service (``SchemeExtensions``, ``ServiceInformationExtensions``)."""

    id: str
    critical: bool
    value: dict[str, Any]


Extensions: TypeAlias = Annotated[Array[Extension], Field(max_length=20)]


class _DocumentAuthorities(WireModel):
    certificates: Annotated[Array[str], Field(max_length=MAX_DOCUMENT_AUTHORITIES)]


class ListInformation(WireModel):
    """What every list says about itself."""

    version: Annotated[Literal[1], Field(alias="LoTEVersionIdentifier")]
    sequence: Annotated[int, Field(alias="LoTESequenceNumber", ge=1, le=MAX_SEQUENCE)]
    list_type: Annotated[str, Field(alias="LoTEType")]
    operator: Annotated[Texts, Field(alias="SchemeOperatorName")]
    territory: Annotated[str, Field(alias="SchemeTerritory")]
    issued: Annotated[Time, Field(alias="ListIssueDateTime")]
    next_update: Annotated[Time, Field(alias="NextUpdate")]
    extensions: Annotated[Extensions, Field(alias="SchemeExtensions")] = ()


class _Identity(WireModel):
    key_ids: Annotated[Array[str], Field(alias="X509SKIs", min_length=1, max_length=20)]
    other_ids: Annotated[Array[str], Field(alias="OtherIds", min_length=1, max_length=1)]


class _Period(WireModel):
    identity: Annotated[_Identity, Field(alias="ServiceDigitalIdentity")]
    status: Annotated[str, Field(alias="ServiceStatus")]
    since: Annotated[Time, Field(alias="StatusStartingTime")]
    extensions: Annotated[Extensions, Field(alias="ServiceInformationExtensions")] = ()


class _PeriodExtension(WireModel):
    mode: str


class _ServiceInformation(_Period):
    service_type: Annotated[str, Field(alias="ServiceTypeIdentifier")]
    supply_points: Annotated[Array[str], Field(alias="ServiceSupplyPoints", max_length=20)] = ()


class _MayIssue(WireModel):
    type_id: Annotated[str, Field(alias="type")]
    since: Annotated[Time, Field(alias="from")]


class _ServiceExtension(WireModel):
    mode: str
    may_issue: Array[_MayIssue]
    revoked: Array[str]
    details: dict[str, str]
    document_authorities: Annotated[Array[str], Field(max_length=20)] = ()
    acts_for: Annotated[Array[str], Field(max_length=1000)] = ()
    purposes: Annotated[Array[str], Field(max_length=1000)] = ()


class _Service(WireModel):
    information: Annotated[_ServiceInformation, Field(alias="ServiceInformation")]
    history: Annotated[Array[_Period], Field(alias="ServiceHistory", max_length=MAX_HISTORY)] = ()


class _EntityInformation(WireModel):
    name: Annotated[Texts, Field(alias="TEName")]


class _Entity(WireModel):
    information: Annotated[_EntityInformation, Field(alias="TrustedEntityInformation")]
    services: Annotated[Array[_Service], Field(alias="TrustedEntityServices", min_length=1, max_length=100)]


class _List(WireModel):
    information: Annotated[ListInformation, Field(alias="ListAndSchemeInformation")]
    entities: Annotated[Array[_Entity], Field(alias="TrustedEntitiesList")] = ()


class _Document(WireModel):
    content: Annotated[_List, Field(alias="LoTE")]


def _read_document(document: _Document, role: Role) -> TrustedList:
    information = document.content.information
    if information.list_type != LIST_TYPES[role]:
        raise MalformedError(f"not the list of role {role}", clause=CLAUSE)
    extensions = understood(information.extensions, _AUTHORITIES_EXTENSION)
    authorities = extensions.get(_AUTHORITIES_EXTENSION, {"certificates": []})
    try:
        return TrustedList(
            role=role,
            operator=by_language(information.operator),
            territory=information.territory,
            sequence=information.sequence,
            issued=information.issued,
            next_update=information.next_update,
            services=tuple(
                service
                for entity in document.content.entities
                for listed in entity.services
                if (service := _read_service(listed, by_language(entity.information.name))) is not None
            ),
            document_authorities=tuple(map(from_base64, fit(_DocumentAuthorities, authorities).certificates)),
        )
    except ValueError as error:
        raise MalformedError(f"not a trusted list: {error}", clause=CLAUSE) from None


def service_from_json(data: bytes, *, name: Mapping[str, str]) -> ListedService:
    """Return the role of a party that `service_json` wrote.

    Raises:
        MalformedError: it did not write this.
    """
    service = _read_service(read(_Service, data), name)
    if service is None:
        raise MalformedError("a service of an unknown type", clause=CLAUSE)
    return service


def _read_service(service: _Service, name: Mapping[str, str]) -> ListedService | None:
    """Return a service of a list; None for one of a type that is not ours, about which the list says nothing to us."""
    information = service.information
    role = _ROLES.get(information.service_type)
    extensions = understood(information.extensions, _SERVICE_EXTENSION)
    if role is None:
        return None
    if _SERVICE_EXTENSION not in extensions:
        raise MalformedError("a service has no extension of ours", clause=CLAUSE)
    ours = fit(_ServiceExtension, extensions[_SERVICE_EXTENSION])
    try:
        return ListedService(
            party=information.identity.other_ids[0],
            name=name,
            role=role,
            authority_key_id=from_base64(information.identity.key_ids[0]),
            other_authority_key_ids=frozenset(map(from_base64, information.identity.key_ids[1:])),
            periods=(
                *(_read_period(period, _past_mode(period)) for period in reversed(service.history)),
                _read_period(information, Mode(ours.mode)),
            ),
            may_issue={one.type_id: one.since for one in ours.may_issue},
            revoked=frozenset(ours.revoked),
            details=ours.details,
            document_authority_key_ids=frozenset(map(from_base64, ours.document_authorities)),
            acts_for=frozenset(ours.acts_for),
            supply_points=information.supply_points,
            purposes=frozenset(ours.purposes),
        )
    except ValueError as error:  # binascii.Error and an unknown mode among them
        raise MalformedError(f"not a service: {quoted(error)}", clause=CLAUSE) from None


def from_base64(text: str) -> bytes:
    """Return what `to_base64` wrote.

    Raises:
        ValueError: it did not write this.
    """
    return binascii.a2b_base64(text, strict_mode=True)


def _past_mode(period: _Period) -> Mode:
    extensions = understood(period.extensions, _PERIOD_EXTENSION)
    return Mode(fit(_PeriodExtension, extensions[_PERIOD_EXTENSION]).mode) if extensions else Mode.ALL


def _read_period(period: _Period, mode: Mode) -> StatusPeriod:
    status = _STATUSES.get(period.status)
    if status is None:
        raise MalformedError(f"unknown service status {quoted(period.status)}", clause=CLAUSE)
    return StatusPeriod(status=status, since=period.since, mode=mode)


def understood(extensions: Iterable[Extension], *ours: str) -> dict[str, dict[str, Any]]:
    """Return those extensions of ours that are there, each once; another one must not be critical.

    Raises:
        UnsupportedError: a critical extension that we do not know.
    """
    found: dict[str, dict[str, Any]] = {}
    for extension in extensions:
        if extension.id in ours and extension.id not in found:
            found[extension.id] = extension.value
        elif extension.critical or extension.id in ours:
            raise UnsupportedError(f"critical extension {quoted(extension.id)}", clause=CLAUSE)
    return found
