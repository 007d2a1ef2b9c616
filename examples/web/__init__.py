# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The pages that people see in the browser demo: a portal of an agency, and the log-in that a wallet leads to."""
