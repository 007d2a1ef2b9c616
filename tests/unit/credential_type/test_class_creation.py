# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Mistakes in a credential type are found when its class is made."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel, Field, computed_field, create_model
from typing_extensions import TypeAliasType

from tests.unit.credential_type.sample_types import Address, Certificate, HouseholdRecord, Qualification
from vcwallet.credential_type import Claim, ClaimGroup, CredentialType, Disclosure, predicate, threshold_predicate
from vcwallet.credential_type.outline import Array, Group, Leaf

NAME = Claim("名", "Name")


def type_with(
    annotation: Any, name: str = "thing", base: type[CredentialType] = CredentialType
) -> type[CredentialType]:
    words = {"vct": "urn:example:thing:1", "ja": "物", "en": "Thing"}
    fields: dict[str, Any] = {name: (annotation, ...)}
    return create_model("Thing", __base__=base, __cls_kwargs__=words, **fields)


@pytest.mark.parametrize(
    ("annotation", "shape"),
    [
        (Annotated[str, NAME], Leaf),
        (Annotated[str | int, NAME], Leaf),
        (Annotated[Annotated[str, AfterValidator(str.strip)] | None, NAME], Leaf),
        (Annotated[Address, NAME], Group),
        (Annotated[Address | None, NAME], Group),
        (Annotated[tuple[str, ...], NAME], Array),
        (Annotated[tuple[Address, ...] | None, NAME, Field(max_length=3)], Array),
        (Annotated[TypeAliasType("People", tuple[Address, ...]), NAME], Array),
        (Annotated[tuple[int, int], NAME], Leaf),
        (Annotated[dict[str, int], NAME], Leaf),
    ],
)
def test_an_annotation_gives_a_claim_its_shape(annotation: Any, shape: type) -> None:
    assert isinstance(type_with(annotation).outline()["thing"].shape, shape)


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (str, "with one Claim"),
        (Annotated[str, Field(max_length=3)], "with one Claim"),
        (Annotated[str, NAME, NAME], "with one Claim"),
        (Annotated[str, NAME] | None, "with one Claim"),
        (Annotated[str, NAME, Field(alias="other")], "name of its field"),
        (Annotated[str, NAME, Field(serialization_alias="other")], "name of its field"),
        (Annotated[list[str], NAME], "an array is a tuple"),
        (Annotated[list, NAME], "an array is a tuple"),
        (Annotated[frozenset[str], NAME], "an array is a tuple"),
        (Annotated[Address | str, NAME], "no alternative"),
        (Annotated[tuple[str, ...] | str, NAME], "no alternative"),
        (Annotated[ClaimGroup, NAME], "has no claims"),
        (Annotated[HouseholdRecord, NAME], "has predicates"),
        (Annotated["Undefined", NAME], "not defined"),  # noqa: F821
    ],
)
def test_an_annotation_that_leaves_a_question_open_is_refused(annotation: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        type_with(annotation)


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf", "status", "vct", "nonce"])
def test_a_name_that_a_credential_itself_uses_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match="reserved"):
        type_with(Annotated[str, NAME], name)


@pytest.mark.filterwarnings("ignore:Field name")
@pytest.mark.parametrize("name", ["claims", "undeclared", "copy", "doctype", "ja"])
def test_a_name_that_the_model_itself_uses_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match="taken"):
        type_with(Annotated[str, NAME], name)


def test_a_reserved_name_is_refused_for_a_predicate_too() -> None:
    with pytest.raises(TypeError, match="reserved"):

        class Pass(CredentialType, vct="urn:example:pass:1", ja="乗車証", en="Pass"):
            @predicate("状態", "Status")
            def status(self, on: date) -> bool | None:
                return True


def test_the_names_of_a_group_are_its_own() -> None:
    class Dependant(ClaimGroup):
        status: Annotated[str, NAME]

    assert Dependant(status="x").status == "x"


def test_a_group_cannot_contain_itself() -> None:
    with pytest.raises(TypeError, match="contains itself"):

        class Person(ClaimGroup):
            parent: Annotated[Person | None, NAME] = None


def test_a_computed_field_would_be_disclosed_without_a_rule_and_is_refused() -> None:
    with pytest.raises(TypeError, match="use a predicate"):

        class Pass(CredentialType, vct="urn:example:pass:1", ja="乗車証", en="Pass"):
            @computed_field  # type: ignore[prop-decorator]
            @property
            def secret(self) -> str:
                return "x"


def test_a_predicate_replaces_a_claim_that_exists() -> None:
    with pytest.raises(TypeError, match="did you mean name"):

        class Pass(CredentialType, vct="urn:example:pass:1", ja="乗車証", en="Pass"):
            name: Annotated[str, NAME]

            @predicate("有", "Has a name", replaces="nam")
            def has_name(self, on: date) -> bool | None:
                return True


def test_a_field_does_not_hide_a_predicate_of_a_base() -> None:
    class Base(CredentialType):
        @predicate("有", "Has a name")
        def has_name(self, on: date) -> bool | None:
            return True

    with (
        pytest.warns(UserWarning, match="shadows"),
        pytest.raises(TypeError, match="a field and a predicate"),
    ):
        type_with(Annotated[bool, NAME], "has_name", Base)


@pytest.mark.parametrize("thresholds", [(), (1, 1), ("1",), (True,)])
def test_thresholds_are_different_integers(thresholds: Any) -> None:
    with pytest.raises(TypeError, match="thresholds"):
        threshold_predicate("超", "Above", thresholds=thresholds)


@pytest.mark.parametrize(
    "words",
    [
        {"vct": "urn:example:x:1"},
        {"vct": "urn:example:x:1", "ja": "物"},
        {"vct": "urn:example:x:1", "en": "Thing"},
        {"vct": "", "ja": "物", "en": "Thing"},
        {"ja": "物", "en": "Thing"},
        {"doctype": "org.example.x"},
        {"vct": "urn:example:x:1", "ja": "物", "en": "Thing", "docktype": "org.example.x"},
    ],
)
def test_the_names_of_a_type_are_complete(words: dict[str, str]) -> None:
    with pytest.raises(TypeError):
        create_model("Thing", __base__=Certificate, __cls_kwargs__=words)


def test_a_base_without_a_vct_has_none() -> None:
    assert not hasattr(Certificate, "vct")


def test_an_extending_type_needs_a_vct_of_its_own() -> None:
    with pytest.raises(TypeError, match="vct of its own"):
        create_model("Midwife", __base__=Qualification)
    with pytest.raises(TypeError, match="vct of the type that it extends"):
        create_model("Midwife", __base__=Qualification, __cls_kwargs__={"vct": Qualification.vct, "ja": "x", "en": "x"})


@pytest.mark.parametrize(
    "field",
    [
        (Annotated[date | None, Claim("生年月日", "Date of birth")], None),  # mandatory before
        (Annotated[date, Claim("生年月日", "Date of birth", disclosure=Disclosure.ALWAYS)], ...),  # concealed before
    ],
)
def test_an_extending_type_does_not_loosen_what_it_extends(field: Any) -> None:
    words = {"vct": "urn:example:midwife:1", "ja": "助産師", "en": "Midwife"}
    with pytest.raises(TypeError, match="an extending type keeps"):
        create_model("Midwife", __base__=Qualification, __cls_kwargs__=words, birth_date=field)


@pytest.mark.parametrize("setting", [{"extra": "allow"}, {"strict": False}, {"frozen": False}])
def test_a_type_does_not_loosen_the_settings(setting: Any) -> None:
    with pytest.raises(TypeError, match="changes settings"):
        type("Loose", (ClaimGroup,), {"model_config": setting, "__module__": __name__})


def test_a_plain_model_inside_a_claim_stays_a_leaf() -> None:
    class Plain(BaseModel):
        amount: int

    assert isinstance(type_with(Annotated[Plain, NAME]).outline()["thing"].shape, Leaf)
