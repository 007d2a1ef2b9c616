# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Profiles: what OpenID4VCI 1.0 and OpenID4VP 1.0 leave open, decided (High Assurance Interoperability Profile 1.0).

A profile is a value, so that both sides can be asked whether they keep to the same one; there is one for issuing and
one for presenting.

    >>> from vcwallet.protocols.haip import HAIP_1_0, OPENID4VCI_1_0, Requirement
    >>> HAIP_1_0.token_types, OPENID4VCI_1_0.token_types
    (('DPoP',), ('DPoP', 'Bearer'))
    >>> HAIP_1_0.pushed_authorization is Requirement.REQUIRED
    True
    >>> from vcwallet.protocols.haip import HAIP_PRESENTATION_1_0
    >>> [mode.value for mode in HAIP_PRESENTATION_1_0.response_modes]
    ['direct_post.jwt', 'dc_api.jwt']
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from vcwallet.checks import Check, Finding, explain, run_checks
from vcwallet.errors import BindingError, RemoteProtocolError, UntrustedError
from vcwallet.formats.base import VerifiedCredential
from vcwallet.keys.algorithm import Algorithm
from vcwallet.protocols.oauth.grant_type import AUTHORIZATION_CODE, PRE_AUTHORIZED_CODE
from vcwallet.protocols.oauth.server_metadata import ANONYMOUS, AuthorizationServerMetadata
from vcwallet.protocols.openid4vci.issuer_metadata import CredentialConfiguration, CredentialIssuerMetadata
from vcwallet.protocols.openid4vci.offer import CredentialOffer
from vcwallet.protocols.openid4vp.client_id import ClientIdPrefix, is_registered_elsewhere
from vcwallet.protocols.openid4vp.request_object import UnverifiedRequest
from vcwallet.protocols.openid4vp.response_mode import ResponseMode
from vcwallet.trust.certificates import from_der, is_issued_by

_METADATA: Final = "OpenID4VCI 1.0, section 12.2.4"
_X5C: Final = "HAIP 1.0, section 4.1"


class Requirement(StrEnum):
    """What a profile says about something that the standard leaves open."""

    REQUIRED = "required"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceProfile:
    """What issuers and wallets of one deployment have agreed on.

    Attributes:
        name: what the profile is called.
        grants: the grant types that credentials may be had by, the usual one first.
        token_types: the types of access token.
        pushed_authorization: whether each authorization request is pushed first (RFC 9126).
        pkce: whether each authorization request has a code challenge with S256 (RFC 7636).
        proof_of_possession: whether access tokens are bound to a key of the wallet (DPoP, RFC 9449).
        client_authentication: whether wallets authenticate, as they do with the attestation of their provider.
        issuer_in_response: whether the authorization response says who it is from (RFC 9207).
        scope: whether each credential has a scope that it is asked for by.
        nonce: whether an issuer of bound credentials has a nonce endpoint.
        signed_metadata: whether the issuer's metadata are signed.
        x5c: whether signers are known by certificates: an issuer's, a wallet provider's, a status signer's.
        algorithms: the signature algorithms that everybody supports; more may be used where both sides have them.
        cose_algorithms: the same by their COSE identifiers, each of which says enough.
        encryption: the content encryption algorithms that may be used.
    """

    name: str
    grants: tuple[str, ...]
    token_types: tuple[str, ...]
    pushed_authorization: Requirement
    pkce: Requirement
    proof_of_possession: Requirement
    client_authentication: Requirement
    issuer_in_response: Requirement
    scope: Requirement
    nonce: Requirement
    signed_metadata: Requirement
    x5c: Requirement
    algorithms: tuple[Algorithm, ...]
    cose_algorithms: tuple[int, ...]
    encryption: tuple[str, ...]


OPENID4VCI_1_0: Final = IssuanceProfile(
    name="OpenID4VCI 1.0",
    grants=(AUTHORIZATION_CODE, PRE_AUTHORIZED_CODE),
    token_types=("DPoP", "Bearer"),
    pushed_authorization=Requirement.OPTIONAL,
    pkce=Requirement.OPTIONAL,
    proof_of_possession=Requirement.OPTIONAL,
    client_authentication=Requirement.OPTIONAL,
    issuer_in_response=Requirement.OPTIONAL,
    scope=Requirement.OPTIONAL,
    nonce=Requirement.OPTIONAL,
    signed_metadata=Requirement.OPTIONAL,
    x5c=Requirement.OPTIONAL,
    algorithms=(),
    cose_algorithms=(),
    encryption=("A128GCM", "A256GCM"),
)
"""The standard itself, with nothing decided."""

HAIP_1_0: Final = IssuanceProfile(
    name="HAIP 1.0",
    grants=(AUTHORIZATION_CODE,),
    token_types=("DPoP",),
    pushed_authorization=Requirement.REQUIRED,
    pkce=Requirement.REQUIRED,
    proof_of_possession=Requirement.REQUIRED,
    client_authentication=Requirement.REQUIRED,
    issuer_in_response=Requirement.REQUIRED,
    scope=Requirement.REQUIRED,
    nonce=Requirement.REQUIRED,
    signed_metadata=Requirement.OPTIONAL,
    x5c=Requirement.REQUIRED,
    algorithms=(Algorithm.ES256,),
    cose_algorithms=(-7, -9),
    encryption=("A128GCM", "A256GCM"),
)
"""OpenID4VC High Assurance Interoperability Profile 1.0, section 4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentationProfile:
    """What verifiers and wallets of one deployment have agreed on.

    Attributes:
        name: what the profile is called.
        client_id_prefixes: in which ways the sender of a signed request may be known; empty for all.
        response_modes: how answers may go back.
        by_reference: whether a request that is not by the Digital Credentials API is fetched, and so always signed.
        x5c: whether the signer of a request is known by certificates, among which no anchor is.
        holder_proof: whether a credential that is bound to a key is presented with a proof of it, whatever was asked.
        redirect: whether a verifier calls the person back to the browser, where the wallet is on the same device.
        algorithms: the signature algorithms that everybody supports; more may be used where both sides have them.
        cose_algorithms: the same by their COSE identifiers, each of which says enough.
        encryption: the content encryption algorithms that a verifier supports, all of them.
    """

    name: str
    client_id_prefixes: tuple[ClientIdPrefix, ...]
    response_modes: tuple[ResponseMode, ...]
    by_reference: Requirement
    x5c: Requirement
    holder_proof: Requirement
    redirect: Requirement
    algorithms: tuple[Algorithm, ...]
    cose_algorithms: tuple[int, ...]
    encryption: tuple[str, ...]


OPENID4VP_1_0: Final = PresentationProfile(
    name="OpenID4VP 1.0",
    client_id_prefixes=(),
    response_modes=tuple(ResponseMode),
    by_reference=Requirement.OPTIONAL,
    x5c=Requirement.OPTIONAL,
    holder_proof=Requirement.OPTIONAL,
    redirect=Requirement.OPTIONAL,
    algorithms=(),
    cose_algorithms=(),
    encryption=(),
)
"""The standard itself, with nothing decided."""

HAIP_PRESENTATION_1_0: Final = PresentationProfile(
    name="HAIP 1.0",
    client_id_prefixes=(ClientIdPrefix.X509_HASH,),
    response_modes=(ResponseMode.DIRECT_POST_JWT, ResponseMode.DC_API_JWT),
    by_reference=Requirement.REQUIRED,
    x5c=Requirement.REQUIRED,
    holder_proof=Requirement.REQUIRED,
    redirect=Requirement.REQUIRED,
    algorithms=(Algorithm.ES256,),
    cose_algorithms=(-7, -9),
    encryption=("A128GCM", "A256GCM"),
)
"""OpenID4VC High Assurance Interoperability Profile 1.0, section 5."""


# --- an issuer's metadata --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    metadata: CredentialIssuerMetadata
    server: AuthorizationServerMetadata
    profile: IssuanceProfile

    @property
    def bound(self) -> tuple[CredentialConfiguration, ...]:
        return tuple(one for one in self.metadata.supported.values() if one.is_bound)


def findings(
    metadata: CredentialIssuerMetadata, server_metadata: AuthorizationServerMetadata, profile: IssuanceProfile
) -> tuple[Finding, ...]:
    """Return what every rule of a profile finds in the metadata of an issuer and of one of its authorization servers.

    For people, and for whoever runs an issuer; a wallet refuses what it meets, not what is announced.
    """
    return tuple(explain(_CHECKS, _Case(metadata=metadata, server=server_metadata, profile=profile)))


def _require(condition: bool, message: str, *, clause: str | None = None) -> None:
    if not condition:
        raise RemoteProtocolError(message, code="PROFILE_NOT_MET", clause=clause)


def _has_server(case: _Case) -> None:
    _require(case.server.issuer in case.metadata.servers, "the authorization server is none of the issuer's")


def _has_proof_types(case: _Case) -> None:
    proves = all(one.proof_types_supported for one in case.bound)
    _require(proves, "a credential is bound to a key, and nothing says how the key is proved")


def _has_scope_or_details(case: _Case) -> None:
    by_details = "openid_credential" in case.server.authorization_details_types_supported
    _require(by_details or _all_have_scopes(case), "a credential has no scope, and there are no authorization details")


def _has_grant(case: _Case) -> None:
    usable = set(case.server.grant_types_supported)
    if case.server.authorization_endpoint is None:
        usable.discard(AUTHORIZATION_CODE)
    _require(not usable.isdisjoint(case.profile.grants), "no grant of the profile can be used")


def _has_algorithms(case: _Case) -> None:
    wanted = {algorithm.value for algorithm in case.profile.algorithms}
    proofs = [proof for one in case.bound for proof in one.proof_types_supported.values()]
    taken = all(wanted <= set(proof.proof_signing_alg_values_supported) for proof in proofs)
    _require(taken, "a proof with an algorithm of the profile would not be taken")


def _has_encryption(case: _Case) -> None:
    announced = (case.metadata.credential_request_encryption, case.metadata.credential_response_encryption)
    shared = all(not set(case.profile.encryption).isdisjoint(one.enc_values_supported) for one in announced if one)
    _require(shared, "encryption is announced, with no content encryption of the profile")


def _all_have_scopes(case: _Case) -> bool:
    return all(one.scope is not None for one in case.metadata.supported.values())


def _has_nonce(case: _Case) -> bool:
    return not case.bound or case.metadata.nonce_endpoint is not None


def _pushes(case: _Case) -> bool:
    # Without an authorization endpoint there is nothing to push.
    return case.server.authorization_endpoint is None or (
        case.server.pushed_authorization_request_endpoint is not None
        and case.server.require_pushed_authorization_requests
    )


def _challenges(case: _Case) -> bool:
    return "S256" in case.server.code_challenge_methods_supported


def _names_itself(case: _Case) -> bool:
    return case.server.authorization_response_iss_parameter_supported


def _binds_tokens(case: _Case) -> bool:
    announced = case.server.dpop_signing_alg_values_supported
    return bool(announced) and all(algorithm.value in announced for algorithm in case.profile.algorithms)


def _authenticates(case: _Case) -> bool:
    return ANONYMOUS not in case.server.token_endpoint_auth_methods_supported


def _if_required(name: str, holds: Callable[[_Case], bool], message: str) -> Callable[[_Case], None]:
    """Return a rule that counts only where the profile requires what it is about."""

    def run(case: _Case) -> None:
        _require(getattr(case.profile, name) is not Requirement.REQUIRED or holds(case), message)

    return run


_SERVER_RULES: Final = (
    ("pushed_authorization", _pushes, "authorization requests need not be pushed"),
    ("pkce", _challenges, "PKCE with S256 is not announced"),
    ("issuer_in_response", _names_itself, "the authorization response does not say who it is from"),
    ("proof_of_possession", _binds_tokens, "DPoP with the algorithms of the profile is not announced"),
)
_CHECKS: Final = (
    Check("authorization_server", _METADATA, _has_server),
    Check("proof_types", _METADATA, _has_proof_types),
    Check("scope_or_details", _METADATA, _has_scope_or_details),
    Check("encryption", "OpenID4VCI 1.0, section 10", _has_encryption),
    Check("grant", "HAIP 1.0, section 4.2", _has_grant),
    Check("scope", "HAIP 1.0, section 4.1", _if_required("scope", _all_have_scopes, "a credential has no scope")),
    Check(
        "nonce",
        "HAIP 1.0, section 4.1",
        _if_required("nonce", _has_nonce, "credentials are bound to keys, and there is no nonce endpoint"),
    ),
    *(Check(name, "HAIP 1.0, section 4", _if_required(name, holds, message)) for name, holds, message in _SERVER_RULES),
    Check(
        "client_authentication",
        "HAIP 1.0, section 4.4.1",
        _if_required("client_authentication", _authenticates, "wallets need not authenticate"),
    ),
    Check("algorithms", "HAIP 1.0, section 7", _has_algorithms),
)


# --- what arrives ----------------------------------------------------------------------------------------------------


def require_grant(offer: CredentialOffer, profile: IssuanceProfile) -> None:
    """Return if an offer has a grant of the profile, or leaves the choice to the metadata.

    Raises:
        RemoteProtocolError: it has others only (code ``PROFILE_NOT_MET``).
    """
    grants = {AUTHORIZATION_CODE: offer.authorization_code, PRE_AUTHORIZED_CODE: offer.pre_authorized_code}
    offered = {name for name, grant in grants.items() if grant is not None}
    fits = not offered or not offered.isdisjoint(profile.grants)
    _require(fits, "the offer has no grant of the profile", clause="HAIP 1.0, section 4.2")


def require_token_type(token_type: str, profile: IssuanceProfile) -> None:
    """Return if an access token is of a type of the profile; letter case makes no difference (RFC 6749, section 5.1).

    Raises:
        RemoteProtocolError: it is of another (code ``PROFILE_NOT_MET``).
    """
    fits = token_type.lower() in {name.lower() for name in profile.token_types}
    _require(fits, "the access token is not of a type of the profile", clause="HAIP 1.0, section 4")


def require_x5c(
    chain: Sequence[bytes], *, anchors: Collection[bytes], profile: IssuanceProfile | PresentationProfile
) -> None:
    """Return if the certificates of a signer are there as the profile wants them; trust in them is another question.

    Args:
        chain: the DER certificates of an ``x5c`` header, the signer's first.
        anchors: the DER certificates of the trust anchors.
        profile: the profile.

    Raises:
        UntrustedError: there are none (code ``X5C_MISSING``), the first is self-signed (``X5C_SELF_SIGNED``), or an
            anchor is among them (``X5C_HAS_ANCHOR``).
        MalformedError: a certificate cannot be read.
    """
    if profile.x5c is not Requirement.REQUIRED:
        return
    if not chain:
        raise UntrustedError("the signer sends no certificates", code="X5C_MISSING", clause=_X5C)
    require_no_self_signed_leaf(chain)
    require_no_anchor(chain, anchors=anchors)


def require_no_self_signed_leaf(chain: Sequence[bytes]) -> None:
    """Return if the first certificate of a chain was signed by another key than its own.

    Raises:
        UntrustedError: it is self-signed (code ``X5C_SELF_SIGNED``).
        MalformedError: it cannot be read.
    """
    if chain and _is_self_signed(chain[0]):
        raise UntrustedError("the signer's certificate is self-signed", code="X5C_SELF_SIGNED", clause=_X5C)


def require_no_anchor(chain: Sequence[bytes], *, anchors: Collection[bytes]) -> None:
    """Return if no trust anchor is in a chain: none of `anchors`, and no root, which could only be one.

    Raises:
        UntrustedError: there is one (code ``X5C_HAS_ANCHOR``).
        MalformedError: a certificate cannot be read.
    """
    if any(der in anchors or _is_self_signed(der) for der in chain):
        raise UntrustedError("a trust anchor is among the certificates", code="X5C_HAS_ANCHOR", clause=_X5C)


def _is_self_signed(der: bytes) -> bool:
    certificate = from_der(der)
    return is_issued_by(certificate, certificate)


# --- a request for presentations -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Presentation:
    request: UnverifiedRequest
    anchors: Collection[bytes]
    profile: PresentationProfile

    @property
    def chain(self) -> tuple[bytes, ...]:
        return self.request.signature.header.chain if self.request.signature is not None else ()


def require_presentation_profile(
    request: UnverifiedRequest, *, anchors: Collection[bytes], profile: PresentationProfile
) -> None:
    """Return if a request is one of the profile; who sent it is another question.

    Args:
        request: the request, with the way that it came.
        anchors: the DER certificates of the trust anchors.
        profile: the profile.

    Raises:
        RemoteProtocolError: it breaks a rule of the profile (code ``PROFILE_NOT_MET``).
        UntrustedError: as `require_x5c`.
        MalformedError: what it says of itself, or a certificate, cannot be read.
    """
    run_checks(_PRESENTATION, _Presentation(request=request, anchors=anchors, profile=profile))


def presentation_findings(
    request: UnverifiedRequest, *, anchors: Collection[bytes], profile: PresentationProfile
) -> tuple[Finding, ...]:
    """Return what every rule of a profile finds in a request, for whoever runs a verifier."""
    return tuple(explain(_PRESENTATION, _Presentation(request=request, anchors=anchors, profile=profile)))


def require_holder_proof(credential: VerifiedCredential, profile: PresentationProfile) -> None:
    """Return if the presenter of a credential has proved to hold its key, or it has none.

    Raises:
        BindingError: the profile wants a proof, and there is none (``HOLDER_PROOF_MISSING``).
    """
    wanted = profile.holder_proof is Requirement.REQUIRED and credential.holder_key is not None
    if wanted and not credential.holder_proved:
        raise BindingError(
            "a credential that is bound to a key is presented without a proof of it",
            code="HOLDER_PROOF_MISSING",
            clause="HAIP 1.0, section 6.1",
        )


def _has_response_mode(case: _Presentation) -> None:
    _require(case.request.mode in case.profile.response_modes, "the response mode is none of the profile")


def _comes_by_reference(case: _Presentation) -> None:
    fetched = case.request.reception.request_uri is not None or case.request.reception.origin is not None
    wanted = case.profile.by_reference is Requirement.REQUIRED
    _require(fetched or not wanted, "the request did not come by reference")


def _has_prefix(case: _Presentation) -> None:
    allowed, client = case.profile.client_id_prefixes, case.request.client
    fits = not allowed or client is None or str(client).partition(":")[0] in allowed
    _require(fits, "the client identifier has none of the prefixes of the profile")


def _has_certificates(case: _Presentation) -> None:
    if case.request.is_signed:
        require_x5c(case.chain, anchors=case.anchors, profile=case.profile)


def _can_encrypt(case: _Presentation) -> None:
    if not case.request.mode.is_encrypted:
        return
    if is_registered_elsewhere(case.request.client):  # whose key it is has to be known first
        _require(not case.profile.encryption, "the request does not announce the content encryptions of the profile")
        return
    announced = set(case.request.client_metadata.encrypted_response_enc_values_supported)
    _require(announced >= set(case.profile.encryption), "not all content encryptions of the profile are announced")
    case.request.target  # noqa: B018 - it raises where there is no key


def _reads_algorithms(case: _Presentation) -> None:
    """A member that is left out says nothing (OpenID4VP 1.0, appendix B)."""
    wanted = ({one.value for one in case.profile.algorithms}, set(case.profile.cose_algorithms))
    for members in (case.request.client_metadata.vp_formats_supported or {}).values():
        for given in members.values():
            if not isinstance(given, list) or not given or not any(wanted):
                continue
            read = wanted[1] if isinstance(given[0], int) else wanted[0]
            _require(not read or not read.isdisjoint(given), "no algorithm of the profile is read")


_PRESENTATION: Final = (
    Check("response_mode", "HAIP 1.0, section 5", _has_response_mode),
    Check("by_reference", "HAIP 1.0, section 5.1", _comes_by_reference),
    Check("client_id_prefix", "HAIP 1.0, section 5", _has_prefix),
    Check("x5c", "HAIP 1.0, section 5", _has_certificates),
    Check("encryption", "HAIP 1.0, section 5", _can_encrypt),
    Check("algorithms", "HAIP 1.0, section 7", _reads_algorithms),
)
