# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Chains that are right in all but one thing, each beside the right one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from tests.support.pki import NOW, PARTY, Chain, Draft, chain, make, unchanged
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
from vcwallet.trust.certificates import ISSUING_CA, LEAF, ROLE_USAGE, ROOT, to_der
from vcwallet.trust.chain import (
    ChainValidator,
    ValidatedChain,
    common_validity,
    require_root,
    require_within,
    validate_chain,
)

ISSUER = Role.CREDENTIAL_ISSUER


def validate(found: Chain, *, role: Role = ISSUER, days: float = 0) -> ValidatedChain:
    return validate_chain(found.x5c, anchor=found.anchor, role=role, at=NOW + timedelta(days=days))


def key_usage(**usages: bool) -> x509.KeyUsage:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: usages.get(name, False) for name in names})


def test_a_right_chain_gives_the_key_and_whose_it_is() -> None:
    good = chain()
    found = validate(good)
    assert found.key == good.leaf.signer.public_key
    assert (found.party, found.organisation, found.role) == (PARTY, "Mirai City", ISSUER)
    assert found.not_before == NOW - timedelta(days=1)
    assert found.not_after == NOW + timedelta(days=100)


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_the_party_may_have_a_key_of_any_algorithm_of_ours(algorithm: Algorithm) -> None:
    signer = SoftwareSigner.generate(algorithm)
    assert validate(chain(leaf_signer=signer)).key == signer.public_key


BELOW_THE_ROOT = [role for role in Role if role is not Role.DOCUMENT_SIGNER]


@pytest.mark.parametrize(("held", "asked"), list(itertools.permutations(BELOW_THE_ROOT, 2)))
def test_a_certificate_of_one_role_is_refused_in_every_other(held: Role, asked: Role) -> None:
    found = chain(held)
    assert validate(found, role=held).role is held
    with pytest.raises(NotAuthorisedError):
        validate(found, role=asked)


@pytest.mark.parametrize("asked", BELOW_THE_ROOT)
def test_a_document_signer_has_no_role_below_the_root(asked: Role) -> None:
    with pytest.raises(NotAuthorisedError):
        validate(chain(Role.DOCUMENT_SIGNER), role=asked)


@pytest.mark.parametrize("held", Role)
def test_nothing_below_the_root_is_asked_to_be_a_document_signer(held: Role) -> None:
    with pytest.raises(ValueError, match="IACA"):
        validate(chain(held), role=Role.DOCUMENT_SIGNER)


def test_a_reader_need_not_say_that_it_is_no_ca_but_may() -> None:
    plain = chain(Role.MDOC_READER)
    told = chain(Role.MDOC_READER, leaf=put(x509.BasicConstraints(ca=False, path_length=None), critical=False))
    for found in (plain, told):
        assert validate(found, role=Role.MDOC_READER).party == PARTY
    wrong = put(x509.BasicConstraints(ca=True, path_length=None), critical=False)
    with pytest.raises(UntrustedError):
        validate(chain(Role.MDOC_READER, leaf=wrong), role=Role.MDOC_READER)


def test_a_reader_is_held_to_its_profile() -> None:
    assert validate(chain(Role.MDOC_READER, leaf=lasting(-1, 1186)), role=Role.MDOC_READER).role is Role.MDOC_READER
    with pytest.raises(UntrustedError) as caught:
        validate(chain(Role.MDOC_READER, leaf=lasting(-1, 1187)), role=Role.MDOC_READER)
    assert caught.value.code == "CERTIFICATE_VALIDITY_SPAN"


def test_a_chain_says_where_the_party_is_and_how_long_its_own_certificate_lasts() -> None:
    def change(draft: Draft) -> None:
        draft.subject = x509.Name([*draft.subject, x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "Kaze")])
        draft.not_before, draft.not_after = NOW - timedelta(days=9), NOW + timedelta(days=900)

    found = validate(chain(leaf=change))
    assert (found.country, found.jurisdiction) == ("ZZ", "Kaze")
    assert (found.signer_not_before, found.signer_not_after) == (NOW - timedelta(days=9), NOW + timedelta(days=900))
    assert (found.not_before, found.not_after) == (NOW - timedelta(days=1), NOW + timedelta(days=100))
    assert validate(chain()).jurisdiction is None


def put(extension: x509.ExtensionType, *, critical: bool) -> Callable[[Draft], None]:
    return lambda draft: draft.put(extension, critical=critical)


def drop(kind: type[x509.ExtensionType]) -> Callable[[Draft], None]:
    return lambda draft: draft.drop(kind)


def unknown(*, critical: bool) -> Callable[[Draft], None]:
    return put(x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00"), critical=critical)


def rename(**attributes: str) -> Callable[[Draft], None]:
    oids = {"country": NameOID.COUNTRY_NAME, "organisation": NameOID.ORGANIZATION_NAME}
    changed = {oids[name]: value for name, value in attributes.items()}

    def change(draft: Draft) -> None:
        draft.subject = x509.Name([x509.NameAttribute(a.oid, changed.get(a.oid, a.value)) for a in draft.subject])

    return change


def issued_by_name(name: str) -> Callable[[Draft], None]:
    def change(draft: Draft) -> None:
        draft.issuer_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    return change


OTHER_KEY = SoftwareSigner.generate().public_key.raw
UNTRUSTED_LEAVES = {
    "a leaf that is a CA": put(x509.BasicConstraints(ca=True, path_length=None), critical=True),
    "a leaf without basic constraints": drop(x509.BasicConstraints),
    "a leaf without key usage": drop(x509.KeyUsage),
    "a leaf whose key usage is not critical": put(key_usage(digital_signature=True), critical=False),
    "a leaf that may sign certificates": put(key_usage(digital_signature=True, key_cert_sign=True), critical=True),
    "a leaf for key agreement": put(key_usage(key_agreement=True), critical=True),
    "an unknown critical extension": unknown(critical=True),
    "critical policies": put(
        x509.CertificatePolicies([x509.PolicyInformation(ObjectIdentifier("1.2.3"), None)]), critical=True
    ),
    "a leaf that names another key of the CA": put(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(OTHER_KEY), critical=False
    ),
    "a leaf that names no key of the CA": drop(x509.AuthorityKeyIdentifier),
    "a leaf of another country": rename(country="YY"),
    "a leaf of another issuer's name": issued_by_name("Issuing CA 2"),
    "a leaf without a party": drop(x509.SubjectAlternativeName),
    "a leaf of two parties": put(
        x509.SubjectAlternativeName([x509.UniformResourceIdentifier(PARTY), x509.UniformResourceIdentifier("urn:x")]),
        critical=False,
    ),
    "a leaf of a party and an address": put(
        x509.SubjectAlternativeName([x509.UniformResourceIdentifier(PARTY), x509.RFC822Name("info@mirai.example")]),
        critical=False,
    ),
    "a leaf of a host and nobody": put(x509.SubjectAlternativeName([x509.DNSName("mirai.example")]), critical=False),
}


@pytest.mark.parametrize("name", UNTRUSTED_LEAVES)
def test_a_chain_is_refused_for(name: str) -> None:
    with pytest.raises(UntrustedError):
        validate(chain(leaf=UNTRUSTED_LEAVES[name]))


def test_a_leaf_may_name_the_servers_of_its_party() -> None:
    party, server = x509.UniformResourceIdentifier(PARTY), x509.DNSName("mirai.example")
    for names in ([party, server], [server, party, x509.DNSName("www.mirai.example")]):
        assert validate(chain(leaf=put(x509.SubjectAlternativeName(names), critical=False))).party == PARTY


def test_an_unknown_extension_that_is_not_critical_is_ignored() -> None:
    assert validate(chain(leaf=unknown(critical=False))).party == PARTY


UNTRUSTED_CAS = {
    "a CA that is none": put(x509.BasicConstraints(ca=False, path_length=None), critical=True),
    "a CA without basic constraints": drop(x509.BasicConstraints),
    "a CA without key usage": drop(x509.KeyUsage),
    "a CA that may not sign certificates": put(key_usage(digital_signature=True), critical=True),
    "a CA that allows another below": put(x509.BasicConstraints(ca=True, path_length=1), critical=True),
    "a CA with no limit below": put(x509.BasicConstraints(ca=True, path_length=None), critical=True),
    "a CA of another country": rename(country="YY"),
    "a CA that names another root key": put(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(OTHER_KEY), critical=False
    ),
    "a CA without a key identifier": drop(x509.SubjectKeyIdentifier),
    "a CA with an unknown critical extension": unknown(critical=True),
}


@pytest.mark.parametrize("name", UNTRUSTED_CAS)
def test_a_chain_is_refused_for_its_ca(name: str) -> None:
    with pytest.raises(UntrustedError):
        validate(chain(authority=UNTRUSTED_CAS[name]))


@pytest.mark.parametrize(
    "usage",
    [
        [ExtendedKeyUsageOID.SERVER_AUTH],
        [ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE],
        [ROLE_USAGE[ISSUER], ROLE_USAGE[Role.VERIFIER]],
    ],
    ids=["a TLS server", "anything", "two roles"],
)
def test_a_certificate_for_something_else_or_more_is_not_authorised(usage: list[ObjectIdentifier]) -> None:
    with pytest.raises(NotAuthorisedError):
        validate(chain(leaf=put(x509.ExtendedKeyUsage(usage), critical=True)))


def test_a_certificate_without_a_role_is_not_authorised() -> None:
    with pytest.raises(NotAuthorisedError):
        validate(chain(leaf=drop(x509.ExtendedKeyUsage)))
    with pytest.raises(NotAuthorisedError):
        validate(chain(leaf=put(x509.ExtendedKeyUsage([ROLE_USAGE[ISSUER]]), critical=False)))


def lasting(first: int, last: int) -> Callable[[Draft], None]:
    def change(draft: Draft) -> None:
        draft.not_before, draft.not_after = NOW + timedelta(days=first), NOW + timedelta(days=last)

    return change


def chain_with(part: str, change: Callable[[Draft], None]) -> Chain:
    changes = {name: change if name == part else unchanged for name in ("root", "authority", "leaf")}
    return chain(root=changes["root"], authority=changes["authority"], leaf=changes["leaf"])


@pytest.mark.parametrize("part", ["root", "authority", "leaf"])
def test_no_certificate_of_the_path_may_have_expired(part: str) -> None:
    found = chain_with(part, lasting(-1, 10))
    assert validate(found, days=10).not_after == NOW + timedelta(days=10)
    with pytest.raises(ValidityError) as caught:
        validate(found, days=10.1)
    assert caught.value.code == "EXPIRED"


@pytest.mark.parametrize("part", ["root", "authority", "leaf"])
def test_every_certificate_of_the_path_must_be_valid_already(part: str) -> None:
    found = chain_with(part, lasting(5, 10))
    assert validate(found, days=5).not_before == NOW + timedelta(days=5)
    with pytest.raises(ValidityError) as caught:
        validate(found, days=4.9)
    assert caught.value.code == "NOT_YET_VALID"


def test_certificates_that_are_never_valid_together_are_refused() -> None:
    with pytest.raises(UntrustedError):
        validate(chain(authority=lasting(0, 5), leaf=lasting(6, 10)))


def refused(x5c: tuple[bytes, ...], good: Chain) -> VcError:
    with pytest.raises(VcError) as caught:
        validate_chain(x5c, anchor=good.anchor, role=ISSUER, at=NOW)
    return caught.value


def test_only_the_leaf_and_the_issuing_ca_come_along_in_this_order() -> None:
    good = chain()
    leaf, authority = good.x5c
    root = to_der(good.anchor)
    assert validate(good).party == PARTY
    for x5c in ((), (leaf,), (authority, leaf), (leaf, authority, root), (leaf, leaf), (leaf, root), (root,)):
        assert isinstance(refused(x5c, good), UntrustedError), len(x5c)


def test_a_leaf_that_is_the_anchor_is_no_chain_of_one() -> None:
    good = chain()
    with pytest.raises(UntrustedError):
        validate_chain((to_der(good.leaf.certificate),), anchor=good.leaf.certificate, role=ISSUER, at=NOW)


def test_a_self_signed_leaf_is_refused() -> None:
    good = chain()
    own = make("Leaf", LEAF[ISSUER], issuer=None, party=PARTY)
    assert isinstance(refused((to_der(own.certificate), good.x5c[1]), good), UntrustedError)


def test_a_leaf_under_another_ca_of_the_same_name_is_refused() -> None:
    good, other = chain(), chain()
    assert validate(other).party == PARTY
    assert isinstance(refused(other.x5c, good), UntrustedError)
    assert isinstance(refused((other.x5c[0], good.x5c[1]), good), UntrustedError)


def test_a_leaf_directly_under_the_root_is_refused() -> None:
    good = chain()
    leaf = make("Leaf", LEAF[ISSUER], issuer=good.root, party=PARTY)
    assert isinstance(refused((to_der(leaf.certificate), good.x5c[1]), good), UntrustedError)


def test_a_second_ca_below_the_issuing_ca_is_refused() -> None:
    good = chain()
    lower = make("Lower CA", ISSUING_CA, issuer=good.authority)
    leaf = make("Leaf", LEAF[ISSUER], issuer=lower, party=PARTY)
    x5c = (to_der(leaf.certificate), to_der(lower.certificate), good.x5c[1])
    assert isinstance(refused(x5c, good), UntrustedError)
    assert isinstance(refused(x5c[:2], good), UntrustedError)


def test_a_signature_over_other_bytes_is_refused() -> None:
    good = chain()
    leaf = bytearray(good.x5c[0])
    leaf[-1] ^= 1
    assert isinstance(refused((bytes(leaf), good.x5c[1]), good), VcError)


def test_sizes_and_numbers_are_limited() -> None:
    good = chain()
    assert isinstance(refused((good.x5c[0],) * 6, good), LimitExceededError)
    assert isinstance(refused((good.x5c[0],) * 5, good), UntrustedError)
    assert isinstance(refused((b"\x30" * (16 * 1024 + 1), good.x5c[1]), good), LimitExceededError)
    assert type(refused((b"\x30" * (16 * 1024), good.x5c[1]), good)) is MalformedError


@pytest.mark.parametrize(
    "key",
    [rsa.generate_private_key(65537, 2048).public_key(), ec.generate_private_key(ec.SECP256K1()).public_key()],
    ids=["RSA", "secp256k1"],
)
def test_a_key_of_a_kind_that_we_do_not_use_is_refused(key: object) -> None:
    def change(draft: Draft) -> None:
        draft.key = key

    with pytest.raises(AlgorithmNotAllowedError):
        validate(chain(leaf=change))


def test_a_subject_without_an_organisation_is_malformed() -> None:
    def change(draft: Draft) -> None:
        draft.subject = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "ZZ")])

    with pytest.raises(MalformedError):
        validate(chain(leaf=change))


def test_only_a_root_can_be_pinned() -> None:
    good = chain()
    require_root(good.anchor)
    for wrong in (good.authority, good.leaf, make("Own", LEAF[ISSUER], issuer=None, party=PARTY)):
        with pytest.raises(UntrustedError):
            require_root(wrong.certificate)
    with pytest.raises(UntrustedError):
        ChainValidator(make("Root", ROOT, issuer=None, change=drop(x509.KeyUsage)).certificate)


def test_a_root_has_signed_itself() -> None:
    def change(draft: Draft) -> None:
        draft.issuer_name = draft.subject

    top = make("Root CA", ROOT, issuer=None)
    require_root(top.certificate)
    by_another = make("Root CA", ROOT, issuer=make("Root CA", ROOT, issuer=None), change=change)
    with pytest.raises(UntrustedError, match="self-signed"):
        require_root(by_another.certificate)


def test_the_last_second_of_a_validity_counts_and_the_next_does_not() -> None:
    ends = NOW + timedelta(days=1)
    require_within(NOW, ends, at=NOW)
    require_within(NOW, ends, at=ends + timedelta(microseconds=999_999))
    for at in (NOW - timedelta(microseconds=1), ends + timedelta(seconds=1)):
        with pytest.raises(ValidityError):
            require_within(NOW, ends, at=at)


def test_certificates_may_have_one_second_in_common() -> None:
    found = chain(authority=lasting(-1, 5), leaf=lasting(5, 10))
    assert common_validity((found.leaf.certificate, found.authority.certificate)) == (NOW + timedelta(days=5),) * 2
    assert validate(found, days=5).party == PARTY
    never = chain(authority=lasting(-1, 5), leaf=lasting(6, 10))
    with pytest.raises(UntrustedError):
        common_validity((never.leaf.certificate, never.authority.certificate))


def test_a_kept_chain_is_still_judged_by_the_time() -> None:
    good = chain()
    validator = ChainValidator(good.anchor)
    first = validator.validate(good.x5c, role=ISSUER, at=NOW)
    assert validator.validate(good.x5c, role=ISSUER, at=NOW + timedelta(days=50)) is first
    for days in (-2, 101):
        with pytest.raises(ValidityError):
            validator.validate(good.x5c, role=ISSUER, at=NOW + timedelta(days=days))


def test_a_kept_chain_is_kept_for_its_role_and_bytes_only() -> None:
    good = chain()
    validator = ChainValidator(good.anchor)
    validator.validate(good.x5c, role=ISSUER, at=NOW)
    with pytest.raises(NotAuthorisedError):
        validator.validate(good.x5c, role=Role.VERIFIER, at=NOW)
    with pytest.raises(VcError):
        validator.validate((good.x5c[0][:-1] + bytes([good.x5c[0][-1] ^ 1]), good.x5c[1]), role=ISSUER, at=NOW)


def test_only_so_many_chains_are_kept() -> None:
    good = chain()
    validator = ChainValidator(good.anchor, max_kept=1)
    first = validator.validate(good.x5c, role=ISSUER, at=NOW)
    other = make("Leaf", LEAF[Role.VERIFIER], issuer=good.authority, party=PARTY)
    validator.validate((to_der(other.certificate), good.x5c[1]), role=Role.VERIFIER, at=NOW)
    assert validator.validate(good.x5c, role=ISSUER, at=NOW) is not first
