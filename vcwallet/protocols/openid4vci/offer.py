# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Credential offers, by value and by reference (OpenID4VCI 1.0, section 4).

An offer is untrusted: nobody has signed it, and whoever made it may have put another issuer's name into it.

    >>> from vcwallet.protocols.openid4vci.offer import AuthorizationCodeOffer, CredentialOffer, Grants
    >>> from vcwallet.protocols.openid4vci.offer import offer_url, read_offer_link
    >>> grants = Grants(authorization_code=AuthorizationCodeOffer())
    >>> offer = CredentialOffer(
    ...     credential_issuer="https://issuer.example", credential_configuration_ids=("pass",), grants=grants
    ... )
    >>> link = offer_url(offer)
    >>> link[:45]
    'openid-credential-offer://?credential_offer=%'
    >>> read_offer_link(link) == offer
    True
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal
from urllib.parse import quote, unquote_to_bytes

from pydantic import ConfigDict, Field, model_validator

from vcwallet.encoding import json, service_url, wire
from vcwallet.encoding.wire import Array, Maybe, WireModel
from vcwallet.errors import LimitExceededError, MalformedError, UnsupportedError, UntrustedError
from vcwallet.protocols.oauth.grant_type import PRE_AUTHORIZED_CODE
from vcwallet.protocols.openid4vci.issuer_metadata import CredentialIssuerMetadata, IssuerIdentifier, Name

SCHEME: Final = "openid-credential-offer://"
HAIP_SCHEME: Final = "haip-vci://"
MEDIA_TYPE: Final = "application/json"
MAX_BYTES = 64 * 1024
MAX_LINK = 64 * 1024
MAX_CONFIGURATIONS = 50
MAX_CODE = 4096
MAX_TX_CODE_LENGTH = 64
MAX_TX_CODE_DESCRIPTION = 300

_CLAUSE: Final = "OpenID4VCI 1.0, section 4.1"
_SCHEMES: Final = frozenset({SCHEME, HAIP_SCHEME})
# Printable ASCII without a fragment; a percent sign stands for nothing but an octet.
_QUERY: Final = re.compile(r'(?:[ !"$&-~]|%[0-9A-Fa-f]{2})*')
_VALUE, _REFERENCE = "credential_offer", "credential_offer_uri"


class TxCode(WireModel):
    """That a transaction code is needed, which reaches the person by another way, and how it is typed in."""

    input_mode: Literal["numeric", "text"] = "numeric"
    length: Annotated[Maybe[int], Field(ge=1, le=MAX_TX_CODE_LENGTH)] = None
    description: Annotated[Maybe[str], Field(max_length=MAX_TX_CODE_DESCRIPTION)] = None


class PreAuthorizedCode(WireModel):
    """The grant of a person that the issuer knows already (section 4.1.1)."""

    model_config: ClassVar[ConfigDict] = ConfigDict(validate_by_name=True, validate_by_alias=True)

    pre_authorized_code: Annotated[
        str, Field(alias="pre-authorized_code", min_length=1, max_length=MAX_CODE, repr=False)
    ]
    tx_code: Maybe[TxCode] = None
    authorization_server: Maybe[IssuerIdentifier] = None

    @model_validator(mode="after")
    def _require_final(self) -> PreAuthorizedCode:
        # Who passed over this would ask for a token without the PIN that it stands for.
        if "user_pin_required" in (self.model_extra or {}):
            raise _old_draft()
        return self


class AuthorizationCodeOffer(WireModel):
    """The grant of a person who is going to log in (section 4.1.1); ``issuer_state`` comes back to the issuer."""

    issuer_state: Annotated[Maybe[str], Field(min_length=1, max_length=MAX_CODE, repr=False)] = None
    authorization_server: Maybe[IssuerIdentifier] = None


class Grants(WireModel):
    """The grants that an offer is good for; others than these two are kept unread."""

    model_config: ClassVar[ConfigDict] = ConfigDict(validate_by_name=True, validate_by_alias=True)

    authorization_code: Maybe[AuthorizationCodeOffer] = None
    pre_authorized_code: Annotated[Maybe[PreAuthorizedCode], Field(alias=PRE_AUTHORIZED_CODE)] = None


class CredentialOffer(WireModel):
    """What an issuer offers, and how it can be had (section 4.1.1)."""

    credential_issuer: IssuerIdentifier
    credential_configuration_ids: Annotated[Array[Name], Field(min_length=1, max_length=MAX_CONFIGURATIONS)]
    grants: Maybe[Grants] = None

    @property
    def authorization_code(self) -> AuthorizationCodeOffer | None:
        """The grant with a log-in, if it is offered."""
        return self.grants.authorization_code if self.grants is not None else None

    @property
    def pre_authorized_code(self) -> PreAuthorizedCode | None:
        """The grant without a log-in, if it is offered."""
        return self.grants.pre_authorized_code if self.grants is not None else None

    @model_validator(mode="after")
    def _require_different(self) -> CredentialOffer:
        if len(set(self.credential_configuration_ids)) != len(self.credential_configuration_ids):
            raise MalformedError("an offer names the same configuration twice", clause=_CLAUSE)
        return self


@dataclass(frozen=True, slots=True)
class OfferReference:
    """Where an offer can be fetched; a wallet asks the person before it does (section 15.5)."""

    uri: str


def offer_url(offer: CredentialOffer, *, scheme: str = SCHEME) -> str:
    """Return a link that carries the offer (section 4.1.2).

    Args:
        offer: the offer.
        scheme: `SCHEME`, `HAIP_SCHEME`, or the https URL of a wallet.

    Raises:
        ValueError: another scheme.
        LimitExceededError: the link would be longer than 64 KiB.
    """
    return _link(scheme, _VALUE, offer_json(offer).decode("utf-8"))


def offer_reference_url(uri: str, *, scheme: str = SCHEME) -> str:
    """Return a link that says where the offer can be fetched (section 4.1.3), short enough for a QR code.

    Args:
        uri: where the offer is, by https.
        scheme: `SCHEME`, `HAIP_SCHEME`, or the https URL of a wallet.

    Raises:
        MalformedError: the offer's URI is not https.
        ValueError: another scheme.
    """
    service_url.parse_endpoint(uri, clause=_CLAUSE)
    return _link(scheme, _REFERENCE, uri)


def offer_json(offer: CredentialOffer) -> bytes:
    """Return the offer as the JSON document that is fetched by reference (media type `MEDIA_TYPE`)."""
    return json.dumps(offer.model_dump(mode="json", by_alias=True, exclude_unset=True))


def read_offer_link(text: str) -> CredentialOffer | OfferReference:
    """Return the offer of a link, or where it can be fetched; nothing of it is to be trusted (section 4.1).

    Raises:
        LimitExceededError: longer than 64 KiB, or an offer over its limits.
        MalformedError: no link of an offer, or one with both an offer and a reference.
        UnsupportedError: an offer of a draft before 1.0 (code ``OLD_DRAFT``).
    """
    if len(text) > MAX_LINK:
        raise LimitExceededError(f"the link of an offer is longer than {MAX_LINK} characters")
    parameters = _parameters(text)
    value, reference = parameters.get(_VALUE), parameters.get(_REFERENCE)
    if (value is None) == (reference is None):
        raise MalformedError("a link carries either an offer or a reference to one", clause=_CLAUSE)
    if value is not None:
        return read_offer(value)
    return OfferReference(_reference((reference or b"").decode("ascii", "replace")))


def read_offer(body: bytes) -> CredentialOffer:
    """Return the offer of a JSON document; nothing of it is to be trusted.

    Raises:
        LimitExceededError: longer than 64 KiB, or more than 50 configurations.
        MalformedError: not an offer as the standard has it.
        UnsupportedError: an offer of a draft before 1.0 (code ``OLD_DRAFT``).
    """
    members = json.loads_object(body, max_bytes=MAX_BYTES)
    if "credential_configuration_ids" not in members and "credentials" in members:
        raise _old_draft()
    return wire.fit(CredentialOffer, members)


def servers_of(
    grant: AuthorizationCodeOffer | PreAuthorizedCode | None, metadata: CredentialIssuerMetadata
) -> tuple[str, ...]:
    """Return the authorization servers that a grant can be used at: the one that it names, or all of the issuer's.

    Raises:
        UntrustedError: it names one that is none of the issuer's (code ``SERVER_UNKNOWN``).
    """
    if grant is None or grant.authorization_server is None:
        return metadata.servers
    if grant.authorization_server not in metadata.servers:
        raise UntrustedError(
            "the offer names an authorization server that is none of the issuer's",
            code="SERVER_UNKNOWN",
            clause="OpenID4VCI 1.0, section 12.2.4",
        )
    return (grant.authorization_server,)


def _link(scheme: str, name: str, value: str) -> str:
    if scheme not in _SCHEMES and not _is_universal(scheme):
        raise ValueError("the link of an offer begins with a scheme for offers, or is an https URL without a query")
    link = f"{scheme}?{name}={quote(value, safe='')}"
    if len(link) > MAX_LINK:
        raise LimitExceededError(f"the link of an offer is longer than {MAX_LINK} characters")
    return link


def _is_universal(url: str) -> bool:
    try:
        service_url.parse(url)
    except MalformedError:
        return False
    return True


def _parameters(text: str) -> dict[str, bytes]:
    """Return the two parameters that matter; others are ignored, as the standard says."""
    location, _, query = text.partition("?")
    scheme, separator, rest = location.partition("://")
    for_offers = f"{scheme.lower()}{separator}" in _SCHEMES
    is_link = rest in ("", "/") if for_offers else _is_universal(location)
    if not is_link or _QUERY.fullmatch(query) is None:
        raise MalformedError("not the link of a credential offer", clause=_CLAUSE)
    pairs = [(name, value) for name, _, value in (each.partition("=") for each in query.split("&"))]
    found = [(name, unquote_to_bytes(value.replace("+", " "))) for name, value in pairs if name in (_VALUE, _REFERENCE)]
    if len({name for name, _ in found}) != len(found):
        raise MalformedError("a parameter of the link is there twice", clause=_CLAUSE)
    return dict(found)


def _reference(uri: str) -> str:
    service_url.parse_endpoint(uri, clause="OpenID4VCI 1.0, section 4.1.3")
    return uri


def _old_draft() -> UnsupportedError:
    return UnsupportedError("the offer is of a draft before OpenID4VCI 1.0", code="OLD_DRAFT", clause=_CLAUSE)
