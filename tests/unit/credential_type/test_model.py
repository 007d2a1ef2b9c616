# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Records: what they accept, what they show, and the claim tree they make."""

from __future__ import annotations

import copy
import pickle
from datetime import date
from typing import Annotated, Any

import pytest
from pydantic import ValidationError

from tests.unit.credential_type.sample_types import (
    ON,
    RECORD,
    Address,
    HouseholdRecord,
    Member,
    Money,
    NurseLicence,
    Qualification,
    Sex,
)
from vcwallet.claims import Concealment
from vcwallet.credential_type import Claim, CredentialType, predicate

ADDRESS = {"region": "〇〇県", "locality": "△△市"}


def household(**changes: Any) -> HouseholdRecord:
    required: dict[str, Any] = {
        "issuing_authority": "みらい市長",
        "full_name": "番号　花子",
        "resident_address": ADDRESS,
    }
    return HouseholdRecord.model_validate(required | changes)


# --- construction ----------------------------------------------------------------------------------------------------


def test_dates_enumerations_lists_and_groups_may_be_given_as_json_has_them() -> None:
    record = household(
        birth_date="1990-01-02",
        sex="2",
        members=[{"full_name": "番号　花子"}, {"full_name": "番号　一郎", "address": ADDRESS}],
        nicknames=["花"],
        income={"amount": 5},
    )
    assert (record.birth_date, record.sex, record.nicknames) == (date(1990, 1, 2), Sex.FEMALE, ("花",))
    assert record.members[1].address == Address(region="〇〇県", locality="△△市")
    assert record.income == Money(amount=5)


def test_a_list_of_groups_makes_a_tuple() -> None:
    assert household(members=[Member(full_name="番号　花子")]).members == (Member(full_name="番号　花子"),)


def test_json_text_makes_the_same_record() -> None:
    text = '{"issuing_authority":"市","full_name":"花子","birth_date":"1990-01-02","resident_address":'
    text += '{"region":"県","locality":"市"},"members":[{"full_name":"花子"}],"sex":"1"}'
    record = HouseholdRecord.model_validate_json(text)
    assert (record.birth_date, record.sex, record.members[0].full_name) == (date(1990, 1, 2), Sex.MALE, "花子")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("full_name", 5),
        ("full_name", b"\xe8\x8a\xb1"),
        ("birth_date", 0),
        ("birth_date", "1990"),  # a year, which pydantic alone takes for seconds since 1970
        ("birth_date", "631152000"),
        ("birth_date", "1990-13-02"),
        ("birth_date", "1990-01-02T00:00:00"),
        ("birth_date", "19900102"),
        ("sex", "3"),
        ("employed", "yes"),
        ("employed", 1),
        ("income", {"amount": "5"}),
        ("income", {"amount": True}),
        ("members", "花子"),
        ("members", [{"full_name": 5}]),
        ("members", [object()]),
        ("resident_address", {"region": "〇〇県"}),
        ("resident_address", {**ADDRESS, "planet": "Earth"}),
        ("individual_number", "12345678901"),
        ("undefined", "x"),
    ],
)
def test_nothing_is_guessed(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        household(**{name: value})


def test_a_number_inside_an_array_of_dates_is_no_date() -> None:
    class Visits(CredentialType, vct="urn:example:visits:1", ja="来訪", en="Visits"):
        days: Annotated[tuple[date, ...], Claim("日", "Days")]

    assert Visits.model_validate({"days": ["2026-11-23"]}).days == (date(2026, 11, 23),)
    with pytest.raises(ValidationError):
        Visits.model_validate({"days": ["2026-11-23", "1990"]})


def test_not_a_number_is_no_claim() -> None:
    class Reading(CredentialType, vct="urn:example:reading:1", ja="測定", en="Reading"):
        value: Annotated[float, Claim("値", "Value")]

    assert Reading(value=1.5).value == 1.5
    with pytest.raises(ValidationError):
        Reading(value=float("nan"))


def test_a_model_validator_guards_the_whole_record() -> None:
    assert household(members=[{"full_name": "番号　花子"}]).members
    with pytest.raises(ValidationError, match="first member"):
        household(members=[{"full_name": "番号　一郎"}])


def test_a_validation_error_does_not_show_the_value() -> None:
    with pytest.raises(ValidationError) as caught:
        household(individual_number="SECRET", birth_date="SECRET", members=[{"full_name": ["SECRET"]}])
    assert "SECRET" not in str(caught.value)
    assert "individual_number" in str(caught.value)


def test_a_record_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        RECORD.full_name = "別人"  # type: ignore[misc]


def test_the_text_of_a_record_names_claims_and_hides_values() -> None:
    expected = (
        "HouseholdRecord('issuing_authority', 'internal_note', 'full_name', 'birth_date', 'sex', 'form', "
        "'resident_address', 'members', 'income')"
    )
    assert repr(RECORD) == str(RECORD) == f"{RECORD}" == expected
    assert repr(RECORD.resident_address) == "Address('region', 'locality')"


def test_records_compare_hash_copy_and_pickle_by_value() -> None:
    twin = RECORD.model_copy()
    assert twin == RECORD
    assert hash(twin) == hash(RECORD)
    assert copy.deepcopy(RECORD) == RECORD
    assert pickle.loads(pickle.dumps(RECORD)) == RECORD  # noqa: S301
    assert household() != RECORD


def test_a_misspelt_attribute_is_an_ordinary_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'HouseholdRecord' object has no attribute 'ful_name'"):
        getattr(RECORD, "ful_name")  # noqa: B009


# --- claims ----------------------------------------------------------------------------------------------------------


def test_the_claim_tree_is_json_with_the_answers_of_predicates_and_without_what_is_absent() -> None:
    assert RECORD.claims(on=ON) == {
        "issuing_authority": "みらい市長",
        "internal_note": "窓口受付",
        "full_name": "番号　花子",
        "birth_date": "1990-01-02",
        "sex": "2",
        "form": "household",
        "resident_address": {"region": "〇〇県", "locality": "△△市"},
        "members": [{"full_name": "番号　花子"}, {"full_name": "番号　一郎", "relationship": "子"}],
        "income": {"amount": 2_000_000},
        "age_over_20": True,
        "income_above": {"1000000": True, "3000000": False},
    }


def test_an_answer_is_as_of_the_date() -> None:
    assert RECORD.claims(on=date(2010, 1, 1))["age_over_20"] is False
    assert RECORD.claims(on=date(2010, 1, 2))["age_over_20"] is True


def test_an_answer_that_nobody_can_give_is_absent() -> None:
    tree = household().claims(on=ON)
    assert "age_over_20" not in tree
    assert "income_above" not in tree


def test_an_answer_that_is_no_truth_value_is_not_issued() -> None:
    class Pass(CredentialType, vct="urn:example:pass:1", ja="乗車証", en="Pass"):
        rides: Annotated[int, Claim("回数", "Rides")]

        @predicate("残りあり", "Rides left", replaces="rides")
        def rides_left(self, on: date) -> bool | None:
            return self.rides  # type: ignore[return-value]

    with pytest.raises(TypeError, match="rides_left"):
        Pass(rides=2).claims(on=ON)


def test_an_extending_type_has_the_predicates_of_both() -> None:
    class Elder(HouseholdRecord, vct="urn:example:elder:1", ja="高齢者", en="Elder"):
        @predicate("65歳以上", "Aged 65 or over", replaces="birth_date")
        def age_over_65(self, on: date) -> bool | None:
            return False

    tree = Elder.model_validate(dict(RECORD)).claims(on=ON)
    assert (tree["age_over_20"], tree["age_over_65"]) == (True, False)


def test_a_predicate_of_a_record_says_that_it_needs_a_date() -> None:
    with pytest.raises(AttributeError, match=r"claims\(on=") as caught:
        _ = RECORD.age_over_20
    assert type(caught.value) is AttributeError


def test_a_predicate_of_the_class_answers_for_a_record() -> None:
    assert HouseholdRecord.age_over_20.answer(RECORD, ON) is True
    assert HouseholdRecord.age_over_20.__doc__ == "Tell whether the person is 20 or older."
    assert HouseholdRecord.income_above.answer(RECORD, ON) == {"1000000": True, "3000000": False}


# --- names -----------------------------------------------------------------------------------------------------------


def test_a_type_knows_its_names() -> None:
    kind = HouseholdRecord
    assert (kind.vct, kind.doctype, kind.ja, kind.en) == (
        "urn:example:household:1",
        "org.example.household.1",
        "世帯票",
        "Household record",
    )
    assert (kind.context, kind.extends) == ("https://example.org/household/v1", None)


def test_an_extending_type_records_what_it_extends_and_inherits_no_identifiers() -> None:
    assert NurseLicence.extends == Qualification.vct

    class Ward(HouseholdRecord, vct="urn:example:ward:1", ja="区", en="Ward"):
        pass

    assert (Ward.extends, Ward.doctype, Ward.context) == (HouseholdRecord.vct, None, None)


# --- concealment -----------------------------------------------------------------------------------------------------


def test_concealment_follows_the_disclosure_rules_down_the_tree() -> None:
    chosen = Concealment(selectable=True)
    address = {"region": chosen, "locality": chosen, "street": chosen}
    member = {
        "full_name": chosen,
        "relationship": chosen,
        "address": Concealment(selectable=True, members=address),
    }
    assert HouseholdRecord.concealment() == Concealment(
        members={
            "issuing_authority": Concealment(),
            "internal_note": chosen,
            "full_name": chosen,
            "birth_date": chosen,
            "sex": chosen,
            "form": chosen,
            "resident_address": Concealment(selectable=True, members=address),
            "members": Concealment(selectable=True, elements=Concealment(selectable=True, members=member)),
            "nicknames": Concealment(selectable=True, elements=chosen),
            "income": chosen,
            "employed": chosen,
            "individual_number": chosen,
            "age_over_20": chosen,
            "income_above": Concealment(selectable=True, any_member=chosen),
        }
    )


def test_concealment_is_worked_out_once() -> None:
    assert HouseholdRecord.concealment() is HouseholdRecord.concealment()


# --- paths -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ("full_name", ("full_name",)),
        ("resident_address.locality", ("resident_address", "locality")),
        ("members", ("members",)),
        ("members.*", ("members", None)),
        ("members.*.full_name", ("members", None, "full_name")),
        ("members.1.address.region", ("members", 1, "address", "region")),
        ("nicknames.0", ("nicknames", 0)),
        ("age_over_20", ("age_over_20",)),
        ("income_above", ("income_above",)),
        ("income_above.3000000", ("income_above", "3000000")),
        (("members", None, "full_name"), ("members", None, "full_name")),
        (["members", 0], ("members", 0)),
    ],
)
def test_a_path_is_resolved_against_the_type(spec: Any, path: tuple[object, ...]) -> None:
    assert HouseholdRecord.path(spec) == path


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("ful_name", "did you mean full_name"),
        ("resident_address.localty", "did you mean resident_address.locality"),
        ("members.*.ful_name", r"did you mean members\.\*\.full_name"),
        ("income_above.2000000", "income_above.3000000"),
        ("members.full_name", "is an array"),
        ("members.-1", "is an array"),
        (("members", True), "is an array"),
        (("members", -1), "is an array"),
        ("resident_address.*", "arrays only"),
        ("*", "arrays only"),
        (("resident_address", 0), "arrays only"),
        ("income.amount", "disclosed as a whole"),
        ("age_over_20.x", "disclosed as a whole"),
        ("income_above.3000000.x", "disclosed as a whole"),
        ("", "there is no claim"),
        ((), "at least one component"),
    ],
)
def test_a_path_to_nowhere_is_refused_with_a_hint(spec: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        HouseholdRecord.path(spec)
