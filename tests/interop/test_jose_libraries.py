# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Our JWS against joserfc and jwcrypto: the JSON serialisations and key sets, and what they take that we refuse.

The compact serialisation and encryption against joserfc are in test_jose_oracle.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jws as joserfc_jws
from joserfc.jwk import ECKey, KeySet, OKPKey
from jwcrypto.jwk import JWK, JWKSet
from jwcrypto.jws import JWS, InvalidJWSSignature

from tests.support.credentials import token
from vcwallet.encoding import base64url
from vcwallet.errors import MalformedError, SignatureInvalidError, UnsupportedError, VcError
from vcwallet.jose import jws
from vcwallet.keys import Algorithm, jwk, jwk_set
from vcwallet.keys.software import SoftwareSigner

pytestmark = pytest.mark.interop

PAYLOAD = '{"iss":"https://issuer.example","name":"番号"}'.encode()
HEADER = {"typ": "JWT", "kid": "2026"}
# jwcrypto knows Ed25519 by its older name only.
NAMES = ["ES256", "ES384", "ES512", "EdDSA"]


@pytest.fixture(params=NAMES)
def name(request) -> str:
    name = request.param
    assert isinstance(name, str)
    return name


@pytest.fixture
def signer(name) -> SoftwareSigner:
    return SoftwareSigner.generate(Algorithm(name))


def jwcrypto_key(signer: SoftwareSigner) -> JWK:
    return JWK.from_pem(signer.to_pem(passphrase=None))


def jwcrypto_signed(signer: SoftwareSigner, name: str, **header: Any) -> JWS:
    made = JWS(PAYLOAD)
    made.add_signature(jwcrypto_key(signer), alg=name, protected=json.dumps({"alg": name, **HEADER, **header}))
    return made


def jwcrypto_payload(text: str, signer: SoftwareSigner, name: str) -> bytes:
    read = JWS()
    read.deserialize(text)
    read.verify(jwcrypto_key(signer), alg=name)
    payload = read.payload
    assert isinstance(payload, bytes)
    return payload


# --- jwcrypto --------------------------------------------------------------------------------------------------------


def test_jwcrypto_verifies_our_compact_form(signer, name):
    assert jwcrypto_payload(jws.sign(PAYLOAD, signer=signer, header=HEADER), signer, name) == PAYLOAD


def test_jwcrypto_refuses_our_signature_under_another_key(signer, name):
    text = jws.sign(PAYLOAD, signer=signer, header=HEADER)
    with pytest.raises(InvalidJWSSignature):
        jwcrypto_payload(text, SoftwareSigner.generate(Algorithm(name)), name)


def test_we_verify_the_compact_form_of_jwcrypto(signer, name):
    parsed = jws.parse(jwcrypto_signed(signer, name).serialize(compact=True))
    assert parsed.verify(signer.public_key) == PAYLOAD
    assert (parsed.header.typ, parsed.header.key_id) == ("JWT", "2026")
    with pytest.raises(SignatureInvalidError):
        parsed.verify(SoftwareSigner.generate(Algorithm(name)).public_key)


def test_jwcrypto_verifies_our_flattened_form(signer, name):
    document = jws.sign_flattened(PAYLOAD, signer=signer, header=HEADER, unprotected={"hint": 1})
    assert jwcrypto_payload(json.dumps(document), signer, name) == PAYLOAD


def test_we_verify_the_flattened_form_of_jwcrypto(signer, name):
    (parsed,) = jws.parse_json(json.loads(jwcrypto_signed(signer, name).serialize()))
    assert parsed.verify(signer.public_key) == PAYLOAD


def test_jwcrypto_verifies_each_signature_of_our_general_form():
    signers = [(SoftwareSigner.generate(Algorithm(name)), name) for name in NAMES]
    document = jws.sign_general(PAYLOAD, signers=[(signer, HEADER, None) for signer, _ in signers])
    for signer, name in signers:
        assert jwcrypto_payload(json.dumps(document), signer, name) == PAYLOAD


def test_we_verify_each_signature_of_the_general_form_of_jwcrypto():
    signers = [(SoftwareSigner.generate(Algorithm(name)), name) for name in NAMES]
    made = JWS(PAYLOAD)
    for signer, name in signers:
        made.add_signature(jwcrypto_key(signer), alg=name, protected=json.dumps({"alg": name}))
    parsed = jws.parse_json(json.loads(made.serialize()))
    assert [one.verify(signer.public_key) for one, (signer, _) in zip(parsed, signers, strict=True)] == [PAYLOAD] * 4


def test_jwcrypto_reads_our_keys_and_we_read_its(signer):
    ours = jwk.public_jwk(signer.public_key)
    assert JWK(**ours).export_public(as_dict=True) == ours
    assert jwk.parse(json.loads(jwcrypto_key(signer).export_public())) == signer.public_key
    assert JWK(**ours).thumbprint() == jwk.thumbprint(ours)


def test_we_read_a_key_set_of_jwcrypto():
    keys = JWKSet()
    signers = {name: SoftwareSigner.generate(Algorithm(name)) for name in NAMES}
    for name, signer in signers.items():
        public = json.loads(jwcrypto_key(signer).export_public()) | {"kid": name, "use": "sig"}
        keys.add(JWK(**public))
    read = jwk_set.parse(json.loads(keys.export(private_keys=False)))
    assert {name: read.verification_key(name) for name in NAMES} == {
        name: signer.public_key for name, signer in signers.items()
    }


# --- joserfc ---------------------------------------------------------------------------------------------------------


def joserfc_key(signer: SoftwareSigner) -> ECKey | OKPKey:
    kind = OKPKey if signer.public_key.algorithm is Algorithm.EDDSA else ECKey
    return kind.import_key(signer.to_pem(passphrase=None))


JOSERFC_NAMES = ["ES256", "ES384", "ES512", "Ed25519"]


@pytest.mark.parametrize("joserfc_name", JOSERFC_NAMES)
def test_joserfc_verifies_our_json_forms(joserfc_name):
    signer = SoftwareSigner.generate(Algorithm(joserfc_name))
    header = HEADER | {"alg": joserfc_name}
    documents: list[Any] = [
        jws.sign_flattened(PAYLOAD, signer=signer, header=header),
        jws.sign_general(PAYLOAD, signers=[(signer, header, {"cty": "json"})]),
    ]
    for document in documents:
        read = joserfc_jws.deserialize_json(document, joserfc_key(signer), algorithms=[joserfc_name])
        assert read.payload == PAYLOAD


@pytest.mark.parametrize("joserfc_name", JOSERFC_NAMES)
def test_we_verify_the_json_forms_of_joserfc(joserfc_name):
    signer = SoftwareSigner.generate(Algorithm(joserfc_name))
    member: Any = {"protected": {"alg": joserfc_name}, "header": {"kid": "1"}}
    for members in (member, [member]):
        made = joserfc_jws.serialize_json(members, PAYLOAD, joserfc_key(signer), algorithms=[joserfc_name])
        (parsed,) = jws.parse_json(json.loads(json.dumps(made)))
        assert (parsed.verify(signer.public_key), dict(parsed.unprotected)) == (PAYLOAD, {"kid": "1"})


def test_we_read_a_key_set_of_joserfc():
    signers = [SoftwareSigner.generate(Algorithm(name)) for name in JOSERFC_NAMES]
    document = KeySet([joserfc_key(signer) for signer in signers]).as_dict(private=False)
    read = jwk_set.parse(json.loads(json.dumps(document)))
    found = {read.verification_key(str(one["kid"])) for one in read.keys}
    assert found == {signer.public_key for signer in signers}


# --- what others take and we refuse ----------------------------------------------------------------------------------
# Each of these was a reason to write our own; should one of them begin to refuse as well, the test says so.

ES256 = SoftwareSigner.generate()

LENIENT: dict[str, tuple[Callable[[], str], type[VcError]]] = {
    "a duplicate member of the payload": (
        lambda: token({"alg": "ES256"}, b'{"iss":"good","iss":"evil"}', ES256.sign),
        MalformedError,
    ),
    "a payload in UTF-16": (
        lambda: token({"alg": "ES256"}, '{"iss":"a"}'.encode("utf-16"), ES256.sign),
        MalformedError,
    ),
    "a payload with NaN": (lambda: token({"alg": "ES256"}, b'{"iss":NaN}', ES256.sign), MalformedError),
    "a header with a duplicate member": (
        lambda: token(b'{"alg":"ES256","kid":"1","kid":"2"}', b"{}", ES256.sign),
        MalformedError,
    ),
    "an extension without a name": (
        lambda: token({"alg": "ES256", "crit": []}, b"{}", ES256.sign),
        UnsupportedError,
    ),
}


def we_read(text: str) -> Any:
    return jws.payload_object(jws.parse(text).verify(ES256.public_key))


@pytest.mark.parametrize("case", LENIENT)
def test_we_refuse_what_another_library_takes(case):
    make, error = LENIENT[case]
    text = make()
    read = joserfc_jws.deserialize_compact(text, joserfc_key(ES256), algorithms=["ES256"])
    assert read.payload == base64url.decode(text.split(".")[1])
    with pytest.raises(error):
        we_read(text)


def test_we_read_the_twin_that_says_the_same_properly():
    assert we_read(token({"alg": "ES256"}, b'{"iss":"good"}', ES256.sign)) == {"iss": "good"}
