# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What several tests need: published vectors, small worlds of roles, reading our own sources."""
