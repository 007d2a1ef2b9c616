# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The wallet role: receives credentials, shows who asks for what, and presents only what was approved."""

from vcwallet.wallet.cards import Card
from vcwallet.wallet.collecting import Collection, Collector, OfferPrompt, WalletClient
from vcwallet.wallet.continuity import BackupReceipt
from vcwallet.wallet.copies import CopyUse
from vcwallet.wallet.damage import Damage
from vcwallet.wallet.presenting import Abilities, Answer, Invocation, Presenter, dc_api_error
from vcwallet.wallet.prompt import (
    Consent,
    Prompt,
    PromptClaim,
    PromptCredential,
    PromptTransaction,
    PromptWarning,
)
from vcwallet.wallet.provider import Attester, WalletProvider
from vcwallet.wallet.wallet import HolderKey, Wallet

__all__ = [
    "Abilities",
    "Answer",
    "Attester",
    "BackupReceipt",
    "Card",
    "Collection",
    "Collector",
    "Consent",
    "CopyUse",
    "Damage",
    "HolderKey",
    "Invocation",
    "OfferPrompt",
    "Presenter",
    "Prompt",
    "PromptClaim",
    "PromptCredential",
    "PromptTransaction",
    "PromptWarning",
    "Wallet",
    "WalletClient",
    "WalletProvider",
    "dc_api_error",
]
