# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Issuers that a policy names by their DID: whose key it is, the DID says; what it may issue, the policy says.

>>> from datetime import UTC, datetime
>>> from vcwallet.keys import KeySource, Role
>>> from vcwallet.trust.did import DidIssuer, DidPolicy, read
>>> did = "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"
>>> issuer = DidIssuer(document=read(did), types=frozenset({"urn:example:membership:1"}), valid_until=None)
>>> policy = DidPolicy(issuers={did: issuer})
>>> source = KeySource(issuer=did)
>>> policy.key_for(
...     source,
...     role=Role.CREDENTIAL_ISSUER,
...     type_id="urn:example:membership:1",
...     at=datetime(2026, 11, 23, tzinfo=UTC),
... ).source
'did'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from vcwallet.errors import NotAuthorisedError, UntrustedError, ValidityError
from vcwallet.flow import Flow
from vcwallet.keys.policy import ISSUER_ROLES, KeySource, Role, TrustedKey
from vcwallet.trust.did.document import DidDocument
from vcwallet.trust.did.resolution import resolve

SOURCE = "did"
_ISSUER = frozenset({Role.CREDENTIAL_ISSUER})


@dataclass(frozen=True, slots=True, kw_only=True)
class DidIssuer:
    """An issuer that a policy names by its DID.

    Attributes:
        document: the document of the DID.
        types: the credential types that it may issue.
        valid_until: until when the document may be used without fetching it again; None where the DID contains it.
        roles: for what else its keys count: a status signer's role is `Role.STATUS_SIGNER`.
        name: how it is called, by language tag; whoever writes the policy vouches for it.
    """

    document: DidDocument
    types: frozenset[str]
    valid_until: datetime | None
    roles: frozenset[Role] = _ISSUER
    name: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.roles or not self.roles <= ISSUER_ROLES:
            raise ValueError("a DID names an issuer or a signer of its status, and nobody else")
        if self.document.did.startswith("did:web:") and self.valid_until is None:
            raise ValueError("the document of a did:web is fetched again from time to time")


@dataclass(frozen=True, slots=True, kw_only=True)
class DidPolicy:
    """A `TrustPolicy` for issuers that are known by their DID, and for no others.

    A credential with a certificate chain is refused here: how an issuer is known is not for a credential to choose.
    """

    issuers: Mapping[str, DidIssuer]

    def __post_init__(self) -> None:
        if any(did != issuer.document.did for did, issuer in self.issuers.items()):
            raise ValueError("an issuer stands under its own DID")

    def knows(self, source: KeySource) -> bool:
        """Tell whether this policy decides about the issuer that a message claims."""
        return source.issuer in self.issuers

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        """Return the assertion key that ``kid`` names in the issuer's document (see `TrustPolicy.key_for`).

        Raises:
            UntrustedError: the issuer is not named here, uses another mechanism, or has no such key.
            NotAuthorisedError: it may not act in this role, or issue this type.
            ValidityError: the document has to be fetched again (code ``ISSUER_KEYS_STALE``).
            MalformedError, UnsupportedError, AlgorithmNotAllowedError: the key is not usable.
        """
        issuer = self.issuers.get(source.issuer) if source.issuer else None
        if issuer is None or source.chain or source.trust_chain:
            raise UntrustedError("the issuer is not one that is known by its DID")
        if role not in issuer.roles:
            raise NotAuthorisedError("the issuer may not act in this role")
        if role is Role.CREDENTIAL_ISSUER and type_id not in issuer.types:
            raise NotAuthorisedError("the issuer may not issue this type")
        if issuer.valid_until is not None and at >= issuer.valid_until:
            raise ValidityError("the issuer's DID document has to be fetched again", code="ISSUER_KEYS_STALE")
        key = issuer.document.assertion_key(source.key_id)
        return TrustedKey(key=key, party=issuer.document.did, name=issuer.name, source=SOURCE)


def fetch_issuer(
    did: str, *, types: frozenset[str], valid_until: datetime | None, name: Mapping[str, str] | None = None
) -> Flow[DidIssuer]:
    """Resolve the DID of an issuer that the caller permits; only for ``did:web`` something is fetched.

    Raises:
        VcError: as `resolve`.
        ValueError: a ``did:web`` without `valid_until`.
    """
    document = yield from resolve(did)
    return DidIssuer(document=document, types=types, valid_until=valid_until, name=name or {})
