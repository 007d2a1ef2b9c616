# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What COSE_Sign1 and COSE_Mac0 have in common: four elements, one payload, one way to say what is authenticated."""

from __future__ import annotations

from typing import Any

from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.errors import MalformedError

_CLAUSE = "RFC 9052, sections 4.2 and 6.2"


def elements(value: object, *, tag: int | None) -> tuple[Any, Any, bytes | None, bytes]:
    """Return the protected header, the unprotected header, the payload and the signature or authentication tag.

    Args:
        value: the decoded message.
        tag: the CBOR tag that has to be around the array; None where there may be none.

    Raises:
        MalformedError: something else, another tag, or one too many.
    """
    if tag is not None:
        value = untagged(value, tag)
    if not isinstance(value, list) or len(value) != 4:
        raise MalformedError("a COSE message is an array of four", clause=_CLAUSE)
    protected, unprotected, payload, proof = value
    if not isinstance(proof, bytes) or not (payload is None or isinstance(payload, bytes)):
        raise MalformedError("payload and signature of a COSE message are byte strings", clause=_CLAUSE)
    return protected, unprotected, payload, proof


def untagged(value: object, tag: int) -> object:
    """Return what a tag is around.

    Raises:
        MalformedError: there is another tag or none.
    """
    if not isinstance(value, Tag) or value.number != tag:
        raise MalformedError(f"a message without its tag {tag}", clause="RFC 9052, section 2")
    return value.content


def the_payload(attached: bytes | None, detached: bytes | None) -> bytes:
    """Return the payload, which is either in the message or came by another way.

    Raises:
        MalformedError: in neither place (``PAYLOAD_DETACHED``) or in both (``PAYLOAD_NOT_DETACHED``).
    """
    if attached is None:
        if detached is None:
            raise MalformedError("the payload is not in the message", code="PAYLOAD_DETACHED", clause=_CLAUSE)
        return detached
    if detached is not None:
        # Whoever verifies would say the one and whoever shows the message the other.
        raise MalformedError("there is a second payload in the message", code="PAYLOAD_NOT_DETACHED", clause=_CLAUSE)
    return attached


def authenticated(context: bytes, protected: bytes, external_aad: bytes, payload: bytes) -> bytes:
    """Return the Sig_structure or MAC_structure (sections 4.4 and 6.3), put together from the bytes as they came.

    Args:
        context: how such a structure begins, from `context`.
        protected: the encoded protected header.
        external_aad: what both sides know and nobody sends.
        payload: the payload, wherever it came from.
    """
    return context + cbor.byte_string(protected) + cbor.byte_string(external_aad) + cbor.byte_string(payload)


def context(name: str) -> bytes:
    """Return the beginning of a structure of this name: what is signed can never be what is MACed."""
    return cbor.array_head(4) + cbor.text_string(name)
