# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The verifier's view: what was disclosed is typed, and what was not is not there."""

from __future__ import annotations

import copy
import pickle
import traceback
from datetime import date
from typing import Annotated, Any

import pytest

from tests.unit.credential_type.sample_types import ON, RECORD, Address, HouseholdRecord, Money, Sex
from vcwallet.credential_type import Claim, ClaimNotDisclosedError, CredentialType
from vcwallet.errors import MalformedError, VcError


def test_a_disclosed_claim_has_the_type_of_its_field() -> None:
    view = HouseholdRecord.disclosed({"birth_date": "1990-01-02", "sex": "2", "income": {"amount": 5}})
    assert isinstance(view, HouseholdRecord)
    assert (view.birth_date, view.sex, view.income) == (date(1990, 1, 2), Sex.FEMALE, Money(amount=5))


def test_an_undisclosed_claim_is_not_there_even_if_it_has_a_default() -> None:
    view = HouseholdRecord.disclosed({"full_name": "番号　花子"})
    for name in ("birth_date", "form", "members", "resident_address", "age_over_20", "income_above"):
        with pytest.raises(ClaimNotDisclosedError, match=f"the claim {name} of this HouseholdRecord") as caught:
            getattr(view, name)
        assert caught.value.code == "CLAIM_NOT_DISCLOSED"
    assert not hasattr(view, "form")


def test_the_error_is_one_of_ours_and_an_attribute_error() -> None:
    view = HouseholdRecord.disclosed({})
    with pytest.raises(VcError):
        _ = view.full_name
    with pytest.raises(AttributeError):
        _ = view.full_name


def test_an_attribute_that_is_no_claim_is_an_ordinary_attribute_error() -> None:
    view: Any = HouseholdRecord.disclosed({"extra": 1})
    for name in ("extra", "other", "_private"):
        with pytest.raises(AttributeError) as caught:
            getattr(view, name)
        assert type(caught.value) is AttributeError


def test_a_group_may_be_disclosed_in_part() -> None:
    view = HouseholdRecord.disclosed({"resident_address": {"locality": "△△市"}})
    assert isinstance(view.resident_address, Address)
    assert view.resident_address.locality == "△△市"
    with pytest.raises(ClaimNotDisclosedError, match="region of this Address"):
        _ = view.resident_address.region


def test_an_array_holds_the_disclosed_elements_each_as_far_as_disclosed() -> None:
    view = HouseholdRecord.disclosed({"members": [{"relationship": "子"}, {}], "nicknames": []})
    first, second = view.members
    assert (first.relationship, hasattr(first, "full_name"), hasattr(second, "relationship")) == ("子", False, False)
    assert view.nicknames == ()


def test_predicates_are_read_as_attributes() -> None:
    view = HouseholdRecord.disclosed({"age_over_20": False, "income_above": {"3000000": True}})
    assert view.age_over_20 is False
    assert view.income_above["3000000"] is True
    assert "1000000" not in view.income_above


def test_rules_about_a_whole_record_do_not_bind_a_part_of_it() -> None:
    assert HouseholdRecord.disclosed({"full_name": "花子", "members": [{"full_name": "一郎"}]}).members


def test_a_null_is_the_absence_that_the_field_allows() -> None:
    view = HouseholdRecord.disclosed({"birth_date": None, "nicknames": None})
    assert view.birth_date is None
    assert view.nicknames is None
    with pytest.raises(MalformedError):
        HouseholdRecord.disclosed({"resident_address": None})


def test_claims_that_the_type_does_not_define_are_kept_apart() -> None:
    view = HouseholdRecord.disclosed(
        {"full_name": "花子", "age_over_20": True, "planet": "Earth", "resident_address": {"orbit": 3}}
    )
    assert view.undeclared == {"planet": "Earth"}
    assert view.resident_address.undeclared == {"orbit": 3}
    assert RECORD.undeclared == {}


@pytest.mark.parametrize(
    ("tree", "named"),
    [
        ({"full_name": 424242}, "full_name"),
        ({"birth_date": "424242"}, "birth_date"),
        ({"birth_date": 424242}, "birth_date"),
        ({"sex": "424242"}, "sex"),
        ({"income": {"amount": "424242"}}, "income"),
        ({"individual_number": "424242"}, "individual_number"),
        ({"resident_address": "424242"}, "resident_address"),
        ({"resident_address": {"locality": 424242}}, "resident_address.locality"),
        ({"members": {"0": "424242"}}, "members"),
        ({"members": "424242"}, "members"),
        ({"members": [{}, {"address": {"region": 424242}}]}, "members.1.address.region"),
        ({"nicknames": ["x", 424242]}, "nicknames.1"),
        ({"age_over_20": 424242}, "age_over_20"),
        ({"age_over_20": "true"}, "age_over_20"),
        ({"income_above": True}, "income_above"),
        ({"income_above": {"3000000": "424242"}}, "income_above"),
        ({"full_name": b"424242"}, "full_name"),
    ],
)
def test_a_claim_of_the_wrong_type_is_named_without_its_value(tree: dict[str, Any], named: str) -> None:
    with pytest.raises(MalformedError, match=f"the claim {named} is not") as caught:
        HouseholdRecord.disclosed(tree)
    assert caught.value.code == "CLAIM_INVALID"
    assert "424242" not in "".join(traceback.format_exception(caught.value))


def test_a_tree_that_is_no_object_is_refused() -> None:
    with pytest.raises(MalformedError, match="the claims are not an object"):
        HouseholdRecord.disclosed(["full_name"])  # type: ignore[arg-type]


def test_bytes_and_dates_as_cbor_has_them_are_read_like_their_json() -> None:
    class Licence(CredentialType, vct="urn:example:licence:1", ja="免許証", en="Licence"):
        portrait: Annotated[bytes, Claim("顔写真", "Portrait")]
        issued: Annotated[date, Claim("交付日", "Issued")]

    record = Licence(portrait=b"\xff\xfe\xfd", issued=ON)
    assert record.claims(on=ON) == {"portrait": "__79", "issued": "2026-11-23"}
    assert Licence.disclosed(record.claims(on=ON)).portrait == b"\xff\xfe\xfd"
    from_cbor: dict[str, Any] = {"portrait": b"\xff\xfe\xfd", "issued": ON}
    assert Licence.disclosed(from_cbor) == Licence.disclosed(record.claims(on=ON))


def test_a_view_names_its_claims_and_hides_their_values() -> None:
    view = HouseholdRecord.disclosed({"age_over_20": True, "full_name": "花子", "planet": "Earth"})
    assert repr(view) == str(view) == "HouseholdRecord('full_name', 'age_over_20')"


def test_a_view_is_no_record_to_issue_from() -> None:
    with pytest.raises(TypeError, match="only a whole record"):
        HouseholdRecord.disclosed(RECORD.claims(on=ON)).claims(on=ON)


def test_views_compare_by_all_that_was_disclosed() -> None:
    view = HouseholdRecord.disclosed({"full_name": "花子", "age_over_20": True})
    assert view == HouseholdRecord.disclosed({"age_over_20": True, "full_name": "花子"})
    assert view != HouseholdRecord.disclosed({"full_name": "花子", "age_over_20": False})
    assert view != HouseholdRecord.disclosed({"full_name": "花子"})
    assert HouseholdRecord.disclosed(RECORD.claims(on=ON)) != RECORD


def test_a_view_can_be_hashed_copied_and_pickled() -> None:
    view = HouseholdRecord.disclosed({"full_name": "花子", "income_above": {"1000000": True}})
    assert hash(view) == hash(copy.copy(view))
    for twin in (copy.deepcopy(view), pickle.loads(pickle.dumps(view))):  # noqa: S301
        assert twin == view
        assert twin.income_above == {"1000000": True}
        assert not hasattr(twin, "form")


def test_a_view_does_not_change() -> None:
    view: Any = HouseholdRecord.disclosed({"full_name": "花子"})
    with pytest.raises(ValueError, match="frozen"):
        view.full_name = "別人"
