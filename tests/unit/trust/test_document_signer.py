# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""One step from a document signer to an IACA, right or wrong in one thing (ISO/IEC 18013-5, Annex B)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.support.mdoc_pki import document_signer, iaca, named, reader
from tests.support.pki import NOW, PARTY, Change, Draft, chain, unchanged
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    UntrustedError,
    ValidityError,
    VcError,
)
from vcwallet.keys import Algorithm, Role
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.certificates import CertificateAuthority, to_der
from vcwallet.trust.chain import key_fingerprint
from vcwallet.trust.document_signer import DocumentSigner, DocumentSignerValidator, read_iaca

ROOT = iaca()
GOOD = document_signer(ROOT)
ANCHOR = to_der(ROOT.certificate)


def validate(signer: CertificateAuthority, *, root: CertificateAuthority = ROOT, days: float = 0) -> DocumentSigner:
    validator = DocumentSignerValidator([to_der(root.certificate)])
    return validator.validate((to_der(signer.certificate),), at=NOW + timedelta(days=days))


def put(extension: x509.ExtensionType) -> Change:
    return lambda draft: draft.put(extension, critical=False)


def lasting(first: float, last: float) -> Change:
    def change(draft: Draft) -> None:
        draft.not_before, draft.not_after = NOW + timedelta(days=first), NOW + timedelta(days=last)

    return change


def issued_by(name: x509.Name) -> Change:
    def change(draft: Draft) -> None:
        draft.issuer_name = name

    return change


def test_a_right_step_gives_the_key_and_whose_it_is() -> None:
    signer = document_signer(ROOT, lasting(-2, 400), state="Kaze")
    found = validate(signer)
    assert found.key == signer.signer.public_key
    assert found.key_fingerprint == key_fingerprint(found.key)
    assert (found.party, found.country, found.jurisdiction) == (PARTY, "ZZ", "Kaze")
    key_id = ROOT.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert found.authority_key_id == key_id
    assert found.fingerprint == signer.certificate.fingerprint(hashes.SHA256()).hex()
    assert (found.not_before, found.not_after) == (NOW - timedelta(days=1), NOW + timedelta(days=100))
    assert (found.signer_not_before, found.signer_not_after) == (NOW - timedelta(days=2), NOW + timedelta(days=400))


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.ES384, Algorithm.ES512])
def test_signer_and_iaca_may_have_keys_on_each_curve(algorithm: Algorithm) -> None:
    root = iaca(signer=SoftwareSigner.generate(algorithm))
    signer = document_signer(root, signer=SoftwareSigner.generate(algorithm))
    assert validate(signer, root=root).key == signer.signer.public_key


def test_among_many_iacas_the_one_is_found_that_is_named() -> None:
    elsewhere = iaca(country="YY")
    validator = DocumentSignerValidator([to_der(one.certificate) for one in (iaca(), elsewhere, ROOT)])
    for signer, country in ((GOOD, "ZZ"), (document_signer(elsewhere, country="YY"), "YY")):
        assert validator.validate((to_der(signer.certificate),), at=NOW).country == country
    with pytest.raises(UntrustedError):
        validator.validate((to_der(document_signer(iaca()).certificate),), at=NOW)


def test_nobody_is_trusted_where_no_iaca_is_known() -> None:
    with pytest.raises(UntrustedError):
        DocumentSignerValidator([]).validate((to_der(GOOD.certificate),), at=NOW)


# --- the step --------------------------------------------------------------------------------------------------------


def refused(certificates: tuple[bytes, ...]) -> VcError:
    with pytest.raises(VcError) as caught:
        DocumentSignerValidator([ANCHOR]).validate(certificates, at=NOW)
    return caught.value


def test_a_document_signer_comes_alone() -> None:
    good = to_der(GOOD.certificate)
    assert validate(GOOD).party == PARTY
    for chain_of in ((), (good, ANCHOR), (ANCHOR, good), (good, good)):
        assert isinstance(refused(chain_of), UntrustedError)


def test_an_iaca_is_no_document_signer() -> None:
    assert isinstance(refused((ANCHOR,)), NotAuthorisedError)
    assert isinstance(refused((to_der(iaca().certificate),)), NotAuthorisedError)


def test_an_iaca_that_calls_itself_a_document_signer_is_none() -> None:
    usage = GOOD.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    both = iaca(lambda draft: draft.put(usage, critical=True))
    assert isinstance(refused((to_der(both.certificate),)), UntrustedError)


def test_a_second_step_is_refused() -> None:
    lower = _ca_below(ROOT)
    signer = document_signer(lower)
    assert isinstance(refused((to_der(signer.certificate),)), UntrustedError)
    assert isinstance(refused((to_der(signer.certificate), to_der(lower.certificate))), UntrustedError)
    below_a_signer = document_signer(GOOD)
    assert isinstance(refused((to_der(below_a_signer.certificate),)), UntrustedError)
    assert isinstance(refused((to_der(below_a_signer.certificate), to_der(GOOD.certificate))), UntrustedError)


def _ca_below(root: CertificateAuthority) -> CertificateAuthority:
    def change(draft: Draft) -> None:
        draft.issuer_name = root.certificate.subject
        draft.subject = named("Lower IACA")
        draft.put(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.signer.public_key.raw), critical=False)

    return iaca(change, signed_by=root.signer)


def test_a_self_signed_document_signer_is_refused() -> None:
    signer = SoftwareSigner.generate()
    own = CertificateAuthority(certificate=ROOT.certificate, signer=signer)
    assert isinstance(refused((to_der(document_signer(own).certificate),)), UntrustedError)


def test_a_signature_by_another_key_is_refused_although_all_names_agree() -> None:
    # Another CA of the same name, whose document signer claims to be by the key of the IACA.
    other = iaca()
    claimed = put(x509.AuthorityKeyIdentifier.from_issuer_public_key(ROOT.signer.public_key.raw))
    assert other.certificate.subject == ROOT.certificate.subject
    with pytest.raises(UntrustedError, match="does not lead"):
        validate(document_signer(other, claimed))
    assert validate(document_signer(other), root=other).party == PARTY


def test_an_issuer_of_another_name_is_refused() -> None:
    with pytest.raises(UntrustedError, match="does not lead"):
        validate(document_signer(ROOT, issued_by(named("Kaze IACA"))))


def test_a_document_signer_that_names_another_key_is_refused() -> None:
    other = x509.AuthorityKeyIdentifier.from_issuer_public_key(SoftwareSigner.generate().public_key.raw)
    without_key = x509.AuthorityKeyIdentifier(None, [x509.DirectoryName(ROOT.certificate.subject)], 1)
    for wrong in (other, without_key):
        with pytest.raises(UntrustedError):
            validate(document_signer(ROOT, put(wrong)))


def test_country_and_state_are_those_of_the_iaca() -> None:
    of_kaze = iaca(state="Kaze")
    assert validate(document_signer(of_kaze, state="Kaze"), root=of_kaze).jurisdiction == "Kaze"
    with pytest.raises(UntrustedError) as caught:
        validate(document_signer(of_kaze, state="Umi"), root=of_kaze)
    assert caught.value.code == "CERTIFICATE_STATE"
    with pytest.raises(UntrustedError) as caught:
        validate(document_signer(ROOT, country="YY"))
    assert caught.value.code == "CERTIFICATE_COUNTRY"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.DOCUMENT_SIGNER])
def test_a_certificate_of_another_role_is_no_document_signer(role: Role) -> None:
    assert isinstance(refused((chain(role).x5c[0],)), NotAuthorisedError)


def test_a_reader_below_an_iaca_is_no_document_signer() -> None:
    assert isinstance(refused((to_der(reader(ROOT).certificate),)), NotAuthorisedError)


def test_an_issuing_ca_is_neither_document_signer_nor_iaca() -> None:
    found = chain()
    assert isinstance(refused((found.x5c[1],)), NotAuthorisedError)
    for wrong in (found.x5c[1], to_der(found.anchor)):
        with pytest.raises(UntrustedError):
            read_iaca(wrong)


# --- what is known ---------------------------------------------------------------------------------------------------


def test_only_an_iaca_is_known() -> None:
    assert read_iaca(ANCHOR) == ROOT.certificate
    for wrong in (GOOD, reader(ROOT), iaca(signed_by=SoftwareSigner.generate()), _ca_below(ROOT)):
        with pytest.raises((UntrustedError, NotAuthorisedError)):
            DocumentSignerValidator([ANCHOR, to_der(wrong.certificate)])
    with pytest.raises(MalformedError):
        DocumentSignerValidator([b"\x30\x00"])


def test_two_iacas_have_two_key_identifiers() -> None:
    own = ROOT.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    twin = iaca(put(own))
    assert read_iaca(to_der(twin.certificate)) == twin.certificate
    for second in (twin, ROOT):
        with pytest.raises(UntrustedError) as caught:
            DocumentSignerValidator([ANCHOR, to_der(second.certificate)])
        assert caught.value.code == "CERTIFICATE_KEY_IDENTIFIER"


# --- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["IACA", "signer"])
def test_both_certificates_are_valid_at_the_time_of_use(part: str) -> None:
    root = iaca(lasting(5, 10) if part == "IACA" else unchanged)
    signer = document_signer(root, lasting(5, 10) if part == "signer" else unchanged)
    for days in (5.0, 10.0):
        assert validate(signer, root=root, days=days).not_after == NOW + timedelta(days=10)
    for days, code in ((4.9, "NOT_YET_VALID"), (10.1, "EXPIRED")):
        with pytest.raises(ValidityError) as caught:
            validate(signer, root=root, days=days)
        assert caught.value.code == code


def test_certificates_that_are_never_valid_together_are_refused() -> None:
    with pytest.raises(UntrustedError):
        validate(document_signer(ROOT, lasting(101, 110)), days=105)


def test_a_document_signer_lasts_457_days_at_most() -> None:
    root = iaca(lasting(-1, 1000))
    assert validate(document_signer(root, lasting(0, 457)), root=root).signer_not_after == NOW + timedelta(days=457)
    with pytest.raises(UntrustedError) as caught:
        validate(document_signer(root, lasting(0, 458)), root=root)
    assert caught.value.code == "CERTIFICATE_VALIDITY_SPAN"


# --- whose it is -----------------------------------------------------------------------------------------------------


def test_a_document_signer_may_leave_open_whose_it_is() -> None:
    assert validate(document_signer(ROOT, party=None)).party is None
    mail = x509.SubjectAlternativeName([x509.RFC822Name("ds@mirai.example"), x509.DNSName("mirai.example")])
    assert validate(document_signer(ROOT, put(mail))).party is None
    beside = x509.SubjectAlternativeName([x509.DNSName("mirai.example"), x509.UniformResourceIdentifier(PARTY)])
    assert validate(document_signer(ROOT, put(beside))).party == PARTY


def test_a_document_signer_is_not_of_two_parties() -> None:
    two = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(PARTY), x509.UniformResourceIdentifier("urn:x")])
    with pytest.raises(UntrustedError) as caught:
        validate(document_signer(ROOT, put(two)))
    assert caught.value.code == "CERTIFICATE_SUBJECT"


# --- hostile bytes, and what is kept ---------------------------------------------------------------------------------


def test_sizes_are_limited() -> None:
    assert isinstance(refused((b"\x30" * (16 * 1024 + 1),)), LimitExceededError)
    assert type(refused((b"\x30" * (16 * 1024),))) is MalformedError
    with pytest.raises(LimitExceededError):
        read_iaca(b"\x30" * (16 * 1024 + 1))


def test_a_key_that_we_do_not_use_is_refused() -> None:
    def change(draft: Draft) -> None:
        draft.key = rsa.generate_private_key(65537, 2048).public_key()

    with pytest.raises(AlgorithmNotAllowedError):
        validate(document_signer(ROOT, change))


def test_a_kept_signer_is_still_judged_by_the_time() -> None:
    validator = DocumentSignerValidator([ANCHOR])
    certificates = (to_der(GOOD.certificate),)
    first = validator.validate(certificates, at=NOW)
    assert validator.validate(certificates, at=NOW + timedelta(days=50)) is first
    for days in (-2, 101):
        with pytest.raises(ValidityError):
            validator.validate(certificates, at=NOW + timedelta(days=days))


def test_only_so_many_signers_are_kept() -> None:
    validator = DocumentSignerValidator([ANCHOR], max_kept=1)
    first = validator.validate((to_der(GOOD.certificate),), at=NOW)
    validator.validate((to_der(document_signer(ROOT).certificate),), at=NOW)
    assert validator.validate((to_der(GOOD.certificate),), at=NOW) is not first


def test_a_subject_may_have_more_than_the_table_asks_for() -> None:
    def change(draft: Draft) -> None:
        draft.subject = x509.Name([*draft.subject, x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Mirai City")])

    assert validate(document_signer(ROOT, change)).country == "ZZ"
