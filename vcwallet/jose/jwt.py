# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""JSON Web Token claims: types and times (RFC 7519; explicit typing of RFC 8725, section 3.11).

>>> from datetime import UTC, datetime
>>> from vcwallet.jose import jwt
>>> jwt.require_valid_at({"exp": 2_000_000_000}, at=datetime(2026, 11, 23, tzinfo=UTC))
>>> jwt.require_valid_at({"exp": 1_000_000_000}, at=datetime(2026, 11, 23, tzinfo=UTC))
Traceback (most recent call last):
vcwallet.errors.ValidityError: the validity has ended [EXPIRED] (RFC 7519, section 4.1.4)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from vcwallet.claims import JsonObject
from vcwallet.encoding import json
from vcwallet.errors import MalformedError, ValidityError, VerificationError, quoted
from vcwallet.jose import jws
from vcwallet.jose.header import Header
from vcwallet.keys.signer import Signer

SKEW = timedelta(seconds=60)
"""How far two honest clocks may differ."""

_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z


def sign(claims: JsonObject, *, typ: str, signer: Signer, header: JsonObject | None = None) -> str:
    """Return the claims as a signed JWT of an explicit type, in compact serialisation."""
    return jws.sign(json.dumps(claims), signer=signer, header={"typ": typ, **(header or {})})


def require_typ(header: Header, typ: str) -> None:
    """Return if the token says that it is of this type.

    Raises:
        VerificationError: another type or none (code ``WRONG_TYPE``): one kind of token must not pass for another.
    """
    if header.typ != typ:
        raise VerificationError(
            f"the token's typ is not {quoted(typ)}", code="WRONG_TYPE", clause="RFC 8725, section 3.11"
        )


def seconds(time: datetime) -> int:
    """Return a time as a NumericDate: whole seconds since 1970 in UTC (RFC 7519, section 2).

    Raises:
        ValueError: the time has no time zone.
    """
    if time.tzinfo is None:
        raise ValueError("a time without a time zone")
    return int(time.timestamp())


def numeric_date(claims: Mapping[str, Any], name: str) -> datetime | None:
    """Return the time that a NumericDate claim stands for; None when the claim is absent.

    Raises:
        MalformedError: not a number, or not a time between the years 1970 and 9999.
    """
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_SECOND:
        raise MalformedError(f"{name} is not a NumericDate", clause="RFC 7519, section 2")
    return datetime.fromtimestamp(value, UTC)


def require_valid_at(claims: Mapping[str, Any], *, at: datetime, skew: timedelta = SKEW) -> None:
    """Return if `at` lies in the time that ``nbf`` and ``exp`` leave, give or take `skew`.

    Raises:
        ValidityError: too early (``NOT_YET_VALID``) or too late (``EXPIRED``).
        MalformedError: a time claim is no NumericDate.
    """
    not_before, expires = numeric_date(claims, "nbf"), numeric_date(claims, "exp")
    # The skew is taken from our time: "never expires" is written as the last second of the year 9999.
    if not_before is not None and at + skew < not_before:
        raise ValidityError("the validity has not begun", code="NOT_YET_VALID", clause="RFC 7519, section 4.1.5")
    if expires is not None and at - skew >= expires:
        raise ValidityError("the validity has ended", clause="RFC 7519, section 4.1.4")


def require_fresh(claims: Mapping[str, Any], *, at: datetime, max_age: timedelta, skew: timedelta = SKEW) -> None:
    """Return if the token was made, by its ``iat``, at most `max_age` ago and not in the future.

    Raises:
        ValidityError: too old (``EXPIRED``) or from the future (``NOT_YET_VALID``).
        MalformedError: ``iat`` is missing or no NumericDate.
    """
    issued = numeric_date(claims, "iat")
    if issued is None:
        raise MalformedError("iat is missing", clause="RFC 7519, section 4.1.6")
    if issued > at + skew:
        raise ValidityError("the token is from the future", code="NOT_YET_VALID", clause="RFC 7519, section 4.1.6")
    if issued < at - max_age:
        raise ValidityError("the token is too old", clause="RFC 7519, section 4.1.6")


def text(claims: Mapping[str, Any], name: str) -> str:
    """Return a claim that is there and is a non-empty string.

    Raises:
        MalformedError: it is missing, empty or something else.
    """
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedError(f"the claim {quoted(name)} is missing or no string", clause="RFC 7519, section 4")
    return value
