# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The signed document: what is written is read, and what is not as we write it is refused."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.pki import NOW, PARTY, Chain, chain
from vcwallet.encoding import json
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    SignatureInvalidError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
)
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws
from vcwallet.keys import Role
from vcwallet.trust.chain import ChainValidator
from vcwallet.trust.list_json import (
    LIST_TYPES,
    MAX_BYTES,
    MAX_DOCUMENT_AUTHORITIES,
    SignedList,
    read_list,
    service_from_json,
    service_json,
    sign_list,
)
from vcwallet.trust.trusted_list import LISTED_AS, ListedService, Mode, Status, StatusPeriod, TrustedList

OPERATOR = chain(Role.LIST_OPERATOR)
VALIDATOR = ChainValidator(OPERATOR.anchor)
ISSUER = ListedService(
    party=PARTY,
    name={"ja": "未来市", "en": "Mirai City"},
    role=Role.CREDENTIAL_ISSUER,
    authority_key_id=b"\x01\x02",
    periods=(
        StatusPeriod(status=Status.GRANTED, since=NOW - timedelta(days=9)),
        StatusPeriod(status=Status.SUSPENDED, since=NOW - timedelta(days=1), mode=Mode.FROM_DATE),
    ),
    may_issue={"urn:example:tax:1": NOW - timedelta(days=9), "org.example.tax": NOW},
    revoked=frozenset({"ab" * 32}),
    details={"designated_by": "tax office"},
)
VERIFIER = ListedService(
    party=PARTY,
    name={"ja": "未来市", "en": "Mirai City"},
    role=Role.VERIFIER,
    authority_key_id=b"\x01\x02",
    periods=(StatusPeriod(status=Status.GRANTED, since=NOW),),
)
SECOND = replace(ISSUER, party="urn:vcwallet:party:2", periods=VERIFIER.periods)
LIST = TrustedList(
    role=Role.CREDENTIAL_ISSUER,
    operator={"en": "Demo registry"},
    territory="ZZ",
    sequence=42,
    issued=NOW,
    next_update=NOW + timedelta(days=7),
    services=(ISSUER, SECOND),
)
VERIFIERS = replace(LIST, role=Role.VERIFIER, services=(VERIFIER,))


def signed(content: TrustedList = LIST, *, by: Chain = OPERATOR) -> str:
    return sign_list(content, signer=by.leaf.signer, chain=by.x5c)


def signed_json(document: Any, *, header: Mapping[str, Any] | None = None) -> str:
    members = {"typ": "JOSE", "x5c": jose_header.x5c(OPERATOR.x5c), **(header or {})}
    return jws.sign(json.dumps(document), signer=OPERATOR.leaf.signer, header=members)


def read(text: str, role: Role = Role.CREDENTIAL_ISSUER) -> SignedList:
    return read_list(text, role, validator=VALIDATOR, at=NOW)


def test_what_is_signed_is_read() -> None:
    for content in (LIST, VERIFIERS):
        text = signed(content)
        found = read(text, content.role)
        assert (found.content, found.text) == (content, text)
        assert found.operator.path.certificates[0] == OPERATOR.leaf.certificate


@pytest.mark.parametrize("role", LIST_TYPES)
def test_a_list_is_read_as_that_of_its_role_alone(role: Role) -> None:
    text = signed(replace(LIST, role=role, services=()))
    assert read(text, role).content.role is role
    for other in LIST_TYPES.keys() - {role}:
        with pytest.raises(MalformedError, match="not the list of role"):
            read(text, other)


def test_a_list_with_a_party_in_another_role_is_malformed() -> None:
    with pytest.raises(MalformedError, match="one role"):
        read(changed((*SERVICE, "ServiceTypeIdentifier"), assign("urn:vcwallet:service:status_signer")))


def test_an_empty_list_is_legal_and_trusts_nobody() -> None:
    document = payload(signed())
    del document["LoTE"]["TrustedEntitiesList"]
    assert read(signed_json(document)).content.services == ()


def payload(text: str) -> dict[str, Any]:
    return jws.payload_object(jws.parse(text).unverified_payload)


def test_the_document_is_spelled_as_the_standard_spells_it() -> None:
    content = payload(signed())["LoTE"]
    information = content["ListAndSchemeInformation"]
    assert information["LoTEVersionIdentifier"] == 1
    assert information["LoTESequenceNumber"] == 42
    assert information["ListIssueDateTime"] == "2026-11-23T09:00:00Z"
    assert information["NextUpdate"] == "2026-11-30T09:00:00Z"
    assert information["LoTEType"] == "urn:vcwallet:list:credential_issuer"
    entity, second_entity = content["TrustedEntitiesList"]
    assert entity["TrustedEntityInformation"]["TEName"][0] == {"lang": "ja", "value": "未来市"}
    [issuer], [second] = entity["TrustedEntityServices"], second_entity["TrustedEntityServices"]
    assert issuer["ServiceInformation"]["ServiceStatus"].endswith("suspended")
    assert issuer["ServiceInformation"]["ServiceDigitalIdentity"] == {"X509SKIs": ["AQI="], "OtherIds": [PARTY]}
    assert [past["ServiceStatus"].rpartition(":")[2] for past in issuer["ServiceHistory"]] == ["granted"]
    assert second["ServiceHistory"] == []


def test_a_service_survives_its_json() -> None:
    for service in (ISSUER, VERIFIER):
        assert service_from_json(json.dumps(service_json(service)), name=service.name) == service


AUTHORITIES = replace(
    LIST,
    services=(replace(ISSUER, document_authority_key_ids=frozenset({b"\x01", b"\xff" * 20})), SECOND),
    document_authorities=(b"\x30\x00", b"\x30\x01\x00"),
)


def test_a_list_states_the_iacas_of_those_who_issue_mdocs() -> None:
    text = signed(AUTHORITIES)
    assert read(text).content == AUTHORITIES
    [issuer] = [one for one in AUTHORITIES.services if one.document_authority_key_ids]
    assert service_from_json(json.dumps(service_json(issuer)), name=issuer.name) == issuer
    [extension] = payload(text)["LoTE"]["ListAndSchemeInformation"]["SchemeExtensions"]
    assert extension == {
        "id": "urn:vcwallet:extension:document-authorities",
        "critical": True,
        "value": {"certificates": ["MAA=", "MAEA"]},
    }


def test_a_list_from_before_there_were_iacas_has_none() -> None:
    document = payload(signed())
    assert "SchemeExtensions" not in document["LoTE"]["ListAndSchemeInformation"]
    for service in document["LoTE"]["TrustedEntitiesList"][0]["TrustedEntityServices"]:
        [extension] = service["ServiceInformation"]["ServiceInformationExtensions"]
        del extension["value"]["document_authorities"]
    assert read(signed_json(document)).content == LIST


def with_authorities(value: object) -> str:
    document = payload(signed(AUTHORITIES))
    document["LoTE"]["ListAndSchemeInformation"]["SchemeExtensions"][0]["value"] = value
    return signed_json(document)


@pytest.mark.parametrize(
    "value", [{}, {"certificates": None}, {"certificates": "MAA="}, {"certificates": [1]}, {"certificates": ["_-"]}]
)
def test_iacas_of_the_wrong_form_are_malformed(value: object) -> None:
    assert read(with_authorities({"certificates": ["MAA="]})).content.document_authorities == (b"\x30\x00",)
    with pytest.raises(MalformedError):
        read(with_authorities(value))


@pytest.mark.parametrize("value", [None, "AQ==", [1], ["_-"], ["AQ"]])
def test_key_identifiers_of_the_wrong_form_are_malformed(value: object) -> None:
    path = (*EXTENSION, "value", "document_authorities")
    [issuer, _] = read(changed(path, assign(["AQ=="]))).content.services
    assert issuer.document_authority_key_ids == {b"\x01"}
    with pytest.raises(MalformedError):
        read(changed(path, assign(value)))


def test_the_number_of_iacas_is_limited() -> None:
    most = ["MAA="] * MAX_DOCUMENT_AUTHORITIES
    assert len(read(with_authorities({"certificates": most})).content.document_authorities) == 500
    with pytest.raises(LimitExceededError):
        read(with_authorities({"certificates": [*most, "MAA="]}))
    path = (*EXTENSION, "value", "document_authorities")
    assert read(changed(path, assign(["AQ=="] * 20))).content.services[0].document_authority_key_ids == {b"\x01"}
    with pytest.raises(LimitExceededError):
        read(changed(path, assign(["AQ=="] * 21)))


def test_the_iacas_twice_are_refused() -> None:
    document = payload(signed(AUTHORITIES))
    extensions = document["LoTE"]["ListAndSchemeInformation"]["SchemeExtensions"]
    extensions.append(extensions[0])
    with pytest.raises(UnsupportedError):
        read(signed_json(document))


@pytest.mark.parametrize("role", LISTED_AS)
def test_the_roles_of_mdoc_are_not_listed(role: Role) -> None:
    document = payload(signed())
    document["LoTE"]["TrustedEntitiesList"][0]["TrustedEntityServices"][0]["ServiceInformation"][
        "ServiceTypeIdentifier"
    ] = f"urn:vcwallet:service:{role}"
    assert read(signed_json(document)).content.services == (SECOND,)


@pytest.mark.parametrize(("member", "value"), [("document_authorities", ["AQ=="]), ("acts_for", ["urn:x"])])
def test_what_is_another_roles_is_malformed(member: str, value: object) -> None:
    document = payload(signed(VERIFIERS))
    assert read(signed_json(document), Role.VERIFIER).content == VERIFIERS
    at(document, (*EXTENSION, "value"))[member] = value
    with pytest.raises(MalformedError):
        read(signed_json(document), Role.VERIFIER)
    with pytest.raises(MalformedError):
        read(changed((*EXTENSION, "value", "purposes"), assign(["loan"])))


def test_iacas_in_another_list_than_that_of_issuers_are_malformed() -> None:
    document = payload(signed(VERIFIERS))
    issuers = payload(signed(AUTHORITIES))
    at(document, INFORMATION)["SchemeExtensions"] = at(issuers, INFORMATION)["SchemeExtensions"]
    with pytest.raises(MalformedError, match="IACAs"):
        read(signed_json(document), Role.VERIFIER)


def test_only_a_list_operator_below_the_pinned_root_signs_lists() -> None:
    other_role, other_root = chain(Role.CREDENTIAL_ISSUER), chain(Role.LIST_OPERATOR)
    with pytest.raises(UntrustedError):
        read(signed(by=other_root))
    with pytest.raises(NotAuthorisedError):
        read_list(signed(by=other_role), LIST.role, validator=ChainValidator(other_role.anchor), at=NOW)
    forged = jws.sign(
        json.dumps(payload(signed())),
        signer=other_root.leaf.signer,
        header={"typ": "JOSE", "x5c": jose_header.x5c(OPERATOR.x5c)},
    )
    with pytest.raises(SignatureInvalidError):
        read(forged)


def test_the_operators_certificate_is_judged_by_the_time_unless_the_list_was_accepted_before() -> None:
    late = NOW + timedelta(days=200)
    with pytest.raises(ValidityError):
        read_list(signed(), LIST.role, validator=VALIDATOR, at=late)
    assert read_list(signed(), LIST.role, validator=VALIDATOR, at=None).content == LIST


def test_an_unsigned_list_is_refused() -> None:
    header, body, _ = signed().split(".")
    with pytest.raises(SignatureInvalidError):
        read(f"{header}.{body}.")
    with pytest.raises(AlgorithmNotAllowedError):
        read(f"{jose_header.encode({'alg': 'none'})}.{body}.")
    with pytest.raises(UntrustedError):
        read(jws.sign(b"{}", signer=OPERATOR.leaf.signer, header={}))


def test_extensions_of_the_signature_are_refused() -> None:
    with pytest.raises(UnsupportedError):
        read(signed_json(payload(signed()), header={"crit": ["sigT"], "sigT": "2026-11-23T00:00:00Z"}))


Path = tuple[str | int, ...]
INFORMATION: Path = ("LoTE", "ListAndSchemeInformation")
ENTITY: Path = ("LoTE", "TrustedEntitiesList", 0)
SERVICE: Path = (*ENTITY, "TrustedEntityServices", 0, "ServiceInformation")
EXTENSION: Path = (*SERVICE, "ServiceInformationExtensions", 0)


def changed(path: Path, change: Callable[[Any, Any], None]) -> str:
    document = copy.deepcopy(payload(signed()))
    change(at(document, path[:-1]), path[-1])
    return signed_json(document)


def at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def assign(value: object) -> Callable[[Any, Any], None]:
    def change(target: Any, key: Any) -> None:
        target[key] = value

    return change


def delete(target: Any, key: Any) -> None:
    del target[key]


@pytest.mark.parametrize(
    "path",
    [
        ("LoTE",),
        INFORMATION,
        *(
            (*INFORMATION, name)
            for name in (
                "LoTEVersionIdentifier", "LoTESequenceNumber", "LoTEType", "SchemeOperatorName", "SchemeTerritory",
                "ListIssueDateTime", "NextUpdate",
            )
        ),
        (*ENTITY, "TrustedEntityInformation"),
        (*ENTITY, "TrustedEntityInformation", "TEName"),
        (*ENTITY, "TrustedEntityServices"),
        SERVICE,
        *(
            (*SERVICE, name)
            for name in (
                "ServiceTypeIdentifier", "ServiceDigitalIdentity", "ServiceStatus", "StatusStartingTime",
                "ServiceInformationExtensions",
            )
        ),
        *((*EXTENSION, "value", name) for name in ("mode", "may_issue", "revoked", "details")),
    ],
)  # fmt: skip
def test_a_list_without_a_required_member_is_malformed(path: Path) -> None:
    with pytest.raises(MalformedError):
        read(changed(path, delete))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*INFORMATION, "LoTEVersionIdentifier"), 2),
        ((*INFORMATION, "LoTESequenceNumber"), "42"),
        ((*INFORMATION, "LoTESequenceNumber"), 0),
        ((*INFORMATION, "LoTESequenceNumber"), True),
        ((*INFORMATION, "LoTESequenceNumber"), 10**18),
        ((*INFORMATION, "LoTEType"), "http://uri.etsi.org/19602/LoTEType/EUPIDProvidersList"),
        ((*INFORMATION, "NextUpdate"), "2026-11-30"),
        ((*INFORMATION, "NextUpdate"), "2026-11-30T09:00:00"),
        ((*INFORMATION, "NextUpdate"), "2026-11-30T09:00:00+09:00"),
        ((*INFORMATION, "NextUpdate"), "2026-02-30T09:00:00Z"),
        ((*INFORMATION, "NextUpdate"), "2020-11-30T09:00:00Z"),  # before its issue
        ((*INFORMATION, "NextUpdate"), 1_900_000_000),
        ((*SERVICE, "ServiceStatus"), "urn:vcwallet:status:adored"),
        ((*SERVICE, "StatusStartingTime"), "2001-01-01T00:00:00Z"),  # before what it follows
        ((*SERVICE, "ServiceDigitalIdentity", "X509SKIs"), ["_-"]),
        ((*SERVICE, "ServiceDigitalIdentity", "X509SKIs"), []),
        ((*SERVICE, "ServiceDigitalIdentity", "OtherIds"), [PARTY, "urn:other"]),
        ((*SERVICE, "ServiceDigitalIdentity", "OtherIds"), [""]),
        ((*EXTENSION, "value", "mode"), "sometimes"),
        ((*EXTENSION, "value", "may_issue"), {"urn:example:tax:1": "2026-01-01T00:00:00Z"}),
        ((*EXTENSION, "value", "details"), {"a": 1}),
        ((*ENTITY, "TrustedEntityInformation", "TEName"), "Mirai City"),
        (("LoTE", "TrustedEntitiesList"), {}),
    ],
)
def test_a_member_of_the_wrong_form_is_malformed(path: Path, value: object) -> None:
    with pytest.raises(MalformedError):
        read(changed(path, assign(value)))


def test_members_that_we_do_not_know_are_let_be() -> None:
    assert read(changed((*INFORMATION, "HistoricalInformationPeriod"), assign(65535))).content == LIST
    assert read(changed((*SERVICE, "SchemeServiceDefinitionURI"), assign(["https://x.example"]))).content == LIST


def test_an_unknown_extension_is_refused_if_it_is_critical() -> None:
    for path in ((*INFORMATION, "SchemeExtensions"), (*SERVICE, "ServiceInformationExtensions")):

        def add(target: Any, key: Any, *, critical: bool) -> None:
            target.setdefault(key, []).append({"id": "urn:x", "critical": critical, "value": {}})

        assert read(changed(path, lambda t, k: add(t, k, critical=False))).content == LIST
        with pytest.raises(UnsupportedError):
            read(changed(path, lambda t, k: add(t, k, critical=True)))


def test_our_own_extension_twice_is_refused() -> None:
    with pytest.raises(UnsupportedError):
        read(changed(EXTENSION[:-1], lambda target, key: target[key].append(target[key][0])))


def test_a_service_of_another_scheme_says_nothing_to_us() -> None:
    document = payload(signed())
    service = document["LoTE"]["TrustedEntitiesList"][0]["TrustedEntityServices"][0]
    service["ServiceInformation"]["ServiceTypeIdentifier"] = "urn:other:service"
    service["ServiceInformation"]["ServiceInformationExtensions"] = []
    assert read(signed_json(document)).content.services == (SECOND,)
    with pytest.raises(MalformedError):
        service_from_json(json.dumps(service), name={"en": "x"})


def test_a_past_period_keeps_what_it_did_to_what_was_signed_before() -> None:
    suspended = StatusPeriod(status=Status.SUSPENDED, since=NOW - timedelta(days=1), mode=Mode.FROM_DATE)
    reinstated = replace(
        ISSUER, periods=(*ISSUER.periods[:1], suspended, StatusPeriod(status=Status.GRANTED, since=NOW))
    )
    document = service_json(reinstated)
    assert service_from_json(json.dumps(document), name=reinstated.name) == reinstated
    past: Any = document["ServiceHistory"]
    assert [bool(one.get("ServiceInformationExtensions")) for one in past] == [True, False]
    for broken in ({"mode": "sometimes"}, {}):
        past[0]["ServiceInformationExtensions"][0]["value"] = broken
        with pytest.raises(MalformedError):
            service_from_json(json.dumps(document), name=reinstated.name)
    past[0]["ServiceInformationExtensions"][0] = {"id": "urn:x", "critical": True, "value": {}}
    with pytest.raises(UnsupportedError):
        service_from_json(json.dumps(document), name=reinstated.name)


def test_a_service_may_stand_under_several_cas_while_one_succeeds_another() -> None:
    service = replace(ISSUER, other_authority_key_ids=frozenset({b"\x03", b"\x02\x02"}))
    document = service_json(service)
    assert service_from_json(json.dumps(document), name=service.name) == service
    identity: Any = document["ServiceInformation"]
    assert identity["ServiceDigitalIdentity"]["X509SKIs"][0] == "AQI="


def test_a_party_listed_twice_in_a_role_is_malformed() -> None:
    with pytest.raises(MalformedError):
        read(changed(ENTITY[:-1], lambda target, key: target[key].append(target[key][0])))


def test_a_large_list_is_read_and_one_over_the_limit_is_not() -> None:
    filler = "x" * 2_000_000
    text = changed((*INFORMATION, "PolicyOrLegalNotice"), assign(filler))
    assert len(text) > jws.MAX_BYTES
    assert read(text).content == LIST
    with pytest.raises(LimitExceededError):
        read("x" * (MAX_BYTES + 1))


@pytest.mark.parametrize("text", ["", ".", "..", "a.b", "a.b.c.d", "é.é.é", "e30.e30.e30"])
def test_rubbish_is_refused_with_an_error_of_ours(text: str) -> None:
    with pytest.raises(VcError):
        read(text)


def test_duplicate_members_are_refused() -> None:
    header = {"typ": "JOSE", "x5c": jose_header.x5c(OPERATOR.x5c)}
    body = json.dumps(payload(signed())).replace(b'{"LoTE":', b'{"LoTE":{},"LoTE":', 1)
    with pytest.raises(MalformedError):
        read(jws.sign(body, signer=OPERATOR.leaf.signer, header=header))


def test_an_error_quotes_no_value_of_the_list() -> None:
    with pytest.raises(MalformedError) as caught:
        read(changed((*SERVICE, "ServiceStatus"), assign({"secret": "hunter2"})))
    assert "hunter2" not in str(caught.value)
    assert "ServiceStatus" in str(caught.value)


def test_a_status_signer_acts_for_others_and_says_where_its_lists_are_listed():
    signer = replace(
        ISSUER,
        role=Role.STATUS_SIGNER,
        may_issue={},
        acts_for=frozenset({"urn:vcwallet:party:1", "urn:vcwallet:party:2"}),
        supply_points=("https://status.example/lists",),
    )
    assert service_from_json(json.dumps(service_json(signer)), name=signer.name) == signer


def test_nobody_but_a_status_signer_acts_for_others():
    with pytest.raises(ValueError, match="status signer"):
        replace(VERIFIER, acts_for=frozenset({"urn:vcwallet:party:1"}))
