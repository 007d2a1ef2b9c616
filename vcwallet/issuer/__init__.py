# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The issuer role: turns a record of a credential type into a signed credential for one holder's key."""

from vcwallet.issuer.issuer import Issuer

__all__ = ["Issuer"]
