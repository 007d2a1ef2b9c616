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

from tests.support.mdoc_pki import iaca
from tests.support.pki import NOW, Draft, make
from tests.support.trust import Demo, Identity, Residence
from vcwallet.encoding import sri
from vcwallet.errors import StoreCorruptError, StoreFullError, TrustedListError, UntrustedError, VcError
from vcwallet.keys import KeySource, Role
from vcwallet.registry import TrustRegistry
from vcwallet.registry.publication import Issue
from vcwallet.storage import Change, MemoryStore, Put
from vcwallet.trust.certificates import ISSUING_CA, ROOT, from_der, subject_key_id, to_der
from vcwallet.trust.chain import ChainValidator
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.crl import build_crl
from vcwallet.trust.enrolment import Enrolment
from vcwallet.trust.list_json import LIST_TYPES, MAX_BYTES
from vcwallet.trust.master_list import MasterList, Pin, read_master_list, sign_master_list
from vcwallet.trust.published import PublishedTrust
from vcwallet.trust.root_statement import MAX_STATEMENTS, sign_successor


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


# --- key identifiers of others ----------------------------------------------------------------------------------------


def with_key_id(key_id: bytes) -> bytes:
    """Return the IACA of a party that has taken the key identifier of another CA."""

    def change(draft: Draft) -> None:
        draft.put(x509.SubjectKeyIdentifier(key_id), critical=False)

    return to_der(iaca(change).certificate)


@pytest.mark.parametrize("which", [0, 1], ids=["root", "issuing CA"])
def test_a_listed_iaca_with_the_key_identifier_of_another_ca_is_malformed(demo: Demo, which: int) -> None:
    """Its revocation list would be taken for that of the other CA."""
    for key_id, code in ((demo.registry.authorities()[which].key_id, "REGISTRY_MALFORMED"), (b"4" * 20, None)):
        demo.registry._document_authorities[key_id] = with_key_id(key_id)
        demo.registry.suspend(demo.bank.identifier, reason="audit")
        published = demo.registry.published()
        if code is None:
            demo.client.update(published, at=NOW)
        else:
            assert refused(demo, published) == code
            del demo.registry._document_authorities[key_id]
            demo.registry.reinstate(demo.bank.identifier, reason="audit passed")


def test_an_issuing_ca_that_no_root_has_certified_is_malformed(demo: Demo) -> None:
    """The key of the list operator alone could put its own CA, and that one's revocation list, in place of ours."""
    demo.registry.revoke_certificate(demo.city.chain[0], reason="lost", compromised=True)
    demo.update()
    _, issuing, _ = demo.registry.authorities()
    real = from_der(issuing.certificate)

    def change(draft: Draft) -> None:
        draft.subject = real.subject
        draft.put(x509.SubjectKeyIdentifier(issuing.key_id), critical=False)

    false = make("Issuing CA", ISSUING_CA, issuer=None, change=change)
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    new = demo.registry.published()
    crl = build_crl(false, [], number=1000, at=NOW, next_update=NOW + timedelta(days=14))
    pins = {**master_of(new).revocation_lists, issuing.key_id: Pin.of(crl, number=1000)}
    forged = forged_master(demo, new, issuing_authorities=(to_der(false.certificate),), revocation_lists=pins)
    lists = {**new.revocation_lists, issuing.key_id: crl}
    assert refused(demo, replace(forged, revocation_lists=lists)) == "REGISTRY_MALFORMED"
    demo.client.update(new, at=NOW)
    with pytest.raises(UntrustedError):
        demo.trusts(demo.city)


# --- revocation lists of long ago -------------------------------------------------------------------------------------


def without(demo: Demo, published: PublishedTrust, key_id: bytes, *, sequence: int) -> PublishedTrust:
    """Return an issue that leaves an issuing CA out, as somebody signs it who has the key of the list operator."""
    master = master_of(published)
    lists = {key: der for key, der in published.revocation_lists.items() if key != key_id}
    pins = {key: pin for key, pin in master.revocation_lists.items() if key != key_id}
    kept = tuple(one for one in master.issuing_authorities if subject_key_id(from_der(one)) != key_id)
    changed = replace(master, sequence=sequence, issuing_authorities=kept, revocation_lists=pins)
    return replace(published, master=signed_again(demo, changed), revocation_lists=lists)


def test_an_older_revocation_list_is_a_rollback_also_in_two_steps(demo: Demo) -> None:
    key_id = demo.registry.authorities()[1].key_id
    demo.registry.rotate_issuing_ca(reason="yearly")
    old = demo.registry.published()
    demo.update()
    demo.registry.revoke_certificate(demo.city.chain[0], reason="lost", compromised=True)
    demo.update()
    new = demo.registry.published()
    demo.client.update(without(demo, new, key_id, sequence=50), at=NOW)
    older = {**new.revocation_lists, key_id: old.revocation_lists[key_id]}
    pins = {**master_of(new).revocation_lists, key_id: master_of(old).revocation_lists[key_id]}
    back = replace(forged_master(demo, new, sequence=51, revocation_lists=pins), revocation_lists=older)
    for _ in range(2):
        assert refused(demo, back) == "CRL_ROLLBACK"
        demo.client = TrustedListClient.resume(demo.client_store)
    demo.client.update(forged_master(demo, new, sequence=52), at=NOW)
    with pytest.raises(UntrustedError, match="CERTIFICATE_REVOKED"):
        demo.trusts(demo.city)


def test_a_party_whose_iaca_had_a_revocation_list_has_one_for_good(demo: Demo) -> None:
    own = iaca()
    party = demo.registry.enrol_document_issuer("Umi", iaca=to_der(own.certificate), may_issue=[Residence])
    without_list = demo.registry.published()
    demo.client.update(without_list, at=NOW)
    demo.registry.hand_in_revocation_list(
        party, build_crl(own, [], number=1, at=NOW, next_update=NOW + timedelta(days=14))
    )
    demo.update()
    pins = master_of(without_list).revocation_lists
    for sequence in (50, 51):
        master = replace(master_of(demo.registry.published()), sequence=sequence, revocation_lists=pins)
        forged = replace(without_list, master=signed_again(demo, master))
        lists = dict(demo.registry.published().lists)
        assert refused(demo, replace(forged, lists=lists)) == "CRL_MISSING"


def test_only_the_latest_revocation_list_of_each_ca_is_remembered(demo: Demo) -> None:
    for _ in range(3):
        demo.clock.pass_by(days=10)
        demo.update()
    seen = [record.id for record in demo.client_store.find("trust_revocation_list")]
    pins = master_of(demo.client.published).revocation_lists
    assert sorted(seen) == sorted(f"{key.hex()}-{pin.number}-{pin.sha256.hex()}" for key, pin in pins.items())


def test_a_memory_of_revocation_lists_that_is_damaged_is_noticed(demo: Demo) -> None:
    demo.client_store.commit(Put("trust_revocation_list", "xyz", b""))
    with pytest.raises(StoreCorruptError):
        demo.update()


# --- what is handed on ------------------------------------------------------------------------------------------------


def test_a_root_or_statements_that_do_not_belong_are_not_handed_on(demo: Demo) -> None:
    first = demo.client.published
    older = TrustedListClient.start(first, store=MemoryStore(), at=NOW)
    demo.registry.rotate_root(reason="yearly")
    demo.update()
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    new = demo.registry.published()
    assert refused(demo, replace(new, anchor=b"junk")) == "REGISTRY_UNSIGNED"
    assert refused(demo, replace(new, anchor=Demo().client.published.anchor)) == "REGISTRY_UNSIGNED"
    demo.client.update(replace(new, root_statements=()), at=NOW)
    assert demo.client.published == new
    older.update(demo.client.published, at=NOW)


def test_a_new_root_is_added_to_the_statements_in_use(demo: Demo) -> None:
    older = TrustedListClient.start(demo.client.published, store=MemoryStore(), at=NOW)
    demo.registry.rotate_root(reason="yearly")
    demo.update()
    demo.registry.rotate_root(reason="yearly")
    new = demo.registry.published()
    demo.client.update(replace(new, root_statements=new.root_statements[1:]), at=NOW)
    assert demo.client.published.root_statements == new.root_statements
    older.update(demo.client.published, at=NOW)


def test_statements_of_nobody_do_not_keep_those_of_the_registry_away(demo: Demo) -> None:
    junk, at = Demo(), demo.clock()
    root = junk.registry._authority.root.authority
    statements = tuple(sign_successor(root, root, at=at) for _ in range(MAX_STATEMENTS))
    demo.client.update(replace(demo.client.published, root_statements=statements), at=at)
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    demo.client.update(replace(demo.registry.published(), root_statements=statements), at=at)
    demo.registry.rotate_root(reason="yearly")
    demo.update()
    assert demo.client.published == demo.registry.published()


def test_a_configuration_below_an_earlier_root_is_no_news(demo: Demo) -> None:
    first = demo.client.published
    demo.registry.rotate_root(reason="yearly")
    store = MemoryStore()
    TrustedListClient.start(demo.registry.published(), store=store, at=NOW)
    client = TrustedListClient.follow(first, store=store, at=NOW)
    assert client.published == demo.registry.published()
    for other in (Demo().client.published, replace(first, anchor=b"junk")):
        with pytest.raises(TrustedListError, match="REGISTRY_UNSIGNED"):
            TrustedListClient.follow(other, store=store, at=NOW)


def test_lists_that_a_restart_could_not_read_are_refused(demo: Demo) -> None:
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    new, document = demo.registry.published(), b'{"vct": "' + b"x" * MAX_BYTES + b'"}'
    large = replace(new, type_metadata={**new.type_metadata, "urn:large": document})
    types = {**master_of(new).types, "urn:large": sri.integrity(document)}
    assert refused(demo, replace(large, master=signed_again(demo, replace(master_of(new), types=types)))) == (
        "REGISTRY_MALFORMED"
    )
    demo.client.update(new, at=NOW)


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
