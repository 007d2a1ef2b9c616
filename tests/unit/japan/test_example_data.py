# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The exports of the made-up municipality: current, readable, and with enough of everything that is special."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from examples.municipal_data import (
    Resident,
    RowError,
    households,
    load_qualifications,
    load_residents,
    load_tax_assessments,
    load_tax_payments,
)
from tests.support.sources import REPOSITORY
from tools import make_example_data
from vcwallet.japan import NationalQualification, TaxAssessment, TaxPayment
from vcwallet.japan.identifiers import find_my_numbers
from vcwallet.japan.names import folded_key

DATA = REPOSITORY / "examples" / "data"
ON = date(2026, 11, 23)


@pytest.fixture(scope="module")
def residents() -> dict[str, Resident]:
    return load_residents(DATA / "residents.csv")


@pytest.fixture(scope="module")
def assessments(residents: dict[str, Resident]) -> dict[str, TaxAssessment]:
    return load_tax_assessments(DATA / "tax_assessments.csv", residents)


@pytest.fixture(scope="module")
def payments(residents: dict[str, Resident]) -> list[TaxPayment]:
    loaded = load_tax_payments(DATA / "tax_payments.csv", residents)
    return [payment for several in loaded.values() for payment in several]


@pytest.fixture(scope="module")
def qualifications() -> tuple[NationalQualification, ...]:
    return load_qualifications(DATA / "qualifications.json")


# --- the data ---------------------------------------------------------------------------------------------------------


def test_the_files_are_what_the_generator_makes() -> None:
    made = make_example_data.files()
    assert made.keys() == {path.name for path in DATA.iterdir()}
    for name, content in made.items():
        assert DATA.joinpath(name).read_bytes() == content, f"run `python -m tools.make_example_data` for {name}"


def test_there_is_no_my_number_and_nothing_like_one() -> None:
    for path in DATA.iterdir():
        text = path.read_text("utf-8")
        assert find_my_numbers(text) == 0
        assert not re.search(r"(?<!\d)\d{11,12}(?!\d)", text)


def test_every_resident_loads(residents: dict[str, Resident]) -> None:
    assert len(residents) == 200
    assert all(resident.record.claims(on=ON) for resident in residents.values())


def test_every_resident_is_in_one_household(residents: dict[str, Resident]) -> None:
    together = households(residents)
    assert sum(len(household.members) for household in together.values()) == 200
    assert sum(len(household.members) >= 3 for household in together.values()) >= 5


def test_the_people_whom_the_examples_follow_are_there(residents: dict[str, Resident]) -> None:
    by_name = {resident.record.full_name: resident for resident in residents.values()}
    taro, lan = by_name["山田　太郎"].record, by_name["NGUYEN THI LAN"].record
    assert (taro.birth_date.isoformat(), taro.former_family_name) == ("1990-01-02", None)
    assert by_name["山田　花子"].record.former_family_name == "鈴木"
    assert by_name["山田　花子"].household == by_name["山田　太郎"].household
    assert (lan.nationality, lan.status_of_residence) == ("VNM", "specified_skilled_worker_1")
    assert "番号　花子" in by_name


@pytest.mark.parametrize(
    ("special", "at_least"),
    [
        (lambda one: any("\U000e0100" <= character <= "\U000e01ef" for character in one.full_name), 5),
        (lambda one: len(folded_key(one.full_name)) < len(one.full_name) - 1, 5),
        (lambda one: one.former_family_name is not None, 5),
        (lambda one: one.alias is not None, 5),
        (lambda one: one.nationality is not None, 5),
        (lambda one: one.full_name_kana is None, 5),
        (lambda one: one.birth_date.exact is None, 5),
        (lambda one: one.birth_date.year is None, 2),
        (lambda one: one.address_before_change is not None, 5),
        (lambda one: "age_over_20" not in one.claims(on=ON), 2),
        (lambda one: one.claims(on=ON).get("age_over_18") is False, 5),
    ],
)
def test_there_are_enough_residents_of_each_special_kind(
    residents: dict[str, Resident], special, at_least: int
) -> None:
    assert sum(bool(special(resident.record)) for resident in residents.values()) >= at_least


@pytest.mark.parametrize(
    "special",
    [
        lambda one: not one.total_income.is_reported,
        lambda one: one.certificate_kind == "non_taxed",
        lambda one: one.certificate_kind == "taxed",
        lambda one: one.dependents is not None and one.dependents.disabled,
        lambda one: one.pension_revenue is not None,
        lambda one: one.claims(on=ON).get("income_above", {}).get("3000000"),
    ],
)
def test_there_are_enough_assessments_of_each_kind(assessments: dict[str, TaxAssessment], special) -> None:
    assert sum(bool(special(one)) for one in assessments.values()) >= 5


def test_an_assessment_adds_up(assessments: dict[str, TaxAssessment]) -> None:
    for one in assessments.values():
        assert one.annual_tax is not None
        levies = (
            one.municipal_income_levy,
            one.municipal_per_capita_levy,
            one.prefectural_income_levy,
            one.prefectural_per_capita_levy,
            one.forest_environment_tax,
        )
        assert one.annual_tax.require_amount() == sum(levy.require_amount() for levy in levies if levy is not None)


def test_there_are_enough_payments_of_each_kind(payments: list[TaxPayment]) -> None:
    assert sum(payment.no_arrears is False for payment in payments) >= 5
    assert {payment.tax_item.value for payment in payments} == {"inhabitant", "fixed_asset", "light_vehicle"}


def test_there_are_qualifications_of_each_profession(qualifications: tuple[NationalQualification, ...]) -> None:
    kinds = [type(one).__name__ for one in qualifications]
    assert len(set(kinds)) == 6
    assert min(kinds.count(kind) for kind in kinds) == 5
    assert qualifications[0].full_name == "山田　花子"
    assert sum(one.sanctions is not None for one in qualifications) >= 2
    assert {one.qualification_status.value for one in qualifications} == {"active", "suspended", "cancelled"}


# --- what a reader is told --------------------------------------------------------------------------------------------

RESIDENTS = DATA.joinpath("residents.csv").read_text("utf-8")


def changed(tmp_path: Path, old: str, new: str, *, encoding: str = "utf-8") -> Path:
    path = tmp_path / "residents.csv"
    assert old in RESIDENTS
    path.write_bytes(RESIDENTS.replace(old, new, 1).encode(encoding))
    return path


def test_a_byte_order_mark_is_tolerated(tmp_path: Path) -> None:
    path = changed(tmp_path, "", "", encoding="utf-8-sig")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(load_residents(path)) == 200


@pytest.mark.parametrize(
    ("old", "new", "row", "column"),
    [
        ("1990-01-02,男", "1990-02-30,男", 2, "生年月日"),
        ("1991-05-06,女", "1991-05-06,女性", 3, "性別"),
        ("ヤマダ　サクラ", "やまだ　さくら", 4, "氏名の振り仮名"),
        ("番号　花子", "", 5, "氏名"),
        ("R00002,", "R00001,", 3, "宛名番号"),
        ("R00002,S00001", "R00002,S99999", 3, "世帯番号"),
        ("AB12345678CD", "A12345678CD", 6, "在留カード等の番号"),
        ("0000011", "000", 2, "郵便番号"),
        ("山田　さくら", "1234 5678 9018", 4, ""),
        ("山田　さくら", "\ufa19　さくら", 4, "氏名"),
        ("R00003,", "R00003,,", 4, ""),
        ("旧氏,", "旧姓,", 1, "旧姓"),
        ("旧氏,", "旧氏,旧氏,", 1, ""),
        ("R00002,S00001,", 'R00002,"S00001,', 3, ""),
    ],
)
def test_an_error_says_where_and_not_what(tmp_path: Path, old: str, new: str, row: int, column: str) -> None:
    with pytest.raises(RowError) as caught:
        load_residents(changed(tmp_path, old, new))
    assert (caught.value.row, caught.value.column) == (row, column)
    assert caught.value.code == "EXPORT_ROW_INVALID"
    assert not re.search("山田|番号　|ヤマダ|1990|1991|1234", str(caught.value))
    assert caught.value.__cause__ is None


def test_another_encoding_is_refused_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "residents.csv"
    path.write_bytes(RESIDENTS.encode().replace("山田　花子".encode(), "山田　花子".encode("cp932"), 1))
    with pytest.raises(RowError) as caught:
        load_residents(path)
    assert caught.value.row == 3


@pytest.mark.parametrize("content", [b"", b"a,b\n"])
def test_a_file_without_the_header_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "residents.csv"
    path.write_bytes(content)
    with pytest.raises(RowError) as caught:
        load_residents(path)
    assert caught.value.row == 1


def test_a_tax_of_nobody_on_the_register_is_refused(residents: dict[str, Resident], tmp_path: Path) -> None:
    path = tmp_path / "tax_assessments.csv"
    path.write_text(DATA.joinpath("tax_assessments.csv").read_text("utf-8").replace("R00002", "R09999", 1), "utf-8")
    with pytest.raises(RowError) as caught:
        load_tax_assessments(path, residents)
    assert (caught.value.row, caught.value.column) == (3, "宛名番号")


@pytest.mark.parametrize("amount", ["1,000", "１０", "1.5", "-", "0" * 16])
def test_an_amount_is_digits(residents: dict[str, Resident], tmp_path: Path, amount: str) -> None:
    path = tmp_path / "tax_assessments.csv"
    text = DATA.joinpath("tax_assessments.csv").read_text("utf-8")
    path.write_text(text.replace(",課税,", f',課税,"{amount}",', 1).replace(f'"{amount}",', f'"{amount}"', 1), "utf-8")
    with pytest.raises(RowError):
        load_tax_assessments(path, residents)


@pytest.mark.parametrize(
    ("content", "column"),
    [
        ('[{"vct": "urn:example:other:1"}]', "vct"),
        ("[1]", "vct"),
        ('[{"vct": "urn:vcwallet:jp:qualification:nurse:1"}]', "full_name"),
    ],
)
def test_an_entry_that_is_no_qualification_is_refused(tmp_path: Path, content: str, column: str) -> None:
    path = tmp_path / "qualifications.json"
    path.write_text(content, "utf-8")
    with pytest.raises(RowError) as caught:
        load_qualifications(path)
    assert (caught.value.row, caught.value.column) == (1, column)
