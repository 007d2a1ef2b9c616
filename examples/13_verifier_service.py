# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A rental agency that asks any wallet over OpenID4VP 1.0, with a QR code for another device and a link for the same.

    python examples/13_verifier_service.py

The agency is a web service on a free port of this machine, with pages of its own beside the endpoints for wallets.  A
person's browser and wallet meet it over HTTP, and some others, who do not get what is not theirs.
"""

from __future__ import annotations

import html
import secrets
import socket
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

from stage import Stage, output_folder
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from vcwallet import (
    Channel,
    Issuer,
    Prompt,
    SdJwtVc,
    SqlSessions,
    TrustRegistry,
    VcError,
    Verifier,
    VerifierService,
    Wallet,
    ask,
)
from vcwallet.adapters import qr
from vcwallet.adapters.http import HttpClient
from vcwallet.adapters.local import system_clock
from vcwallet.adapters.web import serve, verifier_app
from vcwallet.flow import HttpRequest, run
from vcwallet.japan import JST, Address, PartialDate, ResidenceRecord, purposes
from vcwallet.protocols.openid4vp import UnverifiedRequest
from vcwallet.protocols.openid4vp.direct_post import post_answer, read_reply
from vcwallet.protocols.openid4vp.request_uri import RequestReference, fetching, read_request_link
from vcwallet.verifier.openid4vp import PresentationResult

COOKIE = "rental_session"
UNSTORED = {"cache-control": "no-store"}
MAX_BROWSERS = 10_000


# --- the agency ------------------------------------------------------------------------------------------------------


class Agency:
    """The agency's pages.  Each request has a cookie that nobody guesses, and is shown in the browser that has it.

    What a browser sends as its cookie may be anything: one that the agency has not given finds nothing.
    """

    def __init__(self, service: VerifierService) -> None:
        """Ask by a service."""
        self.service = service
        self.transactions: dict[str, str] = {}
        self.pages = [
            Route("/ask/{channel}", self.ask),
            Route("/picture.png", self.picture),
            Route("/state", self.state),
            Route("/result", self.result),
        ]
        self.links: dict[str, str] = {}

    async def ask(self, request: Request) -> Response:
        """Ask for name and address, by a QR code or by a link."""
        if request.path_params["channel"] not in (Channel.CROSS_DEVICE, Channel.SAME_DEVICE):
            return Response(status_code=404)
        session, channel = secrets.token_urlsafe(32), Channel(request.path_params["channel"])
        wanted = ask(ResidenceRecord, "full_name", "resident_address")
        begun = await run_in_threadpool(self.service.begin, wanted, purpose="tenancy", channel=channel, session=session)
        self.transactions[session], self.links[session] = begun.transaction_id, str(begun.link)
        while len(self.links) > MAX_BROWSERS:  # the longest ago first
            forgotten = next(iter(self.links))
            del self.transactions[forgotten], self.links[forgotten]
        shown = '<img src="/picture.png" alt="QR code">' if channel is Channel.CROSS_DEVICE else "Open your wallet"
        said = f'<!doctype html><title>Apply</title><a href="{html.escape(str(begun.link))}">{shown}</a>'
        page = HTMLResponse(said, headers=UNSTORED)
        page.set_cookie(COOKIE, session, httponly=True, samesite="lax")
        return page

    async def picture(self, request: Request) -> Response:
        """Return the QR code of a browser's own transaction."""
        link = self.links.get(request.cookies.get(COOKIE, ""))
        if link is None:
            return Response(status_code=404)
        return Response(qr.draw(link).png(), media_type="image/png", headers=UNSTORED)

    async def state(self, request: Request) -> Response:
        """Tell a page that waits how far it is."""
        session = request.cookies.get(COOKIE, "")
        transaction = self.transactions.get(session, "")
        try:
            found = await run_in_threadpool(self.service.status, transaction, session=session)
        except VcError as error:
            return JSONResponse({"state": "unknown", "reason": error.code}, status_code=404, headers=UNSTORED)
        return JSONResponse({"state": found.state.value, "reason": found.reason}, headers=UNSTORED)

    async def result(self, request: Request) -> Response:
        """Show what was verified: to the browser that the wallet has sent the person back to, or that has asked."""
        session, code = request.cookies.get(COOKIE, ""), request.query_params.get("response_code")
        try:
            found = await run_in_threadpool(self._collected, session, code)
        except VcError as error:
            said = f"<!doctype html><title>Sorry</title><p>{error.code}</p>"
            return HTMLResponse(said, status_code=403, headers=UNSTORED)
        name = html.escape(str(found.verified[ResidenceRecord].full_name))
        return HTMLResponse(f"<!doctype html><title>Thank you</title><p>{name}</p>", headers=UNSTORED)

    def _collected(self, session: str, code: str | None) -> PresentationResult:
        if code is not None:
            return self.service.redeem(code, session=session)
        return self.service.result(self.transactions.get(session, ""), session=session)


# --- the others ------------------------------------------------------------------------------------------------------


@dataclass
class Browser:
    """A browser with a cookie of its own."""

    origin: str
    cookie: str = field(default="", repr=False)

    def open(self, address: str) -> Page:
        """Open a page of the agency."""
        connection = HTTPConnection(self.origin.removeprefix("http://"))
        connection.request("GET", address.removeprefix(self.origin), headers={"cookie": self.cookie})
        answer = connection.getresponse()
        self.cookie = (answer.getheader("set-cookie") or self.cookie).partition(";")[0]
        page = Page(status=answer.status, body=answer.read())
        connection.close()
        return page


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a browser shows."""

    status: int
    body: bytes = field(repr=False)

    @property
    def link(self) -> str:
        """Where its link leads to."""
        return html.unescape(self.body.decode().partition('href="')[2].partition('"')[0])

    def __str__(self) -> str:
        """Return what it says."""
        said = self.body.decode()
        return said if said.startswith("{") else f"{self.status} {said.partition('<p>')[2].partition('</p>')[0]}"


@dataclass
class Phone:
    """A wallet that reaches verifiers over HTTP."""

    wallet: Wallet
    http: HttpClient

    def read(self, link: str) -> UnverifiedRequest:
        """Fetch the request of a link, with a fresh value of the wallet in it."""
        reference = read_request_link(link)
        if not isinstance(reference, RequestReference):
            raise SystemExit("the agency asks by reference")
        return run(fetching(reference, at=system_clock()), self.http)

    def answer(self, request: UnverifiedRequest, prompt: Prompt) -> HttpRequest:
        """Return the answer that the person has approved, encrypted to the key of the request."""
        return post_answer(self.wallet.present(prompt.approve()), target=request.target)

    def post(self, answer: HttpRequest) -> str | None:
        """Post an answer, and return where the verifier wants the person to go on."""
        return read_reply(self.http(answer))


def resident(registry: TrustRegistry, city: Issuer) -> Wallet:
    """Return the wallet of somebody who has a residence record."""
    wallet = Wallet.create(None, passphrase="correct horse battery staple", trust=registry.published())
    record = ResidenceRecord(
        full_name="番号　花子",
        birth_date=PartialDate.parse("1990-01-02"),
        resident_address=Address(formatted="〇〇県みらい市ひばりが丘一丁目２番３号"),
    )
    holder = wallet.new_holder_key()
    wallet.receive(city.issue(record, format=SdJwtVc, holder=holder, valid_for=timedelta(days=90)))
    return wallet


# --- the story -------------------------------------------------------------------------------------------------------


def play(folder: Path) -> None:
    """Start the agency, and let everybody meet it."""
    stage = Stage("vcwallet: a verifier as a service")
    registry = TrustRegistry.create("Demo trust registry")
    city = Issuer(registry.enrol_issuer("Mirai City", code="999016", may_issue=[ResidenceRecord]), time_zone=JST)
    enrolment = registry.enrol_verifier("Hibari Rental Agency", purposes=[purposes.TENANCY])
    phone = Phone(resident(registry, city), HttpClient(private_hosts=["127.0.0.1"]))
    with (
        Verifier(enrolment, path=folder / "agency.db") as verifier,
        SqlSessions.open(folder / "agency.db") as sessions,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
        service = VerifierService(
            verifier,
            address=f"{origin}/openid4vp",
            channels=[Channel.SAME_DEVICE, Channel.CROSS_DEVICE],
            sessions=sessions,
            result_page=f"{origin}/result",
        )
        with serve(verifier_app(service, pages=Agency(service).pages), socket=listening):
            stage.say(f"the agency is at {origin}")
            across_devices(stage, phone, Browser(origin), folder)
            on_the_same_device(stage, phone, Browser(origin), Browser(origin))
        with stage.step("What the agency has written down: names of claims, and no values"):
            receipts = verifier.receipts()
            stage.say(f"{len(receipts)} receipts, the last of which says:")
            stage.console.print_json(data=receipts[-1].entry)
    stage.end()


def across_devices(stage: Stage, phone: Phone, browser: Browser, folder: Path) -> None:
    """A page on a computer shows a QR code, and the wallet is on a phone."""
    with stage.step("A page shows a QR code"):
        browser.open("/ask/cross_device")
        (folder / "request.png").write_bytes(browser.open("/picture.png").body)
        stage.say(f"the picture is in {folder / 'request.png'}")
        stage.say(f"the page waits: {browser.open('/state')}")
    with stage.step("The phone reads the picture, fetches the signed request, and asks its holder"):
        [link] = qr.read((folder / "request.png").read_bytes())
        request = phone.read(link)
        prompt = phone.wallet.match(request)
        stage.show(prompt)
    with stage.step("The answer is posted, encrypted to a key that was made for it"):
        answer = phone.answer(request, prompt)
        phone.post(answer)
        stage.say(f"the page: {browser.open('/state')}")
        stage.say(f"then: {browser.open('/result')}")
    with stage.step("What must not work"):
        with stage.refused("the same answer once more"):
            phone.post(answer)
        stranger = Browser(browser.origin)
        stage.say(f"another browser asks for the result: {stranger.open('/result')}")


def on_the_same_device(stage: Stage, phone: Phone, browser: Browser, stranger: Browser) -> None:
    """The page is on the phone itself, so a link opens the wallet, and the wallet sends the person back."""
    with stage.step("A page on the phone has a link; the wallet sends the person back to it"):
        request = phone.read(browser.open("/ask/same_device").link)
        back = phone.post(phone.answer(request, phone.wallet.match(request)))
        stage.say(f"before: {browser.open('/result')}")
        stage.say(f"back:   {browser.open(str(back))}")
    with stage.step("Somebody has sent the link of a page of theirs to another person, who answers"):
        request = phone.read(stranger.open("/ask/same_device").link)
        back = phone.post(phone.answer(request, phone.wallet.match(request)))
        stage.say(f"the person comes back to a browser that has not asked: {browser.open(str(back))}")
        stage.say(f"who has sent the link gets: {stranger.open('/result')}")


def main() -> None:
    """Play the story."""
    play(output_folder("verifier_service"))


if __name__ == "__main__":
    main()
