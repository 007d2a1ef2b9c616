# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A trust registry as a role: enrols parties, registers purposes, and publishes the trusted list.

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
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, Self, TypeAlias

from vcwallet.credential_type import CredentialType
from vcwallet.encoding import json, sri
from vcwallet.encoding.wire import WireModel, read
from vcwallet.errors import LocalProtocolError, StoreCorruptError, StoreError, VcError, quoted
from vcwallet.jose.jwt import SKEW
from vcwallet.keys.policy import Role
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer
from vcwallet.keys.software import SoftwareSigner
from vcwallet.registry import document_authorities, log, types
from vcwallet.registry.authority import PARTY_PREFIX, REGISTRY_CODE, REGISTRY_PARTY, Authority
from vcwallet.registry.enrolled import Enrolled, key_record, keys_of, load_enrolled, require_unused
from vcwallet.registry.log import Action, LogEntry
from vcwallet.registry.publication import VALIDITY, Publication, load_publication
from vcwallet.storage import Change, Put, RecordExistsError, RecordStore
from vcwallet.trust.certificates import subject_key_id, to_der
from vcwallet.trust.chain import key_fingerprint, require_within
from vcwallet.trust.document_signer import read_iaca
from vcwallet.trust.enrolment import Enrolment
from vcwallet.trust.list_json import MAX_DOCUMENT_AUTHORITIES, sign_list
from vcwallet.trust.mdoc_certificates import may_be_certified
from vcwallet.trust.members import whole_seconds
from vcwallet.trust.published import PublishedTrust
from vcwallet.trust.registration import IntendedUse, sign_registration
from vcwallet.trust.trusted_list import ListedService, Mode, Status, StatusPeriod, TrustedList

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
        self._changes = len(log.entries(store))
        self._publication = load_publication(store)

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
            ValueError: no country or address.
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
        if key_id in self._document_authorities or key_id == self._authority.iaca_key_id:
            raise ValueError("this IACA, or one with its key identifier, is another party's")
        if len(self._document_authorities) + 1 >= MAX_DOCUMENT_AUTHORITIES:
            raise ValueError(f"a list holds no more than {MAX_DOCUMENT_AUTHORITIES} IACAs")
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
    ) -> Enrolment:
        """Enrol a party that asks for claims, with one registration certificate for each purpose.

        Raises:
            ValueError: no purpose, two of the same code (``MULTI_PURPOSE``), or a code or key that is taken.
            LocalProtocolError: another process has changed the registry.
        """
        if not purposes:
            raise ValueError("a verifier is registered for at least one purpose")
        if len({use.code for use in purposes}) != len(purposes):
            raise ValueError("MULTI_PURPOSE: two purposes of one code; one registration, one purpose")
        return self._enrol(Role.VERIFIER, name, code=code, signer=signer, uses=purposes, details=details)

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
            acts_for: the identifiers of other issuers whose status lists it signs.
            supply_points: the https URLs at which its status lists are listed (Token Status List, section 9).

        Raises:
            ValueError: a code or key that is taken, or one to act for that is no enrolled issuer.
            LocalProtocolError: another process has changed the registry.
        """
        for issuer in acts_for:
            if (issuer, Role.CREDENTIAL_ISSUER) not in self._enrolled:
                raise ValueError(f"no party {quoted(issuer)} is enrolled as {Role.CREDENTIAL_ISSUER}")
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
        self._change(Action.RENEW, [changed], changes=[key_record(signer.public_key, changed.id)])
        return self._enrolment(changed, signer)

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
        """Stop trusting a party for the time being.

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

        Raises:
            ValueError: no such party, or one that is withdrawn already.
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

    # --- what is known and published ---------------------------------------------------------------------------------

    def parties(self) -> tuple[ListedService, ...]:
        """Return every role of every party, withdrawn ones included."""
        return tuple(self._enrolled[key].service for key in sorted(self._enrolled))

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
        """
        at = self._clock()
        publication = self._publication
        if publication is None or not publication.is_current(changes=self._changes, at=at):
            publication = self._publish(at)
        return PublishedTrust(
            anchor=self._authority.anchor, trusted_list=publication.text, type_metadata=dict(self._types)
        )

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
        )
        enrolled = Enrolled(
            service=service,
            code=code,
            key_fingerprint=key_fingerprint(key),
            uses={use.code: use for use in uses},
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
        entry = LogEntry(
            number=self._changes + 1,
            time=self._clock(),
            operator=self._operator,
            action=action,
            party=enrolled[0].service.party,
            roles=tuple(one.service.role for one in enrolled),
            reason=reason,
        )
        self._commit(*(one.record() for one in enrolled), *changes, log.append(entry))
        self._changes = entry.number
        self._enrolled |= {one.id: one for one in enrolled}

    def _commit(self, *changes: Change) -> None:
        try:
            self._store.commit(*changes)
        except RecordExistsError:
            # Each change takes the next number of the log, so of two writers one comes too late.
            raise LocalProtocolError("the registry was changed elsewhere meanwhile; reopen it") from None

    def _enrolment(self, enrolled: Enrolled, signer: Signer) -> Enrolment:
        at, service = self._clock(), enrolled.service
        return Enrolment(
            identifier=service.party,
            name=service.name,
            role=service.role,
            signer=signer,
            chain=self._authority.certify(
                signer.public_key, service.role, code=enrolled.code, name=_first(service.name), at=at
            ),
            mdoc_chain=self._mdoc_chain(enrolled, signer.public_key, at=at),
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
        )

    def _publish(self, at: datetime) -> Publication:
        previous, operator = self._publication, self._authority.list_operator
        content = TrustedList(
            operator=self._name,
            territory=self._authority.country,
            sequence=previous.sequence + 1 if previous is not None else 1,
            issued=at,
            next_update=at + VALIDITY,
            services=self.parties(),
            type_integrity={vct: sri.integrity(document) for vct, document in self._types.items()},
            document_authorities=(to_der(self._authority.iaca.certificate), *self._document_authorities.values()),
        )
        publication = Publication(
            sequence=content.sequence,
            changes=self._changes,
            next_update=content.next_update,
            text=sign_list(content, signer=operator.signer, chain=self._authority.chain(operator.certificate)),
        )
        self._commit(*publication.replacing(previous))
        self._publication = publication
        return publication


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
