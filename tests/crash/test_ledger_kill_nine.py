# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Many processes issue in one ledger and are killed: no place twice, no key twice, nothing lost, nothing by half."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests.support.ledger import LISTS
from tests.support.pki import NOW
from tests.support.scripts import REPOSITORY
from vcwallet.adapters.store import SqlLedger
from vcwallet.adapters.store.database import parse_location

pytestmark = pytest.mark.crash

SIZE = 256
Place = tuple[str, int]


@pytest.fixture(params=["postgresql", "sqlite"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    where = request.getfixturevalue("postgres") if request.param == "postgresql" else str(tmp_path / "ledger.db")
    SqlLedger.create(where, lists=LISTS, size=SIZE).close()
    return where


def used(location: str, *, acts: int, kills: int) -> list[tuple[str, str, list[Place]]]:
    """Let processes use the ledger and be killed, and return what was acknowledged."""
    workers = 16 if "postgresql" in location else 4
    command = [sys.executable, "-m", "tests.crash.ledger_users", location, str(workers), str(acts), str(kills)]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [(what, key, [(uri, index) for uri, index in places]) for what, key, places in lines]


def rows(location: str, query: str) -> list[Any]:
    engine = create_engine(parse_location(location))
    try:
        with engine.connect() as connection:
            return list(connection.execute(text(query)))
    finally:
        engine.dispose()


def uri_of(entry: Any) -> str:
    return f"{LISTS}/{entry.list}"


def require_whole(location: str, acknowledged: list[tuple[str, str, list[Place]]]) -> None:
    entries = rows(location, "SELECT idempotency_key, issue, copy_number, list, idx, value FROM vcwallet_issuance")
    by_place = {(uri_of(entry), entry.idx): entry for entry in entries}
    assert len(by_place) == len(entries)
    issues: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for entry in entries:
        issues[entry.idempotency_key, entry.issue].append(entry)
    require_whole_issues(issues)
    require_acknowledged(acknowledged, by_place)
    # What will be published is what is there, and each status that was set has its line.
    revoked = {(uri_of(entry), entry.idx): entry.value for entry in entries if entry.value}
    with SqlLedger.open(location) as ledger:
        states = list(ledger.due(at=NOW, renew_until=NOW))
    assert revoked == {(state.uri, index): value for state in states for index, value in state.values.items()}
    lines = rows(location, "SELECT count(*), count(DISTINCT issuance) FROM vcwallet_status_change")
    assert lines == [(len(revoked), len(revoked))]


def require_whole_issues(issues: dict[tuple[str, int], list[Any]]) -> None:
    last = dict(sorted(issues))  # the last issue of a key comes last
    for (key, issue), copies in issues.items():
        assert sorted(copy.copy_number for copy in copies) == list(range(len(copies)))
        assert len(copies) in (1, 4)
        taken = {(copy.list, copy.idx) for copy in copies}
        assert not any((number, index + 1) in taken for number, index in taken)
        # An issue that was replaced is there, and revoked.
        assert issue == 0 or (key, issue - 1) in issues
        assert issue == last[key] or {copy.value for copy in copies} == {1}


def require_acknowledged(acknowledged: list[tuple[str, str, list[Place]]], by_place: dict[Place, Any]) -> None:
    first = Counter(key for what, key, _ in acknowledged if what == "issued")
    assert first
    assert "failed" not in {what for what, _, _ in acknowledged}
    assert max(first.values()) == 1  # one of all who tried the key has issued
    handed_out = Counter(place for what, _, places in acknowledged if "issued" in what for place in places)
    assert max(handed_out.values()) == 1
    for what, key, places in acknowledged:
        for place in places:
            assert by_place[place].idempotency_key == key
            assert what != "revoked" or by_place[place].value == 1


def test_nothing_is_given_twice_lost_or_there_by_half(location):
    acknowledged = used(location, acts=250, kills=5)
    assert Counter(what for what, _, _ in acknowledged)["killed"] >= 5
    require_whole(location, acknowledged)


@pytest.mark.sweep
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("part", ["first", "second", "third"])
def test_the_same_for_a_long_time_in_three_parts(location, part):
    # A new ledger for each: in one that has been used, all keys are soon taken.
    require_whole(location, used(location, acts=20_000, kills=200))
