# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A request and its answer, whatever way they travel: as values, over OpenID4VP, or in an ISO/IEC 18013-5 session.

A wallet is given an `IncomingRequest` and learns an `AuthenticatedRequest` from it; a verifier keeps an
`ExpectedAnswer` until the answer comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from vcwallet.claims import JsonObject
from vcwallet.formats.base import SAME_CHANNEL, Binding
from vcwallet.jose.jwe import ContentEncryption
from vcwallet.keys.policy import TrustedParty, TrustPolicy
from vcwallet.keys.public import PublicKey
from vcwallet.protocols.dcql import CredentialQuery, DcqlQuery

QueryRule: TypeAlias = "Callable[[CredentialQuery, JsonObject], CredentialQuery]"
"""Gives, for a credential query and the claims of a credential, the query by which that credential is judged."""


def as_asked(query: CredentialQuery, claims: JsonObject) -> CredentialQuery:
    """Return the query as it is: DCQL asks for just the claims that it names."""
    return query


class IncomingRequest(Protocol):
    """A request as it came; who sent it is not known yet."""

    def verify(self, *, trust: TrustPolicy, at: datetime) -> AuthenticatedRequest:
        """Return the request with the verifier that trust vouches for.

        Raises:
            VcError: the request is not by a verifier that is known, or breaks a rule.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerEncryption:
    """To which key an answer is encrypted, and how.

    Attributes:
        jwk: the verifier's public key on P-256, with its ``kid`` if it has one.
        enc: how the content is encrypted.
        thumbprint: the SHA-256 thumbprint of the key (RFC 7638), which a proof of possession may be bound to.
    """

    jwk: Mapping[str, str]
    enc: ContentEncryption
    thumbprint: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTarget:
    """Where an answer goes, and in which shape.

    Attributes:
        mode: the response mode, as the request has it.
        uri: where the answer is posted; None where it goes back on the channel that the request came on.
        encryption: the key that the answer is encrypted to; None where it is not.
    """

    mode: str
    uri: str | None = None
    encryption: AnswerEncryption | None = None


BACK = AnswerTarget(mode=SAME_CHANNEL)
"""The answer goes back on the channel that the request came on, as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """Something that the holder authorises by presenting a credential (OpenID4VP 1.0, section 8.4).

    Attributes:
        type: what kind of transaction it is.
        credential_ids: the credential queries of which just one is answered with the authorisation.
        members: what the verifier says of the transaction, for the person to see.
        text: the base64url text as it came, over which the authorisation is made.
        hashes: the hash functions that it may be authorised with.
        labels: by member, and by ``""`` for the transaction itself, what people call it, by language.
    """

    type: str
    credential_ids: tuple[str, ...]
    members: JsonObject = field(repr=False)
    text: str = field(repr=False)
    hashes: frozenset[str] = frozenset({"sha-256"})
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatedRequest:
    """A request whose sender is known.

    Attributes:
        verifier: who the verifier is, and why that is known; a key, unless nobody has signed the request.
        binding: to whom and for which request an answer is made; it authorises no transaction yet, since just one of
            the credentials is to authorise each.
        state: what goes back beside the answer.
        query: what is asked for.
        purpose: the purpose code that the request names; None where it names none.
        registrations: the registration certificates that came along, not verified.
        digest: the SHA-256 of the signed request, as base64url.
        expires: until when the verifier accepts an answer.
        query_for: gives the query by which a credential with some claims is judged; where a protocol lets a holder
            answer with less than was asked, or with something near it, this is where.
        target: where the answer goes.
        transactions: what the holder is asked to authorise.
    """

    verifier: TrustedParty
    binding: Binding
    state: str | None = field(repr=False)
    query: DcqlQuery
    purpose: str | None
    registrations: tuple[str, ...] = field(repr=False)
    digest: str
    expires: datetime
    query_for: QueryRule = as_asked
    target: AnswerTarget = BACK
    transactions: tuple[Transaction, ...] = ()


class ExpectedAnswer(Protocol):
    """A request as its verifier keeps it until the answer comes; with it, nothing of the answer is believed."""

    @property
    def query(self) -> DcqlQuery:
        """What was asked for."""
        ...

    @property
    def purpose(self) -> str:
        """The code of the registered purpose."""
        ...

    @property
    def expires(self) -> datetime:
        """Until when an answer is accepted."""
        ...

    @property
    def digest(self) -> str:
        """The SHA-256 of the signed request, as base64url, by which histories and receipts name it."""
        ...

    @property
    def answer_id(self) -> str:
        """What is remembered of an answer, so that there is only one."""
        ...

    def require_signed_by(self, key: PublicKey, /) -> None:
        """Return if this is just what the verifier with this key has signed.

        Raises:
            BindingError: it is not (``REQUEST_NOT_OURS``).
        """
        ...

    def require_state(self, state: str | None, /) -> None:
        """Return if an answer with this state is one to this request.

        Raises:
            BindingError: it is one to another request (``STATE_MISMATCH``).
        """
        ...

    def binding(self, *, required: bool) -> Binding:
        """Return what a presentation has to be bound to."""
        ...

    def query_for(self, query: CredentialQuery, claims: JsonObject, /) -> CredentialQuery:
        """Return the query by which a credential with these claims is judged."""
        ...
