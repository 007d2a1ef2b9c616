# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Measurements: how near vcwallet comes to the raw cryptography of the same work, in the same run."""
