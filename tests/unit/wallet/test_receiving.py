# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Receiving: a credential is checked once and kept, or refused without a trace (SD-JWT VC, section 2.4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.world import (
    DAYS_90,
    FORMATS,
    IN_BOTH_FORMATS,
    MDOC,
    SD_JWT,
    ForeignResident,
    Income,
    Resident,
    Unknown,
    World,
    credential_of,
    flipped,
    format_of,
    found,
    income,
    payload_of,
    resident,
    snapshot,
)
from vcwallet.claims import Concealment, select
from vcwallet.credential_type import CredentialType
from vcwallet.encoding import base64url, cbor, json, sri
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    BindingError,
    DigestInvalidError,
    LimitExceededError,
    NotAuthorisedError,
    SignatureInvalidError,
    StoreCorruptError,
    TrustedListError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
    VerificationError,
)
from vcwallet.formats.base import Credential
from vcwallet.jose import jws
from vcwallet.keys import Algorithm, jwk
from vcwallet.keys.software import SoftwareSigner
from vcwallet.registry import TrustRegistry
from vcwallet.storage import MemoryStore, Put
from vcwallet.trust.enrolment import Enrolment


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    return World(format_of(request))


@contextmanager
def nothing_stored(world: World) -> Iterator[None]:
    """Require that the store is the same afterwards, byte for byte."""
    before = snapshot(world.wallet_store)
    yield
    assert snapshot(world.wallet_store) == before


def refused(world: World, credential: Credential, error: type[VcError], *, code: str | None = None) -> VcError:
    with nothing_stored(world), pytest.raises(error) as caught:
        world.wallet.receive(credential)
    assert code is None or caught.value.code == code
    return caught.value


class Late:
    """A store in which the first look for a credential comes too early."""

    def __init__(self, store: MemoryStore) -> None:
        self.store, self.early = store, True
        self.commit, self.get_many, self.find = store.commit, store.get_many, store.find

    def get(self, collection: str, record_id: str) -> bytes | None:
        early, self.early = self.early and collection == "credential", self.early and collection != "credential"
        return None if early else self.store.get(collection, record_id)


class TestKeeping:
    @IN_BOTH_FORMATS
    def test_a_credential_is_kept_with_what_is_needed_to_find_it(self, world):
        [card] = world.hold(resident())
        assert card.type_ids == (world.type_id(Resident),)
        assert card.issuer == "urn:vcwallet:party:city"
        assert card.issuer_name["en"] == "Mirai City"
        assert card.received_at == world.clock()
        assert card.expires is not None
        assert list(world.wallet.cards()) == [card]

    def test_a_type_is_also_found_by_the_type_that_it_extends(self, world):
        [card] = world.hold(resident(ForeignResident, permit="study"))
        assert list(world.wallet.cards(Resident.vct)) == list(world.wallet.cards(ForeignResident.vct)) == [card]
        assert list(world.wallet.cards(Income.vct)) == []

    def test_a_document_type_is_found_by_its_own_name_only(self):
        world = World(MDOC)
        [card] = world.hold(resident(ForeignResident, permit="study"))
        assert list(world.wallet.cards(ForeignResident.doctype)) == [card]
        assert list(world.wallet.cards(Resident.doctype)) == []

    @IN_BOTH_FORMATS
    def test_the_holder_sees_every_claim(self, world):
        [card] = world.hold(resident())
        claims = world.wallet.claims(card)
        assert select(claims, world.path("number")) == ["NUMBER-4711"]
        assert select(claims, world.path("remark")) == ["for the holder"]

    @IN_BOTH_FORMATS
    def test_the_history_says_what_came_from_whom_and_no_value(self, world):
        world.hold(resident())
        [entry] = [entry.entry for entry in world.wallet.history()]
        assert (entry["event"], entry["type"]) == ("received", world.type_id(Resident))
        assert entry["issuer"] == "urn:vcwallet:party:city"
        assert "番号" not in str(entry)

    @IN_BOTH_FORMATS
    def test_receiving_the_same_again_changes_nothing(self, world):
        credential = world.issue(resident())
        card = world.wallet.receive(credential)
        world.clock.pass_by(hours=1)
        with nothing_stored(world):
            assert world.wallet.receive(credential) == card

    @IN_BOTH_FORMATS
    def test_each_credential_has_a_key_of_its_own(self, world):
        keys = [card.key for card in world.hold(resident(), resident(), income())]
        assert len(set(keys)) == 3

    @IN_BOTH_FORMATS
    @pytest.mark.parametrize("algorithm", [Algorithm.ES384, Algorithm.ED25519])
    def test_the_holder_s_key_can_be_of_another_algorithm(self, world, algorithm):
        key = world.wallet.new_holder_key(algorithm)
        credential = forged_by(world.city_enrolment, world, holder=key)
        assert world.wallet.receive(credential).key == key.handle

    def test_a_bearer_credential_is_kept_without_a_key(self, world):
        credential = credential_of(world.city_enrolment, resident(), at=world.clock(), holder=None)
        assert world.wallet.receive(credential).key is None

    @IN_BOTH_FORMATS
    def test_two_who_receive_the_same_at_once_keep_it_once(self, world):
        """Each finds nothing when it looks; the store decides who was first, and the other is content."""
        credential = world.issue(resident())
        card = world.wallet.receive(credential)
        world.wallet._store = Late(world.wallet_store)
        with nothing_stored(world):
            assert world.wallet.receive(credential).id == card.id

    def test_a_bearer_credential_is_deleted_without_a_key(self, world):
        credential = credential_of(world.city_enrolment, resident(), at=world.clock(), holder=None)
        world.wallet.delete(world.wallet.receive(credential))
        assert list(world.wallet.cards()) == []
        assert [entry.entry["event"] for entry in world.wallet.history()] == ["received", "deleted"]

    @IN_BOTH_FORMATS
    def test_the_cards_of_a_type_come_last_received_first(self, world):
        cards = world.hold(resident(), resident(), resident())
        assert list(world.wallet.cards(world.type_id(Resident))) == cards[::-1]

    def test_a_damaged_record_is_reported_and_not_returned(self, world):
        world.hold(resident())
        [record] = found(world.wallet_store, "credential")
        world.wallet_store.commit(Put("credential", record.id, record.body.replace(b'"issuer"', b'"ISSUER"')))
        with pytest.raises(StoreCorruptError):
            list(world.wallet.cards())


class TestHolderKey:
    @IN_BOTH_FORMATS
    def test_a_credential_for_a_foreign_key_is_refused(self, world):
        credential = world.issue(resident(), wallet=world.new_wallet())
        refused(world, credential, BindingError, code="HOLDER_KEY_UNKNOWN")

    @IN_BOTH_FORMATS
    def test_a_key_is_used_for_one_credential_only(self, world):
        key = world.wallet.new_holder_key()
        first, second = (
            world.city.issue(resident(), format=FORMATS[world.format], holder=key, valid_for=timedelta(days=9))
            for _ in "12"
        )
        world.wallet.receive(first)
        refused(world, second, BindingError, code="HOLDER_KEY_USED")

    def test_the_same_credential_in_another_order_of_disclosures_is_a_second_use_of_its_key(self, world):
        credential = world.issue(resident())
        world.wallet.receive(credential)
        head, *disclosures = credential.raw.removesuffix("~").split("~")
        refused(world, with_raw("~".join((head, *disclosures[::-1], ""))), BindingError, code="HOLDER_KEY_USED")

    @IN_BOTH_FORMATS
    def test_a_key_is_free_again_after_a_refusal(self, world):
        key = world.wallet.new_holder_key()
        credential = forged_by(world.city_enrolment, world, holder=key)
        refused(world, replace(credential, raw=flipped(credential.raw, len(credential.raw) - 5)), VcError)
        assert world.wallet.receive(credential).key == key.handle


@IN_BOTH_FORMATS
class TestDeleting:
    def test_a_deleted_credential_and_its_key_are_gone(self, world):
        card, other = world.hold()
        world.wallet.delete(card)
        assert list(world.wallet.cards()) == [other]
        assert world.wallet_store.get("key", card.key) is None
        assert world.wallet_store.get("key", other.key) is not None

    def test_deleting_stands_in_the_history_once(self, world):
        [card] = world.hold(resident())
        world.wallet.delete(card)
        world.wallet.delete(card)
        assert [entry.entry["event"] for entry in world.wallet.history()] == ["received", "deleted"]

    def test_a_card_of_another_wallet_is_not_deleted_and_not_noted(self, world):
        other = world.new_wallet()
        [card] = world.hold(resident())
        other.delete(card)
        assert list(other.history()) == []
        assert list(world.wallet.cards()) == [card]

    def test_a_deleted_credential_does_not_come_back_since_its_key_is_gone(self, world):
        credential = world.issue(resident())
        world.wallet.delete(world.wallet.receive(credential))
        refused(world, credential, BindingError)


class TestIssuer:
    @IN_BOTH_FORMATS
    def test_an_unknown_issuer_is_refused(self, world):
        elsewhere = TrustRegistry.found("Other", store=MemoryStore(), clock=world.clock)
        stranger = elsewhere.enrol_issuer("Mirai City", code="city", may_issue=[Resident])
        refused(world, forged_by(stranger, world), UntrustedError)

    @IN_BOTH_FORMATS
    def test_an_issuer_may_not_issue_another_s_type(self, world):
        key = world.wallet.new_holder_key()
        refused(world, forged_by(world.city_enrolment, world, income(), holder=key), NotAuthorisedError)
        rightful = forged_by(world.office_enrolment, world, income(), holder=key)
        assert world.wallet.receive(rightful).issuer == "urn:vcwallet:party:office"

    @IN_BOTH_FORMATS
    def test_a_type_that_the_registry_does_not_have_is_refused(self, world):
        refused(world, forged_by(world.city_enrolment, world, Unknown(full_name="x")), NotAuthorisedError)

    def test_a_further_type_needs_its_own_authority(self, world):
        key = world.wallet.new_holder_key()
        claims = {**resident().claims(world.clock().date())}
        forged = resigned(
            credential_of(world.city_enrolment, resident(), at=world.clock(), holder=key, claims=claims),
            world.city_enrolment.signer,
            aka_vcts=[Income.vct],
        )
        refused(world, forged, NotAuthorisedError)

    def test_a_verifier_s_key_signs_no_credential(self, world):
        forged = credential_of(world.bank_enrolment, resident(), at=world.clock(), holder=world.wallet.new_holder_key())
        refused(world, forged, NotAuthorisedError)

    def test_one_issuer_cannot_speak_in_the_name_of_another(self, world):
        credential = world.issue(resident())
        forged = resigned(credential, world.city_enrolment.signer, iss="urn:vcwallet:party:office")
        refused(world, forged, UntrustedError)

    @IN_BOTH_FORMATS
    def test_a_suspended_issuer_is_refused_once_the_wallet_knows(self, world):
        credential = world.issue(resident())
        world.registry.suspend("urn:vcwallet:party:city", reason="audit")
        world.wallet.update_trust(world.registry.published())
        refused(world, credential, NotAuthorisedError)

    @IN_BOTH_FORMATS
    def test_what_was_signed_before_a_suspension_from_a_date_is_still_good(self, world):
        credential = world.issue(resident())
        world.clock.pass_by(days=1)
        world.registry.suspend("urn:vcwallet:party:city", reason="merger", mode="from_date")
        world.wallet.update_trust(world.registry.published())
        assert world.wallet.receive(credential).issuer == "urn:vcwallet:party:city"

    @IN_BOTH_FORMATS
    def test_a_list_past_its_end_vouches_for_nobody(self, world):
        credential = world.issue(resident())
        world.clock.pass_by(days=30)
        refused(world, credential, TrustedListError, code="REGISTRY_STALE")


class TestTime:
    @IN_BOTH_FORMATS
    def test_an_expired_credential_is_refused(self, world):
        credential = world.issue(resident(), valid_for=timedelta(hours=1))
        world.clock.pass_by(hours=1, minutes=2)
        refused(world, credential, ValidityError, code="EXPIRED")

    @IN_BOTH_FORMATS
    def test_a_credential_is_received_until_it_expires(self, world):
        credential = world.issue(resident(), valid_for=timedelta(hours=1))
        world.clock.pass_by(minutes=59)
        assert world.wallet.receive(credential).issuer == "urn:vcwallet:party:city"

    def test_a_credential_of_the_future_is_refused(self, world):
        nbf = int(world.clock().timestamp()) + 3_600
        forged = resigned(world.issue(resident()), world.city_enrolment.signer, nbf=nbf)
        refused(world, forged, ValidityError, code="NOT_YET_VALID")
        world.clock.pass_by(hours=1)
        assert world.wallet.receive(forged)


class TestTampering:
    @IN_BOTH_FORMATS
    def test_no_character_of_a_credential_can_be_changed(self, world):
        """Every twenty-third character, which over all parts meets each of them often."""
        credential = world.issue(resident())
        for position in range(0, len(credential.raw), 23):
            refused(world, replace(credential, raw=flipped(credential.raw, position)), VcError)
        assert world.wallet.receive(credential).issuer == "urn:vcwallet:party:city"

    def test_a_changed_signature_is_told_from_changed_disclosures(self, world):
        credential = world.issue(resident())
        signature = credential.raw.index("~") - 20
        refused(world, with_raw(flipped(credential.raw, signature)), SignatureInvalidError)
        disclosure = base64url.encode(b'["salt-of-my-own-making", "full_name", "Mallory"]')
        refused(world, with_raw(f"{credential.raw}{disclosure}~"), DigestInvalidError)

    def test_another_signature_algorithm_is_refused(self, world):
        credential = world.issue(resident())
        payload = payload_of(credential.raw)
        header = {"typ": "dc+sd-jwt", "x5c": x5c_of(credential)}
        tail = credential.raw[credential.raw.index("~") :]
        signed = jws.sign(json.dumps(payload), signer=SoftwareSigner.generate(Algorithm.ES384), header=header)
        refused(world, with_raw(signed + tail), AlgorithmNotAllowedError)

    @pytest.mark.parametrize("name", ["full_name", "birth_date", "nationality", "number", "address", "locality"])
    def test_a_missing_disclosure_of_a_mandatory_claim_is_noticed(self, world, name):
        credential = world.issue(resident())
        refused(world, without_disclosure(credential, name), VerificationError)

    def test_a_missing_element_that_is_mandatory_is_noticed(self):
        """An mdoc without it is whole as far as its signature goes."""
        world = World(MDOC)
        credential = world.issue(resident())
        for element in ("full_name", "birth_date", "number", "address.locality"):
            refused(world, without_element(credential, element), VerificationError, code="CLAIM_MISSING")
        assert world.wallet.receive(credential).issuer == "urn:vcwallet:party:city"

    def test_a_key_binding_from_the_issuer_is_refused(self, world):
        credential = world.issue(resident())
        refused(world, with_raw(credential.raw + credential.raw.split("~")[0]), VerificationError)


class TestConformity:
    """The credential keeps to the metadata of its type (SD-JWT VC, section 4.7)."""

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"concealment": Concealment()}, "CLAIM_DISCLOSURE"),
            ({"concealment": Concealment.of([("registered_in",)])}, "CLAIM_DISCLOSURE"),
            ({"claims": {"registered_in": "main"}}, "CLAIM_MISSING"),
        ],
    )
    def test_a_claim_open_or_concealed_against_its_type_or_missing_is_refused(self, world, changed, code):
        key = world.wallet.new_holder_key()
        forged = credential_of(world.city_enrolment, resident(), at=world.clock(), holder=key, **changed)
        refused(world, forged, VerificationError, code=code)

    def test_a_type_pinned_to_other_metadata_is_refused(self, world):
        key = world.wallet.new_holder_key()
        wrong = credential_of(
            world.city_enrolment, resident(), at=world.clock(), holder=key, type_integrity=sri.integrity(b"{}")
        )
        refused(world, wrong, DigestInvalidError)
        document = world.registry.published().type_metadata[Resident.vct]
        right = credential_of(
            world.city_enrolment, resident(), at=world.clock(), holder=key, type_integrity=sri.integrity(document)
        )
        assert world.wallet.receive(right)


class TestUnreadable:
    @pytest.mark.parametrize(("reads", "other"), [(SD_JWT, MDOC), (MDOC, SD_JWT)])
    def test_a_format_that_the_wallet_does_not_read_is_refused(self, reads, other):
        world = World(reads)
        refused(world, world.issue(resident(), format=other), UnsupportedError)
        both = World(reads, also=(other,))
        assert both.wallet.receive(both.issue(resident(), format=other)).credential.format == other

    @pytest.mark.parametrize(("format", "other"), [(SD_JWT, MDOC), (MDOC, SD_JWT)])
    def test_one_format_does_not_pass_for_the_other(self, format, other):
        world = World(format, also=(other,))
        refused(world, replace(world.issue(resident()), format=other), VcError)

    @pytest.mark.parametrize("raw", ["", "~", "...", "a.b.c~", "e30.e30.e30~", "\ud800", "氏名~", "\0" * 100])
    def test_what_is_no_credential_is_malformed(self, world, raw):
        refused(world, with_raw(raw), VcError)

    @pytest.mark.parametrize("raw", ["", "~", "...", "oA", "gA", "AAAA", "\ud800", "氏名", "\0" * 100])
    def test_what_is_no_mdoc_is_malformed(self, raw):
        world = World(MDOC)
        refused(world, Credential(format=MDOC, raw=raw), VcError)

    @pytest.mark.parametrize("surplus", ["A~" * 600, "A" * 5_000_000 + "~"], ids=["many parts", "a long part"])
    def test_what_is_too_large_is_refused(self, world, surplus):
        refused(world, with_raw(world.issue(resident()).raw + surplus), LimitExceededError)

    def test_a_presentation_is_no_credential(self, world):
        world.hold(resident())
        request = world.ask("full_name")
        [presented] = world.answer(request).vp_token["resident"]
        refused(world, with_raw(presented), BindingError)

    def test_a_request_is_no_credential(self, world):
        refused(world, with_raw(f"{world.ask('full_name')}~"), VerificationError, code="WRONG_TYPE")


def forged_by(enrolment: Enrolment, world: World, record: CredentialType | None = None, **changed: Any) -> Credential:
    """Return a credential in the world's format that someone signs without asking the registry."""
    holder = changed.pop("holder", None) or world.wallet.new_holder_key()
    return credential_of(
        enrolment, record or resident(), at=world.clock(), holder=holder, format=world.format, **changed
    )


def with_raw(raw: str) -> Credential:
    return Credential(format="dc+sd-jwt", raw=raw)


def without_disclosure(credential: Credential, name: str) -> Credential:
    """Return the credential without the disclosure of a claim, and the parts inside it."""
    head, *disclosures = credential.raw.removesuffix("~").split("~")
    kept = [one for one in disclosures if f'"{name}"'.encode() not in base64url.decode(one)]
    assert len(kept) < len(disclosures)
    return with_raw("~".join((head, *kept, "")))


def without_element(credential: Credential, name: str) -> Credential:
    """Return an mdoc without an element; the issuer's signature is over digests, so it still holds."""
    members = cbor.loads(base64url.decode(credential.raw))
    [items] = members["nameSpaces"].values()
    [lost] = [item for item in items if cbor.loads(item.content)["elementIdentifier"] == name]
    items.remove(lost)
    return replace(credential, raw=base64url.encode(cbor.dumps(members)))


def resigned(credential: Credential, signer: SoftwareSigner, **changed: object) -> Credential:
    """Return the credential with changed claims in the open, signed anew."""
    head, tail = credential.raw.split("~", 1)
    payload = payload_of(head) | changed
    header = {"typ": "dc+sd-jwt", "x5c": x5c_of(credential)}
    return with_raw(f"{jws.sign(json.dumps(payload), signer=signer, header=header)}~{tail}")


def x5c_of(credential: Credential) -> list[str]:
    return json.loads_object(base64url.decode(credential.raw.split(".")[0]))["x5c"]


@IN_BOTH_FORMATS
class TestRecords:
    def test_no_record_is_named_after_a_key_that_verifiers_see(self, world):
        key = world.wallet.new_holder_key()
        world.wallet.receive(world.city.issue(resident(), format=FORMATS[world.format], holder=key, valid_for=DAYS_90))
        thumbprint = jwk.thumbprint(jwk.public_jwk(key.public_key))
        assert not [name for name in world.wallet_store._records if thumbprint in name[1]]

    def test_a_reopened_wallet_knows_its_keys(self, world):
        key = world.wallet.new_holder_key()
        credential = world.city.issue(resident(), format=FORMATS[world.format], holder=key, valid_for=DAYS_90)
        reopened = type(world.wallet)(
            store=world.wallet_store, trust=world.wallet._trust, formats=world.formats, clock=world.clock
        )
        assert reopened.receive(credential).type_ids
