# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Attacks on SD-JWT VCs and their presentations, told as what an attacker does with what it has.

Each begins with something honest that verifies, and ends with the attacker's version of it refused.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from tests.support.credentials import (
    AUDIENCE,
    BINDING,
    FAMILY_NAME,
    GIVEN_NAME,
    HOLDER_KEY,
    ISSUER,
    ISSUER_KEY,
    NATIONALITY,
    NONCE,
    NOW,
    SECOND,
    STRANGER_KEY,
    TRUST,
    VCT,
    Party,
    Scene,
    StaticTrust,
    digest,
    disclosure,
    held,
    hidden_payload,
    issued,
    parsed_payload,
    process,
    receive,
    registered,
    seconds,
    token,
    verify,
)
from vcwallet.encoding import base64url
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    BindingError,
    DigestInvalidError,
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    SignatureInvalidError,
    UntrustedError,
    ValidityError,
    VcError,
    VerificationError,
)
from vcwallet.formats import sd_jwt
from vcwallet.formats.base import Binding
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.keys import jwk
from vcwallet.keys.software import SoftwareSigner

OPTIONAL = Binding(audience=AUDIENCE, nonce=NONCE, required=False)
STRANGER_JWK = jwk.public_jwk(STRANGER_KEY.public_key)


def presented(*paths: tuple[str, ...], **changes: Any) -> str:
    return held(**changes).present(paths, binding=BINDING, signer=HOLDER_KEY, at=NOW)


def parts(text: str) -> tuple[str, list[str], str]:
    """Return issuer JWT, disclosures and key binding JWT."""
    jwt, *disclosures, proof = text.split("~")
    return jwt, disclosures, proof


def rebound(jwt: str, disclosures: list[str], signer: SoftwareSigner = HOLDER_KEY, **changes: Any) -> str:
    """Bind any SD-JWT anew, as a dishonest holder can."""
    scene = Scene(holder=signer, proof=changes)
    return scene.bind("~".join((jwt, *disclosures, "")))


# --- splicing --------------------------------------------------------------------------------------------------------


def test_a_disclosure_of_one_credential_is_no_use_in_another():
    mine, theirs = presented(("given_name",)), presented(("given_name",), claims={"given_name": "Zaphod"})
    verify(mine)
    jwt, _, _ = parts(mine)
    with pytest.raises(DigestInvalidError):
        verify(rebound(jwt, parts(theirs)[1]))


def test_a_disclosure_of_another_cannot_be_added_to_ones_own():
    jwt, own, _ = parts(presented(("given_name",)))
    _, theirs, _ = parts(presented(("member_of",), claims={"member_of": "cabinet"}, hidden=[("member_of",)]))
    verify(rebound(jwt, own))
    with pytest.raises(DigestInvalidError):
        verify(rebound(jwt, [*own, *theirs]))


def test_a_disclosure_cannot_be_rewritten_with_another_value():
    jwt, (text,), _ = parts(presented(("given_name",)))
    salt, name, _ = json.loads(base64url.decode(text))
    with pytest.raises(DigestInvalidError):
        verify(rebound(jwt, [disclosure(salt, name, "Zaphod")]))


def test_a_disclosure_cannot_be_rewritten_with_another_name():
    jwt, (text,), _ = parts(presented(("given_name",)))
    salt, _, value = json.loads(base64url.decode(text))
    with pytest.raises(DigestInvalidError):
        verify(rebound(jwt, [disclosure(salt, "family_name", value)]))


def test_a_disclosure_cannot_be_sent_without_what_it_stands_in():
    jwt, disclosures, _ = parts(presented(("address", "country")))
    verify(rebound(jwt, disclosures))
    for one in disclosures:
        if json.loads(base64url.decode(one))[1] == "country":
            with pytest.raises(DigestInvalidError):
                verify(rebound(jwt, [one]))


def test_the_credential_under_a_proof_cannot_be_exchanged_for_a_better_one():
    mine = presented(("given_name",))
    better = issued({"given_name": "Arthur", "clearance": "secret"}, [("given_name",)])
    proof = parts(mine)[2]
    with pytest.raises(BindingError):
        verify(better + proof)


def test_an_issuer_jwt_with_the_same_payload_and_another_signature_breaks_the_proof():
    scene = Scene()
    first, second = scene.issued, scene.issued
    assert first != second  # ECDSA signatures are never the same twice
    proof = scene.bind(first).rpartition("~")[2]
    verify(first + proof)
    with pytest.raises(BindingError):
        verify(second + proof)


def test_a_verifier_cannot_take_disclosures_out_and_pass_the_rest_on():
    text = presented(("given_name",), ("family_name",))
    jwt, disclosures, proof = parts(text)
    with pytest.raises(BindingError):
        verify("~".join((jwt, disclosures[0], proof)))


def test_a_holder_cannot_disclose_a_claim_that_the_issuer_never_made():
    jwt, disclosures, _ = parts(presented(("given_name",)))
    with pytest.raises(DigestInvalidError):
        verify(rebound(jwt, [*disclosures, disclosure("salt", "admin", True)]))


def test_a_holder_cannot_cover_an_open_claim_with_a_disclosure():
    scene = Scene()
    forged = disclosure("salt", "vct", "urn:example:minister:1")
    scene.disclosures.append(forged)
    with pytest.raises(DigestInvalidError):
        scene.verify()


# --- replay ----------------------------------------------------------------------------------------------------------


def test_a_presentation_is_no_use_at_another_verifier():
    text = presented(("given_name",))
    verify(text)
    with pytest.raises(BindingError):
        verify(text, binding=Binding(audience="https://bank.example", nonce=NONCE))


def test_a_presentation_is_no_use_for_another_request():
    text = presented(("given_name",))
    with pytest.raises(BindingError):
        verify(text, binding=Binding(audience=AUDIENCE, nonce="fresh-nonce"))


def test_a_presentation_is_no_use_later():
    text = presented(("given_name",))
    verify(text, at=NOW + BINDING.max_age)
    with pytest.raises(ValidityError):
        verify(text, at=NOW + BINDING.max_age + SECOND)


def test_a_presentation_without_its_proof_is_no_use():
    text = presented(("given_name",))
    with pytest.raises(BindingError):
        verify(text.rpartition("~")[0] + "~")


def test_a_credential_that_was_copied_cannot_be_presented_with_another_key():
    jwt, disclosures, _ = parts(presented(("given_name",)))
    with pytest.raises(SignatureInvalidError):
        verify(rebound(jwt, disclosures, STRANGER_KEY))


def test_a_wrong_proof_does_not_pass_where_none_is_demanded():
    jwt, disclosures, _ = parts(presented(("given_name",)))
    assert not verify("~".join((jwt, *disclosures, "")), binding=OPTIONAL).holder_proved
    with pytest.raises(SignatureInvalidError):
        verify(rebound(jwt, disclosures, STRANGER_KEY), binding=OPTIONAL)


def test_a_presentation_made_for_one_is_not_received_as_a_credential_by_a_wallet():
    receive(issued())
    with pytest.raises(BindingError):
        receive(presented(("given_name",)))


# --- whose key -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "brought",
    [
        {"jwk": STRANGER_JWK},
        {"jku": "https://evil.example/jwks.json"},
        {"x5u": "https://evil.example/chain.pem"},
        {"kid": "../../evil"},
        {"kid": "' OR 1=1 --"},
        {"kid": json.dumps(STRANGER_JWK)},
    ],
)
def test_a_key_that_the_header_brings_along_is_not_used(brought):
    honest, forged = Scene(), Scene(issuer=STRANGER_KEY)
    honest.header |= brought
    forged.header |= brought
    honest.verify()  # a member that means nothing changes nothing
    with pytest.raises(SignatureInvalidError):
        forged.verify()


def test_a_chain_that_the_header_brings_along_is_a_question_for_the_policy():
    scene = Scene(issuer=STRANGER_KEY)
    scene.header["x5c"] = ["AAAA"]
    with pytest.raises(UntrustedError):
        scene.verify()


def test_an_issuer_cannot_sign_in_the_name_of_another():
    evil = SoftwareSigner.generate()
    trust = StaticTrust(
        parties={ISSUER: Party(key=ISSUER_KEY.public_key), "https://evil.example": Party(key=evil.public_key)}
    )
    scene = Scene(issuer=evil, trust=trust)
    with pytest.raises(SignatureInvalidError):
        scene.verify()
    scene.payload["iss"] = "https://evil.example"
    assert scene.verify().issuer.party == "https://evil.example"


def test_an_issuer_cannot_take_a_type_that_it_may_not_issue_by_another_name():
    minister = "urn:example:minister:1"
    scene = Scene()
    scene.payload["aka_vcts"] = [minister]
    with pytest.raises(NotAuthorisedError):
        scene.verify()
    scene.trust = StaticTrust(parties={ISSUER: Party(key=ISSUER_KEY.public_key, types=frozenset({VCT, minister}))})
    assert scene.verify().type_ids == (VCT, minister)


def test_the_key_of_a_holder_makes_no_credentials():
    scene = Scene(issuer=HOLDER_KEY)
    with pytest.raises(SignatureInvalidError):
        scene.verify()


@pytest.mark.parametrize("iss", [ISSUER + "/", ISSUER.upper(), ISSUER + "\u200b", ISSUER + ".", f" {ISSUER}"])
def test_an_issuer_that_looks_alike_is_another(iss):
    scene = Scene()
    scene.payload["iss"] = iss
    with pytest.raises(UntrustedError):
        scene.verify()


# --- algorithms ------------------------------------------------------------------------------------------------------


def mac_with(secret: bytes, name: str) -> Any:
    return lambda data: hmac.new(secret, data, name).digest()


PUBLIC_KEY_AS_SECRET = [
    ISSUER_KEY.public_key.spki,
    json.dumps(jwk.public_jwk(ISSUER_KEY.public_key)).encode(),
    b"",
]


@pytest.mark.parametrize("secret", PUBLIC_KEY_AS_SECRET, ids=["der", "jwk", "empty"])
@pytest.mark.parametrize(("alg", "name"), [("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")])
def test_the_public_key_is_no_secret_to_make_a_mac_with(secret, alg, name):
    forged = token({"alg": alg, "typ": "dc+sd-jwt"}, registered(), mac_with(secret, name)) + "~"
    with pytest.raises(AlgorithmNotAllowedError):
        verify(forged, binding=OPTIONAL)
    under_our_name = token({"alg": "ES256", "typ": "dc+sd-jwt"}, registered(), mac_with(secret, name)) + "~"
    with pytest.raises(SignatureInvalidError):
        verify(under_our_name, binding=OPTIONAL)


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "nOnE", "", "es256", "ES256 ", "ES256K", "RS256", None, 1, ["ES256"]]
)
@pytest.mark.parametrize("signature", [b"", b"\0" * 64], ids=["no signature", "zeros"])
def test_an_algorithm_that_is_none_of_ours_is_refused_in_credential_and_proof(alg, signature):
    unsigned = token({"alg": alg, "typ": "dc+sd-jwt"}, registered(), lambda _: signature) + "~"
    with pytest.raises(AlgorithmNotAllowedError):
        verify(unsigned, binding=OPTIONAL)
    scene = Scene()
    scene.proof_header["alg"] = alg
    with pytest.raises(AlgorithmNotAllowedError):
        scene.verify()


def test_a_header_without_an_algorithm_is_refused():
    with pytest.raises(AlgorithmNotAllowedError):
        verify(token({"typ": "dc+sd-jwt"}, registered(), ISSUER_KEY.sign) + "~", binding=OPTIONAL)


@pytest.mark.parametrize("signature", [b"", b"\0" * 64, b"\xff" * 64, b"\0" * 63 + b"\1", b"\0" * 65])
def test_a_signature_of_special_numbers_is_refused(signature):
    forged = token({"alg": "ES256", "typ": "dc+sd-jwt"}, registered(), lambda _: signature) + "~"
    with pytest.raises(SignatureInvalidError):
        verify(forged, binding=OPTIONAL)


@pytest.mark.parametrize("name", ["sha-256-32", "sha-1", "md5", "SHA-256", "none", None])
def test_a_weaker_hash_function_cannot_be_named(name):
    scene = Scene()
    scene.payload["_sd_alg"] = name
    with pytest.raises(VcError):
        scene.verify()


def test_the_hash_function_cannot_be_named_where_it_is_not_signed():
    """A disclosure that brings another ``_sd_alg`` along does not change what digests are made with."""
    for forged in (disclosure("salt", "_sd_alg", "sha-512"), disclosure("salt", "x", {"_sd_alg": "sha-512"})):
        with pytest.raises(VcError):
            process(hidden_payload(forged), forged)


# --- two meanings ----------------------------------------------------------------------------------------------------


def signed(payload: bytes) -> str:
    return token({"alg": "ES256", "typ": "dc+sd-jwt"}, payload, ISSUER_KEY.sign) + "~"


PLAIN = json.dumps(registered())


def test_a_payload_that_says_a_member_twice_is_refused():
    verify(signed(PLAIN.encode()), binding=OPTIONAL)
    for twice in ('{"vct":"urn:example:minister:1",', '{"exp":1,', '{"\\u0076ct":"urn:example:minister:1",'):
        with pytest.raises(MalformedError):
            verify(signed((twice + PLAIN[1:]).encode()), binding=OPTIONAL)


def test_a_disclosure_that_says_a_member_twice_is_refused():
    text = base64url.encode(b'["salt","a",{"b":1,"b":2}]')
    with pytest.raises(MalformedError):
        process(hidden_payload(text), text)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_a_payload_in_another_encoding_is_refused(encoding):
    verify(signed(PLAIN.encode("utf-8")), binding=OPTIONAL)
    with pytest.raises(MalformedError):
        verify(signed(PLAIN.encode(encoding)), binding=OPTIONAL)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", '"\\ud800"', "01", "+1", "'a'", "1" * 65])
def test_a_payload_that_is_no_strict_json_is_refused(value):
    good, bad = PLAIN[:-1] + ',"x":1}', PLAIN[:-1] + f',"x":{value}}}'
    verify(signed(good.encode()), binding=OPTIONAL)
    with pytest.raises(MalformedError):
        verify(signed(bad.encode()), binding=OPTIONAL)


@pytest.mark.parametrize(
    "change", [lambda t: t + "=", lambda t: t + "\n", lambda t: t.replace("-", "+"), lambda t: "\t" + t]
)
def test_a_token_has_one_spelling(change):
    # A signature with a "-" in it, so that each change is one.
    raw = next(raw for raw in iter(lambda: signed(PLAIN.encode()), None) if "-" in raw.rpartition(".")[2])
    head, _, signature = raw.removesuffix("~").rpartition(".")
    verify(f"{head}.{signature}~", binding=OPTIONAL)
    with pytest.raises(MalformedError):
        verify(f"{head}.{change(signature)}~", binding=OPTIONAL)


# --- one kind of token for another -----------------------------------------------------------------------------------


def test_a_proof_is_no_credential():
    """The holder signs a payload of its choosing; with the issuer's key, or the issuer's trust in it, that is not."""
    claims = registered() | {"aud": AUDIENCE, "nonce": NONCE, "sd_hash": digest("x~")}
    proof = token({"alg": "ES256", "typ": "kb+jwt"}, claims, ISSUER_KEY.sign)
    with pytest.raises(VerificationError) as caught:
        verify(proof + "~", binding=OPTIONAL)
    assert caught.value.code == "WRONG_TYPE"


def test_a_credential_is_no_proof():
    scene = Scene()
    scene.proof_header["typ"] = "dc+sd-jwt"
    with pytest.raises(BindingError):
        scene.verify()


def test_a_holder_that_is_an_issuer_too_cannot_prove_with_a_credential():
    """The credential's own JWT after the last tilde: signed by the very key, but of another type."""
    scene = Scene(issuer=HOLDER_KEY, trust=StaticTrust(parties={ISSUER: Party(key=HOLDER_KEY.public_key)}))
    scene.verify()
    with pytest.raises(BindingError):
        verify(scene.issued + scene.issued.partition("~")[0], trust=scene.trust)


@pytest.mark.parametrize(
    "typ",
    [
        "oauth-authz-req+jwt",
        "openid4vci-proof+jwt",
        "statuslist+jwt",
        "entity-statement+jwt",
        "JWT",
        "at+jwt",
        "dpop+jwt",
        "vc+sd-jwt",
        "example+sd-jwt",
        "dc+sd-jwt ",
        "",
        None,
    ],
)
def test_no_other_token_of_the_issuer_is_a_credential(typ):
    header = {"alg": "ES256", "typ": typ}
    with pytest.raises(VerificationError) as caught:
        verify(token(header, registered(), ISSUER_KEY.sign) + "~", binding=OPTIONAL)
    assert caught.value.code == "WRONG_TYPE"


def test_a_bare_jwt_is_no_credential_however_well_it_is_signed():
    text = signed(PLAIN.encode())
    verify(text, binding=OPTIONAL)
    with pytest.raises(MalformedError):
        verify(text.removesuffix("~"), binding=OPTIONAL)


# --- hiding what counts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [("exp", 1), ("nbf", seconds(NOW)), ("cnf", {"jwk": STRANGER_JWK}), ("status", {"status_list": {"idx": 0}})],
)
def test_a_claim_that_decides_about_validity_cannot_be_a_disclosure(name, value):
    """Else the holder would choose whether the credential ends, is revoked, or is its own."""
    text = disclosure("salt", name, value)
    payload = {**registered(), **hidden_payload(text)}
    payload.pop(name, None)
    raw = "~".join((token({"alg": "ES256", "typ": "dc+sd-jwt"}, payload, ISSUER_KEY.sign), text, ""))
    with pytest.raises(VerificationError):
        verify(raw, binding=OPTIONAL)
    with pytest.raises(VerificationError):
        receive(raw)


def test_a_credential_whose_end_is_hidden_and_past_is_refused_when_its_end_is_shown():
    text = disclosure("salt", "exp", 1)
    payload = {**registered(), **hidden_payload(text)}
    del payload["exp"]
    with pytest.raises(VerificationError):
        verify("~".join((signed(json.dumps(payload).encode()).rstrip("~"), text, "")), binding=OPTIONAL)


# --- exhaustion ------------------------------------------------------------------------------------------------------


def test_a_huge_salt_is_cut_off_before_it_is_decoded():
    with pytest.raises(LimitExceededError):
        process({}, disclosure("s" * 300_000, "a", 1))


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deep_nesting_does_not_exhaust_the_stack(opening):
    closing = {"[": "]", '{"a":': "}"}[opening]
    deep = opening * 100_000 + "1" + closing * 100_000
    with pytest.raises(VcError):
        verify(signed(f'{{"x":{deep}}}'.encode()), binding=OPTIONAL)
    text = base64url.encode(f'["s","a",{opening * 20_000}1{closing * 20_000}]'.encode())
    with pytest.raises(VcError):
        process(hidden_payload(text), text)


def test_disclosures_inside_each_other_do_not_exhaust_the_stack():
    texts = [disclosure("s", "a", 1)]
    for _ in range(499):
        texts.append(disclosure("s", "a", hidden_payload(texts[-1])))
    with pytest.raises(LimitExceededError):
        process(hidden_payload(texts[-1]), *texts)


def test_a_digest_cannot_point_to_a_disclosure_that_points_to_itself():
    """A digest in a circle would need a hash function to be inverted; the same digest twice is refused before that."""
    inner = disclosure("s", "a", hidden_payload(GIVEN_NAME))
    with pytest.raises(DigestInvalidError):
        process({"_sd": [digest(inner), digest(GIVEN_NAME)]}, inner, GIVEN_NAME)


def test_millions_of_tildes_are_refused():
    with pytest.raises(VcError):
        sd_jwt.parse("~" * 4_000_000)
    with pytest.raises(VcError):
        sd_jwt.parse(signed(PLAIN.encode()) + "~" * 1_000_000)


def test_thousands_of_decoys_are_counted_and_more_are_refused():
    decoys = [base64url.encode(hashlib.sha256(str(number).encode()).digest()) for number in range(5_001)]
    assert process({"_sd": decoys[:5_000]}).processed.hidden == 5_000
    with pytest.raises(LimitExceededError):
        process({"_sd": decoys})


def test_many_further_types_do_not_ask_the_registry_thousands_of_questions():
    asked = []

    class Counting(StaticTrust):
        def key_for(self, source: Any, **context: Any) -> Any:
            asked.append(context["type_id"])
            return TRUST.key_for(source, **context | {"type_id": VCT})

    scene = Scene(trust=Counting())
    scene.payload["aka_vcts"] = [f"urn:example:{number}" for number in range(10_000)]
    with pytest.raises(LimitExceededError):
        scene.verify()
    assert not asked


# --- telling too much ------------------------------------------------------------------------------------------------


def test_a_presentation_does_not_carry_what_was_not_chosen():
    text = presented(("given_name",))
    for hidden in ("Dent", "Cottington", "BSc"):
        for part in (part for piece in text.split("~") for part in piece.split(".")):
            assert hidden.encode() not in b64(part)
    assert len(parts(text)[1]) == 1


def b64(part: str) -> bytes:
    try:
        return base64url.decode(part)
    except VcError:
        return b""


def test_the_digest_of_a_guess_is_not_in_the_payload():
    """Without the salt a claim with few values cannot be found by trying them."""
    payload = parsed_payload(issued({"over_18": True}, [("over_18",)]))
    for salt in ("", "salt", "0", "AAAAAAAAAAAAAAAAAAAAAAAA"):
        assert digest(disclosure(salt, "over_18", True)) not in payload["_sd"]


def test_two_credentials_with_the_same_claims_have_no_digest_or_salt_in_common():
    first, second = (sd_jwt.parse(issued()) for _ in range(2))
    salts = [{json.loads(base64url.decode(text))[0] for text in one.disclosures} for one in (first, second)]
    assert salts[0].isdisjoint(salts[1])
    digests = [set(parsed_payload(one.compact())["_sd"]) for one in (first, second)]
    assert digests[0].isdisjoint(digests[1])


def test_errors_do_not_tell_what_was_in_the_presentation():
    scene = Scene(disclosures=[GIVEN_NAME, NATIONALITY, FAMILY_NAME, disclosure("salt", "secret", "canary value")])
    with pytest.raises(VcError) as caught:
        scene.verify()
    findings = SdJwtVc().read_presentation(scene.presented).explain(binding=BINDING, trust=TRUST, at=NOW, subject="q")
    told = [str(caught.value), *(finding.message for finding in findings)]
    assert not any("canary" in text or "Arthur" in text for text in told)
