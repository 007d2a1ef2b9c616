# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""SD-JWT VC against the examples of its draft, and the SD-JWT VC of OpenID4VP."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.credentials import HIDDEN, Party, StaticTrust, held
from tests.support.sd_jwt_specifications import chosen_paths, concealment, load, plain, shown
from tests.support.vectors import shared, shared_json
from vcwallet.encoding import sri
from vcwallet.errors import BindingError, DigestInvalidError, MalformedError, ValidityError
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.formats import sd_jwt
from vcwallet.formats.base import Binding
from vcwallet.formats.sd_jwt import Disclosure, HashAlgorithm
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.formats.sd_jwt_vc.issuer_metadata import MetadataIssuer, fetch_issuer, well_known_url
from vcwallet.formats.type_metadata import require_conformity, resolve
from vcwallet.keys import jwk

ISSUER_KEY = jwk.parse({
    "kty": "EC",
    "crv": "P-256",
    "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
    "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8",
})  # fmt: skip
HOLDER_JWK = {
    "kty": "EC",
    "crv": "P-256",
    "x": "TCAER19Zvu3OHF4j4W4vfSVoHIP1ILilDls7vCeGemc",
    "y": "ZxjiWWbZMQGHVWKVQ4hbSIirsVfuecCE6t4jT9F2HZQ",
}
AT = datetime.fromtimestamp(1787325881, UTC)
ENDS = datetime.fromtimestamp(1883000000, UTC)
IDENTITY = "https://credentials.example.com/identity_credential"
PID = "urn:example:eudi:pid:aendgard:1"
VCLD = "https://credentials.example.com/example_credential"


def trust() -> StaticTrust:
    def party(vct: str) -> Party:
        begins = datetime.fromtimestamp(0, UTC)
        return Party(key=ISSUER_KEY, types=frozenset({vct}), begins=begins, ends=ENDS + timedelta(days=1))

    return StaticTrust(
        parties={
            "https://example.com/issuer": party(IDENTITY),
            "https://pid-issuer.aendgard.example": party(PID),
            "https://issuer.example.com": party(VCLD),
        }
    )


def binding(
    *, audience: str = "https://example.com/verifier", nonce: str = "1234567890", required: bool = True
) -> Binding:
    return Binding(audience=audience, nonce=nonce, required=required)


def verified(text: str, *, at: datetime = AT, **changes: Any) -> Any:
    return SdJwtVc().read_presentation(text).verify(binding=binding(**changes), trust=trust(), at=at)


# --- without the shared vectors --------------------------------------------------------------------------------------

# SD-JWT VC, section 2.3.2: a presentation without key binding.
WITHOUT_KB = (
    "eyJhbGciOiAiRVMyNTYiLCAidHlwIjogImRjK3NkLWp3dCJ9.eyJfc2QiOiBbIjA5dktySk1PbHlUV00wc2pwdV9wZE9CVkJRMk0xeTNLaHBIN"
    "TE1blhrcFkiLCAiMnJzakdiYUMwa3k4bVQwcEpyUGlvV1RxMF9kYXcxc1g3NnBvVWxnQ3diSSIsICJFa084ZGhXMGRIRUpidlVIbEVfVkNldUM"
    "5dVJFTE9pZUxaaGg3WGJVVHRBIiwgIklsRHpJS2VpWmREd3BxcEs2WmZieXBoRnZ6NUZnbldhLXNONndxUVhDaXciLCAiSnpZakg0c3ZsaUgwU"
    "jNQeUVNZmVadTZKdDY5dTVxZWhabzdGN0VQWWxTRSIsICJQb3JGYnBLdVZ1Nnh5bUphZ3ZrRnNGWEFiUm9jMkpHbEFVQTJCQTRvN2NJIiwgIlR"
    "HZjRvTGJnd2Q1SlFhSHlLVlFaVTlVZEdFMHc1cnREc3JaemZVYW9tTG8iLCAiamRyVEU4WWNiWTRFaWZ1Z2loaUFlX0JQZWt4SlFaSUNlaVVRd"
    "1k5UXF4SSIsICJqc3U5eVZ1bHdRUWxoRmxNXzNKbHpNYVNGemdsaFFHMERwZmF5UXdMVUs0Il0sICJpc3MiOiAiaHR0cHM6Ly9leGFtcGxlLmN"
    "vbS9pc3N1ZXIiLCAiaWF0IjogMTY4MzAwMDAwMCwgImV4cCI6IDE4ODMwMDAwMDAsICJ2Y3QiOiAiaHR0cHM6Ly9jcmVkZW50aWFscy5leGFtc"
    "GxlLmNvbS9pZGVudGl0eV9jcmVkZW50aWFsIiwgIl9zZF9hbGciOiAic2hhLTI1NiJ9.RJ_OMpLyxfXFdyfGB-"
    "eObhI8M-s6yUtRqBbQK9_-xh2wG1aJfe_ZNr43JyA2jqKVjLfslZ6oEwXjaYJn8SgkdA~"
    "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgImlzX292ZXJfNjUiLCB0cnVlXQ~"
    "WyJRZ19PNjR6cUF4ZTQxMmExMDhpcm9BIiwgImFkZHJlc3MiLCB7InN0cmVldF9hZGRyZXNzIjogIjEyMyBNYWluIFN0IiwgImxvY2FsaXR5Ij"
    "ogIkFueXRvd24iLCAicmVnaW9uIjogIkFueXN0YXRlIiwgImNvdW50cnkiOiAiVVMifV0~"
)


def test_the_presentation_without_key_binding_verifies_where_none_is_demanded():
    result = verified(WITHOUT_KB, required=False)
    assert result.claims == {
        "iss": "https://example.com/issuer",
        "iat": 1683000000,
        "exp": 1883000000,
        "vct": IDENTITY,
        "is_over_65": True,
        "address": {"street_address": "123 Main St", "locality": "Anytown", "region": "Anystate", "country": "US"},
    }
    assert result.disclosed == (("is_over_65",), ("address",))
    with pytest.raises(BindingError):
        verified(WITHOUT_KB)


def test_the_presentation_without_key_binding_ends_with_its_credential():
    verified(WITHOUT_KB, required=False, at=ENDS)
    with pytest.raises(ValidityError):
        verified(WITHOUT_KB, required=False, at=ENDS + timedelta(seconds=60))


# --- the examples of the draft ---------------------------------------------------------------------------------------

EXAMPLES = ["section-2.3.1-26.1", "section-2.3.2-2.1", "section-2.3.2-6.1", "appendix-A.1-6.1", "appendix-A.1-67.1"]


def examples() -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in shared_json("sd-jwt-vc", "draft-examples.json")["examples"]}


def test_every_example_is_looked_at():
    assert list(examples()) == EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_verifies_and_gives_its_claims(name):
    example = examples()[name]
    proved = example["kb_jwt_payload"] is not None
    result = verified(example["sd_jwt"], required=proved)
    assert (result.claims, result.holder_proved) == (example["processed_payload"], proved)
    for one in example["disclosures"]:
        assert HashAlgorithm.SHA_256.digest(one["encoded"]) == one["digest"]
        assert Disclosure.parse(one["encoded"]).value == one["decoded"][-1]
    if proved:
        with pytest.raises(BindingError):
            verified(example["sd_jwt"], nonce="0")
        with pytest.raises(ValidityError):
            verified(example["sd_jwt"], at=AT + timedelta(seconds=301))


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_an_issuer_sent_is_received_and_what_a_wallet_sent_is_not(name):
    example = examples()[name]
    credential = SdJwtVc().read_issued(example["sd_jwt"])
    if example["kb_jwt_payload"] is None:
        assert credential.verify(trust=trust(), at=AT).held.claims == example["processed_payload"]
        return
    with pytest.raises(BindingError):
        credential.verify(trust=trust(), at=AT)


@pytest.mark.parametrize(("issued", "presented"), [(EXAMPLES[0], EXAMPLES[1]), (EXAMPLES[3], EXAMPLES[4])])
def test_we_would_disclose_what_the_example_discloses(issued, presented):
    one = SdJwtVc().reopen(examples()[issued]["sd_jwt"])
    shown_claims = examples()[presented]["processed_payload"]
    names = [(name,) for name in shown_claims if name not in ("age_equal_or_over", "cnf")]
    inner = [("age_equal_or_over", age) for age in shown_claims.get("age_equal_or_over", {})]
    chosen = sd_jwt.parse(one.sd_jwt.select([*names, *inner])).disclosures
    assert sorted(chosen) == sorted(sd_jwt.parse(examples()[presented]["sd_jwt"]).disclosures)


# --- the authors' scenarios ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["01", "02", "03-pid"])
def test_a_scenario_ends_with_the_claims_that_were_chosen(name):
    scenario = load(shared("sd-jwt-vc", "specifications", name, "specification.yml"))
    marked = scenario["user_claims"]
    rule = concealment(marked)
    assert rule is not None
    claims = {name: value for name, value in plain(marked).items() if name not in ("vct", "iss")}
    one = held(claims, HIDDEN[:0], concealment=rule)
    parsed = sd_jwt.parse(one.sd_jwt.select(chosen_paths(marked, scenario["holder_disclosed_claims"])))
    seen = parsed.processed(json.loads(parsed.issuer_jwt.unverified_payload)).claims
    expected = shown(marked, scenario["holder_disclosed_claims"])
    assert {name: value for name, value in seen.items() if name in claims} == {
        name: value for name, value in expected.items() if name in claims
    }


# --- the blocks of the draft -----------------------------------------------------------------------------------------


def blocks() -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in shared_json("sd-jwt-vc", "draft-blocks.json") if "id" in one}


def test_every_disclosure_of_the_text_has_its_digest():
    disclosures = [one for one in shared_json("sd-jwt-vc", "draft-blocks.json") if one["kind"] == "disclosure"]
    assert len(disclosures) == 37
    for one in disclosures:
        assert HashAlgorithm.SHA_256.digest(one["disclosure"]) == one["digest"]
        Disclosure.parse(one["disclosure"])


EDUCATION = "https://betelgeuse.example.com/education_credential/v42"
GALACTIC = "https://galaxy.example.com/galactic-education-credential/v2"


def type_documents() -> dict[str, bytes]:
    """Return the type metadata of appendix A.2, without the document that it extends, which is not published."""
    document = json.loads(blocks()["appendix-A.2-4.1"]["text"])
    del document["extends"], document["extends#integrity"]
    return {EDUCATION: json.dumps(document).encode()}


def test_the_type_metadata_of_the_text_are_read():
    education = resolve(EDUCATION, type_documents().__getitem__)
    assert education.name("de") == "Betelgeuse-Bildungsnachweis"
    assert education.label(("address", "street_address"), "de-DE") == "Straße"
    assert education.label(("degrees", 1, "field_of_study"), "en") == "Field of Study"
    rules = {claim.path: (claim.sd, claim.mandatory) for claim in education.claims}
    assert rules[("name",)] == ("always", True)
    assert rules[("degrees",)] == ("never", False)
    assert rules[("degrees", None)] == ("always", False)


def test_the_credential_of_the_text_keeps_to_its_type():
    claims = json.loads(blocks()["appendix-A.2-2.1"]["text"])
    education = resolve(EDUCATION, type_documents().__getitem__)
    concealed = {claim.path for claim in education.claims if claim.sd == "always"}
    require_conformity(education, claims, concealed=concealed, complete=True)


def test_the_integrity_in_the_text_is_that_of_the_type_metadata_in_the_text():
    published = blocks()["appendix-A.2-4.1"]["text"].encode()
    expression = json.loads(blocks()["appendix-A.2-2.1"]["text"])["vct#integrity"]
    sri.require_match(expression, published + b"\n")
    with pytest.raises(DigestInvalidError):
        sri.require_match(expression, published)


@pytest.mark.parametrize("block", ["section-5.1-5.1", "appendix-A.2-4.1"])
def test_a_document_that_is_not_the_extended_one_of_the_text_is_refused(block):
    documents = {EDUCATION: blocks()[block]["text"].encode(), GALACTIC: json.dumps({"vct": GALACTIC}).encode()}
    with pytest.raises(DigestInvalidError):
        resolve(EDUCATION, documents.__getitem__)


def test_the_example_of_extending_gives_the_claims_of_the_text():
    texts = [blocks()[f"section-5.6.5.2-{part}.1"]["text"] for part in (2, 4, 6)]
    base, custom, expected = map(json.loads, texts)
    documents = {base["vct"]: texts[0].encode(), custom["vct"]: texts[1].encode()}
    effective = resolve(custom["vct"], documents.__getitem__)
    assert [(list(one.path), [each.label for each in one.display]) for one in effective.claims] == [
        (one["path"], [each["label"] for each in one["display"]]) for one in expected["claims"]
    ]


# --- issuer metadata -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "issuer"),
    [("section-4.1-3.1", "https://example.com"), ("section-4.1-6.1", "https://example.com/tenant/1234")],
)
def test_the_metadata_are_asked_for_where_the_text_does(block, issuer):
    request, host = blocks()[block]["text"].splitlines()
    assert well_known_url(issuer) == f"https://{host.removeprefix('Host: ')}{request.split(' ')[1]}"


def fetched(answers: dict[str, bytes]) -> MetadataIssuer:
    def world(request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=200, headers={"content-type": "application/json"}, body=answers[request.url])

    return run(fetch_issuer("https://example.com", types=frozenset()), world)


def test_the_metadata_of_the_text_are_read():
    _, _, inline = blocks()["section-4.2-7.1"]["text"].partition("\n\n")
    document, linked = json.loads(inline), blocks()["section-4.2-9.1"]["text"]
    well_known = well_known_url("https://example.com")
    keys = fetched({well_known: inline.encode()}).keys
    assert keys.verification_key("doc-signer-05-25-2022") == ISSUER_KEY
    uri = json.loads(linked)["jwks_uri"]
    assert fetched({well_known: linked.encode(), uri: json.dumps(document["jwks"]).encode()}).keys == keys


# --- OpenID4VP 1.0 ---------------------------------------------------------------------------------------------------


def vcld(name: str) -> str:
    return shared("openid4vp-1.0", "sd_jwt_vcld", "01", name).read_text(encoding="utf-8")


def joined(name: str) -> str:
    return "".join(vcld(name).split())


def test_the_sd_jwt_vcld_of_openid4vp_verifies():
    proof = json.loads(vcld("kb_jwt_payload.json"))
    at = datetime.fromtimestamp(proof["iat"], UTC)
    result = verified(joined("sd_jwt_presentation.txt"), audience=proof["aud"], nonce=proof["nonce"], at=at)
    assert result.claims == json.loads(vcld("verified_contents.json"))
    assert (result.holder_proved, result.holder_key) == (True, jwk.parse(HOLDER_JWK))


def test_the_sd_jwt_vcld_of_openid4vp_is_presented_as_we_would():
    one = SdJwtVc().reopen(joined("sd_jwt_issuance.txt"))
    text = one.sd_jwt.select([("ld", "credentialSubject", "givenName")])
    assert joined("sd_jwt_presentation.txt").startswith(text)
    assert joined("sd_jwt_presentation.txt") == text + joined("kb_jwt_serialized.txt")


def test_the_parts_of_the_sd_jwt_vcld_fit_together():
    parsed = sd_jwt.parse(joined("sd_jwt_issuance.txt"))
    assert parsed.issuer_jwt.compact() == joined("sd_jwt_jws_part.txt")
    assert json.loads(parsed.issuer_jwt.unverified_payload) == json.loads(vcld("sd_jwt_payload.json"))
    with pytest.raises(MalformedError):
        sd_jwt.parse(joined("sd_jwt_jws_part.txt"))


def test_the_unsecured_payload_of_openid4vp_is_concealed_by_the_one_beside_it():
    secured = shared_json("openid4vp-1.0", "credentials", "sd_jwt_vc.json")
    unsecured = shared_json("openid4vp-1.0", "credentials", "sd_jwt_vc_unsecured.json")
    published = {one["digest"] for one in shared_json("sd-jwt", "draft-22-blocks.json") if one["kind"] == "disclosure"}
    assert unsecured["vct"] == secured["vct"]
    assert published & set(secured["_sd"])
