# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Bytewords (BCR-2020-012)."""

from __future__ import annotations

import pytest

from vcwallet.encoding import bytewords
from vcwallet.encoding.bytewords import WORDS, Style
from vcwallet.errors import MalformedError

# BCR-2020-012 and BCR-2020-005.
VECTORS = [
    (
        "d99d6ca20150c7098580125e2ab0981253468b2dbc5202c11947da",
        "tantjzoeadgdstaslplabghydrpfmkbggufgludprfgmaosecffltnsoaawkbd",
    ),
    ("a10150c7098580125e2ab0981253468b2dbc52", "oyadgdstaslplabghydrpfmkbggufgludprfgmamdpwmox"),
]


@pytest.mark.parametrize(("data", "text"), VECTORS)
def test_the_published_vectors_go_both_ways(data: str, text: str) -> None:
    assert bytewords.encode(bytes.fromhex(data)) == text
    assert bytewords.decode(text) == bytes.fromhex(data)


def test_the_list_has_256_words_in_order_told_apart_by_their_ends() -> None:
    assert len(WORDS) == 256
    assert list(WORDS) == sorted(WORDS)
    assert {len(word) for word in WORDS} == {4}
    assert len({word[0] + word[-1] for word in WORDS}) == 256


@pytest.mark.parametrize("style", Style)
def test_every_byte_goes_both_ways_in_every_style_and_case(style: Style) -> None:
    data = bytes(range(256))
    text = bytewords.encode(data, style=style)
    assert bytewords.decode(text, style=style) == data
    assert bytewords.decode(text.upper(), style=style) == data
    assert bytewords.decode(bytewords.encode(b"", style=style), style=style) == b""


def test_the_styles_differ_in_what_stands_between_the_words() -> None:
    assert bytewords.encode(b"", style=Style.STANDARD) == "able able able able"
    assert bytewords.encode(b"", style=Style.URI) == "able-able-able-able"
    assert bytewords.encode(b"", style=Style.MINIMAL) == "aeaeaeae"


@pytest.mark.parametrize(
    ("style", "good", "bad"),
    [
        (Style.MINIMAL, "aeaeaeae", "aeaeaead"),  # the checksum
        (Style.MINIMAL, "aeaeaeae", "aeaeaeaeae"),
        (Style.MINIMAL, "aeaeaeae", "aeaeaea"),  # half a word
        (Style.MINIMAL, "aeaeaeae", "aeaeae"),  # less than a checksum
        (Style.MINIMAL, "aeaeaeae", ""),
        (Style.MINIMAL, "aeaeaeae", "aeaeaezz"),
        (Style.MINIMAL, "aeaeaeae", "aeaeaeae\n"),
        (Style.MINIMAL, "aeaeaeae", "able able able able"),
        (Style.STANDARD, "able able able able", "able able able  able"),
        (Style.STANDARD, "able able able able", "ae ae ae ae"),
        (Style.STANDARD, "able able able able", "able-able-able-able"),
        (Style.URI, "able-able-able-able", "able able able able"),
    ],
)
def test_damaged_words_are_refused(style: Style, good: str, bad: str) -> None:
    bytewords.decode(good, style=style)
    with pytest.raises(MalformedError):
        bytewords.decode(bad, style=style)


def test_a_letter_that_only_becomes_ascii_in_lower_case_is_refused() -> None:
    kiwi = WORDS.index("kiwi")
    text = bytewords.encode(bytes([kiwi])).upper()
    assert text.startswith("KI")
    assert bytewords.decode(text) == bytes([kiwi])
    with pytest.raises(MalformedError):
        bytewords.decode(text.replace("K", "\N{KELVIN SIGN}"))
