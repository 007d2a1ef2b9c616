# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Collecting credentials from issuers (OpenID4VCI 1.0): an offer, a screen, and a collection that survives a restart.

Whatever a request needs is durable before it is sent, and whatever an answer brings is durable before the next step.
So a wallet can be closed at any time; `Collector.proceed` goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from vcwallet.errors import (
    KeyLockedError,
    LocalProtocolError,
    StoreError,
    TransportError,
    TrustedListError,
    UnsupportedError,
    UntrustedError,
    VcError,
)
from vcwallet.flow import Flow
from vcwallet.formats.type_metadata import ResolvedType
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.combined_policy import CombinedPolicy
from vcwallet.protocols import haip
from vcwallet.protocols.haip import Requirement
from vcwallet.protocols.oauth import form
from vcwallet.protocols.oauth.refusal import PeerRefusedError
from vcwallet.protocols.oauth.server_metadata import (
    CLIENT_ATTESTATION,
    AuthorizationServerMetadata,
    server_metadata_json,
)
from vcwallet.protocols.openid4vci.issuer_metadata import CredentialConfiguration, metadata_json
from vcwallet.protocols.openid4vci.notification import NotificationEvent
from vcwallet.protocols.openid4vci.offer import AUTHORIZATION_CODE, PRE_AUTHORIZED_CODE, CredentialOffer
from vcwallet.storage import RecordExistsError, RecordStore
from vcwallet.trust.client import TrustedListClient
from vcwallet.wallet.collecting import acquiring, authorising
from vcwallet.wallet.collecting.client import WalletClient
from vcwallet.wallet.collecting.collection import Act, Collection, Plan, keys_of, outcome_of
from vcwallet.wallet.collecting.discovery import (
    FoundIssuer,
    choose_server,
    fetch_issuer,
    fetch_offer,
    is_foreign,
    require_hosts,
)
from vcwallet.wallet.collecting.exchange import Exchange
from vcwallet.wallet.collecting.keeping import Keeper, checked
from vcwallet.wallet.collecting.offer_prompt import Grant, OfferPrompt, offer_prompt
from vcwallet.wallet.collecting.proving import MAX_COPIES, key_algorithm, number_of_keys, proof_type
from vcwallet.wallet.collecting.records import Collections
from vcwallet.wallet.collecting.states import (
    Access,
    Answered,
    CodeReceived,
    Deferred,
    Done,
    Ended,
    Failed,
    Granted,
    InBrowser,
    Kept,
    Outcome,
    PreAuthorised,
    Progress,
    Rejected,
    Requested,
    ToPush,
    TxCodeNeeded,
    Wanted,
)

_GRANT_TYPES: Final[dict[Grant, str]] = {
    "pre_authorized_code": PRE_AUTHORIZED_CODE,
    "authorization_code": AUTHORIZATION_CODE,
}
_CLIENT_KEY: Final = Algorithm.ES256
OURS: Final = (LocalProtocolError, StoreError, KeyLockedError, TransportError, TrustedListError)
"""What is not the issuer's doing: the collection stays where it is, and can be gone on with."""
_EARLY: Final = timedelta(seconds=5)
MAX_TX_CODE: Final = 256
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
        registry: TrustedListClient,
        issuers: Callable[[], CombinedPolicy],
        type_of: Callable[[str], ResolvedType],
        formats: Container[str],
        language: Callable[[], str],
        clock: Callable[[], datetime],
        device: int,
    ) -> None:
        """Use `Wallet.collector`."""
        self._client = client
        self._collections = Collections(store)
        self._keeper = keeper
        self._registry = registry
        self._issuers = issuers
        self._type_of = type_of
        self._formats = formats
        self._language = language
        self._clock = clock
        self._device = device
        self._exchanges: dict[str, Exchange] = {}

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
        return (yield from self._prompt(offer, grant))

    def ask_issuer(self, issuer: str, configuration_ids: Sequence[str]) -> Flow[OfferPrompt]:
        """Return what to show to the person of credentials that the wallet asks for without an offer, by a log-in.

        Raises:
            VcError: as `read_offer`.
        """
        offer = CredentialOffer(credential_issuer=issuer, credential_configuration_ids=tuple(configuration_ids))
        return (yield from self._prompt(offer, "authorization_code"))

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
        approved = self._approved(prompt, configuration_ids)
        if not 1 <= copies <= MAX_COPIES:
            raise ValueError(f"1 to {MAX_COPIES} copies are collected")
        if prompt.tx_code is not None and not prompt.is_vetted:
            raise UntrustedError("nobody vouches for the issuer that asks for a code", code="ISSUER_NOT_VETTED")
        if prompt.tx_code is None and tx_code is not None:
            raise ValueError("this offer takes no transaction code")
        if prompt.needs_browser and (self._client.name is None or self._client.redirect_uri is None):
            raise LocalProtocolError("a log-in needs a client identifier and a redirect URI", code="CLIENT_MISSING")
        access = _first(prompt, _entered(tx_code) if tx_code is not None else None)
        client_key, made = self._keeper.new_client_key(_CLIENT_KEY)
        acts = tuple(Act(configuration_id=name, progress=Wanted()) for name in approved)
        plan = self._plan(prompt, approved, copies=copies, client_key=client_key)
        return self._collections.begin(plan, access, acts, *made)

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
        run = _Run()
        for _ in range(MAX_STEPS):
            following = yield from self._step(collection, run)
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
        state = form.read_query(url.partition("?")[2]).get("state")
        for collection in self.collections():
            if isinstance(collection.access, InBrowser) and collection.access.state == state:
                self._own(collection.id)
                return self._settled(authorising.returned(collection, collection.access, url))
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
        return self._settled(collection.ended(Outcome.CANCELLED, None))

    def deleted(self, card_id: str) -> Flow[bool]:
        """Tell the issuer of a card that it was deleted, if it wants to know, and return whether it was told.

        Raises:
            TransportError: it cannot be reached.
        """
        for collection in self._collections.all(ended=True):
            granted = collection.access
            for act in collection.acts:
                done = act.progress
                if not isinstance(granted, Granted) or not isinstance(done, Done) or card_id not in done.cards:
                    continue
                if done.notification_id is None or collection.plan.metadata.notification_endpoint is None:
                    return False
                return (yield from self._tell_deleted(collection, granted, done.notification_id))
        return False

    # --- looking ------------------------------------------------------------------------------------------------------

    def collections(self, *, ended: bool = False) -> Iterator[Collection]:
        """Yield the collections from which something is to come, last changed first.

        Args:
            ended: also those that have ended.

        Raises:
            StoreCorruptError: a record is damaged.
        """
        return self._collections.all(ended=ended)

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

    # --- steps: an offer ----------------------------------------------------------------------------------------------

    def _prompt(self, offer: CredentialOffer, grant: Grant | None) -> Flow[OfferPrompt]:
        profile, language = self._client.profile, self._language()
        chosen = grant or _grant_of(offer)
        if _GRANT_TYPES[chosen] not in profile.grants:
            haip.require_grant(offer, profile)
            chosen = "authorization_code"
        found = yield from fetch_issuer(
            offer.credential_issuer,
            registry=self._registry,
            issuers=self._issuers(),
            at=self._clock(),
            language=language,
            is_signed_required=profile.signed_metadata is Requirement.REQUIRED,
        )
        server = yield from choose_server(found, named=_server_of(offer, chosen), grant=_GRANT_TYPES[chosen])
        require_hosts(found, server, hosts=self._client.hosts)
        self._require_profile(found, server, chosen)
        return offer_prompt(
            offer,
            found,
            server,
            grant=chosen,
            type_of=self._type_of,
            require_collectable=self._require_collectable,
            language=language,
        )

    def _require_profile(self, found: FoundIssuer, server: AuthorizationServerMetadata, grant: Grant) -> None:
        profile = self._client.profile
        is_login = grant == "authorization_code"
        missing = [
            profile.proof_of_possession is Requirement.REQUIRED and not _binds(server),
            profile.client_authentication is Requirement.REQUIRED and self._client.attester is None,
            is_login
            and profile.pushed_authorization is Requirement.REQUIRED
            and server.pushed_authorization_request_endpoint is None,
            is_login
            and profile.issuer_in_response is Requirement.REQUIRED
            and not server.authorization_response_iss_parameter_supported,
        ]
        if any(missing):
            raise UntrustedError(
                f"the issuer's authorization server does not keep to {profile.name}", code="PROFILE_NOT_MET"
            )
        if is_foreign(found.metadata, server.issuer) and not _binds(server):
            # A token that is bound to nothing would let one issuer act as the wallet at another one.
            raise UntrustedError(
                "an authorization server of another host gives tokens that are not bound to the wallet",
                code="TOKEN_TYPE",
            )

    def _require_collectable(self, configuration: CredentialConfiguration) -> None:
        if configuration.format not in self._formats or configuration.type_id is None:
            raise UnsupportedError("the wallet does not read this format", code="FORMAT_UNSUPPORTED")
        kind = proof_type(configuration, is_attested=self._client.attester is not None)
        if kind is not None:
            key_algorithm(configuration, kind)

    def _approved(self, prompt: OfferPrompt, chosen: Sequence[str] | None) -> tuple[str, ...]:
        offered = tuple(one.configuration_id for one in prompt.credentials)
        approved = offered if chosen is None else tuple(dict.fromkeys(chosen))
        if not approved or not set(approved) <= set(offered):
            raise ValueError("what is collected is something that was offered")
        return approved

    def _plan(self, prompt: OfferPrompt, approved: Sequence[str], *, copies: int, client_key: str) -> Plan:
        metadata, server, offer = prompt.found.metadata, prompt.server, prompt.offer
        narrowed = metadata.model_copy(
            update={"credential_configurations_supported": {name: metadata.supported[name] for name in approved}}
        )
        profile = self._client.profile
        is_attested = self._client.attester is not None and (
            CLIENT_ATTESTATION in server.token_endpoint_auth_methods_supported
            or profile.client_authentication is Requirement.REQUIRED
        )
        is_anonymous = (
            not prompt.needs_browser and not is_attested and server.pre_authorized_grant_anonymous_access_supported
        )
        is_login = prompt.needs_browser
        pre_authorized, with_login = offer.pre_authorized_code, offer.authorization_code
        return Plan(
            issuer=offer.credential_issuer,
            server=server.issuer,
            party=prompt.found.vetting.party,
            issuer_name=dict(prompt.found.vetting.name),
            issuer_metadata=metadata_json(narrowed).decode("utf-8"),
            server_metadata=server_metadata_json(server).decode("utf-8"),
            grant=prompt.grant,
            code=pre_authorized.pre_authorized_code
            if pre_authorized is not None and not prompt.needs_browser
            else None,
            issuer_state=with_login.issuer_state if with_login is not None and prompt.needs_browser else None,
            client_id=None if is_anonymous else self._client.name,
            redirect_uri=self._client.redirect_uri if prompt.needs_browser else None,
            client_key=client_key,
            is_bound=_binds(server),
            is_attested=is_attested,
            is_iss_required=server.authorization_response_iss_parameter_supported
            or profile.issuer_in_response is Requirement.REQUIRED,
            copies=copies,
            created_at=self._clock(),
            device=self._device,
        )

    # --- steps: going on ----------------------------------------------------------------------------------------------

    def _own(self, collection_id: str) -> Collection:
        collection = self._collections.load(collection_id)
        if collection.plan.device != self._device:
            # The earlier device has the same keys and tokens, and may go on by itself.
            raise LocalProtocolError(
                "the collection was begun on an earlier device", code="COLLECTION_OF_EARLIER_DEVICE"
            )
        return collection

    def _exchange(self, collection: Collection) -> Exchange:
        if collection.id not in self._exchanges:
            self._exchanges[collection.id] = Exchange(
                collection.plan,
                signer=self._keeper.signer(collection.plan.client_key),
                clock=self._clock,
                attester=self._client.attester,
            )
        return self._exchanges[collection.id]

    def _step(self, collection: Collection, run: _Run) -> Flow[Collection | None]:
        """Take one step and return the collection behind it; None where there is none to take now."""
        access = collection.access
        match access:
            case TxCodeNeeded() | InBrowser() | Ended():
                return None
            case Granted():
                return (yield from self._act(collection, access, run))
            case PreAuthorised() | ToPush() | CodeReceived():
                return (yield from self._authorise(collection, access))
            case _:
                assert_never(access)

    def _authorise(self, collection: Collection, access: PreAuthorised | ToPush | CodeReceived) -> Flow[Collection]:
        exchange = self._exchange(collection)
        try:
            if isinstance(access, ToPush):
                key = self._keeper.signer(collection.plan.client_key).public_key
                following = yield from authorising.push(collection.plan, access, exchange, key=key, at=self._clock())
                return self._settled(collection.moved(following))
            return self._settled((yield from authorising.redeem(collection, exchange, at=self._clock())))
        except PeerRefusedError as refused:
            return self._settled(collection.ended(Outcome.REFUSED, refused.error or refused.code))
        except OURS:
            raise
        except VcError as error:
            self._settled(collection.ended(Outcome.FAILED, error.code))
            raise

    def _act(self, collection: Collection, granted: Granted, run: _Run) -> Flow[Collection | None]:
        index = self._next_act(collection, run)
        if index is None:
            return self._closed(collection, granted)
        act = collection.acts[index]
        if isinstance(act.progress, Wanted):
            return self._with_keys(collection, index, act)
        if isinstance(act.progress, Answered):
            return self._checked(collection, index, act, act.progress)
        can_refresh = granted.refresh_token is not None and not run.has_refreshed
        if can_refresh and _has_expired(granted, at=self._clock()):
            return (yield from self._refreshed(collection, granted, run))
        try:
            progress = yield from self._asked(collection, act, granted.access_token)
        except PeerRefusedError as refused:
            if can_refresh:
                return (yield from self._refreshed(collection, granted, run))
            return self._settled(collection.ended(Outcome.EXPIRED, refused.error or refused.code))
        except OURS:
            raise
        except VcError as error:
            progress = Failed(code=error.code)
        if isinstance(progress, Kept | Rejected):
            run.told.add(index)  # in vain; the next call tries again
        return self._moved(collection, index, progress)

    def _next_act(self, collection: Collection, run: _Run) -> int | None:
        """Return which credential a step can be taken for now; one that waits does not hold up the others."""
        at = self._clock()
        for index, act in enumerate(collection.acts):
            waits = isinstance(act.progress, Deferred) and at < act.progress.not_before
            if act.is_open and not waits and index not in run.told:
                return index
        return None

    def _with_keys(self, collection: Collection, index: int, act: Act) -> Collection:
        """Return the collection with the keys that a credential is going to be asked for with."""
        plan = collection.plan
        configuration = plan.metadata.configuration(act.configuration_id)
        kind = proof_type(configuration, is_attested=self._client.attester is not None)
        if kind is None:
            return self._collections.save(collection.with_act(index, Requested(keys=())))
        count = number_of_keys(plan.metadata, configuration, copies=plan.copies)
        handles, made = self._keeper.new_keys(count, key_algorithm(configuration, kind))
        return self._collections.save(collection.with_act(index, Requested(keys=handles)), *made)

    def _asked(self, collection: Collection, act: Act, token: str) -> Flow[Progress]:
        plan, exchange, at = collection.plan, self._exchange(collection), self._clock()
        match act.progress:
            case Requested() as requested:
                signers = [self._keeper.signer(handle) for handle in requested.keys]
                attester = self._client.attester
                return (
                    yield from acquiring.request(
                        plan, act, requested, signers=signers, token=token, exchange=exchange, attester=attester, at=at
                    )
                )
            case Deferred() as deferred:
                return (yield from acquiring.pick_up(plan, act, deferred, token=token, exchange=exchange, at=at))
            case Kept() | Rejected() as told:
                return (yield from acquiring.notify(plan, told, token=token, exchange=exchange))
            case _:
                raise LocalProtocolError(f"nothing is asked in the state {act.progress.kind}")

    def _checked(self, collection: Collection, index: int, act: Act, answered: Answered) -> Collection:
        """Return the collection after a credential was kept, or was found not to hold."""
        plan = collection.plan
        try:
            taken = checked(plan, act.configuration_id, answered, self._keeper)
        except OURS:
            raise
        except VcError as error:
            return self._moved(collection, index, _rejected(plan, answered, error.code))
        used = {one.card.key for one in taken}
        unused = [handle for handle in answered.keys if handle not in used]
        kept = collection.with_act(index, _kept(plan, answered, [one.card.id for one in taken]))
        try:
            saved = self._collections.save(
                kept,
                *self._keeper.forgetting_keys(unused),
                commit=lambda *changes: self._keeper.keep(taken, *changes),
            )
        except RecordExistsError:
            return self._moved(collection, index, _rejected(plan, answered, "HOLDER_KEY_USED"))
        self._keeper.forget_keys(unused)
        return saved

    def _moved(self, collection: Collection, index: int, progress: Progress) -> Collection:
        """Return the collection with a credential in its next state, and without keys that it has no use for."""
        before = keys_of(collection.acts[index].progress)
        unused = [handle for handle in before if handle not in keys_of(progress)]
        if isinstance(progress, Kept | Done):
            unused = []
        saved = self._collections.save(collection.with_act(index, progress), *self._keeper.forgetting_keys(unused))
        self._keeper.forget_keys(unused)
        return saved

    def _settled(self, collection: Collection) -> Collection:
        """Return the collection in its next state; at its end, its key and those that wait in vain are forgotten."""
        if not isinstance(collection.access, Ended):
            return self._collections.save(collection)
        before = self._collections.load(collection.id)
        unused = [collection.plan.client_key, *(key for act in before.acts for key in keys_of(act.progress))]
        saved = self._collections.save(collection, *self._keeper.forgetting_keys(unused))
        self._keeper.forget_keys(unused)
        self._exchanges.pop(collection.id, None)
        return saved

    def _closed(self, collection: Collection, granted: Granted) -> Collection | None:
        """Return the collection at its end; None where something is to come, or the issuer may give more."""
        if collection.is_open:
            return None
        outcome = outcome_of(collection.acts)
        if outcome is Outcome.COLLECTED and granted.refresh_token is not None:
            return None
        return self._settled(collection.ended(outcome, next(iter(collection.failures.values()), None)))

    def _refreshed(self, collection: Collection, granted: Granted, run: _Run) -> Flow[Collection]:
        run.has_refreshed = True
        exchange = self._exchange(collection)
        try:
            return self._settled((yield from authorising.refresh(collection, granted, exchange, at=self._clock())))
        except OURS:
            raise
        except VcError as error:
            self._settled(collection.ended(Outcome.FAILED, error.code))
            raise

    def _tell_deleted(self, collection: Collection, granted: Granted, notification_id: str) -> Flow[bool]:
        if _has_expired(granted, at=self._clock()) and granted.refresh_token is not None:
            collection = yield from self._refreshed(collection, granted, _Run())
        if not isinstance(collection.access, Granted):
            return False
        try:
            yield from acquiring.tell(
                collection.plan,
                notification_id,
                NotificationEvent.CREDENTIAL_DELETED,
                token=collection.access.access_token,
                exchange=self._exchange(collection),
            )
        except PeerRefusedError:
            return False
        return True


@dataclass(slots=True)
class _Run:
    """What one call of `proceed` has done, so that it does it once.

    Attributes:
        told: the credentials about which the issuer could not be told.
        has_refreshed: whether a refresh token was used.
    """

    told: set[int] = field(default_factory=set)
    has_refreshed: bool = False


def _grant_of(offer: CredentialOffer) -> Grant:
    return "authorization_code" if offer.pre_authorized_code is None else "pre_authorized_code"


def _server_of(offer: CredentialOffer, grant: Grant) -> str | None:
    """Return the authorization server that an offer names for a grant.

    Raises:
        UnsupportedError: the offer does not have the grant that the caller wants (``GRANT_NOT_OFFERED``).
    """
    offered = offer.authorization_code if grant == "authorization_code" else offer.pre_authorized_code
    if offered is None and (grant == "pre_authorized_code" or offer.pre_authorized_code is not None):
        raise UnsupportedError("the offer does not have this grant", code="GRANT_NOT_OFFERED")
    return offered.authorization_server if offered is not None else None


def _binds(server: AuthorizationServerMetadata) -> bool:
    return _CLIENT_KEY.value in server.dpop_signing_alg_values_supported


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


def _has_expired(granted: Granted, *, at: datetime) -> bool:
    return granted.expires is not None and at >= granted.expires - _EARLY


def _kept(plan: Plan, answered: Answered, cards: Sequence[str]) -> Kept | Done:
    if answered.notification_id is None or plan.metadata.notification_endpoint is None:
        return Done(cards=tuple(cards))
    return Kept(cards=tuple(cards), notification_id=answered.notification_id)


def _rejected(plan: Plan, answered: Answered, code: str) -> Rejected | Failed:
    if answered.notification_id is None or plan.metadata.notification_endpoint is None:
        return Failed(code=code)
    return Rejected(code=code, notification_id=answered.notification_id)
