# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A verifier asks for credentials of issuers under an authority that it names (OpenID4VP 1.0, section 6.1.1).

The wallet knows the authorities of an issuer from its own trust, and the verifier evaluates them again from its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.flows.test_other_issuers import Story
from tests.support.federation import AGENCY, ANCHOR, CITY
from tests.support.world import IN_BOTH_FORMATS, MDOC, Resident, World, approved, format_of, payload_of, resident
from vcwallet.encoding import json
from vcwallet.errors import NoMatchError, QueryNotSatisfiedError, StoreCorruptError
from vcwallet.keys.policy import Role
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.storage import MemoryStore, Put, Record
from vcwallet.trust.list_json import LIST_TYPES
from vcwallet.wallet.cards import COLLECTION


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    made = World(format_of(request))
    made.hold(resident())
    return made


def under(world: World, kind: str, *values: str) -> DcqlQuery:
    """Ask for a name, by an issuer under one of these authorities."""
    type_id = world.type_id(Resident)
    meta = {"doctype_value": type_id} if world.format == MDOC else {"vct_values": [type_id]}
    one: dict[str, Any] = {"id": "a", "format": world.format, "meta": meta}
    one["claims"] = [{"path": list(world.path("full_name"))}]
    return DcqlQuery.from_json(
        {"credentials": [one | {"trusted_authorities": [{"type": kind, "values": list(values)}]}]}
    )


def location(world: World, role: Role) -> str:
    """Return where the registry says that the list of a role is published."""
    lists = payload_of(world.registry.published().master)["LoTE"]["ListAndSchemeInformation"]["PointersToOtherLoTE"]
    return next(str(one["LoTELocation"]) for one in lists if one["LoTEQualifiers"][0]["LoTEType"] == LIST_TYPES[role])


@IN_BOTH_FORMATS
def test_a_credential_of_a_listed_issuer_is_found_by_the_list_of_issuers(world):
    request = world.ask(under(world, "etsi_tl", "https://other.example/list", location(world, Role.CREDENTIAL_ISSUER)))
    verified = world.bank.verify(world.answer(request), expected=request)
    assert verified[Resident].full_name == "番号　花子"


@IN_BOTH_FORMATS
@pytest.mark.parametrize("list_of", [Role.VERIFIER, None])
def test_by_another_list_it_is_not_found(world, list_of):
    named = "https://other.example/list" if list_of is None else location(world, list_of)
    with pytest.raises(NoMatchError):
        world.wallet.match(world.ask(under(world, "etsi_tl", named)))


@IN_BOTH_FORMATS
def test_the_verifier_evaluates_the_authorities_again(world):
    """An answer by a wallet that does not look at them."""
    asked = world.ask(under(world, "etsi_tl", "https://other.example/list"))
    card = next(world.wallet.cards())
    claimed = frozenset({("etsi_tl", "https://other.example/list")})
    world.wallet_store.commit(replace(replace(card, authorities=claimed).put(), new=False))
    answer = world.answer(asked)
    with pytest.raises(QueryNotSatisfiedError) as refused:
        world.bank.verify(answer, expected=asked)
    assert refused.value.code == "AUTHORITY_NOT_ASKED"


@pytest.fixture
def story() -> Story:
    made = Story(world=World())
    made.world.wallet_store = MemoryStore()
    return made


@pytest.mark.parametrize("authority", [ANCHOR, AGENCY, CITY])
def test_a_credential_of_a_federation_is_found_by_each_entity_on_the_way(story, authority):
    wallet, verifier = story.wallet(story.policy("federation")), story.verifier(story.policy("federation"))
    wallet.receive(story.credential(story.key("federation"), wallet.new_holder_key()))
    request = verifier.request(under(story.world, "openid_federation", authority), purpose="loan")
    verified = verifier.verify(wallet.present(approved(wallet.match(request))), expected=request)
    assert verified[Resident].full_name == "番号　花子"


def test_by_an_entity_elsewhere_in_the_federation_it_is_not_found(story):
    wallet, verifier = story.wallet(story.policy("federation")), story.verifier(story.policy("federation"))
    wallet.receive(story.credential(story.key("federation"), wallet.new_holder_key()))
    for kind, value in (("openid_federation", "https://elsewhere.example"), ("etsi_tl", ANCHOR)):
        with pytest.raises(NoMatchError):
            wallet.match(verifier.request(under(story.world, kind, value), purpose="loan"))


# --- what is stored of it --------------------------------------------------------------------------------------------


def stored(world: World) -> Iterator[tuple[Record, dict[str, Any]]]:
    return ((record, json.loads_object(record.body)) for record in list(world.wallet_store.find(COLLECTION)))


@IN_BOTH_FORMATS
def test_a_card_of_before_they_were_stored_is_read_and_found_by_no_list(world):
    for record, body in stored(world):
        del body["authorities"]
        world.wallet_store.commit(Put(COLLECTION, record.id, json.dumps(body), tags=(world.type_id(Resident),)))
    assert next(world.wallet.cards()).authorities == frozenset()
    assert world.wallet.match(world.ask("full_name")).credentials
    with pytest.raises(NoMatchError):
        world.wallet.match(world.ask(under(world, "etsi_tl", location(world, Role.CREDENTIAL_ISSUER))))


@pytest.mark.parametrize("damaged", [[["etsi_tl"]], [["a", "b", "c"]], "text", [7], 7, None, [[["a"], "b"]]])
def test_authorities_that_are_damaged_are_no_card(world, damaged):
    for record, body in stored(world):
        world.wallet_store.commit(Put(COLLECTION, record.id, json.dumps({**body, "authorities": damaged})))
    with pytest.raises(StoreCorruptError):
        list(world.wallet.cards())
