# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""From pictures of codes to the one message that they carry together.

Codes arrive in any order, more than once, or not at all; a code that has nothing to do with the message is passed over.

    >>> from vcwallet.adapters import qr
    >>> code = qr.draw("openid4vp://?client_id=a&request_uri=b")
    >>> qr.read_message([code.png()])
    (<QrKind.PRESENTATION_REQUEST: 'presentation-request'>, b'openid4vp://?client_id=a&request_uri=b')
"""

from __future__ import annotations

from collections.abc import Iterable

from vcwallet.adapters.qr.kinds import UR_KINDS, QrKind, kind_of
from vcwallet.adapters.qr.pictures import Picture, read
from vcwallet.encoding import cbor
from vcwallet.encoding.uniform_resource import UrDecoder
from vcwallet.errors import MalformedError, UnsupportedError


class Scanner:
    """Gathers one message from single codes or the codes of a sequence, in any order.

    A text that stands alone completes the scan at once, unless a sequence is under way: then it is ignored.  For
    another message, take another scanner.
    """

    def __init__(self) -> None:
        self._kind: QrKind | None = None
        self._message: bytes | None = None
        self._sequence = UrDecoder()

    @property
    def kind(self) -> QrKind | None:
        """What the message is for, once it is complete."""
        return self._kind

    @property
    def message(self) -> bytes | None:
        """The message once it is complete: of our own kinds what was given to `qr_codes`, else the whole text."""
        return self._message

    @property
    def progress(self) -> float:
        """How much is known, from 0 to 1."""
        return self._sequence.progress if self._message is None else 1.0

    def scan(self, picture: Picture) -> None:
        """Take in all codes of a picture; none, or known ones, change nothing.

        Raises:
            LimitExceededError: as `read`; or the message is longer than 256 KiB or in more than 100 parts.
            MalformedError: as `read`; or no code in the picture makes sense and one is broken.
            UnsupportedError: no code makes sense and one is a uniform resource that is not ours.
        """
        texts = read(picture)
        refusals = [refusal for text in texts if (refusal := self._try(text))]
        if refusals and len(refusals) == len(texts):
            raise refusals[0]

    def _try(self, text: str) -> MalformedError | UnsupportedError | None:
        try:
            self.receive(text)
        except (MalformedError, UnsupportedError) as refusal:
            return refusal
        return None

    def receive(self, text: str) -> None:
        """Take in the text of one code, as a hand-held scanner types it.

        Raises:
            LimitExceededError: longer than a QR code, or the message is longer than 256 KiB or in more than 100 parts.
            MalformedError: a control character, a broken uniform resource, or one that is not a byte string.
            UnsupportedError: a uniform resource that is not ours.
        """
        if self._message is not None:
            return
        kind = kind_of(text)
        if kind in UR_KINDS:
            self._receive_part(text)
        elif self._sequence.ur_type is None:
            self._kind, self._message = kind, text.encode()

    def _receive_part(self, text: str) -> None:
        self._sequence.receive(text)
        ur_type, item = self._sequence.ur_type, self._sequence.message
        if ur_type is None or item is None:
            return
        self._sequence = UrDecoder()  # before anything can fail: a broken message must not block a good one
        message = cbor.loads(item)
        if not isinstance(message, bytes):
            raise MalformedError(f"a uniform resource of type {ur_type} is not a byte string")
        self._kind, self._message = QrKind(ur_type), message


def read_message(pictures: Iterable[Picture]) -> tuple[QrKind, bytes]:
    """Return the message that `pictures` carry together, and what it is for.

    Raises:
        LimitExceededError, UnsupportedError: as `Scanner.scan`.
        MalformedError: as `Scanner.scan`; or the pictures hold no code, or not enough of a sequence.
    """
    scanner = Scanner()
    for picture in pictures:
        scanner.scan(picture)
        if scanner.kind is not None and scanner.message is not None:
            return scanner.kind, scanner.message
    if scanner.progress:
        raise MalformedError(f"the pictures hold {scanner.progress:.0%} of a message", code="INCOMPLETE")
    raise MalformedError("the pictures hold no QR code", code="INCOMPLETE")
