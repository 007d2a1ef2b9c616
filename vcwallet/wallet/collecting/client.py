# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a wallet is to the issuers that it collects from."""

from __future__ import annotations

from dataclasses import dataclass, field

from vcwallet.protocols.haip import OPENID4VCI_1_0, IssuanceProfile
from vcwallet.wallet.provider import Attester


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletClient:
    """Who a wallet says it is, and what it asks of issuers.

    Attributes:
        client_id: the wallet product as an OAuth client; None for one that stays anonymous, which can be given
            pre-authorised credentials only.  A wallet with an attester is called what its provider calls it.
        redirect_uri: where the browser comes back to after the holder has logged in.
        attester: gets attestations from the wallet's provider, if it has one.
        profile: what is asked of issuers.
        hosts: further hosts (with a port that is not the usual one) on which endpoints of issuers may be, besides the
            issuer's own and those of its authorization servers.
    """

    client_id: str | None = None
    redirect_uri: str | None = None
    attester: Attester | None = field(default=None, repr=False)
    profile: IssuanceProfile = OPENID4VCI_1_0
    hosts: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.attester is not None and self.client_id not in (None, self.attester.client_id):
            raise ValueError("an attested wallet is called what its provider calls it")

    @property
    def name(self) -> str | None:
        """The client identifier that the wallet goes by."""
        return self.attester.client_id if self.attester is not None else self.client_id
