# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Brings the tables of an older schema up to the newest (alembic; its environment is `migrations` beside this).

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
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    # A percent sign would begin a substitution.
    config.set_main_option("script_location", str(ENVIRONMENT).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    if from_schema == 1:
        # The first schema did not say so in alembic's way.
        command.stamp(config, revision_of(1))
    command.upgrade(config, "head")
