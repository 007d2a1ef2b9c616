# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Offers (OpenID4VCI 1.0, section 4): made by the portal of a deployer, fetched by wallets, watched by the portal."""

from __future__ import annotations

import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from vcwallet.flow import HttpResponse
from vcwallet.issuer.openid4vci.context import Context, Exchange, json_response
from vcwallet.issuer.openid4vci.deployer import Subject
from vcwallet.issuer.openid4vci.offering import MAX_TX_CODE_TRIES, GrantType
from vcwallet.issuer.openid4vci.state import (
    GRANT,
    ISSUER_STATE,
    OFFER,
    OFFER_REFERENCE,
    PRE_AUTHORIZED,
    Grant,
    IssuerState,
    Offer,
    OfferReference,
    PreAuthorized,
)
from vcwallet.jose.jwt import seconds
from vcwallet.protocols.openid4vci.notification import NotificationEvent
from vcwallet.protocols.openid4vci.offer import (
    SCHEME,
    AuthorizationCodeOffer,
    CredentialOffer,
    Grants,
    PreAuthorizedCode,
    TxCode,
    offer_json,
    offer_reference_url,
    offer_url,
)
from vcwallet.sealed_sessions import begin, new_secret
from vcwallet.sessions import Change

PATH: Final = "/offer/"
DIGITS: Final = TxCode(input_mode="numeric", length=6)
"""A transaction code of six digits."""
_MIN_TX_CODE = 4
_ALPHABETS: Final = {"numeric": string.digits, "text": "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"}


class OfferState(StrEnum):
    """How far an offer has come."""

    OFFERED = "offered"
    """No wallet has redeemed it."""
    REDEEMED = "redeemed"
    """A wallet has a token."""
    DEFERRED = "deferred"
    """A wallet waits for credentials."""
    ISSUED = "issued"
    """A wallet was given credentials."""
    ACCEPTED = "accepted"
    """A wallet says that it keeps them."""
    FAILED = "failed"
    """A wallet says that it could not keep them."""
    DELETED = "deleted"
    """A wallet says that they were deleted."""
    DEAD = "dead"
    """The transaction code was wrong too often, the code was in two hands, or what the person had was taken back."""
    ENDED = "ended"
    """There is no such offer any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedOffer:
    """An offer, ready to be shown.

    Attributes:
        id: what `CredentialIssuerService.offer_status` knows it by; a secret of the portal.
        offer: the offer itself.
        link: a link that carries the offer, for the device that shows it.
        reference_link: a link that says where the offer is, short enough for a QR code.
        tx_code: what the person types in beside; to be told them by another way than the offer.
        expires: when it ends.
    """

    id: str = field(repr=False)
    offer: CredentialOffer = field(repr=False)
    link: str = field(repr=False)
    reference_link: str = field(repr=False)
    tx_code: str | None = field(repr=False)
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferStatus:
    """What became of an offer.

    Attributes:
        state: how far the furthest credential configuration has come, or why nothing will come of it.
        configurations: how far each has come.
    """

    state: OfferState
    configurations: dict[str, OfferState]


def make_offer(
    context: Context,
    subject: str | None,
    configuration_ids: Sequence[str],
    *,
    grant: GrantType,
    tx_code: TxCode | None,
    scheme: str = SCHEME,
) -> IssuedOffer:
    """Keep an offer, and return it (see `CredentialIssuerService.offer`)."""
    ids = tuple(configuration_ids)
    if not ids or len(set(ids)) != len(ids) or not all(id in context.offerings for id in ids):
        raise ValueError("an offer names configurations of this service, each once")
    if grant.value not in context.profile.grants:
        raise ValueError(f"the profile {context.profile.name} has no such grant")
    if subject is not None:
        Subject(reference=subject)
    expires = context.clock() + context.lifetimes.offer
    id, reference = new_secret(), new_secret()
    if grant is GrantType.PRE_AUTHORIZED_CODE:
        grants, begun, held, code = _pre_authorized(context, subject, ids, tx_code, expires)
    else:
        grants, begun, held, code = _authorization_code(id, subject, ids, expires)
    offer = CredentialOffer(credential_issuer=context.identifier, credential_configuration_ids=ids, grants=grants)
    document = OfferReference(offer=offer_json(offer).decode("utf-8"))
    context.sessions.commit(
        begin(OFFER, held, secret=id, expires=expires + context.lifetimes.offer_status),
        begin(OFFER_REFERENCE, document, secret=reference, expires=expires),
        *begun,
    )
    return IssuedOffer(
        id=id,
        offer=offer,
        link=offer_url(offer, scheme=scheme),
        reference_link=offer_reference_url(context.url(PATH + reference), scheme=scheme),
        tx_code=code,
        expires=expires,
    )


def _pre_authorized(
    context: Context, subject: str | None, ids: tuple[str, ...], tx_code: TxCode | None, expires: datetime
) -> tuple[Grants, list[Change], Offer, str | None]:
    if subject is None:
        raise ValueError("a pre-authorised code is for a person who is known")
    code, grant, typed = new_secret(), new_secret(), _typed(tx_code)
    granted = Grant(subject=subject, configurations=ids, tags=context.people.tags(subject))
    begun: list[Change] = [
        begin(GRANT, granted, secret=grant, expires=expires),
        begin(PRE_AUTHORIZED, PreAuthorized(grant=grant, tx_code=typed), secret=code, expires=expires),
    ]
    members: dict[str, Any] = {"pre_authorized_code": code, **({} if tx_code is None else {"tx_code": tx_code})}
    grants = Grants(pre_authorized_code=PreAuthorizedCode(**members))
    held = Offer(subject=subject, configurations=ids, until=seconds(expires), code=code, grant=grant)
    return grants, begun, held, typed


def _authorization_code(
    id: str, subject: str | None, ids: tuple[str, ...], expires: datetime
) -> tuple[Grants, list[Change], Offer, None]:
    issuer_state = new_secret()
    begun: list[Change] = [begin(ISSUER_STATE, IssuerState(offer=id), secret=issuer_state, expires=expires)]
    grants = Grants(authorization_code=AuthorizationCodeOffer(issuer_state=issuer_state))
    return grants, begun, Offer(subject=subject, configurations=ids, until=seconds(expires)), None


def _typed(tx_code: TxCode | None) -> str | None:
    """Return a fresh transaction code of this kind.

    Raises:
        ValueError: it would be shorter than four characters: five tries would be too many.
    """
    if tx_code is None:
        return None
    length = tx_code.length or DIGITS.length or _MIN_TX_CODE
    if length < _MIN_TX_CODE:
        raise ValueError(f"a transaction code has at least {_MIN_TX_CODE} characters")
    return "".join(secrets.choice(_ALPHABETS[tx_code.input_mode]) for _ in range(length))


# --- fetched by a wallet ---------------------------------------------------------------------------------------------


def offer_by_reference(exchange: Exchange) -> HttpResponse:
    """Answer who fetches an offer (section 4.1.3)."""
    reference = exchange.url.rpartition("/")[2]
    found = exchange.context.sessions.find(OFFER_REFERENCE, OfferReference, reference)
    if found is None:
        return HttpResponse(status=404, headers={"cache-control": "no-store"}, body=b"")
    return json_response(found.body.offer.encode("utf-8"), {})


# --- watched by the portal -------------------------------------------------------------------------------------------

_EVENTS: Final = {
    NotificationEvent.CREDENTIAL_ACCEPTED.value: OfferState.ACCEPTED,
    NotificationEvent.CREDENTIAL_FAILURE.value: OfferState.FAILED,
    NotificationEvent.CREDENTIAL_DELETED.value: OfferState.DELETED,
}
_ORDER: Final = tuple(OfferState)


def offer_status(context: Context, id: str) -> OfferStatus:
    """Return what became of an offer (see `CredentialIssuerService.offer_status`)."""
    offer = context.sessions.find(OFFER, Offer, id)
    if offer is None:
        return OfferStatus(state=OfferState.ENDED, configurations={})
    ids = offer.body.configurations
    grant = None if offer.body.grant is None else context.sessions.find(GRANT, Grant, offer.body.grant)
    if grant is not None and context.people.is_void(grant.body):
        return OfferStatus(state=OfferState.DEAD, configurations=dict.fromkeys(ids, OfferState.DEAD))
    if grant is None or not grant.body.is_redeemed:
        state = _before_token(context, offer.body, is_begun=grant is not None)
        return OfferStatus(state=state, configurations=dict.fromkeys(ids, state))
    states = {id: _state(grant.body, id) for id in ids}
    return OfferStatus(state=max(states.values(), key=_ORDER.index), configurations=states)


def _before_token(context: Context, offer: Offer, *, is_begun: bool) -> OfferState:
    """Return how far an offer has come that there is no token for."""
    code = None if offer.code is None else context.sessions.find(PRE_AUTHORIZED, PreAuthorized, offer.code)
    if code is not None and code.body.tries >= MAX_TX_CODE_TRIES:
        return OfferState.DEAD
    # Somebody who has logged in by then may still come.
    is_over = context.clock() >= datetime.fromtimestamp(offer.until, UTC) and not is_begun
    return OfferState.ENDED if is_over else OfferState.OFFERED


def _state(grant: Grant, id: str) -> OfferState:
    if id in grant.event:
        return _EVENTS[grant.event[id]]
    done = {act.state for act in grant.acts if act.configuration == id}
    if "done" in done:
        return OfferState.ISSUED
    return OfferState.DEFERRED if done else OfferState.REDEEMED
