# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""W3C Bitstring Status List: entries, lists as credentials, and the status that comes of both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.bitstring import URL, Town, entry
from tests.support.pki import NOW
from vcwallet.encoding import json
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    SignatureInvalidError,
    StatusError,
    TransportError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
    VerificationError,
)
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws, jwt
from vcwallet.keys.software import SoftwareSigner
from vcwallet.status.bitstring import Bitstring
from vcwallet.status.bitstring_status_list import (
    CURRENT,
    MAX_STATUS_ENTRIES,
    Names,
    Problem,
    SignedBitstringList,
    entries_of,
    parse,
    problem_of,
    read_credential,
    sign_vc_jwt,
)
from vcwallet.status.token_status_list import LIFE_WITHOUT_END

ENTRY = {
    "id": f"{URL}#94567",
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "94567",
    "statusListCredential": URL,
}
MESSAGES = [{"status": "0x0", "message": "pending"}, {"status": "0x1", "message": "accepted"}]
FOUR = [*MESSAGES, {"status": "0x2", "message": "rejected"}, {"status": "0x3", "message": "undefined", "more": 1}]


# --- entries ---------------------------------------------------------------------------------------------------------


def test_an_entry_is_read_alone_and_in_an_array() -> None:
    expected = entry(id=f"{URL}#94567")
    assert entries_of(ENTRY) == entries_of([ENTRY]) == (expected,)
    assert expected.to_json() == ENTRY


def test_entries_of_two_purposes_are_both_read() -> None:
    other = {**ENTRY, "statusPurpose": "suspension", "statusListCredential": "https://city.example/status/4"}
    assert [each.purpose for each in entries_of([ENTRY, other])] == ["revocation", "suspension"]


@pytest.mark.parametrize("kind", ["OtherStatus", "StatusList2021Entry", "bitstringstatuslistentry"])
def test_an_entry_of_another_mechanism_is_refused_unless_somebody_looks_at_it(kind: str) -> None:
    with pytest.raises(UnsupportedError) as refused:
        entries_of([ENTRY, {"type": kind}])
    assert refused.value.code == "STATUS_MECHANISM_UNSUPPORTED"
    assert entries_of([{"type": kind}, ENTRY], others=[kind]) == entries_of(ENTRY)
    assert entries_of([]) == ()


def test_an_entry_with_a_size_has_a_message_for_each_value() -> None:
    [read] = entries_of({**ENTRY, "statusPurpose": "message", "statusSize": 2, "statusMessage": FOUR[::-1]})
    assert (read.size, read.messages) == (2, ("pending", "accepted", "rejected", "undefined"))
    assert entries_of(read.to_json()) == (read,)
    [one] = entries_of({**ENTRY, "statusMessage": MESSAGES})
    assert one.messages == ("pending", "accepted")


def test_an_entry_refers_to_what_explains_it() -> None:
    [one] = entries_of({**ENTRY, "statusReference": "https://city.example/codes"})
    [two] = entries_of({**ENTRY, "statusReference": ["https://city.example/codes", "urn:x:y"]})
    assert one.references == ("https://city.example/codes",)
    assert two.references == ("https://city.example/codes", "urn:x:y")
    assert entries_of(two.to_json()) == (two,)


@pytest.mark.parametrize(
    "changed",
    [
        {"statusPurpose": None},
        {"statusPurpose": ""},
        {"statusPurpose": ["revocation"]},
        {"statusListIndex": 94567},
        {"statusListIndex": ""},
        {"statusListIndex": "-1"},
        {"statusListIndex": "+1"},
        {"statusListIndex": "007"},
        {"statusListIndex": "1.0"},
        {"statusListIndex": " 1"},
        {"statusListIndex": "0x1"},
        {"statusListIndex": "\u0661"},
        {"statusListIndex": "1\n"},
        {"statusListCredential": None},
        {"statusListCredential": "status/3"},
        {"statusListCredential": "http://city.example/status/3"},
        {"statusListCredential": [URL]},
        {"statusSize": 0},
        {"statusSize": -1},
        {"statusSize": "1"},
        {"statusSize": True},
        {"statusSize": 1.0},
        {"statusSize": None},
        {"statusSize": 2},
        {"statusSize": 2, "statusMessage": MESSAGES},
        {"statusSize": 2, "statusMessage": FOUR[:3]},
        {"statusSize": 2, "statusMessage": [*FOUR[:3], FOUR[0]]},
        {"statusSize": 2, "statusMessage": [*FOUR[:3], {"status": "0x4", "message": "a"}]},
        {"statusMessage": FOUR},
        {"statusMessage": MESSAGES[:1]},
        {"statusMessage": []},
        {"statusMessage": {}},
        {"statusMessage": None},
        {"statusMessage": ["pending", "accepted"]},
        {"statusMessage": [MESSAGES[0], {"status": "1", "message": "a"}]},
        {"statusMessage": [MESSAGES[0], {"status": 1, "message": "a"}]},
        {"statusMessage": [MESSAGES[0], {"status": "0x1"}]},
        {"statusMessage": [MESSAGES[0], {"message": "a"}]},
        {"statusReference": ""},
        {"statusReference": []},
        {"statusReference": "codes"},
        {"statusReference": [1]},
        {"id": URL},
        {"id": "no URL"},
        {"id": 1},
        {"type": None},
        {"type": ["BitstringStatusListEntry"]},
    ],
)
def test_an_entry_that_breaks_a_rule_is_malformed(changed: Mapping[str, Any]) -> None:
    with pytest.raises(MalformedError) as refused:
        entries_of({**ENTRY, **changed})
    assert refused.value.code == "MALFORMED_VALUE_ERROR"


@pytest.mark.parametrize(
    "details",
    [
        {"purpose": ""},
        {"index": -1},
        {"list_url": "http://city.example/"},
        {"size": 0},
        {"size": 17},
        {"size": 2},
        {"messages": ("a",)},
        {"references": ("codes",)},
        {"id": "x"},
        {"id": URL},
    ],
)
def test_an_entry_that_nobody_would_read_is_not_made(details: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"entry|status|identifier"):
        entry(**details)


@pytest.mark.parametrize("missing", ["statusPurpose", "statusListIndex", "statusListCredential", "type"])
def test_an_entry_without_a_member_is_malformed(missing: str) -> None:
    with pytest.raises(MalformedError):
        entries_of({name: value for name, value in ENTRY.items() if name != missing})


@pytest.mark.parametrize("value", [None, "x", 1, [None], [[ENTRY]]])
def test_what_is_no_entry_is_malformed(value: object) -> None:
    with pytest.raises(MalformedError):
        entries_of(value)


def test_entries_have_limits() -> None:
    assert len(entries_of([ENTRY] * MAX_STATUS_ENTRIES)) == MAX_STATUS_ENTRIES
    assert entries_of({**ENTRY, "statusListIndex": "9" * 20})[0].index == 10**20 - 1
    for value in ([ENTRY] * 21, {**ENTRY, "statusListIndex": "9" * 21}, {**ENTRY, "statusSize": 17}):
        with pytest.raises(LimitExceededError):
            entries_of(value)


def test_the_older_names_are_known_where_they_are_asked_for() -> None:
    old = {**ENTRY, "type": "StatusList2021Entry"}
    [read] = entries_of(old, names=[Names.STATUS_LIST_2021])
    assert (read.names, read.to_json()) == (Names.STATUS_LIST_2021, old)
    assert len(entries_of([old, ENTRY], names=tuple(Names))) == 2


# --- lists -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town() -> Town:
    return Town()


def test_a_list_says_what_is_set_and_what_is_not(town: Town) -> None:
    text = town.signed()
    assert town.value(text) == 1
    assert town.value(text, entry(index=94566)) == 0
    status = town.verify(text).status_of(entry(), issuer=town.issuer, trust=town.trust, at=NOW)
    assert (status.purpose, status.value, status.message) == ("revocation", 1, "set")


def test_a_list_is_a_credential_secured_as_a_jwt(town: Town) -> None:
    signed = jws.parse(town.signed(ttl=timedelta(minutes=5)))
    claims = json.loads_object(signed.unverified_payload)
    assert (signed.header.typ, signed.header.members["cty"], signed.header.chain) == ("vc+jwt", "vc", town.own.chain)
    assert claims.pop("credentialSubject").pop("ttl") == 300_000
    assert claims == {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": URL,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": town.own.identifier,
        "validFrom": "2026-11-23T09:00:00Z",
        "validUntil": "2026-11-24T09:00:00Z",
        "iss": town.own.identifier,
        "iat": jwt.seconds(NOW),
    }


def test_what_was_written_is_read(town: Town) -> None:
    content = town.content(
        purposes=("message", "x"), ttl=timedelta(minutes=5), size=2, statuses=Bitstring.of({}, size=2)
    )
    text = sign_vc_jwt(content, signer=town.own.signer, chain=town.own.chain)
    assert town.verify(text).token == content
    without = town.content(valid_until=None)
    assert town.verify(sign_vc_jwt(without, signer=town.own.signer, chain=town.own.chain)).token == without


def test_a_status_of_more_bits_has_the_words_of_the_credential(town: Town) -> None:
    text = town.signed(purposes=("message",), size=2, statuses=Bitstring.of({7: 2}, size=2))
    asked = entry(purpose="message", index=7, size=2, messages=("a", "b", "c", "d"))
    status = town.verify(text).status_of(asked, issuer=town.issuer, trust=town.trust, at=NOW)
    assert (status.value, status.message) == (2, "c")
    with pytest.raises(VerificationError, match="another size"):
        town.value(text, entry(purpose="message", index=7))


def test_one_list_may_have_two_purposes(town: Town) -> None:
    text = town.signed(purposes=("revocation", "suspension"))
    assert town.value(text, entry(purpose="suspension")) == 1


def test_a_list_for_another_purpose_says_nothing(town: Town) -> None:
    with pytest.raises(VerificationError) as refused:
        town.value(town.signed(), entry(purpose="suspension"))
    assert refused.value.code == "STATUS_VERIFICATION_ERROR"


def test_a_list_that_is_too_short_says_nothing(town: Town) -> None:
    short = town.changed(subject={"encodedList": Bitstring.of({}, entries=131_064).encoded()})
    with pytest.raises(StatusError) as refused:
        town.value(short, entry(index=0))
    assert refused.value.code == "STATUS_LIST_LENGTH_ERROR"
    assert town.value(short, entry(index=0), minimum_entries=131_064) == 0
    # Long enough for one bit, but not for two.
    with pytest.raises(StatusError):
        town.value(town.signed(), entry(index=0, size=2, messages=("a", "b", "c", "d")))
    with pytest.raises(ValueError, match="at least"):
        town.signed(statuses=Bitstring.of({}, entries=131_064))
    with pytest.raises(ValueError, match="at least"):
        town.signed(size=2)


def test_an_index_outside_the_list_is_an_error(town: Town) -> None:
    assert town.value(town.signed(), entry(index=131_071)) == 0
    with pytest.raises(StatusError) as refused:
        town.value(town.signed(), entry(index=131_072))
    assert refused.value.code == "RANGE_ERROR"


# --- who signs -------------------------------------------------------------------------------------------------------


def test_a_status_signer_that_acts_for_the_issuer_is_as_good(town: Town) -> None:
    assert town.value(town.signed(town.service)) == 1


def test_a_status_signer_of_others_is_not(town: Town) -> None:
    with pytest.raises(NotAuthorisedError) as refused:
        town.value(town.signed(town.stranger))
    assert refused.value.code == "STATUS_SIGNER_NOT_AUTHORISED"


def test_an_issuer_of_credentials_signs_no_lists(town: Town) -> None:
    with pytest.raises(VerificationError):
        town.verify(town.signed(town.demo.city))


def test_a_list_of_nobody_is_refused(town: Town) -> None:
    with pytest.raises(UntrustedError):
        town.verify(town.changed(header={"x5c": None}))


def test_the_issuer_of_the_list_is_the_one_of_the_key(town: Town) -> None:
    with pytest.raises(UntrustedError):
        town.verify(town.changed(issuer=town.stranger.identifier, iss=None))


def test_a_signer_that_was_stopped_is_stopped_for_lists_that_are_kept() -> None:
    town = Town()
    kept = town.verify(town.signed())
    assert kept.status_of(entry(), issuer=town.issuer, trust=town.trust, at=NOW).value == 1
    at = town.demo.clock.pass_by(minutes=1)
    town.demo.registry.suspend(town.own.identifier, role=town.own.role, reason="key compromise")
    town.demo.update()
    with pytest.raises(NotAuthorisedError):
        kept.status_of(entry(), issuer=town.issuer, trust=town.trust, at=at)


def test_another_key_than_before_is_noticed(town: Town) -> None:
    kept = town.verify(town.signed())
    other = SignedBitstringList(
        token=kept.token, signer=kept.signer, source=town.verify(town.signed(town.service)).source
    )
    with pytest.raises(VerificationError, match="another key"):
        other.status_of(entry(), issuer=town.issuer, trust=town.trust, at=NOW)


def test_a_signature_that_does_not_hold_is_refused(town: Town) -> None:
    head, payload, _ = town.signed().split(".")
    _, _, other = town.signed(statuses=Bitstring.of({})).split(".")
    with pytest.raises(SignatureInvalidError):
        town.verify(f"{head}.{payload}.{other}")


def test_a_signature_by_another_key_is_refused(town: Town) -> None:
    text = sign_vc_jwt(town.content(), signer=SoftwareSigner.generate(), chain=town.own.chain)
    with pytest.raises(SignatureInvalidError):
        town.verify(text)


# --- what is refused -------------------------------------------------------------------------------------------------


def test_another_list_than_was_asked_for_is_refused(town: Town) -> None:
    with pytest.raises(VerificationError) as refused:
        town.verify(town.signed(id="https://city.example/status/4"))
    assert refused.value.code == "STATUS_VERIFICATION_ERROR"
    with pytest.raises(VerificationError):
        town.value(town.signed(), entry(list_url="https://city.example/status/4"))


@pytest.mark.parametrize(
    "changed",
    [
        {"@context": None},
        {"@context": []},
        {"@context": "https://www.w3.org/ns/credentials/v2"},
        {"@context": ["https://www.w3.org/2018/credentials/v1"]},
        {"@context": ["https://other.example/", "https://www.w3.org/ns/credentials/v2"]},
        {"type": None},
        {"type": "BitstringStatusListCredential"},
        {"type": ["VerifiableCredential"]},
        {"type": ["VerifiableCredential", "StatusList2021Credential"]},
        {"type": ["VerifiableCredential", 1]},
        {"type": ["VerifiableCredential", "BitstringStatusListCredential", *"abcdefghijklmnopqrs"]},
        {"id": None},
        {"id": 7},
        {"id": "urn:x:y"},
        {"validFrom": "2026-11-23T09:00:00"},
        {"validFrom": "2026-11-23"},
        {"validFrom": "20261123T090000Z"},
        {"validFrom": "2026-11-31T09:00:00Z"},
        {"validFrom": "0001-01-01T00:00:00+23:00"},
        {"validFrom": 1},
        {"validUntil": "x"},
        {"validUntil": "2026-11-23T09:00:00Z"},
        {"credentialSubject": None},
        {"credentialSubject": []},
        {"credentialSubject": "x"},
        {"vc": {}},
        {"vp": {}},
        {"issuer": None},
        {"issuer": "city"},
        {"issuer": {"name": "city"}},
        {"issuer": ["https://city.example"]},
        {"iss": "https://other.example"},
        {"iss": None, "header": {"iss": "https://other.example"}},
    ],
)
def test_what_is_not_a_credential_of_a_list_is_malformed(town: Town, changed: Mapping[str, Any]) -> None:
    with pytest.raises(MalformedError):
        town.verify(town.changed(**changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"type": None},
        {"type": "StatusList2021"},
        {"type": ["BitstringStatusList", "x"]},
        {"statusPurpose": None},
        {"statusPurpose": ""},
        {"statusPurpose": []},
        {"statusPurpose": [""]},
        {"statusPurpose": [1]},
        {"statusPurpose": ["a"] * 21},
        {"encodedList": None},
        {"encodedList": ""},
        {"encodedList": 7},
        {"encodedList": "x"},
        {"encodedList": "uAAAA"},
        {"ttl": 0},
        {"ttl": -1},
        {"ttl": "300000"},
        {"ttl": True},
        {"ttl": 1.5},
        {"statusSize": 0},
        {"statusSize": 17},
        {"statusSize": "1"},
    ],
)
def test_a_subject_that_breaks_a_rule_is_malformed(town: Town, changed: Mapping[str, Any]) -> None:
    with pytest.raises(MalformedError) as refused:
        town.verify(town.changed(subject=changed))
    assert refused.value.code == "MALFORMED_VALUE_ERROR"


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"iss": None},
        {"iat": None},
        {"issuer": "OBJECT"},
        {"header": {"cty": "vc"}},
        {"validUntil": "2026-11-23T18:30:00.5+09:00"},
        {"@context": ["https://www.w3.org/ns/credentials/v2", "https://other.example/"]},
        {"name": "unknown members are no harm"},
        {"subject": {"type": ["BitstringStatusList"]}},
        {"subject": {"statusPurpose": ["revocation"]}},
        {"subject": {"id": None}},
        {"subject": {"ttl": 2**63 - 1}},
        {"subject": {"statusSize": 1}},
    ],
)
def test_what_keeps_the_rules_is_taken(town: Town, changed: dict[str, Any]) -> None:
    if changed.get("issuer") == "OBJECT":
        changed = {"issuer": {"id": town.own.identifier, "name": "Mirai City"}}
    assert town.value(town.changed(**changed)) == 1


def test_another_kind_of_token_is_refused(town: Town) -> None:
    for header in ({"typ": "JWT"}, {"typ": None}, {"typ": "statuslist+jwt"}, {"cty": "vp"}):
        with pytest.raises(VerificationError) as refused:
            town.verify(town.changed(header=header))
        assert refused.value.code == "WRONG_TYPE"


def test_what_is_no_token_is_refused(town: Town) -> None:
    for text in ("", "a.b", "a.b.c", town.signed() + ".x"):
        with pytest.raises(MalformedError):
            parse(text.encode())
    unsigned = jose_header.encode({"alg": "none", "typ": "vc+jwt"})
    with pytest.raises(AlgorithmNotAllowedError):
        parse(f"{unsigned}.e30.".encode())


def test_any_changed_character_is_refused(town: Town) -> None:
    text = town.signed()
    for place in range(0, len(text), 7):
        other = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        with pytest.raises(VcError):
            town.value(other)


# --- time ------------------------------------------------------------------------------------------------------------


def test_a_list_has_a_beginning_and_an_end(town: Town) -> None:
    text = town.signed()
    assert town.value(text, at=NOW - timedelta(seconds=60)) == 1
    assert town.value(text, at=NOW + timedelta(days=1, seconds=-1)) == 1
    begins = NOW + timedelta(seconds=61)
    with pytest.raises(ValidityError) as early:
        town.verify(town.signed(issued_at=begins, valid_from=begins))
    with pytest.raises(ValidityError) as late:
        town.verify(text, at=NOW + timedelta(days=1))
    assert (early.value.code, late.value.code) == ("NOT_YET_VALID", "STATUS_LIST_EXPIRED")


def test_a_list_from_the_future_says_nothing(town: Town) -> None:
    for details in ({"validFrom": "2026-11-23T09:01:01Z"}, {"iat": jwt.seconds(NOW) + 61}):
        with pytest.raises(ValidityError) as early:
            town.verify(town.changed(**details))
        assert early.value.code == "NOT_YET_VALID"
    assert town.verify(town.changed(validFrom="2020-01-01T00:00:00Z")).token.issued_at == NOW


def test_a_list_that_was_kept_ends_too(town: Town) -> None:
    kept = town.verify(town.signed())
    with pytest.raises(ValidityError):
        kept.status_of(entry(), issuer=town.issuer, trust=town.trust, at=NOW + timedelta(days=1))


def test_a_list_without_an_end_is_not_good_for_ever(town: Town) -> None:
    text = town.changed(validUntil=None)
    content = town.verify(text).token
    content.require_current(NOW + LIFE_WITHOUT_END - timedelta(seconds=1))
    with pytest.raises(ValidityError):
        content.require_current(NOW + LIFE_WITHOUT_END)


def test_a_list_without_a_beginning_began_when_it_was_signed(town: Town) -> None:
    signed_at = NOW + timedelta(hours=2)
    text = town.changed(validFrom=None, iat=jwt.seconds(signed_at))
    read = town.verify(text, at=signed_at + timedelta(hours=1)).token
    assert (read.issued_at, read.valid_from) == (signed_at, None)
    with pytest.raises(MalformedError, match="when it began"):
        town.verify(town.changed(validFrom=None, iat=None))


def test_the_times_of_the_token_count_as_well(town: Town) -> None:
    assert town.value(town.changed(exp=jwt.seconds(NOW + timedelta(hours=1)))) == 1
    with pytest.raises(ValidityError):
        town.verify(town.changed(exp=jwt.seconds(NOW - timedelta(hours=1))))
    with pytest.raises(ValidityError):
        town.verify(town.changed(nbf=jwt.seconds(NOW + timedelta(hours=1))))


@pytest.mark.parametrize(
    ("milliseconds", "seconds"),
    [(None, 86_400), (1, 60), (60_000, 60), (300_000, 300), (300_999, 300.999), (10**9, 86_400), (2**63 - 1, 86_400)],
)
def test_a_copy_is_fresh_for_its_time_to_live_within_bounds(
    town: Town, milliseconds: int | None, seconds: float
) -> None:
    text = town.changed(subject={"ttl": milliseconds}, validUntil="2027-01-01T00:00:00Z")
    assert town.verify(text).token.fresh_until(NOW) == NOW + timedelta(seconds=seconds)


def test_a_copy_is_fresh_no_longer_than_the_list(town: Town) -> None:
    content = town.content(ttl=timedelta(hours=20))
    assert content.fresh_until(NOW + timedelta(hours=5)) == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    "details",
    [
        {"id": "http://city.example/status/3"},
        {"issuer": "city"},
        {"purposes": ()},
        {"purposes": ("",)},
        {"purposes": tuple("abcdefghijklmnopqrstu")},
        {"issued_at": datetime(2026, 11, 23)},
        {"valid_from": datetime(2026, 11, 23)},
        {"valid_until": NOW},
        {"valid_until": datetime(2026, 12, 1)},
        {"ttl": timedelta(microseconds=999)},
        {"size": 0},
        {"size": 17},
    ],
)
def test_a_list_that_nobody_would_read_is_not_written(town: Town, details: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"list|status|ttl|time"):
        town.content(**details)


def test_times_are_written_in_whole_seconds_of_utc(town: Town) -> None:
    content = town.content(valid_from=datetime.fromisoformat("2026-11-23T18:00:00.9+09:00"))
    assert content.valid_from == datetime(2026, 11, 23, 9, tzinfo=UTC)


# --- the predecessor -------------------------------------------------------------------------------------------------


def old_list(town: Town) -> str:
    return town.changed(
        type=["VerifiableCredential", "StatusList2021Credential"],
        subject={"type": "StatusList2021", "encodedList": Bitstring.of({94567: 1}).encoded()[1:]},
    )


def test_a_list_of_2021_is_refused_unless_it_is_asked_for(town: Town) -> None:
    with pytest.raises(MalformedError):
        town.verify(old_list(town))
    kept = town.verify(old_list(town), names=tuple(Names))
    asked: dict[str, Any] = {"issuer": town.issuer, "trust": town.trust, "at": NOW}
    assert kept.status_of(entry(names=Names.STATUS_LIST_2021), **asked).value == 1
    with pytest.raises(VerificationError):
        kept.status_of(entry(), **asked)
    assert town.verify(town.signed(), names=tuple(Names)).names is Names.BITSTRING


def test_a_list_is_of_one_kind(town: Town) -> None:
    both = ["VerifiableCredential", "StatusList2021Credential", "BitstringStatusListCredential"]
    with pytest.raises(MalformedError):
        town.verify(town.changed(type=both), names=tuple(Names))


def test_what_is_secured_in_another_way_is_read_in_the_same(town: Town) -> None:
    content, names = read_credential(town.content().to_json(), signed_at=NOW)
    assert (content, names) == (town.content(), Names.BITSTRING)
    assert frozenset({Names.BITSTRING}) == CURRENT


# --- the words of the standard --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (TransportError("x"), Problem.STATUS_RETRIEVAL_ERROR),
        (TransportError("x", code="TRANSPORT_TIMEOUT"), Problem.STATUS_RETRIEVAL_ERROR),
        (SignatureInvalidError("x"), Problem.STATUS_VERIFICATION_ERROR),
        (UntrustedError("x"), Problem.STATUS_VERIFICATION_ERROR),
        (ValidityError("x"), Problem.STATUS_VERIFICATION_ERROR),
        (StatusError("x", code="RANGE_ERROR"), Problem.RANGE_ERROR),
        (StatusError("x", code="STATUS_LIST_LENGTH_ERROR"), Problem.STATUS_LIST_LENGTH_ERROR),
        (MalformedError("x"), Problem.MALFORMED_VALUE_ERROR),
        (LimitExceededError("x"), Problem.MALFORMED_VALUE_ERROR),
    ],
)
def test_an_error_has_the_name_that_the_standard_gives_it(error: VcError, problem: Problem) -> None:
    assert problem_of(error) is problem


def test_neither_a_list_nor_a_status_is_a_truth_value(town: Town) -> None:
    kept = town.verify(town.signed())
    status = kept.status_of(entry(), issuer=town.issuer, trust=town.trust, at=NOW)
    for evidence in (kept, status):
        with pytest.raises(TypeError, match="evidence"):
            bool(evidence)
