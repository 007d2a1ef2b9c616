# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Stores of schema 1, written by the release that had it, are brought up to the newest when they are opened.

The files are in ``data``, with the program that made them beside.  Their rows, put into PostgreSQL as that release
would have, are tested there too: what is sealed does not depend on the database.
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

from tests.support.scripts import REPOSITORY
from vcwallet import Wallet
from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, SqlStore, migration, sql_store
from vcwallet.adapters.store.database import Database, parse_location
from vcwallet.adapters.store.header import SCHEMA_VERSION, Header, _checksum
from vcwallet.adapters.store.migration import ENVIRONMENT
from vcwallet.adapters.store.schema import REVISION_TABLE, metadata, revision_of
from vcwallet.errors import StoreCorruptError, StoreNewerError, WrongPassphraseError
from vcwallet.storage import Put

DATA = Path(__file__).parent / "data"
PASSPHRASE = "correct horse battery staple"
TYPE = "urn:example:resident:1"
TABLES = ("vcwallet_store", "vcwallet_record", "vcwallet_tag")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a wallet of schema 1 is."""
    return old_store("wallet", request.param, request, tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def unsealed(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an unsealed store of schema 1 is."""
    return old_store("unsealed", request.param, request, tmp_path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a wallet of schema 1."""
    return Path(old_file("wallet", tmp_path))


def old_store(name: str, kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    file = old_file(name, tmp_path)
    if kind == "sqlite":
        return file
    url = request.getfixturevalue("postgres")
    copy_to_postgresql(file, url)
    return url


def old_file(name: str, tmp_path: Path) -> str:
    return str(shutil.copy(DATA / f"{name}-v1.sqlite", tmp_path / f"{name}.db"))


def copy_to_postgresql(file: str, url: str) -> None:
    """Make the tables of schema 1, without what alembic notes, and put the rows of a file into them."""
    engine = sa.create_engine(parse_location(url))
    with engine.begin() as connection, closing(sqlite3.connect(file)) as database:
        upgrade(connection, revision_of(1))
        connection.execute(sa.text(f"DROP TABLE {REVISION_TABLE}"))
        for table in TABLES:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            found = database.execute(f"SELECT * FROM {table}")  # noqa: S608
            rows = [dict(zip(columns, row, strict=True)) for row in found]
            made = sa.Table(table, sa.MetaData(), autoload_with=connection)
            connection.execute(sa.insert(made), rows)
    engine.dispose()


def upgrade(connection: sa.Connection, revision: str) -> None:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(ENVIRONMENT))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, revision)


def schema_of(file: Path) -> tuple[int, list[str]]:
    """The number in the header, and the columns of a record."""
    with closing(sqlite3.connect(file)) as database:
        (version,) = database.execute("SELECT schema_version FROM vcwallet_store").fetchone()
        return version, [row[1] for row in database.execute("PRAGMA table_info(vcwallet_record)")]


class TestOldStores:
    def test_a_wallet_is_read_presents_its_history_and_goes_on(self, place):
        with Wallet.open(place, passphrase=PASSPHRASE) as wallet:
            cards = list(wallet.cards(TYPE))
            assert len(cards) == 3
            assert all(wallet.claims(card)["full_name"] == "番号　花子" for card in cards)
            events = [entry.entry["event"] for entry in wallet.history()]
            assert events == ["received"] * 4 + ["deleted", "presented"]
            assert list(wallet.damaged()) == []
            wallet.delete(cards[0])
        with Wallet.open(place, passphrase=PASSPHRASE) as wallet:
            assert list(wallet.cards()) == cards[1:]
            assert len(list(wallet.history())) == 7

    def test_an_unsealed_store_is_read_and_written(self, unsealed):
        for number in range(2):
            with SqlStore.open_unsealed(unsealed) as store:
                found = [record.id for record in store.find("nonce", "all") if record.id.isdigit()]
                assert found == ["3", "9", "8", "7", "6", "5", "4", "2", "1", "0"]
                assert [record.id for record in store.find("nonce", "1")] == ["9", "7", "5", "1"]
                assert store.get("nonce", "3") == b"again"
                store.commit(Put("nonce", f"new {number}", b"", tags=("all",), new=True))

    def test_its_key_can_be_rotated(self, place):
        with Wallet.open(place, passphrase=PASSPHRASE) as wallet:
            assert wallet.rotate_key(passphrase=PASSPHRASE) == ()
            assert len(list(wallet.cards(TYPE))) == 3
        with Wallet.open(place, passphrase=PASSPHRASE) as wallet:
            assert len(list(wallet.history())) == 6

    def test_a_wrong_passphrase_changes_nothing(self, path):
        before = path.read_bytes()
        with pytest.raises(WrongPassphraseError):
            SqlStore.open(path, passphrase="wrong")
        assert schema_of(path)[0] == 1
        assert path.read_bytes() == before

    def test_a_damaged_old_header_is_found_before_anything_is_changed(self, path):
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("UPDATE vcwallet_store SET wrapped_key = zeroblob(60)")
        with pytest.raises(StoreCorruptError):
            SqlStore.open(path, passphrase=PASSPHRASE)
        assert schema_of(path)[0] == 1

    def test_sixteen_open_it_at_once(self, place):
        def use(_: int) -> int:
            with SqlStore.open(place, passphrase=PASSPHRASE) as store:
                return len(list(store.find("credential", TYPE)))

        with ThreadPoolExecutor(16) as pool:
            assert list(pool.map(use, range(16))) == [3] * 16

    def test_who_comes_after_another_has_migrated_and_rotated_it_has_the_keys_of_then(self, place, monkeypatch):
        def overtaken(database: Database, header: Header) -> Header:
            monkeypatch.undo()
            with SqlStore.open(place, passphrase=PASSPHRASE) as first:
                first.rotate_key(passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY)
            return sql_store._upgraded(database, header)

        monkeypatch.setattr(sql_store, "_upgraded", overtaken)
        with SqlStore.open(place, passphrase=PASSPHRASE) as late:
            late.commit(Put("c", "1", b"written late", tags=("t",)))
            assert len(list(late.find("credential", TYPE))) == 3
        with SqlStore.open(place, passphrase=PASSPHRASE) as store:
            assert [record.body for record in store.find("c", "t")] == [b"written late"]

    def test_a_migration_that_fails_leaves_the_old_store(self, path, monkeypatch):
        class DiskFailedError(Exception):
            pass

        def half(connection: sa.Connection, *, from_schema: int) -> None:
            migration.migrate(connection, from_schema=from_schema)
            raise DiskFailedError

        monkeypatch.setattr("vcwallet.adapters.store.sql_store.migrate", half)
        with pytest.raises(DiskFailedError):
            SqlStore.open(path, passphrase=PASSPHRASE)
        monkeypatch.undo()
        version, columns = schema_of(path)
        assert (version, "key_generation" in columns) == (1, False)
        SqlStore.open(path, passphrase=PASSPHRASE).close()
        version, columns = schema_of(path)
        assert (version, "key_generation" in columns) == (SCHEMA_VERSION, True)


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

    def test_the_migrations_make_what_a_new_store_has(self, connection):
        upgrade(connection, "head")
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "version_table": REVISION_TABLE}
        )
        assert compare_metadata(context, metadata) == []

    def test_a_new_store_says_which_schema_it_has_in_alembic_s_way_too(self, connection):
        location = connection.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
        SqlStore.create(location, passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY).close()
        context = MigrationContext.configure(connection, opts={"version_table": REVISION_TABLE})
        assert context.get_current_revision() == revision_of(SCHEMA_VERSION)

    def test_there_is_one_line_of_schemas_up_to_the_newest(self):
        config = Config()
        config.set_main_option("script_location", str(ENVIRONMENT))
        config.set_main_option("path_separator", "os")
        found = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
        assert found == [revision_of(version) for version in range(SCHEMA_VERSION, 0, -1)]

    def test_a_folder_with_a_percent_sign_is_a_folder(self, path, tmp_path, monkeypatch):
        odd = tmp_path / "100%(here)s"
        shutil.copytree(ENVIRONMENT, odd)
        monkeypatch.setattr(migration, "ENVIRONMENT", odd)
        SqlStore.open(path, passphrase=PASSPHRASE).close()
        assert schema_of(path)[0] == SCHEMA_VERSION

    def test_a_store_of_today_opens_without_alembic(self, tmp_path):
        path = tmp_path / "new.db"
        program = f"""
import sys
from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, SqlStore
SqlStore.create({str(path)!r}, passphrase="x", derivation=FAST_FOR_TESTS_ONLY).close()
SqlStore.open({str(path)!r}, passphrase="x").close()
assert not any(name.partition(".")[0] in ("alembic", "mako") for name in sys.modules)
"""
        subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, check=True)

    def test_the_wheel_brings_the_migrations(self, tmp_path):
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
        subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
        (wheel,) = tmp_path.glob("*.whl")
        inside = set(zipfile.ZipFile(wheel).namelist())
        expected = {
            f"vcwallet/adapters/store/migrations/{file.relative_to(ENVIRONMENT).as_posix()}"
            for file in ENVIRONMENT.rglob("*")
            if file.suffix in (".py", ".mako")
        }
        assert len(expected) == 6
        assert expected <= inside


def test_a_newer_schema_is_refused_in_words(path):
    SqlStore.open(path, passphrase=PASSPHRASE).close()
    with closing(sqlite3.connect(path)) as database, database:
        parameters, wrapped = database.execute("SELECT parameters, wrapped_key FROM vcwallet_store").fetchone()
        newer = SCHEMA_VERSION + 1
        database.execute(
            "UPDATE vcwallet_store SET schema_version = ?, checksum = ?", (newer, _checksum(newer, parameters, wrapped))
        )
    with pytest.raises(StoreNewerError, match=f"schema {newer}"):
        Wallet.open(path, passphrase=PASSPHRASE)
    assert schema_of(path)[0] == newer
