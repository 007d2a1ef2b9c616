# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The cryptosuites ``ecdsa-jcs-2019`` and ``eddsa-jcs-2022``: what is signed, and by what kind of key.

Sources: W3C Data Integrity ECDSA Cryptosuites 1.0, section 3.3; Data Integrity EdDSA Cryptosuites 1.0, section 3.3.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

from vcwallet.claims import JsonObject
from vcwallet.encoding import jcs
from vcwallet.errors import AlgorithmNotAllowedError, UnsupportedError, quoted
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.public import PublicKey


class Cryptosuite(StrEnum):
    """A cryptosuite that vcwallet makes and checks; those that canonicalise RDF are not among them."""

    ECDSA_JCS_2019 = "ecdsa-jcs-2019"
    EDDSA_JCS_2022 = "eddsa-jcs-2022"

    @classmethod
    def parse(cls, name: object) -> Cryptosuite:
        """Return the cryptosuite of this name.

        Raises:
            UnsupportedError: any other name.
        """
        suite = _BY_NAME.get(name) if isinstance(name, str) else None
        if suite is None:
            raise UnsupportedError(f"cryptosuite {quoted(name)} is not supported")
        return suite

    @classmethod
    def of(cls, key: PublicKey) -> Cryptosuite:
        """Return the cryptosuite that a key signs with.

        Raises:
            AlgorithmNotAllowedError: none of ours.
        """
        found = next((suite for suite in cls if key.algorithm in _HASHES[suite]), None)
        if found is None:
            raise AlgorithmNotAllowedError(f"a key for {key.algorithm} has no cryptosuite")
        return found


_BY_NAME = {suite.value: suite for suite in Cryptosuite}
# The hash function follows the key's curve; the signature of ECDSA hashes once more with the same.
_HASHES = {
    Cryptosuite.ECDSA_JCS_2019: {Algorithm.ES256: hashlib.sha256, Algorithm.ES384: hashlib.sha384},
    Cryptosuite.EDDSA_JCS_2022: {Algorithm.EDDSA: hashlib.sha256},
}


def hash_data(suite: Cryptosuite, document: JsonObject, proof_options: JsonObject, *, key: PublicKey) -> bytes:
    """Return the bytes to sign: the hash of the canonical proof options, then that of the canonical document.

    Raises:
        AlgorithmNotAllowedError: the key is none for this cryptosuite.
        MalformedError: a number or string that has no canonical form.
        LimitExceededError: nested deeper than 32.
    """
    hashed = _HASHES[suite].get(key.algorithm)
    if hashed is None:
        raise AlgorithmNotAllowedError(f"a key for {key.algorithm} is none for {suite}")
    return hashed(jcs.canonicalize(proof_options)).digest() + hashed(jcs.canonicalize(document)).digest()
