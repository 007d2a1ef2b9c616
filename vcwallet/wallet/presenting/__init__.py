# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The wallet's side of OpenID4VP 1.0: requests from links, QR codes and the browser's API, and answers to them."""

from vcwallet.wallet.presenting.abilities import Abilities
from vcwallet.wallet.presenting.invocation import Answer, Invocation
from vcwallet.wallet.presenting.presenter import Presenter, dc_api_error

__all__ = ["Abilities", "Answer", "Invocation", "Presenter", "dc_api_error"]
