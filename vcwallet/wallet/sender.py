# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""How the person is told in which way a verifier is known."""

from __future__ import annotations

from typing import Final

from vcwallet.keys.policy import TrustedKey
from vcwallet.protocols.exchange import AuthenticatedRequest
from vcwallet.wallet.phrases import phrase
from vcwallet.wallet.prompt import PromptWarning

_WAYS: Final = {
    "verifier_attestation": "BY_ATTESTATION",
    "decentralized_identifier": "BY_DID",
    "openid_federation": "BY_FEDERATION",
    "agreement": "BY_AGREEMENT",
}
"""By the `source` of a key; a policy of the deployer's own may have another."""


def verified_by(request: AuthenticatedRequest, language: str) -> str:
    """Return how it is known who asks."""
    verifier = request.verifier
    if not isinstance(verifier, TrustedKey):
        return phrase("VERIFIED_BY_ADDRESS", language, address=_address(request))
    if verifier.sequence is not None:
        return phrase("VERIFIED_BY", language, sequence=verifier.sequence)
    way = _WAYS.get(verifier.source)
    return phrase("VERIFIED_BY_KEY", language, way=verifier.source if way is None else phrase(way, language))


def warnings_about_sender(request: AuthenticatedRequest, language: str) -> tuple[PromptWarning, ...]:
    """Return what is worth a second look in who asks: a request that nobody has signed."""
    if isinstance(request.verifier, TrustedKey):
        return ()
    message = phrase("REQUEST_UNSIGNED", language, address=_address(request))
    return (PromptWarning(code="REQUEST_UNSIGNED", message=message, claim=""),)


def _address(request: AuthenticatedRequest) -> str:
    return request.binding.origin or request.binding.response_uri
