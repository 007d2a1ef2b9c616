# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""May this verifier ask for this? Decided before the person is asked, since consent does not cure what is not allowed.

The order is: is it registered; for this purpose; do the statutes allow it; does it ask for no more than it registered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vcwallet.claims import ClaimPath, path_text
from vcwallet.credential_type import Disclosure, Sensitivity
from vcwallet.encoding import visible
from vcwallet.errors import (
    NotAuthorisedError,
    OverAskingError,
    PurposeMismatchError,
    RequestRefusedError,
    SignatureInvalidError,
    StatuteLimitedError,
    UntrustedError,
    VcError,
    VerifierUnknownError,
)
from vcwallet.formats.type_metadata import ResolvedType
from vcwallet.keys.policy import PartyPolicy, Role, TrustedParty, TrustPolicy
from vcwallet.protocols.dcql import CredentialQuery, DcqlQuery, asked_paths
from vcwallet.protocols.exchange import AuthenticatedRequest
from vcwallet.trust.client import SOURCE as REGISTRY
from vcwallet.trust.registration import Registration, over_asked, read_registration

MAX_NAME = 100
"""How much of the name of a type or claim stands in errors and histories, in characters."""

EXTENSION = "vcwallet"
"""The member of type metadata that carries sensitivity, disclosure rule, statute and predicates of a claim."""

TypeOf = Callable[[str], ResolvedType]


@dataclass(frozen=True, slots=True)
class AskedClaim:
    """A claim that an answer could disclose, with the rules of its type."""

    type_id: str
    path: ClaimPath
    rules: dict[str, Any]

    @property
    def name(self) -> str:
        """The claim as errors and histories name it: type and path, never a value."""
        return _named(self.type_id, self.path)

    @property
    def sensitivity(self) -> Sensitivity:
        """The class of the claim; one without a class counts as guarded, one of an unknown class as limited."""
        try:
            return Sensitivity(self.rules.get("sensitivity", Sensitivity.C))
        except ValueError:
            return Sensitivity.X


def screen(request: AuthenticatedRequest, *, trust: TrustPolicy, type_of: TypeOf, at: datetime) -> Registration:
    """Return the registration that allows the request.

    Raises:
        VerifierUnknownError: no valid registration of this verifier came with the request; the code is
            ``REGISTRY_UNSIGNED`` where the registrar has not signed it.
        PurposeMismatchError: the registration is for another purpose than the request names.
        StatuteLimitedError: a claim needs a legal basis that the registration does not have; the code is the statute's.
        OverAskingError: the request goes beyond the registration.
        RequestRefusedError: a claim is never disclosed (``NEVER_DISCLOSED``), of special care without a registration
            for it (``SPECIAL_CARE_NOT_REGISTERED``), or to be kept by a verifier that registered to keep nothing
            (``RETENTION_NOT_REGISTERED``).
    """
    registration = _registration(request, trust=trust, at=at)
    # Naming it is our own addition; the registration alone says it where the verifier knows none (decision 004).
    if request.purpose not in (None, registration.use.code):
        raise PurposeMismatchError("the request names another purpose than its registration")
    claims = [claim for query in request.query.requested for claim in _claims_of_types(query, type_of)]
    _require_statutes(claims, registration)
    _require_within_registration(request.query, registration, type_of)
    _require_retention(request.query, registration)
    _require_disclosable(claims, registration)
    return registration


def require_card_allowed(query: CredentialQuery, resolved: ResolvedType, registration: Registration) -> None:
    """Return if the registration also allows what a credential of this type would disclose.

    The type may extend the one that the query names, and be stricter.

    Raises:
        StatuteLimitedError, RequestRefusedError: as `screen`.
    """
    claims = list(asked_claims(query, resolved))
    _require_statutes(claims, registration)
    _require_disclosable(claims, registration)


def asked_claims(query: CredentialQuery, resolved: ResolvedType) -> Iterator[AskedClaim]:
    """Yield every claim that an answer could disclose: those asked for, around or inside them, and always open."""
    asked = {path for option in query.claim_options for path in option.paths}
    return claims_with(asked | set(_always_open(resolved)), resolved)


def claims_with(paths: Iterable[ClaimPath], resolved: ResolvedType) -> Iterator[AskedClaim]:
    """Yield the claims of some paths, and those of the type that they are part of or that are part of them."""
    shown = set(paths)
    touched = {claim.path for claim in resolved.claims if any(touches(path, claim.path) for path in shown)}
    for path in sorted(shown | touched, key=str):
        yield AskedClaim(resolved.type_ids[0], path, resolved.extension(path, EXTENSION) or {})


def _claims_of_types(query: CredentialQuery, type_of: TypeOf) -> Iterator[AskedClaim]:
    for resolved in _resolved(query, type_of):
        yield from asked_claims(query, resolved)


def _resolved(query: CredentialQuery, type_of: TypeOf) -> Iterator[ResolvedType]:
    for type_id in query.type_ids:
        try:
            yield type_of(type_id)
        except UntrustedError:
            continue  # nobody may issue this type here, so there is nothing to disclose


def _always_open(resolved: ResolvedType) -> Iterator[ClaimPath]:
    """Yield the claims that every presentation shows, whatever is asked for; what has parts counts by its parts."""
    concealed = {claim.path for claim in resolved.claims if claim.sd == "always"}
    with_parts = {part for claim in resolved.claims for part in _beginnings(claim.path[:-1])}
    for claim in resolved.claims:
        if claim.path not in with_parts and concealed.isdisjoint(_beginnings(claim.path)):
            yield claim.path


def _beginnings(path: ClaimPath) -> Iterator[ClaimPath]:
    return (path[:length] for length in range(1, len(path) + 1))


def touches(one: ClaimPath, other: ClaimPath) -> bool:
    """Tell whether one claim is the other or part of it; an index is any index, as types do not tell them apart."""
    return all(a == b or not (isinstance(a, str) or isinstance(b, str)) for a, b in zip(one, other, strict=False))


def _registration(request: AuthenticatedRequest, *, trust: TrustPolicy, at: datetime) -> Registration:
    if len(request.registrations) != 1:
        raise VerifierUnknownError("a request comes with exactly one registration certificate")
    try:
        registration = read_registration(request.registrations[0], trust=trust, at=at)
    except (UntrustedError, NotAuthorisedError, SignatureInvalidError) as error:
        raise VerifierUnknownError(
            f"the registration certificate is not the registrar's: {error.args[0]}", code="REGISTRY_UNSIGNED"
        ) from error
    except VcError as error:
        raise VerifierUnknownError(f"the registration certificate is not valid: {error.args[0]}") from error
    if request.verifier.party not in registration.parties:
        raise VerifierUnknownError("the registration certificate is another verifier's")
    for party in _not_looked_up(request.verifier, registration):
        _require_granted(party, trust=trust, at=at)
    return registration


def _not_looked_up(sender: TrustedParty, registration: Registration) -> Iterator[str]:
    """Yield the parties that the registry was not asked about when the sender was found to be who it is.

    It was about a sender that it knows itself: not about a verifier in whose name an intermediary asks, and neither
    about the one nor the other where the sender is known in another way.
    """
    intermediary, is_known_elsewhere = registration.intermediary, sender.source != REGISTRY
    if is_known_elsewhere and intermediary is not None and sender.party == intermediary.identifier:
        yield sender.party
    if is_known_elsewhere or sender.party != registration.verifier:
        yield registration.verifier


def _require_granted(party: str, *, trust: TrustPolicy, at: datetime) -> None:
    if not isinstance(trust, PartyPolicy):
        raise VerifierUnknownError("nobody can tell whether the registered verifier may ask")
    try:
        trust.require_granted(party, role=Role.VERIFIER, at=at)
    except VcError as error:
        raise VerifierUnknownError(f"the registered verifier may not ask: {error.args[0]}") from error


def _require_statutes(claims: list[AskedClaim], registration: Registration) -> None:
    use = registration.use
    for claim in claims:
        if claim.sensitivity is not Sensitivity.X:
            continue
        statute = claim.rules.get("statute") or {}
        if use.procedure is None or not set(statute.get("bases", ())) & set(use.legal_basis):
            raise StatuteLimitedError(
                "a statute limits who may ask for a claim; consent does not change that",
                claims=[claim.name],
                code=statute.get("code"),
            )


def _require_within_registration(query: DcqlQuery, registration: Registration, type_of: TypeOf) -> None:
    unregistered = _unregistered_types(query, registration)
    asked = [(each.format, each.type_ids, each.path) for each in asked_paths(query)]
    shown = [each for each in _shown_unasked(query, type_of) if unregistered.isdisjoint(each[1])]
    beyond = over_asked(registration, [*asked, *shown])
    names = {_named(type_id, path) for type_id, path in beyond} | {_short(type_id) for type_id in unregistered}
    if names:
        raise OverAskingError("the request asks for more than the verifier registered", claims=sorted(names))


def _named(type_id: str, path: ClaimPath) -> str:
    return f"{_short(type_id)}: {_short(path_text(path))}"


def _short(name: str) -> str:
    """Return a name that a verifier has written as it may stand in errors, histories and on screens."""
    return visible.shown(name) if len(name) <= MAX_NAME else f"{visible.shown(name[:MAX_NAME])}…"


def _require_retention(query: DcqlQuery, registration: Registration) -> None:
    keeps = any(claim.intent_to_retain for each in query.requested for claim in each.claims)
    if keeps and registration.use.retention_days == 0:
        raise RequestRefusedError(
            "the verifier means to keep a claim and registered to keep nothing", code="RETENTION_NOT_REGISTERED"
        )


def _shown_unasked(query: DcqlQuery, type_of: TypeOf) -> Iterator[tuple[str, tuple[str, ...], ClaimPath]]:
    """Yield what an answer to a query without claims shows: it asks for nothing but what every presentation shows."""
    for each in query.requested:
        for resolved in _resolved(each, type_of) if not each.claims else ():
            for path in _always_open(resolved):
                yield each.format, resolved.type_ids[:1], path


def _unregistered_types(query: DcqlQuery, registration: Registration) -> set[str]:
    """Return the types that are asked for by themselves: to hold a credential can say much, so it is registered too."""
    registered = {(grant.format, grant.type_id) for grant in registration.use.grants}
    alone = {(each.format, type_id) for each in query.requested if not each.claims for type_id in each.type_ids}
    return {type_id for _, type_id in alone - registered}


def _require_disclosable(claims: list[AskedClaim], registration: Registration) -> None:
    for claim in claims:
        if claim.rules.get("disclosure") == Disclosure.NEVER:
            raise RequestRefusedError("a claim is for the holder only", code="NEVER_DISCLOSED")
        if claim.sensitivity is Sensitivity.D and not registration.use.special_care:
            raise RequestRefusedError(
                "a claim of special care, and a registration that is not for such", code="SPECIAL_CARE_NOT_REGISTERED"
            )
