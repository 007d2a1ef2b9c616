# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What no purpose may ask for, and what each purpose in particular may not (rules R-02, R-05, R-20, R-21).

The table is kept apart from the claims that purposes grant, so that each checks the other.

    >>> from vcwallet.trust.registration import Grant, IntendedUse
    >>> grant = Grant("urn:vcwallet:jp:my-number-attestation:1", (("individual_number",),))
    >>> shop = IntendedUse(code="marketing", text={"en": "To send you offers"}, grants=(grant,))
    >>> [one.code for one in prohibited(shop)]
    ['JP_MYNUMBER_NO_BASIS']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from vcwallet.claims import ClaimPath, covers
from vcwallet.credential_type import CredentialType, Sensitivity, TypeView, views
from vcwallet.credential_type.outline import Place, walk
from vcwallet.japan import type_ids
from vcwallet.japan.catalogue import TYPES
from vcwallet.japan.my_number import NUMBER_ACT, MyNumberAttestation
from vcwallet.japan.my_number_card import MyNumberCard
from vcwallet.japan.qualification import NationalQualification
from vcwallet.japan.residence import HouseholdRecord
from vcwallet.japan.tax import TaxAssessment, TaxPayment
from vcwallet.trust.registration import Grant, IntendedUse


@dataclass(frozen=True, slots=True)
class _Known:
    """A type in one of its formats: each claim, and where it stands or what it is disclosed with."""

    format: str
    places: tuple[tuple[Place, tuple[ClaimPath, ...]], ...] = ()


def _known(kind: type[CredentialType], shape: TypeView) -> _Known:
    places = ((place, shape.granted(place.path) or (shape.path(place.path),)) for place in walk(kind.outline()))
    return _Known(shape.format, tuple(places))


_KINDS: Final = {shape.type_id: kind for kind in TYPES for shape in views(kind).values()}
_KNOWN: Final = {shape.type_id: _known(kind, shape) for kind in TYPES for shape in views(kind).values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedClaim:
    """A claim that a grant includes; the empty path is a whole credential of which nothing more is known."""

    type_id: str
    path: ClaimPath
    sensitivity: Sensitivity | None = None

    @property
    def names(self) -> frozenset[str]:
        """The names on the path."""
        return frozenset(component for component in self.path if isinstance(component, str))


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A kind of information, as the claims that give it away.

    Attributes:
        ja: what it is, in Japanese.
        en: the same in English.
        types: types every claim of which belongs to it.
        claims: names of claims that belong to it in whatever type they stand.
        elements: names of claims that belong to it in one type only.
        sensitivities: the classes that belong to it.
        all_but: if given, everything belongs to it but claims of these names.
    """

    ja: str
    en: str
    types: frozenset[str] = frozenset()
    claims: frozenset[str] = frozenset()
    elements: frozenset[tuple[str, str]] = frozenset()
    sensitivities: frozenset[Sensitivity] = frozenset()
    all_but: frozenset[str] | None = None

    def includes(self, claim: GrantedClaim) -> bool:
        """Tell whether a claim gives this information away."""
        if claim.type_id in self.types or claim.sensitivity in self.sensitivities:
            return True
        if self.all_but is not None and not claim.names & self.all_but:
            return True
        in_this_type = {name for type_id, name in self.elements if type_id == claim.type_id}
        return bool(claim.names & (self.claims | in_this_type) if claim.path else in_this_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prohibition:
    """A claim that an intended use grants although it must not, and the code of the rule."""

    code: str
    type_id: str
    path: ClaimPath


def _ids(*kinds: type) -> frozenset[str]:
    return frozenset(id for id, kind in _KINDS.items() if issubclass(kind, kinds))


MY_NUMBER: Final = Topic(
    ja="個人番号",
    en="My Number",
    types=_ids(MyNumberAttestation),
    claims=frozenset(("individual_number", "individual_number_unicode")),
    # what the card on the phone calls its document number is the My Number.
    elements=frozenset((id, "document_number") for id in _ids(MyNumberCard)),
)
RESIDENT_RECORD_CODE: Final = Topic(
    ja="住民票コード", en="Resident-record code", claims=frozenset(("resident_record_code",))
)
RESIDENCE_CARD_NUMBER: Final = Topic(
    ja="在留カード番号",
    en="Residence card number",
    claims=frozenset(("residence_card_number",)),
    elements=frozenset(((type_ids.RESIDENCE_CARD, "residence_card_number"),)),
)
DOMICILE: Final = Topic(
    ja="本籍",
    en="Registered domicile",
    claims=frozenset(("registered_domicile", "family_register_head", "registered_domicile_prefecture")),
)
RELATIONSHIP: Final = Topic(ja="続柄", en="Relationship", claims=frozenset(("relationship_to_head",)))
FAMILY: Final = Topic(
    ja="家族",
    en="Family",
    types=_ids(HouseholdRecord) | {type_ids.CHILD_ALLOWANCE},
    claims=frozenset(("relationship_to_head", "household_head_name", "dependents")),
)
INCOME: Final = Topic(
    ja="所得・税",
    en="Income and tax",
    types=_ids(TaxAssessment, TaxPayment) | {type_ids.INCOME_PREDICATE, type_ids.SELF_INFORMATION},
)
HEALTH: Final = Topic(
    ja="健康",
    en="Health",
    types=frozenset((type_ids.HEALTH_INSURANCE_ELIGIBILITY, type_ids.DISABILITY_CERTIFICATE)),
    claims=frozenset(("medical", "disability", "disabled")),
)
DISABILITY: Final = Topic(
    ja="障害の名称・等級",
    en="Name and grade of a disability",
    elements=frozenset((type_ids.DISABILITY_CERTIFICATE, name) for name in ("kind", "disability_name", "grade")),
)
DEDUCTIONS: Final = Topic(
    ja="控除の内訳・障害", en="Deductions in detail", claims=frozenset(("deductions", "dependents", "disabled"))
)
QUALIFICATIONS: Final = Topic(
    ja="資格",
    en="Qualifications",
    types=_ids(NationalQualification) | frozenset(type_ids.OTHER_QUALIFICATIONS),
)
SEX: Final = Topic(ja="性別", en="Sex", claims=frozenset(("sex", "sex_unicode")))
ADDRESS: Final = Topic(
    ja="住所",
    en="Address",
    claims=frozenset(
        (
            "address",
            "resident_address",
            "resident_address_unicode",
            "local_gov_code_unicode",
            "resident_city",
            "resident_state",
            "resident_postal_code",
            "resident_country",
            "address_on_assessment_date",
        )
    ),
)
GUARDED: Final = Topic(
    ja="区分C・Dの項目", en="Guarded and special-care claims", sensitivities=frozenset((Sensitivity.C, Sensitivity.D))
)
ALL_BUT_AGE: Final = Topic(
    ja="年齢の判定以外",
    en="Everything but an answer about age",
    all_but=frozenset(("age_over_18", "age_over_20", "age_equal_or_over")),
)

NEVER: Final[Mapping[str, tuple[Topic, ...]]] = MappingProxyType(
    {
        "age_restricted_sale": (ALL_BUT_AGE,),
        "kyc_amlcft": (MY_NUMBER, DOMICILE, RELATIONSHIP),
        "payroll_withholding": (DOMICILE, HEALTH),
        "recruitment": (MY_NUMBER, DOMICILE, FAMILY, HEALTH, INCOME, GUARDED),
        "foreign_hiring_notice": (MY_NUMBER,),
        "tenancy": (MY_NUMBER, DOMICILE, RELATIONSHIP, RESIDENCE_CARD_NUMBER),
        "loan_underwriting": (MY_NUMBER, DEDUCTIONS, HEALTH),
        "medical_visit": (MY_NUMBER,),
        "fare_discount": (MY_NUMBER, DISABILITY),
        "childcare_application": (MY_NUMBER, DOMICILE),
        # What the town holds already depends on the town (once-only); its own number affairs have their own purpose.
        "municipal_procedure": (MY_NUMBER,),
        "vehicle_registration": (MY_NUMBER, RESIDENT_RECORD_CODE, INCOME),
        "immigration_procedure": (MY_NUMBER, FAMILY),
        "tax_return": (MY_NUMBER, QUALIFICATIONS),
        "disaster_relief": (MY_NUMBER, INCOME),
        "qualification_check": (MY_NUMBER, DOMICILE, SEX, ADDRESS),
    }
)
"""By purpose, what it must not ask for, whoever asks."""

CARD_NUMBER_PURPOSES: Final = frozenset(("foreign_hiring_notice", "immigration_procedure", "kyc_amlcft"))
"""The purposes that may ask for a residence card number (R-21)."""


def prohibited(use: IntendedUse) -> tuple[Prohibition, ...]:
    """Return the claims that a use grants although it must not; an empty tuple when there is none.

    Uses of other codes than those of the profile are held to the rules that hold for everybody: the My Number, the
    住民票コード and the residence card number.
    """
    return tuple(
        Prohibition(code=code, type_id=claim.type_id, path=claim.path)
        for grant in use.grants
        for claim in granted_claims(grant)
        if (code := _broken_rule(use, claim)) is not None
    )


def granted_claims(grant: Grant) -> Iterator[GrantedClaim]:
    """Yield the claims that a grant includes; for a type of the catalogue also those inside a group or array."""
    known = _KNOWN.get(grant.type_id, _Known(grant.format))
    for granted in grant.paths or ((),):  # to ask for a credential alone says what having it says
        own = Grant(grant.type_id, (granted,), known.format)
        inside = [place for place, stands in known.places if all(_includes(own, granted, one) for one in stands)]
        for place in inside:
            yield GrantedClaim(type_id=grant.type_id, path=place.path, sensitivity=place.claim.sensitivity)
        for path in _places(granted, known.format) if not inside else ():
            yield GrantedClaim(type_id=grant.type_id, path=path)


def _includes(own: Grant, granted: ClaimPath, place: ClaimPath) -> bool:
    # One name in an mdoc is an element; who meant a namespace is held to all that is in it.
    return own.covers(place) or covers(granted, place)


def _places(granted: ClaimPath, format: str) -> tuple[ClaimPath, ...]:
    # The first component of a path into an mdoc is the namespace, which is no claim; one alone could be either.
    return tuple(dict.fromkeys((granted[1:], granted[-1:]))) if format == "mso_mdoc" else (granted,)


def _broken_rule(use: IntendedUse, claim: GrantedClaim) -> str | None:
    if RESIDENT_RECORD_CODE.includes(claim):
        return "JP_JUMINCODE_FORBIDDEN"
    if MY_NUMBER.includes(claim) and not _has_number_basis(use):
        return "JP_MYNUMBER_NO_BASIS"
    if RESIDENCE_CARD_NUMBER.includes(claim) and use.code not in CARD_NUMBER_PURPOSES:
        return "JP_RCN_NO_BASIS"
    topics = NEVER.get(use.code)
    # Of a whole credential that the catalogue does not have, nobody can tell what is in it.
    if topics is None or (claim.path and not any(topic.includes(claim) for topic in topics)):
        return None
    return "JP_RECRUIT_FORBIDDEN" if use.code == "recruitment" else "JP_PURPOSE_FORBIDDEN"


def _has_number_basis(use: IntendedUse) -> bool:
    return use.procedure is not None and bool(set(use.legal_basis) & set(NUMBER_ACT.bases))
