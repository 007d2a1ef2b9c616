# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Records in a database: sealed under a passphrase for a wallet, unsealed for state without personal data.

Beside them an issuer's ledger, and the sessions of its service, in tables of their own.
"""

from vcwallet.adapters.store.backup import Backup, opened_backup, restore, write_backup
from vcwallet.adapters.store.backup_file import BackupCorruptError
from vcwallet.adapters.store.header import FAST_FOR_TESTS_ONLY, RECOMMENDED, KeyDerivation
from vcwallet.adapters.store.ledger import SqlLedger
from vcwallet.adapters.store.sessions import SqlSessions
from vcwallet.adapters.store.sql_store import RecordCorruptError, SqlStore

__all__ = [
    "FAST_FOR_TESTS_ONLY",
    "RECOMMENDED",
    "Backup",
    "BackupCorruptError",
    "KeyDerivation",
    "RecordCorruptError",
    "SqlLedger",
    "SqlSessions",
    "SqlStore",
    "opened_backup",
    "restore",
    "write_backup",
]
