# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Claims that answer a question about a record, so that the value behind it need not be shown.

A predicate is worked out when the record is issued, and is a claim of its own from then on.  A rule that returns None
cannot tell (the birth date is partly unknown); the claim is then absent, and whoever relies on it gets no answer.

    >>> from datetime import date
    >>> from typing import Annotated
    >>> from vcwallet.credential_type import Claim, CredentialType, predicate
    >>> class Pass(CredentialType, vct="urn:example:pass:1", ja="乗車証", en="Pass"):
    ...     birth_date: Annotated[date, Claim("生年月日", "Date of birth")]
    ...
    ...     @predicate("成年", "Of age", replaces="birth_date")
    ...     def of_age(self, on: date) -> bool | None:
    ...         return (on.year - 18, on.month, on.day) >= (self.birth_date.year, 4, 1)
    >>> Pass(birth_date=date(1990, 1, 2)).claims(on=date(2026, 11, 23))
    {'birth_date': '1990-01-02', 'of_age': True}
    >>> Pass.disclosed({"of_age": True}).of_age
    True
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Generic, Self, TypeVar, cast, overload

from pydantic import BaseModel

from vcwallet.credential_type.claim import Claim, Sensitivity

_Record = TypeVar("_Record")


class Predicate(Generic[_Record]):
    """A question with one answer; on a disclosed view its attribute is a ``bool``."""

    def __init__(self, claim: Claim, rule: Callable[[_Record, date], bool | None], replaces: str | None) -> None:
        self.claim = claim
        self.rule = rule
        self.replaces = replaces
        self.name: str = rule.__name__
        self.__doc__ = rule.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, record: None, owner: type) -> Self: ...
    @overload
    def __get__(self, record: object, owner: type) -> bool: ...
    def __get__(self, record: object | None, owner: type) -> Self | bool:
        return self if record is None else cast(bool, _disclosed_answer(record, self.name))

    def answer(self, record: _Record, on: date) -> bool | None:
        """Return the answer for a record on a date; None where nobody can tell."""
        return _checked(self.rule(record, on), self.name)


class ThresholdPredicate(Generic[_Record]):
    """A question asked for several amounts; on a disclosed view its attribute maps an amount to a ``bool``."""

    def __init__(
        self,
        claim: Claim,
        rule: Callable[[_Record, int, date], bool | None],
        replaces: str | None,
        thresholds: tuple[int, ...],
    ) -> None:
        self.claim = claim
        self.rule = rule
        self.replaces = replaces
        self.thresholds: Mapping[str, int] = {str(threshold): threshold for threshold in thresholds}
        self.name: str = rule.__name__
        self.__doc__ = rule.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, record: None, owner: type) -> Self: ...
    @overload
    def __get__(self, record: object, owner: type) -> Mapping[str, bool]: ...
    def __get__(self, record: object | None, owner: type) -> Self | Mapping[str, bool]:
        return self if record is None else cast("Mapping[str, bool]", _disclosed_answer(record, self.name))

    def answer(self, record: _Record, on: date) -> dict[str, bool] | None:
        """Return the answers that can be given, by threshold; None where there are none."""
        answers: dict[str, bool] = {}
        for key, threshold in self.thresholds.items():
            answer = _checked(self.rule(record, threshold, on), self.name)
            if answer is not None:
                answers[key] = answer
        return answers or None


def predicate(
    ja: str,
    en: str,
    *,
    replaces: str | None = None,
    sensitivity: Sensitivity = Sensitivity.B,
    element: str | None = None,
    namespace: str | None = None,
    term: str | None = None,
) -> Callable[[Callable[[_Record, date], bool | None]], Predicate[_Record]]:
    """Make a method ``(self, on) -> bool | None`` a claim; `replaces` names the claim it can be shown instead of."""
    claim = Claim(ja, en, sensitivity=sensitivity, element=element, namespace=namespace, term=term)
    return lambda rule: Predicate(claim, rule, replaces)


def threshold_predicate(
    ja: str,
    en: str,
    *,
    thresholds: tuple[int, ...],
    replaces: str | None = None,
    sensitivity: Sensitivity = Sensitivity.B,
    element: str | None = None,
    namespace: str | None = None,
    term: str | None = None,
) -> Callable[[Callable[[_Record, int, date], bool | None]], ThresholdPredicate[_Record]]:
    """Make a method ``(self, threshold, on) -> bool | None`` a claim with one member for each threshold.

    Raises:
        TypeError: there is no threshold, one is given twice, or one is not an integer.
    """
    if (
        not thresholds
        or len(set(thresholds)) < len(thresholds)
        or any(type(amount) is not int for amount in thresholds)
    ):
        raise TypeError("the thresholds of a predicate are different integers, at least one")
    claim = Claim(ja, en, sensitivity=sensitivity, element=element, namespace=namespace, term=term)
    return lambda rule: ThresholdPredicate(claim, rule, replaces, thresholds)


def _checked(answer: bool | None, name: str) -> bool | None:
    # A truthy number in a signed claim would be one more thing for verifiers to disagree about.
    if answer is not None and type(answer) is not bool:
        raise TypeError(f"the predicate {name} answers True, False or None")
    return answer


def _disclosed_answer(record: object, name: str) -> object:
    answers = record.__pydantic_extra__ if isinstance(record, BaseModel) else None
    if answers is None or name not in answers:
        # Python now asks the model's __getattr__, which knows why there is no answer.
        raise AttributeError(name)
    return answers[name]
