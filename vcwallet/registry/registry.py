# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A trust registry as a role: enrols parties, registers purposes, and publishes the trusted lists.

Every change is one atomic commit together with its entry in the change log.

    >>> from datetime import UTC, datetime
    >>> from vcwallet.registry import TrustRegistry
    >>> from vcwallet.storage import MemoryStore
    >>> from vcwallet.trust.client import TrustedListClient
    >>> now = datetime(2026, 11, 23, tzinfo=UTC)
    >>> registry = TrustRegistry.found("Demo trust registry", store=MemoryStore(), clock=lambda: now)
    >>> enrolment = registry.enrol_status_signer("Mirai City", code="999016")
    >>> client = TrustedListClient.start(registry.published(), store=MemoryStore(), at=now)
    >>> [service.party for service in client.parties(enrolment.role)]
    ['urn:vcwallet:party:999016']
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Self, TypeAlias

from cryptography import x509

from vcwallet.credential_type import CredentialType
from vcwallet.encoding import json
from vcwallet.encoding.wire import WireModel, read
from vcwallet.errors import LimitExceededError, LocalProtocolError, StoreCorruptError, StoreError, VcError, quoted
from vcwallet.jose.jwt import SKEW
from vcwallet.keys.policy import Role
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer
from vcwallet.keys.software import SoftwareSigner
from vcwallet.registry import document_authorities, log, types
from vcwallet.registry.authority import PARTY_PREFIX, REGISTRY_CODE, REGISTRY_PARTY, Authority, OwnKey
from vcwallet.registry.enrolled import Enrolled, key_record, keys_of, load_enrolled, require_unused
from vcwallet.registry.issuing import Scheme, issue_list, issue_master_list, issue_revocation_list
from vcwallet.registry.log import Action, LogEntry
from vcwallet.registry.publication import (
    MASTER,
    REVOCATION_LIST_VALIDITY,
    VALIDITY,
    Issue,
    load_issues,
    replacing,
    revocation_list_name,
)
from vcwallet.registry.revocation import is_revoked, issued, issued_for, require_room, revoked, revoked_by
from vcwallet.storage import Change, Put, RecordExistsError, RecordStore
from vcwallet.trust import directory
from vcwallet.trust.certificates import authority_key_id, from_der, is_dns_name, is_issued_by, subject_key_id, to_der
from vcwallet.trust.chain import key_fingerprint, require_within
from vcwallet.trust.crl import Reason, RevokedCertificate
from vcwallet.trust.document_signer import read_iaca
from vcwallet.trust.enrolment import Enrolment
from vcwallet.trust.list_json import LIST_TYPES, MAX_BYTES, MAX_DOCUMENT_AUTHORITIES
from vcwallet.trust.master_list import MAX_AUTHORITIES, Pin
from vcwallet.trust.mdoc_certificates import may_be_certified
from vcwallet.trust.members import whole_seconds
from vcwallet.trust.published import PublishedTrust
from vcwallet.trust.registration import IntendedUse, sign_registration
from vcwallet.trust.root_statement import MAX_STATEMENTS
from vcwallet.trust.trusted_list import ListedService, Mode, Status, StatusPeriod

Name: TypeAlias = "str | Mapping[str, str]"
"""A name, or a name by language tag."""
ModeName: TypeAlias = Literal["all", "from_date"]

REGISTRATION_VALIDITY = timedelta(days=365)
UNKNOWN_COUNTRY = "ZZ"  # for private use, by ISO 3166-1
EXAMPLE_ADDRESS = "https://registry.example"  # a name that nobody has, by RFC 2606

_REGISTRY = "registry"
_IDENTITY = "identity"
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_ADDRESS = re.compile(r"https?://[!-~]+", re.ASCII)


class TrustRegistry:
    """The authority side of a trust registry.  One thread at a time; a second process is told to reopen."""

    def __init__(
        self,
        store: RecordStore,
        *,
        clock: Callable[[], datetime],
        operator: str,
        name: Mapping[str, str],
        authority: Authority,
    ) -> None:
        """Use `found` or `reopen`."""
        self._store = store
        self._clock = clock
        self._operator = operator
        self._name = name
        self._authority = authority
        self._enrolled = {one.id: one for one in load_enrolled(store)}
        self._types = types.load(store)
        self._document_authorities = document_authorities.load(store)
        self._revocation_lists = document_authorities.load_revocation_lists(self._document_authorities, store=store)
        self._changes = len(log.entries(store))
        self._issues = load_issues(store)

    @classmethod
    def found(
        cls,
        name: Name,
        *,
        store: RecordStore,
        clock: Callable[[], datetime],
        country: str = UNKNOWN_COUNTRY,
        address: str = EXAMPLE_ADDRESS,
        operator: str = "registry operator",
    ) -> Self:
        """Make the keys of a new registry and keep them in `store`, which seals what it keeps.

        Args:
            name: the registry's name.
            store: where its keys, parties and log are kept.
            clock: returns the time, with a time zone.
            country: two capital letters of ISO 3166-1, in all its certificates.
            address: an http or https URL without query, which certificates for mdoc give as the issuing authority's
                contact, and below which they place its revocation lists (ISO/IEC 18013-5, Annex B).
            operator: the post that makes changes, for the log.

        Raises:
            ValueError: no country or address, or a name that nobody could read again.
            LocalProtocolError: the store holds a registry already.
        """
        if not _ADDRESS.fullmatch(address):
            raise ValueError("an address is an http or https URL")
        names, at = _names(name), clock()
        authority = Authority.create(_first(names), country=country, address=address, at=at)
        registrar = _registrar(names, authority, at=at)
        identity = json.dumps({"name": dict(names)})
        entry = LogEntry(
            number=1, time=at, operator=operator, action=Action.FOUND, party=REGISTRY_PARTY, roles=(Role.REGISTRAR,)
        )
        try:
            store.commit(
                Put(_REGISTRY, _IDENTITY, identity, new=True),
                *authority.records(),
                registrar.record(),
                key_record(authority.registrar.signer.public_key, registrar.id),
                *_own_certificates(authority),
                log.append(entry),
            )
        except RecordExistsError:
            raise LocalProtocolError("this store holds a registry already; reopen it") from None
        return cls(store, clock=clock, operator=operator, name=names, authority=authority)

    @classmethod
    def reopen(cls, store: RecordStore, *, clock: Callable[[], datetime], operator: str = "registry operator") -> Self:
        """Continue with the registry in `store`.

        Raises:
            LocalProtocolError: there is none.
            StoreCorruptError: a part of it is missing or unreadable.
        """
        identity = store.get(_REGISTRY, _IDENTITY)
        if identity is None:
            raise LocalProtocolError("this store holds no registry; found one")
        try:
            name = read(_Identity, identity).name
            return cls(store, clock=clock, operator=operator, name=name, authority=Authority.load(store))
        except StoreError:
            raise
        except (VcError, ValueError):  # ValueError: no base64, or a role or action that we do not know
            raise StoreCorruptError("a record of the registry is damaged") from None

    # --- enrolment ---------------------------------------------------------------------------------------------------

    def enrol_issuer(
        self,
        name: Name,
        *,
        may_issue: Sequence[type[CredentialType]],
        code: str | None = None,
        signer: Signer | None = None,
        types_from: datetime | None = None,
        details: Mapping[str, str] | None = None,
    ) -> Enrolment:
        """Enrol a party that issues credentials, and publish the metadata of their types.

        Where a type has a docType, the party's key is certified as a document signer of mdocs too, if it is on P-256,
        P-384 or P-521; other keys sign no mdoc.

        Args:
            name: the party's name.
            may_issue: the credential types that it may issue.
            code: the number that it is registered under; a random one if None.
            signer: holds its key; a new key in memory if None.
            types_from: from when it may issue them; from now if None.
            details: registered facts about it, for those who verify.

        Raises:
            ValueError: no type, a code or key that is taken, or a type whose published metadata differs.
            LocalProtocolError: another process has changed the registry.
        """
        if not may_issue:
            raise ValueError("an issuer may issue at least one type")
        since = self._since(types_from)
        issues_mdocs = any(kind.doctype for kind in may_issue)
        return self._enrol(
            Role.CREDENTIAL_ISSUER,
            name,
            code=code,
            signer=signer,
            may_issue={type_id: since for kind in may_issue for type_id in types.type_ids(kind)},
            details=details,
            metadata=types.documents(may_issue, published=self._types),
            document_authority_key_ids=frozenset({self._authority.iaca_key_id} if issues_mdocs else ()),
        )

    def enrol_document_issuer(
        self,
        name: Name,
        *,
        iaca: bytes,
        may_issue: Sequence[type[CredentialType]],
        code: str | None = None,
        types_from: datetime | None = None,
        details: Mapping[str, str] | None = None,
    ) -> str:
        """Enrol a party that issues mdocs under an issuing authority CA of its own, and return its identifier.

        It gets no certificate here: whoever follows the list trusts the document signers that its IACA certifies.  The
        IACA certifies no document signer of another party.

        Args:
            name: the party's name.
            iaca: the DER certificate of its IACA.
            may_issue: the credential types that it may issue, each with a docType.
            code: the number that it is registered under; a random one if None.
            types_from: from when it may issue them; from now if None.
            details: registered facts about it, for those who verify.

        Raises:
            MalformedError, VerificationError: the IACA is none by its profile, or not valid now.
            ValueError: no type, or one without docType; a code that is taken; an IACA of another party, or another key
                of theirs; the list is full of IACAs; or a type whose published metadata differs.
            LocalProtocolError: another process has changed the registry.
        """
        if not may_issue or not all(kind.doctype for kind in may_issue):
            raise ValueError("an issuer of mdocs may issue at least one type, and each has a docType")
        certificate = read_iaca(iaca)
        require_within(certificate.not_valid_before_utc, certificate.not_valid_after_utc, at=self._clock())
        key_id, since = subject_key_id(certificate), self._since(types_from)
        if key_id in self._document_authorities or key_id in _key_ids(self._authority):
            raise ValueError("this IACA, or one with its key identifier, is another party's or the registry's")
        self._require_room_for_iaca()
        enrolled = self._admit(
            Role.CREDENTIAL_ISSUER,
            name,
            code=code,
            key=PublicKey.from_certificate(certificate),
            authority_key_id=key_id,
            may_issue={kind.doctype: since for kind in may_issue if kind.doctype},
            details=details,
            metadata=types.documents(may_issue, published=self._types),
            document_authority_key_ids=frozenset({key_id}),
            changes=[document_authorities.record(key_id, iaca)],
        )
        self._document_authorities[key_id] = iaca
        return enrolled.service.party

    def enrol_verifier(
        self,
        name: Name,
        *,
        purposes: Sequence[IntendedUse],
        code: str | None = None,
        signer: Signer | None = None,
        details: Mapping[str, str] | None = None,
        dns_names: Sequence[str] = (),
        identifiers: Sequence[str] = (),
    ) -> Enrolment:
        """Enrol a party that asks for claims, with one registration certificate for each purpose.

        Args:
            name: the party's name.
            purposes: what it is registered for.
            code: the number that it is registered under; a random one if None.
            signer: holds its key; a new key in memory if None.
            details: registered facts about it, for wallets to show.
            dns_names: the names of its servers, in lower case; answers to its requests may then go to these alone.
            identifiers: what else it is known by: a DID, or the identifier of an entity of a federation.

        Raises:
            ValueError: no purpose, two of the same code (``MULTI_PURPOSE``), a code or key that is taken, or a DNS name
                or an identifier that is none.
            LocalProtocolError: another process has changed the registry.
        """
        if not purposes:
            raise ValueError("a verifier is registered for at least one purpose")
        if len({use.code for use in purposes}) != len(purposes):
            raise ValueError("MULTI_PURPOSE: two purposes of one code; one registration, one purpose")
        if not all(map(is_dns_name, dns_names)) or not all(one and one.isprintable() for one in identifiers):
            raise ValueError("a DNS name is written in lower case, and an identifier is a text")
        return self._enrol(
            Role.VERIFIER,
            name,
            code=code,
            signer=signer,
            uses=purposes,
            details=details,
            dns_names=tuple(dns_names),
            identifiers=tuple(identifiers),
        )

    def enrol_status_signer(
        self,
        name: Name,
        *,
        code: str | None = None,
        signer: Signer | None = None,
        acts_for: Sequence[str] = (),
        supply_points: Sequence[str] = (),
    ) -> Enrolment:
        """Enrol a party that signs status lists; an issuer's own has the issuer's code.

        Args:
            name: the party's name.
            code: the number that it is registered under; a random one if None.
            signer: holds its key; a new key in memory if None.
            acts_for: the identifiers of other issuers and wallet providers whose status lists it signs.
            supply_points: the https URLs at which its status lists are listed (Token Status List, section 9).

        Raises:
            ValueError: a code or key that is taken, or one to act for that is no enrolled issuer or wallet provider.
            LocalProtocolError: another process has changed the registry.
        """
        for other in acts_for:
            if not any((other, role) in self._enrolled for role in (Role.CREDENTIAL_ISSUER, Role.WALLET_PROVIDER)):
                raise ValueError(f"no party {quoted(other)} is enrolled as an issuer or wallet provider")
        return self._enrol(
            Role.STATUS_SIGNER,
            name,
            code=code,
            signer=signer,
            acts_for=frozenset(acts_for),
            supply_points=tuple(supply_points),
        )

    def enrol_wallet_provider(self, name: Name, *, code: str | None = None, signer: Signer | None = None) -> Enrolment:
        """Enrol a party that attests wallets.

        Raises:
            ValueError: a code or key that is taken.
            LocalProtocolError: another process has changed the registry.
        """
        return self._enrol(Role.WALLET_PROVIDER, name, code=code, signer=signer)

    def add_purpose(self, identifier: str, use: IntendedUse) -> str:
        """Register one more purpose of a verifier, and return its registration certificate.

        Raises:
            ValueError: no such verifier, or a purpose that is registered already (``MULTI_PURPOSE``).
            LocalProtocolError: another process has changed the registry.
        """
        [verifier] = self._of(identifier, Role.VERIFIER)
        changed = verifier.with_use(use)
        self._change(Action.ADD_PURPOSE, [changed], reason=use.code)
        return self._register(changed, use, at=self._clock())

    def renew(
        self,
        identifier: str,
        *,
        role: Role | None = None,
        signer: Signer | None = None,
        revoke_previous: bool = False,
    ) -> Enrolment:
        """Give a party a new certificate, and a verifier new registrations.

        Args:
            identifier: the party.
            role: which of its roles; needed only where it has several.
            signer: holds its key, the same as before or another; a new key in memory if None.
            revoke_previous: stop trusting every key before this one, and all that they signed, because the party's keys
                are compromised.

        Raises:
            ValueError: no such party, several roles, withdrawn, a key that is taken, or a party whose keys its own IACA
                certifies.
            LocalProtocolError: another process has changed the registry.
        """
        enrolled = self._of(identifier, role)
        if len(enrolled) != 1:
            raise ValueError(f"{quoted(identifier)} has several roles; name one")
        before = enrolled[0]
        if before.service.authority_key_id != self._authority.key_id:
            raise ValueError(f"the IACA of {quoted(identifier)} certifies its keys")
        signer = signer if signer is not None else SoftwareSigner.generate()
        revoked = keys_of(before.id, store=self._store) if revoke_previous else frozenset[str]()
        changed = before.renewed(signer.public_key, revoked=revoked)
        require_unused(signer.public_key, store=self._store, by=before.id)
        changes = [key_record(signer.public_key, changed.id), *self._revocations(revoked, Reason.KEY_COMPROMISE)]
        self._change(Action.RENEW, [changed], changes=changes)
        return self._enrolment(changed, signer)

    def to_renew(self) -> tuple[ListedService, ...]:
        """Return the parties that have no certificate yet by the CAs that have succeeded those of their own.

        A suspended party is among them; one that is withdrawn, or has an IACA of its own, is not.
        """
        return tuple(one.service for _, one in sorted(self._enrolled.items()) if self._is_to_renew(one))

    # --- status ------------------------------------------------------------------------------------------------------

    def suspend(
        self,
        identifier: str,
        *,
        reason: str,
        mode: ModeName = "all",
        role: Role | None = None,
        since: datetime | None = None,
    ) -> None:
        """Stop trusting a party for the time being; a change that was announced for a later time is dropped.

        To suspend a party today whose withdrawal has been announced is to announce the withdrawal again.

        Args:
            identifier: the party.
            reason: why, for the log; without names of people.
            mode: whether what it signed before is still good (``from_date``) or not (``all``).
            role: which of its roles; all of them if None.
            since: from when; from now if None.

        Raises:
            ValueError: no such party, or one that is not granted at present.
            LocalProtocolError: another process has changed the registry.
        """
        self._set_status(Action.SUSPEND, Status.SUSPENDED, identifier, role, reason, since, Mode(mode))

    def withdraw(
        self,
        identifier: str,
        *,
        reason: str,
        mode: ModeName = "all",
        role: Role | None = None,
        since: datetime | None = None,
    ) -> None:
        """Stop trusting a party for good (arguments as `suspend`).

        One that is suspended in mode ``all`` is withdrawn in that mode: the other would bring back what is refused.  To
        mean that, reinstate the party first.

        Raises:
            ValueError: no such party, one that is withdrawn already, or a mode milder than that of its suspension.
            LocalProtocolError: another process has changed the registry.
        """
        self._set_status(Action.WITHDRAW, Status.WITHDRAWN, identifier, role, reason, since, Mode(mode))

    def reinstate(
        self, identifier: str, *, reason: str, role: Role | None = None, since: datetime | None = None
    ) -> None:
        """Trust a suspended party again; what it signed meanwhile stays refused.

        Raises:
            ValueError: no such party, or one that is not suspended.
            LocalProtocolError: another process has changed the registry.
        """
        self._set_status(Action.REINSTATE, Status.GRANTED, identifier, role, reason, since, Mode.ALL)

    # --- keys of the registry's own ----------------------------------------------------------------------------------

    def rotate_issuing_ca(self, *, reason: str) -> None:
        """Make a new issuing CA, which certifies parties from now on; certificates by the present one still count.

        Once everybody has the new lists, a week later at the latest, `renew` each of `to_renew`; and when nothing that
        was signed under the old CA is needed any more, `retire` that.

        Raises:
            ValueError: as many CAs of the kind have been succeeded and not retired as a list can hold.
            LocalProtocolError: another process has changed the registry.
        """
        old = self._authority
        self._rotate(old.with_new_issuing_ca(at=self._clock()), reason=reason)

    def rotate_iaca(self, *, reason: str) -> bytes:
        """Make a new IACA, as `rotate_issuing_ca`, and return the DER link certificate by which the old vouches for it.

        Our followers take the new IACA from the list; the link is for others (ISO/IEC 18013-5, table B.2).

        Raises:
            ValueError: the list is full of IACAs, or too many have been succeeded and not retired.
            LocalProtocolError: another process has changed the registry.
        """
        self._require_room_for_iaca()
        succeeded, link = self._authority.with_new_iaca(at=self._clock())
        self._rotate(succeeded, reason=reason)
        return link

    def rotate_root(self, *, reason: str) -> None:
        """Make a new root, which the present one introduces, and a new issuing CA below it.

        Whoever has pinned the present root follows its statement.  Chains below it still count, until it is retired.

        Raises:
            ValueError: as many CAs of the kind have been succeeded and not retired as a list can hold.
            LocalProtocolError: another process has changed the registry.
        """
        self._rotate(self._authority.with_new_root(at=self._clock()), reason=reason)

    def rotate_list_operator(self, *, reason: str) -> None:
        """Give the list operator a new key, which signs every list anew, and revoke the certificate of the old one.

        Nobody who has a list of the old key loses it before it ends.

        Raises:
            LocalProtocolError: another process has changed the registry.
        """
        old = key_fingerprint(self._authority.list_operator.signer.public_key)
        revoked = self._revocations([old], Reason.SUPERSEDED)  # by every CA that counts: an overlap is no way around it
        self._rotate(self._authority.with_new_list_operator(at=self._clock()), *revoked, reason=reason)

    def rotate_registrar(self, *, reason: str, revoke_previous: bool = False) -> None:
        """Give the registrar a new key; registrations that it has signed before still count.

        Args:
            reason: why, for the log.
            revoke_previous: stop trusting the keys before this one, and every registration that they signed, because
                they are compromised; then `renew` each verifier.

        Raises:
            LocalProtocolError: another process has changed the registry.
        """
        succeeded = self._authority.with_new_registrar(at=self._clock())
        key, registrar = succeeded.registrar.signer.public_key, self._enrolled[REGISTRY_PARTY, Role.REGISTRAR]
        revoked = keys_of(registrar.id, store=self._store) if revoke_previous else frozenset[str]()
        changes = [key_record(key, registrar.id), *self._revocations(revoked, Reason.KEY_COMPROMISE)]
        self._rotate(succeeded, *changes, reason=reason, enrolled=[registrar.renewed(key, revoked=revoked)])

    def authorities(self) -> tuple[OwnAuthority, ...]:
        """Return the CAs of the registry that count at present, those that have been succeeded last."""
        succeeded = {own.key_id for _, own in self._authority.former}
        return tuple(
            OwnAuthority(
                kind=kind,
                key_id=own.key_id,
                certificate=to_der(own.certificate),
                revocation_list=self._authority.revocation_list_address(own),
                succeeded=own.key_id in succeeded,
            )
            for kind, own in self._authority.authorities()
        )

    def retire(self, key_id: bytes, *, reason: str, compromised: bool = False) -> None:
        """Stop trusting a CA of the registry that has been succeeded, and all that it has certified.

        The certificate of an issuing CA is revoked by its root.  A root or an IACA vouches for itself, so it is taken
        off the lists; a root takes the issuing CAs below it along.

        Args:
            key_id: the subject key identifier of the CA, as `authorities` says it.
            reason: why, for the log.
            compromised: whether its key is in other hands.

        Raises:
            ValueError: no CA that has been succeeded has this key identifier.
            LocalProtocolError: another process has changed the registry.
        """
        kept = self._authority.without(key_id)
        gone = [own for kind, own in self._authority.former if (kind, own) not in kept.former]
        still = {own.key_id for _, own in kept.authorities()}
        crl_reason = Reason.CA_COMPROMISE if compromised else Reason.SUPERSEDED
        revoked = [
            self._revocation(own.certificate, crl_reason)
            for own in gone
            if authority_key_id(own.certificate) in still and not is_revoked(own.certificate, store=self._store)
        ]
        enrolled = [one.retired(*(own.key_id for own in gone)) for one in self._enrolled.values()]
        self._record(
            Action.RETIRE, *kept.records(self._authority), *revoked, enrolled=self._changed(enrolled), reason=reason
        )
        self._authority = kept

    def revoke_certificate(self, certificate: bytes, *, reason: str, compromised: bool = False) -> None:
        """Revoke one certificate for good; the party's other certificates still count.

        To revoke a key, whatever certificates it has, see `renew`.

        Args:
            certificate: the DER certificate, made by one of the registry's CAs.
            reason: why, for the log.
            compromised: whether its key is in other hands.

        Raises:
            MalformedError: it is no certificate.
            ValueError: no CA of the registry that counts has made it, it is a key's of the registry itself, which is
                rotated or retired, or it is revoked already.
            LocalProtocolError: another process has changed the registry.
        """
        found = from_der(certificate)
        own = [one.certificate for _, one in self._authority.authorities()]
        if found in (*own, *self._authority.own_certificates()):
            raise ValueError("a key of the registry is rotated or retired")
        crl_reason = Reason.KEY_COMPROMISE if compromised else Reason.UNSPECIFIED
        self._record(Action.REVOKE, self._revocation(found, crl_reason), reason=reason)

    def hand_in_revocation_list(self, identifier: str, der: bytes) -> None:
        """Publish the revocation list of a party's own IACA; from then on there is one, each newer than the last.

        Raises:
            ValueError: no such party, or none with an IACA of its own.
            LimitExceededError: it is over 256 KiB, or there is no room for it beside those of others.
            MalformedError, VerificationError: not a list of this IACA, older than the last (``CRL_ROLLBACK``), or past
                its end (``CRL_STALE``).
            LocalProtocolError: another process has changed the registry.
        """
        [party] = self._of(identifier, Role.CREDENTIAL_ISSUER)
        key_id = party.service.authority_key_id
        if key_id not in self._document_authorities:
            raise ValueError(f"{quoted(identifier)} has no IACA of its own")
        new = document_authorities.read_revocation_list(der, iaca=self._document_authorities[key_id])
        new.require_fresh(at=self._clock())
        before = self._revocation_lists.get(key_id)
        put = document_authorities.revocation_list_record(new, before=before)
        document_authorities.require_room({**self._revocation_lists, key_id: new})
        self._change(Action.REVOKE, [party], changes=[put])
        self._revocation_lists[key_id] = new

    # --- what is known and published ---------------------------------------------------------------------------------

    def parties(self) -> tuple[ListedService, ...]:
        """Return every role of every party, withdrawn ones included."""
        return tuple(self._enrolled[key].service for key in sorted(self._enrolled))

    def find(
        self,
        *,
        name: str | None = None,
        code: str | None = None,
        role: Role | None = None,
        type_id: str | None = None,
        purpose: str | None = None,
    ) -> tuple[ListedService, ...]:
        """Look parties up (see `vcwallet.trust.directory.find`), withdrawn ones included."""
        return directory.find(self.parties(), name=name, code=code, role=role, type_id=type_id, purpose=purpose)

    def log(self) -> tuple[LogEntry, ...]:
        """Return every change since the registry was founded.

        Raises:
            StoreCorruptError: an entry is missing.
        """
        return log.entries(self._store)

    def published(self) -> PublishedTrust:
        """Return what wallets and verifiers are configured with; a new issue only when something has changed.

        Raises:
            LocalProtocolError: another process has changed the registry.
            LimitExceededError: it would be longer than 16 MiB, which nobody would read.
        """
        if log.has(self._changes + 1, store=self._store):
            raise _changed_elsewhere()
        at = self._clock()
        master = self._issues.get(MASTER)
        if master is None or not master.still_serves(str(self._changes), until=at + VALIDITY / 2):
            self._publish(at)
        return self._published(self._issues)

    def revocation_lists(self) -> dict[str, bytes]:
        """Return the DER revocation list of each CA of the registry, by the address where certificates say that it is.

        Raises:
            LocalProtocolError: another process has changed the registry.
        """
        published = self.published().revocation_lists
        return {one.revocation_list: published[one.key_id] for one in self.authorities()}

    # --- steps -------------------------------------------------------------------------------------------------------

    def _enrol(
        self,
        role: Role,
        name: Name,
        *,
        code: str | None,
        signer: Signer | None,
        uses: Sequence[IntendedUse] = (),
        may_issue: Mapping[str, datetime] | None = None,
        details: Mapping[str, str] | None = None,
        metadata: Mapping[str, bytes] | None = None,
        document_authority_key_ids: frozenset[bytes] = frozenset(),
        acts_for: frozenset[str] = frozenset(),
        supply_points: tuple[str, ...] = (),
        dns_names: tuple[str, ...] = (),
        identifiers: tuple[str, ...] = (),
    ) -> Enrolment:
        signer = signer if signer is not None else SoftwareSigner.generate()
        enrolled = self._admit(
            role,
            name,
            code=code,
            key=signer.public_key,
            authority_key_id=self._authority.key_id,
            uses=uses,
            may_issue=may_issue,
            details=details,
            metadata=metadata,
            document_authority_key_ids=document_authority_key_ids,
            acts_for=acts_for,
            supply_points=supply_points,
            dns_names=dns_names,
            identifiers=identifiers,
        )
        return self._enrolment(enrolled, signer)

    def _admit(
        self,
        role: Role,
        name: Name,
        *,
        code: str | None,
        key: PublicKey,
        authority_key_id: bytes,
        uses: Sequence[IntendedUse] = (),
        may_issue: Mapping[str, datetime] | None = None,
        details: Mapping[str, str] | None = None,
        metadata: Mapping[str, bytes] | None = None,
        document_authority_key_ids: frozenset[bytes] = frozenset(),
        acts_for: frozenset[str] = frozenset(),
        supply_points: tuple[str, ...] = (),
        dns_names: tuple[str, ...] = (),
        identifiers: tuple[str, ...] = (),
        changes: Sequence[Change] = (),
    ) -> Enrolled:
        names, at = _names(name), self._clock()
        code = code if code is not None else secrets.token_hex(8)
        self._require_free(code, role, names)
        require_unused(key, store=self._store)
        service = ListedService(
            party=f"{PARTY_PREFIX}{code}",
            name=names,
            role=role,
            authority_key_id=authority_key_id,
            periods=(StatusPeriod(status=Status.GRANTED, since=at - SKEW),),
            may_issue=may_issue or {},
            details=details or {},
            document_authority_key_ids=document_authority_key_ids,
            acts_for=acts_for,
            supply_points=supply_points,
            purposes=frozenset(use.code for use in uses),
        )
        enrolled = Enrolled(
            service=service,
            code=code,
            key_fingerprint=key_fingerprint(key),
            uses={use.code: use for use in uses},
            dns_names=dns_names,
            identifiers=identifiers,
        )
        kept = [key_record(key, enrolled.id), *types.records(metadata or {}), *changes]
        self._change(Action.ENROL, [enrolled], changes=kept)
        self._types |= metadata or {}
        return enrolled

    def _since(self, types_from: datetime | None) -> datetime:
        return whole_seconds(types_from if types_from is not None else self._clock() - SKEW)

    def _require_free(self, code: str, role: Role, names: Mapping[str, str]) -> None:
        if not _CODE.fullmatch(code) or code == REGISTRY_CODE:
            raise ValueError("a code is up to 64 letters, digits, '.', '_' and '-', and not 'registry'")
        others = [one for one in self._enrolled.values() if one.code == code]
        if any(one.service.role is role for one in others):
            raise ValueError(f"the code {code} is enrolled as {role} already")
        if any(one.service.name != names for one in others):
            raise ValueError(f"the code {code} is enrolled under another name")

    def _set_status(
        self,
        action: Action,
        status: Status,
        identifier: str,
        role: Role | None,
        reason: str,
        since: datetime | None,
        mode: Mode,
    ) -> None:
        now = self._clock()
        changed = [
            one.changed_to(status, since=since if since is not None else now, now=now, mode=mode)
            for one in self._of(identifier, role)
        ]
        self._change(action, changed, reason=reason)

    def _of(self, identifier: str, role: Role | None) -> list[Enrolled]:
        if identifier == REGISTRY_PARTY:
            raise ValueError("the registry is no party of its own")
        found = [
            one for (party, its_role), one in self._enrolled.items() if party == identifier and role in (None, its_role)
        ]
        if not found:
            raise ValueError(f"no party {quoted(identifier)} is enrolled{f' as {role}' if role else ''}")
        return found

    def _change(
        self, action: Action, enrolled: Sequence[Enrolled], *, reason: str = "", changes: Sequence[Change] = ()
    ) -> None:
        self._record(action, *changes, enrolled=enrolled, reason=reason, party=enrolled[0].service.party)

    def _record(
        self,
        action: Action,
        *changes: Change,
        enrolled: Sequence[Enrolled] = (),
        reason: str,
        party: str = REGISTRY_PARTY,
    ) -> None:
        """Commit changes with their entry in the log; of parties too, where it concerns one."""
        require_room(changes, store=self._store, last_lists=self._last_lists())
        entry = LogEntry(
            number=self._changes + 1,
            time=self._clock(),
            operator=self._operator,
            action=action,
            party=party,
            roles=() if party == REGISTRY_PARTY else tuple(one.service.role for one in enrolled),
            reason=reason,
        )
        self._commit(*(one.record() for one in enrolled), *changes, log.append(entry))
        self._changes = entry.number
        self._enrolled |= {one.id: one for one in enrolled}

    def _rotate(self, succeeded: Authority, *changes: Change, reason: str, enrolled: Sequence[Enrolled] = ()) -> None:
        """Put the registry's keys in place of those before, and every party under the new CAs, if there are any."""
        _require_room(succeeded)
        if not self._document_authorities.keys().isdisjoint(_key_ids(succeeded)):
            raise ValueError("the IACA of a party has the key identifier of a new CA; rotate again")
        before = self._authority
        known = self._enrolled | {one.id: one for one in enrolled}
        moved = [
            one.succeeded(before.key_id, succeeded.key_id).succeeded(before.iaca_key_id, succeeded.iaca_key_id)
            for one in known.values()
        ]
        records = [*succeeded.records(before), *_own_certificates(succeeded)]
        self._record(Action.ROTATE, *records, *changes, enrolled=self._changed(moved), reason=reason)
        self._authority = succeeded

    def _changed(self, enrolled: Sequence[Enrolled]) -> list[Enrolled]:
        return [one for one in enrolled if one != self._enrolled[one.id]]

    def _revocation(self, certificate: x509.Certificate, reason: Reason) -> Change:
        made_by = self._authority.authority_of(certificate)
        if made_by is None or not is_issued_by(certificate, made_by.certificate):
            raise ValueError("no CA of the registry has made this certificate")
        if is_revoked(certificate, store=self._store):
            raise ValueError("this certificate is revoked already")
        return revoked(certificate, reason=reason, at=self._clock())

    def _revocations(self, fingerprints: Iterable[str], reason: Reason) -> list[Change]:
        """Return the changes that revoke all certificates of keys, as far as their CAs still count."""
        return [
            self._revocation(certificate, reason)
            for fingerprint in fingerprints
            for certificate in issued_for(fingerprint, store=self._store)
            if self._authority.authority_of(certificate) is not None and not is_revoked(certificate, store=self._store)
        ]

    def _is_to_renew(self, enrolled: Enrolled) -> bool:
        service, authority = enrolled.service, self._authority
        if service.authority_key_id != authority.key_id or service.role is Role.REGISTRAR:
            return False
        made_by = {authority_key_id(one) for one in issued_for(enrolled.key_fingerprint, store=self._store)}
        as_document_signer = made_by & self._iacas()
        has_both = authority.key_id in made_by and (not as_document_signer or authority.iaca_key_id in made_by)
        return enrolled.status is not Status.WITHDRAWN and not has_both

    def _commit(self, *changes: Change) -> None:
        try:
            self._store.commit(*changes)
        except RecordExistsError:
            # Each change takes the next number of the log, so of two writers one comes too late.
            raise _changed_elsewhere() from None

    def _enrolment(self, enrolled: Enrolled, signer: Signer) -> Enrolment:
        at, service = self._clock(), enrolled.service
        chain = self._authority.certify(
            signer.public_key,
            service.role,
            code=enrolled.code,
            name=_first(service.name),
            at=at,
            dns_names=enrolled.dns_names,
        )
        mdoc_chain = self._mdoc_chain(enrolled, signer.public_key, at=at)
        self._commit(*(issued(leaf) for leaf in (*chain[:1], *mdoc_chain[:1])))
        return Enrolment(
            identifier=service.party,
            name=service.name,
            role=service.role,
            signer=signer,
            chain=chain,
            mdoc_chain=mdoc_chain,
            registrations={code: self._register(enrolled, use, at=at) for code, use in enrolled.uses.items()},
            trust=self.published(),
        )

    def _mdoc_chain(self, enrolled: Enrolled, key: PublicKey, *, at: datetime) -> tuple[bytes, ...]:
        service, authority, name = enrolled.service, self._authority, _first(enrolled.service.name)
        if not may_be_certified(key):
            return ()
        if service.role is Role.VERIFIER:
            return authority.certify_reader(key, code=enrolled.code, name=name, at=at)
        if service.document_authority_key_ids:
            return authority.certify_document_signer(key, code=enrolled.code, name=name, at=at)
        return ()

    def _register(self, verifier: Enrolled, use: IntendedUse, *, at: datetime) -> str:
        registrar = self._authority.registrar
        return sign_registration(
            use,
            verifier=verifier.service.party,
            name=verifier.service.name,
            issuer=REGISTRY_PARTY,
            signer=registrar.signer,
            chain=self._authority.chain(registrar.certificate),
            at=at,
            expires=min(at + REGISTRATION_VALIDITY, registrar.certificate.not_valid_after_utc),
            identifiers=verifier.identifiers,
        )

    def _publish(self, at: datetime) -> None:
        scheme = Scheme(name=self._name, authority=self._authority, at=at, previous=self._issues)
        lists = {role: self._issue_list(role, scheme) for role in LIST_TYPES}
        revocation_lists = {
            own.key_id: issue_revocation_list(own, self._revoked_by(own.key_id), scheme=scheme)
            for _, own in self._authority.authorities()
        }
        pins = {key_id: Pin.of(issue.body, number=issue.number) for key_id, issue in revocation_lists.items()}
        handed_in = {key_id: Pin.of(one.der, number=one.number) for key_id, one in self._revocation_lists.items()}
        master = issue_master_list(lists, pins | handed_in, self._types, states=str(self._changes), scheme=scheme)
        latest = [*lists.values(), *revocation_lists.values(), master]
        new = [issue for issue in latest if self._issues.get(issue.name) is not issue]
        issues = self._issues | {issue.name: issue for issue in new}
        if len(self._published(issues).to_json()) > MAX_BYTES:
            raise LimitExceededError(f"what the registry publishes would be longer than {MAX_BYTES} bytes")
        self._commit(*replacing(new, self._issues))
        self._issues = issues

    def _published(self, issues: Mapping[str, Issue]) -> PublishedTrust:
        return PublishedTrust(
            anchor=self._authority.anchor,
            root_statements=self._authority.root_statements,
            master=issues[MASTER].text,
            lists={role: issues[role].text for role in LIST_TYPES},
            revocation_lists=self._published_revocation_lists(issues),
            type_metadata=dict(self._types),
        )

    def _revoked_by(self, key_id: bytes) -> tuple[RevokedCertificate, ...]:
        return revoked_by(key_id, store=self._store, last_list=self._last_lists().get(key_id))

    def _last_lists(self) -> dict[bytes, datetime]:
        names = {own.key_id: revocation_list_name(own.key_id) for _, own in self._authority.authorities()}
        return {
            key_id: whole_seconds(self._issues[name].next_update - REVOCATION_LIST_VALIDITY)
            for key_id, name in names.items()
            if name in self._issues
        }

    def _issue_list(self, role: Role, scheme: Scheme) -> Issue:
        services = [service for service in self.parties() if service.role is role]
        return issue_list(role, services, document_authorities=self._listed_iacas(role), scheme=scheme)

    def _listed_iacas(self, role: Role) -> tuple[bytes, ...]:
        if role is not Role.CREDENTIAL_ISSUER:
            return ()
        own = (self._authority.iaca, *self._authority.former_of(OwnKey.IACA))
        return (*(to_der(one.certificate) for one in own), *self._document_authorities.values())

    def _require_room_for_iaca(self) -> None:
        if len(self._document_authorities) + len(self._iacas()) >= MAX_DOCUMENT_AUTHORITIES:
            raise ValueError(f"a list holds no more than {MAX_DOCUMENT_AUTHORITIES} IACAs")

    def _iacas(self) -> frozenset[bytes]:
        return frozenset(own.key_id for kind, own in self._authority.authorities() if kind is OwnKey.IACA)

    def _published_revocation_lists(self, issues: Mapping[str, Issue]) -> dict[bytes, bytes]:
        own = [one.key_id for _, one in self._authority.authorities()]
        made = {key_id: issues[revocation_list_name(key_id)].body for key_id in own}
        return made | {key_id: one.der for key_id, one in self._revocation_lists.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAuthority:
    """A CA of a registry.

    Attributes:
        kind: what it certifies.
        key_id: its subject key identifier.
        certificate: its DER certificate.
        revocation_list: the address of its revocation list.
        succeeded: whether another one has taken its place, so that it may be retired.
    """

    kind: OwnKey
    key_id: bytes
    certificate: bytes = field(repr=False)
    revocation_list: str
    succeeded: bool


def _changed_elsewhere() -> LocalProtocolError:
    return LocalProtocolError("the registry was changed elsewhere meanwhile; reopen it")


def _own_certificates(authority: Authority) -> list[Change]:
    return [issued(to_der(certificate)) for certificate in authority.own_certificates()]


def _require_room(authority: Authority) -> None:
    """Check that followers read what will be published."""
    if any(len(authority.former_of(kind)) >= MAX_AUTHORITIES for kind in OwnKey):
        raise ValueError(f"retire a CA first: no more than {MAX_AUTHORITIES} of a kind count")
    if len(authority.root_statements) > MAX_STATEMENTS:
        raise ValueError(f"a root has been succeeded {MAX_STATEMENTS} times; found a new registry")


def _key_ids(authority: Authority) -> frozenset[bytes]:
    return frozenset(own.key_id for _, own in authority.authorities())


def _registrar(names: Mapping[str, str], authority: Authority, *, at: datetime) -> Enrolled:
    service = ListedService(
        party=REGISTRY_PARTY,
        name=names,
        role=Role.REGISTRAR,
        authority_key_id=authority.key_id,
        periods=(StatusPeriod(status=Status.GRANTED, since=at - SKEW),),
    )
    fingerprint = key_fingerprint(authority.registrar.signer.public_key)
    return Enrolled(service=service, code=REGISTRY_CODE, key_fingerprint=fingerprint)


def _names(name: Name) -> Mapping[str, str]:
    names = {"und": name} if isinstance(name, str) else dict(name)
    if not names or not all(language and text for language, text in names.items()):
        raise ValueError("a name is a text, or a text for each language tag")
    return names


def _first(names: Mapping[str, str]) -> str:
    return next(iter(names.values()))


class _Identity(WireModel):
    name: dict[str, str]
