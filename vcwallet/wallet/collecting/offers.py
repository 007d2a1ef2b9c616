# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Reading offers: what is on the screen before anything is collected, and the plan of what was approved."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from datetime import datetime
from typing import Final

from vcwallet.errors import UnsupportedError, UntrustedError
from vcwallet.flow import Flow
from vcwallet.formats.type_metadata import ResolvedType
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.combined_policy import CombinedPolicy
from vcwallet.protocols import haip
from vcwallet.protocols.haip import Requirement
from vcwallet.protocols.oauth.grant_type import AUTHORIZATION_CODE, PRE_AUTHORIZED_CODE
from vcwallet.protocols.oauth.server_metadata import (
    CLIENT_ATTESTATION,
    AuthorizationServerMetadata,
    server_metadata_json,
)
from vcwallet.protocols.openid4vci.issuer_metadata import CredentialConfiguration, metadata_json
from vcwallet.protocols.openid4vci.offer import CredentialOffer
from vcwallet.wallet.collecting.client import WalletClient
from vcwallet.wallet.collecting.collection import Plan
from vcwallet.wallet.collecting.discovery import (
    FoundIssuer,
    choose_server,
    fetch_issuer,
    is_foreign,
    require_hosts,
    require_own_page,
)
from vcwallet.wallet.collecting.offer_prompt import Grant, OfferPrompt, offer_prompt
from vcwallet.wallet.collecting.proving import key_algorithm, proof_type

CLIENT_KEY: Final = Algorithm.ES256
"""The algorithm of the key that tokens are bound to."""
_GRANT_TYPES: Final[dict[Grant, str]] = {
    "pre_authorized_code": PRE_AUTHORIZED_CODE,
    "authorization_code": AUTHORIZATION_CODE,
}


class OfferReader:
    """Finds out what an offer is about, for one wallet."""

    def __init__(
        self,
        *,
        client: WalletClient,
        issuers: Callable[[], CombinedPolicy],
        type_of: Callable[[str], ResolvedType],
        formats: Container[str],
        language: Callable[[], str],
        clock: Callable[[], datetime],
    ) -> None:
        """Use `vcwallet.wallet.Wallet.collector`."""
        self._client = client
        self._issuers = issuers
        self._type_of = type_of
        self._formats = formats
        self._language = language
        self._clock = clock

    def prompt(self, offer: CredentialOffer, grant: Grant | None) -> Flow[OfferPrompt]:
        """Return what to show of an offer (see `Collector.read_offer`)."""
        profile, language = self._client.profile, self._language()
        chosen = grant or _grant_of(offer)
        if _GRANT_TYPES[chosen] not in profile.grants:
            haip.require_grant(offer, profile)
            chosen = "authorization_code"
        found = yield from fetch_issuer(
            offer.credential_issuer,
            offer.credential_configuration_ids,
            issuers=self._issuers(),
            at=self._clock(),
            language=language,
            profile=profile,
        )
        server = yield from choose_server(found, named=_server_of(offer, chosen), grant=_GRANT_TYPES[chosen])
        require_hosts(found, server, hosts=self._client.hosts)
        if chosen == "authorization_code":
            require_own_page(server)
        self._require_profile(found, server, chosen)
        return offer_prompt(
            offer,
            found,
            server,
            grant=chosen,
            type_of=self._type_of,
            require_collectable=self._require_collectable,
            language=language,
        )

    def _require_profile(self, found: FoundIssuer, server: AuthorizationServerMetadata, grant: Grant) -> None:
        profile = self._client.profile
        is_login = grant == "authorization_code"
        missing = [
            profile.proof_of_possession is Requirement.REQUIRED and not _binds(server),
            profile.client_authentication is Requirement.REQUIRED and self._client.attester is None,
            is_login
            and profile.pushed_authorization is Requirement.REQUIRED
            and server.pushed_authorization_request_endpoint is None,
            is_login
            and profile.issuer_in_response is Requirement.REQUIRED
            and not server.authorization_response_iss_parameter_supported,
        ]
        if any(missing):
            raise UntrustedError(
                f"the issuer's authorization server does not keep to {profile.name}", code="PROFILE_NOT_MET"
            )
        if is_foreign(found.metadata, server.issuer) and not _binds(server):
            # A token that is bound to nothing would let one issuer act as the wallet at another one.
            raise UntrustedError(
                "an authorization server of another host gives tokens that are not bound to the wallet",
                code="TOKEN_TYPE",
            )

    def _require_collectable(self, configuration: CredentialConfiguration) -> None:
        if configuration.format not in self._formats or configuration.type_id is None:
            raise UnsupportedError("the wallet does not read this format", code="FORMAT_UNSUPPORTED")
        kind = proof_type(configuration, is_attested=self._client.attester is not None)
        if kind is not None:
            key_algorithm(configuration, kind)


def plan_of(
    prompt: OfferPrompt,
    approved: Sequence[str],
    *,
    client: WalletClient,
    client_key: str,
    copies: int,
    at: datetime,
    device: int,
) -> Plan:
    """Return the plan of what was approved of an offer (see `Plan`)."""
    metadata, server, profile, is_login = prompt.found.metadata, prompt.server, client.profile, prompt.needs_browser
    narrowed = metadata.model_copy(
        update={"credential_configurations_supported": {name: metadata.supported[name] for name in approved}}
    )
    is_attested = client.attester is not None and (
        CLIENT_ATTESTATION in server.token_endpoint_auth_methods_supported
        or profile.client_authentication is Requirement.REQUIRED
    )
    may_be_anonymous = server.pre_authorized_grant_anonymous_access_supported and not is_attested
    pre_authorized, with_login = prompt.offer.pre_authorized_code, prompt.offer.authorization_code
    plan = Plan(
        issuer=prompt.issuer_id,
        server=server.issuer,
        party=prompt.found.vetting.party,
        issuer_name=dict(prompt.found.vetting.name),
        issuer_metadata=metadata_json(narrowed).decode("utf-8"),
        server_metadata=server_metadata_json(server).decode("utf-8"),
        grant=prompt.grant,
        code=None if is_login or pre_authorized is None else pre_authorized.pre_authorized_code,
        issuer_state=with_login.issuer_state if is_login and with_login is not None else None,
        client_id=None if may_be_anonymous and not is_login else client.name,
        redirect_uri=client.redirect_uri if is_login else None,
        client_key=client_key,
        is_bound=_binds(server),
        has_attester=client.attester is not None,
        is_attested=is_attested,
        is_iss_required=server.authorization_response_iss_parameter_supported
        or profile.issuer_in_response is Requirement.REQUIRED,
        copies=copies,
        created_at=at,
        device=device,
    )
    plan.__dict__.update(metadata=narrowed, authorization_server=server)  # what reading them again would give
    return plan


def _grant_of(offer: CredentialOffer) -> Grant:
    return "authorization_code" if offer.pre_authorized_code is None else "pre_authorized_code"


def _server_of(offer: CredentialOffer, grant: Grant) -> str | None:
    """Return the authorization server that an offer names for a grant.

    Raises:
        UnsupportedError: the offer does not have the grant that the caller wants (``GRANT_NOT_OFFERED``).
    """
    offered = offer.authorization_code if grant == "authorization_code" else offer.pre_authorized_code
    if offered is None and (grant == "pre_authorized_code" or offer.pre_authorized_code is not None):
        raise UnsupportedError("the offer does not have this grant", code="GRANT_NOT_OFFERED")
    return offered.authorization_server if offered is not None else None


def _binds(server: AuthorizationServerMetadata) -> bool:
    return CLIENT_KEY.value in server.dpop_signing_alg_values_supported
