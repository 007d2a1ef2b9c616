# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The relying side against a registry in memory: what it trusts, and which lists it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from tests.support.pki import NOW
from tests.support.trust import LOAN, Demo, Identity, Residence, Tax
from tests.support.world import payload_of
from vcwallet.errors import (
    LocalProtocolError,
    MalformedError,
    NotAuthorisedError,
    StoreCorruptError,
    TrustedListError,
    UntrustedError,
    ValidityError,
)
from vcwallet.keys import KeySource, Role
from vcwallet.keys.software import SoftwareSigner
from vcwallet.registry import TrustRegistry
from vcwallet.storage import Change, Delete, MemoryStore, Put, Record
from vcwallet.trust.certificates import ISSUING_CA, LEAF, CertificateAuthority, Subject, build_certificate, to_der
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.list_json import LIST_TYPES
from vcwallet.trust.published import PublishedTrust


@pytest.fixture
def demo() -> Demo:
    return Demo()


def test_a_listed_issuer_is_trusted_for_its_types(demo: Demo) -> None:
    source = KeySource(issuer=demo.city.identifier, chain=demo.city.chain, signed_at=NOW)
    found = demo.client.key_for(source, role=Role.CREDENTIAL_ISSUER, type_id=Residence.vct, at=NOW)
    assert found.key == demo.city.signer.public_key
    assert (found.party, dict(found.name)) == ("urn:vcwallet:party:999016", {"und": "Mirai City"})
    assert (found.source, found.sequence) == ("trusted_list", demo.client.sequence)


def test_an_issuer_can_be_found_by_the_list_that_it_stands_in(demo: Demo) -> None:
    """OpenID4VP 1.0, section 6.1.1.2; each role has a list of its own."""
    lists = payload_of(demo.registry.published().master)["LoTE"]["ListAndSchemeInformation"]["PointersToOtherLoTE"]
    location_of = {one["LoTEQualifiers"][0]["LoTEType"]: one["LoTELocation"] for one in lists}
    for enrolment, type_id in ((demo.city, Residence.vct), (demo.bank, None)):
        source = KeySource(chain=enrolment.chain)
        trusted = demo.client.key_for(source, role=enrolment.role, type_id=type_id, at=demo.clock())
        assert trusted.authorities == {("etsi_tl", location_of[LIST_TYPES[enrolment.role]])}
    assert len(set(location_of.values())) == len(location_of) > 1


def test_an_issuer_is_trusted_for_the_doctype_of_its_type_too(demo: Demo) -> None:
    assert demo.trusts(demo.city, type_id="org.example.residence")


@pytest.mark.parametrize("type_id", [Tax.vct, Identity.vct, "", None])
def test_an_issuer_is_not_trusted_for_other_types(demo: Demo, type_id: str | None) -> None:
    with pytest.raises(NotAuthorisedError):
        demo.trusts(demo.city, type_id=type_id)


def test_a_listed_verifier_is_trusted_without_a_type(demo: Demo) -> None:
    assert demo.trusts(demo.bank)


def test_a_party_is_not_trusted_in_another_role(demo: Demo) -> None:
    with pytest.raises(NotAuthorisedError):
        demo.client.key_for(KeySource(chain=demo.city.chain), role=Role.VERIFIER, type_id=None, at=NOW)
    with pytest.raises(NotAuthorisedError):
        demo.client.key_for(KeySource(chain=demo.bank.chain), role=Role.REGISTRAR, type_id=None, at=NOW)


def test_an_identifier_that_is_claimed_must_be_the_partys(demo: Demo) -> None:
    assert demo.trusts(demo.city, issuer=demo.city.identifier)
    for claimed in ("urn:vcwallet:party:bank", "", demo.city.identifier + " "):
        with pytest.raises(UntrustedError):
            demo.trusts(demo.city, issuer=claimed)


def test_a_message_without_a_chain_is_untrusted(demo: Demo) -> None:
    source = KeySource(issuer=demo.city.identifier, key_id="1")
    with pytest.raises(UntrustedError):
        demo.client.key_for(source, role=Role.CREDENTIAL_ISSUER, type_id=Residence.vct, at=NOW)


def test_a_chain_alone_proves_nothing_until_the_list_says_so(demo: Demo) -> None:
    newcomer = demo.registry.enrol_issuer("Kaze Town", code="kaze", may_issue=[Tax])
    with pytest.raises(UntrustedError):
        demo.trusts(newcomer, type_id=Tax.vct)
    demo.update()
    assert demo.trusts(newcomer, type_id=Tax.vct)


def test_a_party_of_another_registry_is_untrusted(demo: Demo) -> None:
    with pytest.raises(UntrustedError):
        demo.trusts(Demo().city)


def test_a_party_is_trusted_under_the_ca_that_the_list_names_only(demo: Demo) -> None:
    # The root certifies a second issuing CA, which certifies a key in the city's name.
    own = demo.registry._authority
    root = CertificateAuthority(certificate=own.root.certificate, signer=own.root.signer)
    ca_signer, signer = SoftwareSigner.generate(), SoftwareSigner.generate()
    ca_subject = Subject(country="ZZ", organisation="Demo registry", common_name="Issuing CA 2")
    ca = CertificateAuthority(
        certificate=build_certificate(ca_subject, ca_signer.public_key, profile=ISSUING_CA, issuer=root, at=NOW),
        signer=ca_signer,
    )
    subject = Subject(country="ZZ", organisation="Mirai City", common_name="x", identifier=demo.city.identifier)
    leaf = build_certificate(subject, signer.public_key, profile=LEAF[Role.CREDENTIAL_ISSUER], issuer=ca, at=NOW)
    source = KeySource(chain=(to_der(leaf), to_der(ca.certificate)))
    with pytest.raises(UntrustedError, match="another CA"):
        demo.client.key_for(source, role=Role.CREDENTIAL_ISSUER, type_id=Residence.vct, at=NOW)


def test_a_certificate_is_judged_at_the_time_of_use(demo: Demo) -> None:
    demo.clock.pass_by(days=458)
    demo.update()
    with pytest.raises(ValidityError) as caught:
        demo.trusts(demo.city)
    assert caught.value.code == "EXPIRED"


# --- suspension, withdrawal, renewal ----------------------------------------------------------------------------------


def test_a_suspended_party_is_refused_for_everything_it_ever_signed(demo: Demo) -> None:
    signed_at = demo.clock()
    demo.clock.pass_by(days=1)
    assert demo.trusts(demo.city, signed_at=signed_at)
    demo.registry.suspend(demo.city.identifier, reason="key in doubt")
    demo.update()
    for signed in (signed_at, demo.clock(), None):
        with pytest.raises(NotAuthorisedError):
            demo.trusts(demo.city, signed_at=signed)


def test_a_party_suspended_from_a_date_is_still_good_for_what_it_signed_before(demo: Demo) -> None:
    signed_at = demo.clock()
    demo.clock.pass_by(days=1)
    demo.registry.suspend(demo.city.identifier, reason="office closed", mode="from_date")
    demo.update()
    assert demo.trusts(demo.city, signed_at=signed_at)
    for signed in (demo.clock(), demo.clock() + timedelta(days=1), None):
        with pytest.raises(NotAuthorisedError):
            demo.trusts(demo.city, signed_at=signed)


def test_a_reinstated_party_is_good_but_for_what_it_signed_meanwhile(demo: Demo) -> None:
    demo.clock.pass_by(days=1)
    demo.registry.suspend(demo.city.identifier, reason="audit")
    suspended = demo.clock()
    demo.clock.pass_by(days=1)
    demo.registry.reinstate(demo.city.identifier, reason="audit passed")
    demo.update()
    assert demo.trusts(demo.city)
    assert demo.trusts(demo.city, signed_at=NOW)
    with pytest.raises(NotAuthorisedError):
        demo.trusts(demo.city, signed_at=suspended)


def test_a_renewed_certificate_works_before_the_next_list_and_the_old_one_too(demo: Demo) -> None:
    renewed = demo.registry.renew(demo.city.identifier)
    assert renewed.signer.public_key != demo.city.signer.public_key
    assert demo.trusts(renewed)
    demo.update()
    assert demo.trusts(renewed)
    assert demo.trusts(demo.city)


def test_a_compromised_key_is_refused_in_every_certificate_for_it(demo: Demo) -> None:
    again = demo.registry.renew(demo.city.identifier, signer=demo.city.signer)
    assert again.chain != demo.city.chain
    replaced = demo.registry.renew(demo.city.identifier, revoke_previous=True)
    demo.update()
    assert demo.trusts(replaced)
    for lost in (demo.city, again):
        with pytest.raises(UntrustedError) as caught:
            demo.trusts(lost)
        assert caught.value.code == "KEY_REVOKED"


def test_types_count_from_the_date_they_are_granted_from(demo: Demo) -> None:
    start = NOW + timedelta(days=3)
    town = demo.registry.enrol_issuer("Kaze Town", code="kaze", may_issue=[Tax], types_from=start)
    demo.update()
    with pytest.raises(NotAuthorisedError):
        demo.trusts(town, type_id=Tax.vct)
    demo.clock.pass_by(days=4)
    assert demo.trusts(town, type_id=Tax.vct)
    with pytest.raises(NotAuthorisedError):
        demo.trusts(town, type_id=Tax.vct, signed_at=NOW)


# --- which list is in use ---------------------------------------------------------------------------------------------


def refused(demo: Demo, published: PublishedTrust) -> str:
    before = demo.client.published
    with pytest.raises(TrustedListError) as caught:
        demo.client.update(published, at=demo.clock())
    assert demo.client.published is before, "the last good list stays"
    return caught.value.code


def test_an_older_list_is_a_rollback(demo: Demo) -> None:
    old = demo.registry.published()
    demo.registry.suspend(demo.city.identifier, reason="key in doubt")
    demo.update()
    assert refused(demo, old) == "REGISTRY_ROLLBACK"
    with pytest.raises(NotAuthorisedError):
        demo.trusts(demo.city)


def test_an_old_list_is_a_rollback_also_when_it_has_ended_meanwhile(demo: Demo) -> None:
    old = demo.registry.published()
    demo.clock.pass_by(days=6)
    demo.update()
    demo.clock.pass_by(days=3)
    assert refused(demo, old) == "REGISTRY_ROLLBACK"


def test_another_list_of_the_same_number_is_a_rollback(demo: Demo) -> None:
    # The registry's store is copied, and the copy publishes something else.
    copy = MemoryStore()
    copy._records = dict(demo.store._records)
    fork = TrustRegistry.reopen(copy, clock=demo.clock)
    demo.registry.add_purpose(demo.bank.identifier, replace(LOAN, code="kyc"))
    fork.suspend(demo.city.identifier, reason="fork")
    demo.update()
    assert refused(demo, fork.published()) == "REGISTRY_ROLLBACK"


def test_the_same_list_again_changes_nothing(demo: Demo) -> None:
    before = demo.client.published
    demo.client.update(demo.registry.published(), at=demo.clock())
    assert demo.client.published == before


def test_a_list_of_another_registry_is_unsigned_also_with_its_own_root(demo: Demo) -> None:
    other = Demo()
    other.registry.add_purpose(other.bank.identifier, replace(LOAN, code="kyc"))
    published = other.registry.published()
    assert refused(demo, published) == "REGISTRY_UNSIGNED"
    assert refused(demo, replace(published, anchor=demo.registry.published().anchor)) == "REGISTRY_UNSIGNED"


def test_the_root_is_never_replaced_by_a_refresh(demo: Demo) -> None:
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    assert refused(demo, replace(demo.registry.published(), anchor=b"another")) == "REGISTRY_UNSIGNED"
    demo.update()
    resumed = TrustedListClient.resume(demo.client_store)
    assert resumed.sequence == demo.client.sequence
    demo.registry.reinstate(demo.bank.identifier, reason="audit passed")
    resumed.update(demo.registry.published(), at=demo.clock())


def test_a_list_past_its_next_update_is_stale_and_says_nothing(demo: Demo) -> None:
    old = demo.registry.published()
    demo.clock.pass_by(days=7, seconds=-1)
    assert demo.trusts(demo.city)
    demo.clock.pass_by(seconds=1)
    assert refused(demo, old) == "REGISTRY_STALE"
    with pytest.raises(TrustedListError) as caught:
        demo.trusts(demo.city)
    assert caught.value.code == "REGISTRY_STALE"
    demo.update()
    assert demo.trusts(demo.city)


def test_a_list_from_the_future_is_refused(demo: Demo) -> None:
    demo.clock.pass_by(days=5)
    future = demo.registry.published()
    demo.clock.pass_by(days=-5)
    assert refused(demo, future) == "REGISTRY_NOT_YET_VALID"


def test_a_clock_may_be_a_minute_behind_the_registry(demo: Demo) -> None:
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    demo.client.update(demo.registry.published(), at=NOW - timedelta(seconds=60))
    assert demo.trusts(demo.city, signed_at=NOW - timedelta(seconds=60))


@pytest.mark.parametrize("text", ["", "a.b.c", "not a list"])
def test_what_is_no_list_is_refused_as_such(demo: Demo, text: str) -> None:
    assert refused(demo, replace(demo.registry.published(), master=text)) == "REGISTRY_MALFORMED"


def test_a_changed_byte_is_unsigned(demo: Demo) -> None:
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    published = demo.registry.published()
    header, body, signature = published.master.split(".")
    changed = f"{header}.{body[:-9]}{'A' if body[-9] != 'A' else 'B'}{body[-8:]}.{signature}"
    assert refused(demo, replace(published, master=changed)) == "REGISTRY_UNSIGNED"
    demo.client.update(published, at=NOW)


def test_type_metadata_is_what_the_list_pins_no_more_and_no_less(demo: Demo) -> None:
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    published = demo.registry.published()
    metadata = dict(published.type_metadata)
    assert refused(demo, replace(published, type_metadata={})) == "REGISTRY_MIXED"
    changed = {**metadata, Residence.vct: metadata[Residence.vct] + b" "}
    assert refused(demo, replace(published, type_metadata=changed)) == "REGISTRY_MIXED"
    more = {**metadata, "urn:other": b"{}"}
    assert refused(demo, replace(published, type_metadata=more)) == "REGISTRY_MIXED"
    demo.client.update(published, at=NOW)
    assert demo.client.type_metadata(Residence.vct) == metadata[Residence.vct]


def test_the_metadata_of_the_types_that_a_type_extends_comes_along(demo: Demo) -> None:
    assert b"Identity" in demo.client.type_metadata(Identity.vct)
    with pytest.raises(UntrustedError):
        demo.client.type_metadata(Tax.vct)


def test_the_parties_of_a_role_are_listed_for_display(demo: Demo) -> None:
    [issuer] = demo.client.parties(Role.CREDENTIAL_ISSUER)
    assert issuer.party == demo.city.identifier
    assert demo.client.next_update == NOW + timedelta(days=7)


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_what_was_accepted_survives_a_restart(demo: Demo) -> None:
    old = demo.registry.published()
    demo.registry.suspend(demo.city.identifier, reason="key in doubt")
    demo.update()
    demo.client = TrustedListClient.resume(demo.client_store)
    with pytest.raises(NotAuthorisedError):
        demo.trusts(demo.city)
    assert refused(demo, old) == "REGISTRY_ROLLBACK"


def test_a_stale_list_can_be_resumed_and_renewed_but_not_used(demo: Demo) -> None:
    demo.clock.pass_by(days=400)
    demo.client = TrustedListClient.resume(demo.client_store)
    with pytest.raises(TrustedListError):
        demo.trusts(demo.city)
    demo.update()
    assert demo.trusts(demo.city)


def test_what_another_process_accepted_counts_here_too(demo: Demo) -> None:
    old = demo.registry.published()
    other = TrustedListClient.resume(demo.client_store)
    demo.registry.suspend(demo.city.identifier, reason="key in doubt")
    other.update(demo.registry.published(), at=demo.clock())
    with pytest.raises(TrustedListError) as caught:
        demo.client.update(old, at=demo.clock())
    assert caught.value.code == "REGISTRY_ROLLBACK"
    with pytest.raises(NotAuthorisedError):
        demo.trusts(demo.city)


class RacingStore(MemoryStore):
    """A store in which something else happens just before a commit, once."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__()
        self._records = dict(store._records)
        self.meanwhile: list[Callable[[], None]] = []

    def commit(self, *changes: Change) -> None:
        if self.meanwhile:
            self.meanwhile.pop()()
        super().commit(*changes)


def test_of_two_processes_that_take_the_same_list_at_once_neither_fails(demo: Demo) -> None:
    store = RacingStore(demo.client_store)
    first, second = TrustedListClient.resume(store), TrustedListClient.resume(store)
    demo.registry.suspend(demo.city.identifier, reason="key in doubt")
    published = demo.registry.published()
    store.meanwhile.append(lambda: second.update(published, at=NOW))
    first.update(published, at=NOW)
    assert first.published == second.published == published


def test_of_two_processes_that_take_two_lists_of_one_number_the_later_one_is_refused(demo: Demo) -> None:
    copy = MemoryStore()
    copy._records = dict(demo.store._records)
    fork = TrustRegistry.reopen(copy, clock=demo.clock)
    demo.registry.suspend(demo.city.identifier, reason="key in doubt")
    fork.add_purpose(demo.bank.identifier, replace(LOAN, code="fork"))
    store = RacingStore(demo.client_store)
    first, second = TrustedListClient.resume(store), TrustedListClient.resume(store)
    store.meanwhile.append(lambda: second.update(demo.registry.published(), at=NOW))
    with pytest.raises(TrustedListError) as caught:
        first.update(fork.published(), at=NOW)
    assert caught.value.code == "REGISTRY_ROLLBACK"
    assert first.published == demo.registry.published()


class SlowStore(MemoryStore):
    """A store in which something else happens just after its lists were looked for, each time that it is said."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__()
        self._records = dict(store._records)
        self.meanwhile: list[Callable[[], None] | None] = []

    def find(self, collection: str, tag: str | None = None, /) -> Iterator[Record]:
        found = list(super().find(collection, tag))
        if collection == "trusted_list" and self.meanwhile:
            act = self.meanwhile.pop(0)
            if act is not None:
                act()
        yield from found


def two_updates(demo: Demo) -> tuple[PublishedTrust, PublishedTrust]:
    demo.registry.suspend(demo.city.identifier, reason="audit")
    first = demo.registry.published()
    demo.registry.rotate_root(reason="plan")
    return first, demo.registry.published()


def test_a_newer_list_that_another_process_takes_meanwhile_is_not_deleted(demo: Demo) -> None:
    older, newer = two_updates(demo)
    for moment in range(2):
        store = SlowStore(demo.client_store)
        late, quick = TrustedListClient.resume(store), TrustedListClient.resume(store)
        store.meanwhile = [*[None] * moment, partial(quick.update, newer, at=NOW)]
        late.update(older, at=NOW)
        assert TrustedListClient.resume(store).published == newer
        late.update(newer, at=NOW)
        assert late.published == newer


def test_a_list_that_is_replaced_while_it_is_looked_for_is_looked_for_again(demo: Demo) -> None:
    class Vanishing(SlowStore):
        missing = 2

        def find(self, collection: str, tag: str | None = None, /) -> Iterator[Record]:
            if collection == "trusted_list" and self.missing:
                self.missing -= 1
                return iter(())
            return super().find(collection, tag)

    store = Vanishing(demo.client_store)
    assert TrustedListClient.resume(store).published == demo.client.published
    store.missing = 3
    with pytest.raises(StoreCorruptError):
        TrustedListClient.resume(store)


def test_a_list_below_a_root_that_was_succeeded_is_damage_where_the_successor_is_pinned(demo: Demo) -> None:
    demo.client_store.commit(Put("trust_anchor", "000002", b"new"))
    with pytest.raises(StoreCorruptError, match="pinned"):
        TrustedListClient.resume(demo.client_store)


def test_only_one_list_is_kept(demo: Demo) -> None:
    for code in ("a", "b", "c"):
        demo.registry.add_purpose(demo.bank.identifier, replace(LOAN, code=code))
        demo.update()
    assert len(list(demo.client_store.find("trusted_list"))) == 1


def test_a_store_follows_one_registry(demo: Demo) -> None:
    with pytest.raises(LocalProtocolError):
        TrustedListClient.start(Demo().registry.published(), store=demo.client_store, at=NOW)
    with pytest.raises(LocalProtocolError):
        TrustedListClient.resume(MemoryStore())


@pytest.mark.parametrize("collection", ["trust_anchor", "trusted_list", "trust_time"])
def test_damage_in_the_store_is_found(demo: Demo, collection: str) -> None:
    [record] = demo.client_store.find(collection)
    for damaged in (b"", record.body[:-1], record.body[: len(record.body) // 2], b"{}"):
        demo.client_store.commit(Put(collection, record.id, damaged))
        with pytest.raises(StoreCorruptError):
            TrustedListClient.resume(demo.client_store)
    demo.client_store.commit(Put(collection, record.id, record.body))
    assert TrustedListClient.resume(demo.client_store).published == demo.client.published


@pytest.mark.parametrize("collection", ["trusted_list", "trust_time"])
def test_a_part_of_the_store_that_is_gone_is_missed(demo: Demo, collection: str) -> None:
    [record] = demo.client_store.find(collection)
    demo.client_store.commit(Delete(collection, record.id))
    with pytest.raises(StoreCorruptError):
        TrustedListClient.resume(demo.client_store)


def test_a_list_in_the_store_that_was_changed_is_not_used(demo: Demo) -> None:
    [record] = demo.client_store.find("trusted_list")
    demo.client_store.commit(Put("trusted_list", record.id, record.body.replace(b'"master":"ey', b'"master":"xy')))
    with pytest.raises(StoreCorruptError):
        TrustedListClient.resume(demo.client_store)


def test_a_record_whose_number_is_none_is_damage(demo: Demo) -> None:
    for collection in ("trust_anchor", "trusted_list"):
        [record] = demo.client_store.find(collection)
        moved = Put(collection, record.id.replace("000001", "first", 1), record.body)
        demo.client_store.commit(moved, Delete(collection, record.id))
    with pytest.raises(StoreCorruptError):
        TrustedListClient.resume(demo.client_store)


def test_nothing_is_started_with_a_root_that_is_none(demo: Demo) -> None:
    published, store = demo.registry.published(), MemoryStore()
    with pytest.raises(MalformedError):
        TrustedListClient.start(replace(published, anchor=b"no"), store=store, at=NOW)
    with pytest.raises(UntrustedError):
        TrustedListClient.start(replace(published, anchor=demo.city.chain[0]), store=store, at=NOW)
    with pytest.raises(TrustedListError):
        TrustedListClient.start(published, store=store, at=NOW + timedelta(days=8))
    assert TrustedListClient.start(published, store=store, at=NOW).sequence == demo.client.sequence


def test_following_starts_once_and_then_goes_on_with_the_newest_list(demo: Demo) -> None:
    old, store = demo.registry.published(), MemoryStore()
    assert TrustedListClient.follow(old, store=store, at=NOW).published == old
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    new = demo.registry.published()
    assert TrustedListClient.follow(new, store=store, at=NOW).published == new
    assert TrustedListClient.follow(old, store=store, at=NOW).published == new
    with pytest.raises(TrustedListError) as caught:
        TrustedListClient.follow(Demo().registry.published(), store=store, at=NOW)
    assert caught.value.code == "REGISTRY_UNSIGNED"


def test_a_client_knows_those_with_certificates_and_the_issuers_and_verifiers_that_it_lists():
    demo = Demo()
    known = [
        KeySource(chain=(b"any",)),
        KeySource(issuer="did:web:issuer.example", chain=(b"any",)),
        KeySource(issuer=demo.city.identifier),
        KeySource(issuer=demo.bank.identifier),
    ]
    unknown = [KeySource(), KeySource(issuer="did:web:issuer.example"), KeySource(issuer="urn:vcwallet:party:registry")]
    assert [demo.client.knows(source) for source in (*known, *unknown)] == [True] * 4 + [False] * 3
