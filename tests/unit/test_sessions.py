# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Sessions: found until they end, changed in one step by one of many; in memory and in every kind of database."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, text

from tests.support.pki import NOW
from tests.support.scripts import REPOSITORY
from vcwallet.adapters.store import SqlLedger, SqlSessions
from vcwallet.adapters.store.database import Statement, parse_location
from vcwallet.adapters.store.failures import DeadlockError
from vcwallet.adapters.store.sessions.schema import checksum
from vcwallet.errors import StoreCorruptError, StoreNewerError
from vcwallet.sessions import (
    MAX_BODY_BYTES,
    MAX_NAME_LENGTH,
    Add,
    MemorySessions,
    Remove,
    Session,
    SessionChangedError,
    SessionStore,
    Swap,
)

MINUTE = timedelta(minutes=1)
WORKERS = 16
ROUNDS = 10


@pytest.fixture(params=["value", "memory", "file", "postgresql"])
def sessions(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SessionStore]:
    if request.param == "value":
        yield MemorySessions()
        return
    with SqlSessions.open(location(request, tmp_path)) as opened:
        yield opened


@pytest.fixture(params=["file", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(location(request, tmp_path))


def location(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str | None:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres"))
    return tmp_path / "sessions.db" if request.param == "file" else None


def session(id="s-1", *, kind="code", body=b"fresh", expires=NOW + MINUTE) -> Session:
    return Session(kind=kind, id=id, body=body, expires=expires)


def added(sessions: SessionStore, **values: Any) -> Session:
    made = session(**values)
    sessions.commit(Add(made))
    return made


# --- one at a time ---


def test_a_session_is_found_until_it_ends(sessions):
    made = added(sessions)
    assert sessions.get("code", "s-1", at=NOW) == made
    assert sessions.get("code", "s-1", at=NOW + MINUTE - timedelta(microseconds=1)) == made
    assert sessions.get("code", "s-1", at=NOW + MINUTE) is None


def test_a_session_is_found_by_kind_and_identifier(sessions):
    added(sessions)
    assert sessions.get("token", "s-1", at=NOW) is None
    assert sessions.get("code", "s-2", at=NOW) is None


def test_times_are_kept_to_the_microsecond(sessions):
    made = added(sessions, expires=NOW + timedelta(microseconds=1))
    assert sessions.get("code", "s-1", at=NOW) == made


def test_a_session_is_added_once(sessions):
    added(sessions)
    with pytest.raises(SessionChangedError):
        sessions.commit(Add(session(body=b"another")))
    assert sessions.get("code", "s-1", at=NOW).body == b"fresh"


def test_even_one_that_has_ended_is_not_added_again(sessions):
    added(sessions, expires=NOW - MINUTE)
    with pytest.raises(SessionChangedError):
        added(sessions)


def test_a_swap_changes_body_and_version(sessions):
    made = added(sessions)
    sessions.commit(Swap(made, b"spent"))
    found = sessions.get("code", "s-1", at=NOW)
    assert (found.body, found.version, found.expires) == (b"spent", 2, made.expires)
    assert found == Swap(made, b"spent").result


def test_a_swap_can_change_the_end(sessions):
    made = added(sessions)
    sessions.commit(Swap(made, b"kept", expires=NOW + 5 * MINUTE))
    assert sessions.get("code", "s-1", at=NOW + 4 * MINUTE).body == b"kept"
    assert sessions.count("code", at=NOW + 4 * MINUTE) == 1


@pytest.mark.parametrize("change", [lambda made: Swap(made, b"again"), Remove])
def test_what_has_changed_since_is_not_changed(sessions, change):
    made = added(sessions)
    sessions.commit(Swap(made, b"spent"))
    with pytest.raises(SessionChangedError) as caught:
        sessions.commit(change(made))
    assert caught.value.code == "SESSION_CHANGED"
    assert sessions.get("code", "s-1", at=NOW).body == b"spent"


@pytest.mark.parametrize("change", [lambda made: Swap(made, b"again"), Remove])
def test_what_is_gone_is_not_changed(sessions, change):
    made = added(sessions)
    sessions.commit(Remove(made))
    assert sessions.get("code", "s-1", at=NOW) is None
    with pytest.raises(SessionChangedError):
        sessions.commit(change(made))


def test_a_commit_is_done_whole_or_not_at_all(sessions):
    made, gone = added(sessions, id="s-1"), session("s-3")
    other = added(sessions, id="s-2")
    with pytest.raises(SessionChangedError):
        sessions.commit(Swap(made, b"spent"), Remove(other), Add(session("s-0")), Remove(gone))
    assert sessions.get("code", "s-1", at=NOW) == made
    assert sessions.get("code", "s-2", at=NOW) == other
    assert sessions.get("code", "s-0", at=NOW) is None
    sessions.commit(Swap(made, b"spent"), Remove(other), Add(session("s-0")))
    assert sessions.get("code", "s-1", at=NOW).body == b"spent"
    assert sessions.get("code", "s-2", at=NOW) is None
    assert sessions.get("code", "s-0", at=NOW) == session("s-0")


def test_a_session_changes_once_in_a_commit(sessions):
    made = added(sessions)
    with pytest.raises(ValueError, match="once"):
        sessions.commit(Swap(made, b"spent"), Remove(made))


def test_sessions_are_counted_by_kind_until_they_end(sessions):
    for number in range(3):
        added(sessions, id=f"s-{number}", expires=NOW + number * MINUTE)
    added(sessions, kind="token")
    assert [sessions.count("code", at=NOW + number * MINUTE) for number in range(3)] == [2, 1, 0]
    assert sessions.count("token", at=NOW) == 1


def test_what_has_ended_is_forgotten(sessions):
    ended = [session(f"e-{number}", expires=NOW) for number in range(2_001)]
    sessions.commit(*map(Add, ended))
    made = added(sessions)
    assert sessions.purge(at=NOW) == 2_001
    assert sessions.purge(at=NOW) == 0
    assert sessions.get("code", "s-1", at=NOW) == made
    sessions.commit(Add(session("e-0")))  # its place is free again


@pytest.mark.parametrize(
    "values",
    [
        {"id": ""},
        {"id": "x" * (MAX_NAME_LENGTH + 1)},
        {"id": "a\n"},
        {"kind": "é"},
        {"body": b"x" * (MAX_BODY_BYTES + 1)},
        {"expires": NOW.replace(tzinfo=None)},
    ],
)
def test_a_session_that_could_not_be_kept_is_none(values):
    with pytest.raises(ValueError, match=r"characters|bytes|zone"):
        session(**values)


def test_the_longest_session_is_kept(sessions):
    made = added(sessions, id="x" * MAX_NAME_LENGTH, kind="y" * MAX_NAME_LENGTH, body=b"x" * MAX_BODY_BYTES)
    assert sessions.get(made.kind, made.id, at=NOW) == made


def test_a_body_does_not_show():
    secret = session(body=b"a secret")
    assert "a secret" not in f"{secret!r} {Swap(secret, b'a secret')!r} {Add(secret)!r}"


# --- many at once ---


def test_of_many_threads_one_changes_a_session(sessions):
    for number in range(ROUNDS):
        made = added(sessions, id=f"s-{number}")
        other = added(sessions, id=f"t-{number}")

        def change(worker: int, made: Session = made, other: Session = other, number: int = number) -> bool:
            marker = session(f"marker-{number}-{worker}", kind="marker")
            # Each names them in another order.
            changes = [Swap(made, b"%d" % worker), Remove(other), Add(marker)]
            try:
                sessions.commit(*(changes if worker % 2 else reversed(changes)))
            except SessionChangedError:
                return False
            return True

        with ThreadPoolExecutor(WORKERS) as pool:
            done = list(pool.map(change, range(WORKERS)))
        assert done.count(True) == 1
        assert sessions.get("code", f"s-{number}", at=NOW).body == b"%d" % done.index(True)
    assert sessions.count("marker", at=NOW) == ROUNDS


_WORKER = """
import sys
from datetime import datetime
from vcwallet.adapters.store import SqlSessions
from vcwallet.sessions import Add, Session, SessionChangedError, Swap

_, place, rounds, worker, now = sys.argv
at = datetime.fromisoformat(now)
print("ready", flush=True)
sys.stdin.readline()
won = []
with SqlSessions.open(place) as sessions:
    for number in range(int(rounds)):
        code = sessions.get("code", f"s-{number}", at=at)
        marker = Session(kind="marker", id=f"{number}", expires=code.expires)
        try:
            if code.version == 1:
                sessions.commit(Swap(code, worker.encode()), Add(marker))
                won.append(number)
        except SessionChangedError:
            pass
print(*won)
"""


def test_of_16_processes_one_changes_a_session(place):
    with SqlSessions.open(place) as sessions:
        sessions.commit(*(Add(session(f"s-{number}")) for number in range(ROUNDS)))
    command = [sys.executable, "-c", _WORKER, place, str(ROUNDS)]
    workers = [
        subprocess.Popen(
            [*command, str(worker), NOW.isoformat()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
        )
        for worker in range(WORKERS)
    ]
    for process in workers:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in workers:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    won = [list(map(int, process.communicate()[0].split())) for process in workers]
    assert [process.returncode for process in workers] == [0] * WORKERS
    assert sorted(number for numbers in won for number in numbers) == list(range(ROUNDS))
    with SqlSessions.open(place) as sessions:
        for worker, numbers in enumerate(won):
            for number in numbers:
                found = sessions.get("code", f"s-{number}", at=NOW)
                assert found is not None
                assert found.body == str(worker).encode()


def test_of_16_processes_one_makes_the_tables(place):
    script = "import sys; from vcwallet.adapters.store import SqlSessions; SqlSessions.open(sys.argv[1]).close()"
    command = [sys.executable, "-c", script, place]
    workers = [subprocess.Popen(command, cwd=REPOSITORY) for _ in range(WORKERS)]
    assert [process.wait() for process in workers] == [0] * WORKERS


def test_a_deadlock_is_tried_again(place, monkeypatch):
    failures = [DeadlockError("two waited for each other")] * 3
    run = Statement.run

    def failing(statement, connection, *given):
        done = run(statement, connection, *given)
        if failures:
            raise failures.pop()
        return done

    monkeypatch.setattr(Statement, "run", failing)
    with SqlSessions.open(place) as sessions:
        made = added(sessions)
        assert not failures
        assert sessions.get("code", "s-1", at=NOW) == made


def test_a_deadlock_that_does_not_end_is_told(place, monkeypatch):
    def failing(statement, connection, *given):
        raise DeadlockError("two waited for each other")

    with SqlSessions.open(place) as sessions, monkeypatch.context() as patch:
        patch.setattr(Statement, "run", failing)
        with pytest.raises(DeadlockError):
            added(sessions)


# --- the database ---


def test_sessions_are_there_when_opened_again(place):
    with SqlSessions.open(place) as sessions:
        made = added(sessions)
    with SqlSessions.open(place) as sessions:
        assert sessions.get("code", "s-1", at=NOW) == made


def test_sessions_and_a_ledger_share_a_database(place):
    with SqlLedger.create(place, lists="https://status.example/lists", size=64), SqlSessions.open(place) as sessions:
        added(sessions)
    with SqlLedger.open(place), SqlSessions.open(place) as sessions:
        assert sessions.count("code", at=NOW) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE vcwallet_session SET body = 'other'",
        "UPDATE vcwallet_session SET version = 7",
        "UPDATE vcwallet_session SET expires = expires + 60000000",
        "UPDATE vcwallet_session SET checksum = 'other'",
    ],
)
def test_a_damaged_session_is_not_returned(place, change):
    with SqlSessions.open(place) as sessions:
        added(sessions)
        executed(place, change)
        with pytest.raises(StoreCorruptError):
            sessions.get("code", "s-1", at=NOW)


@pytest.mark.parametrize("change", ["DELETE FROM vcwallet_sessions", "UPDATE vcwallet_sessions SET schema_version = 2"])
def test_a_damaged_header_is_told(place, change):
    SqlSessions.open(place).close()
    executed(place, change)
    with pytest.raises(StoreCorruptError):
        SqlSessions.open(place)


def test_a_newer_schema_is_told_from_a_damaged_one(place):
    SqlSessions.open(place).close()
    executed(place, "UPDATE vcwallet_sessions SET schema_version = 2, checksum = :checksum", checksum=checksum(2))
    with pytest.raises(StoreNewerError):
        SqlSessions.open(place)


def test_sessions_are_not_pickled():
    with SqlSessions.open(None) as sessions, pytest.raises(TypeError):
        pickle.dumps(sessions)


def executed(place: str, statement: str, **given: Any) -> None:
    engine = create_engine(parse_location(place), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(statement), given)
    engine.dispose()
