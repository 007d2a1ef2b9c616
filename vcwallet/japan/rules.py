# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The rules of the profile: the table, and those that a verifier or issuer calls.

* R-01, R-04, R-05: `forbidden_number` looks into a text, `require_not_derived` at an identifier.  Every type of the
  catalogue applies the first to its records by itself (`vcwallet.japan.lawful`).
* R-20, R-21 and the rows of the purposes: `vcwallet.japan.purposes.require_within_maximum`.
* R-23: `require_identity_bound`.  R-25: `require_age_proved`, or `require_age` for the claims of one credential.

    >>> age_claim(AgeMatter.ALCOHOL)
    'age_over_20'
    >>> RULES["R-25"].code
    'AGE_THRESHOLD'
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from vcwallet.claims import ClaimPath, JsonObject, JsonValue
from vcwallet.credential_type import views
from vcwallet.errors import VerificationError
from vcwallet.formats.base import VerifiedCredential
from vcwallet.formats.mdoc.ages import age_of
from vcwallet.japan.basic_identity import BasicIdentity
from vcwallet.japan.catalogue import TYPES
from vcwallet.japan.forbidden_numbers import ForbiddenNumber, forbidden_number, require_not_derived
from vcwallet.japan.my_number_card import MyNumberCard
from vcwallet.japan.names import NO_FOLDING, NameMatch, match_names
from vcwallet.japan.qualification import NationalQualification
from vcwallet.japan.residence import ResidenceRecord
from vcwallet.japan.rule_table import ENFORCED, RULES, Rule, Where
from vcwallet.verifier.verified import Verified

__all__ = [
    "AGE_THRESHOLDS",
    "ENFORCED",
    "RULES",
    "AgeMatter",
    "ForbiddenNumber",
    "IdentityBinding",
    "Rule",
    "Where",
    "age_claim",
    "forbidden_number",
    "require_age",
    "require_age_proved",
    "require_identity_bound",
    "require_not_derived",
]

# --- who presents a qualification -------------------------------------------------------------------------------

# Where an identity credential has the name, by type identifier.
_NAME_OF: Final[Mapping[str, ClaimPath]] = MappingProxyType(
    {
        shape.type_id: shape.path((claim,))
        for kind, claim in (
            (ResidenceRecord, "full_name"),
            (BasicIdentity, "name"),
            (MyNumberCard, "full_name_unicode"),
        )
        for shape in views(kind).values()
    }
)


# The same for qualifications: the name that one is registered under.
_QUALIFIED: Final[Mapping[str, ClaimPath]] = MappingProxyType(
    {
        shape.type_id: shape.path(("full_name",))
        for kind in TYPES
        if issubclass(kind, NationalQualification)
        for shape in views(kind).values()
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityBinding:
    """What ties a qualification to whoever presented it.

    Attributes:
        holder_key: the presenter proved to hold the key that the qualification was issued to.
        name_match: how far its name agrees with that of a proof of identity; None where none came with it.
    """

    holder_key: bool
    name_match: NameMatch | None


def require_identity_bound(
    verified: Verified, *, fold_table: Mapping[str, str] = NO_FOLDING
) -> tuple[IdentityBinding, ...]:
    """Return what ties each qualification of a presentation to the presenter (R-23).

    A qualification is bound when the presenter proved the key that it was issued to, or when a resident record or basic
    identity, itself bound to a proved key, came along with a name that is the same but for variants of characters.
    A qualification is often registered under a former name, so where the key is proved the names may differ: the
    result says how far they agree.

    Args:
        verified: what a verifier got.
        fold_table: characters to hold equal in names; see `vcwallet.japan.names.folded_key`.

    Raises:
        VerificationError: a qualification is not bound (code ``IDENTITY_NOT_BOUND``).
        ValueError: there is no qualification in the presentation.
    """
    if NationalQualification not in verified:
        raise ValueError("the presentation has no qualification")
    credentials = [one for found in verified.credentials.values() for one in found]
    names = [name for one in credentials if one.holder_proved for name in _identity_names(one)]
    return tuple(_binding(one, names, fold_table) for one in verified.evidence(NationalQualification))


def _binding(qualification: VerifiedCredential, names: list[str], fold_table: Mapping[str, str]) -> IdentityBinding:
    found = [_inside(qualification.claims, _QUALIFIED[one]) for one in qualification.type_ids if one in _QUALIFIED]
    own = next(iter(found), None)
    matches = [match_names(own, name, fold_table=fold_table) for name in names] if isinstance(own, str) else []
    best = min(matches, key=list(NameMatch).index, default=None)
    holder_proved = qualification.holder_proved
    if not holder_proved and best not in (NameMatch.EXACT, NameMatch.FOLDED):
        raise VerificationError(
            "nothing ties the qualification to whoever presented it", code="IDENTITY_NOT_BOUND", clause="rule R-23"
        )
    return IdentityBinding(holder_key=holder_proved, name_match=best)


def _identity_names(credential: VerifiedCredential) -> Iterator[str]:
    for type_id in credential.type_ids:
        name = _inside(credential.claims, _NAME_OF[type_id]) if type_id in _NAME_OF else None
        if isinstance(name, str):
            yield name


def _inside(claims: JsonObject, path: ClaimPath) -> JsonValue:
    """Return the claim at a path of names, or None."""
    value: JsonValue = claims
    for name in path:
        value = value.get(str(name)) if isinstance(value, Mapping) else None
    return value


# --- ages -------------------------------------------------------------------------------------------------------


class AgeMatter(StrEnum):
    """What an age is asked for."""

    ALCOHOL = "alcohol"
    TOBACCO = "tobacco"
    GAMBLING = "gambling"
    MAJORITY = "majority"


AGE_THRESHOLDS: Final[Mapping[AgeMatter, int]] = MappingProxyType(
    {AgeMatter.ALCOHOL: 20, AgeMatter.TOBACCO: 20, AgeMatter.GAMBLING: 20, AgeMatter.MAJORITY: 18}
)
"""From what age on."""


def age_claim(matter: AgeMatter) -> str:
    """Return the name of the claim that answers whether somebody is old enough."""
    return f"age_over_{AGE_THRESHOLDS[matter]}"


def require_age_proved(verified: Verified, *, matter: AgeMatter) -> None:
    """Return if a presentation proves that whoever presents it is old enough (R-25).

    Every type of the catalogue that answers about ages counts, in each of its formats, if the presenter proved to hold
    its key.  An answer about a higher age will do: from a document without the age that was asked for, the wallet may
    give that one (ISO/IEC 18013-5, clause 7.2.5).

    Args:
        verified: what a verifier got.
        matter: what for.

    Raises:
        VerificationError: not old enough, or only an answer about another age (``AGE_THRESHOLD``); no answer, as for a
            birth date that is not wholly known (``AGE_UNPROVEN``).
    """
    credentials = [one for found in verified.credentials.values() for one in found]
    _require_reached([answer for one in credentials if one.holder_proved for answer in _answers(one)], matter)


def require_age(claims: JsonObject, *, matter: AgeMatter) -> None:
    """Return if the disclosed claims prove that somebody is old enough (R-25).

    Args:
        claims: the claims of a verified credential; of an mdoc, those of the namespace.
        matter: what for.

    Raises:
        VerificationError: as `require_age_proved`.
    """
    _require_reached(list(_answers_in(claims)), matter)


# Where the types of the catalogue have their answers, by type identifier, and what stands before the age there.
_ANSWERS_OF: Final[Mapping[str, tuple[ClaimPath, str]]] = MappingProxyType(
    {
        shape.type_id: (shape.path(kind.path(claim))[:-1], before)
        for kind in TYPES
        for claim, before in (("age_over_20", ""), ("age_equal_or_over.20", "age_over_"))
        if claim.partition(".")[0] in kind.outline()
        for shape in views(kind).values()
    }
)


def _answers(credential: VerifiedCredential) -> Iterator[tuple[int, JsonValue]]:
    for type_id in credential.type_ids:
        path, before = _ANSWERS_OF.get(type_id, (None, ""))
        answers = _inside(credential.claims, path) if path is not None else None
        if isinstance(answers, Mapping):
            yield from _answers_in(answers, before)


def _answers_in(claims: JsonObject, before: str = "") -> Iterator[tuple[int, JsonValue]]:
    """Yield the ages that claims such as ``age_over_20`` are about, with the answers."""
    for name, answer in claims.items():
        age = age_of(before + name)
        if age is not None:
            yield age, answer


def _require_reached(answers: list[tuple[int, JsonValue]], matter: AgeMatter) -> None:
    needed = AGE_THRESHOLDS[matter]
    if not answers:
        raise VerificationError(
            f"the claim {age_claim(matter)} was not disclosed", code="AGE_UNPROVEN", clause="rule R-25"
        )
    # Whoever asks about 18 in order to sell alcohol has asked the wrong question.
    reached = any(answer is True for age, answer in answers if age >= needed)
    if not reached or any(answer is not True for age, answer in answers if age <= needed):
        raise VerificationError(f"the claim {age_claim(matter)} is not true", code="AGE_THRESHOLD", clause="rule R-25")
