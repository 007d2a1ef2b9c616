# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The proof type jwt (OpenID4VCI 1.0, appendices F.1 and F.4): its key, for this issuer, now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from tests.support.credentials import NOW, STRANGER_KEY, seconds
from tests.support.key_proofs import (
    CLIENT,
    ISSUER,
    KEYS,
    NONCE,
    PROVIDER_KEY,
    TRUST,
    attestation,
    flips,
    jwk_of,
    of_length,
    proof,
    public,
)
from tests.support.pki import chain
from vcwallet.encoding import base64url, json
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    BindingError,
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    SignatureInvalidError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
    VerificationError,
)
from vcwallet.jose import jws
from vcwallet.keys import multikey
from vcwallet.keys.algorithm import CLASSICAL, Algorithm
from vcwallet.keys.policy import Role
from vcwallet.keys.signer import Signer
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.openid4vci.issuer_metadata import KeyAttestationsRequired
from vcwallet.protocols.openid4vci.jwt_proof import (
    MAX_AGE,
    MAX_BYTES,
    MAX_TEXT,
    JwtProof,
    make_jwt_proof,
    verify_jwt_proof,
)
from vcwallet.trust.certificates import to_der
from vcwallet.trust.holder_certificates import HolderAnchors

ANY = KeyAttestationsRequired()


def verified(text: str, **changes: Any) -> JwtProof:
    arguments: dict[str, Any] = {
        "issuer": ISSUER,
        "client_id": CLIENT,
        "algorithms": CLASSICAL,
        "trust": TRUST,
        "required": None,
        "at": NOW,
    }
    return verify_jwt_proof(text, **arguments | changes)


HOLDER = chain(Role.WALLET_PROVIDER, leaf=lambda draft: draft.drop(x509.ExtendedKeyUsage))
HOLDERS = HolderAnchors([to_der(HOLDER.anchor)], revocation_lists=None)


def certified(**options: Any) -> str:
    """A proof whose key is in a certificate."""
    given: dict[str, Any] = {"issuer": ISSUER, "at": NOW, "nonce": NONCE, "client_id": CLIENT, "chain": HOLDER.x5c}
    return make_jwt_proof(HOLDER.leaf.signer, **given | options)


def did_key(signer: Signer) -> str:
    name = multikey.encode(signer.public_key)
    return f"did:key:{name}#{name}"


def did_jwk(signer: Signer, **members: str) -> str:
    return f"did:jwk:{base64url.encode(json.dumps({**jwk_of(signer), **members}))}#0"


class TestMaking:
    def test_it_says_just_what_the_standard_asks_for(self):
        text = make_jwt_proof(KEYS[0], issuer=ISSUER, at=NOW, nonce=NONCE, client_id=CLIENT, key_attestation="a.b.c")
        parsed = jws.parse(text)
        assert parsed.header.members == {
            "alg": "ES256",
            "typ": "openid4vci-proof+jwt",
            "jwk": jwk_of(KEYS[0]),
            "key_attestation": "a.b.c",
        }
        claims = jws.payload_object(parsed.verify(KEYS[0].public_key))
        assert claims == {"aud": ISSUER, "iat": seconds(NOW), "nonce": NONCE, "iss": CLIENT}

    def test_what_there_is_not_is_left_out(self):
        parsed = jws.parse(make_jwt_proof(KEYS[0], issuer=ISSUER, at=NOW, nonce=None))
        assert "key_attestation" not in parsed.header.members
        assert jws.payload_object(parsed.verify(KEYS[0].public_key)) == {"aud": ISSUER, "iat": seconds(NOW)}

    @pytest.mark.parametrize("algorithm", sorted(CLASSICAL))
    def test_it_verifies_with_every_kind_of_key(self, algorithm):
        signer = SoftwareSigner.generate(algorithm)
        text = make_jwt_proof(signer, issuer=ISSUER, at=NOW, nonce=NONCE)
        assert verified(text) == JwtProof(key=signer.public_key, nonce=NONCE, attestation=None)

    def test_it_verifies_with_the_attestation_of_its_key(self):
        text = make_jwt_proof(KEYS[1], issuer=ISSUER, at=NOW, nonce=NONCE, key_attestation=attestation())
        found = verified(text, required=ANY)
        assert found.key == KEYS[1].public_key
        assert found.attestation is not None
        assert found.attestation.keys == public(*KEYS)


class TestKey:
    def test_it_is_that_of_the_jwk(self):
        assert verified(proof()).key == KEYS[0].public_key

    @pytest.mark.parametrize("kid", [did_key(KEYS[0]), did_jwk(KEYS[0]), did_jwk(KEYS[0], use="sig")])
    def test_it_may_be_that_of_a_did_that_contains_it(self, kid):
        assert verified(proof(header={"jwk": ..., "kid": kid})).key == KEYS[0].public_key

    @pytest.mark.parametrize(
        ("kid", "error"),
        [
            (did_key(KEYS[0]).partition("#")[0], MalformedError),
            (did_key(KEYS[0]) + "x", UntrustedError),
            (did_jwk(KEYS[0], use="enc"), UntrustedError),
            ("did:web:wallet.example#key", UnsupportedError),
            ("did:example:1#key", UnsupportedError),
            ("did:", MalformedError),
            ("0", MalformedError),
            ("key-1", MalformedError),
            ("", MalformedError),
            (1, MalformedError),
            (None, MalformedError),
        ],
    )
    def test_any_other_kid_is_refused(self, kid, error):
        with pytest.raises(error):
            verified(proof(header={"jwk": ..., "kid": kid}))

    @pytest.mark.parametrize("index", [0, 1, 2])
    def test_a_kid_may_count_into_the_attestation(self, index):
        text = proof(KEYS[index], header={"jwk": ..., "kid": str(index), "key_attestation": attestation()})
        assert verified(text, required=ANY).key == KEYS[index].public_key

    @pytest.mark.parametrize("kid", ["3", "-1", "00", "01", "0 ", "\u0660", "100", "1e0", ""])
    def test_a_kid_that_counts_beyond_it_is_refused(self, kid):
        with pytest.raises(MalformedError):
            verified(proof(header={"jwk": ..., "kid": kid, "key_attestation": attestation()}))

    @pytest.mark.parametrize(
        "header",
        [
            {"jwk": ...},
            {"kid": did_key(KEYS[0])},
            {"x5c": ["AAAA"]},
            {"jwk": ..., "kid": did_key(KEYS[0]), "x5c": ["AAAA"]},
        ],
    )
    def test_it_is_named_by_one_member(self, header):
        with pytest.raises(MalformedError):
            verified(proof(header=header))

    def test_one_in_a_certificate_is_refused_where_none_is_taken(self):
        with pytest.raises(UnsupportedError):
            verified(proof(header={"jwk": ..., "x5c": ["AAAA"]}))
        with pytest.raises(UnsupportedError):
            verified(certified())

    def test_one_in_a_certificate_below_a_named_anchor_is_taken(self):
        found = verified(certified(), holder_certificates=HOLDERS)
        assert found == JwtProof(key=HOLDER.leaf.signer.public_key, nonce=NONCE, attestation=None)

    def test_one_in_a_certificate_of_somebody_else_is_refused(self):
        other = chain(Role.WALLET_PROVIDER, leaf=lambda draft: draft.drop(x509.ExtendedKeyUsage))
        text = make_jwt_proof(other.leaf.signer, issuer=ISSUER, at=NOW, nonce=NONCE, client_id=CLIENT, chain=other.x5c)
        with pytest.raises(UntrustedError):
            verified(text, holder_certificates=HOLDERS)

    def test_who_shows_the_certificate_of_another_proves_nothing(self):
        stolen = jws.parse(certified()).header.members["x5c"]
        with pytest.raises(SignatureInvalidError):
            verified(proof(header={"jwk": ..., "x5c": stolen}), holder_certificates=HOLDERS)

    @pytest.mark.parametrize("x5c", [[], "AAAA", ["AAAA"], [""], [1], None])
    def test_a_certificate_that_is_none_is_malformed(self, x5c):
        with pytest.raises((MalformedError, UntrustedError)):
            verified(proof(header={"jwk": ..., "x5c": x5c}), holder_certificates=HOLDERS)

    def test_one_in_a_certificate_is_attested_where_it_has_to_be(self):
        with pytest.raises(BindingError) as caught:
            verified(certified(), holder_certificates=HOLDERS, required=ANY)
        assert caught.value.code == "ATTESTATION_MISSING"
        with pytest.raises(BindingError) as caught:
            verified(certified(key_attestation=attestation()), holder_certificates=HOLDERS)
        assert caught.value.code == "KEY_NOT_ATTESTED"

    def test_a_certificate_is_that_of_the_key_that_signs(self):
        with pytest.raises(ValueError, match="certificate"):
            make_jwt_proof(KEYS[0], issuer=ISSUER, at=NOW, nonce=NONCE, chain=HOLDER.x5c)

    @pytest.mark.parametrize(
        ("jwk", "error"),
        [
            ({**jwk_of(KEYS[0]), "d": "AAAA"}, MalformedError),
            ({"kty": "oct", "k": "AAAA"}, MalformedError),
            ("key", MalformedError),
            (None, MalformedError),
            ({**jwk_of(KEYS[0]), "alg": "ES384"}, AlgorithmNotAllowedError),
            (jwk_of(KEYS[1]), SignatureInvalidError),
        ],
    )
    def test_any_other_jwk_is_refused(self, jwk, error):
        with pytest.raises(error):
            verified(proof(header={"jwk": jwk}))

    def test_who_has_another_key_proves_nothing(self):
        with pytest.raises(SignatureInvalidError):
            verified(proof(by=STRANGER_KEY))

    @pytest.mark.parametrize("alg", ["none", "HS256", "RS256", "es256", None])
    def test_an_algorithm_that_vcwallet_does_not_have_is_refused(self, alg):
        with pytest.raises(AlgorithmNotAllowedError):
            verified(proof(header={"alg": alg}))

    def test_an_algorithm_that_the_metadata_does_not_name_is_refused(self):
        assert verified(proof(), algorithms={Algorithm.ES256}).nonce == NONCE
        for algorithms in (set(), {Algorithm.ES384, Algorithm.EDDSA}):
            with pytest.raises(AlgorithmNotAllowedError):
                verified(proof(), algorithms=algorithms)

    def test_no_bit_of_the_signature_can_be_changed(self):
        for text in flips(proof()):
            with pytest.raises(SignatureInvalidError):
                verified(text)


class TestClaims:
    @pytest.mark.parametrize("typ", ["JWT", "jwt", "kb+jwt", "dpop+jwt", "key-attestation+jwt", ...])
    def test_another_kind_of_token_is_refused(self, typ):
        with pytest.raises(VerificationError) as caught:
            verified(proof(header={"typ": typ}))
        assert caught.value.code == "WRONG_TYPE"

    @pytest.mark.parametrize("audience", ["https://another.example", ISSUER + "/", "https://ISSUER.example", ""])
    def test_a_proof_for_another_issuer_is_refused(self, audience):
        with pytest.raises(BindingError) as caught:
            verified(proof(claims={"aud": audience}))
        assert caught.value.code == "PROOF_AUDIENCE"

    @pytest.mark.parametrize("client", [None, CLIENT])
    def test_a_proof_may_leave_out_the_client(self, client):
        verified(proof(), client_id=client)

    def test_a_proof_by_another_client_is_refused(self):
        verified(proof(claims={"iss": CLIENT}))
        for client in (None, "https://another.example", ""):
            with pytest.raises(BindingError) as caught:
                verified(proof(claims={"iss": CLIENT}), client_id=client)
            assert caught.value.code == "PROOF_CLIENT"

    def test_the_nonce_comes_out_and_stays_out_of_reprs(self):
        assert verified(proof(claims={"nonce": ...})).nonce is None
        assert verified(proof(claims={"nonce": "n" * MAX_TEXT})).nonce == "n" * MAX_TEXT
        assert NONCE not in repr(verified(proof()))

    @pytest.mark.parametrize(
        ("claims", "error"),
        [
            ({"aud": ...}, MalformedError),
            ({"aud": [ISSUER]}, MalformedError),
            ({"iat": ...}, MalformedError),
            ({"iat": "2018-09-14T21:19:10Z"}, MalformedError),
            ({"iss": 1}, MalformedError),
            ({"nonce": ""}, MalformedError),
            ({"nonce": None}, MalformedError),
            ({"nonce": "n" * (MAX_TEXT + 1)}, LimitExceededError),
            ({"iat": seconds(NOW - MAX_AGE) - 1}, ValidityError),
            ({"iat": seconds(NOW + timedelta(seconds=61))}, ValidityError),
            ({"exp": seconds(NOW - timedelta(seconds=60))}, ValidityError),
            ({"nbf": seconds(NOW + timedelta(seconds=61))}, ValidityError),
        ],
    )
    def test_a_claim_that_is_missing_or_wrong_is_refused(self, claims, error):
        with pytest.raises(error):
            verified(proof(claims=claims))

    @pytest.mark.parametrize(
        "claims",
        [
            {"iat": seconds(NOW - MAX_AGE)},
            {"iat": seconds(NOW + timedelta(seconds=60))},
            {"exp": seconds(NOW - timedelta(seconds=59))},
            {"x": 1},
        ],
    )
    def test_just_inside_its_time_it_is_not(self, claims):
        verified(proof(claims=claims))

    def test_it_has_a_limit(self):
        verified(of_length(proof, MAX_BYTES))
        with pytest.raises(LimitExceededError, match="a proof"):
            verified(of_length(proof, MAX_BYTES + 1))

    def test_what_is_no_jwt_is_refused(self):
        for text in ("", "a.b.c", "a.b", proof().rpartition(".")[0], proof() + "."):
            with pytest.raises(VcError):
                verified(text)


class TestAttestation:
    def test_one_that_is_needed_has_to_be_there(self):
        assert verified(proof()).attestation is None
        with pytest.raises(BindingError) as caught:
            verified(proof(), required=ANY)
        assert caught.value.code == "ATTESTATION_MISSING"

    def test_one_that_is_not_needed_is_checked_all_the_same(self):
        found = verified(proof(header={"key_attestation": attestation()}))
        assert found.attestation is not None
        with pytest.raises(SignatureInvalidError):
            verified(proof(header={"key_attestation": attestation(by=STRANGER_KEY)}))

    def test_one_of_other_keys_is_refused(self):
        verified(proof(header={"key_attestation": attestation(KEYS)}))
        for header in ({}, {"jwk": ..., "kid": did_key(KEYS[0])}):
            with pytest.raises(BindingError) as caught:
                verified(proof(header={**header, "key_attestation": attestation(KEYS[1:])}))
            assert caught.value.code == "KEY_NOT_ATTESTED"

    def test_its_level_has_to_be_one_that_is_accepted(self):
        text = proof(header={"key_attestation": attestation()})
        verified(text, required=KeyAttestationsRequired(key_storage=("iso_18045_high",)))
        with pytest.raises(NotAuthorisedError):
            verified(text, required=KeyAttestationsRequired(key_storage=("iso_18045_basic",)))

    def test_it_says_when_it_ends(self):
        with pytest.raises(MalformedError, match="when it ends"):
            verified(proof(header={"key_attestation": attestation(claims={"exp": ...})}))

    def test_one_that_has_ended_is_refused(self):
        ended = {"exp": seconds(NOW - timedelta(hours=1)), "iat": seconds(NOW - timedelta(hours=2))}
        with pytest.raises(ValidityError):
            verified(proof(header={"key_attestation": attestation(claims=ended)}))

    def test_what_is_none_is_refused(self):
        values: tuple[Any, ...] = (1, [attestation()], {}, "", proof())
        for value in values:
            with pytest.raises(VcError):
                verified(proof(header={"key_attestation": value}))

    def test_a_wallet_provider_s_own_key_is_no_attested_key(self):
        with pytest.raises(BindingError):
            verified(proof(PROVIDER_KEY, header={"key_attestation": attestation()}))
