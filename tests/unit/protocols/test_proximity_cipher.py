# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Session keys and the encryption of one direction (ISO/IEC 18013-5, clause 9.1.1.5)."""

from __future__ import annotations

import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vcwallet.encoding import cbor
from vcwallet.errors import LocalProtocolError, RemoteProtocolError, SignatureInvalidError
from vcwallet.keys.cose_key import jwk_of
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.proximity.cipher import DEVICE_IDENTIFIER, MAX_COUNTER, READER_IDENTIFIER, Opener, Sealer
from vcwallet.protocols.proximity.keys import ble_ident, derive_session_keys, public_cose_key

KEY = bytes(range(32))
TRANSCRIPT = cbor.dumps([None, None, None])


def sealer(*, identifier: bytes = READER_IDENTIFIER, counter: int = 1) -> Sealer:
    made = Sealer(identifier=identifier)
    made.use(KEY, counter=counter)
    return made


def opener(*, identifier: bytes = READER_IDENTIFIER, counter: int = 1) -> Opener:
    made = Opener(identifier=identifier)
    made.use(KEY, counter=counter)
    return made


def derived(info: bytes, salted: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=hashlib.sha256(salted).digest(), info=info).derive(b"secret")


def test_the_salt_is_the_digest_of_the_transcript_inside_of_tag_24() -> None:
    keys = derive_session_keys(b"secret", session_transcript=TRANSCRIPT)
    assert keys.sk_reader == derived(b"SKReader", b"\xd8\x18\x44\x83\xf6\xf6\xf6")
    assert keys.sk_device == derived(b"SKDevice", b"\xd8\x18\x44\x83\xf6\xf6\xf6")
    assert keys.sk_reader != derived(b"SKReader", TRANSCRIPT)
    assert keys.sk_reader != keys.sk_device


def test_session_keys_are_not_shown() -> None:
    assert repr(derive_session_keys(b"secret", session_transcript=TRANSCRIPT)) == "SessionKeys()"


def test_the_ident_is_derived_without_salt() -> None:
    ident = HKDF(algorithm=SHA256(), length=16, salt=bytes(32), info=b"BLEIdent").derive(b"EDeviceKeyBytes")
    assert ble_ident(b"EDeviceKeyBytes") == ident


def test_a_key_is_written_as_it_is_read() -> None:
    key = SoftwareKeyAgreement.generate()
    decoded = cbor.loads(public_cose_key(key))
    assert jwk_of(decoded) == key.public_jwk
    assert list(decoded) == [1, -1, -2, -3]


@pytest.mark.parametrize(
    ("identifier", "nonce"),
    [(READER_IDENTIFIER, "000000000000000000000001"), (DEVICE_IDENTIFIER, "000000000000000100000001")],
)
def test_the_nonce_is_the_identifier_and_the_counter(identifier: bytes, nonce: str) -> None:
    assert sealer(identifier=identifier).seal(b"text") == AESGCM(KEY).encrypt(bytes.fromhex(nonce), b"text", None)


def test_the_counter_runs_by_itself() -> None:
    write, read = sealer(), opener()
    sealed = [write.seal(b"text") for _ in range(3)]
    assert len(set(sealed)) == 3
    assert [read.open(each) for each in sealed] == [b"text"] * 3


def test_a_repeated_message_does_not_open() -> None:
    write, read = sealer(), opener()
    first = write.seal(b"text")
    assert read.open(first) == b"text"
    with pytest.raises(SignatureInvalidError) as refused:
        read.open(first)
    assert refused.value.code == "SESSION_ENCRYPTION"


def test_a_message_does_not_open_in_the_other_direction() -> None:
    assert opener().open(sealer().seal(b"text")) == b"text"
    with pytest.raises(SignatureInvalidError):
        opener(identifier=DEVICE_IDENTIFIER).open(sealer().seal(b"text"))


@pytest.mark.parametrize("sealed", [b"", bytes(15), bytes(16), bytes(64)])
def test_what_is_no_ciphertext_does_not_open(sealed: bytes) -> None:
    with pytest.raises(SignatureInvalidError):
        opener().open(sealed)


def test_the_last_counter_is_used_and_none_after_it() -> None:
    write, read = sealer(counter=MAX_COUNTER), opener(counter=MAX_COUNTER)
    assert read.open(write.seal(b"last")) == b"last"
    with pytest.raises(LocalProtocolError):
        write.seal(b"one more")
    with pytest.raises(RemoteProtocolError) as refused:
        read.open(bytes(16))
    assert refused.value.code == "SESSION_ENCRYPTION"


def test_there_is_no_key_before_one_is_taken_and_none_after_it_was_forgotten() -> None:
    write, read = sealer(), opener()
    write.forget()
    read.forget()
    for without in (write, Sealer(identifier=READER_IDENTIFIER)):
        with pytest.raises(LocalProtocolError):
            without.seal(b"text")
    for blind in (read, Opener(identifier=READER_IDENTIFIER)):
        with pytest.raises(LocalProtocolError):
            blind.open(bytes(16))


def test_threads_that_send_at_once_never_use_a_counter_twice() -> None:
    """With one key and nonce, two messages would give each other away."""
    shared, switches = sealer(), sys.getswitchinterval()
    try:
        sys.setswitchinterval(1e-6)
        with ThreadPoolExecutor(8) as threads:
            sealed = list(threads.map(lambda _: shared.seal(b"the same text"), range(2_000)))
    finally:
        sys.setswitchinterval(switches)
    assert len(set(sealed)) == len(sealed)
