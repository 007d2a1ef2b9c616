# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a party gets when a registry enrols it: its identifier, key, certificates and registrations, and whom to trust.

A role object is made from one.  As a file, with the private key encrypted, it goes to the process or machine where the
role runs.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from vcwallet.claims import JsonObject, JsonValue
from vcwallet.encoding import json
from vcwallet.encoding.wire import Array, WireModel, read
from vcwallet.errors import MalformedError
from vcwallet.keys.policy import Role
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.certificates import from_der
from vcwallet.trust.list_json import MAX_BYTES, MAX_ITEMS
from vcwallet.trust.published import PublishedTrust


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One role of one party, ready to be taken up.

    Attributes:
        identifier: the party's identifier.
        name: its name, by language tag.
        role: what it may do.
        signer: holds its private key.
        chain: the DER certificates of the party and of the issuing CA.
        mdoc_chain: what goes into the ``x5chain`` of an mdoc: an issuer's document signer certificate alone, a
            verifier's reader certificate with that of the issuing CA; empty where the party has to do with no mdoc.
        registrations: the registration certificate of each purpose, by code; empty unless it is a verifier.
        trust: what the registry published at the time.
    """

    identifier: str
    name: Mapping[str, str]
    role: Role
    signer: Signer = field(repr=False)
    chain: tuple[bytes, ...] = field(repr=False)
    mdoc_chain: tuple[bytes, ...] = field(default=(), repr=False)
    registrations: Mapping[str, str] = field(default_factory=dict, repr=False)
    trust: PublishedTrust = field(repr=False)

    def __post_init__(self) -> None:
        leaves = (*self.chain[:1], *self.mdoc_chain[:1])
        if not self.chain or any(_certified(leaf) != self.signer.public_key for leaf in leaves):
            raise ValueError("an enrolment's certificate is for its signer's key")

    def to_json(self, passphrase: str) -> bytes:
        """Return it as a JSON document, the private key encrypted under `passphrase`.

        Raises:
            ValueError: the passphrase is empty, or the key is not in memory, so that it cannot be written.
        """
        if not passphrase:
            raise ValueError("a passphrase is needed: the document contains a private key")
        if not isinstance(self.signer, SoftwareSigner):
            raise ValueError("a key in hardware or far away stays there")
        pem = self.signer.to_pem(passphrase=passphrase.encode("utf-8")).decode("ascii")
        return json.dumps({**self._members(), "key": pem})

    def to_json_without_key(self) -> bytes:
        """Return it as a JSON document for whoever holds the key in hardware or elsewhere.

        Nothing in it is secret, but it says whom to trust: it has to come from the registry, unchanged.
        """
        return json.dumps(self._members())

    def _members(self) -> JsonObject:
        return {
            "identifier": self.identifier,
            "name": dict(self.name),
            "role": self.role,
            "chain": _base64(self.chain),
            "mdoc_chain": _base64(self.mdoc_chain),
            "registrations": dict(self.registrations),
            "trust": self.trust.to_json().decode("utf-8"),
        }

    @classmethod
    def from_json(cls, data: bytes, passphrase: str) -> Enrolment:
        """Read what `to_json` wrote.

        Raises:
            LimitExceededError: longer than 32 MiB.
            MalformedError: not such a document, or its key and certificate do not belong together.
            WrongPassphraseError: the passphrase does not open the key.
        """
        document = read(_DocumentWithKey, data, max_bytes=2 * MAX_BYTES, max_items=2 * MAX_ITEMS)
        signer = SoftwareSigner.from_pem(document.key.encode("utf-8"), passphrase=passphrase.encode("utf-8"))
        return _from_document(document, signer)

    @classmethod
    def from_json_without_key(cls, data: bytes, *, signer: Signer) -> Enrolment:
        """Read what `to_json_without_key` wrote.

        Raises:
            LimitExceededError: longer than 32 MiB.
            MalformedError: not such a document, or its certificate is for another key than the signer's.
        """
        return _from_document(read(_Document, data, max_bytes=2 * MAX_BYTES, max_items=2 * MAX_ITEMS), signer)


def _from_document(document: _Document, signer: Signer) -> Enrolment:
    trust = PublishedTrust.from_json(document.trust.encode("utf-8"))
    try:
        return Enrolment(
            identifier=document.identifier,
            name=document.name,
            role=Role(document.role),
            signer=signer,
            chain=_from_base64(document.chain),
            mdoc_chain=_from_base64(document.mdoc_chain),
            registrations=document.registrations,
            trust=trust,
        )
    except ValueError:
        raise MalformedError("not an enrolment, or parts of different ones") from None


def _certified(der: bytes) -> PublicKey:
    return PublicKey.from_certificate(from_der(der))


def _base64(chain: tuple[bytes, ...]) -> JsonValue:
    return [binascii.b2a_base64(der, newline=False).decode("ascii") for der in chain]


def _from_base64(chain: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(binascii.a2b_base64(text, strict_mode=True) for text in chain)


class _Document(WireModel):
    identifier: Annotated[str, Field(min_length=1)]
    name: Annotated[dict[str, str], Field(min_length=1)]
    role: str
    chain: Annotated[Array[str], Field(min_length=1, max_length=5)]
    mdoc_chain: Annotated[Array[str], Field(max_length=5)] = ()
    registrations: dict[str, str]
    trust: str


class _DocumentWithKey(_Document):
    key: str
