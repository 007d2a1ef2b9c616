# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Whom a follower of a trusted list trusts for mdocs: document signers by their issuer, readers by their verifier."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.support.mdoc_pki import IACA_CONTACT, document_signer, iaca
from tests.support.pki import NOW, Change, Draft, unchanged
from tests.support.trust import Demo, Residence, Tax
from vcwallet.credential_type import CredentialType
from vcwallet.errors import (
    NotAuthorisedError,
    TrustedListError,
    UntrustedError,
    ValidityError,
)
from vcwallet.keys import KeySource, Role, TrustedKey
from vcwallet.storage import MemoryStore
from vcwallet.trust.certificates import CertificateAuthority, from_der, to_der
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.enrolment import Enrolment

DOCTYPE = "org.example.residence"


class Licence(CredentialType, vct="urn:example:licence:1", doctype="org.example.licence", ja="免許", en="Licence"):
    pass


@pytest.fixture
def demo() -> Demo:
    return Demo()


def look_up(
    demo: Demo,
    chain: tuple[bytes, ...],
    *,
    role: Role = Role.DOCUMENT_SIGNER,
    type_id: str | None = DOCTYPE,
    issuer: str | None = None,
    signed_at: datetime | None = None,
) -> TrustedKey:
    source = KeySource(chain=chain, issuer=issuer, signed_at=signed_at)
    return demo.client.key_for(source, role=role, type_id=type_id, at=demo.clock())


# --- document signers ------------------------------------------------------------------------------------------------


def test_a_document_signer_speaks_for_its_issuer(demo: Demo) -> None:
    found = look_up(demo, demo.city.mdoc_chain, signed_at=NOW)
    certificate = from_der(demo.city.mdoc_chain[0])
    assert found.key == demo.city.signer.public_key
    assert (found.party, dict(found.name)) == (demo.city.identifier, {"und": "Mirai City"})
    assert (found.source, found.sequence) == ("trusted_list", demo.client.sequence)
    assert (found.country, found.jurisdiction) == ("ZZ", None)
    assert (found.not_before, found.not_after) == (certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def test_every_key_comes_with_what_its_certificate_says(demo: Demo) -> None:
    found = look_up(demo, demo.city.chain, role=Role.CREDENTIAL_ISSUER, type_id=Residence.vct)
    certificate = from_der(demo.city.chain[0])
    assert (found.country, found.jurisdiction) == ("ZZ", None)
    assert (found.not_before, found.not_after) == (certificate.not_valid_before_utc, certificate.not_valid_after_utc)


@pytest.mark.parametrize("type_id", ["org.example.tax", Tax.vct, "", DOCTYPE.upper(), None])
def test_a_document_signer_is_not_trusted_for_what_its_issuer_may_not_issue(demo: Demo, type_id: str | None) -> None:
    assert look_up(demo, demo.city.mdoc_chain).party == demo.city.identifier
    with pytest.raises(NotAuthorisedError):
        look_up(demo, demo.city.mdoc_chain, type_id=type_id)


def test_a_document_signer_is_trusted_from_the_date_of_its_type(demo: Demo) -> None:
    later = NOW + timedelta(days=2)
    other = demo.registry.enrol_issuer("Kaze Town", may_issue=[Licence], types_from=later)
    demo.update()
    with pytest.raises(NotAuthorisedError):
        look_up(demo, other.mdoc_chain, type_id=Licence.doctype)
    demo.clock.pass_by(days=2)
    assert look_up(demo, other.mdoc_chain, type_id=Licence.doctype).party == other.identifier
    with pytest.raises(NotAuthorisedError):
        look_up(demo, other.mdoc_chain, type_id=Licence.doctype, signed_at=NOW)


def test_a_certificate_of_an_issuer_is_in_no_other_role_than_its_own(demo: Demo) -> None:
    with pytest.raises(UntrustedError):
        look_up(demo, demo.city.chain)
    with pytest.raises(NotAuthorisedError):
        look_up(demo, demo.city.chain[:1])
    with pytest.raises(UntrustedError):
        look_up(demo, demo.city.mdoc_chain, role=Role.CREDENTIAL_ISSUER)
    with pytest.raises(UntrustedError):
        look_up(demo, (demo.city.mdoc_chain[0], demo.city.chain[1]), role=Role.CREDENTIAL_ISSUER)
    with pytest.raises(NotAuthorisedError):
        look_up(demo, demo.bank.mdoc_chain[:1])
    with pytest.raises(NotAuthorisedError):
        look_up(demo, demo.city.chain, role=Role.MDOC_READER, type_id=None)


def test_a_suspended_issuer_has_no_document_signer(demo: Demo) -> None:
    demo.registry.suspend(demo.city.identifier, reason="audit")
    assert look_up(demo, demo.city.mdoc_chain).party == demo.city.identifier
    demo.update()
    with pytest.raises(NotAuthorisedError):
        look_up(demo, demo.city.mdoc_chain)


def test_what_an_issuer_signed_before_it_stopped_stays_good_by_the_date_of_the_signature(demo: Demo) -> None:
    demo.clock.pass_by(days=10)
    demo.registry.withdraw(demo.city.identifier, reason="merged", mode="from_date")
    demo.update()
    assert look_up(demo, demo.city.mdoc_chain, signed_at=NOW + timedelta(days=9)).party == demo.city.identifier
    with pytest.raises(NotAuthorisedError):
        look_up(demo, demo.city.mdoc_chain, signed_at=NOW + timedelta(days=11))
    with pytest.raises(NotAuthorisedError):
        look_up(demo, demo.city.mdoc_chain)


def test_a_revoked_key_is_no_document_signer(demo: Demo) -> None:
    renewed = demo.registry.renew(demo.city.identifier, revoke_previous=True)
    demo.update()
    assert look_up(demo, renewed.mdoc_chain).key == renewed.signer.public_key
    with pytest.raises(UntrustedError) as caught:
        look_up(demo, demo.city.mdoc_chain)
    assert caught.value.code == "KEY_REVOKED"


def test_an_issuer_that_is_claimed_is_the_one_who_signed(demo: Demo) -> None:
    assert look_up(demo, demo.city.mdoc_chain, issuer=demo.city.identifier).party == demo.city.identifier
    with pytest.raises(UntrustedError):
        look_up(demo, demo.city.mdoc_chain, issuer=demo.bank.identifier)


def test_a_document_signer_is_judged_at_the_time_of_use(demo: Demo) -> None:
    demo.clock.pass_by(days=456)
    demo.update()
    assert look_up(demo, demo.city.mdoc_chain).party == demo.city.identifier
    demo.clock.pass_by(days=2)
    demo.update()
    with pytest.raises(ValidityError) as caught:
        look_up(demo, demo.city.mdoc_chain)
    assert caught.value.code == "EXPIRED"


def test_nobody_is_trusted_by_a_list_past_its_end(demo: Demo) -> None:
    demo.clock.pass_by(days=7)
    with pytest.raises(TrustedListError):
        look_up(demo, demo.city.mdoc_chain)


def test_a_document_signer_of_another_registry_is_untrusted(demo: Demo) -> None:
    with pytest.raises(UntrustedError):
        look_up(demo, Demo().city.mdoc_chain)


def test_a_follower_that_restarts_knows_the_iacas(demo: Demo) -> None:
    demo.client = TrustedListClient.resume(demo.client_store)
    assert look_up(demo, demo.city.mdoc_chain).party == demo.city.identifier


def test_a_document_signer_is_examined_once_and_only_so_many_are_remembered(demo: Demo) -> None:
    assert look_up(demo, demo.city.mdoc_chain).key is look_up(demo, demo.city.mdoc_chain).key
    demo.client = TrustedListClient.start(
        demo.registry.published(), store=MemoryStore(), at=demo.clock(), max_kept_chains=0
    )
    assert look_up(demo, demo.city.mdoc_chain).key is not look_up(demo, demo.city.mdoc_chain).key


# --- whose a document signer is --------------------------------------------------------------------------------------


def by_registry(demo: Demo, *, party: str | None) -> tuple[bytes, ...]:
    """A document signer by the registry's IACA that names a party."""
    own = demo.registry._authority.iaca
    issuer = CertificateAuthority(certificate=own.certificate, signer=own.signer)
    return (to_der(document_signer(issuer, party=party).certificate),)


def test_a_party_that_is_named_is_listed_under_this_iaca(demo: Demo) -> None:
    tax_office = demo.registry.enrol_issuer("Tax office", code="tax", may_issue=[Tax])
    demo.update()
    assert look_up(demo, by_registry(demo, party=demo.city.identifier)).party == demo.city.identifier
    for party in (tax_office.identifier, demo.bank.identifier, "urn:vcwallet:party:registry", "urn:x"):
        with pytest.raises(UntrustedError):
            look_up(demo, by_registry(demo, party=party))


def test_of_several_issuers_under_one_iaca_the_one_is_named(demo: Demo) -> None:
    unnamed = by_registry(demo, party=None)
    assert look_up(demo, unnamed).party == demo.city.identifier
    town = demo.registry.enrol_issuer("Kaze Town", code="kaze", may_issue=[Residence])
    demo.update()
    with pytest.raises(UntrustedError):
        look_up(demo, unnamed)
    assert look_up(demo, by_registry(demo, party=town.identifier)).party == town.identifier
    assert look_up(demo, by_registry(demo, party=demo.city.identifier)).party == demo.city.identifier


def test_an_issuer_under_its_own_iaca_is_found_by_it(demo: Demo) -> None:
    own = iaca(country="YY", state="Umi")
    party = demo.registry.enrol_document_issuer("Umi", iaca=to_der(own.certificate), may_issue=[Licence], code="umi")
    unnamed = (to_der(document_signer(own, party=None, country="YY", state="Umi").certificate),)
    with pytest.raises(UntrustedError):
        look_up(demo, unnamed, type_id=Licence.doctype)
    demo.update()
    found = look_up(demo, unnamed, type_id=Licence.doctype)
    assert (found.party, found.country, found.jurisdiction) == (party, "YY", "Umi")
    named = (to_der(document_signer(own, party=party, country="YY", state="Umi").certificate),)
    assert look_up(demo, named, type_id=Licence.doctype).party == party
    with pytest.raises(NotAuthorisedError):
        look_up(demo, unnamed)


def test_the_iaca_of_one_issuer_certifies_nobody_else(demo: Demo) -> None:
    own = iaca()
    party = demo.registry.enrol_document_issuer("Umi", iaca=to_der(own.certificate), may_issue=[Licence], code="umi")
    demo.update()
    for forged in (demo.city.identifier, demo.bank.identifier):
        with pytest.raises(UntrustedError):
            look_up(demo, (to_der(document_signer(own, party=forged).certificate),))
    with pytest.raises(UntrustedError):
        look_up(demo, by_registry(demo, party=party), type_id=Licence.doctype)


def test_an_issuer_that_has_withdrawn_still_stands_under_its_iaca(demo: Demo) -> None:
    unnamed = by_registry(demo, party=None)
    demo.registry.enrol_issuer("Kaze Town", code="kaze", may_issue=[Residence])
    demo.registry.withdraw("urn:vcwallet:party:kaze", reason="merged")
    demo.update()
    with pytest.raises(UntrustedError):
        look_up(demo, unnamed)


# --- readers ---------------------------------------------------------------------------------------------------------


def reads(demo: Demo, bank: Enrolment) -> TrustedKey:
    return look_up(demo, bank.mdoc_chain, role=Role.MDOC_READER, type_id=None)


def test_a_reader_speaks_for_its_verifier(demo: Demo) -> None:
    found = reads(demo, demo.bank)
    certificate = from_der(demo.bank.mdoc_chain[0])
    assert (found.key, found.party) == (demo.bank.signer.public_key, demo.bank.identifier)
    assert found.country == "ZZ"
    assert (found.not_before, found.not_after) == (certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def test_a_certificate_of_a_verifier_is_in_no_other_role_than_its_own(demo: Demo) -> None:
    for chain, role in (
        (demo.bank.chain, Role.MDOC_READER),
        (demo.bank.mdoc_chain, Role.VERIFIER),
        (demo.bank.mdoc_chain, Role.CREDENTIAL_ISSUER),
    ):
        with pytest.raises(NotAuthorisedError):
            look_up(demo, chain, role=role)


def test_a_reader_whose_verifier_is_suspended_is_refused(demo: Demo) -> None:
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    demo.update()
    with pytest.raises(NotAuthorisedError):
        reads(demo, demo.bank)
    demo.registry.reinstate(demo.bank.identifier, reason="audit passed")
    demo.update()
    assert reads(demo, demo.bank).party == demo.bank.identifier


def test_a_reader_whose_key_is_revoked_is_refused(demo: Demo) -> None:
    renewed = demo.registry.renew(demo.bank.identifier, revoke_previous=True)
    demo.update()
    assert reads(demo, renewed).party == demo.bank.identifier
    with pytest.raises(UntrustedError) as caught:
        reads(demo, demo.bank)
    assert caught.value.code == "KEY_REVOKED"


def test_a_reader_that_is_no_verifier_is_not_listed(demo: Demo) -> None:
    signer = demo.registry.enrol_status_signer("Mirai City", code="999016")
    own = demo.registry._authority
    chain = own.certify_reader(signer.signer.public_key, code="999016", name="Mirai City", at=NOW)
    demo.update()
    with pytest.raises(UntrustedError):
        look_up(demo, chain, role=Role.MDOC_READER, type_id=None)


# --- the IACAs of a list ---------------------------------------------------------------------------------------------


def start(demo: Demo, *authorities: bytes) -> TrustedListClient:
    """Follow a registry that has put these into its list."""
    demo.registry._document_authorities |= {bytes([number]): der for number, der in enumerate(authorities)}
    demo.registry.suspend(demo.bank.identifier, reason="so that there is a new issue")
    return TrustedListClient.start(demo.registry.published(), store=MemoryStore(), at=demo.clock())


def broken(draft: Draft) -> None:
    draft.put(IACA_CONTACT, critical=True)


@pytest.mark.parametrize("wrong", ["broken", "a document signer", "no certificate", "twice"])
def test_a_list_with_an_iaca_that_is_none_is_malformed(demo: Demo, wrong: str) -> None:
    good = iaca()
    bad = {
        "broken": to_der(iaca(broken).certificate),
        "a document signer": demo.city.mdoc_chain[0],
        "no certificate": b"\x30\x00",
        "twice": to_der(good.certificate),
    }[wrong]
    with pytest.raises(TrustedListError) as caught:
        start(demo, to_der(good.certificate), bad)
    assert caught.value.code == "REGISTRY_MALFORMED"


def lasting(days: int) -> Change:
    def change(draft: Draft) -> None:
        draft.not_after = NOW + timedelta(days=days)

    return change


@pytest.mark.parametrize("change", [unchanged, lasting(0)], ids=["valid", "ended"])
def test_a_list_may_have_an_iaca_that_has_ended(demo: Demo, change: Change) -> None:
    demo.clock.pass_by(days=1)
    client = start(demo, to_der(iaca(change).certificate))
    source = KeySource(chain=demo.city.mdoc_chain)
    found = client.key_for(source, role=Role.DOCUMENT_SIGNER, type_id=DOCTYPE, at=demo.clock())
    assert found.party == demo.city.identifier


def test_an_iaca_under_which_nobody_is_listed_certifies_nobody(demo: Demo) -> None:
    own = iaca()
    client = start(demo, to_der(own.certificate))
    for party in (None, demo.city.identifier):
        source = KeySource(chain=(to_der(document_signer(own, party=party).certificate),))
        with pytest.raises(UntrustedError):
            client.key_for(source, role=Role.DOCUMENT_SIGNER, type_id=DOCTYPE, at=NOW)
