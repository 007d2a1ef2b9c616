# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The authority side: who can be enrolled, what may change, and what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.mdoc_pki import iaca
from tests.support.pki import NOW
from tests.support.trust import AGE, LOAN, Clock, Demo, Identity, Residence, Tax
from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, SqlStore
from vcwallet.credential_type import Claim, CredentialType
from vcwallet.encoding import json, sri
from vcwallet.encoding.json import MAX_BYTES
from vcwallet.errors import (
    LimitExceededError,
    LocalProtocolError,
    NotAuthorisedError,
    StoreCorruptError,
    UntrustedError,
    ValidityError,
)
from vcwallet.jose import jws
from vcwallet.keys import Role
from vcwallet.keys.policy import KeySource
from vcwallet.keys.software import SoftwareSigner
from vcwallet.registry import Action, TrustRegistry
from vcwallet.storage import Delete, MemoryStore, Put, RecordStore
from vcwallet.trust.certificates import dns_names, from_der, to_der
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.crl import MAX_ENTRIES
from vcwallet.trust.list_json import MAX_HISTORY
from vcwallet.trust.members import time_text
from vcwallet.trust.registration import read_registration
from vcwallet.trust.trusted_list import Status, StatusPeriod


@pytest.fixture
def demo() -> Demo:
    return Demo()


def sequence(demo: Demo) -> int:
    client = TrustedListClient.start(demo.registry.published(), store=MemoryStore(), at=demo.clock())
    return client.sequence


# --- enrolment --------------------------------------------------------------------------------------------------------


def test_an_enrolment_has_what_a_role_needs(demo: Demo) -> None:
    bank = demo.bank
    assert (bank.identifier, bank.role, dict(bank.name)) == (
        "urn:vcwallet:party:bank",
        Role.VERIFIER,
        {"en": "Sakura Bank"},
    )
    assert list(bank.registrations) == ["loan_underwriting"]
    assert bank.trust == demo.registry.published()
    assert from_der(bank.chain[0]).subject.rfc4514_string().count("Sakura Bank") == 1


def test_the_metadata_of_types_is_published_with_that_of_the_types_they_extend(demo: Demo) -> None:
    metadata = demo.registry.published().type_metadata
    assert set(metadata) == {Residence.vct, Residence.doctype, Identity.vct}
    assert sri.integrity(metadata[Identity.vct]).encode() in metadata[Residence.vct]


def test_a_party_may_have_several_roles_under_one_name(demo: Demo) -> None:
    signer = demo.registry.enrol_status_signer("Mirai City", code="999016")
    front = demo.registry.enrol_verifier("Mirai City", code="999016", purposes=[AGE])
    assert signer.identifier == front.identifier == demo.city.identifier
    demo.update()
    assert demo.trusts(demo.city)
    assert demo.trusts(signer)
    assert demo.trusts(front)
    with pytest.raises(ValueError, match="another name"):
        demo.registry.enrol_wallet_provider("Kaze Town", code="999016")


def test_a_status_signer_acts_for_enrolled_issuers_only(demo: Demo) -> None:
    issuer, point = demo.city.identifier, "https://status.example/lists"
    signer = demo.registry.enrol_status_signer("Data centre", acts_for=[issuer], supply_points=[point])
    demo.update()
    source = KeySource(issuer=signer.identifier, chain=signer.chain)
    trusted = demo.client.key_for(source, role=Role.STATUS_SIGNER, type_id=None, at=demo.clock())
    assert trusted.acts_for == {issuer}
    assert [one.supply_points for one in demo.client.parties(Role.STATUS_SIGNER)] == [(point,)]
    with pytest.raises(ValueError, match="is enrolled as"):
        demo.registry.enrol_status_signer("Other centre", acts_for=["urn:vcwallet:party:none"])


def test_a_code_is_enrolled_once_in_a_role(demo: Demo) -> None:
    with pytest.raises(ValueError, match="already"):
        demo.registry.enrol_issuer("Mirai City", code="999016", may_issue=[Tax])


def test_two_parties_may_have_the_same_name_and_no_code(demo: Demo) -> None:
    first, second = (demo.registry.enrol_status_signer("Higashi Town") for _ in range(2))
    assert first.identifier != second.identifier


@pytest.mark.parametrize("code", ["", "registry", "a b", "a/b", "urn:x", "番号", "a" * 65, "-a"])
def test_a_code_that_makes_no_identifier_is_refused(demo: Demo, code: str) -> None:
    with pytest.raises(ValueError, match="code"):
        demo.registry.enrol_status_signer("Higashi Town", code=code)
    assert demo.registry.enrol_status_signer("Higashi Town", code="a" * 64).identifier.endswith(":" + "a" * 64)


@pytest.mark.parametrize("name", ["", {}, {"": "x"}, {"en": ""}])
def test_a_party_has_a_name(demo: Demo, name: str | dict[str, str]) -> None:
    with pytest.raises(ValueError, match="name"):
        demo.registry.enrol_status_signer(name)


def test_a_key_is_enrolled_once(demo: Demo) -> None:
    with pytest.raises(ValueError, match="key"):
        demo.registry.enrol_status_signer("Mirai City", code="999016", signer=demo.city.signer)
    with pytest.raises(ValueError, match="key"):
        demo.registry.enrol_verifier("Other", purposes=[AGE], signer=demo.bank.signer)
    signer = SoftwareSigner.generate()
    assert demo.registry.enrol_verifier("Other", purposes=[AGE], signer=signer).signer is signer


def test_an_issuer_has_types_and_a_verifier_purposes(demo: Demo) -> None:
    with pytest.raises(ValueError, match="type"):
        demo.registry.enrol_issuer("Nobody", may_issue=[])
    with pytest.raises(ValueError, match="purpose"):
        demo.registry.enrol_verifier("Nobody", purposes=[])


def test_a_verifier_has_the_names_of_its_servers_and_what_else_it_is_known_by(store: RecordStore) -> None:
    clock, names = Clock(), ("bank.example", "pay.bank.example")
    others = ("did:web:bank.example", "https://bank.example")
    registry = TrustRegistry.found("Registry", store=store, clock=clock)
    bank = registry.enrol_verifier("Bank", code="bank", purposes=[AGE], dns_names=names, identifiers=others)
    client = TrustedListClient.start(registry.published(), store=MemoryStore(), at=clock())
    renewed = TrustRegistry.reopen(store, clock=clock).renew(bank.identifier)
    for enrolment in (bank, renewed):
        assert dns_names(from_der(enrolment.chain[0])) == set(names)
        registration = read_registration(enrolment.registrations["age"], trust=client, at=clock())
        assert (registration.verifier, registration.identifiers) == (bank.identifier, others)
        assert registration.parties == {bank.identifier, *others}


def test_a_verifier_without_them_has_none(demo: Demo) -> None:
    assert dns_names(from_der(demo.bank.chain[0])) == frozenset()
    for wrong in ("Bank.example", "*.example", ""):
        with pytest.raises(ValueError, match="DNS name"):
            demo.registry.enrol_verifier("Other", purposes=[AGE], dns_names=[wrong])
    for wrong in ("", "a\n"):
        with pytest.raises(ValueError, match="an identifier"):
            demo.registry.enrol_verifier("Other", purposes=[AGE], identifiers=[wrong])


def test_one_registration_is_for_one_purpose(demo: Demo) -> None:
    shop = demo.registry.enrol_verifier("Shop", purposes=[AGE, LOAN])
    assert set(shop.registrations) == {"age", "loan_underwriting"}
    with pytest.raises(ValueError, match="MULTI_PURPOSE"):
        demo.registry.enrol_verifier("Shop", purposes=[LOAN, replace(AGE, code=LOAN.code)])
    with pytest.raises(ValueError, match="MULTI_PURPOSE"):
        demo.registry.add_purpose(demo.bank.identifier, LOAN)


def test_a_purpose_can_be_added(demo: Demo) -> None:
    token = demo.registry.add_purpose(demo.bank.identifier, AGE)
    registration = read_registration(token, trust=demo.client, at=NOW)
    assert (registration.use, registration.verifier) == (AGE, demo.bank.identifier)
    with pytest.raises(ValueError, match="no party"):
        demo.registry.add_purpose(demo.city.identifier, AGE)


def test_a_changed_type_needs_a_new_vct(demo: Demo) -> None:
    class Changed(CredentialType, vct=Residence.vct, ja="住民票", en="Residence, changed"):
        full_name: Annotated[str, Claim("氏名", "Full name")]

    with pytest.raises(ValueError, match="new vct"):
        demo.registry.enrol_issuer("Other City", may_issue=[Changed])
    demo.registry.enrol_issuer("Other City", may_issue=[Residence, Tax])


def test_details_reach_those_who_verify(demo: Demo) -> None:
    operator = demo.registry.enrol_issuer("Furusato", may_issue=[Tax], details={"designated_by": "tax office"})
    demo.update()
    [listed] = [one for one in demo.client.parties(Role.CREDENTIAL_ISSUER) if one.party == operator.identifier]
    assert listed.details == {"designated_by": "tax office"}


# --- status -----------------------------------------------------------------------------------------------------------


def status(demo: Demo, role: Role = Role.CREDENTIAL_ISSUER) -> Status:
    [found] = [one for one in demo.registry.parties() if (one.party, one.role) == (demo.city.identifier, role)]
    return found.periods[-1].status


def test_a_suspension_ends_by_reinstatement_and_a_withdrawal_does_not(demo: Demo) -> None:
    city, registry = demo.city.identifier, demo.registry
    registry.suspend(city, reason="audit")
    assert status(demo) is Status.SUSPENDED
    registry.reinstate(city, reason="audit passed")
    assert status(demo) is Status.GRANTED
    registry.suspend(city, reason="audit")
    registry.withdraw(city, reason="merged")
    assert status(demo) is Status.WITHDRAWN
    for change in (registry.suspend, registry.reinstate, registry.withdraw):
        with pytest.raises(ValueError, match="withdrawn"):
            change(city, reason="again")
    with pytest.raises(ValueError, match="withdrawn"):
        registry.renew(city)


def test_a_status_that_does_not_follow_is_refused(demo: Demo) -> None:
    with pytest.raises(ValueError, match="granted"):
        demo.registry.reinstate(demo.city.identifier, reason="never suspended")
    demo.registry.suspend(demo.city.identifier, reason="audit")
    with pytest.raises(ValueError, match="suspended"):
        demo.registry.suspend(demo.city.identifier, reason="audit")
    with pytest.raises(ValueError, match="order"):
        demo.registry.reinstate(demo.city.identifier, reason="early", since=NOW - timedelta(days=1))
    with pytest.raises(ValueError, match="not a valid Mode"):
        demo.registry.withdraw(demo.city.identifier, reason="typo", mode="some")  # type: ignore[arg-type]


def test_one_role_of_a_party_can_be_suspended_alone(demo: Demo) -> None:
    demo.registry.enrol_status_signer("Mirai City", code="999016")
    demo.registry.suspend(demo.city.identifier, reason="audit", role=Role.STATUS_SIGNER)
    assert status(demo) is Status.GRANTED
    assert status(demo, Role.STATUS_SIGNER) is Status.SUSPENDED
    with pytest.raises(ValueError, match="several roles"):
        demo.registry.renew(demo.city.identifier)
    assert demo.registry.renew(demo.city.identifier, role=Role.CREDENTIAL_ISSUER).identifier == demo.city.identifier


def test_nobody_can_change_who_is_not_enrolled_or_the_registry_itself(demo: Demo) -> None:
    for identifier in ("urn:vcwallet:party:nobody", "urn:vcwallet:party:registry"):
        with pytest.raises(ValueError, match="party"):
            demo.registry.suspend(identifier, reason="x")
        with pytest.raises(ValueError, match="party"):
            demo.registry.renew(identifier)


def test_a_renewed_verifier_has_new_registrations(demo: Demo) -> None:
    demo.clock.pass_by(days=360)
    renewed = demo.registry.renew(demo.bank.identifier, signer=demo.bank.signer)
    demo.clock.pass_by(days=10)
    demo.update()
    read = read_registration(renewed.registrations[LOAN.code], trust=demo.client, at=demo.clock())
    assert read.verifier == demo.bank.identifier
    with pytest.raises(ValidityError):
        read_registration(demo.bank.registrations[LOAN.code], trust=demo.client, at=demo.clock())


def test_a_revoked_key_is_not_enrolled_again(demo: Demo) -> None:
    with pytest.raises(ValueError, match="key"):
        demo.registry.renew(demo.bank.identifier, signer=demo.bank.signer, revoke_previous=True)
    demo.registry.renew(demo.bank.identifier, revoke_previous=True)
    with pytest.raises(ValueError, match="key"):
        demo.registry.renew(demo.bank.identifier, signer=demo.bank.signer)


def test_revoking_what_was_before_revokes_every_key_that_was_before(demo: Demo) -> None:
    second = demo.registry.renew(demo.city.identifier)
    demo.update()
    assert demo.trusts(demo.city)
    assert demo.trusts(second)
    third = demo.registry.renew(demo.city.identifier, revoke_previous=True)
    demo.update()
    assert demo.trusts(third)
    for stolen in (demo.city, second):
        with pytest.raises(UntrustedError, match="KEY_REVOKED"):
            demo.trusts(stolen)


def test_a_withdrawal_now_takes_the_place_of_what_was_announced(demo: Demo) -> None:
    demo.registry.suspend(demo.city.identifier, reason="audit", since=NOW + timedelta(days=30))
    demo.update()
    assert demo.trusts(demo.city)
    demo.registry.withdraw(demo.city.identifier, reason="its keys were stolen")
    demo.update()
    with pytest.raises(NotAuthorisedError):
        demo.trusts(demo.city)


def test_what_was_announced_can_be_followed_by_something_later(demo: Demo) -> None:
    demo.registry.suspend(demo.city.identifier, reason="move", since=NOW + timedelta(days=1))
    demo.registry.reinstate(demo.city.identifier, reason="moved", since=NOW + timedelta(days=2))
    demo.update()
    assert demo.trusts(demo.city)
    demo.clock.pass_by(days=1)
    with pytest.raises(NotAuthorisedError):
        demo.trusts(demo.city)
    demo.clock.pass_by(days=1)
    assert demo.trusts(demo.city)


# --- publishing -------------------------------------------------------------------------------------------------------


def test_a_new_issue_is_made_only_when_something_has_changed(demo: Demo) -> None:
    first = demo.registry.published()
    before = sequence(demo)
    demo.clock.pass_by(days=3)
    assert demo.registry.published() == first
    demo.registry.suspend(demo.city.identifier, reason="audit")
    assert demo.registry.published() != first
    assert sequence(demo) == before + 1


def test_a_new_issue_is_made_when_half_of_the_time_has_passed(demo: Demo) -> None:
    first = demo.registry.published()
    demo.clock.pass_by(days=3.5)
    second = demo.registry.published()
    assert second.master != first.master
    demo.client.update(second, at=demo.clock())
    assert demo.client.next_update == demo.clock() + timedelta(days=7)


def test_the_published_list_names_its_operator_in_its_signature(demo: Demo) -> None:
    published = demo.registry.published()
    for text in (published.master, *published.lists.values()):
        header = jws.parse(text).header
        assert header.typ == "JOSE"
        assert len(header.chain) == 2
        assert "List operator" in from_der(header.chain[0]).subject.rfc4514_string()


# --- the log ----------------------------------------------------------------------------------------------------------


def test_every_change_is_logged_with_who_when_what_and_why(demo: Demo) -> None:
    demo.clock.pass_by(days=1)
    demo.registry.suspend(demo.city.identifier, reason="audit")
    demo.registry.published()
    founded, city, bank, suspended = demo.registry.log()
    assert [entry.action for entry in (founded, city, bank)] == [Action.FOUND, Action.ENROL, Action.ENROL]
    assert suspended.number == 4
    assert suspended.time == NOW + timedelta(days=1)
    assert suspended.operator == "registry operator"
    assert (suspended.action, suspended.party) == (Action.SUSPEND, demo.city.identifier)
    assert (suspended.roles, suspended.reason) == ((Role.CREDENTIAL_ISSUER,), "audit")


def test_a_refused_change_is_not_logged(demo: Demo) -> None:
    before = demo.registry.log()
    with pytest.raises(ValueError, match="granted"):
        demo.registry.reinstate(demo.city.identifier, reason="x")
    assert demo.registry.log() == before


def test_a_missing_entry_of_the_log_is_found(demo: Demo) -> None:
    demo.store.commit(Delete("registry_log", f"{2:020}"))
    with pytest.raises(StoreCorruptError):
        demo.registry.log()


# --- keeping ----------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["memory", "database"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RecordStore]:
    if request.param == "memory":
        yield MemoryStore()
        return
    path = tmp_path / "registry.db"
    with SqlStore.create(path, passphrase="demo registry", derivation=FAST_FOR_TESTS_ONLY) as opened:
        yield opened


def test_a_registry_goes_on_where_it_stopped(store: RecordStore) -> None:
    clock = Clock()
    before = TrustRegistry.found({"ja": "登録簿", "en": "Registry"}, store=store, clock=clock, country="JP")
    city = before.enrol_issuer("Mirai City", code="999016", may_issue=[Residence], details={"a": "b"})
    before.enrol_verifier("Sakura Bank", code="bank", purposes=[LOAN, AGE])
    before.suspend(city.identifier, reason="audit", mode="from_date")
    before.renew("urn:vcwallet:party:bank", revoke_previous=True)
    published = before.published()

    after = TrustRegistry.reopen(store, clock=clock)
    assert after.parties() == before.parties()
    assert after.log() == before.log()
    assert after.published() == published
    renewed = after.renew("urn:vcwallet:party:bank")
    assert set(renewed.registrations) == {LOAN.code, AGE.code}
    with pytest.raises(ValueError, match="already"):
        after.enrol_issuer("Mirai City", code="999016", may_issue=[Residence])
    with pytest.raises(ValueError, match="key"):
        after.enrol_status_signer("Other", signer=city.signer)
    client = TrustedListClient.start(published, store=MemoryStore(), at=clock())
    client.update(after.published(), at=clock())
    assert client.published.anchor == published.anchor


def test_a_store_holds_one_registry(demo: Demo) -> None:
    with pytest.raises(LocalProtocolError):
        TrustRegistry.found("Another", store=demo.store, clock=demo.clock)
    with pytest.raises(LocalProtocolError):
        TrustRegistry.reopen(MemoryStore(), clock=demo.clock)


def test_of_two_writers_the_later_one_is_told_to_reopen(demo: Demo) -> None:
    other = TrustRegistry.reopen(demo.store, clock=demo.clock)
    demo.registry.suspend(demo.city.identifier, reason="audit")
    with pytest.raises(LocalProtocolError):
        other.withdraw(demo.city.identifier, reason="merged")
    assert len(demo.registry.log()) == 4
    TrustRegistry.reopen(demo.store, clock=demo.clock).withdraw(demo.city.identifier, reason="merged")


def test_two_lists_of_one_number_are_never_published(demo: Demo) -> None:
    demo.clock.pass_by(days=4)
    other = TrustRegistry.reopen(demo.store, clock=demo.clock)
    first = demo.registry.published()
    with pytest.raises(LocalProtocolError):
        other.published()
    assert TrustRegistry.reopen(demo.store, clock=demo.clock).published() == first


def test_a_lost_key_of_the_registry_is_found(demo: Demo) -> None:
    demo.store.commit(Delete("registry_key", "registrar"))
    with pytest.raises(StoreCorruptError):
        TrustRegistry.reopen(demo.store, clock=demo.clock)


@pytest.mark.parametrize(
    "collection", ["registry", "registry_key", "registry_enrolled", "registry_log", "registry_list"]
)
def test_a_damaged_record_of_the_registry_is_found(demo: Demo, collection: str) -> None:
    TrustRegistry.reopen(demo.store, clock=demo.clock)
    last = next(demo.store.find(collection))
    demo.store.commit(Put(collection, last.id, b"{}"))
    with pytest.raises(StoreCorruptError):
        TrustRegistry.reopen(demo.store, clock=demo.clock)


def test_the_store_has_no_private_key_of_a_party(demo: Demo) -> None:
    assert isinstance(demo.city.signer, SoftwareSigner)
    key = demo.city.signer.private_key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    secret = key.private_numbers().private_value.to_bytes(32, "big")
    assert secret in demo.city.signer.to_bytes()
    bodies = [body for body, _ in demo.store._records.values()]
    assert not any(secret in body for body in bodies)
    assert {record.id for record in demo.store.find("registry_key")} == {
        "root",
        "issuing_ca",
        "registrar",
        "list_operator",
        "iaca",
    }


# --- another process --------------------------------------------------------------------------------------------------


def test_a_registry_that_was_changed_elsewhere_publishes_nothing_old(demo: Demo) -> None:
    """A suspension by another process reaches everybody, or whoever publishes is told."""
    other = TrustRegistry.reopen(demo.store, clock=demo.clock)
    demo.registry.published()
    other.suspend(demo.city.identifier, reason="stolen key")
    for publish in (demo.registry.published, demo.registry.revocation_lists):
        with pytest.raises(LocalProtocolError, match="reopen"):
            publish()
    demo.registry = TrustRegistry.reopen(demo.store, clock=demo.clock)
    demo.update()
    with pytest.raises(NotAuthorisedError):
        demo.trusts(demo.city)


# --- what could not be read again -------------------------------------------------------------------------------------

LONG = "x" * 36
BEFORE_1000 = datetime(999, 1, 1, tzinfo=UTC)
UNREADABLE: dict[str, Callable[[TrustRegistry], object]] = {
    "language": lambda registry: registry.enrol_wallet_provider({LONG: "Wallets"}),
    "name": lambda registry: registry.enrol_wallet_provider("n" * 10_001),
    "languages": lambda registry: registry.enrol_wallet_provider({f"l{number}": "n" for number in range(101)}),
    "supply points": lambda registry: registry.enrol_status_signer("S", supply_points=["https://s.example"] * 21),
    "purposes": lambda registry: registry.enrol_verifier(
        "V", purposes=[replace(AGE, code=f"p{number}") for number in range(1001)]
    ),
    "purpose": lambda registry: registry.add_purpose("urn:vcwallet:party:bank", replace(AGE, text={LONG: "x"})),
    "retention": lambda registry: registry.enrol_verifier("V", purposes=[replace(AGE, retention_text={LONG: "x"})]),
    "year": lambda registry: registry.enrol_issuer("I", may_issue=[Tax], types_from=BEFORE_1000),
    "reason": lambda registry: registry.suspend("urn:vcwallet:party:bank", reason="x" * MAX_BYTES),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_could_not_be_read_again_is_refused(demo: Demo, what: str) -> None:
    before = dict(demo.store._records)
    with pytest.raises(ValueError, match="nobody could read"):
        UNREADABLE[what](demo.registry)
    assert demo.store._records == before
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    demo.update()
    assert TrustRegistry.reopen(demo.store, clock=demo.clock).published() == demo.registry.published()


def test_a_name_of_a_registry_that_could_not_be_read_again_is_refused() -> None:
    store = MemoryStore()
    with pytest.raises(ValueError, match="nobody could read"):
        TrustRegistry.found({LONG: "Registry"}, store=store, clock=Clock())
    assert not store._records


def test_a_status_that_has_changed_often_can_still_be_suspended_and_withdrawn(demo: Demo) -> None:
    since = demo.clock()
    periods = tuple(
        StatusPeriod(status=status, since=since)
        for _ in range(MAX_HISTORY // 2)
        for status in (Status.GRANTED, Status.SUSPENDED)
    )
    often = demo.registry._enrolled[demo.bank.identifier, Role.VERIFIER]
    at = since + timedelta(days=1)
    for used in (periods, periods[:-2]):
        many = replace(often, service=replace(often.service, periods=used))
        if used is periods:
            with pytest.raises(ValueError, match="changed too often"):
                many.changed_to(Status.GRANTED, since=at, now=at)
            many.changed_to(Status.WITHDRAWN, since=at, now=at).record()
        else:
            again = many.changed_to(Status.GRANTED, since=at, now=at).changed_to(Status.SUSPENDED, since=at, now=at)
            again.changed_to(Status.WITHDRAWN, since=at, now=at).record()


def test_what_would_be_too_long_for_everybody_is_not_published(demo: Demo) -> None:
    for number in range(3):
        demo.registry.enrol_document_issuer(
            "I",
            iaca=to_der(iaca().certificate),
            may_issue=[Residence],
            code=f"i{number}",
            details={"a": "x" * 3_900_000},
        )
    before = demo.client.sequence
    demo.update()
    demo.registry.enrol_document_issuer(
        "I", iaca=to_der(iaca().certificate), may_issue=[Residence], code="i9", details={"a": "x" * 3_900_000}
    )
    kept = dict(demo.store._records)
    with pytest.raises(LimitExceededError):
        demo.registry.published()
    assert demo.store._records == kept
    assert demo.client.sequence == before + 1


# --- one status after another -----------------------------------------------------------------------------------------


def test_a_withdrawal_is_no_milder_than_the_suspension_before_it(demo: Demo) -> None:
    """What was signed before would be good again."""
    signed_at = demo.clock()
    demo.clock.pass_by(days=1)
    demo.registry.suspend(demo.city.identifier, reason="audit")
    with pytest.raises(ValueError, match="from_date"):
        demo.registry.withdraw(demo.city.identifier, reason="audit", mode="from_date")
    demo.registry.withdraw(demo.city.identifier, reason="audit")
    demo.update()
    with pytest.raises(NotAuthorisedError):
        demo.trusts(demo.city, signed_at=signed_at)


def test_a_suspension_from_a_date_may_become_a_withdrawal_from_a_date(demo: Demo) -> None:
    signed_at = demo.clock()
    demo.clock.pass_by(days=1)
    demo.registry.suspend(demo.city.identifier, reason="audit", mode="from_date")
    demo.registry.withdraw(demo.city.identifier, reason="audit", mode="from_date")
    demo.update()
    assert demo.trusts(demo.city, signed_at=signed_at)


# --- what revocation lists hold ---------------------------------------------------------------------------------------


def listed(demo: Demo, der: bytes) -> bool:
    serial = from_der(der).serial_number
    lists = map(x509.load_der_x509_crl, demo.registry.published().revocation_lists.values())
    return any(one.get_revoked_certificate_by_serial_number(serial) is not None for one in lists)


def test_a_revoked_certificate_leaves_the_list_after_one_that_came_after_its_end(demo: Demo) -> None:
    """RFC 5280, section 3.3."""
    der = demo.city.chain[0]
    ends = from_der(der).not_valid_after_utc
    demo.registry.revoke_certificate(der, reason="lost")
    demo.clock.now = ends - timedelta(days=1)
    assert listed(demo, der)
    demo.clock.now = ends + timedelta(days=8)
    assert listed(demo, der), "in one list that was issued after it ended"
    assert listed(demo, der), "as long as that list serves"
    demo.clock.pass_by(days=8)
    assert not listed(demo, der)
    demo.clock.pass_by(days=8)
    assert not listed(reopened(demo), der)


def reopened(demo: Demo) -> Demo:
    demo.registry = TrustRegistry.reopen(demo.store, clock=demo.clock)
    return demo


def test_a_certificate_that_is_revoked_after_its_end_is_in_a_list_first(demo: Demo) -> None:
    der = demo.city.chain[0]
    demo.clock.now = from_der(der).not_valid_after_utc + timedelta(days=30)
    demo.registry.published()
    demo.registry.revoke_certificate(der, reason="lost")
    demo.clock.pass_by(hours=1)
    assert listed(demo, der)
    demo.clock.pass_by(days=30)
    assert not listed(demo, der)


def test_a_record_that_does_not_say_when_a_certificate_ends_stays_in_the_list(demo: Demo) -> None:
    der = demo.city.chain[0]
    demo.registry.revoke_certificate(der, reason="lost")
    [record] = demo.store.find("registry_revoked")
    body = {name: value for name, value in json.loads_object(record.body).items() if name != "ends"}
    demo.store.commit(
        Put("registry_revoked", record.id, json.dumps(body), tags=(demo.registry.authorities()[1].key_id.hex(),))
    )
    for _ in range(2):
        demo.clock.pass_by(days=600)
        assert listed(demo, der)


def test_a_revocation_for_which_the_list_has_no_room_is_refused(demo: Demo) -> None:
    key_id = demo.registry.authorities()[1].key_id
    body = {"since": time_text(demo.clock()), "reason": "unspecified"}
    records = [
        Put("registry_revoked", f"{number}", json.dumps({**body, "serial": str(number + 1)}), tags=(key_id.hex(),))
        for number in range(MAX_ENTRIES)
    ]
    demo.store.commit(*records[:-1])
    demo.registry.revoke_certificate(demo.city.chain[0], reason="lost")
    log = demo.registry.log()
    with pytest.raises(ValueError, match="no more than"):
        demo.registry.revoke_certificate(demo.bank.chain[0], reason="lost")
    assert demo.registry.log() == log
    demo.registry.revoke_certificate(demo.city.mdoc_chain[0], reason="lost")  # by another CA
