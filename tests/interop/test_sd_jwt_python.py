# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Our SD-JWT against the reference implementation of its authors (sd-jwt on PyPI), each reading what the other made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj  # type: ignore[import-untyped]
from sd_jwt.holder import SDJWTHolder  # type: ignore[import-untyped]
from sd_jwt.issuer import SDJWTIssuer  # type: ignore[import-untyped]
from sd_jwt.verifier import SDJWTVerifier  # type: ignore[import-untyped]

from tests.support.credentials import AUDIENCE, BINDING, HOLDER_KEY, ISSUER, ISSUER_KEY, NONCE, STRANGER_KEY
from vcwallet.claims import ClaimPath, Concealment
from vcwallet.errors import BindingError, SignatureInvalidError
from vcwallet.formats import sd_jwt
from vcwallet.formats.sd_jwt import SdJwt, VerifiedSdJwt
from vcwallet.formats.sd_jwt.key_binding import confirmation_key
from vcwallet.jose import jws
from vcwallet.keys import jwk
from vcwallet.keys.software import SoftwareSigner

pytestmark = pytest.mark.interop

KEY = ISSUER_KEY.public_key


def other_key(signer: SoftwareSigner) -> JWK:
    return JWK.from_pem(signer.to_pem(passphrase=None))


# --- scenarios: claims, what is hidden, what is chosen, what is then seen ---------------------------------------------

Scenario = tuple[dict[str, Any], list[ClaimPath], list[ClaimPath], dict[str, Any]]

SCENARIOS: dict[str, Scenario] = {
    "nothing": ({"iss": ISSUER}, [], [], {"iss": ISSUER}),
    "flat": (
        {"iss": ISSUER, "given_name": "太郎", "family_name": "山田", "age": 42},
        [("given_name",), ("family_name",), ("age",)],
        [("given_name",), ("age",)],
        {"iss": ISSUER, "given_name": "太郎", "age": 42},
    ),
    "values": (
        {"a": None, "b": False, "c": 1.5, "d": "", "e": [], "f": {}, "g": {"h": [1, None]}},
        [(name,) for name in "abcdefg"],
        [(name,) for name in "abcdefg"],
        {"a": None, "b": False, "c": 1.5, "d": "", "e": [], "f": {}, "g": {"h": [1, None]}},
    ),
    "nested": (
        {"address": {"city": "A", "country": "B"}, "other": {"x": {"y": 1, "z": 2}}},
        [("address", "city"), ("address", "country"), ("other", "x"), ("other", "x", "y"), ("other", "x", "z")],
        [("address", "country"), ("other", "x", "z")],
        {"address": {"country": "B"}, "other": {"x": {"z": 2}}},
    ),
    "recursive": (
        {"address": {"city": "A", "country": "B"}},
        [("address",), ("address", "city"), ("address", "country")],
        [("address", "city")],
        {"address": {"city": "A"}},
    ),
    "arrays": (
        {"n": ["A", "B", "C"], "m": [[1, 2], [3]], "o": [{"p": 1}, {"p": 2}]},
        [("n", None), ("m", None), ("m", None, None), ("o", None, "p")],
        [("n", 1), ("m", 0, 1), ("o", 1)],
        {"n": ["B"], "m": [[2]], "o": [{}, {"p": 2}]},
    ),
}


@pytest.fixture(params=SCENARIOS)
def scenario(request) -> Scenario:
    return SCENARIOS[request.param]


@pytest.fixture(params=[0, 3], ids=["no decoys", "decoys"])
def decoys(request) -> int:
    decoys = request.param
    assert isinstance(decoys, int)
    return decoys


def ours(claims: Mapping[str, Any], hidden: list[ClaimPath], decoys: int = 0) -> str:
    header = {"typ": "example+sd-jwt"}
    return sd_jwt.issue(claims, concealment=Concealment.of(hidden), signer=ISSUER_KEY, header=header, decoys=decoys)


def theirs(claims: dict[str, Any], hidden: list[ClaimPath], decoys: bool = False, **options: Any) -> str:
    issuer = SDJWTIssuer(marked(claims, hidden), other_key(ISSUER_KEY), add_decoy_claims=decoys, **options)
    issued = issuer.sd_jwt_issuance
    assert isinstance(issued, str)
    return issued


def marked(value: Any, hidden: list[ClaimPath]) -> Any:
    """Return claims with the other's marks at the hidden paths."""

    def below(name: str | None) -> list[ClaimPath]:
        return [path[1:] for path in hidden if path and path[0] == name]

    if isinstance(value, dict):
        return {SDObj(name) if (name,) in hidden else name: marked(one, below(name)) for name, one in value.items()}
    if isinstance(value, list):
        inside = [marked(one, below(None)) for one in value]
        return [SDObj(one) if (None,) in hidden else one for one in inside]
    return value


def their_claims(presented: str, **expected: Any) -> dict[str, Any]:
    verifier = SDJWTVerifier(presented, lambda *_: other_key(ISSUER_KEY), **expected)
    claims = verifier.get_verified_payload()
    assert isinstance(claims, dict)
    return claims


def without_key(claims: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name != "cnf"}


# --- issuing and choosing --------------------------------------------------------------------------------------------


def test_they_verify_what_we_issue(scenario, decoys):
    claims, hidden, _, _ = scenario
    assert their_claims(ours(claims, hidden, decoys)) == claims


def test_we_verify_what_they_issue(scenario, decoys):
    claims, hidden, _, _ = scenario
    assert sd_jwt.parse(theirs(claims, hidden, decoys > 0)).verify(KEY).claims == claims


def test_they_see_what_we_choose_of_ours(scenario, decoys):
    claims, hidden, chosen, seen = scenario
    held = sd_jwt.parse(ours(claims, hidden, decoys)).verify(KEY)
    assert their_claims(held.select(chosen)) == seen


def test_they_see_what_we_choose_of_theirs(scenario):
    claims, hidden, chosen, seen = scenario
    held = sd_jwt.parse(theirs(claims, hidden)).verify(KEY)
    assert their_claims(held.select(chosen)) == seen


THEIR_CHOICES: dict[str, Any] = {
    "nothing": {},
    "flat": {"given_name": True, "age": True},
    "values": dict.fromkeys("abcdefg", True),
    "nested": {"address": {"country": True}, "other": {"x": {"z": True}}},
    "recursive": {"address": {"city": True}},
    "arrays": {"n": [False, True], "m": [[False, True]], "o": [None, {"p": True}]},
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_we_see_what_they_choose_of_ours(name):
    claims, hidden, _, seen = SCENARIOS[name]
    holder = SDJWTHolder(ours(claims, hidden))
    holder.create_presentation(THEIR_CHOICES[name])
    assert sd_jwt.parse(holder.sd_jwt_presentation).verify(KEY).claims == seen


# --- key binding -----------------------------------------------------------------------------------------------------

FLAT, FLAT_HIDDEN, FLAT_CHOSEN, FLAT_SEEN = SCENARIOS["flat"]
CNF = {"cnf": {"jwk": jwk.public_jwk(HOLDER_KEY.public_key)}}


def our_presentation(signer: SoftwareSigner = HOLDER_KEY) -> str:
    held = sd_jwt.parse(ours(FLAT | CNF, FLAT_HIDDEN)).verify(KEY)
    text = held.select(FLAT_CHOSEN)
    prepared = sd_jwt.prepare_key_binding(
        text,
        audience=AUDIENCE,
        nonce=NONCE,
        algorithm=signer.public_key.algorithm,
        hash_algorithm=held.hash_algorithm,
        at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    return text + prepared.finish(signer.sign(prepared.signing_input))


def test_they_verify_our_key_binding():
    claims = their_claims(our_presentation(), expected_aud=AUDIENCE, expected_nonce=NONCE)
    assert without_key(claims) == FLAT_SEEN


@pytest.mark.parametrize("expected", [{"expected_aud": "x"}, {"expected_nonce": "x"}])
def test_they_refuse_our_key_binding_for_another(expected):
    with pytest.raises(ValueError, match="Invalid"):
        their_claims(our_presentation(), **{"expected_aud": AUDIENCE, "expected_nonce": NONCE} | expected)


def their_presentation(serialization: str = "compact") -> str:
    issuer = SDJWTIssuer(
        marked(FLAT, FLAT_HIDDEN),
        other_key(ISSUER_KEY),
        holder_key=other_key(HOLDER_KEY),
        serialization_format=serialization,
    )
    holder = SDJWTHolder(issuer.sd_jwt_issuance, serialization)
    holder.create_presentation(THEIR_CHOICES["flat"], NONCE, AUDIENCE, other_key(HOLDER_KEY))
    presented = holder.sd_jwt_presentation
    assert isinstance(presented, str)
    return presented


def require_bound(parsed: SdJwt, verified: VerifiedSdJwt, *, nonce: str = NONCE) -> None:
    key = confirmation_key(verified.claims)
    assert key is not None
    assert parsed.key_binding_jwt is not None
    made = json.loads(SDJWTHolder._base64url_decode(parsed.key_binding_jwt.split(".")[1]))
    sd_jwt.require_key_binding(
        parsed.key_binding_jwt,
        sd_jwt=parsed.without_key_binding,
        key=key,
        audience=AUDIENCE,
        nonce=nonce,
        hash_algorithm=verified.hash_algorithm,
        at=datetime.fromtimestamp(made["iat"], UTC) + timedelta(seconds=1),  # they take the time from the machine
        max_age=BINDING.max_age,
    )


def test_we_verify_their_key_binding():
    parsed = sd_jwt.parse(their_presentation())
    verified = parsed.verify(KEY)
    assert without_key(verified.claims) == FLAT_SEEN
    require_bound(parsed, verified)
    with pytest.raises(BindingError):
        require_bound(parsed, verified, nonce="another")


def test_both_refuse_a_key_binding_by_another_key():
    text = our_presentation(STRANGER_KEY)
    with pytest.raises(Exception, match="Verification failed"):
        their_claims(text, expected_aud=AUDIENCE, expected_nonce=NONCE)
    parsed = sd_jwt.parse(text)
    with pytest.raises(SignatureInvalidError):
        require_bound(parsed, parsed.verify(KEY))


# --- JSON serialisation ----------------------------------------------------------------------------------------------
# They write `disclosures` and `kb_jwt` beside the signature, as an early draft did; RFC 9901 has them in the
# unprotected header.  All other members are alike.

MOVED = ("disclosures", "kb_jwt")


def as_they_write(document: Mapping[str, Any]) -> str:
    header = document["header"]
    return json.dumps({**document, **{name: header[name] for name in MOVED if name in header}})


def as_rfc_9901(text: str) -> dict[str, Any]:
    document = json.loads(text)
    header = {name: document.pop(name) for name in MOVED if name in document}
    return {**document, "header": document.get("header", {}) | header}


def test_they_verify_our_flattened_form():
    flattened = sd_jwt.to_flattened_json(sd_jwt.parse(our_presentation()))
    claims = their_claims(
        as_they_write(flattened), serialization_format="json", expected_aud=AUDIENCE, expected_nonce=NONCE
    )
    assert without_key(claims) == FLAT_SEEN


def test_we_verify_their_flattened_form():
    (issued,) = sd_jwt.parse_json(as_rfc_9901(theirs(FLAT, FLAT_HIDDEN, serialization_format="json")))
    assert issued.verify(KEY).claims == FLAT


def test_we_verify_the_claims_of_their_flattened_presentation():
    (parsed,) = sd_jwt.parse_json(as_rfc_9901(their_presentation("json")))
    assert without_key(parsed.verify(KEY).claims) == FLAT_SEEN


def test_their_key_binding_of_a_flattened_form_is_over_other_bytes_than_the_standard_says():
    # They hash their JSON text; RFC 9901, section 8.1, hashes the compact form.
    (parsed,) = sd_jwt.parse_json(as_rfc_9901(their_presentation("json")))
    with pytest.raises(BindingError):
        require_bound(parsed, parsed.verify(KEY))


def test_a_general_form_of_their_signature_and_ours_is_verified_by_each_key():
    parsed = sd_jwt.parse(theirs(FLAT, FLAT_HIDDEN))
    other = jws.parse(jws.sign(parsed.issuer_jwt.unverified_payload, signer=STRANGER_KEY, header={"kid": "2"}))
    first, second = sd_jwt.parse_json(json.dumps(sd_jwt.to_general_json(parsed, other)))
    assert first.verify(KEY).claims == second.verify(STRANGER_KEY.public_key).claims == FLAT
