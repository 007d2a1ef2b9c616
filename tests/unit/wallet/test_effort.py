# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The work that a request can cause is bounded by what is read for it."""

from __future__ import annotations

from itertools import count, islice
from typing import Any

import pytest

from tests.support.world import Resident, World, resident
from vcwallet.errors import NoMatchError
from vcwallet.protocols.dcql import CredentialQuery, DcqlQuery
from vcwallet.verifier import ask
from vcwallet.wallet import wallet
from vcwallet.wallet.effort import MAX_READ, Effort


def query(*paths: list[Any], claim_sets: list[list[str]] | None = None) -> CredentialQuery:
    one: dict[str, Any] = {"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["t"]}}
    one["claims"] = [{"id": f"c{number}", "path": path} for number, path in enumerate(paths)]
    return DcqlQuery.from_json({"credentials": [one | ({"claim_sets": claim_sets} if claim_sets else {})]}).credentials[
        0
    ]


def read(left: Effort, asked: CredentialQuery) -> int:
    """Return how many of very many are read."""
    return len(list(islice(left.as_far_as_it_goes(count(), asked), MAX_READ + 1)))


def test_what_is_read_ends_and_all_queries_share_it() -> None:
    assert read(Effort(MAX_READ), query(["a"])) == MAX_READ == 10_000
    left = Effort(10)
    assert len(list(left.as_far_as_it_goes(range(7), query(["a"])))) == 7
    assert read(left, query(["a"])) == 3
    assert read(left, query(["a"])) == 0


@pytest.mark.parametrize(
    ("asked", "each"),
    [
        (query(["a", None]), 1),
        (query(["a", 0]), 2),
        (query(["a"], ["b", 1], claim_sets=[["c0"], ["c1"], ["c0", "c1"]]), 4),
    ],
)
def test_each_claim_of_a_claim_set_with_positions_costs_as_much_as_another_credential(
    asked: CredentialQuery, each: int
) -> None:
    assert read(Effort(12), asked) == 12 // each
    assert read(Effort(each - 1), asked) == 0


def test_a_wallet_reads_no_more_than_that(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.hold(*(resident(full_name=f"番号　{number}") for number in range(3)))
    oldest = ask(Resident, values={"full_name": ["番号　0"]})
    assert world.wallet.match(world.ask(oldest)).credentials
    monkeypatch.setattr(wallet, "MAX_READ", 2)
    with pytest.raises(NoMatchError):
        world.wallet.match(world.ask(oldest))
