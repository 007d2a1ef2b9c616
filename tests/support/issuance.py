# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An issuer's service in a world of its own, and a wallet that does each step of OpenID4VCI by hand.

The wallet keeps nothing, and does what it is told, also what no wallet should do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from tests.support.world import DAYS_90, AgeCard, Resident, World, resident
from vcwallet.adapters.store import SqlLedger
from vcwallet.credential_type import CredentialType
from vcwallet.encoding import json
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.formats.base import IssuerKey
from vcwallet.formats.mdoc import Mdoc
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.issuer import Issuer
from vcwallet.issuer.openid4vci import (
    CredentialIssuerService,
    GrantType,
    IssuedOffer,
    LoginPage,
    LoginRefused,
    LoginRequest,
    NoRecord,
    NotYet,
    Offering,
    Subject,
)
from vcwallet.keys import jwk
from vcwallet.keys.public import PublicKey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.oauth import client_attestation, form
from vcwallet.protocols.oauth.authorization import AuthorizationRequest, authorization_url
from vcwallet.protocols.oauth.dpop import make_proof
from vcwallet.protocols.oauth.pkce import Pkce
from vcwallet.protocols.openid4vci.jwt_proof import make_jwt_proof
from vcwallet.protocols.openid4vci.key_attestation import make_key_attestation
from vcwallet.sessions import MemorySessions, SessionStore

IDENTIFIER = "https://issuer.example"
LISTS = "https://status.example/lists"
SECRET = bytes(range(32))
RESIDENT_JWT, RESIDENT_MDOC, AGE_JWT = "resident-1_sd_jwt_vc", "resident-1_mdoc", "age-card-1_sd_jwt_vc"
HANAKO = "resident 17"
REDIRECT = "https://wallet.example/back"
CLIENT = "https://wallet.example"


@dataclass
class Files:
    """What the deployer knows of people; a value can be a function of the time."""

    records: dict[tuple[str, type[CredentialType]], Any] = field(default_factory=dict)
    asked: list[tuple[str, type[CredentialType]]] = field(default_factory=list)

    def find(self, subject: str, kind: type[CredentialType], /, *, at: datetime) -> Any:
        self.asked.append((subject, kind))
        found = self.records.get((subject, kind), NoRecord())
        return found(at) if callable(found) else found


class Door:
    """A log-in with one page: whoever says who they are is believed; they may decline."""

    def __init__(self) -> None:
        self.seen: list[LoginRequest] = []

    def identify(self, request: LoginRequest, /) -> LoginPage | Subject | LoginRefused:
        self.seen.append(request)
        if request.http.method == "POST":
            given = form.read_form(request.http.body)
            if given.get("decline"):
                return LoginRefused()
            if given.get("who"):
                return Subject(reference=given["who"])
        visits = (request.state or b"") + b"."
        page = f'<form method="post" action="{request.url}"><input name="who"></form>'
        response = HttpResponse(status=200, headers={"content-type": "text/html"}, body=page.encode())
        return LoginPage(response=response, state=visits)


@dataclass
class Counter:
    """A service with all that it needs.

    Attributes:
        sessions: where it keeps its sessions.
        ledger: where the issuer keeps its ledger; None for one in memory.
        options: further arguments of the service.
    """

    sessions: SessionStore = field(default_factory=MemorySessions)
    ledger: Any = None
    identifier: str = IDENTIFIER
    offered: Sequence[Offering] | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.world = World()
        self.clock = self.world.clock
        self.ledger = self.ledger or SqlLedger.create(None, lists=LISTS, size=1 << 20)
        self.provider_enrolment = self.world.registry.enrol_wallet_provider("Wallet maker", code="maker")
        self.world.update()
        self.issuer = Issuer(self.world.city_enrolment, clock=self.clock, ledger=self.ledger)
        self.issuer.update_trust(self.world.registry.published())
        self.files = Files({(HANAKO, Resident): resident(), (HANAKO, AgeCard): AgeCard(age_over_18=True)})
        self.door = Door()
        self.service = self.made()

    def made(self, **changed: Any) -> CredentialIssuerService:
        """Return a service over the same sessions and ledger."""
        options: dict[str, Any] = {
            "identifier": self.identifier,
            "display": {"ja": "未来市", "en": "Mirai City"},
            "offered": self.offered
            or [
                Offering(type=Resident, format=SdJwtVc, valid_for=DAYS_90),
                Offering(type=Resident, format=Mdoc, valid_for=DAYS_90),
                Offering(type=AgeCard, format=SdJwtVc, valid_for=DAYS_90),
            ],
            "records": self.files,
            "sessions": self.sessions,
            "secret": SECRET,
            "clock": self.clock,
            "login": self.door,
            "wallet_providers": self.world.wallet._trust,
            "signer": self.signer,
        }
        return CredentialIssuerService(self.issuer, **options | self.options | changed)

    def update(self) -> None:
        """Let the issuer take the registry's latest list."""
        self.world.update()
        self.issuer.update_trust(self.world.registry.published())

    @property
    def signer(self) -> IssuerKey:
        return key_of(self.world.city_enrolment)

    @property
    def provider(self) -> IssuerKey:
        return key_of(self.provider_enrolment)

    def wallet(self, **changed: Any) -> RawWallet:
        return RawWallet(http=self.service, clock=self.clock, **{"identifier": self.identifier} | changed)

    def offer(self, *ids: str, subject: str | None = HANAKO, **options: Any) -> IssuedOffer:
        return self.service.offer(subject, ids or (RESIDENT_JWT,), **{"tx_code": None} | options)

    def issued(self) -> int:
        """Return how many credentials were ever entered, and are valid."""
        return sum(self.statuses().values())

    def statuses(self) -> dict[int, int]:
        """Return how many entries of the ledger have each status; 0 is valid."""
        with self.ledger._database.read() as connection:
            rows = connection.execute(text("SELECT value, count(*) FROM vcwallet_issuance GROUP BY value"))
            return {int(value): int(count) for value, count in rows}


def key_of(enrolment: Any) -> IssuerKey:
    return IssuerKey(signer=enrolment.signer, chain=enrolment.chain, identifier=enrolment.identifier)


@dataclass
class RawWallet:
    """Does each step by hand.

    Attributes:
        http: what answers its requests.
        dpop: its DPoP key; None for a wallet that uses bearer tokens.
        client_id: what it calls itself; None for an anonymous one.
        attester: makes the header fields of a wallet attestation, if it has one.
    """

    http: Callable[[HttpRequest], HttpResponse]
    clock: Callable[[], datetime]
    identifier: str = IDENTIFIER
    dpop: SoftwareSigner | None = field(default_factory=SoftwareSigner.generate)
    client_id: str | None = None
    attester: Callable[[], dict[str, str]] | None = None
    dpop_nonce: str | None = None
    access_token: str = ""
    refresh_token: str = ""
    pkce: Pkce = field(default_factory=Pkce.create)

    def url(self, path: str) -> str:
        return self.identifier.removesuffix("/") + path

    # --- requests ---

    def request(
        self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        url = path if "://" in path else self.url(path)
        return self.http(HttpRequest(method=method, url=url, max_bytes=1 << 20, headers=headers or {}, body=body))

    def proof(self, path: str, *, token: str | None = None, **changed: Any) -> dict[str, str]:
        if self.dpop is None:
            return {}
        options: dict[str, Any] = {
            "method": "POST",
            "url": self.url(path),
            "at": self.clock(),
            "access_token": token,
            "nonce": self.dpop_nonce,
        }
        return {"dpop": make_proof(self.dpop, **options | changed)}

    def attestation(self) -> dict[str, str]:
        return self.attester() if self.attester else {}

    def authorization(self, token: str | None = None) -> dict[str, str]:
        return {"authorization": f"{'Bearer' if self.dpop is None else 'DPoP'} {token or self.access_token}"}

    def post_form(self, path: str, params: Mapping[str, str], **headers: str) -> HttpResponse:
        given = {"content-type": form.MEDIA_TYPE, **self.proof(path), **self.attestation(), **headers}
        return self.request("POST", path, body=form.form_body(params), headers=given)

    def post_json(self, path: str, members: Any, **headers: str) -> HttpResponse:
        given = {
            "content-type": "application/json",
            **self.authorization(),
            **self.proof(path, token=self.access_token),
            **headers,
        }
        return self.request("POST", path, body=json.dumps(members), headers=given)

    # --- steps ---

    def token(self, params: Mapping[str, str], **headers: str) -> HttpResponse:
        named = {} if self.client_id is None else {"client_id": self.client_id}
        response = self.post_form("/token", {**named, **params}, **headers)
        if response.status == 200:
            members = json.loads_object(response.body)
            self.access_token = members["access_token"]
            self.refresh_token = members.get("refresh_token", self.refresh_token)
        return response

    def redeem(self, offer: IssuedOffer, **params: str) -> HttpResponse:
        assert offer.offer.pre_authorized_code is not None
        code = offer.offer.pre_authorized_code.pre_authorized_code
        typed = {} if offer.tx_code is None else {"tx_code": offer.tx_code}
        return self.token({"grant_type": GrantType.PRE_AUTHORIZED_CODE, "pre-authorized_code": code, **typed, **params})

    def nonce(self) -> str:
        return str(json.loads_object(self.request("POST", "/nonce").body)["c_nonce"])

    def proofs(self, keys: Sequence[SoftwareSigner], nonce: str | None = None, **changed: Any) -> dict[str, Any]:
        options: dict[str, Any] = {
            "issuer": self.identifier,
            "at": self.clock(),
            "nonce": nonce or self.nonce(),
            "client_id": self.client_id,
        }
        return {"jwt": [make_jwt_proof(key, **options | changed) for key in keys]}

    def ask(
        self, *keys: SoftwareSigner, id: str = RESIDENT_JWT, nonce: str | None = None, **members: Any
    ) -> HttpResponse:
        named = {} if "credential_identifier" in members else {"credential_configuration_id": id}
        return self.post_json("/credential", {**named, "proofs": self.proofs(keys, nonce), **members})

    def pick_up(self, transaction_id: str, **members: Any) -> HttpResponse:
        return self.post_json("/deferred", {"transaction_id": transaction_id, **members})

    def notify(self, notification_id: str, event: str = "credential_accepted") -> HttpResponse:
        return self.post_json("/notification", {"notification_id": notification_id, "event": event})

    def refresh(self) -> HttpResponse:
        return self.token({"grant_type": "refresh_token", "refresh_token": self.refresh_token})

    def push(self, **changed: Any) -> HttpResponse:
        values: dict[str, Any] = {
            "client_id": self.client_id or CLIENT,
            "redirect_uri": REDIRECT,
            "code_challenge": self.pkce.challenge,
            "scope": (RESIDENT_JWT,),
            "state": "state-1",
        }
        return self.post_form("/par", AuthorizationRequest(**values | changed).parameters())

    def visit(self, request_uri: str) -> Browser:
        browser = Browser(self)
        url = authorization_url(self.url("/authorize"), client_id=self.client_id or CLIENT, request_uri=request_uri)
        browser.go(url)
        return browser

    def authorised(self, who: str = HANAKO, **changed: Any) -> str:
        """Push a request, log in, and return where the browser is sent."""
        pushed = self.push(**changed)
        assert pushed.status == 201, pushed
        return self.visit(json.loads_object(pushed.body)["request_uri"]).say(who)

    def exchange(self, location: str, **params: str) -> HttpResponse:
        code = form.read_query(location.partition("?")[2])["code"]
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        return self.token({**given, "code_verifier": self.pkce.verifier, **params})


@dataclass
class Browser:
    """Follows redirects of the service, keeps cookies, and posts the one form of a page."""

    wallet: RawWallet
    cookies: dict[str, str] = field(default_factory=dict)
    url: str = ""
    response: HttpResponse | None = None

    def go(self, url: str, *, method: str = "GET", body: bytes = b"", **headers: str) -> HttpResponse:
        for _ in range(3):
            cookie = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            typed = {"content-type": form.MEDIA_TYPE} if method == "POST" else {}
            response = self.wallet.request(method, url, body=body, headers={**cookie, **typed, **headers})
            if "set-cookie" in response.headers:
                name, _, value = response.headers["set-cookie"].partition(";")[0].partition("=")
                self.cookies[name] = value
            self.url, self.response = url, response
            location = response.headers.get("location", "")
            if response.status != 303 or not location.startswith(self.wallet.identifier):
                return response
            url, method, body = location, "GET", b""
        raise AssertionError("redirected in circles")

    @property
    def action(self) -> str:
        assert self.response is not None
        found = re.search(rb'action="([^"]+)"', self.response.body)
        assert found, self.response
        return found.group(1).decode()

    def post(self, **fields: str) -> HttpResponse:
        return self.go(self.action, method="POST", body=form.form_body(fields))

    def say(self, who: str) -> str:
        """Log in, and return where the browser is sent."""
        response = self.post(who=who)
        assert response.status == 303, response
        return response.headers["location"]


# --- looking at answers ----------------------------------------------------------------------------------------------


def members(response: HttpResponse, status: int = 200) -> dict[str, Any]:
    assert response.status == status, (response.status, response.body)
    return json.loads_object(response.body)


def credentials(response: HttpResponse) -> list[str]:
    return [one["credential"] for one in members(response)["credentials"]]


def error_of(response: HttpResponse) -> str:
    assert response.status >= 400, response
    return str(json.loads_object(response.body)["error"])


def keys(count: int = 1) -> list[SoftwareSigner]:
    return [SoftwareSigner.generate() for _ in range(count)]


def not_yet(seconds: int = 60) -> NotYet:
    return NotYet(interval=timedelta(seconds=seconds))


def recorded(wallet: RawWallet) -> list[HttpRequest]:
    """Return the list that the requests of a wallet are put into from now on."""
    sent: list[HttpRequest] = []
    real = wallet.http

    def http(request: HttpRequest) -> HttpResponse:
        sent.append(request)
        return real(request)

    wallet.http = http
    return sent


# --- attested wallets ------------------------------------------------------------------------------------------------


@dataclass
class Maker:
    """A wallet provider, and one wallet instance of its product."""

    counter: Counter
    instance: SoftwareSigner = field(default_factory=SoftwareSigner.generate)
    client_id: str = CLIENT

    def attestation(self, **changed: Any) -> str:
        now = self.counter.clock()
        options: dict[str, Any] = {
            "client_id": self.client_id,
            "key": self.instance.public_key,
            "at": now,
            "expires": now + timedelta(hours=1),
            "wallet_name": "Sample Wallet",
        }
        return client_attestation.make_client_attestation(self.counter.provider, **options | changed)

    def challenge(self) -> str:
        response = self.counter.wallet().request("POST", "/challenge")
        return client_attestation.read_challenge_response(response.body)

    def headers(self, **changed: Any) -> dict[str, str]:
        options: dict[str, Any] = {"audience": self.counter.identifier, "at": self.counter.clock()}
        if "challenge" not in changed:
            options["challenge"] = self.challenge()
        return {
            client_attestation.HEADER: self.attestation(),
            client_attestation.POP_HEADER: client_attestation.make_pop(self.instance, **options | changed),
        }

    def wallet(self, **changed: Any) -> RawWallet:
        return self.counter.wallet(**{"client_id": self.client_id, "attester": self.headers} | changed)

    def key_attestation(self, attested: Sequence[PublicKey], nonce: str | None, **changed: Any) -> str:
        now = self.counter.clock()
        options: dict[str, Any] = {"at": now, "expires": now + timedelta(hours=1), "nonce": nonce}
        return make_key_attestation(self.counter.provider, attested, **options | changed)


def thumbprint(signer: SoftwareSigner) -> str:
    return jwk.thumbprint(jwk.public_jwk(signer.public_key))


def changed_offering(**changed: Any) -> Offering:
    return replace(Offering(type=Resident, format=SdJwtVc, valid_for=DAYS_90), **changed)
