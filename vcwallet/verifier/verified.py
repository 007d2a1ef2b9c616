# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The result of a verification: typed claims and the evidence for them.  None is unverified or half-verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from vcwallet.credential_type import CredentialType, view, views
from vcwallet.formats.base import VerifiedCredential

T = TypeVar("T", bound=CredentialType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a wallet presented, every check having passed.

    Attributes:
        credentials: by credential query, the credentials with their evidence.
        purpose: the purpose that the claims were given for, and no other.
        verified_at: when.
    """

    credentials: Mapping[str, tuple[VerifiedCredential, ...]] = field(repr=False)
    purpose: str
    verified_at: datetime

    def __getitem__(self, kind: type[T]) -> T:
        """Return the disclosed claims of a type.

        Raises:
            KeyError: no credential of this type was presented.
            MalformedError: a claim does not have its type (``CLAIM_INVALID``); the issuer broke its own type.
        """
        return _typed(kind, self.evidence(kind)[0])

    def all(self, kind: type[T]) -> tuple[T, ...]:
        """Return the disclosed claims of every credential of a type; an empty tuple if there is none.

        Raises:
            MalformedError: a claim does not have its type (``CLAIM_INVALID``).
        """
        return tuple(_typed(kind, one) for one in self._of(kind))

    def evidence(self, kind: type[CredentialType]) -> tuple[VerifiedCredential, ...]:
        """Return the credentials of a type with what is known of issuer, key, times and status.

        Raises:
            KeyError: no credential of this type was presented.
        """
        found = self._of(kind)
        if not found:
            raise KeyError(kind.__name__)
        return found

    def _of(self, kind: type[CredentialType]) -> tuple[VerifiedCredential, ...]:
        every = (one for credentials in self.credentials.values() for one in credentials)
        type_ids = {shape.format: shape.type_id for shape in views(kind).values()}
        return tuple(one for one in every if type_ids.get(one.format) in one.type_ids)

    def __contains__(self, kind: object) -> bool:
        return isinstance(kind, type) and issubclass(kind, CredentialType) and bool(self._of(kind))

    def __bool__(self) -> bool:
        raise TypeError("a verification gives evidence or raises; it is not a truth value")


def _typed(kind: type[T], credential: VerifiedCredential) -> T:
    return kind.disclosed(view(kind, credential.format).tree(credential.claims))
