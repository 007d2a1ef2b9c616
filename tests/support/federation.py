# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A federation in memory: entities that sign statements about themselves and each other, and answer requests.

    anchor  ──  agency  ──  city (a credential issuer)

`Federation()` has these three.  A test adds entities, changes what they say, or answers a request in its own way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.credentials import NOW, VCT, token
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.keys import jwk
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.federation import EntityConfiguration, SubordinateStatement, TrustAnchor, TrustMark, federation_keys
from vcwallet.trust.federation import statement as statements
from vcwallet.trust.federation import trust_mark as marks
from vcwallet.trust.federation.entity import configuration_url
from vcwallet.trust.federation.statement import MEDIA_TYPE

ANCHOR, AGENCY, CITY = "https://anchor.example", "https://agency.example/fed", "https://city.example"
ISSUER_TYPE = "openid_credential_issuer"
KID = "issue-2026"
MARK = "https://anchor.example/marks/issuer"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Entity:
    """One entity: its federation key, what it says about itself, and about its subordinates.

    Attributes:
        says: members of its `EntityConfiguration` that replace the usual ones.
        about: for each subordinate, members of its `SubordinateStatement` that replace the usual ones.
    """

    id: str
    signer: SoftwareSigner
    superiors: tuple[str, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    says: dict[str, Any] = field(default_factory=dict)
    about: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class Federation:
    """Entities by identifier, and a network in which only they answer.

    Attributes:
        answers: answers, or errors, for addresses that replace the usual ones.
        asked: the requests so far.
    """

    at: datetime = NOW
    entities: dict[str, Entity] = field(default_factory=dict)
    answers: dict[str, HttpResponse | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    issuer_key: SoftwareSigner = field(default_factory=SoftwareSigner.generate)

    def __post_init__(self) -> None:
        self.add(ANCHOR)
        self.add(AGENCY, ANCHOR)
        self.add(CITY, AGENCY, metadata={ISSUER_TYPE: issuer_metadata(self.issuer_key)})

    def add(self, id: str, *superiors: str, metadata: Mapping[str, Any] | None = None) -> Entity:
        """Add an entity; everyone has a fetch endpoint."""
        own = {"federation_entity": {"federation_fetch_endpoint": f"{id}/fetch"}}
        made = Entity(id, SoftwareSigner.generate(), superiors, {**own, **(metadata or {})})
        self.entities[id] = made
        return made

    def __getitem__(self, id: str) -> Entity:
        return self.entities[id]

    # --- what they say ---

    def configuration(self, id: str) -> str:
        """Return what an entity says about itself, signed."""
        entity = self[id]
        own = EntityConfiguration(
            entity_id=id,
            issued_at=self.at - HOUR,
            expires=self.at + DAY,
            keys=federation_keys([entity.signer.public_key]),
            metadata=entity.metadata,
            authority_hints=entity.superiors,
        )
        return statements.sign(replace(own, **entity.says), signer=entity.signer)

    def statement(self, superior: str, subject: str) -> str:
        """Return what a superior says about a subordinate, signed."""
        usual = SubordinateStatement(
            issuer=superior,
            subject=subject,
            issued_at=self.at - HOUR,
            expires=self.at + DAY,
            keys=federation_keys([self[subject].signer.public_key]),
        )
        changed = replace(usual, **self[superior].about.get(subject, {}))
        return statements.sign(changed, signer=self[superior].signer)

    def chain(self, *path: str, anchor: bool = True) -> tuple[str, ...]:
        """Return the trust chain along a path from the subject to the anchor."""
        pairs = zip(path[1:], path, strict=False)
        last = (self.configuration(path[-1]),) if anchor else ()
        return (self.configuration(path[0]), *(self.statement(above, below) for above, below in pairs), *last)

    def anchors(self, *ids: str) -> dict[str, TrustAnchor]:
        """Return entities as trust anchors, by default the one that is named so."""
        return {id: self.anchor(id) for id in ids or (ANCHOR,)}

    def anchor(self, id: str = ANCHOR) -> TrustAnchor:
        return TrustAnchor(entity_id=id, keys=federation_keys([self[id].signer.public_key]))

    def mark(self, issuer: str = ANCHOR, subject: str = CITY, type: str = MARK, **changed: Any) -> str:
        """Return a trust mark, signed by its issuer."""
        usual = TrustMark(type=type, issuer=issuer, subject=subject, issued_at=self.at - HOUR, expires=self.at + DAY)
        return marks.sign(replace(usual, **changed), signer=self[issuer].signer)

    def give_mark(self, issuer: str = ANCHOR, subject: str = CITY, **changed: Any) -> None:
        """Let an entity show a trust mark whose issuer the anchor accredits."""
        mark = self.mark(issuer, subject, **changed)
        self[subject].says["trust_marks"] = (*self[subject].says.get("trust_marks", ()), (MARK, mark))
        self[ANCHOR].says["trust_mark_issuers"] = {MARK: frozenset({issuer})}

    # --- the network ---

    def http(self, request: HttpRequest) -> HttpResponse:
        """Answer a request as the entities would."""
        self.asked.append(request.url)
        answer = self.answers.get(request.url)
        if isinstance(answer, Exception):
            raise answer
        return answer if answer is not None else self._usual_answer(request.url)

    def _usual_answer(self, url: str) -> HttpResponse:
        for id in self.entities:
            if url == configuration_url(id):
                return signed(self.configuration(id))
            if url.partition("?")[0] == f"{id}/fetch":
                (subject,) = parse_qs(urlsplit(url).query)["sub"]
                if subject in self.entities and id in self[subject].superiors:
                    return signed(self.statement(id, subject))
        return HttpResponse(status=404, headers={"content-type": "application/json"}, body=b"{}")


def signed(text: str | bytes, *, status: int = 200, media_type: str = MEDIA_TYPE) -> HttpResponse:
    """Return an answer that carries a statement."""
    body = text.encode() if isinstance(text, str) else text
    return HttpResponse(status=status, headers={"content-type": media_type}, body=body)


def issuer_metadata(signer: SoftwareSigner, **others: Any) -> dict[str, Any]:
    """Return the metadata of a credential issuer with one key of its own."""
    return {"jwks": {"keys": [{**jwk.public_jwk(signer.public_key), "kid": KID}]}, "may_issue": [VCT], **others}


def by_hand(claims: Mapping[str, Any], signer: SoftwareSigner, **header: Any) -> str:
    """Return any claims as an entity statement, also those that nobody would sign."""
    kid = jwk.thumbprint(jwk.public_jwk(signer.public_key))
    usual = {"alg": "ES256", "typ": "entity-statement+jwt", "kid": kid}
    return token({name: one for name, one in (usual | header).items() if one is not None}, claims, signer.sign)


def claims_of(text: str) -> dict[str, Any]:
    """Return the claims of a statement, to be changed and signed by hand."""
    claims: dict[str, Any] = json.loads(statements.read(text).signature.unverified_payload)
    return claims
