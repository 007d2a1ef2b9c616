# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet provider: attests to issuers that a wallet is one of its own, and where the keys of a wallet are.

An attestation says nothing that would tell one holder from another: its subject is the wallet product, and a wallet
asks for another one with another key for each issuer (OpenID4VCI 1.0, appendices D and E; HAIP 1.0, section 4.4).

With a ledger, each attestation names a place of its own in a status list, and all that a provider has attested of one
wallet instance can be revoked: a status signer publishes it, as for credentials.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from vcwallet.claims import JsonObject
from vcwallet.errors import LocalProtocolError, NotAuthorisedError
from vcwallet.flow import Flow
from vcwallet.formats.base import IssuerKey
from vcwallet.keys.policy import Role
from vcwallet.keys.public import PublicKey
from vcwallet.protocols.oauth import client_attestation
from vcwallet.protocols.oauth.client_attestation import make_client_attestation
from vcwallet.protocols.openid4vci import key_attestation
from vcwallet.protocols.openid4vci.key_attestation import make_key_attestation
from vcwallet.status.ledger import (
    MIN_SECRET_BYTES,
    Decision,
    Issuance,
    IssuanceLedger,
    NewIssue,
    Pseudonym,
    Status,
)
from vcwallet.status.token_status_list import status_claim
from vcwallet.trust.enrolment import Enrolment

CLIENT_ATTESTATION_LIFETIME: Final = timedelta(hours=24)
"""How long a wallet can show that it is one of its provider's: so long one that was withdrawn goes on."""
KEY_ATTESTATION_LIFETIME: Final = timedelta(minutes=10)
"""How long an attestation of keys holds: it is made for one credential request."""
_FORMAT: Final = "jwt"
_KEY_BYTES: Final = 16
_NEVER_GIVEN: Final = "taken back while it was made"
_ACTOR: Final = "wallet provider"


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
        ledger: IssuanceLedger | None = None,
        secret: bytes | None = None,
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
            ledger: remembers what is attested of which wallet instance, and gives each attestation its place in a
                status list; without one, no attestation has a status.
            secret: at least 32 random bytes, kept for as long as the ledger, which has pseudonyms of instances alone.

        Raises:
            ValueError: the enrolment is for another role; or a ledger without a secret, or a secret without a ledger or
                that is too short.
        """
        if enrolment.role is not Role.WALLET_PROVIDER:
            raise ValueError("the enrolment is not that of a wallet provider")
        if (ledger is None) is not (secret is None):
            raise ValueError("a ledger and a secret go together")
        if secret is not None and len(secret) < MIN_SECRET_BYTES:
            raise ValueError(f"a secret has at least {MIN_SECRET_BYTES} bytes")
        self._key = IssuerKey(signer=enrolment.signer, chain=enrolment.chain, identifier=enrolment.identifier)
        self._clock = clock
        self._name = wallet_name
        self._link = wallet_link
        self._key_storage = tuple(key_storage)
        self._user_authentication = tuple(user_authentication)
        self._ledger = ledger
        self._secret = secret or b""
        self.identifier: str = enrolment.identifier
        self.client_id: str = client_id or enrolment.identifier

    def attest_client(
        self,
        key: PublicKey,
        *,
        valid_for: timedelta = CLIENT_ATTESTATION_LIFETIME,
        instance: str | None = None,
    ) -> str:
        """Return an attestation that whoever has this key is a wallet of this provider (appendix E).

        Args:
            key: of the instance, another one for each issuer.
            valid_for: how long it holds.
            instance: what the provider knows the wallet instance by, so that it can `revoke` what it has attested of
                it; the attestation does not say it.  It is needed where the provider keeps a ledger.

        Raises:
            NotAuthorisedError: the instance was revoked or is suspended (``INSTANCE_REVOKED``).
            LocalProtocolError: an instance and no ledger (``NO_LEDGER``).
            StoreError: the ledger failed; nothing was attested.
            ValueError: the lifetime is not positive, or no instance although there is a ledger.
        """
        at = self._clock()
        expires = _end(at, valid_for)
        with self._entered(client_attestation.TYP, instance, at=at, expires=expires) as status:
            return make_client_attestation(
                self._key,
                client_id=self.client_id,
                key=key,
                at=at,
                expires=expires,
                wallet_name=self._name,
                wallet_link=self._link,
                status=status,
            )

    def attest_keys(
        self,
        keys: Sequence[PublicKey],
        *,
        nonce: str | None,
        valid_for: timedelta = KEY_ATTESTATION_LIFETIME,
        instance: str | None = None,
    ) -> str:
        """Return an attestation that these keys are kept as this provider's wallets keep keys (appendix D).

        Args:
            keys: all different; a credential is issued for each.
            nonce: the issuer's ``c_nonce``; None where it has none.
            valid_for: how long it holds.
            instance: as for `attest_client`.

        Raises:
            NotAuthorisedError, LocalProtocolError, StoreError: as for `attest_client`.
            ValueError: no keys, one twice, or the lifetime is not positive; or no instance although there is a ledger.
        """
        at = self._clock()
        expires = _end(at, valid_for)
        with self._entered(key_attestation.TYP, instance, at=at, expires=expires) as status:
            return make_key_attestation(
                self._key,
                keys,
                at=at,
                expires=expires,
                nonce=nonce,
                key_storage=self._key_storage,
                user_authentication=self._user_authentication,
                status=status,
            )

    def attester(self, *, instance: str | None = None) -> Attester:
        """Return who gets the attestations of a wallet that runs in the same process as its provider.

        Args:
            instance: as for `attest_client`.
        """
        return _Inside(self, instance)

    # --- taking it back ---

    def revoke(self, instance: str, *, reason: str, actor: str) -> tuple[Issuance, ...]:
        """Make all that was attested of a wallet instance invalid for good, and attest nothing more of it.

        It shows when a status signer has published the lists, to issuers that look; doing it twice is no error.

        Args:
            instance: what the provider knows it by.
            reason: why, without names of people.
            actor: the post that decided; not a person.

        Raises:
            LocalProtocolError: nothing was ever attested of it (code ``NOT_ISSUED``), or there is no ledger
                (``NO_LEDGER``).
            StoreError: the ledger failed; nothing was changed.
            ValueError: no reason or actor.
        """
        return self._change(instance, Status.INVALID, reason, actor)

    def suspend(self, instance: str, *, reason: str, actor: str) -> tuple[Issuance, ...]:
        """Make all that was attested of a wallet instance invalid for the time being (as `revoke`).

        Raises:
            LocalProtocolError: as for `revoke`; or a status list has one bit for each entry
                (``SUSPENSION_NOT_OFFERED``).
            StoreError: the ledger failed; nothing was changed.
        """
        return self._change(instance, Status.SUSPENDED, reason, actor)

    def reinstate(self, instance: str, *, reason: str, actor: str) -> tuple[Issuance, ...]:
        """Make what is suspended of a wallet instance valid again; what is revoked stays so (as `revoke`).

        Raises:
            LocalProtocolError: as for `revoke`.
            StoreError: the ledger failed; nothing was changed.
        """
        return self._change(instance, Status.VALID, reason, actor)

    def _change(self, instance: str, status: Status, reason: str, actor: str) -> tuple[Issuance, ...]:
        ledger = self._kept()
        decision = Decision(actor=actor, reason=reason, at=self._clock())
        return ledger.change_status_of([self._pseudonym(instance)], status, decision)

    def _kept(self) -> IssuanceLedger:
        if self._ledger is None:
            raise LocalProtocolError("this provider keeps no ledger", code="NO_LEDGER")
        return self._ledger

    def _pseudonym(self, instance: str) -> Pseudonym:
        return Pseudonym.of(instance, secret=self._secret)

    @contextmanager
    def _entered(
        self, type_id: str, instance: str | None, *, at: datetime, expires: datetime
    ) -> Iterator[JsonObject | None]:
        """Give the status of what is attested in the block; behind it, it is entered, and the instance still good."""
        if instance is None:
            if self._ledger is not None:
                raise ValueError("what is attested is entered under the instance that it is about")
            yield None
            return
        ledger, subject = self._kept(), self._pseudonym(instance)
        _require_good(ledger, subject)
        new = NewIssue(
            idempotency_key=secrets.token_urlsafe(_KEY_BYTES),
            type_id=type_id,
            format=_FORMAT,
            issued_at=at,
            expires=expires,
            subject=subject,
        )
        with ledger.issuing(new) as [entry]:
            yield status_claim(entry.uri, entry.index)
        try:
            _require_good(ledger, subject)
        except NotAuthorisedError:
            # Whoever has revoked the instance meanwhile may not have seen this entry.  After a suspension it stays as
            # it is: nobody has what was attested, and a revoked entry would end the instance for good.
            if Status.INVALID in _standing(ledger, subject):
                never_given = Decision(actor=_ACTOR, reason=_NEVER_GIVEN, at=at)
                ledger.change_status(new.idempotency_key, Status.INVALID, never_given)
            raise


def _standing(ledger: IssuanceLedger, subject: Pseudonym) -> set[Status]:
    return {entry.status for entry in ledger.issued_to([subject])}


def _require_good(ledger: IssuanceLedger, subject: Pseudonym) -> None:
    if _standing(ledger, subject) - {Status.VALID}:
        raise NotAuthorisedError("the wallet instance was revoked or is suspended", code="INSTANCE_REVOKED")


@dataclass(frozen=True, slots=True)
class _Inside:
    provider: WalletProvider
    instance: str | None

    @property
    def client_id(self) -> str:
        return self.provider.client_id

    def attest_client(self, key: PublicKey, /) -> Flow[str]:
        yield from ()
        return self.provider.attest_client(key, instance=self.instance)

    def attest_keys(self, keys: Sequence[PublicKey], /, *, nonce: str | None) -> Flow[str]:
        yield from ()
        return self.provider.attest_keys(keys, nonce=nonce, instance=self.instance)


def _end(at: datetime, valid_for: timedelta) -> datetime:
    if valid_for <= timedelta(0):
        raise ValueError("an attestation holds for some time")
    return at + valid_for
