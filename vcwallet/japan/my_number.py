# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The My Number attestation: the only credential that holds a My Number, and nothing else beside what identifies.

The Number Act (arts. 15, 19, 20) lists who may ask for the number; the wallet refuses everybody else with the code of
the statute below, and consent does not change that.

    >>> from vcwallet.japan.address import Address
    >>> MyNumberAttestation(
    ...     individual_number="1234 5678 9018",
    ...     name="番号　花子",
    ...     birthdate="1990-01-02",
    ...     address=Address(formatted="〇〇県みらい市ひばりが丘一丁目２番３号"),
    ... ).individual_number
    '123456789018'
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from vcwallet.credential_type import Claim, Sensitivity, Statute
from vcwallet.japan.address import Address
from vcwallet.japan.dates import PartialDate
from vcwallet.japan.envelope import Certificate
from vcwallet.japan.identifiers import MY_NUMBER
from vcwallet.japan.type_ids import MY_NUMBER_ATTESTATION
from vcwallet.japan.values import Identified, Text

NUMBER_ACT: Final = Statute("JP_MYNUMBER_NO_BASIS", bases=("number_use_affair", "number_related_affair"))
"""Affairs that use the number (tax offices, social security), and affairs related to them (payroll)."""

IndividualNumber: TypeAlias = Annotated[str, Identified(MY_NUMBER)]


class MyNumberAttestation(
    Certificate,
    vct=MY_NUMBER_ATTESTATION,
    doctype="jp.vcwallet.my-number-attestation.1",
    ja="個人番号の証明",
    en="My Number attestation",
):
    """Which individual number belongs to a person."""

    individual_number: Annotated[
        IndividualNumber,
        Claim("個人番号", "Individual number (My Number)", sensitivity=Sensitivity.X, statute=NUMBER_ACT),
    ]
    name: Annotated[Text, Claim("氏名", "Full name")]
    birthdate: Annotated[PartialDate, Claim("生年月日", "Date of birth")]
    address: Annotated[Address, Claim("住所", "Address")]
