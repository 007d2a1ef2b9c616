# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Certificates of holders' keys: of a card, a phone's key store, or a company's CA (RFC 5280, section 6).

Whoever issues to such keys names the CAs that it takes.  A chain says that one of them, or a CA below it, has certified
the key; whose key that is, and whether the person is the one who has logged in, it does not say to anybody here.

    >>> from datetime import UTC, datetime
    >>> from vcwallet.trust.holder_certificates import HolderAnchors
    >>> HolderAnchors([], revocation_lists=None)
    Traceback (most recent call last):
    ValueError: at least one anchor is named
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy

from vcwallet.errors import LimitExceededError, NotAuthorisedError, UntrustedError
from vcwallet.jose.header import MAX_CERTIFICATE_BYTES
from vcwallet.keys.public import PublicKey
from vcwallet.trust.certificates import authority_key_id, find_extension, from_der, subject_key_id
from vcwallet.trust.chain import common_validity, require_within, validated_path
from vcwallet.trust.crl import RevocationList, authority_of

MAX_CHAIN: Final = 3
"""How many certificates a chain has at most, without the anchor."""
MAX_LISTS: Final = 1000
"""How many revocation lists are known at most."""
CLIENT_AUTHENTICATION: Final = ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string
"""The extended key usage of a key that shows who somebody is to a server."""
_RFC: Final = "RFC 5280"


class HolderAnchors:
    """The CAs whose certificates of holders' keys are taken."""

    def __init__(
        self,
        anchors: Iterable[bytes],
        *,
        revocation_lists: Iterable[bytes] | None,
        usages: Collection[str] = (CLIENT_AUTHENTICATION,),
    ) -> None:
        """Name the CAs.

        Args:
            anchors: their DER certificates, each self-signed or not, as whoever runs the issuer got them.
            revocation_lists: the DER of the revocation list of each CA that a chain may have, which are to be replaced
                with `update` in time; None takes certificates without asking whether they were revoked, which is right
                where they are good for as short a time as a list would be.
            usages: the extended key usages that go with a holder's key; a certificate without any goes, too.

        Raises:
            ValueError: no anchor is named.
            MalformedError: a certificate or list cannot be read.
            LimitExceededError: a certificate over 16 KiB, or more than 1 000 lists.
            UntrustedError: an anchor is no CA, or two have one key identifier.
        """
        self._anchors: dict[bytes, x509.Certificate] = {}
        for der in anchors:
            anchor = _read(der)
            _require_authority(anchor)
            if subject_key_id(anchor) in self._anchors:
                raise UntrustedError("two anchors have one key identifier", clause=f"{_RFC}, section 4.2.1.2")
            self._anchors[subject_key_id(anchor)] = anchor
        if not self._anchors:
            raise ValueError("at least one anchor is named")
        self._usages = frozenset((*usages, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string))
        self._lists: _Lists | None = None
        if revocation_lists is not None:
            self.update(revocation_lists)

    def update(self, revocation_lists: Iterable[bytes]) -> None:
        """Know these revocation lists instead of those before.  It may be called while other threads ask.

        Raises:
            MalformedError: one is no list, or does not say whose it is.
            LimitExceededError: more than 1 000, or one of more than 10 MiB.
        """
        lists = tuple(revocation_lists)
        if len(lists) > MAX_LISTS:
            raise LimitExceededError(f"there are more than {MAX_LISTS} revocation lists")
        self._lists = _Lists(lists)

    def key_for(self, chain: tuple[bytes, ...], *, at: datetime) -> PublicKey:
        """Return the key that a chain certifies, the first certificate's.

        Args:
            chain: the DER certificates, the holder's first, each certified by the next, and the last by an anchor,
                which is not among them.
            at: the time.

        Raises:
            MalformedError: a certificate that cannot be read.
            LimitExceededError: more than three certificates, or one over 16 KiB.
            UntrustedError: the chain does not lead to an anchor by the rules, or a certificate is revoked
                (``CERTIFICATE_REVOKED``), or no list speaks of it (``CRL_ISSUER``).
            NotAuthorisedError: the key is not one that signs, or is one for another use.
            AlgorithmNotAllowedError: the key is of a kind that vcwallet does not use.
            ValidityError: a certificate, or an anchor, is not valid yet or any more.
            TrustedListError: a revocation list is past its next update (``CRL_STALE``).
        """
        certificates = _chain(chain)
        leaf, authorities = certificates[0], tuple(certificates[1:])
        anchor = self._anchors.get(authority_key_id(certificates[-1]) or b"")
        if anchor is None:
            raise UntrustedError("the chain leads to no anchor that is named", clause=f"{_RFC}, section 6.1")
        not_before, not_after = common_validity((*certificates, anchor))
        path = validated_path(
            leaf, authorities, anchor=anchor, at=not_before, ca_policy=_CA_POLICY, leaf_policy=_LEAF_POLICY
        )
        for lower, upper in itertools.pairwise(path):
            if authority_key_id(lower) != subject_key_id(upper):
                raise UntrustedError("a certificate names another key of its issuer", clause=f"{_RFC}, section 4.2.1.1")
        self._require_usage(leaf)
        require_within(not_before, not_after, at=at)
        lists = self._lists
        if lists is not None:
            for lower, upper in itertools.pairwise(path):
                lists.require_not_revoked(lower, issuer=upper, at=at)
        return PublicKey.from_certificate(leaf)

    def _require_usage(self, leaf: x509.Certificate) -> None:
        usage, extended = find_extension(leaf, x509.KeyUsage), find_extension(leaf, x509.ExtendedKeyUsage)
        if usage is None or not usage.value.digital_signature:
            raise NotAuthorisedError("a certificate is not for a key that signs", clause=f"{_RFC}, section 4.2.1.3")
        named = {found.dotted_string for found in extended.value} if extended is not None else self._usages
        if not named & self._usages:
            raise NotAuthorisedError("a certificate is for another use", clause=f"{_RFC}, section 4.2.1.12")


class _Lists:
    """Revocation lists, each verified when a certificate of its CA is first asked for."""

    def __init__(self, lists: Iterable[bytes]) -> None:
        self._of: dict[bytes, list[bytes]] = {}
        for der in lists:
            self._of.setdefault(authority_of(der), []).append(der)
        self._read: dict[tuple[bytes, bytes], RevocationList] = {}

    def require_not_revoked(self, certificate: x509.Certificate, *, issuer: x509.Certificate, at: datetime) -> None:
        known = [self._verified(der, issuer) for der in self._of.get(subject_key_id(issuer), [])]
        if not known:
            message = "no revocation list speaks of a certificate"
            raise UntrustedError(message, code="CRL_ISSUER", clause=f"{_RFC}, section 6.3")
        for found in known:
            found.require_not_revoked(certificate, at=at)

    def _verified(self, der: bytes, issuer: x509.Certificate) -> RevocationList:
        place = (der, issuer.fingerprint(SHA256()))
        found = self._read.get(place)
        if found is None:
            found = self._read[place] = RevocationList.read(der, issuer=issuer)
        return found


def _chain(chain: tuple[bytes, ...]) -> list[x509.Certificate]:
    if len(chain) > MAX_CHAIN:
        raise LimitExceededError(f"a chain has more than {MAX_CHAIN} certificates")
    certificates = [_read(der) for der in chain]
    if not certificates or any(one.subject == one.issuer for one in certificates):
        # One that vouches for itself proves nothing, and the anchor is ours to know.
        raise UntrustedError("a chain contains a self-issued certificate, or none at all")
    return certificates


def _read(der: bytes) -> x509.Certificate:
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise LimitExceededError(f"a certificate is longer than {MAX_CERTIFICATE_BYTES} bytes")
    return from_der(der)


def _require_authority(anchor: x509.Certificate) -> None:
    constraints, usage = find_extension(anchor, x509.BasicConstraints), find_extension(anchor, x509.KeyUsage)
    if constraints is None or not constraints.value.ca or usage is None or not usage.value.key_cert_sign:
        raise UntrustedError("an anchor is not the certificate of a CA", clause=f"{_RFC}, section 4.2.1.9")


def _certifies(_policy: Policy, _certificate: x509.Certificate, found: x509.KeyUsage) -> None:
    if not found.key_cert_sign:
        raise ValueError("the key of a CA certifies")


def _is_no_authority(_policy: Policy, _certificate: x509.Certificate, found: x509.BasicConstraints | None) -> None:
    if found is not None and found.ca:
        raise ValueError("a CA is no holder")


# What pyca would otherwise leave open: everything is permitted until it is required.
_CA_POLICY: Final = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.CRITICAL, None)
    .require_present(x509.KeyUsage, Criticality.AGNOSTIC, _certifies)
)
_LEAF_POLICY: Final = (
    ExtensionPolicy.permit_all()
    .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _is_no_authority)
    .require_present(x509.KeyUsage, Criticality.AGNOSTIC, None)
)
