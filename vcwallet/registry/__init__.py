# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The authority side of trust: who may issue what, and who may ask for what, enrolled and published."""

from vcwallet.registry.log import Action, LogEntry
from vcwallet.registry.registry import TrustRegistry

__all__ = ["Action", "LogEntry", "TrustRegistry"]
