# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The roles on this machine: with the system clock, a SQLite file or a database, and every format that vcwallet has.

The classes add constructors, and the wallet what concerns its file: backup, passphrase, key; and nothing else
(specs/decisions/001-local-roles.md, 016-wallet-durability.md).

    >>> from vcwallet import TrustRegistry, Wallet
    >>> with TrustRegistry.create("Demo trust registry") as registry:
    ...     with Wallet.create(None, passphrase="correct horse battery staple", trust=registry.published()) as wallet:
    ...         list(wallet.cards())
    []
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from types import TracebackType
from typing import Self

from vcwallet import issuer, registry, verifier, wallet
from vcwallet.adapters.store import Backup, SqlStore, opened_backup, restore, write_backup
from vcwallet.adapters.store.backup import require_free
from vcwallet.adapters.store.header import require_passphrase
from vcwallet.adapters.store.sql_store import Snapshot, kept_if_successful, nothing
from vcwallet.claims import JsonObject
from vcwallet.errors import LocalProtocolError, MalformedError, StoreCorruptError
from vcwallet.formats.base import CredentialFormat, IssuerKey
from vcwallet.formats.mdoc import Mdoc
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.issuer import openid4vci
from vcwallet.keys.policy import IssuerPolicy, TrustPolicy
from vcwallet.keys.signer import KeyStore
from vcwallet.protocols.haip import OPENID4VCI_1_0, OPENID4VP_1_0, IssuanceProfile, PresentationProfile
from vcwallet.protocols.openid4vci.encryption import MessageKey
from vcwallet.protocols.openid4vci.jwt_proof import HolderCertificates
from vcwallet.protocols.openid4vp.digital_credentials import Protocol
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey
from vcwallet.protocols.openid4vp.response_mode import ResponseMode
from vcwallet.registry.registry import EXAMPLE_ADDRESS, UNKNOWN_COUNTRY
from vcwallet.sessions import SessionStore
from vcwallet.status.outcome import STANDARD, StatusPolicy
from vcwallet.storage import MemoryStore, RecordStore
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.enrolment import Enrolment
from vcwallet.trust.published import PublishedTrust
from vcwallet.verifier import openid4vp
from vcwallet.verifier.verifier import Transport
from vcwallet.wallet.continuity import (
    BackupReceipt,
    begin_next_device,
    require_latest,
    require_same_history,
)
from vcwallet.wallet.damage import Damage
from vcwallet.wallet.identity import identity_of, is_wallet

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


class CredentialIssuerService(openid4vci.CredentialIssuerService):
    """A credential issuer's service with the system clock."""

    def __init__(
        self,
        issuer: issuer.Issuer,
        *,
        identifier: str,
        display: Mapping[str, str],
        offered: Sequence[openid4vci.Offering],
        records: openid4vci.Records,
        sessions: SessionStore,
        secret: bytes,
        clock: Clock = system_clock,
        login: openid4vci.Login | None = None,
        wallet_providers: TrustPolicy | None = None,
        attestation_statuses: openid4vci.AttestationStatuses = openid4vci.NOT_LOOKED_UP,
        holder_certificates: HolderCertificates | None = None,
        profile: IssuanceProfile = OPENID4VCI_1_0,
        signer: IssuerKey | None = None,
        encryption: Sequence[MessageKey] = (),
        encryption_required: bool = False,
        dpop_nonce_required: bool = False,
        deferred_notifications: bool = False,
        lifetimes: openid4vci.Lifetimes = openid4vci.Lifetimes(),  # noqa: B008 - a value
        bounds: openid4vci.Bounds = openid4vci.Bounds(),  # noqa: B008 - a value
        former_secrets: Sequence[bytes] = (),
    ) -> None:
        """Put a service together (see `vcwallet.issuer.openid4vci.CredentialIssuerService`)."""
        super().__init__(
            issuer,
            identifier=identifier,
            display=display,
            offered=offered,
            records=records,
            sessions=sessions,
            secret=secret,
            clock=clock,
            login=login,
            wallet_providers=wallet_providers,
            attestation_statuses=attestation_statuses,
            holder_certificates=holder_certificates,
            profile=profile,
            signer=signer,
            encryption=encryption,
            encryption_required=encryption_required,
            dpop_nonce_required=dpop_nonce_required,
            deferred_notifications=deferred_notifications,
            lifetimes=lifetimes,
            bounds=bounds,
            former_secrets=former_secrets,
        )


class WalletProvider(wallet.WalletProvider):
    """An enrolled wallet provider with the system clock."""

    def __init__(
        self,
        enrolment: Enrolment,
        *,
        clock: Clock = system_clock,
        client_id: str | None = None,
        wallet_name: str | None = None,
        wallet_link: str | None = None,
        key_storage: Sequence[str] = (),
        user_authentication: Sequence[str] = (),
        ledger: issuer.IssuanceLedger | None = None,
        secret: bytes | None = None,
    ) -> None:
        """Take up an enrolment (see `vcwallet.wallet.WalletProvider`)."""
        super().__init__(
            enrolment,
            clock=clock,
            client_id=client_id,
            wallet_name=wallet_name,
            wallet_link=wallet_link,
            key_storage=key_storage,
            user_authentication=user_authentication,
            ledger=ledger,
            secret=secret,
        )


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
        issuers: Sequence[IssuerPolicy] = (),
    ) -> None:
        """Take up an enrolment.

        Args:
            enrolment: what the registry gave.
            path: the file, or the URL of the database, that remembers answered requests, receipts and status lists;
                None remembers them as long as the process lives.
            clock: tells the time.
            status: what is accepted of the status of credentials.
            http: fetches status lists; None relies on those that are held, and nothing is fetched.
            issuers: say which issuers are trusted besides those of the registry.

        Raises:
            StoreError: the file cannot be opened.
            TrustedListError: the registry's list is past its end.
        """
        with kept_if_successful(SqlStore.open_unsealed(path)) as store:
            super().__init__(
                enrolment, store=store, formats=FORMATS, clock=clock, status=status, http=http, issuers=issuers
            )
            self._opened = store


class VerifierService(openid4vp.VerifierService):
    """A verifier's service with the system clock."""

    def __init__(
        self,
        verifier: verifier.Verifier,
        *,
        address: str,
        channels: Collection[openid4vp.Channel],
        sessions: SessionStore,
        clock: Clock = system_clock,
        result_page: str | None = None,
        origins: Sequence[str] = (),
        profile: PresentationProfile = OPENID4VP_1_0,
        client: openid4vp.Client | None = None,
        client_header: openid4vp.ClientHeader | None = None,
        registered_keys: Sequence[ResponseKey] = (),
        posted: ResponseMode = ResponseMode.DIRECT_POST_JWT,
        shares_response_uri: bool = False,
        by_api: ResponseMode = ResponseMode.DC_API_JWT,
        protocols: Sequence[Protocol] = (Protocol.SIGNED,),
        signers: Sequence[openid4vp.FurtherSigner] = (),
        lifetimes: openid4vp.Lifetimes = openid4vp.Lifetimes(),  # noqa: B008 - a value
        bounds: openid4vp.Bounds = openid4vp.Bounds(),  # noqa: B008 - a value
    ) -> None:
        """Put a service together (see `vcwallet.verifier.openid4vp.VerifierService`)."""
        super().__init__(
            verifier,
            address=address,
            channels=channels,
            sessions=sessions,
            clock=clock,
            result_page=result_page,
            origins=origins,
            profile=profile,
            client=client,
            client_header=client_header,
            registered_keys=registered_keys,
            posted=posted,
            shares_response_uri=shares_response_uri,
            by_api=by_api,
            protocols=protocols,
            signers=signers,
            lifetimes=lifetimes,
            bounds=bounds,
        )


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
        issuers: Sequence[IssuerPolicy] = (),
        keys: KeyStore | None = None,
        copies: wallet.CopyUse = wallet.CopyUse.PER_VERIFIER,
    ) -> Self:
        """Make a new wallet.

        Args:
            path: the file, or the URL of a database; None keeps it in memory.
            passphrase: opens it again; nobody can open it without.
            trust: what the registry has published; its root is pinned for good.
            clock: tells the time.
            language: the language of labels.
            issuers: say which issuers are trusted besides those of the registry.
            keys: makes and keeps the holder's keys; by default the file does.
            copies: how the copies of batches are spent.

        Raises:
            StoreError: there is a file already, or it cannot be written.
            TrustedListError: the registry's list is past its end, or not what its root has signed.
        """
        TrustedListClient.start(trust, store=MemoryStore(), at=clock())  # before a file is made that would be left over
        with kept_if_successful(SqlStore.create(path, passphrase=passphrase)) as store:
            client = TrustedListClient.start(trust, store=store, at=clock())
            return cls._over(store, client, clock, language, issuers, keys, copies)

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        passphrase: str,
        trust: PublishedTrust | None = None,
        clock: Clock = system_clock,
        language: str = "en",
        issuers: Sequence[IssuerPolicy] = (),
        keys: KeyStore | None = None,
        copies: wallet.CopyUse = wallet.CopyUse.PER_VERIFIER,
    ) -> Self:
        """Open a wallet; one of an older vcwallet is brought up to date, all or nothing.

        Which issuers are trusted besides those of the registry is not in the file.

        Args:
            path: the file, or the URL of a database.
            passphrase: opens it.
            trust: what the registry has published, to pin anew where what was pinned is damaged, and only there; the
                history says so.
            clock: tells the time.
            language: the language of labels.
            issuers: say which issuers are trusted besides those of the registry.
            keys: makes and keeps the holder's keys, if the wallet was made with it.
            copies: how the copies of batches are spent; it is not in the file.

        Raises:
            UntrustedError: `trust` is of another registry than what is left of the damaged pin.
            WrongPassphraseError: the passphrase does not open it.
            StoreCorruptError: the file is damaged, or no store.
            StoreNewerError: it was written by a newer vcwallet.
            StoreError: there is no such file, or it is in use.
            LocalProtocolError: it is a store, but not that of a wallet.
        """
        with kept_if_successful(SqlStore.open(path, passphrase=passphrase)) as store:
            client, is_mended = _followed(store, trust, at=clock())
            made = cls._over(store, client, clock, language, issuers, keys, copies)
            if is_mended:
                # Where the end of the history is damaged as well, that is told by `damaged`.
                with suppress(StoreCorruptError):
                    made._log_mended("trust")
            return made

    # --- durability ----------------------------------------------------------------------------------------------

    def backup(
        self,
        path: str | Path,
        *,
        passphrase: str,
        leave_out_damaged: bool = False,
        progress: Callable[[int], None] = nothing,
    ) -> BackupReceipt:
        """Write everything, also the private keys, into an encrypted file, and return how far it reaches.

        The wallet can be used meanwhile.  The file is there whole or not at all, and its owner's alone to read.  That a
        backup was made stands in the history before.

        Args:
            path: where; nothing may be there.
            passphrase: what opens the backup; it need not be the wallet's.
            leave_out_damaged: go on without records that are damaged (see `damaged`), to save the others.  The
                receipt counts them, and so does the entry ``restored`` of a wallet that is made of the backup.
            progress: called now and then with the number of records written.

        Raises:
            StoreCorruptError: a record is damaged; or who the wallet is is, so that no backup is that of this wallet
                (``WALLET_SECRET_LOST``, ``WALLET_DEVICE_LOST``).
            StoreFullError: there is no room.
            StoreError: there is a file already (``BACKUP_EXISTS``), or it cannot be written.
            ValueError: the passphrase is empty.
        """
        require_passphrase(passphrase)
        require_free(Path(path))
        self._identity.require_whole()
        if leave_out_damaged:
            self._mend()
        number, made = self._log_backup(), list[BackupReceipt]()

        def about(snapshot: Snapshot) -> JsonObject:
            damaged = snapshot.damaged() if leave_out_damaged else []
            left_out = Counter(error.collection for error in damaged)
            made.append(self._receipt(snapshot, number=number, left_out=left_out))
            return made[0].to_object()

        write_backup(
            self._sealed_store,
            path,
            passphrase=passphrase,
            about=about,
            leave_out_damaged=leave_out_damaged,
            progress=progress,
        )
        return made[0]

    @classmethod
    def restore(
        cls,
        path: str | Path | None,
        *,
        backup: str | Path,
        backup_passphrase: str,
        passphrase: str,
        known: Iterable[BackupReceipt] = (),
        accept_older: bool = False,
        trust: PublishedTrust | None = None,
        clock: Clock = system_clock,
        language: str = "en",
        issuers: Sequence[IssuerPolicy] = (),
        keys: KeyStore | None = None,
        copies: wallet.CopyUse = wallet.CopyUse.PER_VERIFIER,
        progress: Callable[[int], None] = nothing,
    ) -> Self:
        """Make a wallet of a backup, all or nothing; its history goes on with an entry ``restored``.

        Args:
            path: where; nothing may be there.
            backup: the file that `backup` wrote.
            backup_passphrase: opens it.
            passphrase: opens the wallet from now on.
            known: receipts of backups, and the `state` of the wallet where it still opens: what the backup must not be
                older than.
            accept_older: restore it although it is; the entry then says how much is missing.
            trust: as in `open`.
            clock: tells the time.
            language: the language of labels.
            issuers: say which issuers are trusted besides those of the registry; they are not in the backup.
            keys: makes and keeps the holder's keys; by default the file does.
            copies: how the copies of batches are spent; it is not in the backup.
            progress: called now and then with the number of records read.

        Raises:
            BackupOlderError: the wallet is known to have gone on since.
            WrongPassphraseError: this is not the passphrase of the backup.
            BackupCorruptError: the backup is damaged, and where.
            StoreCorruptError: it is no backup (``NOT_A_BACKUP``), or the history does not end where it says.
            StoreNewerError: it was written by a newer vcwallet.
            StoreError: there is a store already (``STORE_EXISTS``), or it cannot be written.
            LocalProtocolError: what is known is about another wallet, or this is not a backup of a wallet.
            ValueError: the passphrase is empty.
        """

        def go_on(inside: RecordStore) -> None:
            # A wallet that does not know its keys is not made.
            identity_of(inside).require_whole()
            is_same = require_same_history(inside, receipt, latest, accept_older=accept_older)
            begin_next_device(inside, receipt, missing=max(missing, not is_same), at=clock())
            mended.append(_followed(inside, trust, at=clock())[1])

        latest, mended = tuple(known), list[bool]()

        with opened_backup(backup, passphrase=backup_passphrase) as opened:
            receipt = _receipt_of(opened)
            missing = require_latest(receipt, latest, accept_older=accept_older)
            store = restore(
                path,
                opened,
                passphrase=passphrase,
                then=go_on,
                progress=progress,
            )
        with kept_if_successful(store):
            made = cls._over(store, TrustedListClient.resume(store), clock, language, issuers, keys, copies)
            if mended == [True]:
                made._log_mended("trust")
            return made

    def mend(self, *, backup: str | Path | None = None, backup_passphrase: str | None = None) -> tuple[Damage, ...]:
        """Make whole what can be, and return what is still damaged; what was mended stands in the history.

        What the open wallet knows of itself is written anew, and so is a damaged end of the history.  From a backup of
        this very wallet come credentials, keys and entries of the history that are damaged or gone, and the secret: all
        that never changes once it is written.  Nothing else is taken from it, and nothing that is whole is replaced.
        Several backups can be used, one after the other.

        Args:
            backup: a file that `backup` wrote before the damage; None does without.
            backup_passphrase: opens it.

        Raises:
            LocalProtocolError: it is the backup of another wallet, or from after this one went another way
                (``ANOTHER_WALLET``), or of no wallet; nothing of it was taken.
            WrongPassphraseError, BackupCorruptError: as `restore`; nothing of it was taken.
            StoreCorruptError: the end of the history is damaged, and so is an entry (``HISTORY_BROKEN``).
            StoreError: the store could not write, or there is no such backup.
            ValueError: a backup without its passphrase.
        """
        self._mend()
        if backup is not None:
            if not backup_passphrase:
                raise ValueError("a backup is opened with its passphrase")
            with opened_backup(backup, passphrase=backup_passphrase) as opened:
                self._mend_from(_receipt_of(opened), opened.records())
            self._mend()
        return tuple(self.damaged())

    def change_passphrase(self, new: str) -> None:
        """Let only `new` open the wallet from now on; copies of the file and backups keep the passphrase of then.

        Raises:
            StoreError: the store could not write; the old passphrase is still the one.
            ValueError: the passphrase is empty.
        """
        self._sealed_store.change_passphrase(new)

    def rotate_key(self, *, passphrase: str, progress: Callable[[int], None] = nothing) -> tuple[str, ...]:
        """Seal everything anew under a new key, and forget the old one; return what was damaged and stays so.

        Until this has returned, the wallet opens and is whole; one that was interrupted is gone on with when this is
        called again.  Other processes that have the wallet open are told to open it again (``STORE_KEY_CHANGED``).

        Args:
            passphrase: the wallet's; it stays the same.
            progress: called now and then with the number of records done.

        Raises:
            WrongPassphraseError: this is not the passphrase; nothing was changed.
            StoreError: the store could not write, or its passphrase was changed meanwhile; call again to go on.
        """
        damaged = self._sealed_store.rotate_key(passphrase=passphrase, progress=progress)
        return tuple(str(error.args[0]) for error in damaged)

    @property
    def is_rotating(self) -> bool:
        """Whether `rotate_key` was begun and has not ended."""
        return self._sealed_store.is_rotating

    @property
    def _sealed_store(self) -> SqlStore:
        if self._opened is None:
            raise LocalProtocolError("this wallet was not opened from a file or database")
        return self._opened

    @classmethod
    def _over(
        cls,
        store: SqlStore,
        client: TrustedListClient,
        clock: Clock,
        language: str,
        issuers: Sequence[IssuerPolicy],
        keys: KeyStore | None,
        copies: wallet.CopyUse,
    ) -> Self:
        made = cls(
            store=store,
            trust=client,
            formats=FORMATS,
            clock=clock,
            keys=keys,
            language=language,
            issuers=issuers,
            copies=copies,
        )
        made._opened = store
        return made


def _followed(store: RecordStore, trust: PublishedTrust | None, *, at: datetime) -> tuple[TrustedListClient, bool]:
    """Return who follows the registry of a wallet, and whether it had to be pinned anew."""
    try:
        return TrustedListClient.resume(store), False
    except (StoreCorruptError, LocalProtocolError):
        if trust is None or not is_wallet(store):
            raise
        return TrustedListClient.mend(trust, store=store, at=at), True


def _receipt_of(opened: Backup) -> BackupReceipt:
    try:
        return BackupReceipt.from_object(opened.about)
    except MalformedError:
        raise LocalProtocolError("this is a backup, but not that of a wallet") from None


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
