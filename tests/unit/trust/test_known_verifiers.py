# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Verifiers that a wallet knows from an agreement, by an identifier without a prefix or by an address."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.credentials import NOW
from vcwallet.errors import NotAuthorisedError, UntrustedError
from vcwallet.keys import KeySource, Role
from vcwallet.keys.policy import AddressPolicy, IssuerPolicy, PartyPolicy, TrustedKey, TrustedParty
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.known_verifiers import KnownVerifier, KnownVerifiers

FIRST, SECOND = (SoftwareSigner.generate().public_key for _ in range(2))
PARTY = "urn:example:library"
PAGE, PLACE = "https://library.example", "https://answers.library.example"
METADATA: dict[str, Any] = {"jwks": {"keys": []}}
LIBRARY = KnownVerifier(
    party=PARTY,
    name={"en": "Library"},
    client_id="library",
    keys={"1": FIRST},
    metadata=METADATA,
    pages=frozenset({PAGE}),
    receives_at=frozenset({PLACE}),
)
POLICY = KnownVerifiers([LIBRARY])


def key_of(policy: KnownVerifiers, source: KeySource, role: Role = Role.VERIFIER) -> TrustedKey:
    return policy.key_for(source, role=role, type_id=None, at=NOW)


def at(address: str, role: Role = Role.VERIFIER) -> TrustedParty:
    return POLICY.party_at(address, role=role, at=NOW)


def test_it_is_a_policy_that_is_asked_by_what_it_knows() -> None:
    assert isinstance(POLICY, IssuerPolicy)
    assert isinstance(POLICY, AddressPolicy)
    assert not isinstance(POLICY, PartyPolicy)  # whether a party may act is for the registry to say
    known = ["library", f"origin:{PAGE}", f"redirect_uri:{PLACE}", f"redirect_uri:{PLACE}/any/path?x=1"]
    assert [POLICY.knows(KeySource(issuer=one)) for one in known] == [True] * 4
    unknown = [None, "", "Library", PAGE, f"origin:{PAGE}/", f"origin:{PLACE}", f"redirect_uri:{PAGE}"]
    assert [POLICY.knows(KeySource(issuer=one)) for one in (*unknown, "redirect_uri:x")] == [False] * 8
    assert not POLICY.knows(KeySource(issuer="library", chain=(b"certificate",)))


def test_its_key_comes_with_what_the_agreement_says() -> None:
    for kid in ("1", None):
        assert key_of(POLICY, KeySource(issuer="library", key_id=kid)) == TrustedKey(
            key=FIRST, party=PARTY, name={"en": "Library"}, source="agreement", metadata=METADATA
        )


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (KeySource(issuer="library", key_id="2"), "KEY_NOT_FOUND"),
        (KeySource(issuer="another"), "UNTRUSTED"),
        (KeySource(), "UNTRUSTED"),
        (KeySource(issuer=f"origin:{PAGE}"), "UNTRUSTED"),
        (KeySource(issuer="library", chain=(b"certificate",)), "UNTRUSTED"),
    ],
    ids=["kid", "another", "nobody", "page", "certificate"],
)
def test_nobody_else_has_a_key(source: KeySource, code: str) -> None:
    with pytest.raises(UntrustedError) as caught:
        key_of(POLICY, source)
    assert caught.value.code == code


def test_with_several_keys_a_request_names_one() -> None:
    policy = KnownVerifiers([KnownVerifier(party=PARTY, client_id="library", keys={"1": FIRST, "2": SECOND})])
    assert key_of(policy, KeySource(issuer="library", key_id="2")).key == SECOND
    with pytest.raises(UntrustedError) as caught:
        key_of(policy, KeySource(issuer="library"))
    assert caught.value.code == "KEY_NOT_FOUND"


def test_it_is_known_by_its_addresses() -> None:
    expected = TrustedParty(party=PARTY, name={"en": "Library"}, source="agreement")
    assert at(f"origin:{PAGE}") == expected
    assert at(f"redirect_uri:{PLACE}/response/1") == expected


@pytest.mark.parametrize(
    "address",
    [f"origin:{PLACE}", f"redirect_uri:{PAGE}/r", f"redirect_uri:{PLACE}.evil.example/r", "library", "", "origin:"],
)
def test_and_nobody_by_another(address: str) -> None:
    with pytest.raises(UntrustedError):
        at(address)


def test_it_acts_in_no_other_role() -> None:
    with pytest.raises(NotAuthorisedError):
        key_of(POLICY, KeySource(issuer="library"), Role.REGISTRAR)
    with pytest.raises(NotAuthorisedError):
        at(f"origin:{PAGE}", Role.CREDENTIAL_ISSUER)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "known by"),
        ({"client_id": "library"}, "its keys"),
        ({"keys": {"1": FIRST}, "pages": frozenset({PAGE})}, "its keys"),
        ({"client_id": "x509_san_dns:a.example", "keys": {"1": FIRST}}, "prefix"),
    ],
    ids=["nothing", "no key", "no identifier", "prefix"],
)
def test_an_agreement_says_by_what(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        KnownVerifier(party=PARTY, **values)


def test_what_one_is_known_by_is_nobody_else_s() -> None:
    other = KnownVerifier(party="urn:example:another", pages=frozenset({PAGE}))
    with pytest.raises(ValueError, match="one verifier"):
        KnownVerifiers([LIBRARY, other])
