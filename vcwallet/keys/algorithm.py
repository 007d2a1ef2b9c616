# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Signature algorithms by their registered JOSE names (RFC 7518, section 3; RFC 8037; RFC 9864; RFC 9964).

Weak algorithms have no member, hence no code.

    >>> from vcwallet.keys import Algorithm
    >>> Algorithm("ES256").signature_bytes
    64
"""

from __future__ import annotations

from enum import StrEnum

from vcwallet.errors import AlgorithmNotAllowedError, quoted


class Algorithm(StrEnum):
    """A signature algorithm that vcwallet makes and checks."""

    ES256 = "ES256"
    ES384 = "ES384"
    ES512 = "ES512"
    EDDSA = "EdDSA"
    ED25519 = "Ed25519"
    ML_DSA_44 = "ML-DSA-44"
    ML_DSA_65 = "ML-DSA-65"
    ML_DSA_87 = "ML-DSA-87"

    # Equal to its text, so hashed like it; the hash of `Enum` is a call of Python in each look-up.
    __hash__ = str.__hash__

    @property
    def signature_bytes(self) -> int:
        """The length of every signature, in bytes."""
        return _SIGNATURE_BYTES[self]

    @classmethod
    def parse(cls, name: object) -> Algorithm:
        """Return the algorithm of this registered name.

        Raises:
            AlgorithmNotAllowedError: any other name, ``none`` and every MAC among them.
        """
        algorithm = _BY_NAME.get(name) if isinstance(name, str) else None
        if algorithm is None:
            raise AlgorithmNotAllowedError(f"signature algorithm {quoted(name)} is not supported")
        return algorithm


_SIGNATURE_BYTES = {
    Algorithm.ES256: 64,
    Algorithm.ES384: 96,
    Algorithm.ES512: 132,
    Algorithm.EDDSA: 64,
    Algorithm.ED25519: 64,
    Algorithm.ML_DSA_44: 2420,
    Algorithm.ML_DSA_65: 3309,
    Algorithm.ML_DSA_87: 4627,
}
_BY_NAME = {algorithm.value: algorithm for algorithm in Algorithm}

CLASSICAL = frozenset({Algorithm.ES256, Algorithm.ES384, Algorithm.ES512, Algorithm.EDDSA, Algorithm.ED25519})
"""The algorithms that every profile allows; post-quantum ones are allowed by naming them."""
