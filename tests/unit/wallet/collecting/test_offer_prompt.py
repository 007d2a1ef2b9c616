# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a person sees of an offer: verified names where there are some, the issuer's own word marked as such."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.support.federation import ANCHOR, ISSUER_TYPE, Federation, issuer_metadata
from tests.support.issuing import ISSUER, TX_CODE, Simulator
from tests.support.world import AgeCard, Resident, Unknown, World
from vcwallet.errors import UntrustedError
from vcwallet.flow import run
from vcwallet.keys import PublicKey
from vcwallet.keys.policy import KeySource, Role, TrustedKey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.openid4vci.offer import Grants, PreAuthorizedCode, TxCode
from vcwallet.trust.federation import Authorisation, FederationPolicy
from vcwallet.wallet import OfferPrompt
from vcwallet.wallet.collecting.discovery import FoundIssuer


@pytest.fixture
def world() -> World:
    return World()


def prompt_of(world: World, issuer: Simulator, link: str | None = None) -> OfferPrompt:
    return run(world.wallet.collector().read_offer(link or issuer.offer()), issuer)


@pytest.mark.parametrize(
    ("language", "issuer_name", "type_name", "label"),
    [("en", "Mirai City", "Resident record", "Full name"), ("ja", "未来市", "住民の記録", "氏名")],
)
def test_names_are_the_registered_ones_in_the_persons_language(
    world: World, language: str, issuer_name: str, type_name: str, label: str
) -> None:
    world.wallet.language = language
    prompt = prompt_of(world, Simulator(world))
    [credential] = prompt.credentials
    assert (prompt.issuer, credential.name, prompt.language) == (issuer_name, type_name, language)
    assert label in credential.claims
    assert credential.is_type_known
    assert prompt.is_vetted
    assert prompt.warnings == ()
    assert (credential.format, credential.type_id) == (world.format, world.type_id(Resident))


def test_an_issuer_for_whom_nobody_vouches_is_called_by_its_host(world: World) -> None:
    prompt = prompt_of(world, Simulator(world, is_signed=False))
    assert (prompt.issuer, prompt.own_name, prompt.verified_by) == ("city.example", "Mirai City", None)
    assert not prompt.is_vetted
    assert [warning.code for warning in prompt.warnings] == ["ISSUER_NOT_VETTED"]
    assert "city.example" in prompt.warnings[0].message


def test_a_name_of_its_own_cannot_hide_or_reorder_anything(world: World) -> None:
    display = [{"name": "A\u202e\u200b\n" + "b" * 500}]
    prompt = prompt_of(world, Simulator(world, is_signed=False, changed={"display": display}))
    assert prompt.own_name == "A " + "b" * 198


def test_what_an_offer_says_about_a_code_cannot_hide_or_reorder_anything(world: World) -> None:
    issuer = Simulator(world)
    asked = TxCode(length=6, description="By \u202eletter\u200b\n" + "b" * 288)
    code = PreAuthorizedCode(pre_authorized_code="code", tx_code=asked)
    prompt = prompt_of(world, issuer, issuer.offer(grants=Grants(pre_authorized_code=code)))
    assert prompt.tx_code == TxCode(length=6, description="By letter " + "b" * 188)
    bare = PreAuthorizedCode(pre_authorized_code="code", tx_code=TxCode(input_mode="text", description="\u202e"))
    prompt = prompt_of(world, issuer, issuer.offer(grants=Grants(pre_authorized_code=bare)))
    assert prompt.tx_code is not None
    assert (prompt.tx_code.input_mode, prompt.tx_code.description) == ("text", None)


def test_the_identifier_of_a_type_that_stands_for_its_name_cannot_either(world: World) -> None:
    issuer = Simulator(world, kinds=(Unknown,), is_signed=False)
    [(name, configuration)] = issuer.metadata.model_dump(mode="json", exclude_unset=True)[
        "credential_configurations_supported"
    ].items()
    odd = configuration | {"vct": "urn:a\u202eb:1"}
    odd["credential_metadata"] = {"display": [{"name": "\u202e\u200b"}]}
    issuer = Simulator(world, is_signed=False, changed={"credential_configurations_supported": {name: odd}})
    prompt = prompt_of(world, issuer)
    assert prompt.credentials[0].name == "urn:ab:1"
    assert not any("\u202e" in warning.message for warning in prompt.warnings)


def test_an_issuer_without_a_name_of_its_own_has_none(world: World) -> None:
    assert prompt_of(world, Simulator(world, changed={"display": None})).own_name is None


def test_a_type_that_the_registry_does_not_have_is_called_as_the_issuer_does_with_a_warning(world: World) -> None:
    issuer = Simulator(world, kinds=(Resident, Unknown), is_signed=False)
    known, unknown = prompt_of(world, issuer).credentials
    assert (known.is_type_known, unknown.is_type_known) == (True, False)
    assert (unknown.name, unknown.claims) == ("Unknown", ("Full name",))
    codes = [(warning.code, warning.configuration_id) for warning in prompt_of(world, issuer).warnings]
    assert ("TYPE_NOT_KNOWN", unknown.configuration_id) in codes


def test_a_type_without_any_name_is_called_by_its_identifier(world: World) -> None:
    issuer = Simulator(world, kinds=(Unknown,), is_signed=False)
    configurations: dict[str, Any] = {"plain": {"format": "dc+sd-jwt", "vct": "urn:example:plain:1"}}
    issuer.changed["credential_configurations_supported"] = configurations
    [credential] = prompt_of(world, issuer).credentials
    assert (credential.name, credential.claims) == ("urn:example:plain:1", ())


def test_what_cannot_be_collected_is_named_and_the_rest_is_offered(world: World) -> None:
    issuer = Simulator(world, is_signed=False)
    configurations = {
        name: one.model_dump(mode="json", by_alias=True, exclude_unset=True)
        for name, one in issuer.metadata.supported.items()
    }
    issuer = Simulator(world, is_signed=False)
    issuer.changed["credential_configurations_supported"] = configurations | {
        "foreign": {"format": "foreign"},
        "w3c": {"format": "jwt_vc_json", "credential_definition": {"type": ["VerifiableCredential"]}},
        "by did": {
            "format": "dc+sd-jwt",
            "vct": "urn:example:1",
            "cryptographic_binding_methods_supported": ["did:key"],
            "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
        },
        "other algorithm": {
            "format": "dc+sd-jwt",
            "vct": "urn:example:2",
            "cryptographic_binding_methods_supported": ["jwk"],
            "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["RS256"]}},
        },
    }
    prompt = prompt_of(world, issuer)
    assert [one.type_id for one in prompt.credentials] == [world.type_id(Resident)]
    named = {warning.configuration_id for warning in prompt.warnings if warning.code == "NOT_COLLECTABLE"}
    assert named == {"foreign", "w3c", "by did", "other algorithm"}


def test_what_has_to_be_entered_is_said(world: World) -> None:
    issuer = Simulator(world)
    prompt = prompt_of(world, issuer, issuer.offer(tx_code=True))
    assert prompt.tx_code is not None
    assert (prompt.tx_code.length, prompt.tx_code.input_mode, prompt.needs_browser) == (6, "numeric", False)
    login = prompt_of(world, issuer, issuer.offer(login=True))
    assert (login.tx_code, login.needs_browser) == (None, True)


def test_how_many_copies_there_are_is_said(world: World) -> None:
    assert prompt_of(world, Simulator(world, batch_size=7)).batch_size == 7
    assert prompt_of(world, Simulator(world, batch_size=None)).batch_size == 1


class Known:
    """A policy that decides about every issuer, and vouches for some."""

    def __init__(self, *vouched_for: str) -> None:
        self.vouched_for = vouched_for

    def knows(self, source: KeySource) -> bool:
        return not source.chain

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        if source.issuer not in self.vouched_for or role is not Role.CREDENTIAL_ISSUER or type_id != Resident.vct:
            raise UntrustedError("nobody knows this issuer")
        key = SoftwareSigner.generate().public_key
        return TrustedKey(key=key, party=source.issuer, name={"en": "Known city"}, source="test")


def federation_of(*entities: str) -> tuple[FederationPolicy, Federation]:
    """Return the policy over a federation, and that federation, to which further issuers belong."""
    federation = Federation()
    for entity in entities:
        federation.add(entity, ANCHOR, metadata={ISSUER_TYPE: issuer_metadata(federation.issuer_key)})
    authorisation = Authorisation(
        role=Role.CREDENTIAL_ISSUER,
        entity_type=ISSUER_TYPE,
        types=frozenset({"urn:example:resident:1"}),
        entities=frozenset({ISSUER}),
    )
    return FederationPolicy(anchors=[federation.anchor()], authorisations=[authorisation]), federation


def test_a_federation_vouches_for_its_members_and_not_for_every_address(world: World) -> None:
    policy, federation = federation_of(ISSUER)
    world.wallet.update_issuers(policy)
    issuer = Simulator(world, is_signed=False)
    link = issuer.offer(tx_code=True)
    stranger = prompt_of(world, issuer, link)
    assert not stranger.is_vetted
    assert [warning.code for warning in stranger.warnings] == ["ISSUER_NOT_VETTED"]
    with pytest.raises(UntrustedError, match="ISSUER_NOT_VETTED"):
        world.wallet.collector().accept(stranger, tx_code=TX_CODE)

    run(policy.refresh(ISSUER, at=world.clock()), federation.http)
    assert prompt_of(world, issuer, link).is_vetted


def test_an_issuer_that_a_policy_of_the_wallet_has_a_key_of_is_vetted(world: World) -> None:
    world.wallet.update_issuers(Known(ISSUER))
    issuer = Simulator(world, is_signed=False)
    prompt = prompt_of(world, issuer, issuer.offer(tx_code=True))
    assert prompt.is_vetted
    assert prompt.found.vetting.party == ISSUER
    assert (prompt.issuer, prompt.own_name) == ("Known city", "Mirai City")


@pytest.mark.parametrize("kinds", [(Resident,), (AgeCard,)])
def test_that_a_policy_decides_about_an_issuer_is_no_reason_to_trust_it(world: World, kinds: Any) -> None:
    vouched_for = (ISSUER,) if kinds == (AgeCard,) else ("https://other.example",)
    world.wallet.update_issuers(Known(*vouched_for))
    issuer = Simulator(world, is_signed=False, kinds=kinds)
    prompt = prompt_of(world, issuer, issuer.offer(tx_code=True))
    assert not prompt.is_vetted
    with pytest.raises(UntrustedError, match="ISSUER_NOT_VETTED"):
        world.wallet.collector().accept(prompt, tx_code="1")


def test_several_credentials_are_in_the_order_of_the_offer(world: World) -> None:
    issuer = Simulator(world, kinds=(AgeCard, Resident))
    assert [one.type_id for one in prompt_of(world, issuer).credentials] == [
        world.type_id(AgeCard),
        world.type_id(Resident),
    ]


def test_a_prompt_shows_no_secret(world: World) -> None:
    issuer = Simulator(world)
    link = issuer.offer(tx_code=True)
    text = repr(prompt_of(world, issuer, link))
    assert not any(code in text for code in issuer._codes)
    assert isinstance(prompt_of(world, issuer, link).found, FoundIssuer)
    assert isinstance(world.wallet.new_holder_key().public_key, PublicKey)
