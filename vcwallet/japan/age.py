# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Answers about an age: as claims of a credential that has a birth date, and as a credential of their own.

    >>> from datetime import date
    >>> from vcwallet.japan.dates import PartialDate
    >>> attestation = AgeAttestation.from_birth_date(PartialDate.parse("2007-05-06"), on=date(2026, 11, 23))
    >>> attestation.age_over_18, attestation.age_over_20
    (True, False)

An answer is there only where the birth date leaves no doubt.  It holds on the day of issue, so in an mdoc at
``validFrom``; later a true one is still true.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final, Protocol, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from vcwallet.credential_type import Claim, Predicate, predicate
from vcwallet.japan.dates import PartialDate
from vcwallet.japan.lawful import LawfulRecord
from vcwallet.japan.type_ids import AGE_PREDICATE

AGES: Final = (13, 15, 16, 18, 20, 60, 65, 70, 75)
"""The ages that laws and fares ask about."""


class HasBirthDate(Protocol):
    """A record with a birth date."""

    @property
    def birth_date(self) -> date | PartialDate:
        """The birth date, of which parts may be unknown."""
        ...


def _age_over(years: int) -> Predicate[HasBirthDate]:
    """Return the predicate ``age_over_NN``, which can be shown instead of the birth date."""

    def answer(record: HasBirthDate, on: date) -> bool | None:
        """Tell whether the person has reached the age; None where the birth date leaves it open."""
        born = record.birth_date
        return (PartialDate.from_date(born) if isinstance(born, date) else born).is_at_least(years, on)

    answer.__name__ = f"age_over_{years}"
    return predicate(f"{years}歳以上", f"Aged {years} or over", replaces="birth_date")(answer)


class AgeAnswers:
    """The predicates ``age_over_NN`` for a credential type with a `birth_date`, as a further base class of the type."""

    age_over_13: ClassVar[Predicate[HasBirthDate]] = _age_over(13)
    age_over_15: ClassVar[Predicate[HasBirthDate]] = _age_over(15)
    age_over_16: ClassVar[Predicate[HasBirthDate]] = _age_over(16)
    age_over_18: ClassVar[Predicate[HasBirthDate]] = _age_over(18)
    age_over_20: ClassVar[Predicate[HasBirthDate]] = _age_over(20)
    age_over_60: ClassVar[Predicate[HasBirthDate]] = _age_over(60)
    age_over_65: ClassVar[Predicate[HasBirthDate]] = _age_over(65)
    age_over_70: ClassVar[Predicate[HasBirthDate]] = _age_over(70)
    age_over_75: ClassVar[Predicate[HasBirthDate]] = _age_over(75)


def _over(years: int) -> Claim:
    return Claim(f"{years}歳以上", f"Aged {years} or over")


class AgeAttestation(
    LawfulRecord,
    vct=AGE_PREDICATE,
    doctype="jp.vcwallet.age-predicate.1",
    ja="年齢の判定",
    en="Age attestation",
):
    """Which ages somebody has reached, and nothing else: no birth date, no name, no number.

    It is made for a short time and by `from_birth_date`; the answers agree with each other.
    """

    age_over_13: Annotated[bool | None, _over(13)] = None
    age_over_15: Annotated[bool | None, _over(15)] = None
    age_over_16: Annotated[bool | None, _over(16)] = None
    age_over_18: Annotated[bool | None, _over(18)] = None
    age_over_20: Annotated[bool | None, _over(20)] = None
    age_over_60: Annotated[bool | None, _over(60)] = None
    age_over_65: Annotated[bool | None, _over(65)] = None
    age_over_70: Annotated[bool | None, _over(70)] = None
    age_over_75: Annotated[bool | None, _over(75)] = None

    @classmethod
    def from_birth_date(cls, birth: PartialDate, *, on: date) -> Self:
        """Return what a birth date, of which parts may be unknown, says about the ages on a day.

        Raises:
            ValidationError: it says nothing (``JP_AGE_UNKNOWN``).
        """
        return cls.model_validate({f"age_over_{years}": birth.is_at_least(years, on) for years in AGES})

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        answers = {years: getattr(self, f"age_over_{years}") for years in AGES}
        reached = [years for years, answer in answers.items() if answer is True]
        missed = [years for years, answer in answers.items() if answer is False]
        if not reached and not missed:
            raise PydanticCustomError("JP_AGE_UNKNOWN", "An age attestation has at least one answer")
        if reached and missed and max(reached) > min(missed):
            raise PydanticCustomError("JP_AGES_CONTRADICT", "Nobody is older than one age and younger than a lower one")
        return self
