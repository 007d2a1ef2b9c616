# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Fountains of parts (BCR-2024-001): the published vectors bit by bit, and what a decoder must survive."""

from __future__ import annotations

import random
import zlib
from itertools import islice

import pytest

from vcwallet.encoding import cbor
from vcwallet.encoding.fountain import FountainDecoder, Part, Xoshiro256, choose_fragments, fragment_length, parts
from vcwallet.errors import LimitExceededError, MalformedError

# BCR-2024-001, its reference implementation's tests: the generator seeded with "Wolf", modulo 100.
WOLF = (
    "42 81 85 8 82 84 76 73 70 88 2 74 40 48 77 54 88 7 5 88 "
    "37 25 82 13 69 59 30 39 11 82 19 99 45 87 30 15 32 22 89 44"
)
# 256 bytes from "Wolf" in fragments of at most 30: the parts as CBOR, without what they have in common.
PARTS = (
    "916ec65cf77cadf55cd7f9cda1a1030026ddd42e905b77adc36e4f2d3c",
    "cba44f7f04f2de44f42d84c374a0e149136f25b01852545961d55f7f7a",
    "8cde6d0e2ec43f3b2dcb644a2209e8c9e34af5c4747984a5e873c9cf5f",
    "965e25ee29039fdf8ca74f1c769fc07eb7ebaec46e0695aea6cbd60b3e",
    "c4bbff1b9ffe8a9e7240129377b9d3711ed38d412fbb4442256f1e6f59",
    "5e0fc57fed451fb0a0101fb76b1fb1e1b88cfdfdaa946294a47de8fff1",
    "73f021c0e6f65b05c0a494e50791270a0050a73ae69b6725505a2ec8a5",
    "791457c9876dd34aadd192a53aa0dc66b556c0c215c7ceb8248b717c22",
    "951e65305b56a3706e3e86eb01c803bbf915d80edcd64d4d0000000000",
    "330f0f33a05eead4f331df229871bee733b50de71afd2e5a79f196de09",
    "3b205ce5e52d8c24a52cffa34c564fa1af3fdffcd349dc4258ee4ee828",
    "dd7bf725ea6c16d531b5f03254783803048ca08b87148daacd1cd7a006",
    "760be7ad1c6187902bbc04f539b9ee5eb8ea6833222edea36031306c01",
    "5bf4031217d2c3254b088fa7553778b5003632f46e21db129416f65b55",
    "73f021c0e6f65b05c0a494e50791270a0050a73ae69b6725505a2ec8a5",
    "b8546ebfe2048541348910267331c643133f828afec9337c318f71b7df",
    "23dedeea74e3a0fb052befabefa13e2f80e4315c9dceed4c8630612e64",
    "d01a8daee769ce34b6b35d3ca0005302724abddae405bdb419c0a6b208",
    "3171c5dc365766eff25ae47c6f10e7de48cfb8474e050e5fe997a6dc24",
    "e055c2433562184fa71b4be94f262e200f01c6f74c284b0dc6fae6673f",
)
# 1024 bytes from "Wolf" in fragments of at most 100: which of the 11 fragments each part is made of.
CHOICES = (
    "0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | "
    "10 | 9 | 2 5 6 8 9 10 | 8 | 1 5 | 1 | 0 2 4 5 8 10 | 5 | 2 | 2 | "
    "0 1 3 4 5 7 9 10 | 0 1 2 3 5 6 8 9 10 | 0 2 4 5 7 8 9 10 | 3 5 | 4 | 0 1 2 3 4 5 6 7 8 9 10 | "
    "0 1 3 4 5 6 7 9 10 | 6 | 5 6 | 7 | "
    "4 9 10 | 5 | 10 | 1 3 4 5 | 6 8 | 9 | 4 5 6 8 | 4 | 0 10 | 2 5 7 10 | "
    "4 | 0 2 4 6 7 10 | 9 | 1 | 3 6 | 3 8 | 1 2 6 9 | 0 2 4 5 6 7 9 | 0 4 | 9"
)


def wolf(length: int) -> bytes:
    generator = Xoshiro256(b"Wolf")
    return bytes(generator.below(256) for _ in range(length))


def pour(message: bytes, count: int, *, max_fragment_bytes: int = 30) -> list[Part]:
    return list(islice(parts(message, max_fragment_bytes=max_fragment_bytes), count))


# --- the published vectors -------------------------------------------------------------------------------------------


def test_the_generator_gives_the_published_numbers() -> None:
    generator = Xoshiro256(b"Wolf")
    assert " ".join(str(generator.next() % 100) for _ in range(40)) == WOLF


def test_the_checksum_is_the_common_crc_32() -> None:
    assert zlib.crc32(b"Wolf") == 0x598C84DC


def test_the_fragments_are_as_long_as_published() -> None:
    assert fragment_length(12345, 1955, min_bytes=1005) == 1764
    assert fragment_length(256, 30) == 29
    assert fragment_length(1024, 100) == 94


def test_the_encoder_makes_the_published_parts() -> None:
    made = [part.to_cbor().hex() for part in pour(wolf(256), 20)]
    assert made == [f"85{number:02x}091901001a0167aa07581d{data}" for number, data in enumerate(PARTS, 1)]


def test_each_part_is_made_of_the_published_fragments() -> None:
    checksum = zlib.crc32(wolf(1024))
    made = [sorted(choose_fragments(number, 11, checksum)) for number in range(1, 51)]
    assert made == [[int(index) for index in choice.split()] for choice in CHOICES.split("|")]


def test_a_part_is_written_like_the_published_one() -> None:
    data = bytes.fromhex("0105030305")
    assert cbor.dumps([12, 8, 100, 0x12345678, data]).hex() == "850c0818641a12345678450105030305"
    # The published one is for show: eight fragments of five bytes are no message of a hundred.
    part = Part(number=12, count=8, message_length=36, checksum=0x12345678, data=data)
    assert part.to_cbor().hex() == "850c0818241a12345678450105030305"
    assert Part.from_cbor(part.to_cbor()) == part


# --- receiving -------------------------------------------------------------------------------------------------------


def receive(decoder: FountainDecoder, received: list[Part]) -> bytes | None:
    for part in received:
        decoder.receive(part)
    return decoder.message


def test_the_first_parts_alone_are_enough_in_any_order() -> None:
    made = pour(wolf(256), 9)
    assert receive(FountainDecoder(), made) == wolf(256)
    assert receive(FountainDecoder(), made[::-1]) == wolf(256)


def test_the_later_parts_alone_are_enough() -> None:
    assert receive(FountainDecoder(), pour(wolf(256), 40)[9:]) == wolf(256)


def test_a_third_lost_the_rest_shuffled_and_repeated_is_enough() -> None:
    made = pour(wolf(3000), 90, max_fragment_bytes=100)
    dice = random.Random(7)
    received = [part for part in made if dice.random() > 0.3] * 2
    dice.shuffle(received)
    assert receive(FountainDecoder(), received) == wolf(3000)


def test_progress_grows_with_what_is_new_and_only_with_that() -> None:
    decoder = FountainDecoder()
    assert (decoder.progress, decoder.message) == (0.0, None)
    made = pour(wolf(256), 9)
    for known, part in enumerate(made, 1):
        for _ in range(2):
            decoder.receive(part)
            assert decoder.progress == known / 9
    assert decoder.message == wolf(256)


def test_parts_of_another_message_change_nothing() -> None:
    decoder = FountainDecoder()
    made, others = pour(wolf(256), 9), pour(wolf(257), 9)
    for part, other in zip(made, others, strict=True):
        decoder.receive(part)
        decoder.receive(other)
    assert decoder.message == wolf(256)


def test_a_message_that_does_not_match_its_checksum_is_refused_and_the_decoder_starts_again() -> None:
    decoder = FountainDecoder()
    *made, last = pour(wolf(256), 9)
    forged = Part(number=last.number, count=9, message_length=256, checksum=last.checksum, data=bytes(len(last.data)))
    with pytest.raises(MalformedError, match="checksum"):
        receive(decoder, [*made, forged])
    assert (decoder.progress, decoder.message) == (0.0, None)
    assert receive(decoder, [*made, last]) == wolf(256)


def test_the_number_of_parts_is_limited() -> None:
    decoder = FountainDecoder()
    with pytest.raises(LimitExceededError, match="100 parts"):
        decoder.receive(Part(number=1, count=101, message_length=1010, checksum=0, data=bytes(10)))
    decoder.receive(Part(number=1, count=100, message_length=1000, checksum=0, data=bytes(10)))
    assert decoder.progress == 0.01


def test_the_length_of_the_message_is_limited() -> None:
    decoder = FountainDecoder(max_message_bytes=255)
    with pytest.raises(LimitExceededError, match="255 bytes"):
        decoder.receive(pour(wolf(256), 1)[0])
    decoder.receive(pour(wolf(255), 1)[0])
    assert decoder.progress > 0


# --- parts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "bad"),
    [
        ("part 0", [0, 2, 20, 0, bytes(10)]),
        ("a number beyond 32 bits", [2**32, 2, 20, 0, bytes(10)]),
        ("a checksum beyond 32 bits", [1, 2, 20, 2**32, bytes(10)]),
        ("a negative checksum", [1, 2, 20, -1, bytes(10)]),
        ("no fragments", [1, 0, 0, 0, bytes(10)]),
        ("no data", [1, 2, 20, 0, b""]),
        ("more data than announced", [1, 2, 20, 0, bytes(20)]),
        ("less data than announced", [1, 2, 20, 0, bytes(9)]),
        ("a message of nothing", [1, 1, 0, 0, bytes(10)]),
        ("a negative length", [1, 2, -20, 0, bytes(10)]),
        ("true for one", [True, 2, 20, 0, bytes(10)]),
        ("a float", [1, 2.0, 20, 0, bytes(10)]),
        ("text for bytes", [1, 2, 20, 0, "0123456789"]),
        ("four members", [1, 2, 20, 0]),
        ("six members", [1, 2, 20, 0, bytes(10), 0]),
        ("no array", bytes(10)),
        ("a map", {1: 2}),
    ],
)
def test_a_part_that_contradicts_itself_is_refused(reason: str, bad: cbor.CborValue) -> None:
    assert Part.from_cbor(cbor.dumps([1, 2, 20, 0, bytes(10)])).count == 2
    with pytest.raises(MalformedError):
        Part.from_cbor(cbor.dumps(bad))


def test_a_part_does_not_show_its_bytes() -> None:
    assert "data" not in repr(pour(b"secret" * 10, 1)[0])


@pytest.mark.parametrize(("length", "max_bytes"), [(0, 30), (256, 19)])
def test_what_cannot_be_cut_is_the_callers_mistake(length: int, max_bytes: int) -> None:
    assert fragment_length(1, 20) == 1
    with pytest.raises(ValueError, match="fragments"):
        next(parts(bytes(length), max_fragment_bytes=max_bytes))


@pytest.mark.parametrize("length", range(1, 200))
def test_no_fragment_is_longer_than_asked(length: int) -> None:
    assert all(fragment_length(length, max_bytes) <= max_bytes for max_bytes in range(20, 60))
