# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The tool that writes specs/types."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from tests.unit.credential_type.sample_types import HouseholdRecord, NurseLicence, Qualification
from tools.types import documents, outdated, write
from vcwallet.credential_type import json_schema, type_metadata

TYPES = (HouseholdRecord, Qualification, NurseLicence)


def test_each_type_has_its_two_documents(tmp_path: Path) -> None:
    write(TYPES, tmp_path / "types")
    assert sorted(path.name for path in (tmp_path / "types").iterdir()) == [
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
    for name in ("gone.schema.json", "gone.type-metadata.json", "household-record.context.json"):
        (tmp_path / name).write_text("{}\n", "utf-8")
    write(TYPES, tmp_path)
    assert not list(tmp_path.glob("gone.*"))
    assert (tmp_path / "household-record.context.json").exists()


def test_two_types_of_the_same_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two credential types"):
        documents([HouseholdRecord, HouseholdRecord])
