# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The trusted authorities that a credential's certificates speak of (OpenID4VP 1.0, section 6.1.1)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from cryptography import x509

from vcwallet.encoding import base64url
from vcwallet.errors import MalformedError


@lru_cache(maxsize=256)
def authorities_of(chain: tuple[bytes, ...]) -> frozenset[tuple[str, str]]:
    """Return the authority key identifiers of certificates, as ``("aki", base64url)`` (OpenID4VP 1.0, section 6.1.1.1).

    Raises:
        MalformedError: a certificate is none.
    """
    return frozenset(("aki", aki) for der in chain for aki in _authority_keys(der))


def _authority_keys(der: bytes) -> Iterator[str]:
    try:
        extensions = x509.load_der_x509_certificate(der).extensions
    except (ValueError, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType):
        raise MalformedError("the chain holds something that is no certificate", clause="RFC 5280, section 4") from None
    try:
        key_id = extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return
    if key_id is not None:
        yield base64url.encode(key_id)
