# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Integrity strings such as ``vct#integrity`` (W3C Subresource Integrity, section 3.3; SD-JWT VC, Document Integrity).

>>> from vcwallet.encoding import sri
>>> sri.integrity(b"alert('Hello, world.');")
'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='
>>> sri.require_match("sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=", b"alert('Bye, world.');")
Traceback (most recent call last):
vcwallet.errors.DigestInvalidError: not the document that the integrity string names [DIGEST_INVALID] (SRI, section 3.3)
"""

from __future__ import annotations

import binascii
import hashlib

from vcwallet.errors import DigestInvalidError, MalformedError, UnsupportedError

MAX_LENGTH = 4096
_STRONGEST_FIRST = ("sha512", "sha384", "sha256")
_CLAUSE = "SRI, section 3.3"


def integrity(data: bytes) -> str:
    """Return the integrity string of a document, with SHA-256."""
    return f"sha256-{binascii.b2a_base64(hashlib.sha256(data).digest(), newline=False).decode('ascii')}"


def require_match(expression: str, data: bytes) -> None:
    """Return if `data` is a document that the integrity string names.

    Of several digests only those of the strongest algorithm count, so that a weaker one cannot be added to widen the
    match; any one of them will do.

    Raises:
        DigestInvalidError: none of them is the digest of `data`.
        UnsupportedError: no digest is of an algorithm that we have.
        MalformedError: a digest is not in base64, or the string is longer than 4096 characters.
    """
    strongest, digests = _strongest(expression)
    if hashlib.new(strongest, data).digest() not in digests:
        raise DigestInvalidError("not the document that the integrity string names", clause=_CLAUSE)


def _strongest(expression: str) -> tuple[str, list[bytes]]:
    if len(expression) > MAX_LENGTH:
        raise MalformedError(f"an integrity string is longer than {MAX_LENGTH} characters", clause=_CLAUSE)
    by_algorithm: dict[str, list[bytes]] = {}
    for item in expression.split():
        algorithm, _, digest = item.partition("?")[0].partition("-")
        if algorithm in _STRONGEST_FIRST:
            by_algorithm.setdefault(algorithm, []).append(_digest(digest))
    for algorithm in _STRONGEST_FIRST:
        if algorithm in by_algorithm:
            return algorithm, by_algorithm[algorithm]
    raise UnsupportedError("an integrity string without sha256, sha384 or sha512", clause=_CLAUSE)


def _digest(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error, or a character outside ASCII
        raise MalformedError("the digest of an integrity string is not in base64", clause=_CLAUSE) from None
