# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The issuer's service of OpenID4VCI 1.0: credential issuer and authorisation server in one."""

from vcwallet.issuer.openid4vci.deployer import (
    Login,
    LoginAnswer,
    LoginPage,
    LoginRefused,
    LoginRequest,
    NoRecord,
    NotYet,
    RecordAnswer,
    Records,
    Subject,
)

__all__ = [
    "Login",
    "LoginAnswer",
    "LoginPage",
    "LoginRefused",
    "LoginRequest",
    "NoRecord",
    "NotYet",
    "RecordAnswer",
    "Records",
    "Subject",
]
