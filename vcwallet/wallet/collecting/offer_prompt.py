# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a person is shown of an offer before anything is collected.

Names come from the registry where it knows them.  What only the issuer itself says is shown as that: by its host, and
with a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from vcwallet.claims import path_text
from vcwallet.encoding import service_url, visible
from vcwallet.errors import UnsupportedError, VcError
from vcwallet.formats.type_metadata import ResolvedType
from vcwallet.protocols.oauth.server_metadata import AuthorizationServerMetadata
from vcwallet.protocols.openid4vci.issuer_metadata import CredentialConfiguration
from vcwallet.protocols.openid4vci.offer import CredentialOffer, PreAuthorizedCode, TxCode
from vcwallet.wallet.collecting.discovery import FoundIssuer
from vcwallet.wallet.phrases import phrase
from vcwallet.wallet.proposal import in_language

MAX_TEXT: Final = 200
"""How many characters of an issuer's own words are shown."""

Grant: TypeAlias = Literal["pre_authorized_code", "authorization_code"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedCredential:
    """A credential of an offer that the wallet can collect.

    Attributes:
        configuration_id: what the issuer calls it.
        format: its format.
        type_id: its type (``vct`` or docType).
        name: how people call it.
        claims: how people call what is in it, in the issuer's order, as far as the issuer says it.
        is_type_known: whether the name is the registry's; otherwise it is the issuer's own word.
    """

    configuration_id: str
    format: str
    type_id: str
    name: str
    claims: tuple[str, ...]
    is_type_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferWarning:
    """Something worth a second look.

    Attributes:
        code: a stable code: ``ISSUER_NOT_VETTED``, ``TYPE_NOT_KNOWN``, ``NOT_COLLECTABLE``.
        message: the same in words.
        configuration_id: the credential that it is about, if it is about one.
    """

    code: str
    message: str
    configuration_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPrompt:
    """What a person decides about.

    Attributes:
        issuer: who offers: by the registered name, or by its host where nobody vouches for it.
        issuer_id: the Credential Issuer Identifier.
        own_name: how the issuer calls itself; not verified.
        verified_by: how the name is known; None where nobody vouches for the issuer.
        credentials: what can be collected.
        grant: how the wallet is authorised.
        tx_code: what has to be entered that the issuer sends another way; None where nothing has.  Its description is
            the word of whoever has made the offer, which nobody has signed, also where the issuer is vetted.
        batch_size: how many copies of one credential the issuer gives at once.
        warnings: what is worth a second look.
        language: the language of the labels.
        offer: the offer.
        found: the issuer's metadata and who vouches for it.
        server: the metadata of the authorization server.
    """

    issuer: str
    issuer_id: str
    own_name: str | None
    verified_by: str | None
    credentials: tuple[OfferedCredential, ...]
    grant: Grant
    tx_code: TxCode | None
    batch_size: int
    warnings: tuple[OfferWarning, ...]
    language: str
    offer: CredentialOffer = field(repr=False)
    found: FoundIssuer = field(repr=False)
    server: AuthorizationServerMetadata = field(repr=False)

    @property
    def is_vetted(self) -> bool:
        """Whether somebody vouches for the issuer."""
        return self.verified_by is not None

    @property
    def needs_browser(self) -> bool:
        """Whether the person logs in at the issuer, in a browser."""
        return self.grant == "authorization_code"


def offer_prompt(
    offer: CredentialOffer,
    found: FoundIssuer,
    server: AuthorizationServerMetadata,
    *,
    grant: Grant,
    type_of: Callable[[str], ResolvedType],
    require_collectable: Callable[[CredentialConfiguration], None],
    language: str,
) -> OfferPrompt:
    """Return what to show of an offer.

    Raises:
        UntrustedError: the issuer does not have what is offered (``CONFIGURATION_UNKNOWN``).
        UnsupportedError: nothing of it can be collected; its code is that of the first.
    """
    credentials, warnings, problems = list[OfferedCredential](), list[OfferWarning](), list[VcError]()
    for identifier in offer.credential_configuration_ids:
        try:
            configuration = found.metadata.configuration(identifier)
            require_collectable(configuration)
        except UnsupportedError as error:
            problems.append(error)
            warnings.append(_warning("NOT_COLLECTABLE", language, identifier, name=_shown(identifier)))
            continue
        offered = _offered(identifier, configuration, type_of=type_of, language=language)
        credentials.append(offered)
        if not offered.is_type_known:
            warnings.append(_warning("TYPE_NOT_KNOWN", language, identifier, name=offered.name))
    if not credentials:
        raise problems[0]
    vetting = found.vetting
    host = service_url.parse(offer.credential_issuer).authority
    if vetting.source is None:
        warnings.insert(0, _warning("ISSUER_NOT_VETTED", language, None, host=host))
    pre_authorized = offer.pre_authorized_code
    batch = found.metadata.batch_credential_issuance
    return OfferPrompt(
        issuer=in_language(vetting.name, language) or host,
        issuer_id=offer.credential_issuer,
        own_name=_own_name(found, language),
        verified_by=phrase(f"VETTED_{vetting.source.upper()}", language) if vetting.source is not None else None,
        credentials=tuple(credentials),
        grant=grant,
        tx_code=_tx_code(pre_authorized) if grant == "pre_authorized_code" else None,
        batch_size=batch.batch_size if batch is not None else 1,
        warnings=tuple(warnings),
        language=language,
        offer=offer,
        found=found,
        server=server,
    )


def _offered(
    identifier: str, configuration: CredentialConfiguration, *, type_of: Callable[[str], ResolvedType], language: str
) -> OfferedCredential:
    type_id = configuration.type_id or ""
    try:
        resolved = type_of(type_id)
    except VcError:
        resolved = None
    return OfferedCredential(
        configuration_id=identifier,
        format=configuration.format,
        type_id=type_id,
        name=resolved.name(language) if resolved is not None else _own_type_name(configuration, language),
        claims=tuple(_labels(configuration, resolved, language)),
        is_type_known=resolved is not None,
    )


def _labels(configuration: CredentialConfiguration, resolved: ResolvedType | None, language: str) -> Iterator[str]:
    for claim in configuration.claims:
        if resolved is not None and resolved.claim(claim.path) is not None:
            label = resolved.label(claim.path, language)
        else:
            label = _shown(in_language({one.locale or "": one.name for one in claim.display if one.name}, language))
        if label and label != path_text(claim.path):  # what has no name is part of what has
            yield label


def _own_type_name(configuration: CredentialConfiguration, language: str) -> str:
    described = configuration.credential_metadata
    display = described.display if described is not None else ()
    own = _shown(in_language({one.locale or "": one.name for one in display}, language))
    return own or _shown(configuration.type_id or "")


def _tx_code(offered: PreAuthorizedCode | None) -> TxCode | None:
    asked = offered.tx_code if offered is not None else None
    if asked is None or asked.description is None:
        return asked
    return asked.model_copy(update={"description": _shown(asked.description) or None})


def _own_name(found: FoundIssuer, language: str) -> str | None:
    own = {one.locale or "": one.name for one in found.metadata.display if one.name}
    return _shown(in_language(own, language)) or None


def _shown(text: str) -> str:
    """Return a text of the issuer as it may stand on a screen: bounded, and without what would reorder or hide it."""
    return visible.shown(text[:MAX_TEXT])


def _warning(code: str, language: str, configuration_id: str | None, **values: object) -> OfferWarning:
    return OfferWarning(code=code, message=phrase(code, language, **values), configuration_id=configuration_id)
