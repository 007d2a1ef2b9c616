# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""How a root gives way to its successor: a statement that names the new root, signed with the old root's key.

A follower that has pinned the old root takes the new one for that reason and for no other.  Statements are kept and
published, so one that has slept through several rotations follows them one by one (as The Update Framework does with
its root files, section 5.3 of its specification).

    >>> from datetime import UTC, datetime
    >>> from vcwallet.keys.software import SoftwareSigner
    >>> from vcwallet.trust.certificates import Subject, build_root
    >>> from vcwallet.trust.root_statement import follow_roots, sign_successor
    >>> at = datetime(2026, 11, 23, tzinfo=UTC)
    >>> subject = Subject(country="ZZ", organisation="Demo registry", common_name="Root CA")
    >>> first, second, third = (build_root(subject, SoftwareSigner.generate(), at=at) for _ in range(3))
    >>> statements = [sign_successor(second, first, at=at), sign_successor(third, second, at=at)]
    >>> [root == third.certificate for root in follow_roots(first.certificate, statements, at=at)]
    [False, True]
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from cryptography import x509
from pydantic import Field

from vcwallet.encoding import json
from vcwallet.encoding.wire import WireModel, read
from vcwallet.errors import LimitExceededError, MalformedError, UntrustedError, ValidityError
from vcwallet.jose import jws
from vcwallet.jose.header import MAX_CERTIFICATE_BYTES
from vcwallet.jose.jwt import SKEW
from vcwallet.keys.public import PublicKey
from vcwallet.trust.certificates import CertificateAuthority, from_der, to_der
from vcwallet.trust.chain import require_root
from vcwallet.trust.list_json import from_base64, to_base64
from vcwallet.trust.members import Time, time_text

MAX_STATEMENTS = 100
TYPE = "vcwallet-root+jwt"
_CLAUSE = "specs/decisions/014"


def sign_successor(new: CertificateAuthority, old: CertificateAuthority, *, at: datetime) -> str:
    """Return the statement by which an old root says that a new one takes its place (compact JWS)."""
    payload = json.dumps(
        {
            "previous": _digest(old.certificate),
            "root": to_base64(to_der(new.certificate)),
            "issued": time_text(at),
        }
    )
    return jws.sign(payload, signer=old.signer, header={"typ": TYPE})


def follow_roots(pinned: x509.Certificate, statements: Sequence[str], *, at: datetime) -> tuple[x509.Certificate, ...]:
    """Return the roots that have succeeded `pinned`, one after the other, the present one last; none if it is that.

    Statements of roots before the pinned one, and of others, say nothing to us and are passed over.

    Args:
        pinned: the root that is trusted.
        statements: those that were published, the earliest first; none of them is believed.
        at: the time.  Whether a root is valid then is for those to ask who use it: one on the way may have ended.

    Raises:
        LimitExceededError: more than 100 statements.
        MalformedError: one is not a statement.
        SignatureInvalidError: it names the root before, but that one has not signed it.
        UntrustedError: it introduces what is no root, or was made before or after the time of the root before.
        ValidityError: it is from the future (``NOT_YET_VALID``).
    """
    return tuple(root for _, root in follow_statements(pinned, statements, at=at))


def follow_statements(
    pinned: x509.Certificate, statements: Sequence[str], *, at: datetime
) -> tuple[tuple[str, x509.Certificate], ...]:
    """Return the roots that `follow_roots` returns, each after the statement that introduces it."""
    if len(statements) > MAX_STATEMENTS:
        raise LimitExceededError(f"more than {MAX_STATEMENTS} statements of roots")
    present, found = pinned, list[tuple[str, x509.Certificate]]()
    for text in statements:
        token = jws.parse(text)
        if token.header.typ != TYPE:
            raise MalformedError("not a statement of a root", clause=_CLAUSE)
        if read(_Statement, token.unverified_payload).previous == _digest(present):
            present = _successor(token, present, at=at)
            found.append((text, present))
    return tuple(found)


def _successor(token: jws.Jws, old: x509.Certificate, *, at: datetime) -> x509.Certificate:
    statement = read(_Statement, token.verify(PublicKey.from_certificate(old)))
    if statement.issued > at + SKEW:
        raise ValidityError("a statement of a root is from the future", code="NOT_YET_VALID", clause=_CLAUSE)
    if not old.not_valid_before_utc <= statement.issued <= old.not_valid_after_utc:
        raise UntrustedError("a statement of a root is from another time than the root's", clause=_CLAUSE)
    try:
        new = from_der(from_base64(statement.root))
    except ValueError:
        raise MalformedError("a root is not in base64", clause=_CLAUSE) from None
    require_root(new)
    return new


def _digest(root: x509.Certificate) -> str:
    return hashlib.sha256(to_der(root)).hexdigest()


class _Statement(WireModel):
    previous: str
    root: Annotated[str, Field(max_length=2 * MAX_CERTIFICATE_BYTES)]
    issued: Time
