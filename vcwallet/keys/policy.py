# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The seam between a format and a trust registry: which key speaks for this party, in this role, for this type, now.

A format hands over what a message says about its signer (`KeySource`) and is given a key with the evidence for it, or
an error.  A chain of certificates alone proves nothing until the policy says that the role and type are allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from vcwallet.claims import JsonObject
from vcwallet.flow import Flow
from vcwallet.keys.public import PublicKey


class Role(StrEnum):
    """What a key is used for; each role has its own entries in a trusted list, except the two of mdoc.

    A document signer is a key of a credential issuer, a reader one of a verifier, with a certificate of another
    profile (ISO/IEC 18013-5, Annex B): whether they may act is what a trusted list says of the issuer and verifier.
    """

    CREDENTIAL_ISSUER = "credential_issuer"
    VERIFIER = "verifier"
    REGISTRAR = "registrar"
    STATUS_SIGNER = "status_signer"
    WALLET_PROVIDER = "wallet_provider"
    LIST_OPERATOR = "list_operator"
    DOCUMENT_SIGNER = "document_signer"
    MDOC_READER = "mdoc_reader"

    __hash__ = str.__hash__  # as `Algorithm`


ORIGIN: Final = "origin"
"""What stands before the origin of a page where that says who asks (OpenID4VP 1.0, section 5.9.3)."""
REDIRECT_URI: Final = "redirect_uri"
"""What stands before an address that answers go to where that is all that is known (OpenID4VP 1.0, section 5.9.3)."""
ISSUER_ROLES = frozenset({Role.CREDENTIAL_ISSUER, Role.STATUS_SIGNER})
"""The roles in which a party speaks about credentials that it has issued, or that others have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySource:
    """What a signed message says about its signer; nothing in it is verified.

    Attributes:
        issuer: the identifier that the message claims, if any (``iss``).
        chain: DER certificates, the signer's first (``x5c``).
        key_id: the opaque ``kid``, if any.
        trust_chain: entity statements of an OpenID Federation (``trust_chain``), if any.
        signed_at: when the message says that it was signed (``iat``), if it says so.
    """

    issuer: str | None = None
    chain: tuple[bytes, ...] = ()
    key_id: str | None = None
    trust_chain: tuple[str, ...] = ()
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedParty:
    """A party that a policy vouches for, and why.

    Attributes:
        party: the identifier of the party, as the registry knows it.
        name: the registered name of the party, by language tag.
        source: where the trust comes from (for example ``trusted_list`` or ``issuer_metadata``).
        sequence: the sequence number of the trusted list that said so, if there was one.
        details: registered facts about the party, by name.
        country: the country in the subject of the signer's certificate (C), if there is a certificate.
        jurisdiction: the state or province in the same subject (ST), if it has one.
        not_before: when the signer's own certificate begins, if there is one.
        not_after: when the signer's own certificate ends, if there is one.
        acts_for: the identifiers of other parties that it acts for in this role, such as the issuers whose status lists
            a status signer signs.
        authorities: the (type, value) pairs of ``trusted_authorities`` by which the policy knows the party: the trusted
            list that it stands in, or the entities of a federation on the way to it (OpenID4VP 1.0, section 6.1.1).
        metadata: of a verifier, what the policy knows of it that others say in their requests, with the members of
            ``client_metadata`` (OpenID4VP 1.0, section 5.9.2).
    """

    party: str
    name: Mapping[str, str] = field(default_factory=dict)
    source: str
    sequence: int | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    country: str | None = None
    jurisdiction: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    acts_for: frozenset[str] = frozenset()
    authorities: frozenset[tuple[str, str]] = frozenset()
    metadata: JsonObject = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey(TrustedParty):
    """The key of a party that a policy vouches for, and why.

    Attributes:
        key: verifies the message.
    """

    key: PublicKey


class TrustPolicy(Protocol):
    """Says whom to trust for what."""

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        """Return the key that speaks for `source` in `role` at `at`.

        Args:
            source: what the message says about its signer.
            role: what the key is used for.
            type_id: the credential type concerned (``vct`` or docType); None where the role has no types.
            at: the time of the decision.

        Raises:
            UntrustedError: no such party, or the chain or identifier is not its own.
            NotAuthorisedError: the party may not act in this role, for this type, at this time.
            ValidityError: a certificate or the trusted list is outside its validity.
        """
        ...


@runtime_checkable
class IssuerPolicy(TrustPolicy, Protocol):
    """A `TrustPolicy` that says of which issuers, or other parties, it is the one to decide."""

    def knows(self, source: KeySource) -> bool:
        """Tell whether this policy decides about the issuer that a message claims; its decision may be a refusal."""
        ...


@runtime_checkable
class PartyPolicy(TrustPolicy, Protocol):
    """A `TrustPolicy` that also says whether a party may act whose key is not at hand."""

    def require_granted(self, party: str, *, role: Role, at: datetime) -> None:
        """Return if the party may act in `role` at `at`.

        Raises:
            UntrustedError: no such party.
            NotAuthorisedError: it may not act in this role at this time.
            ValidityError: what the policy knows has ended.
        """
        ...


@runtime_checkable
class AddressPolicy(TrustPolicy, Protocol):
    """A `TrustPolicy` that also knows parties by their addresses, for requests that nobody has signed."""

    def party_at(self, address: str, *, role: Role, at: datetime) -> TrustedParty:
        """Return the party that an address belongs to, and that may act from there without a signature.

        Args:
            address: the origin of a page after ``origin:``, as the platform reports it, or the address that answers go
                to after ``redirect_uri:``.
            role: what the party does.
            at: the time of the decision.

        Raises:
            UntrustedError: nobody is known there.
            NotAuthorisedError: the party may not act in this role at this time.
            ValidityError: what the policy knows has ended.
        """
        ...


@runtime_checkable
class FetchingPolicy(TrustPolicy, Protocol):
    """A `TrustPolicy` that decides on what it has fetched before."""

    def look_up(self, party: str, /, *, at: datetime) -> Flow[object]:
        """Fetch what is needed to decide about a party; when this returns, it is in use.

        Raises:
            VcError: that could not be fetched, or does not hold; what was there before stays in use until it ends.
        """
        ...
