# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An issuer's service from the first message to the last, with a wallet that does each step by hand."""

from __future__ import annotations

import pytest

from tests.support.issuance import (
    AGE_JWT,
    RESIDENT_JWT,
    RESIDENT_MDOC,
    Counter,
    credentials,
    keys,
    members,
)
from tests.support.world import FORMATS
from vcwallet.keys.software import SoftwareSigner


@pytest.fixture
def counter() -> Counter:
    return Counter()


def require_good(counter: Counter, raw: str, format: str, key: SoftwareSigner) -> None:
    """Check a credential as a wallet does that receives it."""
    received = FORMATS[format]().read_issued(raw).verify(trust=counter.world.wallet._trust, at=counter.clock())
    assert received.held.holder_key == key.public_key


@pytest.mark.parametrize(("id", "format"), [(RESIDENT_JWT, "dc+sd-jwt"), (RESIDENT_MDOC, "mso_mdoc")])
def test_a_wallet_collects_by_a_pre_authorised_code(counter, id, format):
    wallet, [key] = counter.wallet(), keys()
    token = members(wallet.redeem(counter.offer(id)))
    assert token["token_type"] == "DPoP"
    response = wallet.ask(key, id=id)
    [raw] = credentials(response)
    require_good(counter, raw, format, key)
    assert wallet.notify(members(response)["notification_id"]).status == 204
    assert counter.issued() == 1


def test_a_wallet_collects_by_an_authorization_code(counter):
    wallet, [key] = counter.wallet(client_id="https://wallet.example"), keys()
    location = wallet.authorised(scope=(RESIDENT_JWT, AGE_JWT))
    members(wallet.exchange(location))
    [raw] = credentials(wallet.ask(key))
    require_good(counter, raw, "dc+sd-jwt", key)
    [other] = keys()
    credentials(wallet.ask(other, id=AGE_JWT))
