# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Who sent a request: one way for each client identifier prefix, all of which end at the registry (section 5.9.3).

A signature alone makes nobody known.  Behind a certificate stands the registry itself.  Whoever is known in another way
has to be one that the wallet's policy decides about, or one whose identifier the registrar has put into the
registration certificate that comes with the request, of a verifier that the registry lets act now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeAlias, assert_never

from vcwallet.encoding import service_url
from vcwallet.errors import MalformedError, RemoteProtocolError, UntrustedError
from vcwallet.formats.sd_jwt.key_binding import confirmation_key
from vcwallet.jose import jws, jwt
from vcwallet.jose.jws import Jws
from vcwallet.keys.policy import (
    ORIGIN,
    REDIRECT_URI,
    AddressPolicy,
    IssuerPolicy,
    KeySource,
    PartyPolicy,
    Role,
    TrustedKey,
    TrustedParty,
    TrustPolicy,
)
from vcwallet.keys.public import PublicKey
from vcwallet.protocols.openid4vp.client_id import (
    CLAUSE,
    ClientId,
    ClientIdPrefix,
    DecentralizedIdentifier,
    OpenIdFederation,
    PreRegistered,
    RedirectUri,
    VerifierAttestation,
    X509Hash,
    X509SanDns,
)
from vcwallet.protocols.openid4vp.client_metadata import ClientMetadata, read_client_metadata
from vcwallet.trust.certificates import dns_names, from_der
from vcwallet.trust.did.document import DidDocument
from vcwallet.trust.did.resolution import read as read_did
from vcwallet.trust.registration import read_registration

ATTESTATION_TYP: Final = "verifier-attestation+jwt"
MAX_REDIRECT_URIS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatedVerifier:
    """A verifier that is known, and has signed the request.

    Attributes:
        client: the client identifier, and so in which way it is known.
        key: its key, and why it is trusted.
        hosts: the hosts that answers may go to; None where it is not known.
        response_uris: the addresses that answers may go to; None where it is not known.
        metadata: what it has registered of itself; None where its requests say it.
    """

    client: ClientId
    key: TrustedKey
    hosts: frozenset[str] | None = None
    response_uris: frozenset[str] | None = None
    metadata: ClientMetadata | None = None

    @property
    def party(self) -> TrustedParty:
        """Who it is, and why that is known."""
        return self.key

    def __bool__(self) -> bool:
        raise TypeError("an authenticated verifier is evidence, not a truth value")

    def require_response_uri(self, uri: str) -> None:
        """Return if an answer may go to this address.

        Raises:
            UntrustedError: it is not the verifier's (code ``RESPONSE_URI_MISMATCH``).
        """
        host = service_url.parse_endpoint(uri).host
        foreign = self.hosts is not None and host not in self.hosts
        if foreign or (self.response_uris is not None and uri not in self.response_uris):
            raise UntrustedError("the answer would go to somebody else", code="RESPONSE_URI_MISMATCH", clause=CLAUSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressedVerifier:
    """A verifier that has signed nothing, and that a policy knows by its address.

    Attributes:
        address: the origin of its page, as the platform reports it, or the address that answers go to.
        party: who it is, and why that is known.
        metadata: None: its requests say what it says of itself.
    """

    address: str
    party: TrustedParty
    metadata: None = None

    def __bool__(self) -> bool:
        raise TypeError("a verifier that is known by its address is evidence, not a truth value")


IdentifiedVerifier: TypeAlias = AuthenticatedVerifier | AddressedVerifier
"""A verifier that answers go to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnauthenticatedVerifier:
    """Nobody in particular: all that is known is where the answer would go, and that is to be shown as just that.

    Attributes:
        address: the redirect URI of a request, or the origin that the platform reports.
    """

    address: str

    def __bool__(self) -> bool:
        raise TypeError("an unauthenticated verifier is not a truth value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A signed request, as far as it says who sent it; nothing in it is verified.

    Attributes:
        signature: the signature.
        registrations: the registration certificates that came along.
        trust_chain: the statements of a federation that came along.
    """

    signature: Jws
    registrations: Sequence[str] = ()
    trust_chain: tuple[str, ...] = ()


def authenticate_address(
    address: str, *, is_page: bool, trust: TrustPolicy, at: datetime
) -> AddressedVerifier | UnauthenticatedVerifier:
    """Return whose address that of a request without a signature is, or that it is nobody's in particular.

    Args:
        address: the origin of a page, or the address that answers go to.
        is_page: whether it is the former, as the platform reports it.
        trust: the registry, alone or with other policies.
        at: the time.

    Raises:
        NotAuthorisedError, ValidityError: the policy knows the address, and whose it is may not ask.
    """
    prefix = ORIGIN if is_page else REDIRECT_URI
    if isinstance(trust, AddressPolicy):
        with suppress(UntrustedError):
            party = trust.party_at(f"{prefix}:{address}", role=Role.VERIFIER, at=at)
            return AddressedVerifier(address=address, party=party)
    return UnauthenticatedVerifier(address=address)


DidDocuments: TypeAlias = Mapping[str, DidDocument]
"""Documents that were fetched for a request, by DID; those that a DID contains need not be here."""


def authenticate(
    client: ClientId, request: Signed, *, trust: TrustPolicy, at: datetime, documents: DidDocuments | None = None
) -> AuthenticatedVerifier:
    """Return the verifier of a signed request, whose signature was checked with its key.

    Args:
        client: the client identifier of the request.
        request: its signature, and what came along.
        trust: the registry, alone or with other policies.
        at: the time.
        documents: those of ``did:web`` that were fetched before.

    Raises:
        RemoteProtocolError: a request of this prefix is never signed.
        UntrustedError, NotAuthorisedError, ValidityError: the verifier is not known, or may not ask.
        SignatureInvalidError, AlgorithmNotAllowedError: the signature does not hold.
        MalformedError, UnsupportedError: what shows who it is cannot be read.
    """
    found = _found(client, request, trust, at, documents or {})
    request.signature.verify(found.key.key)
    return found


def _found(
    client: ClientId, request: Signed, trust: TrustPolicy, at: datetime, documents: DidDocuments
) -> AuthenticatedVerifier:
    match client:
        case X509Hash():
            return _by_hash(client, request, trust, at)
        case X509SanDns():
            return _by_dns_name(client, request, trust, at)
        case VerifierAttestation():
            return _by_attestation(client, request, trust, at)
        case OpenIdFederation():
            return _by_federation(client, request, trust, at)
        case DecentralizedIdentifier():
            return _by_did(client, request, trust, at, documents)
        case PreRegistered():
            return _by_registration_with_us(client, request, trust, at)
        case RedirectUri():
            raise RemoteProtocolError("a request with a redirect_uri as client is not signed", clause=CLAUSE)
    assert_never(client)


# --- certificates of the registry ------------------------------------------------------------------------------------


def _by_hash(client: X509Hash, request: Signed, trust: TrustPolicy, at: datetime) -> AuthenticatedVerifier:
    chain = request.signature.header.chain
    if not chain or client != X509Hash.of(chain[0]):
        raise UntrustedError("the client identifier is not the certificate's hash", clause=CLAUSE)
    key = _certified(chain, trust, at)
    # The standard leaves the address free; a certificate that names servers means these and no others.
    return AuthenticatedVerifier(client=client, key=key, hosts=_servers(chain[0]) or None)


def _by_dns_name(client: X509SanDns, request: Signed, trust: TrustPolicy, at: datetime) -> AuthenticatedVerifier:
    chain = request.signature.header.chain
    if not chain:
        raise UntrustedError("the request comes without a certificate", clause=CLAUSE)
    key = _certified(chain, trust, at)
    if client.name not in _servers(chain[0]):
        raise UntrustedError("the client identifier is no DNS name of the certificate", clause=CLAUSE)
    return AuthenticatedVerifier(client=client, key=key, hosts=frozenset({client.name}))


@lru_cache(maxsize=256)
def _servers(leaf: bytes) -> frozenset[str]:
    """Return the DNS names of a certificate that trust has vouched for, so that nobody else's is kept."""
    return dns_names(from_der(leaf))


def _certified(chain: tuple[bytes, ...], trust: TrustPolicy, at: datetime) -> TrustedKey:
    return trust.key_for(KeySource(chain=chain), role=Role.VERIFIER, type_id=None, at=at)


# --- others, which have to be known besides --------------------------------------------------------------------------


def _by_attestation(
    client: VerifierAttestation, request: Signed, trust: TrustPolicy, at: datetime
) -> AuthenticatedVerifier:
    """A registrar of the registry attests the key; the registration says whose it is (section 12)."""
    clause = "OpenID4VP 1.0, section 12"
    text = request.signature.header.members.get("jwt")
    if not isinstance(text, str):
        raise MalformedError("the request comes without an attestation", clause=clause)
    attestation = jws.parse(text)
    jwt.require_typ(attestation.header, ATTESTATION_TYP)
    unverified = jws.payload_object(attestation.unverified_payload)
    source = KeySource(
        issuer=jwt.text(unverified, "iss"),
        chain=attestation.header.chain,
        key_id=attestation.header.key_id,
        trust_chain=attestation.header.trust_chain,
        signed_at=jwt.numeric_date(unverified, "iat"),
    )
    attester = trust.key_for(source, role=Role.REGISTRAR, type_id=None, at=at)
    claims = jws.payload_object(attestation.verify(attester.key))
    if "exp" not in claims:
        raise MalformedError("an attestation has an end", clause=clause)
    jwt.require_valid_at(claims, at=at)
    if jwt.text(claims, "sub") != client.subject:
        raise UntrustedError("the attestation is another verifier's", clause=clause)
    key = confirmation_key(claims)
    if key is None:
        raise MalformedError("an attestation has a key", clause=clause)
    return AuthenticatedVerifier(
        client=client,
        key=_registered(client.subject, key, ClientIdPrefix.VERIFIER_ATTESTATION, request, trust, at),
        response_uris=_redirect_uris(claims),
    )


def _redirect_uris(claims: Mapping[str, object]) -> frozenset[str] | None:
    if "redirect_uris" not in claims:
        return None
    uris = claims["redirect_uris"]
    if not isinstance(uris, list) or not 0 < len(uris) <= MAX_REDIRECT_URIS:
        raise MalformedError("redirect_uris is a non-empty array", clause="OpenID4VP 1.0, section 12")
    return frozenset(uri for uri in uris if isinstance(uri, str))


def _by_federation(
    client: OpenIdFederation, request: Signed, trust: TrustPolicy, at: datetime
) -> AuthenticatedVerifier:
    header = request.signature.header
    source = KeySource(
        issuer=client.entity_id,
        chain=header.chain,
        key_id=header.key_id,
        trust_chain=header.trust_chain or request.trust_chain,
    )
    key = trust.key_for(source, role=Role.VERIFIER, type_id=None, at=at)
    return AuthenticatedVerifier(client=client, key=key, metadata=read_client_metadata(key.metadata))


def _by_did(
    client: DecentralizedIdentifier, request: Signed, trust: TrustPolicy, at: datetime, documents: DidDocuments
) -> AuthenticatedVerifier:
    key_id = request.signature.header.key_id
    if key_id is None or not key_id.startswith(f"{client.did}#"):
        raise UntrustedError("the request names no key of the DID", code="KEY_NOT_FOUND", clause=CLAUSE)
    source = KeySource(issuer=client.did, key_id=key_id)
    if _is_known(source, trust):
        key = trust.key_for(source, role=Role.VERIFIER, type_id=None, at=at)
        return AuthenticatedVerifier(client=client, key=key)
    document = documents.get(client.did) or read_did(client.did)
    if document.did != client.did:
        raise UntrustedError("the document is another DID's", clause="DID 1.0, section 5.1.1")
    found = document.verification_key(key_id)
    prefix = ClientIdPrefix.DECENTRALIZED_IDENTIFIER
    return AuthenticatedVerifier(client=client, key=_registered(client.did, found, prefix, request, trust, at))


def _by_registration_with_us(
    client: PreRegistered, request: Signed, trust: TrustPolicy, at: datetime
) -> AuthenticatedVerifier:
    source = KeySource(issuer=client.identifier, key_id=request.signature.header.key_id)
    if not _is_known(source, trust):
        raise UntrustedError("nobody is registered here under this client identifier", clause=CLAUSE)
    key = trust.key_for(source, role=Role.VERIFIER, type_id=None, at=at)
    return AuthenticatedVerifier(client=client, key=key, metadata=read_client_metadata(key.metadata))


def _is_known(source: KeySource, trust: TrustPolicy) -> bool:
    return isinstance(trust, IssuerPolicy) and trust.knows(source)


def _registered(
    identifier: str, key: PublicKey, prefix: ClientIdPrefix, request: Signed, trust: TrustPolicy, at: datetime
) -> TrustedKey:
    """Return a key as that of the verifier to whom the registrar has given a registration with this identifier."""
    if len(request.registrations) != 1:
        raise UntrustedError("a verifier without a certificate comes with one registration certificate")
    registration = read_registration(request.registrations[0], trust=trust, at=at)
    if identifier not in (registration.verifier, *registration.identifiers):
        raise UntrustedError("the registration certificate does not name this client", code="CLIENT_NOT_REGISTERED")
    if not isinstance(trust, PartyPolicy):
        raise UntrustedError("nobody can tell whether the verifier may ask")
    trust.require_granted(registration.verifier, role=Role.VERIFIER, at=at)
    return TrustedKey(key=key, party=registration.verifier, name=registration.name, source=prefix.value)
