# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Uniform resources, single and in parts (BCR-2020-005, BCR-2024-001)."""

from __future__ import annotations

import re
from itertools import islice

import pytest

from vcwallet.encoding import bytewords, cbor
from vcwallet.encoding import uniform_resource as ur
from vcwallet.encoding.fountain import Part
from vcwallet.encoding.uniform_resource import UrDecoder
from vcwallet.errors import LimitExceededError, MalformedError

MESSAGE = cbor.dumps(bytes(range(250)) * 4)
# What a QR code writes in its compact mode (ISO/IEC 18004, table 5).
ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+\-./:]+")


def pour(count: int, *, message: bytes = MESSAGE, ur_type: str = "vc-response") -> list[str]:
    return list(islice(ur.parts(ur_type, message, max_fragment_bytes=100), count))


def receive(decoder: UrDecoder, texts: list[str]) -> bytes | None:
    for text in texts:
        decoder.receive(text)
    return decoder.message


# --- the text --------------------------------------------------------------------------------------------------------


def test_the_published_seed_goes_both_ways() -> None:
    # BCR-2020-005.
    text = "ur:seed/oyadgdstaslplabghydrpfmkbggufgludprfgmamdpwmox"
    seed = bytes.fromhex("a10150c7098580125e2ab0981253468b2dbc52")
    assert ur.encode("seed", seed).lower() == text
    decoder = UrDecoder()
    assert receive(decoder, [text]) == seed
    assert (decoder.ur_type, decoder.progress) == ("seed", 1.0)


def test_all_texts_are_upper_case_for_the_compact_mode_of_qr_codes() -> None:
    for text in [ur.encode("vc-response", MESSAGE), *pour(20)]:
        assert ALPHANUMERIC.fullmatch(text)


def test_a_part_says_its_number_and_the_count() -> None:
    assert ur.part_count(MESSAGE, max_fragment_bytes=100) == 11
    assert [text.split("/")[1] for text in pour(13)][::12] == ["1-11", "13-11"]


def test_a_message_of_one_fragment_takes_the_single_form() -> None:
    message = cbor.dumps(b"short")
    assert set(pour(3, message=message)) == {ur.encode("vc-response", message)}


def test_both_cases_are_read() -> None:
    assert receive(UrDecoder(), [text.lower() for text in pour(11)]) == MESSAGE
    assert receive(UrDecoder(), [ur.encode("vc-response", MESSAGE)]) == MESSAGE


# --- sequences -------------------------------------------------------------------------------------------------------


def test_a_sequence_is_read_backwards_with_gaps_and_repetitions() -> None:
    texts = pour(30)[::-1]
    decoder = UrDecoder()
    assert receive(decoder, [text for text in texts[2:] for _ in range(2)]) == MESSAGE
    assert (decoder.ur_type, decoder.progress) == ("vc-response", 1.0)


def test_progress_goes_from_nothing_to_all() -> None:
    decoder = UrDecoder()
    assert (decoder.ur_type, decoder.progress, decoder.message) == (None, 0.0, None)
    for known, text in enumerate(pour(11), 1):
        decoder.receive(text)
        assert decoder.progress == known / 11


@pytest.mark.parametrize(
    "stranger",
    [
        pour(1, message=cbor.dumps(bytes(1001)))[0],
        pour(2, ur_type="vc-request")[1],
        ur.encode("vc-response", cbor.dumps(b"short")),
        ur.encode("seed", cbor.dumps(b"short")),
    ],
    ids=["other message", "other type", "single", "single of other type"],
)
def test_a_text_of_another_message_changes_nothing(stranger: str) -> None:
    decoder = UrDecoder()
    assert receive(decoder, [text for part in pour(11) for text in (part, stranger)]) == MESSAGE
    decoder.receive(stranger)
    assert (decoder.ur_type, decoder.message) == ("vc-response", MESSAGE)


def test_a_false_part_is_found_out_and_the_decoder_starts_again() -> None:
    *texts, last = pour(11)
    body = Part.from_cbor(bytewords.decode(last.split("/")[2].lower()))
    forged = Part(
        number=body.number,
        count=body.count,
        message_length=body.message_length,
        checksum=body.checksum,
        data=bytes(len(body.data)),
    )
    forged_text = f"ur:vc-response/11-11/{bytewords.encode(forged.to_cbor())}"
    decoder = UrDecoder()
    with pytest.raises(MalformedError, match="checksum"):
        receive(decoder, [*texts, forged_text])
    assert (decoder.ur_type, decoder.progress, decoder.message) == (None, 0.0, None)
    assert receive(decoder, pour(11, ur_type="vc-request")) == MESSAGE


# --- what is refused -------------------------------------------------------------------------------------------------

GOOD = ur.encode("seed", b"\x01")
BODY = GOOD.split("/")[1]
PART = pour(1)[0]
PART_BODY = PART.split("/")[2]
LONE_PART = Part(number=1, count=1, message_length=5, checksum=0, data=bytes(5))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "UR",
        "UR:",
        "UR:SEED",
        "UR:SEED/",
        f"UR:/{BODY}",
        f"UR:SE_ED/{BODY}",
        f"URI:SEED/{BODY}",
        f"UR:SEED/{BODY}/",
        f"UR:SEED/{BODY} ",
        f"UR:SEED/{BODY}\n",
        f" UR:SEED/{BODY}",
        f"UR:{'S' * 65}/{BODY}",
        f"UR:SEED/{BODY[:-2]}",
        f"UR:SEED/{BODY[:-1]}",
        f"UR:SEED/1/{BODY}",
        f"UR:\N{KELVIN SIGN}EED/{BODY}",
        f"UR:VC-RESPONSE/1-11/{BODY}",
        f"UR:VC-RESPONSE/2-11/{PART_BODY}",
        f"UR:VC-RESPONSE/1-12/{PART_BODY}",
        f"UR:VC-RESPONSE/01-11/{PART_BODY}",
        f"UR:VC-RESPONSE/0-11/{PART_BODY}",
        f"UR:VC-RESPONSE/1-11-1/{PART_BODY}",
        f"UR:VC-RESPONSE/{'1' * 5000}-11/{PART_BODY}",
        f"ur:vc-response/1-1/{bytewords.encode(LONE_PART.to_cbor())}",
    ],
)
def test_what_is_not_a_uniform_resource_is_refused_and_changes_nothing(text: str) -> None:
    decoder = UrDecoder()
    with pytest.raises(MalformedError):
        decoder.receive(text)
    decoder.receive(GOOD)
    assert decoder.message == b"\x01"


def test_a_sequence_of_more_than_100_parts_is_refused() -> None:
    def first_of(count: int) -> str:
        part = Part(number=1, count=count, message_length=10 * count, checksum=0, data=bytes(10))
        return f"ur:seed/1-{count}/{bytewords.encode(part.to_cbor())}"

    decoder = UrDecoder()
    with pytest.raises(LimitExceededError, match="100 parts"):
        decoder.receive(first_of(101))
    decoder.receive(first_of(100))
    assert decoder.progress == 0.01


def test_a_message_longer_than_the_limit_is_refused() -> None:
    longest, longer = ur.encode("seed", bytes(1000)), ur.encode("seed", bytes(1001))
    decoder = UrDecoder(max_message_bytes=1000)
    with pytest.raises(LimitExceededError, match="1000 bytes"):
        decoder.receive(longer)
    with pytest.raises(LimitExceededError, match="too long"):
        decoder.receive(longer + "AE" * 200)
    decoder.receive(longest)
    assert decoder.message == bytes(1000)


def test_what_no_decoder_takes_is_not_written() -> None:
    assert len(ur.encode("seed", bytes(256 * 1024))) > 512 * 1024
    with pytest.raises(LimitExceededError, match="262144 bytes"):
        ur.encode("seed", bytes(256 * 1024 + 1))
    next(ur.parts("seed", bytes(20_000)))
    with pytest.raises(LimitExceededError, match="100 parts"):
        ur.parts("seed", bytes(20_001))


@pytest.mark.parametrize("ur_type", ["", "Seed", "se_ed", "se/ed", "seed\n"])
def test_a_type_has_small_letters_digits_and_hyphens(ur_type: str) -> None:
    assert ur.encode("vc-2", b"\x01")
    with pytest.raises(ValueError, match="a-z"):
        ur.encode(ur_type, b"\x01")
    with pytest.raises(ValueError, match="a-z"):
        ur.parts(ur_type, b"\x01")
