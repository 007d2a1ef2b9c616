# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Verifiers that a wallet knows from an agreement: by an identifier without a prefix, or by an address (OpenID4VP 5.9).

An agreement says who somebody is, and what the registry says decides about the rest: a request still comes with the
registration certificate of that party, and a party that the registry has suspended asks nothing.

    >>> from datetime import UTC, datetime
    >>> from vcwallet.keys import Role
    >>> from vcwallet.trust.known_verifiers import KnownVerifier, KnownVerifiers
    >>> library = KnownVerifier(party="urn:example:library", pages=frozenset({"https://library.example"}))
    >>> policy = KnownVerifiers([library])
    >>> policy.party_at(
    ...     "origin:https://library.example", role=Role.VERIFIER, at=datetime(2026, 11, 23, tzinfo=UTC)
    ... ).party
    'urn:example:library'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from vcwallet.claims import JsonObject
from vcwallet.encoding import service_url
from vcwallet.errors import MalformedError, NotAuthorisedError, UntrustedError
from vcwallet.keys.policy import ORIGIN, REDIRECT_URI, KeySource, Role, TrustedKey, TrustedParty
from vcwallet.keys.public import PublicKey

SOURCE: Final = "agreement"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownVerifier:
    """A verifier as an agreement with it says.

    Attributes:
        party: its identifier in the registry, or another that its registration certificate names.
        name: how it is called, by language tag; whoever writes the policy vouches for it.
        client_id: its client identifier, without a prefix; None for one that is known by addresses alone.
        keys: the keys that it signs requests with, by ``kid``.
        metadata: what it would say of itself as ``client_metadata``; its keys for answers are in ``jwks``.
        pages: the origins of its pages that may ask by the Digital Credentials API without a signature.  The platform
            says which page asks.
        receives_at: the origins (scheme, host and port) of the addresses that it receives answers at, for requests
            without a signature.  Anybody can make such a request; that the answer goes to this party is all that is
            known.

    Raises:
        ValueError: it is known by nothing, it has keys and no client identifier or the other way round, or the client
            identifier has a prefix.
    """

    party: str
    name: Mapping[str, str] = field(default_factory=dict)
    client_id: str | None = None
    keys: Mapping[str, PublicKey] = field(default_factory=dict)
    metadata: JsonObject = field(default_factory=dict, repr=False)
    pages: frozenset[str] = frozenset()
    receives_at: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not (self.client_id or self.pages or self.receives_at) or bool(self.keys) != (self.client_id is not None):
            raise ValueError("a verifier is known by an identifier and its keys, or by addresses")
        if ":" in (self.client_id or ""):
            raise ValueError("what stands before a colon is a prefix, and says how a verifier is known otherwise")

    @property
    def addresses(self) -> frozenset[str]:
        """Its addresses, each after the prefix that says what it is."""
        return frozenset(
            {f"{ORIGIN}:{one}" for one in self.pages} | {f"{REDIRECT_URI}:{one}" for one in self.receives_at}
        )


class KnownVerifiers:
    """A `TrustPolicy` over the verifiers that a wallet has agreements with, and over no others."""

    def __init__(self, verifiers: Iterable[KnownVerifier]) -> None:
        """Take up agreements.

        Raises:
            ValueError: two verifiers with the same identifier or address.
        """
        self._by_id: dict[str, KnownVerifier] = {}
        for one in verifiers:
            for id in (*((one.client_id,) if one.client_id else ()), *one.addresses):
                if self._by_id.setdefault(id, one) is not one:
                    raise ValueError("an identifier or address is that of one verifier")

    def knows(self, source: KeySource) -> bool:
        """Tell whether a client identifier without a prefix, or an address after its prefix, is one of a verifier."""
        return not source.chain and self._find(source.issuer or "") is not None

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        """Return the key that ``kid`` names, or the only one where it names none (see `TrustPolicy.key_for`).

        Raises:
            UntrustedError: no such verifier, it does not sign, or it has no such key (``KEY_NOT_FOUND``).
            NotAuthorisedError: it is asked for in another role.
        """
        known = None if source.chain else self._find(source.issuer or "")
        if known is None or source.issuer != known.client_id:
            raise UntrustedError("no verifier is known by this identifier")
        _require_verifier(role)
        only = next(iter(known.keys.values())) if source.key_id is None and len(known.keys) == 1 else None
        key = only or known.keys.get(source.key_id or "")
        if key is None:
            raise UntrustedError("the verifier has no such key", code="KEY_NOT_FOUND")
        return TrustedKey(key=key, party=known.party, name=known.name, source=SOURCE, metadata=known.metadata)

    def party_at(self, address: str, *, role: Role, at: datetime) -> TrustedParty:
        """Return the verifier whose page or address this is (see `vcwallet.keys.policy.AddressPolicy`).

        Raises:
            UntrustedError: it is nobody's.
            NotAuthorisedError: it is asked for in another role.
        """
        known = self._find(address)
        if known is None or address == known.client_id:
            raise UntrustedError("no verifier is known at this address")
        _require_verifier(role)
        return TrustedParty(party=known.party, name=known.name, source=SOURCE)

    def _find(self, id: str) -> KnownVerifier | None:
        prefix, _, rest = id.partition(":")
        return self._by_id.get(f"{prefix}:{_origin(rest)}" if prefix == REDIRECT_URI else id)


def _origin(address: str) -> str:
    try:
        return service_url.parse_endpoint(address).origin
    except MalformedError:
        return ""


def _require_verifier(role: Role) -> None:
    if role is not Role.VERIFIER:
        raise NotAuthorisedError("the party is known as a verifier, and as nothing else")
