# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The DCQL queries that OpenID4VP 1.0 publishes are read, written again, and mean what the text says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.vectors import shared, shared_json
from vcwallet.protocols.dcql import Candidate, DcqlQuery, Matches, match

FILES = [
    "query_lang/claims_alternatives.json",
    "query_lang/complex_mdoc.json",
    "query_lang/credentials_alternatives.json",
    "query_lang/multi_credentials.json",
    "query_lang/simple.json",
    "query_lang/simple_mdoc.json",
    "query_lang/value_matching_simple.json",
    "request/dcql_jwt_vc.json",
    "request/dcql_ldp_vc.json",
]

# OpenID4VP 1.0, appendix D: claims_alternatives and value_matching_simple, short enough to stand here.
CLAIMS_ALTERNATIVES = {
    "credentials": [
        {
            "id": "pid",
            "format": "dc+sd-jwt",
            "meta": {"vct_values": ["https://credentials.example.com/identity_credential"]},
            "claims": [
                {"id": "a", "path": ["family_name"]},
                {"id": "b", "path": ["postal_code"]},
                {"id": "c", "path": ["locality"]},
                {"id": "d", "path": ["region"]},
                {"id": "e", "path": ["date_of_birth"]},
            ],
            "claim_sets": [["a", "c", "d", "e"], ["a", "b", "e"]],
        }
    ]
}
VALUE_MATCHING = {
    "credentials": [
        {
            "id": "my_credential",
            "format": "dc+sd-jwt",
            "meta": {"vct_values": ["https://credentials.example.com/identity_credential"]},
            "claims": [
                {"path": ["family_name"], "values": ["Doe"]},
                {"path": ["given_name"]},
                {"path": ["address", "street_address"]},
                {"path": ["postal_code"], "values": ["90210", "90211"]},
            ],
        }
    ]
}
PERSON: dict[str, Any] = {
    "family_name": "Doe",
    "given_name": "John",
    "date_of_birth": "1940-01-01",
    "address": {"street_address": "42 Market Street"},
    "postal_code": "90210",
    "locality": "Milliways",
    "region": "Betelgeuse",
    "rewards_number": "7",
}


def sd_jwt(vct: str, claims: dict[str, Any]) -> Candidate:
    return Candidate(id=vct, format="dc+sd-jwt", type_ids=frozenset({vct}), claims=claims, holder_bound=True)


def mdoc(doctype: str, *names: str) -> Candidate:
    claims = {"org.iso.18013.5.1": dict.fromkeys(names, "v")}
    return Candidate(id=doctype, format="mso_mdoc", type_ids=frozenset({doctype}), claims=claims, holder_bound=True)


def matched(query: dict[str, Any], *wallet: Candidate) -> Matches:
    return match(DcqlQuery.from_json(query), lambda _: wallet)


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in PERSON.items() if name not in names}


@pytest.mark.parametrize("name", FILES)
def test_an_example_file_is_read_and_written_again(name: str) -> None:
    text = shared("openid4vp-1.0", *name.split("/")).read_bytes()
    assert DcqlQuery.from_json(text).to_json() == json.loads(text)


def test_the_queries_in_the_examples_of_requests_are_read_and_written_again() -> None:
    blocks = [block["json"] for block in shared_json("openid4vp-1.0", "spec-blocks.json") if "json" in block]
    found = [block["dcql_query"] for block in blocks if isinstance(block, dict) and "dcql_query" in block]
    assert found
    for query in found:
        assert DcqlQuery.from_json(query).to_json() == query


def test_the_examples_that_stand_here_are_those_of_the_files() -> None:
    assert shared_json("openid4vp-1.0", "query_lang", "claims_alternatives.json") == CLAIMS_ALTERNATIVES
    assert shared_json("openid4vp-1.0", "query_lang", "value_matching_simple.json") == VALUE_MATCHING


@pytest.mark.parametrize(
    ("missing", "claim_sets"), [([], [0, 1]), (["region"], [1]), (["postal_code"], [0]), (["family_name"], [])]
)
def test_of_alternative_claims_those_that_are_there_are_found(missing: list[str], claim_sets: list[int]) -> None:
    vct = "https://credentials.example.com/identity_credential"
    found = matched(CLAIMS_ALTERNATIVES, sd_jwt(vct, without(*missing))).found["pid"]
    assert [option.claim_set for each in found for option in each.options] == claim_sets


@pytest.mark.parametrize(
    ("change", "satisfiable"),
    [({}, True), ({"postal_code": "90211"}, True), ({"postal_code": "90212"}, False), ({"family_name": "Roe"}, False)],
)
def test_values_select_the_credential(change: dict[str, Any], satisfiable: bool) -> None:
    vct = "https://credentials.example.com/identity_credential"
    assert matched(VALUE_MATCHING, sd_jwt(vct, PERSON | change)).satisfiable is satisfiable


def test_alternative_credentials_are_answered_as_the_text_says() -> None:
    query = shared_json("openid4vp-1.0", "query_lang", "credentials_alternatives.json")
    pid = sd_jwt("https://credentials.example.com/identity_credential", PERSON)
    reduced = sd_jwt("https://credentials.example.com/reduced_identity_credential", PERSON)
    residence = sd_jwt("https://cred.example/residence_credential", PERSON)
    rewards = sd_jwt("https://company.example/company_rewards", PERSON)
    assert [each.query_id for each in matched(query, pid).default_selection().matches] == ["pid"]
    pair = matched(query, reduced, residence).default_selection()
    assert list(pair.by_query) == ["pid_reduced_cred_1", "pid_reduced_cred_2"]
    assert not matched(query, reduced).satisfiable
    assert not matched(query, rewards).satisfiable
    with_rewards = [list(each.by_query) for each in matched(query, pid, rewards).selections()]
    assert with_rewards == [["pid"], ["pid", "nice_to_have"]]


def test_an_mdl_or_a_photo_id_answers_and_an_address_may_be_added() -> None:
    query = shared_json("openid4vp-1.0", "query_lang", "complex_mdoc.json")
    name = ("given_name", "family_name", "portrait")
    mdl = mdoc("org.iso.18013.5.1.mDL", *name)
    photo = mdoc("org.iso.23220.photoid.1", *name, "resident_address", "resident_country")
    assert [list(each.by_query) for each in matched(query, mdl).selections()] == [["mdl-id"]]
    assert [list(each.by_query) for each in matched(query, photo).selections()] == [
        ["photo_card-id"],
        ["photo_card-id", "photo_card-address"],
    ]
    assert not matched(query, mdoc("org.iso.18013.5.1.mDL", "given_name")).satisfiable


def test_w3c_credentials_are_found_by_type() -> None:
    query = shared_json("openid4vp-1.0", "request", "dcql_ldp_vc.json")
    credential = shared_json("openid4vp-1.0", "credentials", "ldp_vc.json")
    held = Candidate(
        id="1", format="ldp_vc", type_ids=frozenset(credential["type"]), claims=credential, holder_bound=True
    )
    assert matched(query, held).satisfiable
    assert not matched(query, sd_jwt("IDCredential", credential)).satisfiable
