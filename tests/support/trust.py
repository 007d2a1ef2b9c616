# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A small registry in memory, with a clock that tests set."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

from tests.support.pki import NOW
from vcwallet.credential_type import Claim, CredentialType
from vcwallet.keys import KeySource, Role
from vcwallet.registry import TrustRegistry
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.enrolment import Enrolment
from vcwallet.trust.registration import Grant, IntendedUse


class Identity(CredentialType, vct="urn:example:identity:1", ja="本人", en="Identity"):
    full_name: Annotated[str, Claim("氏名", "Full name")]


class Residence(Identity, vct="urn:example:residence:1", doctype="org.example.residence", ja="住民票", en="Residence"):
    address: Annotated[str, Claim("住所", "Address")]


class Tax(CredentialType, vct="urn:example:tax:1", ja="課税証明書", en="Tax assessment"):
    total_income: Annotated[int, Claim("合計所得金額", "Total income")]


LOAN = IntendedUse(
    code="loan_underwriting",
    text={"ja": "融資の審査", "en": "To decide on a loan"},
    grants=(Grant(Residence.vct, (("full_name",), ("address",))), Grant(Tax.vct, (("income_above", None),))),
    legal_basis=("consent",),
    procedure="loan",
    special_care=True,
    retention_days=30,
    retention_text={"en": "Until the decision"},
    privacy_policy="https://bank.example/privacy",
    contact="mailto:privacy@bank.example",
)
AGE = IntendedUse(code="age", text={"en": "To sell sake"}, grants=(Grant(Identity.vct, (("age_over_20",),)),))


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> datetime:
        self.now += timedelta(**time)
        return self.now


@dataclass
class Demo:
    """A registry with a city that issues and a bank that asks, and a client that follows its list."""

    clock: Clock = field(default_factory=Clock)
    store: MemoryStore = field(default_factory=MemoryStore)
    client_store: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        self.registry = TrustRegistry.found("Demo registry", store=self.store, clock=self.clock)
        self.city = self.registry.enrol_issuer("Mirai City", code="999016", may_issue=[Residence])
        self.bank = self.registry.enrol_verifier({"en": "Sakura Bank"}, code="bank", purposes=[LOAN])
        self.client = TrustedListClient.start(self.registry.published(), store=self.client_store, at=self.clock())

    def update(self) -> None:
        self.client.update(self.registry.published(), at=self.clock())

    def trusts(
        self,
        enrolment: Enrolment,
        *,
        type_id: str | None = Residence.vct,
        signed_at: datetime | None = None,
        issuer: str | None = None,
    ) -> bool:
        """Look up the enrolment's key; False, or a `VcError`, never leaves here: it is True or it raises."""
        source = KeySource(chain=enrolment.chain, signed_at=signed_at, issuer=issuer)
        type_id = type_id if enrolment.role is Role.CREDENTIAL_ISSUER else None
        found = self.client.key_for(source, role=enrolment.role, type_id=type_id, at=self.clock())
        return found.key == enrolment.signer.public_key and found.party == enrolment.identifier
