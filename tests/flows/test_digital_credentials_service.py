# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Our verifier's service and our wallet by the Digital Credentials API: signed by one, by several, or by nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.openid4vp import DID, DID_KEY
from tests.support.verifying import BROWSER, ORIGIN, Desk
from tests.support.world import BOTH_FORMATS, SD_JWT, Resident, World, approved
from vcwallet.errors import (
    RemoteProtocolError,
    SignatureInvalidError,
    UntrustedError,
    VerifierUnknownError,
)
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.jose import header as jose_header
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.haip import HAIP_PRESENTATION_1_0
from vcwallet.protocols.openid4vp.client_id import (
    ClientIdPrefix,
    DecentralizedIdentifier,
    VerifierAttestation,
    X509Hash,
)
from vcwallet.protocols.openid4vp.digital_credentials import MultisignedRequest, Protocol
from vcwallet.protocols.openid4vp.response_mode import ResponseMode
from vcwallet.trust.known_verifiers import KnownVerifier, KnownVerifiers
from vcwallet.verifier.openid4vp import (
    AnswerRefusedError,
    BegunPresentation,
    Channel,
    DeclinedError,
    FurtherSigner,
)
from vcwallet.wallet import Abilities, Invocation
from vcwallet.wallet.presenting.reading import MAX_LOOKED_UP

ELSEWHERE = "https://evil.example"
MODES = pytest.mark.parametrize("by_api", [ResponseMode.DC_API, ResponseMode.DC_API_JWT])
STRANGER = SoftwareSigner.generate()


def no_network(_: HttpRequest) -> HttpResponse:
    raise AssertionError("nothing is fetched")


def desk_of(*protocols: Protocol, format: str = SD_JWT, knows: bool = True, **options: Any) -> Desk:
    """Return a service with a page, and a wallet that knows the page by an agreement unless it is not to."""
    world = World(format, bank_identifiers=(DID,))
    world.hold()
    if knows:
        page = KnownVerifier(party=world.bank_enrolment.identifier, pages=frozenset({ORIGIN}))
        world.wallet.update_verifiers(KnownVerifiers([page]))
    return Desk(world=world, options={"channels": (Channel.DC_API,), "protocols": protocols, **options})


def by_did(**changed: Any) -> FurtherSigner:
    """Return the bank's other key."""
    usual: dict[str, Any] = {"client": DecentralizedIdentifier(DID), "signer": DID_KEY, "header": {"kid": f"{DID}#0"}}
    return FurtherSigner(**usual | changed)


def begun_by(desk: Desk) -> BegunPresentation:
    return desk.begin("full_name", channel=Channel.DC_API)


def called(desk: Desk, begun: BegunPresentation, *, which: int = 0, origin: str = ORIGIN) -> Invocation:
    """Let the platform hand one of the requests of a page to the wallet."""
    call: Mapping[str, Any] = (begun.dc_api or {})["requests"][which]
    presenter = desk.world.wallet.presenter()
    return run(presenter.read_dc_api_request(call["protocol"], call["data"], origin=origin), no_network)


def taken(desk: Desk, begun: BegunPresentation, invocation: Invocation) -> str:
    """Let the person approve and the page's server take the answer."""
    assert invocation.prompt is not None
    data = desk.world.wallet.presenter().answer(approved(invocation.prompt)).dc_api_data()
    verified = desk.service.take(begun.transaction_id, session=BROWSER, data=data).verified
    return verified[Resident].full_name


def is_told(desk: Desk, begun: BegunPresentation, invocation: Invocation) -> str:
    """Return what the page's server learns of a request that is not answered."""
    data = desk.world.wallet.presenter().decline(invocation).dc_api_data()
    with pytest.raises(DeclinedError) as caught:
        desk.service.take(begun.transaction_id, session=BROWSER, data=data)
    return caught.value.error


class TestUnsigned:
    @BOTH_FORMATS
    @MODES
    def test_a_page_that_the_wallet_knows_is_answered(self, format: str, by_api: ResponseMode) -> None:
        desk = desk_of(Protocol.UNSIGNED, format=format, by_api=by_api)
        begun = begun_by(desk)
        [call] = (begun.dc_api or {})["requests"]
        assert call["protocol"] == "openid4vp-v1-unsigned"
        assert not {"client_id", "expected_origins", "request", "state"} & call["data"].keys()
        invocation = called(desk, begun)
        assert invocation.prompt is not None
        assert invocation.prompt.verified_by == f"registered; its address is known: {ORIGIN}"
        assert [one.code for one in invocation.prompt.warnings] == ["REQUEST_UNSIGNED"]
        assert taken(desk, begun, invocation) == "番号　花子"

    @MODES
    def test_the_registry_alone_knows_nobody_by_a_page(self, by_api: ResponseMode) -> None:
        desk = desk_of(Protocol.UNSIGNED, knows=False, by_api=by_api)
        begun = begun_by(desk)
        invocation = called(desk, begun)
        assert isinstance(invocation.refusal, VerifierUnknownError)
        cause = invocation.refusal.__cause__
        assert isinstance(cause, UntrustedError)
        assert cause.code == "VERIFIER_UNAUTHENTICATED"
        assert is_told(desk, begun, invocation) == "invalid_client"

    def test_another_page_with_the_same_request_is_another(self) -> None:
        desk = desk_of(Protocol.UNSIGNED)
        assert isinstance(called(desk, begun_by(desk), origin=ELSEWHERE).refusal, VerifierUnknownError)

    def test_what_another_page_was_answered_is_no_answer_here(self) -> None:
        """A page that the wallet knows as well hands the bank's request over, and the answer back to the bank."""
        desk = desk_of(Protocol.UNSIGNED)
        both = KnownVerifier(party=desk.world.bank_enrolment.identifier, pages=frozenset({ORIGIN, ELSEWHERE}))
        desk.world.wallet.update_verifiers(KnownVerifiers([both]))
        begun = begun_by(desk)
        with pytest.raises(AnswerRefusedError) as caught:
            taken(desk, begun, called(desk, begun, origin=ELSEWHERE))
        assert caught.value.reason == "BINDING_INVALID"
        again = begun_by(desk)
        assert taken(desk, again, called(desk, again)) == "番号　花子"

    def test_an_address_for_answers_is_no_page(self) -> None:
        desk = desk_of(Protocol.UNSIGNED)
        known = KnownVerifier(party=desk.world.bank_enrolment.identifier, receives_at=frozenset({ORIGIN}))
        desk.world.wallet.update_verifiers(KnownVerifiers([known]))
        assert isinstance(called(desk, begun_by(desk)).refusal, VerifierUnknownError)

    def test_a_verifier_without_a_key_of_its_own_can_ask_so(self) -> None:
        desk = desk_of(Protocol.UNSIGNED, client=ClientIdPrefix.REDIRECT_URI)
        begun = begun_by(desk)
        assert taken(desk, begun, called(desk, begun)) == "番号　花子"

    def test_it_keeps_to_the_high_assurance_profile(self) -> None:
        desk = desk_of(Protocol.UNSIGNED, profile=HAIP_PRESENTATION_1_0)
        begun, [call] = begun_by(desk), (begun_by(desk).dc_api or {})["requests"]
        presenter = desk.world.wallet.presenter(Abilities(profile=HAIP_PRESENTATION_1_0))
        assert run(presenter.read_dc_api_request(call["protocol"], call["data"], origin=ORIGIN), no_network).prompt
        assert taken(desk, begun, called(desk, begun)) == "番号　花子"


class TestMultisigned:
    @BOTH_FORMATS
    @MODES
    def test_one_signature_that_is_known_is_enough(self, format: str, by_api: ResponseMode) -> None:
        desk = desk_of(Protocol.MULTISIGNED, format=format, by_api=by_api, knows=False, signers=[by_did()])
        begun = begun_by(desk)
        [call] = (begun.dc_api or {})["requests"]
        assert (call["protocol"], len(call["data"]["signatures"])) == ("openid4vp-v1-multisigned", 2)
        invocation = called(desk, begun)
        assert invocation.prompt is not None
        assert invocation.prompt.request.verifier.source == "trusted_list"
        assert taken(desk, begun, invocation) == "番号　花子"

    def test_where_the_first_is_of_a_stranger_the_second_counts(self) -> None:
        desk = desk_of(Protocol.MULTISIGNED, knows=False, signers=[by_did()])
        bank = desk.world.bank_enrolment
        certified = FurtherSigner(
            client=X509Hash.of(bank.chain[0]), signer=bank.signer, header={"x5c": jose_header.x5c(bank.chain)}
        )
        desk.service = desk.made(
            client=VerifierAttestation("nobody"), client_header={"jwt": "a.b.c"}, signers=[certified]
        )
        begun = begun_by(desk)
        invocation = called(desk, begun)
        assert invocation.prompt is not None
        assert invocation.prompt.request.verifier.source == "trusted_list"
        assert taken(desk, begun, invocation) == "番号　花子"

    def test_a_signature_of_another_is_passed_over(self) -> None:
        desk = desk_of(Protocol.MULTISIGNED, knows=False, signers=[by_did(signer=STRANGER), by_did()])
        begun = begun_by(desk)
        assert taken(desk, begun, called(desk, begun)) == "番号　花子"

    def test_where_nobody_is_known_nothing_is_shown(self) -> None:
        desk = desk_of(Protocol.MULTISIGNED, knows=False, signers=[by_did()])
        stranger = by_did(signer=STRANGER)
        own = {"client": DecentralizedIdentifier(DID), "client_header": {"kid": f"{DID}#0"}}  # signed by the other key
        desk.service = desk.made(**own, signers=[stranger])
        begun = begun_by(desk)
        invocation = called(desk, begun)
        assert isinstance(invocation.refusal, SignatureInvalidError)
        assert is_told(desk, begun, invocation) == "invalid_request"

    def test_a_page_makes_the_wallet_look_up_a_few_signers_and_no_more(self) -> None:
        strangers = [f"did:web:{number}.example" for number in range(9)]
        signers = [by_did(client=DecentralizedIdentifier(one), header={"kid": f"{one}#0"}) for one in strangers]
        desk = desk_of(Protocol.MULTISIGNED, knows=False, signers=signers)
        begun, asked = begun_by(desk), list[str]()
        [call] = (begun.dc_api or {})["requests"]

        def network(request: HttpRequest) -> HttpResponse:
            asked.append(request.url)
            return HttpResponse(status=404, headers={}, body=b"")

        presenter = desk.world.wallet.presenter()
        invocation = run(presenter.read_dc_api_request(call["protocol"], call["data"], origin=ORIGIN), network)
        assert asked == [f"https://{number}.example/.well-known/did.json" for number in range(MAX_LOOKED_UP)]
        assert taken(desk, begun, invocation) == "番号　花子"

    def test_another_page_cannot_hand_it_over(self) -> None:
        desk = desk_of(Protocol.MULTISIGNED, signers=[by_did()])
        begun = begun_by(desk)
        with pytest.raises(RemoteProtocolError):
            called(desk, begun, origin=ELSEWHERE)
        assert taken(desk, begun, called(desk, begun)) == "番号　花子"

    def test_both_keep_to_the_high_assurance_profile(self) -> None:
        desk = desk_of(Protocol.MULTISIGNED, profile=HAIP_PRESENTATION_1_0, knows=False, signers=[by_did()])
        begun, [call] = begun_by(desk), (begun_by(desk).dc_api or {})["requests"]
        presenter = desk.world.wallet.presenter(Abilities(profile=HAIP_PRESENTATION_1_0))
        invocation = run(presenter.read_dc_api_request(call["protocol"], call["data"], origin=ORIGIN), no_network)
        assert isinstance(invocation.request, MultisignedRequest)
        assert len(invocation.request.requests) == 2
        assert invocation.prompt is not None
        assert taken(desk, begun, called(desk, begun)) == "番号　花子"


class TestAll:
    PROTOCOLS = (Protocol.SIGNED, Protocol.MULTISIGNED, Protocol.UNSIGNED)

    @pytest.mark.parametrize("which", range(3))
    def test_a_page_hands_all_over_and_the_wallet_takes_one(self, which: int) -> None:
        desk = desk_of(*self.PROTOCOLS, signers=[by_did()])
        begun = begun_by(desk)
        calls = (begun.dc_api or {})["requests"]
        assert [call["protocol"] for call in calls] == [one.value for one in self.PROTOCOLS]
        assert taken(desk, begun, called(desk, begun, which=which)) == "番号　花子"

    @pytest.mark.parametrize("which", range(3))
    def test_one_answer_ends_them_all(self, which: int) -> None:
        desk = desk_of(*self.PROTOCOLS, signers=[by_did()])
        begun = begun_by(desk)
        late = called(desk, begun, which=(which + 1) % 3)
        taken(desk, begun, called(desk, begun, which=which))
        with pytest.raises(Exception, match="no such request"):
            taken(desk, begun, late)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"protocols": ()}, "some protocol"),
        ({"protocols": (Protocol.MULTISIGNED,)}, "further signers"),
        ({"protocols": (Protocol.SIGNED,), "signers": [by_did()]}, "further signers"),
        ({"protocols": (Protocol.UNSIGNED, Protocol.SIGNED), "client": ClientIdPrefix.REDIRECT_URI}, "signs nothing"),
    ],
    ids=["none", "alone", "unused", "address"],
)
def test_a_service_that_could_not_ask_so_is_not_made(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Desk().made(**options)
