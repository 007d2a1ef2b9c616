# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A verifier as a process of its own, which shares nothing with the wallet but files.

    python examples/03_verifier.py              plays registry and wallet, and starts the verifier three times
    python examples/03_verifier.py ask FOLDER   makes a request, and ends
    python examples/03_verifier.py check FOLDER verifies the answer to it, and ends

The verifier keeps its enrolment, its pending request, the requests that were answered and its receipts in its folder.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from stage import Stage, emptied

from vcwallet import Enrolment, Issuer, Request, Response, SdJwtVc, TrustRegistry, VcError, Verifier, Wallet, ask
from vcwallet.japan import JST, Address, PartialDate, ResidenceRecord, purposes

PASSPHRASE = "VCWALLET_PASSPHRASE"


def ask_for(folder: Path) -> None:
    """The verifier makes a request: the signed text for the wallet, and the same kept for later."""
    with verifier(folder) as agency:
        request = agency.request(ask(ResidenceRecord, "full_name", "resident_address"), purpose="tenancy")
    (folder / "pending.jwt").write_text(request.jwt)
    (folder / "exchange" / "request.jwt").write_text(request.jwt)
    print(f"   verifier, process {os.getpid()}: asked for a name and an address")


def check(folder: Path) -> None:
    """The verifier verifies the answer, or says why not."""
    expected = Request.from_jwt((folder / "pending.jwt").read_text())
    answer = Response.from_json((folder / "exchange" / "answer.json").read_bytes())
    with verifier(folder) as agency:
        try:
            verified = agency.verify(answer, expected=expected)
        except VcError as error:
            print(f"   verifier, process {os.getpid()}: refused, {error.code}")
            sys.exit(2)
        evidence = verified.evidence(ResidenceRecord)[0]
        print(
            f"   verifier, process {os.getpid()}: {len(evidence.disclosed)} claims, issued by {evidence.issuer.party}"
        )
        print(f"   receipts so far: {len(agency.receipts())}")


def verifier(folder: Path) -> Verifier:
    """Take up the enrolment that the registry has sent, with the state of earlier runs."""
    enrolment = Enrolment.from_json((folder / "enrolment.json").read_bytes(), os.environ[PASSPHRASE])
    return Verifier(enrolment, path=folder / "verifier.db")


def play(folder: Path) -> None:
    """Registry, city and wallet in this process; the verifier in others."""
    stage = Stage("A verifier that shares nothing with the wallet but files")
    passphrase = secrets.token_urlsafe(16)
    (emptied(folder) / "exchange").mkdir()
    with stage.step("The registry enrols a rental agency and sends its enrolment, the key encrypted"):
        registry = TrustRegistry.create("Demo trust registry")
        city = Issuer(registry.enrol_issuer("Mirai City", code="999016", may_issue=[ResidenceRecord]), time_zone=JST)
        enrolment = registry.enrol_verifier("Hibari Rental Agency", purposes=[purposes.TENANCY])
        (folder / "enrolment.json").write_bytes(enrolment.to_json(passphrase))
    with stage.step("A resident has a wallet"):
        wallet = Wallet.create(None, passphrase="correct horse battery staple", trust=registry.published())
        record = ResidenceRecord(
            full_name="番号　花子",
            birth_date=PartialDate.parse("1990-01-02"),
            resident_address=Address(formatted="〇〇県みらい市ひばりが丘一丁目２番３号"),
        )
        holder = wallet.new_holder_key()
        wallet.receive(city.issue(record, format=SdJwtVc, holder=holder, valid_for=timedelta(days=90)))
    with stage.step("The verifier asks"):
        run("ask", folder, passphrase)
    with stage.step("The wallet answers"):
        prompt = wallet.match((folder / "exchange" / "request.jwt").read_text())
        stage.show(prompt)
        (folder / "exchange" / "answer.json").write_bytes(wallet.present(prompt.approve()).to_json())
    with stage.step("The verifier checks, in another process"):
        run("check", folder, passphrase)
    with stage.step("Somebody hands in the same answer again; a third process remembers"):
        run("check", folder, passphrase, status=2)
    stage.end()


def run(what: str, folder: Path, passphrase: str, *, status: int = 0) -> None:
    """Start this script as another process, and expect its exit status."""
    environment = {**os.environ, PASSPHRASE: passphrase}
    done = subprocess.run([sys.executable, __file__, what, str(folder)], env=environment, check=False)
    if done.returncode != status:
        raise SystemExit(f"the verifier ended with {done.returncode}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="?", choices=("play", "ask", "check"), default="play")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("build") / "verifier")
    arguments = parser.parse_args()
    {"play": play, "ask": ask_for, "check": check}[arguments.what](arguments.folder)


if __name__ == "__main__":
    main()
