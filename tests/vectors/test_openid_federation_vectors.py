# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""OpenID Federation 1.0 against the examples of its text: whole documents are read, policies give the printed result.

The examples are signed with RS256, which vcwallet does not have, and most of their keys are cut short.  So they are
signed again here with a key of ours, where a statement has to be signed; what they say is theirs.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.federation import by_hand
from tests.support.vectors import shared_json
from vcwallet.encoding import base64url, json
from vcwallet.errors import AlgorithmNotAllowedError, MalformedError, UnsupportedError, UntrustedError
from vcwallet.jose import header as jose_header
from vcwallet.jose import jwt
from vcwallet.keys import jwk
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.federation import constraints, metadata_policy, resolve, trust_mark
from vcwallet.trust.federation.entity import configuration_url, federation_keys, fetch_url
from vcwallet.trust.federation.metadata_policy import MetadataPolicy
from vcwallet.trust.federation.resolve_response import verify as verify_response
from vcwallet.trust.federation.statement import read_configuration, read_subordinate

BLOCKS: list[dict[str, Any]] = shared_json("openid-federation", "spec-blocks.json")
SIGNER = SoftwareSigner.generate()
OP, RP = "openid_provider", "openid_relying_party"


def block(number: int) -> Any:
    """Return an example as JSON; white space that the print has put into tokens is taken out."""
    text = BLOCKS[number]["text"].strip()
    text = text if text.startswith("{") else f"{{{text}}}"
    return json.loads(re.sub(r'"[^"]*"', lambda found: re.sub(r"\n\s*", "", found[0]), text))


def whole_documents() -> list[int]:
    """Return the examples that are whole JSON objects."""
    found = []
    for number, one in enumerate(BLOCKS):
        try:
            if one["text"].strip().startswith("{"):
                block(number)
                found.append(number)
        except MalformedError:
            continue
    return found


CONFIGURATIONS = (5, 6, 55, 57, 61, 65, 74)
STATEMENTS = (59, 63, 67)
MARKS = (18, 19, 20, 21, 22, 23)
OTHERS = {
    1: "a statement with critical extensions, see below",
    3: "a header with a trust chain, see below",
    7: "a signed JWK Set, which is not followed",
    10: "a policy and metadata, see below",
    11: "a merged policy, see below",
    13: "resolved metadata, see below",
    14: "constraints, see below",
    17: "a configuration without keys, see below",
    24: "a trust mark with a delegation, see below",
    25: "the header of a delegation, see below",
    26: "the claims of a delegation, see below",
    33: "the answer of a resolver, see below",
    35: "the status of a trust mark, which is not asked for",
    36: "the status of a trust mark, which is not asked for",
    68: "resolved metadata, see below",
    75: "the answer to an explicit registration, see below",
}


def test_every_whole_document_is_looked_at():
    looked_at = {*CONFIGURATIONS, *STATEMENTS, *MARKS, *OTHERS}
    assert set(whole_documents()) <= looked_at
    assert len(whole_documents()) >= 26


@pytest.mark.parametrize("number", CONFIGURATIONS)
def test_a_configuration_is_read(number):
    claims = block(number)
    content = read_configuration(by_hand(claims, SIGNER)).unverified_content
    assert content.entity_id == claims["sub"]
    assert content.metadata == claims["metadata"]
    assert list(content.authority_hints) == claims.get("authority_hints", [])
    assert content.expires == datetime.fromtimestamp(claims["exp"], UTC)


@pytest.mark.parametrize("number", STATEMENTS)
def test_a_subordinate_statement_is_read(number):
    claims = block(number)
    content = read_subordinate(by_hand(claims, SIGNER)).unverified_content
    assert (content.issuer, content.subject) == (claims["iss"], claims["sub"])
    assert content.metadata_policy.claim() == claims["metadata_policy"]
    assert content.source_endpoint == claims["source_endpoint"]


def test_a_statement_with_critical_extensions_is_refused_until_they_are_none():
    claims = block(1)
    with pytest.raises(UnsupportedError):
        read_subordinate(by_hand(claims, SIGNER))
    del claims["crit"]
    content = read_subordinate(by_hand(claims, SIGNER)).unverified_content
    assert content.critical_operators == {"regexp"}
    with pytest.raises(UntrustedError):
        metadata_policy.require_understood(content.critical_operators)
    policy = claims["metadata_policy"]
    del policy[OP]["op_policy_uri"]["regexp"]  # an operator that is not known is left out
    assert content.metadata_policy.claim() == policy
    assert content.constraints.max_path_length == 2


def test_a_trust_chain_in_a_header_is_read_and_its_statements_are_of_an_algorithm_that_is_not_used():
    chain = block(3)["trust_chain"]
    encoded = jose_header.encode({"alg": "ES256", "trust_chain": chain}).encode()
    assert jose_header.parse(encoded).trust_chain == tuple(chain)
    with pytest.raises(AlgorithmNotAllowedError):
        resolve(chain, anchors={}, at=datetime.fromtimestamp(1767710985, UTC))
    own, *others = [json.loads(base64url.decode(text.split(".")[1])) for text in chain]
    content = read_configuration(by_hand(own, SIGNER)).unverified_content
    assert content.authority_hints == ("https://intermediate.eidas.example.org",)
    assert [one["sub"] for one in others] == [
        "https://credential_issuer.example.org",
        "https://intermediate.eidas.example.org",
        "https://trust-anchor.example.org",
    ]


def test_a_configuration_with_a_trust_mark_is_read_once_it_has_keys():
    claims = block(17)
    with pytest.raises(MalformedError):
        read_configuration(by_hand(claims, SIGNER))
    claims["jwks"] = {"keys": federation_keys([SIGNER.public_key]).keys}
    ((type_id, _),) = read_configuration(by_hand(claims, SIGNER)).unverified_content.trust_marks
    assert type_id == "https://www.spid.gov.it/certification/rp"


def test_the_answer_to_an_explicit_registration_is_no_statement():
    with pytest.raises(MalformedError):
        read_subordinate(by_hand(block(75), SIGNER))


@pytest.mark.parametrize("number", MARKS)
def test_a_trust_mark_is_read(number):
    claims = block(number)
    text = jwt.sign(claims, typ="trust-mark+jwt", signer=SIGNER, header={"kid": "1"})
    assert trust_mark.unverified_issuer(text) == claims["iss"]


def test_a_trust_mark_with_a_delegation_is_read():
    claims = block(24)
    text = jwt.sign(claims, typ="trust-mark+jwt", signer=SIGNER, header={"kid": "1"})
    assert trust_mark.unverified_issuer(text) == "https://tmi.example.org"
    header, payload, _ = claims["delegation"].split(".")
    assert json.loads(base64url.decode(header)) == block(25)
    assert json.loads(base64url.decode(payload)) == block(26)


def test_the_claims_of_an_anchor_about_trust_marks_are_read():
    claims = {**block(65), **block(15), **block(16)}
    content = read_configuration(by_hand(claims, SIGNER)).unverified_content
    assert content.trust_mark_issuers == {
        "https://openid.net/certification/op": frozenset(),
        "https://refeds.org/wp-content/uploads/2016/01/Sirtfi-1.0.pdf": {"https://swamid.se"},
    }
    ((owner),) = content.trust_mark_owners.values()
    assert owner.entity_id == "https://refeds.org/sirtfi"


def test_the_answer_of_a_resolver_is_read():
    claims = block(33)
    kid = jwk.thumbprint(jwk.public_jwk(SIGNER.public_key))
    text = jwt.sign(claims, typ="resolve-response+jwt", signer=SIGNER, header={"kid": kid})
    found = verify_response(
        text,
        resolver="https://resolver.spid.gov.it",
        keys=federation_keys([SIGNER.public_key]),
        subject="https://op.example.it/spid",
        at=datetime.fromtimestamp(1516239022, UTC),
    )
    assert found.metadata == claims["metadata"]
    assert len(found.trust_chain) == 3


def test_constraints_are_read():
    assert constraints.parse(block(14)).claim() == block(14)


# --- policies --------------------------------------------------------------------------------------------------------


def merged(*policies: Any) -> MetadataPolicy:
    result = MetadataPolicy()
    for policy in policies:
        result = result.merged(metadata_policy.parse(policy))
    return result


def unordered(value: Any) -> Any:
    """Return a value whose arrays are sorted: the order of what is merged is not defined."""
    if isinstance(value, dict):
        return {name: unordered(one) for name, one in value.items()}
    return sorted(value) if isinstance(value, list) else value


def test_the_example_of_a_policy_is_read():
    assert metadata_policy.parse(block(8)["metadata_policy"]).claim() == block(8)["metadata_policy"]


def test_the_policies_of_an_anchor_and_an_intermediate_are_merged_as_printed():
    policy = merged(block(9)["metadata_policy"], block(10)["metadata_policy"])
    assert policy.claim()[RP] == block(11)


def test_the_resolved_metadata_of_the_example_are_as_printed():
    policy = merged(block(9)["metadata_policy"], block(10)["metadata_policy"])
    own = {**block(12)["metadata"][RP], **block(10)["metadata"][RP]}
    assert policy.applied({RP: own})[RP] == block(13)


def test_the_metadata_of_a_provider_below_three_superiors_are_as_printed():
    policy = merged(*(block(number)["metadata_policy"] for number in (67, 63, 59)))
    resolved = policy.applied(block(55)["metadata"])[OP]
    assert unordered(resolved) == unordered(block(68))


def test_the_metadata_of_a_relying_party_below_two_superiors_are_as_printed():
    policy = merged(block(70)["metadata_policy"], block(71)["metadata_policy"])
    resolved = policy.applied(block(72)["metadata"])[RP]
    assert unordered(resolved) == unordered(block(73)["metadata"][RP])


# --- addresses -------------------------------------------------------------------------------------------------------


def test_addresses_are_as_printed():
    assert BLOCKS[45]["text"].split()[1] == "/.well-known/openid-federation"
    assert configuration_url("https://op.sunet.se") == "https://op.sunet.se/.well-known/openid-federation"
    path = "".join(BLOCKS[27]["text"].split("HTTP")[0].split()[1:])
    asked = fetch_url("https://edugain.org/federation_fetch_endpoint", "https://sunet.se")
    assert asked == "https://edugain.org" + path.replace("%2E", ".")  # a full stop needs no escape
