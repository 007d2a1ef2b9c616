# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Transactions as the person sees them, and the answers that can authorise them (OpenID4VP 1.0, section 8.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

from vcwallet.claims import JsonValue
from vcwallet.encoding import json
from vcwallet.errors import NoMatchError, RemoteProtocolError
from vcwallet.protocols.dcql import Matches, Selection
from vcwallet.protocols.exchange import Transaction
from vcwallet.protocols.openid4vp.transaction_data import assign
from vcwallet.wallet.phrases import phrase
from vcwallet.wallet.prompt import PromptTransaction
from vcwallet.wallet.proposal import in_language

_NOT_SHOWN: Final = frozenset({"type", "credential_ids", "transaction_data_hashes_alg"})


def shown(transactions: Sequence[Transaction], language: str) -> tuple[PromptTransaction, ...]:
    """Return transactions with all that the verifier says of them, called as people call it."""
    return tuple(
        PromptTransaction(
            name=f"transaction_data.{index}",
            type=one.type,
            title=_label(one, "", language) or one.type,
            details=tuple(_details(one, language)),
            credential_ids=one.credential_ids,
        )
        for index, one in enumerate(transactions)
    )


def proposal(matches: Matches, transactions: Sequence[Transaction], language: str) -> Selection:
    """Return what discloses least of all that answers a request and authorises its transactions.

    Raises:
        NoMatchError: nothing does; it is the same error for whatever reason.
    """
    least = matches.default_selection()
    for selection in (least, *(matches.selections() if transactions else ())):
        presented = [(one.query_id, one.candidate.authorises) for one in selection.matches]
        with suppress(RemoteProtocolError):
            assign(transactions, presented=presented)
            return selection
    raise NoMatchError(
        "the wallet does not hold what the request requires", reasons=(phrase("NOTHING_AUTHORISES", language),)
    )


def _details(transaction: Transaction, language: str) -> Iterator[tuple[str, str]]:
    for name, value in transaction.members.items():
        if name not in _NOT_SHOWN:
            yield from _lines(_label(transaction, name, language) or name, value)


def _lines(label: str, value: JsonValue) -> Iterator[tuple[str, str]]:
    """Yield a member line by line; nothing of what is authorised is left out."""
    if isinstance(value, Mapping) and value:
        for name, part in value.items():
            yield from _lines(f"{label} › {name}", part)
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        for index, part in enumerate(value, start=1):
            yield from _lines(f"{label} › {index}", part)
    elif isinstance(value, str):
        yield label, value
    else:
        yield label, str(value) if type(value) is int else json.dumps(value).decode("utf-8")


def _label(transaction: Transaction, name: str, language: str) -> str:
    return in_language(transaction.labels.get(name, {}), language)
