# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A DeviceRequest as a request like any other: a DCQL query, a reader who is known, an answer that is expected.

The reader's signature covers the session and the elements (ISO/IEC 18013-5, clause 9.1.4), and with them the verifier's
registration certificate and purpose, which travel in ``requestInfo``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vcwallet.claims import JsonObject
from vcwallet.encoding import base64url
from vcwallet.errors import (
    BindingError,
    LimitExceededError,
    QueryNotSatisfiedError,
    RemoteProtocolError,
    VcError,
    quoted,
)
from vcwallet.formats.base import Binding
from vcwallet.formats.mdoc import DeviceResponse
from vcwallet.formats.mdoc.ages import require_few_ages
from vcwallet.formats.mdoc.vocabulary import FORMAT
from vcwallet.keys.policy import TrustedKey, TrustPolicy
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import KeyAgreement, Signer
from vcwallet.protocols.dcql import CredentialQuery, DcqlQuery
from vcwallet.protocols.dcql.query import MAX_CLAIMS
from vcwallet.protocols.exchange import AuthenticatedRequest
from vcwallet.protocols.openid4vp import Response
from vcwallet.protocols.proximity.answering import as_held, with_nearest_ages
from vcwallet.protocols.proximity.device_request import (
    DeviceRequest,
    DocRequest,
    ItemsRequest,
    reader_authentication_bytes,
    sign_doc_request,
)

_CLAUSE = "ISO/IEC 18013-5, 8.3.2.1.2.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingDeviceRequest:
    """A DeviceRequest as a wallet received it in a session; who asks is not known yet.

    Attributes:
        device_request: its CBOR.
        session_transcript: the CBOR of the SessionTranscript of that session.
        expires: until when the session waits for an answer.
    """

    device_request: bytes = field(repr=False)
    session_transcript: bytes = field(repr=False)
    expires: datetime

    def verify(self, *, trust: TrustPolicy, at: datetime) -> AuthenticatedRequest:
        """Return the request with the reader that trust vouches for.

        Raises:
            MalformedError, LimitExceededError, UnsupportedError: it is no DeviceRequest, or one that is not answered.
            UntrustedError, NotAuthorisedError: a document request is not signed by a registered verifier.
            SignatureInvalidError: a signature is over something else, or another session.
            RemoteProtocolError: the document requests are by several readers, for several purposes, or ask for more
                than two ages.
            ValidityError: a certificate or the trusted list is outside its validity.
        """
        request = DeviceRequest.parse(self.device_request)
        reader = self._reader(request, trust=trust, at=at)
        items = [one.items_request for one in request.doc_requests]
        registrations = dict.fromkeys(one.registration for one in items)
        return AuthenticatedRequest(
            verifier=reader,
            binding=_binding(self.device_request, self.session_transcript),
            state=None,
            query=_query(items),
            purpose=_the_same([one.purpose for one in items], "purposes"),
            registrations=tuple(one for one in registrations if one is not None),
            digest=_digest(self.device_request),
            expires=self.expires,
            query_for=as_held,
        )

    def _reader(self, request: DeviceRequest, *, trust: TrustPolicy, at: datetime) -> TrustedKey:
        readers = [one.verify_reader(self.session_transcript, trust=trust, at=at) for one in request.doc_requests]
        _the_same([reader.party for reader in readers], "readers")
        return readers[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentDeviceRequest:
    """A DeviceRequest as its verifier keeps it until the answer comes.

    Attributes:
        device_request: its CBOR, which goes to the wallet.
        session_transcript: the CBOR of the SessionTranscript of the session.
        reader_key: the ephemeral key of the session, for an answer with a MAC.
        query: what is asked for.
        purpose: the code of the registered purpose.
        expires: until when an answer is accepted.
    """

    device_request: bytes = field(repr=False)
    session_transcript: bytes = field(repr=False)
    reader_key: KeyAgreement = field(repr=False)
    query: DcqlQuery
    purpose: str
    expires: datetime

    @classmethod
    def create(
        cls,
        query: DcqlQuery,
        *,
        purpose: str,
        registration: str,
        signer: Signer,
        chain: Sequence[bytes],
        session_transcript: bytes,
        reader_key: KeyAgreement,
        expires: datetime,
    ) -> SentDeviceRequest:
        """Return a request that is signed for one session, document by document.

        Args:
            query: what is asked for: mdoc credential queries for different document types, each of which is needed.
            purpose: the code of the registered purpose.
            registration: the registration certificate for that purpose.
            signer: the reader's key.
            chain: its certificates, the reader's own first.
            session_transcript: the CBOR of the SessionTranscript.
            reader_key: the ephemeral key of the session.
            expires: until when an answer is accepted.

        Raises:
            ValueError: a query that a DeviceRequest cannot ask.
        """
        _require_askable(query)
        requests = [
            sign_doc_request(
                _items(one, purpose=purpose, registration=registration),
                signer=signer,
                chain=chain,
                session_transcript=session_transcript,
            )
            for one in query.requested
        ]
        return cls(
            device_request=DeviceRequest.create(requests).encoded,
            session_transcript=session_transcript,
            reader_key=reader_key,
            query=query,
            purpose=purpose,
            expires=expires,
        )

    @property
    def digest(self) -> str:
        """The SHA-256 of the request, as base64url, by which histories and receipts name it."""
        return _digest(self.device_request)

    @property
    def answer_id(self) -> str:
        """The digest: each request is answered once, and its signature makes it different from any other."""
        return self.digest

    def response(self, device_response: bytes) -> Response:
        """Return an answer in this session, each document under the query for its type; nothing in it is verified.

        Raises:
            VcError: it is no DeviceResponse, or reports an error.
            QueryNotSatisfiedError: a document that nobody asked for, or one twice.
        """
        ids = {_doc_type(query): query.id for query in self.query.requested}
        token: dict[str, tuple[str, ...]] = {}
        for doc_type, one in DeviceResponse.loads(device_response).each():
            if doc_type not in ids or ids[doc_type] in token:
                raise QueryNotSatisfiedError(
                    f"the answer has a document {quoted(doc_type)} that was not asked for",
                    code="UNEXPECTED_PRESENTATION",
                    clause="ISO/IEC 18013-5, 9.3.1",
                )
            token[ids[doc_type]] = (base64url.encode(one),)
        return Response(vp_token=token, state=None)

    def require_signed_by(self, key: PublicKey, /) -> None:
        """Return if this is just what the reader with this key has signed for this session.

        Raises:
            BindingError: it is not (``REQUEST_NOT_OURS``).
        """
        try:
            requests = DeviceRequest.parse(self.device_request).doc_requests
            for one in requests:
                _require_signature(one, self.session_transcript, key)
            signed = {_asked(one.items_request) for one in requests}
            purposes = {one.items_request.purpose for one in requests}
        except VcError:
            signed, purposes = set(), set()
        kept = {_asked(_items(one, purpose=None, registration=None)) for one in self.query.requested}
        if signed != kept or purposes != {self.purpose}:
            raise BindingError("the request is not one that this verifier has signed", code="REQUEST_NOT_OURS")

    def require_state(self, state: str | None, /) -> None:
        """Return if an answer has no state: a session has keys in its place.

        Raises:
            BindingError: it is an answer to another kind of request (``STATE_MISMATCH``).
        """
        if state is not None:
            raise BindingError("the answer is to another request", code="STATE_MISMATCH")

    def binding(self, *, required: bool) -> Binding:
        """Return what a document has to be bound to: this session."""
        return _binding(self.device_request, self.session_transcript, required=required, reader_key=self.reader_key)

    def query_for(self, query: CredentialQuery, claims: JsonObject, /) -> CredentialQuery:
        """Return the query by which a document is judged: an age may be answered by a nearer one."""
        return with_nearest_ages(query, claims)


def _binding(
    device_request: bytes, session_transcript: bytes, *, required: bool = True, reader_key: KeyAgreement | None = None
) -> Binding:
    return Binding(
        audience=FORMAT,
        nonce=_digest(device_request),
        required=required,
        session_transcript=session_transcript,
        reader_key=reader_key,
    )


def _digest(device_request: bytes) -> str:
    return base64url.encode(hashlib.sha256(device_request).digest())


def _the_same(values: Sequence[str | None], what: str) -> str | None:
    if len(set(values)) != 1:
        raise RemoteProtocolError(f"the document requests are by or for several {what}", clause=_CLAUSE)
    return values[0]


# --- DCQL and back ---------------------------------------------------------------------------------------------------


def _query(items: Sequence[ItemsRequest]) -> DcqlQuery:
    credentials: list[dict[str, Any]] = []
    if len({one.doc_type for one in items}) < len(items):
        raise RemoteProtocolError("two document requests are for one type", code="DOC_TYPE_REPEATED", clause=_CLAUSE)
    # Over all documents: many answers about one person's age are a birth year, whichever document each comes from.
    require_few_ages(element for one in items for elements in one.name_spaces.values() for element in elements)
    for number, one in enumerate(items):
        claims = [
            {"path": [namespace, element], "intent_to_retain": retain}
            for namespace, elements in one.name_spaces.items()
            for element, retain in elements.items()
        ]
        if len(claims) > MAX_CLAIMS:
            raise LimitExceededError(f"a document request asks for more than {MAX_CLAIMS} elements", clause=_CLAUSE)
        meta = {"doctype_value": one.doc_type}
        credentials.append({"id": f"document_{number}", "format": FORMAT, "meta": meta, "claims": claims})
    return DcqlQuery.from_json({"credentials": credentials})


def _items(query: CredentialQuery, *, purpose: str | None, registration: str | None) -> ItemsRequest:
    name_spaces: dict[str, dict[str, bool]] = {}
    for claim in query.claims:
        namespace, element = map(str, claim.path)
        name_spaces.setdefault(namespace, {})[element] = bool(claim.intent_to_retain)
    return ItemsRequest.create(_doc_type(query), name_spaces, registration=registration, purpose=purpose)


def _asked(items: ItemsRequest) -> tuple[str, frozenset[tuple[str, str, bool]]]:
    elements = ((name, element, retain) for name, each in items.name_spaces.items() for element, retain in each.items())
    return items.doc_type, frozenset(elements)


def _doc_type(query: CredentialQuery) -> str:
    return query.type_ids[0]


def _require_askable(query: DcqlQuery) -> None:
    queries = query.requested
    plain = all(one.format == FORMAT and one.claims and not one.claim_sets and not one.multiple for one in queries)
    plain = plain and not any(claim.values for one in queries for claim in one.claims)
    needed = all(each.required and len(each.options) == 1 for each in query.sets)
    if not plain or not needed or len({_doc_type(one) for one in queries}) < len(queries):
        raise ValueError(
            "a session asks for elements of mdocs of different types, all of them needed, whatever they say"
        )


def _require_signature(request: DocRequest, session_transcript: bytes, key: PublicKey) -> None:
    if request.reader_auth is None:
        raise BindingError("a document request is not signed", code="REQUEST_NOT_OURS")
    signed = reader_authentication_bytes(session_transcript, request.items_request.items_request_bytes)
    request.reader_auth.verify(key, detached_payload=signed)
