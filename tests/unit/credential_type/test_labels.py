# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Labels on a consent screen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.credential_type.sample_types import HouseholdRecord, NurseLicence, Qualification
from vcwallet.claims import ClaimPath
from vcwallet.credential_type import consent_items, labels_from_metadata, type_metadata


@pytest.mark.parametrize(
    ("path", "japanese", "english"),
    [
        (("full_name",), "氏名", "Full name"),
        (("resident_address", "locality"), "住所 › 市区町村", "Address › Municipality"),
        (("members",), "世帯員", "Members"),
        (("members", None), "世帯員", "Members"),
        (("members", None, "full_name"), "世帯員 › 氏名", "Members › Full name"),
        (("members", 1, "full_name"), "世帯員 › 2 › 氏名", "Members › 2 › Full name"),
        (("income_above", "3000000"), "次の額を超える所得 › 3,000,000", "Income above › 3,000,000"),
        (("income", "amount"), "所得 › amount", "Income › amount"),
        (("planet",), "planet", "planet"),
    ],
)
def test_a_label_goes_from_the_outside_in(path: ClaimPath, japanese: str, english: str) -> None:
    assert consent_items(HouseholdRecord, [path], "ja") == (japanese,)
    assert labels_from_metadata(type_metadata(HouseholdRecord), path, "en") == english


def test_an_extending_type_uses_the_labels_of_what_it_extends() -> None:
    paths: list[ClaimPath] = [("full_name",), ("wards", None)]
    assert consent_items(NurseLicence, paths, "en") == ("Full name", "Wards")
    documents = [type_metadata(NurseLicence), type_metadata(Qualification)]
    assert consent_items(documents, paths, "en") == ("Full name", "Wards")


def entry(path: object, *display: object) -> dict[str, Any]:
    return {"claims": [{"path": path, "display": list(display)}]}


def test_the_nearest_document_wins() -> None:
    child, parent = (entry(["a"], {"locale": "en", "label": label}) for label in ("new", "old"))
    assert labels_from_metadata([child, parent], ("a",), "en") == "new"


def test_a_language_that_is_missing_gives_way_to_the_first_one() -> None:
    document = entry(["a"], {"locale": "fr-FR", "label": "nom"}, {"locale": "JA", "label": "名"})
    assert labels_from_metadata(document, ("a",), "ja") == "名"
    assert labels_from_metadata(document, ("a",), "en") == "nom"


def test_a_label_of_a_stranger_cannot_turn_the_screen_around() -> None:
    document = entry(["a"], {"locale": "en", "label": "pay\u202e\x00\u3000me\n" + "x" * 500})
    label = labels_from_metadata(document, ("a",), "en")
    assert label.startswith("pay\ufffd\ufffd me x")
    assert len(label) == 100
    assert labels_from_metadata({}, ("b\u202e" * 100,), "en") == "b\ufffd" * 50


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"claims": None},
        {"claims": "a"},
        {"claims": ["a", 5, {}]},
        entry("a", {"locale": "en", "label": "x"}),
        entry(["a", "b"], {"locale": "en", "label": "x"}),
        entry(["a"], "x", None, {"locale": "en"}, {"locale": "en", "label": 5}),
    ],
)
def test_a_document_without_the_label_leaves_the_name(document: Any) -> None:
    assert labels_from_metadata(document, ("a",), "en") == "a"
