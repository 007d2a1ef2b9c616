# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An issuer as a process of its own, which shares nothing with registry and wallet but files.

    python examples/02_issuer.py              plays registry and wallet, and starts the issuer
    python examples/02_issuer.py serve FOLDER answers the applications in FOLDER/applications, and ends

An application is a JSON file: the resident's number, the type, and the public key that the credential is to be bound
to.  The issuer has its enrolment, with its private key encrypted, and the municipality's export.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from municipal_data import load_residents, load_tax_assessments
from stage import Stage, emptied

from vcwallet import Credential, CredentialType, Enrolment, Issuer, SdJwtVc, TrustRegistry, Wallet
from vcwallet.japan import JST, ResidenceRecord, TaxAssessment
from vcwallet.keys import jwk

DATA = Path(__file__).parent / "data"
PASSPHRASE = "VCWALLET_PASSPHRASE"
QUARTER = timedelta(days=90)


def serve(folder: Path) -> None:
    """The issuer answers each application once."""
    enrolment = Enrolment.from_json((folder / "enrolment.json").read_bytes(), os.environ[PASSPHRASE])
    city = Issuer(enrolment, time_zone=JST)
    residents = load_residents(DATA / "residents.csv")
    assessments = load_tax_assessments(DATA / "tax_assessments.csv", residents)
    registers: dict[str, dict[str, CredentialType]] = {
        ResidenceRecord.vct: {number: resident.record for number, resident in residents.items()},
        TaxAssessment.vct: dict(assessments),
    }
    for path in sorted((folder / "applications").glob("*.json")):
        application = json.loads(path.read_text(encoding="utf-8"))
        record = registers[application["type"]][application["resident"]]
        holder = jwk.parse(application["holder"])
        credential = city.issue(record, format=SdJwtVc, holder=holder, valid_for=QUARTER)
        (folder / "issued" / path.name).write_text(json.dumps({"format": credential.format, "raw": credential.raw}))
        print(f"   issuer, process {os.getpid()}: {path.name} answered with {len(credential.raw)} bytes")


def play(folder: Path) -> None:
    """Registry and wallet in this process; the issuer in another."""
    stage = Stage("An issuer that shares nothing but files")
    passphrase = secrets.token_urlsafe(16)
    emptied(folder)
    for name in ("applications", "issued"):
        (folder / name).mkdir()
    with stage.step("The registry enrols the city and sends its enrolment, the key encrypted"):
        registry = TrustRegistry.create("Demo trust registry")
        enrolment = registry.enrol_issuer("Mirai City", code="999016", may_issue=[ResidenceRecord, TaxAssessment])
        (folder / "enrolment.json").write_bytes(enrolment.to_json(passphrase))
    with stage.step("The wallet makes two keys and applies with them"):
        wallet = Wallet.create(None, passphrase="correct horse battery staple", trust=registry.published())
        number = next(iter(load_tax_assessments(DATA / "tax_assessments.csv", load_residents(DATA / "residents.csv"))))
        for kind in (ResidenceRecord, TaxAssessment):
            holder = jwk.public_jwk(wallet.new_holder_key().public_key)
            application = {"resident": number, "type": kind.vct, "holder": holder}
            (folder / "applications" / f"{kind.__name__}.json").write_text(json.dumps(application))
    with stage.step("The issuer runs, as another process"):
        environment = {**os.environ, PASSPHRASE: passphrase}
        subprocess.run([sys.executable, __file__, "serve", str(folder)], env=environment, check=True)
    with stage.step("The wallet checks what came back, and keeps it"):
        paths = sorted((folder / "issued").glob("*.json"))
        credentials = [Credential(**json.loads(path.read_text())) for path in paths]
        for path, credential in zip(paths, credentials, strict=True):
            card = wallet.receive(credential)
            stage.say(f"{path.stem}: from {card.issuer}, until {card.expires:%Y-%m-%d}")
    with stage.step("Somebody else's wallet cannot keep it, and a changed one is no credential"):
        thief = Wallet.create(None, passphrase="another passphrase", trust=registry.published())
        with stage.refused("a credential bound to another wallet's key"):
            thief.receive(credentials[0])
        with stage.refused("a credential with one disclosure left out and another put in twice"):
            parts = credentials[0].raw.split("~")
            wallet.receive(Credential(format=SdJwtVc().format, raw="~".join([*parts[:-2], parts[1], ""])))
    stage.end()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="?", choices=("play", "serve"), default="play")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("build") / "issuer")
    arguments = parser.parse_args()
    {"play": play, "serve": serve}[arguments.what](arguments.folder)


if __name__ == "__main__":
    main()
