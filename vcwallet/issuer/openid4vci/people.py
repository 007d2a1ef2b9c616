# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The people that a service issues to: found in the ledger by a pseudonym, and kept from getting more by what they had.

Taking back what a person has voids every grant that began before, so that no token, code or offer of a wallet that was
lost brings more.  Grants cannot be found by person, since each is sealed under its own secret; so what was taken back
is noted beside, by the pseudonym, with a tag that no grant of before knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from vcwallet.encoding import base64url
from vcwallet.errors import StoreBusyError
from vcwallet.issuer.openid4vci.offering import Lifetimes
from vcwallet.issuer.openid4vci.state import GRANT, TAKEN_BACK, Grant, TakenBack
from vcwallet.jose.jwt import SKEW
from vcwallet.sealed_sessions import Opened, SealedSessions, begin, new_secret
from vcwallet.sessions import SessionChangedError
from vcwallet.status.ledger import MIN_SECRET_BYTES, Pseudonym

MEMORY: Final = timedelta(days=366)
"""How long it is kept at least what was taken back: grants of before the lifetimes were shortened last longer."""
_ATTEMPTS: Final = 10


class People:
    """The people of one service."""

    def __init__(self, sessions: SealedSessions, *, secret: bytes, former_secrets: Sequence[bytes]) -> None:
        """Know people by what a secret makes of their references, and by what former ones made of them.

        Raises:
            ValueError: one of the secrets is too short.
        """
        if any(len(one) < MIN_SECRET_BYTES for one in (secret, *former_secrets)):
            raise ValueError(f"a secret of a service has at least {MIN_SECRET_BYTES} bytes")
        self._sessions = sessions
        self._secrets = (secret, *former_secrets)

    def pseudonym(self, reference: str) -> Pseudonym:
        """Return what stands for a person in what is entered now."""
        return Pseudonym.of(reference, secret=self._secrets[0])

    def pseudonyms(self, reference: str) -> tuple[Pseudonym, ...]:
        """Return all that stands for a person in what was ever entered."""
        return tuple(Pseudonym.of(reference, secret=secret) for secret in self._secrets)

    def tags(self, reference: str) -> tuple[str, ...]:
        """Return the tags of what was taken back of a person, which a new grant is to know."""
        found = (self._find(pseudonym) for pseudonym in self.pseudonyms(reference))
        return tuple(one.body.tag for one in found if one is not None)

    def is_void(self, grant: Grant) -> bool:
        """Tell whether all tokens of a grant are void: by themselves, or since the person's credentials were taken."""
        return grant.is_revoked or not set(self.tags(grant.subject)) <= set(grant.tags)

    def live_grant(self, secret: str) -> Opened[Grant] | None:
        """Return a grant as it is now, or None where it has ended or is void."""
        found = self._sessions.find(GRANT, Grant, secret)
        return None if found is None or self.is_void(found.body) else found

    def void_grants(self, reference: str, lifetimes: Lifetimes) -> None:
        """Void all grants of a person that have begun.

        Raises:
            StoreBusyError: others came between each time.
            StoreError: the sessions could not be written.
        """
        pseudonym = self.pseudonym(reference)
        # A request of just now, or of a server whose clock is ahead, may make a grant last a little longer.
        ends, tag = self._sessions.now() + max(lifetimes.longest_grant, MEMORY) + SKEW, new_secret()
        for _ in range(_ATTEMPTS):
            found = self._find(pseudonym)
            fresh = begin(TAKEN_BACK, TakenBack(tag=tag), secret=_secret(pseudonym), expires=ends)
            try:
                self._sessions.commit(fresh if found is None else found.swap(ends, tag=tag))
            except SessionChangedError:
                self._sessions.purge()  # one that has ended is in the way, or somebody came first
            else:
                return
        raise StoreBusyError("others take back what this person has each time")

    def _find(self, pseudonym: Pseudonym) -> Opened[TakenBack] | None:
        return self._sessions.find(TAKEN_BACK, TakenBack, _secret(pseudonym))


def _secret(pseudonym: Pseudonym) -> str:
    return base64url.encode(pseudonym.value)
