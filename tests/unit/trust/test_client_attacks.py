# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a follower refuses: mixtures, revoked certificates, missing or old revocation lists, a clock that went back.

Each refusal leaves in use what was in use, and has a twin that passes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509

from tests.support.pki import NOW, make
from tests.support.trust import Demo, Identity, Residence
from vcwallet.errors import StoreFullError, TrustedListError, UntrustedError, VcError
from vcwallet.keys import KeySource, Role
from vcwallet.registry import TrustRegistry
from vcwallet.registry.publication import Issue
from vcwallet.storage import Change, MemoryStore
from vcwallet.trust.certificates import ROOT, from_der, subject_key_id, to_der
from vcwallet.trust.chain import ChainValidator
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.enrolment import Enrolment
from vcwallet.trust.list_json import LIST_TYPES
from vcwallet.trust.master_list import MasterList, read_master_list, sign_master_list
from vcwallet.trust.published import PublishedTrust


@pytest.fixture
def demo() -> Demo:
    return Demo()


def refused(demo: Demo, published: PublishedTrust) -> str:
    before = demo.client.published
    with pytest.raises(TrustedListError) as caught:
        demo.client.update(published, at=demo.clock())
    assert demo.client.published is before, "the last good lists stay"
    assert TrustedListClient.resume(demo.client_store).published == before
    return caught.value.code


def master_of(published: PublishedTrust) -> MasterList:
    validator = ChainValidator(from_der(published.anchor))
    return read_master_list(published.master, validator=validator, at=None)[0]


def signed_again(demo: Demo, master: MasterList) -> str:
    """Return a list of lists as somebody signs it who has the key of the list operator."""
    authority = demo.registry._authority
    operator = authority.list_operator
    return sign_master_list(master, signer=operator.signer, chain=authority.chain(operator.certificate))


# --- mixtures ---------------------------------------------------------------------------------------------------------


def two_moments(demo: Demo) -> tuple[PublishedTrust, PublishedTrust]:
    """Return what was published before and after every document but the root has changed."""
    demo.registry.enrol_status_signer("Data centre", code="status")
    demo.registry.enrol_wallet_provider("Wallets", code="wallets")
    old = demo.registry.published()
    for identifier in (demo.city.identifier, demo.bank.identifier, "urn:vcwallet:party:status"):
        demo.registry.suspend(identifier, reason="audit")
    demo.registry.suspend("urn:vcwallet:party:wallets", reason="audit")
    demo.registry.rotate_registrar(reason="yearly", revoke_previous=True)
    demo.registry.revoke_certificate(demo.bank.chain[0], reason="lost")
    demo.registry.revoke_certificate(demo.city.mdoc_chain[0], reason="lost")
    return old, demo.registry.published()


@pytest.mark.parametrize("role", LIST_TYPES)
def test_a_list_of_another_moment_is_refused(demo: Demo, role: Role) -> None:
    old, new = two_moments(demo)
    assert old.lists[role] != new.lists[role]
    assert refused(demo, replace(new, lists={**new.lists, role: old.lists[role]})) == "REGISTRY_MIXED"
    demo.client.update(new, at=NOW)


@pytest.mark.parametrize("role", LIST_TYPES)
def test_a_list_that_is_missing_or_another_roles_is_refused(demo: Demo, role: Role) -> None:
    new = two_moments(demo)[1]
    assert refused(demo, replace(new, lists={**new.lists, role: ""})) == "REGISTRY_MIXED"
    [other] = [one for one in LIST_TYPES if one is not role][:1]
    assert refused(demo, replace(new, lists={**new.lists, role: new.lists[other]})) == "REGISTRY_MIXED"
    fewer = {one: text for one, text in new.lists.items() if one is not role}
    assert refused(demo, replace(new, lists=fewer)) == "REGISTRY_MIXED"


def test_a_list_of_lists_of_another_moment_is_refused_with_these_lists(demo: Demo) -> None:
    old, new = two_moments(demo)
    demo.client.update(old, at=NOW)
    assert refused(demo, replace(new, master=old.master)) == "REGISTRY_MIXED"
    assert refused(demo, replace(old, master=new.master)) == "REGISTRY_MIXED"
    demo.client.update(new, at=NOW)


def test_a_revocation_list_of_another_moment_or_ca_is_refused(demo: Demo) -> None:
    old, new = two_moments(demo)
    changed = [key for key in new.revocation_lists if old.revocation_lists[key] != new.revocation_lists[key]]
    assert len(changed) == 2, "those of the issuing CA and of the IACA"
    for key_id in changed:
        mixed = {**new.revocation_lists, key_id: old.revocation_lists[key_id]}
        assert refused(demo, replace(new, revocation_lists=mixed)) == "REGISTRY_MIXED"
    swapped = dict(zip(new.revocation_lists, reversed(list(new.revocation_lists.values())), strict=True))
    assert refused(demo, replace(new, revocation_lists=swapped)) == "REGISTRY_MIXED"
    more = {**new.revocation_lists, b"another": b"list"}
    assert refused(demo, replace(new, revocation_lists=more)) == "REGISTRY_MIXED"
    demo.client.update(new, at=NOW)


def test_a_number_that_is_not_the_lists_own_is_refused(demo: Demo) -> None:
    demo.registry.suspend(demo.city.identifier, reason="audit")
    new = demo.registry.published()
    master = master_of(new)
    pins = dict(master.lists)
    pins[Role.VERIFIER] = replace(pins[Role.VERIFIER], number=pins[Role.VERIFIER].number + 1)
    assert refused(demo, replace(new, master=signed_again(demo, replace(master, lists=pins)))) == "REGISTRY_MIXED"
    crls = {key_id: replace(pin, number=pin.number + 1) for key_id, pin in master.revocation_lists.items()}
    forged = signed_again(demo, replace(master, revocation_lists=crls))
    assert refused(demo, replace(new, master=forged)) == "REGISTRY_MIXED"


def forged_master(demo: Demo, new: PublishedTrust, **changes: Any) -> PublishedTrust:
    return replace(new, master=signed_again(demo, replace(master_of(new), **changes)))


def test_what_is_named_as_a_ca_and_is_none_is_malformed(demo: Demo) -> None:
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    new = demo.registry.published()
    leaf, issuing = demo.city.chain
    root = from_der(new.anchor)
    twice = make("Root CA", ROOT, issuer=None, signer=demo.registry._authority.root.signer)
    nameless = make("Root CA", ROOT, issuer=None, change=lambda draft: draft.drop(x509.SubjectKeyIdentifier))
    for former in (leaf, issuing, new.anchor, to_der(twice.certificate), to_der(nameless.certificate), b"0"):
        assert refused(demo, forged_master(demo, new, former_roots=(former,))) == "REGISTRY_MALFORMED"
    assert subject_key_id(twice.certificate) == subject_key_id(root)
    for authorities in ((to_der(nameless.certificate),), (b"0",)):
        assert refused(demo, forged_master(demo, new, issuing_authorities=authorities)) == "REGISTRY_MALFORMED"
    assert refused(demo, forged_master(demo, new, issuing_authorities=(issuing, leaf))) == "CRL_MISSING"
    demo.client.update(new, at=NOW)


def test_a_pinned_revocation_list_that_its_ca_has_not_signed_is_malformed(demo: Demo) -> None:
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    new, (root, issuing, _) = demo.registry.published(), demo.registry.authorities()
    master = master_of(new)
    swapped = {**new.revocation_lists, issuing.key_id: new.revocation_lists[root.key_id]}
    pins = {**master.revocation_lists, issuing.key_id: master.revocation_lists[root.key_id]}
    forged = replace(forged_master(demo, new, revocation_lists=pins), revocation_lists=swapped)
    assert refused(demo, forged) == "REGISTRY_MALFORMED"


def test_a_revocation_list_from_the_future_is_refused(demo: Demo) -> None:
    demo.clock.pass_by(days=9)
    later = demo.registry.published()
    demo.clock.pass_by(days=-9)
    demo.registry = TrustRegistry.reopen(demo.store, clock=demo.clock)
    forged = forged_master(demo, later, issued=NOW, next_update=NOW + timedelta(days=5))
    assert refused(demo, forged) == "REGISTRY_NOT_YET_VALID"


def test_the_certificate_of_an_operator_is_judged_by_the_time(demo: Demo) -> None:
    operator = demo.registry._authority.list_operator.certificate
    demo.clock.now = operator.not_valid_after_utc + timedelta(seconds=1)
    assert refused(demo, demo.client.published) == "REGISTRY_STALE"


# --- an operator that goes back ---------------------------------------------------------------------------------------


def test_a_list_of_lists_that_goes_on_with_an_older_list_is_a_rollback(demo: Demo) -> None:
    old = demo.registry.published()
    demo.registry.suspend(demo.city.identifier, reason="audit")
    demo.update()
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    new = demo.registry.published()
    role = Role.CREDENTIAL_ISSUER
    forged = replace(master_of(new), lists={**master_of(new).lists, role: master_of(old).lists[role]}, sequence=10)
    mixed = replace(new, master=signed_again(demo, forged), lists={**new.lists, role: old.lists[role]})
    assert refused(demo, mixed) == "REGISTRY_ROLLBACK"
    demo.client.update(new, at=NOW)


def test_another_list_of_the_same_number_is_a_rollback(demo: Demo) -> None:
    copy = MemoryStore()
    copy._records = dict(demo.store._records)
    fork = TrustRegistry.reopen(copy, clock=demo.clock)
    demo.registry.suspend(demo.city.identifier, reason="audit")
    demo.update()
    fork.withdraw(demo.city.identifier, reason="fork")
    fork.published()
    fork.suspend(demo.bank.identifier, reason="fork")
    assert refused(demo, fork.published()) == "REGISTRY_ROLLBACK"


# --- revocation -------------------------------------------------------------------------------------------------------


def test_a_revoked_certificate_is_refused_and_the_partys_others_are_not(demo: Demo) -> None:
    renewed = demo.registry.renew(demo.city.identifier, signer=demo.city.signer)
    demo.registry.revoke_certificate(demo.city.chain[0], reason="lost card")
    assert demo.trusts(demo.city), "not before the news has arrived"
    demo.update()
    with pytest.raises(UntrustedError) as caught:
        demo.trusts(demo.city)
    assert caught.value.code == "CERTIFICATE_REVOKED"
    assert demo.trusts(renewed)
    demo.client = TrustedListClient.resume(demo.client_store)
    with pytest.raises(UntrustedError):
        demo.trusts(demo.city)


def test_a_revoked_certificate_stays_refused_for_what_it_says_to_have_signed_before(demo: Demo) -> None:
    signed_at = demo.clock()
    demo.clock.pass_by(days=1)
    demo.registry.revoke_certificate(demo.city.chain[0], reason="lost card")
    demo.update()
    with pytest.raises(UntrustedError):
        demo.trusts(demo.city, signed_at=signed_at)


def test_a_revoked_document_signer_is_refused(demo: Demo) -> None:
    def look_up() -> str:
        source = KeySource(chain=demo.city.mdoc_chain)
        found = demo.client.key_for(source, role=Role.DOCUMENT_SIGNER, type_id=Residence.doctype, at=demo.clock())
        return found.party

    assert look_up() == demo.city.identifier
    demo.registry.revoke_certificate(demo.city.mdoc_chain[0], reason="lost")
    demo.update()
    with pytest.raises(UntrustedError) as caught:
        look_up()
    assert caught.value.code == "CERTIFICATE_REVOKED"
    assert demo.trusts(demo.city), "its certificate as an issuer still counts"


def test_the_keys_of_a_compromised_party_are_in_the_revocation_lists_too(demo: Demo) -> None:
    demo.registry.renew(demo.city.identifier, revoke_previous=True)
    published = demo.registry.published()
    for der in (demo.city.chain[0], demo.city.mdoc_chain[0]):
        assert_in_a_revocation_list(der, published.revocation_lists)


def assert_in_a_revocation_list(der: bytes, lists: Mapping[bytes, bytes]) -> None:
    serial = from_der(der).serial_number
    assert any(
        x509.load_der_x509_crl(one).get_revoked_certificate_by_serial_number(serial) is not None
        for one in lists.values()
    )


@pytest.mark.parametrize("which", [0, 1, 2], ids=["root", "issuing CA", "IACA"])
def test_a_revocation_list_that_is_missing_is_refused(demo: Demo, which: int) -> None:
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    new = demo.registry.published()
    key_id = demo.registry.authorities()[which].key_id
    fewer = {key: der for key, der in new.revocation_lists.items() if key != key_id}
    assert refused(demo, replace(new, revocation_lists=fewer)) == "CRL_MISSING"
    master = master_of(new)
    pins = {key: pin for key, pin in master.revocation_lists.items() if key != key_id}
    forged = signed_again(demo, replace(master, revocation_lists=pins))
    assert refused(demo, replace(new, master=forged, revocation_lists=fewer)) == "CRL_MISSING"
    demo.client.update(new, at=NOW)


def test_a_revocation_list_of_nobody_is_malformed(demo: Demo) -> None:
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    new, key_id = demo.registry.published(), b"nobody"
    master, (known, der) = master_of(new), next(iter(new.revocation_lists.items()))
    pins = {**master.revocation_lists, key_id: master.revocation_lists[known]}
    forged = signed_again(demo, replace(master, revocation_lists=pins))
    more = {**new.revocation_lists, key_id: der}
    assert refused(demo, replace(new, master=forged, revocation_lists=more)) == "REGISTRY_MALFORMED"


@pytest.mark.parametrize("which", [0, 1, 2], ids=["root", "issuing CA", "IACA"])
def test_an_older_revocation_list_is_a_rollback(demo: Demo, which: int) -> None:
    """As by one who has the list operator's key, and with that cannot undo what a CA has said."""
    old = demo.registry.published()
    demo.clock.pass_by(days=8)  # after which every revocation list is a new one
    demo.update()
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    new = demo.registry.published()
    key_id = demo.registry.authorities()[which].key_id
    assert new.revocation_lists[key_id] != old.revocation_lists[key_id]
    pins = {**master_of(new).revocation_lists, key_id: master_of(old).revocation_lists[key_id]}
    forged = signed_again(demo, replace(master_of(new), revocation_lists=pins))
    lists = {**new.revocation_lists, key_id: old.revocation_lists[key_id]}
    assert refused(demo, replace(new, master=forged, revocation_lists=lists)) == "CRL_ROLLBACK"
    demo.client.update(new, at=demo.clock())


def test_a_stale_revocation_list_is_refused(demo: Demo) -> None:
    """A list of lists that lives longer than the revocation lists which it pins: ours never does."""
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    new = demo.registry.published()
    forged = replace(new, master=signed_again(demo, replace(master_of(new), next_update=NOW + timedelta(days=60))))
    demo.client.update(forged, at=NOW)
    demo.clock.pass_by(days=13)
    assert demo.trusts(demo.city)
    demo.clock.pass_by(days=1)
    with pytest.raises(TrustedListError) as caught:
        demo.trusts(demo.city)
    assert caught.value.code == "CRL_STALE"
    again = replace(new, master=signed_again(demo, replace(master_of(forged), sequence=99)))
    assert refused(demo, again) == "CRL_STALE"


def test_a_list_operator_whose_certificate_is_revoked_signs_no_list(demo: Demo) -> None:
    authority = demo.registry._authority
    old_operator = authority.list_operator
    demo.registry.rotate_list_operator(reason="yearly")
    demo.update()
    new = demo.registry.published()
    master = replace(master_of(new), sequence=99)
    text = sign_master_list(master, signer=old_operator.signer, chain=authority.chain(old_operator.certificate))
    assert refused(demo, replace(new, master=text)) == "CERTIFICATE_REVOKED"


def test_lists_that_the_former_operator_has_signed_are_used_until_they_end(demo: Demo) -> None:
    demo.registry.rotate_list_operator(reason="yearly")
    demo.client = TrustedListClient.resume(demo.client_store)
    assert demo.trusts(demo.city)


# --- the clock --------------------------------------------------------------------------------------------------------


def went_back(demo: Demo, at: datetime) -> None:
    for act in (
        lambda: demo.client.update(demo.client.published, at=at),
        lambda: demo.client.key_for(KeySource(chain=demo.bank.chain), role=Role.VERIFIER, type_id=None, at=at),
    ):
        with pytest.raises(TrustedListError) as caught:
            act()
        assert caught.value.code == "CLOCK_WENT_BACK"


def test_a_clock_before_the_issue_of_the_lists_in_use_is_refused(demo: Demo) -> None:
    went_back(demo, NOW - timedelta(seconds=61))
    demo.clock.pass_by(seconds=-60)
    assert demo.trusts(demo.city, signed_at=NOW)


def test_a_clock_that_goes_back_does_not_make_an_ended_list_good_again(demo: Demo) -> None:
    demo.clock.pass_by(days=30)
    with pytest.raises(TrustedListError, match="REGISTRY_STALE"):
        demo.trusts(demo.city)
    went_back(demo, NOW + timedelta(days=6))
    demo.client = TrustedListClient.resume(demo.client_store)
    went_back(demo, NOW + timedelta(days=6))


def test_a_decision_remembers_the_time_over_a_restart(demo: Demo) -> None:
    demo.clock.pass_by(days=3)
    assert demo.trusts(demo.city)
    went_back(demo, NOW + timedelta(days=2))
    demo.client = TrustedListClient.resume(demo.client_store)
    went_back(demo, NOW + timedelta(days=2))
    demo.clock.pass_by(seconds=-60)
    assert demo.trusts(demo.city)


def test_a_decision_writes_the_time_down_once_an_hour_and_not_more(demo: Demo) -> None:
    class Counting(MemoryStore):
        commits = 0

        def commit(self, *changes: Change) -> None:
            self.commits += 1
            super().commit(*changes)

    store = Counting()
    demo.client = TrustedListClient.start(demo.registry.published(), store=store, at=demo.clock())
    for _ in range(120):
        demo.clock.pass_by(minutes=1)
        assert demo.trusts(demo.city)
    assert store.commits == 3


def test_a_clock_that_ran_ahead_for_a_moment_is_forgiven_when_the_lists_in_use_have_ended(demo: Demo) -> None:
    demo.clock.pass_by(days=365 * 70)
    with pytest.raises(TrustedListError, match="REGISTRY_STALE"):
        demo.trusts(demo.city)
    demo.clock.now = NOW + timedelta(days=7)
    demo.update()
    assert demo.trusts(demo.city)


def test_an_update_looks_at_the_time_that_another_process_has_seen(demo: Demo) -> None:
    other = TrustedListClient.resume(demo.client_store)
    demo.clock.pass_by(days=3)
    assert demo.trusts(demo.city)
    with pytest.raises(TrustedListError) as caught:
        other.update(demo.registry.published(), at=NOW + timedelta(days=1))
    assert caught.value.code == "CLOCK_WENT_BACK"


def test_a_decision_of_another_process_does_not_turn_the_time_back(demo: Demo) -> None:
    other = TrustedListClient.resume(demo.client_store)
    demo.clock.pass_by(days=3)
    assert demo.trusts(demo.city)
    source = KeySource(chain=demo.bank.chain)
    with pytest.raises(TrustedListError, match="CLOCK_WENT_BACK"):
        other.key_for(source, role=Role.VERIFIER, type_id=None, at=NOW + timedelta(days=1))
    demo.client = TrustedListClient.resume(demo.client_store)
    went_back(demo, NOW + timedelta(days=1))


def test_a_full_disk_does_not_stop_a_decision(demo: Demo) -> None:
    class Full(MemoryStore):
        full = False

        def commit(self, *changes: Change) -> None:
            if self.full:
                raise StoreFullError("no room")
            super().commit(*changes)

    store = Full()
    demo.client = TrustedListClient.start(demo.registry.published(), store=store, at=demo.clock())
    store.full = True
    demo.clock.pass_by(days=1)
    assert demo.trusts(demo.city)
    went_back(demo, NOW)


def test_following_again_with_a_clock_that_went_back_gives_a_client_that_decides_nothing(demo: Demo) -> None:
    demo.clock.pass_by(days=3)
    demo.update()
    published = demo.client.published
    demo.client = TrustedListClient.follow(published, store=demo.client_store, at=NOW)
    assert demo.client.published == published
    went_back(demo, NOW)
    assert demo.trusts(demo.city)


# --- roles ------------------------------------------------------------------------------------------------------------


def enrolments(demo: Demo) -> list[Enrolment]:
    return [
        demo.city,
        demo.bank,
        demo.registry.enrol_status_signer("Data centre"),
        demo.registry.enrol_wallet_provider("Wallets"),
    ]


def test_a_certificate_of_one_role_is_refused_in_every_other(demo: Demo) -> None:
    authority = demo.registry._authority
    certified = {one.role: one.chain for one in enrolments(demo)} | {
        Role.REGISTRAR: authority.chain(authority.registrar.certificate),
        Role.LIST_OPERATOR: authority.chain(authority.list_operator.certificate),
        Role.DOCUMENT_SIGNER: demo.city.mdoc_chain,
        Role.MDOC_READER: demo.bank.mdoc_chain,
    }
    assert certified.keys() == set(Role)
    demo.update()
    for own, chain in certified.items():
        for role in Role:
            source, type_id = KeySource(chain=chain), {
                Role.CREDENTIAL_ISSUER: Residence.vct, Role.DOCUMENT_SIGNER: Residence.doctype
            }.get(role)  # fmt: skip
            if role is own and role is not Role.LIST_OPERATOR:  # which no list states
                assert demo.client.key_for(source, role=role, type_id=type_id, at=NOW).key is not None
                continue
            with pytest.raises(VcError):
                demo.client.key_for(source, role=role, type_id=type_id, at=NOW)


def test_the_issue_of_a_document_that_has_not_changed_stays(demo: Demo) -> None:
    before: Mapping[str, Issue] = dict(demo.registry._issues)
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    demo.registry.published()
    after = demo.registry._issues
    changed = {name for name in after if after[name] is not before[name]}
    assert changed == {"master", Role.VERIFIER}
    assert {after[name].number - before[name].number for name in changed} == {1}
    assert subject_key_id(from_der(demo.registry.published().anchor)) in demo.registry.published().revocation_lists
    assert demo.client.type_metadata(Identity.vct)
