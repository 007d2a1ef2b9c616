# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The wallet collects from the issuer's application over a real connection on this machine."""

from __future__ import annotations

from socket import socket

import pytest

from tests.support.issuance import HANAKO, RESIDENT_JWT, RESIDENT_MDOC, Counter
from tests.support.world import MDOC
from vcwallet.adapters.http import HttpClient
from vcwallet.adapters.web import issuer_app
from vcwallet.adapters.web.server import serve
from vcwallet.errors import NetworkBlockedError
from vcwallet.issuer.openid4vci import GrantType
from vcwallet.wallet.collecting import Outcome


def test_a_wallet_collects_over_http() -> None:
    with socket() as listening:
        listening.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        counter = Counter(identifier=f"http://{host}/city", options={"dpop_nonce_required": True})
        counter.world.also = (MDOC,)
        wallet = counter.world.new_wallet()
        offer = counter.offer(RESIDENT_JWT, RESIDENT_MDOC, grant=GrantType.PRE_AUTHORIZED_CODE, subject=HANAKO)
        with serve(issuer_app(counter.service), socket=listening):
            with HttpClient() as guarded, pytest.raises(NetworkBlockedError):
                wallet.collector().collect(offer.reference_link, http=guarded)
            with HttpClient(private_hosts=[host]) as http:
                done = wallet.collector().collect(offer.reference_link, http=http, copies=2)
    assert done.outcome is Outcome.COLLECTED
    assert len(list(wallet.cards())) == 4
