# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What holds of every document signer and every list of IACAs (ISO/IEC 18013-5, Annex B)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.mdoc_pki import document_signer, iaca
from tests.support.pki import NOW, Draft
from tests.support.trust import Demo, Residence
from vcwallet.encoding import json
from vcwallet.errors import NotAuthorisedError, UntrustedError, ValidityError, VcError
from vcwallet.keys import KeySource, Role
from vcwallet.storage import MemoryStore
from vcwallet.trust.certificates import CertificateAuthority, to_der
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.document_signer import DocumentSignerValidator, read_iaca
from vcwallet.trust.list_json import service_from_json, service_json

DEMO = Demo()


def long_lived(draft: Draft) -> None:
    draft.not_after = NOW + timedelta(days=7000)


ROOT = iaca(long_lived)
ANCHOR = to_der(ROOT.certificate)
DER = to_der(document_signer(ROOT).certificate)
VALIDATOR = DocumentSignerValidator([ANCHOR])
[CITY] = [one for one in DEMO.registry.parties() if one.role is Role.CREDENTIAL_ISSUER]


@given(st.integers(0, len(DER) - 1), st.integers(1, 255))
def test_a_document_signer_with_any_byte_changed_is_refused(position: int, flip: int) -> None:
    changed = DER[:position] + bytes([DER[position] ^ flip]) + DER[position + 1 :]
    with pytest.raises(VcError):
        VALIDATOR.validate((changed,), at=NOW)
    assert VALIDATOR.validate((DER,), at=NOW).country == "ZZ"


@given(st.integers(0, len(ANCHOR) - 1), st.integers(1, 255))
def test_an_iaca_with_any_byte_changed_is_none(position: int, flip: int) -> None:
    changed = ANCHOR[:position] + bytes([ANCHOR[position] ^ flip]) + ANCHOR[position + 1 :]
    with pytest.raises(VcError):
        read_iaca(changed)


@given(st.lists(st.binary(max_size=400), max_size=4))
def test_rubbish_is_refused_with_an_error_of_ours(chain: list[bytes]) -> None:
    with pytest.raises(VcError):
        VALIDATOR.validate(tuple(chain), at=NOW)
    for role in (Role.DOCUMENT_SIGNER, Role.MDOC_READER):
        with pytest.raises(VcError):
            DEMO.client.key_for(KeySource(chain=tuple(chain)), role=role, type_id=Residence.doctype, at=NOW)


@given(st.integers(1, 1000), st.integers(-2000, 2000))
def test_a_document_signer_is_accepted_just_within_its_457_days(days: int, at: int) -> None:
    def change(draft: Draft) -> None:
        draft.not_before, draft.not_after = NOW, NOW + timedelta(days=days)

    chain = (to_der(document_signer(ROOT, change).certificate),)
    moment = NOW + timedelta(days=at)
    if days <= 457 and 0 <= at <= days:
        assert VALIDATOR.validate(chain, at=moment).signer_not_after == NOW + timedelta(days=days)
        return
    with pytest.raises(ValidityError if days <= 457 else UntrustedError):
        VALIDATOR.validate(chain, at=moment)


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=40))
def test_a_document_signer_by_the_registrys_iaca_speaks_for_nobody_but_whom_the_list_says(party: str) -> None:
    own = DEMO.registry._authority.iaca
    issuer = CertificateAuthority(certificate=own.certificate, signer=own.signer)
    for name in (party, DEMO.city.identifier + party, DEMO.city.identifier[:-1]):
        source = KeySource(chain=(to_der(document_signer(issuer, party=name).certificate),))
        with pytest.raises(UntrustedError):
            DEMO.client.key_for(source, role=Role.DOCUMENT_SIGNER, type_id=Residence.doctype, at=NOW)


@given(st.none() | st.text(max_size=30))
def test_no_issuer_signs_documents_of_a_type_that_the_list_does_not_grant(type_id: str | None) -> None:
    source = KeySource(chain=DEMO.city.mdoc_chain)
    if type_id in CITY.may_issue:
        return
    with pytest.raises(NotAuthorisedError):
        DEMO.client.key_for(source, role=Role.DOCUMENT_SIGNER, type_id=type_id, at=NOW)


@given(st.frozensets(st.binary(max_size=30), max_size=20))
def test_the_iacas_of_every_issuer_survive_its_json(key_ids: frozenset[bytes]) -> None:
    service = replace(CITY, document_authority_key_ids=key_ids)
    assert service_from_json(json.dumps(service_json(service)), name=service.name) == service


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=3))
def test_a_list_with_rubbish_for_an_iaca_is_refused_as_a_whole(rubbish: list[bytes]) -> None:
    demo = Demo()
    demo.registry._document_authorities |= {bytes([number]): der for number, der in enumerate(rubbish)}
    demo.registry.suspend(demo.bank.identifier, reason="so that there is a new issue")
    with pytest.raises(VcError) as caught:
        TrustedListClient.start(demo.registry.published(), store=MemoryStore(), at=NOW)
    assert caught.value.code == "REGISTRY_MALFORMED"
