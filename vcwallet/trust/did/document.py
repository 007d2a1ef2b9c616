# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""DID documents, as far as they say which keys sign for their subject (W3C DID 1.0, section 5).

A verification method counts for what its relationship says.  One that stands in the document, and not under
``assertionMethod``, signs no credentials.  Requests to wallets are signed with any of ``verificationMethod``, since
OpenID4VP 1.0 (section 5.9.3) names no relationship.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from vcwallet.claims import JsonObject
from vcwallet.encoding.wire import Array, Maybe, WireModel, fit, read
from vcwallet.errors import MalformedError, UnsupportedError, UntrustedError, quoted
from vcwallet.keys import jwk, multikey
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.public import PublicKey
from vcwallet.trust.did.syntax import key_url

MAX_BYTES = 64 * 1024
MAX_METHODS = 100
CLAUSE = "DID 1.0, section 5"


class _Method(WireModel):
    id: str
    type: str
    controller: str
    jwk: Maybe[dict[str, Any]] = Field(default=None, alias="publicKeyJwk")
    multikey: Maybe[str] = Field(default=None, alias="publicKeyMultibase")


class _Document(WireModel):
    id: str
    methods: Array[_Method] = Field(default=(), alias="verificationMethod", max_length=MAX_METHODS)
    assertion: Array[str | dict[str, Any]] = Field(default=(), alias="assertionMethod", max_length=MAX_METHODS)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationMethod:
    """One key of a document, read when it is chosen: a document may hold kinds of key that vcwallet does not use.

    Attributes:
        id: its absolute DID URL.
        type: the kind of method, which says how the key is written.
        controller: the DID that controls the key.
        key: the key as written, a JWK or Multikey text.
    """

    id: str
    type: str
    controller: str
    key: JsonObject | str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DidDocument:
    """The document of a DID, reduced to its verification methods and those under ``assertionMethod``.

    Attributes:
        did: its subject.
        assertion_methods: the methods that make assertions, by DID URL.
        methods: those of ``verificationMethod``, by DID URL.
    """

    did: str
    assertion_methods: Mapping[str, VerificationMethod]
    methods: Mapping[str, VerificationMethod] = field(default_factory=dict)

    def assertion_key(self, key_id: str | None) -> PublicKey:
        """Return the key that ``kid`` names, by its DID URL or fragment; for None, the only one.

        Raises:
            UntrustedError: it is no assertion method of this document, or of another controller, or there is more than
                one to choose from (code ``KEY_NOT_FOUND``).
            MalformedError: ``kid`` is no DID URL of a key of this DID, or the key is not a valid public key.
            UnsupportedError: the key is of a kind that vcwallet does not use.
        """
        return self._key(self.assertion_methods, key_id)

    def verification_key(self, key_id: str | None) -> PublicKey:
        """Return the key of ``verificationMethod`` that ``kid`` names; for None, the only one.

        Raises:
            VcError: as `assertion_key`.
        """
        return self._key(self.methods, key_id)

    def _key(self, methods: Mapping[str, VerificationMethod], key_id: str | None) -> PublicKey:
        method = self._method(methods, key_id)
        if method.controller != self.did:
            raise UntrustedError("the key of a DID is controlled by another one", code="KEY_NOT_FOUND", clause=CLAUSE)
        reader = _READERS.get(method.type)
        if reader is None:
            raise UnsupportedError(f"verification method {quoted(method.type)} is not supported", clause=CLAUSE)
        return reader(method.key)

    def _method(self, methods: Mapping[str, VerificationMethod], key_id: str | None) -> VerificationMethod:
        wanted = None if key_id is None else key_url(key_id, did=self.did)
        found = [method for url, method in methods.items() if wanted in (None, url)]
        if len(found) != 1:
            raise UntrustedError("the DID has no such verification method", code="KEY_NOT_FOUND", clause=CLAUSE)
        return found[0]


def parse(body: bytes | Mapping[str, object], *, did: str) -> DidDocument:
    """Return the document of `did` from its JSON.

    Raises:
        MalformedError: not a DID document, a method without exactly one public key, the same method twice, or a
            relationship to a method that is not there.
        LimitExceededError: longer than 64 KiB, or more than 100 methods.
        UntrustedError: it is another DID's.
    """
    document = read(_Document, body, max_bytes=MAX_BYTES)
    if document.id != did:
        raise UntrustedError("the document is another DID's", clause="DID 1.0, section 5.1.1")
    methods: dict[str, VerificationMethod] = {}
    for one in document.methods:
        _add(methods, _method(one, did))
    asserting: dict[str, VerificationMethod] = {}
    for reference in document.assertion:
        if isinstance(reference, str):
            _add(asserting, _referred(methods, key_url(reference, did=did)))
        else:
            _add(asserting, _method(fit(_Method, reference), did))
    if any(methods.get(url, method) is not method for url, method in asserting.items()):
        raise MalformedError("a verification method stands in the document twice", clause="DID 1.0, section 5.2")
    return DidDocument(did=did, assertion_methods=asserting, methods=methods)


def _add(methods: dict[str, VerificationMethod], method: VerificationMethod) -> None:
    if method.id in methods:
        raise MalformedError("a verification method stands in the document twice", clause="DID 1.0, section 5.2")
    methods[method.id] = method


def _referred(methods: Mapping[str, VerificationMethod], url: str) -> VerificationMethod:
    method = methods.get(url)
    if method is None:
        raise MalformedError("an assertion method is not in the document", clause="DID 1.0, section 5.3")
    return method


def _method(one: _Method, did: str) -> VerificationMethod:
    key = one.jwk if one.multikey is None else one.multikey
    if key is None or (one.jwk is not None and one.multikey is not None):
        raise MalformedError("a verification method has one public key", clause="DID 1.0, section 5.2.1")
    return VerificationMethod(id=key_url(one.id, did=did), type=one.type, controller=one.controller, key=key)


def _from_jwk(key: JsonObject | str) -> PublicKey:
    return jwk.parse(key)


def _from_multikey(key: JsonObject | str) -> PublicKey:
    if not isinstance(key, str):
        raise MalformedError("the verification method is written as Multikey", clause="DID 1.0, section 5.2.1")
    return multikey.decode(key)


def _from_ed25519(key: JsonObject | str) -> PublicKey:
    found = _from_multikey(key)
    if found.algorithm is not Algorithm.EDDSA:
        raise MalformedError("the verification method is for Ed25519 keys", clause="DID 1.0, section 5.2.1")
    return found


_READERS: dict[str, Callable[[JsonObject | str], PublicKey]] = {
    "JsonWebKey": _from_jwk,
    "JsonWebKey2020": _from_jwk,
    "Multikey": _from_multikey,
    "Ed25519VerificationKey2020": _from_ed25519,
}
