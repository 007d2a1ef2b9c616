# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The data elements of a type as an mdoc: which there are, how they are called, and what their values become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, RootModel, create_model

from tests.unit.credential_type.sample_types import HouseholdRecord
from vcwallet.credential_type import (
    Claim,
    ClaimGroup,
    CredentialType,
    DateTime,
    FullDate,
    predicate,
    threshold_predicate,
    view,
)
from vcwallet.credential_type.elements import Element, elements_of
from vcwallet.japan import PartialDate

NAME = Claim("名", "Name")
ON = date(2026, 11, 23)
OWN = "org.example.own"
OTHER = "org.example.other"


def type_with(annotation: Any, **words: Any) -> type[CredentialType]:
    fields: dict[str, Any] = {"thing": (annotation, ...)}
    names = {"vct": "urn:example:thing:1", "doctype": "org.example.thing", "ja": "物", "en": "Thing", **words}
    return create_model("Thing", __base__=CredentialType, __cls_kwargs__=names, **fields)


def element_of(annotation: Any, value: object) -> Any:
    """Return what a value of a type is in an mdoc."""
    kind = type_with(Annotated[annotation, NAME])
    return view(kind, "mso_mdoc").claims(kind.model_validate({"thing": value}).claims(on=ON))["org.example.thing"][
        "thing"
    ]


def claim_of(annotation: Any, value: Any) -> Any:
    """Return the claim that comes from the JSON value of an element."""
    return view(type_with(Annotated[annotation, NAME]), "mso_mdoc").tree({"org.example.thing": {"thing": value}})[
        "thing"
    ]


def same(one: object, other: object) -> bool:
    """Compare values and their types, which tell a date from a text."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


# --- which there are --------------------------------------------------------------------------------------------------


class Street(ClaimGroup):
    number: Annotated[str, NAME]
    house: Annotated[str | None, NAME] = None


class Place(ClaimGroup):
    city: Annotated[str, NAME]
    street: Annotated[Street, NAME]
    annex: Annotated[Street | None, NAME] = None
    code: Annotated[str, Claim("符号", "Code", element="postal_code")]
    moved: Annotated[str, Claim("転居", "Moved", namespace=OWN)]


class Pass(
    CredentialType,
    vct="urn:example:pass:1",
    doctype="org.example.pass",
    mdoc_namespace="org.example.pass.names",
    ja="乗車証",
    en="Pass",
):
    name: Annotated[str, NAME]
    nickname: Annotated[str | None, Claim("通称", "Nickname", element="alias")] = None
    home: Annotated[Place, NAME]
    work: Annotated[Place | None, Claim("勤務先", "Work", element="job", namespace=OTHER)] = None
    trips: Annotated[tuple[Place, ...], NAME] = ()

    @predicate("有", "Has", namespace=OTHER, element="has_it")
    def has(self, on: date) -> bool | None:
        return True

    @threshold_predicate("超", "Above", thresholds=(1, 20), namespace=OTHER)
    def above(self, threshold: int, on: date) -> bool | None:
        return True


def places(kind: type[CredentialType]) -> dict[str, tuple[str, str]]:
    namespace = kind.mdoc_namespace or kind.doctype or ""
    elements = elements_of(kind.outline(), namespace=namespace)
    return {".".join(map(str, one.path)): (one.namespace, one.identifier) for one in elements}


def test_each_leaf_and_each_array_outside_arrays_is_an_element() -> None:
    main = "org.example.pass.names"
    assert places(Pass) == {
        "name": (main, "name"),
        "nickname": (main, "alias"),
        "home.city": (main, "home.city"),
        "home.street.number": (main, "home.street.number"),
        "home.street.house": (main, "home.street.house"),
        "home.annex.number": (main, "home.annex.number"),
        "home.annex.house": (main, "home.annex.house"),
        "home.code": (main, "postal_code"),
        "home.moved": (OWN, "home.moved"),
        "work.city": (OTHER, "job.city"),
        "work.street.number": (OTHER, "job.street.number"),
        "work.street.house": (OTHER, "job.street.house"),
        "work.annex.number": (OTHER, "job.annex.number"),
        "work.annex.house": (OTHER, "job.annex.house"),
        "work.code": (OTHER, "postal_code"),
        "work.moved": (OWN, "job.moved"),
        "trips": (main, "trips"),
        "has": (OTHER, "has_it"),
        "above.1": (OTHER, "above.1"),
        "above.20": (OTHER, "above.20"),
    }


def test_the_namespace_is_the_document_type_unless_the_type_says_another() -> None:
    assert {namespace for namespace, _ in places(HouseholdRecord).values()} == {HouseholdRecord.doctype}
    assert HouseholdRecord.mdoc_namespace is None
    assert Pass.mdoc_namespace == "org.example.pass.names"


def test_a_namespace_is_not_inherited() -> None:
    words = {"vct": "urn:example:pass:2", "doctype": "org.example.pass.2", "ja": "乗車証", "en": "Pass"}
    assert create_model("Later", __base__=Pass, __cls_kwargs__=words).mdoc_namespace is None


def test_a_namespace_without_a_document_type_is_refused() -> None:
    with pytest.raises(TypeError, match="no doctype"):
        type_with(Annotated[str, NAME], doctype=None, mdoc_namespace=OWN)
    with pytest.raises(TypeError, match="vct of its own"):
        create_model("Base", __base__=CredentialType, __cls_kwargs__={"mdoc_namespace": OWN})
    assert type_with(Annotated[str, NAME], mdoc_namespace=OWN).mdoc_namespace == OWN


def two_fields(one: Claim, other: Claim, **words: Any) -> type[CredentialType]:
    fields: dict[str, Any] = {"one": (Annotated[str, one], ...), "other": (Annotated[str, other], ...)}
    names = {"vct": "urn:example:two:1", "doctype": OWN, "ja": "二", "en": "Two", **words}
    return create_model("Two", __base__=CredentialType, __cls_kwargs__=names, **fields)


def test_two_claims_are_not_one_element() -> None:
    with pytest.raises(TypeError, match=r"two claims are the element one of org\.example\.own"):
        two_fields(NAME, Claim("他", "Other", element="one"))
    with pytest.raises(TypeError, match="two claims are the element one"):
        two_fields(Claim("一", "One", namespace=OWN), Claim("他", "Other", element="one"))
    assert places(two_fields(NAME, Claim("他", "Other", element="one", namespace=OTHER))) == {
        "one": (OWN, "one"),
        "other": (OTHER, "one"),
    }


def test_a_type_that_is_no_mdoc_is_not_held_to_the_rules_of_one() -> None:
    assert two_fields(NAME, Claim("他", "Other", element="one"), doctype=None).doctype is None


def certain(kind: type[CredentialType]) -> dict[str, int]:
    elements: Sequence[Element] = elements_of(kind.outline(), namespace=OWN)
    return {".".join(map(str, one.path)): one.certain for one in elements}


def test_an_element_knows_what_has_to_be_there_for_it_to_be_there() -> None:
    found = certain(Pass)
    assert (found["name"], found["nickname"], found["trips"]) == (0, 1, 1)
    assert (found["home.city"], found["home.street.number"], found["home.street.house"]) == (0, 0, 3)
    assert (found["home.annex.number"], found["home.annex.house"]) == (2, 3)
    assert (found["work.city"], found["work.street.number"], found["work.annex.number"]) == (1, 1, 2)
    assert (found["has"], found["above.1"]) == (1, 2)


def test_a_claim_that_may_be_none_is_not_certain() -> None:
    assert certain(type_with(Annotated[str | None, NAME])) == {"thing": 1}
    assert certain(type_with(Annotated[str, NAME])) == {"thing": 0}


# --- values -----------------------------------------------------------------------------------------------------------


class Visit(ClaimGroup):
    day: Annotated[date, NAME]
    photo: Annotated[bytes | None, NAME] = None
    note: Annotated[str, NAME] = "-"


class Visits(RootModel[tuple[Visit, ...]]):
    model_config = ConfigDict(frozen=True)


class Plain(BaseModel):
    """Its byte strings are written as UTF-8, as pydantic does when it is told nothing."""

    model_config = ConfigDict(frozen=True)
    since: date
    blob: bytes = b"blob"


TOKYO = timezone(timedelta(hours=9))
DAY = date(1990, 1, 2)
PHOTO = b"\xff\xd8\xff\xf0\x01"

VALUES: list[tuple[Any, object, object]] = [
    (str, "1990-01-02", "1990-01-02"),
    (int, 5, 5),
    (bool, True, True),
    (date, DAY, FullDate("1990-01-02")),
    (date | None, DAY, FullDate("1990-01-02")),
    (date | str, DAY, FullDate("1990-01-02")),
    (date | str, "around 1990", "around 1990"),
    (PartialDate, PartialDate.parse("1990-01-02"), FullDate("1990-01-02")),
    (PartialDate, PartialDate.parse("1990-01"), "1990-01"),
    (PartialDate, PartialDate.parse("1990"), "1990"),
    (PartialDate, PartialDate(), None),
    (datetime, datetime(1990, 1, 2, 3, 4, 5, 678, tzinfo=UTC), DateTime("1990-01-02T03:04:05Z")),
    (datetime, datetime(1990, 1, 2, 3, 4, 5, tzinfo=TOKYO), DateTime("1990-01-01T18:04:05Z")),
    (datetime, datetime(990, 1, 2, 3, 4, 5, tzinfo=UTC), DateTime("0990-01-02T03:04:05Z")),
    (datetime, datetime(1990, 1, 2, 3, 4, 5), "1990-01-02T03:04:05"),
    (datetime, datetime(1, 1, 1, tzinfo=TOKYO), "0001-01-01T00:00:00+09:00"),
    (date | datetime, datetime(1990, 1, 2, 3, tzinfo=UTC), DateTime("1990-01-02T03:00:00Z")),
    (date | datetime, DAY, FullDate("1990-01-02")),
    (datetime | str, "now", "now"),
    (datetime | int, 5, 5),
    (bytes, PHOTO, PHOTO),
    (bytes | None, PHOTO, PHOTO),
    (bytes | int, 5, 5),
    (str | bytes, "_9j_", "_9j_"),
    (tuple[date, ...], (DAY,), [FullDate("1990-01-02")]),
    (tuple[str, ...], ("a",), ["a"]),
    (tuple[bytes, ...], (PHOTO, b""), [PHOTO, b""]),
    (tuple[tuple[PartialDate, ...], ...], ((PartialDate.parse("1990-01-02"),),), [[FullDate("1990-01-02")]]),
    (tuple[int, date], (1, DAY), [1, FullDate("1990-01-02")]),
    (tuple[int, str], (1, "x"), [1, "x"]),
    (dict[str, date], {"a": DAY}, {"a": FullDate("1990-01-02")}),
    (dict[str, int], {"a": 1}, {"a": 1}),
    (
        tuple[Visit, ...],
        (Visit(day=DAY, photo=PHOTO), Visit(day=DAY)),
        [
            {"day": FullDate("1990-01-02"), "photo": PHOTO, "note": "-"},
            {"day": FullDate("1990-01-02"), "note": "-"},
        ],
    ),
    (Visits, Visits((Visit(day=DAY),)), [{"day": FullDate("1990-01-02"), "note": "-"}]),
    (Plain, Plain(since=DAY), {"since": FullDate("1990-01-02"), "blob": "blob"}),
    (Plain | int, 7, 7),
]


@pytest.mark.parametrize(("annotation", "value", "element"), VALUES)
def test_dates_and_byte_strings_have_types_of_their_own_wherever_they_stand(
    annotation: Any, value: object, element: object
) -> None:
    assert same(element_of(annotation, value), element)


@pytest.mark.parametrize(
    ("annotation", "value", "claim"),
    [
        (bytes, "_9j_8AE", "_9j_8AE="),
        (bytes, "_9j_", "_9j_"),
        (bytes, None, None),
        (tuple[bytes, ...], ["_w", "_9g"], ["_w==", "_9g="]),
        (dict[str, bytes], {"a": "_w"}, {"a": "_w=="}),
        (tuple[int, bytes], [1, "_w"], [1, "_w=="]),
        (tuple[Visit, ...], [{"photo": "_w", "x": "_w"}], [{"photo": "_w==", "x": "_w"}]),
        (str, "_w", "_w"),
        (date, "1990-01-02", "1990-01-02"),
    ],
)
def test_byte_strings_come_back_as_a_record_writes_them(annotation: Any, value: object, claim: object) -> None:
    assert claim_of(annotation, value) == claim


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (bytes, 5),
        (tuple[bytes, ...], 5),
        (tuple[bytes, ...], "_w"),
        (dict[str, bytes], ["_w"]),
        (tuple[int, bytes], [1]),
        (tuple[int, bytes], {"a": "_w"}),
        (tuple[Visit, ...], ["_w", 1, None]),
        (tuple[Visit, ...], {"photo": "_w"}),
    ],
)
def test_a_value_of_another_form_than_its_type_comes_back_as_it_is(annotation: Any, value: object) -> None:
    assert claim_of(annotation, value) == value


def test_a_value_that_contains_itself_is_no_element() -> None:
    with pytest.raises(TypeError, match="contains itself"):
        type_with(Annotated[Chain, NAME])
    assert type_with(Annotated[Chain, NAME], doctype=None).doctype is None


class Chain(BaseModel):
    following: Chain | None = None


def test_dates_show_what_they_are() -> None:
    assert repr(FullDate("1990-01-02")) == "FullDate('1990-01-02')"
    assert repr(DateTime("1990-01-02T03:04:05Z")) == "DateTime('1990-01-02T03:04:05Z')"
