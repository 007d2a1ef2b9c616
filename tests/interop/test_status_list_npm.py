# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Token Status Lists of ours and of @sd-jwt/jwt-status-list (npm): each reads what the other has made."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from tests.support.npm import PROJECT, ask_node
from tests.support.pki import NOW
from tests.support.trust import Demo
from vcwallet.encoding import base64url
from vcwallet.jose import jws, jwt
from vcwallet.jose.header import x5c
from vcwallet.keys import Algorithm, jwk
from vcwallet.keys.software import SoftwareSigner
from vcwallet.status.status_list import StatusList
from vcwallet.status.token_status_list import MediaType, StatusListToken, parse, sign_jwt, status_claim

pytestmark = pytest.mark.interop

BITS = [1, 2, 4, 8]
SIZES = [8, 64, 1000, 20_000]
URI = "https://city.example/lists/1"


def statuses(bits: int, size: int) -> list[int]:
    """Numbers that make no pattern, and end with one that is not zero; always the same."""
    chance = random.Random(bits * size)
    return [chance.choice((0, 0, 0, chance.randrange(1 << bits))) for _ in range(size - 1)] + [(1 << bits) - 1]


def ours(values: list[int], bits: int) -> StatusList:
    return StatusList.of(dict(enumerate(values)), size=len(values), bits=bits)


@cache
def theirs() -> dict[str, Any]:
    """What the package makes and reads, in one run of node."""
    requests, names = [], []
    for bits in BITS:
        for size in SIZES:
            names += [f"pack {bits} {size}", f"unpack {bits} {size}"]
            requests += [
                {"do": "pack", "bits": bits, "statuses": statuses(bits, size)},
                {"do": "unpack", "bits": bits, "lst": base64url.encode(ours(statuses(bits, size), bits).compressed())},
            ]
    return dict(zip(names, ask_node("status_lists.js", requests), strict=True))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("bits", BITS)
def test_we_read_the_lists_that_they_pack(bits: int, size: int) -> None:
    packed = theirs()[f"pack {bits} {size}"]
    assert list(StatusList.from_compressed(base64url.decode(packed), bits=bits)) == statuses(bits, size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("bits", BITS)
def test_they_read_the_lists_that_we_pack(bits: int, size: int) -> None:
    assert theirs()[f"unpack {bits} {size}"] == statuses(bits, size)


@pytest.mark.parametrize("bits", BITS)
def test_we_verify_the_tokens_that_they_make(bits: int) -> None:
    demo = Demo()
    signer = SoftwareSigner.generate(Algorithm.ES256)
    city = demo.registry.enrol_status_signer("Mirai City", code="999016", signer=signer)
    demo.update()
    request = {
        "do": "issue",
        "bits": bits,
        "statuses": statuses(bits, 1000),
        "claims": {
            "iss": city.identifier,
            "sub": URI,
            "iat": jwt.seconds(NOW),
            "exp": jwt.seconds(NOW + timedelta(days=1)),
            "ttl": 43200,
        },
        "x5c": x5c(city.chain),
        "pem": signer.to_pem(passphrase=None).decode(),
    }
    [token] = ask_node("status_lists.js", [request])
    signed = parse(token.encode(), MediaType.JWT).verify(uri=URI, trust=demo.client, at=NOW)
    assert list(signed.statuses_for(city.identifier, trust=demo.client, at=NOW)) == statuses(bits, 1000)
    assert (signed.token.expires, signed.token.ttl) == (NOW + timedelta(days=1), timedelta(hours=12))


@pytest.mark.parametrize("bits", BITS)
def test_they_verify_the_tokens_that_we_make(bits: int) -> None:
    signer = SoftwareSigner.generate(Algorithm.ES256)
    token = StatusListToken(
        uri=URI, statuses=ours(statuses(bits, 1000), bits), issued_at=datetime(2026, 11, 23, tzinfo=UTC)
    )
    text = sign_jwt(token, signer=signer, chain=(b"not looked at",))
    key = jwk.public_jwk(signer.public_key)
    indexes = [0, 1, 2, 3, 498, 997, 998, 999]
    credentials = [
        jws.sign(json.dumps({"status": status_claim(URI, index)}).encode(), signer=signer, header={"typ": "dc+sd-jwt"})
        for index in indexes
    ]
    requests = [{"do": "check", "token": text, "credential": one, "jwk": key} for one in credentials]
    expected = [{"same": True, "status": statuses(bits, 1000)[index]} for index in indexes]
    assert ask_node("status_lists.js", requests) == expected


def test_what_is_pinned_names_no_place_to_get_it_from() -> None:
    lock = json.loads((PROJECT / "package-lock.json").read_text("utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    for package in packages.values():
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package
