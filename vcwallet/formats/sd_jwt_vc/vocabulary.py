# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The names that SD-JWT VC reserves (section 2.2)."""

from __future__ import annotations

FORMAT = "dc+sd-jwt"
TYP = "dc+sd-jwt"

NEVER_CONCEALED = frozenset({"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"})
"""Claims that decide about validity, and everything in them, stand in the open (section 2.2.2.2)."""

REGISTERED = NEVER_CONCEALED | {"iat", "sub", "aud", "jti", "_sd_alg"}
"""Names that a credential type's own claims cannot have."""
