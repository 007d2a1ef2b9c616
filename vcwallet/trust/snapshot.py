# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""One moment of a registry, read and checked as a whole: every document is signed, and each belongs to the others.

What is signed below the root is the list of lists; it pins all the rest, so nothing of another moment can be slipped in
(TS 119 602; in the terms of The Update Framework this is the snapshot).  Whether it is newer than the last one is for
`vcwallet.trust.client`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from itertools import pairwise
from typing import TypeVar

from cryptography import x509

from vcwallet.encoding import sri
from vcwallet.errors import (
    DigestInvalidError,
    MalformedError,
    TrustedListError,
    UntrustedError,
    ValidityError,
    VerificationError,
    quoted,
)
from vcwallet.keys.policy import Role
from vcwallet.trust.certificates import from_der, is_issued_by, subject_key_id
from vcwallet.trust.chain import ChainValidator, Path
from vcwallet.trust.crl import RevocationList
from vcwallet.trust.document_signer import DocumentSignerValidator
from vcwallet.trust.list_json import CLAUSE, read_list
from vcwallet.trust.master_list import MasterList, Pin, read_master_list
from vcwallet.trust.published import PublishedTrust
from vcwallet.trust.trusted_list import ListedService, TrustedList

_K = TypeVar("_K")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a registry published at one moment, checked and ready to be asked.

    Attributes:
        published: the documents.
        root: the root below which the list of lists is signed.
        master: the list of lists.
        lists: the list of each role.
        next_update: when the first of the lists ends; afterwards none of them says anything.
        services: what they state, by party and role.
        chains: validates the chains of parties.
        document_signers: validates document signers.
        sole_issuers: the issuer of each IACA under which only one stands, by key identifier.
        revocation_lists: those of the CAs, by the subject key identifier of the CA.
        silent_authorities: the key identifiers of IACAs that have no such list.
        operators: the paths of those who signed the lists.
        look_up: returns the revocation list of each CA of a path, with the certificate below it if that is in the list;
            what it found is kept, since the lists of a moment do not change.
    """

    published: PublishedTrust
    root: x509.Certificate
    master: MasterList
    lists: Mapping[Role, TrustedList]
    next_update: datetime
    services: Mapping[tuple[str, Role], ListedService]
    chains: ChainValidator = field(repr=False)
    document_signers: DocumentSignerValidator = field(repr=False)
    sole_issuers: Mapping[bytes, ListedService] = field(repr=False)
    revocation_lists: Mapping[bytes, RevocationList] = field(repr=False)
    silent_authorities: frozenset[bytes]
    operators: frozenset[Path]
    look_up: Callable[[Path], tuple[tuple[RevocationList, x509.Certificate | None], ...]] = field(repr=False)

    def require_fresh(self, *, at: datetime) -> None:
        """Return if no list is past its next update.

        Raises:
            TrustedListError: one is (``REGISTRY_STALE``).
        """
        if at >= self.next_update:
            raise TrustedListError("the trusted list is past its next update", code="REGISTRY_STALE", clause=CLAUSE)

    def require_operators(self, *, at: datetime) -> None:
        """Return if none of the certificates of those who signed the lists is revoked.

        Raises:
            TrustedListError: one is (``CERTIFICATE_REVOKED``), or a revocation list is past its next update
                (``CRL_STALE``) or from the future (``REGISTRY_NOT_YET_VALID``).
        """
        for path in self.operators:
            try:
                self.require_not_revoked(path, at=at)
            except UntrustedError as error:
                raise TrustedListError(error.args[0], code="CERTIFICATE_REVOKED", clause=error.clause) from None
            except ValidityError as error:
                raise TrustedListError(error.args[0], code="REGISTRY_NOT_YET_VALID", clause=error.clause) from None

    def require_not_revoked(self, path: Path, *, at: datetime) -> None:
        """Return if no CA of a path has revoked the certificate below it.

        An IACA that the registry did not make may have handed in no revocation list; then the trusted list alone says
        which of its keys are revoked.

        Raises:
            UntrustedError: one is revoked (``CERTIFICATE_REVOKED``).
            TrustedListError: a CA's list is missing (``CRL_MISSING``) or past its next update (``CRL_STALE``).
            ValidityError: a CA's list is from the future (``NOT_YET_VALID``).
        """
        for revocation_list, revoked in self.look_up(path):
            revocation_list.require_fresh(at=at)
            if revoked is not None:
                revocation_list.require_not_revoked(revoked, at=at)


def _look_up(
    revocation_lists: Mapping[bytes, RevocationList],
    silent_authorities: frozenset[bytes],
    path: Path,
) -> tuple[tuple[RevocationList, x509.Certificate | None], ...]:
    """Return the list of each CA of a path, and the certificate below it if that is in the list."""
    found: list[tuple[RevocationList, x509.Certificate | None]] = []
    for certificate, issuer in pairwise(path.certificates):
        key_id = subject_key_id(issuer)
        if key_id in revocation_lists:
            one = revocation_lists[key_id]
            found.append((one, certificate if one.revocation_of(certificate) is not None else None))
        elif key_id not in silent_authorities:
            raise missing_revocation_list()
    return tuple(found)


def read_snapshot(
    published: PublishedTrust, *, validator: ChainValidator, at: datetime | None, accepted: Snapshot | None = None
) -> Snapshot:
    """Return what was published, each document of it signed and pinned; freshness and revocation are still to be asked.

    Args:
        published: the documents.
        validator: knows the root below which the list of lists must be signed.
        at: when the operator's certificate must be valid; None for what was accepted before.
        accepted: what is in use, whose validated chains are kept where the roots are the same.

    Raises:
        TrustedListError: a document that is not the one which the list of lists pins, is missing, or is not pinned
            (``REGISTRY_MIXED``); the revocation list of a CA that must have one is missing (``CRL_MISSING``).
        MalformedError: a document cannot be read, or what is in it is not what it should be.
        UnsupportedError: an extension that must be understood and is not.
        VerificationError: a document is not signed by whom it should.
    """
    master, master_operator = read_master_list(published.master, validator=validator, at=at)
    _require_pinned(published, master)
    signed = [read_list(published.lists[role], role, validator=validator, at=at) for role in master.lists]
    if any(one.content.sequence != master.lists[one.content.role].number for one in signed):
        raise _mixed("a list")
    lists = {one.content.role: one.content for one in signed}
    chains = _chain_validator(master, root=validator, accepted=accepted)
    revocation_lists = _revocation_lists(published, master, lists, chains=chains)
    services = [service for one in lists.values() for service in one.services]
    silent_authorities = frozenset(_key_ids(_document_authorities(lists))) - revocation_lists.keys()
    return Snapshot(
        published=published,
        root=validator.anchors[0],
        master=master,
        lists=lists,
        next_update=min(master.next_update, *(one.next_update for one in lists.values())),
        services={(service.party, service.role): service for service in services},
        chains=chains,
        document_signers=_document_signers(lists, max_kept=validator.max_kept),
        sole_issuers=_sole_issuers(services),
        revocation_lists=revocation_lists,
        silent_authorities=silent_authorities,
        operators=frozenset({master_operator.path, *(one.operator.path for one in signed)}),
        look_up=lru_cache(maxsize=validator.max_kept)(partial(_look_up, revocation_lists, silent_authorities)),
    )


# --- each document belongs to the others -----------------------------------------------------------------------------


def _require_pinned(published: PublishedTrust, master: MasterList) -> None:
    lists = {role: text.encode("utf-8") for role, text in published.lists.items()}
    _require_same(lists, master.lists, "a list")
    if not master.revocation_lists.keys() <= published.revocation_lists.keys():
        raise missing_revocation_list()
    _require_same(published.revocation_lists, master.revocation_lists, "a revocation list")
    if master.types.keys() != published.type_metadata.keys():
        raise _mixed("type metadata")
    for vct, integrity in master.types.items():
        try:
            sri.require_match(integrity, published.type_metadata[vct])
        except DigestInvalidError:
            raise _mixed(f"the metadata of type {quoted(vct)}") from None


def _require_same(documents: Mapping[_K, bytes], pins: Mapping[_K, Pin], what: str) -> None:
    if documents.keys() != pins.keys() or not all(pin.fits(documents[key]) for key, pin in pins.items()):
        raise _mixed(what)


def _mixed(what: str) -> TrustedListError:
    message = f"{what} is not the one that the list of lists belongs to"
    return TrustedListError(message, code="REGISTRY_MIXED", clause=CLAUSE)


def missing_revocation_list() -> TrustedListError:
    """Return the error for a CA whose list of revoked certificates is not there."""
    return TrustedListError(
        "the revocation list of a CA is missing", code="CRL_MISSING", clause="RFC 5280, section 6.3"
    )


# --- what is made of them ----------------------------------------------------------------------------------------


def _chain_validator(master: MasterList, *, root: ChainValidator, accepted: Snapshot | None) -> ChainValidator:
    """Return what validates chains below the root, and below those that it has succeeded for a time."""
    anchors = (root.anchors[0], *map(from_der, master.former_roots))
    if accepted is not None and accepted.chains.anchors == anchors:
        return accepted.chains
    try:
        return ChainValidator(anchors[0], former=anchors[1:], max_kept=root.max_kept)
    except VerificationError as error:
        raise _not_what_it_should_be("a former root", error) from None


def _revocation_lists(
    published: PublishedTrust, master: MasterList, lists: Mapping[Role, TrustedList], *, chains: ChainValidator
) -> dict[bytes, RevocationList]:
    try:
        issuing = [from_der(der) for der in master.issuing_authorities]
        required = _by_key_id((*chains.anchors, *issuing))
        known = _by_key_id((*required.values(), *_document_authorities(lists)))
    except VerificationError as error:
        raise _not_what_it_should_be("a CA", error) from None
    if not required.keys() <= master.revocation_lists.keys():
        raise missing_revocation_list()
    if not master.revocation_lists.keys() <= known.keys():
        raise MalformedError("a revocation list of a CA that is not listed", clause=CLAUSE)
    if not all(any(is_issued_by(one, root) for root in chains.anchors) for one in issuing):
        raise MalformedError("an issuing CA that no root has certified", clause=CLAUSE)
    try:
        read = {
            key_id: RevocationList.read(der, issuer=known[key_id]) for key_id, der in published.revocation_lists.items()
        }
    except VerificationError as error:
        raise _not_what_it_should_be("a revocation list", error) from None
    if any(one.number != master.revocation_lists[key_id].number for key_id, one in read.items()):
        raise _mixed("a revocation list")
    return read


def _by_key_id(authorities: Iterable[x509.Certificate]) -> dict[bytes, x509.Certificate]:
    """Return CAs by their key identifiers; under that of another CA, one could say what that has revoked."""
    found: dict[bytes, x509.Certificate] = {}
    for certificate in authorities:
        if found.setdefault(subject_key_id(certificate), certificate) != certificate:
            raise MalformedError("two CAs with one key identifier", clause=CLAUSE)
    return found


def _document_signers(lists: Mapping[Role, TrustedList], *, max_kept: int) -> DocumentSignerValidator:
    try:
        return DocumentSignerValidator(lists[Role.CREDENTIAL_ISSUER].document_authorities, max_kept=max_kept)
    except VerificationError as error:
        raise _not_what_it_should_be("a listed IACA", error) from None


def _document_authorities(lists: Mapping[Role, TrustedList]) -> Iterator[x509.Certificate]:
    return map(from_der, lists[Role.CREDENTIAL_ISSUER].document_authorities)


def _key_ids(authorities: Iterable[x509.Certificate]) -> Iterator[bytes]:
    return map(subject_key_id, authorities)


def _not_what_it_should_be(what: str, error: VerificationError) -> MalformedError:
    # The list is signed; what it contains is not what it should be.
    return MalformedError(f"{what} is none: {error.args[0]}", clause=error.clause)


def _sole_issuers(services: Iterable[ListedService]) -> Mapping[bytes, ListedService]:
    issuers = [(key_id, service) for service in services for key_id in service.document_authority_key_ids]
    numbers = Counter(key_id for key_id, _ in issuers)
    return {key_id: service for key_id, service in issuers if numbers[key_id] == 1}
