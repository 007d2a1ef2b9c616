# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Refusals (RFC 6749, section 5.2): one constant body for each code, and what a client makes of another's."""

from __future__ import annotations

import json
import pickle

import pytest

from vcwallet.errors import (
    KeyLockedError,
    RemoteProtocolError,
    SignatureInvalidError,
    StoreError,
    TrustedListError,
    UnsupportedError,
)
from vcwallet.flow import HttpResponse
from vcwallet.protocols.oauth.refusal import (
    MAX_BYTES,
    MAX_ERROR,
    OAuthErrorCode,
    OAuthRefusal,
    PeerRefusedError,
    challenge,
    read_refusal,
    refusing,
)
from vcwallet.protocols.oauth.token_type import TokenType

STATUS = {"invalid_token": 401, "insufficient_scope": 403, "server_error": 500, "temporarily_unavailable": 503}


def answer(body: bytes = b"", *, status: int = 400, **headers: str) -> HttpResponse:
    return HttpResponse(status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}, body=body)


class TestAnswering:
    @pytest.mark.parametrize("error", list(OAuthErrorCode))
    def test_the_answer_says_the_code_and_nothing_else(self, error):
        response = OAuthRefusal("why it was", error=error).response()
        assert json.loads(response.body) == {"error": error.value}
        assert response.status == STATUS.get(error.value, 400)
        assert response.headers["content-type"] == "application/json"
        assert response.headers["cache-control"] == "no-store"
        assert ("www-authenticate" in response.headers) is (response.status in (401, 403))

    def test_the_answer_is_the_same_whatever_the_reason(self):
        one = OAuthRefusal("expired", error=OAuthErrorCode.INVALID_GRANT, code="EXPIRED", clause="RFC 6749")
        other = OAuthRefusal("used", error=OAuthErrorCode.INVALID_GRANT)
        assert one.response() == other.response()
        assert (one.code, other.code) == ("EXPIRED", "OAUTH_REFUSED")

    def test_status_and_headers_can_be_said(self):
        refusal = OAuthRefusal(
            "slowly", error=OAuthErrorCode.TEMPORARILY_UNAVAILABLE, status=429, headers={"Retry-After": "5"}
        )
        assert refusal.response().status == 429
        assert refusal.response().headers["retry-after"] == "5"

    def test_it_asks_for_the_scheme_that_was_used(self):
        dpop = OAuthRefusal("", error=OAuthErrorCode.INVALID_TOKEN).response()
        bearer = OAuthRefusal("", error=OAuthErrorCode.INVALID_TOKEN, scheme=TokenType.BEARER).response()
        algorithms = "ES256 ES384 ES512 EdDSA Ed25519"
        assert dpop.headers["www-authenticate"] == f'DPoP error="invalid_token", algs="{algorithms}"'
        assert bearer.headers["www-authenticate"] == 'Bearer error="invalid_token"'

    def test_who_came_without_a_token_is_told_no_error(self):
        assert challenge(TokenType.BEARER) == "Bearer"
        assert challenge(TokenType.DPOP).startswith('DPoP algs="')

    def test_it_is_an_error_of_the_peer_and_survives_pickling(self):
        refusal = OAuthRefusal("why", error=OAuthErrorCode.INVALID_PROOF, headers={"A": "b"})
        again = pickle.loads(pickle.dumps(refusal))  # noqa: S301
        assert isinstance(again, OAuthRefusal)
        assert issubclass(OAuthRefusal, RemoteProtocolError)
        assert again.response() == refusal.response()
        assert str(again) == str(refusal) == "why [OAUTH_REFUSED]"


class TestRefusing:
    def test_an_error_leaves_as_a_refusal_with_its_own_code(self):
        with pytest.raises(OAuthRefusal) as caught, refusing(OAuthErrorCode.INVALID_PROOF, status=401):
            raise SignatureInvalidError("the signature does not verify", clause="RFC 7515")
        assert (caught.value.error, caught.value.status) == (OAuthErrorCode.INVALID_PROOF, 401)
        assert (caught.value.code, caught.value.clause) == ("SIGNATURE_INVALID", "RFC 7515")
        assert isinstance(caught.value.__cause__, SignatureInvalidError)

    def test_a_refusal_stays_as_it_is(self):
        inner = OAuthRefusal("", error=OAuthErrorCode.INVALID_SCOPE)
        with pytest.raises(OAuthRefusal) as caught, refusing(OAuthErrorCode.INVALID_REQUEST):
            raise inner
        assert caught.value is inner

    @pytest.mark.parametrize(
        "error",
        [StoreError("gone"), KeyLockedError("locked"), ValueError("ours"), TrustedListError("stale")],
        ids=lambda error: type(error).__name__,
    )
    def test_what_is_our_own_fault_is_not_told_as_the_peers(self, error):
        with pytest.raises(type(error)) as caught, refusing(OAuthErrorCode.INVALID_REQUEST):
            raise error
        assert caught.value is error

    def test_nothing_happens_where_nothing_is_wrong(self):
        with refusing(OAuthErrorCode.INVALID_REQUEST):
            pass


class TestReading:
    def test_the_example_of_the_standard(self):  # RFC 6749, section 5.2
        refused = read_refusal(answer(b'{"error":"invalid_request"}'))
        assert (refused.error, refused.status, refused.code) == ("invalid_request", 400, "PEER_REFUSED")
        assert "invalid_request" in str(refused)

    def test_a_code_that_nobody_knows_is_told_as_it_is(self):
        assert read_refusal(answer(b'{"error":"invalid_tx_code","error_description":"x"}')).error == "invalid_tx_code"

    def test_a_resource_says_it_in_a_header_field(self):  # RFC 9449, section 9
        told = 'DPoP error="use_dpop_nonce", error_description="Resource server requires nonce in DPoP proof"'
        refused = read_refusal(answer(status=401, www_authenticate=told))
        assert (refused.error, refused.status) == ("use_dpop_nonce", 401)

    def test_the_second_challenge_of_a_field_is_read_as_well(self):  # RFC 6750, section 3
        told = 'Bearer realm="example", error="invalid_token", error_description="The access token expired"'
        assert read_refusal(answer(status=401, www_authenticate=told)).error == "invalid_token"

    def test_the_body_comes_first(self):
        refused = read_refusal(answer(b'{"error":"invalid_proof"}', www_authenticate='DPoP error="invalid_token"'))
        assert refused.error == "invalid_proof"

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<html>",
            b"[]",
            b"{}",
            b'{"error":1}',
            b'{"error":""}',
            b'{"error":"a\\u0000b"}',
            b'{"error":"a\\"b"}',
            b'{"error":"\\u3042"}',
            b'{"error":"' + b"a" * (MAX_ERROR + 1) + b'"}',
            b'{"error":"a","x":"' + b"a" * MAX_BYTES + b'"}',
        ],
        ids=lambda body: body[:20].decode(),
    )
    def test_what_is_no_code_is_not_passed_on(self, body):
        refused = read_refusal(answer(body, status=500))
        assert (refused.error, refused.status) == ("", 500)
        assert "no code" in str(refused)

    def test_the_longest_code_is_passed_on(self):
        assert read_refusal(answer(b'{"error":"' + b"a" * MAX_ERROR + b'"}')).error == "a" * MAX_ERROR

    def test_another_parameter_that_ends_like_it_is_not_it(self):
        assert read_refusal(answer(www_authenticate='Bearer x_error="invalid_token"')).error == ""

    def test_it_survives_pickling(self):
        refused = PeerRefusedError("invalid_grant", status=400)
        again = pickle.loads(pickle.dumps(refused))  # noqa: S301
        assert (again.error, again.status) == ("invalid_grant", 400)


class TestTokenType:
    @pytest.mark.parametrize("name", ["DPoP", "dpop", "DPOP"])
    def test_case_does_not_matter(self, name):
        assert TokenType.parse(name) is TokenType.DPOP

    @pytest.mark.parametrize("name", ["", "mac", "N_A", "Bearer "])
    def test_another_type_is_not_supported(self, name):
        with pytest.raises(UnsupportedError):
            TokenType.parse(name)
