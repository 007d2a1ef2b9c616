# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Metadata and offers: what is written is read again, and whatever arrives raises only our errors."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.openid4vci import ISSUER, MDOC, METADATA, SD_JWT_VC, SERVER
from vcwallet.encoding import json, service_url
from vcwallet.errors import MalformedError, VcError
from vcwallet.protocols.oauth.grant_type import PRE_AUTHORIZED_CODE
from vcwallet.protocols.oauth.server_metadata import read_server_metadata, server_metadata_json
from vcwallet.protocols.openid4vci.claims_description import require_consistent
from vcwallet.protocols.openid4vci.identifiers import CREDENTIAL_ISSUER, well_known_url
from vcwallet.protocols.openid4vci.issuer_metadata import metadata_json, read_issuer_metadata
from vcwallet.protocols.openid4vci.offer import (
    HAIP_SCHEME,
    SCHEME,
    OfferReference,
    offer_json,
    offer_reference_url,
    offer_url,
    read_offer,
    read_offer_link,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(TEXTS, inside, max_size=3),
    max_leaves=6,
)
SCHEMES = st.sampled_from([SCHEME, HAIP_SCHEME, "https://wallet.example/x"])
TX_CODES = st.fixed_dictionaries(
    {},
    optional={
        "length": st.integers(1, 64),
        "input_mode": st.sampled_from(["numeric", "text"]),
        "description": TEXTS,
        "x": JSON,
    },
)
GRANTS = st.fixed_dictionaries(
    {},
    optional={
        "authorization_code": st.fixed_dictionaries({}, optional={"issuer_state": TEXTS}),
        PRE_AUTHORIZED_CODE: st.fixed_dictionaries({"pre-authorized_code": TEXTS}, optional={"tx_code": TX_CODES}),
        "urn:example:grant": JSON,
    },
)
OFFERS = st.fixed_dictionaries(
    {
        "credential_issuer": st.just(ISSUER),
        "credential_configuration_ids": st.lists(TEXTS, min_size=1, max_size=5, unique=True),
    },
    optional={"grants": GRANTS, "x": JSON},
)


@given(OFFERS, SCHEMES)
def test_an_offer_comes_out_of_its_link_as_it_went_in(members: dict[str, Any], scheme: str) -> None:
    offer = read_offer(json.dumps(members))
    assert json.loads(offer_json(offer)) == members
    assert read_offer_link(offer_url(offer, scheme=scheme)) == offer


@given(st.text("abc/?&=%+;:@!~20", max_size=30), SCHEMES)
def test_a_reference_comes_out_of_its_link_as_it_went_in(path: str, scheme: str) -> None:
    uri = f"https://issuer.example/{path}"
    try:
        link = offer_reference_url(uri, scheme=scheme)
    except MalformedError:
        return
    assert read_offer_link(link) == OfferReference(uri)


@given(st.text(max_size=200) | st.tuples(SCHEMES, st.text(max_size=100)).map(lambda pair: f"{pair[0]}?{pair[1]}"))
def test_any_link_raises_our_errors_only(text: str) -> None:
    try:
        found = read_offer_link(text)
    except VcError:
        return
    assert found is not None


@given(st.dictionaries(st.sampled_from([*METADATA, "display", "authorization_servers"]), JSON, max_size=4))
def test_any_metadata_are_read_as_they_are_or_refused(changed: dict[str, Any]) -> None:
    members = {**METADATA, **changed}
    try:
        found = read_issuer_metadata(json.dumps(members), issuer=ISSUER)
    except VcError:
        return
    assert json.loads(metadata_json(found)) == members


MEMBERS = sorted({*SD_JWT_VC, *MDOC, "credential_metadata", "credential_definition"})


@given(st.sampled_from([SD_JWT_VC, MDOC]), st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=3))
def test_any_configuration_is_read_as_it_is_or_refused(members: dict[str, Any], changed: dict[str, Any]) -> None:
    whole = {**METADATA, "credential_configurations_supported": {"it": {**members, **changed}}}
    try:
        found = read_issuer_metadata(json.dumps(whole), issuer=ISSUER)
    except VcError:
        return
    assert json.loads(metadata_json(found)) == whole


@given(st.dictionaries(st.sampled_from([*SERVER, "jwks_uri", "scopes_supported"]), JSON, max_size=3))
def test_any_metadata_of_a_server_are_read_as_they_are_or_refused(changed: dict[str, Any]) -> None:
    members = {**SERVER, **changed}
    try:
        found = read_server_metadata(json.dumps(members), issuer=ISSUER)
    except VcError:
        return
    assert json.loads(server_metadata_json(found)) == members


@given(st.binary(max_size=60))
def test_any_bytes_raise_our_errors_only(data: bytes) -> None:
    for read in (
        lambda: read_issuer_metadata(data, issuer=ISSUER),
        lambda: read_server_metadata(data, issuer=ISSUER),
        lambda: read_offer(data),
    ):
        try:
            read()
        except VcError:
            continue
        raise AssertionError("random bytes were read")


@given(st.text("htps:/.?#@[]1a%\\ ", max_size=30).map(lambda rest: f"https://issuer.example{rest}"))
def test_metadata_stay_on_the_host_of_their_identifier(issuer: str) -> None:
    try:
        url = well_known_url(issuer, CREDENTIAL_ISSUER)
    except MalformedError:
        return
    found, expected = service_url.parse(url), service_url.parse(issuer)
    assert found.origin == expected.origin
    assert found.path == f"/.well-known/openid-credential-issuer{expected.path.removesuffix('/')}"


COMPONENTS = st.sampled_from(["a", "b", 0, 1, None])
PATHS = st.lists(st.lists(COMPONENTS, min_size=1, max_size=3).map(tuple), max_size=4)


@given(PATHS, st.booleans())
def test_claims_contradict_each_other_just_as_the_standard_says(paths: list[Any], in_mdoc: bool) -> None:
    """Compared with each pair of descriptions on its own, which is how the standard puts it."""
    contradicts = any(
        contradict(first, second, in_mdoc) for index, first in enumerate(paths) for second in paths[index + 1 :]
    )
    try:
        require_consistent(paths, in_mdoc=in_mdoc)
    except MalformedError:
        assert contradicts
    else:
        assert not contradicts


def contradict(first: tuple[Any, ...], second: tuple[Any, ...], in_mdoc: bool) -> bool:
    if first == second:
        return True
    for one, other in zip(first, second, strict=False):
        if one == other and type(one) is type(other):
            continue
        kinds = {type(one), type(other)}
        if len(kinds) == 1:
            return False
        return not (in_mdoc and kinds == {str, int})
    return False
