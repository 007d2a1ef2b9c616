# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Whether one credential answers one credential query (OpenID4VP 1.0, sections 6.1, 6.3, 6.4.1 and 7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from vcwallet.protocols.dcql import (
    Candidate,
    CredentialQuery,
    DcqlQuery,
    Match,
    Mismatch,
    examine,
    match_credential,
)

PID = "urn:eudi:pid:1"
MDL = "org.iso.18013.5.1.mDL"
AKI = "s9tIpPmhxdiuNkHMEWNpYim8S8Y"

# The example of OpenID4VP 1.0, section 7.3, with values of other kinds added.
TREE: dict[str, Any] = {
    "name": "Arthur Dent",
    "address": {"street_address": "42 Market Street", "locality": "Milliways", "postal_code": "12345"},
    "degrees": [
        {"type": "Bachelor of Science", "university": "University of Betelgeuse"},
        {"type": "Master of Science", "university": "University of Betelgeuse"},
    ],
    "nationalities": ["British", "Betelgeusian"],
    "nothing": None,
    "empty": [],
    "one": 1,
    "one_point": 1.0,
    "true": True,
    "text_one": "1",
}
SD_JWT = Candidate(id="1", format="dc+sd-jwt", type_ids=frozenset({PID}), claims=TREE, holder_bound=True)
MDOC = Candidate(
    id="2",
    format="mso_mdoc",
    type_ids=frozenset({MDL}),
    claims={"org.iso.18013.5.1": {"age_over_18": True, "given_name": "Arthur"}},
    holder_bound=True,
    authorities=frozenset({("aki", AKI)}),
)
W3C = Candidate(
    id="3",
    format="ldp_vc",
    type_ids=frozenset({"https://example.com/A", "https://example.com/B"}),
    claims={"credentialSubject": {"family_name": "Dent"}},
    holder_bound=True,
)


def asking(**members: Any) -> CredentialQuery:
    sd_jwt: dict[str, Any] = {"id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": [PID]}}
    return DcqlQuery.from_json({"credentials": [{**sd_jwt, **members}]}).credentials[0]


def asking_for(*claims: dict[str, Any], **members: Any) -> CredentialQuery:
    return asking(claims=list(claims), **members)


# --- claims ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        ["name"],
        ["address"],
        ["address", "street_address"],
        ["degrees", None, "type"],
        ["degrees", 1, "type"],
        ["nationalities", 1],
        ["nationalities", None],
        ["nothing"],
        ["empty"],
    ],
)
def test_a_claim_that_is_there_is_disclosed(path: list[Any]) -> None:
    found = match_credential(asking_for({"path": path}), SD_JWT)
    assert found is not None
    assert found.paths == (tuple(path),)


@pytest.mark.parametrize(
    "path",
    [
        ["x"],
        ["name", "a"],
        ["name", 0],
        ["name", None],
        ["nationalities", 2],
        ["nationalities", "0"],
        ["degrees", "type"],
        ["degrees", None, "x"],
        ["empty", None],
        ["nothing", "a"],
        ["address", None],
    ],
)
def test_a_claim_that_is_not_there_is_a_mismatch(path: list[Any]) -> None:
    assert examine(asking_for({"path": ["name"]}, {"path": path}), SD_JWT) is Mismatch.CLAIMS


@pytest.mark.parametrize(
    ("path", "values", "matches"),
    [
        (["name"], ["Arthur Dent"], True),
        (["name"], ["Ford Prefect", "Arthur Dent"], True),
        (["name"], ["arthur dent"], False),
        (["one"], [1], True),
        (["one"], [True, "1"], False),
        (["true"], [True], True),
        (["true"], [1, "true"], False),
        (["text_one"], ["1"], True),
        (["text_one"], [1, True], False),
        (["one_point"], [1, True, "1"], False),
        (["nothing"], ["null", 0, False], False),
        (["nationalities", None], ["Betelgeusian"], True),
        (["nationalities", None], ["French"], False),
        (["nationalities", 0], ["Betelgeusian"], False),
        (["degrees", None, "type"], ["Master of Science"], True),
        (["nationalities"], ["British"], False),
        (["address"], ["Milliways"], False),
    ],
)
def test_a_value_matches_when_type_and_value_are_equal(path: list[Any], values: list[Any], matches: bool) -> None:
    outcome = examine(asking_for({"path": path, "values": values}), SD_JWT)
    assert isinstance(outcome, Match) is matches
    assert matches or outcome is Mismatch.CLAIMS


def test_without_claims_nothing_that_can_be_held_back_is_disclosed() -> None:
    found = match_credential(asking(), SD_JWT)
    assert found is not None
    assert (found.claims, found.claim_set, found.paths) == ((), None, ())


def test_without_claim_sets_every_claim_is_disclosed() -> None:
    query = asking_for({"path": ["name"]}, {"path": ["one"]})
    found = match_credential(query, SD_JWT)
    assert found is not None
    assert (found.claims, found.claim_set) == (query.claims, None)


def test_of_the_claim_sets_the_first_that_can_be_satisfied_is_chosen_and_all_of_those_are_kept() -> None:
    claims = [{"id": name, "path": [name]} for name in ("x", "name", "one", "true")]
    query = asking(claims=claims, claim_sets=[["x"], ["name", "one"], ["one", "x"], ["true"], ["true", "true"]])
    found = match_credential(query, SD_JWT)
    assert found is not None
    assert (found.claim_set, found.paths) == (1, (("name",), ("one",)))
    assert [option.claim_set for option in found.options] == [1, 3, 4]
    assert (found.least().claim_set, found.least().paths) == (3, (("true",),))
    assert found.with_claim_set(4).paths == (("true",),)
    for claim_set in (0, 2, None):
        with pytest.raises(ValueError, match="does not have the claims"):
            found.with_claim_set(claim_set)


def test_no_satisfiable_claim_set_is_a_mismatch() -> None:
    claims = [{"id": "x", "path": ["x"]}, {"id": "name", "path": ["name"]}]
    assert examine(asking(claims=claims, claim_sets=[["name", "x"], ["x"]]), SD_JWT) is Mismatch.CLAIMS
    assert match_credential(asking(claims=claims, claim_sets=[["name", "x"], ["name"]]), SD_JWT)


def test_in_an_mdoc_a_path_is_a_namespace_and_an_element() -> None:
    meta = {"doctype_value": MDL}
    ask = {"path": ["org.iso.18013.5.1", "age_over_18"], "values": [True], "intent_to_retain": False}
    assert match_credential(asking_for(ask, format="mso_mdoc", meta=meta), MDOC)
    for path in (["org.iso.18013.5.1", "age_over_20"], ["org.iso.18013.5.2", "age_over_18"]):
        assert examine(asking_for({"path": path}, format="mso_mdoc", meta=meta), MDOC) is Mismatch.CLAIMS


# --- the credential --------------------------------------------------------------------------------------------------


def test_another_format_is_a_mismatch() -> None:
    assert isinstance(examine(asking(), SD_JWT), Match)
    assert examine(asking(), replace(SD_JWT, format="mso_mdoc")) is Mismatch.FORMAT
    assert examine(asking(), replace(SD_JWT, format="DC+SD-JWT")) is Mismatch.FORMAT


def test_an_unknown_format_matches_nothing() -> None:
    query = asking(format="new", meta={"vct_values": [PID]})
    assert examine(query, replace(SD_JWT, format="new")) is Mismatch.TYPE


def test_the_type_is_one_of_those_asked_for_or_extends_one() -> None:
    query = asking(meta={"vct_values": ["urn:other", PID]})
    national = frozenset({"urn:eudi:pid:jp:1", PID})
    assert isinstance(examine(query, replace(SD_JWT, type_ids=national)), Match)
    assert examine(query, replace(SD_JWT, type_ids=frozenset({"urn:eudi:pid:jp:1"}))) is Mismatch.TYPE
    assert examine(query, replace(SD_JWT, type_ids=frozenset())) is Mismatch.TYPE


def test_w3c_types_are_alternatives_of_combinations() -> None:
    def ask(*combinations: list[str]) -> CredentialQuery:
        return asking(format="ldp_vc", meta={"type_values": list(combinations)})

    a, b, c = (f"https://example.com/{name}" for name in "ABC")
    for combinations in ([[a]], [[a, b]], [[c], [b]]):
        assert isinstance(examine(ask(*combinations), W3C), Match)
    for combinations in ([[c]], [[a, c]], [[a, c], [b, c]]):
        assert examine(ask(*combinations), W3C) is Mismatch.TYPE


def test_a_credential_without_holder_binding_matches_only_where_that_is_not_required() -> None:
    bearer = replace(SD_JWT, holder_bound=False)
    assert examine(asking(), bearer) is Mismatch.HOLDER_BINDING
    assert isinstance(examine(asking(require_cryptographic_holder_binding=False), bearer), Match)
    assert isinstance(examine(asking(require_cryptographic_holder_binding=False), SD_JWT), Match)


def test_one_value_of_one_trusted_authority_is_enough() -> None:
    def ask(*authorities: dict[str, Any]) -> CredentialQuery:
        return asking(format="mso_mdoc", meta={"doctype_value": MDL}, trusted_authorities=list(authorities))

    here = {"type": "aki", "values": ["other", AKI]}
    elsewhere = {"type": "openid_federation", "values": ["https://trust.example"]}
    assert isinstance(examine(ask(here), MDOC), Match)
    assert isinstance(examine(ask(elsewhere, here), MDOC), Match)
    assert examine(ask(elsewhere), MDOC) is Mismatch.AUTHORITY
    assert examine(ask({"type": "etsi_tl", "values": [AKI]}), MDOC) is Mismatch.AUTHORITY
    assert examine(ask(here), replace(MDOC, authorities=frozenset())) is Mismatch.AUTHORITY


def test_no_claim_value_is_in_the_repr_of_a_match() -> None:
    found = match_credential(asking_for({"path": ["name"], "values": ["Arthur Dent"]}), SD_JWT)
    assert found is not None
    assert "Arthur" not in repr(found)
