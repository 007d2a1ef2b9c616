# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Issuer keys from JWT VC issuer metadata (SD-JWT VC): fetched only where a policy names the issuer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.support.credentials import BINDING, ISSUER, ISSUER_KEY, NOW, STRANGER_KEY, VCT, Scene
from tests.support.pki import chain
from vcwallet.errors import (
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    SignatureInvalidError,
    TransportError,
    UntrustedError,
    ValidityError,
    VcError,
)
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.formats.sd_jwt_vc.issuer_metadata import (
    MAX_BYTES,
    IssuerMetadataPolicy,
    MetadataIssuer,
    fetch_issuer,
    well_known_url,
)
from vcwallet.jose import header as jose_header
from vcwallet.keys import jwk
from vcwallet.keys.jwk_set import JwkSet
from vcwallet.keys.policy import KeySource, Role

TYPES = frozenset({VCT})
WELL_KNOWN = "https://issuer.example/.well-known/jwt-vc-issuer"
JWKS_URI = "https://keys.issuer.example/jwks.json"
KEYS = {
    "keys": [
        {**jwk.public_jwk(ISSUER_KEY.public_key), "kid": "2026"},
        {**jwk.public_jwk(STRANGER_KEY.public_key), "kid": "2027"},
    ]
}


def answer(
    value: Any, *, status: int = 200, media_type: str | None = "application/json", **headers: str
) -> HttpResponse:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    content_type = {"content-type": media_type} if media_type is not None else {}
    return HttpResponse(status=status, headers={**content_type, **headers}, body=body)


def fetch(answers: Mapping[str, HttpResponse], issuer: str = ISSUER) -> MetadataIssuer:
    """Fetch from a world that has just these answers."""
    return run(fetch_issuer(issuer, types=TYPES), lambda request: answers[request.url])


INLINE = {"issuer": ISSUER, "jwks": KEYS}
LINKED = {"issuer": ISSUER, "jwks_uri": JWKS_URI}


# --- where the document is -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        # Both are examples of the standard.
        ("https://example.com", "https://example.com/.well-known/jwt-vc-issuer"),
        ("https://example.com/tenant/1234", "https://example.com/.well-known/jwt-vc-issuer/tenant/1234"),
        ("https://example.com/", "https://example.com/.well-known/jwt-vc-issuer"),
        ("https://example.com/tenant/", "https://example.com/.well-known/jwt-vc-issuer/tenant"),
        ("https://example.com:8443/a", "https://example.com:8443/.well-known/jwt-vc-issuer/a"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]/.well-known/jwt-vc-issuer/a"),
    ],
)
def test_the_well_known_path_stands_between_host_and_path(issuer, url):
    assert well_known_url(issuer) == url


@pytest.mark.parametrize(
    "issuer",
    [
        "http://example.com",
        "ftp://example.com",
        "example.com",
        "//example.com",
        "https:///a",
        "https://",
        "",
        "urn:example:issuer",
        "did:web:example.com",
        "https://example.com?a=1",
        "https://example.com?",
        "https://example.com#a",
        "https://example.com/#",
        "https://user@example.com",
        "https://user:secret@example.com",
        "https://trusted.example\\@evil.example",
        "https://example.com/a b",
        "https://example.com/a\n",
        "https://exam\tple.com",
        "https://例え.example",
        "https://example.com:0",
        "https://example.com:99999",
        "https://example.com:port",
        "https://[example.com",
    ],
)
def test_an_identifier_that_is_no_plain_https_url_is_refused(issuer):
    with pytest.raises(MalformedError):
        well_known_url(issuer)
    with pytest.raises(MalformedError):
        fetch({}, issuer)


# --- fetching --------------------------------------------------------------------------------------------------------


def test_keys_that_stand_in_the_document_are_taken_from_it():
    found = fetch({WELL_KNOWN: answer(INLINE)})
    assert (found.issuer, found.types) == (ISSUER, TYPES)
    assert found.keys.verification_key("2026") == ISSUER_KEY.public_key


def test_keys_that_stand_elsewhere_are_fetched_from_there():
    assert (
        fetch({WELL_KNOWN: answer(LINKED), JWKS_URI: answer(KEYS)}).keys.verification_key("2027")
        == STRANGER_KEY.public_key
    )


def test_requests_are_plain_and_bounded():
    requests: list[HttpRequest] = []

    def world(request: HttpRequest) -> HttpResponse:
        requests.append(request)
        return answer(LINKED if request.url == WELL_KNOWN else KEYS)

    run(fetch_issuer(ISSUER, types=TYPES), world)
    assert [(one.method, one.url, one.max_bytes, one.body) for one in requests] == [
        ("GET", WELL_KNOWN, MAX_BYTES, b""),
        ("GET", JWKS_URI, MAX_BYTES, b""),
    ]
    assert [dict(one.headers) for one in requests] == [
        {"accept": "application/json"},
        {"accept": "application/json, application/jwk-set+json"},
    ]


def test_a_document_is_at_most_256_kib_long():
    padding = b" " * (MAX_BYTES - len(answer(INLINE).body))
    assert fetch({WELL_KNOWN: answer(answer(INLINE).body + padding)}).issuer == ISSUER
    with pytest.raises(LimitExceededError):
        fetch({WELL_KNOWN: answer(answer(INLINE).body + padding + b" ")})
    assert MAX_BYTES == 256 * 1024


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_taken_under_each_spelling_of_its_media_type(media_type):
    assert fetch({WELL_KNOWN: answer(INLINE, media_type=media_type)}).issuer == ISSUER


def test_a_key_set_may_come_under_its_own_media_type_but_the_metadata_may_not():
    own = "application/jwk-set+json"
    fetch({WELL_KNOWN: answer(LINKED), JWKS_URI: answer(KEYS, media_type=own)})
    with pytest.raises(MalformedError):
        fetch({WELL_KNOWN: answer(INLINE, media_type=own)})


BAD_ANSWERS = {
    "a redirect": (answer(INLINE, status=302, location="https://issuer.example/other"), TransportError),
    "a permanent redirect": (answer(INLINE, status=308, location="https://issuer.example/other"), TransportError),
    "an error with a good body": (answer(INLINE, status=404), TransportError),
    "a failure with a good body": (answer(INLINE, status=500), TransportError),
    "no content": (answer(b"", status=204), TransportError),
    "another success": (answer(INLINE, status=203), TransportError),
    "a page": (answer(INLINE, media_type="text/html"), MalformedError),
    "no media type": (answer(INLINE, media_type=None), MalformedError),
    "a media type that only begins so": (answer(INLINE, media_type="application/jsonp"), MalformedError),
    "too much": (answer(b" " * MAX_BYTES + b"{}"), LimitExceededError),
    "no JSON": (answer(b"{"), MalformedError),
    "a duplicate member": (answer(b'{"issuer":"a","issuer":"b"}'), MalformedError),
    "an array": (answer([INLINE]), MalformedError),
}


@pytest.mark.parametrize("case", BAD_ANSWERS)
def test_an_answer_that_is_no_good_is_not_used(case):
    bad, error = BAD_ANSWERS[case]
    fetch({WELL_KNOWN: answer(INLINE)})
    with pytest.raises(error) as caught:
        fetch({WELL_KNOWN: bad})
    assert type(caught.value) is error


@pytest.mark.parametrize("case", BAD_ANSWERS)
def test_an_answer_with_keys_that_is_no_good_is_not_used(case):
    bad, error = BAD_ANSWERS[case]
    fetch({WELL_KNOWN: answer(LINKED), JWKS_URI: answer(KEYS)})
    with pytest.raises(error):
        fetch({WELL_KNOWN: answer(LINKED), JWKS_URI: bad})


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"jwks": KEYS}, MalformedError),
        ({"issuer": "https://evil.example", "jwks": KEYS}, UntrustedError),
        ({"issuer": ISSUER + "/", "jwks": KEYS}, UntrustedError),
        ({"issuer": ISSUER.upper(), "jwks": KEYS}, UntrustedError),
        ({"issuer": [ISSUER], "jwks": KEYS}, MalformedError),
        ({"issuer": ISSUER}, MalformedError),
        ({"issuer": ISSUER, "jwks": KEYS, "jwks_uri": JWKS_URI}, MalformedError),
        ({"issuer": ISSUER, "jwks": None}, MalformedError),
        ({"issuer": ISSUER, "jwks": KEYS, "jwks_uri": None}, MalformedError),
        ({"issuer": ISSUER, "jwks": []}, MalformedError),
        ({"issuer": ISSUER, "jwks": {}}, MalformedError),
        ({"issuer": ISSUER, "jwks": {"keys": [1]}}, MalformedError),
        ({"issuer": ISSUER, "jwks": {"keys": [{"kid": "1"}, {"kid": "1"}]}}, MalformedError),
        ({"issuer": ISSUER, "jwks_uri": "http://keys.issuer.example/jwks.json"}, MalformedError),
        ({"issuer": ISSUER, "jwks_uri": "https://user@keys.issuer.example"}, MalformedError),
        ({"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"}, MalformedError),
        ({"issuer": ISSUER, "jwks_uri": 1}, MalformedError),
    ],
)
def test_a_document_that_breaks_a_rule_is_not_used(document, error):
    with pytest.raises(error):
        fetch({WELL_KNOWN: answer(document), JWKS_URI: answer(KEYS)})


def test_a_document_may_say_more():
    assert fetch({WELL_KNOWN: answer(INLINE | {"display": []})}).issuer == ISSUER


def test_errors_of_the_network_pass_through():
    def world(_: HttpRequest) -> HttpResponse:
        raise TransportError("no answer")

    with pytest.raises(TransportError):
        run(fetch_issuer(ISSUER, types=TYPES), world)


# --- the policy ------------------------------------------------------------------------------------------------------


@pytest.fixture
def policy() -> IssuerMetadataPolicy:
    return IssuerMetadataPolicy(issuers={ISSUER: fetch({WELL_KNOWN: answer(INLINE)})})


def ask(
    policy: IssuerMetadataPolicy, *, role: Role = Role.CREDENTIAL_ISSUER, vct: str | None = VCT, **source: Any
) -> Any:
    named: dict[str, Any] = {"issuer": ISSUER, "key_id": "2026"}
    return policy.key_for(KeySource(**named | source), role=role, type_id=vct, at=NOW)


def test_a_permitted_issuer_is_known_by_its_metadata(policy):
    trusted = ask(policy)
    assert (trusted.key, trusted.party, trusted.source) == (ISSUER_KEY.public_key, ISSUER, "issuer_metadata")


@pytest.mark.parametrize(
    ("question", "error"),
    [
        ({"issuer": "https://evil.example"}, UntrustedError),
        ({"issuer": ISSUER + "/"}, UntrustedError),
        ({"issuer": None}, UntrustedError),
        ({"issuer": ""}, UntrustedError),
        # An issuer is known in one way; the credential does not choose another.
        ({"chain": (b"certificate",)}, UntrustedError),
        ({"trust_chain": ("statement",)}, UntrustedError),
        ({"key_id": "2028"}, UntrustedError),
        ({"key_id": None}, UntrustedError),
        ({"vct": "urn:example:other:1"}, NotAuthorisedError),
        ({"vct": None}, NotAuthorisedError),
        ({"role": Role.VERIFIER}, NotAuthorisedError),
        ({"role": Role.STATUS_SIGNER}, NotAuthorisedError),
    ],
)
def test_anyone_else_is_refused(policy, question, error):
    ask(policy)
    with pytest.raises(error):
        ask(policy, **question)


def test_a_policy_knows_whom_it_names(policy):
    assert policy.knows(KeySource(issuer=ISSUER, chain=(b"certificate",)))
    assert not policy.knows(KeySource(issuer=ISSUER + "/"))
    assert not policy.knows(KeySource())


def test_keys_that_were_fetched_are_fetched_again():
    until = NOW + timedelta(hours=1)
    flow = fetch_issuer(ISSUER, types=TYPES, valid_until=until)
    policy = IssuerMetadataPolicy(issuers={ISSUER: run(flow, lambda _: answer(INLINE))})
    source, role = KeySource(issuer=ISSUER, key_id="2026"), Role.CREDENTIAL_ISSUER
    assert policy.key_for(source, role=role, type_id=VCT, at=until - timedelta(microseconds=1)).party == ISSUER
    with pytest.raises(ValidityError) as caught:
        policy.key_for(source, role=role, type_id=VCT, at=until)
    assert caught.value.code == "ISSUER_KEYS_STALE"


def test_a_policy_without_issuers_trusts_nobody():
    with pytest.raises(UntrustedError):
        ask(IssuerMetadataPolicy())


def test_a_single_key_needs_no_identifier():
    one = {"issuer": ISSUER, "jwks": {"keys": KEYS["keys"][:1]}}
    policy = IssuerMetadataPolicy(issuers={ISSUER: fetch({WELL_KNOWN: answer(one)})})
    assert ask(policy, key_id=None).key == ISSUER_KEY.public_key


@pytest.mark.parametrize("bad", [{"use": "enc"}, {"d": "AAAA"}, {"crv": "P-999"}, {"x": "AAAA"}])
def test_a_published_key_that_is_none_is_refused_when_it_is_chosen(bad):
    keys = {"keys": [KEYS["keys"][0] | bad, KEYS["keys"][1]]}
    policy = IssuerMetadataPolicy(issuers={ISSUER: fetch({WELL_KNOWN: answer({"issuer": ISSUER, "jwks": keys})})})
    assert ask(policy, key_id="2027").key == STRANGER_KEY.public_key
    with pytest.raises(VcError):
        ask(policy)


def test_a_presentation_verifies_with_the_key_that_its_header_names(policy):
    scene = Scene()
    scene.header["kid"] = "2026"
    reader = SdJwtVc()
    verified = reader.read_presentation(scene.presented).verify(binding=BINDING, trust=policy, at=NOW)
    assert verified.issuer.source == "issuer_metadata"

    scene.header["kid"] = "2027"
    with pytest.raises(SignatureInvalidError):
        reader.read_presentation(scene.presented).verify(binding=BINDING, trust=policy, at=NOW)

    scene.header |= {"kid": "2026", "x5c": jose_header.x5c(chain().x5c)}
    with pytest.raises(UntrustedError):
        reader.read_presentation(scene.presented).verify(binding=BINDING, trust=policy, at=NOW)


def test_an_issuer_is_vouched_for_without_its_key_as_long_as_its_metadata_are_current():
    issuer = MetadataIssuer(issuer=ISSUER, keys=JwkSet(()), types=frozenset({VCT}), valid_until=NOW)
    policy = IssuerMetadataPolicy(issuers={ISSUER: issuer})
    policy.require_granted(ISSUER, role=Role.CREDENTIAL_ISSUER, at=NOW - timedelta(seconds=1))
    with pytest.raises(ValidityError):
        policy.require_granted(ISSUER, role=Role.CREDENTIAL_ISSUER, at=NOW)
    with pytest.raises(UntrustedError):
        policy.require_granted(f"{ISSUER}/other", role=Role.CREDENTIAL_ISSUER, at=NOW)
    with pytest.raises(NotAuthorisedError):
        policy.require_granted(ISSUER, role=Role.VERIFIER, at=NOW)
