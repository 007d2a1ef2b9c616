# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The handovers and session transcripts of OpenID4VP 1.0, appendix B.2.6, byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.vectors import shared_json
from vcwallet.encoding import base64url, cbor
from vcwallet.formats.base import Binding
from vcwallet.formats.mdoc import transcript
from vcwallet.keys import jwk

VECTORS: list[dict[str, Any]] = shared_json("openid4vp-1.0", "session-transcript-vectors.json")
BY_NAME = {vector["name"]: vector for vector in VECTORS}


def thumbprint(given: Mapping[str, Any]) -> bytes:
    found = base64url.decode(jwk.thumbprint(given["verifier_encryption_jwk"]))
    assert found.hex() == given["jwk_thumbprint_hex"]
    return found


def binding(given: Mapping[str, Any]) -> Binding:
    return Binding(
        audience=given.get("client_id", "web-origin:https://example.com"),
        nonce=given["nonce"],
        response_uri=given.get("response_uri", "urn:unused"),
        encryption_key=thumbprint(given),
        origin=given.get("origin"),
    )


def test_there_is_a_vector_of_each_kind():
    assert set(BY_NAME) == {"OpenID4VPHandover", "OpenID4VPDCAPIHandover"}


@pytest.mark.parametrize("name", list(BY_NAME))
def test_a_transcript_is_the_published_one(name: str):
    given, wanted = BY_NAME[name]["input"], BY_NAME[name]["expect"]
    made = transcript.of(binding(given))
    assert made.hex() == wanted["session_transcript_cbor_hex"]
    assert cbor.dumps(cbor.loads(made)[2]).hex() == wanted["handover_cbor_hex"]


@pytest.mark.parametrize("name", list(BY_NAME))
def test_the_digest_is_that_of_the_published_information(name: str):
    wanted = BY_NAME[name]["expect"]
    info = bytes.fromhex(wanted["handover_info_cbor_hex"])
    assert cbor.loads(bytes.fromhex(wanted["handover_cbor_hex"]))[1] == hashlib.sha256(info).digest()
    given = BY_NAME[name]["input"]
    parts = [given["client_id"] if "client_id" in given else given["origin"], given["nonce"], thumbprint(given)]
    assert cbor.loads(info) == [*parts, *([given["response_uri"]] if "response_uri" in given else [])]


def test_the_two_kinds_are_called_on_their_own():
    redirect, api = BY_NAME["OpenID4VPHandover"], BY_NAME["OpenID4VPDCAPIHandover"]
    given = redirect["input"]
    by_redirect = transcript.openid4vp(
        client_id=given["client_id"],
        nonce=given["nonce"],
        response_uri=given["response_uri"],
        encryption_key=thumbprint(given),
    )
    assert by_redirect.hex() == redirect["expect"]["session_transcript_cbor_hex"]
    given = api["input"]
    over_the_api = transcript.dc_api(origin=given["origin"], nonce=given["nonce"], encryption_key=thumbprint(given))
    assert over_the_api.hex() == api["expect"]["session_transcript_cbor_hex"]
