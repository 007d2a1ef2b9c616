# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a Claim refuses to say."""

from __future__ import annotations

from typing import Any, cast

import pytest

from vcwallet.credential_type import Claim, Disclosure, Sensitivity, Statute

STATUTE = Statute("NUMBER_NO_BASIS", bases=("number_use_affair",))


def test_a_claim_is_basic_and_selectable_unless_it_says_otherwise() -> None:
    claim = Claim("氏名", "Full name")
    assert (claim.sensitivity, claim.disclosure) == (Sensitivity.B, Disclosure.SELECTABLE)


def test_a_claim_has_its_label_in_both_languages() -> None:
    claim = Claim("氏名", "Full name", description_ja="戸籍の氏名")
    assert (claim.label("ja"), claim.label("en")) == ("氏名", "Full name")
    assert (claim.description("ja"), claim.description("en")) == ("戸籍の氏名", None)


@pytest.mark.parametrize(("ja", "en"), [("", "Full name"), ("氏名", "")])
def test_a_claim_without_a_label_is_refused(ja: str, en: str) -> None:
    with pytest.raises(TypeError, match="label"):
        Claim(ja, en)


def test_a_class_x_claim_needs_its_statute() -> None:
    assert Claim("個人番号", "Individual number", sensitivity=Sensitivity.X, statute=STATUTE).statute is STATUTE
    with pytest.raises(TypeError, match="statute"):
        Claim("個人番号", "Individual number", sensitivity=Sensitivity.X)


def test_a_statute_outside_class_x_is_refused_since_the_class_was_forgotten() -> None:
    with pytest.raises(TypeError, match="class X"):
        Claim("個人番号", "Individual number", statute=STATUTE)


def test_the_bases_of_a_statute_are_a_tuple_and_not_one_text() -> None:
    with pytest.raises(TypeError, match="tuple"):
        Statute("NUMBER_NO_BASIS", bases=cast(Any, "number_use_affair"))
