# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Several trust policies as one: the first that knows the issuer decides, and nobody after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest

from tests.support.credentials import ISSUER_KEY, NOW, STRANGER_KEY, VCT
from vcwallet.errors import NotAuthorisedError, UntrustedError
from vcwallet.flow import Flow, HttpRequest, HttpResponse, run
from vcwallet.keys.combined_policy import CombinedPolicy
from vcwallet.keys.policy import KeySource, Role, TrustedKey, TrustedParty
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


class Granting(Knowing):
    """Also says who may act."""

    def require_granted(self, party: str, *, role: Role, at: datetime) -> None:
        answer = self.issuers[party]
        if isinstance(answer, Exception):
            raise answer


def test_who_decides_about_a_party_says_whether_it_may_act():
    granting = Granting(FIRST.issuers)
    policy = CombinedPolicy([granting, SECOND])
    policy.require_granted("a", role=Role.CREDENTIAL_ISSUER, at=NOW)
    with pytest.raises(NotAuthorisedError):
        policy.require_granted("both", role=Role.CREDENTIAL_ISSUER, at=NOW)
    CombinedPolicy([SECOND, policy]).require_granted("a", role=Role.CREDENTIAL_ISSUER, at=NOW)


@pytest.mark.parametrize("party", ["b", "c"])
def test_a_party_for_whom_nobody_vouches_is_not_granted_anything(party):
    with pytest.raises(UntrustedError):
        CombinedPolicy([Granting(FIRST.issuers), SECOND]).require_granted(party, role=Role.CREDENTIAL_ISSUER, at=NOW)


def test_a_weaker_policy_does_not_vouch_for_whom_a_stronger_one_decides_about():
    with pytest.raises(UntrustedError):
        CombinedPolicy([SECOND, Granting(SECOND.issuers)]).require_granted("b", role=Role.CREDENTIAL_ISSUER, at=NOW)


class Addressed(Knowing):
    """Also says whose an address is, and fetches something before."""

    def party_at(self, address: str, *, role: Role, at: datetime) -> TrustedParty:
        return TrustedParty(party=address, source="test")

    def look_up(self, party: str, /, *, at: datetime) -> Flow[object]:
        response = yield HttpRequest(method="GET", url=f"https://{party}.example", max_bytes=10)
        return response.status


def test_who_decides_about_an_address_says_whose_it_is():
    policy = CombinedPolicy([SECOND, Addressed({"a": ISSUER_KEY.public_key, "b": ISSUER_KEY.public_key})])
    assert policy.party_at("a", role=Role.VERIFIER, at=NOW).party == "a"
    for unknown in ("b", "c"):  # the first decides about one, and takes no address for a proof
        with pytest.raises(UntrustedError):
            policy.party_at(unknown, role=Role.VERIFIER, at=NOW)


def test_who_decides_about_a_party_fetches_what_that_takes():
    policy = CombinedPolicy([SECOND, Addressed({"a": ISSUER_KEY.public_key, "b": ISSUER_KEY.public_key})])
    asked: list[str] = []

    def http(request: HttpRequest) -> HttpResponse:
        asked.append(request.url)
        return HttpResponse(status=200, headers={}, body=b"")

    found = [run(policy.look_up(one, at=NOW), http) for one in ("a", "b", "c")]
    assert (found, asked) == ([200, None, None], ["https://a.example"])
