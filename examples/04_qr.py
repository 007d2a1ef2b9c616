# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Two devices that have no network between them: the request and the answer travel as QR codes.

The verifier shows its request, the wallet reads it from the pictures, and answers with a sequence of codes.  The
verifier's camera misses a third of the frames, sees others twice, and has the answer whole all the same.
"""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

from stage import Stage, output_folder

from vcwallet import Issuer, SdJwtVc, TrustRegistry, Verifier, Wallet, ask
from vcwallet.adapters import qr
from vcwallet.japan import JST, Address, PartialDate, ResidenceRecord, purposes


def main() -> None:
    """Run the example."""
    folder, stage = output_folder("qr"), Stage("A request and an answer as QR codes")
    registry = TrustRegistry.create("Demo trust registry")
    city = Issuer(registry.enrol_issuer("Mirai City", code="999016", may_issue=[ResidenceRecord]), time_zone=JST)
    shop = Verifier(registry.enrol_verifier("Keyaki Liquor", purposes=[purposes.AGE_RESTRICTED_SALE]))
    wallet = Wallet.create(None, passphrase="correct horse battery staple", trust=registry.published())
    record = ResidenceRecord(
        full_name="番号　花子",
        birth_date=PartialDate.parse("1990-01-02"),
        resident_address=Address(formatted="〇〇県みらい市ひばりが丘一丁目２番３号"),
    )
    credential = city.issue(record, format=SdJwtVc, holder=wallet.new_holder_key(), valid_for=timedelta(days=90))
    wallet.receive(credential)

    with stage.step("The shop shows its request"):
        adult = ask(ResidenceRecord, "age_over_20", values={"age_over_20": [True]})
        request = shop.request(adult, purpose="age_restricted_sale")
        request_codes = qr.qr_codes(qr.QrKind.VC_REQUEST, request.jwt)
        (folder / "request.gif").write_bytes(qr.animated_gif(request_codes))
        for number, code in enumerate(request_codes, 1):
            code.save(folder / f"request-{number:02}.png")
        stage.say(f"{len(request.jwt)} characters in {len(request_codes)} codes: {folder / 'request-01.png'} ...")

    with stage.step("The wallet reads it from the pictures"):
        scanner = qr.Scanner()
        for picture in stage.progress(sorted(str(path) for path in folder.glob("request-*.png")), len(request_codes)):
            if scanner.message is None:
                scanner.scan(Path(picture))
        prompt = wallet.match((scanner.message or b"").decode())
        stage.show(prompt)

    with stage.step("The holder agrees, and the wallet shows the answer"):
        answer = wallet.present(prompt.approve()).to_json()
        answer_codes = qr.qr_codes(qr.QrKind.VC_RESPONSE, answer, redundancy=2.5)
        for number, code in enumerate(answer_codes, 1):
            code.save(folder / f"answer-{number:02}.svg")
        (folder / "answer.gif").write_bytes(qr.animated_gif(answer_codes))
        stage.say(f"{len(answer)} bytes in {len(answer_codes)} codes: {folder / 'answer.gif'}")
        stage.say("the first of them, as a terminal shows it:")
        print(answer_codes[0].terminal())

    with stage.step("The sequence runs over and over, and the shop's camera misses a third of the frames"):
        frames, camera, seen = [code.png() for code in answer_codes], random.Random(4), 0
        scanner = qr.Scanner()
        while scanner.message is None:
            for frame in camera.sample(frames, k=len(frames) * 2 // 3):
                scanner.scan(frame)
                seen += scanner.message is None
        stage.say(f"{seen + 1} frames were enough for a {scanner.kind}")
        verified = shop.verify(scanner.message, expected=request)
        stage.say(f"aged 20 or over: {verified[ResidenceRecord].age_over_20}; nothing else left the wallet:")
        stage.say(", ".join(".".join(map(str, path)) for path in verified.evidence(ResidenceRecord)[0].disclosed))

    with stage.step("A photograph of the same answer, shown again"), stage.refused("the replay"):
        shop.verify(scanner.message, expected=request)
    stage.end()


if __name__ == "__main__":
    main()
