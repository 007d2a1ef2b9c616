# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What is measured: a type of ten claims, an issuer and a verifier under one registry, and a holder who shows three."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from vcwallet import (
    Claim,
    Credential,
    CredentialType,
    IntendedUse,
    Issuer,
    Request,
    TrustRegistry,
    Verifier,
    ask,
)
from vcwallet.adapters.local import system_clock
from vcwallet.claims import ClaimPath
from vcwallet.credential_type import view
from vcwallet.formats.base import Binding, CredentialContent, CredentialFormat, HeldCredential, IssuerKey
from vcwallet.keys.policy import Role
from vcwallet.keys.software import SoftwareSigner
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.enrolment import Enrolment
from vcwallet.trust.registration import grants


class Residence(
    CredentialType, vct="urn:example:residence:1", doctype="org.example.residence.1", ja="住民票", en="Residence"
):
    """Ten flat claims, each of which can be disclosed on its own."""

    full_name: Annotated[str, Claim("氏名", "Full name")]
    full_name_kana: Annotated[str, Claim("氏名の振り仮名", "Full name in kana")]
    birth_date: Annotated[str, Claim("生年月日", "Date of birth")]
    sex: Annotated[str, Claim("性別", "Sex")]
    address: Annotated[str, Claim("住所", "Address")]
    address_since: Annotated[str, Claim("住所を定めた年月日", "Address since")]
    resident_since: Annotated[str, Claim("住民となった年月日", "Resident since")]
    lg_code: Annotated[str, Claim("市町村コード", "Local government code")]
    postal_code: Annotated[str, Claim("郵便番号", "Postal code")]
    nationality: Annotated[str, Claim("国籍・地域", "Nationality")]


RECORD = Residence(
    full_name="番号　花子",
    full_name_kana="バンゴウ　ハナコ",
    birth_date="1990-01-02",
    sex="2",
    address="みらい市中央町１−２−３",
    address_since="2024-04-01",
    resident_since="2020-04-01",
    lg_code="999016",
    postal_code="9990001",
    nationality="JPN",
)
THREE = ("full_name", "address", "lg_code")
PURPOSE = IntendedUse(
    code="example",
    text={"en": "To measure"},
    grants=grants(Residence, *THREE),
    retention_days=0,
)
QUARTER = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything in place for issuing, presenting and verifying."""

    at: datetime
    writer: CredentialFormat
    city: Enrolment
    shop: Enrolment
    issuer: Issuer
    verifier: Verifier
    trust: TrustedListClient
    holder: SoftwareSigner
    content: CredentialContent
    issuer_key: IssuerKey
    credential: Credential
    held: HeldCredential
    request: Request
    binding: Binding
    paths: tuple[ClaimPath, ...]
    presentation: str

    @classmethod
    def set(cls, writer: CredentialFormat) -> Scene:
        """Found a registry, enrol both parties, issue one credential of a format and present it once."""
        at, shape = system_clock(), view(Residence, writer.format)
        registry = TrustRegistry.create("Registry", clock=lambda: at - timedelta(days=2))
        city = registry.enrol_issuer("City", may_issue=[Residence])
        shop = registry.enrol_verifier("Shop", purposes=[PURPOSE])
        issuer, verifier = Issuer(city), Verifier(shop)
        holder = SoftwareSigner.generate()
        credential = issuer.issue(RECORD, format=writer, holder=holder, valid_for=QUARTER)
        held = writer.reopen(credential.raw)
        request = verifier.request(ask(Residence, *THREE), purpose=PURPOSE.code)
        paths = tuple(shape.path((claim,)) for claim in THREE)
        binding = Binding(audience=request.client_id, nonce=request.nonce)
        return cls(
            at=at,
            writer=writer,
            city=city,
            shop=shop,
            issuer=issuer,
            verifier=verifier,
            trust=TrustedListClient.start(shop.trust, store=MemoryStore(), at=at),
            holder=holder,
            content=CredentialContent(
                type_id=shape.type_id,
                claims=shape.claims(RECORD.claims(on=at.date())),
                concealment=shape.concealment(),
                holder=holder.public_key,
                issued_at=at,
                expires=at + QUARTER,
            ),
            issuer_key=IssuerKey(
                signer=city.signer,
                chain=city.mdoc_chain if writer.issuer_role is Role.DOCUMENT_SIGNER else city.chain,
                identifier=city.identifier,
            ),
            credential=credential,
            held=held,
            request=request,
            binding=binding,
            paths=paths,
            presentation=held.present(paths, binding=binding, signer=holder, at=at),
        )
