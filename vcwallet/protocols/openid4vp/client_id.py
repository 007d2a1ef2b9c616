# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Client identifiers and their prefixes: in which way a verifier is known (OpenID4VP 1.0, section 5.9).

What stands before the first colon decides, and nothing else.  A prefix that is not one of the standard's is refused, so
nobody can choose a weaker way than the identifier says.

    >>> from vcwallet.protocols.openid4vp.client_id import parse_client_id
    >>> parse_client_id("x509_san_dns:verifier.example")
    X509SanDns(name='verifier.example')
    >>> str(parse_client_id("decentralized_identifier:did:web:verifier.example"))
    'decentralized_identifier:did:web:verifier.example'
    >>> parse_client_id("https://verifier.example")
    Traceback (most recent call last):
    vcwallet.errors.UnsupportedError: prefix "https" is none of a client [UNSUPPORTED] (OpenID4VP 1.0, section 5.9.3)
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from vcwallet.encoding import base64url, https_url, service_url
from vcwallet.errors import LimitExceededError, MalformedError, RemoteProtocolError, UnsupportedError, quoted
from vcwallet.keys.policy import ORIGIN
from vcwallet.trust.certificates import is_dns_name
from vcwallet.trust.did.syntax import split

MAX_LENGTH = 8 * 1024 + 64
CLAUSE: Final = "OpenID4VP 1.0, section 5.9.3"

_HASH_BYTES: Final = 32


class ClientIdPrefix(StrEnum):
    """In which way a verifier is known (section 5.9.3)."""

    REDIRECT_URI = "redirect_uri"
    OPENID_FEDERATION = "openid_federation"
    DECENTRALIZED_IDENTIFIER = "decentralized_identifier"
    VERIFIER_ATTESTATION = "verifier_attestation"
    X509_SAN_DNS = "x509_san_dns"
    X509_HASH = "x509_hash"


@dataclass(frozen=True, slots=True)
class PreRegistered:
    """An identifier without a prefix: the wallet knows the verifier already, or refuses it (section 5.9.2)."""

    identifier: str

    def __str__(self) -> str:
        return self.identifier


@dataclass(frozen=True, slots=True)
class RedirectUri:
    """Nobody in particular: the answer goes to this address, and the request cannot be signed."""

    uri: str

    def __str__(self) -> str:
        return f"{ClientIdPrefix.REDIRECT_URI}:{self.uri}"


@dataclass(frozen=True, slots=True)
class OpenIdFederation:
    """An entity of a federation."""

    entity_id: str

    def __str__(self) -> str:
        return f"{ClientIdPrefix.OPENID_FEDERATION}:{self.entity_id}"


@dataclass(frozen=True, slots=True)
class DecentralizedIdentifier:
    """The subject of a DID document."""

    did: str

    def __str__(self) -> str:
        return f"{ClientIdPrefix.DECENTRALIZED_IDENTIFIER}:{self.did}"


@dataclass(frozen=True, slots=True)
class VerifierAttestation:
    """The subject of an attestation that comes with the request."""

    subject: str

    def __str__(self) -> str:
        return f"{ClientIdPrefix.VERIFIER_ATTESTATION}:{self.subject}"


@dataclass(frozen=True, slots=True)
class X509SanDns:
    """The holder of a certificate for this DNS name, in lower case."""

    name: str

    def __str__(self) -> str:
        return f"{ClientIdPrefix.X509_SAN_DNS}:{self.name}"


@dataclass(frozen=True, slots=True)
class X509Hash:
    """The holder of the certificate with this SHA-256."""

    digest: bytes

    def __str__(self) -> str:
        return f"{ClientIdPrefix.X509_HASH}:{base64url.encode(self.digest)}"

    @classmethod
    def of(cls, leaf: bytes) -> X509Hash:
        """Return the identifier of whoever has this DER certificate."""
        return cls(hashlib.sha256(leaf).digest())


ClientId: TypeAlias = (
    PreRegistered
    | RedirectUri
    | OpenIdFederation
    | DecentralizedIdentifier
    | VerifierAttestation
    | X509SanDns
    | X509Hash
)
"""A client identifier by the way in which the verifier is known; its text, with the prefix, is that which came."""


def is_registered_elsewhere(client: ClientId | None) -> bool:
    """Tell whether what a verifier says of itself is known from elsewhere, and nothing that a request says counts."""
    return isinstance(client, OpenIdFederation | PreRegistered)


def parse_client_id(text: str) -> ClientId:
    """Return a client identifier by its prefix; that it is somebody's is not known from it.

    Raises:
        LimitExceededError: longer than 8 256 characters.
        MalformedError: empty, or what follows the prefix is not what the prefix says.
        RemoteProtocolError: the prefix is ``origin``, which requests must not use.
        UnsupportedError: a prefix that is none of the standard's.
    """
    if len(text) > MAX_LENGTH:
        raise LimitExceededError(f"a client identifier is longer than {MAX_LENGTH} characters")
    prefix, colon, rest = text.partition(":")
    if not text or not text.isprintable():
        raise MalformedError("a client identifier is a text", clause="OpenID4VP 1.0, section 5.9.1")
    if not colon:
        return PreRegistered(text)
    if prefix == ORIGIN:
        raise RemoteProtocolError(f"no request has a client identifier with the prefix {quoted(prefix)}", clause=CLAUSE)
    read = _READERS.get(prefix)
    if read is None:
        raise UnsupportedError(f"prefix {quoted(prefix)} is none of a client", clause=CLAUSE)
    return read(rest)


def _redirect_uri(rest: str) -> ClientId:
    service_url.parse_endpoint(rest, clause=CLAUSE)
    return RedirectUri(rest)


def _federation(rest: str) -> ClientId:
    https_url.parse(rest, clause=CLAUSE)
    return OpenIdFederation(rest)


def _did(rest: str) -> ClientId:
    split(rest)
    return DecentralizedIdentifier(rest)


def _attestation(rest: str) -> ClientId:
    if not rest:
        raise MalformedError("a verifier attestation has a subject", clause=CLAUSE)
    return VerifierAttestation(rest)


def _san_dns(rest: str) -> ClientId:
    if not is_dns_name(rest):
        raise MalformedError("the client identifier is no DNS name in lower case", clause=CLAUSE)
    return X509SanDns(rest)


def _hash(rest: str) -> ClientId:
    digest = base64url.decode(rest)
    if len(digest) != _HASH_BYTES:
        raise MalformedError("the client identifier is no SHA-256", clause=CLAUSE)
    return X509Hash(digest)


_READERS: Final[dict[str, Callable[[str], ClientId]]] = {
    ClientIdPrefix.REDIRECT_URI: _redirect_uri,
    ClientIdPrefix.OPENID_FEDERATION: _federation,
    ClientIdPrefix.DECENTRALIZED_IDENTIFIER: _did,
    ClientIdPrefix.VERIFIER_ATTESTATION: _attestation,
    ClientIdPrefix.X509_SAN_DNS: _san_dns,
    ClientIdPrefix.X509_HASH: _hash,
}
