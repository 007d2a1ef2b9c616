# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""IssuerSigned: the issuer's signature and the data elements that it covers (ISO/IEC 18013-5, clause 8.3.2.1.2.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from vcwallet.cose import sign1
from vcwallet.cose.header import KID, X5CHAIN, X5T
from vcwallet.cose.sign1 import Sign1
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Budget
from vcwallet.errors import DigestInvalidError, LimitExceededError, quoted
from vcwallet.formats.mdoc import shape
from vcwallet.formats.mdoc.mso import MAX_DIGEST_ID
from vcwallet.formats.mdoc.shape import malformed
from vcwallet.formats.mdoc.vocabulary import ISO

MAX_ITEMS = 200
"""How many data elements one document may have (security page, limits)."""
RANDOM_BYTES = 16
"""How long the salt of a digest is at least, and how long ours are (clause 9.1.2.5)."""
MAX_RANDOM_BYTES = 64
_SHOWN_HEADERS = frozenset({KID, X5CHAIN, X5T})
_CLAUSE = "8.3.2.1.2.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerSignedItem:
    """One data element with the salt of its digest.

    Attributes:
        digest_id: names its digest among those of its namespace.
        element: the data element identifier.
        value: the value, as decoded CBOR.
        encoded: the ``IssuerSignedItemBytes`` with their tag, as they came: what the digest is over.
    """

    digest_id: int
    element: str
    value: Any = field(repr=False)
    encoded: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerSigned:
    """What an issuer gave for one document, or the part of it that was presented; nothing in it is verified.

    Attributes:
        issuer_auth: the issuer's signature over the MobileSecurityObject.
        issuer_auth_value: the same as decoded CBOR.
        items: by namespace, the data elements.
    """

    issuer_auth: Sign1
    issuer_auth_value: Any = field(repr=False)
    items: Mapping[str, Sequence[IssuerSignedItem]] = field(repr=False)


def read(value: object, *, budget: Budget | None = None) -> IssuerSigned:
    """Return the IssuerSigned of a decoded map; `budget` is that of the message it is part of.

    Raises:
        MalformedError: a part is missing or of the wrong form.
        LimitExceededError: more than 200 data elements.
        DigestInvalidError: one stands twice in a namespace (``ELEMENT_REPEATED``).
        AlgorithmNotAllowedError, UnsupportedError: from the header of the signature.
    """
    members = shape.a_map(value, "IssuerSigned", _CLAUSE)
    namespaces = shape.by_name(members["nameSpaces"], "nameSpaces", _CLAUSE) if "nameSpaces" in members else {}
    issuer_auth = members.get("issuerAuth")
    if not all(isinstance(items, list) and items for items in namespaces.values()):
        raise malformed("a namespace has no data elements", _CLAUSE)
    if sum(map(len, namespaces.values())) > MAX_ITEMS:
        raise LimitExceededError(f"a document has more than {MAX_ITEMS} data elements")
    signature = sign1.parse(issuer_auth)
    if not signature.headers.unprotected.keys() <= _SHOWN_HEADERS:
        raise malformed("the issuer's signature has an unprotected header that nobody is shown", "9.1.2.4")
    budget = budget or Budget()
    return IssuerSigned(
        issuer_auth=signature,
        issuer_auth_value=issuer_auth,
        items={name: _items(name, items, budget) for name, items in namespaces.items()},
    )


def _items(namespace: str, values: list[object], budget: Budget) -> tuple[IssuerSignedItem, ...]:
    items = tuple([_item(value, budget) for value in values])
    # A name is never equal to a number.
    if len({name for item in items for name in (item.element, item.digest_id)}) < 2 * len(items):
        raise DigestInvalidError(
            f"an element or digest identifier stands twice in {quoted(namespace)}",
            code="ELEMENT_REPEATED",
            clause=f"{ISO}, clause {_CLAUSE}",
        )
    return items


def _item(value: object, budget: Budget) -> IssuerSignedItem:
    encoded = shape.embedded(value, "an IssuerSignedItem", _CLAUSE)
    members = shape.a_map(cbor.loads(encoded, budget=budget), "an IssuerSignedItem", _CLAUSE)
    digest_id, random, element = members.get("digestID"), members.get("random"), members.get("elementIdentifier")
    if type(digest_id) is not int or not 0 <= digest_id <= MAX_DIGEST_ID:
        raise malformed("digestID is not a number below 2^31", _CLAUSE)
    if type(random) is not bytes or not RANDOM_BYTES <= len(random) <= MAX_RANDOM_BYTES:
        raise malformed(f"the random value of an element has {RANDOM_BYTES} to {MAX_RANDOM_BYTES} bytes", "9.1.2.5")
    # What is in an item leaves with it, so there is nothing in it that nobody is shown.
    if type(element) is not str or not element or "elementValue" not in members or len(members) != 4:
        raise malformed("an IssuerSignedItem has an elementIdentifier and an elementValue", _CLAUSE)
    return IssuerSignedItem(
        digest_id=digest_id,
        element=element,
        value=members["elementValue"],
        encoded=cbor.embedded(encoded),
    )


# --- writing ---------------------------------------------------------------------------------------------------------

_DIGEST_ID = cbor.map_head(4) + cbor.text_string("digestID")
_RANDOM = cbor.text_string("random") + cbor.byte_string(bytes(RANDOM_BYTES))[:-RANDOM_BYTES]
_NAME_SPACES = cbor.text_string("nameSpaces")
_ISSUER_AUTH = cbor.text_string("issuerAuth")


def write_item(digest_id: int, random: bytes, element: str, value: bytes) -> bytes:
    """Return the ``IssuerSignedItemBytes`` of an element; `random` has 16 bytes, and `value` is the value's CBOR."""
    return cbor.embedded(_numbered(digest_id) + random + _named(element) + value)


@lru_cache(maxsize=256)
def _numbered(digest_id: int) -> bytes:
    """Return the part of an item that stands before its salt."""
    return _DIGEST_ID + cbor.unsigned(digest_id) + _RANDOM


@lru_cache(maxsize=4096)
def _named(element: str) -> bytes:
    """Return the part of an item that is the same for all items of an element."""
    return cbor.text_string("elementIdentifier") + cbor.text_string(element) + cbor.text_string("elementValue")


def write(items: Mapping[str, Sequence[bytes]], issuer_auth: bytes) -> bytes:
    """Return the CBOR of IssuerSigned from the encoded items of each namespace and the encoded signature."""
    if not items:
        return cbor.map_head(1) + _ISSUER_AUTH + issuer_auth
    parts = [cbor.map_head(2), _NAME_SPACES, cbor.map_head(len(items))]
    for namespace, encoded in items.items():
        parts += [cbor.text_string(namespace), cbor.array_head(len(encoded)), *encoded]
    return b"".join((*parts, _ISSUER_AUTH, issuer_auth))
