# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Schema 1: a header, lists and their tokens, entries, and the changes of their statuses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "ledger_1"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_IS_MARKED = sa.text("value <> 0")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "vcwallet_ledger",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("schema_version", sa.Integer, nullable=False),
        sa.Column("uri", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("bits", sa.Integer, nullable=False),
        sa.Column("checksum", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "vcwallet_status_list",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("sum", sa.BigInteger, nullable=False),
        sa.Column("published_version", sa.BigInteger),
        sa.Column("issued_at", sa.BigInteger),
        sa.Column("expires", sa.BigInteger),
        sa.Column("ttl", sa.Integer),
    )
    op.create_table(
        "vcwallet_status_token",
        sa.Column("list", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("jwt", sa.Text, nullable=False),
        sa.Column("cwt", sa.LargeBinary, nullable=False),
    )
    _make_entries()
    op.create_table(
        "vcwallet_status_change",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("issuance", sa.Text, nullable=False, index=True),
        sa.Column("old", sa.SmallInteger, nullable=False),
        sa.Column("new", sa.SmallInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("checksum", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )


def _make_entries() -> None:
    op.create_table(
        "vcwallet_issuance",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("idempotency_key", sa.Text, nullable=False),
        sa.Column("issue", sa.Integer, nullable=False),
        sa.Column("copy_number", sa.Integer, nullable=False),
        sa.Column("type_id", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("list", sa.Integer, nullable=False),
        sa.Column("idx", sa.Integer, nullable=False),
        sa.Column("value", sa.SmallInteger, nullable=False),
        sa.Column("checksum", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("idempotency_key", "issue", "copy_number", name="uq_vcwallet_issuance_issue"),
        sa.UniqueConstraint("list", "idx", name="uq_vcwallet_issuance_place"),
    )
    op.create_index(
        "vcwallet_issuance_marked",
        "vcwallet_issuance",
        ["list", "idx", "value"],
        sqlite_where=_IS_MARKED,
        postgresql_where=_IS_MARKED,
    )
    op.create_index("vcwallet_issuance_lasting", "vcwallet_issuance", ["list", "expires"])
