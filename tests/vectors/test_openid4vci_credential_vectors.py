# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Credential requests, proofs and responses against the examples of OpenID4VCI 1.0."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.credentials import StaticTrust
from tests.support.key_proofs import KEYS, PROVIDER, TRUST, attestation, proof, proof_type
from tests.support.vectors import shared, shared_json
from vcwallet.errors import UnsupportedError
from vcwallet.formats.base import Credential
from vcwallet.formats.data_integrity import Cryptosuite
from vcwallet.keys import jwk
from vcwallet.protocols.oauth.refusal import OAuthRefusal
from vcwallet.protocols.openid4vci.credential_request import (
    DataIntegrityProofs,
    JwtProofs,
    read_credential_request,
    read_proofs,
)
from vcwallet.protocols.openid4vci.credential_response import (
    DeferredIssuance,
    IssuedCredentials,
    read_credential_response,
    read_deferred_response,
)
from vcwallet.protocols.openid4vci.deferred_request import read_deferred_request
from vcwallet.protocols.openid4vci.di_vp import verify_di_vp_proof
from vcwallet.protocols.openid4vci.nonce import read_nonce_response
from vcwallet.protocols.openid4vci.notification import NotificationEvent, read_notification
from vcwallet.protocols.openid4vci.proofs import verify_proofs

FOLDER = "openid4vci-1.0"
BLOCKS: list[dict[str, Any]] = shared_json(FOLDER, "spec-blocks.json")


def bodies(section: str) -> list[bytes]:
    """Return the bodies of the HTTP messages that a section shows."""
    blocks = [block for block in BLOCKS if block["section"].startswith(f"{section} {{")]
    return [unwrapped(block["text"].partition("\n\n")[2]) for block in blocks if "text" in block]


def appendix(name: str) -> list[str]:
    return [block["text"] for block in BLOCKS if block["section"].startswith(name) and "text" in block]


def unwrapped(text: str) -> bytes:
    """Return JSON without the line breaks "within values for display purposes"."""
    strings = re.compile(r'"[^"]*"')
    return strings.sub(lambda match: re.sub(r"\n\s*", "", match[0]), text).encode()


def response_of(file: str) -> bytes:
    text = shared(FOLDER, file).read_text("utf-8")
    return unwrapped(text[text.index("{") :])


def parts_of(decoded: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the header and the claims of a JWT that is printed decoded."""
    header, claims = re.split(r"\n?\.\n?(?={)", decoded)
    return json.loads(header), json.loads(claims)


class TestRequests:
    def test_one_for_a_configuration(self):
        request = read_credential_request(bodies("Credential Request")[0], encrypted=False)
        assert request.credential_configuration_id == "org.iso.18013.5.1.mDL"
        assert isinstance(request.proofs, JwtProofs)
        assert len(request.proofs.values) == 1

    def test_one_for_two_credentials_of_an_identifier(self):
        request = read_credential_request(bodies("Credential Request")[1], encrypted=False)
        assert request.credential_identifier == "CivilEngineeringDegree-2023"
        assert isinstance(request.proofs, JwtProofs)
        assert len(request.proofs.values) == 2

    def test_one_with_a_presentation(self):
        request = read_credential_request(bodies("Credential Request")[2], encrypted=False)
        assert isinstance(request.proofs, DataIntegrityProofs)

    def test_they_are_written_as_they_were_read(self):
        for body in bodies("Credential Request"):
            assert json.loads(read_credential_request(body, encrypted=False).to_json()) == json.loads(body)

    @pytest.mark.parametrize(
        "path", [(FOLDER, "credential_request_iso_mdl.json"), ("haip-1.0", "credential_request_sd_jwt_vc.json")]
    )
    def test_those_of_older_drafts_are_refused(self, path):
        """They name a format; the one in HAIP's folder has a single ``proof`` besides."""
        body = unwrapped(shared(*path).read_text("utf-8"))
        assert "format" in json.loads(body)
        with pytest.raises(OAuthRefusal) as caught:
            read_credential_request(body, encrypted=False)
        assert caught.value.error == "invalid_credential_request"

    def test_one_that_is_deferred(self):
        (body,) = bodies("Deferred Credential Request")
        request = read_deferred_request(body, encrypted=False)
        assert request.transaction_id == "8xLOxBtZp8"
        assert json.loads(request.to_json()) == json.loads(body)


class TestResponses:
    def test_one_credential(self):
        response = read_credential_response(bodies("Credential Response")[0], status=200, format="dc+sd-jwt")
        assert isinstance(response, IssuedCredentials)
        assert response.credentials == (
            Credential(format="dc+sd-jwt", raw="LUpixVCWJk0eOt4CXQe1NXK....WZwmhmn9OQp6YxX0a2L"),
        )

    def test_two_credentials_and_what_to_notify_about_them(self):
        body = bodies("Credential Response")[1]
        assert bodies("Deferred Credential Response")[0] == body
        for response in (
            read_credential_response(body, status=200, format="dc+sd-jwt"),
            read_deferred_response(body, status=200, format="dc+sd-jwt", transaction_id="8xLOxBtZp8"),
        ):
            assert isinstance(response, IssuedCredentials)
            assert (len(response.credentials), response.notification_id) == (2, "3fwe98js")
            assert json.loads(response.to_json()) == json.loads(body)

    @pytest.mark.parametrize(
        ("section", "index", "seconds"), [("Credential Response", 2, 3600), ("Deferred Credential Response", 1, 86400)]
    )
    def test_later(self, section, index, seconds):
        body = bodies(section)[index]
        response = read_deferred_response(body, status=202, format="dc+sd-jwt", transaction_id="8xLOxBtZp8")
        assert response == DeferredIssuance(transaction_id="8xLOxBtZp8", interval=timedelta(seconds=seconds))
        assert json.loads(response.to_json()) == json.loads(body)

    @pytest.mark.parametrize(
        ("file", "format", "begins"),
        [
            ("credential_response_sd_jwt_vc.txt", "dc+sd-jwt", "eyJhbGciOiAiRVMyNTYi"),
            ("credential_response_mso_mdoc.txt", "mso_mdoc", "omppc3N1ZXJBdXRo"),
            ("credential_response_jwt_vc_json.txt", "jwt_vc_json", "eyJ0eXAiOiJKV1Qi"),
            ("credential_response_ldp_vc.txt", "ldp_vc", '{"@context":['),
        ],
    )
    def test_the_formats(self, file, format, begins):
        body = response_of(file)
        response = read_credential_response(body, status=200, format=format)
        assert isinstance(response, IssuedCredentials)
        (credential,) = response.credentials
        assert credential.format == format
        assert credential.raw.startswith(begins)
        assert json.loads(response.to_json()) == json.loads(body)

    def test_a_nonce(self):
        assert read_nonce_response(bodies("Nonce Response")[0]) == "wKI4LT17ac15ES9bw8ac4"

    def test_notifications(self):
        accepted, failed = map(read_notification, bodies("Notification Request"))
        assert accepted.event is NotificationEvent.CREDENTIAL_ACCEPTED
        assert failed.event is NotificationEvent.CREDENTIAL_FAILURE
        assert failed.description == "Could not store the Credential. Out of storage."
        assert [json.loads(one.to_json()) for one in (accepted, failed)] == [
            json.loads(body) for body in bodies("Notification Request")
        ]


class TestProofs:
    SIGNED = datetime.fromtimestamp(1701960444, UTC)

    def verified(self, proofs: dict[str, Any], *, issuer: str, at: datetime, **changes: Any) -> Any:
        (name,) = proofs
        arguments: dict[str, Any] = {
            "accepted": {name: proof_type("ES256", "eddsa-jcs-2022")},
            "issuer": issuer,
            "client_id": None,
            "trust": TRUST,
            "nonce_required": True,
            "max_keys": 10,
            "at": at,
        }
        return verify_proofs(read_proofs(proofs), **arguments | changes)

    def test_the_jwt_verifies_at_its_time_for_its_issuer(self):
        printed, decoded, _ = appendix("`jwt` Proof Type")
        header, claims = parts_of(decoded)
        proved = self.verified(json.loads(unwrapped(printed)), issuer=claims["aud"], at=self.SIGNED)
        assert proved.keys == (jwk.parse(header["jwk"]),)
        assert proved.nonce == claims["nonce"] == "LarRGSbmUPYtRYO6BQ4yn8"
        assert claims["iat"] == 1701960444
        assert proved.attestations == ()

    def test_the_jwt_is_refused_for_another_issuer(self):
        printed = json.loads(unwrapped(appendix("`jwt` Proof Type")[0]))
        with pytest.raises(OAuthRefusal) as caught:
            self.verified(printed, issuer="https://another.example", at=self.SIGNED)
        assert (caught.value.error, caught.value.code) == ("invalid_proof", "PROOF_AUDIENCE")

    def test_a_jwt_whose_kid_counts_into_its_key_attestation(self):
        printed = appendix("`jwt` Proof Type")[2].replace("<key attestation in JWT format>", '"..."')
        header, claims = parts_of(printed)
        at = datetime.fromtimestamp(claims["iat"], UTC)
        issued = {"iat": claims["iat"], "exp": claims["iat"] + 600, "nonce": claims["nonce"]}
        header["key_attestation"] = attestation(KEYS, claims=issued)
        text = proof(KEYS[0], header={**header, "jwk": ...}, claims=claims)
        proved = self.verified({"jwt": [text]}, issuer=claims["aud"], at=at, client_id=claims["iss"], trust=TRUST_THEN)
        assert proved.keys == tuple(key.public_key for key in KEYS)
        assert proved.attestations[0].nonce == "tZignsnFbp"

    def test_the_claims_of_a_key_attestation(self):
        """The one printed ends before it begins, so that of ours begins before it ends."""
        (printed,) = appendix("Key Attestation in JWT format")
        header, claims = parts_of(printed)
        text = attestation(claims={**claims, "iss": ..., "iat": claims["exp"] - 60}, header={"typ": header["typ"]})
        at = datetime.fromtimestamp(claims["exp"] - 30, UTC)
        (name,) = json.loads(appendix("`attestation` Proof Type")[0])
        proved = self.verified({name: [text]}, issuer="", at=at, trust=ANONYMOUS, nonce_required=True)
        assert proved.keys == (jwk.parse(claims["attested_keys"][0]),)
        assert proved.attestations[0].key_storage == ("iso_18045_moderate",)
        assert proved.attestations[0].user_authentication == ("iso_18045_moderate",)

    def test_the_presentation_is_of_a_cryptosuite_that_was_given_up(self):
        (printed,) = appendix("`di_vp` Proof Type")
        proofs = read_proofs(json.loads(unwrapped(printed)))
        assert isinstance(proofs, DataIntegrityProofs)
        with pytest.raises(UnsupportedError, match="eddsa-2022"):
            verify_di_vp_proof(
                proofs.values[0], issuer="did:web:audience.company.com", cryptosuites=frozenset(Cryptosuite), at=THEN
            )


THEN = datetime(2023, 3, 1, 14, 57, tzinfo=UTC)
LONG_AGO = datetime(2017, 1, 1, tzinfo=UTC)
_PARTY = replace(TRUST.parties[PROVIDER], begins=LONG_AGO)
TRUST_THEN = StaticTrust(parties={PROVIDER: _PARTY})
ANONYMOUS = StaticTrust(parties={"": _PARTY})
