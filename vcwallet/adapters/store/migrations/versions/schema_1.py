# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Schema 1: a header, records, and the keyed hashes of their tags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "schema_1"
down_revision = None

_POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "vcwallet_store",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("schema_version", sa.Integer, nullable=False),
        sa.Column("parameters", sa.LargeBinary, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("checksum", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "vcwallet_record",
        sa.Column("position", _POSITION, primary_key=True, autoincrement=False),
        sa.Column("collection", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("tags", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("collection", "id"),
    )
    op.create_index("vcwallet_record_newest", "vcwallet_record", ["collection", "position", "id"])
    op.create_table(
        "vcwallet_tag",
        sa.Column("tag", sa.LargeBinary, primary_key=True),
        sa.Column(
            "position",
            _POSITION,
            sa.ForeignKey("vcwallet_record.position", ondelete="CASCADE"),
            primary_key=True,
            index=True,
        ),
        sqlite_with_rowid=False,
    )
