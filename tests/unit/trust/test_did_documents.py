# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""DIDs, their documents, and the three methods."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from vcwallet.encoding import base64url, multibase
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    TransportError,
    UnsupportedError,
    UntrustedError,
    VcError,
)
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.keys import Algorithm, jwk, multikey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.did import document_url, read, resolve
from vcwallet.trust.did.document import MAX_BYTES, MAX_METHODS, parse
from vcwallet.trust.did.syntax import MAX_LENGTH, key_url, split

DID = "did:web:issuer.example"
URL = "https://issuer.example/.well-known/did.json"
# The same in every process: the names of tests are made of them.
ISSUER_KEY, STRANGER_KEY = (SoftwareSigner(ec.derive_private_key(secret, ec.SECP256R1())) for secret in (7, 11))
JWK = jwk.public_jwk(ISSUER_KEY.public_key)
OTHER_JWK = jwk.public_jwk(STRANGER_KEY.public_key)


def method(fragment: str = "1", **changed: Any) -> dict[str, Any]:
    usual = {"id": f"{DID}#{fragment}", "type": "JsonWebKey", "controller": DID, "publicKeyJwk": JWK}
    return {name: value for name, value in (usual | changed).items() if value is not ...}


def document(**changed: Any) -> dict[str, Any]:
    usual = {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": DID,
        "verificationMethod": [method("1"), method("2", publicKeyJwk=OTHER_JWK)],
        "assertionMethod": [f"{DID}#1"],
        "authentication": [f"{DID}#2"],
    }
    return usual | changed


def did_jwk(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return f"did:jwk:{base64url.encode(text)}"


# --- syntax ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("did", "parts"),
    [
        ("did:key:z6Mk", ("key", "z6Mk")),
        ("did:web:example.com%3A3000:a:b", ("web", "example.com%3A3000:a:b")),
        ("did:a1::b", ("a1", ":b")),
        ("did:example:a._-%2F", ("example", "a._-%2F")),
    ],
)
def test_a_did_has_a_method_and_an_identifier(did, parts):
    assert split(did) == parts


@pytest.mark.parametrize(
    "did",
    [
        "",
        "did",
        "did:",
        "did:key",
        "did:key:",
        "did::z6Mk",
        "did:Key:z6Mk",
        "DID:key:z6Mk",
        " did:key:z6Mk",
        "did:key:z6Mk\n",
        "did:key:z6Mk#z6Mk",
        "did:web:example.com/path",
        "did:web:example.com?query",
        "did:web:example.com:",
        "did:web:%4",
        "did:web:%GG",
        "did:web:例え",
        "https://example.com",
    ],
)
def test_what_is_no_did_is_refused(did):
    with pytest.raises(MalformedError):
        split(did)


def test_a_did_has_8192_characters_at_most():
    longest = "did:example:" + "a" * (MAX_LENGTH - 12)
    assert split(longest)[0] == "example"
    with pytest.raises(LimitExceededError):
        split(longest + "a")
    with pytest.raises(LimitExceededError):
        key_url("#" + "a" * MAX_LENGTH, did=DID)
    assert MAX_LENGTH == 8192


@pytest.mark.parametrize("reference", [f"{DID}#key-1", "#key-1"])
def test_a_key_is_named_by_its_url_or_its_fragment(reference):
    assert key_url(reference, did=DID) == f"{DID}#key-1"


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "#",
        "key-1",
        DID,
        f"{DID}#",
        "did:web:evil.example#key-1",
        f"{DID}:sub#key-1",
        f"{DID}?a#b",
        f"{DID}/a#b",
        "#key#1",
        "#key 1",
        "#%4",
        "#é",
        f"{DID}\n#key-1",
    ],
)
def test_what_names_no_key_of_this_did_is_refused(reference):
    with pytest.raises(MalformedError):
        key_url(reference, did=DID)


# --- documents -------------------------------------------------------------------------------------------------------


def test_an_assertion_method_gives_its_key():
    found = parse(document(), did=DID)
    assert found.assertion_key(f"{DID}#1") == ISSUER_KEY.public_key
    assert found.assertion_key("#1") == ISSUER_KEY.public_key


@pytest.mark.parametrize("key_id", [f"{DID}#2", "#2", "#3"])
def test_a_key_without_that_relationship_signs_no_credentials(key_id):
    both = parse(document(assertionMethod=[f"{DID}#1", "#2"]), did=DID)
    assert both.assertion_key("#2") == STRANGER_KEY.public_key
    with pytest.raises(UntrustedError) as caught:
        parse(document(), did=DID).assertion_key(key_id)
    assert caught.value.code == "KEY_NOT_FOUND"


@pytest.mark.parametrize("key_id", ["did:web:evil.example#1", "1", "", DID])
def test_a_kid_that_is_no_key_of_this_did_is_refused(key_id):
    with pytest.raises(MalformedError):
        parse(document(), did=DID).assertion_key(key_id)


def test_without_a_kid_the_only_assertion_method_is_meant():
    assert parse(document(), did=DID).assertion_key(None) == ISSUER_KEY.public_key
    for references in ([], ["#1", "#2"]):
        with pytest.raises(UntrustedError):
            parse(document(assertionMethod=references), did=DID).assertion_key(None)


def test_an_assertion_method_may_stand_in_its_relationship():
    embedded = document(verificationMethod=[], assertionMethod=[method("9")])
    assert parse(embedded, did=DID).assertion_key("#9") == ISSUER_KEY.public_key


def test_relative_urls_mean_keys_of_this_did():
    relative = document(verificationMethod=[method(id="#1")], assertionMethod=["#1"])
    assert parse(relative, did=DID).assertion_key(f"{DID}#1") == ISSUER_KEY.public_key


@pytest.mark.parametrize(
    ("key", "type"),
    [
        ({"publicKeyJwk": JWK}, "JsonWebKey"),
        ({"publicKeyJwk": JWK}, "JsonWebKey2020"),
        ({"publicKeyJwk": ..., "publicKeyMultibase": multikey.encode(ISSUER_KEY.public_key)}, "Multikey"),
    ],
)
def test_a_key_is_written_as_its_type_has_it(key, type):
    found = parse(document(verificationMethod=[method(type=type, **key)]), did=DID)
    assert found.assertion_key("#1") == ISSUER_KEY.public_key


def test_a_method_for_ed25519_holds_no_key_of_another_kind():
    for key, fits in ((SoftwareSigner.generate(Algorithm.EDDSA).public_key, True), (ISSUER_KEY.public_key, False)):
        written = method(type="Ed25519VerificationKey2020", publicKeyJwk=..., publicKeyMultibase=multikey.encode(key))
        found = parse(document(verificationMethod=[written]), did=DID)
        if fits:
            assert found.assertion_key("#1") == key
        else:
            with pytest.raises(MalformedError):
                found.assertion_key("#1")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"type": "Ed25519VerificationKey2018"}, UnsupportedError),
        ({"type": "Multikey"}, MalformedError),
        (
            {"publicKeyJwk": ..., "publicKeyMultibase": multikey.encode(ISSUER_KEY.public_key), "type": "JsonWebKey"},
            MalformedError,
        ),
        ({"controller": "did:web:evil.example"}, UntrustedError),
        ({"publicKeyJwk": {**JWK, "d": "AAAA"}}, MalformedError),
        ({"publicKeyJwk": {**JWK, "use": "enc"}}, AlgorithmNotAllowedError),
        ({"publicKeyJwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}, UnsupportedError),
        ({"publicKeyJwk": {**JWK, "y": JWK["x"]}}, MalformedError),
    ],
)
def test_a_key_that_is_not_usable_is_refused_when_it_is_chosen(changed, error):
    broken = document(
        verificationMethod=[method("1", **changed), method("2")], assertionMethod=[f"{DID}#1", f"{DID}#2"]
    )
    found = parse(broken, did=DID)
    assert found.assertion_key("#2") == ISSUER_KEY.public_key
    with pytest.raises(error):
        found.assertion_key("#1")


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (document(id="did:web:evil.example"), UntrustedError),
        (document(id=DID + ":sub"), UntrustedError),
        (document(id=None), MalformedError),
        (document(verificationMethod=None), MalformedError),
        (document(verificationMethod=[method(), method()]), MalformedError),
        (document(verificationMethod=[method(), method(id="#1", publicKeyJwk=OTHER_JWK)]), MalformedError),
        (document(verificationMethod=[method(publicKeyJwk=...)], assertionMethod=[]), MalformedError),
        (document(verificationMethod=[method(publicKeyMultibase="z6Mk")]), MalformedError),
        (document(verificationMethod=[method(publicKeyJwk=None)]), MalformedError),
        (document(verificationMethod=[method(id="did:web:evil.example#1")]), MalformedError),
        (document(verificationMethod=[method(id=...)]), MalformedError),
        (document(verificationMethod=[method(type=...)]), MalformedError),
        (document(verificationMethod=[method(controller=...)]), MalformedError),
        (document(verificationMethod={"1": method()}), MalformedError),
        (document(assertionMethod=["#3"]), MalformedError),
        (document(assertionMethod=["did:web:evil.example#1"]), MalformedError),
        (document(assertionMethod=["#1", f"{DID}#1"]), MalformedError),
        (document(assertionMethod=["#1", method(publicKeyJwk=OTHER_JWK)]), MalformedError),
        (document(assertionMethod=[method(publicKeyJwk=OTHER_JWK)]), MalformedError),
        (document(assertionMethod=[1]), MalformedError),
        (document(assertionMethod="#1"), MalformedError),
    ],
)
def test_a_document_that_breaks_a_rule_is_refused(broken, error):
    assert parse(document(), did=DID).did == DID
    with pytest.raises(error):
        parse(broken, did=DID)


def test_a_document_has_100_methods_and_64_kib_at_most():
    many = [method(str(number)) for number in range(MAX_METHODS)]
    assert len(parse(document(verificationMethod=many), did=DID).assertion_methods) == 1
    with pytest.raises(LimitExceededError):
        parse(document(verificationMethod=[*many, method("more")]), did=DID)
    text = json.dumps(document()).encode()
    assert parse(text + b" " * (MAX_BYTES - len(text)), did=DID).did == DID
    with pytest.raises(LimitExceededError):
        parse(text + b" " * (MAX_BYTES - len(text) + 1), did=DID)
    assert (MAX_METHODS, MAX_BYTES) == (100, 64 * 1024)


def test_a_document_with_a_duplicate_member_is_refused():
    text = json.dumps(document()).replace('"id"', '"id": "did:web:evil.example", "id"', 1)
    with pytest.raises(MalformedError):
        parse(text.encode(), did=DID)


# --- did:key and did:jwk ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.ES384, Algorithm.ES512, Algorithm.EDDSA])
def test_a_did_key_contains_its_key(algorithm):
    key = SoftwareSigner.generate(algorithm).public_key
    text = multikey.encode(key)
    found = read(f"did:key:{text}")
    assert list(found.assertion_methods) == [f"did:key:{text}#{text}"]
    assert found.assertion_key(None) == found.assertion_key(f"#{text}") == key
    with pytest.raises(UntrustedError):
        found.assertion_key("#0")


@pytest.mark.parametrize(
    ("identifier", "error"),
    [
        ("z", MalformedError),
        ("z6Mk0", MalformedError),
        ("uAA", MalformedError),
        (multibase.encode_base58btc(multibase.decode(multikey.encode(ISSUER_KEY.public_key)) + b"\0"), MalformedError),
        (multibase.encode_base58btc(b"\xec\x01" + bytes(32)), UnsupportedError),
    ],
)
def test_a_did_key_without_a_key_for_signatures_is_refused(identifier, error):
    with pytest.raises(error):
        read(f"did:key:{identifier}")


def test_a_did_jwk_contains_its_key():
    did = did_jwk(JWK)
    found = read(did)
    assert list(found.assertion_methods) == [f"{did}#0"]
    assert found.assertion_key(None) == found.assertion_key("#0") == ISSUER_KEY.public_key


def test_a_did_jwk_for_encryption_makes_no_assertions():
    with pytest.raises(UntrustedError):
        read(did_jwk({**JWK, "use": "enc"})).assertion_key(None)
    assert read(did_jwk({**JWK, "use": "sig"})).assertion_key(None) == ISSUER_KEY.public_key


@pytest.mark.parametrize(
    ("did", "error"),
    [
        (did_jwk({**JWK, "d": "AAAA"}), MalformedError),
        (did_jwk({"kty": "oct", "k": "AAAA"}), MalformedError),
        (did_jwk({"kty": "RSA", "n": "AQAB", "e": "AQAB"}), UnsupportedError),
        (did_jwk({"kty": "OKP", "crv": "X25519", "x": JWK["x"]}), UnsupportedError),
        (did_jwk([JWK]), MalformedError),
        (did_jwk(b'{"kty":"EC","kty":"EC"}'), MalformedError),
        (did_jwk(b"{"), MalformedError),
        (did_jwk(JWK) + "=", MalformedError),
        (did_jwk(JWK).replace("_", "%5F") + "%3D", MalformedError),
        (did_jwk(JWK) + "A", MalformedError),
        (did_jwk(JWK) + ":A", MalformedError),
    ],
)
def test_a_did_jwk_without_a_public_key_for_signatures_is_refused(did, error):
    with pytest.raises(error):
        read(did)


@pytest.mark.parametrize("did", ["did:web:issuer.example", "did:example:123", "did:ion:abc", "did:keys:z6Mk"])
def test_a_method_whose_did_does_not_contain_its_document_is_not_read(did):
    with pytest.raises(UnsupportedError):
        read(did)


# --- did:web ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("did", "url"),
    [
        # These three are examples of the method's specification.
        ("did:web:w3c-ccg.github.io", "https://w3c-ccg.github.io/.well-known/did.json"),
        ("did:web:w3c-ccg.github.io:user:alice", "https://w3c-ccg.github.io/user/alice/did.json"),
        ("did:web:example.com%3A3000:user:alice", "https://example.com:3000/user/alice/did.json"),
        ("did:web:example.com%3a443", "https://example.com:443/.well-known/did.json"),
        ("did:web:example.com:%E4%BE%8B:a.b", "https://example.com/%E4%BE%8B/a.b/did.json"),
    ],
)
def test_the_parts_of_a_did_web_are_host_port_and_path(did, url):
    assert document_url(did) == url


@pytest.mark.parametrize(
    "did",
    [
        "did:key:z6Mk",
        "did:web:127.0.0.1",
        "did:web:127.1",
        "did:web:0x7f000001",
        "did:web:%5B::1%5D",
        "did:web:user%40evil.example",
        "did:web:good.example%2Fevil",
        "did:web:good.example%2F%40evil.example",
        "did:web:good.example%23",
        "did:web:good.example%3F",
        "did:web:good.example%5Cevil.example",
        "did:web:good.example%2Eevil.example",
        "did:web:good.example%00",
        "did:web:good.example.",
        "did:web:good..example",
        "did:web:_",
        "did:web:-a.example",
        "did:web:good.example%3A",
        "did:web:good.example%3A0",
        "did:web:good.example%3A080",
        "did:web:good.example%3A99999",
        "did:web:good.example%3A80%3A81",
        "did:web:good.example%3Aevil",
        "did:web:good.example::a",
        "did:web::a",
        "did:web:good.example:..:a",
        "did:web:good.example:.:a",
        "did:web:good.example:%2E%2E:a",
        "did:web:good.example:a%2Fb",
        "did:web:good.example:a%5Cb",
        "did:web:good.example:a%41",
        "did:web:good.example:%FF",
    ],
)
def test_a_did_web_that_could_be_read_in_two_ways_is_refused(did):
    with pytest.raises(VcError):
        run(resolve(did), nobody)
    with pytest.raises(MalformedError):
        document_url(did)


def nobody(request: HttpRequest) -> HttpResponse:
    raise AssertionError(f"{request.url} is asked")


def answer(body: Any, *, status: int = 200, media_type: str | None = "application/did+json") -> HttpResponse:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpResponse(status=status, headers={"content-type": media_type} if media_type else {}, body=text)


def fetch(response: HttpResponse, did: str = DID) -> Any:
    return run(resolve(did), lambda request: {URL: response}[request.url])


@pytest.mark.parametrize(
    "media_type",
    ["application/did+json", "application/did", "application/did+ld+json", "application/json; charset=utf-8"],
)
def test_a_did_web_is_fetched(media_type):
    assert fetch(answer(document(), media_type=media_type)).assertion_key("#1") == ISSUER_KEY.public_key


def test_one_document_is_asked_for_by_its_address():
    requests: list[HttpRequest] = []

    def world(request: HttpRequest) -> HttpResponse:
        requests.append(request)
        return answer(document())

    run(resolve(DID), world)
    ((request),) = requests
    assert (request.method, request.url, request.max_bytes, request.body) == ("GET", URL, MAX_BYTES, b"")
    assert request.headers["accept"].startswith("application/did+json, ")


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (answer(document(), status=404), TransportError),
        (answer(document(), status=302), TransportError),
        (answer(document(), media_type="text/html"), MalformedError),
        (answer(document(), media_type=None), MalformedError),
        (answer(document(id="did:web:evil.example")), UntrustedError),
        (answer(b"{"), MalformedError),
        (answer(b" " * MAX_BYTES + b"{}"), LimitExceededError),
    ],
)
def test_an_answer_that_is_no_good_is_not_used(response, error):
    with pytest.raises(error):
        fetch(response)


def test_nothing_is_fetched_for_a_did_that_contains_its_document():
    assert run(resolve(did_jwk(JWK)), lambda _: answer(b"")).assertion_key(None) == ISSUER_KEY.public_key
