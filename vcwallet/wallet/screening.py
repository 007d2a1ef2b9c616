# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""May this verifier ask for this? Decided before the person is asked, since consent does not cure what is not allowed.

The order is: is it registered; for this purpose; do the statutes allow it; does it ask for no more than it registered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vcwallet.claims import ClaimPath, covers, path_text
from vcwallet.credential_type import Disclosure, Sensitivity
from vcwallet.errors import (
    OverAskingError,
    PurposeMismatchError,
    RequestRefusedError,
    StatuteLimitedError,
    UntrustedError,
    VcError,
    VerifierUnknownError,
)
from vcwallet.formats.type_metadata import ResolvedType
from vcwallet.keys.policy import TrustPolicy
from vcwallet.protocols.dcql import asked_paths
from vcwallet.protocols.openid4vp import AuthenticatedRequest
from vcwallet.trust.registration import Registration, over_asked, read_registration

EXTENSION = "vcwallet"
"""The member of type metadata that carries sensitivity, disclosure rule, statute and predicates of a claim."""

TypeOf = Callable[[str], ResolvedType]


@dataclass(frozen=True, slots=True)
class AskedClaim:
    """A claim that a request asks for, or that lies inside one, with the rules of its type."""

    type_id: str
    path: ClaimPath
    rules: dict[str, Any]

    @property
    def name(self) -> str:
        """The claim as errors and histories name it: type and path, never a value."""
        return f"{self.type_id}: {path_text(self.path)}"

    @property
    def sensitivity(self) -> Sensitivity:
        """The class of the claim; a claim without a class is treated as a guarded one."""
        return Sensitivity(self.rules.get("sensitivity", Sensitivity.C))


def screen(request: AuthenticatedRequest, *, trust: TrustPolicy, type_of: TypeOf, at: datetime) -> Registration:
    """Return the registration that allows the request.

    Raises:
        VerifierUnknownError: no valid registration of this verifier came with the request.
        PurposeMismatchError: the registration is for another purpose than the request names.
        StatuteLimitedError: a claim needs a legal basis that the registration does not have; the code is the statute's.
        OverAskingError: the request goes beyond the registration.
        RequestRefusedError: a claim is never disclosed (``NEVER_DISCLOSED``), or of special care without a
            registration for it (``SPECIAL_CARE_NOT_REGISTERED``).
    """
    registration = _registration(request, trust=trust, at=at)
    if request.purpose != registration.use.code:
        raise PurposeMismatchError("the request names another purpose than its registration")
    claims = list(asked_claims(request, type_of))
    _require_statutes(claims, registration)
    _require_within_registration(request, registration)
    _require_disclosable(claims, registration)
    return registration


def asked_claims(request: AuthenticatedRequest, type_of: TypeOf) -> Iterator[AskedClaim]:
    """Yield every claim that an answer could disclose: those asked for, and those inside them."""
    for asked in asked_paths(request.query):
        for type_id in asked.type_ids:
            try:
                resolved = type_of(type_id)
            except UntrustedError:
                continue  # nobody may issue this type here, so there is nothing to disclose
            inside = {claim.path for claim in resolved.claims if covers(asked.path, claim.path)}
            for path in {asked.path} | inside:
                yield AskedClaim(type_id, path, resolved.extension(path, EXTENSION) or {})


def _registration(request: AuthenticatedRequest, *, trust: TrustPolicy, at: datetime) -> Registration:
    if len(request.registrations) != 1:
        raise VerifierUnknownError("a request comes with exactly one registration certificate")
    try:
        registration = read_registration(request.registrations[0], trust=trust, at=at)
    except VcError as error:
        raise VerifierUnknownError(f"the registration certificate is not valid: {error.args[0]}") from error
    if registration.verifier != request.verifier.party:
        raise VerifierUnknownError("the registration certificate is another verifier's")
    return registration


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


def _require_within_registration(request: AuthenticatedRequest, registration: Registration) -> None:
    asked = [(asked.type_ids, asked.path) for asked in asked_paths(request.query)]
    beyond = over_asked(registration, asked)
    if beyond:
        names = sorted({f"{type_id}: {path_text(path)}" for type_id, path in beyond})
        raise OverAskingError("the request asks for more than the verifier registered", claims=names)


def _require_disclosable(claims: list[AskedClaim], registration: Registration) -> None:
    for claim in claims:
        if claim.rules.get("disclosure") == Disclosure.NEVER:
            raise RequestRefusedError("a claim is for the holder only", code="NEVER_DISCLOSED")
        if claim.sensitivity is Sensitivity.D and not registration.use.special_care:
            raise RequestRefusedError(
                "a claim of special care, and a registration that is not for such", code="SPECIAL_CARE_NOT_REGISTERED"
            )
