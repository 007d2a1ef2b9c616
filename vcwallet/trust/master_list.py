# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The list of lists: which issue of each document of a registry belongs to the others (ETSI TS 119 602 V1.1.1).

It points at the list of each role (``PointersToOtherLoTE``) and pins, in an extension of ours, the number and digest of
every list and revocation list and the integrity of all type metadata.  So whoever mixes documents of different issues,
each of which was good once, is found out.  It also has the certificates of the CAs below whom parties stand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import Field

from vcwallet.claims import JsonObject, JsonValue
from vcwallet.encoding.wire import Array, WireModel, fit
from vcwallet.errors import MalformedError
from vcwallet.keys.policy import Role
from vcwallet.keys.signer import Signer
from vcwallet.trust.chain import ChainValidator, ValidatedChain
from vcwallet.trust.list_json import (
    CLAUSE,
    LIST_TYPES,
    MAX_SEQUENCE,
    ListInformation,
    extension,
    from_base64,
    read_document,
    scheme_information,
    sign_document,
    to_base64,
    understood,
)
from vcwallet.trust.members import by_language, texts, whole_seconds

MASTER_TYPE = "urn:vcwallet:list:master"
MAX_AUTHORITIES = 20
MAX_REVOCATION_LISTS = 1000
_SNAPSHOT = "urn:vcwallet:extension:snapshot"
_AUTHORITIES = "urn:vcwallet:extension:authorities"
_MEDIA_TYPE = "application/jose"
_DIGEST_BYTES = 32
_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One issue of a document: its number, and the SHA-256 digest of its bytes."""

    number: int
    sha256: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.number < 0 or len(self.sha256) != _DIGEST_BYTES:
            raise ValueError("a pin is a number and a SHA-256 digest")

    @classmethod
    def of(cls, document: bytes, *, number: int) -> Pin:
        """Return the pin of a document."""
        return cls(number=number, sha256=hashlib.sha256(document).digest())

    def fits(self, document: bytes) -> bool:
        """Tell whether these are the bytes of the document."""
        return hashlib.sha256(document).digest() == self.sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterList:
    """One issue of the list of lists.

    Attributes:
        operator: the name of who publishes it, by language tag.
        territory: the country that it is for, two letters.
        sequence: its number; each issue has a higher one.
        issued: when it was signed.
        next_update: when the next issue comes at the latest; afterwards this one says nothing.
        lists: the issue of each role's list.
        locations: where each role's list is published by itself.
        types: the integrity string of each credential type's metadata, by ``vct`` or docType.
        revocation_lists: the issue of each CA's revocation list, by the subject key identifier of the CA.
        issuing_authorities: the DER certificates of the issuing CAs below whom parties stand, the present one first.
        former_roots: those of roots that have been succeeded, below which chains of parties still count.
    """

    operator: Mapping[str, str]
    territory: str
    sequence: int
    issued: datetime
    next_update: datetime
    lists: Mapping[Role, Pin]
    locations: Mapping[Role, str]
    types: Mapping[str, str] = field(default_factory=dict)
    revocation_lists: Mapping[bytes, Pin] = field(default_factory=dict)
    issuing_authorities: tuple[bytes, ...]
    former_roots: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "issued", whole_seconds(self.issued))
        object.__setattr__(self, "next_update", whole_seconds(self.next_update))
        if self.sequence < 1 or self.next_update <= self.issued:
            raise ValueError("a list has a positive number and ends after it was issued")
        if self.lists.keys() != LIST_TYPES.keys() or self.locations.keys() != LIST_TYPES.keys():
            raise ValueError("a list of lists points at the list of each role")
        if not self.issuing_authorities:
            raise ValueError("a list of lists names an issuing CA")


def sign_master_list(master: MasterList, *, signer: Signer, chain: tuple[bytes, ...]) -> str:
    """Return the list of lists as its operator publishes it (compact JWS)."""
    information = scheme_information(
        MASTER_TYPE,
        operator=master.operator,
        territory=master.territory,
        sequence=master.sequence,
        issued=master.issued,
        next_update=master.next_update,
    )
    document: JsonObject = {
        "LoTE": {
            "ListAndSchemeInformation": {
                **information,
                "PointersToOtherLoTE": [_pointer(role, master, operator=chain[0]) for role in LIST_TYPES],
                "SchemeExtensions": [
                    extension(_SNAPSHOT, _snapshot(master)),
                    extension(_AUTHORITIES, _authorities(master)),
                ],
            }
        }
    }
    return sign_document(document, signer=signer, chain=chain, at=master.issued)


def read_master_list(text: str, *, validator: ChainValidator, at: datetime | None) -> tuple[MasterList, ValidatedChain]:
    """Return the list of lists, and its operator's chain (arguments as `vcwallet.trust.list_json.read_list`)."""
    document, operator = read_document(_Document, text, validator=validator, at=at)
    try:
        return _read(document), operator
    except ValueError as error:  # binascii.Error among them
        raise MalformedError(f"not a list of lists: {error}", clause=CLAUSE) from None


# --- writing ---------------------------------------------------------------------------------------------------------


def _pointer(role: Role, master: MasterList, *, operator: bytes) -> JsonObject:
    return {
        "LoTELocation": master.locations[role],
        "ServiceDigitalIdentities": [{"X509Certificates": [{"val": to_base64(operator)}]}],
        "LoTEQualifiers": [
            {
                "LoTEType": LIST_TYPES[role],
                "SchemeOperatorName": texts(master.operator),
                "MimeType": _MEDIA_TYPE,
            }
        ],
    }


def _snapshot(master: MasterList) -> JsonObject:
    return {
        "lists": [
            {"LoTEType": LIST_TYPES[role], "LoTESequenceNumber": pin.number, "sha256": to_base64(pin.sha256)}
            for role, pin in master.lists.items()
        ],
        "types": [{"vct": vct, "vct#integrity": value} for vct, value in sorted(master.types.items())],
        "revocation_lists": [
            # The number of a revocation list may have 20 octets (RFC 5280, section 5.2.3): no JSON number keeps those.
            {"authority": to_base64(key_id), "number": str(pin.number), "sha256": to_base64(pin.sha256)}
            for key_id, pin in sorted(master.revocation_lists.items())
        ],
    }


def _authorities(master: MasterList) -> JsonObject:
    issuing: JsonValue = [to_base64(der) for der in master.issuing_authorities]
    former: JsonValue = [to_base64(der) for der in master.former_roots]
    return {"issuing": issuing, "former_roots": former}


# --- reading ---------------------------------------------------------------------------------------------------------


class _Qualifier(WireModel):
    list_type: Annotated[str, Field(alias="LoTEType")]


class _Pointer(WireModel):
    location: Annotated[str, Field(alias="LoTELocation")]
    qualifiers: Annotated[Array[_Qualifier], Field(alias="LoTEQualifiers", min_length=1, max_length=1)]


class _Information(ListInformation):
    pointers: Annotated[Array[_Pointer], Field(alias="PointersToOtherLoTE", max_length=100)]


class _Content(WireModel):
    information: Annotated[_Information, Field(alias="ListAndSchemeInformation")]


class _Document(WireModel):
    content: Annotated[_Content, Field(alias="LoTE")]


class _ListPin(WireModel):
    list_type: Annotated[str, Field(alias="LoTEType")]
    sequence: Annotated[int, Field(alias="LoTESequenceNumber", ge=1, le=MAX_SEQUENCE)]
    sha256: str


class _TypePin(WireModel):
    vct: str
    integrity: Annotated[str, Field(alias="vct#integrity")]


class _RevocationListPin(WireModel):
    authority: str
    number: Annotated[str, Field(pattern=r"^[0-9]{1,49}$")]
    sha256: str


class _Snapshot(WireModel):
    lists: Annotated[Array[_ListPin], Field(max_length=100)]
    types: Array[_TypePin]
    revocation_lists: Annotated[Array[_RevocationListPin], Field(max_length=MAX_REVOCATION_LISTS)]


class _Authorities(WireModel):
    issuing: Annotated[Array[str], Field(max_length=MAX_AUTHORITIES)]
    former_roots: Annotated[Array[str], Field(max_length=MAX_AUTHORITIES)]


def _read(document: _Document) -> MasterList:
    information = document.content.information
    if information.list_type != MASTER_TYPE:
        raise ValueError("a list of another type")
    extensions = understood(information.extensions, _SNAPSHOT, _AUTHORITIES)
    if extensions.keys() != {_SNAPSHOT, _AUTHORITIES}:
        raise ValueError("it does not say which issues belong together, or below which CAs")
    snapshot, authorities = fit(_Snapshot, extensions[_SNAPSHOT]), fit(_Authorities, extensions[_AUTHORITIES])
    return MasterList(
        operator=by_language(information.operator),
        territory=information.territory,
        sequence=information.sequence,
        issued=information.issued,
        next_update=information.next_update,
        lists=_unique((_ROLES.get(one.list_type), _pin(one.sequence, one.sha256)) for one in snapshot.lists),
        locations=_unique((_ROLES.get(one.qualifiers[0].list_type), one.location) for one in information.pointers),
        types=_unique((one.vct, one.integrity) for one in snapshot.types),
        revocation_lists=_unique(
            (from_base64(one.authority), _pin(int(one.number), one.sha256)) for one in snapshot.revocation_lists
        ),
        issuing_authorities=tuple(map(from_base64, authorities.issuing)),
        former_roots=tuple(map(from_base64, authorities.former_roots)),
    )


_ROLES = {list_type: role for role, list_type in LIST_TYPES.items()}


def _pin(number: int, sha256: str) -> Pin:
    return Pin(number=number, sha256=from_base64(sha256))


def _unique(pairs: Iterable[tuple[_K | None, _V]]) -> dict[_K, _V]:
    """Return a mapping; what says two things of one key says nothing.  A list of a kind that is not ours has no key."""
    found: dict[_K, _V] = {}
    for key, value in pairs:
        if key is None:
            continue
        if key in found:
            raise ValueError("something is pinned twice")
        found[key] = value
    return found
