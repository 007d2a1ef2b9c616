# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a scanned text is for: strict dispatch on its beginning, and never on what it looks like.

A code from a poster must not start anything that its scheme does not name; what no scheme claims is plain text.

    >>> from vcwallet.adapters.qr import kind_of
    >>> kind_of("OpenID4VP://?client_id=x509_hash%3Aabc&request_uri=https%3A%2F%2Fverifier.example%2Fr")
    <QrKind.PRESENTATION_REQUEST: 'presentation-request'>
    >>> kind_of("https://verifier.example/openid4vp://")
    <QrKind.TEXT: 'text'>
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from vcwallet.errors import LimitExceededError, MalformedError, UnsupportedError, quoted

#: What the largest code holds.
MAX_TEXT_CHARACTERS: Final = 4296


class QrKind(StrEnum):
    """What a code is for, told by the beginning of its text and by nothing else."""

    VC_REQUEST = "vc-request"
    VC_RESPONSE = "vc-response"
    CREDENTIAL_OFFER = "credential-offer"
    PRESENTATION_REQUEST = "presentation-request"
    MDOC_ENGAGEMENT = "mdoc-engagement"
    MDOC_WEBSITE = "mdoc-website"
    HEALTH_CERTIFICATE = "health-certificate"
    VC_BARCODE = "vc-barcode"
    TEXT = "text"


#: The kinds that travel as uniform resources; the value is the type.
UR_KINDS: Final = frozenset({QrKind.VC_REQUEST, QrKind.VC_RESPONSE})
_UR_SCHEME: Final = "ur:"
_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
#: Schemes are written in any case (RFC 3986, section 3.1); the first that fits counts.
_SCHEMES: Final = (
    ("openid-credential-offer:", QrKind.CREDENTIAL_OFFER),
    ("haip-vci:", QrKind.CREDENTIAL_OFFER),
    ("openid4vp:", QrKind.PRESENTATION_REQUEST),
    ("haip-vp:", QrKind.PRESENTATION_REQUEST),
    ("mdoc://", QrKind.MDOC_WEBSITE),
    ("mdoc:", QrKind.MDOC_ENGAGEMENT),
)
#: These are context identifiers of Base45 text, in upper case only.
_IDENTIFIERS: Final = (("HC1:", QrKind.HEALTH_CERTIFICATE), ("VC1-R", QrKind.VC_BARCODE))


def kind_of(text: str) -> QrKind:
    """Return what a scanned text is for.

    Raises:
        LimitExceededError: longer than any QR code.
        MalformedError: a control character.
        UnsupportedError: a uniform resource of a type that is not ours.
    """
    if len(text) > MAX_TEXT_CHARACTERS:
        raise LimitExceededError(f"the text of a QR code is longer than {MAX_TEXT_CHARACTERS} characters")
    if _CONTROL_CHARACTERS.search(text):
        raise MalformedError("the text of a QR code has a control character")
    lower = text[:32].lower()
    if lower.startswith(_UR_SCHEME):
        return _kind_of_uniform_resource(text)
    for scheme, kind in _SCHEMES:
        if lower.startswith(scheme):
            return kind
    for identifier, kind in _IDENTIFIERS:
        if text.startswith(identifier):
            return kind
    return QrKind.TEXT


def _kind_of_uniform_resource(text: str) -> QrKind:
    ur_type = text[len(_UR_SCHEME) :].partition("/")[0].lower()
    if ur_type not in UR_KINDS:
        raise UnsupportedError(f"a uniform resource of type {quoted(ur_type)}")
    return QrKind(ur_type)
