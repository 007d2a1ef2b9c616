# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""How a request came to a wallet, and what the wallet can do; a request is judged by both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from vcwallet.protocols.openid4vp.transaction_data import TransactionTypes
from vcwallet.trust.did.document import DidDocument

AUDIENCE: Final = "https://self-issued.me/v2"
"""The audience where the wallet's own identifier is not known (section 5.8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """The circumstances of a request, none of which the request itself can change.

    Attributes:
        client_id: the client identifier beside the request object, where there is one.
        request_uri: where the request object was fetched, if it was.
        wallet_nonce: the fresh value that the wallet sent when it fetched the request object.
        origin: who asks, as the platform reports it with a call of the Digital Credentials API.
        received_at: when the wallet fetched the request object, or the platform handed it over; None where a request
            may have lain somewhere, and has to say itself how old it is.
        wallet: the wallet's own identifier, the ``issuer`` of its metadata, if it has one.
        transaction_types: the types of transaction that the wallet can show.
        documents: the documents of ``did:web`` that were fetched for this request, by DID.
    """

    client_id: str | None = None
    request_uri: str | None = None
    wallet_nonce: str | None = field(default=None, repr=False)
    origin: str | None = None
    received_at: datetime | None = None
    wallet: str | None = None
    transaction_types: TransactionTypes = field(default_factory=dict)
    documents: Mapping[str, DidDocument] = field(default_factory=dict, repr=False)

    @property
    def audiences(self) -> frozenset[str]:
        """Whom a request object may be for: any wallet, this one, or whoever fetches it where it was fetched."""
        return frozenset(one for one in (AUDIENCE, self.wallet, self.request_uri) if one is not None)


BY_VALUE: Final = Reception()
"""As a value, a file or a QR code, to a wallet without anything of its own."""
