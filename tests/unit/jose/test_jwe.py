# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""JSON Web Encryption (RFC 7516) with ECDH-ES on P-256 (RFC 7518, section 4.6)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from vcwallet.encoding import base64url
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    SignatureInvalidError,
    UnsupportedError,
    VcError,
)
from vcwallet.jose import jwe
from vcwallet.jose.jwe import ContentEncryption
from vcwallet.keys import Algorithm, KeyAgreement, jwk
from vcwallet.keys.software import SoftwareKeyAgreement, SoftwareSigner

A128GCM, A256GCM = ContentEncryption
PLAINTEXT = b'{"vp_token":{"pid":["..."]}}'

# RFC 7518, appendix C: Alice writes to Bob with the ephemeral key.
ALICE = {
    "kty": "EC",
    "crv": "P-256",
    "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
    "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
}
BOB = {
    "kty": "EC",
    "crv": "P-256",
    "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
    "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
}
BOB_PRIVATE = "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"
# With the derived key of the appendix, "VqqN6vgjbSBcIijNcacQGg", an initialisation vector of zeros and the plaintext
# "secret", made with the AES-GCM of another implementation.
FROM_ALICE = (
    "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSIsImFwdSI6IlFXeHBZMlUiLCJhcHYiOiJRbTlpIiwiZXBrIjp7Imt0eSI6"
    "IkVDIiwiY3J2IjoiUC0yNTYiLCJ4IjoiZ0kwR0FJTEJkdTdUNTNha3JGbU15R2NzRjNuNWRPN01td05CSEtXNVNWMCIsInkiOiJT"
    "TFdfeFNmZnpsUFdySEVWSTMwREhNXzRlZ1Z3dDNOUXFlVUQ3bk1GcHBzIn19"
    "..AAAAAAAAAAAAAAAA.xLbsvJhn.h_a9_4l1iEbdC9-OuoBTZQ"
)


@pytest.fixture(scope="module")
def bob():
    number = int.from_bytes(base64url.decode(BOB_PRIVATE), "big")
    return SoftwareKeyAgreement(ec.derive_private_key(number, ec.SECP256R1()))


@pytest.fixture(scope="module")
def recipient():
    return SoftwareKeyAgreement.generate()


@pytest.fixture(params=ContentEncryption, scope="module")
def enc(request):
    return request.param


def encrypted(recipient: KeyAgreement, enc: ContentEncryption = A128GCM, **options: Any) -> str:
    return jwe.encrypt(PLAINTEXT, recipient_jwk=recipient.public_jwk, enc=enc, **options)


def part(members: object) -> str:
    return base64url.encode(json.dumps(members).encode())


def header_of(text: str) -> dict[str, Any]:
    return json.loads(base64url.decode(text.split(".")[0]))


# --- encrypting and decrypting ---------------------------------------------------------------------------------------


def test_the_message_of_the_rfc_is_decrypted(bob):
    assert bob.public_jwk == BOB
    message = jwe.parse(FROM_ALICE)
    assert (message.header.apu, message.header.apv) == (b"Alice", b"Bob")
    assert message.header.epk == ALICE
    assert message.decrypt(bob) == b"secret"


def test_a_message_is_decrypted_by_its_recipient(recipient, enc):
    message = jwe.parse(encrypted(recipient, enc))
    assert message.header.enc is enc
    assert message.decrypt(recipient) == PLAINTEXT
    assert jwe.parse(encrypted(recipient, enc).encode()).decrypt(recipient) == PLAINTEXT


def test_an_empty_message_is_a_message(recipient, enc):
    text = jwe.encrypt(b"", recipient_jwk=recipient.public_jwk, enc=enc)
    assert jwe.parse(text).decrypt(recipient) == b""


def test_the_parties_are_named_in_the_header_and_bound(recipient):
    text = encrypted(recipient, kid="key-1", apu=b"\x00sender", apv=b"nonce")
    header = jwe.parse(text).header
    assert (header.key_id, header.apu, header.apv) == ("key-1", b"\x00sender", b"nonce")
    assert header_of(text).keys() == {"alg", "enc", "epk", "kid", "apu", "apv"}
    assert jwe.parse(text).decrypt(recipient) == PLAINTEXT


def test_parties_that_are_not_named_are_not_in_the_header(recipient):
    text = encrypted(recipient)
    assert header_of(text).keys() == {"alg", "enc", "epk"}
    header = jwe.parse(text).header
    assert (header.key_id, header.apu, header.apv) == (None, b"", b"")


def test_the_identifier_of_the_recipients_key_is_copied(recipient):
    """OpenID4VP 1.0, section 8.3."""
    text = jwe.encrypt(PLAINTEXT, recipient_jwk={**recipient.public_jwk, "kid": "7"}, enc=A128GCM)
    assert jwe.parse(text).header.key_id == "7"


def test_only_the_public_half_of_the_ephemeral_key_is_sent(recipient):
    assert header_of(encrypted(recipient))["epk"].keys() == {"kty", "crv", "x", "y"}


def test_no_two_messages_have_the_same_ephemeral_key_or_initialisation_vector(recipient):
    messages = [jwe.parse(encrypted(recipient)) for _ in range(20)]
    assert len({message.iv for message in messages}) == 20
    assert len({message.header.epk["x"] for message in messages}) == 20


@dataclass(frozen=True)
class FarKeyAgreement:
    """A key behind a channel that takes a public key and returns a secret, as in an HSM."""

    public_jwk: dict[str, str]
    inside: SoftwareKeyAgreement

    def agree(self, peer: dict[str, str], /) -> bytes:
        assert peer.keys() == {"kty", "crv", "x", "y"}
        return self.inside.agree(peer)


def test_a_message_is_decrypted_by_a_key_that_is_elsewhere(recipient, enc):
    far = FarKeyAgreement(recipient.public_jwk, recipient)
    assert jwe.parse(encrypted(far, enc)).decrypt(far) == PLAINTEXT


# --- what does not decrypt -------------------------------------------------------------------------------------------


def change(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def failures(recipient: SoftwareKeyAgreement, enc: ContentEncryption) -> list[tuple[jwe.Jwe, KeyAgreement]]:
    message = jwe.parse(encrypted(recipient, enc, apu=b"sender"))
    other = A128GCM if enc is A256GCM else A256GCM
    return [
        (message, SoftwareKeyAgreement.generate()),
        (replace(message, header=replace(message.header, epk=SoftwareKeyAgreement.generate().public_jwk)), recipient),
        (replace(message, header=replace(message.header, apu=b"another")), recipient),
        (replace(message, header=replace(message.header, apv=b"another")), recipient),
        (replace(message, header=replace(message.header, enc=other)), recipient),
        (replace(message, iv=change(message.iv)), recipient),
        (replace(message, ciphertext_and_tag=change(message.ciphertext_and_tag)), recipient),
        (replace(message, ciphertext_and_tag=message.ciphertext_and_tag[1:]), recipient),
        (replace(message, ciphertext_and_tag=message.ciphertext_and_tag[:16]), recipient),
        (replace(message, additional_data=message.additional_data + b"A"), recipient),
    ]


def test_all_failures_to_decrypt_look_the_same(recipient, enc):
    for message, key in failures(recipient, enc):
        with pytest.raises(SignatureInvalidError) as caught:
            message.decrypt(key)
        assert str(caught.value) == "the ciphertext does not decrypt [DECRYPTION_FAILED]"
        assert caught.value.__cause__ is None


def test_the_content_encryption_must_be_on_our_list(recipient, enc):
    message = jwe.parse(encrypted(recipient, enc))
    assert message.decrypt(recipient, encryptions=[enc]) == PLAINTEXT
    for allowed in (set(), set(ContentEncryption) - {enc}):
        with pytest.raises(AlgorithmNotAllowedError):
            message.decrypt(recipient, encryptions=allowed)


# --- whom one encrypts to --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "members", [{}, {"use": "enc"}, {"alg": "ECDH-ES"}, {"use": "enc", "alg": "ECDH-ES", "kid": "1"}]
)
def test_one_encrypts_to_a_key_for_encryption(recipient, members):
    text = jwe.encrypt(PLAINTEXT, recipient_jwk={**recipient.public_jwk, **members}, enc=A256GCM)
    assert jwe.parse(text).decrypt(recipient) == PLAINTEXT


@pytest.mark.parametrize("members", [{"use": "sig"}, {"alg": "ECDH-ES+A128KW"}, {"alg": "ES256"}, {"alg": None}])
def test_one_does_not_encrypt_to_a_key_for_something_else(members):
    with pytest.raises(AlgorithmNotAllowedError):
        jwe.encrypt(PLAINTEXT, recipient_jwk={**BOB, **members}, enc=A128GCM)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"kty": "OKP", "crv": "X25519", "x": BOB["x"]},
        {**BOB, "x": ALICE["x"]},
        {**BOB, "d": BOB_PRIVATE},
        {**BOB, "kid": 7},
        jwk.public_jwk(SoftwareSigner.generate(Algorithm.ES384).public_key),
    ],
)
def test_one_does_not_encrypt_to_what_is_no_public_point_on_p_256(value):
    with pytest.raises(MalformedError):
        jwe.encrypt(PLAINTEXT, recipient_jwk=value, enc=A128GCM)


# --- what is read ----------------------------------------------------------------------------------------------------

HEADER = {"alg": "ECDH-ES", "enc": "A128GCM", "epk": ALICE}
REST = f".{'A' * 16}.AAAA.{'A' * 22}"


def compact(**members: object) -> str:
    return f"{part({**HEADER, **members})}.{REST}"


def refusal(text: str | bytes) -> VcError:
    jwe.parse(compact())
    with pytest.raises(VcError) as caught:
        jwe.parse(text)
    return caught.value


@pytest.mark.parametrize(
    "alg",
    ["dir", "RSA1_5", "RSA-OAEP", "RSA-OAEP-256", "A128KW", "A128GCMKW", "ECDH-ES+A128KW", "ECDH-ES+A256KW",
     "PBES2-HS256+A128KW", "ecdh-es", "none", "ES256", "", None, 1, ["ECDH-ES"]],
)  # fmt: skip
def test_another_key_management_is_refused(alg):
    assert type(refusal(compact(alg=alg))) is AlgorithmNotAllowedError


@pytest.mark.parametrize("enc", ["A192GCM", "A128CBC-HS256", "A256CBC-HS512", "a128gcm", "", None, 128, ["A128GCM"]])
def test_another_content_encryption_is_refused(enc):
    assert type(refusal(compact(enc=enc))) is AlgorithmNotAllowedError


@pytest.mark.parametrize("name", ["alg", "enc", "epk"])
def test_a_header_without_a_member_that_we_need_is_refused(name):
    members = {key: value for key, value in HEADER.items() if key != name}
    refusal(f"{part(members)}.{REST}")


@pytest.mark.parametrize(
    "members",
    [{"zip": "DEF"}, {"zip": None}, {"crit": ["exp"]}, {"crit": []}, {"p2c": 2**31}, {"p2s": "c2FsdA"}],
)
def test_compression_extensions_and_work_factors_are_refused(members):
    assert type(refusal(compact(**members))) is UnsupportedError


@pytest.mark.parametrize(
    "epk",
    [
        None,
        {},
        "P-256",
        {**ALICE, "d": "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo"},
        {**ALICE, "x": BOB["x"]},
        {**ALICE, "x": base64url.encode(bytes(32)), "y": base64url.encode(bytes(32))},
        {**ALICE, "x": ALICE["x"] + "="},
        {**ALICE, "crv": "P-384"},
        {**ALICE, "kty": "OKP"},
        {"kty": "OKP", "crv": "X25519", "x": ALICE["x"]},
    ],
)
def test_an_ephemeral_key_that_is_no_public_point_on_p_256_is_refused(epk):
    """A point off the curve would draw the recipient's private key out, bit by bit (invalid curve attack)."""
    assert type(refusal(compact(epk=epk))) is MalformedError


@pytest.mark.parametrize("members", [{"kid": 1}, {"apu": 1}, {"apv": "a="}, {"apu": "A"}, {"apv": "AB"}, {"apu": []}])
def test_a_header_member_of_the_wrong_kind_is_refused(members):
    assert type(refusal(compact(**members))) is MalformedError


PROTECTED = part(HEADER)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "nothing"),
        (PROTECTED, "one part"),
        (f"{PROTECTED}.e30.{'A' * 86}", "three parts, as a signature has"),
        (f"{PROTECTED}.{REST}.", "six parts"),
        (f"{PROTECTED}.AAAA{REST}", "an encrypted key"),
        (f".{REST}", "no header"),
        (f"{PROTECTED}=.{REST}", "padding"),
        (f"{PROTECTED}..{'A' * 15}.AAAA.{'A' * 22}", "an initialisation vector of 11 bytes"),
        (f"{PROTECTED}..{'A' * 18}.AAAA.{'A' * 22}", "an initialisation vector of 13 bytes"),
        (f"{PROTECTED}...AAAA.{'A' * 22}", "no initialisation vector"),
        (f"{PROTECTED}..{'A' * 16}.AAAA.", "no tag"),
        (f"{PROTECTED}..{'A' * 16}.AAAA.{'A' * 16}", "a tag of 12 bytes"),
        (f"{PROTECTED}..{'A' * 16}.AAAA.{'A' * 21}B", "a second spelling of a tag"),
        (f"{PROTECTED}..{'A' * 16}.AAA=.{'A' * 22}", "padding of the ciphertext"),
        (f"{PROTECTED}..{'A' * 16}.AA\nAA.{'A' * 22}", "a line break"),
        (f"{PROTECTED}..{'A' * 16}.AA\u3042A.{'A' * 22}", "a character outside ASCII"),
        (b"\xff.." + b"A" * 16 + b".AAAA." + b"A" * 22, "a byte outside ASCII"),
        (json.dumps({"protected": PROTECTED, "recipients": [{}, {}], "iv": "A" * 16}), "two recipients"),
        (base64url.encode(b'{"alg":"dir","alg":"ECDH-ES"}') + f".{REST}", "a duplicate member"),
        (base64url.encode(b"[]") + f".{REST}", "a header that is no object"),
    ],
)
def test_what_is_no_compact_serialisation_is_refused(text, reason):
    assert type(refusal(text)) is MalformedError


def test_sizes_are_limited():
    room = 1024 * 1024 - len(compact())
    fitting = f"{PROTECTED}..{'A' * 16}.{'A' * (4 + room - room % 4)}.{'A' * 22}"
    jwe.parse(fitting)
    with pytest.raises(LimitExceededError):
        jwe.parse(f"{PROTECTED}..{'A' * 16}.{'A' * (8 + room)}.{'A' * 22}")
    jwe.parse(compact(kid="k" * 24_000))
    with pytest.raises(LimitExceededError):
        jwe.parse(compact(kid="k" * 25_000))


def test_there_is_no_plaintext_before_it_is_decrypted(recipient):
    message = jwe.parse(encrypted(recipient))
    assert not {"plaintext", "payload"} & set(dir(message))
    with pytest.raises(TypeError):
        message.header.members["alg"] = "dir"  # type: ignore[index]
