# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The connections that a database keeps at hand: given to one user at a time, clean, and closed with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from vcwallet.adapters.store.database import Database, Statement, parse_location
from vcwallet.errors import StoreError

TICKS = "SELECT count(*) FROM tick"


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    places = {"memory": lambda: None, "sqlite": lambda: tmp_path / "ticks.db"}
    place = places.get(request.param, lambda: request.getfixturevalue("postgres"))()
    made = Database(parse_location(place), busy_timeout=timedelta(seconds=5))
    with made.write() as connection:
        connection.execute(text("CREATE TABLE tick (at INTEGER)"))
    yield made
    made.close()


def ticks(database: Database) -> int:
    found = database.row(Statement(text(TICKS), database.dialect), {})
    assert found is not None
    return int(found[0])


def tick(cursor: Any) -> None:
    cursor.execute("INSERT INTO tick (at) VALUES (1)")


def tick_and(cursor: Any, act: Callable[[], object]) -> None:
    tick(cursor)
    act()


def test_what_was_not_committed_is_undone_before_the_next_one_has_the_connection(database: Database) -> None:
    with database.written() as cursor:
        tick(cursor)
    assert ticks(database) == 1
    with pytest.raises(ZeroDivisionError), database.written() as cursor:
        tick_and(cursor, lambda: 1 / 0)
    assert ticks(database) == 1
    with pytest.raises(StoreError), database.written() as cursor:
        tick_and(cursor, lambda: cursor.execute("INSERT INTO tock (at) VALUES (1)"))
    assert ticks(database) == 1
    with database.written() as cursor:
        tick(cursor)
    assert ticks(database) == 2


def test_users_at_the_same_time_have_a_connection_each_and_few_are_kept(tmp_path: Path) -> None:
    database = Database(parse_location(tmp_path / "ticks.db"), busy_timeout=timedelta(seconds=5))
    opened: list[object] = []
    event.listen(database._engine, "connect", lambda connection, _: opened.append(connection))
    with ExitStack() as users:
        cursors = [users.enter_context(database._cursor(ExitStack())) for _ in range(8)]
        assert len({id(cursor.connection) for cursor in cursors}) == len(opened) == 8
    assert len(database._kept) == 5
    for _ in range(20):
        with database.written():
            pass
    assert len(opened) == 8
    database.close()


def test_one_that_is_given_back_after_the_end_is_closed_with_the_rest(tmp_path: Path) -> None:
    database = Database(parse_location(tmp_path / "ticks.db"), busy_timeout=timedelta(seconds=5))
    with database._cursor(ExitStack()), database._cursor(ExitStack()):
        pass
    with database._cursor(ExitStack()):
        database.close()
    assert not database._kept


@pytest.fixture
def served(postgres: str) -> Iterator[Database]:
    made = Database(parse_location(postgres), busy_timeout=timedelta(seconds=5))
    yield made
    made.close()


def one(database: Database) -> object:
    return database.row(Statement(text("SELECT 1"), database.dialect), {})


def hang_up(postgres_server: Any) -> None:
    """End all connections but that of the tests, as a server does that is started anew."""
    _, connection = postgres_server
    connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )


def test_of_all_connections_that_the_server_has_ended_one_fails(served: Database, postgres_server: Any) -> None:
    with ExitStack() as users:
        for _ in range(8):
            users.enter_context(served._cursor(ExitStack())).execute("SELECT 1")
    hang_up(postgres_server)
    with pytest.raises(StoreError):
        one(served)
    for _ in range(8):
        assert one(served) == (1,)
    with served.read() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_a_connection_that_ends_before_it_is_given_back_is_a_store_error(
    served: Database, postgres_server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with served.write() as connection:
        connection.execute(text("CREATE TABLE tick (at INTEGER)"))
    with pytest.raises(StoreError), served._cursor(ExitStack()) as cursor:
        tick_and(cursor, lambda: hang_up(postgres_server))
    assert ticks(served) == 0
    assert not caplog.records


def test_a_server_that_is_not_there_is_a_store_error(tmp_path: Path) -> None:
    pytest.importorskip("psycopg", reason="pip install 'vcwallet[postgres]'")
    database = Database(parse_location(f"postgresql:///ticks?host={tmp_path}"), busy_timeout=timedelta(seconds=5))
    with pytest.raises(StoreError) as failed:
        one(database)
    assert str(tmp_path) not in str(failed.value)
    with pytest.raises(StoreError), database.written():
        raise AssertionError
    database.close()
