# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""How an access token is used (RFC 6749, section 7.1; RFC 6750; RFC 9449, section 7.1)."""

from __future__ import annotations

from enum import StrEnum

from vcwallet.errors import UnsupportedError, quoted


class TokenType(StrEnum):
    """A type of access token, by its name as an authentication scheme."""

    DPOP = "DPoP"
    BEARER = "Bearer"

    @classmethod
    def parse(cls, name: str) -> TokenType:
        """Return the type of this name, whose case does not matter (RFC 6749, section 5.1).

        Raises:
            UnsupportedError: another name.
        """
        found = _BY_NAME.get(name.lower())
        if found is None:
            raise UnsupportedError(f"token type {quoted(name)} is not supported", clause="RFC 6749, section 7.1")
        return found


_BY_NAME = {each.value.lower(): each for each in TokenType}
