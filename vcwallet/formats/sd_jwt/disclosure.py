# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Disclosures and their digests (RFC 9901, section 4.2).

A digest is taken over the text of a disclosure as it was received, so that text is kept and never written again.

    >>> from vcwallet.formats.sd_jwt import Disclosure, HashAlgorithm
    >>> HashAlgorithm.SHA_256.digest("WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0")
    'w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs'
    >>> Disclosure.parse("WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0").value
    'FR'
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from vcwallet.encoding import base64url, json
from vcwallet.errors import LimitExceededError, MalformedError, UnsupportedError, quoted

MAX_DISCLOSURES = 500
MAX_DISCLOSURE_TEXT = 256 * 1024
MAX_DIGESTS = 5_000
MAX_DEPTH = 16

SD = "_sd"
SD_ALG = "_sd_alg"
ELEMENT = "..."
RESERVED = frozenset({SD, ELEMENT})
"""Names that no claim may have (RFC 9901, section 4.1)."""


class HashAlgorithm(StrEnum):
    """Hash functions by their names in the IANA Named Information registry; truncated ones have no member."""

    SHA_256 = "sha-256"
    SHA_384 = "sha-384"
    SHA_512 = "sha-512"

    @classmethod
    def parse(cls, name: object) -> HashAlgorithm:
        """Return the algorithm of an ``_sd_alg`` claim.

        Raises:
            UnsupportedError: another name.
        """
        try:
            return cls(name)  # type: ignore[arg-type]
        except ValueError:
            raise UnsupportedError(
                f"hash algorithm {quoted(name)} is not supported", clause="RFC 9901, section 4.1.1"
            ) from None

    def digest(self, text: str) -> str:
        """Return the digest of a text in ASCII, as base64url."""
        return base64url.encode(_HASHES[self](text.encode("ascii")).digest())

    def digest_each(self, texts: Iterable[str]) -> list[str]:
        """Return the digest of each text, as base64url."""
        new = _HASHES[self]
        return base64url.encode_each([new(text.encode("ascii")).digest() for text in texts])

    @property
    def digest_bytes(self) -> int:
        """The length of a digest, in bytes."""
        return _HASHES[self]().digest_size


_HASHES = {
    HashAlgorithm.SHA_256: hashlib.sha256,
    HashAlgorithm.SHA_384: hashlib.sha384,
    HashAlgorithm.SHA_512: hashlib.sha512,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One disclosure: a member of an object, or an element of an array (`name` is None).

    Attributes:
        text: the disclosure as it was received or made.
        name: the claim's name.
        value: the claim's value, in which further digests may stand.
    """

    text: str = field(repr=False)
    name: str | None = field(repr=False)
    value: Any = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Disclosure:
        """Read a disclosure.

        Raises:
            LimitExceededError: longer than 256 KiB.
            MalformedError: not a base64url JSON array of two or three, a salt that is no string, or a reserved name.
        """
        if len(text) > MAX_DISCLOSURE_TEXT:
            raise LimitExceededError(f"a disclosure is longer than {MAX_DISCLOSURE_TEXT} characters")
        array = json.loads(base64url.decode(text))
        if not isinstance(array, list) or len(array) not in (2, 3) or not isinstance(array[0], str):
            raise MalformedError("a disclosure is [salt, value] or [salt, name, value]", clause="RFC 9901, section 4.2")
        if len(array) == 2:
            return cls(text=text, name=None, value=array[1])
        if not isinstance(array[1], str) or array[1] in RESERVED:
            raise MalformedError("a disclosure has no usable claim name", clause="RFC 9901, section 7.1")
        return cls(text=text, name=array[1], value=array[2])
