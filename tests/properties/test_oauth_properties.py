# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""OAuth messages come back as they were, and whatever arrives raises our errors only."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.pki import NOW
from vcwallet.errors import MalformedError, VcError
from vcwallet.flow import HttpResponse
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.oauth import (
    authorization,
    authorization_details,
    bearer,
    client_attestation,
    dpop,
    form,
    pkce,
    refusal,
    token,
)
from vcwallet.protocols.oauth.authorization_details import AskedClaim, AuthorizationDetail, GrantedDetail
from vcwallet.protocols.oauth.token_type import TokenType
from vcwallet.protocols.openid4vci.claims_description import require_consistent
from vcwallet.protocols.stateless_nonce import StatelessNonces

SIGNER = SoftwareSigner.generate()
URL = "https://issuer.example/token"
NONCES = StatelessNonces(bytes(32), kind="test")

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
visible = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=20)
words = st.text("ABCXYZabcxyz019._~+/-:", min_size=1, max_size=12)
scopes = st.lists(words, max_size=3, unique=True).map(tuple)
uris = words.map("urn:a:{}".format)
thumbprints = st.binary(min_size=32, max_size=32).map(
    lambda data: pkce.Pkce.create(random_bytes=lambda _: data).verifier
)
paths = st.lists(texts | st.integers(0, 2**31) | st.none(), min_size=1, max_size=4).map(tuple)
claims = st.builds(AskedClaim, path=paths, mandatory=st.booleans())


def agree(asked: tuple[AskedClaim, ...]) -> bool:
    """Whether no two of the claims are the same or contradict each other: such are refused."""
    try:
        require_consistent([claim.path for claim in asked], in_mdoc=True)
    except MalformedError:
        return False
    return True


details = st.lists(
    st.builds(
        AuthorizationDetail,
        credential_configuration_id=texts,
        claims=st.lists(claims, max_size=3).map(tuple).filter(agree),
        locations=st.lists(uris, max_size=2).map(tuple),
        credential_identifiers=st.lists(texts, max_size=2).map(tuple),
    ),
    max_size=3,
    unique_by=lambda detail: detail.credential_configuration_id,
).map(tuple)
requests = st.builds(
    authorization.AuthorizationRequest,
    client_id=visible,
    redirect_uri=st.sampled_from(["https://wallet.example/cb?a=b", "com.example:/cb", "http://[::1]:1/"]),
    code_challenge=thumbprints,
    scope=scopes.filter(bool),
    authorization_details=details,
    state=st.none() | visible,
    issuer_state=st.none() | visible,
    dpop_jkt=st.none() | thumbprints,
    resource=st.lists(uris, max_size=3).map(tuple),
)
grants = (
    st.builds(
        token.AuthorizationCodeGrant,
        code=visible,
        redirect_uri=visible,
        code_verifier=thumbprints,
        client_id=st.none() | visible,
        authorization_details=details,
    )
    | st.builds(
        token.PreAuthorizedCodeGrant,
        pre_authorized_code=visible,
        tx_code=st.none() | texts.filter(str.isprintable),
        client_id=st.none() | visible,
        authorization_details=details,
    )
    | st.builds(token.RefreshTokenGrant, refresh_token=visible, scope=scopes, client_id=st.none() | visible)
)
granted = st.builds(
    GrantedDetail,
    credential_configuration_id=texts,
    credential_identifiers=st.lists(texts, min_size=1, max_size=3).map(tuple),
)
responses = st.builds(
    token.TokenResponse,
    access_token=st.from_regex(r"[A-Za-z0-9._~+/-]{1,20}={0,2}", fullmatch=True),
    token_type=st.sampled_from(TokenType),
    expires_in=st.none() | st.integers(1, 2**31),
    refresh_token=st.none() | visible,
    scope=st.none() | scopes.map(" ".join),
    authorization_details=st.lists(granted, max_size=3).map(tuple),
)


def escape(byte: bytes) -> str:
    """Return a percent-encoding, in upper case for some bytes and in lower case for others."""
    return f"%{byte.hex().upper() if byte[0] % 2 else byte.hex()}"


# --- round trips -----------------------------------------------------------------------------------------------------


@given(st.dictionaries(texts.filter(lambda name: name != "resource"), texts, max_size=6))
def test_a_form_comes_back_and_others_read_it_so(params):
    body = form.form_body(params)
    assert form.read_form(body) == params
    assert dict(parse_qsl(body.decode(), strict_parsing=bool(params))) == params


@given(st.lists(st.sampled_from("aF0=+_~.") | st.binary(min_size=1, max_size=1).map(escape), max_size=12))
def test_a_value_is_decoded_as_others_decode_it(pieces):
    value = "".join(pieces)
    try:
        expected = unquote_to_bytes(value.replace("+", " ")).decode()
    except UnicodeDecodeError:
        with pytest.raises(MalformedError):
            form.read_query(f"a={value}")
    else:
        assert form.read_query(f"a={value}") == ({"a": expected} if expected else {})


@given(requests)
def test_an_authorization_request_comes_back(request):
    body = form.form_body(request.parameters())
    assert authorization.read_authorization_request(form.read_form(body)) == request


@given(details.filter(bool))
def test_details_come_back(asked):
    assert authorization_details.read_details(authorization_details.details_text(asked)) == asked


@given(grants)
def test_a_token_request_comes_back(grant):
    assert token.read_token_request(form.read_form(form.form_body(grant.parameters()))) == grant


@given(responses)
def test_a_token_response_comes_back(answer):
    assert token.read_token_response(answer.to_json()) == answer


@given(visible, visible, st.sampled_from(["https://wallet.example/cb?a=b", "com.example:/cb"]))
def test_a_code_comes_back(code, state, redirect_uri):
    issuer = "https://issuer.example/tenant"
    url = authorization.redirect_with_code(redirect_uri, code=code, state=state, issuer=issuer)
    assert authorization.read_redirect(url, redirect_uri=redirect_uri, state=state, issuer=issuer) == code


@given(
    st.sampled_from(["GET", "POST"]),
    st.from_regex(
        r"https://[a-z]{1,9}\.example(:[1-9][0-9]{1,3})?(/[A-Za-z0-9._~%!$&'()*+,;=:@-]{0,9}){0,3}", fullmatch=True
    ),
    st.none() | words,
    st.none() | words,
    st.integers(0, 4_000_000_000),
)
def test_a_proof_is_good_for_what_it_was_made_for(method, url, access_token, nonce, seconds):
    at = datetime.fromtimestamp(seconds, UTC)
    text = dpop.make_proof(SIGNER, method=method, url=url, at=at, access_token=access_token, nonce=nonce)
    found = dpop.verify_proof(text, method=method, url=url, access_token=access_token, at=at)
    assert (found.key, found.nonce, found.issued_at) == (SIGNER.public_key, nonce, at)


@given(st.datetimes(datetime(1970, 1, 1), datetime(9990, 1, 1)), st.integers(0, 299))
def test_a_nonce_is_known_again(time, seconds):
    at = time.replace(tzinfo=UTC)
    assert NONCES.require(NONCES.issue(at=at), at=at.replace(microsecond=0) + timedelta(seconds=seconds)) > at


@given(st.binary(min_size=32, max_size=32))
def test_a_verifier_fits_its_challenge(data):
    made = pkce.Pkce.create(random_bytes=lambda count: data[:count])
    pkce.require_verifier(made.verifier, challenge=made.challenge)


# --- hostile input ---------------------------------------------------------------------------------------------------

PROOF = dpop.make_proof(SIGNER, method="POST", url=URL, at=NOW, access_token="a", nonce="n")
POP = client_attestation.make_pop(SIGNER, audience=URL, at=NOW)
CHALLENGE = pkce.Pkce("a" * 43).challenge
REQUEST = authorization.AuthorizationRequest(
    client_id="c",
    redirect_uri="https://wallet.example/cb",
    code_challenge=CHALLENGE,
    scope=("a", "b"),
    authorization_details=(AuthorizationDetail(credential_configuration_id="a"),),
    resource=("urn:a:b", "urn:a:c"),
)
GRANT = token.PreAuthorizedCodeGrant(pre_authorized_code="p", tx_code="1", client_id="c")
ANSWER = token.TokenResponse(
    access_token="a",
    token_type=TokenType.DPOP,
    expires_in=1,
    authorization_details=(GrantedDetail(credential_configuration_id="a", credential_identifiers=("b",)),),
)


def text_of(data: bytes) -> str:
    return data.decode("latin-1")


READERS: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "form": (form.read_form, form.form_body(REQUEST.parameters())),
    "authorization": (
        lambda data: authorization.read_authorization_request(form.read_form(data)),
        form.form_body(REQUEST.parameters()),
    ),
    "token": (lambda data: token.read_token_request(form.read_form(data)), form.form_body(GRANT.parameters())),
    "details": (
        lambda data: authorization_details.read_details(text_of(data)),
        authorization_details.details_text(REQUEST.authorization_details).encode(),
    ),
    "answer": (token.read_token_response, ANSWER.to_json()),
    "pushed": (authorization.read_pushed_response, authorization.pushed_response("urn:a:b", expires_in=1)),
    "challenge": (client_attestation.read_challenge_response, client_attestation.challenge_response("c")),
    "redirect": (
        lambda data: authorization.read_redirect(
            text_of(data), redirect_uri="a:b", state="s", issuer="https://issuer.example"
        ),
        b"a:b?code=c&state=s&iss=https%3A%2F%2Fissuer.example",
    ),
    "redirect uri": (lambda data: authorization.require_redirect_uri(text_of(data)), b"http://[::1]:80/cb?a=b"),
    "authorization header": (lambda data: bearer.read_authorization(text_of(data)), b"DPoP abc.def-ghi=="),
    "proof": (
        lambda data: dpop.verify_proof(text_of(data), method="POST", url=URL, access_token="a", at=NOW).key,
        PROOF.encode(),
    ),
    "nonce": (lambda data: NONCES.require(text_of(data), at=NOW), NONCES.issue(at=NOW).encode()),
}
readers = pytest.mark.parametrize("name", READERS)


def survives(name: str, data: bytes) -> None:
    """Read, or refuse with an error of ours."""
    with suppress(VcError):
        READERS[name][0](data)


@readers
def test_what_is_whole_is_read(name):
    reader, whole = READERS[name]
    assert reader(whole)


@readers
def test_what_comes_byte_by_byte_raises_our_errors_only(name):
    whole = READERS[name][1]
    for end in range(len(whole)):
        survives(name, whole[:end])


@readers
def test_what_is_changed_raises_our_errors_only(name):
    whole = READERS[name][1]
    for position in range(len(whole)):
        for byte in (0, whole[position] ^ 1, whole[position] ^ 0x80, ord("%"), ord("&"), ord('"')):
            survives(name, whole[:position] + bytes([byte]) + whole[position + 1 :])


@readers
@given(data=st.data())
def test_what_is_anything_raises_our_errors_only(name, data):
    survives(name, data.draw(st.binary(max_size=60)))


TEXT_READERS: dict[str, Callable[[str], Any]] = {
    "query": form.read_query,
    "redirect uri": authorization.require_redirect_uri,
    "authorization header": bearer.read_authorization,
    "details": authorization_details.read_details,
    "nonce": lambda text: NONCES.require(text, at=NOW),
    "proof": lambda text: dpop.verify_proof(text, method="GET", url=URL, access_token=None, at=NOW).key,
    "verifier": lambda text: pkce.require_verifier(text, challenge=CHALLENGE),
}


@pytest.mark.parametrize("name", TEXT_READERS)
@given(text=st.text(max_size=40))
@example(text="\ud800")
def test_a_text_of_any_characters_raises_our_errors_only(name, text):
    with suppress(VcError):
        TEXT_READERS[name](text)


@given(st.binary(max_size=60), st.text(max_size=40))
def test_a_refusal_is_read_from_anything(body, told):
    refused = refusal.read_refusal(HttpResponse(status=400, headers={"www-authenticate": told}, body=body))
    assert refused.error.isascii()
    assert refused.error.isprintable()


@given(st.binary(max_size=40))
def test_a_form_that_is_read_is_written_so_that_it_reads_the_same(body):
    try:
        params = form.read_form(body)
    except MalformedError:
        return
    assert form.read_form(form.form_body(params)) == params
