# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Japanese identifiers: stored forms, check digits, and silence about what was typed."""

from __future__ import annotations

import pytest

from vcwallet.credential_type import Sensitivity
from vcwallet.errors import MalformedError
from vcwallet.japan import identifiers
from vcwallet.japan.identifiers import (
    BASIC_PENSION_NUMBER,
    CARD_FACE_NUMBER_B,
    CORPORATE_NUMBER,
    DRIVING_LICENCE_NUMBER,
    DRIVING_LICENCE_NUMBER_STRICT,
    INSURER_NUMBER,
    INVOICE_NUMBER,
    JPKI_SERIAL,
    LOCAL_GOVERNMENT_CODE,
    MACHIAZA_ID,
    MY_NUMBER,
    POSTAL_CODE,
    RESIDENCE_CARD_NUMBER,
    RESIDENT_RECORD_CODE,
    Identifier,
)

EVERY_IDENTIFIER = [value for value in vars(identifiers).values() if isinstance(value, Identifier)]

# (identifier, as typed, stored form)
VALID = [
    (MY_NUMBER, "6214 9832 0257", "621498320257"),
    (MY_NUMBER, "9832 0567 3214", "983205673214"),
    (MY_NUMBER, "1234-5678-9018", "123456789018"),
    (MY_NUMBER, "１２３４　５６７８　９０１８", "123456789018"),
    (MY_NUMBER, "１２３４ー５６７８－９０１８", "123456789018"),  # the long-vowel mark, as keyboards give it
    (MY_NUMBER, "0000 1027 2190", "000010272190"),  # r = 1
    (MY_NUMBER, "0000 1146 8950", "000011468950"),  # r = 0
    (CORPORATE_NUMBER, "5 8356 7825 6246", "5835678256246"),
    (CORPORATE_NUMBER, "7 0000 1205 0002", "7000012050002"),
    (CORPORATE_NUMBER, "8 0000 1201 0038", "8000012010038"),
    (CORPORATE_NUMBER, "9 0000 0000 0009", "9000000000009"),  # mod 0 gives 9
    (INVOICE_NUMBER, "T7000012050002", "T7000012050002"),
    (INVOICE_NUMBER, "ｔ7000012050002", "T7000012050002"),
    (INVOICE_NUMBER, "T1000012050002", "T1000012050002"),  # a sole trader's number has no known check digit
    (LOCAL_GOVERNMENT_CODE, "131016", "131016"),
    (LOCAL_GOVERNMENT_CODE, "130001", "130001"),
    (LOCAL_GOVERNMENT_CODE, "140007", "140007"),
    (LOCAL_GOVERNMENT_CODE, "011002", "011002"),
    (LOCAL_GOVERNMENT_CODE, "131041", "131041"),  # r = 0 gives 1
    (LOCAL_GOVERNMENT_CODE, "322016", "322016"),
    (LOCAL_GOVERNMENT_CODE, "999016", "999016"),  # the made-up city of our examples
    (LOCAL_GOVERNMENT_CODE, "13101", "131016"),
    (LOCAL_GOVERNMENT_CODE, "０１１００", "011002"),
    (LOCAL_GOVERNMENT_CODE, "14364", "143642"),  # what a phone's My Number card sends
    (INSURER_NUMBER, "33120015", "33120015"),
    (INSURER_NUMBER, "01130012", "01130012"),
    (INSURER_NUMBER, "120014", "120014"),  # national health insurance has no digits for the law
    (RESIDENT_RECORD_CODE, "12345678901", "12345678901"),
    (DRIVING_LICENCE_NUMBER, "9921 0000 0260", "992100000260"),
    (DRIVING_LICENCE_NUMBER, "992100000270", "992100000270"),
    (DRIVING_LICENCE_NUMBER_STRICT, "992100000260", "992100000260"),
    (DRIVING_LICENCE_NUMBER_STRICT, "992100000269", "992100000269"),  # the ninth re-issue of the same licence
    (DRIVING_LICENCE_NUMBER_STRICT, "992000000610", "992000000610"),  # r = 0 gives 1
    (RESIDENCE_CARD_NUMBER, "AB12345678CD", "AB12345678CD"),
    (RESIDENCE_CARD_NUMBER, "ＡＢ１２３４５６７８ｃｄ", "AB12345678CD"),
    (CARD_FACE_NUMBER_B, "90010220351234", "90010220351234"),
    (JPKI_SERIAL, "81234567", "81234567"),
    (POSTAL_CODE, "123-4567", "1234567"),
    (POSTAL_CODE, "〒１２３－４５６７", "1234567"),
    (MACHIAZA_ID, "0001001", "0001001"),
    (BASIC_PENSION_NUMBER, "1234-567890", "1234567890"),
]

INVALID = [
    (MY_NUMBER, "1234 6678 9012"),  # a sample value in another wallet library
    (MY_NUMBER, "1234 5678 9019"),
    (MY_NUMBER, "1234 5678 901"),
    (MY_NUMBER, "1234 5678 90188"),
    (MY_NUMBER, "1234.5678.9018"),
    (MY_NUMBER, "١٢٣٤٥٦٧٨٩٠١٨"),  # digits of another script
    (CORPORATE_NUMBER, "6000012050002"),
    (CORPORATE_NUMBER, "0000000000009"),  # the check digit is never 0
    (CORPORATE_NUMBER, "000012050002"),
    (INVOICE_NUMBER, "7000012050002"),
    (INVOICE_NUMBER, "T700001205000"),
    (LOCAL_GOVERNMENT_CODE, "131040"),  # r = 0 would give 0 under the My Number rule
    (LOCAL_GOVERNMENT_CODE, "131017"),
    (LOCAL_GOVERNMENT_CODE, "1310"),
    (LOCAL_GOVERNMENT_CODE, "1310160"),
    (INSURER_NUMBER, "33120016"),
    (INSURER_NUMBER, "120015"),
    (INSURER_NUMBER, "3312001"),
    (RESIDENT_RECORD_CODE, "1234567890"),
    (DRIVING_LICENCE_NUMBER, "99210000026"),
    (DRIVING_LICENCE_NUMBER_STRICT, "992100000270"),
    (RESIDENCE_CARD_NUMBER, "AB1234567CD"),
    (RESIDENCE_CARD_NUMBER, "A112345678CD"),
    (RESIDENCE_CARD_NUMBER, "ß12345678CD"),  # the capital of ß is SS
    (CARD_FACE_NUMBER_B, "9001022035123"),
    (JPKI_SERIAL, "0"),
    (JPKI_SERIAL, "-1x"),
    (JPKI_SERIAL, "9" * 49),
    (POSTAL_CODE, "123-456"),
    (POSTAL_CODE, "1234567〒"),
    (MACHIAZA_ID, "001001"),
    (BASIC_PENSION_NUMBER, "1234-56789"),
]


@pytest.mark.parametrize(("identifier", "typed", "stored"), VALID)
def test_what_people_type_has_one_stored_form(identifier: Identifier, typed: str, stored: str) -> None:
    assert identifier.normalise(typed) == stored
    assert identifier.is_valid(typed)


@pytest.mark.parametrize(("identifier", "typed"), INVALID)
def test_a_wrong_form_or_check_digit_is_refused(identifier: Identifier, typed: str) -> None:
    assert not identifier.is_valid(typed)
    with pytest.raises(MalformedError) as caught:
        identifier.normalise(typed)
    assert caught.value.code == identifier.error_code


@pytest.mark.parametrize(("identifier", "typed"), INVALID)
def test_an_error_never_repeats_the_input(identifier: Identifier, typed: str) -> None:
    with pytest.raises(MalformedError) as caught:
        identifier.normalise(typed)
    assert typed not in str(caught.value)
    assert typed not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("identifier", EVERY_IDENTIFIER, ids=lambda value: value.name)
def test_empty_and_huge_input_is_refused(identifier: Identifier) -> None:
    for typed in ("", " ", "-", "1" * 101, " " * 1_000_000):
        assert not identifier.is_valid(typed)


def test_typed_text_may_have_a_hundred_characters() -> None:
    assert POSTAL_CODE.is_valid("1234567".rjust(100))
    assert not POSTAL_CODE.is_valid("1234567".rjust(101))


@pytest.mark.parametrize("identifier", EVERY_IDENTIFIER, ids=lambda value: value.name)
def test_every_identifier_has_a_worked_example_of_both_kinds(identifier: Identifier) -> None:
    assert any(identifier is known for known, _, _ in VALID)
    assert any(identifier is known for known, _ in INVALID)


@pytest.mark.parametrize(
    ("identifier", "body", "digit"),
    [
        (MY_NUMBER, "6214 9832 025", "7"),
        (MY_NUMBER, "9832 0567 321", "4"),
        (MY_NUMBER, "1234 5678 901", "8"),
        (MY_NUMBER, "0000 1027 219", "0"),
        (MY_NUMBER, "0000 1146 895", "0"),
        (MY_NUMBER, "1234 6678 901", "6"),
        (CORPORATE_NUMBER, "8356 7825 6246", "5"),
        (CORPORATE_NUMBER, "0000 1205 0002", "7"),
        (CORPORATE_NUMBER, "0000 1201 0038", "8"),
        (CORPORATE_NUMBER, "0000 0000 0009", "9"),
        (LOCAL_GOVERNMENT_CODE, "13101", "6"),
        (LOCAL_GOVERNMENT_CODE, "13000", "1"),
        (LOCAL_GOVERNMENT_CODE, "14000", "7"),
        (LOCAL_GOVERNMENT_CODE, "01100", "2"),
        (LOCAL_GOVERNMENT_CODE, "13104", "1"),
        (LOCAL_GOVERNMENT_CODE, "32201", "6"),
        (LOCAL_GOVERNMENT_CODE, "99901", "6"),
        (LOCAL_GOVERNMENT_CODE, "00006", "0"),  # 6 * 2 = 12, r = 1
        (INSURER_NUMBER, "3312001", "5"),
        (INSURER_NUMBER, "0113001", "2"),
        (INSURER_NUMBER, "00009", "1"),  # 9 * 2 = 18, counted as 1 + 8
        (INSURER_NUMBER, "00005", "9"),  # 5 * 2 = 10, counted as 1 + 0
        (INSURER_NUMBER, "00000", "0"),
        (DRIVING_LICENCE_NUMBER_STRICT, "9921000002", "6"),
        (DRIVING_LICENCE_NUMBER_STRICT, "9920000006", "1"),  # r = 0
        (DRIVING_LICENCE_NUMBER_STRICT, "9923000011", "1"),  # r = 10
        (DRIVING_LICENCE_NUMBER_STRICT, "9920000001", "0"),  # r = 1
    ],
)
def test_check_digits_follow_the_worked_examples(identifier: Identifier, body: str, digit: str) -> None:
    assert identifier.check_digit(body) == digit


@pytest.mark.parametrize(
    ("identifier", "body"),
    [(MY_NUMBER, "1234"), (MY_NUMBER, "123456789018"), (CORPORATE_NUMBER, "x"), (INSURER_NUMBER, "123456")],
)
def test_a_body_of_the_wrong_length_has_no_check_digit(identifier: Identifier, body: str) -> None:
    with pytest.raises(MalformedError) as caught:
        identifier.check_digit(body)
    assert caught.value.code == identifier.error_code
    assert body not in str(caught.value)


def test_asking_for_a_check_digit_that_nobody_published_is_a_mistake_of_the_program() -> None:
    for identifier in (RESIDENT_RECORD_CODE, RESIDENCE_CARD_NUMBER, DRIVING_LICENCE_NUMBER):
        with pytest.raises(ValueError, match="no published check digit"):
            identifier.check_digit("1234567890")


@pytest.mark.parametrize(
    ("identifier", "typed", "shown"),
    [
        (MY_NUMBER, "123456789018", "1234-5678-9018"),
        (CORPORATE_NUMBER, "7000012050002", "7-0000-1205-0002"),
        (POSTAL_CODE, "1234567", "123-4567"),
        (BASIC_PENSION_NUMBER, "1234567890", "1234-567890"),
        (LOCAL_GOVERNMENT_CODE, "13101", "131016"),
        (RESIDENCE_CARD_NUMBER, "ab12345678cd", "AB12345678CD"),
    ],
)
def test_identifiers_are_shown_in_customary_groups(identifier: Identifier, typed: str, shown: str) -> None:
    assert identifier.display(typed) == shown
    assert identifier.normalise(shown) == identifier.normalise(typed)


def test_statute_limited_identifiers_are_in_class_x() -> None:
    assert {known.name for known in EVERY_IDENTIFIER if known.sensitivity is Sensitivity.X} == {
        "my_number",
        "resident_record_code",
        "basic_pension_number",
    }


def test_identifiers_can_be_keys_of_a_mapping() -> None:
    assert len(set(EVERY_IDENTIFIER)) == len(EVERY_IDENTIFIER) == len({known.label for known in EVERY_IDENTIFIER}) + 1


def test_the_code_names_the_identifier() -> None:
    assert MY_NUMBER.error_code == "JP_MY_NUMBER_INVALID"
    assert CORPORATE_NUMBER.error_code == "JP_CORPORATE_NUMBER_INVALID"
