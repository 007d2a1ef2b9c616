# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""OpenID for Verifiable Credential Issuance 1.0: messages and rules, for issuers and for wallets."""
