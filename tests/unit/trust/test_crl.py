# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Certificate revocation lists, right or wrong in one thing (RFC 5280, section 5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ObjectIdentifier

from tests.support.mdoc_pki import content_of, document_signer, iaca, integer, key_usage, named, signed
from tests.support.pki import NOW, Change, Draft
from vcwallet.errors import (
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    SignatureInvalidError,
    TrustedListError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
)
from vcwallet.keys import Algorithm
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.certificates import CertificateAuthority, authority_key_identifier
from vcwallet.trust.crl import MAX_BYTES, MAX_ENTRIES, Reason, RevocationList, RevokedCertificate, build_crl

CA = iaca()
LEAF = document_signer(CA).certificate
SERIAL = LEAF.serial_number
WEEK = timedelta(days=7)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def issue(*revoked: RevokedCertificate, number: int = 1, issuer: CertificateAuthority = CA) -> bytes:
    return build_crl(issuer, revoked, number=number, at=NOW, next_update=NOW + WEEK)


def read(der: bytes, *, issuer: CertificateAuthority = CA) -> RevocationList:
    return RevocationList.read(der, issuer=issuer.certificate)


def revoked(*, reason: Reason = Reason.UNSPECIFIED, at: datetime = NOW, serial: int = SERIAL) -> RevokedCertificate:
    return RevokedCertificate(serial_number=serial, revoked_at=at, reason=reason)


@dataclass
class ListDraft:
    """A list before it is signed, by a builder that is not ours; a test changes what it likes."""

    issuer: x509.Name = CA.certificate.subject
    this_update: datetime = NOW
    next_update: datetime | None = NOW + WEEK
    entries: list[x509.RevokedCertificate] = field(default_factory=list)
    extensions: dict[type[x509.ExtensionType], tuple[x509.ExtensionType, bool]] = field(
        default_factory=lambda: {
            x509.AuthorityKeyIdentifier: (authority_key_identifier(CA.certificate), False),
            x509.CRLNumber: (x509.CRLNumber(1), False),
        }
    )
    hash: hashes.SHA224 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512 = field(default_factory=hashes.SHA256)

    def put(self, extension: x509.ExtensionType, *, critical: bool = False) -> None:
        self.extensions[type(extension)] = (extension, critical)

    def sign(self, signer: SoftwareSigner = CA.signer) -> bytes:
        builder = x509.CertificateRevocationListBuilder(revoked_certificates=self.entries)
        builder = builder.issuer_name(self.issuer).last_update(self.this_update)
        # The builder insists on a next update; without one the bytes are taken out afterwards.
        builder = builder.next_update(self.next_update or NOW + WEEK)
        for extension, critical in self.extensions.values():
            builder = builder.add_extension(extension, critical=critical)
        made = builder.sign(signer.private_key, self.hash)
        if self.next_update is not None:
            return made.public_bytes(serialization.Encoding.DER)
        content = content_of(made.tbs_certlist_bytes)
        return signed(content.replace(b"\x17\x0d261130090000Z", b""), signer=signer)


def entry(*extensions: tuple[x509.ExtensionType, bool], serial: int = SERIAL) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder(serial, NOW)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.build()


def unknown(oid: str = "1.2.3.4") -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(ObjectIdentifier(oid), b"\x05\x00")


def partition(**scope: bool) -> x509.IssuingDistributionPoint:
    names = ("only_contains_user_certs", "only_contains_ca_certs", "indirect_crl", "only_contains_attribute_certs")
    scopes: dict[str, Any] = {name: scope.get(name, False) for name in names}
    return x509.IssuingDistributionPoint(full_name=None, relative_name=None, only_some_reasons=None, **scopes)


# --- issuing ---------------------------------------------------------------------------------------------------------


def test_a_list_says_what_it_was_made_of() -> None:
    entries = [revoked(reason=Reason.SUPERSEDED), revoked(serial=7, at=NOW - DAY)]
    der = issue(*entries, number=12)
    found = read(der)
    assert (found.number, found.this_update, found.next_update) == (12, NOW, NOW + WEEK)
    assert found.revoked == {each.serial_number: each for each in entries}
    assert found.der == der


def test_a_list_is_of_version_2_with_key_identifier_and_number_and_signed_by_the_ca() -> None:
    made = x509.load_der_x509_crl(issue(revoked()))
    assert made.issuer == CA.certificate.subject
    assert made.is_signature_valid(CA.signer.public_key.raw)
    assert content_of(made.tbs_certlist_bytes).startswith(b"\x02\x01\x01")
    assert {type(extension.value): extension.critical for extension in made.extensions} == {
        x509.AuthorityKeyIdentifier: False,
        x509.CRLNumber: False,
    }


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_written_and_read_back(reason: Reason) -> None:
    assert read(issue(revoked(reason=reason))).revoked[SERIAL].reason is reason


def test_an_unspecified_reason_is_left_out() -> None:
    [with_reason] = x509.load_der_x509_crl(issue(revoked(reason=Reason.SUPERSEDED)))
    [without] = x509.load_der_x509_crl(issue(revoked()))
    assert (len(with_reason.extensions), len(without.extensions)) == (1, 0)


def test_a_list_may_be_empty() -> None:
    assert read(issue()).revoked == {}


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.ES384, Algorithm.ES512])
def test_a_ca_may_have_a_key_on_each_curve(algorithm: Algorithm) -> None:
    ca = iaca(signer=SoftwareSigner.generate(algorithm))
    assert SERIAL in read(issue(revoked(), issuer=ca), issuer=ca).revoked


def test_the_largest_number_has_twenty_octets() -> None:
    largest = 2**159 - 1
    assert read(issue(number=largest)).number == largest
    for number in (largest + 1, -1):
        with pytest.raises(ValueError, match="20 octets"):
            issue(number=number)
    assert read(issue(number=0)).number == 0


def test_a_certificate_is_named_once() -> None:
    with pytest.raises(ValueError, match="once"):
        issue(revoked(), revoked(reason=Reason.SUPERSEDED))


def test_a_list_has_so_many_entries_and_no_more() -> None:
    serials = range(1, MAX_ENTRIES + 1)
    at_most = [revoked(serial=serial) for serial in serials]
    assert len(read(issue(*at_most)).revoked) == MAX_ENTRIES
    with pytest.raises(ValueError, match="at most"):
        issue(*at_most, revoked(serial=MAX_ENTRIES + 1))
    with pytest.raises(LimitExceededError):
        read(ListDraft(entries=[entry(serial=serial) for serial in (*serials, MAX_ENTRIES + 1)]).sign())


def test_a_list_ends_after_it_was_issued() -> None:
    def ending(after: timedelta) -> bytes:
        return build_crl(CA, [], number=1, at=NOW, next_update=NOW + after)

    assert read(ending(SECOND)).next_update == NOW + SECOND
    with pytest.raises(ValueError, match="ends after"):
        ending(timedelta())


def test_times_are_whole_seconds_with_a_time_zone() -> None:
    assert revoked(at=NOW + timedelta(milliseconds=1)) == revoked()
    with pytest.raises(ValueError, match="time zone"):
        revoked(at=NOW.replace(tzinfo=None))


@pytest.mark.parametrize("serial", [0, -1])
def test_a_serial_number_is_positive(serial: int) -> None:
    assert revoked(serial=1).serial_number == 1
    with pytest.raises(ValueError, match="positive"):
        revoked(serial=serial)


def may_only(**usages: bool) -> Change:
    return lambda draft: draft.put(key_usage(**usages), critical=True)


def no_ca(draft: Draft) -> None:
    draft.put(x509.BasicConstraints(ca=False, path_length=None), critical=True)


def without(kind: type[x509.ExtensionType]) -> Change:
    return lambda draft: draft.drop(kind)


NO_SIGNERS: dict[str, Change] = {
    "certificates only": may_only(key_cert_sign=True),
    "no key usage": without(x509.KeyUsage),
    "no CA": no_ca,
    "no basic constraints": without(x509.BasicConstraints),
}


@pytest.mark.parametrize("change", NO_SIGNERS.values(), ids=NO_SIGNERS)
def test_a_ca_that_may_not_sign_lists_neither_makes_one_nor_is_believed(change: Change) -> None:
    ca = iaca(change, signer=CA.signer)
    with pytest.raises(ValueError, match="sign lists"):
        issue(issuer=ca)
    with pytest.raises(NotAuthorisedError) as caught:
        read(issue(), issuer=ca)
    assert caught.value.code == "CRL_NOT_AUTHORISED"


# --- reading ---------------------------------------------------------------------------------------------------------


def test_a_list_by_another_hand_is_read() -> None:
    assert read(ListDraft(entries=[entry()]).sign()).revoked == {SERIAL: revoked()}


def test_a_list_of_another_ca_is_refused() -> None:
    other = iaca()
    renamed = ListDraft(issuer=named("Kaze IACA"))
    for der, issuer in ((issue(), other), (issue(issuer=other), CA), (renamed.sign(), CA)):
        with pytest.raises(UntrustedError) as caught:
            read(der, issuer=issuer)
        assert caught.value.code == "CRL_ISSUER"


def test_a_name_is_that_of_the_ca_byte_for_byte() -> None:
    content = content_of(x509.load_der_x509_crl(issue()).tbs_certlist_bytes)
    respelled = content.replace(b"\x0c\x0aMirai IACA", b"\x13\x0aMirai IACA")  # PrintableString, not UTF8String
    assert respelled != content
    assert read(signed(content, signer=CA.signer)).number == 1
    with pytest.raises(UntrustedError) as caught:
        read(signed(respelled, signer=CA.signer))
    assert caught.value.code == "CRL_ISSUER"


def test_a_name_with_a_part_of_the_wrong_length_is_refused() -> None:
    content = content_of(x509.load_der_x509_crl(issue()).tbs_certlist_bytes)
    renamed = content.replace(b"\x55\x04\x03\x0c", b"\x55\x04\x06\x0c")  # ten letters as a country
    assert renamed != content
    with pytest.raises(VcError):
        read(signed(renamed, signer=CA.signer))


def test_another_key_under_the_name_and_key_identifier_of_the_ca_is_refused() -> None:
    forged = ListDraft().sign(SoftwareSigner.generate())
    with pytest.raises(SignatureInvalidError):
        read(forged)


def test_a_list_names_the_key_of_its_ca() -> None:
    nameless = ListDraft()
    del nameless.extensions[x509.AuthorityKeyIdentifier]
    with pytest.raises(MalformedError):
        read(nameless.sign())
    by_name = ListDraft()
    by_name.put(x509.AuthorityKeyIdentifier(None, [x509.DirectoryName(CA.certificate.subject)], 7))
    with pytest.raises(UntrustedError):
        read(by_name.sign())


def test_a_list_has_a_number_of_at_most_twenty_octets() -> None:
    unnumbered, long = ListDraft(), ListDraft()
    del unnumbered.extensions[x509.CRLNumber]
    long.put(x509.CRLNumber(2**159))
    for draft in (unnumbered, long):
        with pytest.raises(MalformedError):
            read(draft.sign())


def test_a_negative_number_is_malformed() -> None:
    content = content_of(x509.load_der_x509_crl(issue(number=5)).tbs_certlist_bytes)
    assert read(signed(content, signer=CA.signer)).number == 5
    with pytest.raises(MalformedError):
        read(signed(content.replace(b"\x04\x03\x02\x01\x05", b"\x04\x03\x02\x01\x85"), signer=CA.signer))


def test_a_list_says_when_the_next_one_comes() -> None:
    with pytest.raises(MalformedError):
        read(ListDraft(next_update=None).sign())
    assert read(ListDraft(next_update=NOW + SECOND).sign()).next_update == NOW + SECOND


def test_a_list_that_ends_when_it_begins_is_malformed() -> None:
    with pytest.raises(MalformedError):
        read(ListDraft(next_update=NOW).sign())


def test_a_list_of_version_1_is_malformed() -> None:
    content = content_of(x509.load_der_x509_crl(issue()).tbs_certlist_bytes)
    with pytest.raises(MalformedError):
        read(signed(content.removeprefix(b"\x02\x01\x01"), signer=CA.signer))


def test_a_list_is_signed_by_ecdsa_with_sha_2() -> None:
    for right in (hashes.SHA384(), hashes.SHA512()):
        assert read(ListDraft(hash=right).sign()).number == 1
    with pytest.raises(SignatureInvalidError):
        read(ListDraft(hash=hashes.SHA224()).sign())


def test_a_ca_with_a_key_of_another_kind_is_refused() -> None:
    def with_rsa(draft: Draft) -> None:
        draft.key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()

    with pytest.raises(VcError) as caught:
        read(issue(), issuer=iaca(with_rsa, signer=CA.signer))
    assert caught.value.code == "ALGORITHM_NOT_ALLOWED"


PARTIAL: dict[str, x509.ExtensionType] = {
    "delta": x509.DeltaCRLIndicator(1),
    "indirect": partition(indirect_crl=True),
    "user certificates": partition(only_contains_user_certs=True),
    "CA certificates": partition(only_contains_ca_certs=True),
    "attribute certificates": partition(only_contains_attribute_certs=True),
}


@pytest.mark.parametrize("critical", [True, False], ids=["critical", "not critical"])
@pytest.mark.parametrize("extension", PARTIAL.values(), ids=PARTIAL)
def test_a_partial_list_is_not_supported(extension: x509.ExtensionType, critical: bool) -> None:
    draft = ListDraft()
    draft.put(extension, critical=critical)
    with pytest.raises(UnsupportedError) as caught:
        read(draft.sign())
    assert caught.value.code == "CRL_EXTENSION"


def test_an_unknown_extension_refuses_a_list_only_where_it_is_critical() -> None:
    draft = ListDraft()
    draft.put(unknown())
    assert read(draft.sign()).number == 1
    draft.put(unknown(), critical=True)
    with pytest.raises(UnsupportedError):
        read(draft.sign())


def test_an_unknown_extension_of_an_entry_refuses_a_list_only_where_it_is_critical() -> None:
    assert read(ListDraft(entries=[entry((unknown(), False))]).sign()).revoked == {SERIAL: revoked()}
    with pytest.raises(UnsupportedError):
        read(ListDraft(entries=[entry(), entry((unknown(), True), serial=7)]).sign())


def test_the_date_since_when_a_certificate_is_invalid_may_be_said() -> None:
    dated = entry((x509.InvalidityDate(NOW - DAY), False), (x509.CRLReason(x509.ReasonFlags.key_compromise), False))
    assert read(ListDraft(entries=[dated]).sign()).revoked == {SERIAL: revoked(reason=Reason.KEY_COMPROMISE)}


@pytest.mark.parametrize("critical", [True, False], ids=["critical", "not critical"])
def test_an_entry_of_another_ca_is_not_supported(critical: bool) -> None:
    of_another = x509.CertificateIssuer([x509.DirectoryName(named("Kaze IACA"))])
    with pytest.raises(UnsupportedError):
        read(ListDraft(entries=[entry((of_another, critical))]).sign())


def test_only_a_delta_removes_an_entry() -> None:
    removed = entry((x509.CRLReason(x509.ReasonFlags.remove_from_crl), False))
    with pytest.raises(MalformedError):
        read(ListDraft(entries=[removed]).sign())


def test_an_entry_that_occurs_twice_is_malformed() -> None:
    assert len(read(ListDraft(entries=[entry(), entry(serial=7)]).sign()).revoked) == 2
    with pytest.raises(MalformedError):
        read(ListDraft(entries=[entry(), entry()]).sign())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (integer(7), b"\x02\x01\xf9"),  # the serial number -7
        (b"\x0a\x01\x04", b"\x0a\x01\x07"),  # the reason 7, which is not used
        (b"\x0a\x01\x04", b"\x02\x01\x04"),  # the reason as an INTEGER
    ],
)
def test_an_entry_that_no_builder_would_write_is_malformed(old: bytes, new: bytes) -> None:
    der = ListDraft(entries=[entry((x509.CRLReason(x509.ReasonFlags.superseded), False), serial=7)]).sign()
    content = content_of(x509.load_der_x509_crl(der).tbs_certlist_bytes)
    assert content.count(old) == 1
    assert read(signed(content, signer=CA.signer)).revoked[7].reason is Reason.SUPERSEDED
    with pytest.raises(MalformedError):
        read(signed(content.replace(old, new), signer=CA.signer))


def test_a_list_that_is_too_long_is_not_parsed() -> None:
    with pytest.raises(LimitExceededError):
        read(b"\x30" * (MAX_BYTES + 1))
    with pytest.raises(MalformedError) as caught:
        read(b"\x30" * MAX_BYTES)
    assert caught.value.code == "MALFORMED"


def test_a_list_cut_short_or_with_more_behind_is_malformed() -> None:
    der = issue(revoked())
    for broken in (*(der[:length] for length in range(len(der))), der + b"\x00"):
        with pytest.raises(MalformedError):
            read(broken)


def test_a_second_spelling_of_the_same_signature_is_malformed() -> None:
    der = issue()
    while x509.load_der_x509_crl(der).signature[-1] & 1:  # the last bit must be zero to be called unused
        der = issue()
    unused = len(der) - len(x509.load_der_x509_crl(der).signature) - 1
    with pytest.raises(MalformedError):
        read(der[:unused] + b"\x01" + der[unused + 1 :])


# --- asking ----------------------------------------------------------------------------------------------------------


def test_a_certificate_on_the_list_is_refused_and_another_is_not() -> None:
    found = read(issue(revoked(reason=Reason.SUPERSEDED)))
    found.require_not_revoked(document_signer(CA).certificate, at=NOW)
    with pytest.raises(UntrustedError, match="superseded") as caught:
        found.require_not_revoked(LEAF, at=NOW)
    assert caught.value.code == "CERTIFICATE_REVOKED"


def test_the_list_tells_since_when_and_why() -> None:
    found = read(issue(revoked(reason=Reason.CERTIFICATE_HOLD, at=NOW - DAY)))
    assert found.revocation_of(LEAF) == revoked(reason=Reason.CERTIFICATE_HOLD, at=NOW - DAY)
    assert found.revocation_of(document_signer(CA).certificate) is None


def other_key() -> x509.Certificate:
    return document_signer(iaca()).certificate  # of the same name


def other_name() -> x509.Certificate:
    def rename(draft: Draft) -> None:
        draft.issuer_name = named("Kaze IACA")

    return document_signer(CA, rename).certificate


def no_key_id() -> x509.Certificate:
    return document_signer(CA, without(x509.AuthorityKeyIdentifier)).certificate


@pytest.mark.parametrize("make", [other_key, other_name, no_key_id])
def test_a_list_says_nothing_about_certificates_of_another_ca(make: Callable[[], x509.Certificate]) -> None:
    certificate = make()
    found = read(issue())
    found.require_not_revoked(LEAF, at=NOW)
    with pytest.raises(UntrustedError) as caught:
        found.require_not_revoked(certificate, at=NOW)
    assert caught.value.code == "CRL_ISSUER"


@pytest.mark.parametrize("reason", [reason for reason in Reason if not reason.is_compromise])
def test_a_revocation_counts_from_its_date(reason: Reason) -> None:
    found = read(issue(revoked(reason=reason, at=NOW - DAY)))
    found.require_not_revoked(LEAF, at=NOW, signed_at=NOW - DAY - SECOND)
    for signed_at in (NOW - DAY, NOW, None):
        with pytest.raises(UntrustedError):
            found.require_not_revoked(LEAF, at=NOW, signed_at=signed_at)


def test_a_revocation_of_a_later_date_does_not_count_yet() -> None:
    found = read(issue(revoked(at=NOW + DAY)))
    found.require_not_revoked(LEAF, at=NOW)
    with pytest.raises(UntrustedError):
        found.require_not_revoked(LEAF, at=NOW + DAY)


@pytest.mark.parametrize("reason", [Reason.KEY_COMPROMISE, Reason.CA_COMPROMISE, Reason.AA_COMPROMISE])
def test_a_compromise_counts_for_all_times(reason: Reason) -> None:
    assert reason.is_compromise
    found = read(issue(revoked(reason=reason, at=NOW + DAY)))
    for signed_at in (NOW - 1000 * DAY, None):
        with pytest.raises(UntrustedError):
            found.require_not_revoked(LEAF, at=NOW, signed_at=signed_at)


def test_a_certificate_on_hold_is_refused_until_a_list_leaves_it_out() -> None:
    with pytest.raises(UntrustedError):
        read(issue(revoked(reason=Reason.CERTIFICATE_HOLD))).require_not_revoked(LEAF, at=NOW)
    read(issue(number=2)).require_not_revoked(LEAF, at=NOW)


def test_a_list_past_its_next_update_says_nothing() -> None:
    found = read(issue())
    found.require_not_revoked(LEAF, at=NOW + WEEK - SECOND)
    with pytest.raises(TrustedListError) as caught:
        found.require_not_revoked(LEAF, at=NOW + WEEK)
    assert caught.value.code == "CRL_STALE"


def test_a_list_from_the_future_says_nothing() -> None:
    found = read(issue())
    found.require_fresh(at=NOW - timedelta(seconds=60))
    with pytest.raises(ValidityError) as caught:
        found.require_not_revoked(LEAF, at=NOW - timedelta(seconds=61))
    assert caught.value.code == "NOT_YET_VALID"
