# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a nonce endpoint answers (OpenID4VCI 1.0, section 7.2); its request is an empty POST.

>>> from vcwallet.protocols.openid4vci.nonce import nonce_response, read_nonce_response
>>> nonce_response("wKI4LT17ac15ES9bw8ac4")
b'{"c_nonce":"wKI4LT17ac15ES9bw8ac4"}'
>>> read_nonce_response(b'{"c_nonce":"wKI4LT17ac15ES9bw8ac4"}')
'wKI4LT17ac15ES9bw8ac4'
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from vcwallet.encoding import json, wire
from vcwallet.encoding.wire import WireModel

MAX_BYTES = 64 * 1024
MAX_NONCE = 4096


class _Response(WireModel):
    c_nonce: Annotated[str, Field(min_length=1, max_length=MAX_NONCE)]


def nonce_response(c_nonce: str) -> bytes:
    """Return the response with a fresh nonce, which no cache may keep."""
    return json.dumps({"c_nonce": c_nonce})


def read_nonce_response(body: bytes) -> str:
    """Return the nonce of a response.

    Raises:
        LimitExceededError: longer than 64 KiB, or a nonce of more than 4 096 characters.
        MalformedError: there is no nonce in it.
    """
    return wire.read(_Response, body, max_bytes=MAX_BYTES).c_nonce
