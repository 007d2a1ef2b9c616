# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Data integrity proofs over JCS (W3C VC Data Integrity 1.0, sections 4.2 and 4.4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from vcwallet.encoding import multibase
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    BindingError,
    LimitExceededError,
    MalformedError,
    SignatureInvalidError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
)
from vcwallet.formats.data_integrity import (
    Cryptosuite,
    ProofPurpose,
    SecuredDocument,
    VerificationMethod,
    add_proof,
    verify_proof,
)
from vcwallet.formats.data_integrity.cryptosuite import hash_data
from vcwallet.formats.data_integrity.proof import MAX_DOMAINS, MAX_TEXT, MAX_VALUE
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.software import SoftwareSigner

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SKEW = timedelta(seconds=60)
SECOND = timedelta(seconds=1)
KEY = SoftwareSigner.generate()
OTHER = SoftwareSigner.generate()
URL = "https://ford.example#key"
METHOD = VerificationMethod(key=KEY.public_key, controller="https://ford.example")
CONTEXTS = ["https://www.w3.org/ns/credentials/v2", "https://ford.example/context"]
DOCUMENT: dict[str, Any] = {"@context": CONTEXTS, "name": "Ford", "age": 200, "height": 1.85}


def methods(url: str, purpose: ProofPurpose) -> VerificationMethod:
    if url != URL or purpose is not ProofPurpose.ASSERTION_METHOD:
        raise UntrustedError("no such method", code="KEY_NOT_FOUND")
    return METHOD


def secured(document: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "signer": KEY,
        "verification_method": URL,
        "purpose": ProofPurpose.ASSERTION_METHOD,
        "at": NOW,
    }
    return add_proof(DOCUMENT if document is None else document, **arguments | changes)


def by_hand(document: dict[str, Any] | None = None, *, signer: SoftwareSigner = KEY, **changes: Any) -> dict[str, Any]:
    """Return a document with a proof of any members, signed as they are."""
    document = {"name": "Ford"} if document is None else document
    right = {
        "type": "DataIntegrityProof",
        "cryptosuite": "ecdsa-jcs-2019",
        "verificationMethod": URL,
        "proofPurpose": "assertionMethod",
    }
    options = {name: value for name, value in {**right, **changes}.items() if value is not ...}
    data = hash_data(Cryptosuite.ECDSA_JCS_2019, document, options, key=KEY.public_key)
    return {**document, "proof": {**options, "proofValue": multibase.encode_base58btc(signer.sign(data))}}


def verified(document: Any, **changes: Any) -> SecuredDocument:
    arguments: dict[str, Any] = {
        "purpose": ProofPurpose.ASSERTION_METHOD,
        "domain": None,
        "challenge": None,
        "methods": methods,
        "at": NOW,
    }
    return verify_proof(document, **arguments | changes)


def with_proof(**changes: Any) -> dict[str, Any]:
    """Return a secured document whose proof was changed after it was made."""
    document = secured()
    proof = {name: value for name, value in {**document["proof"], **changes}.items() if value is not ...}
    return {**document, "proof": proof}


class TestSecuring:
    @pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.ES384, Algorithm.EDDSA])
    def test_a_document_comes_back_as_it_was(self, algorithm):
        signer = SoftwareSigner.generate(algorithm)
        method = VerificationMethod(key=signer.public_key, controller="x")
        found = verified(secured(signer=signer), methods=lambda url, purpose: method)
        assert found.document == DOCUMENT
        assert found.method == method
        assert "Ford" not in repr(found)
        with pytest.raises(TypeError, match="evidence"):
            bool(found)

    def test_what_the_proof_says_comes_back(self):
        proof = verified(secured(expires=NOW + HOUR, domain="d", challenge="secret")).proof
        assert (proof.cryptosuite, proof.purpose) == (Cryptosuite.ECDSA_JCS_2019, ProofPurpose.ASSERTION_METHOD)
        assert (proof.created, proof.expires) == (NOW, NOW + HOUR)
        assert (proof.domains, proof.challenge, proof.verification_method) == (frozenset({"d"}), "secret", URL)
        assert "secret" not in repr(proof)

    def test_times_are_written_in_utc(self):
        tokyo = timezone(timedelta(hours=9))
        assert secured(at=NOW.astimezone(tokyo))["proof"]["created"] == "2026-11-23T09:00:00Z"
        for name in ("at", "expires"):
            with pytest.raises(ValueError, match="time zone"):
                secured(None, **{name: NOW.replace(tzinfo=None)})

    def test_a_document_that_has_a_proof_gets_no_other(self):
        with pytest.raises(ValueError, match="already"):
            secured(secured())

    @pytest.mark.parametrize("algorithm", [Algorithm.ES512, Algorithm.ML_DSA_44])
    def test_a_key_without_a_cryptosuite_secures_nothing(self, algorithm):
        with pytest.raises(AlgorithmNotAllowedError):
            secured(signer=SoftwareSigner.generate(algorithm))

    def test_a_document_without_a_canonical_form_is_not_secured(self):
        for number in (2**53 + 1, float("nan")):
            with pytest.raises(MalformedError):
                secured({"number": number})


class TestSignature:
    def test_whoever_has_another_key_has_secured_nothing(self):
        verified(by_hand())
        with pytest.raises(SignatureInvalidError):
            verified(by_hand(signer=OTHER))

    @pytest.mark.parametrize("document", [{**DOCUMENT, "name": "Arthur"}, {**DOCUMENT, "x": 1}, {"name": "Ford"}])
    def test_another_document_is_refused(self, document):
        with pytest.raises(VcError):
            verified({**document, "proof": secured()["proof"]})

    def test_numbers_that_are_written_otherwise_are_the_same(self):
        verified({**secured(), "age": 200.0})

    @pytest.mark.parametrize("name", ["created", "verificationMethod", "proofPurpose", "cryptosuite", "type"])
    def test_a_member_of_the_proof_that_was_changed_is_refused(self, name):
        with pytest.raises(VcError):
            verified(with_proof(**{name: "x"}))

    @pytest.mark.parametrize("changes", [{"x": 1}, {"created": ...}, {"@context": ...}])
    def test_so_is_one_that_was_added_or_left_out(self, changes):
        with pytest.raises(SignatureInvalidError):
            verified(with_proof(**changes))

    def test_no_bit_of_it_can_be_changed(self):
        document = secured()
        raw = multibase.decode(document["proof"]["proofValue"])
        for position in range(len(raw)):
            flipped = bytes([*raw[:position], raw[position] ^ 1, *raw[position + 1 :]])
            value = multibase.encode_base58btc(flipped)
            with pytest.raises(SignatureInvalidError):
                verified({**document, "proof": {**document["proof"], "proofValue": value}})

    @pytest.mark.parametrize(
        ("value", "error"),
        [
            (..., MalformedError),
            (1, MalformedError),
            ("", MalformedError),
            ("z0", MalformedError),
            (multibase.encode_base64url(b"x" * 64), MalformedError),
            (multibase.encode_base58btc(b"x" * 63), SignatureInvalidError),
            (multibase.encode_base58btc(b"x" * 65), SignatureInvalidError),
            ("z" * (MAX_VALUE + 1), LimitExceededError),
        ],
    )
    def test_what_is_no_signature_is_refused(self, value, error):
        with pytest.raises(error):
            verified(with_proof(proofValue=value))

    def test_a_key_is_used_with_its_own_cryptosuite(self):
        edwards = SoftwareSigner.generate(Algorithm.EDDSA)
        method = VerificationMethod(key=edwards.public_key, controller="x")
        verified(secured(signer=edwards), methods=lambda url, purpose: method)
        with pytest.raises(AlgorithmNotAllowedError):
            verified(secured(), methods=lambda url, purpose: method)


class TestProof:
    def test_it_may_stand_alone_in_an_array(self):
        document = secured()
        assert verified({**document, "proof": [document["proof"]]}).document == DOCUMENT

    @pytest.mark.parametrize("proof", [..., [], None, "proof", 1, [None]])
    def test_without_one_a_document_is_refused(self, proof):
        document = {name: value for name, value in {**secured(), "proof": proof}.items() if value is not ...}
        with pytest.raises(MalformedError):
            verified(document)

    def test_more_than_one_and_chains_are_refused(self):
        document = secured()
        with pytest.raises(UnsupportedError):
            verified({**document, "proof": [document["proof"], document["proof"]]})
        with pytest.raises(UnsupportedError):
            verified(by_hand(previousProof="urn:uuid:1"))

    @pytest.mark.parametrize(
        "changes",
        [
            {"type": "Ed25519Signature2020"},
            {"type": ...},
            {"cryptosuite": "ecdsa-rdfc-2019"},
            {"cryptosuite": "eddsa-rdfc-2022"},
            {"cryptosuite": "bbs-2023"},
            {"cryptosuite": ...},
            {"cryptosuite": ["ecdsa-jcs-2019"]},
        ],
    )
    def test_another_type_or_cryptosuite_is_refused(self, changes):
        with pytest.raises(UnsupportedError):
            verified(by_hand(**changes))

    @pytest.mark.parametrize(
        "changes",
        [
            {"verificationMethod": ...},
            {"verificationMethod": ""},
            {"verificationMethod": {"id": URL}},
            {"proofPurpose": ...},
            {"challenge": 1},
            {"challenge": None},
            {"domain": 1},
            {"domain": [1]},
            {"domain": None},
            {"created": 1},
            {"expires": None},
        ],
    )
    def test_a_member_that_is_missing_or_wrong_is_refused(self, changes):
        verified(by_hand())
        with pytest.raises(MalformedError):
            verified(by_hand(**changes))

    @pytest.mark.parametrize(
        ("right", "wrong"),
        [
            ({"domain": ["d"] * MAX_DOMAINS}, {"domain": ["d"] * (MAX_DOMAINS + 1)}),
            ({"challenge": "c" * MAX_TEXT}, {"challenge": "c" * (MAX_TEXT + 1)}),
        ],
    )
    def test_members_have_limits(self, right, wrong):
        verified(by_hand(**right))
        with pytest.raises(LimitExceededError):
            verified(by_hand(**wrong))

    def test_so_has_the_url_of_its_key(self):
        with pytest.raises(LimitExceededError):
            verified(by_hand(verificationMethod="u" * (MAX_TEXT + 1)))
        with pytest.raises(UntrustedError):
            verified(by_hand(verificationMethod="u" * MAX_TEXT))


class TestBinding:
    def test_a_purpose_is_the_one_that_was_asked_for(self):
        with pytest.raises(BindingError) as caught:
            verified(secured(), purpose=ProofPurpose.AUTHENTICATION)
        assert caught.value.code == "PROOF_PURPOSE"
        with pytest.raises(BindingError):
            verified(by_hand(proofPurpose="keyAgreement"))

    def test_a_key_counts_for_its_purpose(self):
        document = secured(purpose=ProofPurpose.AUTHENTICATION)
        with pytest.raises(UntrustedError):
            verified(document, purpose=ProofPurpose.AUTHENTICATION)
        verified(document, purpose=ProofPurpose.AUTHENTICATION, methods=lambda url, purpose: METHOD)

    @pytest.mark.parametrize("domain", ["d", ["d"], ["d", "d"]])
    def test_a_domain_is_the_one_that_was_asked_for(self, domain):
        verified(by_hand(domain=domain), domain="d")
        verified(by_hand(domain=domain))

    @pytest.mark.parametrize("domain", ["e", "D", [], ["d", "e"], ["e"], ...])
    def test_any_other_or_a_second_is_refused(self, domain):
        with pytest.raises(BindingError) as caught:
            verified(by_hand(domain=domain), domain="d")
        assert caught.value.code == "PROOF_DOMAIN"

    @pytest.mark.parametrize("challenge", ["d", "cc", "\u3042", ...])
    def test_a_challenge_is_the_one_that_was_asked_for(self, challenge):
        verified(by_hand(challenge="c"), challenge="c")
        verified(by_hand(challenge=challenge))
        with pytest.raises(BindingError) as caught:
            verified(by_hand(challenge=challenge), challenge="c")
        assert caught.value.code == "PROOF_CHALLENGE"


class TestContexts:
    def test_those_that_were_added_behind_are_not_signed_and_left_out(self):
        document = secured()
        found = verified({**document, "@context": [*CONTEXTS, "https://attacker.example"]})
        assert found.document == DOCUMENT

    @pytest.mark.parametrize(
        "contexts",
        [[*reversed(CONTEXTS)], CONTEXTS[:1], [], ["https://attacker.example", *CONTEXTS], None, CONTEXTS[0], ...],
    )
    def test_others_before_them_are_refused(self, contexts):
        document = {name: value for name, value in {**secured(), "@context": contexts}.items() if value is not ...}
        with pytest.raises(MalformedError):
            verified(document)

    def test_one_that_is_no_array_is_one(self):
        document = secured({"@context": "https://one.example", "name": "Ford"})
        verified(document)
        assert verified({**document, "@context": ["https://one.example"]}).document["@context"] == "https://one.example"

    def test_a_proof_may_name_none(self):
        assert verified(by_hand(dict(DOCUMENT))).document == DOCUMENT
        with pytest.raises(SignatureInvalidError):
            verified({**by_hand(dict(DOCUMENT)), "@context": [*CONTEXTS, "https://attacker.example"]})


class TestTime:
    @pytest.mark.parametrize(
        ("text", "time"),
        [
            ("2026-11-23T08:59:59Z", NOW - SECOND),
            ("2026-11-23T17:59:59+09:00", NOW - SECOND),
            ("2026-11-23T08:59:59.5Z", NOW - timedelta(milliseconds=500)),
            ("2026-11-23T08:59:59.123456789Z", NOW - SECOND + timedelta(microseconds=123456)),
        ],
    )
    def test_a_time_has_a_zone(self, text, time):
        assert verified(by_hand(created=text)).proof.created == time

    @pytest.mark.parametrize(
        "text",
        [
            "2026-11-23T09:00:00",
            "2026-11-23",
            "2026-11-23 09:00:00Z",
            "2026-11-23T09:00Z",
            "2026-13-23T09:00:00Z",
            "2026-11-23T09:00:60Z",
            "2026-11-23T09:00:00Z ",
            "\u0662\u0660\u0662\u0666-11-23T09:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "",
        ],
    )
    def test_what_is_no_time_is_refused(self, text):
        for name in ("created", "expires"):
            with pytest.raises(MalformedError):
                verified(by_hand(**{name: text}))

    def test_a_proof_from_the_future_is_refused(self):
        verified(secured(at=NOW + SKEW))
        with pytest.raises(ValidityError) as caught:
            verified(secured(at=NOW + SKEW + SECOND))
        assert caught.value.code == "NOT_YET_VALID"

    def test_a_proof_that_has_ended_is_refused(self):
        verified(secured(at=NOW - HOUR, expires=NOW - SKEW + SECOND))
        with pytest.raises(ValidityError) as caught:
            verified(secured(at=NOW - HOUR, expires=NOW - SKEW))
        assert caught.value.code == "EXPIRED"
