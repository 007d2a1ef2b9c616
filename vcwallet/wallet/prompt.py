# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a person is shown before deciding, and the decision: `Prompt` -> `Consent`.

A prompt says who asks, how that is known, why, for what and how long it is kept; what is worth a second look; and which
credentials could answer.  A consent is made from a prompt, for its claims and no others.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime

from vcwallet.claims import ClaimPath, JsonValue
from vcwallet.credential_type import Sensitivity
from vcwallet.errors import ConsentRequiredError, LimitExceededError, RemoteProtocolError, quoted
from vcwallet.protocols.dcql import Match, Matches
from vcwallet.protocols.exchange import AnswerTarget, AuthenticatedRequest, IncomingRequest
from vcwallet.protocols.openid4vp.response import MAX_BYTES, MAX_PRESENTATIONS
from vcwallet.protocols.openid4vp.response_encryption import MAX_CONTENT_BYTES
from vcwallet.protocols.openid4vp.transaction_data import assign
from vcwallet.trust.registration import Registration
from vcwallet.wallet.cards import Card
from vcwallet.wallet.phrases import phrase

EXPLICIT = frozenset({Sensitivity.C, Sensitivity.D, Sensitivity.X})
"""The classes whose claims are approved one by one, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptClaim:
    """A claim that would be disclosed.

    Attributes:
        path: the claim.
        name: the path as `Prompt.approve` takes it.
        label: how people call it.
        sensitivity: its class, or a stricter one of what is part of it.
        value: what would be disclosed; several values where the path selects several.
        always: whether every presentation of the credential shows it, so that it cannot be held back.
        alternatives: claims of the credential that say less and may serve as well, such as ``income_above``.
    """

    path: ClaimPath
    name: str
    label: str
    sensitivity: Sensitivity
    value: tuple[JsonValue, ...] = field(repr=False)
    always: bool = False
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptCredential:
    """A credential that could answer one credential query.

    Attributes:
        query_id: the credential query.
        card: the credential.
        type_name: how people call its type.
        issuer_name: how the registry calls its issuer.
        claims: what would be disclosed of it.
        authorises: the texts of the transactions that it can authorise, all of them together.
        size: how long its presentation is at most, in bytes.
        is_reused: whether it is a copy of a batch that somebody else may have seen, since no unused one is left; those
            who compare what they were shown can tell that it was the same person.
    """

    query_id: str
    card: Card
    type_name: str
    issuer_name: str
    claims: tuple[PromptClaim, ...]
    authorises: frozenset[str] = field(default=frozenset(), repr=False)
    size: int = 0
    is_reused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptTransaction:
    """Something that is authorised with an answer (OpenID4VP 1.0, section 8.4).

    Attributes:
        name: what `Prompt.approve` takes it by.
        type: what kind of transaction it is, as the verifier has it.
        title: the same as people call it.
        details: all that the verifier says of it, as label and text.
        credential_ids: the credential queries of which the first that is answered authorises it.
    """

    name: str
    type: str
    title: str
    details: tuple[tuple[str, str], ...] = field(repr=False)
    credential_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptWarning:
    """Something worth a second look.

    Attributes:
        code: a stable code: ``GUARDED_CLAIM``, ``SPECIAL_CARE_CLAIM``, ``LIMITED_CLAIM``, ``PREDICATE_AVAILABLE``,
            ``COPY_REUSED``, ``REQUEST_UNSIGNED``.
        message: the same in words.
        claim: the claim's path as text; the credential query, where it is about a whole credential; empty, where it is
            about the request.
        alternatives: claims that would disclose less and may serve as well.
    """

    code: str
    message: str
    claim: str
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a person decides about.

    Attributes:
        verifier: who asks, by the registered name.
        verifier_id: who asks, by identifier.
        verified_by: how that is known.
        purpose: why, in the registered words.
        purpose_code: the code of the purpose.
        legal_basis: the laws that the purpose rests on.
        retention: how long the claims are kept, in words or days.
        privacy_policy: where the verifier's privacy notice is.
        contact: where to ask for deletion.
        credentials: what is proposed to answer with.
        choices: by credential query, all credentials that could answer it; also those of queries that need no answer.
        warnings: what is worth a second look.
        why: in words, why this is proposed and not something else that would answer; empty where nothing else would.
        language: the language of the labels.
        request: the request.
        incoming: the request as it came, which `present` checks again.
        registration: the verifier's registration for this purpose.
        matches: what could answer.
        transactions: what is authorised with an answer, each by name.
    """

    verifier: str
    verifier_id: str
    verified_by: str
    purpose: str
    purpose_code: str
    legal_basis: tuple[str, ...]
    retention: str
    privacy_policy: str | None
    contact: str | None
    credentials: tuple[PromptCredential, ...]
    choices: Mapping[str, tuple[PromptCredential, ...]]
    warnings: tuple[PromptWarning, ...]
    why: tuple[str, ...]
    language: str
    request: AuthenticatedRequest
    incoming: IncomingRequest = field(repr=False)
    registration: Registration
    matches: Matches = field(repr=False)
    transactions: tuple[PromptTransaction, ...] = ()

    @property
    def to_approve_by_name(self) -> tuple[str, ...]:
        """The claims of the proposal, and the transactions, that `approve` has to be given by name."""
        return tuple(dict.fromkeys(_explicit(self.credentials, self.transactions)))

    def approve(
        self, *, explicitly: Iterable[str] = (), cards: Mapping[str, str | Sequence[str] | None] | None = None
    ) -> Consent:
        """Return the person's consent to what is proposed, or to the cards chosen instead.

        Args:
            explicitly: the guarded, special-care and limited claims, and the transactions, each by its name.
            cards: by credential query, the identifier of the card to answer with, in place of the proposed one or in
                addition to the proposal; several where the query takes several; None leaves a proposed one out.

        Raises:
            ConsentRequiredError: a claim or transaction that needs approval by name was not named
                (``CONSENT_REQUIRED``), what is chosen does not answer the request or authorise its transactions
                (``SELECTION_INCOMPLETE``), or a part of it is not needed for that (``SELECTION_TOO_LARGE``).
            LimitExceededError: it would be too long for one answer, or are more than 20 presentations.
            ValueError: a card that is not among the choices, one twice, or several for a query that takes one.
        """
        wanted = self._wanted({query_id: _several(chosen) for query_id, chosen in (cards or {}).items()})
        credentials = tuple(self._choice(query_id, card) for query_id, chosen in wanted.items() for card in chosen)
        if not credentials:
            raise ConsentRequiredError("nothing is selected", code="SELECTION_INCOMPLETE")
        by_name = frozenset(explicitly)
        require_by_name(credentials, by_name, self.transactions)
        self._require_authorised(credentials)
        require_size(credentials, self.request.target)
        self.matches.select(self._match(one) for one in credentials)  # raises where they do not answer the request
        return Consent(id=secrets.token_urlsafe(18), prompt=self, credentials=credentials, by_name=by_name)

    def _require_authorised(self, credentials: Sequence[PromptCredential]) -> None:
        try:
            assign(self.request.transactions, presented=[(one.query_id, one.authorises) for one in credentials])
        except RemoteProtocolError:
            raise ConsentRequiredError("a transaction is authorised by nothing", code="SELECTION_INCOMPLETE") from None

    def _wanted(self, chosen: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        """Return the cards to answer with: a choice takes the place of what is proposed as its alternative."""
        proposed: dict[str, tuple[str, ...]] = {one.query_id: (one.card.id,) for one in self.credentials}
        for query_id in (query_id for query_id, cards in chosen.items() if cards):
            for each in self.matches.query.sets:
                together = {one for option in each.options if query_id in option for one in option}
                others = {one for option in each.options for one in option} - together if together else set()
                proposed = {one: cards for one, cards in proposed.items() if one not in others}
        return proposed | chosen

    def _choice(self, query_id: str, card_id: str) -> PromptCredential:
        for choice in self.choices.get(query_id, ()):
            if choice.card.id == card_id:
                return choice
        raise ValueError("a card that is not among the choices")

    def _match(self, chosen: PromptCredential) -> Match:
        found = self.matches.found[chosen.query_id]
        return next(match for match in found if match.candidate.id == chosen.card.id).least()


def require_size(credentials: Sequence[PromptCredential], target: AnswerTarget) -> None:
    """Return if some credentials fit into one answer, as it goes there.

    Raises:
        LimitExceededError: they do not.
    """
    if len(credentials) > MAX_PRESENTATIONS:
        raise LimitExceededError(f"an answer has more than {MAX_PRESENTATIONS} presentations")
    longest = MAX_BYTES if target.encryption is None else MAX_CONTENT_BYTES
    if sum(one.size for one in credentials) > longest:
        raise LimitExceededError(f"an answer is longer than {longest} bytes")


def _several(chosen: str | Sequence[str] | None) -> tuple[str, ...]:
    return (chosen,) if isinstance(chosen, str) else tuple(chosen or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A person's decision about one prompt; made by `Prompt.approve`, used once by `Wallet.present`.

    Attributes:
        id: names the decision.
        prompt: what was shown.
        credentials: what is answered with, as it was shown.
        by_name: the claims that were approved by name.
    """

    id: str
    prompt: Prompt
    credentials: tuple[PromptCredential, ...]
    by_name: frozenset[str]

    @property
    def expires(self) -> datetime:
        """Until when the verifier accepts an answer."""
        return self.prompt.request.expires


_GUARDED = {
    Sensitivity.C: "GUARDED_CLAIM",
    Sensitivity.D: "SPECIAL_CARE_CLAIM",
    Sensitivity.X: "LIMITED_CLAIM",
}


def warnings_about(credentials: Iterable[PromptCredential], language: str) -> tuple[PromptWarning, ...]:
    """Return what is worth a second look in a proposal."""
    warnings: list[PromptWarning] = []
    credentials = tuple(credentials)
    for one in credentials:
        if one.is_reused:
            message = phrase("COPY_REUSED", language, name=one.type_name)
            warnings.append(PromptWarning(code="COPY_REUSED", message=message, claim=one.query_id))
    for claim in (claim for one in credentials for claim in one.claims):
        if claim.sensitivity in _GUARDED:
            warnings.append(_warning(_GUARDED[claim.sensitivity], claim, language))
        if claim.alternatives:
            warnings.append(_warning("PREDICATE_AVAILABLE", claim, language, claim.alternatives))
    return tuple(warnings)


def _warning(code: str, claim: PromptClaim, language: str, alternatives: tuple[str, ...] = ()) -> PromptWarning:
    message = phrase(code, language, label=claim.label)
    return PromptWarning(code=code, message=message, claim=claim.name, alternatives=alternatives)


def require_by_name(
    credentials: Iterable[PromptCredential], by_name: Set[str], transactions: Iterable[PromptTransaction] = ()
) -> None:
    """Return if every claim and transaction that is approved by name only was approved so.

    Raises:
        ConsentRequiredError: one was not (``CONSENT_REQUIRED``); the message has the names, as far as they fit.
    """
    missing = sorted(set(_explicit(credentials, transactions)) - by_name)
    if missing:
        names = quoted(", ".join(missing))  # an issuer names its claims as it likes
        raise ConsentRequiredError(f"{len(missing)} claims are approved by name only: {names}")


def _explicit(credentials: Iterable[PromptCredential], transactions: Iterable[PromptTransaction]) -> list[str]:
    claims = [claim.name for one in credentials for claim in one.claims if claim.sensitivity in EXPLICIT]
    return [*claims, *(one.name for one in transactions)]
