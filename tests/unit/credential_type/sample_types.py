# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Credential types for the tests: each feature once."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vcwallet.credential_type import (
    Claim,
    ClaimGroup,
    CredentialType,
    Disclosure,
    Sensitivity,
    Statute,
    predicate,
    threshold_predicate,
)

NUMBER_STATUTE = Statute("NUMBER_NO_BASIS", bases=("number_use_affair", "number_related_affair"))


class Sex(StrEnum):
    FEMALE = "2"
    MALE = "1"

    @property
    def ja(self) -> str:
        return {"2": "女", "1": "男"}[self.value]


class Money(BaseModel):
    """A model that is no group of claims: disclosed as a whole."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    amount: int


class Address(ClaimGroup):
    region: Annotated[str, Claim("都道府県", "Prefecture")]
    locality: Annotated[str, Claim("市区町村", "Municipality")]
    street: Annotated[str | None, Claim("番地", "Street")] = None


class Member(ClaimGroup):
    full_name: Annotated[str, Claim("氏名", "Full name")]
    relationship: Annotated[str | None, Claim("続柄", "Relationship", sensitivity=Sensitivity.C)] = None
    address: Annotated[Address | None, Claim("住所", "Address")] = None


class Certificate(CredentialType):
    """The envelope: a base without a vct."""

    issuing_authority: Annotated[str, Claim("発行元", "Issuing authority", disclosure=Disclosure.ALWAYS)]
    internal_note: Annotated[str | None, Claim("備考", "Note", disclosure=Disclosure.NEVER)] = None


class HouseholdRecord(
    Certificate,
    vct="urn:example:household:1",
    doctype="org.example.household.1",
    context="https://example.org/household/v1",
    ja="世帯票",
    en="Household record",
):
    """Who lives together, and what the household may be asked."""

    full_name: Annotated[str, Claim("氏名", "Full name", description_ja="戸籍の氏名", description_en="As registered")]
    birth_date: Annotated[date | None, Claim("生年月日", "Date of birth", element="birth_date")] = None
    sex: Annotated[Sex | None, Claim("性別", "Sex")] = None
    form: Annotated[Literal["individual", "household"], Claim("様式", "Form", sensitivity=Sensitivity.A)] = "household"
    resident_address: Annotated[Address, Claim("住所", "Address")]
    members: Annotated[tuple[Member, ...], Claim("世帯員", "Members")] = ()
    nicknames: Annotated[tuple[str, ...] | None, Claim("通称", "Aliases")] = None
    income: Annotated[Money | None, Claim("所得", "Income")] = None
    employed: Annotated[bool | None, Claim("就労", "Employed")] = None
    individual_number: Annotated[
        str | None,
        Claim("個人番号", "Individual number", sensitivity=Sensitivity.X, statute=NUMBER_STATUTE),
        Field(pattern=r"^\d{12}$"),
    ] = None

    @predicate("20歳以上", "Aged 20 or over", replaces="birth_date", element="age_over_20")
    def age_over_20(self, on: date) -> bool | None:
        """Tell whether the person is 20 or older."""
        born = self.birth_date
        return None if born is None else (on.year - born.year - ((on.month, on.day) < (born.month, born.day))) >= 20

    @threshold_predicate("次の額を超える所得", "Income above", replaces="income", thresholds=(1_000_000, 3_000_000))
    def income_above(self, threshold: int, on: date) -> bool | None:
        return None if self.income is None else self.income.amount > threshold

    @model_validator(mode="after")
    def _lead_member(self) -> Self:
        if self.members and self.members[0].full_name != self.full_name:
            raise ValueError("the first member is the person of the record")
        return self


class Qualification(Certificate, vct="urn:example:qualification:1", ja="国家資格", en="Qualification"):
    full_name: Annotated[str, Claim("氏名", "Full name")]
    birth_date: Annotated[date, Claim("生年月日", "Date of birth")]
    registration_number: Annotated[str | None, Claim("登録番号", "Registration number")] = None


class NurseLicence(Qualification, vct="urn:example:qualification:nurse:1", ja="看護師免許証", en="Nurse licence"):
    registration_number: Annotated[str, Claim("登録番号", "Registration number")]
    wards: Annotated[tuple[str, ...], Claim("診療科", "Wards")] = ()

    @predicate("成年", "Of age", replaces="birth_date")
    def of_age(self, on: date) -> bool | None:
        return on.year - self.birth_date.year > 18


ON = date(2026, 11, 23)

RECORD = HouseholdRecord(
    issuing_authority="みらい市長",
    internal_note="窓口受付",
    full_name="番号　花子",
    birth_date=date(1990, 1, 2),
    sex=Sex.FEMALE,
    resident_address=Address(region="〇〇県", locality="△△市"),
    members=(Member(full_name="番号　花子"), Member(full_name="番号　一郎", relationship="子")),
    income=Money(amount=2_000_000),
)
