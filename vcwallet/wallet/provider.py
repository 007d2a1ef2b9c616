# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet provider: attests to issuers that a wallet is one of its own, and where the keys of a wallet are.

An attestation says nothing that would tell one holder from another: its subject is the wallet product, and a wallet
asks for another one with another key for each issuer (OpenID4VCI 1.0, appendices D and E; HAIP 1.0, section 4.4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from vcwallet.flow import Flow
from vcwallet.formats.base import IssuerKey
from vcwallet.keys.policy import Role
from vcwallet.keys.public import PublicKey
from vcwallet.protocols.oauth.client_attestation import make_client_attestation
from vcwallet.protocols.openid4vci.key_attestation import make_key_attestation
from vcwallet.trust.enrolment import Enrolment

CLIENT_ATTESTATION_LIFETIME: Final = timedelta(hours=24)
"""How long a wallet can show that it is one of its provider's: so long one that was withdrawn goes on."""
KEY_ATTESTATION_LIFETIME: Final = timedelta(minutes=10)
"""How long an attestation of keys holds: it is made for one credential request."""


class Attester(Protocol):
    """Gets attestations of a wallet and its keys, from its provider."""

    @property
    def client_id(self) -> str:
        """Who the wallet says it is: its product, the same for all wallets of the provider."""
        ...

    def attest_client(self, key: PublicKey, /) -> Flow[str]:
        """Return an attestation that `key` is the key of a wallet of this provider.

        Raises:
            VcError: the provider attests nothing for it, or cannot be reached.
        """
        ...

    def attest_keys(self, keys: Sequence[PublicKey], /, *, nonce: str | None) -> Flow[str]:
        """Return an attestation of where the private halves of `keys` are, for whoever gave the nonce.

        Raises:
            VcError: the provider attests nothing for them, or cannot be reached.
        """
        ...


class WalletProvider:
    """One enrolled wallet provider.  `vcwallet.WalletProvider` puts it together with the system clock."""

    def __init__(
        self,
        enrolment: Enrolment,
        *,
        clock: Callable[[], datetime],
        client_id: str | None = None,
        wallet_name: str | None = None,
        wallet_link: str | None = None,
        key_storage: Sequence[str] = (),
        user_authentication: Sequence[str] = (),
    ) -> None:
        """Take up an enrolment.

        Args:
            enrolment: what the registry gave: identifier, key, certificates.
            clock: tells the time.
            client_id: what the wallet product is called as an OAuth client; by default the provider's identifier.
            wallet_name: how people call the product.
            wallet_link: where they read about it.
            key_storage: how well holders' keys resist attacks, such as ``iso_18045_basic`` (appendix D.2); nothing is
                said where it is empty, which is right for keys in software.
            user_authentication: how well the way resists attacks in which a holder unlocks them, in the same terms.

        Raises:
            ValueError: the enrolment is for another role.
        """
        if enrolment.role is not Role.WALLET_PROVIDER:
            raise ValueError("the enrolment is not that of a wallet provider")
        self._key = IssuerKey(signer=enrolment.signer, chain=enrolment.chain, identifier=enrolment.identifier)
        self._clock = clock
        self._name = wallet_name
        self._link = wallet_link
        self._key_storage = tuple(key_storage)
        self._user_authentication = tuple(user_authentication)
        self.identifier: str = enrolment.identifier
        self.client_id: str = client_id or enrolment.identifier

    def attest_client(self, key: PublicKey, *, valid_for: timedelta = CLIENT_ATTESTATION_LIFETIME) -> str:
        """Return an attestation that whoever has this key is a wallet of this provider (appendix E).

        Raises:
            ValueError: the lifetime is not positive.
        """
        at = self._clock()
        return make_client_attestation(
            self._key,
            client_id=self.client_id,
            key=key,
            at=at,
            expires=_end(at, valid_for),
            wallet_name=self._name,
            wallet_link=self._link,
        )

    def attest_keys(
        self,
        keys: Sequence[PublicKey],
        *,
        nonce: str | None,
        valid_for: timedelta = KEY_ATTESTATION_LIFETIME,
    ) -> str:
        """Return an attestation that these keys are kept as this provider's wallets keep keys (appendix D).

        Args:
            keys: all different; a credential is issued for each.
            nonce: the issuer's ``c_nonce``; None where it has none.
            valid_for: how long it holds.

        Raises:
            ValueError: no keys, one twice, or the lifetime is not positive.
        """
        at = self._clock()
        return make_key_attestation(
            self._key,
            keys,
            at=at,
            expires=_end(at, valid_for),
            nonce=nonce,
            key_storage=self._key_storage,
            user_authentication=self._user_authentication,
        )

    def attester(self) -> Attester:
        """Return who gets the attestations of a wallet that runs in the same process as its provider."""
        return _Inside(self)


@dataclass(frozen=True, slots=True)
class _Inside:
    provider: WalletProvider

    @property
    def client_id(self) -> str:
        return self.provider.client_id

    def attest_client(self, key: PublicKey, /) -> Flow[str]:
        yield from ()
        return self.provider.attest_client(key)

    def attest_keys(self, keys: Sequence[PublicKey], /, *, nonce: str | None) -> Flow[str]:
        yield from ()
        return self.provider.attest_keys(keys, nonce=nonce)


def _end(at: datetime, valid_for: timedelta) -> datetime:
    if valid_for <= timedelta(0):
        raise ValueError("an attestation holds for some time")
    return at + valid_for
