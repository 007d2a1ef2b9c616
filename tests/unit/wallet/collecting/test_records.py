# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What the store knows of collections: it comes back as it was, says when it is damaged, and shows no secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.issuing import TX_CODE, Simulator
from tests.support.world import World
from vcwallet.encoding import json
from vcwallet.errors import LocalProtocolError, StoreCorruptError, StoreNewerError
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.storage import Delete, MemoryStore, Put
from vcwallet.wallet.cards import is_there
from vcwallet.wallet.collecting import Collection
from vcwallet.wallet.collecting.collection import Act, Plan
from vcwallet.wallet.collecting.records import MAX_PLANS, PLANS, STATES, STEPS, Collections
from vcwallet.wallet.collecting.states import (
    NEXT_ACCESS,
    NEXT_PROGRESS,
    Access,
    Answered,
    CodeReceived,
    Deferred,
    Done,
    Ended,
    Failed,
    Granted,
    InBrowser,
    Kept,
    Outcome,
    PreAuthorised,
    Progress,
    Rejected,
    Requested,
    ToPush,
    TxCodeNeeded,
    Wanted,
    require_next_access,
    require_next_progress,
)

AT = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
TEXT = st.text(max_size=20)
TIMES = st.datetimes(timezones=st.just(UTC))
MAYBE = st.none() | TEXT
NUMBERS = st.integers(0, 2**40)
KEYS = st.lists(TEXT, max_size=3).map(tuple)
ACCESS: st.SearchStrategy[Access] = st.one_of(
    st.builds(TxCodeNeeded, tries=NUMBERS),
    st.builds(PreAuthorised, tx_code=MAYBE, tries=NUMBERS),
    st.builds(ToPush, state=TEXT, verifier=TEXT),
    st.builds(InBrowser, state=TEXT, verifier=TEXT, url=TEXT, expires=st.none() | TIMES),
    st.builds(CodeReceived, code=TEXT, verifier=TEXT),
    st.builds(Granted, access_token=TEXT, expires=st.none() | TIMES, refresh_token=MAYBE),
    st.builds(Ended, outcome=st.sampled_from(Outcome), code=MAYBE),
)
PROGRESS: st.SearchStrategy[Progress] = st.one_of(
    st.just(Wanted()),
    st.builds(Requested, keys=KEYS, again=st.booleans()),
    st.builds(Deferred, keys=KEYS, transaction_id=TEXT, not_before=TIMES, since=TIMES, again=st.booleans()),
    st.builds(Answered, keys=KEYS, credentials=KEYS, notification_id=MAYBE),
    st.builds(Kept, cards=KEYS, notification_id=TEXT, tries=NUMBERS),
    st.builds(Rejected, code=TEXT, notification_id=TEXT, tries=NUMBERS),
    st.builds(Done, cards=KEYS, notification_id=MAYBE),
    st.builds(Failed, code=TEXT, is_refusal=st.booleans()),
)
ACTS = st.lists(st.builds(Act, configuration_id=TEXT, credential_identifier=MAYBE, progress=PROGRESS), max_size=3).map(
    tuple
)


def plan(**changed: Any) -> Plan:
    values: dict[str, Any] = {
        "issuer": "https://issuer.example",
        "server": "https://issuer.example",
        "party": None,
        "issuer_name": {"ja": "未来市"},
        "issuer_metadata": "{}",
        "server_metadata": "{}",
        "grant": "pre_authorized_code",
        "code": "the-code",
        "client_id": None,
        "redirect_uri": None,
        "client_key": "handle",
        "is_bound": True,
        "has_attester": False,
        "is_attested": False,
        "is_iss_required": True,
        "copies": 1,
        "created_at": AT,
        "device": 0,
    }
    return Plan(**values | changed)


@given(access=ACCESS, acts=ACTS)
def test_every_state_comes_back_as_it_was(access: Access, acts: tuple[Act, ...]) -> None:
    store = MemoryStore()
    begun = Collections(store).begin(plan(), access, acts)
    assert Collections(store).load(begun.id) == begun
    assert [one.id for one in Collections(store).all()] == ([begun.id] if begun.is_open else [])
    assert [one.id for one in Collections(store).all(ended=True)] == [begun.id]


def test_every_state_has_a_row_in_the_table() -> None:
    assert set(NEXT_ACCESS) == set(get_args(Access))
    assert set(NEXT_PROGRESS) == set(get_args(Progress))
    # From everywhere there is a way to an end.
    assert all(Ended in following for state, following in NEXT_ACCESS.items() if state is not Ended)
    assert not NEXT_ACCESS[Ended]
    assert not NEXT_PROGRESS[Done] | NEXT_PROGRESS[Failed]


def test_a_state_that_does_not_follow_is_refused() -> None:
    with pytest.raises(LocalProtocolError):
        require_next_access(ToPush(state="s", verifier="v"), Granted(access_token="t"))
    with pytest.raises(LocalProtocolError):
        require_next_progress(Wanted(), Done(cards=()))
    require_next_access(ToPush(state="s", verifier="v"), InBrowser(state="s", verifier="v", url="u"))
    require_next_progress(Wanted(), Requested(keys=()))


def test_a_plan_has_what_its_grant_needs() -> None:
    with pytest.raises(ValueError, match="code"):
        plan(code=None)
    login = {"grant": "authorization_code", "code": None}
    for named in ({}, {"client_id": "w"}, {"redirect_uri": "w:/"}):
        with pytest.raises(ValueError, match="log-in"):
            plan(**login, **named)
    assert plan(**login, client_id="w", redirect_uri="w:/").code is None


# --- damage ----------------------------------------------------------------------------------------------------------


def kept() -> tuple[MemoryStore, Collection]:
    store = MemoryStore()
    return store, Collections(store).begin(plan(), Granted(access_token="t"), ())


@pytest.mark.parametrize("collection", [STATES, PLANS])
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b'{"version":"1"}', b'{"version":0}', b"\xff"])
def test_a_damaged_record_is_said_to_be(collection: str, body: bytes) -> None:
    store, begun = kept()
    store.commit(Put(collection, begun.id, body))
    with pytest.raises(StoreCorruptError):
        Collections(store).load(begun.id)


@pytest.mark.parametrize("collection", [STATES, PLANS])
def test_a_record_of_a_newer_version_is_said_to_be(collection: str) -> None:
    store, begun = kept()
    body = json.loads_object(store.get(collection, begun.id) or b"")
    store.commit(Put(collection, begun.id, json.dumps(body | {"version": 2, "more": 1})))
    with pytest.raises(StoreNewerError):
        Collections(store).load(begun.id)


def test_a_state_without_a_plan_is_damaged() -> None:
    store, begun = kept()
    store.commit(Delete(PLANS, begun.id))
    with pytest.raises(StoreCorruptError, match="plan"):
        Collections(store).load(begun.id)


def test_a_step_is_taken_once() -> None:
    store, begun = kept()
    one, other = Collections(store), Collections(store)
    saved = one.save(begun)
    with pytest.raises(LocalProtocolError, match="COLLECTION_MOVED_ON"):
        other.save(begun)
    for _ in range(3):
        saved = one.save(saved)
    with pytest.raises(LocalProtocolError, match="COLLECTION_MOVED_ON"):
        other.save(begun)  # also long after
    assert one.load(begun.id).step == 4
    one.forget(saved)
    assert not list(store.find(STEPS))


def test_what_is_damaged_is_named_by_the_wallet() -> None:
    class Damaged(MemoryStore):
        def find(self, collection: str, tag: str | None = None, /) -> Any:
            for record in super().find(collection, tag):
                if collection == STATES:
                    raise StoreCorruptError("damaged")
                yield record

    world = World(wallet_store=Damaged())
    issuer, collector = Simulator(world), world.wallet.collector()
    collector.accept(run(collector.read_offer(issuer.offer()), issuer))
    assert [damage.kind for damage in world.wallet.damaged()] == [STATES]


@pytest.mark.parametrize(("found", "there"), [(b"{}", True), (None, False), (StoreCorruptError("damaged"), True)])
def test_a_card_is_there_though_it_is_damaged(found: Any, there: bool) -> None:
    class Store(MemoryStore):
        def get(self, collection: str, id: str, /) -> bytes | None:
            assert (collection, id) == ("credential", "card")
            if isinstance(found, StoreCorruptError):
                raise found
            return found

    assert is_there(Store(), "card") is there


def test_a_plan_is_kept_with_what_reading_it_again_gives() -> None:
    world = World()
    issuer, collector = Simulator(world), world.wallet.collector()
    begun = collector.accept(run(collector.read_offer(issuer.offer()), issuer))
    again = Collections(world.wallet_store).load(begun.id)
    assert again.plan is not begun.plan
    assert again.plan == begun.plan
    assert again.plan.metadata == begun.plan.metadata
    assert again.plan.authorization_server == begun.plan.authorization_server


def test_many_plans_are_not_kept_in_memory() -> None:
    store = MemoryStore()
    collections = Collections(store)
    begun = [collections.begin(plan(copies=number + 1), TxCodeNeeded(), ()) for number in range(MAX_PLANS + 5)]
    assert len(collections._plans) <= MAX_PLANS
    assert [collections.load(one.id) for one in begun] == begun


# --- secrets ---------------------------------------------------------------------------------------------------------


def test_nothing_that_is_shown_has_a_secret_in_it() -> None:
    world = World()
    issuer, collector = Simulator(world, has_refresh=True), world.wallet.collector()
    prompt = run(collector.read_offer(issuer.offer(tx_code=True)), issuer)
    begun = collector.accept(prompt, tx_code=TX_CODE)
    done = run(collector.proceed(begun.id), issuer)
    shown = repr((prompt, begun, done, list(collector.collections(ended=True))))
    secrets = (*issuer._codes, *issuer._tokens, *issuer._refresh, TX_CODE, done.plan.client_key)
    assert not any(secret in shown for secret in secrets)
    history = b"".join(json.dumps(entry.entry) for entry in world.wallet.history()).decode()
    assert not any(secret in history for secret in secrets)
    # ... and the transaction code is not kept once it was used.
    assert TX_CODE.encode() not in b"".join(record.body for record in world.wallet_store.find(STATES))


def test_a_request_or_an_answer_that_is_shown_has_no_secret_in_it() -> None:
    world = World()
    issuer, collector = Simulator(world), world.wallet.collector()
    answers: list[HttpResponse] = []

    def line(request: HttpRequest) -> HttpResponse:
        answers.append(issuer(request))
        return answers[-1]

    prompt = run(collector.read_offer(issuer.offer(tx_code=True)), line)
    run(collector.proceed(collector.accept(prompt, tx_code=TX_CODE).id), line)
    sent = b"".join(b"".join([one.body, *map(str.encode, one.headers.values())]) for one in issuer.requests)
    [credential] = [card.credential.raw for card in world.wallet.cards()]
    [token] = issuer._tokens
    assert all(secret.encode() in sent for secret in (TX_CODE, token))
    shown = repr((issuer.requests, answers))
    assert issuer.requests[-1].url in shown
    assert not any(secret in shown for secret in (*issuer._codes, token, TX_CODE, credential[:40]))
