# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Answers that are posted, in the open or encrypted, and errors (OpenID4VP 1.0, sections 8.2, 8.3 and 8.5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.openid4vp import RESPONSE_URI
from vcwallet import errors
from vcwallet.encoding import base64url, json
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    RemoteProtocolError,
    SignatureInvalidError,
    TransportError,
    UnsupportedError,
    UntrustedError,
    VcError,
)
from vcwallet.flow import HttpResponse
from vcwallet.jose import jwe
from vcwallet.jose.jwe import ContentEncryption
from vcwallet.protocols.exchange import BACK, AnswerEncryption, AnswerTarget
from vcwallet.protocols.oauth import form
from vcwallet.protocols.openid4vp import Response
from vcwallet.protocols.openid4vp.client_metadata import client_metadata, read_client_metadata
from vcwallet.protocols.openid4vp.direct_post import (
    new_response_code,
    post_answer,
    read_posted,
    read_reply,
    reply,
    require_redirect_uri,
    with_response_code,
)
from vcwallet.protocols.openid4vp.error_response import ErrorCode, ErrorResponse, error_for
from vcwallet.protocols.openid4vp.response_encryption import (
    MAX_BYTES,
    ResponseKey,
    decrypt_answer,
    encrypt_answer,
    encryption_jwk,
)

KEY = ResponseKey.create()
OPEN = AnswerTarget(mode="direct_post", uri=RESPONSE_URI)
ENCRYPTION = AnswerEncryption(jwk=KEY.jwk, enc=ContentEncryption.A256GCM, thumbprint=KEY.thumbprint)
SEALED = AnswerTarget(mode="direct_post.jwt", uri=RESPONSE_URI, encryption=ENCRYPTION)
ANSWER = Response(vp_token={"id": ("eyJ~", "b"), "other": ("c",)}, state="s-1")
ERROR = ErrorResponse(error="access_denied", state="s-1")


class TestPosting:
    @pytest.mark.parametrize("answer", [ANSWER, replace(ANSWER, state=None), ERROR, replace(ERROR, state=None)])
    @pytest.mark.parametrize(("target", "key"), [(OPEN, None), (SEALED, KEY)], ids=["open", "sealed"])
    def test_what_was_posted_is_read(self, answer, target, key):
        request = post_answer(answer, target=target)
        assert (request.method, request.url, request.max_redirects) == ("POST", RESPONSE_URI, 0)
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        assert read_posted(request.body, key=key) == answer

    def test_the_members_are_those_of_the_standard(self):
        assert form.read_form(post_answer(ANSWER, target=OPEN).body) == {
            "vp_token": '{"id":["eyJ~","b"],"other":["c"]}',
            "state": "s-1",
        }
        assert form.read_form(post_answer(ERROR, target=OPEN).body) == {"error": "access_denied", "state": "s-1"}
        assert form.read_form(post_answer(ANSWER, target=SEALED).body).keys() == {"response"}

    def test_an_encrypted_answer_shows_nothing_but_its_length(self):
        body = post_answer(ANSWER, target=SEALED).body
        assert b"s-1" not in body
        assert b"vp_token" not in body

    def test_the_encryption_names_the_key_and_the_contents(self):
        text = form.read_form(post_answer(ANSWER, target=SEALED).body)["response"]
        header = jwe.parse(text).header
        assert (header.enc, header.key_id, header.apu, header.apv) == ("A256GCM", KEY.kid, b"", b"")
        assert json.loads(decrypt_answer(text, KEY)) == {
            "vp_token": {"id": ["eyJ~", "b"], "other": ["c"]},
            "state": "s-1",
        }

    def test_an_answer_that_is_not_posted_is_not_posted(self):
        with pytest.raises(ValueError, match="not posted"):
            post_answer(ANSWER, target=BACK)

    def test_a_wallet_that_cannot_encrypt_may_say_an_error_in_the_open(self):
        assert read_posted(post_answer(ERROR, target=OPEN).body, key=KEY) == ERROR

    def test_a_description_is_left_out(self):
        assert read_posted(b"error=access_denied&error_description=He+said+no", key=None) == replace(ERROR, state=None)

    @pytest.mark.parametrize(
        ("body", "error", "code"),
        [
            (b"", MalformedError, "MALFORMED"),
            (b"state=s-1", MalformedError, "MALFORMED"),
            (b"vp_token=%7B%7D", MalformedError, "MALFORMED"),
            (b"vp_token=%5B%5D", MalformedError, "MALFORMED"),
            (b"vp_token=%7B%22a%22%3A%22b%22%7D", MalformedError, "MALFORMED"),
            (b"vp_token=x", MalformedError, "MALFORMED"),
            (b"vp_token=%7B%22a%22%3A%5B%22b%22%5D%7D&error=access_denied", MalformedError, "MALFORMED"),
            (b"vp_token=a&vp_token=b", MalformedError, "MALFORMED"),
            (b"error=" + b"x" * 101, MalformedError, "MALFORMED"),
            (b"error=%22", MalformedError, "MALFORMED"),
            (b"response=a.b.c.d.e", RemoteProtocolError, "ENCRYPTION_UNEXPECTED"),
            (b"\xff", MalformedError, "MALFORMED"),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_what_is_no_answer_is_refused_as_such(self, body, error, code):
        with pytest.raises(error) as refused:
            read_posted(body, key=None)
        assert (type(refused.value), refused.value.code) == (error, code)

    def test_a_form_has_a_limit(self):
        with pytest.raises(LimitExceededError):
            read_posted(b"vp_token=" + b"a" * (8 * 1024 * 1024), key=None)
        with pytest.raises(LimitExceededError):
            read_posted(b"vp_token=%7B%22a%22%3A%5B%22" + b"b" * (4 * 1024 * 1024) + b"%22%5D%7D", key=None)
        token = json.dumps({"a": ["b"] * 21}).decode()
        with pytest.raises(LimitExceededError):
            read_posted(form.form_body({"vp_token": token}), key=None)

    def test_an_answer_in_the_open_is_refused_where_it_has_to_be_encrypted(self):
        with pytest.raises(RemoteProtocolError) as refused:
            read_posted(post_answer(ANSWER, target=OPEN).body, key=KEY)
        assert refused.value.code == "ENCRYPTION_MISSING"

    @pytest.mark.parametrize(
        "members", [{}, {"state": "a"}, {"vp_token": {"a": ["b"]}, "error": "x"}, {"vp_token": []}, {"error": 7}]
    )
    def test_what_is_encrypted_is_an_answer_or_an_error(self, members):
        text = encrypt_answer(json.dumps(members), ENCRYPTION)
        with pytest.raises(MalformedError):
            read_posted(form.form_body({"response": text}), key=KEY)

    @pytest.mark.parametrize("member", ["vp_token", "error"])
    def test_a_state_is_a_text(self, member):
        values: dict[str, Any] = {"vp_token": {"a": ["b"]}, "error": "access_denied"}
        text = encrypt_answer(json.dumps({member: values[member], "state": 7}), ENCRYPTION)
        with pytest.raises(MalformedError):
            read_posted(form.form_body({"response": text}), key=KEY)


class TestEncryption:
    def test_a_key_is_for_one_request(self):
        other = ResponseKey.create()
        text = encrypt_answer(ANSWER.to_json(), ENCRYPTION)
        assert decrypt_answer(text, KEY) == ANSWER.to_json()
        with pytest.raises(UntrustedError) as refused:
            decrypt_answer(text, other)
        assert refused.value.code == "KEY_NOT_FOUND"
        with pytest.raises(SignatureInvalidError):
            decrypt_answer(text, ResponseKey(kid=KEY.kid, agreement=other.agreement))

    def test_a_wallet_may_leave_the_kid_out(self):
        unnamed = {name: value for name, value in KEY.jwk.items() if name != "kid"}
        assert decrypt_answer(encrypt_answer(b"{}", replace(ENCRYPTION, jwk=unnamed)), KEY) == b"{}"

    @pytest.mark.parametrize("enc", ContentEncryption)
    def test_both_content_encryptions_are_read(self, enc):
        assert decrypt_answer(encrypt_answer(b"{}", replace(ENCRYPTION, enc=enc)), KEY) == b"{}"

    def test_apu_and_apv_are_bound(self):
        text = jwe.encrypt(b"{}", recipient_jwk=KEY.jwk, enc=ContentEncryption.A128GCM, apu=b"wallet", apv=b"nonce")
        assert decrypt_answer(text, KEY) == b"{}"

    @pytest.mark.parametrize("position", range(5))
    def test_no_part_can_be_changed(self, position):
        parts = encrypt_answer(ANSWER.to_json(), ENCRYPTION).split(".")
        part = parts[position]
        parts[position] = ("A" if part[:1] != "A" else "B") + part[1:]
        with pytest.raises(VcError):
            decrypt_answer(".".join(parts), KEY)

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"alg": "RSA-OAEP"}, AlgorithmNotAllowedError),
            ({"enc": "A128CBC-HS256"}, AlgorithmNotAllowedError),
            ({"zip": "DEF"}, UnsupportedError),
            ({"crit": ["x"]}, UnsupportedError),
            ({"epk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}, MalformedError),
            ({"kid": "other"}, UntrustedError),
        ],
        ids=str,
    )
    def test_a_header_with_something_else_is_refused(self, changes, error):
        head, *rest = encrypt_answer(b"{}", ENCRYPTION).split(".")
        header: dict[str, Any] = json.loads_object(base64url.decode(head)) | changes
        with pytest.raises(error):
            decrypt_answer(".".join([base64url.encode(json.dumps(header)), *rest]), KEY)

    def test_neither_side_takes_more_than_a_mebibyte(self):
        with pytest.raises(LimitExceededError):
            encrypt_answer(b"a" * MAX_BYTES, ENCRYPTION)
        with pytest.raises(LimitExceededError):
            decrypt_answer("a" * (MAX_BYTES + 1), KEY)

    @pytest.mark.parametrize("kid", ["", "a" * 257])
    def test_a_kid_is_a_short_text(self, kid):
        with pytest.raises(ValueError, match="kid"):
            ResponseKey(kid=kid, agreement=KEY.agreement)
        with pytest.raises(MalformedError):
            encryption_jwk({**KEY.jwk, "kid": kid})
        with pytest.raises(MalformedError):
            encryption_jwk({**KEY.jwk, "kid": 7})

    def test_its_text_has_no_secret(self):
        assert "agreement" not in repr(KEY)

    def test_the_key_is_published_with_use_and_alg_and_kid(self):
        assert KEY.jwk.keys() == {"kty", "crv", "x", "y", "use", "alg", "kid"}
        assert (KEY.jwk["use"], KEY.jwk["alg"]) == ("enc", "ECDH-ES")
        metadata = client_metadata(KEY)
        assert metadata["encrypted_response_enc_values_supported"] == ["A128GCM", "A256GCM"]
        assert client_metadata(None).keys() == {"vp_formats_supported"}
        assert {-7, -9} <= set(metadata["vp_formats_supported"]["mso_mdoc"]["deviceauth_alg_values"])

    @pytest.mark.parametrize(
        ("announced", "enc"),
        [
            (None, "A128GCM"),
            (["A128GCM"], "A128GCM"),
            (["A256GCM", "A128GCM"], "A256GCM"),
            (["A128CBC-HS256", "A256GCM"], "A256GCM"),
        ],
    )
    def test_the_strongest_that_both_have_is_used(self, announced, enc):
        members: dict[str, Any] = {"jwks": {"keys": [KEY.jwk]}}
        if announced is not None:
            members["encrypted_response_enc_values_supported"] = announced
        assert read_client_metadata(members).answer_encryption().enc == enc

    def test_the_first_key_that_we_have_is_used(self):
        other: dict[str, Any] = {"kty": "OKP", "crv": "X25519", "x": "AA", "alg": "ECDH-ES", "use": "enc", "kid": "x"}
        signing = {**ResponseKey.create().jwk, "use": "sig"}
        del signing["alg"]
        found = read_client_metadata({"jwks": {"keys": [other, signing, KEY.jwk]}}).answer_encryption()
        assert found.jwk == KEY.jwk

    def test_a_key_without_alg_and_use_will_do(self):
        bare = {name: KEY.jwk[name] for name in ("kty", "crv", "x", "y")}
        found = read_client_metadata({"jwks": {"keys": [bare]}}).answer_encryption()
        assert found.thumbprint == KEY.thumbprint


class TestReply:
    def test_an_answer_that_was_taken_may_lead_on(self):
        address = with_response_code("https://bank.example/result", "code-1")
        assert address == "https://bank.example/result?response_code=code-1"
        assert read_reply(reply(address)) == address
        assert with_response_code("https://bank.example/r?x=1", "c") == "https://bank.example/r?x=1&response_code=c"

    def test_or_not(self):
        response = reply()
        assert (response.status, response.body, response.headers["cache-control"]) == (200, b"{}", "no-store")
        assert read_reply(response) is None

    def test_codes_are_fresh_and_long(self):
        assert len({new_response_code() for _ in range(3)} | {"x" * 43}) == 4
        assert len(new_response_code()) == 43

    @pytest.mark.parametrize("status", [201, 204, 301, 302, 303, 307, 308, 400, 401, 404, 429, 500, 503])
    def test_everything_else_is_an_error_and_no_redirect_is_followed(self, status):
        body = json.dumps({"redirect_uri": "https://bank.example/"})
        headers = {"location": "https://evil.example/"}
        with pytest.raises(TransportError) as refused:
            read_reply(HttpResponse(status=status, headers=headers, body=body))
        assert refused.value.code == "NOT_TAKEN"

    @pytest.mark.parametrize(
        "uri",
        [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "intent://x",
            "http://bank.example/",
            "//bank.example/",
            "/result",
            "",
            "https://",
            "https://bank.example\\@evil.example/",
            "https://user@bank.example/",
            "https://bank.example/#a b",
            "https://bank.example/#a#b",
            "https://bank.example/\n",
            "https://氏名.example/",
            7,
            [],
        ],
        ids=str,
    )
    def test_a_browser_is_sent_to_pages_only(self, uri):
        with pytest.raises(MalformedError):
            read_reply(HttpResponse(status=200, headers={}, body=json.dumps({"redirect_uri": uri})))

    @pytest.mark.parametrize(
        "uri", ["https://bank.example/cb#response_code=0915", "https://bank.example/cb?x=1#", "http://127.0.0.1:80/r"]
    )
    def test_a_page_may_have_a_fragment(self, uri):
        assert require_redirect_uri(uri) == uri

    @pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"null"])
    def test_a_reply_is_an_object(self, body):
        with pytest.raises(MalformedError):
            read_reply(HttpResponse(status=200, headers={}, body=body))

    def test_a_reply_has_a_limit(self):
        with pytest.raises(LimitExceededError):
            read_reply(HttpResponse(status=200, headers={}, body=b" " * 65_537))
        with pytest.raises(LimitExceededError):
            require_redirect_uri("https://bank.example/#" + "a" * 2048)
        with pytest.raises(MalformedError):
            with_response_code("https://bank.example/#a", "c")


EVERY_ERROR = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, VcError) and kind.__module__ == errors.__name__
]


class TestErrors:
    def test_before_consent_no_error_tells_what_the_wallet_holds(self):
        same = [
            errors.NoMatchError("nothing held"),
            errors.ConsentRequiredError("the person said no"),
            errors.RequestRefusedError("refused"),
            errors.OverAskingError("too much", claims=["a"]),
            errors.StatuteLimitedError("a law", claims=["a"]),
            errors.PurposeMismatchError("another purpose"),
            errors.KeyLockedError("locked"),
            errors.StoreError("full"),
        ]
        assert {error_for(error) for error in same} == {ErrorCode.ACCESS_DENIED}

    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (errors.VerifierUnknownError("x"), "invalid_client"),
            (errors.UntrustedError("x"), "invalid_client"),
            (errors.NotAuthorisedError("x"), "invalid_client"),
            (errors.MalformedError("x"), "invalid_request"),
            (errors.LimitExceededError("x"), "invalid_request"),
            (errors.RemoteProtocolError("x"), "invalid_request"),
            (errors.UnsupportedError("x"), "invalid_request"),
            (errors.SignatureInvalidError("x"), "invalid_request"),
            (errors.RemoteProtocolError("x", code="INVALID_CLIENT"), "invalid_client"),
            (errors.RemoteProtocolError("x", code="INVALID_TRANSACTION_DATA"), "invalid_transaction_data"),
            (errors.RemoteProtocolError("x", code="INVALID_REQUEST_URI_METHOD"), "invalid_request_uri_method"),
        ],
        ids=str,
    )
    def test_what_is_wrong_with_the_request_is_said(self, error, code):
        assert error_for(error) == code

    @pytest.mark.parametrize("kind", EVERY_ERROR, ids=lambda kind: kind.__name__)
    def test_every_error_has_a_code(self, kind):
        error = kind.__new__(kind, "x")
        error.code = kind.default_code
        assert error_for(error) in tuple(ErrorCode)

    def test_nothing_else_goes_out(self):
        assert ErrorResponse(error="access_denied").to_members() == {"error": "access_denied"}
        assert ERROR.to_json() == b'{"error":"access_denied","state":"s-1"}'

    def test_a_state_is_not_shown(self):
        assert "s-1" not in repr(ERROR)
