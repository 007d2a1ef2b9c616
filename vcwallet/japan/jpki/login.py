# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Log in to an issuer with a My Number card: a page with a challenge, and the card's answer to it in a form.

What reads the card (an app, a card reader's program) and how the page looks are the deployer's; the page is a function
that is given the challenge.  Its form posts ``certificate`` and ``signature``, the DER and what the card made as
base64url without padding, or ``decline`` with any value.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from vcwallet.encoding import base64url
from vcwallet.errors import VcError
from vcwallet.flow import HttpResponse
from vcwallet.issuer.openid4vci import LoginAnswer, LoginPage, LoginRefused, LoginRequest, Subject
from vcwallet.japan.jpki.certificate import JpkiAuthorities
from vcwallet.japan.jpki.check import JpkiIdentity, authenticate
from vcwallet.japan.jpki.revocation import JpkiRevocation
from vcwallet.protocols.oauth.form import read_form

MAX_TRIES = 5
RANDOM_BYTES = 32
_HEADER: Final = "JPKI login 1"


class LoginProblem(StrEnum):
    """Why a page is shown again."""

    CARD = "card"
    """The card's answer does not hold; no reason is told."""
    UNKNOWN_PERSON = "unknown_person"
    """The card is right, and nobody is registered with it."""


class JpkiPage(Protocol):
    """Makes the page that asks for the card."""

    def __call__(self, challenge: str, request: LoginRequest, problem: LoginProblem | None, /) -> HttpResponse:
        """Return the page.

        Args:
            challenge: what the card signs, as ASCII.
            request: the request of the browser; the form is posted to its `url`.
            problem: what was wrong with the last answer.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JpkiLogin:
    """Tells who a person is by the card's certificate for user authentication (a `Login` of the issuer's service).

    Attributes:
        issuer: the credential issuer's identifier, which stands in the challenge.
        authorities: the CAs that issue certificates for user authentication.
        revocation: knows what is revoked.
        person: finds the reference of the person who is registered with a card; None for nobody.
        page: makes the page.
        random_bytes: draws the challenge; for tests alone.
    """

    issuer: str
    authorities: JpkiAuthorities
    revocation: JpkiRevocation
    person: Callable[[JpkiIdentity], str | None]
    page: JpkiPage
    random_bytes: Callable[[int], bytes] = field(default=secrets.token_bytes, repr=False)

    def identify(self, request: LoginRequest, /) -> LoginAnswer:
        """Show the page, or judge the card's answer to the challenge of the last page.

        A challenge is answered once: every page has a new one, and after five wrong answers the login is refused.
        """
        tries, challenge = (request.state or b"\0")[0], request.state[1:]
        if request.http.method != "POST" or not challenge:
            return self._ask(request, None, tries=tries)
        try:
            form = read_form(request.http.body)
            if "decline" in form:
                return LoginRefused()
            identity = self._identity(form, challenge, request)
        except VcError:
            return self._ask(request, LoginProblem.CARD, tries=tries + 1)
        reference = self.person(identity)
        if reference is None:
            return self._ask(request, LoginProblem.UNKNOWN_PERSON, tries=tries + 1)
        return Subject(reference=reference)

    def _identity(self, form: dict[str, str], challenge: bytes, request: LoginRequest) -> JpkiIdentity:
        return authenticate(
            base64url.decode(form.get("certificate", "")),
            signature=base64url.decode(form.get("signature", "")),
            challenge=challenge,
            authorities=self.authorities,
            revocation=self.revocation,
            at=request.at,
        )

    def _ask(self, request: LoginRequest, problem: LoginProblem | None, *, tries: int) -> LoginPage | LoginRefused:
        if tries >= MAX_TRIES:
            return LoginRefused()
        challenge = challenge_text(self.issuer, self.random_bytes(RANDOM_BYTES))
        page = self.page(challenge, request, problem)
        return LoginPage(response=page, state=bytes([tries]) + challenge.encode("ascii"))


def challenge_text(issuer: str, random: bytes) -> str:
    """Return a challenge that says which issuer it is for, so that what reads the card can show and compare it.

    Raises:
        ValueError: fewer than 32 random bytes.
    """
    if len(random) < RANDOM_BYTES:
        raise ValueError(f"a challenge has at least {RANDOM_BYTES} random bytes")
    return f"{_HEADER}\n{issuer}\n{base64url.encode(random)}"
