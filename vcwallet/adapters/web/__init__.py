# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Roles as ASGI applications (Starlette), for uvicorn or any other server: ``pip install 'vcwallet[web]'``."""

from vcwallet.adapters.web._library import starlette as _starlette  # first, since it says what is missing
from vcwallet.adapters.web.app import issuer_app, verifier_app
from vcwallet.adapters.web.rate_limit import RateLimit
from vcwallet.adapters.web.server import serve, uvicorn_config

__all__ = ["RateLimit", "issuer_app", "serve", "uvicorn_config", "verifier_app"]

del _starlette
