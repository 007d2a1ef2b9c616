# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""JOSE protected headers, read once and checked whole (RFC 7515, section 4).

No member of a header is ever followed: ``jku`` and ``x5u`` are kept but mean nothing, ``kid`` is an opaque string, and
``jwk`` is not a source of trust.  A signature with ``crit`` is refused, since vcwallet knows no extension, and so is
one whose payload would not be in base64url (``b64``, RFC 7797).  That it is may be said, as registrars do (ETSI TS 119
475 V1.1.1).
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from vcwallet.claims import JsonObject
from vcwallet.encoding import base64url, json
from vcwallet.errors import LimitExceededError, MalformedError, UnsupportedError
from vcwallet.keys.algorithm import Algorithm

MAX_HEADER_BYTES = 32 * 1024
MAX_CERTIFICATES = 5
MAX_CERTIFICATE_BYTES = 16 * 1024
_KEPT_BYTES = 8 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A protected header; nothing in it is verified until its signature is."""

    algorithm: Algorithm
    typ: str | None
    key_id: str | None
    chain: tuple[bytes, ...]
    members: JsonObject


def encode(members: JsonObject) -> str:
    """Return a protected header as base64url, ready to stand before the first dot."""
    return base64url.encode(json.dumps(members))


def x5c(chain: tuple[bytes, ...]) -> list[str]:
    """Return DER certificates as the ``x5c`` member: standard base64, the signer's first (RFC 7515, section 4.1.6)."""
    return [binascii.b2a_base64(der, newline=False).decode("ascii") for der in chain]


def parse(encoded: bytes) -> Header:
    """Return the header of its base64url form.

    Raises:
        LimitExceededError: longer than 32 KiB, or more than five certificates.
        MalformedError: not a JSON object, or a member of the wrong type.
        AlgorithmNotAllowedError: an algorithm that vcwallet does not have.
        UnsupportedError: an extension (``crit``, ``b64``).
    """
    # One issuer's header is the same for all its credentials.  It is read before anybody is trusted, so a long one,
    # which can become very many objects, is not kept.
    return _kept(encoded) if len(encoded) <= _KEPT_BYTES else _parse(encoded)


@lru_cache(maxsize=256)
def _kept(encoded: bytes) -> Header:
    return _parse(encoded)


def _parse(encoded: bytes) -> Header:
    members = decode(encoded)
    b64 = members.get("b64", True)
    if "crit" in members or not (b64 is True or b64 == "true"):
        raise UnsupportedError("the JOSE header has an extension (crit or b64)", clause="RFC 7515, section 4.1.11")
    return Header(
        algorithm=Algorithm.parse(members.get("alg")),
        typ=optional_text(members, "typ"),
        key_id=optional_text(members, "kid"),
        chain=_chain(members),
        members=MappingProxyType(members),
    )


def decode(encoded: bytes) -> dict[str, Any]:
    """Return the members of a protected header, of a signature or an encrypted message, none of them looked at yet.

    Raises:
        LimitExceededError: longer than 32 KiB.
        MalformedError: not a JSON object in base64url.
    """
    if len(encoded) > MAX_HEADER_BYTES:
        raise LimitExceededError(f"a JOSE header is longer than {MAX_HEADER_BYTES} bytes")
    return json.loads_object(base64url.decode(encoded))


def optional_text(members: Mapping[str, object], name: str) -> str | None:
    """Return a member that is a string; None where it is absent or null.

    Raises:
        MalformedError: it is something else.
    """
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise MalformedError(f"the header member {name} is no string", clause="RFC 7515, section 4.1")
    return value


def _chain(members: Mapping[str, object]) -> tuple[bytes, ...]:
    if "x5c" not in members:
        return ()
    certificates = members["x5c"]
    if not isinstance(certificates, list) or not certificates:
        raise MalformedError("x5c is a non-empty array", clause="RFC 7515, section 4.1.6")
    if len(certificates) > MAX_CERTIFICATES:
        raise LimitExceededError(f"x5c has more than {MAX_CERTIFICATES} certificates")
    return tuple(_certificate(text) for text in certificates)


def _certificate(text: object) -> bytes:
    if not isinstance(text, str):
        raise MalformedError("x5c holds strings", clause="RFC 7515, section 4.1.6")
    if len(text) > MAX_CERTIFICATE_BYTES * 4 // 3 + 4:
        raise LimitExceededError(f"a certificate is longer than {MAX_CERTIFICATE_BYTES} bytes")
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error, or a character outside ASCII
        raise MalformedError("x5c is not in base64", clause="RFC 7515, section 4.1.6") from None
