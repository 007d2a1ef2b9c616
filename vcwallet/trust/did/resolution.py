# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""From a DID to its document: ``did:key`` and ``did:jwk`` contain it, ``did:web`` says where it is.

Every other method is refused; a method is supported by being written here, not by being named in a message.

    >>> from vcwallet.trust.did.resolution import read
    >>> read("did:example:123")
    Traceback (most recent call last):
    vcwallet.errors.UnsupportedError: DID method "example" does not contain its key [UNSUPPORTED]
"""

from __future__ import annotations

from vcwallet.claims import JsonObject
from vcwallet.encoding import base64url, json
from vcwallet.errors import UnsupportedError, quoted
from vcwallet.flow import Flow
from vcwallet.keys import jwk, multikey
from vcwallet.trust.did import web
from vcwallet.trust.did.document import DidDocument, VerificationMethod
from vcwallet.trust.did.syntax import split


def resolve(did: str) -> Flow[DidDocument]:
    """Return the document of a DID; only for ``did:web`` something is fetched.

    Raises:
        MalformedError, LimitExceededError: not a DID, or not as its method has it; or the document is no such.
        UnsupportedError: another method, or a key of a kind that vcwallet does not use.
        UntrustedError: what was fetched is another DID's document.
        TransportError: it was not there.
    """
    method, _ = split(did)
    if method == "web":
        return (yield from web.fetch(did))
    return read(did)


def read(did: str) -> DidDocument:
    """Return the document that a ``did:key`` or ``did:jwk`` contains.

    Raises:
        MalformedError, LimitExceededError, UnsupportedError: as `resolve`; ``did:web`` contains no document.
    """
    method, identifier = split(did)
    match method:
        case "key":
            return _of_key(did, identifier)
        case "jwk":
            return _of_jwk(did, identifier)
        case _:
            raise UnsupportedError(f"DID method {quoted(method)} does not contain its key")


def _of_key(did: str, identifier: str) -> DidDocument:
    """The key's own text is its fragment (did:key 0.9, section 3.1)."""
    multikey.decode(identifier)  # what is no key has no document
    return _with_one_key(did, fragment=identifier, type="Multikey", key=identifier)


def _of_jwk(did: str, identifier: str) -> DidDocument:
    """The JWK stands in the DID, its fragment is 0; one for encryption makes no assertions (did:jwk)."""
    key = json.loads_object(base64url.decode(identifier))
    if key.get("use") == "enc":
        return DidDocument(did=did, assertion_methods={})
    jwk.parse(key)
    return _with_one_key(did, fragment="0", type="JsonWebKey2020", key=key)


def _with_one_key(did: str, *, fragment: str, type: str, key: JsonObject | str) -> DidDocument:
    url = f"{did}#{fragment}"
    method = VerificationMethod(id=url, type=type, controller=did, key=key)
    return DidDocument(did=did, assertion_methods={url: method}, methods={url: method})
