# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Token requests and responses (RFC 6749; OpenID4VCI 1.0, section 6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.vectors import shared_json
from vcwallet.encoding import json
from vcwallet.errors import LimitExceededError, MalformedError
from vcwallet.protocols.oauth import form
from vcwallet.protocols.oauth.authorization import MAX_CODE
from vcwallet.protocols.oauth.authorization_details import AuthorizationDetail, GrantedDetail
from vcwallet.protocols.oauth.bearer import MAX_TOKEN
from vcwallet.protocols.oauth.grant_type import PRE_AUTHORIZED_CODE
from vcwallet.protocols.oauth.refusal import OAuthRefusal
from vcwallet.protocols.oauth.token import (
    MAX_RESPONSE_BYTES,
    MAX_TX_CODE,
    AuthorizationCodeGrant,
    PreAuthorizedCodeGrant,
    RefreshTokenGrant,
    TokenResponse,
    read_token_request,
    read_token_response,
)
from vcwallet.protocols.oauth.token_type import TokenType

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
DETAIL = AuthorizationDetail(credential_configuration_id="UniversityDegreeCredential")
CODE = AuthorizationCodeGrant(code="secret-c", redirect_uri="https://w.example/cb", code_verifier=VERIFIER)
PRE_AUTHORIZED = PreAuthorizedCodeGrant(pre_authorized_code="secret-p", tx_code="4935")
REFRESH = RefreshTokenGrant(refresh_token="secret-r")
GRANTS = [
    CODE,
    AuthorizationCodeGrant(
        code="c", redirect_uri="a:b", code_verifier=VERIFIER, client_id="w", authorization_details=(DETAIL,)
    ),
    PRE_AUTHORIZED,
    PreAuthorizedCodeGrant(pre_authorized_code="p"),
    PreAuthorizedCodeGrant(pre_authorized_code="p", tx_code="\u3042 1", client_id="w", authorization_details=(DETAIL,)),
    REFRESH,
    RefreshTokenGrant(refresh_token="r", scope=("a", "b"), client_id="w"),
]
DEGREE = GrantedDetail(
    credential_configuration_id="UniversityDegreeCredential",
    credential_identifiers=("CivilEngineeringDegree-2023", "ElectricalEngineeringDegree-2023"),
)


def published(start: str) -> str:
    [text] = [
        block["text"] for block in shared_json("openid4vci-1.0", "spec-blocks.json") if start in block.get("text", "")
    ]
    return str(text)


def refused(params: dict[str, str]) -> str:
    with pytest.raises(OAuthRefusal) as caught:
        read_token_request(params)
    return caught.value.error.value


class TestRequest:
    @pytest.mark.parametrize("grant", GRANTS, ids=lambda grant: type(grant).__name__)
    def test_it_is_read_as_it_was_written(self, grant):
        assert read_token_request(form.read_form(form.form_body(grant.parameters()))) == grant

    def test_the_published_request_with_a_code(self):  # the line breaks are for show
        body = "".join(published("grant_type=authorization_code").partition("urlencoded")[2].split())
        grant = read_token_request(form.read_query(body))
        assert grant == AuthorizationCodeGrant(
            code="SplxlOBeZQQYbYS6WxSbIA", redirect_uri="https://wallet.example.org/cb", code_verifier=VERIFIER
        )

    def test_the_published_request_with_a_pre_authorized_code(self):
        body = "".join(published("grant_type=urn:ietf:params:oauth").partition("urlencoded")[2].split())
        assert read_token_request(form.read_query(body)) == PreAuthorizedCodeGrant(
            pre_authorized_code="SplxlOBeZQQYbYS6WxSbIA", tx_code="493536", authorization_details=(DETAIL,)
        )

    def test_the_example_of_rfc_6749(self):  # section 6
        body = b"grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA"
        assert read_token_request(form.read_form(body)) == RefreshTokenGrant(refresh_token="tGzv3JOkF0XG5Qx2TlKWIA")

    def test_parameters_that_nobody_knows_are_ignored(self):
        others = {"resource": "https://issuer.example", "user_pin": "1", "client_assertion": "a"}
        assert read_token_request(CODE.parameters() | others) == CODE

    def test_a_broken_resource_is_not_passed_over(self):
        assert refused(CODE.parameters() | {"resource": "a"}) == "invalid_request"

    @pytest.mark.parametrize("grant", [CODE, PRE_AUTHORIZED, REFRESH], ids=lambda grant: type(grant).__name__)
    def test_nothing_may_be_missing(self, grant):
        params = grant.parameters()
        for name in params.keys() - {"tx_code"}:
            assert refused({other: value for other, value in params.items() if other != name}) == "invalid_request"
            assert refused(params | {name: ""}) == "invalid_request"

    @pytest.mark.parametrize("grant_type", ["password", "client_credentials", "AUTHORIZATION_CODE", "implicit"])
    def test_another_grant_is_refused(self, grant_type):
        assert refused({"grant_type": grant_type}) == "unsupported_grant_type"

    def test_broken_scope_and_details_have_codes_of_their_own(self):
        assert refused(REFRESH.parameters() | {"scope": "a  b"}) == "invalid_scope"
        for grant in (CODE, PRE_AUTHORIZED):
            params = grant.parameters() | {"authorization_details": "{}"}
            assert refused(params) == "invalid_authorization_details"

    @pytest.mark.parametrize(
        ("grant", "name", "limit"),
        [
            (CODE, "code", MAX_CODE),
            (CODE, "code_verifier", 128),
            (PRE_AUTHORIZED, "pre-authorized_code", MAX_CODE),
            (PRE_AUTHORIZED, "tx_code", MAX_TX_CODE),
            (REFRESH, "refresh_token", MAX_TOKEN),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_the_longest_value_is_read_and_a_longer_one_is_not(self, grant, name, limit):
        read_token_request(grant.parameters() | {name: "a" * limit})
        assert refused(grant.parameters() | {name: "a" * (limit + 1)}) == "invalid_request"

    @pytest.mark.parametrize("value", ["a\nb", "\x00"])
    def test_what_is_typed_has_no_control_characters(self, value):
        assert refused(PRE_AUTHORIZED.parameters() | {"tx_code": value}) == "invalid_request"

    @pytest.mark.parametrize("grant", [CODE, PRE_AUTHORIZED, REFRESH], ids=lambda grant: type(grant).__name__)
    def test_the_secrets_are_not_shown(self, grant):
        assert not any(secret in repr(grant) for secret in ("secret-", VERIFIER, "4935"))


class TestResponse:
    def test_the_published_answer(self):
        found = read_token_response(published('"access_token"').partition("\n\n")[2].encode())
        assert (found.access_token, found.token_type) == ("eyJhbGciOiJSUzI1NiIsInR5cCI6Ikp..sHQ", TokenType.BEARER)
        assert (found.expires_in, found.authorization_details) == (86400, (DEGREE,))
        assert (found.refresh_token, found.scope) == (None, None)

    def test_the_example_of_rfc_9449(self):  # section 5
        body = (
            b'{"access_token": "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU", "token_type": "DPoP",'
            b' "expires_in": 2677, "refresh_token": "Q..Zkm29lexi8VnWg2zPW1x-tgGad0Ibc3s3EwM_Ni4-g"}'
        )
        found = read_token_response(body)
        assert found.token_type is TokenType.DPOP
        assert found.refresh_token == "Q..Zkm29lexi8VnWg2zPW1x-tgGad0Ibc3s3EwM_Ni4-g"
        assert read_token_response(found.to_json()) == found

    def test_everything_comes_back(self):
        answer = TokenResponse(
            access_token="a",
            token_type=TokenType.DPOP,
            expires_in=60,
            refresh_token="r",
            scope="a b",
            authorization_details=(DEGREE,),
        )
        assert read_token_response(answer.to_json()) == answer
        assert json.loads(answer.to_json())["authorization_details"][0]["type"] == "openid_credential"

    def test_what_is_not_there_is_not_written(self):
        answer = TokenResponse(access_token="a", token_type=TokenType.BEARER)
        assert json.loads(answer.to_json()) == {"access_token": "a", "token_type": "Bearer"}

    @pytest.mark.parametrize(
        "changes",
        [{"refresh_token": None, "scope": None}, {"expires_in": None}, {"x": None}, {"authorization_details": None}],
    )
    def test_what_is_null_counts_as_left_out(self, changes):
        body = json.dumps({"access_token": "a", "token_type": "DPoP", "authorization_details": [], **changes})
        assert read_token_response(body) == TokenResponse(access_token="a", token_type=TokenType.DPOP)

    @pytest.mark.parametrize("name", ["bearer", "BEARER", "dpop"])
    def test_the_case_of_the_type_does_not_matter(self, name):
        found = read_token_response(json.dumps({"access_token": "a", "token_type": name}))
        assert found.token_type.value.lower() == name.lower()

    def test_members_that_nobody_knows_are_left_out(self):
        found = read_token_response(
            b'{"access_token":"a","token_type":"Bearer","id_token":"secret","c_nonce":"secret"}'
        )
        assert "secret" not in repr(found)
        assert found == TokenResponse(access_token="a", token_type=TokenType.BEARER)

    @pytest.mark.parametrize(
        "changes",
        [
            {"access_token": None},
            {"access_token": ""},
            {"access_token": "a b"},
            {"access_token": "a\r\nb"},
            {"access_token": "\u3042"},
            {"token_type": None},
            {"token_type": "N_A"},
            {"token_type": 1},
            {"expires_in": 0},
            {"expires_in": -1},
            {"expires_in": "60"},
            {"expires_in": 1.5},
            {"expires_in": True},
            {"refresh_token": ""},
            {"refresh_token": "a\n"},
            {"refresh_token": "\u3042"},
            {"scope": 1},
            {"authorization_details": {}},
            {"authorization_details": [{"type": "openid_credential", "credential_configuration_id": "a"}]},
            {
                "authorization_details": [
                    {"type": "x", "credential_configuration_id": "a", "credential_identifiers": ["b"]}
                ]
            },
        ],
    )
    def test_a_broken_answer_is_refused(self, changes):
        whole: dict[str, Any] = {"access_token": "a", "token_type": "DPoP"}
        read_token_response(json.dumps(whole))
        with pytest.raises(MalformedError):
            read_token_response(json.dumps(whole | changes))

    def test_nothing_may_be_missing(self):
        for body in (b"", b"[]", b"{}", b'{"access_token":"a"}', b'{"token_type":"DPoP"}'):
            with pytest.raises(MalformedError):
                read_token_response(body)

    def test_the_longest_answer_is_read_and_a_longer_one_is_not(self):
        longest = TokenResponse(access_token="a" * MAX_TOKEN, token_type=TokenType.DPOP).to_json()
        assert len(read_token_response(longest.ljust(MAX_RESPONSE_BYTES)).access_token) == MAX_TOKEN
        for longer in (longest.replace(b"aa", b"aaa", 1), longest.ljust(MAX_RESPONSE_BYTES + 1)):
            with pytest.raises(LimitExceededError):
                read_token_response(longer)

    def test_the_tokens_are_not_shown(self):
        shown = repr(TokenResponse(access_token="secret-a", token_type=TokenType.DPOP, refresh_token="secret-r"))
        assert "secret" not in shown

    def test_the_name_of_the_grant_is_that_of_the_standard(self):
        assert PRE_AUTHORIZED_CODE == "urn:ietf:params:oauth:grant-type:pre-authorized_code"
        assert PRE_AUTHORIZED.parameters()["grant_type"] == PRE_AUTHORIZED_CODE
