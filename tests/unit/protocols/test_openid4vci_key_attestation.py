# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Key attestations (OpenID4VCI 1.0, appendix D): a wallet provider that counts, its keys, and for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.credentials import NOW, SECOND, STRANGER_KEY, Party, StaticTrust, seconds
from tests.support.key_proofs import KEYS, NONCE, PROVIDER, PROVIDER_KEY, TRUST, attestation, flips, jwk_of, public
from tests.support.trust import Demo
from vcwallet.errors import (
    AlgorithmNotAllowedError,
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
from vcwallet.formats.base import IssuerKey
from vcwallet.jose import jws
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.policy import KeySource, Role, TrustedKey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.openid4vci.issuer_metadata import KeyAttestationsRequired
from vcwallet.protocols.openid4vci.key_attestation import (
    MAX_AGE,
    MAX_BYTES,
    MAX_KEYS,
    MAX_LEVELS,
    MAX_TEXT,
    KeyAttestation,
    make_key_attestation,
    verify_key_attestation,
)

PROVIDER_ISSUER = IssuerKey(signer=PROVIDER_KEY, chain=(), identifier=PROVIDER)
HIGH = KeyAttestationsRequired(key_storage=("iso_18045_high",))


def verified(text: str, **changes: Any) -> KeyAttestation:
    arguments: dict[str, Any] = {"trust": TRUST, "at": NOW, "required": None}
    return verify_key_attestation(text, **arguments | changes)


def made(**changes: Any) -> str:
    arguments: dict[str, Any] = {"at": NOW, "expires": NOW + timedelta(hours=1), "nonce": NONCE}
    return make_key_attestation(
        changes.pop("provider", PROVIDER_ISSUER), **{"keys": public(*KEYS), **arguments, **changes}
    )


class TestMaking:
    def test_it_says_just_what_the_standard_asks_for(self):
        parsed = jws.parse(made())
        assert parsed.header.members == {"alg": "ES256", "typ": "key-attestation+jwt"}
        assert jws.payload_object(parsed.verify(PROVIDER_KEY.public_key)) == {
            "iss": PROVIDER,
            "iat": seconds(NOW),
            "exp": seconds(NOW + timedelta(hours=1)),
            "attested_keys": [jwk_of(key) for key in KEYS],
            "nonce": NONCE,
        }

    def test_what_it_says_comes_back(self):
        status: dict[str, Any] = {"status_list": {"idx": 1, "uri": "https://provider.example/1"}}
        text = made(
            key_storage=["iso_18045_high"],
            user_authentication=["iso_18045_basic", "x"],
            certification="https://provider.example/certificate",
            status=status,
        )
        found = verified(text)
        assert found == KeyAttestation(
            keys=public(*KEYS),
            provider=TrustedKey(key=PROVIDER_KEY.public_key, party=PROVIDER, source="static"),
            issued_at=NOW,
            expires=NOW + timedelta(hours=1),
            nonce=NONCE,
            key_storage=("iso_18045_high",),
            user_authentication=("iso_18045_basic", "x"),
            certification="https://provider.example/certificate",
            status=status,
        )
        assert NONCE not in repr(found)
        with pytest.raises(TypeError, match="evidence"):
            bool(found)

    def test_without_a_nonce_and_an_identifier_it_has_none(self):
        text = made(provider=IssuerKey(signer=PROVIDER_KEY, chain=(), identifier=None), nonce=None)
        trust = StaticTrust(parties={"": TRUST.parties[PROVIDER]})
        assert verified(text, trust=trust).nonce is None

    def test_the_header_says_how_the_provider_is_known(self):
        provider = IssuerKey(
            signer=PROVIDER_KEY, chain=(b"leaf", b"ca"), identifier=PROVIDER, key_id="k", trust_chain=("a.b.c",)
        )
        header = jws.parse(made(provider=provider)).header
        assert (header.chain, header.key_id, header.trust_chain) == ((b"leaf", b"ca"), "k", ("a.b.c",))

    @pytest.mark.parametrize("keys", [(), public(KEYS[0], KEYS[0])], ids=["none", "one twice"])
    def test_its_keys_are_there_once(self, keys):
        with pytest.raises(ValueError, match="different keys"):
            made(keys=keys)

    def test_its_keys_are_not_too_many(self):
        keys = public(*(SoftwareSigner.generate() for _ in range(MAX_KEYS + 1)))
        assert len(verified(made(keys=keys[:MAX_KEYS])).keys) == MAX_KEYS
        with pytest.raises(ValueError, match="different keys"):
            made(keys=keys)

    def test_it_ends_after_it_begins(self):
        made(expires=NOW + SECOND)
        with pytest.raises(ValueError, match="ends after"):
            made(expires=NOW)


class Recording:
    """A policy that keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[KeySource, Role, str | None]] = []

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: Any) -> TrustedKey:
        self.asked.append((source, role, type_id))
        return TrustedKey(key=PROVIDER_KEY.public_key, party=PROVIDER, source="test")


class TestProvider:
    def test_trust_is_asked_for_a_wallet_provider(self):
        trust = Recording()
        provider = IssuerKey(signer=PROVIDER_KEY, chain=(b"leaf",), identifier=PROVIDER, key_id="k", trust_chain=("t",))
        verified(made(provider=provider), trust=trust)
        source = KeySource(issuer=PROVIDER, chain=(b"leaf",), key_id="k", trust_chain=("t",))
        assert trust.asked == [(source, Role.WALLET_PROVIDER, None)]

    def test_one_that_a_registry_has_enrolled_counts_and_a_city_does_not(self):
        demo = Demo()
        enrolment = demo.registry.enrol_wallet_provider({"en": "Wallet maker"}, code="wallet")
        demo.update()
        for who, error in ((enrolment, None), (demo.city, VerificationError)):
            provider = IssuerKey(signer=who.signer, chain=who.chain, identifier=who.identifier)
            text = made(provider=provider, at=demo.clock(), expires=demo.clock() + timedelta(hours=1))
            if error is None:
                assert verified(text, trust=demo.client, at=demo.clock()).provider.party == enrolment.identifier
            else:
                with pytest.raises(error):
                    verified(text, trust=demo.client, at=demo.clock())

    def test_a_provider_that_is_withdrawn_attests_nothing_more_whatever_time_it_writes(self):
        demo = Demo()
        enrolment = demo.registry.enrol_wallet_provider({"en": "Wallet maker"}, code="wallet")
        demo.update()
        provider = IssuerKey(signer=enrolment.signer, chain=enrolment.chain, identifier=enrolment.identifier)
        text = made(provider=provider, at=demo.clock(), expires=demo.clock() + timedelta(days=2))
        verified(text, trust=demo.client, at=demo.clock())
        demo.clock.pass_by(hours=1)
        demo.registry.withdraw(enrolment.identifier, reason="fraud", mode="from_date")
        demo.update()
        with pytest.raises(VerificationError):
            verified(text, trust=demo.client, at=demo.clock.pass_by(seconds=1))

    def test_an_unknown_provider_is_refused(self):
        with pytest.raises(UntrustedError):
            verified(attestation(claims={"iss": "https://another.example"}))

    def test_a_party_of_another_role_is_refused(self):
        trust = StaticTrust(parties={PROVIDER: Party(key=PROVIDER_KEY.public_key, role=Role.CREDENTIAL_ISSUER)})
        with pytest.raises(NotAuthorisedError):
            verified(attestation(), trust=trust)

    def test_the_key_is_the_provider_s_and_no_other(self):
        verified(attestation())
        with pytest.raises(SignatureInvalidError):
            verified(attestation(by=STRANGER_KEY))
        # The attested key cannot speak for itself.
        with pytest.raises(SignatureInvalidError):
            verified(attestation(KEYS[:1], by=KEYS[0], header={"jwk": jwk_of(KEYS[0])}))

    def test_the_algorithm_is_one_that_is_allowed(self):
        assert verified(attestation(), algorithms={Algorithm.ES256}).nonce == NONCE
        with pytest.raises(AlgorithmNotAllowedError):
            verified(attestation(), algorithms={Algorithm.ES384})

    def test_no_bit_of_the_signature_can_be_changed(self):
        for text in flips(attestation()):
            with pytest.raises(SignatureInvalidError):
                verified(text)


class TestClaims:
    @pytest.mark.parametrize("typ", ["JWT", "keyattestation+jwt", "openid4vci-proof+jwt", ...])
    def test_another_kind_of_token_is_refused(self, typ):
        with pytest.raises(VerificationError) as caught:
            verified(attestation(header={"typ": typ}))
        assert caught.value.code == "WRONG_TYPE"

    @pytest.mark.parametrize(
        ("claims", "error"),
        [
            ({"attested_keys": ...}, MalformedError),
            ({"attested_keys": []}, MalformedError),
            ({"attested_keys": {}}, MalformedError),
            ({"attested_keys": ["key"]}, MalformedError),
            ({"attested_keys": [{**jwk_of(KEYS[0]), "d": "AAAA"}]}, MalformedError),
            ({"attested_keys": [{"kty": "oct", "k": "AAAA"}]}, MalformedError),
            ({"attested_keys": [{"kty": "RSA", "n": "AAAA", "e": "AQAB"}]}, UnsupportedError),
            ({"attested_keys": [{**jwk_of(KEYS[0]), "use": "enc"}]}, AlgorithmNotAllowedError),
            ({"iat": ...}, MalformedError),
            ({"iat": "now"}, MalformedError),
            ({"exp": "later"}, MalformedError),
            ({"exp": None}, MalformedError),
            ({"iss": ""}, MalformedError),
            ({"nonce": ""}, MalformedError),
            ({"nonce": 1}, MalformedError),
            ({"nonce": None}, MalformedError),
            ({"nonce": "n" * (MAX_TEXT + 1)}, LimitExceededError),
            ({"certification": 1}, MalformedError),
            ({"status": "x"}, MalformedError),
            ({"key_storage": "iso_18045_high"}, MalformedError),
            ({"key_storage": []}, MalformedError),
            ({"user_authentication": [1]}, MalformedError),
            ({"key_storage": ["x"] * (MAX_LEVELS + 1)}, LimitExceededError),
            ({"user_authentication": ["x"] * (MAX_LEVELS + 1)}, LimitExceededError),
            ({"attested_keys": [jwk_of(KEYS[0])] * (MAX_KEYS + 1)}, LimitExceededError),
        ],
    )
    def test_a_claim_that_is_missing_or_wrong_is_refused(self, claims, error):
        verified(attestation())
        with pytest.raises(error):
            verified(attestation(claims=claims))

    def test_a_key_that_is_there_twice_is_refused(self):
        with pytest.raises(MalformedError) as caught:
            verified(attestation(claims={"attested_keys": [jwk_of(KEYS[0]), {**jwk_of(KEYS[0]), "kid": "other"}]}))
        assert caught.value.code == "KEY_REPEATED"

    def test_what_others_say_besides_is_ignored(self):
        assert verified(attestation(claims={"aud": "x", "x": 1})) == verified(attestation())

    def test_it_has_a_limit(self):
        for size, error in ((150 * 1024, None), (MAX_BYTES, LimitExceededError)):
            text = attestation(claims={"x": "x" * size})
            assert (len(text) > MAX_BYTES) is (error is not None)
            if error is None:
                verified(text)
            else:
                with pytest.raises(error):
                    verified(text)

    def test_what_is_no_jwt_is_refused(self):
        for text in ("", "a.b.c", "a.b", attestation().rpartition(".")[0], attestation() + "."):
            with pytest.raises(VcError):
                verified(text)


class TestTime:
    @pytest.mark.parametrize(
        ("claims", "code"),
        [
            ({"exp": seconds(NOW - timedelta(seconds=60))}, "EXPIRED"),
            ({"iat": seconds(NOW + timedelta(seconds=61))}, "NOT_YET_VALID"),
            ({"nbf": seconds(NOW + timedelta(seconds=61))}, "NOT_YET_VALID"),
            ({"iat": seconds(NOW - MAX_AGE) - 1, "exp": ...}, "EXPIRED"),
        ],
    )
    def test_outside_of_its_time_it_is_refused(self, claims, code):
        with pytest.raises(ValidityError) as caught:
            verified(attestation(claims=claims))
        assert caught.value.code == code

    @pytest.mark.parametrize(
        "claims",
        [
            {"exp": seconds(NOW - timedelta(seconds=59))},
            {"iat": seconds(NOW + timedelta(seconds=60))},
            {"nbf": seconds(NOW + timedelta(seconds=60))},
            {"iat": seconds(NOW - timedelta(days=300))},
        ],
    )
    def test_just_inside_it_is_not(self, claims):
        verified(attestation(claims=claims))

    def test_one_that_does_not_say_when_it_ends_has_to_be_fresh(self):
        found = verified(attestation(claims={"iat": seconds(NOW - MAX_AGE), "exp": ...}))
        assert (found.issued_at, found.expires) == (NOW - MAX_AGE, None)


class TestLevels:
    BOTH = KeyAttestationsRequired(
        key_storage=("iso_18045_high", "iso_18045_moderate"), user_authentication=("iso_18045_moderate",)
    )

    @pytest.mark.parametrize(
        ("required", "claims"),
        [
            (None, {"key_storage": ..., "user_authentication": ...}),
            (KeyAttestationsRequired(), {"key_storage": ..., "user_authentication": ...}),
            (HIGH, {"key_storage": ["x", "iso_18045_high"], "user_authentication": ...}),
            (BOTH, {"key_storage": ["iso_18045_moderate"]}),
        ],
    )
    def test_one_that_is_accepted_is_enough(self, required, claims):
        verified(attestation(claims=claims), required=required)

    @pytest.mark.parametrize(
        ("required", "claims"),
        [
            (HIGH, {"key_storage": ...}),
            (HIGH, {"key_storage": ["iso_18045_moderate"]}),
            (HIGH, {"key_storage": ["ISO_18045_HIGH"]}),
            (HIGH, {"key_storage": ["x"], "user_authentication": ["iso_18045_high"]}),
            (BOTH, {"user_authentication": ...}),
            (BOTH, {"user_authentication": ["iso_18045_high"]}),
            (BOTH, {"key_storage": ["iso_18045_basic"]}),
        ],
    )
    def test_none_is_not(self, required, claims):
        with pytest.raises(NotAuthorisedError) as caught:
            verified(attestation(claims=claims), required=required)
        assert caught.value.code == "ATTESTATION_LEVEL"
