# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""OpenID for Verifiable Presentations 1.0: signed request objects and responses, whatever carries them."""

from vcwallet.protocols.openid4vp.request import Request
from vcwallet.protocols.openid4vp.request_object import UnverifiedRequest, read_request
from vcwallet.protocols.openid4vp.response import Response

__all__ = ["Request", "Response", "UnverifiedRequest", "read_request"]
