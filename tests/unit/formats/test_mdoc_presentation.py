# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Verifying an mdoc: ISO/IEC 18013-5, clauses 9.1.3 and 9.3, and OpenID4VP 1.0, appendix B.2, line by line.

Each rule has a scene that breaks it and a twin, as close to it as can be, that does not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.mdoc import (
    BEGINS,
    BINDING,
    CLAIMS,
    DAY,
    DEVICE_KEY,
    DOC_TYPE,
    ENDS,
    EVERY,
    ISSUER_KEY,
    LEFT_OUT,
    NOW,
    OTHER_SPACE,
    READER_KEY,
    SECOND,
    SEEN,
    SPACE,
    STRANGER_KEY,
    TRUST,
    WITH_READER,
    Scene,
    Signers,
    agreement_of,
    digests_of,
    embed,
    item,
    items,
    key_info,
    presented,
    tdate,
    validity,
    verify,
)
from tests.support.pki import chain
from vcwallet.checks import Result
from vcwallet.cose import mac0
from vcwallet.encoding import base64url, cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    BindingError,
    DigestInvalidError,
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    RemoteProtocolError,
    SignatureInvalidError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
    VerificationError,
)
from vcwallet.formats.base import Binding
from vcwallet.formats.mdoc import Mdoc, device_signed, transcript
from vcwallet.formats.mdoc.presentation import ISSUED_CHECKS, PRESENTATION_CHECKS
from vcwallet.keys import Algorithm
from vcwallet.keys.policy import Role
from vcwallet.keys.software import SoftwareKeyAgreement, SoftwareSigner

Change = Callable[[Scene], None]

SKEW = timedelta(seconds=60)
P384, P521, ED25519 = (SoftwareSigner.generate(name) for name in (Algorithm.ES384, Algorithm.ES512, Algorithm.EDDSA))
ML_DSA = SoftwareSigner.generate(Algorithm.ML_DSA_44)
PROXIMITY = replace(BINDING, session_transcript=transcript.proximity(b"\xa0", b"\xa0"), reader_key=READER_KEY)
DC_API = Binding(audience="web-origin:https://verifier.example", nonce=BINDING.nonce, origin="https://verifier.example")


# --- changes ---------------------------------------------------------------------------------------------------------


def nothing(_: Scene) -> None:
    pass


def all_of(*changes: Change) -> Change:
    def change(scene: Scene) -> None:
        for one in changes:
            one(scene)

    return change


def scene(**fields: Any) -> Change:
    def change(scene: Scene) -> None:
        for name, value in fields.items():
            assert hasattr(scene, name)
            setattr(scene, name, value)

    return change


def mso(**members: Any) -> Change:
    return lambda scene: scene.mso.update(members)


def response(**members: Any) -> Change:
    return lambda scene: scene.response.update(members)


def document(**members: Any) -> Change:
    return lambda scene: scene.document.update(members)


def trusted(**fields: Any) -> Change:
    return scene(trust=replace(TRUST, **fields))


def says(**elements: Any) -> Change:
    """Let the issuer say something else."""
    return lambda scene: scene.resign({SPACE: elements})


def shown(*values: Any, space: str = SPACE) -> Change:
    """Show other elements than those that were signed."""
    return lambda scene: scene.items.__setitem__(space, list(values))


def device(signer: SoftwareSigner) -> Change:
    return all_of(scene(device=signer), mso(deviceKeyInfo=key_info(signer.public_key)))


def issuer(signer: SoftwareSigner) -> Change:
    return all_of(scene(issuer=signer), trusted(key=signer.public_key))


def device_says(said: Any, **authorised: Any) -> Change:
    keys = key_info(keyAuthorizations=authorised) if authorised else key_info()
    return all_of(scene(device_items=said), mso(deviceKeyInfo=keys))


def times(signed: datetime = BEGINS, begins: datetime = BEGINS, ends: datetime = ENDS) -> Change:
    return mso(validityInfo=validity(signed=tdate(signed), validFrom=tdate(begins), validUntil=tdate(ends)))


def at(moment: datetime) -> Change:
    return scene(at=moment)


def certified(begins: datetime | None, ends: datetime | None) -> Change:
    return trusted(not_before=begins, not_after=ends)


with_mac = scene(with_mac=True, binding=WITH_READER)
FIRST, SECOND_ITEM, *_ = items()[SPACE]


def with_digest_over(of: Callable[[Tag], bytes]) -> Change:
    """Let the issuer sign the digest of other bytes than an element's own."""

    def change(scene: Scene) -> None:
        scene.items = {SPACE: [FIRST]}
        scene.mso["valueDigests"] = {SPACE: {0: hashlib.sha256(of(FIRST)).digest()}}

    return change


def inner(one: Tag) -> bytes:
    assert isinstance(one.content, bytes)
    return one.content


def backwards(one: Tag) -> Tag:
    """Return an element that says the same in other bytes."""
    return embed(dict(reversed(cbor.loads(inner(one)).items())))


# --- the table: a twin that passes, a scene that breaks the rule, the error, its code, the check that finds it --------

Rule = tuple[Change, Change, type[VcError], str, str]

STRUCTURE: dict[str, Rule] = {
    "two documents": (
        lambda scene: scene.response.update(documents=[scene.document_map]),
        lambda scene: scene.response.update(documents=[scene.document_map] * 2),
        MalformedError,
        "MALFORMED",
        "structure",
    ),
    "no document": (nothing, response(documents=LEFT_OUT), MalformedError, "MALFORMED", "structure"),
    "eleven documents": (nothing, response(documents=[{}] * 11), LimitExceededError, "LIMIT_EXCEEDED", "structure"),
    "a general error": (
        nothing,
        response(documents=LEFT_OUT, status=10),
        RemoteProtocolError,
        "MDOC_STATUS",
        "structure",
    ),
    "a document beside an error": (
        response(status=0),
        response(status=11),
        RemoteProtocolError,
        "MDOC_STATUS",
        "structure",
    ),
    "an answer of another version": (
        response(version="1.9"),
        response(version="2.0"),
        UnsupportedError,
        "VERSION_NOT_SUPPORTED",
        "structure",
    ),
    "an issuer's statement of another version": (
        mso(version="1.9"),
        mso(version="2.0"),
        UnsupportedError,
        "VERSION_NOT_SUPPORTED",
        "structure",
    ),
    "a document in zero knowledge": (
        response(others=[]),
        response(zkDocuments=[]),
        UnsupportedError,
        "DOCUMENT_KIND",
        "structure",
    ),
    "an issuer's signature without payload": (
        nothing,
        scene(payload=None),
        MalformedError,
        "MALFORMED",
        "structure",
    ),
    "a payload that is not embedded": (
        lambda scene: setattr(scene, "payload", cbor.dumps(embed(scene.mso))),
        lambda scene: setattr(scene, "payload", cbor.dumps(scene.mso)),
        MalformedError,
        "MALFORMED",
        "structure",
    ),
    "an algorithm that we do not have": (
        scene(issuer_protected={1: -7}),
        scene(issuer_protected={1: -257}),
        AlgorithmNotAllowedError,
        "ALGORITHM_NOT_ALLOWED",
        "structure",
    ),
    "an algorithm that nothing protects": (
        scene(issuer_protected={1: -7}),
        scene(issuer_protected={}, issuer_unprotected={1: -7}),
        AlgorithmNotAllowedError,
        "ALGORITHM_NOT_ALLOWED",
        "structure",
    ),
    "an extension that we do not understand": (
        scene(issuer_protected={1: -7, "x": 1}),
        scene(issuer_protected={1: -7, 2: ["x"], "x": 1}),
        UnsupportedError,
        "UNSUPPORTED",
        "structure",
    ),
    "a certificate that is none": (
        nothing,
        all_of(scene(issuer_unprotected={33: b"\x30\x00"}), trusted(chain=(b"\x30\x00",))),
        MalformedError,
        "MALFORMED",
        "structure",
    ),
    "more than five certificates": (
        nothing,
        scene(issuer_unprotected={33: [b"x"] * 6}),
        LimitExceededError,
        "LIMIT_EXCEEDED",
        "structure",
    ),
    "an element that stands twice": (
        shown(FIRST, SECOND_ITEM),
        shown(FIRST, FIRST),
        DigestInvalidError,
        "ELEMENT_REPEATED",
        "structure",
    ),
    "an element with a further member": (
        shown(FIRST),
        shown(embed(item(0, "given_name", "Arthur", x=1))),
        MalformedError,
        "MALFORMED",
        "structure",
    ),
    "a header of the issuer's signature that nobody protects or knows": (
        scene(issuer_unprotected={4: b"kid"}),
        scene(issuer_unprotected={"x": 1}),
        MalformedError,
        "MALFORMED",
        "structure",
    ),
    "times that contradict each other": (
        times(ends=BEGINS + 2 * DAY),
        times(ends=BEGINS),
        VerificationError,
        "VALIDITY_INFO",
        "structure",
    ),
    "a time with fractions of a second": (
        nothing,
        mso(validityInfo=validity(signed=Tag(0, "2026-11-22T09:00:00.000Z"))),
        MalformedError,
        "MALFORMED",
        "structure",
    ),
    "a digest of another kind": (
        mso(digestAlgorithm="SHA-256"),
        mso(digestAlgorithm="SHA-1"),
        UnsupportedError,
        "UNSUPPORTED",
        "structure",
    ),
    "more than two hundred elements of the issuer": (
        lambda scene: scene.resign({SPACE: {f"e{number}": 1 for number in range(200)}}),
        lambda scene: scene.resign({SPACE: {f"e{number}": 1 for number in range(201)}}),
        LimitExceededError,
        "LIMIT_EXCEEDED",
        "structure",
    ),
    "more than two hundred elements of the device": (
        device_says({"d": {f"e{number}": 1 for number in range(200)}}, nameSpaces=["d"]),
        device_says({"d": {f"e{number}": 1 for number in range(201)}}, nameSpaces=["d"]),
        LimitExceededError,
        "LIMIT_EXCEEDED",
        "structure",
    ),
}

TYPE: dict[str, Rule] = {
    "another document type than was signed": (
        document(docType=DOC_TYPE),
        document(docType="org.example.minister.1"),
        VerificationError,
        "DOC_TYPE_MISMATCH",
        "doc_type",
    ),
    "a document type that was signed for something else": (
        all_of(mso(docType="x"), document(docType="x"), scene(signed_doc_type="x"), trusted(types=frozenset({"x"}))),
        mso(docType="x"),
        VerificationError,
        "DOC_TYPE_MISMATCH",
        "doc_type",
    ),
    "a document type in capitals": (
        nothing,
        document(docType=DOC_TYPE.upper()),
        VerificationError,
        "DOC_TYPE_MISMATCH",
        "doc_type",
    ),
}

TRUSTED: dict[str, Rule] = {
    "a signer that nobody knows": (
        nothing,
        trusted(chain=(b"other",)),
        UntrustedError,
        "UNTRUSTED",
        "issuer",
    ),
    "a type that the issuer may not issue": (
        trusted(types=frozenset({DOC_TYPE})),
        trusted(types=frozenset({"other"})),
        NotAuthorisedError,
        "NOT_AUTHORISED",
        "issuer",
    ),
    "a certificate for SD-JWTs": (
        trusted(role=Role.DOCUMENT_SIGNER),
        trusted(role=Role.CREDENTIAL_ISSUER),
        NotAuthorisedError,
        "NOT_AUTHORISED",
        "issuer",
    ),
    "the certificate of a reader": (
        trusted(role=Role.DOCUMENT_SIGNER),
        trusted(role=Role.MDOC_READER),
        NotAuthorisedError,
        "NOT_AUTHORISED",
        "issuer",
    ),
}

SIGNATURE: dict[str, Rule] = {
    "a signature by another key": (
        nothing,
        scene(issuer=STRANGER_KEY),
        SignatureInvalidError,
        "SIGNATURE_INVALID",
        "issuer_signature",
    ),
    "an algorithm of another curve": (
        scene(issuer_protected={1: -7}),
        scene(issuer_protected={1: -35}),
        AlgorithmNotAllowedError,
        "ALGORITHM_NOT_ALLOWED",
        "issuer_signature",
    ),
    "the fully specified algorithm of another curve": (
        scene(issuer_protected={1: -9}),
        scene(issuer_protected={1: -51}),
        AlgorithmNotAllowedError,
        "ALGORITHM_NOT_ALLOWED",
        "issuer_signature",
    ),
    "an algorithm that is not on our list": (
        scene(algorithms=frozenset({Algorithm.ES256, Algorithm.ES384})),
        all_of(scene(algorithms=frozenset({Algorithm.ES256})), issuer(P384)),
        AlgorithmNotAllowedError,
        "ALGORITHM_NOT_ALLOWED",
        "issuer_signature",
    ),
}

DIGESTS: dict[str, Rule] = {
    "an element with another value": (
        shown(FIRST),
        shown(embed(item(0, "given_name", "Zaphod"))),
        DigestInvalidError,
        "DIGEST_INVALID",
        "digests",
    ),
    "an element with another name": (
        shown(FIRST),
        shown(embed(item(0, "family_name", "Arthur"))),
        DigestInvalidError,
        "DIGEST_INVALID",
        "digests",
    ),
    "an element with another salt": (
        shown(FIRST),
        shown(embed(item(0, "given_name", "Arthur", random=bytes(16)))),
        DigestInvalidError,
        "DIGEST_INVALID",
        "digests",
    ),
    "an element with the number of another digest": (
        shown(FIRST),
        shown(embed(item(1, "given_name", "Arthur"))),
        DigestInvalidError,
        "DIGEST_INVALID",
        "digests",
    ),
    "an element with a number that nobody signed": (
        shown(FIRST),
        shown(embed(item(99, "given_name", "Arthur"))),
        DigestInvalidError,
        "DIGEST_MISSING",
        "digests",
    ),
    "an element in another namespace that was signed": (
        shown(*items()[OTHER_SPACE], space=OTHER_SPACE),
        shown(FIRST, space=OTHER_SPACE),
        DigestInvalidError,
        "DIGEST_INVALID",
        "digests",
    ),
    "a namespace that nobody signed": (
        nothing,
        shown(embed(item(0, "admin", True)), space="org.example.unsigned"),
        DigestInvalidError,
        "DIGEST_MISSING",
        "digests",
    ),
    "the last of several elements": (
        shown(*items()[SPACE]),
        shown(*items()[SPACE][:3], embed(item(3, "portrait", b""))),
        DigestInvalidError,
        "DIGEST_INVALID",
        "digests",
    ),
    "an element that was encoded again": (
        shown(FIRST),
        shown(backwards(FIRST)),
        DigestInvalidError,
        "DIGEST_INVALID",
        "digests",
    ),
    "a digest over the inner map": (
        with_digest_over(cbor.dumps),
        with_digest_over(inner),
        DigestInvalidError,
        "DIGEST_INVALID",
        "digests",
    ),
    "a digest over the byte string without its tag": (
        with_digest_over(cbor.dumps),
        with_digest_over(lambda one: cbor.byte_string(inner(one))),
        DigestInvalidError,
        "DIGEST_INVALID",
        "digests",
    ),
    "digests of another hash function than is named": (
        lambda scene: scene.mso.update(digestAlgorithm="SHA-512", valueDigests=digests_of(scene.items, "sha512")),
        lambda scene: scene.mso.update(digestAlgorithm="SHA-384", valueDigests=digests_of(scene.items, "sha512")),
        DigestInvalidError,
        "DIGEST_INVALID",
        "digests",
    ),
}

VALUES: dict[str, Rule] = {
    "a value with a tag that does not belong there": (
        says(birth_date=Tag(1004, "1990-01-02")),
        says(birth_date=Tag(61, "1990-01-02")),
        MalformedError,
        "MALFORMED",
        "values",
    ),
    "a value with two keys of one name": (
        says(scores={1: "a", "2": "b"}),
        says(scores={1: "a", "1": "b"}),
        MalformedError,
        "MALFORMED",
        "values",
    ),
    "a number that is none": (
        says(score=1.5),
        says(score=float("nan")),
        MalformedError,
        "MALFORMED",
        "values",
    ),
}

TIME: dict[str, Rule] = {
    "a validity that has not begun": (
        all_of(times(begins=NOW + SKEW), at(NOW)),
        all_of(times(begins=NOW + SKEW + SECOND), at(NOW)),
        ValidityError,
        "NOT_YET_VALID",
        "validity",
    ),
    "a validity that has ended": (
        at(ENDS + SKEW - SECOND),
        at(ENDS + SKEW),
        ValidityError,
        "EXPIRED",
        "validity",
    ),
    "a signature before the signer's certificate": (
        certified(BEGINS, ENDS),
        certified(BEGINS + SECOND, ENDS),
        VerificationError,
        "VALIDITY_INFO",
        "validity",
    ),
    "a document that outlives the signer's certificate": (
        certified(BEGINS, ENDS),
        certified(BEGINS, ENDS - SECOND),
        VerificationError,
        "VALIDITY_INFO",
        "validity",
    ),
    "a signature before a certificate that does not end": (
        certified(BEGINS, None),
        certified(BEGINS + SECOND, None),
        VerificationError,
        "VALIDITY_INFO",
        "validity",
    ),
    "a document that outlives a certificate that never began": (
        certified(None, ENDS),
        certified(None, ENDS - SECOND),
        VerificationError,
        "VALIDITY_INFO",
        "validity",
    ),
}

PLACE: dict[str, Rule] = {
    "another country than the signer's": (
        all_of(says(issuing_country="ZZ"), trusted(country="ZZ")),
        all_of(says(issuing_country="YY"), trusted(country="ZZ")),
        NotAuthorisedError,
        "ISSUING_COUNTRY",
        "issuing_country",
    ),
    "the signer's country in small letters": (
        all_of(says(issuing_country="ZZ"), trusted(country="ZZ")),
        all_of(says(issuing_country="zz"), trusted(country="ZZ")),
        NotAuthorisedError,
        "ISSUING_COUNTRY",
        "issuing_country",
    ),
    "a country that is no text": (
        all_of(says(issuing_country="ZZ"), trusted(country="ZZ")),
        all_of(says(issuing_country=["ZZ"]), trusted(country="ZZ")),
        NotAuthorisedError,
        "ISSUING_COUNTRY",
        "issuing_country",
    ),
    "another state than the signer's": (
        all_of(says(issuing_jurisdiction="ZZ-13"), trusted(jurisdiction="ZZ-13")),
        all_of(says(issuing_jurisdiction="ZZ-27"), trusted(jurisdiction="ZZ-13")),
        NotAuthorisedError,
        "ISSUING_COUNTRY",
        "issuing_country",
    ),
    "another state of the right country": (
        all_of(says(issuing_country="ZZ", issuing_jurisdiction="1"), trusted(country="ZZ", jurisdiction="1")),
        all_of(says(issuing_country="ZZ", issuing_jurisdiction="2"), trusted(country="ZZ", jurisdiction="1")),
        NotAuthorisedError,
        "ISSUING_COUNTRY",
        "issuing_country",
    ),
    "another country in another namespace": (
        all_of(trusted(country="ZZ"), lambda scene: scene.resign({"a": {"issuing_country": "ZZ"}})),
        all_of(trusted(country="ZZ"), lambda scene: scene.resign({"a": {"issuing_country": "YY"}})),
        NotAuthorisedError,
        "ISSUING_COUNTRY",
        "issuing_country",
    ),
}

AUTHORISED: dict[str, Rule] = {
    "an element that nobody authorised": (
        device_says({"d": {"x": 1}}, nameSpaces=["d"]),
        device_says({"d": {"x": 1}}),
        NotAuthorisedError,
        "KEY_NOT_AUTHORISED",
        "key_authorizations",
    ),
    "an element in another namespace than was authorised": (
        device_says({"d": {"x": 1}}, nameSpaces=["d"]),
        device_says({"e": {"x": 1}}, nameSpaces=["d"]),
        NotAuthorisedError,
        "KEY_NOT_AUTHORISED",
        "key_authorizations",
    ),
    "an element beside those that were authorised": (
        device_says({"d": {"x": 1}}, dataElements={"d": ["x"]}),
        device_says({"d": {"x": 1, "y": 1}}, dataElements={"d": ["x"]}),
        NotAuthorisedError,
        "KEY_NOT_AUTHORISED",
        "key_authorizations",
    ),
    "an authorised element in another namespace": (
        device_says({"d": {"x": 1}}, dataElements={"d": ["x"]}),
        device_says({"d": {"x": 1}, "e": {"x": 1}}, dataElements={"d": ["x"]}),
        NotAuthorisedError,
        "KEY_NOT_AUTHORISED",
        "key_authorizations",
    ),
    "an element that the issuer says too": (
        device_says({SPACE: {"x": 1}}, nameSpaces=[SPACE]),
        device_says({SPACE: {"given_name": "Zaphod"}}, nameSpaces=[SPACE]),
        DigestInvalidError,
        "ELEMENT_REPEATED",
        "key_authorizations",
    ),
    "a value of the device without a form in JSON": (
        device_says({"d": {"x": Tag(1004, "1990-01-02")}}, nameSpaces=["d"]),
        device_says({"d": {"x": Tag(18, "1990-01-02")}}, nameSpaces=["d"]),
        MalformedError,
        "MALFORMED",
        "key_authorizations",
    ),
}


def session(**changes: Any) -> Change:
    """Let the device sign for another request than the verifier's."""
    return lambda scene: setattr(scene, "session", replace(scene.binding, **changes))


def for_(binding: Binding) -> Change:
    return scene(binding=binding)


def detached(scene: Scene) -> None:
    """Send the payload along that the device signs."""
    auth = scene.device_auth["deviceSignature"]
    content = device_signed.device_authentication(scene.transcript, DOC_TYPE, b"\xa0")
    scene.device_signed["deviceAuth"] = {"deviceSignature": [*auth[:2], content, auth[3]]}


def with_key(key: bytes) -> Change:
    """Send a MAC made with any key."""

    def change(scene: Scene) -> None:
        content = device_signed.device_authentication(scene.transcript, DOC_TYPE, b"\xa0")
        scene.device_signed["deviceAuth"] = {"deviceMac": mac0.mac(content, key=key, detached=True)}

    return change


SECRET = agreement_of(DEVICE_KEY).agree(READER_KEY.public_jwk)
PROOF: tuple[type[VcError], str, str] = (BindingError, "DEVICE_AUTH_INVALID", "device_auth")
DEVICE: dict[str, Rule] = {
    "a signature by another device": (nothing, scene(device=STRANGER_KEY), *PROOF),
    "a signature by the issuer": (nothing, scene(device=ISSUER_KEY), *PROOF),
    "a device key that was exchanged": (
        device(STRANGER_KEY),
        mso(deviceKeyInfo=key_info(STRANGER_KEY.public_key)),
        *PROOF,
    ),
    "another nonce": (nothing, session(nonce="another"), *PROOF),
    "another verifier": (nothing, session(audience="x509_hash:other"), *PROOF),
    "another place for the answer": (nothing, session(response_uri="https://verifier.example/other"), *PROOF),
    "another key to encrypt to": (
        for_(replace(BINDING, encryption_key=b"k" * 32)),
        all_of(for_(replace(BINDING, encryption_key=b"k" * 32)), session(encryption_key=b"x" * 32)),
        *PROOF,
    ),
    "an answer that was meant to be encrypted": (nothing, session(encryption_key=b"k" * 32), *PROOF),
    "another origin": (for_(DC_API), all_of(for_(DC_API), session(origin="https://other.example")), *PROOF),
    "another nonce over the Digital Credentials API": (
        for_(DC_API),
        all_of(for_(DC_API), session(nonce="another")),
        *PROOF,
    ),
    "another key over the Digital Credentials API": (
        for_(DC_API),
        all_of(for_(DC_API), session(encryption_key=b"k" * 32)),
        *PROOF,
    ),
    "an answer to a redirect over the Digital Credentials API": (
        for_(DC_API),
        all_of(for_(DC_API), session(origin=None)),
        *PROOF,
    ),
    "another session between two devices": (
        for_(PROXIMITY),
        all_of(for_(PROXIMITY), session(session_transcript=transcript.proximity(b"\xa0", b"\xa1\x01\x02"))),
        *PROOF,
    ),
    "a session after another handover": (
        for_(PROXIMITY),
        all_of(for_(PROXIMITY), session(session_transcript=transcript.proximity(b"\xa0", b"\xa0", handover=b"\x80"))),
        *PROOF,
    ),
    "a signature for another document type": (nothing, scene(signed_doc_type="other"), *PROOF),
    "other words than were signed": (
        all_of(device_says({"d": {"x": 1}}, nameSpaces=["d"])),
        all_of(
            device_says({"d": {"x": 1}}, nameSpaces=["d"]),
            lambda scene: scene.device_signed.update(nameSpaces=embed({"d": {"x": 2}})),
        ),
        *PROOF,
    ),
    "words that were left out": (
        all_of(device_says({"d": {"x": 1}}, nameSpaces=["d"])),
        all_of(
            device_says({"d": {"x": 1}}, nameSpaces=["d"]),
            lambda scene: scene.device_signed.update(nameSpaces=embed({})),
        ),
        *PROOF,
    ),
    "a transcript that was tagged": (
        lambda scene: setattr(scene, "session", transcript.of(scene.binding)),
        lambda scene: setattr(scene, "session", cbor.embedded(transcript.of(scene.binding))),
        *PROOF,
    ),
    "an algorithm that the device's key does not have": (
        scene(device_protected={1: -7}),
        scene(device_protected={1: -8}),
        AlgorithmNotAllowedError,
        "ALGORITHM_NOT_ALLOWED",
        "device_auth",
    ),
    "an algorithm of the device that is not on our list": (
        all_of(scene(algorithms=frozenset({Algorithm.ES256, Algorithm.ES384})), device(P384)),
        all_of(scene(algorithms=frozenset({Algorithm.ES256})), device(P384)),
        AlgorithmNotAllowedError,
        "ALGORITHM_NOT_ALLOWED",
        "device_auth",
    ),
    "a signature with its payload": (nothing, detached, MalformedError, "PAYLOAD_NOT_DETACHED", "device_auth"),
    "a MAC, and no key of the reader": (with_mac, scene(with_mac=True), *PROOF),
    "a MAC for another reader": (
        with_mac,
        scene(with_mac=True, binding=replace(WITH_READER, reader_key=SoftwareKeyAgreement.generate())),
        *PROOF,
    ),
    "a MAC by another device": (with_mac, all_of(with_mac, scene(device=STRANGER_KEY)), *PROOF),
    "a MAC for another session": (with_mac, all_of(with_mac, session(nonce="another")), *PROOF),
    "a MAC for another document type": (with_mac, all_of(with_mac, scene(signed_doc_type="other")), *PROOF),
    "a MAC with a key whose salt is the untagged transcript": (
        all_of(with_mac, with_key(device_signed.mac_key(SECRET, transcript.of(BINDING)))),
        all_of(with_mac, with_key(b"\0" * 32)),
        *PROOF,
    ),
    "a MAC with a key on another curve": (
        with_mac,
        all_of(with_mac, mso(deviceKeyInfo=key_info(P384.public_key))),
        MalformedError,
        "MALFORMED",
        "device_auth",
    ),
    "a MAC with a key that only signs": (
        with_mac,
        all_of(with_mac, mso(deviceKeyInfo=key_info(ED25519.public_key))),
        MalformedError,
        "MALFORMED",
        "device_auth",
    ),
}

ISSUED: dict[str, Rule] = {
    name: rule for rules in (SIGNATURE, TRUSTED, DIGESTS, VALUES, TIME, PLACE) for name, rule in rules.items()
}
RULES: dict[str, Rule] = {
    name: rule
    for rules in (STRUCTURE, TYPE, TRUSTED, SIGNATURE, DIGESTS, VALUES, TIME, PLACE, AUTHORISED, DEVICE)
    for name, rule in rules.items()
}


def made(*changes: Change) -> Scene:
    scene = Scene()
    all_of(*changes)(scene)
    return scene


@pytest.mark.parametrize("twin", [rule[0] for rule in RULES.values()], ids=list(RULES))
def test_what_keeps_the_rule_verifies(twin: Change):
    changed = made(twin)
    verified = changed.verify()
    assert verified.holder_proved
    assert verified.type_id == changed.mso["docType"]
    assert {finding.result for finding in changed.explain()} == {Result.PASSED}


@pytest.mark.parametrize(("_", "change", "error", "code", "check"), RULES.values(), ids=list(RULES))
def test_what_breaks_the_rule_is_refused(_: Change, change: Change, error: type[VcError], code: str, check: str):
    changed = made(change)
    with pytest.raises(error) as caught:
        changed.verify()
    assert (type(caught.value), caught.value.code) == (error, code)
    failed = [finding for finding in changed.explain() if finding.result is Result.FAILED]
    assert (failed[0].check, failed[0].code) == (check, code)


@pytest.mark.parametrize(("twin", "change", "error", "code"), [rule[:4] for rule in ISSUED.values()], ids=list(ISSUED))
def test_a_wallet_refuses_what_a_verifier_would(twin: Change, change: Change, error: type[VcError], code: str):
    assert made(twin).receive().issuer.party == "Mirai City"
    with pytest.raises(error) as caught:
        made(change).receive()
    assert caught.value.code == code


def test_a_wallet_refuses_what_is_no_mdoc():
    with pytest.raises(MalformedError):
        made(scene(payload=None)).receive()
    with pytest.raises(MalformedError):
        Mdoc().read_issued("AA").verify(trust=TRUST, at=NOW)


@pytest.mark.parametrize("part", ["issuer's element", "issuer's statement", "device's element"])
def test_the_parts_of_a_message_share_what_it_may_have(part: str):
    """A hundred thousand items in all, wherever they are embedded."""

    def with_items(count: int) -> Scene:
        changed = made(says(many=[0] * 50_000), device_says({"d": {"x": 1}}, nameSpaces=["d"]))
        if part == "issuer's element":
            changed.resign({SPACE: {"many": [0] * 50_000, "more": [0] * count}})
        elif part == "issuer's statement":
            changed.mso["unknown"] = [0] * count
        else:
            changed.device_items = {"d": {"x": [0] * count}}
        return changed

    with_items(49_000).verify()
    with pytest.raises(LimitExceededError):
        with_items(50_000).verify()
    if part != "device's element":
        with_items(49_000).receive()
        with pytest.raises(LimitExceededError):
            with_items(50_000).receive()


def test_a_wallet_receives_no_presentation_and_a_verifier_no_credential():
    changed = Scene()
    with pytest.raises(MalformedError):
        Mdoc().read_issued(changed.presented).verify(trust=TRUST, at=NOW)
    with pytest.raises(MalformedError):
        verify(changed.issued)


# --- what passes -----------------------------------------------------------------------------------------------------


def test_a_verified_presentation_says_what_was_shown():
    status = {"status_list": {"idx": 1, "uri": "https://issuer.example/1"}}
    changed = made(mso(status=status))
    changed.items = {SPACE: items()[SPACE][:2]}
    verified = changed.verify()
    assert verified.format == "mso_mdoc"
    assert (verified.type_id, verified.type_ids) == (DOC_TYPE, (DOC_TYPE,))
    assert verified.claims == {SPACE: {"given_name": "Arthur", "family_name": "Dent"}}
    assert verified.disclosed == ((SPACE, "given_name"), (SPACE, "family_name"))
    assert verified.issuer.key == ISSUER_KEY.public_key
    assert (verified.holder_key, verified.holder_proved) == (DEVICE_KEY.public_key, True)
    assert (verified.issued_at, verified.expires) == (BEGINS, ENDS)
    assert verified.status == status
    assert verified.type_integrity is None
    assert verified.device_claims == {}
    assert verified.shifted == frozenset()


def test_the_time_of_issue_is_that_of_the_signature():
    changed = made(times(signed=BEGINS - DAY))
    assert changed.verify().issued_at == BEGINS - DAY


def test_a_received_credential_is_kept_with_its_issuer():
    received = Scene().receive()
    assert received.held.claims == SEEN
    assert received.issuer.key == ISSUER_KEY.public_key


def test_what_the_device_says_is_kept_apart():
    said = {"d": {"x": Tag(1004, "1990-01-02")}, SPACE: {"y": b"\xff\xd8"}}
    verified = made(device_says(said, nameSpaces=["d"], dataElements={SPACE: ["y"]})).verify()
    assert verified.device_claims == {"d": {"x": "1990-01-02"}, SPACE: {"y": "_9g"}}
    assert verified.claims == SEEN
    assert set(verified.disclosed) == set(EVERY)


def test_an_element_may_be_said_by_both_in_different_namespaces():
    verified = made(device_says({"d": {"given_name": "Zaphod"}}, nameSpaces=["d"])).verify()
    assert verified.claims[SPACE]["given_name"] == "Arthur"  # type: ignore[index, call-overload]
    assert verified.device_claims == {"d": {"given_name": "Zaphod"}}


def test_digests_that_belong_to_nothing_are_ignored():
    """They are decoys, or of elements that are not shown."""
    changed = Scene()
    changed.mso["valueDigests"][SPACE][77] = b"decoy" * 6
    changed.mso["valueDigests"]["other"] = {0: b"decoy" * 6}
    assert changed.verify().claims == SEEN


@pytest.mark.parametrize("name", ["SHA-256", "SHA-384", "SHA-512"])
def test_digests_of_each_hash_function_verify(name: str):
    changed = Scene()
    changed.mso["digestAlgorithm"] = name
    changed.mso["valueDigests"] = digests_of(changed.items, name.replace("-", ""))
    assert changed.verify().claims == SEEN


@pytest.mark.parametrize("signer", [P384, P521, ED25519], ids=["ES384", "ES512", "EdDSA"])
def test_signatures_of_each_algorithm_verify(signer: SoftwareSigner):
    assert made(issuer(signer)).verify().issuer.key == signer.public_key
    assert made(device(signer)).verify().holder_key == signer.public_key


@pytest.mark.parametrize(
    ("signer", "identifier"),
    [(ISSUER_KEY, -9), (P384, -51), (P521, -52), (ED25519, -19), (ED25519, -8)],
    ids=["ESP256", "ESP384", "ESP512", "Ed25519", "EdDSA"],
)
def test_the_fully_specified_names_of_the_algorithms_are_known(signer: SoftwareSigner, identifier: int):
    made(issuer(signer), scene(issuer_protected={1: identifier})).verify()
    assert made(device(signer), scene(device_protected={1: identifier})).verify().holder_proved


def test_post_quantum_signatures_verify_where_they_are_named():
    named = scene(algorithms=frozenset({Algorithm.ES256, Algorithm.ML_DSA_44}))
    assert made(issuer(ML_DSA), device(ML_DSA), named).verify().holder_proved
    for one in (issuer(ML_DSA), device(ML_DSA)):
        with pytest.raises(AlgorithmNotAllowedError):
            made(one).verify()


def test_a_mac_verifies_in_each_kind_of_session():
    for binding in (BINDING, DC_API, PROXIMITY):
        assert made(scene(with_mac=True, binding=replace(binding, reader_key=READER_KEY))).verify().holder_proved


def test_the_proof_is_demanded_whatever_the_request_says():
    optional = replace(BINDING, required=False)
    assert made(scene(binding=optional)).verify().holder_proved
    with pytest.raises(BindingError):
        made(scene(binding=optional, device=STRANGER_KEY)).verify()


def test_the_age_of_the_proof_is_not_asked_for_since_it_has_none():
    assert made(scene(binding=replace(BINDING, max_age=timedelta(0)))).verify().holder_proved


def test_members_that_nobody_knows_change_nothing():
    changed = made(response(x=1), document(x=1, errors={SPACE: {"birth_date": 0}}), mso(x=1))
    changed.issuer_signed["x"] = changed.device_signed["x"] = 1
    changed.response["documentErrors"] = [{"other": 0}]
    assert changed.verify().claims == SEEN


def test_a_country_counts_only_where_both_say_one():
    made(says(issuing_country="YY", issuing_jurisdiction="YY-1"), trusted(country=None)).verify()
    made(says(issuing_country="ZZ", issuing_jurisdiction="ZZ-1"), trusted(country="ZZ")).verify()
    made(trusted(country="ZZ", jurisdiction="ZZ-13")).verify()


def test_a_certificate_in_either_header_is_the_signers():
    certificates = chain(Role.DOCUMENT_SIGNER)
    signer, leaf = certificates.leaf.signer, certificates.x5c[0]
    known = all_of(issuer(signer), lambda scene: setattr(scene, "trust", replace(scene.trust, chain=(leaf,))))
    for headers in ({"issuer_unprotected": {33: leaf}}, {"issuer_protected": {1: -7, 33: leaf}}):
        assert made(known, scene(**headers)).verify().authorities
    with pytest.raises(UntrustedError):
        made(known).verify()


def test_the_authorities_of_the_certificates_can_be_searched_for():
    certificates = chain(Role.DOCUMENT_SIGNER)
    signer, x5c = certificates.leaf.signer, certificates.x5c
    changed = made(issuer(signer), scene(issuer_unprotected={33: list(x5c)}))
    changed.trust = replace(changed.trust, chain=x5c)
    assert len(changed.verify().authorities) == 2
    assert changed.verify().authorities == changed.receive().held.authorities
    assert Scene().verify().authorities == frozenset()


def test_trust_is_asked_for_the_very_signer_type_role_and_time():
    asked: list[tuple[Any, ...]] = []

    class Noting(Signers):
        def key_for(self, source: Any, **context: Any) -> Any:
            asked.append((source.issuer, source.chain, source.key_id, source.signed_at, *context.values()))
            return TRUST.key_for(source, **context)

    made(scene(trust=Noting()), times(signed=BEGINS - SECOND)).verify()
    assert asked == [(None, (), None, BEGINS - SECOND, Role.DOCUMENT_SIGNER, DOC_TYPE, NOW)]


def test_what_is_not_verified_shows_no_claims():
    raw = Scene().presented
    for unverified in (Mdoc().read_presentation(raw), Mdoc().read_issued(raw)):
        assert not hasattr(unverified, "claims")
        assert raw[:8] not in repr(unverified)


def test_a_verified_credential_is_no_truth_value_and_keeps_its_claims_out_of_its_repr():
    verified = Scene().verify()
    assert "Arthur" not in repr(verified)
    with pytest.raises(TypeError):
        bool(verified)


# --- the list of checks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("checks", [PRESENTATION_CHECKS, ISSUED_CHECKS], ids=["presented", "issued"])
def test_a_check_needs_only_checks_that_come_before_it(checks: Any):
    seen: set[str] = set()
    for check in checks:
        assert seen.issuperset(check.needs)
        assert check.name not in seen
        seen.add(check.name)


def test_the_checks_stand_in_the_order_of_the_page():
    assert [check.name for check in PRESENTATION_CHECKS] == [
        "structure",
        "doc_type",
        "issuer",
        "issuer_signature",
        "digests",
        "values",
        "validity",
        "issuing_country",
        "key_authorizations",
        "device_auth",
    ]
    apart = {"doc_type", "key_authorizations", "device_auth"}
    assert [check for check in PRESENTATION_CHECKS if check.name not in apart][1:] == list(ISSUED_CHECKS[1:])


def test_a_report_goes_on_where_verifying_stops():
    changed = made(scene(issuer=STRANGER_KEY, device=STRANGER_KEY, at=ENDS + SKEW), document(docType="x"))
    failed = {finding.check for finding in changed.explain() if finding.result is Result.FAILED}
    assert failed == {"doc_type", "issuer_signature", "validity", "device_auth"}
    assert {finding.subject for finding in changed.explain()} == {"pass"}


def test_a_report_says_what_it_could_not_look_at():
    results = {finding.check: finding.result for finding in made(response(status=10)).explain()}
    assert results.pop("structure") is Result.FAILED
    assert set(results.values()) == {Result.NOT_RUN}
    results = {finding.check: finding.result for finding in made(trusted(chain=(b"x",))).explain()}
    assert {name for name, result in results.items() if result is Result.NOT_RUN} == {
        "issuer_signature",
        "validity",
        "issuing_country",
    }


def test_a_check_that_needs_a_request_says_so_without_one():
    """No public function gets there: whoever adds one finds the proof refused, and not skipped."""
    [check] = [check for check in PRESENTATION_CHECKS if check.name == "device_auth"]
    case: Any = type("Case", (), {"binding": None})()
    with pytest.raises(BindingError):
        check.run(case)


@pytest.mark.parametrize("at", [NOW, NOW + DAY], ids=["now", "later"])
def test_a_presentation_made_by_the_api_verifies(at: datetime):
    verified = verify(presented(), at=at)
    assert verified.claims == SEEN
    portrait = verified.claims[SPACE]["portrait"]  # type: ignore[index, call-overload]
    assert base64url.decode(str(portrait)) == CLAIMS[SPACE]["portrait"]
