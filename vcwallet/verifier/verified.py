# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The result of a verification: typed claims and the evidence for them.  None is unverified or half-verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TypeVar

from vcwallet.credential_type import CredentialType, TypeView, views
from vcwallet.formats.base import VerifiedCredential
from vcwallet.status.outcome import StatusResult

T = TypeVar("T", bound=CredentialType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(VerifiedCredential):
    """A credential that was presented, after every check has passed.

    Attributes:
        status_result: what was found about its status, and how old the list was that says so.
    """

    status_result: StatusResult

    @classmethod
    def of(cls, credential: VerifiedCredential, status_result: StatusResult) -> Evidence:
        """Return a verified credential with what was found about its status."""
        members = {one.name: getattr(credential, one.name) for one in fields(VerifiedCredential)}
        return cls(**members, status_result=status_result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a wallet presented, every check having passed.

    Attributes:
        credentials: by credential query, the credentials with their evidence.
        purpose: the purpose that the claims were given for, and no other.
        verified_at: when.
    """

    credentials: Mapping[str, tuple[Evidence, ...]] = field(repr=False)
    purpose: str
    verified_at: datetime

    def __getitem__(self, kind: type[T]) -> T:
        """Return the disclosed claims of a type.

        Raises:
            KeyError: no credential of this type was presented.
            MalformedError: a claim does not have its type (``CLAIM_INVALID``); the issuer broke its own type.
        """
        self.evidence(kind)
        return self.all(kind)[0]

    def all(self, kind: type[T]) -> tuple[T, ...]:
        """Return the disclosed claims of every credential of a type; an empty tuple if there is none.

        Where a query allows several, no credential is there twice.  But an issuer may have given several copies of one
        record, each with a key of its own, which look like several records unless a claim tells them apart: whoever
        adds up what they say asks for such a claim, and compares.

        Raises:
            MalformedError: a claim does not have its type (``CLAIM_INVALID``).
        """
        return tuple(kind.disclosed(shape.tree(one.claims)) for one, shape in self._of(kind))

    def evidence(self, kind: type[CredentialType]) -> tuple[Evidence, ...]:
        """Return the credentials of a type with what is known of issuer, key, times and status.

        Raises:
            KeyError: no credential of this type was presented.
        """
        found = tuple(one for one, _ in self._of(kind))
        if not found:
            raise KeyError(kind.__name__)
        return found

    def _of(self, kind: type[CredentialType]) -> list[tuple[Evidence, TypeView]]:
        """Return the credentials of a type, each with how the type looks in its format."""
        every = [one for credentials in self.credentials.values() for one in credentials]
        return [(one, shape) for one in every if (shape := _shape(kind, one)) is not None]

    def __contains__(self, kind: object) -> bool:
        return isinstance(kind, type) and issubclass(kind, CredentialType) and bool(self._of(kind))

    def __bool__(self) -> bool:
        raise TypeError("a verification gives evidence or raises; it is not a truth value")


def _shape(kind: type[CredentialType], credential: VerifiedCredential) -> TypeView | None:
    """Return how a credential shows a type; a docType does not name what it extends, so the class has to know it."""
    for one in (kind, *_extending(kind)):
        shape = views(one).get(credential.format)
        if shape is not None and shape.type_id in credential.type_ids:
            return shape
    return None


def _extending(kind: type[CredentialType]) -> Iterator[type[CredentialType]]:
    for one in kind.__subclasses__():
        yield one
        yield from _extending(one)
