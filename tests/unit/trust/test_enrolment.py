# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a party is given at enrolment, and as a file."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from tests.support.trust import Demo
from vcwallet.encoding import json
from vcwallet.errors import MalformedError, WrongPassphraseError
from vcwallet.keys import PublicKey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.enrolment import Enrolment

PASSPHRASE = "correct horse battery staple"


@dataclass(frozen=True)
class HardwareSigner:
    """A signer whose key stays where it is."""

    public_key: PublicKey

    def sign(self, data: bytes, /) -> bytes:
        raise NotImplementedError


def test_an_enrolment_goes_to_another_process_as_a_file() -> None:
    bank = Demo().bank
    read = Enrolment.from_json(bank.to_json(PASSPHRASE), PASSPHRASE)
    assert read.signer.public_key == bank.signer.public_key
    bank.signer.public_key.verify(read.signer.sign(b"data"), b"data")
    assert replace(read, signer=bank.signer) == bank


def test_the_private_key_is_encrypted_in_it() -> None:
    city = Demo().city
    data = city.to_json(PASSPHRASE)
    assert isinstance(city.signer, SoftwareSigner)
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in data
    with pytest.raises(WrongPassphraseError):
        Enrolment.from_json(data, "wrong")
    with pytest.raises(WrongPassphraseError):
        Enrolment.from_json(data, "")
    with pytest.raises(ValueError, match="passphrase"):
        city.to_json("")


def test_a_key_in_hardware_is_not_written() -> None:
    demo = Demo()
    signer = HardwareSigner(SoftwareSigner.generate().public_key)
    enrolment = demo.registry.enrol_wallet_provider("Wallet maker", signer=signer)
    assert enrolment.signer is signer
    with pytest.raises(ValueError, match="hardware"):
        enrolment.to_json(PASSPHRASE)


def test_an_enrolment_of_a_key_in_hardware_goes_to_another_process_without_it() -> None:
    for enrolment in (Demo().bank, Demo().city):
        data = enrolment.to_json_without_key()
        assert b"PRIVATE KEY" not in data
        signer = HardwareSigner(enrolment.signer.public_key)
        assert Enrolment.from_json_without_key(data, signer=signer) == replace(enrolment, signer=signer)


def test_an_enrolment_without_its_key_is_taken_up_by_no_other_key() -> None:
    demo = Demo()
    data = demo.city.to_json_without_key()
    for signer in (demo.bank.signer, SoftwareSigner.generate()):
        with pytest.raises(MalformedError):
            Enrolment.from_json_without_key(data, signer=signer)
    assert Enrolment.from_json_without_key(data, signer=demo.city.signer) == demo.city


def test_an_enrolment_with_and_one_without_a_key_are_not_mistaken() -> None:
    city = Demo().city
    with pytest.raises(MalformedError):
        Enrolment.from_json(city.to_json_without_key(), PASSPHRASE)
    read = Enrolment.from_json_without_key(city.to_json(PASSPHRASE), signer=city.signer)
    assert read == city  # the encrypted key beside it is a member like any other that is not known


def test_its_repr_shows_no_key_certificate_or_token() -> None:
    text = repr(Demo().bank)
    assert "urn:vcwallet:party:bank" in text
    assert "signer" not in text
    assert len(text) < 200


def test_a_certificate_for_another_key_makes_no_enrolment() -> None:
    demo = Demo()
    with pytest.raises(ValueError, match="key"):
        replace(demo.city, signer=SoftwareSigner.generate())
    with pytest.raises(ValueError, match="key"):
        replace(demo.city, chain=())


@pytest.mark.parametrize(
    "change",
    [
        {"role": "king"},
        {"chain": []},
        {"chain": ["_-"]},
        {"chain": ["AA=="]},
        {"mdoc_chain": None},
        {"mdoc_chain": ["_-"]},
        {"mdoc_chain": ["AA=="]},
        {"mdoc_chain": ["AA=="] * 6},
        {"name": {}},
        {"identifier": ""},
        {"key": "no key"},
        {"trust": "{}"},
        {"registrations": []},
    ],
)
def test_a_file_that_is_no_enrolment_is_malformed(change: dict[str, object]) -> None:
    document = json.loads_object(Demo().city.to_json(PASSPHRASE))
    with pytest.raises(MalformedError):
        Enrolment.from_json(json.dumps({**document, **change}), PASSPHRASE)  # type: ignore[dict-item]


def test_its_chain_for_mdocs_goes_along() -> None:
    demo = Demo()
    for enrolment, number in ((demo.city, 1), (demo.bank, 2)):
        read = Enrolment.from_json(enrolment.to_json(PASSPHRASE), PASSPHRASE)
        assert len(read.mdoc_chain) == number
        assert read.mdoc_chain == enrolment.mdoc_chain


def test_a_file_without_a_chain_for_mdocs_has_none() -> None:
    document = json.loads_object(Demo().city.to_json(PASSPHRASE))
    del document["mdoc_chain"]
    assert Enrolment.from_json(json.dumps(document), PASSPHRASE).mdoc_chain == ()


def test_a_chain_for_mdocs_is_for_its_key_too() -> None:
    demo = Demo()
    with pytest.raises(ValueError, match="key"):
        replace(demo.city, mdoc_chain=demo.bank.mdoc_chain)
    assert replace(demo.city, mdoc_chain=()).mdoc_chain == ()


def test_parts_of_two_enrolments_make_none() -> None:
    demo = Demo()
    city = json.loads_object(demo.city.to_json(PASSPHRASE))
    bank = json.loads_object(demo.bank.to_json(PASSPHRASE))
    with pytest.raises(MalformedError):
        Enrolment.from_json(json.dumps({**city, "chain": bank["chain"]}), PASSPHRASE)
    with pytest.raises(MalformedError):
        Enrolment.from_json(json.dumps({**city, "mdoc_chain": bank["mdoc_chain"]}), PASSPHRASE)
