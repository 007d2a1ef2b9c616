# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a record holds: its tree reads back as the record, and a view has what was disclosed and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.credential_type.sample_types import ON, Address, HouseholdRecord, Member, Money, NurseLicence, Sex
from vcwallet.claims import ClaimPath, Concealment, is_present
from vcwallet.credential_type import ClaimNotDisclosedError, CredentialType, type_metadata
from vcwallet.errors import VcError

TEXT = st.text(max_size=8)
ADDRESSES = st.builds(Address, region=TEXT, locality=TEXT, street=st.none() | TEXT)
MEMBERS = st.builds(Member, full_name=st.just("花子"), relationship=st.none() | TEXT, address=st.none() | ADDRESSES)
RECORDS = st.builds(
    HouseholdRecord,
    issuing_authority=TEXT,
    full_name=st.just("花子"),
    birth_date=st.none() | st.dates(),
    sex=st.none() | st.sampled_from(Sex),
    form=st.sampled_from(["individual", "household"]),
    resident_address=ADDRESSES,
    members=st.lists(MEMBERS, max_size=3),
    nicknames=st.none() | st.lists(TEXT, max_size=3),
    income=st.none() | st.builds(Money, amount=st.integers(-(2**70), 2**70)),
    employed=st.none() | st.booleans(),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
TREES = st.dictionaries(st.sampled_from([*HouseholdRecord.outline(), "other"]), JSON)


@given(RECORDS)
def test_a_tree_disclosed_as_a_whole_reads_back_as_the_record(record: HouseholdRecord) -> None:
    tree = record.claims(on=ON)
    view = HouseholdRecord.disclosed(tree)
    for name in HouseholdRecord.model_fields:
        if name in ("resident_address", "members"):
            continue  # views of groups differ from groups in what they say of absent claims
        assert getattr(view, name, None) == getattr(record, name)
    assert view.resident_address.model_dump(exclude_none=True) == record.resident_address.model_dump(exclude_none=True)
    assert view.undeclared == {}


@given(RECORDS)
def test_a_record_can_be_built_again_from_its_tree(record: HouseholdRecord) -> None:
    tree = record.claims(on=ON)
    fields = {name: value for name, value in tree.items() if name in HouseholdRecord.model_fields}
    assert HouseholdRecord.model_validate(fields) == record


@given(RECORDS, st.sets(st.sampled_from([*HouseholdRecord.outline()])))
def test_a_view_has_what_was_disclosed_and_nothing_else(record: HouseholdRecord, chosen: set[str]) -> None:
    tree = {name: value for name, value in record.claims(on=ON).items() if name in chosen}
    view = HouseholdRecord.disclosed(tree)
    for name in HouseholdRecord.outline():
        if name in tree:
            assert getattr(view, name) is not None
        else:
            with pytest.raises(ClaimNotDisclosedError):
                getattr(view, name)


@given(TREES | JSON)
def test_reading_a_tree_raises_nothing_but_our_errors(tree: Any) -> None:
    try:
        HouseholdRecord.disclosed(tree)
    except VcError as error:
        assert error.code == "CLAIM_INVALID"


@given(RECORDS)
def test_what_is_mandatory_is_in_each_tree(record: HouseholdRecord) -> None:
    tree = record.claims(on=ON)
    claims: Any = type_metadata(HouseholdRecord)["claims"]
    assert all(is_present(tree, tuple(entry["path"])) for entry in claims if entry.get("mandatory"))


@pytest.mark.parametrize("kind", [HouseholdRecord, NurseLicence])
def test_metadata_and_concealment_say_the_same(kind: type[CredentialType]) -> None:
    documented = {path for path, entry in _entries(kind).items() if entry["sd"] == "always"}
    concealed = set(_selectable(kind.concealment()))
    thresholds = {path for path in documented if path[-1] in ("1000000", "3000000")}
    assert documented - thresholds == concealed - {("income_above", "any")}
    assert bool(thresholds) is (("income_above", "any") in concealed)


def _entries(kind: type[CredentialType]) -> dict[ClaimPath, Mapping[str, Any]]:
    parent = next((base for base in kind.__mro__ if getattr(base, "vct", None) == kind.extends), None)
    inherited = _entries(parent) if parent is not None and issubclass(parent, CredentialType) else {}
    claims: Any = type_metadata(kind)["claims"]
    return inherited | {tuple(entry["path"]): entry for entry in claims}


def _selectable(concealment: Concealment, path: ClaimPath = ()) -> Iterator[ClaimPath]:
    if concealment.selectable:
        yield path
    inside: dict[str | None, Concealment | None] = {**concealment.members, "any": concealment.any_member}
    for name, below in {**inside, None: concealment.elements}.items():
        if below is not None:
            yield from _selectable(below, (*path, name))
