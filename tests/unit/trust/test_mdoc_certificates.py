# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The certificate profiles of ISO/IEC 18013-5, Annex B: for each rule, certificates that break just that one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier, SignatureAlgorithmOID

from tests.support.mdoc_pki import (
    CRL,
    MDL_DS,
    MDL_READER,
    MDOC_DS,
    MDOC_READER,
    document_signer,
    iaca,
    integer,
    key_usage,
    link,
    named,
    reader,
    respelled,
    revocation_list,
)
from tests.support.pki import NOW, PARTY, Change, Draft, Hash, unchanged
from vcwallet.errors import AlgorithmNotAllowedError, MalformedError, NotAuthorisedError, UntrustedError
from vcwallet.keys import Algorithm, PublicKey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.certificates import Subject, from_der
from vcwallet.trust.mdoc_certificates import (
    DOCUMENT_SIGNER,
    IACA,
    IACA_LINK,
    READER,
    MdocProfile,
    build_document_signer,
    build_iaca,
    build_iaca_link,
    build_reader,
    may_be_certified,
    require_certified_by,
)

ROOT = iaca()
SUCCESSOR = iaca()
MAKERS: dict[str, Callable[[Change], x509.Certificate]] = {
    "IACA": lambda change: iaca(change).certificate,
    "IACA link": lambda change: link(ROOT, SUCCESSOR, change),
    "document signer": lambda change: document_signer(ROOT, change).certificate,
    "reader": lambda change: reader(ROOT, change).certificate,
}
PROFILES: dict[str, MdocProfile] = {
    "IACA": IACA,
    "IACA link": IACA_LINK,
    "document signer": DOCUMENT_SIGNER,
    "reader": READER,
}
KINDS = list(PROFILES)
CAS = ["IACA", "IACA link"]
LEAVES = ["document signer", "reader"]
TABLES = {"IACA": "B.1", "IACA link": "B.2", "document signer": "B.3", "reader": "B.6"}


def put(extension: x509.ExtensionType, *, critical: bool = False) -> Change:
    return lambda draft: draft.put(extension, critical=critical)


def drop(kind: type[x509.ExtensionType]) -> Change:
    return lambda draft: draft.drop(kind)


def other(oid: str, *, critical: bool = False) -> Change:
    return put(x509.UnrecognizedExtension(ObjectIdentifier(oid), b"\x05\x00"), critical=critical)


def own_key_as_issuers(draft: Draft) -> None:
    draft.put(x509.AuthorityKeyIdentifier.from_issuer_public_key(draft.key), critical=False)


def subject(name: x509.Name) -> Change:
    def change(draft: Draft) -> None:
        if draft.issuer_name == draft.subject:
            draft.issuer_name = name
        draft.subject = name

    return change


def key(value: object) -> Change:
    def change(draft: Draft) -> None:
        draft.key = value

    return change


def lasting(days: int, seconds: int = 0) -> Change:
    def change(draft: Draft) -> None:
        draft.not_after = draft.not_before + timedelta(days=days, seconds=seconds)

    return change


def hashed(algorithm: Hash) -> Change:
    def change(draft: Draft) -> None:
        draft.hash = algorithm

    return change


def more(name: x509.Name, oid: ObjectIdentifier, text: str) -> x509.Name:
    return x509.Name([*name, x509.NameAttribute(oid, text)])


GOOD = named("Mirai")
OTHER_KEY_ID = x509.AuthorityKeyIdentifier(b"\x01" * 20, None, None)
NO_KEY_ID = x509.AuthorityKeyIdentifier(None, [x509.DirectoryName(GOOD)], 7)
HOST = [x509.DNSName("mirai.example")]
NAMED_CRL = x509.DistributionPoint(None, x509.RelativeDistinguishedName([*named("CRL", country=None)]), None, None)
HOST_CRL = x509.DistributionPoint(HOST, None, None, None)

BROKEN: dict[str, tuple[list[str], Change, str]] = {
    "signed with SHA-224": (KINDS, hashed(hashes.SHA224()), "SIGNATURE_ALGORITHM"),
    "twenty years and a day": (CAS, lasting(7306), "VALIDITY_SPAN"),
    "458 days": (["document signer"], lasting(458), "VALIDITY_SPAN"),
    "457 days and a second": (["document signer"], lasting(457, 1), "VALIDITY_SPAN"),
    "1188 days": (["reader"], lasting(1188), "VALIDITY_SPAN"),
    "no country": ([*CAS, "document signer"], subject(named("Mirai", country=None)), "COUNTRY"),
    "two countries": ([*CAS, "document signer"], subject(more(GOOD, NameOID.COUNTRY_NAME, "YY")), "COUNTRY"),
    "a country in small letters": ([*CAS, "document signer"], subject(named("Mirai", country="zz")), "COUNTRY"),
    "no common name": (KINDS, subject(x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "ZZ")])), "SUBJECT"),
    "two common names": (KINDS, subject(more(GOOD, NameOID.COMMON_NAME, "Kaze")), "SUBJECT"),
    "two states": (
        KINDS,
        subject(more(named("Mirai", state="Kaze"), NameOID.STATE_OR_PROVINCE_NAME, "Umi")),
        "SUBJECT",
    ),
    "an Ed25519 key": (LEAVES, key(ed25519.Ed25519PrivateKey.generate().public_key()), "KEY"),
    "policy mappings": (KINDS, other("2.5.29.33"), "EXTENSION"),
    "name constraints": (KINDS, put(x509.NameConstraints([x509.DNSName("mirai.example")], None)), "EXTENSION"),
    "policy constraints": (KINDS, put(x509.PolicyConstraints(0, None)), "EXTENSION"),
    "no policy": (KINDS, put(x509.InhibitAnyPolicy(0)), "EXTENSION"),
    "a freshest CRL": (KINDS, put(x509.FreshestCRL([HOST_CRL])), "EXTENSION"),
    "an unknown critical extension": (KINDS, other("1.2.3.4", critical=True), "EXTENSION"),
    "a critical revocation list": (KINDS, put(revocation_list(), critical=True), "EXTENSION"),
    "no basic constraints": (CAS, drop(x509.BasicConstraints), "BASIC_CONSTRAINTS"),
    "no CA": (CAS, put(x509.BasicConstraints(ca=False, path_length=None), critical=True), "BASIC_CONSTRAINTS"),
    "a CA below": (CAS, put(x509.BasicConstraints(ca=True, path_length=1), critical=True), "BASIC_CONSTRAINTS"),
    "any CAs below": (CAS, put(x509.BasicConstraints(ca=True, path_length=None), critical=True), "BASIC_CONSTRAINTS"),
    "constraints not critical": (CAS, put(x509.BasicConstraints(ca=True, path_length=0)), "BASIC_CONSTRAINTS"),
    "a CA": (LEAVES, put(x509.BasicConstraints(ca=True, path_length=0), critical=True), "BASIC_CONSTRAINTS"),
    "no key usage": (KINDS, drop(x509.KeyUsage), "KEY_USAGE"),
    "key usage of a leaf": (CAS, put(key_usage(digital_signature=True), critical=True), "KEY_USAGE"),
    "certificates but no revocation": (CAS, put(key_usage(key_cert_sign=True), critical=True), "KEY_USAGE"),
    "key usage of a CA": (LEAVES, put(key_usage(key_cert_sign=True, crl_sign=True), critical=True), "KEY_USAGE"),
    "more key usage": (
        LEAVES,
        put(key_usage(digital_signature=True, content_commitment=True), critical=True),
        "KEY_USAGE",
    ),
    "CA's key usage not critical": (CAS, put(key_usage(key_cert_sign=True, crl_sign=True)), "KEY_USAGE"),
    "leaf's key usage not critical": (LEAVES, put(key_usage(digital_signature=True)), "KEY_USAGE"),
    "no subject key identifier": (KINDS, drop(x509.SubjectKeyIdentifier), "KEY_IDENTIFIER"),
    "no authority key identifier": (["IACA link", *LEAVES], drop(x509.AuthorityKeyIdentifier), "KEY_IDENTIFIER"),
    "an authority without key": (KINDS, put(NO_KEY_ID), "KEY_IDENTIFIER"),
    "an IACA by another key": (["IACA"], put(OTHER_KEY_ID), "KEY_IDENTIFIER"),
    "no contact": (["IACA", "document signer"], drop(x509.IssuerAlternativeName), "CONTACT"),
    "a host as contact": (["IACA", "document signer"], put(x509.IssuerAlternativeName(HOST)), "CONTACT"),
    "no revocation list": (["document signer"], drop(x509.CRLDistributionPoints), "REVOCATION_LIST"),
    "a list without address": (
        ["document signer"],
        put(x509.CRLDistributionPoints([NAMED_CRL, HOST_CRL])),
        "REVOCATION_LIST",
    ),
}
RIGHT: dict[str, tuple[list[str], Change]] = {
    "as it is": (KINDS, unchanged),
    "signed with SHA-384": (KINDS, hashed(hashes.SHA384())),
    "signed with SHA-512": (KINDS, hashed(hashes.SHA512())),
    "twenty years": (CAS, lasting(7305)),
    "457 days": (["document signer"], lasting(457)),
    "1187 days": (["reader"], lasting(1187)),
    "its own key as its issuer's": (["IACA"], own_key_as_issuers),
    "a state": (KINDS, subject(named("Mirai", state="Kaze"))),
    "a reader without country": (["reader"], subject(named("Mirai", country=None))),
    "an unknown extension": (KINDS, other("1.2.3.4")),
    "no CA, said in full": (LEAVES, put(x509.BasicConstraints(ca=False, path_length=None), critical=True)),
    "a URI as contact": (KINDS, put(x509.IssuerAlternativeName([x509.UniformResourceIdentifier("https://m.example")]))),
    "a host beside the URI": (
        KINDS,
        put(x509.IssuerAlternativeName([*HOST, x509.UniformResourceIdentifier("https://m.example")])),
    ),
    "no contact": (["IACA link", "reader"], put(x509.IssuerAlternativeName(HOST))),
    "a revocation list": (KINDS, put(x509.CRLDistributionPoints([NAMED_CRL, *revocation_list()]))),
    "a reader without one": (["reader"], drop(x509.CRLDistributionPoints)),
    "the mdoc usage left out": (["document signer"], put(x509.ExtendedKeyUsage([MDL_DS]), critical=True)),
    "the reader's mdoc usage left out": (["reader"], put(x509.ExtendedKeyUsage([MDL_READER]), critical=True)),
    "a key on P-384": (["document signer", "reader"], key(ec.generate_private_key(ec.SECP384R1()).public_key())),
    "a key on P-521": (["document signer", "reader"], key(ec.generate_private_key(ec.SECP521R1()).public_key())),
}
OWN_USAGE = {
    "IACA": [],
    "IACA link": [],
    "document signer": [MDL_DS, MDOC_DS],
    "reader": [MDL_READER, MDOC_READER],
}


@pytest.mark.parametrize(("kind", "case"), [(kind, case) for case, (kinds, _) in RIGHT.items() for kind in kinds])
def test_a_certificate_within_the_rules_is_accepted(kind: str, case: str) -> None:
    PROFILES[kind].require(MAKERS[kind](RIGHT[case][1]))


@pytest.mark.parametrize(("kind", "case"), [(kind, case) for case, (kinds, *_) in BROKEN.items() for kind in kinds])
def test_a_certificate_that_breaks_one_rule_is_refused_by_its_name(kind: str, case: str) -> None:
    _, change, code = BROKEN[case]
    with pytest.raises(UntrustedError) as caught:
        PROFILES[kind].require(MAKERS[kind](change))
    assert caught.value.code == f"CERTIFICATE_{code}"
    assert caught.value.clause == f"ISO/IEC 18013-5, table {TABLES[kind]}"


@pytest.mark.parametrize("held", KINDS)
@pytest.mark.parametrize("asked", KINDS)
def test_a_certificate_of_one_profile_is_refused_by_every_other(held: str, asked: str) -> None:
    certificate = MAKERS[held](unchanged)
    # A link is an IACA that another one signed, and a root is no link for want of the other's key identifier.
    if held == asked:
        PROFILES[asked].require(certificate)
        return
    with pytest.raises((NotAuthorisedError, UntrustedError)):
        PROFILES[asked].require(certificate)


USAGES = {
    "a TLS server": [ExtendedKeyUsageOID.SERVER_AUTH],
    "anything": [ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE],
    "a document signer, of mdoc alone": [MDOC_DS],
    "a reader, of mdoc alone": [MDOC_READER],
    "a document signer and a server": [MDL_DS, ExtendedKeyUsageOID.SERVER_AUTH],
    "a reader and a server": [MDL_READER, ExtendedKeyUsageOID.SERVER_AUTH],
    "a document signer and a reader": [MDL_DS, MDL_READER],
    "a document signer and an mdoc reader": [MDL_DS, MDOC_READER],
    "an IACA": [ObjectIdentifier("1.0.18013.5.1.7")],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("usage", USAGES)
def test_a_key_for_something_else_or_more_is_not_authorised(kind: str, usage: str) -> None:
    with pytest.raises(NotAuthorisedError) as caught:
        PROFILES[kind].require(MAKERS[kind](put(x509.ExtendedKeyUsage(USAGES[usage]), critical=True)))
    assert caught.value.clause == f"ISO/IEC 18013-5, table {TABLES[kind]}"


@pytest.mark.parametrize("kind", LEAVES)
def test_a_leaf_says_what_it_is_for_and_critically(kind: str) -> None:
    for change in (drop(x509.ExtendedKeyUsage), put(x509.ExtendedKeyUsage(OWN_USAGE[kind]))):
        with pytest.raises(NotAuthorisedError):
            PROFILES[kind].require(MAKERS[kind](change))


@pytest.mark.parametrize("kind", CAS)
def test_a_ca_is_for_certificates_alone_also_where_it_is_not_critical(kind: str) -> None:
    with pytest.raises(NotAuthorisedError):
        PROFILES[kind].require(MAKERS[kind](put(x509.ExtendedKeyUsage([MDL_DS]))))


@pytest.mark.parametrize(
    "public_key",
    [rsa.generate_private_key(65537, 2048).public_key(), ec.generate_private_key(ec.BrainpoolP256R1()).public_key()],
    ids=["RSA", "Brainpool"],
)
def test_a_key_of_a_kind_that_we_do_not_use_is_refused(public_key: object) -> None:
    with pytest.raises(AlgorithmNotAllowedError):
        DOCUMENT_SIGNER.require(MAKERS["document signer"](key(public_key)))


# --- what no builder writes ------------------------------------------------------------------------------------------


def refused(profile: MdocProfile, der: bytes) -> str:
    with pytest.raises(UntrustedError) as caught:
        profile.require(from_der(der))
    return caught.value.code


@pytest.mark.parametrize(("kind", "number"), [("IACA", 1), ("document signer", 2)])
def test_a_country_is_a_printable_string(kind: str, number: int) -> None:
    certificate = ROOT.certificate if kind == "IACA" else document_signer(ROOT).certificate
    printable, utf8 = b"\x13\x02ZZ", b"\x0c\x02ZZ"
    der = respelled(certificate, printable, utf8, signer=ROOT.signer, number=number)
    if kind == "IACA":  # in its subject too, so that it is its own issuer
        der = respelled(from_der(der), printable, utf8, signer=ROOT.signer)
    assert refused(PROFILES[kind], der) == "CERTIFICATE_COUNTRY"
    PROFILES[kind].require(from_der(respelled(certificate, printable, printable, signer=ROOT.signer)))


def test_the_issuer_of_an_iaca_is_its_subject_byte_for_byte() -> None:
    der = respelled(ROOT.certificate, b"\x13\x02ZZ", b"\x0c\x02ZZ", signer=ROOT.signer)
    assert from_der(der).issuer == from_der(der).subject
    assert refused(IACA, der) == "CERTIFICATE_ISSUER"


def test_an_iaca_has_signed_itself() -> None:
    assert refused(IACA, respelled(ROOT.certificate, b"Mirai", b"Kaze!", signer=SUCCESSOR.signer)) == (
        "CERTIFICATE_ISSUER"
    )
    with pytest.raises(UntrustedError) as caught:
        IACA.require(iaca(signed_by=SoftwareSigner.generate()).certificate)
    assert caught.value.code == "CERTIFICATE_ISSUER"


@pytest.mark.parametrize("kind", LEAVES)
def test_a_certificate_has_version_3(kind: str) -> None:
    certificate = MAKERS[kind](unchanged)
    der = respelled(certificate, bytes.fromhex("a003020102"), b"", signer=ROOT.signer)
    assert from_der(der).version is x509.Version.v1
    assert refused(PROFILES[kind], der) == "CERTIFICATE_VERSION"


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@pytest.mark.parametrize("kind", KINDS)
def test_a_serial_number_is_positive_and_has_at_most_twenty_octets(kind: str) -> None:
    certificate = ROOT.certificate if kind == "IACA" else MAKERS[kind](unchanged)
    for serial, is_right in ((1, True), (2**159 - 1, True), (2**159, False), (0, False)):
        der = respelled(certificate, integer(certificate.serial_number), integer(serial), signer=ROOT.signer)
        if is_right:
            PROFILES[kind].require(from_der(der))
        else:
            assert refused(PROFILES[kind], der) == "CERTIFICATE_SERIAL"


def spki(found: x509.Certificate, point: serialization.PublicFormat) -> bytes:
    whole = found.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if point is serialization.PublicFormat.UncompressedPoint:
        return whole
    public_key = found.public_key()
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    compressed = public_key.public_bytes(serialization.Encoding.X962, point)
    algorithm = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
    bits = bytes([0x03, len(compressed) + 1, 0]) + compressed
    return bytes([0x30, len(algorithm + bits)]) + algorithm + bits


@pytest.mark.parametrize("kind", LEAVES)
def test_a_key_is_written_uncompressed(kind: str) -> None:
    certificate = MAKERS[kind](unchanged)
    whole, short = (
        spki(certificate, point)
        for point in (serialization.PublicFormat.UncompressedPoint, serialization.PublicFormat.CompressedPoint)
    )
    PROFILES[kind].require(from_der(respelled(certificate, whole, whole, signer=ROOT.signer)))
    der = respelled(certificate, whole, short, signer=ROOT.signer)
    assert PublicKey.from_certificate(from_der(der)) == PublicKey.from_certificate(certificate)
    assert refused(PROFILES[kind], der) == "CERTIFICATE_KEY"


def test_a_point_that_is_not_on_the_curve_is_malformed() -> None:
    certificate = MAKERS["document signer"](unchanged)
    whole = spki(certificate, serialization.PublicFormat.UncompressedPoint)
    with pytest.raises(MalformedError):
        DOCUMENT_SIGNER.require(
            from_der(respelled(certificate, whole, whole[:-1] + bytes([whole[-1] ^ 1]), signer=ROOT.signer))
        )


# --- two certificates at once ----------------------------------------------------------------------------------------


def test_a_certificate_names_the_key_of_its_issuer() -> None:
    require_certified_by(document_signer(ROOT).certificate, ROOT.certificate)
    for wrong in (document_signer(ROOT, put(OTHER_KEY_ID)), document_signer(SUCCESSOR)):
        with pytest.raises(UntrustedError) as caught:
            require_certified_by(wrong.certificate, ROOT.certificate)
        assert caught.value.code == "CERTIFICATE_KEY_IDENTIFIER"


def test_a_certificate_is_of_the_country_of_its_issuer() -> None:
    for country in ("YY", "zz"):
        with pytest.raises(UntrustedError) as caught:
            require_certified_by(document_signer(ROOT, country=country).certificate, ROOT.certificate)
        assert caught.value.code == "CERTIFICATE_COUNTRY"


def test_a_certificate_is_of_the_state_of_its_issuer_where_that_has_one() -> None:
    of_kaze = iaca(state="Kaze")
    require_certified_by(document_signer(of_kaze, state="Kaze").certificate, of_kaze.certificate)
    require_certified_by(document_signer(ROOT, state="Kaze").certificate, ROOT.certificate)
    for state in ("Umi", "KAZE", None):
        with pytest.raises(UntrustedError) as caught:
            require_certified_by(document_signer(of_kaze, state=state).certificate, of_kaze.certificate)
        assert caught.value.code == "CERTIFICATE_STATE"


# --- issuing ---------------------------------------------------------------------------------------------------------

AUTHORITY = Subject(country="ZZ", organisation="Registry", common_name="IACA")
SIGNER = Subject(
    country="ZZ", organisation="Mirai City", common_name="Document signer", code="999016", identifier=PARTY
)
CONTACT = "https://registry.example"


def test_what_is_issued_is_accepted() -> None:
    own = build_iaca(AUTHORITY, SoftwareSigner.generate(Algorithm.ES384), contact=CONTACT, at=NOW)
    IACA.require(own.certificate)
    for algorithm in (Algorithm.ES256, Algorithm.ES384, Algorithm.ES512):
        public_key = SoftwareSigner.generate(algorithm).public_key
        signer = build_document_signer(SIGNER, public_key, issuer=own, revocation_list=CRL, at=NOW)
        DOCUMENT_SIGNER.require(signer)
        require_certified_by(signer, own.certificate)
        signer.verify_directly_issued_by(own.certificate)
        READER.require(build_reader(SIGNER, public_key, issuer=own, revocation_list=CRL, at=NOW))


def test_an_iaca_is_made_as_the_table_says() -> None:
    made = build_iaca(AUTHORITY, SoftwareSigner.generate(), contact=CONTACT, at=NOW).certificate
    assert made.not_valid_before_utc == NOW - timedelta(seconds=60)
    assert made.not_valid_after_utc - made.not_valid_before_utc == timedelta(days=7305)
    assert made.serial_number.bit_length() >= 63
    extensions = {type(one.value): one for one in made.extensions}
    assert {kind for kind, one in extensions.items() if one.critical} == {x509.BasicConstraints, x509.KeyUsage}
    assert set(extensions) == {
        x509.BasicConstraints,
        x509.KeyUsage,
        x509.SubjectKeyIdentifier,
        x509.IssuerAlternativeName,
    }
    point = made.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    assert extensions[x509.SubjectKeyIdentifier].value.digest == hashlib.sha1(point).digest()


def test_a_document_signer_is_made_as_the_table_says() -> None:
    own = build_iaca(AUTHORITY, SoftwareSigner.generate(), contact=CONTACT, at=NOW)
    public_key = SoftwareSigner.generate().public_key
    made = build_document_signer(SIGNER, public_key, issuer=own, revocation_list=CRL, at=NOW)
    assert made.not_valid_after_utc - made.not_valid_before_utc == timedelta(days=457)
    assert made.serial_number.bit_length() >= 63
    assert made.signature_algorithm_oid == SignatureAlgorithmOID.ECDSA_WITH_SHA256
    extensions = {type(one.value): one for one in made.extensions}
    assert {kind for kind, one in extensions.items() if one.critical} == {x509.KeyUsage, x509.ExtendedKeyUsage}
    assert x509.BasicConstraints not in extensions
    usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [MDL_DS, MDOC_DS]
    for kind in (x509.IssuerAlternativeName, x509.CRLDistributionPoints, x509.SubjectAlternativeName):
        assert kind in extensions
    contact = made.extensions.get_extension_for_class(x509.IssuerAlternativeName).value
    assert contact == own.certificate.extensions.get_extension_for_class(x509.IssuerAlternativeName).value
    points = made.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert points == revocation_list(CRL)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [PARTY]


def test_a_reader_is_made_as_the_table_says() -> None:
    own = build_iaca(AUTHORITY, SoftwareSigner.generate(), contact=CONTACT, at=NOW)
    made = build_reader(SIGNER, SoftwareSigner.generate().public_key, issuer=own, revocation_list=CRL, at=NOW)
    assert made.not_valid_after_utc - made.not_valid_before_utc == timedelta(days=1187)
    usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert (list(usage.value), usage.critical) == ([MDL_READER, MDOC_READER], True)
    assert made.extensions.get_extension_for_class(x509.CRLDistributionPoints).value == revocation_list(CRL)


def test_a_signer_without_identifier_has_no_alternative_name() -> None:
    own = build_iaca(AUTHORITY, SoftwareSigner.generate(), contact=CONTACT, at=NOW)
    public_key = SoftwareSigner.generate().public_key
    made = build_document_signer(AUTHORITY, public_key, issuer=own, revocation_list=CRL, at=NOW)
    assert x509.SubjectAlternativeName not in {type(one.value) for one in made.extensions}


def test_no_certificate_outlives_its_issuer() -> None:
    own = build_iaca(AUTHORITY, SoftwareSigner.generate(), contact=CONTACT, at=NOW)
    late = own.certificate.not_valid_after_utc - timedelta(days=3)
    public_key = SoftwareSigner.generate().public_key
    made = build_document_signer(SIGNER, public_key, issuer=own, revocation_list=CRL, at=late)
    assert made.not_valid_after_utc == own.certificate.not_valid_after_utc
    with pytest.raises(ValueError, match="after"):
        build_document_signer(SIGNER, public_key, issuer=own, revocation_list=CRL, at=late + timedelta(days=30))


def test_a_link_leads_from_an_old_iaca_to_its_successor() -> None:
    old = build_iaca(AUTHORITY, SoftwareSigner.generate(), contact=CONTACT, at=NOW - timedelta(days=3650))
    new = build_iaca(AUTHORITY, SoftwareSigner.generate(), contact=CONTACT, at=NOW)
    made = build_iaca_link(new.certificate, old=old, at=NOW)
    IACA_LINK.require(made)
    require_certified_by(made, old.certificate)
    made.verify_directly_issued_by(old.certificate)
    assert made.subject == new.certificate.subject
    assert PublicKey.from_certificate(made) == new.signer.public_key
    assert made.not_valid_after_utc == old.certificate.not_valid_after_utc


def test_a_link_is_made_for_an_iaca_of_the_same_country_alone() -> None:
    old = build_iaca(AUTHORITY, SoftwareSigner.generate(), contact=CONTACT, at=NOW)
    elsewhere = Subject(country="YY", organisation="Registry", common_name="IACA")
    new = build_iaca(elsewhere, SoftwareSigner.generate(), contact=CONTACT, at=NOW)
    with pytest.raises(ValueError, match="country"):
        build_iaca_link(new.certificate, old=old, at=NOW)
    with pytest.raises(ValueError, match=r"table B\.1"):
        build_iaca_link(document_signer(ROOT).certificate, old=old, at=NOW)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Subject(country="YY", organisation="Mirai City", common_name="x"), "country"),
        (Subject(country="zz", organisation="Mirai City", common_name="x"), "country"),
    ],
)
def test_nothing_is_issued_that_would_not_be_accepted(wrong: Subject, message: str) -> None:
    own = build_iaca(AUTHORITY, SoftwareSigner.generate(), contact=CONTACT, at=NOW)
    public_key = SoftwareSigner.generate().public_key
    with pytest.raises(ValueError, match=message):
        build_document_signer(wrong, public_key, issuer=own, revocation_list=CRL, at=NOW)


def test_a_state_is_that_of_the_iaca() -> None:
    of_kaze = Subject(country="ZZ", organisation="Kaze", common_name="IACA", state="Kaze")
    own = build_iaca(of_kaze, SoftwareSigner.generate(), contact=CONTACT, at=NOW)
    public_key = SoftwareSigner.generate().public_key
    build_document_signer(of_kaze, public_key, issuer=own, revocation_list=CRL, at=NOW)
    with pytest.raises(ValueError, match="state"):
        build_document_signer(SIGNER, public_key, issuer=own, revocation_list=CRL, at=NOW)


def test_a_key_of_another_kind_is_not_certified() -> None:
    own = build_iaca(AUTHORITY, SoftwareSigner.generate(), contact=CONTACT, at=NOW)
    for algorithm in Algorithm:
        public_key = SoftwareSigner.generate(algorithm).public_key
        if may_be_certified(public_key):
            assert algorithm in (Algorithm.ES256, Algorithm.ES384, Algorithm.ES512)
            continue
        with pytest.raises(ValueError, match="P-256"):
            build_document_signer(SIGNER, public_key, issuer=own, revocation_list=CRL, at=NOW)


def test_an_iaca_in_small_letters_or_without_contact_is_not_made() -> None:
    with pytest.raises(ValueError, match="country"):
        build_iaca(
            Subject(country="zz", organisation="x", common_name="x"),
            SoftwareSigner.generate(),
            contact=CONTACT,
            at=NOW,
        )
    with pytest.raises(ValueError, match=r"A-label|ASCII"):
        build_iaca(AUTHORITY, SoftwareSigner.generate(), contact="https://登録.example", at=NOW)
