# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The proof type di_vp (OpenID4VCI 1.0, appendices F.2 and F.4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.credentials import NOW
from tests.support.key_proofs import ISSUER, KEYS, NONCE, jwk_of
from vcwallet.encoding import base64url, json, multibase
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    BindingError,
    MalformedError,
    SignatureInvalidError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
)
from vcwallet.formats.data_integrity import Cryptosuite, ProofPurpose, add_proof
from vcwallet.formats.data_integrity.cryptosuite import hash_data
from vcwallet.keys import multikey
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.openid4vci.di_vp import MAX_AGE, DiVpProof, make_di_vp_proof, verify_di_vp_proof

NAME = multikey.encode(KEYS[0].public_key)
DID = f"did:key:{NAME}"
DID_JWK = f"did:jwk:{base64url.encode(json.dumps(jwk_of(KEYS[0])))}"


def verified(presentation: Any, **changes: Any) -> DiVpProof:
    arguments: dict[str, Any] = {"issuer": ISSUER, "cryptosuites": frozenset(Cryptosuite), "at": NOW}
    return verify_di_vp_proof(presentation, **arguments | changes)


def secured(document: Any = None, **changes: Any) -> dict[str, Any]:
    """Return a presentation of our first key, with changed members or another way of securing it."""
    arguments: dict[str, Any] = {
        "signer": KEYS[0],
        "verification_method": f"{DID}#{NAME}",
        "purpose": ProofPurpose.AUTHENTICATION,
        "at": NOW,
        "domain": ISSUER,
        "challenge": NONCE,
    }
    return add_proof({"type": "VerifiablePresentation", **(document or {})}, **arguments | changes)


def test_it_says_just_what_the_standard_asks_for():
    made: dict[str, Any] = make_di_vp_proof(KEYS[0], issuer=ISSUER, at=NOW, nonce=NONCE)
    value = made["proof"].pop("proofValue")
    assert value.startswith("z")
    assert made == {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": DID,
        "proof": {
            "type": "DataIntegrityProof",
            "cryptosuite": "ecdsa-jcs-2019",
            "created": "2026-11-23T09:00:00Z",
            "verificationMethod": f"{DID}#{NAME}",
            "proofPurpose": "authentication",
            "domain": ISSUER,
            "challenge": NONCE,
            "@context": ["https://www.w3.org/ns/credentials/v2"],
        },
    }


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.ES384, Algorithm.EDDSA])
@pytest.mark.parametrize("nonce", [NONCE, None])
def test_it_verifies_with_every_kind_of_key_that_has_a_cryptosuite(algorithm, nonce):
    signer = SoftwareSigner.generate(algorithm)
    found = verified(make_di_vp_proof(signer, issuer=ISSUER, at=NOW, nonce=nonce))
    assert found == DiVpProof(key=signer.public_key, nonce=nonce)
    assert NONCE not in repr(found)


@pytest.mark.parametrize("algorithm", [Algorithm.ES512, Algorithm.ML_DSA_44])
def test_a_key_without_one_makes_none(algorithm):
    with pytest.raises((AlgorithmNotAllowedError, UnsupportedError)):
        make_di_vp_proof(SoftwareSigner.generate(algorithm), issuer=ISSUER, at=NOW, nonce=NONCE)


def test_the_key_may_be_that_of_a_did_jwk():
    found = verified(secured({"holder": DID_JWK}, verification_method=f"{DID_JWK}#0"))
    assert found.key == KEYS[0].public_key


@pytest.mark.parametrize("document", [{}, {"holder": DID}, {"type": ["VerifiablePresentation", "x"]}, {"x": 1}])
def test_a_holder_who_is_named_is_whose_key_it_is(document):
    verified(secured(document))


@pytest.mark.parametrize("holder", ["did:key:zOther", f"{DID}#{NAME}", DID_JWK, {"id": DID}, None, ""])
def test_any_other_holder_is_refused(holder):
    with pytest.raises(BindingError) as caught:
        verified(secured({"holder": holder}))
    assert caught.value.code == "PROOF_HOLDER"


@pytest.mark.parametrize("type_", ["VerifiableCredential", [], ["verifiablepresentation"], None, {}])
def test_what_is_no_presentation_is_refused(type_):
    with pytest.raises(MalformedError):
        verified(secured({"type": type_}))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"domain": "https://other.example"}, "PROOF_DOMAIN"),
        ({"domain": None}, "PROOF_DOMAIN"),
        ({"purpose": ProofPurpose.ASSERTION_METHOD}, "PROOF_PURPOSE"),
    ],
)
def test_a_proof_for_something_else_is_refused(changes, code):
    with pytest.raises(BindingError) as caught:
        verified(secured(**changes))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("method", "error"),
    [
        (DID, MalformedError),
        (f"{DID}#other", UntrustedError),
        ("did:web:wallet.example#key", UnsupportedError),
        ("https://wallet.example#key", MalformedError),
        (f"did:key:{multikey.encode(KEYS[1].public_key)}#{multikey.encode(KEYS[1].public_key)}", SignatureInvalidError),
    ],
)
def test_a_key_that_is_not_in_the_did_is_refused(method, error):
    with pytest.raises(error):
        verified(secured(verification_method=method))


def test_the_cryptosuite_is_one_that_is_listed():
    verified(secured(), cryptosuites={"ecdsa-jcs-2019"})
    for listed in (set(), {"eddsa-jcs-2022"}):
        with pytest.raises(AlgorithmNotAllowedError):
            verified(secured(), cryptosuites=listed)


@pytest.mark.parametrize("age", [MAX_AGE + timedelta(seconds=1), -timedelta(seconds=61)])
def test_a_proof_of_another_time_is_refused(age):
    verified(secured(at=NOW - MAX_AGE))
    verified(secured(at=NOW + timedelta(seconds=60)))
    with pytest.raises(ValidityError):
        verified(secured(at=NOW - age))


def test_a_proof_with_neither_time_nor_challenge_is_refused():
    for challenge in (NONCE, None):
        untimed = _without_created(challenge)
        if challenge:
            assert verified(untimed).nonce == NONCE
        else:
            with pytest.raises(MalformedError):
                verified(untimed)


def _without_created(challenge: str | None) -> dict[str, Any]:
    """Sign the presentation without ``created``, which ours always has."""
    presentation: dict[str, Any] = secured(challenge=challenge)
    options = presentation.pop("proof")
    del options["created"], options["proofValue"]
    data = hash_data(Cryptosuite.ECDSA_JCS_2019, presentation, options, key=KEYS[0].public_key)
    return {**presentation, "proof": {**options, "proofValue": multibase.encode_base58btc(KEYS[0].sign(data))}}


def test_no_character_of_a_member_can_be_changed():
    presentation = secured({"holder": DID})
    for name, value in presentation["proof"].items():
        changed = {**presentation, "proof": {**presentation["proof"], name: value + "1"}}
        with pytest.raises(VcError):
            verified(changed)
