# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Status lists of both kinds over real HTTPS on this machine: published, fetched, judged."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.bitstring import Town, entry
from tests.support.http_server import HOST, NAME, UNHURRIED, Server, authority, paths, response, serving
from tests.support.pki import NOW
from vcwallet.adapters.http import AsyncHttpClient, HttpClient
from vcwallet.flow import Flow, arun, run
from vcwallet.status.checker import CredentialStatus, StatusChecker
from vcwallet.status.outcome import STANDARD, StatusResult, StatusState
from vcwallet.status.status_list import StatusList
from vcwallet.status.token_status_list import StatusListToken, sign_jwt, status_claim
from vcwallet.storage import MemoryStore


class Host:
    """Publishes a town's lists, packed as the client says that it can unpack them."""

    def __init__(self) -> None:
        self.town = Town()
        self.pages: dict[str, bytes] = {}

    def publish(self, server: Server) -> None:
        self.token_uri, self.bitstring_url = (server.url(path, scheme="https", host=NAME) for path in ("/t", "/b"))
        token = StatusListToken(
            uri=self.token_uri,
            statuses=StatusList.of({7: 2}, size=100_000, bits=2),
            issued_at=NOW,
            expires=NOW + timedelta(days=1),
        )
        own = self.town.own
        self._put("/t", "application/statuslist+jwt", sign_jwt(token, signer=own.signer, chain=own.chain))
        self._put("/b", "application/vc+jwt", self.town.signed(id=self.bitstring_url))

    def _put(self, path: str, kind: str, text: str) -> None:
        packed = gzip.compress(text.encode(), mtime=0)
        self.pages[path] = response(packed, Content_Type=kind, Content_Encoding="gzip")

    def checker(self) -> StatusChecker:
        return StatusChecker(store=MemoryStore(), trust=self.town.trust, policy=STANDARD)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host()
    with serving(paths(host.pages), tls=authority().server(tmp_path)) as server:
        host.publish(server)
        yield host


def client(**options: Any) -> HttpClient:
    details: dict[str, Any] = {
        "private_hosts": [NAME],
        "authorities": authority().pem,
        "resolver": lambda host, port: [HOST],
    }
    return HttpClient(**{**details, **UNHURRIED, **options})


def looked_up(host: Host, checker: StatusChecker) -> Flow[list[StatusResult]]:
    """The status of a suspended SD-JWT VC, and of a revoked W3C credential."""
    issuer = host.town.issuer
    credential = CredentialStatus(claim=status_claim(host.token_uri, 7), issuer=issuer, format="dc+sd-jwt")
    entries = [entry(list_url=host.bitstring_url)]
    failures = {
        **(yield from checker.refreshing([credential], at=NOW)),
        **(yield from checker.refreshing_entries(entries, issuer=issuer, at=NOW)),
    }
    first = checker.check(credential, at=NOW, failures=failures)
    return [first, *checker.check_entries(entries, issuer=issuer, at=NOW, failures=failures)]


def test_lists_are_fetched_and_judged(host: Host) -> None:
    with client() as http:
        results = run(looked_up(host, host.checker()), http)
    assert [result.state for result in results] == [StatusState.SUSPENDED, StatusState.REVOKED]


def test_lists_are_fetched_beside_an_event_loop(host: Host) -> None:
    async def ask() -> list[StatusResult]:
        async with AsyncHttpClient(client()) as http:
            return await arun(looked_up(host, host.checker()), http)

    assert [result.state for result in asyncio.run(ask())] == [StatusState.SUSPENDED, StatusState.REVOKED]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"private_hosts": []}, "NETWORK_BLOCKED"),
        ({"authorities": authority("Another authority").pem}, "TRANSPORT_TLS"),
        ({"resolver": lambda host, port: []}, "TRANSPORT_NAME"),
    ],
)
def test_a_list_that_may_not_be_fetched_leaves_the_status_unknown(
    host: Host, options: dict[str, Any], reason: str
) -> None:
    with client(**options) as http:
        results = run(looked_up(host, host.checker()), http)
    assert [(result.state, result.reason) for result in results] == [(StatusState.UNKNOWN, reason)] * 2
