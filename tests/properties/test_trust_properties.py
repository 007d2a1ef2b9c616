# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What holds of every list and registration, and of every history of a registry and those who follow it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from tests.support.pki import NOW
from tests.support.trust import LOAN, Clock, Demo, Residence, Tax
from vcwallet.claims import ClaimPath
from vcwallet.encoding import json, sri
from vcwallet.errors import DigestInvalidError, NotAuthorisedError, TrustedListError, UntrustedError, VcError
from vcwallet.keys import KeySource, Role
from vcwallet.registry import TrustRegistry
from vcwallet.storage import MemoryStore
from vcwallet.trust.certificates import from_der
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.enrolment import Enrolment
from vcwallet.trust.list_json import service_from_json, service_json
from vcwallet.trust.published import PublishedTrust
from vcwallet.trust.registration import Grant, IntendedUse, read_registration, use_claims, use_from_json
from vcwallet.trust.root_statement import follow_roots
from vcwallet.trust.trusted_list import LISTED_AS, ListedService, Mode, Status, StatusPeriod

DEMO = Demo()
PUBLISHED = DEMO.registry.published()
REGISTRATION = DEMO.bank.registrations[LOAN.code]
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
moments = st.integers(0, 10**6).map(lambda seconds: NOW + timedelta(seconds=seconds))


# --- a changed byte ---------------------------------------------------------------------------------------------------


@given(st.sampled_from([None, *PUBLISHED.lists]), st.data(), st.characters(codec="latin-1"))
def test_a_list_with_any_character_changed_is_refused(role: Role | None, data: st.DataObject, character: str) -> None:
    text = PUBLISHED.master if role is None else PUBLISHED.lists[role]
    position = data.draw(st.integers(0, len(text) - 1))
    changed = text[:position] + character + text[position + 1 :]
    if changed == text:
        return
    forged = replace(PUBLISHED, master=changed) if role is None else with_list(role, changed)
    with pytest.raises(TrustedListError):
        TrustedListClient.start(forged, store=MemoryStore(), at=NOW)


def with_list(role: Role, text: str) -> PublishedTrust:
    return replace(PUBLISHED, lists={**PUBLISHED.lists, role: text})


@given(st.sampled_from(sorted(PUBLISHED.revocation_lists)), st.data())
def test_a_revocation_list_with_any_byte_changed_is_refused(key_id: bytes, data: st.DataObject) -> None:
    der = PUBLISHED.revocation_lists[key_id]
    position, flip = data.draw(st.integers(0, len(der) - 1)), data.draw(st.integers(1, 255))
    changed = der[:position] + bytes([der[position] ^ flip]) + der[position + 1 :]
    forged = replace(PUBLISHED, revocation_lists={**PUBLISHED.revocation_lists, key_id: changed})
    with pytest.raises(TrustedListError):
        TrustedListClient.start(forged, store=MemoryStore(), at=NOW)


@given(st.integers(0, len(REGISTRATION) - 1), st.characters(codec="latin-1"))
def test_a_registration_with_any_character_changed_is_refused(position: int, character: str) -> None:
    changed = REGISTRATION[:position] + character + REGISTRATION[position + 1 :]
    if changed == REGISTRATION:
        assert read_registration(changed, trust=DEMO.client, at=NOW).use == LOAN
        return
    with pytest.raises(VcError):
        read_registration(changed, trust=DEMO.client, at=NOW)


@given(st.integers(0, 1), st.data())
def test_a_chain_with_any_byte_changed_is_refused(which: int, data: st.DataObject) -> None:
    chain = list(DEMO.city.chain)
    position = data.draw(st.integers(0, len(chain[which]) - 1))
    flip = data.draw(st.integers(1, 255))
    chain[which] = chain[which][:position] + bytes([chain[which][position] ^ flip]) + chain[which][position + 1 :]
    source = KeySource(chain=tuple(chain))
    with pytest.raises(VcError):
        DEMO.client.key_for(source, role=Role.CREDENTIAL_ISSUER, type_id=Residence.vct, at=NOW)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_an_integrity_string_matches_its_document_only(document: bytes, other: bytes) -> None:
    sri.require_match(sri.integrity(document), document)
    if other != document:
        with pytest.raises(DigestInvalidError):
            sri.require_match(sri.integrity(document), other)


# --- parsers only raise errors of ours --------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)


@given(st.binary(max_size=300) | json_values.map(json.dumps))
def test_rubbish_is_refused_with_an_error_of_ours(data: bytes) -> None:
    text = data.decode("latin-1")
    for read in (
        lambda: PublishedTrust.from_json(data),
        lambda: Enrolment.from_json(data, "x"),
        lambda: use_from_json(data),
        lambda: service_from_json(data, name={"en": "x"}),
        lambda: read_registration(text, trust=DEMO.client, at=NOW),
        lambda: read_registration(data, trust=DEMO.client, at=NOW),
        lambda: TrustedListClient.start(replace(PUBLISHED, master=text), store=MemoryStore(), at=NOW),
        lambda: TrustedListClient.start(
            replace(PUBLISHED, lists=dict.fromkeys(PUBLISHED.lists, text)), store=MemoryStore(), at=NOW
        ),
        lambda: TrustedListClient.start(
            replace(PUBLISHED, revocation_lists=dict.fromkeys(PUBLISHED.revocation_lists, data)),
            store=MemoryStore(),
            at=NOW,
        ),
        lambda: follow_roots(from_der(PUBLISHED.anchor), [text], at=NOW),
        lambda: DEMO.client.key_for(KeySource(chain=(data, data)), role=Role.VERIFIER, type_id=None, at=NOW),
    ):
        with pytest.raises(VcError):
            read()


# --- round trips ------------------------------------------------------------------------------------------------------

texts = st.dictionaries(st.sampled_from(["ja", "en", "und"]), names, min_size=1)
paths = st.lists(names | st.integers(0, 9) | st.none(), min_size=1, max_size=4).map(tuple)
grants = st.builds(
    Grant,
    names,
    st.lists(paths, min_size=1, max_size=3).map(tuple),
    st.sampled_from(["dc+sd-jwt", "mso_mdoc"]),
)
uses = st.builds(
    IntendedUse,
    code=names,
    text=texts,
    grants=st.lists(grants, min_size=1, max_size=3).map(tuple),
    legal_basis=st.lists(names, max_size=2).map(tuple),
    procedure=st.none() | names,
    special_care=st.booleans(),
    retention_days=st.none() | st.integers(0, 3650),
    retention_text=texts | st.just({}),
    privacy_policy=st.none() | names,
    contact=st.none() | names,
)
services = st.builds(
    ListedService,
    party=names,
    name=texts,
    role=st.sampled_from([role for role in Role if role not in LISTED_AS]),
    authority_key_id=st.binary(min_size=1, max_size=20),
    periods=st.lists(
        st.builds(StatusPeriod, status=st.sampled_from(Status), since=moments, mode=st.sampled_from(Mode)),
        min_size=1,
        max_size=4,
    ).map(lambda periods: tuple(sorted(periods, key=lambda period: period.since))),
    may_issue=st.dictionaries(names, moments, max_size=3),
    revoked=st.frozensets(names, max_size=2),
    details=st.dictionaries(names, names, max_size=2),
)


@given(uses)
def test_every_use_survives_its_json(use: IntendedUse) -> None:
    assert use_from_json(json.dumps(use_claims(use))) == use


@given(services)
def test_every_service_survives_its_json(service: ListedService) -> None:
    assert service_from_json(json.dumps(service_json(service)), name=service.name) == service


@given(uses, names, paths)
def test_a_use_covers_just_what_one_of_its_grants_covers(use: IntendedUse, type_id: str, path: ClaimPath) -> None:
    for grant in use.grants:
        # Of an mdoc, one name is an element, and what stands in a namespace is asked for by two.
        alone = grant.format == "mso_mdoc"
        asked = [("any", *own) if alone and len(own) == 1 else own for own in grant.paths]
        assert all(use.covers(grant.type_id, own, format=grant.format) for own in asked)
    own = [grant for grant in use.grants if grant.type_id == type_id]
    assert use.covers(type_id, path) == any(grant.covers(path) for grant in own)


@given(services, moments, moments)
def test_nothing_signed_outside_a_grant_is_accepted(service: ListedService, signed_at: datetime, at: datetime) -> None:
    try:
        service.require_granted(signed_at=signed_at, at=at)
    except NotAuthorisedError:
        return
    assert service.status_at(min(signed_at, at)) is Status.GRANTED


# --- a history of a registry and one who follows it -------------------------------------------------------------------


@dataclass
class Party:
    """What the model knows of an issuer."""

    enrolment: Enrolment
    periods: list[tuple[Status, datetime]]
    mode: Mode = Mode.ALL

    def status_at(self, moment: datetime) -> Status | None:
        return next((status for status, since in reversed(self.periods) if since <= moment), None)

    def accepted(self, signed_at: datetime, at: datetime) -> bool:
        if self.status_at(at) is not Status.GRANTED and self.mode is Mode.ALL:
            return False
        return self.status_at(min(signed_at, at)) is Status.GRANTED


class Following(RuleBasedStateMachine):
    """Changes, updates, replays of older lists and moves of the clock, against a dictionary of who is what."""

    parties = Bundle("parties")
    issues = Bundle("issues")

    @initialize()
    def found(self) -> None:
        self.clock, self.store, self.client_store = Clock(), MemoryStore(), MemoryStore()
        self.registry = TrustRegistry.found("Registry", store=self.store, clock=self.clock)
        published = self.registry.published()
        self.client = TrustedListClient.start(published, store=self.client_store, at=self.clock())
        self.truth: dict[str, Party] = {}
        self.known: dict[str, Party] = {}
        self.ends = self.clock() + timedelta(days=7)
        self.seen = published

    @rule(target=parties)
    def enrol(self) -> str:
        enrolment = self.registry.enrol_issuer("City", may_issue=[Tax])
        since = self.clock() - timedelta(seconds=60)
        self.truth[enrolment.identifier] = Party(enrolment, [(Status.GRANTED, since)])
        return enrolment.identifier

    @rule(party=parties, mode=st.sampled_from(["all", "from_date"]), for_good=st.booleans())
    def stop(self, party: str, mode: str, for_good: bool) -> None:
        known = self.truth[party]
        status = known.periods[-1][0]
        change = self.registry.withdraw if for_good else self.registry.suspend
        if status is Status.WITHDRAWN or (status is Status.SUSPENDED and not for_good):
            with pytest.raises(ValueError, match="cannot become"):
                change(party, reason="test", mode=mode)  # type: ignore[arg-type]  # one of the two
            return
        if status is Status.SUSPENDED and known.mode is Mode.ALL and mode == "from_date":
            with pytest.raises(ValueError, match="bring its signatures back"):
                change(party, reason="test", mode="from_date")
            return
        change(party, reason="test", mode=mode)  # type: ignore[arg-type]  # one of the two
        new = Status.WITHDRAWN if for_good else Status.SUSPENDED
        self.truth[party] = Party(known.enrolment, [*known.periods, (new, self.clock())], Mode(mode))

    @rule(party=parties)
    def reinstate(self, party: str) -> None:
        known = self.truth[party]
        if known.periods[-1][0] is not Status.SUSPENDED:
            with pytest.raises(ValueError, match="cannot become"):
                self.registry.reinstate(party, reason="test")
            return
        self.registry.reinstate(party, reason="test")
        self.truth[party] = Party(known.enrolment, [*known.periods, (Status.GRANTED, self.clock())])

    @rule(hours=st.integers(1, 100))
    def time_passes(self, hours: int) -> None:
        self.clock.pass_by(hours=hours)

    @rule()
    def both_restart(self) -> None:
        self.registry = TrustRegistry.reopen(self.store, clock=self.clock)
        self.client = TrustedListClient.resume(self.client_store)

    @rule(target=issues)
    def update(self) -> PublishedTrust:
        published = self.registry.published()
        self.client.update(published, at=self.clock())
        if published != self.seen:
            self.ends = self.client.next_update
        self.known, self.seen = dict(self.truth), published
        return published

    @rule(issue=issues)
    def replay(self, issue: PublishedTrust) -> None:
        if issue == self.seen and self.clock() < self.ends:
            self.client.update(issue, at=self.clock())
            return
        with pytest.raises(TrustedListError) as caught:
            self.client.update(issue, at=self.clock())
        assert caught.value.code == ("REGISTRY_STALE" if issue == self.seen else "REGISTRY_ROLLBACK")

    @rule(party=parties, hours=st.integers(0, 300))
    def ask(self, party: str, hours: int) -> None:
        at = self.clock()
        signed_at = at - timedelta(hours=hours)
        enrolment = self.truth[party].enrolment
        source = KeySource(chain=enrolment.chain, signed_at=signed_at)

        def look_up() -> bool:
            found = self.client.key_for(source, role=Role.CREDENTIAL_ISSUER, type_id=Tax.vct, at=at)
            return found.party == party

        if at >= self.ends:
            with pytest.raises(TrustedListError):
                look_up()
        elif party in self.known and self.known[party].accepted(signed_at, at):
            assert look_up()
        else:
            with pytest.raises((NotAuthorisedError, UntrustedError)):
                look_up()

    @invariant()
    def one_list_is_kept(self) -> None:
        if hasattr(self, "client_store"):
            assert len(list(self.client_store.find("trusted_list"))) == 1


TestFollowing = Following.TestCase
TestFollowing.settings = settings(stateful_step_count=25)
