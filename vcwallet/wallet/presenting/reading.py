# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""From a link, the text of a QR code or a call of the platform to a request (OpenID4VP 1.0, sections 5 and appendix A).

Whatever is fetched here is fetched for every request alike, whatever the wallet holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from vcwallet.claims import JsonValue
from vcwallet.errors import VcError
from vcwallet.flow import Flow
from vcwallet.protocols.openid4vp.client_id import DecentralizedIdentifier
from vcwallet.protocols.openid4vp.digital_credentials import DcApiRequest, MultisignedRequest, read_dc_api_request
from vcwallet.protocols.openid4vp.request_object import UnverifiedRequest, read_request
from vcwallet.protocols.openid4vp.request_uri import RequestReference, fetching, read_request_link
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey
from vcwallet.trust.did.resolution import resolve
from vcwallet.wallet.presenting.abilities import Abilities


def read_text(text: str, *, abilities: Abilities, at: datetime) -> Flow[UnverifiedRequest]:
    """Return the request of a link or QR code, which carries it or says where it is, or of a request object itself.

    Raises:
        VcError: as `read_request_link`, `fetching` and `resolve`.
    """
    reception = abilities.reception
    if "?" not in text:
        return (yield from _with_document(read_request(text.strip(), reception=reception)))
    found = read_request_link(text.strip(), reception=reception)
    if isinstance(found, RequestReference):
        key = ResponseKey.create() if abilities.encrypts_requests else None
        found = yield from fetching(found, at=at, reception=reception, prefixes=abilities.prefixes, key=key)
    return (yield from _with_document(found))


def read_call(
    protocol: str, data: Mapping[str, JsonValue], *, origin: str, abilities: Abilities, at: datetime
) -> Flow[DcApiRequest]:
    """Return the request of a call of the Digital Credentials API.

    Raises:
        VcError: as `read_dc_api_request` and `resolve`.
        ValueError: not an origin as platforms write it.
    """
    found = read_dc_api_request(protocol, data, origin=origin, at=at, reception=abilities.reception)
    if isinstance(found, UnverifiedRequest):
        return (yield from _with_document(found))
    requests: list[UnverifiedRequest] = []
    for one in found.requests:
        try:
            requests.append((yield from _with_document(one)))
        except VcError:
            requests.append(one)  # the other signers may be known
    return MultisignedRequest(requests=tuple(requests))


def _with_document(request: UnverifiedRequest) -> Flow[UnverifiedRequest]:
    """Return a request with the document of a verifier that is known by a DID which does not contain it."""
    client = request.client
    if not isinstance(client, DecentralizedIdentifier) or not client.did.startswith("did:web:"):
        return request
    document = yield from resolve(client.did)
    return replace(request, reception=replace(request.reception, documents={client.did: document}))
