# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What every certificate of the catalogue's own types has in common.

The claims follow the class 証明・通知 of the government interoperability framework.

    >>> from typing import Annotated
    >>> class LibraryCard(Certificate, vct="urn:example:library:1", ja="図書館利用者証", en="Library card"):
    ...     note: Annotated[str, Claim("備考", "Note")]
    >>> LibraryCard(note="本館", issuing_authority="みらい市長", issuing_authority_code="99901").issuing_authority_code
    '999016'
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from vcwallet.credential_type import Claim, Disclosure, Sensitivity
from vcwallet.japan.lawful import LawfulRecord
from vcwallet.japan.values import CorporateNumber, LocalGovernmentCode, Text


class Certificate(LawfulRecord):
    """The base of the catalogue's own types: the rules and the envelope."""

    issuing_authority: Annotated[
        Text | None,
        Claim("発行元", "Issuing authority", sensitivity=Sensitivity.A, disclosure=Disclosure.ALWAYS),
    ] = None
    issuing_authority_code: Annotated[
        LocalGovernmentCode | CorporateNumber | None,
        Claim("発行元コード", "Issuing authority's code", sensitivity=Sensitivity.A, disclosure=Disclosure.ALWAYS),
    ] = None
    document_name: Annotated[Text | None, Claim("名称", "Document", sensitivity=Sensitivity.A)] = None
    document_number: Annotated[Text | None, Claim("証明ID", "Document number")] = None
    issuance_date: Annotated[date | None, Claim("証明日", "Date of issue")] = None
    valid_from: Annotated[date | None, Claim("証明開始日", "Valid from")] = None
    expiry_date: Annotated[date | None, Claim("証明終了日", "Valid until")] = None
    legal_basis: Annotated[Text | None, Claim("根拠法令", "Legal basis", sensitivity=Sensitivity.A)] = None
    as_of: Annotated[date | None, Claim("情報の基準日", "State of the register on")] = None

    @model_validator(mode="after")
    def _validity_in_order(self) -> Self:
        if self.valid_from is not None and self.expiry_date is not None and self.expiry_date < self.valid_from:
            raise PydanticCustomError("JP_VALIDITY_ORDER", "The claim expiry_date lies before valid_from")
        return self
