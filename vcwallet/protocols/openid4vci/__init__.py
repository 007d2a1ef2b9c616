# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""OpenID for Verifiable Credential Issuance 1.0: messages and checks of issuer and wallet, one file a subject."""
