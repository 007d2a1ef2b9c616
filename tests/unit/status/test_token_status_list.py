# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Status List Tokens and references to them (Token Status List, sections 5, 6 and 8.3)."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.status import (
    CHAIN,
    HOUR,
    ISSUER,
    NOW,
    OTHER_URI,
    SIGNER,
    STRANGER,
    URI,
    OneSigner,
    by_hand,
    changed,
    claims_of,
    signed,
    token,
)
from vcwallet.cose import cwt
from vcwallet.encoding import base64url, cbor, json
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    SignatureInvalidError,
    StatusError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
    VerificationError,
)
from vcwallet.jose import jws, jwt
from vcwallet.keys.policy import Role
from vcwallet.status.status_list import MAX_LIST_BYTES, StatusList
from vcwallet.status.token_status_list import (
    LIFE_WITHOUT_END,
    MAX_INDEX,
    MAX_TOKEN_BYTES,
    MediaType,
    SignedStatusList,
    StatusReference,
    is_list_uri,
    parse,
    sign_cwt,
    sign_jwt,
    status_claim,
)

IN_BOTH_FORMS = pytest.mark.parametrize("form", MediaType)


def verify(data: bytes, form: MediaType, *, uri: str = URI, trust: Any = None, at: Any = NOW) -> SignedStatusList:
    return parse(data, form).verify(uri=uri, trust=trust or OneSigner(), at=at)


# --- the token -------------------------------------------------------------------------------------------------------


@IN_BOTH_FORMS
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"expires": None},
        {"ttl": None},
        {"aggregation_uri": "https://city.example/lists"},
        {"statuses": StatusList(bits=8, data=bytes(range(256)))},
        {"issued_at": NOW.replace(microsecond=999_999)},
    ],
)
def test_a_list_comes_back_as_it_was_signed(form, changes):
    one = token({3: 2}, **changes)
    found = verify(signed(one, form), form)
    assert found.token == one
    assert found.signer.party == ISSUER


def test_a_jwt_is_spelled_as_the_standard_spells_it():
    text = sign_jwt(token(aggregation_uri="https://city.example/lists"), signer=SIGNER, chain=CHAIN)
    parsed = jws.parse(text)
    assert dict(parsed.header.members) == {
        "alg": "ES256",
        "typ": "statuslist+jwt",
        "x5c": ["dGhlIGNlcnRpZmljYXRlIG9mIHRoZSBzdGF0dXMgc2lnbmVy"],
    }
    claims = json.loads_object(parsed.unverified_payload)
    assert claims.keys() == {"sub", "iat", "exp", "ttl", "status_list"}
    assert claims["status_list"].keys() == {"bits", "lst", "aggregation_uri"}
    assert (claims["sub"], claims["ttl"], claims["exp"] - claims["iat"]) == (URI, 43_200, 25 * 3600)


def test_a_cwt_is_spelled_as_the_standard_spells_it():
    data = sign_cwt(token(), signer=SIGNER, chain=CHAIN)
    message = cbor.loads(data)
    assert message.number == 18
    protected, unprotected, payload, _ = message.content
    assert cbor.loads(protected) == {1: -7, 16: "application/statuslist+cwt", 33: CHAIN[0]}
    assert unprotected == {}
    claims = cbor.loads(payload)
    assert list(claims) == [2, 6, 4, 65534, 65533]
    assert claims[65533] == {"bits": 2, "lst": zlib.compress(bytes(250), 9)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"uri": "http://city.example/1"},
        {"aggregation_uri": "ftp://city.example"},
        {"expires": NOW - HOUR},
        {"ttl": timedelta(0)},
        {"ttl": timedelta(seconds=-5)},
        {"issued_at": NOW.replace(tzinfo=None)},
        {"expires": NOW.replace(tzinfo=None)},
    ],
)
def test_a_token_checks_itself(wrong):
    with pytest.raises(ValueError, match=r"list|ttl|time"):
        token(**wrong)


@pytest.mark.parametrize(
    ("ttl", "fresh_for"),
    [
        (timedelta(seconds=1), timedelta(seconds=60)),
        (timedelta(seconds=61), timedelta(seconds=61)),
        (12 * HOUR, 12 * HOUR),
        (timedelta(days=400), 24 * HOUR),
        (None, 24 * HOUR),
    ],
)
def test_a_copy_is_fresh_for_the_ttl_within_bounds(ttl, fresh_for):
    one = token(ttl=ttl, expires=NOW + timedelta(days=500))
    assert one.fresh_until(NOW) == NOW + fresh_for


def test_a_copy_is_never_fresh_past_the_end_of_the_list():
    assert token().fresh_until(NOW + 23 * HOUR) == NOW + 24 * HOUR


# --- what is wrong with a token --------------------------------------------------------------------------------------

WRONG: dict[str, tuple[dict[str, Any], type[VcError]]] = {
    "no sub": ({"sub": None}, MalformedError),
    "empty sub": ({"sub": ""}, MalformedError),
    "sub no text": ({"sub": 1}, MalformedError),
    "another sub": ({"sub": OTHER_URI}, VerificationError),
    "sub almost": ({"sub": URI + "/"}, VerificationError),
    "sub in capitals": ({"sub": URI.upper()}, VerificationError),
    "no iat": ({"iat": None}, MalformedError),
    "iat a text": ({"iat": "1"}, MalformedError),
    "iat true": ({"iat": True}, MalformedError),
    "iat in the future": ({"iat": int(NOW.timestamp()) + 61}, ValidityError),
    "exp passed": ({"exp": int(NOW.timestamp())}, ValidityError),
    "exp before iat": ({"exp": int(NOW.timestamp()) - 7200}, VcError),
    "exp a text": ({"exp": "never"}, MalformedError),
    "nbf in the future": ({"nbf": int(NOW.timestamp()) + 3600}, ValidityError),
    "iss of somebody else": ({"iss": "urn:example:another"}, UntrustedError),
    "iss no text": ({"iss": 7}, MalformedError),
    "ttl negative": ({"ttl": -1}, MalformedError),
    "ttl zero": ({"ttl": 0}, MalformedError),
    "ttl a text": ({"ttl": "3600"}, MalformedError),
    "ttl true": ({"ttl": True}, MalformedError),
    "ttl a list": ({"ttl": [1]}, MalformedError),
    "no status_list": ({"status_list": None}, MalformedError),
    "status_list a list": ({"status_list": []}, MalformedError),
    "no bits": ({"status_list__bits": None}, MalformedError),
    "three bits": ({"status_list__bits": 3}, MalformedError),
    "bits a text": ({"status_list__bits": "2"}, MalformedError),
    "bits true": ({"status_list__bits": True}, MalformedError),
    "bits a float": ({"status_list__bits": 2.0}, MalformedError),
    "no lst": ({"status_list__lst": None}, MalformedError),
    "lst a number": ({"status_list__lst": 5}, MalformedError),
    "aggregation_uri a number": ({"status_list__aggregation_uri": 5}, MalformedError),
    "aggregation_uri over http": ({"status_list__aggregation_uri": "http://city.example"}, MalformedError),
}


@IN_BOTH_FORMS
@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_claim_is_refused(form, case):
    members, error = WRONG[case]
    with pytest.raises(error):
        verify(by_hand(changed(token(), form, **members), form), form)


@IN_BOTH_FORMS
def test_what_is_made_by_hand_is_right_where_nothing_is_changed(form):
    right = {"iss": ISSUER, "nbf": int(NOW.timestamp()) - 10, "ttl": 43_200.5, "unknown": "let be"}
    found = verify(by_hand(changed(token(), form, **right), form), form)
    assert found.token == token()


def test_a_ttl_without_end_is_a_long_one_and_one_that_is_no_number_none():
    endless = by_hand(changed(token(), MediaType.CWT, ttl=float("inf")), MediaType.CWT)
    assert verify(endless, MediaType.CWT).token.fresh_until(NOW - HOUR) == NOW + 23 * HOUR
    with pytest.raises(MalformedError):
        verify(by_hand(changed(token(), MediaType.CWT, ttl=float("nan")), MediaType.CWT), MediaType.CWT)


@IN_BOTH_FORMS
def test_a_ttl_beyond_all_bounds_is_a_long_one(form):
    found = verify(by_hand(changed(token(), form, ttl=2**63), form), form)
    assert found.token.fresh_until(NOW) == NOW + 24 * HOUR


@IN_BOTH_FORMS
def test_clocks_may_differ_by_a_minute_but_an_end_is_an_end(form):
    second = timedelta(seconds=1)
    one = signed(token(issued_at=NOW, expires=NOW + HOUR), form)
    for at in (NOW - 60 * second, NOW + HOUR - second):
        assert verify(one, form, at=at).token.uri == URI
    with pytest.raises(ValidityError) as early:
        verify(one, form, at=NOW - 61 * second)
    with pytest.raises(ValidityError) as late:
        verify(one, form, at=NOW + HOUR)
    assert (early.value.code, late.value.code) == ("NOT_YET_VALID", "STATUS_LIST_EXPIRED")


@IN_BOTH_FORMS
def test_a_list_without_an_end_is_good_for_a_week(form):
    one = signed(token(issued_at=NOW, expires=None), form)
    assert verify(one, form, at=NOW + LIFE_WITHOUT_END - timedelta(seconds=1)).token.uri == URI
    with pytest.raises(ValidityError):
        verify(one, form, at=NOW + LIFE_WITHOUT_END)


@pytest.mark.parametrize(
    ("form", "typ"),
    [
        *((MediaType.JWT, typ) for typ in ("JWT", "application/statuslist+jwt", "statuslist+cwt", "dc+sd-jwt")),
        *((MediaType.CWT, typ) for typ in ("application/cwt", "application/statuslist+jwt", "statuslist")),
    ],
)
def test_another_kind_of_token_is_refused(form, typ):
    with pytest.raises(VerificationError) as caught:
        parse(by_hand(claims_of(token(), form), form, typ=typ), form)
    assert caught.value.code == "WRONG_TYPE"


def test_the_iso_spelling_of_the_type_of_a_cwt_is_read():
    data = by_hand(claims_of(token(), MediaType.CWT), MediaType.CWT, typ="statuslist+cwt")
    assert verify(data, MediaType.CWT).token == token()


def test_a_cwt_without_a_type_is_refused():
    claims: Any = {2: URI, 6: 1, 65533: {"bits": 1, "lst": b""}}
    with pytest.raises(VerificationError):
        parse(cwt.sign(claims, typ=None, signer=SIGNER, protected={33: CHAIN[0]}), MediaType.CWT)


def test_an_unprotected_type_is_refused():
    message = cbor.loads(sign_cwt(token(), signer=SIGNER, chain=CHAIN)).content
    message[0] = cbor.dumps({1: -7, 33: CHAIN[0]})
    message[1] = {16: "application/statuslist+cwt"}
    with pytest.raises(MalformedError):
        parse(cbor.dumps(cbor.Tag(18, message)), MediaType.CWT)


@pytest.mark.parametrize("tag", [61, None])
def test_a_cwt_in_other_tags_is_refused(tag):
    with pytest.raises(MalformedError):
        parse(by_hand(claims_of(token(), MediaType.CWT), MediaType.CWT, tag=tag), MediaType.CWT)


def test_a_mac_is_refused_in_both_forms():
    payload = cbor.dumps({2: URI, 6: 1})
    message: Any = [cbor.dumps({1: 5, 16: "application/statuslist+cwt", 33: CHAIN[0]}), {}, payload, bytes(32)]
    for data in (cbor.dumps(cbor.Tag(17, message)), cbor.dumps(cbor.Tag(18, message))):
        with pytest.raises((MalformedError, AlgorithmNotAllowedError)):
            parse(data, MediaType.CWT)
    header = base64url.encode(b'{"alg":"HS256","typ":"statuslist+jwt"}')
    with pytest.raises(AlgorithmNotAllowedError):
        parse(f"{header}.e30.AAAA".encode(), MediaType.JWT)


def test_an_unsigned_token_is_refused():
    header = base64url.encode(b'{"alg":"none","typ":"statuslist+jwt"}')
    with pytest.raises(AlgorithmNotAllowedError):
        parse(f"{header}.{base64url.encode(json.dumps(claims_of(token())))}.".encode(), MediaType.JWT)


def test_a_critical_extension_is_refused():
    header = base64url.encode(b'{"alg":"ES256","typ":"statuslist+jwt","crit":["x"],"x":1}')
    with pytest.raises(UnsupportedError):
        parse(f"{header}.e30.AAAA".encode(), MediaType.JWT)


def test_a_detached_payload_is_refused():
    message = cbor.loads(sign_cwt(token(), signer=SIGNER, chain=CHAIN)).content
    message[2] = None
    with pytest.raises(MalformedError) as caught:
        parse(cbor.dumps(cbor.Tag(18, message)), MediaType.CWT)
    assert caught.value.code == "PAYLOAD_DETACHED"


@pytest.mark.parametrize("payload", [b"\x80", b"\xf6", b"\x01", b"", b"\xff"])
def test_claims_that_are_no_map_are_refused(payload):
    message = cbor.loads(sign_cwt(token(), signer=SIGNER, chain=CHAIN)).content
    message[2] = payload
    with pytest.raises(MalformedError):
        parse(cbor.dumps(cbor.Tag(18, message)), MediaType.CWT)


def test_the_list_of_a_jwt_is_text_and_that_of_a_cwt_bytes():
    packed = token().statuses.compressed()
    with pytest.raises(MalformedError):
        verify(
            by_hand(changed(token(), MediaType.CWT, status_list__lst=base64url.encode(packed)), MediaType.CWT),
            MediaType.CWT,
        )


@pytest.mark.parametrize("spell", [lambda text: text + "=", lambda text: text[:-1] + "+", lambda text: text + "\n"])
def test_another_spelling_of_base64_is_refused(spell):
    text = base64url.encode(token().statuses.compressed())
    with pytest.raises(MalformedError):
        verify(by_hand(changed(token(), MediaType.JWT, status_list__lst=spell(text))), MediaType.JWT)


@pytest.mark.parametrize("form", MediaType)
def test_one_form_is_not_read_as_the_other(form):
    other = MediaType.CWT if form is MediaType.JWT else MediaType.JWT
    with pytest.raises(MalformedError):
        parse(signed(token(), form), other)


@IN_BOTH_FORMS
def test_a_list_that_is_too_long_is_refused(form):
    packed = zlib.compress(bytes(MAX_LIST_BYTES + 1))
    lst = packed if form is MediaType.CWT else base64url.encode(packed)
    with pytest.raises(LimitExceededError):
        verify(by_hand(changed(token(), form, status_list__lst=lst), form), form)


@IN_BOTH_FORMS
def test_a_token_that_is_too_long_is_not_read(form):
    with pytest.raises(LimitExceededError):
        parse(bytes(MAX_TOKEN_BYTES + 1), form)


@IN_BOTH_FORMS
def test_a_token_longer_than_other_tokens_is_read(form):
    noise = StatusList(bits=8, data=bytes(index * index * 7919 % 251 for index in range(1_600_000)))
    one = token(statuses=replace(noise, data=noise.data))
    data = by_hand(
        changed(
            one,
            form,
            status_list__lst=(lambda packed: packed if form is MediaType.CWT else base64url.encode(packed))(
                zlib.compress(noise.data, 0)
            ),
        ),
        form,
    )
    assert len(data) > 1_500_000
    assert verify(data, form).token.statuses == noise


# --- who may sign ----------------------------------------------------------------------------------------------------


@IN_BOTH_FORMS
def test_only_a_status_signer_signs(form):
    data = signed(token(), form)
    for trust, error in (
        (OneSigner(role=Role.CREDENTIAL_ISSUER), NotAuthorisedError),
        (OneSigner(is_stopped=True), NotAuthorisedError),
        (OneSigner(key=STRANGER.public_key), SignatureInvalidError),
    ):
        with pytest.raises(error):
            verify(data, form, trust=trust)
    assert verify(data, form).signer.party == ISSUER


@IN_BOTH_FORMS
def test_a_stranger_signs_nothing(form):
    with pytest.raises(SignatureInvalidError):
        verify(signed(token(), form, signer=STRANGER), form)
    with pytest.raises(UntrustedError):
        verify(signed(token(), form, chain=(b"another certificate",)), form)
    with pytest.raises(UntrustedError):
        verify(by_hand(claims_of(token(), form), form, chain=()), form)


@IN_BOTH_FORMS
def test_the_policy_is_asked_with_what_the_token_says_of_its_signer(form):
    trust = OneSigner()
    verify(by_hand(changed(token(), form, iss=ISSUER), form), form, trust=trust)
    [source] = trust.asked
    assert (source.issuer, source.chain, source.signed_at) == (ISSUER, CHAIN, NOW - HOUR)


class TestForWhom:
    @pytest.fixture
    def found(self) -> SignedStatusList:
        return verify(signed(token({5: 1})), MediaType.JWT)

    def test_a_signer_speaks_for_its_own_party(self, found):
        assert found.statuses_for(ISSUER, trust=OneSigner(), at=NOW)[5] == 1

    def test_a_signer_speaks_for_those_that_it_acts_for(self, found):
        trust = OneSigner(acts_for=frozenset({"urn:example:office"}))
        assert found.statuses_for("urn:example:office", trust=trust, at=NOW)[5] == 1

    @pytest.mark.parametrize("issuer", ["urn:example:office", "", ISSUER + "/", "urn:example"])
    def test_a_signer_speaks_for_nobody_else(self, found, issuer):
        trust = OneSigner(acts_for=frozenset({"urn:example:third"}))
        with pytest.raises(NotAuthorisedError) as caught:
            found.statuses_for(issuer, trust=trust, at=NOW)
        assert caught.value.code == "STATUS_SIGNER_NOT_AUTHORISED"

    def test_a_signer_that_was_stopped_speaks_no_more(self, found):
        with pytest.raises(NotAuthorisedError):
            found.statuses_for(ISSUER, trust=OneSigner(is_stopped=True), at=NOW)

    def test_another_key_than_before_is_refused(self, found):
        with pytest.raises(VerificationError):
            found.statuses_for(ISSUER, trust=OneSigner(key=STRANGER.public_key), at=NOW)

    def test_a_list_says_nothing_past_its_end(self, found):
        with pytest.raises(ValidityError):
            found.statuses_for(ISSUER, trust=OneSigner(), at=NOW + 24 * HOUR)


# --- the reference ---------------------------------------------------------------------------------------------------


def test_a_reference_is_written_as_the_standard_writes_it():
    claim = status_claim(URI, 412)
    assert claim == {"status_list": {"idx": 412, "uri": URI}}
    assert StatusReference.from_claim(claim) == StatusReference(uri=URI, index=412)


def test_other_members_may_stand_beside():
    claim = {"other": 1, "status_list": {"idx": 0, "uri": URI, "certificate": b"ignored"}}
    assert StatusReference.from_claim(claim) == StatusReference(uri=URI, index=0)


@pytest.mark.parametrize("claim", [{}, {"identifier_list": {"id": b"1", "uri": URI}}, {"Status_List": {}}])
def test_another_mechanism_is_none_of_ours(claim):
    assert StatusReference.from_claim(claim) is None


@pytest.mark.parametrize(
    "reference",
    [
        None,
        [],
        "x",
        {},
        {"idx": 1},
        {"uri": URI},
        *({"idx": index, "uri": URI} for index in (-1, 2**31, True, False, 1.0, "1", None, [1])),
        *({"idx": 1, "uri": uri} for uri in ("", "x", None, 7, "http://city.example/1", "https:///1", "https://a b")),
    ],
)
def test_a_reference_is_an_index_and_an_https_url(reference):
    with pytest.raises(MalformedError):
        StatusReference.from_claim({"status_list": reference})


@pytest.mark.parametrize(("uri", "index"), [(URI, -1), (URI, MAX_INDEX + 1), ("http://city.example", 0)])
def test_no_other_reference_is_made(uri, index):
    assert status_claim(URI, MAX_INDEX)
    with pytest.raises(ValueError, match="reference"):
        status_claim(uri, index)


@pytest.mark.parametrize(
    "uri",
    [
        "https://city.example/1#part",
        "https://user@city.example/1",
        "https://city.example:0/1",
        "https://city.example:port/1",
        "https://[::1/1",
        "https://city.example\\@evil.example/1",
        "https://city.example/\u3042",
        "https://city.example/\n",
        "https://city.example/" + "a" * 2048,
        "HTTPS//city.example",
        "file:///etc/passwd",
    ],
)
def test_what_is_no_address_of_a_list(uri):
    assert not is_list_uri(uri)


@pytest.mark.parametrize("uri", [URI, "https://city.example:8443/lists?id=1", "https://[2001:db8::1]/1"])
def test_what_is_one(uri):
    assert is_list_uri(uri)


def test_an_index_behind_the_end_of_the_list_is_no_statement():
    found = verify(signed(token(size=8)), MediaType.JWT)
    with pytest.raises(StatusError):
        found.token.statuses[8]


def test_a_signed_list_is_no_truth_value():
    with pytest.raises(TypeError):
        bool(verify(signed(token()), MediaType.JWT))


def test_nothing_of_a_token_is_shown():
    unverified = parse(signed(token()), MediaType.JWT)
    assert "city" not in repr(unverified)


@IN_BOTH_FORMS
def test_a_signer_is_looked_up_by_all_that_the_header_says(form):
    trust, sign = OneSigner(chain=()), sign_jwt if form is MediaType.JWT else sign_cwt
    data = sign(token(), signer=SIGNER, chain=(), key_id="key 1")
    parse(data.encode() if isinstance(data, str) else data, form).verify(uri=URI, trust=trust, at=NOW)
    both = sign(token(), signer=SIGNER, chain=CHAIN, key_id="key 1")
    verify(both.encode() if isinstance(both, str) else both, form)
    assert [(one.key_id, one.chain) for one in trust.asked] == [("key 1", ())]
    with pytest.raises(ValueError, match="whose key"):
        sign(token(), signer=SIGNER, chain=())


def test_the_trust_chain_of_a_federation_is_handed_on():
    trust, header = OneSigner(chain=()), {"trust_chain": ["a statement"]}
    data = jwt.sign(claims_of(token()), typ="statuslist+jwt", signer=SIGNER, header=header)
    parse(data.encode(), MediaType.JWT).verify(uri=URI, trust=trust, at=NOW)
    assert trust.asked[0].trust_chain == ("a statement",)


def test_a_kid_of_a_cwt_that_is_no_text_names_no_key():
    trust = OneSigner(chain=())
    claims: dict[int, Any] = {2: URI, 6: int(NOW.timestamp())}
    claims[65533] = {"bits": 2, "lst": token().statuses.compressed()}
    data = cwt.sign(claims, typ=MediaType.CWT.value, signer=SIGNER, protected={4: b"\xff"})
    parse(data, MediaType.CWT).verify(uri=URI, trust=trust, at=NOW)
    assert trust.asked[0].key_id is None
