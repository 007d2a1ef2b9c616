# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Status lists as tests need them: signed with a real key, in a trust of one signer; and a host that publishes them.

`Host` answers requests from memory, so that the roles of a `World` fetch lists without a network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.world import CARE, LOAN, MDOC, World, credential_of, resident
from vcwallet.cose import cwt
from vcwallet.cose import header as cose_header
from vcwallet.encoding import base64url
from vcwallet.errors import NotAuthorisedError, TransportError, UntrustedError
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.jose import header as jose_header
from vcwallet.jose import jwt
from vcwallet.keys.policy import KeySource, Role, TrustedKey
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer
from vcwallet.keys.software import SoftwareSigner
from vcwallet.status.aggregation import aggregation
from vcwallet.status.status_list import StatusList
from vcwallet.status.token_status_list import MediaType, StatusListToken, sign_cwt, sign_jwt, status_claim
from vcwallet.trust.enrolment import Enrolment
from vcwallet.wallet import Card

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
URI = "https://city.example/lists/1"
OTHER_URI = "https://city.example/lists/2"
EVERY_LIST = "https://city.example/lists"
ISSUER = "urn:example:city"
SIGNER = SoftwareSigner.generate()
STRANGER = SoftwareSigner.generate()
CHAIN = (b"the certificate of the status signer",)
HOUR = timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class OneSigner:
    """A `TrustPolicy` that knows one status signer, by its chain, and asks for its name if there is one."""

    key: PublicKey = SIGNER.public_key
    chain: tuple[bytes, ...] = CHAIN
    party: str = ISSUER
    acts_for: frozenset[str] = frozenset()
    role: Role = Role.STATUS_SIGNER
    is_stopped: bool = False
    asked: list[KeySource] = field(default_factory=list)

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        self.asked.append(source)
        if source.chain != self.chain or source.issuer not in (None, self.party):
            raise UntrustedError("no such party")
        if role is not self.role or type_id is not None or self.is_stopped:
            raise NotAuthorisedError("the party may not do this")
        return TrustedKey(key=self.key, party=self.party, source="static", acts_for=self.acts_for)


@dataclass(slots=True)
class TwoSigners:
    """A `TrustPolicy` that knows two of them."""

    first: OneSigner
    second: OneSigner

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        one = self.first if source.chain == self.first.chain else self.second
        return one.key_for(source, role=role, type_id=type_id, at=at)


def token(
    values: Mapping[int, int] | None = None, *, bits: int = 2, size: int = 1000, **changed: Any
) -> StatusListToken:
    """Return a list that was issued an hour ago, ends tomorrow and may be kept for half a day."""
    made = StatusListToken(
        uri=URI,
        statuses=StatusList.of(values or {}, size=size, bits=bits),
        issued_at=NOW - HOUR,
        expires=NOW + 24 * HOUR,
        ttl=12 * HOUR,
    )
    return replace(made, **changed)


def signed(
    one: StatusListToken,
    media_type: MediaType = MediaType.JWT,
    *,
    signer: Signer = SIGNER,
    chain: tuple[bytes, ...] = CHAIN,
) -> bytes:
    """Return a list as it would be published."""
    if media_type is MediaType.JWT:
        return sign_jwt(one, signer=signer, chain=chain).encode("ascii")
    return sign_cwt(one, signer=signer, chain=chain)


# --- made by hand ----------------------------------------------------------------------------------------------------

_LABELS = {"iss": 1, "sub": 2, "exp": 4, "nbf": 5, "iat": 6, "ttl": 65534, "status_list": 65533}


def claims_of(one: StatusListToken, media_type: MediaType = MediaType.JWT) -> dict[str, Any]:
    """Return the claims of a list, by name in both forms."""
    packed = one.statuses.compressed()
    claims: dict[str, Any] = {
        "sub": one.uri,
        "iat": jwt.seconds(one.issued_at),
        "status_list": {
            "bits": one.statuses.bits,
            "lst": packed if media_type is MediaType.CWT else base64url.encode(packed),
        },
    }
    if one.expires is not None:
        claims["exp"] = jwt.seconds(one.expires)
    if one.ttl is not None:
        claims["ttl"] = int(one.ttl.total_seconds())
    return claims


def by_hand(
    claims: Mapping[str, Any],
    media_type: MediaType = MediaType.JWT,
    *,
    typ: str | None = None,
    signer: Signer = SIGNER,
    chain: tuple[bytes, ...] = CHAIN,
    tag: int | None = 18,
) -> bytes:
    """Return any claims as a signed list, which no other function of ours would sign."""
    if media_type is MediaType.JWT:
        header = {"x5c": jose_header.x5c(chain)} if chain else {}
        return jwt.sign(claims, typ=typ or "statuslist+jwt", signer=signer, header=header).encode("ascii")
    labelled = {_LABELS.get(name, name): value for name, value in claims.items()}
    protected = {cose_header.X5CHAIN: cose_header.x5chain(chain)} if chain else {}
    return cwt.sign(labelled, typ=typ or media_type.value, signer=signer, protected=protected, tag=tag)


def changed(one: StatusListToken, media_type: MediaType, **members: Any) -> dict[str, Any]:
    """Return the claims of a list with some changed; None takes one away, and two underscores go into a member."""
    claims = claims_of(one, media_type)
    for name, value in members.items():
        place = claims["status_list"] if name.startswith("status_list__") else claims
        own_name = name.removeprefix("status_list__")
        if value is None:
            del place[own_name]
        else:
            place[own_name] = value
    return claims


# --- over a network that is none -------------------------------------------------------------------------------------


@dataclass
class Host:
    """Publishes the status lists of a world: an `http` for verifiers and wallets.

    Attributes:
        signer: who signs the lists.
        requests: what was asked for.
        is_down: whether nothing comes back.
        answers: what is answered in place of a list, by address.
    """

    signer: Enrolment | None = None
    requests: list[HttpRequest] = field(default_factory=list)
    is_down: bool = False
    lists: dict[str, StatusListToken] = field(default_factory=dict)
    answers: dict[str, HttpResponse] = field(default_factory=dict)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        if self.is_down:
            raise TransportError("nothing came back")
        if request.url in self.answers:
            return self.answers[request.url]
        if request.url == EVERY_LIST:
            headers = {"content-type": "application/json"}
            return HttpResponse(status=200, headers=headers, body=aggregation(self.lists))
        if request.url not in self.lists:
            return HttpResponse(status=404, headers={}, body=b"")
        media_type = MediaType(request.headers["accept"])
        return HttpResponse(
            status=200, headers={"content-type": media_type.value}, body=self.token(request.url, media_type)
        )

    def token(self, uri: str, media_type: MediaType) -> bytes:
        """Return a list as it is published now."""
        assert self.signer is not None
        return signed(self.lists[uri], media_type, signer=self.signer.signer, chain=self.signer.chain)

    @property
    def urls(self) -> list[str]:
        return [request.url for request in self.requests]


@dataclass
class StatusWorld:
    """A world whose city publishes the status of its credentials at a host.

    Attributes:
        world: the roles.
        host: where the lists are.
        at: the place in the list that the next credential has.
    """

    format: str
    options: dict[str, Any] = field(default_factory=dict)
    host: Host = field(default_factory=Host)
    at: int = 0

    def __post_init__(self) -> None:
        http = self.host if self.options.pop("online", True) else None
        self.world = World(self.format, http=http, bank_uses=(LOAN, CARE), **self.options)
        self.host.signer = self.world.registry.enrol_status_signer(
            {"ja": "未来市", "en": "Mirai City"}, code="city", supply_points=[EVERY_LIST]
        )
        self.world.update()
        self.publish()

    def publish(self, values: Mapping[int, int] | None = None, *, uri: str = URI, **changes: Any) -> None:
        """Publish a list that is signed now."""
        now = self.world.clock()
        times = {"issued_at": now, "expires": now + 48 * HOUR, "ttl": HOUR}
        self.host.lists[uri] = token(values, **{"uri": uri, **times, **changes})

    def hold(self, *, uri: str = URI, index: int | None = None, **options: Any) -> Card:
        """Issue a credential with a status, and receive it."""
        wallet = options.pop("wallet", self.world.wallet)
        if index is None:
            index, self.at = self.at, self.at + 1
        options.setdefault("status", status_claim(uri, index))
        credential = credential_of(
            options.pop("enrolment", self.world.city_enrolment),
            options.pop("record", resident()),
            at=self.world.clock(),
            holder=wallet.new_holder_key(),
            format=self.format,
            **options,
        )
        card: Card = wallet.receive(credential)
        return card

    @property
    def media_type(self) -> MediaType:
        return MediaType.CWT if self.format == MDOC else MediaType.JWT

    def present(self) -> Callable[[], Any]:
        """Return what the bank makes of an answer to a new request, when it is called."""
        request = self.world.ask("full_name")
        response = self.world.answer(request)
        return lambda: self.world.bank.verify(response, expected=request)
