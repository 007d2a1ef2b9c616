# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The municipal export in a SQL database: whom the city knows, and what it certifies of them.

A deployer of an issuer's service answers two questions, and this module answers the second for the example: it is the
service's `Records`.  Three tables: `people` log in with a number and a password or with a card, `records` holds what
the registers say, and `desk` what a clerk has to look at first.  Another city would ask its own tables in `find`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sql
from municipal_data import households, load_residents, load_tax_assessments

from vcwallet import CredentialType
from vcwallet.issuer.openid4vci import NoRecord, NotYet, RecordAnswer
from vcwallet.japan import HouseholdRecord, ResidenceRecord, TaxAssessment

KINDS: dict[str, type[CredentialType]] = {kind.vct: kind for kind in (ResidenceRecord, HouseholdRecord, TaxAssessment)}
CLERK_TAKES = timedelta(seconds=2)
"""How long the clerk of the example needs for a household record."""

MAX_FAILURES = 10
"""How many wrong passwords in a row are too many."""

_METADATA = sql.MetaData()
_PEOPLE = sql.Table(
    "people",
    _METADATA,
    sql.Column("number", sql.String, primary_key=True),
    sql.Column("salt", sql.LargeBinary, nullable=False),
    sql.Column("password", sql.LargeBinary, nullable=False),
    sql.Column("failures", sql.Integer, nullable=False, default=0),
    sql.Column("card", sql.String, unique=True),
)
_RECORDS = sql.Table(
    "records",
    _METADATA,
    sql.Column("person", sql.ForeignKey("people.number"), primary_key=True),
    sql.Column("type", sql.String, primary_key=True),
    sql.Column("record", sql.Text, nullable=False),
)
_DESK = sql.Table(
    "desk",
    _METADATA,
    sql.Column("person", sql.ForeignKey("people.number"), primary_key=True),
    sql.Column("type", sql.String, primary_key=True),
    sql.Column("done_at", sql.Integer, nullable=False),
)


class MunicipalDatabase:
    """The database; what is asked of it is asked by several threads."""

    def __init__(self, path: Path) -> None:
        """Open a database file; it is empty if it is new."""
        self._engine = sql.create_engine(f"sqlite:///{path}")
        _METADATA.create_all(self._engine)

    def close(self) -> None:
        """Close it."""
        self._engine.dispose()

    # --- loading ------------------------------------------------------------------------------------------------------

    def load(self, folder: Path, *, password: str) -> int:
        """Read a municipal export into the tables, and return how many records there are.

        Everybody gets the same password, which is what makes this a demonstration.

        Raises:
            RowError: a row of the export is no record; nothing was loaded.
        """
        rows = list(_records(folder))
        people = sorted({row["person"] for row in rows})
        with self._engine.begin() as connection:
            connection.execute(sql.insert(_PEOPLE), _accounts(people, password))
            connection.execute(sql.insert(_RECORDS), rows)
        return len(rows)

    def register_card(self, number: str, card: str) -> None:
        """Note the certificate that a person's card logs in with, by its serial number."""
        with self._engine.begin() as connection:
            connection.execute(sql.update(_PEOPLE).where(_PEOPLE.c.number == number).values(card=card))

    # --- who is this --------------------------------------------------------------------------------------------------

    def log_in(self, number: str, password: str) -> str | None:
        """Return the number of a person who knows their password, or None; it takes as long for nobody.

        After ten failures in a row nobody gets in, until somebody at the counter sets the count back.
        """
        own = _PEOPLE.c.number == number
        counted = sql.update(_PEOPLE).where(own).values(failures=_PEOPLE.c.failures + 1).returning(*_PEOPLE.c)
        with self._engine.begin() as connection:
            # Counted before it is looked at, so that many tries at once are no more than that many.
            found = connection.execute(counted).one_or_none()
        salt, expected = (found.salt, found.password) if found is not None else (bytes(16), bytes(32))
        matches = hmac.compare_digest(_digest(password, salt), expected)
        if found is None or not matches or found.failures > MAX_FAILURES:
            return None
        with self._engine.begin() as connection:
            connection.execute(sql.update(_PEOPLE).where(own).values(failures=0))
        return number

    def holder_of(self, card: str) -> str | None:
        """Return the number of the person whose card it is, or None."""
        with self._engine.connect() as connection:
            return connection.execute(sql.select(_PEOPLE.c.number).where(_PEOPLE.c.card == card)).scalar_one_or_none()

    def name_of(self, number: str) -> str:
        """Return the name of a person on the register."""
        record = self._record(number, ResidenceRecord)
        return record.full_name if isinstance(record, ResidenceRecord) else number

    # --- what do we know about them ---------------------------------------------------------------------------------

    def kinds_for(self, number: str) -> list[type[CredentialType]]:
        """Return the types that there is a record of for a person, in the order of the catalogue."""
        query = sql.select(_RECORDS.c.type).where(_RECORDS.c.person == number)
        with self._engine.connect() as connection:
            found = set(connection.execute(query).scalars())
        return [kind for vct, kind in KINDS.items() if vct in found]

    def find(self, subject: str, kind: type[CredentialType], /, *, at: datetime) -> RecordAnswer:
        """Return a record for the issuer to sign; a clerk looks at that of a household first (`Records.find`)."""
        record = self._record(subject, kind)
        if record is None:
            return NoRecord()
        if kind is HouseholdRecord and at < self._done_at(subject, kind, at):
            return NotYet(interval=timedelta(seconds=1))
        return record

    def _record(self, number: str, kind: type[CredentialType]) -> CredentialType | None:
        query = sql.select(_RECORDS.c.record).where(_RECORDS.c.person == number, _RECORDS.c.type == kind.vct)
        with self._engine.connect() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else kind.model_validate_json(found)

    def _done_at(self, number: str, kind: type[CredentialType], at: datetime) -> datetime:
        """Lay an application on the clerk's desk, where it is not there yet; return when it is done."""
        row = {"person": number, "type": kind.vct, "done_at": int((at + CLERK_TAKES).timestamp())}
        query = sql.select(_DESK.c.done_at).where(_DESK.c.person == number, _DESK.c.type == kind.vct)
        with self._engine.begin() as connection:
            connection.execute(sql.insert(_DESK).prefix_with("OR IGNORE"), row)
            return datetime.fromtimestamp(connection.execute(query).scalar_one(), UTC)


def _records(folder: Path) -> Iterator[dict[str, str]]:
    residents = load_residents(folder / "residents.csv")
    by_household = households(residents)
    assessments = load_tax_assessments(folder / "tax_assessments.csv", residents)
    for number, resident in residents.items():
        yield _row(number, resident.record)
        yield _row(number, by_household[resident.household])
    for number, assessment in assessments.items():
        yield _row(number, assessment)


def _row(number: str, record: CredentialType) -> dict[str, str]:
    return {"person": number, "type": type(record).vct, "record": record.model_dump_json(exclude_unset=True)}


def _accounts(people: list[str], password: str) -> list[dict[str, object]]:
    salt = secrets.token_bytes(16)  # one for all, since they have one password
    digest = _digest(password, salt)
    return [{"number": number, "salt": salt, "password": digest} for number in people]


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
