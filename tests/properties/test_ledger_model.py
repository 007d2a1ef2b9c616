# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A `SqlLedger` does what a dictionary of keys does, whatever is done to it, and however often it is opened again."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.support.ledger import LISTS, decided, new_issue
from tests.support.pki import NOW
from vcwallet.adapters.store import SqlLedger
from vcwallet.errors import LocalProtocolError
from vcwallet.status.ledger import AlreadyIssuedError, Issuance, Pseudonym, PublishedList, Status

KEYS = st.sampled_from(["a", "b", "c", "番号"])
COPIES = st.sampled_from([1, 2, 5])
PEOPLE = {key: Pseudonym(bytes([key in "ab"]) * 32) for key in ("a", "b", "c", "番号")}
SIZE = 16


class Failed(Exception):
    """A signature that was not made."""


@dataclass
class Model:
    """What a ledger has to remember, without any care for how."""

    last: dict[str, list[str]] = field(default_factory=dict)
    entries: dict[str, Issuance] = field(default_factory=dict)
    changes: dict[str, list[tuple[str, Status, Status]]] = field(default_factory=dict)

    def refusal(self, key: str, status: Status | None = None) -> str | None:
        """Return the code of the error that a change of status, or a new issue instead, has to end with."""
        if status is None:
            return "ALREADY_ISSUED" if key in self.last else None
        if key not in self.last:
            return "NOT_ISSUED"
        revoked = any(self.entries[id].status is Status.INVALID for id in self.last[key])
        return "STATUS_FINAL" if revoked and status is not Status.INVALID else None

    def refusal_to_replace(self, key: str) -> str | None:
        """Return the code of the error that issuing anew has to end with."""
        if key not in self.last:
            return "NOT_ISSUED"
        return None if all(self.entries[id].status is Status.VALID for id in self.last[key]) else "NOT_VALID"

    def set(self, key: str, status: Status) -> None:
        for id in self.last[key]:
            before = self.entries[id]
            if before.status is not status:
                self.entries[id] = replace(before, status=status)
                self.changes.setdefault(key, []).append((id, before.status, status))

    def enter(self, key: str, entries: tuple[Issuance, ...]) -> None:
        self.last[key] = [entry.id for entry in entries]
        self.entries |= {entry.id: entry for entry in entries}


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name) / "ledger.db"
        self.model = Model()
        self.published: dict[str, tuple[datetime, dict[int, int]]] = {}
        self.now = NOW.replace(microsecond=0)

    @initialize()
    def create(self) -> None:
        self.ledger = SqlLedger.create(self.path, lists=LISTS, size=SIZE)

    @rule(key=KEYS, copies=COPIES, replaces=st.booleans(), fails=st.booleans())
    def issue(self, key: str, copies: int, replaces: bool, fails: bool) -> None:
        expected = self.model.refusal_to_replace(key) if replaces else self.model.refusal(key)
        replacing = decided(self.now) if replaces else None
        new = new_issue(key, copies=copies, replaces=replacing, subject=PEOPLE[key])
        if expected is None and not fails:
            with self.ledger.issuing(new) as entries:
                assert len(entries) == copies
            if replaces:
                self.model.set(key, Status.INVALID)
            self.model.enter(key, entries)
            return
        with pytest.raises((Failed, LocalProtocolError)) as caught, self.ledger.issuing(new):
            raise Failed
        assert getattr(caught.value, "code", None) == expected
        if isinstance(caught.value, AlreadyIssuedError):
            assert caught.value.issuances == tuple(self.model.entries[id] for id in self.model.last[key])

    @rule(key=KEYS, status=st.sampled_from(Status))
    def change(self, key: str, status: Status) -> None:
        expected = self.model.refusal(key, status)
        if expected is not None:
            with pytest.raises(LocalProtocolError) as caught:
                self.ledger.change_status(key, status, decided(self.now))
            assert caught.value.code == expected
            return
        shown = self.ledger.change_status(key, status, decided(self.now))
        self.model.set(key, status)
        assert shown == tuple(self.model.entries[id] for id in self.model.last[key])

    @rule(person=st.sampled_from(list(PEOPLE.values())), status=st.sampled_from(Status))
    def change_all_of(self, person: Pseudonym, status: Status) -> None:
        model, theirs = self.model, [key for key in self.model.last if PEOPLE[key] == person]
        if not theirs:
            with pytest.raises(LocalProtocolError, match="NOT_ISSUED"):
                self.ledger.change_status_of([person], status, decided(self.now))
            return
        shown = self.ledger.change_status_of([person], status, decided(self.now))
        for key in sorted(theirs):
            if model.refusal(key, status) is None:
                model.set(key, status)
        expected = {id: model.entries[id] for key in theirs for id in model.last[key]}
        assert {entry.id: entry for entry in shown} == expected
        assert self.ledger.issued_to([person]) == shown

    @rule(seconds=st.integers(-5, 100), keeps=st.booleans())
    def publish(self, seconds: int, keeps: bool) -> None:
        """Publish what is due, unless a publisher dies on the way, by a clock that may go back a little."""
        self.now += timedelta(seconds=seconds)
        for state in self.ledger.due(at=self.now, renew_until=self.now):
            last = self.published.get(state.uri)
            assert state.issued_at == (last[0] if last else None)
            issued_at = max(self.now, last[0] + timedelta(seconds=1)) if last else self.now
            token = PublishedList(
                uri=state.uri,
                jwt="jwt",
                cwt=b"cwt",
                issued_at=issued_at,
                expires=issued_at + timedelta(hours=1),
                ttl=timedelta(minutes=1),
            )
            if keeps:
                assert self.ledger.keep(token, version=state.version)
                self.published[state.uri] = (issued_at, dict(state.values))
                assert self.ledger.published(state.uri) == token

    @rule()
    def reopen(self) -> None:
        self.ledger.close()
        self.ledger = SqlLedger.open(self.path)

    @rule()
    def everything_is_the_same_and_has_a_place_of_its_own(self) -> None:
        entries = self.model.entries
        assert {id: self.ledger.entry(id) for id in entries} == entries
        assert len({(entry.uri, entry.index) for entry in entries.values()}) == len(entries)
        for key, ids in self.model.last.items():
            issued = self.ledger.issued(key)
            assert [entry.id for entry in issued] == ids
            taken = {(entry.uri, entry.index) for entry in issued}
            assert not any((uri, index + 1) in taken for uri, index in taken)
            changes = [(one.issuance, one.old, one.new) for one in self.ledger.changes(key)]
            assert changes == self.model.changes.get(key, [])

    @rule()
    def what_differs_from_what_was_published_is_due(self) -> None:
        states = {state.uri: state.values for state in self.ledger.due(at=self.now, renew_until=self.now)}
        for uri, (_, values) in self.published.items():
            marked = {
                one.index: int(one.status) for one in self.model.entries.values() if one.uri == uri and one.status
            }
            assert states[uri] == marked if marked != values or uri in states else values == marked

    def teardown(self) -> None:
        self.everything_is_the_same_and_has_a_place_of_its_own()
        self.ledger.close()
        self.directory.cleanup()


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(max_examples=max(20, settings().max_examples // 5), stateful_step_count=25)
