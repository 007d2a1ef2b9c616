# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Names: what may be signed, and which differences of writing a comparison forgets."""

from __future__ import annotations

import pytest

from vcwallet.errors import MalformedError
from vcwallet.japan.names import NameMatch, folded_key, is_nfc, match_names, normalise_for_signing

KAMI_COMPATIBILITY = "\ufa19"
KAMI = "\u795e"
KAMI_WITH_SELECTOR = "\u795e\ufe00"
TSUJI_WITH_IVS = "\u8fbb\U000e0100"


@pytest.mark.parametrize(
    "name", ["番号　花子", "ﾔﾏﾀﾞ", "１", "髙﨑", KAMI_WITH_SELECTOR, TSUJI_WITH_IVS, "NGUYỄN THỊ LAN", ""]
)
def test_a_name_in_form_c_is_signed_as_it_stands(name: str) -> None:
    assert is_nfc(name)
    assert normalise_for_signing(name) == name


def test_marks_are_joined_to_their_letters() -> None:
    decomposed = "カ\u3099ト\u3099"
    assert not is_nfc(decomposed)
    assert normalise_for_signing(decomposed) == "ガド"


@pytest.mark.parametrize("name", [KAMI_COMPATIBILITY, f"{KAMI_COMPATIBILITY}田", "\U0002f81f"])
def test_an_ideograph_that_form_c_would_replace_is_refused(name: str) -> None:
    assert not is_nfc(name)
    with pytest.raises(MalformedError) as caught:
        normalise_for_signing(name)
    assert caught.value.code == "JP_NAME_COMPATIBILITY_IDEOGRAPH"
    assert name not in str(caught.value)


def test_compatibility_ideographs_that_form_c_keeps_are_signed() -> None:
    """Twelve characters of that block are unified ideographs in spite of their names; 﨑 is the one in family names."""
    assert normalise_for_signing("\ufa11") == "\ufa11"


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(MalformedError):
        normalise_for_signing("山\ud842")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("山田　太郎", "山田 太郎"),
        ("山田　太郎", "山田太郎"),
        (" 山田太郎 ", "山田太郎"),
        (TSUJI_WITH_IVS, "\u8fbb"),
        (KAMI_WITH_SELECTOR, KAMI),
        (KAMI_COMPATIBILITY, KAMI),
        ("ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダ　タロウ"),
        ("ハットリ", "ハツトリ"),
        ("一ヶ瀬", "一ケ瀬"),
        ("ＹＡＭＡＤＡ　Ｔａｒｏ", "YAMADA TARO"),
        ("か\u3099", "が"),
    ],
)
def test_differences_of_writing_are_folded(a: str, b: str) -> None:
    assert folded_key(a) == folded_key(b)
    assert match_names(a, b) is match_names(b, a) is NameMatch.FOLDED


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("山田太郎", "山田次郎"),
        ("髙橋", "高橋"),  # another character: only a fold table makes them equal
        ("さくら", "サクラ"),
        ("LE AN", "LEAN"),
        ("", ""),
        ("　", " "),
        ("\ufe00", ""),
    ],
)
def test_different_or_empty_names_do_not_match(a: str, b: str) -> None:
    assert match_names(a, b) is match_names(b, a) is NameMatch.NONE


def test_the_same_characters_match_exactly() -> None:
    assert match_names("山田　太郎", "山田　太郎") is NameMatch.EXACT
    assert match_names(TSUJI_WITH_IVS, TSUJI_WITH_IVS) is NameMatch.EXACT


def test_a_fold_table_makes_characters_equal() -> None:
    table = {"髙": "高", "﨑": "崎"}
    assert match_names("髙﨑", "高崎", fold_table=table) is NameMatch.FOLDED
    assert match_names("髙\U000e0101﨑", "高崎", fold_table=table) is NameMatch.FOLDED
    assert match_names("髙﨑", "高島", fold_table=table) is NameMatch.NONE


def test_a_fold_table_has_single_characters_as_keys() -> None:
    with pytest.raises(ValueError, match="single characters"):
        folded_key("山田", fold_table={"山田": "x"})


def test_iteration_marks_read_the_same_in_both_kana() -> None:
    assert match_names("鈴木", "SUZUKI", kana_a="スヾキ", kana_b="すゞき") is NameMatch.KANA_ONLY
    assert match_names("笹木", "SASAKI", kana_a="サヽキ", kana_b="さゝき") is NameMatch.KANA_ONLY


@pytest.mark.parametrize("reading", ["ヤマダ タロウ", "ﾔﾏﾀﾞﾀﾛｳ", "やまだ　たろう"])
def test_the_same_reading_is_reported_when_the_writing_differs(reading: str) -> None:
    assert match_names("山田太郎", "YAMADA TARO", kana_a="ヤマダ　タロウ", kana_b=reading) is NameMatch.KANA_ONLY


@pytest.mark.parametrize(
    ("kana_a", "kana_b"),
    [("ヤマダ", "ヤマタ"), ("ヤマダ", None), (None, "ヤマダ"), (None, None), ("", ""), ("　", " ")],
)
def test_other_or_missing_readings_do_not_match(kana_a: str | None, kana_b: str | None) -> None:
    assert match_names("山田", "YAMADA", kana_a=kana_a, kana_b=kana_b) is NameMatch.NONE


def test_a_different_reading_does_not_undo_a_written_match() -> None:
    assert match_names("山田", "山田", kana_a="ヤマダ", kana_b="ヤマタ") is NameMatch.EXACT
    assert match_names("山田 花", "山田　花", kana_a="ヤマダ", kana_b="ヤマタ") is NameMatch.FOLDED


def test_matches_have_the_names_that_policies_use() -> None:
    assert [match.value for match in NameMatch] == ["exact", "folded", "kana_only", "none"]
