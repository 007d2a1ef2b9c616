# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The issuance ledger in a database: schema, entries, status lists."""

from vcwallet.adapters.store.ledger.sql_ledger import SqlLedger

__all__ = ["SqlLedger"]
