# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The basic identity: the items of a My Number card's face, without the My Number, as an SD-JWT VC.

It is the twin of the card in a phone (`vcwallet.japan.my_number_card`), with claims of our own naming and with what
the card does not have: readings, former names, and the parts of the address.

    >>> from datetime import date
    >>> from vcwallet.japan.address import Address
    >>> record = BasicIdentity(
    ...     name="番号　花子",
    ...     birthdate="1990-01-02",
    ...     address=Address(formatted="〇〇県みらい市ひばりが丘一丁目２番３号"),
    ... )
    >>> record.claims(on=date(2026, 11, 23))["age_equal_or_over"]["20"]
    True
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from vcwallet.credential_type import Claim, threshold_predicate
from vcwallet.japan.address import Address
from vcwallet.japan.age import AGES
from vcwallet.japan.codes import Sex
from vcwallet.japan.dates import PartialDate
from vcwallet.japan.envelope import Certificate
from vcwallet.japan.type_ids import BASIC_IDENTITY
from vcwallet.japan.values import Kana, Text


class BasicIdentity(Certificate, vct=BASIC_IDENTITY, ja="本人基本情報", en="Basic identity"):
    """Who somebody is: name, birth date, sex and address, and how old at least."""

    name: Annotated[Text, Claim("氏名", "Full name")]
    name_kana: Annotated[Kana | None, Claim("氏名の振り仮名", "Reading of the full name")] = None
    name_romaji: Annotated[Text | None, Claim("氏名（ローマ字）", "Full name in Latin letters")] = None
    former_family_name: Annotated[Text | None, Claim("旧氏", "Former family name")] = None
    alias: Annotated[Text | None, Claim("通称", "Registered alias")] = None
    birthdate: Annotated[PartialDate, Claim("生年月日", "Date of birth")]
    sex: Annotated[Sex | None, Claim("性別", "Sex")] = None
    address: Annotated[Address, Claim("住所", "Address")]

    @threshold_predicate("次の年齢以上", "At least of age", replaces="birthdate", thresholds=AGES)
    def age_equal_or_over(self, years: int, on: date) -> bool | None:
        """Tell whether the person has reached an age; None where the birth date leaves it open."""
        return self.birthdate.is_at_least(years, on)
