# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Access tokens in the Authorization header field (RFC 6750, section 2.1; RFC 9449, section 7.1)."""

from __future__ import annotations

import pytest

from vcwallet.protocols.oauth.bearer import MAX_TOKEN, AccessToken, read_authorization
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal
from vcwallet.protocols.oauth.token_type import TokenType

DPOP = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"  # RFC 9449, section 7.1
BEARER = "mF_9.B5f-4.1JqM"  # RFC 6750, section 2.1


@pytest.mark.parametrize(
    ("header", "token_type", "token"),
    [
        (f"DPoP {DPOP}", TokenType.DPOP, DPOP),
        (f"Bearer {BEARER}", TokenType.BEARER, BEARER),
        ("bearer abc==", TokenType.BEARER, "abc=="),
        ("DPOP  abc ", TokenType.DPOP, "abc"),
        ("DPoP " + "a" * MAX_TOKEN, TokenType.DPOP, "a" * MAX_TOKEN),
    ],
    ids=["dpop", "bearer", "case", "spaces", "longest"],
)
def test_a_token_is_read_with_its_scheme(header, token_type, token):
    assert read_authorization(header) == AccessToken(token_type=token_type, token=token)


@pytest.mark.parametrize("header", [None, "", "Basic abc", DPOP, f"DPoP:{DPOP}", f"\tDPoP {DPOP}"])
def test_who_comes_without_a_token_is_told_how_to_bring_one(header):
    with pytest.raises(OAuthRefusal) as caught:
        read_authorization(header)
    response = caught.value.response()
    assert response.status == 401
    assert response.headers["www-authenticate"].startswith('DPoP algs="')


@pytest.mark.parametrize(
    "header", ["DPoP ", "DPoP", "DPoP a b", "DPoP a,b", "DPoP \u3042", "DPoP =", "DPoP a=b", "DPoP " + "a" * 16385]
)
def test_what_is_no_token_is_refused(header):
    with pytest.raises(OAuthRefusal) as caught:
        read_authorization(header)
    assert (caught.value.error, caught.value.status) == (OAuthErrorCode.INVALID_TOKEN, 401)
    assert 'error="invalid_token"' in caught.value.response().headers["www-authenticate"]


def test_it_is_written_as_it_was_read():
    assert read_authorization(f"dpop {DPOP}").header() == f"DPoP {DPOP}"


def test_the_token_is_not_shown():
    assert DPOP not in repr(read_authorization(f"DPoP {DPOP}"))
