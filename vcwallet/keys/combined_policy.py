# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Several trust policies as one: each issuer is known in exactly one way.

The first policy that knows an issuer decides about it, and its refusal is final.  Otherwise a credential that the
stronger mechanism refuses, because its issuer was suspended for example, would be accepted by the weaker one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vcwallet.errors import UntrustedError
from vcwallet.flow import Flow
from vcwallet.keys.policy import (
    AddressPolicy,
    FetchingPolicy,
    IssuerPolicy,
    KeySource,
    PartyPolicy,
    Role,
    TrustedKey,
    TrustedParty,
)


@dataclass(frozen=True, slots=True)
class CombinedPolicy:
    """A `TrustPolicy` that asks the first of its policies that knows the issuer, and no other."""

    policies: Sequence[IssuerPolicy]

    def __post_init__(self) -> None:
        if not self.policies:
            raise ValueError("a combination of policies has at least one")

    def knows(self, source: KeySource) -> bool:
        """Tell whether one of the policies decides about the issuer that a message claims."""
        return any(policy.knows(source) for policy in self.policies)

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        """Return the key that the deciding policy gives (see `TrustPolicy.key_for`).

        Raises:
            UntrustedError: no policy knows the issuer.
            VcError: as the policy that does.
        """
        for policy in self.policies:
            if policy.knows(source):
                return policy.key_for(source, role=role, type_id=type_id, at=at)
        raise UntrustedError("no policy knows the issuer")

    def require_granted(self, party: str, *, role: Role, at: datetime) -> None:
        """Return if the policy that decides about a party says that it may act (see `PartyPolicy.require_granted`).

        To decide about a party is not to vouch for it: a policy that says nothing without a key vouches for nobody.

        Raises:
            UntrustedError: no policy knows the party, or the one that does says nothing without its key.
            VcError: as the policy that does.
        """
        decides = self._deciding(party)
        if not isinstance(decides, PartyPolicy):
            raise UntrustedError("no policy vouches for the party")
        decides.require_granted(party, role=role, at=at)

    def party_at(self, address: str, *, role: Role, at: datetime) -> TrustedParty:
        """Return the party that an address belongs to (see `AddressPolicy.party_at`).

        Raises:
            UntrustedError: no policy knows the address, or the one that does takes no address for a proof.
            VcError: as the policy that does.
        """
        decides = self._deciding(address)
        if not isinstance(decides, AddressPolicy):
            raise UntrustedError("nobody is known at this address")
        return decides.party_at(address, role=role, at=at)

    def look_up(self, party: str, /, *, at: datetime) -> Flow[object]:
        """Let the policy that decides about a party fetch what it needs, if it fetches at all (see `FetchingPolicy`).

        Raises:
            VcError: as that policy.
        """
        decides = self._deciding(party)
        if isinstance(decides, FetchingPolicy):
            return (yield from decides.look_up(party, at=at))
        return None

    def _deciding(self, party: str) -> IssuerPolicy | None:
        source = KeySource(issuer=party)
        return next((policy for policy in self.policies if policy.knows(source)), None)
