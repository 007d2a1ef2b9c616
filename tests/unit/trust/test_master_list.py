# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The list of lists as a document: what is written is read, and what is not as we write it is refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.pki import NOW, Chain, chain
from vcwallet.encoding import json
from vcwallet.errors import LimitExceededError, MalformedError, NotAuthorisedError, UnsupportedError, UntrustedError
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws
from vcwallet.keys import Role
from vcwallet.trust.chain import ChainValidator
from vcwallet.trust.list_json import LIST_TYPES
from vcwallet.trust.master_list import (
    MAX_AUTHORITIES,
    MAX_REVOCATION_LISTS,
    MasterList,
    Pin,
    read_master_list,
    sign_master_list,
)

OPERATOR = chain(Role.LIST_OPERATOR)
MASTER = MasterList(
    operator={"en": "Demo registry"},
    territory="ZZ",
    sequence=42,
    issued=NOW,
    next_update=NOW + timedelta(days=7),
    lists={role: Pin.of(role.encode(), number=number) for number, role in enumerate(LIST_TYPES, 1)},
    locations={role: f"https://registry.example/lists/{role}" for role in LIST_TYPES},
    types={"urn:example:tax:1": "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng="},
    revocation_lists={b"\x01\x02": Pin.of(b"crl", number=3)},
    issuing_authorities=(b"\x30\x00",),
    former_roots=(b"\x30\x01\x00", b"\x30\x02\x00\x00"),
)
Path = tuple[str | int, ...]
INFORMATION: Path = ("LoTE", "ListAndSchemeInformation")
POINTERS: Path = (*INFORMATION, "PointersToOtherLoTE")
SNAPSHOT: Path = (*INFORMATION, "SchemeExtensions", 0, "value")
AUTHORITIES: Path = (*INFORMATION, "SchemeExtensions", 1, "value")


def signed(master: MasterList = MASTER, *, by: Chain = OPERATOR) -> str:
    return sign_master_list(master, signer=by.leaf.signer, chain=by.x5c)


def read(text: str) -> MasterList:
    return read_master_list(text, validator=ChainValidator(OPERATOR.anchor), at=NOW)[0]


def payload() -> Any:
    return jws.payload_object(jws.parse(signed()).unverified_payload)


def changed(path: Path, change: Callable[[Any, Any], None]) -> str:
    document = copy.deepcopy(payload())
    target = document
    for step in path[:-1]:
        target = target[step]
    change(target, path[-1])
    header = {"typ": "JOSE", "x5c": jose_header.x5c(OPERATOR.x5c)}
    return jws.sign(json.dumps(document), signer=OPERATOR.leaf.signer, header=header)


def assign(value: object) -> Callable[[Any, Any], None]:
    def change(target: Any, key: Any) -> None:
        target[key] = value

    return change


def delete(target: Any, key: Any) -> None:
    del target[key]


def twice(target: Any, key: Any) -> None:
    target[key].append(target[key][0])


def test_what_is_signed_is_read() -> None:
    assert read(signed()) == MASTER


def test_the_document_is_spelled_as_the_standard_spells_it() -> None:
    information = payload()["LoTE"]["ListAndSchemeInformation"]
    assert information["LoTEType"] == "urn:vcwallet:list:master"
    pointer = information["PointersToOtherLoTE"][0]
    assert pointer["LoTELocation"] == "https://registry.example/lists/credential_issuer"
    assert pointer["LoTEQualifiers"] == [
        {
            "LoTEType": "urn:vcwallet:list:credential_issuer",
            "SchemeOperatorName": [{"lang": "en", "value": "Demo registry"}],
            "MimeType": "application/jose",
        }
    ]
    [identity] = pointer["ServiceDigitalIdentities"]
    assert identity["X509Certificates"] == [{"val": jose_header.x5c(OPERATOR.x5c)[0]}]
    assert "TrustedEntitiesList" not in payload()["LoTE"]
    assert [one["id"].rpartition(":")[2] for one in information["SchemeExtensions"]] == ["snapshot", "authorities"]
    assert all(one["critical"] for one in information["SchemeExtensions"])


def test_only_a_list_operator_below_the_pinned_root_signs_it() -> None:
    with pytest.raises(UntrustedError):
        read(signed(by=chain(Role.LIST_OPERATOR)))
    issuer = chain(Role.CREDENTIAL_ISSUER)
    with pytest.raises(NotAuthorisedError):
        read_master_list(signed(by=issuer), validator=ChainValidator(issuer.anchor), at=NOW)


@pytest.mark.parametrize(
    "path",
    [
        ("LoTE",),
        INFORMATION,
        *((*INFORMATION, name) for name in ("LoTESequenceNumber", "LoTEType", "NextUpdate", "PointersToOtherLoTE")),
        (*POINTERS, 0),
        (*POINTERS, 0, "LoTELocation"),
        (*POINTERS, 0, "LoTEQualifiers"),
        (*INFORMATION, "SchemeExtensions"),
        (*INFORMATION, "SchemeExtensions", 0),
        (*INFORMATION, "SchemeExtensions", 1),
        *((*SNAPSHOT, name) for name in ("lists", "types", "revocation_lists")),
        (*SNAPSHOT, "lists", 0),
        *((*SNAPSHOT, "lists", 0, name) for name in ("LoTEType", "LoTESequenceNumber", "sha256")),
        *((*SNAPSHOT, "revocation_lists", 0, name) for name in ("authority", "number", "sha256")),
        (*SNAPSHOT, "types", 0, "vct#integrity"),
        *((*AUTHORITIES, name) for name in ("issuing", "former_roots")),
    ],
)
def test_a_list_of_lists_without_a_required_member_is_malformed(path: Path) -> None:
    with pytest.raises(MalformedError):
        read(changed(path, delete))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*INFORMATION, "LoTEType"), "urn:vcwallet:list:verifier"),
        ((*INFORMATION, "LoTESequenceNumber"), 0),
        ((*INFORMATION, "NextUpdate"), "2020-11-30T09:00:00Z"),
        ((*POINTERS, 0, "LoTEQualifiers"), []),
        ((*POINTERS, 0, "LoTEQualifiers", 0, "LoTEType"), "urn:vcwallet:list:verifier"),  # which has a pointer already
        ((*POINTERS, 0, "LoTEQualifiers", 0, "LoTEType"), "urn:other"),  # so that one of ours has none
        ((*SNAPSHOT, "lists", 0, "LoTEType"), "urn:vcwallet:list:verifier"),
        ((*SNAPSHOT, "lists", 0, "LoTEType"), "urn:other"),
        ((*SNAPSHOT, "lists", 0, "LoTESequenceNumber"), 0),
        ((*SNAPSHOT, "lists", 0, "sha256"), "AA=="),
        ((*SNAPSHOT, "lists", 0, "sha256"), "_-"),
        *(
            ((*SNAPSHOT, "revocation_lists", 0, "number"), value)
            for value in (3, "-1", "", "0x3", "３", "3\n", "9" * 50)
        ),
        ((*SNAPSHOT, "revocation_lists", 0, "authority"), "_-"),
        ((*AUTHORITIES, "issuing"), []),
        ((*AUTHORITIES, "issuing"), ["_-"]),
        ((*AUTHORITIES, "former_roots"), None),
    ],
)
def test_a_member_of_the_wrong_form_is_malformed(path: Path, value: object) -> None:
    with pytest.raises(MalformedError):
        read(changed(path, assign(value)))


@pytest.mark.parametrize("name", ["lists", "types", "revocation_lists"])
def test_what_is_pinned_twice_is_malformed(name: str) -> None:
    with pytest.raises(MalformedError, match="twice"):
        read(changed((*SNAPSHOT, name), twice))


def test_two_pointers_at_one_list_are_malformed() -> None:
    with pytest.raises(MalformedError, match="twice"):
        read(changed(POINTERS, twice))


def test_a_pointer_at_a_list_of_another_kind_says_nothing_to_us() -> None:
    pointer = {"LoTELocation": "https://x.example", "LoTEQualifiers": [{"LoTEType": "urn:other"}]}
    assert read(changed(POINTERS, lambda target, key: target[key].append(pointer))) == MASTER


def test_an_unknown_extension_is_refused_if_it_is_critical() -> None:
    path = (*INFORMATION, "SchemeExtensions")

    def add(target: Any, key: Any, *, critical: bool) -> None:
        target[key].append({"id": "urn:x", "critical": critical, "value": {}})

    assert read(changed(path, lambda target, key: add(target, key, critical=False))) == MASTER
    with pytest.raises(UnsupportedError):
        read(changed(path, lambda target, key: add(target, key, critical=True)))
    with pytest.raises(UnsupportedError):
        read(changed(path, twice))


def test_the_numbers_of_cas_and_revocation_lists_are_limited() -> None:
    certificates = ["MAA="] * MAX_AUTHORITIES
    for name in ("issuing", "former_roots"):
        read(changed((*AUTHORITIES, name), assign(certificates)))
        with pytest.raises(LimitExceededError):
            read(changed((*AUTHORITIES, name), assign([*certificates, "MAA="])))
    pins = [
        {"authority": jose_header.x5c((number.to_bytes(2, "big"),))[0], "number": "1", "sha256": "A" * 43 + "="}
        for number in range(MAX_REVOCATION_LISTS + 1)
    ]
    assert len(read(changed((*SNAPSHOT, "revocation_lists"), assign(pins[:-1]))).revocation_lists) == 1000
    with pytest.raises(LimitExceededError):
        read(changed((*SNAPSHOT, "revocation_lists"), assign(pins)))


def test_a_list_of_lists_that_says_too_little_cannot_be_made() -> None:
    changes: tuple[dict[str, Any], ...] = (
        {"sequence": 0},
        {"next_update": NOW},
        {"lists": {}},
        {"locations": {}},
        {"issuing_authorities": ()},
    )
    for change in changes:
        with pytest.raises(ValueError, match="a list"):
            replace(MASTER, **change)


def test_a_pin_is_of_one_document() -> None:
    pin = Pin.of(b"document", number=0)
    assert pin.fits(b"document")
    assert not pin.fits(b"document ")
    with pytest.raises(ValueError, match="pin"):
        replace(pin, number=-1)
    with pytest.raises(ValueError, match="pin"):
        replace(pin, sha256=pin.sha256[:-1])
