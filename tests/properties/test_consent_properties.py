# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever is asked of whatever record in whatever way: what was approved leaves the wallet, or nothing does.

Each claim of a record has a value of its own, which is searched for in the bytes of the answer.  A request is answered
with just the claims that were approved, or it ends in an error of ours, and then the history says that nothing left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.meeting import Meeting
from tests.support.world import FORMATS, MDOC, SD_JWT, Address, AgeCard, Contact, Member, Resident, World, approved
from vcwallet.claims import ClaimPath, select
from vcwallet.credential_type import CredentialType, view
from vcwallet.encoding import base64url, cbor
from vcwallet.errors import VcError
from vcwallet.formats.base import VerifiedCredential
from vcwallet.formats.mdoc import DeviceResponse
from vcwallet.formats.mdoc.ages import nearest_age
from vcwallet.protocols.exchange import ExpectedAnswer
from vcwallet.protocols.openid4vp import Response
from vcwallet.trust.registration import IntendedUse, grants
from vcwallet.verifier import Verified, Verifier, ask
from vcwallet.wallet import Consent, PromptCredential

USES = (
    IntendedUse(
        code="everything",
        text={"en": "To look at everything"},
        grants=(*grants(Resident), *grants(AgeCard)),
        legal_basis=("number_act",),
        procedure="looking",
        special_care=True,
        retention_days=30,
    ),
    IntendedUse(
        code="little",
        text={"en": "To look at little"},
        grants=(*grants(Resident, "full_name", "over_20", "address.locality"), *grants(AgeCard, "age_over_20")),
        retention_days=0,
    ),
)


class Watched:
    """A world with a verifier that is registered for everything, and for little.  Wallets in it are made anew."""

    def __init__(self, format: str) -> None:
        self.world = World(format, also=tuple(one for one in FORMATS if one != format))
        self.watcher: Verifier = self.world.verifier(self.world.registry.enrol_verifier("Watcher", purposes=USES))
        self.watcher.update_trust(self.world.registry.published())

    def hold(self, *records: CredentialType) -> None:
        """Give a new wallet these records and no others."""
        self.world.wallet_store = type(self.world.wallet_store)()
        self.world.wallet = self.world.new_wallet(store=self.world.wallet_store)
        self.world.wallet.update_trust(self.world.registry.published())
        self.world.hold(*records)


WATCHED = {format: Watched(format) for format in FORMATS}
PRESENTED, REFUSED = "presented", "refused"

CLAIMS = (
    *("full_name", "birth_date", "over_20", "nationality", "health", "number", "address", "address.locality"),
    *("address.plot", "contact.phone", "languages", "household", "household.*.first_name", "registered_in", "remark"),
)
CARD_CLAIMS = ("holder", "age_over_18", "age_over_20", "age_over_60", "age_over_65")

WORDS = st.text("abcxyz花子", max_size=8)
ANSWERS = st.none() | st.booleans()


@st.composite
def residents(draw: st.DrawFn, tag: str = "a") -> Resident:
    """Draw a record in which no value is part of another one, or of one with another tag."""
    word = draw(WORDS)
    values = (f"<{tag}{number:02} {word}>" for number in range(100))
    return Resident(
        full_name=next(values),
        birth_date=draw(st.dates(date(1950, 1, 1), date(2015, 1, 1))),
        nationality=next(values),
        health=next(values),
        number=next(values),
        remark=next(values),
        address=Address(country=next(values), locality=next(values), plot=next(values)),
        contact=Contact(phone=next(values)),
        languages=(next(values),),
        household=(Member(first_name=next(values), number=next(values)),),
    )


AGE_CARDS = st.builds(
    AgeCard,
    holder=WORDS.map("<holder {}>".format),
    age_over_18=ANSWERS,
    age_over_20=ANSWERS,
    age_over_60=ANSWERS,
    age_over_65=ANSWERS,
)
QUESTIONS = st.lists(st.sampled_from(CLAIMS), min_size=1, max_size=5, unique=True)
CARD_QUESTIONS = st.lists(st.sampled_from(CARD_CLAIMS), max_size=3, unique=True)
PURPOSES = st.sampled_from([use.code for use in USES])


# --- what an answer says, and what it must not ------------------------------------------------------------------------


def said(node: Any) -> Iterator[str]:
    """Yield the texts in a claim, which are the values by which the records differ."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for part in node.values():
            yield from said(part)
    elif isinstance(node, list | tuple):
        for part in node:
            yield from said(part)


def all_of(record: CredentialType) -> set[str]:
    return set(said(record.claims(on=date(2026, 11, 23)))) - {"main"}  # which is the same for everybody


def shown_to_the_person(consent: Consent) -> set[str]:
    return {text for one in consent.credentials for claim in one.claims for text in said(list(claim.value))}


def contents(response: Response) -> bytes:
    """Return all that the answer says, with what is encoded in it as it is."""
    raws = [raw for presentations in response.vp_token.values() for raw in presentations]
    return b"\n".join(part for raw in raws for part in (raw.encode(), *decoded(raw)))


def decoded(raw: str) -> Iterator[bytes]:
    """Yield the parts of an SD-JWT, or the bytes of a DeviceResponse."""
    for part in raw.replace(".", "~").split("~"):
        yield base64url.decode(part)


def require_nothing_else(records: tuple[CredentialType, ...], allowed: set[str], answer: bytes) -> None:
    every = set().union(*map(all_of, records))
    # A text that is part of an approved one is in the answer with it.
    every -= {text for text in every for shown in allowed if text in shown and text != shown}
    assert {text for text in every if text.encode() in answer} == every & allowed


def approved_paths(credential: PromptCredential) -> set[ClaimPath]:
    return {claim.path for claim in credential.claims if not claim.always}


def require_just_what_was_approved(consent: Consent, verified: Verified) -> None:
    """What the verifier has read is what the person was shown, claim by claim and value by value."""
    # Wallet and reader have names of their own for a query of a session, so the type says which is which.
    found = {one.type_id: one for each in verified.credentials.values() for one in each}
    assert {one.card.type_ids[0] for one in consent.credentials} == found.keys()
    for one in consent.credentials:
        credential = found[one.card.type_ids[0]]
        for claim in one.claims:
            if not claim.always:
                assert select(credential.claims, claim.path) == list(claim.value)
        if credential.format == MDOC:
            assert set(elements(credential)) == approved_paths(one)


def elements(credential: VerifiedCredential) -> Iterator[ClaimPath]:
    assert not credential.device_claims
    claims: Mapping[str, Any] = credential.claims
    return ((name, element) for name, items in claims.items() for element in items)


def last_event(world: World) -> dict[str, Any]:
    return dict(list(world.wallet.history())[-1].entry)


def attempt(
    watched: Watched,
    records: tuple[CredentialType, ...],
    exchange: Callable[[], tuple[Consent, Response, ExpectedAnswer, Callable[[], Verified]]],
) -> Verified | None:
    """Run an exchange, and require that just what was approved left the wallet, or nothing."""
    before = len(list(watched.world.wallet.history()))
    receipts = len(watched.watcher.receipts())
    try:
        consent, response, expected, verify = exchange()
    except VcError:
        after = list(watched.world.wallet.history())[before:]
        assert [entry.entry["event"] for entry in after] in ([], [REFUSED])
        assert len(watched.watcher.receipts()) == receipts
        return None
    entry = last_event(watched.world)
    assert (entry["event"], entry["request"]) == (PRESENTED, expected.digest)
    require_nothing_else(records, shown_to_the_person(consent), contents(response))
    verified = verify()
    require_just_what_was_approved(consent, verified)
    assert len(watched.watcher.receipts()) == receipts + 1
    return verified


# --- over OpenID4VP ---------------------------------------------------------------------------------------------------


def over_openid4vp(watched: Watched, purpose: str, *questions: Any) -> Any:
    request = watched.watcher.request(*questions, purpose=purpose)
    consent = approved(watched.world.wallet.match(request))
    response = watched.world.wallet.present(consent)
    return consent, response, request, lambda: watched.watcher.verify(response.to_json(), expected=request)


@given(st.sampled_from(list(FORMATS)), residents(), AGE_CARDS, QUESTIONS, CARD_QUESTIONS, PURPOSES)
def test_over_openid4vp_what_was_approved_leaves_the_wallet_or_nothing(format, record, card, claims, ages, purpose):
    watched = WATCHED[format]
    watched.hold(record, card)
    questions = [ask(Resident, *claims), *([ask(AgeCard, *ages)] if ages else [])]
    verified = attempt(watched, (record, card), lambda: over_openid4vp(watched, purpose, *questions))
    if verified is not None:
        assert {one.format for found in verified.credentials.values() for one in found} == {format}
        assert "remark" not in claims


@given(st.sampled_from([(SD_JWT, MDOC), (MDOC, SD_JWT)]), residents("a"), residents("b"), QUESTIONS, PURPOSES)
def test_of_two_records_in_two_formats_nothing_of_the_other_leaves(order, one, other, claims, purpose):
    watched = WATCHED[SD_JWT]
    watched.hold()
    for card in list(watched.world.wallet.cards()):
        watched.world.wallet.delete(card)
    for record, format in zip((one, other), order, strict=True):
        watched.world.wallet.receive(watched.world.issue(record, format=format))
    attempt(watched, (one, other), lambda: over_openid4vp(watched, purpose, ask(Resident, *claims)))


# --- in a session -----------------------------------------------------------------------------------------------------


def in_a_session(meeting: Meeting, watched: Watched, purpose: str, *questions: Any) -> Any:
    consent = approved(meeting.ask(*questions, purpose=purpose))
    message = meeting.phone.answer(consent)
    response = opened(meeting, message)
    expected = meeting.till._expected
    assert expected is not None
    answer = expected.response(response)
    DeviceResponse.loads(response)
    return consent, answer, expected, lambda: watched.watcher.verify(answer, expected=expected)


def opened(meeting: Meeting, message: bytes) -> bytes:
    """Return what the reader decrypts."""
    event: Any = meeting.till._session.receive(message, at=meeting.till._clock())
    return bytes(event.device_response)


@given(residents(), AGE_CARDS, QUESTIONS, CARD_QUESTIONS, PURPOSES, st.integers(1, 2))
@settings(max_examples=30)
def test_in_a_session_what_was_approved_leaves_the_wallet_or_nothing(record, card, claims, ages, purpose, rounds):
    watched = WATCHED[MDOC]
    watched.hold(record, card)
    meeting = Meeting.of(watched.world, verifier=watched.watcher)
    questions = [ask(Resident, *claims), *([ask(AgeCard, *ages)] if ages else [])]
    for _ in range(rounds):
        try:
            attempt_in_session(watched, meeting, (record, card), purpose, questions)
        except VcError:
            return


def attempt_in_session(
    watched: Watched, meeting: Meeting, records: tuple[CredentialType, ...], purpose: str, questions: list[Any]
) -> None:
    """The reader does not take less than it asked for; what left the wallet is judged before that."""
    before = len(list(watched.world.wallet.history()))
    receipts = len(watched.watcher.receipts())
    try:
        consent, answer, expected, verify = in_a_session(meeting, watched, purpose, *questions)
    except VcError:
        after = list(watched.world.wallet.history())[before:]
        assert [entry.entry["event"] for entry in after] in ([], [REFUSED])
        assert len(watched.watcher.receipts()) == receipts
        meeting.phone.decline()
        raise
    require_nothing_else(records, shown_to_the_person(consent), contents(answer))
    require_elements(consent, answer)
    assert last_event(watched.world)["request"] == expected.digest
    require_just_what_was_approved(consent, verify())


def require_elements(consent: Consent, answer: Response) -> None:
    """The elements in the answer are those that were approved, unverified and all."""
    for one in consent.credentials:
        [raw] = answer.vp_token[query_id_of(one, answer)]
        [document] = DeviceResponse.loads(base64url.decode(raw)).documents
        shown = {
            (name, cbor.loads(item.content)["elementIdentifier"])
            for name, items in document["issuerSigned"].get("nameSpaces", {}).items()
            for item in items
        }
        assert shown == approved_paths(one)


def query_id_of(credential: PromptCredential, answer: Response) -> str:
    """Return what the reader calls the query: the phone has names of its own for what it was asked."""
    kinds = {view(kind, MDOC).type_id: name for kind, name in ((Resident, "resident"), (AgeCard, "age_card"))}
    return kinds[credential.card.type_ids[0]]


@given(AGE_CARDS, st.sampled_from(CARD_CLAIMS[1:]))
def test_of_an_age_the_nearest_answer_leaves_and_no_other(card, asked):
    watched = WATCHED[MDOC]
    watched.hold(card)
    meeting = Meeting.of(watched.world, verifier=watched.watcher)
    ages = {age: getattr(card, f"age_over_{age}") for age in (18, 20, 60, 65)}
    nearest = nearest_age(int(asked[-2:]), {age: answer for age, answer in ages.items() if answer is not None})
    try:
        consent = approved(meeting.ask(ask(AgeCard, asked), purpose="everything"))
    except VcError:
        assert nearest is None
        return
    [credential] = meeting.till.receive(meeting.phone.answer(consent)).evidence(AgeCard)
    assert nearest is not None
    assert credential.claims == {AgeCard.doctype: {f"age_over_{nearest}": ages[int(str(nearest))]}}
