# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""How a type looks in each format: names, claims, paths, and what a grant covers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any

import pytest

from tests.unit.credential_type.sample_types import (
    ON,
    RECORD,
    Certificate,
    HouseholdRecord,
    NurseLicence,
    Qualification,
)
from vcwallet.claims import ClaimPath, Concealment
from vcwallet.credential_type import (
    Claim,
    ClaimGroup,
    CredentialType,
    Disclosure,
    FullDate,
    Sensitivity,
    Statute,
    TypeView,
    labels_from_metadata,
    predicate,
    threshold_predicate,
    type_metadata,
    view,
    views,
)
from vcwallet.errors import LocalProtocolError, MalformedError
from vcwallet.formats.type_metadata import resolve

NS = "org.example.household.1"
NAME = Claim("名", "Name")
ACT = Statute("NO_BASIS", bases=("tax",))


class Room(ClaimGroup):
    room: Annotated[str, Claim("部屋", "Room", sensitivity=Sensitivity.C)]


class House(ClaimGroup):
    number: Annotated[str, Claim("番号", "Number")]
    inner: Annotated[Room, Claim("内", "Inner")]
    garden: Annotated[Room | None, Claim("庭", "Garden")] = None


class Extras(ClaimGroup):
    one: Annotated[str | None, Claim("一", "One")] = None
    two: Annotated[str | None, Claim("二", "Two", sensitivity=Sensitivity.D, disclosure=Disclosure.ALWAYS)] = None


class Wide(CredentialType, vct="urn:example:wide:1", doctype="org.example.wide", ja="広", en="Wide"):
    """Each kind of place."""

    name: Annotated[str, Claim("名", "Name", description_en="As registered")]
    code: Annotated[str | None, Claim("符号", "Code", namespace="org.example.other")] = None
    home: Annotated[House, Claim("家", "Home")]
    office: Annotated[House | None, Claim("職場", "Office")] = None
    extras: Annotated[Extras | None, Claim("他", "Extras", sensitivity=Sensitivity.C)] = None
    secret: Annotated[Room | None, Claim("密", "Secret", sensitivity=Sensitivity.X, statute=ACT)] = None
    inner: Annotated[Room | None, Claim("内", "Private", disclosure=Disclosure.NEVER)] = None
    rooms: Annotated[tuple[Room, ...], Claim("部屋", "Rooms")]

    @predicate("有", "Has a home", replaces="home", namespace="org.example.other")
    def has_home(self, on: date) -> bool | None:
        return True

    @predicate("一", "Is number one", replaces="home.number")
    def is_one(self, on: date) -> bool | None:
        return True

    @threshold_predicate("超", "More rooms than", replaces="rooms.*.room", thresholds=(1, 2))
    def more_rooms_than(self, threshold: int, on: date) -> bool | None:
        return True


WIDE = view(Wide, "mso_mdoc")
SD_JWT, MDOC = view(HouseholdRecord, "dc+sd-jwt"), view(HouseholdRecord, "mso_mdoc")


# --- which formats ----------------------------------------------------------------------------------------------------


def test_every_type_has_the_form_of_an_sd_jwt_vc_and_one_with_a_document_type_that_of_an_mdoc() -> None:
    assert list(views(HouseholdRecord)) == ["dc+sd-jwt", "mso_mdoc"]
    assert list(views(Qualification)) == ["dc+sd-jwt"]
    assert all(shape.format == name for name, shape in views(HouseholdRecord).items())


def test_a_view_is_made_once() -> None:
    assert view(HouseholdRecord, "mso_mdoc") is views(HouseholdRecord)["mso_mdoc"] is MDOC


def test_a_type_is_named_as_the_format_and_its_queries_name_it() -> None:
    assert (SD_JWT.type_id, SD_JWT.meta) == (HouseholdRecord.vct, {"vct_values": [HouseholdRecord.vct]})
    assert (MDOC.type_id, MDOC.meta) == (NS, {"doctype_value": NS})


@pytest.mark.parametrize("name", ["mso_mdoc", "jwt_vc_json", ""])
def test_a_format_that_the_type_does_not_have_is_said_to_be_missing(name: str) -> None:
    with pytest.raises(LocalProtocolError, match="Qualification has no form in") as caught:
        view(Qualification, name)
    assert caught.value.code == "FORMAT_NOT_OFFERED"
    assert view(Qualification, "dc+sd-jwt").type_id == Qualification.vct


def test_a_base_without_a_vct_has_no_form() -> None:
    with pytest.raises(TypeError, match="has no vct"):
        views(Certificate)


# --- SD-JWT VC: as the type has it ------------------------------------------------------------------------------------


def test_an_sd_jwt_vc_has_the_tree_of_the_type() -> None:
    tree = RECORD.claims(on=ON)
    assert SD_JWT.claims(tree) == SD_JWT.tree(tree) == tree
    assert SD_JWT.claims(tree) is not tree
    assert SD_JWT.concealment() == HouseholdRecord.concealment()


def test_an_sd_jwt_vc_has_the_paths_of_the_type() -> None:
    claim = HouseholdRecord.path("members.*.full_name")
    assert SD_JWT.path(claim) == claim
    assert SD_JWT.paths(claim) == SD_JWT.granted(claim) == (claim,)


def test_an_sd_jwt_vc_has_the_metadata_of_the_type() -> None:
    assert SD_JWT.metadata() == type_metadata(HouseholdRecord)
    nurse = view(NurseLicence, "dc+sd-jwt").metadata(parent_integrity="sha256-abc=")
    assert nurse == type_metadata(NurseLicence, parent_integrity="sha256-abc=")


# --- mdoc: claims -----------------------------------------------------------------------------------------------------


def test_a_record_becomes_elements_and_a_group_an_element_for_each_part() -> None:
    elements = MDOC.claims(RECORD.claims(on=ON))
    assert elements == {
        NS: {
            "issuing_authority": "みらい市長",
            "internal_note": "窓口受付",
            "full_name": "番号　花子",
            "birth_date": FullDate("1990-01-02"),
            "sex": "2",
            "form": "household",
            "resident_address.region": "〇〇県",
            "resident_address.locality": "△△市",
            "members": [{"full_name": "番号　花子"}, {"full_name": "番号　一郎", "relationship": "子"}],
            "income": {"amount": 2_000_000},
            "age_over_20": True,
            "income_above.1000000": True,
            "income_above.3000000": False,
        }
    }
    assert isinstance(elements[NS]["birth_date"], FullDate)


def test_a_namespace_without_an_element_is_left_out() -> None:
    assert WIDE.claims({"name": "x"}) == {"org.example.wide": {"name": "x"}}
    assert WIDE.claims({"code": "x"}) == {"org.example.other": {"code": "x"}}
    assert WIDE.claims({}) == {}


@pytest.mark.parametrize("tree", [{"nickname": "x"}, {"resident_address": {"planet": "x"}}])
def test_a_claim_that_the_type_does_not_have_is_no_element(tree: Any) -> None:
    with pytest.raises(ValueError, match="no claim"):
        MDOC.claims(tree)
    assert MDOC.claims({"resident_address": {"region": "x"}}) == {NS: {"resident_address.region": "x"}}


def test_elements_come_back_as_the_tree() -> None:
    tree = RECORD.claims(on=ON)
    in_json = json.loads(json.dumps(MDOC.claims(tree)))
    assert MDOC.tree(in_json) == tree


def test_the_elements_that_were_disclosed_give_the_view_of_them() -> None:
    disclosed = MDOC.tree(
        {NS: {"birth_date": "1990-01-02", "resident_address.region": "〇〇県", "income_above.1000000": True}}
    )
    seen = HouseholdRecord.disclosed(disclosed)
    assert seen.birth_date == date(1990, 1, 2)
    assert seen.resident_address.region == "〇〇県"
    assert seen.income_above == {"1000000": True}
    assert not hasattr(seen, "full_name")
    assert not hasattr(seen.resident_address, "locality")


@pytest.mark.parametrize(
    ("claims", "undeclared"),
    [
        ({NS: {"shoe_size": 25}}, {NS: {"shoe_size": 25}}),
        ({NS: {"resident_address": {"region": "x"}}}, {NS: {"resident_address": {"region": "x"}}}),
        ({"org.example.more": {"full_name": "x"}}, {"org.example.more": {"full_name": "x"}}),
        ({NS: {"a": 1}, "org.example.more": {"b": 2}}, {NS: {"a": 1}, "org.example.more": {"b": 2}}),
        ({NS: {"full_name": "x"}, "empty": {}}, {}),
    ],
)
def test_what_the_type_does_not_define_is_kept_under_its_namespace(claims: Any, undeclared: Any) -> None:
    assert HouseholdRecord.disclosed(MDOC.tree(claims)).undeclared == undeclared


def test_a_namespace_does_not_pass_for_a_claim() -> None:
    with pytest.raises(MalformedError) as caught:
        MDOC.tree({"resident_address": {"region": "x"}})
    assert caught.value.code == "CLAIM_INVALID"
    assert MDOC.tree({"resident_addresses": {"region": "x"}}) == {"resident_addresses": {"region": "x"}}


@pytest.mark.parametrize("namespace", [None, "x", ["full_name"], 5])
def test_a_namespace_that_is_no_object_is_refused(namespace: Any) -> None:
    with pytest.raises(MalformedError) as caught:
        MDOC.tree({NS: namespace})
    assert caught.value.code == "CLAIM_INVALID"
    assert MDOC.tree({NS: {}}) == {}


def test_each_element_can_be_disclosed_on_its_own_even_one_that_others_always_show() -> None:
    selectable = Concealment(selectable=True)
    found = MDOC.concealment()
    assert found.selectable is found.members[NS].selectable is False
    assert found.members[NS].members["issuing_authority"] == selectable
    assert found.members[NS].members["members"] == selectable
    assert found.members[NS].members["resident_address.street"] == selectable


# --- mdoc: paths ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "element"),
    [
        ("full_name", "full_name"),
        ("resident_address.street", "resident_address.street"),
        ("members", "members"),
        ("members.*", "members"),
        ("members.0.full_name", "members"),
        ("members.*.address.region", "members"),
        ("income_above.3000000", "income_above.3000000"),
    ],
)
def test_a_claim_stands_in_its_element_and_a_part_of_an_array_in_that_of_the_array(claim: str, element: str) -> None:
    path = HouseholdRecord.path(claim)
    assert MDOC.path(path) == (NS, element)
    assert MDOC.paths(path) == ((NS, element),)


@pytest.mark.parametrize("claim", ["resident_address", "income_above"])
def test_a_group_stands_in_no_single_element(claim: str) -> None:
    with pytest.raises(ValueError, match="no single element"):
        MDOC.path((claim,))
    assert MDOC.paths((claim,))


@pytest.mark.parametrize("claim", [("nickname",), ("resident_address", "planet"), (None,)])
def test_a_claim_that_the_type_does_not_have_stands_nowhere(claim: ClaimPath) -> None:
    for find in (MDOC.path, MDOC.paths):
        with pytest.raises(ValueError, match="no single element"):
            find(claim)
    assert MDOC.granted(claim) == ()


def elements(paths: tuple[ClaimPath, ...]) -> list[object]:
    assert {path[0] for path in paths} <= {NS, "org.example.wide", "org.example.other"}
    return [path[1] for path in paths]


def test_a_group_is_asked_for_by_the_parts_that_it_always_has() -> None:
    # A query for a part that a credential lacks is not answered at all.
    assert elements(MDOC.paths(("resident_address",))) == ["resident_address.region", "resident_address.locality"]
    assert elements(WIDE.paths(("home",))) == ["home.number", "home.inner.room"]
    assert elements(WIDE.paths(("home", "garden"))) == ["home.garden.room"]
    assert elements(WIDE.paths(("office",))) == ["office.number", "office.inner.room"]


def test_a_group_that_has_no_part_for_certain_is_asked_for_by_every_part() -> None:
    assert elements(MDOC.paths(("income_above",))) == ["income_above.1000000", "income_above.3000000"]
    assert elements(WIDE.paths(("extras",))) == ["extras.one", "extras.two"]


@pytest.mark.parametrize(
    ("claim", "covered"),
    [
        (("full_name",), ["full_name"]),
        (("resident_address",), ["resident_address.region", "resident_address.locality", "resident_address.street"]),
        (("resident_address", "street"), ["resident_address.street"]),
        (("members",), ["members"]),
        (("members", None), []),
        (("members", 0), []),
        (("members", None, "full_name"), []),
        (("income_above",), ["income_above.1000000", "income_above.3000000"]),
        (("income_above", "1000000"), ["income_above.1000000"]),
    ],
)
def test_a_grant_covers_the_elements_that_hold_nothing_else(claim: ClaimPath, covered: list[str]) -> None:
    assert elements(MDOC.granted(claim)) == covered


def test_a_grant_of_the_type_covers_the_document() -> None:
    assert MDOC.granted(()) == ((),)
    assert SD_JWT.granted(()) == ((),)


# --- mdoc: the document about the type --------------------------------------------------------------------------------


def entries(shape: TypeView) -> dict[ClaimPath, Mapping[str, Any]]:
    claims: Any = shape.metadata()["claims"]
    found = {tuple(entry["path"]): entry for entry in claims}
    assert len(found) == len(claims)
    return found


def rules(*path: str | None) -> Mapping[str, Any]:
    found: Mapping[str, Any] = entries(WIDE)["org.example.wide", *path]["vcwallet"]
    return found


def test_the_document_names_the_document_type_and_extends_none() -> None:
    document = WIDE.metadata()
    del document["claims"]
    assert document == {
        "vct": "org.example.wide",
        "name": "Wide",
        "description": "Each kind of place.",
        "display": [{"locale": "ja-JP", "name": "広"}, {"locale": "en-US", "name": "Wide"}],
    }
    assert WIDE.metadata(parent_integrity="sha256-abc=") == WIDE.metadata()


def test_the_document_of_a_type_without_a_docstring_has_no_description() -> None:
    class Plain(CredentialType, vct="urn:example:plain:1", doctype="org.example.plain", ja="平", en="Plain"):
        name: Annotated[str, NAME]

    assert "description" not in view(Plain, "mso_mdoc").metadata()


def test_inherited_claims_stand_in_the_document_itself() -> None:
    class Midwife(NurseLicence, vct="urn:example:midwife:1", doctype="org.example.midwife", ja="助産師", en="Midwife"):
        wing: Annotated[str, NAME]

    document = view(Midwife, "mso_mdoc").metadata()
    assert "extends" not in document
    assert {"issuing_authority", "full_name", "wards", "wing"} <= {
        path[1] for path in entries(view(Midwife, "mso_mdoc"))
    }


def test_an_element_has_its_labels_with_those_of_its_group_and_its_rules() -> None:
    assert entries(WIDE)["org.example.wide", "home.inner.room"] == {
        "path": ["org.example.wide", "home.inner.room"],
        "display": [
            {"locale": "ja-JP", "label": "家 › 内 › 部屋"},
            {"locale": "en-US", "label": "Home › Inner › Room"},
        ],
        "mandatory": True,
        "sd": "always",
        "vcwallet": {"sensitivity": "C", "disclosure": "selectable", "predicates": [["org.example.other", "has_home"]]},
    }
    display = entries(WIDE)["org.example.wide", "name"]["display"]
    assert display[1] == {"locale": "en-US", "label": "Name", "description": "As registered"}


def test_the_parts_of_an_array_are_disclosed_with_it() -> None:
    found = entries(WIDE)
    rooms = [path for path in found if path[1] == "rooms"]
    assert rooms == [("org.example.wide", "rooms", *rest) for rest in ((), (None,), (None, "room"))]
    assert [found[path]["sd"] for path in rooms] == ["always", "never", "never"]
    assert [found[path].get("mandatory") for path in rooms] == [True, None, None]
    assert "display" not in found[rooms[1]]
    assert found[rooms[2]]["display"][1]["label"] == "Room"


def test_a_group_has_no_entry_and_each_element_has_one() -> None:
    found = entries(WIDE)
    assert {path for path in found if len(path) == 2} == set(_places(WIDE.concealment()))
    assert ("org.example.wide", "home") not in found
    assert ("org.example.wide", "more_rooms_than") not in found


def _places(concealment: Concealment) -> list[ClaimPath]:
    return [(space, name) for space, inside in concealment.members.items() for name in inside.members]


def test_what_is_optional_or_in_an_optional_group_is_not_mandatory() -> None:
    mandatory = {path[1] for path, entry in entries(WIDE).items() if entry.get("mandatory")}
    assert mandatory == {"name", "home.number", "home.inner.room", "rooms"}


def test_the_elements_of_a_group_are_treated_with_the_care_that_the_group_asks_for() -> None:
    assert rules("extras.one")["sensitivity"] == "C"
    assert rules("extras.two")["sensitivity"] == "D"
    assert rules("home.number")["sensitivity"] == "B"
    assert rules("secret.room")["sensitivity"] == "X"
    assert rules("secret.room")["statute"] == {"code": "NO_BASIS", "bases": ["tax"]}
    assert "statute" not in rules("home.number")


def test_nothing_is_always_shown_and_what_is_for_the_holder_only_stays_so() -> None:
    assert rules("extras.two")["disclosure"] == "selectable"
    assert rules("inner.room")["disclosure"] == "never"
    assert {entry["vcwallet"]["disclosure"] for entry in entries(MDOC).values()} == {"selectable", "never"}


def test_what_can_be_shown_instead_of_an_element_is_named_by_path() -> None:
    assert rules("home.number")["predicates"] == [["org.example.other", "has_home"], ["org.example.wide", "is_one"]]
    assert rules("home.garden.room")["predicates"] == [["org.example.other", "has_home"]]
    thresholds = [["org.example.wide", f"more_rooms_than.{key}"] for key in (1, 2)]
    assert rules("rooms", None, "room")["predicates"] == thresholds
    for other in (("name",), ("rooms",), ("rooms", None), ("office.number",)):
        assert "predicates" not in rules(*other)


def test_the_document_reads_as_type_metadata() -> None:
    resolved = resolve("org.example.wide", lambda _: json.dumps(WIDE.metadata()).encode())
    assert resolved.type_ids == ("org.example.wide",)
    assert resolved.label(("org.example.wide", "home.number"), "ja-JP") == "家 › 番号"


def test_a_label_leaves_the_namespace_out() -> None:
    label: Callable[..., str] = labels_from_metadata
    document, path = WIDE.metadata(), ("org.example.wide", "rooms", 1, "room")
    assert label(document, path, "en", start=1) == "Rooms › 2 › Room"
    assert label(document, path, "en") == "org.example.wide › Rooms › 2 › Room"


class CardOfOthers(
    CredentialType, vct="urn:example:card:1", doctype="org.example.card.1", mdoc_only=True, ja="カード", en="Card"
):
    full_name: Annotated[str, Claim("氏名", "Full name")]


def test_a_type_can_exist_as_an_mdoc_only() -> None:
    assert list(views(CardOfOthers)) == ["mso_mdoc"]
    with pytest.raises(LocalProtocolError, match="FORMAT_NOT_OFFERED"):
        view(CardOfOthers, "dc+sd-jwt")


def test_what_exists_as_an_mdoc_only_needs_a_doctype() -> None:
    with pytest.raises(TypeError, match="has no doctype"):

        class Nothing(CredentialType, vct="urn:example:nothing:1", mdoc_only=True, ja="無", en="Nothing"):
            full_name: Annotated[str, Claim("氏名", "Full name")]
