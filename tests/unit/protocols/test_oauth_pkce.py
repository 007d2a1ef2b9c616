# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Proof Key for Code Exchange (RFC 7636): S256 and nothing else."""

from __future__ import annotations

import pytest

from tests.support.world import flipped
from vcwallet.protocols.oauth.pkce import Pkce, read_challenge, require_verifier
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal

# RFC 7636, appendix B
OCTETS = bytes.fromhex("7418dfb49799e0254ffa607dd8adbbba16d4254d69d6bff05b58055853848d79")
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


class TestMaking:
    def test_the_example_of_the_standard(self):
        pkce = Pkce.create(random_bytes=lambda count: OCTETS[:count])
        assert (pkce.verifier, pkce.challenge) == (VERIFIER, CHALLENGE)

    def test_each_is_another(self):
        assert Pkce.create() != Pkce.create()

    @pytest.mark.parametrize("verifier", ["a" * 42, "a" * 129, "a" * 42 + "!", "a" * 43 + "\n", ""])
    def test_a_verifier_is_as_the_standard_says(self, verifier):
        with pytest.raises(ValueError, match="43 to 128"):
            Pkce(verifier)

    def test_the_secret_is_not_shown(self):
        assert VERIFIER not in repr(Pkce(VERIFIER))


class TestRequiring:
    @pytest.mark.parametrize("verifier", [VERIFIER, "a" * 43, "~" * 128, "Az09-._~" * 8])
    def test_the_right_verifier_passes(self, verifier):
        require_verifier(verifier, challenge=Pkce(verifier).challenge)

    @pytest.mark.parametrize(
        "verifier", [*(flipped(VERIFIER, n) for n in range(len(VERIFIER))), VERIFIER + "a", "", CHALLENGE, "\u3042"]
    )
    def test_another_verifier_is_refused(self, verifier):
        with pytest.raises(OAuthRefusal) as caught:
            require_verifier(verifier, challenge=CHALLENGE)
        assert (caught.value.error, caught.value.code) == (OAuthErrorCode.INVALID_GRANT, "PKCE_MISMATCH")

    def test_a_verifier_that_is_too_short_is_none_though_its_hash_fits(self):
        short = "a" * 42
        challenge = "elOGB_2quSlplZKfRRVlu7gULhhEEXMiqv0rPXawGv8"
        with pytest.raises(OAuthRefusal):
            require_verifier(short, challenge=challenge)

    def test_no_challenge_is_not_met_by_no_verifier(self):
        with pytest.raises(OAuthRefusal):
            require_verifier(VERIFIER, challenge="")
        with pytest.raises(OAuthRefusal):
            require_verifier("", challenge="")


class TestReading:
    def test_the_challenge_of_a_request(self):
        assert read_challenge({"code_challenge": CHALLENGE, "code_challenge_method": "S256"}) == CHALLENGE

    @pytest.mark.parametrize(
        "params",
        [
            {},
            {"code_challenge": CHALLENGE},
            {"code_challenge": CHALLENGE, "code_challenge_method": "plain"},
            {"code_challenge": CHALLENGE, "code_challenge_method": "s256"},
            {"code_challenge_method": "S256"},
            {"code_challenge": CHALLENGE[:-1], "code_challenge_method": "S256"},
            {"code_challenge": CHALLENGE + "a", "code_challenge_method": "S256"},
            {"code_challenge": CHALLENGE[:-1] + "=", "code_challenge_method": "S256"},
        ],
    )
    def test_anything_else_is_refused(self, params):
        with pytest.raises(OAuthRefusal) as caught:
            read_challenge(params)
        assert caught.value.error is OAuthErrorCode.INVALID_REQUEST
