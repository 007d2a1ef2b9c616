# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The verifier's service of OpenID4VP 1.0: requests by reference, answers that are posted or come by the browser."""

from vcwallet.verifier.openid4vp.beginning import BegunPresentation
from vcwallet.verifier.openid4vp.collecting import (
    AnswerRefusedError,
    DeclinedError,
    PresentationResult,
    PresentationStatus,
)
from vcwallet.verifier.openid4vp.service import Route, VerifierService
from vcwallet.verifier.openid4vp.settings import Bounds, Client, ClientHeader, FurtherSigner, Lifetimes
from vcwallet.verifier.openid4vp.state import Channel, PresentationState

__all__ = [
    "AnswerRefusedError",
    "BegunPresentation",
    "Bounds",
    "Channel",
    "Client",
    "ClientHeader",
    "DeclinedError",
    "FurtherSigner",
    "Lifetimes",
    "PresentationResult",
    "PresentationState",
    "PresentationStatus",
    "Route",
    "VerifierService",
]
