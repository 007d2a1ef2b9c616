# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""National qualifications (国家資格): what the registers of professions have in common, and some of the professions.

A profession extends `NationalQualification`, so a verifier that asks for the general type accepts each of them.  A
qualification does not prove who presents it: see `vcwallet.japan.rules.require_identity_bound`.

    >>> NurseLicence(
    ...     full_name="山田　花子",
    ...     birth_date="1991-05-06",
    ...     registration_number="第88888号",
    ...     qualification_status="active",
    ... ).qualification_name
    '看護師'
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Self, TypeAlias

from pydantic import ConfigDict, RootModel, model_validator
from pydantic_core import PydanticCustomError

from vcwallet.credential_type import Claim, ClaimGroup, Sensitivity
from vcwallet.japan.codes import Code, Sex
from vcwallet.japan.dates import PartialDate
from vcwallet.japan.envelope import Certificate
from vcwallet.japan.values import Text

_A, _C = Sensitivity.A, Sensitivity.C

# Optional in every type, so that the type of a profession can fill it in; a record always has it.
_QualificationName: TypeAlias = Annotated[Text | None, Claim("資格名称", "Qualification", sensitivity=_A)]


class QualificationStatus(Code):
    """What a register said of a qualification at the time of issue; what it says now is the status list's to tell."""

    ACTIVE = "active", "有効", "Active"
    SUSPENDED = "suspended", "停止", "Suspended"
    CANCELLED = "cancelled", "取消", "Cancelled"
    EXPIRED = "expired", "失効", "Expired"


class SanctionKind(Code):
    """A measure against a professional."""

    SUSPENSION = "suspension", "業務停止", "Suspension of practice"
    REPRIMAND = "reprimand", "戒告", "Reprimand"
    RETRAINING = "retraining", "再教育研修", "Re-training"


class Sanction(ClaimGroup):
    """A measure that a register records, with the time for which it holds."""

    kind: Annotated[SanctionKind, Claim("処分の種類", "Measure", sensitivity=_C)]
    begins: Annotated[date, Claim("開始日", "From", sensitivity=_C)]
    ends: Annotated[date | None, Claim("終了日", "Until", sensitivity=_C)] = None
    published: Annotated[bool, Claim("公表", "Published", sensitivity=_C)] = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends is not None and self.ends < self.begins:
            raise PydanticCustomError("JP_SANCTION_ORDER", "A measure does not end before it begins")
        return self


class Sanctions(RootModel[tuple[Sanction, ...]]):
    """All measures, to be shown together: of an array of claims a holder could leave out one."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)


class NationalQualification(
    Certificate,
    vct="urn:vcwallet:jp:national-qualification:1",
    doctype="jp.vcwallet.national-qualification.1",
    ja="国家資格者証",
    en="National qualification",
):
    """That somebody is on the register of a profession."""

    qualification_name: _QualificationName = None
    qualification_id: Annotated[Text | None, Claim("資格ID", "Qualification ID", sensitivity=_A)] = None
    full_name: Annotated[Text, Claim("氏名", "Full name")]
    former_family_name: Annotated[Text | None, Claim("旧姓併記", "Former family name")] = None
    alias: Annotated[Text | None, Claim("通称", "Registered alias")] = None
    birth_date: Annotated[PartialDate, Claim("生年月日", "Date of birth")]
    sex: Annotated[Sex | None, Claim("性別", "Sex")] = None
    registration_number: Annotated[Text, Claim("登録番号", "Registration number")]
    registration_date: Annotated[date | None, Claim("登録年月日", "Registered on")] = None
    qualification_status: Annotated[QualificationStatus, Claim("資格状態", "Status", sensitivity=_A)]
    issuer_title_name: Annotated[Text | None, Claim("交付者名", "Issued by", sensitivity=_A)] = None
    document_type_code: Annotated[Text | None, Claim("証明書種別", "Kind of document", sensitivity=_A)] = None
    holder_code: Annotated[Text | None, Claim("利用者コード", "Holder code", sensitivity=_C)] = None
    registered_domicile_prefecture: Annotated[
        Text | None, Claim("本籍地都道府県（国籍）", "Prefecture of domicile or nationality", sensitivity=_C)
    ] = None
    sanctions: Annotated[Sanctions | None, Claim("処分", "Measures", sensitivity=_C)] = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.qualification_name is None:
            raise PydanticCustomError("JP_QUALIFICATION_UNNAMED", "A qualification has a name")
        return self


class PhysicianLicence(
    NationalQualification,
    vct="urn:vcwallet:jp:qualification:physician:1",
    doctype="jp.vcwallet.qualification.physician.1",
    ja="医師免許証",
    en="Physician's licence",
):
    """That somebody is on the medical register (医籍)."""

    qualification_name: _QualificationName = "医師"


class NurseLicence(
    NationalQualification,
    vct="urn:vcwallet:jp:qualification:nurse:1",
    doctype="jp.vcwallet.qualification.nurse.1",
    ja="看護師免許証",
    en="Nurse's licence",
):
    """That somebody is on the register of nurses (看護師籍)."""

    qualification_name: _QualificationName = "看護師"


class ChildcareWorkerRegistration(
    NationalQualification,
    vct="urn:vcwallet:jp:qualification:childcare-worker:1",
    doctype="jp.vcwallet.qualification.childcare-worker.1",
    ja="保育士登録証",
    en="Childcare worker's registration",
):
    """That somebody is on a prefecture's register of childcare workers (保育士登録簿)."""

    qualification_name: _QualificationName = "保育士"


class TeacherLicenceClass(Code):
    """The class of a teacher's licence."""

    ADVANCED = "advanced", "専修", "Advanced"
    FIRST = "first", "一種", "First class"
    SECOND = "second", "二種", "Second class"
    SPECIAL = "special", "特別", "Special"
    TEMPORARY = "temporary", "臨時", "Temporary"


class LicenceLapse(Code):
    """How a teacher's licence came to an end."""

    LAPSED = "lapsed", "失効", "Lapsed"
    WITHDRAWN = "withdrawn", "取上げ", "Withdrawn"


class TeacherLicence(
    NationalQualification,
    vct="urn:vcwallet:jp:qualification:teacher:1",
    doctype="jp.vcwallet.qualification.teacher.1",
    ja="教員免許状",
    en="Teacher's licence",
):
    """That a prefectural board of education has licensed somebody to teach."""

    qualification_name: _QualificationName = "教育職員"
    licence_kind: Annotated[Text | None, Claim("免許状の種類", "Kind of licence", sensitivity=_A)] = None
    licence_class: Annotated[TeacherLicenceClass, Claim("免許状の区分", "Class", sensitivity=_A)]
    subjects: Annotated[tuple[Text, ...] | None, Claim("教科", "Subjects", sensitivity=_A)] = None
    conferred_on: Annotated[date | None, Claim("授与年月日", "Conferred on")] = None
    conferring_authority: Annotated[Text | None, Claim("授与権者", "Conferred by", sensitivity=_A)] = None
    lapse: Annotated[LicenceLapse | None, Claim("失効・取上げ", "Lapsed or withdrawn", sensitivity=_C)] = None
    lapsed_on: Annotated[date | None, Claim("失効・取上げ年月日", "Lapsed or withdrawn on", sensitivity=_C)] = None

    @model_validator(mode="after")
    def _lapse_fits_status(self) -> Self:
        over = self.qualification_status in (QualificationStatus.CANCELLED, QualificationStatus.EXPIRED)
        if (self.lapse is not None or self.lapsed_on is not None) and not over:
            raise PydanticCustomError("JP_LICENCE_LAPSED", "A licence that lapsed or was withdrawn is no longer active")
        return self


class AdministrativeScrivenerRegistration(
    NationalQualification,
    vct="urn:vcwallet:jp:qualification:administrative-scrivener:1",
    doctype="jp.vcwallet.qualification.administrative-scrivener.1",
    ja="行政書士登録証",
    en="Administrative scrivener's registration",
):
    """That somebody is on the register of administrative scriveners (行政書士名簿)."""

    qualification_name: _QualificationName = "行政書士"
