# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Grants of the claims of a credential type, in every format that it has."""

from __future__ import annotations

from typing import Annotated

import pytest

from vcwallet.credential_type import Claim, ClaimGroup, CredentialType
from vcwallet.trust.registration import Grant, grants

NS = "org.example.family.1"


class Place(ClaimGroup):
    town: Annotated[str, Claim("町", "Town")]
    street: Annotated[str | None, Claim("番地", "Street")] = None


class Member(ClaimGroup):
    name: Annotated[str, Claim("氏名", "Name")]
    born: Annotated[str, Claim("生年月日", "Born")]


class Family(CredentialType, vct="urn:example:family:1", doctype="org.example.family.1", ja="家族", en="Family"):
    head: Annotated[str, Claim("代表者", "Head")]
    home: Annotated[Place, Claim("住所", "Home")]
    members: Annotated[tuple[Member, ...], Claim("家族", "Members")]


class Ticket(CredentialType, vct="urn:example:ticket:1", ja="券", en="Ticket"):
    zone: Annotated[str, Claim("区間", "Zone")]


def test_a_claim_is_granted_in_every_format() -> None:
    assert grants(Family, "head") == (
        Grant(Family.vct, (("head",),)),
        Grant("org.example.family.1", ((NS, "head"),), "mso_mdoc"),
    )


def test_of_a_group_an_mdoc_has_every_part() -> None:
    tree, document = grants(Family, "home")
    assert tree.paths == (("home",),)
    assert document.paths == ((NS, "home.town"), (NS, "home.street"))
    assert grants(Family, ("home", "town"))[1].paths == ((NS, "home.town"),)


def test_without_claims_it_is_the_whole_credential() -> None:
    assert [(grant.type_id, grant.paths) for grant in grants(Family)] == [
        (Family.vct, ((),)),
        ("org.example.family.1", ((),)),
    ]


def test_a_part_of_an_array_is_not_granted_as_the_array() -> None:
    """In an mdoc the birth dates would come along."""
    assert grants(Family, "members.*.name") == (Grant(Family.vct, (("members", None, "name"),)),)
    assert grants(Family, "head", "members.*.name")[1].paths == ((NS, "head"),)
    assert grants(Family, "members")[1].paths == ((NS, "members"),)


def test_a_claim_that_is_named_twice_is_granted_once() -> None:
    assert [grant.paths for grant in grants(Family, "home.town", "head", "home.town")] == [
        (("home", "town"), ("head",)),
        ((NS, "home.town"), (NS, "head")),
    ]


def test_a_type_without_a_document_type_has_one_grant() -> None:
    assert grants(Ticket, "zone") == (Grant(Ticket.vct, (("zone",),)),)


def test_a_misspelt_claim_is_an_error() -> None:
    with pytest.raises(ValueError, match="did you mean head"):
        grants(Family, "haed")
