# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The issuer's service of OpenID4VCI 1.0: credential issuer and authorisation server in one."""

from vcwallet.issuer.openid4vci.attestations import NOT_LOOKED_UP, StatusLookUp
from vcwallet.issuer.openid4vci.deployer import (
    AttestationStatuses,
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
from vcwallet.issuer.openid4vci.offering import Bounds, GrantType, Lifetimes, Offering
from vcwallet.issuer.openid4vci.offers import DIGITS, IssuedOffer, OfferState, OfferStatus
from vcwallet.issuer.openid4vci.service import CredentialIssuerService, Route

__all__ = [
    "DIGITS",
    "NOT_LOOKED_UP",
    "AttestationStatuses",
    "Bounds",
    "CredentialIssuerService",
    "GrantType",
    "IssuedOffer",
    "Lifetimes",
    "Login",
    "LoginAnswer",
    "LoginPage",
    "LoginRefused",
    "LoginRequest",
    "NoRecord",
    "NotYet",
    "OfferState",
    "OfferStatus",
    "Offering",
    "RecordAnswer",
    "Records",
    "Route",
    "StatusLookUp",
    "Subject",
]
