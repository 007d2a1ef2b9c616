# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Requests of OpenID4VP by a verifier of the world that has servers, and is known in other ways besides."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.support.world import Resident, World
from vcwallet.encoding import base64url, json
from vcwallet.jose import header as jose_header
from vcwallet.jose import jwt
from vcwallet.keys import jwk
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.openid4vp.client_id import ClientId
from vcwallet.protocols.openid4vp.request import Delivery, Request, make_request
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey
from vcwallet.protocols.openid4vp.response_mode import ResponseMode
from vcwallet.protocols.openid4vp.transaction_data import TransactionDetails
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient

HOST = "bank.example"
OTHER_HOST = "pay.bank.example"
RESPONSE_URI = f"https://{HOST}/response/1"
REQUEST_URI = f"https://{HOST}/request/1"
ORIGIN = f"https://{HOST}"
DID_KEY = SoftwareSigner.generate()
DID = "did:jwk:" + base64url.encode(json.dumps(jwk.public_jwk(DID_KEY.public_key)))
WEB_DID = "did:web:bank.example"
ENTITY = "https://bank.example/entity"
KEY = ResponseKey.create()
QUERY = DcqlQuery.from_json(
    {"credentials": [{"id": "resident", "format": "dc+sd-jwt", "meta": {"vct_values": [Resident.vct]}}]}
)

POST = Delivery(mode=ResponseMode.DIRECT_POST, response_uri=RESPONSE_URI)
POST_JWT = Delivery(mode=ResponseMode.DIRECT_POST_JWT, response_uri=RESPONSE_URI, key=KEY)
BY_API = Delivery(mode=ResponseMode.DC_API, expected_origins=(ORIGIN,))
BY_API_JWT = Delivery(mode=ResponseMode.DC_API_JWT, expected_origins=(ORIGIN, "https://www.bank.example"), key=KEY)


class Payment(TransactionDetails):
    """A transaction that the wallets of these tests can show."""

    amount: str
    memo: str = ""


TYPES = {"payment": Payment}
PAYMENT = base64url.encode(b'{"type":"payment","credential_ids":["resident"],"amount":"100 JPY"}')


@cache
def bank_world() -> World:
    """Return the world, made once: nobody changes it but what has seen its time pass (see `trust_of`)."""
    return World(bank_dns_names=(HOST, OTHER_HOST), bank_identifiers=(DID, WEB_DID, ENTITY, "attested-bank"))


def trust_of(world: World) -> TrustedListClient:
    """Return a wallet's trust that has seen no time pass."""
    return TrustedListClient.start(world.registry.published(), store=MemoryStore(), at=world.clock())


def request_of(
    world: World,
    *,
    delivery: Delivery = POST,
    client: ClientId | None = None,
    signer: Signer | None = None,
    certified: bool = True,
    **options: Any,
) -> Request:
    """Return a request of the bank, signed by its own key or by another that stands for it."""
    enrolment = world.bank_enrolment
    return make_request(
        options.pop("query", QUERY),
        purpose="loan",
        registration=options.pop("registration", enrolment.registrations["loan"]),
        signer=signer or enrolment.signer,
        chain=enrolment.chain if certified else (),
        at=world.clock(),
        delivery=delivery,
        client=client,
        **options,
    )


def attestation_of(world: World, key: PublicKey, **changed: Any) -> str:
    """Return an attestation of a verifier's key by the registrar."""
    registrar = world.registry._authority.registrar
    typ, signer = changed.pop("typ", "verifier-attestation+jwt"), changed.pop("signer", registrar.signer)
    claims: dict[str, Any] = {
        "iss": "urn:vcwallet:party:registry",
        "sub": "attested-bank",
        "iat": jwt.seconds(world.clock()),
        "exp": jwt.seconds(world.clock()) + 3600,
        "cnf": {"jwk": jwk.public_jwk(key)},
        "redirect_uris": [RESPONSE_URI],
    }
    chain = world.registry._authority.chain(registrar.certificate)
    kept = {name: value for name, value in {**claims, **changed}.items() if value is not None}
    return jwt.sign(kept, typ=typ, signer=signer, header={"x5c": jose_header.x5c(chain)})
