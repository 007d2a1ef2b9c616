# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Authorization requests, pushed or not, and the redirects that answer them: nobody mixes two of them up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.vectors import shared, shared_json
from vcwallet.encoding import json
from vcwallet.errors import BindingError, LimitExceededError, MalformedError
from vcwallet.protocols.oauth import authorization_details as details
from vcwallet.protocols.oauth import form
from vcwallet.protocols.oauth.authorization import (
    MAX_CLIENT_ID,
    MAX_CODE,
    MAX_ISSUER_STATE,
    MAX_REDIRECT_URI,
    MAX_REQUEST_URI,
    MAX_RESOURCES,
    MAX_RESPONSE_BYTES,
    MAX_SCOPE,
    MAX_SCOPES,
    MAX_STATE,
    AuthorizationRequest,
    PushedReference,
    authorization_url,
    direct_authorization_url,
    pushed_response,
    read_authorization_request,
    read_pushed_reference,
    read_pushed_response,
    read_redirect,
    redirect_with_code,
    redirect_with_error,
    require_redirect_uri,
)
from vcwallet.protocols.oauth.authorization_details import AuthorizationDetail, GrantedDetail
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal, PeerRefusedError
from vcwallet.protocols.openid4vci import issuer_metadata, offer

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
THUMBPRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
REDIRECT = "https://wallet.example.org/cb"
ISSUER = "https://issuer.example"
STATE = "af0ifjsldkj"
DETAIL = AuthorizationDetail(credential_configuration_id="UniversityDegreeCredential")
REQUEST = AuthorizationRequest(
    client_id="s6BhdRkqt3",
    redirect_uri=REDIRECT,
    code_challenge=CHALLENGE,
    scope=("degree", "licence"),
    authorization_details=(DETAIL,),
    state=STATE,
    issuer_state="from-the-offer",
    dpop_jkt=THUMBPRINT,
    resource=("https://issuer.example", "urn:a:b"),
)
LEAST = AuthorizationRequest(client_id="c", redirect_uri=REDIRECT, code_challenge=CHALLENGE, scope=("degree",))


def read(**changes: str | None) -> AuthorizationRequest:
    params = REQUEST.parameters() | changes
    return read_authorization_request({name: value for name, value in params.items() if value is not None})


def refused(**changes: str | None) -> str:
    with pytest.raises(OAuthRefusal) as caught:
        read(**changes)
    return caught.value.error.value


class TestRequest:
    @pytest.mark.parametrize("request_", [REQUEST, LEAST, replace(LEAST, scope=(), authorization_details=(DETAIL,))])
    def test_it_is_read_as_it_was_written(self, request_):
        body = form.form_body(request_.parameters())
        assert read_authorization_request(form.read_form(body)) == request_

    def test_the_example_of_rfc_9126(self):  # section 2.1
        body = (
            b"response_type=code&state=af0ifjsldkj&client_id=s6BhdRkqt3"
            b"&redirect_uri=https%3A%2F%2Fclient.example.org%2Fcb"
            b"&code_challenge=K2-ltc83acc4h0c9w6ESC_rEMTJ3bww-uCHaoeK1t8U&code_challenge_method=S256"
            b"&scope=account-information"
        )
        assert read_authorization_request(form.read_form(body)) == AuthorizationRequest(
            client_id="s6BhdRkqt3",
            redirect_uri="https://client.example.org/cb",
            code_challenge="K2-ltc83acc4h0c9w6ESC_rEMTJ3bww-uCHaoeK1t8U",
            scope=("account-information",),
            state="af0ifjsldkj",
        )

    def test_the_examples_of_openid4vci(self):  # sections 5.1.1 and 5.1.2, of which the line breaks are for show
        texts = [block.get("text", "") for block in shared_json("openid4vci-1.0", "spec-blocks.json")]
        blocks = [text for text in texts if text.startswith("GET /authorize?\n  response_type=code")]
        queries = ["".join(block.split("Host:")[0].partition("?")[2].split()) for block in blocks]
        base = AuthorizationRequest(client_id="s6BhdRkqt3", redirect_uri=REDIRECT, code_challenge=CHALLENGE)
        assert [read_authorization_request(form.read_query(query)) for query in queries] == [
            replace(base, authorization_details=(DETAIL,)),
            replace(base, scope=("UniversityDegreeCredential",), resource=("https://credential-issuer.example.com",)),
        ]

    def test_parameters_that_nobody_knows_are_ignored(self):
        assert read(nonce="1", wallet_issuer="https://wallet.example", client_metadata="{}") == REQUEST

    def test_the_only_answer_mode_is_the_query(self):
        assert read(response_mode="query") == REQUEST
        assert refused(response_mode="fragment") == "invalid_request"

    @pytest.mark.parametrize("name", ["response_type", "client_id", "redirect_uri", "code_challenge"])
    def test_nothing_may_be_missing(self, name):
        assert refused(**{name: None}) == "invalid_request"
        assert refused(**{name: "", "code_challenge_method": "S256"}) in (
            "invalid_request",
            "unsupported_response_type",
        )

    def test_pkce_is_s256(self):
        assert refused(code_challenge_method=None) == "invalid_request"
        assert refused(code_challenge_method="plain") == "invalid_request"

    @pytest.mark.parametrize("value", ["token", "code token", "CODE"])
    def test_the_only_response_type_is_code(self, value):
        assert refused(response_type=value) == "unsupported_response_type"

    def test_a_request_object_is_not_read(self):
        assert refused(request="eyJ") == "request_not_supported"

    def test_a_request_does_not_name_another(self):
        assert refused(request_uri="urn:ietf:params:oauth:request_uri:a") == "invalid_request"

    def test_it_asks_for_something(self):
        assert refused(scope=None, authorization_details=None) == "invalid_scope"

    @pytest.mark.parametrize("scope", [" a", "a ", "a  b", 'a"b', "a\\b", "\u3042", " ".join(map(str, range(51)))])
    def test_scope_is_a_list_of_values(self, scope):
        assert refused(scope=scope) == "invalid_scope"

    def test_a_scope_value_counts_once(self):
        assert read(scope="a b a").scope == ("a", "b")
        assert len(read(scope=" ".join(map(str, range(MAX_SCOPES)))).scope) == MAX_SCOPES

    @pytest.mark.parametrize("value", [THUMBPRINT[:-1], THUMBPRINT + "A", THUMBPRINT[:-1] + "=", ""])
    def test_a_thumbprint_is_a_sha_256(self, value):
        assert refused(dpop_jkt=value) == "invalid_request"

    @pytest.mark.parametrize("value", ["not a uri", "a", "https://a.example/#b", "https://\u3042"])
    def test_a_resource_is_an_absolute_uri(self, value):
        assert refused(resource=value) == "invalid_request"

    @pytest.mark.parametrize("name", ["client_id", "state", "issuer_state"])
    @pytest.mark.parametrize("value", ["a\nb", "a\x00", "\u3042", "a\x7f"])
    def test_values_are_visible_ascii(self, name, value):
        assert refused(**{name: value}) == "invalid_request"

    @pytest.mark.parametrize(
        ("name", "limit", "error"),
        [
            ("client_id", MAX_CLIENT_ID, "invalid_request"),
            ("state", MAX_STATE, "invalid_request"),
            ("issuer_state", MAX_ISSUER_STATE, "invalid_request"),
            ("scope", MAX_SCOPE, "invalid_scope"),
        ],
    )
    def test_the_longest_value_is_read_and_a_longer_one_is_not(self, name, limit, error):
        assert read(**{name: "a" * limit}) != REQUEST
        assert refused(**{name: "a" * (limit + 1)}) == error

    def test_the_most_resources_are_read_and_more_are_not(self):
        most = ["urn:a:b"] * MAX_RESOURCES
        assert len(read(resource=" ".join(most)).resource) == MAX_RESOURCES
        assert refused(resource=" ".join([*most, "urn:a:b"])) == "invalid_request"

    def test_what_only_the_two_know_is_not_shown(self):
        assert "from-the-offer" not in repr(REQUEST)
        assert STATE not in repr(REQUEST)


def paths(count: int) -> list[dict[str, Any]]:
    return [{"path": [str(number)]} for number in range(count)]


class TestDetails:
    @pytest.mark.parametrize(
        "file",
        [
            "authorization_details.json",
            "authorization_details_jwt_vc_json.json",
            "authorization_details_ldp_vc.json",
            "authorization_details_mso_doc.json",
            "authorization_details_multiple_credentials.json",
            "authorization_details_sd_jwt_vc.json",
            "authorization_details_with_as.json",
        ],
    )
    def test_every_published_example_comes_back_as_it_was(self, file):
        text = shared("openid4vci-1.0", file).read_text("utf-8")
        found = details.read_details(text)
        assert json.loads(details.details_text(found)) == json.loads(text)

    @pytest.mark.parametrize(
        ("paths", "is_good"),
        [
            ([["a"], ["b"]], True),
            ([["a"], ["a"]], False),
            ([["a", None], ["a", "b"]], False),
            ([["a", 0], ["a", None]], False),
            ([["n", "a", 0], ["n", "a", "b"]], True),  # a map of an mdoc has keys of both kinds
        ],
    )
    def test_claims_do_not_contradict_each_other(self, paths, is_good):
        claims = [{"path": path} for path in paths]
        text = json.dumps([{"type": "openid_credential", "credential_configuration_id": "a", "claims": claims}])
        if is_good:
            assert len(details.read_details(text.decode())[0].claims) == 2
            return
        with pytest.raises(OAuthRefusal) as caught:
            details.read_details(text.decode())
        assert caught.value.error is OAuthErrorCode.INVALID_AUTHORIZATION_DETAILS

    def test_all_that_an_offer_can_name_can_be_asked_for(self):
        names = tuple(f"{number:02}".ljust(issuer_metadata.MAX_NAME, "x") for number in range(offer.MAX_CONFIGURATIONS))
        assert read(scope=" ".join(names)).scope == names
        asked = [AuthorizationDetail(credential_configuration_id=name) for name in names]
        assert details.read_details(details.details_text(asked)) == tuple(asked)

    def test_a_claim_may_be_an_element_of_an_array(self):
        [found] = details.read_details(
            '[{"type":"openid_credential","credential_configuration_id":"a",'
            '"claims":[{"path":["a",null,0],"mandatory":true,"display":[]}]}]'
        )
        assert found.claims[0].path == ("a", None, 0)
        assert found.claims[0].mandatory is True

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{}",
            "[]",
            "[1]",
            "1",
            "true",
            '"a"',
            '{"a":{}}',
            "null",
            "[{}]",
            '[{"type":"payment","credential_configuration_id":"a"}]',
            '[{"credential_configuration_id":"a"}, {"type":"openid_credential"}]',
            '[{"type":"openid_credential"}]',
            '[{"type":"openid_credential","credential_configuration_id":""}]',
            '[{"type":"openid_credential","credential_configuration_id":1}]',
            '[{"type":"openid_credential","credential_configuration_id":null}]',
            '[{"type":"openid_credential","credential_configuration_id":"a","format":"dc+sd-jwt"}]',
            '[{"type":"openid_credential","credential_configuration_id":"a","claims":[]}]',
            '[{"type":"openid_credential","credential_configuration_id":"a","claims":{}}]',
            '[{"type":"openid_credential","credential_configuration_id":"a","claims":[{}]}]',
            '[{"type":"openid_credential","credential_configuration_id":"a","claims":[{"path":[]}]}]',
            '[{"type":"openid_credential","credential_configuration_id":"a","claims":[{"path":[-1]}]}]',
            '[{"type":"openid_credential","credential_configuration_id":"a","claims":[{"path":[true]}]}]',
            '[{"type":"openid_credential","credential_configuration_id":"a","claims":[{"path":[1.0]}]}]',
            '[{"type":"openid_credential","credential_configuration_id":"a","locations":[]}]',
            '[{"type":"openid_credential","credential_configuration_id":"a","locations":"a"}]',
            '[{"type":"openid_credential","credential_configuration_id":"a","credential_identifiers":[]}]',
            '[{"type":"openid_credential","credential_configuration_id":"a"},'
            '{"type":"openid_credential","credential_configuration_id":"a"}]',
        ],
    )
    def test_whatever_is_none_is_refused(self, text):
        with pytest.raises(OAuthRefusal) as caught:
            details.read_details(text)
        assert caught.value.error is OAuthErrorCode.INVALID_AUTHORIZATION_DETAILS

    def test_a_broken_one_is_told_by_its_own_code_in_a_request(self):
        assert refused(authorization_details="[]") == "invalid_authorization_details"

    @pytest.mark.parametrize(
        ("build", "limit"),
        [
            (lambda n: [{"credential_configuration_id": str(i)} for i in range(n)], details.MAX_DETAILS),
            (lambda n: [{"credential_configuration_id": "a" * n}], details.MAX_IDENTIFIER),
            (lambda n: [{"credential_configuration_id": "a", "locations": ["a"] * n}], details.MAX_LOCATIONS),
            (lambda n: [{"credential_configuration_id": "a", "claims": paths(n)}], details.MAX_CLAIMS),
            (lambda n: [{"credential_configuration_id": "a", "claims": [{"path": ["a"] * n}]}], details.MAX_PATH),
            (
                lambda n: [{"credential_configuration_id": "a", "credential_identifiers": ["a"] * n}],
                details.MAX_IDENTIFIERS,
            ),
        ],
    )
    def test_the_most_are_read_and_more_are_not(self, build, limit):
        def text(count: int) -> str:
            return json.dumps([{"type": "openid_credential", **one} for one in build(count)]).decode()

        assert details.read_details(text(limit))
        with pytest.raises(OAuthRefusal) as caught:
            details.read_details(text(limit + 1))
        assert caught.value.code == "LIMIT_EXCEEDED"

    def test_the_longest_text_is_read_and_a_longer_one_is_not(self):
        text = details.details_text([DETAIL])
        assert details.read_details(text.ljust(details.MAX_BYTES)) == (DETAIL,)
        with pytest.raises(OAuthRefusal) as caught:
            details.read_details(text.ljust(details.MAX_BYTES + 1))
        assert caught.value.code == "LIMIT_EXCEEDED"

    def test_what_was_granted_has_identifiers(self):
        granted = GrantedDetail(credential_configuration_id="a", credential_identifiers=("b",))
        assert details.as_members(granted) == {
            "type": "openid_credential",
            "credential_configuration_id": "a",
            "credential_identifiers": ["b"],
        }


class TestRedirectUri:
    @pytest.mark.parametrize(
        "uri",
        [
            REDIRECT,
            "https://wallet.example.org",
            "https://wallet.example.org/cb?a=b",
            "https://wallet.example.org:8443/cb",
            "http://127.0.0.1:51004/cb",
            "http://[::1]/cb",
            "http://localhost/cb",
            "com.example.wallet:/cb",
            "openid4vci://cb",
            "eu-wallet://authorize?x=1",
        ],
    )
    def test_a_browser_may_go_there(self, uri):
        assert require_redirect_uri(uri) == uri
        assert read(redirect_uri=uri).redirect_uri == uri

    @pytest.mark.parametrize(
        "uri",
        [
            "",
            "cb",
            "/cb",
            "//wallet.example.org/cb",
            "https://",
            "https:///cb",
            "https:cb",
            "https://user@wallet.example.org/cb",
            "https://wallet.example.org/cb#",
            "https://wallet.example.org/cb#a",
            "https://wallet.example.org\\@evil.example/",
            "https://wallet.example.org/a b",
            "https://wallet.example.org/\u3042",
            'https://wallet.example.org/"',
            "https://wallet.example.org:0x1/",
            "https://[::1/",
            "http://wallet.example.org/cb",
            "http://10.0.0.1/cb",
            "http://localhost.evil.example/cb",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,a",
            "file:///etc/a",
            "intent://a",
            "blob:https://a",
        ],
    )
    def test_or_it_may_not(self, uri):
        with pytest.raises(MalformedError):
            require_redirect_uri(uri)
        assert refused(redirect_uri=uri) == "invalid_request"

    def test_the_longest_is_taken_and_a_longer_one_is_not(self):
        longest = REDIRECT + "a" * (MAX_REDIRECT_URI - len(REDIRECT))
        assert require_redirect_uri(longest)
        with pytest.raises(MalformedError):
            require_redirect_uri(longest + "a")


class TestPushing:
    # RFC 9126, sections 2.2 and 4
    request_uri = "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c"
    answer = (
        b'{\n "request_uri":\n   "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c",\n "expires_in": 60\n}'
    )

    def test_the_answer_of_the_standard(self):
        found = read_pushed_response(self.answer)
        assert (found.request_uri, found.expires_in) == (self.request_uri, 60)
        assert self.request_uri not in repr(found)
        assert read_pushed_response(pushed_response(self.request_uri, expires_in=60)) == found

    def test_the_browsers_request_of_the_standard(self):
        url = authorization_url(
            "https://as.example.com/authorize", client_id="s6BhdRkqt3", request_uri=self.request_uri
        )
        assert url == (
            "https://as.example.com/authorize?client_id=s6BhdRkqt3"
            "&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A6esc_11ACC5bwc014ltc14eY22c"
        )
        found = read_pushed_reference(form.read_query(url.partition("?")[2]))
        assert found == PushedReference(client_id="s6BhdRkqt3", request_uri=self.request_uri)
        assert self.request_uri not in repr(found)

    def test_an_endpoint_may_have_a_query_of_its_own(self):
        assert authorization_url("https://a.example/x?y=1", client_id="c", request_uri="u:v") == (
            "https://a.example/x?y=1&client_id=c&request_uri=u%3Av"
        )

    def test_a_request_can_go_without_being_pushed(self):
        url = direct_authorization_url("https://as.example.com/authorize", REQUEST)
        assert read_authorization_request(form.read_query(url.partition("?")[2])) == REQUEST

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{}",
            b'{"request_uri":"urn:a:b"}',
            b'{"expires_in":60}',
            b'{"request_uri":"","expires_in":60}',
            b'{"request_uri":"a","expires_in":60}',
            b'{"request_uri":"urn:a: b","expires_in":60}',
            b'{"request_uri":"urn:a:b","expires_in":0}',
            b'{"request_uri":"urn:a:b","expires_in":"60"}',
            b'{"request_uri":"urn:a:b","expires_in":60.5}',
            b'{"request_uri":"urn:a:b","expires_in":true}',
        ],
    )
    def test_a_broken_answer_is_refused(self, body):
        with pytest.raises(MalformedError):
            read_pushed_response(body)

    def test_the_longest_answer_is_read_and_a_longer_one_is_not(self):
        longest = "urn:" + "a" * (MAX_REQUEST_URI - 4)
        body = pushed_response(longest, expires_in=1)
        assert read_pushed_response(body.ljust(MAX_RESPONSE_BYTES)).request_uri == longest
        for longer in (pushed_response(longest + "a", expires_in=1), body.ljust(MAX_RESPONSE_BYTES + 1)):
            with pytest.raises(LimitExceededError):
                read_pushed_response(longer)

    @pytest.mark.parametrize(
        ("params", "error"),
        [
            ({"client_id": "c"}, "invalid_request"),
            ({"request_uri": request_uri}, "invalid_request"),
            ({"client_id": "c", "request_uri": "a" * (MAX_REQUEST_URI + 1)}, "invalid_request"),
            ({"client_id": "c", "request_uri": "https://wallet.example.org/request.jwt"}, "invalid_request_uri"),
        ],
    )
    def test_a_reference_is_one_that_was_given_out(self, params, error):
        with pytest.raises(OAuthRefusal) as caught:
            read_pushed_reference(params)
        assert caught.value.error.value == error


class TestRedirect:
    def read(self, url: str, **others: Any) -> str:
        return read_redirect(url, **{"redirect_uri": REDIRECT, "state": STATE, "issuer": ISSUER} | others)

    def test_no_state_is_nobodys(self):
        bare = redirect_with_code(REDIRECT, code="c", state=None, issuer=ISSUER)
        with pytest.raises(BindingError) as caught:
            self.read(bare)
        assert caught.value.code == "STATE_MISMATCH"
        with pytest.raises(ValueError, match="state"):
            self.read(bare, state="")

    def test_the_examples_of_rfc_9207(self):  # sections 2.1 and 2.2
        expected: dict[str, Any] = {"redirect_uri": "https://client.example/cb", "issuer": "https://honest.as.example"}
        granted = (
            "https://client.example/cb?code=x1848ZT64p4IirMPT0R-X3141MFPTuBX-VFL_cvaplMH58"
            "&state=ZWVlNDBlYzA1NjdkMDNhYjg3ZjUxZjAyNGQzMTM2NzI&iss=https%3A%2F%2Fhonest.as.example"
        )
        code = read_redirect(granted, state="ZWVlNDBlYzA1NjdkMDNhYjg3ZjUxZjAyNGQzMTM2NzI", **expected)
        assert code == "x1848ZT64p4IirMPT0R-X3141MFPTuBX-VFL_cvaplMH58"
        denied = (
            "https://client.example/cb?error=access_denied"
            "&state=N2JjNGJhY2JiZjRhYzA3MGJkMzNmMDE5OWJhZmJhZjA&iss=https%3A%2F%2Fhonest.as.example"
        )
        with pytest.raises(PeerRefusedError) as caught:
            read_redirect(denied, state="N2JjNGJhY2JiZjRhYzA3MGJkMzNmMDE5OWJhZmJhZjA", **expected)
        assert (caught.value.error, caught.value.status) == ("access_denied", 0)

    @pytest.mark.parametrize("redirect_uri", [REDIRECT, f"{REDIRECT}?a=b&c=d", "com.example.wallet:/cb", "wallet://x"])
    def test_a_code_comes_back(self, redirect_uri):
        url = redirect_with_code(redirect_uri, code="a+b/c=", state=STATE, issuer=ISSUER)
        assert self.read(url, redirect_uri=redirect_uri) == "a+b/c="

    def test_an_error_comes_back(self):
        error = OAuthErrorCode.ACCESS_DENIED
        url = redirect_with_error(REDIRECT, error=error, state=STATE, issuer=ISSUER)
        with pytest.raises(PeerRefusedError) as caught:
            self.read(url)
        assert caught.value.error == "access_denied"

    def test_a_wallet_without_state_gets_none(self):
        assert "state" not in redirect_with_code(REDIRECT, code="c", state=None, issuer=ISSUER)
        assert "state" not in redirect_with_error(
            REDIRECT, error=OAuthErrorCode.SERVER_ERROR, state=None, issuer=ISSUER
        )

    @pytest.mark.parametrize("state", ["", "other", STATE.upper(), STATE + "a", "\u3042"])
    def test_another_state_is_another_answer(self, state):
        for url in (
            redirect_with_code(REDIRECT, code="c", state=state, issuer=ISSUER),
            redirect_with_error(REDIRECT, error=OAuthErrorCode.ACCESS_DENIED, state=state, issuer=ISSUER),
        ):
            with pytest.raises(BindingError) as caught:
                self.read(url)
            assert caught.value.code == "STATE_MISMATCH"

    @pytest.mark.parametrize("required", [True, False])
    @pytest.mark.parametrize("issuer", ["https://evil.example", f"{ISSUER}/", "https://ISSUER.example", "a"])
    def test_another_server_is_refused(self, issuer, required):
        url = redirect_with_code(REDIRECT, code="c", state=STATE, issuer=issuer)
        with pytest.raises(BindingError) as caught:
            self.read(url, iss_required=required)
        assert caught.value.code == "ISSUER_MISMATCH"

    def test_a_server_names_itself_unless_it_never_promised_to(self):
        url = f"{REDIRECT}?code=c&state={STATE}"
        with pytest.raises(BindingError) as caught:
            self.read(url)
        assert caught.value.code == "ISSUER_MISMATCH"
        assert self.read(url, iss_required=False) == "c"

    @pytest.mark.parametrize(
        ("url", "redirect_uri"),
        [
            ("https://evil.example/cb", REDIRECT),
            ("https://wallet.example.org/cb/", REDIRECT),
            ("https://wallet.example.org/other", REDIRECT),
            (REDIRECT, f"{REDIRECT}?a=b"),
            (f"{REDIRECT}?a=c", f"{REDIRECT}?a=b"),
        ],
    )
    def test_another_redirect_uri_is_refused(self, url, redirect_uri):
        answer = redirect_with_code(url, code="c", state=STATE, issuer=ISSUER)
        with pytest.raises(BindingError) as caught:
            self.read(answer, redirect_uri=redirect_uri)
        assert caught.value.code == "REDIRECT_MISMATCH"

    def test_a_fragment_is_of_the_page_before(self):
        url = redirect_with_code(REDIRECT, code="c", state=STATE, issuer=ISSUER)
        assert self.read(f"{url}#_=_") == "c"
        assert self.read(f"{url}#&state=other") == "c"

    @pytest.mark.parametrize("answer", ["", "code=c&error=a", "code=", "code=%C3%A9", "code=c&code=d", "code=%0A"])
    def test_there_is_one_answer(self, answer):
        with pytest.raises(MalformedError):
            self.read(f"{REDIRECT}?state={STATE}&iss=https%3A%2F%2Fissuer.example&{answer}")

    def test_the_longest_code_is_read_and_a_longer_one_is_not(self):
        longest = "c" * MAX_CODE
        assert self.read(redirect_with_code(REDIRECT, code=longest, state=STATE, issuer=ISSUER)) == longest
        with pytest.raises(LimitExceededError):
            self.read(redirect_with_code(REDIRECT, code=longest + "c", state=STATE, issuer=ISSUER))
