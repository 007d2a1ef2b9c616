# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Data integrity proofs against the examples of the two W3C cryptosuites that canonicalise by JCS."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from tests.support.vectors import shared, shared_json
from vcwallet.encoding import jcs, multibase
from vcwallet.errors import UnsupportedError, VcError
from vcwallet.formats.data_integrity import (
    Cryptosuite,
    ProofPurpose,
    SecuredDocument,
    VerificationMethod,
    add_proof,
    verify_proof,
)
from vcwallet.formats.data_integrity.cryptosuite import hash_data
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust import did

CREATED = datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)
CASES = {
    "eddsa-jcs-2022": ("di-eddsa", "eddsa-jcs-2022", "JCS"),
    "ecdsa-jcs-2019 on P-256": ("di-ecdsa", "ecdsa-jcs-2019-p256", "JCSECDSAP256"),
    "ecdsa-jcs-2019 on P-384": ("di-ecdsa", "ecdsa-jcs-2019-p384", "JCSECDSAP384"),
}
OTHER_SUITES = [
    ("di-eddsa", "eddsa-rdfc-2022", "signedDataInt.json"),
    ("di-eddsa", "Ed25519Signature2020", "signedEdSig.json"),
    ("di-eddsa", "proof-set-chain", "signedProofSet1.json"),
    ("di-eddsa", "proof-set-chain", "signedProofChain1.json"),
    ("di-ecdsa", "ecdsa-rdfc-2019-p256", "signedECDSAP256.json"),
    ("di-ecdsa", "ecdsa-rdfc-2019-p384", "signedECDSAP384.json"),
    ("di-ecdsa", "ecdsa-sd-2023", "prc", "addSignedSDBase.json"),
]

cases = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))


def text(case: tuple[str, str, str], name: str) -> str:
    folder, suite, suffix = case
    return shared(folder, suite, f"{name}{suffix}.txt").read_text("utf-8").strip()


def document(case: tuple[str, str, str], name: str) -> dict[str, Any]:
    folder, suite, suffix = case
    loaded: dict[str, Any] = shared_json(folder, suite, f"{name}{suffix}.json")
    return loaded


def method_of(url: str, purpose: ProofPurpose) -> VerificationMethod:
    controller = url.partition("#")[0]
    return VerificationMethod(key=did.read(controller).assertion_key(url), controller=controller)


def verified(secured: dict[str, Any]) -> SecuredDocument:
    return verify_proof(
        secured,
        purpose=ProofPurpose.ASSERTION_METHOD,
        domain=None,
        challenge=None,
        methods=method_of,
        at=CREATED,
    )


@cases
def test_the_canonical_texts_and_hashes_are_the_ones_printed(case):
    unsigned, options = shared_json(case[0], "unsigned.json"), document(case, "proofConfig")
    assert jcs.canonicalize(unsigned).decode() == text(case, "canonDoc")
    assert jcs.canonicalize(options).decode() == text(case, "proofCanon")
    key = method_of(options["verificationMethod"], ProofPurpose.ASSERTION_METHOD).key
    assert hash_data(Cryptosuite(options["cryptosuite"]), unsigned, options, key=key).hex() == text(
        case, "combinedHash"
    )
    algorithm = hashlib.sha384 if "P384" in case[2] else hashlib.sha256
    assert algorithm(text(case, "canonDoc").encode()).hexdigest() == text(case, "docHash")


@cases
def test_the_signature_is_the_one_printed_and_verifies(case):
    secured = document(case, "signed")
    assert secured["proof"]["proofValue"] == text(case, "sigBTC58")
    assert multibase.decode(text(case, "sigBTC58")).hex() == text(case, "sigHex")
    found = verified(secured)
    assert found.document == shared_json(case[0], "unsigned.json")
    assert (found.proof.created, found.proof.expires, found.proof.domains) == (CREATED, None, frozenset())


@cases
def test_the_proof_of_the_published_key_is_the_one_printed(case):
    """That of Ed25519 to the last byte; ECDSA signs with a fresh random number, so its options are."""
    secured = document(case, "signed")
    made: dict[str, Any] = add_proof(
        shared_json(case[0], "unsigned.json"),
        signer=private_key(case),
        verification_method=secured["proof"]["verificationMethod"],
        purpose=ProofPurpose.ASSERTION_METHOD,
        at=CREATED,
    )
    assert verified(made).document == shared_json(case[0], "unsigned.json")
    if case[0] == "di-ecdsa":
        made["proof"]["proofValue"] = secured["proof"]["proofValue"]
    assert made == secured


def private_key(case: tuple[str, str, str]) -> SoftwareSigner:
    if case[0] == "di-eddsa":
        pair = shared_json("di-eddsa", "keyPair.json")
        return SoftwareSigner(
            ed25519.Ed25519PrivateKey.from_private_bytes(multibase.decode(pair["privateKeyMultibase"])[2:])
        )
    curve = ec.SECP384R1() if "p384" in case[1] else ec.SECP256R1()
    pair = shared_json("di-ecdsa", "p384KeyPair.json" if "p384" in case[1] else "p256KeyPair.json")
    number = int.from_bytes(multibase.decode(pair["secretKeyMultibase"])[2:], "big")
    return SoftwareSigner(ec.derive_private_key(number, curve))


@cases
@pytest.mark.parametrize("member", ["id", "issuer", "name", "validFrom"])
def test_no_member_of_the_document_can_be_changed(case, member):
    secured = document(case, "signed")
    with pytest.raises(VcError) as caught:
        verified({**secured, member: secured[member] + "x"})
    assert caught.value.code == "SIGNATURE_INVALID"


@pytest.mark.parametrize("path", OTHER_SUITES, ids=["/".join(path[1:]) for path in OTHER_SUITES])
def test_what_canonicalises_rdf_and_more_than_one_proof_are_refused(path):
    with pytest.raises(UnsupportedError):
        verified(shared_json(*path))
