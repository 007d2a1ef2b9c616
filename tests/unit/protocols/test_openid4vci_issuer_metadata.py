# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Metadata of a credential issuer: their rules and limits (OpenID4VCI 1.0, section 12.2.4, appendix A to C)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.openid4vci import ISSUER, MDOC, METADATA, SD_JWT_VC, read_metadata, without
from vcwallet.encoding import json
from vcwallet.errors import LimitExceededError, MalformedError, UnsupportedError, UntrustedError, VcError
from vcwallet.keys import jwk
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.openid4vci.issuer_metadata import (
    CredentialConfiguration,
    CredentialIssuerMetadata,
    KeyAttestationsRequired,
    UnsupportedFormat,
    metadata_json,
    read_issuer_metadata,
)

KEY = {**jwk.public_jwk(SoftwareSigner.generate().public_key), "kid": "1", "alg": "ECDH-ES"}
REQUEST_ENCRYPTION: dict[str, Any] = {
    "jwks": {"keys": [KEY]},
    "enc_values_supported": ["A256GCM"],
    "encryption_required": False,
}
RESPONSE_ENCRYPTION: dict[str, Any] = {
    "alg_values_supported": ["ECDH-ES"],
    "enc_values_supported": ["A256GCM"],
    "encryption_required": True,
}
W3C = {"format": "jwt_vc_json", "credential_definition": {"type": ["VerifiableCredential"]}}
W3C_LD = {
    "format": "ldp_vc",
    "credential_definition": {"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"]},
}


def configuration(**changed: Any) -> CredentialConfiguration:
    """Return the SD-JWT VC of the metadata with some members changed."""
    found = read_metadata(credential_configurations_supported={"it": {**SD_JWT_VC, **changed}})
    return found.configuration("it")


def described(*paths: list[Any], format: dict[str, Any] = SD_JWT_VC) -> CredentialConfiguration:
    """Return a configuration with claims at these paths."""
    metadata = {"credential_metadata": {"claims": [{"path": path} for path in paths]}}
    return read_metadata(credential_configurations_supported={"it": {**format, **metadata}}).configuration("it")


class TestReading:
    def test_metadata_are_written_as_they_were_read(self) -> None:
        text = json.dumps({**METADATA, "unknown": {"x": [1, None]}, "display": [{"name": "市", "locale": "ja"}]})
        metadata = read_issuer_metadata(text, issuer=ISSUER)
        assert json.loads(metadata_json(metadata)) == json.loads(text)
        assert read_issuer_metadata(metadata_json(metadata), issuer=ISSUER) == metadata

    def test_members_of_every_level_that_nobody_knows_are_kept(self) -> None:
        found = configuration(future={"a": 1}, credential_metadata={"display": [{"name": "x", "font": "y"}], "z": 1})
        assert found.model_extra == {"future": {"a": 1}}
        assert found.model_dump(exclude_unset=True)["credential_metadata"] == {
            "display": ({"name": "x", "font": "y"},),
            "z": 1,
        }

    @pytest.mark.parametrize("issuer", ["https://issuer.example", f"{ISSUER}/", ISSUER.upper(), "https://evil.example"])
    def test_the_metadata_of_another_issuer_are_refused(self, issuer: str) -> None:
        with pytest.raises(UntrustedError) as caught:
            read_issuer_metadata(json.dumps(METADATA), issuer=issuer)
        assert caught.value.code == "ISSUER_MISMATCH"
        assert read_issuer_metadata(json.dumps(METADATA), issuer=ISSUER).credential_issuer == ISSUER

    def test_metadata_of_an_old_draft_are_refused_by_name(self) -> None:
        old = without(METADATA, "credential_configurations_supported") | {"credentials_supported": []}
        with pytest.raises(UnsupportedError) as caught:
            read_issuer_metadata(json.dumps(old), issuer=ISSUER)
        assert caught.value.code == "OLD_DRAFT"
        # An issuer may serve wallets of both times.
        assert read_metadata(credentials_supported=[]).supported.keys() == {"residence", "residence_mdoc"}

    @pytest.mark.parametrize(
        "name", ["credential_issuer", "credential_endpoint", "credential_configurations_supported"]
    )
    def test_a_member_that_has_to_be_there_is_missed(self, name: str) -> None:
        with pytest.raises(MalformedError):
            read_issuer_metadata(json.dumps(without(METADATA, name)), issuer=ISSUER)

    @pytest.mark.parametrize(
        "text", [b"", b"[]", b"null", b'"x"', b"{", b'{"credential_issuer":1}', b"\xff"], ids=ascii
    )
    def test_what_is_no_object_is_refused(self, text: bytes) -> None:
        with pytest.raises(MalformedError):
            read_issuer_metadata(text, issuer=ISSUER)

    def test_a_text_cut_anywhere_raises_our_errors_only(self) -> None:
        text = json.dumps(METADATA)
        for length in range(len(text)):
            with pytest.raises(VcError):
                read_issuer_metadata(text[:length], issuer=ISSUER)

    def test_an_error_does_not_repeat_what_was_sent(self) -> None:
        with pytest.raises(MalformedError) as caught:
            read_metadata(credential_endpoint="secret-place")
        assert "secret-place" not in str(caught.value)


class TestEndpoints:
    ENDPOINTS = (
        "credential_endpoint",
        "nonce_endpoint",
        "deferred_credential_endpoint",
        "notification_endpoint",
    )

    @pytest.mark.parametrize("name", ENDPOINTS)
    @pytest.mark.parametrize("url", ["https://other.example:444/x?tenant=1", "http://127.0.0.1:8000/x"])
    def test_an_endpoint_is_https_or_on_this_machine(self, name: str, url: str) -> None:
        assert getattr(read_metadata(**{name: url}), name) == url

    @pytest.mark.parametrize("name", ENDPOINTS)
    @pytest.mark.parametrize("url", ["http://other.example/x", "/x", "", 1, None, "https://a.example/#x"], ids=ascii)
    def test_another_endpoint_is_refused(self, name: str, url: object) -> None:
        with pytest.raises(MalformedError):
            read_metadata(**{name: url})

    def test_without_a_list_the_issuer_is_its_own_authorization_server(self) -> None:
        assert read_metadata().servers == (ISSUER,)
        servers = ["https://login.example", "https://other.example/x"]
        assert read_metadata(authorization_servers=servers).servers == tuple(servers)

    @pytest.mark.parametrize(
        "servers",
        [
            [],
            ["http://login.example"],
            ["https://login.example?x=1"],
            ["https://login.example", "https://login.example"],
            [1],
            "https://login.example",
        ],
        ids=ascii,
    )
    def test_a_list_of_servers_is_a_list_of_different_identifiers(self, servers: object) -> None:
        with pytest.raises(MalformedError):
            read_metadata(authorization_servers=servers)

    def test_there_are_at_most_20_servers(self) -> None:
        servers = [f"https://login{number}.example" for number in range(21)]
        assert len(read_metadata(authorization_servers=servers[:20]).servers) == 20
        with pytest.raises(LimitExceededError):
            read_metadata(authorization_servers=servers)


class TestEncryption:
    def test_the_keys_of_requests_can_be_chosen_by_kid(self) -> None:
        found = read_metadata(credential_request_encryption=REQUEST_ENCRYPTION).credential_request_encryption
        assert found is not None
        assert found.keys.select("1") == KEY

    @pytest.mark.parametrize(
        "changed",
        [
            {"jwks": {"keys": []}},
            {"jwks": {"keys": [without(KEY, "kid")]}},
            {"jwks": {"keys": [KEY, KEY]}},
            {"jwks": {}},
            {"jwks": []},
            {"enc_values_supported": []},
            {"enc_values_supported": "A256GCM"},
            {"zip_values_supported": []},
            {"encryption_required": "true"},
            {"encryption_required": 1},
        ],
        # The key is another one each time.
        ids=lambda changed: (
            ascii(changed).replace(ascii(KEY), "KEY").replace(ascii(without(KEY, "kid")), "WITHOUT KID")
        ),
    )
    def test_a_broken_rule_of_request_encryption_is_refused(self, changed: dict[str, Any]) -> None:
        with pytest.raises(MalformedError):
            read_metadata(credential_request_encryption={**REQUEST_ENCRYPTION, **changed})

    @pytest.mark.parametrize("name", list(REQUEST_ENCRYPTION))
    def test_request_encryption_needs_each_member(self, name: str) -> None:
        with pytest.raises(MalformedError):
            read_metadata(credential_request_encryption=without(REQUEST_ENCRYPTION, name))

    @pytest.mark.parametrize("name", list(RESPONSE_ENCRYPTION))
    def test_response_encryption_needs_each_member(self, name: str) -> None:
        found = read_metadata(credential_response_encryption=RESPONSE_ENCRYPTION).credential_response_encryption
        assert found is not None
        assert found.encryption_required is True
        with pytest.raises(MalformedError):
            read_metadata(credential_response_encryption=without(RESPONSE_ENCRYPTION, name))


class TestBatch:
    @pytest.mark.parametrize("size", [2, 50, 10_000])
    def test_a_batch_has_two_keys_or_more(self, size: int) -> None:
        found = read_metadata(batch_credential_issuance={"batch_size": size}).batch_credential_issuance
        assert found is not None
        assert found.batch_size == size

    @pytest.mark.parametrize("batch", [{"batch_size": 1}, {"batch_size": "2"}, {"batch_size": True}, {}, []], ids=ascii)
    def test_anything_else_is_no_batch(self, batch: object) -> None:
        with pytest.raises(MalformedError):
            read_metadata(batch_credential_issuance=batch)


class TestFormats:
    @pytest.mark.parametrize(
        ("members", "type_id"),
        [(SD_JWT_VC, "urn:example:residence:1"), (MDOC, "org.example.residence"), (W3C, None), (W3C_LD, None)],
        ids=["dc+sd-jwt", "mso_mdoc", "jwt_vc_json", "ldp_vc"],
    )
    def test_a_format_has_its_type(self, members: dict[str, Any], type_id: str | None) -> None:
        found = read_metadata(credential_configurations_supported={"it": members}).configuration("it")
        assert found.type_id == type_id
        assert found.is_bound is ("cryptographic_binding_methods_supported" in members)
        assert found.claims == ()

    @pytest.mark.parametrize(
        "members",
        [
            without(SD_JWT_VC, "vct"),
            {**without(SD_JWT_VC, "vct"), "doctype": "x"},
            {**SD_JWT_VC, "vct": ""},
            without(MDOC, "doctype"),
            {**without(MDOC, "doctype"), "vct": "x"},
            without(W3C, "credential_definition"),
            {**W3C, "credential_definition": {"type": []}},
            {**W3C, "credential_definition": {}},
            {**W3C, "format": "jwt_vc_json-ld"},
            {**W3C, "format": "ldp_vc"},
            without(W3C_LD, "credential_definition"),
            {**W3C_LD, "credential_definition": {"@context": [], "type": ["a"]}},
            {**W3C_LD, "credential_definition": {"context": ["a"], "type": ["a"]}},
        ],
        ids=ascii,
    )
    def test_a_format_without_its_type_is_refused(self, members: dict[str, Any]) -> None:
        with pytest.raises(MalformedError):
            read_metadata(credential_configurations_supported={"it": members})

    def test_a_format_that_nobody_knows_is_kept_and_cannot_be_used(self) -> None:
        old: dict[str, Any] = {"format": "vc+sd-jwt", "scope": 7, "vct": None}
        metadata = read_metadata(credential_configurations_supported={"old": old, "it": SD_JWT_VC})
        assert metadata.supported.keys() == {"it"}
        assert metadata.credential_configurations_supported["old"] == UnsupportedFormat(**old)
        with pytest.raises(UnsupportedError) as caught:
            metadata.configuration("old")
        assert caught.value.code == "FORMAT_UNSUPPORTED"

    def test_a_configuration_that_is_not_there_is_not_found(self) -> None:
        with pytest.raises(UntrustedError) as caught:
            read_metadata().configuration("passport")
        assert caught.value.code == "CONFIGURATION_UNKNOWN"

    @pytest.mark.parametrize(
        "value", [None, [], "dc+sd-jwt", {}, {"format": 1}, {"format": ""}, {"format": None}], ids=ascii
    )
    def test_a_configuration_is_an_object_with_a_format(self, value: object) -> None:
        with pytest.raises(MalformedError):
            read_metadata(credential_configurations_supported={"it": value})

    def test_algorithms_are_named_as_the_format_has_it(self) -> None:
        assert configuration(credential_signing_alg_values_supported=["ES256"]).format == "dc+sd-jwt"
        for members in (
            {**SD_JWT_VC, "credential_signing_alg_values_supported": [-7]},
            {**MDOC, "credential_signing_alg_values_supported": ["ES256"]},
            {**MDOC, "credential_signing_alg_values_supported": [-7, True]},
            {**MDOC, "credential_signing_alg_values_supported": [-7.0]},
            {**MDOC, "credential_signing_alg_values_supported": []},
        ):
            with pytest.raises(MalformedError):
                read_metadata(credential_configurations_supported={"it": members})

    @pytest.mark.parametrize("scope", ["residence", "urn:example:residence:1", "!#[]~"])
    def test_a_scope_is_one_token(self, scope: str) -> None:
        assert configuration(scope=scope).scope == scope

    @pytest.mark.parametrize("scope", ["", "two scopes", 'a"', "a\\", "é", "a\n", 1, None], ids=ascii)
    def test_another_text_is_no_scope(self, scope: object) -> None:
        with pytest.raises(MalformedError):
            configuration(scope=scope)


class TestBinding:
    def test_an_empty_requirement_is_one_and_a_missing_is_none(self) -> None:
        proof = {"proof_signing_alg_values_supported": ["ES256"]}
        found = configuration(
            proof_types_supported={"jwt": proof, "attestation": {**proof, "key_attestations_required": {}}}
        )
        assert found.proof_types_supported["jwt"].key_attestations_required is None
        assert found.proof_types_supported["attestation"].key_attestations_required == KeyAttestationsRequired()

    @pytest.mark.parametrize(
        "proof",
        [
            {},
            {"proof_signing_alg_values_supported": []},
            {"proof_signing_alg_values_supported": ["ES256"], "key_attestations_required": None},
            {"proof_signing_alg_values_supported": ["ES256"], "key_attestations_required": {"key_storage": []}},
            {
                "proof_signing_alg_values_supported": ["ES256"],
                "key_attestations_required": {"user_authentication": "x"},
            },
        ],
        ids=ascii,
    )
    def test_a_broken_proof_type_is_refused(self, proof: dict[str, Any]) -> None:
        with pytest.raises(MalformedError):
            configuration(proof_types_supported={"jwt": proof})

    def test_there_are_no_proofs_of_a_key_that_is_not_needed(self) -> None:
        unbound = without(SD_JWT_VC, "cryptographic_binding_methods_supported", "proof_types_supported")
        assert not read_metadata(credential_configurations_supported={"it": unbound}).configuration("it").is_bound
        proofs = {"proof_types_supported": SD_JWT_VC["proof_types_supported"]}
        with pytest.raises(MalformedError):
            read_metadata(credential_configurations_supported={"it": {**unbound, **proofs}})

    @pytest.mark.parametrize("name", ["cryptographic_binding_methods_supported", "proof_types_supported"])
    def test_what_is_there_is_not_empty(self, name: str) -> None:
        with pytest.raises(MalformedError):
            configuration(**{name: type(SD_JWT_VC[name])()})


class TestDisplay:
    @pytest.mark.parametrize(
        "display",
        [
            [{"name": "a", "locale": "ja"}, {"name": "b", "locale": "en"}, {"name": "c"}],
            [{"name": "a"}, {"name": "b"}],
        ],
        ids=ascii,
    )
    def test_each_language_has_one_display(self, display: list[dict[str, Any]]) -> None:
        assert len(read_metadata(display=display).display) == len(display)
        assert configuration(credential_metadata={"display": display}).credential_metadata is not None

    @pytest.mark.parametrize(
        "display",
        [
            [{"name": "a", "locale": "ja"}, {"name": "b", "locale": "ja"}],
            [{"name": "a", "locale": "ja-JP"}, {"name": "b", "locale": "JA-jp"}],
            [{"name": "a", "locale": ""}],
            [{"name": "a", "locale": None}],
            [{"name": 1}],
            ["a"],
            [],
        ],
        ids=ascii,
    )
    def test_a_broken_display_is_refused(self, display: list[Any]) -> None:
        with pytest.raises(MalformedError):
            read_metadata(display=display)
        with pytest.raises(MalformedError):
            configuration(credential_metadata={"display": display})
        with pytest.raises(MalformedError):
            configuration(credential_metadata={"claims": [{"path": ["a"], "display": display}]})

    @pytest.mark.parametrize("name", ["logo", "background_image"])
    def test_a_picture_has_a_uri(self, name: str) -> None:
        display = [{"name": "a", name: {"uri": "data:image/png;base64,AA=="}}]
        assert configuration(credential_metadata={"display": display}).credential_metadata is not None
        with pytest.raises(MalformedError):
            configuration(credential_metadata={"display": [{"name": "a", name: {"alt_text": "x"}}]})

    def test_a_credential_has_a_name_and_an_issuer_need_not(self) -> None:
        assert read_metadata(display=[{"locale": "ja"}]).display[0].name is None
        with pytest.raises(MalformedError):
            configuration(credential_metadata={"display": [{"locale": "ja"}]})

    @pytest.mark.parametrize("colour", ["#12107c", "#FFF", "rgb(1, 2, 3)", "hsl(120, 100%, 25.5%)", "navy"])
    def test_a_colour_is_one_of_style_sheets(self, colour: str) -> None:
        display = [{"name": "a", "background_color": colour, "text_color": colour}]
        assert configuration(credential_metadata={"display": display}).credential_metadata is not None

    @pytest.mark.parametrize("colour", ["", "red;x", "url('x')", "}", "<b>", "a\n", "#" * 65], ids=ascii)
    @pytest.mark.parametrize("name", ["background_color", "text_color"])
    def test_a_colour_cannot_end_what_it_stands_in(self, name: str, colour: str) -> None:
        with pytest.raises(MalformedError):
            configuration(credential_metadata={"display": [{"name": "a", name: colour}]})


class TestClaims:
    @pytest.mark.parametrize(
        "paths",
        [
            (["a"], ["b"]),
            (["a"], ["a", "b"], ["a", "c"]),
            (["a", None], ["a"], ["a", None, "b"]),
            (["a", 0], ["a", 1], ["a", 0, "b"]),
            (["a", None, "x"], ["b", 0, "x"]),
        ],
        ids=ascii,
    )
    def test_claims_keep_their_order(self, paths: tuple[list[Any], ...]) -> None:
        assert [list(claim.path) for claim in described(*paths).claims] == list(paths)
        assert [claim.mandatory for claim in described(*paths).claims] == [False] * len(paths)

    @pytest.mark.parametrize(
        "paths",
        [
            (["a"], ["b"], ["a"]),
            (["a", None], ["a", None]),
            (["a", None], ["a", 0]),
            (["a", 3, "b"], ["a", None, "b"]),
            (["a", None], ["a", "b"]),
            (["a", "b"], ["a", 0]),
            (["x", "a", "b"], ["x", "a", None]),
            ([],),
            (["a", -1],),
            (["a", True],),
            (["a", 1.5],),
            (["a", {}],),
        ],
        ids=ascii,
    )
    def test_repeated_and_contradictory_claims_are_refused(self, paths: tuple[list[Any], ...]) -> None:
        with pytest.raises(MalformedError):
            described(*paths)

    def test_a_path_into_an_mdoc_begins_with_namespace_and_element(self) -> None:
        assert len(described(["ns", "a"], ["ns", "b", 0, "c"], ["ns", "b", "key"], format=MDOC).claims) == 3
        for path in (["ns"], ["ns", None], ["ns", 0], [None, "a"]):
            with pytest.raises(MalformedError):
                described(path, format=MDOC)

    @pytest.mark.parametrize(
        "paths",
        [
            (["ns", "a"], ["ns", "a"]),
            (["ns", "a", None], ["ns", "a", 0]),
            (["ns", "a", None], ["ns", "a", "b"]),
            (["ns", "a", "b"], ["ns", "a", 0], ["ns", "a", None]),
        ],
        ids=ascii,
    )
    def test_claims_of_an_mdoc_do_not_contradict_each_other_either(self, paths: tuple[list[Any], ...]) -> None:
        with pytest.raises(MalformedError):
            described(*paths, format=MDOC)


class TestLimits:
    def test_a_document_has_at_most_256_kib(self) -> None:
        text = json.dumps({**METADATA, "padding": ""})
        longest = text.replace(b'"padding":""', b'"padding":"%s"' % (b"x" * (256 * 1024 - len(text))))
        assert read_issuer_metadata(longest, issuer=ISSUER).credential_issuer == ISSUER
        with pytest.raises(LimitExceededError):
            read_issuer_metadata(longest.replace(b'"x', b'"xx'), issuer=ISSUER)

    def test_there_are_at_most_200_configurations(self) -> None:
        many = {str(number): {"format": "x"} for number in range(201)}
        with pytest.raises(LimitExceededError):
            read_metadata(credential_configurations_supported=many)
        del many["200"]
        assert len(read_metadata(credential_configurations_supported=many).credential_configurations_supported) == 200

    def test_there_are_at_most_1000_claims(self) -> None:
        claims = [{"path": [str(number)]} for number in range(1001)]
        with pytest.raises(LimitExceededError):
            configuration(credential_metadata={"claims": claims})
        assert len(configuration(credential_metadata={"claims": claims[:-1]}).claims) == 1000

    def test_a_path_has_at_most_16_components(self) -> None:
        assert described(["a"] * 16).claims
        with pytest.raises(LimitExceededError):
            described(["a"] * 17)

    def test_there_are_at_most_100_displays_and_values_and_no_long_names(self) -> None:
        display = [{"name": "x", "locale": f"l-{number}"} for number in range(101)]
        assert len(read_metadata(display=display[:-1]).display) == 100
        with pytest.raises(LimitExceededError):
            read_metadata(display=display)
        with pytest.raises(LimitExceededError):
            configuration(cryptographic_binding_methods_supported=["jwk"] * 101)
        with pytest.raises(LimitExceededError):
            configuration(vct="x" * 257)
        with pytest.raises(LimitExceededError):
            configuration(scope="x" * 257)


def test_metadata_made_in_python_are_checked_too() -> None:
    with pytest.raises(MalformedError):
        CredentialIssuerMetadata(
            credential_issuer="http://issuer.example",
            credential_endpoint="https://issuer.example/x",
            credential_configurations_supported={},
        )
