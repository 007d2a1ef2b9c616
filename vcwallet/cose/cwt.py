# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""CBOR Web Tokens that are signed: claims, types and times (RFC 8392; explicit typing of RFC 9596).

Claims are a map from labels, which are integers where they are registered, else texts.

    >>> from datetime import UTC, datetime
    >>> from vcwallet.cose import cwt
    >>> from vcwallet.keys.software import SoftwareSigner
    >>> signer = SoftwareSigner.generate()
    >>> data = cwt.sign({cwt.SUB: "https://example.com/list/1"}, typ="application/statuslist+cwt", signer=signer)
    >>> token = cwt.parse(data)
    >>> cwt.require_typ(token.headers, "application/statuslist+cwt")
    >>> token.verify(signer.public_key)
    {2: 'https://example.com/list/1'}
    >>> cwt.require_valid_at({cwt.EXP: 1_000_000_000}, at=datetime(2026, 11, 23, tzinfo=UTC))
    Traceback (most recent call last):
    vcwallet.errors.ValidityError: the validity has ended [EXPIRED] (RFC 8392, section 3.1.4)
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from vcwallet.cose import sign1, structure
from vcwallet.cose.header import TYP, Headers, Labels
from vcwallet.cose.sign1 import Sign1
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.errors import MalformedError, ValidityError, VerificationError, quoted
from vcwallet.keys.algorithm import CLASSICAL, Algorithm
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer

ISS, SUB, AUD, EXP, NBF, IAT, CTI = 1, 2, 3, 4, 5, 6, 7

TAG: Final = 61
"""The CWT tag, which stands around the tag of the signature (RFC 8392, section 6)."""

SKEW = timedelta(seconds=60)
"""How far two honest clocks may differ."""

_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z


@dataclass(frozen=True, slots=True, kw_only=True)
class Cwt:
    """A signed token, not yet verified.

    Attributes:
        signed: the signature over the encoded claims.
    """

    signed: Sign1

    @property
    def headers(self) -> Headers[Algorithm]:
        """The headers of the signature."""
        return self.signed.headers

    def verify(self, key: PublicKey, *, algorithms: Collection[Algorithm] = CLASSICAL) -> dict[int | str, Any]:
        """Return the claims, which `key` has signed with an algorithm of ours.

        Raises:
            AlgorithmNotAllowedError: the header's algorithm is not in `algorithms`, or not the key's.
            SignatureInvalidError: the signature is not by this key over these bytes.
            MalformedError: there is no payload, or it is not a map of claims.
            LimitExceededError: the claims are over a limit of CBOR.
        """
        return _claims(self.signed.verify(key, algorithms=algorithms))


def sign(
    claims: Labels,
    *,
    typ: str | int | None,
    signer: Signer,
    protected: Labels | None = None,
    unprotected: Labels | None = None,
    tag: int | None = sign1.TAG,
) -> bytes:
    """Return the claims as a signed CWT.

    Args:
        claims: by label.
        typ: what the token is, a media type or its number; None for a protocol that has none.
        signer: makes the signature.
        protected: parameters of the protected header beside ``alg`` and ``typ``.
        unprotected: the unprotected header.
        tag: the outermost tag: 18 (COSE_Sign1), 61 (CWT, around 18), or None for an array without a tag.

    Raises:
        ValueError: another tag, or headers that nobody may write.
    """
    types: Labels = {} if typ is None else {TYP: typ}
    message = sign1.sign(
        cbor.dumps(claims), signer=signer, protected={**types, **(protected or {})}, unprotected=unprotected
    )
    _require_known(tag)
    return cbor.dumps(Tag(TAG, Tag(sign1.TAG, message))) if tag == TAG else sign1.dumps(message, tagged=tag is not None)


def parse(data: bytes, *, tag: int | None = sign1.TAG, max_bytes: int = sign1.MAX_BYTES) -> Cwt:
    """Read a signed CWT.

    Args:
        data: its encoding.
        tag: the outermost tag that has to be there: 18 (COSE_Sign1), 61 (CWT, around 18), or None for no tag at all.
        max_bytes: how long it may be.

    Raises:
        LimitExceededError: longer than `max_bytes`, or a header over its limit.
        MalformedError: not a signed CWT in these tags, or a header that is none.
        AlgorithmNotAllowedError: an algorithm that vcwallet does not have, or none that is protected.
        UnsupportedError: an extension in the header.
        ValueError: `tag` is another one.
    """
    _require_known(tag)
    value = cbor.loads(data, limits=cbor.Limits(max_bytes=max_bytes))
    if tag == TAG:
        value = structure.untagged(value, TAG)
    return Cwt(signed=sign1.parse(value, tagged=tag is not None))


def require_typ(headers: Headers[Algorithm], *types: str | int) -> None:
    """Return if the token says that it is of one of these types.

    Raises:
        VerificationError: another type or none (code ``WRONG_TYPE``): one kind of token must not pass for another.
    """
    if headers.typ not in types:
        raise VerificationError(
            f"the token's typ is not {quoted(' or '.join(map(str, types)))}",
            code="WRONG_TYPE",
            clause="RFC 9596, section 2",
        )


def seconds(time: datetime) -> int:
    """Return a time as a NumericDate: whole seconds since 1970 in UTC (RFC 8392, section 2).

    Raises:
        ValueError: the time has no time zone.
    """
    if time.tzinfo is None:
        raise ValueError("a time without a time zone")
    return int(time.timestamp())


def numeric_date(claims: Labels, label: int) -> datetime | None:
    """Return the time that a NumericDate claim stands for; None when the claim is absent.

    Raises:
        MalformedError: not a number, a number in a tag, or not a time between the years 1970 and 9999.
    """
    if label not in claims:
        return None
    value = claims[label]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_SECOND:
        raise MalformedError(f"the claim {label} is not a NumericDate", clause="RFC 8392, section 2")
    return datetime.fromtimestamp(value, UTC)


def require_valid_at(claims: Labels, *, at: datetime, skew: timedelta = SKEW) -> None:
    """Return if `at` lies in the time that ``nbf`` and ``exp`` leave, give or take `skew`.

    Raises:
        ValidityError: too early (``NOT_YET_VALID``) or too late (``EXPIRED``).
        MalformedError: a time claim is no NumericDate.
    """
    not_before, expires = numeric_date(claims, NBF), numeric_date(claims, EXP)
    # The skew is taken from our time: "never expires" is written as the last second of the year 9999.
    if not_before is not None and at + skew < not_before:
        raise ValidityError("the validity has not begun", code="NOT_YET_VALID", clause="RFC 8392, section 3.1.5")
    if expires is not None and at - skew >= expires:
        raise ValidityError("the validity has ended", clause="RFC 8392, section 3.1.4")


def text(claims: Labels, label: int | str) -> str:
    """Return a claim that is there and is a non-empty string.

    Raises:
        MalformedError: it is missing, empty or something else.
    """
    value = claims.get(label)
    if not isinstance(value, str) or not value:
        raise MalformedError(f"the claim {quoted(label)} is missing or no string", clause="RFC 8392, section 3")
    return value


def _claims(payload: bytes) -> dict[int | str, Any]:
    claims = cbor.loads(payload)
    if not isinstance(claims, dict) or any(isinstance(label, bytes) for label in claims):
        raise MalformedError("the claims of a CWT are a map of integers and texts", clause="RFC 8392, section 4")
    return claims


def _require_known(tag: int | None) -> None:
    if tag not in {None, sign1.TAG, TAG}:
        raise ValueError("a signed CWT is in tag 18, in tag 61 around it, or in none")
