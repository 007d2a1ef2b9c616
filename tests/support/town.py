# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A registry, a city and banks with the clock of this machine, as programs of others meet them; all in memory."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.world import DAYS_90, FORMATS, LOAN, MDOC, SD_JWT, AgeCard, Resident, resident
from vcwallet import Issuer, TrustRegistry
from vcwallet.credential_type import CredentialType
from vcwallet.formats.base import Credential
from vcwallet.keys.public import PublicKey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.enrolment import Enrolment

PASSPHRASE = "correct horse battery staple"


@dataclass
class Town:
    """A city that issues resident records and age cards, and banks that are registered for loans."""

    registry: TrustRegistry = field(default_factory=lambda: TrustRegistry.create("Demo registry"))

    def __post_init__(self) -> None:
        self.city = Issuer(self.registry.enrol_issuer("Mirai City", code="city", may_issue=[Resident, AgeCard]))

    def bank(self, *, dns_names: Sequence[str] = (), signer: SoftwareSigner | None = None) -> Enrolment:
        """Enrol one more bank, whose servers may have names."""
        return self.registry.enrol_verifier("Sakura Bank", purposes=[LOAN], dns_names=dns_names, signer=signer)

    def issue(self, record: CredentialType, *, format: str, holder: PublicKey) -> Credential:
        """Issue a record to whoever holds a key."""
        return self.city.issue(record, format=FORMATS[format], holder=holder, valid_for=DAYS_90)

    @property
    def root(self) -> str:
        """The root of everybody but those who sign mdocs, in base64."""
        return _base64(self.registry.published().anchor)

    @property
    def iaca(self) -> str:
        """The root of those who sign mdocs, in base64."""
        return _base64(self.registry._authority.iaca.certificate.public_bytes(Encoding.DER))


@dataclass
class OtherWallet:
    """What a wallet of others holds: a resident record in each format, each with a key of its own."""

    town: Town

    def __post_init__(self) -> None:
        self.credentials = {format: self._held(format) for format in (SD_JWT, MDOC)}

    def _held(self, format: str) -> dict[str, str]:
        key = SoftwareSigner.generate()
        raw = self.town.issue(resident(), format=format, holder=key.public_key).raw
        return {"format": format, "raw": str(raw), "pem": pem(key)}


def pem(key: SoftwareSigner) -> str:
    """Return a private key for another program."""
    return key.to_pem(passphrase=None).decode()


def _base64(der: bytes) -> str:
    return base64.b64encode(der).decode()
