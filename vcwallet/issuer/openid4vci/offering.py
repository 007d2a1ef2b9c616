# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a service offers, how long each of its secrets is good, and how many there may be at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from vcwallet.credential_type import CredentialType
from vcwallet.formats.base import CredentialFormat
from vcwallet.issuer.issuer import FormatChoice
from vcwallet.protocols.oauth.grant_type import AUTHORIZATION_CODE, PRE_AUTHORIZED_CODE
from vcwallet.protocols.openid4vci.configurations import JWT_PROOF, configuration_id
from vcwallet.protocols.openid4vci.issuer_metadata import KeyAttestationsRequired
from vcwallet.status.ledger import MAX_BATCH

MAX_BEARER_LIFETIME: Final = timedelta(seconds=300)
MAX_TX_CODE_TRIES: Final = 5
MAX_ACTS: Final = 200
"""How many responses one grant is good for, however often its token is refreshed."""


class GrantType(StrEnum):
    """How a wallet comes to a token: the person is known already, or is going to log in."""

    AUTHORIZATION_CODE = AUTHORIZATION_CODE
    PRE_AUTHORIZED_CODE = PRE_AUTHORIZED_CODE


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """One credential configuration of a service.

    Attributes:
        type: the credential type.
        format: the credential format, as a value or as a class with defaults.
        valid_for: the technical validity of what is issued.
        proof_types: how wallets may prove their keys: ``jwt``, ``attestation``, ``di_vp``.
        key_attestation: how the wallet's keys have to be attested; None if they need not be.
        batch_size: how many keys one request may bring, from 1 to 50; of large credentials, as many are issued as fit
            into one response.
        acts: how many times one grant is good for credentials of this configuration, from 1 to 200; each time for other
            keys.

    Raises:
        ValueError: no validity or proof type, or another number of acts or batch size.
    """

    type: type[CredentialType]
    format: FormatChoice
    valid_for: timedelta
    proof_types: tuple[str, ...] = (JWT_PROOF,)
    key_attestation: KeyAttestationsRequired | None = None
    batch_size: int = MAX_BATCH
    acts: int = 1

    def __post_init__(self) -> None:
        if self.valid_for <= timedelta(0) or not self.proof_types or not 1 <= self.acts <= MAX_ACTS:
            raise ValueError(f"an offering has a validity, a proof type and 1 to {MAX_ACTS} acts")
        if not 1 <= self.batch_size <= MAX_BATCH:
            raise ValueError(f"a batch is for 1 to {MAX_BATCH} keys")

    @property
    def writer(self) -> CredentialFormat:
        """The credential format as a value."""
        return self.format() if callable(self.format) else self.format

    @property
    def id(self) -> str:
        """The identifier of the configuration."""
        return configuration_id(self.type, self.writer.format)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long what a service gives out is good; the defaults are those of the digest of limits.

    Attributes:
        offer: a pre-authorised code, and an offer as a whole.
        offer_status: how long the portal can ask what became of an offer.
        request_uri: a pushed authorization request, until the browser brings it.
        login: from there until the person has logged in.
        code: an authorization code.
        bearer_token: an access token that is bound to no key; at most 300 s.
        bound_token: an access token that is bound to a key.
        refresh_token: a refresh token that is bound to a key; one that is not is good for what was deferred alone, as
            long as that.
        answer: how long a credential response is kept for a wallet that did not get it.
        deferred_answer: the same for one that was deferred, once it was delivered.
        transaction: how long the credentials of a deferred response can be picked up.
        notification: how long a wallet can tell what became of credentials.

    Raises:
        ValueError: a time that is none, or a longer bearer token.
    """

    offer: timedelta = timedelta(minutes=10)
    offer_status: timedelta = timedelta(days=1)
    request_uri: timedelta = timedelta(seconds=90)
    login: timedelta = timedelta(minutes=10)
    code: timedelta = timedelta(seconds=60)
    bearer_token: timedelta = MAX_BEARER_LIFETIME
    bound_token: timedelta = timedelta(hours=1)
    refresh_token: timedelta = timedelta(days=30)
    answer: timedelta = timedelta(hours=1)
    deferred_answer: timedelta = timedelta(minutes=10)
    transaction: timedelta = timedelta(days=30)
    notification: timedelta = timedelta(days=30)

    @property
    def longest_grant(self) -> timedelta:
        """How long at most something goes on that has begun and is not used any more."""
        bearer, bound = max(self.bearer_token, self.transaction), max(self.bound_token, self.refresh_token)
        return max(self.offer, self.login + self.code, bearer, bound)

    def __post_init__(self) -> None:
        if any(getattr(self, name) <= timedelta(0) for name in self.__slots__):
            raise ValueError("what is given out is good for some time")
        if self.bearer_token > MAX_BEARER_LIFETIME:
            raise ValueError("a token that anybody can use is good for 300 s at most")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many sessions there may be at once of the kinds that anybody can begin; more are refused (status 503).

    Attributes:
        requests: pushed authorization requests.
        logins: log-ins that have begun.
    """

    requests: int = 10_000
    logins: int = 10_000
