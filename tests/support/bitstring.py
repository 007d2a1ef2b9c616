# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A town whose credentials have their status in a Bitstring Status List, right in all but what a test changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.support.pki import NOW
from tests.support.trust import Demo
from vcwallet.encoding import json
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws, jwt
from vcwallet.status.bitstring import Bitstring
from vcwallet.status.bitstring_status_list import (
    BitstringStatusListCredential,
    BitstringStatusListEntry,
    SignedBitstringList,
    parse,
    sign_vc_jwt,
)
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.enrolment import Enrolment

URL = "https://city.example/status/3"


def entry(**details: Any) -> BitstringStatusListEntry:
    return BitstringStatusListEntry(**{"purpose": "revocation", "index": 94567, "list_url": URL, **details})


class Town:
    """A city that issues, its own status signer, and one that acts for it."""

    def __init__(self) -> None:
        self.demo = Demo()
        self.own = self.demo.registry.enrol_status_signer("Mirai City", code="999016")
        self.issuer = self.demo.city.identifier
        self.service = self.demo.registry.enrol_status_signer("Status service", acts_for=[self.issuer])
        self.stranger = self.demo.registry.enrol_status_signer("Another status service")

    @property
    def trust(self) -> TrustedListClient:
        """A follower that has no time behind it yet: tests ask at any time, in any order."""
        return TrustedListClient.start(self.demo.registry.published(), store=MemoryStore(), at=self.demo.clock())

    def content(self, **details: Any) -> BitstringStatusListCredential:
        return BitstringStatusListCredential(
            **{
                "id": URL,
                "issuer": self.own.identifier,
                "purposes": ("revocation",),
                "statuses": Bitstring.of({94567: 1}),
                "issued_at": NOW,
                "valid_from": NOW,
                "valid_until": NOW + timedelta(days=1),
                **details,
            }
        )

    def signed(self, by: Enrolment | None = None, **details: Any) -> str:
        by = by or self.own
        return sign_vc_jwt(self.content(**{"issuer": by.identifier, **details}), signer=by.signer, chain=by.chain)

    def changed(
        self, *, header: Mapping[str, Any] | None = None, subject: Mapping[str, Any] | None = None, **members: Any
    ) -> str:
        """A list whose members are others; one that is None is left out."""
        claims: dict[str, Any] = {**self.content().to_json(), "iss": self.own.identifier, "iat": jwt.seconds(NOW)}
        claims["credentialSubject"] = _without_none({**claims["credentialSubject"], **(subject or {})})
        protected = {"typ": "vc+jwt", "x5c": jose_header.x5c(self.own.chain), **(header or {})}
        payload = json.dumps(_without_none({**claims, **members}))
        return jws.sign(payload, signer=self.own.signer, header=_without_none(protected))

    def verify(self, text: str, *, at: datetime = NOW, **details: Any) -> SignedBitstringList:
        return parse(text.encode()).verify(**{"url": URL, "trust": self.trust, "at": at, **details})

    def value(
        self, text: str, of: BitstringStatusListEntry | None = None, *, at: datetime = NOW, **details: Any
    ) -> int:
        asked = {"issuer": self.issuer, "trust": self.trust, "at": at, **details}
        return self.verify(text, at=at).status_of(of or entry(), **asked).value


def _without_none(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
