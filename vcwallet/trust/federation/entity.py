# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Entity identifiers, and where an entity publishes its configuration (OpenID Federation 1.0, sections 1.2 and 9).

>>> from vcwallet.trust.federation.entity import configuration_url
>>> configuration_url("https://example.com/tenant/1234/")
'https://example.com/tenant/1234/.well-known/openid-federation'
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from vcwallet.claims import JsonObject
from vcwallet.encoding import https_url
from vcwallet.errors import MalformedError
from vcwallet.keys import jwk, jwk_set
from vcwallet.keys.jwk_set import JwkSet
from vcwallet.keys.public import PublicKey

CLAUSE = "OpenID Federation 1.0, section 1.2"
_WELL_KNOWN = "/.well-known/openid-federation"


def require_entity_id(value: str) -> str:
    """Return an entity identifier: an https URL with a host and without query and fragment.

    Raises:
        MalformedError: it is none.
    """
    https_url.parse(value, clause=CLAUSE)
    return value


def configuration_url(entity_id: str) -> str:
    """Return where the entity configuration is: the well-known path is appended, after one slash at most (section 9).

    Raises:
        MalformedError: not an entity identifier.
    """
    return require_entity_id(entity_id).removesuffix("/") + _WELL_KNOWN


def fetch_url(endpoint: str, subject: str) -> str:
    """Return where an entity's statement about a subordinate is (section 8.1.1).

    Raises:
        MalformedError: the endpoint is no https URL, or one with a fragment.
    """
    plain, _, query = endpoint.partition("?")
    https_url.parse(plain, clause="OpenID Federation 1.0, section 5.1.1")
    if not query.isascii() or not query.isprintable() or "#" in query or " " in query:
        raise MalformedError("the query of a fetch endpoint is not that of a URL")
    return f"{plain}?{query}{'&' if query else ''}sub={quote(subject, safe='')}"


def federation_keys(keys: Iterable[PublicKey]) -> JwkSet:
    """Return keys as the ``jwks`` of an entity, each under its thumbprint (section 3.1.1)."""
    members = [jwk.public_jwk(key) for key in keys]
    return JwkSet(tuple({**one, "kid": jwk.thumbprint(one)} for one in members))


def read_keys(value: JsonObject) -> JwkSet:
    """Return the federation keys of an entity: each has a ``kid`` of its own.

    Raises:
        MalformedError: not a JWK Set, or a key without ``kid``.
        LimitExceededError: more than 100 keys.
    """
    keys = jwk_set.parse(value)
    if not all(key.get("kid") for key in keys.keys):
        raise MalformedError("a federation key has a kid", clause="OpenID Federation 1.0, section 3.1.1")
    return keys
