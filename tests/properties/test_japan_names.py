# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Names: signing never changes a name twice, and comparing is symmetric and blind to variants only."""

from __future__ import annotations

from unicodedata import normalize

from hypothesis import example, given
from hypothesis import strategies as st

from vcwallet.errors import MalformedError
from vcwallet.japan.names import NameMatch, folded_key, is_nfc, match_names, normalise_for_signing

SELECTORS = [*map(chr, range(0xFE00, 0xFE10)), *map(chr, range(0xE0100, 0xE01F0))]

kanji = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
kana = st.characters(min_codepoint=0x3041, max_codepoint=0x30FF)
half_width_kana = st.characters(min_codepoint=0xFF66, max_codepoint=0xFF9F)
compatibility = st.characters(min_codepoint=0xF900, max_codepoint=0xFAFF)
characters = st.one_of(
    kanji, kana, half_width_kana, compatibility, st.sampled_from([*SELECTORS, " ", "　", "\u3099"]), st.characters()
)
names = st.text(characters, max_size=20)


@given(st.text(st.one_of(characters, st.characters(categories=["Cs"]))))
def test_what_is_signed_is_in_form_c_and_is_canonically_the_same(name: str) -> None:
    try:
        signed = normalise_for_signing(name)
    except MalformedError:
        return
    assert is_nfc(signed)
    assert normalise_for_signing(signed) == signed
    assert normalize("NFD", signed) == normalize("NFD", name)


@given(st.text(st.one_of(kanji, kana, half_width_kana, st.sampled_from(SELECTORS))))
def test_a_name_in_form_c_is_never_changed(name: str) -> None:
    composed = normalize("NFC", name)
    assert normalise_for_signing(composed) == composed


@given(names)
@example("か\u309b")
def test_folding_twice_is_folding_once(name: str) -> None:
    key = folded_key(name)
    assert folded_key(key) == key


@given(names, names)
def test_comparing_is_symmetric(a: str, b: str) -> None:
    assert match_names(a, b) is match_names(b, a)


@given(names)
def test_a_name_matches_itself_unless_it_is_blank(name: str) -> None:
    assert match_names(name, name) is (NameMatch.EXACT if folded_key(name) else NameMatch.NONE)


@given(st.text(kanji, min_size=1), st.data())
def test_variation_selectors_and_spaces_between_kanji_do_not_matter(name: str, data: st.DataObject) -> None:
    insertions = data.draw(
        st.lists(st.sampled_from([*SELECTORS, " ", "　", ""]), min_size=len(name), max_size=len(name))
    )
    adorned = "".join(map(str.__add__, name, insertions))
    assert match_names(name, adorned) in {NameMatch.FOLDED, NameMatch.EXACT}


@given(st.text(kanji, min_size=1), st.text(kanji, min_size=1))
def test_kanji_are_never_confused_without_a_fold_table(a: str, b: str) -> None:
    assert (match_names(a, b) is NameMatch.NONE) == (a != b)
