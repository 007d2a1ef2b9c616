# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The relying side of a trust registry: pins its root, keeps its latest lists, and decides whom to trust for what.

What is in use is replaced only by something newer of the same registry, checked as a whole.  Older lists are a
rollback, other ones of the same number an equivocation, lists past their end a freeze, lists of different moments a
mixture: each is refused, and the last good ones stay in use until they end.  A clock that goes back does not make them
good again.  What was accepted is in the store before it is used, so a restart cannot bring anything older back.

The rules are those of the client of The Update Framework, told for lists of trusted parties; see
specs/decisions/014-lists-per-role-and-rotation.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cryptography import x509

from vcwallet.encoding import json
from vcwallet.encoding.wire import WireModel, read
from vcwallet.errors import (
    LocalProtocolError,
    StoreCorruptError,
    StoreError,
    TrustedListError,
    UntrustedError,
    ValidityError,
    VcError,
    VerificationError,
    quoted,
)
from vcwallet.flow import Flow
from vcwallet.jose.jwt import SKEW
from vcwallet.keys.policy import KeySource, Role, TrustedKey
from vcwallet.storage import Change, Delete, MemoryStore, Put, Record, RecordExistsError, RecordStore
from vcwallet.trust import directory
from vcwallet.trust.certificates import from_der, to_der
from vcwallet.trust.chain import MAX_KEPT_CHAINS, ChainValidator, ValidatedChain
from vcwallet.trust.document_signer import DocumentSigner
from vcwallet.trust.list_json import CLAUSE
from vcwallet.trust.master_list import Pin
from vcwallet.trust.members import Time, time_text
from vcwallet.trust.published import PublishedTrust, fetch
from vcwallet.trust.root_statement import MAX_STATEMENTS, follow_roots, follow_statements
from vcwallet.trust.snapshot import Snapshot, missing_revocation_list, read_snapshot
from vcwallet.trust.trusted_list import LISTED_AS, ListedService

SOURCE = "trusted_list"
AUTHORITY_TYPE = "etsi_tl"
"""The type of a trusted authority that is a trusted list; its value is where the list is published."""
TIME_IS_KEPT_EVERY = timedelta(hours=1)
"""How often a decision writes down what time it is; a restart forgets less than that."""

_DECIDES_ABOUT = (Role.CREDENTIAL_ISSUER, Role.VERIFIER)
_ANCHOR = "trust_anchor"
_LIST = "trusted_list"
_TIME = "trust_time"
_SEEN = "trust_revocation_list"
_LATEST = "latest"
COLLECTIONS = (_ANCHOR, _LIST, _TIME, _SEEN)
"""Where a follower keeps what it knows."""
_ATTEMPTS = 3  # a list that another process replaces while the records are read is in none of them


@dataclass(frozen=True, slots=True, kw_only=True)
class _InUse:
    """What has passed every check, and the how-manieth root it is signed below, counted by this follower."""

    root_number: int
    snapshot: Snapshot

    @property
    def id(self) -> str:
        """What its record is found by; of two, that of the newer one comes later."""
        return f"{self.root_number:06}-{self.snapshot.master.sequence:020}"


class TrustedListClient:
    """A `TrustPolicy` that follows the trusted lists of one registry.

    Safe to share between threads: what is in use changes by one assignment.
    """

    def __init__(self, store: RecordStore, in_use: _InUse, *, latest: datetime) -> None:
        """Use `start` or `resume`."""
        self._store = store
        self._in_use = in_use
        self._latest = latest
        self._kept = latest

    @classmethod
    def start(
        cls,
        published: PublishedTrust,
        *,
        store: RecordStore,
        at: datetime,
        max_kept_chains: int = MAX_KEPT_CHAINS,
    ) -> TrustedListClient:
        """Pin the root of `published`, which the caller vouches for, and take its lists.

        Args:
            published: what the registry has published.
            store: keeps the root and the latest lists.
            at: the time.
            max_kept_chains: how many validated chains are remembered, so that the next use of one costs little; as many
                document signers besides.

        Raises:
            MalformedError: the root is no certificate.
            UntrustedError: it is not that of a root.
            TrustedListError: as `update`, but that there is nothing which could be newer.
            LocalProtocolError: the store pins a root already; use `resume`.
        """
        validator = ChainValidator(from_der(published.anchor), max_kept=max_kept_chains)
        in_use = _InUse(root_number=1, snapshot=_checked(published, validator, at=at))
        _require_current(in_use.snapshot, at=at)
        try:
            store.commit(_pin(1, in_use.snapshot.root), _put(in_use), _put_time(at), *_saw(in_use, ()))
        except RecordExistsError:
            raise LocalProtocolError("this store follows a registry already; resume it") from None
        return cls(store, in_use, latest=at)

    @classmethod
    def follow(cls, published: PublishedTrust, *, store: RecordStore, at: datetime) -> TrustedListClient:
        """Start with `published`, or, where the store follows a registry already, resume and take its lists if newer.

        Raises:
            MalformedError, UntrustedError, TrustedListError: as `start` and `update`; older lists than those in the
                store, or a clock that went back, are no error here: what is in the store is used, or refuses to be.
            StoreCorruptError: what is in the store is not what was put there.
        """
        if not any(store.find(_ANCHOR)):
            return cls.start(published, store=store, at=at)
        client = cls.resume(store)
        try:
            client.update(published, at=at)
        except TrustedListError as error:
            if error.code not in _NO_NEWS:
                raise
        return client

    @classmethod
    def resume(cls, store: RecordStore) -> TrustedListClient:
        """Continue with what `start` pinned and the last lists that were accepted.

        Raises:
            LocalProtocolError: nothing was started in this store.
            StoreCorruptError: what is in the store is not what was put there.
        """
        return cls(store, _newest(store, max_kept=MAX_KEPT_CHAINS), latest=_kept_time(store))

    @classmethod
    def mend(cls, published: PublishedTrust, *, store: RecordStore, at: datetime) -> TrustedListClient:
        """Pin anew in a store whose records of trust are damaged or gone, in one commit.

        Where lists that were accepted can still be read, they stay, and nothing of `published` is taken.

        Raises:
            UntrustedError: a root that is pinned can still be read, and is another (code ``ANOTHER_REGISTRY``).
            MalformedError, TrustedListError: as `start`.
            StoreError: the store could not write.
        """
        anchors, damaged_anchors = _sorted_out(store, _ANCHOR)
        if anchors and published.anchor not in [record.body for record in anchors]:
            raise UntrustedError("the root that is pinned is that of another registry", code="ANOTHER_REGISTRY")
        fresh = MemoryStore()
        cls.start(published, store=fresh, at=at)
        lists, damaged_lists = _sorted_out(store, _LIST)
        times, damaged_times = _sorted_out(store, _TIME)
        if not times and not damaged_anchors and not damaged_lists:
            store.commit(_put_time(at))
            with suppress(StoreCorruptError, LocalProtocolError):
                return cls.resume(store)
        gone = [Delete(_ANCHOR, id) for id in (*(record.id for record in anchors), *damaged_anchors)]
        gone += [Delete(_LIST, id) for id in (*(record.id for record in lists), *damaged_lists)]
        gone += [Delete(_TIME, id) for id in damaged_times]
        # What was seen of revocation lists and can be read stays: mending is no way to bring an older one back.
        _, damaged_seen = _sorted_out(store, _SEEN)
        gone += [Delete(_SEEN, id) for id in damaged_seen]
        made = [Put(kind, record.id, record.body) for kind in COLLECTIONS for record in fresh.find(kind)]
        store.commit(*gone, *made)
        return cls.resume(store)

    def update(self, published: PublishedTrust, *, at: datetime) -> None:
        """Take what was published if it is newer; the same again changes nothing.

        A new root is taken if the statements that come along lead to it from the pinned one.

        Raises:
            TrustedListError: malformed (``REGISTRY_MALFORMED``), not signed below the pinned root
                (``REGISTRY_UNSIGNED``) or by a revoked certificate (``CERTIFICATE_REVOKED``), of different moments
                (``REGISTRY_MIXED``), past its end (``REGISTRY_STALE``), from the future (``REGISTRY_NOT_YET_VALID``),
                older than the last or another of its number (``REGISTRY_ROLLBACK``); a revocation list is missing
                (``CRL_MISSING``), past its end (``CRL_STALE``), older than the last or another of its number
                (``CRL_ROLLBACK``); or `at` is before a time that has passed (``CLOCK_WENT_BACK``).
        """
        current = self._adopt(self._stored())  # another process may have updated this store
        self._latest = max(self._latest, _kept_time(self._store))
        self._require_clock(at)
        candidate, roots = self._candidate(published, current, at=at)
        _require_not_older(candidate, current)
        _require_no_older_revocation_list(candidate, current, seen=self._seen())
        _require_current(candidate.snapshot, at=at)
        if candidate.id > current.id:
            self._replace(candidate, roots, at=at)
        self._observe(at)

    def refresh(self, url: str, *, at: datetime) -> Flow[None]:
        """Fetch what the registry publishes, and take it if it is newer.

        Raises:
            VcError: as `vcwallet.trust.published.fetch` and `update`; what is in use stays.
        """
        published = yield from fetch(url)
        self.update(published, at=at)

    def knows(self, source: KeySource) -> bool:
        """Tell whether the registry decides about an issuer or verifier: one with certificates, or one that it lists.

        A listed party that comes without its certificates is refused here, and by no other policy accepted.
        """
        services, issuer = self._in_use.snapshot.services, source.issuer
        listed = issuer is not None and any((issuer, role) in services for role in _DECIDES_ABOUT)
        return listed or bool(source.chain)

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        """Return the key of a party that the lists allow to act in `role`, for `type_id`, at `at`.

        A document signer of an mdoc is asked for by its issuer's authorisation, a reader by its verifier's.

        Raises:
            TrustedListError: a list is past its end (``REGISTRY_STALE``), as is a CA's revocation list (``CRL_STALE``)
                or it is missing (``CRL_MISSING``), or `at` is before a time that has passed (``CLOCK_WENT_BACK``).
            UntrustedError: no chain, one that does not lead to a root that counts or a listed IACA, a certificate that
                is revoked, a party that is not listed, or a claimed identifier that is not the party's.
            NotAuthorisedError: the party may not act in this role, for this type, at this time.
            ValidityError: a certificate is outside its validity.
        """
        snapshot = self._in_use.snapshot
        self._observe(at)
        self._require_clock(at)
        snapshot.require_fresh(at=at)
        signer: ValidatedChain | DocumentSigner
        if role is Role.DOCUMENT_SIGNER:
            signer = snapshot.document_signers.validate(source.chain, at=at)
            service = _document_issuer(signer, snapshot)
        else:
            signer = snapshot.chains.validate(source.chain, role=role, at=at)
            service = _certified_party(signer, snapshot)
        _require_own(signer, service, claimed=source.issuer)
        snapshot.require_not_revoked(signer.path, at=at)
        service.require_granted(signed_at=source.signed_at, at=at)
        if service.role is Role.CREDENTIAL_ISSUER:
            service.require_may_issue(type_id, signed_at=source.signed_at, at=at)
        return TrustedKey(
            key=signer.key,
            party=service.party,
            name=service.name,
            source=SOURCE,
            sequence=snapshot.master.sequence,
            details=service.details,
            country=signer.country,
            jurisdiction=signer.jurisdiction,
            not_before=signer.signer_not_before,
            not_after=signer.signer_not_after,
            acts_for=service.acts_for,
            authorities=frozenset({(AUTHORITY_TYPE, snapshot.master.locations[service.role])}),
        )

    def require_granted(self, party: str, *, role: Role, at: datetime) -> None:
        """Return if a party may act in `role` at `at`, as its list says (see `PartyPolicy.require_granted`).

        Raises:
            TrustedListError: a list is past its end (``REGISTRY_STALE``), or `at` is before a time that has passed
                (``CLOCK_WENT_BACK``).
            UntrustedError: the party is not listed for the role.
            NotAuthorisedError: it may not act at this time.
        """
        snapshot = self._in_use.snapshot
        self._observe(at)
        self._require_clock(at)
        snapshot.require_fresh(at=at)
        service = snapshot.services.get((party, role))
        if service is None:
            raise UntrustedError(f"{quoted(party)} is not listed as {role}")
        service.require_granted(signed_at=None, at=at)

    @property
    def sequence(self) -> int:
        """The number of the list of lists in use."""
        return self._in_use.snapshot.master.sequence

    @property
    def next_update(self) -> datetime:
        """When the lists in use end."""
        return self._in_use.snapshot.next_update

    @property
    def published(self) -> PublishedTrust:
        """What is in use, for handing on to another wallet or verifier."""
        return self._in_use.snapshot.published

    def parties(self, role: Role) -> tuple[ListedService, ...]:
        """Return whom the list in use states for a role, for display; it decides nothing."""
        return self.find(role=role)

    def find(
        self,
        *,
        name: str | None = None,
        code: str | None = None,
        role: Role | None = None,
        type_id: str | None = None,
        purpose: str | None = None,
    ) -> tuple[ListedService, ...]:
        """Look parties up in the lists in use (see `vcwallet.trust.directory.find`); it decides nothing."""
        services = self._in_use.snapshot.services.values()
        return directory.find(services, name=name, code=code, role=role, type_id=type_id, purpose=purpose)

    def type_metadata(self, vct: str) -> bytes:
        """Return the metadata document of a credential type, whose integrity the list of lists vouches for.

        Raises:
            UntrustedError: the registry knows no such type.
        """
        try:
            return self.published.type_metadata[vct]
        except KeyError:
            raise UntrustedError(f"the registry has no credential type {quoted(vct)}") from None

    # --- what is in use ----------------------------------------------------------------------------------------------

    def _stored(self) -> _InUse:
        return _newest(self._store, max_kept=self._in_use.snapshot.chains.max_kept, accepted=self._in_use)

    def _adopt(self, other: _InUse) -> _InUse:
        if other.id > self._in_use.id:
            self._in_use = other
        return self._in_use

    def _candidate(
        self, published: PublishedTrust, current: _InUse, *, at: datetime
    ) -> tuple[_InUse, tuple[x509.Certificate, ...]]:
        """Return what was published, checked by itself, and the roots that lead from the pinned one to its root."""
        try:
            steps = _successors(current.snapshot.root, published, at=at)
            roots = tuple(root for _, root in steps)
            present = (current.snapshot.root, *roots)[-1]
            if published.anchor != to_der(present):  # whoever is handed on what is in use starts with this root
                message = "the root that was published is not the one that the pinned root leads to"
                raise TrustedListError(message, code="REGISTRY_UNSIGNED")
            kept = _kept_statements(published, current, [text for text, _ in steps])
            validator = ChainValidator(present, max_kept=current.snapshot.chains.max_kept)
            snapshot = _checked(replace(published, root_statements=kept), validator, at=at, accepted=current.snapshot)
        except TrustedListError as error:
            if error.code == "REGISTRY_UNSIGNED" and self._is_former(published.anchor, at=at):
                raise _rollback("lists below a root that has been succeeded") from None
            raise
        return _InUse(root_number=current.root_number + len(roots), snapshot=snapshot), roots

    def _is_former(self, anchor: bytes, *, at: datetime) -> bool:
        """Tell whether a root was pinned once, or leads to the present one by the statements in use."""
        present = self._in_use.snapshot.root
        if anchor == to_der(present):
            return False
        if any(record.body == anchor for record in self._store.find(_ANCHOR)):
            return True
        try:
            return present in follow_roots(from_der(anchor), self.published.root_statements, at=at)
        except VcError:
            return False

    def _seen(self) -> list[tuple[bytes, Pin]]:
        """Return the latest revocation list of each CA that was ever in use."""
        return [_seen_pin(record) for record in self._store.find(_SEEN)]

    def _replace(self, candidate: _InUse, roots: tuple[x509.Certificate, ...], *, at: datetime) -> None:
        # Records of their own for each number, never overwritten, and none deleted but older ones: whoever loses a race
        # cannot put back older lists.
        seen, first = max(self._latest, at), candidate.root_number - len(roots) + 1
        changes: list[Change] = [_pin(number, root) for number, root in enumerate(roots, first)]
        changes += [Delete(_LIST, record.id) for record in self._store.find(_LIST) if record.id < candidate.id]
        try:
            self._store.commit(_put(candidate), _put_time(seen), *_saw(candidate, self._store.find(_SEEN)), *changes)
        except RecordExistsError:
            _require_not_older(candidate, self._adopt(self._stored()))
            return
        self._kept = seen
        self._adopt(candidate)

    # --- the clock ---------------------------------------------------------------------------------------------------

    def _require_clock(self, at: datetime) -> None:
        """Check that no time has passed that is later than `at`: what has ended once stays ended."""
        passed = max(self._in_use.snapshot.master.issued, self._latest)
        if at < passed - SKEW:
            raise TrustedListError("the clock is behind a time that has passed", code="CLOCK_WENT_BACK", clause=CLAUSE)

    def _observe(self, at: datetime) -> None:
        """Remember what time it is, and write it down now and then.

        Beyond the end of the lists a time says nothing more: a clock that runs years ahead for a moment must not lock
        everybody out for as long.
        """
        self._latest = max(self._latest, min(at, self.next_update))
        if self._latest < self._kept + TIME_IS_KEPT_EVERY:
            return
        try:
            self._latest = max(self._latest, _kept_time(self._store))  # another process may have seen more
            self._store.commit(_put_time(self._latest))
        except StoreError:
            pass  # it is remembered until the restart; a full disk must not stop those who only verify
        self._kept = self._latest


_NO_NEWS = frozenset({"REGISTRY_ROLLBACK", "REGISTRY_STALE", "CRL_STALE", "CLOCK_WENT_BACK"})


# --- checks ----------------------------------------------------------------------------------------------------------


def _successors(
    pinned: x509.Certificate, published: PublishedTrust, *, at: datetime
) -> tuple[tuple[str, x509.Certificate], ...]:
    try:
        return follow_statements(pinned, published.root_statements, at=at)
    except VcError as error:
        raise _refusal(error) from None


def _kept_statements(published: PublishedTrust, current: _InUse, new: list[str]) -> tuple[str, ...]:
    """Return the statements to hand on: those published, unless one in use is missing; then these and the new ones.

    Others follow the roots by them, so nobody who stands between may take one away.
    """
    held = current.snapshot.published.root_statements
    if set(held) <= set(published.root_statements) or len(held) + len(new) > MAX_STATEMENTS:
        return published.root_statements
    return (*held, *new)


def _checked(
    published: PublishedTrust, validator: ChainValidator, *, at: datetime, accepted: Snapshot | None = None
) -> Snapshot:
    try:
        return read_snapshot(published, validator=validator, at=at, accepted=accepted)
    except TrustedListError:
        raise
    except VcError as error:
        raise _refusal(error) from None


def _refusal(error: VcError) -> TrustedListError:
    if not isinstance(error, VerificationError):
        return TrustedListError(f"not a trusted list: {error.args[0]}", code="REGISTRY_MALFORMED")
    code = "REGISTRY_UNSIGNED"
    if isinstance(error, ValidityError):
        code = "REGISTRY_NOT_YET_VALID" if error.code == "NOT_YET_VALID" else "REGISTRY_STALE"
    return TrustedListError(f"the trusted list is not to be relied on: {error.args[0]}", code=code)


def _require_not_older(candidate: _InUse, current: _InUse) -> None:
    """Check that nothing in `candidate` is older than what is in use, or another document of the same number.

    A new root starts the numbers of its lists anew: whoever had stolen the key of an operator may have used up the old
    ones.
    """
    new, old = candidate.snapshot.master, current.snapshot.master
    if candidate.root_number == current.root_number:
        same = candidate.snapshot.published.master == current.snapshot.published.master
        if not same and new.sequence <= old.sequence:
            raise _rollback("trusted lists older than those already seen")
        if any(_is_older(new.lists[role], pin) for role, pin in old.lists.items()):
            raise _rollback("a trusted list older than one already seen")


def _require_no_older_revocation_list(candidate: _InUse, current: _InUse, *, seen: Iterable[tuple[bytes, Pin]]) -> None:
    """Check that no revocation list is older than the last one of its CA that was in use, however long ago that is.

    The numbers are each CA's own, and only grow: whoever has the key of the list operator alone could leave a CA out of
    one issue, and name it with an older list in the next.
    """
    new = candidate.snapshot.master.revocation_lists
    for key_id, pin in (*current.snapshot.master.revocation_lists.items(), *seen):
        found = new.get(key_id)
        if found is not None and _is_older(found, pin):
            raise TrustedListError(
                "a revocation list older than one already seen", code="CRL_ROLLBACK", clause="RFC 5280, section 5.2.3"
            )
        if found is None and key_id in candidate.snapshot.silent_authorities:
            raise missing_revocation_list()


def _is_older(new: Pin, old: Pin) -> bool:
    return new.number < old.number or (new.number == old.number and new.sha256 != old.sha256)


def _rollback(message: str) -> TrustedListError:
    return TrustedListError(message, code="REGISTRY_ROLLBACK", clause=CLAUSE)


def _require_current(snapshot: Snapshot, *, at: datetime) -> None:
    if snapshot.master.issued > at + SKEW:
        raise TrustedListError("the trusted list is from the future", code="REGISTRY_NOT_YET_VALID", clause=CLAUSE)
    snapshot.require_fresh(at=at)
    snapshot.require_operators(at=at)


def _certified_party(chain: ValidatedChain, snapshot: Snapshot) -> ListedService:
    """Return what the list states of the party that a certificate names, by the CA that has made the certificate."""
    service = snapshot.services.get((chain.party, LISTED_AS.get(chain.role, chain.role)))
    if service is None:
        raise UntrustedError(f"{quoted(chain.party)} is not listed as {chain.role}")
    if chain.authority_key_id not in (service.authority_key_id, *service.other_authority_key_ids):
        raise UntrustedError(f"{quoted(chain.party)} is certified by another CA than the listed one")
    return service


def _document_issuer(signer: DocumentSigner, snapshot: Snapshot) -> ListedService:
    """Return what the list states of the issuer whose document signer this is: the one named, or the IACA's only one.

    A name counts under the IACA of the named issuer alone: another's could certify any name.
    """
    if signer.party is None:
        service = snapshot.sole_issuers.get(signer.authority_key_id)
    else:
        service = snapshot.services.get((signer.party, Role.CREDENTIAL_ISSUER))
    if service is None or signer.authority_key_id not in service.document_authority_key_ids:
        raise UntrustedError("a document signer is of no issuer that is listed under its IACA")
    return service


def _require_own(signer: ValidatedChain | DocumentSigner, service: ListedService, *, claimed: str | None) -> None:
    """Check that the key is still one of the listed party's, and the claimed identifier its own."""
    if signer.key_fingerprint in service.revoked:
        raise UntrustedError(f"a key of {quoted(service.party)} has been revoked", code="KEY_REVOKED")
    if claimed is not None and claimed != service.party:
        raise UntrustedError(f"the message claims to be by {quoted(claimed)}, but {quoted(service.party)} signed it")


# --- what is kept ----------------------------------------------------------------------------------------------------


def _pin(number: int, root: x509.Certificate) -> Put:
    return Put(_ANCHOR, f"{number:06}", to_der(root), new=True)


def _put(in_use: _InUse) -> Put:
    body = in_use.snapshot.published.to_json()
    try:
        PublishedTrust.from_json(body)
    except VcError as error:  # too long, for example: a restart could not read it
        raise _refusal(error) from None
    return Put(_LIST, in_use.id, body, new=True)


def _saw(in_use: _InUse, seen: Iterable[Record]) -> list[Change]:
    """Return the changes that remember the revocation lists in use, in place of older ones of the same CAs."""
    # As with the lists, whoever loses a race deletes nothing newer than what he has seen.
    pins = in_use.snapshot.master.revocation_lists
    latest = [_seen_id(key_id, pin) for key_id, pin in pins.items()]
    known, older = set[str](), list[Change]()
    for record in seen:
        known.add(record.id)
        key_id, pin = _seen_pin(record)
        if key_id in pins and pin.number < pins[key_id].number:
            older.append(Delete(_SEEN, record.id))
    return [*(Put(_SEEN, id, b"") for id in latest if id not in known), *older]


def _seen_id(key_id: bytes, pin: Pin) -> str:
    return f"{key_id.hex()}-{pin.number}-{pin.sha256.hex()}"


def _seen_pin(record: Record) -> tuple[bytes, Pin]:
    try:
        key_id, number, sha256 = record.id.split("-")
        return bytes.fromhex(key_id), Pin(number=int(number), sha256=bytes.fromhex(sha256))
    except ValueError:
        raise StoreCorruptError("a revocation list that was seen is not what was written") from None


def _put_time(at: datetime) -> Put:
    return Put(_TIME, _LATEST, json.dumps({"latest": time_text(at)}))


def _newest(store: RecordStore, *, max_kept: int, accepted: _InUse | None = None) -> _InUse:
    last_pin = max((record.id for record in store.find(_ANCHOR)), default=None)
    if last_pin is None:
        raise LocalProtocolError("this store follows no registry yet; start one")
    newest = _newest_record(store)
    number, _, _ = newest.id.partition("-")
    root = store.get(_ANCHOR, number)
    if root is None or number < last_pin:  # it may be greater: another process has just taken a new root
        raise StoreCorruptError("the trusted list in the store is not below the root that is pinned")
    if accepted is not None and accepted.id == newest.id:
        return accepted
    try:
        snapshot = read_snapshot(
            PublishedTrust.from_json(newest.body),
            validator=ChainValidator(from_der(root), max_kept=max_kept),
            at=None,
            accepted=accepted.snapshot if accepted is not None else None,
        )
        return _InUse(root_number=int(number), snapshot=snapshot)
    except (VcError, ValueError):  # ValueError: the record's identifier is no number
        raise StoreCorruptError("the trusted list in the store is not the one that was accepted") from None


def _newest_record(store: RecordStore) -> Record:
    for _ in range(_ATTEMPTS):
        newest: Record | None = max(store.find(_LIST), key=lambda record: record.id, default=None)
        if newest is not None:
            return newest
    raise StoreCorruptError("the trusted list is gone from the store")


def _sorted_out(store: RecordStore, kind: str) -> tuple[list[Record], list[str]]:
    """Return the records that can be read, and the identifiers of those that are damaged."""
    whole, damaged, found = list[Record](), list[str](), store.find(kind)
    while True:
        try:
            whole.append(next(found))
        except StopIteration:
            return whole, damaged
        except StoreCorruptError as error:
            damaged.append(getattr(error, "id", ""))


def _kept_time(store: RecordStore) -> datetime:
    body = store.get(_TIME, _LATEST)
    try:
        return read(_Time, body or b"").latest
    except VcError:
        raise StoreCorruptError("the time in the store is not the one that was written") from None


class _Time(WireModel):
    latest: Time
