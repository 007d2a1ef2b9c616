# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Disclosures and their digests (RFC 9901, section 4.2)."""

from __future__ import annotations

import pytest

from tests.support.credentials import disclosure
from vcwallet.encoding import base64url
from vcwallet.errors import LimitExceededError, MalformedError, UnsupportedError
from vcwallet.formats.sd_jwt import Disclosure, HashAlgorithm
from vcwallet.formats.sd_jwt.disclosure import MAX_DISCLOSURE_TEXT

# RFC 9901, sections 4.2.1 to 4.2.3 and appendix B: however the issuer writes its JSON, the text is what is digested.
MOEBIUS = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
MOEBIUS_ESCAPED = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNXHUwMGY2Yml1cyJd"
MOEBIUS_DENSE = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsImZhbWlseV9uYW1lIiwiTcO2Yml1cyJd"
FRANCE = "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0"


def encoded(text: str) -> str:
    return base64url.encode(text.encode())


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (MOEBIUS, "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"),
        (FRANCE, "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"),
    ],
)
def test_a_published_disclosure_has_its_published_digest(text, digest):
    assert HashAlgorithm.SHA_256.digest(text) == digest
    assert Disclosure.parse(text).text == text


@pytest.mark.parametrize("text", [MOEBIUS, MOEBIUS_ESCAPED, MOEBIUS_DENSE])
def test_a_disclosure_means_the_same_however_its_json_is_written(text):
    parsed = Disclosure.parse(text)
    assert (parsed.name, parsed.value) == ("family_name", "Möbius")


def test_each_way_of_writing_a_disclosure_has_a_digest_of_its_own():
    assert len({HashAlgorithm.SHA_256.digest(text) for text in (MOEBIUS, MOEBIUS_ESCAPED, MOEBIUS_DENSE)}) == 3


def test_the_disclosure_of_an_element_has_no_name():
    parsed = Disclosure.parse(FRANCE)
    assert (parsed.name, parsed.value) == (None, "FR")


@pytest.mark.parametrize("value", [None, False, 0, 1.5, "", [], {}, [None], {"a": {"b": [1]}}])
def test_a_value_can_be_any_json(value):
    assert Disclosure.parse(disclosure("salt", "name", value)).value == value
    assert Disclosure.parse(disclosure("salt", value)).value == value


@pytest.mark.parametrize(
    ("name", "length"), [("sha-256", 32), ("sha-384", 48), ("sha-512", 64)], ids=["sha-256", "sha-384", "sha-512"]
)
def test_a_hash_algorithm_is_known_by_its_registered_name(name, length):
    algorithm = HashAlgorithm.parse(name)
    assert len(base64url.decode(algorithm.digest("text"))) == algorithm.digest_bytes == length


@pytest.mark.parametrize("name", ["SHA-256", "sha256", "sha-256-32", "sha-256-128", "sha-1", "md5", "", None, 256, []])
def test_a_hash_algorithm_that_is_unknown_or_too_short_is_refused(name):
    with pytest.raises(UnsupportedError):
        HashAlgorithm.parse(name)


@pytest.mark.parametrize(
    "text",
    [
        encoded('["salt"]'),
        encoded("[]"),
        encoded('["salt","name","value","more"]'),
        encoded('{"salt":"name"}'),
        encoded('"salt"'),
        encoded("null"),
        encoded('[1,"name","value"]'),
        encoded('[null,"value"]'),
        encoded('["salt",1,"value"]'),
        encoded('["salt",null,"value"]'),
        encoded('["salt",["name"],"value"]'),
        encoded('["salt","_sd","value"]'),
        encoded('["salt","...","value"]'),
        encoded('["salt","name",{"a":1,"a":2}]'),
        encoded('["salt","name",NaN]'),
        encoded('["salt","name","value"'),
        encoded('["salt","name","value"] []'),
        base64url.encode('["salt","name","value"]'.encode("utf-16")),
        base64url.encode(b'\xef\xbb\xbf["salt","name","value"]'),
        disclosure("salt", "name", "value") + "=",
        disclosure("salt", "name", "value")[:-1] + "+",
        disclosure("salt", "name", "value") + "\n",
        "",
        "あ",
    ],
)
def test_what_is_no_disclosure_is_refused(text):
    with pytest.raises(MalformedError):
        Disclosure.parse(text)


@pytest.mark.parametrize("array", [["salt", "name", "value"], ["", "name", "value"], ["salt", "", "value"], ["s", 1]])
def test_what_is_a_disclosure_is_read(array):
    assert Disclosure.parse(disclosure(*array)).value == array[-1]


def test_a_disclosure_is_at_most_256_kib_long():
    fits = disclosure("salt", "a" * (MAX_DISCLOSURE_TEXT * 3 // 4 - len('["salt", ""]')))
    assert len(fits) == MAX_DISCLOSURE_TEXT == 256 * 1024
    Disclosure.parse(fits)
    with pytest.raises(LimitExceededError):
        Disclosure.parse(disclosure("salt", Disclosure.parse(fits).value + "a"))


def test_a_disclosure_keeps_its_contents_out_of_its_repr():
    assert repr(Disclosure.parse(MOEBIUS)) == "Disclosure()"
