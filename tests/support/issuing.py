# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A credential issuer in memory for the wallet's side of OpenID4VCI: honest by itself, and as a test makes it.

It checks what it gets as an issuer does, gives one act one answer, and counts what it issues.  `tampering` changes what
it answers, by path; `Line` loses answers on the way.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import Any, assert_never

from tests.support.world import DAYS_90, FORMATS, MDOC, SD_JWT, AgeCard, Resident, World, resident
from vcwallet.credential_type import CredentialType
from vcwallet.encoding import json
from vcwallet.errors import TransportError
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.formats.base import Credential, IssuerKey
from vcwallet.jose.jwe import ContentEncryption
from vcwallet.keys import PublicKey
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.oauth import client_attestation, dpop, form
from vcwallet.protocols.oauth.authorization import (
    AuthorizationRequest,
    pushed_response,
    read_authorization_request,
    read_pushed_reference,
    redirect_with_code,
    redirect_with_error,
)
from vcwallet.protocols.oauth.authorization_details import GrantedDetail
from vcwallet.protocols.oauth.bearer import read_authorization
from vcwallet.protocols.oauth.pkce import require_verifier
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal
from vcwallet.protocols.oauth.server_metadata import AuthorizationServerMetadata, server_metadata_json
from vcwallet.protocols.oauth.token import (
    AuthorizationCodeGrant,
    PreAuthorizedCodeGrant,
    RefreshTokenGrant,
    TokenResponse,
    read_token_request,
)
from vcwallet.protocols.oauth.token_type import TokenType
from vcwallet.protocols.openid4vci.configurations import configurations
from vcwallet.protocols.openid4vci.credential_request import CredentialRequest, read_credential_request
from vcwallet.protocols.openid4vci.credential_response import CredentialResponse, DeferredIssuance, IssuedCredentials
from vcwallet.protocols.openid4vci.deferred_request import read_deferred_request
from vcwallet.protocols.openid4vci.encryption import (
    ENCRYPTED,
    PLAIN,
    CredentialResponseEncryption,
    MessageKey,
    encrypt_message,
    read_message,
)
from vcwallet.protocols.openid4vci.issuer_metadata import (
    CredentialIssuerMetadata,
    KeyAttestationsRequired,
    metadata_json,
    read_issuer_metadata,
)
from vcwallet.protocols.openid4vci.nonce import nonce_response
from vcwallet.protocols.openid4vci.notification import read_notification
from vcwallet.protocols.openid4vci.offer import (
    AuthorizationCodeOffer,
    CredentialOffer,
    Grants,
    PreAuthorizedCode,
    TxCode,
    offer_json,
    offer_reference_url,
    offer_url,
)
from vcwallet.protocols.openid4vci.proofs import verify_proofs
from vcwallet.protocols.openid4vci.signed_metadata import MEDIA_TYPE as SIGNED
from vcwallet.protocols.openid4vci.signed_metadata import sign_metadata
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient

ISSUER = "https://city.example/vci"
REDIRECT_URI = "org.example.wallet:/back"
CLIENT_ID = "https://wallet.example"
TX_CODE = "493536"
Tampering = Callable[[HttpRequest, HttpResponse], HttpResponse]


@dataclass
class _Grant:
    """What a code stands for, and what became of it."""

    configuration_ids: tuple[str, ...]
    tx_code: str | None = None
    request: AuthorizationRequest | None = None
    jkt: str | None = None
    client_id: str | None = None
    tries: int = 0
    answer: TokenResponse | None = None
    acts: dict[str, frozenset[PublicKey]] = field(default_factory=dict)
    generation: int = 0


@dataclass
class _Token:
    grant: _Grant
    jkt: str | None
    generation: int


@dataclass
class _Transaction:
    token: _Token
    name: str
    keys: tuple[PublicKey, ...]
    polls: int = 0
    is_delivered: bool = False


@dataclass
class Simulator:
    """The issuer.  What it offers and demands is set before it is used.

    Attributes:
        polls: how often a deferred credential is asked for in vain; None defers nothing.
        tampering: what is done to answers, by the last part of the path of the request.
        requests: all that came.
        issued: how many acts were carried out, by grant and configuration.
        events: what wallets told, by notification id.
    """

    world: World
    identifier: str = ISSUER
    format: str = SD_JWT
    kinds: Sequence[type[CredentialType]] = (Resident,)
    is_signed: bool = True
    is_bound: bool = True
    wants_dpop_nonce: bool = False
    has_nonces: bool = True
    has_par: bool = True
    has_iss: bool = True
    batch_size: int | None = 10
    polls: int | None = None
    has_notifications: bool = True
    has_refresh: bool = False
    has_identifiers: bool = False
    attests: bool = False
    key_attestations: KeyAttestationsRequired | None = None
    proof_types: tuple[str, ...] = ("jwt",)
    is_encrypted: bool = False
    token_lifetime: int | None = 300
    changed: dict[str, Any] = field(default_factory=dict)
    changed_server: dict[str, Any] = field(default_factory=dict)
    tampering: dict[str, Tampering] = field(default_factory=dict)
    requests: list[HttpRequest] = field(default_factory=list)
    issued: Counter[tuple[int, str]] = field(default_factory=Counter)
    events: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._codes: dict[str, _Grant] = {}
        self._pushed: dict[str, AuthorizationRequest] = {}
        self._tokens: dict[str, _Token] = {}
        self._refresh: dict[str, _Token] = {}
        self._nonces: set[str] = set()
        self._proofs: set[str] = set()
        self._answers: dict[tuple[int, int, str, frozenset[PublicKey]], IssuedCredentials] = {}
        self._transactions: dict[str, _Transaction] = {}
        self._offers: dict[str, CredentialOffer] = {}
        self._dpop_nonces = dpop.DpopNonces(secrets.token_bytes(32))
        self._challenges = client_attestation.ClientChallenges(secrets.token_bytes(32))
        self._key = MessageKey(kid="k1", agreement=SoftwareKeyAgreement.generate())
        self._trust = TrustedListClient.start(
            self.world.registry.published(), store=MemoryStore(), at=self.world.clock()
        )

    # --- what the issuer's own people do ---

    @property
    def configuration_ids(self) -> tuple[str, ...]:
        return tuple(self.metadata.credential_configurations_supported)

    def offer(self, *, tx_code: bool = False, login: bool = False, by_reference: bool = False, **changed: Any) -> str:
        """Return the link of an offer of everything."""
        grants = Grants(authorization_code=AuthorizationCodeOffer(issuer_state="state-of-the-issuer"))
        if not login:
            code = secrets.token_urlsafe(16)
            self._codes[code] = _Grant(self.configuration_ids, tx_code=TX_CODE if tx_code else None)
            asked: dict[str, Any] = {"tx_code": TxCode(length=6, description="By letter")} if tx_code else {}
            grants = Grants(pre_authorized_code=PreAuthorizedCode(pre_authorized_code=code, **asked))
        values: dict[str, Any] = {
            "credential_issuer": self.identifier,
            "credential_configuration_ids": self.configuration_ids,
            "grants": grants,
        }
        offer = CredentialOffer(**{name: one for name, one in (values | changed).items() if one is not None})
        if not by_reference:
            return offer_url(offer)
        number = str(len(self._offers))
        self._offers[number] = offer
        return offer_reference_url(self._at("offer/" + number))

    def browse(self, url: str, *, denies: bool = False) -> str:
        """Log in and agree, like a person in a browser; return the URL that the browser is sent to."""
        params = form.read_query(url.partition("?")[2])
        if "request_uri" in params:
            request = self._pushed[read_pushed_reference(params).request_uri]
        else:
            request = read_authorization_request(params)
        server = self.server.issuer
        if denies:
            error = OAuthErrorCode.ACCESS_DENIED
            return redirect_with_error(request.redirect_uri, error=error, state=request.state, issuer=server)
        code = secrets.token_urlsafe(16)
        self._codes[code] = _Grant(self._asked(request), request=request, jkt=request.dpop_jkt)
        return redirect_with_code(request.redirect_uri, code=code, state=request.state, issuer=server)

    def _asked(self, request: AuthorizationRequest) -> tuple[str, ...]:
        details = tuple(detail.credential_configuration_id for detail in request.authorization_details)
        known = self.metadata.supported
        return details or tuple(name for name in known if known[name].scope in request.scope)

    # --- metadata ---

    @cached_property
    def metadata(self) -> CredentialIssuerMetadata:
        members: dict[str, Any] = {
            "credential_issuer": self.identifier,
            "credential_endpoint": self._at("credential"),
            "deferred_credential_endpoint": self._at("deferred"),
            "display": [{"name": "Mirai City", "locale": "en-US"}],
            "credential_configurations_supported": {
                name: one.model_dump(mode="json", by_alias=True, exclude_unset=True)
                for name, one in configurations(
                    [(kind, self.format) for kind in self.kinds],
                    proof_types=self.proof_types,
                    key_attestations=self.key_attestations,
                ).items()
            },
        }
        if self.has_nonces:
            members["nonce_endpoint"] = self._at("nonce")
        if self.has_notifications:
            members["notification_endpoint"] = self._at("notification")
        if self.batch_size is not None:
            members["batch_credential_issuance"] = {"batch_size": self.batch_size}
        if self.is_encrypted:
            enc = [ContentEncryption.A256GCM.value]
            members["credential_request_encryption"] = {
                "jwks": {"keys": [self._key.jwk]},
                "enc_values_supported": enc,
                "encryption_required": True,
            }
            members["credential_response_encryption"] = {
                "alg_values_supported": ["ECDH-ES"],
                "enc_values_supported": enc,
                "encryption_required": True,
            }
        members = {name: value for name, value in (members | self.changed).items() if value is not None}
        return read_issuer_metadata(json.dumps(members), issuer=members["credential_issuer"])

    @cached_property
    def server(self) -> AuthorizationServerMetadata:
        members: dict[str, Any] = {
            "issuer": self.identifier,
            "token_endpoint": self._at("token"),
            "authorization_endpoint": self._at("authorize"),
            "grant_types_supported": ["authorization_code", "urn:ietf:params:oauth:grant-type:pre-authorized_code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "pre_authorized_grant_anonymous_access_supported": True,
            "authorization_response_iss_parameter_supported": self.has_iss,
        }
        if self.has_par:
            members["pushed_authorization_request_endpoint"] = self._at("par")
        if self.is_bound:
            members["dpop_signing_alg_values_supported"] = ["ES256"]
        if self.attests:
            members["token_endpoint_auth_methods_supported"] = ["attest_jwt_client_auth"]
            members["challenge_endpoint"] = self._at("challenge")
            members["pre_authorized_grant_anonymous_access_supported"] = False
        members |= self.changed_server
        return AuthorizationServerMetadata(**{name: one for name, one in members.items() if one is not None})

    # --- the endpoints ---

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        path = request.url.partition("://")[2].partition("/")[2].partition("?")[0]
        name = path.rpartition("/")[2]
        try:
            response = self._answer(path, name, request)
        except OAuthRefusal as refusal:
            response = refusal.response()
        if name in self.tampering:
            response = self.tampering[name](request, response)
        return response

    def count(self, name: str) -> int:
        """Return how many requests came to an endpoint."""
        return sum(request.url.endswith(f"/{name}") for request in self.requests)

    def _answer(self, path: str, name: str, request: HttpRequest) -> HttpResponse:
        if path.startswith(".well-known/openid-credential-issuer"):
            return self._metadata(request)
        if path.startswith(".well-known/oauth-authorization-server"):
            return _json(server_metadata_json(self.server))
        if "/offer/" in path:
            return _json(offer_json(self._offers[name]))
        endpoints = {
            "par": self._par,
            "token": self._token,
            "nonce": self._nonce,
            "challenge": self._challenge,
            "credential": self._credential,
            "deferred": self._deferred,
            "notification": self._notification,
        }
        if name not in endpoints:
            return HttpResponse(status=404, headers={}, body=b"")
        return endpoints[name](request)

    def _metadata(self, request: HttpRequest) -> HttpResponse:
        if not self.is_signed or SIGNED not in request.headers["accept"]:
            return _json(metadata_json(self.metadata))
        enrolment = self.world.city_enrolment
        key = IssuerKey(signer=enrolment.signer, chain=enrolment.chain, identifier=enrolment.identifier)
        text = sign_metadata(self.metadata, issuer=key, at=self.world.clock())
        return HttpResponse(status=200, headers={"content-type": SIGNED}, body=text.encode())

    def _par(self, request: HttpRequest) -> HttpResponse:
        params = form.read_form(request.body)
        self._require_client(request, params)
        jkt = self._proof(request, token=None)
        asked = read_authorization_request(params)
        if jkt is not None and asked.dpop_jkt not in (None, jkt):
            raise OAuthRefusal("another key", error=OAuthErrorCode.INVALID_DPOP_PROOF)
        name = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(16)}"
        self._pushed[name] = replace(asked, dpop_jkt=jkt)
        return _json(pushed_response(name, expires_in=60), status=201)

    def _token(self, request: HttpRequest) -> HttpResponse:
        params = form.read_form(request.body)
        self._require_client(request, params)
        jkt = self._proof(request, token=None)
        redeemed = read_token_request(params)
        match redeemed:
            case RefreshTokenGrant(refresh_token=text):
                old = self._refresh.get(text)
                if old is None or old.jkt != jkt:
                    raise _invalid_grant()
                return _json(self._new_token(old.grant, jkt, generation=old.generation + 1).to_json())
            case PreAuthorizedCodeGrant():
                grant = self._grant(redeemed.pre_authorized_code)
                self._require_tx_code(grant, redeemed.tx_code)
            case AuthorizationCodeGrant():
                grant = self._grant(redeemed.code)
                if grant.request is None or grant.request.redirect_uri != redeemed.redirect_uri:
                    raise _invalid_grant()
                require_verifier(redeemed.code_verifier, challenge=grant.request.code_challenge)
            case _:
                assert_never(redeemed)
        if grant.answer is not None and (jkt is None or grant.jkt != jkt):
            raise _invalid_grant()
        if grant.request is not None and grant.jkt not in (None, jkt):
            raise _invalid_grant()
        if grant.answer is None:
            grant.jkt, grant.client_id = jkt, params.get("client_id")
            grant.answer = self._new_token(grant, jkt, generation=0)
        return _json(grant.answer.to_json())

    def _grant(self, code: str) -> _Grant:
        if code not in self._codes:
            raise _invalid_grant()
        return self._codes[code]

    def _require_tx_code(self, grant: _Grant, tx_code: str | None) -> None:
        if (grant.tx_code is None) is not (tx_code is None):
            raise OAuthRefusal("a tx_code too many or too few", error=OAuthErrorCode.INVALID_REQUEST)
        if grant.tx_code != tx_code or grant.tries >= 5:
            grant.tries += 1
            raise _invalid_grant()

    def _new_token(self, grant: _Grant, jkt: str | None, *, generation: int) -> TokenResponse:
        token, refresh = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        grant.generation = generation
        self._tokens[token] = _Token(grant, jkt, generation)
        self._refresh[refresh] = self._tokens[token]
        members: dict[str, Any] = {
            "access_token": token,
            "token_type": TokenType.DPOP if jkt is not None else TokenType.BEARER,
        }
        if self.token_lifetime is not None:
            members["expires_in"] = self.token_lifetime
        if self.has_refresh:
            members["refresh_token"] = refresh
        if self.has_identifiers:
            members["authorization_details"] = tuple(
                GrantedDetail(credential_configuration_id=name, credential_identifiers=(f"{name}-1",))
                for name in grant.configuration_ids
            )
        return TokenResponse(**members)

    def _nonce(self, request: HttpRequest) -> HttpResponse:
        nonce = secrets.token_urlsafe(16)
        self._nonces.add(nonce)
        return _json(nonce_response(nonce))

    def _challenge(self, request: HttpRequest) -> HttpResponse:
        return _json(client_attestation.challenge_response(self._challenges.issue(at=self.world.clock())))

    def _credential(self, request: HttpRequest) -> HttpResponse:
        token = self._authorised(request)
        message = self._opened(request)
        asked = read_credential_request(message[0], encrypted=message[1])
        name = self._name(asked, token)
        keys = self._proved(asked, name, token.grant.client_id)
        at_once = frozenset(keys)
        known = token.grant.acts.get(f"{token.generation}.{name}")
        if known is not None and known != at_once:
            raise OAuthRefusal("a second act", error=OAuthErrorCode.CREDENTIAL_REQUEST_DENIED)
        token.grant.acts[f"{token.generation}.{name}"] = at_once
        if self.polls is not None and not self._is_delivered(token, name):
            return self._deferral(token, name, keys, asked.response_encryption)
        return self._sealed(self._issue(token, name, keys), asked.response_encryption)

    def _is_delivered(self, token: _Token, name: str) -> bool:
        return any(one.is_delivered and one.token is token and one.name == name for one in self._transactions.values())

    def _deferral(
        self,
        token: _Token,
        name: str,
        keys: tuple[PublicKey, ...],
        encryption: CredentialResponseEncryption | None,
    ) -> HttpResponse:
        for identifier, one in self._transactions.items():
            if one.token is token and one.name == name:
                return self._wait(identifier, encryption)
        identifier = secrets.token_urlsafe(16)
        self._transactions[identifier] = _Transaction(token, name, keys)
        return self._wait(identifier, encryption)

    def _wait(self, identifier: str, encryption: CredentialResponseEncryption | None) -> HttpResponse:
        waiting = DeferredIssuance(transaction_id=identifier, interval=timedelta(seconds=60))
        return self._sealed(waiting, encryption)

    def _deferred(self, request: HttpRequest) -> HttpResponse:
        token = self._authorised(request)
        message = self._opened(request)
        asked = read_deferred_request(message[0], encrypted=message[1])
        found = self._transactions.get(asked.transaction_id)
        if found is None or found.token.grant is not token.grant or found.is_delivered:
            raise OAuthRefusal("no such transaction", error=OAuthErrorCode.INVALID_TRANSACTION_ID)
        found.polls += 1
        if self.polls is None or found.polls <= self.polls:
            return self._wait(asked.transaction_id, asked.response_encryption)
        found.is_delivered = True
        return self._sealed(self._issue(found.token, found.name, found.keys), asked.response_encryption)

    def _notification(self, request: HttpRequest) -> HttpResponse:
        self._authorised(request)
        told = read_notification(request.body)
        self.events.append((told.notification_id, told.event.value))
        return HttpResponse(status=204, headers={}, body=b"")

    # --- what they have in common ---

    def _require_client(self, request: HttpRequest, params: dict[str, str]) -> None:
        if self.attests:
            client_attestation.verify_client_attestation(
                request.headers.get(client_attestation.HEADER, ""),
                request.headers.get(client_attestation.POP_HEADER, ""),
                audience=self.identifier,
                client_id=params.get("client_id"),
                challenges=self._challenges,
                trust=self._trust,
                at=self.world.clock(),
            )

    def _proof(self, request: HttpRequest, *, token: str | None) -> str | None:
        text = request.headers.get("dpop")
        if not self.is_bound:
            return None
        at = self.world.clock()
        proof = dpop.verify_proof(text or "", method="POST", url=request.url, access_token=token, at=at)
        if self.wants_dpop_nonce:
            self._dpop_nonces.require(proof.nonce, at=at, status=400 if token is None else 401)
        if proof.replay_id in self._proofs:
            raise OAuthRefusal("a replay", error=OAuthErrorCode.INVALID_DPOP_PROOF)
        self._proofs.add(proof.replay_id)
        return proof.thumbprint

    def _authorised(self, request: HttpRequest) -> _Token:
        access = read_authorization(request.headers.get("authorization"))
        found = self._tokens.get(access.token)
        jkt = self._proof(request, token=access.token)
        expected = TokenType.DPOP if self.is_bound else TokenType.BEARER
        if found is None or found.jkt != jkt or access.token_type is not expected:
            raise OAuthRefusal("no such token", error=OAuthErrorCode.INVALID_TOKEN)
        return found

    def _name(self, asked: CredentialRequest, token: _Token) -> str:
        if (asked.credential_identifier is not None) is not self.has_identifiers:
            raise OAuthRefusal("the wrong identifier", error=OAuthErrorCode.INVALID_CREDENTIAL_REQUEST)
        name = asked.credential_configuration_id or (asked.credential_identifier or "").removesuffix("-1")
        if name not in token.grant.configuration_ids:
            raise OAuthRefusal("not granted", error=OAuthErrorCode.UNKNOWN_CREDENTIAL_CONFIGURATION)
        return name

    def _proved(self, asked: CredentialRequest, name: str, client_id: str | None) -> tuple[PublicKey, ...]:
        proved = verify_proofs(
            asked.proofs,
            accepted=self.metadata.configuration(name).proof_types_supported,
            issuer=self.identifier,
            client_id=client_id,
            trust=self._trust,
            nonce_required=self.has_nonces,
            max_keys=self.batch_size or 1,
            at=self.world.clock(),
        )
        if self.has_nonces:
            if proved.nonce not in self._nonces:
                raise OAuthRefusal("a nonce of nobody", error=OAuthErrorCode.INVALID_NONCE)
            self._nonces.remove(proved.nonce)
        return proved.keys

    def _issue(self, token: _Token, name: str, keys: tuple[PublicKey, ...]) -> IssuedCredentials:
        act = (id(token.grant), token.generation, name, frozenset(keys))
        if act not in self._answers:
            self.issued[(id(token.grant) + token.generation, name)] += 1
            kind = next(one for one in self.kinds if name in configurations([(one, self.format)]))
            record = resident() if kind is Resident else AgeCard(age_over_20=True)
            credentials = self.world.city.issue_batch(
                record, format=FORMATS[self.format], holders=list(keys), valid_for=DAYS_90
            )
            number = hashlib.sha256(repr(act).encode()).hexdigest()[:16]
            self._answers[act] = IssuedCredentials(credentials=self.mixed(credentials), notification_id=f"n-{number}")
        return self._answers[act]

    def mixed(self, credentials: tuple[Credential, ...]) -> tuple[Credential, ...]:
        """Return the credentials in another order: their place says nothing."""
        return tuple(reversed(credentials))

    def _opened(self, request: HttpRequest) -> tuple[bytes, bool]:
        keys = (self._key,) if self.is_encrypted else ()
        message = read_message(
            request.body, content_type=request.headers["content-type"], keys=keys, required=self.is_encrypted
        )
        return message.json, message.encrypted

    def _sealed(self, answer: CredentialResponse, encryption: CredentialResponseEncryption | None) -> HttpResponse:
        if encryption is None:
            return _json(answer.to_json(), status=answer.status)
        text = encrypt_message(answer.to_json(), jwk=dict(encryption.jwk), enc=encryption.enc)
        return HttpResponse(status=answer.status, headers={"content-type": ENCRYPTED}, body=text.encode())

    def _at(self, name: str) -> str:
        return f"{self.identifier}/{name}"


@dataclass
class Line:
    """The way to an issuer: loses requests, or answers after the issuer has acted.

    Attributes:
        lose: what happens to the coming requests, one after the other: ``ok``, ``request`` or ``answer``; then ``ok``.
        lose_first: whether the first answer of each endpoint is lost.
    """

    issuer: Callable[[HttpRequest], HttpResponse]
    lose: list[str] = field(default_factory=list)
    lose_first: bool = False
    asked: set[str] = field(default_factory=set)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        fate = self.lose.pop(0) if self.lose else "ok"
        if self.lose_first and request.url not in self.asked:
            fate = "answer"
        self.asked.add(request.url)
        if fate == "request":
            raise TransportError("the request was lost")
        response = self.issuer(request)
        if fate == "answer":
            raise TransportError("the answer was lost")
        return response


def changed_json(**changes: Any) -> Tampering:
    """Return what changes members of a JSON answer; None removes one."""

    def tamper(_: HttpRequest, response: HttpResponse) -> HttpResponse:
        members = json.loads_object(response.body) | changes
        body = json.dumps({name: value for name, value in members.items() if value is not None})
        return replace(response, body=body)

    return tamper


def instead(status: int, body: bytes = b"{}", content_type: str = PLAIN) -> Tampering:
    """Return what answers something else."""
    return lambda *_: HttpResponse(status=status, headers={"content-type": content_type}, body=body)


def _json(body: bytes, *, status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, headers={"content-type": PLAIN, "cache-control": "no-store"}, body=body)


def _invalid_grant() -> OAuthRefusal:
    return OAuthRefusal("no such code", error=OAuthErrorCode.INVALID_GRANT)


__all__ = ["CLIENT_ID", "ISSUER", "MDOC", "REDIRECT_URI", "TX_CODE", "Line", "Simulator", "changed_json", "instead"]
