# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Statements by which a root introduces its successor."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.support.pki import NOW, make
from vcwallet.encoding import json
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    SignatureInvalidError,
    UntrustedError,
    ValidityError,
    VcError,
)
from vcwallet.jose import jws
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.certificates import ISSUING_CA, ROOT, CertificateAuthority, to_der
from vcwallet.trust.list_json import to_base64
from vcwallet.trust.root_statement import MAX_STATEMENTS, TYPE, follow_roots, sign_successor

FIRST, SECOND, THIRD, OTHER = (make(f"Root {number}", ROOT, issuer=None) for number in range(4))
TO_SECOND, TO_THIRD = sign_successor(SECOND, FIRST, at=NOW), sign_successor(THIRD, SECOND, at=NOW)


def follow(statements: Sequence[str], *, pinned: CertificateAuthority = FIRST) -> list[CertificateAuthority]:
    found = follow_roots(pinned.certificate, statements, at=NOW)
    return [one for root in found for one in (FIRST, SECOND, THIRD, OTHER) if one.certificate == root]


def statement(signer: SoftwareSigner = FIRST.signer, *, typ: str = TYPE, **changes: Any) -> str:
    members = {
        "previous": hashlib.sha256(to_der(FIRST.certificate)).hexdigest(),
        "root": to_base64(to_der(SECOND.certificate)),
        "issued": "2026-11-23T09:00:00Z",
        **changes,
    }
    return jws.sign(json.dumps(members), signer=signer, header={"typ": typ})


def test_one_who_slept_through_several_rotations_follows_them_one_by_one() -> None:
    assert follow([]) == []
    assert follow([TO_SECOND]) == [SECOND]
    assert follow([TO_SECOND, TO_THIRD]) == [SECOND, THIRD]
    assert follow([TO_SECOND, TO_THIRD], pinned=SECOND) == [THIRD]
    assert follow([TO_SECOND, TO_THIRD], pinned=THIRD) == []
    assert follow([statement()]) == [SECOND]


def test_a_gap_in_the_statements_leads_nowhere() -> None:
    assert follow([TO_THIRD]) == []
    assert follow([TO_THIRD, TO_SECOND]) == [SECOND]


def test_a_statement_of_another_root_says_nothing() -> None:
    assert follow([sign_successor(SECOND, OTHER, at=NOW)]) == []


def test_a_statement_that_the_root_before_has_not_signed_is_refused() -> None:
    for forger in (SECOND.signer, OTHER.signer):
        with pytest.raises(SignatureInvalidError):
            follow([statement(forger)])
    with pytest.raises(AlgorithmNotAllowedError):
        follow([statement(SoftwareSigner.generate(Algorithm.ES384))])


def test_any_changed_character_is_refused_or_leads_nowhere() -> None:
    for position in range(0, len(TO_SECOND), 3):
        changed = TO_SECOND[:position] + ("A" if TO_SECOND[position] != "A" else "B") + TO_SECOND[position + 1 :]
        try:
            assert follow([changed]) == []
        except VcError:
            continue


def test_what_is_no_statement_is_malformed() -> None:
    for text in ("", "a.b.c", statement(typ="JOSE"), statement(root="_-"), statement(root=1), statement(issued=0)):
        with pytest.raises(MalformedError):
            follow([text])


@pytest.mark.parametrize("issued", ["2026-11-22T08:59:59Z", "2027-03-03T09:00:01Z"])
def test_a_statement_is_of_a_time_at_which_the_root_before_was_valid(issued: str) -> None:
    late = NOW + timedelta(days=200)
    for good in ("2026-11-22T09:00:00Z", "2027-03-03T09:00:00Z"):
        assert follow_roots(FIRST.certificate, [statement(issued=good)], at=late)
    with pytest.raises(UntrustedError):
        follow_roots(FIRST.certificate, [statement(issued=issued)], at=late)


def test_a_statement_of_the_future_is_refused() -> None:
    assert follow([statement(issued="2026-11-23T09:01:00Z")]) == [SECOND]
    with pytest.raises(ValidityError) as caught:
        follow([statement(issued="2026-11-23T09:01:01Z")])
    assert caught.value.code == "NOT_YET_VALID"


def test_a_statement_introduces_a_root_and_nothing_else() -> None:
    authority = make("Issuing CA", ISSUING_CA, issuer=FIRST)
    with pytest.raises(UntrustedError):
        follow([sign_successor(authority, FIRST, at=NOW)])
    with pytest.raises(MalformedError):
        follow([statement(root=to_base64(b"\x30\x00"))])


def test_a_root_on_the_way_may_have_ended() -> None:
    late = NOW + timedelta(days=10_000)
    assert len(follow_roots(FIRST.certificate, [TO_SECOND, TO_THIRD], at=late)) == 2


def test_the_number_of_statements_is_limited() -> None:
    assert follow([TO_SECOND] * MAX_STATEMENTS) == [SECOND]
    with pytest.raises(LimitExceededError):
        follow([TO_SECOND] * (MAX_STATEMENTS + 1))
