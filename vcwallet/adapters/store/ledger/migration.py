# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Brings the tables of an older ledger up to the newest schema (alembic; its environment is `migrations` beside)."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from vcwallet.adapters.store.ledger.schema import revision_of
from vcwallet.adapters.store.migration import upgrade

ENVIRONMENT = Path(__file__).with_name("migrations")


def migrate(connection: Connection, *, from_schema: int) -> None:
    """Change the tables of `from_schema` into those of the newest, within the transaction of the caller.

    What is in the header is left to the caller.
    """
    # The first schema did not say so in alembic's way.
    upgrade(connection, ENVIRONMENT, unnoted=revision_of(1) if from_schema == 1 else None)
