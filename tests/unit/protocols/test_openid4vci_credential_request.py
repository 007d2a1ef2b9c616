# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Credential requests and deferred ones: what is read, and which of the standard's errors what is not read becomes."""

from __future__ import annotations

from typing import Any

import pytest

from vcwallet.encoding import json
from vcwallet.errors import MalformedError
from vcwallet.jose.jwe import ContentEncryption
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.oauth.refusal import OAuthRefusal
from vcwallet.protocols.openid4vci.credential_request import (
    MAX_BYTES,
    MAX_IDENTIFIER,
    MAX_PROOFS,
    AttestationProof,
    CredentialRequest,
    DataIntegrityProofs,
    JwtProofs,
    read_credential_request,
    read_proofs,
)
from vcwallet.protocols.openid4vci.credential_response import MAX_IDENTIFIER as MAX_TRANSACTION
from vcwallet.protocols.openid4vci.deferred_request import DeferredRequest, read_deferred_request
from vcwallet.protocols.openid4vci.encryption import CredentialResponseEncryption, MessageKey

KEY = MessageKey(kid="wallet", agreement=SoftwareKeyAgreement.generate())
ENCRYPTION = {"jwk": KEY.jwk, "enc": "A256GCM"}
RIGHT: dict[str, Any] = {"credential_configuration_id": "ResidenceRecord_sd_jwt_vc", "proofs": {"jwt": ["a.b.c"]}}


def read(*, encrypted: bool = True, **changes: Any) -> CredentialRequest:
    members = {name: value for name, value in {**RIGHT, **changes}.items() if value is not ...}
    return read_credential_request(json.dumps(members), encrypted=encrypted)


def refusal(error: str, **changes: Any) -> OAuthRefusal:
    with pytest.raises(OAuthRefusal) as caught:
        read(**changes)
    assert caught.value.error == error
    return caught.value


class TestIdentifiers:
    def test_a_request_for_a_configuration_is_read(self):
        request = read()
        assert request.credential_configuration_id == "ResidenceRecord_sd_jwt_vc"
        assert request.credential_identifier is None
        assert request.proofs == JwtProofs(values=("a.b.c",))
        assert request.response_encryption is None

    def test_a_request_for_an_identifier_is_read(self):
        request = read(credential_configuration_id=..., credential_identifier="i" * MAX_IDENTIFIER)
        assert request.credential_configuration_id is None
        assert request.credential_identifier == "i" * MAX_IDENTIFIER

    @pytest.mark.parametrize(
        "changes",
        [
            {"credential_identifier": "one"},
            {"credential_configuration_id": ...},
            {"credential_configuration_id": ""},
            {"credential_configuration_id": 1},
            {"credential_configuration_id": None},
            {"credential_configuration_id": ..., "format": "dc+sd-jwt"},
            {"proofs": None},
            {"proofs": ["a.b.c"]},
            {"credential_response_encryption": "A256GCM"},
        ],
    )
    def test_any_other_is_an_invalid_request(self, changes):
        refusal("invalid_credential_request", **changes)

    def test_an_identifier_has_a_limit(self):
        caught = refusal("invalid_credential_request", credential_configuration_id="i" * (MAX_IDENTIFIER + 1))
        assert caught.code == "LIMIT_EXCEEDED"

    def test_a_request_has_a_limit(self):
        text = json.dumps(RIGHT)
        read_credential_request(text + b" " * (MAX_BYTES - len(text)), encrypted=False)
        with pytest.raises(OAuthRefusal) as caught:
            read_credential_request(text + b" " * (MAX_BYTES + 1 - len(text)), encrypted=False)
        assert caught.value.code == "LIMIT_EXCEEDED"

    def test_members_that_nobody_knows_are_ignored(self):
        assert read(format="dc+sd-jwt", proof={"proof_type": "jwt"}) == read()

    def test_our_own_request_has_one_of_the_two(self):
        CredentialRequest(credential_identifier="one")
        wrongs: tuple[dict[str, Any], ...] = (
            {},
            {"credential_identifier": "one", "credential_configuration_id": "two"},
        )
        for wrong in wrongs:
            with pytest.raises(ValueError, match="one of the two"):
                CredentialRequest(**wrong)


class TestProofs:
    def test_a_request_without_proofs_is_read(self):
        assert read(proofs=...).proofs is None

    @pytest.mark.parametrize(
        ("proofs", "expected"),
        [
            ({"jwt": ["a", "b"]}, JwtProofs(values=("a", "b"))),
            ({"jwt": ["a"] * MAX_PROOFS}, JwtProofs(values=("a",) * MAX_PROOFS)),
            ({"di_vp": [{"type": "x"}]}, DataIntegrityProofs(values=({"type": "x"},))),
            ({"attestation": ["a"]}, AttestationProof(value="a")),
        ],
    )
    def test_proofs_of_one_type_are_read(self, proofs, expected):
        assert read(proofs=proofs).proofs == expected

    @pytest.mark.parametrize(
        ("proofs", "code"),
        [
            ({}, "MALFORMED"),
            ({"jwt": ["a"], "attestation": ["a"]}, "MALFORMED"),
            ({"jwt": []}, "MALFORMED"),
            ({"jwt": "a"}, "MALFORMED"),
            ({"jwt": {"0": "a"}}, "MALFORMED"),
            ({"jwt": ["a", {}]}, "MALFORMED"),
            ({"jwt": [None]}, "MALFORMED"),
            ({"di_vp": ["a"]}, "MALFORMED"),
            ({"attestation": [{}]}, "MALFORMED"),
            ({"attestation": ["a", "b"]}, "MALFORMED"),
            ({"jwt": ["a"] * (MAX_PROOFS + 1)}, "LIMIT_EXCEEDED"),
            ({"cwt": ["a"]}, "UNSUPPORTED"),
            ({"ldp_vp": [{}]}, "UNSUPPORTED"),
        ],
    )
    def test_any_others_are_an_invalid_proof(self, proofs, code):
        assert refusal("invalid_proof", proofs=proofs).code == code

    @pytest.mark.parametrize("count", [0, MAX_PROOFS + 1])
    def test_our_own_proofs_are_neither_none_nor_too_many(self, count):
        for kind, one in ((JwtProofs, "a"), (DataIntegrityProofs, {})):
            with pytest.raises(ValueError, match="1 to 50 proofs"):
                kind(values=(one,) * count)

    def test_proofs_stay_out_of_reprs(self):
        for proofs in ({"jwt": ["secret"]}, {"di_vp": [{"secret": 1}]}, {"attestation": ["secret"]}):
            assert "secret" not in repr(read(proofs=proofs))

    def test_proofs_alone_are_refused_with_the_error_itself(self):
        with pytest.raises(MalformedError):
            read_proofs({})


class TestResponseEncryption:
    def test_it_is_read_from_an_encrypted_request(self):
        assert read(credential_response_encryption=ENCRYPTION).response_encryption == CredentialResponseEncryption(
            jwk=KEY.jwk, enc=ContentEncryption.A256GCM
        )

    def test_in_a_request_that_was_not_encrypted_it_is_refused(self):
        caught = refusal("invalid_encryption_parameters", credential_response_encryption=ENCRYPTION, encrypted=False)
        assert caught.code == "ENCRYPTION_MISSING"
        assert read(encrypted=False).response_encryption is None

    @pytest.mark.parametrize(
        "wrong",
        [
            {"jwk": KEY.jwk},
            {"enc": "A256GCM"},
            {**ENCRYPTION, "enc": "A128CBC-HS256"},
            {**ENCRYPTION, "zip": "DEF"},
            {**ENCRYPTION, "jwk": {**KEY.jwk, "alg": "RSA-OAEP-256"}},
            {**ENCRYPTION, "jwk": {**KEY.jwk, "d": "AAAA"}},
        ],
    )
    def test_any_that_is_not_ours_is_refused(self, wrong):
        refusal("invalid_encryption_parameters", credential_response_encryption=wrong)

    def test_it_is_written_as_it_is_read(self):
        request = read(credential_response_encryption=ENCRYPTION)
        assert read_credential_request(request.to_json(), encrypted=True) == request


class TestDeferred:
    def test_it_is_written_as_it_is_read(self):
        encryption = CredentialResponseEncryption(jwk=KEY.jwk, enc=ContentEncryption.A128GCM)
        for request in (
            DeferredRequest(transaction_id="t" * MAX_TRANSACTION),
            DeferredRequest(transaction_id="t", response_encryption=encryption),
        ):
            assert read_deferred_request(request.to_json(), encrypted=True) == request

    @pytest.mark.parametrize(
        ("body", "error"),
        [
            (b"{}", "invalid_credential_request"),
            (b"[]", "invalid_credential_request"),
            (b'{"transaction_id":""}', "invalid_credential_request"),
            (b'{"transaction_id":1}', "invalid_credential_request"),
            (b'{"transaction_id":"' + b"t" * (MAX_TRANSACTION + 1) + b'"}', "invalid_credential_request"),
            (b'{"transaction_id":"t","credential_response_encryption":{}}', "invalid_encryption_parameters"),
        ],
    )
    def test_any_other_is_refused(self, body, error):
        with pytest.raises(OAuthRefusal) as caught:
            read_deferred_request(body, encrypted=True)
        assert caught.value.error == error

    def test_a_response_is_not_encrypted_for_a_request_that_was_not(self):
        request = DeferredRequest(
            transaction_id="t",
            response_encryption=CredentialResponseEncryption(jwk=KEY.jwk, enc=ContentEncryption.A128GCM),
        )
        with pytest.raises(OAuthRefusal) as caught:
            read_deferred_request(request.to_json(), encrypted=False)
        assert (caught.value.error, caught.value.code) == ("invalid_encryption_parameters", "ENCRYPTION_MISSING")

    def test_the_transaction_stays_out_of_reprs(self):
        assert "secret" not in repr(DeferredRequest(transaction_id="secret"))
