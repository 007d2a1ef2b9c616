# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Encrypted requests and responses (OpenID4VCI 1.0, section 10): as encrypted as the receiver demands."""

from __future__ import annotations

from typing import Any

import pytest

from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    RemoteProtocolError,
    SignatureInvalidError,
    UnsupportedError,
    UntrustedError,
    VcError,
)
from vcwallet.jose import header as jose_header
from vcwallet.jose import jwe
from vcwallet.jose.jwe import ContentEncryption
from vcwallet.keys.jwk import public_jwk
from vcwallet.keys.software import SoftwareKeyAgreement, SoftwareSigner
from vcwallet.protocols.openid4vci.encryption import (
    ENCRYPTED,
    MAX_BYTES,
    MAX_KID,
    PLAIN,
    MessageBody,
    MessageKey,
    encrypt_message,
    message_jwk,
    read_message,
    read_response_encryption,
)

KEY = MessageKey(kid="2026-11", agreement=SoftwareKeyAgreement.generate())
OLDER = MessageKey(kid="2026-10", agreement=SoftwareKeyAgreement.generate())
STRANGER = MessageKey(kid="2026-11", agreement=SoftwareKeyAgreement.generate())
TEXT = b'{"a":1}'
A256GCM = ContentEncryption.A256GCM


def message(key: MessageKey = KEY, enc: ContentEncryption = A256GCM) -> bytes:
    return encrypt_message(TEXT, jwk=key.jwk, enc=enc).encode()


def read(body: bytes, content_type: str | None = ENCRYPTED, **changes: Any) -> MessageBody:
    arguments: dict[str, Any] = {"keys": (KEY, OLDER), "required": True}
    return read_message(body, content_type=content_type, **arguments | changes)


class TestMessages:
    @pytest.mark.parametrize("enc", ContentEncryption)
    @pytest.mark.parametrize("key", [KEY, OLDER], ids=lambda key: key.kid)
    def test_an_encrypted_message_comes_back(self, enc, key):
        assert read(message(key, enc)) == MessageBody(json=TEXT, encrypted=True)
        assert read(message(key, enc), required=False).encrypted

    @pytest.mark.parametrize("content_type", ["Application/JWT", "application/jwt; charset=utf-8", " application/jwt "])
    def test_the_media_type_may_have_parameters(self, content_type):
        assert read(message(), content_type).json == TEXT

    def test_the_header_names_the_key(self):
        header = jwe.parse(message()).header
        assert (header.key_id, header.members["alg"]) == (KEY.kid, "ECDH-ES")

    def test_plain_json_passes_where_encryption_is_not_required(self):
        assert read(TEXT, PLAIN, required=False) == MessageBody(json=TEXT, encrypted=False)
        with pytest.raises(RemoteProtocolError) as caught:
            read(TEXT, PLAIN)
        assert caught.value.code == "ENCRYPTION_MISSING"

    @pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/jwt+json", "application/jose"])
    @pytest.mark.parametrize("required", [True, False])
    def test_a_message_of_another_media_type_is_refused(self, content_type, required):
        with pytest.raises(MalformedError):
            read(message(), content_type, required=required)

    def test_json_that_calls_itself_encrypted_is_refused(self):
        with pytest.raises(MalformedError):
            read(TEXT, ENCRYPTED)

    def test_a_jwe_that_calls_itself_json_is_not_decrypted(self):
        assert read(message(), PLAIN, required=False).json != TEXT

    def test_who_has_no_key_takes_no_encrypted_messages(self):
        with pytest.raises(UnsupportedError):
            read(message(), keys=(), required=False)

    def test_a_message_to_another_key_is_refused(self):
        with pytest.raises(UntrustedError) as caught:
            read(message(OLDER), keys=(KEY,))
        assert caught.value.code == "KEY_NOT_FOUND"
        with pytest.raises(SignatureInvalidError) as failed:
            read(message(STRANGER))
        assert failed.value.code == "DECRYPTION_FAILED"

    def test_without_a_kid_there_is_one_key_to_choose_from(self):
        text = jwe.encrypt(TEXT, recipient_jwk=KEY.agreement.public_jwk, enc=A256GCM).encode()
        assert read(text, keys=(KEY,)).json == TEXT
        with pytest.raises(UntrustedError):
            read(text)

    def test_the_content_encryption_is_one_that_was_offered(self):
        text = message(enc=ContentEncryption.A128GCM)
        assert read(text, encryptions={ContentEncryption.A128GCM}).json == TEXT
        with pytest.raises(AlgorithmNotAllowedError):
            read(text, encryptions={A256GCM})

    def test_compression_is_refused(self):
        header, *rest = message().decode().split(".")
        members = {**jose_header.decode(header.encode()), "zip": "DEF"}
        with pytest.raises(UnsupportedError):
            read(".".join((jose_header.encode(members), *rest)).encode())

    def test_a_message_has_a_limit(self):
        read(TEXT + b" " * (MAX_BYTES - len(TEXT)), PLAIN, required=False)
        for content_type in (PLAIN, ENCRYPTED):
            with pytest.raises(LimitExceededError):
                read(b" " * (MAX_BYTES + 1), content_type, required=False)

    def test_no_character_of_it_can_be_changed(self):
        text = message()
        for position in range(len(text)):
            flipped = bytes([*text[:position], text[position] ^ 1, *text[position + 1 :]])
            with pytest.raises(VcError):
                read(flipped)

    def test_its_text_stays_out_of_reprs(self):
        assert "secret" not in repr(MessageBody(json=b'{"secret":1}', encrypted=True))


class TestKeys:
    def test_a_key_shows_what_it_is_for(self):
        assert KEY.jwk == {**KEY.agreement.public_jwk, "alg": "ECDH-ES", "use": "enc", "kid": "2026-11"}

    @pytest.mark.parametrize("kid", ["", "k" * (MAX_KID + 1)])
    def test_its_name_is_neither_empty_nor_too_long(self, kid):
        MessageKey(kid="k" * MAX_KID, agreement=KEY.agreement)
        with pytest.raises(ValueError, match="kid"):
            MessageKey(kid=kid, agreement=KEY.agreement)

    def test_members_that_are_for_something_else_are_left_out(self):
        assert message_jwk({**KEY.jwk, "x5c": ["..."], "key_ops": []}) == KEY.jwk
        bare = {**KEY.agreement.public_jwk, "alg": "ECDH-ES"}
        assert message_jwk(bare) == {**bare, "use": "enc"}

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"alg": ...}, MalformedError),
            ({"alg": "ECDH-ES+A128KW"}, AlgorithmNotAllowedError),
            ({"use": "sig"}, AlgorithmNotAllowedError),
            ({"kid": 1}, MalformedError),
            ({"kid": ""}, MalformedError),
            ({"kid": "k" * (MAX_KID + 1)}, MalformedError),
            ({"crv": "P-384"}, MalformedError),
            ({"d": "AAAA"}, MalformedError),
            ({"y": "AAAA"}, MalformedError),
        ],
    )
    def test_any_other_key_is_refused(self, changes, error):
        jwk = {name: value for name, value in {**KEY.jwk, **changes}.items() if value is not ...}
        for encrypt in (
            lambda: message_jwk(jwk),
            lambda: encrypt_message(TEXT, jwk=jwk, enc=A256GCM),
            lambda: read_response_encryption({"jwk": jwk, "enc": "A256GCM"}),
        ):
            with pytest.raises(error):
                encrypt()

    def test_a_key_for_signatures_is_none_for_messages(self):
        with pytest.raises(MalformedError):
            message_jwk(public_jwk(SoftwareSigner.generate().public_key))


class TestResponseEncryption:
    @pytest.mark.parametrize("enc", ContentEncryption)
    def test_it_is_read_as_it_is_written(self, enc):
        found = read_response_encryption({"jwk": KEY.jwk, "enc": enc.value})
        assert (found.jwk, found.enc) == (KEY.jwk, enc)
        assert read_response_encryption(found.to_json()) == found

    @pytest.mark.parametrize(
        ("value", "error"),
        [
            ("A256GCM", MalformedError),
            ({}, MalformedError),
            ({"jwk": KEY.jwk}, MalformedError),
            ({"jwk": "key", "enc": "A256GCM"}, MalformedError),
            ({"jwk": KEY.jwk, "enc": None}, MalformedError),
            ({"jwk": KEY.jwk, "enc": "A192GCM"}, AlgorithmNotAllowedError),
            ({"jwk": KEY.jwk, "enc": "A256GCM", "zip": "DEF"}, UnsupportedError),
        ],
    )
    def test_any_other_is_refused(self, value, error):
        with pytest.raises(error):
            read_response_encryption(value)
