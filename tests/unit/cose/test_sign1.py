# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""COSE_Sign1 (RFC 9052, sections 4.2 and 4.4): what is not verified gives nothing out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from vcwallet.cose import sign1
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    SignatureInvalidError,
    UnsupportedError,
)
from vcwallet.keys import Algorithm, PublicKey, cose_key
from vcwallet.keys.algorithm import CLASSICAL
from vcwallet.keys.software import SoftwareSigner

PAYLOAD = b"This is the content."
CLASSICAL_NAMES = sorted(CLASSICAL)
POST_QUANTUM = sorted(set(Algorithm) - CLASSICAL)

# RFC 9052, appendix C.2.1, with the key "11" of appendix C.7.1.
KEY = cose_key.parse({
    1: 2,
    -1: 1,
    -2: bytes.fromhex("bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff"),
    -3: bytes.fromhex("20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e"),
})  # fmt: skip
MESSAGE = bytes.fromhex(
    "d28443a10126a10442313154546869732069732074686520636f6e74656e742e58408eb33e4ca31d1c465ab05aac34cc6b23"
    "d58fef5c083106c4"
    "d25a91aef0b0117e2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b0916e5a4c345cacb36"
)
TO_BE_SIGNED = bytes.fromhex("846a5369676e61747572653143a101264054546869732069732074686520636f6e74656e742e")


@pytest.fixture(scope="module")
def signer():
    return SoftwareSigner.generate()


# --- signing and verifying -------------------------------------------------------------------------------------------


def test_a_published_signature_verifies():
    read = sign1.loads(MESSAGE, tagged=True)
    assert read.headers.key_id == b"11"
    assert read.verify(KEY) == PAYLOAD
    assert sign1.parse(cbor.loads(MESSAGE[1:])).verify(KEY) == PAYLOAD


def test_what_is_signed_is_as_published():
    prepared = sign1.prepare(PAYLOAD, algorithm=Algorithm.ES256, unprotected={4: b"11"})
    assert prepared.to_be_signed == TO_BE_SIGNED
    signature = sign1.loads(MESSAGE, tagged=True).signature
    assert sign1.dumps(prepared.finish(signature), tagged=True) == MESSAGE
    assert sign1.dumps(prepared.finish(signature)) == MESSAGE[1:]


@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize("unprotected", [None, {4: b"1", 33: [b"one", b"two"]}])
def test_a_message_can_be_encoded_when_it_is_finished(detached, unprotected):
    prepared = sign1.prepare(PAYLOAD, algorithm=Algorithm.ES256, unprotected=unprotected, detached=detached)
    assert prepared.encoded(SIGNATURE) == sign1.dumps(prepared.finish(SIGNATURE))


def test_external_data_is_signed_between_the_header_and_the_payload():
    """RFC 9052, section 4.4: [context, protected, external_aad, payload]."""
    prepared = sign1.prepare(PAYLOAD, algorithm=Algorithm.ES256, external_aad=b"\x11\xaa")
    assert cbor.loads(prepared.to_be_signed) == ["Signature1", b"\xa1\x01\x26", b"\x11\xaa", PAYLOAD]


@pytest.mark.parametrize("algorithm", CLASSICAL_NAMES)
def test_a_signature_gives_its_payload_out(algorithm):
    signer = SoftwareSigner.generate(algorithm)
    message = sign1.sign(PAYLOAD, signer=signer, protected={16: "a/b"}, unprotected={4: b"1"})
    read = sign1.loads(sign1.dumps(message))
    assert read.headers.algorithm is signer.public_key.algorithm
    assert (read.headers.typ, read.headers.key_id) == ("a/b", b"1")
    assert read.verify(signer.public_key) == PAYLOAD


@pytest.mark.parametrize("algorithm", POST_QUANTUM)
def test_a_post_quantum_signature_is_accepted_only_where_it_is_named(algorithm):
    signer = SoftwareSigner.generate(algorithm)
    read = sign1.parse(sign1.sign(PAYLOAD, signer=signer))
    assert read.verify(signer.public_key, algorithms={algorithm}) == PAYLOAD
    with pytest.raises(AlgorithmNotAllowedError):
        read.verify(signer.public_key)


def test_an_empty_payload_is_a_payload(signer):
    assert sign1.parse(sign1.sign(b"", signer=signer)).verify(signer.public_key) == b""


def test_another_key_does_not_verify(signer):
    read = sign1.parse(sign1.sign(PAYLOAD, signer=signer))
    with pytest.raises(SignatureInvalidError):
        read.verify(SoftwareSigner.generate().public_key)


def test_a_part_that_was_exchanged_does_not_verify(signer):
    parts: list[Any] = sign1.sign(PAYLOAD, signer=signer)
    protected, unprotected, payload, signature = parts
    sign1.parse([protected, {4: b"2"}, payload, signature]).verify(signer.public_key)  # nothing protects this one
    for changed in (
        [protected, unprotected, payload + b" ", signature],
        [cbor.dumps({1: -7, 4: b"2"}), unprotected, payload, signature],
        [cbor.dumps({1: -9}), unprotected, payload, signature],
        [protected, unprotected, payload, signature[::-1]],
        [protected, unprotected, payload, signature[1:]],
        [protected, unprotected, payload, signature + b"\0"],
        [protected, unprotected, payload, b""],
    ):
        with pytest.raises(SignatureInvalidError):
            sign1.parse(changed).verify(signer.public_key)


def test_a_signature_of_the_same_bytes_in_another_context_does_not_verify(signer):
    """A MAC_structure or a COSE_Signature over the same parts is something else."""
    protected, _, payload, _ = sign1.sign(PAYLOAD, signer=signer)
    for name in ("MAC0", "Signature", "CounterSignature"):
        signature = signer.sign(cbor.dumps([name, protected, b"", payload]))
        with pytest.raises(SignatureInvalidError):
            sign1.parse([protected, {}, payload, signature]).verify(signer.public_key)
    signature = signer.sign(cbor.dumps(["Signature1", protected, b"", payload]))
    assert sign1.parse([protected, {}, payload, signature]).verify(signer.public_key) == PAYLOAD


def test_the_algorithm_must_be_the_keys_own(signer):
    """The header does not choose: one that names another algorithm is refused before any signature is computed."""
    _, _, payload, signature = sign1.sign(PAYLOAD, signer=signer)
    for name in set(Algorithm) - {Algorithm.ES256}:
        forged = sign1.parse([cbor.dumps({1: cose_key.cose_algorithm(name)}), {}, payload, signature])
        with pytest.raises(AlgorithmNotAllowedError):
            forged.verify(signer.public_key, algorithms=set(Algorithm))


def test_the_algorithm_must_be_on_our_list(signer):
    read = sign1.parse(sign1.sign(PAYLOAD, signer=signer))
    assert read.verify(signer.public_key, algorithms=[Algorithm.ES256]) == PAYLOAD
    for algorithms in ([], [Algorithm.ES384]):
        with pytest.raises(AlgorithmNotAllowedError):
            read.verify(signer.public_key, algorithms=algorithms)


@pytest.mark.parametrize(("identifier", "name"), [(-8, Algorithm.EDDSA), (-19, Algorithm.ED25519)])
def test_an_ed25519_signature_is_read_under_both_of_its_names(identifier, name):
    signer = SoftwareSigner.generate(Algorithm.ED25519)
    read = sign1.parse(sign1.sign(PAYLOAD, signer=signer, protected={1: identifier}))
    assert read.headers.algorithm is name
    assert read.verify(signer.public_key) == PAYLOAD


@pytest.mark.parametrize("identifier", [-35, -8, -9, 5, None, "ES256"])
def test_signing_under_the_name_of_another_algorithm_is_a_mistake_of_the_caller(signer, identifier):
    sign1.sign(PAYLOAD, signer=signer, protected={1: -7})
    with pytest.raises(ValueError, match="alg"):
        sign1.sign(PAYLOAD, signer=signer, protected={1: identifier})


def test_a_header_that_nobody_may_write_is_a_mistake_of_the_caller(signer):
    for headers in ({"unprotected": {1: -7}}, {"protected": {4: b"1"}, "unprotected": {4: b"1"}}):
        with pytest.raises(ValueError, match="label"):
            sign1.sign(PAYLOAD, signer=signer, **headers)


def test_the_payload_does_not_show_before_it_is_verified(signer):
    read = sign1.parse(sign1.sign(PAYLOAD, signer=signer))
    assert "This is" not in repr(read)
    assert not hasattr(read, "payload")
    assert read.unverified_payload == PAYLOAD


# --- payloads that are elsewhere -------------------------------------------------------------------------------------


def test_a_detached_payload_comes_by_another_way(signer):
    message = sign1.sign(PAYLOAD, signer=signer, detached=True)
    assert message[2] is None
    read = sign1.loads(sign1.dumps(message))
    assert read.unverified_payload is None
    assert read.verify(signer.public_key, detached_payload=PAYLOAD) == PAYLOAD
    with pytest.raises(SignatureInvalidError):
        read.verify(signer.public_key, detached_payload=b"something else")


def test_a_detached_payload_may_be_empty(signer):
    read = sign1.parse(sign1.sign(b"", signer=signer, detached=True))
    assert read.verify(signer.public_key, detached_payload=b"") == b""


def test_a_payload_is_in_one_place(signer):
    """None would leave open what was signed; two would let a reader show another one than was verified."""
    attached, detached = (sign1.parse(sign1.sign(PAYLOAD, signer=signer, detached=cut)) for cut in (False, True))
    with pytest.raises(MalformedError) as caught:
        detached.verify(signer.public_key)
    assert caught.value.code == "PAYLOAD_DETACHED"
    for payload in (PAYLOAD, b""):
        with pytest.raises(MalformedError) as caught:
            attached.verify(signer.public_key, detached_payload=payload)
        assert caught.value.code == "PAYLOAD_NOT_DETACHED"


def test_external_data_is_signed_too(signer):
    read = sign1.parse(sign1.sign(PAYLOAD, signer=signer, external_aad=b"session"))
    assert read.verify(signer.public_key, external_aad=b"session") == PAYLOAD
    for external_aad in (b"", b"sessio", b"another"):
        with pytest.raises(SignatureInvalidError):
            read.verify(signer.public_key, external_aad=external_aad)


# --- keys that are elsewhere -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FarSigner:
    """A signer whose key is behind a channel that takes bytes and returns bytes, as an HSM or a signing service."""

    public_key: PublicKey
    channel: Callable[[bytes], bytes]

    def sign(self, data: bytes, /) -> bytes:
        return self.channel(data)


@pytest.mark.parametrize("algorithm", CLASSICAL_NAMES)
def test_a_signature_is_prepared_here_and_made_elsewhere(algorithm):
    inside = SoftwareSigner.generate(algorithm)
    prepared = sign1.prepare(PAYLOAD, algorithm=algorithm, protected={16: "a/b"}, unprotected={4: b"1"})
    read = sign1.parse(prepared.finish(inside.sign(prepared.to_be_signed)))
    assert read.verify(inside.public_key) == PAYLOAD
    assert read.headers.algorithm is algorithm


def test_what_is_prepared_is_what_the_everyday_call_signs():
    """Ed25519 is deterministic, so both ways must give the same message."""
    inside = SoftwareSigner.generate(Algorithm.EDDSA)
    signer = FarSigner(inside.public_key, inside.sign)
    options: dict[str, Any] = {"protected": {16: "a/b"}, "unprotected": {4: b"1"}, "external_aad": b"x"}
    prepared = sign1.prepare(PAYLOAD, algorithm=Algorithm.EDDSA, detached=True, **options)
    assert prepared.finish(inside.sign(prepared.to_be_signed)) == sign1.sign(
        PAYLOAD, signer=signer, detached=True, **options
    )


# --- form ------------------------------------------------------------------------------------------------------------

HEADER = b"\xa1\x01\x26"
SIGNATURE = bytes(64)
GOOD: list[Any] = [HEADER, {}, b"", SIGNATURE]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "nothing"),
        (b"", "bytes"),
        ({}, "a map"),
        ([], "no element"),
        (GOOD[:3], "three elements"),
        ([*GOOD, b""], "five elements"),
        (tuple(GOOD), "no array of strict CBOR"),
        ([None, *GOOD[1:]], "no protected header"),
        ([{1: -7}, *GOOD[1:]], "a protected header that is not encoded"),
        ([HEADER, None, b"", SIGNATURE], "no unprotected header"),
        ([HEADER, {}, "", SIGNATURE], "a text as payload"),
        ([HEADER, {}, Tag(24, b""), SIGNATURE], "a payload that is not encoded"),
        ([HEADER, {}, b"", None], "no signature"),
        ([HEADER, {}, b"", [SIGNATURE]], "an array of signatures, as a COSE_Sign has"),
        (Tag(18, GOOD), "a tag"),
        (Tag(17, GOOD), "the tag of a MAC"),
    ],
)
def test_what_is_no_message_is_refused(value, reason):
    sign1.parse(GOOD)
    with pytest.raises(MalformedError):
        sign1.parse(value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (GOOD, "no tag"),
        (Tag(17, GOOD), "the tag of a MAC"),
        (Tag(61, Tag(18, GOOD)), "another tag outside"),
        (Tag(18, Tag(18, GOOD)), "two tags"),
        (Tag(18, None), "nothing in the tag"),
    ],
)
def test_the_tag_is_there_where_it_has_to_be(value, reason):
    sign1.parse(Tag(18, GOOD), tagged=True)
    with pytest.raises(MalformedError):
        sign1.parse(value, tagged=True)


def test_the_algorithm_is_protected_and_one_that_we_have():
    for headers in ((b"", {1: -7}), (b"\xa0", {1: -7}), (b"\xa1\x01\x05", {}), (b"", {})):
        with pytest.raises(AlgorithmNotAllowedError):
            sign1.parse([*headers, b"", SIGNATURE])


def test_an_extension_is_refused():
    with pytest.raises(UnsupportedError):
        sign1.parse([cbor.dumps({1: -7, 2: [98], 98: 1}), {}, b"", SIGNATURE])


def test_bytes_after_the_message_are_refused():
    with pytest.raises(MalformedError):
        sign1.loads(MESSAGE + b"\0", tagged=True)


def test_a_message_has_at_most_1_mib():
    room = 1024 * 1024 - len(sign1.dumps([HEADER, {}, bytes(70_000), SIGNATURE])) + 70_000
    longest = sign1.dumps([HEADER, {}, bytes(room), SIGNATURE])
    assert len(longest) == 1024 * 1024
    sign1.loads(longest)
    with pytest.raises(LimitExceededError):
        sign1.loads(sign1.dumps([HEADER, {}, bytes(room + 1), SIGNATURE]))
