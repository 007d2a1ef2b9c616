# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Reads the exports of a municipality's core systems (examples/data) into the records that its issuer signs.

The columns of the CSV files have the Japanese labels of the claims, so the tables below show which is which::

    residents = load_residents(Path("examples/data/residents.csv"))
    assessments = load_tax_assessments(Path("examples/data/tax_assessments.csv"), residents)

A row that does not make a valid record stops the reading with a `RowError`, which says where and never what it says.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypeVar

from pydantic import ValidationError

from vcwallet.claims import JsonObject
from vcwallet.credential_type import ClaimGroup
from vcwallet.encoding import json
from vcwallet.errors import MalformedError, VcError
from vcwallet.japan import (
    Address,
    AssessmentKind,
    ForeignResidentCategory,
    HouseholdMember,
    HouseholdRecord,
    Money,
    NationalQualification,
    PartialDate,
    PaymentCertificateClass,
    Relationship,
    ResidenceRecord,
    Sex,
    StatusOfResidence,
    TaxAssessment,
    TaxItem,
    TaxPayment,
)
from vcwallet.japan.catalogue import TYPES
from vcwallet.japan.codes import from_japanese
from vcwallet.japan.names import normalise_for_signing

REGION, CITY, CITY_CODE, MAYOR = "〇〇県", "みらい市", "999016", "みらい市長"

_Record = TypeVar("_Record", bound=ClaimGroup)

Read: TypeAlias = Callable[[str], object]
Columns: TypeAlias = Mapping[str, tuple[str, Read]]
"""By column: the claim that it fills (``deductions.basic`` for one in a group), and how a cell is read."""


class RowError(MalformedError):
    """A row of an export is not a record; `row` counts from 1 with the header, `column` is empty for the whole row."""

    default_code = "EXPORT_ROW_INVALID"

    def __init__(self, file: str, row: int, column: str, reason: str) -> None:
        """Say where, and why; a reason has no values in it."""
        super().__init__(f"{file}, row {row}, column {column or '(all)'}: {reason}")
        self.row = row
        self.column = column


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """A person of the register: the town's own numbers, which leave it with no credential, and the record."""

    number: str
    household: str
    record: ResidenceRecord = field(repr=False)


# --- files ------------------------------------------------------------------------------------------------------------


def load_residents(path: Path) -> dict[str, Resident]:
    """Return the residents of an export, by their number (宛名番号).

    Raises:
        RowError: a row is no resident, two have one number, or a household has no head.
    """
    rows = list(_rows(path, ("宛名番号", "世帯番号", *_RESIDENT, *_ADDRESS)))
    heads = {row.cells["世帯番号"]: row.cells["氏名"] for row in rows if row.cells["続柄"] == Relationship.HEAD.ja}
    residents: dict[str, Resident] = {}
    for row in rows:
        number, household = row.cells["宛名番号"], row.cells["世帯番号"]
        if not number or number in residents:
            raise row.error("宛名番号", "missing, or given twice")
        if household not in heads:
            raise row.error("世帯番号", "the household has no head")
        claims = {
            "issuing_authority": MAYOR,
            "issuing_authority_code": CITY_CODE,
            "document_name": "住民票の写し",
            "resident_address": row.address(),
            "household_head_name": heads[household],
            **row.claims(_RESIDENT),
        }
        residents[number] = Resident(
            number=number, household=household, record=row.record(ResidenceRecord, claims, _RESIDENT)
        )
    return residents


def households(residents: Mapping[str, Resident]) -> dict[str, HouseholdRecord]:
    """Return the household records of residents, by the household's number."""
    together: dict[str, list[ResidenceRecord]] = {}
    for resident in residents.values():
        together.setdefault(resident.household, []).append(resident.record)
    return {number: _household(records) for number, records in together.items()}


def load_tax_assessments(path: Path, residents: Mapping[str, Resident]) -> dict[str, TaxAssessment]:
    """Return the assessments of an export, by the resident's number.

    Raises:
        RowError: a row is no assessment, or of nobody on the register.
    """
    assessments: dict[str, TaxAssessment] = {}
    for row in _rows(path, ("宛名番号", *_ASSESSMENT)):
        record = row.resident(residents).record
        claims = {
            "issuing_authority": MAYOR,
            "issuing_authority_code": CITY_CODE,
            "full_name": record.full_name,
            "address_on_assessment_date": record.resident_address,
            **row.claims(_ASSESSMENT),
        }
        assessments[row.cells["宛名番号"]] = row.record(TaxAssessment, claims, _ASSESSMENT)
    return assessments


def load_tax_payments(path: Path, residents: Mapping[str, Resident]) -> dict[str, tuple[TaxPayment, ...]]:
    """Return the payments of an export, by the resident's number.

    Raises:
        RowError: a row is no payment, or of nobody on the register.
    """
    payments: dict[str, tuple[TaxPayment, ...]] = {}
    for row in _rows(path, ("宛名番号", *_PAYMENT)):
        number = row.cells["宛名番号"]
        claims = {
            "issuing_authority": MAYOR,
            "issuing_authority_code": CITY_CODE,
            "full_name": row.resident(residents).record.full_name,
            **row.claims(_PAYMENT),
        }
        payments[number] = (*payments.get(number, ()), row.record(TaxPayment, claims, _PAYMENT))
    return payments


def load_qualifications(path: Path) -> tuple[NationalQualification, ...]:
    """Return the qualifications of an export of registers: a JSON array of claims, each with its ``vct``.

    Raises:
        RowError: an entry is no qualification; `row` is its place in the array, counted from 1.
        MalformedError: the file is not such an array.
    """
    entries = json.loads(path.read_bytes())
    if not isinstance(entries, list):
        raise MalformedError("an export of qualifications is an array", code=RowError.default_code)
    kinds = {kind.vct: kind for kind in TYPES if issubclass(kind, NationalQualification)}
    return tuple(_qualification(entry, kinds, path.name, place) for place, entry in enumerate(entries, start=1))


# --- cells ------------------------------------------------------------------------------------------------------------


def _text(cell: str) -> str:
    return normalise_for_signing(cell)


def _birth_date(cell: str) -> PartialDate:
    return PartialDate() if cell == "不詳" else PartialDate.parse(cell)


def _address_line(cell: str) -> Address:
    return Address(formatted=normalise_for_signing(cell))


def _number(cell: str) -> int:
    if re.fullmatch("-?[0-9]{1,15}", cell) is None:
        raise ValueError("not a number")
    return int(cell)


def _money(cell: str) -> Money:
    """Read an amount; ``*`` is an unreported one, and an empty cell is none at all."""
    return Money.unreported() if cell == "*" else Money.yen(_number(cell))


def _yes_no(cell: str) -> bool:
    return {"はい": True, "いいえ": False}[cell]


def _code(codes: type[Enum]) -> Read:
    def read(cell: str) -> Enum:
        code = from_japanese(codes, cell)
        if code is None:
            raise ValueError("not a word of the list")
        return code

    return read


_ADDRESS: Final[Columns] = MappingProxyType(
    {
        "郵便番号": ("postal_code", _text),
        "町字": ("town", _text),
        "番地・号": ("street", _text),
        "方書": ("building", _text),
        "町字ID": ("machiaza_id", _text),
    }
)

_RESIDENT: Final[Columns] = MappingProxyType(
    {
        "氏名": ("full_name", _text),
        "氏名の振り仮名": ("full_name_kana", _text),
        "氏名（ローマ字）": ("full_name_romaji", _text),
        "旧氏": ("former_family_name", _text),
        "旧氏の振り仮名": ("former_family_name_kana", _text),
        "通称": ("alias", _text),
        "生年月日": ("birth_date", _birth_date),
        "性別": ("sex", _code(Sex)),
        "住所を定めた年月日": ("address_since", _text),
        "住民となった年月日": ("resident_since", _text),
        "届出年月日": ("notified_on", _text),
        "転入前住所": ("address_before_move_in", _address_line),
        "異動前住所": ("address_before_change", _address_line),
        "続柄": ("relationship_to_head", _code(Relationship)),
        "本籍": ("registered_domicile", _text),
        "筆頭者": ("family_register_head", _text),
        "国籍・地域": ("nationality", _text),
        "30条45規定区分": ("resident_category_foreign", _code(ForeignResidentCategory)),
        "在留資格": ("status_of_residence", _code(StatusOfResidence)),
        "在留期間": ("period_of_stay", _text),
        "在留期間の満了の日": ("period_of_stay_expiry", _text),
        "在留カード等の番号": ("residence_card_number", _text),
    }
)

_ASSESSMENT: Final[Columns] = MappingProxyType(
    {
        "年度": ("fiscal_year", _number),
        "所得年": ("income_year", _number),
        "課税・非課税の別": ("certificate_kind", _code(AssessmentKind)),
        "合計所得金額": ("total_income", _money),
        "総所得金額等": ("aggregate_income", _money),
        "給与収入": ("salary_revenue", _money),
        "給与所得": ("salary_income", _money),
        "公的年金収入": ("pension_revenue", _money),
        "雑所得": ("misc_income", _money),
        "社会保険料控除": ("deductions.social_insurance", _money),
        "生命保険料控除": ("deductions.life_insurance", _money),
        "障害者控除": ("deductions.disability", _money),
        "配偶者控除": ("deductions.spouse", _money),
        "基礎控除": ("deductions.basic", _money),
        "所得控除合計": ("deductions_total", _money),
        "課税標準額": ("tax_base", _money),
        "調整控除": ("tax_credits.adjustment", _money),
        "市町村民税所得割": ("municipal_income_levy", _money),
        "市町村民税均等割": ("municipal_per_capita_levy", _money),
        "都道府県民税所得割": ("prefectural_income_levy", _money),
        "都道府県民税均等割": ("prefectural_per_capita_levy", _money),
        "森林環境税": ("forest_environment_tax", _money),
        "年税額": ("annual_tax", _money),
        "扶養（配偶者）": ("dependents.spouse", _number),
        "扶養（障害者）": ("dependents.disabled", _number),
    }
)

_PAYMENT: Final[Columns] = MappingProxyType(
    {
        "税目": ("tax_item", _code(TaxItem)),
        "年度": ("fiscal_year", _number),
        "期別": ("term", _text),
        "納付すべき額": ("amount_due", _number),
        "納付済額": ("amount_paid", _number),
        "未納額": ("amount_unpaid", _number),
        "法定納期限": ("statutory_due_date", _text),
        "滞納なし": ("no_arrears", _yes_no),
        "証明書の種類": ("certificate_class", _code(PaymentCertificateClass)),
    }
)


# --- rows -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A row of a file, with the cells by column."""

    file: str
    number: int
    cells: Mapping[str, str] = field(repr=False)

    def error(self, column: str, reason: str) -> RowError:
        return RowError(self.file, self.number, column, reason)

    @contextmanager
    def reading(self, column: str) -> Iterator[None]:
        """Turn what goes wrong with a cell into an error without the cell."""
        try:
            yield
        except VcError as error:
            raise self.error(column, error.code) from None
        except ValidationError as error:
            raise self.error(column, error.errors()[0]["type"]) from None
        except (ValueError, KeyError):
            raise self.error(column, "not readable") from None

    def claims(self, columns: Columns) -> dict[str, Any]:
        """Return the claims of the cells that are not empty, those of a group together."""
        claims: dict[str, Any] = {}
        for column, (claim, read) in columns.items():
            if self.cells[column]:
                group, _, member = claim.rpartition(".")
                with self.reading(column):
                    (claims.setdefault(group, {}) if group else claims)[member] = read(self.cells[column])
        return claims

    def address(self) -> Address:
        """Return the address, which has a column for each part."""
        parts = self.claims(_ADDRESS)
        line = "".join(parts.get(name, "") for name in ("town", "street", "building"))
        city = {"formatted": f"{REGION}{CITY}{line}", "region": REGION, "locality": CITY, "lg_code": CITY_CODE}
        return self.record(Address, city | parts, _ADDRESS)

    def resident(self, residents: Mapping[str, Resident]) -> Resident:
        """Return who the row is about."""
        if self.cells["宛名番号"] not in residents:
            raise self.error("宛名番号", "nobody of this number is on the register")
        return residents[self.cells["宛名番号"]]

    def record(self, kind: type[_Record], claims: Mapping[str, Any], columns: Columns) -> _Record:
        """Return the record of the claims."""
        try:
            return kind.model_validate(claims)
        except ValidationError as error:
            first = error.errors()[0]
            wrong = ".".join(str(part) for part in first["loc"])
            column = next((column for column, (claim, _) in columns.items() if f"{wrong}.".startswith(f"{claim}.")), "")
            raise self.error(column, first["type"]) from None


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[_Row]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")  # some systems begin the file with a mark of the byte order
    except UnicodeDecodeError as error:
        raise RowError(path.name, data.count(b"\n", 0, error.start) + 1, "", "not UTF-8") from None
    reader = csv.reader(io.StringIO(text), strict=True)
    header = next(reader, [])
    if sorted(header) != sorted(columns):
        wrong = min(set(columns) ^ set(header), default="")
        raise RowError(path.name, 1, wrong, "missing, unknown or twice in the header")
    number = 1
    try:
        for number, cells in enumerate(reader, start=2):
            if len(cells) != len(header):
                raise RowError(path.name, number, "", "more or fewer cells than the header")
            yield _Row(file=path.name, number=number, cells=dict(zip(header, cells, strict=True)))
    except csv.Error:
        raise RowError(path.name, number + 1, "", "not CSV") from None


# --- records ----------------------------------------------------------------------------------------------------------


def _household(records: list[ResidenceRecord]) -> HouseholdRecord:
    first = records[0]
    members = (
        HouseholdMember.model_validate({name: getattr(record, name) for name in HouseholdMember.model_fields})
        for record in records
    )
    return HouseholdRecord(
        issuing_authority=MAYOR,
        issuing_authority_code=CITY_CODE,
        document_name="住民票の写し",
        resident_address=first.resident_address,
        household_head_name=first.household_head_name,
        members=tuple(members),
    )


def _qualification(
    entry: object, kinds: Mapping[str, type[NationalQualification]], file: str, place: int
) -> NationalQualification:
    claims: JsonObject = entry if isinstance(entry, Mapping) else {}
    kind = kinds.get(str(claims.get("vct")))
    if kind is None:
        raise RowError(file, place, "vct", "no qualification of the catalogue")
    try:
        return kind.model_validate({name: value for name, value in claims.items() if name != "vct"})
    except ValidationError as error:
        first = error.errors()[0]
        raise RowError(file, place, ".".join(str(part) for part in first["loc"]), first["type"]) from None
