# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Attacks on mdocs and their presentations, most of them after what verifiers and wallets of others got wrong.

Each begins with something honest that verifies, and ends with the attacker's version of it refused.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.support import mdoc_pki
from tests.support.mdoc import (
    BEGINS,
    BINDING,
    CLAIMS,
    DAY,
    DEVICE_KEY,
    DOC_TYPE,
    ENDS,
    ISSUER_KEY,
    LEFT_OUT,
    NOW,
    OTHER_SPACE,
    SEEN,
    SPACE,
    STRANGER_KEY,
    TRUST,
    WITH_READER,
    Scene,
    changed,
    cose,
    digests_of,
    embed,
    explain,
    held,
    issued,
    item,
    items,
    key_info,
    presented,
    tdate,
    unembed,
    validity,
    verify,
)
from tests.support.mdoc_peers import IacaTrust
from vcwallet.cose import structure
from vcwallet.encoding import base64url, cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    BindingError,
    DigestInvalidError,
    LimitExceededError,
    LocalProtocolError,
    MalformedError,
    NotAuthorisedError,
    SignatureInvalidError,
    UntrustedError,
    ValidityError,
    VcError,
    VerificationError,
)
from vcwallet.formats.mdoc import DeviceResponse, HeldMdoc, Mdoc, device_signed, transcript
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.certificates import CertificateAuthority, to_der
from vcwallet.trust.document_signer import DocumentSignerValidator


def code_of(scene: Scene) -> str:
    with pytest.raises(VcError) as caught:
        scene.verify()
    return caught.value.code


def decoded(raw: str) -> dict[str, Any]:
    """Return the answer that somebody has sent, to take it apart."""
    return cbor.loads(base64url.decode(raw))


def sent(response: Any) -> str:
    return base64url.encode(cbor.dumps(response))


def with_document(raw: str, change: Callable[[dict[str, Any]], None]) -> str:
    """Change the one document of an answer on its way."""
    response = decoded(raw)
    change(response["documents"][0])
    return sent(response)


# --- splicing --------------------------------------------------------------------------------------------------------


def test_an_element_in_a_namespace_that_nobody_signed_is_refused():
    """The mistake: to look for the digests of the namespaces that were signed, and to take all the others."""
    scene = Scene()
    scene.verify()
    scene.items["org.example.unsigned"] = [embed(item(0, "clearance", "secret"))]
    assert code_of(scene) == "DIGEST_MISSING"


def test_an_element_is_not_moved_to_a_namespace_where_it_means_something_else():
    """The mistake: to look for a digest among those of every namespace."""
    scene = Scene()
    scene.resign({SPACE: {"level": 1}, OTHER_SPACE: {"level": 9}})
    scene.verify()
    scene.items = {SPACE: scene.items[OTHER_SPACE]}
    assert code_of(scene) == "DIGEST_INVALID"


def test_the_digests_are_compared_and_not_only_the_signature():
    """The mistake of three: to verify the signature over the digests, and to take the elements as they are."""
    scene = Scene()
    scene.items[SPACE][2] = embed(item(2, "age_over_20", True))
    scene.verify()
    scene.items[SPACE][2] = embed(item(2, "age_over_20", False))
    assert code_of(scene) == "DIGEST_INVALID"


def test_an_element_that_is_not_in_the_list_of_digests_is_not_skipped():
    scene = Scene()
    del scene.items[SPACE][3]
    scene.verify()
    scene.items[SPACE].append(embed(item(404, "admin", True)))
    assert code_of(scene) == "DIGEST_MISSING"


def test_a_holder_cannot_splice_elements_of_two_credentials():
    mine, theirs = held(), held({SPACE: {**CLAIMS[SPACE], "given_name": "Zaphod"}})
    paths = [(SPACE, "given_name")]
    own, other = (decoded(card.present(paths, binding=BINDING, signer=DEVICE_KEY, at=NOW)) for card in (mine, theirs))
    assert verify(sent(own)).claims == {SPACE: {"given_name": "Arthur"}}
    own["documents"][0]["issuerSigned"]["nameSpaces"] = other["documents"][0]["issuerSigned"]["nameSpaces"]
    with pytest.raises(DigestInvalidError):
        verify(sent(own))


def test_a_holder_cannot_put_a_better_document_under_a_proof():
    """Two documents of one type and one holder: a signature over the type alone would let them be exchanged."""
    stranger = held(holder=STRANGER_KEY.public_key)
    mine, theirs = (
        decoded(card.present([(SPACE, "given_name")], binding=BINDING, signer=key, at=NOW))
        for card, key in ((held(), DEVICE_KEY), (stranger, STRANGER_KEY))
    )
    verify(sent(mine))
    verify(sent(theirs))
    theirs["documents"][0]["deviceSigned"] = mine["documents"][0]["deviceSigned"]
    with pytest.raises(BindingError):
        verify(sent(theirs))


def test_an_element_that_stands_twice_has_no_first_and_last_to_choose_from():
    scene = Scene()
    scene.resign({SPACE: {"role": "guest"}})
    scene.verify()
    more = embed(item(1, "role", "admin"))
    scene.items[SPACE].append(more)
    assert code_of(scene) == "ELEMENT_REPEATED"
    scene.mso["valueDigests"] = digests_of(scene.items)  # not even when the issuer signs both
    assert code_of(scene) == "ELEMENT_REPEATED"


def test_a_member_that_stands_twice_in_an_element_is_refused():
    scene = Scene()
    twice = b"\xa5" + cbor.dumps(item(0, "role", "guest"))[1:] + cbor.dumps({"elementValue": "admin"})[1:]
    scene.items = {SPACE: [Tag(24, twice)]}
    with pytest.raises(MalformedError):
        scene.verify()


@pytest.mark.parametrize(
    "spelling",
    [b"\xd8\x18\x58\x01\xa0", b"\xd9\x00\x18\x41\xa0", b"\xd8\x18\x5f\x41\xa0\xff", b"\xda\x00\x00\x00\x18\x41\xa0"],
)
def test_an_embedded_item_has_one_spelling(spelling: bytes):
    """Else the bytes that are hashed and the bytes that came would be two things."""
    raw = cbor.dumps(Scene().response_map)
    verify(base64url.encode(raw))
    assert raw.count(b"\xd8\x18\x41\xa0") == 1
    with pytest.raises(MalformedError):
        verify(base64url.encode(raw.replace(b"\xd8\x18\x41\xa0", spelling)))


# --- types -----------------------------------------------------------------------------------------------------------


def test_a_document_does_not_pass_for_one_of_another_type():
    """The mistake: to ask whether the answer says the type that was asked for, and not what the issuer signed."""
    raw = presented()
    verify(raw)

    def swap(members: dict[str, Any]) -> None:
        members["docType"] = "org.example.minister.1"

    with pytest.raises(VerificationError) as caught:
        verify(with_document(raw, swap))
    assert caught.value.code == "DOC_TYPE_MISMATCH"


def test_an_issuer_cannot_sign_a_type_that_is_not_its_own():
    minister = "org.example.minister.1"
    scene = Scene(document={"docType": minister}, signed_doc_type=minister)
    scene.mso["docType"] = minister
    with pytest.raises(NotAuthorisedError):
        scene.verify()
    scene.trust = replace(TRUST, types=frozenset({minister}))
    assert scene.verify().type_id == minister


# --- time ------------------------------------------------------------------------------------------------------------


def test_an_expired_document_is_refused():
    """The mistake: to parse the times of the document, and to check those of the certificate only."""
    scene = Scene()
    scene.verify()
    scene.at = ENDS + DAY
    scene.trust = replace(TRUST, not_after=ENDS + 400 * DAY)
    with pytest.raises(ValidityError):
        scene.verify()


def test_a_document_is_not_signed_by_a_certificate_of_the_future():
    """Whoever has a new certificate could sign what was to be older."""
    scene = Scene(trust=replace(TRUST, not_before=NOW - DAY / 2))
    assert code_of(scene) == "VALIDITY_INFO"
    scene.mso["validityInfo"] = validity(signed=tdate(NOW - DAY / 2), validFrom=tdate(NOW - DAY / 2))
    scene.verify()


@pytest.mark.parametrize("spelling", ["2026-11-22T09:00:00.999Z", "2026-11-22T18:00:00+09:00", "2026-11-22t09:00:00z"])
def test_a_time_has_one_spelling(spelling: str):
    scene = Scene()
    scene.mso["validityInfo"] = validity(signed=Tag(0, "2026-11-22T09:00:00Z"))
    scene.verify()
    scene.mso["validityInfo"] = validity(signed=Tag(0, spelling))
    with pytest.raises(MalformedError):
        scene.verify()


# --- the device's proof ----------------------------------------------------------------------------------------------


def test_the_signature_of_the_device_is_checked():
    """The mistake: to take a document whose issuer has signed it, and to leave the proof to somebody else."""
    scene = Scene()
    scene.verify()
    [protected, unprotected, payload, signature] = scene.device_auth["deviceSignature"]
    forged = [protected, unprotected, payload, bytes(len(signature))]
    scene.device_signed["deviceAuth"] = {"deviceSignature": forged}
    assert code_of(scene) == "DEVICE_AUTH_INVALID"
    scene.device_signed["deviceAuth"] = LEFT_OUT
    assert code_of(scene) == "MALFORMED"
    scene.document["deviceSigned"] = LEFT_OUT
    assert code_of(scene) == "MALFORMED"


def test_a_presentation_is_no_use_in_another_session():
    raw = presented()
    verify(raw)
    for other in (
        replace(BINDING, nonce="fresh-nonce"),
        replace(BINDING, audience="x509_hash:bank"),
        replace(BINDING, response_uri="https://bank.example/answer"),
        replace(BINDING, encryption_key=b"k" * 32),
        replace(BINDING, origin="https://verifier.example"),
        replace(BINDING, session_transcript=transcript.proximity(b"\xa0", b"\xa0")),
    ):
        with pytest.raises(BindingError):
            verify(raw, binding=other)


def test_the_transcript_is_the_verifiers_own():
    """The mistake: to take the transcript, or a part of it, from the answer."""
    scene = Scene(session=replace(BINDING, nonce="of another"))
    scene.document["sessionTranscript"] = Tag(24, scene.transcript)
    scene.device_signed["sessionTranscript"] = Tag(24, scene.transcript)
    assert code_of(scene) == "DEVICE_AUTH_INVALID"


def test_a_copied_credential_cannot_be_presented_with_another_key():
    card = HeldMdoc.from_store(issued())
    with pytest.raises(LocalProtocolError):
        card.present([(SPACE, "given_name")], binding=BINDING, signer=STRANGER_KEY, at=NOW)
    assert code_of(Scene(device=STRANGER_KEY)) == "DEVICE_AUTH_INVALID"


def test_a_key_that_the_proof_brings_along_is_not_used():
    """The mistake: to verify the proof with the key or certificate in its own header."""
    scene = Scene(device=STRANGER_KEY)
    content = device_signed.device_authentication(scene.transcript, DOC_TYPE, b"\xa0")
    stranger = key_info(STRANGER_KEY.public_key)["deviceKey"]
    for headers in ({4: b"stranger"}, {-1: stranger}, {"key": stranger}):
        proof = cose(content, STRANGER_KEY, attached=None, unprotected=headers)
        scene.device_signed["deviceAuth"] = {"deviceSignature": proof}
        assert code_of(scene) == "DEVICE_AUTH_INVALID"
        honest = cose(content, DEVICE_KEY, attached=None, unprotected=headers)
        scene.device_signed["deviceAuth"] = {"deviceSignature": honest}
        scene.verify()


def test_a_reader_cannot_show_a_mac_to_others_as_a_proof():
    """A MAC is by the reader as much as by the device; another verifier has another key and refuses it."""
    scene = Scene(with_mac=True, binding=WITH_READER)
    raw = scene.presented
    verify(raw, binding=WITH_READER)
    with pytest.raises(BindingError):
        verify(raw, binding=BINDING)


def test_the_public_device_key_is_no_secret_to_make_a_mac_with():
    scene = Scene(binding=WITH_READER)
    scene.verify()
    content = device_signed.device_authentication(scene.transcript, DOC_TYPE, b"\xa0")
    header = cbor.dumps({1: 5})
    to_be_maced = structure.authenticated(structure.context("MAC0"), header, b"", content)
    device = key_info()["deviceKey"]
    for secret in (device[-2], device[-3], b"", bytes(32), device_signed.mac_key(device[-2], scene.transcript)):
        tag = hmac.digest(secret, to_be_maced, "sha256")
        scene.device_signed["deviceAuth"] = {"deviceMac": [header, {}, None, tag]}
        assert code_of(scene) == "DEVICE_AUTH_INVALID"


def test_a_shorter_mac_is_none():
    scene = Scene(with_mac=True, binding=WITH_READER)
    [header, _, _, tag] = scene.device_auth["deviceMac"]
    for identifier, cut in ((5, tag[:8]), (5, b""), (4, tag[:8]), (6, tag)):
        proof: list[Any] = [cbor.dumps({1: identifier}), {}, None, cut]
        scene.device_signed["deviceAuth"] = {"deviceMac": proof}
        with pytest.raises(VerificationError):
            scene.verify()
    scene.device_signed["deviceAuth"] = {"deviceMac": [header, {}, None, tag]}
    scene.verify()


def test_a_signature_for_reader_authentication_is_no_proof_of_a_device():
    """The context in what is signed keeps one kind of signature from passing for another."""
    scene = Scene()
    session, said = scene.transcript, cbor.dumps(Tag(24, b"\xa0"))
    for context in ("ReaderAuthentication", "DeviceAuthenticatio", "deviceAuthentication"):
        content = cbor.embedded(b"\x84" + cbor.text_string(context) + session + cbor.text_string(DOC_TYPE) + said)
        scene.device_signed["deviceAuth"] = {"deviceSignature": cose(content, DEVICE_KEY, attached=None)}
        assert code_of(scene) == "DEVICE_AUTH_INVALID"
    content = cbor.embedded(
        b"\x84" + cbor.text_string("DeviceAuthentication") + session + cbor.text_string(DOC_TYPE) + said
    )
    scene.device_signed["deviceAuth"] = {"deviceSignature": cose(content, DEVICE_KEY, attached=None)}
    scene.verify()


# --- what the device says --------------------------------------------------------------------------------------------


def test_what_the_device_says_does_not_pass_for_the_issuers_word():
    """The mistake: to put both into one list of claims."""
    scene = Scene(device_items={SPACE: {"age_over_65": True}})
    assert code_of(scene) == "KEY_NOT_AUTHORISED"
    scene.mso["deviceKeyInfo"] = key_info(keyAuthorizations={"nameSpaces": [SPACE]})
    verified = scene.verify()
    assert verified.claims == SEEN
    assert (SPACE, "age_over_65") not in verified.disclosed
    assert verified.device_claims == {SPACE: {"age_over_65": True}}


def test_the_device_cannot_say_again_what_the_issuer_said():
    scene = Scene(device_items={SPACE: {"given_name": "Zaphod"}})
    scene.mso["deviceKeyInfo"] = key_info(keyAuthorizations={"nameSpaces": [SPACE]})
    assert code_of(scene) == "ELEMENT_REPEATED"


def test_a_holder_cannot_authorise_itself():
    """The mistake: to read the authorisations where nobody has signed them."""
    scene = Scene(device_items={"d": {"x": 1}})
    for part in (scene.document, scene.device_signed, scene.issuer_signed):
        part["keyAuthorizations"] = {"nameSpaces": ["d"]}
        part["deviceKeyInfo"] = key_info(keyAuthorizations={"nameSpaces": ["d"]})
    assert code_of(scene) == "KEY_NOT_AUTHORISED"


# --- whose key -------------------------------------------------------------------------------------------------------

IACA = mdoc_pki.iaca(country="ZZ")
FOREIGN_IACA = mdoc_pki.iaca(country="YY")
EVIL_IACA = mdoc_pki.iaca(country="ZZ")


def below(signer: CertificateAuthority, *others: bytes, **fields: Any) -> Scene:
    """Return a presentation whose issuer has this certificate, before a verifier that trusts two countries."""
    anchors = [to_der(one.certificate) for one in (IACA, FOREIGN_IACA)]
    trust: Any = IacaTrust(DocumentSignerValidator(anchors))
    chain = [to_der(signer.certificate), *others]
    header = {33: chain[0] if len(chain) == 1 else chain}
    return Scene(issuer=signer.signer, issuer_unprotected=header, trust=trust, **fields)


def test_a_certificate_of_another_kind_signs_no_documents():
    """The mistake: to accept any certificate below the root."""
    below(mdoc_pki.document_signer(IACA)).verify()
    for signer in (mdoc_pki.reader(IACA), IACA):
        with pytest.raises(VerificationError):
            below(signer).verify()


def test_a_chain_that_the_document_brings_along_is_not_trusted():
    """The mistake: to verify the signature with whatever certificate comes in the header."""
    below(mdoc_pki.document_signer(IACA)).verify()
    forged = mdoc_pki.document_signer(EVIL_IACA)
    with pytest.raises(UntrustedError):
        below(forged).verify()
    with pytest.raises(VerificationError):
        below(forged, to_der(EVIL_IACA.certificate)).verify()
    with pytest.raises(VerificationError):
        below(forged, to_der(IACA.certificate)).verify()


def test_the_iaca_has_no_place_in_the_chain():
    signer = mdoc_pki.document_signer(IACA)
    below(signer).verify()
    with pytest.raises(VerificationError):
        below(signer, to_der(IACA.certificate)).verify()


def test_the_certificate_of_another_does_not_make_its_signature():
    signer = mdoc_pki.document_signer(IACA)
    scene = below(signer)
    scene.verify()
    scene.issuer = STRANGER_KEY
    with pytest.raises(SignatureInvalidError):
        scene.verify()


def test_no_country_speaks_for_another():
    """The mistake: many roots in one heap.  Any of them could then issue in the name of any country."""
    signers = {
        "ZZ": mdoc_pki.document_signer(IACA, country="ZZ"),
        "YY": mdoc_pki.document_signer(FOREIGN_IACA, country="YY"),
    }
    for certified, signer in signers.items():
        for said in signers:
            scene = below(signer)
            scene.resign({SPACE: {"issuing_country": said}})
            if said == certified:
                assert scene.verify().claims == {SPACE: {"issuing_country": said}}
            else:
                assert code_of(scene) == "ISSUING_COUNTRY"


def test_the_device_key_makes_no_documents():
    assert code_of(Scene(issuer=DEVICE_KEY)) == "SIGNATURE_INVALID"


# --- algorithms ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("identifier", [0, None, "ES256", -257, -37, 5, -65535, b"\x26", [-7], 7, True, -47])
def test_an_algorithm_that_is_none_of_ours_is_refused_in_document_and_proof(identifier: Any):
    Scene(issuer_protected={1: -7}, device_protected={1: -7}).verify()
    for scene in (Scene(issuer_protected={1: identifier}), Scene(device_protected={1: identifier})):
        with pytest.raises(AlgorithmNotAllowedError):
            scene.verify()


@pytest.mark.parametrize("header", [b"", b"\xa0", {4: b"kid"}])
def test_a_header_without_an_algorithm_is_refused(header: Any):
    for unprotected in ({}, {1: -7}):
        with pytest.raises(AlgorithmNotAllowedError):
            Scene(issuer_protected=header, issuer_unprotected=unprotected).verify()


@pytest.mark.parametrize("length", [0, 63, 65, 64, 96])
def test_a_signature_of_zeros_is_refused(length: int):
    scene = Scene()
    scene.issuer_signed["issuerAuth"] = [*scene.issuer_auth[:3], bytes(length)]
    assert code_of(scene) == "SIGNATURE_INVALID"


def test_a_der_signature_is_none():
    """COSE has r and s side by side; two spellings of one signature would be one too many."""
    scene = Scene()
    scene.verify()
    auth = scene.issuer_auth
    half = len(auth[3]) // 2
    numbers = [b"\x02\x21\x00" + auth[3][:half], b"\x02\x21\x00" + auth[3][half:]]
    scene.issuer_signed["issuerAuth"] = [*auth[:3], b"\x30\x46" + b"".join(numbers)]
    assert code_of(scene) == "SIGNATURE_INVALID"


@pytest.mark.parametrize("name", ["SHA-1", "MD5", "SHA-224", "sha-256", "none", ""])
def test_a_weaker_hash_function_cannot_be_named(name: str):
    scene = Scene()
    scene.mso["digestAlgorithm"] = name
    with pytest.raises(VcError):
        scene.verify()


def test_a_verifier_says_itself_which_algorithms_it_accepts():
    signer = SoftwareSigner.generate(Algorithm.ES384)
    raw = Scene(issuer=signer).presented
    trust = replace(TRUST, key=signer.public_key)
    verify(raw, trust=trust)
    with pytest.raises(AlgorithmNotAllowedError):
        verify(raw, trust=trust, algorithms=frozenset({Algorithm.ES256}))


# --- one structure for another ---------------------------------------------------------------------------------------


def test_a_signature_with_a_tag_is_refused_where_none_is_expected():
    scene = Scene()
    scene.verify()
    scene.issuer_signed["issuerAuth"] = Tag(18, scene.issuer_auth)
    assert code_of(scene) == "MALFORMED"


def test_a_payload_that_comes_twice_is_refused():
    scene = Scene()
    content = device_signed.device_authentication(scene.transcript, DOC_TYPE, b"\xa0")
    scene.device_signed["deviceAuth"] = {"deviceSignature": cose(content, DEVICE_KEY)}
    assert code_of(scene) == "PAYLOAD_NOT_DETACHED"
    scene.device_signed["deviceAuth"] = {"deviceSignature": cose(content, DEVICE_KEY, attached=None)}
    scene.verify()


def test_a_token_of_the_issuer_is_no_document():
    """The same key may sign status lists: a payload that is no embedded statement is none."""
    for payload in (cbor.dumps({2: "https://issuer.example/1", 6: 1795424401}), b"", b"{}", cbor.dumps(Scene().mso)):
        scene = Scene(payload=payload)
        assert code_of(scene) == "MALFORMED"


def test_a_document_beside_an_error_is_not_taken():
    """The mistake: to look for documents first, and at the status never."""
    scene = Scene()
    scene.verify()
    scene.response["status"] = 10
    assert code_of(scene) == "MDOC_STATUS"


def test_a_second_document_is_not_passed_over():
    """One answer to one question: a verifier that reads the first document would not see the second."""
    response = decoded(presented())
    verify(sent(response))
    response["documents"].append(response["documents"][0])
    with pytest.raises(MalformedError):
        verify(sent(response))


# --- exhaustion: limits, not clocks ----------------------------------------------------------------------------------


def test_huge_counts_are_refused_before_anything_is_made_of_them():
    """Heads that promise billions of things, with nothing after them."""
    for head in ("9b", "bb", "5b", "7b", "db"):
        with pytest.raises(VcError):
            verify(base64url.encode(bytes.fromhex(head + "0000000fffffffff")))
    with pytest.raises(LimitExceededError):
        verify(base64url.encode(bytes.fromhex("9a000f4240") + b"\0" * 1_000_000))


@pytest.mark.parametrize("opening", [b"\x81", b"\xa1\x61a", b"\xd8\x18"])
def test_deep_nesting_does_not_exhaust_the_stack(opening: bytes):
    with pytest.raises(LimitExceededError):
        verify(base64url.encode(opening * 100_000 + b"\0"))
    scene = Scene()
    scene.items = {SPACE: [Tag(24, cbor.dumps(item(0, "a", 0))[:-1] + opening * 100_000 + b"\0")]}
    with pytest.raises(LimitExceededError):
        scene.verify()
    scene = Scene(payload=cbor.embedded(opening * 100_000 + b"\0"))
    with pytest.raises(LimitExceededError):
        scene.verify()


def test_embedded_items_inside_each_other_are_not_unpacked():
    """A value that is an embedded item stays as it came, so a parcel in a parcel costs nothing."""
    value = Tag(24, b"\xa0")
    for _ in range(1_000):
        value = Tag(24, cbor.dumps(value))
    scene = Scene()
    scene.resign({SPACE: {"parcel": value}})
    assert isinstance(value.content, bytes)
    assert scene.verify().claims == {SPACE: {"parcel": base64url.encode(value.content)}}


def test_counts_are_limited_where_a_verifier_would_hash_or_compare():
    scene = Scene(response={"documents": [{}] * 11})
    with pytest.raises(LimitExceededError):
        scene.verify()
    scene = Scene()
    scene.resign({SPACE: {f"e{number}": 1 for number in range(201)}})
    with pytest.raises(LimitExceededError):
        scene.verify()
    scene = Scene()
    scene.mso["valueDigests"][SPACE] |= {number: bytes(32) for number in range(10, 10_010)}
    with pytest.raises(LimitExceededError):
        scene.verify()
    scene = Scene(issuer_unprotected={33: [b"\x30\x00"] * 6})
    with pytest.raises(LimitExceededError):
        scene.verify()


def test_an_answer_over_four_mebibytes_is_not_even_read():
    with pytest.raises(LimitExceededError):
        verify(base64url.encode(bytes(4 * 1024 * 1024 + 1)))


def test_trust_is_asked_once_whatever_the_document_holds():
    asked: list[Any] = []

    class Counting(type(TRUST)):  # type: ignore[misc]  # whatever class it is of
        def key_for(self, source: Any, **context: Any) -> Any:
            asked.append(source)
            return TRUST.key_for(source, **context)

    scene = Scene(trust=Counting())
    scene.resign({f"n{number}": {"a": 1} for number in range(200)})
    scene.verify()
    assert len(asked) == 1


# --- telling too much ------------------------------------------------------------------------------------------------


def test_a_presentation_does_not_carry_what_was_not_chosen():
    raw = base64url.decode(presented([(SPACE, "given_name")]))
    assert b"Arthur" in raw
    for hidden in (b"Dent", b"family_name", b"portrait", b"level"):
        assert hidden not in raw


def test_the_digest_of_a_guess_is_not_in_the_document():
    """Without the salt an element with few values cannot be found by trying them."""
    card = held({SPACE: {"age_over_20": True}})
    digests = card.mso.digests[SPACE].values()
    for random in (bytes(16), b"\xff" * 16):
        for value in (True, False):
            guess = {SPACE: [embed(item(0, "age_over_20", value, random=random))]}
            assert not set(digests) & set(digests_of(guess)[SPACE].values())


def test_two_credentials_with_the_same_claims_have_no_digest_or_salt_in_common():
    first, second = (cbor.loads(base64url.decode(issued())) for _ in range(2))
    salts = [{unembed(one)["random"] for one in raw["nameSpaces"][SPACE]} for raw in (first, second)]
    assert salts[0].isdisjoint(salts[1])
    cards = [held() for _ in range(2)]
    digests = [set(card.mso.digests[SPACE].values()) for card in cards]
    assert digests[0].isdisjoint(digests[1])


def test_errors_do_not_tell_what_was_in_the_presentation():
    scene = Scene(device_items={"d": {"x": "canary value"}})
    scene.items[SPACE][0] = embed(item(0, "given_name", "canary value"))
    raw = scene.presented
    with pytest.raises(VcError) as caught:
        verify(raw)
    told = [str(caught.value), *(finding.message for finding in explain(raw))]
    assert len([message for message in told if message]) > 2
    assert not any("canary" in text or "Arthur" in text for text in told)


def test_names_that_a_peer_chose_are_cut_and_made_printable():
    scene = Scene()
    scene.items = {"\x1b[31m" + "n" * 1_000: items()[SPACE]}
    with pytest.raises(DigestInvalidError) as caught:
        scene.verify()
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_wallet_is_not_told_apart_by_what_it_was_asked_for():
    """Every answer has the same form, whatever the order of the question was."""
    card = held()
    paths = [(SPACE, "portrait"), (SPACE, "given_name")]
    answers = [
        DeviceResponse.loads(base64url.decode(card.present(order, binding=BINDING, signer=DEVICE_KEY, at=NOW)))
        for order in (paths, paths[::-1])
    ]
    first, second = (answer.documents[0] for answer in answers)
    assert first["issuerSigned"] == second["issuerSigned"]
    assert list(first) == list(second) == ["docType", "issuerSigned", "deviceSigned"]
    assert changed(first["deviceSigned"], {"deviceAuth": None}) == changed(second["deviceSigned"], {"deviceAuth": None})


def test_what_an_honest_issuer_signs_passes():
    """The end of the story: nothing above is refused for being an mdoc."""
    signer = mdoc_pki.document_signer(IACA)
    raw = issued(signer=signer.signer, chain=(to_der(signer.certificate),), issued_at=BEGINS)
    trust: Any = IacaTrust(DocumentSignerValidator([to_der(IACA.certificate)]))
    card = Mdoc().read_issued(raw).verify(trust=trust, at=NOW).held
    shown = card.present([(SPACE, "age_over_20")], binding=BINDING, signer=DEVICE_KEY, at=NOW)
    assert verify(shown, trust=trust).claims == {SPACE: {"age_over_20": True}}
    assert ISSUER_KEY.public_key != signer.signer.public_key


# --- exhausting ------------------------------------------------------------------------------------------------------


def test_embedded_items_count_for_the_message_that_they_are_in():
    """The mistake: a limit for each embedded item, of which a message has hundreds."""
    scene = Scene()
    scene.resign({SPACE: {name: [0] * 40_000 for name in ("one", "two")}})
    scene.verify()
    scene.resign({SPACE: {name: [0] * 40_000 for name in ("one", "two", "three")}})
    assert code_of(scene) == "LIMIT_EXCEEDED"
