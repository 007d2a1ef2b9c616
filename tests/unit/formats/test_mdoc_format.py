# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Issuing an mdoc: what is in it, in which order, and what is refused before anybody signs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.mdoc import (
    BEGINS,
    CLAIMS,
    DEVICE_KEY,
    DOC_TYPE,
    ENDS,
    ISSUER_KEY,
    OTHER_SPACE,
    SEEN,
    SPACE,
    Signers,
    content,
    issued,
    receive,
    unembed,
)
from tests.support.pki import chain
from vcwallet.cose.header import X5CHAIN
from vcwallet.credential_type import FullDate
from vcwallet.encoding import base64url, cbor
from vcwallet.errors import LimitExceededError, LocalProtocolError, MalformedError, SignatureInvalidError, VcError
from vcwallet.formats.base import IssuerKey
from vcwallet.formats.mdoc import DigestAlgorithm, HeldMdoc, IssuedMdoc, KeyAuthorizations, Mdoc, PresentedMdoc
from vcwallet.formats.mdoc.mso import MobileSecurityObject
from vcwallet.keys import Algorithm
from vcwallet.keys.policy import Role
from vcwallet.keys.software import SoftwareSigner

BY_ISSUER = IssuerKey(signer=ISSUER_KEY, chain=(), identifier=None)


def decoded(raw: str) -> dict[str, Any]:
    return cbor.loads(base64url.decode(raw))


def signed(raw: str) -> MobileSecurityObject:
    return MobileSecurityObject.loads(decoded(raw)["issuerAuth"][2])


def counting() -> Callable[[int], bytes]:
    """Return a source of salts that is the same each time."""
    return lambda size: b"".join(hashlib.sha256(bytes([number])).digest() for number in range(256))[:size]


def test_the_format_says_its_name_and_who_signs():
    assert Mdoc().format == "mso_mdoc"
    assert Mdoc().issuer_role is Role.DOCUMENT_SIGNER


def test_an_mdoc_is_what_its_issuer_said():
    assert receive(issued()).held.claims == SEEN


def test_what_an_issuer_signs():
    found = signed(issued(status={"status_list": {"idx": 3, "uri": "https://issuer.example/1"}}))
    assert found.doc_type == DOC_TYPE
    assert found.device_key == DEVICE_KEY.public_key
    assert (found.validity.signed, found.validity.valid_from, found.validity.valid_until) == (BEGINS, BEGINS, ENDS)
    assert found.status == {"status_list": {"idx": 3, "uri": "https://issuer.example/1"}}
    assert found.digest_algorithm is DigestAlgorithm.SHA_256
    assert {space: list(digests) for space, digests in found.digests.items()} == {SPACE: [0, 1, 2, 3], OTHER_SPACE: [0]}
    assert signed(issued()).status is None


def test_an_mdoc_is_two_members_with_the_elements_in_their_order():
    members = decoded(issued())
    assert list(members) == ["nameSpaces", "issuerAuth"]
    names = {
        space: [unembed(one)["elementIdentifier"] for one in items] for space, items in members["nameSpaces"].items()
    }
    assert names == {space: list(elements) for space, elements in CLAIMS.items()}


@pytest.mark.parametrize("name", list(DigestAlgorithm))
def test_the_digests_are_over_the_tagged_bytes_of_the_elements(name: DigestAlgorithm):
    raw = issued(format=Mdoc(digest_algorithm=name))
    found = signed(raw)
    for space, items in decoded(raw)["nameSpaces"].items():
        for one in items:
            digest = hashlib.new(name.value.replace("-", ""), cbor.dumps(one)).digest()
            assert found.digests[space][unembed(one)["digestID"]] == digest
    assert receive(raw).held.claims == SEEN


def test_the_numbers_of_the_digests_say_nothing_about_the_order_of_the_elements():
    claims = {SPACE: dict.fromkeys("abcdefgh", 1)}
    orders = {tuple(unembed(one)["digestID"] for one in decoded(issued(claims))["nameSpaces"][SPACE]) for _ in range(8)}
    assert len(orders) > 1
    assert all(sorted(order) == list(range(8)) for order in orders)


def test_no_two_salts_are_alike():
    salts = [unembed(one)["random"] for _ in range(3) for one in decoded(issued())["nameSpaces"][SPACE]]
    assert len(set(salts)) == 12
    assert {len(salt) for salt in salts} == {16}


@pytest.mark.parametrize("decoys", [0, 1, 5])
def test_decoys_hide_how_many_elements_there_are(decoys: int):
    raw = issued(format=Mdoc(decoys=decoys))
    found = signed(raw)
    assert len(found.digests[SPACE]) == 4 + decoys
    assert len(found.digests[OTHER_SPACE]) == 1 + decoys
    assert {len(digest) for digest in found.digests[SPACE].values()} == {32}
    assert len(set(found.digests[SPACE].values())) == 4 + decoys
    assert receive(raw).held.claims == SEEN


@pytest.mark.parametrize("name", [DigestAlgorithm.SHA_384, DigestAlgorithm.SHA_512])
def test_a_decoy_is_as_long_as_a_digest(name: DigestAlgorithm):
    found = signed(issued(format=Mdoc(decoys=3, digest_algorithm=name)))
    assert len({len(digest) for digest in found.digests[SPACE].values()}) == 1


def test_there_are_no_fewer_digests_than_elements():
    with pytest.raises(ValueError, match="no fewer digests"):
        Mdoc(decoys=-1)


def test_what_the_device_may_say_is_signed():
    allowed = KeyAuthorizations(namespaces=frozenset({"a"}), elements={"b": frozenset({"x"})})
    assert signed(issued(format=Mdoc(key_authorizations=allowed))).key_authorizations == allowed


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.ES384, Algorithm.ES512, Algorithm.EDDSA])
def test_issuer_and_device_may_have_keys_of_any_of_our_kinds(algorithm: Algorithm):
    signer, device = SoftwareSigner.generate(algorithm), SoftwareSigner.generate(algorithm)
    raw = issued(signer=signer, holder=device.public_key)
    assert receive(raw, trust=Signers(key=signer.public_key)).held.holder_key == device.public_key
    with pytest.raises(VcError):
        receive(raw)


def test_the_certificate_of_the_signer_stands_in_the_unprotected_header():
    certificates = chain(Role.DOCUMENT_SIGNER)
    leaf = certificates.x5c[0]
    protected, unprotected, _, _ = decoded(issued(signer=certificates.leaf.signer, chain=(leaf,)))["issuerAuth"]
    assert cbor.loads(protected) == {1: -7}
    assert unprotected == {X5CHAIN: leaf}
    assert decoded(issued(chain=certificates.x5c))["issuerAuth"][1] == {X5CHAIN: list(certificates.x5c)}
    assert decoded(issued())["issuerAuth"][1] == {}


# --- with a key that is far away -------------------------------------------------------------------------------------


def test_a_signature_can_be_made_elsewhere_and_put_back():
    prepared = Mdoc().prepare(content(), issuer=BY_ISSUER)
    raw = prepared.finish(ISSUER_KEY.sign(prepared.to_be_signed))
    assert receive(raw).held.claims == SEEN
    with pytest.raises(SignatureInvalidError):
        receive(prepared.finish(ISSUER_KEY.sign(prepared.to_be_signed + b"\0")))


def test_nothing_else_is_random():
    first, second = (Mdoc().prepare(content(), issuer=BY_ISSUER, random_bytes=counting()) for _ in range(2))
    assert first.to_be_signed == second.to_be_signed
    assert first.items == second.items


def test_the_order_of_the_salts_is_the_order_of_the_digests():
    prepared = Mdoc().prepare(content(), issuer=BY_ISSUER, random_bytes=counting())
    members = [unembed(cbor.loads(one)) for one in prepared.items[SPACE]]
    by_number = sorted(members, key=lambda one: one["digestID"])
    assert by_number == sorted(members, key=lambda one: one["random"])


def test_a_source_of_salts_that_repeats_itself_is_refused():
    with pytest.raises(ValueError, match="repeats itself"):
        Mdoc().prepare(content(), issuer=BY_ISSUER, random_bytes=bytes)


def test_the_elements_stay_out_of_the_repr():
    assert "Arthur" not in repr(Mdoc().prepare(content(), issuer=BY_ISSUER))


# --- what is not issued ----------------------------------------------------------------------------------------------


def test_an_mdoc_is_bound_to_a_key():
    with pytest.raises(LocalProtocolError) as caught:
        issued(holder=None)
    assert caught.value.code == "HOLDER_KEY_MISSING"


@pytest.mark.parametrize("claims", [{}, {SPACE: {}}, {SPACE: {"a": 1}, OTHER_SPACE: {}}])
def test_an_mdoc_says_something_in_each_namespace(claims: Any):
    issued({SPACE: {"a": 1}, OTHER_SPACE: {"b": 1}})
    with pytest.raises(MalformedError) as caught:
        issued(claims)
    assert caught.value.code == "CLAIM_INVALID"


@pytest.mark.parametrize("claims", [{"": {"a": 1}}, {SPACE: {"a": 1, "": 1}}, {SPACE: {"a": 1}, "": {"b": 1}}])
def test_namespaces_and_elements_have_names(claims: Any):
    issued({" ": {" ": 1}})
    with pytest.raises(MalformedError) as caught:
        issued(claims)
    assert caught.value.code == "CLAIM_INVALID"


@pytest.mark.parametrize("value", [object(), {1, 2}, "\ud800", 2**64, float("nan"), [{"a": float("inf")}], {1.5: 1}])
def test_a_claim_has_a_form_in_cbor(value: Any):
    issued({SPACE: {"a": [FullDate("1990-01-02"), {"b": 1.5}]}})
    with pytest.raises(MalformedError) as caught:
        issued({SPACE: {"a": value}})
    assert caught.value.code == "CLAIM_INVALID"


def test_an_mdoc_has_at_most_two_hundred_elements():
    names = list(map(str, range(201)))
    claims = {SPACE: dict.fromkeys(names[:199], 1), OTHER_SPACE: {"x": 1}}
    assert receive(issued(claims)).held.claims == claims
    with pytest.raises(LimitExceededError):
        issued({SPACE: dict.fromkeys(names[:199], 1), OTHER_SPACE: {"x": 1, "y": 1}})
    with pytest.raises(LimitExceededError):
        issued({SPACE: dict.fromkeys(names, 1)})


# --- reading ---------------------------------------------------------------------------------------------------------


def test_what_others_made_is_read_with_the_algorithms_of_the_format():
    format = Mdoc(algorithms=frozenset({Algorithm.ES384}))
    assert format.read_issued("AA") == IssuedMdoc("AA", algorithms=frozenset({Algorithm.ES384}))
    assert format.read_presentation("AA") == PresentedMdoc("AA", algorithms=frozenset({Algorithm.ES384}))


def test_a_credential_is_reopened_from_the_store():
    raw = issued()
    found = Mdoc().reopen(raw)
    assert isinstance(found, HeldMdoc)
    assert found.claims == SEEN
    assert found == receive(raw).held


@pytest.mark.parametrize("raw", ["", "!", "AA", "oA", "é", "oWppc3N1ZXJBdXRo9g"])
def test_what_is_no_mdoc_is_not_reopened(raw: str):
    with pytest.raises(VcError):
        Mdoc().reopen(raw)
