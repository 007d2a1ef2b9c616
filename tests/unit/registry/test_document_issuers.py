# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a registry certifies and lists for mdocs (ISO/IEC 18013-5, Annex B)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509

from tests.support.mdoc_pki import document_signer, iaca
from tests.support.pki import NOW, Draft
from tests.support.trust import AGE, Clock, Demo, Residence, Tax
from vcwallet.credential_type import CredentialType
from vcwallet.errors import MalformedError, StoreCorruptError, UntrustedError, ValidityError, VerificationError
from vcwallet.keys import Algorithm, KeySource, PublicKey, Role
from vcwallet.keys.software import SoftwareSigner
from vcwallet.registry import Action, TrustRegistry, document_authorities
from vcwallet.storage import Delete, MemoryStore, Put
from vcwallet.trust.certificates import from_der, subject_key_id, to_der
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.list_json import MAX_DOCUMENT_AUTHORITIES
from vcwallet.trust.mdoc_certificates import DOCUMENT_SIGNER, IACA, READER


class Licence(CredentialType, vct="urn:example:licence:1", doctype="org.example.licence", ja="免許", en="Licence"):
    pass


@pytest.fixture
def demo() -> Demo:
    return Demo()


OWN = iaca()
OWN_DER = to_der(OWN.certificate)


# --- certificates of those who are enrolled --------------------------------------------------------------------------


def test_an_issuer_of_a_type_with_a_doctype_is_a_document_signer_too(demo: Demo) -> None:
    [der] = demo.city.mdoc_chain
    certificate = from_der(der)
    DOCUMENT_SIGNER.require(certificate)
    assert PublicKey.from_certificate(certificate) == demo.city.signer.public_key
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [demo.city.identifier]
    assert "Document signer" in certificate.subject.rfc4514_string()
    assert demo.registry.enrol_issuer("Both", may_issue=[Tax, Residence]).mdoc_chain


def test_an_issuer_of_no_doctype_is_none(demo: Demo) -> None:
    tax_office = demo.registry.enrol_issuer("Tax office", may_issue=[Tax])
    assert tax_office.mdoc_chain == ()
    [listed] = [one for one in demo.registry.parties() if one.party == tax_office.identifier]
    assert listed.document_authority_key_ids == frozenset()


def test_a_verifier_is_a_reader_too(demo: Demo) -> None:
    leaf, authority = demo.bank.mdoc_chain
    READER.require(from_der(leaf))
    assert PublicKey.from_certificate(from_der(leaf)) == demo.bank.signer.public_key
    assert authority == demo.bank.chain[1]


def test_others_have_no_certificate_for_mdocs(demo: Demo) -> None:
    assert demo.registry.enrol_status_signer("Kaze Town").mdoc_chain == ()
    assert demo.registry.enrol_wallet_provider("Wallet maker").mdoc_chain == ()


def test_a_key_that_no_mdoc_certificate_can_hold_gets_none(demo: Demo) -> None:
    signer = SoftwareSigner.generate(Algorithm.EDDSA)
    town = demo.registry.enrol_issuer("Kaze Town", code="kaze", may_issue=[Residence], signer=signer)
    shop = demo.registry.enrol_verifier("Shop", purposes=[AGE], signer=SoftwareSigner.generate(Algorithm.EDDSA))
    assert (town.mdoc_chain, shop.mdoc_chain) == ((), ())
    renewed = demo.registry.renew(town.identifier)
    assert len(renewed.mdoc_chain) == 1


def test_a_renewal_renews_the_certificate_for_mdocs(demo: Demo) -> None:
    demo.clock.pass_by(days=100)
    for before in (demo.city, demo.bank):
        renewed = demo.registry.renew(before.identifier)
        assert len(renewed.mdoc_chain) == len(before.mdoc_chain)
        leaf = from_der(renewed.mdoc_chain[0])
        assert PublicKey.from_certificate(leaf) == renewed.signer.public_key
        assert leaf.not_valid_before_utc == demo.clock() - timedelta(seconds=60)


# --- the registry's own IACA -----------------------------------------------------------------------------------------


def own_iaca(registry: TrustRegistry) -> x509.Certificate:
    return registry._authority.iaca.certificate


def addresses(certificate: x509.Certificate) -> list[str]:
    """The contact that a certificate gives, then where its revocation list is, if it says so."""
    contact = certificate.extensions.get_extension_for_class(x509.IssuerAlternativeName).value
    found = list(contact.get_values_for_type(x509.UniformResourceIdentifier))
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.CRLDistributionPoints):
            found += [name.value for point in extension.value for name in point.full_name or ()]
    return found


def test_a_registry_has_an_iaca_of_its_country(demo: Demo) -> None:
    registry = TrustRegistry.found("Registry", store=MemoryStore(), clock=demo.clock, country="JP")
    IACA.require(own_iaca(registry))
    assert own_iaca(registry).subject.rfc4514_string().endswith("C=JP")
    assert addresses(own_iaca(registry)) == ["https://registry.example"]


def test_certificates_for_mdocs_give_the_address_of_the_registry(demo: Demo) -> None:
    address = "https://trust.mirai.example/registry/"
    registry = TrustRegistry.found("Registry", store=MemoryStore(), clock=demo.clock, address=address)
    city = registry.enrol_issuer("Mirai City", may_issue=[Residence])
    bank = registry.enrol_verifier("Sakura Bank", purposes=[AGE])
    assert addresses(own_iaca(registry)) == [address]
    assert addresses(from_der(city.mdoc_chain[0])) == [address, f"{address}iaca.crl"]
    points = from_der(bank.mdoc_chain[0]).extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert [name.value for name in next(iter(points)).full_name or ()] == [f"{address}issuing-ca.crl"]


@pytest.mark.parametrize("address", ["", "registry.example", "mailto:a@b.example", "https://", "https://登録.example"])
def test_an_address_is_a_url(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        TrustRegistry.found("Registry", store=MemoryStore(), clock=Clock(), address=address)


@pytest.mark.parametrize("country", ["jp", "J", "JPN", "日本"])
def test_a_country_is_two_capital_letters(country: str) -> None:
    store = MemoryStore()
    with pytest.raises(ValueError, match=r"country|length"):
        TrustRegistry.found("Registry", store=store, clock=Clock(), country=country)
    TrustRegistry.found("Registry", store=store, clock=Clock(), country="JP")


def test_a_lost_iaca_is_found(demo: Demo) -> None:
    demo.store.commit(Delete("registry_key", "iaca"))
    with pytest.raises(StoreCorruptError):
        TrustRegistry.reopen(demo.store, clock=demo.clock)


# --- issuers under an IACA of their own ------------------------------------------------------------------------------


def enrol(demo: Demo, der: bytes = OWN_DER, *, code: str = "umi") -> str:
    return demo.registry.enrol_document_issuer("Umi", iaca=der, may_issue=[Licence], code=code, details={"a": "b"})


def trusts(demo: Demo, client: TrustedListClient) -> bool:
    source = KeySource(chain=(to_der(document_signer(OWN, party=None).certificate),))
    found = client.key_for(source, role=Role.DOCUMENT_SIGNER, type_id=Licence.doctype, at=demo.clock())
    return found.party == "urn:vcwallet:party:umi"


def test_an_issuer_under_its_own_iaca_is_listed_with_it(demo: Demo) -> None:
    party = enrol(demo)
    [listed] = [one for one in demo.registry.parties() if one.party == party]
    assert (listed.role, listed.details) == (Role.CREDENTIAL_ISSUER, {"a": "b"})
    assert set(listed.may_issue) == {"org.example.licence"}
    assert listed.document_authority_key_ids == {subject_key_id(OWN.certificate)} == {listed.authority_key_id}
    assert Licence.vct in demo.registry.published().type_metadata
    assert (demo.registry.log()[-1].action, demo.registry.log()[-1].party) == (Action.ENROL, party)
    demo.update()
    assert trusts(demo, demo.client)


def test_an_iaca_with_the_key_identifier_of_a_ca_of_the_registry_is_refused(demo: Demo) -> None:
    """Its revocation list would be taken for that of the registry's CA."""
    demo.registry.rotate_root(reason="yearly")
    before = demo.registry.log()
    for key_id in {one.key_id for one in demo.registry.authorities()}:

        def change(draft: Draft, key_id: bytes = key_id) -> None:
            draft.put(x509.SubjectKeyIdentifier(key_id), critical=False)

        with pytest.raises(ValueError, match="another party's or the registry's"):
            enrol(demo, to_der(iaca(change).certificate))
    assert demo.registry.log() == before
    assert enrol(demo)


def test_a_new_ca_does_not_take_the_key_identifier_of_a_partys_iaca(demo: Demo) -> None:
    succeeded = demo.registry._authority.with_new_issuing_ca(at=demo.clock())

    def change(draft: Draft) -> None:
        draft.put(x509.SubjectKeyIdentifier(succeeded.key_id), critical=False)

    enrol(demo, to_der(iaca(change).certificate))
    with pytest.raises(ValueError, match="rotate again"):
        demo.registry._rotate(succeeded, reason="yearly")
    demo.registry.rotate_issuing_ca(reason="yearly")


def test_it_gets_a_code_if_it_has_none(demo: Demo) -> None:
    party = demo.registry.enrol_document_issuer("Umi", iaca=OWN_DER, may_issue=[Licence])
    assert party.startswith("urn:vcwallet:party:")


def test_it_is_listed_after_a_restart(demo: Demo) -> None:
    enrol(demo)
    published = demo.registry.published()
    reopened = TrustRegistry.reopen(demo.store, clock=demo.clock)
    assert reopened.published() == published
    demo.clock.pass_by(days=4)
    assert reopened.published() != published
    client = TrustedListClient.start(reopened.published(), store=MemoryStore(), at=demo.clock())
    assert trusts(demo, client)
    demo.registry = reopened
    with pytest.raises(ValueError, match="another party"):
        enrol(demo, code="kaze")


def test_it_is_suspended_and_withdrawn_as_others(demo: Demo) -> None:
    party = enrol(demo)
    demo.update()
    assert trusts(demo, demo.client)
    demo.registry.suspend(party, reason="audit")
    demo.update()
    with pytest.raises(VerificationError):
        trusts(demo, demo.client)
    demo.registry.reinstate(party, reason="audit passed")
    demo.update()
    assert trusts(demo, demo.client)


def test_it_has_no_certificate_with_us_to_renew(demo: Demo) -> None:
    party = enrol(demo)
    with pytest.raises(ValueError, match="IACA"):
        demo.registry.renew(party)
    assert demo.registry.renew(demo.city.identifier).identifier == demo.city.identifier


def test_its_iaca_is_one_by_the_profile(demo: Demo) -> None:
    def longer(draft: Draft) -> None:
        draft.not_after = draft.not_before + timedelta(days=7306)

    for wrong in (iaca(longer), document_signer(OWN), iaca(signed_by=SoftwareSigner.generate())):
        with pytest.raises(VerificationError):
            enrol(demo, to_der(wrong.certificate))
    with pytest.raises(MalformedError):
        enrol(demo, b"no certificate")
    enrol(demo)


def test_its_iaca_is_valid_now(demo: Demo) -> None:
    demo.clock.now = NOW + timedelta(days=101)
    with pytest.raises(ValidityError):
        enrol(demo)
    demo.clock.now = NOW - timedelta(days=2)
    with pytest.raises(ValidityError):
        enrol(demo)
    demo.clock.now = NOW + timedelta(days=100)
    enrol(demo)


def test_its_iaca_is_nobody_elses(demo: Demo) -> None:
    enrol(demo)
    with pytest.raises(ValueError, match="another party"):
        enrol(demo, code="kaze")
    with pytest.raises(ValueError, match="another party"):
        enrol(demo, to_der(own_iaca(demo.registry)), code="kaze")
    same_key_id = iaca(
        lambda draft: draft.put(x509.SubjectKeyIdentifier(subject_key_id(OWN.certificate)), critical=False)
    )
    with pytest.raises(ValueError, match="another party"):
        enrol(demo, to_der(same_key_id.certificate), code="kaze")
    enrol(demo, to_der(iaca().certificate), code="kaze")


def test_its_key_is_nobody_elses(demo: Demo) -> None:
    enrol(demo)
    other_key_id = iaca(
        lambda draft: draft.put(x509.SubjectKeyIdentifier(b"\x01" * 20), critical=False), signer=OWN.signer
    )
    with pytest.raises(ValueError, match="key"):
        enrol(demo, to_der(other_key_id.certificate), code="kaze")
    assert isinstance(demo.bank.signer, SoftwareSigner)
    with pytest.raises(ValueError, match="key"):
        enrol(demo, to_der(iaca(signer=demo.bank.signer).certificate), code="kaze")
    with pytest.raises(ValueError, match="key"):
        demo.registry.enrol_status_signer("Umi", code="umi", signer=OWN.signer)


def test_a_refused_iaca_is_not_kept(demo: Demo) -> None:
    with pytest.raises(ValueError, match="already"):
        enrol(demo, code="999016")
    with pytest.raises(ValueError, match="docType"):
        demo.registry.enrol_document_issuer("Umi", iaca=OWN_DER, may_issue=[Licence, Tax])
    with pytest.raises(ValueError, match="at least one"):
        demo.registry.enrol_document_issuer("Umi", iaca=OWN_DER, may_issue=[])
    assert document_authorities.load(demo.store) == {}
    enrol(demo)
    assert document_authorities.load(demo.store) == {subject_key_id(OWN.certificate): OWN_DER}


def test_its_types_may_begin_later(demo: Demo) -> None:
    later = NOW + timedelta(days=2)
    demo.registry.enrol_document_issuer("Umi", iaca=OWN_DER, may_issue=[Licence], code="umi", types_from=later)
    demo.update()
    with pytest.raises(VerificationError):
        trusts(demo, demo.client)
    demo.clock.now = later
    assert trusts(demo, demo.client)


def test_a_list_holds_so_many_iacas(demo: Demo) -> None:
    known = demo.registry._document_authorities
    known.update({number.to_bytes(2, "big"): b"" for number in range(MAX_DOCUMENT_AUTHORITIES - 1)})
    with pytest.raises(ValueError, match="500"):
        enrol(demo)
    known.popitem()
    enrol(demo)


def test_a_damaged_iaca_in_the_store_is_found(demo: Demo) -> None:
    enrol(demo)
    [record] = demo.store.find("registry_document_authority")
    TrustRegistry.reopen(demo.store, clock=demo.clock)
    for damaged in (b"{}", to_der(iaca(signed_by=OWN.signer).certificate)):
        demo.store.commit(Put("registry_document_authority", record.id, damaged))
        with pytest.raises(StoreCorruptError):
            TrustRegistry.reopen(demo.store, clock=demo.clock)


def test_an_issuer_under_its_own_iaca_issues_nothing_under_our_root(demo: Demo) -> None:
    # Whoever got a certificate of ours in its name could sign no credential: the list names its IACA, not our CA.
    party = enrol(demo)
    signer = SoftwareSigner.generate()
    chain = demo.registry._authority.certify(
        signer.public_key, Role.CREDENTIAL_ISSUER, code="umi", name="Umi", at=demo.clock()
    )
    demo.update()
    with pytest.raises(UntrustedError, match="another CA"):
        demo.client.key_for(
            KeySource(chain=chain, issuer=party), role=Role.CREDENTIAL_ISSUER, type_id=Licence.doctype, at=NOW
        )
