# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Keys in a token: made or found, and signed with (OASIS PKCS #11 V3.1, sections 4 and 6.3).

A key's handle is its ``CKA_ID`` in hexadecimal, by which its private and its public half are found together, also when
another program made them.
"""

from __future__ import annotations

import binascii
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NoReturn, TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from vcwallet.adapters.hsm.token import Token, encodable
from vcwallet.errors import SignatureInvalidError, StoreCorruptError, StoreError, UnsupportedError
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.public import CURVES, PublicKey

ID_BYTES = 16
_LABEL: Final = "vcwallet"

_HASHES: Final = {Algorithm.ES256: hashes.SHA256(), Algorithm.ES384: hashes.SHA384(), Algorithm.ES512: hashes.SHA512()}
_EC_PARAMS: Final = {
    Algorithm.ES256: bytes.fromhex("06082a8648ce3d030107"),
    Algorithm.ES384: bytes.fromhex("06052b81040022"),
    Algorithm.ES512: bytes.fromhex("06052b81040023"),
    Algorithm.EDDSA: bytes.fromhex("06032b6570"),
}
"""How a token names the curve: its object identifier in DER."""
_ALGORITHMS: Final = {params: algorithm for algorithm, params in _EC_PARAMS.items()} | {
    b"\x13\x0cedwards25519": Algorithm.EDDSA  # the name instead, as PKCS #11 V3.0 allows
}
_POINT_BYTES: Final = {Algorithm.ES256: 65, Algorithm.ES384: 97, Algorithm.ES512: 133, Algorithm.EDDSA: 32}

_Sign: TypeAlias = Callable[[bytes, Algorithm, bytes, bool], bytes]


class HsmKeyStore:
    """A `KeyStore` whose keys are in a token, and stay there."""

    def __init__(self, library: str | Path, *, token: str, pin: str | Callable[[], str]) -> None:
        """Say which token; it is opened at the first use.

        Args:
            library: the path of the PKCS #11 library of the device.
            token: the token's label.
            pin: the user's PIN, or what gives it; it is asked for again when a session was lost.  A login is the whole
                process's: while another store is logged in to the token, a wrong PIN is not noticed.

        Raises:
            MissingExtraError: the extra ``hsm`` is not installed.
            ValueError: the label, or later the PIN, is no text that can be encoded.
        """
        self._token = Token(library, label=token, pin=pin if callable(pin) else lambda: pin)
        self._p11: Any = self._token.module

    def create(self, algorithm: Algorithm, /, *, label: str = _LABEL) -> str:
        """Make a key and return its handle, once it is stored.

        It signs, and does nothing else; its private half is sensitive and cannot be extracted.  `signer` looks whether
        the token has kept to that.

        Args:
            algorithm: ES256, ES384, ES512, EdDSA or Ed25519.
            label: what people call it; several keys may have the same.

        Raises:
            UnsupportedError: another algorithm, or one that the token does not have (``HSM_ALGORITHM``).
            StoreFullError: there is no room (``HSM_FULL``).
            StoreError: it could not be stored; see also `signer`.
            ValueError: the label is no text that can be encoded.
        """
        kind, label = Algorithm.EDDSA if algorithm is Algorithm.ED25519 else algorithm, encodable(label)
        if kind not in _EC_PARAMS:
            raise UnsupportedError(f"keys for {algorithm} are not made in a token", code="HSM_ALGORITHM")

        def make(session: Any) -> str:
            # A new identifier at each attempt: one that was cut off may have left a key.
            key_id = secrets.token_bytes(ID_BYTES)
            self._generate(session, kind, key_id=key_id, label=label)
            return key_id.hex()

        return self._token.perform(make, writes=True)

    def find(self, *, label: str) -> str:
        """Return the handle of the key with a label, as a key ceremony has made it.

        Raises:
            StoreError: no key (``HSM_KEY_NOT_FOUND``) or several (``HSM_KEY_AMBIGUOUS``) have this label, or the key
                has no identifier (``HSM_KEY_NOT_FOUND``); see also `signer`.
            ValueError: the label is no text that can be encoded.
        """
        label = encodable(label)
        found = self._token.perform(lambda session: self._private(session, label=label)[self._p11.Attribute.ID])
        if not found:
            raise StoreError("the key has no identifier (CKA_ID)", code="HSM_KEY_NOT_FOUND")
        return bytes(found).hex()

    def signer(self, handle: str, /) -> HsmSigner:
        """Return the signer of a handle.

        Raises:
            StoreError: there is no such key (``HSM_KEY_NOT_FOUND``), or one whose private half can be read out
                (``HSM_KEY_NOT_PROTECTED``).
            UnsupportedError: it is of a kind that vcwallet does not sign with (``HSM_ALGORITHM``).
            WrongPassphraseError, KeyLockedError: the PIN is wrong (``HSM_PIN_INCORRECT``) or locked
                (``HSM_PIN_LOCKED``).
            TransportError: the token does not answer (``HSM_UNAVAILABLE``).
            LocalProtocolError: the store was closed, or opened before a fork.
        """
        key_id = _key_id(handle)

        def look_up(session: Any) -> PublicKey:
            self._require_fit(self._private(session, id=key_id))
            return self._public_key(session, key_id)

        return HsmSigner(self._sign, key_id, self._token.perform(look_up))

    def delete(self, handle: str, /) -> None:
        """Forget a key for good; forgetting it twice is no error.

        Raises:
            StoreError: it is still there; see also `signer`.
        """
        key_id = _key_id(handle)
        self._token.perform(lambda session: self._destroy(session, key_id), writes=True)

    def close(self) -> None:
        """Log out; the signers of this store sign no more.  Closing twice is no error."""
        self._token.close()

    def __enter__(self) -> HsmKeyStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<HsmKeyStore of {self._token!r}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a token is not pickled; open it where it is used")

    # --- in a session ------------------------------------------------------------------------------------------------

    def _sign(self, key_id: bytes, algorithm: Algorithm, data: bytes, again: bool) -> bytes:
        mechanism = self._p11.Mechanism.EDDSA if algorithm is Algorithm.EDDSA else self._p11.Mechanism.ECDSA

        def sign(session: Any) -> bytes:
            key = self._token.found.get(key_id)
            if key is None:
                key = self._token.found[key_id] = self._private(session, id=key_id)
            return bytes(key.sign(data, mechanism=mechanism))

        return self._token.perform(sign, renews=again)

    def _private(self, session: Any, **attributes: Any) -> Any:
        found = self._all(session, self._p11.ObjectClass.PRIVATE_KEY, **attributes)
        if not found:
            raise self._p11.NoSuchKey
        return _the_only(found)

    def _all(self, session: Any, kind: Any, *, id: bytes | None = None, label: str | None = None) -> list[Any]:
        a = self._p11.Attribute
        attributes = {a.CLASS: kind, a.ID: id, a.LABEL: label}
        # python-pkcs11 does not tidy up a search that cannot begin, so something is asked first that leaves nothing.
        with suppress(self._p11.RandomNoRNG, self._p11.FunctionNotSupported):
            session.generate_random(8)
        # All of them: a search that is broken off stays open, and the session can do nothing else.
        return list(session.get_objects({name: value for name, value in attributes.items() if value is not None}))

    def _generate(self, session: Any, algorithm: Algorithm, *, key_id: bytes, label: str) -> None:
        a, kinds, flags = self._p11.Attribute, self._p11.KeyType, self._p11.MechanismFlag
        parameters = session.create_domain_parameters(
            kinds.EC_EDWARDS if algorithm is Algorithm.EDDSA else kinds.EC,
            {a.EC_PARAMS: _EC_PARAMS[algorithm]},
            local=True,
        )
        others = dict.fromkeys((a.DECRYPT, a.SIGN_RECOVER, a.UNWRAP, a.DERIVE), False)
        parameters.generate_keypair(
            id=key_id,
            label=label,
            store=True,
            capabilities=flags.SIGN | flags.VERIFY,
            private_template={a.PRIVATE: True, a.SENSITIVE: True, a.EXTRACTABLE: False, a.SIGN: True, **others},
        )

    def _require_fit(self, private: Any) -> None:
        a = self._p11.Attribute
        if not private[a.SENSITIVE] or private[a.EXTRACTABLE]:
            raise StoreError("the private half of the key can be read out", code="HSM_KEY_NOT_PROTECTED")
        if not private[a.SIGN]:
            raise StoreError("the token does not let this key sign", code="HSM_KEY_NOT_PERMITTED")

    def _public_key(self, session: Any, key_id: bytes) -> PublicKey:
        a = self._p11.Attribute
        found = self._all(session, self._p11.ObjectClass.PUBLIC_KEY, id=key_id)
        if not found:
            raise StoreError("the public half of the key is not in the token", code="HSM_PUBLIC_KEY")
        public = _the_only(found)
        algorithm = _ALGORITHMS.get(bytes(public[a.EC_PARAMS])) if public.key_type in self._elliptic() else None
        if algorithm is None:
            raise UnsupportedError("a key that vcwallet does not sign with", code="HSM_ALGORITHM")
        return _public_key(algorithm, bytes(public[a.EC_POINT]))

    def _elliptic(self) -> tuple[Any, Any]:
        return self._p11.KeyType.EC, self._p11.KeyType.EC_EDWARDS

    def _destroy(self, session: Any, key_id: bytes) -> None:
        for kind in (self._p11.ObjectClass.PRIVATE_KEY, self._p11.ObjectClass.PUBLIC_KEY):
            for found in self._all(session, kind, id=key_id):
                found.destroy()


class HsmSigner:
    """A `Signer` whose private key is in a token."""

    __slots__ = ("_key_id", "_sign", "public_key")

    def __init__(self, sign: _Sign, key_id: bytes, public_key: PublicKey) -> None:
        self._sign = sign
        self._key_id = key_id
        self.public_key: PublicKey = public_key

    def sign(self, data: bytes, /) -> bytes:
        """Return the signature over `data` in JOSE form (r || s for ECDSA), after verifying it.

        Raises:
            StoreCorruptError: the token returned something that is no signature by this key (``HSM_SIGNATURE_WRONG``),
                by a fault or because the public half is another key's; it does not leave.
            StoreError: the key is gone (``HSM_KEY_NOT_FOUND``).
            WrongPassphraseError, KeyLockedError: the session was lost, and the PIN does not open another one.
            TransportError: the session was lost, and the token does not answer (``HSM_UNAVAILABLE``).
            LocalProtocolError: the store was closed, or opened before a fork.
        """
        to_be_signed = _to_be_signed(self.public_key.algorithm, data)
        # Handles are numbers that a library gives out anew once it was finalised: what was found by one of before can
        # be another key.  So a wrong signature has a second chance, in a new session.
        for again in (False, True):
            signature = self._sign(self._key_id, self.public_key.algorithm, to_be_signed, again)
            with suppress(SignatureInvalidError):
                self.public_key.verify(signature, data)
                return signature
        raise StoreCorruptError("the token returned a wrong signature", code="HSM_SIGNATURE_WRONG")

    def __repr__(self) -> str:
        return f"<HsmSigner {self.public_key.algorithm}, key {self._key_id.hex()}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a token is not pickled; open it where it is used")


def _the_only(found: list[Any]) -> Any:
    if len(found) > 1:
        raise StoreError("several keys have this handle or label", code="HSM_KEY_AMBIGUOUS")
    return found[0]


def _to_be_signed(algorithm: Algorithm, data: bytes) -> bytes:
    """Return what the token is given: a digest for ECDSA, since many tokens hash nothing (``CKM_ECDSA``)."""
    kind = _HASHES.get(algorithm)
    if kind is None:
        return data
    digest = hashes.Hash(kind)
    digest.update(data)
    return digest.finalize()


def _public_key(algorithm: Algorithm, point: bytes) -> PublicKey:
    """Return the key of a ``CKA_EC_POINT``: an OCTET STRING in DER, or the point itself, as some tokens have it."""
    size = _POINT_BYTES[algorithm]
    raw = point[-size:]
    if len(point) != size and point != _octet_string(raw):
        raise StoreCorruptError("the public half of the key is no point", code="HSM_PUBLIC_KEY")
    try:
        if algorithm is Algorithm.EDDSA:
            return PublicKey(ed25519.Ed25519PublicKey.from_public_bytes(raw))
        return PublicKey(ec.EllipticCurvePublicKey.from_encoded_point(CURVES[algorithm], raw))
    except ValueError:
        raise StoreCorruptError("the public half of the key is no point", code="HSM_PUBLIC_KEY") from None


def _octet_string(content: bytes) -> bytes:
    length = len(content)
    return (bytes([4, length]) if length < 0x80 else bytes([4, 0x81, length])) + content


def _key_id(handle: str) -> bytes:
    try:
        key_id = binascii.unhexlify(handle)
    except ValueError:
        key_id = b""
    if not key_id:
        raise StoreError("there is no key with this handle", code="HSM_KEY_NOT_FOUND")
    return key_id
