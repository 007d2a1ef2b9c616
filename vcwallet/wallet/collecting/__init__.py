# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The wallet's side of OpenID4VCI 1.0: offers, and collections of credentials that survive a restart at any step."""

from vcwallet.wallet.collecting.client import WalletClient
from vcwallet.wallet.collecting.collection import Act, Collection, Plan
from vcwallet.wallet.collecting.collector import Collector
from vcwallet.wallet.collecting.offer_prompt import OfferedCredential, OfferPrompt, OfferWarning
from vcwallet.wallet.collecting.states import Outcome

__all__ = [
    "Act",
    "Collection",
    "Collector",
    "OfferPrompt",
    "OfferWarning",
    "OfferedCredential",
    "Outcome",
    "Plan",
    "WalletClient",
]
