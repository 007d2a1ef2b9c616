# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A small world in memory: a registry, two issuers, two verifiers, a wallet, and a clock that tests set.

The credential types have claims of every class and shape; `resident()` and `income()` make records of them.  Everything
is in one credential format, which is a parameter of the world.  What honest roles would not do is done by hand here:
`signed_request`, `credential_of`, `presentation_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Annotated, Any

import pytest

from tests.support.trust import Clock
from vcwallet.claims import ClaimPath, Concealment, path_text
from vcwallet.credential_type import (
    Claim,
    ClaimGroup,
    CredentialType,
    Disclosure,
    Sensitivity,
    Statute,
    predicate,
    threshold_predicate,
    view,
)
from vcwallet.encoding import base64url, json
from vcwallet.formats.base import Credential, CredentialContent, CredentialFormat, IssuerKey
from vcwallet.formats.mdoc import Mdoc
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.issuer import Issuer
from vcwallet.jose import header as jose_header
from vcwallet.jose import jwt
from vcwallet.keys.signer import Signer
from vcwallet.keys.stored import StoredKeys
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.exchange import ExpectedAnswer
from vcwallet.protocols.openid4vp import Request, Response
from vcwallet.registry import TrustRegistry
from vcwallet.status.outcome import STANDARD, StatusPolicy
from vcwallet.storage import MemoryStore, Record
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.enrolment import Enrolment
from vcwallet.trust.registration import IntendedUse, grants
from vcwallet.verifier import Ask, Verifier, ask
from vcwallet.verifier.verifier import Transport
from vcwallet.wallet import Card, Prompt, Wallet

DAYS_90 = timedelta(days=90)
SD_JWT, MDOC = "dc+sd-jwt", "mso_mdoc"
FORMATS: Mapping[str, Callable[[], CredentialFormat]] = {SD_JWT: SdJwtVc, MDOC: Mdoc}
BOTH_FORMATS = pytest.mark.parametrize("format", FORMATS)
"""For tests of what is the same in both formats."""
IN_BOTH_FORMATS = pytest.mark.parametrize("world", FORMATS, indirect=True)
"""The same where a fixture `world` takes the format as its parameter (see `format_of`)."""


class Address(ClaimGroup):
    country: Annotated[str, Claim("国", "Country", disclosure=Disclosure.ALWAYS)]
    locality: Annotated[str, Claim("市区町村", "Municipality")]
    plot: Annotated[str, Claim("地番", "Plot", sensitivity=Sensitivity.C)]


class Contact(ClaimGroup):
    phone: Annotated[str, Claim("電話", "Phone")]


class Member(ClaimGroup):
    first_name: Annotated[str, Claim("名", "First name")]
    number: Annotated[
        str,
        Claim(
            "番号", "Number", sensitivity=Sensitivity.X, statute=Statute(code="NUMBER_NO_BASIS", bases=("number_act",))
        ),
    ]


class Resident(
    CredentialType,
    vct="urn:example:resident:1",
    doctype="org.example.resident.1",
    ja="住民の記録",
    en="Resident record",
):
    registered_in: Annotated[
        str, Claim("台帳", "Register", sensitivity=Sensitivity.A, disclosure=Disclosure.ALWAYS)
    ] = "main"
    full_name: Annotated[str, Claim("氏名", "Full name")]
    birth_date: Annotated[date, Claim("生年月日", "Date of birth")]
    nationality: Annotated[str, Claim("国籍", "Nationality", sensitivity=Sensitivity.C)]
    health: Annotated[str, Claim("健康", "Health", sensitivity=Sensitivity.D)]
    number: Annotated[
        str,
        Claim(
            "個人の番号",
            "Personal number",
            sensitivity=Sensitivity.X,
            statute=Statute(code="NUMBER_NO_BASIS", bases=("number_act",)),
        ),
    ]
    remark: Annotated[str, Claim("備考", "Remark", disclosure=Disclosure.NEVER)]
    address: Annotated[Address, Claim("住所", "Address")]
    contact: Annotated[Contact, Claim("連絡先", "Contact", disclosure=Disclosure.ALWAYS)]
    languages: Annotated[tuple[str, ...], Claim("言語", "Languages")] = ()
    household: Annotated[tuple[Member, ...], Claim("世帯", "Household")] = ()

    @predicate("二十歳以上", "Twenty or older", replaces="birth_date")
    def over_20(self, on: date) -> bool | None:
        born = self.birth_date
        return (on.year - 20, on.month, on.day) >= (born.year, born.month, born.day)


class ForeignResident(
    Resident,
    vct="urn:example:resident:foreign:1",
    doctype="org.example.resident.foreign.1",
    ja="外国人住民の記録",
    en="Foreign resident",
):
    permit: Annotated[str, Claim("許可", "Permit")]


class Income(
    CredentialType, vct="urn:example:income:1", doctype="org.example.income.1", ja="所得の記録", en="Income record"
):
    fiscal_year: Annotated[int, Claim("年度", "Fiscal year", disclosure=Disclosure.ALWAYS)]
    total: Annotated[int, Claim("合計", "Total income")]
    allowances: Annotated[int, Claim("控除", "Allowances")] = 0

    @threshold_predicate("次の額を超える所得", "Income above", replaces="total", thresholds=(1_000_000, 3_000_000))
    def above(self, threshold: int, on: date) -> bool | None:
        return self.total > threshold


class AgeCard(
    CredentialType, vct="urn:example:age-card:1", doctype="org.example.age-card.1", ja="年齢の証明", en="Age card"
):
    """Answers about some ages."""

    holder: Annotated[str, Claim("名義", "Holder")] = "Mirai"
    age_over_18: Annotated[bool | None, Claim("十八歳以上", "18 or older")] = None
    age_over_20: Annotated[bool | None, Claim("二十歳以上", "20 or older")] = None
    age_over_60: Annotated[bool | None, Claim("六十歳以上", "60 or older")] = None
    age_over_65: Annotated[bool | None, Claim("六十五歳以上", "65 or older")] = None


class Unknown(CredentialType, vct="urn:example:unknown:1", doctype="org.example.unknown.1", ja="未登録", en="Unknown"):
    """A type that no registry has."""

    full_name: Annotated[str, Claim("氏名", "Full name")]


LOAN = IntendedUse(
    code="loan",
    text={"ja": "融資の審査のため", "en": "To decide on a loan"},
    grants=(
        *grants(Resident, "full_name", "birth_date", "over_20", "nationality", "address", "languages", "contact"),
        *grants(Income, "fiscal_year", "total", "allowances", "above"),
    ),
    legal_basis=("contract",),
    retention_days=30,
    privacy_policy="https://bank.example/privacy",
    contact="mailto:privacy@bank.example",
)
CARE = IntendedUse(
    code="care",
    text={"ja": "介護のため", "en": "To give care"},
    grants=grants(Resident, "full_name", "health"),
    special_care=True,
    retention_text={"ja": "終了まで", "en": "Until the care ends"},
)
WITHHOLDING = IntendedUse(
    code="withholding",
    text={"en": "To report a salary"},
    grants=grants(Resident, "number", "household"),
    legal_basis=("number_act",),
    procedure="withholding_slip",
    retention_days=2_555,
)
SHOPPING = IntendedUse(
    code="shopping",
    text={"en": "To sell what is for adults"},
    grants=(*grants(Resident, "over_20"), *grants(AgeCard, "age_over_18", "age_over_20", "age_over_60", "age_over_65")),
    retention_days=0,
)


CANARIES = (
    *("花子", "太郎", "次郎", "港町", "1990-01-02", "1990, 1, 2", "Atlantis", "hay fever", "NUMBER-", "PLOT-7-12"),
    *("for the holder", "090-0000-0000", "3218764905", "480761253"),
)
"""What stands in the records below and must stand nowhere else."""


def resident(kind: type[Resident] = Resident, **changed: Any) -> Resident:
    """Return a record of a person, who is 36 in this world."""
    values: dict[str, Any] = {
        "full_name": "番号　花子",
        "birth_date": date(1990, 1, 2),
        "nationality": "Atlantis",
        "health": "hay fever",
        "number": "NUMBER-4711",
        "remark": "for the holder",
        "address": Address(country="JP", locality="港町", plot="PLOT-7-12"),
        "contact": Contact(phone="090-0000-0000"),
        "languages": ("ja", "en", "fr"),
        "household": (Member(first_name="太郎", number="NUMBER-4712"), Member(first_name="次郎", number="NUMBER-4713")),
    }
    return kind(**values | changed)


def income(**changed: Any) -> Income:
    """Return a record of an income."""
    values: dict[str, Any] = {"fiscal_year": 2026, "total": 3_218_764_905, "allowances": 480_761_253}
    return Income(**values | changed)


@dataclass
class World:
    """Everybody in one place.  `wallet_store` and the others may be handed in to look at, or to be a file.

    Attributes:
        format: the format that credentials are issued in.
        also: further formats that wallets and verifiers read.
        status: how strict verifiers are about the status of credentials.
        http: what verifiers fetch status lists with.
    """

    format: str = SD_JWT
    also: tuple[str, ...] = ()
    clock: Clock = field(default_factory=Clock)
    wallet_store: Any = field(default_factory=MemoryStore)
    bank_store: Any = field(default_factory=MemoryStore)
    shop_store: Any = field(default_factory=MemoryStore)
    language: str = "en"
    status: StatusPolicy = STANDARD
    http: Transport | None = None
    bank_uses: tuple[IntendedUse, ...] = (LOAN, CARE, WITHHOLDING)
    bank_dns_names: tuple[str, ...] = ()
    bank_identifiers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.clock.pass_by(days=-1)  # so that the enrolments are a day old
        self.registry = TrustRegistry.found("World registry", store=MemoryStore(), clock=self.clock)
        self.city_enrolment = self.registry.enrol_issuer(
            {"ja": "未来市", "en": "Mirai City"}, code="city", may_issue=[Resident, ForeignResident, AgeCard]
        )
        self.office_enrolment = self.registry.enrol_issuer("Tax office", code="office", may_issue=[Income])
        self.bank_enrolment = self.registry.enrol_verifier(
            {"ja": "さくら銀行", "en": "Sakura Bank"},
            code="bank",
            purposes=self.bank_uses,
            dns_names=self.bank_dns_names,
            identifiers=self.bank_identifiers,
        )
        self.shop_enrolment = self.registry.enrol_verifier("Liquor shop", code="shop", purposes=[SHOPPING])
        self.clock.pass_by(days=1)
        self.city = self.issuer(self.city_enrolment)
        self.office = self.issuer(self.office_enrolment)
        self.bank = self.verifier(self.bank_enrolment, store=self.bank_store)
        self.shop = self.verifier(self.shop_enrolment, store=self.shop_store)
        self.wallet = self.new_wallet(store=self.wallet_store, language=self.language)

    # --- the format ---

    @property
    def formats(self) -> list[CredentialFormat]:
        """What wallets and verifiers read."""
        return [FORMATS[name]() for name in (self.format, *self.also)]

    def type_id(self, kind: type[CredentialType]) -> str:
        """Return the type's identifier in this world."""
        return view(kind, self.format).type_id

    def path(self, claim: str, kind: type[CredentialType] = Resident) -> ClaimPath:
        """Return where a claim stands."""
        return view(kind, self.format).path(kind.path(claim))

    def name(self, claim: str, kind: type[CredentialType] = Resident) -> str:
        """Return what histories, refusals and prompts call a claim."""
        return path_text(self.path(claim, kind))

    # --- roles ---

    def issuer(self, enrolment: Enrolment, **options: Any) -> Issuer:
        return Issuer(enrolment, clock=self.clock, **options)

    def verifier(self, enrolment: Enrolment, *, store: Any = None) -> Verifier:
        return Verifier(
            enrolment,
            store=store or MemoryStore(),
            formats=self.formats,
            clock=self.clock,
            status=self.status,
            http=self.http,
        )

    def new_wallet(self, *, store: Any = None, language: str = "en") -> Wallet:
        store = store or MemoryStore()
        client = TrustedListClient.start(self.registry.published(), store=store, at=self.clock())
        return Wallet(store=store, trust=client, formats=self.formats, clock=self.clock, language=language)

    def update(self) -> None:
        """Let everybody take the registry's latest list."""
        published = self.registry.published()
        for role in (self.city, self.office, self.bank, self.shop, self.wallet):
            role.update_trust(published)

    # --- the usual steps ---

    def issue(
        self,
        record: CredentialType,
        *,
        valid_for: timedelta = DAYS_90,
        wallet: Wallet | None = None,
        format: str | None = None,
    ) -> Credential:
        issuer = self.office if isinstance(record, Income) else self.city
        holder = (wallet or self.wallet).new_holder_key()
        return issuer.issue(record, format=FORMATS[format or self.format], holder=holder, valid_for=valid_for)

    def hold(self, *records: CredentialType, **options: Any) -> list[Card]:
        """Issue the records and receive them; by default one of each kind."""
        return [self.wallet.receive(self.issue(one, **options)) for one in records or (resident(), income())]

    def ask(self, *asks: Ask | DcqlQuery | str, purpose: str = "loan", by: Verifier | None = None) -> Request:
        """Return a request; a text is a claim of a resident."""
        named = [one for one in asks if isinstance(one, str)]
        others = [one for one in asks if not isinstance(one, str)]
        return (by or self.bank).request(*([ask(Resident, *named)] if named else []), *others, purpose=purpose)

    def answer(self, request: Request, **approval: Any) -> Response:
        """Let the person approve all that needs to be named, and answer."""
        return self.wallet.present(approved(self.wallet.match(request), **approval))


def format_of(request: pytest.FixtureRequest) -> str:
    """Return the format that a fixture is to make its world in."""
    return str(getattr(request, "param", SD_JWT))


def approved(prompt: Prompt, **approval: Any) -> Any:
    """Approve a prompt like someone who says yes to everything, also by name."""
    everything = [claim.name for choices in prompt.choices.values() for one in choices for claim in one.claims]
    everything += [one.name for one in prompt.transactions]
    return prompt.approve(**{"explicitly": everything, **approval})


def snapshot(store: MemoryStore, *but: str) -> dict[tuple[str, str], bytes]:
    """Return everything in a store, without some collections, and what time it was there last, which always goes on."""
    collections = {collection for collection, _ in store._records} - {*but, "trust_time"}
    return {(name, record.id): record.body for name in collections for record in found(store, name)}


def found(store: MemoryStore, collection: str) -> list[Record]:
    return list(store.find(collection))


# --- what honest roles would not do -----------------------------------------------------------------------------------


def payload_of(token: str) -> dict[str, Any]:
    """Return the claims of a JWT or SD-JWT, unverified."""
    return json.loads_object(base64url.decode(token.split("~")[0].split(".")[1]))


def signed_request(
    enrolment: Enrolment,
    request: Request | str,
    *,
    typ: str = "oauth-authz-req+jwt",
    drop: Iterable[str] = (),
    signer: Signer | None = None,
    chain: tuple[bytes, ...] | None = None,
    **changed: Any,
) -> str:
    """Return a request object with changed members, signed anew by the verifier or someone else."""
    claims = {name: value for name, value in (payload_of(str(request)) | changed).items() if name not in set(drop)}
    header = {"x5c": jose_header.x5c(chain or enrolment.chain)}
    return jwt.sign(claims, typ=typ, signer=signer or enrolment.signer, header=header)


def credential_of(
    enrolment: Enrolment,
    record: CredentialType,
    *,
    at: Any,
    holder: Any,
    claims: Mapping[str, Any] | None = None,
    concealment: Concealment | None = None,
    signer: Signer | None = None,
    format: str | CredentialFormat = SD_JWT,
    **changed: Any,
) -> Credential:
    """Return a credential that an issuer signs without asking the registry; the claims are as the format has them."""
    writer = FORMATS[format]() if isinstance(format, str) else format
    shape = view(type(record), writer.format)
    content = CredentialContent(
        type_id=shape.type_id,
        claims=shape.claims(record.claims(on=at.date())) if claims is None else claims,
        concealment=concealment or shape.concealment(),
        holder=getattr(holder, "public_key", holder),
        issued_at=at,
        expires=at + DAYS_90,
    )
    chain = enrolment.mdoc_chain if writer.format == MDOC else enrolment.chain
    key = IssuerKey(signer=signer or enrolment.signer, chain=chain, identifier=enrolment.identifier)
    return Credential(format=writer.format, raw=writer.issue(replace(content, **changed), issuer=key))


def presentation_of(
    world: World, card: Card, paths: Iterable[ClaimPath], request: ExpectedAnswer, **changed: Any
) -> str:
    """Return a presentation of any claims, whatever the request asks for, by the wallet's key for the card."""
    at = changed.pop("at", world.clock())
    signer = None if card.key is None else StoredKeys(world.wallet_store).signer(card.key)
    held = FORMATS[card.credential.format]().reopen(card.credential.raw)
    binding = replace(request.binding(required=True), **changed)
    return held.present(paths, binding=binding, signer=signer, at=at)


def flipped(text: str, position: int) -> str:
    """Return a text with one character replaced by another of the alphabet of base64url."""
    return text[:position] + ("A" if text[position] != "A" else "B") + text[position + 1 :]
