# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""DeviceResponse: what a wallet answers, document by document (ISO/IEC 18013-5, clause 8.3.2.1.2.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Budget
from vcwallet.errors import LimitExceededError, RemoteProtocolError, UnsupportedError
from vcwallet.formats.mdoc import device_signed, issuer_signed, shape
from vcwallet.formats.mdoc.device_signed import DeviceSigned
from vcwallet.formats.mdoc.issuer_signed import IssuerSigned
from vcwallet.formats.mdoc.shape import malformed
from vcwallet.formats.mdoc.vocabulary import ISO, VERSION

MAX_DOCUMENTS = 10
_CLAUSE = "8.3.2.1.2.2"

_OTHER_KINDS = frozenset({"zkDocuments", "encryptedDocuments"})  # second edition

Errors = Mapping[str, Mapping[str, int]]
"""By namespace and element, why it was not returned; 0 says no more than that."""


class Status(IntEnum):
    """The status of a DeviceResponse (table 8)."""

    OK = 0
    GENERAL_ERROR = 10
    CBOR_DECODING_ERROR = 11
    CBOR_VALIDATION_ERROR = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of an answer; nothing in it is verified.

    Attributes:
        doc_type: the document type that the wallet says it is.
        issuer_signed: what the issuer signed of it.
        device_signed: the holder's proof.
        errors: the elements that were not returned.
    """

    doc_type: str
    issuer_signed: IssuerSigned
    device_signed: DeviceSigned
    errors: Errors = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceResponse:
    """An answer as it came; nothing in it is verified.

    Attributes:
        documents: the documents, each as decoded CBOR.
        document_errors: by document type, why none was returned.
    """

    documents: tuple[dict[Any, Any], ...] = field(repr=False)
    document_errors: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def loads(cls, data: bytes) -> DeviceResponse:
        """Read an answer.

        Raises:
            LimitExceededError: longer than 4 MiB, or more than ten documents.
            MalformedError: not a DeviceResponse.
            UnsupportedError: another major version, or documents that are encrypted or proved in zero knowledge
                (``DOCUMENT_KIND``).
            RemoteProtocolError: the wallet reports an error (code ``MDOC_STATUS``).
        """
        members = shape.a_map(cbor.loads(data), "DeviceResponse", _CLAUSE)
        shape.require_version(members, _CLAUSE)
        status = shape.member(members, "status", int, _CLAUSE)
        if not _OTHER_KINDS.isdisjoint(members):
            raise UnsupportedError("documents that are encrypted or proved in zero knowledge", code="DOCUMENT_KIND")
        documents = members.get("documents", [])
        if not isinstance(documents, list) or ("documents" in members and not documents):
            raise malformed("documents is a non-empty array", _CLAUSE)
        if len(documents) > MAX_DOCUMENTS:
            raise LimitExceededError(f"an answer has more than {MAX_DOCUMENTS} documents")
        if status != Status.OK:
            raise RemoteProtocolError(
                f"the wallet answers with status {status}", code="MDOC_STATUS", clause=f"{ISO}, table 8"
            )
        return cls(
            documents=tuple(shape.a_map(document, "a document", _CLAUSE) for document in documents),
            document_errors=_document_errors(members.get("documentErrors", [])),
        )

    def dumps(self) -> bytes:
        """Return the CBOR of the answer; the bytes that were signed are those that came."""
        errors = [{doc_type: code} for doc_type, code in self.document_errors.items()]
        return write([cbor.dumps(document) for document in self.documents], document_errors=errors)

    def each(self) -> tuple[tuple[str, bytes], ...]:
        """Return the document type of each document, with an answer that has this document alone.

        Raises:
            MalformedError: a document says no type.
        """
        return tuple(
            (shape.name(document, "docType", _CLAUSE), write([cbor.dumps(document)])) for document in self.documents
        )


def merged(answers: Iterable[bytes], *, errors: Mapping[str, Errors] | None = None) -> bytes:
    """Return one answer with the documents of several.

    Args:
        answers: the DeviceResponses.
        errors: by document type, the elements that were asked for and are not in its document.

    Raises:
        VcError: one of them is no answer.
        LimitExceededError: more than ten documents.
    """
    documents = [document for one in answers for document in DeviceResponse.loads(one).documents]
    if len(documents) > MAX_DOCUMENTS:
        raise LimitExceededError(f"an answer has more than {MAX_DOCUMENTS} documents")
    for document in documents:
        not_returned = (errors or {}).get(shape.name(document, "docType", _CLAUSE))
        if not_returned:
            document["errors"] = not_returned
    return DeviceResponse(documents=tuple(documents)).dumps()


def read_document(members: Mapping[Any, Any], *, budget: Budget | None = None) -> Document:
    """Return a document of an answer; `budget` is how many items it may still have.

    Raises:
        VcError: a part is missing, of the wrong form, or over its limit.
    """
    return Document(
        doc_type=shape.name(members, "docType", _CLAUSE),
        issuer_signed=issuer_signed.read(members.get("issuerSigned"), budget=budget),
        device_signed=device_signed.read(members.get("deviceSigned"), budget=budget),
        errors=_errors(members["errors"]) if "errors" in members else {},
    )


def write_document(doc_type: str, *, issuer_signed: bytes, device_signed: bytes, errors: Errors | None = None) -> bytes:
    """Return the CBOR of a document from the CBOR of its parts."""
    parts = [
        _DOC_TYPE if not errors else _DOC_TYPE_BEFORE_ERRORS,
        cbor.text_string(doc_type),
        _ISSUER_SIGNED,
        issuer_signed,
        _DEVICE_SIGNED,
        device_signed,
    ]
    if errors:
        parts += [_ERRORS, cbor.dumps(errors)]
    return b"".join(parts)


_DOC_TYPE, _DOC_TYPE_BEFORE_ERRORS = (cbor.map_head(entries) + cbor.text_string("docType") for entries in (3, 4))
_ISSUER_SIGNED, _DEVICE_SIGNED, _ERRORS = map(cbor.text_string, ("issuerSigned", "deviceSigned", "errors"))


def write(
    documents: list[bytes], *, document_errors: list[dict[str, int]] | None = None, status: Status = Status.OK
) -> bytes:
    """Return the CBOR of a DeviceResponse from the CBOR of its documents.

    Raises:
        ValueError: documents beside an error status.
    """
    if status is not Status.OK and documents:
        raise ValueError("an answer with an error has no documents")
    parts = [cbor.map_head(2 + bool(documents) + bool(document_errors)), _VERSION]
    if documents:
        parts += [_DOCUMENTS, cbor.array_head(len(documents)), *documents]
    if document_errors:
        parts += [_DOCUMENT_ERRORS, cbor.dumps(document_errors)]
    return b"".join((*parts, _STATUS, cbor.unsigned(status)))


_VERSION = cbor.text_string("version") + cbor.text_string(VERSION)
_DOCUMENTS, _DOCUMENT_ERRORS, _STATUS = map(cbor.text_string, ("documents", "documentErrors", "status"))


def _document_errors(value: object) -> dict[str, int]:
    if not isinstance(value, list):
        raise malformed("documentErrors is an array", _CLAUSE)
    found: dict[str, int] = {}
    for one in value:
        found |= {name: _code(code) for name, code in shape.by_name(one, "a document error", _CLAUSE).items()}
    return found


def _errors(value: object) -> dict[str, dict[str, int]]:
    namespaces = shape.by_name(value, "errors", _CLAUSE)
    return {
        namespace: {name: _code(code) for name, code in shape.by_name(elements, "errors", _CLAUSE).items()}
        for namespace, elements in namespaces.items()
    }


def _code(value: object) -> int:
    if type(value) is not int:
        raise malformed("an error code is an integer", _CLAUSE)
    return value
