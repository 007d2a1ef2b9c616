# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The examples of W3C Bitstring Status List 1.0."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.vectors import shared_json
from vcwallet.errors import MalformedError
from vcwallet.status.bitstring import MIN_ENTRIES, Bitstring
from vcwallet.status.bitstring_status_list import Names, entries_of, read_credential

VECTORS = shared_json("bitstring-status-list", "vectors.json")
EXAMPLES: list[dict[str, Any]] = VECTORS["spec_json_examples"]
REFERRING = [example for example in EXAMPLES if "credentialStatus" in example]
LISTS = [example for example in EXAMPLES if "BitstringStatusListCredential" in example["type"]]


def test_the_published_list_has_the_fewest_entries_and_none_is_set() -> None:
    [vector] = VECTORS["encodedList"]
    bitstring = Bitstring.from_encoded(vector["multibase"])
    assert bitstring.data == bytes(vector["gunzipped_length_bytes"])
    assert bitstring.entries() == vector["bit_length"] == MIN_ENTRIES
    assert Bitstring.from_encoded(bitstring.encoded()) == bitstring


@pytest.mark.parametrize("example", REFERRING, ids=range(len(REFERRING)))
def test_a_published_entry_is_read_and_written_as_it_was(example: dict[str, Any]) -> None:
    status = example["credentialStatus"]
    written = [entry.to_json() for entry in entries_of(status)]
    assert written == (status if isinstance(status, list) else [status])


@pytest.mark.parametrize("example", LISTS, ids=range(len(LISTS)))
def test_a_published_list_is_read(example: dict[str, Any]) -> None:
    content, names = read_credential(example)
    assert names is Names.BITSTRING
    assert (content.id, content.issuer, content.purposes) == (example["id"], "did:example:12345", ("revocation",))
    assert content.statuses.entries() == MIN_ENTRIES


def test_a_published_entry_refers_to_a_published_list() -> None:
    [entry] = entries_of(REFERRING[1]["credentialStatus"])
    content, _ = read_credential(LISTS[0])
    assert (entry.list_url, entry.purpose) == (content.id, content.purposes[0])
    assert content.statuses.value(entry.index) == 0


def test_a_published_credential_that_is_no_list_is_not_read_as_one() -> None:
    with pytest.raises(MalformedError):
        read_credential(REFERRING[0])
