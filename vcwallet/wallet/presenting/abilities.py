# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a wallet can do as it presents, and what it asks of verifiers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vcwallet.protocols.haip import OPENID4VP_1_0, PresentationProfile
from vcwallet.protocols.openid4vp.client_id import ClientIdPrefix
from vcwallet.protocols.openid4vp.reception import Reception
from vcwallet.protocols.openid4vp.transaction_data import TransactionDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a wallet can do, and asks of verifiers.

    Attributes:
        identifier: the wallet's own, the ``issuer`` of its metadata, that requests may be made for; None for a wallet
            that is like any other of its kind.
        profile: what is asked of requests.
        prefixes: in which ways verifiers are known, as the wallet tells those that it fetches a request from; whether
            one is known is for the registry to say.
        encrypts_requests: whether a verifier is asked to encrypt the request object, where it is asked by POST.
        transaction_types: the types of transaction that the wallet can show; a request with another is refused.
    """

    identifier: str | None = None
    profile: PresentationProfile = OPENID4VP_1_0
    prefixes: tuple[ClientIdPrefix, ...] = (
        ClientIdPrefix.X509_HASH,
        ClientIdPrefix.X509_SAN_DNS,
        ClientIdPrefix.VERIFIER_ATTESTATION,
        ClientIdPrefix.DECENTRALIZED_IDENTIFIER,
    )
    encrypts_requests: bool = True
    transaction_types: Mapping[str, type[TransactionDetails]] = field(default_factory=dict)

    @property
    def reception(self) -> Reception:
        """What a request is read with, however it comes."""
        return Reception(wallet=self.identifier, transaction_types=self.transaction_types)
