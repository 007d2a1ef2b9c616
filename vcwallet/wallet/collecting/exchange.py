# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The requests of one collection: bound to its key, attested, and repeated with the nonce that the server wants.

What a server says to try again with - a nonce for DPoP, a challenge for the attestation, a fresh attestation - is tried
again here, a few times.  Whatever else it says is for whoever has asked: a refusal as `PeerRefusedError`, a server that
cannot answer now as `TransportError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from vcwallet.errors import TransportError, VcError
from vcwallet.flow import Flow, HttpRequest, HttpResponse
from vcwallet.jose import jws, jwt
from vcwallet.keys.signer import Signer
from vcwallet.protocols.oauth import dpop, form
from vcwallet.protocols.oauth.bearer import AccessToken
from vcwallet.protocols.oauth.client_attestation import CHALLENGE_HEADER, POP_HEADER, make_pop, read_challenge_response
from vcwallet.protocols.oauth.client_attestation import HEADER as ATTESTATION_HEADER
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, read_refusal
from vcwallet.protocols.oauth.token_type import TokenType
from vcwallet.protocols.openid4vci import credential_response
from vcwallet.protocols.openid4vci import nonce as nonce_endpoint
from vcwallet.protocols.openid4vci.encryption import PLAIN
from vcwallet.wallet.collecting.collection import Plan
from vcwallet.wallet.provider import Attester

MAX_ATTEMPTS: Final = 4
"""How often one request is sent when the server wants it otherwise each time."""
EARLY: Final = timedelta(seconds=60)
"""How long before its end an attestation is replaced: not every server says that it wants a fresh one."""
MAX_ANSWER: Final = credential_response.MAX_BYTES
MAX_CHALLENGE: Final = 1024
_SMALL: Final = 256 * 1024
_LATER: Final = frozenset({OAuthErrorCode.TEMPORARILY_UNAVAILABLE, OAuthErrorCode.SERVER_ERROR})
_BUSY: Final = (408, 425, 429)


class Exchange:
    """What the servers of one collection are asked with.  Nonces and attestations last as long as the process."""

    def __init__(
        self,
        plan: Plan,
        *,
        signer: Signer,
        clock: Callable[[], datetime],
        attester: Attester | None,
    ) -> None:
        """Use the collection's key, and the attester if the plan says that the wallet is attested."""
        self._plan = plan
        self._signer = signer
        self._clock = clock
        self._attester = attester if plan.is_attested else None
        self._attestation: str | None = None
        self._attestation_ends: datetime | None = None
        self._challenge: str | None = None
        self._nonces: dict[str, str] = {}

    def ask_server(self, url: str, params: Mapping[str, str], *, accepted: tuple[int, ...]) -> Flow[HttpResponse]:
        """Return the authorization server's answer to a form.

        Raises:
            PeerRefusedError: it refuses.
            TransportError: it cannot answer now.
        """
        headers = {"content-type": form.MEDIA_TYPE, "accept": PLAIN}
        request = HttpRequest(method="POST", url=url, max_bytes=_SMALL, headers=headers, body=form.form_body(params))
        return (yield from self._send(request, accepted=accepted, token=None, is_attested=True))

    def ask_resource(
        self, url: str, body: bytes, *, content_type: str, token: str, accepted: tuple[int, ...]
    ) -> Flow[HttpResponse]:
        """Return the credential issuer's answer to a request with the access token.

        Raises:
            PeerRefusedError, TransportError: as `ask_server`.
        """
        headers = {"content-type": content_type, "accept": "application/json, application/jwt"}
        request = HttpRequest(method="POST", url=url, max_bytes=MAX_ANSWER, headers=headers, body=body)
        return (yield from self._send(request, accepted=accepted, token=token, is_attested=False))

    def fresh_nonce(self, url: str) -> Flow[str]:
        """Return a nonce for proofs (OpenID4VCI 1.0, section 7).

        Raises:
            PeerRefusedError, TransportError: as `ask_server`.
            MalformedError: it answers with something else.
        """
        request = HttpRequest(method="POST", url=url, max_bytes=_SMALL, headers={"accept": PLAIN})
        response = yield request
        self._remember(response, url=self._plan.metadata.credential_endpoint)
        return nonce_endpoint.read_nonce_response(_accepted(response, (200,)).body)

    # --- steps -------------------------------------------------------------------------------------------------------

    def _send(
        self, request: HttpRequest, *, accepted: tuple[int, ...], token: str | None, is_attested: bool
    ) -> Flow[HttpResponse]:
        for _ in range(MAX_ATTEMPTS - 1):
            response = yield (yield from self._prepared(request, token=token, is_attested=is_attested))
            self._remember(response, url=request.url)
            if not self._is_to_repeat(response):
                return _accepted(response, accepted)
        response = yield (yield from self._prepared(request, token=token, is_attested=is_attested))
        self._remember(response, url=request.url)
        return _accepted(response, accepted)

    def _prepared(self, request: HttpRequest, *, token: str | None, is_attested: bool) -> Flow[HttpRequest]:
        headers = dict(request.headers)
        if is_attested and self._attester is not None:
            headers |= yield from self._attested(self._attester)
        if token is not None:
            scheme = TokenType.DPOP if self._plan.is_bound else TokenType.BEARER
            headers["authorization"] = AccessToken(token_type=scheme, token=token).header()
        if self._plan.is_bound:
            headers[dpop.HEADER] = dpop.make_proof(
                self._signer,
                method=request.method,
                url=request.url,
                at=self._clock(),
                access_token=token,
                nonce=self._nonces.get(_origin(request.url)),
            )
        return HttpRequest(
            method=request.method, url=request.url, max_bytes=request.max_bytes, headers=headers, body=request.body
        )

    def _attested(self, attester: Attester) -> Flow[dict[str, str]]:
        at, ends = self._clock(), self._attestation_ends
        if self._attestation is None or (ends is not None and at >= ends - EARLY):
            self._attestation = yield from attester.attest_client(self._signer.public_key)
            self._attestation_ends = _end_of(self._attestation)
        server = self._plan.authorization_server
        if self._challenge is None and server.challenge_endpoint is not None:
            self._challenge = yield from _fetch_challenge(server.challenge_endpoint)
        pop = make_pop(
            self._signer,
            audience=self._plan.server,
            at=at,
            challenge=self._challenge,
            client_id=attester.client_id,
        )
        return {ATTESTATION_HEADER: self._attestation, POP_HEADER: pop}

    def _remember(self, response: HttpResponse, *, url: str) -> None:
        nonce = response.headers.get(dpop.NONCE_HEADER)
        if nonce is not None and 0 < len(nonce) <= dpop.MAX_NONCE:
            self._nonces[_origin(url)] = nonce
        challenge = response.headers.get(CHALLENGE_HEADER)
        if challenge is not None and 0 < len(challenge) <= MAX_CHALLENGE:
            self._challenge = challenge

    def _is_to_repeat(self, response: HttpResponse) -> bool:
        """Tell whether the server wants the request another time, and forget what it did not want."""
        if response.status not in (400, 401):
            return False
        match read_refusal(response).error:
            case OAuthErrorCode.USE_DPOP_NONCE:
                return self._plan.is_bound and dpop.NONCE_HEADER in response.headers
            case OAuthErrorCode.USE_ATTESTATION_CHALLENGE:
                if CHALLENGE_HEADER not in response.headers:
                    self._challenge = None
                return self._attester is not None
            case OAuthErrorCode.USE_FRESH_ATTESTATION:
                self._attestation = None
                return self._attester is not None
            case _:
                return False


def _accepted(response: HttpResponse, accepted: tuple[int, ...]) -> HttpResponse:
    """Return an answer that is none of refusal.

    Raises:
        PeerRefusedError: the peer refuses.
        TransportError: it cannot answer now (``PEER_BUSY``), or with a status that means nothing here
            (``UNEXPECTED_STATUS``), a redirect among them: no request with a secret in it follows one.
    """
    if response.status in accepted:
        return response
    if response.status >= 500 or response.status in _BUSY:
        raise TransportError(f"the peer answered with status {response.status}", code="PEER_BUSY")
    if response.status < 400:
        raise TransportError(f"the peer answered with status {response.status}", code="UNEXPECTED_STATUS")
    refusal = read_refusal(response)
    if refusal.error in _LATER:
        raise TransportError(f"the peer cannot answer now: {refusal.error}", code="PEER_BUSY")
    raise refusal


def _end_of(attestation: str) -> datetime | None:
    """Return when an attestation says that it ends; whether it holds is for the server to say, which it is made for."""
    try:
        return jwt.numeric_date(jws.payload_object(jws.parse(attestation).unverified_payload), "exp")
    except VcError:
        return None


def _fetch_challenge(url: str) -> Flow[str]:
    response = yield HttpRequest(method="POST", url=url, max_bytes=_SMALL, headers={"accept": PLAIN})
    return read_challenge_response(_accepted(response, (200, 201)).body)


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
