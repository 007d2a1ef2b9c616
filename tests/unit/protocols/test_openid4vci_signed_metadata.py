# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Signed metadata of a credential issuer (OpenID4VCI 1.0, section 12.2.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.openid4vci import ISSUER, METADATA, read_metadata
from tests.support.pki import NOW
from tests.support.trust import Demo, Tax
from vcwallet.encoding import json
from vcwallet.errors import (
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    SignatureInvalidError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VerificationError,
)
from vcwallet.formats.base import IssuerKey
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws, jwt
from vcwallet.keys.policy import KeySource, Role, TrustedKey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.openid4vci.signed_metadata import TYP, VerifiedMetadata, sign_metadata, verify_signed_metadata
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient

DEMO = Demo()
PUBLISHED = DEMO.registry.published()
CITY = IssuerKey(signer=DEMO.city.signer, chain=DEMO.city.chain, identifier=DEMO.city.identifier)
SIGNED = sign_metadata(read_metadata(), issuer=CITY, at=NOW)


def verify(text: str, *, issuer: str = ISSUER, at: datetime = NOW) -> VerifiedMetadata:
    # A client of its own each time: one that has seen a later time does not go back.
    client = TrustedListClient.start(PUBLISHED, store=MemoryStore(), at=NOW)
    return verify_signed_metadata(text, issuer=issuer, trust=client, at=at)


def signed(typ: str = TYP, drop: tuple[str, ...] = (), **changed: Any) -> str:
    """Return the city's signed metadata with some claims changed."""
    claims = {**METADATA, "iss": CITY.identifier, "sub": ISSUER, "iat": jwt.seconds(NOW), **changed}
    members = {name: value for name, value in claims.items() if name not in drop}
    return jwt.sign(members, typ=typ, signer=CITY.signer, header={"x5c": jose_header.x5c(CITY.chain)})


class TestSigning:
    def test_it_has_the_members_that_the_standard_asks_for(self) -> None:
        parsed = jws.parse(sign_metadata(read_metadata(), issuer=CITY, at=NOW, expires=NOW + timedelta(days=1)))
        assert parsed.header.typ == "openidvci-issuer-metadata+jwt"
        assert parsed.header.chain == CITY.chain
        assert json.loads(parsed.unverified_payload) == {
            **METADATA,
            "iss": CITY.identifier,
            "sub": ISSUER,
            "iat": jwt.seconds(NOW),
            "exp": jwt.seconds(NOW + timedelta(days=1)),
        }

    def test_what_an_issuer_does_not_have_is_left_out(self) -> None:
        bare = IssuerKey(signer=CITY.signer, chain=(), identifier=None, key_id="key-1", trust_chain=("a.b.c",))
        parsed = jws.parse(sign_metadata(read_metadata(), issuer=bare, at=NOW))
        assert parsed.header.members.keys() == {"alg", "typ", "kid", "trust_chain"}
        assert json.loads(parsed.unverified_payload).keys() == {*METADATA, "sub", "iat"}

    def test_it_does_not_end_before_it_begins(self) -> None:
        with pytest.raises(ValueError, match="end after"):
            sign_metadata(read_metadata(), issuer=CITY, at=NOW, expires=NOW)


class TestVerifying:
    def test_the_signer_and_the_types_that_it_may_issue_are_known(self) -> None:
        found = verify(SIGNED)
        assert found.metadata == read_metadata()
        assert found.signer.party == DEMO.city.identifier
        assert found.vouched_for == {"residence", "residence_mdoc"}

    def test_it_is_no_truth_value(self) -> None:
        with pytest.raises(TypeError):
            bool(verify(SIGNED))

    def test_types_that_the_signer_may_not_issue_are_not_vouched_for(self) -> None:
        configurations = METADATA["credential_configurations_supported"]
        tax = {"tax": {**configurations["residence"], "vct": Tax.vct}, "other": {"format": "cwt"}}
        found = verify(signed(credential_configurations_supported={**configurations, **tax}))
        assert found.vouched_for == {"residence", "residence_mdoc"}
        with pytest.raises(NotAuthorisedError):
            verify(signed(credential_configurations_supported=tax))

    def test_metadata_without_a_type_are_not_vouched_for(self) -> None:
        w3c = {"format": "jwt_vc_json", "credential_definition": {"type": ["VerifiableCredential"]}}
        with pytest.raises(NotAuthorisedError, match="no credential type"):
            verify(signed(credential_configurations_supported={"w3c": w3c}))

    def test_the_metadata_of_another_issuer_are_refused(self) -> None:
        for text in (signed(sub="https://other.example"), signed(credential_issuer="https://other.example")):
            with pytest.raises(UntrustedError) as caught:
                verify(text)
            assert caught.value.code == "ISSUER_MISMATCH"
        with pytest.raises(UntrustedError):
            verify(SIGNED, issuer="https://other.example")

    def test_a_signer_that_nobody_knows_is_refused(self) -> None:
        stranger = Demo().city
        key = IssuerKey(signer=stranger.signer, chain=stranger.chain, identifier=stranger.identifier)
        with pytest.raises(UntrustedError):
            verify(sign_metadata(read_metadata(), issuer=key, at=NOW))

    def test_a_party_in_another_role_is_refused(self) -> None:
        bank = IssuerKey(signer=DEMO.bank.signer, chain=DEMO.bank.chain, identifier=DEMO.bank.identifier)
        with pytest.raises(VerificationError):
            verify(sign_metadata(read_metadata(), issuer=bank, at=NOW))

    def test_without_a_certificate_nobody_vouches(self) -> None:
        with pytest.raises(UntrustedError):
            verify(sign_metadata(read_metadata(), issuer=replace(CITY, chain=()), at=NOW))

    def test_the_name_of_the_signer_is_its_own(self) -> None:
        assert verify(signed(drop=("iss",))).signer.party == CITY.identifier
        with pytest.raises(UntrustedError):
            verify(signed(iss=DEMO.bank.identifier))

    def test_a_signature_by_another_key_is_refused(self) -> None:
        with pytest.raises(SignatureInvalidError):
            verify(sign_metadata(read_metadata(), issuer=replace(CITY, signer=SoftwareSigner.generate()), at=NOW))

    def test_a_changed_payload_is_refused(self) -> None:
        header, _, signature = SIGNED.split(".")
        other = signed(credential_endpoint="https://evil.example/credential").split(".")[1]
        with pytest.raises(SignatureInvalidError):
            verify(f"{header}.{other}.{signature}")

    @pytest.mark.parametrize("typ", ["openid4vci-issuer-metadata+jwt", "JWT", "dc+sd-jwt"])
    def test_another_kind_of_token_is_refused(self, typ: str) -> None:
        with pytest.raises(VerificationError) as caught:
            verify(signed(typ=typ))
        assert caught.value.code == "WRONG_TYPE"

    def test_time_counts(self) -> None:
        hour = timedelta(hours=1)
        text = sign_metadata(read_metadata(), issuer=CITY, at=NOW, expires=NOW + hour)
        assert verify(text, at=NOW + hour).vouched_for
        with pytest.raises(ValidityError) as caught:
            verify(text, at=NOW + hour + jwt.SKEW)
        assert caught.value.code == "EXPIRED"
        assert verify(signed(iat=jwt.seconds(NOW + jwt.SKEW))).vouched_for
        with pytest.raises(ValidityError) as caught:
            verify(signed(iat=jwt.seconds(NOW + jwt.SKEW) + 1))
        assert caught.value.code == "NOT_YET_VALID"

    @pytest.mark.parametrize(
        "changed",
        [{"iat": None}, {"iat": "1"}, {"exp": "1"}, {"sub": ""}, {"sub": 1}, {"iss": ""}, {"iss": 1}, {"nbf": "x"}],
        ids=ascii,
    )
    def test_a_claim_of_another_form_is_refused(self, changed: dict[str, Any]) -> None:
        with pytest.raises(MalformedError):
            verify(signed(**changed))

    @pytest.mark.parametrize("name", ["iat", "sub", "credential_endpoint"])
    def test_a_claim_that_has_to_be_there_is_missed(self, name: str) -> None:
        with pytest.raises(MalformedError):
            verify(signed(drop=(name,)))

    def test_an_issuer_that_was_withdrawn_is_refused_whenever_it_has_signed(self) -> None:
        demo = Demo()
        key = IssuerKey(signer=demo.city.signer, chain=demo.city.chain, identifier=demo.city.identifier)
        text = sign_metadata(read_metadata(), issuer=key, at=NOW)
        assert verify_signed_metadata(text, issuer=ISSUER, trust=demo.client, at=NOW).vouched_for
        at = demo.clock.pass_by(hours=2)
        demo.registry.suspend(demo.city.identifier, role=Role.CREDENTIAL_ISSUER, reason="a test")
        demo.update()
        with pytest.raises(NotAuthorisedError):
            verify_signed_metadata(text, issuer=ISSUER, trust=demo.client, at=at)

    def test_an_old_draft_is_refused(self) -> None:
        with pytest.raises(UnsupportedError):
            verify(signed(drop=("credential_configurations_supported",), credentials_supported=[]))

    def test_it_has_at_most_512_kib(self) -> None:
        with pytest.raises(LimitExceededError):
            verify(SIGNED.ljust(512 * 1024 + 1, "A"))
        with pytest.raises(MalformedError):
            verify("A" * 512 * 1024)

    @pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "a.b.c.d", ISSUER])
    def test_what_is_no_token_is_refused(self, text: str) -> None:
        with pytest.raises(MalformedError):
            verify(text)


@dataclass(frozen=True)
class TwoFaces:
    """A policy that answers with another key for every type."""

    parties: dict[str | None, TrustedKey]

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        return self.parties[type_id]


def test_one_signature_has_one_signer() -> None:
    first = TrustedKey(key=CITY.signer.public_key, party="a", source="test")
    for second in (replace(first, party="b"), replace(first, key=SoftwareSigner.generate().public_key)):
        trust = TwoFaces({"urn:example:residence:1": first, "org.example.residence": second})
        with pytest.raises(UntrustedError, match="different signers"):
            verify_signed_metadata(SIGNED, issuer=ISSUER, trust=trust, at=NOW)
    same = TwoFaces({"urn:example:residence:1": first, "org.example.residence": first})
    assert verify_signed_metadata(SIGNED, issuer=ISSUER, trust=same, at=NOW).signer == first
