# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Checking what an issuer has sent before anything of it is kept: as every received credential, and as asked for.

A batch is kept whole or not at all.  Credentials are matched to keys by what they say, never by their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vcwallet.errors import BindingError, UntrustedError, VerificationError
from vcwallet.formats.base import Credential
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.signer import Signer
from vcwallet.protocols.haip import IssuanceProfile, Requirement, require_x5c
from vcwallet.storage import Change
from vcwallet.wallet.cards import Card
from vcwallet.wallet.collecting.collection import Plan
from vcwallet.wallet.collecting.states import Answered


class Taken(Protocol):
    """A credential that holds."""

    @property
    def card(self) -> Card:
        """It, as it will be kept; its `key` is the handle of the wallet's own key that it is bound to."""
        ...


class Keeper(Protocol):
    """The wallet, as far as collecting needs it."""

    def new_keys(self, count: int, algorithm: Algorithm) -> tuple[tuple[str, ...], tuple[Change, ...]]:
        """Return the handles of new holder keys, and the changes that have to be written for them."""
        ...

    def new_client_key(self, algorithm: Algorithm) -> tuple[str, tuple[Change, ...]]:
        """Return the handle of a new key that no credential is bound to, and the changes to be written for it."""
        ...

    def signer(self, handle: str) -> Signer:
        """Return the signer of a holder key.

        Raises:
            StoreError: there is no such key.
        """
        ...

    def forgetting_keys(self, handles: Sequence[str]) -> tuple[Change, ...]:
        """Return the changes that forget holder keys to which no credential is bound; missing ones are no error."""
        ...

    def forget_keys(self, handles: Sequence[str]) -> None:
        """Forget keys that are kept elsewhere than in the wallet's store; missing ones are no error."""
        ...

    def check(self, credential: Credential) -> Taken:
        """Return a credential after every check that a received one has to pass.

        Raises:
            VcError: it does not hold.
        """
        ...

    def issuer_chain(self, credential: Credential) -> tuple[bytes, ...]:
        """Return the issuer's DER certificates in a credential that holds."""
        ...

    def keep(self, taken: Sequence[Taken], *also: Change) -> None:
        """Keep checked credentials, together with further changes, all or nothing.

        Raises:
            RecordExistsError: a record that had to be new is there already.
            StoreError: the store could not write.
        """
        ...


def checked(
    plan: Plan, configuration_id: str, answered: Answered, keeper: Keeper, *, profile: IssuanceProfile
) -> tuple[Taken, ...]:
    """Return the credentials of an answer after every check has passed.

    Raises:
        VerificationError: more than were asked for (``TOO_MANY_CREDENTIALS``), of another type
            (``TYPE_NOT_AS_ASKED``), or one does not hold.
        BindingError: one is bound to another key than those of this request (``HOLDER_KEY_UNKNOWN``), or two to the
            same (``HOLDER_KEY_USED``).
        UntrustedError: one is from another issuer than the one that was shown (``ISSUER_NOT_AS_OFFERED``), or its
            issuer's certificates are not as the profile has them (see `require_x5c`).
        VcError: one is no credential of the format that was asked for.
    """
    configuration = plan.metadata.configuration(configuration_id)
    if len(answered.credentials) > max(1, len(answered.keys)):
        raise VerificationError("more credentials came than were asked for", code="TOO_MANY_CREDENTIALS")
    credentials = tuple(Credential(format=configuration.format, raw=raw) for raw in answered.credentials)
    taken = tuple(map(keeper.check, credentials))
    for one in taken:
        if one.card.type_ids[0] != configuration.type_id:
            raise VerificationError("the credential is of another type than asked for", code="TYPE_NOT_AS_ASKED")
        if plan.party is not None and one.card.issuer != plan.party:
            raise UntrustedError("the credential is not from the issuer that was shown", code="ISSUER_NOT_AS_OFFERED")
    if profile.x5c is Requirement.REQUIRED:
        for credential in credentials:
            require_x5c(keeper.issuer_chain(credential), anchors=(), profile=profile)
    require_own_keys([one.card.key for one in taken], answered.keys)
    return taken


def require_own_keys(bound: Sequence[str | None], keys: Sequence[str]) -> None:
    """Return if each credential is bound to another of these keys; without keys, there is one that is bound to none.

    Args:
        bound: the handle of the key of each credential; None for one that is bound to none.
        keys: the handles of the keys that credentials were asked for with.

    Raises:
        BindingError: a key is not among them (``HOLDER_KEY_UNKNOWN``), or there twice (``HOLDER_KEY_USED``).
    """
    if not keys and bound != [None]:
        raise BindingError("the credential is bound to a key, and none was given", code="HOLDER_KEY_UNKNOWN")
    if keys and not all(key in keys for key in bound):
        raise BindingError("a credential is not bound to a key of this request", code="HOLDER_KEY_UNKNOWN")
    if len(set(bound)) != len(bound):
        raise BindingError("two credentials are bound to the same key", code="HOLDER_KEY_USED")
