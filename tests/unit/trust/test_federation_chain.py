# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Trust chains: how they are validated, and how they are found."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.credentials import NOW, SECOND, VCT
from tests.support.federation import (
    AGENCY,
    ANCHOR,
    CITY,
    HOUR,
    ISSUER_TYPE,
    KID,
    Federation,
    by_hand,
    claims_of,
    signed,
)
from vcwallet.errors import (
    LimitExceededError,
    MalformedError,
    SignatureInvalidError,
    TransportError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
)
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.jose.header import MAX_STATEMENTS
from vcwallet.jose.jwt import SKEW
from vcwallet.keys import jwk
from vcwallet.keys.jwk_set import JwkSet
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.federation import (
    ResolvedEntity,
    TrustAnchor,
    collect,
    configuration_url,
    constraints,
    federation_keys,
    metadata_policy,
    resolve,
)
from vcwallet.trust.federation.collecting import MAX_FETCHES, MAX_HINTS
from vcwallet.trust.federation.statement import MAX_BYTES
from vcwallet.trust.federation.trust_chain import MAX_DEPTH

PATH = (CITY, AGENCY, ANCHOR)


@pytest.fixture
def federation() -> Federation:
    return Federation()


def resolved(federation: Federation, *path: str, anchor: bool = True) -> ResolvedEntity:
    chain = federation.chain(*(path or PATH), anchor=anchor)
    return resolve(chain, anchors=federation.anchors(), at=NOW)


def code_of(federation: Federation, chain: tuple[str, ...], **others: Any) -> str:
    """Return the code of the error that a chain is refused with, after seeing a good one accepted."""
    assert resolved(Federation()).entity_id == CITY
    arguments: dict[str, Any] = {"anchors": federation.anchors(), "at": NOW}
    with pytest.raises(VcError) as caught:
        resolve(chain, **arguments | others)
    return caught.value.code


# --- validating ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("anchor", [True, False])
def test_a_chain_leads_from_an_entity_to_the_anchor(federation, anchor):
    found = resolved(federation, anchor=anchor)
    assert (found.entity_id, found.anchor, found.superiors) == (CITY, ANCHOR, (AGENCY, ANCHOR))
    assert found.metadata[ISSUER_TYPE]["may_issue"] == [VCT]
    assert found.keys == federation_keys([federation[CITY].signer.public_key])
    assert (found.anchor_configuration is not None) is anchor
    assert found.governed == frozenset()


def test_an_anchor_is_its_own_chain(federation):
    found = resolve((federation.configuration(ANCHOR),), anchors=federation.anchors(), at=NOW)
    assert (found.entity_id, found.anchor, found.superiors) == (ANCHOR, ANCHOR, ())


def test_a_chain_that_was_resolved_can_be_shown_to_others(federation):
    found = resolved(federation)
    assert resolve(found.statements, anchors=federation.anchors(), at=NOW) == found


def test_a_chain_lasts_as_long_as_the_first_of_its_statements(federation):
    federation[AGENCY].about[CITY] = {"expires": NOW + HOUR}
    federation[ANCHOR].about[AGENCY] = {"issued_at": NOW - SECOND}
    found = resolved(federation)
    assert (found.not_before, found.expires) == (NOW - SECOND, NOW + HOUR)
    found.require_valid_at(NOW + HOUR + SKEW - SECOND)
    with pytest.raises(ValidityError):
        found.require_valid_at(NOW + HOUR + SKEW)
    with pytest.raises(ValidityError):
        found.require_valid_at(NOW - SKEW - 2 * SECOND)


@pytest.mark.parametrize("who", ["subject", "below", "above", "anchor"])
@pytest.mark.parametrize(
    ("times", "code"),
    [
        ({"expires": NOW - SKEW}, "EXPIRED"),
        ({"issued_at": NOW + SKEW + SECOND}, "NOT_YET_VALID"),
    ],
)
def test_each_statement_of_a_chain_is_valid_now(federation, who, times, code):
    says = {
        "subject": federation[CITY].says,
        "below": federation[AGENCY].about.setdefault(CITY, {}),
        "above": federation[ANCHOR].about.setdefault(AGENCY, {}),
        "anchor": federation[ANCHOR].says,
    }
    says[who].update(times)
    assert code_of(federation, federation.chain(*PATH)) == code


def test_the_anchor_is_one_that_was_configured(federation):
    other = {"https://other.example": TrustAnchor(entity_id="https://other.example", keys=federation.anchor().keys)}
    assert code_of(federation, federation.chain(*PATH), anchors=other) == "TRUST_ANCHOR_UNKNOWN"
    assert code_of(federation, federation.chain(*PATH), anchors={}) == "TRUST_ANCHOR_UNKNOWN"
    assert code_of(federation, federation.chain(*PATH)[:2]) == "TRUST_ANCHOR_UNKNOWN"
    assert code_of(federation, federation.chain(*PATH)[:1]) == "TRUST_ANCHOR_UNKNOWN"


def test_the_keys_of_the_anchor_are_those_that_were_configured(federation):
    forged = Federation()
    forged.entities[ANCHOR] = replace(forged[ANCHOR], signer=SoftwareSigner.generate())
    for anchor in (True, False):
        chain = forged.chain(*PATH, anchor=anchor)
        assert code_of(federation, chain) == "KEY_NOT_FOUND"


def test_another_key_under_the_kid_of_the_anchor_does_not_help(federation):
    (own,) = federation.anchor().keys.keys
    thief = SoftwareSigner.generate()
    claims = claims_of(federation.statement(ANCHOR, AGENCY))
    forged = by_hand(claims, thief, kid=own["kid"])
    chain = federation.chain(*PATH, anchor=False)
    assert code_of(federation, (*chain[:2], forged)) == "SIGNATURE_INVALID"


def test_a_subject_has_signed_with_a_key_that_its_superior_states(federation):
    federation[AGENCY].about[CITY] = {"keys": federation_keys([SoftwareSigner.generate().public_key])}
    assert code_of(federation, federation.chain(*PATH)) == "KEY_NOT_FOUND"


def test_a_subject_has_signed_with_a_key_that_it_states_itself(federation):
    federation[CITY].says["keys"] = federation_keys([SoftwareSigner.generate().public_key])
    assert code_of(federation, federation.chain(*PATH)) == "KEY_NOT_FOUND"


def test_an_intermediate_has_signed_with_a_key_that_its_superior_states(federation):
    federation[ANCHOR].about[AGENCY] = {"keys": federation_keys([federation[CITY].signer.public_key])}
    assert code_of(federation, federation.chain(*PATH)) == "KEY_NOT_FOUND"


def test_a_superior_that_the_subject_does_not_name_is_none(federation):
    chain = federation.chain(*PATH)
    federation[CITY].superiors = (ANCHOR,)
    assert code_of(federation, (federation.configuration(CITY), *chain[1:])) == "TRUST_CHAIN_BROKEN"
    federation[CITY].superiors = ()
    assert code_of(federation, (federation.configuration(CITY), *chain[1:])) == "TRUST_CHAIN_BROKEN"


def test_each_statement_is_about_the_one_below(federation):
    federation.add("https://town.example", AGENCY)
    own, about_city, about_agency, anchor = federation.chain(*PATH)
    about_town = federation.statement(AGENCY, "https://town.example")
    for chain in (
        (own, about_town, about_agency, anchor),
        (own, about_agency, anchor),
        (own, about_agency, about_city, anchor),
        (own, about_city, about_agency, own),
        (own, about_city, about_city, anchor),
        (federation.configuration("https://town.example"), about_city, about_agency, anchor),
    ):
        assert code_of(federation, chain) == "TRUST_CHAIN_BROKEN"


def test_a_chain_does_not_run_in_a_circle(federation):
    federation[AGENCY].superiors = (ANCHOR, CITY)
    federation[CITY].superiors = (AGENCY,)
    about_agency, about_city = federation.statement(CITY, AGENCY), federation.statement(AGENCY, CITY)
    chain = (federation.configuration(CITY), about_city, about_agency, about_city, federation.statement(ANCHOR, AGENCY))
    assert code_of(federation, chain) == "TRUST_CHAIN_BROKEN"


def test_statements_stand_in_their_places(federation):
    own, about_city, about_agency, anchor = federation.chain(*PATH)
    for chain in (
        (),
        (about_city, about_agency, anchor),
        (own, anchor, about_city, about_agency),
        (own, about_city, anchor, about_agency),
        (own, about_city, about_agency, anchor, anchor),
    ):
        assert code_of(federation, chain) == "MALFORMED"


def tower(federation: Federation, height: int) -> tuple[str, ...]:
    """Put the city below as many intermediates that the anchor stands so high above it."""
    path = [CITY, *(f"https://level{number}.example" for number in range(1, height)), ANCHOR]
    for below, above in itertools.pairwise(path):
        if above != ANCHOR:
            federation.add(above)
        federation[below].superiors = (above,)
    return tuple(path)


def test_five_superiors_may_stand_above_a_subject(federation):
    path = tower(federation, MAX_DEPTH)
    assert len(resolved(federation, *path).superiors) == MAX_DEPTH == 5
    assert len(federation.chain(*path)) == MAX_STATEMENTS == 7


@pytest.mark.parametrize("anchor", [True, False])
def test_more_superiors_are_too_many(federation, anchor):
    path = tower(federation, MAX_DEPTH + 1)
    chain = federation.chain(*path, anchor=anchor)
    assert code_of(federation, chain) == "LIMIT_EXCEEDED"
    with pytest.raises(LimitExceededError):
        resolve(["x"] * (MAX_STATEMENTS + 1), anchors=federation.anchors(), at=NOW)


def test_a_trust_anchor_has_an_identifier_and_keys():
    with pytest.raises(MalformedError):
        TrustAnchor(entity_id="urn:example", keys=federation_keys([SoftwareSigner.generate().public_key]))
    with pytest.raises(ValueError, match="keys"):
        TrustAnchor(entity_id=ANCHOR, keys=JwkSet(()))


# --- metadata --------------------------------------------------------------------------------------------------------


def test_metadata_of_the_immediate_superior_replace_those_of_the_subject(federation):
    federation[AGENCY].about[CITY] = {
        "metadata": {ISSUER_TYPE: {"may_issue": ["urn:example:other:1"], "area": "north"}, "openid_provider": {"a": 1}}
    }
    federation[ANCHOR].about[AGENCY] = {"metadata": {ISSUER_TYPE: {"area": "south"}}}
    found = resolved(federation)
    assert found.metadata[ISSUER_TYPE]["may_issue"] == ["urn:example:other:1"]
    assert found.metadata[ISSUER_TYPE]["area"] == "north"
    assert "openid_provider" not in found.metadata  # only for entity types that the subject has
    assert found.governed == {(ISSUER_TYPE, "may_issue"), (ISSUER_TYPE, "area")}


def test_the_policy_is_applied_after_the_metadata_of_the_superior(federation):
    federation[AGENCY].about[CITY] = {
        "metadata": {ISSUER_TYPE: {"may_issue": ["a", "b"]}},
        "metadata_policy": metadata_policy.parse({ISSUER_TYPE: {"may_issue": {"subset_of": ["b", "c"]}}}),
    }
    assert resolved(federation).metadata[ISSUER_TYPE]["may_issue"] == ["b"]


def test_what_the_most_superior_adds_comes_first(federation):
    for superior, subject, value in ((ANCHOR, AGENCY, "a"), (AGENCY, CITY, "b")):
        added = metadata_policy.parse({ISSUER_TYPE: {"contacts": {"add": [value]}}})
        federation[superior].about[subject] = {"metadata_policy": added}
    assert resolved(federation).metadata[ISSUER_TYPE]["contacts"] == ["a", "b"]


def test_policies_are_merged_from_the_top(federation):
    federation[ANCHOR].about[AGENCY] = {
        "metadata_policy": metadata_policy.parse({ISSUER_TYPE: {"may_issue": {"subset_of": [VCT, "a"]}}})
    }
    federation[AGENCY].about[CITY] = {
        "metadata_policy": metadata_policy.parse(
            {ISSUER_TYPE: {"may_issue": {"add": ["a"]}, "area": {"value": "north"}, "note": {"default": "x"}}}
        )
    }
    found = resolved(federation)
    assert found.metadata[ISSUER_TYPE]["may_issue"] == [VCT, "a"]
    assert found.governed == {(ISSUER_TYPE, "may_issue"), (ISSUER_TYPE, "area")}


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ({"may_issue": {"subset_of": ["a"]}}, {"may_issue": {"add": ["b"]}}),
        ({"area": {"one_of": ["ES256"]}}, {"area": {"one_of": ["ES384"]}}),
        ({"area": {"essential": True}}, {}),
        ({}, {"may_issue": {"superset_of": ["urn:example:other:1"]}}),
    ],
)
def test_policies_that_contradict_each_other_or_the_metadata_break_the_chain(federation, above, below):
    federation[ANCHOR].about[AGENCY] = {"metadata_policy": metadata_policy.parse({ISSUER_TYPE: above})}
    federation[AGENCY].about[CITY] = {"metadata_policy": metadata_policy.parse({ISSUER_TYPE: below})}
    assert code_of(federation, federation.chain(*PATH)) == "METADATA_POLICY"


@pytest.mark.parametrize("superior", [AGENCY, ANCHOR])
def test_an_operator_that_any_statement_calls_critical_has_to_be_understood(federation, superior):
    subject = CITY if superior == AGENCY else AGENCY
    federation[superior].about[subject] = {"critical_operators": frozenset({"regexp"})}
    assert code_of(federation, federation.chain(*PATH)) == "METADATA_POLICY"


# --- constraints -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("superior", "least"), [(AGENCY, 0), (ANCHOR, 1)])
def test_intermediates_are_counted_from_whoever_limits_them(federation, superior, least):
    subject = CITY if superior == AGENCY else AGENCY
    federation[superior].about[subject] = {"constraints": constraints.parse({"max_path_length": least})}
    assert resolved(federation).entity_id == CITY
    if least:
        federation[superior].about[subject] = {"constraints": constraints.parse({"max_path_length": least - 1})}
        assert code_of(federation, federation.chain(*PATH)) == "FEDERATION_CONSTRAINT"


def naming(**names: list[str]) -> dict[str, Any]:
    return {"constraints": constraints.parse({"naming_constraints": names})}


def test_names_are_constrained_for_the_subject_and_everyone_below_it(federation):
    federation[ANCHOR].about[AGENCY] = naming(permitted=["agency.example", "city.example"])
    assert resolved(federation).entity_id == CITY
    for permitted in (["agency.example"], ["city.example"]):
        federation[ANCHOR].about[AGENCY] = naming(permitted=permitted)
        assert code_of(federation, federation.chain(*PATH)) == "FEDERATION_CONSTRAINT"


def test_a_name_constraint_does_not_bind_those_above(federation):
    federation[AGENCY].about[CITY] = naming(permitted=["city.example"], excluded=["anchor.example", "agency.example"])
    assert resolved(federation).entity_id == CITY


def test_entity_types_are_allowed_by_every_superior(federation):
    federation[CITY].metadata["openid_provider"] = {"issuer": CITY}
    federation[ANCHOR].about[AGENCY] = {"constraints": constraints.parse({"allowed_entity_types": [ISSUER_TYPE]})}
    assert resolved(federation).metadata.keys() == {"federation_entity", ISSUER_TYPE}
    federation[AGENCY].about[CITY] = {"constraints": constraints.parse({"allowed_entity_types": ["openid_provider"]})}
    assert resolved(federation).metadata.keys() == {"federation_entity"}


def test_an_entity_type_that_is_not_allowed_has_no_policy_to_comply_with(federation):
    federation[AGENCY].about[CITY] = {
        "constraints": constraints.parse({"allowed_entity_types": []}),
        "metadata_policy": metadata_policy.parse({ISSUER_TYPE: {"missing": {"essential": True}}}),
    }
    assert resolved(federation).metadata.keys() == {"federation_entity"}


# --- collecting ------------------------------------------------------------------------------------------------------


def found(federation: Federation, entity_id: str = CITY, *anchors: str) -> ResolvedEntity:
    return run(collect(entity_id, anchors=federation.anchors(*anchors), at=NOW), federation.http)


def test_a_chain_is_found_by_going_upwards(federation):
    entity = found(federation)
    assert entity == resolve(entity.statements, anchors=federation.anchors(), at=NOW)
    assert entity.superiors == (AGENCY, ANCHOR)
    assert federation.asked == [
        "https://city.example/.well-known/openid-federation",
        "https://agency.example/fed/.well-known/openid-federation",
        "https://agency.example/fed/fetch?sub=https%3A%2F%2Fcity.example",
        "https://anchor.example/.well-known/openid-federation",
        "https://anchor.example/fetch?sub=https%3A%2F%2Fagency.example%2Ffed",
    ]


def test_each_request_is_a_plain_one_with_a_limit(federation):
    requests: list[HttpRequest] = []

    def world(request: HttpRequest) -> HttpResponse:
        requests.append(request)
        return federation.http(request)

    run(collect(CITY, anchors=federation.anchors(), at=NOW), world)
    assert {(one.method, one.max_bytes, one.body) for one in requests} == {("GET", MAX_BYTES, b"")}
    assert {tuple(one.headers.items()) for one in requests} == {(("accept", "application/entity-statement+jwt"),)}


def test_an_anchor_is_found_at_once(federation):
    assert found(federation, ANCHOR).superiors == ()
    assert federation.asked == [configuration_url(ANCHOR)]


def test_the_shortest_chain_is_preferred_however_the_hints_are_ordered(federation):
    for order in ((AGENCY, ANCHOR), (ANCHOR, AGENCY)):
        federation[CITY].superiors = order
        assert found(federation).superiors == (ANCHOR,)


def test_the_search_goes_on_past_a_branch_that_is_broken(federation):
    federation.add("https://broken.example", ANCHOR)
    federation[CITY].superiors = ("https://broken.example", "https://gone.example", AGENCY)
    federation.answers["https://broken.example/fetch?sub=https%3A%2F%2Fcity.example"] = signed("rubbish")
    federation.answers[configuration_url("https://gone.example")] = TransportError("no answer")
    assert found(federation).superiors == (AGENCY, ANCHOR)


def test_the_search_goes_on_past_a_shorter_chain_that_is_not_valid(federation):
    federation[CITY].superiors = (ANCHOR, AGENCY)
    federation[ANCHOR].about[CITY] = naming(excluded=["city.example"])
    assert found(federation).superiors == (AGENCY, ANCHOR)


def test_the_search_goes_on_above_an_anchor_whose_chain_is_not_valid(federation):
    federation.add("https://top.example")
    federation[ANCHOR].superiors = ("https://top.example",)
    federation[ANCHOR].about[AGENCY] = {"keys": federation_keys([federation[AGENCY].signer.public_key])}
    forged = TrustAnchor(entity_id=ANCHOR, keys=federation_keys([SoftwareSigner.generate().public_key]))
    anchors = {ANCHOR: forged, **federation.anchors("https://top.example")}
    entity = run(collect(CITY, anchors=anchors, at=NOW), federation.http)
    assert (entity.anchor, len(entity.superiors)) == ("https://top.example", 3)


def test_a_branch_with_a_forged_statement_is_not_followed(federation):
    url = "https://agency.example/fed/fetch?sub=https%3A%2F%2Fcity.example"
    federation.answers[url] = signed(by_hand(claims_of(federation.statement(AGENCY, CITY)), federation[CITY].signer))
    with pytest.raises(UntrustedError):
        found(federation)
    assert configuration_url(ANCHOR) not in federation.asked


def test_a_circle_of_superiors_ends(federation):
    federation[AGENCY].superiors = (CITY, AGENCY)
    federation[CITY].superiors = (AGENCY,)
    with pytest.raises(UntrustedError) as caught:
        found(federation)
    assert caught.value.code == "NO_TRUST_CHAIN"
    assert len(federation.asked) == 3


def test_an_entity_without_superiors_has_no_chain(federation):
    federation.add("https://alone.example")
    with pytest.raises(UntrustedError) as caught:
        found(federation, "https://alone.example")
    assert caught.value.code == "NO_TRUST_CHAIN"


def test_a_superior_that_did_not_answer_may_be_asked_again(federation):
    url = configuration_url(ANCHOR)
    federation.answers[url] = TransportError("no answer")
    with pytest.raises(TransportError):
        found(federation)
    del federation.answers[url]
    assert found(federation).anchor == ANCHOR


def test_five_levels_are_searched_and_no_more(federation):
    tower(federation, MAX_DEPTH)
    assert len(found(federation).superiors) == MAX_DEPTH
    tower(federation, MAX_DEPTH + 1)
    with pytest.raises(UntrustedError) as caught:
        found(federation)
    assert caught.value.code == "NO_TRUST_CHAIN"


def test_five_hints_of_an_entity_are_followed_and_no_more(federation):
    others = tuple(f"https://other{number}.example" for number in range(MAX_HINTS - 1))
    federation[CITY].superiors = (*others, AGENCY)
    for other in others:
        federation.add(other)
    assert found(federation).superiors == (AGENCY, ANCHOR)
    federation.add("https://one-more.example")
    federation[CITY].superiors = (*others, "https://one-more.example", AGENCY)
    with pytest.raises(UntrustedError):
        found(federation)
    assert MAX_HINTS == 5


def test_twenty_requests_are_made_and_no_more(federation):
    others = tuple(f"https://other{number}.example" for number in range(4))
    for other in others:
        above = tuple(f"{other}/{number}" for number in range(4))
        federation.add(other, *above)
        for one in above:
            federation.add(one)
    federation[CITY].superiors = others
    with pytest.raises(LimitExceededError):
        found(federation)
    assert len(federation.asked) == MAX_FETCHES == 20


def test_what_was_fetched_once_is_not_fetched_again(federation):
    federation.add("https://second.example", ANCHOR)
    federation[CITY].superiors = (AGENCY, "https://second.example")
    federation[ANCHOR].about[AGENCY] = naming(excluded=["agency.example"])
    assert found(federation).superiors == ("https://second.example", ANCHOR)
    assert federation.asked.count(configuration_url(ANCHOR)) == 1


def replaced(federation: Federation, url: str, answer: Any) -> VcError:
    """Return the error when one address answers otherwise."""
    assert found(federation).entity_id == CITY
    federation.answers[url] = answer
    with pytest.raises(VcError) as caught:
        found(federation)
    return caught.value


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (HttpResponse(status=404, headers={}, body=b""), TransportError),
        (lambda f: signed(f.configuration(CITY), status=302), TransportError),
        (lambda f: signed(f.configuration(CITY), media_type="application/jwt"), MalformedError),
        (lambda f: signed(f.configuration(CITY), media_type="application/entity-statement+jwt+x"), MalformedError),
        (lambda f: HttpResponse(status=200, headers={}, body=f.configuration(CITY).encode()), MalformedError),
        (lambda f: signed(f.configuration(AGENCY)), UntrustedError),
        (lambda f: signed(f.statement(AGENCY, CITY)), MalformedError),
        (lambda f: signed(b"\xff\xfe"), MalformedError),
        (lambda f: signed("a" * (MAX_BYTES + 1)), LimitExceededError),
        (lambda f: signed(by_hand(claims_of(f.configuration(CITY)), f[AGENCY].signer)), UntrustedError),
    ],
)
def test_a_configuration_that_is_no_good_is_not_used(federation, answer, error):
    response = answer(federation) if callable(answer) else answer
    assert isinstance(replaced(federation, configuration_url(CITY), response), error)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda f: signed(f.configuration(CITY)), "entity configuration"),
        (lambda f: signed(f.statement(ANCHOR, AGENCY)), "another entity"),
        (lambda f: signed(f.statement(AGENCY, "https://town.example")), "another entity"),
        (lambda f: signed(by_hand(claims_of(f.statement(AGENCY, CITY)), f[CITY].signer)), "no key"),
    ],
)
def test_a_statement_of_or_about_another_entity_is_not_used(federation, answer, reason):
    federation.add("https://town.example", AGENCY)
    url = "https://agency.example/fed/fetch?sub=https%3A%2F%2Fcity.example"
    problem = replaced(federation, url, answer(federation))
    assert problem.code == "NO_TRUST_CHAIN"
    assert reason in str(problem)


@pytest.mark.parametrize("endpoint", [..., None, 1, "http://agency.example/fetch", "https://agency.example/f#a"])
def test_a_superior_without_a_fetch_endpoint_is_none(federation, endpoint):
    assert found(federation).entity_id == CITY
    metadata: dict[str, Any] = {"federation_entity": {"federation_fetch_endpoint": endpoint}}
    if endpoint is ...:
        metadata = {}
    claims = {**claims_of(federation.configuration(AGENCY)), "metadata": metadata}
    federation.answers[configuration_url(AGENCY)] = signed(by_hand(claims, federation[AGENCY].signer))
    with pytest.raises(UntrustedError) as caught:
        found(federation)
    assert caught.value.code == "NO_TRUST_CHAIN"


def test_a_configuration_that_is_longer_than_it_was_announced_is_not_used(federation):
    text = federation.configuration(CITY).encode()
    federation.answers[configuration_url(CITY)] = signed(text + b" " * MAX_BYTES)
    with pytest.raises(LimitExceededError):
        found(federation)


def test_an_error_that_is_none_of_ours_ends_the_search(federation):
    federation.answers[configuration_url(AGENCY)] = OSError("cable")
    with pytest.raises(OSError, match="cable"):
        found(federation)


def test_a_key_of_a_kind_that_is_not_used_breaks_only_its_branch(federation):
    rsa = JwkSet(({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": KID},))
    federation[ANCHOR].about[AGENCY] = {"keys": rsa}
    assert code_of(federation, federation.chain(*PATH)) == "KEY_NOT_FOUND"
    (own,) = federation_keys([federation[AGENCY].signer.public_key]).keys
    federation[ANCHOR].about[AGENCY] = {"keys": JwkSet(({"kty": "RSA", "n": "AQAB", "kid": own["kid"]},))}
    with pytest.raises(UnsupportedError):
        resolved(federation)


def test_a_private_key_among_federation_keys_is_refused_when_it_is_used(federation):
    key = SoftwareSigner.generate()
    (own,) = federation_keys([federation[AGENCY].signer.public_key]).keys
    federation[ANCHOR].about[AGENCY] = {"keys": JwkSet(({**own, "d": "AAAA"},))}
    with pytest.raises(MalformedError):
        resolved(federation)
    forged = {**jwk.public_jwk(key.public_key), "kid": own["kid"]}
    federation[ANCHOR].about[AGENCY] = {"keys": JwkSet((forged,))}
    with pytest.raises(SignatureInvalidError):
        resolved(federation)


def test_the_search_has_a_time_of_its_own(federation):
    with pytest.raises(ValidityError):
        run(collect(CITY, anchors=federation.anchors(), at=NOW + timedelta(days=2)), federation.http)
