# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""QR codes (ISO/IEC 18004) that carry our messages: drawn as PNG, SVG, terminal text or animation, and read again.

Most codes hold a text that its own standard defines: an OpenID link, an ``mdoc:`` engagement.  For moving a whole
request or response without a network there is no standard; we use uniform resources (BCR-2020-005), one code or a
sequence, of two types that are **our own and not registered**: ``vc-request`` and ``vc-response``.  Their CBOR item is
a byte string, the UTF-8 or binary message.

This needs the extra ``vcwallet[qr]``.

    >>> from vcwallet.adapters import qr
    >>> codes = qr.qr_codes(qr.QrKind.VC_RESPONSE, "eyJ0eXAi..." * 100)
    >>> len(codes), codes[0].version
    (9, 13)
    >>> scanner = qr.Scanner()
    >>> for code in codes[2:] + codes[:1]:
    ...     scanner.scan(code.png())
    >>> scanner.kind, scanner.message == b"eyJ0eXAi..." * 100
    (<QrKind.VC_RESPONSE: 'vc-response'>, True)

What a code says is untrusted until its signature is verified, and a link from a code is shown before it is followed.
"""

from vcwallet.adapters.qr.drawing import ErrorCorrection, QrCode, animated_gif, draw, qr_codes
from vcwallet.adapters.qr.kinds import QrKind, kind_of
from vcwallet.adapters.qr.pictures import Picture, read
from vcwallet.adapters.qr.scanner import Scanner, read_message

__all__ = [
    "ErrorCorrection",
    "Picture",
    "QrCode",
    "QrKind",
    "Scanner",
    "animated_gif",
    "draw",
    "kind_of",
    "qr_codes",
    "read",
    "read_message",
]
