# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The answer of a wallet (OpenID4VP 1.0, section 8.1).

>>> from vcwallet.protocols.openid4vp import Response
>>> Response.from_json(b'{"vp_token":{"id":["eyJ..."]},"state":"af0ifjsldkj"}').vp_token
{'id': ('eyJ...',)}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vcwallet.encoding import json
from vcwallet.errors import LimitExceededError, MalformedError

MAX_BYTES = 4 * 1024 * 1024
MAX_PRESENTATIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Presentations by the identifier of the credential query that each answers; nothing in it is verified."""

    vp_token: Mapping[str, tuple[str, ...]] = field(repr=False)
    state: str | None = field(repr=False)

    def to_json(self) -> bytes:
        """Return the answer as JSON, for a file, a form or a QR code."""
        document: dict[str, Any] = {"vp_token": self._token()}
        if self.state is not None:
            document["state"] = self.state
        return json.dumps(document)

    def vp_token_json(self) -> str:
        """Return the ``vp_token`` alone as JSON text, for a member of a form (section 8.2)."""
        return json.dumps(self._token()).decode("utf-8")

    def _token(self) -> dict[str, Any]:
        return {name: list(values) for name, values in self.vp_token.items()}

    @classmethod
    def from_json(cls, data: bytes | str) -> Response:
        """Read an answer.

        Raises:
            LimitExceededError: longer than 4 MiB, or more than 20 presentations.
            MalformedError: not an object of non-empty arrays of strings under ``vp_token``.
        """
        return cls.from_members(json.loads_object(data, max_bytes=MAX_BYTES))

    @classmethod
    def from_members(cls, members: Mapping[str, Any]) -> Response:
        """Return the answer of an object that strict JSON parsing gave.

        Raises:
            LimitExceededError, MalformedError: as `from_json`.
        """
        state = members.get("state")
        if state is not None and not isinstance(state, str):
            raise MalformedError("state is a string", clause="OpenID4VP 1.0, section 8.2")
        return cls(vp_token=_vp_token(members.get("vp_token")), state=state)


def _vp_token(token: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(token, dict) or not token:
        raise MalformedError("vp_token is a non-empty object", clause="OpenID4VP 1.0, section 8.1")
    presentations = {name: _presentations(values) for name, values in token.items()}
    if sum(map(len, presentations.values())) > MAX_PRESENTATIONS:
        raise LimitExceededError(f"an answer has more than {MAX_PRESENTATIONS} presentations")
    return presentations


def _presentations(values: object) -> tuple[str, ...]:
    if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
        raise MalformedError("a vp_token member is a non-empty array of strings", clause="OpenID4VP 1.0, section 8.1")
    return tuple(values)
