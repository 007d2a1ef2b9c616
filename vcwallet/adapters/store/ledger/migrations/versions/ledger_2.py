# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Schema 2: an entry can have what stands for the person, so that all that one person has is found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "ledger_2"
down_revision = "ledger_1"

_HAS_SUBJECT = sa.text("subject IS NOT NULL")


def upgrade() -> None:
    """Add the column, which is empty in what is there, and what it is looked up by."""
    op.add_column("vcwallet_issuance", sa.Column("subject", sa.LargeBinary))
    op.create_index(
        "vcwallet_issuance_of_subject",
        "vcwallet_issuance",
        ["subject"],
        sqlite_where=_HAS_SUBJECT,
        postgresql_where=_HAS_SUBJECT,
    )
