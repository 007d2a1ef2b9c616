# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a holder authorises with a key binding JWT (OpenID4VP 1.0, section 8.4 and appendix B.3.3.1).

A hash is taken over the base64url text as the verifier sent it, never over what is in it.

    >>> from vcwallet.encoding import base64url
    >>> from vcwallet.formats.sd_jwt_vc import transaction_data
    >>> text = base64url.encode(b'{"type":"payment","credential_ids":["a"]}')
    >>> claims = transaction_data.authorisation((text,))
    >>> transaction_data.authorised(claims, (text,)) == (text,)
    True
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vcwallet.encoding import base64url, json
from vcwallet.errors import BindingError, MalformedError, UnsupportedError
from vcwallet.formats.sd_jwt.disclosure import HashAlgorithm

HASHES: Final = "transaction_data_hashes"
ALGORITHM: Final = "transaction_data_hashes_alg"
MAX_BYTES = 64 * 1024
MAX_TRANSACTIONS = 20
CLAUSE: Final = "OpenID4VP 1.0, appendix B.3.3.1"

_DEFAULT: Final = (HashAlgorithm.SHA_256.value,)
_OURS: Final = (HashAlgorithm.SHA_256, HashAlgorithm.SHA_384, HashAlgorithm.SHA_512)
OURS: Final = frozenset(one.value for one in _OURS)
"""The hash functions that a key binding JWT authorises transactions with, of which one is for all of them."""


def authorisation(texts: Sequence[str]) -> dict[str, Any]:
    """Return the claims by which a key binding JWT authorises these transactions, with one hash function for all.

    Raises:
        UnsupportedError: they have no hash function of ours in common (code ``INVALID_TRANSACTION_DATA``).
        MalformedError: a text is none of transaction data.
    """
    named, common = _algorithms(texts)
    algorithm = next((one for one in _OURS if one in common), None)
    if algorithm is None:
        raise UnsupportedError(
            "the transaction data have no hash function that we have", code="INVALID_TRANSACTION_DATA", clause=CLAUSE
        )
    claims: dict[str, Any] = {HASHES: [algorithm.digest(text) for text in texts]}
    return {**claims, ALGORITHM: algorithm.value} if named else claims


def authorised(claims: Mapping[str, Any], texts: Sequence[str]) -> tuple[str, ...]:
    """Return which of the verifier's own texts a key binding JWT authorises.

    Args:
        claims: those of the key binding JWT, after its signature was checked.
        texts: what the verifier has asked for, as it sent it.

    Raises:
        MalformedError: a claim is of the wrong form.
        BindingError: something else is authorised, something twice, or with a hash function that the request does not
            allow (code ``TRANSACTION_DATA_MISMATCH``).
    """
    if HASHES not in claims:
        if ALGORITHM in claims:
            raise MalformedError(f"{ALGORITHM} without {HASHES}", clause=CLAUSE)
        return ()
    hashes, algorithm = _hashes(claims[HASHES]), _algorithm(claims)
    by_hash = {algorithm.digest(text): text for text in texts}
    if len(set(hashes)) != len(hashes) or not by_hash.keys() >= set(hashes):
        raise _mismatch("the holder's proof authorises something else")
    found = tuple(by_hash[digest] for digest in hashes)
    named, common = _algorithms(found)
    if algorithm.value not in common or (named and ALGORITHM not in claims):
        raise _mismatch("the holder's proof has a hash function that was not asked for")
    return found


def _algorithms(texts: Sequence[str]) -> tuple[bool, frozenset[str]]:
    """Return whether a text names hash functions, and which all of them allow."""
    members = [json.loads_object(base64url.decode(text), max_bytes=MAX_BYTES) for text in texts]
    allowed = [_named(one) for one in members]
    return any(ALGORITHM in one for one in members), frozenset.intersection(*allowed)


def _named(members: Mapping[str, Any]) -> frozenset[str]:
    names = members.get(ALGORITHM, list(_DEFAULT))
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise MalformedError(f"{ALGORITHM} is a non-empty array of strings", code="INVALID_TRANSACTION_DATA")
    return frozenset(names)


def _hashes(value: object) -> list[str]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_TRANSACTIONS:
        raise MalformedError(f"{HASHES} is a non-empty array", clause=CLAUSE)
    if not all(isinstance(one, str) for one in value):
        raise MalformedError(f"{HASHES} has strings", clause=CLAUSE)
    return value


def _algorithm(claims: Mapping[str, Any]) -> HashAlgorithm:
    try:
        return HashAlgorithm.parse(claims.get(ALGORITHM, HashAlgorithm.SHA_256.value))
    except UnsupportedError:
        raise _mismatch("the holder's proof has a hash function that was not asked for") from None


def _mismatch(message: str) -> BindingError:
    return BindingError(message, code="TRANSACTION_DATA_MISMATCH", clause=CLAUSE)
