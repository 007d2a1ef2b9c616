# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Trust, from the relying side: certificates, registration certificates, the trusted list, and what decides on them."""
