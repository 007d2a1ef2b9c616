# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Wallet attestations: a trusted provider vouches, and the wallet instance shows its key to one server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from cryptography import x509

from tests.support.pki import NOW
from tests.support.trust import Demo
from tests.support.vectors import shared
from tests.support.world import flipped, payload_of
from vcwallet.encoding import json
from vcwallet.errors import LimitExceededError, MalformedError, NotAuthorisedError, StoreError, UntrustedError
from vcwallet.formats.base import IssuerKey
from vcwallet.jose import jws, jwt
from vcwallet.keys import Algorithm, KeySource, PublicKey, Role, TrustedKey, jwk
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.oauth.client_attestation import (
    MAX_BYTES,
    MAX_CHALLENGE,
    MAX_JTI,
    MAX_POP_BYTES,
    MAX_RESPONSE_BYTES,
    AttestedClient,
    ClientChallenges,
    challenge_response,
    make_client_attestation,
    make_pop,
    read_challenge_response,
    verify_attestation,
    verify_client_attestation,
)
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal
from vcwallet.protocols.oauth.server_metadata import CLIENT_ATTESTATION
from vcwallet.protocols.stateless_nonce import LIFETIME

PROVIDER = "https://provider.example"
SERVER = "https://issuer.example"
CLIENT = "https://wallet.example"
CHAIN = (b"certificate",)
PROVIDER_SIGNER = SoftwareSigner.generate()
INSTANCE = SoftwareSigner.generate()
STRANGER = SoftwareSigner.generate()
PROVIDER_KEY = IssuerKey(signer=PROVIDER_SIGNER, chain=CHAIN, identifier=PROVIDER)
EXPIRES = NOW + timedelta(hours=24)
CHALLENGES = ClientChallenges(bytes(32))
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Providers:
    """Knows one provider of wallets, by chain and identifier, and what it was asked last."""

    issuer: str | None = PROVIDER
    chain: tuple[bytes, ...] = CHAIN
    role: Role = Role.WALLET_PROVIDER
    key: PublicKey = PROVIDER_SIGNER.public_key

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        if (source.issuer, source.chain) != (self.issuer, self.chain):
            raise UntrustedError("no such provider")
        if role is not self.role or type_id is not None:
            raise NotAuthorisedError("it may not do this")
        return TrustedKey(key=self.key, party=PROVIDER, source="static")


@dataclass(frozen=True, kw_only=True)
class Withdrawn(Providers):
    """Knew the provider until it was withdrawn, and lets what was signed before stand."""

    since: datetime

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        if (source.signed_at or at) >= self.since:
            raise NotAuthorisedError("it was withdrawn")
        return super().key_for(source, role=role, type_id=type_id, at=at)


def attestation(
    *,
    drop: str = "",
    signer: SoftwareSigner = PROVIDER_SIGNER,
    header: Mapping[str, Any] = MappingProxyType({}),
    **claims: Any,
) -> str:
    """An attestation that is right in all but what a test changes."""
    members: dict[str, Any] = {
        "iss": PROVIDER,
        "sub": CLIENT,
        "iat": jwt.seconds(NOW),
        "exp": jwt.seconds(EXPIRES),
        "cnf": {"jwk": jwk.public_jwk(INSTANCE.public_key)},
    }
    members = {name: value for name, value in (members | claims).items() if name != drop}
    head: dict[str, Any] = {"typ": "oauth-client-attestation+jwt", "x5c": ["Y2VydGlmaWNhdGU="]} | dict(header)
    head = {name: value for name, value in head.items() if name != drop}
    return jws.sign(json.dumps(members), signer=signer, header=head)


def pop(
    *,
    drop: str = "",
    signer: SoftwareSigner = INSTANCE,
    header: Mapping[str, Any] = MappingProxyType({}),
    **claims: Any,
) -> str:
    """A proof that is right in all but what a test changes."""
    members: dict[str, Any] = {"iss": CLIENT, "aud": SERVER, "jti": "a", "iat": jwt.seconds(NOW)}
    members = {name: value for name, value in (members | claims).items() if name != drop}
    head = {"typ": "oauth-client-attestation-pop+jwt"} | dict(header)
    head = {name: value for name, value in head.items() if name != drop}
    return jws.sign(json.dumps(members), signer=signer, header=head)


def verified(text: str, proof: str, **others: Any) -> AttestedClient:
    request: dict[str, Any] = {
        "audience": SERVER,
        "client_id": CLIENT,
        "challenges": None,
        "trust": Providers(),
        "at": NOW,
    }
    return verify_client_attestation(text, proof, **request | others)


def refused(text: str, proof: str, *, error: str = "invalid_client_attestation", **others: Any) -> OAuthRefusal:
    with pytest.raises(OAuthRefusal) as caught:
        verified(text, proof, **others)
    assert (caught.value.error.value, caught.value.status) == (error, 400)
    return caught.value


class TestPublished:
    """OpenID4VCI 1.0, appendix E: an attestation with the certificate of its provider."""

    text = property(
        lambda self: "".join(shared("openid4vci-1.0", "wallet_attestation.jwt.txt").read_text("ascii").split())
    )
    at = datetime.fromtimestamp(1755050000, UTC)

    def trust(self) -> Providers:
        chain = jws.parse(self.text).header.chain
        key = PublicKey.from_certificate(x509.load_der_x509_certificate(chain[0]))
        return Providers(issuer="https://wallet-provider.example.com", chain=chain, key=key)

    def test_it_is_what_it_says(self):
        found = verify_attestation(self.text, trust=self.trust(), at=self.at)
        assert found.client_id == "https://wallet.example.com"
        assert found.name == "Wallet Solution X by Wonderland State Department"
        assert found.link == "https://example.com/wallet/detail_info.html"
        assert found.expires == datetime.fromtimestamp(1755102745, UTC)
        assert jwk.public_jwk(found.key)["x"] == "18wHLeIgW9wVN6VD1Txgpqy2LszYkMf6J8njVAibvhM"
        assert found.status is None

    @pytest.mark.parametrize("seconds", [1755023547 - 61, 1755102745 + 60])
    def test_before_and_after_it_is_not(self, seconds):
        for at in (self.at, datetime.fromtimestamp(seconds, UTC)):
            if at == self.at:
                verify_attestation(self.text, trust=self.trust(), at=at)
                continue
            with pytest.raises(OAuthRefusal) as caught:
                verify_attestation(self.text, trust=self.trust(), at=at)
            assert caught.value.error is OAuthErrorCode.USE_FRESH_ATTESTATION

    def test_no_character_can_be_changed(self):
        text = self.text
        for position in range(0, len(text), 7):
            if text[position] != ".":
                with pytest.raises(OAuthRefusal):
                    verify_attestation(flipped(text, position), trust=self.trust(), at=self.at)


class TestMaking:
    def test_it_has_the_members_that_the_standard_asks_for(self):
        text = make_client_attestation(
            PROVIDER_KEY,
            client_id=CLIENT,
            key=INSTANCE.public_key,
            at=NOW,
            expires=EXPIRES,
            wallet_name="Wallet",
            wallet_link="https://wallet.example/about",
            status={"status_list": {"idx": 1, "uri": "https://provider.example/list"}},
        )
        assert jws.parse(text).header.members == {
            "alg": "ES256",
            "typ": "oauth-client-attestation+jwt",
            "x5c": ["Y2VydGlmaWNhdGU="],
        }
        assert payload_of(text) == {
            "iss": PROVIDER,
            "sub": CLIENT,
            "iat": jwt.seconds(NOW),
            "exp": jwt.seconds(EXPIRES),
            "cnf": {"jwk": jwk.public_jwk(INSTANCE.public_key)},
            "wallet_name": "Wallet",
            "wallet_link": "https://wallet.example/about",
            "status": {"status_list": {"idx": 1, "uri": "https://provider.example/list"}},
        }

    def test_what_is_made_is_verified(self):
        text = make_client_attestation(
            PROVIDER_KEY, client_id=CLIENT, key=INSTANCE.public_key, at=NOW, expires=EXPIRES, wallet_name="Wallet"
        )
        challenge = CHALLENGES.issue(at=NOW)
        proof = make_pop(INSTANCE, audience=SERVER, at=NOW, challenge=challenge, client_id=CLIENT)
        found = verified(text, proof, challenges=CHALLENGES)
        assert (found.client_id, found.key, found.provider.party) == (CLIENT, INSTANCE.public_key, PROVIDER)
        assert (found.challenge, found.attestation.name, found.attestation.link) == (challenge, "Wallet", None)
        assert len(found.jti) == 22

    def test_a_provider_may_be_known_by_its_key_or_a_federation(self):
        provider = IssuerKey(signer=PROVIDER_SIGNER, chain=(), identifier=None, key_id="k", trust_chain=("a", "b"))
        text = make_client_attestation(provider, client_id=CLIENT, key=INSTANCE.public_key, at=NOW, expires=EXPIRES)
        header = jws.parse(text).header
        assert (header.chain, header.key_id, header.trust_chain) == ((), "k", ("a", "b"))
        assert "iss" not in payload_of(text)
        assert verified(text, pop(), trust=Providers(issuer=None, chain=())).client_id == CLIENT

    def test_the_proof_has_the_members_that_the_standard_asks_for(self):
        text = make_pop(INSTANCE, audience=SERVER, at=NOW, jti="j")
        assert jws.parse(text).header.members == {"alg": "ES256", "typ": "oauth-client-attestation-pop+jwt"}
        assert payload_of(text) == {"aud": SERVER, "jti": "j", "iat": jwt.seconds(NOW)}

    def test_the_method_is_that_of_the_standard(self):
        assert CLIENT_ATTESTATION == "attest_jwt_client_auth"

    def test_the_registry_vouches_for_the_providers_that_it_has_enrolled(self):
        demo = Demo()
        provider = demo.registry.enrol_wallet_provider("Mirai Wallet", code="wallet")
        demo.update()
        key = IssuerKey(signer=provider.signer, chain=provider.chain, identifier=provider.identifier)
        city = IssuerKey(signer=demo.city.signer, chain=demo.city.chain, identifier=demo.city.identifier)
        made = [
            make_client_attestation(who, client_id=CLIENT, key=INSTANCE.public_key, at=NOW, expires=EXPIRES)
            for who in (key, city, replace(key, identifier=city.identifier))
        ]
        assert verified(made[0], pop(), trust=demo.client).provider.party == provider.identifier
        for text in made[1:]:
            refused(text, pop(), trust=demo.client)


class TestAttestation:
    def test_it_is_evidence(self):
        found = verified(attestation(extra=1), pop(extra=1))
        assert found.thumbprint == jwk.thumbprint(jwk.public_jwk(INSTANCE.public_key))
        for evidence in (found, found.attestation):
            with pytest.raises(TypeError, match="truth value"):
                bool(evidence)

    @pytest.mark.parametrize("typ", ["JWT", "oauth-client-attestation-pop+jwt", "Oauth-Client-Attestation+JWT"])
    def test_another_token_is_none(self, typ):
        assert refused(attestation(header={"typ": typ}), pop()).code == "WRONG_TYPE"

    @pytest.mark.parametrize("drop", ["typ", "sub", "exp", "cnf"])
    def test_nothing_may_be_missing(self, drop):
        refused(attestation(drop=drop), pop())

    def test_what_later_drafts_have_left_out_may_be_missing(self):
        assert verified(attestation(drop="iss"), pop(drop="iss"), trust=Providers(issuer=None)).client_id == CLIENT
        assert verified(attestation(drop="iat"), pop()).client_id == CLIENT

    def test_a_withdrawn_provider_attests_nothing_more_whatever_time_it_writes(self):
        earlier = attestation(iat=jwt.seconds(NOW - timedelta(days=2)))
        trust = Withdrawn(since=NOW + SECOND)
        assert verified(earlier, pop(), trust=trust).client_id == CLIENT
        assert refused(earlier, pop(), trust=Withdrawn(since=NOW)).code == "NOT_AUTHORISED"

    @pytest.mark.parametrize("name", ["iss", "sub", "iat", "exp", "cnf", "wallet_name", "wallet_link", "status"])
    @pytest.mark.parametrize("value", [True, [], "", 1.5e300])
    def test_nothing_may_be_of_another_kind(self, name, value):
        refused(attestation(**{name: value}), pop())

    @pytest.mark.parametrize("cnf", [{}, {"kid": "a"}, {"jwk": {}}, {"jwk": {"kty": "oct", "k": "AA"}}, None])
    def test_it_names_a_public_key(self, cnf):
        refused(attestation(cnf=cnf), pop())

    def test_the_key_in_it_has_no_private_half(self):
        key = jwk.public_jwk(INSTANCE.public_key)
        refused(attestation(cnf={"jwk": key | {"d": key["x"]}}), pop())
        assert verified(attestation(cnf={"jwk": key}), pop()).key == INSTANCE.public_key

    def test_a_known_provider_has_signed_it(self):
        assert refused(attestation(signer=STRANGER), pop()).code == "SIGNATURE_INVALID"
        assert refused(attestation(iss="https://evil.example"), pop()).code == "UNTRUSTED"
        assert refused(attestation(drop="x5c"), pop()).code == "UNTRUSTED"
        assert refused(attestation(), pop(), trust=Providers(role=Role.CREDENTIAL_ISSUER)).code == "NOT_AUTHORISED"

    def test_a_store_that_fails_is_not_the_wallets_fault(self):
        class Broken(Providers):
            def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
                raise StoreError("gone")

        with pytest.raises(StoreError):
            verified(attestation(), pop(), trust=Broken())

    def test_it_is_for_the_client_of_the_request(self):
        assert refused(attestation(), pop(), client_id="https://other.example").code == "CLIENT_MISMATCH"
        assert verified(attestation(), pop(), client_id=None).client_id == CLIENT

    @pytest.mark.parametrize("times", [{"exp": 59}, {"nbf": -60}, {"iat": -60}])
    def test_it_is_good_in_its_time_and_for_clocks_that_differ(self, times):
        claims = {name: jwt.seconds(NOW) - seconds for name, seconds in times.items()}
        assert verified(attestation(**claims), pop()).client_id == CLIENT

    @pytest.mark.parametrize(
        ("times", "error", "code"),
        [
            ({"exp": 60}, "use_fresh_attestation", "EXPIRED"),
            ({"nbf": -61}, "use_fresh_attestation", "NOT_YET_VALID"),
            ({"iat": -61}, "invalid_client_attestation", "NOT_YET_VALID"),
        ],
    )
    def test_before_and_after_it_is_not(self, times, error, code):
        claims = {name: jwt.seconds(NOW) - seconds for name, seconds in times.items()}
        assert refused(attestation(**claims), pop(), error=error).code == code

    def test_the_longest_is_read_and_a_longer_one_is_not(self):
        assert verified(attestation(extra="a" * (MAX_BYTES // 2)), pop()).client_id == CLIENT
        assert refused(attestation(extra="a" * MAX_BYTES), pop()).code == "LIMIT_EXCEEDED"

    def test_no_character_of_the_two_can_be_changed(self):
        text, proof = attestation(), pop()
        for position in range(len(text)):
            if text[position] != ".":
                refused(flipped(text, position), proof)
        for position in range(len(proof)):
            if proof[position] != ".":
                refused(text, flipped(proof, position))

    @pytest.mark.parametrize("text", ["", "a", "a.b.c", "\u3042", ".."])
    def test_what_is_no_token_is_refused(self, text):
        refused(text, pop())
        refused(attestation(), text)


class TestProof:
    @pytest.mark.parametrize("typ", ["JWT", "oauth-client-attestation+jwt", "dpop+jwt"])
    def test_another_token_is_none(self, typ):
        assert refused(attestation(), pop(header={"typ": typ})).code == "WRONG_TYPE"

    @pytest.mark.parametrize("drop", ["typ", "aud", "jti", "iat"])
    def test_nothing_may_be_missing(self, drop):
        refused(attestation(), pop(drop=drop))

    @pytest.mark.parametrize("name", ["iss", "aud", "jti", "iat", "challenge"])
    @pytest.mark.parametrize("value", [None, True, {}, [], ""])
    def test_nothing_may_be_of_another_kind(self, name, value):
        assert refused(attestation(), pop(**{name: value})).code == "MALFORMED"

    def test_the_instance_has_signed_it(self):
        assert refused(attestation(), pop(signer=STRANGER)).code == "SIGNATURE_INVALID"
        assert refused(attestation(), pop(signer=PROVIDER_SIGNER)).code == "SIGNATURE_INVALID"

    def test_a_key_of_another_kind_signs_with_its_own_algorithm(self):
        signer = SoftwareSigner.generate(Algorithm.EDDSA)
        text = attestation(cnf={"jwk": jwk.public_jwk(signer.public_key)})
        assert verified(text, pop(signer=signer)).key == signer.public_key
        assert refused(text, pop()).code == "ALGORITHM_NOT_ALLOWED"

    @pytest.mark.parametrize("aud", ["https://evil.example", f"{SERVER}/", ["https://evil.example"], "\u3042"])
    def test_it_is_for_this_server(self, aud):
        assert refused(attestation(), pop(aud=aud)).code == "AUDIENCE_MISMATCH"

    def test_it_is_for_this_server_alone(self):
        assert verified(attestation(), pop(aud=[SERVER])).client_id == CLIENT
        assert refused(attestation(), pop(aud=[SERVER, "https://evil.example"])).code == "MALFORMED"

    def test_who_makes_it_is_the_client(self):
        assert refused(attestation(), pop(iss="https://other.example")).code == "CLIENT_MISMATCH"

    @pytest.mark.parametrize("seconds", [60, 0, -300])
    def test_it_is_good_for_five_minutes_and_for_clocks_that_differ(self, seconds):
        assert verified(attestation(), pop(iat=jwt.seconds(NOW) + seconds)).client_id == CLIENT

    @pytest.mark.parametrize(
        ("claims", "code"),
        [({"iat": 61}, "NOT_YET_VALID"), ({"iat": -301}, "EXPIRED"), ({"exp": -60}, "EXPIRED")],
    )
    def test_before_and_after_it_is_not(self, claims, code):
        times = {name: jwt.seconds(NOW) + seconds for name, seconds in claims.items()}
        assert refused(attestation(), pop(**times)).code == code

    def test_the_longest_is_read_and_a_longer_one_is_not(self):
        assert verified(attestation(), pop(jti="j" * MAX_JTI)).jti == "j" * MAX_JTI
        assert refused(attestation(), pop(jti="j" * (MAX_JTI + 1))).code == "LIMIT_EXCEEDED"
        assert verified(attestation(), pop(extra="a" * (MAX_POP_BYTES // 2))).client_id == CLIENT
        assert refused(attestation(), pop(extra="a" * MAX_POP_BYTES)).code == "LIMIT_EXCEEDED"

    def test_what_is_remembered_is_of_key_and_name(self):
        other = attestation(cnf={"jwk": jwk.public_jwk(STRANGER.public_key)})
        ids = {
            verified(attestation(), pop()).replay_id,
            verified(attestation(), pop(jti="b")).replay_id,
            verified(other, pop(signer=STRANGER)).replay_id,
        }
        assert len(ids) == 3
        assert verified(attestation(wallet_name="x"), pop(challenge="c")).replay_id in ids

    def test_what_only_the_two_know_is_not_shown(self):
        found = verified(attestation(status={"a": "secret"}), pop(jti="secret", challenge="secret"))
        assert "secret" not in repr(found)


class TestChallenge:
    def test_a_challenge_of_ours_passes(self):
        challenge = CHALLENGES.issue(at=NOW - LIFETIME + SECOND)
        assert verified(attestation(), pop(challenge=challenge), challenges=CHALLENGES).challenge == challenge

    def test_without_a_good_one_a_fresh_one_is_given(self):
        stale, stranger = CHALLENGES.issue(at=NOW - LIFETIME), ClientChallenges(bytes(31) + b"1").issue(at=NOW)
        proofs = [pop(), pop(challenge="c"), pop(challenge=stale), pop(challenge=stranger), pop(nonce="c")]
        for proof in proofs:
            refusal = refused(attestation(), proof, challenges=CHALLENGES, error="use_attestation_challenge")
            fresh = refusal.response().headers["oauth-client-attestation-challenge"]
            assert verified(attestation(), pop(challenge=fresh), challenges=CHALLENGES).challenge == fresh

    def test_where_none_is_given_out_one_is_only_handed_on(self):
        assert verified(attestation(), pop(challenge="c")).challenge == "c"
        assert verified(attestation(), pop()).challenge is None

    def test_a_stranger_is_given_none(self):
        refused(attestation(), pop(signer=STRANGER), challenges=CHALLENGES)

    def test_the_answer_of_the_endpoint_comes_back(self):
        assert challenge_response("AYjcyMzY3ZDhiNmJkNTZ") == b'{"attestation_challenge":"AYjcyMzY3ZDhiNmJkNTZ"}'
        assert read_challenge_response(challenge_response("c")) == "c"

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b"{}", b'{"attestation_challenge":""}', b'{"attestation_challenge":1}']
    )
    def test_a_broken_answer_is_refused(self, body):
        with pytest.raises(MalformedError):
            read_challenge_response(body)

    def test_the_longest_answer_is_read_and_a_longer_one_is_not(self):
        longest = challenge_response("c" * MAX_CHALLENGE)
        assert read_challenge_response(longest.ljust(MAX_RESPONSE_BYTES))
        for longer in (challenge_response("c" * (MAX_CHALLENGE + 1)), longest.ljust(MAX_RESPONSE_BYTES + 1)):
            with pytest.raises(LimitExceededError):
                read_challenge_response(longer)
