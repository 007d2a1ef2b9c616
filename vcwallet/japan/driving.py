# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The driving licence: the data set of ISO/IEC 18013-5, clause 7.2, and what only a Japanese licence says.

    >>> from datetime import date
    >>> privilege = DrivingPrivilege(vehicle_category_code="B", issue_date=date(2010, 4, 1))
    >>> licence = DrivingLicence(
    ...     family_name="BANGO",
    ...     given_name="HANAKO",
    ...     family_name_national_character="番号",
    ...     given_name_national_character="花子",
    ...     birth_date=date(1990, 1, 2),
    ...     issue_date=date(2025, 2, 2),
    ...     expiry_date=date(2030, 2, 2),
    ...     issuing_country="JP",
    ...     issuing_authority="Public Safety Commission",
    ...     document_number="M-000-1",
    ...     portrait=bytes.fromhex("ffd8ffd9"),
    ...     driving_privileges=(privilege,),
    ...     un_distinguishing_sign="J",
    ...     licence_number="300000000019",
    ... )
    >>> licence.claims(on=date(2026, 11, 23))["age_over_65"]
    False

The standard's texts are in Latin letters; the names in Japanese have elements of their own.  ``document_number`` is
that of this copy, and no text of twelve digits that could be a My Number; the number of the licence is an element of
the Japanese namespace, which is ours, since no official one is known.  Its check digit is not looked at, as the rule
is not published; for data entry there is `vcwallet.japan.identifiers.DRIVING_LICENCE_NUMBER_STRICT`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Self, TypeAlias

from pydantic import StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from vcwallet.credential_type import Claim, ClaimGroup, Disclosure, Sensitivity
from vcwallet.japan import type_ids
from vcwallet.japan.age import AgeAnswers
from vcwallet.japan.codes import Code, Sex
from vcwallet.japan.lawful import LawfulRecord
from vcwallet.japan.values import CountryCode2, DrivingLicenceNumber, JpegOrJpeg2000, Latin, Text

_A, _C, _ALWAYS = Sensitivity.A, Sensitivity.C, Disclosure.ALWAYS
_JP: Final = type_ids.DRIVING_LICENCE_DOMESTIC

VehicleCategory: TypeAlias = Annotated[str, StringConstraints(pattern="^[A-Z][A-Z0-9]{0,2}$")]
"""A category of vehicles by ISO/IEC 18013-1, annex B."""

DistinguishingSign: TypeAlias = Annotated[str, StringConstraints(pattern="^[A-Z]{1,3}$")]
"""The sign of the issuing country in road traffic (ISO/IEC 18013-1, annex F); Japan's is J."""

Subdivision: TypeAlias = Annotated[str, StringConstraints(pattern="^[A-Z]{2}-[A-Z0-9]{1,3}$")]
"""A part of a country by ISO 3166-2, such as JP-13."""


class LicenceCategory(Code):
    """What a Japanese licence allows to drive, by the words in its grid."""

    LARGE = "large", "大型", "Large vehicle"
    MEDIUM = "medium", "中型", "Medium vehicle"
    SEMI_MEDIUM = "semi_medium", "準中型", "Semi-medium vehicle"
    ORDINARY = "ordinary", "普通", "Ordinary vehicle"
    LARGE_SPECIAL = "large_special", "大特", "Large special vehicle"
    LARGE_MOTORCYCLE = "large_motorcycle", "大自二", "Large motorcycle"
    ORDINARY_MOTORCYCLE = "ordinary_motorcycle", "普自二", "Ordinary motorcycle"
    SMALL_SPECIAL = "small_special", "小特", "Small special vehicle"
    MOPED = "moped", "原付", "Motorised bicycle"
    TOWING = "towing", "け引", "Towing"
    LARGE_2 = "large_class2", "大二", "Large vehicle, class 2"
    MEDIUM_2 = "medium_class2", "中二", "Medium vehicle, class 2"
    ORDINARY_2 = "ordinary_class2", "普二", "Ordinary vehicle, class 2"
    LARGE_SPECIAL_2 = "large_special_class2", "大特二", "Large special vehicle, class 2"
    TOWING_2 = "towing_class2", "け引二", "Towing, class 2"


class ColourClass(Code):
    """The colour of the band with the expiry date: a new driver, another one, one without recent violations."""

    GREEN = "green", "緑", "Green"
    BLUE = "blue", "青", "Blue"
    GOLD = "gold", "金", "Gold"


class PrivilegeCode(ClaimGroup):
    """A condition or restriction of a privilege (ISO/IEC 18013-2, annex A)."""

    code: Annotated[Latin, Claim("条件コード", "Code", sensitivity=_C, disclosure=_ALWAYS)]
    sign: Annotated[Latin | None, Claim("符号", "Sign", sensitivity=_C, disclosure=_ALWAYS)] = None
    value: Annotated[Latin | None, Claim("値", "Value", sensitivity=_C, disclosure=_ALWAYS)] = None


class DrivingPrivilege(ClaimGroup):
    """A category of vehicles that somebody may drive (ISO/IEC 18013-5, clause 7.2.4).

    It is shown as a whole: by itself the category would be a privilege without its restrictions.
    """

    vehicle_category_code: Annotated[VehicleCategory, Claim("車両区分", "Vehicle category", disclosure=_ALWAYS)]
    issue_date: Annotated[date | None, Claim("取得年月日", "Since", disclosure=_ALWAYS)] = None
    expiry_date: Annotated[date | None, Claim("有効期限", "Until", disclosure=_ALWAYS)] = None
    codes: Annotated[
        tuple[PrivilegeCode, ...] | None, Claim("条件", "Conditions", sensitivity=_C, disclosure=_ALWAYS)
    ] = None


class FirstLicenceDates(ClaimGroup):
    """When the first licence of each group was obtained."""

    motorcycle_small_special: Annotated[date | None, Claim("二・小・原", "Motorcycle, small special, moped")] = None
    other: Annotated[date | None, Claim("他", "Others")] = None
    class2: Annotated[date | None, Claim("二種", "Class 2")] = None


class DrivingLicence(
    AgeAnswers,
    LawfulRecord,
    vct="urn:vcwallet:jp:driving-licence:1",
    doctype=type_ids.DRIVING_LICENCE,
    mdoc_namespace=type_ids.DRIVING_LICENCE_ISO,
    ja="運転免許証",
    en="Driving licence",
):
    """What somebody may drive, and who that is."""

    family_name: Annotated[Latin, Claim("姓（ローマ字）", "Family name")]
    given_name: Annotated[Latin, Claim("名（ローマ字）", "Given name")]
    birth_date: Annotated[date, Claim("生年月日", "Date of birth")]
    issue_date: Annotated[date, Claim("交付年月日", "Date of issue")]
    expiry_date: Annotated[date, Claim("有効期限", "Valid until")]
    issuing_country: Annotated[CountryCode2, Claim("発行国", "Issuing country", sensitivity=_A)]
    issuing_authority: Annotated[Latin, Claim("発行機関", "Issuing authority", sensitivity=_A)]
    document_number: Annotated[Latin, Claim("文書番号", "Document number", sensitivity=_C)]
    portrait: Annotated[JpegOrJpeg2000, Claim("顔写真", "Portrait", sensitivity=_C)]
    driving_privileges: Annotated[
        tuple[DrivingPrivilege, ...], Claim("運転できる車両", "Driving privileges", sensitivity=_C)
    ]
    un_distinguishing_sign: Annotated[DistinguishingSign, Claim("国際識別記号", "Distinguishing sign", sensitivity=_A)]

    family_name_national_character: Annotated[Text | None, Claim("姓", "Family name in Japanese")] = None
    given_name_national_character: Annotated[Text | None, Claim("名", "Given name in Japanese")] = None
    sex: Annotated[Sex | None, Claim("性別", "Sex")] = None
    nationality: Annotated[CountryCode2 | None, Claim("国籍", "Nationality", sensitivity=_C)] = None
    issuing_jurisdiction: Annotated[Subdivision | None, Claim("発行地域", "Issuing jurisdiction", sensitivity=_A)] = (
        None
    )
    resident_address: Annotated[Latin | None, Claim("住所", "Address")] = None
    resident_city: Annotated[Latin | None, Claim("住所（市区町村）", "City")] = None
    resident_state: Annotated[Latin | None, Claim("住所（都道府県）", "Prefecture")] = None
    resident_postal_code: Annotated[Latin | None, Claim("郵便番号", "Postal code")] = None
    resident_country: Annotated[CountryCode2 | None, Claim("居住国", "Country of residence")] = None

    licence_number: Annotated[
        DrivingLicenceNumber | None, Claim("免許証の番号", "Licence number", sensitivity=_C, namespace=_JP)
    ] = None
    licence_categories: Annotated[
        tuple[LicenceCategory, ...] | None, Claim("免許の種類", "Categories of licence", namespace=_JP)
    ] = None
    first_licence_dates: Annotated[
        FirstLicenceDates | None, Claim("免許の年月日", "Dates of first licences", namespace=_JP)
    ] = None
    conditions: Annotated[Text | None, Claim("免許の条件等", "Conditions", sensitivity=_C, namespace=_JP)] = None
    colour_class: Annotated[ColourClass | None, Claim("免許証の色区分", "Colour class", namespace=_JP)] = None
    public_safety_commission: Annotated[
        Text | None, Claim("公安委員会", "Public safety commission", sensitivity=_A, namespace=_JP)
    ] = None
    registered_domicile: Annotated[Text | None, Claim("本籍", "Registered domicile", sensitivity=_C, namespace=_JP)] = (
        None
    )

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if not self.birth_date < self.issue_date <= self.expiry_date:
            raise PydanticCustomError("JP_LICENCE_DATES", "A licence is issued after birth and ends after its issue")
        return self

    @model_validator(mode="after")
    def _one_country(self) -> Self:
        place = self.issuing_jurisdiction
        if place is not None and place[:2] != self.issuing_country:
            raise PydanticCustomError("JP_LICENCE_JURISDICTION", "The jurisdiction is not of the issuing country")
        return self
