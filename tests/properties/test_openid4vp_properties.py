# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""OpenID4VP messages: what was written is read, and whatever else comes leaves as one of our errors or not at all."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.openid4vp import (
    BY_API_JWT,
    DID,
    KEY,
    ORIGIN,
    POST_JWT,
    QUERY,
    TYPES,
    bank_world,
    request_of,
    trust_of,
)
from vcwallet.encoding import base64url
from vcwallet.errors import VcError
from vcwallet.flow import HttpResponse, run
from vcwallet.jose.jwe import ContentEncryption
from vcwallet.protocols.exchange import AnswerEncryption, AnswerTarget
from vcwallet.protocols.openid4vp import Response, read_request
from vcwallet.protocols.openid4vp.client_id import parse_client_id
from vcwallet.protocols.openid4vp.client_metadata import read_client_metadata
from vcwallet.protocols.openid4vp.digital_credentials import (
    Protocol,
    answer_data,
    read_dc_api_answer,
    read_dc_api_request,
)
from vcwallet.protocols.openid4vp.direct_post import post_answer, read_posted, read_reply, require_redirect_uri
from vcwallet.protocols.openid4vp.error_response import ErrorCode, ErrorResponse
from vcwallet.protocols.openid4vp.reception import Reception
from vcwallet.protocols.openid4vp.request_object import read_members
from vcwallet.protocols.openid4vp.request_uri import (
    MEDIA_TYPE,
    RequestReference,
    RequestUriMethod,
    fetching,
    read_request_link,
    read_request_uri_post,
    reference_link,
)
from vcwallet.protocols.openid4vp.transaction_data import read_transactions

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
VALUES = st.text(min_size=1, max_size=40).filter(lambda text: all(ord(c) < 0xD800 or ord(c) > 0xDFFF for c in text))
TOKENS = st.dictionaries(VALUES, st.lists(VALUES, min_size=1, max_size=3).map(tuple), min_size=1, max_size=4)
STATES = st.none() | VALUES
ANSWERS = st.builds(Response, vp_token=TOKENS, state=STATES) | st.builds(
    ErrorResponse, error=st.sampled_from(ErrorCode).map(str), state=STATES
)
MEMBERS: dict[str, Any] = {
    "response_type": "vp_token",
    "response_mode": "direct_post",
    "client_id": f"redirect_uri:{ORIGIN}/r",
    "response_uri": f"{ORIGIN}/r",
    "nonce": "n" * 22,
    "state": "s",
    "dcql_query": QUERY.to_json(),
    "client_metadata": {},
    "verifier_info": [],
    "expected_origins": [ORIGIN],
    "transaction_data": ["e30"],
    "wallet_nonce": "w",
    "trust_chain": ["a"],
    "aud": "https://self-issued.me/v2",
    "iat": 1,
    "nbf": 1,
    "exp": 2,
    "purpose": "p",
    "redirect_uri": "x",
}


@given(ANSWERS, st.sampled_from([None, *ContentEncryption]))
def test_an_answer_is_read_as_it_was_sent(answer, enc):
    encryption = None if enc is None else AnswerEncryption(jwk=KEY.jwk, enc=enc, thumbprint=KEY.thumbprint)
    key = None if enc is None else KEY
    target = AnswerTarget(mode="direct_post", uri=f"{ORIGIN}/r", encryption=encryption)
    assert read_posted(post_answer(answer, target=target).body, key=key) == answer
    assert read_dc_api_answer(answer_data(answer, target=target), key=key) == answer


@given(
    st.text(alphabet="abc:/.?=&%#é ", min_size=1, max_size=30),
    st.from_regex(r"https://[a-z]{1,9}\.example/[A-Za-z0-9/_-]{0,20}(\?[a-z0-9=&]{0,9})?", fullmatch=True),
    st.sampled_from(RequestUriMethod),
)
def test_a_link_is_read_as_it_was_written(client, uri, method):
    assert read_request_link(reference_link(client, uri, method=method)) == RequestReference(
        client_id=client, uri=uri, method=method
    )


@given(st.text(max_size=80) | st.sampled_from(["x509_hash:", "redirect_uri:", f"decentralized_identifier:{DID}"]))
def test_a_client_identifier_is_read_as_one_text_or_not_at_all(text):
    with suppress(VcError):
        assert str(parse_client_id(text)) == text


@given(st.dictionaries(st.sampled_from(sorted(MEMBERS)), JSON, max_size=4), st.booleans())
def test_members_of_any_kind_make_a_request_or_one_of_our_errors(changes, by_api):
    reception = Reception(origin=ORIGIN if by_api else None)
    with suppress(VcError):
        request = read_members({**MEMBERS, **changes}, signature=None, reception=reception)
        request.authenticate(trust=trust_of(bank_world()), at=bank_world().clock())
        _ = request.target


@given(
    st.sampled_from(Protocol), st.dictionaries(st.sampled_from([*MEMBERS, "request", "payload", "signatures"]), JSON)
)
def test_any_object_by_the_api_is_a_request_or_one_of_our_errors(protocol, data):
    with suppress(VcError):
        read_dc_api_request(protocol, data, origin=ORIGIN, at=bank_world().clock())


@given(JSON)
def test_any_metadata_are_read_or_refused(value):
    with suppress(VcError):
        read_client_metadata(value).answer_encryption()


@given(st.binary(max_size=200))
def test_any_bytes_are_a_form_or_refused(body):
    for read in (
        read_request_uri_post,
        lambda data: read_posted(data, key=None),
        lambda data: read_posted(data, key=KEY),
    ):
        with suppress(VcError):
            read(body)
    with suppress(VcError):
        read_reply(HttpResponse(status=200, headers={}, body=body))


@given(st.text(max_size=100))
def test_any_text_is_a_link_and_an_address_or_refused(text):
    for read in (read_request_link, require_redirect_uri, read_request):
        for candidate in (text, f"openid4vp://?{text}", f"https://{text}"):
            with suppress(VcError):
                read(candidate)


@given(st.dictionaries(st.sampled_from(["type", "credential_ids", "amount", "memo", "x"]), JSON))
def test_any_transaction_is_one_that_can_be_shown_or_refused(members):
    text = base64url.encode(json.dumps(members).encode())
    with suppress(VcError):
        [one] = read_transactions((text,), query=QUERY, types=TYPES)
        assert one.members == members
        assert isinstance(members["amount"], str)


@pytest.mark.parametrize("delivery", [POST_JWT, BY_API_JWT], ids=lambda one: one.mode.name)
def test_a_request_object_cut_anywhere_is_none(delivery):
    """Fed in pieces: each beginning of the text is refused, the whole is read."""
    text = str(request_of(bank_world(), delivery=delivery))
    origin = ORIGIN if delivery.mode.is_dc_api else None
    reception = Reception(origin=origin, received_at=bank_world().clock())
    for end in range(0, len(text), 61):
        with pytest.raises(VcError):
            read_request(text[:end], reception=reception).verify(trust=trust_of(bank_world()), at=bank_world().clock())
    found = read_request(text, reception=reception).verify(trust=trust_of(bank_world()), at=bank_world().clock())
    assert found.purpose == "loan"


@given(st.binary(max_size=120), st.sampled_from([MEDIA_TYPE, "text/html", ""]), st.integers(100, 599))
def test_whatever_the_request_uri_answers_is_a_request_or_one_of_our_errors(body, media_type, status):
    world = bank_world()
    reference = RequestReference(client_id="x", uri=f"{ORIGIN}/r", method=RequestUriMethod.POST)
    response = HttpResponse(status=status, headers={"content-type": media_type}, body=body)
    with pytest.raises(VcError):
        run(fetching(reference, at=world.clock(), key=KEY), lambda _: response)
