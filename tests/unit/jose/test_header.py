# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""JOSE protected headers (RFC 7515, section 4): read once, checked whole, never followed."""

from __future__ import annotations

import base64
import json

import pytest

from vcwallet.encoding import base64url
from vcwallet.errors import AlgorithmNotAllowedError, LimitExceededError, MalformedError, UnsupportedError
from vcwallet.jose import header
from vcwallet.keys import Algorithm


def encoded(members: object) -> bytes:
    return base64url.encode(json.dumps(members).encode()).encode()


def with_members(**members: object) -> bytes:
    return encoded({"alg": "ES256", **members})


def test_a_header_is_read():
    read = header.parse(with_members(typ="JWT", kid="key-1", x5c=["AAEC", "/+8="], other={"a": [1]}))
    assert read.algorithm is Algorithm.ES256
    assert (read.typ, read.key_id) == ("JWT", "key-1")
    assert read.chain == (b"\x00\x01\x02", b"\xff\xef")
    assert read.members["other"] == {"a": [1]}


def test_all_members_but_the_algorithm_may_be_absent():
    read = header.parse(with_members())
    assert (read.typ, read.key_id, read.chain) == (None, None, ())


def test_a_header_is_written_and_read():
    members = {"alg": "EdDSA", "typ": "vc+jwt", "x5c": header.x5c((b"one", b"two"))}
    read = header.parse(header.encode(members).encode())
    assert read.members == members
    assert read.chain == (b"one", b"two")


def test_the_members_cannot_be_changed():
    with pytest.raises(TypeError):
        header.parse(with_members()).members["alg"] = "none"  # type: ignore[index]


def test_addresses_and_keys_in_a_header_mean_nothing():
    read = header.parse(with_members(jku="https://evil.example/", x5u="https://evil.example/", jwk={"kty": "oct"}))
    assert read.chain == ()


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "HS256", "RS256", "es256", "", None, 256, ["ES256"]])
def test_an_algorithm_that_we_do_not_have_is_refused(alg):
    with pytest.raises(AlgorithmNotAllowedError):
        header.parse(encoded({"alg": alg}))


def test_a_header_without_an_algorithm_is_refused():
    with pytest.raises(AlgorithmNotAllowedError):
        header.parse(encoded({"typ": "JWT"}))


@pytest.mark.parametrize(
    "extension",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": None},
        {"b64": False},
        {"b64": "false"},
        {"b64": None},
        {"b64": 1},
        {"crit": ["b64"], "b64": False},
        {"crit": ["b64"], "b64": True},
        {"crit": ["b64"], "b64": "true"},
    ],
)
def test_a_header_with_an_extension_is_refused(extension):
    with pytest.raises(UnsupportedError):
        header.parse(with_members(**extension))


@pytest.mark.parametrize("b64", [True, "true"])
def test_that_the_payload_is_in_base64url_may_be_said(b64):
    assert header.parse(with_members(b64=b64, cty="b64")).algorithm is Algorithm.ES256


@pytest.mark.parametrize(
    "members",
    [
        {"typ": 1},
        {"kid": ["a"]},
        {"kid": 7},
        {"x5c": []},
        {"x5c": "AAEC"},
        {"x5c": [1]},
        {"x5c": ["AAE"]},
        {"x5c": ["_-8="]},
        {"x5c": ["AAEC\n"]},
        {"x5c": ["\u3042AEC"]},
        {"x5c": None},
    ],
)
def test_a_member_of_the_wrong_kind_is_refused(members):
    with pytest.raises(MalformedError):
        header.parse(with_members(**members))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"e30=",
        base64url.encode(b"[]").encode(),
        base64url.encode(b'"alg"').encode(),
        base64url.encode(b'{"alg":"ES256","alg":"none"}').encode(),
        base64url.encode(b'{"alg":"none","\\u0061lg":"ES256"}').encode(),
        base64url.encode('{"alg":"ES256"}'.encode("utf-16")).encode(),
        base64url.encode(b'\xef\xbb\xbf{"alg":"ES256"}').encode(),
    ],
)
def test_what_is_no_json_object_in_base64url_is_refused(text):
    with pytest.raises(MalformedError):
        header.parse(text)


def test_five_certificates_are_read_and_six_are_not():
    assert len(header.parse(with_members(x5c=["AAEC"] * 5)).chain) == 5
    with pytest.raises(LimitExceededError):
        header.parse(with_members(x5c=["AAEC"] * 6))


def test_a_certificate_of_16_kib_is_read_and_a_longer_one_is_not():
    def chain(length):
        return with_members(x5c=[base64.b64encode(bytes(length)).decode()])

    assert len(header.parse(chain(16 * 1024)).chain[0]) == 16 * 1024
    with pytest.raises(LimitExceededError):
        header.parse(chain(16 * 1024 + 6))


def test_a_header_of_32_kib_is_read_and_a_longer_one_is_not():
    room = 32 * 1024 * 3 // 4 - len(b'{"alg": "ES256", "kid": ""}')
    fitting = with_members(kid="k" * room)
    assert len(fitting) == 32 * 1024
    assert header.parse(fitting).key_id == "k" * room
    with pytest.raises(LimitExceededError):
        header.parse(with_members(kid="k" * (room + 3)))
