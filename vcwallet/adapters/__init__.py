# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Everything that touches a file, a database, a clock or a picture; the layers below take values."""
