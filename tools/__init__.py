# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Programs for those who work on vcwallet itself; the Makefile calls them."""
