# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""OpenID4VCI 1.0 and HAIP 1.0 against the published examples: metadata, signed metadata, offers and their links.

The examples of HAIP are of drafts long before 1.0, so they have to be refused, and it has to be said as what.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.openid4vci import ISSUER, METADATA
from tests.support.vectors import shared, shared_json
from vcwallet.checks import Result
from vcwallet.claims import path_text
from vcwallet.encoding import json
from vcwallet.errors import SignatureInvalidError, UnsupportedError, UntrustedError
from vcwallet.jose import jws
from vcwallet.keys.policy import KeySource, Role, TrustedKey
from vcwallet.keys.public import PublicKey
from vcwallet.protocols.haip import HAIP_1_0, findings, require_no_self_signed_leaf
from vcwallet.protocols.oauth.server_metadata import AuthorizationServerMetadata
from vcwallet.protocols.openid4vci.issuer_metadata import (
    CredentialConfiguration,
    CredentialIssuerMetadata,
    UnsupportedFormat,
    metadata_json,
    read_issuer_metadata,
)
from vcwallet.protocols.openid4vci.offer import (
    CredentialOffer,
    OfferReference,
    TxCode,
    offer_json,
    offer_url,
    read_offer,
    read_offer_link,
)
from vcwallet.protocols.openid4vci.signed_metadata import verify_signed_metadata
from vcwallet.trust.certificates import from_der

VCI, HAIP = "openid4vci-1.0", "haip-1.0"
EXAMPLE_ISSUER = "https://credential-issuer.example.com"
BLOCKS: list[dict[str, Any]] = shared_json(VCI, "spec-blocks.json")
EXAMPLES = [
    "credential_metadata_jwt_vc_json.json",
    "credential_metadata_ldp_vc.json",
    "credential_metadata_mso_mdoc.json",
    "credential_metadata_sd_jwt_vc.json",
]


def with_configurations(configurations: dict[str, Any]) -> CredentialIssuerMetadata:
    """Return metadata around the configurations of an example, which are not whole metadata."""
    members = {**METADATA, "credential_configurations_supported": configurations}
    return read_issuer_metadata(json.dumps(members), issuer=ISSUER)


def link(beginning: str) -> str:
    """Return the link of the text that begins so; the white space of the print is taken out."""
    texts = (re.sub(r"\s*\n\s*", "", block["text"]) for block in BLOCKS if "text" in block)
    [found] = [text for text in texts if text.startswith(beginning)]
    return found


# --- metadata --------------------------------------------------------------------------------------------------------


def test_the_metadata_of_the_standard_are_read_and_written_back() -> None:
    text = shared(VCI, "credential_issuer_metadata_sd_jwt_long.json").read_bytes()
    metadata = read_issuer_metadata(text, issuer=EXAMPLE_ISSUER)
    assert json.loads(metadata_json(metadata)) == json.loads(text)
    assert metadata.servers == ("https://server.example.com",)
    assert metadata.batch_credential_issuance is not None
    assert metadata.batch_credential_issuance.batch_size == 10
    assert metadata.credential_request_encryption is not None
    assert metadata.credential_request_encryption.keys.select("ac")["crv"] == "P-256"
    [configuration] = metadata.supported.values()
    required = configuration.proof_types_supported["jwt"].key_attestations_required
    assert required is not None
    assert (required.key_storage, required.user_authentication) == (("iso_18045_moderate",), ("iso_18045_moderate",))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_configurations_of_each_format_are_read_and_written_back(name: str) -> None:
    example = shared_json(VCI, name)["credential_configurations_supported"]
    metadata = with_configurations(example)
    assert json.loads(metadata_json(metadata))["credential_configurations_supported"] == example
    [configuration] = metadata.supported.values()
    assert isinstance(configuration, CredentialConfiguration)
    described = next(iter(example.values()))["credential_metadata"]["claims"]
    assert [list(claim.path) for claim in configuration.claims] == [claim["path"] for claim in described]


def test_every_published_example_of_metadata_is_looked_at() -> None:
    here = {file.name for file in shared(VCI).glob("*metadata*")}
    whole = {"credential_issuer_metadata_sd_jwt_long.json", "credential_issuer_metadata_sd_jwt_jwt.txt"}
    assert here == {*EXAMPLES, *whole}


def test_the_mdoc_of_the_standard_has_japanese_labels_and_numbers_of_cose() -> None:
    example = shared_json(VCI, "credential_metadata_mso_mdoc.json")["credential_configurations_supported"]
    configuration = with_configurations(example).configuration("org.iso.18013.5.1.mDL")
    assert configuration.type_id == "org.iso.18013.5.1.mDL"
    assert configuration.credential_signing_alg_values_supported == (-7, -9)
    assert [display.name for display in configuration.claims[0].display] == ["Given Name", "名前"]
    assert [path_text(claim.path) for claim in configuration.claims if claim.mandatory] == [
        "org.iso.18013.5.1.birth_date"
    ]


@pytest.mark.parametrize("name", ["credential_metadata_ldp_vc.json", "credential_metadata_mso_mdoc.json"])
def test_two_examples_are_bound_without_saying_how_a_key_is_proved(name: str) -> None:
    """The text demands proof types there; so they are read, as the standard prints them, and reported."""
    metadata = with_configurations(shared_json(VCI, name)["credential_configurations_supported"])
    [configuration] = metadata.supported.values()
    assert configuration.is_bound
    assert not configuration.proof_types_supported
    server = AuthorizationServerMetadata(issuer=ISSUER, token_endpoint=f"{ISSUER}/token")
    results = {finding.check: finding.result for finding in findings(metadata, server, HAIP_1_0)}
    assert results["proof_types"] is Result.FAILED


# --- signed metadata -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Named:
    """A policy that knows one certificate, as whoever reads the standard does."""

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        assert (role, type_id) == (Role.CREDENTIAL_ISSUER, "SD_JWT_VC_example_in_OpenID4VCI")
        key = PublicKey.from_certificate(from_der(source.chain[0]))
        return TrustedKey(key=key, party=EXAMPLE_ISSUER, source="example")


def signed_example() -> str:
    """Return the signed metadata of the standard."""
    return "".join(shared(VCI, "credential_issuer_metadata_sd_jwt_jwt.txt").read_text("ascii").split())


def test_the_signed_metadata_of_the_standard_are_verified() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    found = verify_signed_metadata(signed_example(), issuer=EXAMPLE_ISSUER, trust=Named(), at=at)
    assert found.vouched_for == {"SD_JWT_VC_example_in_OpenID4VCI"}
    assert found.metadata.nonce_endpoint is None
    assert found.metadata.model_extra == {}


def test_the_signed_metadata_of_the_standard_do_not_survive_a_change() -> None:
    header, payload, signature = signed_example().split(".")
    text = f"{header}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    with pytest.raises(SignatureInvalidError):
        verify_signed_metadata(text, issuer=EXAMPLE_ISSUER, trust=Named(), at=datetime(2026, 11, 23, tzinfo=UTC))


def test_the_certificate_of_that_example_is_one_that_haip_refuses() -> None:
    with pytest.raises(UntrustedError) as caught:
        require_no_self_signed_leaf(jws.parse(signed_example()).header.chain)
    assert caught.value.code == "X5C_SELF_SIGNED"


# --- offers ----------------------------------------------------------------------------------------------------------

OFFERS = [
    "credential_offer_authz_code.txt",
    "credential_offer_by_reference.json",
    "credential_offer_multiple_credentials.json",
    "credential_offer_pre-authz_code.json",
]


def offer_text(name: str) -> bytes:
    """Return the offer of an example, which may stand in an HTTP response."""
    return shared(VCI, name).read_bytes().replace(b"\r\n", b"\n").rpartition(b"\n\n")[2]


def test_every_published_example_of_an_offer_is_looked_at() -> None:
    assert sorted(file.name for file in shared(VCI).glob("credential_offer*")) == OFFERS


@pytest.mark.parametrize("name", OFFERS)
def test_an_offer_is_read_written_and_carried_by_a_link(name: str) -> None:
    found = read_offer(offer_text(name))
    assert found.credential_issuer == EXAMPLE_ISSUER
    assert json.loads(offer_json(found)) == json.loads(offer_text(name))
    assert read_offer_link(offer_url(found)) == found


def test_the_grants_of_the_examples_are_what_the_text_says() -> None:
    authorization = read_offer(offer_text(OFFERS[0])).authorization_code
    assert authorization is not None
    assert authorization.issuer_state == "eyJhbGciOiJSU0Et...FYUaBy"
    by_reference = read_offer(offer_text(OFFERS[1])).pre_authorized_code
    assert by_reference is not None
    assert by_reference.tx_code == TxCode()
    several = read_offer(offer_text(OFFERS[2])).pre_authorized_code
    assert several is not None
    assert several.tx_code is not None
    assert (several.tx_code.length, several.tx_code.input_mode) == (4, "numeric")


def test_the_link_of_the_standard_carries_an_offer() -> None:
    found = read_offer_link(link("openid-credential-offer://?credential_offer="))
    assert isinstance(found, CredentialOffer)
    assert found.credential_configuration_ids == ("org.iso.18013.5.1.mDL",)
    assert found.pre_authorized_code is not None
    assert found.pre_authorized_code.tx_code == TxCode(
        input_mode="text", description="Please enter the serial number of your physical drivers license"
    )


def test_the_link_to_a_wallet_of_the_web_carries_one_too() -> None:
    text = link("GET /credential_offer?credential_offer=").removeprefix("GET ")
    found = read_offer_link(f"https://wallet.example.com{text}")
    assert isinstance(found, CredentialOffer)
    assert found.credential_configuration_ids == ("UniversityDegree_JWT", "org.iso.18013.5.1.mDL")


def test_the_link_of_the_standard_says_where_an_offer_is() -> None:
    assert read_offer_link(link("openid-credential-offer://?credential_offer_uri=")) == OfferReference(
        "https://server.example.com/credential-offer/GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM"
    )


# --- HAIP, whose examples are of old drafts --------------------------------------------------------------------------


def test_the_offer_of_haip_names_credentials_as_drafts_before_13_did() -> None:
    with pytest.raises(UnsupportedError) as caught:
        read_offer(shared(HAIP, "credential_offer_sd_jwt_vc.json").read_bytes())
    assert caught.value.code == "OLD_DRAFT"


def test_the_configuration_of_haip_has_a_format_that_is_no_more() -> None:
    example = shared_json(HAIP, "credential_metadata_sd_jwt_vc.json")
    metadata = with_configurations({"old": example})
    assert metadata.supported == {}
    assert metadata.credential_configurations_supported["old"] == UnsupportedFormat(**example)


def test_with_the_name_of_today_the_configuration_of_haip_still_says_nothing_about_its_claims() -> None:
    """Its ``claims`` and ``display`` stand where drafts had them; a wallet of 1.0 does not look there."""
    example = shared_json(HAIP, "credential_metadata_sd_jwt_vc.json")
    configuration = with_configurations({"it": {**example, "format": "dc+sd-jwt"}}).configuration("it")
    assert configuration.claims == ()
    assert configuration.credential_metadata is None


def test_every_published_example_of_haip_is_accounted_for() -> None:
    here = {file.name for file in shared(HAIP).glob("*.json")}
    elsewhere = {
        "authorization_details_sd_jwt_vc.json": "authorization details by format, as drafts before 14 had them",
        "credential_request_sd_jwt_vc.json": "a credential request with a format and a single proof",
        "client_metadata_sd_jwt_vc.json": "of presentations, before DCQL",
        "presentation_definition_sd_jwt_vc.json": "of presentations, before DCQL",
        "spec-blocks.json": "the text around these examples",
    }
    assert here == {*elsewhere, "credential_offer_sd_jwt_vc.json", "credential_metadata_sd_jwt_vc.json"}
