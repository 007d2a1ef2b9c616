# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The compact and the JSON serialisations of an SD-JWT (RFC 9901, sections 4 and 8)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.credentials import (
    FAMILY_NAME,
    GIVEN_NAME,
    ISSUER_KEY,
    STRANGER_KEY,
    disclosure,
    hidden_payload,
    token,
)
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    DigestInvalidError,
    LimitExceededError,
    MalformedError,
    SignatureInvalidError,
)
from vcwallet.formats.sd_jwt import parse, parse_json, to_flattened_json, to_general_json
from vcwallet.formats.sd_jwt.disclosure import MAX_DISCLOSURES
from vcwallet.formats.sd_jwt.serialization import MAX_BYTES
from vcwallet.jose import jws
from vcwallet.keys import Algorithm
from vcwallet.keys.software import SoftwareSigner

PAYLOAD = hidden_payload(GIVEN_NAME, FAMILY_NAME, iss="https://issuer.example")
JWT = token({"alg": "ES256"}, PAYLOAD, ISSUER_KEY.sign)
KB_JWT = token({"alg": "ES256", "typ": "kb+jwt"}, {}, ISSUER_KEY.sign)
KEY = ISSUER_KEY.public_key


# --- compact ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "disclosures", "key_binding_jwt"),
    [
        (f"{JWT}~", (), None),
        (f"{JWT}~{GIVEN_NAME}~", (GIVEN_NAME,), None),
        (f"{JWT}~{FAMILY_NAME}~{GIVEN_NAME}~", (FAMILY_NAME, GIVEN_NAME), None),
        (f"{JWT}~{KB_JWT}", (), KB_JWT),
        (f"{JWT}~{GIVEN_NAME}~{KB_JWT}", (GIVEN_NAME,), KB_JWT),
    ],
)
def test_the_last_part_tells_an_sd_jwt_from_one_with_key_binding(text, disclosures, key_binding_jwt):
    parsed = parse(text)
    assert (parsed.disclosures, parsed.key_binding_jwt) == (disclosures, key_binding_jwt)
    assert parsed.without_key_binding == text.removesuffix(KB_JWT)
    assert parsed.compact() == text
    assert parsed.issuer_jwt.compact() == JWT


@pytest.mark.parametrize(
    "text",
    [
        JWT,
        "",
        "~",
        "~~",
        f"~{JWT}~",
        f"{JWT}~~",
        f"{JWT}~{GIVEN_NAME}~~",
        f"{JWT}~~{GIVEN_NAME}~",
        f"{JWT}~~{KB_JWT}",
        f"{GIVEN_NAME}~{JWT}~",
        f"{JWT.rpartition('.')[0]}~",
        f"{JWT}.{JWT}~",
        f" {JWT}~",
        f"あ{JWT}~",
    ],
)
def test_what_is_no_sd_jwt_is_refused(text):
    with pytest.raises(MalformedError):
        parse(text)


def test_a_bare_jwt_is_told_what_it_lacks():
    parse(f"{JWT}~")
    with pytest.raises(MalformedError, match="tilde"):
        parse(JWT)


def test_a_verified_sd_jwt_has_the_claims_that_were_disclosed():
    assert parse(f"{JWT}~{GIVEN_NAME}~").verify(KEY).claims == {"iss": "https://issuer.example", "given_name": "Arthur"}


@pytest.mark.parametrize("name", [Algorithm.ES384, Algorithm.ES512, Algorithm.EDDSA])
def test_any_allowed_algorithm_will_do(name):
    signer = SoftwareSigner.generate(name)
    text = jws.sign(b"{}", signer=signer, header={}) + "~"
    assert parse(text).verify(signer.public_key).claims == {}
    with pytest.raises(AlgorithmNotAllowedError):
        parse(text).verify(signer.public_key, algorithms={Algorithm.ES256})


def test_an_sd_jwt_of_another_key_is_refused():
    parse(f"{JWT}~").verify(KEY)
    with pytest.raises(SignatureInvalidError):
        parse(f"{JWT}~").verify(STRANGER_KEY.public_key)


@pytest.mark.parametrize("payload", [b"[]", b'"text"', b"null", b"", b"{", b'{"a":1,"a":2}'])
def test_a_payload_that_is_no_object_is_refused(payload):
    with pytest.raises(MalformedError):
        parse(token({"alg": "ES256"}, payload, ISSUER_KEY.sign) + "~").verify(KEY)


def test_there_are_at_most_500_disclosures():
    texts = [disclosure("salt", f"claim {number}", number) for number in range(MAX_DISCLOSURES + 1)]
    jwt = token({"alg": "ES256"}, hidden_payload(*texts), ISSUER_KEY.sign)
    assert len(parse("~".join((jwt, *texts[:-1], ""))).verify(KEY).claims) == MAX_DISCLOSURES == 500
    with pytest.raises(LimitExceededError):
        parse("~".join((jwt, *texts, "")))


def test_an_sd_jwt_is_at_most_4_mib_long():
    parse(f"{JWT}~" + "A" * (MAX_BYTES - len(JWT) - 1))
    with pytest.raises(LimitExceededError):
        parse(f"{JWT}~" + "A" * (MAX_BYTES - len(JWT)))
    assert MAX_BYTES == 4 * 1024 * 1024


def test_an_sd_jwt_keeps_its_contents_out_of_its_repr():
    shown = repr(parse(f"{JWT}~{GIVEN_NAME}~{KB_JWT}"))
    assert GIVEN_NAME not in shown
    assert KB_JWT not in shown


# --- JSON ------------------------------------------------------------------------------------------------------------


def flattened(**header: Any) -> dict[str, Any]:
    protected, payload, signature = JWT.split(".")
    return {"payload": payload, "protected": protected, "signature": signature, "header": header}


def general(*headers: dict[str, Any]) -> dict[str, Any]:
    signatures = []
    for header in headers:
        protected, _, signature = token({"alg": "ES256"}, PAYLOAD, ISSUER_KEY.sign).split(".")
        signatures.append({"protected": protected, "signature": signature, "header": header})
    return {"payload": JWT.split(".")[1], "signatures": signatures}


@pytest.mark.parametrize(
    "text", [f"{JWT}~", f"{JWT}~{GIVEN_NAME}~", f"{JWT}~{KB_JWT}", f"{JWT}~{GIVEN_NAME}~{FAMILY_NAME}~{KB_JWT}"]
)
def test_all_serialisations_say_the_same(text):
    compact = parse(text)
    for document in (to_flattened_json(compact), to_general_json(compact)):
        for form in (document, json.dumps(document), json.dumps(document).encode()):
            (read,) = parse_json(form)
            assert read.compact() == text
            assert (read.disclosures, read.key_binding_jwt) == (compact.disclosures, compact.key_binding_jwt)
            assert read.without_key_binding == compact.without_key_binding


def test_the_json_forms_have_the_members_of_the_standard():
    document = to_flattened_json(parse(f"{JWT}~{GIVEN_NAME}~{KB_JWT}"))
    assert document == flattened(disclosures=[GIVEN_NAME], kb_jwt=KB_JWT)
    assert "kb_jwt" not in to_flattened_json(parse(f"{JWT}~"))["header"]


def test_unprotected_members_of_others_are_kept():
    (read,) = parse_json(flattened(disclosures=[GIVEN_NAME], kid="1"))
    assert to_flattened_json(read)["header"] == {"disclosures": [GIVEN_NAME], "kid": "1"}


def test_each_signature_of_a_general_form_comes_with_the_disclosures_of_the_first():
    other = jws.parse(token({"alg": "ES256"}, PAYLOAD, STRANGER_KEY.sign))
    document = to_general_json(parse(f"{JWT}~{GIVEN_NAME}~{KB_JWT}"), other)
    assert "header" not in document["signatures"][1]
    first, second = parse_json(document)
    assert first.verify(KEY).claims == second.verify(STRANGER_KEY.public_key).claims
    assert first.compact() == f"{JWT}~{GIVEN_NAME}~{KB_JWT}"
    assert second.without_key_binding == f"{other.compact()}~{GIVEN_NAME}~"


def test_signatures_over_different_payloads_do_not_make_one_general_form():
    other = jws.parse(token({"alg": "ES256"}, {"iss": "https://another.example"}, ISSUER_KEY.sign))
    with pytest.raises(ValueError, match="one payload"):
        to_general_json(parse(f"{JWT}~"), other)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (flattened(disclosures=[]), flattened(disclosures=None)),
        (flattened(disclosures=[GIVEN_NAME]), flattened(disclosures=GIVEN_NAME)),
        (flattened(disclosures=[GIVEN_NAME]), flattened(disclosures={"0": GIVEN_NAME})),
        (flattened(disclosures=[GIVEN_NAME]), flattened(disclosures=[GIVEN_NAME, 1])),
        (flattened(disclosures=[GIVEN_NAME]), flattened(disclosures=[GIVEN_NAME, ""])),
        (flattened(kb_jwt=KB_JWT), flattened(kb_jwt=[KB_JWT])),
        (flattened(kid="1"), flattened(alg="ES256")),
        (general({"disclosures": [GIVEN_NAME]}, {}), general({}, {"disclosures": [GIVEN_NAME]})),
        (
            general({"disclosures": [GIVEN_NAME]}, {}),
            general({"disclosures": [GIVEN_NAME]}, {"disclosures": [GIVEN_NAME]}),
        ),
        (general({"kb_jwt": KB_JWT}, {}), general({}, {"kb_jwt": KB_JWT})),
        (general({}), {"payload": general({})["payload"], "signatures": []}),
        (general({}), {**general({}), "signature": flattened()["signature"]}),
        (json.dumps(flattened()), json.dumps([flattened()])),
        (json.dumps(flattened()), json.dumps(flattened())[:-1] + ',"payload":""}'),
    ],
)
def test_a_json_form_that_breaks_a_rule_is_refused(good, bad):
    parse_json(good)
    with pytest.raises(MalformedError):
        parse_json(bad)


def test_a_disclosure_with_a_tilde_in_it_is_no_way_to_slip_in_another():
    (read,) = parse_json(flattened(disclosures=[f"{GIVEN_NAME}~{FAMILY_NAME}"]))
    with pytest.raises(MalformedError):
        read.verify(KEY)


def test_a_disclosure_that_no_digest_refers_to_is_refused_in_json_too():
    (read,) = parse_json(flattened(disclosures=[disclosure("salt", "admin", True)]))
    with pytest.raises(DigestInvalidError):
        read.verify(KEY)


def test_a_json_form_has_at_most_500_disclosures():
    texts = [disclosure("salt", f"claim {number}", number) for number in range(MAX_DISCLOSURES + 1)]
    parse_json(flattened(disclosures=texts[:-1]))
    with pytest.raises(LimitExceededError):
        parse_json(flattened(disclosures=texts))
