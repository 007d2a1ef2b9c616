# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Looking parties up, on both sides of a registry."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.trust import AGE, Demo, Identity, Residence, Tax
from vcwallet.keys import Role


@pytest.fixture(scope="module")
def demo() -> Demo:
    made = Demo()
    made.registry.enrol_issuer({"ja": "かぜ町", "en": "Kaze Town"}, code="kaze", may_issue=[Tax])
    made.registry.enrol_verifier({"ja": "さくら商店", "en": "SAKURA Store"}, code="store", purposes=[AGE])
    made.registry.enrol_status_signer("Mirai City", code="999016")
    made.update()
    return made


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["999016", "kaze", "bank", "store", "registry", "999016"]),
        ({"name": "sakura"}, ["bank", "store"]),
        ({"name": "さくら"}, ["store"]),
        ({"name": "ＫＡＺＥ ｔｏｗｎ"}, ["kaze"]),
        ({"name": "nobody"}, []),
        ({"name": ""}, ["999016", "kaze", "bank", "store", "registry", "999016"]),
        ({"code": "kaze"}, ["kaze"]),
        ({"code": "urn:vcwallet:party:kaze"}, ["kaze"]),
        ({"code": "kaz"}, []),
        ({"code": "999016"}, ["999016", "999016"]),
        ({"code": "999016", "role": Role.STATUS_SIGNER}, ["999016"]),
        ({"role": Role.VERIFIER}, ["bank", "store"]),
        ({"role": Role.MDOC_READER}, ["bank", "store"]),
        ({"role": Role.DOCUMENT_SIGNER}, ["999016", "kaze"]),
        ({"role": Role.WALLET_PROVIDER}, []),
        ({"type_id": Residence.vct}, ["999016"]),
        ({"type_id": Residence.doctype}, ["999016"]),
        ({"type_id": Identity.vct}, []),
        ({"purpose": "age"}, ["store"]),
        ({"purpose": "loan_underwriting"}, ["bank"]),
        ({"purpose": "loan_underwriting", "name": "store"}, []),
    ],
)
def test_what_is_found_fits_everything_that_is_asked_for(demo: Demo, asked: Any, found: list[str]) -> None:
    for side in (demo.client, demo.registry):
        parties = [one.party.rpartition(":")[2] for one in side.find(**asked)]
        assert sorted(parties) == sorted(found)


def test_a_suspended_party_is_found_with_its_history() -> None:
    demo = Demo()
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    demo.update()
    [bank] = demo.client.find(name="sakura bank")
    assert [period.status for period in bank.periods] == ["granted", "suspended"]


def test_a_purpose_that_is_added_is_found() -> None:
    demo = Demo()
    demo.registry.add_purpose(demo.bank.identifier, AGE)
    demo.update()
    assert [one.purposes for one in demo.client.find(purpose="age")] == [{"age", "loan_underwriting"}]
