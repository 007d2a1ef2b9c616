# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Certificates of holders' keys: taken below named anchors, for keys that sign, and while nobody revokes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.support.pki import NOW, Chain, Change, Draft, chain, make, unchanged
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    TrustedListError,
    UntrustedError,
    ValidityError,
    VcError,
)
from vcwallet.keys.policy import Role
from vcwallet.trust.certificates import ISSUING_CA, CertificateAuthority, to_der
from vcwallet.trust.crl import RevokedCertificate, authority_of, build_crl
from vcwallet.trust.holder_certificates import HolderAnchors

WEEK = timedelta(days=7)


def holder(change: Change = unchanged) -> Change:
    """Make of a role's certificate that of a holder."""

    def changed(draft: Draft) -> None:
        draft.drop(x509.ExtendedKeyUsage)
        draft.drop(x509.SubjectAlternativeName)
        change(draft)

    return changed


def made(leaf: Change = unchanged, **changed: Any) -> Chain:
    return chain(Role.WALLET_PROVIDER, leaf=holder(leaf), **changed)


GOOD = made()


def anchors(*found: Chain, **options: Any) -> HolderAnchors:
    ders = [to_der(one.anchor) for one in found or (GOOD,)]
    return HolderAnchors(ders, **{"revocation_lists": None} | options)


def test_a_chain_below_an_anchor_gives_its_key():
    assert anchors().key_for(GOOD.x5c, at=NOW) == GOOD.leaf.signer.public_key
    assert anchors(chain(), GOOD).key_for(GOOD.x5c, at=NOW) == GOOD.leaf.signer.public_key


def test_an_issuing_ca_can_be_the_anchor():
    known = HolderAnchors([to_der(GOOD.authority.certificate)], revocation_lists=None)
    assert known.key_for(GOOD.x5c[:1], at=NOW) == GOOD.leaf.signer.public_key


def test_a_chain_to_somebody_else_is_refused():
    for other in (made(), made(root=lambda draft: None)):
        with pytest.raises(UntrustedError):
            anchors().key_for(other.x5c, at=NOW)
    forged = (GOOD.x5c[0], made().x5c[1])
    with pytest.raises(UntrustedError):
        anchors().key_for(forged, at=NOW)


@pytest.mark.parametrize(
    "certificates",
    [
        (),
        (to_der(GOOD.root.certificate),),
        (*GOOD.x5c, to_der(GOOD.root.certificate)),
        (GOOD.x5c[1],),
        GOOD.x5c[:1],
        GOOD.x5c[::-1],
        (GOOD.x5c[0], GOOD.x5c[0], GOOD.x5c[1]),
    ],
    ids=["nothing", "the anchor", "with the anchor", "a CA", "without the CA", "turned round", "twice"],
)
def test_any_other_chain_is_refused(certificates):
    with pytest.raises(UntrustedError):
        anchors().key_for(certificates, at=NOW)


@pytest.mark.parametrize(
    "certificates",
    [(), (to_der(GOOD.root.certificate),), (*GOOD.x5c, to_der(GOOD.root.certificate))],
    ids=["nothing", "the anchor", "with the anchor"],
)
def test_who_vouches_for_themselves_is_refused_before_there_is_anything_to_verify(certificates):
    with pytest.raises(UntrustedError, match="self-issued"):
        anchors().key_for(certificates, at=NOW)


def test_an_anchor_in_its_own_chain_is_refused_though_it_is_not_self_signed():
    known = HolderAnchors([to_der(GOOD.authority.certificate)], revocation_lists=None)
    with pytest.raises(UntrustedError):
        known.key_for(GOOD.x5c, at=NOW)


def test_bounds():
    with pytest.raises(LimitExceededError):
        anchors().key_for((GOOD.x5c[0],) * 4, at=NOW)
    with pytest.raises(LimitExceededError):
        anchors().key_for((bytes(16 * 1024 + 1),), at=NOW)
    with pytest.raises(MalformedError):
        anchors().key_for((b"no certificate",), at=NOW)


def usage(**wanted: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: wanted.get(name, False) for name in names})


def putting(extension: x509.ExtensionType, *, critical: bool = True) -> Change:
    return lambda draft: draft.put(extension, critical=critical)


def extended(*usages: x509.ObjectIdentifier) -> Change:
    return putting(x509.ExtendedKeyUsage(usages), critical=False)


@pytest.mark.parametrize(
    "change",
    [
        putting(usage(digital_signature=True, content_commitment=True)),
        putting(usage(digital_signature=True), critical=False),
        extended(ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION),
        extended(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE),
        lambda draft: draft.drop(x509.BasicConstraints),
    ],
)
def test_certificates_of_other_makers_are_taken(change):
    other = made(change)
    assert anchors(other).key_for(other.x5c, at=NOW) == other.leaf.signer.public_key


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (putting(usage(key_agreement=True)), NotAuthorisedError),
        (lambda draft: draft.drop(x509.KeyUsage), UntrustedError),
        (extended(ExtendedKeyUsageOID.SERVER_AUTH), NotAuthorisedError),
        (extended(ExtendedKeyUsageOID.OCSP_SIGNING, ExtendedKeyUsageOID.CODE_SIGNING), NotAuthorisedError),
        (putting(x509.BasicConstraints(ca=True, path_length=None)), UntrustedError),
        (putting(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")), UntrustedError),
        (lambda draft: draft.drop(x509.AuthorityKeyIdentifier), UntrustedError),
        (putting(x509.AuthorityKeyIdentifier(b"another", None, None), critical=False), UntrustedError),
    ],
)
def test_certificates_for_something_else_are_refused(change, error):
    other = made(change)
    with pytest.raises(error):
        anchors(other).key_for(other.x5c, at=NOW)


@pytest.mark.parametrize("role", [Role.CREDENTIAL_ISSUER, Role.VERIFIER, Role.STATUS_SIGNER, Role.WALLET_PROVIDER])
def test_the_certificate_of_a_role_is_that_of_no_holder(role):
    other = chain(role)
    with pytest.raises(NotAuthorisedError):
        anchors(other).key_for(other.x5c, at=NOW)


def test_further_usages_can_be_named():
    other = made(extended(ExtendedKeyUsageOID.EMAIL_PROTECTION))
    known = anchors(other, usages=[ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string])
    assert known.key_for(other.x5c, at=NOW) == other.leaf.signer.public_key
    with pytest.raises(NotAuthorisedError):
        anchors(other).key_for(other.x5c, at=NOW)


@pytest.mark.parametrize(
    "change",
    [
        lambda draft: draft.drop(x509.BasicConstraints),
        lambda draft: draft.drop(x509.KeyUsage),
        putting(usage(digital_signature=True)),
        putting(x509.BasicConstraints(ca=False, path_length=None)),
    ],
)
def test_a_ca_that_is_none_certifies_nobody(change):
    other = made(authority=change)
    with pytest.raises(UntrustedError):
        anchors(other).key_for(other.x5c, at=NOW)


def test_a_key_that_vcwallet_does_not_use_is_refused():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()

    def with_rsa(draft: Draft) -> None:
        draft.key = key

    other = made(with_rsa)
    with pytest.raises(AlgorithmNotAllowedError):
        anchors(other).key_for(other.x5c, at=NOW)


@pytest.mark.parametrize("where", ["leaf", "authority", "root"])
def test_all_of_it_is_valid_now(where):
    def short(draft: Draft) -> None:
        draft.not_after = NOW + timedelta(days=1)

    other = made(short) if where == "leaf" else made(**{where: short})
    known = anchors(other)
    known.key_for(other.x5c, at=NOW + timedelta(days=1))
    for at in (NOW + timedelta(days=1, seconds=1), NOW - timedelta(days=2)):
        with pytest.raises(ValidityError):
            known.key_for(other.x5c, at=at)


# --- revocation ------------------------------------------------------------------------------------------------------


def crl(by: CertificateAuthority, *revoked: CertificateAuthority, at=NOW) -> bytes:
    entries = [RevokedCertificate(serial_number=one.certificate.serial_number, revoked_at=NOW) for one in revoked]
    return build_crl(by, entries, number=1, at=at, next_update=at + WEEK)


def test_nobody_on_the_path_is_revoked():
    lists = [crl(GOOD.root), crl(GOOD.authority), crl(made().authority)]
    assert anchors(revocation_lists=lists).key_for(GOOD.x5c, at=NOW) == GOOD.leaf.signer.public_key
    for revoking in ([crl(GOOD.root), crl(GOOD.authority, GOOD.leaf)], [crl(GOOD.root, GOOD.authority), lists[1]]):
        known = anchors(revocation_lists=revoking)
        for _ in range(2):
            with pytest.raises(UntrustedError) as caught:
                known.key_for(GOOD.x5c, at=NOW)
            assert caught.value.code == "CERTIFICATE_REVOKED"
        known.update(lists)
        known.key_for(GOOD.x5c, at=NOW)
        known.update(revoking)
        with pytest.raises(UntrustedError, match="revoked"):
            known.key_for(GOOD.x5c, at=NOW)


@pytest.mark.parametrize("lists", [[], [crl(GOOD.root)], [crl(GOOD.authority)]])
def test_where_revocation_is_asked_for_a_list_speaks_of_each(lists):
    with pytest.raises(UntrustedError) as caught:
        anchors(revocation_lists=lists).key_for(GOOD.x5c, at=NOW)
    assert caught.value.code == "CRL_ISSUER"


def test_a_list_that_is_past_its_time_says_nothing():
    known = anchors(revocation_lists=[crl(GOOD.root), crl(GOOD.authority)])
    with pytest.raises(TrustedListError) as caught:
        known.key_for(GOOD.x5c, at=NOW + WEEK)
    assert caught.value.code == "CRL_STALE"


def test_a_list_by_somebody_who_only_says_so_says_nothing():
    liar = make("Issuing CA", ISSUING_CA, issuer=GOOD.root, signer=made().authority.signer)
    forged = crl(CertificateAuthority(certificate=GOOD.authority.certificate, signer=liar.signer))
    with pytest.raises(VcError):
        anchors(revocation_lists=[crl(GOOD.root), forged]).key_for(GOOD.x5c, at=NOW)


def test_what_is_no_list_is_noticed_when_it_comes():
    known = anchors()
    for broken, error in (([b"no list"], MalformedError), ([crl(GOOD.root)] * 1001, LimitExceededError)):
        with pytest.raises(error):
            anchors(revocation_lists=broken)
        with pytest.raises(error):
            known.update(broken)
    known.key_for(GOOD.x5c, at=NOW)


def _list(*extensions: x509.ExtensionType) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(GOOD.root.certificate.subject)
        .last_update(NOW)
        .next_update(NOW + WEEK)
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(GOOD.root.signer.private_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_a_list_says_whose_it_is():
    named = x509.AuthorityKeyIdentifier(b"key", None, None)
    assert authority_of(_list(named)) == b"key"
    nameless = x509.AuthorityKeyIdentifier(None, [x509.DirectoryName(GOOD.root.certificate.subject)], 1)
    for extensions in ((), (nameless,)):
        with pytest.raises(MalformedError):
            authority_of(_list(*extensions))


# --- anchors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "error"),
    [
        (lambda: [], ValueError),
        (lambda: [b"no certificate"], MalformedError),
        (lambda: [bytes(16 * 1024 + 1)], LimitExceededError),
        (lambda: [GOOD.x5c[0]], UntrustedError),
        (lambda: [to_der(GOOD.anchor)] * 2, UntrustedError),
        (lambda: [to_der(made(root=putting(usage(crl_sign=True))).anchor)], UntrustedError),
    ],
    ids=["none", "broken", "too long", "no CA", "twice", "no certifying key"],
)
def test_an_anchor_is_a_ca(found: Callable[[], list[bytes]], error):
    with pytest.raises(error):
        HolderAnchors(found(), revocation_lists=None)
