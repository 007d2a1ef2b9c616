# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An mdoc in its holder's hands: what it says about itself, and presenting parts of it."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.mdoc import (
    BINDING,
    CLAIMS,
    DEVICE_KEY,
    DOC_TYPE,
    ENDS,
    EVERY,
    LEFT_OUT,
    NOW,
    OTHER_SPACE,
    READER_KEY,
    SEEN,
    SPACE,
    STRANGER_KEY,
    WITH_READER,
    Scene,
    Signers,
    agreement_of,
    embed,
    held,
    issued,
    item,
    receive,
    unembed,
    verify,
)
from tests.support.pki import chain
from vcwallet.claims import ClaimPath
from vcwallet.encoding import base64url, cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.errors import LocalProtocolError, MalformedError, NoMatchError
from vcwallet.formats.mdoc import DeviceResponse, HeldMdoc, KeyAuthorizations, Mdoc, document, transcript
from vcwallet.keys import Algorithm, jwk
from vcwallet.keys.policy import Role
from vcwallet.keys.software import SoftwareSigner

ALLOWED = KeyAuthorizations(namespaces=frozenset({"device"}), elements={SPACE: frozenset({"pin_used"})})
SESSION = transcript.of(BINDING)


def shown(raw: str) -> dict[str, list[str]]:
    """Return the names of the elements that a presentation shows, in their order."""
    [members] = DeviceResponse.loads(base64url.decode(raw)).documents
    name_spaces = members["issuerSigned"].get("nameSpaces", {})
    return {space: [unembed(one)["elementIdentifier"] for one in items] for space, items in name_spaces.items()}


def present(*paths: ClaimPath, card: HeldMdoc | None = None) -> str:
    return (card or held()).present(paths, binding=BINDING, signer=DEVICE_KEY, at=NOW)


# --- what it says about itself ---------------------------------------------------------------------------------------


def test_a_credential_knows_itself():
    card = held()
    assert card.format == "mso_mdoc"
    assert card.type_ids == (DOC_TYPE,)
    assert card.claims == SEEN
    assert card.holder_key == DEVICE_KEY.public_key
    assert card.concealed == frozenset(EVERY)
    assert card.type_integrity is None
    assert card.expires == ENDS
    assert card.issuer_chain == ()
    assert card.authorities == frozenset()


def test_a_credential_knows_its_certificates_and_who_signed_them():
    certificates = chain(Role.DOCUMENT_SIGNER)
    x5c, signer = certificates.x5c[:1], certificates.leaf.signer
    card = receive(issued(signer=signer, chain=x5c), trust=Signers(key=signer.public_key, chain=x5c)).held
    key = x509.AuthorityKeyIdentifier.from_issuer_public_key(certificates.authority.signer.public_key.raw)
    assert card.issuer_chain == x5c
    assert card.authorities == {("aki", base64url.encode(key.key_identifier or b""))}


def test_every_presentation_shows_which_namespace_an_element_is_in():
    card = held()
    assert card.is_envelope((SPACE,))
    assert card.is_envelope(())
    assert not card.is_envelope((SPACE, "given_name"))
    assert not card.is_envelope((SPACE, "given_name", "x"))


def test_values_stay_out_of_the_repr():
    assert "Arthur" not in repr(held())


def test_a_stored_credential_without_a_payload_is_none():
    scene = Scene(payload=None)
    with pytest.raises(MalformedError):
        HeldMdoc.from_store(scene.issued)
    assert HeldMdoc.from_store(Scene().issued).claims == SEEN


def test_a_stored_credential_is_presented_with_the_bytes_that_came():
    """Its members stand in another order than we write them, so nothing of it can have been written anew."""
    scene = Scene()
    scene.items = {
        space: [embed(dict(reversed(unembed(one).items()))) for one in ones] for space, ones in scene.items.items()
    }
    raw = base64url.encode(cbor.dumps(dict(reversed(scene.issued_map.items()))))
    [members] = DeviceResponse.loads(
        base64url.decode(present((SPACE, "portrait"), card=HeldMdoc.from_store(raw)))
    ).documents
    assert members["issuerSigned"]["nameSpaces"] == {SPACE: [scene.items[SPACE][3]]}
    assert members["issuerSigned"]["issuerAuth"][2] == cbor.loads(base64url.decode(raw))["issuerAuth"][2]


# --- choosing --------------------------------------------------------------------------------------------------------


def test_a_presentation_shows_what_was_chosen_and_nothing_else():
    raw = present((SPACE, "given_name"), (SPACE, "portrait"))
    assert shown(raw) == {SPACE: ["given_name", "portrait"]}
    assert verify(raw).claims == {SPACE: {"given_name": "Arthur", "portrait": "_9j_"}}


def test_the_order_of_the_request_is_not_told():
    forwards, backwards = present(*EVERY), present(*reversed(EVERY))
    assert shown(forwards) == shown(backwards) == {space: list(elements) for space, elements in CLAIMS.items()}


def test_an_element_that_is_asked_for_twice_is_shown_once():
    assert shown(present((SPACE, "given_name"), (SPACE, "given_name"))) == {SPACE: ["given_name"]}


def test_a_presentation_may_show_nothing_but_the_key():
    raw = present()
    assert shown(raw) == {}
    assert verify(raw).claims == {}


NESTED: dict[str, Any] = {SPACE: {"address": {"city": "未来市", "lines": ["1"]}, "0": "zero", "None": "none"}}


@pytest.mark.parametrize("inside", [("city",), ("lines",), ("lines", 0), ("lines", None)])
def test_a_path_into_an_element_shows_the_element(inside: ClaimPath):
    card = held(NESTED)
    path = (SPACE, "address", *inside)
    assert shown(present(path, card=card)) == {SPACE: ["address"]}
    assert card.disclosed_by([path]) == ((SPACE, "address"),)


@pytest.mark.parametrize(
    "path",
    [
        (),
        (SPACE,),
        (SPACE, "unknown"),
        ("unknown", "address"),
        (SPACE, None),
        (SPACE, 0),
        (None, "address"),
        (0, "address"),
        (SPACE, "address", "unknown"),
        (SPACE, "address", 0),
        (SPACE, "address", "lines", 1),
        (SPACE, "address", "city", "x"),
        (SPACE, ""),
        ("", ""),
    ],
)
def test_a_path_that_selects_nothing_is_refused(path: ClaimPath):
    card = held(NESTED)
    assert present((SPACE, "0"), (SPACE, "None"), card=card)
    with pytest.raises(NoMatchError):
        present((SPACE, "address"), path, card=card)
    with pytest.raises(NoMatchError):
        card.disclosed_by([path])


def test_what_a_choice_shows_is_told_before_it_is_made():
    assert held().disclosed_by(reversed(EVERY)) == EVERY
    assert held().disclosed_by([(OTHER_SPACE, "level")]) == ((OTHER_SPACE, "level"),)
    assert held().disclosed_by([]) == ()


# --- proving ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("signer", [None, STRANGER_KEY])
def test_only_the_device_key_presents(signer: Any):
    with pytest.raises(LocalProtocolError) as caught:
        held().present([(SPACE, "given_name")], binding=BINDING, signer=signer, at=NOW)
    assert caught.value.code == "WRONG_KEY"


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.ES384, Algorithm.ES512, Algorithm.EDDSA])
def test_a_device_key_of_any_of_our_kinds_presents(algorithm: Algorithm):
    device = SoftwareSigner.generate(algorithm)
    raw = held(holder=device.public_key).present(EVERY, binding=BINDING, signer=device, at=NOW)
    assert verify(raw).holder_key == device.public_key


def with_mac(card: HeldMdoc, signer: SoftwareSigner = DEVICE_KEY, **others: Any) -> bytes:
    return card.document_with_mac(
        EVERY,
        session_transcript=SESSION,
        agreement=agreement_of(signer),
        reader_key=READER_KEY.public_jwk,
        **others,
    )


def test_a_mac_is_made_for_one_reader():
    raw = base64url.encode(document.write([with_mac(held())]))
    verified = verify(raw, binding=WITH_READER)
    assert verified.claims == SEEN
    assert verified.holder_proved


def test_only_the_device_key_makes_a_mac():
    with pytest.raises(LocalProtocolError) as caught:
        with_mac(held(), STRANGER_KEY)
    assert caught.value.code == "WRONG_KEY"


@pytest.mark.parametrize("reader", [{}, {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, LEFT_OUT])
def test_a_mac_needs_a_reader_key_on_the_same_curve(reader: Any):
    if reader is LEFT_OUT:
        reader = jwk.public_jwk(SoftwareSigner.generate(Algorithm.ES384).public_key)
    with pytest.raises(MalformedError):
        held().document_with_mac(
            EVERY, session_transcript=SESSION, agreement=agreement_of(DEVICE_KEY), reader_key=reader
        )


def test_the_key_of_a_mac_is_a_key_on_p_256():
    """A wallet keeps keys for both: the one of this credential is the only one that can make its MAC."""
    other = SoftwareSigner(ec.generate_private_key(ec.SECP256R1()))
    assert with_mac(held(holder=other.public_key), other)


# --- what the device says by itself ----------------------------------------------------------------------------------


def said(raw: bytes) -> Any:
    return verify(base64url.encode(document.write([raw])), binding=WITH_READER).device_claims


@pytest.mark.parametrize("items", [{"device": {"anything": 1}}, {SPACE: {"pin_used": True}}, {}, None])
def test_a_device_says_what_it_is_authorised_to_say(items: Any):
    card = held(format=Mdoc(key_authorizations=ALLOWED))
    document = card.document(EVERY, session_transcript=SESSION, signer=DEVICE_KEY, device_items=items)
    assert said(document) == (items or {})
    assert said(with_mac(card, device_items=items)) == (items or {})


@pytest.mark.parametrize("items", [{"other": {"x": 1}}, {SPACE: {"level": 1}}, {SPACE: {"pin_used": True, "x": 1}}])
def test_a_device_does_not_say_more(items: Any):
    card = held(format=Mdoc(key_authorizations=ALLOWED))
    with pytest.raises(LocalProtocolError) as caught:
        card.document(EVERY, session_transcript=SESSION, signer=DEVICE_KEY, device_items=items)
    assert caught.value.code == "KEY_NOT_AUTHORISED"
    with pytest.raises(LocalProtocolError):
        with_mac(card, device_items=items)


def test_what_is_not_returned_can_be_told():
    errors = {SPACE: {"birth_date": 0}}
    made = held().document([(SPACE, "given_name")], session_transcript=SESSION, signer=DEVICE_KEY, errors=errors)
    assert cbor.loads(made)["errors"] == errors
    assert "errors" not in cbor.loads(held().document([], session_transcript=SESSION, signer=DEVICE_KEY))
    assert cbor.loads(with_mac(held(), errors=errors))["errors"] == errors


def test_a_value_without_a_form_in_json_is_found_when_it_is_looked_at():
    scene = Scene(items={SPACE: [embed(item(0, "given_name", Tag(61, 1)))]})
    card = HeldMdoc.from_store(scene.issued)
    with pytest.raises(MalformedError):
        card.claims
