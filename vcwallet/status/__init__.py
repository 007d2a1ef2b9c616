# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a credential was revoked or suspended: status lists, who may sign them, and what is made of them."""
