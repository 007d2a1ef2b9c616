# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Encryption is chosen by what both sides have, and nothing that is demanded is left out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.openid4vci import read_metadata
from vcwallet.errors import RemoteProtocolError, UnsupportedError
from vcwallet.flow import HttpResponse
from vcwallet.jose.jwe import ContentEncryption
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.openid4vci.encryption import ENCRYPTED, PLAIN, MessageKey, encrypt_message, read_message
from vcwallet.wallet.collecting.sealing import Sealing

KEY = MessageKey(kid="k", agreement=SoftwareKeyAgreement.generate())
FOREIGN = {"kty": "OKP", "crv": "X25519", "x": "AAAA", "kid": "foreign", "alg": "ECDH-ES"}


def wanted(*, required: bool = False, enc: tuple[str, ...] = ("A128GCM", "A256GCM"), **jwks: Any) -> dict[str, Any]:
    return {
        "jwks": jwks or {"keys": [FOREIGN, KEY.jwk]},
        "enc_values_supported": list(enc),
        "encryption_required": required,
    }


def answered(
    *, required: bool = False, enc: tuple[str, ...] = ("A128GCM",), alg: tuple[str, ...] = ("ECDH-ES",)
) -> dict[str, Any]:
    return {"alg_values_supported": list(alg), "enc_values_supported": list(enc), "encryption_required": required}


def sealing(request: Any = None, response: Any = None) -> Sealing:
    members = {"credential_request_encryption": request, "credential_response_encryption": response}
    return Sealing.create(read_metadata(**{name: value for name, value in members.items() if value is not None}))


def test_everything_is_encrypted_where_both_can() -> None:
    both = sealing(wanted(), answered())
    body, media_type = both.sealed(b"{}")
    assert media_type == ENCRYPTED
    assert read_message(body, content_type=media_type, keys=(KEY,), required=True).json == b"{}"
    assert both.for_response is not None
    assert (both.request_enc, both.for_response.enc) == (ContentEncryption.A256GCM, ContentEncryption.A128GCM)
    text = encrypt_message(b'{"a":1}', jwk=dict(both.for_response.jwk), enc=both.for_response.enc)
    response = HttpResponse(status=200, headers={"content-type": ENCRYPTED}, body=text.encode())
    assert both.opened(response) == b'{"a":1}'
    plain = HttpResponse(status=200, headers={"content-type": PLAIN}, body=b"{}")
    with pytest.raises(RemoteProtocolError, match="ENCRYPTION_MISSING"):
        both.opened(plain)


def test_each_request_has_a_key_of_its_own_for_its_response() -> None:
    one, other = sealing(wanted(), answered()), sealing(wanted(), answered())
    assert one.for_response is not None
    assert other.for_response is not None
    assert one.for_response.jwk["x"] != other.for_response.jwk["x"]


@pytest.mark.parametrize(
    ("request_", "response"),
    [
        (None, None),
        (None, answered()),  # a request that says how to encrypt the response is encrypted itself
        (wanted(enc=("A192GCM",)), answered()),
        (wanted(keys=[FOREIGN]), answered()),
    ],
)
def test_nothing_is_encrypted_where_one_cannot_and_nobody_demands_it(request_: Any, response: Any) -> None:
    neither = sealing(request_, response)
    assert neither.sealed(b"{}") == (b"{}", PLAIN)
    assert neither.for_response is None
    assert neither.opened(HttpResponse(status=200, headers={"content-type": PLAIN}, body=b"{}")) == b"{}"


@pytest.mark.parametrize("response", [None, answered(enc=("A192GCM",)), answered(alg=("RSA-OAEP",))])
def test_the_request_alone_is_encrypted_where_the_response_cannot_be(response: Any) -> None:
    request_only = sealing(wanted(), response)
    assert request_only.sealed(b"{}")[1] == ENCRYPTED
    assert request_only.for_response is None


@pytest.mark.parametrize(
    ("request_", "response"),
    [
        (wanted(required=True, enc=("A192GCM",)), None),
        (wanted(required=True, keys=[FOREIGN]), None),
        (None, answered(required=True)),
        (wanted(), answered(required=True, enc=("A192GCM",))),
        (wanted(), answered(required=True, alg=("RSA-OAEP",))),
        (wanted(keys=[FOREIGN]), answered(required=True)),
    ],
)
def test_what_is_demanded_and_cannot_be_done_is_not_left_out(request_: Any, response: Any) -> None:
    with pytest.raises(UnsupportedError, match="ENCRYPTION_UNSUPPORTED"):
        sealing(request_, response)


@pytest.mark.parametrize(
    ("request_", "response"),
    [(wanted(required=True), answered(required=True)), (wanted(required=True), None)],
)
def test_what_is_demanded_and_can_be_done_is_done(request_: Any, response: Any) -> None:
    assert sealing(request_, response).sealed(b"{}")[1] == ENCRYPTED
