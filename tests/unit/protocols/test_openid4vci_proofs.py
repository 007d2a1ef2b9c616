# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The proofs of a request as a whole (OpenID4VCI 1.0, appendix F.4): which keys, one nonce, and no key twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.credentials import NOW, STRANGER_KEY
from tests.support.key_proofs import (
    CLIENT,
    ISSUER,
    KEYS,
    NONCE,
    PROVIDER_KEY,
    TRUST,
    attestation,
    proof,
    proof_type,
    public,
)
from vcwallet.formats.base import IssuerKey
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.policy import KeySource, TrustedKey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.oauth.refusal import OAuthRefusal
from vcwallet.protocols.openid4vci.credential_request import (
    AttestationProof,
    DataIntegrityProofs,
    JwtProofs,
    Proofs,
)
from vcwallet.protocols.openid4vci.di_vp import make_di_vp_proof
from vcwallet.protocols.openid4vci.issuer_metadata import KeyAttestationsRequired
from vcwallet.protocols.openid4vci.jwt_proof import make_jwt_proof
from vcwallet.protocols.openid4vci.key_attestation import make_key_attestation
from vcwallet.protocols.openid4vci.proofs import ProvedKeys, verify_proofs

ANY = KeyAttestationsRequired()
ACCEPTED = {
    "jwt": proof_type("ES256", "EdDSA"),
    "di_vp": proof_type("ecdsa-jcs-2019"),
    "attestation": proof_type("ES256", attested=ANY),
}
ATTESTED = {"jwt": proof_type("ES256", attested=ANY), "di_vp": proof_type("ecdsa-jcs-2019", attested=ANY)}


def verified(proofs: Proofs | None, **changes: Any) -> ProvedKeys:
    arguments: dict[str, Any] = {
        "accepted": ACCEPTED,
        "issuer": ISSUER,
        "client_id": CLIENT,
        "trust": TRUST,
        "nonce_required": True,
        "max_keys": 10,
        "at": NOW,
    }
    return verify_proofs(proofs, **arguments | changes)


def refused(proofs: Proofs | None, **changes: Any) -> str:
    with pytest.raises(OAuthRefusal) as caught:
        verified(proofs, **changes)
    assert caught.value.error == "invalid_proof"
    return caught.value.code


def jwts(*values: str) -> JwtProofs:
    return JwtProofs(values=values)


class Counting:
    """Trust that counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def key_for(self, source: KeySource, **question: Any) -> TrustedKey:
        self.asked += 1
        return TRUST.key_for(source, **question)


def presentations(*signers: SoftwareSigner, nonce: str | None = NONCE) -> DataIntegrityProofs:
    return DataIntegrityProofs(
        values=tuple(make_di_vp_proof(signer, issuer=ISSUER, at=NOW, nonce=nonce) for signer in signers)
    )


class TestKinds:
    def test_a_jwt_shows_one_key(self):
        found = verified(jwts(*map(proof, KEYS)))
        assert found == ProvedKeys(keys=public(*KEYS), nonce=NONCE, attestations=())
        assert NONCE not in repr(found)
        with pytest.raises(TypeError, match="evidence"):
            bool(found)

    def test_so_does_a_presentation(self):
        assert verified(presentations(*KEYS)) == ProvedKeys(keys=public(*KEYS), nonce=NONCE, attestations=())

    def test_an_attestation_shows_all_of_its_keys(self):
        found = verified(AttestationProof(value=attestation()))
        assert (found.keys, found.nonce) == (public(*KEYS), NONCE)
        assert found.attestations[0].keys == public(*KEYS)

    def test_so_does_one_in_a_jwt(self):
        found = verified(jwts(proof(KEYS[1], header={"key_attestation": attestation()})), accepted=ATTESTED)
        assert (found.keys, len(found.attestations)) == (public(*KEYS), 1)

    def test_several_jwts_may_come_with_one_attestation_of_all_their_keys(self):
        same = {"key_attestation": attestation()}
        found = verified(jwts(*(proof(key, header=same) for key in KEYS)), accepted=ATTESTED)
        assert (found.keys, len(found.attestations)) == (public(*KEYS), 1)

    def test_or_each_with_its_own(self):
        each = [proof(key, header={"key_attestation": attestation([key])}) for key in KEYS]
        found = verified(jwts(*each), accepted=ATTESTED)
        assert (found.keys, len(found.attestations)) == (public(*KEYS), 3)

    def test_what_our_wallet_makes_verifies(self):
        text = make_key_attestation(
            IssuerKey(signer=PROVIDER_KEY, chain=(), identifier="https://provider.example"),
            public(*KEYS),
            at=NOW,
            expires=NOW + timedelta(hours=1),
            nonce=NONCE,
        )
        made = make_jwt_proof(KEYS[0], issuer=ISSUER, at=NOW, nonce=NONCE, client_id=CLIENT, key_attestation=text)
        assert verified(jwts(made), accepted=ATTESTED).keys == public(*KEYS)
        assert verified(AttestationProof(value=text)).keys == public(*KEYS)

    def test_none_at_all_is_refused(self):
        assert refused(None) == "PROOF_MISSING"

    @pytest.mark.parametrize(
        "proofs", [jwts(proof()), presentations(KEYS[0]), AttestationProof(value=attestation())], ids=lambda p: p.name
    )
    def test_a_type_that_is_not_accepted_is_refused(self, proofs):
        verified(proofs)
        others = {name: terms for name, terms in ACCEPTED.items() if name != proofs.name}
        assert refused(proofs, accepted=others) == "UNSUPPORTED"


class TestAlgorithms:
    def test_a_jwt_is_signed_with_one_of_the_list(self):
        assert refused(jwts(proof()), accepted={"jwt": proof_type("ES384")}) == "ALGORITHM_NOT_ALLOWED"
        edwards = SoftwareSigner.generate(Algorithm.EDDSA)
        verified(jwts(proof(edwards)))
        assert refused(jwts(proof(edwards)), accepted={"jwt": proof_type("ES256")}) == "ALGORITHM_NOT_ALLOWED"

    def test_names_that_nobody_knows_allow_nothing(self):
        verified(jwts(proof()), accepted={"jwt": proof_type("future", "ES256", -7)})
        assert refused(jwts(proof()), accepted={"jwt": proof_type("future", -7, "none")}) == "ALGORITHM_NOT_ALLOWED"

    def test_post_quantum_ones_are_allowed_by_naming_them(self):
        signer = SoftwareSigner.generate(Algorithm.ML_DSA_44)
        verified(jwts(proof(signer)), accepted={"jwt": proof_type("ML-DSA-44")})
        assert refused(jwts(proof(signer))) == "ALGORITHM_NOT_ALLOWED"

    def test_a_presentation_is_of_a_cryptosuite_of_the_list(self):
        for listed in ("eddsa-jcs-2022", -7):
            proofs = presentations(KEYS[0])
            assert refused(proofs, accepted={"di_vp": proof_type(listed)}) == "ALGORITHM_NOT_ALLOWED"

    def test_an_attestation_is_signed_with_one_of_the_list(self):
        proofs = AttestationProof(value=attestation())
        assert refused(proofs, accepted={"attestation": proof_type("ES384")}) == "ALGORITHM_NOT_ALLOWED"

    @pytest.mark.parametrize("attested", [ANY, None], ids=["required", "unasked"])
    def test_so_is_one_in_a_jwt(self, attested):
        edwards = SoftwareSigner.generate(Algorithm.EDDSA)
        proofs = jwts(proof(edwards, header={"key_attestation": attestation([edwards])}))
        verified(proofs, accepted={"jwt": proof_type("EdDSA", "ES256", attested=attested)})
        only_the_proof = {"jwt": proof_type("EdDSA", attested=attested)}
        assert refused(proofs, accepted=only_the_proof) == "ALGORITHM_NOT_ALLOWED"


class TestNonce:
    def test_it_is_in_every_proof(self):
        assert refused(jwts(proof(KEYS[0]), proof(KEYS[1], claims={"nonce": ...}))) == "NONCE_MISSING"
        assert refused(presentations(KEYS[0], nonce=None)) == "NONCE_MISSING"
        assert refused(AttestationProof(value=attestation(claims={"nonce": ...}))) == "NONCE_MISSING"
        bare = attestation(claims={"nonce": ...})
        assert refused(jwts(proof(header={"key_attestation": bare})), accepted=ATTESTED) == "NONCE_MISSING"

    def test_it_is_the_same_in_every_proof(self):
        assert refused(jwts(proof(KEYS[0]), proof(KEYS[1], claims={"nonce": "other"}))) == "NONCE_MISMATCH"
        other = attestation(claims={"nonce": "other"})
        assert refused(jwts(proof(header={"key_attestation": other})), accepted=ATTESTED) == "NONCE_MISMATCH"

    def test_where_none_is_required_none_is_fine(self):
        bare = proof(claims={"nonce": ...})
        assert verified(jwts(bare), nonce_required=False).nonce is None
        assert verified(presentations(KEYS[0], nonce=None), nonce_required=False).nonce is None
        unbound = attestation(claims={"nonce": ...})
        assert verified(AttestationProof(value=unbound), nonce_required=False).nonce is None

    def test_a_presentation_has_none_where_none_is_given_out(self):
        verified(presentations(KEYS[0]))
        assert refused(presentations(KEYS[0]), nonce_required=False) == "NONCE_UNEXPECTED"
        verified(presentations(KEYS[0], nonce=None), nonce_required=False)

    def test_one_that_is_there_comes_out_all_the_same(self):
        assert verified(jwts(proof()), nonce_required=False).nonce == NONCE
        mixed = jwts(proof(KEYS[0]), proof(KEYS[1], claims={"nonce": ...}))
        assert refused(mixed, nonce_required=False) == "NONCE_MISMATCH"


class TestKeys:
    def test_no_key_is_there_twice(self):
        assert refused(jwts(proof(KEYS[0]), proof(KEYS[1]), proof(KEYS[0], claims={"x": 1}))) == "KEY_REPEATED"
        assert refused(presentations(KEYS[0], KEYS[0])) == "KEY_REPEATED"

    def test_nor_is_one_that_an_attestation_has(self):
        attested = proof(KEYS[0], header={"key_attestation": attestation(KEYS[:2])})
        assert refused(jwts(attested, proof(KEYS[1]))) == "KEY_REPEATED"
        assert refused(jwts(attested, attested), accepted=ATTESTED) == "KEY_REPEATED"
        overlapping = proof(KEYS[2], header={"key_attestation": attestation(KEYS[1:])})
        assert refused(jwts(attested, overlapping), accepted=ATTESTED) == "KEY_REPEATED"
        verified(jwts(attested, proof(KEYS[2])))

    def test_there_are_as_many_as_are_taken(self):
        several = (jwts(*map(proof, KEYS)), presentations(*KEYS), AttestationProof(value=attestation()))
        for proofs in several:
            assert len(verified(proofs, max_keys=3).keys) == 3
            assert refused(proofs, max_keys=2) == "LIMIT_EXCEEDED"

    def test_too_many_proofs_are_refused_before_they_are_looked_at(self):
        assert refused(jwts("x", "y", "z"), max_keys=2) == "LIMIT_EXCEEDED"
        assert refused(jwts("x", "y"), max_keys=2) == "MALFORMED"

    def test_one_bad_proof_spoils_the_rest(self):
        assert refused(jwts(proof(KEYS[0]), proof(KEYS[1], by=STRANGER_KEY))) == "SIGNATURE_INVALID"


class TestAttestations:
    def test_where_one_is_needed_each_proof_has_one(self):
        attested = proof(KEYS[0], header={"key_attestation": attestation(KEYS[:1])})
        assert refused(jwts(attested, proof(KEYS[1])), accepted=ATTESTED) == "ATTESTATION_MISSING"
        verified(jwts(attested), accepted=ATTESTED)

    def test_a_presentation_never_has_one(self):
        verified(presentations(KEYS[0]))
        assert refused(presentations(KEYS[0]), accepted=ATTESTED) == "ATTESTATION_MISSING"

    def test_its_level_counts(self):
        high = {"attestation": proof_type(attested=KeyAttestationsRequired(key_storage=("iso_18045_high",)))}
        verified(AttestationProof(value=attestation()), accepted=high)
        low = AttestationProof(value=attestation(claims={"key_storage": ["iso_18045_basic"]}))
        verified(low)
        assert refused(low, accepted=high) == "ATTESTATION_LEVEL"

    def test_each_is_verified_once(self):
        trust = Counting()
        same = {"key_attestation": attestation()}
        found = verified(jwts(*(proof(key, header=same) for key in KEYS)), accepted=ATTESTED, trust=trust)
        assert (len(found.keys), trust.asked) == (3, 1)
        each = [proof(key, header={"key_attestation": attestation([key])}) for key in KEYS]
        verified(jwts(*each), accepted=ATTESTED, trust=trust)
        assert trust.asked == 1 + 3

    def test_none_is_verified_after_there_are_too_many_keys(self):
        trust = Counting()
        each = [proof(key, header={"key_attestation": attestation([key, STRANGER_KEY])}) for key in KEYS]
        assert refused(jwts(*each), accepted=ATTESTED, trust=trust, max_keys=3) == "LIMIT_EXCEEDED"
        assert trust.asked == 2

    def test_one_that_does_not_end_spoils_every_proof_that_comes_with_it(self):
        endless = {"key_attestation": attestation(claims={"exp": ...})}
        assert refused(jwts(*(proof(key, header=endless) for key in KEYS)), accepted=ATTESTED) == "MALFORMED"

    def test_its_provider_counts(self):
        assert refused(AttestationProof(value=attestation(claims={"iss": "https://other.example"}))) == "UNTRUSTED"


class TestAudience:
    def test_issuer_and_client_are_compared(self):
        assert refused(jwts(proof()), issuer="https://other.example") == "PROOF_AUDIENCE"
        assert refused(presentations(KEYS[0]), issuer="https://other.example") == "PROOF_DOMAIN"
        assert refused(jwts(proof(claims={"iss": CLIENT})), client_id=None) == "PROOF_CLIENT"

    def test_so_is_the_time(self):
        late = NOW + timedelta(seconds=301)
        assert refused(jwts(proof()), at=late) == "EXPIRED"
        assert refused(presentations(KEYS[0]), at=late) == "EXPIRED"
