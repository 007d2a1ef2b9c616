# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Looking up the status of credentials: whole lists, fetched when needed.

Of a Token Status List (sections 8 and 9) a credential has one status, of a Bitstring Status List (section 3.2) one for
each of its entries; both are kept, fetched and judged alike.

What goes over the network is the address of a list and nothing else: no index, no credential, no cookie.  A list that
cannot be had is a result, not an exception; only a store that fails is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple, cast

from vcwallet.errors import LimitExceededError, MalformedError, StoreError, TransportError, VcError
from vcwallet.flow import MAX_REDIRECTS, Flow, HttpRequest, HttpResponse
from vcwallet.jose.jwt import SKEW
from vcwallet.keys.policy import TrustPolicy
from vcwallet.status.aggregation import fetch_aggregation
from vcwallet.status.bitstring_status_list import (
    BitstringForm,
    BitstringStatusListEntry,
    Purpose,
    SignedBitstringList,
)
from vcwallet.status.held_lists import HeldLists, ListKey, OpenList
from vcwallet.status.outcome import Origin, StatusPolicy, StatusResult, StatusState
from vcwallet.status.token_status_list import (
    MAX_TOKEN_BYTES,
    MECHANISM,
    MediaType,
    SignedStatusList,
    StatusReference,
)
from vcwallet.storage import RecordStore

_STATES: Final = {0: StatusState.VALID, 1: StatusState.REVOKED, 2: StatusState.SUSPENDED}
# What a bit that is set means; "refresh" and "message" do not touch the validity of a credential.
_STATES_OF_PURPOSES: Final[Mapping[str, StatusState]] = {
    Purpose.REVOCATION: StatusState.REVOKED,
    Purpose.SUSPENSION: StatusState.SUSPENDED,
    Purpose.REFRESH: StatusState.VALID,
    Purpose.MESSAGE: StatusState.VALID,
}
BITSTRING_MECHANISM: Final = "bitstring_status_list"
_OF_MDOCS: Final = frozenset({"mso_mdoc"})

Failures = Mapping[ListKey, str]
"""Why lists could not be fetched: an error code for each."""
MAX_PREFETCHED: Final = 1000
"""How many of the lists that are listed at one address are fetched."""
NO_FAILURES: Final[Failures] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialStatus:
    """What a verified credential says about its status.

    Attributes:
        claim: its ``status``, if it has one.
        issuer: the identifier of the party that issued it.
        format: its format; an mdoc has its list as CWT, all others as JWT.
    """

    claim: Mapping[str, Any] | None = field(repr=False)
    issuer: str
    format: str

    def reference(self) -> tuple[ListKey, int] | None:
        """Return the list and the index; None where there is no status, or one of another mechanism.

        Raises:
            MalformedError: the reference is not as the standard has it.
        """
        found = None if self.claim is None else StatusReference.from_claim(self.claim)
        if found is None:
            return None
        return ListKey(uri=found.uri, media_type=media_type_of(self.format)), found.index


def media_type_of(format: str) -> MediaType:
    """Return the form of status lists that a credential format goes with: CWT for mdocs, JWT for all others."""
    return MediaType.CWT if format in _OF_MDOCS else MediaType.JWT


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefetched:
    """What came of fetching all lists of some publishers.

    Attributes:
        fetched: the lists that are held now.
        failed: an error code for each address, of a list or of where lists are listed, that did not give all that it
            should: nothing, more than is fetched, or a list in one form only because the other failed.
    """

    fetched: tuple[ListKey, ...]
    failed: Mapping[str, str]


class _Failure(NamedTuple):
    """Why a list could not be had, and whether this form of it is offered at all, as far as is known."""

    code: str
    is_offered: bool


class StatusChecker:
    """Looks up statuses for one role, under its policy."""

    def __init__(self, *, store: RecordStore, trust: TrustPolicy, policy: StatusPolicy, secret: bytes = b"") -> None:
        """Use a store.

        Args:
            store: keeps the lists.
            trust: says who signs status lists, and for whom.
            policy: what is accepted; here it says how long a list is relied on.
            secret: see `HeldLists`.
        """
        self._trust = trust
        self.policy = policy
        self.lists: HeldLists = HeldLists(store, trust=trust, secret=secret)

    def refreshing(self, credentials: Iterable[CredentialStatus], *, at: datetime) -> Flow[Failures]:
        """Fetch the lists of `credentials` that are not held or not fresh, each once; return why some did not come.

        Raises:
            MalformedError: the reference of a credential is not as the standard has it; nothing was fetched.
            StoreError: the store failed.
        """
        references = [(credential.reference(), credential.issuer) for credential in credentials]
        return (yield from self._refreshing(((found[0], issuer) for found, issuer in references if found), at))

    def refreshing_entries(
        self, entries: Iterable[BitstringStatusListEntry], *, issuer: str, at: datetime
    ) -> Flow[Failures]:
        """Fetch the lists of the bitstring entries of a credential as `refreshing` does.

        Raises:
            StoreError: the store failed.
        """
        return (yield from self._refreshing(((_key_of(entry), issuer) for entry in entries), at))

    def check(self, credential: CredentialStatus, *, at: datetime, failures: Failures = NO_FAILURES) -> StatusResult:
        """Return the status of a credential, as far as the lists that are held can tell.

        Args:
            credential: what it says about its status.
            at: the time.
            failures: why lists could not be fetched, to be told.

        Raises:
            MalformedError: its reference is not as the standard has it.
            StoreError: the store failed.
        """
        if credential.claim is None:
            return StatusResult(state=StatusState.NOT_APPLICABLE, checked_at=at)
        found = credential.reference()
        if found is None:
            return StatusResult(state=StatusState.UNKNOWN, checked_at=at, reason="STATUS_MECHANISM_UNSUPPORTED")
        key, index = found
        unknown = StatusResult(
            state=StatusState.UNKNOWN,
            checked_at=at,
            mechanism=MECHANISM,
            uri=key.uri,
            index=index,
            reason=failures.get(key),
        )

        def read(held: OpenList) -> StatusResult:
            signed = cast(SignedStatusList, held.signed)  # as the form of the key has it
            value = signed.token.statuses[index]
            return replace(unknown, state=_STATES.get(value, StatusState.OTHER), value=value)

        return self._told(key, credential.issuer, unknown, read)

    def check_entries(
        self,
        entries: Sequence[BitstringStatusListEntry],
        *,
        issuer: str,
        at: datetime,
        failures: Failures = NO_FAILURES,
    ) -> tuple[StatusResult, ...]:
        """Return the status that each entry of a credential refers to, as far as the lists that are held can tell.

        The credential is relied on if the policy accepts each of them; one without entries has one result, too.

        Args:
            entries: of the credential, which has been verified.
            issuer: the identifier of the party that issued it.
            at: the time.
            failures: why lists could not be fetched, to be told.

        Raises:
            StoreError: the store failed.
        """
        if not entries:
            return (StatusResult(state=StatusState.NOT_APPLICABLE, checked_at=at),)
        return tuple(self._check_entry(entry, issuer, at, failures) for entry in entries)

    def _check_entry(
        self, entry: BitstringStatusListEntry, issuer: str, at: datetime, failures: Failures
    ) -> StatusResult:
        key = _key_of(entry)
        unknown = StatusResult(
            state=StatusState.UNKNOWN,
            checked_at=at,
            mechanism=BITSTRING_MECHANISM,
            uri=key.uri,
            index=entry.index,
            reason=failures.get(key),
            purpose=entry.purpose,
        )

        def read(held: OpenList) -> StatusResult:
            signed = cast(SignedBitstringList, held.signed)  # as the form of the key has it
            status = signed.status_of(entry, issuer=issuer, trust=self._trust, at=at)
            is_set = _STATES_OF_PURPOSES.get(entry.purpose, StatusState.OTHER)
            state = is_set if status.value else StatusState.VALID
            return replace(unknown, state=state, value=status.value, message=status.message)

        return self._told(key, issuer, unknown, read)

    def _told(
        self, key: ListKey, issuer: str, unknown: StatusResult, read: Callable[[OpenList], StatusResult]
    ) -> StatusResult:
        """Return what `read` finds in the list, or why nothing can be told."""
        try:
            held = self.lists.find(key, issuer=issuer, at=unknown.checked_at)
            if held is None:
                return replace(unknown, reason=unknown.reason or "STATUS_NOT_HELD")
            return _judged(read(held), held, self.policy)
        except StoreError:
            raise
        except VcError as error:
            has_ended = error.code == "STATUS_LIST_EXPIRED"
            return replace(unknown, state=StatusState.STALE if has_ended else StatusState.UNKNOWN, reason=error.code)

    def fetching(self, key: ListKey, *, at: datetime) -> Flow[OpenList]:
        """Fetch a list, check it and keep it.

        Raises:
            TransportError: nothing came back.
            StatusError: an older list than one already seen (``STATUS_ROLLBACK``).
            VcError: what came back is no such list, or not to be relied on.
            StoreError: the store failed.
        """
        token = yield from fetch_token(key)
        return self.lists.keep(key, token, fetched_at=at, origin=Origin.NETWORK, at=at)

    def prefetching(
        self, aggregations: Iterable[str], *, media_types: Iterable[MediaType], at: datetime
    ) -> Flow[Prefetched]:
        """Fetch every list that is listed at some addresses (section 9); one that fails does not stop the others.

        Raises:
            StoreError: the store failed.
        """
        forms = tuple(media_types)
        fetched: list[ListKey] = []
        failed: dict[str, str] = {}
        uris: dict[str, None] = {}
        for address in dict.fromkeys(aggregations):
            try:
                listed = yield from fetch_aggregation(address)
                uris |= dict.fromkeys(listed[:MAX_PREFETCHED])
                if len(listed) > MAX_PREFETCHED:
                    failed[address] = LimitExceededError.default_code
            except (VcError, OSError) as error:
                failed[address] = _code(error)
        failures: dict[ListKey, _Failure] = {}
        for key in [ListKey(uri=uri, media_type=form) for uri in uris for form in forms]:
            failure = yield from self._trying(key, at)
            if failure is None:
                fetched.append(key)
            else:
                failures[key] = failure
        held = self.lists.still_held(fetched)
        failed |= {key.uri: "STATUS_NOT_HELD" for key in fetched if key not in held}
        one_form = {key.uri for key in fetched}
        for key, failure in failures.items():
            # A publisher may offer one form only; that the other came says nothing of a failure of another kind.
            if failure.is_offered or key.uri not in one_form:
                failed[key.uri] = failure.code
        return Prefetched(fetched=tuple(key for key in fetched if key in held), failed=failed)

    def _refreshing(self, lists: Iterable[tuple[ListKey, str]], at: datetime) -> Flow[Failures]:
        failures: dict[ListKey, str] = {}
        for key, issuer in dict.fromkeys(lists):
            if not self._is_fresh(key, issuer, at):
                failure = yield from self._trying(key, at)
                failures |= {} if failure is None else {key: failure.code}
        return failures

    def _trying(self, key: ListKey, at: datetime) -> Flow[_Failure | None]:
        """Fetch a list and return None, or what stood in the way."""
        response = None
        try:
            response = yield _request(key)
            self.lists.keep(key, _token_in(response, key), fetched_at=at, origin=Origin.NETWORK, at=at)
        except StoreError:
            raise
        except (VcError, OSError) as error:
            return _Failure(code=_code(error), is_offered=response is None or _is_offered(response, key))
        return None

    def _is_fresh(self, key: ListKey, issuer: str, at: datetime) -> bool:
        try:
            held = self.lists.find(key, issuer=issuer, at=at)
        except StoreError:
            raise
        except VcError:
            return False
        return held is not None and _is_fresh(held, at)


def fetch_token(key: ListKey) -> Flow[bytes]:
    """Fetch the whole list (section 8.1).

    Raises:
        TransportError: there is nothing at the address.
        MalformedError: what is there is of another media type.
        LimitExceededError: it is longer than 24 MiB.
    """
    response = yield _request(key)
    return _token_in(response, key)


def _request(key: ListKey) -> HttpRequest:
    headers = {"accept": key.media_type.value}
    return HttpRequest(
        method="GET", url=key.uri, max_bytes=MAX_TOKEN_BYTES, headers=headers, max_redirects=MAX_REDIRECTS
    )


def _token_in(response: HttpResponse, key: ListKey) -> bytes:
    if response.status != 200:
        raise TransportError("the status list is not there", clause="Token Status List, section 8.2")
    if not _is_offered(response, key):
        raise MalformedError("what is there is no status list of this form", clause="Token Status List, section 8.2")
    if len(response.body) > MAX_TOKEN_BYTES:
        raise LimitExceededError(f"a status list is longer than {MAX_TOKEN_BYTES} bytes")
    return response.body


def _is_offered(response: HttpResponse, key: ListKey) -> bool:
    """Tell whether an answer is not one that says that there is no list of this form."""
    if response.status != 200:
        return response.status not in (404, 406)
    return response.headers.get("content-type", "").partition(";")[0].strip().lower() == key.media_type


def _key_of(entry: BitstringStatusListEntry) -> ListKey:
    return ListKey(uri=entry.list_url, media_type=BitstringForm.VC_JWT)


def _judged(found: StatusResult, held: OpenList, policy: StatusPolicy) -> StatusResult:
    token, stored = held.signed.token, held.stored
    # Revoked is for good, however old the list.
    is_stale = found.state is not StatusState.REVOKED and not _is_fresh(held, found.checked_at, grace=policy.stale_for)
    return replace(
        found,
        state=StatusState.STALE if is_stale else found.state,
        issued_at=token.issued_at,
        expires=token.ends,
        fetched_at=stored.fetched_at,
        fresh_until=held.fresh_until,
        origin=stored.origin,
    )


def _is_fresh(held: OpenList, at: datetime, *, grace: timedelta = timedelta(0)) -> bool:
    # A copy from later than now says that the clock went back, so nothing says how old it is.
    return held.stored.counted_from <= at + SKEW and at - held.fresh_until < grace


def _code(error: VcError | OSError) -> str:
    return error.code if isinstance(error, VcError) else TransportError.default_code
