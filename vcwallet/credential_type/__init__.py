# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""One definition of a credential type, from which everything that concerns it is derived (SD-JWT VC, section 5).

A type is a pydantic model.  Each field carries a `Claim` with its labels and rules.  From the model come the claim
tree, what formats conceal, claim paths, the verifier's typed view, Type Metadata, JSON Schema, forms and labels.

    >>> from datetime import date
    >>> from typing import Annotated
    >>> class TaxAssessment(CredentialType, vct="urn:example:tax:1", ja="課税証明書", en="Tax assessment certificate"):
    ...     fiscal_year: Annotated[int, Claim("年度", "Fiscal year", disclosure=Disclosure.ALWAYS)]
    ...     total_income: Annotated[int, Claim("合計所得金額", "Total income")]
    ...
    ...     @threshold_predicate("次の額を超える所得", "Income above", replaces="total_income", thresholds=(1_000_000,))
    ...     def income_above(self, threshold: int, on: date) -> bool | None:
    ...         return self.total_income > threshold
    >>> record = TaxAssessment(fiscal_year=2026, total_income=3_200_000)
    >>> record.claims(on=date(2026, 11, 23))
    {'fiscal_year': 2026, 'total_income': 3200000, 'income_above': {'1000000': True}}
    >>> TaxAssessment.disclosed({"fiscal_year": 2026, "income_above": {"1000000": True}}).income_above["1000000"]
    True
"""

from vcwallet.credential_type.claim import Claim, Disclosure, Language, Sensitivity, Statute
from vcwallet.credential_type.disclosed import ClaimNotDisclosedError
from vcwallet.credential_type.elements import DateTime, FullDate
from vcwallet.credential_type.form import Choice, FieldKind, FormField, form
from vcwallet.credential_type.group import ClaimGroup
from vcwallet.credential_type.labels import consent_items, labels_from_metadata
from vcwallet.credential_type.metadata import type_metadata
from vcwallet.credential_type.model import CredentialType
from vcwallet.credential_type.predicate import Predicate, ThresholdPredicate, predicate, threshold_predicate
from vcwallet.credential_type.schema import json_schema
from vcwallet.credential_type.view import TypeView, view, views

__all__ = [
    "Choice",
    "Claim",
    "ClaimGroup",
    "ClaimNotDisclosedError",
    "CredentialType",
    "DateTime",
    "Disclosure",
    "FieldKind",
    "FormField",
    "FullDate",
    "Language",
    "Predicate",
    "Sensitivity",
    "Statute",
    "ThresholdPredicate",
    "TypeView",
    "consent_items",
    "form",
    "json_schema",
    "labels_from_metadata",
    "predicate",
    "threshold_predicate",
    "type_metadata",
    "view",
    "views",
]
