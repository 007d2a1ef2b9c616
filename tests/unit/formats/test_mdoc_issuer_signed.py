# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""IssuerSigned: the elements that an issuer has signed, each with its salt and the number of its digest."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.mdoc import DOC_TYPE, LEFT_OUT, SPACE, Scene, changed, embed, item, items
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Budget, Tag
from vcwallet.errors import DigestInvalidError, LimitExceededError, MalformedError
from vcwallet.formats.mdoc.issuer_signed import (
    MAX_ITEMS,
    MAX_RANDOM_BYTES,
    RANDOM_BYTES,
    IssuerSigned,
    read,
    write,
    write_item,
)
from vcwallet.formats.mdoc.mso import MAX_DIGEST_ID

AUTH = Scene().issuer_auth


def read_items(*values: Any, space: str = SPACE) -> IssuerSigned:
    return read({"nameSpaces": {space: list(values)}, "issuerAuth": AUTH})


def of_item(**changes: Any) -> IssuerSigned:
    return read_items(embed(item(0, "given_name", "Arthur", **changes)))


def test_the_elements_and_the_signature_are_read():
    found = read({"nameSpaces": items(), "issuerAuth": AUTH})
    assert [one.element for one in found.items[SPACE]] == ["given_name", "family_name", "age_over_20", "portrait"]
    assert [one.digest_id for one in found.items[SPACE]] == [0, 1, 2, 3]
    assert found.items[SPACE][0].value == "Arthur"
    assert found.issuer_auth.signature == AUTH[3]
    assert found.issuer_auth_value == AUTH


def test_the_bytes_of_an_element_are_those_that_came():
    """The members stand in another order here, so writing them anew would give other bytes."""
    backwards = embed(dict(reversed(item(0, "given_name", "Arthur").items())))
    [one] = read_items(backwards).items[SPACE]
    assert one.encoded == cbor.dumps(backwards)


def test_a_presentation_may_show_no_element():
    assert read({"issuerAuth": AUTH}).items == {}


def test_members_that_nobody_knows_are_ignored():
    assert read({"issuerAuth": AUTH, "x": 1}).items == {}


def test_an_element_has_no_further_member():
    """It leaves with the element, and no person would be shown it."""
    of_item()
    for name in ("x", 1, b"x"):
        with pytest.raises(MalformedError):
            read_items(embed({**item(0, "given_name", "Arthur"), name: 1}))


@pytest.mark.parametrize("label", [4, 33, 34])
def test_the_signature_has_no_unprotected_header_that_nobody_knows(label: int):
    """It leaves with every presentation, too."""
    known = {4: b"kid", 33: b"certificate", 34: [-16, b"hash"]}
    assert read({"issuerAuth": Scene(issuer_unprotected={label: known[label]}).issuer_auth}).items == {}
    for other in (3, 5, 35, -1, "x"):
        with pytest.raises(MalformedError):
            read({"issuerAuth": Scene(issuer_unprotected={label: known[label], other: 1}).issuer_auth})


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        AUTH,
        {},
        {"nameSpaces": items()},
        {"nameSpaces": items(), "issuerAuth": None},
        {"nameSpaces": items(), "issuerAuth": Tag(18, AUTH)},
        {"nameSpaces": items(), "issuerAuth": AUTH[:3]},
        {"nameSpaces": None, "issuerAuth": AUTH},
        {"nameSpaces": [], "issuerAuth": AUTH},
        {"nameSpaces": {}, "issuerAuth": AUTH},
        {"nameSpaces": {1: items()[SPACE]}, "issuerAuth": AUTH},
        {"nameSpaces": {SPACE: []}, "issuerAuth": AUTH},
        {"nameSpaces": {SPACE: {}}, "issuerAuth": AUTH},
        {"nameSpaces": {SPACE: items()[SPACE][0]}, "issuerAuth": AUTH},
        {"nameSpaces": {SPACE: items()[SPACE], "b": []}, "issuerAuth": AUTH},
    ],
)
def test_what_is_no_issuer_signed_is_refused(value: Any):
    read({"nameSpaces": items(), "issuerAuth": AUTH})
    with pytest.raises(MalformedError):
        read(value)


@pytest.mark.parametrize("name", ["digestID", "random", "elementIdentifier", "elementValue"])
def test_an_element_has_four_members(name: str):
    assert of_item().items[SPACE][0].element == "given_name"
    with pytest.raises(MalformedError):
        of_item(**{name: LEFT_OUT})


@pytest.mark.parametrize("number", [0, 1, MAX_DIGEST_ID])
def test_the_number_of_a_digest_is_below_two_to_the_31(number: int):
    assert of_item(digestID=number).items[SPACE][0].digest_id == number


@pytest.mark.parametrize("number", [-1, MAX_DIGEST_ID + 1, 2**64 - 1, "0", b"\0", 0.0, None, False, True, [0]])
def test_another_number_of_a_digest_is_refused(number: Any):
    with pytest.raises(MalformedError, match="digestID"):
        of_item(digestID=number)


@pytest.mark.parametrize("length", [16, 17, 32, 64])
def test_a_salt_has_16_to_64_bytes(length: int):
    assert (RANDOM_BYTES, MAX_RANDOM_BYTES) == (16, 64)
    assert of_item(random=bytes(length)).items[SPACE]


@pytest.mark.parametrize("random", [b"", bytes(15), bytes(65), "0" * 16, 0, None, [0] * 16], ids=repr)
def test_a_shorter_or_longer_salt_is_refused(random: Any):
    with pytest.raises(MalformedError, match="random"):
        of_item(random=random)


@pytest.mark.parametrize("name", ["", 1, None, b"given_name", ["given_name"]])
def test_an_element_has_a_name(name: Any):
    with pytest.raises(MalformedError, match="elementIdentifier"):
        of_item(elementIdentifier=name)


@pytest.mark.parametrize("value", [None, 0, "", [], {}, b"", Tag(1004, "1990-01-02")])
def test_an_element_may_have_any_value(value: Any):
    assert of_item(elementValue=value).items[SPACE][0].value == value


@pytest.mark.parametrize(
    "value",
    [
        item(0, "given_name", "Arthur"),
        cbor.dumps(item(0, "given_name", "Arthur")),
        Tag(18, cbor.dumps(item(0, "given_name", "Arthur"))),
        Tag(24, "text"),
        embed([0, bytes(16), "given_name", "Arthur"]),
        Tag(24, b""),
        Tag(24, b"\xff"),
        Tag(24, cbor.dumps(item(0, "given_name", "Arthur")) + b"\0"),
        Tag(24, cbor.dumps(embed(item(0, "given_name", "Arthur")))),
        None,
    ],
)
def test_an_element_is_an_embedded_map(value: Any):
    read_items(embed(item(0, "given_name", "Arthur")))
    with pytest.raises(MalformedError):
        read_items(value)


def test_an_element_that_says_a_member_twice_is_refused():
    members = cbor.dumps(item(0, "a", 1))
    twice = b"\xa5" + members[1:] + cbor.dumps({"elementValue": 2})[1:]
    with pytest.raises(MalformedError, match="duplicate"):
        read_items(Tag(24, twice))


def test_an_element_stands_once_in_its_namespace():
    one, same, other = (embed(item(number, name, 1)) for number, name in ((0, "a"), (1, "a"), (1, "b")))
    assert len(read_items(one, other).items[SPACE]) == 2
    with pytest.raises(DigestInvalidError) as caught:
        read_items(one, same)
    assert caught.value.code == "ELEMENT_REPEATED"


def test_a_digest_stands_for_one_element_of_its_namespace():
    one, same, other = (embed(item(number, name, 1)) for number, name in ((0, "a"), (0, "b"), (1, "b")))
    assert len(read_items(one, other).items[SPACE]) == 2
    with pytest.raises(DigestInvalidError) as caught:
        read_items(one, same)
    assert caught.value.code == "ELEMENT_REPEATED"


def test_an_element_may_stand_in_two_namespaces():
    found = read({"nameSpaces": {"a": [embed(item(0, "x", 1))], "b": [embed(item(0, "x", 2))]}, "issuerAuth": AUTH})
    assert [found.items[space][0].value for space in "ab"] == [1, 2]


def many(count: int, first: int = 0) -> list[Tag]:
    return [embed(item(number, f"e{number}", 1)) for number in range(first, first + count)]


def test_a_document_has_at_most_two_hundred_elements_in_all_namespaces():
    assert MAX_ITEMS == 200
    read({"nameSpaces": {"a": many(199), "b": many(1)}, "issuerAuth": AUTH})
    with pytest.raises(LimitExceededError):
        read({"nameSpaces": {"a": many(199), "b": many(2)}, "issuerAuth": AUTH})
    read_items(*many(200))
    with pytest.raises(LimitExceededError):
        read_items(*many(201))


def test_values_stay_out_of_the_repr():
    assert "Arthur" not in repr(of_item())
    assert "Arthur" not in repr(of_item().items[SPACE][0])


# --- writing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 23, 24, 255, 256, 65_536, MAX_DIGEST_ID])
def test_an_element_is_written_as_the_map_that_the_standard_shows(number: int):
    members = item(number, "given_name", "Arthur")
    made = write_item(number, members["random"], "given_name", cbor.dumps("Arthur"))
    assert made == cbor.dumps(embed(members))


def test_the_parts_are_written_as_the_map_that_the_standard_shows():
    encoded = {space: [cbor.dumps(one) for one in values] for space, values in items().items()}
    assert write(encoded, cbor.dumps(AUTH)) == cbor.dumps({"nameSpaces": items(), "issuerAuth": AUTH})
    assert write({}, cbor.dumps(AUTH)) == cbor.dumps({"issuerAuth": AUTH})


def test_what_is_written_is_read():
    made = write({"a": [write_item(5, bytes(16), "x", b"\x01")]}, cbor.dumps(AUTH))
    [one] = read(cbor.loads(made)).items["a"]
    assert (one.digest_id, one.element, one.value) == (5, "x", 1)
    assert one.encoded == write_item(5, bytes(16), "x", b"\x01")


def test_a_scene_is_read_as_it_is():
    """What the tests of presentations are made from is right before anything in it is changed."""
    scene = Scene()
    assert read(changed(scene.issued_map, {})).items.keys() == items().keys()
    assert scene.mso["docType"] == DOC_TYPE


# --- a message as a whole --------------------------------------------------------------------------------------------


def test_the_elements_share_what_a_message_may_have():
    """Each alone is small; without a common budget two hundred of them would be two hundred times as much."""
    large = [embed(item(number, f"e{number}", [0] * 91)) for number in range(3)]
    value = {"nameSpaces": {"a": large[:2], "b": large[2:]}, "issuerAuth": AUTH}
    read(value, budget=Budget(300))
    with pytest.raises(LimitExceededError):
        read(value, budget=Budget(299))


def test_the_namespaces_share_a_budget_when_none_is_given():
    large = [embed(item(number, f"e{number}", [0] * 9_991)) for number in range(10)]
    read({"nameSpaces": {"a": large[:5], "b": large[5:]}, "issuerAuth": AUTH})
    with pytest.raises(LimitExceededError):
        read({"nameSpaces": {"a": large[:5], "b": large[5:], "c": [large[0]]}, "issuerAuth": AUTH})
