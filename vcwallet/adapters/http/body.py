# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The header fields and the body of an answer, within their limits (RFC 9110, sections 5 and 8)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

from vcwallet.adapters.http.connection import MAX_HEADER_BYTES
from vcwallet.errors import LimitExceededError, MalformedError

# Two of them mean that two readers can disagree about what the answer is.
_SINGLE: Final = frozenset({"content-encoding", "content-length", "content-type", "location"})
_GZIP: Final = 31  # zlib's word for "gzip, and nothing else"


def fields(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the fields of an answer by their names in lower case; what is repeated is joined by commas.

    Cookies are left out: nobody keeps them.

    Raises:
        LimitExceededError: they are longer than 32 KiB.
        MalformedError: a field that has one value has two.
    """
    # Four bytes for what stands between: the colon, a space and the line's end.
    if sum(len(name) + len(value) + 4 for name, value in raw) > MAX_HEADER_BYTES:
        raise LimitExceededError(f"the header of an answer is longer than {MAX_HEADER_BYTES} bytes")
    found: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name in ("set-cookie", "set-cookie2"):
            continue
        if name in found and name in _SINGLE:
            raise MalformedError("an answer has a header field twice that it has once", clause="RFC 9110, section 5.3")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def read_body(parts: Iterable[bytes], headers: Mapping[str, str], *, max_bytes: int) -> bytes:
    """Return the body, of at most `max_bytes` as it comes and as it is meant.

    Raises:
        LimitExceededError: it is longer, or says that it will be.
        MalformedError: it is in a coding that was not asked for, or not whole.
    """
    # What cannot fit is not waited for.  A length that is no number has been refused before, as broken HTTP.
    if int(headers.get("content-length", "0")) > max_bytes:
        raise _too_long(max_bytes)
    decoder = _decoder(headers.get("content-encoding", "identity"))
    body, received = bytearray(), 0
    for part in parts:
        received += len(part)
        body += decoder.decode(part, max_bytes + 1 - len(body))
        if max(received, len(body)) > max_bytes:
            raise _too_long(max_bytes)
    decoder.require_end(received)
    return bytes(body)


class _Decoder(Protocol):
    def decode(self, data: bytes, max_length: int, /) -> bytes: ...

    def require_end(self, received: int, /) -> None: ...


class _Identity:
    def decode(self, data: bytes, _: int, /) -> bytes:
        return data

    def require_end(self, _: int, /) -> None:
        return


class _Gzip:
    """One member of gzip (RFC 1952), inflated no further than is asked for: a bomb is never in memory."""

    def __init__(self) -> None:
        self._inflating = zlib.decompressobj(_GZIP)

    def decode(self, data: bytes, max_length: int, /) -> bytes:
        try:
            inflated = self._inflating.decompress(data, max_length)
        except zlib.error:
            raise MalformedError("the body is not gzip") from None
        if self._inflating.unused_data:
            raise MalformedError("the body goes on after its gzip")
        return inflated

    def require_end(self, received: int, /) -> None:
        # A body without content has no gzip either, whatever its field says (a redirect, for example).
        if received and not self._inflating.eof:
            raise MalformedError("the body ends before its gzip")


def _decoder(coding: str) -> _Decoder:
    match coding.strip().lower():
        case "" | "identity":
            return _Identity()
        case "gzip" | "x-gzip":
            return _Gzip()
        case _:
            raise MalformedError("the body is in a coding that was not asked for", clause="RFC 9110, section 8.4")


def _too_long(max_bytes: int) -> LimitExceededError:
    return LimitExceededError(f"the body of an answer is longer than {max_bytes} bytes")
