# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Issuers that are known in other ways than by the registry: by DID, by their metadata, by a federation.

Each is accepted where a policy names it, in exactly the way the policy names, and refused everywhere else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.credentials import ISSUER_KEY, STRANGER_KEY
from tests.support.federation import AGENCY, ANCHOR, CITY, ISSUER_TYPE, KID, Federation
from tests.support.world import (
    DAYS_90,
    Income,
    Resident,
    World,
    approved,
    income,
    resident,
)
from vcwallet.claims import JsonObject
from vcwallet.credential_type import CredentialType, view
from vcwallet.errors import NotAuthorisedError, UntrustedError, VcError, VerifierUnknownError
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.formats.base import Credential, CredentialContent, IssuerKey
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.formats.sd_jwt_vc.issuer_metadata import IssuerMetadataPolicy, fetch_issuer
from vcwallet.keys import jwk, multikey
from vcwallet.keys.combined_policy import CombinedPolicy
from vcwallet.keys.policy import IssuerPolicy, Role
from vcwallet.status.outcome import STANDARD
from vcwallet.storage import MemoryStore
from vcwallet.trust import did as dids
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.federation import Authorisation, ChainsInMessages, FederationPolicy
from vcwallet.verifier import Verifier, ask
from vcwallet.wallet import Wallet

TYPES = frozenset({Resident.vct})
DID_KEY = f"did:key:{multikey.encode(ISSUER_KEY.public_key)}"
DID_WEB = "did:web:town.example"
URL = "https://town.example"
PUBLIC = jwk.public_jwk(ISSUER_KEY.public_key)


def world_of(answers: dict[str, JsonObject]) -> Callable[[HttpRequest], HttpResponse]:
    """Return a network in which these documents are."""

    def answer(request: HttpRequest) -> HttpResponse:
        body = json.dumps(answers[request.url]).encode()
        return HttpResponse(status=200, headers={"content-type": "application/json"}, body=body)

    return answer


@dataclass
class Story:
    """An issuer outside the registry, and a wallet and a verifier that are told about it, or not."""

    world: World = field(default_factory=World)
    federation: Federation = field(default_factory=Federation)

    def key(self, mechanism: str) -> IssuerKey:
        """Return what an issuer signs with that is known in this way."""
        signer, identifier, key_id = {
            "did:key": (ISSUER_KEY, DID_KEY, f"#{multikey.encode(ISSUER_KEY.public_key)}"),
            "did:web": (ISSUER_KEY, DID_WEB, f"{DID_WEB}#1"),
            "metadata": (ISSUER_KEY, URL, "1"),
            "federation": (self.federation.issuer_key, CITY, KID),
        }[mechanism]
        return IssuerKey(signer=signer, chain=(), identifier=identifier, key_id=key_id)

    def policy(self, mechanism: str, types: frozenset[str] = TYPES) -> IssuerPolicy:
        """Return a policy that names this issuer in this way."""
        until = self.world.clock() + timedelta(days=1)
        match mechanism:
            case "did:key" | "did:web":
                did = DID_KEY if mechanism == "did:key" else DID_WEB
                method = {"id": "#1", "type": "JsonWebKey", "controller": DID_WEB, "publicKeyJwk": PUBLIC}
                document: dict[str, Any] = {"id": DID_WEB, "verificationMethod": [method], "assertionMethod": ["#1"]}
                http = world_of({f"{URL}/.well-known/did.json": document})
                return dids.DidPolicy(issuers={did: run(dids.fetch_issuer(did, types=types, valid_until=until), http)})
            case "metadata":
                keys = {"keys": [{**PUBLIC, "kid": "1"}]}
                http = world_of({f"{URL}/.well-known/jwt-vc-issuer": {"issuer": URL, "jwks": keys}})
                issuer = run(fetch_issuer(URL, types=types, valid_until=until), http)
                return IssuerMetadataPolicy(issuers={URL: issuer})
            case _:
                policy = self.federation_policy(types)
                run(policy.refresh(CITY, at=self.world.clock()), self.federation.http)
                return policy

    def federation_policy(self, types: frozenset[str] = TYPES, **others: Any) -> FederationPolicy:
        city = Authorisation(
            role=Role.CREDENTIAL_ISSUER, entity_type=ISSUER_TYPE, types=types, entities=frozenset({CITY})
        )
        return FederationPolicy(anchors=[self.federation.anchor()], authorisations=[city], **others)

    def wallet(self, *issuers: IssuerPolicy) -> Wallet:
        client = TrustedListClient.start(
            self.world.registry.published(), store=self.world.wallet_store, at=self.world.clock()
        )
        return Wallet(
            store=self.world.wallet_store,
            trust=client,
            formats=self.world.formats,
            clock=self.world.clock,
            issuers=issuers,
        )

    def verifier(self, *issuers: IssuerPolicy) -> Verifier:
        return Verifier(
            self.world.bank_enrolment,
            store=MemoryStore(),
            formats=self.world.formats,
            clock=self.world.clock,
            status=STANDARD,
            issuers=issuers,
        )

    def credential(self, key: IssuerKey, holder: Any, record: CredentialType | None = None) -> Credential:
        """Return a credential that this issuer signs."""
        record, at = record or resident(), self.world.clock()
        shape = view(type(record), "dc+sd-jwt")
        content = CredentialContent(
            type_id=shape.type_id,
            claims=shape.claims(record.claims(on=at.date())),
            concealment=shape.concealment(),
            holder=holder.public_key,
            issued_at=at,
            expires=at + DAYS_90,
        )
        return Credential(format="dc+sd-jwt", raw=SdJwtVc().issue(content, issuer=key))


@pytest.fixture
def story() -> Story:
    made = Story(world=World())
    made.world.wallet_store = MemoryStore()
    return made


MECHANISMS = ("did:key", "did:web", "metadata", "federation")
EACH = pytest.mark.parametrize("mechanism", MECHANISMS)
SOURCES = {"did:key": "did", "did:web": "did", "metadata": "issuer_metadata", "federation": "openid_federation"}


def shown(story: Story, mechanism: str, verifier: Verifier, issuers: Sequence[IssuerPolicy] = ()) -> Any:
    """Let a wallet that trusts the issuer show its credential, and the verifier look at it."""
    wallet = story.wallet(*(issuers or [story.policy(mechanism)]))
    wallet.receive(story.credential(story.key(mechanism), wallet.new_holder_key()))
    request = verifier.request(ask(Resident, "full_name"), purpose="loan")
    return verifier.verify(wallet.present(approved(wallet.match(request))), expected=request)


@EACH
def test_a_credential_is_kept_and_verified_where_its_issuer_is_named(story, mechanism):
    verified = shown(story, mechanism, story.verifier(story.policy(mechanism)))
    assert verified[Resident].full_name == "番号　花子"
    ((found,),) = verified.credentials.values()
    assert found.issuer.source == SOURCES[mechanism]
    assert found.issuer.party == story.key(mechanism).identifier


@EACH
def test_the_same_credential_is_refused_where_its_issuer_is_not_named(story, mechanism):
    others = [story.policy(other) for other in MECHANISMS if other not in (mechanism, "federation")]
    for verifier in (story.verifier(), story.verifier(*others)):
        with pytest.raises(UntrustedError):
            shown(Story(world=story.world, federation=story.federation), mechanism, verifier)
        story.world.wallet_store = MemoryStore()
    wallet = story.wallet(*others)
    with pytest.raises(UntrustedError):
        wallet.receive(story.credential(story.key(mechanism), wallet.new_holder_key()))


@EACH
def test_the_same_credential_is_refused_where_another_type_is_named(story, mechanism):
    other = story.policy(mechanism, frozenset({Income.vct}))
    with pytest.raises(NotAuthorisedError):
        shown(story, mechanism, story.verifier(other))
    story.world.wallet_store = MemoryStore()
    wallet = story.wallet(other)
    with pytest.raises(NotAuthorisedError):
        wallet.receive(story.credential(story.key(mechanism), wallet.new_holder_key()))
    assert wallet.receive(story.credential(story.key(mechanism), wallet.new_holder_key(), income())).issuer


@EACH
@pytest.mark.parametrize("other", MECHANISMS)
def test_an_issuer_is_not_accepted_by_the_mechanism_of_another(story, mechanism, other):
    """The identifier of one mechanism, with the key and kid of another."""
    wallet = story.wallet(*(story.policy(one) for one in MECHANISMS))
    mixed = replace(story.key(other), identifier=story.key(mechanism).identifier)
    credential = story.credential(mixed, wallet.new_holder_key())
    if other == mechanism:
        assert wallet.receive(credential).issuer == mixed.identifier
    else:
        with pytest.raises(VcError):
            wallet.receive(credential)


@EACH
def test_a_certificate_chain_does_not_make_an_issuer_a_registered_one(story, mechanism):
    """A certified issuer claims the identifier of another that is known in another way."""
    office = story.world.office_enrolment
    wallet = story.wallet(story.policy(mechanism))
    stolen = IssuerKey(signer=office.signer, chain=office.chain, identifier=story.key(mechanism).identifier)
    with pytest.raises(UntrustedError):
        wallet.receive(story.credential(stolen, wallet.new_holder_key(), income()))
    own = replace(stolen, identifier=office.identifier)
    assert wallet.receive(story.credential(own, wallet.new_holder_key(), income())).issuer == office.identifier


def test_a_registered_issuer_stays_under_the_registry_whatever_else_names_it(story):
    """A party that the registry lists, and has suspended, is not saved by a policy that names it as well."""
    city = story.world.city_enrolment
    did = city.identifier
    metadata = IssuerMetadataPolicy(issuers={did: replace(story.policy("metadata").issuers[URL], issuer=did)})
    wallet = story.wallet(metadata)
    credential = story.credential(
        IssuerKey(signer=ISSUER_KEY, chain=(), identifier=did, key_id="1"), wallet.new_holder_key()
    )
    with pytest.raises(UntrustedError):
        wallet.receive(credential)
    assert SdJwtVc().read_issued(credential.raw).verify(trust=metadata, at=story.world.clock()).issuer.party == did
    wallet._issuers = CombinedPolicy([metadata])  # a wallet that is less careful
    wallet.receive(credential)
    verifier = story.verifier(metadata)
    request = verifier.request(ask(Resident, "full_name"), purpose="loan")
    response = wallet.present(approved(wallet.match(request)))
    with pytest.raises(UntrustedError):
        verifier.verify(response, expected=request)
    verifier.update_issuers(metadata)
    with pytest.raises(UntrustedError):
        verifier.verify(response, expected=request)


def test_a_credential_may_bring_its_trust_chain(story):
    policy = story.federation_policy(chains_in_messages=ChainsInMessages.ACCEPTED)
    chain = story.federation.chain(CITY, AGENCY, ANCHOR)
    key = replace(story.key("federation"), trust_chain=chain)
    wallet = story.wallet(policy)
    wallet.receive(story.credential(key, wallet.new_holder_key()))
    verifier = story.verifier(story.federation_policy(chains_in_messages=ChainsInMessages.ACCEPTED))
    request = verifier.request(ask(Resident, "full_name"), purpose="loan")
    response = wallet.present(approved(wallet.match(request)))
    assert verifier.verify(response, expected=request)[Resident].full_name == "番号　花子"
    assert not story.federation.asked


@EACH
def test_what_is_trusted_can_be_changed_while_running(story, mechanism):
    wallet = story.wallet()
    credential = story.credential(story.key(mechanism), wallet.new_holder_key())
    with pytest.raises(UntrustedError):
        wallet.receive(credential)
    wallet.update_issuers(story.policy(mechanism))
    wallet.receive(credential)
    verifier = story.verifier(story.policy(mechanism))
    request = verifier.request(ask(Resident, "full_name"), purpose="loan")
    response = wallet.present(approved(wallet.match(request)))
    verifier.update_issuers()
    with pytest.raises(UntrustedError):
        verifier.verify(response, expected=request)
    verifier.update_issuers(story.policy(mechanism))
    assert verifier.verify(response, expected=request)[Resident].full_name == "番号　花子"


@EACH
def test_keys_that_were_fetched_are_fetched_again(story, mechanism):
    wallet = story.wallet(story.policy(mechanism))
    story.world.clock.pass_by(days=2)
    credential = story.credential(story.key(mechanism), wallet.new_holder_key())
    with pytest.raises(VcError) as caught:
        wallet.receive(credential)
    assert caught.value.code == ("EXPIRED" if mechanism == "federation" else "ISSUER_KEYS_STALE")


def test_who_may_ask_is_for_the_registry_alone_to_say(story):
    """A policy for issuers does not make a verifier known, whatever roles it would vouch for."""

    class Everybody:
        def knows(self, source: Any) -> bool:
            return True

        def key_for(self, source: Any, **question: Any) -> Any:
            raise AssertionError("asked about a verifier")

    wallet = story.wallet(Everybody())
    stranger = World()
    with pytest.raises(VerifierUnknownError):
        wallet.match(stranger.bank.request(ask(Resident, "full_name"), purpose="loan"))


def test_an_issuer_with_a_stolen_kid_does_not_verify(story):
    forged = replace(story.key("federation"), signer=STRANGER_KEY)
    wallet = story.wallet(story.policy("federation"))
    with pytest.raises(VcError) as caught:
        wallet.receive(story.credential(forged, wallet.new_holder_key()))
    assert caught.value.code == "SIGNATURE_INVALID"


def test_a_federation_key_of_the_issuer_signs_no_credential(story):
    city = story.federation[CITY].signer
    forged = replace(story.key("federation"), signer=city, key_id=jwk.thumbprint(jwk.public_jwk(city.public_key)))
    wallet = story.wallet(story.policy("federation"))
    with pytest.raises(UntrustedError) as caught:
        wallet.receive(story.credential(forged, wallet.new_holder_key()))
    assert caught.value.code == "KEY_NOT_FOUND"
