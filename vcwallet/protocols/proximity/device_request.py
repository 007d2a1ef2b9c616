# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""DeviceRequest: which documents and data elements a reader asks for (ISO/IEC 18013-5, clauses 8.3.2.1.2.1 and 9.1.4).

Each document request is signed by itself, over the session and the bytes of its items, so both are kept as they came.

    >>> from vcwallet.protocols.proximity.device_request import DeviceRequest, DocRequest, ItemsRequest
    >>> items = ItemsRequest.create("org.iso.18013.5.1.mDL", {"org.iso.18013.5.1": {"age_over_18": False}})
    >>> request = DeviceRequest.create([DocRequest.unsigned(items)])
    >>> DeviceRequest.parse(request.encoded).doc_requests[0].items_request.doc_type
    'org.iso.18013.5.1.mDL'

Of the second edition, ``deviceRequestInfo`` and ``readerAuthAll`` are kept and not acted upon: use cases only say which
of the documents belong together, and a signature that is not verified counts as none.  What in ``requestInfo`` asks for
an answer of another kind (encrypted for a third party, or a proof in place of the document) is refused, since the usual
answer would tell the reader more than was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from vcwallet.cose import sign1
from vcwallet.cose.header import X5CHAIN
from vcwallet.cose.sign1 import Sign1
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import CborValue, Limits
from vcwallet.errors import LimitExceededError, MalformedError, UnsupportedError, UntrustedError
from vcwallet.keys.policy import KeySource, Role, TrustedKey, TrustPolicy
from vcwallet.keys.signer import Signer
from vcwallet.protocols.proximity.reading import embedded, expect, expect_text, expect_version

MAX_DOC_REQUESTS: Final = 10
MAX_ELEMENTS: Final = 200
"""How many data elements one document request may name."""

MAX_DEVICE_REQUEST_BYTES: Final = 1024 * 1024

REGISTRATION: Final = "vcwallet.registration"
"""Our own member of ``requestInfo``: the registration certificate, as a JWT."""

PURPOSE: Final = "vcwallet.purpose"
"""Our own member of ``requestInfo``: the code of the purpose that the registration certificate is for."""

_CLAUSE = "ISO/IEC 18013-5, 8.3.2.1.2.1"
_LIMITS = Limits(max_bytes=MAX_DEVICE_REQUEST_BYTES, max_items=5_000)
_READER_AUTHENTICATION = cbor.array_head(3) + cbor.text_string("ReaderAuthentication")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsRequest:
    """Which elements of one document are asked for; make one with `create` or `parse`.

    Attributes:
        encoded: the exact CBOR, without tag 24.
        doc_type: the type of the document.
        name_spaces: by namespace and element, whether the reader intends to retain the value.
        request_info: further wishes, also those that vcwallet does not know.
    """

    encoded: bytes = field(repr=False)
    doc_type: str
    name_spaces: Mapping[str, Mapping[str, bool]]
    request_info: Mapping[Any, CborValue] = field(default_factory=dict, repr=False)

    @classmethod
    def create(
        cls,
        doc_type: str,
        name_spaces: Mapping[str, Mapping[str, bool]],
        *,
        registration: str | None = None,
        purpose: str | None = None,
        request_info: Mapping[str, CborValue] | None = None,
    ) -> ItemsRequest:
        """Return a request for elements of one document.

        Args:
            doc_type: the type of the document.
            name_spaces: by namespace and element, whether the value is going to be retained.
            registration: the registration certificate, as a JWT.
            purpose: the code of the registered purpose.
            request_info: further members of ``requestInfo``.

        Raises:
            MalformedError, LimitExceededError, UnsupportedError: what `parse` would refuse.
        """
        ours = {REGISTRATION: registration, PURPOSE: purpose}
        info = {**(request_info or {}), **{name: text for name, text in ours.items() if text is not None}}
        members: dict[str, CborValue] = {"docType": doc_type, "nameSpaces": name_spaces}
        return cls.parse(cbor.dumps({**members, "requestInfo": info} if info else members))

    @classmethod
    def parse(cls, data: bytes) -> ItemsRequest:
        """Read the content of ItemsRequestBytes.

        Raises:
            LimitExceededError: more than 200 elements.
            MalformedError: not the structure of the standard.
            UnsupportedError: an answer of a kind that vcwallet does not give (code ``REQUEST_INFO_UNSUPPORTED``).
        """
        members = expect(dict, cbor.loads(data, limits=_LIMITS), "an items request")
        name_spaces = _name_spaces(members.get("nameSpaces"))
        info = expect(dict, members.get("requestInfo", {}), "requestInfo")
        _require_usual_answer(info)
        for ours in (REGISTRATION, PURPOSE):
            if ours in info:
                expect_text(info[ours], ours)
        return cls(
            encoded=bytes(data),
            doc_type=expect_text(members.get("docType"), "docType"),
            name_spaces=name_spaces,
            request_info=MappingProxyType(info),
        )

    @property
    def items_request_bytes(self) -> bytes:
        """ItemsRequestBytes: the exact CBOR inside of tag 24, which is what is signed."""
        return cbor.embedded(self.encoded)

    @property
    def registration(self) -> str | None:
        """The registration certificate that came along, as a JWT; not verified."""
        value = self.request_info.get(REGISTRATION)
        return value if isinstance(value, str) else None

    @property
    def purpose(self) -> str | None:
        """The code of the purpose that the reader names; not verified."""
        value = self.request_info.get(PURPOSE)
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocRequest:
    """A request for one document; who asks is known after `verify_reader`.

    Attributes:
        items_request: what is asked for.
        reader_auth: the reader's signature, not verified; None where there is none.
        encoded: the exact CBOR.
    """

    items_request: ItemsRequest
    reader_auth: Sign1 | None = field(repr=False)
    encoded: bytes = field(repr=False)

    @classmethod
    def unsigned(cls, items_request: ItemsRequest) -> DocRequest:
        """Return a request by nobody in particular."""
        encoded = cbor.map_head(1) + _ITEMS_REQUEST + items_request.items_request_bytes
        return cls(items_request=items_request, reader_auth=None, encoded=encoded)

    def verify_reader(self, session_transcript: bytes, *, trust: TrustPolicy, at: datetime) -> TrustedKey:
        """Return the reader that has signed this request for this session (clause 9.1.4.6).

        Args:
            session_transcript: the CBOR of the SessionTranscript, as built here.
            trust: says which readers are known.
            at: the time.

        Raises:
            UntrustedError: there is no signature (code ``READER_AUTH_MISSING``), or the reader is not known.
            NotAuthorisedError: it may not act as a reader.
            ValidityError: a certificate or the trusted list is outside its validity.
            AlgorithmNotAllowedError: an algorithm that is not on our list.
            SignatureInvalidError: the signature is over something else, or another session.
        """
        if self.reader_auth is None:
            raise UntrustedError("the request is not signed", code="READER_AUTH_MISSING", clause=_AUTH_CLAUSE)
        source = KeySource(chain=self.reader_auth.headers.chain)
        reader = trust.key_for(source, role=Role.MDOC_READER, type_id=None, at=at)
        signed = reader_authentication_bytes(session_transcript, self.items_request.items_request_bytes)
        self.reader_auth.verify(reader.key, detached_payload=signed)
        return reader


_AUTH_CLAUSE = "ISO/IEC 18013-5, 9.1.4"
_ITEMS_REQUEST = cbor.text_string("itemsRequest")


def reader_authentication_bytes(session_transcript: bytes, items_request_bytes: bytes) -> bytes:
    """Return ReaderAuthenticationBytes, what a reader signs (clause 9.1.4.5).

    Args:
        session_transcript: the CBOR of the array, without a tag.
        items_request_bytes: the CBOR of the items with tag 24, as received.
    """
    return cbor.embedded(_READER_AUTHENTICATION + session_transcript + items_request_bytes)


def sign_doc_request(
    items_request: ItemsRequest, *, signer: Signer, chain: Sequence[bytes], session_transcript: bytes
) -> DocRequest:
    """Return the request with the reader's signature for one session (clause 9.1.4).

    Args:
        items_request: what is asked for.
        signer: the reader's key.
        chain: its DER certificates, its own first, without the root.
        session_transcript: the CBOR of the SessionTranscript.

    Raises:
        ValueError: there is no certificate.
        KeyLockedError: the person has to unlock the key first.
    """
    if not chain:
        raise ValueError("a reader signs with a certificate")
    prepared = sign1.prepare(
        reader_authentication_bytes(session_transcript, items_request.items_request_bytes),
        algorithm=signer.public_key.algorithm,
        unprotected={X5CHAIN: chain[0] if len(chain) == 1 else list(chain)},
        detached=True,
    )
    reader_auth = prepared.finish(signer.sign(prepared.to_be_signed))
    return _doc_request({"itemsRequest": cbor.Tag(24, items_request.encoded), "readerAuth": reader_auth})


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRequest:
    """All that a reader asks for at once; make one with `create` or `parse`.

    Attributes:
        encoded: the exact CBOR.
        version: any of "1.x".
        doc_requests: one or more.
        device_request_info: the content of DeviceRequestInfoBytes (second edition), as it came; not acted upon.
        reader_auth_all: signatures over all documents together (second edition); not verified.
    """

    encoded: bytes = field(repr=False)
    version: str
    doc_requests: tuple[DocRequest, ...]
    device_request_info: bytes | None = field(default=None, repr=False)
    reader_auth_all: tuple[Sign1, ...] = field(default=(), repr=False)

    @classmethod
    def create(cls, doc_requests: Sequence[DocRequest]) -> DeviceRequest:
        """Return a request for documents.

        Raises:
            MalformedError: for none.
            LimitExceededError: for more than 10.
        """
        head = cbor.map_head(2) + cbor.text_string("version") + cbor.text_string("1.0")
        requests = (request.encoded for request in doc_requests)
        return cls.parse(
            b"".join((head, cbor.text_string("docRequests"), cbor.array_head(len(doc_requests)), *requests))
        )

    @classmethod
    def parse(cls, data: bytes) -> DeviceRequest:
        """Read a request; members that are not known are passed over.

        Raises:
            LimitExceededError: longer than 1 MiB, more than 10 documents, or more than 200 elements of one.
            MalformedError: not the structure of the standard.
            UnsupportedError: another major version (code ``VERSION_NOT_SUPPORTED``), or an answer of a kind that
                vcwallet does not give (code ``REQUEST_INFO_UNSUPPORTED``).
            AlgorithmNotAllowedError: a signature by an algorithm that vcwallet does not have.
        """
        members = expect(dict, cbor.loads(data, limits=_LIMITS), "a device request")
        version = expect_version(members, "version", major=1, what="a device request")
        info = members.get("deviceRequestInfo")
        return cls(
            encoded=bytes(data),
            version=version,
            doc_requests=tuple(map(_doc_request, _some(members.get("docRequests"), "docRequests"))),
            device_request_info=None if info is None else embedded(info, "DeviceRequestInfoBytes"),
            reader_auth_all=tuple(map(sign1.parse, _some(members["readerAuthAll"], "readerAuthAll")))
            if "readerAuthAll" in members
            else (),
        )


# --- reading ---------------------------------------------------------------------------------------------------------


def _some(value: object, what: str) -> list[object]:
    values = expect(list, value, what)
    if not values:
        raise MalformedError(f"{what} is an empty array", clause=_CLAUSE)
    if len(values) > MAX_DOC_REQUESTS:
        raise LimitExceededError(f"{what} has more than {MAX_DOC_REQUESTS} elements")
    return values


def _doc_request(value: object) -> DocRequest:
    members = expect(dict, value, "a document request")
    return DocRequest(
        items_request=ItemsRequest.parse(embedded(members.get("itemsRequest"), "ItemsRequestBytes")),
        reader_auth=sign1.parse(members["readerAuth"]) if "readerAuth" in members else None,
        encoded=cbor.dumps(members),  # the same bytes as came: the reader of CBOR takes no others
    )


def _name_spaces(value: object) -> Mapping[str, Mapping[str, bool]]:
    name_spaces = expect(dict, value, "nameSpaces")
    if not name_spaces:
        raise MalformedError("nameSpaces is an empty map", clause=_CLAUSE)
    found = {expect_text(name, "a namespace"): _elements(elements) for name, elements in name_spaces.items()}
    if sum(map(len, found.values())) > MAX_ELEMENTS:
        raise LimitExceededError(f"a document request names more than {MAX_ELEMENTS} elements")
    return MappingProxyType(found)


def _elements(value: object) -> Mapping[str, bool]:
    elements = expect(dict, value, "the elements of a namespace")
    if not elements:
        raise MalformedError("a namespace is asked for without elements", clause=_CLAUSE)
    return MappingProxyType(
        {
            expect_text(name, "an element identifier"): expect(bool, retain, "an intent to retain")
            for name, retain in elements.items()
        }
    )


def _require_usual_answer(info: Mapping[Any, Any]) -> None:
    zk = info.get("zkRequest")
    needs_proof = zk is not None and expect(dict, zk, "zkRequest").get("zkRequired") is not False
    if needs_proof or "docResponseEncryption" in info:
        raise UnsupportedError(
            "the reader asks for an encrypted document or a zero-knowledge proof",
            code="REQUEST_INFO_UNSUPPORTED",
            clause="ISO/IEC 18013-5, second edition, 8.3.2.1.2.1",
        )
