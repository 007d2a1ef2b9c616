# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a provider still vouches for a wallet or for keys: the ``status`` of attestations (appendices D and E).

An attestation that has no status holds until it ends.  One that has a status is relied on when somebody has looked: a
service that was told nobody to ask (`NOT_LOOKED_UP`) refuses it, so that none ever passes for checked.

    >>> from datetime import UTC, datetime
    >>> from vcwallet.issuer.openid4vci.attestations import NOT_LOOKED_UP
    >>> from vcwallet.status import status_claim
    >>> from vcwallet.status.checker import CredentialStatus
    >>> claim = status_claim("https://provider.example/lists/1", 17)
    >>> status = CredentialStatus(claim=claim, issuer="https://provider.example", format="jwt")
    >>> NOT_LOOKED_UP.require(status, at=datetime(2026, 11, 28, tzinfo=UTC))
    Traceback (most recent call last):
    vcwallet.errors.StatusError: nobody looks up the status of attestations here [STATUS_NOT_LOOKED_UP]
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

from vcwallet.errors import StatusError, TransportError
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.issuer.openid4vci.deployer import AttestationStatuses
from vcwallet.status.checker import NO_FAILURES, CredentialStatus, Failures, StatusChecker
from vcwallet.status.held_lists import ListKey
from vcwallet.status.outcome import StatusState

RETRY_AFTER: Final = timedelta(seconds=30)
"""How long a list that could not be fetched, or was in vain, is not asked for again."""
MAX_FAILURES: Final = 1000
"""How many lists are remembered that could not be fetched."""
PATIENCE: Final = timedelta(seconds=2)
"""How long a request waits for the list that another one is fetching, before it goes by what is known."""


class _NotLookedUp:
    """Refuses what would have to be looked up."""

    def require(self, status: CredentialStatus, /, *, at: datetime) -> None:
        """Return if there is nothing to look up.

        Raises:
            StatusError: there is (``STATUS_NOT_LOOKED_UP``).
        """
        if status.claim is not None:
            raise StatusError("nobody looks up the status of attestations here", code="STATUS_NOT_LOOKED_UP")


NOT_LOOKED_UP: Final[AttestationStatuses] = _NotLookedUp()
"""Nothing is looked up: an attestation without a status is good until it ends, and one with a status is refused."""


class StatusLookUp:
    """Looks attestations up as credentials are: whole lists, fetched when needed, under one policy."""

    def __init__(self, checker: StatusChecker, *, http: Callable[[HttpRequest], HttpResponse]) -> None:
        """Look them up.

        Args:
            checker: keeps the lists, and knows who signs them and what is accepted.  Its policy says how long a list
                that should have been fetched again is still relied on, and whether every attestation needs a status.
            http: fetches lists; see `vcwallet.adapters.http.HttpClient`.
        """
        self._checker = checker
        self._http = http
        self._failed: OrderedDict[tuple[ListKey, str], tuple[datetime, Failures]] = OrderedDict()
        # One for each list that is being fetched now; who fetches it, or waits for that, keeps it there.
        self._fetching: WeakValueDictionary[ListKey, threading.Lock] = WeakValueDictionary()
        self._writing = threading.Lock()

    def require(self, status: CredentialStatus, /, *, at: datetime) -> None:
        """Return if an attestation may be relied on (see `AttestationStatuses.require`).

        Raises:
            StatusError: it may not.
            TransportError: nobody can tell now.
            MalformedError: its status is not as the standard has it.
            StoreError: the store failed.
        """
        failures = self._refreshed(status, at)
        result = self._checker.check(status, at=at, failures=failures)
        # What its list says is the wallet's to bear; that it could not be fetched is not.
        is_for_later = result.reason in {*failures.values(), "STATUS_NOT_HELD"} and result.state is StatusState.UNKNOWN
        if is_for_later or result.state is StatusState.STALE:
            code = "STATUS_STALE" if result.state is StatusState.STALE else "STATUS_UNKNOWN"
            raise TransportError("the status of an attestation cannot be told now", code=code)
        self._checker.policy.require(result)

    def _refreshed(self, status: CredentialStatus, at: datetime) -> Failures:
        """Fetch the list if it is not fresh; of many who need it at once, one does, and the others wait a little."""
        found = status.reference()
        if found is None:
            return NO_FAILURES
        key, _ = found
        with self._writing:
            fetching = self._fetching.setdefault(key, threading.Lock())
        if not fetching.acquire(timeout=PATIENCE.total_seconds()):
            return {key: "STATUS_UNKNOWN"}
        try:
            with self._writing:
                failed = self._failed.get((key, status.issuer))
            if failed is not None and abs(at - failed[0]) < RETRY_AFTER:
                return failed[1]
            return self._fetched(key, status, at)
        finally:
            fetching.release()

    def _fetched(self, key: ListKey, status: CredentialStatus, at: datetime) -> Failures:
        asked: list[HttpRequest] = []

        def http(request: HttpRequest) -> HttpResponse:
            asked.append(request)
            return self._http(request)

        failures = run(self._checker.refreshing([status], at=at), http)
        # One that came and says nothing of this, such as that of another provider, would be asked for each time anew.
        is_in_vain = bool(asked) and self._checker.check(status, at=at).state is StatusState.UNKNOWN
        with self._writing:
            self._failed.pop((key, status.issuer), None)
            if failures or is_in_vain:
                self._failed[key, status.issuer] = (at, failures)
                while len(self._failed) > MAX_FAILURES:
                    self._failed.popitem(last=False)
        return failures
