# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Device engagement: how a wallet says by which key and over which radio it can be asked (ISO/IEC 18013-5, clause 8.2).

The bytes that were shown or scanned are part of what both sides sign later, so they are kept as they came.

    >>> from vcwallet.keys.software import SoftwareKeyAgreement
    >>> from vcwallet.protocols.proximity.engagement import DeviceEngagement, TcpRetrieval
    >>> key = SoftwareKeyAgreement.generate()
    >>> shown = DeviceEngagement.create(key, tcp=TcpRetrieval(host="127.0.0.1", port=8181)).to_qr()
    >>> shown[:5], DeviceEngagement.from_qr(shown).tcp
    ('mdoc:', TcpRetrieval(host='127.0.0.1', port=8181))

An addition of ours, for tests and examples without a radio: the map key -1 (the standard leaves negative keys to
applications) holds ``["tcp", host, port]``, an address of this machine where the wallet listens.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeAlias, assert_never

from vcwallet.encoding import base64url, cbor
from vcwallet.encoding.cbor import CborValue, Limits, Tag
from vcwallet.errors import LimitExceededError, MalformedError, UnsupportedError
from vcwallet.keys.cose_key import jwk_of
from vcwallet.keys.signer import KeyAgreement
from vcwallet.protocols.proximity.keys import public_cose_key
from vcwallet.protocols.proximity.reading import (
    EMBEDDED,
    embedded,
    expect,
    expect_bytes,
    expect_number,
    expect_text,
    expect_version,
)

SCHEME: Final = "mdoc:"
"""What the text of a QR code begins with (clause 8.2.2.3); ``mdoc://`` is a website's (ISO/IEC TS 18013-7, annex A)."""

CIPHER_SUITE: Final = 1
"""ECDH, HKDF with SHA-256, AES-256-GCM: the one that there is (clause 9.1.5.2)."""

MAX_QR_TEXT: Final = 2953
"""What the largest QR code holds in byte mode; a longer text never came from one."""

MAX_ENGAGEMENT_BYTES: Final = 4096
MAX_RETRIEVAL_METHODS: Final = 10
MAX_ORIGIN_INFOS: Final = 10

_CLAUSE = "ISO/IEC 18013-5, 8.2.1.1"
_LIMITS = Limits(max_bytes=MAX_ENGAGEMENT_BYTES, max_items=500, max_map_entries=100)
_VERSION, _SECURITY, _RETRIEVAL, _ORIGINS, _CAPABILITIES, _TCP = 0, 1, 2, 5, 6, -1
_UINT16: Final = 2**16 - 1
_UINT32: Final = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NfcRetrieval:
    """Transfer over NFC: the longest command and response that the wallet takes, in bytes (clause 8.3.3.1.2)."""

    max_command_bytes: int
    max_response_bytes: int

    def __post_init__(self) -> None:
        if not 255 <= self.max_command_bytes <= _UINT16 or not 256 <= self.max_response_bytes <= _UINT16 + 1:
            raise MalformedError("the lengths of NFC retrieval are out of range", clause=_CLAUSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class BleRetrieval:
    """Transfer over Bluetooth Low Energy (clause 8.3.3.1.1).

    Attributes:
        peripheral_server_uuid: the service of the wallet as server; None where it does not offer that.
        central_client_uuid: the service that the reader opens for the wallet as client; None where it does not offer
            that.  A reader that is offered both chooses this one.
        address: of the wallet's Bluetooth device, as server.
        psm: of the wallet's L2CAP channel, as server (second edition).
    """

    peripheral_server_uuid: uuid.UUID | None = None
    central_client_uuid: uuid.UUID | None = None
    address: bytes | None = None
    psm: int | None = None

    def __post_init__(self) -> None:
        if self.peripheral_server_uuid is None and self.central_client_uuid is None:
            raise MalformedError("BLE retrieval offers neither of its modes", clause=_CLAUSE)
        if self.address is not None:
            expect_bytes(self.address, "the BLE device address", length=6)
        if self.psm is not None:
            expect_number(self.psm, "the L2CAP PSM", least=1, most=_UINT16)


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiAwareRetrieval:
    """Transfer over Wi-Fi Aware (clause 8.3.3.1.3); what is None is left to the radio."""

    passphrase: str | None = field(default=None, repr=False)
    operating_class: int | None = None
    channel: int | None = None
    supported_bands: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRetrieval:
    """A retrieval method, or a version of one, that this edition does not know."""

    type: int
    version: int
    options: CborValue = field(repr=False)


RetrievalMethod: TypeAlias = NfcRetrieval | BleRetrieval | WifiAwareRetrieval | OtherRetrieval


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpRetrieval:
    """A socket of this machine, for tests and examples; no part of the standard."""

    host: str
    port: int

    def __post_init__(self) -> None:
        expect_number(self.port, "the port of TCP retrieval", least=1, most=_UINT16)


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginInfo:
    """Where an engagement came from (ISO/IEC TS 18013-7); what it says is not authenticated."""

    category: int
    type: int
    details: Mapping[Any, CborValue] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a wallet of the second edition can do beyond the first."""

    handover_session_establishment: bool = False
    reader_auth_all: bool = False
    extended_request: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEngagement:
    """What the holder shows; nothing in it is authenticated before the session's first answer.

    Make one with `create`, `parse` or `from_qr`.

    Attributes:
        encoded: the exact bytes, which enter the session transcript.
        version: any of "1.x".
        e_device_key: the content of EDeviceKeyBytes as it came: an encoded COSE_Key, fresh for each session.
        retrieval_methods: over which radios.
        tcp: our own retrieval method.
        origin_infos: where this engagement came from.
        capabilities: of the second edition; None where the wallet does not say.
    """

    encoded: bytes = field(repr=False)
    version: str
    e_device_key: bytes = field(repr=False)
    retrieval_methods: tuple[RetrievalMethod, ...] = ()
    tcp: TcpRetrieval | None = None
    origin_infos: tuple[OriginInfo, ...] = ()
    capabilities: Capabilities | None = None

    @classmethod
    def create(
        cls,
        key: KeyAgreement,
        *,
        retrieval_methods: Sequence[RetrievalMethod] = (),
        tcp: TcpRetrieval | None = None,
        origin_infos: Sequence[OriginInfo] = (),
        capabilities: Capabilities | None = None,
    ) -> DeviceEngagement:
        """Return the engagement for a key that was made for this one session.

        Raises:
            LimitExceededError: more methods or longer values than a reader takes.
        """
        is_second_edition = bool(origin_infos) or capabilities is not None
        members: dict[int, CborValue] = {
            _VERSION: "1.1" if is_second_edition else "1.0",
            _SECURITY: [CIPHER_SUITE, Tag(EMBEDDED, public_cose_key(key))],
        }
        if retrieval_methods:
            members[_RETRIEVAL] = [_method_to_cbor(method) for method in retrieval_methods]
        if origin_infos:
            members[_ORIGINS] = [_origin_to_cbor(info) for info in origin_infos]
        if capabilities is not None:
            members[_CAPABILITIES] = _capabilities_to_cbor(capabilities)
        if tcp is not None:
            members[_TCP] = ["tcp", tcp.host, tcp.port]
        return cls.parse(cbor.dumps(members))

    @classmethod
    def parse(cls, data: bytes) -> DeviceEngagement:
        """Read an engagement; members that are not known are passed over.

        Raises:
            LimitExceededError: longer than 4096 bytes, or more than 10 retrieval methods.
            MalformedError: not the structure of the standard, or a key that is no point on its curve.
            UnsupportedError: another major version (code ``VERSION_NOT_SUPPORTED``) or cipher suite
                (``CIPHER_SUITE_NOT_SUPPORTED``), or a curve that vcwallet does not agree on.
        """
        members = expect(dict, cbor.loads(data, limits=_LIMITS), "a device engagement")
        version = expect_version(members, _VERSION, major=1, what="a device engagement")
        return cls(
            encoded=bytes(data),
            version=version,
            e_device_key=_e_device_key(members.get(_SECURITY)),
            retrieval_methods=_methods(members[_RETRIEVAL]) if _RETRIEVAL in members else (),
            tcp=_tcp(members[_TCP]) if _TCP in members else None,
            origin_infos=_origins(members[_ORIGINS]) if _ORIGINS in members else (),
            capabilities=_capabilities(members[_CAPABILITIES]) if _CAPABILITIES in members else None,
        )

    @property
    def e_device_key_bytes(self) -> bytes:
        """EDeviceKeyBytes: the tag 24 around the key as it came."""
        return cbor.embedded(self.e_device_key)

    @property
    def e_device_jwk(self) -> dict[str, str]:
        """The wallet's key for this session, as a JWK."""
        return jwk_of(cbor.loads(self.e_device_key))

    def to_qr(self) -> str:
        """Return the text of the QR code (clause 8.2.2.3).

        Raises:
            ValueError: it does not fit into any QR code.
        """
        text = SCHEME + base64url.encode(self.encoded)
        if len(text) > MAX_QR_TEXT:
            raise ValueError(f"a QR code holds at most {MAX_QR_TEXT} characters")
        return text

    @classmethod
    def from_qr(cls, text: str) -> DeviceEngagement:
        """Read the text of a QR code that a holder shows.

        Raises:
            LimitExceededError: longer than any QR code.
            MalformedError: another scheme, padding, or not an engagement (see `parse`).
            UnsupportedError: see `parse`.
        """
        if len(text) > MAX_QR_TEXT:
            raise LimitExceededError(f"the text of a QR code is longer than {MAX_QR_TEXT} characters")
        if not text.startswith(SCHEME) or text.startswith("//", len(SCHEME)):
            raise MalformedError("the QR code is not a device engagement", clause="ISO/IEC 18013-5, 8.2.2.3")
        return cls.parse(base64url.decode(text.removeprefix(SCHEME)))


# --- reading ---------------------------------------------------------------------------------------------------------


def _e_device_key(security: object) -> bytes:
    members = expect(list, security, "the security of a device engagement")
    if len(members) != 2:
        raise MalformedError("the security of a device engagement has not two elements", clause=_CLAUSE)
    if expect(int, members[0], "the cipher suite") != CIPHER_SUITE:
        raise UnsupportedError("the device engagement names an unknown cipher suite", code="CIPHER_SUITE_NOT_SUPPORTED")
    content = embedded(members[1], "EDeviceKeyBytes")
    jwk_of(cbor.loads(content, limits=_LIMITS))  # a key that a session could not use is refused here
    return content


def _methods(value: object) -> tuple[RetrievalMethod, ...]:
    methods = expect(list, value, "the retrieval methods")
    if not methods:
        raise MalformedError("the retrieval methods are an empty array", clause=_CLAUSE)
    if len(methods) > MAX_RETRIEVAL_METHODS:
        raise LimitExceededError(f"a device engagement has more than {MAX_RETRIEVAL_METHODS} retrieval methods")
    return tuple(map(_method, methods))


def _method(value: object) -> RetrievalMethod:
    members = expect(list, value, "a retrieval method")
    if len(members) != 3:
        raise MalformedError("a retrieval method has not three elements", clause=_CLAUSE)
    kind = expect_number(members[0], "the type of a retrieval method", most=_UINT32)
    version = expect_number(members[1], "the version of a retrieval method", most=_UINT32)
    reader = _METHOD_READERS.get((kind, version))
    if reader is None:
        return OtherRetrieval(type=kind, version=version, options=members[2])
    return reader(expect(dict, members[2], "the options of a retrieval method"))


def _nfc(options: dict[Any, Any]) -> NfcRetrieval:
    return NfcRetrieval(
        max_command_bytes=expect(int, options.get(0), "the longest NFC command"),
        max_response_bytes=expect(int, options.get(1), "the longest NFC response"),
    )


def _ble(options: dict[Any, Any]) -> BleRetrieval:
    return BleRetrieval(
        peripheral_server_uuid=_ble_mode(options, 0, 10),
        central_client_uuid=_ble_mode(options, 1, 11),
        address=options.get(20),
        psm=options.get(21),
    )


def _ble_mode(options: dict[Any, Any], mode: int, service: int) -> uuid.UUID | None:
    """Return the service of a mode that is offered: a mode without it could not be used."""
    if not expect(bool, options.get(mode), "a BLE mode"):
        return None
    return uuid.UUID(bytes=expect_bytes(options.get(service), "a BLE service", length=16))


def _wifi_aware(options: dict[Any, Any]) -> WifiAwareRetrieval:
    def optional(key: int, kind: type[Any]) -> Any:
        return expect(kind, options[key], "an option of Wi-Fi Aware") if key in options else None

    return WifiAwareRetrieval(
        passphrase=optional(0, str),
        operating_class=optional(1, int),
        channel=optional(2, int),
        supported_bands=optional(3, bytes),
    )


_NFC, _BLE, _WIFI_AWARE = (1, 1), (2, 1), (3, 1)  # types, each in its version 1 (clause 8.2.1.1)
_MethodReader: TypeAlias = Callable[[dict[Any, Any]], RetrievalMethod]
_METHOD_READERS: Final[Mapping[tuple[int, int], _MethodReader]] = {
    _NFC: _nfc,
    _BLE: _ble,
    _WIFI_AWARE: _wifi_aware,
}


def _tcp(value: object) -> TcpRetrieval | None:
    # Any application may use negative keys: what does not look like ours is not ours.
    match value:
        case ["tcp", host, port]:
            host = expect_text(host, "the host of TCP retrieval")
            return TcpRetrieval(host=host, port=expect(int, port, "the port of TCP retrieval"))
        case _:
            return None


def _origins(value: object) -> tuple[OriginInfo, ...]:
    infos = expect(list, value, "the origin infos")
    if len(infos) > MAX_ORIGIN_INFOS:
        raise LimitExceededError(f"a device engagement has more than {MAX_ORIGIN_INFOS} origin infos")
    return tuple(map(_origin, infos))


def _origin(value: object) -> OriginInfo:
    members = expect(dict, value, "an origin info")
    return OriginInfo(
        category=expect_number(members.get("cat"), "the category of an origin info", most=_UINT32),
        type=expect_number(members.get("type"), "the type of an origin info", most=_UINT32),
        details=MappingProxyType(expect(dict, members.get("details", {}), "the details of an origin info")),
    )


def _capabilities(value: object) -> Capabilities:
    members = expect(dict, value, "the capabilities")

    def has(key: int) -> bool:
        return expect(bool, members.get(key, False), "a capability")

    return Capabilities(handover_session_establishment=has(2), reader_auth_all=has(3), extended_request=has(4))


# --- writing ---------------------------------------------------------------------------------------------------------


def _method_to_cbor(method: RetrievalMethod) -> CborValue:
    match method:
        case NfcRetrieval():
            return [*_NFC, {0: method.max_command_bytes, 1: method.max_response_bytes}]
        case BleRetrieval():
            server, client = method.peripheral_server_uuid, method.central_client_uuid
            options: dict[int, CborValue] = {
                10: None if server is None else server.bytes,
                11: None if client is None else client.bytes,
                20: method.address,
                21: method.psm,
            }
            return [*_BLE, {0: server is not None, 1: client is not None, **_present(options)}]
        case WifiAwareRetrieval():
            options = {0: method.passphrase, 1: method.operating_class, 2: method.channel, 3: method.supported_bands}
            return [*_WIFI_AWARE, _present(options)]
        case OtherRetrieval():
            return [method.type, method.version, method.options]
        case _:
            assert_never(method)


def _present(options: Mapping[int, CborValue]) -> dict[int, CborValue]:
    return {key: value for key, value in options.items() if value is not None}


def _origin_to_cbor(info: OriginInfo) -> CborValue:
    return {"cat": info.category, "type": info.type, "details": info.details}


def _capabilities_to_cbor(capabilities: Capabilities) -> CborValue:
    named = {
        2: capabilities.handover_session_establishment,
        3: capabilities.reader_auth_all,
        4: capabilities.extended_request,
    }
    return {key: True for key, has in named.items() if has}
