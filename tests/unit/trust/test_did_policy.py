# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Issuers that a policy names by their DID."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.credentials import ISSUER_KEY, NOW, VCT
from vcwallet.errors import NotAuthorisedError, UntrustedError, ValidityError, VcError
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.keys import KeySource, Role, jwk, multikey
from vcwallet.trust.did import DidIssuer, DidPolicy, fetch_issuer, read

DID = f"did:key:{multikey.encode(ISSUER_KEY.public_key)}"
WEB = "did:web:issuer.example"
TYPES = frozenset({VCT})


def policy(**changed: Any) -> DidPolicy:
    members: dict[str, Any] = {"document": read(DID), "types": TYPES, "valid_until": None}
    return DidPolicy(issuers={DID: DidIssuer(**members | changed)})


def ask(asked: DidPolicy, *, role: Role = Role.CREDENTIAL_ISSUER, vct: str | None = VCT, **source: Any) -> Any:
    named: dict[str, Any] = {"issuer": DID}
    return asked.key_for(KeySource(**named | source), role=role, type_id=vct, at=NOW)


def test_a_named_issuer_is_known_by_its_did():
    trusted = ask(policy(name={"en": "Chess club"}))
    assert (trusted.key, trusted.party, trusted.source) == (ISSUER_KEY.public_key, DID, "did")
    assert trusted.name == {"en": "Chess club"}


@pytest.mark.parametrize(
    ("question", "error"),
    [
        ({"issuer": "did:key:z6Mkf5rGMoatrSj1f4CyvuHBeXJELe9RPdzo2PKGNCKVtZxP"}, UntrustedError),
        ({"issuer": DID + "x"}, UntrustedError),
        ({"issuer": ""}, UntrustedError),
        ({"issuer": None}, UntrustedError),
        ({"chain": (b"certificate",)}, UntrustedError),
        ({"trust_chain": ("statement",)}, UntrustedError),
        ({"key_id": "#0"}, UntrustedError),
        ({"key_id": "did:web:evil.example#0"}, VcError),
        ({"vct": "urn:example:other:1"}, NotAuthorisedError),
        ({"vct": None}, NotAuthorisedError),
        ({"role": Role.VERIFIER}, NotAuthorisedError),
        ({"role": Role.STATUS_SIGNER, "vct": None}, NotAuthorisedError),
        ({"role": Role.DOCUMENT_SIGNER}, NotAuthorisedError),
    ],
)
def test_anyone_else_is_refused(question, error):
    ask(policy())
    with pytest.raises(error):
        ask(policy(), **question)


def test_a_status_signer_is_one_that_the_policy_names_so():
    signing = policy(roles=frozenset({Role.STATUS_SIGNER}))
    assert ask(signing, role=Role.STATUS_SIGNER, vct=None).key == ISSUER_KEY.public_key
    with pytest.raises(NotAuthorisedError):
        ask(signing)


def test_a_policy_knows_whom_it_names():
    assert policy().knows(KeySource(issuer=DID, chain=(b"certificate",)))
    assert not policy().knows(KeySource(issuer=WEB))
    assert not policy().knows(KeySource())


def test_a_document_that_was_fetched_is_fetched_again():
    until = NOW + timedelta(hours=1)
    asked = policy(valid_until=until)
    source = KeySource(issuer=DID)
    role = Role.CREDENTIAL_ISSUER
    just_before = until - timedelta(microseconds=1)
    assert asked.key_for(source, role=role, type_id=VCT, at=just_before).party == DID
    with pytest.raises(ValidityError) as caught:
        asked.key_for(source, role=role, type_id=VCT, at=until)
    assert caught.value.code == "ISSUER_KEYS_STALE"


def test_an_issuer_stands_under_its_own_did():
    with pytest.raises(ValueError, match="own DID"):
        DidPolicy(issuers={WEB: DidIssuer(document=read(DID), types=TYPES, valid_until=None)})


@pytest.mark.parametrize(
    "roles", [frozenset(), frozenset({Role.VERIFIER}), frozenset({Role.CREDENTIAL_ISSUER, Role.REGISTRAR})]
)
def test_a_did_names_issuers_only(roles):
    with pytest.raises(ValueError, match="nobody else"):
        policy(roles=roles)


def test_an_issuer_is_fetched_for_a_policy():
    document = {
        "id": WEB,
        "verificationMethod": [
            {
                "id": "#1",
                "type": "JsonWebKey",
                "controller": WEB,
                "publicKeyJwk": jwk.public_jwk(ISSUER_KEY.public_key),
            }
        ],
        "assertionMethod": ["#1"],
    }

    def world(request: HttpRequest) -> HttpResponse:
        assert request.url == "https://issuer.example/.well-known/did.json"
        headers = {"content-type": "application/json"}
        return HttpResponse(status=200, headers=headers, body=json.dumps(document).encode())

    until = NOW + timedelta(days=1)
    issuer = run(fetch_issuer(WEB, types=TYPES, valid_until=until, name={"en": "Issuer"}), world)
    trusted = ask(DidPolicy(issuers={WEB: issuer}), issuer=WEB, key_id=f"{WEB}#1")
    assert (trusted.key, trusted.name) == (ISSUER_KEY.public_key, {"en": "Issuer"})
    with pytest.raises(ValueError, match="fetched again"):
        run(fetch_issuer(WEB, types=TYPES, valid_until=None), world)
