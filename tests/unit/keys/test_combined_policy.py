# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Several trust policies as one: the first that knows the issuer decides, and nobody after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest

from tests.support.credentials import ISSUER_KEY, NOW, STRANGER_KEY, VCT
from vcwallet.errors import NotAuthorisedError, UntrustedError
from vcwallet.keys.combined_policy import CombinedPolicy
from vcwallet.keys.policy import KeySource, Role, TrustedKey
from vcwallet.keys.public import PublicKey


@dataclass
class Telling:
    """Knows no issuer, and says of some parties that they may act."""

    granted: frozenset[str]

    def knows(self, source: KeySource) -> bool:
        return False

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        raise UntrustedError("nobody is known here")

    def require_granted(self, party: str, *, role: Role, at: datetime) -> None:
        if party not in self.granted:
            raise NotAuthorisedError("suspended")


@dataclass
class Knowing:
    """Knows some issuers, and gives a key or an error for each."""

    issuers: dict[str, PublicKey | Exception]

    def knows(self, source: KeySource) -> bool:
        return source.issuer in self.issuers

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        assert (role, type_id, at) == (Role.CREDENTIAL_ISSUER, VCT, NOW)
        answer = self.issuers[source.issuer or ""]
        if isinstance(answer, Exception):
            raise answer
        return TrustedKey(key=answer, party=source.issuer or "", source="test")


FIRST = Knowing({"a": ISSUER_KEY.public_key, "both": NotAuthorisedError("suspended")})
SECOND = Knowing({"b": STRANGER_KEY.public_key, "both": STRANGER_KEY.public_key})


def key(policy: CombinedPolicy, issuer: str | None) -> PublicKey:
    return policy.key_for(KeySource(issuer=issuer), role=Role.CREDENTIAL_ISSUER, type_id=VCT, at=NOW).key


def test_each_issuer_is_known_by_its_own_policy():
    policy = CombinedPolicy([FIRST, SECOND])
    assert key(policy, "a") == ISSUER_KEY.public_key
    assert key(policy, "b") == STRANGER_KEY.public_key


def test_a_refusal_is_not_mended_by_a_weaker_policy():
    assert key(CombinedPolicy([SECOND, FIRST]), "both") == STRANGER_KEY.public_key
    with pytest.raises(NotAuthorisedError):
        key(CombinedPolicy([FIRST, SECOND]), "both")


@pytest.mark.parametrize("issuer", ["c", "", None])
def test_an_issuer_that_nobody_knows_is_refused(issuer):
    with pytest.raises(UntrustedError):
        key(CombinedPolicy([FIRST, SECOND]), issuer)


def test_a_combination_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        CombinedPolicy([])


def test_combinations_can_be_combined():
    inner = CombinedPolicy([SECOND])
    policy = CombinedPolicy([FIRST, inner])
    assert inner.knows(KeySource(issuer="b"))
    assert not inner.knows(KeySource(issuer="a"))
    assert key(policy, "b") == STRANGER_KEY.public_key


def test_the_first_policy_that_can_tell_says_who_may_act():
    policy = CombinedPolicy([FIRST, Telling(frozenset({"bank"})), Telling(frozenset({"shop"}))])
    policy.require_granted("bank", role=Role.VERIFIER, at=NOW)
    with pytest.raises(NotAuthorisedError):
        policy.require_granted("shop", role=Role.VERIFIER, at=NOW)


def test_where_no_policy_can_tell_nobody_may():
    with pytest.raises(UntrustedError):
        CombinedPolicy([FIRST, SECOND]).require_granted("bank", role=Role.VERIFIER, at=NOW)
