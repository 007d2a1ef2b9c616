# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The elements ``age_over_NN``: the nearest answer, and how many may be asked for (ISO/IEC 18013-5, clause 7.2.5).

A document has answers about a few ages.  Who asks about another one gets the nearest answer that settles the question,
or none.  This is for the requests of ISO/IEC 18013-5; a DCQL query names the very element that it asks for.

    >>> held = {18: True, 20: True, 65: False}
    >>> nearest_age(19, held), nearest_age(70, held), nearest_age(60, held)
    (20, 65, None)
    >>> age_of("age_over_20"), age_of("age_over_200")
    (20, None)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from vcwallet.errors import RemoteProtocolError
from vcwallet.formats.mdoc.vocabulary import ISO

MAX_AGE_ELEMENTS: Final = 2
"""How many different ages one request may ask about: many answers together are a birth year."""

_CLAUSE: Final = f"{ISO}, clause 7.2.5"
_ELEMENT: Final = re.compile("age_over_([0-9]{2})")


def age_of(element: str) -> int | None:
    """Return the age that an element such as ``age_over_18`` is about; None for any other element."""
    match = _ELEMENT.fullmatch(element)
    return int(match[1]) if match is not None else None


def nearest_age(asked: int, held: Mapping[int, bool]) -> int | None:
    """Return the age whose answer settles whether somebody is at least `asked`, and says the least besides.

    That is the smallest age from `asked` on with the answer true, else the greatest up to `asked` with the answer
    false; None where neither is there, and then nothing is returned to the reader.

    Args:
        asked: the age of the element that was asked for.
        held: by age, the answers that the document has.
    """
    reached = [age for age, answer in held.items() if answer is True and age >= asked]
    if reached:
        return min(reached)
    missed = [age for age, answer in held.items() if answer is False and age <= asked]
    return max(missed, default=None)


def require_few_ages(elements: Iterable[str]) -> None:
    """Return if the elements that are asked for of a document are about no more ages than a request may ask about.

    Raises:
        RemoteProtocolError: they are about more than two (code ``TOO_MANY_AGES``).
    """
    if len({age for element in elements if (age := age_of(element)) is not None}) > MAX_AGE_ELEMENTS:
        raise RemoteProtocolError(
            f"a request asks about more than {MAX_AGE_ELEMENTS} ages", code="TOO_MANY_AGES", clause=_CLAUSE
        )
