# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A verifier's service that dies at any commit: nothing is released that was not kept, and a person can begin anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.support.verifying import BROWSER, Desk, posted, response_code
from vcwallet.errors import BindingError, StoreBusyError, StoreError
from vcwallet.flow import HttpResponse
from vcwallet.sessions import Change, MemorySessions, Remove, Session, SessionChangedError, Swap
from vcwallet.verifier.openid4vp import Channel, PresentationState


class Died(BaseException):
    """The process is gone."""


class Mortal(MemorySessions):
    """Sessions of a process that dies, or of a database that goes away, at a commit when it is told to.

    Attributes:
        how: ``before`` or ``after`` the commit, or ``fails``.
        after: how many commits succeed before.
        at_commit: what somebody else does just before a commit.
    """

    def __init__(self) -> None:
        super().__init__()
        self.how = ""
        self.after = 0
        self.at_commit = None

    def commit(self, *changes: Change) -> None:
        if self.at_commit is not None and self.after == 0:
            act, self.at_commit = self.at_commit, None
            act()
        if self.how and self.after == 0:
            self.how, how = "", self.how
            if how == "fails":
                raise StoreError("the database is gone")
            if how == "after":
                super().commit(*changes)
            raise Died
        self.after = max(0, self.after - 1)
        super().commit(*changes)


class Deaf(MemorySessions):
    """Sessions of a database that does not answer."""

    def get(self, kind: str, id: str, /, *, at: datetime) -> Session | None:
        raise StoreError("the database is gone")


@pytest.fixture
def desk() -> Desk:
    made = Desk(sessions=Mortal())
    made.world.hold()
    return made


def dies(desk, how: str, after: int, step) -> HttpResponse | None:
    desk.sessions.how, desk.sessions.after = how, after
    if how == "fails":
        return step()
    with pytest.raises(Died):
        step()
    desk.service = desk.made()  # the next process
    return None


@pytest.mark.parametrize("how", ["before", "fails"])
def test_an_answer_that_was_not_taken_can_come_again(desk, how: str) -> None:
    begun = desk.begin("full_name")
    answer = desk.answered(begun)
    refused = dies(desk, how, 0, lambda: desk.service(answer))
    assert refused is None or refused.status == 503
    assert desk.service(answer).status == 200
    assert desk.result(begun)


def test_an_answer_that_was_taken_and_not_verified_can_come_again_after_a_minute(desk) -> None:
    begun = desk.begin("full_name")
    answer = desk.answered(begun)
    dies(desk, "after", 0, lambda: desk.service(answer))
    desk.clock.pass_by(seconds=59)
    assert desk.service(answer).status == 404
    desk.clock.pass_by(seconds=1)
    assert desk.service(answer).status == 200
    assert desk.result(begun)


@pytest.mark.parametrize("how", ["before", "fails"])
def test_what_was_verified_and_not_kept_is_not_verified_again(desk, how: str) -> None:
    """The receipt is there, and so the answer counts as used; the person begins anew."""
    begun = desk.begin("full_name")
    answer = desk.answered(begun)
    dies(desk, how, 1, lambda: desk.service(answer))
    desk.clock.pass_by(seconds=60)
    assert desk.service(answer).status == 400
    status = desk.service.status(begun.transaction_id, session=BROWSER)
    assert (status.state, status.reason) == (PresentationState.FAILED, "NONCE_REUSED")
    assert len(desk.world.bank.receipts()) == 1


def test_what_was_kept_and_not_told_is_there_for_the_page(desk) -> None:
    begun = desk.begin("full_name")
    answer = desk.answered(begun)
    dies(desk, "after", 1, lambda: desk.service(answer))
    assert desk.service(answer).status == 404
    assert desk.result(begun)


@pytest.mark.parametrize("how", ["before", "after"])
def test_nothing_is_begun_halfway(desk, how: str) -> None:
    desk.sessions.how = how
    with pytest.raises(Died):
        desk.begin("full_name")
    kinds = sorted(kind for kind, _ in desk.sessions._sessions)
    assert kinds == ([] if how == "before" else ["vp_request", "vp_transaction"])


def test_a_response_code_survives_what_the_page_did_not_see(desk) -> None:
    begun = desk.begin("full_name", channel=Channel.SAME_DEVICE)
    code = response_code(desk.present(begun))
    desk.sessions.how = "before"
    with pytest.raises(Died):
        desk.service.redeem(code, session=BROWSER)
    assert desk.service.redeem(code, session=BROWSER)
    begun = desk.begin("birth_date", channel=Channel.SAME_DEVICE)
    code = response_code(desk.present(begun))
    desk.sessions.how = "after"
    with pytest.raises(Died):
        desk.service.redeem(code, session=BROWSER)
    assert desk.result(begun)


# --- others come in between ------------------------------------------------------------------------------------------


def test_who_forgets_meanwhile_gets_no_result(desk) -> None:
    begun = desk.begin("full_name", channel=Channel.SAME_DEVICE)
    answer = desk.answered(begun)
    desk.sessions.after = 1
    desk.sessions.at_commit = lambda: desk.service.forget(begun.transaction_id, session=BROWSER)
    assert desk.service(answer).status == 404
    assert desk.sessions._sessions == {}


def test_an_answer_whose_lease_has_ended_is_not_kept(desk) -> None:
    """Another answer has been taken meanwhile, and it alone decides."""
    begun = desk.begin("full_name")
    answer = desk.answered(begun)

    def another() -> None:
        desk.clock.pass_by(seconds=60)
        assert desk.service(answer).status == 400  # verified before, and so used

    desk.sessions.after, desk.sessions.at_commit = 1, another
    assert desk.service(answer).status == 404
    assert desk.state(begun) is PresentationState.FAILED


def test_a_wallet_that_fetches_again_does_not_spoil_the_answer(desk) -> None:
    begun = desk.begin("full_name")
    transaction = desk.begin("birth_date")
    answer = desk.answered(begun)

    def fetch() -> None:
        desk.fetch(begun)
        desk.fetch(transaction)

    desk.sessions.after, desk.sessions.at_commit = 1, fetch
    assert desk.service(answer).status == 200
    assert desk.result(begun)


def test_a_database_that_does_not_answer_is_told_so() -> None:
    desk = Desk(sessions=Deaf())
    begun = desk.begin("full_name")
    uri = desk.reference(begun).uri
    for url in (uri, uri.replace("/request/", "/response/")):
        answer = desk.service(posted(url, {}))
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    with pytest.raises(StoreError):
        desk.state(begun)


def transaction_of(desk):
    [place] = [place for place in desk.sessions._sessions if place[0] == "vp_transaction"]
    return desk.sessions.get(*place, at=desk.clock())


def test_a_transaction_that_changes_meanwhile_is_looked_at_anew(desk):
    begun = desk.begin("full_name")
    answer = desk.answered(begun)

    def touch() -> None:
        found = transaction_of(desk)
        desk.sessions.commit(Swap(found, found.body))

    desk.sessions.after, desk.sessions.at_commit = 1, touch
    assert desk.service(answer).status == 200
    assert desk.state(begun) is PresentationState.VERIFIED


def test_a_transaction_that_is_gone_takes_no_result(desk):
    answer = desk.answered(desk.begin("full_name"))
    desk.sessions.at_commit = lambda: desk.sessions.commit(Remove(transaction_of(desk)))
    assert desk.service(answer).status == 404


class Contested(Mortal):
    """Sessions that somebody else changes each time before a commit of a kind.

    Attributes:
        kinds: the kinds of sessions.
    """

    def __init__(self) -> None:
        super().__init__()
        self.kinds: set[str] = set()

    def commit(self, *changes: Change) -> None:
        if self.kinds & {change.session.kind for change in changes}:
            raise SessionChangedError
        super().commit(*changes)


@pytest.mark.parametrize("kind", ["vp_request", "vp_transaction"])
def test_who_always_comes_second_is_told_to_come_back(kind):
    desk: Any = Desk(sessions=Contested())
    desk.world.hold()
    answer = desk.answered(desk.begin("full_name"))
    desk.sessions.kinds = {kind}
    refused = desk.service(answer)
    assert (refused.status, refused.headers["retry-after"]) == (503, "5")


def test_who_forgets_and_always_comes_second_is_told_so():
    desk: Any = Desk(sessions=Contested())
    begun = desk.begin("full_name")
    desk.sessions.kinds = {"vp_transaction"}
    with pytest.raises(StoreBusyError):
        desk.service.forget(begun.transaction_id, session=BROWSER)


def test_a_response_code_that_somebody_else_takes_is_unknown():
    desk: Any = Desk(sessions=Contested())
    desk.world.hold()
    code = response_code(desk.present(desk.begin("full_name", channel=Channel.SAME_DEVICE)))
    desk.sessions.kinds = {"vp_response_code"}
    with pytest.raises(BindingError) as error:
        desk.service.redeem(code, session=BROWSER)
    assert error.value.code == "RESPONSE_CODE_UNKNOWN"
