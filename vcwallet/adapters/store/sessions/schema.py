# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of sessions, in portable SQL.  Times are microseconds since 1970, in UTC."""

from __future__ import annotations

import hashlib

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    insert,
    inspect,
    select,
    text,
)

from vcwallet.errors import StoreCorruptError, StoreNewerError

SCHEMA_VERSION = 1
# Any number that no other lock of the database has: it keeps two processes from making the tables at once.
_INSTALLING = 0x7663_7765_7373

metadata: MetaData = MetaData()

header: Table = Table(
    "vcwallet_sessions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("schema_version", Integer, nullable=False),
    Column("checksum", LargeBinary, nullable=False),
)

session: Table = Table(
    "vcwallet_session",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("checksum", LargeBinary, nullable=False),  # of all columns before it
)
Index("vcwallet_session_ending", session.c.expires)
Index("vcwallet_session_of_kind", session.c.kind, session.c.expires)


def checksum(*columns: object) -> bytes:
    """Return what tells a row from a damaged one; it keeps nobody from changing a row on purpose."""
    parts = [column if isinstance(column, bytes) else ascii(column).encode("ascii") for column in columns]
    return hashlib.sha256(b"".join([len(part).to_bytes(8, "big") + part for part in parts])).digest()[:8]


def is_installed(connection: Connection) -> bool:
    """Whether this database holds sessions."""
    return inspect(connection).has_table(header.name)


def install_once(connection: Connection) -> None:
    """Make the tables where there are none; others who want to do the same wait meanwhile."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _INSTALLING})
    if not is_installed(connection):
        metadata.create_all(connection, checkfirst=False)
        row = {"id": 1, "schema_version": SCHEMA_VERSION, "checksum": checksum(SCHEMA_VERSION)}
        connection.execute(insert(header), row)


def require_readable(connection: Connection) -> None:
    """Return if these are sessions of a schema that we know.

    Raises:
        StoreCorruptError: the header is damaged.
        StoreNewerError: they are of a newer schema.
    """
    rows = connection.execute(select(header.c.schema_version, header.c.checksum)).all()
    # These columns and their checksum are kept by every later schema, so that "newer" can be told from "damaged".
    if len(rows) != 1 or rows[0].checksum != checksum(rows[0].schema_version):
        raise StoreCorruptError("the header of the sessions is damaged")
    if rows[0].schema_version > SCHEMA_VERSION:
        found = rows[0].schema_version
        raise StoreNewerError(f"the sessions have schema {found}; this vcwallet knows up to {SCHEMA_VERSION}")
