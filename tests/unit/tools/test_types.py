# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The tool that writes specs/types."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.credential_type.sample_types import HouseholdRecord, NurseLicence, Qualification
from tests.unit.japan.sample_records import ON, RECORDS
from tools.types import cbor_type, documents, mdoc_description, outdated, write
from vcwallet.credential_type import CredentialType, DateTime, FullDate, json_schema, type_metadata, view
from vcwallet.credential_type.view import MdocView

TYPES = (HouseholdRecord, Qualification, NurseLicence)


def test_each_type_has_its_documents_and_one_that_is_an_mdoc_has_one_more(tmp_path: Path) -> None:
    write(TYPES, tmp_path / "types")
    assert sorted(path.name for path in (tmp_path / "types").iterdir()) == [
        "household-record.mdoc.json",
        "household-record.schema.json",
        "household-record.type-metadata.json",
        "nurse-licence.schema.json",
        "nurse-licence.type-metadata.json",
        "qualification.schema.json",
        "qualification.type-metadata.json",
    ]
    written = (tmp_path / "types" / "household-record.type-metadata.json").read_text("utf-8")
    assert json.loads(written) == type_metadata(HouseholdRecord)
    assert "世帯票" in written
    assert json.loads(documents(TYPES)["household-record.schema.json"]) == json_schema(HouseholdRecord)


def test_an_extending_type_holds_the_digest_of_the_other_document_as_published() -> None:
    found = documents(TYPES)
    digest = hashlib.sha256(found["qualification.type-metadata.json"]).digest()
    nurse = json.loads(found["nurse-licence.type-metadata.json"])
    assert nurse["extends#integrity"] == "sha256-" + base64.b64encode(digest).decode()


def test_the_document_about_an_mdoc_names_its_elements() -> None:
    found = json.loads(documents(TYPES)["household-record.mdoc.json"])
    assert found["docType"] == "org.example.household.1"
    assert found["names"] == {"ja-JP": "世帯票", "en-US": "Household record"}
    elements = found["namespaces"]["org.example.household.1"]
    assert elements["resident_address.region"] == {
        "type": "tstr",
        "claim": "resident_address.region",
        "labels": {"ja-JP": "住所 › 都道府県", "en-US": "Address › Prefecture"},
        "sensitivity": "B",
        "mandatory": True,
    }
    assert elements["birth_date"]["type"] == "full-date"
    assert elements["birth_date"]["mandatory"] is False
    assert elements["individual_number"]["sensitivity"] == "X"
    assert elements["income_above.1000000"]["type"] == "bool"
    assert elements["nicknames"]["type"] == "[* tstr]"
    assert elements["income"]["type"] == "{amount: int}"
    address = "{region: tstr, locality: tstr, ? street: tstr}"
    assert elements["members"]["type"] == f"[* {{full_name: tstr, ? relationship: tstr, ? address: {address}}}]"


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "string", "format": "date"}, "full-date"),
        ({"type": "string", "format": "date-time"}, "tdate"),
        ({"type": "string", "format": "base64url"}, "bstr"),
        ({"type": "string", "format": "uri"}, "tstr"),
        ({"type": "number"}, "number"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}, {"type": "string", "minLength": 1}]}, "tstr / null"),
        ({"const": "household", "type": "string"}, '"household"'),
        ({"const": False}, "false"),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 1}, "[+ int]"),
    ],
)
def test_a_schema_has_its_type_in_cddl(schema: dict[str, Any], text: str) -> None:
    assert cbor_type(schema, {}) == text


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_the_types_that_are_written_down_are_those_of_what_is_issued(record: CredentialType) -> None:
    if type(record).doctype is None:
        return
    shape = view(type(record), "mso_mdoc")
    assert isinstance(shape, MdocView)
    described = mdoc_description(type(record), shape)["namespaces"]
    for namespace, elements in shape.claims(record.claims(on=ON)).items():
        for identifier, value in elements.items():
            marks = set(re.findall("full-date|tdate|bstr", described[namespace][identifier]["type"]))
            assert set(_marks(value)) <= marks
            assert marks <= {*_marks(value)} or isinstance(value, str | list | dict | None)


def _marks(value: object) -> Iterator[str]:
    match value:
        case FullDate():
            yield "full-date"
        case DateTime():
            yield "tdate"
        case bytes():
            yield "bstr"
        case list():
            yield from (mark for part in value for mark in _marks(part))
        case dict():
            yield from (mark for part in value.values() for mark in _marks(part))


def test_what_was_written_is_current(tmp_path: Path) -> None:
    write(TYPES, tmp_path)
    assert outdated(TYPES, tmp_path) == []


def test_a_document_that_is_missing_different_or_of_no_type_is_not_current(tmp_path: Path) -> None:
    write(TYPES, tmp_path)
    (tmp_path / "qualification.schema.json").unlink()
    (tmp_path / "nurse-licence.schema.json").write_text("{}\n", "utf-8")
    (tmp_path / "gone.schema.json").write_text("{}\n", "utf-8")
    assert outdated(TYPES, tmp_path) == ["gone.schema.json", "nurse-licence.schema.json", "qualification.schema.json"]


def test_writing_takes_away_documents_of_no_type_and_leaves_other_files(tmp_path: Path) -> None:
    for name in ("gone.schema.json", "gone.type-metadata.json", "gone.mdoc.json", "household-record.context.json"):
        (tmp_path / name).write_text("{}\n", "utf-8")
    write(TYPES, tmp_path)
    assert not list(tmp_path.glob("gone.*"))
    assert (tmp_path / "household-record.context.json").exists()


def test_two_types_of_the_same_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two credential types"):
        documents([HouseholdRecord, HouseholdRecord])
