# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet as web pages on its holder's own machine: unlock, cards, offers, requests.

What a link, a picture or the camera says is read once, kept here under a name that nobody guesses, and shown; nothing
leaves the wallet before the person has pressed a button.  The pages of the history are in `web.wallet_history`.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

from vcwallet import (
    Abilities,
    Card,
    Collection,
    Invocation,
    OfferPrompt,
    Presenter,
    Prompt,
    PublishedTrust,
    VcError,
    Wallet,
    WalletClient,
)
from vcwallet.adapters import qr
from vcwallet.errors import (
    ConsentRequiredError,
    LocalProtocolError,
    NoMatchError,
    OverAskingError,
    StatuteLimitedError,
    WrongPassphraseError,
)
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.japan import JST
from vcwallet.wallet.prompt import EXPLICIT, PromptCredential, PromptWarning, warnings_about
from web.pages import Look
from web.reading import Types, plain
from web.site import Page, Site, Visit, see, tell
from web.transactions import TRANSACTIONS
from web.wallet_history import history_export, history_letter, history_lines

LOOK = Look(
    id="wallet",
    name=("ウォレット", "Wallet"),
    about=("あなたの証明書", "your certificates"),
    footer=("この端末だけで動いています", "It runs on this device alone"),
)
MIN_PASSPHRASE = 8
MAX_PICTURE_BYTES = 4 * 1024 * 1024
COPIES = 3
MAX_CODES = 3
"""How many of the codes in one picture are tried."""
REQUEST, OFFER = "openid4vp://?", "openid-credential-offer://?"
_T = TypeVar("_T")


class Waiting(Generic[_T]):
    """What waits for a decision; the oldest is forgotten when there is too much."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, _T] = OrderedDict()

    def add(self, value: _T) -> str:
        """Keep a value, and return a name that nobody guesses."""
        name = secrets.token_urlsafe(16)
        self._waiting[name] = value
        while len(self._waiting) > 20:
            self._waiting.popitem(last=False)
        return name

    def get(self, name: str) -> _T | None:
        """Return a value, if it waits still."""
        return self._waiting.get(name)

    def take(self, name: str) -> _T | None:
        """Return a value, and forget it."""
        return self._waiting.pop(name, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was sent to whom, and where the person goes on."""

    verifier: str
    declined: bool
    back: str | None


class WalletSite(Site):
    """The pages of one wallet."""

    def __init__(
        self,
        *,
        origin: str,
        path: Path,
        trust: PublishedTrust,
        client: WalletClient,
        http: Callable[[HttpRequest], HttpResponse],
        clock: Callable[[], datetime],
    ) -> None:
        """Serve the wallet that is, or will be, in a file.

        Args:
            origin: where the pages are.
            path: the wallet's file.
            trust: what the registry has published.
            client: who the wallet is to issuers.
            http: reaches issuers, verifiers and status lists.
            clock: tells the time.
        """
        anyone: dict[tuple[str, str], Page] = {("GET", "/"): self._home, ("POST", "/open"): self._open}
        own: dict[tuple[str, str], Page] = {
            ("POST", "/lock"): self._lock,
            ("GET", "/card"): self._card,
            ("POST", "/card/status"): self._check_status,
            ("POST", "/card/delete"): self._delete,
            ("GET", "/scan"): self._scan,
            ("POST", "/frame"): self._frame,
            ("POST", "/read"): self._read_form,
            ("GET", "/start"): self._start,
            ("GET", "/offer"): self._offer,
            ("POST", "/offer"): self._accept,
            ("GET", "/collection"): self._collection,
            ("GET", "/collection/state"): self._collection_state,
            ("POST", "/collection/code"): self._enter_code,
            ("GET", "/returned"): self._returned,
            ("GET", "/ask"): self._ask,
            ("POST", "/ask"): self._decide,
            ("GET", "/sent"): self._show_sent,
            ("GET", "/history"): self._history,
            ("GET", "/history/export"): self._export,
            ("GET", "/history/letter"): self._letter,
            ("POST", "/history/letter"): self._ask_for_deletion,
        }
        super().__init__(
            LOOK, origin=origin, clock=clock, cookie="wallet", pages=anyone | own, max_bytes=MAX_PICTURE_BYTES
        )
        self._own = frozenset(own)
        self._path, self._trust, self._client, self._http = path, trust, client, http
        self._types = Types(trust, at=clock())
        self._wallet: Wallet | None = None
        self._lock_of_wallet = Lock()  # one person, one thing at a time
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Let nobody in who was let in before, and forget what waited for a decision."""
        self._opening = secrets.token_urlsafe(16)
        self._offers, self._asked, self._sent = Waiting[OfferPrompt](), Waiting[Invocation](), Waiting[Sent]()

    def close(self) -> None:
        """Close the wallet's file."""
        if self._wallet is not None:
            self._wallet.close()

    def _answer(self, found: Page, visit: Visit) -> HttpResponse:
        with self._lock_of_wallet:
            if self._wallet is not None:
                self._wallet.language = visit.reader.language
            is_own = any(self._pages[place] == found for place in self._own)
            if is_own and not self._is_unlocked(visit):
                # A link that comes while the wallet is locked waits until it is open.
                kept = self._remember("wanted", {"url": visit.url}, visit.at) if visit.path == "/start" else ""
                return see(f"/?then={kept}" if kept else "/")
            return found(visit)

    def _is_unlocked(self, visit: Visit) -> bool:
        return self._wallet is not None and self._recall("holder", visit.cookie, visit.at) == {"of": self._opening}

    @property
    def _opened(self) -> Wallet:
        if self._wallet is None:
            raise LocalProtocolError("the wallet is locked")
        return self._wallet

    @property
    def _presenter(self) -> Presenter:
        return self._opened.presenter(Abilities(transaction_types=TRANSACTIONS))

    # --- opening ------------------------------------------------------------------------------------------------------

    def _home(self, visit: Visit, *, problem: str | None = None) -> HttpResponse:
        if not self._is_unlocked(visit):
            return self._page(
                "wallet_locked.html",
                visit,
                status=403 if problem else 200,
                is_new=not self._path.exists(),
                problem=problem,
                then=visit.query.get("then", visit.form.get("then", "")),
            )
        open_ones = [
            {"id": one.id, "issuer": _in_language(one.plan.issuer_name, visit)}
            for one in self._opened.collector(self._client).collections()
        ]
        return self._page("wallet.html", visit, cards=self._cards(visit), collections=open_ones)

    def _open(self, visit: Visit) -> HttpResponse:
        passphrase = visit.form.get("passphrase", "")
        if self._wallet is not None or not self._path.exists():
            is_new = self._wallet is None
            if len(passphrase) < MIN_PASSPHRASE:
                return self._home(visit, problem="short" if is_new else "wrong")
        try:
            opened = self._made(passphrase, visit)
        except WrongPassphraseError:
            return self._home(visit, problem="wrong")
        if self._wallet is not None:
            self._wallet.close()
        self._wallet = opened
        wanted = self._recall("wanted", visit.form.get("then", ""), visit.at)
        path = "/" if wanted is None else str(wanted["url"]).removeprefix(self.origin)
        return self._visited(see(path), self._remember("holder", {"of": self._opening}, visit.at))

    def _made(self, passphrase: str, visit: Visit) -> Wallet:
        language = visit.reader.language
        if not self._path.exists():
            return Wallet.create(
                self._path, passphrase=passphrase, trust=self._trust, clock=self._clock, language=language
            )
        return Wallet.open(self._path, passphrase=passphrase, clock=self._clock, language=language)

    def _lock(self, visit: Visit) -> HttpResponse:
        """Close the wallet, in every browser that it is open in."""
        self._opened.close()
        self._wallet = None
        self._begin_anew()
        return self._visited(see("/"), "")

    # --- cards --------------------------------------------------------------------------------------------------------

    def _cards(self, visit: Visit) -> list[dict[str, Any]]:
        seen, found = set[str](), list[dict[str, Any]]()
        for card in self._opened.cards(skip_damaged=True):
            if card.batch in seen:
                continue
            if card.batch is not None:
                seen.add(card.batch)
            found.append(self._shown(card, visit))
        return found

    def _shown(self, card: Card, visit: Visit) -> dict[str, Any]:
        status = self._opened.status(card)
        return {
            "id": card.id,
            "name": self._types.name(card.type_ids[0], visit.reader),
            "issuer": _in_language(card.issuer_name, visit),
            "expires": card.expires.astimezone(JST).strftime("%Y-%m-%d") if card.expires else None,
            "has_expired": card.expires is not None and visit.at >= card.expires,
            "received": card.received_at.astimezone(JST).strftime("%Y-%m-%d %H:%M"),
            "format": card.credential.format,
            "copies": self._opened.copies_left(card) if card.batch is not None else None,
            "status": status.state.value if status is not None else None,
        }

    def _card_of(self, name: str) -> Card | None:
        return next((card for card in self._opened.cards(skip_damaged=True) if card.id == name), None)

    def _card(self, visit: Visit) -> HttpResponse:
        card = self._card_of(visit.query.get("id", ""))
        if card is None:
            return self._problem(visit.reader, status=404)
        lines = self._types.lines(card.type_ids[0], self._opened.claims(card), visit.reader)
        return self._page("wallet_card.html", visit, card=self._shown(card, visit), lines=lines)

    def _check_status(self, visit: Visit) -> HttpResponse:
        card = self._card_of(visit.form.get("id", ""))
        if card is None:
            return self._problem(visit.reader, status=404)
        self._opened.check_status(card, http=self._http)
        return see(f"/card?id={card.id}")

    def _delete(self, visit: Visit) -> HttpResponse:
        """Delete a card and its copies; the person has ticked a box, so that one tap too many does nothing."""
        card = self._card_of(visit.form.get("id", ""))
        if card is None:
            return self._problem(visit.reader, status=404)
        if "sure" not in visit.form:
            return see(f"/card?id={card.id}")
        for one in list(self._opened.cards(card.type_ids[0], skip_damaged=True)):
            if one.id == card.id or (card.batch is not None and one.batch == card.batch):
                self._opened.delete(one)
        return see("/")

    # --- from a link, a picture or the camera to a screen ---------------------------------------------------------

    def _scan(self, visit: Visit, *, problem: str | None = None) -> HttpResponse:
        return self._page("wallet_scan.html", visit, has_camera=True, status=400 if problem else 200, problem=problem)

    def _frame(self, visit: Visit) -> HttpResponse:
        """Read the QR codes of a picture."""
        try:
            texts = qr.read(visit.body)
        except VcError:
            return tell({"state": "none"})
        if not texts:
            return tell({"state": "none"})
        # Each may make the wallet fetch something, so a page full of codes is not read to its end.
        for text in list(dict.fromkeys(texts))[:MAX_CODES]:
            next_page = self._read(text)
            if next_page is not None:
                return tell({"state": "found", "next": next_page})
        return tell({"state": "other"})

    def _read_form(self, visit: Visit) -> HttpResponse:
        next_page = self._read(visit.form.get("link", "").strip())
        return self._scan(visit, problem="link") if next_page is None else see(next_page)

    def _start(self, visit: Visit) -> HttpResponse:
        """Take a link that has opened this page."""
        query = visit.url.partition("?")[2]
        is_offer = "credential_offer" in visit.query or "credential_offer_uri" in visit.query
        next_page = self._read(f"{OFFER if is_offer else REQUEST}{query}")
        return self._scan(visit, problem="link") if next_page is None else see(next_page)

    def _read(self, text: str) -> str | None:
        """Return the page that shows what a text offers or asks for; None where it does neither, or nobody knows who.

        Raises:
            StoreError: the wallet's store failed.
        """
        wallet = self._opened
        try:
            if "credential_offer" in text.partition("?")[2]:
                prompt = run(wallet.collector(self._client).read_offer(text), self._http)
                return f"/offer?id={self._offers.add(prompt)}"
            invocation = run(self._presenter.read_request(text), self._http)
        except VcError:
            return None
        # What came by a link or a code has no other way back than an address.
        return None if invocation.target.uri is None else f"/ask?id={self._asked.add(invocation)}"

    # --- offers -------------------------------------------------------------------------------------------------------

    def _offer(self, visit: Visit) -> HttpResponse:
        prompt = self._offers.get(visit.query.get("id", ""))
        if prompt is None:
            return self._problem(visit.reader, status=404)
        return self._page("wallet_offer.html", visit, id=visit.query["id"], prompt=prompt)

    def _accept(self, visit: Visit) -> HttpResponse:
        prompt = self._offers.take(visit.form.get("id", ""))
        if prompt is None:
            return self._problem(visit.reader, status=404)
        if "accept" not in visit.form:
            return see("/")
        code = visit.form.get("tx_code", "").replace(" ", "") or None
        collector = self._opened.collector(self._client)
        begun = collector.accept(
            prompt,
            copies=min(COPIES, prompt.batch_size),
            tx_code=code if prompt.tx_code is not None else None,
        )
        return see(f"/collection?id={self._proceed(begun.id).id}")

    def _proceed(self, identifier: str) -> Collection:
        """Go on with a collection as far as it goes; where the network fails, it stays where it is."""
        collector = self._opened.collector(self._client)
        try:
            return run(collector.proceed(identifier), self._http)
        except VcError:
            return collector.collection(identifier)

    def _collection(self, visit: Visit) -> HttpResponse:
        collection = self._opened.collector(self._client).collection(visit.query.get("id", ""))
        held = set(collection.cards)
        return self._page(
            "wallet_collection.html",
            visit,
            id=collection.id,
            state=_state_of(collection),
            issuer=_in_language(collection.plan.issuer_name, visit),
            log_in=collection.authorization_url,
            cards=[card for card in self._cards(visit) if card["id"] in held],
            failures=sorted(set(collection.failures.values())),
        )

    def _collection_state(self, visit: Visit) -> HttpResponse:
        collection = self._opened.collector(self._client).collection(visit.query.get("id", ""))
        is_due = collection.not_before is None or collection.not_before <= visit.at
        if collection.is_open and not collection.needs_tx_code and not collection.authorization_url and is_due:
            collection = self._proceed(collection.id)
        return tell({"state": _state_of(collection)})

    def _enter_code(self, visit: Visit) -> HttpResponse:
        identifier, code = visit.form.get("id", ""), visit.form.get("tx_code", "").replace(" ", "")
        if code:
            self._opened.collector(self._client).enter_tx_code(identifier, code)
            self._proceed(identifier)
        return see(f"/collection?id={identifier}")

    def _returned(self, visit: Visit) -> HttpResponse:
        """Take the person back who has logged in at an issuer."""
        collection = self._opened.collector(self._client).returned(visit.url)
        return see(f"/collection?id={self._proceed(collection.id).id}")

    # --- requests -----------------------------------------------------------------------------------------------------

    def _ask(
        self, visit: Visit, *, problem: str | None = None, chosen: Mapping[str, str] | None = None
    ) -> HttpResponse:
        name = visit.query.get("id") or visit.form.get("id", "")
        invocation = self._asked.get(name)
        if invocation is None:
            return self._problem(visit.reader, status=404)
        prompt = invocation.prompt
        if prompt is None:
            refusal = self._refusal(invocation, visit)
            return self._page("wallet_refused.html", visit, id=name, **refusal)
        credentials = [_card_chosen(prompt, one, chosen or {}) for one in prompt.credentials]
        return self._page(
            "wallet_ask.html",
            visit,
            id=name,
            prompt=prompt,
            credentials=credentials,
            warnings=warnings_about(credentials, prompt.language),
            by_name=lambda claim: claim.sensitivity in EXPLICIT,
            status=400 if problem == "by_name" else 200,
            problem=problem,
            plain=lambda value: plain(value, visit.reader),
            alternatives=lambda warning: self._alternatives(credentials, warning, visit),
        )

    def _alternatives(self, credentials: Sequence[PromptCredential], warning: PromptWarning, visit: Visit) -> list[str]:
        """Return what the claims are called that say less than one that is asked for."""
        types = [one.card.type_ids[0] for one in credentials if warning.claim in [claim.name for claim in one.claims]]
        return [self._types.label_of(kind, name, visit.reader) for kind in types[:1] for name in warning.alternatives]

    def _refusal(self, invocation: Invocation, visit: Visit) -> dict[str, Any]:
        """Return why the wallet refuses, for the person alone."""
        error = invocation.refusal
        claims = error.claims if isinstance(error, OverAskingError | StatuteLimitedError) else ()
        named: dict[str, None] = {}
        for type_id, _, path in (claim.partition(": ") for claim in claims):
            label = self._types.label_of(type_id, path, visit.reader)
            named[f"{self._types.name(type_id, visit.reader)} › {label}"] = None
        kind = "none" if isinstance(error, NoMatchError) else "too_much" if named else "other"
        return {"kind": kind, "claims": list(named), "code": error.code if error is not None else ""}

    def _decide(self, visit: Visit) -> HttpResponse:
        invocation = self._asked.get(visit.form.get("id", ""))
        if invocation is None:
            return self._problem(visit.reader, status=404)
        presenter, prompt = self._presenter, invocation.prompt
        agrees = "agree" in visit.form and prompt is not None
        wants_other = "change" in visit.form and prompt is not None
        if (agrees or wants_other) and prompt is not None:
            chosen = {one.query_id: visit.form.get(f"card:{one.query_id}", one.card.id) for one in prompt.credentials}
            seen = {one.query_id: visit.form.get(f"seen:{one.query_id}") for one in prompt.credentials}
            if wants_other or chosen != seen:
                # What is agreed to is what the page has shown, so another card is shown first.
                return self._ask(visit, problem="card", chosen=chosen)
            by_name = [name.removeprefix("claim:") for name in visit.form if name.startswith("claim:")]
            try:
                answer = presenter.answer(prompt.approve(explicitly=by_name, cards=chosen))
            except (ConsentRequiredError, ValueError):
                return self._ask(visit, problem="by_name", chosen=chosen)
        else:
            answer = presenter.decline(invocation)
        self._asked.take(visit.form["id"])
        try:
            back = run(presenter.send(answer), self._http)
        except VcError:
            return self._page("wallet_not_sent.html", visit, status=502, is_disclosed=agrees)
        sent = Sent(verifier=prompt.verifier if prompt is not None else "", declined=not agrees, back=back)
        return see(f"/sent?id={self._sent.add(sent)}")

    def _show_sent(self, visit: Visit) -> HttpResponse:
        sent = self._sent.get(visit.query.get("id", ""))
        return (
            self._problem(visit.reader, status=404)
            if sent is None
            else self._page("wallet_sent.html", visit, sent=sent)
        )

    # --- history ------------------------------------------------------------------------------------------------------

    def _history(self, visit: Visit) -> HttpResponse:
        lines = history_lines(self._opened, self._types, visit.reader)
        return self._page("wallet_history.html", visit, lines=lines)

    def _export(self, visit: Visit) -> HttpResponse:
        return history_export(self._opened)

    def _letter(self, visit: Visit) -> HttpResponse:
        letter = history_letter(self._opened, self._types, visit.reader, number=visit.query.get("n", ""))
        if letter is None:
            return self._problem(visit.reader, status=404)
        return self._page("wallet_letter.html", visit, letter=letter)

    def _ask_for_deletion(self, visit: Visit) -> HttpResponse:
        """Write down that a verifier is asked to delete what it was shown; the letter is the person's to send."""
        number = visit.form.get("n", "")
        if history_letter(self._opened, self._types, visit.reader, number=number) is None:
            return self._problem(visit.reader, status=404)
        self._opened.request_deletion(int(number))
        return see(f"/history/letter?n={number}")


def _card_chosen(prompt: Prompt, proposed: PromptCredential, chosen: Mapping[str, str]) -> PromptCredential:
    """Return what is shown with the card that was chosen, or with the one that is proposed."""
    wanted = chosen.get(proposed.query_id)
    return next((one for one in prompt.choices[proposed.query_id] if one.card.id == wanted), proposed)


def _state_of(collection: Collection) -> str:
    if collection.outcome is not None:
        return str(collection.outcome.value)
    if collection.needs_tx_code:
        return "code"
    return "log_in" if collection.authorization_url else "waiting"


def _in_language(names: dict[str, str], visit: Visit) -> str:
    return names.get(visit.reader.language) or next(iter(names.values()), "")
