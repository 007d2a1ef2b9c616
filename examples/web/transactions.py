# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What people confirm with their wallet here: a type that banks and wallets have agreed on, and what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from vcwallet.protocols.openid4vp.transaction_data import TransactionDetails

TYPE = "urn:example:account-opening:1"


class AccountOpening(TransactionDetails):
    """An account to be opened.

    Attributes:
        branch: at which branch.
        account: of which kind.
    """

    labels: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "": {"ja": "口座を開設する", "en": "Open an account"},
        "branch": {"ja": "支店", "en": "Branch"},
        "account": {"ja": "口座の種類", "en": "Kind of account"},
    }

    branch: Annotated[str, Field(min_length=1, max_length=40)]
    account: Annotated[str, Field(min_length=1, max_length=40)]


TRANSACTIONS = {TYPE: AccountOpening}
"""What the wallet of the demo can show, and so confirm."""
