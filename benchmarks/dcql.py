# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""DCQL against a wallet of 10,000 credentials of twenty types, and against one where all are of the type asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from benchmarks.timing import seconds
from vcwallet import (
    Claim,
    Credential,
    CredentialType,
    IntendedUse,
    Issuer,
    Mdoc,
    Request,
    SdJwtVc,
    TrustRegistry,
    Verifier,
    Wallet,
    ask,
    grants,
)
from vcwallet.adapters.store import SqlStore
from vcwallet.errors import NoMatchError
from vcwallet.formats.base import CredentialFormat
from vcwallet.keys.software import SoftwareSigner
from vcwallet.storage import Put
from vcwallet.wallet.cards import Card, card_id

CREDENTIALS = 10_000
TYPES = 20
TARGET = 0.25
PASSPHRASE = "correct horse battery staple"


class Course(CredentialType, vct="urn:example:course:1", doctype="org.example.course.1", ja="修了証", en="Course"):
    """What the wallet holds many of."""

    number: Annotated[int, Claim("番号", "Number")]
    title: Annotated[str, Claim("科目", "Title")]
    school: Annotated[str, Claim("学校", "School")]


USE = IntendedUse(
    code="application",
    text={"en": "To decide on an application"},
    grants=grants(Course, "number", "title", "school"),
    retention_days=0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Seconds of wall-clock time for one `Wallet.match`, by what is asked."""

    newest: float
    oldest_by_value: float
    none_by_value: float
    none_of_one_type: float


def run(credentials: int = CREDENTIALS) -> Answered:
    """Fill two wallets and ask them."""
    registry = TrustRegistry.create("Registry")
    issuer = Issuer(registry.enrol_issuer("School", may_issue=[Course]))
    office = Verifier(registry.enrol_verifier("Office", purposes=[USE]))

    def asked(number: int | None) -> Request:
        """Ask for an SD-JWT VC and an mdoc together, by number where there is one."""
        values = {} if number is None else {"number": [number]}
        questions = [ask(Course, "title", values=values, format=one) for one in ("dc+sd-jwt", "mso_mdoc")]
        return office.request(*questions, purpose=USE.code)

    with tempfile.TemporaryDirectory() as folder:
        mixed, same = Path(folder) / "mixed.db", Path(folder) / "same.db"
        for path, types in ((mixed, TYPES), (same, 1)):
            with Wallet.create(path, passphrase=PASSPHRASE, trust=registry.published()):
                pass
            with SqlStore.open(path, passphrase=PASSPHRASE) as store:
                store.commit(*_cards(issuer, credentials, types))
        with Wallet.open(mixed, passphrase=PASSPHRASE) as wallet:
            newest = _matched(wallet, asked(None))
            oldest = _matched(wallet, asked(0))
            none = _matched(wallet, asked(-1))
        with Wallet.open(same, passphrase=PASSPHRASE) as wallet:
            none_of_one_type = _matched(wallet, asked(-1))
    return Answered(newest=newest, oldest_by_value=oldest, none_by_value=none, none_of_one_type=none_of_one_type)


def _matched(wallet: Wallet, request: Request) -> float:
    def work() -> None:
        with suppress(NoMatchError):
            wallet.match(request)

    return seconds(work)


def _cards(issuer: Issuer, credentials: int, types: int) -> Iterator[Put]:
    """Yield credentials in the two formats by turns; every so many of them are of the type that will be asked for."""
    holder, at = SoftwareSigner.generate(), datetime.now(UTC)
    for number in range(credentials):
        made: type[CredentialFormat] = Mdoc if number // types % 2 else SdJwtVc
        record = Course(number=number // (2 * types), title="会計", school="未来大学")
        credential = issuer.issue(record, format=made, holder=holder, valid_for=timedelta(days=90))
        card = _card(credential, at)
        kind = number % types
        yield (card if kind == 0 else replace(card, type_ids=(f"urn:example:other:{kind}",))).put()


def _card(credential: Credential, at: datetime) -> Card:
    return Card(
        id=card_id(credential),
        credential=credential,
        type_ids=(Course.vct if credential.format == "dc+sd-jwt" else str(Course.doctype),),
        issuer="urn:vcwallet:party:school",
        issuer_name={"en": "School"},
        key="handle",
        received_at=at,
        expires=at + timedelta(days=90),
    )
