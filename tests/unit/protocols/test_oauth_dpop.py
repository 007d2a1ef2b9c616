# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Demonstrating Proof of Possession (RFC 9449): a proof is good for one request, by one key, for a short time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from tests.support.pki import NOW
from tests.support.world import flipped, payload_of
from vcwallet.encoding import json
from vcwallet.jose import jws, jwt
from vcwallet.keys import Algorithm, jwk
from vcwallet.keys.software import SoftwareKeyAgreement, SoftwareSigner
from vcwallet.protocols.oauth.dpop import (
    MAX_BYTES,
    MAX_JTI,
    MAX_NONCE,
    DpopNonces,
    DpopProof,
    make_proof,
    token_digest,
    verify_proof,
)
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal
from vcwallet.protocols.stateless_nonce import LIFETIME

# RFC 9449: figure 2 (token endpoint), figure 12 (resource), sections 6.1 (thumbprint) and 7.1 (access token)
RFC_9449_HEADER = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyV"
    "VFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
)
RFC_9449_TOKEN_REQUEST = (
    f"{RFC_9449_HEADER}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3"
    "Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3"
    "Lg"
)
RFC_9449_RESOURCE_REQUEST = (
    f"{RFC_9449_HEADER}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy"
    "9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ"
    "9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)
RFC_9449_ACCESS_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
RFC_9449_THUMBPRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
RFC_9449_TIME = datetime.fromtimestamp(1562262618, UTC)

SIGNER = SoftwareSigner.generate()
STRANGER = SoftwareSigner.generate()
URL = "https://issuer.example/token"
TOKEN = "Kz~8mXK1EalYznwH"


def verified(text: str, **others: Any) -> DpopProof:
    request: dict[str, Any] = {"method": "POST", "url": URL, "access_token": None, "at": NOW}
    return verify_proof(text, **request | others)


def proof(
    *, drop: str = "", signer: SoftwareSigner = SIGNER, header: Mapping[str, Any] = MappingProxyType({}), **claims: Any
) -> str:
    """A proof that is right in all but what a test changes."""
    members: dict[str, Any] = {"jti": "a", "htm": "POST", "htu": URL, "iat": jwt.seconds(NOW)}
    members = {name: value for name, value in (members | claims).items() if name != drop}
    head = {"typ": "dpop+jwt", "jwk": jwk.public_jwk(SIGNER.public_key)} | dict(header)
    head = {name: value for name, value in head.items() if name != drop}
    return jws.sign(json.dumps(members), signer=signer, header=head)


def refused(text: str, **others: Any) -> OAuthRefusal:
    with pytest.raises(OAuthRefusal) as caught:
        verified(text, **others)
    assert caught.value.error is OAuthErrorCode.INVALID_DPOP_PROOF
    return caught.value


class TestPublished:
    def test_the_proof_of_a_token_request(self):
        found = verify_proof(
            RFC_9449_TOKEN_REQUEST,
            method="POST",
            url="https://server.example.com/token",
            access_token=None,
            at=RFC_9449_TIME,
        )
        assert (found.jti, found.nonce, found.thumbprint) == ("-BwC3ESc6acc2lTc", None, RFC_9449_THUMBPRINT)
        assert found.issued_at == datetime.fromtimestamp(1562262616, UTC)

    def test_the_proof_of_a_request_to_a_resource(self):
        found = verify_proof(
            RFC_9449_RESOURCE_REQUEST,
            method="GET",
            url="https://resource.example.org/protectedresource",
            access_token=RFC_9449_ACCESS_TOKEN,
            at=RFC_9449_TIME,
        )
        assert (found.jti, found.thumbprint) == ("e1j3V_bKic8-LAEB", RFC_9449_THUMBPRINT)

    def test_the_digest_of_the_access_token(self):
        assert token_digest(RFC_9449_ACCESS_TOKEN) == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


class TestMaking:
    def test_it_has_the_members_that_the_standard_asks_for(self):
        text = make_proof(SIGNER, method="POST", url=URL, at=NOW, jti="j")
        header = jws.parse(text).header
        assert header.members == {"alg": "ES256", "typ": "dpop+jwt", "jwk": jwk.public_jwk(SIGNER.public_key)}
        assert payload_of(text) == {"jti": "j", "htm": "POST", "htu": URL, "iat": jwt.seconds(NOW)}

    def test_token_and_nonce_stand_in_it(self):
        claims = payload_of(make_proof(SIGNER, method="GET", url=URL, at=NOW, access_token=TOKEN, nonce="n"))
        assert (claims["ath"], claims["nonce"]) == (token_digest(TOKEN), "n")

    @pytest.mark.parametrize("rest", ["?a=b", "#a", "?a=b#c", "#a?b"])
    def test_query_and_fragment_are_left_out(self, rest):
        text = make_proof(SIGNER, method="POST", url=URL + rest, at=NOW)
        assert payload_of(text)["htu"] == URL
        verified(text, url=URL + rest)

    def test_each_has_another_name(self):
        made = {payload_of(make_proof(SIGNER, method="POST", url=URL, at=NOW))["jti"] for _ in range(5)}
        assert len(made) == 5
        assert min(map(len, made)) == 22

    @pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.ES384, Algorithm.ES512, Algorithm.EDDSA])
    def test_every_classical_key_can_prove_itself(self, algorithm):
        signer = SoftwareSigner.generate(algorithm)
        assert verified(make_proof(signer, method="POST", url=URL, at=NOW)).key == signer.public_key


class TestVerifying:
    def test_the_proof_is_evidence(self):
        found = verified(proof(nonce="n", extra=1))
        assert (found.key, found.jti, found.nonce, found.issued_at) == (SIGNER.public_key, "a", "n", NOW)
        assert found.thumbprint == jwk.thumbprint(jwk.public_jwk(SIGNER.public_key))
        with pytest.raises(TypeError, match="truth value"):
            bool(found)

    def test_what_is_remembered_is_of_key_and_name(self):
        other = proof(signer=STRANGER, header={"jwk": jwk.public_jwk(STRANGER.public_key)})
        ids = {verified(proof()).replay_id, verified(proof(jti="b")).replay_id, verified(other).replay_id}
        assert len(ids) == 3
        assert verified(proof()).replay_id in ids
        assert {len(each) for each in ids} == {43}

    @pytest.mark.parametrize(
        "header", [{"typ": "JWT"}, {"typ": "DPOP+JWT"}, {"typ": "oauth-client-attestation-pop+jwt"}]
    )
    def test_another_token_is_no_proof(self, header):
        assert refused(proof(header=header)).code == "WRONG_TYPE"

    @pytest.mark.parametrize("drop", ["typ", "jwk", "jti", "htm", "htu", "iat"])
    def test_nothing_may_be_missing(self, drop):
        refused(proof(drop=drop))

    @pytest.mark.parametrize("name", ["jti", "htm", "htu", "iat"])
    @pytest.mark.parametrize("value", [None, True, {}, [], ""])
    def test_nothing_may_be_of_another_kind(self, name, value):
        assert refused(proof(**{name: value})).code == "MALFORMED"

    def test_it_is_signed_by_the_key_in_it(self):
        assert refused(proof(signer=STRANGER)).code == "SIGNATURE_INVALID"

    @pytest.mark.parametrize(
        "key",
        [
            jwk.public_jwk(SIGNER.public_key) | {"d": "AA"},
            jwk.public_jwk(SIGNER.public_key) | {"use": "enc"},
            jwk.public_jwk(SIGNER.public_key) | {"alg": "ES384"},
            {"kty": "oct", "k": "AA"},
            SoftwareKeyAgreement.generate().public_jwk | {"use": "enc"},
            "key",
            None,
        ],
        ids=["private", "use", "alg", "symmetric", "agreement", "text", "null"],
    )
    def test_the_key_in_it_is_a_public_key_for_signatures(self, key):
        refused(proof(header={"jwk": key}))

    def test_an_algorithm_that_is_not_allowed_is_refused(self):
        verified(proof(), algorithms={Algorithm.ES256})
        assert refused(proof(), algorithms={Algorithm.ES384}).code == "ALGORITHM_NOT_ALLOWED"

    def test_a_post_quantum_key_is_allowed_by_naming_it(self):
        signer = SoftwareSigner.generate(Algorithm.ML_DSA_44)
        text = make_proof(signer, method="POST", url=URL, at=NOW)
        assert refused(text).code == "ALGORITHM_NOT_ALLOWED"
        assert verified(text, algorithms={Algorithm.ML_DSA_44}).key == signer.public_key

    @pytest.mark.parametrize("method", ["GET", "post", "POST "])
    def test_it_is_for_one_method(self, method):
        assert refused(proof(), method=method).code == "DPOP_METHOD"

    @pytest.mark.parametrize(
        "url",
        [
            "https://issuer.example/token/",
            "https://issuer.example/tokeN",
            "https://issuer.example/",
            "https://issuer.example:8443/token",
            "https://other.example/token",
            "http://issuer.example/token",
            "https://issuer.example/a/../token",
        ],
    )
    def test_it_is_for_one_url(self, url):
        assert refused(proof(), url=url).code == "DPOP_URL"
        verified(proof(htu=url), url=url)

    @pytest.mark.parametrize(
        ("htu", "url"),
        [
            ("HTTPS://Issuer.Example/token", URL),
            ("https://issuer.example:443/token", URL),
            ("https://issuer.example:/token", URL),
            ("https://issuer.example/%74oken", URL),
            (URL, "https://issuer.example/token?a=b#c"),
            ("https://issuer.example", "https://issuer.example/"),
            ("https://issuer.example/%c3%a9", "https://issuer.example/%C3%A9"),
            ("http://127.0.0.1:80/token", "http://127.0.0.1/token"),
            ("http://[::1]:8080/token", "http://[::1]:8080/token"),
        ],
    )
    def test_spellings_of_one_url_are_the_same(self, htu, url):
        verified(proof(htu=htu), url=url)

    @pytest.mark.parametrize(
        "htu",
        [
            f"{URL}?a=b",
            f"{URL}#a",
            f"{URL}?",
            "https://user@issuer.example/token",
            "https://issuer.example:0x1/token",
            "https://[::1/token",
            "https:///token",
            "/token",
            "ftp://issuer.example/token",
            f"{URL} ",
            "https://issuer.example/to\tken",
            "https://issuer.example/\u3042",
        ],
    )
    def test_what_is_no_url_of_a_request_is_refused(self, htu):
        assert refused(proof(htu=htu)).code == "MALFORMED"

    def test_port_0_is_no_other_port(self):
        assert refused(proof(htu="https://issuer.example:0/token")).code == "DPOP_URL"

    @pytest.mark.parametrize("seconds", [60, 0, -300])
    def test_it_is_good_for_five_minutes_and_for_clocks_that_differ(self, seconds):
        verified(proof(iat=jwt.seconds(NOW) + seconds))

    @pytest.mark.parametrize(("seconds", "code"), [(61, "NOT_YET_VALID"), (-301, "EXPIRED")])
    def test_before_and_after_it_is_not(self, seconds, code):
        assert refused(proof(iat=jwt.seconds(NOW) + seconds)).code == code

    def test_an_end_of_its_own_counts(self):
        now = jwt.seconds(NOW)
        verified(proof(exp=now - 59, nbf=now + 60))
        assert refused(proof(exp=now - 60)).code == "EXPIRED"
        assert refused(proof(nbf=now + 61)).code == "NOT_YET_VALID"

    @pytest.mark.parametrize("nonce", ["", 1, True, "a b", 'a"', "a\\", "\u3042", "n" * (MAX_NONCE + 1)])
    def test_a_nonce_has_the_characters_of_one(self, nonce):
        assert refused(proof(nonce=nonce)).code == "MALFORMED"

    def test_the_longest_proof_is_read_and_a_longer_one_is_not(self):
        verified(proof(jti="a" * MAX_JTI, nonce="n" * MAX_NONCE))
        assert refused(proof(jti="a" * (MAX_JTI + 1))).code == "LIMIT_EXCEEDED"
        verified(proof(extra="a" * 1000))
        assert refused(proof(extra="a" * MAX_BYTES)).code == "LIMIT_EXCEEDED"

    @pytest.mark.parametrize("text", ["", "a", "a.b.c", "\u3042", ".."])
    def test_what_is_no_token_is_refused(self, text):
        refused(text)

    def test_no_character_can_be_changed(self):
        text = proof(nonce="n")
        for position in (n for n, character in enumerate(text) if character != "."):
            refused(flipped(text, position))

    def test_refusals_tell_nothing_of_the_proof(self):
        text = proof(jti="secret-name")
        assert "secret-name" not in str(refused(text, method="GET"))
        assert "secret-name" not in repr(verified(text))


class TestToken:
    def test_a_token_belongs_to_its_proof(self):
        verified(proof(ath=token_digest(TOKEN)), access_token=TOKEN)

    @pytest.mark.parametrize("ath", [token_digest("other"), TOKEN, ""])
    def test_another_token_does_not(self, ath):
        assert refused(proof(ath=ath), access_token=TOKEN).status == 401

    def test_a_proof_without_a_token_is_not_for_a_resource(self):
        assert refused(proof(), access_token=TOKEN).status == 401

    def test_where_no_token_belongs_the_digest_does_not_matter(self):  # RFC 9449, section 4.3, point 11
        verified(proof(ath=token_digest(TOKEN)))
        assert refused(proof(), method="GET").status == 400

    def test_a_token_that_is_no_token_is_refused(self):
        assert refused(proof(ath=token_digest(TOKEN)), access_token="\u3042").code == "DPOP_TOKEN"


class TestKey:
    def test_the_bound_key_passes_and_another_does_not(self):
        found = verified(proof())
        found.require_key(found.thumbprint)
        for other in (jwk.thumbprint(jwk.public_jwk(STRANGER.public_key)), "", "\u3042"):
            with pytest.raises(OAuthRefusal) as caught:
                found.require_key(other)
            assert (caught.value.error, caught.value.code) == (OAuthErrorCode.INVALID_TOKEN, "DPOP_KEY")

    def test_the_code_of_the_refusal_can_be_said(self):
        with pytest.raises(OAuthRefusal) as caught:
            verified(proof()).require_key("", error=OAuthErrorCode.INVALID_GRANT)
        assert caught.value.error is OAuthErrorCode.INVALID_GRANT


class TestNonces:
    nonces = DpopNonces(bytes(32))

    def test_a_nonce_of_ours_passes(self):
        self.nonces.require(self.nonces.issue(at=NOW), at=NOW + LIFETIME - timedelta(seconds=1))

    @pytest.mark.parametrize("status", [400, 401])
    def test_without_a_good_one_a_fresh_one_is_given(self, status):
        stale = self.nonces.issue(at=NOW - LIFETIME)
        stranger = DpopNonces(bytes(31) + b"1").issue(at=NOW)
        for nonce in (None, "", "n", stale, stranger):
            with pytest.raises(OAuthRefusal) as caught:
                self.nonces.require(nonce, at=NOW, status=status)
            response = caught.value.response()
            assert (response.status, response.body) == (status, b'{"error":"use_dpop_nonce"}')
            self.nonces.require(response.headers["dpop-nonce"], at=NOW)

    def test_the_standard_asks_for_it_like_this_at_a_resource(self):  # RFC 9449, section 9
        with pytest.raises(OAuthRefusal) as caught:
            self.nonces.require(None, at=NOW, status=401)
        assert caught.value.response().headers["www-authenticate"].startswith('DPoP error="use_dpop_nonce"')
