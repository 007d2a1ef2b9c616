# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""SD-JWT VC: issuing, and the credential in its holder's hands (SD-JWT VC, section 2)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from tests.support.credentials import (
    AUDIENCE,
    BINDING,
    CLAIMS,
    HIDDEN,
    HOLDER_KEY,
    ISSUER,
    ISSUER_KEY,
    NONCE,
    NOW,
    STRANGER_KEY,
    VCT,
    Party,
    StaticTrust,
    content,
    held,
    issued,
    parsed_payload,
    receive,
    registered,
    seconds,
    token,
    verify,
)
from tests.support.pki import PARTY, Draft, chain
from vcwallet.encoding import base64url
from vcwallet.errors import LocalProtocolError, MalformedError, NoMatchError, SignatureInvalidError, VcError
from vcwallet.formats import sd_jwt
from vcwallet.formats.authorities import authorities_of
from vcwallet.formats.base import Binding, HeldCredential, IssuerKey
from vcwallet.formats.sd_jwt import HashAlgorithm
from vcwallet.formats.sd_jwt.issuance import combine
from vcwallet.formats.sd_jwt_vc import HeldSdJwtVc, SdJwtVc
from vcwallet.formats.sd_jwt_vc.vocabulary import REGISTERED
from vcwallet.keys import Algorithm, jwk
from vcwallet.keys.software import SoftwareSigner

REGISTERED_CLAIMS = {
    "vct": VCT,
    "iss": ISSUER,
    "iat": seconds(NOW - timedelta(days=1)),
    "exp": seconds(NOW + timedelta(days=90)),
    "cnf": {"jwk": jwk.public_jwk(HOLDER_KEY.public_key)},
}


# --- issuing ---------------------------------------------------------------------------------------------------------


def test_an_issued_credential_is_received_with_all_its_claims():
    received = receive(issued())
    assert received.held.claims == REGISTERED_CLAIMS | CLAIMS
    assert received.issuer.party == ISSUER


def test_a_credential_says_its_type_in_the_header():
    assert sd_jwt.parse(issued()).issuer_jwt.header.members == {"alg": "ES256", "typ": "dc+sd-jwt"}


def test_the_registered_claims_stand_in_the_open():
    payload = parsed_payload(issued(status={"status_list": {"idx": 1}}, type_integrity="sha256-AAAA"))
    assert {name: payload[name] for name in REGISTERED_CLAIMS} == REGISTERED_CLAIMS
    assert (payload["status"], payload["vct#integrity"]) == ({"status_list": {"idx": 1}}, "sha256-AAAA")


def test_what_is_not_said_is_left_out():
    payload = parsed_payload(issued({}, [], holder=None))
    assert payload.keys() == {"vct", "iss", "iat", "exp", "_sd_alg"}


def test_the_chain_of_the_issuer_goes_along_and_may_name_it_alone():
    certificates = chain()
    issuer = IssuerKey(signer=certificates.leaf.signer, chain=certificates.x5c, identifier=PARTY)
    for name_issuer in (True, False):
        raw = SdJwtVc(name_issuer=name_issuer).issue(content(), issuer=issuer)
        assert sd_jwt.parse(raw).issuer_jwt.header.chain == certificates.x5c
        assert parsed_payload(raw).get("iss") == (PARTY if name_issuer else None)
        name = PARTY if name_issuer else ""
        trust = StaticTrust(parties={name: Party(key=issuer.signer.public_key, chain=certificates.x5c)})
        assert receive(raw, trust=trust).held.issuer_chain == certificates.x5c


def test_an_issuer_without_an_identifier_is_not_named():
    issuer = IssuerKey(signer=ISSUER_KEY, chain=(), identifier=None)
    assert "iss" not in parsed_payload(SdJwtVc().issue(content(), issuer=issuer))


@pytest.mark.parametrize("name", sorted(REGISTERED))
def test_a_claim_of_a_registered_name_is_not_issued(name):
    issued({f"{name}s": "x"}, [])
    with pytest.raises(MalformedError) as caught:
        issued({name: "x"}, [])
    assert caught.value.code == "RESERVED_NAME"


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_the_hash_function_is_a_choice_of_the_issuer(algorithm):
    one = held(format=SdJwtVc(hash_algorithm=algorithm))
    assert parsed_payload(one.sd_jwt.select([]))["_sd_alg"] == algorithm.value
    assert verify(one.present([("given_name",)], binding=BINDING, signer=HOLDER_KEY, at=NOW)).holder_proved


def test_decoys_hide_how_many_claims_there_are():
    payload = parsed_payload(issued(format=SdJwtVc(decoys=4)))
    assert (len(payload["_sd"]), len(payload["nationalities"])) == (3 + 4, 2 + 4)
    assert receive(issued(format=SdJwtVc(decoys=4))).held.claims == REGISTERED_CLAIMS | CLAIMS


@pytest.mark.parametrize("algorithm", [Algorithm.ES384, Algorithm.ES512, Algorithm.EDDSA])
def test_an_issuer_may_have_any_key(algorithm):
    signer = SoftwareSigner.generate(algorithm)
    trust = StaticTrust(parties={ISSUER: Party(key=signer.public_key)})
    assert receive(issued(signer=signer), trust=trust).issuer.key == signer.public_key


def test_a_key_that_is_far_away_signs_what_was_prepared():
    far_away = SoftwareSigner.generate()

    class PublicHalf:
        public_key = far_away.public_key

        def sign(self, data: bytes, /) -> bytes:
            raise AssertionError("the key is elsewhere")

    issuer = IssuerKey(signer=PublicHalf(), chain=(), identifier=ISSUER)
    prepared, disclosures = SdJwtVc().prepare(content(), issuer=issuer)
    raw = combine(prepared.finish(far_away.sign(prepared.signing_input)), disclosures)
    trust = StaticTrust(parties={ISSUER: Party(key=far_away.public_key)})
    assert receive(raw, trust=trust).held.claims == REGISTERED_CLAIMS | CLAIMS

    wrong = combine(prepared.finish(STRANGER_KEY.sign(prepared.signing_input)), disclosures)
    with pytest.raises(SignatureInvalidError):
        receive(wrong, trust=trust)


def test_salts_come_from_the_source_that_is_handed_in():
    issuer = IssuerKey(signer=ISSUER_KEY, chain=(), identifier=ISSUER)
    _, disclosures = SdJwtVc().prepare(content({"a": 1}, [("a",)]), issuer=issuer, random_bytes=bytes)
    assert json.loads(base64url.decode(disclosures[0])) == ["A" * 24, "a", 1]


def test_a_credential_without_selectable_claims_still_ends_in_a_tilde():
    assert issued({"a": 1}, []).count("~") == 1


# --- holding ---------------------------------------------------------------------------------------------------------


def test_a_held_credential_knows_what_it_is():
    one: HeldCredential = held(type_integrity="sha256-AAAA")
    assert (one.format, one.type_ids, one.type_integrity) == ("dc+sd-jwt", (VCT,), "sha256-AAAA")
    assert (one.holder_key, one.expires) == (HOLDER_KEY.public_key, NOW + timedelta(days=90))
    assert (one.issuer_chain, one.authorities) == ((), frozenset())
    assert one.concealed == frozenset(HIDDEN)


def test_a_held_credential_of_further_types_knows_them():
    raw = combine(token({"alg": "ES256", "typ": "dc+sd-jwt"}, registered() | {"aka_vcts": ["b"]}, ISSUER_KEY.sign), [])
    trust = StaticTrust(parties={ISSUER: Party(key=ISSUER_KEY.public_key, types=frozenset({VCT, "b"}))})
    assert receive(raw, trust=trust).held.type_ids == (VCT, "b")


def test_a_stored_credential_is_the_one_that_was_received():
    raw = issued()
    assert SdJwtVc().reopen(raw) == HeldSdJwtVc.from_store(raw) == receive(raw).held


@pytest.mark.parametrize(
    ("header", "payload", "good"),
    [
        ({"typ": "dc+sd-jwt"}, {"vct": VCT}, True),
        ({"typ": "example+sd-jwt"}, {"vct": VCT}, False),
        ({}, {"vct": VCT}, False),
        ({"typ": "dc+sd-jwt"}, {}, False),
        ({"typ": "dc+sd-jwt"}, {"vct": 1}, False),
        ({"typ": "dc+sd-jwt"}, [], False),
    ],
)
def test_a_stored_text_that_is_no_sd_jwt_vc_is_refused(header, payload, good):
    raw = token({"alg": "ES256", **header}, payload, ISSUER_KEY.sign) + "~"
    if good:
        assert SdJwtVc().reopen(raw).type_ids == (VCT,)
        return
    with pytest.raises(VcError):
        SdJwtVc().reopen(raw)


@pytest.mark.parametrize("raw", ["", "~", "a.b.c", "a.b.c~"])
def test_a_stored_text_that_is_nothing_is_refused(raw):
    with pytest.raises(VcError):
        SdJwtVc().reopen(raw)


def without_key_identifier(draft: Draft) -> None:
    name = x509.DirectoryName(draft.issuer_name)
    draft.put(x509.AuthorityKeyIdentifier(None, [name], 1), critical=False)


def without_authority(draft: Draft) -> None:
    draft.drop(x509.AuthorityKeyIdentifier)


@pytest.mark.parametrize("change", [without_key_identifier, without_authority])
def test_a_certificate_that_names_no_authority_has_none(change):
    leaf, authority = chain().x5c
    assert len(authorities_of((leaf, authority))) == 2
    assert authorities_of((chain(leaf=change).x5c[0], authority)) == authorities_of((authority,))


@pytest.mark.parametrize("der", [b"", b"\0", b"0\x03\x02\x01\x00"])
def test_a_certificate_that_is_none_has_no_authorities_to_tell(der):
    with pytest.raises(MalformedError):
        authorities_of((der,))


# --- presenting ------------------------------------------------------------------------------------------------------


def test_a_presentation_shows_what_was_chosen_to_whom_it_was_made_for():
    raw = held().present([("given_name",), ("address", "country")], binding=BINDING, signer=HOLDER_KEY, at=NOW)
    verified = verify(raw)
    shown = {name: value for name, value in verified.claims.items() if name not in REGISTERED_CLAIMS}
    assert shown == {
        "given_name": "Arthur",
        "address": {"country": "GB"},
        "nationalities": [],
        "degrees": [{}, {}],
        "member": True,
    }
    assert sorted(verified.disclosed) == [("address",), ("address", "country"), ("given_name",)]
    assert verified.holder_proved


def test_a_presentation_is_bound_to_its_audience_nonce_and_time():
    raw = held().present([], binding=Binding(audience="a", nonce="n"), signer=HOLDER_KEY, at=NOW)
    proof = json.loads(base64url.decode(raw.rpartition("~")[2].split(".")[1]))
    assert (proof["aud"], proof["nonce"], proof["iat"]) == ("a", "n", seconds(NOW))


@pytest.mark.parametrize("signer", [STRANGER_KEY, None])
def test_a_bound_credential_is_not_presented_with_another_key_or_none(signer):
    with pytest.raises(LocalProtocolError) as caught:
        held().present([], binding=BINDING, signer=signer, at=NOW)
    assert caught.value.code == "WRONG_KEY"


def test_a_bearer_credential_is_presented_without_a_key_and_with_none():
    bearer = held(holder=None)
    optional = Binding(audience=AUDIENCE, nonce=NONCE, required=False)
    raw = bearer.present([("given_name",)], binding=optional, signer=None, at=NOW)
    assert raw.endswith("~")
    assert not verify(raw, binding=optional).holder_proved
    with pytest.raises(LocalProtocolError):
        bearer.present([], binding=optional, signer=HOLDER_KEY, at=NOW)


def test_a_claim_that_is_not_there_is_not_presented():
    with pytest.raises(NoMatchError):
        held().present([("salary",)], binding=BINDING, signer=HOLDER_KEY, at=NOW)


@pytest.mark.parametrize(
    ("paths", "seen"),
    [
        ([], set()),
        ([("given_name",)], {("given_name",)}),
        ([("address", "country")], {("address", "country")}),
        ([("address",)], {("address", "country"), ("address", "locality")}),
        ([("nationalities", 1)], {("nationalities", 0)}),
        ([("degrees", None, "year")], {("degrees", 0, "year")}),
    ],
)
def test_what_the_verifier_will_see_is_known_before_presenting(paths, seen):
    always = {
        ("vct",),
        ("iss",),
        ("iat",),
        ("exp",),
        ("member",),
        *(("cnf", "jwk", m) for m in ("kty", "crv", "x", "y")),
    }
    empty = {("nationalities",), ("degrees", 0), ("degrees", 1)} - {path[:-1] for path in seen}
    assert set(held().disclosed_by(paths)) == always | empty | seen


def test_asking_what_a_missing_claim_would_show_is_an_error():
    with pytest.raises(NoMatchError):
        held().disclosed_by([("salary",)])


def test_a_held_credential_keeps_its_claims_out_of_its_repr():
    shown = repr(held())
    assert not any(secret in shown for secret in ("Arthur", "Cottington", issued()[:20]))


def test_options_have_the_values_of_the_usual_profile():
    options: dict[str, Any] = {
        "hash_algorithm": HashAlgorithm.SHA_256,
        "decoys": 0,
        "name_issuer": True,
        "algorithms": frozenset({"ES256", "ES384", "ES512", "EdDSA", "Ed25519"}),
    }
    assert SdJwtVc() == SdJwtVc(**options)
    assert SdJwtVc().format == "dc+sd-jwt"
