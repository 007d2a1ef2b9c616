# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The names that ISO/IEC 18013-5 gives to the parts of an mdoc, each once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

FORMAT: Final = "mso_mdoc"
"""The credential format identifier of OpenID4VP and OpenID4VCI."""
VERSION: Final = "1.0"
"""The version of MobileSecurityObject, DeviceRequest and DeviceResponse that is written."""

ISO: Final = "ISO/IEC 18013-5:2021"


class DigestAlgorithm(StrEnum):
    """The hash functions for the digests of the data elements (clause 9.1.2.5)."""

    SHA_256 = "SHA-256"
    SHA_384 = "SHA-384"
    SHA_512 = "SHA-512"

    __hash__ = str.__hash__  # as `Algorithm`

    @property
    def hash(self) -> Callable[[bytes], Any]:
        """The function of hashlib."""
        return _HASHES[self]


_HASHES: Final[dict[str, Callable[[bytes], Any]]] = {
    DigestAlgorithm.SHA_256: hashlib.sha256,
    DigestAlgorithm.SHA_384: hashlib.sha384,
    DigestAlgorithm.SHA_512: hashlib.sha512,
}
