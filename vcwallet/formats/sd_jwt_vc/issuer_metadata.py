# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Issuer keys from JWT VC issuer metadata (SD-JWT VC, section 4), for the issuers that a policy names.

>>> from vcwallet.formats.sd_jwt_vc.issuer_metadata import well_known_url
>>> well_known_url("https://example.com/tenant/1234")
'https://example.com/.well-known/jwt-vc-issuer/tenant/1234'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vcwallet.encoding import https_url, json, wire
from vcwallet.encoding.wire import Maybe, WireModel
from vcwallet.errors import (
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    TransportError,
    UntrustedError,
    ValidityError,
)
from vcwallet.flow import Flow, HttpRequest
from vcwallet.keys import jwk_set
from vcwallet.keys.jwk_set import JwkSet
from vcwallet.keys.policy import KeySource, Role, TrustedKey

MAX_BYTES = 256 * 1024
_PATH = "/.well-known/jwt-vc-issuer"
_CLAUSE = "SD-JWT VC, section 4"
_JSON = "application/json"
_JWK_SET = "application/jwk-set+json"  # RFC 7517, section 8.5.2


class JwtVcIssuerMetadata(WireModel):
    """The document under the well-known path (section 4.2)."""

    issuer: str
    jwks: Maybe[dict[str, Any]] = None
    jwks_uri: Maybe[str] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataIssuer:
    """An issuer that a policy permits to be known by its metadata.

    Attributes:
        issuer: its identifier.
        keys: the keys that it publishes.
        types: the credential types that it may issue.
        valid_until: until when the keys may be used without fetching them again; None leaves that to the caller.
    """

    issuer: str
    keys: JwkSet
    types: frozenset[str]
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerMetadataPolicy:
    """A `TrustPolicy` for issuers that are known by their metadata, and for no others.

    An issuer is known either by its certificate or by its metadata, never by what a credential prefers: a credential
    with a certificate chain is refused here.
    """

    issuers: Mapping[str, MetadataIssuer] = field(default_factory=dict)

    def knows(self, source: KeySource) -> bool:
        """Tell whether this policy decides about the issuer that a message claims."""
        return source.issuer in self.issuers

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        """Return the key that the issuer's metadata give for ``kid`` (see `TrustPolicy.key_for`).

        Raises:
            UntrustedError: the issuer is not permitted, names another mechanism, or has no such key.
            NotAuthorisedError: it may not issue this type, or the role is not that of an issuer.
            ValidityError: the metadata have to be fetched again (code ``ISSUER_KEYS_STALE``).
        """
        issuer = self._issuer(None if source.chain or source.trust_chain else source.issuer, role)
        if type_id not in issuer.types:
            raise NotAuthorisedError("the issuer may not issue this type")
        _require_current(issuer, at)
        return TrustedKey(
            key=issuer.keys.verification_key(source.key_id), party=issuer.issuer, source="issuer_metadata"
        )

    def require_granted(self, party: str, *, role: Role, at: datetime) -> None:
        """Return if an issuer is permitted, and its metadata are current (see `PartyPolicy.require_granted`).

        Raises:
            UntrustedError, NotAuthorisedError, ValidityError: as `key_for`.
        """
        _require_current(self._issuer(party, role), at)

    def _issuer(self, identifier: str | None, role: Role) -> MetadataIssuer:
        if role is not Role.CREDENTIAL_ISSUER:
            raise NotAuthorisedError("issuer metadata speak for issuers only")
        issuer = self.issuers.get(identifier) if identifier else None
        if issuer is None:
            raise UntrustedError("the issuer is not one that is known by its metadata", clause="SD-JWT VC, section 3")
        return issuer


def _require_current(issuer: MetadataIssuer, at: datetime) -> None:
    if issuer.valid_until is not None and at >= issuer.valid_until:
        raise ValidityError("the issuer's metadata have to be fetched again", code="ISSUER_KEYS_STALE")


def fetch_issuer(issuer: str, *, types: frozenset[str], valid_until: datetime | None = None) -> Flow[MetadataIssuer]:
    """Fetch the keys of an issuer that the caller permits (section 4.1 to 4.3).

    Raises:
        MalformedError: the identifier is no https URL of the right form, or a document is not as it should be.
        LimitExceededError: a document is longer than 256 KiB.
        UntrustedError: the document is another issuer's.
        TransportError: a document was not there.
    """
    document = wire.read(JwtVcIssuerMetadata, (yield from _get(well_known_url(issuer), _JSON)), max_bytes=MAX_BYTES)
    if document.issuer != issuer:
        raise UntrustedError("the metadata are another issuer's", clause="SD-JWT VC, section 4.3")
    if (document.jwks is None) == (document.jwks_uri is None):
        raise MalformedError("issuer metadata have either jwks or jwks_uri", clause="SD-JWT VC, section 4.2")
    if document.jwks_uri is not None:
        keys = jwk_set.parse(json.loads((yield from _get(_https(document.jwks_uri), _JSON, _JWK_SET))))
    else:
        keys = jwk_set.parse(document.jwks)
    return MetadataIssuer(issuer=issuer, keys=keys, types=types, valid_until=valid_until)


def well_known_url(issuer: str) -> str:
    """Return where an issuer's metadata are: the well-known path stands between host and path (section 4.1).

    Raises:
        MalformedError: not an https URL without query, fragment and user information.
    """
    url = https_url.parse(issuer, clause=_CLAUSE)
    return f"https://{url.authority}{_PATH}{url.path.removesuffix('/')}"


def _https(url: str) -> str:
    https_url.parse(url, clause=_CLAUSE)
    return url


def _get(url: str, *media_types: str) -> Flow[bytes]:
    headers = {"accept": ", ".join(media_types)}
    response = yield HttpRequest(method="GET", url=url, max_bytes=MAX_BYTES, headers=headers)
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.status != 200:
        raise TransportError("the issuer's metadata are not there", clause="SD-JWT VC, section 4.2")
    if media_type not in media_types:
        raise MalformedError("the issuer's metadata are not of a JSON media type", clause="SD-JWT VC, section 4.2")
    if len(response.body) > MAX_BYTES:
        raise LimitExceededError(f"the issuer's metadata are longer than {MAX_BYTES} bytes")
    return response.body
