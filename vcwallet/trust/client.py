# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The relying side of a trust registry: pins its root, keeps its latest list, and decides whom to trust for what.

A list is replaced only by a newer one of the same registry.  An older one is a rollback, a different one of the same
number an equivocation, one past its end a freeze: each is refused, and the last good list stays in use until it ends.
What was accepted is in the store before it is used, so a restart cannot bring an older list back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from vcwallet.encoding import sri
from vcwallet.errors import (
    LocalProtocolError,
    MalformedError,
    StoreCorruptError,
    TrustedListError,
    UntrustedError,
    ValidityError,
    VcError,
    VerificationError,
    quoted,
)
from vcwallet.jose.jwt import SKEW
from vcwallet.keys.policy import KeySource, Role, TrustedKey
from vcwallet.storage import Delete, Put, Record, RecordExistsError, RecordStore
from vcwallet.trust.certificates import from_der
from vcwallet.trust.chain import MAX_KEPT_CHAINS, ChainValidator, ValidatedChain
from vcwallet.trust.document_signer import DocumentSigner, DocumentSignerValidator
from vcwallet.trust.list_json import CLAUSE, read_list
from vcwallet.trust.published import PublishedTrust
from vcwallet.trust.trusted_list import LISTED_AS, ListedService, TrustedList

SOURCE = "trusted_list"
_ANCHOR = "trust_anchor"
_LIST = "trusted_list"
_THE_ANCHOR = "root"
COLLECTIONS = (_ANCHOR, _LIST)
"""Where a follower keeps what it knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Accepted:
    """A list that has passed every check, ready to be asked."""

    published: PublishedTrust
    content: TrustedList
    services: Mapping[tuple[str, Role], ListedService]
    document_signers: DocumentSignerValidator
    sole_issuers: Mapping[bytes, ListedService]  # of the IACAs under which one issuer stands, by key identifier


class TrustedListClient:
    """A `TrustPolicy` that follows the trusted list of one registry.

    Safe to share between threads: what is in use changes by one assignment.
    """

    def __init__(self, store: RecordStore, validator: ChainValidator, accepted: _Accepted) -> None:
        """Use `start` or `resume`."""
        self._store = store
        self._validator = validator
        self._accepted = accepted

    @classmethod
    def start(
        cls,
        published: PublishedTrust,
        *,
        store: RecordStore,
        at: datetime,
        max_kept_chains: int = MAX_KEPT_CHAINS,
    ) -> TrustedListClient:
        """Pin the root of `published`, which the caller vouches for, and take its list.

        Args:
            published: what the registry has published.
            store: keeps the root and the latest list.
            at: the time.
            max_kept_chains: how many validated chains are remembered, so that the next use of one costs little; as many
                document signers besides.

        Raises:
            MalformedError: the root is no certificate.
            UntrustedError: it is not that of a root.
            TrustedListError: the list is malformed, not signed below this root, or past its end.
            LocalProtocolError: the store pins a root already; use `resume`.
        """
        validator = ChainValidator(from_der(published.anchor), max_kept=max_kept_chains)
        accepted = _verify(published, validator=validator, at=at)
        _require_fresh(accepted.content, at=at)
        try:
            store.commit(Put(_ANCHOR, _THE_ANCHOR, published.anchor, new=True), _put(accepted))
        except RecordExistsError:
            raise LocalProtocolError("this store follows a registry already; resume it") from None
        return cls(store, validator, accepted)

    @classmethod
    def follow(cls, published: PublishedTrust, *, store: RecordStore, at: datetime) -> TrustedListClient:
        """Start with `published`, or, where the store follows a registry already, resume and take its list if newer.

        Raises:
            MalformedError, UntrustedError, TrustedListError: as `start` and `update`; an older list than the one in
                the store is no error here, the newer one is used.
            StoreCorruptError: what is in the store is not what was put there.
        """
        if store.get(_ANCHOR, _THE_ANCHOR) is None:
            return cls.start(published, store=store, at=at)
        client = cls.resume(store)
        try:
            client.update(published, at=at)
        except TrustedListError as error:
            if error.code not in ("REGISTRY_ROLLBACK", "REGISTRY_STALE"):
                raise
        return client

    @classmethod
    def resume(cls, store: RecordStore) -> TrustedListClient:
        """Continue with what `start` pinned and the last list that was accepted.

        Raises:
            LocalProtocolError: nothing was started in this store.
            StoreCorruptError: what is in the store is not what was put there.
        """
        anchor = store.get(_ANCHOR, _THE_ANCHOR)
        if anchor is None:
            raise LocalProtocolError("this store follows no registry yet; start one")
        validator = ChainValidator(from_der(anchor))
        return cls(store, validator, _latest(store, validator))

    def update(self, published: PublishedTrust, *, at: datetime) -> None:
        """Take the list of `published` if it is newer; the same one again changes nothing.

        Raises:
            TrustedListError: malformed (``REGISTRY_MALFORMED``), not signed below the pinned root, or with type
                metadata that the list does not pin (``REGISTRY_UNSIGNED``), past its end (``REGISTRY_STALE``), from
                the future (``REGISTRY_NOT_YET_VALID``), older than the last or another of its number
                (``REGISTRY_ROLLBACK``).
        """
        candidate = _verify(published, validator=self._validator, at=at)
        current = self._adopt(_latest(self._store, self._validator))  # another process may have updated this store
        _require_no_rollback(candidate, current)
        _require_fresh(candidate.content, at=at)
        if candidate.content.sequence > current.content.sequence:
            self._replace(current, candidate)

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        """Return the key of a party that the list allows to act in `role`, for `type_id`, at `at`.

        A document signer of an mdoc is asked for by its issuer's authorisation, a reader by its verifier's.

        Raises:
            TrustedListError: the list is past its end (``REGISTRY_STALE``).
            UntrustedError: no chain, one that does not lead to the pinned root or a listed IACA, a party that is not
                listed, or a claimed identifier that is not the party's.
            NotAuthorisedError: the party may not act in this role, for this type, at this time.
            ValidityError: a certificate is outside its validity.
        """
        accepted = self._accepted
        _require_fresh(accepted.content, at=at)
        signer: ValidatedChain | DocumentSigner
        if role is Role.DOCUMENT_SIGNER:
            signer = accepted.document_signers.validate(source.chain, at=at)
            service = _document_issuer(signer, accepted)
        else:
            signer = self._validator.validate(source.chain, role=role, at=at)
            service = _certified_party(signer, accepted)
        _require_own(signer, service, claimed=source.issuer)
        service.require_granted(signed_at=source.signed_at, at=at)
        if service.role is Role.CREDENTIAL_ISSUER:
            service.require_may_issue(type_id, signed_at=source.signed_at, at=at)
        return TrustedKey(
            key=signer.key,
            party=service.party,
            name=service.name,
            source=SOURCE,
            sequence=accepted.content.sequence,
            details=service.details,
            country=signer.country,
            jurisdiction=signer.jurisdiction,
            not_before=signer.signer_not_before,
            not_after=signer.signer_not_after,
            acts_for=service.acts_for,
        )

    @property
    def sequence(self) -> int:
        """The number of the list in use."""
        return self._accepted.content.sequence

    @property
    def next_update(self) -> datetime:
        """When the list in use ends."""
        return self._accepted.content.next_update

    @property
    def published(self) -> PublishedTrust:
        """What is in use, for handing on to another wallet or verifier."""
        return self._accepted.published

    def parties(self, role: Role) -> tuple[ListedService, ...]:
        """Return whom the list in use states for a role, for display; it decides nothing."""
        return tuple(service for service in self._accepted.content.services if service.role is role)

    def type_metadata(self, vct: str) -> bytes:
        """Return the metadata document of a credential type, whose integrity the list vouches for.

        Raises:
            UntrustedError: the registry knows no such type.
        """
        try:
            return self._accepted.published.type_metadata[vct]
        except KeyError:
            raise UntrustedError(f"the registry has no credential type {quoted(vct)}") from None

    def _adopt(self, accepted: _Accepted) -> _Accepted:
        if accepted.content.sequence > self._accepted.content.sequence:
            self._accepted = accepted
        return self._accepted

    def _replace(self, current: _Accepted, candidate: _Accepted) -> None:
        # A record of its own for each number, never overwritten: whoever loses a race cannot put back an older list.
        try:
            self._store.commit(_put(candidate), Delete(_LIST, _record_id(current)))
        except RecordExistsError:
            _require_no_rollback(candidate, self._adopt(_latest(self._store, self._validator)))
            return
        self._adopt(candidate)


def _verify(published: PublishedTrust, *, validator: ChainValidator, at: datetime) -> _Accepted:
    try:
        candidate = _read(published, validator=validator, at=at)
    except TrustedListError:
        raise
    except VerificationError as error:
        code = "REGISTRY_STALE" if isinstance(error, ValidityError) else "REGISTRY_UNSIGNED"
        raise TrustedListError(f"the trusted list is not to be relied on: {error.args[0]}", code=code) from None
    except VcError as error:
        raise TrustedListError(f"not a trusted list: {error.args[0]}", code="REGISTRY_MALFORMED") from None
    if candidate.content.issued > at + SKEW:
        raise TrustedListError("the trusted list is from the future", code="REGISTRY_NOT_YET_VALID", clause=CLAUSE)
    return candidate


def _require_no_rollback(candidate: _Accepted, current: _Accepted) -> None:
    newer = candidate.content.sequence > current.content.sequence
    if not newer and candidate.published.trusted_list != current.published.trusted_list:
        raise TrustedListError("a trusted list older than one already seen", code="REGISTRY_ROLLBACK", clause=CLAUSE)


def _read(published: PublishedTrust, *, validator: ChainValidator, at: datetime | None) -> _Accepted:
    content = read_list(published.trusted_list, validator=validator, at=at).content
    for vct, integrity in content.type_integrity.items():
        if vct not in published.type_metadata:
            raise MalformedError(f"the metadata of type {quoted(vct)} is missing")
        sri.require_match(integrity, published.type_metadata[vct])
    if content.type_integrity.keys() != published.type_metadata.keys():
        raise TrustedListError("type metadata that the trusted list does not pin")
    return _Accepted(
        published=published,
        content=content,
        services={(service.party, service.role): service for service in content.services},
        document_signers=_document_signers(content, max_kept=validator.max_kept),
        sole_issuers=_sole_issuers(content.services),
    )


def _document_signers(content: TrustedList, *, max_kept: int) -> DocumentSignerValidator:
    try:
        return DocumentSignerValidator(content.document_authorities, max_kept=max_kept)
    except VerificationError as error:
        # The list is signed and fresh; what it contains is not what it should be.
        raise MalformedError(f"a listed IACA is none: {error.args[0]}", clause=error.clause) from None


def _sole_issuers(services: Iterable[ListedService]) -> Mapping[bytes, ListedService]:
    issuers = [(key_id, service) for service in services for key_id in service.document_authority_key_ids]
    numbers = Counter(key_id for key_id, _ in issuers)
    return {key_id: service for key_id, service in issuers if numbers[key_id] == 1}


def _require_fresh(content: TrustedList, *, at: datetime) -> None:
    if at >= content.next_update:
        raise TrustedListError("the trusted list is past its next update", code="REGISTRY_STALE", clause=CLAUSE)


def _certified_party(chain: ValidatedChain, accepted: _Accepted) -> ListedService:
    """Return what the list states of the party that a certificate names, by the CA that has made the certificate."""
    service = accepted.services.get((chain.party, LISTED_AS.get(chain.role, chain.role)))
    if service is None:
        raise UntrustedError(f"{quoted(chain.party)} is not listed as {chain.role}")
    if chain.authority_key_id != service.authority_key_id:
        raise UntrustedError(f"{quoted(chain.party)} is certified by another CA than the listed one")
    return service


def _document_issuer(signer: DocumentSigner, accepted: _Accepted) -> ListedService:
    """Return what the list states of the issuer whose document signer this is: the one named, or the IACA's only one.

    A name counts under the IACA of the named issuer alone: another's could certify any name.
    """
    if signer.party is None:
        service = accepted.sole_issuers.get(signer.authority_key_id)
    else:
        service = accepted.services.get((signer.party, Role.CREDENTIAL_ISSUER))
    if service is None or signer.authority_key_id not in service.document_authority_key_ids:
        raise UntrustedError("a document signer is of no issuer that is listed under its IACA")
    return service


def _require_own(signer: ValidatedChain | DocumentSigner, service: ListedService, *, claimed: str | None) -> None:
    """Check that the key is still one of the listed party's, and the claimed identifier its own."""
    if signer.key_fingerprint in service.revoked:
        raise UntrustedError(f"a key of {quoted(service.party)} has been revoked", code="KEY_REVOKED")
    if claimed is not None and claimed != service.party:
        raise UntrustedError(f"the message claims to be by {quoted(claimed)}, but {quoted(service.party)} signed it")


def _put(accepted: _Accepted) -> Put:
    return Put(_LIST, _record_id(accepted), accepted.published.to_json(), new=True)


def _record_id(accepted: _Accepted) -> str:
    return f"{accepted.content.sequence:020}"


def _latest(store: RecordStore, validator: ChainValidator) -> _Accepted:
    newest: Record | None = max(store.find(_LIST), key=lambda record: record.id, default=None)
    if newest is None:
        raise StoreCorruptError("the trusted list is gone from the store")
    try:
        return _read(PublishedTrust.from_json(newest.body), validator=validator, at=None)
    except VcError:
        raise StoreCorruptError("the trusted list in the store is not the one that was accepted") from None
