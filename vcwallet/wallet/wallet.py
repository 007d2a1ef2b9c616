# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The wallet: one person's credentials, keys, decisions and history over a store.

Everything that a method has returned is durable.  A disclosure stands in the history before it leaves the wallet.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from vcwallet.claims import JsonObject, path_text
from vcwallet.encoding import base64url
from vcwallet.errors import (
    BindingError,
    ConsentRequiredError,
    LocalProtocolError,
    NetworkBlockedError,
    NoMatchError,
    NotAuthorisedError,
    RequestRefusedError,
    UnsupportedError,
    UntrustedError,
    VerifierUnknownError,
    quoted,
)
from vcwallet.flow import Flow, HttpRequest, HttpResponse, run
from vcwallet.formats.base import (
    Credential,
    CredentialFormat,
    Formats,
    HeldCredential,
    ReceivedCredential,
)
from vcwallet.formats.type_metadata import ResolvedType, TypeCatalogue, require_conformity
from vcwallet.history import HashChain, LogEntry
from vcwallet.keys import jwk
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import KeyStore, Signer
from vcwallet.keys.stored import StoredKeys
from vcwallet.protocols.dcql import Candidate, CredentialQuery, Match, Matches, match, match_credential
from vcwallet.protocols.exchange import AuthenticatedRequest, IncomingRequest, QueryRule
from vcwallet.protocols.openid4vp import Request, Response, read_request
from vcwallet.protocols.proximity import RetrievalMethod, TcpRetrieval
from vcwallet.status.checker import CredentialStatus, StatusChecker
from vcwallet.status.outcome import STANDARD, StatusResult
from vcwallet.storage import Delete, Put, RecordExistsError, RecordStore
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.published import PublishedTrust
from vcwallet.trust.registration import Registration
from vcwallet.wallet import entries
from vcwallet.wallet.cards import COLLECTION, Card, card_id, cards_of, find_card
from vcwallet.wallet.phrases import phrase
from vcwallet.wallet.prompt import Consent, Prompt, PromptCredential, require_by_name, warnings_about
from vcwallet.wallet.proposal import in_language, keeps_positions, prompt_credential, retention_text
from vcwallet.wallet.screening import require_card_allowed, screen
from vcwallet.wallet.session import WalletSession
from vcwallet.wallet.statuses import forgotten, is_statement, last_status, remembered

MAX_CHOICES = 20
"""How many credentials are offered for one credential query, last received first."""


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
    ) -> None:
        """Use a store.

        Args:
            store: keeps everything, sealed.
            trust: says whom to trust, and keeps the registry's latest list.
            formats: the credential formats that the wallet reads.
            clock: tells the time.
            keys: makes and keeps the holder's keys; by default the store does.
            language: the language of labels, a BCP 47 tag.
        """
        self._store = store
        self._trust = trust
        self._types = TypeCatalogue(trust.type_metadata)
        self._formats: Formats = {one.format: one for one in formats}
        self._clock = clock
        self._keys = keys if keys is not None else StoredKeys(store)
        self._history = HashChain(store, "history")
        self._secret = _secret_of(store)
        self._statuses = StatusChecker(store=store, trust=trust, policy=STANDARD, secret=self._secret)
        self.language = language

    # --- receiving -----------------------------------------------------------------------------------------------

    def new_holder_key(self, algorithm: Algorithm = Algorithm.ES256) -> HolderKey:
        """Make a key for one credential; it is stored before this returns.

        Raises:
            StoreError: the store could not write.
        """
        handle = self._keys.create(algorithm)
        key = self._keys.signer(handle).public_key
        self._store.commit(Put("holder_key", self._record_id(key), handle.encode("utf-8"), new=True))
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
        at, identifier = self._clock(), card_id(credential)
        known = find_card(self._store, identifier)
        if known is not None:
            return known
        received = self._format(credential.format).read_issued(credential.raw).verify(trust=self._trust, at=at)
        held = received.held
        resolved = self._types.type(held.type_ids[0], integrity=held.type_integrity)
        require_conformity(resolved, held.claims, concealed=held.concealed, complete=True)
        card = self._card(credential, received, resolved, at)
        self._keep(card, held)
        return card

    def cards(self, type_id: str | None = None) -> Iterator[Card]:
        """Yield the credentials of a type, or all, last received first.

        Raises:
            StoreCorruptError: a record is damaged; the others can still be read.
        """
        return cards_of(self._store, type_id)

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
            key = self._reopen(card).holder_key
            kinds = ("holder_key", "holder_key_use")
            about_key = [Delete(kind, self._record_id(key)) for kind in kinds] if key is not None else []
            deleted = (Delete(COLLECTION, card.id), forgotten(card), *about_key)
            self._history.append(entries.deletion(card, at=self._clock()), *deleted)
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
        failures = yield from self._statuses.refreshing([credential], at=at)
        result = self._statuses.check(credential, at=at, failures=failures)
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
        matches = match(
            authenticated.query,
            lambda query: self._candidates(query, registration, at),
            limit_per_query=MAX_CHOICES,
            query_for=self._query_rule(authenticated, registration),
        )
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
        require_by_name(consent.credentials, consent.by_name)
        registration = self._screen(request, at)
        presentations: dict[str, list[str]] = {}
        shown: list[dict[str, Any]] = []
        for chosen in consent.credentials:
            presentation, entry = self._present_one(chosen, request, registration, at)
            presentations.setdefault(chosen.query_id, []).append(presentation)
            shown.append(entry)
        try:
            self._history.append(
                entries.disclosure(registration, request, shown, at=at), Put("consent", consent.id, b"", new=True)
            )
        except RecordExistsError:
            raise LocalProtocolError("a consent is used once", code="CONSENT_USED") from None
        token = {query_id: tuple(values) for query_id, values in presentations.items()}
        return Response(vp_token=token, state=request.state)

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

    # --- history and trust ---------------------------------------------------------------------------------------

    def history(self) -> Iterator[LogEntry]:
        """Yield what happened, oldest first: receipts, disclosures and refusals, without claim values.

        Raises:
            StoreCorruptError: an entry was changed or removed (``HISTORY_BROKEN``).
        """
        return self._history.entries()

    def export_history(self) -> bytes:
        """Return the history as JSON Lines that anyone can check (`vcwallet.history.check_export`).

        Raises:
            StoreCorruptError: an entry was changed or removed (``HISTORY_BROKEN``).
        """
        return self._history.export()

    def update_trust(self, published: PublishedTrust) -> None:
        """Take a newer list of the same registry.

        Raises:
            TrustedListError: older, expired or not the registry's; the last good list stays in use.
        """
        self._trust.update(published, at=self._clock())
        self._types = TypeCatalogue(self._trust.type_metadata)

    # --- steps ---------------------------------------------------------------------------------------------------

    def _record_id(self, key: PublicKey) -> str:
        """Return the record identifier of a holder's key: stores show identifiers, and verifiers know the key."""
        thumbprint = jwk.thumbprint(jwk.public_jwk(key)).encode("ascii")
        return base64url.encode(hmac.digest(self._secret, thumbprint, "sha256"))

    def _format(self, name: str) -> CredentialFormat:
        try:
            return self._formats[name]
        except KeyError:
            raise UnsupportedError(f"the wallet does not read credentials of format {quoted(name)}") from None

    def _reopen(self, card: Card) -> HeldCredential:
        return self._format(card.credential.format).reopen(card.credential.raw)

    def _card(self, credential: Credential, received: ReceivedCredential, resolved: ResolvedType, at: datetime) -> Card:
        held, issuer = received.held, received.issuer
        return Card(
            id=card_id(credential),
            credential=credential,
            type_ids=tuple(dict.fromkeys((*resolved.type_ids, *held.type_ids))),
            issuer=issuer.party,
            issuer_name=dict(issuer.name),
            key=self._handle_of(held.holder_key),
            received_at=at,
            expires=held.expires,
        )

    def _handle_of(self, key: PublicKey | None) -> str | None:
        if key is None:
            return None
        handle = self._store.get("holder_key", self._record_id(key))
        if handle is None:
            raise BindingError("the credential is bound to a key of someone else", code="HOLDER_KEY_UNKNOWN")
        return handle.decode("utf-8")

    def _keep(self, card: Card, held: HeldCredential) -> None:
        changes = [card.put()]
        if held.holder_key is not None:
            # One key, one credential: a key in two of them would link their presentations.
            changes.append(Put("holder_key_use", self._record_id(held.holder_key), card.id.encode("ascii"), new=True))
        try:
            self._history.append(entries.receipt(card), *changes)
        except RecordExistsError:
            if find_card(self._store, card.id) is None:
                raise BindingError("another credential is bound to this key", code="HOLDER_KEY_USED") from None

    def _authenticate(self, incoming: IncomingRequest, at: datetime) -> AuthenticatedRequest:
        try:
            return incoming.verify(trust=self._trust, at=at)
        except (UntrustedError, NotAuthorisedError) as error:
            raise VerifierUnknownError(f"the verifier is not known: {error.args[0]}") from error

    def _screen(self, request: AuthenticatedRequest, at: datetime) -> Registration:
        """Return the registration that allows a request; that there is none is written into the history."""
        try:
            return screen(request, trust=self._trust, type_of=self._types.type, at=at)
        except RequestRefusedError as refused:
            self._history.append(entries.refusal(request, refused, at=at))
            raise

    def _candidates(self, query: CredentialQuery, registration: Registration, at: datetime) -> Iterator[Candidate]:
        seen: set[str] = set()
        is_allowed = cache(lambda type_id: self._is_allowed(type_id, query, registration))
        for type_id in query.type_ids:
            for card in cards_of(self._store, type_id):
                if card.id in seen or _has_expired(card, at):
                    continue
                seen.add(card.id)
                held = self._reopen(card)
                if is_allowed(card.type_ids[0]) and keeps_positions(query, held):
                    yield _candidate(card, held)

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
        proposed = matches.default_selection().matches
        choices = {
            query_id: tuple(self._choice(one) for one in found) for query_id, found in matches.found.items() if found
        }
        credentials = tuple(
            next(choice for choice in choices[one.query_id] if choice.card.id == one.candidate.id) for one in proposed
        )
        use = registration.use
        return Prompt(
            verifier=in_language(registration.name, self.language),
            verifier_id=registration.verifier,
            verified_by=phrase("VERIFIED_BY", self.language, sequence=request.verifier.sequence),
            purpose=in_language(use.text, self.language),
            purpose_code=use.code,
            legal_basis=use.legal_basis,
            retention=retention_text(use, self.language),
            privacy_policy=use.privacy_policy,
            contact=use.contact,
            credentials=credentials,
            choices=choices,
            warnings=warnings_about(credentials, self.language),
            language=self.language,
            request=request,
            incoming=incoming,
            registration=registration,
            matches=matches,
        )

    def _choice(self, found: Match) -> PromptCredential:
        card = find_card(self._store, found.candidate.id)
        if card is None:
            raise NoMatchError("a credential was deleted meanwhile")
        return prompt_credential(
            found,
            card=card,
            held=self._reopen(card),
            resolved=self._types.type(card.type_ids[0]),
            language=self.language,
        )

    def _present_one(
        self, chosen: PromptCredential, request: AuthenticatedRequest, registration: Registration, at: datetime
    ) -> tuple[str, dict[str, Any]]:
        """Return the presentation of one credential and what the history says about it."""
        card = find_card(self._store, chosen.card.id)
        query = next((query for query in request.query.requested if query.id == chosen.query_id), None)
        if card is None or query is None or _has_expired(card, at):
            raise NoMatchError("a credential was deleted or has expired meanwhile")
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


def _offline(_: HttpRequest) -> HttpResponse:
    raise NetworkBlockedError("this wallet was given no network")


def _has_expired(card: Card, at: datetime) -> bool:
    return card.expires is not None and at >= card.expires


def _candidate(card: Card, held: HeldCredential) -> Candidate:
    return Candidate(
        id=card.id,
        format=held.format,
        type_ids=frozenset(card.type_ids),
        claims=held.claims,
        holder_bound=card.key is not None,
        authorities=held.authorities,
    )


def _secret_of(store: RecordStore) -> bytes:
    """Return the wallet's own secret, made once."""
    secret = store.get("wallet", "secret")
    if secret is None:
        secret = secrets.token_bytes(32)
        store.commit(Put("wallet", "secret", secret, new=True))
    return secret
