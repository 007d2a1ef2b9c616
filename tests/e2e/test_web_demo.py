# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""`make web` in a real browser: what people see, press and get, from collecting to a revoked certificate."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import Window, chromium, film, playwright, window
from tests.support.sources import REPOSITORY
from vcwallet.adapters import qr
from vcwallet.history import check_export

PASSPHRASE = "correct horse battery staple"


@dataclass(frozen=True)
class Town:
    """Where everybody is, and what people log in with."""

    city: str
    wallet: str
    rental: str
    bank: str
    password: str


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    command = [sys.executable, "examples/web_demo.py", "--ports", "0", "0", "0", "0", "--out", str(tmp_path / "out")]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "PYTHONUTF8": "1"}
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        said = "".join(process.stdout.readline() for _ in range(5))
        found = re.findall(r"(http://(?:127\.0\.0\.1|localhost):\d+)/", said)
        password = re.search(r"password (\w+)", said)
        assert len(found) == 4, said
        assert password is not None, said
        city, wallet, rental, bank = found
        yield Town(city=city, wallet=wallet, rental=rental, bank=bank, password=password[1])
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def started() -> Iterator[Any]:
    with playwright() as found:
        yield found


@pytest.fixture(scope="module")
def browser(started: Any) -> Iterator[Any]:
    with chromium(started) as found:
        yield found


def test_a_day_with_a_wallet(town: Town, browser: Any, started: Any, tmp_path: Path) -> None:
    with window(browser, "city") as desk, window(browser, "wallet") as phone:
        unlock(phone, town)
        phone.looked_at("1-empty")
        collect_across_devices(desk, phone, town, tmp_path)
        pictures_of_cards(phone, town)
        with window(browser, "rental") as agency:
            present_across_devices(agency, phone, town, film_to=tmp_path / "rental.y4m", started=started)
            ask_too_much(agency, phone, town)
        look_at_the_history(phone, town)
        desk.press("Back")
        desk.press("Revoke my certificates")
        desk.sees("What was issued to you is revoked")
        desk.looked_at("6-revoked")
        with window(browser, "bank") as bank:
            a_revoked_certificate_is_refused(bank, phone, town)


# --- collecting -------------------------------------------------------------------------------------------------------


def unlock(phone: Window, town: Town, *, passphrase: str = PASSPHRASE) -> None:
    phone.open(f"{town.wallet}/")
    phone.sees("Make your wallet")
    phone.looked_at("0-new")
    phone.fill("Passphrase", passphrase)
    phone.press("Make it")
    phone.sees("There are no cards yet")


def collect_across_devices(desk: Window, phone: Window, town: Town, folder: Path) -> None:
    desk.open(f"{town.city}/")
    desk.looked_at("1-home")
    desk.press("Log in and collect")
    desk.looked_at("2-login")
    desk.fill("Resident number", "R00001")
    desk.fill("Password", town.password)
    desk.press("Log in")
    desk.sees("Choose your certificates")
    desk.page.get_by_label(re.compile("tax", re.IGNORECASE)).check()
    desk.looked_at("3-choose")
    desk.press("Make a QR code")
    desk.sees("Waiting for your wallet")
    desk.looked_at("4-offer")
    digits = desk.page.locator("p.digits").inner_text()

    picture = folder / "offer.png"
    picture.write_bytes(desk.qr_picture())
    phone.press("Read a QR code")
    phone.looked_at("2-scan")
    phone.page.get_by_label("From a picture").set_input_files(picture)
    phone.sees("Do you want to collect this?")
    assert "Mirai City" in phone.text
    phone.looked_at("3-offer")
    phone.fill("The digits that the issuer shows", "000000")
    phone.press("Collect")
    phone.sees("Those were not the digits")
    phone.looked_at("4-wrong-digits")
    phone.fill("The digits that the issuer shows", digits)
    phone.press("Go on")
    phone.sees("They are in your wallet")
    phone.looked_at("5-collected")
    desk.sees("Your wallet has collected them")
    desk.looked_at("5-collected")


def pictures_of_cards(phone: Window, town: Town) -> None:
    phone.open(f"{town.wallet}/")
    assert phone.page.locator(".wallet-cards li").count() == 2
    phone.looked_at("6-cards")
    phone.page.locator(".wallet-cards a").first.click()
    phone.sees("Unused copies")
    phone.press("Check whether it is valid")
    phone.sees("This card is valid")
    phone.looked_at("7-card")


# --- presenting -------------------------------------------------------------------------------------------------------


def present_across_devices(agency: Window, phone: Window, town: Town, *, film_to: Path, started: Any) -> None:
    agency.open(f"{town.rental}/")
    agency.looked_at("1-home")
    agency.press("Show a QR code (wallet on another device)")
    agency.sees("Waiting for your wallet")
    agency.looked_at("2-request")
    camera = film(agency.qr_picture(), film_to)
    # The film is what the camera sees from the start, so the same wallet is opened in a browser that has it.
    with chromium(started, camera=camera) as other, window(other, "wallet", allow_camera=True) as seeing:
        seeing.page.context.add_cookies(phone.page.context.cookies())
        seeing.open(f"{town.wallet}/scan")
        seeing.press("Use the camera")
        seeing.sees("Show this to Minato Homes?")
        asked = seeing.text
        for expected in ("To decide on your application to rent a home", "One year after the lease ends", "1,500,000"):
            assert expected in asked
        assert "registered access certificate" in asked
        seeing.looked_at("8-consent")
        agency.sees("Your wallet has the request")
        agency.looked_at("2-fetched")
        seeing.press("Show it")
        seeing.sees("Sent to Minato Homes")
        seeing.looked_at("9-shown")
    agency.sees("We have your application")
    agency.looked_at("3-verified")
    assert "holder's key proved" in agency.text
    assert "not revoked" in agency.text
    assert "1,500,000: yes" in agency.text
    assert "3,000,000" not in agency.text
    agency.press("Done (forget what is shown here)")
    agency.sees("Apply for a flat")


def ask_too_much(agency: Window, phone: Window, town: Town) -> None:
    agency.press("QR code that asks too much")
    agency.sees("Waiting for your wallet")
    [link] = qr.read(agency.qr_picture())
    paste(phone, town, link)
    phone.sees("Your wallet refuses this request")
    assert "Registered domicile" in phone.text
    phone.looked_at("10-refused")
    phone.press("Close")
    phone.sees("Nothing was shown")
    agency.sees("Nothing was shown to us")
    agency.looked_at("4-refused")


def confirm_one_thing(bank: Window, phone: Window, town: Town) -> None:
    bank.open(f"{town.bank}/")
    bank.press("Confirm by QR code")
    bank.sees("Waiting for your wallet")
    [link] = qr.read(bank.qr_picture())
    paste(phone, town, link)
    phone.sees("Show this to Sakura Bank?")
    said = phone.text
    assert "Open an account" in said
    assert "みらい支店" in said
    assert "普通預金" in said
    assert "To identify you when you open an account" in said
    phone.looked_at("6-transaction")
    phone.page.get_by_label("I authorise this").check()
    phone.press("Show it")
    bank.sees("You have confirmed that we open the account")
    assert "Just this was confirmed with the holder's key" in bank.text
    assert "みらい支店" in bank.text
    bank.looked_at("1-confirmed")
    phone.open(f"{town.wallet}/history")
    phone.sees("Confirmed: Open an account")


def paste(phone: Window, town: Town, link: str) -> None:
    phone.open(f"{town.wallet}/scan")
    phone.fill("Or paste a link", link)
    phone.press("Open")


def look_at_the_history(phone: Window, town: Town) -> None:
    phone.open(f"{town.wallet}/history")
    said = phone.text
    assert "Minato Homes" in said
    assert "Refused by the wallet" in said
    assert "Received" in said
    phone.looked_at("11-history")
    with phone.page.expect_download() as download:
        phone.press("Save as a file")
    export = Path(download.value.path()).read_bytes()
    events = [one.entry["event"] for one in check_export(export)]
    assert events.count("presented") == 1
    assert "refused" in events
    assert json.loads(export.splitlines()[0])["entry"]["event"] == "received"
    phone.press("Ask for deletion")
    phone.sees("The wallet itself sends nothing")
    assert "privacy@minato-homes.example" in phone.text
    assert phone.page.locator("a[href^='mailto:']").count() == 0
    phone.looked_at("12-letter")
    phone.press("Ask for this, and keep that in my history")
    phone.sees("Your history says that you asked on")
    assert phone.page.locator("a[href^='mailto:privacy@minato-homes.example?']").count() == 1
    phone.looked_at("12-letter-asked")
    phone.press("To the history")
    phone.sees("You asked for deletion on")
    phone.sees("Asked for deletion")
    phone.looked_at("12-history-asked")
    with phone.page.expect_download() as download:
        phone.press("Save as a file")
    *_, last = check_export(Path(download.value.path()).read_bytes())
    assert (last.entry["event"], last.entry["verifier"]) == ("deletion_requested", events_of_rental(export))


def events_of_rental(export: bytes) -> object:
    """Return the identifier of the verifier that was shown something."""
    return next(one.entry["verifier"] for one in check_export(export) if one.entry["event"] == "presented")


def a_revoked_certificate_is_refused(bank: Window, phone: Window, town: Town) -> None:
    bank.open(f"{town.bank}/")
    bank.looked_at("1-home")
    bank.press("Show a QR code (wallet on another device)")
    bank.sees("Waiting for your wallet")
    [link] = qr.read(bank.qr_picture())
    paste(phone, town, link)
    phone.sees("Show this to Sakura Bank?")
    phone.looked_at("13-bank")
    for box in phone.page.get_by_role("checkbox").all():
        box.check()
    phone.press("Show it")
    bank.sees("This certificate has been revoked")
    bank.looked_at("2-revoked")


# --- on one device, in Japanese, with the keyboard ------------------------------------------------------------------


def test_on_one_device_in_japanese_with_the_keyboard_alone(town: Town, browser: Any) -> None:
    with window(browser, "ja", language="ja") as phone:
        phone.open(f"{town.wallet}/")
        type_into(phone, "合言葉", PASSPHRASE)
        phone.sees("まだカードがありません")
        phone.open(f"{town.city}/city/login")
        phone.fill("宛名番号", "R00002")
        type_into(phone, "パスワード", town.password)
        phone.sees("証明書を選ぶ")
        phone.page.get_by_label("課税証明書").check()
        with_keyboard(phone, "QR コードを作る")
        digits = phone.page.locator("p.digits").inner_text()
        phone.looked_at("1-offer")
        with_keyboard(phone, "この端末のウォレットを開く")
        phone.sees("受け取りますか")
        phone.looked_at("2-wallet-offer")
        type_into(phone, "発行者の画面にある数字", digits)
        phone.sees("受け取りました")

        phone.open(f"{town.bank}/")
        phone.looked_at("3-bank")
        with_keyboard(phone, "この端末のウォレットで見せる")
        phone.sees("ウォレットを待っています")
        with_keyboard(phone, "ウォレットを開く")
        phone.sees("さくら銀行に見せますか")
        phone.looked_at("4-consent")
        for box in phone.page.get_by_role("checkbox").all():
            box.focus()
            phone.page.keyboard.press("Space")
        with_keyboard(phone, "見せる")
        phone.sees("さくら銀行に送りました")
        phone.looked_at("5-sent")
        with_keyboard(phone, "元のページに戻る")
        phone.sees("審査に必要な情報を受け取りました")
        phone.looked_at("6-verified")

        phone.open(f"{town.bank}/")
        with_keyboard(phone, "QR コードを表示（別の端末のウォレット）")
        [link] = qr.read(phone.qr_picture())
        paste_ja(phone, town, link)
        with_keyboard(phone, "見せない")
        phone.sees("提示しないことだけを伝えました")
        phone.open(f"{town.bank}/wait")
        phone.sees("情報は提示されませんでした")
        phone.open(f"{town.wallet}/history")
        phone.looked_at("7-history")
        with_keyboard(phone, "削除を求める")
        phone.looked_at("8-letter")
        with_keyboard(phone, "削除を求める（履歴に残す）")
        phone.sees("に求めたことを、履歴に残しました")
        phone.looked_at("8-letter-asked")
        phone.open(f"{town.wallet}/")
        with_keyboard(phone, "ウォレットを閉じる")
        phone.sees("ウォレットを開く")
        type_into(phone, "合言葉", "a wrong passphrase")
        phone.sees("合言葉が違います")
        assert phone.wrong == [REFUSED]


def type_into(phone: Window, label: str, text: str) -> None:
    """Type into the last field of a form, and press Enter."""
    phone.page.get_by_label(label).first.focus()
    phone.page.keyboard.insert_text(text)
    phone.page.keyboard.press("Enter")


def with_keyboard(phone: Window, name: str) -> None:
    """Press a button or follow a link that the tabulator key leads to."""
    wanted = (
        phone.page.get_by_role("button", name=name, exact=True).or_(phone.page.get_by_role("link", name=name)).first
    )
    wanted.wait_for()
    for _ in range(60):
        phone.page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            phone.page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name} cannot be reached with the keyboard")


def paste_ja(phone: Window, town: Town, link: str) -> None:
    phone.open(f"{town.wallet}/scan")
    type_into(phone, "リンクを貼り付ける", link)
    phone.sees("さくら銀行に見せますか")


# --- by logging in ----------------------------------------------------------------------------------------------------


def test_a_log_in_that_the_wallet_leads_to_and_a_clerk_who_takes_a_moment(town: Town, browser: Any) -> None:
    with window(browser, "login") as desk, window(browser, "login") as phone:
        phone.open(f"{town.wallet}/")
        phone.fill("Passphrase", "short")
        phone.page.locator("#passphrase").evaluate("field => field.form.noValidate = true")
        phone.press("Make it")
        phone.sees("At least 8 characters")
        assert phone.wrong == [REFUSED]
        phone.wrong.clear()
        phone.fill("Passphrase", PASSPHRASE)
        phone.press("Make it")
        phone.sees("There are no cards yet")
        desk.open(f"{town.city}/")
        desk.press("Show a QR code")
        [link] = qr.read(desk.qr_picture())
        paste(phone, town, link)
        phone.sees("You log in on a page of the issuer")
        phone.press("Collect")
        phone.sees("Please log in on the issuer's page")
        phone.looked_at("1-to-log-in")
        phone.press("Log in")
        phone.sees("A wallet asks for")
        phone.looked_at("2-log-in")
        phone.fill("Resident number", "R00001")
        phone.fill("Password", town.password)
        phone.press("Log in")
        phone.sees("Is this right")
        phone.looked_at("3-agree")
        phone.press("Hand them to the wallet")
        phone.sees("Waiting for the issuer")
        phone.looked_at("4-waiting")
        phone.sees("They are in your wallet")
        assert phone.page.locator(".wallet-cards li").count() == 3

        phone.open(f"{town.wallet}/")
        delete_first_card(phone)
        assert phone.page.locator(".wallet-cards li").count() == 2
        phone.press("Lock the wallet")
        phone.sees("Open your wallet")
        phone.open(f"{town.bank}/")
        phone.press("Use the wallet on this device")
        phone.press("Open the wallet")
        phone.sees("Open your wallet")
        phone.fill("Passphrase", PASSPHRASE)
        phone.press("Open")
        phone.sees("Show this to Sakura Bank?")
        with window(browser, "account") as bank:
            confirm_one_thing(bank, phone, town)
        nobody_else_sees_anything(desk, town)
        a_second_browser_opens_it_too(desk, town)


REFUSED = "Failed to load resource: the server responded with a status of 403 (Forbidden)"


def nobody_else_sees_anything(stranger: Window, town: Town) -> None:
    for path in ("/history", "/history/export", "/scan", "/card?id=x", "/ask?id=x"):
        stranger.open(f"{town.wallet}{path}")
        stranger.sees("Open your wallet")
    stranger.open(f"{town.rental}/wait")
    stranger.sees("Apply for a flat")
    assert stranger.wrong == []
    # A page of another site posts a form to the wallet; a name that is not the wallet's leads to it.
    # Nobody but the wallet is shown the cookie that opens it, whatever the port.
    context = stranger.page.context
    context.add_cookies([{"name": "wallet", "value": "secret", "url": town.wallet}])
    for site in (town.city, town.rental, town.bank):
        assert "wallet" not in [one["name"] for one in context.cookies(site)]
    assert [one["name"] for one in context.cookies(town.wallet)] == ["wallet"]
    outside = context.request
    posted = outside.post(f"{town.wallet}/open", form={"passphrase": PASSPHRASE}, headers={"origin": town.bank})
    assert posted.status == 403
    assert outside.get(f"{town.wallet}/", headers={"host": "wallet.example"}).status == 421


def delete_first_card(phone: Window) -> None:
    phone.page.locator(".wallet-cards a").first.click()
    phone.page.get_by_text("Delete this card").click()
    phone.page.get_by_role("checkbox").check()
    phone.looked_at("5-delete")
    phone.page.get_by_role("button", name="Delete", exact=True).click()
    phone.sees("Your cards")


def a_second_browser_opens_it_too(desk: Window, town: Town) -> None:
    desk.open(f"{town.wallet}/")
    desk.fill("Passphrase", "not the passphrase")
    desk.press("Open")
    desk.sees("That is not the passphrase")
    desk.fill("Passphrase", PASSPHRASE)
    desk.press("Open")
    desk.sees("Your cards")
