# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""One key of the registry takes the place of another: what still counts meanwhile, and what no longer does after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import ClassVar

import pytest
from cryptography import x509

from tests.support.pki import NOW
from tests.support.trust import AGE, LOAN, Demo, Residence, Tax
from vcwallet.errors import (
    LimitExceededError,
    LocalProtocolError,
    MalformedError,
    SignatureInvalidError,
    StoreCorruptError,
    TrustedListError,
    UntrustedError,
    VcError,
)
from vcwallet.keys import KeySource, Role
from vcwallet.keys.software import SoftwareSigner
from vcwallet.registry import Action, TrustRegistry
from vcwallet.registry.authority import OwnKey
from vcwallet.registry.document_authorities import MAX_HANDED_IN_BYTES, MAX_REVOCATION_LIST_BYTES
from vcwallet.registry.registry import OwnAuthority
from vcwallet.storage import Delete, MemoryStore, Put
from vcwallet.trust.certificates import LEAF, CertificateAuthority, Subject, build_certificate, from_der, to_der
from vcwallet.trust.chain import ChainValidator
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.crl import Reason, RevocationList, RevokedCertificate, build_crl
from vcwallet.trust.document_signer import read_iaca
from vcwallet.trust.enrolment import Enrolment
from vcwallet.trust.master_list import MAX_AUTHORITIES, read_master_list, sign_master_list
from vcwallet.trust.mdoc_certificates import IACA_LINK, build_document_signer, build_iaca
from vcwallet.trust.published import PublishedTrust
from vcwallet.trust.registration import read_registration
from vcwallet.trust.root_statement import sign_successor


@pytest.fixture
def demo() -> Demo:
    return Demo()


def code_of(look_up: Callable[[], object]) -> str:
    with pytest.raises(VcError) as caught:
        look_up()
    return caught.value.code


def succeeded(demo: Demo, kind: OwnKey) -> OwnAuthority:
    [one] = [one for one in demo.registry.authorities() if one.kind is kind and one.succeeded]
    return one


def trusts_mdoc(demo: Demo, enrolment: Enrolment) -> bool:
    source = KeySource(chain=enrolment.mdoc_chain)
    type_id = Residence.doctype
    found = demo.client.key_for(source, role=Role.DOCUMENT_SIGNER, type_id=type_id, at=demo.clock())
    return found.party == enrolment.identifier


ROTATIONS: dict[str, Callable[[TrustRegistry], object]] = {
    "issuing CA": lambda registry: registry.rotate_issuing_ca(reason="plan"),
    "IACA": lambda registry: registry.rotate_iaca(reason="plan"),
    "list operator": lambda registry: registry.rotate_list_operator(reason="plan"),
    "registrar": lambda registry: registry.rotate_registrar(reason="plan"),
    "root": lambda registry: registry.rotate_root(reason="plan"),
}


@pytest.mark.parametrize("rotate", ROTATIONS.values(), ids=ROTATIONS)
def test_after_a_rotation_old_and_new_certificates_count(demo: Demo, rotate: Callable[[TrustRegistry], None]) -> None:
    demo.clock.pass_by(days=1)
    rotate(demo.registry)
    for _ in range(2):  # with the lists from before, and with those from after
        assert demo.trusts(demo.city)
        assert demo.trusts(demo.bank)
        assert trusts_mdoc(demo, demo.city)
        read_registration(demo.bank.registrations[LOAN.code], trust=demo.client, at=demo.clock())
        demo.update()
    demo.city = demo.registry.renew(demo.city.identifier)
    demo.bank = demo.registry.renew(demo.bank.identifier)
    assert demo.trusts(demo.city)
    assert demo.trusts(demo.bank)
    assert trusts_mdoc(demo, demo.city)
    read_registration(demo.bank.registrations[LOAN.code], trust=demo.client, at=demo.clock())
    newcomer = demo.registry.enrol_issuer("Kaze Town", may_issue=[Tax])
    demo.update()
    assert demo.trusts(newcomer, type_id=Tax.vct)
    assert demo.registry.log()[3].action is Action.ROTATE
    assert demo.registry.log()[3].reason == "plan"


@pytest.mark.parametrize("rotate", ROTATIONS.values(), ids=ROTATIONS)
def test_a_rotation_survives_a_restart_of_both_sides(demo: Demo, rotate: Callable[[TrustRegistry], None]) -> None:
    rotate(demo.registry)
    rotate(demo.registry)
    published, authorities = demo.registry.published(), demo.registry.authorities()
    demo.update()
    demo.registry = TrustRegistry.reopen(demo.store, clock=demo.clock)
    assert demo.registry.published() == published
    assert set(demo.registry.authorities()) == set(authorities)
    demo.client = TrustedListClient.resume(demo.client_store)
    assert demo.client.published == published
    assert demo.trusts(demo.registry.renew(demo.city.identifier))
    assert TrustedListClient.start(published, store=MemoryStore(), at=NOW).published == published


# --- the issuing CA ---------------------------------------------------------------------------------------------------


def test_an_issuing_ca_is_retired_when_everybody_is_under_the_new_one(demo: Demo) -> None:
    old = demo.city
    demo.registry.rotate_issuing_ca(reason="plan")
    assert {one.party for one in demo.registry.to_renew()} == {demo.city.identifier, demo.bank.identifier}
    demo.city = demo.registry.renew(demo.city.identifier)
    assert {one.party for one in demo.registry.to_renew()} == {demo.bank.identifier}
    demo.bank = demo.registry.renew(demo.bank.identifier, signer=demo.bank.signer)
    assert demo.registry.to_renew() == ()
    demo.registry.retire(succeeded(demo, OwnKey.ISSUING_CA).key_id, reason="plan")
    assert demo.trusts(old), "not before the news has arrived"
    demo.update()
    assert demo.trusts(demo.city)
    assert demo.trusts(demo.bank)
    with pytest.raises(UntrustedError, match="another CA"):
        demo.trusts(old)
    assert trusts_mdoc(demo, old), "the IACA is another matter"
    assert demo.registry.log()[-1].action is Action.RETIRE


def test_the_certificate_of_a_retired_issuing_ca_is_revoked_by_its_root(demo: Demo) -> None:
    demo.registry.rotate_issuing_ca(reason="plan")
    old = succeeded(demo, OwnKey.ISSUING_CA)
    demo.registry.retire(old.key_id, reason="plan", compromised=True)
    published = demo.registry.published()
    assert old.key_id not in published.revocation_lists
    root = demo.registry.authorities()[0]
    revoked = RevocationList.read(published.revocation_lists[root.key_id], issuer=from_der(root.certificate)).revoked
    entry = revoked[from_der(old.certificate).serial_number]
    assert entry.reason is Reason.CA_COMPROMISE


def test_what_has_not_been_succeeded_is_not_retired(demo: Demo) -> None:
    for key_id in (*(one.key_id for one in demo.registry.authorities()), b"", b"nobody"):
        with pytest.raises(ValueError, match="succeeded"):
            demo.registry.retire(key_id, reason="x")
    demo.registry.rotate_issuing_ca(reason="plan")
    key_id = succeeded(demo, OwnKey.ISSUING_CA).key_id
    demo.registry.retire(key_id, reason="plan")
    with pytest.raises(ValueError, match="succeeded"):
        demo.registry.retire(key_id, reason="again")


def test_withdrawn_parties_and_those_with_an_iaca_of_their_own_need_no_renewal(demo: Demo) -> None:
    demo.registry.enrol_document_issuer(
        "Ministry", code="ministry", iaca=to_der(MINISTRY.certificate), may_issue=[Residence]
    )
    demo.registry.withdraw(demo.bank.identifier, reason="closed")
    demo.registry.rotate_issuing_ca(reason="plan")
    assert [one.party for one in demo.registry.to_renew()] == [demo.city.identifier]
    demo.registry.rotate_iaca(reason="plan")
    demo.registry.renew(demo.city.identifier)
    assert demo.registry.to_renew() == ()


def test_an_issuer_of_mdocs_is_renewed_after_a_rotation_of_the_iaca_too(demo: Demo) -> None:
    demo.registry.enrol_issuer("Tax office", code="tax", may_issue=[Tax])
    demo.registry.rotate_iaca(reason="plan")
    assert [one.party for one in demo.registry.to_renew()] == [demo.city.identifier]


# --- the IACA ---------------------------------------------------------------------------------------------------------


def test_a_new_iaca_is_vouched_for_by_the_old_one(demo: Demo) -> None:
    old = demo.registry.authorities()[2]
    link = from_der(demo.registry.rotate_iaca(reason="plan"))
    new = demo.registry.authorities()[2]
    IACA_LINK.require(link)
    link.verify_directly_issued_by(from_der(old.certificate))
    assert link.public_key() == read_iaca(new.certificate).public_key()
    assert succeeded(demo, OwnKey.IACA) == replace(old, succeeded=True)


def test_a_retired_iaca_certifies_nobody(demo: Demo) -> None:
    old = demo.city
    demo.registry.rotate_iaca(reason="plan")
    demo.city = demo.registry.renew(demo.city.identifier)
    demo.registry.retire(succeeded(demo, OwnKey.IACA).key_id, reason="plan")
    demo.update()
    assert trusts_mdoc(demo, demo.city)
    with pytest.raises(UntrustedError):
        trusts_mdoc(demo, old)
    assert demo.trusts(old), "the issuing CA is another matter"


def test_a_list_full_of_iacas_takes_no_further_one(demo: Demo) -> None:
    demo.registry._document_authorities |= {bytes([1, number % 256, number // 256]): b"" for number in range(499)}
    with pytest.raises(ValueError, match="IACAs"):
        demo.registry.rotate_iaca(reason="plan")


# --- the root ---------------------------------------------------------------------------------------------------------


def test_a_follower_that_slept_through_several_rotations_gets_there(demo: Demo) -> None:
    first = demo.client.published
    for _ in range(3):
        demo.registry.rotate_root(reason="plan")
    demo.update()
    assert demo.client.published.anchor != first.anchor
    assert demo.trusts(demo.city)
    pins = sorted(demo.client_store.find("trust_anchor"), key=lambda record: record.id)
    assert [record.body for record in pins][0::3] == [first.anchor, demo.client.published.anchor]
    assert refused(demo, first) == "REGISTRY_ROLLBACK"
    demo.client = TrustedListClient.resume(demo.client_store)
    assert refused(demo, first) == "REGISTRY_ROLLBACK"


def refused(demo: Demo, published: PublishedTrust) -> str:
    before, pins = demo.client.published, list(demo.client_store.find("trust_anchor"))
    with pytest.raises(TrustedListError) as caught:
        demo.client.update(published, at=demo.clock())
    assert demo.client.published is before
    assert list(demo.client_store.find("trust_anchor")) == pins
    return caught.value.code


def test_nothing_but_a_statement_of_the_pinned_root_brings_a_new_one(demo: Demo) -> None:
    demo.registry.rotate_root(reason="plan")
    demo.registry.rotate_root(reason="plan")
    new = demo.registry.published()
    assert refused(demo, replace(new, root_statements=())) == "REGISTRY_UNSIGNED"
    assert refused(demo, replace(new, root_statements=new.root_statements[1:])) == "REGISTRY_UNSIGNED"
    assert refused(demo, replace(new, root_statements=new.root_statements[:1])) == "REGISTRY_UNSIGNED"
    assert refused(demo, replace(new, root_statements=new.root_statements[::-1])) == "REGISTRY_UNSIGNED"
    assert refused(demo, replace(new, root_statements=("a.b.c",))) == "REGISTRY_MALFORMED"
    header, body, _ = new.root_statements[0].split(".")
    unsigned = (f"{header}.{body}.{'A' * 86}", new.root_statements[1])
    assert refused(demo, replace(new, root_statements=unsigned)) == "REGISTRY_UNSIGNED"
    demo.client.update(new, at=NOW)


def test_a_root_of_another_registry_is_not_taken_with_a_statement_of_its_own(demo: Demo) -> None:
    other = Demo()
    theirs = other.registry._authority.root.authority
    ours = CertificateAuthority(certificate=demo.registry._authority.root.certificate, signer=theirs.signer)
    forged = replace(other.registry.published(), root_statements=(sign_successor(theirs, ours, at=NOW),))
    assert refused(demo, forged) == "REGISTRY_UNSIGNED"


def test_a_new_root_is_pinned_together_with_its_lists_or_not_at_all(demo: Demo) -> None:
    demo.registry.rotate_root(reason="plan")
    new = demo.registry.published()
    assert refused(demo, replace(new, type_metadata={})) == "REGISTRY_MIXED"
    demo.clock.pass_by(days=8)
    assert refused(demo, new) == "REGISTRY_STALE"
    demo.update()
    assert demo.trusts(demo.registry.renew(demo.city.identifier))


def test_a_new_root_starts_the_numbers_of_lists_anew(demo: Demo) -> None:
    """Who has stolen the list operator's key may have used the numbers up; a new root is the way out of that."""
    copy = MemoryStore()
    copy._records = dict(demo.store._records)
    thief = TrustRegistry.reopen(copy, clock=demo.clock)
    for number in range(5):
        thief.add_purpose(demo.bank.identifier, replace(AGE, code=f"stolen-{number}"))
        demo.client.update(thief.published(), at=demo.clock())
    demo.registry.rotate_list_operator(reason="stolen")
    assert refused(demo, demo.registry.published()) == "REGISTRY_ROLLBACK"
    demo.registry.rotate_root(reason="stolen")
    demo.update()
    assert demo.client.sequence == demo.registry._issues["master"].number < 5
    assert demo.trusts(demo.city)


def test_a_retired_root_takes_what_is_below_it_along(demo: Demo) -> None:
    old = demo.city
    demo.registry.rotate_issuing_ca(reason="plan")
    demo.registry.rotate_root(reason="plan")
    demo.city = demo.registry.renew(demo.city.identifier)
    root = succeeded(demo, OwnKey.ROOT)
    demo.registry.retire(root.key_id, reason="plan")
    assert [one.kind for one in demo.registry.authorities()] == [OwnKey.ROOT, OwnKey.ISSUING_CA, OwnKey.IACA]
    demo.update()
    assert demo.trusts(demo.city)
    with pytest.raises(UntrustedError):
        demo.trusts(old)
    late = TrustedListClient.start(demo.registry.published(), store=MemoryStore(), at=NOW)
    source = KeySource(chain=demo.city.chain)
    assert late.key_for(source, role=Role.CREDENTIAL_ISSUER, type_id=Residence.vct, at=NOW).party == old.identifier


def test_a_role_with_an_enrolment_from_before_goes_on_with_the_new_root(demo: Demo) -> None:
    """As a verifier does that is started again with the enrolment that it once got."""
    demo.registry.rotate_root(reason="plan")
    demo.update()
    again = TrustedListClient.follow(demo.bank.trust, store=demo.client_store, at=demo.clock())
    assert again.published == demo.client.published
    with pytest.raises(TrustedListError):
        TrustedListClient.follow(Demo().registry.published(), store=demo.client_store, at=demo.clock())


def test_of_two_processes_that_take_two_roots_the_later_one_is_refused(demo: Demo) -> None:
    copy = MemoryStore()
    copy._records = dict(demo.store._records)
    fork = TrustRegistry.reopen(copy, clock=demo.clock)
    demo.registry.rotate_root(reason="plan")
    fork.rotate_root(reason="fork")
    fork.suspend(demo.bank.identifier, reason="fork")
    fork.published()
    fork.reinstate(demo.bank.identifier, reason="fork")

    class Racing(MemoryStore):
        meanwhile: ClassVar[list[Callable[[], None]]] = []

        def commit(self, *changes: object) -> None:
            if self.meanwhile:
                self.meanwhile.pop()()
            super().commit(*changes)  # type: ignore[arg-type]

    store = Racing()
    store._records = dict(demo.client_store._records)
    first, second = TrustedListClient.resume(store), TrustedListClient.resume(store)
    store.meanwhile.append(lambda: second.update(demo.registry.published(), at=NOW))
    with pytest.raises(TrustedListError):
        first.update(fork.published(), at=NOW)
    assert first.published == second.published == demo.registry.published()
    assert TrustedListClient.resume(store).published == demo.registry.published()
    assert code_of(lambda: first.update(fork.published(), at=NOW)) == "REGISTRY_UNSIGNED"


# --- registrar and list operator --------------------------------------------------------------------------------------


def test_a_compromised_registrars_registrations_are_refused_and_new_ones_are_not(demo: Demo) -> None:
    demo.registry.rotate_registrar(reason="stolen", revoke_previous=True)
    renewed = demo.registry.renew(demo.bank.identifier)
    demo.update()
    read_registration(renewed.registrations[LOAN.code], trust=demo.client, at=NOW)
    old = demo.bank.registrations[LOAN.code]
    assert code_of(lambda: read_registration(old, trust=demo.client, at=NOW)) == "KEY_REVOKED"


def test_a_new_list_operator_signs_every_list_anew(demo: Demo) -> None:
    before = demo.registry.published()
    demo.registry.rotate_list_operator(reason="plan")
    after = demo.registry.published()
    assert all(after.lists[role] != text for role, text in before.lists.items())
    assert after.type_metadata == before.type_metadata
    assert refused(demo, replace(after, lists=before.lists)) == "REGISTRY_MIXED"
    demo.client.update(after, at=NOW)


def test_an_entry_that_announces_both_ends_of_a_suspension_keeps_the_mode_of_each(demo: Demo) -> None:
    signed_at = demo.clock()
    demo.registry.suspend(demo.city.identifier, reason="move", mode="from_date", since=NOW + timedelta(days=1))
    demo.registry.reinstate(demo.city.identifier, reason="moved", since=NOW + timedelta(days=2))
    demo.update()
    demo.clock.pass_by(days=1.5)
    assert demo.trusts(demo.city, signed_at=signed_at)
    assert code_of(lambda: demo.trusts(demo.city)) == "NOT_AUTHORISED"
    demo.clock.pass_by(days=1)
    assert demo.trusts(demo.city)
    assert code_of(lambda: demo.trusts(demo.city, signed_at=NOW + timedelta(days=1.5))) == "NOT_AUTHORISED"


def test_a_former_list_operator_does_not_come_back_by_way_of_a_former_ca(demo: Demo) -> None:
    """The operator's key has a certificate by the old CA and one by the new: both are revoked."""
    thief = demo.registry._authority
    demo.registry.rotate_issuing_ca(reason="plan")
    demo.update()
    demo.registry.rotate_list_operator(reason="stolen")
    demo.update()
    published = demo.registry.published()
    master = read_master_list(published.master, validator=ChainValidator(from_der(published.anchor)), at=None)[0]
    chain = thief.chain(thief.list_operator.certificate)
    forged = sign_master_list(replace(master, sequence=99), signer=thief.list_operator.signer, chain=chain)
    assert refused(demo, replace(published, master=forged)) == "CERTIFICATE_REVOKED"


def test_no_more_cas_are_succeeded_than_a_list_can_hold(demo: Demo) -> None:
    for _ in range(MAX_AUTHORITIES - 1):
        demo.registry.rotate_issuing_ca(reason="plan")
    demo.update()
    assert demo.trusts(demo.city)
    with pytest.raises(ValueError, match="retire"):
        demo.registry.rotate_issuing_ca(reason="plan")
    with pytest.raises(ValueError, match="retire"):
        demo.registry.rotate_root(reason="plan")
    demo.registry.retire(demo.registry.authorities()[-1].key_id, reason="plan")
    demo.registry.rotate_root(reason="plan")


def test_a_root_is_succeeded_as_often_as_followers_can_follow(demo: Demo) -> None:
    authority = demo.registry._authority
    demo.registry._authority = replace(authority, root_statements=authority.root_statements + ("x",) * 100)
    with pytest.raises(ValueError, match="new registry"):
        demo.registry.rotate_root(reason="plan")


# --- single certificates ----------------------------------------------------------------------------------------------


def test_a_certificate_is_revoked_once_and_by_who_made_it(demo: Demo) -> None:
    demo.registry.revoke_certificate(demo.city.chain[0], reason="lost")
    with pytest.raises(ValueError, match="already"):
        demo.registry.revoke_certificate(demo.city.chain[0], reason="lost")
    with pytest.raises(ValueError, match="no CA of the registry"):
        demo.registry.revoke_certificate(Demo().city.chain[0], reason="not ours")
    with pytest.raises(MalformedError):
        demo.registry.revoke_certificate(b"", reason="x")
    forged = CertificateAuthority(
        certificate=demo.registry._authority.issuing_ca.certificate, signer=SoftwareSigner.generate()
    )
    subject = Subject(country="ZZ", organisation="x", common_name="x", identifier="urn:x")
    key = SoftwareSigner.generate().public_key
    leaf = build_certificate(subject, key, profile=LEAF[Role.VERIFIER], issuer=forged, at=NOW)
    with pytest.raises(ValueError, match="no CA of the registry"):
        demo.registry.revoke_certificate(to_der(leaf), reason="forged")
    assert demo.registry.log()[-1].action is Action.REVOKE


def test_the_certificates_of_the_registry_itself_are_not_revoked_singly(demo: Demo) -> None:
    own = demo.registry._authority
    for one in (*demo.registry.authorities(),):
        with pytest.raises(ValueError, match="rotated"):
            demo.registry.revoke_certificate(one.certificate, reason="x")
    for certificate in own.own_certificates():
        with pytest.raises(ValueError, match="rotated"):
            demo.registry.revoke_certificate(to_der(certificate), reason="x")


def test_a_revoked_certificate_is_passed_over_when_all_of_a_party_are_revoked(demo: Demo) -> None:
    demo.registry.revoke_certificate(demo.city.chain[0], reason="lost")
    demo.registry.renew(demo.city.identifier, revoke_previous=True)
    demo.update()
    assert code_of(lambda: demo.trusts(demo.city)) == "KEY_REVOKED"


def test_the_revocation_lists_are_where_certificates_say_and_their_numbers_grow(demo: Demo) -> None:
    demo.registry.rotate_issuing_ca(reason="plan")
    demo.registry.rotate_iaca(reason="plan")
    lists = demo.registry.revocation_lists()
    assert len(lists) == 5
    assert {"https://registry.example/iaca.crl", "https://registry.example/issuing-ca.crl"} <= lists.keys()
    renewed = demo.registry.renew(demo.city.identifier)
    points = from_der(renewed.mdoc_chain[0]).extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert points[0].full_name[0].value in lists
    numbers = []
    for days in (0, 8, 8):
        demo.clock.pass_by(days=days)
        found = demo.registry.revocation_lists()["https://registry.example/root-ca.crl"]
        numbers.append(x509.load_der_x509_crl(found).extensions.get_extension_for_class(x509.CRLNumber).value)
    assert [later.crl_number - former.crl_number for former, later in pairwise(numbers)] == [1, 1]


# --- revocation lists of a party's own IACA ---------------------------------------------------------------------------

MINISTRY = build_iaca(
    Subject(country="ZZ", organisation="Ministry", common_name="Ministry IACA"),
    SoftwareSigner.generate(),
    contact="https://ministry.example",
    at=NOW,
)


def crl(*revoked: int, number: int = 1, days: int = 30) -> bytes:
    entries = [RevokedCertificate(serial_number=serial, revoked_at=NOW) for serial in revoked]
    return build_crl(MINISTRY, entries, number=number, at=NOW, next_update=NOW + timedelta(days=days))


@pytest.fixture
def ministry(demo: Demo) -> str:
    return demo.registry.enrol_document_issuer(
        "Ministry", code="ministry", iaca=to_der(MINISTRY.certificate), may_issue=[Residence]
    )


def signer_of_the_ministry() -> bytes:
    subject = Subject(country="ZZ", organisation="Ministry", common_name="Signer")
    key = SoftwareSigner.generate().public_key
    address = "https://ministry.example/iaca.crl"
    return to_der(build_document_signer(subject, key, issuer=MINISTRY, revocation_list=address, at=NOW))


def test_a_partys_own_iaca_may_hand_in_its_revocation_list(demo: Demo, ministry: str) -> None:
    signer = signer_of_the_ministry()

    def look_up() -> object:
        source = KeySource(chain=(signer,))
        return demo.client.key_for(source, role=Role.DOCUMENT_SIGNER, type_id=Residence.doctype, at=demo.clock())

    demo.update()
    look_up()
    demo.registry.hand_in_revocation_list(ministry, crl())
    demo.update()
    look_up()
    demo.registry.hand_in_revocation_list(ministry, crl(from_der(signer).serial_number, number=2))
    demo.registry = TrustRegistry.reopen(demo.store, clock=demo.clock)
    demo.update()
    assert code_of(look_up) == "CERTIFICATE_REVOKED"


def test_a_revocation_list_that_ends_stops_its_own_iaca_alone(demo: Demo, ministry: str) -> None:
    demo.registry.hand_in_revocation_list(ministry, crl(days=2))
    demo.update()
    demo.clock.pass_by(days=2)
    demo.update()
    source = KeySource(chain=(signer_of_the_ministry(),))
    type_id, at = Residence.doctype, demo.clock()
    assert (
        code_of(lambda: demo.client.key_for(source, role=Role.DOCUMENT_SIGNER, type_id=type_id, at=at)) == "CRL_STALE"
    )
    assert trusts_mdoc(demo, demo.city)


def test_a_revocation_list_that_was_there_does_not_go_away(demo: Demo, ministry: str) -> None:
    demo.registry.hand_in_revocation_list(ministry, crl())
    demo.update()
    demo.registry._revocation_lists.clear()
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    assert refused(demo, demo.registry.published()) == "CRL_MISSING"


def test_revocation_lists_that_are_handed_in_leave_room_for_everything_else(demo: Demo, ministry: str) -> None:
    new = crl()
    other = RevocationList.read(new, issuer=MINISTRY.certificate)
    for length, fits in ((MAX_HANDED_IN_BYTES - len(new) + 1, False), (1000, True)):
        demo.registry._revocation_lists[b"other"] = replace(other, der=bytes(length))
        if fits:
            demo.registry.hand_in_revocation_list(ministry, new)
        else:
            with pytest.raises(LimitExceededError):
                demo.registry.hand_in_revocation_list(ministry, new)
            assert demo.registry.log()[-1].action is not Action.REVOKE


def test_a_revocation_list_is_that_of_the_partys_iaca_newer_and_not_past_its_end(demo: Demo, ministry: str) -> None:
    demo.registry.hand_in_revocation_list(ministry, crl(number=5))
    demo.registry.hand_in_revocation_list(ministry, crl(number=6))
    for late in (crl(number=5), crl(7, number=6)):
        with pytest.raises(TrustedListError, match="CRL_ROLLBACK"):
            demo.registry.hand_in_revocation_list(ministry, late)
    other = build_iaca(
        Subject(country="ZZ", organisation="Ministry", common_name="Ministry IACA"),
        SoftwareSigner.generate(),
        contact="https://ministry.example",
        at=NOW,
    )
    forged = build_crl(other, [], number=9, at=NOW, next_update=NOW + timedelta(days=9))
    with pytest.raises((UntrustedError, SignatureInvalidError)):
        demo.registry.hand_in_revocation_list(ministry, forged)
    demo.clock.pass_by(days=31)
    with pytest.raises(TrustedListError, match="CRL_STALE"):
        demo.registry.hand_in_revocation_list(ministry, crl(number=7))
    with pytest.raises(ValueError, match="no IACA"):
        demo.registry.hand_in_revocation_list(demo.city.identifier, crl(number=8))


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_a_revocation_list_may_have_a_number_of_twenty_octets_and_is_not_too_long(demo: Demo, ministry: str) -> None:
    demo.registry.hand_in_revocation_list(ministry, crl(number=2**159 - 1))
    demo.update()
    many = range(1, MAX_REVOCATION_LIST_BYTES // 15)
    with pytest.raises(LimitExceededError):
        demo.registry.hand_in_revocation_list(ministry, crl(*many, number=2**159 - 1))


def test_of_two_writers_who_rotate_the_later_one_is_told_to_reopen(demo: Demo) -> None:
    other = TrustRegistry.reopen(demo.store, clock=demo.clock)
    demo.registry.rotate_root(reason="plan")
    before = other.authorities()
    with pytest.raises(LocalProtocolError):
        other.rotate_root(reason="plan")
    assert other.authorities() == before
    published = demo.registry.published()
    assert TrustRegistry.reopen(demo.store, clock=demo.clock).published() == published


@pytest.mark.parametrize("collection", ["registry_key", "registry_root_statement", "registry_document_authority_crl"])
def test_a_damaged_record_is_found(demo: Demo, ministry: str, collection: str) -> None:
    demo.registry.rotate_root(reason="plan")
    demo.registry.hand_in_revocation_list(ministry, crl())
    TrustRegistry.reopen(demo.store, clock=demo.clock)
    record = next(demo.store.find(collection))
    demo.store.commit(Put(collection, record.id, b"\xff"))
    with pytest.raises(StoreCorruptError):
        TrustRegistry.reopen(demo.store, clock=demo.clock)


def test_a_revocation_list_of_an_iaca_that_is_gone_is_damage(demo: Demo, ministry: str) -> None:
    demo.registry.hand_in_revocation_list(ministry, crl())
    [record] = demo.store.find("registry_document_authority")
    demo.store.commit(Delete("registry_document_authority", record.id))
    with pytest.raises(StoreCorruptError):
        TrustRegistry.reopen(demo.store, clock=demo.clock)
