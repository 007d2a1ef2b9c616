# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Credential configurations made from credential types (OpenID4VCI 1.0, section 12.2.4, appendix A and B)."""

from typing import Annotated, Any

import pytest

from tests.support.openid4vci import ISSUER
from vcwallet.credential_type import Claim, ClaimGroup, CredentialType, Disclosure, predicate, views
from vcwallet.credential_type.outline import walk
from vcwallet.errors import LocalProtocolError
from vcwallet.japan.catalogue import TYPES
from vcwallet.keys.algorithm import Algorithm
from vcwallet.protocols.openid4vci.configurations import (
    configuration_id,
    configurations,
    credential_configuration,
)
from vcwallet.protocols.openid4vci.issuer_metadata import (
    CredentialConfiguration,
    CredentialIssuerMetadata,
    KeyAttestationsRequired,
    metadata_json,
    read_issuer_metadata,
)


class Address(ClaimGroup):
    locality: Annotated[str, Claim("市区町村", "Municipality")]
    street: Annotated[str | None, Claim("番地", "Street")] = None


class Person(CredentialType, vct="urn:example:person:1", ja="本人", en="Person"):
    full_name: Annotated[str, Claim("氏名", "Full name")]


class Residence(Person, vct="urn:example:residence:2", doctype="org.example.residence", ja="住民票", en="Residence"):
    address: Annotated[Address, Claim("住所", "Address")]
    former_names: Annotated[tuple[str, ...], Claim("旧氏", "Former names", disclosure=Disclosure.NEVER)] = ()

    @predicate("成人", "Adult", replaces=None)
    def adult(self, on: Any) -> bool | None:
        return True


class Other(CredentialType, vct="https://example.com/residence/2", ja="別", en="Other"):
    full_name: Annotated[str, Claim("氏名", "Full name")]


def written(configuration: CredentialConfiguration) -> dict[str, Any]:
    """Return a configuration as JSON."""
    return configuration.model_dump(mode="json", exclude_unset=True)


def test_an_sd_jwt_vc_is_described_with_the_claims_that_it_inherits_in_the_order_of_the_type() -> None:
    found = written(credential_configuration(Residence, "dc+sd-jwt"))
    metadata = found.pop("credential_metadata")
    assert found == {
        "format": "dc+sd-jwt",
        "scope": "residence-2_sd_jwt_vc",
        "vct": "urn:example:residence:2",
        "credential_signing_alg_values_supported": ["ES256"],
        "cryptographic_binding_methods_supported": ["jwk"],
        "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
    }
    assert metadata["display"] == [{"name": "住民票", "locale": "ja-JP"}, {"name": "Residence", "locale": "en-US"}]
    assert [claim["path"] for claim in metadata["claims"]] == [list(place.path) for place in walk(Residence.outline())]
    assert metadata["claims"][0] == {
        "path": ["full_name"],
        "mandatory": True,
        "display": [{"name": "氏名", "locale": "ja-JP"}, {"name": "Full name", "locale": "en-US"}],
    }
    assert {claim["path"][0]: claim.get("mandatory") for claim in metadata["claims"]} == {
        "full_name": True,
        "address": None,  # the last of its parts, which may be missing
        "former_names": None,
        "adult": None,
    }


def test_an_mdoc_is_described_by_namespace_and_element_and_in_numbers_of_cose() -> None:
    found = written(credential_configuration(Residence, "mso_mdoc"))
    metadata = found.pop("credential_metadata")
    assert found == {
        "format": "mso_mdoc",
        "scope": "residence-2_mdoc",
        "doctype": "org.example.residence",
        "credential_signing_alg_values_supported": [-7],
        "cryptographic_binding_methods_supported": ["cose_key"],
        "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
    }
    assert [claim["path"][:2] for claim in metadata["claims"]][:3] == [
        ["org.example.residence", "full_name"],
        ["org.example.residence", "address.locality"],
        ["org.example.residence", "address.street"],
    ]


def test_what_the_issuer_chooses_is_said() -> None:
    required = KeyAttestationsRequired(key_storage=("iso_18045_high",))
    for format, names in (("dc+sd-jwt", ["ES384", "Ed25519"]), ("mso_mdoc", [-35, -19])):
        found = written(
            credential_configuration(
                Residence,
                format,
                algorithms=(Algorithm.ES384, Algorithm.ED25519),
                proof_types=("jwt", "attestation"),
                proof_algorithms=(Algorithm.ES256, Algorithm.ES512),
                key_attestations=required,
            )
        )
        proof = {
            "proof_signing_alg_values_supported": ["ES256", "ES512"],
            "key_attestations_required": {"key_storage": ["iso_18045_high"]},
        }
        assert found["credential_signing_alg_values_supported"] == names
        assert found["proof_types_supported"] == {"jwt": proof, "attestation": proof}


def test_an_attestation_without_a_level_is_still_asked_for() -> None:
    found = credential_configuration(Residence, "mso_mdoc", key_attestations=KeyAttestationsRequired())
    assert written(found)["proof_types_supported"]["jwt"]["key_attestations_required"] == {}


def test_a_name_comes_from_the_type_and_the_format() -> None:
    assert configuration_id(Residence, "dc+sd-jwt") == "residence-2_sd_jwt_vc"
    assert configuration_id(Residence, "mso_mdoc") == "residence-2_mdoc"
    assert configuration_id(Other, "dc+sd-jwt") == "residence-2_sd_jwt_vc"


def test_two_types_do_not_get_the_same_name() -> None:
    assert list(configurations([(Residence, "mso_mdoc"), (Other, "dc+sd-jwt")])) == [
        "residence-2_mdoc",
        "residence-2_sd_jwt_vc",
    ]
    with pytest.raises(ValueError, match="residence-2_sd_jwt_vc"):
        configurations([(Residence, "dc+sd-jwt"), (Other, "dc+sd-jwt")])


@pytest.mark.parametrize("format", ["ldp_vc", "vc+sd-jwt", ""])
def test_a_type_has_no_configuration_in_another_format(format: str) -> None:
    for make in (configuration_id, credential_configuration):
        with pytest.raises(LocalProtocolError) as caught:
            make(Residence, format)
        assert caught.value.code == "FORMAT_NOT_OFFERED"


def test_the_whole_catalogue_can_be_published_and_read() -> None:
    offered = [(kind, format) for kind in TYPES for format in views(kind)]
    made = configurations(offered)
    metadata = CredentialIssuerMetadata(
        credential_issuer=ISSUER, credential_endpoint=f"{ISSUER}/credential", credential_configurations_supported=made
    )
    assert read_issuer_metadata(metadata_json(metadata), issuer=ISSUER) == metadata
    for (kind, format), (identifier, configuration) in zip(offered, made.items(), strict=True):
        assert configuration.scope == identifier == configuration_id(kind, format)
        assert configuration.type_id == views(kind)[format].type_id
        locales = {display.locale for claim in configuration.claims for display in claim.display}
        assert locales == {"ja-JP", "en-US"}
