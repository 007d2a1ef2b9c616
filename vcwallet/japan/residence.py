# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The resident record: of one person (住民票の写し 個人票), and of a household (世帯連記式).

Residential Basic Book Act, arts. 7 and 12, and art. 30-45 for foreign nationals.  A certified copy leaves out the
relationship, the domicile and the items of residence unless somebody asks for them: selective disclosure is the same
rule, claim by claim.

    >>> record = ResidenceRecord(
    ...     full_name="番号　花子",
    ...     birth_date="1990-01-02",
    ...     resident_address=Address(formatted="〇〇県みらい市ひばりが丘一丁目２番３号"),
    ... )
    >>> from datetime import date
    >>> record.claims(on=date(2026, 11, 23))["age_over_20"]
    True

Neither type has a My Number or a 住民票コード, which the paper can have printed on it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from vcwallet.credential_type import Claim, ClaimGroup, Sensitivity, predicate
from vcwallet.japan.address import Address
from vcwallet.japan.codes import Code, Sex
from vcwallet.japan.dates import PartialDate
from vcwallet.japan.envelope import Certificate
from vcwallet.japan.immigration import ForeignResidentCategory, PeriodOfStay, StatusOfResidence
from vcwallet.japan.values import CountryCode, Kana, ResidenceCardNumber, Text

_C = Sensitivity.C


class Relationship(Code):
    """What somebody is to the head of the household (続柄)."""

    HEAD = "head", "世帯主", "Head of household"
    HUSBAND = "husband", "夫", "Husband"
    WIFE = "wife", "妻", "Wife"
    HUSBAND_UNREGISTERED = "husband_unregistered", "夫（未届）", "Husband (unregistered)"
    WIFE_UNREGISTERED = "wife_unregistered", "妻（未届）", "Wife (unregistered)"
    CHILD = "child", "子", "Child"
    CHILD_OF_HUSBAND = "child_of_husband", "夫の子", "Child of the husband"
    CHILD_OF_WIFE = "child_of_wife", "妻の子", "Child of the wife"
    HUSBAND_OF_CHILD = "husband_of_child", "子の夫", "Husband of a child"
    WIFE_OF_CHILD = "wife_of_child", "子の妻", "Wife of a child"
    GRANDCHILD = "grandchild", "子の子", "Grandchild"
    FATHER = "father", "父", "Father"
    MOTHER = "mother", "母", "Mother"
    GRANDFATHER = "grandfather", "祖父", "Grandfather"
    GRANDMOTHER = "grandmother", "祖母", "Grandmother"
    ELDER_BROTHER = "elder_brother", "兄", "Elder brother"
    YOUNGER_BROTHER = "younger_brother", "弟", "Younger brother"
    ELDER_SISTER = "elder_sister", "姉", "Elder sister"
    YOUNGER_SISTER = "younger_sister", "妹", "Younger sister"
    RELATIVE = "relative", "縁故者", "Other relation"
    COHABITANT = "cohabitant", "同居人", "Lodger"


class RemovalReason(Code):
    """Why a person was taken off the register (除票)."""

    MOVED_OUT = "moved_out", "転出", "Moved out"
    DIED = "died", "死亡", "Died"
    NATIONALITY_CHANGED = "nationality_changed", "国籍の取得又は喪失", "Nationality acquired or lost"
    BY_AUTHORITY = "by_authority", "職権消除", "Removed by the authority"


class ResidentItems(ClaimGroup):
    """What the register says of one person."""

    full_name: Annotated[Text, Claim("氏名", "Full name")]
    full_name_kana: Annotated[Kana | None, Claim("氏名の振り仮名", "Reading of the full name")] = None
    full_name_romaji: Annotated[Text | None, Claim("氏名（ローマ字）", "Full name in Latin letters")] = None
    former_family_name: Annotated[Text | None, Claim("旧氏", "Former family name")] = None
    former_family_name_kana: Annotated[Kana | None, Claim("旧氏の振り仮名", "Reading of the former name")] = None
    alias: Annotated[Text | None, Claim("通称", "Registered alias")] = None
    birth_date: Annotated[PartialDate, Claim("生年月日", "Date of birth")]
    sex: Annotated[Sex | None, Claim("性別", "Sex")] = None
    address_since: Annotated[date | None, Claim("住所を定めた年月日", "At this address since")] = None
    resident_since: Annotated[date | None, Claim("住民となった年月日", "Resident since")] = None
    notified_on: Annotated[date | None, Claim("届出年月日", "Notified on")] = None
    address_before_move_in: Annotated[Address | None, Claim("転入前住所", "Address before moving in")] = None
    address_before_change: Annotated[Address | None, Claim("異動前住所", "Address before the last change")] = None
    relationship_to_head: Annotated[
        Relationship | None, Claim("続柄", "Relationship to the head of household", sensitivity=_C)
    ] = None
    registered_domicile: Annotated[Text | None, Claim("本籍", "Registered domicile", sensitivity=_C)] = None
    family_register_head: Annotated[
        Text | None, Claim("筆頭者", "First person on the family register", sensitivity=_C)
    ] = None
    nationality: Annotated[CountryCode | None, Claim("国籍・地域", "Nationality or region", sensitivity=_C)] = None
    resident_category_foreign: Annotated[
        ForeignResidentCategory | None, Claim("30条45規定区分", "Category of foreign resident", sensitivity=_C)
    ] = None
    status_of_residence: Annotated[
        StatusOfResidence | None, Claim("在留資格", "Status of residence", sensitivity=_C)
    ] = None
    period_of_stay: Annotated[PeriodOfStay | None, Claim("在留期間", "Period of stay", sensitivity=_C)] = None
    period_of_stay_expiry: Annotated[
        date | None, Claim("在留期間の満了の日", "Period of stay expires on", sensitivity=_C)
    ] = None
    residence_card_number: Annotated[
        ResidenceCardNumber | None, Claim("在留カード等の番号", "Residence card number", sensitivity=_C)
    ] = None
    removed: Annotated[bool | None, Claim("消除", "Taken off the register", sensitivity=_C)] = None
    removed_reason: Annotated[RemovalReason | None, Claim("消除の事由", "Reason of removal", sensitivity=_C)] = None
    removed_on: Annotated[date | None, Claim("消除年月日", "Removed on", sensitivity=_C)] = None

    @model_validator(mode="after")
    def _one_kind_of_resident(self) -> Self:
        japanese = (self.registered_domicile, self.family_register_head, self.former_family_name)
        foreign = (
            self.nationality,
            self.resident_category_foreign,
            self.status_of_residence,
            self.period_of_stay,
            self.residence_card_number,
            self.alias,
        )
        if (any(japanese) and any(foreign)) or self.nationality == "JPN":
            raise PydanticCustomError(
                "JP_RESIDENT_ITEMS_MIXED", "A record has the items of a Japanese or of a foreign national"
            )
        return self

    @model_validator(mode="after")
    def _removal_complete(self) -> Self:
        if (self.removed_reason or self.removed_on) and not self.removed:
            raise PydanticCustomError("JP_REMOVAL_INCOMPLETE", "A reason or date of removal needs removed=True")
        return self


class ResidenceRecord(
    Certificate,
    ResidentItems,
    vct="urn:vcwallet:jp:resident-record:1",
    doctype="jp.vcwallet.resident-record.1",
    ja="住民票の写し（個人票）",
    en="Resident record",
):
    """What a municipality's resident register says of one person."""

    resident_address: Annotated[Address, Claim("住所", "Address")]
    household_head_name: Annotated[Text | None, Claim("世帯主", "Head of household", sensitivity=_C)] = None
    form: Annotated[Literal["individual"], Claim("様式", "Form", sensitivity=Sensitivity.A)] = "individual"

    @predicate("18歳以上", "Aged 18 or over", replaces="birth_date")
    def age_over_18(self, on: date) -> bool | None:
        """Tell whether the person is of full age; None where the birth date leaves it open."""
        return self.birth_date.is_at_least(18, on)

    @predicate("20歳以上", "Aged 20 or over", replaces="birth_date")
    def age_over_20(self, on: date) -> bool | None:
        """Tell whether the person may buy alcohol and tobacco; None where the birth date leaves it open."""
        return self.birth_date.is_at_least(20, on)


class HouseholdMember(ResidentItems):
    """A person of the household, whose claims are shown apart from those of the others."""


class HouseholdRecord(
    Certificate,
    vct="urn:vcwallet:jp:household-record:1",
    doctype="jp.vcwallet.household-record.1",
    ja="住民票の写し（世帯連記式）",
    en="Household record",
):
    """What a municipality's resident register says of the people of one household."""

    resident_address: Annotated[Address, Claim("住所", "Address")]
    household_head_name: Annotated[Text | None, Claim("世帯主", "Head of household", sensitivity=_C)] = None
    form: Annotated[Literal["household"], Claim("様式", "Form", sensitivity=Sensitivity.A)] = "household"
    members: Annotated[tuple[HouseholdMember, ...], Field(min_length=1), Claim("世帯員", "Members of the household")]

    @model_validator(mode="after")
    def _one_head(self) -> Self:
        if sum(member.relationship_to_head is Relationship.HEAD for member in self.members) > 1:
            raise PydanticCustomError("JP_HOUSEHOLD_HEADS", "A household has one head")
        return self
