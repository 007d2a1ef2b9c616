# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""DeviceSigned: the holder's proof for one exchange (ISO/IEC 18013-5, clauses 8.3.2.1.2.2 and 9.1.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vcwallet.cose import mac0, sign1
from vcwallet.cose.mac0 import Mac0
from vcwallet.cose.sign1 import Sign1
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Budget
from vcwallet.errors import LimitExceededError
from vcwallet.formats.mdoc import shape
from vcwallet.formats.mdoc.issuer_signed import MAX_ITEMS
from vcwallet.formats.mdoc.shape import malformed

_CLAUSE = "8.3.2.1.2.2"
_SIGNATURE, _MAC = {"deviceSignature"}, {"deviceMac"}
_DEVICE_AUTHENTICATION = cbor.array_head(4) + cbor.text_string("DeviceAuthentication")
NOTHING = cbor.dumps({})
"""The CBOR of DeviceNameSpaces when the device says nothing by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSigned:
    """The holder's proof, and what the device says by itself; nothing in it is verified.

    Attributes:
        name_spaces: by namespace and element, what the device says, as decoded CBOR.
        encoded: the CBOR of the same, as it came.
        proof: the device's signature or MAC.
    """

    name_spaces: Mapping[str, Mapping[str, Any]] = field(repr=False)
    encoded: bytes = field(repr=False)
    proof: Sign1 | Mac0


def read(value: object, *, budget: Budget | None = None) -> DeviceSigned:
    """Return the DeviceSigned of a decoded map; `budget` is that of the message it is part of.

    Raises:
        MalformedError: a part is missing or of the wrong form.
        LimitExceededError: more than 200 data elements.
        AlgorithmNotAllowedError, UnsupportedError: from the header of the proof.
    """
    members = shape.a_map(value, "DeviceSigned", _CLAUSE)
    encoded = shape.embedded(members.get("nameSpaces"), "DeviceNameSpaces", _CLAUSE)
    name_spaces = (
        {} if encoded == NOTHING else shape.by_name(cbor.loads(encoded, budget=budget), "DeviceNameSpaces", _CLAUSE)
    )
    for items in name_spaces.values():
        shape.by_name(items, "a namespace of DeviceNameSpaces", _CLAUSE)
    if sum(map(len, name_spaces.values())) > MAX_ITEMS:
        raise LimitExceededError(f"a document has more than {MAX_ITEMS} data elements")
    return DeviceSigned(name_spaces=name_spaces, encoded=encoded, proof=_proof(members.get("deviceAuth")))


def _proof(value: object) -> Sign1 | Mac0:
    members = shape.a_map(value, "DeviceAuth", _CLAUSE)
    if members.keys() == _SIGNATURE:
        return sign1.parse(members["deviceSignature"])
    if members.keys() == _MAC:
        return mac0.parse(members["deviceMac"])
    raise malformed("DeviceAuth is either a signature or a MAC", _CLAUSE)


def write(name_spaces: bytes, *, kind: str, proof: bytes) -> bytes:
    """Return the CBOR of DeviceSigned.

    Args:
        name_spaces: the CBOR of DeviceNameSpaces.
        kind: ``deviceSignature`` or ``deviceMac``.
        proof: the CBOR of the COSE structure.
    """
    return b"".join(
        (_NAME_SPACES, cbor.embedded(name_spaces), _DEVICE_AUTH, cbor.text_string(kind), proof),
    )


_NAME_SPACES = cbor.map_head(2) + cbor.text_string("nameSpaces")
_DEVICE_AUTH = cbor.text_string("deviceAuth") + cbor.map_head(1)


def device_authentication(transcript: bytes, doc_type: str, name_spaces: bytes) -> bytes:
    """Return the ``DeviceAuthenticationBytes`` that the device signs (clause 9.1.3.4).

    Args:
        transcript: the CBOR of the SessionTranscript.
        doc_type: the document type.
        name_spaces: the CBOR of DeviceNameSpaces.
    """
    return cbor.embedded(_DEVICE_AUTHENTICATION + transcript + cbor.text_string(doc_type) + cbor.embedded(name_spaces))


def mac_key(shared_secret: bytes, transcript: bytes) -> bytes:
    """Return EMacKey (clause 9.1.3.5): 32 bytes from the secret that device key and reader key agree on."""
    salt = hashlib.sha256(cbor.embedded(transcript)).digest()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=b"EMacKey").derive(shared_secret)
