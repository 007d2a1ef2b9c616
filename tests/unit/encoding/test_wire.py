# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Wire documents: strict, frozen, silent about what they refuse."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError, field_validator

from vcwallet.encoding.wire import Array, Maybe, WireModel, fit, read
from vcwallet.errors import LimitExceededError, MalformedError, UnsupportedError

SECRET = "Zaphod-Beeblebrox"


class Leaf(WireModel):
    number: int


class Tree(WireModel):
    name: Annotated[str, Field(max_length=20)]
    leaves: Annotated[Array[Leaf], Field(min_length=1, max_length=2)] = ()
    nick: Maybe[str] = None
    open: bool = False

    @field_validator("name")
    @classmethod
    def _is_supported(cls, name: str) -> str:
        if name == "weeping":
            raise UnsupportedError("we have no such tree")
        return name


def test_a_text_and_an_object_give_the_same_document() -> None:
    text = b'{"name": "oak", "leaves": [{"number": 1}], "open": true}'
    value = {"name": "oak", "leaves": [{"number": 1}], "open": True}
    document = read(Tree, text)
    assert document == read(Tree, value) == read(Tree, text.decode()) == read(Tree, MappingProxyType(value))
    assert document.leaves == (Leaf(number=1),)


@pytest.mark.parametrize(
    "member",
    [
        {"name": 1},
        {"name": None},
        {"open": 1},
        {"open": "true"},
        {"open": None},
        {"nick": None},
        {"nick": 7},
        {"leaves": [{"number": True}]},
        {"leaves": [{"number": "1"}]},
        {"leaves": [{"number": 1.0}]},
        {"leaves": [{}]},
        {"leaves": []},
        {"leaves": None},
        {"leaves": {"number": 1}},
        {"leaves": "no array"},
    ],
)
def test_nothing_is_coerced(member: dict[str, Any]) -> None:
    read(Tree, {"name": "oak"})
    with pytest.raises(MalformedError):
        read(Tree, {"name": "oak", **member})


@pytest.mark.parametrize(
    "member", [{"leaves": [{"number": 1}] * 3}, {"name": "o" * 21}, {"name": "o" * 21, "leaves": [{}]}]
)
def test_a_list_or_string_that_is_too_long_exceeds_a_limit(member: dict[str, Any]) -> None:
    read(Tree, {"name": "o" * 20, "leaves": [{"number": 1}] * 2})
    with pytest.raises(LimitExceededError):
        read(Tree, {"name": "oak", **member})


def test_a_document_that_is_too_long_exceeds_a_limit_as_text_and_as_object() -> None:
    value = {"name": "oak", "extra": "x" * 100}
    read(Tree, value, max_bytes=200)
    for form in (value, b'{"name":"oak","extra":"' + b"x" * 100 + b'"}'):
        with pytest.raises(LimitExceededError):
            read(Tree, form, max_bytes=100)


def test_unknown_members_are_kept() -> None:
    value = {"name": "oak", "rings": [1, 2, None]}
    assert read(Tree, value).model_dump(mode="json", exclude_unset=True) == value


@pytest.mark.parametrize(
    "value", [b"", b"[]", b"null", b'{"name": "oak", "name": "elm"}', b'{"name": NaN}', b"\xff", "{", "\ud800"]
)
def test_what_is_not_one_strict_json_object_is_malformed(value: bytes | str) -> None:
    with pytest.raises(MalformedError):
        read(Tree, value)


@pytest.mark.parametrize("value", [[], None, 7, {1: "oak"}, {"name": {1, 2}}, {"name": "oak", "n": 2**70}])
def test_what_cannot_have_come_from_json_is_malformed(value: Any) -> None:
    with pytest.raises(MalformedError):
        read(Tree, value)


def test_a_document_shares_nothing_with_the_object_that_it_came_from() -> None:
    value: dict[str, Any] = {"name": "oak", "rings": [1]}
    document = read(Tree, value)
    value["rings"].append(2)
    assert document.model_dump()["rings"] == [1]


def test_a_document_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        read(Tree, {"name": "oak"}).name = "elm"  # type: ignore[misc]


def test_no_error_repeats_a_value() -> None:
    for member in ({"name": [SECRET]}, {"nick": {SECRET: SECRET}}, {"leaves": [{"number": SECRET}]}):
        with pytest.raises(MalformedError) as caught:
            read(Tree, {"name": "oak", **member})
        assert SECRET not in repr(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
    with pytest.raises(ValidationError) as direct:
        Tree(name=[SECRET])  # type: ignore[arg-type]
    assert SECRET not in str(direct.value)


def test_an_error_names_the_member() -> None:
    with pytest.raises(MalformedError, match=r'Tree: the member "leaves\.0\.number" does not fit \(int_type\)'):
        read(Tree, {"name": "oak", "leaves": [{"number": "1"}]})


def test_an_error_of_ours_passes_through() -> None:
    with pytest.raises(UnsupportedError):
        read(Tree, {"name": "weeping"})


def test_a_parsed_value_and_a_document_that_is_one_already_both_fit() -> None:
    leaf = fit(Leaf, {"number": 1})
    assert fit(Leaf, leaf) == leaf
    with pytest.raises(MalformedError):
        fit(Leaf, Tree(name="oak"))


def test_one_bad_element_of_an_array_ends_its_reading() -> None:
    class Forest(WireModel):
        trees: Array[Tree]

    with pytest.raises(ValidationError) as caught:
        Forest.model_validate({"trees": [1] * 1000})
    assert caught.value.error_count() == 1
