# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Client identifiers (OpenID4VP 1.0, section 5.9): what stands before the first colon decides."""

from __future__ import annotations

import hashlib

import pytest

from vcwallet.encoding import base64url
from vcwallet.errors import LimitExceededError, MalformedError, RemoteProtocolError, UnsupportedError
from vcwallet.protocols.openid4vp.client_id import (
    MAX_LENGTH,
    ClientIdPrefix,
    DecentralizedIdentifier,
    OpenIdFederation,
    PreRegistered,
    RedirectUri,
    VerifierAttestation,
    X509Hash,
    X509SanDns,
    parse_client_id,
)

DIGEST = hashlib.sha256(b"a certificate").digest()
ENCODED = base64url.encode(DIGEST)

KNOWN = [
    ("bank-4711", PreRegistered("bank-4711")),
    ("redirect_uri:https://bank.example/cb?x=1", RedirectUri("https://bank.example/cb?x=1")),
    ("redirect_uri:http://127.0.0.1:8000/cb", RedirectUri("http://127.0.0.1:8000/cb")),
    ("openid_federation:https://bank.example", OpenIdFederation("https://bank.example")),
    ("decentralized_identifier:did:web:bank.example", DecentralizedIdentifier("did:web:bank.example")),
    ("verifier_attestation:bank", VerifierAttestation("bank")),
    ("verifier_attestation:urn:party:bank", VerifierAttestation("urn:party:bank")),
    ("verifier_attestation:x509_hash:abc", VerifierAttestation("x509_hash:abc")),
    ("x509_san_dns:bank.example", X509SanDns("bank.example")),
    ("x509_san_dns:xn--6qqa088eba.example", X509SanDns("xn--6qqa088eba.example")),
    (f"x509_hash:{ENCODED}", X509Hash(DIGEST)),
]


@pytest.mark.parametrize(
    ("text", "client"), KNOWN, ids=[text.partition(":")[0] + str(n) for n, (text, _) in enumerate(KNOWN)]
)
def test_an_identifier_says_how_its_owner_is_known(text, client):
    assert parse_client_id(text) == client
    assert str(client) == text


def test_every_prefix_of_the_standard_is_read():
    prefixes = {text.partition(":")[0] for text, _ in KNOWN if ":" in text}
    assert prefixes == {prefix.value for prefix in ClientIdPrefix}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", MalformedError),
        ("bank\n", MalformedError),
        ("\x00", MalformedError),
        ("origin:https://bank.example", RemoteProtocolError),
        ("origin:", RemoteProtocolError),
        ("https://bank.example", UnsupportedError),
        ("did:web:bank.example", UnsupportedError),
        ("did:example:bank", UnsupportedError),
        ("entity_id:https://bank.example", UnsupportedError),
        ("x509_san_uri:https://bank.example", UnsupportedError),
        ("web-origin:https://bank.example", UnsupportedError),
        ("X509_HASH:" + ENCODED, UnsupportedError),
        (" x509_hash:" + ENCODED, UnsupportedError),
        (":" + ENCODED, UnsupportedError),
        ("pre-registered:bank", UnsupportedError),
        ("x509_hash:", MalformedError),
        ("x509_hash:" + ENCODED + "=", MalformedError),
        ("x509_hash:" + ENCODED[:-1], MalformedError),
        ("x509_hash:" + ENCODED + "AAAA", MalformedError),
        ("x509_hash:x509_hash:" + ENCODED, MalformedError),
        ("x509_san_dns:", MalformedError),
        ("x509_san_dns:Bank.example", MalformedError),
        ("x509_san_dns:bank", MalformedError),
        ("x509_san_dns:*.example", MalformedError),
        ("x509_san_dns:bank.example.", MalformedError),
        ("x509_san_dns:bank.example:443", MalformedError),
        ("x509_san_dns:https://bank.example", MalformedError),
        ("x509_san_dns:192.0.2.1", MalformedError),
        ("x509_san_dns:-bank.example", MalformedError),
        ("x509_san_dns:" + "a" * 64 + ".example", MalformedError),
        ("x509_san_dns:" + ".".join(["a" * 49] * 5) + ".example", MalformedError),
        ("redirect_uri:", MalformedError),
        ("redirect_uri:http://bank.example/cb", MalformedError),
        ("redirect_uri:https://bank.example@evil.example/", MalformedError),
        ("redirect_uri:javascript:alert(1)", MalformedError),
        ("openid_federation:http://bank.example", MalformedError),
        ("openid_federation:https://bank.example?x=1", MalformedError),
        ("decentralized_identifier:web:bank.example", MalformedError),
        ("decentralized_identifier:did:web:bank.example#key", MalformedError),
        ("verifier_attestation:", MalformedError),
        ("a" * (MAX_LENGTH + 1), LimitExceededError),
    ],
    ids=lambda value: value[:40].strip() if isinstance(value, str) else value.__name__,
)
def test_what_is_no_identifier_is_refused_as_such(text, error):
    with pytest.raises(error) as refused:
        parse_client_id(text)
    assert type(refused.value) is error


def test_a_long_one_is_taken_up_to_the_limit():
    assert parse_client_id("a" * MAX_LENGTH) == PreRegistered("a" * MAX_LENGTH)


def test_the_identifier_of_a_certificate_is_its_hash():
    assert X509Hash.of(b"a certificate") == X509Hash(DIGEST)
