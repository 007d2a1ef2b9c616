# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Made ``ledger-v1.sqlite`` beside it, with the release that wrote schema 1 of ledgers::

    python -m tests.unit.adapters.data.make_ledger_v1

Run with a later release it makes a ledger of that release's schema, so it refuses to.
"""

from __future__ import annotations

from datetime import timedelta

from tests.support.ledger import DESK, LISTS, enter
from tests.support.pki import NOW
from tests.unit.adapters.data.make_store_v1 import HERE, in_one_file
from vcwallet.adapters.store import SqlLedger
from vcwallet.adapters.store.ledger.schema import SCHEMA_VERSION
from vcwallet.status.ledger import PublishedList, Status

if __name__ == "__main__":
    if SCHEMA_VERSION != 1:
        raise SystemExit("this release writes another schema than 1")
    path = HERE / "ledger-v1.sqlite"
    with SqlLedger.create(path, lists=LISTS, size=64) as ledger:
        enter(ledger, "valid", copies=3)
        enter(ledger, "suspended")
        ledger.change_status("suspended", Status.SUSPENDED, DESK)
        enter(ledger, "revoked")
        ledger.change_status("revoked", Status.INVALID, DESK)
        enter(ledger, "issued anew", copies=2)
        enter(ledger, "issued anew", copies=2, replaces=DESK)
        for state in ledger.due(at=NOW, renew_until=NOW):
            day = timedelta(days=1)
            tokens = PublishedList(
                uri=state.uri, jwt="a.b.c", cwt=b"cwt", issued_at=NOW, expires=NOW + day, ttl=timedelta(hours=1)
            )
            ledger.keep(tokens, version=state.version)
    in_one_file(path)
