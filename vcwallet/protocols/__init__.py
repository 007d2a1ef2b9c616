# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Protocols between issuer, wallet and verifier; each speaks of formats through their common face only."""
