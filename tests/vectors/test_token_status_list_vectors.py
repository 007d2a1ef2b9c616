# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The examples and test vectors of draft-ietf-oauth-status-list-20 (sections 4 to 9, appendix C)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.vectors import shared_json
from vcwallet.cose import cwt
from vcwallet.encoding import base64url, cbor, json
from vcwallet.jose import jws
from vcwallet.status.aggregation import read_aggregation
from vcwallet.status.status_list import StatusList
from vcwallet.status.token_status_list import MediaType, StatusReference, _token, parse

VECTORS = shared_json("token-status-list", "vectors.json")
BLOCKS = {
    block["id"]: block["text"] for block in shared_json("token-status-list", "draft-20-blocks.json") if "id" in block
}
LONG = {one["name"]: one for one in VECTORS["appendix_C"]}
SHORT = {one["name"]: one for one in VECTORS["section_4"]}
TOKENS = VECTORS["tokens"]


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize("form", ["json", "cbor"])
def test_long_lists(name, form):
    vector = LONG[name]
    statuses = read(vector, form)
    assert {entry["idx"]: statuses[entry["idx"]] for entry in vector["entries"]} == {
        entry["idx"]: entry["status"] for entry in vector["entries"]
    }
    set_by_us = StatusList.of(
        {entry["idx"]: entry["status"] for entry in vector["entries"]}, size=len(statuses), bits=vector["bits"]
    )
    assert set_by_us == statuses  # every other status is 0
    assert StatusList.from_compressed(set_by_us.compressed(), bits=vector["bits"]) == statuses


def read(vector: dict[str, Any], form: str) -> StatusList:
    if form == "json":
        return StatusList.from_compressed(base64url.decode(vector["json"]["lst"]), bits=vector["json"]["bits"])
    decoded = cbor.loads(bytes.fromhex(vector["cbor_hex"]))
    return StatusList.from_compressed(decoded["lst"], bits=decoded["bits"])


@pytest.mark.parametrize("name", SHORT)
def test_short_lists(name):
    vector = SHORT[name]
    statuses = StatusList.from_compressed(base64url.decode(vector["lst"]), bits=vector["bits"])
    assert statuses.data.hex() == vector["byte_array_hex"]
    assert list(statuses) == vector["statuses"]


def test_the_token_as_jwt():
    text = "".join(TOKENS["status_list_http_response"].split("\n\n", 1)[1].split())
    unverified = parse(text.encode(), MediaType.JWT)
    read_token = _token(unverified._claims, MediaType.JWT)
    require_the_example(read_token)
    assert unverified._source.issuer == "https://example.com"


def test_the_token_as_cwt():
    unverified = parse(bytes.fromhex(TOKENS["status_list_token_cwt_hex"]), MediaType.CWT)
    require_the_example(_token(unverified._claims, MediaType.CWT))


def require_the_example(token: Any) -> None:
    assert token.uri == "https://example.com/statuslists/1"
    assert list(token.statuses) == SHORT["4.2 one-bit"]["statuses"]
    assert token.issued_at == datetime.fromtimestamp(1_686_920_170, UTC)
    assert token.expires == datetime.fromtimestamp(2_291_720_170, UTC)
    assert token.ttl == timedelta(seconds=43_200)


def test_the_reference_in_an_sd_jwt():
    claims = json.loads_object(jws.parse(TOKENS["referenced_token_sd_jwt"].split("~")[0]).unverified_payload)
    assert StatusReference.from_claim(claims["status"]) == REFERENCE


def test_the_reference_in_a_cwt():
    payload: Any = cwt.parse(bytes.fromhex(TOKENS["referenced_token_cwt_hex"])).signed.unverified_payload
    assert StatusReference.from_claim(cbor.loads(payload)[65535]) == REFERENCE


REFERENCE = StatusReference(uri="https://example.com/statuslists/1", index=0)


def test_the_aggregation():
    assert read_aggregation(BLOCKS["section-9.3-5"].encode()) == tuple(
        f"https://example.com/statuslists/{number}" for number in (1, 2, 3)
    )
