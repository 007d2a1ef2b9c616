# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Certificates of My Number cards: each rule broken once, beside cards that pass (RFC 5280; profile of JPKI)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as st

from tests.support import jpki
from tests.support.jpki import Card, TestCA, authority, card, distribution_point, other_name, point_of, signing_card
from tests.support.mdoc_pki import content_of, integer, key_usage
from tests.support.mdoc_pki import signed as signed_again
from tests.support.pki import NOW, Change, Draft
from vcwallet.errors import (
    AlgorithmNotAllowedError,
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
from vcwallet.japan import PartialDate, Sex
from vcwallet.japan.jpki import (
    SIGNING,
    USER_AUTHENTICATION,
    JpkiAuthorities,
    JpkiIdentity,
    JpkiPerson,
    RevocationLists,
    authenticate,
    challenge_text,
    verify_signature,
)
from vcwallet.japan.jpki.attributes import MAX_TEXT
from vcwallet.japan.jpki.revocation import MAX_LISTS
from vcwallet.japan.jpki.signature import require_list_signature
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.crl import RevocationList

CHALLENGE = challenge_text("https://city.example", bytes(32)).encode()
CA = authority()
CARD = card(CA)
RSA: Any = jpki.key("card")
SIGNING_CA = authority("digital signature")
SIGNING_CARD = signing_card(SIGNING_CA)
SECOND = timedelta(seconds=1)


def known(*authorities: TestCA, profile: Any = USER_AUTHENTICATION) -> JpkiAuthorities:
    return JpkiAuthorities([one.der for one in authorities], profile=profile)


def lists(*ders: bytes, ca: TestCA = CA, profile: Any = USER_AUTHENTICATION) -> RevocationLists:
    return RevocationLists(ders or [ca.revocation_list()], authorities=known(ca, profile=profile))


def log_in(shown: Card = CARD, *, ca: TestCA = CA, **changed: Any) -> JpkiIdentity:
    given: dict[str, Any] = {
        "certificate": shown.der,
        "signature": shown.sign(CHALLENGE),
        "challenge": CHALLENGE,
        "authorities": known(ca),
        "revocation": lists(ca=ca),
        "at": NOW,
    }
    return authenticate(**{**given, **changed})


def signed(shown: Card = SIGNING_CARD, **changed: Any) -> JpkiPerson:
    given: dict[str, Any] = {
        "certificate": shown.der,
        "signature": shown.sign(b"an application"),
        "document": b"an application",
        "authorities": known(SIGNING_CA, profile=SIGNING),
        "revocation": lists(ca=SIGNING_CA, profile=SIGNING),
        "at": NOW,
    }
    return verify_signature(**{**given, **changed})


# --- user authentication ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["rsa", "ec"])
@pytest.mark.parametrize("ca_kind", ["rsa", "ec"])
def test_a_card_that_answers_the_challenge_is_known_by_its_serial_number(kind: Any, ca_kind: Any) -> None:
    ca = authority(kind=ca_kind)
    shown = card(ca, kind=kind)
    identity = log_in(shown, ca=ca)
    assert identity.serial_number == shown.certificate.serial_number
    assert identity.subject == "9990160000001A"
    assert identity.fingerprint == shown.certificate.fingerprint(hashes.SHA256()).hex()
    assert identity.authority == x509.SubjectKeyIdentifier.from_public_key(ca.key.public_key()).digest
    assert identity.expires == NOW + timedelta(days=1000)


def test_an_identity_shows_no_number_and_no_name_when_it_is_printed() -> None:
    identity = log_in()
    assert str(identity.serial_number) not in repr(identity)
    assert identity.subject not in repr(identity)
    assert str(identity.serial_number) not in repr(known(CA).validate(CARD.der, at=NOW))


def test_a_key_on_p_384_signs_with_sha_384() -> None:
    own = ec.generate_private_key(ec.SECP384R1())
    shown = card(CA, own_key=own)
    log_in(shown, signature=own.sign(CHALLENGE, ec.ECDSA(hashes.SHA384())))
    with pytest.raises(SignatureInvalidError):
        log_in(shown, signature=own.sign(CHALLENGE, ec.ECDSA(hashes.SHA256())))


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        CARD.sign(CHALLENGE + b"x"),
        card(CA, own_key=jpki.key("another card")).sign(CHALLENGE),
        RSA.sign(CHALLENGE, padding.PKCS1v15(), hashes.SHA1()),  # noqa: S303
        RSA.sign(CHALLENGE, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
        bytes(513),
    ],
    ids=["empty", "another challenge", "another card", "SHA-1", "PSS", "too long"],
)
def test_what_the_card_did_not_sign_is_refused(signature: bytes) -> None:
    with pytest.raises(SignatureInvalidError):
        log_in(signature=signature)


def test_a_short_challenge_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        log_in(challenge=bytes(31), signature=CARD.sign(bytes(31)))
    log_in(challenge=bytes(32), signature=CARD.sign(bytes(32)))


def test_each_kind_of_certificate_does_its_own_and_nothing_else() -> None:
    both = authority("both kinds")
    for_signing, for_login = signing_card(both), card(both)
    with pytest.raises(NotAuthorisedError, match="user authentication"):
        log_in(for_signing, ca=both)
    with pytest.raises(NotAuthorisedError, match="signing"):
        known(both, profile=SIGNING).validate(for_login.der, at=NOW)
    known(both, profile=SIGNING).validate(for_signing.der, at=NOW)
    known(both).validate(for_login.der, at=NOW)


def test_the_authorities_of_one_kind_are_not_used_for_the_other() -> None:
    with pytest.raises(ValueError, match="user authentication"):
        log_in(authorities=known(CA, profile=SIGNING))
    with pytest.raises(ValueError, match="for signing"):
        signed(authorities=known(SIGNING_CA))


def test_a_certificate_for_user_authentication_with_a_name_in_it_is_refused() -> None:
    with pytest.raises(NotAuthorisedError, match="names nobody"):
        log_in(card(CA, attributes=[other_name(1, "番号　花子")]))
    log_in(card(CA, attributes=[x509.DNSName("card.example"), x509.OtherName(ObjectIdentifier("1.2.3"), b"\x05\x00")]))


# --- the certificate -------------------------------------------------------------------------------------------------


def drop(kind: type[x509.ExtensionType]) -> Change:
    return lambda draft: draft.drop(kind)


def put(extension: x509.ExtensionType, *, critical: bool) -> Change:
    return lambda draft: draft.put(extension, critical=critical)


def set_(**values: Any) -> Change:
    def change(draft: Draft) -> None:
        for name, value in values.items():
            setattr(draft, name, value)

    return change


def policies(*oids: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(ObjectIdentifier(oid), None) for oid in oids])


POLICY = jpki.AUTHENTICATION_POLICY.dotted_string
NO_NAME = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "JP")])
OTHER_KEY = x509.AuthorityKeyIdentifier.from_issuer_public_key(jpki.key("another CA").public_key())
BROKEN: dict[str, tuple[Change, type[VcError]]] = {
    "no policy": (drop(x509.CertificatePolicies), NotAuthorisedError),
    "another policy": (put(policies("1.2.392.200149.8.5.1.3.31"), critical=True), NotAuthorisedError),
    "any policy": (put(policies("2.5.29.32.0"), critical=True), NotAuthorisedError),
    "two policies": (put(policies(POLICY, "1.2.392.200149.8.5.1.1.20"), critical=True), NotAuthorisedError),
    "no key usage": (drop(x509.KeyUsage), NotAuthorisedError),
    "key usage not critical": (put(key_usage(digital_signature=True), critical=False), NotAuthorisedError),
    "another key usage": (put(key_usage(key_encipherment=True), critical=True), NotAuthorisedError),
    "more key usages": (
        put(key_usage(digital_signature=True, key_cert_sign=True), critical=True),
        NotAuthorisedError,
    ),
    "a CA": (put(x509.BasicConstraints(ca=True, path_length=None), critical=True), UntrustedError),
    "an unknown critical extension": (
        put(x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00"), critical=True),
        UntrustedError,
    ),
    "no authority key identifier": (drop(x509.AuthorityKeyIdentifier), UntrustedError),
    "another authority key identifier": (put(OTHER_KEY, critical=False), UntrustedError),
    "another issuer's name": (set_(issuer_name=NO_NAME), UntrustedError),
    "no common name": (set_(subject=NO_NAME), UntrustedError),
    "not valid yet": (set_(not_before=NOW + SECOND), ValidityError),
    "expired": (set_(not_after=NOW - SECOND), ValidityError),
    "never valid with its CA": (set_(not_before=NOW + timedelta(days=1500), not_after=NOW + timedelta(days=1600)),
                                UntrustedError),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_certificate_with_one_rule_broken_is_refused(what: str) -> None:
    change, error = BROKEN[what]
    with pytest.raises(error):
        log_in(card(CA, change))


FINE: dict[str, Change] = {
    "policy not critical": put(policies(POLICY), critical=False),
    "says that it is no CA": put(x509.BasicConstraints(ca=False, path_length=None), critical=True),
    "extended key usage": put(x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.2")]), critical=False),
    "an unknown extension that is not critical": put(
        x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00"), critical=False
    ),
    "valid from now": set_(not_before=NOW),
    "valid until now": set_(not_after=NOW),
}


@pytest.mark.parametrize("what", FINE)
def test_a_certificate_with_something_allowed_is_taken(what: str) -> None:
    log_in(card(CA, FINE[what]))


def rebuilt(old: bytes, new: bytes) -> tuple[bytes, TestCA]:
    """The certificate of a card with some of its bytes replaced, and signed again by its CA."""
    ca = authority(kind="ec")
    assert isinstance(ca.key, ec.EllipticCurvePrivateKey)
    content = content_of(card(ca, set_(serial_number=4711)).certificate.tbs_certificate_bytes)
    assert content.count(old) == 1
    return signed_again(content.replace(old, new), signer=SoftwareSigner(ca.key)), ca


VERSION_3 = b"\xa0\x03\x02\x01\x02"
NUMBER = integer(4711)


def test_a_certificate_may_be_signed_again() -> None:
    der, ca = rebuilt(VERSION_3 + NUMBER, VERSION_3 + NUMBER)
    assert log_in(certificate=der, ca=ca, revocation=lists(ca=ca)).serial_number == 4711


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(NUMBER, id="version 1"),
        pytest.param(b"\xa0\x03\x02\x01\x01" + NUMBER, id="version 2"),
        pytest.param(VERSION_3 + integer(0), id="serial number 0"),
        pytest.param(VERSION_3 + b"\x02\x02\xed\x99", id="negative serial number"),
        pytest.param(VERSION_3 + integer(1 << 159), id="serial number of 21 octets"),
    ],
)
def test_a_certificate_is_of_version_3_with_a_positive_serial_number_of_20_octets(start: bytes) -> None:
    der, ca = rebuilt(VERSION_3 + NUMBER, start)
    with pytest.raises((UntrustedError, MalformedError), match=r"version 3|serial number|not a DER"):
        log_in(certificate=der, ca=ca)


@pytest.mark.parametrize(
    "own",
    [
        pytest.param(lambda: rsa.generate_private_key(65537, 1024), id="RSA of 1024 bits"),  # noqa: S505
        pytest.param(lambda: rsa.generate_private_key(3, 2048), id="RSA with the exponent 3"),
        pytest.param(lambda: ec.generate_private_key(ec.SECP521R1()), id="P-521"),
        pytest.param(lambda: ec.generate_private_key(ec.SECP256K1()), id="secp256k1"),
        pytest.param(ed25519.Ed25519PrivateKey.generate, id="Ed25519"),
    ],
)
def test_a_key_of_another_kind_is_refused(own: Callable[[], Any]) -> None:
    with pytest.raises(AlgorithmNotAllowedError):
        known(CA).validate(card(CA, own_key=own()).der, at=NOW)


def test_a_key_that_cannot_be_read_is_malformed() -> None:
    own = jpki.key("on a curve", "ec")
    point = own.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    off = card(CA, own_key=own).der.replace(point, point[:-1] + bytes([point[-1] ^ 1]))
    with pytest.raises(MalformedError):
        log_in(certificate=off)


def test_a_ca_signs_with_sha_2_alone() -> None:
    with pytest.raises(AlgorithmNotAllowedError):
        log_in(card(CA, set_(hash=hashes.SHA224())))
    for hash_ in (hashes.SHA256(), hashes.SHA384(), hashes.SHA512()):
        log_in(card(CA, set_(hash=hash_)))


def test_a_ca_with_an_ec_key_does_not_vouch_by_rsa() -> None:
    ca = authority(kind="ec")
    with pytest.raises(AlgorithmNotAllowedError):
        log_in(card(ca, signed_by=jpki.key("another CA")), ca=ca)


def test_a_certificate_that_another_key_has_signed_is_refused() -> None:
    with pytest.raises(UntrustedError, match="did not sign"):
        log_in(card(CA, signed_by=jpki.key("another CA")))


def test_a_certificate_by_a_ca_that_is_not_known_is_refused() -> None:
    with pytest.raises(UntrustedError, match="by no CA"):
        log_in(card(SIGNING_CA))


def test_a_certificate_that_is_too_long_or_none_is_refused() -> None:
    with pytest.raises(LimitExceededError):
        log_in(certificate=bytes(16 * 1024 + 1))
    for wrong in (b"", CARD.der[:-1], CARD.der + b"\0", bytes(16 * 1024)):
        with pytest.raises(MalformedError) as caught:
            log_in(certificate=wrong)
        assert caught.value.code == "MALFORMED"


@given(st.data())
def test_no_certificate_with_a_byte_changed_passes(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(CARD.der) - 1))
    changed = CARD.der[:place] + bytes([CARD.der[place] ^ data.draw(st.integers(1, 255))]) + CARD.der[place + 1 :]
    with pytest.raises(VcError):
        log_in(certificate=changed)


# --- the authorities -------------------------------------------------------------------------------------------------


NO_CA: dict[str, Change] = {
    "no basic constraints": drop(x509.BasicConstraints),
    "not critical": put(x509.BasicConstraints(ca=True, path_length=0), critical=False),
    "no CA": put(x509.BasicConstraints(ca=False, path_length=None), critical=True),
    "CAs below it": put(x509.BasicConstraints(ca=True, path_length=1), critical=True),
    "no key usage": drop(x509.KeyUsage),
    "signs no certificates": put(key_usage(crl_sign=True), critical=True),
    "signs no lists": put(key_usage(key_cert_sign=True), critical=True),
    "no key identifier": drop(x509.SubjectKeyIdentifier),
    "an unknown critical extension": put(
        x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00"), critical=True
    ),
    "another issuer": set_(issuer_name=NO_NAME),
}


@pytest.mark.parametrize("what", NO_CA)
def test_an_authority_is_a_ca_that_vouches_for_itself(what: str) -> None:
    with pytest.raises(UntrustedError):
        known(authority(change=NO_CA[what]))


def test_an_authority_without_a_path_length_is_one() -> None:
    known(authority(change=put(x509.BasicConstraints(ca=True, path_length=None), critical=True)))


def test_an_authority_that_another_key_has_signed_is_refused() -> None:
    with pytest.raises(UntrustedError, match="did not sign"):
        known(authority(signed_by=jpki.key("another CA")))


def test_authorities_are_at_least_one_and_have_keys_of_their_own() -> None:
    with pytest.raises(ValueError, match="at least one"):
        known()
    with pytest.raises(UntrustedError, match="two CAs"):
        known(CA, CA)
    assert known(CA, SIGNING_CA).certificates == (CA.certificate, SIGNING_CA.certificate)


def test_a_certificate_of_an_authority_that_has_expired_is_refused() -> None:
    ca = authority(change=set_(not_after=NOW + SECOND))
    shown, listed = card(ca), lists(ca=ca)
    log_in(shown, ca=ca, revocation=listed, at=NOW + SECOND)
    with pytest.raises(ValidityError):
        log_in(shown, ca=ca, revocation=listed, at=NOW + 2 * SECOND)


# --- revocation ------------------------------------------------------------------------------------------------------


def test_a_revoked_certificate_is_refused() -> None:
    with pytest.raises(UntrustedError) as caught:
        log_in(revocation=lists(CA.revocation_list(CARD.certificate.serial_number)))
    assert caught.value.code == "CERTIFICATE_REVOKED"
    log_in(revocation=lists(CA.revocation_list(CARD.certificate.serial_number + 1)))


def test_the_list_of_the_certificates_own_distribution_point_speaks_of_it() -> None:
    own = point_of(distribution_point(), only_contains_user_certs=True)
    log_in(revocation=lists(CA.revocation_list(point=own)))
    with pytest.raises(UntrustedError) as caught:
        log_in(revocation=lists(CA.revocation_list(CARD.certificate.serial_number, point=own)))
    assert caught.value.code == "CERTIFICATE_REVOKED"


def test_a_list_of_another_distribution_point_says_nothing() -> None:
    other = CA.revocation_list(point=point_of(distribution_point("Hoshi-shi")))
    with pytest.raises(UntrustedError) as caught:
        log_in(revocation=lists(other))
    assert caught.value.code == "CRL_ISSUER"
    own = CA.revocation_list(CARD.certificate.serial_number, point=point_of(distribution_point()))
    with pytest.raises(UntrustedError) as caught:
        log_in(revocation=lists(other, own))
    assert caught.value.code == "CERTIFICATE_REVOKED"


def test_one_of_several_lists_that_speak_is_enough_to_revoke() -> None:
    whole = CA.revocation_list(CARD.certificate.serial_number)
    own = CA.revocation_list(point=point_of(distribution_point()))
    with pytest.raises(UntrustedError) as caught:
        log_in(revocation=lists(own, whole))
    assert caught.value.code == "CERTIFICATE_REVOKED"


@pytest.mark.parametrize(
    "point",
    [
        point_of(distribution_point(), only_contains_ca_certs=True),
        point_of(distribution_point(), only_contains_attribute_certs=True),
        point_of(distribution_point(), indirect_crl=True),
        point_of(distribution_point(), only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})),
        point_of(only_contains_user_certs=True),
    ],
    ids=["CA certificates", "attribute certificates", "indirect", "some reasons", "no point"],
)
def test_a_list_that_leaves_something_out_is_not_read(point: x509.IssuingDistributionPoint) -> None:
    with pytest.raises(UnsupportedError):
        lists(CA.revocation_list(point=point))


def test_a_list_of_a_distribution_point_is_asked_about_its_own_certificates_alone() -> None:
    other = CA.revocation_list(point=point_of(distribution_point("Hoshi-shi")))
    found = RevocationList.read(other, issuer=CA.certificate, require_signature=require_list_signature, partitions=True)
    assert found.points == {distribution_point("Hoshi-shi")}
    with pytest.raises(UntrustedError) as caught:
        found.revocation_of(CARD.certificate)
    assert caught.value.code == "CRL_ISSUER"
    with pytest.raises(UnsupportedError):
        RevocationList.read(other, issuer=CA.certificate, require_signature=require_list_signature)


@pytest.mark.parametrize("newer_first", [True, False])
def test_a_newer_list_replaces_an_older_one_in_whichever_order_they_come(*, newer_first: bool) -> None:
    older = CA.revocation_list(number=1)
    newer = CA.revocation_list(CARD.certificate.serial_number, number=2)
    given = (newer, older) if newer_first else (older, newer)
    with pytest.raises(UntrustedError):
        log_in(revocation=lists(*given))


def test_of_two_lists_with_one_number_the_last_counts() -> None:
    clean, revoking = CA.revocation_list(), CA.revocation_list(CARD.certificate.serial_number)
    log_in(revocation=lists(revoking, clean))
    with pytest.raises(UntrustedError):
        log_in(revocation=lists(clean, revoking))


def test_lists_are_renewed_as_a_whole_or_not_at_all() -> None:
    listed = lists()
    tomorrow = NOW + timedelta(days=1)
    with pytest.raises(TrustedListError):
        log_in(revocation=listed, at=tomorrow)
    newer = CA.revocation_list(number=2, at=tomorrow)
    with pytest.raises(UntrustedError):
        listed.update([newer, SIGNING_CA.revocation_list()])
    with pytest.raises(TrustedListError):
        log_in(revocation=listed, at=tomorrow)
    listed.update([newer])
    log_in(revocation=listed, at=tomorrow)


def test_a_list_that_is_due_or_from_the_future_says_nothing() -> None:
    listed = lists()
    log_in(revocation=listed, at=NOW + timedelta(days=1) - SECOND)
    with pytest.raises(TrustedListError):
        log_in(revocation=listed, at=NOW + timedelta(days=1))
    with pytest.raises(ValidityError):
        log_in(revocation=listed, at=NOW - timedelta(seconds=61))


def test_without_a_list_nothing_is_known() -> None:
    with pytest.raises(UntrustedError) as caught:
        log_in(revocation=RevocationLists([], authorities=known(CA)))
    assert caught.value.code == "CRL_ISSUER"


def test_a_list_by_a_ca_that_is_not_known_or_by_another_key_is_refused() -> None:
    with pytest.raises(UntrustedError, match="by no CA"):
        lists(SIGNING_CA.revocation_list())
    with pytest.raises(SignatureInvalidError):
        lists(CA.revocation_list(signed_by=jpki.key("another CA")))
    with pytest.raises(AlgorithmNotAllowedError):
        lists(CA.revocation_list(signed_by=jpki.key("CA user authentication", "ec")))
    with pytest.raises(AlgorithmNotAllowedError):
        lists(CA.revocation_list(hash=hashes.SHA224()))


def test_lists_of_several_authorities_stand_beside_each_other() -> None:
    second = authority("user authentication 2")
    both = known(CA, second)
    listed = RevocationLists([CA.revocation_list(), second.revocation_list()], authorities=both)
    for ca in (CA, second):
        log_in(card(ca), authorities=both, revocation=listed)
    with pytest.raises(UntrustedError):
        log_in(card(second), authorities=both, revocation=RevocationLists([CA.revocation_list()], authorities=both))


def test_there_is_a_limit_of_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_LISTS == 2_000
    monkeypatch.setattr("vcwallet.japan.jpki.revocation.MAX_LISTS", 1)
    one, two = (CA.revocation_list(point=point_of(distribution_point(town))) for town in ("A", "B"))
    lists(one, one)
    with pytest.raises(LimitExceededError):
        lists(one, two)


# --- signing ---------------------------------------------------------------------------------------------------------


def test_whoever_signs_is_known_by_the_four_attributes() -> None:
    person = signed()
    attributes = person.attributes
    assert attributes.full_name.text == "番号　花子"
    assert attributes.sex is Sex.FEMALE
    assert attributes.birth_date == PartialDate.from_date(date(1990, 1, 2))
    assert attributes.address.text == "〇〇県みらい市ひばりが丘一丁目２番３号"
    assert not attributes.full_name.has_substitutes
    assert not attributes.address.has_substitutes
    assert person.identity.serial_number == SIGNING_CARD.certificate.serial_number
    for shown in (repr(person), repr(attributes), repr(attributes.full_name)):
        assert "花子" not in shown
        assert "1990" not in shown


def test_substituted_characters_are_told() -> None:
    attributes = signed(signing_card(SIGNING_CA, _2="00100", _6=None)).attributes
    assert attributes.full_name.has_substitutes
    assert attributes.full_name.flags == "00100"
    assert (attributes.address.flags, attributes.address.has_substitutes) == ("", False)


@pytest.mark.parametrize(
    ("code", "sex"), [("1", Sex.MALE), ("2", Sex.FEMALE), ("3", Sex.NOT_KNOWN), ("9", Sex.NOT_KNOWN)]
)
def test_a_sex_is_that_of_the_register_or_not_known(code: str, sex: Sex) -> None:
    assert signed(signing_card(SIGNING_CA, _3=code)).attributes.sex is sex


def test_an_unknown_date_of_birth_is_told_as_such() -> None:
    assert signed(signing_card(SIGNING_CA, _4="400000000")).attributes.birth_date == PartialDate()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"_1": None}, "JPKI_ATTRIBUTE"),
        ({"_3": None}, "JPKI_ATTRIBUTE"),
        ({"_4": None}, "JPKI_ATTRIBUTE"),
        ({"_5": None}, "JPKI_ATTRIBUTE"),
        ({"_1": ""}, "JPKI_ATTRIBUTE"),
        ({"_2": "0x"}, "JPKI_ATTRIBUTE"),
        ({"_6": "0 0"}, "JPKI_ATTRIBUTE"),
        ({"_3": "12"}, "JPKI_ATTRIBUTE"),
        ({"_3": "女"}, "JPKI_ATTRIBUTE"),
        ({"_4": "19900102"}, "JP_JPKI_DATE_INVALID"),
        ({"_1": b"\x13\x01a"}, "JPKI_ATTRIBUTE"),
        ({"_1": b"\x0c\x01\xff"}, "JPKI_ATTRIBUTE"),
        ({"_1": "あ" * (MAX_TEXT + 1)}, "LIMIT_EXCEEDED"),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, dict) else value,
)
def test_attributes_that_are_missing_or_of_another_form_are_malformed(change: dict[str, Any], code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        signed(signing_card(SIGNING_CA, **change))
    assert caught.value.code == code


def test_a_text_of_the_longest_length_is_taken() -> None:
    assert len(signed(signing_card(SIGNING_CA, _5="あ" * MAX_TEXT)).attributes.address.text) == MAX_TEXT


def test_an_attribute_that_comes_twice_is_malformed() -> None:
    names = [other_name(number, value) for number, value in jpki.ATTRIBUTES.items()]
    others = [x509.DNSName("card.example"), x509.OtherName(ObjectIdentifier("1.2.3"), b"\x05\x00")]
    signed(signing_card(SIGNING_CA, names=[*names, *others]))
    for second in (other_name(1, "番号　太郎"), other_name(6, "0000")):
        with pytest.raises(MalformedError, match="twice"):
            signed(signing_card(SIGNING_CA, names=[*names, second]))


def test_a_signing_certificate_without_alternative_names_has_no_attributes() -> None:
    with pytest.raises(MalformedError):
        signed(signing_card(SIGNING_CA, drop(x509.SubjectAlternativeName)))


def test_a_document_that_the_card_did_not_sign_is_refused() -> None:
    with pytest.raises(SignatureInvalidError):
        signed(document=b"another application")


def test_a_signing_certificate_that_has_lapsed_with_a_move_is_refused() -> None:
    moved = lists(SIGNING_CA.revocation_list(SIGNING_CARD.certificate.serial_number), ca=SIGNING_CA, profile=SIGNING)
    with pytest.raises(UntrustedError):
        signed(revocation=moved)


def test_a_deployer_can_add_the_policies_of_another_medium() -> None:
    phone = replace(
        USER_AUTHENTICATION,
        policies=USER_AUTHENTICATION.policies | {ObjectIdentifier("1.2.392.200149.8.5.1.3.31")},
    )
    shown = card(CA, policy=ObjectIdentifier("1.2.392.200149.8.5.1.3.31"))
    log_in(shown, authorities=known(CA, profile=phone))
    with pytest.raises(NotAuthorisedError):
        log_in(shown)
