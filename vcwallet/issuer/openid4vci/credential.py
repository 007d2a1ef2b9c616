# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The credential endpoint (OpenID4VCI 1.0, section 8).

The same keys with the same token get the same answer, however often they ask; each time with a fresh nonce, which is
used up in one step with what it is used for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from vcwallet.credential_type import CredentialType
from vcwallet.errors import VcError
from vcwallet.flow import HttpResponse
from vcwallet.formats.base import Credential
from vcwallet.issuer.openid4vci.access import Access, require_access
from vcwallet.issuer.openid4vci.client import require_status
from vcwallet.issuer.openid4vci.context import Context, Exchange, denied
from vcwallet.issuer.openid4vci.deployer import NoRecord, NotYet
from vcwallet.issuer.openid4vci.issuing import Slot, holder_of, issue, require_not_taken_back
from vcwallet.issuer.openid4vci.messages import answer, read_body, require_encryption
from vcwallet.issuer.openid4vci.offering import MAX_ACTS, Offering
from vcwallet.issuer.openid4vci.state import (
    ANSWER,
    C_NONCE,
    NOTIFICATION,
    TRANSACTION,
    Act,
    Answer,
    Grant,
    Notified,
    Transaction,
)
from vcwallet.issuer.openid4vci.wanted import credential_identifier
from vcwallet.jose.jwt import SKEW
from vcwallet.keys import jwk
from vcwallet.protocols.haip import require_x5c
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal, refusing
from vcwallet.protocols.openid4vci.credential_request import CredentialRequest, read_credential_request
from vcwallet.protocols.openid4vci.credential_response import DeferredIssuance, IssuedCredentials
from vcwallet.protocols.openid4vci.proofs import ProvedKeys, verify_proofs
from vcwallet.sealed_sessions import Opened, begin, digest, mark, new_secret
from vcwallet.sessions import Add, Change


def credential(exchange: Exchange) -> HttpResponse:
    """Answer a credential request.

    Raises:
        OAuthRefusal: it is refused.
    """
    context = exchange.context
    access = require_access(exchange)
    body = read_body(exchange)
    request = read_credential_request(body.json, encrypted=body.encrypted)
    require_encryption(context, request.response_encryption)
    with context.one_at_a_time(access.token.grant):
        grant = access.grant(context)
        offering = _offering(context, grant.body, request)
        proved = _proved(exchange, offering, grant.body, request)
        nonce_ends = _require_nonce(exchange, proved)
        asked = _Asked(
            access=access,
            grant=grant,
            offering=offering,
            proved=proved,
            # Another server, whose clock is behind, takes the nonce for longer; see `StatelessNonces.require`.
            spent=mark(C_NONCE, digest(proved.nonce or ""), expires=nonce_ends + SKEW),
        )
        response = _respond(exchange, asked)
    return answer(exchange, response, request.response_encryption)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    access: Access
    grant: Opened[Grant] = field(repr=False)
    offering: Offering
    proved: ProvedKeys
    spent: Add

    @property
    def holder(self) -> str:
        return holder_of(self.proved.keys)

    @property
    def acts(self) -> tuple[Act, ...]:
        """What was done for this configuration with tokens of this generation."""
        generation = self.access.token.generation
        return tuple(
            act
            for act in self.grant.body.acts
            if act.configuration == self.offering.id and act.generation == generation
        )

    @property
    def slot(self) -> Slot:
        """The next act."""
        return self.slot_of(len(self.acts))

    def slot_of(self, number: int) -> Slot:
        return Slot(grant=self.grant, offering=self.offering, generation=self.access.token.generation, number=number)


def _offering(context: Context, grant: Grant, request: CredentialRequest) -> Offering:
    """Return what is asked for, by the identifier of a credential or of its configuration.

    Wallets that were given a credential identifier have to use it; some name the configuration nevertheless, and there
    is only one credential that they can mean.
    """
    if request.credential_identifier is not None:
        named = {credential_identifier(one): one for one in grant.named}
        id, error = named.get(request.credential_identifier), OAuthErrorCode.UNKNOWN_CREDENTIAL_IDENTIFIER
    else:
        id, error = request.credential_configuration_id, OAuthErrorCode.UNKNOWN_CREDENTIAL_CONFIGURATION
    if id is None or id not in context.offerings or id not in grant.configurations:
        raise OAuthRefusal(
            "the token is not good for this credential", error=error, clause="OpenID4VCI 1.0, section 8.3.1"
        )
    return context.offerings[id]


def _proved(exchange: Exchange, offering: Offering, grant: Grant, request: CredentialRequest) -> ProvedKeys:
    context = exchange.context
    proved = verify_proofs(
        request.proofs,
        accepted=context.configurations[offering.id].proof_types_supported,
        issuer=context.identifier,
        client_id=grant.client_id,
        trust=context.wallet_providers,
        nonce_required=True,
        max_keys=offering.batch_size,
        at=exchange.at,
        holder_certificates=context.holder_certificates,
    )
    with refusing(OAuthErrorCode.INVALID_PROOF):
        for attestation in proved.attestations:
            require_x5c(attestation.chain, anchors=(), profile=context.profile)
    for attestation in proved.attestations:
        provider, error = attestation.provider, OAuthErrorCode.INVALID_PROOF
        require_status(exchange, attestation.status, provider=provider, error=error)
    return proved


def _require_nonce(exchange: Exchange, proved: ProvedKeys) -> datetime:
    """Return until when the nonce of the proofs is good.

    Raises:
        OAuthRefusal: it is none of ours, has ended, or was used (``invalid_nonce``).
    """
    try:
        ends = exchange.context.c_nonces.require(proved.nonce or "", at=exchange.at)
    except VcError as error:
        raise _invalid_nonce(error.code) from None
    if exchange.context.sessions.is_marked(C_NONCE, digest(proved.nonce or "")):
        raise _invalid_nonce("NONCE_REUSED")
    return ends


def _invalid_nonce(code: str) -> OAuthRefusal:
    return OAuthRefusal(
        "the nonce is not good", error=OAuthErrorCode.INVALID_NONCE, code=code, clause="OpenID4VCI 1.0, section 8.3.1"
    )


def _respond(exchange: Exchange, asked: _Asked) -> IssuedCredentials | DeferredIssuance | bytes:
    """Return what was answered before, or do the act."""
    for act in asked.acts:
        if act.holder == asked.holder:
            return _again(exchange, asked, act)
    if asked.access.token.is_for_deferred:
        raise denied("the token is good for what was deferred, and for nothing new")
    if len(asked.acts) >= asked.offering.acts or any(act.state == "deferred" for act in asked.acts):
        raise denied("the grant is used up")
    if len(asked.grant.body.acts) >= MAX_ACTS:
        raise denied("the grant was refreshed too often")
    record = find_record(exchange, asked.grant.body.subject, asked.offering)
    if isinstance(record, NotYet):
        return _defer(exchange, asked, record)
    return _issue(exchange, asked, asked.slot, record)


def _again(exchange: Exchange, asked: _Asked, act: Act) -> IssuedCredentials | DeferredIssuance | bytes:
    if act.state == "deferred":
        exchange.commit(asked.spent)
        return DeferredIssuance(transaction_id=act.secret, interval=timedelta(seconds=act.interval))
    kept = exchange.context.sessions.find(ANSWER, Answer, act.secret)
    if kept is None:
        raise denied("the answer is not kept any more")
    exchange.commit(asked.spent)
    return kept.body.response.encode("utf-8")


def _issue(exchange: Exchange, asked: _Asked, slot: Slot, record: CredentialType) -> IssuedCredentials:
    credentials, grant = issue(exchange, slot, record, asked.proved.keys)
    require_not_taken_back(exchange, slot)
    response, begun, secret = kept_answer(exchange, grant, slot, credentials, is_notified=True)
    act = Act(
        configuration=slot.offering.id,
        generation=slot.generation,
        number=slot.number,
        holder=asked.holder,
        state="done",
        secret=secret,
    )
    exchange.commit(asked.spent, grant.swap(acts=(*grant.body.acts, act)), *begun)
    return response


def _defer(exchange: Exchange, asked: _Asked, not_yet: NotYet) -> DeferredIssuance:
    transaction_id, slot = new_secret(), asked.slot
    place: dict[str, Any] = {"configuration": slot.offering.id, "generation": slot.generation, "number": slot.number}
    transaction = Transaction(
        grant=asked.grant.secret,
        holder=asked.holder,
        keys=tuple(jwk.public_jwk(key) for key in asked.proved.keys),
        **place,
    )
    interval = int(not_yet.interval.total_seconds())
    act = Act(holder=asked.holder, state="deferred", secret=transaction_id, interval=interval, **place)
    ends = exchange.ends(exchange.context.lifetimes.transaction)
    exchange.commit(
        asked.spent,
        asked.grant.swap(max(ends, asked.grant.session.expires), acts=(*asked.grant.body.acts, act)),
        begin(TRANSACTION, transaction, secret=transaction_id, expires=ends),
    )
    return DeferredIssuance(transaction_id=transaction_id, interval=not_yet.interval)


# --- shared with the deferred endpoint -------------------------------------------------------------------------------


def find_record(exchange: Exchange, subject: str, offering: Offering) -> CredentialType | NotYet:
    """Return what the deployer knows of a person.

    Raises:
        OAuthRefusal: nothing (``credential_request_denied``).
        TypeError: the answer is of another type (a programming error of the deployer).
    """
    record = exchange.context.records.find(subject, offering.type, at=exchange.at)
    match record:
        case NoRecord():
            raise denied("there is no record")
        case NotYet():
            return record
        case CredentialType() if isinstance(record, offering.type):
            return record
        case _:
            raise TypeError("the record is of another type than was asked for")


def kept_answer(
    exchange: Exchange, grant: Opened[Grant], slot: Slot, credentials: tuple[Credential, ...], *, is_notified: bool
) -> tuple[IssuedCredentials, list[Change], str]:
    """Return the answer, the sessions that keep it and wait for the wallet's word about it, and its secret.

    Args:
        exchange: the request.
        grant: as it is to be written.
        slot: the act.
        credentials: what was signed.
        is_notified: whether the wallet is given a name to tell by what became of them.
    """
    lifetimes, secret = exchange.context.lifetimes, new_secret()
    notification_id = new_secret() if is_notified else None
    response = IssuedCredentials(credentials=credentials, notification_id=notification_id)
    kept = Answer(response=response.to_json().decode("utf-8"))
    begun: list[Change] = [begin(ANSWER, kept, secret=secret, expires=exchange.ends(lifetimes.answer))]
    if notification_id is not None:
        told = Notified(grant=grant.secret, configuration=slot.offering.id)
        begun.append(begin(NOTIFICATION, told, secret=notification_id, expires=exchange.ends(lifetimes.notification)))
    return response, begun, secret
