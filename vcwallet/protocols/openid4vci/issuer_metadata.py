# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Metadata of a credential issuer: its endpoints, and what it issues in which format (OpenID4VCI 1.0, section 12.2).

Metadata that you hold obey the rules of the standard.  A format that we do not know is no error, since an issuer may
offer another one beside it: its configuration is kept as `UnsupportedFormat`.  Drafts before 1.0 are refused.

    >>> from vcwallet.protocols.openid4vci.issuer_metadata import read_issuer_metadata
    >>> text = b'''{"credential_issuer": "https://issuer.example", "credential_endpoint": "https://issuer.example/get",
    ...   "credential_configurations_supported": {
    ...     "pass": {"format": "dc+sd-jwt", "vct": "urn:example:pass:1", "scope": "pass"}, "old": {"format": "cwt"}}}'''
    >>> metadata = read_issuer_metadata(text, issuer="https://issuer.example")
    >>> metadata.servers
    ('https://issuer.example',)
    >>> [type(one).__name__ for one in metadata.credential_configurations_supported.values()]
    ['CredentialConfiguration', 'UnsupportedFormat']
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Final, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    field_validator,
    model_validator,
)

from vcwallet.encoding import json, service_url, wire
from vcwallet.encoding.wire import Array, Maybe, WireModel
from vcwallet.errors import MalformedError, UnsupportedError, UntrustedError, quoted
from vcwallet.keys import jwk_set
from vcwallet.keys.jwk_set import JwkSet
from vcwallet.protocols.openid4vci.claims_description import (
    MAX_CLAIMS,
    ClaimDescription,
    require_consistent,
    require_mdoc_path,
)
from vcwallet.protocols.openid4vci.display import Display, Displays, IssuerDisplay
from vcwallet.protocols.openid4vci.identifiers import require_issuer_identifier

MEDIA_TYPE: Final = "application/json"
MAX_BYTES = 256 * 1024
MAX_CONFIGURATIONS = 200
MAX_SERVERS = 20
MAX_VALUES = 100
MAX_NAME = 256

SD_JWT_VC: Final = "dc+sd-jwt"
MDOC: Final = "mso_mdoc"
JWT_VC: Final = "jwt_vc_json"
JWT_VC_LD: Final = "jwt_vc_json-ld"
LDP_VC: Final = "ldp_vc"
FORMATS: Final = frozenset({SD_JWT_VC, MDOC, JWT_VC, JWT_VC_LD, LDP_VC})
"""The credential formats of the standard (appendix A)."""

CLAUSE: Final = "OpenID4VCI 1.0, section 12.2.4"


def _endpoint(url: str) -> str:
    service_url.parse_endpoint(url, clause=CLAUSE)
    return url


Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Names: TypeAlias = Annotated[Array[Name], Field(min_length=1, max_length=MAX_VALUES)]
AlgorithmIdentifiers: TypeAlias = Annotated[Array[StrictStr | StrictInt], Field(min_length=1, max_length=MAX_VALUES)]
Endpoint: TypeAlias = Annotated[str, AfterValidator(_endpoint)]
IssuerIdentifier: TypeAlias = Annotated[str, AfterValidator(require_issuer_identifier)]


class KeyAttestationsRequired(WireModel):
    """That keys have to be attested, and, where said, how well they have to be kept (see appendix D.2)."""

    key_storage: Names = ()
    user_authentication: Names = ()


class ProofType(WireModel):
    """What a proof of one type has to be like.

    Without ``key_attestations_required`` no attestation is asked for; with an empty one, any will do.
    """

    proof_signing_alg_values_supported: AlgorithmIdentifiers
    key_attestations_required: Maybe[KeyAttestationsRequired] = None


class CredentialMetadata(WireModel):
    """How a credential and its claims are called; what the format itself says, such as Type Metadata, goes before."""

    display: Displays[Display] = ()
    claims: Annotated[Array[ClaimDescription], Field(min_length=1, max_length=MAX_CLAIMS)] = ()


class CredentialDefinition(WireModel):
    """The type of a credential of the W3C (appendix A.1)."""

    model_config: ClassVar[ConfigDict] = ConfigDict(validate_by_name=True, validate_by_alias=True)

    context: Annotated[Array[Any], Field(alias="@context", min_length=1, max_length=MAX_VALUES)] = ()
    type: Names


class UnsupportedFormat(WireModel):
    """A credential in a format that the standard does not define: kept, so that it can be told that it is there."""

    format: Name


class CredentialConfiguration(WireModel):
    """One kind of credential in one format, as it can be asked for."""

    format: Name
    scope: Annotated[Maybe[str], Field(pattern=r"^[!#-\[\]-~]+$", max_length=MAX_NAME)] = None
    credential_signing_alg_values_supported: AlgorithmIdentifiers = ()
    cryptographic_binding_methods_supported: Names = ()
    proof_types_supported: Annotated[
        dict[str, ProofType], Field(min_length=1, max_length=MAX_VALUES, default_factory=dict)
    ]
    credential_metadata: Maybe[CredentialMetadata] = None
    vct: Maybe[Name] = None
    doctype: Maybe[Name] = None
    credential_definition: Maybe[CredentialDefinition] = None

    @property
    def type_id(self) -> str | None:
        """The credential type (``vct`` or docType); None for the formats of the W3C, which have a set of types."""
        return self.doctype if self.format == MDOC else self.vct if self.format == SD_JWT_VC else None

    @property
    def is_bound(self) -> bool:
        """Whether the credential is bound to a key of its holder."""
        return bool(self.cryptographic_binding_methods_supported)

    @property
    def claims(self) -> tuple[ClaimDescription, ...]:
        """What is said about the claims, in the order in which they are shown."""
        return self.credential_metadata.claims if self.credential_metadata is not None else ()

    @model_validator(mode="after")
    def _require_rules(self) -> CredentialConfiguration:
        _REQUIRE_TYPE[self.format](self)
        kind = int if self.format == MDOC else str
        if not all(isinstance(value, kind) for value in self.credential_signing_alg_values_supported):
            raise MalformedError(
                "the signing algorithms are not named as the format has it", clause="OpenID4VCI 1.0, appendix A"
            )
        # The examples of the standard have bound credentials without proof types; the opposite makes no sense at all.
        if self.proof_types_supported and not self.is_bound:
            raise MalformedError("a credential that is not bound to a key has no proof types", clause=CLAUSE)
        require_consistent((claim.path for claim in self.claims), in_mdoc=self.format == MDOC)
        if self.format == MDOC:
            for claim in self.claims:
                require_mdoc_path(claim.path)
        return self


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise MalformedError(message, clause="OpenID4VCI 1.0, appendix A")


def _require_vct(configuration: CredentialConfiguration) -> None:
    _require(configuration.vct is not None, "a configuration of dc+sd-jwt has a vct")


def _require_doctype(configuration: CredentialConfiguration) -> None:
    _require(configuration.doctype is not None, "a configuration of mso_mdoc has a doctype")


def _require_definition(configuration: CredentialConfiguration) -> None:
    _require(configuration.credential_definition is not None, "a configuration of a W3C format has a definition")


def _require_context(configuration: CredentialConfiguration) -> None:
    definition = configuration.credential_definition
    _require(definition is not None and bool(definition.context), "the definition has a type and an @context")


_REQUIRE_TYPE: Final = {
    SD_JWT_VC: _require_vct,
    MDOC: _require_doctype,
    JWT_VC: _require_definition,
    JWT_VC_LD: _require_context,
    LDP_VC: _require_context,
}


class RequestEncryption(WireModel):
    """Whether and how credential requests can be encrypted to the issuer (section 10)."""

    jwks: dict[str, Any]
    enc_values_supported: Names
    zip_values_supported: Names = ()
    encryption_required: bool

    @cached_property
    def keys(self) -> JwkSet:
        """The issuer's keys, each with a ``kid``; a key is read when it is chosen."""
        return jwk_set.parse(self.jwks)

    @model_validator(mode="after")
    def _require_key_ids(self) -> RequestEncryption:
        if not self.keys.keys or not all("kid" in key for key in self.keys.keys):
            raise MalformedError("the keys for requests are at least one, each with a kid", clause=CLAUSE)
        return self


class ResponseEncryption(WireModel):
    """Whether and how the issuer encrypts its responses (section 10)."""

    alg_values_supported: Names
    enc_values_supported: Names
    zip_values_supported: Names = ()
    encryption_required: bool


class BatchIssuance(WireModel):
    """How many keys one request may bring."""

    batch_size: Annotated[int, Field(ge=2)]


def _configuration(value: object) -> CredentialConfiguration | UnsupportedFormat:
    if isinstance(value, CredentialConfiguration | UnsupportedFormat):
        return value
    found = wire.fit(UnsupportedFormat, value)
    return wire.fit(CredentialConfiguration, value) if found.format in FORMATS else found


Configuration: TypeAlias = CredentialConfiguration | UnsupportedFormat


class CredentialIssuerMetadata(WireModel):
    """What a credential issuer says about itself."""

    credential_issuer: IssuerIdentifier
    authorization_servers: Annotated[Array[IssuerIdentifier], Field(min_length=1, max_length=MAX_SERVERS)] = ()
    credential_endpoint: Endpoint
    nonce_endpoint: Maybe[Endpoint] = None
    deferred_credential_endpoint: Maybe[Endpoint] = None
    notification_endpoint: Maybe[Endpoint] = None
    credential_request_encryption: Maybe[RequestEncryption] = None
    credential_response_encryption: Maybe[ResponseEncryption] = None
    batch_credential_issuance: Maybe[BatchIssuance] = None
    display: Displays[IssuerDisplay] = ()
    credential_configurations_supported: Annotated[
        Mapping[Name, Annotated[Configuration, BeforeValidator(_configuration)]], Field(max_length=MAX_CONFIGURATIONS)
    ]

    @property
    def servers(self) -> tuple[str, ...]:
        """The identifiers of the authorization servers; the issuer itself, where it names none."""
        return self.authorization_servers or (self.credential_issuer,)

    @property
    def supported(self) -> Mapping[str, CredentialConfiguration]:
        """The configurations in a format of the standard."""
        return {
            identifier: configuration
            for identifier, configuration in self.credential_configurations_supported.items()
            if isinstance(configuration, CredentialConfiguration)
        }

    def configuration(self, identifier: str) -> CredentialConfiguration:
        """Return the configuration of this identifier.

        Raises:
            UntrustedError: the issuer has none (code ``CONFIGURATION_UNKNOWN``).
            UnsupportedError: its format is not one of the standard (code ``FORMAT_UNSUPPORTED``).
        """
        found = self.credential_configurations_supported.get(identifier)
        if found is None:
            raise UntrustedError(f"the issuer has no configuration {quoted(identifier)}", code="CONFIGURATION_UNKNOWN")
        if isinstance(found, UnsupportedFormat):
            raise UnsupportedError(
                f"the credential format {quoted(found.format)} is unknown", code="FORMAT_UNSUPPORTED"
            )
        return found

    @field_validator("authorization_servers")
    @classmethod
    def _require_different(cls, servers: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(servers)) != len(servers):
            raise MalformedError("an authorization server is named twice", clause=CLAUSE)
        return servers


def read_issuer_metadata(text: bytes, *, issuer: str) -> CredentialIssuerMetadata:
    """Return the metadata of a JSON document that was fetched for `issuer` (section 12.2.2).

    Raises:
        LimitExceededError: longer than 256 KiB, more than 200 configurations, or another limit.
        MalformedError: not metadata as the standard has them.
        UnsupportedError: metadata of a draft before 1.0 (code ``OLD_DRAFT``).
        UntrustedError: they are another issuer's (code ``ISSUER_MISMATCH``).
    """
    return fit_issuer_metadata(json.loads_object(text, max_bytes=MAX_BYTES), issuer=issuer)


def fit_issuer_metadata(members: Mapping[str, object], *, issuer: str) -> CredentialIssuerMetadata:
    """Return the metadata of an object that strict JSON parsing gave, as `read_issuer_metadata` does.

    Raises:
        VcError: as `read_issuer_metadata`.
    """
    if "credential_configurations_supported" not in members and "credentials_supported" in members:
        raise UnsupportedError("the metadata are of a draft before OpenID4VCI 1.0", code="OLD_DRAFT", clause=CLAUSE)
    metadata = wire.fit(CredentialIssuerMetadata, members)
    if metadata.credential_issuer != issuer:
        raise UntrustedError("the metadata are another issuer's", code="ISSUER_MISMATCH", clause=CLAUSE)
    return metadata


def metadata_json(metadata: CredentialIssuerMetadata) -> bytes:
    """Return the metadata as the JSON document that the issuer publishes (media type `MEDIA_TYPE`)."""
    return json.dumps(metadata_object(metadata))


def metadata_object(metadata: CredentialIssuerMetadata) -> dict[str, Any]:
    """Return the metadata as a JSON object, with just the members that they were made with."""
    return metadata.model_dump(mode="json", by_alias=True, exclude_unset=True)
