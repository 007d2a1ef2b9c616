# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An address: the one line that the register has, and its parts as the Address Base Registry names them.

>>> Address(formatted="〇〇県みらい市ひばりが丘一丁目２番３号", lg_code="99901").lg_code
'999016'
"""

from __future__ import annotations

from typing import Annotated

from vcwallet.credential_type import Claim, ClaimGroup
from vcwallet.japan.values import LocalGovernmentCode, MachiazaId, PostalCode, Text


class Address(ClaimGroup):
    """An address, each part of which can be shown without the others."""

    formatted: Annotated[Text, Claim("住所（全体）", "Whole address")]
    postal_code: Annotated[PostalCode | None, Claim("郵便番号", "Postal code")] = None
    region: Annotated[Text | None, Claim("都道府県", "Prefecture")] = None
    locality: Annotated[Text | None, Claim("市区町村", "Municipality")] = None
    town: Annotated[Text | None, Claim("町字", "Town area")] = None
    street: Annotated[Text | None, Claim("番地・号", "Block and number")] = None
    building: Annotated[Text | None, Claim("方書", "Building")] = None
    lg_code: Annotated[LocalGovernmentCode | None, Claim("市区町村コード", "Municipality code")] = None
    machiaza_id: Annotated[MachiazaId | None, Claim("町字ID", "Town area ID")] = None
