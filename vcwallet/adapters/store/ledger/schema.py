# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of an issuance ledger, in portable SQL.  Times are whole seconds since 1970, in UTC.

These are the tables of the newest schema; `vcwallet.adapters.store.ledger.migration` makes them of older ones.  The two
promises of a ledger are constraints: a place in a list is given once (`uq_place`), and an issue of a key is
entered once (`uq_issue`).
"""

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
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    inspect,
    select,
    text,
    update,
)

from vcwallet.errors import StoreCorruptError, StoreNewerError
from vcwallet.status.ledger import StatusListPlan

SCHEMA_VERSION = 2
REVISION_TABLE = "vcwallet_ledger_schema"
_HEADER = ("schema_version", "uri", "size", "bits", "checksum")

metadata: MetaData = MetaData()

header: Table = Table(
    "vcwallet_ledger",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("schema_version", Integer, nullable=False),
    Column("uri", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("bits", Integer, nullable=False),
    Column("checksum", LargeBinary, nullable=False),
)

status_list: Table = Table(
    "vcwallet_status_list",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),  # rises with every change of a status
    Column("sum", BigInteger, nullable=False),  # of all statuses that are not 0, with their places; see `weight`
    Column("published_version", BigInteger),
    Column("issued_at", BigInteger),
    Column("expires", BigInteger),
    Column("ttl", Integer),
)

# Apart from the lists, whose rows are written at every change.
status_token: Table = Table(
    "vcwallet_status_token",
    metadata,
    Column("list", Integer, primary_key=True, autoincrement=False),
    Column("jwt", Text, nullable=False),
    Column("cwt", LargeBinary, nullable=False),
)

# It refers to its list without a foreign key: PostgreSQL would lock the one row of that list for every new entry.
issuance: Table = Table(
    "vcwallet_issuance",
    metadata,
    Column("id", Text, primary_key=True),
    Column("idempotency_key", Text, nullable=False),
    Column("issue", Integer, nullable=False),  # 0, and one more each time that the key is issued anew
    Column("copy_number", Integer, nullable=False),
    Column("type_id", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("list", Integer, nullable=False),
    Column("idx", Integer, nullable=False),
    Column("value", SmallInteger, nullable=False),
    Column("checksum", LargeBinary, nullable=False),  # of all columns before it, and of those behind that are filled
    Column("subject", LargeBinary),  # stands for the person: an HMAC, or nothing
    UniqueConstraint("idempotency_key", "issue", "copy_number", name="uq_vcwallet_issuance_issue"),
    UniqueConstraint("list", "idx", name="uq_vcwallet_issuance_place"),
)
IS_MARKED = text("value <> 0")  # spelled out: SQLite uses a partial index only where the query has the same words
Index(
    "vcwallet_issuance_marked",
    issuance.c.list,
    issuance.c.idx,
    issuance.c.value,
    sqlite_where=IS_MARKED,
    postgresql_where=IS_MARKED,
)

HAS_SUBJECT = text("subject IS NOT NULL")
Index("vcwallet_issuance_of_subject", issuance.c.subject, sqlite_where=HAS_SUBJECT, postgresql_where=HAS_SUBJECT)

# Whether anything in a full list lasts still is asked at every publishing.
Index("vcwallet_issuance_lasting", issuance.c.list, issuance.c.expires)

status_change: Table = Table(
    "vcwallet_status_change",
    metadata,
    Column("number", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    Column("issuance", Text, nullable=False, index=True),
    Column("old", SmallInteger, nullable=False),
    Column("new", SmallInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("checksum", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)


revision: Table = Table(REVISION_TABLE, metadata, Column("version_num", String(32), primary_key=True))
"""What alembic calls the schema that is there; ours to ask is the number in the header."""


def revision_of(schema_version: int) -> str:
    """Return alembic's name of a schema."""
    return f"ledger_{schema_version}"


def checksum(*columns: object) -> bytes:
    """Return what tells a row from a damaged one; it keeps nobody from changing a row on purpose."""
    return hashlib.sha256(ascii(columns).encode("ascii")).digest()[:8]


def weight(idx: int, value: int) -> int:
    """Return what a status adds to the sum of its list: another one, or one at another place, adds something else.

    The sum of the longest list fits into 64 bits.
    """
    return (idx << 8) + value if value else 0


def is_installed(connection: Connection) -> bool:
    """Whether this database holds a ledger."""
    return inspect(connection).has_table(header.name)


def install(connection: Connection, plan: StatusListPlan) -> None:
    """Make the tables of a new ledger."""
    metadata.create_all(connection, checkfirst=False)
    connection.execute(insert(header), {"id": 1, **_header(plan)})
    connection.execute(insert(revision), {"version_num": revision_of(SCHEMA_VERSION)})


def replace_header(connection: Connection, plan: StatusListPlan) -> None:
    """Note that the tables are of the newest schema."""
    connection.execute(update(header), _header(plan))


def _header(plan: StatusListPlan) -> dict[str, object]:
    columns = (SCHEMA_VERSION, plan.uri, plan.size, plan.bits)
    return dict(zip(_HEADER, (*columns, checksum(*columns)), strict=True))


def read_header(connection: Connection, *, locked: bool = False) -> tuple[int, StatusListPlan]:
    """Return the schema of this ledger, and what its lists are like.

    Args:
        connection: to the database.
        locked: whether nobody else may read it so, or change it, before the transaction ends.

    Raises:
        StoreCorruptError: the header is damaged, or this database holds no ledger (code ``NOT_A_LEDGER``).
        StoreNewerError: the ledger is of a newer schema.
    """
    if not is_installed(connection):
        raise StoreCorruptError("this is not a ledger of vcwallet", code="NOT_A_LEDGER")
    query = select(*(header.c[name] for name in _HEADER))
    rows = connection.execute(query.with_for_update() if locked else query).all()
    # These columns and their checksum are kept by every later schema, so that "newer" can be told from "damaged".
    if len(rows) != 1 or rows[0].checksum != checksum(*rows[0][:-1]):
        raise StoreCorruptError("the header of the ledger is damaged")
    version, uri, size, bits, _ = rows[0]
    if version > SCHEMA_VERSION:
        raise StoreNewerError(f"the ledger has schema {version}; this vcwallet knows up to {SCHEMA_VERSION}")
    return version, StatusListPlan(uri=uri, size=size, bits=bits)
