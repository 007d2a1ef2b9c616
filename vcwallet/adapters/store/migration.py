# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Brings the tables of an older schema up to the newest (alembic; the environment of stores is `migrations` beside).

Alembic is imported when there is something to migrate: a store of today opens without it.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from vcwallet.adapters.store.schema import revision_of

ENVIRONMENT = Path(__file__).with_name("migrations")


def migrate(connection: Connection, *, from_schema: int) -> None:
    """Change the tables of `from_schema` into those of the newest, within the transaction of the caller.

    What is in the header is left to the caller, who has the key that it is bound to.
    """
    # The first schema did not say so in alembic's way.
    upgrade(connection, ENVIRONMENT, unnoted=revision_of(1) if from_schema == 1 else None)


def upgrade(connection: Connection, environment: Path, *, unnoted: str | None) -> None:
    """Run all revisions of an environment that were not run yet, within the transaction of the caller.

    Args:
        connection: to the database.
        environment: the folder.
        unnoted: the revision that the tables are of, where the database does not say so.
    """
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    # A percent sign would begin a substitution.
    config.set_main_option("script_location", str(environment).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    if unnoted is not None:
        command.stamp(config, unnoted)
    command.upgrade(config, "head")
