# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""OAuth 2.0 as credential issuers and wallets use it: messages, metadata, proofs of possession and attestations."""
