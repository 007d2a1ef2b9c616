# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Response modes: how an answer goes back (OpenID4VP 1.0, sections 5.6, 8.2, 8.3 and appendix A.2)."""

from __future__ import annotations

from enum import StrEnum

from vcwallet.formats.base import SAME_CHANNEL as _SAME_CHANNEL


class ResponseMode(StrEnum):
    """The response modes that vcwallet has; with a ``.jwt`` the answer is encrypted."""

    DIRECT_POST = "direct_post"
    DIRECT_POST_JWT = "direct_post.jwt"
    DC_API = "dc_api"
    DC_API_JWT = "dc_api.jwt"
    SAME_CHANNEL = _SAME_CHANNEL

    @property
    def is_posted(self) -> bool:
        """Whether the answer is posted to a response URI."""
        return self in (ResponseMode.DIRECT_POST, ResponseMode.DIRECT_POST_JWT)

    @property
    def is_dc_api(self) -> bool:
        """Whether the answer goes back by the Digital Credentials API."""
        return self in (ResponseMode.DC_API, ResponseMode.DC_API_JWT)

    @property
    def is_encrypted(self) -> bool:
        """Whether the answer is encrypted."""
        return self in (ResponseMode.DIRECT_POST_JWT, ResponseMode.DC_API_JWT)
