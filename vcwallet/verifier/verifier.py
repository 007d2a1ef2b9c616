# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An enrolled verifier: asks, checks answers, and records that it received something.

The checks of an answer stand in one list (OpenID4VP 1.0, section 8.6): the answer, its state, each presentation, the
query, and last that this request was not answered before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

from vcwallet.checks import Check, Finding, Report, explain, run_checks
from vcwallet.claims import ClaimPath, JsonObject, any_position, path_text
from vcwallet.errors import (
    LocalProtocolError,
    NetworkBlockedError,
    QueryNotSatisfiedError,
    ReplayError,
    StoreError,
    TrustedListError,
    UnsupportedError,
    ValidityError,
    VcError,
    quoted,
)
from vcwallet.flow import Flow, HttpRequest, HttpResponse, run
from vcwallet.formats.base import Binding, CredentialFormat, Formats, UnverifiedPresentation, VerifiedCredential
from vcwallet.formats.mdoc.vocabulary import FORMAT as MDOC
from vcwallet.formats.type_metadata import TypeCatalogue, require_conformity
from vcwallet.history import HashChain, LogEntry
from vcwallet.jose import jws
from vcwallet.keys import jwk
from vcwallet.keys.combined_policy import CombinedPolicy
from vcwallet.keys.policy import IssuerPolicy, Role, TrustPolicy
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import KeyAgreement, Signer
from vcwallet.protocols.dcql import Candidate, ClaimOption, DcqlQuery, match_credential, require_answer
from vcwallet.protocols.exchange import ExpectedAnswer
from vcwallet.protocols.openid4vp import Request, Response
from vcwallet.protocols.openid4vp.client_id import ClientId, X509Hash, X509SanDns
from vcwallet.protocols.openid4vp.digital_credentials import multisigned_request_data
from vcwallet.protocols.openid4vp.request import BACK, LIFETIME, Delivery, make_request
from vcwallet.protocols.openid4vp.transaction_data import require_authorised
from vcwallet.protocols.proximity.asking import SentDeviceRequest
from vcwallet.status.checker import NO_FAILURES, CredentialStatus, Failures, Prefetched, StatusChecker, media_type_of
from vcwallet.status.held_lists import ListKey
from vcwallet.status.outcome import Origin, StatusPolicy, StatusResult
from vcwallet.storage import Put, RecordExistsError, RecordStore
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.enrolment import Enrolment
from vcwallet.trust.published import PublishedTrust
from vcwallet.trust.registration import IntendedUse, registered_use
from vcwallet.verifier.asking import Ask, query_of
from vcwallet.verifier.bundle import BundledList, Imported, OfflineBundle
from vcwallet.verifier.session import VerifierSession
from vcwallet.verifier.verified import Evidence, Verified

Transport: TypeAlias = Callable[[HttpRequest], HttpResponse]
"""Answers a request, or raises `TransportError`."""

Accept: TypeAlias = Callable[[Verified], None]
"""Raises if what was presented will not do for the caller."""


def _accept(_: Verified) -> None:
    """Take whatever has passed every check."""


class Verifier:
    """One enrolled verifier.  `vcwallet.Verifier` puts it together with a store and the system clock."""

    def __init__(
        self,
        enrolment: Enrolment,
        *,
        store: RecordStore,
        formats: Sequence[CredentialFormat],
        clock: Callable[[], datetime],
        status: StatusPolicy,
        http: Transport | None = None,
        issuers: Sequence[IssuerPolicy] = (),
    ) -> None:
        """Take up an enrolment.

        Args:
            enrolment: what the registry gave: identifier, key, certificates, registrations.
            store: remembers which requests were answered, what was received, the registry's latest list, and status
                lists.
            formats: the credential formats that are accepted.
            clock: tells the time.
            status: what is accepted of the status of credentials.
            http: fetches status lists; None relies on those that are held, and nothing is fetched.
            issuers: say which issuers are trusted besides those of the registry, which comes first.

        Raises:
            ValueError: the enrolment is for another role.
            TrustedListError: the registry's list is past its end.
        """
        if enrolment.role is not Role.VERIFIER:
            raise ValueError("the enrolment is not that of a verifier")
        self._enrolment = enrolment
        self._store = store
        self._formats: Formats = {one.format: one for one in formats}
        self._clock = clock
        self._trust = TrustedListClient.follow(enrolment.trust, store=store, at=clock())
        self._status_policy = status
        self.update_issuers(*issuers)
        self._types = TypeCatalogue(self._trust.type_metadata)
        self._receipts = HashChain(store, "receipt")
        self._http: Transport = http if http is not None else _offline
        self.identifier: str = enrolment.identifier

    def request(
        self,
        *asks: Ask | DcqlQuery,
        purpose: str,
        lifetime: timedelta = LIFETIME,
        delivery: Delivery = BACK,
        client: ClientId | None = None,
        header: Mapping[str, Any] | None = None,
        transaction_data: Sequence[str] = (),
    ) -> Request:
        """Return a signed request with a fresh nonce, to be sent to a wallet and kept until its answer comes.

        Args:
            asks: what is asked for: some questions, or one DCQL query.
            purpose: the code of a purpose that this verifier is registered for.
            lifetime: how long an answer is accepted; at most 600 seconds.
            delivery: how the answer comes back.
            client: another client identifier of this verifier; None for the hash of its certificate.
            header: what shows that its key is that client's, where no certificate does: the ``kid`` of a DID or of a
                federation, or the attestation as ``jwt``.
            transaction_data: what the holder is asked to authorise, see `transaction_text`.

        Raises:
            LocalProtocolError: there is no registration for this purpose (``PURPOSE_NOT_REGISTERED``).
            ValueError: nothing is asked for, or a query stands beside questions.
        """
        registration = self._registration(purpose)
        is_certified = client is None or isinstance(client, X509Hash | X509SanDns)
        return make_request(
            self._query(asks, registration, self._formats),
            purpose=purpose,
            registration=registration,
            signer=self._enrolment.signer,
            chain=self._enrolment.chain if is_certified else (),
            at=self._clock(),
            lifetime=lifetime,
            delivery=delivery,
            client=client,
            header=header,
            transaction_data=transaction_data,
        )

    @property
    def chain(self) -> tuple[bytes, ...]:
        """Its access certificates in DER, its own first."""
        return self._enrolment.chain

    def with_wallet_nonce(self, request: Request, wallet_nonce: str) -> Request:
        """Return a request of this verifier, signed again with what a wallet sent (OpenID4VP 1.0, section 5.10).

        Raises:
            MalformedError: it is no nonce of a wallet.
        """
        return request.with_wallet_nonce(wallet_nonce, signer=self._enrolment.signer)

    def multisigned(self, request: Request, signers: Sequence[tuple[Signer, JsonObject]]) -> dict[str, Any]:
        """Return a request by the Digital Credentials API as this verifier and others have signed it, itself first.

        Args:
            request: one of this verifier.
            signers: each further key with its protected header (see `multisigned_request_data`).

        Raises:
            ValueError: its answer comes back in another way, or a header has no ``client_id``.
        """
        members = jws.parse(request.jwt).header.members
        own = {name: value for name, value in members.items() if name not in ("alg", "typ")}
        first = (self._enrolment.signer, {**own, "client_id": request.client_id})
        return multisigned_request_data(request, signers=[first, *signers])

    def start_session(self, qr: str) -> VerifierSession:
        """Return a meeting with the wallet that shows this QR code (ISO/IEC 18013-5).

        Raises:
            MalformedError, UnsupportedError: it is no engagement, or one of another version.
        """
        return VerifierSession(qr, verifier=self, clock=self._clock)

    def device_request(
        self,
        *asks: Ask | DcqlQuery,
        purpose: str,
        session_transcript: bytes,
        reader_key: KeyAgreement,
        expires: datetime,
    ) -> SentDeviceRequest:
        """Return a DeviceRequest that is signed for one session, to be kept until its answer comes.

        Args:
            asks: what is asked for: some questions, or one DCQL query; all of it is needed.
            purpose: the code of a purpose that this verifier is registered for.
            session_transcript: the CBOR of the SessionTranscript.
            reader_key: the ephemeral key of the session.
            expires: until when an answer is accepted.

        Raises:
            LocalProtocolError: there is no registration for this purpose (``PURPOSE_NOT_REGISTERED``), or no reader
                certificate (``NO_CERTIFICATE``).
            ValueError: nothing is asked for, or what a session cannot ask.
        """
        registration = self._registration(purpose)
        if not self._enrolment.mdoc_chain:
            raise LocalProtocolError("the registry gave no reader certificate", code="NO_CERTIFICATE")
        return SentDeviceRequest.create(
            self._query(asks, registration, {MDOC}),
            purpose=purpose,
            registration=registration,
            signer=self._enrolment.signer,
            chain=self._enrolment.mdoc_chain,
            session_transcript=session_transcript,
            reader_key=reader_key,
            expires=expires,
        )

    def verify(
        self, response: Response | bytes | str, *, expected: ExpectedAnswer, accept: Accept = _accept
    ) -> Verified:
        """Return what was presented in answer to `expected`, after every check has passed; only the first time.

        A receipt with the names of the claims, and without their values, is stored before this returns.  Status lists
        that are missing or no longer fresh are fetched with the `http` of this verifier, after all else is right.

        Args:
            response: the answer.
            expected: what was asked.
            accept: the last word of the caller, who sees what was presented when all is right and nothing is stored
                yet; if it raises, the answer counts as never received.

        Raises:
            BindingError: the answer, or the holder's proof in it, belongs to another request or verifier, or the
                request is not one that this verifier has signed (``REQUEST_NOT_OURS``).
            ReplayError: the request was answered before.
            ValidityError: the request, a credential or a proof is outside its time.
            UntrustedError, NotAuthorisedError: an issuer is not known, or may not issue this type now.
            SignatureInvalidError, DigestInvalidError, AlgorithmNotAllowedError: the cryptography does not hold.
            StatusError: the status of a credential is not one that the policy accepts (see `StatusPolicy.require`).
            QueryNotSatisfiedError: the answer is not what was asked for, or more than that.
            MalformedError, UnsupportedError: the answer or a presentation is not readable.
        """
        return run(self.verifying(response, expected=expected, accept=accept), self._http)

    def verifying(
        self, response: Response | bytes | str, *, expected: ExpectedAnswer, accept: Accept = _accept
    ) -> Flow[Verified]:
        """Verify as `verify`, but leave it to the caller to fetch status lists (`vcwallet.flow.arun`, for example).

        Raises:
            VcError: as `verify`.
        """
        case = self._case(response, expected)
        run_checks(BEFORE_STATUS, case)
        yield from case.refreshing()
        run_checks((STATUS,), case)
        # In the order of the query: which of two credentials is the first is not for the wallet to choose.
        asked = (query.id for query in expected.query.requested)
        credentials = {query_id: tuple(case.evidence(query_id)) for query_id in asked if query_id in case.verified}
        verified = Verified(credentials=credentials, purpose=expected.purpose, verified_at=case.at)
        accept(verified)
        try:
            self._receipts.append(_receipt(case), Put("answered", expected.answer_id, b"", new=True))
        except RecordExistsError:
            raise ReplayError("the request was answered before") from None
        return verified

    def explain(self, response: Response | bytes | str, *, expected: ExpectedAnswer) -> Report:
        """Run the same checks without stopping, and return what each found; nothing is stored but status lists.

        Raises:
            MalformedError: the answer itself is not readable.
        """
        return run(self.explaining(response, expected=expected), self._http)

    def explaining(self, response: Response | bytes | str, *, expected: ExpectedAnswer) -> Flow[Report]:
        """Explain as `explain`, but leave it to the caller to fetch status lists.

        Raises:
            MalformedError: as `explain`.
        """
        failures = yield from self._refreshing_if_right(response, expected)
        case = self._case(response, expected)
        case.failures = failures
        findings: list[Finding] = []
        for finding in explain(CHECKS, case):
            findings.append(finding)
            if finding.check == "presentations":
                findings.extend(case.explain_presentations())
        return Report(findings=tuple(findings))

    def receipts(self) -> list[LogEntry]:
        """Return the records of what was received, oldest first, by claim names.

        Raises:
            StoreCorruptError: a record was changed or removed.
        """
        return list(self._receipts.entries())

    def update_trust(self, published: PublishedTrust) -> None:
        """Take a newer list of the same registry.

        Raises:
            TrustedListError: older, expired or not the registry's; the last good list stays in use.
        """
        self._trust.update(published, at=self._clock())
        self._types = TypeCatalogue(self._trust.type_metadata)

    def update_issuers(self, *issuers: IssuerPolicy) -> None:
        """Trust these issuers besides those of the registry, in place of the ones that were given before.

        The same policies say who signs the status lists of their credentials.
        """
        self._issuers = CombinedPolicy((self._trust, *issuers))
        self._statuses = StatusChecker(store=self._store, trust=self._issuers, policy=self._status_policy)

    # --- without a network ---------------------------------------------------------------------------------------

    def prepare_offline(self) -> Prefetched:
        """Fetch all status lists of all status signers that the registry lists, as far as they can be had.

        Raises:
            StoreError: the store failed.
        """
        return run(self.preparing_offline(), self._http)

    def preparing_offline(self) -> Flow[Prefetched]:
        """Prepare as `prepare_offline`, but leave it to the caller to fetch.

        Raises:
            StoreError: as `prepare_offline`.
        """
        signers = self._trust.parties(Role.STATUS_SIGNER)
        addresses = [address for signer in signers for address in signer.supply_points]
        media_types = {media_type_of(format) for format in self._formats}
        prefetched = yield from self._statuses.prefetching(addresses, media_types=sorted(media_types), at=self._clock())
        return prefetched

    def export_bundle(self) -> bytes:
        """Return the registry's trust and the status lists that have not ended, for a verifier without a network.

        Raises:
            StoreCorruptError: a record is damaged.
            LocalProtocolError: there is too much for one bundle (``BUNDLE_TOO_LARGE``).
        """
        at = self._clock()
        held = tuple(
            BundledList(key=one.key, token=one.token, fetched_at=one.fetched_at)
            for one in self._statuses.lists.all()
            if one.ends > at
        )
        return OfflineBundle(trust=self._trust.published, lists=held).to_json()

    def import_bundle(self, data: bytes) -> Imported:
        """Take what is good and newer in a bundle; how long the rest of it is relied on is for the policy to say.

        Raises:
            MalformedError: it is no bundle.
            TrustedListError: the bundle is of another registry, or its list is wrong; nothing was taken.  An older
                list than the one in use is no error, and not taken.
            StoreError: the store failed.
        """
        bundle, at = OfflineBundle.from_json(data), self._clock()
        try:
            self.update_trust(bundle.trust)
        except TrustedListError as error:
            if error.code not in ("REGISTRY_ROLLBACK", "REGISTRY_STALE"):
                raise
        taken: list[ListKey] = []
        refused: dict[str, str] = {}
        for one in bundle.lists:
            try:
                self._statuses.lists.keep(
                    one.key, one.token, fetched_at=min(one.fetched_at, at), origin=Origin.BUNDLE, at=at
                )
                taken.append(one.key)
            except StoreError:
                raise
            except VcError as error:
                refused[one.key.uri] = error.code
        return Imported(lists=tuple(taken), refused=refused, sequence=self._trust.sequence)

    # --- steps ---------------------------------------------------------------------------------------------------

    def _refreshing_if_right(self, response: Response | bytes | str, expected: ExpectedAnswer) -> Flow[Failures]:
        """Fetch status lists, unless something else is wrong already; an explanation fetches no more than verifying."""
        case = self._case(response, expected)
        try:
            run_checks(BEFORE_STATUS, case)
            yield from case.refreshing()
        except StoreError:
            raise
        except VcError:  # the findings will say why
            return NO_FAILURES
        return case.failures

    def _registration(self, purpose: str) -> str:
        registration = self._enrolment.registrations.get(purpose)
        if registration is None:
            raise LocalProtocolError(f"no registration for {quoted(purpose)}", code="PURPOSE_NOT_REGISTERED")
        return registration

    def _query(self, asks: Sequence[Ask | DcqlQuery], registration: str, formats: Collection[str]) -> DcqlQuery:
        questions = [one for one in asks if isinstance(one, Ask)]
        queries = [one for one in asks if isinstance(one, DcqlQuery)]
        if len(queries) == 1 and not questions:
            return queries[0]
        if queries or not questions:
            raise ValueError("a request has either questions or one DCQL query")
        return query_of(questions, formats=formats, use=_use_of(registration))

    def _case(self, response: Response | bytes | str, expected: ExpectedAnswer) -> _Case:
        answer = response if isinstance(response, Response) else Response.from_json(response)
        return _Case(
            answer=answer,
            expected=expected,
            at=self._clock(),
            trust=self._issuers,
            types=self._types,
            formats=self._formats,
            store=self._store,
            own_key=self._enrolment.signer.public_key,
            statuses=self._statuses,
        )


@dataclass(slots=True, kw_only=True)
class _Case:
    """An answer under examination, and what was verified of it so far."""

    answer: Response
    expected: ExpectedAnswer
    at: datetime
    trust: TrustPolicy
    types: TypeCatalogue
    formats: Formats
    store: RecordStore
    own_key: PublicKey
    statuses: StatusChecker
    verified: dict[str, list[VerifiedCredential]] = field(default_factory=dict)
    failures: Failures = field(default_factory=dict)
    status_results: dict[str, list[StatusResult]] = field(default_factory=dict)

    def presentations(self) -> list[tuple[str, UnverifiedPresentation, Binding]]:
        """Return the presentations, each with the format and binding that its credential query demands."""
        queries = {query.id: query for query in self.expected.query.requested}
        found: list[tuple[str, UnverifiedPresentation, Binding]] = []
        for query_id, raws in self.answer.vp_token.items():
            query = queries.get(query_id)
            if query is None:
                raise QueryNotSatisfiedError("nothing was asked under this name", code="UNEXPECTED_PRESENTATION")
            binding = self.expected.binding(required=query.require_cryptographic_holder_binding)
            reader = self.formats.get(query.format)
            if reader is None:
                raise UnsupportedError(f"this verifier does not read credentials of format {quoted(query.format)}")
            found.extend((query_id, reader.read_presentation(raw), binding) for raw in raws)
        return found

    def explain_presentations(self) -> list[Finding]:
        """Return what each check of each presentation found."""
        try:
            presentations = self.presentations()
        except VcError:  # the finding of the check itself says why
            return []
        return [
            finding
            for query_id, presentation, binding in presentations
            for finding in presentation.explain(binding=binding, trust=self.trust, at=self.at, subject=query_id)
        ]

    def refreshing(self) -> Flow[None]:
        """Fetch the status lists of the credentials that were verified, where they are missing or not fresh."""
        self.failures = yield from self.statuses.refreshing([_status_of(one) for _, one in self.each()], at=self.at)

    def evidence(self, query_id: str) -> list[Evidence]:
        """Return the credentials of a query with what was found about the status of each."""
        pairs = zip(self.verified[query_id], self.status_results[query_id], strict=True)
        return [Evidence.of(credential, result) for credential, result in pairs]

    def each(self) -> list[tuple[str, VerifiedCredential]]:
        """Return the credentials that were verified, with their credential queries."""
        return [(query_id, one) for query_id, found in self.verified.items() for one in found]


def _require_own_request(case: _Case) -> None:
    """What was kept for the answer decides what is accepted, so it has to be what this verifier itself has signed."""
    case.expected.require_signed_by(case.own_key)


def _require_state(case: _Case) -> None:
    case.expected.require_state(case.answer.state)


def _require_open(case: _Case) -> None:
    if case.at >= case.expected.expires:
        raise ValidityError("the request has expired")


def _verify_presentations(case: _Case) -> None:
    for query_id, presentation, binding in case.presentations():
        verified = presentation.verify(binding=binding, trust=case.trust, at=case.at)
        resolved = case.types.type(verified.type_id)
        type_ids = tuple(dict.fromkeys((*resolved.type_ids, *verified.type_ids)))
        case.verified.setdefault(query_id, []).append(replace(verified, type_ids=type_ids))


def _require_types(case: _Case) -> None:
    for _, one in case.each():
        concealed = {any_position(path) for path in one.disclosed}
        resolved = case.types.type(one.type_id, integrity=one.type_integrity)
        require_conformity(resolved, one.claims, concealed=concealed, complete=False)


def _require_answer(case: _Case) -> None:
    _require_positions(case)
    answer = {query_id: [_candidate(query_id, one) for one in found] for query_id, found in case.verified.items()}
    require_answer(case.expected.query, answer, query_for=case.expected.query_for)
    _require_different(case)


def _require_different(case: _Case) -> None:
    """Where several credentials may come, one that comes twice is not two: what it says is not counted again."""
    for found in case.verified.values():
        digests = [one.signed_digest for one in found if one.signed_digest]
        if len(set(digests)) != len(digests):
            raise QueryNotSatisfiedError("a credential is presented twice", code="CREDENTIAL_REPEATED")


def _require_positions(case: _Case) -> None:
    """An element asked for by its position is not another one, which took its place when one before it was hidden."""
    queries = {query.id: query for query in case.expected.query.requested}
    for query_id, credential in case.each():
        for claim in queries[query_id].claims:
            arrays = {claim.path[:at] for at, step in enumerate(claim.path) if isinstance(step, int)}
            if not arrays.isdisjoint(credential.shifted):
                raise QueryNotSatisfiedError("an element stands at another position", code="POSITION_UNKNOWN")


def _require_no_more(case: _Case) -> None:
    """What nobody asked for must not be taken in, even when a wallet sends it."""
    queries = {query.id: query for query in case.expected.query.requested}
    for query_id, credential in case.each():
        query = case.expected.query_for(queries[query_id], credential.claims)
        said = ((name, element) for name, items in credential.device_claims.items() for element in items)
        shown = (*credential.disclosed, *said)
        # Combinations are alternatives: what no one of them has together was not asked for together.
        matched = match_credential(query, _candidate(query_id, credential))
        beyond = [_beyond(one, shown) for one in (query.claim_options if matched is None else matched.options)]
        if all(beyond):
            path = min(beyond, key=len)[0]
            raise QueryNotSatisfiedError(
                f"the answer shows more than was asked for: {quoted(path_text(path))}", code="MORE_THAN_ASKED"
            )


def _beyond(option: ClaimOption, shown: Sequence[ClaimPath]) -> list[ClaimPath]:
    """Return what is shown and does not belong to a combination of claims."""
    wanted = option.paths
    return [path for path in shown if not any(_on_one_line(path, one) for one in wanted)]


def _require_transactions(case: _Case) -> None:
    """What the holder was asked to authorise was authorised, each once, over the verifier's own texts."""
    authorised = [(query_id, text) for query_id, one in case.each() for text in one.transaction_data]
    require_authorised(case.expected.binding(required=True).transaction_data, authorised)


def _require_unanswered(case: _Case) -> None:
    if case.store.get("answered", case.expected.answer_id) is not None:
        raise ReplayError("the request was answered before")


def _require_status(case: _Case) -> None:
    """A credential that may have been revoked is not one that was not: what cannot be told is refused."""
    for query_id, one in case.each():
        result = case.statuses.check(_status_of(one), at=case.at, failures=case.failures)
        case.statuses.policy.require(result)
        case.status_results.setdefault(query_id, []).append(result)


def _status_of(one: VerifiedCredential) -> CredentialStatus:
    return CredentialStatus(claim=one.status, issuer=one.issuer.party, format=one.format)


BEFORE_STATUS: tuple[Check[_Case], ...] = (
    Check("request", "OpenID4VP 1.0, section 5", _require_own_request),
    Check("state", "OpenID4VP 1.0, section 8.2", _require_state),
    Check("request_open", "OpenID4VP 1.0, section 5.2", _require_open),
    Check("presentations", "OpenID4VP 1.0, section 8.6", _verify_presentations),
    Check("types", "SD-JWT VC, section 5", _require_types, ("presentations",)),
    Check("query", "OpenID4VP 1.0, section 8.6", _require_answer, ("presentations",)),
    Check("no_more_than_asked", "OpenID4VP 1.0, section 6.4", _require_no_more, ("presentations",)),
    Check("transactions", "OpenID4VP 1.0, section 8.4", _require_transactions, ("presentations",)),
    Check("unanswered", "OpenID4VP 1.0, section 14.1", _require_unanswered),
)
STATUS: Check[_Case] = Check("status", "Token Status List, section 8.3", _require_status, ("presentations",))
# Last, since it may have to be fetched: what is wrong for another reason causes no request to anybody.
CHECKS: tuple[Check[_Case], ...] = (*BEFORE_STATUS, STATUS)


@lru_cache(maxsize=64)
def _use_of(registration: str) -> IntendedUse:
    """Return what a verifier of this process has registered; it asks by the same certificates again and again."""
    return registered_use(registration)


def _offline(_: HttpRequest) -> HttpResponse:
    raise NetworkBlockedError("this verifier was given no network")


def _candidate(query_id: str, one: VerifiedCredential) -> Candidate:
    return Candidate(
        id=query_id,
        format=one.format,
        type_ids=frozenset(one.type_ids),
        claims=one.claims,
        holder_bound=one.holder_proved,
        authorities=one.authorities,
    )


def _on_one_line(path: Sequence[Any], wanted: Sequence[Any]) -> bool:
    """Tell whether one path is a beginning of the other, a null standing for any index."""
    return all(
        have == want or (want is None and isinstance(have, int)) for have, want in zip(path, wanted, strict=False)
    )


def _receipt(case: _Case) -> Mapping[str, Any]:
    """Return the record of receipt: who provided what, when and why, by claim names."""
    return {
        "event": "received",
        "time": case.at.astimezone(UTC).isoformat(timespec="seconds"),
        "purpose": case.expected.purpose,
        "request": case.expected.digest,
        "credentials": [
            {
                "type": one.type_id,
                "issuer": one.issuer.party,
                "holder": jwk.thumbprint(jwk.public_jwk(one.holder_key)) if one.holder_key else None,
                "claims": [path_text(path) for path in one.disclosed],
            }
            for _, one in case.each()
        ],
    }
