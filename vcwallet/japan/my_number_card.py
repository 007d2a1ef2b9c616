# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The My Number card in the wallet of a phone: a real docType, with the elements that its issuer gives it.

    >>> from datetime import date
    >>> record = MyNumberCard(
    ...     full_name_unicode="番号　花子",
    ...     resident_address_unicode="〇〇県みらい市ひばりが丘一丁目２番３号",
    ...     local_gov_code_unicode="99901",
    ...     birth_date="1990-01-02",
    ... )
    >>> claims = record.claims(on=date(2026, 11, 23))
    >>> claims["local_gov_code_unicode"], claims["age_in_years"], claims["age_over_20"]
    ('999016', 36, True)

It is issued as an mdoc and in no other format; the ``vct`` only names the type where there is no docType.

The name is one text, as on the register.  There are no elements for family and given name, so a request for them finds
nothing; a name is never split.  What others call ``document_number`` is, for this docType, the My Number: the type
knows the element, so that a wallet treats it as limited by statute (R-02), and refuses to make a record with it.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Final, Self

from pydantic import Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from vcwallet.claims import JsonValue
from vcwallet.credential_type import Claim, Sensitivity
from vcwallet.japan import type_ids
from vcwallet.japan.age import AgeAnswers
from vcwallet.japan.codes import Sex, from_japanese
from vcwallet.japan.dates import UNKNOWN_DATE, PartialDate
from vcwallet.japan.lawful import LawfulRecord
from vcwallet.japan.my_number import NUMBER_ACT, IndividualNumber
from vcwallet.japan.values import Jpeg, LocalGovernmentCode, Text

_C, _X = Sensitivity.C, Sensitivity.X
_JP: Final = type_ids.MY_NUMBER_CARD_DOMESTIC
# A record knows a date in part; the claim is there only where it is wholly known.
_FULL_DATE: Final = WithJsonSchema({"type": "string", "format": "date"})
_PRINTED_DATE: Final = re.compile("([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日")


class MyNumberCard(
    AgeAnswers,
    LawfulRecord,
    vct=type_ids.MY_NUMBER_CARD_VCT,
    doctype=type_ids.MY_NUMBER_CARD,
    mdoc_namespace=type_ids.MY_NUMBER_CARD_ISO,
    mdoc_only=True,
    ja="マイナンバーカード（スマートフォン）",
    en="My Number card on a phone",
):
    """Who somebody is, as the My Number card in the wallet of a phone says it (カード代替電磁的記録)."""

    full_name_unicode: Annotated[Text, Claim("氏名", "Full name", namespace=_JP)]
    resident_address_unicode: Annotated[Text | None, Claim("住所", "Address", namespace=_JP)] = None
    local_gov_code_unicode: Annotated[
        LocalGovernmentCode | None, Claim("市町村コード", "Municipality code", namespace=_JP)
    ] = None
    individual_number_unicode: Annotated[
        IndividualNumber | None,
        Claim("個人番号", "Individual number (My Number)", sensitivity=_X, statute=NUMBER_ACT, namespace=_JP),
    ] = None
    portrait: Annotated[Jpeg | None, Claim("顔写真", "Portrait", sensitivity=_C, namespace=_JP)] = None
    sex_unicode: Annotated[Text | None, Claim("性別（表記）", "Sex as printed", namespace=_JP)] = None
    birth_date_unicode: Annotated[Text | None, Claim("生年月日（表記）", "Date of birth as printed", namespace=_JP)] = (
        None
    )
    sex: Annotated[Sex | None, Claim("性別", "Sex")] = None
    birth_date: Annotated[PartialDate, _FULL_DATE, Claim("生年月日", "Date of birth")] = UNKNOWN_DATE
    age_in_years: Annotated[Annotated[int, Field(ge=0)] | None, Claim("年齢", "Age in years")] = None
    document_number: Annotated[
        IndividualNumber | None,
        Claim("個人番号（文書番号）", "Document number (My Number)", sensitivity=_X, statute=NUMBER_ACT),
    ] = None

    def claims(self, on: date) -> dict[str, JsonValue]:
        """Return the claim tree, with the age on that day; what is not wholly known of birth date and age is left out.

        Raises:
            TypeError: this is a disclosed view, which says less than a record.
        """
        tree = super().claims(on)
        if self.birth_date.exact is None:
            del tree["birth_date"]  # the element is a full-date
        age = self.birth_date.age_on(on)
        return tree if age is None else {**tree, "age_in_years": age}

    @model_validator(mode="after")
    def _issued_elements(self) -> Self:
        if self.document_number is not None:
            raise PydanticCustomError("JP_MYNUMBER_MIXED", "The My Number is not repeated as a document number")
        if self.age_in_years is not None:
            raise PydanticCustomError("JP_AGE_GIVEN", "The age follows from the birth date on the day of issue")
        return self

    @model_validator(mode="after")
    def _printed_alike(self) -> Self:
        # What is printed in another way than these is not compared.
        if _differ(self.sex, from_japanese(Sex, self.sex_unicode or "")):
            raise PydanticCustomError("JP_CARD_CONTRADICTS", "The sex as printed is another one")
        if _differ(self.birth_date.exact, _printed_date(self.birth_date_unicode or "")):
            raise PydanticCustomError("JP_CARD_CONTRADICTS", "The date of birth as printed is another one")
        return self


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other


def _printed_date(text: str) -> date | None:
    match = _PRINTED_DATE.fullmatch(text)
    try:
        return date(*map(int, match.groups())) if match is not None else None
    except ValueError:
        return None
