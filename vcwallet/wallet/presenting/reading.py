# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""From a link, the text of a QR code or a call of the platform to a request (OpenID4VP 1.0, sections 5 and appendix A).

Whatever is fetched here is fetched for every request alike, whatever the wallet holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from vcwallet.claims import JsonValue
from vcwallet.errors import TransportError, VcError
from vcwallet.flow import Flow
from vcwallet.keys.policy import FetchingPolicy, TrustPolicy
from vcwallet.protocols.openid4vp.client_id import ClientId, DecentralizedIdentifier, OpenIdFederation
from vcwallet.protocols.openid4vp.digital_credentials import DcApiRequest, MultisignedRequest, read_dc_api_request
from vcwallet.protocols.openid4vp.request_object import UnverifiedRequest, read_request
from vcwallet.protocols.openid4vp.request_uri import RequestReference, fetching, read_request_link
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey
from vcwallet.trust.did.resolution import resolve
from vcwallet.wallet.presenting.abilities import Abilities

MAX_LOOKED_UP = 2
"""For how many signers of one request something is fetched, since nobody knows them yet; the others are not known."""


def read_text(text: str, *, abilities: Abilities, trust: TrustPolicy, at: datetime) -> Flow[UnverifiedRequest]:
    """Return the request of a link or QR code, which carries it or says where it is, or of a request object itself.

    Raises:
        VcError: as `read_request_link`, `fetching` and `resolve`, or of what the policy fetches.
    """
    reception = abilities.reception
    if "?" not in text:
        return (yield from _prepared(read_request(text.strip(), reception=reception), trust, at))
    found = read_request_link(text.strip(), reception=reception)
    if isinstance(found, RequestReference):
        key = ResponseKey.create() if abilities.encrypts_requests else None
        found = yield from fetching(found, at=at, reception=reception, prefixes=abilities.prefixes, key=key)
    elif not found.is_signed:  # what nobody has signed does not say how old it is
        found = replace(found, reception=replace(found.reception, received_at=at))
    return (yield from _prepared(found, trust, at))


def read_call(
    protocol: str,
    data: Mapping[str, JsonValue],
    *,
    origin: str,
    abilities: Abilities,
    trust: TrustPolicy,
    at: datetime,
) -> Flow[DcApiRequest]:
    """Return the request of a call of the Digital Credentials API.

    Raises:
        VcError: as `read_dc_api_request` and `resolve`, or of what the policy fetches.
        ValueError: not an origin as platforms write it.
    """
    found = read_dc_api_request(protocol, data, origin=origin, at=at, reception=abilities.reception)
    if isinstance(found, UnverifiedRequest):
        return (yield from _prepared(found, trust, at))
    requests, looked_up = list[UnverifiedRequest](), 0
    for one in found.requests:
        looked_up += _is_looked_up(one.client, trust)
        try:
            requests.append((yield from _prepared(one, trust, at)) if looked_up <= MAX_LOOKED_UP else one)
        except VcError:
            requests.append(one)  # the other signers may be known
    return MultisignedRequest(requests=tuple(requests))


def _is_looked_up(client: ClientId | None, trust: TrustPolicy) -> bool:
    """Tell whether something is fetched for a client, from where its identifier says."""
    if isinstance(client, DecentralizedIdentifier):
        return client.did.startswith("did:web:")
    return isinstance(client, OpenIdFederation) and isinstance(trust, FetchingPolicy)


def _prepared(request: UnverifiedRequest, trust: TrustPolicy, at: datetime) -> Flow[UnverifiedRequest]:
    """Return a request after what its verifier is known by was fetched: a DID document, or a trust chain."""
    client = request.client
    if isinstance(client, DecentralizedIdentifier) and client.did.startswith("did:web:"):
        document = yield from resolve(client.did)
        return replace(request, reception=replace(request.reception, documents={client.did: document}))
    if isinstance(client, OpenIdFederation) and isinstance(trust, FetchingPolicy):
        # Without the network, what was fetched before stays in use until it ends, or the request brings its own chain.
        with suppress(TransportError):
            yield from trust.look_up(client.entity_id, at=at)
    return request
