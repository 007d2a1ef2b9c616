# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Certificate profiles, as issued and as read back (RFC 5280)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from tests.support.pki import NOW, PARTY
from vcwallet.errors import MalformedError
from vcwallet.keys import Algorithm, Role
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.certificates import (
    ISSUING_CA,
    LEAF,
    ROLE_USAGE,
    ROOT,
    Subject,
    build_certificate,
    build_root,
    dns_names,
    from_der,
    is_dns_name,
    to_der,
)
from vcwallet.trust.chain import validate_chain

ROOT_SUBJECT = Subject(country="ZZ", organisation="Registry", common_name="Root CA")
SUBJECT = Subject(country="ZZ", organisation="Mirai City", common_name="Issuer", code="999016", identifier=PARTY)


def test_every_role_has_a_profile_and_a_usage_of_its_own() -> None:
    # The two roles of mdoc have theirs in vcwallet.trust.mdoc_certificates.
    assert set(LEAF) == set(ROLE_USAGE) == set(Role) - {Role.DOCUMENT_SIGNER, Role.MDOC_READER}
    assert len(set(ROLE_USAGE.values())) == len(LEAF)


def test_an_issued_leaf_says_who_holds_it_and_what_it_is_for() -> None:
    root = build_root(ROOT_SUBJECT, SoftwareSigner.generate(), at=NOW)
    key = SoftwareSigner.generate().public_key
    leaf = build_certificate(SUBJECT, key, profile=LEAF[Role.VERIFIER], issuer=root, at=NOW)
    subject = {attribute.oid: attribute.value for attribute in leaf.subject}
    assert subject[NameOID.COUNTRY_NAME] == "ZZ"
    assert subject[NameOID.ORGANIZATION_NAME] == "Mirai City"
    assert subject[NameOID.ORGANIZATION_IDENTIFIER] == "999016"
    critical = {type(extension.value) for extension in leaf.extensions if extension.critical}
    assert critical == {x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage}
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [PARTY]
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ROLE_USAGE[Role.VERIFIER]]


def test_the_names_of_servers_stand_beside_the_party() -> None:
    root = build_root(ROOT_SUBJECT, SoftwareSigner.generate(), at=NOW)
    key = SoftwareSigner.generate().public_key
    for names in ((), ("mirai.example", "www.mirai.example")):
        subject = replace(SUBJECT, dns_names=names)
        made = build_certificate(subject, key, profile=LEAF[Role.VERIFIER], issuer=root, at=NOW)
        assert dns_names(made) == set(names)
    assert dns_names(root.certificate) == frozenset()


@pytest.mark.parametrize("name", ["mirai.example", "a-b.example", "xn--6qqa088eba.jp", "1.example", "a.b.c.d.example"])
def test_a_dns_name_is_one_in_lower_case(name: str) -> None:
    assert is_dns_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "example", "Mirai.example", "*.example", "mirai.example.", ".example", "mirai..example", "-a.example"),
        *(
            "a-.example",
            "192.0.2.1",
            "2001:db8::1",
            "mirai.example:443",
            "mirai.example\n",
            "a_b.example",
            "市.example",
        ),
        *("a" * 64 + ".example", ".".join(["a" * 60] * 5)),
    ],
)
def test_everything_else_is_none(name: str) -> None:
    assert not is_dns_name(name)


def test_what_is_issued_is_accepted() -> None:
    root = build_root(ROOT_SUBJECT, SoftwareSigner.generate(), at=NOW)
    ca_signer = SoftwareSigner.generate(Algorithm.ES384)
    ca_subject = Subject(country="ZZ", organisation="Registry", common_name="Issuing CA")
    ca = build_certificate(ca_subject, ca_signer.public_key, profile=ISSUING_CA, issuer=root, at=NOW)
    issuer = type(root)(certificate=ca, signer=ca_signer)
    for role in LEAF:
        signer = SoftwareSigner.generate()
        leaf = build_certificate(SUBJECT, signer.public_key, profile=LEAF[role], issuer=issuer, at=NOW)
        found = validate_chain((to_der(leaf), to_der(ca)), anchor=root.certificate, role=role, at=NOW)
        assert found.key == signer.public_key


def test_a_certificate_never_outlives_its_issuer() -> None:
    root = build_root(ROOT_SUBJECT, SoftwareSigner.generate(), at=NOW)
    late = NOW + ROOT.lifetime - timedelta(days=3)
    key = SoftwareSigner.generate().public_key
    leaf = build_certificate(SUBJECT, key, profile=LEAF[Role.VERIFIER], issuer=root, at=late)
    assert leaf.not_valid_after_utc == root.certificate.not_valid_after_utc
    with pytest.raises(ValueError, match="after"):
        build_certificate(SUBJECT, key, profile=LEAF[Role.VERIFIER], issuer=root, at=NOW + ROOT.lifetime * 2)


def test_a_certificate_is_valid_a_minute_early_for_clocks_that_are_behind() -> None:
    root = build_root(ROOT_SUBJECT, SoftwareSigner.generate(), at=NOW)
    assert root.certificate.not_valid_before_utc == NOW - timedelta(seconds=60)


def test_a_ca_signs_with_an_elliptic_curve_key() -> None:
    with pytest.raises(ValueError, match="P-256"):
        build_root(ROOT_SUBJECT, SoftwareSigner.generate(Algorithm.EDDSA), at=NOW)


def test_a_long_name_is_cut_to_what_a_certificate_holds() -> None:
    subject = Subject(country="ZZ", organisation="市" * 100, common_name="x" * 100)
    lengths = [len(attribute.value) for attribute in subject.name]
    assert lengths == [2, 64, 64]


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"not a certificate"])
def test_what_is_no_certificate_is_malformed(der: bytes) -> None:
    with pytest.raises(MalformedError):
        from_der(der)


def test_bytes_after_a_certificate_are_malformed() -> None:
    der = to_der(build_root(ROOT_SUBJECT, SoftwareSigner.generate(), at=NOW).certificate)
    assert to_der(from_der(der)) == der
    with pytest.raises(MalformedError):
        from_der(der + b"\x00")


def test_a_second_spelling_of_the_same_signature_is_malformed() -> None:
    root = build_root(ROOT_SUBJECT, SoftwareSigner.generate(), at=NOW).certificate
    while root.signature[-1] & 1:  # the last bit must be zero to be called unused
        root = build_root(ROOT_SUBJECT, SoftwareSigner.generate(), at=NOW).certificate
    der = to_der(root)
    unused = len(der) - len(root.signature) - 1
    assert der[unused] == 0
    with pytest.raises(MalformedError):
        from_der(der[:unused] + b"\x01" + der[unused + 1 :])


def test_each_part_of_a_certificate_is_read_at_once() -> None:
    der = to_der(build_root(ROOT_SUBJECT, SoftwareSigner.generate(), at=NOW).certificate)
    country = der.index(b"ZZ") - 2
    assert der[country] == 0x13  # PrintableString
    with pytest.raises(MalformedError):
        from_der(der[:country] + b"\x0d" + der[country + 1 :])
