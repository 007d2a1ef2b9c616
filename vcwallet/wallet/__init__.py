# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The wallet role: receives credentials, shows who asks for what, and presents only what was approved."""

from vcwallet.wallet.cards import Card
from vcwallet.wallet.collecting import Collection, Collector, OfferPrompt, WalletClient
from vcwallet.wallet.continuity import BackupReceipt
from vcwallet.wallet.damage import Damage
from vcwallet.wallet.prompt import Consent, Prompt, PromptClaim, PromptCredential, PromptWarning
from vcwallet.wallet.provider import Attester, WalletProvider
from vcwallet.wallet.wallet import HolderKey, Wallet

__all__ = [
    "Attester",
    "BackupReceipt",
    "Card",
    "Collection",
    "Collector",
    "Consent",
    "Damage",
    "HolderKey",
    "OfferPrompt",
    "Prompt",
    "PromptClaim",
    "PromptCredential",
    "PromptWarning",
    "Wallet",
    "WalletClient",
    "WalletProvider",
]
