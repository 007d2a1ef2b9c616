# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Finding out about an issuer: its metadata, who vouches for it, and the authorization server that it names.

An issuer is *vetted* if a key that trust vouches for has signed its metadata, or if a policy of the wallet has a key of
an issuer of this identifier, whose host has answered then.

Its endpoints are on its own host or on one of an authorization server that it lists.  Those of the authorization server
are on that server's own host or the issuer's: an issuer can list any server there is, and would otherwise let people
log in at an honest one and be brought the code.  Both are on others only if the wallet was told so, or the issuer's
metadata are signed by such a key; a page to log in at that is elsewhere has to say whose answer it gives (RFC 9207).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from vcwallet.encoding import service_url
from vcwallet.errors import TransportError, UntrustedError, VerificationError
from vcwallet.flow import Flow, HttpRequest, HttpResponse
from vcwallet.keys.combined_policy import CombinedPolicy
from vcwallet.keys.policy import KeySource, Role
from vcwallet.protocols.haip import IssuanceProfile, Requirement, require_x5c
from vcwallet.protocols.oauth.server_metadata import AuthorizationServerMetadata, read_server_metadata
from vcwallet.protocols.openid4vci import issuer_metadata, offer, signed_metadata
from vcwallet.protocols.openid4vci.identifiers import AUTHORIZATION_SERVER, CREDENTIAL_ISSUER, well_known_url
from vcwallet.protocols.openid4vci.issuer_metadata import CredentialIssuerMetadata, read_issuer_metadata
from vcwallet.protocols.openid4vci.offer import CredentialOffer, OfferReference, read_offer, read_offer_link
from vcwallet.protocols.openid4vci.signed_metadata import VerifiedMetadata, verify_signed_metadata

MAX_SERVERS_TRIED: Final = 5
"""How many authorization servers are looked at for one that has the grant."""

_EITHER: Final = "application/jwt, application/json;q=0.9"
_PLAIN: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vetting:
    """Who vouches for an issuer.

    Attributes:
        source: ``signed_metadata`` or ``known_issuer``; None where nobody does.
        party: its registered identifier, which its credentials must be from; None where that is not known.
        name: its registered name, by language.
    """

    source: str | None = None
    party: str | None = None
    name: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundIssuer:
    """The metadata of an issuer, and who vouches for it."""

    metadata: CredentialIssuerMetadata
    vetting: Vetting


def fetch_offer(link: str) -> Flow[CredentialOffer]:
    """Return the offer of a link, fetched if the link only says where it is; nothing in it is to be trusted.

    Raises:
        VcError: as `vcwallet.protocols.openid4vci.offer.read_offer_link`.
        TransportError: it is not there.
    """
    found = read_offer_link(link)
    if not isinstance(found, OfferReference):
        return found
    response = yield HttpRequest(
        method="GET", url=found.uri, max_bytes=offer.MAX_BYTES, headers={"accept": offer.MEDIA_TYPE}
    )
    return read_offer(_found(response, "the offer").body)


def fetch_issuer(
    issuer: str,
    configuration_ids: Iterable[str],
    *,
    issuers: CombinedPolicy,
    at: datetime,
    language: str,
    profile: IssuanceProfile,
) -> Flow[FoundIssuer]:
    """Return what an issuer says about itself.  Signed metadata are taken if it has them and the signer is known.

    Args:
        issuer: the Credential Issuer Identifier.
        configuration_ids: what is offered; who vouches for the issuer does so for one of these types.
        issuers: says whom to trust.
        at: the time.
        language: what texts are wanted in.
        profile: says whether metadata have to be signed by somebody known, and which certificates the signer shows.

    Raises:
        UntrustedError: the metadata are another issuer's (``ISSUER_MISMATCH``), or have to be signed and are not, or by
            nobody who is known (``METADATA_UNSIGNED``), or not with the certificates of the profile (`require_x5c`).
        VerificationError: they are signed and do not hold, or the signer or the issuer is known and may not issue.
        TransportError: they are not there.
        VcError: as `read_issuer_metadata`.
    """
    is_signed_required = profile.signed_metadata is Requirement.REQUIRED
    response = yield from _fetch_issuer(issuer, accept=_EITHER, language=language)
    if _media_type(response) == signed_metadata.MEDIA_TYPE:
        try:
            verified = _signed(response, issuer=issuer, trust=issuers, at=at)
        except UntrustedError as error:
            # Signed by nobody whom we know is as good as not signed, and what is not signed is asked for by itself.
            if is_signed_required or error.code == "ISSUER_MISMATCH":
                raise
            response = yield from _fetch_issuer(issuer, accept=_PLAIN, language=language)
        else:
            require_x5c(verified.chain, anchors=(), profile=profile)
            return _vouched_for(verified)
    if is_signed_required:
        raise UntrustedError("the metadata of the issuer are not signed", code="METADATA_UNSIGNED")
    metadata = read_issuer_metadata(response.body, issuer=issuer)
    vetting = _vetted(metadata, configuration_ids, issuers=issuers, at=at)
    return FoundIssuer(metadata=metadata, vetting=vetting)


def fetch_server(identifier: str) -> Flow[AuthorizationServerMetadata]:
    """Return what an authorization server says about itself (RFC 8414, section 3).

    Raises:
        TransportError: it is not there.
        VcError: as `read_server_metadata`.
    """
    response = yield HttpRequest(
        method="GET",
        url=well_known_url(identifier, AUTHORIZATION_SERVER),
        max_bytes=issuer_metadata.MAX_BYTES,
        headers={"accept": _PLAIN},
        max_redirects=2,
    )
    return read_server_metadata(_found(response, "the metadata of the authorization server").body, issuer=identifier)


def choose_server(found: FoundIssuer, *, named: str | None, grant: str) -> Flow[AuthorizationServerMetadata]:
    """Return the authorization server of an issuer that a grant is used at.

    Args:
        found: the issuer.
        named: which one the offer names, if it does.
        grant: the ``grant_type``.

    Raises:
        UntrustedError: the offer names one that the issuer does not list (``AUTHORIZATION_SERVER_NOT_LISTED``), or the
            metadata are another server's.
        VerificationError: none of the issuer's servers has the grant (``GRANT_NOT_SUPPORTED``).
        TransportError: the metadata are not there.
    """
    listed = found.metadata.servers
    if named is not None and named not in listed:
        raise UntrustedError(
            "the offer names an authorization server that the issuer does not list",
            code="AUTHORIZATION_SERVER_NOT_LISTED",
            clause="OpenID4VCI 1.0, section 4.1.1",
        )
    for identifier in (named,) if named is not None else listed[:MAX_SERVERS_TRIED]:
        server = yield from fetch_server(identifier)
        if named is not None or len(listed) == 1 or grant in server.grant_types_supported:
            return server
    raise VerificationError("no authorization server of the issuer has this grant", code="GRANT_NOT_SUPPORTED")


def require_hosts(found: FoundIssuer, server: AuthorizationServerMetadata, *, hosts: Iterable[str]) -> None:
    """Return if every endpoint that gets a secret is on a host that may have it (see above).

    Raises:
        UntrustedError: one is not (``FOREIGN_ENDPOINT``).
    """
    if found.vetting.source == "signed_metadata":
        return
    metadata = found.metadata
    told, own = {host.lower() for host in hosts}, _host(metadata.credential_issuer)
    listed = {_host(identifier) for identifier in metadata.servers}
    endpoints = [(url, listed) for url in _issuer_endpoints(metadata)]
    endpoints += [(url, {_host(server.issuer)}) for url in _server_endpoints(server)]
    for url, theirs in endpoints:
        if _host(url) not in {own, *theirs, *told}:
            raise UntrustedError(
                "an endpoint is on a host that is neither the issuer's nor its server's", code="FOREIGN_ENDPOINT"
            )


def require_own_page(server: AuthorizationServerMetadata) -> None:
    """Return if a person logs in on the server's own host, or on one that says whose answer the browser brings.

    Raises:
        UntrustedError: neither (``FOREIGN_ENDPOINT``).
    """
    page = server.authorization_endpoint
    is_elsewhere = page is not None and _host(page) != _host(server.issuer)
    if is_elsewhere and not server.authorization_response_iss_parameter_supported:
        raise UntrustedError(
            "the page to log in at is another host's and does not say whose answer it gives",
            code="FOREIGN_ENDPOINT",
            clause="RFC 9700, section 4.4",
        )


def is_foreign(metadata: CredentialIssuerMetadata, server: str) -> bool:
    """Tell whether an authorization server is not on the host of the issuer that it gives tokens for."""
    return service_url.parse(server).origin != service_url.parse(metadata.credential_issuer).origin


# --- steps -----------------------------------------------------------------------------------------------------------


def _fetch_issuer(issuer: str, *, accept: str, language: str) -> Flow[HttpResponse]:
    response = yield HttpRequest(
        method="GET",
        url=well_known_url(issuer, CREDENTIAL_ISSUER),
        max_bytes=signed_metadata.MAX_BYTES,
        headers={"accept": accept, "accept-language": language},
        max_redirects=2,
    )
    if response.status == 406 and accept != _PLAIN:
        return (yield from _fetch_issuer(issuer, accept=_PLAIN, language=language))
    return _found(response, "the metadata of the issuer")


def _signed(response: HttpResponse, *, issuer: str, trust: CombinedPolicy, at: datetime) -> VerifiedMetadata:
    try:
        text = response.body.decode("ascii").strip()
    except UnicodeDecodeError:
        text = ""
    return verify_signed_metadata(text, issuer=issuer, trust=trust, at=at)


def _vouched_for(verified: VerifiedMetadata) -> FoundIssuer:
    signer = verified.signer
    return FoundIssuer(
        metadata=verified.metadata,
        vetting=Vetting(source="signed_metadata", party=signer.party, name=dict(signer.name)),
    )


def _vetted(
    metadata: CredentialIssuerMetadata, configuration_ids: Iterable[str], *, issuers: CombinedPolicy, at: datetime
) -> Vetting:
    """Return who vouches for an issuer whose metadata nobody has signed: a policy that has a key of it, by its name.

    That a policy decides about an issuer says nothing: its decision may be a refusal.
    """
    source = KeySource(issuer=metadata.credential_issuer)
    for name in configuration_ids:
        configuration = metadata.supported.get(name)
        if configuration is None or configuration.type_id is None:
            continue
        try:
            key = issuers.key_for(source, role=Role.CREDENTIAL_ISSUER, type_id=configuration.type_id, at=at)
        except VerificationError:
            continue
        return Vetting(source="known_issuer", party=key.party, name=dict(key.name))
    return Vetting()


def _host(url: str) -> str:
    return service_url.parse_endpoint(url).authority.lower()


def _issuer_endpoints(metadata: CredentialIssuerMetadata) -> list[str]:
    endpoints = (
        metadata.credential_endpoint,
        metadata.nonce_endpoint,
        metadata.deferred_credential_endpoint,
        metadata.notification_endpoint,
    )
    return [url for url in endpoints if url is not None]


def _server_endpoints(server: AuthorizationServerMetadata) -> list[str]:
    endpoints = (
        server.token_endpoint,
        server.authorization_endpoint,
        server.pushed_authorization_request_endpoint,
        server.challenge_endpoint,
    )
    return [url for url in endpoints if url is not None]


def _found(response: HttpResponse, what: str) -> HttpResponse:
    if response.status != 200:
        raise TransportError(f"{what} is not there: status {response.status}", code="NOT_FOUND")
    return response


def _media_type(response: HttpResponse) -> str:
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


__all__ = [
    "MAX_SERVERS_TRIED",
    "FoundIssuer",
    "Vetting",
    "choose_server",
    "fetch_issuer",
    "fetch_offer",
    "fetch_server",
    "is_foreign",
    "require_hosts",
    "require_own_page",
]
