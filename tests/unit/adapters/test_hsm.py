# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Keys in a token, with the real library of SoftHSM2, and what happens when its session is lost."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID
from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass

from tests.support import softhsm
from tests.support.sources import REPOSITORY
from tests.support.world import Resident, World, resident
from vcwallet.adapters.hsm import HsmKeyStore, certificate_request
from vcwallet.adapters.hsm.failures import as_ours, is_final
from vcwallet.adapters.hsm.keys import _public_key
from vcwallet.adapters.hsm.token import Token
from vcwallet.errors import (
    KeyLockedError,
    LocalProtocolError,
    SignatureInvalidError,
    StoreCorruptError,
    StoreError,
    StoreFullError,
    TransportError,
    UnsupportedError,
    VcError,
    WrongPassphraseError,
)
from vcwallet.formats.mdoc import Mdoc
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.keys import Algorithm, KeyStore, PublicKey, Signer
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.certificates import Subject

pytestmark = pytest.mark.skipif(not softhsm.is_installed(), reason=softhsm.MISSING)

ALGORITHMS = [Algorithm.ES256, Algorithm.ES384, Algorithm.ES512, Algorithm.EDDSA]
P256 = bytes.fromhex("06082a8648ce3d030107")


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[softhsm.Device]:
    made = softhsm.Device(tmp_path)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    softhsm.forget()
    made.plug_in("city")
    yield made
    softhsm.forget()


@pytest.fixture
def keys(device: softhsm.Device) -> Iterator[HsmKeyStore]:
    with HsmKeyStore(softhsm.LIBRARY, token="city", pin=softhsm.PIN) as opened:
        yield opened


def in_token(work: Callable[[Any], Any], label: str = "city") -> Any:
    """Return what another program would get that is logged in to the token."""
    token = Token(softhsm.LIBRARY, label=label, pin=lambda: softhsm.PIN)
    try:
        return token.perform(work, writes=True)
    finally:
        token.close()


def ceremony(
    *,
    label: str = "ceremony",
    id: bytes = b"\x01",
    params: bytes = P256,
    kind: KeyType = KeyType.EC,
    public: dict[Attribute, Any] | None = None,
    private: dict[Attribute, Any] | None = None,
) -> None:
    """Make a pair of keys as somebody else would."""

    def make(session: Any) -> None:
        parameters = session.create_domain_parameters(kind, {Attribute.EC_PARAMS: params}, local=True)
        parameters.generate_keypair(
            id=id,
            label=label,
            store=True,
            capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
            public_template=public,
            private_template=private,
        )

    in_token(make)


def public_half(session: Any, id: bytes) -> Any:
    [found] = session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.ID: id})
    return found


def attributes(handle: str, *names: Attribute) -> list[Any]:
    def look(session: Any) -> list[Any]:
        [found] = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: bytes.fromhex(handle)})
        return [found[name] for name in names]

    result: list[Any] = in_token(look)
    return result


def refused(error: type[VcError], code: str, call: Callable[[], object]) -> VcError:
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    assert caught.value.code == code
    assert softhsm.PIN not in f"{caught.value!r} {caught.value.__context__!r}"
    return caught.value


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_is_made_and_signs_in_jose_form(keys: HsmKeyStore, algorithm: Algorithm) -> None:
    signer = keys.signer(keys.create(algorithm))
    assert signer.public_key.algorithm is algorithm
    for data in (b"", b"to be signed", bytes(100_000)):
        signature = signer.sign(data)
        assert len(signature) == algorithm.signature_bytes
        signer.public_key.verify(signature, data)
        with pytest.raises(SignatureInvalidError):
            signer.public_key.verify(signature, data + b"x")


def test_it_is_a_key_store_and_its_signers_are_signers(keys: HsmKeyStore) -> None:
    assert isinstance(keys.signer(keys.create(Algorithm.ED25519)), Signer)
    stored: KeyStore = keys
    assert stored.signer(stored.create(Algorithm.ES256)).public_key.algorithm is Algorithm.ES256


def test_a_key_does_nothing_but_sign_and_cannot_be_read_out(keys: HsmKeyStore) -> None:
    handle = keys.create(Algorithm.ES256)
    may_not = (Attribute.DECRYPT, Attribute.SIGN_RECOVER, Attribute.UNWRAP, Attribute.DERIVE, Attribute.EXTRACTABLE)
    assert attributes(handle, *may_not) == [False] * 5
    must = (Attribute.SIGN, Attribute.SENSITIVE, Attribute.ALWAYS_SENSITIVE, Attribute.NEVER_EXTRACTABLE)
    assert attributes(handle, *must, Attribute.PRIVATE, Attribute.TOKEN) == [True] * 6
    with pytest.raises(VcError):
        attributes(handle, Attribute.VALUE)


def test_a_key_outlives_the_program(device: softhsm.Device) -> None:
    with HsmKeyStore(softhsm.LIBRARY, token="city", pin=softhsm.PIN) as first:
        handle = first.create(Algorithm.ES256)
        key = first.signer(handle).public_key
    softhsm.forget()
    with HsmKeyStore(str(softhsm.LIBRARY), token="city", pin=lambda: softhsm.PIN) as second:
        assert second.signer(handle).public_key == key
        key.verify(second.signer(handle).sign(b"x"), b"x")


def test_a_key_that_is_deleted_is_gone_for_good(keys: HsmKeyStore) -> None:
    handle, other = keys.create(Algorithm.ES256), keys.create(Algorithm.ES256)
    signer = keys.signer(handle)
    signer.sign(b"x")
    keys.delete(handle)
    keys.delete(handle)
    refused(StoreError, "HSM_KEY_NOT_FOUND", lambda: keys.signer(handle))
    refused(StoreError, "HSM_KEY_NOT_FOUND", lambda: signer.sign(b"x"))
    assert keys.signer(other).sign(b"x")
    assert in_token(lambda session: len(list(session.get_objects()))) == 2


@pytest.mark.parametrize("handle", ["", "x", "0", "00", "é", "ff" * 1000])
def test_a_handle_of_no_key_is_refused(keys: HsmKeyStore, handle: str) -> None:
    refused(StoreError, "HSM_KEY_NOT_FOUND", lambda: keys.signer(handle))


@pytest.mark.parametrize("algorithm", [Algorithm.ML_DSA_44, Algorithm.ML_DSA_87])
def test_a_key_of_another_kind_is_not_made(keys: HsmKeyStore, algorithm: Algorithm) -> None:
    refused(UnsupportedError, "HSM_ALGORITHM", lambda: keys.create(algorithm))


def test_a_key_that_is_missing_is_no_reason_to_start_the_library_anew(keys: HsmKeyStore) -> None:
    session = softhsm.library().get_token(token_label="city").open()
    refused(StoreError, "HSM_KEY_NOT_FOUND", lambda: keys.signer("00"))
    assert len(session.generate_random(64)) == 8  # the session of another part of the program lives on


# --- keys of a ceremony ----------------------------------------------------------------------------------------------


def test_a_key_that_somebody_else_made_is_found_by_its_label_or_identifier(keys: HsmKeyStore) -> None:
    ceremony(label="issuer 2026", id=b"\x20\x26")
    assert keys.find(label="issuer 2026") == "2026"
    signer = keys.signer("2026")
    signer.public_key.verify(signer.sign(b"x"), b"x")


def test_a_label_of_our_own_is_found_too(keys: HsmKeyStore) -> None:
    handle = keys.create(Algorithm.ES256, label="発行者 2026")
    assert keys.find(label="発行者 2026") == handle


def test_a_label_names_one_key(keys: HsmKeyStore) -> None:
    refused(StoreError, "HSM_KEY_NOT_FOUND", lambda: keys.find(label="two"))
    for number in (1, 2):
        keys.create(Algorithm.ES256, label="two")
        if number == 1:
            assert keys.find(label="two")
    refused(StoreError, "HSM_KEY_AMBIGUOUS", lambda: keys.find(label="two"))


def test_an_identifier_names_one_key(keys: HsmKeyStore) -> None:
    ceremony(id=b"\x07")
    assert keys.signer("07").sign(b"x")
    ceremony(id=b"\x07")
    refused(StoreError, "HSM_KEY_AMBIGUOUS", lambda: keys.signer("07"))


def test_a_key_without_an_identifier_has_no_handle(keys: HsmKeyStore) -> None:
    ceremony(id=b"", label="nameless")
    refused(StoreError, "HSM_KEY_NOT_FOUND", lambda: keys.find(label="nameless"))


@pytest.mark.parametrize(
    ("private", "code"),
    [
        ({Attribute.EXTRACTABLE: True}, "HSM_KEY_NOT_PROTECTED"),
        ({Attribute.SENSITIVE: False}, "HSM_KEY_NOT_PROTECTED"),
        ({Attribute.SIGN: False}, "HSM_KEY_NOT_PERMITTED"),
    ],
)
def test_a_key_that_can_be_read_out_or_does_not_sign_is_refused(
    keys: HsmKeyStore, private: dict[Attribute, Any], code: str
) -> None:
    right = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.SIGN: True}
    ceremony(id=b"\x01", private=right)
    ceremony(id=b"\x02", private=right | private)
    assert keys.signer("01").sign(b"x")
    refused(StoreError, code, lambda: keys.signer("02"))


def test_a_key_without_its_public_half_is_refused(keys: HsmKeyStore) -> None:
    ceremony(id=b"\x01")
    in_token(lambda session: public_half(session, b"\x01").destroy())
    refused(StoreError, "HSM_PUBLIC_KEY", lambda: keys.signer("01"))


def test_a_key_on_another_curve_is_not_used(keys: HsmKeyStore) -> None:
    ceremony(id=b"\x01", params=bytes.fromhex("06052b8104000a"))  # secp256k1
    refused(UnsupportedError, "HSM_ALGORITHM", lambda: keys.signer("01"))


def test_a_key_of_another_type_is_not_used(keys: HsmKeyStore) -> None:
    def make(session: Any) -> None:
        session.generate_keypair(KeyType.RSA, 1024, id=b"\x01", store=True)

    in_token(make)
    refused(UnsupportedError, "HSM_ALGORITHM", lambda: keys.signer("01"))


def test_a_curve_may_be_given_by_its_name(keys: HsmKeyStore) -> None:
    ceremony(id=b"\x01", params=b"\x13\x0cedwards25519", kind=KeyType.EC_EDWARDS)
    signer = keys.signer("01")
    signer.public_key.verify(signer.sign(b"x"), b"x")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_point_is_read_bare_or_in_der_and_nothing_else(algorithm: Algorithm) -> None:
    raw = SoftwareSigner.generate(algorithm).public_key.raw
    if isinstance(raw, ed25519.Ed25519PublicKey):
        point = raw.public_bytes_raw()
    else:
        assert isinstance(raw, ec.EllipticCurvePublicKey)
        numbers, size = raw.public_numbers(), (raw.curve.key_size + 7) // 8
        point = b"\x04" + numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big")
    head = bytes([4, len(point)]) if len(point) < 128 else bytes([4, 0x81, len(point)])
    for form in (point, head + point):
        assert _public_key(algorithm, form) == PublicKey(raw)
    for wrong in (b"", point[:-1], point + b"\x00", b"\x05" + head[1:] + point, head + head + point):
        refused(StoreCorruptError, "HSM_PUBLIC_KEY", partial(_public_key, algorithm, wrong))


def test_a_point_that_is_not_on_the_curve_is_no_key() -> None:
    refused(StoreCorruptError, "HSM_PUBLIC_KEY", lambda: _public_key(Algorithm.ES256, b"\x04" + bytes(64)))


# --- what the token returns is verified ------------------------------------------------------------------------------


def test_a_signature_by_another_key_does_not_leave(keys: HsmKeyStore) -> None:
    """The public half in the token is another key's, as after a mistake at a ceremony."""
    ceremony(id=b"\x01")
    ceremony(id=b"\x02")

    def swap(session: Any) -> None:
        for number in (b"\x01", b"\x02"):
            public_half(session, number)[Attribute.ID] = b"\x03" + number
        for number, other in ((b"\x01", b"\x02"), (b"\x02", b"\x01")):
            public_half(session, b"\x03" + number)[Attribute.ID] = other

    assert keys.signer("01").sign(b"x")
    in_token(swap)
    signer = keys.signer("01")
    refused(StoreCorruptError, "HSM_SIGNATURE_WRONG", lambda: signer.sign(b"x"))


def test_a_handle_that_now_means_another_key_does_no_harm(device: softhsm.Device, keys: HsmKeyStore) -> None:
    """After a restart the library gives its numbers out anew, here in another order; no error tells the store."""
    first, second = (keys.create(Algorithm.ES256) for _ in range(2))
    softhsm.forget()
    signer = keys.signer(first)
    signer.sign(b"x")
    session, [found] = keys._token._session, keys._token.found.values()
    device.finalise()
    softhsm.forget()
    other = softhsm.library().get_token(token_label="city").open(user_pin=softhsm.PIN)
    query = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: bytes.fromhex(second)}
    [another] = other.get_objects(query)
    assert (other.handle, another.handle) == (session.handle, found.handle)
    signer.public_key.verify(signer.sign(b"x"), b"x")


# --- a session that is lost ------------------------------------------------------------------------------------------

LOSSES: dict[str, Callable[[softhsm.Device], None]] = {
    "the library is finalised past python-pkcs11": lambda device: device.finalise(),
    "the library is finalised through python-pkcs11": lambda device: softhsm.library().finalize(),
    "the library is finalised and used by others": lambda device: in_token(lambda _: device.finalise()),
    "all sessions are closed": lambda device: device.close_all_sessions("city"),
    "the user is logged out": lambda device: device.log_out("city"),
    "another store of this process logs out": lambda device: in_token(lambda _: None),
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_a_lost_session_is_opened_again(device: softhsm.Device, lose: Callable[[softhsm.Device], None]) -> None:
    asked: list[int] = []

    def pin() -> str:
        asked.append(1)
        return softhsm.PIN

    with HsmKeyStore(softhsm.LIBRARY, token="city", pin=pin) as keys:
        handle = keys.create(Algorithm.ES256)
        signer = keys.signer(handle)
        signer.sign(b"x")
        assert len(asked) == 1
        uses: list[Callable[[], object]] = [
            lambda: signer.sign(b"x"),
            lambda: keys.signer(handle),
            lambda: keys.create(Algorithm.ES256, label="made after the loss"),
            lambda: keys.find(label="made after the loss"),
            lambda: keys.delete(keys.find(label="made after the loss")),
        ]
        for use in uses:
            lose(device)
            use()
        assert len(asked) > 1


def test_a_token_that_is_taken_away_is_missed_and_one_that_is_put_back_is_used_again(
    device: softhsm.Device, keys: HsmKeyStore
) -> None:
    signer = keys.signer(keys.create(Algorithm.ES256))
    device.take_away()
    refused(StoreError, "HSM_TOKEN_NOT_FOUND", lambda: signer.sign(b"x"))
    refused(StoreError, "HSM_TOKEN_NOT_FOUND", lambda: keys.create(Algorithm.ES256))
    device.put_back()
    signer.public_key.verify(signer.sign(b"x"), b"x")


def test_a_token_whose_pin_was_changed_meanwhile_is_not_tried_twice(device: softhsm.Device) -> None:
    asked: list[int] = []

    def pin() -> str:
        asked.append(1)
        return softhsm.PIN

    with HsmKeyStore(softhsm.LIBRARY, token="city", pin=pin) as keys:
        signer = keys.signer(keys.create(Algorithm.ES256))
        in_token(lambda session: session.set_pin(softhsm.PIN, "87654321"))
        device.finalise()
        before = len(asked)
        refused(WrongPassphraseError, "HSM_PIN_INCORRECT", lambda: signer.sign(b"x"))
        assert len(asked) == before + 1


def test_a_wrong_pin_is_not_tried_again_by_later_calls_and_a_right_one_is(device: softhsm.Device) -> None:
    """Tokens count; the one here does not, so a change of its PIN shows whether it was asked."""
    pins, asked = ["4321"], []

    def pin() -> str:
        asked.append(pins[-1])
        return pins[-1]

    with HsmKeyStore(softhsm.LIBRARY, token="city", pin=pin) as keys:
        refused(WrongPassphraseError, "HSM_PIN_INCORRECT", lambda: keys.create(Algorithm.ES256))
        assert asked == ["4321"]
        in_token(lambda session: session.set_pin(softhsm.PIN, "4321"))
        refused(WrongPassphraseError, "HSM_PIN_INCORRECT", lambda: keys.create(Algorithm.ES256))
        pins.append("87654321")
        refused(WrongPassphraseError, "HSM_PIN_INCORRECT", lambda: keys.create(Algorithm.ES256))
        pins.append("4321")
        assert keys.signer(keys.create(Algorithm.ES256)).sign(b"x")


def test_a_damaged_token_is_told_from_one_that_is_not_there(device: softhsm.Device, keys: HsmKeyStore) -> None:
    signer = keys.signer(keys.create(Algorithm.ES256))
    signer.sign(b"x")
    for file in device.tokens.rglob("*.object"):
        file.write_bytes(b"damaged")
    device.finalise()
    with pytest.raises(VcError) as caught:
        signer.sign(b"x")
    assert caught.value.code in ("HSM_TOKEN_NOT_FOUND", "HSM_KEY_NOT_FOUND", "HSM_UNAVAILABLE")


# --- tokens and PINs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pin", ["4321", "", "1", "1" * 300, "パスワード"])
def test_a_wrong_pin_opens_nothing(device: softhsm.Device, pin: str) -> None:
    with HsmKeyStore(softhsm.LIBRARY, token="city", pin=pin) as keys:
        error = refused(WrongPassphraseError, "HSM_PIN_INCORRECT", lambda: keys.create(Algorithm.ES256))
        assert not pin or len(pin) == 1 or pin not in str(error)


def test_a_text_that_cannot_be_encoded_is_refused(device: softhsm.Device, keys: HsmKeyStore) -> None:
    """Inside python-pkcs11 it would end the process."""
    half = "\ud800"
    with HsmKeyStore(softhsm.LIBRARY, token="city", pin=half) as other:
        for call in (
            lambda: HsmKeyStore(softhsm.LIBRARY, token=half, pin=softhsm.PIN),
            lambda: keys.find(label=half),
            lambda: keys.create(Algorithm.ES256, label=half),
            lambda: other.find(label="city"),
        ):
            with pytest.raises(ValueError, match="encoded") as caught:
                call()
            assert not isinstance(caught.value, UnicodeError), "which holds the text"


def test_a_token_is_found_by_its_label(device: softhsm.Device) -> None:
    device.plug_in("town")
    with HsmKeyStore(softhsm.LIBRARY, token="town", pin=softhsm.PIN) as keys:
        handle = keys.create(Algorithm.ES256)
    with HsmKeyStore(softhsm.LIBRARY, token="city", pin=softhsm.PIN) as keys:
        refused(StoreError, "HSM_KEY_NOT_FOUND", lambda: keys.signer(handle))
    with HsmKeyStore(softhsm.LIBRARY, token="village", pin=softhsm.PIN) as keys:
        refused(StoreError, "HSM_TOKEN_NOT_FOUND", lambda: keys.signer(handle))


def test_a_label_of_two_tokens_names_none(device: softhsm.Device, keys: HsmKeyStore) -> None:
    device.plug_in("city")
    refused(StoreError, "HSM_TOKEN_AMBIGUOUS", lambda: keys.create(Algorithm.ES256))


@pytest.mark.parametrize("library", ["/nowhere/libhsm.so", "/etc/hostname"])
def test_a_library_that_is_none_is_told(library: str) -> None:
    with HsmKeyStore(library, token="city", pin=softhsm.PIN) as keys:
        error = refused(StoreError, "HSM_LIBRARY", lambda: keys.create(Algorithm.ES256))
        assert library not in str(error)


def test_what_is_closed_is_not_used(device: softhsm.Device) -> None:
    keys = HsmKeyStore(softhsm.LIBRARY, token="city", pin=softhsm.PIN)
    signer = keys.signer(keys.create(Algorithm.ES256))
    signer.sign(b"x")
    keys.close()
    keys.close()
    for use in (lambda: signer.sign(b"x"), lambda: keys.create(Algorithm.ES256)):
        with pytest.raises(LocalProtocolError):
            use()


def test_a_pin_is_neither_shown_nor_pickled_nor_copied(keys: HsmKeyStore) -> None:
    signer = keys.signer(keys.create(Algorithm.ES256))
    token = keys._token
    for value in (keys, signer, token):
        assert softhsm.PIN not in repr(value)
        assert softhsm.PIN not in repr(getattr(value, "__dict__", {}))
        for take in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError):
                take(value)
    assert repr(keys) == "<HsmKeyStore of <Token 'city', PIN hidden>>"
    assert repr(signer).startswith("<HsmSigner ES256, key ")


FAILURES: dict[str, tuple[type[VcError], str, bool]] = {
    "PinIncorrect": (WrongPassphraseError, "HSM_PIN_INCORRECT", True),
    "PinInvalid": (WrongPassphraseError, "HSM_PIN_INCORRECT", True),
    "PinLenRange": (WrongPassphraseError, "HSM_PIN_INCORRECT", True),
    "PinLocked": (KeyLockedError, "HSM_PIN_LOCKED", True),
    "PinExpired": (KeyLockedError, "HSM_PIN_EXPIRED", True),
    "UserPinNotInitialized": (KeyLockedError, "HSM_PIN_NOT_SET", True),
    "MultipleTokensReturned": (StoreError, "HSM_TOKEN_AMBIGUOUS", True),
    "DeviceMemory": (StoreFullError, "HSM_FULL", True),
    "TokenWriteProtected": (StoreError, "HSM_READ_ONLY", True),
    "SessionReadOnly": (StoreError, "HSM_READ_ONLY", True),
    "MechanismInvalid": (UnsupportedError, "HSM_ALGORITHM", True),
    "MechanismParamInvalid": (UnsupportedError, "HSM_ALGORITHM", True),
    "DomainParamsInvalid": (UnsupportedError, "HSM_ALGORITHM", True),
    "FunctionNotSupported": (UnsupportedError, "HSM_ALGORITHM", True),
    "KeySizeRange": (UnsupportedError, "HSM_ALGORITHM", True),
    "KeyTypeInconsistent": (StoreError, "HSM_KEY_NOT_PERMITTED", True),
    "FunctionRejected": (StoreError, "HSM_KEY_NOT_PERMITTED", True),
    "NoSuchKey": (StoreError, "HSM_KEY_NOT_FOUND", False),
    "NoSuchToken": (StoreError, "HSM_TOKEN_NOT_FOUND", False),
    "TokenNotPresent": (StoreError, "HSM_TOKEN_NOT_FOUND", False),
    "TokenNotRecognised": (StoreError, "HSM_TOKEN_NOT_FOUND", False),
    "DeviceRemoved": (TransportError, "HSM_UNAVAILABLE", False),
    "DeviceError": (TransportError, "HSM_UNAVAILABLE", False),
    "GeneralError": (TransportError, "HSM_UNAVAILABLE", False),
    "SessionHandleInvalid": (TransportError, "HSM_UNAVAILABLE", False),
    "PKCS11Error": (TransportError, "HSM_UNAVAILABLE", False),
}


@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_of_a_token_is_one_of_ours_and_what_a_person_must_mend_is_not_tried_again(name: str) -> None:
    """Also those that a token in software does not have: a full, locked or write-protected one."""
    error, code, final = FAILURES[name]
    raised = getattr(pkcs11.exceptions, name)("CKR, with the PIN 1234")
    assert is_final(raised, fresh=False) is final
    assert is_final(raised, fresh=True) is (final or name == "NoSuchKey")
    assert (type(as_ours(raised)), as_ours(raised).code) == (error, code)
    assert "1234" not in str(as_ours(raised))


# --- threads and processes -------------------------------------------------------------------------------------------


def test_eight_threads_sign_with_two_keys_while_sessions_are_lost(device: softhsm.Device, keys: HsmKeyStore) -> None:
    signers = [keys.signer(keys.create(algorithm)) for algorithm in (Algorithm.ES256, Algorithm.EDDSA)]
    start = threading.Barrier(8)

    def sign(number: int) -> int:
        signer = signers[number % 2]
        start.wait()
        for turn in range(25):
            data = b"%d %d" % (number, turn)
            signer.public_key.verify(signer.sign(data), data)
            if number == 0 and turn % 5 == 0:
                keys._token.perform(lambda _: device.log_out("city"))
        return number

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(sign, range(8))) == list(range(8))


def run(program: str, device: softhsm.Device) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env=os.environ | device.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_child_of_a_fork_must_open_its_own(device: softhsm.Device) -> None:
    program = f"""
import os, threading
from vcwallet.adapters.hsm import HsmKeyStore
from vcwallet.errors import LocalProtocolError
from vcwallet.keys import Algorithm

def opened():
    return HsmKeyStore({str(softhsm.LIBRARY)!r}, token="city", pin={softhsm.PIN!r})

keys = opened()
handle = keys.create(Algorithm.ES256)
signer = keys.signer(handle)
signer.sign(b"x")
held, done = threading.Event(), threading.Event()

def hold():
    with keys._token._lock:  # as when another thread signs at this moment
        held.set()
        done.wait()

thread = threading.Thread(target=hold)
thread.start()
held.wait()
child = os.fork()
if child:
    done.set()
    thread.join()
else:
    try:
        signer.sign(b"x")
    except LocalProtocolError:
        keys.close()  # is the parent's, and does nothing
        with opened() as own:
            own.signer(handle).sign(b"x")
        os._exit(7)
    os._exit(1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
signer.sign(b"x")
keys.close()
"""
    run(program, device)


def test_a_missing_library_is_answered_with_the_line_that_installs_it(device: softhsm.Device) -> None:
    program = """
import sys; sys.modules["pkcs11"] = None
from vcwallet.adapters.hsm import HsmKeyStore
from vcwallet.errors import MissingExtraError
try: HsmKeyStore("x", token="city", pin="1234")
except MissingExtraError as error: print(error.extra, error)
"""
    assert run(program, device).startswith("hsm this needs an optional dependency: pip install 'vcwallet[hsm]'")


# --- in use ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", [SdJwtVc, Mdoc])
def test_an_issuer_signs_with_a_key_in_the_token(device: softhsm.Device, keys: HsmKeyStore, format: Any) -> None:
    world = World("mso_mdoc" if format is Mdoc else "dc+sd-jwt")
    signer = keys.signer(keys.create(Algorithm.ES256, label="issuer 2026"))
    enrolment = world.registry.enrol_issuer("Harbour Town", may_issue=[Resident], signer=signer)
    town = world.issuer(enrolment)
    world.update()
    device.finalise()  # the session is lost before the credential is signed
    holder = world.wallet.new_holder_key()
    credential = town.issue(resident(), format=format, holder=holder, valid_for=timedelta(days=30))
    world.wallet.receive(credential)
    request = world.ask("full_name")
    assert world.bank.verify(world.answer(request), expected=request)[Resident].full_name
    with pytest.raises(ValueError, match="hardware"):
        enrolment.to_json("passphrase")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_certificate_is_requested_for_a_key_in_the_token(keys: HsmKeyStore, algorithm: Algorithm) -> None:
    signer = keys.signer(keys.create(algorithm))
    subject = Subject(country="ZZ", organisation="Mirai City" * 6, common_name="Issuer", code="999016")
    request = x509.load_der_x509_csr(certificate_request(signer, subject))
    assert request.is_signature_valid
    assert PublicKey(request.public_key()) == signer.public_key  # type: ignore[arg-type]
    assert request.subject == subject.name
    assert request.subject.get_attributes_for_oid(NameOID.ORGANIZATION_IDENTIFIER)[0].value == "999016"
    assert list(request.extensions) == []


def test_a_certificate_is_not_requested_for_a_key_of_another_kind() -> None:
    subject = Subject(country="ZZ", organisation="Mirai City", common_name="Issuer")
    with pytest.raises(UnsupportedError):
        certificate_request(SoftwareSigner.generate(Algorithm.ML_DSA_44), subject)
