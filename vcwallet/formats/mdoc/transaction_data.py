# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a holder authorises with the proof of an mdoc (OpenID4VP 1.0, appendix B.2.4).

The standard leaves to a type of transaction in which element the device says it.  Ours say it in one: an array of the
SHA-256 of each text, as the verifier sent it, which the issuer must have authorised the device key to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from vcwallet.encoding import base64url, json
from vcwallet.encoding.cbor import CborValue
from vcwallet.errors import BindingError, MalformedError
from vcwallet.formats.mdoc.mso import KeyAuthorizations

NAMESPACE: Final = "urn:vcwallet:transaction_data:1"
ELEMENT: Final = "transaction_data_hashes"
AUTHORISED: Final = KeyAuthorizations(elements={NAMESPACE: frozenset({ELEMENT})})
"""What an issuer authorises the device to say, so that an mdoc can be used for transactions."""
ALGORITHM: Final = "transaction_data_hashes_alg"
MAX_BYTES = 64 * 1024
MAX_TRANSACTIONS = 20
CLAUSE: Final = "OpenID4VP 1.0, appendix B.2.4"
_SHA_256: Final = "sha-256"


def device_items(texts: Sequence[str]) -> dict[str, dict[str, CborValue]]:
    """Return what the device says to authorise these transactions; nothing where there are none."""
    return {NAMESPACE: {ELEMENT: [_digest(text) for text in texts]}} if texts else {}


def hashes(allowed: KeyAuthorizations) -> frozenset[str]:
    """Return the hash functions that a device authorises transactions with; none where the issuer does not let it."""
    return frozenset({_SHA_256}) if allowed.allow(NAMESPACE, ELEMENT) else frozenset()


def authorised(name_spaces: Mapping[str, Mapping[str, Any]], texts: Sequence[str]) -> tuple[str, ...]:
    """Return which of the verifier's own texts the device authorises.

    Args:
        name_spaces: what the device says by itself, after its proof was checked.
        texts: what the verifier has asked for, as it sent it.

    Raises:
        MalformedError: the element is of the wrong form.
        BindingError: something else is authorised, something twice, or something whose request has SHA-256 not among
            its hash functions (code ``TRANSACTION_DATA_MISMATCH``).
    """
    if ELEMENT not in name_spaces.get(NAMESPACE, {}):
        return ()
    digests = name_spaces[NAMESPACE][ELEMENT]
    if not isinstance(digests, list) or not 0 < len(digests) <= MAX_TRANSACTIONS:
        raise MalformedError(f"{ELEMENT} is a non-empty array", clause=CLAUSE)
    if not all(isinstance(one, bytes) for one in digests):
        raise MalformedError(f"{ELEMENT} has byte strings", clause=CLAUSE)
    by_digest = {_digest(text): text for text in texts if _allows_sha_256(text)}
    if len(set(digests)) != len(digests) or not by_digest.keys() >= set(digests):
        raise BindingError("the device authorises something else", code="TRANSACTION_DATA_MISMATCH", clause=CLAUSE)
    return tuple(by_digest[digest] for digest in digests)


def without(name_spaces: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what the device says apart from what it authorises."""
    kept = {
        name: {one: items[one] for one in items if (name, one) != (NAMESPACE, ELEMENT)}
        for name, items in name_spaces.items()
    }
    return {name: items for name, items in kept.items() if items}


def _allows_sha_256(text: str) -> bool:
    named = json.loads_object(base64url.decode(text), max_bytes=MAX_BYTES).get(ALGORITHM, [_SHA_256])
    return isinstance(named, list) and _SHA_256 in named


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("ascii")).digest()
