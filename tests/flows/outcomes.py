# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the main job and everything that is refused in it, in each format, and says how each ended, one line each::

    python -O -m tests.flows.outcomes

It asserts nothing, so that it says the same when assertions are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.support.world import (
    DAYS_90,
    FORMATS,
    MDOC,
    Income,
    Resident,
    World,
    approved,
    credential_of,
    flipped,
    income,
    resident,
    signed_request,
)
from tests.support.wrong_answers import REFUSED_IN
from vcwallet.errors import VcError
from vcwallet.formats.base import Credential
from vcwallet.keys.stored import StoredKeys
from vcwallet.protocols.openid4vp import Request
from vcwallet.verifier import ask

Step = Callable[[World], Any]


def issue_another_type(world: World) -> Any:
    return world.city.issue(
        income(), format=FORMATS[world.format], holder=world.wallet.new_holder_key(), valid_for=DAYS_90
    )


def receive_for_a_foreign_key(world: World) -> Any:
    return world.wallet.receive(world.issue(resident(), wallet=world.new_wallet()))


def receive_for_a_used_key(world: World) -> Any:
    card = next(world.wallet.cards(world.type_id(Resident)))
    holder = StoredKeys(world.wallet_store).signer(str(card.key)).public_key
    credential = credential_of(world.city_enrolment, resident(), at=world.clock(), holder=holder, format=world.format)
    return world.wallet.receive(credential)


def receive_tampered(world: World) -> Any:
    raw = world.issue(resident()).raw
    signature = len(raw) if world.format == MDOC else raw.index("~")
    return world.wallet.receive(Credential(format=world.format, raw=flipped(raw, signature - 20)))


def receive_another_format(world: World) -> Any:
    return world.wallet.receive(replace(world.issue(resident()), format="ldp_vc"))


def match_a_stranger(world: World) -> Any:
    return world.wallet.match(World(world.format).ask("full_name"))


def match_another_purpose(world: World) -> Any:
    return world.wallet.match(signed_request(world.bank_enrolment, world.ask("full_name"), purpose="care"))


def match_too_much(world: World) -> Any:
    return world.wallet.match(world.ask("over_20", purpose="care"))


def match_a_limited_claim(world: World) -> Any:
    return world.wallet.match(world.ask("number"))


def match_a_claim_of_special_care(world: World) -> Any:
    return world.wallet.match(world.ask("household.*.first_name", "health", purpose="withholding"))


def match_what_nobody_has(world: World) -> Any:
    return world.wallet.match(world.ask(ask(Resident, values={"full_name": ["番号　一郎"]})))


def match_a_changed_request(world: World) -> Any:
    text = str(world.ask("full_name"))
    return world.wallet.match(flipped(text, len(text) - 30))


def match_too_late(world: World) -> Any:
    request = world.ask("full_name")
    world.clock.pass_by(minutes=12)
    return world.wallet.match(request)


def match_what_is_no_request(world: World) -> Any:
    return world.wallet.match("no request")


def approve_without_names(world: World) -> Any:
    return world.wallet.match(world.ask("nationality")).approve()


def present_twice(world: World) -> Any:
    consent = approved(world.wallet.match(world.ask("full_name")))
    world.wallet.present(consent)
    return world.wallet.present(consent)


def present_more_than_approved(world: World) -> Any:
    narrow = approved(world.wallet.match(world.ask("full_name")))
    wide = approved(world.wallet.match(world.ask("full_name", "birth_date")))
    return world.wallet.present(replace(narrow, credentials=wide.credentials))


def present_what_was_deleted(world: World) -> Any:
    consent = approved(world.wallet.match(world.ask("full_name")))
    world.wallet.delete(consent.credentials[0].card)
    return world.wallet.present(consent)


def ask_for_an_unregistered_purpose(world: World) -> Any:
    return world.ask("full_name", purpose="marketing")


def update_to_an_older_list(world: World) -> Any:
    older = world.registry.published()
    world.registry.suspend("urn:vcwallet:party:office", reason="audit")
    world.update()
    return world.wallet.update_trust(older)


STEPS: tuple[tuple[Step, str], ...] = (
    (issue_another_type, "NOT_AUTHORISED"),
    (receive_for_a_foreign_key, "HOLDER_KEY_UNKNOWN"),
    (receive_for_a_used_key, "HOLDER_KEY_USED"),
    (receive_tampered, "SIGNATURE_INVALID"),
    (receive_another_format, "UNSUPPORTED"),
    (match_a_stranger, "VERIFIER_UNKNOWN"),
    (match_another_purpose, "PURPOSE_MISMATCH"),
    (match_too_much, "OVER_ASKING"),
    (match_a_limited_claim, "NUMBER_NO_BASIS"),
    (match_a_claim_of_special_care, "OVER_ASKING"),
    (match_what_nobody_has, "NO_MATCHING_CREDENTIAL"),
    (match_a_changed_request, "SIGNATURE_INVALID"),
    (match_too_late, "EXPIRED"),
    (match_what_is_no_request, "MALFORMED"),
    (approve_without_names, "CONSENT_REQUIRED"),
    (present_twice, "CONSENT_USED"),
    (present_more_than_approved, "CONSENT_REQUIRED"),
    (present_what_was_deleted, "NO_MATCHING_CREDENTIAL"),
    (ask_for_an_unregistered_purpose, "PURPOSE_NOT_REGISTERED"),
    (update_to_an_older_list, "REGISTRY_ROLLBACK"),
)
"""What is refused before an answer reaches the verifier, and with which code."""


def expected() -> list[str]:
    """Return the lines that `outcomes` has to yield."""
    lines: list[str] = []
    for format, refused in REFUSED_IN.items():
        steps = [f"{format} {step.__name__}: {code}" for step, code in STEPS]
        lines += [f"{format} {MAIN_JOB}", *steps]
        lines += [f"{format} {wrong.__name__}: {code}" for _, wrong, _, code in refused]
    return lines


MAIN_JOB = "main job: True 3218764905"


def outcomes(make: Callable[[str], World] = World, seen: Callable[[object], None] = lambda _: None) -> Iterator[str]:
    """Yield how each ended; `seen` gets every object and error on the way."""
    for format, refused in REFUSED_IN.items():
        yield f"{format} {main_job(make(format), seen)}"
        for step, _ in STEPS:
            world = ready(make(format))
            yield f"{format} {step.__name__}: {code_of(seen, step, world)}"
        for _, wrong, _, _ in refused:
            world = ready(make(format))
            case = wrong(world)
            seen(case)
            seen(world.bank.explain(case.response, expected=case.request))
            code = code_of(seen, world.bank.verify, case.response, expected=case.request)
            yield f"{format} {wrong.__name__}: {code}"
            seen(list(world.wallet.history()))
            seen(world.bank.receipts())


def main_job(world: World, seen: Callable[[object], None]) -> str:
    cards = world.hold()
    request = world.ask("over_20", "address.locality", "nationality", ask(Income, "total"))
    prompt = world.wallet.match(request)
    consent = approved(prompt)
    response = world.wallet.present(consent)
    verified = world.bank.verify(response.to_json(), expected=Request.from_jwt(str(request)))
    for thing in (world, cards, request, request.query, prompt, consent, response, verified, verified.evidence(Income)):
        seen(thing)
    for thing in (verified[Resident], verified[Income], list(world.wallet.history()), world.bank.receipts()):
        seen(thing)
    seen(world.bank.explain(response, expected=request))
    return f"main job: {verified[Resident].over_20} {verified[Income].total}"


def ready(world: World) -> World:
    world.hold()
    return world


def code_of(seen: Callable[[object], None], action: Callable[..., object], *given: Any, **named: Any) -> str:
    try:
        seen(action(*given, **named))
    except VcError as error:
        seen(error)
        return error.code
    return "nothing was refused"


if __name__ == "__main__":
    for line in outcomes():
        print(line)
