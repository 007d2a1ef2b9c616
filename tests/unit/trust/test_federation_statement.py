# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Entity statements, entity identifiers, and where they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.credentials import NOW, SECOND
from tests.support.federation import AGENCY, ANCHOR, CITY, DAY, HOUR, MARK, Federation, by_hand, claims_of
from vcwallet.encoding import base64url
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    SignatureInvalidError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
    VerificationError,
)
from vcwallet.jose.jwt import SKEW
from vcwallet.keys import jwk
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.federation import (
    EntityConfiguration,
    SubordinateStatement,
    TrustMarkOwner,
    configuration_url,
    constraints,
    federation_keys,
    metadata_policy,
)
from vcwallet.trust.federation.entity import fetch_url, read_keys
from vcwallet.trust.federation.statement import (
    MAX_BYTES,
    MAX_TRUST_MARKS,
    is_configuration,
    read,
    read_configuration,
    read_subordinate,
    sign,
)

OWNER = SoftwareSigner.generate()


@pytest.fixture
def federation() -> Federation:
    return Federation()


def changed(federation: Federation, text: str, **claims: Any) -> str:
    """Sign a statement again with other claims; an ellipsis takes a claim out."""
    content = read(text).unverified_content
    issuer = content.entity_id if isinstance(content, EntityConfiguration) else content.issuer
    members = claims_of(text) | claims
    return by_hand({name: value for name, value in members.items() if value is not ...}, federation[issuer].signer)


# --- identifiers and addresses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity_id", "url"),
    [
        # Unlike other well-known paths, this one is appended.
        ("https://example.com", "https://example.com/.well-known/openid-federation"),
        ("https://example.com/", "https://example.com/.well-known/openid-federation"),
        ("https://example.com/tenant/1", "https://example.com/tenant/1/.well-known/openid-federation"),
        ("https://example.com/tenant/1/", "https://example.com/tenant/1/.well-known/openid-federation"),
        ("https://example.com/a//", "https://example.com/a//.well-known/openid-federation"),
        ("https://example.com:8443/a", "https://example.com:8443/a/.well-known/openid-federation"),
    ],
)
def test_a_configuration_lies_under_the_well_known_path_behind_the_identifier(entity_id, url):
    assert configuration_url(entity_id) == url


@pytest.mark.parametrize(
    "entity_id", ["http://example.com", "https://example.com?a", "https://example.com#a", "did:web:example.com", ""]
)
def test_an_identifier_is_a_plain_https_url(entity_id):
    with pytest.raises(MalformedError):
        configuration_url(entity_id)


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("https://a.example/fetch", "https://a.example/fetch?sub=https%3A%2F%2Fb.example%2Fx"),
        ("https://a.example/fetch?", "https://a.example/fetch?sub=https%3A%2F%2Fb.example%2Fx"),
        ("https://a.example/f?tenant=1", "https://a.example/f?tenant=1&sub=https%3A%2F%2Fb.example%2Fx"),
    ],
)
def test_a_statement_is_fetched_by_its_subject(endpoint, url):
    assert fetch_url(endpoint, "https://b.example/x") == url


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://a.example/fetch",
        "https://a.example/fetch#a",
        "https://a.example/fetch?a#b",
        "https://a.example/fetch?a b",
        "https://a.example/fetch?é",
        "https://a.example/fetch?a\n",
        "https://user@a.example/fetch",
        "/fetch",
    ],
)
def test_a_fetch_endpoint_is_an_https_url_without_fragment(endpoint):
    with pytest.raises(MalformedError):
        fetch_url(endpoint, "https://b.example")


def test_federation_keys_stand_under_their_thumbprints():
    keys = federation_keys([OWNER.public_key])
    assert keys.verification_key(jwk.thumbprint(jwk.public_jwk(OWNER.public_key))) == OWNER.public_key


@pytest.mark.parametrize("kid", [..., "", None, 1])
def test_each_federation_key_has_a_kid(kid):
    key = {**jwk.public_jwk(OWNER.public_key), "kid": kid}
    if kid is ...:
        del key["kid"]
    with pytest.raises(MalformedError):
        read_keys({"keys": [key]})


# --- reading and verifying -------------------------------------------------------------------------------------------


def everything(federation: Federation) -> tuple[EntityConfiguration, SubordinateStatement]:
    keys = federation_keys([federation[ANCHOR].signer.public_key])
    times = {"issued_at": NOW - HOUR, "expires": NOW + DAY}
    own = EntityConfiguration(
        entity_id=ANCHOR,
        keys=keys,
        metadata={"federation_entity": {"organization_name": "Anchor", "contacts": []}},
        authority_hints=("https://above.example",),
        trust_anchor_hints=("https://other.example",),
        trust_marks=((MARK, federation.mark(subject=ANCHOR)),),
        trust_mark_issuers={MARK: frozenset({ANCHOR, AGENCY}), "https://open.example": frozenset()},
        trust_mark_owners={
            MARK: TrustMarkOwner(entity_id="https://owner.example", keys=federation_keys([OWNER.public_key]))
        },
        **times,
    )
    about = SubordinateStatement(
        issuer=ANCHOR,
        subject=AGENCY,
        keys=federation_keys([federation[AGENCY].signer.public_key]),
        metadata={"federation_entity": {"organization_name": "Agency"}},
        metadata_policy=metadata_policy.parse({"openid_provider": {"contacts": {"add": ["a@example.com"]}}}),
        critical_operators=frozenset({"regexp"}),
        constraints=constraints.parse({"max_path_length": 0, "allowed_entity_types": []}),
        source_endpoint="https://anchor.example/fetch",
        **times,
    )
    return own, about


def test_what_was_signed_is_read_again(federation):
    own, about = everything(federation)
    signer = federation[ANCHOR].signer
    assert read_configuration(sign(own, signer=signer)).verify(own.keys, at=NOW) == own
    assert read_subordinate(sign(about, signer=signer)).verify(own.keys, at=NOW) == about


def test_what_others_would_not_read_is_not_signed(federation):
    own, about = everything(federation)
    for broken in (
        replace(own, metadata={"openid_provider": {"issuer": None}}),
        replace(own, trust_mark_issuers={MARK: frozenset({"http://anchor.example"})}),
        replace(about, critical_operators=frozenset({"value"})),
        replace(about, issuer="urn:example:anchor"),
    ):
        with pytest.raises(MalformedError):
            sign(broken, signer=federation[ANCHOR].signer)


def test_the_two_kinds_do_not_pass_for_each_other(federation):
    own, about = federation.configuration(CITY), federation.statement(AGENCY, CITY)
    assert is_configuration(own)
    assert not is_configuration(about)
    with pytest.raises(MalformedError):
        read_subordinate(own)
    with pytest.raises(MalformedError):
        read_configuration(about)


def test_a_statement_is_verified_with_the_key_that_its_kid_names(federation):
    text = federation.configuration(CITY)
    keys = federation_keys([federation[CITY].signer.public_key, OWNER.public_key])
    assert read_configuration(text).verify(keys, at=NOW).entity_id == CITY
    with pytest.raises(UntrustedError) as caught:
        read_configuration(text).verify(federation_keys([OWNER.public_key]), at=NOW)
    assert caught.value.code == "KEY_NOT_FOUND"


def test_another_key_under_the_same_kid_does_not_verify(federation):
    text = federation.configuration(CITY)
    (own,) = read_configuration(text).unverified_content.keys.keys
    forged = read_keys({"keys": [{**jwk.public_jwk(OWNER.public_key), "kid": own["kid"]}]})
    with pytest.raises(SignatureInvalidError):
        read_configuration(text).verify(forged, at=NOW)


def test_any_changed_character_is_refused(federation):
    text = federation.statement(AGENCY, CITY)
    keys = federation_keys([federation[AGENCY].signer.public_key])
    assert read_subordinate(text).verify(keys, at=NOW).subject == CITY
    for position in range(0, len(text), 7):
        for other in "A.B"[text[position] == "A" :]:
            broken = text[:position] + other + text[position + 1 :]
            if broken != text:
                with pytest.raises(VcError):
                    read_subordinate(broken).verify(keys, at=NOW)


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (NOW - HOUR - SKEW - SECOND, "NOT_YET_VALID"),
        (NOW - HOUR - SKEW, None),
        (NOW + DAY + SKEW - SECOND, None),
        (NOW + DAY + SKEW, "EXPIRED"),
    ],
)
def test_a_statement_counts_from_iat_to_exp(federation, at, code):
    unverified = read_configuration(federation.configuration(CITY))
    if code is None:
        assert unverified.verify(unverified.unverified_content.keys, at=at).entity_id == CITY
    else:
        with pytest.raises(ValidityError) as caught:
            unverified.verify(unverified.unverified_content.keys, at=at)
        assert caught.value.code == code


# --- headers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "error", "code"),
    [
        ({"typ": None}, VerificationError, "WRONG_TYPE"),
        ({"typ": "JWT"}, VerificationError, "WRONG_TYPE"),
        ({"typ": "application/entity-statement+jwt"}, VerificationError, "WRONG_TYPE"),
        ({"typ": "trust-mark+jwt"}, VerificationError, "WRONG_TYPE"),
        ({"kid": None}, MalformedError, "MALFORMED"),
        ({"kid": ""}, MalformedError, "MALFORMED"),
        ({"kid": 1}, MalformedError, "MALFORMED"),
        ({"alg": "none"}, AlgorithmNotAllowedError, "ALGORITHM_NOT_ALLOWED"),
        ({"alg": "HS256"}, AlgorithmNotAllowedError, "ALGORITHM_NOT_ALLOWED"),
        ({"alg": "RS256"}, AlgorithmNotAllowedError, "ALGORITHM_NOT_ALLOWED"),
        ({"crit": ["exp"]}, UnsupportedError, "UNSUPPORTED"),
        ({"trust_chain": ["a.b.c"]}, MalformedError, "MALFORMED"),
        ({"peer_trust_chain": ["a.b.c"]}, MalformedError, "MALFORMED"),
    ],
)
def test_a_header_of_another_kind_is_refused(federation, header, error, code):
    claims = claims_of(federation.configuration(CITY))
    assert read(by_hand(claims, federation[CITY].signer)).raw
    with pytest.raises(error) as caught:
        read(by_hand(claims, federation[CITY].signer, **header))
    assert caught.value.code == code


# --- claims ----------------------------------------------------------------------------------------------------------

A_MARK = {"trust_mark_type": MARK, "trust_mark": f"e30.{base64url.encode(b'{}')}.AAAA"}
BROKEN: dict[str, Any] = {
    "iss": [..., None, "", 1, "http://city.example", "city.example", "https://city.example?a", "https://other.example"],
    "sub": [..., None, "", "http://city.example"],
    "iat": [..., None, "1", True, -1, 1e20],
    "exp": [..., None, "1", True, -1],
    "jwks": [..., None, [], {}, {"keys": [{}]}, {"keys": [{"kid": "1"}, {"kid": "1"}]}, {"keys": "a"}],
    "metadata": [None, [], {"a": None}, {"a": []}, {"a": {"b": None}}],
    "crit": [None, [], "jti", [1], ["iss"], ["metadata_policy"], ["trust_anchor"]],
    "trust_anchor": [ANCHOR],
}
OF_CONFIGURATIONS: dict[str, Any] = {
    "authority_hints": [[], None, "https://agency.example", ["agency"], [AGENCY, 1], ["http://agency.example"]],
    "trust_anchor_hints": [[], None, ["anchor"]],
    "trust_marks": [None, {}, [MARK], [{"trust_mark_type": MARK}], [A_MARK], [{**A_MARK, "trust_mark": "a.b"}]],
    "trust_mark_issuers": [None, [], {MARK: ANCHOR}, {MARK: ["anchor"]}, {MARK: None}],
    "trust_mark_owners": [None, [], {MARK: {}}, {MARK: {"sub": ANCHOR}}, {MARK: {"sub": "a", "jwks": {"keys": []}}}],
}
OF_STATEMENTS: dict[str, Any] = {
    "metadata_policy": [None, [], {"a": 1}, {"a": {"b": {"essential": 1}}}],
    "metadata_policy_crit": [None, [], "regexp", [1], ["value"], ["regexp", "one_of"]],
    "constraints": [None, [], {"max_path_length": -1}],
    "source_endpoint": [None, 1],
}
CASES = [(CITY, name, value) for names in (BROKEN, OF_CONFIGURATIONS) for name in names for value in names[name]]
CASES += [(AGENCY, name, value) for names in (BROKEN, OF_STATEMENTS) for name in names for value in names[name]]


@pytest.mark.parametrize(("issuer", "name", "value"), CASES, ids=str)
def test_a_claim_that_is_missing_or_wrong_is_refused(federation, issuer, name, value):
    text = federation.configuration(CITY) if issuer == CITY else federation.statement(AGENCY, CITY)
    assert read(changed(federation, text)).raw
    if issuer == AGENCY and (name, value) in (("iss", "https://other.example"), ("iss", "")):
        value = 1  # another issuer is a well-formed one here
    with pytest.raises(MalformedError):
        read(changed(federation, text, **{name: value}))


@pytest.mark.parametrize("name", OF_STATEMENTS)
def test_what_a_superior_says_has_no_place_in_a_configuration(federation, name):
    good = {"metadata_policy": {}, "metadata_policy_crit": ["x"], "constraints": {}, "source_endpoint": ANCHOR}
    about, own = federation.statement(AGENCY, CITY), federation.configuration(CITY)
    assert read(changed(federation, about, **{name: good[name]})).raw
    with pytest.raises(MalformedError, match=name):
        read(changed(federation, own, **{name: good[name]}))


@pytest.mark.parametrize("name", OF_CONFIGURATIONS)
def test_what_an_entity_says_of_itself_has_no_place_in_a_statement_about_it(federation, name):
    good: dict[str, Any] = {
        "authority_hints": [AGENCY],
        "trust_anchor_hints": [ANCHOR],
        "trust_marks": [],
        "trust_mark_issuers": {},
        "trust_mark_owners": {},
    }
    about, own = federation.statement(AGENCY, CITY), federation.configuration(CITY)
    assert read(changed(federation, own, **{name: good[name]})).raw
    with pytest.raises(MalformedError, match=name):
        read(changed(federation, about, **{name: good[name]}))


def test_a_critical_claim_that_is_not_understood_is_refused_and_an_unknown_one_is_not(federation):
    text = federation.statement(AGENCY, CITY)
    assert read(changed(federation, text, jti="1")).raw
    with pytest.raises(UnsupportedError):
        read(changed(federation, text, jti="1", crit=["jti"]))


def test_a_trust_mark_stands_under_its_own_type(federation):
    text, mark = federation.configuration(CITY), federation.mark()
    good = {"trust_mark_type": MARK, "trust_mark": mark}
    assert read_configuration(changed(federation, text, trust_marks=[good])).unverified_content.trust_marks == (
        (MARK, mark),
    )
    with pytest.raises(MalformedError):
        read(changed(federation, text, trust_marks=[{**good, "trust_mark_type": "https://other.example"}]))


def test_null_inside_a_value_of_metadata_is_a_value(federation):
    metadata = {"openid_credential_issuer": {"claims": [{"path": ["nationalities", None]}]}}
    content = read(changed(federation, federation.configuration(CITY), metadata=metadata)).unverified_content
    assert content.metadata == metadata


# --- limits ----------------------------------------------------------------------------------------------------------


def test_a_statement_has_64_kib_at_most(federation):
    text = federation.configuration(CITY)
    padded = {"padding": ""}
    size = len(changed(federation, text, **padded))
    padded["padding"] = "a" * ((MAX_BYTES - size) * 3 // 4 - 3)
    assert len(changed(federation, text, **padded)) <= MAX_BYTES == 64 * 1024
    assert read(changed(federation, text, **padded)).raw
    padded["padding"] += "a" * 10
    with pytest.raises(LimitExceededError):
        read(changed(federation, text, **padded))


def test_a_configuration_has_100_trust_marks_at_most(federation):
    payload = base64url.encode(b'{"trust_mark_type":"m"}')
    marks = [{"trust_mark_type": "m", "trust_mark": f"e30.{payload}.AA"}] * MAX_TRUST_MARKS
    text = federation.configuration(CITY)
    assert len(read_configuration(changed(federation, text, trust_marks=marks)).unverified_content.trust_marks) == 100
    with pytest.raises(LimitExceededError):
        read(changed(federation, text, trust_marks=[*marks, marks[0]]))


def test_times_may_have_fractions(federation):
    text = changed(federation, federation.configuration(CITY), iat=NOW.timestamp() - 0.5)
    assert read(text).unverified_content.issued_at == NOW - timedelta(milliseconds=500)
