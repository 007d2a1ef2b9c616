# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of a store, in portable SQL.

Identifiers and collection names stand as they are: whoever keeps personal data gives its records random identifiers.
These are the tables of the newest schema; `vcwallet.adapters.store.migration` makes them of older ones.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    inspect,
    select,
    update,
)

from vcwallet.adapters.store.header import SCHEMA_VERSION, Header
from vcwallet.errors import StoreCorruptError


class _Bytes(LargeBinary):
    """Bytes that go to the driver as they are; wrapping each one costs a tenth of a bulk commit."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> None:
        return None


metadata: MetaData = MetaData()

header: Table = Table(
    "vcwallet_store",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("schema_version", Integer, nullable=False),
    Column("parameters", _Bytes, nullable=False),
    Column("wrapped_key", _Bytes, nullable=False),
    Column("checksum", _Bytes, nullable=False),
)

# SQLite gives a table its fast integer key only for the type INTEGER, which has 64 bits there.
_Position = BigInteger().with_variant(Integer(), "sqlite")

record: Table = Table(
    "vcwallet_record",
    metadata,
    Column("position", _Position, primary_key=True, autoincrement=False),  # rises with every write
    Column("collection", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("tags", _Bytes, nullable=False),  # 16 bytes each; the truth, of which the next table is an index
    Column("body", _Bytes, nullable=False),
    Column("key_generation", Integer, nullable=False, server_default="1"),  # which data key sealed the body
    UniqueConstraint("collection", "id"),
)
# Lists a collection, newest first, without touching the bodies.
Index("vcwallet_record_newest", record.c.collection, record.c.position, record.c.id)

tag: Table = Table(
    "vcwallet_tag",
    metadata,
    Column("tag", _Bytes, primary_key=True),
    Column("position", _Position, ForeignKey(record.c.position, ondelete="CASCADE"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

REVISION_TABLE = "vcwallet_schema"
revision: Table = Table(REVISION_TABLE, metadata, Column("version_num", String(32), primary_key=True))
"""What alembic calls the schema that is there; ours to ask is the number in the header."""


def revision_of(schema_version: int) -> str:
    """Return alembic's name of a schema."""
    return f"schema_{schema_version}"


def is_installed(connection: Connection) -> bool:
    """Whether this database holds a store."""
    return inspect(connection).has_table(header.name)


def is_taken(connection: Connection) -> bool:
    """Whether a new store has no place here: a SQLite file is its own, and other tables in it are somebody else's."""
    if connection.dialect.name == "sqlite":
        return bool(inspect(connection).get_table_names())
    return is_installed(connection)


def install(connection: Connection, made: Header) -> None:
    """Make the tables of a new store."""
    metadata.create_all(connection, checkfirst=False)
    connection.execute(insert(header), {"id": 1, **made.row()})
    connection.execute(insert(revision), {"version_num": revision_of(SCHEMA_VERSION)})


def read_header(connection: Connection) -> Header:
    """Return the header.

    Raises:
        StoreCorruptError: it is damaged, or this database holds no store (code ``NOT_A_STORE``).
        StoreNewerError: the store is of a newer schema.
    """
    if not is_installed(connection):
        raise StoreCorruptError("this is not a store of vcwallet", code="NOT_A_STORE")
    columns = header.c
    query = select(columns.schema_version, columns.parameters, columns.wrapped_key, columns.checksum)
    rows = connection.execute(query).all()
    if len(rows) != 1:
        raise StoreCorruptError("the header of the store is damaged")
    return Header.from_row(*rows[0])


def replace_header(connection: Connection, changed: Header) -> None:
    """Write another header over the one that is there."""
    connection.execute(update(header), changed.row())
