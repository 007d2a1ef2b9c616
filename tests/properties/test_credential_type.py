# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a record holds: its tree reads back as the record, and a view has what was disclosed and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.credential_type.sample_types import ON, Address, HouseholdRecord, Member, Money, Qualification, Sex
from vcwallet.claims import ClaimPath, Concealment, is_present
from vcwallet.credential_type import ClaimNotDisclosedError, CredentialType, type_metadata
from vcwallet.errors import MalformedError

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
    with suppress(MalformedError):
        HouseholdRecord.disclosed(tree)


@given(RECORDS)
def test_what_is_mandatory_is_in_each_tree(record: HouseholdRecord) -> None:
    tree = record.claims(on=ON)
    claims: Any = type_metadata(HouseholdRecord)["claims"]
    assert all(is_present(tree, tuple(entry["path"])) for entry in claims if entry.get("mandatory"))


@pytest.mark.parametrize("kind", [HouseholdRecord, Qualification])
def test_metadata_and_concealment_say_the_same(kind: type[CredentialType]) -> None:
    claims: Any = type_metadata(kind)["claims"]
    documented = {tuple(entry["path"]) for entry in claims if entry["sd"] == "always"}
    assert documented == set(_selectable(kind.concealment()))


def _selectable(concealment: Concealment, path: ClaimPath = ()) -> Iterator[ClaimPath]:
    if concealment.selectable:
        yield path
    for name, member in concealment.members.items():
        yield from _selectable(member, (*path, name))
    if concealment.elements is not None:
        yield from _selectable(concealment.elements, (*path, None))
    if concealment.any_member is not None:
        for key in HouseholdRecord.income_above.thresholds:
            yield from _selectable(concealment.any_member, (*path, key))
