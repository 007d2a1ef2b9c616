# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Forms and query strings (RFC 6749, section 3.2 and Appendix B): one reading for each text, within stated limits.

A parameter without a value counts as left out, and one that comes twice is refused, except ``resource``, which may be
repeated (RFC 8707, section 2); its values, which have no spaces, are kept as one text with spaces between them.

    >>> from vcwallet.protocols.oauth import form
    >>> form.read_form(b"grant_type=refresh_token&scope=a%20b&client_id=")
    {'grant_type': 'refresh_token', 'scope': 'a b'}
    >>> form.form_body({"code": "a+b", "state": "x y"})
    b'code=a%2Bb&state=x%20y'
    >>> form.read_form(b"code=a&code=b")
    Traceback (most recent call last):
    vcwallet.errors.MalformedError: the parameter "code" comes twice [MALFORMED] (RFC 6749, section 3.2)
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

from vcwallet.errors import LimitExceededError, MalformedError, quoted

MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
MAX_BYTES = 64 * 1024
MAX_MEMBERS = 100
REPEATABLE: Final = frozenset({"resource"})

# Possessive: a run of characters is one step, and nothing is tried twice in a long form.
_ENCODED = re.compile(r"(?:[!-$&-~]++|%[0-9A-Fa-f]{2})*+")
_CLAUSE = "RFC 6749, section 3.2"


def read_form(body: bytes, *, max_bytes: int = MAX_BYTES) -> dict[str, str]:
    """Return the parameters of a form.

    Args:
        body: what was posted.
        max_bytes: the longest form that is taken.

    Raises:
        LimitExceededError: longer than `max_bytes`, or more than 100 parameters.
        MalformedError: not ASCII, a broken percent-encoding, not UTF-8 below it, a parameter without a name, or one
            that comes twice.
    """
    if len(body) > max_bytes:
        raise LimitExceededError(f"a form is longer than {max_bytes} bytes")
    try:
        return read_query(body.decode("ascii"), max_characters=max_bytes)
    except UnicodeDecodeError:
        raise MalformedError("a form is ASCII", clause="RFC 6749, Appendix B") from None


def read_query(text: str, *, max_characters: int = MAX_BYTES) -> dict[str, str]:
    """Return the parameters of a query string, without its question mark.

    Raises:
        LimitExceededError, MalformedError: as `read_form`.
    """
    if len(text) > max_characters:
        raise LimitExceededError(f"a query is longer than {max_characters} characters")
    if not _ENCODED.fullmatch(text):
        raise MalformedError("a form has a character or percent-encoding that is none", clause="RFC 6749, Appendix B")
    found: dict[str, list[str]] = {}
    for name, value in _pairs(text):
        found.setdefault(name, []).append(value)
    return {name: value for name, values in found.items() if (value := _one(name, values))}


def form_body(params: Mapping[str, str]) -> bytes:
    """Return the form of these parameters; one without a value is left out."""
    return query(params).encode("ascii")


def query(params: Mapping[str, str]) -> str:
    """Return the query string of these parameters, without a question mark; one without a value is left out.

    A space is written as ``%20``, which the handlers of links of every platform read.
    """
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in _spread(params))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    pieces = [piece for piece in text.split("&") if piece]
    if len(pieces) > MAX_MEMBERS:
        raise LimitExceededError(f"a form has more than {MAX_MEMBERS} parameters")
    for piece in pieces:
        name, _, value = piece.partition("=")
        if not name:
            raise MalformedError("a parameter has no name", clause="RFC 6749, Appendix B")
        yield _decode(name), _decode(value)


def _decode(text: str) -> str:
    # Quoted-printable has the same escapes after another sign, and its decoder makes no object for each of them: a form
    # of 2 MiB would cost 150 MiB otherwise.
    quoted_printable = text.replace("+", " ").replace("=", "=3D").replace("%", "=")
    try:
        return a2b_qp(quoted_printable).decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedError("a form is not in UTF-8", clause="RFC 6749, Appendix B") from None


def _one(name: str, values: list[str]) -> str:
    if len(values) > 1 and name not in REPEATABLE:
        raise MalformedError(f"the parameter {quoted(name)} comes twice", clause=_CLAUSE)
    if name in REPEATABLE and any(" " in value for value in values):
        raise MalformedError(f"the parameter {quoted(name)} is a URI", clause="RFC 8707, section 2")
    return " ".join(filter(None, values))


def _spread(params: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in params.items():
        for one in value.split(" ") if name in REPEATABLE else (value,):
            if one:
                yield name, one
