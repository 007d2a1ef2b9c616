# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Trust marks, the answers of resolvers, and the policy over a federation."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.credentials import NOW, SECOND, STRANGER_KEY, VCT, token
from tests.support.federation import (
    AGENCY,
    ANCHOR,
    CITY,
    DAY,
    HOUR,
    ISSUER_TYPE,
    KID,
    MARK,
    Federation,
    issuer_metadata,
    signed,
)
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    SignatureInvalidError,
    TransportError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
    VerificationError,
)
from vcwallet.flow import run
from vcwallet.jose import jwt
from vcwallet.jose.jwt import SKEW
from vcwallet.keys import KeySource, Role, TrustedKey, jwk
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.federation import (
    Authorisation,
    ChainsInMessages,
    EntityConfiguration,
    FederationPolicy,
    ResolvedEntity,
    TrustAnchor,
    TrustMarkOwner,
    configuration_url,
    federation_keys,
    metadata_policy,
    resolve,
    resolve_response,
    trust_mark,
)
from vcwallet.trust.federation.constraints import Constraints

PATH = (CITY, AGENCY, ANCHOR)
TYPES = frozenset({VCT})
OWNER_ID = "https://owner.example"
OWNER = SoftwareSigner.generate()
CERTIFIER = "https://certifier.example"
ISSUER = Authorisation(role=Role.CREDENTIAL_ISSUER, entity_type=ISSUER_TYPE, types=TYPES, trust_marks=frozenset({MARK}))
BY_NAME = Authorisation(role=Role.CREDENTIAL_ISSUER, entity_type=ISSUER_TYPE, types=TYPES, entities=frozenset({CITY}))
BY_MEMBER = Authorisation(role=Role.CREDENTIAL_ISSUER, entity_type=ISSUER_TYPE, types=TYPES, types_member="may_issue")


@pytest.fixture
def federation() -> Federation:
    return Federation()


# --- trust marks -----------------------------------------------------------------------------------------------------


def anchor_says(federation: Federation, **says: Any) -> EntityConfiguration:
    """Return what the anchor says about itself: that it issues the mark, or something else."""
    federation[ANCHOR].says = {"trust_mark_issuers": {MARK: frozenset({ANCHOR})}} | says
    configuration = resolve(federation.chain(*PATH), anchors=federation.anchors(), at=NOW).anchor_configuration
    assert configuration is not None
    return configuration


def entity(federation: Federation, *path: str) -> ResolvedEntity:
    return resolve(federation.chain(*path), anchors=federation.anchors(), at=NOW)


def verified(federation: Federation, mark: str, *, at: datetime = NOW, **others: Any) -> trust_mark.TrustMark:
    arguments: dict[str, Any] = {
        "subject": CITY,
        "issuer": resolve((federation.configuration(ANCHOR),), anchors=federation.anchors(), at=NOW),
        "anchor": others.pop("anchor", None) or anchor_says(federation),
        "at": at,
    }
    return trust_mark.verify(mark, **arguments | others)


def test_a_trust_mark_of_an_accredited_issuer_is_verified(federation):
    mark = verified(federation, federation.mark())
    assert (mark.type, mark.issuer, mark.subject) == (MARK, ANCHOR, CITY)
    assert (mark.issued_at, mark.expires, mark.delegation) == (NOW - HOUR, NOW + DAY, None)
    assert trust_mark.unverified_issuer(federation.mark()) == ANCHOR


def test_a_trust_mark_without_an_end_does_not_end(federation):
    mark = verified(federation, federation.mark(expires=None), at=NOW)
    mark.require_valid_at(NOW + timedelta(days=10_000))
    with pytest.raises(ValidityError):
        mark.require_valid_at(NOW - DAY)


@pytest.mark.parametrize(("at", "good"), [(NOW + DAY + SKEW - SECOND, True), (NOW + DAY + SKEW, False)])
def test_a_trust_mark_ends(federation, at, good):
    mark = verified(federation, federation.mark(expires=NOW + DAY))
    if good:
        mark.require_valid_at(at)
    else:
        with pytest.raises(ValidityError):
            mark.require_valid_at(at)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"subject": AGENCY}, "TRUST_MARK"),
        ({"type": "https://other.example"}, "TRUST_MARK_ISSUER"),
        ({"expires": NOW - SKEW}, "EXPIRED"),
        ({"issued_at": NOW + SKEW + SECOND}, "NOT_YET_VALID"),
        ({"delegation": "a.b.c"}, "TRUST_MARK_DELEGATION"),
    ],
)
def test_a_trust_mark_that_says_something_else_is_refused(federation, changed, code):
    verified(federation, federation.mark())
    with pytest.raises(VcError) as caught:
        verified(federation, federation.mark(**changed))
    assert caught.value.code == code


def test_a_trust_mark_is_signed_by_its_issuer_with_a_federation_key(federation):
    claims = {"iss": ANCHOR, "sub": CITY, "trust_mark_type": MARK, "iat": int(NOW.timestamp())}
    (own,) = federation.anchor().keys.keys
    header = {"alg": "ES256", "typ": "trust-mark+jwt", "kid": own["kid"]}
    assert verified(federation, token(header, claims, federation[ANCHOR].signer.sign)).issuer == ANCHOR
    with pytest.raises(SignatureInvalidError):
        verified(federation, token(header, claims, STRANGER_KEY.sign))
    with pytest.raises(UntrustedError) as caught:
        verified(federation, token({**header, "kid": "other"}, claims, federation[ANCHOR].signer.sign))
    assert caught.value.code == "KEY_NOT_FOUND"


@pytest.mark.parametrize(
    ("header", "error"),
    [
        ({"typ": "JWT"}, VerificationError),
        ({"typ": "entity-statement+jwt"}, VerificationError),
        ({"typ": "trust-mark-delegation+jwt"}, VerificationError),
        ({"kid": ""}, MalformedError),
        ({"alg": "none"}, AlgorithmNotAllowedError),
    ],
)
def test_a_token_of_another_kind_is_no_trust_mark(federation, header, error):
    claims = {"iss": ANCHOR, "sub": CITY, "trust_mark_type": MARK, "iat": int(NOW.timestamp())}
    (own,) = federation.anchor().keys.keys
    usual = {"alg": "ES256", "typ": "trust-mark+jwt", "kid": own["kid"]}
    with pytest.raises(error):
        verified(federation, token(usual | header, claims, federation[ANCHOR].signer.sign))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": None},
        {"iss": "urn:example:anchor"},
        {"sub": ""},
        {"trust_mark_type": 1},
        {"iat": None},
        {"iat": ...},
        {"exp": "soon"},
        {"delegation": None},
    ],
)
def test_a_trust_mark_without_its_claims_is_refused(federation, claims):
    usual = {"iss": ANCHOR, "sub": CITY, "trust_mark_type": MARK, "iat": int(NOW.timestamp())}
    members = {name: value for name, value in (usual | claims).items() if value is not ...}
    (own,) = federation.anchor().keys.keys
    header = {"alg": "ES256", "typ": "trust-mark+jwt", "kid": own["kid"]}
    with pytest.raises(MalformedError):
        verified(federation, token(header, members, federation[ANCHOR].signer.sign))


def test_a_trust_mark_has_64_kib_at_most():
    with pytest.raises(LimitExceededError):
        trust_mark.unverified_issuer("a" * (trust_mark.MAX_BYTES + 1))
    with pytest.raises(MalformedError):
        trust_mark.unverified_issuer("a" * trust_mark.MAX_BYTES)
    assert trust_mark.MAX_BYTES == 64 * 1024


@pytest.mark.parametrize(
    ("issuers", "good"),
    [
        ({MARK: frozenset({ANCHOR, AGENCY})}, True),
        ({MARK: frozenset()}, True),  # anyone
        ({MARK: frozenset({AGENCY})}, False),
        ({"https://other.example": frozenset({ANCHOR})}, False),
        ({}, False),
    ],
)
def test_the_anchor_says_who_issues_a_type_of_trust_mark(federation, issuers, good):
    anchor = anchor_says(federation, trust_mark_issuers=issuers)
    if good:
        assert verified(federation, federation.mark(), anchor=anchor).issuer == ANCHOR
    else:
        with pytest.raises(UntrustedError) as caught:
            verified(federation, federation.mark(), anchor=anchor)
        assert caught.value.code == "TRUST_MARK_ISSUER"


def test_the_issuer_of_a_trust_mark_is_trusted_first(federation):
    anchor = anchor_says(federation, trust_mark_issuers={MARK: frozenset({AGENCY})})
    agency = entity(federation, AGENCY, ANCHOR)
    mark = federation.mark(AGENCY)
    assert verified(federation, mark, anchor=anchor, issuer=agency).issuer == AGENCY
    for other in (entity(federation, *PATH), replace(agency, anchor="https://other.example")):
        with pytest.raises(UntrustedError) as caught:
            verified(federation, mark, anchor=anchor, issuer=other)
        assert caught.value.code == "TRUST_MARK"
    with pytest.raises(ValidityError):
        verified(federation, mark, anchor=anchor, issuer=replace(agency, expires=NOW - SKEW))


# --- delegation ------------------------------------------------------------------------------------------------------


def delegation(**changed: Any) -> str:
    usual: dict[str, Any] = {
        "type": MARK,
        "owner": OWNER_ID,
        "issuer": ANCHOR,
        "issued_at": NOW - HOUR,
        "expires": NOW + HOUR,
        "signer": OWNER,
    }
    return trust_mark.sign_delegation(**usual | changed)


def owned(federation: Federation) -> EntityConfiguration:
    owner = TrustMarkOwner(entity_id=OWNER_ID, keys=federation_keys([OWNER.public_key]))
    return anchor_says(federation, trust_mark_owners={MARK: owner})


@pytest.mark.parametrize("expires", [NOW + HOUR, None])
def test_the_owner_of_a_type_lets_another_issue_it(federation, expires):
    mark = federation.mark(delegation=delegation(expires=expires))
    assert verified(federation, mark, anchor=owned(federation)).delegation is not None


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (None, "TRUST_MARK_DELEGATION"),
        ({"owner": "https://thief.example"}, "TRUST_MARK_DELEGATION"),
        ({"issuer": AGENCY}, "TRUST_MARK_DELEGATION"),
        ({"type": "https://other.example"}, "TRUST_MARK_DELEGATION"),
        ({"expires": NOW - SKEW}, "EXPIRED"),
        ({"issued_at": NOW + SKEW + SECOND}, "NOT_YET_VALID"),
        ({"signer": STRANGER_KEY}, "KEY_NOT_FOUND"),
        ("a.b.c", "MALFORMED"),
    ],
)
def test_a_type_that_has_an_owner_is_issued_by_nobody_else(federation, given, code):
    verified(federation, federation.mark(delegation=delegation()), anchor=owned(federation))
    text = delegation(**given) if isinstance(given, dict) else given
    with pytest.raises(VcError) as caught:
        verified(federation, federation.mark(delegation=text), anchor=owned(federation))
    assert caught.value.code == code


def test_a_trust_mark_is_no_delegation(federation):
    mark = federation.mark(delegation=trust_mark.sign(
        trust_mark.TrustMark(type=MARK, issuer=OWNER_ID, subject=ANCHOR, issued_at=NOW, expires=None), signer=OWNER
    ))  # fmt: skip
    with pytest.raises(VerificationError) as caught:
        verified(federation, mark, anchor=owned(federation))
    assert caught.value.code == "WRONG_TYPE"


def test_a_delegation_of_a_type_without_owner_is_refused(federation):
    with pytest.raises(UntrustedError) as caught:
        verified(federation, federation.mark(delegation=delegation()))
    assert caught.value.code == "TRUST_MARK_DELEGATION"


# --- resolve responses -----------------------------------------------------------------------------------------------


def response(signer: SoftwareSigner, *, typ: str = "resolve-response+jwt", kid: Any = ..., **claims: Any) -> str:
    usual: dict[str, Any] = {
        "iss": ANCHOR,
        "sub": CITY,
        "iat": int((NOW - HOUR).timestamp()),
        "exp": int((NOW + HOUR).timestamp()),
        "metadata": {ISSUER_TYPE: {"may_issue": [VCT]}},
        "trust_marks": [{"trust_mark_type": MARK, "trust_mark": "a.b.c"}],
        "trust_chain": ["d.e.f"],
    }
    members = {name: value for name, value in (usual | claims).items() if value is not ...}
    named = jwk.thumbprint(jwk.public_jwk(signer.public_key)) if kid is ... else kid
    return jwt.sign(members, typ=typ, signer=signer, header={"kid": named})


def answered(federation: Federation, text: str, *, at: datetime = NOW) -> resolve_response.ResolveResponse:
    keys = federation.anchor().keys
    return resolve_response.verify(text, resolver=ANCHOR, keys=keys, subject=CITY, at=at)


def test_the_answer_of_a_resolver_is_verified(federation):
    found = answered(federation, response(federation[ANCHOR].signer))
    assert (found.resolver, found.subject, found.metadata) == (ANCHOR, CITY, {ISSUER_TYPE: {"may_issue": [VCT]}})
    assert (found.trust_marks, found.trust_chain) == (((MARK, "a.b.c"),), ("d.e.f",))
    assert (found.issued_at, found.expires) == (NOW - HOUR, NOW + HOUR)
    short = response(federation[ANCHOR].signer, trust_marks=..., trust_chain=...)
    assert answered(federation, short).trust_chain == ()


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"typ": "JWT"}, VerificationError),
        ({"typ": "entity-statement+jwt"}, VerificationError),
        ({"kid": ""}, MalformedError),
        ({"kid": "other"}, UntrustedError),
        ({"iss": AGENCY}, UntrustedError),
        ({"iss": "anchor"}, MalformedError),
        ({"sub": AGENCY}, UntrustedError),
        ({"iat": ...}, MalformedError),
        ({"exp": ...}, MalformedError),
        ({"iat": int((NOW + SKEW).timestamp()) + 1}, ValidityError),
        ({"exp": int((NOW - SKEW).timestamp())}, ValidityError),
        ({"metadata": ...}, MalformedError),
        ({"metadata": {ISSUER_TYPE: {"a": None}}}, MalformedError),
        ({"metadata": {ISSUER_TYPE: []}}, MalformedError),
        ({"trust_marks": [{"trust_mark_type": MARK}]}, MalformedError),
        ({"trust_chain": "a"}, MalformedError),
        ({"trust_chain": ["a"] * 8}, LimitExceededError),
    ],
)
def test_another_answer_is_refused(federation, changed, error):
    answered(federation, response(federation[ANCHOR].signer))
    with pytest.raises(error):
        answered(federation, response(federation[ANCHOR].signer, **changed))


def test_the_answer_of_somebody_else_is_refused(federation):
    (own,) = federation.anchor().keys.keys
    with pytest.raises(SignatureInvalidError):
        answered(federation, response(STRANGER_KEY, kid=own["kid"]))


def test_an_answer_has_512_kib_at_most(federation):
    with pytest.raises(LimitExceededError):
        answered(federation, "a" * (resolve_response.MAX_BYTES + 1))
    with pytest.raises(MalformedError):
        answered(federation, "a" * resolve_response.MAX_BYTES)
    assert resolve_response.MAX_BYTES == 512 * 1024


# --- the policy ------------------------------------------------------------------------------------------------------


def policy(federation: Federation, *authorisations: Authorisation, **others: Any) -> FederationPolicy:
    return FederationPolicy(anchors=[federation.anchor()], authorisations=authorisations or (BY_NAME,), **others)


def refresh(federation: Federation, asked: FederationPolicy, entity_id: str = CITY, at: datetime = NOW) -> Any:
    return run(asked.refresh(entity_id, at=at), federation.http)


def refreshed(federation: Federation, *authorisations: Authorisation, **others: Any) -> FederationPolicy:
    made = policy(federation, *authorisations, **others)
    refresh(federation, made)
    return made


def ask(
    asked: FederationPolicy,
    *,
    role: Role = Role.CREDENTIAL_ISSUER,
    vct: str | None = VCT,
    at: datetime = NOW,
    **source: Any,
) -> TrustedKey:
    named: dict[str, Any] = {"issuer": CITY, "key_id": KID}
    return asked.key_for(KeySource(**named | source), role=role, type_id=vct, at=at)


def test_an_entity_that_is_authorised_signs_with_the_key_in_its_metadata(federation):
    trusted = ask(refreshed(federation))
    assert trusted.key == federation.issuer_key.public_key
    assert (trusted.party, trusted.source, trusted.name) == (CITY, "openid_federation", {})
    assert trusted.details == {"trust_anchor": ANCHOR, "trust_chain_expires": "2026-11-24T09:00:00+00:00"}


def test_an_entity_can_be_found_by_each_entity_on_the_way_to_it(federation):
    """OpenID4VP 1.0, section 6.1.1.3."""
    on_the_way = {CITY, AGENCY, ANCHOR}
    assert ask(refreshed(federation)).authorities == {("openid_federation", entity_id) for entity_id in on_the_way}


def test_without_a_kid_the_only_key_is_meant(federation):
    assert ask(refreshed(federation), key_id=None).key == federation.issuer_key.public_key


@pytest.mark.parametrize(
    ("question", "error"),
    [
        ({"issuer": AGENCY}, UntrustedError),
        ({"issuer": CITY + "/"}, UntrustedError),
        ({"issuer": "did:web:city.example"}, UntrustedError),
        ({"issuer": ""}, UntrustedError),
        ({"issuer": None}, UntrustedError),
        ({"chain": (b"certificate",)}, UntrustedError),
        ({"key_id": "other"}, UntrustedError),
        ({"vct": "urn:example:other:1"}, NotAuthorisedError),
        ({"vct": None}, NotAuthorisedError),
        ({"role": Role.VERIFIER, "vct": None}, NotAuthorisedError),
        ({"role": Role.STATUS_SIGNER, "vct": None}, NotAuthorisedError),
        ({"at": NOW + timedelta(days=2)}, ValidityError),
        ({"at": NOW - timedelta(days=2)}, ValidityError),
    ],
)
def test_anyone_else_is_refused(federation, question, error):
    asked = refreshed(federation)
    ask(asked)
    with pytest.raises(error):
        ask(asked, **question)


def test_an_entity_is_resolved_before_it_is_asked_for(federation):
    asked = policy(federation)
    with pytest.raises(UntrustedError) as caught:
        ask(asked)
    assert caught.value.code == "ENTITY_NOT_RESOLVED"
    refresh(federation, asked)
    assert ask(asked).party == CITY


def test_federation_keys_sign_nothing_else(federation):
    (own,) = federation_keys([federation[CITY].signer.public_key]).keys
    asked = refreshed(federation)
    with pytest.raises(UntrustedError) as caught:
        ask(asked, key_id=own["kid"])
    assert caught.value.code == "KEY_NOT_FOUND"


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({}, MalformedError),
        ({"jwks_uri": "https://city.example/jwks.json"}, MalformedError),
        ({"jwks": []}, MalformedError),
        ({"jwks": {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": KID}]}}, UnsupportedError),
        ({"jwks": {"keys": [{**jwk.public_jwk(STRANGER_KEY.public_key), "kid": KID, "d": "AA"}]}}, MalformedError),
        (
            {"jwks": {"keys": [{**jwk.public_jwk(STRANGER_KEY.public_key), "kid": KID, "use": "enc"}]}},
            AlgorithmNotAllowedError,
        ),
    ],
)
def test_keys_that_are_not_usable_are_refused(federation, metadata, error):
    federation[CITY].metadata[ISSUER_TYPE] = metadata
    with pytest.raises(error):
        ask(refreshed(federation))


def test_names_count_where_a_superior_vouches_for_them(federation):
    federation[CITY].metadata["federation_entity"] |= {"organization_name": "Ministry", "organization_name#ja": "市"}
    assert ask(refreshed(federation)).name == {}
    federation[AGENCY].about[CITY] = {
        "metadata": {"federation_entity": {"organization_name": "City", "organization_name#ja": "市", "a": 1}}
    }
    assert ask(refreshed(federation)).name == {"und": "City", "ja": "市"}


# --- who is authorised -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorisation",
    [
        {"role": Role.CREDENTIAL_ISSUER, "types": TYPES},
        {"role": Role.CREDENTIAL_ISSUER, "entities": frozenset({CITY})},
        {"role": Role.STATUS_SIGNER, "types": TYPES, "entities": frozenset({CITY})},
        {"role": Role.STATUS_SIGNER, "types_member": "may_issue"},
        {"role": Role.STATUS_SIGNER},
        {
            "role": Role.CREDENTIAL_ISSUER,
            "types": TYPES,
            "entities": frozenset({CITY}),
            "entity_type": "federation_entity",
        },
    ],
)
def test_an_authorisation_says_who_may_do_what(authorisation):
    with pytest.raises(ValueError, match=r"federation|authorised|member"):
        Authorisation(**{"entity_type": ISSUER_TYPE} | authorisation)


def test_an_entity_of_another_type_or_name_is_not_authorised(federation):
    for changed in ({"entity_type": "openid_provider"}, {"entities": frozenset({AGENCY})}):
        with pytest.raises(NotAuthorisedError):
            ask(refreshed(federation, replace(BY_NAME, **changed)))


def test_a_type_that_the_constraints_take_away_authorises_nobody(federation):
    ask(refreshed(federation))
    federation[AGENCY].about[CITY] = {"constraints": Constraints(allowed_entity_types=frozenset())}
    with pytest.raises(NotAuthorisedError):
        ask(refreshed(federation))


def test_the_first_authorisation_that_fits_says_which_keys_count(federation):
    other = SoftwareSigner.generate()
    federation[CITY].metadata["status_provider"] = issuer_metadata(other)
    status = Authorisation(role=Role.STATUS_SIGNER, entity_type="status_provider", entities=frozenset({CITY}))
    asked = refreshed(federation, status, BY_NAME)
    assert ask(asked).key == federation.issuer_key.public_key
    assert ask(asked, role=Role.STATUS_SIGNER, vct=None).key == other.public_key
    with pytest.raises(NotAuthorisedError):
        ask(asked, role=Role.STATUS_SIGNER)


def test_the_word_of_the_entity_alone_authorises_nobody(federation):
    assert federation[CITY].metadata[ISSUER_TYPE]["may_issue"] == [VCT]
    with pytest.raises(NotAuthorisedError):
        ask(refreshed(federation, BY_MEMBER))


@pytest.mark.parametrize(
    "about",
    [
        {"metadata": {ISSUER_TYPE: {"may_issue": [VCT]}}},
        {"metadata_policy": metadata_policy.parse({ISSUER_TYPE: {"may_issue": {"subset_of": [VCT, "a"]}}})},
        {"metadata_policy": metadata_policy.parse({ISSUER_TYPE: {"may_issue": {"value": [VCT]}}})},
    ],
)
def test_a_superior_says_which_types_an_entity_may_issue(federation, about):
    federation[AGENCY].about[CITY] = about
    both = replace(BY_MEMBER, types=TYPES | {"urn:example:other:1"})
    asked = refreshed(federation, both)
    assert ask(asked).party == CITY
    with pytest.raises(NotAuthorisedError):
        ask(asked, vct="urn:example:other:1")


def test_what_a_superior_says_does_not_widen_what_the_policy_says(federation):
    federation[AGENCY].about[CITY] = {"metadata": {ISSUER_TYPE: {"may_issue": [VCT, "urn:example:other:1"]}}}
    with pytest.raises(NotAuthorisedError):
        ask(refreshed(federation, BY_MEMBER), vct="urn:example:other:1")


@pytest.mark.parametrize("listed", [VCT, {VCT: True}, [], [[VCT]], [1]])
def test_a_member_that_lists_nothing_authorises_nobody(federation, listed):
    federation[AGENCY].about[CITY] = {"metadata": {ISSUER_TYPE: {"may_issue": listed}}}
    with pytest.raises(NotAuthorisedError):
        ask(refreshed(federation, BY_MEMBER))


def test_an_authorisation_may_count_below_one_trust_anchor_only(federation):
    other = TrustAnchor(entity_id="https://other.example", keys=federation.anchor().keys)
    anchors = [federation.anchor(), other]
    for named, error in ((ANCHOR, None), (other.entity_id, NotAuthorisedError)):
        below = replace(BY_NAME, anchors=frozenset({named}))
        asked = FederationPolicy(anchors=anchors, authorisations=[below])
        refresh(federation, asked)
        if error is None:
            assert ask(asked).party == CITY
        else:
            with pytest.raises(error):
                ask(asked)
    with pytest.raises(ValueError, match="not one of the policy's"):
        policy(federation, replace(BY_NAME, anchors=frozenset({other.entity_id})))


def test_a_trust_mark_authorises(federation):
    with pytest.raises(NotAuthorisedError):
        ask(refreshed(federation, ISSUER))
    federation.give_mark()
    assert ask(refreshed(federation, ISSUER)).party == CITY


def test_every_trust_mark_that_is_asked_for_is_needed(federation):
    federation.give_mark()
    with pytest.raises(NotAuthorisedError):
        ask(refreshed(federation, replace(ISSUER, trust_marks=frozenset({MARK, "https://other.example"}))))


def test_the_issuer_of_a_trust_mark_has_a_chain_of_its_own(federation):
    federation.add(CERTIFIER, AGENCY)
    federation.give_mark(CERTIFIER)
    assert ask(refreshed(federation, ISSUER)).party == CITY
    federation[AGENCY].about[CERTIFIER] = {"expires": NOW - SKEW}
    with pytest.raises(NotAuthorisedError):
        ask(refreshed(federation, ISSUER))


@pytest.mark.parametrize(
    "mark",
    [
        {"expires": NOW - SKEW},
        {"subject": AGENCY},
        {"issuer": AGENCY},
    ],
)
def test_a_trust_mark_that_does_not_hold_is_as_good_as_none(federation, mark):
    federation[ANCHOR].says["trust_mark_issuers"] = {MARK: frozenset({ANCHOR})}
    federation[CITY].says["trust_marks"] = ((MARK, federation.mark(**mark)),)
    with pytest.raises(NotAuthorisedError):
        ask(refreshed(federation, ISSUER))
    federation[CITY].says["trust_marks"] = ((MARK, federation.mark(**mark)), (MARK, federation.mark()))
    assert ask(refreshed(federation, ISSUER)).party == CITY


def test_a_trust_mark_counts_until_it_ends_or_its_issuer_does(federation):
    federation.add(CERTIFIER, AGENCY)
    federation[AGENCY].about[CERTIFIER] = {"expires": NOW + 2 * HOUR}
    for mark, until in (
        ({"expires": NOW + HOUR}, NOW + HOUR),
        ({"expires": NOW + 3 * HOUR}, NOW + 2 * HOUR),
        ({"expires": None}, NOW + 2 * HOUR),
    ):
        federation[CITY].says["trust_marks"] = ()
        federation.give_mark(CERTIFIER, **mark)
        asked = refreshed(federation, ISSUER)
        assert ask(asked, at=until - SECOND).party == CITY
        with pytest.raises(NotAuthorisedError):
            ask(asked, at=until)


def test_the_longest_of_several_trust_marks_counts(federation):
    federation.give_mark(expires=NOW + 2 * HOUR)
    federation.give_mark(expires=NOW + HOUR)
    assert ask(refreshed(federation, ISSUER), at=NOW + HOUR + SECOND).party == CITY


def test_a_trust_mark_that_anyone_may_issue_authorises_nobody(federation):
    federation.give_mark(CITY)
    assert ask(refreshed(federation, ISSUER)).party == CITY  # the anchor has named it
    federation[ANCHOR].says["trust_mark_issuers"] = {MARK: frozenset()}
    with pytest.raises(NotAuthorisedError):
        ask(refreshed(federation, ISSUER))


def test_who_is_not_accredited_is_not_asked_for_a_chain(federation):
    federation.add(CERTIFIER, AGENCY)
    federation.give_mark(CERTIFIER)
    federation[ANCHOR].says["trust_mark_issuers"] = {MARK: frozenset({ANCHOR})}
    with pytest.raises(NotAuthorisedError):
        ask(refreshed(federation, ISSUER))
    assert configuration_url(CERTIFIER) not in federation.asked


def test_a_trust_mark_counts_on_when_its_issuer_does_not_answer(federation):
    federation.add(CERTIFIER, AGENCY)
    federation.give_mark(CERTIFIER, expires=NOW + HOUR)
    asked = refreshed(federation, ISSUER)
    federation.answers[configuration_url(CERTIFIER)] = TransportError("no answer")
    refresh(federation, asked)
    assert ask(asked, at=NOW + HOUR - SECOND).party == CITY
    with pytest.raises(NotAuthorisedError):
        ask(asked, at=NOW + HOUR)
    with pytest.raises(NotAuthorisedError):  # nothing was verified before
        ask(refreshed(federation, ISSUER))
    federation[CITY].says["trust_marks"] = ((MARK, federation.mark(CERTIFIER)),)
    refresh(federation, asked)
    with pytest.raises(NotAuthorisedError):  # nor was another trust mark
        ask(asked)


def test_a_trust_mark_that_was_never_verified_inherits_nothing_of_another_of_its_type(federation):
    federation.add(CERTIFIER, AGENCY)
    good = (MARK, federation.mark(CERTIFIER, expires=NOW + HOUR))
    ended = (MARK, federation.mark(CERTIFIER, expires=NOW - SKEW))
    federation[ANCHOR].says["trust_mark_issuers"] = {MARK: frozenset({CERTIFIER})}
    federation[CITY].says["trust_marks"] = (good, ended)
    asked = refreshed(federation, ISSUER)
    federation.answers[configuration_url(CERTIFIER)] = TransportError("no answer")
    refresh(federation, asked)
    assert ask(asked).party == CITY
    federation[CITY].says["trust_marks"] = (ended,)
    refresh(federation, asked)
    with pytest.raises(NotAuthorisedError):
        ask(asked)


def test_a_trust_mark_that_no_longer_holds_counts_no_more(federation):
    federation.give_mark()
    asked = refreshed(federation, ISSUER)
    federation[ANCHOR].says["trust_mark_issuers"] = {MARK: frozenset({AGENCY})}
    refresh(federation, asked)
    with pytest.raises(NotAuthorisedError):
        ask(asked)


def test_a_name_that_cannot_be_shown_is_none(federation):
    federation[AGENCY].about[CITY] = {
        "metadata": {"federation_entity": {"organization_name": "City\n", "organization_name#en": ""}}
    }
    assert ask(refreshed(federation)).name == {}


def test_trust_marks_that_nobody_asks_for_cost_no_request(federation):
    federation.add(CERTIFIER, AGENCY)
    federation.give_mark(CERTIFIER)
    refreshed(federation, BY_NAME)
    assert configuration_url(CERTIFIER) not in federation.asked


# --- what is kept ----------------------------------------------------------------------------------------------------


def test_what_was_kept_stays_in_use_when_a_refresh_fails(federation):
    asked = refreshed(federation)
    federation.answers[configuration_url(CITY)] = TransportError("no answer")
    with pytest.raises(TransportError):
        refresh(federation, asked)
    assert ask(asked).party == CITY
    with pytest.raises(ValidityError):
        ask(asked, at=NOW + DAY + SKEW)


def test_a_refresh_replaces_what_was_kept(federation):
    asked = refreshed(federation)
    other = SoftwareSigner.generate()
    federation[CITY].metadata[ISSUER_TYPE] = issuer_metadata(other)
    assert ask(asked).key == federation.issuer_key.public_key
    refresh(federation, asked)
    assert ask(asked).key == other.public_key


def test_the_entity_that_was_used_least_recently_goes_first(federation):
    towns = [f"https://town{number}.example" for number in range(2)]
    for town in towns:
        federation.add(town, AGENCY, metadata={ISSUER_TYPE: issuer_metadata(federation.issuer_key)})
    anyone = replace(BY_NAME, entities=frozenset({CITY, *towns}))
    asked = policy(federation, anyone, max_kept=2)
    refresh(federation, asked, CITY)
    refresh(federation, asked, towns[0])
    ask(asked)
    refresh(federation, asked, towns[1])
    assert ask(asked).party == CITY
    assert ask(asked, issuer=towns[1]).party == towns[1]
    with pytest.raises(UntrustedError):
        ask(asked, issuer=towns[0])


@pytest.mark.parametrize("changed", [{"anchors": []}, {"authorisations": []}, {"max_kept": 0}])
def test_a_policy_trusts_somebody_for_something(federation, changed):
    usual: dict[str, Any] = {"anchors": [federation.anchor()], "authorisations": [BY_NAME]}
    FederationPolicy(**usual)
    with pytest.raises(ValueError, match="anchors"):
        FederationPolicy(**usual | changed)
    with pytest.raises(ValueError, match="each once"):
        FederationPolicy(**usual | {"anchors": [federation.anchor()] * 2})


def test_a_policy_decides_about_every_entity_before_and_after_a_refresh(federation):
    asked = policy(federation)
    for issuer, known in ((CITY, True), ("https://unknown.example", True), ("did:web:a.example", False), (None, False)):
        assert asked.knows(KeySource(issuer=issuer)) is known
    refresh(federation, asked)
    assert asked.knows(KeySource(issuer=CITY, chain=(b"certificate",)))


# --- chains in messages ----------------------------------------------------------------------------------------------

ACCEPTED = ChainsInMessages.ACCEPTED


def test_a_chain_in_a_message_counts_where_the_policy_says_so(federation):
    chain = federation.chain(*PATH)
    assert ask(policy(federation, chains_in_messages=ACCEPTED), trust_chain=chain).party == CITY
    with pytest.raises(UntrustedError) as caught:
        ask(policy(federation), trust_chain=chain)
    assert caught.value.code == "ENTITY_NOT_RESOLVED"


def test_a_chain_in_a_message_is_that_of_its_issuer(federation):
    town = "https://town.example"
    federation.add(town, AGENCY, metadata={ISSUER_TYPE: issuer_metadata(STRANGER_KEY)})
    asked = policy(federation, chains_in_messages=ACCEPTED)
    with pytest.raises(UntrustedError):
        ask(asked, trust_chain=federation.chain(town, AGENCY, ANCHOR))


def test_a_chain_in_a_message_has_to_hold(federation):
    asked = policy(federation, chains_in_messages=ACCEPTED)
    for chain in (federation.chain(*PATH)[1:], ("rubbish",), Federation().chain(*PATH)):
        with pytest.raises(VcError):
            ask(asked, trust_chain=chain)
    with pytest.raises(ValidityError):
        ask(asked, trust_chain=federation.chain(*PATH), at=NOW + DAY + SKEW)


def test_what_is_kept_goes_before_a_chain_in_a_message(federation):
    old = federation.chain(*PATH)
    new = SoftwareSigner.generate()
    federation[CITY].metadata[ISSUER_TYPE] = issuer_metadata(new)
    asked = refreshed(federation, chains_in_messages=ACCEPTED)
    assert ask(asked, trust_chain=old).key == new.public_key


def test_a_chain_in_a_message_counts_when_what_was_kept_has_ended(federation):
    federation[CITY].says["expires"] = NOW + HOUR
    asked = refreshed(federation, chains_in_messages=ACCEPTED)
    federation[CITY].says["expires"] = NOW + DAY
    chain = federation.chain(*PATH)
    at = NOW + HOUR
    assert ask(asked, trust_chain=chain, at=at).details["trust_chain_expires"] == "2026-11-24T09:00:00+00:00"
    assert ask(asked, at=at).party == CITY  # within the minute that clocks may differ
    with pytest.raises(ValidityError):
        ask(asked, at=at + SKEW)


def test_a_chain_in_a_message_is_not_kept(federation):
    asked = policy(federation, chains_in_messages=ACCEPTED)
    ask(asked, trust_chain=federation.chain(*PATH))
    with pytest.raises(UntrustedError):
        ask(asked)


def test_trust_marks_of_a_chain_in_a_message_are_verified_without_a_network(federation):
    federation.give_mark()
    asked = policy(federation, ISSUER, chains_in_messages=ACCEPTED)
    assert ask(asked, trust_chain=federation.chain(*PATH)).party == CITY
    with pytest.raises(NotAuthorisedError):  # what the anchor says about trust marks is not in it
        ask(asked, trust_chain=federation.chain(*PATH, anchor=False))
    assert not federation.asked


def test_an_issuer_of_trust_marks_is_known_when_it_was_resolved_before(federation):
    federation.add(CERTIFIER, AGENCY)
    federation.give_mark(CERTIFIER)
    asked = policy(federation, ISSUER, chains_in_messages=ACCEPTED)
    chain = federation.chain(*PATH)
    with pytest.raises(NotAuthorisedError):
        ask(asked, trust_chain=chain)
    refresh(federation, asked, CERTIFIER)
    assert ask(asked, trust_chain=chain).party == CITY


def test_an_entity_may_issue_a_trust_mark_to_itself_where_the_anchor_lets_it(federation):
    federation.give_mark(CITY)
    asked = policy(federation, ISSUER, chains_in_messages=ACCEPTED)
    assert ask(asked, trust_chain=federation.chain(*PATH)).party == CITY
    assert ask(refreshed(federation, ISSUER)).party == CITY
    with pytest.raises(NotAuthorisedError):
        ask(asked, trust_chain=federation.chain(*PATH, anchor=False))


def test_an_anchor_may_act_itself(federation):
    federation[ANCHOR].metadata[ISSUER_TYPE] = issuer_metadata(federation.issuer_key)
    federation.give_mark(ANCHOR, ANCHOR)
    asked = policy(federation, ISSUER)
    refresh(federation, asked, ANCHOR)
    assert ask(asked, issuer=ANCHOR).party == ANCHOR


def test_the_network_answers_a_refresh_and_nothing_else(federation):
    asked = refreshed(federation)
    before = len(federation.asked)
    ask(asked)
    assert len(federation.asked) == before
    federation.answers[configuration_url(CITY)] = signed("rubbish")
    assert ask(asked).party == CITY
