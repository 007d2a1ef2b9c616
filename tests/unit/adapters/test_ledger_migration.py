# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Ledgers of schema 1, written by the release that had it, are brought up to the newest when they are opened.

The file is in ``data``, with the program that made it beside.  Its rows, put into PostgreSQL as that release would
have, are tested there too.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from tests.support.ledger import DESK, LISTS, enter
from tests.support.pki import NOW
from tests.support.scripts import REPOSITORY
from vcwallet.adapters.store import SqlLedger
from vcwallet.adapters.store.database import parse_location
from vcwallet.adapters.store.ledger import migration
from vcwallet.adapters.store.ledger.migration import ENVIRONMENT
from vcwallet.adapters.store.ledger.schema import REVISION_TABLE, SCHEMA_VERSION, metadata, revision_of
from vcwallet.errors import StoreCorruptError
from vcwallet.status.ledger import Pseudonym, Status

DATA = Path(__file__).parent / "data"
TABLES = (
    "vcwallet_ledger",
    "vcwallet_status_list",
    "vcwallet_status_token",
    "vcwallet_issuance",
    "vcwallet_status_change",
)
HANAKO = Pseudonym(bytes(range(32)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a ledger of schema 1."""
    return Path(shutil.copy(DATA / "ledger-v1.sqlite", tmp_path / "ledger.db"))


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, path: Path) -> str:
    """Where a ledger of schema 1 is."""
    if request.param == "sqlite":
        return str(path)
    url = request.getfixturevalue("postgres")
    copy_to_postgresql(path, url)
    return str(url)


def copy_to_postgresql(path: Path, url: str) -> None:
    """Make the tables of schema 1, without what alembic notes, and put the rows of a file into them."""
    engine = sa.create_engine(parse_location(url))
    with engine.begin() as connection, closing(sqlite3.connect(path)) as database:
        upgrade(connection, revision_of(1))
        connection.execute(sa.text(f"DROP TABLE {REVISION_TABLE}"))
        for table in TABLES:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            found = database.execute(f"SELECT * FROM {table}")  # noqa: S608
            rows = [dict(zip(columns, row, strict=True)) for row in found]
            made = sa.Table(table, sa.MetaData(), autoload_with=connection)
            connection.execute(sa.insert(made), rows)
            if table == "vcwallet_status_change":
                last = sa.text("SELECT setval(pg_get_serial_sequence('vcwallet_status_change', 'number'), 100)")
                connection.execute(last)
    engine.dispose()


def upgrade(connection: sa.Connection, revision: str) -> None:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(ENVIRONMENT))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, revision)


def schema_of(path: Path) -> tuple[int, bool]:
    """The number in the header, and whether entries have a subject."""
    with closing(sqlite3.connect(path)) as database:
        (version,) = database.execute("SELECT schema_version FROM vcwallet_ledger").fetchone()
        return version, "subject" in [row[1] for row in database.execute("PRAGMA table_info(vcwallet_issuance)")]


def test_everything_is_as_it_was_and_goes_on(place):
    for number in range(2):
        with SqlLedger.open(place) as ledger:
            assert [entry.status for entry in ledger.issued("valid")] == [Status.VALID] * 3
            assert ledger.issued("suspended")[0].status is Status(2 - number)
            assert ledger.issued("revoked")[0].status is Status.INVALID
            assert [change.new for change in ledger.changes("issued anew")] == [Status.INVALID] * 2
            assert ledger.published(f"{LISTS}/1") is not None
            assert all(entry.subject is None for entry in ledger.issued("valid"))
            enter(ledger, f"new {number}", subject=HANAKO)
            assert len(ledger.issued_to([HANAKO])) == 1 + number
            ledger.change_status("suspended", Status.INVALID, DESK)
            [changed] = [state for state in ledger.due(at=NOW, renew_until=NOW) if state.values]
            assert len(changed.values) == 4


def test_what_was_issued_before_gets_a_subject_when_it_is_issued_anew(place):
    with SqlLedger.open(place) as ledger:
        enter(ledger, "valid", copies=3, replaces=DESK, subject=HANAKO)
        assert ledger.change_status_of([HANAKO], Status.INVALID, DESK) == ledger.issued("valid")


def test_sixteen_open_it_at_once(place):
    def use(number: int) -> int:
        with SqlLedger.open(place) as ledger:
            enter(ledger, f"new {number}", subject=HANAKO)
            return len(ledger.issued("valid"))

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(use, range(16))) == [3] * 16
    with SqlLedger.open(place) as ledger:
        assert len(ledger.issued_to([HANAKO])) == 16


def test_a_migration_that_fails_leaves_the_old_ledger(path, monkeypatch):
    class DiskFailedError(Exception):
        pass

    def half(connection: sa.Connection, *, from_schema: int) -> None:
        migration.migrate(connection, from_schema=from_schema)
        raise DiskFailedError

    monkeypatch.setattr("vcwallet.adapters.store.ledger.sql_ledger.migrate", half)
    with pytest.raises(DiskFailedError):
        SqlLedger.open(path)
    monkeypatch.undo()
    assert schema_of(path) == (1, False)
    SqlLedger.open(path).close()
    assert schema_of(path) == (SCHEMA_VERSION, True)


def test_a_damaged_old_header_is_found_before_anything_is_changed(path):
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE vcwallet_ledger SET size = 128")
    with pytest.raises(StoreCorruptError):
        SqlLedger.open(path)
    assert schema_of(path) == (1, False)


class TestEnvironment:
    """Alembic's part of it."""

    @pytest.fixture(params=["sqlite", "postgresql"])
    def connection(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Connection]:
        sqlite = request.param == "sqlite"
        engine = sa.create_engine(
            f"sqlite:///{tmp_path / 'made.db'}" if sqlite else parse_location(request.getfixturevalue("postgres"))
        )
        with engine.connect() as connection:
            yield connection
        engine.dispose()

    def test_the_migrations_make_what_a_new_ledger_has(self, connection):
        upgrade(connection, "head")
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "version_table": REVISION_TABLE}
        )
        assert compare_metadata(context, metadata) == []

    def test_a_new_ledger_says_which_schema_it_has_in_alembic_s_way_too(self, connection):
        location = connection.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
        SqlLedger.create(location, lists=LISTS).close()
        context = MigrationContext.configure(connection, opts={"version_table": REVISION_TABLE})
        assert context.get_current_revision() == revision_of(SCHEMA_VERSION)

    def test_there_is_one_line_of_schemas_up_to_the_newest(self):
        config = Config()
        config.set_main_option("script_location", str(ENVIRONMENT))
        config.set_main_option("path_separator", "os")
        found = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
        assert found == [revision_of(version) for version in range(SCHEMA_VERSION, 0, -1)]

    def test_a_ledger_of_today_opens_without_alembic(self, tmp_path):
        path = tmp_path / "new.db"
        program = f"""
import sys
from vcwallet.adapters.store import SqlLedger
SqlLedger.create({str(path)!r}, lists="https://status.example/lists").close()
SqlLedger.open({str(path)!r}).close()
assert not any(name.partition(".")[0] in ("alembic", "mako") for name in sys.modules)
"""
        subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, check=True)

    def test_the_wheel_brings_the_migrations(self, tmp_path):
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
        subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
        (wheel,) = tmp_path.glob("*.whl")
        inside = set(zipfile.ZipFile(wheel).namelist())
        expected = {
            f"vcwallet/adapters/store/ledger/migrations/{file.relative_to(ENVIRONMENT).as_posix()}"
            for file in ENVIRONMENT.rglob("*.py")
        }
        assert len(expected) == 5
        assert expected <= inside
