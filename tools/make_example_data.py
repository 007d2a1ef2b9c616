# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Makes examples/data: the exports of a made-up municipality, みらい市, with 200 residents who do not exist.

``python -m tools.make_example_data`` writes the files; the same program always makes the same ones.  Names combine
common family and given names, towns are made up, postal codes begin with 000, and there is no My Number anywhere.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias

FOLDER: Final = Path(__file__).resolve().parents[1] / "examples" / "data"
SEED: Final = 999016
RESIDENTS: Final = 200
FISCAL_YEAR: Final = 2026
ASSESSED_ON: Final = date(2026, 1, 1)

Cells: TypeAlias = "dict[str, str]"
Name: TypeAlias = "tuple[str, str]"
"""As written, and its reading."""

# With a variation selector (U+E0100 and those after it) a register chooses the shape of a character.
IVS_FAMILIES: Final[tuple[Name, ...]] = (
    ("辻\U000e0100", "ツジ"),
    ("葛\U000e0100城", "カツラギ"),
    ("渡邉\U000e0101", "ワタナベ"),
    ("芦\U000e0100田", "アシダ"),
)
FAMILIES: Final[tuple[Name, ...]] = (
    ("佐藤", "サトウ"), ("鈴木", "スズキ"), ("高橋", "タカハシ"), ("田中", "タナカ"), ("伊藤", "イトウ"),
    ("山本", "ヤマモト"), ("中村", "ナカムラ"), ("小林", "コバヤシ"), ("加藤", "カトウ"), ("吉田", "ヨシダ"),
    ("佐々木", "ササキ"), ("山口", "ヤマグチ"), ("松本", "マツモト"), ("井上", "イノウエ"), ("木村", "キムラ"),
    ("林", "ハヤシ"), ("清水", "シミズ"), ("髙田", "タカダ"), ("齋藤", "サイトウ"), ("宮﨑", "ミヤザキ"),
)  # fmt: skip
GIVEN: Final[dict[str, tuple[Name, ...]]] = {
    "男": (
        ("一郎", "イチロウ"), ("健太", "ケンタ"), ("翔", "ショウ"), ("大輔", "ダイスケ"), ("誠", "マコト"),
        ("蓮", "レン"), ("陽翔", "ハルト"), ("清", "キヨシ"), ("勇", "イサム"), ("直樹", "ナオキ"),
    ),
    "女": (
        ("陽子", "ヨウコ"), ("恵", "メグミ"), ("美咲", "ミサキ"), ("葵", "アオイ"), ("結衣", "ユイ"),
        ("和子", "カズコ"), ("幸子", "サチコ"), ("裕子", "ユウコ"), ("凛", "リン"), ("あかり", "アカリ"),
    ),
}  # fmt: skip
# Postal code, town, its ID.
TOWNS: Final = (
    ("0000011", "ひばりが丘一丁目", "0001001"),
    ("0000012", "ひばりが丘二丁目", "0001002"),
    ("0000021", "若葉町", "0002000"),
    ("0000031", "みなと通り三丁目", "0003003"),
    ("0000041", "けやき台", "0004000"),
)
ELSEWHERE: Final = ("△△県あおば市中央一丁目", "△△県ほしの市本町", "□□県かえで市南二丁目")
# Name, reading, alias, nationality, status of residence, period of stay.
FOREIGNERS: Final = (
    ("NGUYEN THI LAN", "グエン　ティ　ラン", "", "VNM", "特定技能１号", "P1Y"),
    ("TRAN VAN MINH", "チャン　ヴァン　ミン", "", "VNM", "技術・人文知識・国際業務", "P3Y"),
    ("KIM JIWOO", "キム　ジウ", "金本　知宇", "KOR", "特別永住者", ""),
    ("PARK SEOYEON", "パク　ソヨン", "新井　由美", "KOR", "特別永住者", ""),
    ("LEE MINJUN", "リ　ミンジュン", "木下　民", "KOR", "永住者", ""),
    ("WANG WEI", "オウ　イ", "王子　偉", "CHN", "永住者", ""),
    ("LI NA", "リ　ナ", "", "CHN", "留学", "P2Y"),
    ("CHEN YU", "チン　ウ", "東　優", "TWN", "日本人の配偶者等", "P5Y"),
    ("SANTOS MARIA", "サントス　マリア", "山野　まりあ", "PHL", "定住者", "P3Y"),
    ("SILVA JOAO", "シルバ　ジョアン", "森　ジョアン", "BRA", "定住者", "P5Y"),
    ("SHARMA ANIL", "シャルマ　アニル", "", "NPL", "技能", "P1Y"),
    ("SMITH JANE", "スミス　ジェーン", "", "USA", "教育", "P3Y"),
    ("WIJAYA PUTRI", "ウィジャヤ　プトリ", "", "IDN", "特定技能２号", "P3Y"),
)
# Of some old people the register knows the date of birth in part, or not at all.
PARTLY_KNOWN: Final = ("1938", "1941-07", "不詳", "1935", "1944-11", "不詳", "1939")


@dataclass(slots=True)
class Person:
    """A resident who does not exist: the cells of the row, and the date of birth that made them plausible."""

    cells: Cells
    born: date
    married: bool = False

    @property
    def is_adult(self) -> bool:
        """Of full age on the day of assessment."""
        return (self.born.year + 18, self.born.month, self.born.day) <= (2026, 1, 1)

    @property
    def is_old(self) -> bool:
        """Old enough for a pension."""
        return self.born.year <= ASSESSED_ON.year - 65


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in files().items():
        (FOLDER / name).write_bytes(content)
    print(f"examples/data: {RESIDENTS} residents")


def files() -> dict[str, bytes]:
    """Return the files by name."""
    chance = random.Random(SEED)  # noqa: S311  # it makes examples, not keys
    people = residents(chance)
    adults = [person for person in people if person.is_adult]
    assessments = [assessment(person, place, chance) for place, person in enumerate(adults)]
    return {
        "residents.csv": _csv([person.cells for person in people]),
        "tax_assessments.csv": _csv(assessments),
        "tax_payments.csv": _csv([row for place, one in enumerate(assessments) for row in payments(one, place)]),
        "qualifications.json": _json(qualifications(adults)),
    }


# --- residents --------------------------------------------------------------------------------------------------------


def residents(chance: random.Random) -> list[Person]:
    """Return the people whom the examples follow, then singles of special kinds, then families until it is enough."""
    people: list[Person] = []
    for place, household in enumerate(_households(chance)):
        _move_in(household, place, chance)
        for person in household[: RESIDENTS - len(people)]:
            person.cells["宛名番号"] = f"R{len(people) + 1:05}"
            person.cells["世帯番号"] = f"S{place + 1:05}"
            people.append(person)
        if len(people) == RESIDENTS:
            break
    for person in people[20::17]:
        person.cells["氏名の振り仮名"] = ""  # not yet confirmed
    return people


def _households(chance: random.Random) -> Iterator[list[Person]]:
    yield _yamada()
    yield [_person(("番号", "バンゴウ"), ("花子", "ハナコ"), date(1990, 1, 2), "女", "世帯主")]
    for place, foreigner in enumerate(FOREIGNERS):
        yield [_foreigner(place, *foreigner)]
    for place, birth in enumerate(PARTLY_KNOWN):
        single = _person(FAMILIES[place], GIVEN["女"][place], date(1940, 1, 1), "女", "世帯主")
        single.cells["生年月日"] = birth
        yield [single]
    place = 0
    while True:
        yield _family(place, chance)
        place += 1


def _yamada() -> list[Person]:
    name = ("山田", "ヤマダ")
    taro = _person(name, ("太郎", "タロウ"), date(1990, 1, 2), "男", "世帯主")
    hanako = _person(name, ("花子", "ハナコ"), date(1991, 5, 6), "女", "妻")
    sakura = _person(name, ("さくら", "サクラ"), date(2021, 3, 30), "女", "子")
    taro.cells["氏名（ローマ字）"] = "YAMADA TARO"
    hanako.cells |= {"氏名（ローマ字）": "YAMADA HANAKO", "旧氏": "鈴木", "旧氏の振り仮名": "スズキ"}
    taro.married = True
    return [taro, hanako, sakura]


def _foreigner(place: int, name: str, kana: str, alias: str, nationality: str, status: str, period: str) -> Person:
    born = date(1998 - 2 * place, 1 + place % 12, 3 + place)
    permanent = status == "特別永住者"
    expires = date(2026, 12, 13) + timedelta(days=97 * place) if period else ""
    cells = {
        "氏名": name,
        "氏名の振り仮名": kana,
        "氏名（ローマ字）": name,
        "通称": alias,
        "生年月日": born.isoformat(),
        "性別": "女" if place % 2 == 0 else "男",
        "続柄": "世帯主",
        "国籍・地域": nationality,
        "30条45規定区分": "特別永住者" if permanent else "中長期在留者",
        "在留資格": status,
        "在留期間": period,
        "在留期間の満了の日": str(expires),
        "在留カード等の番号": f"AB{12345678 + 1011 * place}CD",
    }
    return Person(_empty_row() | cells, born)


def _family(place: int, chance: random.Random) -> list[Person]:
    """Return one of the usual households: single, couple, with children, with a parent."""
    name = IVS_FAMILIES[place // 5 % 4] if place % 5 == 0 else chance.choice(FAMILIES)
    born = _day(1950 + chance.randrange(52), chance)
    head = _person(name, chance.choice(GIVEN["男"]), born, "男", "世帯主")
    if place % 4 == 3:
        return [head]
    wife = _person(name, chance.choice(GIVEN["女"]), _day(born.year + chance.randrange(-4, 5), chance), "女", "妻")
    if place % 3 == 0:
        former = chance.choice(FAMILIES)
        wife.cells |= {"旧氏": former[0], "旧氏の振り仮名": former[1]}
    head.married = True
    children = [
        _person(name, chance.choice(GIVEN[sex]), _day(wife.born.year + 25 + 3 * number, chance), sex, "子")
        for number, sex in enumerate(chance.choice(("", "男", "女", "女男", "男女男")))
        if wife.born.year + 25 + 3 * number < ASSESSED_ON.year
    ]
    parents = [_person(name, chance.choice(GIVEN["女"]), _day(born.year - 27, chance), "女", "母")]
    return [head, wife, *children, *(parents if place % 6 == 4 and born.year > 1965 else [])]


def _person(family: Name, given: Name, born: date, sex: str, relation: str) -> Person:
    cells = {
        "氏名": f"{family[0]}　{given[0]}",
        "氏名の振り仮名": f"{family[1]}　{given[1]}",
        "生年月日": born.isoformat(),
        "性別": sex,
        "続柄": relation,
    }
    return Person(_empty_row() | cells, born)


def _move_in(household: list[Person], place: int, chance: random.Random) -> None:
    """Give a household its home, and each of its people the dates and places that led there."""
    postal_code, town, town_id = TOWNS[place % len(TOWNS)]
    street, since = f"{_wide(2 + place)}番{_wide(1 + place % 9)}号", date(2005 + place % 20, 4, 1)
    before = f"{chance.choice(ELSEWHERE)}{_wide(chance.randrange(1, 30))}番"
    home = {
        "郵便番号": postal_code,
        "町字": town,
        "番地・号": street,
        "方書": f"みらいハイツ{_wide(101 + place)}号室" if place % 7 == 2 else "",
        "町字ID": town_id,
    }
    if place == 0:
        since, before = date(2020, 4, 1), f"{ELSEWHERE[1]}４番５号"
    if household[0].cells["在留期間"]:
        since = date(2022 + place % 4, 10, 1)
    for person in household:
        person.cells |= home | _arrival(person, since, before, moved_within=place % 5 == 0)
        if not person.cells["国籍・地域"]:
            person.cells |= {"本籍": f"〇〇県みらい市{town}{street[:-2]}", "筆頭者": household[0].cells["氏名"]}


def _arrival(person: Person, since: date, before: str, *, moved_within: bool) -> Cells:
    if person.born >= since:
        day = person.born.isoformat()
        return {"住民となった年月日": day, "届出年月日": day}
    cells = {
        "住民となった年月日": since.isoformat(),
        "届出年月日": (since + timedelta(days=2)).isoformat(),
        "転入前住所": before,
    }
    if moved_within:
        moved = since.replace(year=since.year + 4) if since.year < 2022 else since
        cells |= {"住所を定めた年月日": moved.isoformat(), "異動前住所": "〇〇県みらい市けやき台９番１号"}
    return cells


# --- tax --------------------------------------------------------------------------------------------------------------


def assessment(person: Person, place: int, chance: random.Random) -> Cells:
    """Return the assessment of an adult: undeclared, pensioner, or employee."""
    row = _empty_assessment() | {
        "宛名番号": person.cells["宛名番号"],
        "年度": str(FISCAL_YEAR),
        "所得年": str(FISCAL_YEAR - 1),
    }
    if place % 9 == 8:
        # Somebody's dependent who declared nothing: taxed on nothing, but nobody knows the income.
        unknown = dict.fromkeys(("合計所得金額", "総所得金額等", "給与収入", "給与所得"), "*")
        return row | unknown | _levies(0, 0, taxed=False)
    if person.is_old:
        revenue = 10_000 * chance.randrange(60, 281)
        income = max(0, revenue - 1_100_000)
        row |= {"公的年金収入": str(revenue), "雑所得": str(income)}
        social = revenue // 20
    else:
        revenue = 10_000 * (chance.randrange(20, 130) if place % 4 == 1 else chance.randrange(180, 920))
        income = max(0, revenue - _salary_deduction(revenue))
        row |= {"給与収入": str(revenue), "給与所得": str(income)}
        social = revenue * 15 // 100
    disabled = 260_000 if place % 13 == 5 else 0
    spouse = 330_000 if person.married and place % 2 == 0 else 0
    deductions = {
        "社会保険料控除": social,
        "生命保険料控除": 28_000 if place % 2 else 0,
        "障害者控除": disabled,
        "配偶者控除": spouse,
        "基礎控除": 430_000,
    }
    total = sum(deductions.values())
    row |= {column: str(amount) for column, amount in deductions.items() if amount}
    row |= {"合計所得金額": str(income), "総所得金額等": str(income), "所得控除合計": str(total)}
    row |= {"扶養（配偶者）": "1" if spouse else "0", "扶養（障害者）": "1" if disabled else "0"}
    taxed = income > 450_000 + (260_000 if disabled else 0)
    return row | _levies(income, max(0, income - total) // 1000 * 1000 if taxed else 0, taxed=taxed)


def _levies(income: int, base: int, *, taxed: bool) -> Cells:
    """Return the tax on a base: 6 % and 4 % less the adjustment, a sum per head, and the forest environment tax."""
    municipal = max(0, base * 6 // 100 - 1_500) // 100 * 100
    prefectural = max(0, base * 4 // 100 - 1_000) // 100 * 100
    per_head = (3_000, 1_000, 1_000) if taxed else (0, 0, 0)
    return {
        "課税・非課税の別": "課税" if taxed else "非課税",
        "課税標準額": str(base),
        "調整控除": "2500" if base else "0",
        "市町村民税所得割": str(municipal),
        "市町村民税均等割": str(per_head[0]),
        "都道府県民税所得割": str(prefectural),
        "都道府県民税均等割": str(per_head[1]),
        "森林環境税": str(per_head[2]),
        "年税額": str(municipal + prefectural + sum(per_head)),
    }


def _salary_deduction(revenue: int) -> int:
    """Return the deduction from a salary of 2025."""
    if revenue <= 1_900_000:
        return 650_000
    if revenue <= 3_600_000:
        return revenue * 30 // 100 + 80_000
    if revenue <= 6_600_000:
        return revenue * 20 // 100 + 440_000
    return min(revenue * 10 // 100 + 1_100_000, 1_950_000)


def payments(assessed: Cells, place: int) -> Iterator[Cells]:
    """Yield what was paid of a tax, three quarters of which were due by November; and of a car or a house for some."""
    tax = int(assessed["年税額"])
    if tax:
        yield _payment(assessed["宛名番号"], "市県民税", tax, in_arrears=place % 8 == 6)
    if place % 6 == 2:
        yield _payment(assessed["宛名番号"], "固定資産税", 84_000 + 1_200 * place, in_arrears=False)
    if place % 11 == 3:
        yield _payment(assessed["宛名番号"], "軽自動車税", 10_800, in_arrears=place % 2 == 0)


def _payment(number: str, item: str, due: int, *, in_arrears: bool) -> Cells:
    quarter = due // 4 // 100 * 100
    due_by_now = due if item == "軽自動車税" else 3 * quarter
    unpaid = quarter if in_arrears else 0
    return {
        "宛名番号": number,
        "税目": item,
        "年度": str(FISCAL_YEAR),
        "期別": "全期",
        "納付すべき額": str(due),
        "納付済額": str(due_by_now - unpaid),
        "未納額": str(unpaid),
        "法定納期限": "2026-06-30" if item != "軽自動車税" else "2026-05-31",
        "滞納なし": "いいえ" if in_arrears else "はい",
        "証明書の種類": "その１" if item == "市県民税" else "その３",
    }


# --- qualifications ---------------------------------------------------------------------------------------------------

PROFESSIONS: Final = (
    # vct, issuing authority, form of the registration number
    ("urn:vcwallet:jp:qualification:nurse:1", "厚生労働大臣", "第{}号"),
    ("urn:vcwallet:jp:qualification:physician:1", "厚生労働大臣", "第{}号"),
    ("urn:vcwallet:jp:qualification:childcare-worker:1", "〇〇県知事", "〇〇県-{}"),
    ("urn:vcwallet:jp:qualification:teacher:1", "〇〇県教育委員会", "令二高一第{}号"),
    ("urn:vcwallet:jp:qualification:administrative-scrivener:1", "日本行政書士会連合会", "第{}号"),
    ("urn:vcwallet:jp:national-qualification:1", "国土交通大臣", "第{}号"),
)


def qualifications(adults: list[Person]) -> list[dict[str, Any]]:
    """Return the entries of the professions' registers, with 山田花子 as the nurse of the examples."""
    young = [person for person in adults if not person.is_old and not person.cells["国籍・地域"]]
    hanako = next(person for person in young if person.cells["氏名"] == "山田　花子")
    holders = [hanako, *(person for person in young if person is not hanako)]
    return [_qualification(person, place) for place, person in enumerate(holders[:30])]


def _qualification(person: Person, place: int) -> dict[str, Any]:
    vct, authority, number = PROFESSIONS[place % len(PROFESSIONS)]
    registered = date(person.born.year + 23, 4, 20)
    entry: dict[str, Any] = {
        "vct": vct,
        "issuing_authority": authority,
        "full_name": person.cells["氏名"],
        "birth_date": person.cells["生年月日"],
        "registration_number": number.format(88888 + 137 * place),
        "registration_date": registered.isoformat(),
        "qualification_status": "active",
    }
    if person.cells["旧氏"]:
        entry["former_family_name"] = person.cells["旧氏"]
    if vct.endswith(":national-qualification:1"):
        entry["qualification_name"] = "小型船舶操縦士"
    if ":teacher:" in vct:
        entry |= {
            "licence_kind": "高等学校教諭一種免許状",
            "licence_class": "first",
            "subjects": ["数学"] if place % 4 == 1 else ["国語", "書道"],
            "conferred_on": registered.isoformat(),
            "conferring_authority": authority,
        }
    if place == 9:
        entry |= {"qualification_status": "cancelled", "lapse": "withdrawn", "lapsed_on": "2025-09-30"}
    if place % 10 == 7:
        measure = {"kind": "suspension", "begins": "2026-10-01", "ends": "2027-03-31", "published": True}
        entry |= {"qualification_status": "suspended", "sanctions": [measure]}
    return entry


# --- files ------------------------------------------------------------------------------------------------------------

RESIDENT_COLUMNS: Final = (
    "宛名番号", "世帯番号", "氏名", "氏名の振り仮名", "氏名（ローマ字）", "旧氏", "旧氏の振り仮名", "通称", "生年月日",
    "性別", "続柄", "郵便番号", "町字", "番地・号", "方書", "町字ID", "住所を定めた年月日", "住民となった年月日",
    "届出年月日", "転入前住所", "異動前住所", "本籍", "筆頭者", "国籍・地域", "30条45規定区分", "在留資格", "在留期間",
    "在留期間の満了の日", "在留カード等の番号",
)  # fmt: skip
ASSESSMENT_COLUMNS: Final = (
    "宛名番号", "年度", "所得年", "課税・非課税の別", "合計所得金額", "総所得金額等", "給与収入", "給与所得",
    "公的年金収入", "雑所得", "社会保険料控除", "生命保険料控除", "障害者控除", "配偶者控除", "基礎控除",
    "所得控除合計", "課税標準額", "調整控除", "市町村民税所得割", "市町村民税均等割", "都道府県民税所得割",
    "都道府県民税均等割", "森林環境税", "年税額", "扶養（配偶者）", "扶養（障害者）",
)  # fmt: skip


def _empty_row() -> Cells:
    return dict.fromkeys(RESIDENT_COLUMNS, "")


def _empty_assessment() -> Cells:
    return dict.fromkeys(ASSESSMENT_COLUMNS, "")


def _csv(rows: Iterable[Cells]) -> bytes:
    written = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, written[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(written)
    return text.getvalue().encode()


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def _day(year: int, chance: random.Random) -> date:
    return date(year, 1, 1) + timedelta(days=chance.randrange(365))


def _wide(number: int) -> str:
    """Return a number in full-width digits, as addresses have them."""
    return str(number).translate({ord("0") + digit: ord("０") + digit for digit in range(10)})


if __name__ == "__main__":
    main()
