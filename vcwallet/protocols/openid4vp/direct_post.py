# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Answers that are posted to the verifier, in the open or encrypted (OpenID4VP 1.0, sections 8.2 and 8.3.1).

>>> from vcwallet.protocols.exchange import AnswerTarget
>>> from vcwallet.protocols.openid4vp import Response
>>> from vcwallet.protocols.openid4vp.direct_post import post_answer, read_posted
>>> target = AnswerTarget(mode="direct_post", uri="https://verifier.example/response/1")
>>> request = post_answer(Response(vp_token={"a": ("eyJ...",)}, state="s"), target=target)
>>> request.method, request.url, request.max_redirects
('POST', 'https://verifier.example/response/1', 0)
>>> read_posted(request.body, key=None)
Response()
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from vcwallet.encoding import json, service_url
from vcwallet.errors import LimitExceededError, MalformedError, RemoteProtocolError, TransportError
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.jose import jwe
from vcwallet.jose.jwe import Jwe
from vcwallet.protocols.exchange import AnswerTarget
from vcwallet.protocols.oauth import form
from vcwallet.protocols.openid4vp.error_response import ErrorResponse
from vcwallet.protocols.openid4vp.response import MAX_BYTES, Response
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey, decrypt_message, encrypt_answer

MAX_FORM_BYTES = 2 * MAX_BYTES
"""A form writes some characters of JSON as three."""
MAX_REPLY_BYTES = 64 * 1024
MAX_REDIRECT_URI = 2048
CLAUSE: Final = "OpenID4VP 1.0, section 8.2"


# --- the wallet ------------------------------------------------------------------------------------------------------


def post_answer(answer: Response | ErrorResponse, *, target: AnswerTarget) -> HttpRequest:
    """Return what a wallet posts; a redirect in return is not followed.

    Raises:
        LimitExceededError: an encrypted answer would be longer than 1 MiB.
        ValueError: the answer to this request is not posted.
    """
    if target.uri is None:
        raise ValueError("the answer to this request is not posted")
    headers = {"content-type": form.MEDIA_TYPE, "accept": "application/json"}
    return HttpRequest(
        method="POST",
        url=target.uri,
        max_bytes=MAX_REPLY_BYTES,
        headers=headers,
        body=form.form_body(_members(answer, target)),
    )


def _members(answer: Response | ErrorResponse, target: AnswerTarget) -> Mapping[str, str]:
    if target.encryption is not None:
        return {"response": encrypt_answer(answer.to_json(), target.encryption)}
    if isinstance(answer, ErrorResponse):
        return answer.to_members()
    return {"vp_token": answer.vp_token_json(), **({} if answer.state is None else {"state": answer.state})}


def read_reply(response: HttpResponse) -> str | None:
    """Return where the verifier wants the person to go on in the browser, if anywhere (section 8.2).

    Raises:
        TransportError: the verifier did not take the answer, or sends on to another address, which is not followed
            (code ``NOT_TAKEN``).
        MalformedError: the reply is no JSON object, or the address none that a browser is to open.
        LimitExceededError: longer than 64 KiB.
    """
    if response.status != 200:
        raise TransportError("the verifier did not take the answer", code="NOT_TAKEN", clause=CLAUSE)
    uri = json.loads_object(response.body, max_bytes=MAX_REPLY_BYTES).get("redirect_uri")
    return None if uri is None else require_redirect_uri(uri)


def require_redirect_uri(uri: object) -> str:
    """Return an address that a browser may be sent to: https, or http to this machine; a fragment may follow.

    Raises:
        MalformedError: it is another, such as one with a script.
        LimitExceededError: longer than 2 048 characters.
    """
    if not isinstance(uri, str):
        raise MalformedError("redirect_uri is a string", clause=CLAUSE)
    if len(uri) > MAX_REDIRECT_URI:
        raise LimitExceededError(f"a redirect_uri is longer than {MAX_REDIRECT_URI} characters")
    address, _, fragment = uri.partition("#")
    service_url.parse_endpoint(address, clause=CLAUSE)
    if _FRAGMENT.fullmatch(fragment) is None:
        raise MalformedError("the fragment of redirect_uri is none", clause="RFC 3986, section 3.5")
    return uri


_FRAGMENT: Final = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")


# --- the verifier ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Posted:
    """A form with an answer or an error, which may be encrypted.

    Attributes:
        members: the form.
    """

    members: Mapping[str, str] = field(repr=False)

    @property
    def is_encrypted(self) -> bool:
        """Whether it is encrypted."""
        return "response" in self.members

    @property
    def key_id(self) -> str | None:
        """Which key it says to be encrypted to; None where it says none.

        Raises:
            VcError: what should be a JWE is none of ours.
        """
        return self._message.header.key_id

    @property
    def state(self) -> str | None:
        """What stands beside an answer in the open, if anything does; that of an encrypted one is inside."""
        return self.members.get("state")

    def open(self, key: ResponseKey | None) -> Response | ErrorResponse:
        """Return what was posted; nothing in it is verified.

        Raises:
            VcError: as `read_posted`.
        """
        if self.is_encrypted:
            wanted = _asked_for(key)
            return _decrypted(self._message, wanted)
        if "error" in self.members:  # a wallet that cannot encrypt may say so in the open (section 8.3)
            return ErrorResponse.from_members(self.members)
        if key is not None:
            raise encryption_missing()
        token = json.loads_object(self.members["vp_token"], max_bytes=MAX_BYTES)
        return Response.from_members({**self.members, "vp_token": token})

    @cached_property
    def _message(self) -> Jwe:
        return jwe.parse(self.members["response"])


def read_form(body: bytes) -> Posted:
    """Return a form that a wallet has posted, to be opened with the key that it is encrypted to.

    Raises:
        LimitExceededError: longer than 8 MiB.
        MalformedError: no form with an answer or an error, or one with more than one of them.
    """
    members = form.read_form(body, max_bytes=MAX_FORM_BYTES)
    if len({"vp_token", "response", "error"} & members.keys()) != 1:
        raise MalformedError("a form has one of vp_token, response and error", clause=CLAUSE)
    return Posted(members=members)


def read_posted(body: bytes, *, key: ResponseKey | None) -> Response | ErrorResponse:
    """Return what a wallet has posted; nothing in it is verified.

    Args:
        body: the form.
        key: the one of the request that this answers; None where its answer is not to be encrypted.

    Raises:
        LimitExceededError: longer than 8 MiB, or an answer over its own limits.
        MalformedError: no form with an answer or an error, or one with more than one of them.
        RemoteProtocolError: an answer that is not encrypted and has to be (``ENCRYPTION_MISSING``), or is and has not
            to be (``ENCRYPTION_UNEXPECTED``).
        VcError: an encrypted one does not decrypt; see `decrypt_answer`.
    """
    return read_form(body).open(key)


def read_encrypted(text: str, *, key: ResponseKey | None) -> Response | ErrorResponse:
    """Return what an encrypted answer contains; nothing in it is verified.

    Raises:
        VcError: as `read_posted`.
    """
    wanted = _asked_for(key)
    return _decrypted(jwe.parse(text), wanted)


def _asked_for(key: ResponseKey | None) -> ResponseKey:
    if key is None:
        raise RemoteProtocolError(
            "the answer is encrypted, and nobody asked for that", code="ENCRYPTION_UNEXPECTED", clause=CLAUSE
        )
    return key


def _decrypted(message: Jwe, key: ResponseKey) -> Response | ErrorResponse:
    return read_answer(json.loads_object(decrypt_message(message, key)))


def read_answer(members: Mapping[str, object]) -> Response | ErrorResponse:
    """Return the answer or the error of an object that strict JSON parsing gave.

    Raises:
        MalformedError, LimitExceededError: it is neither, or both.
    """
    if ("vp_token" in members) == ("error" in members):
        raise MalformedError("an answer has a vp_token or an error", clause="OpenID4VP 1.0, section 8.1")
    return ErrorResponse.from_members(members) if "error" in members else Response.from_members(members)


def encryption_missing() -> RemoteProtocolError:
    """Return the error for an answer in the open where the request wants it encrypted."""
    return RemoteProtocolError("the answer is not encrypted", code="ENCRYPTION_MISSING", clause=CLAUSE)


def reply(redirect_uri: str | None = None, *, status: int = 200) -> HttpResponse:
    """Return what the verifier tells the wallet: where to go on, or nothing, whatever was in the answer.

    Args:
        redirect_uri: with a response code; None for an answer from another device.
        status: of the answer; an error has no body that says which.

    Raises:
        MalformedError: no address that a browser is sent to.
    """
    body = {} if redirect_uri is None else {"redirect_uri": require_redirect_uri(redirect_uri)}
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return HttpResponse(status=status, headers=headers, body=json.dumps(body))


def with_response_code(address: str, code: str) -> str:
    """Return the address of a result page with a response code in its query (section 8.2).

    There the page's server sees it without a script; it says nothing to anybody but the session that asked.

    Raises:
        MalformedError: no address that a browser is sent to, or it has a fragment.
    """
    if service_url.parse_endpoint(address, clause=CLAUSE).query is None:
        return require_redirect_uri(f"{address}?{form.query({'response_code': code})}")
    return require_redirect_uri(f"{address}&{form.query({'response_code': code})}")


def new_response_code() -> str:
    """Return a fresh response code of 256 random bits (section 8.2)."""
    return secrets.token_urlsafe(32)
