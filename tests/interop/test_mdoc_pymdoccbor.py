# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Our mdoc against pymdoccbor 1.4.0, each reading what the other issued, and what it takes that we refuse.

It issues documents and checks the issuer's half of an answer; it cannot present, and it never looks at the device's
proof, so sessions, requests and MACs cannot be compared with it.  It takes the time from the machine.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import metadata
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pycose.algorithms import Es256
from pycose.keys.ec2 import EC2Key
from pymdoccbor.mdoc.issuer import MdocCborIssuer  # type: ignore[import-untyped]
from pymdoccbor.mdoc.verifier import MdocCbor  # type: ignore[import-untyped]

from tests.support.mdoc_peers import (
    BINDING,
    CHOSEN,
    CLAIMS,
    DEVICE_KEY,
    DOC_TYPE,
    ISSUER_KEY,
    SEEN,
    SPACE,
    STRANGER_KEY,
    Scene,
    edited,
    edited_response,
    signed_under,
)
from tests.support.mdoc_pki import MDL_READER
from tests.support.pki import Draft
from vcwallet.encoding import base64url, cbor
from vcwallet.errors import VcError
from vcwallet.formats.base import Binding
from vcwallet.formats.mdoc import DigestAlgorithm, HeldMdoc, Mdoc, document
from vcwallet.keys import Algorithm, cose_key
from vcwallet.keys.software import SoftwareSigner

pytestmark = [
    pytest.mark.interop,
    # Their clock is the one without a zone, which newer Pythons warn about.
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
]

# They ask the machine for the time, so everything is valid around the moment at which this module is read.
SCENE = Scene(at=datetime.now(UTC).replace(microsecond=0))
DAY = timedelta(days=1)


def they_verify(answer: bytes, scene: Scene = SCENE, *, roots: bool = True) -> bool:
    return their_reading(answer, scene, roots=roots)[0]


def their_reading(answer: bytes, scene: Scene = SCENE, *, roots: bool = True) -> tuple[bool, dict[str, Any]]:
    """What they say of an answer, and the claims that they give out."""
    read = MdocCbor()
    read.loads(answer)
    verified = read.verify([scene.authority.certificate] if roots else None)
    assert isinstance(verified, bool)
    return verified, read.disclosure_map


def we_refuse(answer: bytes, scene: Scene = SCENE) -> str:
    with pytest.raises(VcError) as refused:
        scene.verified(answer)
    return refused.value.code


def their_issuer(signer: SoftwareSigner = ISSUER_KEY) -> MdocCborIssuer:
    private = signer.private_key
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    key = EC2Key._from_cryptography_key(private)
    key.alg = Es256
    return MdocCborIssuer(private_key=key, alg="ES256")


def they_issue(claims: Any = None, *, device_key: Any = None, **options: Any) -> dict[str, Any]:
    """The issuer's half of a DeviceResponse, as they make it."""
    made = their_issuer().new(
        data={name: dict(elements) for name, elements in (claims or CLAIMS).items()},
        doctype=DOC_TYPE,
        validity={
            "issuance_date": (SCENE.at - DAY).date().isoformat(),
            "expiry_date": (SCENE.at + 30 * DAY).date().isoformat(),
        },
        devicekeyinfo=device_key or cose_key.public_cose_key(DEVICE_KEY.public_key),
        x509_chain=[SCENE.document_signer.certificate],
        **options,
    )
    assert isinstance(made, dict)
    return made


def issuer_signed(made: dict[str, Any]) -> str:
    """IssuerSigned of what they issued, as OpenID4VCI hands it over."""
    return base64url.encode(cbor2.dumps(made["documents"][0]["issuerSigned"]))


def received(made: dict[str, Any]) -> HeldMdoc:
    credential = Mdoc().read_issued(issuer_signed(made))
    held = credential.verify(trust=SCENE.trust, at=datetime.now(UTC)).held
    assert isinstance(held, HeldMdoc)
    return held


def test_this_is_the_version_that_the_docstring_names():
    assert f"pymdoccbor {metadata.version('pymdoccbor')}" in str(__doc__)


# --- issuing ---------------------------------------------------------------------------------------------------------


def test_they_verify_what_we_issue_and_present():
    verified, claims = their_reading(SCENE.answer())
    assert (verified, claims) == (True, SEEN)
    assert SCENE.verified(SCENE.answer()).claims == SEEN


def test_they_verify_every_element_that_we_issue():
    held = SCENE.held()
    every = held.document(held.concealed, session_transcript=b"\xf6", signer=DEVICE_KEY)
    verified, claims = their_reading(document.write([every]))
    assert (verified, claims) == (True, CLAIMS)


def test_we_verify_what_they_issue():
    held = received(they_issue())
    assert held.claims == {name: dict(elements) for name, elements in CLAIMS.items()} | {
        SPACE: {**CLAIMS[SPACE], "portrait": base64url.encode(CLAIMS[SPACE]["portrait"])}
    }
    assert held.holder_key == DEVICE_KEY.public_key


def test_they_write_a_date_as_the_date_that_we_read():
    held = received(they_issue({SPACE: {"birth_date": "1990-01-02", "issue_date": "2026-11-01"}}))
    assert held.claims == {SPACE: {"birth_date": "1990-01-02", "issue_date": "2026-11-01"}}


def test_both_verify_what_our_wallet_presents_of_theirs():
    held = received(they_issue())
    answer = base64url.decode(held.present(CHOSEN, binding=BINDING, signer=DEVICE_KEY, at=SCENE.at))
    assert their_reading(answer) == (True, SEEN)
    later = SCENE.but(at=datetime.now(UTC))
    assert later.verified(answer).claims == SEEN


def test_the_status_that_they_call_revocation_is_where_we_look_for_it():
    status = {"status_list": {"idx": 7, "uri": "https://issuer.example/status"}}
    assert received(they_issue(revocation=status)).mso.status == status


def test_the_status_that_they_call_status_stands_outside_of_what_is_signed():
    status = {"status_list": {"idx": 7, "uri": "https://issuer.example/status"}}
    made = they_issue(status=status)
    assert made["status"] == status
    assert received(made).mso.status is None


# --- what neither takes ----------------------------------------------------------------------------------------------


def changed_value(one: Any) -> None:
    first, *others = one["issuerSigned"]["nameSpaces"][SPACE]
    item = cbor.loads(first.content) | {"elementValue": "次郎"}
    one["issuerSigned"]["nameSpaces"][SPACE] = [cbor.Tag(24, cbor.dumps(item)), *others]


def unknown_digest(one: Any) -> None:
    first, *others = one["issuerSigned"]["nameSpaces"][SPACE]
    item = cbor.loads(first.content) | {"digestID": 1000}
    one["issuerSigned"]["nameSpaces"][SPACE] = [cbor.Tag(24, cbor.dumps(item)), *others]


def broken_signature(one: Any) -> None:
    auth = one["issuerSigned"]["issuerAuth"]
    auth[3] = bytes([auth[3][0] ^ 1]) + auth[3][1:]


@pytest.mark.parametrize(
    ("edit", "code"),
    [(changed_value, "DIGEST_INVALID"), (unknown_digest, "DIGEST_MISSING"), (broken_signature, "SIGNATURE_INVALID")],
)
def test_both_refuse_what_the_issuer_did_not_sign(edit, code):
    answer = edited(SCENE.answer(), edit)
    assert not they_verify(answer)
    assert we_refuse(answer) == code


def test_both_refuse_a_signer_below_another_authority():
    answer = SCENE.but(iaca_key=STRANGER_KEY).answer()
    assert not they_verify(answer)
    assert we_refuse(answer) == "UNTRUSTED"


# --- what they take and we refuse ------------------------------------------------------------------------------------


def unsigned_namespace(one: Any) -> None:
    item: Any = {"digestID": 0, "random": bytes(16), "elementIdentifier": "licence", "elementValue": "pilot"}
    one["issuerSigned"]["nameSpaces"]["org.example.more"] = [cbor.Tag(24, cbor.dumps(item))]


def another_type(one: Any) -> None:
    one["docType"] = "org.example.other.1"


def without_device(one: Any) -> None:
    del one["deviceSigned"]


def element_twice(one: Any) -> None:
    one["issuerSigned"]["nameSpaces"][SPACE] *= 2


def unprotected_algorithm(one: Any) -> None:
    auth = one["issuerSigned"]["issuerAuth"]
    auth[1][1] = -7
    one["issuerSigned"]["issuerAuth"] = signed_under(auth, b"", payload=auth[2], signer=ISSUER_KEY)


def for_readers(draft: Draft) -> None:
    draft.put(x509.ExtendedKeyUsage([MDL_READER]), critical=True)


def by_another_name(draft: Draft) -> None:
    draft.issuer_name = draft.subject


def ended(draft: Draft) -> None:
    draft.not_after = SCENE.at - DAY


def version_two(mso: Any) -> None:
    mso["version"] = "2.0"


ELSEWHERE = Binding(audience="x509_hash:another", nonce=BINDING.nonce, response_uri=BINDING.response_uri)

LENIENT: dict[str, tuple[Callable[[], bytes], str, Scene]] = {
    "a namespace that nobody signed": (lambda: edited(SCENE.answer(), unsigned_namespace), "DIGEST_MISSING", SCENE),
    "another document type than was signed": (
        lambda: edited(SCENE.answer(), another_type),
        "DOC_TYPE_MISMATCH",
        SCENE,
    ),
    "a document that has ended": (SCENE.but(signed=-30 * DAY, until=-DAY).answer, "EXPIRED", SCENE),
    "a document that has not begun": (SCENE.but(signed=DAY).answer, "NOT_YET_VALID", SCENE),
    "a document that outlives its signer": (SCENE.but(until=90 * DAY).answer, "VALIDITY_INFO", SCENE),
    "no proof of the device": (lambda: edited(SCENE.answer(), without_device), "MALFORMED", SCENE),
    "a proof by another device": (lambda: SCENE.answer(signer=STRANGER_KEY), "DEVICE_AUTH_INVALID", SCENE),
    "a proof for another verifier": (lambda: SCENE.answer(binding=ELSEWHERE), "DEVICE_AUTH_INVALID", SCENE),
    "a device that says what it may not": (
        lambda: SCENE.answer_of_device({SPACE: {"family_name": "王"}}),
        "KEY_NOT_AUTHORISED",
        SCENE,
    ),
    "an element twice": (lambda: edited(SCENE.answer(), element_twice), "ELEMENT_REPEATED", SCENE),
    "a certificate for something else": (SCENE.but(signer=for_readers).answer, "NOT_AUTHORISED", SCENE),
    "a certificate by an authority of another name": (SCENE.but(signer=by_another_name).answer, "UNTRUSTED", SCENE),
    "an authority that has ended": (SCENE.but(iaca=ended).answer, "EXPIRED", SCENE.but(iaca=ended)),
    "an algorithm that nothing protects": (
        lambda: edited(SCENE.answer(), unprotected_algorithm),
        "ALGORITHM_NOT_ALLOWED",
        SCENE,
    ),
    "another version of what is signed": (
        lambda: SCENE.answer(mso=version_two),
        "VERSION_NOT_SUPPORTED",
        SCENE,
    ),
    "another version of the answer": (
        lambda: edited_response(SCENE.answer(), version="2.0"),
        "VERSION_NOT_SUPPORTED",
        SCENE,
    ),
    "documents beside an error": (lambda: edited_response(SCENE.answer(), status=10), "MDOC_STATUS", SCENE),
    "an answer without documents": (lambda: edited_response(SCENE.answer(), documents=[]), "MALFORMED", SCENE),
    "bytes after the answer": (lambda: SCENE.answer() + b"\x00", "MALFORMED", SCENE),
}


@pytest.mark.parametrize("case", LENIENT)
def test_we_refuse_what_they_take(case):
    make, code, scene = LENIENT[case]
    answer = make()
    assert they_verify(answer, scene)
    assert we_refuse(answer, scene) == code


def test_without_a_list_of_roots_which_is_their_default_they_take_any_certificate():
    answer = SCENE.but(iaca_key=STRANGER_KEY).answer()
    assert they_verify(answer, roots=False)
    assert we_refuse(answer) == "UNTRUSTED"


def test_both_take_the_twin_that_is_right():
    assert they_verify(SCENE.answer())
    assert SCENE.verified(SCENE.answer()).holder_proved


def test_they_give_out_the_claims_of_a_document_that_they_refuse():
    verified, claims = their_reading(edited(SCENE.answer(), changed_value))
    assert not verified
    assert claims[SPACE]["given_name"] == "次郎"


# --- what they refuse and we take ------------------------------------------------------------------------------------


@pytest.mark.parametrize("hashed", [DigestAlgorithm.SHA_384, DigestAlgorithm.SHA_512])
def test_they_compare_every_digest_by_sha_256_whatever_the_issuer_used(hashed):
    scene = SCENE.but(format=Mdoc(digest_algorithm=hashed))
    assert not they_verify(scene.answer())
    assert scene.verified(scene.answer()).claims == SEEN


@pytest.mark.parametrize("algorithm", [Algorithm.ES384, Algorithm.ES512])
def test_they_know_document_signers_on_p_256_only(algorithm):
    scene = SCENE.but(issuer_key=SoftwareSigner.generate(algorithm))
    assert not they_verify(scene.answer())
    assert scene.verified(scene.answer()).claims == SEEN


# --- what they write wrongly -----------------------------------------------------------------------------------------


def pem_of(key: SoftwareSigner) -> str:
    """A public key in the text that they take: base64url of a PEM."""
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = key.public_key.raw.public_bytes(serialization.Encoding.PEM, kind)
    return base64.urlsafe_b64encode(pem).decode()


def key_with(*, leading_zero: bool) -> SoftwareSigner:
    """The first key, counting from one, whose x does or does not begin with a zero byte."""
    keys = (ec.derive_private_key(number, ec.SECP256R1()) for number in range(1, 5000))
    return SoftwareSigner(
        next(
            key
            for key in keys
            if (key.public_key().public_numbers().x < 2**248) is leading_zero
            and key.public_key().public_numbers().y >= 2**248
        )
    )


def test_a_device_key_from_a_pem_is_the_one_that_we_read():
    key = key_with(leading_zero=False)
    assert received(they_issue(device_key=pem_of(key))).holder_key == key.public_key


def test_a_device_key_from_a_pem_loses_the_zero_that_its_coordinate_begins_with():
    made = they_issue(device_key=pem_of(key_with(leading_zero=True)))
    with pytest.raises(VcError) as refused:
        received(made)
    assert refused.value.code == "MALFORMED"
