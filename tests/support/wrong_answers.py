# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Answers that a verifier has to refuse: for each check of `vcwallet.verifier.verifier.CHECKS`, what is wrong and how.

A world (`tests.support.world`) that holds a resident and an income record goes in; an answer and its request come out.
`REFUSED` is for a world of SD-JWT VC and `REFUSED_MDOC` for one of mdoc; what is wrong whatever the format is in both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from tests.support.world import (
    LOAN,
    MDOC,
    SD_JWT,
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
from vcwallet.cose import mac0, sign1
from vcwallet.credential_type import CredentialType, view
from vcwallet.encoding import base64url, cbor, sri
from vcwallet.errors import (
    BindingError,
    DigestInvalidError,
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    QueryNotSatisfiedError,
    RemoteProtocolError,
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
from vcwallet.formats.mdoc import Mdoc, device_signed, document, transaction_data, transcript
from vcwallet.formats.mdoc.mso import KeyAuthorizations
from vcwallet.keys.signer import Signer
from vcwallet.keys.software import SoftwareSigner
from vcwallet.keys.stored import StoredKeys
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.openid4vp import Request, Response
from vcwallet.registry import TrustRegistry
from vcwallet.storage import MemoryStore
from vcwallet.trust.enrolment import Enrolment
from vcwallet.verifier import ask
from vcwallet.wallet import Card


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
    card = next(world.wallet.cards(world.type_id(kind)))
    places = [view(kind, world.format).path(path) for path in paths or [("full_name",)]]
    return answered(request, presentation_of(world, card, places, request, **changed))


def signed_by(world: World, enrolment: Enrolment, record: CredentialType | None = None, **changed: Any) -> Case:
    """Return an answer with a credential that an issuer signed without asking the registry."""
    request, card = world.ask("full_name"), card_by(world, enrolment, record, **changed)
    return answered(request, presentation_of(world, card, [world.path("full_name")], request))


def card_by(world: World, enrolment: Enrolment, record: CredentialType | None = None, **changed: Any) -> Card:
    """Return a card with such a credential, which the wallet has never received."""
    key = world.wallet.new_holder_key()
    given: dict[str, Any] = {"at": world.clock(), "holder": key, "format": world.format} | changed
    credential = credential_of(enrolment, record or resident(), **given)
    return replace(next(world.wallet.cards(world.type_id(Resident))), credential=credential, key=key.handle)


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
    now = world.clock()
    return signed_by(
        world, world.city_enrolment, issued_at=now - timedelta(hours=1), expires=now - timedelta(minutes=2)
    )


def bearer_credential(world: World) -> Case:
    bearer = credential_of(world.city_enrolment, resident(), at=world.clock(), holder=None)
    card = replace(next(world.wallet.cards(Resident.vct)), credential=bearer, key=None)
    request = world.ask("full_name")
    return answered(request, presentation_of(world, card, [("full_name",)], request))


def nothing_readable(world: World) -> Case:
    return answered(world.ask("full_name"), "not a presentation")


def too_large(world: World) -> Case:
    case = honest(world)
    longer = only(case) + "A" * 6_000_000
    return answered(case.request, longer + "A" * (-len(longer) % 4))


def under_a_name_that_nobody_asked_for(world: World) -> Case:
    case = honest(world)
    return answered(case.request, only(case), query_id="extra")


def in_a_format_that_the_verifier_does_not_read(world: World) -> Case:
    """The verifier's own query has such an option; that a wallet takes it must not be a surprise."""
    case = shown(world, request=world.ask(either_format()))
    return answered(case.request, only(case), query_id="doc" if world.format == SD_JWT else "resident")


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


TRANSACTION = base64url.encode(b'{"type":"payment","credential_ids":["resident"],"amount":"1 JPY"}')


def transaction_that_nobody_authorised(world: World) -> Case:
    request = world.bank.request(ask(Resident, "full_name"), purpose=LOAN.code, transaction_data=[TRANSACTION])
    return shown(world, request=request, transaction_data=())


def transaction_that_nobody_asked_for(world: World) -> Case:
    if world.format == SD_JWT:
        return shown(world, transaction_data=(TRANSACTION,))
    request, card = (
        world.ask("full_name"),
        card_by(world, world.city_enrolment, format=Mdoc(key_authorizations=transaction_data.AUTHORISED)),
    )
    return answered(
        request, presentation_of(world, card, [world.path("full_name")], request, transaction_data=(TRANSACTION,))
    )


def answered_before(world: World) -> Case:
    case = honest(world)
    world.bank.verify(case.response, expected=case.request)
    return case


# --- wrong answers in mdoc --------------------------------------------------------------------------------------------


def changed(case: Case, change: Callable[[Any], object]) -> Case:
    """Return an answer of which the decoded DeviceResponse was changed."""
    members = cbor.loads(base64url.decode(only(case)))
    change(members)
    return answered(case.request, base64url.encode(cbor.dumps(members)))


def changed_document(world: World, change: Callable[[Any], object]) -> Case:
    return changed(honest(world), lambda response: change(response["documents"][0]))


def items(document: Any) -> list[Any]:
    [elements] = document["issuerSigned"]["nameSpaces"].values()
    return elements


def changed_item(world: World, **members: Any) -> Case:
    def change(document: Any) -> None:
        [item] = items(document)
        items(document)[0] = cbor.Tag(24, cbor.dumps(cbor.loads(item.content) | members))

    return changed_document(world, change)


def self_signed(
    world: World,
    card: Card,
    *claims: str,
    signer: Signer | None = None,
    says: dict[str, dict[str, Any]] | None = None,
    proof: Callable[[bytes], bytes] | None = None,
    request: Request | None = None,
) -> Case:
    """Return an answer of a device that says whatever it likes, and proves it by whatever means."""
    request = request or world.ask("full_name")
    held = Mdoc().reopen(card.credential.raw)
    places = [world.path(claim) for claim in claims or ["full_name"]]
    said = cbor.dumps(says or {})
    session = transcript.of(request.binding(required=True))
    content = device_signed.device_authentication(session, held.mso.doc_type, said)
    signer = signer or StoredKeys(world.wallet_store).signer(str(card.key))
    prepared = sign1.prepare(content, algorithm=signer.public_key.algorithm, detached=True)
    members = cbor.loads(held.document(places, session_transcript=session, signer=signer))
    kind = "deviceSignature" if proof is None else "deviceMac"
    made = prepared.encoded(signer.sign(prepared.to_be_signed)) if proof is None else proof(content)
    members["deviceSigned"] = cbor.loads(device_signed.write(said, kind=kind, proof=made))
    return answered(request, base64url.encode(document.write([cbor.dumps(members)])))


def device_key_of_a_thief(world: World) -> Case:
    return self_signed(world, next(world.wallet.cards(world.type_id(Resident))), signer=SoftwareSigner.generate())


def mac_where_no_session_is(world: World) -> Case:
    """Anybody could have made it: there is no key of the verifier's that it would have to be for."""

    def proof(content: bytes) -> bytes:
        return cbor.dumps(mac0.mac(content, key=bytes(32), detached=True))

    return self_signed(world, next(world.wallet.cards(world.type_id(Resident))), proof=proof)


def made_for_another_place(world: World) -> Case:
    return shown(world, response_uri="https://somebody-else.example/answer")


def device_proof_left_out(world: World) -> Case:
    return changed_document(world, lambda document: document["deviceSigned"].pop("deviceAuth"))


def device_proof_of_another_answer(world: World) -> Case:
    other = cbor.loads(base64url.decode(only(honest(world))))["documents"][0]["deviceSigned"]
    return changed_document(world, lambda document: document.update(deviceSigned=other))


def device_says_what_the_issuer_did_not_allow(world: World) -> Case:
    card = next(world.wallet.cards(world.type_id(Resident)))
    return self_signed(world, card, says={world.type_id(Resident): {"health": "in good health"}})


def device_says_it_again(world: World) -> Case:
    says = {world.type_id(Resident): {"full_name": "番号　一郎"}}
    return self_signed(world, card_that_may_say(world, "full_name"), says=says)


def device_says_what_nobody_asked_for(world: World) -> Case:
    says = {world.type_id(Resident): {"health": "in good health"}}
    return self_signed(world, card_that_may_say(world, "health"), says=says)


def card_that_may_say(world: World, element: str) -> Card:
    allowed = KeyAuthorizations(elements={world.type_id(Resident): frozenset({element})})
    return card_by(world, world.city_enrolment, format=Mdoc(key_authorizations=allowed))


def element_with_another_value(world: World) -> Case:
    return changed_item(world, elementValue="番号　一郎")


def element_under_another_name(world: World) -> Case:
    return changed_item(world, elementIdentifier="nationality")


def element_of_another_credential(world: World) -> Case:
    """Two holders put their claims together."""
    world.hold(resident(full_name="番号　一郎"))
    foreign = items(cbor.loads(base64url.decode(only(honest(world))))["documents"][0])
    mine = shown_by_the_first_card(world)
    return changed(mine, lambda response: items(response["documents"][0]).__setitem__(0, foreign[0]))


def shown_by_the_first_card(world: World) -> Case:
    request, card = world.ask("full_name"), list(world.wallet.cards(world.type_id(Resident)))[-1]
    return answered(request, presentation_of(world, card, [world.path("full_name")], request))


def element_that_the_issuer_did_not_sign(world: World) -> Case:
    def add(document: Any) -> None:
        members = cbor.loads(items(document)[0].content)
        extra = members | {"digestID": 2_000, "elementIdentifier": "title", "elementValue": "Dr"}
        items(document).append(cbor.Tag(24, cbor.dumps(extra)))

    return changed_document(world, add)


def element_twice(world: World) -> Case:
    return changed_document(world, lambda document: items(document).append(items(document)[0]))


def signature_of_the_issuer_changed(world: World) -> Case:
    def flip(document: Any) -> None:
        signature = document["issuerSigned"]["issuerAuth"][3]
        document["issuerSigned"]["issuerAuth"][3] = bytes([signature[0] ^ 1]) + signature[1:]

    return changed_document(world, flip)


def called_another_type_than_was_signed(world: World) -> Case:
    return changed_document(world, lambda document: document.update(docType=world.type_id(Income)))


def valid_in_five_minutes(world: World) -> Case:
    """Everything is in order but that it is too early."""
    return signed_by(world, world.city_enrolment, at=world.clock() + timedelta(minutes=5))


def outlives_its_signer(world: World) -> Case:
    return signed_by(world, world.city_enrolment, expires=world.clock() + timedelta(days=3_000))


def country_of_somebody_else(world: World) -> Case:
    namespace = world.type_id(Resident)
    claims = {namespace: {"full_name": "番号　花子", "issuing_country": "JP"}}
    card, request = card_by(world, world.city_enrolment, claims=claims), world.ask("full_name")
    paths = [(namespace, "full_name"), (namespace, "issuing_country")]
    return answered(request, presentation_of(world, card, paths, request))


def value_that_nobody_can_read(world: World) -> Case:
    claims = {world.type_id(Resident): {"full_name": cbor.Tag(61, "番号　花子")}}
    return signed_by(world, world.city_enrolment, claims=claims)


def two_documents_in_one_presentation(world: World) -> Case:
    return changed(honest(world), lambda response: response["documents"].append(response["documents"][0]))


def nothing_but_an_error(world: World) -> Case:
    return answered(world.ask("full_name"), base64url.encode(document.write([], status=document.Status.GENERAL_ERROR)))


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
    ("presentations", transaction_that_nobody_asked_for, BindingError, "TRANSACTION_DATA_MISMATCH"),
    ("transactions", transaction_that_nobody_authorised, BindingError, "TRANSACTION_DATA_MISMATCH"),
    ("unanswered", answered_before, ReplayError, "NONCE_REUSED"),
]

"""By check of the verifier: what is wrong, and the error that says so."""

_WHATEVER_THE_FORMAT = {
    *(request_of_another_verifier, request_changed_where_it_was_kept, state_of_another_request, no_state, too_late),
    *(unknown_issuer, issuer_of_another_type, suspended_issuer, stale_list, expired_credential, nothing_readable),
    *(too_large, under_a_name_that_nobody_asked_for, in_a_format_that_the_verifier_does_not_read),
    *(status_that_nobody_looked_up, credential_missing, credential_of_another_type, claim_missing),
    transaction_that_nobody_authorised,
    *(claim_with_another_value, several_where_one_was_asked_for, another_claim_shown, answered_before),
}

REFUSED_MDOC: list[tuple[str, Callable[[World], Case], type[VcError], str]] = [
    *(one for one in REFUSED if one[1] in _WHATEVER_THE_FORMAT),
    ("presentations.structure", nothing_readable, MalformedError, "MALFORMED"),
    ("presentations.structure", two_documents_in_one_presentation, MalformedError, "MALFORMED"),
    ("presentations.structure", nothing_but_an_error, RemoteProtocolError, "MDOC_STATUS"),
    ("presentations.structure", element_twice, DigestInvalidError, "ELEMENT_REPEATED"),
    ("presentations.structure", device_proof_left_out, MalformedError, "MALFORMED"),
    ("presentations.doc_type", called_another_type_than_was_signed, VerificationError, "DOC_TYPE_MISMATCH"),
    ("presentations.issuer", unknown_issuer, UntrustedError, "UNTRUSTED"),
    ("presentations.issuer", issuer_of_another_type, NotAuthorisedError, "NOT_AUTHORISED"),
    ("presentations.issuer_signature", signature_of_the_issuer_changed, SignatureInvalidError, "SIGNATURE_INVALID"),
    ("presentations.digests", element_with_another_value, DigestInvalidError, "DIGEST_INVALID"),
    ("presentations.digests", element_under_another_name, DigestInvalidError, "DIGEST_INVALID"),
    ("presentations.digests", element_of_another_credential, DigestInvalidError, "DIGEST_INVALID"),
    ("presentations.digests", element_that_the_issuer_did_not_sign, DigestInvalidError, "DIGEST_MISSING"),
    ("presentations.values", value_that_nobody_can_read, MalformedError, "MALFORMED"),
    ("presentations.validity", expired_credential, ValidityError, "EXPIRED"),
    ("presentations.validity", valid_in_five_minutes, ValidityError, "NOT_YET_VALID"),
    ("presentations.validity", outlives_its_signer, VerificationError, "VALIDITY_INFO"),
    ("presentations.issuing_country", country_of_somebody_else, NotAuthorisedError, "ISSUING_COUNTRY"),
    (
        "presentations.key_authorizations",
        device_says_what_the_issuer_did_not_allow,
        NotAuthorisedError,
        "KEY_NOT_AUTHORISED",
    ),
    ("presentations.key_authorizations", device_says_it_again, DigestInvalidError, "ELEMENT_REPEATED"),
    ("presentations.device_auth", made_for_another_request, BindingError, "DEVICE_AUTH_INVALID"),
    ("presentations.device_auth", made_for_another_verifier, BindingError, "DEVICE_AUTH_INVALID"),
    ("presentations.device_auth", made_for_another_place, BindingError, "DEVICE_AUTH_INVALID"),
    ("presentations.device_auth", device_key_of_a_thief, BindingError, "DEVICE_AUTH_INVALID"),
    ("presentations.device_auth", device_proof_of_another_answer, BindingError, "DEVICE_AUTH_INVALID"),
    ("presentations.device_auth", mac_where_no_session_is, BindingError, "DEVICE_AUTH_INVALID"),
    ("presentations.device_auth", transaction_that_nobody_asked_for, BindingError, "TRANSACTION_DATA_MISMATCH"),
    ("no_more_than_asked", device_says_what_nobody_asked_for, QueryNotSatisfiedError, "MORE_THAN_ASKED"),
]
"""The same for mdoc, with the check of the presentation after a dot (`vcwallet.formats.mdoc.presentation`)."""

REFUSED_IN = {SD_JWT: REFUSED, MDOC: REFUSED_MDOC}


def disclosure_of(name: str, credential: Credential) -> str:
    return next(text for text in credential.raw.split("~")[1:] if f'"{name}"'.encode() in base64url.decode(text))


def either_format() -> DcqlQuery:
    sd_jwt = {"id": "resident", "format": "dc+sd-jwt", "meta": {"vct_values": [Resident.vct]}}
    mdoc = {"id": "doc", "format": "mso_mdoc", "meta": {"doctype_value": Resident.doctype}}
    claims = [{"path": [Resident.doctype, "full_name"]}]
    credentials = [sd_jwt | {"claims": [{"path": ["full_name"]}]}, mdoc | {"claims": claims}]
    return DcqlQuery.from_json({"credentials": credentials, "credential_sets": [{"options": [["resident"], ["doc"]]}]})
