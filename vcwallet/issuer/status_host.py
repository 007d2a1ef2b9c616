# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A status host: hands out what a status signer has published (Token Status List, sections 8 and 9).

It is a function of the request, for any web framework; in between, a cache or CDN may stand.  It keeps no record of who
asks, and nobody who asks says for which credential.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from vcwallet.encoding import base64url
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.status.aggregation import aggregation
from vcwallet.status.ledger import PublishedList, StatusListLedger
from vcwallet.status.token_status_list import MediaType

_AGGREGATION_MAX_AGE = timedelta(minutes=5)
_QUALITY = re.compile(r"q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.ASCII | re.IGNORECASE)


class StatusHost:
    """Answers requests for the status lists of a ledger, and for the list of them (aggregation)."""

    def __init__(self, ledger: StatusListLedger, *, clock: Callable[[], datetime]) -> None:
        """Answer from what is published in `ledger`, at the time of `clock`."""
        self._ledger = ledger
        self._clock = clock

    def __call__(self, request: HttpRequest, /) -> HttpResponse:
        """Return the answer to a request, whose `url` is the public address that was asked for.

        A list is sent as JWT or as CWT, as the request prefers; JWT if it does not care.  ``Cache-Control`` and
        ``ETag`` agree with the token.  Other answers are 304 (not modified), 404 (no such list), 405, 406 (neither JWT
        nor CWT), 501 (the list of an earlier time was asked for) and 503 (the last token has ended).

        Raises:
            StoreError: the ledger failed.
        """
        if request.method not in ("GET", "HEAD"):
            return _empty(405, allow="GET, HEAD")
        uri, has_query, query = request.url.partition("?")
        if has_query:
            # Lists of earlier times (section 8.4) are optional, and a list of now must not pass for one of them.
            return _empty(501 if query.startswith("time=") else 404)
        headers = {name.lower(): value for name, value in request.headers.items()}
        response = self._aggregation() if uri == self._ledger.aggregation_uri else self._list(uri, headers)
        if response.status == 200 and _has_it(headers.get("if-none-match", ""), response.headers["etag"]):
            return HttpResponse(status=304, headers=_without_type(response.headers), body=b"")
        if request.method == "HEAD":
            return HttpResponse(status=response.status, headers=response.headers, body=b"")
        return response

    def _aggregation(self) -> HttpResponse:
        """Return the addresses of all lists (section 9)."""
        uris = self._ledger.published_uris(at=self._clock())
        return _found(aggregation(uris), "application/json", _AGGREGATION_MAX_AGE)

    def _list(self, uri: str, headers: Mapping[str, str]) -> HttpResponse:
        """Return a list (section 8.2)."""
        published = self._ledger.published(uri)
        if published is None:
            return _empty(404)
        preferred = _preferred(headers.get("accept", "*/*"))
        if preferred is None:
            return _empty(406)
        left = published.expires - self._clock()
        if left <= timedelta(0):
            return _empty(503)
        return _found(_body(published, preferred), preferred.value, min(published.ttl, left))


def _body(published: PublishedList, media_type: MediaType) -> bytes:
    return published.cwt if media_type is MediaType.CWT else published.jwt.encode("ascii")


def _found(body: bytes, media_type: str, max_age: timedelta) -> HttpResponse:
    return HttpResponse(
        status=200,
        headers={
            "content-type": media_type,
            "cache-control": f"public, max-age={int(max_age.total_seconds())}",
            "etag": f'"{base64url.encode(hashlib.sha256(body).digest()[:16])}"',
            "vary": "Accept",
            "access-control-allow-origin": "*",  # section 8.1: verifiers that are web pages
        },
        body=body,
    )


def _empty(status: int, **headers: str) -> HttpResponse:
    return HttpResponse(status=status, headers={"cache-control": "no-store", **headers}, body=b"")


def _without_type(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "content-type"}


def _has_it(if_none_match: str, etag: str) -> bool:
    """Whether the one who asks has this very answer already (RFC 9110, section 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags


def _preferred(accept: str) -> MediaType | None:
    """Return which of the two forms is wanted more (RFC 9110, section 12.5.1); None if neither is."""
    wanted = dict(map(_media_range, accept.split(",")))
    best = max(MediaType, key=lambda media_type: _quality(media_type, wanted))  # the first where it is all the same
    return best if _quality(best, wanted) > 0 else None


def _media_range(text: str) -> tuple[str, float]:
    media_type, *parameters = (part.strip() for part in text.split(";"))
    qualities = [match for match in map(_QUALITY.fullmatch, parameters) if match]
    return media_type.lower(), float(qualities[0][1]) if qualities else 1.0


def _quality(media_type: str, wanted: Mapping[str, float]) -> float:
    # The most specific range counts.
    return next((wanted[text] for text in (media_type, "application/*", "*/*") if text in wanted), 0.0)
