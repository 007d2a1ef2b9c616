# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""OpenID4VP 1.0, appendix B.2.6: the published SessionTranscripts of redirects and of the Digital Credentials API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.vectors import shared_json
from vcwallet.encoding import base64url
from vcwallet.formats.base import Binding
from vcwallet.formats.mdoc import transcript
from vcwallet.keys import jwk

VECTORS: list[dict[str, Any]] = shared_json("openid4vp-1.0", "session-transcript-vectors.json")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_published_transcript_comes_out_byte_for_byte(vector: dict[str, Any]) -> None:
    given, expected = vector["input"], vector["expect"]
    thumbprint = base64url.decode(jwk.thumbprint(given["verifier_encryption_jwk"]))
    assert thumbprint.hex() == given["jwk_thumbprint_hex"]
    exchange = {name: given[name] for name in ("response_uri", "origin") if name in given}
    binding = Binding(
        audience=given.get("client_id", "origin:https://example.com"),
        nonce=given["nonce"],
        encryption_key=thumbprint,
        **exchange,
    )
    assert transcript.of(binding).hex() == expected["session_transcript_cbor_hex"]
