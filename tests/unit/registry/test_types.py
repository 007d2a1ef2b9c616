# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The documents about credential types that a registry publishes: one for each format of a type."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import create_model

from tests.support.trust import Identity, Residence
from tests.unit.credential_type.sample_types import HouseholdRecord, Qualification
from vcwallet.credential_type import Claim, CredentialType, view
from vcwallet.encoding import json, sri
from vcwallet.formats.type_metadata import TypeCatalogue
from vcwallet.registry.types import documents, type_ids

NAME = Annotated[str, Claim("名", "Name")]


def renamed(base: type[CredentialType], **words: Any) -> type[CredentialType]:
    names: dict[str, Any] = {"vct": "urn:example:other:1", "ja": "他", "en": "Other", **words}
    fields: dict[str, Any] = {"other": (NAME, ...)}
    return create_model("Other", __base__=base, __cls_kwargs__=names, **fields)


def test_a_type_has_an_identifier_in_each_format() -> None:
    assert type_ids(Residence) == ("urn:example:residence:1", "org.example.residence")
    assert type_ids(Identity) == ("urn:example:identity:1",)


def test_each_identifier_has_its_document() -> None:
    found = documents([Residence], published={})
    assert found.keys() == {Identity.vct, Residence.vct, "org.example.residence"}
    assert json.loads(found["org.example.residence"]) == view(Residence, "mso_mdoc").metadata()
    digest = sri.integrity(found[Identity.vct])
    assert json.loads(found[Residence.vct]) == view(Residence, "dc+sd-jwt").metadata(parent_integrity=digest)


def test_the_documents_resolve() -> None:
    found = documents([Residence, HouseholdRecord], published={})
    types = TypeCatalogue(found.__getitem__)
    assert types.type(Residence.vct).type_ids == (Residence.vct, Identity.vct)
    assert types.type("org.example.residence").type_ids == ("org.example.residence",)
    assert types.type("org.example.residence").label(("org.example.residence", "full_name"), "ja-JP") == "氏名"


def test_what_is_published_is_not_published_again() -> None:
    found = documents([Residence], published={})
    assert documents([Residence, Qualification], published=found).keys() == {Qualification.vct}
    assert documents([Residence, Residence], published=found) == {}


def test_a_document_type_belongs_to_one_type() -> None:
    other = renamed(CredentialType, doctype=Residence.doctype)
    published = documents([Residence], published={})
    with pytest.raises(ValueError, match="published with other metadata"):
        documents([Residence, other], published={})
    with pytest.raises(ValueError, match="published with other metadata"):
        documents([other], published=published)
    another = renamed(CredentialType, doctype="org.example.other")
    assert documents([another], published=published).keys() == {"urn:example:other:1", "org.example.other"}
