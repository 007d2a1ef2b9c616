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
from vcwallet.keys.policy import IssuerPolicy, KeySource, PartyPolicy, Role, TrustedKey


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
        """Return if the first of the policies that can tell says that a party may act (see `PartyPolicy`).

        Raises:
            UntrustedError: no policy can tell.
            VcError: as the policy that can.
        """
        for policy in self.policies:
            if isinstance(policy, PartyPolicy):
                return policy.require_granted(party, role=role, at=at)
        raise UntrustedError("no policy can tell whether a party may act")
