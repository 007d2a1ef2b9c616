# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What holds for every type of the catalogue."""

from __future__ import annotations

import re

import pytest

from tests.unit.japan.sample_records import ON, RECORDS
from vcwallet.credential_type import CredentialType, Disclosure, Sensitivity, form, json_schema, type_metadata, views
from vcwallet.credential_type.form import FormField
from vcwallet.credential_type.outline import walk
from vcwallet.japan import (
    TYPES,
    AgeAttestation,
    BasicIdentity,
    Certificate,
    DrivingLicence,
    MyNumberCard,
    NationalQualification,
    driving,
    immigration,
    qualification,
    residence,
    tax,
)
from vcwallet.japan.codes import Code, Sex, from_japanese
from vcwallet.japan.lawful import LawfulRecord

each_type = pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
each_record = pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)

REAL_DOCTYPES: dict[type[CredentialType], str | None] = {
    MyNumberCard: "org.iso.23220.1.jp.mnc",
    DrivingLicence: "org.iso.18013.5.1.mDL",
    BasicIdentity: None,  # its document type is the card's
}
WITHOUT_ENVELOPE = {MyNumberCard, DrivingLicence, AgeAttestation}

CODES = [
    Sex,
    *(
        member
        for module in (immigration, residence, tax, qualification, driving)
        for member in vars(module).values()
        if isinstance(member, type) and issubclass(member, Code) and member is not Code
    ),
]


def test_there_is_a_sample_of_every_type() -> None:
    assert tuple(type(record) for record in RECORDS) == TYPES


@each_type
def test_a_type_is_named_alike_in_every_format(kind: type[CredentialType]) -> None:
    name = kind.vct.removeprefix("urn:vcwallet:jp:").removesuffix(":1")
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*(:[a-z]+(-[a-z]+)*)?", name)
    assert kind.doctype == REAL_DOCTYPES.get(kind, f"jp.vcwallet.{name.replace(':', '.')}.1")


def test_no_two_types_have_a_name_in_common() -> None:
    doctypes = [kind.doctype for kind in TYPES if kind.doctype is not None]
    for names in ([kind.vct for kind in TYPES], doctypes, [kind.ja for kind in TYPES], [kind.en for kind in TYPES]):
        assert len(set(names)) == len(names)


@each_type
def test_a_type_has_the_envelope_unless_others_closed_its_list_of_claims(kind: type[CredentialType]) -> None:
    envelope = Certificate.outline().keys()
    assert issubclass(kind, LawfulRecord)
    assert issubclass(kind, Certificate) is (kind not in WITHOUT_ENVELOPE)
    assert (envelope <= kind.outline().keys()) is (kind not in WITHOUT_ENVELOPE)


@each_type
def test_nothing_but_the_issuing_authority_is_always_shown(kind: type[CredentialType]) -> None:
    always = {name for name, node in kind.outline().items() if node.claim.disclosure is Disclosure.ALWAYS}
    assert always == (set() if kind in WITHOUT_ENVELOPE else {"issuing_authority", "issuing_authority_code"})


@each_type
def test_labels_are_japanese_and_english(kind: type[CredentialType]) -> None:
    for place in walk(kind.outline()):
        if place.labels and not place.labels["ja"].replace(",", "").isdecimal():
            assert re.search("[ぁ-ヿ一-鿿]", place.labels["ja"]), place.path
            assert place.labels["en"].isascii(), place.path


@each_type
def test_a_type_has_documents(kind: type[CredentialType]) -> None:
    assert type_metadata(kind)["vct"] == kind.vct
    assert json_schema(kind)["x-ja"] == kind.ja


@each_record
def test_a_record_comes_back_from_its_claims(record: CredentialType) -> None:
    claims = record.claims(on=ON)
    view = type(record).disclosed(claims)
    assert view.model_dump(mode="json") == {name: claims[name] for name in type(record).model_fields if name in claims}
    assert dict(view.undeclared) == {}


@pytest.mark.parametrize("format", ["dc+sd-jwt", "mso_mdoc"])
@each_record
def test_a_view_is_the_same_in_every_format(record: CredentialType, format: str) -> None:
    shape, claims = views(type(record)).get(format), record.claims(on=ON)
    only_in = {BasicIdentity: "dc+sd-jwt", MyNumberCard: "mso_mdoc"}.get(type(record), format)
    assert (shape is None) is (format != only_in)
    if shape is not None:
        assert type(record).disclosed(shape.tree(shape.claims(claims))) == type(record).disclosed(claims)


@each_record
def test_no_claim_value_is_in_the_representation_of_a_record(record: CredentialType) -> None:
    assert "山田" not in repr(record)
    assert "山田" not in str(record)


def test_a_profession_is_accepted_where_a_qualification_is_asked_for() -> None:
    professions = [
        kind for kind in TYPES if issubclass(kind, NationalQualification) and kind is not NationalQualification
    ]
    assert len(professions) == 5
    assert {kind.extends for kind in professions} == {NationalQualification.vct}


def test_only_the_my_number_is_limited_by_statute() -> None:
    limited = [(kind.en, place.path) for kind in TYPES for place in walk(kind.outline()) if _is_x(place.claim)]
    assert limited == [
        ("My Number card on a phone", ("individual_number_unicode",)),
        ("My Number card on a phone", ("document_number",)),
        ("My Number attestation", ("individual_number",)),
    ]


def test_what_says_that_somebody_is_disabled_is_of_special_care() -> None:
    special = {
        place.path for kind in TYPES for place in walk(kind.outline()) if place.claim.sensitivity is Sensitivity.D
    }
    assert special == {("deductions", "disability"), ("dependents", "disabled")}


@pytest.mark.parametrize("codes", CODES, ids=lambda codes: codes.__name__)
def test_every_code_has_words_of_its_own(codes: type[Code] | type[Sex]) -> None:
    words = [code.ja for code in codes]
    assert len(set(words)) == len(words) == len({code.en for code in codes})
    assert [from_japanese(codes, word) for word in words] == list(codes)
    assert from_japanese(codes, "そのような語はない") is None


def test_a_form_shows_the_words_of_codes() -> None:
    sex = _field("sex")
    assert [(choice.value, choice.label) for choice in sex.choices] == [
        (0, "不明"),
        (1, "男"),
        (2, "女"),
        (9, "適用不能"),
    ]
    assert ("child", "子") in [(choice.value, choice.label) for choice in _field("relationship_to_head").choices]


def _field(name: str) -> FormField:
    return next(field for field in form(residence.ResidenceRecord, "ja") if field.path == (name,))


def _is_x(claim: object) -> bool:
    return getattr(claim, "sensitivity", None) is Sensitivity.X
