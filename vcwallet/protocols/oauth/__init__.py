# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""OAuth 2.0 as issuing credentials needs it: its messages, proofs and refusals, for both sides, without a network."""
