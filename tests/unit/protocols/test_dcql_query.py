# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The DCQL query on the wire: its rules and limits (OpenID4VP 1.0, section 6)."""

from __future__ import annotations

from typing import Any

import pytest

from vcwallet.encoding import json
from vcwallet.errors import LimitExceededError, MalformedError
from vcwallet.protocols.dcql import (
    ClaimQuery,
    CredentialQuery,
    CredentialSet,
    DcqlQuery,
    MdocMeta,
    SdJwtVcMeta,
    UnknownMeta,
    W3cMeta,
)

SD_JWT: dict[str, Any] = {"id": "pid", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:eudi:pid:1"]}}
MDOC: dict[str, Any] = {"id": "mdl", "format": "mso_mdoc", "meta": {"doctype_value": "org.iso.18013.5.1.mDL"}}
W3C: dict[str, Any] = {
    "id": "vc",
    "format": "ldp_vc",
    "meta": {"type_values": [["https://example.com/A", "https://example.com/B"]]},
}


def query(*credentials: dict[str, Any], **members: Any) -> DcqlQuery:
    return DcqlQuery.from_json({"credentials": list(credentials), **members})


def credential(**members: Any) -> CredentialQuery:
    return query({**SD_JWT, **members}).credentials[0]


# --- what a query may be ---------------------------------------------------------------------------------------------


def test_a_query_is_written_as_it_was_read() -> None:
    text = (
        b'{"credentials":[{"id":"pid","format":"dc+sd-jwt","meta":{"vct_values":["a"],"x":null},"multiple":false,'
        b'"claims":[{"id":"n","path":["m",null,0],"values":[true,1,"1"]}],"claim_sets":[["n"]],"y":{"z":[1]}}],'
        b'"credential_sets":[{"options":[["pid"]],"required":false,"purpose":"p"}],"sets":[],"requested":1}'
    )
    parsed = DcqlQuery.from_json(text)
    assert json.loads(json.dumps(parsed.to_json())) == json.loads(text)
    # Reading the derived members leaves no trace in what is written, and unknown members cannot stand in for them.
    assert [each.id for each in parsed.requested] == ["pid"]
    assert parsed.sets == parsed.credential_sets
    assert parsed.credentials[0].claim_options[0].paths == (("m", None, 0),)
    assert parsed.credentials[0].claims[0].accepted == {(bool, True), (int, 1), (str, "1")}
    assert parsed.credentials[0].meta.alternatives == (frozenset({"a"}),)
    assert json.loads(json.dumps(parsed.to_json())) == json.loads(text)
    assert DcqlQuery.from_json(parsed.to_json()) == parsed


def test_the_defaults_are_those_of_the_standard() -> None:
    pid = credential()
    assert pid.multiple is False
    assert pid.require_cryptographic_holder_binding is True
    assert CredentialSet(options=(("pid",),)).required is True
    assert ClaimQuery(path=("a",)).intent_to_retain is None


def test_a_verifier_may_build_a_query_from_values() -> None:
    built = DcqlQuery(
        credentials=(
            CredentialQuery(
                id="pid",
                format="dc+sd-jwt",
                meta=SdJwtVcMeta(vct_values=("urn:eudi:pid:1",)),
                claims=(ClaimQuery(path=("family_name",)),),
            ),
        )
    )
    assert built == query({**SD_JWT, "claims": [{"path": ["family_name"]}]})
    assert built.to_json() == {"credentials": [{**SD_JWT, "claims": [{"path": ["family_name"]}]}]}


@pytest.mark.parametrize(
    ("members", "model", "alternatives"),
    [
        (SD_JWT, SdJwtVcMeta, [{"urn:eudi:pid:1"}]),
        (MDOC, MdocMeta, [{"org.iso.18013.5.1.mDL"}]),
        (W3C, W3cMeta, [{"https://example.com/A", "https://example.com/B"}]),
        ({**W3C, "format": "jwt_vc_json"}, W3cMeta, [{"https://example.com/A", "https://example.com/B"}]),
        ({"id": "x", "format": "mso_mdoc_zk", "meta": {"zk_system_type": []}}, UnknownMeta, []),
    ],
)
def test_meta_is_read_by_format_and_an_unknown_format_is_kept(
    members: dict[str, Any], model: type, alternatives: list[set[str]]
) -> None:
    parsed = query(members)
    assert type(parsed.credentials[0].meta) is model
    assert list(parsed.credentials[0].meta.alternatives) == alternatives
    assert parsed.to_json() == {"credentials": [members]}


def test_a_value_that_the_verifier_looks_for_is_not_in_the_repr() -> None:
    parsed = credential(claims=[{"path": ["family_name"], "values": ["Beeblebrox"]}])
    assert parsed.claims[0].values == ("Beeblebrox",)
    assert "Beeblebrox" not in repr(parsed)


# --- what it may not be ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "members",
    [
        {"id": ""},
        {"id": "a b"},
        {"id": "a\n"},
        {"id": "あ"},
        {"id": 1},
        {"id": None},
        {"format": ""},
        {"format": None},
        {"format": ["dc+sd-jwt"]},
        {"meta": None},
        {"meta": []},
        {"meta": {}},
        {"meta": {"vct_values": []}},
        {"meta": {"vct_values": "urn:eudi:pid:1"}},
        {"meta": {"vct_values": [1]}},
        {"meta": {"doctype_value": "org.iso.18013.5.1.mDL"}},
        {"multiple": 1},
        {"multiple": None},
        {"require_cryptographic_holder_binding": "false"},
        {"trusted_authorities": []},
        {"trusted_authorities": [{"type": "aki"}]},
        {"trusted_authorities": [{"type": "aki", "values": []}]},
        {"trusted_authorities": [{"type": "aki", "values": [1]}]},
        {"trusted_authorities": [{"values": ["x"]}]},
        {"claims": []},
        {"claims": None},
        {"claims": {"path": ["a"]}},
        {"claims": [["a"]]},
        {"claims": [{}]},
        {"claims": [{"path": []}]},
        {"claims": [{"path": "a"}]},
        {"claims": [{"path": [True]}]},
        {"claims": [{"path": [-1]}]},
        {"claims": [{"path": [1.0]}]},
        {"claims": [{"path": [["a"]]}]},
        {"claims": [{"path": ["a"], "id": ""}]},
        {"claims": [{"path": ["a"], "id": "a.b"}]},
        {"claims": [{"path": ["a"], "id": None}]},
        {"claims": [{"path": ["a"], "values": []}]},
        {"claims": [{"path": ["a"], "values": [None]}]},
        {"claims": [{"path": ["a"], "values": [1.5]}]},
        {"claims": [{"path": ["a"], "values": [["a"]]}]},
        {"claims": [{"path": ["a"], "intent_to_retain": 1}]},
        {"claims": [{"path": ["a"], "id": "x"}, {"path": ["b"], "id": "x"}]},
        {"claim_sets": [["a"]]},
        {"claims": [{"path": ["a"], "id": "x"}], "claim_sets": []},
        {"claims": [{"path": ["a"], "id": "x"}], "claim_sets": [[]]},
        {"claims": [{"path": ["a"], "id": "x"}], "claim_sets": ["x"]},
        {"claims": [{"path": ["a"], "id": "x"}], "claim_sets": [["y"]]},
        {"claims": [{"path": ["a"], "id": "x"}, {"path": ["b"]}], "claim_sets": [["x"]]},
    ],
)
def test_a_credential_query_that_breaks_a_rule_is_malformed(members: dict[str, Any]) -> None:
    credential(claims=[{"path": ["a"], "id": "x"}, {"path": ["b", 0, None], "id": "y"}], claim_sets=[["x"]])
    with pytest.raises(MalformedError):
        credential(**members)


@pytest.mark.parametrize("name", ["id", "format", "meta"])
def test_a_credential_query_without_a_required_member_is_malformed(name: str) -> None:
    with pytest.raises(MalformedError, match="missing"):
        query({key: value for key, value in SD_JWT.items() if key != name})


@pytest.mark.parametrize(
    "meta", [{}, {"doctype_value": None}, {"doctype_value": ""}, {"doctype_value": ["a"]}, {"vct_values": ["a"]}]
)
def test_an_mdoc_query_names_one_document_type(meta: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        query({**MDOC, "meta": meta})


@pytest.mark.parametrize("meta", [{}, {"type_values": []}, {"type_values": [[]]}, {"type_values": ["A"]}])
def test_a_w3c_query_names_combinations_of_types(meta: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        query({**W3C, "meta": meta})


@pytest.mark.parametrize("path", [["ns"], ["ns", "element", "part"], ["ns", 0], ["ns", None], [0, "element"]])
def test_a_path_into_an_mdoc_is_a_namespace_and_an_element(path: list[Any]) -> None:
    query({**MDOC, "claims": [{"path": ["ns", "element"]}]})
    with pytest.raises(MalformedError):
        query({**MDOC, "claims": [{"path": path}]})


@pytest.mark.parametrize(
    "members",
    [
        {"credentials": []},
        {"credentials": None},
        {"credentials": SD_JWT},
        {"credentials": [SD_JWT, SD_JWT]},
        {"credential_sets": []},
        {"credential_sets": [{}]},
        {"credential_sets": [{"options": []}]},
        {"credential_sets": [{"options": [[]]}]},
        {"credential_sets": [{"options": ["pid"]}]},
        {"credential_sets": [{"options": [["other"]]}]},
        {"credential_sets": [{"options": [["pid"]], "required": 0}]},
    ],
)
def test_a_query_that_breaks_a_rule_is_malformed(members: dict[str, Any]) -> None:
    sound: dict[str, Any] = {"credentials": [SD_JWT], "credential_sets": [{"options": [["pid"]], "required": False}]}
    DcqlQuery.from_json(sound)
    with pytest.raises(MalformedError):
        DcqlQuery.from_json({**sound, **members})


def test_a_query_without_credentials_is_malformed() -> None:
    with pytest.raises(MalformedError):
        DcqlQuery.from_json(b"{}")


# --- limits ----------------------------------------------------------------------------------------------------------


def _credentials(count: int) -> dict[str, Any]:
    return {"credentials": [{**SD_JWT, "id": f"c{i}"} for i in range(count)]}


def _sets(count: int) -> dict[str, Any]:
    return {"credentials": [SD_JWT], "credential_sets": [{"options": [["pid"]]}] * count}


def _set_options(count: int) -> dict[str, Any]:
    return {"credentials": [SD_JWT], "credential_sets": [{"options": [["pid"]] * count}]}


def _claims(count: int) -> dict[str, Any]:
    return {"credentials": [{**SD_JWT, "claims": [{"path": [f"c{i}"]} for i in range(count)]}]}


def _claim_sets(count: int) -> dict[str, Any]:
    return {"credentials": [{**SD_JWT, "claims": [{"id": "a", "path": ["a"]}], "claim_sets": [["a"]] * count}]}


def _values(count: int) -> dict[str, Any]:
    return {"credentials": [{**SD_JWT, "claims": [{"path": ["a"], "values": list(range(count))}]}]}


def _vct_values(count: int) -> dict[str, Any]:
    return {"credentials": [{**SD_JWT, "meta": {"vct_values": [f"t{i}" for i in range(count)]}}]}


def _authorities(count: int) -> dict[str, Any]:
    entry = {"type": "aki", "values": [f"v{i}" for i in range(count)]}
    return {"credentials": [{**SD_JWT, "trusted_authorities": [entry]}]}


def _path(count: int) -> dict[str, Any]:
    return {"credentials": [{**SD_JWT, "claims": [{"path": ["a"] * count}]}]}


@pytest.mark.parametrize(
    ("build", "limit"),
    [
        (_credentials, 20),
        (_sets, 20),
        (_set_options, 10),
        (_claims, 50),
        (_claim_sets, 20),
        (_values, 100),
        (_vct_values, 100),
        (_authorities, 100),
        (_path, 16),
    ],
)
def test_each_list_has_a_limit(build: Any, limit: int) -> None:
    DcqlQuery.from_json(build(limit))
    with pytest.raises(LimitExceededError):
        DcqlQuery.from_json(build(limit + 1))


def test_a_query_has_at_most_64_kib_as_text_and_as_object() -> None:
    frame = len(json.dumps({"credentials": [SD_JWT], "x": ""}))
    longest: dict[str, Any] = {"credentials": [SD_JWT], "x": "x" * (64 * 1024 - frame)}
    longer = {**longest, "x": longest["x"] + "x"}
    DcqlQuery.from_json(longest)
    DcqlQuery.from_json(json.dumps(longest))
    for value in (longer, json.dumps(longer)):
        with pytest.raises(LimitExceededError):
            DcqlQuery.from_json(value)


# --- what it means ---------------------------------------------------------------------------------------------------


def test_without_sets_every_credential_is_requested_and_required() -> None:
    parsed = query(SD_JWT, MDOC)
    assert parsed.sets == (CredentialSet(options=(("pid", "mdl"),)),)
    assert [each.id for each in parsed.requested] == ["pid", "mdl"]
    assert not parsed.is_satisfied_by({"pid"})
    assert parsed.is_satisfied_by({"pid", "mdl"})


def test_with_sets_a_credential_that_stands_in_none_is_not_requested() -> None:
    parsed = query(SD_JWT, MDOC, W3C, credential_sets=[{"options": [["mdl"], ["pid"]]}])
    assert [each.id for each in parsed.requested] == ["pid", "mdl"]


def test_each_required_set_needs_one_option_in_full() -> None:
    parsed = query(
        SD_JWT,
        MDOC,
        W3C,
        credential_sets=[{"options": [["pid", "mdl"], ["vc"]]}, {"options": [["mdl"]], "required": False}],
    )
    assert not parsed.is_satisfied_by({"pid"})
    assert not parsed.is_satisfied_by({"mdl"})
    assert not parsed.is_satisfied_by(set())
    assert parsed.is_satisfied_by({"pid", "mdl"})
    assert parsed.is_satisfied_by({"vc"})


def test_a_claim_that_is_pointed_at_twice_counts_once() -> None:
    (option,) = credential(claims=[{"path": ["a"]}, {"path": ["b"]}, {"path": ["a"]}]).claim_options
    assert option.paths == (("a",), ("b",))


def test_the_types_of_a_query_are_those_that_it_names() -> None:
    assert query({**SD_JWT, "meta": {"vct_values": ["b", "a"]}}).credentials[0].type_ids == ("a", "b")
    assert query({"id": "x", "format": "other", "meta": {}}).credentials[0].type_ids == ()


def test_a_query_for_values_or_authorities_probes_what_a_wallet_holds() -> None:
    by_value = {**SD_JWT, "claims": [{"path": ["a"]}, {"path": ["b"], "values": [1]}]}
    by_authority = {**SD_JWT, "trusted_authorities": [{"type": "aki", "values": ["k"]}]}
    plain = {**SD_JWT, "claims": [{"path": ["a"]}]}
    assert query(by_value).probes
    assert query(by_authority).probes
    assert query(MDOC, by_value).probes
    assert not query(plain).probes
    assert not query(MDOC).probes
    # What stands in no set is not asked for.
    assert not query(MDOC, by_value, by_authority | {"id": "x"}, credential_sets=[{"options": [["mdl"]]}]).probes
