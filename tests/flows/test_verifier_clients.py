# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Our verifier's service and our wallet, in every way of being known, over real messages (OpenID4VP 1.0, 5.9.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.support.federation import AGENCY, ANCHOR, Federation
from tests.support.openid4vp import DID, DID_KEY, WEB_DID, attestation_of
from tests.support.verifying import ADDRESS, BROWSER, RESULT_PAGE, Desk, posted
from tests.support.world import BOTH_FORMATS, LOAN, SD_JWT, Resident, World, approved
from vcwallet.encoding import json
from vcwallet.errors import (
    MalformedError,
    OverAskingError,
    RemoteProtocolError,
    SignatureInvalidError,
    TransportError,
    UntrustedError,
    ValidityError,
    VcError,
    VerifierUnknownError,
)
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.keys import Role, jwk
from vcwallet.keys.signer import Signer
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.haip import HAIP_PRESENTATION_1_0
from vcwallet.protocols.openid4vp.client_id import (
    ClientIdPrefix,
    DecentralizedIdentifier,
    OpenIdFederation,
    PreRegistered,
    VerifierAttestation,
    X509SanDns,
)
from vcwallet.protocols.openid4vp.client_metadata import client_metadata
from vcwallet.protocols.openid4vp.direct_post import post_answer
from vcwallet.protocols.openid4vp.request_object import UnverifiedRequest
from vcwallet.protocols.openid4vp.request_uri import parameters_link, read_request_link
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey
from vcwallet.protocols.openid4vp.response_mode import ResponseMode
from vcwallet.trust.federation import Authorisation, FederationPolicy, federation_keys
from vcwallet.trust.known_verifiers import KnownVerifier, KnownVerifiers
from vcwallet.verifier.openid4vp import BegunPresentation, Channel, PresentationState

KEY, STRANGER = SoftwareSigner.generate(), SoftwareSigner.generate()
OLD_KEY, NEW_KEY, UNKNOWN_KEY = (ResponseKey.create() for _ in range(3))
SHARED = f"{ADDRESS}/response"
ENTITY = "https://bank.example/entity"
VERIFIER_TYPE = "openid_credential_verifier"
POSTED = pytest.mark.parametrize("mode", [ResponseMode.DIRECT_POST, ResponseMode.DIRECT_POST_JWT])
Http = Callable[[HttpRequest], HttpResponse]


def desk_of(*identifiers: str, signer: Signer = KEY, format: str = SD_JWT, **options: Any) -> Desk:
    """Return the service of a bank that the registrar knows by some identifiers, and a wallet with a record."""
    world = World(format)
    world.clock.pass_by(days=-1)
    enrolment = world.registry.enrol_verifier(
        "Web bank", code="web", purposes=[LOAN], signer=signer, identifiers=identifiers
    )
    world.clock.pass_by(days=1)
    world.update()
    world.hold()
    desk = Desk(world=world)
    desk.options = {"verifier": world.verifier(enrolment), **options}
    desk.service = desk.made()
    return desk


def presented(desk: Desk, begun: BegunPresentation, http: Http | None = None) -> str | None:
    """Let our wallet answer a link, with a person who approves everything."""
    return desk.world.wallet.presenter().present(begun.link or "", http=http or desk.service, approve=approved)


def shown(desk: Desk, begun: BegunPresentation) -> str:
    verified = desk.result(begun).verified
    return verified[Resident].full_name


def refused(
    desk: Desk, begun: BegunPresentation, error: type[VcError], code: str | None = None, http: Http | None = None
) -> None:
    """Check that the wallet refuses, with this reason, and tells the verifier nothing."""
    with pytest.raises(VcError) as caught:
        run(desk.world.wallet.presenter().read_request(begun.link or ""), http or desk.service)
    reason = caught.value.__cause__ if isinstance(caught.value, VerifierUnknownError) else caught.value
    reason = reason or caught.value
    assert isinstance(reason, error), reason
    assert code is None or reason.code == code
    assert desk.state(begun) in (PresentationState.REQUESTED, PresentationState.FETCHED)


# --- by an address alone ---------------------------------------------------------------------------------------------


def unsigned(**options: Any) -> Desk:
    return desk_of(
        client=ClientIdPrefix.REDIRECT_URI, **{"channels": (Channel.SAME_DEVICE, Channel.CROSS_DEVICE)} | options
    )


def knowing(desk: Desk, **known: Any) -> None:
    """Let the wallet know the bank by an agreement."""
    party = known.pop("party", desk.options["verifier"].identifier)
    desk.world.wallet.update_verifiers(KnownVerifiers([KnownVerifier(party=party, **known)]))


class TestRedirectUri:
    def test_nobody_signs_and_the_client_is_the_address_of_the_answer(self) -> None:
        desk = unsigned()
        begun = desk.begin("full_name")
        request = read_request_link(begun.link or "")
        assert isinstance(request, UnverifiedRequest)
        assert not request.is_signed
        assert str(request.client) == f"redirect_uri:{request.members.response_uri}"
        secret = str(request.client).rpartition("/")[2]
        fetched = HttpRequest(method="GET", url=f"{ADDRESS}/request/{secret}", max_bytes=1 << 20)
        assert desk.service(fetched).status == 404

    def test_the_registry_knows_nobody_by_an_address(self) -> None:
        desk = unsigned()
        refused(desk, desk.begin("full_name"), UntrustedError, "VERIFIER_UNAUTHENTICATED")

    @BOTH_FORMATS
    @POSTED
    def test_a_wallet_whose_policy_knows_the_address_answers(self, format: str, mode: ResponseMode) -> None:
        desk = unsigned(format=format, posted=mode)
        knowing(desk, receives_at=frozenset({"https://bank.example"}))
        begun = desk.begin("full_name")
        assert presented(desk, begun) is None
        assert shown(desk, begun) == "番号　花子"
        same = desk.begin("full_name", channel=Channel.SAME_DEVICE)
        back = presented(desk, same)
        assert str(back).startswith(RESULT_PAGE)
        result = desk.service.redeem(str(back).partition("=")[2], session=BROWSER)
        assert result.verified[Resident].full_name == "番号　花子"

    def test_the_person_is_told_that_nobody_has_signed(self) -> None:
        desk = unsigned()
        knowing(desk, receives_at=frozenset({"https://bank.example"}))
        invocation = run(desk.world.wallet.presenter().read_request(desk.begin("full_name").link or ""), desk.service)
        prompt = invocation.prompt
        assert prompt is not None
        assert prompt.verifier == "Web bank"
        assert prompt.verified_by.startswith(
            "registered; its address is known: https://bank.example/openid4vp/response/"
        )
        assert [one.code for one in prompt.warnings] == ["REQUEST_UNSIGNED"]

    @pytest.mark.parametrize(
        "known",
        [
            {"receives_at": frozenset({"https://evil.example"})},
            {"receives_at": frozenset({"https://bank.example:8443"})},
            {"receives_at": frozenset({"http://bank.example"})},
            {"pages": frozenset({"https://bank.example"})},
        ],
        ids=["host", "port", "scheme", "page"],
    )
    def test_another_address_is_not_this_one(self, known: dict[str, Any]) -> None:
        desk = unsigned()
        knowing(desk, **known)
        refused(desk, desk.begin("full_name"), UntrustedError, "VERIFIER_UNAUTHENTICATED")

    def test_the_registration_is_that_of_whose_address_it_is(self) -> None:
        desk = unsigned()
        knowing(desk, receives_at=frozenset({"https://bank.example"}), party=desk.world.shop_enrolment.identifier)
        invocation = run(desk.world.wallet.presenter().read_request(desk.begin("full_name").link or ""), desk.service)
        assert isinstance(invocation.refusal, VerifierUnknownError)

    def test_whom_the_registry_has_suspended_asks_in_no_way(self) -> None:
        desk = unsigned()
        knowing(desk, receives_at=frozenset({"https://bank.example"}))
        desk.world.registry.suspend(desk.options["verifier"].identifier, reason="audit")
        desk.world.wallet.update_trust(desk.world.registry.published())
        invocation = run(desk.world.wallet.presenter().read_request(desk.begin("full_name").link or ""), desk.service)
        assert isinstance(invocation.refusal, VerifierUnknownError)

    def test_it_asks_for_no_more_than_is_registered(self) -> None:
        desk = unsigned()
        knowing(desk, receives_at=frozenset({"https://bank.example"}))
        invocation = run(desk.world.wallet.presenter().read_request(desk.begin("health").link or ""), desk.service)
        assert isinstance(invocation.refusal, OverAskingError)

    @pytest.mark.parametrize(
        "changes",
        [
            {"response_uri": "https://evil.example/response/1"},
            {"response_mode": "urn:vcwallet:response_mode:same_channel", "response_uri": None},
        ],
        ids=["elsewhere", "back"],
    )
    def test_an_answer_goes_to_the_address_that_is_known_and_nowhere_else(self, changes: dict[str, Any]) -> None:
        desk = unsigned()
        knowing(desk, receives_at=frozenset({"https://bank.example"}))
        begun = desk.begin("full_name")
        carried = read_request_link(begun.link or "")
        assert isinstance(carried, UnverifiedRequest)
        said = carried.members.model_dump(mode="json", exclude_unset=True)
        assert run(desk.world.wallet.presenter().read_request(parameters_link(said)), desk.service).prompt
        moved = {name: value for name, value in (said | changes).items() if value is not None}
        refused(desk, replace(begun, link=parameters_link(moved)), VcError)

    def test_the_high_assurance_profile_has_no_such_requests(self) -> None:
        desk = unsigned(profile=HAIP_PRESENTATION_1_0)
        with pytest.raises(RemoteProtocolError) as caught:
            desk.begin("full_name")
        assert caught.value.code == "PROFILE_NOT_MET"


# --- by an attestation -----------------------------------------------------------------------------------------------


def attested(*, by: Signer | None = None, **claims: Any) -> Desk:
    """Return a service whose key a registrar attests, and whose answers all come to one address."""
    desk = desk_of("attested-bank", client=VerifierAttestation("attested-bank"), shares_response_uri=True)
    key = claims.pop("key", KEY.public_key)
    usual = {"redirect_uris": [SHARED]}
    signed_by = {} if by is None else {"signer": by}
    desk.service = desk.made(
        client_header=lambda: {"jwt": attestation_of(desk.world, key, **usual | claims | signed_by)}
    )
    return desk


class TestAttestation:
    @POSTED
    def test_an_attested_key_to_an_attested_address(self, mode: ResponseMode) -> None:
        desk = attested()
        desk.service = desk.made(
            posted=mode, client_header={"jwt": attestation_of(desk.world, KEY.public_key, redirect_uris=[SHARED])}
        )
        begun = desk.begin("full_name")
        presented(desk, begun)
        assert shown(desk, begun) == "番号　花子"

    def test_an_attestation_ends_and_the_next_request_has_a_new_one(self) -> None:
        desk = attested()
        for _ in range(3):
            begun = desk.begin("full_name")
            presented(desk, begun)
            assert shown(desk, begun) == "番号　花子"
            desk.clock.pass_by(minutes=59)

    def test_one_that_has_ended_shows_nobody(self) -> None:
        desk = attested(exp=1_700_000_000)
        refused(desk, desk.begin("full_name"), ValidityError)

    def test_one_by_somebody_else_shows_nobody(self) -> None:
        desk = attested(by=STRANGER)
        refused(desk, desk.begin("full_name"), SignatureInvalidError)
        desk = attested(iss="urn:vcwallet:party:bank")
        refused(desk, desk.begin("full_name"), UntrustedError)

    def test_one_of_another_key_shows_nobody(self) -> None:
        desk = attested(key=STRANGER.public_key)
        refused(desk, desk.begin("full_name"), SignatureInvalidError)

    @pytest.mark.parametrize("uris", [[f"{SHARED}/"], ["https://bank.example/other"], [f"{SHARED}?x=1"]])
    def test_an_answer_goes_to_no_other_address(self, uris: list[str]) -> None:
        desk = attested(redirect_uris=uris)
        refused(desk, desk.begin("full_name"), UntrustedError, "RESPONSE_URI_MISMATCH")

    def test_where_none_is_attested_each_request_may_have_its_own(self) -> None:
        desk = attested(redirect_uris=None)
        desk.service = desk.made(
            shares_response_uri=False,
            client_header={"jwt": attestation_of(desk.world, KEY.public_key, redirect_uris=None)},
        )
        begun = desk.begin("full_name")
        presented(desk, begun)
        assert shown(desk, begun) == "番号　花子"

    def test_the_registrar_has_registered_the_subject(self) -> None:
        desk = attested(sub="another-bank")
        desk.service = desk.made(
            client=VerifierAttestation("another-bank"),
            client_header={
                "jwt": attestation_of(desk.world, KEY.public_key, sub="another-bank", redirect_uris=[SHARED])
            },
        )
        refused(desk, desk.begin("full_name"), UntrustedError, "CLIENT_NOT_REGISTERED")


# --- by a federation -------------------------------------------------------------------------------------------------


class TestFederation:
    @pytest.fixture
    def federation(self) -> Federation:
        made = Federation()
        metadata = {"jwks": {"keys": [{**jwk.public_jwk(KEY.public_key), "kid": "v1"}, NEW_KEY.jwk]}}
        made.add(ENTITY, AGENCY, metadata={VERIFIER_TYPE: {**client_metadata(None), **metadata}})
        return made

    def desk(self, federation: Federation, entities: frozenset[str] = frozenset({ENTITY}), **options: Any) -> Desk:
        """Return the service of an entity, and a wallet that trusts the federation."""
        usual: dict[str, Any] = {
            "client": OpenIdFederation(ENTITY),
            "client_header": {"kid": "v1"},
            "registered_keys": [NEW_KEY],
        }
        if options.get("posted") is ResponseMode.DIRECT_POST:
            usual |= {"registered_keys": [], "by_api": ResponseMode.DC_API}
        desk = desk_of(options.pop("identifier", ENTITY), **usual | options)
        federation.at = desk.clock()
        authorisation = Authorisation(role=Role.VERIFIER, entity_type=VERIFIER_TYPE, entities=entities)
        desk.world.wallet.update_verifiers(
            FederationPolicy(anchors=[federation.anchor()], authorisations=[authorisation])
        )
        return desk

    def network(self, desk: Desk, federation: Federation) -> Http:
        return lambda request: (desk.service if request.url.startswith(ADDRESS) else federation.http)(request)

    @BOTH_FORMATS
    @POSTED
    @pytest.mark.parametrize("shares", [False, True])
    def test_an_entity_is_answered(self, federation, format: str, mode: ResponseMode, shares: bool) -> None:
        desk = self.desk(federation, format=format, posted=mode, shares_response_uri=shares)
        begun = desk.begin("full_name")
        presented(desk, begun, self.network(desk, federation))
        assert shown(desk, begun) == "番号　花子"

    def test_the_answer_is_encrypted_to_its_registered_key(self, federation) -> None:
        desk = self.desk(federation)
        begun = desk.begin("full_name")
        presenter = desk.world.wallet.presenter()
        invocation = run(presenter.read_request(begun.link or ""), self.network(desk, federation))
        assert invocation.prompt is not None
        assert invocation.prompt.verified_by == "registered; its key is known by a federation"
        encryption = invocation.target.encryption
        assert encryption is not None
        assert encryption.thumbprint == NEW_KEY.thumbprint
        assert isinstance(invocation.request, UnverifiedRequest)
        assert invocation.request.members.client_metadata is None

    def test_an_error_is_encrypted_to_it_as_well(self, federation) -> None:
        desk = self.desk(federation)
        begun = desk.begin("health")
        presenter = desk.world.wallet.presenter()
        invocation = run(presenter.read_request(begun.link or ""), self.network(desk, federation))
        assert isinstance(invocation.refusal, OverAskingError)
        assert invocation.target.encryption is not None
        run(presenter.send(presenter.decline(invocation)), desk.service)
        assert desk.state(begun) is PresentationState.DECLINED

    @pytest.mark.parametrize("shares", [False, True])
    def test_while_keys_change_both_are_taken(self, federation, shares: bool) -> None:
        """Wallets have the metadata of yesterday for a while."""
        desk = self.desk(federation, registered_keys=[OLD_KEY, NEW_KEY], shares_response_uri=shares)
        begun = desk.begin("full_name")
        presented(desk, begun, self.network(desk, federation))
        assert shown(desk, begun) == "番号　花子"
        federation[ENTITY].metadata[VERIFIER_TYPE]["jwks"]["keys"][1] = OLD_KEY.jwk
        begun = desk.begin("full_name")
        presented(desk, begun, self.network(desk, federation))
        assert shown(desk, begun) == "番号　花子"

    @pytest.mark.parametrize("shares", [False, True])
    def test_an_answer_to_another_key_is_none(self, federation, shares: bool) -> None:
        federation[ENTITY].metadata[VERIFIER_TYPE]["jwks"]["keys"][1] = UNKNOWN_KEY.jwk
        desk = self.desk(federation, shares_response_uri=shares)
        begun = desk.begin("full_name")
        with pytest.raises(TransportError):
            presented(desk, begun, self.network(desk, federation))
        assert desk.state(begun) is PresentationState.FETCHED

    def test_by_the_digital_credentials_api_it_is_answered_too(self, federation) -> None:
        desk = self.desk(federation)
        begun = desk.begin("full_name", channel=Channel.DC_API)
        presenter, [call] = desk.world.wallet.presenter(), (begun.dc_api or {})["requests"]
        flow = presenter.read_dc_api_request(call["protocol"], call["data"], origin="https://bank.example")
        invocation = run(flow, federation.http)
        assert invocation.prompt is not None
        data = presenter.answer(approved(invocation.prompt)).dc_api_data()
        assert data.keys() == {"response"}
        assert desk.service.take(begun.transaction_id, session=BROWSER, data=data).verified[Resident].full_name

    def test_what_was_fetched_before_is_enough_until_it_ends(self, federation) -> None:
        desk = self.desk(federation)
        presented(desk, desk.begin("full_name"), self.network(desk, federation))
        presented(desk, desk.begin("full_name"))  # where no entity answers
        desk.clock.pass_by(days=2)
        refused(desk, desk.begin("full_name"), ValidityError)

    def test_without_the_network_nobody_is_known(self, federation) -> None:
        desk = self.desk(federation)

        def down(request: HttpRequest) -> HttpResponse:
            if request.url.startswith(ADDRESS):
                return desk.service(request)
            raise TransportError("no network")

        refused(desk, desk.begin("full_name"), UntrustedError, "ENTITY_NOT_RESOLVED", http=down)

    def test_a_chain_that_is_broken_leads_nowhere(self, federation) -> None:
        desk = self.desk(federation)
        other = federation_keys([STRANGER.public_key])
        federation[AGENCY].about[ENTITY] = {"keys": other}
        refused(desk, desk.begin("full_name"), UntrustedError, http=self.network(desk, federation))

    def test_an_entity_that_no_superior_speaks_for_any_more_is_nobody(self, federation) -> None:
        desk = self.desk(federation)
        presented(desk, desk.begin("full_name"), self.network(desk, federation))
        federation[ENTITY].superiors = ()
        refused(desk, desk.begin("full_name"), VcError, http=self.network(desk, federation))

    def test_to_belong_to_the_federation_is_not_enough(self, federation) -> None:
        desk = self.desk(federation, entities=frozenset({ANCHOR}))
        refused(desk, desk.begin("full_name"), VcError, "NOT_AUTHORISED", http=self.network(desk, federation))

    def test_another_key_than_the_entity_s_signs_nothing(self, federation) -> None:
        desk = self.desk(federation, signer=STRANGER)
        refused(desk, desk.begin("full_name"), SignatureInvalidError, http=self.network(desk, federation))

    def test_the_chain_is_about_this_entity(self, federation) -> None:
        """Another member of the federation asks in its name."""
        other = "https://other.example"
        federation.add(other, AGENCY, metadata=federation[ENTITY].metadata)
        desk = self.desk(federation, client=OpenIdFederation(other), identifier=other)
        refused(desk, desk.begin("full_name"), VcError, "NOT_AUTHORISED", http=self.network(desk, federation))

    def test_the_registrar_has_registered_the_entity(self, federation) -> None:
        desk = self.desk(federation, identifier="https://other.example")
        begun = desk.begin("full_name")
        invocation = run(desk.world.wallet.presenter().read_request(begun.link or ""), self.network(desk, federation))
        assert isinstance(invocation.refusal, VerifierUnknownError)

    def test_whom_the_registry_has_suspended_is_not_let_in_by_a_federation(self, federation) -> None:
        desk = self.desk(federation)
        desk.world.registry.suspend(desk.options["verifier"].identifier, reason="audit")
        desk.world.wallet.update_trust(desk.world.registry.published())
        begun = desk.begin("full_name")
        invocation = run(desk.world.wallet.presenter().read_request(begun.link or ""), self.network(desk, federation))
        assert isinstance(invocation.refusal, VerifierUnknownError)

    def test_a_wallet_without_the_policy_knows_no_federation(self, federation) -> None:
        desk = self.desk(federation)
        desk.world.wallet.update_verifiers()
        refused(desk, desk.begin("full_name"), UntrustedError, http=self.network(desk, federation))


# --- without a prefix ------------------------------------------------------------------------------------------------


class TestPreRegistered:
    def desk(self, *, metadata: Any = None, key: Signer = KEY, **options: Any) -> Desk:
        usual: dict[str, Any] = {"client": PreRegistered("bank-4711"), "registered_keys": [NEW_KEY]}
        if options.get("posted") is ResponseMode.DIRECT_POST:
            usual |= {"registered_keys": [], "by_api": ResponseMode.DC_API}
        desk = desk_of("bank-4711", **usual | options)
        registered = client_metadata(NEW_KEY) if metadata is None else metadata
        keys = {"v1": key.public_key}
        knowing(desk, client_id="bank-4711", keys=keys, metadata=registered, party="bank-4711")
        return desk

    @BOTH_FORMATS
    @POSTED
    def test_one_that_the_wallet_knows_is_answered(self, format: str, mode: ResponseMode) -> None:
        desk = self.desk(format=format, posted=mode)
        begun = desk.begin("full_name")
        presented(desk, begun)
        assert shown(desk, begun) == "番号　花子"

    def test_one_that_it_does_not_know_is_not(self) -> None:
        desk = self.desk()
        desk.world.wallet.update_verifiers()
        refused(desk, desk.begin("full_name"), UntrustedError)

    def test_another_key_signs_nothing(self) -> None:
        desk = self.desk(key=STRANGER)
        refused(desk, desk.begin("full_name"), SignatureInvalidError)

    def test_without_a_registered_key_it_is_told_so_in_the_open(self) -> None:
        desk = self.desk(metadata={})
        begun = desk.begin("full_name")
        presenter = desk.world.wallet.presenter()
        invocation = run(presenter.read_request(begun.link or ""), desk.service)
        assert invocation.refusal is not None
        assert invocation.refusal.code == "ENCRYPTION_UNUSABLE"
        assert invocation.target.encryption is None
        run(presenter.send(presenter.decline(invocation)), desk.service)
        assert desk.service.status(begun.transaction_id, session=BROWSER).reason == "invalid_request"


# --- by a DID, by a name ---------------------------------------------------------------------------------------------


class TestDid:
    def web_document(self, signer: Signer = KEY) -> bytes:
        method: dict[str, Any] = {
            "id": f"{WEB_DID}#1",
            "type": "JsonWebKey2020",
            "controller": WEB_DID,
            "publicKeyJwk": jwk.public_jwk(signer.public_key),
        }
        return json.dumps({"id": WEB_DID, "verificationMethod": [method]})

    def network(self, desk: Desk, document: bytes) -> Http:
        def answer(request: HttpRequest) -> HttpResponse:
            if request.url.startswith(ADDRESS):
                return desk.service(request)
            headers = {"content-type": "application/did+json"}
            return HttpResponse(status=200, headers=headers, body=document)

        return answer

    def test_one_that_contains_its_key(self) -> None:
        options: dict[str, Any] = {"client": DecentralizedIdentifier(DID), "client_header": {"kid": f"{DID}#0"}}
        desk = desk_of(DID, signer=DID_KEY, **options)
        begun = desk.begin("full_name")
        presented(desk, begun)
        assert shown(desk, begun) == "番号　花子"
        stranger = desk_of("did:web:other.example", signer=DID_KEY, **options)
        refused(stranger, stranger.begin("full_name"), UntrustedError, "CLIENT_NOT_REGISTERED")
        impostor = desk_of(DID, signer=STRANGER, **options)
        refused(impostor, impostor.begin("full_name"), SignatureInvalidError)

    def test_one_on_the_web(self) -> None:
        desk = desk_of(WEB_DID, client=DecentralizedIdentifier(WEB_DID), client_header={"kid": f"{WEB_DID}#1"})
        begun = desk.begin("full_name")
        presented(desk, begun, self.network(desk, self.web_document()))
        assert shown(desk, begun) == "番号　花子"
        other = self.network(desk, self.web_document(STRANGER))
        refused(desk, desk.begin("full_name"), SignatureInvalidError, http=other)
        refused(desk, desk.begin("full_name"), MalformedError, http=self.network(desk, b"{}"))


class TestDnsName:
    def test_the_name_of_its_certificate(self) -> None:
        desk = Desk(world=World(bank_dns_names=("bank.example",)), options={"client": X509SanDns("bank.example")})
        desk.world.hold()
        begun = desk.begin("full_name")
        presented(desk, begun)
        assert shown(desk, begun) == "番号　花子"

    def test_another_name_is_somebody_else_s(self) -> None:
        desk = Desk(world=World(bank_dns_names=("bank.example",)), options={"client": X509SanDns("www.bank.example")})
        desk.world.hold()
        refused(desk, desk.begin("full_name"), UntrustedError)

    def test_a_service_on_another_host_is_not_answered(self) -> None:
        world = World(bank_dns_names=("bank.example", "pay.bank.example"))
        desk = Desk(world=world, options={"client": X509SanDns("pay.bank.example")})
        desk.world.hold()
        refused(desk, desk.begin("full_name"), UntrustedError, "RESPONSE_URI_MISMATCH")


# --- one address for all answers -------------------------------------------------------------------------------------


class TestSharedAddress:
    @pytest.fixture(params=[ResponseMode.DIRECT_POST, ResponseMode.DIRECT_POST_JWT])
    def desk(self, request: pytest.FixtureRequest) -> Desk:
        desk = Desk(options={"shares_response_uri": True, "posted": request.param})
        desk.world.hold()
        return desk

    def test_each_answer_finds_its_request(self, desk: Desk) -> None:
        first, second = desk.begin("full_name"), desk.begin("birth_date")
        answers = [desk.answered(one) for one in (second, first)]
        assert {one.url for one in answers} == {SHARED}
        assert [desk.service(one).status for one in answers] == [200, 200]
        assert shown(desk, first) == "番号　花子"
        assert str(desk.result(second).verified[Resident].birth_date) == "1990-01-02"

    def test_one_is_taken_once(self, desk: Desk) -> None:
        answer = desk.answered(desk.begin("full_name"))
        assert [desk.service(answer).status for _ in range(2)] == [200, 404]

    def test_whoever_declines_finds_it_too(self, desk: Desk) -> None:
        begun = desk.begin("full_name")
        assert desk.decline(begun).status == 200
        assert desk.state(begun) is PresentationState.DECLINED

    def test_the_person_comes_back_to_the_browser(self, desk: Desk) -> None:
        back = presented(desk, desk.begin("full_name", channel=Channel.SAME_DEVICE))
        result = desk.service.redeem(str(back).partition("=")[2], session=BROWSER)
        assert result.verified[Resident].full_name == "番号　花子"

    def test_what_names_no_request_is_an_answer_to_none(self, desk: Desk) -> None:
        begun, by_api = desk.begin("full_name"), desk.begin("full_name", channel=Channel.DC_API)
        request = desk.fetch(begun)
        other = ResponseKey.create()
        wrong = [
            posted(SHARED, {"vp_token": '{"resident":["x"]}', "state": "x" * 43}),
            posted(SHARED, {"vp_token": '{"resident":["x"]}'}),
            posted(SHARED, {"error": "access_denied"}),
            posted(SHARED, {"error": "access_denied", "state": by_api.transaction_id}),
        ]
        if request.target.encryption is not None:
            elsewhere = replace(request.target.encryption, jwk=other.jwk)
            unnamed = {name: value for name, value in request.target.encryption.jwk.items() if name != "kid"}
            for encryption in (elsewhere, replace(elsewhere, jwk=unnamed)):
                target = replace(request.target, encryption=encryption)
                wrong.append(post_answer(desk.answer_to(request), target=target))
        assert {(one.status, one.body) for one in map(desk.service, wrong)} == {(404, b'{"error":"invalid_request"}')}
        malformed = [replace(wrong[0], body=b"\xff"), replace(wrong[0], headers={}), posted(SHARED, {"response": "x"})]
        assert {desk.service(one).status for one in malformed} == {400}
        assert desk.state(begun) is PresentationState.FETCHED

    def test_an_answer_to_another_request_is_none_to_this(self, desk: Desk) -> None:
        request, other = desk.fetch(desk.begin("full_name")), desk.fetch(desk.begin("full_name"))
        mixed = replace(desk.answer_to(request), state=other.members.state)
        answer = desk.service(post_answer(mixed, target=request.target))
        # In the open the state is all that names a request; what is proved is for the other, and ends this one.
        assert answer.status == 400

    def test_the_answer_of_a_page_is_not_posted(self, desk: Desk) -> None:
        begun = desk.begin("full_name", channel=Channel.DC_API)
        data = desk.api_answer(begun)
        if desk.options["posted"] is ResponseMode.DIRECT_POST_JWT:
            assert desk.service(posted(SHARED, data)).status == 404
        result = desk.service.take(begun.transaction_id, session=BROWSER, data=data)
        assert result.verified[Resident].full_name == "番号　花子"

    def test_there_is_nothing_below_it(self, desk: Desk) -> None:
        for path in ("/", "/x", "x"):
            assert desk.service(posted(SHARED + path, {"error": "access_denied"})).status == 404


# --- what does not go together ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"client": PreRegistered("bank")}, "has its keys for answers there"),
        ({"registered_keys": [NEW_KEY]}, "nobody else has"),
        ({"client": ClientIdPrefix.REDIRECT_URI}, "signs nothing"),
        ({"client": X509SanDns("bank.example"), "registered_keys": [NEW_KEY]}, "nobody else has"),
    ],
    ids=["no keys", "keys of the registry's own", "no signature", "keys beside a name"],
)
def test_a_client_has_what_belongs_to_it(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Desk().made(**options)
