# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What each credential format offers: a format issues, a held credential presents, an unverified presentation verifies.

Claims are the format's own tree.  What has not been verified has its own type, without claims to use by mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from vcwallet.checks import Finding
from vcwallet.claims import ClaimPath, Concealment, JsonObject
from vcwallet.keys.policy import Role, TrustedKey, TrustPolicy
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import KeyAgreement, Signer

SAME_CHANNEL = "urn:vcwallet:response_mode:same_channel"
"""Where an answer goes that goes back on the channel that the request came on; also our name for that response mode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialContent:
    """What an issuer says, before a format puts it into bytes.

    Attributes:
        type_id: the credential type (``vct`` or docType).
        claims: the claim tree, as the format has it (`vcwallet.credential_type.view`).
        concealment: which claims can be disclosed on their own, where that is for the issuer to say.
        holder: the key that presentations must be made with; None for a bearer credential.
        issued_at: the time of issue.
        expires: the end of technical validity.
        type_integrity: the integrity string of the type's metadata, if the issuer pins it.
        status: where the status can be looked up, as the status standard writes it.
    """

    type_id: str
    claims: Mapping[str, Any] = field(repr=False)
    concealment: Concealment
    holder: PublicKey | None
    issued_at: datetime
    expires: datetime
    type_integrity: str | None = None
    status: JsonObject | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """An issued credential on its way to its holder, in the format's own serialisation; nothing in it is verified."""

    format: str
    raw: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerKey:
    """With whose key, and in whose name, a credential is signed.

    Attributes:
        signer: holds the private key.
        chain: the signer's DER certificate and the CAs above it, without the trust anchor; for an mdoc, that of the
            document signer alone.
        identifier: the issuer's identifier, as its certificate has it; None leaves it to the chain.
        key_id: the ``kid`` of an issuer that is known by its DID, its metadata or a federation.
        trust_chain: the entity statements that show an issuer's place in a federation, its own first, for those who
            verify without a network.
    """

    signer: Signer
    chain: tuple[bytes, ...]
    identifier: str | None
    key_id: str | None = None
    trust_chain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """To whom and for which request a presentation is made; each format turns it into its own bytes.

    Attributes:
        audience: the verifier's identifier, as it stands in the request.
        nonce: the request's nonce.
        required: whether a presentation without proof of the holder's key is refused; decided by the request,
            never by what arrived.
        max_age: how old the holder's proof may be.
        response_uri: where the answer goes (``response_uri`` or ``redirect_uri``).
        encryption_key: the SHA-256 thumbprint (RFC 7638) of the JWK that the answer is encrypted to, if it is.
        origin: the origin that the Digital Credentials API reports, where the request came that way.
        session_transcript: the CBOR of the SessionTranscript of an ISO/IEC 18013-5 session, where there is one; then it
            stands for everything above but `required`.
        reader_key: the verifier's ephemeral key of that session, with which a holder's MAC can be checked.
        transaction_data: the base64url texts of what the holder authorises with this presentation, as they came in the
            request (OpenID4VP 1.0, section 8.4); for a check, of what may be authorised with it.
    """

    audience: str
    nonce: str = field(repr=False)
    required: bool = True
    max_age: timedelta = timedelta(seconds=300)
    response_uri: str = SAME_CHANNEL
    encryption_key: bytes | None = None
    origin: str | None = None
    session_transcript: bytes | None = field(default=None, repr=False)
    reader_key: KeyAgreement | None = field(default=None, repr=False)
    transaction_data: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if not self.audience or not self.nonce or not self.response_uri:
            raise ValueError("a binding names an audience, a nonce and where the answer goes")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedCredential:
    """A credential, or the part of one that was presented, after every check has passed.

    Attributes:
        format: the format identifier, such as ``dc+sd-jwt``.
        type_id: the credential type.
        type_ids: the type and those that it says to be as well.
        claims: the disclosed claims, as the format has them.
        issuer: the issuer's key, and why it is trusted for this type.
        holder_key: the key that the credential is bound to; None for a bearer credential.
        holder_proved: whether the presenter has proved to hold that key, for this request.
        issued_at: the time of issue, if the credential says it.
        expires: the end of technical validity, if there is one.
        status: where its status can be looked up; None where the issuer gives none.  A format does not look it up;
            the verifier does.
        disclosed: the claims that were disclosed on their own.
        type_integrity: the integrity string that the issuer pinned the type's metadata with, if it did.
        authorities: the trusted authorities of its issuer, as (type, value).
        shifted: the arrays in which an element does not stand where the issuer put it, since one before it is hidden.
        device_claims: what the holder's device says by itself, by namespace and element, within what the issuer
            authorised it to say; it is not the issuer's word, and nothing of it is in `claims`.
        transaction_data: which of the texts of the binding the holder has authorised with this presentation.
        signed_digest: the SHA-256 of what the issuer signed, by which one credential that is presented twice is known
            again; empty where the format does not tell, and where what was verified was kept as JSON.
    """

    format: str
    type_id: str
    type_ids: tuple[str, ...]
    claims: JsonObject = field(repr=False)
    issuer: TrustedKey
    holder_key: PublicKey | None
    holder_proved: bool
    issued_at: datetime | None
    expires: datetime | None
    status: JsonObject | None = field(repr=False)
    disclosed: tuple[ClaimPath, ...]
    type_integrity: str | None
    authorities: frozenset[tuple[str, str]]
    shifted: frozenset[ClaimPath] = frozenset()
    device_claims: Mapping[str, JsonObject] = field(default_factory=dict, repr=False)
    transaction_data: tuple[str, ...] = field(default=(), repr=False)
    signed_digest: bytes = field(default=b"", repr=False, compare=False)

    def __bool__(self) -> bool:
        raise TypeError("a verified credential is evidence, not a truth value")


class HeldCredential(Protocol):
    """A credential in the hands of its holder, who knows all its claims."""

    @property
    def format(self) -> str:
        """The format identifier."""
        ...

    @property
    def type_ids(self) -> tuple[str, ...]:
        """The credential type, and those that it says to be as well."""
        ...

    @property
    def claims(self) -> JsonObject:
        """Every claim of the credential."""
        ...

    @property
    def holder_key(self) -> PublicKey | None:
        """The key that presentations are made with; None for a bearer credential."""
        ...

    @property
    def concealed(self) -> frozenset[ClaimPath]:
        """The claims that can be disclosed on their own wherever they stand, with null for every array position."""
        ...

    @property
    def type_integrity(self) -> str | None:
        """The integrity string that the issuer pinned the type's metadata with, if it did."""
        ...

    @property
    def expires(self) -> datetime | None:
        """The end of technical validity, if there is one."""
        ...

    @property
    def status(self) -> JsonObject | None:
        """Where its status can be looked up; None where the issuer gives none."""
        ...

    @property
    def issuer_chain(self) -> tuple[bytes, ...]:
        """The issuer's DER certificates, its own first, as the credential carries them."""
        ...

    @property
    def authorities(self) -> frozenset[tuple[str, str]]:
        """The trusted authorities that it can be found by (OpenID4VP 1.0, section 6.1.1), as (type, value)."""
        ...

    def is_envelope(self, path: ClaimPath, /) -> bool:
        """Tell whether a claim is about the credential or its key: every presentation shows it, nobody chooses it."""
        ...

    def disclosed_by(self, paths: Iterable[ClaimPath], /) -> tuple[ClaimPath, ...]:
        """Return every claim that presenting `paths` lets the verifier see, always disclosed ones included.

        Raises:
            NoMatchError: a path selects no claim.
        """
        ...

    @property
    def transaction_hashes(self) -> frozenset[str]:
        """The hash functions that transactions can be authorised with (OpenID4VP 1.0, section 8.4); none."""
        ...

    def presented_bytes(self, paths: Iterable[ClaimPath], /) -> int:
        """Return how long a presentation of just the claims of `paths` is, without the proof of the holder's key.

        Raises:
            NoMatchError: a path selects no claim.
        """
        ...

    def present(self, paths: Iterable[ClaimPath], /, *, binding: Binding, signer: Signer | None, at: datetime) -> str:
        """Return a presentation of just the claims of `paths` and what cannot be hidden.

        Raises:
            NoMatchError: a path selects no claim.
            LocalProtocolError: the signer is not the key that the credential is bound to.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedCredential:
    """A credential that passed every check that a holder can make, and the issuer that it is from."""

    held: HeldCredential
    issuer: TrustedKey


class UnverifiedCredential(Protocol):
    """A credential as an issuer sent it."""

    def verify(self, *, trust: TrustPolicy, at: datetime) -> ReceivedCredential:
        """Return the credential after every check has passed.

        Raises:
            VerificationError: a check failed.
        """
        ...


class UnverifiedPresentation(Protocol):
    """A presentation as a wallet sent it."""

    def verify(self, *, binding: Binding, trust: TrustPolicy, at: datetime) -> VerifiedCredential:
        """Return what was presented, after every check has passed.

        Raises:
            VerificationError: a check failed.
        """
        ...

    def explain(self, *, binding: Binding, trust: TrustPolicy, at: datetime, subject: str) -> list[Finding]:
        """Run the same checks without stopping, and return what each found."""
        ...


class CredentialFormat(Protocol):
    """A format with its options: makes credentials and reads what others made."""

    @property
    def format(self) -> str:
        """The format identifier, such as ``dc+sd-jwt``."""
        ...

    @property
    def issuer_role(self) -> Role:
        """What the key that signs credentials of this format is certified for."""
        ...

    def issue(self, content: CredentialContent, *, issuer: IssuerKey) -> str:
        """Return the credential in the format's own serialisation.

        Raises:
            MalformedError: a claim has a name that the format reserves (code ``RESERVED_NAME``).
            LocalProtocolError: the format cannot say this, or the key may not sign it.
        """
        ...

    def read_issued(self, raw: str, /) -> UnverifiedCredential:
        """Return what an issuer sent, for checking."""
        ...

    def reopen(self, raw: str, /) -> HeldCredential:
        """Return a credential that was checked when it was received and comes from the holder's own store.

        Raises:
            VcError: what was stored is no credential of this format.
        """
        ...

    def read_presentation(self, raw: str, /) -> UnverifiedPresentation:
        """Return what a wallet sent, for checking."""
        ...


Formats = Mapping[str, CredentialFormat]
"""The formats that a role accepts, by identifier."""
