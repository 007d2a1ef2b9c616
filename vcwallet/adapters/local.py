# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The roles on this machine: with the system clock, a SQLite file or a database, and every format that vcwallet has.

The classes add constructors and nothing else (specs/decisions/001-local-roles.md).

    >>> from vcwallet import TrustRegistry, Wallet
    >>> with TrustRegistry.create("Demo trust registry") as registry:
    ...     with Wallet.create(None, passphrase="correct horse battery staple", trust=registry.published()) as wallet:
    ...         list(wallet.cards())
    []
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from types import TracebackType
from typing import Self

from vcwallet import issuer, registry, verifier, wallet
from vcwallet.adapters.store import SqlStore
from vcwallet.adapters.store.sql_store import kept_if_successful
from vcwallet.formats.base import CredentialFormat
from vcwallet.formats.mdoc import Mdoc
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.registry.registry import EXAMPLE_ADDRESS, UNKNOWN_COUNTRY
from vcwallet.status.outcome import STANDARD, StatusPolicy
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.enrolment import Enrolment
from vcwallet.trust.published import PublishedTrust
from vcwallet.verifier.verifier import Transport

Clock = Callable[[], datetime]
FORMATS: tuple[CredentialFormat, ...] = (SdJwtVc(), Mdoc())
"""The credential formats that wallets and verifiers read."""


def system_clock() -> datetime:
    """Return the time of this machine."""
    return datetime.now(UTC)


class _Closing:
    """Closes the store that a role was opened with."""

    _opened: SqlStore | None = None

    def close(self) -> None:
        """Close the store that this role has opened; what was returned before is durable."""
        if self._opened is not None:
            self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class Issuer(issuer.Issuer):
    """An enrolled issuer with the system clock."""

    def __init__(
        self,
        enrolment: Enrolment,
        *,
        clock: Clock = system_clock,
        time_zone: tzinfo = UTC,
        ledger: issuer.IssuanceLedger | None = None,
    ) -> None:
        """Take up an enrolment (see `vcwallet.issuer.Issuer`)."""
        super().__init__(enrolment, clock=clock, time_zone=time_zone, ledger=ledger)


class StatusSigner(issuer.StatusSigner):
    """An enrolled status signer with the system clock."""

    def __init__(
        self,
        enrolment: Enrolment,
        *,
        ledger: issuer.StatusListLedger,
        publication: issuer.Publication = issuer.ONE_DAY,
        clock: Clock = system_clock,
    ) -> None:
        """Take up an enrolment (see `vcwallet.issuer.StatusSigner`)."""
        super().__init__(enrolment, ledger=ledger, publication=publication, clock=clock)


class StatusHost(issuer.StatusHost):
    """A status host with the system clock."""

    def __init__(self, ledger: issuer.StatusListLedger, *, clock: Clock = system_clock) -> None:
        """Answer from what was published (see `vcwallet.issuer.StatusHost`)."""
        super().__init__(ledger, clock=clock)


class Verifier(_Closing, verifier.Verifier):
    """An enrolled verifier with the system clock and a store for what it has to remember."""

    def __init__(
        self,
        enrolment: Enrolment,
        *,
        path: str | Path | None = None,
        clock: Clock = system_clock,
        status: StatusPolicy = STANDARD,
        http: Transport | None = None,
    ) -> None:
        """Take up an enrolment.

        Args:
            enrolment: what the registry gave.
            path: the file, or the URL of the database, that remembers answered requests, receipts and status lists;
                None remembers them as long as the process lives.
            clock: tells the time.
            status: what is accepted of the status of credentials.
            http: fetches status lists; None relies on those that are held, and nothing is fetched.

        Raises:
            StoreError: the file cannot be opened.
            TrustedListError: the registry's list is past its end.
        """
        with kept_if_successful(SqlStore.open_unsealed(path)) as store:
            super().__init__(enrolment, store=store, formats=FORMATS, clock=clock, status=status, http=http)
            self._opened = store


class Wallet(_Closing, wallet.Wallet):
    """One person's wallet in a sealed file."""

    @classmethod
    def create(
        cls,
        path: str | Path | None,
        *,
        passphrase: str,
        trust: PublishedTrust,
        clock: Clock = system_clock,
        language: str = "en",
    ) -> Self:
        """Make a new wallet.

        Args:
            path: the file, or the URL of a database; None keeps it in memory.
            passphrase: opens it again; nobody can open it without.
            trust: what the registry has published; its root is pinned for good.
            clock: tells the time.
            language: the language of labels.

        Raises:
            StoreError: there is a file already, or it cannot be written.
            TrustedListError: the registry's list is past its end, or not what its root has signed.
        """
        TrustedListClient.start(trust, store=MemoryStore(), at=clock())  # before a file is made that would be left over
        with kept_if_successful(SqlStore.create(path, passphrase=passphrase)) as store:
            client = TrustedListClient.start(trust, store=store, at=clock())
            return cls._over(store, client, clock, language)

    @classmethod
    def open(cls, path: str | Path, *, passphrase: str, clock: Clock = system_clock, language: str = "en") -> Self:
        """Open a wallet.

        Raises:
            WrongPassphraseError: the passphrase does not open it.
            StoreCorruptError: the file is damaged, or no store.
            StoreError: there is no such file, or it is in use.
            LocalProtocolError: it is a store, but not that of a wallet.
        """
        with kept_if_successful(SqlStore.open(path, passphrase=passphrase)) as store:
            return cls._over(store, TrustedListClient.resume(store), clock, language)

    @classmethod
    def _over(cls, store: SqlStore, client: TrustedListClient, clock: Clock, language: str) -> Self:
        made = cls(store=store, trust=client, formats=FORMATS, clock=clock, language=language)
        made._opened = store
        return made


class TrustRegistry(_Closing, registry.TrustRegistry):
    """A trust registry in a sealed file."""

    @classmethod
    def create(
        cls,
        name: str | Mapping[str, str],
        *,
        path: str | Path | None = None,
        passphrase: str | None = None,
        country: str = UNKNOWN_COUNTRY,
        address: str = EXAMPLE_ADDRESS,
        clock: Clock = system_clock,
    ) -> Self:
        """Found a registry: make its root, issuing CA, registrar and list operator.

        Args:
            name: its name, or its name by language tag.
            path: the file, or the URL of a database, that keeps its keys; None keeps it in memory.
            passphrase: opens it again; needed with a path.
            country: two letters of ISO 3166-1.
            address: an https URL of the registry, which the certificates of mdoc issuers and readers name.
            clock: tells the time.

        Raises:
            ValueError: a path without a passphrase, no name, no country, or no address; no file is made.
            StoreError: there is a file already, or it cannot be written.
        """
        if path is not None and not passphrase:
            raise ValueError("a registry in a file is sealed with a passphrase")
        cls.found(
            name, store=MemoryStore(), country=country, address=address, clock=clock
        )  # before a file is made (see `Wallet`)
        with kept_if_successful(SqlStore.create(path, passphrase=passphrase or secrets.token_urlsafe(32))) as store:
            made = cls.found(name, store=store, country=country, address=address, clock=clock)
            made._opened = store
            return made

    @classmethod
    def open(cls, path: str | Path, *, passphrase: str, clock: Clock = system_clock) -> Self:
        """Continue with a registry that was created before.

        Raises:
            WrongPassphraseError: the passphrase does not open it.
            StoreCorruptError: the file is damaged, or no store.
            StoreError: there is no such file, or it is in use.
            LocalProtocolError: it is a store, but not that of a registry.
        """
        with kept_if_successful(SqlStore.open(path, passphrase=passphrase)) as store:
            made = cls.reopen(store, clock=clock)
            made._opened = store
            return made
