# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The wallet: one person's credentials, keys, decisions and history over a store.

Everything that a method has returned is durable.  A disclosure stands in the history before it leaves the wallet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from vcwallet.claims import JsonObject, path_text
from vcwallet.encoding import visible
from vcwallet.errors import (
    BindingError,
    ConsentRequiredError,
    LimitExceededError,
    LocalProtocolError,
    NetworkBlockedError,
    NoMatchError,
    NotAuthorisedError,
    RequestRefusedError,
    StoreCorruptError,
    StoreError,
    UnsupportedError,
    UntrustedError,
    VcError,
    VerifierUnknownError,
    quoted,
)
from vcwallet.flow import Flow, HttpRequest, HttpResponse, run
from vcwallet.formats.base import (
    Credential,
    CredentialFormat,
    Formats,
    HeldCredential,
)
from vcwallet.formats.type_metadata import TypeCatalogue, require_conformity
from vcwallet.history import HashChain, HasRecords, LogEntry, chain_end
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.combined_policy import CombinedPolicy
from vcwallet.keys.policy import IssuerPolicy, TrustedKey
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import KeyStore, Signer
from vcwallet.keys.stored import COLLECTION as KEYS
from vcwallet.keys.stored import StoredKeys
from vcwallet.protocols.dcql import Candidate, CredentialQuery, DcqlQuery, Match, Matches, match, match_credential
from vcwallet.protocols.exchange import AuthenticatedRequest, IncomingRequest, QueryRule, Transaction
from vcwallet.protocols.openid4vp import Request, Response, read_request
from vcwallet.protocols.openid4vp.transaction_data import assign, authorisable, authorising
from vcwallet.protocols.proximity import RetrievalMethod, TcpRetrieval
from vcwallet.status.checker import CredentialStatus, StatusChecker
from vcwallet.status.held_lists import COLLECTION as STATUS_LISTS
from vcwallet.status.outcome import STANDARD, StatusResult
from vcwallet.storage import Change, Delete, Put, Record, RecordExistsError, RecordStore
from vcwallet.trust.client import COLLECTIONS as COLLECTIONS_OF_TRUST
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.published import PublishedTrust
from vcwallet.trust.registration import Registration
from vcwallet.wallet import entries, mending, transactions
from vcwallet.wallet.cards import COLLECTION, Card, card_id, cards_of, each, find_card, readable
from vcwallet.wallet.collecting import Collection, Collector, OfferPrompt, WalletClient
from vcwallet.wallet.collecting.keeping import Taken
from vcwallet.wallet.collecting.proving import MAX_COPIES
from vcwallet.wallet.collecting.records import COLLECTIONS as COLLECTIONS_OF_COLLECTING
from vcwallet.wallet.continuity import BackupReceipt
from vcwallet.wallet.copies import COLLECTION as COPY_USES
from vcwallet.wallet.copies import Audience, Copies, Copy, CopyUse, new_batch
from vcwallet.wallet.damage import Damage
from vcwallet.wallet.effort import MAX_READ, Effort
from vcwallet.wallet.identity import COLLECTION as OF_THE_WALLET
from vcwallet.wallet.identity import HISTORY, HOLDER_KEYS, SECRETS, identity_of
from vcwallet.wallet.mending import CONSENTS, KEY_USES, BackedUp
from vcwallet.wallet.phrases import phrase
from vcwallet.wallet.presenting import Abilities, Presenter
from vcwallet.wallet.prompt import Consent, Prompt, PromptCredential, require_by_name, require_size, warnings_about
from vcwallet.wallet.proposal import (
    IsGuarded,
    guarded_in,
    in_language,
    keeps_positions,
    prompt_credential,
    retention_text,
    weigh_seen,
)
from vcwallet.wallet.reasons import why_nothing, why_this
from vcwallet.wallet.screening import require_card_allowed, screen
from vcwallet.wallet.sender import verified_by, warnings_about_sender
from vcwallet.wallet.session import WalletSession
from vcwallet.wallet.statuses import COLLECTION as STATUSES
from vcwallet.wallet.statuses import forgotten, is_statement, last_status, remembered

MAX_CHOICES = 20
"""How many credentials are offered for one credential query, last received first."""

MAX_COMPARED = 200
"""How many combinations of claims are compared for one request, of all credentials that are offered; but always those
of one credential for each query."""

RECEIVED_AT_ONCE = 500
"""How many credentials `Wallet.receive_all` keeps in one commit."""

_KEY_IS_GONE = ("KEY_NOT_FOUND", "HSM_KEY_NOT_FOUND")
_OTHER_COLLECTIONS = (
    *(KEYS, HOLDER_KEYS, KEY_USES, CONSENTS, COPY_USES, OF_THE_WALLET, STATUSES, STATUS_LISTS),
    *COLLECTIONS_OF_TRUST,
    *COLLECTIONS_OF_COLLECTING,
)


@dataclass(frozen=True, slots=True)
class HolderKey:
    """A key of the wallet that one credential will be bound to.

    Attributes:
        public_key: what the issuer writes into the credential.
        handle: names the private half in the wallet.
    """

    public_key: PublicKey
    handle: str = field(repr=False)


class Wallet:
    """One person's wallet.  `vcwallet.Wallet` puts it together with a file and the system clock."""

    def __init__(
        self,
        *,
        store: RecordStore,
        trust: TrustedListClient,
        formats: Sequence[CredentialFormat],
        clock: Callable[[], datetime],
        keys: KeyStore | None = None,
        language: str = "en",
        issuers: Sequence[IssuerPolicy] = (),
        copies: CopyUse = CopyUse.PER_VERIFIER,
    ) -> None:
        """Use a store.

        Args:
            store: keeps everything, sealed.
            trust: says whom to trust, and keeps the registry's latest list.
            formats: the credential formats that the wallet reads.
            clock: tells the time.
            keys: makes and keeps the holder's keys; by default the store does.
            language: the language of labels, a BCP 47 tag.
            issuers: say which issuers are trusted besides those of the registry, which comes first.  Who may ask is
                for the registry alone to say, unless `update_verifiers` says more.
            copies: how the copies of batches are spent.
        """
        self._store = store
        self._trust = trust
        self._types = TypeCatalogue(trust.type_metadata)
        self._formats: Formats = {one.format: one for one in formats}
        self._clock = clock
        self._keys = keys if keys is not None else StoredKeys(store)
        self._keeps_keys = keys is None
        self._history = HashChain(store, HISTORY)
        self._identity = identity_of(store)
        self._copies = Copies(store, use=copies, device=lambda: self._identity.device)
        self.update_issuers(*issuers)
        self.update_verifiers()
        self.language = language

    # --- receiving -----------------------------------------------------------------------------------------------

    def new_holder_key(self, algorithm: Algorithm = Algorithm.ES256) -> HolderKey:
        """Make a key for one credential; it is stored before this returns.

        Raises:
            StoreCorruptError: who the wallet is is damaged (``WALLET_SECRET_LOST``, ``WALLET_DEVICE_LOST``).
            StoreError: the store could not write.
        """
        self._identity.require_whole()
        handle = self._keys.create(algorithm)
        key = self._keys.signer(handle).public_key
        made = f"{handle}\0{self._identity.device}".encode()
        self._store.commit(Put(HOLDER_KEYS, self._record_id(key), made, new=True))
        return HolderKey(key, handle)

    def receive(self, credential: Credential) -> Card:
        """Check a credential and keep it; when this returns, it is durable.  Receiving it again changes nothing.

        Raises:
            VerificationError: the issuer, its right to issue this type, the signature, the disclosures, the times or
                the conformity to the type do not hold.
            BindingError: it is bound to a key that is not this wallet's (``HOLDER_KEY_UNKNOWN``), or that another
                credential is bound to (``HOLDER_KEY_USED``).
            MalformedError, UnsupportedError: it is no credential of a format that the wallet reads.
        """
        known = find_card(self._store, card_id(credential))
        if known is not None:
            return known
        taken = self._check(credential)
        self._keep(taken)
        return taken.card

    def receive_all(self, credentials: Iterable[Credential], *, progress: Callable[[int], None] | None = None) -> int:
        """Check credentials and keep them, many in one commit; return how many of them are new.

        Each is checked as `receive` does.  At the first one that does not hold, those before it are kept and its error
        is raised; going on behind it, or from the start again, changes nothing of what is there.

        Args:
            credentials: any number of them; few are in memory at a time.
            progress: called when some more are durable, with their number so far.

        Raises:
            VerificationError, BindingError, MalformedError, UnsupportedError: as `receive`.
            StoreError: the store could not write.
        """
        done = 0
        for batch, error in self._checked_in_batches(credentials):
            done += self._keep_all(batch)
            if progress is not None:
                progress(done)
            if error is not None:
                raise error
        return done

    def receive_batch(self, credentials: Sequence[Credential]) -> tuple[Card, ...]:
        """Check credentials that were issued together, and keep all of them or none; receiving them again does nothing.

        Those that say the same, with a key each, are kept as copies of one credential: `match` shows them as one, and
        each verifier is shown another (`CopyUse`).

        Raises:
            VerificationError, BindingError, MalformedError, UnsupportedError: as `receive`.
            StoreError: the store could not write.
        """
        ids = [card_id(one) for one in credentials]
        new = {id: one for id, one in zip(ids, credentials, strict=True) if find_card(self._store, id) is None}
        if new:
            try:
                self._put_copies([self._check(one) for one in new.values()])
            except RecordExistsError:
                raise _key_used() from None
        return tuple(card for id in ids if (card := find_card(self._store, id)) is not None)

    def copies_left(self, card: Card) -> int:
        """Return how many copies of a credential nobody has seen; before there is none, it is time to collect more."""
        return self._copies.left(card, at=self._clock())

    def cards(self, type_id: str | None = None, *, skip_damaged: bool = False) -> Iterator[Card]:
        """Yield the credentials of a type, or all, last received first.

        Args:
            type_id: a type, or None.
            skip_damaged: leave out what is damaged; `damaged` says what that is.

        Raises:
            StoreCorruptError: a record is damaged; asked for the next one, the iterator goes on behind it.
        """
        found = cards_of(self._store, type_id)
        return readable(found) if skip_damaged else found

    def damaged(self) -> Iterator[Damage]:
        """Yield what is damaged in the store, and go on behind it; looks at everything once, so it takes its time."""
        named = set[tuple[str, str | None]]()
        for card in each(cards_of(self._store)):
            found = self._damaged_key(card) if isinstance(card, Card) else [Damage.of(card, kind=COLLECTION)]
            for damage in found:
                named.add((damage.kind, damage.id))
                yield damage
        for kind in _OTHER_COLLECTIONS:
            for record in each(self._store.find(kind)):
                if isinstance(record, StoreCorruptError):
                    damage = Damage.of(record, kind=kind)
                    if (kind, damage.id) not in named:
                        named.add((kind, damage.id))
                        yield damage
        if not self._identity.has_secret and (OF_THE_WALLET, SECRETS[0]) not in named:
            yield Damage(kind=OF_THE_WALLET, id=SECRETS[0], message="the secret of the wallet is gone")
        try:
            for _ in self._history.entries():
                pass
        except StoreCorruptError as error:
            yield Damage.of(error, kind=HISTORY)

    def cards_to_renew(self) -> Iterator[Card]:
        """Yield the credentials that were received on an earlier device, whose keys whoever has that one has, too.

        Raises:
            StoreCorruptError: a record is damaged; asked for the next one, the iterator goes on behind it.
        """
        device = self._identity.device
        return filter(lambda card: card.device < device, cards_of(self._store))

    def replace(self, card: Card, credential: Credential) -> Card:
        """Keep a credential in the place of an older one of its type and issuer, whose key is forgotten with it.

        All of that is done or nothing; once it is, doing it again changes nothing.

        Raises:
            VerificationError, BindingError, MalformedError, UnsupportedError: as `receive`.
            LocalProtocolError: it is of another type or issuer, is bound to the older one's key, to none where that one
                is, or to one of an earlier device, or is in the wallet already (``NO_REPLACEMENT``); or the older one
                is not there.
            StoreError: the store could not write.
        """
        known = find_card(self._store, card_id(credential))
        old = find_card(self._store, card.id)
        if known is not None and old is None:
            # Done before, perhaps up to the point where the older one's key is to go.
            if card.key is not None and card.key != known.key:
                self._keys.delete(card.key)
            return known
        if old is None:
            raise LocalProtocolError("the credential to replace is not in the wallet")
        if known is not None:
            raise _no_replacement()
        taken = self._check(credential)
        _require_replacement(taken.card, old, device=self._identity.device)
        try:
            self._put([taken], [entries.replacement(taken.card, at=taken.card.received_at)], *self._forgetting(old))
        except RecordExistsError:
            raise _key_used() from None
        if old.key is not None:
            self._keys.delete(old.key)
        return taken.card

    def claims(self, card: Card) -> JsonObject:
        """Return every claim of a credential, for the holder to look at.

        Raises:
            UnsupportedError: the wallet no longer reads its format.
        """
        return self._reopen(card).claims

    def delete(self, card: Card) -> None:
        """Forget a credential and its key for good; forgetting it again changes nothing.

        Raises:
            StoreError: the store could not write; what was forgotten so far stays forgotten.
        """
        if find_card(self._store, card.id) is not None:
            self._history.append(entries.deletion(card, at=self._clock()), *self._forgetting(card))
        if card.key is not None:
            self._keys.delete(card.key)

    # --- status --------------------------------------------------------------------------------------------------

    def check_status(self, card: Card, *, http: Callable[[HttpRequest], HttpResponse] | None = None) -> StatusResult:
        """Return whether a credential was revoked or suspended; what is found is remembered for `status`.

        The whole list is fetched, so nobody learns which credential was looked up.

        Args:
            card: the credential.
            http: fetches the list; None relies on what the wallet holds.

        Raises:
            MalformedError: what the credential says about its status is not as the standard has it.
            UnsupportedError: the wallet no longer reads its format.
            StoreError: the store failed.
        """
        return run(self.checking_status(card), http if http is not None else _offline)

    def checking_status(self, card: Card) -> Flow[StatusResult]:
        """Check as `check_status`, but leave it to the caller to fetch the list.

        Raises:
            VcError: as `check_status`.
        """
        at, held = self._clock(), self._reopen(card)
        credential = CredentialStatus(claim=held.status, issuer=card.issuer, format=held.format)
        # Without the secret nothing is known of the lists that were seen, and an older one would pass for the latest.
        statuses = self._statuses or self._status_checker()
        failures = yield from statuses.refreshing([credential], at=at)
        result = statuses.check(credential, at=at, failures=failures)
        if is_statement(result) and find_card(self._store, card.id) is not None:
            self._store.commit(remembered(card, result))
        return result

    def status(self, card: Card) -> StatusResult | None:
        """Return the last that is known of a credential's status, and from when it is; None if it was never looked up.

        Raises:
            StoreCorruptError: the record is damaged.
        """
        return last_status(self._store, card)

    # --- presenting ----------------------------------------------------------------------------------------------

    def match(self, request: Request | str | IncomingRequest) -> Prompt:
        """Return what to show to the person who decides about a request, whatever way it came.

        A request that must not be answered is refused here, whatever the person would say, and the refusal stands in
        the history where its sender is known.

        Raises:
            VerifierUnknownError, PurposeMismatchError, StatuteLimitedError, OverAskingError, RequestRefusedError:
                the verifier may not ask for this.
            NoMatchError: the wallet holds nothing that answers.
            VerificationError, MalformedError, UnsupportedError, RemoteProtocolError: the request itself is wrong.
        """
        incoming = read_request(str(request)) if isinstance(request, Request | str) else request
        at = self._clock()
        authenticated = self._authenticate(incoming, at)
        registration = self._screen(authenticated, at)
        search = _Search(
            registration=registration,
            audience=_audience(authenticated, registration),
            effort=Effort(MAX_READ),
            guarded=cache(lambda type_id: guarded_in(self._types.type(type_id))),
            transactions=authenticated.transactions,
            at=at,
        )
        matches = self._matches(authenticated, search, search.transactions)
        if not matches.satisfiable and search.alone != search.transactions:
            # Of the credentials that may authorise a transaction, one is enough.
            matches = self._matches(authenticated, search, search.alone)
        return self._prompt(incoming, authenticated, registration, matches)

    def present(self, consent: Consent) -> Response:
        """Return the answer that the person consented to, after it was written into the history.

        The request and the verifier's registration are checked again, and each claim must have been asked for and
        approved.

        Raises:
            ConsentRequiredError: the consent does not cover what it selects.
            LocalProtocolError: the consent was used before (``CONSENT_USED``).
            VcError: as `match`, where something has changed since.
        """
        at = self._clock()
        request = self._authenticate(consent.prompt.incoming, at)
        if request.digest != consent.prompt.request.digest:
            raise ConsentRequiredError("the consent is for another request")
        require_by_name(consent.credentials, consent.by_name, consent.prompt.transactions)
        registration = self._screen(request, at)
        for _ in range(MAX_COPIES):
            response = self._presented(consent, request, registration, at)
            if response is not None:
                return response
        raise NoMatchError("others use up the copies of a credential")

    def decline(self, prompt: Prompt) -> None:
        """Write into the history that the person has declined a request.

        Raises:
            StoreError: the store could not write.
        """
        self._history.append(entries.declining(prompt.registration, prompt.request, at=self._clock()))

    def presenter(self, abilities: Abilities | None = None) -> Presenter:
        """Return what reads requests from links, QR codes and the Digital Credentials API, and sends answers to them.

        Args:
            abilities: what the wallet can do, and asks of verifiers; by default, what OpenID4VP 1.0 leaves open stays
                open, and there are no transactions.
        """
        return Presenter(
            abilities=abilities or Abilities(),
            match=self.match,
            present=self.present,
            decline=self.decline,
            trust=lambda: self._verifiers,
            anchor=lambda: self._trust.published.anchor,
            clock=self._clock,
        )

    def start_session(
        self, *, retrieval_methods: Sequence[RetrievalMethod] = (), tcp: TcpRetrieval | None = None
    ) -> WalletSession:
        """Return a meeting with a reader nearby (ISO/IEC 18013-5), whose QR code is to be shown.

        Args:
            retrieval_methods: how a reader can reach this device.
            tcp: where it can over TCP, which is our own method, for tests and demonstrations.
        """
        return WalletSession(
            match=self.match,
            present=self.present,
            clock=self._clock,
            retrieval_methods=retrieval_methods,
            tcp=tcp,
        )

    # --- collecting ----------------------------------------------------------------------------------------------

    def collector(self, client: WalletClient | None = None) -> Collector:
        """Return what collects credentials from issuers (OpenID4VCI 1.0), and goes on with what was begun before.

        Args:
            client: who the wallet says it is, and what it asks of issuers; by default it stays anonymous.
        """
        return Collector(
            client=client or WalletClient(),
            store=self._store,
            keeper=_Keeper(self),
            issuers=lambda: self._issuers,
            type_of=lambda type_id: self._types.type(type_id),  # noqa: PLW0108 - there may be others by then
            formats=self._formats,
            language=lambda: self.language,
            clock=self._clock,
            device=self._identity.device,
        )

    def collect(
        self,
        link: str,
        *,
        http: Callable[[HttpRequest], HttpResponse],
        client: WalletClient | None = None,
        approve: Callable[[OfferPrompt], bool] | None = None,
        tx_code: str | None = None,
        copies: int = 1,
        browser: Callable[[str], str] | None = None,
    ) -> Collection:
        """Read an offer, let it be approved, and collect all of it as far as that goes now (see `Collector.collect`).

        Raises:
            VcError: as `Collector.collect`.
        """
        collector = self.collector(client)
        return collector.collect(link, http=http, approve=approve, tx_code=tx_code, copies=copies, browser=browser)

    def collections(self) -> Iterator[Collection]:
        """Yield the collections from which something is to come, last changed first.

        Raises:
            StoreCorruptError: a record is damaged.
        """
        return self.collector().collections()

    # --- history and trust ---------------------------------------------------------------------------------------

    def history(self) -> Iterator[LogEntry]:
        """Yield what happened, oldest first: receipts, disclosures and refusals, without claim values.

        Raises:
            StoreCorruptError: an entry was changed or removed (``HISTORY_BROKEN``).
        """
        return self._history.entries()

    def request_deletion(self, disclosure: int) -> LogEntry:
        """Write into the history that the holder asks a verifier to delete what it was shown, and return that entry.

        The wallet tells the verifier nothing; whoever calls this sends the request, to the contact of the entry.

        Args:
            disclosure: the number of the entry (`LogEntry.sequence`) of what was shown.

        Raises:
            LocalProtocolError: nothing was shown in that entry, or there is none (``NOT_PRESENTED``).
            StoreCorruptError: an entry was changed or removed (``HISTORY_BROKEN``).
            StoreError: the store could not write.
        """
        found = next((one for one in self._history.entries() if one.sequence == disclosure), None)
        if found is None or found.entry.get("event") != entries.PRESENTED:
            raise LocalProtocolError("nothing was shown to anybody in this entry", code="NOT_PRESENTED")
        return self._history.append(entries.deletion_request(found, at=self._clock()))

    def export_history(self) -> bytes:
        """Return the history as JSON Lines that anyone can check (`vcwallet.history.check_export`).

        Raises:
            StoreCorruptError: an entry was changed or removed (``HISTORY_BROKEN``).
        """
        return self._history.export()

    def state(self) -> BackupReceipt:
        """Return how far the wallet has come: what the receipt of a backup made now would say.

        Raises:
            StoreCorruptError: the end of the history was changed (``HISTORY_BROKEN``).
        """
        return self._receipt(self._store, number=0)

    def update_trust(self, published: PublishedTrust) -> None:
        """Take a newer list of the same registry.

        Raises:
            TrustedListError: older, expired or not the registry's; the last good list stays in use.
        """
        self._trust.update(published, at=self._clock())
        self._types = TypeCatalogue(self._trust.type_metadata)

    def update_issuers(self, *issuers: IssuerPolicy) -> None:
        """Trust these issuers besides those of the registry, in place of the ones that were given before.

        The same policies say who signs the status lists of their credentials.
        """
        self._issuers = CombinedPolicy((self._trust, *issuers))
        self._statuses = self._status_checker() if self._identity.has_secret else None

    def update_verifiers(self, *verifiers: IssuerPolicy) -> None:
        """Know these verifiers besides those of the registry, in place of the ones that were given before.

        A policy says who has sent a request.  What that party may ask for stands in its registration certificate, as
        that of any other, and the registry lets it act or does not.  So it is for the verifier that is registered, and
        for an intermediary that asks in its name, too.

        Args:
            verifiers: such as a `FederationPolicy`, whose entities are looked up as requests come, or `KnownVerifiers`.
        """
        self._verifiers = CombinedPolicy((self._trust, *verifiers))

    # --- steps ---------------------------------------------------------------------------------------------------

    def _status_checker(self) -> StatusChecker:
        return StatusChecker(store=self._store, trust=self._issuers, policy=STANDARD, secret=self._identity.secret)

    def _record_id(self, key: PublicKey) -> str:
        return mending.key_id(self._identity.secret, key)

    def _format(self, name: str) -> CredentialFormat:
        try:
            return self._formats[name]
        except KeyError:
            raise UnsupportedError(f"the wallet does not read credentials of format {quoted(name)}") from None

    def _reopen(self, card: Card) -> HeldCredential:
        return self._format(card.credential.format).reopen(card.credential.raw)

    def _check(self, credential: Credential) -> _Taken:
        """Return a credential as it will be kept, after every check but that its key is used once."""
        taken, error = self._bound([self._verified(credential)])
        if error is not None:
            raise error
        return taken[0]

    def _verified(self, credential: Credential) -> _Verified:
        """Return a credential after every check but those of its key."""
        at = self._clock()
        received = self._format(credential.format).read_issued(credential.raw).verify(trust=self._issuers, at=at)
        held, issuer = received.held, received.issuer
        resolved = self._types.type(held.type_ids[0], integrity=held.type_integrity)
        require_conformity(resolved, held.claims, concealed=held.concealed, complete=True)
        return _Verified(
            credential=credential,
            type_ids=tuple(dict.fromkeys((*resolved.type_ids, *held.type_ids))),
            issuer=issuer,
            key_id=None if held.holder_key is None else self._record_id(held.holder_key),
            at=at,
            expires=held.expires,
        )

    def _bound(self, verified: Sequence[_Verified]) -> tuple[list[_Taken], VcError | None]:
        """Return credentials as they will be kept, up to the first with a key of someone else, and then its error."""
        body_of, bound = self._holder_keys([one.key_id for one in verified if one.key_id is not None]), list[_Taken]()
        for one in verified:
            try:
                handle, device = self._made(one.key_id, body_of)
            except VcError as error:
                return bound, error
            bound.append(_Taken(one.card(handle, device), one.key_id))
        return bound, None

    def _made(self, key_id: str | None, body_of: Callable[[str], bytes | None]) -> tuple[str | None, int]:
        """Return the handle of a key and the device that it was made on; a bearer credential is the present one's."""
        if key_id is None:
            return None, self._identity.device
        made = body_of(key_id)
        if made is None:
            raise BindingError("the credential is bound to a key of someone else", code="HOLDER_KEY_UNKNOWN")
        handle, _, device = made.decode("utf-8").partition("\0")
        return handle, int(device or 0)  # nothing was said of devices before wallets could be restored

    def _holder_keys(self, ids: Sequence[str]) -> Callable[[str], bytes | None]:
        try:
            return self._store.get_many(HOLDER_KEYS, ids).get
        except StoreCorruptError:
            # One by one, so that only the credential of the damaged one is refused.
            return lambda id: self._store.get(HOLDER_KEYS, id)

    def _keep(self, taken: _Taken) -> bool:
        """Store a credential, and return whether it was not there already."""
        try:
            self._put([taken], [entries.receipt(taken.card)])
        except RecordExistsError:
            if find_card(self._store, taken.card.id) is None:
                raise _key_used() from None
            return False
        return True

    def _put(self, taken: Sequence[_Taken], logged: Sequence[JsonObject], *also: Change) -> None:
        changes = [one.card.put() for one in taken]
        # One key, one credential: a key in two of them would link their presentations.
        changes += [
            Put(KEY_USES, one.key_id, one.card.id.encode("ascii"), new=True) for one in taken if one.key_id is not None
        ]
        self._history.extend(logged, *also, *changes)

    def _put_copies(self, taken: Sequence[_Taken], *also: Change) -> list[Card]:
        """Store what came together, and return it; what is alike and bound to different keys are copies."""
        batch = new_batch([self._reopen(one.card) for one in taken])
        named = [replace(one, card=replace(one.card, batch=batch)) for one in taken]
        self._put(named, [entries.receipt(one.card) for one in named], *also)
        return [one.card for one in named]

    def _checked_in_batches(self, credentials: Iterable[Credential]) -> Iterator[tuple[list[_Taken], VcError | None]]:
        """Yield what was checked, up to the first that does not hold, and then its error."""
        verified, refused, arriving = list[_Verified](), None, iter(credentials)
        while refused is None:
            try:
                verified = []
                for credential in islice(arriving, RECEIVED_AT_ONCE):
                    verified.append(self._verified(credential))
            except VcError as error:
                refused = error
            batch, unbound = self._bound(verified)
            refused = unbound or refused
            yield batch, refused
            if len(verified) < RECEIVED_AT_ONCE:
                return

    def _keep_all(self, batch: Sequence[_Taken]) -> int:
        """Store credentials in one commit, without those that are there already; return how many are new."""
        try:
            if batch:
                self._put(batch, [entries.receipt(taken.card) for taken in batch])
        except RecordExistsError:
            new = self._not_there(batch)
            if len(new) < len(batch):
                return self._keep_all(new)
            # One of them is bound to the key of another: those before it are kept.
            return sum(self._keep(taken) for taken in batch)
        return len(batch)

    def _not_there(self, batch: Sequence[_Taken]) -> Sequence[_Taken]:
        try:
            known = self._store.get_many(COLLECTION, [taken.card.id for taken in batch])
        except StoreCorruptError:
            return batch
        return list({taken.card.id: taken for taken in batch if taken.card.id not in known}.values())

    def _forgetting(self, card: Card) -> list[Change]:
        """Return the changes that remove a credential and its key; one that another `KeyStore` keeps is still there."""
        about_key = [Delete(kind, id) for id in self._key_ids(card) for kind in (HOLDER_KEYS, KEY_USES)]
        own_key = [Delete(KEYS, card.key)] if self._keeps_keys and card.key is not None else []
        return [Delete(COLLECTION, card.id), Delete(COPY_USES, card.id), forgotten(card), *about_key, *own_key]

    def _key_ids(self, card: Card) -> list[str]:
        """Return what the records about the key of a credential are called."""
        key = self._reopen(card).holder_key
        if key is None:
            return []
        if self._identity.has_secret:
            return [self._record_id(key)]
        made = [record for record in each(self._store.find(HOLDER_KEYS)) if isinstance(record, Record)]
        return [record.id for record in made if record.body.partition(b"\0")[0] == str(card.key).encode()]

    def _damaged_key(self, card: Card) -> Iterator[Damage]:
        try:
            self._signer(card)
        except StoreError as error:
            # A store that is busy, or was given other keys elsewhere, is not damaged.
            if not isinstance(error, StoreCorruptError) and error.code not in _KEY_IS_GONE:
                raise
            yield Damage.of(error, kind="key", card=card)

    def _receipt(self, store: HasRecords, *, number: int, left_out: Mapping[str, int] | None = None) -> BackupReceipt:
        end = chain_end(store, HISTORY)
        return BackupReceipt(
            wallet=self._identity.wallet,
            number=number,
            made_at=self._clock(),
            entries=end.count,
            head=end.hash,
            left_out=left_out or {},
        )

    def _mend(self) -> None:
        """Make anew, and say so in the history, what a backup must not be without and this wallet still knows."""
        mended = [HISTORY] if self._history.mend_end() else []
        of_the_wallet = self._identity.mended(self._store)
        mended += [OF_THE_WALLET] if of_the_wallet else []
        if mended:
            self._history.append(entries.mending(*mended, at=self._clock()), *of_the_wallet)

    def _mend_from(self, backup: BackupReceipt, records: Iterable[BackedUp]) -> None:
        """Put back from a backup what is damaged or gone and never changed, and say so in the history.

        Raises:
            LocalProtocolError: the backup is of another wallet, or from after it went another way (``ANOTHER_WALLET``).
            StoreError: as what reads the backup; or the store could not write.
        """
        mending.require_same_wallet(backup, self._identity, self._history)
        wanted = mending.wanted(self.damaged(), self._history, self._identity)
        # To its end: that the backup is whole is known only there.
        found = {(one.collection, one.id): one.body for one in records if (one.collection, one.id) in wanted}
        changes = mending.changes(found, self._history)
        secret = mending.secret_in(found, backup, self._store, self._keys)
        if secret is not None:
            changes += [Put(OF_THE_WALLET, id, secret) for id in SECRETS]
        if changes:
            what = sorted({change.collection for change in changes})
            self._history.append(entries.mending(*what, at=self._clock()), *changes)
        self._identity = identity_of(self._store)
        self._statuses = self._status_checker() if self._identity.has_secret else None

    def _log_mended(self, *what: str) -> None:
        self._history.append(entries.mending(*what, at=self._clock()))

    def _log_backup(self) -> int:
        """Write into the history that a backup is made, and return its number."""
        return self._history.append(entries.backup(at=self._clock())).sequence

    def _authenticate(self, incoming: IncomingRequest, at: datetime) -> AuthenticatedRequest:
        try:
            return incoming.verify(trust=self._verifiers, at=at)
        except (UntrustedError, NotAuthorisedError) as error:
            raise VerifierUnknownError(f"the verifier is not known: {error.args[0]}") from error

    def _screen(self, request: AuthenticatedRequest, at: datetime) -> Registration:
        """Return the registration that allows a request; that there is none is written into the history."""
        try:
            return screen(request, trust=self._trust, type_of=self._types.type, at=at)
        except RequestRefusedError as refused:
            self._history.append(entries.refusal(request, refused, at=at))
            raise

    def _matches(self, request: AuthenticatedRequest, search: _Search, to_authorise: Sequence[Transaction]) -> Matches:
        return match(
            request.query,
            lambda query: self._candidates(query, search),
            limit_per_query=_choices_per_query(request.query),
            query_for=self._query_rule(request, search.registration),
            authorising=authorising(to_authorise),
        )

    def _candidates(self, query: CredentialQuery, search: _Search) -> Iterator[Candidate]:
        seen: set[str] = set()
        is_allowed = cache(lambda type_id: self._is_allowed(type_id, query, search.registration))
        for type_id in query.type_ids:
            for card in search.effort.as_far_as_it_goes(readable(cards_of(self._store, type_id)), query):
                if card.id in seen or card.batch in seen or _has_expired(card, search.at):
                    continue
                seen.add(card.id)
                shown = card
                if card.batch is not None:
                    seen.add(card.batch)
                    copy = self._copies.choose(card, search.audience, at=search.at)
                    shown = card if copy is None else copy.card
                try:
                    held, is_sensitive = self._reopen(shown), search.guarded(shown.type_ids[0])
                    fits = is_allowed(shown.type_ids[0]) and keeps_positions(query, held)
                    authorises = search.authorised_by(held, query.id)
                except StoreError:
                    raise
                except VcError:
                    continue  # of a format or type no longer known; an error would tell the verifier that it is there
                if fits:
                    yield replace(_candidate(shown, held), weigh=weigh_seen(held, is_sensitive), authorises=authorises)

    def _query_rule(self, request: AuthenticatedRequest, registration: Registration) -> QueryRule:
        """Return the request's own rule, as far as what it puts in the place of a claim may be disclosed, too."""

        def rule(query: CredentialQuery, claims: JsonObject) -> CredentialQuery:
            judged_by = request.query_for(query, claims)
            if judged_by is query:
                return query
            allowed = (self._is_allowed(type_id, judged_by, registration) for type_id in query.type_ids)
            return judged_by if all(allowed) else query

        return rule

    def _is_allowed(self, type_id: str, query: CredentialQuery, registration: Registration) -> bool:
        try:
            require_card_allowed(query, self._types.type(type_id), registration)
        except RequestRefusedError:
            return False
        return True

    def _prompt(
        self, incoming: IncomingRequest, request: AuthenticatedRequest, registration: Registration, matches: Matches
    ) -> Prompt:
        if not matches.satisfiable:
            reasons = why_nothing(matches, type_of=self._types.type, language=self.language)
            raise NoMatchError("the wallet does not hold what the request requires", reasons=reasons)
        proposal = transactions.proposal(matches, request.transactions, self.language)
        choices = {
            query_id: tuple(self._choice(one, _audience(request, registration)) for one in found)
            for query_id, found in matches.found.items()
            if found
        }
        credentials = tuple(
            next(choice for choice in choices[one.query_id] if choice.card.id == one.candidate.id)
            for one in proposal.matches
        )
        self._require_size(credentials, request)
        use = registration.use
        return Prompt(
            verifier=in_language(registration.name, self.language),
            verifier_id=registration.verifier,
            verified_by=verified_by(request, self.language),
            purpose=in_language(use.text, self.language),
            purpose_code=use.code,
            legal_basis=use.legal_basis,
            retention=retention_text(use, self.language),
            privacy_policy=use.privacy_policy and visible.shown(use.privacy_policy),
            contact=use.contact and visible.shown(use.contact),
            credentials=credentials,
            choices=choices,
            warnings=(*warnings_about_sender(request, self.language), *warnings_about(credentials, self.language)),
            why=why_this(proposal, matches, type_of=self._types.type, language=self.language),
            language=self.language,
            request=request,
            incoming=incoming,
            registration=registration,
            matches=matches,
            transactions=transactions.shown(request.transactions, self.language),
        )

    def _require_size(self, credentials: Sequence[PromptCredential], request: AuthenticatedRequest) -> None:
        try:
            require_size(credentials, request.target)
        except LimitExceededError:
            reasons = (phrase("TOO_LARGE", self.language),)
            raise NoMatchError("the wallet does not hold what the request requires", reasons=reasons) from None

    def _choice(self, found: Match, audience: Audience) -> PromptCredential:
        card = find_card(self._store, found.candidate.id)
        copy = None if card is None else self._copies.choose(card, audience, at=self._clock())
        if card is None or copy is None:
            raise NoMatchError("a credential was deleted meanwhile")
        choice = prompt_credential(
            found,
            card=card,
            held=self._reopen(card),
            resolved=self._types.type(card.type_ids[0]),
            language=self.language,
        )
        return replace(choice, is_reused=copy.is_reused)

    def _presented(
        self, consent: Consent, request: AuthenticatedRequest, registration: Registration, at: datetime
    ) -> Response | None:
        """Return the answer, after it was written into the history; None where somebody else has used a copy of it."""
        presented = [(one.query_id, one.authorises) for one in consent.credentials]
        authorised = assign(request.transactions, presented=presented)
        audience = _audience(request, registration)
        presentations: dict[str, list[str]] = {}
        shown, uses = list[dict[str, Any]](), dict[str, Change]()
        for chosen, texts in zip(consent.credentials, authorised, strict=True):
            copy = self._copy(chosen, audience, at)
            for change in copy.use(audience, at=at):
                uses[copy.card.id] = change
            binding = replace(request.binding, transaction_data=texts)
            presentation, entry = self._present_one(
                copy.card, chosen, replace(request, binding=binding), registration, at
            )
            presentations.setdefault(chosen.query_id, []).append(presentation)
            shown.append(entry)
        try:
            self._history.append(
                entries.disclosure(registration, request, shown, at=at),
                Put(CONSENTS, consent.id, b"", new=True),
                *uses.values(),
            )
        except RecordExistsError:
            if self._store.get(CONSENTS, consent.id) is None:
                return None
            raise LocalProtocolError("a consent is used once", code="CONSENT_USED") from None
        token = {query_id: tuple(values) for query_id, values in presentations.items()}
        return Response(vp_token=token, state=request.state)

    def _copy(self, chosen: PromptCredential, audience: Audience, at: datetime) -> Copy:
        """Return the copy to present, which is another than the one chosen where somebody has seen that meanwhile."""
        card = find_card(self._store, chosen.card.id)
        copy = None if card is None else self._copies.choose(card, audience, at=at)
        if copy is None:
            raise NoMatchError("a credential was deleted or has expired meanwhile")
        if copy.is_reused and not chosen.is_reused:
            raise ConsentRequiredError("others have used up the copies of a credential meanwhile")
        return copy

    def _present_one(
        self,
        card: Card,
        chosen: PromptCredential,
        request: AuthenticatedRequest,
        registration: Registration,
        at: datetime,
    ) -> tuple[str, dict[str, Any]]:
        """Return the presentation of one credential and what the history says about it."""
        query = next((query for query in request.query.requested if query.id == chosen.query_id), None)
        if query is None:
            raise NoMatchError("the request does not ask for a credential that was chosen")
        require_card_allowed(query, self._types.type(card.type_ids[0]), registration)
        held = self._reopen(card)
        judged_by = self._query_rule(request, registration)(query, held.claims)
        found = match_credential(judged_by, _candidate(card, held))
        approved = {claim.path for claim in chosen.claims if not claim.always}
        if found is None or approved not in [set(option.paths) for option in found.options]:
            raise ConsentRequiredError("what was approved is not what the request asks for")
        presentation = held.present(
            sorted(approved, key=str),
            binding=request.binding,
            signer=self._signer(card),
            at=at,
        )
        names = [path_text(claim.path) for claim in chosen.claims]
        return presentation, {"type": card.type_ids[0], "issuer": card.issuer, "claims": names}

    def _signer(self, card: Card) -> Signer | None:
        return None if card.key is None else self._keys.signer(card.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """What credentials are looked for by, to answer one request.

    Attributes:
        registration: what the verifier may ask for.
        audience: who would see a copy.
        effort: how much is read.
        guarded: tells, for a type, which of its claims are approved by name only.
        transactions: what is to be authorised.
        at: the time.
    """

    registration: Registration
    audience: Audience
    effort: Effort
    guarded: Callable[[str], IsGuarded]
    transactions: tuple[Transaction, ...]
    at: datetime

    @property
    def alone(self) -> tuple[Transaction, ...]:
        """The transactions that only one credential query can be answered with the authorisation of."""
        return tuple(one for one in self.transactions if len(one.credential_ids) == 1)

    def authorised_by(self, held: HeldCredential, query_id: str) -> frozenset[str]:
        """Return the texts that a credential can authorise together as an answer to a query."""
        if not self.transactions:
            return frozenset()
        named = (one for one in self.transactions if query_id in one.credential_ids)
        return authorisable(sorted(named, key=lambda one: len(one.credential_ids)), held.transaction_hashes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verified:
    """A credential that holds, but for whose key it is bound to; `key_id` is what the record of the key is called."""

    credential: Credential
    type_ids: tuple[str, ...]
    issuer: TrustedKey
    key_id: str | None
    at: datetime
    expires: datetime | None

    def card(self, handle: str | None, device: int) -> Card:
        """Return it with the key that it is bound to."""
        return Card(
            id=card_id(self.credential),
            credential=self.credential,
            type_ids=self.type_ids,
            issuer=self.issuer.party,
            issuer_name=dict(self.issuer.name),
            key=handle,
            received_at=self.at,
            expires=self.expires,
            authorities=self.issuer.authorities,
            device=device,
        )


@dataclass(frozen=True, slots=True)
class _Taken:
    """A credential that holds, and what the record of the key that it is bound to is called."""

    card: Card
    key_id: str | None


class _Keeper:
    """The wallet as collecting sees it (`vcwallet.wallet.collecting.keeping.Keeper`)."""

    def __init__(self, wallet: Wallet) -> None:
        self._wallet = wallet

    def new_keys(self, count: int, algorithm: Algorithm) -> tuple[tuple[str, ...], tuple[Change, ...]]:
        made = [self._made(algorithm) for _ in range(count)]
        device = self._wallet._identity.device
        known = [
            Put(HOLDER_KEYS, self._wallet._record_id(key), f"{handle}\0{device}".encode(), new=True)
            for handle, key, _ in made
        ]
        return tuple(handle for handle, _, _ in made), (*known, *(change for _, _, stored in made for change in stored))

    def new_client_key(self, algorithm: Algorithm) -> tuple[str, tuple[Change, ...]]:
        handle, _, stored = self._made(algorithm)
        return handle, stored

    def signer(self, handle: str) -> Signer:
        return self._wallet._keys.signer(handle)

    def forgetting_keys(self, handles: Sequence[str]) -> tuple[Change, ...]:
        return tuple(change for handle in handles for change in self._forgetting(handle))

    def forget_keys(self, handles: Sequence[str]) -> None:
        if not self._wallet._keeps_keys:
            for handle in handles:
                self._wallet._keys.delete(handle)

    def check(self, credential: Credential) -> _Taken:
        return self._wallet._check(credential)

    def issuer_chain(self, credential: Credential) -> tuple[bytes, ...]:
        return self._wallet._format(credential.format).reopen(credential.raw).issuer_chain

    def keep(self, taken: Sequence[Taken], *also: Change) -> None:
        # A bearer credential can come twice; it is there once.
        new = [one for one in taken if isinstance(one, _Taken) and find_card(self._wallet._store, one.card.id) is None]
        if not new:
            self._wallet._store.commit(*also)
            return
        self._wallet._put_copies(new, *also)

    def _made(self, algorithm: Algorithm) -> tuple[str, PublicKey, tuple[Change, ...]]:
        keys = self._wallet._keys
        if isinstance(keys, StoredKeys) and self._wallet._keeps_keys:
            handle, key, stored = keys.prepare(algorithm)
            return handle, key, (stored,)
        handle = keys.create(algorithm)
        return handle, keys.signer(handle).public_key, ()

    def _forgetting(self, handle: str) -> list[Change]:
        try:
            key = self.signer(handle).public_key
        except StoreError as error:
            if error.code not in _KEY_IS_GONE:
                raise
            return []
        own = [Delete(KEYS, handle)] if self._wallet._keeps_keys else []
        return [Delete(HOLDER_KEYS, self._wallet._record_id(key)), *own]


def _require_replacement(new: Card, old: Card, *, device: int) -> None:
    is_alike = new.type_ids[0] == old.type_ids[0] and new.issuer == old.issuer
    # The old key goes with the old credential, and must not be the one that the new one needs.
    has_key_of_its_own = old.key is None or (new.key is not None and new.key != old.key)
    if not is_alike or not has_key_of_its_own or new.device < device:
        raise _no_replacement()


def _no_replacement() -> LocalProtocolError:
    return LocalProtocolError("this credential does not replace that one", code="NO_REPLACEMENT")


def _key_used() -> BindingError:
    return BindingError("another credential is bound to this key", code="HOLDER_KEY_USED")


def _offline(_: HttpRequest) -> HttpResponse:
    raise NetworkBlockedError("this wallet was given no network")


def _choices_per_query(query: DcqlQuery) -> int:
    """Return how many credentials are offered for each credential query: fewer where there is much to compare."""
    compared = sum(len(each.claim_options) for each in query.requested)
    return max(1, min(MAX_CHOICES, MAX_COMPARED // max(1, compared)))


def _audience(request: AuthenticatedRequest, registration: Registration) -> Audience:
    return Audience(party=request.verifier.party, verifier=registration.verifier)


def _has_expired(card: Card, at: datetime) -> bool:
    return card.expires is not None and at >= card.expires


def _candidate(card: Card, held: HeldCredential) -> Candidate:
    return Candidate(
        id=card.id,
        format=held.format,
        type_ids=frozenset(card.type_ids),
        claims=held.claims,
        holder_bound=card.key is not None,
        authorities=held.authorities | card.authorities,
    )
