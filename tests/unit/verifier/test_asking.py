# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""From questions in terms of credential types to DCQL (OpenID4VP 1.0, section 6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import pytest

from tests.support.world import MDOC, SD_JWT, ForeignResident, Income, Resident
from vcwallet.credential_type import Claim, CredentialType
from vcwallet.errors import LocalProtocolError
from vcwallet.trust.registration import Grant, IntendedUse, grants
from vcwallet.verifier import ask
from vcwallet.verifier.asking import query_of


class 乗車証(CredentialType, vct="urn:example:pass:1", ja="乗車証", en="Pass"):  # noqa: N801 - in Japanese
    区間: Annotated[str, Claim("区間", "Zone")]


class Resident2(CredentialType, vct="urn:example:resident:2", ja="住民", en="Resident"):
    full_name: Annotated[str, Claim("氏名", "Full name")]


class Resident_2(CredentialType, vct="urn:example:resident:3", ja="住民", en="Resident"):  # noqa: N801 - numbered
    full_name: Annotated[str, Claim("氏名", "Full name")]


EVERYTHING = IntendedUse(
    code="everything",
    text={"en": "To test"},
    grants=tuple(one for kind in (Resident, ForeignResident, Income) for one in grants(kind)),
    retention_days=30,
)


def query(asks, *, formats=(SD_JWT,), use=EVERYTHING):
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


class TestFormats:
    """A type has one form for each format; the wallet answers with the one that it holds."""

    BOTH = (SD_JWT, MDOC)

    def asked(self, *asks: Any, **options: Any) -> dict[str, Any]:
        return query(asks, **{"formats": self.BOTH} | options).to_json()

    def formats(self, *asks: Any, **options: Any) -> list[str]:
        return [one["format"] for one in self.asked(*asks, **options)["credentials"]]

    def test_a_question_becomes_one_credential_query_for_each_format_of_which_one_is_answered(self):
        assert self.asked(ask(Resident, "address.locality")) == {
            "credentials": [
                {
                    "id": "resident",
                    "format": "dc+sd-jwt",
                    "meta": {"vct_values": ["urn:example:resident:1"]},
                    "claims": [{"path": ["address", "locality"]}],
                },
                {
                    "id": "resident-mso_mdoc",
                    "format": "mso_mdoc",
                    "meta": {"doctype_value": "org.example.resident.1"},
                    "claims": [{"path": ["org.example.resident.1", "address.locality"], "intent_to_retain": True}],
                },
            ],
            "credential_sets": [{"options": [["resident"], ["resident-mso_mdoc"]], "required": True}],
        }

    def test_questions_stay_apart(self):
        sets = self.asked(ask(Resident, "full_name"), ask(Income, "total", optional=True))["credential_sets"]
        assert sets == [
            {"options": [["resident"], ["resident-mso_mdoc"]], "required": True},
            {"options": [["income"], ["income-mso_mdoc"]], "required": False},
        ]

    def test_two_questions_about_one_type_have_names_of_their_own_in_each_format(self):
        ids = [one["id"] for one in self.asked(ask(Resident, "full_name"), ask(Resident, "over_20"))["credentials"]]
        assert ids == ["resident", "resident-mso_mdoc", "resident_2", "resident_2-mso_mdoc"]

    def test_a_type_without_a_document_type_is_asked_for_in_its_only_format(self):
        use = replace(EVERYTHING, grants=grants(Resident2))
        asked = self.asked(ask(Resident2, "full_name"), use=use)
        assert [one["format"] for one in asked["credentials"]] == [SD_JWT]
        assert "credential_sets" not in asked

    def test_only_what_the_verifier_reads_is_asked_for(self):
        for format in self.BOTH:
            asked = self.asked(ask(Resident, "full_name"), formats=(format,))
            assert [(one["id"], one["format"]) for one in asked["credentials"]] == [("resident", format)]
            assert "credential_sets" not in asked

    @pytest.mark.parametrize("format", BOTH)
    def test_a_question_can_name_its_format(self, format):
        asked = self.asked(ask(Resident, "full_name", format=format))
        assert [(one["id"], one["format"]) for one in asked["credentials"]] == [("resident", format)]

    def test_a_format_that_the_verifier_does_not_read_is_a_mistake(self):
        with pytest.raises(ValueError, match="Resident has no format that this verifier reads"):
            self.asked(ask(Resident, "full_name", format=MDOC), formats=(SD_JWT,))
        with pytest.raises(ValueError, match="Resident2 has no format that this verifier reads"):
            self.asked(ask(Resident2, "full_name"), formats=(MDOC,))

    def test_a_format_that_the_type_does_not_have_is_a_mistake(self):
        assert ask(Resident, format=MDOC).format == MDOC
        for kind, format in ((Resident2, MDOC), (Resident, "jwt_vc_json")):
            with pytest.raises(LocalProtocolError) as refused:
                ask(kind, format=format)
            assert refused.value.code == "FORMAT_NOT_OFFERED"

    @pytest.mark.parametrize(
        ("claims", "granted", "formats"),
        [
            (["household.*.first_name"], ["household.*.first_name"], [SD_JWT]),  # an array is one element of an mdoc
            (["household.*.first_name"], ["household"], [SD_JWT, MDOC]),
            (["full_name"], ["full_name"], [SD_JWT, MDOC]),
            (["full_name", "household.*.first_name"], ["full_name", "household.*.first_name"], [SD_JWT]),
            (["over_20"], ["full_name"], [SD_JWT, MDOC]),  # nothing is allowed: the wallet's refusal says so
        ],
    )
    def test_a_format_that_would_show_more_than_is_registered_is_left_out(self, claims, granted, formats):
        use = replace(EVERYTHING, grants=grants(Resident, *granted))
        assert self.formats(ask(Resident, *claims), use=use) == formats

    def test_a_question_for_no_claim_is_for_the_whole_credential(self):
        part = Grant(Income.vct, (("total",),))
        [_, whole] = grants(Income)
        assert self.formats(ask(Income), use=replace(EVERYTHING, grants=(part, whole))) == [MDOC]
        assert self.formats(ask(Income)) == [SD_JWT, MDOC]

    def test_of_a_group_those_elements_are_asked_for_that_are_always_there(self):
        [mdoc] = self.asked(ask(Resident, "address", format=MDOC))["credentials"]
        assert [claim["path"][1] for claim in mdoc["claims"]] == ["address.country", "address.locality", "address.plot"]

    def test_accepted_values_are_asked_for_in_both(self):
        asked = self.asked(ask(Resident, values={"full_name": ["番号　花子"]}))["credentials"]
        assert [one["claims"][0]["values"] for one in asked] == [["番号　花子"]] * 2

    @pytest.mark.parametrize(("days", "keeps"), [(30, True), (0, False), (None, True)])
    def test_an_mdoc_is_told_whether_its_elements_will_be_kept(self, days, keeps):
        """Who does not say how long claims are kept does not say that they are not."""
        use = replace(EVERYTHING, retention_days=days)
        sd_jwt, mdoc = self.asked(ask(Resident, "full_name", "over_20"), use=use)["credentials"]
        assert [claim["intent_to_retain"] for claim in mdoc["claims"]] == [keeps, keeps]
        assert not any("intent_to_retain" in claim for claim in sd_jwt["claims"])
