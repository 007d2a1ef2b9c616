# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Making an SD-JWT (RFC 9901, sections 4 and 5.1)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from types import MappingProxyType
from typing import Any

import pytest

from tests.support.credentials import CLAIMS, HIDDEN, ISSUER_KEY
from vcwallet.claims import Concealment
from vcwallet.encoding import base64url
from vcwallet.errors import MalformedError
from vcwallet.formats import sd_jwt
from vcwallet.formats.sd_jwt import HashAlgorithm, conceal, issue, parse

NOTHING = Concealment()


def decoded(text: str) -> list[Any]:
    array = json.loads(base64url.decode(text))
    assert isinstance(array, list)
    return array


def digests_in(value: Any) -> Iterator[str]:
    """Yield every digest of a payload or value, wherever it stands."""
    if isinstance(value, dict):
        yield from value.get("_sd", ())
        if "..." in value:
            yield value["..."]
        value = list(value.values())
    if isinstance(value, list):
        for child in value:
            yield from digests_in(child)


def test_nothing_that_is_selectable_stands_in_the_payload():
    payload, disclosures = conceal(CLAIMS, Concealment.of(HIDDEN))
    assert payload.keys() == {"_sd", "_sd_alg", "nationalities", "degrees", "member"}
    assert all(element.keys() == {"..."} for element in payload["nationalities"])
    assert all(element.keys() == {"_sd"} for element in payload["degrees"])
    named = [array[1] for array in map(decoded, disclosures) if len(array) == 3]
    assert sorted(named) == ["address", "country", "family_name", "given_name", "locality", "type", "type", "year"]


def test_a_disclosure_inside_another_is_recursive():
    payload, disclosures = conceal(CLAIMS, Concealment.of(HIDDEN))
    address = next(array for array in map(decoded, disclosures) if array[1] == "address")
    assert address[2].keys() == {"_sd"}
    assert len(payload["_sd"]) == 3


def test_every_digest_is_that_of_a_disclosure_as_it_was_written():
    payload, disclosures = conceal(CLAIMS, Concealment.of(HIDDEN))
    everything = [payload, *(decoded(text)[-1] for text in disclosures)]
    found = [one for value in everything for one in digests_in(value)]
    assert sorted(found) == sorted(HashAlgorithm.SHA_256.digest(text) for text in disclosures)


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_the_payload_names_its_hash_function(algorithm):
    payload, disclosures = conceal({"a": 1}, Concealment.of([("a",)]), hash_algorithm=algorithm)
    assert payload == {"_sd": [algorithm.digest(disclosures[0])], "_sd_alg": algorithm.value}


def test_a_payload_without_disclosures_has_no_trace_of_the_format():
    assert conceal({"a": {"b": [1, {}]}}, Concealment.of([("c",)])) == ({"a": {"b": [1, {}]}}, [])


def test_an_sd_jwt_without_disclosures_ends_in_a_tilde_all_the_same():
    text = issue({"a": 1}, concealment=NOTHING, signer=ISSUER_KEY, header={})
    assert text.endswith("~")
    assert text.count("~") == 1


def test_the_order_of_digests_does_not_tell_the_order_of_claims():
    names = [f"claim {number:02}" for number in range(30)]
    payload, disclosures = conceal(dict.fromkeys(names, 1), Concealment.of([(name,) for name in names]))
    assert [decoded(text)[1] for text in disclosures] == names
    assert payload["_sd"] == sorted(payload["_sd"]) != list(map(HashAlgorithm.SHA_256.digest, disclosures))


def test_each_salt_is_of_its_own_and_holds_at_least_128_bits():
    names = [f"claim {number}" for number in range(100)]
    _, disclosures = conceal(dict.fromkeys(names, "same"), Concealment.of([(name,) for name in names]))
    salts = {decoded(text)[0] for text in disclosures}
    assert len(salts) == 100
    assert all(len(base64url.decode(salt)) >= 16 for salt in salts)


def test_salts_and_decoys_come_from_the_source_that_is_handed_in():
    def counted() -> Any:
        numbers = count(1)
        return lambda size: next(numbers).to_bytes(size, "big")

    args = ({"a": [1, 2]}, Concealment.of([("a", None)]))
    assert conceal(*args, decoys=1, random_bytes=counted()) == conceal(*args, decoys=1, random_bytes=counted())
    assert conceal(*args) != conceal(*args)


def test_decoys_stand_in_each_object_and_array_that_conceals_something():
    hidden = Concealment.of([("a",), ("list", None), ("inner", "b")])
    payload, disclosures = conceal({"a": 1, "list": [1], "inner": {"b": 1}, "open": {"c": 1}}, hidden, decoys=3)
    assert (len(payload["_sd"]), len(payload["list"]), len(payload["inner"]["_sd"])) == (4, 4, 4)
    assert payload["open"] == {"c": 1}
    assert len(disclosures) == 3


def test_a_decoy_looks_like_a_digest_and_leads_nowhere():
    hidden = Concealment.of([("a",), ("list", None)])
    text = issue(
        {"a": 1, "list": [1, 2]},
        concealment=hidden,
        signer=ISSUER_KEY,
        header={},
        decoys=5,
        hash_algorithm=HashAlgorithm.SHA_384,
    )
    read = parse(text).verify(ISSUER_KEY.public_key)
    assert {len(base64url.decode(one)) for one in digests_in(json.loads(read.issuer_jwt.unverified_payload))} == {48}
    assert read.claims == {"a": 1, "list": [1, 2]}
    assert read.processed.hidden == 10


def test_read_only_mappings_and_tuples_can_be_claims():
    claims = MappingProxyType({"a": (1, MappingProxyType({"b": ()}))})
    text = issue(claims, concealment=Concealment.of([("a", None, "b")]), signer=ISSUER_KEY, header={})
    assert parse(text).verify(ISSUER_KEY.public_key).claims == {"a": [1, {"b": []}]}


def test_a_claim_of_any_name_can_be_made_selectable():
    claims = {"ages": {"18": True, "21": False}}
    hidden = Concealment(members={"ages": Concealment(any_member=Concealment(selectable=True))})
    payload, disclosures = conceal(claims, hidden)
    assert (payload["ages"].keys(), len(disclosures)) == ({"_sd"}, 2)


def test_what_is_handed_in_is_not_changed():
    claims: dict[str, Any] = {"a": [{"b": 1}], "c": {"d": 2}}
    conceal(claims, Concealment.of([("a", None, "b"), ("c",)]), decoys=2)
    assert claims == {"a": [{"b": 1}], "c": {"d": 2}}


@pytest.mark.parametrize("name", ["_sd", "...", "_sd_alg"])
@pytest.mark.parametrize("place", ["{}", '{{"a":{}}}', '{{"list":[1,{}]}}', '{{"list":[[{}]]}}', '{{"hidden":{}}}'])
def test_a_claim_with_a_name_of_the_format_is_not_issued(name, place):
    hidden = Concealment.of([("hidden",)])
    conceal(json.loads(place.format('{"free":1}')), hidden)
    with pytest.raises(MalformedError) as caught:
        conceal(json.loads(place.format(f'{{"{name}":1}}')), hidden)
    assert caught.value.code == "RESERVED_NAME"


def test_an_issued_sd_jwt_has_the_header_that_is_asked_for_and_the_signers_algorithm():
    text = sd_jwt.issue({"a": 1}, concealment=NOTHING, signer=ISSUER_KEY, header={"typ": "example+sd-jwt", "kid": "1"})
    assert parse(text).issuer_jwt.header.members == {"alg": "ES256", "typ": "example+sd-jwt", "kid": "1"}


def test_an_issued_sd_jwt_has_decoys_only_where_they_are_asked_for():
    hidden = Concealment.of([("a",)])
    cases: list[tuple[int, dict[str, Any]]] = [(0, {}), (0, {"decoys": 0}), (2, {"decoys": 2})]
    for decoys, options in cases:
        text = sd_jwt.issue({"a": 1}, concealment=hidden, signer=ISSUER_KEY, header={}, **options)
        assert parse(text).verify(ISSUER_KEY.public_key).processed.hidden == decoys


def test_an_issued_sd_jwt_has_the_salts_that_are_handed_in():
    hidden = Concealment.of([("a",)])
    text = sd_jwt.issue({"a": 1}, concealment=hidden, signer=ISSUER_KEY, header={}, random_bytes=bytes)
    assert decoded(parse(text).disclosures[0]) == ["A" * 24, "a", 1]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"bytes", object(), {1: 2}, 2**64])
@pytest.mark.parametrize("hidden", [[], [("a",)], [("a", None)]])
def test_what_is_no_json_is_a_mistake_of_the_caller(value, hidden):
    for claims in ({"a": value}, {"a": [value]}):
        with pytest.raises(TypeError):
            conceal(claims, Concealment.of(hidden))
