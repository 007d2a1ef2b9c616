# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The profile of HAIP 1.0 for presenting (section 5): what a wallet refuses, and what a verifier is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.openid4vp import (
    BY_API,
    BY_API_JWT,
    ENTITY,
    KEY,
    ORIGIN,
    POST,
    POST_JWT,
    REQUEST_URI,
    bank_world,
    request_of,
)
from tests.support.world import World, signed_request
from vcwallet.checks import Result
from vcwallet.errors import BindingError, RemoteProtocolError, UntrustedError
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.haip import (
    HAIP_PRESENTATION_1_0,
    OPENID4VP_1_0,
    PresentationProfile,
    Requirement,
    presentation_findings,
    require_holder_proof,
    require_presentation_profile,
)
from vcwallet.protocols.openid4vp import UnverifiedRequest, read_request
from vcwallet.protocols.openid4vp.client_id import OpenIdFederation, X509SanDns
from vcwallet.protocols.openid4vp.reception import BY_VALUE
from vcwallet.protocols.openid4vp.request_object import read_members


@pytest.fixture
def world() -> World:
    return bank_world()


def read(world: World, *, fetched: bool = True, origin: str | None = None, **options: Any) -> UnverifiedRequest:
    changes = options.pop("changes", {})
    request = request_of(world, **{"delivery": POST_JWT} | options)
    text = signed_request(world.bank_enrolment, request, **changes) if changes else str(request)
    uri = REQUEST_URI if fetched and origin is None else None
    return read_request(text, reception=replace(BY_VALUE, request_uri=uri, received_at=world.clock(), origin=origin))


def require(world: World, request: UnverifiedRequest, profile: PresentationProfile = HAIP_PRESENTATION_1_0) -> None:
    require_presentation_profile(request, anchors=(world.registry.published().anchor,), profile=profile)


def failures(world: World, request: UnverifiedRequest) -> list[str]:
    anchors = (world.registry.published().anchor,)
    found = presentation_findings(request, anchors=anchors, profile=HAIP_PRESENTATION_1_0)
    return [one.check for one in found if one.result is Result.FAILED]


def test_a_request_of_the_profile_is_taken(world):
    for request in (read(world), read(world, delivery=BY_API_JWT, origin=ORIGIN)):
        require(world, request)
        assert failures(world, request) == []


def test_an_unsigned_one_is_taken_from_a_page(world):
    members = request_of(world, delivery=BY_API_JWT).parameters()
    reception = replace(BY_VALUE, origin=ORIGIN, received_at=world.clock())
    require(world, read_members(members, signature=None, reception=reception))


@pytest.mark.parametrize(
    ("options", "check"),
    [
        ({"delivery": POST}, "response_mode"),
        ({"delivery": BY_API, "origin": ORIGIN}, "response_mode"),
        ({"fetched": False}, "by_reference"),
        ({"client": X509SanDns("bank.example")}, "client_id_prefix"),
        ({"changes": {"client_metadata": {"jwks": {"keys": [KEY.jwk]}}}}, "encryption"),
        (
            {
                "changes": {
                    "client_metadata": {
                        "jwks": {"keys": [KEY.jwk]},
                        "encrypted_response_enc_values_supported": ["A256GCM"],
                    }
                }
            },
            "encryption",
        ),
        (
            {"changes": {"client_metadata": {"encrypted_response_enc_values_supported": ["A128GCM", "A256GCM"]}}},
            "encryption",
        ),
        (
            {
                "changes": {
                    "client_metadata": {
                        "jwks": {"keys": [KEY.jwk]},
                        "encrypted_response_enc_values_supported": ["A128GCM", "A256GCM"],
                        "vp_formats_supported": {"dc+sd-jwt": {"kb-jwt_alg_values": ["ES384"]}},
                    }
                }
            },
            "algorithms",
        ),
        (
            {
                "changes": {
                    "client_metadata": {
                        "jwks": {"keys": [KEY.jwk]},
                        "encrypted_response_enc_values_supported": ["A128GCM", "A256GCM"],
                        "vp_formats_supported": {"mso_mdoc": {"deviceauth_alg_values": [-35]}},
                    }
                }
            },
            "algorithms",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_of_the_profile_is_refused_and_told(world, options, check):
    request = read(world, **options)
    with pytest.raises(RemoteProtocolError) as refused:
        require(world, request)
    assert refused.value.code in ("PROFILE_NOT_MET", "ENCRYPTION_UNUSABLE")
    assert failures(world, request) == [check]
    require(world, request, OPENID4VP_1_0) if check != "encryption" else None


@pytest.mark.parametrize("algorithms", [[-7], [-9], [-9, -50], [-65537, -9]], ids=str)
def test_either_spelling_of_es256_is_one(world, algorithms):
    metadata = {
        "jwks": {"keys": [KEY.jwk]},
        "encrypted_response_enc_values_supported": ["A256GCM", "A128GCM"],
        "vp_formats_supported": {"mso_mdoc": {"deviceauth_alg_values": algorithms, "other": "x"}, "dc+sd-jwt": {}},
    }
    require(world, read(world, changes={"client_metadata": metadata}))


def test_the_signer_s_certificates_come_without_an_anchor(world):
    enrolment = world.bank_enrolment
    anchor = world.registry.published().anchor
    request = read(world, changes={"chain": (*enrolment.chain, anchor)})
    with pytest.raises(UntrustedError) as refused:
        require(world, request)
    assert refused.value.code == "X5C_HAS_ANCHOR"
    assert failures(world, request) == ["x5c"]
    require(world, request, OPENID4VP_1_0)


def test_a_request_without_certificates_is_not_of_the_profile(world):
    request = read(world, client=X509SanDns("bank.example"), signer=SoftwareSigner.generate(), certified=False)
    assert failures(world, request) == ["client_id_prefix", "x5c"]


def test_a_bound_credential_is_presented_with_a_proof():
    world = World()
    world.hold()
    request = world.ask("full_name")
    answer = world.answer(request)
    [[raw]] = answer.vp_token.values()
    presentation = world.formats[0].read_presentation(raw)
    trust, at = world.bank._trust, world.clock()
    proved = presentation.verify(binding=request.binding(required=True), trust=trust, at=at)
    require_holder_proof(proved, HAIP_PRESENTATION_1_0)
    unproved = replace(proved, holder_proved=False)
    with pytest.raises(BindingError) as refused:
        require_holder_proof(unproved, HAIP_PRESENTATION_1_0)
    assert refused.value.code == "HOLDER_PROOF_MISSING"
    require_holder_proof(unproved, OPENID4VP_1_0)
    require_holder_proof(replace(unproved, holder_key=None), HAIP_PRESENTATION_1_0)


def test_the_profile_says_what_the_standard_says():
    profile = HAIP_PRESENTATION_1_0
    assert [prefix.value for prefix in profile.client_id_prefixes] == ["x509_hash"]
    assert [mode.value for mode in profile.response_modes] == ["direct_post.jwt", "dc_api.jwt"]
    assert profile.encryption == ("A128GCM", "A256GCM")
    assert (profile.by_reference, profile.redirect, profile.x5c) == (Requirement.REQUIRED,) * 3
    assert OPENID4VP_1_0.redirect is Requirement.OPTIONAL


def test_of_a_client_with_registered_keys_nothing_is_known_before_it_is_known_who_it_is(world):
    """So a profile that wants to see what is announced takes it from no such client."""
    request = read(world, client=OpenIdFederation(ENTITY))
    require(world, request, OPENID4VP_1_0)
    anybody = replace(HAIP_PRESENTATION_1_0, client_id_prefixes=(), x5c=Requirement.OPTIONAL)
    with pytest.raises(RemoteProtocolError) as refused:
        require(world, request, anybody)
    assert refused.value.code == "PROFILE_NOT_MET"
    require(world, request, replace(anybody, encryption=()))
