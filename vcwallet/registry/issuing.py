# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Makes the documents that a registry publishes: the list of each role, revocation lists, and the list of lists.

A document that still serves is taken over as it is; so the number of a list grows only when something in it changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from vcwallet.encoding import sri
from vcwallet.keys.policy import Role
from vcwallet.registry.authority import Authority, CertifiedSigner, OwnKey
from vcwallet.registry.publication import (
    LIST_VALIDITY,
    MASTER,
    REVOCATION_LIST_VALIDITY,
    VALIDITY,
    Issue,
    digest,
    revocation_list_name,
)
from vcwallet.trust.certificates import to_der
from vcwallet.trust.crl import RevokedCertificate, build_crl
from vcwallet.trust.list_json import LIST_TYPES, service_json, sign_list, to_base64
from vcwallet.trust.master_list import MasterList, Pin, sign_master_list
from vcwallet.trust.trusted_list import ListedService, TrustedList


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """What all lists of one moment have in common.

    Attributes:
        name: the name of the registry, by language tag.
        authority: its keys.
        at: the moment.
        previous: the latest issue of each document, by name.
    """

    name: Mapping[str, str]
    authority: Authority
    at: datetime
    previous: Mapping[str, Issue] = field(repr=False)

    @property
    def until(self) -> datetime:
        """When the list of lists of this moment will end; what it pins ends later."""
        return self.at + VALIDITY

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The chain of the list operator."""
        return self.authority.chain(self.authority.list_operator.certificate)

    def next_number(self, name: str) -> int:
        """Return the number that the next issue of a document gets."""
        return self.previous[name].number + 1 if name in self.previous else 1


def issue_list(
    role: Role, services: Sequence[ListedService], *, document_authorities: tuple[bytes, ...], scheme: Scheme
) -> Issue:
    """Return the list of a role: the latest issue if that still serves, or a new one."""
    operator = scheme.chain
    states = digest(
        {
            "operator": {"name": dict(scheme.name), "chain": [to_base64(der) for der in operator]},
            "services": [service_json(service) for service in services],
            "document_authorities": [to_base64(der) for der in document_authorities],
        }
    )
    latest = scheme.previous.get(role)
    if latest is not None and latest.still_serves(states, until=scheme.until):
        return latest
    content = TrustedList(
        role=role,
        operator=scheme.name,
        territory=scheme.authority.country,
        sequence=scheme.next_number(role),
        issued=scheme.at,
        next_update=scheme.at + LIST_VALIDITY,
        services=tuple(services),
        document_authorities=document_authorities,
    )
    text = sign_list(content, signer=scheme.authority.list_operator.signer, chain=operator)
    return _issue(role, content.sequence, states, content.next_update, text)


def issue_revocation_list(own: CertifiedSigner, revoked: Sequence[RevokedCertificate], *, scheme: Scheme) -> Issue:
    """Return the revocation list of a CA: the latest issue if that still serves, or a new one."""
    name = revocation_list_name(own.key_id)
    states = digest({"revoked": sorted(f"{one.serial_number:x} {one.reason}" for one in revoked)})
    latest = scheme.previous.get(name)
    if latest is not None and latest.still_serves(states, until=scheme.until):
        return latest
    number, next_update = scheme.next_number(name), scheme.at + REVOCATION_LIST_VALIDITY
    der = build_crl(own.authority, revoked, number=number, at=scheme.at, next_update=next_update)
    return Issue(name=name, number=number, states=states, next_update=next_update, body=der)


def issue_master_list(
    lists: Mapping[Role, Issue],
    revocation_lists: Mapping[bytes, Pin],
    types: Mapping[str, bytes],
    *,
    states: str,
    scheme: Scheme,
) -> Issue:
    """Return a new list of lists, which pins these documents."""
    authority = scheme.authority
    content = MasterList(
        operator=scheme.name,
        territory=authority.country,
        sequence=scheme.next_number(MASTER),
        issued=scheme.at,
        next_update=scheme.until,
        lists={role: Pin.of(issue.body, number=issue.number) for role, issue in lists.items()},
        locations={role: f"{authority.address}/lists/{role}" for role in LIST_TYPES},
        types={vct: sri.integrity(document) for vct, document in types.items()},
        revocation_lists=revocation_lists,
        issuing_authorities=_certificates(authority.issuing_ca, *authority.former_of(OwnKey.ISSUING_CA)),
        former_roots=_certificates(*authority.former_of(OwnKey.ROOT)),
    )
    text = sign_master_list(content, signer=authority.list_operator.signer, chain=scheme.chain)
    return _issue(MASTER, content.sequence, states, content.next_update, text)


def _certificates(*owns: CertifiedSigner) -> tuple[bytes, ...]:
    return tuple(to_der(own.certificate) for own in owns)


def _issue(name: str, number: int, states: str, next_update: datetime, text: str) -> Issue:
    return Issue(name=name, number=number, states=states, next_update=next_update, body=text.encode("ascii"))
