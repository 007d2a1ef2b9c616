# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""SD-JWT against the examples of RFC 9901, its authors' scenarios and those of the reference implementation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.credentials import HOLDER_KEY, ISSUER_KEY, NOW, process, token
from tests.support.sd_jwt_specifications import Concealed, chosen_paths, concealment, load, plain, shown
from tests.support.vectors import VECTORS, shared, shared_json
from vcwallet.encoding import base64url
from vcwallet.errors import BindingError, MalformedError, SignatureInvalidError, VcError
from vcwallet.formats import sd_jwt
from vcwallet.formats.sd_jwt import Disclosure, HashAlgorithm, SdJwt, VerifiedSdJwt
from vcwallet.formats.sd_jwt.issuance import combine
from vcwallet.formats.sd_jwt.key_binding import KeyBinding, confirmation_key
from vcwallet.keys import jwk

SHA_256 = HashAlgorithm.SHA_256

# RFC 9901, appendix A.5: the key of all its examples.
RFC_KEY = jwk.parse({
    "kty": "EC",
    "crv": "P-256",
    "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
    "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8",
})  # fmt: skip
RFC_HOLDER = {
    "kty": "EC",
    "crv": "P-256",
    "x": "TCAER19Zvu3OHF4j4W4vfSVoHIP1ILilDls7vCeGemc",
    "y": "ZxjiWWbZMQGHVWKVQ4hbSIirsVfuecCE6t4jT9F2HZQ",
}
RFC_AUDIENCE, RFC_NONCE = "https://verifier.example.org", "1234567890"
# RFC 9901, section 5.2.
PRESENTED = (
    "eyJhbGciOiAiRVMyNTYiLCAidHlwIjogImV4YW1wbGUrc2Qtand0In0.eyJfc2QiOiBbIkNyUWU3UzVrcUJBSHQtbk1ZWGdjNmJkdDJTSDVhVF"
    "kxc1VfTS1QZ2tqUEkiLCAiSnpZakg0c3ZsaUgwUjNQeUVNZmVadTZKdDY5dTVxZWhabzdGN0VQWWxTRSIsICJQb3JGYnBLdVZ1Nnh5bUphZ3Zr"
    "RnNGWEFiUm9jMkpHbEFVQTJCQTRvN2NJIiwgIlRHZjRvTGJnd2Q1SlFhSHlLVlFaVTlVZEdFMHc1cnREc3JaemZVYW9tTG8iLCAiWFFfM2tQS3"
    "QxWHlYN0tBTmtxVlI2eVoyVmE1TnJQSXZQWWJ5TXZSS0JNTSIsICJYekZyendzY002R242Q0pEYzZ2Vks4QmtNbmZHOHZPU0tmcFBJWmRBZmRF"
    "IiwgImdiT3NJNEVkcTJ4Mkt3LXc1d1BFemFrb2I5aFYxY1JEMEFUTjNvUUw5Sk0iLCAianN1OXlWdWx3UVFsaEZsTV8zSmx6TWFTRnpnbGhRRz"
    "BEcGZheVF3TFVLNCJdLCAiaXNzIjogImh0dHBzOi8vaXNzdWVyLmV4YW1wbGUuY29tIiwgImlhdCI6IDE2ODMwMDAwMDAsICJleHAiOiAxODgz"
    "MDAwMDAwLCAic3ViIjogInVzZXJfNDIiLCAibmF0aW9uYWxpdGllcyI6IFt7Ii4uLiI6ICJwRm5kamtaX1ZDem15VGE2VWpsWm8zZGgta284YU"
    "lLUWM5RGxHemhhVllvIn0sIHsiLi4uIjogIjdDZjZKa1B1ZHJ5M2xjYndIZ2VaOGtoQXYxVTFPU2xlclAwVmtCSnJXWjAifV0sICJfc2RfYWxn"
    "IjogInNoYS0yNTYiLCAiY25mIjogeyJqd2siOiB7Imt0eSI6ICJFQyIsICJjcnYiOiAiUC0yNTYiLCAieCI6ICJUQ0FFUjE5WnZ1M09IRjRqNF"
    "c0dmZTVm9ISVAxSUxpbERsczd2Q2VHZW1jIiwgInkiOiAiWnhqaVdXYlpNUUdIVldLVlE0aGJTSWlyc1ZmdWVjQ0U2dDRqVDlGMkhaUSJ9fX0."
    "ow2VRoOnXDjBhV-c2XUX9zWmHhbd5hao3xa39DfE4UX_wlsBlh5KBsmKeDd59GgpIbWFIomQWRy3A4L-St_6aQ~"
    "WyJlbHVWNU9nM2dTTklJOEVZbnN4QV9BIiwgImZhbWlseV9uYW1lIiwgIkRvZSJd~"
    "WyJBSngtMDk1VlBycFR0TjRRTU9xUk9BIiwgImFkZHJlc3MiLCB7InN0cmVldF9hZGRyZXNzIjogIjEyMyBNYWluIFN0IiwgImxvY2FsaXR5Ij"
    "ogIkFueXRvd24iLCAicmVnaW9uIjogIkFueXN0YXRlIiwgImNvdW50cnkiOiAiVVMifV0~"
    "WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd~"
    "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIlVTIl0~"
    "eyJhbGciOiAiRVMyNTYiLCAidHlwIjogImtiK2p3dCJ9.eyJub25jZSI6ICIxMjM0NTY3ODkwIiwgImF1ZCI6ICJodHRwczovL3ZlcmlmaWVyL"
    "mV4YW1wbGUub3JnIiwgImlhdCI6IDE3NDg1MzcyNDMsICJzZF9oYXNoIjogIkczSTh6LWNGTUFUQUsyZXA4TVhXay12bmpJM1g2LWFhaFllVTl"
    "Udnp6M0UifQ.PqD8kiTmgP5PDvnRB8PzuzHYU5hH8bEw88jFN9aT5a5CblBjVcFig044UoWeJU6cUqBPAXVh0XAL8of4_Sp71g"
)
PRESENTED_AT = datetime.fromtimestamp(1748537243, UTC)


def bound(parsed: SdJwt, verified: VerifiedSdJwt, *, at: datetime = PRESENTED_AT, **changes: Any) -> KeyBinding:
    """Check the key binding of an example as its verifier would."""
    key = confirmation_key(verified.claims)
    assert key is not None
    assert parsed.key_binding_jwt is not None
    expected: dict[str, Any] = {
        "sd_jwt": parsed.without_key_binding,
        "audience": RFC_AUDIENCE,
        "nonce": RFC_NONCE,
        "hash_algorithm": verified.hash_algorithm,
        "max_age": timedelta(seconds=300),
    }
    return sd_jwt.require_key_binding(parsed.key_binding_jwt, key=key, at=at, **expected | changes)


# --- without the shared vectors --------------------------------------------------------------------------------------


def test_the_presentation_of_section_5_2_verifies():
    parsed = sd_jwt.parse(PRESENTED)
    verified = parsed.verify(RFC_KEY)
    assert verified.claims == {
        "iss": "https://issuer.example.com",
        "iat": 1683000000,
        "exp": 1883000000,
        "sub": "user_42",
        "nationalities": ["US"],
        "cnf": {"jwk": RFC_HOLDER},
        "family_name": "Doe",
        "address": {"street_address": "123 Main St", "locality": "Anytown", "region": "Anystate", "country": "US"},
        "given_name": "John",
    }
    assert verified.processed.hidden == 6
    assert bound(parsed, verified).issued_at == PRESENTED_AT


@pytest.mark.parametrize("change", [{"nonce": "1234567891"}, {"audience": "https://verifier.example.com"}])
def test_the_presentation_of_section_5_2_is_for_one_verifier_and_one_request(change):
    parsed = sd_jwt.parse(PRESENTED)
    with pytest.raises(BindingError):
        bound(parsed, parsed.verify(RFC_KEY), **change)


def test_the_presentation_of_section_5_2_is_by_the_key_of_the_examples():
    with pytest.raises(SignatureInvalidError):
        sd_jwt.parse(PRESENTED).verify(ISSUER_KEY.public_key)


# RFC 9901, sections 4.2.3 to 4.2.6.
FAMILY_NAME = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
FRANCE = "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0"


def test_the_payloads_of_section_4_2_4_take_the_disclosures_of_section_4_2_3():
    member = {"given_name": "Alice", "_sd": ["X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"]}
    assert process(member, FAMILY_NAME).claims == {"given_name": "Alice", "family_name": "Möbius"}
    array = {"nationalities": ["DE", {"...": "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"}, "US"]}
    assert process(array, FRANCE).claims == {"nationalities": ["DE", "FR", "US"]}
    assert process(array).claims == {"nationalities": ["DE", "US"]}


def dense(array: Any) -> str:
    return base64url.encode(json.dumps(array, separators=(",", ":")).encode())


def test_the_recursive_disclosures_of_section_4_2_6_need_each_other():
    # The text gives contents and digests, not the encoding between.  The elements' digests are those of JSON without
    # spaces; that of the whole array is of a spacing that the text does not show, so it is taken anew.
    countries = [
        ("16_mAd0GiwaZokU26_0i0h", "DE"),
        ("fn9fN0rD-fFs2n303ZI-0c", "FR"),
        ("YIKesqOkXXNzMQtsX_-_lw", "UK"),
    ]
    elements = [dense(array) for array in countries]
    assert [SHA_256.digest(text) for text in elements] == [
        "PmnlrRjhLcwf8zTDdK15HVGwHtPYjddvD362WjBLwro",
        "r823HFN6Ba_lpSANYtXqqCBAH-TsQlIzfOK0lRAFLCM",
        "nP5GYjwhFm6ESlAeC4NCaIliW4tz0hTrUeoJB3lb5TA",
    ]
    placeholders = [{"...": SHA_256.digest(text)} for text in elements]
    whole = dense(["4drfeTtSUK3aY_-PF12gcX", "nationalities", placeholders])
    payload = {"family_name": "Möbius", "_sd": [SHA_256.digest(whole)]}
    assert process(payload, whole, elements[1]).claims == {"family_name": "Möbius", "nationalities": ["FR"]}
    with pytest.raises(VcError):
        process(payload, elements[1])


# --- the examples of the RFC -----------------------------------------------------------------------------------------

EXAMPLES = [
    "section-5.1-31",
    "section-5.2-2",
    "appendix-A.1-31",
    "appendix-A.2-40",
    "appendix-A.3-6",
    "appendix-A.3-65",
    "appendix-A.4-6",
    "appendix-A.4-39",
]


def examples() -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in shared_json("sd-jwt", "rfc9901-examples.json")["examples"]}


def test_every_example_is_looked_at():
    assert list(examples()) == EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_gives_its_claims(name):
    example = examples()[name]
    parsed = sd_jwt.parse(example["sd_jwt"])
    verified = parsed.verify(RFC_KEY)
    assert verified.claims == example["processed_payload"]
    assert parsed.issuer_jwt.header.members == example["issuer_jwt_header"]
    assert list(parsed.disclosures) == [one["encoded"] for one in example["disclosures"]]
    assert parsed.compact() == example["sd_jwt"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_disclosures_of_an_example_have_their_digests(name):
    for one in examples()[name]["disclosures"]:
        parsed, array = Disclosure.parse(one["encoded"]), one["decoded"]
        assert SHA_256.digest(one["encoded"]) == one["digest"]
        assert (parsed.name, parsed.value) == (array[1] if len(array) == 3 else None, array[-1])


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_key_binding_of_an_example_is_right(name):
    example = examples()[name]
    parsed = sd_jwt.parse(example["sd_jwt"])
    if example["kb_jwt_payload"] is None:
        assert parsed.key_binding_jwt is None
        return
    assert bound(parsed, parsed.verify(RFC_KEY)).claims == example["kb_jwt_payload"]
    with pytest.raises(BindingError):
        bound(parsed, parsed.verify(RFC_KEY), sd_jwt=parsed.without_key_binding + f"{FAMILY_NAME}~")


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_disclosure_of_an_example_can_be_of_another_issuer(name):
    for text in examples()[name]["disclosures"][:1]:
        with pytest.raises(VcError):
            process({}, text["encoded"])


# --- JSON serialisation ----------------------------------------------------------------------------------------------

JSON_EXAMPLES = ["section-8.2-3", "section-8.2-5", "section-8.3-3"]


@pytest.mark.parametrize("name", JSON_EXAMPLES)
def test_a_json_example_gives_its_claims(name):
    published = {one["id"]: one for one in shared_json("sd-jwt", "rfc9901-json-serialization.json")["examples"]}
    assert list(published) == JSON_EXAMPLES
    example = published[name]
    signed = sd_jwt.parse_json(example["json"])
    verified = signed[0].verify(RFC_KEY)
    names = {array[1] for array in map(decoded, signed[0].disclosures)}
    assert verified.claims.keys() == {"iss", "iat", "exp", "cnf", *names}
    if payload := example["checks"].get("kb_payload"):
        assert bound(signed[0], verified).claims == payload
    for other in signed[1:]:  # by a key that is not published
        with pytest.raises(SignatureInvalidError):
            other.verify(RFC_KEY)


@pytest.mark.parametrize("name", JSON_EXAMPLES)
def test_a_json_example_is_written_as_it_was_read(name):
    published = {one["id"]: one for one in shared_json("sd-jwt", "rfc9901-json-serialization.json")["examples"]}
    document = published[name]["json"]
    first, *others = sd_jwt.parse_json(document)
    if "signatures" not in document:
        assert sd_jwt.to_flattened_json(first) == document
        return
    written = sd_jwt.to_general_json(first, *(other.issuer_jwt for other in others))
    assert written["signatures"][0] == document["signatures"][0]
    assert sd_jwt.parse_json(written)[1].issuer_jwt.compact() == others[0].issuer_jwt.compact()


def decoded(text: str) -> list[Any]:
    array = json.loads(base64url.decode(text))
    assert isinstance(array, list)
    return array


# --- every block of the text -----------------------------------------------------------------------------------------


def blocks() -> list[dict[str, Any]]:
    found = shared_json("sd-jwt", "draft-22-blocks.json")
    assert isinstance(found, list)
    return found


def test_every_disclosure_of_the_text_has_its_digest_and_contents():
    disclosures = [block for block in blocks() if block["kind"] == "disclosure"]
    assert len(disclosures) == 87
    for one in disclosures:
        assert SHA_256.digest(one["disclosure"]) == one["digest"]
        parsed = Disclosure.parse(one["disclosure"])
        array = json.loads(one["contents"])
        # The lines of the text are wrapped inside strings here and there.
        assert unspaced(parsed.value) == unspaced(array[-1])
        assert parsed.name == (array[1] if len(array) == 3 else None)


def unspaced(value: Any) -> str:
    return json.dumps(value).replace(" ", "")


def test_every_token_of_the_text_is_an_sd_jwt_or_a_bare_jwt():
    tokens = [block["joined"] for block in blocks() if "joined" in block]
    assert len(tokens) == 9
    for text in tokens:
        if "~" in text:
            sd_jwt.parse(text).verify(RFC_KEY)
            continue
        with pytest.raises(MalformedError):
            sd_jwt.parse(text)
        sd_jwt.parse(text + "~").verify(RFC_KEY)


def test_the_payloads_of_the_text_take_their_disclosures():
    """Sections 5 and 6 and the appendix print a payload, then its disclosures."""
    looked_at = 0
    for payload, disclosures in payloads_with_disclosures():
        claims = process(payload, *disclosures).claims
        assert "_sd" not in json.dumps(claims)
        assert process(payload).processed.hidden > 0
        looked_at += 1
    assert looked_at == 8


def payloads_with_disclosures() -> Iterator[tuple[dict[str, Any], list[str]]]:
    payload: dict[str, Any] | None = None
    disclosures: list[str] = []
    for block in [*blocks(), {"kind": "end"}]:
        if block["kind"] == "disclosure":
            disclosures.append(block["disclosure"])
            continue
        if payload is not None and disclosures:
            yield payload, disclosures
            payload, disclosures = None, []
        if isinstance(block.get("json"), dict) and "_sd" in json.dumps(block["json"]):
            payload = block["json"]


# --- the authors' scenarios ------------------------------------------------------------------------------------------


def scenarios(*folder: str) -> list[str]:
    """The names of the scenarios in a folder; one that skips itself where the vectors are not at hand."""
    return sorted(path.parent.name for path in VECTORS.joinpath(*folder).glob("*/specification.yml")) or ["none here"]


SCENARIOS = [
    (folder, name) for folder in ("specifications", "sd-jwt-python-testcases") for name in scenarios("sd-jwt", folder)
]


def test_every_scenario_is_looked_at():
    shared()
    assert len(SCENARIOS) == 15 + 17


def issued_both_ways(marked: Any, scenario: dict[str, Any]) -> Iterator[str]:
    """Issue marked claims by hand and, where our rules can express the marks, with our issuer."""
    extra = {"cnf": {"jwk": jwk.public_jwk(HOLDER_KEY.public_key)}} if scenario.get("key_binding") else {}
    header = {"typ": "example+sd-jwt", **scenario.get("extra_header_parameters", {})}
    by_hand = Concealed()
    payload = by_hand.payload(marked)
    yield combine(token({"alg": "ES256", **header}, extra | payload, ISSUER_KEY.sign), by_hand.disclosures)
    rule = concealment(marked)
    if rule is not None:
        decoys = 3 if scenario.get("add_decoy_claims") else 0
        yield sd_jwt.issue(extra | plain(marked), concealment=rule, signer=ISSUER_KEY, header=header, decoys=decoys)


def presented(held: VerifiedSdJwt, marked: Any, scenario: dict[str, Any]) -> SdJwt:
    """Choose as the scenario's holder did, bind it, and send it as the scenario says."""
    text = held.select(chosen_paths(marked, scenario["holder_disclosed_claims"]))
    if scenario.get("key_binding"):
        prepared = sd_jwt.prepare_key_binding(
            text,
            audience=RFC_AUDIENCE,
            nonce=RFC_NONCE,
            algorithm=HOLDER_KEY.public_key.algorithm,
            hash_algorithm=held.hash_algorithm,
            at=NOW,
        )
        text += prepared.finish(HOLDER_KEY.sign(prepared.signing_input))
    parsed = sd_jwt.parse(text)
    if scenario.get("serialization_format") == "json":
        (parsed,) = sd_jwt.parse_json(json.dumps(sd_jwt.to_flattened_json(parsed)))
        (parsed,) = sd_jwt.parse_json(json.dumps(sd_jwt.to_general_json(parsed)))
    return parsed


@pytest.mark.parametrize(("folder", "name"), SCENARIOS)
def test_a_scenario_ends_with_the_claims_that_were_chosen(folder, name):
    scenario = load(shared("sd-jwt", folder, name, "specification.yml"))
    if name == "header_mod":  # its kid is the number 42, which is no kid
        scenario["extra_header_parameters"] = {"kid": "42"}
    marked = scenario["user_claims"]
    expected = shown(marked, scenario["holder_disclosed_claims"])
    assert expected == scenario.get("expect_verified_user_claims", expected)
    for issued in issued_both_ways(marked, scenario):
        held = sd_jwt.parse(issued).verify(ISSUER_KEY.public_key)
        assert without_key(held.claims, scenario) == plain(marked)
        parsed = presented(held, marked, scenario)
        verified = parsed.verify(ISSUER_KEY.public_key)
        assert without_key(verified.claims, scenario) == expected
        if scenario.get("key_binding"):
            bound(parsed, verified, at=NOW)


def without_key(claims: dict[str, Any], scenario: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name != "cnf" or not scenario.get("key_binding")}


def test_a_kid_that_is_a_number_is_refused():
    scenario = load(shared("sd-jwt", "sd-jwt-python-testcases", "header_mod", "specification.yml"))
    assert scenario["extra_header_parameters"] == {"kid": 42}
    for issued in issued_both_ways(scenario["user_claims"], scenario):
        with pytest.raises(MalformedError):
            sd_jwt.parse(issued)
