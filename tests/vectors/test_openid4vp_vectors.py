# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The examples of OpenID4VP 1.0: requests, answers, an encrypted answer with its key, and the metadata of verifiers.

Examples are shortened in the text: where one has an ellipsis, or a nonce that is shorter than the 128 bits that the
text itself demands, something of the right length is put in its place, and nothing else is changed.  The examples of
HAIP are of a draft before 1.0.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.vectors import shared, shared_json
from vcwallet.encoding import base64url, wire
from vcwallet.errors import MalformedError, RemoteProtocolError, UnsupportedError
from vcwallet.flow import HttpResponse
from vcwallet.formats.sd_jwt_vc.transaction_data import authorised
from vcwallet.jose import jws
from vcwallet.keys.software import SoftwareKeyAgreement, SoftwareSigner
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.oauth import form
from vcwallet.protocols.openid4vp import Response, read_request
from vcwallet.protocols.openid4vp.client_id import RedirectUri, X509SanDns, parse_client_id
from vcwallet.protocols.openid4vp.client_metadata import read_client_metadata
from vcwallet.protocols.openid4vp.digital_credentials import Protocol, read_dc_api_answer, read_dc_api_request
from vcwallet.protocols.openid4vp.direct_post import read_posted, read_reply
from vcwallet.protocols.openid4vp.error_response import ErrorResponse
from vcwallet.protocols.openid4vp.reception import BY_VALUE, Reception
from vcwallet.protocols.openid4vp.request_object import TYP, VerifierInfo
from vcwallet.protocols.openid4vp.request_uri import (
    RequestReference,
    RequestUriMethod,
    WalletMetadata,
    read_request_link,
    read_request_uri_post,
)
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey, decrypt_answer

BLOCKS: list[dict[str, Any]] = shared_json("openid4vp-1.0", "spec-blocks.json")
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NONCE = "n-0S6_WzA2Mj-n-0S6_WzA2Mj"
QUERY = '{"credentials":[{"id":"a","format":"dc+sd-jwt","meta":{"vct_values":["urn:example:1"]}}]}'
SIGNER = SoftwareSigner.generate()


def block(number: int, *words: str) -> str:
    """Return an example by its place in the text, and make sure that it is the one meant."""
    text: str = BLOCKS[number]["text"]
    assert all(word in text for word in words)
    return text


def completed(text: str) -> dict[str, Any]:
    """Return an example without its ellipses: a query in the place of one, and a nonce and state of full length."""
    whole = text.replace("{...}", QUERY).replace("{ ... }", QUERY)
    members: dict[str, Any] = json.loads(whole)
    return members | {"nonce": NONCE} | ({"state": "eyJhb-6-sVA"} if "state" in members else {})


def by_reference(members: dict[str, Any], *, header: dict[str, Any] | None = None) -> str:
    return jws.sign(json.dumps(members).encode(), signer=SIGNER, header={"typ": TYP, **(header or {})})


FETCHED = Reception(request_uri="https://client.example.org/request/vapof4ql2i7m41m68uep", received_at=AT)


class TestRequests:
    def test_a_link_to_a_request_object(self):
        query = re.sub(r"\s+", "", block(5, "request_uri_method=post").split("?")[1].split(" HTTP")[0])
        assert read_request_link(f"openid4vp://?{query}") == RequestReference(
            client_id="x509_san_dns:client.example.org",
            uri="https://client.example.org/request/vapof4ql2i7m41m68uep",
            method=RequestUriMethod.POST,
        )

    def test_a_universal_link(self):
        link = re.sub(r"\s+", "", block(21, "wallet.example.com"))
        found = read_request_link(link)
        assert isinstance(found, RequestReference)
        assert found.uri == "https://client.example.org/567545564"
        with pytest.raises(UnsupportedError):  # a client identifier from before prefixes, which nobody has registered
            parse_client_id(found.client_id)

    @pytest.mark.parametrize("number", [6, 10])
    def test_what_a_wallet_posts(self, number):
        body = re.sub(r"\s+", "", block(number, "wallet_nonce").split("urlencoded")[1])
        if number == 6:  # the text has a brace too many where the line is broken
            body = body.replace("%7D%7D%7D%7D&", "%7D%7D%7D&")
        found = read_request_uri_post(body.encode())
        assert found.wallet_nonce == "qPmxiNFCR3QTm19POc8u"
        assert found.metadata is not None
        assert found.metadata.vp_formats_supported == {
            "dc+sd-jwt": {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]}
        }

    def test_what_the_verifier_answers(self):
        members = completed(block(11, "wallet_nonce"))
        reception = Reception(
            client_id="x509_san_dns:client.example.org",
            request_uri=FETCHED.request_uri,
            wallet_nonce="qPmxiNFCR3QTm19POc8u",
            received_at=AT,
        )
        found = read_request(by_reference(members), reception=reception)
        assert found.client == X509SanDns("client.example.org")
        assert found.target.uri == "https://client.example.org/post"

    def test_a_request_that_is_not_signed(self):
        query = re.sub(r"\s+", "", block(9, "client_metadata").split("?")[1])
        parameters = form.read_query(query.replace("dcql_query=...", form.query({"dcql_query": QUERY})))
        assert parse_client_id(parameters["client_id"]) == RedirectUri("https://client.example.org/cb")
        metadata = read_client_metadata(json.loads(parameters["client_metadata"]))
        assert metadata.vp_formats_supported is not None
        with pytest.raises(MalformedError):  # by the redirect URI and its fragment, which vcwallet does not have
            read_request_link("openid4vp://?" + query)

    def test_a_signed_request_of_nobody_in_particular_is_refused(self):
        """The example has a signature with a client identifier that forbids one (section 5.9.3)."""
        members = json.loads(block(4, "redirect_uri:")) | {"nonce": NONCE, "response_mode": "direct_post"}
        with pytest.raises(RemoteProtocolError):
            read_request(by_reference(members), reception=FETCHED)

    def test_a_direct_post(self):
        members = completed(block(20, "direct_post"))
        found = read_request_link("openid4vp://?" + form.query(as_parameters(members)), reception=BY_VALUE)
        assert not isinstance(found, RequestReference)
        assert (found.client, found.target.uri) == (
            RedirectUri("https://client.example.org/post"),
            "https://client.example.org/post",
        )

    def test_one_of_a_did(self):
        header = shared_json("openid4vp-1.0", "request", "request_header_client_id_did.json")
        assert header["typ"] == TYP
        raw = shared("openid4vp-1.0", "request", "request_object_client_id_did.json").read_text()
        members = completed(raw) | {"response_mode": "direct_post", "response_uri": "https://client.example.org/post"}
        del members["redirect_uri"]
        found = read_request(by_reference(members, header={"kid": header["kid"]}), reception=FETCHED)
        assert str(found.client) == "decentralized_identifier:did:example:123"
        with pytest.raises(UnsupportedError):  # no method that vcwallet resolves
            found.authenticate(trust=None, at=AT)  # type: ignore[arg-type]

    def test_a_scope_is_not_supported(self):
        query = re.sub(r"\s+", "", block(7, "scope=").split("?")[1].split("HTTP")[0])
        with pytest.raises(MalformedError):
            read_request_link("openid4vp://?" + query)

    def test_an_attestation_about_the_verifier(self):
        assert wire.read(VerifierInfo, BLOCKS[1]["json"]).credential_ids == ("id_card",)

    @pytest.mark.parametrize("name", sorted(one.name for one in shared("openid4vp-1.0", "query_lang").iterdir()))
    def test_each_query_can_be_asked(self, name):
        query = shared_json("openid4vp-1.0", "query_lang", name)
        members = completed(block(11, "wallet_nonce")) | {"dcql_query": query}
        found = read_request(by_reference(members), reception=FETCHED)
        assert found.query == DcqlQuery.from_json(query)


def as_parameters(members: dict[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in members.items()}


class TestMetadata:
    @pytest.mark.parametrize("name", ["sd_jwt_vc", "mso_mdoc", "w3c_jwt", "w3c_ldp"])
    def test_each_verifier_s_is_read(self, name):
        given = shared_json("openid4vp-1.0", "client_metadata", f"{name}_verifier_metadata.json")
        assert read_client_metadata(given).vp_formats_supported == given["vp_formats_supported"]

    def test_a_wallet_s_static_configuration_is_read(self):
        given = json.loads(block(33, "openid4vp:"))
        assert wire.read(WalletMetadata, given).vp_formats_supported["mso_mdoc"] == {}

    def test_those_of_haip_are_of_an_older_draft(self):
        """``vp_formats`` and ``vc+sd-jwt`` are not of OpenID4VP 1.0; they are unknown members, which say nothing."""
        given = shared_json("haip-1.0", "client_metadata_sd_jwt_vc.json")
        assert read_client_metadata(given).vp_formats_supported is None
        assert shared_json("haip-1.0", "spec-blocks.json") == []


def example_key() -> ResponseKey:
    given = json.loads(block(27, '"d"'))
    number = int.from_bytes(base64url.decode(given["d"]), "big")
    agreement = SoftwareKeyAgreement(ec.derive_private_key(number, ec.SECP256R1()))
    assert agreement.public_jwk == {name: given[name] for name in ("kty", "crv", "x", "y")}
    return ResponseKey(kid=given["kid"], agreement=agreement)


class TestAnswers:
    def test_the_encrypted_one_decrypts(self):
        response = re.sub(r"\s+", "", block(26, "response")).split('":"')[1].rstrip('"}')
        assert json.loads(decrypt_answer(response, example_key())) == json.loads(block(29, "vp_token"))
        found = read_dc_api_answer({"response": response}, key=example_key())
        assert found == Response(vp_token={"example_credential_id": ("eyJhb...YMetA",)}, state=None)
        posted = form.form_body({"response": response})
        assert read_posted(posted, key=example_key()) == found

    def test_of_its_request_the_key_on_p_256_is_used(self):
        request = BLOCKS[25]["json"] | {"nonce": NONCE}
        found = read_dc_api_request(Protocol.UNSIGNED, request, origin="https://verifier.example", at=AT)
        assert not hasattr(found, "requests")
        encryption = found.target.encryption
        assert encryption is not None
        assert (encryption.jwk["kid"], encryption.enc.value) == ("ac", "A128GCM")
        assert encryption.thumbprint == example_key().thumbprint

    @pytest.mark.parametrize("number", [18, 50, 59])
    def test_a_token_is_read(self, number):
        token = json.loads(block(number))
        assert Response.from_members({"vp_token": token}).vp_token == {name: tuple(v) for name, v in token.items()}

    def test_a_posted_error(self):
        body = re.sub(r"\s+", "", block(23, "error=").split("urlencoded")[1])
        assert read_posted(body.encode(), key=None) == ErrorResponse(error="invalid_request", state="eyJhb...6-sVA")

    def test_where_the_verifier_sends_the_browser(self):
        body = block(24, "response_code").split("no-store")[1].strip()
        address = read_reply(HttpResponse(status=200, headers={}, body=body.encode()))
        assert address is not None
        assert urlsplit(address).fragment == "response_code=091535f699ea575c7937fa5f0f454aee"

    def test_an_error_by_the_api(self):
        given = shared_json("openid4vp-1.0", "digital_credentials_api", "error_invalid_request.json")
        assert read_dc_api_answer(given, key=None) == ErrorResponse(error="invalid_request")

    def test_the_hashes_of_a_transaction_are_of_the_form_that_is_read(self):
        claims = shared_json("openid4vp-1.0", "response", "kb_jwt_unsecured.json")
        [digest] = claims["transaction_data_hashes"]
        assert len(base64url.decode(digest)) == 32
        assert authorised({}, ()) == ()


class TestDigitalCredentials:
    ORIGIN = "https://origin1.example.com"

    def test_a_signed_request(self):
        raw = shared("openid4vp-1.0", "digital_credentials_api", "signed_request_payload_compact.json").read_text()
        data = {"request": by_reference(completed(raw))}
        for origin in (self.ORIGIN, "https://origin2.example.com"):
            found = read_dc_api_request(Protocol.SIGNED, data, origin=origin, at=AT)
            assert str(found.client) == "x509_san_dns:rp.example.com"  # type: ignore[union-attr]
        with pytest.raises(RemoteProtocolError):
            read_dc_api_request(Protocol.SIGNED, data, origin="https://origin3.example.com", at=AT)

    def test_one_with_several_signatures(self):
        raw = shared("openid4vp-1.0", "digital_credentials_api", "signed_request_payload.json").read_text()
        header = {"typ": TYP, "client_id": "x509_san_dns:rp.example.com"}
        data = jws.sign_general(json.dumps(completed(raw)).encode(), signers=[(SIGNER, header, None)] * 2)
        found = read_dc_api_request(Protocol.MULTISIGNED, data, origin=self.ORIGIN, at=AT)
        assert len(found.requests) == 2  # type: ignore[union-attr]

    def test_one_without_a_signature(self):
        text = re.sub(r"(\w+):", r'"\1":', block(36, "dc_api")).replace(
            'client_metadata": {...}', 'client_metadata": {}'
        )
        found = read_dc_api_request(Protocol.UNSIGNED, completed(text), origin=self.ORIGIN, at=AT)
        assert not found.is_signed
