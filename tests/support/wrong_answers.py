# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Answers that a verifier has to refuse: for each check of `vcwallet.verifier.verifier.CHECKS`, what is wrong and how.

A world (`tests.support.world`) that holds a resident and an income record goes in; an answer and its request come out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from tests.support.world import (
    SHOPPING,
    Income,
    Resident,
    World,
    credential_of,
    flipped,
    presentation_of,
    resident,
)
from vcwallet.claims import ClaimPath, Concealment
from vcwallet.credential_type import CredentialType
from vcwallet.encoding import base64url, sri
from vcwallet.errors import (
    BindingError,
    DigestInvalidError,
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    QueryNotSatisfiedError,
    ReplayError,
    SignatureInvalidError,
    StatusError,
    TrustedListError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
    VerificationError,
)
from vcwallet.formats.base import Credential
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.openid4vp import Request, Response
from vcwallet.registry import TrustRegistry
from vcwallet.storage import MemoryStore
from vcwallet.trust.enrolment import Enrolment
from vcwallet.verifier import ask


@dataclass
class Case:
    """An answer and the request that it is put to."""

    response: Response
    request: Request


def honest(world: World, *questions: Any) -> Case:
    request = world.ask(*questions or ["full_name"])
    return Case(world.answer(request), request)


def answered(request: Request, *presentations: str, query_id: str = "resident") -> Case:
    return Case(Response(vp_token={query_id: presentations}, state=request.state), request)


def only(case: Case) -> str:
    [[presentation]] = case.response.vp_token.values()
    return presentation


def shown(
    world: World,
    *paths: ClaimPath,
    request: Request | None = None,
    kind: type[CredentialType] = Resident,
    **changed: Any,
) -> Case:
    """Return an answer with any claims and for any binding, as only a wallet made for it would give."""
    request = request or world.ask("full_name")
    card = next(world.wallet.cards(kind.vct))
    presentation = presentation_of(world, card, paths or [("full_name",)], request, **changed)
    return answered(request, presentation)


def signed_by(world: World, enrolment: Enrolment, record: CredentialType | None = None, **changed: Any) -> Case:
    """Return an answer with a credential that an issuer signed without asking the registry."""
    key, request = world.wallet.new_holder_key(), world.ask("full_name")
    credential = credential_of(enrolment, record or resident(), at=world.clock(), holder=key, **changed)
    card = replace(next(world.wallet.cards(Resident.vct)), credential=credential, key=key.handle)
    return answered(request, presentation_of(world, card, [("full_name",)], request))


# --- wrong answers; the name says what is wrong -----------------------------------------------------------------------


def request_of_another_verifier(world: World) -> Case:
    """A verifier that was handed the answer, and the request, of another."""
    request = world.shop.request(ask(Resident, "full_name"), purpose=SHOPPING.code)
    return answered(request, only(honest(world)))


def request_changed_where_it_was_kept(world: World) -> Case:
    case = honest(world)
    return Case(case.response, replace(case.request, purpose="something else"))


def state_of_another_request(world: World) -> Case:
    case = honest(world)
    return Case(replace(case.response, state=world.ask("full_name").state), case.request)


def no_state(world: World) -> Case:
    case = honest(world)
    return Case(replace(case.response, state=None), case.request)


def too_late(world: World) -> Case:
    case = honest(world)
    world.clock.pass_by(minutes=10)
    return case


def made_for_another_request(world: World) -> Case:
    """The state is copied, as a web attacker would do; the holder's proof is for the other request's nonce."""
    case, other = honest(world), world.ask("full_name")
    return Case(replace(case.response, state=other.state), other)


def made_for_another_verifier(world: World) -> Case:
    return shown(world, audience="x509_hash:somebody-else")


def proof_too_old(world: World) -> Case:
    return shown(world, at=world.clock() - timedelta(minutes=6))


def proof_from_the_future(world: World) -> Case:
    return shown(world, at=world.clock() + timedelta(minutes=2))


def proof_left_out(world: World) -> Case:
    case = honest(world)
    return answered(case.request, only(case)[: only(case).rindex("~") + 1])


def proof_by_a_thief(world: World) -> Case:
    """Someone has the credential, but not the key that it is bound to."""
    case, thief = honest(world), SoftwareSigner.generate()
    credential, proof = only(case).rsplit("~", 1)
    signed = proof[: proof.rindex(".")]
    return answered(case.request, f"{credential}~{signed}.{base64url.encode(thief.sign(signed.encode()))}")


def disclosure_added_after_the_proof(world: World) -> Case:
    case = honest(world)
    credential, proof = only(case).rsplit("~", 1)
    extra = disclosure_of("nationality", next(world.wallet.cards(Resident.vct)).credential)
    return answered(case.request, f"{credential}~{extra}~{proof}")


def disclosure_of_another_credential(world: World) -> Case:
    """Two holders put their claims together."""
    case, other = honest(world), world.issue(resident(full_name="番号　一郎"))
    issuer_jwt, _, proof = only(case).split("~")
    foreign = disclosure_of("full_name", other)
    return answered(case.request, f"{issuer_jwt}~{foreign}~{proof}")


def issuer_s_signature_changed(world: World) -> Case:
    case = honest(world)
    return answered(case.request, flipped(only(case), only(case).index("~") - 20))


def unknown_issuer(world: World) -> Case:
    elsewhere = TrustRegistry.found("Elsewhere", store=MemoryStore(), clock=world.clock)
    return signed_by(world, elsewhere.enrol_issuer("Mirai City", code="city", may_issue=[Resident]))


def issuer_of_another_type(world: World) -> Case:
    return signed_by(world, world.office_enrolment)


def suspended_issuer(world: World) -> Case:
    case = honest(world)
    world.registry.suspend("urn:vcwallet:party:city", reason="audit")
    world.bank.update_trust(world.registry.published())
    return case


def stale_list(world: World) -> Case:
    world.clock.now = world.bank._trust.next_update - timedelta(minutes=1)
    case = honest(world)
    world.clock.pass_by(minutes=1)
    return case


def expired_credential(world: World) -> Case:
    return signed_by(world, world.city_enrolment, expires=world.clock() - timedelta(minutes=2))


def bearer_credential(world: World) -> Case:
    bearer = credential_of(world.city_enrolment, resident(), at=world.clock(), holder=None)
    card = replace(next(world.wallet.cards(Resident.vct)), credential=bearer, key=None)
    request = world.ask("full_name")
    return answered(request, presentation_of(world, card, [("full_name",)], request))


def nothing_readable(world: World) -> Case:
    return answered(world.ask("full_name"), "not a presentation")


def too_large(world: World) -> Case:
    case = honest(world)
    return answered(case.request, only(case) + "A" * 4_200_000)


def under_a_name_that_nobody_asked_for(world: World) -> Case:
    case = honest(world)
    return answered(case.request, only(case), query_id="extra")


def in_a_format_that_the_verifier_does_not_read(world: World) -> Case:
    """The verifier's own query has such an option; that a wallet takes it must not be a surprise."""
    case = shown(world, request=world.ask(either_format()))
    return answered(case.request, only(case), query_id="doc")


def claim_open_against_its_type(world: World) -> Case:
    return signed_by(world, world.city_enrolment, concealment=Concealment())


def type_pinned_to_other_metadata(world: World) -> Case:
    return signed_by(world, world.city_enrolment, type_integrity=sri.integrity(b"{}"))


def status_that_nobody_looked_up(world: World) -> Case:
    status = {"status_list": {"idx": 7, "uri": "https://city.example/status/1"}}
    return signed_by(world, world.city_enrolment, status=status)


def credential_missing(world: World) -> Case:
    case = honest(world, "full_name", ask(Income, "total"))
    return answered(case.request, *case.response.vp_token["resident"])


def credential_of_another_type(world: World) -> Case:
    return shown(world, ("total",), kind=Income)


def claim_missing(world: World) -> Case:
    return shown(world, ("full_name",), request=world.ask("full_name", "birth_date"))


def claim_with_another_value(world: World) -> Case:
    return shown(world, ("full_name",), request=world.ask(ask(Resident, values={"full_name": ["番号　一郎"]})))


def several_where_one_was_asked_for(world: World) -> Case:
    case = honest(world)
    other = shown(world, request=case.request)
    return answered(case.request, only(case), only(other))


def another_claim_shown(world: World) -> Case:
    return shown(world, ("full_name",), ("birth_date",))


def a_whole_shown_for_a_part(world: World) -> Case:
    return shown(world, ("address",), request=world.ask("address.locality"))


def another_element_shown(world: World) -> Case:
    return shown(world, ("languages", 0), ("languages", 1), request=world.ask("languages.0"))


def another_element_at_the_position_asked_for(world: World) -> Case:
    """The first is hidden, so the second stands where the first was asked for."""
    return shown(world, ("languages", 1), request=world.ask("languages.0"))


def answered_before(world: World) -> Case:
    case = honest(world)
    world.bank.verify(case.response, expected=case.request)
    return case


REFUSED: list[tuple[str, Callable[[World], Case], type[VcError], str]] = [
    ("request", request_of_another_verifier, BindingError, "REQUEST_NOT_OURS"),
    ("request", request_changed_where_it_was_kept, BindingError, "REQUEST_NOT_OURS"),
    ("state", state_of_another_request, BindingError, "STATE_MISMATCH"),
    ("state", no_state, BindingError, "STATE_MISMATCH"),
    ("request_open", too_late, ValidityError, "EXPIRED"),
    ("presentations", made_for_another_request, BindingError, "BINDING_INVALID"),
    ("presentations", made_for_another_verifier, BindingError, "BINDING_INVALID"),
    ("presentations", proof_too_old, ValidityError, "EXPIRED"),
    ("presentations", proof_from_the_future, ValidityError, "NOT_YET_VALID"),
    ("presentations", proof_left_out, BindingError, "HOLDER_PROOF_MISSING"),
    ("presentations", proof_by_a_thief, SignatureInvalidError, "SIGNATURE_INVALID"),
    ("presentations", disclosure_added_after_the_proof, BindingError, "BINDING_INVALID"),
    ("presentations", disclosure_of_another_credential, DigestInvalidError, "DIGEST_INVALID"),
    ("presentations", issuer_s_signature_changed, SignatureInvalidError, "SIGNATURE_INVALID"),
    ("presentations", unknown_issuer, UntrustedError, "UNTRUSTED"),
    ("presentations", issuer_of_another_type, NotAuthorisedError, "NOT_AUTHORISED"),
    ("presentations", suspended_issuer, NotAuthorisedError, "NOT_AUTHORISED"),
    ("presentations", stale_list, TrustedListError, "REGISTRY_STALE"),
    ("presentations", expired_credential, ValidityError, "EXPIRED"),
    ("presentations", bearer_credential, BindingError, "HOLDER_PROOF_MISSING"),
    ("presentations", nothing_readable, MalformedError, "MALFORMED"),
    ("presentations", too_large, LimitExceededError, "LIMIT_EXCEEDED"),
    ("presentations", under_a_name_that_nobody_asked_for, QueryNotSatisfiedError, "UNEXPECTED_PRESENTATION"),
    ("presentations", in_a_format_that_the_verifier_does_not_read, UnsupportedError, "UNSUPPORTED"),
    ("types", claim_open_against_its_type, VerificationError, "CLAIM_DISCLOSURE"),
    ("types", type_pinned_to_other_metadata, DigestInvalidError, "DIGEST_INVALID"),
    ("status", status_that_nobody_looked_up, StatusError, "STATUS_UNKNOWN"),
    ("query", credential_missing, QueryNotSatisfiedError, "CREDENTIAL_SET_UNSATISFIED"),
    ("query", credential_of_another_type, QueryNotSatisfiedError, "TYPE_NOT_ASKED"),
    ("query", claim_missing, QueryNotSatisfiedError, "CLAIMS_MISSING"),
    ("query", claim_with_another_value, QueryNotSatisfiedError, "CLAIMS_MISSING"),
    ("query", several_where_one_was_asked_for, QueryNotSatisfiedError, "PRESENTATION_COUNT"),
    ("query", another_element_at_the_position_asked_for, QueryNotSatisfiedError, "POSITION_UNKNOWN"),
    ("no_more_than_asked", another_claim_shown, QueryNotSatisfiedError, "MORE_THAN_ASKED"),
    ("no_more_than_asked", a_whole_shown_for_a_part, QueryNotSatisfiedError, "MORE_THAN_ASKED"),
    ("no_more_than_asked", another_element_shown, QueryNotSatisfiedError, "MORE_THAN_ASKED"),
    ("unanswered", answered_before, ReplayError, "NONCE_REUSED"),
]


def disclosure_of(name: str, credential: Credential) -> str:
    return next(text for text in credential.raw.split("~")[1:] if f'"{name}"'.encode() in base64url.decode(text))


def either_format() -> DcqlQuery:
    sd_jwt = {"id": "resident", "format": "dc+sd-jwt", "meta": {"vct_values": [Resident.vct]}}
    mdoc = {"id": "doc", "format": "mso_mdoc", "meta": {"doctype_value": "org.example.resident"}}
    credentials = [sd_jwt | {"claims": [{"path": ["full_name"]}]}, mdoc]
    return DcqlQuery.from_json({"credentials": credentials, "credential_sets": [{"options": [["resident"], ["doc"]]}]})
