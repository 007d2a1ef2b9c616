# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The sessions of services in a database."""

from vcwallet.adapters.store.sessions.sql_sessions import SqlSessions

__all__ = ["SqlSessions"]
