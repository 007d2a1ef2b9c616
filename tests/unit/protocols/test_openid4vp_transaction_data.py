# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Transaction data in requests (OpenID4VP 1.0, section 8.4): nothing is authorised that could not be shown."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.openid4vp import PAYMENT, TYPES, Payment
from vcwallet.encoding import base64url, json
from vcwallet.errors import BindingError, MalformedError, RemoteProtocolError
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.openid4vp.transaction_data import (
    assign,
    authorisable,
    authorising,
    credential_ids_of,
    read_transactions,
    require_authorised,
    transaction_text,
)


def query(*ids: str, unbound: tuple[str, ...] = (), unasked: tuple[str, ...] = ()) -> DcqlQuery:
    credentials = [
        {
            "id": one,
            "format": "dc+sd-jwt",
            "meta": {"vct_values": ["urn:example:1"]},
            "require_cryptographic_holder_binding": one not in unbound,
        }
        for one in (*ids, *unasked)
    ]
    sets = {"credential_sets": [{"options": [[one]]} for one in ids]} if unasked else {}
    return DcqlQuery.from_json({"credentials": credentials, **sets})


def text(**changes: Any) -> str:
    members = {"type": "payment", "credential_ids": ["resident"], "amount": "100 JPY"} | changes
    return base64url.encode(json.dumps({name: value for name, value in members.items() if value is not None}))


def read(*texts: str, asked: DcqlQuery | None = None) -> Any:
    return read_transactions(texts, query=asked or query("resident", "other"), types=TYPES)


class TestReading:
    def test_a_transaction_that_the_wallet_knows_is_read_with_all_it_says(self):
        [one] = read(text(memo="rent"))
        assert (one.type, one.credential_ids) == ("payment", ("resident",))
        assert one.members == {"type": "payment", "credential_ids": ["resident"], "amount": "100 JPY", "memo": "rent"}
        assert one.text == text(memo="rent")

    def test_several_are_read_in_their_order(self):
        assert [one.members["amount"] for one in read(text(), text(amount="2"))] == ["100 JPY", "2"]

    @pytest.mark.parametrize("algorithms", [["sha-256"], ["sha-512", "sha-256"], ["md5", "sha-384"]], ids=",".join)
    def test_a_hash_function_that_we_have_is_enough(self, algorithms):
        assert read(text(transaction_data_hashes_alg=algorithms))

    @pytest.mark.parametrize(
        "changes",
        [
            {"type": "transfer"},
            {"type": None},
            {"type": ""},
            {"type": 7},
            {"type": ["payment"]},
            {"credential_ids": None},
            {"credential_ids": []},
            {"credential_ids": "resident"},
            {"credential_ids": ["unknown"]},
            {"credential_ids": ["resident", "unknown"]},
            {"credential_ids": ["resident", "resident"]},
            {"credential_ids": ["resident"] * 21},
            {"amount": None},
            {"amount": 100},
            {"payee": "somebody"},
            {"transaction_data_hashes_alg": []},
            {"transaction_data_hashes_alg": "sha-256"},
            {"transaction_data_hashes_alg": ["md5"]},
            {"transaction_data_hashes_alg": ["sha-1", "sha3-256"]},
            {"transaction_data_hashes_alg": ["sha-256"] * 11},
        ],
        ids=str,
    )
    def test_everything_else_is_invalid(self, changes):
        with pytest.raises(RemoteProtocolError) as refused:
            read(text(**changes))
        assert refused.value.code == "INVALID_TRANSACTION_DATA"

    @pytest.mark.parametrize(
        "broken", ["", "e30", "W10", "not base64url!", "e30=", "A" * 65_537, base64url.encode(b'{"type":1,"type":1}')]
    )
    def test_what_is_no_text_of_a_transaction_is_invalid(self, broken):
        with pytest.raises(RemoteProtocolError) as refused:
            read(broken)
        assert refused.value.code == "INVALID_TRANSACTION_DATA"

    def test_there_is_at_least_one_and_none_twice_and_not_too_many(self):
        for texts in ((), (text(), text()), tuple(text(amount=str(n)) for n in range(21))):
            with pytest.raises(RemoteProtocolError):
                read(*texts)
        assert len(read(*(text(amount=str(n)) for n in range(20)))) == 20

    def test_it_belongs_to_a_credential_with_a_proof_of_its_holder(self):
        for asked in (query("resident", unbound=("resident",)), query("other", unasked=("resident",))):
            with pytest.raises(RemoteProtocolError):
                read(text(), asked=asked)

    def test_its_text_is_written_from_its_members(self):
        written = transaction_text(Payment(type="payment", credential_ids=("resident",), amount="100 JPY"))
        assert written == PAYMENT
        assert credential_ids_of(written) == ("resident",)


class TestAssigning:
    def test_the_first_credential_that_is_presented_authorises_it(self):
        first, second = read(text(credential_ids=["resident", "other"]), text(credential_ids=["other"]))
        able = frozenset({first.text, second.text})
        both = assign([first, second], presented=[("other", able), ("resident", able)])
        assert both == ((second.text,), (first.text,))
        assert assign([first, second], presented=[("other", able)]) == ((first.text, second.text),)

    def test_one_that_cannot_is_passed_over(self):
        [one] = read(text(credential_ids=["resident", "other"]))
        able, unable = frozenset({one.text}), frozenset[str]()
        assert assign([one], presented=[("resident", unable), ("other", able)]) == ((), (one.text,))
        assert assign([one], presented=[("resident", unable), ("resident", able)]) == ((), (one.text,))
        with pytest.raises(RemoteProtocolError):
            assign([one], presented=[("resident", unable), ("other", unable)])

    def test_by_credential_query_it_is_known_what_has_to_be_authorised(self):
        first, second = read(text(credential_ids=["resident", "other"]), text(credential_ids=["other"]))
        assert authorising([first, second]) == {"resident": {first.text}, "other": {first.text, second.text}}
        assert authorising([]) == {}

    @pytest.mark.parametrize(
        ("hashes", "able"),
        [
            ({"sha-256", "sha-384", "sha-512"}, [0, 1]),
            ({"sha-384"}, [0, 1]),
            ({"sha-256"}, [0, 2]),
            ({"sha-512"}, []),
            (set(), []),
        ],
        ids=lambda given: " ".join(sorted(map(str, given))) or "none",
    )
    def test_one_proof_authorises_what_shares_a_hash_function(self, hashes, able):
        named = (["sha-256", "sha-384"], ["sha-384"], ["sha-256"])
        ones = read(*(text(transaction_data_hashes_alg=each) for each in named))
        expected = {ones[index].text for index in able}
        assert authorisable(ones, frozenset(hashes)) == expected

    def test_without_one_it_cannot_be_authorised(self):
        with pytest.raises(RemoteProtocolError) as refused:
            assign(read(text()), presented=[("other", frozenset({text()}))])
        assert refused.value.code == "INVALID_TRANSACTION_DATA"


class TestJudging:
    TEXT = text(credential_ids=["resident", "other"])

    def test_each_is_authorised_once_by_one_of_its_credentials(self):
        require_authorised([], [])
        require_authorised([self.TEXT, PAYMENT], [("other", self.TEXT), ("resident", PAYMENT)])

    @pytest.mark.parametrize(
        "authorised",
        [
            [],
            [("third", TEXT)],
            [("resident", PAYMENT)],
            [("resident", TEXT), ("other", TEXT)],
            [("resident", TEXT), ("resident", TEXT)],
        ],
        ids=len,
    )
    def test_everything_else_is_refused(self, authorised):
        with pytest.raises(BindingError) as refused:
            require_authorised([self.TEXT], authorised)
        assert refused.value.code == "TRANSACTION_DATA_MISMATCH"

    @pytest.mark.parametrize("ids", [None, [], "resident", [7]])
    def test_our_own_text_names_credentials(self, ids):
        with pytest.raises(MalformedError):
            credential_ids_of(text(credential_ids=ids))
