# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The result of a verification: typed claims with their evidence, and nothing to mistake for a yes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import date, timedelta
from typing import Any

import pytest

from tests.support.world import (
    IN_BOTH_FORMATS,
    MDOC,
    SD_JWT,
    ForeignResident,
    Income,
    Resident,
    Unknown,
    World,
    credential_of,
    format_of,
    resident,
)
from vcwallet.claims import select
from vcwallet.credential_type import ClaimNotDisclosedError, view
from vcwallet.errors import MalformedError
from vcwallet.protocols.openid4vp import Response
from vcwallet.trust.registration import IntendedUse, grants
from vcwallet.verifier import Verified, ask


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    made = World(format_of(request))
    made.hold()
    return made


def verified(world: World, *questions: Any, **approval: Any) -> Verified:
    request = world.ask(*questions)
    return world.bank.verify(world.answer(request, **approval), expected=request)


class TestTypedAccess:
    @IN_BOTH_FORMATS
    def test_claims_have_the_types_of_their_fields(self, world):
        seen = verified(world, "birth_date", "address.locality", "languages.*", ask(Income, "total", "above.3000000"))
        assert seen[Resident].birth_date == date(1990, 1, 2)
        assert seen[Resident].address.locality == "港町"
        assert seen[Resident].languages == ("ja", "en", "fr")
        assert seen[Income].total == 3_218_764_905
        assert seen[Income].above["3000000"] is True

    @IN_BOTH_FORMATS
    def test_a_claim_that_was_not_disclosed_is_an_error_and_not_none(self, world):
        seen = verified(world, "address.locality")[Resident]
        with pytest.raises(ClaimNotDisclosedError) as error:
            seen.full_name
        assert error.value.code == "CLAIM_NOT_DISCLOSED"
        with pytest.raises(ClaimNotDisclosedError):
            seen.address.plot
        assert not hasattr(seen, "over_20")

    @IN_BOTH_FORMATS
    def test_a_type_that_was_not_presented_is_a_key_error(self, world):
        seen = verified(world, "full_name")
        for kind in (Income, Unknown):
            assert kind not in seen
            assert seen.all(kind) == ()
            with pytest.raises(KeyError, match=kind.__name__):
                seen[kind]
            with pytest.raises(KeyError, match=kind.__name__):
                seen.evidence(kind)

    def test_an_extending_type_is_also_what_it_extends(self, world):
        world.hold(resident(ForeignResident, permit="study"))
        seen = verified(world, "full_name")
        assert Resident in seen
        assert ForeignResident in seen
        assert seen[ForeignResident].full_name == seen[Resident].full_name

    @IN_BOTH_FORMATS
    def test_a_parent_is_not_the_type_that_extends_it(self, world):
        assert ForeignResident not in verified(world, "full_name")

    @IN_BOTH_FORMATS
    def test_two_of_a_type_are_both_there(self, world):
        [other] = world.hold(resident(full_name="番号　一郎"))
        first, second = (card for card in world.wallet.cards(world.type_id(Resident)) if card != other), other
        seen = verified(
            world,
            ask(Resident, "full_name"),
            ask(Resident, "full_name"),
            cards={"resident": next(first).id, "resident_2": second.id},
        )
        assert [one.full_name for one in seen.all(Resident)] == ["番号　花子", "番号　一郎"]
        assert seen[Resident].full_name == "番号　花子"

    @IN_BOTH_FORMATS
    @pytest.mark.parametrize("order", [("resident", "resident_2"), ("resident_2", "resident")])
    def test_the_first_of_two_is_the_one_asked_for_first_in_whatever_order_they_come(self, world, order):
        [other] = world.hold(resident(full_name="山田　次郎"))
        request = world.ask(ask(Resident, "full_name"), ask(Resident, "full_name"))
        answer = world.answer(request, cards={"resident_2": other.id})
        token = {query_id: answer.vp_token[query_id] for query_id in order}
        seen = world.bank.verify(Response(vp_token=token, state=request.state), expected=request)
        assert seen[Resident].full_name == select(seen.credentials["resident"][0].claims, world.path("full_name"))[0]
        assert list(seen.credentials) == ["resident", "resident_2"]

    @IN_BOTH_FORMATS
    def test_a_claim_that_breaks_its_own_type_is_malformed_without_its_value(self, world):
        claims = {**resident().claims(world.clock().date()), "birth_date": "long ago"}
        key, shown = world.wallet.new_holder_key(), view(Resident, world.format).claims(claims)
        world.wallet.receive(
            credential_of(
                world.city_enrolment, resident(), at=world.clock(), holder=key, claims=shown, format=world.format
            )
        )
        seen = verified(world, "birth_date")
        with pytest.raises(MalformedError) as error:
            seen[Resident]
        assert error.value.code == "CLAIM_INVALID"
        assert "long ago" not in str(error.value)


class TestFormats:
    def test_a_document_type_that_extends_another_is_both_types(self):
        """It does not name what it extends, so the classes have to know it."""
        registered = IntendedUse(code="loan", text={"en": "x"}, grants=grants(ForeignResident, "full_name"))
        world = World(MDOC, bank_uses=(registered,))
        world.hold(resident(ForeignResident, permit="study"))
        seen = verified(world, ask(ForeignResident, "full_name"))
        assert seen[ForeignResident].full_name == seen[Resident].full_name == "番号　花子"
        assert seen.evidence(Resident)[0].type_id == ForeignResident.doctype
        assert Income not in seen

    def test_a_result_can_have_both_formats(self):
        world = World(also=(MDOC,))
        for format in (SD_JWT, MDOC):
            world.wallet.receive(world.issue(resident(full_name=format), format=format))
        questions = [ask(Resident, "full_name", format=format) for format in (MDOC, SD_JWT)]
        seen = verified(world, *questions)
        assert [one.full_name for one in seen.all(Resident)] == [MDOC, SD_JWT]
        assert [one.format for one in seen.evidence(Resident)] == [MDOC, SD_JWT]
        assert seen[Resident].full_name == MDOC


@IN_BOTH_FORMATS
class TestEvidence:
    def test_it_says_who_issued_it_and_why_that_is_trusted(self, world):
        [one] = verified(world, "full_name").evidence(Resident)
        assert (one.issuer.party, one.issuer.source) == ("urn:vcwallet:party:city", "trusted_list")
        assert one.issuer.sequence == world.bank._trust.sequence
        assert one.format == world.format
        assert one.holder_proved

    def test_it_says_when_it_was_issued_and_until_when_it_is_good(self, world):
        [one] = verified(world, "full_name").evidence(Resident)
        assert one.issued_at is not None
        assert one.expires is not None
        assert one.issued_at <= world.clock() < one.expires

    def test_it_says_for_what_purpose_and_when_it_was_verified(self, world):
        seen = verified(world, "full_name")
        assert (seen.purpose, seen.verified_at) == ("loan", world.clock())


@IN_BOTH_FORMATS
class TestNotATruthValue:
    def test_it_refuses_truth_testing(self, world):
        seen = verified(world, "full_name")
        with pytest.raises(TypeError, match="truth"):
            bool(seen)
        with pytest.raises(TypeError, match="truth"):
            bool(seen.evidence(Resident)[0])

    def test_it_cannot_be_changed(self, world):
        seen = verified(world, "full_name")
        with pytest.raises(FrozenInstanceError):
            seen.purpose = "marketing"  # type: ignore[misc]

    def test_its_text_has_no_values(self, world):
        seen = verified(world, "full_name", "birth_date")
        for text in (repr(seen), str(seen), repr(seen[Resident]), repr(seen.evidence(Resident))):
            assert "番号" not in text
            assert "1990" not in text


def test_a_verification_says_what_was_true_then_and_not_what_is_true_now(world):
    seen = verified(world, "full_name")
    world.clock.pass_by(days=200)
    assert seen.verified_at == world.clock() - timedelta(days=200)
    assert seen[Resident].full_name == "番号　花子"
