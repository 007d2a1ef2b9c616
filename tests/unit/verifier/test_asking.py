# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""From questions in terms of credential types to DCQL (OpenID4VP 1.0, section 6)."""

from __future__ import annotations

from typing import Annotated

import pytest

from tests.support.world import ForeignResident, Income, Resident
from vcwallet.credential_type import Claim, CredentialType
from vcwallet.trust.registration import IntendedUse, grants
from vcwallet.verifier import ask
from vcwallet.verifier.asking import query_of


class 乗車証(CredentialType, vct="urn:example:pass:1", ja="乗車証", en="Pass"):  # noqa: N801 - in Japanese
    区間: Annotated[str, Claim("区間", "Zone")]


class Resident2(CredentialType, vct="urn:example:resident:2", ja="住民", en="Resident"):
    full_name: Annotated[str, Claim("氏名", "Full name")]


class Resident_2(CredentialType, vct="urn:example:resident:3", ja="住民", en="Resident"):  # noqa: N801 - numbered
    full_name: Annotated[str, Claim("氏名", "Full name")]


FORMATS = ("dc+sd-jwt", "mso_mdoc")
EVERYTHING = IntendedUse(
    code="everything", text={"en": "To test"}, grants=grants(Resident) + grants(Income), retention_days=30
)


def query(asks, *, formats=FORMATS, use=EVERYTHING):
    return query_of(asks, formats=formats, use=use)


@pytest.mark.parametrize(
    ("claim", "path"),
    [
        ("full_name", ("full_name",)),
        ("address.locality", ("address", "locality")),
        ("household.*.first_name", ("household", None, "first_name")),
        ("languages.0", ("languages", 0)),
        (("address", "locality"), ("address", "locality")),
        (("household", None), ("household", None)),
    ],
)
def test_a_claim_is_named_as_people_write_it_or_by_its_parts(claim, path):
    assert ask(Resident, claim).paths == (path,)


@pytest.mark.parametrize("claim", ["full_nam", "address.town", "languages.first", "", "full_name.first"])
def test_a_claim_that_the_type_does_not_have_is_a_mistake(claim):
    with pytest.raises(ValueError, match=r"claim|array"):
        ask(Resident, claim)


def test_a_claim_that_was_named_twice_is_asked_for_once():
    assert ask(Resident, "full_name", "full_name", values={"full_name": ["x"]}).paths == (("full_name",),)


def test_accepted_values_are_asked_for_as_well():
    question = ask(Resident, "birth_date", values={"address.locality": ["港町", "未来市"]})
    assert question.paths == (("birth_date",), ("address", "locality"))
    [credential] = query([question]).to_json()["credentials"]
    assert credential["claims"][1] == {"path": ["address", "locality"], "values": ["港町", "未来市"]}


def test_accepted_values_do_not_show_in_the_question_s_text():
    """They may be someone's name."""
    assert "番号" not in repr(ask(Resident, values={"full_name": ["番号　花子"]}))


def test_a_question_becomes_a_credential_query():
    assert query([ask(Resident, "full_name", "household.*.first_name")]).to_json() == {
        "credentials": [
            {
                "id": "resident",
                "format": "dc+sd-jwt",
                "meta": {"vct_values": ["urn:example:resident:1"]},
                "claims": [{"path": ["full_name"]}, {"path": ["household", None, "first_name"]}],
            }
        ]
    }


def test_a_question_for_no_claim_has_no_claims_member():
    [credential] = query([ask(Income)]).to_json()["credentials"]
    assert "claims" not in credential


def test_optional_questions_become_sets_that_are_not_required():
    asked = query([ask(Resident, "full_name"), ask(Income, "total", optional=True)]).to_json()
    assert asked["credential_sets"] == [
        {"options": [["resident"]], "required": True},
        {"options": [["income"]], "required": False},
    ]
    assert "credential_sets" not in query([ask(Resident, "full_name"), ask(Income, "total")]).to_json()


@pytest.mark.parametrize(
    ("kinds", "ids"),
    [
        ([ForeignResident], ["foreign_resident"]),
        ([Resident, Resident, Resident], ["resident", "resident_2", "resident_3"]),
        ([Resident_2, Resident, Resident], ["resident_2", "resident", "resident_3"]),
        ([乗車証, Resident, 乗車証], ["credential", "resident", "credential_2"]),
        ([Resident2], ["resident2"]),
    ],
)
def test_each_question_has_a_name_of_its_own(kinds, ids):
    assert [one.id for one in query([ask(kind) for kind in kinds]).credentials] == ids
