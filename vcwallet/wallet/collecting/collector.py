# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Collecting credentials from issuers (OpenID4VCI 1.0): an offer, a screen, and a collection that survives a restart.

Whatever a request needs is durable before it is sent, and whatever an answer brings is durable before the next step.
So a wallet can be closed at any time; `Collector.proceed` goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from vcwallet.errors import ConsentRequiredError, LocalProtocolError, UntrustedError
from vcwallet.flow import Flow, HttpRequest, HttpResponse, run
from vcwallet.formats.type_metadata import ResolvedType
from vcwallet.keys.combined_policy import CombinedPolicy
from vcwallet.protocols.oauth import form
from vcwallet.protocols.openid4vci.offer import CredentialOffer
from vcwallet.storage import RecordStore
from vcwallet.wallet.cards import is_there, readable
from vcwallet.wallet.collecting import authorising
from vcwallet.wallet.collecting.client import WalletClient
from vcwallet.wallet.collecting.collection import Act, Collection
from vcwallet.wallet.collecting.discovery import fetch_offer
from vcwallet.wallet.collecting.keeping import Keeper
from vcwallet.wallet.collecting.offer_prompt import Grant, OfferPrompt
from vcwallet.wallet.collecting.offers import CLIENT_KEY, OfferReader, plan_of
from vcwallet.wallet.collecting.proving import MAX_COPIES
from vcwallet.wallet.collecting.records import Collections
from vcwallet.wallet.collecting.states import (
    Access,
    Done,
    Ended,
    Granted,
    InBrowser,
    Outcome,
    PreAuthorised,
    TxCodeNeeded,
    Wanted,
)
from vcwallet.wallet.collecting.stepping import Run, Stepper

MAX_TX_CODE: Final = 256
"""How many characters a transaction code has at most."""
MAX_STEPS: Final = 200
"""How many steps are taken at once; more would be a server that sends the wallet in circles."""


class Collector:
    """Collects credentials for one wallet; made by `Wallet.collector`.

    Safe to make anew at any time: what it knows is in the wallet's store, but for the nonces of servers.
    """

    def __init__(
        self,
        *,
        client: WalletClient,
        store: RecordStore,
        keeper: Keeper,
        issuers: Callable[[], CombinedPolicy],
        type_of: Callable[[str], ResolvedType],
        formats: Container[str],
        language: Callable[[], str],
        clock: Callable[[], datetime],
        device: int,
    ) -> None:
        """Use `Wallet.collector`."""
        self._client = client
        self._store = store
        self._keeper = keeper
        self._clock = clock
        self._device = device
        self._collections = Collections(store)
        self._steps = Stepper(client=client, collections=self._collections, keeper=keeper, clock=clock)
        self._offers = OfferReader(
            client=client,
            issuers=issuers,
            type_of=type_of,
            formats=formats,
            language=language,
            clock=clock,
        )

    # --- offers -------------------------------------------------------------------------------------------------------

    def read_offer(self, link: str, *, grant: Grant | None = None) -> Flow[OfferPrompt]:
        """Return what to show to the person of an offer; nothing is kept, and no secret leaves the wallet.

        A link that only says where the offer is makes the wallet fetch it from there.

        Args:
            link: what a QR code or a link says (``openid-credential-offer://``, ``haip-vci://`` or an https URL).
            grant: which of the offer's ways to be authorised is taken; by default the pre-authorised one, if there is.

        Raises:
            UntrustedError: what the issuer says is another's (``ISSUER_MISMATCH``), it does not list the authorization
                server of the offer (``AUTHORIZATION_SERVER_NOT_LISTED``), an endpoint is on a host that must not have
                it (``FOREIGN_ENDPOINT``), tokens would not be bound where they have to be (``TOKEN_TYPE``), or it does
                not have what is offered (``CONFIGURATION_UNKNOWN``).
            VerificationError: its metadata are signed and do not hold, or it may not issue.
            RemoteProtocolError: it does not keep to the wallet's profile (``PROFILE_NOT_MET``).
            UnsupportedError: the wallet can collect nothing of it.
            TransportError: somebody does not answer.
            MalformedError: something is not as the standard has it.
        """
        offer = yield from fetch_offer(link)
        return (yield from self._offers.prompt(offer, grant))

    def ask_issuer(self, issuer: str, configuration_ids: Sequence[str]) -> Flow[OfferPrompt]:
        """Return what to show to the person of credentials that the wallet asks for without an offer, by a log-in.

        Raises:
            VcError: as `read_offer`.
        """
        offer = CredentialOffer(credential_issuer=issuer, credential_configuration_ids=tuple(configuration_ids))
        return (yield from self._offers.prompt(offer, "authorization_code"))

    def accept(
        self,
        prompt: OfferPrompt,
        *,
        configuration_ids: Sequence[str] | None = None,
        copies: int = 1,
        tx_code: str | None = None,
    ) -> Collection:
        """Begin to collect what the person has approved, and return the collection, once it is durable.

        Args:
            prompt: what was shown.
            configuration_ids: what is to be collected of it; None for all.
            copies: how many of each, with a key each; the issuer may give fewer.
            tx_code: what the person has entered, if `OfferPrompt.tx_code` asks for it; it can follow later.

        Raises:
            UntrustedError: a transaction code is needed and nobody vouches for the issuer, so it is not sent there
                (``ISSUER_NOT_VETTED``).
            LocalProtocolError: a log-in needs a client identifier and a redirect URI (``CLIENT_MISSING``).
            StoreError: the store could not write; nothing was begun.
            ValueError: it was not offered, not between 1 and 50 copies, or a transaction code that is not needed.
        """
        approved = _approved(prompt, configuration_ids)
        if not 1 <= copies <= MAX_COPIES:
            raise ValueError(f"1 to {MAX_COPIES} copies are collected")
        if prompt.tx_code is not None and not prompt.is_vetted:
            raise UntrustedError("nobody vouches for the issuer that asks for a code", code="ISSUER_NOT_VETTED")
        if prompt.tx_code is None and tx_code is not None:
            raise ValueError("this offer takes no transaction code")
        if prompt.needs_browser and (self._client.name is None or self._client.redirect_uri is None):
            raise LocalProtocolError("a log-in needs a client identifier and a redirect URI", code="CLIENT_MISSING")
        access = _first(prompt, _entered(tx_code) if tx_code is not None else None)
        client_key, made = self._keeper.new_client_key(CLIENT_KEY)
        acts = tuple(Act(configuration_id=name, progress=Wanted()) for name in approved)
        plan = plan_of(
            prompt,
            approved,
            client=self._client,
            client_key=client_key,
            copies=copies,
            at=self._clock(),
            device=self._device,
        )
        return self._collections.begin(plan, access, acts, *made)

    def collect(
        self,
        link: str,
        *,
        http: Callable[[HttpRequest], HttpResponse],
        approve: Callable[[OfferPrompt], bool] | None = None,
        tx_code: str | None = None,
        copies: int = 1,
        browser: Callable[[str], str] | None = None,
    ) -> Collection:
        """Read an offer, let it be approved, and collect all of it as far as that goes now.

        Args:
            link: what a QR code or a link says.
            http: reaches the issuer.
            approve: asks the person; by default, whatever an issuer offers is approved for whom somebody vouches.
            tx_code: what the person was sent, if the offer needs it.
            copies: how many of each, with a key each.
            browser: sends the person to a URL and returns the one that the browser comes back with; without one, the
                collection waits for `returned`.

        Raises:
            ConsentRequiredError: it was not approved.
            VcError: as `read_offer`, `accept` and `proceed`.
        """
        prompt = run(self.read_offer(link), http)
        if not (approve(prompt) if approve is not None else prompt.is_vetted):
            raise ConsentRequiredError("the offer was not approved")
        collection = run(self.proceed(self.accept(prompt, tx_code=tx_code, copies=copies).id), http)
        if collection.authorization_url is None or browser is None:
            return collection
        return run(self.proceed(self.returned(browser(collection.authorization_url)).id), http)

    # --- going on -----------------------------------------------------------------------------------------------------

    def proceed(self, collection_id: str) -> Flow[Collection]:
        """Go on with a collection as far as it goes now, and return it.

        It then has ended, or waits: for a transaction code, for the browser, or for the issuer (`not_before`).

        Raises:
            TransportError: somebody does not answer; nothing is lost, and this can be called again.
            LocalProtocolError: another process goes on with it (``COLLECTION_MOVED_ON``), it was begun on an earlier
                device (``COLLECTION_OF_EARLIER_DEVICE``), or there is none (``COLLECTION_UNKNOWN``).
            VcError: the authorization server's answer does not hold; the collection has ended with that.
            StoreError, KeyLockedError, TrustedListError: the wallet itself could not go on.
        """
        collection = self._own(collection_id)
        this_run = Run()
        for _ in range(MAX_STEPS):
            following = yield from self._steps.step(collection, this_run)
            if following is None:
                return collection
            collection = following
        return collection

    def enter_tx_code(self, collection_id: str, tx_code: str) -> Collection:
        """Take the transaction code that the person has entered; `proceed` sends it.

        Raises:
            LocalProtocolError: none is needed now.
            ValueError: it is empty or too long.
        """
        collection = self._own(collection_id)
        if not isinstance(collection.access, TxCodeNeeded):
            raise LocalProtocolError("the collection needs no transaction code now")
        access = PreAuthorised(tx_code=_entered(tx_code), tries=collection.access.tries)
        return self._collections.save(collection.moved(access))

    def returned(self, url: str) -> Collection:
        """Take the URL that the browser has come back with, for whichever collection it is; `proceed` goes on.

        Raises:
            LocalProtocolError: no collection waits for it (``COLLECTION_UNKNOWN``).
            BindingError: it is not the answer to the request, or from another server; nothing changes.
            MalformedError: it is no answer.
        """
        # A fragment is none of the answer (see `read_redirect`).
        state = form.read_query(url.partition("#")[0].partition("?")[2]).get("state")
        for collection in self.collections(skip_damaged=True):
            if isinstance(collection.access, InBrowser) and collection.access.state == state:
                self._own(collection.id)
                return self._steps.settled(collection, authorising.returned(collection, collection.access, url))
        raise LocalProtocolError("no collection waits for this answer", code="COLLECTION_UNKNOWN")

    def log_in_again(self, collection_id: str) -> Collection:
        """Give up the page that the browser was sent to, which may have expired; `proceed` then has another one.

        Raises:
            LocalProtocolError: the collection does not wait for the browser.
        """
        collection = self._own(collection_id)
        if not isinstance(collection.access, InBrowser):
            raise LocalProtocolError("the collection does not wait for the browser")
        return self._collections.save(collection.moved(authorising.to_be_pushed()))

    def renew(self, collection_id: str, *, copies: int | None = None) -> Collection:
        """Begin to collect once more what a collection has brought, with its refresh token and new keys.

        Raises:
            LocalProtocolError: it is still open, or has no refresh token (``NO_REFRESH_TOKEN``).
            StoreError: the store could not write; nothing was begun.
            ValueError: not between 1 and 50 copies.
        """
        old = self._own(collection_id)
        if old.is_open:
            raise LocalProtocolError("the collection has not ended yet")
        if not isinstance(old.access, Granted) or old.access.refresh_token is None:
            raise LocalProtocolError("the issuer gave no refresh token", code="NO_REFRESH_TOKEN")
        if copies is not None and not 1 <= copies <= MAX_COPIES:
            raise ValueError(f"1 to {MAX_COPIES} copies are collected")
        again = [act for act in old.acts if isinstance(act.progress, Done)]
        acts = tuple(replace(act, progress=Wanted()) for act in again)
        plan = replace(old.plan, copies=copies or old.plan.copies, created_at=self._clock())
        # The first thing that it does is to use the refresh token: the act of the old access token is done.
        access = replace(old.access, expires=self._clock())
        handed_over = old.moved(Ended(outcome=Outcome.COLLECTED))
        return self._collections.begin(plan, access, acts, *self._collections.changes(handed_over))

    def cancel(self, collection_id: str) -> Collection:
        """Give up what has not come yet; what was kept stays.

        Raises:
            LocalProtocolError: there is no such collection (``COLLECTION_UNKNOWN``).
            StoreError: the store could not write.
        """
        collection = self._collections.load(collection_id)
        if isinstance(collection.access, Ended):
            return collection
        return self._steps.settled(collection, collection.ended(Outcome.CANCELLED, None))

    def deleted(self, card_id: str) -> Flow[bool]:
        """Tell the issuer of a card that it was deleted, if it wants to know, and return whether it was told.

        All copies that came together have one name there, so it is told when the last of them is gone.  A device to
        which the wallet was restored tells nothing with the tokens of the earlier one.

        Raises:
            TransportError: it cannot be reached.
            VcError: it was to give a fresh token for that, and what it gave does not hold.
        """
        for collection in self.collections(ended=True, skip_damaged=True):
            granted = collection.access
            for act in collection.acts:
                done = act.progress
                if isinstance(granted, Granted) and isinstance(done, Done) and card_id in done.cards:
                    return (yield from self._told_deleted(collection, granted, done, card_id))
        return False

    def _told_deleted(self, collection: Collection, granted: Granted, done: Done, card_id: str) -> Flow[bool]:
        name = done.notification_id
        if name is None or collection.plan.device != self._device:
            return False
        if any(is_there(self._store, card) for card in done.cards if card != card_id):
            return False
        return (yield from self._steps.tell_deleted(collection, granted, name))

    # --- looking ------------------------------------------------------------------------------------------------------

    def collections(self, *, ended: bool = False, skip_damaged: bool = False) -> Iterator[Collection]:
        """Yield the collections from which something is to come, last changed first.

        Args:
            ended: also those that have ended.
            skip_damaged: yield the others if a record is damaged; `Wallet.damaged` says which.

        Raises:
            StoreCorruptError: a record is damaged, and `skip_damaged` was not set.
        """
        found = self._collections.all(ended=ended)
        return readable(found) if skip_damaged else found

    def collection(self, collection_id: str) -> Collection:
        """Return a collection.

        Raises:
            LocalProtocolError: there is none (``COLLECTION_UNKNOWN``).
            StoreCorruptError: its record is damaged.
        """
        return self._collections.load(collection_id)

    def forget(self, collection_id: str) -> None:
        """Forget a collection that has ended, its tokens among it; what it brought stays.

        Raises:
            LocalProtocolError: it has not ended, or there is none.
            StoreError: the store could not write.
        """
        collection = self._collections.load(collection_id)
        if collection.is_open:
            raise LocalProtocolError("the collection has not ended yet")
        handles = () if isinstance(collection.access, Ended) else (collection.plan.client_key,)
        self._collections.forget(collection, *self._keeper.forgetting_keys(handles))
        self._keeper.forget_keys(handles)

    # --- steps ---------------------------------------------------------------------------------------------------

    def _own(self, collection_id: str) -> Collection:
        collection = self._collections.load(collection_id)
        if collection.plan.device != self._device:
            # The earlier device has the same keys and tokens, and may go on by itself.
            raise LocalProtocolError(
                "the collection was begun on an earlier device", code="COLLECTION_OF_EARLIER_DEVICE"
            )
        return collection


def _approved(prompt: OfferPrompt, chosen: Sequence[str] | None) -> tuple[str, ...]:
    offered = tuple(one.configuration_id for one in prompt.credentials)
    approved = offered if chosen is None else tuple(dict.fromkeys(chosen))
    if not approved or not set(approved) <= set(offered):
        raise ValueError("what is collected is something that was offered")
    return approved


def _first(prompt: OfferPrompt, tx_code: str | None) -> Access:
    if prompt.needs_browser:
        return authorising.to_be_pushed()
    if prompt.tx_code is not None and tx_code is None:
        return TxCodeNeeded()
    return PreAuthorised(tx_code=tx_code)


def _entered(tx_code: str) -> str:
    if not 0 < len(tx_code) <= MAX_TX_CODE or not tx_code.isprintable():
        raise ValueError(f"a transaction code has 1 to {MAX_TX_CODE} printable characters")
    return tx_code
