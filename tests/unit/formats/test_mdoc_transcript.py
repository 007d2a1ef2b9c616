# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The SessionTranscript of each kind of exchange, written out, and that each of its parts counts.

The digests are of OpenID4VP 1.0, appendix B.2.6, whose examples have these very inputs.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.formats.base import Binding
from vcwallet.formats.mdoc import transcript

NONCE = "exc7gBkxjx1rdc9udRrveKvSsJIq80avlXeLHhGwqtA"
THUMBPRINT = bytes.fromhex("4283ec927ae0f208daaa2d026a814f2b22dca52cf85ffa8f3f8626c6bd669047")
REDIRECT = {
    "client_id": "x509_san_dns:example.com",
    "nonce": NONCE,
    "response_uri": "https://example.com/response",
    "encryption_key": THUMBPRINT,
}
DC_API = {"origin": "https://example.com", "nonce": NONCE, "encryption_key": THUMBPRINT}


def digest(*info: Any) -> bytes:
    return hashlib.sha256(cbor.dumps(list(info))).digest()


def test_an_exchange_by_redirects():
    expected = (
        "83f6f682714f70656e494434565048616e646f7665725820"
        "048bc053c00442af9b8eed494cefdd9d95240d254b046b11b68013722aad38ac"
    )
    assert transcript.openid4vp(**REDIRECT).hex() == expected  # type: ignore[arg-type]


def test_an_exchange_over_the_digital_credentials_api():
    expected = (
        "83f6f682764f70656e4944345650444341504948616e646f7665725820"
        "fbece366f4212f9762c74cfdbf83b8c69e371d5d68cea09cb4c48ca6daab761a"
    )
    assert transcript.dc_api(**DC_API).hex() == expected  # type: ignore[arg-type]


def test_an_open_answer_has_null_in_the_place_of_the_key():
    by_redirect = cbor.loads(transcript.openid4vp(**{**REDIRECT, "encryption_key": None}))  # type: ignore[arg-type]
    info = ("x509_san_dns:example.com", NONCE, None, "https://example.com/response")
    assert by_redirect == [None, None, ["OpenID4VPHandover", digest(*info)]]
    over_the_api = cbor.loads(transcript.dc_api(**{**DC_API, "encryption_key": None}))  # type: ignore[arg-type]
    assert over_the_api == [None, None, ["OpenID4VPDCAPIHandover", digest("https://example.com", NONCE, None)]]


def test_the_protocol_of_iso_over_the_digital_credentials_api():
    made = transcript.iso_dc_api(encryption_info="gmVkY2FwaQ", origin="https://example.com")
    assert cbor.loads(made) == [None, None, ["dcapi", digest("gmVkY2FwaQ", "https://example.com")]]


def test_a_session_after_a_qr_code_has_a_null_handover():
    made = transcript.proximity(b"\xa1\x00\x631.0", b"\xa1\x01\x02")
    assert cbor.loads(made) == [Tag(24, b"\xa1\x00\x631.0"), Tag(24, b"\xa1\x01\x02"), None]
    assert made.hex() == "83d81846a10063312e30d81843a10102f6"


def test_a_session_after_nfc_has_the_messages_of_the_handover():
    both = transcript.proximity(b"\xa0", b"\xa0", handover=transcript.nfc_handover(b"select", b"request"))
    assert cbor.loads(both)[2] == [b"select", b"request"]
    alone = transcript.proximity(b"\xa0", b"\xa0", handover=transcript.nfc_handover(b"select", None))
    assert cbor.loads(alone)[2] == [b"select", None]


@pytest.mark.parametrize("part", REDIRECT)
def test_each_part_of_an_exchange_by_redirects_counts(part: str):
    other = b"\0" * 32 if part == "encryption_key" else "another"
    changed = transcript.openid4vp(**{**REDIRECT, part: other})  # type: ignore[arg-type]
    assert changed != transcript.openid4vp(**REDIRECT)  # type: ignore[arg-type]


@pytest.mark.parametrize("part", DC_API)
def test_each_part_of_an_exchange_over_the_api_counts(part: str):
    other = b"\0" * 32 if part == "encryption_key" else "another"
    assert transcript.dc_api(**{**DC_API, part: other}) != transcript.dc_api(**DC_API)  # type: ignore[arg-type]


def test_each_part_of_the_protocol_of_iso_counts():
    made = transcript.iso_dc_api(encryption_info="a", origin="b")
    assert made != transcript.iso_dc_api(encryption_info="x", origin="b")
    assert made != transcript.iso_dc_api(encryption_info="a", origin="x")
    assert made != transcript.iso_dc_api(encryption_info="b", origin="a")


# --- which of them a binding stands for ------------------------------------------------------------------------------

BY_REDIRECT = Binding(
    audience="x509_san_dns:example.com",
    nonce=NONCE,
    response_uri="https://example.com/response",
    encryption_key=THUMBPRINT,
)


def test_a_binding_without_origin_and_session_is_of_an_exchange_by_redirects():
    assert transcript.of(BY_REDIRECT) == transcript.openid4vp(**REDIRECT)  # type: ignore[arg-type]


def test_a_binding_with_an_origin_is_of_the_digital_credentials_api_and_its_audience_does_not_count():
    binding = replace(BY_REDIRECT, origin="https://example.com")
    assert transcript.of(binding) == transcript.dc_api(**DC_API)  # type: ignore[arg-type]
    assert transcript.of(replace(binding, audience="another")) == transcript.of(binding)


def test_a_binding_with_a_session_is_of_that_session_whatever_else_it_says():
    session = transcript.proximity(b"\xa0", b"\xa0")
    assert transcript.of(replace(BY_REDIRECT, session_transcript=session)) == session
    assert transcript.of(replace(BY_REDIRECT, origin="https://example.com", session_transcript=session)) == session
