# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The wallet's history for people: what was shown to whom, a file to keep, and a letter that asks for deletion."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from vcwallet import Wallet
from vcwallet.encoding import visible
from vcwallet.flow import HttpResponse
from vcwallet.history import LogEntry
from vcwallet.japan import JST
from web.pages import Reader
from web.reading import Types
from web.transactions import TRANSACTIONS

_EVENTS = {
    "received": ("受け取りました", "Received"),
    "deleted": ("削除しました", "Deleted"),
    "replaced": ("新しいものに替えました", "Replaced"),
    "presented": ("提示しました", "Shown"),
    "deletion_requested": ("削除を求めました", "Asked for deletion"),
    "declined": ("提示しませんでした", "Declined"),
    "refused": ("ウォレットが拒否しました", "Refused by the wallet"),
    "backed_up": ("バックアップを作りました", "Backed up"),
    "restored": ("バックアップから戻しました", "Restored"),
    "mended": ("修復しました", "Mended"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """An entry of the history.

    Attributes:
        number: its place.
        event: what has happened, as the history has it.
        title: the same in words.
        time: when, in Japan.
        who: with whom.
        why: for what.
        claims: what it was about, by credential type.
        has_letter: whether somebody can be asked to delete what they were shown.
        asked: when they were asked to, if they were; the last time counts.
        confirmed: what was confirmed with it, by kind.
        times: how many entries of this kind stand beside each other, as those of copies do.
    """

    number: int
    event: str
    title: str
    time: str
    who: str
    why: str = ""
    claims: list[tuple[str, list[str]]] = field(default_factory=list)
    has_letter: bool = False
    asked: str = ""
    confirmed: list[str] = field(default_factory=list)
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter that asks for deletion.

    Attributes:
        to: whom it is for.
        contact: where it goes; None where the registration does not say.
        subject: what it is about.
        text: the letter.
        mail: a link that opens it in a mail program; None where the contact is no mail address.
        number: of the entry that it is about.
        asked: when it was written down that this was asked for; empty if it was not.
    """

    to: str
    contact: str | None
    subject: str
    text: str
    mail: str | None
    number: int
    asked: str


def history_lines(wallet: Wallet, types: Types, reader: Reader) -> list[HistoryLine]:
    """Return the history, the latest first; copies that were received together are one line."""
    lines: list[HistoryLine] = []
    entries = list(wallet.history())
    asked = _asked_for_deletion(entries)
    for one in reversed(entries):
        line = replace(_line(one.sequence, one.entry, types, reader), asked=asked.get(one.sequence, ""))
        if lines and line.event == "received" and replace(lines[-1], number=line.number, times=1) == line:
            lines[-1] = replace(lines[-1], times=lines[-1].times + 1)
        else:
            lines.append(line)
    return lines


def history_export(wallet: Wallet) -> HttpResponse:
    """Return the history as a file that anybody can check."""
    headers = {
        "content-type": "application/jsonl",
        "content-disposition": 'attachment; filename="history.jsonl"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return HttpResponse(status=200, headers=headers, body=wallet.export_history())


def history_letter(wallet: Wallet, types: Types, reader: Reader, *, number: str) -> Letter | None:
    """Return the letter that asks to delete what was shown; None where nothing was shown in this entry."""
    entries = list(wallet.history())
    found = next((one for one in entries if str(one.sequence) == number), None)
    if found is None or found.entry["event"] != "presented":
        return None
    line, registered = _line(found.sequence, found.entry, types, reader), found.entry.get("contact")
    contact = registered if isinstance(registered, str) else None
    said = "\n".join(f"- {kind}: {reader('、', ', ').join(names)}" for kind, names in line.claims)
    subject = reader("個人情報の削除のお願い", "Please delete my personal data")
    text = reader(
        f"{line.who} 御中\n\n{line.time} に「{line.why}」として貴社に提示した次の情報の利用を停止し、消去してください"
        f"（個人情報の保護に関する法律 第35条）。\n\n{said}\n\n請求の番号: {found.entry['request']}\n\n"
        "対応の結果をお知らせください。法令により消去できない場合は、その根拠と消去の時期をお知らせください。\n",
        f"To {line.who}\n\nOn {line.time} I showed you the following, “{line.why}”.  Please stop using it and erase it"
        f" (Act on the Protection of Personal Information, Article 35).\n\n{said}\n\n"
        f"Your request was: {found.entry['request']}\n\n"
        "Please tell me when that is done.  If a law does not allow you to erase it, tell me which one, and when you"
        " will.\n",
    )
    address = (contact or "").removeprefix("mailto:")
    is_mail = _MAIL.fullmatch(address) is not None
    return Letter(
        to=line.who,
        contact=contact,
        subject=subject,
        text=text,
        mail=f"mailto:{address}?subject={quote(subject)}&body={quote(text)}" if is_mail else None,
        number=found.sequence,
        asked=_asked_for_deletion(entries).get(found.sequence, ""),
    )


_MAIL = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+")


def _asked_for_deletion(entries: Iterable[LogEntry]) -> dict[int, str]:
    """Return when somebody was asked to delete what they were shown, by the number of that entry."""
    asked = (one.entry for one in entries if one.entry["event"] == "deletion_requested")
    return {int(str(entry["disclosure"])): _time(entry) for entry in asked}


def _line(number: int, entry: Mapping[str, Any], types: Types, reader: Reader) -> HistoryLine:
    event = str(entry["event"])
    title = _EVENTS.get(event, (event, event))
    return HistoryLine(
        number=number,
        event=event,
        title=reader(*title),
        time=_time(entry),
        who=_named(entry.get("verifier_name") or entry.get("issuer_name") or {}, reader),
        why=_named(entry.get("purpose_text") or {}, reader),
        claims=list(_claims(entry, types, reader)),
        has_letter=event == "presented",
        confirmed=[_confirmed(one["type"], reader) for one in entry.get("transactions", ())],
    )


def _time(entry: Mapping[str, Any]) -> str:
    return f"{datetime.fromisoformat(entry['time']).astimezone(JST):%Y-%m-%d %H:%M}"


def _confirmed(type_id: str, reader: Reader) -> str:
    known = TRANSACTIONS.get(type_id)
    return type_id if known is None else _named(known.labels[""], reader)


def _claims(entry: Mapping[str, Any], types: Types, reader: Reader) -> Iterator[tuple[str, list[str]]]:
    if "type" in entry:
        yield types.name(entry["type"], reader), []
    for one in entry.get("credentials", ()):
        labels = [types.label_of(one["type"], name, reader) for name in one["claims"]]
        yield types.name(one["type"], reader), list(dict.fromkeys(labels))
    by_type: dict[str, list[str]] = {}
    for claim in entry.get("claims", ()):
        type_id, _, path = claim.partition(": ")
        # A type has one name in all its formats.
        by_type.setdefault(types.name(type_id, reader), []).append(types.label_of(type_id, path, reader))
    for name, labels in by_type.items():
        yield name, list(dict.fromkeys(labels))


def _named(names: Mapping[str, str], reader: Reader) -> str:
    return visible.shown(names.get(reader.language) or next(iter(names.values()), ""))
