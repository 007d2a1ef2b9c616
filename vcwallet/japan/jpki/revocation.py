# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a card's certificate is revoked: a certificate lapses with the card, and one for signing with each move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final, Protocol, TypeAlias

from cryptography import x509

from vcwallet.errors import LimitExceededError, UntrustedError
from vcwallet.japan.jpki.certificate import JpkiAuthorities, JpkiCertificate
from vcwallet.japan.jpki.signature import require_list_signature
from vcwallet.trust.crl import RevocationList, distribution_points

MAX_LISTS = 2_000
"""More than there are municipalities in Japan, each of which has a list of its own."""


_Scope: TypeAlias = tuple[bytes, frozenset[x509.GeneralName]]
"""The CA, and the distribution points; none where the list is whole."""


class JpkiRevocation(Protocol):
    """Knows whether certificates are revoked: from lists, or from whoever answers for JPKI."""

    def require_not_revoked(self, certificate: JpkiCertificate, /, *, at: datetime) -> None:
        """Return if a certificate is known not to be revoked at `at`.

        Raises:
            UntrustedError: it is (``CERTIFICATE_REVOKED``), or nothing is known (``CRL_ISSUER``).
            VcError: what is known does not speak for `at`.
        """
        ...


class RevocationLists:
    """The revocation lists of the CAs of JPKI, whole or one for each distribution point (RFC 5280, section 6.3)."""

    def __init__(self, lists: Iterable[bytes], *, authorities: JpkiAuthorities) -> None:
        """Know these lists.

        Args:
            lists: the DER of each.
            authorities: the CAs that sign them.

        Raises:
            VcError: as `update`.
        """
        self._authorities = authorities
        self._lists: Mapping[_Scope, RevocationList] = {}
        self.update(lists)

    def update(self, lists: Iterable[bytes]) -> None:
        """Know these lists too, all or none.

        Of those of one scope the one with the highest number counts, and of two with one number the last.  It may be
        called while other threads ask.

        Raises:
            MalformedError: a list cannot be read.
            LimitExceededError: one is too long, or there are more than 2 000.
            UntrustedError: one is by no CA that is known (``CRL_ISSUER``).
            AlgorithmNotAllowedError, SignatureInvalidError, NotAuthorisedError, UnsupportedError: see
                `vcwallet.trust.crl`.
        """
        known = dict(self._lists)
        for found in (_read(der, self._authorities) for der in lists):
            scope = (found.authority_key_id, found.points)
            before = known.get(scope)
            if before is None or before.number <= found.number:
                known[scope] = found
            if len(known) > MAX_LISTS:
                raise LimitExceededError(f"there are more than {MAX_LISTS} revocation lists")
        self._lists = known

    def require_not_revoked(self, certificate: JpkiCertificate, /, *, at: datetime) -> None:
        """Return if a list speaks of a certificate at `at`, and none that does revokes it.

        Raises:
            UntrustedError: it is revoked (``CERTIFICATE_REVOKED``), or no list speaks of it (``CRL_ISSUER``).
            TrustedListError: a list that does is past its next update (``CRL_STALE``).
            ValidityError: it was issued after `at` (``NOT_YET_VALID``).
        """
        points = distribution_points(certificate.certificate)
        speaking = [
            found
            for (authority, scope), found in self._lists.items()
            if authority == certificate.authority and (not scope or scope & points)
        ]
        if not speaking:
            raise UntrustedError("no revocation list speaks of the certificate", code="CRL_ISSUER", clause=_CLAUSE)
        for found in speaking:
            found.require_not_revoked(certificate.certificate, at=at)


_CLAUSE: Final = "RFC 5280, section 6.3.3"


def _read(der: bytes, authorities: JpkiAuthorities) -> RevocationList:
    """Return a list by whichever CA has signed it."""
    for authority in authorities.certificates:
        with suppress(UntrustedError):
            return RevocationList.read(der, issuer=authority, require_signature=require_list_signature, partitions=True)
    raise UntrustedError("the revocation list is by no CA of JPKI that is known", code="CRL_ISSUER", clause=_CLAUSE)
