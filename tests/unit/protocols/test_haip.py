# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Profiles of issuance: what an issuer announces, what an offer and a token are, and whose certificates are sent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.openid4vci import ISSUER, METADATA, SD_JWT_VC, SERVER, without
from tests.support.pki import chain
from tests.support.trust import Demo
from vcwallet.checks import Result
from vcwallet.encoding import json
from vcwallet.errors import MalformedError, RemoteProtocolError, UntrustedError
from vcwallet.protocols.haip import (
    HAIP_1_0,
    OPENID4VCI_1_0,
    IssuanceProfile,
    Requirement,
    findings,
    require_grant,
    require_no_anchor,
    require_no_self_signed_leaf,
    require_token_type,
    require_x5c,
)
from vcwallet.protocols.oauth.grant_type import PRE_AUTHORIZED_CODE
from vcwallet.protocols.oauth.server_metadata import read_server_metadata
from vcwallet.protocols.openid4vci.issuer_metadata import read_issuer_metadata
from vcwallet.protocols.openid4vci.offer import CredentialOffer, read_offer
from vcwallet.trust.certificates import to_der

ENCRYPTION = {"alg_values_supported": ["ECDH-ES"], "encryption_required": False}


def failed(profile: IssuanceProfile, metadata: dict[str, Any] = METADATA, server: dict[str, Any] = SERVER) -> set[str]:
    """Return the names of the rules that metadata break."""
    found = findings(
        read_issuer_metadata(json.dumps(metadata), issuer=ISSUER),
        read_server_metadata(json.dumps(server), issuer=server["issuer"]),
        profile,
    )
    assert all(finding.code == "PROFILE_NOT_MET" for finding in found if finding.result is Result.FAILED)
    assert all(finding.result is not Result.NOT_RUN for finding in found)
    return {finding.check for finding in found if finding.result is Result.FAILED}


def of(configuration: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return metadata with one configuration and further changes."""
    return {**METADATA, "credential_configurations_supported": {"it": configuration}, **changed}


def test_an_issuer_that_does_it_all_has_no_findings() -> None:
    assert failed(HAIP_1_0) == set()
    assert failed(OPENID4VCI_1_0) == set()


HAIP_ONLY = {
    "scope": (
        of(without(SD_JWT_VC, "scope")),
        {**SERVER, "authorization_details_types_supported": ["openid_credential"]},
    ),
    "nonce": (without(METADATA, "nonce_endpoint"), SERVER),
    "pushed_authorization": (METADATA, without(SERVER, "pushed_authorization_request_endpoint")),
    "pkce": (METADATA, {**SERVER, "code_challenge_methods_supported": ["plain"]}),
    "issuer_in_response": (METADATA, without(SERVER, "authorization_response_iss_parameter_supported")),
    "proof_of_possession": (METADATA, {**SERVER, "dpop_signing_alg_values_supported": ["ES384"]}),
    "client_authentication": (
        METADATA,
        {**SERVER, "token_endpoint_auth_methods_supported": ["none", "attest_jwt_client_auth"]},
    ),
    "algorithms": (
        of({**SD_JWT_VC, "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES384"]}}}),
        SERVER,
    ),
    "grant": (METADATA, {**SERVER, "grant_types_supported": [PRE_AUTHORIZED_CODE]}),
}


@pytest.mark.parametrize("rule", HAIP_ONLY)
def test_what_the_profile_demands_is_found_missing(rule: str) -> None:
    metadata, server = HAIP_ONLY[rule]
    assert failed(HAIP_1_0, metadata, server) == {rule}
    assert failed(OPENID4VCI_1_0, metadata, server) == set()


ALWAYS = {
    "authorization_server": ({**METADATA, "authorization_servers": ["https://login.example"]}, SERVER),
    "proof_types": (of(without(SD_JWT_VC, "proof_types_supported")), SERVER),
    "encryption": (
        {**METADATA, "credential_response_encryption": {**ENCRYPTION, "enc_values_supported": ["A128CBC-HS256"]}},
        SERVER,
    ),
    "grant": (METADATA, {**SERVER, "grant_types_supported": ["client_credentials"]}),
}


@pytest.mark.parametrize("rule", ALWAYS)
def test_what_the_standard_itself_demands_is_found_missing_in_every_profile(rule: str) -> None:
    metadata, server = ALWAYS[rule]
    assert failed(HAIP_1_0, metadata, server) == {rule}
    assert failed(OPENID4VCI_1_0, metadata, server) == {rule}


def test_a_credential_without_a_scope_needs_authorization_details() -> None:
    metadata = of(without(SD_JWT_VC, "scope"))
    assert failed(OPENID4VCI_1_0, metadata) == {"scope_or_details"}
    assert failed(HAIP_1_0, metadata) == {"scope_or_details", "scope"}


def test_a_push_that_is_possible_but_not_needed_is_not_enough() -> None:
    server = without(SERVER, "require_pushed_authorization_requests")
    assert failed(HAIP_1_0, server=server) == {"pushed_authorization"}


def test_without_an_authorization_endpoint_there_is_nothing_to_push_and_no_log_in() -> None:
    endpoints = ("authorization_endpoint", "pushed_authorization_request_endpoint")
    server = without(SERVER, *endpoints)
    assert failed(HAIP_1_0, server=server) == {"grant"}
    assert failed(OPENID4VCI_1_0, server=server) == {"grant"}
    codes = {**server, "grant_types_supported": [PRE_AUTHORIZED_CODE]}
    assert failed(OPENID4VCI_1_0, server=codes) == set()


def test_proofs_of_possession_have_to_be_announced_whatever_the_algorithms() -> None:
    assert failed(HAIP_1_0, server=without(SERVER, "dpop_signing_alg_values_supported")) == {"proof_of_possession"}


def test_an_unbound_credential_needs_no_nonce() -> None:
    bearer = without(SD_JWT_VC, "cryptographic_binding_methods_supported", "proof_types_supported")
    assert failed(HAIP_1_0, without(of(bearer), "nonce_endpoint")) == set()


def test_encryption_with_one_algorithm_of_the_profile_will_do() -> None:
    for values in (["A128GCM"], ["A256GCM", "A192GCM"]):
        response = {**ENCRYPTION, "enc_values_supported": values}
        assert failed(HAIP_1_0, {**METADATA, "credential_response_encryption": response}) == set()


def test_formats_that_nobody_knows_are_not_judged() -> None:
    configurations = {"old": {"format": "vc+sd-jwt"}, "it": SD_JWT_VC}
    assert failed(HAIP_1_0, {**METADATA, "credential_configurations_supported": configurations}) == set()


# --- what arrives ----------------------------------------------------------------------------------------------------


def offer(**grants: Any) -> CredentialOffer:
    return read_offer(
        json.dumps({"credential_issuer": ISSUER, "credential_configuration_ids": ["it"], "grants": grants})
    )


CODE = {PRE_AUTHORIZED_CODE: {"pre-authorized_code": "x"}}
LOGIN: dict[str, Any] = {"authorization_code": {}}


def test_an_offer_has_a_grant_of_the_profile() -> None:
    for grants in (LOGIN, CODE | LOGIN, {}):
        require_grant(offer(**grants), HAIP_1_0)
    for grants in (LOGIN, CODE, {}):
        require_grant(offer(**grants), OPENID4VCI_1_0)
    with pytest.raises(RemoteProtocolError) as caught:
        require_grant(offer(**CODE), HAIP_1_0)
    assert caught.value.code == "PROFILE_NOT_MET"


def test_a_bearer_token_is_none_of_haip() -> None:
    for name in ("DPoP", "dpop", "DPOP"):
        require_token_type(name, HAIP_1_0)
    for name in ("bearer", "Bearer", "DPoP"):
        require_token_type(name, OPENID4VCI_1_0)
    for name, profile in (("Bearer", HAIP_1_0), ("mac", OPENID4VCI_1_0), ("", OPENID4VCI_1_0)):
        with pytest.raises(RemoteProtocolError) as caught:
            require_token_type(name, profile)
        assert caught.value.code == "PROFILE_NOT_MET"


CHAIN = Demo().city.chain
ROOT = chain()
LEAF, CA = ROOT.x5c
ANCHOR = to_der(ROOT.anchor)


def test_a_chain_without_the_anchor_is_as_the_profile_wants_it() -> None:
    require_x5c(CHAIN, anchors=(ANCHOR,), profile=HAIP_1_0)
    require_x5c((LEAF, CA), anchors=(ANCHOR,), profile=HAIP_1_0)
    require_x5c((LEAF,), anchors=(), profile=HAIP_1_0)


@pytest.mark.parametrize(
    ("certificates", "anchors", "code"),
    [
        ((), (ANCHOR,), "X5C_MISSING"),
        ((ANCHOR,), (), "X5C_SELF_SIGNED"),
        ((ANCHOR, CA), (), "X5C_SELF_SIGNED"),
        ((LEAF, CA, ANCHOR), (ANCHOR,), "X5C_HAS_ANCHOR"),
        ((LEAF, CA, ANCHOR), (), "X5C_HAS_ANCHOR"),
        ((LEAF, CA), (CA,), "X5C_HAS_ANCHOR"),
    ],
    ids=["none", "the root alone", "a root first", "the anchor last", "a root last", "an anchor that is no root"],
)
def test_another_chain_is_refused_by_haip_alone(
    certificates: tuple[bytes, ...], anchors: tuple[bytes, ...], code: str
) -> None:
    with pytest.raises(UntrustedError) as caught:
        require_x5c(certificates, anchors=anchors, profile=HAIP_1_0)
    assert caught.value.code == code
    require_x5c(certificates, anchors=anchors, profile=OPENID4VCI_1_0)


def test_each_rule_can_be_asked_alone() -> None:
    require_no_self_signed_leaf(())
    require_no_self_signed_leaf((LEAF, ANCHOR))
    with pytest.raises(UntrustedError):
        require_no_self_signed_leaf((ANCHOR,))
    require_no_anchor((LEAF, CA), anchors=(ANCHOR,))
    with pytest.raises(UntrustedError):
        require_no_anchor((LEAF, CA, ANCHOR), anchors=())


def test_what_is_no_certificate_is_refused() -> None:
    for certificates in ((b"", CA), (LEAF, b"\x30\x00")):
        with pytest.raises(MalformedError):
            require_x5c(certificates, anchors=(), profile=HAIP_1_0)


def test_the_profiles_are_as_they_are_published() -> None:
    optional = {name for name in HAIP_1_0.__slots__ if getattr(HAIP_1_0, name) is Requirement.OPTIONAL}
    assert optional == {"signed_metadata"}
    assert not any(getattr(OPENID4VCI_1_0, name) is Requirement.REQUIRED for name in OPENID4VCI_1_0.__slots__)
    assert HAIP_1_0.cose_algorithms == (-7, -9)
    assert HAIP_1_0.encryption == ("A128GCM", "A256GCM")
