# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The syntax of DIDs, and of the DID URLs that name a key in a document (W3C DID 1.0, section 3).

>>> from vcwallet.trust.did.syntax import key_url, split
>>> split("did:web:example.com")
('web', 'example.com')
>>> key_url("#key-1", did="did:web:example.com")
'did:web:example.com#key-1'
"""

from __future__ import annotations

import re

from vcwallet.errors import LimitExceededError, MalformedError

MAX_LENGTH = 8192
CLAUSE = "DID 1.0, section 3"
_DID = re.compile(r"did:([a-z0-9]+):((?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2}|:)*(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2}))")
_FRAGMENT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})+")


def split(did: str) -> tuple[str, str]:
    """Return the method of a DID and its method-specific identifier.

    Raises:
        MalformedError: not a DID; a DID URL, with path, query or fragment, is none.
        LimitExceededError: longer than 8 192 characters.
    """
    if len(did) > MAX_LENGTH:
        raise LimitExceededError(f"a DID is longer than {MAX_LENGTH} characters")
    parts = _DID.fullmatch(did)
    if parts is None:
        raise MalformedError("not a DID", clause=CLAUSE)
    return parts[1], parts[2]


def key_url(reference: str, *, did: str) -> str:
    """Return the absolute DID URL of a key in the document of `did`, from an absolute or relative one.

    Raises:
        MalformedError: not the DID, or nothing, followed by a fragment: a key in another document is not this one's.
        LimitExceededError: longer than 8 192 characters.
    """
    if len(reference) > MAX_LENGTH:
        raise LimitExceededError(f"a DID URL is longer than {MAX_LENGTH} characters")
    owner, mark, fragment = reference.partition("#")
    if owner not in ("", did) or not mark or not _FRAGMENT.fullmatch(fragment):
        raise MalformedError("not the DID URL of a key of this DID", clause=CLAUSE)
    return f"{did}#{fragment}"
