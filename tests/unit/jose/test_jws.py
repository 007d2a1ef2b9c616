# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""JSON Web Signature (RFC 7515): what is not verified gives nothing out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from vcwallet.encoding import base64url
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    SignatureInvalidError,
    UnsupportedError,
)
from vcwallet.jose import header, jws
from vcwallet.keys import Algorithm, PublicKey, jwk
from vcwallet.keys.algorithm import CLASSICAL
from vcwallet.keys.software import SoftwareSigner

PAYLOAD = b'{"iss":"https://issuer.example"}'
CLASSICAL_NAMES = sorted(CLASSICAL)
POST_QUANTUM = sorted(set(Algorithm) - CLASSICAL)

# RFC 7515, appendix A.3.
ES256_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
ES256_JWS = (
    "eyJhbGciOiJFUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
# RFC 8037, appendix A.4.
ED25519_KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
ED25519_JWS = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)


@pytest.fixture(scope="module")
def signer():
    return SoftwareSigner.generate()


def part(members: object) -> str:
    return base64url.encode(json.dumps(members).encode())


# --- compact ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "text", "payload"),
    [
        (ES256_KEY, ES256_JWS, b'{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}'),
        (ED25519_KEY, ED25519_JWS, b"Example of Ed25519 signing"),
    ],
)
def test_a_published_signature_verifies(members, text, payload):
    assert jws.parse(text).verify(jwk.parse(members)) == payload
    assert jws.parse(text.encode()).verify(jwk.parse(members)) == payload


@pytest.mark.parametrize("algorithm", CLASSICAL_NAMES)
def test_a_signature_gives_its_payload_out(algorithm):
    signer = SoftwareSigner.generate(algorithm)
    parsed = jws.parse(jws.sign(PAYLOAD, signer=signer, header={"typ": "JWT", "kid": "1"}))
    assert parsed.header.members == {"alg": signer.public_key.algorithm, "typ": "JWT", "kid": "1"}
    assert parsed.verify(signer.public_key) == PAYLOAD


@pytest.mark.parametrize("algorithm", POST_QUANTUM)
def test_a_post_quantum_signature_is_accepted_only_where_it_is_named(algorithm):
    signer = SoftwareSigner.generate(algorithm)
    parsed = jws.parse(jws.sign(PAYLOAD, signer=signer, header={}))
    assert parsed.verify(signer.public_key, algorithms={algorithm}) == PAYLOAD
    with pytest.raises(AlgorithmNotAllowedError):
        parsed.verify(signer.public_key)


def test_an_empty_payload_is_a_payload(signer):
    assert jws.parse(jws.sign(b"", signer=signer, header={})).verify(signer.public_key) == b""


def test_a_compact_serialisation_is_given_back_as_it_was_received(signer):
    for text in (ES256_JWS, jws.sign(PAYLOAD, signer=signer, header={})):
        assert jws.parse(text).compact() == text


def test_another_key_does_not_verify(signer):
    parsed = jws.parse(jws.sign(PAYLOAD, signer=signer, header={}))
    with pytest.raises(SignatureInvalidError):
        parsed.verify(SoftwareSigner.generate().public_key)


def test_a_payload_or_header_that_was_exchanged_does_not_verify(signer):
    protected, payload, signature = jws.sign(PAYLOAD, signer=signer, header={}).split(".")
    for text in (
        f"{protected}.{base64url.encode(PAYLOAD + b' ')}.{signature}",
        f"{part({'alg': 'ES256', 'kid': '1'})}.{payload}.{signature}",
        f"{protected}.{payload}.",
    ):
        with pytest.raises(SignatureInvalidError):
            jws.parse(text).verify(signer.public_key)


def test_the_algorithm_must_be_the_keys_own(signer):
    """The header does not choose: one that names another algorithm is refused before any signature is computed."""
    _, payload, signature = jws.sign(PAYLOAD, signer=signer, header={}).split(".")
    for name in set(Algorithm) - {Algorithm.ES256}:
        forged = jws.parse(f"{part({'alg': name})}.{payload}.{signature}")
        with pytest.raises(AlgorithmNotAllowedError):
            forged.verify(signer.public_key, algorithms=set(Algorithm))


def test_the_algorithm_must_be_on_our_list(signer):
    parsed = jws.parse(jws.sign(PAYLOAD, signer=signer, header={}))
    assert parsed.verify(signer.public_key, algorithms=[Algorithm.ES256]) == PAYLOAD
    for algorithms in ([], [Algorithm.ES384]):
        with pytest.raises(AlgorithmNotAllowedError):
            parsed.verify(signer.public_key, algorithms=algorithms)


@pytest.mark.parametrize("name", [Algorithm.EDDSA, Algorithm.ED25519])
def test_an_ed25519_signature_is_read_under_both_of_its_names(name):
    signer = SoftwareSigner.generate(Algorithm.ED25519)
    text = jws.sign(PAYLOAD, signer=signer, header={"alg": name})
    assert jws.parse(text).header.algorithm is name
    assert jws.parse(text).verify(signer.public_key) == PAYLOAD


@pytest.mark.parametrize("alg", ["none", "ES384", "EdDSA", "", None])
def test_signing_under_the_name_of_another_algorithm_is_a_mistake_of_the_caller(signer, alg):
    with pytest.raises(ValueError, match="alg"):
        jws.sign(PAYLOAD, signer=signer, header={"alg": alg})


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "HS256", "RS256"])
def test_a_signature_by_no_key_or_a_shared_one_is_refused(alg):
    for signature in ("", base64url.encode(bytes(32))):
        with pytest.raises(AlgorithmNotAllowedError):
            jws.parse(f"{part({'alg': alg})}.{base64url.encode(PAYLOAD)}.{signature}")


HEADER = part({"alg": "ES256"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "nothing"),
        (HEADER, "one part"),
        (f"{HEADER}.e30", "two parts"),
        (f"{HEADER}.e30.AA.AA", "four parts"),
        (f"{HEADER}.e30.AA.AA.AA", "five parts, as an encrypted message has"),
        (f".e30.{'A' * 86}", "no header"),
        (f"{HEADER}.e30=.{'A' * 86}", "padding"),
        (f"{HEADER}.e31.{'A' * 86}", "a second spelling of a payload"),
        (f"{HEADER}.e30.{'A' * 85}B", "a second spelling of a signature"),
        (f"{HEADER} .e30.{'A' * 86}", "a space"),
        (f"{HEADER}.e30.{'A' * 86}\n", "a line break"),
        (f"{HEADER}.e30.{'A' * 85}\u3042", "a character outside ASCII"),
        (f'{{"protected":"{HEADER}"}}', "a JSON serialisation"),
    ],
)
def test_what_is_no_compact_serialisation_is_refused(text, reason):
    jws.parse(f"{HEADER}.e30.{'A' * 86}")
    with pytest.raises(MalformedError):
        jws.parse(text)


def test_an_extension_is_refused():
    with pytest.raises(UnsupportedError):
        jws.parse(f"{part({'alg': 'ES256', 'crit': ['exp'], 'exp': 1})}.e30.{'A' * 86}")


def test_sizes_are_limited():
    longest = 1024 * 1024 - len(HEADER) - 2 - 86
    jws.parse(f"{HEADER}.{'A' * (longest - longest % 4)}.{'A' * 86}")
    with pytest.raises(LimitExceededError):
        jws.parse(f"{HEADER}.{'A' * (longest + 1)}.{'A' * 86}")
    jws.parse(f"{HEADER}.e30.{'A' * 10_920}")
    with pytest.raises(LimitExceededError):
        jws.parse(f"{HEADER}.e30.{'A' * 10_924}")


def test_the_payload_does_not_show_before_it_is_verified(signer):
    assert "issuer.example" not in repr(jws.parse(jws.sign(PAYLOAD, signer=signer, header={})))
    assert not hasattr(jws.parse(ES256_JWS), "payload")


def test_a_payload_object_is_strict_json():
    assert jws.payload_object(PAYLOAD) == {"iss": "https://issuer.example"}
    for payload in (b"[]", b'{"a":1,"a":2}', b""):
        with pytest.raises(MalformedError):
            jws.payload_object(payload)


# --- keys that are elsewhere -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FarSigner:
    """A signer whose key is behind a channel that takes bytes and returns bytes, as an HSM or a signing service."""

    public_key: PublicKey
    channel: Callable[[bytes], bytes]

    def sign(self, data: bytes, /) -> bytes:
        return self.channel(data)


def hsm(algorithm: Algorithm) -> tuple[bytes, Callable[[bytes], bytes]]:
    """Make a key inside; only its public half and a signing channel come out."""
    inside = SoftwareSigner.generate(algorithm)
    return inside.public_key.spki, inside.sign


@pytest.mark.parametrize("algorithm", CLASSICAL_NAMES)
def test_a_signature_is_prepared_here_and_made_elsewhere(algorithm):
    spki, channel = hsm(algorithm)
    key = PublicKey.from_spki(spki)
    prepared = jws.prepare(PAYLOAD, encoded_header=jws.encode_header({"typ": "JWT"}, key.algorithm))
    assert isinstance(prepared.signing_input, bytes)

    text = prepared.finish(channel(prepared.signing_input))

    assert jws.parse(text).verify(key) == PAYLOAD
    assert jws.parse(text).header.typ == "JWT"


def test_what_is_prepared_is_what_the_everyday_call_signs(signer):
    """Ed25519 is deterministic, so both ways must give the same text."""
    signer = SoftwareSigner.generate(Algorithm.EDDSA)
    prepared = jws.prepare(PAYLOAD, encoded_header=jws.encode_header({"kid": "1"}, Algorithm.EDDSA))
    finished = prepared.finish(signer.sign(prepared.signing_input))
    assert finished == jws.sign(PAYLOAD, signer=signer, header={"kid": "1"})


def test_a_far_key_serves_as_a_signer():
    spki, channel = hsm(Algorithm.ES256)
    signer = FarSigner(PublicKey.from_spki(spki), channel)
    assert jws.parse(jws.sign(PAYLOAD, signer=signer, header={})).verify(signer.public_key) == PAYLOAD


def test_a_wrong_signature_from_elsewhere_does_not_verify():
    spki, channel = hsm(Algorithm.ES256)
    prepared = jws.prepare(PAYLOAD, encoded_header=jws.encode_header({}, Algorithm.ES256))
    text = prepared.finish(channel(b"something else"))
    with pytest.raises(SignatureInvalidError):
        jws.parse(text).verify(PublicKey.from_spki(spki))


# --- JSON serialisations ---------------------------------------------------------------------------------------------


def test_a_flattened_serialisation_is_written_and_read(signer):
    value = jws.sign_flattened(PAYLOAD, signer=signer, header={"typ": "JWT"}, unprotected={"disclosures": ["WyJ"]})
    (parsed,) = jws.parse_json(value)
    assert parsed.verify(signer.public_key) == PAYLOAD
    assert parsed.unprotected == {"disclosures": ["WyJ"]}
    assert set(jws.sign_flattened(PAYLOAD, signer=signer, header={})) == {"payload", "protected", "signature"}


def test_a_general_serialisation_has_a_signature_for_each_signer(signer):
    other = SoftwareSigner.generate(Algorithm.EDDSA)
    value = jws.sign_general(PAYLOAD, signers=[(signer, {"kid": "1"}, {"a": 1}), (other, {"kid": "2"}, None)])
    first, second = jws.parse_json(value)
    assert first.verify(signer.public_key) == second.verify(other.public_key) == PAYLOAD
    assert (first.unprotected, second.unprotected) == ({"a": 1}, {})
    with pytest.raises(SignatureInvalidError):
        first.verify(SoftwareSigner.generate().public_key)


def test_a_general_serialisation_of_nothing_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="at least one"):
        jws.sign_general(PAYLOAD, signers=[])


def test_ten_signatures_are_read_and_eleven_are_not(signer):
    value = jws.sign_general(PAYLOAD, signers=[(signer, {}, None)])
    assert len(jws.parse_json({**value, "signatures": value["signatures"] * 10})) == 10
    with pytest.raises(LimitExceededError):
        jws.parse_json({**value, "signatures": value["signatures"] * 11})


FLAT = {"payload": "e30", "protected": HEADER, "signature": "A" * 86}
GENERAL: dict[str, Any] = {"payload": "e30", "signatures": [{"protected": HEADER, "signature": "A" * 86}]}


@pytest.mark.parametrize(
    "value",
    [
        {},
        {**FLAT, "payload": None},
        {"protected": HEADER, "signature": "A" * 86},
        {"payload": "e30", "signature": "A" * 86},
        {"payload": "e30", "protected": HEADER},
        {**FLAT, "protected": 1},
        {**FLAT, "payload": "e30.e30"},
        {**FLAT, "header": []},
        {**FLAT, "header": None},
        {**FLAT, "header": {"alg": "ES256"}},
        {**FLAT, "header": {"crit": ["exp"]}},
        {**FLAT, "signatures": GENERAL["signatures"]},
        {**GENERAL, "signature": "A" * 86},
        {**GENERAL, "header": {}},
        {**GENERAL, "signatures": []},
        {**GENERAL, "signatures": {}},
        {**GENERAL, "signatures": [None]},
        {**GENERAL, "signatures": [{"header": {"alg": "ES256"}, "signature": "A" * 86}]},
    ],
)
def test_what_is_no_json_serialisation_is_refused(value):
    assert len(jws.parse_json(FLAT)) == len(jws.parse_json(GENERAL)) == 1
    with pytest.raises(MalformedError):
        jws.parse_json(value)


def test_an_encoded_header_puts_the_algorithm_first():
    assert header.decode(jws.encode_header({"typ": "JWT"}, Algorithm.ES256).encode()) == {"alg": "ES256", "typ": "JWT"}
    assert base64url.decode(jws.encode_header({"typ": "JWT"}, Algorithm.ES256)).startswith(b'{"alg":"ES256"')
