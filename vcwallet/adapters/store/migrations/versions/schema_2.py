# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Schema 2: each record says which generation of the data key sealed it, so that keys can be rotated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "schema_2"
down_revision = "schema_1"


def upgrade() -> None:
    """Add the column; what is there was sealed under the first key."""
    op.add_column("vcwallet_record", sa.Column("key_generation", sa.Integer, nullable=False, server_default="1"))
