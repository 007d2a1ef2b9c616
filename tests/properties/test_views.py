# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a type and a record are: an mdoc says the same as the claim tree, and a grant for one is none for more."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.test_credential_type import JSON, RECORDS
from tests.unit.credential_type.sample_types import ON, HouseholdRecord
from tests.unit.japan import sample_records
from vcwallet.claims import ClaimPath, covers, is_present
from vcwallet.credential_type import CredentialType, TypeView, view
from vcwallet.credential_type.outline import walk
from vcwallet.encoding import cbor
from vcwallet.errors import MalformedError
from vcwallet.formats.mdoc.values import encode, json_value
from vcwallet.japan import TYPES

SHAPE = view(HouseholdRecord, "mso_mdoc")
IN_CBOR = RECORDS.filter(lambda record: record.income is None or abs(record.income.amount) < 2**64)
EVERY: tuple[type[CredentialType], ...] = (*TYPES, HouseholdRecord)
KINDS = [kind for kind in EVERY if kind.doctype is not None]
SAMPLES = [record for record in sample_records.RECORDS if type(record).doctype is not None]

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
each_sample = pytest.mark.parametrize("record", SAMPLES, ids=lambda record: type(record).__name__)


def as_held(shape: TypeView, record: CredentialType, on: date) -> dict[str, Any]:
    """Return the elements as an mdoc gives them to those who read it: written in CBOR, and read into JSON values."""
    return {
        namespace: {element: json_value(cbor.loads(encode(value))) for element, value in elements.items()}
        for namespace, elements in shape.claims(record.claims(on=on)).items()
    }


def leaves(kind: type[CredentialType]) -> list[ClaimPath]:
    """Return the places of a type that have no parts."""
    every = [place.path for place in walk(kind.outline())]
    with_parts = {path[:-1] for path in every}
    return [path for path in every if path not in with_parts]


@each_sample
def test_the_elements_of_a_record_come_back_as_its_claims(record: CredentialType) -> None:
    shape = view(type(record), "mso_mdoc")
    assert shape.tree(as_held(shape, record, sample_records.ON)) == record.claims(on=sample_records.ON)


@given(IN_CBOR)
def test_the_elements_of_any_record_come_back_as_its_claims(record: HouseholdRecord) -> None:
    assert SHAPE.tree(as_held(SHAPE, record, ON)) == record.claims(on=ON)


@given(IN_CBOR, st.data())
def test_some_elements_come_back_as_some_claims_and_no_others(record: HouseholdRecord, data: st.DataObject) -> None:
    tree = record.claims(on=ON)
    ((namespace, held),) = as_held(SHAPE, record, ON).items()
    chosen = data.draw(st.sets(st.sampled_from(sorted(held))))
    part = SHAPE.tree({namespace: {element: value for element, value in held.items() if element in chosen}})
    for path in leaves(HouseholdRecord):
        shown = SHAPE.path(path)[1] in chosen
        assert is_present(part, path) is (shown and is_present(tree, path))


@each_kind
def test_each_leaf_of_a_type_is_in_one_element(kind: type[CredentialType]) -> None:
    shape = view(kind, "mso_mdoc")
    every = [element for name in kind.outline() for element in shape.granted((name,))]
    assert len(set(every)) == len(every)
    assert {shape.path(path) for path in leaves(kind)} == set(every)
    assert all(shape.paths(path) == (shape.path(path),) for path in leaves(kind))


@each_kind
def test_a_grant_covers_just_the_elements_that_hold_nothing_else(kind: type[CredentialType]) -> None:
    shape = view(kind, "mso_mdoc")
    holds: dict[ClaimPath, list[ClaimPath]] = {}
    for path in leaves(kind):
        holds.setdefault(shape.path(path), []).append(path)
    for place in walk(kind.outline()):
        # An array says how many elements it has, also to whom everything that is in one of them is granted.
        within = (
            () if None in place.path else (e for e, held in holds.items() if all(covers(place.path, p) for p in held))
        )
        assert set(shape.granted(place.path)) == set(within)


@each_kind
def test_the_document_about_a_type_says_what_can_be_disclosed(kind: type[CredentialType]) -> None:
    shape = view(kind, "mso_mdoc")
    claims: Any = shape.metadata()["claims"]
    concealed = {tuple(entry["path"]) for entry in claims if entry["sd"] == "always"}
    selectable = {(space, name) for space, inside in shape.concealment().members.items() for name in inside.members}
    assert concealed == selectable
    assert all(tuple(entry["path"][:2]) in concealed for entry in claims)


@each_sample
def test_what_is_mandatory_is_in_each_document(record: CredentialType) -> None:
    shape = view(type(record), "mso_mdoc")
    claims: Any = shape.metadata()["claims"]
    held = as_held(shape, record, sample_records.ON)
    assert all(is_present(held, tuple(entry["path"])) for entry in claims if entry.get("mandatory"))


@given(
    st.dictionaries(
        st.sampled_from([HouseholdRecord.doctype, "resident_address", "full_name", "x"]),
        st.dictionaries(st.sampled_from(["full_name", "members", "resident_address.region", "y"]), JSON) | JSON,
    )
)
def test_reading_elements_raises_nothing_but_our_errors(claims: Any) -> None:
    with suppress(MalformedError):
        seen = HouseholdRecord.disclosed(SHAPE.tree(claims))
        assert seen.undeclared.keys() <= claims.keys()
