# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet never discloses more than the person was shown and approved; and the roles together never lose track."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from tests.support.world import (
    Contact,
    Income,
    Member,
    Resident,
    World,
    approved,
    credential_of,
    income,
    payload_of,
    resident,
)
from vcwallet.claims import ClaimPath, Concealment, is_present
from vcwallet.credential_type import Claim, CredentialType
from vcwallet.errors import (
    LocalProtocolError,
    NoMatchError,
    NotAuthorisedError,
    OverAskingError,
    TrustedListError,
    ValidityError,
    VcError,
    VerifierUnknownError,
)
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.openid4vp import Request, Response, UnverifiedRequest
from vcwallet.trust.registration import Grant, IntendedUse
from vcwallet.verifier import Verified, ask
from vcwallet.wallet import Consent, PromptCredential

ENVELOPE = {"iss", "iat", "exp", "vct", "vct#integrity", "cnf"}
Leaves = Counter[tuple[tuple[str, ...], str]]


class Free(CredentialType, vct="urn:example:free:1", ja="自由", en="Free form"):
    """A type whose credentials may have any claims."""

    note: Annotated[str | None, Claim("注", "Note")] = None


EVERYTHING = IntendedUse(
    code="everything",
    text={"en": "To look at everything"},
    grants=(
        Grant(Resident.vct, tuple((name,) for name in Resident.outline())),
        Grant(Income.vct, tuple((name,) for name in Income.outline())),
        Grant(Free.vct, (("a",), ("b",), ("c",))),
    ),
    legal_basis=("number_act",),
    procedure="looking",
    special_care=True,
)


class Watched:
    """A world with a verifier that may ask for everything.  Made once: wallets in it are made anew."""

    def __init__(self) -> None:
        self.world = World()
        self.free = self.world.registry.enrol_issuer("Free issuer", may_issue=[Free])
        self.watcher = self.world.verifier(self.world.registry.enrol_verifier("Watcher", purposes=[EVERYTHING]))
        self.watcher.update_trust(self.world.registry.published())

    def exchange(self, *questions: Any, optional: bool) -> tuple[Consent, Verified]:
        """Approve and verify; with the optional questions or without."""
        wallet = self.world.wallet
        request = self.watcher.request(*questions, purpose="everything")
        prompt = wallet.match(request)
        more = {name: choices[0].card.id for name, choices in prompt.choices.items()} if optional else {}
        assume(more or prompt.credentials)
        consent = approved(prompt, cards=more)
        return consent, self.watcher.verify(wallet.present(consent), expected=request)


WATCHED = Watched()


# --- what was shown, and what was seen, in the same terms -------------------------------------------------------------


def seen_leaves(claims: Mapping[str, Any]) -> Leaves:
    """Return the claims that a verifier saw, leaf by leaf; positions are left to the order of the values."""
    return Counter(leaves({name: value for name, value in claims.items() if name not in ENVELOPE}, ()))


def shown_leaves(credential: PromptCredential) -> Leaves:
    """Return the claims that a person was shown, in the same terms."""
    found: Leaves = Counter()
    for claim in credential.claims:
        path = tuple("*" if not isinstance(part, str) else part for part in claim.path)
        for value in claim.value:
            found.update(leaves(value, path))
    return found


def leaves(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, dict) and node:
        for name, value in node.items():
            yield from leaves(value, (*path, name))
    elif isinstance(node, list) and node:
        for value in node:
            yield from leaves(value, (*path, "*"))
    elif path:
        yield path, repr(node)


def require_same(consent: Consent, verified: Verified) -> None:
    assert {one.query_id for one in consent.credentials} == set(verified.credentials)
    for one in consent.credentials:
        [seen] = verified.credentials[one.query_id]
        shown, leaves_seen = shown_leaves(one), seen_leaves(seen.claims)
        # A claim that is asked for twice, once as part of another, is shown twice.
        assert set(shown) == set(leaves_seen)
        assert leaves_seen <= shown


# --- disclosure -------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
RECORDS = st.builds(
    resident,
    full_name=TEXTS,
    nationality=TEXTS,
    contact=st.builds(Contact, phone=TEXTS),
    languages=st.lists(TEXTS, max_size=4).map(tuple),
    household=st.lists(st.builds(Member, first_name=TEXTS, number=TEXTS), max_size=3).map(tuple),
)
QUESTIONS = st.lists(
    st.sampled_from(
        [
            "full_name",
            "birth_date",
            "over_20",
            "nationality",
            "health",
            "number",
            "registered_in",
            "address",
            "address.locality",
            "address.country",
            "contact",
            "contact.phone",
            "languages",
            "languages.*",
            "languages.0",
            "languages.1",
            "household",
            "household.*",
            "household.0",
            "household.*.first_name",
            "household.0.number",
        ]
    ),
    max_size=6,
)
INCOME = st.lists(st.sampled_from(["total", "allowances", "above", "above.1000000", "fiscal_year"]), max_size=3)


@given(RECORDS, QUESTIONS, QUESTIONS, INCOME, st.booleans())
def test_what_the_verifier_sees_is_what_the_prompt_showed(record, required, extra, about_income, optional):
    world = WATCHED.world
    world.wallet = world.new_wallet()
    world.hold(record)
    world.hold()
    world.wallet.delete(next(world.wallet.cards(Resident.vct)))  # so that the drawn record is the one that answers
    asks = [
        ask(Resident, *required),
        ask(Resident, *extra, optional=True),
        ask(Income, *about_income, optional=True),
    ]
    try:
        consent, verified = WATCHED.exchange(*asks, optional=optional)
    except NoMatchError:
        assume(False)
    require_same(consent, verified)


JSON = st.recursive(
    TEXTS | st.integers(0, 9) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("klm"), inner, max_size=3),
    max_leaves=8,
)
TREES = st.dictionaries(st.sampled_from("abc"), JSON, min_size=1)


def paths_of(node: Any, path: ClaimPath = ()) -> Iterator[ClaimPath]:
    """Yield every path into a tree, with indexes."""
    if path:
        yield path
    parts: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, part in parts:
        yield from paths_of(part, (*path, name))


@st.composite
def free_forms(draw: st.DrawFn) -> tuple[dict[str, Any], Concealment, list[ClaimPath]]:
    """Draw a claim tree, what of it is concealed, and what is asked for."""
    tree = draw(TREES)
    paths = list(paths_of(tree))
    of_any_index = sorted({tuple(None if isinstance(p, int) else p for p in path) for path in paths}, key=str)
    concealed = draw(st.sets(st.sampled_from(of_any_index)))
    asked = draw(st.lists(st.sampled_from(paths) | st.sampled_from(of_any_index), max_size=4, unique=True))
    return tree, Concealment.of(concealed), asked


@given(free_forms())
def test_what_the_verifier_sees_of_any_claims_is_what_the_prompt_showed(form):
    tree, concealment, asked = form
    assume(all(is_present(tree, path) for path in asked))
    world = WATCHED.world
    world.wallet = world.new_wallet()
    world.wallet.update_trust(world.registry.published())
    credential = credential_of(
        WATCHED.free,
        Free(),
        at=world.clock(),
        holder=world.wallet.new_holder_key(),
        claims=tree,
        concealment=concealment,
    )
    world.wallet.receive(credential)
    try:
        consent, verified = WATCHED.exchange(free_query(asked), optional=False)
    except NoMatchError:
        assert any(isinstance(part, int) for path in asked for part in path)  # an element that would move
        assume(False)
    require_same(consent, verified)


def free_query(asked: list[ClaimPath]) -> DcqlQuery:
    one: dict[str, Any] = {"id": "free", "format": "dc+sd-jwt", "meta": {"vct_values": [Free.vct]}}
    if asked:
        one["claims"] = [{"path": list(path)} for path in asked]
    return DcqlQuery.from_json({"credentials": [one]})


# --- all roles together -----------------------------------------------------------------------------------------------


@dataclass
class Standing:
    """What a registry says about a party, from when; the model of a party's status in a trusted list."""

    periods: list[tuple[datetime, bool]]
    mode: str = "all"

    def change(self, at: datetime, granted: bool, mode: str) -> None:
        self.periods.append((at, granted))
        self.mode = mode

    def was_granted(self, moment: datetime) -> bool:
        return [granted for since, granted in self.periods if since <= moment][-1]

    def accepts(self, *, signed: datetime, at: datetime) -> bool:
        return self.was_granted(signed) and (self.was_granted(at) or self.mode == "from_date")


@dataclass
class Answer:
    """An answer on its way, with what the model knows about it."""

    response: Response
    request: Request
    kind: type[CredentialType]
    issued: datetime
    expires: datetime
    made: datetime


PARTIES = st.sampled_from(["city", "office", "bank"])
KINDS = st.sampled_from([Resident, Income])
QUESTION: dict[type[CredentialType], str] = {Resident: "full_name", Income: "total"}
ISSUER = {Resident: "city", Income: "office"}


class RolesMachine(RuleBasedStateMachine):
    """Issuers, a wallet, a verifier and their registry, each with a list of its own age.

    The model knows what each list says, what was answered, and when everything ends.  A verification succeeds exactly
    when the model says so; the history has one entry for each thing that was done.
    """

    consents = Bundle("consents")
    answers = Bundle("answers")

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        granted = self.world.clock() - timedelta(days=2)
        self.registry = {code: Standing([(granted, True)]) for code in ("city", "office", "bank")}
        self.views = {"wallet": deepcopy(self.registry), "bank": deepcopy(self.registry)}
        self.asked: dict[str, type[CredentialType]] = {}
        self.answered: set[str] = set()
        self.events = 0
        self.hold("city", 90)
        self.hold("office", 90)

    def hold(self, code: str, days: float) -> None:
        record = resident() if code == "city" else income()
        self.world.hold(record, valid_for=timedelta(days=days))
        self.events += 1

    # --- time and trust ---

    @rule(minutes=st.sampled_from([1, 4, 6, 30, 3 * 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.world.clock.pass_by(minutes=minutes)

    @rule(code=PARTIES, mode=st.sampled_from(["all", "from_date"]), told=st.booleans())
    def suspend(self, code: str, mode: Any, told: bool) -> None:
        standing = self.registry[code]
        if standing.was_granted(self.world.clock()):
            self.world.registry.suspend(f"urn:vcwallet:party:{code}", reason="audit", mode=mode)
            standing.change(self.world.clock(), False, mode)
        if told:
            self.update_trust("bank")

    @rule(code=PARTIES, told=st.booleans())
    def reinstate(self, code: str, told: bool) -> None:
        standing = self.registry[code]
        if not standing.was_granted(self.world.clock()):
            self.world.registry.reinstate(f"urn:vcwallet:party:{code}", reason="all well")
            standing.change(self.world.clock(), True, "all")
        if told:
            self.update_trust("bank")

    @rule(who=st.sampled_from(["wallet", "bank"]))
    def update_trust(self, who: str) -> None:
        getattr(self.world, who).update_trust(self.world.registry.published())
        self.views[who] = deepcopy(self.registry)

    @rule()
    def issuers_update_trust(self) -> None:
        for issuer in (self.world.city, self.world.office):
            issuer.update_trust(self.world.registry.published())

    # --- the usual steps ---

    @rule(code=st.sampled_from(["city", "office"]), days=st.sampled_from([0.01, 2, 90]))
    def issue_and_receive(self, code: str, days: float) -> None:
        try:
            self.hold(code, days)
        except (NotAuthorisedError, TrustedListError):
            return
        assert self.is_fresh("wallet")
        assert self.views["wallet"][code].was_granted(self.world.clock()) or self.views["wallet"][code].mode != "all"

    @rule()
    def ask_for_too_much(self) -> None:
        request = self.world.ask("full_name", "over_20", purpose="care")
        with pytest.raises((OverAskingError, VerifierUnknownError, TrustedListError)) as refused:
            self.world.wallet.match(request)
        self.events += refused.type is OverAskingError

    @rule(target=consents, kind=KINDS)
    def ask_and_approve(self, kind: type[CredentialType]) -> Any:
        request = self.world.ask(ask(kind, QUESTION[kind]))
        try:
            consent = approved(self.world.wallet.match(request))
        except (NoMatchError, VerifierUnknownError, TrustedListError):
            return multiple()
        self.asked[request.nonce] = kind
        self.require_verifier_known(request)
        return consent

    @rule(target=answers, consent=consumes(consents))
    def present(self, consent: Consent) -> Any:
        try:
            response = self.world.wallet.present(consent)
        except (NoMatchError, ValidityError, VerifierUnknownError, TrustedListError):
            return multiple()
        self.events += 1
        incoming = consent.prompt.incoming
        assert isinstance(incoming, UnverifiedRequest)
        assert incoming.signature is not None
        request = Request.from_jwt(incoming.signature.compact())
        self.require_verifier_known(request)
        with pytest.raises(LocalProtocolError):
            self.world.wallet.present(consent)
        claims = payload_of(consent.credentials[0].card.credential.raw)
        return Answer(
            response=response,
            request=request,
            kind=self.asked[request.nonce],
            issued=datetime.fromtimestamp(claims["iat"], UTC),
            expires=datetime.fromtimestamp(claims["exp"], UTC),
            made=self.world.clock(),
        )

    @rule(target=answers, kind=KINDS)
    def ask_approve_and_present(self, kind: type[CredentialType]) -> Any:
        consent = self.ask_and_approve(kind)
        return self.present(consent) if isinstance(consent, Consent) else multiple()

    @rule(answer=answers)
    def verify(self, answer: Answer) -> None:
        if self.expected_failures(answer):
            with pytest.raises(VcError):
                self.world.bank.verify(answer.response, expected=answer.request)
        else:
            assert answer.kind in self.world.bank.verify(answer.response, expected=answer.request)
            self.answered.add(answer.request.nonce)

    @rule()
    def delete_the_newest_card(self) -> None:
        card = next(self.world.wallet.cards(), None)
        if card is not None:
            self.world.wallet.delete(card)
            self.events += 1

    # --- the model ---

    def is_fresh(self, who: str) -> bool:
        role: Any = getattr(self.world, who)
        return self.world.clock() < role._trust.next_update

    def require_verifier_known(self, request: Request) -> None:
        now = self.world.clock()
        assert self.is_fresh("wallet")
        assert self.views["wallet"]["bank"].accepts(signed=now, at=now)
        assert now < request.expires + timedelta(minutes=1)

    def expected_failures(self, answer: Answer) -> list[str]:
        """Return why the answer has to be refused; nothing if it has to be accepted."""
        now, skew = self.world.clock(), timedelta(minutes=1)
        failures = {
            "answered before": answer.request.nonce in self.answered,
            "the request has expired": now >= answer.request.expires,
            "the credential has expired": now - skew >= answer.expires,
            "the proof is too old": answer.made < now - timedelta(minutes=5),
            "the list is stale": not self.is_fresh("bank"),
            "the issuer is not authorised": not self.views["bank"][ISSUER[answer.kind]].accepts(
                signed=answer.issued, at=now
            ),
        }
        return [name for name, holds in failures.items() if holds]

    # --- what always holds ---

    @invariant()
    def the_history_has_one_entry_for_each_thing_that_was_done(self) -> None:
        assert len(list(self.world.wallet.history())) == self.events

    @invariant()
    def the_verifier_has_one_receipt_for_each_success(self) -> None:
        assert len(self.world.bank.receipts()) == len(self.answered)


TestRoles = RolesMachine.TestCase
TestRoles.settings = settings(stateful_step_count=40, max_examples=settings().max_examples // 2)
