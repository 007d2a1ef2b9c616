# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""HTTP (RFC 9110, RFC 9112) over TLS, for flows: the one place where vcwallet reaches the network.

Addresses in credentials, offers and requests come from the other side.  So an exchange is https, with an address that
belongs to the public internet, has a deadline and a bounded answer, keeps no cookies, and looks alike for everybody.
What is to be reached otherwise, on this machine or within an organisation, is named.

This needs the extra ``vcwallet[http]``.

    >>> from vcwallet.adapters.http import HttpClient
    >>> from vcwallet.flow import HttpRequest
    >>> with HttpClient() as http:
    ...     http(HttpRequest(method="GET", url="https://169.254.169.254/latest/meta-data", max_bytes=1000))
    Traceback (most recent call last):
    vcwallet.errors.NetworkBlockedError: the address is not one of the public internet [NETWORK_BLOCKED]

`HttpClient` drives `vcwallet.flow.run`, `AsyncHttpClient` drives `vcwallet.flow.arun`.
"""

from vcwallet.adapters.http.asynchronous import AsyncHttpClient
from vcwallet.adapters.http.client import HttpClient
from vcwallet.adapters.http.resolution import Resolver, system_resolver

__all__ = ["AsyncHttpClient", "HttpClient", "Resolver", "system_resolver"]
