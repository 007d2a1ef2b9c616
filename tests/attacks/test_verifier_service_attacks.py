# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What somebody may try at a verifier's service who knows it well, and what chance can do to it."""

from __future__ import annotations

import json as any_json
from dataclasses import replace
from typing import Any

import pytest

from tests.support.hostile_verifier import credential_query
from tests.support.verifying import ADDRESS, BROWSER, Desk, response_code
from tests.support.world import (
    MDOC,
    SD_JWT,
    Income,
    Resident,
    World,
    income,
    presentation_of,
)
from tests.support.wrong_answers import card_by
from vcwallet.claims import ClaimPath
from vcwallet.encoding import base64url
from vcwallet.errors import BindingError, MalformedError
from vcwallet.flow import HttpResponse
from vcwallet.formats.base import Credential
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.openid4vp import Request, Response
from vcwallet.protocols.openid4vp.direct_post import post_answer
from vcwallet.sealed_sessions import SealedSessions
from vcwallet.sessions import MemorySessions
from vcwallet.verifier.openid4vp import BegunPresentation, Channel, PresentationState
from vcwallet.verifier.openid4vp.state import RequestSession
from vcwallet.wallet import Card

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group of P-256."""


@pytest.fixture(params=[SD_JWT, MDOC])
def desk(request: pytest.FixtureRequest) -> Desk:
    made = Desk(world=World(request.param))
    made.world.hold()
    return made


@pytest.fixture
def in_jwt() -> Desk:
    made = Desk(world=World(SD_JWT))
    made.world.hold()
    return made


class Asked:
    """A transaction with any query, and a wallet that answers with whatever it likes."""

    def __init__(self, desk: Desk, **query: Any) -> None:
        self.desk = desk
        asked = DcqlQuery.from_json(query)
        self.begun = desk.service.begin(asked, purpose="loan", channel=Channel.CROSS_DEVICE, session=BROWSER)
        self.request = kept_request(desk, self.begun)

    def shown(self, *claims: str, kind: Any = Resident, card: Card | None = None) -> str:
        """Return a presentation of some claims."""
        world = self.desk.world
        chosen = card or next(world.wallet.cards(world.type_id(kind)))
        paths: list[ClaimPath] = [world.path(claim, kind) for claim in claims]
        return presentation_of(world, chosen, paths, self.request)

    def answered(self, **presentations: list[str]) -> str | None:
        """Answer, and return why that was refused; None where it was not."""
        response = answer(self.desk, self.begun, {name: tuple(given) for name, given in presentations.items()})
        status = self.desk.service.status(self.begun.transaction_id, session=BROWSER)
        assert (response.status == 200) is (status.state is PresentationState.VERIFIED)
        return status.reason


def kept_request(desk: Desk, begun: BegunPresentation) -> Request:
    """Return the request of a transaction as the service has kept it."""
    sessions = SealedSessions(desk.sessions, desk.clock, owner=ADDRESS)
    found = sessions.find("vp_request", RequestSession, desk.reference(begun).uri.rpartition("/")[2])
    assert found is not None
    return Request.from_jwt(found.body.jwt)


def answer(desk: Desk, begun: BegunPresentation, token: dict[str, tuple[str, ...]]) -> HttpResponse:
    """Post an answer."""
    fetched = desk.fetch(begun)
    return desk.service(post_answer(Response(vp_token=token, state=fetched.members.state), target=fetched.target))


# --- one credential, counted more than once --------------------------------------------------------------------------


def test_one_credential_is_not_shown_as_several(desk: Desk) -> None:
    """Somebody's income would be three times what it is."""
    asked = Asked(desk, credentials=[credential_query(desk.world, "total", kind=Income, id="income", multiple=True)])
    shown = [asked.shown("total", kind=Income) for _ in range(3)]
    assert len(set(shown)) == 3  # each with a proof of its own
    assert asked.answered(income=shown) == "CREDENTIAL_REPEATED"


def test_several_credentials_are(desk: Desk) -> None:
    desk.world.hold(income(total=1_000))
    query = credential_query(desk.world, "total", kind=Income, id="income", multiple=True)
    asked = Asked(desk, credentials=[query])
    cards = desk.world.wallet.cards(desk.world.type_id(Income))
    assert asked.answered(income=[asked.shown("total", kind=Income, card=card) for card in cards]) is None
    assert len(desk.result(asked.begun).verified.all(Income)) == 2


def test_another_signature_does_not_make_another_credential(in_jwt: Desk) -> None:
    """Of an ECDSA signature, anybody makes a second one that is right as well."""
    asked = Asked(in_jwt, credentials=[credential_query(in_jwt.world, "total", kind=Income, id="i", multiple=True)])
    card = next(in_jwt.world.wallet.cards(Income.vct))
    twin = replace(card, credential=Credential(format=SD_JWT, raw=with_another_signature(card.credential.raw)))
    assert twin.credential != card.credential
    assert asked.answered(i=[asked.shown("total", kind=Income, card=twin)]) is None
    asked = Asked(in_jwt, credentials=[credential_query(in_jwt.world, "total", kind=Income, id="i", multiple=True)])
    shown = [asked.shown("total", kind=Income, card=one) for one in (card, twin)]
    assert asked.answered(i=shown) == "CREDENTIAL_REPEATED"


def with_another_signature(sd_jwt: str) -> str:
    jwt, tilde, rest = sd_jwt.partition("~")
    signed, _, signature = jwt.rpartition(".")
    raw = base64url.decode(signature)
    s = ORDER - int.from_bytes(raw[32:], "big")
    return f"{signed}.{base64url.encode(raw[:32] + s.to_bytes(32, 'big'))}{tilde}{rest}"


def test_one_credential_may_answer_two_questions(in_jwt: Desk) -> None:
    world = in_jwt.world
    asked = Asked(in_jwt, credentials=[credential_query(world, "full_name", id=name) for name in ("a", "b")])
    assert asked.answered(a=[asked.shown("full_name")], b=[asked.shown("full_name")]) is None


# --- what was not asked for together ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("c", None),
        ("ab", None),
        ("abc", None),
        ("a", "CREDENTIAL_SET_UNSATISFIED"),
        ("ac", "CREDENTIAL_SERVES_NOTHING"),
        ("bc", "CREDENTIAL_SERVES_NOTHING"),
    ],
)
def test_half_an_option_is_not_taken_beside_another(in_jwt: Desk, given: str, reason: str | None) -> None:
    """Whoever sees the first half relies on the second, which nobody has shown."""
    world = in_jwt.world
    kinds = {"a": ("full_name", Resident), "b": ("total", Income), "c": ("birth_date", Resident)}
    credentials = [credential_query(world, claim, kind=kind, id=name) for name, (claim, kind) in kinds.items()]
    asked = Asked(in_jwt, credentials=credentials, credential_sets=[{"options": [["a", "b"], ["c"]]}])
    shown = {name: [asked.shown(kinds[name][0], kind=kinds[name][1])] for name in given}
    assert asked.answered(**shown) == reason


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["full_name"], None),
        (["birth_date", "nationality"], None),
        (["birth_date"], "CLAIMS_MISSING"),
        (["full_name", "birth_date"], "MORE_THAN_ASKED"),
        (["full_name", "birth_date", "nationality"], "MORE_THAN_ASKED"),
        (["full_name", "address"], "MORE_THAN_ASKED"),
    ],
)
def test_combinations_of_claims_are_not_put_together(in_jwt: Desk, given: list[str], reason: str | None) -> None:
    names = ["full_name", "birth_date", "nationality"]
    claims = [{"id": name, "path": [name]} for name in names]
    query = credential_query(in_jwt.world, claims=claims, claim_sets=[names[:1], names[1:]])
    asked = Asked(in_jwt, credentials=[query])
    assert asked.answered(resident=[asked.shown(*given)]) == reason


def test_a_combination_is_not_mixed_with_half_of_a_longer_one(in_jwt: Desk) -> None:
    claims = [{"id": name, "path": [name]} for name in ("full_name", "birth_date", "nationality")]
    sets = [["full_name", "birth_date", "nationality"], ["full_name"]]
    query = credential_query(in_jwt.world, claims=claims, claim_sets=sets)
    for given, reason in ((sets[0], None), (sets[1], None), (sets[0][:2], "MORE_THAN_ASKED")):
        asked = Asked(in_jwt, credentials=[query])
        assert asked.answered(resident=[asked.shown(*given)]) == reason


# --- what an issuer may say ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [2**64, -(2**63) - 1, 10**63, 1e300, None, {"a": [None, 2**64]}])
def test_any_number_that_an_issuer_says_can_be_kept(in_jwt: Desk, said: Any) -> None:
    """A result that cannot be written would be lost, and the request with it."""
    asked = Asked(in_jwt, credentials=[credential_query(in_jwt.world, "full_name")])
    card = card_by(in_jwt.world, in_jwt.world.city_enrolment)
    card = replace(card, credential=Credential(format=SD_JWT, raw=saying(in_jwt.world, card.credential.raw, said)))
    assert asked.answered(resident=[asked.shown("full_name", card=card)]) is None
    [evidence] = in_jwt.result(asked.begun).verified.evidence(Resident)
    assert evidence.claims["a_further_claim"] == said


def saying(world: World, sd_jwt: str, said: Any) -> str:
    """Return a credential with a further claim that the issuer has signed with another program."""
    jwt, tilde, rest = sd_jwt.partition("~")
    header, payload, _ = jwt.split(".")
    claims = any_json.loads(base64url.decode(payload)) | {"a_further_claim": said}
    signed = f"{header}.{base64url.encode(any_json.dumps(claims).encode())}"
    signature = world.city_enrolment.signer.sign(signed.encode())
    return f"{signed}.{base64url.encode(signature)}{tilde}{rest}"


# --- what is forgotten -----------------------------------------------------------------------------------------------


def rows(desk: Desk) -> int:
    assert isinstance(desk.sessions, MemorySessions)
    return len(desk.sessions._sessions)


def test_what_was_verified_is_forgotten_where_no_wallet_ever_calls() -> None:
    """By the Digital Credentials API, answers come through the verifier's own pages."""
    desk = Desk(options={"channels": [Channel.DC_API]})
    desk.world.hold()
    for _ in range(5):
        begun = desk.begin("full_name", channel=Channel.DC_API)
        desk.service.take(begun.transaction_id, session=BROWSER, data=desk.api_answer(begun))
        desk.clock.pass_by(hours=1)
    desk.begin("full_name", channel=Channel.DC_API)
    assert rows(desk) == 2


def test_what_nobody_answers_does_not_pile_up(in_jwt: Desk) -> None:
    for _ in range(5):
        for _ in range(4):
            in_jwt.begin("full_name")
        in_jwt.clock.pass_by(minutes=30)
    in_jwt.begin("full_name")
    assert rows(in_jwt) == 2


# --- what a browser sends --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cookie", ["", "x" * 15, "\udcff" * 20, "\0" * 16])
def test_a_browser_with_a_cookie_of_its_own_making_is_another_browser(in_jwt: Desk, cookie: str) -> None:
    begun = in_jwt.begin("full_name", channel=Channel.SAME_DEVICE)
    code = response_code(in_jwt.present(begun))
    for step in (in_jwt.service.status, in_jwt.service.result, in_jwt.service.forget):
        with pytest.raises(BindingError) as error:
            step(begun.transaction_id, session=cookie)
        assert error.value.code == "SESSION_MISMATCH"
    with pytest.raises(BindingError) as error:
        in_jwt.service.redeem("x" * 43, session=cookie)
    assert error.value.code == "RESPONSE_CODE_UNKNOWN"
    with pytest.raises(BindingError) as error:
        in_jwt.service.redeem(code, session=cookie)
    assert error.value.code == "SESSION_MISMATCH"
    assert in_jwt.state(begun) is PresentationState.FAILED


@pytest.mark.parametrize(
    "page", ["https://bank.example/result#part", "https://bank.example/" + "x" * 2020, "https://user@bank.example/"]
)
def test_a_page_that_takes_no_code_is_no_result_page(in_jwt: Desk, page: str) -> None:
    """Or every answer on the same device would be verified, and nobody sent back."""
    with pytest.raises(MalformedError):
        in_jwt.made(result_page=page)
    service = in_jwt.made(result_page="https://bank.example/result?lang=ja")
    assert service.origin == "https://bank.example"
