# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a credential was revoked or suspended: status lists, who may sign them, and what is made of them."""

from vcwallet.status.outcome import DISASTER, STANDARD, STRICT, Origin, StatusPolicy, StatusResult, StatusState
from vcwallet.status.status_list import StatusList
from vcwallet.status.token_status_list import MediaType, StatusListToken, sign_cwt, sign_jwt, status_claim

__all__ = [
    "DISASTER",
    "STANDARD",
    "STRICT",
    "MediaType",
    "Origin",
    "StatusList",
    "StatusListToken",
    "StatusPolicy",
    "StatusResult",
    "StatusState",
    "sign_cwt",
    "sign_jwt",
    "status_claim",
]
