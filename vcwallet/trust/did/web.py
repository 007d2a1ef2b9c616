# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The DID method ``web``: the document lies on a web server (did:web method specification, section 2).

>>> from vcwallet.trust.did.web import document_url
>>> document_url("did:web:example.com")
'https://example.com/.well-known/did.json'
>>> document_url("did:web:example.com%3A8443:agency:tax")
'https://example.com:8443/agency/tax/did.json'
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from vcwallet.encoding import https_url
from vcwallet.errors import LimitExceededError, MalformedError, TransportError
from vcwallet.flow import Flow, HttpRequest
from vcwallet.trust.did.document import MAX_BYTES, DidDocument, parse
from vcwallet.trust.did.syntax import split

CLAUSE = "did:web, section 2"
_MEDIA_TYPES = ("application/did+json", "application/did", "application/did+ld+json", "application/json")
_HOST = re.compile(r"([A-Za-z0-9.-]+)(?:%3[Aa]([1-9][0-9]{0,4}))?")
# What can be written plainly is written plainly: an escaped slash, dot or colon would be read in two ways.
_SEGMENT = re.compile(r"(?:[A-Za-z0-9._-]|%[89A-Fa-f][0-9A-Fa-f])+")


def document_url(did: str) -> str:
    """Return where the document of a ``did:web`` is (section 2.5.2).

    Raises:
        MalformedError: not a ``did:web``, an IP address as host, or a path with an empty or dotted segment, or with an
            escape that is not UTF-8 beyond ASCII.
        LimitExceededError: longer than 8 192 characters.
    """
    method, identifier = split(did)
    host, *path = identifier.split(":")
    parts = _HOST.fullmatch(host)
    if method != "web" or parts is None or not all(map(_is_segment, path)):
        raise MalformedError("not a did:web", clause=CLAUSE)
    authority = parts[1] if parts[2] is None else f"{parts[1]}:{parts[2]}"
    url = "/".join(("https:/", authority, *(path or (".well-known",)), "did.json"))
    if https_url.parse(url, clause=CLAUSE).is_address:
        raise MalformedError("the host of a did:web is a name", clause=CLAUSE)
    return url


def fetch(did: str) -> Flow[DidDocument]:
    """Fetch the document of a ``did:web``.

    Raises:
        MalformedError, LimitExceededError: not a ``did:web``, or not a DID document in JSON of at most 64 KiB.
        UntrustedError: the document is another DID's.
        TransportError: it was not there.
    """
    headers = {"accept": ", ".join(_MEDIA_TYPES)}
    response = yield HttpRequest(method="GET", url=document_url(did), max_bytes=MAX_BYTES, headers=headers)
    if response.status != 200:
        raise TransportError("the DID document is not there", clause=CLAUSE)
    if response.headers.get("content-type", "").partition(";")[0].strip().lower() not in _MEDIA_TYPES:
        raise MalformedError("the DID document is not of a JSON media type", clause=CLAUSE)
    if len(response.body) > MAX_BYTES:
        raise LimitExceededError(f"a DID document is longer than {MAX_BYTES} bytes")
    return parse(response.body, did=did)


def _is_segment(text: str) -> bool:
    if not _SEGMENT.fullmatch(text) or text in (".", ".."):
        return False
    try:
        unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
