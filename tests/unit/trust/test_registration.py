# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Registration certificates and over-asking (ETSI TS 119 475)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from tests.support.pki import NOW
from tests.support.trust import LOAN, Demo
from vcwallet.claims import ClaimPath, JsonObject
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
    TYP,
    Grant,
    IntendedUse,
    Registration,
    over_asked,
    read_registration,
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


def read(token: str, *, at: datetime = NOW) -> Registration:
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


@pytest.mark.parametrize("claim", ["sub", "sub_ln", "iat", "exp", "intended_use_id", "purpose", "credentials"])
def test_a_registration_without_what_it_must_say_is_malformed(claim: str) -> None:
    with pytest.raises(MalformedError):
        read(sign(drop=claim))


CREDENTIAL: JsonObject = {"format": "dc+sd-jwt", "meta": {"vct_values": ["urn:x"]}, "claims": [{"path": ["a"]}]}


@pytest.mark.parametrize(
    "credential",
    [
        {**CREDENTIAL, "claims": []},
        {"format": "dc+sd-jwt", "meta": {"vct_values": ["urn:x"]}},
        {"format": "dc+sd-jwt", "meta": {"vct_values": ["urn:x"]}, "claim": [{"path": "a"}]},
        {**CREDENTIAL, "claims": [{"path": "a"}]},
        {**CREDENTIAL, "claims": [{"path": [True]}]},
        {**CREDENTIAL, "claims": [{"path": [-1]}]},
        {**CREDENTIAL, "claims": [{}]},
        {**CREDENTIAL, "claims": [{"path": ["a"] * 17}]},
        {**CREDENTIAL, "meta": {}},
        {**CREDENTIAL, "meta": {"vct_values": [""]}},
        {**CREDENTIAL, "meta": {"vct_values": "urn:x"}},
        {**CREDENTIAL, "meta": "urn:x"},
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


def test_members_that_we_do_not_know_are_let_be() -> None:
    assert read(sign(changes={"entitlements": ["https://uri.etsi.org/19475/Entitlement/Service_Provider"]})).use == LOAN


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


def test_a_claim_added_without_the_registrar_is_unsigned() -> None:
    header, _, signature = sign().split(".")
    other = sign(changes={"credentials": [CREDENTIAL]}).split(".")[1]
    with pytest.raises(SignatureInvalidError) as caught:
        read(f"{header}.{other}.{signature}")
    assert caught.value.code == "REGISTRY_UNSIGNED"


def test_a_registration_is_evidence_and_no_truth_value() -> None:
    with pytest.raises(TypeError):
        bool(read(sign()))


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
    ("type_id", "path", "registered"),
    [
        (PID, ("given_name",), True),
        (PID, ("address", "country"), True),
        (PID, ("address",), False),
        (PID, ("address", "country", "x"), True),
        (PID, ("nationalities", 0), True),
        (PID, ("nationalities", None), True),
        (PID, ("nationalities",), False),
        (PID, ("birthdate",), False),
        (PID, (), False),
        (MDL, (NS, "age_over_18"), True),
        (MDL, (NS, "age_over_21"), False),
        (MDL, (f"{NS}.aamva", "age_over_18"), False),
        ("urn:eudi:pid:de:1", ("given_name",), False),
        (MDL, ("given_name",), False),
    ],
)
def test_what_is_over_asked(type_id: str, path: ClaimPath, registered: bool) -> None:
    registration = read(sign(REGISTERED))
    assert over_asked(registration, [((type_id,), path)]) == (() if registered else ((type_id, path),))


def test_a_query_for_several_types_needs_each_of_them_registered() -> None:
    registration = read(sign(REGISTERED))
    asked = [((PID, "urn:eudi:pid:de:1"), ("given_name",))]
    assert over_asked(registration, asked) == (("urn:eudi:pid:de:1", ("given_name",)),)


def test_a_whole_credential_is_granted_by_the_empty_path_only() -> None:
    whole = IntendedUse(code="use", text={"en": "Use"}, grants=(Grant(PID, ((),)),))
    registration = read(sign(whole))
    assert over_asked(registration, [((PID,), ()), ((PID,), ("birthdate",))]) == ()


def test_an_index_in_a_grant_covers_only_itself() -> None:
    first = IntendedUse(code="use", text={"en": "Use"}, grants=(Grant(PID, (("nationalities", 0),)),))
    registration = read(sign(first))
    assert over_asked(registration, [((PID,), ("nationalities", 0))]) == ()
    assert len(over_asked(registration, [((PID,), ("nationalities", 1)), ((PID,), ("nationalities", None))])) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Grant("", (("a",),)),
        lambda: Grant("urn:x", ()),
        lambda: IntendedUse(code="", text={"en": "x"}, grants=LOAN.grants),
        lambda: IntendedUse(code="x", text={}, grants=LOAN.grants),
        lambda: IntendedUse(code="x", text={"en": "x"}, grants=()),
        lambda: IntendedUse(code="x", text={"en": "x"}, grants=LOAN.grants, retention_days=-1),
    ],
)
def test_a_use_that_says_too_little_cannot_be_made(wrong: object) -> None:
    with pytest.raises(ValueError, match="a "):
        wrong()  # type: ignore[operator]


@pytest.mark.parametrize("token", ["", "a.b.c", "e30.e30.AA", "é.é.é"])
def test_rubbish_is_refused_with_an_error_of_ours(token: str) -> None:
    with pytest.raises(VcError):
        read(token)
