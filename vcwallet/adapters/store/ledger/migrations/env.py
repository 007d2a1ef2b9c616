# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What alembic runs before a migration: it works on the connection, and in the transaction, that it is given."""

from __future__ import annotations

from alembic import context

from vcwallet.adapters.store.ledger.schema import REVISION_TABLE, metadata


def run() -> None:
    """Migrate the ledger behind `config.attributes["connection"]`."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        version_table=REVISION_TABLE,
    )
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # the name under which alembic runs this file; imported, it does nothing
    run()
