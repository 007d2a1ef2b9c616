# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Links that invoke a wallet, and fetching the request that one refers to (OpenID4VP 1.0, sections 5.1, 5.10 and 9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from tests.support.openid4vp import (
    BY_API,
    POST_JWT,
    REQUEST_URI,
    RESPONSE_URI,
    bank_world,
    request_of,
    trust_of,
)
from tests.support.world import World, payload_of
from vcwallet.encoding import json
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    RemoteProtocolError,
    SignatureInvalidError,
    TransportError,
    UntrustedError,
    VcError,
    VerificationError,
)
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.jose import jwe
from vcwallet.protocols.oauth import form
from vcwallet.protocols.openid4vp import Request, UnverifiedRequest
from vcwallet.protocols.openid4vp.client_id import ClientIdPrefix, RedirectUri
from vcwallet.protocols.openid4vp.reception import BY_VALUE
from vcwallet.protocols.openid4vp.request_uri import (
    HAIP_SCHEME,
    MAX_LINK,
    MEDIA_TYPE,
    SCHEME,
    RequestReference,
    RequestUriMethod,
    WalletMetadata,
    encrypt_request_object,
    fetching,
    parameters_link,
    read_request_link,
    read_request_uri_post,
    reference_link,
    request_object_response,
    value_link,
    wallet_metadata,
)
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey

CLIENT = "x509_san_dns:bank.example"
KEY = ResponseKey.create()
SCHEMES = [SCHEME, HAIP_SCHEME, "https://wallet.example/open"]


@pytest.fixture
def world() -> World:
    return bank_world()


class TestLinks:
    @pytest.mark.parametrize("scheme", SCHEMES)
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_reference_is_read_as_it_was_written(self, scheme, method):
        link = reference_link(CLIENT, REQUEST_URI, method=method, scheme=scheme)
        assert link.startswith(scheme)
        assert read_request_link(link) == RequestReference(
            client_id=CLIENT, uri=REQUEST_URI, method=RequestUriMethod(method)
        )

    def test_get_is_what_is_meant_where_nothing_is_said(self):
        assert "request_uri_method" not in reference_link(CLIENT, REQUEST_URI)

    @pytest.mark.parametrize("scheme", SCHEMES)
    def test_a_request_object_is_carried(self, world, scheme):
        request = request_of(world)
        found = read_request_link(value_link(request.client_id, str(request), scheme=scheme))
        assert isinstance(found, UnverifiedRequest)
        assert found.verify(trust=trust_of(world), at=world.clock()).digest == request.digest

    def test_the_client_beside_it_is_the_one_in_it(self, world):
        request = request_of(world)
        with pytest.raises(RemoteProtocolError):
            read_request_link(value_link(CLIENT, str(request)))

    @pytest.mark.parametrize("scheme", SCHEMES)
    def test_a_request_without_a_signature_is_carried_member_by_member(self, world, scheme):
        members = request_of(world).parameters() | {"client_id": str(RedirectUri(RESPONSE_URI))}
        for number in ("iat", "exp"):
            del members[number]
        found = read_request_link(parameters_link(members, scheme=scheme))
        assert isinstance(found, UnverifiedRequest)
        assert (found.client, found.is_signed) == (RedirectUri(RESPONSE_URI), False)
        assert found.members.dcql_query == members["dcql_query"]
        assert found.members.verifier_info[0].data == members["verifier_info"][0]["data"]

    @pytest.mark.parametrize(
        ("link", "error"),
        [
            ("", MalformedError),
            ("openid4vp://", MalformedError),
            ("openid4vp:?client_id=a", MalformedError),
            ("openid4vp://evil?client_id=a&request_uri=https%3A%2F%2Fa.example", MalformedError),
            ("http://wallet.example?client_id=a&request_uri=https%3A%2F%2Fa.example", MalformedError),
            ("https://user@wallet.example?client_id=a&request_uri=https%3A%2F%2Fa.example", MalformedError),
            ("openid-credential-offer://?client_id=a&request_uri=https%3A%2F%2Fa.example", MalformedError),
            ("javascript://?client_id=a&request_uri=https%3A%2F%2Fa.example", MalformedError),
            ("openid4vp://?request_uri=https%3A%2F%2Fa.example", MalformedError),
            ("openid4vp://?client_id=a&client_id=b&request_uri=https%3A%2F%2Fa.example", MalformedError),
            ("openid4vp://?client_id=a&request_uri=http%3A%2F%2Fa.example", MalformedError),
            ("openid4vp://?client_id=a&request_uri=https%3A%2F%2Fa.example%2F%23f", MalformedError),
            ("openid4vp://?client_id=a&request_uri=file%3A%2F%2F%2Fetc%2Fpasswd", MalformedError),
            ("openid4vp://?client_id=a&request_uri=https%3A%2F%2Fa.example#fragment", MalformedError),
            ("openid4vp://?client_id=%FF&request_uri=https%3A%2F%2Fa.example", MalformedError),
            ("openid4vp://?client_id=a&request=b&request_uri=https%3A%2F%2Fa.example", RemoteProtocolError),
            ("openid4vp://?client_id=a&request=b&request_uri_method=get", RemoteProtocolError),
            ("openid4vp://?client_id=a&request=b", MalformedError),
            ("openid4vp://?client_id=a&dcql_query=%7B", MalformedError),
            ("openid4vp://?client_id=a&x=" + "x" * MAX_LINK, LimitExceededError),
            ("氏名", MalformedError),
        ],
        ids=lambda value: value[:70] if isinstance(value, str) else value.__name__,
    )
    def test_what_is_no_link_is_refused_as_such(self, link, error):
        with pytest.raises(error) as refused:
            read_request_link(link)
        assert type(refused.value) is error

    @pytest.mark.parametrize("path", ["", "/", "authorize"])
    def test_some_write_a_path_behind_the_scheme(self, path):
        query = reference_link(CLIENT, REQUEST_URI).removeprefix(SCHEME)
        assert isinstance(read_request_link(f"OpenID4VP://{path}{query}"), RequestReference)

    @pytest.mark.parametrize("method", ["GET", "put", "Post"])
    def test_a_method_is_get_or_post(self, method):
        with pytest.raises(RemoteProtocolError) as refused:
            read_request_link(f"{reference_link(CLIENT, REQUEST_URI)}&request_uri_method={method}")
        assert refused.value.code == "INVALID_REQUEST_URI_METHOD"

    def test_only_links_for_wallets_are_made(self):
        for scheme in ("openid4vp:", "http://wallet.example", "https://wallet.example?x=1", "javascript://"):
            with pytest.raises(ValueError, match="scheme"):
                reference_link(CLIENT, REQUEST_URI, scheme=scheme)
        with pytest.raises(ValueError, match="put"):
            reference_link(CLIENT, REQUEST_URI, method="put")
        with pytest.raises(MalformedError):
            reference_link(CLIENT, "http://bank.example/r")
        with pytest.raises(LimitExceededError):
            value_link(CLIENT, "x" * MAX_LINK)


class TestPosting:
    def test_a_verifier_reads_what_a_wallet_says_of_itself(self):
        metadata = wallet_metadata(prefixes=[ClientIdPrefix.X509_HASH], key=KEY)
        body = form.form_body({"wallet_metadata": json.dumps(metadata).decode(), "wallet_nonce": "fresh"})
        found = read_request_uri_post(body)
        assert found.wallet_nonce == "fresh"
        assert found.metadata is not None
        assert found.metadata.client_id_prefixes_supported == ("x509_hash",)
        assert found.metadata.vp_formats_supported["dc+sd-jwt"]["sd-jwt_alg_values"]
        assert found.metadata.request_encryption_key() == KEY.jwk

    def test_it_may_say_nothing(self):
        assert read_request_uri_post(b"") == replace(read_request_uri_post(b"wallet_nonce=a"), wallet_nonce=None)

    @pytest.mark.parametrize(
        ("body", "error"),
        [
            (b"wallet_metadata=%7B", MalformedError),
            (b"wallet_metadata=%7B%7D", MalformedError),
            (b"wallet_metadata=[]", MalformedError),
            (b"wallet_nonce=a&wallet_nonce=b", MalformedError),
            (b"wallet_nonce=" + b"a" * 513, LimitExceededError),
            (b"wallet_metadata=" + b"a" * 65_536, LimitExceededError),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_what_is_no_such_form_is_refused(self, body, error):
        with pytest.raises(error):
            read_request_uri_post(body)

    @pytest.mark.parametrize("keys", [[], [{"kty": "RSA"}], [{"kty": "EC", "crv": "P-256"}], [{}] * 101])
    def test_a_key_that_nobody_can_encrypt_to_is_no_reason_to_send_it_in_the_open(self, keys):
        metadata = WalletMetadata(vp_formats_supported={}, jwks={"keys": keys})  # type: ignore[arg-type]
        with pytest.raises((MalformedError, AlgorithmNotAllowedError)):
            request_object_response("a.b.c", metadata=metadata)

    def test_of_several_keys_the_one_that_we_can_use_is_used(self):
        other = {"kty": "OKP", "crv": "X25519", "x": "AA"}
        metadata = WalletMetadata(vp_formats_supported={}, jwks={"keys": [other, KEY.jwk]})  # type: ignore[arg-type]
        assert metadata.request_encryption_key() == KEY.jwk

    @pytest.mark.parametrize(
        ("offered", "enc"), [((), "A256GCM"), (("A128GCM",), "A128GCM"), (("A128GCM", "A256GCM"), "A256GCM")]
    )
    def test_the_strongest_encryption_that_both_have_is_used(self, offered, enc):
        metadata = WalletMetadata(vp_formats_supported={}, authorization_encryption_enc_values_supported=offered)
        header = jwe.parse(encrypt_request_object("a.b.c", jwk=KEY.jwk, metadata=metadata)).header
        assert (header.enc, header.members["cty"], header.key_id) == (enc, "oauth-authz-req+jwt", KEY.kid)


class Server:
    """A verifier that answers at the request URI."""

    def __init__(self, world: World, request: Request, answer: Callable[..., HttpResponse] | None = None) -> None:
        self.world, self.request, self.answer = world, request, answer
        self.asked: list[HttpRequest] = []

    def __call__(self, asked: HttpRequest) -> HttpResponse:
        self.asked.append(asked)
        posted = read_request_uri_post(asked.body)
        request = self.request
        if posted.wallet_nonce is not None:
            request = request.with_wallet_nonce(posted.wallet_nonce, signer=self.world.bank_enrolment.signer)
        if self.answer is not None:
            return self.answer(request)
        return request_object_response(str(request), metadata=posted.metadata)


def reference(request: Request, method: RequestUriMethod = RequestUriMethod.POST) -> RequestReference:
    return RequestReference(client_id=request.client_id, uri=REQUEST_URI, method=method)


def fetched(server: Server, asked: RequestReference | None = None, **options: Any) -> UnverifiedRequest:
    return run(fetching(asked or reference(server.request), at=server.world.clock(), **options), server)


class TestFetching:
    @pytest.mark.parametrize("method", RequestUriMethod)
    def test_what_was_fetched_is_verified_as_what_was_sent(self, world, method):
        server = Server(world, request_of(world, delivery=POST_JWT))
        found = fetched(server, reference(server.request, method))
        verified = found.verify(trust=trust_of(world), at=world.clock())
        assert (verified.binding.nonce, verified.state) == (server.request.nonce, server.request.state)
        [asked] = server.asked
        assert (asked.method, asked.url, asked.max_redirects) == (method.value.upper(), REQUEST_URI, 0)
        assert asked.headers["accept"] == MEDIA_TYPE

    def test_posting_says_what_the_wallet_can_do_and_a_fresh_value(self, world):
        server = Server(world, request_of(world))
        first, second = fetched(server), fetched(server)
        assert server.asked[0].headers["content-type"] == "application/x-www-form-urlencoded"
        nonces = {read_request_uri_post(asked.body).wallet_nonce for asked in server.asked}
        assert nonces == {first.members.wallet_nonce, second.members.wallet_nonce}
        assert len(nonces) == 2

    def test_getting_says_nothing(self, world):
        server = Server(world, request_of(world))
        fetched(server, reference(server.request, RequestUriMethod.GET), key=KEY)
        assert server.asked[0].body == b""

    def test_it_may_be_encrypted_to_a_key_of_the_wallet(self, world):
        server = Server(world, request_of(world))
        found = fetched(server, key=KEY)
        assert found.verify(trust=trust_of(world), at=world.clock()).purpose == "loan"
        other = ResponseKey(kid=KEY.kid, agreement=ResponseKey.create().agreement)
        server.answer = lambda request: request_object_response(encrypt_request_object(str(request), jwk=other.jwk))
        with pytest.raises(SignatureInvalidError):
            fetched(server, key=KEY)
        server.answer = lambda request: request_object_response(
            encrypt_request_object(str(request), jwk=ResponseKey.create().jwk)
        )
        for key in (KEY, None):
            with pytest.raises(UntrustedError) as refused:
                fetched(server, key=key)
            assert refused.value.code == "KEY_NOT_FOUND"

    def test_what_is_encrypted_is_signed_all_the_same(self, world):
        server = Server(world, request_of(world))
        claims = payload_of(str(server.request))
        server.answer = lambda request: request_object_response(
            jwe.encrypt(json.dumps(claims), recipient_jwk=KEY.jwk, enc=jwe.ContentEncryption.A256GCM)
        )
        with pytest.raises(MalformedError):
            fetched(server, key=KEY)

    def test_another_wallet_s_nonce_is_none_of_ours(self, world):
        server = Server(world, request_of(world))
        stale = server.request.with_wallet_nonce("stale", signer=world.bank_enrolment.signer)
        for other in (server.request, stale):
            server.answer = lambda request, other=other: request_object_response(str(other))
            with pytest.raises(RemoteProtocolError):
                fetched(server)

    def test_the_request_of_somebody_else_is_refused(self, world):
        """An attacker puts another verifier's request URI beside its own client identifier, or the other way round."""
        server = Server(world, request_of(world))
        with pytest.raises(RemoteProtocolError):
            fetched(server, RequestReference(client_id=CLIENT, uri=REQUEST_URI))

    def test_one_for_a_page_is_not_fetched(self, world):
        with pytest.raises(RemoteProtocolError):
            fetched(Server(world, request_of(world, delivery=BY_API)))

    @pytest.mark.parametrize("status", [201, 204, 301, 302, 303, 307, 308, 400, 404, 500])
    def test_everything_but_success_ends_it(self, world, status):
        headers = {"content-type": MEDIA_TYPE, "location": "https://evil.example/"}
        server = Server(
            world, request_of(world), lambda r: HttpResponse(status=status, headers=headers, body=str(r).encode())
        )
        with pytest.raises(TransportError) as refused:
            fetched(server)
        assert refused.value.code == "NOT_THERE"
        assert len(server.asked) == 1

    @pytest.mark.parametrize("media_type", ["", "application/jwt", "text/html", "application/json", MEDIA_TYPE + "x"])
    def test_the_media_type_is_that_of_request_objects(self, world, media_type):
        server = Server(
            world,
            request_of(world),
            lambda r: HttpResponse(status=200, headers={"content-type": media_type}, body=str(r).encode()),
        )
        with pytest.raises(MalformedError):
            fetched(server)

    def test_parameters_of_the_media_type_and_a_line_end_do_not_matter(self, world):
        headers = {"content-type": f"{MEDIA_TYPE.upper()}; charset=utf-8"}
        server = Server(
            world, request_of(world), lambda r: HttpResponse(status=200, headers=headers, body=f"{r}\r\n".encode())
        )
        assert fetched(server).members.purpose == "loan"

    @pytest.mark.parametrize("body", [b"", b"{}", b"\xff\xfe", b"a.b.c", b"a.b.c.d.e", b"." * 4, b"<html>"])
    def test_what_is_no_request_object_is_refused_as_such(self, world, body):
        server = Server(
            world,
            request_of(world),
            lambda _: HttpResponse(status=200, headers={"content-type": MEDIA_TYPE}, body=body),
        )
        for key in (KEY, None):
            with pytest.raises(VcError):
                fetched(server, key=key)

    def test_a_credential_is_no_request_object(self, world):
        registration = world.bank_enrolment.registrations["loan"]
        server = Server(world, request_of(world), lambda _: request_object_response(registration))
        with pytest.raises(VerificationError, match="WRONG_TYPE"):
            fetched(server)

    def test_the_wallet_s_own_abilities_stay(self, world):
        server = Server(world, request_of(world))
        reception = replace(BY_VALUE, wallet="https://wallet.example", origin="https://evil.example")
        found = fetched(server, reception=reception)
        assert (found.reception.wallet, found.reception.origin) == ("https://wallet.example", None)
        assert found.reception.received_at == world.clock()


def test_a_link_is_what_browsers_read(world):
    link = reference_link(CLIENT, REQUEST_URI, method="post")
    assert dict(parse_qsl(urlsplit(link).query)) == {
        "client_id": CLIENT,
        "request_uri": REQUEST_URI,
        "request_uri_method": "post",
    }
    assert quote(CLIENT, safe="") in link
