# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Verifiable credentials for issuers, wallets, verifiers and trust registries."""

__version__ = "0.1.0"
