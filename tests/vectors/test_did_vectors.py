# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""DIDs against the examples of did:key and did:jwk."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.vectors import shared_json
from vcwallet.errors import UnsupportedError, UntrustedError
from vcwallet.keys import jwk, multikey
from vcwallet.trust.did import read
from vcwallet.trust.did.document import parse

KEY_BLOCKS: list[dict[str, Any]] = shared_json("did-key", "spec-blocks.json")
JWKS: list[dict[str, Any]] = shared_json("did-jwk", "vectors.json")
ALGORITHMS = {"Ed25519": "EdDSA", "P-256": "ES256", "P-384": "ES384"}
DIDS = [(one["section"], did) for one in KEY_BLOCKS for did in one.get("dids", [])]


@pytest.mark.parametrize(("section", "did"), DIDS)
def test_a_did_key_of_a_kind_that_is_used_is_read_and_no_other(section, did):
    if section in ALGORITHMS:
        key = read(did).assertion_key(None)
        assert key.algorithm == ALGORITHMS[section]
        assert f"did:key:{multikey.encode(key)}" == did
    else:
        with pytest.raises(UnsupportedError):
            read(did)


def test_the_document_of_a_did_key_is_the_one_printed():
    (printed,) = (one["json"] for one in KEY_BLOCKS if "json" in one)
    assert parse(printed, did=printed["id"]).assertion_methods == read(printed["id"]).assertion_methods


@pytest.mark.parametrize("vector", JWKS, ids=lambda vector: vector["jwk"]["crv"])
def test_the_document_of_a_did_jwk_is_the_one_printed(vector):
    did, document = vector["did"], vector["expected_document"]
    document = {**document, "assertionMethod": document.get("assertionMethod", [])}
    found = read(did)
    assert found.assertion_methods == parse(document, did=did).assertion_methods
    if vector["jwk"].get("use") == "enc":
        with pytest.raises(UntrustedError):
            found.assertion_key(None)
    else:
        assert found.assertion_key(f"{did}#0") == jwk.parse(vector["jwk"])


def test_the_examples_are_all_here():
    assert (len(DIDS), len(JWKS)) == (7, 2)
