# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Registration certificates and over-asking (ETSI TS 119 475)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from tests.support.pki import NOW
from tests.support.trust import LOAN, Demo
from vcwallet.claims import ClaimPath, JsonObject
from vcwallet.cose import cwt
from vcwallet.encoding import json
from vcwallet.errors import (
    MalformedError,
    NotAuthorisedError,
    SignatureInvalidError,
    UntrustedError,
    ValidityError,
    VcError,
    VerificationError,
)
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws, jwt
from vcwallet.keys import KeySource, Role, TrustedKey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.registration import (
    CWT_TYP,
    TYP,
    Authority,
    Grant,
    IntendedUse,
    Intermediary,
    Registration,
    over_asked,
    read_registration,
    registered_use,
    sign_registration,
    use_claims,
    use_from_json,
)

REGISTRAR = SoftwareSigner.generate()


@dataclass(frozen=True)
class OneRegistrar:
    """Trusts one registrar, whatever the message says about its signer."""

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        assert role is Role.REGISTRAR
        assert type_id is None
        return TrustedKey(key=REGISTRAR.public_key, party="urn:registrar", source="test")


def sign(use: IntendedUse = LOAN, *, changes: JsonObject | None = None, drop: str | None = None, typ: str = TYP) -> str:
    """Return a registration certificate that is right, but for the changes."""
    claims = {
        "sub": "urn:vcwallet:party:bank",
        "sub_ln": "Sakura Bank",
        "iat": jwt.seconds(NOW),
        "exp": jwt.seconds(NOW + timedelta(days=365)),
        **use_claims(use),
        **(changes or {}),
    }
    claims.pop(drop or "", None)
    return jwt.sign(claims, typ=typ, signer=REGISTRAR)


def read(token: str | bytes, *, at: datetime = NOW) -> Registration:
    return read_registration(token, trust=OneRegistrar(), at=at)


def test_a_registration_says_who_may_ask_what_and_why() -> None:
    registration = read(sign())
    assert registration.use == LOAN
    assert registration.verifier == "urn:vcwallet:party:bank"
    assert registration.name == {"und": "Sakura Bank"}
    assert (registration.not_before, registration.not_after) == (NOW, NOW + timedelta(days=365))
    assert registration.registrar.party == "urn:registrar"


def test_a_name_in_several_languages_is_kept() -> None:
    token = sign_registration(
        LOAN,
        verifier="urn:x",
        name={"ja": "桜銀行", "en": "Sakura Bank"},
        issuer="urn:registrar",
        signer=REGISTRAR,
        chain=Demo().bank.chain,
        at=NOW,
        expires=NOW + timedelta(days=1),
    )
    assert read(token).name == {"ja": "桜銀行", "en": "Sakura Bank"}
    assert jws.payload_object(jws.parse(token).unverified_payload)["sub_ln"] == "桜銀行"


def test_the_certificate_is_spelled_as_the_standard_spells_it() -> None:
    unverified = jws.parse(sign())
    claims = jws.payload_object(unverified.unverified_payload)
    assert unverified.header.typ == "rc-wrp+jwt"
    assert claims["intended_use_id"] == "loan_underwriting"
    assert claims["purpose"][0] == {"lang": "ja", "value": "融資の審査"}
    assert claims["credentials"][0] == {
        "format": "dc+sd-jwt",
        "meta": {"vct_values": ["urn:example:residence:1"]},
        "claims": [{"path": ["full_name"]}, {"path": ["address"]}],
    }


def test_an_intended_use_survives_its_json() -> None:
    assert use_from_json(json.dumps(use_claims(LOAN))) == LOAN
    mdoc = IntendedUse(
        code="age", text={"en": "Age"}, grants=(Grant("org.iso.mDL", (("ns", "age_over_18"),), "mso_mdoc"),)
    )
    [grant, *_] = cast("list[Any]", use_claims(mdoc)["credentials"])
    assert grant["meta"] == {"doctype_value": "org.iso.mDL"}
    assert use_from_json(json.dumps(use_claims(mdoc))) == mdoc


@pytest.mark.parametrize("claim", ["sub", "sub_ln", "iat", "intended_use_id", "purpose", "credentials"])
def test_a_registration_without_what_it_must_say_is_malformed(claim: str) -> None:
    with pytest.raises(MalformedError):
        read(sign(drop=claim))


PID_TYPE, MDL_TYPE = "urn:eudi:pid:1", "org.iso.18013.5.1.mDL"
CREDENTIAL: JsonObject = {"format": "dc+sd-jwt", "meta": {"vct_values": ["urn:x"]}, "claims": [{"path": ["a"]}]}


@pytest.mark.parametrize(
    "credential",
    [
        {"format": "dc+sd-jwt", "meta": {"vct_values": ["urn:x"]}},
        {**CREDENTIAL, "claims": None},
        {**CREDENTIAL, "claims": {"path": ["a"]}},
        {**CREDENTIAL, "claim": [{"path": "a"}]},
        {**CREDENTIAL, "claims": [{"path": [True]}]},
        {**CREDENTIAL, "claims": [{"path": [-1]}]},
        {**CREDENTIAL, "claims": [{}]},
        {**CREDENTIAL, "claims": [{"path": ["a"] * 17}]},
        {**CREDENTIAL, "meta": {}},
        {**CREDENTIAL, "meta": {"vct_values": [""]}},
        {**CREDENTIAL, "meta": {"vct_values": "urn:x"}},
        {**CREDENTIAL, "meta": ""},
        {**CREDENTIAL, "meta": ["urn:x"]},
        {**CREDENTIAL, "format": "mso_mdoc"},
        "urn:x",
    ],
)
def test_a_registration_without_a_list_of_claims_is_malformed_and_grants_neither_nothing_nor_all(
    credential: object,
) -> None:
    assert read(sign(changes={"credentials": [CREDENTIAL]})).use.grants == (Grant("urn:x", (("a",),)),)
    with pytest.raises(MalformedError):
        read(sign(changes={"credentials": [credential]}))  # type: ignore[list-item]


@pytest.mark.parametrize(
    "changes",
    [
        {"purpose": []},
        {"purpose": "loan"},
        {"exp": "tomorrow"},
        {"exp": -1},
        {"iat": True},
        {"special_care": 1},
        {"retention": {"days": -1, "text": []}},
        {"legal_basis": "consent"},
        {"procedure": None},
    ],
)
def test_claims_of_the_wrong_form_are_malformed(changes: JsonObject) -> None:
    with pytest.raises(MalformedError):
        read(sign(changes=changes))


def test_members_that_we_do_not_know_are_kept() -> None:
    members: JsonObject = {"entitlements": ["https://uri.etsi.org/19475/Entitlement/Service_Provider"], "x": {"y": 1}}
    registration = read(sign(changes=members))
    assert (registration.use, registration.others) == (LOAN, members)
    assert read(sign()).others == {}


def test_where_the_status_is_found_is_carried() -> None:
    status: JsonObject = {"status_list": {"idx": 7, "uri": "https://registrar.example/lists/1"}}
    assert read(sign(changes={"status": status})).status == status
    assert read(sign()).status is None


def test_another_kind_of_token_is_no_registration() -> None:
    with pytest.raises(VerificationError) as caught:
        read(sign(typ="JWT"))
    assert caught.value.code == "WRONG_TYPE"


def test_a_registration_counts_from_its_issue_to_its_end() -> None:
    token = sign()
    assert read(token, at=NOW + timedelta(days=364)).verifier
    with pytest.raises(ValidityError) as caught:
        read(token, at=NOW + timedelta(days=366))
    assert caught.value.code == "EXPIRED"
    with pytest.raises(ValidityError) as caught:
        read(token, at=NOW - timedelta(days=1))
    assert caught.value.code == "NOT_YET_VALID"


@pytest.mark.parametrize("changes", [{}, {"exp": jwt.seconds(NOW + timedelta(days=3650))}])
def test_a_registration_counts_for_twelve_months_at_most(changes: JsonObject) -> None:
    token = sign(changes=changes, drop=None if changes else "exp")
    assert read(token, at=NOW + timedelta(days=365)).not_after == NOW + timedelta(days=366)
    with pytest.raises(ValidityError):
        read(token, at=NOW + timedelta(days=367))


def test_a_registration_may_begin_later_than_it_is_issued() -> None:
    token = sign(changes={"nbf": jwt.seconds(NOW + timedelta(days=1))})
    assert read(token, at=NOW + timedelta(days=1)).not_before == NOW + timedelta(days=1)
    with pytest.raises(ValidityError):
        read(token)
    assert read(sign(changes={"nbf": 0})).not_before == NOW


def test_a_registration_is_judged_by_when_it_was_signed_and_not_by_when_it_begins() -> None:
    asked: list[datetime | None] = []

    class Asked(OneRegistrar):
        def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
            asked.append(source.signed_at)
            return super().key_for(source, role=role, type_id=type_id, at=at)

    later = NOW + timedelta(days=10)
    token = sign(changes={"nbf": jwt.seconds(later)}, drop="exp")
    registration = read_registration(token, trust=Asked(), at=later)
    assert asked == [NOW]
    assert (registration.not_before, registration.not_after) == (later, NOW + timedelta(days=366))


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_a_registration_that_begins_near_the_end_of_time_is_malformed(claim: str) -> None:
    last = jwt.seconds(datetime(9998, 1, 1, tzinfo=UTC))
    for seconds, error in ((last, MalformedError), (last - 1, ValidityError)):
        with pytest.raises(error):
            read(sign(changes={claim: seconds}, drop="exp"))


def test_an_explicit_empty_list_means_that_nothing_may_be_asked_for() -> None:
    nothing = read(sign(changes={"credentials": []}))
    assert over_asked(nothing, [(SD_JWT, ("urn:x",), ("a",))])
    no_claims = read(sign(changes={"credentials": [{**CREDENTIAL, "claims": []}]}))
    assert no_claims.use.grants == (Grant("urn:x", ()),)
    for path in ((), ("a",)):
        assert over_asked(no_claims, [(SD_JWT, ("urn:x",), path)])


def test_a_credential_in_a_format_that_we_do_not_have_is_granted_to_nobody() -> None:
    other: JsonObject = {"format": "ldp_vc", "meta": {"type_values": [["https://x.example/T"]]}, "claims": []}
    assert read(sign(changes={"credentials": [other, CREDENTIAL]})).use.grants == (Grant("urn:x", (("a",),)),)


def test_a_claim_added_without_the_registrar_is_unsigned() -> None:
    header, _, signature = sign().split(".")
    other = sign(changes={"credentials": [CREDENTIAL]}).split(".")[1]
    with pytest.raises(SignatureInvalidError) as caught:
        read(f"{header}.{other}.{signature}")
    assert caught.value.code == "REGISTRY_UNSIGNED"


def test_a_registration_is_evidence_and_no_truth_value() -> None:
    with pytest.raises(TypeError):
        bool(read(sign()))


# --- the spellings of the editions and registrars (digest of TS 119 475) ----------------------------------------------

COMMON: JsonObject = {
    "intended_use_id": "use",
    "purpose": [{"lang": "en", "value": "To rent a car"}],
    "iat": jwt.seconds(NOW),
    "exp": jwt.seconds(NOW + timedelta(days=90)),
    "status": {"status_list": {"idx": 1, "uri": "https://registrar.example/1"}},
    "country": "DE",
}
FIRST_EDITION: JsonObject = {
    **COMMON,
    "sub": {"legal_name": ["Mirai GmbH"], "id": [{"type": "LEI", "identifier": "LEIXG-1"}, {"identifier": "VATDE-2"}]},
    "service": [{"lang": "en", "value": "Car rental"}],
    "credentials": [
        {"format": "dc+sd-jwt", "meta": PID_TYPE, "claim": [{"path": "given_name"}]},
        {"format": "mso_mdoc", "meta": MDL_TYPE, "claim": [{"path": "age_over_18"}]},
    ],
    "privacy_policy": [{"type": "https://x.example/policy", "policyURI": "https://mirai.example/privacy"}],
    "support_uri": ["https://mirai.example/support"],
    "dpa": {"country": "DE", "uri": ["https://dpa.example"], "email": ["dpa@dpa.example"], "phone": ["+49-0"]},
    "policy_id": ["0.4.0.19475.3.1"],
    "act": {"sub": {"id": "LEIXG-9", "name": "Kaze Intermediary"}},
}
ASPIRATIONAL: JsonObject = {
    **COMMON,
    "wrp": {"legal_name": ["Mirai GmbH"], "id": [{"identifier": "LEIXG-1"}, {"identifier": "VATDE-2"}]},
    "srv_description": [{"lang": "en", "content": "Car rental"}],
    "credentials": [
        {"format": "dc+sd-jwt", "meta": {"vct_values": [PID_TYPE]}, "claims": [{"path": ["given_name"]}]},
        {"format": "mso_mdoc", "meta": {"doctype_value": MDL_TYPE}, "claims": [{"path": ["age_over_18"]}]},
    ],
    "privacy_policy": [{"type": "https://x.example/policy", "policy_uri": "https://mirai.example/privacy"}],
    "support_uri": "https://mirai.example/support",
    "supervisory_authority": {
        "country": "DE",
        "form_uri": ["https://dpa.example"],
        "email": ["dpa@dpa.example"],
        "phone": ["+49-0"],
    },
    "policy_id": "0.4.0.19475.3.1",
    "uses_intermediary": {"id": "LEIXG-9", "name": "Kaze Intermediary"},
}
AT_REGISTRARS: JsonObject = {
    **{name: value for name, value in ASPIRATIONAL.items() if name != "wrp"},
    "sub": "LEIXG-1",
    "sub_ln": "Mirai GmbH",
    "srv_description": [{"lang": "en", "value": "Car rental"}],
    "privacy_policy": {"policy_uri": "https://mirai.example/privacy"},
}
SPELLINGS = {"V1.1.1": FIRST_EDITION, "2025-12-05": ASPIRATIONAL, "V1.2.1 at registrars": AT_REGISTRARS}


@pytest.mark.parametrize("claims", SPELLINGS.values(), ids=SPELLINGS)
def test_every_spelling_is_read_into_one_model(claims: JsonObject) -> None:
    registration = read(jwt.sign(claims, typ=TYP, signer=REGISTRAR))
    assert registration.use == IntendedUse(
        code="use",
        text={"en": "To rent a car"},
        grants=(Grant(PID_TYPE, (("given_name",),)), Grant(MDL_TYPE, (("age_over_18",),), "mso_mdoc")),
        privacy_policy="https://mirai.example/privacy",
        contact="https://mirai.example/support",
    )
    assert (registration.verifier, registration.name) == ("LEIXG-1", {"und": "Mirai GmbH"})
    assert registration.identifiers == (() if claims is AT_REGISTRARS else ("VATDE-2",))
    assert registration.service == {"en": "Car rental"}
    addresses = ("https://dpa.example", "dpa@dpa.example", "+49-0")
    assert registration.authority == Authority(country="DE", addresses=addresses)
    assert registration.intermediary == Intermediary(identifier="LEIXG-9", name="Kaze Intermediary")
    assert registration.policies == ("0.4.0.19475.3.1",)
    assert registration.status == COMMON["status"]
    assert registration.others == {"country": "DE"}
    assert registration.parties == {"LEIXG-1", "LEIXG-9", *registration.identifiers}


def test_what_need_not_be_said_is_not_there() -> None:
    registration = read(sign())
    assert (registration.identifiers, registration.service, registration.policies) == ((), {}, ())
    assert (registration.authority, registration.intermediary) == (None, None)
    assert registration.parties == {"urn:vcwallet:party:bank"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "Mirai Cars"}, {"und": "Mirai Cars"}),
        ({"name": [{"lang": "de", "content": "Mirai Autos"}]}, {"de": "Mirai Autos"}),
        ({"name": []}, {"und": "Sakura Bank"}),
    ],
)
def test_a_trade_name_comes_before_the_legal_one(changes: JsonObject, expected: dict[str, str]) -> None:
    assert read(sign(changes=changes)).name == expected
    if changes["name"]:
        assert read(sign(changes=changes, drop="sub_ln")).name == expected


def test_the_actor_may_be_an_identifier_alone() -> None:
    registration = read(sign(changes={"act": {"sub": "LEIXG-9"}, "srv_description": "Loans"}))
    assert registration.intermediary == Intermediary(identifier="LEIXG-9")
    assert registration.service == {"und": "Loans"}


@pytest.mark.parametrize(
    "changes",
    [
        {"wrp": {"id": [{"identifier": "LEIXG-1"}]}},
        {"act": {"sub": "LEIXG-9"}, "uses_intermediary": {"id": "LEIXG-9"}},
        {"dpa": {}, "supervisory_authority": {}},
        {"service": "Loans", "srv_description": "Loans"},
        {"privacy_policy": {"policy_uri": "https://x.example", "policyURI": "https://x.example"}},
        {"purpose": [{"lang": "en", "value": "x", "content": "x"}]},
    ],
)
def test_what_is_said_twice_is_malformed(changes: JsonObject) -> None:
    with pytest.raises(MalformedError):
        read(sign(changes=changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": {"legal_name": ["Mirai"]}},
        {"sub": {"legal_name": ["Mirai"], "id": []}},
        {"sub": ""},
        {"sub": ["LEIXG-1"]},
        {"purpose": [{"lang": "en"}]},
        {"act": {}},
        {"act": "LEIXG-9"},
        {"uses_intermediary": True},
        {"status": "https://registrar.example/1"},
        {"policy_id": [1]},
        {"privacy_policy": [1]},
        {"support_uri": [""]},
    ],
)
def test_a_member_in_no_spelling_of_its_own_is_malformed(changes: JsonObject) -> None:
    with pytest.raises(MalformedError):
        read(sign(changes=changes))


def test_a_privacy_policy_may_be_left_out() -> None:
    assert read(sign(changes={"privacy_policy": []})).use.privacy_policy is None
    assert read(sign(changes={"privacy_policy": [{"type": "x"}]})).use.privacy_policy is None


@pytest.mark.parametrize("header", [{"b64": "true", "cty": "b64"}, {"b64": True, "cty": ["b64"]}])
def test_a_header_that_says_that_the_payload_is_in_base64url_is_read(header: JsonObject) -> None:
    claims = jws.payload_object(jws.parse(sign()).unverified_payload)
    assert read(jwt.sign(claims, typ=TYP, signer=REGISTRAR, header=header)).use == LOAN


# --- as a CWT ---------------------------------------------------------------------------------------------------------

LABELS = {"sub": 2, "exp": 4, "nbf": 5, "iat": 6, "status": 65535}


def sign_cwt(claims: Mapping[Any, Any], *, typ: str = CWT_TYP, tag: int | None = 18) -> bytes:
    return cwt.sign(claims, typ=typ, signer=REGISTRAR, tag=tag)


def labelled(claims: JsonObject) -> dict[Any, Any]:
    return {LABELS.get(name, name): value for name, value in claims.items()}


@pytest.mark.parametrize("claims", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("tag", [None, 18, 61])
def test_every_spelling_is_read_from_a_cwt_too(claims: JsonObject, tag: int | None) -> None:
    expected = read(jwt.sign(claims, typ=TYP, signer=REGISTRAR))
    for form in (claims, labelled(claims), {**labelled(claims), 7: b"cti"}):
        assert read(sign_cwt(form, tag=tag)) == expected


def test_a_cwt_may_say_its_type_in_full() -> None:
    assert read(sign_cwt(AT_REGISTRARS, typ="application/rc-wrp+cwt")).verifier == "LEIXG-1"


@pytest.mark.parametrize("typ", ["rc-wrp+jwt", "application/statuslist+cwt"])
def test_another_kind_of_cwt_is_no_registration(typ: str) -> None:
    with pytest.raises(VerificationError) as caught:
        read(sign_cwt(AT_REGISTRARS, typ=typ))
    assert caught.value.code == "WRONG_TYPE"


@pytest.mark.parametrize(
    "more",
    [{2: "LEIXG-1"}, {6: 0}, {b"x": 1}, {"x": b"bytes"}, {1: 7}],
    ids=["sub twice", "iat twice", "a label in bytes", "a value in bytes", "an issuer that is no text"],
)
def test_a_cwt_whose_claims_are_not_those_of_a_registration_is_malformed(more: dict[Any, Any]) -> None:
    for reader in (read, registered_use):
        with pytest.raises(MalformedError):
            reader(sign_cwt({**AT_REGISTRARS, **more}))


def test_a_claim_of_a_cwt_that_we_do_not_know_is_kept_by_its_number() -> None:
    assert read(sign_cwt({**AT_REGISTRARS, 8: {"x": 1}})).others == {"country": "DE", "8": {"x": 1}}


def test_a_cwt_is_signed_by_the_registrar() -> None:
    forged = cwt.sign(AT_REGISTRARS, typ=CWT_TYP, signer=SoftwareSigner.generate())
    with pytest.raises(SignatureInvalidError) as caught:
        read(forged)
    assert caught.value.code == "REGISTRY_UNSIGNED"


def test_a_cwt_with_any_byte_changed_is_refused() -> None:
    token = sign_cwt(AT_REGISTRARS)
    for position in range(len(token)):
        with pytest.raises(VcError):
            read(token[:position] + bytes([token[position] ^ 1]) + token[position + 1 :])
        with pytest.raises(VcError):
            read(token[:position])


def test_what_a_registration_is_for_is_read_for_the_verifier_itself() -> None:
    assert registered_use(sign()) == LOAN == registered_use(sign_cwt({**use_claims(LOAN), **WHO}))


WHO: JsonObject = {"sub": "urn:x", "sub_ln": "X", "iat": jwt.seconds(NOW)}


# --- with a registry and its list -------------------------------------------------------------------------------------


def test_the_registrar_is_trusted_through_the_list() -> None:
    demo = Demo()
    token = demo.bank.registrations["loan_underwriting"]
    registration = read_registration(token, trust=demo.client, at=demo.clock())
    assert (registration.use, registration.verifier) == (LOAN, demo.bank.identifier)
    assert registration.registrar.sequence == demo.client.sequence


def test_a_verifier_cannot_register_itself() -> None:
    demo = Demo()
    claims = jws.payload_object(jws.parse(sign()).unverified_payload)
    header = {"x5c": jose_header.x5c(demo.bank.chain)}
    own = jwt.sign(claims, typ=TYP, signer=demo.bank.signer, header=header)
    with pytest.raises(NotAuthorisedError):
        read_registration(own, trust=demo.client, at=demo.clock())


def test_a_registration_of_another_registry_is_untrusted() -> None:
    other = Demo()
    token = other.bank.registrations["loan_underwriting"]
    with pytest.raises(UntrustedError):
        read_registration(token, trust=Demo().client, at=other.clock())


# --- over-asking (digest of TS 119 475 and ARF 3.0, RPRC_21: the worked cases) ----------------------------------------

PID, MDL = "urn:eudi:pid:1", "org.iso.18013.5.1.mDL"
SD_JWT, MDOC = "dc+sd-jwt", "mso_mdoc"
NS = "org.iso.18013.5.1"
REGISTERED = IntendedUse(
    code="use",
    text={"en": "Use"},
    grants=(
        Grant(PID, (("given_name",), ("address", "country"), ("nationalities", None))),
        Grant(MDL, ((NS, "age_over_18"),), "mso_mdoc"),
    ),
)


@pytest.mark.parametrize(
    ("format", "type_id", "path", "registered"),
    [
        (SD_JWT, PID, ("given_name",), True),
        (SD_JWT, PID, ("address", "country"), True),
        (SD_JWT, PID, ("address",), False),
        (SD_JWT, PID, ("address", "country", "x"), True),
        (SD_JWT, PID, ("nationalities", 0), True),
        (SD_JWT, PID, ("nationalities", None), True),
        (SD_JWT, PID, ("nationalities",), False),
        (SD_JWT, PID, ("birthdate",), False),
        (SD_JWT, PID, (), False),
        (MDOC, MDL, (NS, "age_over_18"), True),
        (MDOC, MDL, (NS, "age_over_21"), False),
        (MDOC, MDL, (f"{NS}.aamva", "age_over_18"), False),
        (SD_JWT, "urn:eudi:pid:de:1", ("given_name",), False),
        (MDOC, MDL, ("given_name",), False),
        ("jwt_vc_json", PID, ("given_name",), False),
        (MDOC, PID, ("given_name",), False),
        (SD_JWT, MDL, (NS, "age_over_18"), False),
    ],
)
def test_what_is_over_asked(format: str, type_id: str, path: ClaimPath, registered: bool) -> None:
    registration = read(sign(REGISTERED))
    assert over_asked(registration, [(format, (type_id,), path)]) == (() if registered else ((type_id, path),))


@pytest.mark.parametrize(
    ("path", "registered"),
    [
        ((NS, "age_over_18"), True),
        ((f"{NS}.aamva", "age_over_18"), True),
        ((NS, "age_over_21"), False),
        (("age_over_18", "portrait"), False),
        (("age_over_18",), False),
        ((), False),
    ],
)
def test_one_name_in_an_mdoc_is_an_element_in_whatever_namespace(path: ClaimPath, registered: bool) -> None:
    credential: JsonObject = {"format": MDOC, "meta": MDL, "claim": [{"path": "age_over_18"}]}
    registration = read(sign(changes={"credentials": [credential]}))
    assert over_asked(registration, [(MDOC, (MDL,), path)]) == (() if registered else ((MDL, path),))


def test_a_query_for_several_types_needs_each_of_them_registered() -> None:
    registration = read(sign(REGISTERED))
    asked = [(SD_JWT, (PID, "urn:eudi:pid:de:1"), ("given_name",))]
    assert over_asked(registration, asked) == (("urn:eudi:pid:de:1", ("given_name",)),)


def test_a_whole_credential_is_granted_by_the_empty_path_only() -> None:
    whole = IntendedUse(code="use", text={"en": "Use"}, grants=(Grant(PID, ((),)),))
    registration = read(sign(whole))
    assert over_asked(registration, [(SD_JWT, (PID,), ()), (SD_JWT, (PID,), ("birthdate",))]) == ()


@pytest.mark.parametrize("ours", ["special_care", "retention"])
def test_the_empty_path_of_another_registrar_grants_nothing(ours: str) -> None:
    """That it stands for the whole credential is our own spelling."""
    whole = IntendedUse(code="use", text={"en": "Use"}, grants=(Grant(PID, (("birthdate",), ())),))
    assert read(sign(whole)).use == whole
    with pytest.raises(MalformedError, match="path"):
        read(sign(whole, drop=ours))
    part = replace(whole, grants=(Grant(PID, (("birthdate",),)),))
    assert read(sign(part, drop=ours)).use.grants == part.grants


def test_an_index_in_a_grant_covers_only_itself() -> None:
    first = IntendedUse(code="use", text={"en": "Use"}, grants=(Grant(PID, (("nationalities", 0),)),))
    registration = read(sign(first))
    assert over_asked(registration, [(SD_JWT, (PID,), ("nationalities", 0))]) == ()
    others: list[ClaimPath] = [("nationalities", 1), ("nationalities", None)]
    assert len(over_asked(registration, [(SD_JWT, (PID,), other) for other in others])) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Grant("", (("a",),)),
        lambda: IntendedUse(code="", text={"en": "x"}, grants=LOAN.grants),
        lambda: IntendedUse(code="x", text={}, grants=LOAN.grants),
        lambda: IntendedUse(code="x", text={"en": "x"}, grants=LOAN.grants, retention_days=-1),
        lambda: use_claims(replace(LOAN, grants=())),
        lambda: use_claims(replace(LOAN, grants=(*LOAN.grants, Grant("urn:x", ())))),
    ],
)
def test_a_use_that_says_too_little_cannot_be_made_or_not_be_registered(wrong: object) -> None:
    with pytest.raises(ValueError, match="a "):
        wrong()  # type: ignore[operator]


@pytest.mark.parametrize("token", ["", "a.b.c", "e30.e30.AA", "é.é.é"])
def test_rubbish_is_refused_with_an_error_of_ours(token: str) -> None:
    with pytest.raises(VcError):
        read(token)
