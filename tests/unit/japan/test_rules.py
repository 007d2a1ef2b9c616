# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The table of rules; R-23 (a qualification is bound to a person) and R-25 (ages)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from vcwallet.claims import JsonObject
from vcwallet.credential_type import CredentialType, view, views
from vcwallet.errors import VerificationError
from vcwallet.formats.base import VerifiedCredential
from vcwallet.japan import (
    AgeAttestation,
    BasicIdentity,
    DrivingLicence,
    MyNumberCard,
    NationalQualification,
    NurseLicence,
    ResidenceRecord,
    type_ids,
)
from vcwallet.japan.names import NameMatch
from vcwallet.japan.rules import (
    AGE_THRESHOLDS,
    ENFORCED,
    RULES,
    AgeMatter,
    IdentityBinding,
    age_claim,
    require_age,
    require_age_proved,
    require_identity_bound,
)
from vcwallet.keys.policy import TrustedKey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.status.outcome import StatusResult, StatusState
from vcwallet.verifier import Verified
from vcwallet.verifier.verified import Evidence

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ISSUER = TrustedKey(key=SoftwareSigner.generate().public_key, party="urn:example:issuer", name={}, source="test")
NURSE = (NurseLicence.vct, NationalQualification.vct)


def credential(
    type_ids: tuple[str, ...], claims: JsonObject, *, proved: bool, format: str = "dc+sd-jwt"
) -> VerifiedCredential:
    return VerifiedCredential(
        format=format,
        type_id=type_ids[0],
        type_ids=type_ids,
        claims=claims,
        issuer=ISSUER,
        holder_key=None,
        holder_proved=proved,
        issued_at=None,
        expires=None,
        status=None,
        disclosed=(),
        type_integrity=None,
        authorities=frozenset(),
    )


def nurse(name: Any = "渡邉\U000e0101　花子", *, proved: bool = False) -> VerifiedCredential:
    return credential(NURSE, {"full_name": name}, proved=proved)


def resident(name: Any = "渡邉　花子", *, proved: bool = True) -> VerifiedCredential:
    return credential((ResidenceRecord.vct,), {"full_name": name}, proved=proved)


def evidence(one: VerifiedCredential) -> Evidence:
    return Evidence.of(one, StatusResult(state=StatusState.NOT_APPLICABLE, checked_at=NOW))


def bound(*credentials: VerifiedCredential, **options: Any) -> tuple[IdentityBinding, ...]:
    named = {str(number): (evidence(one),) for number, one in enumerate(credentials)}
    return require_identity_bound(
        Verified(credentials=named, purpose="qualification_check", verified_at=NOW), **options
    )


def test_there_are_thirty_rules() -> None:
    assert list(RULES) == [f"R-{number:02}" for number in range(1, 31)]
    for id, rule in RULES.items():
        assert rule.id == id
        assert rule.text.endswith(".")
        assert rule.basis
        assert rule.where
        assert rule.code is None or rule.code.isupper()


def test_the_table_says_which_rules_the_code_sees_to() -> None:
    assert {"R-01", "R-02", "R-03", "R-15", "R-23"} <= ENFORCED < RULES.keys()


def test_a_qualification_with_the_holders_key_is_bound() -> None:
    assert bound(nurse(proved=True)) == (IdentityBinding(holder_key=True, name_match=None),)


def test_names_may_differ_where_the_key_is_proved_but_the_verifier_is_told() -> None:
    """Nurses are often registered under their former name."""
    assert bound(nurse("鈴木　花子", proved=True), resident()) == (
        IdentityBinding(holder_key=True, name_match=NameMatch.NONE),
    )


@pytest.mark.parametrize(("name", "match"), [("渡邉\U000e0101　花子", NameMatch.EXACT), ("渡邉花子", NameMatch.FOLDED)])
@pytest.mark.parametrize(
    "identity",
    [
        resident,
        lambda name: credential((type_ids.BASIC_IDENTITY,), {"name": name}, proved=True),
        lambda name: credential(
            (type_ids.MY_NUMBER_CARD,),
            {type_ids.MY_NUMBER_CARD_DOMESTIC: {"full_name_unicode": name}},
            proved=True,
        ),
    ],
)
def test_a_proof_of_identity_with_the_same_name_binds(identity, name: str, match: NameMatch) -> None:
    assert bound(nurse(), identity(name)) == (IdentityBinding(holder_key=False, name_match=match),)


def test_the_verifiers_table_of_characters_counts() -> None:
    with pytest.raises(VerificationError):
        bound(nurse("渡邊　花子"), resident())
    assert bound(nurse("渡邊　花子"), resident(), fold_table={"邊": "邉"})[0].name_match is NameMatch.FOLDED


@pytest.mark.parametrize(
    "others",
    [
        (),
        (resident("鈴木　花子"),),
        (resident(proved=False),),
        (resident(name=None),),
        (credential((ResidenceRecord.vct,), {"age_over_20": True}, proved=True),),
        (credential((type_ids.MY_NUMBER_CARD,), {type_ids.MY_NUMBER_CARD_DOMESTIC: "x"}, proved=True),),
        (credential(("urn:example:membership:1",), {"full_name": "渡邉　花子"}, proved=True),),
        (nurse("渡邉　花子", proved=True),),
    ],
)
def test_otherwise_a_qualification_is_not_bound(others: tuple[VerifiedCredential, ...]) -> None:
    with pytest.raises(VerificationError) as caught:
        bound(nurse(), *others)
    assert caught.value.code == "IDENTITY_NOT_BOUND"
    assert "渡" not in str(caught.value)


@pytest.mark.parametrize("name", [None, 1, ""])
def test_a_qualification_without_a_name_is_not_bound_by_a_name(name: Any) -> None:
    with pytest.raises(VerificationError):
        bound(nurse(name), resident(name))


def test_every_qualification_of_a_presentation_is_looked_at() -> None:
    assert len(bound(nurse(proved=True), nurse(proved=True))) == 2
    with pytest.raises(VerificationError):
        bound(nurse(proved=True), nurse("佐藤　一郎"))


def test_a_presentation_without_a_qualification_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="no qualification"):
        bound(resident())


def test_the_ages() -> None:
    assert {matter.value: AGE_THRESHOLDS[matter] for matter in AgeMatter} == {
        "alcohol": 20,
        "tobacco": 20,
        "gambling": 20,
        "majority": 18,
    }
    assert age_claim(AgeMatter.MAJORITY) == "age_over_18"


@pytest.mark.parametrize(
    ("matter", "claims"),
    [
        (AgeMatter.ALCOHOL, {"age_over_20": True}),
        (AgeMatter.MAJORITY, {"age_over_18": True}),
        (AgeMatter.ALCOHOL, {"age_over_18": True, "age_over_20": True}),
    ],
)
def test_somebody_is_old_enough(matter: AgeMatter, claims: JsonObject) -> None:
    require_age(claims, matter=matter)


@pytest.mark.parametrize(
    ("matter", "claims", "code"),
    [
        (AgeMatter.ALCOHOL, {"age_over_20": False}, "AGE_THRESHOLD"),
        (AgeMatter.ALCOHOL, {"age_over_18": True}, "AGE_THRESHOLD"),
        (AgeMatter.TOBACCO, {"age_over_20": "true"}, "AGE_THRESHOLD"),
        (AgeMatter.TOBACCO, {"age_over_20": 1}, "AGE_THRESHOLD"),
        (AgeMatter.MAJORITY, {"age_over_18": None}, "AGE_THRESHOLD"),
        (AgeMatter.GAMBLING, {}, "AGE_UNPROVEN"),
        (AgeMatter.GAMBLING, {"birth_date": None}, "AGE_UNPROVEN"),
    ],
)
def test_nobody_is_old_enough_without_a_plain_yes(matter: AgeMatter, claims: JsonObject, code: str) -> None:
    with pytest.raises(VerificationError) as caught:
        require_age(claims, matter=matter)
    assert caught.value.code == code


AGE_TYPES = [
    pytest.param(kind, format, id=f"{kind.__name__}-{format}")
    for kind in (ResidenceRecord, MyNumberCard, DrivingLicence, AgeAttestation, BasicIdentity)
    for format in views(kind)
]


def with_ages(kind: type[CredentialType], format: str, answers: dict[int, Any], **more: Any) -> VerifiedCredential:
    """Return a credential that disclosed answers about ages, and possibly other claims."""
    named: dict[str, Any] = {f"age_over_{years}": answer for years, answer in answers.items()}
    if kind is BasicIdentity and answers:
        named = {"age_equal_or_over": {str(years): answer for years, answer in answers.items()}}
    shape = view(kind, format)
    return credential((shape.type_id,), shape.claims({**named, **more}), proved=True, format=format)


def proved(*credentials: VerifiedCredential, matter: AgeMatter = AgeMatter.ALCOHOL) -> None:
    named = {str(number): (evidence(one),) for number, one in enumerate(credentials)}
    require_age_proved(Verified(credentials=named, purpose="age_restricted_sale", verified_at=NOW), matter=matter)


def not_proved(*credentials: VerifiedCredential, matter: AgeMatter = AgeMatter.ALCOHOL) -> str:
    with pytest.raises(VerificationError) as caught:
        proved(*credentials, matter=matter)
    assert caught.value.clause == "rule R-25"
    return caught.value.code


@pytest.mark.parametrize(("kind", "format"), AGE_TYPES)
def test_an_age_is_proved_by_every_type_that_answers_in_every_format(kind: type[CredentialType], format: str) -> None:
    proved(with_ages(kind, format, {20: True}))
    proved(with_ages(kind, format, {18: True}), matter=AgeMatter.MAJORITY)
    assert not_proved(with_ages(kind, format, {20: False})) == "AGE_THRESHOLD"
    assert not_proved(with_ages(kind, format, {18: True})) == "AGE_THRESHOLD"
    assert not_proved(with_ages(kind, format, {20: 1})) == "AGE_THRESHOLD"
    assert not_proved(with_ages(kind, format, {})) == "AGE_UNPROVEN"


def test_a_higher_age_proves_a_lower_one_unless_another_answer_denies_it() -> None:
    """A document without the age that was asked for gives the nearest one (ISO/IEC 18013-5, clause 7.2.5)."""
    proved(with_ages(DrivingLicence, "mso_mdoc", {65: True}))
    assert not_proved(with_ages(DrivingLicence, "mso_mdoc", {65: False})) == "AGE_THRESHOLD"
    assert not_proved(with_ages(DrivingLicence, "mso_mdoc", {20: False, 65: True})) == "AGE_THRESHOLD"


def test_an_answer_without_the_holders_key_proves_nothing() -> None:
    """Somebody else's credential may have been copied."""
    copied = credential((ResidenceRecord.vct,), {"age_over_20": True}, proved=False)
    assert not_proved(copied) == "AGE_UNPROVEN"
    proved(credential((ResidenceRecord.vct,), {"age_over_20": True}, proved=True))


def test_two_credentials_do_not_contradict_each_other() -> None:
    yes, no = (with_ages(kind, "mso_mdoc", {20: kind is MyNumberCard}) for kind in (MyNumberCard, DrivingLicence))
    proved(yes, yes)
    assert not_proved(yes, no) == "AGE_THRESHOLD"


@pytest.mark.parametrize(
    "other",
    [
        credential(("urn:example:membership:1",), {"age_over_20": True}, proved=True),
        credential((MyNumberCard.vct,), {type_ids.MY_NUMBER_CARD_ISO: {"age_over_20": True}}, proved=True),
        credential((type_ids.MY_NUMBER_CARD,), {"age_over_20": True}, proved=True),
        credential((type_ids.MY_NUMBER_CARD,), {type_ids.MY_NUMBER_CARD_DOMESTIC: {"age_over_20": True}}, proved=True),
        credential((type_ids.MY_NUMBER_CARD,), {type_ids.MY_NUMBER_CARD_ISO: "age_over_20"}, proved=True),
        credential((BasicIdentity.vct,), {"20": True, "age_over_20": True}, proved=True),
        credential((BasicIdentity.vct,), {"age_equal_or_over": {"020": True}}, proved=True),
        credential((ResidenceRecord.vct,), {"20": True, "age_over_020": True}, proved=True),
    ],
)
def test_an_answer_that_stands_elsewhere_is_none(other: VerifiedCredential) -> None:
    assert not_proved(other) == "AGE_UNPROVEN"


def test_an_answer_about_a_higher_age_will_do_for_the_claims_of_one_credential_as_well() -> None:
    require_age({"age_over_65": True}, matter=AgeMatter.ALCOHOL)
    with pytest.raises(VerificationError):
        require_age({"age_over_65": True, "age_over_20": False}, matter=AgeMatter.ALCOHOL)
