# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Device engagement and its QR code (ISO/IEC 18013-5, clause 8.2)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from vcwallet.encoding import base64url, cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.errors import LimitExceededError, MalformedError, UnsupportedError, VcError
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.proximity import (
    BleRetrieval,
    Capabilities,
    DeviceEngagement,
    NfcRetrieval,
    OriginInfo,
    OtherRetrieval,
    TcpRetrieval,
    WifiAwareRetrieval,
)
from vcwallet.protocols.proximity.engagement import (
    MAX_ENGAGEMENT_BYTES,
    MAX_ORIGIN_INFOS,
    MAX_QR_TEXT,
    MAX_RETRIEVAL_METHODS,
)

KEY = SoftwareKeyAgreement.generate()
SERVICE = uuid.UUID("45efef74-2b2c-4837-a9a3-b0e1d05a6917")
OTHER_SERVICE = uuid.UUID("f1b0ee0f-02ab-4d2a-a9a3-7c1c2f6e1a01")
BLE = {0: False, 1: True, 11: SERVICE.bytes}


@pytest.fixture
def members() -> dict[Any, Any]:
    """The decoded map of an engagement in order, to be changed."""
    decoded: dict[Any, Any] = cbor.loads(DeviceEngagement.create(KEY).encoded)
    return decoded


def read(members: dict[Any, Any]) -> DeviceEngagement:
    return DeviceEngagement.parse(cbor.dumps(members))


# --- what is made is read again --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method",
    [
        NfcRetrieval(max_command_bytes=255, max_response_bytes=256),
        NfcRetrieval(max_command_bytes=65_535, max_response_bytes=65_536),
        BleRetrieval(central_client_uuid=SERVICE),
        BleRetrieval(peripheral_server_uuid=SERVICE, address=b"\x01\x02\x03\x04\x05\x06", psm=192),
        BleRetrieval(peripheral_server_uuid=SERVICE, central_client_uuid=OTHER_SERVICE),
        WifiAwareRetrieval(),
        WifiAwareRetrieval(passphrase="secret", operating_class=81, channel=6, supported_bands=b"\x14"),
        OtherRetrieval(type=9, version=1, options={0: "new"}),
        OtherRetrieval(type=2, version=2, options=[]),
    ],
    ids=repr,
)
def test_a_retrieval_method_is_read_as_it_was_written(method: Any) -> None:
    made = DeviceEngagement.create(KEY, retrieval_methods=[method])
    assert made.retrieval_methods == (method,)
    assert DeviceEngagement.from_qr(made.to_qr()) == made


def test_an_engagement_holds_the_public_key_of_its_session() -> None:
    made = DeviceEngagement.create(KEY)
    assert made.e_device_jwk == KEY.public_jwk
    assert made.e_device_key_bytes == cbor.embedded(made.e_device_key)
    assert made.version == "1.0"
    assert (made.retrieval_methods, made.tcp, made.origin_infos, made.capabilities) == ((), None, (), None)


def test_members_of_the_second_edition_make_it_version_one_point_one() -> None:
    info = OriginInfo(category=1, type=1, details={"domain": "verifier.example"})
    able = Capabilities(reader_auth_all=True)
    both = DeviceEngagement.create(KEY, origin_infos=[info], capabilities=able)
    assert (both.version, both.origin_infos, both.capabilities) == ("1.1", (info,), able)
    assert DeviceEngagement.create(KEY, capabilities=Capabilities()).version == "1.1"
    assert DeviceEngagement.create(KEY, origin_infos=[info]).version == "1.1"


@pytest.mark.parametrize("name", ["handover_session_establishment", "reader_auth_all", "extended_request"])
def test_each_capability_stands_for_itself(name: str) -> None:
    able = Capabilities(**{name: True})
    assert DeviceEngagement.create(KEY, capabilities=able).capabilities == able


def test_our_own_retrieval_method_names_a_socket() -> None:
    made = DeviceEngagement.create(KEY, tcp=TcpRetrieval(host="127.0.0.1", port=65_535))
    assert made.tcp == TcpRetrieval(host="127.0.0.1", port=65_535)
    assert cbor.loads(made.encoded)[-1] == ["tcp", "127.0.0.1", 65_535]


@pytest.mark.parametrize("port", [0, 65_536, -1])
def test_a_port_is_a_port(port: int) -> None:
    with pytest.raises(MalformedError):
        TcpRetrieval(host="127.0.0.1", port=port)


@pytest.mark.parametrize("value", ["tcp", ["udp", "127.0.0.1", 1], ["tcp", "127.0.0.1"], {}, None])
def test_a_proprietary_member_of_someone_else_is_passed_over(members: dict[Any, Any], value: Any) -> None:
    assert read({**members, -1: value}).tcp is None


@pytest.mark.parametrize("value", [["tcp", "", 1], ["tcp", 1, 1], ["tcp", "127.0.0.1", "1"], ["tcp", "::1", True]])
def test_our_own_member_is_read_strictly(members: dict[Any, Any], value: Any) -> None:
    with pytest.raises(MalformedError):
        read({**members, -1: value})


def test_the_received_bytes_are_kept_with_members_that_are_not_known(members: dict[Any, Any]) -> None:
    data = cbor.dumps({99: "new", **members, "text": [1]})
    assert DeviceEngagement.parse(data).encoded == data


def test_the_values_of_an_engagement_hide_what_is_secret() -> None:
    assert "secret" not in repr(WifiAwareRetrieval(passphrase="secret"))


# --- version and cipher suite ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.9999"])
def test_any_minor_version_is_read(members: dict[Any, Any], version: str) -> None:
    assert read({**members, 0: version}).version == version


@pytest.mark.parametrize("version", ["0.9", "2.0", "10.0"])
def test_another_major_version_is_refused(members: dict[Any, Any], version: str) -> None:
    with pytest.raises(UnsupportedError) as refused:
        read({**members, 0: version})
    assert refused.value.code == "VERSION_NOT_SUPPORTED"


@pytest.mark.parametrize(
    "version", ["", "1", "1.", ".0", "1.0.0", "1.x", "1.0\n", "１.０", "1.00000", 1, 1.0, None, b"1.0"]
)
def test_what_is_no_version_is_refused(members: dict[Any, Any], version: Any) -> None:
    with pytest.raises(MalformedError):
        read({**members, 0: version})


def test_an_unknown_cipher_suite_is_refused(members: dict[Any, Any]) -> None:
    with pytest.raises(UnsupportedError) as refused:
        read({**members, 1: [2, members[1][1]]})
    assert refused.value.code == "CIPHER_SUITE_NOT_SUPPORTED"


def test_a_suite_that_is_no_integer_is_refused(members: dict[Any, Any]) -> None:
    with pytest.raises(MalformedError):
        read({**members, 1: [True, members[1][1]]})


# --- structure -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [0, 1])
def test_version_and_security_are_required(members: dict[Any, Any], missing: int) -> None:
    with pytest.raises(MalformedError):
        read({key: value for key, value in members.items() if key != missing})


@pytest.mark.parametrize("data", [b"", b"\xa0", b"\x80", b"\xf6", b"\xbf\xff", cbor.dumps("mdoc")])
def test_what_is_no_engagement_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        DeviceEngagement.parse(data)


@pytest.mark.parametrize(
    "change",
    [
        lambda key: {},
        lambda key: [],
        lambda key: [1],
        lambda key: [1, key, 0],
        lambda key: [1, key.content],
        lambda key: [1, Tag(61, key.content)],
        lambda key: [1, Tag(24, "text")],
        lambda key: [1, Tag(24, b"")],
        lambda key: [1, Tag(24, b"\xa0")],
        lambda key: [1, Tag(24, key.content + b"\x00")],
        lambda key: [1, Tag(24, cbor.dumps({**cbor.loads(key.content), -3: bytes(32)}))],
        lambda key: [1, Tag(24, cbor.dumps({**cbor.loads(key.content), 1: 1}))],
    ],
)
def test_security_is_a_suite_and_a_key_on_its_curve(members: dict[Any, Any], change: Any) -> None:
    with pytest.raises(VcError):
        read({**members, 1: change(members[1][1])})
    read(members)


def test_a_compressed_key_is_read(members: dict[Any, Any]) -> None:
    key = cbor.loads(members[1][1].content)
    compressed = cbor.dumps({**key, -3: bool(key[-3][-1] & 1)})
    assert read({**members, 1: [1, Tag(24, compressed)]}).e_device_jwk == KEY.public_jwk


@pytest.mark.parametrize(
    "method",
    [
        [2, 1],
        [2, 1, BLE, 0],
        {},
        ["2", 1, BLE],
        [-1, 1, BLE],
        [2, True, BLE],
        [2, 1, []],
        [2, 1, {}],
        [2, 1, {0: False, 1: False}],
        [2, 1, {0: False, 1: 1, 11: SERVICE.bytes}],
        [2, 1, {0: False, 1: True}],
        [2, 1, {0: True, 1: False, 11: SERVICE.bytes}],
        [2, 1, {0: False, 1: True, 11: SERVICE.bytes[1:]}],
        [2, 1, {0: False, 1: True, 11: str(SERVICE)}],
        [2, 1, {**BLE, 20: b"\x01\x02\x03\x04\x05"}],
        [2, 1, {**BLE, 20: "01:02:03:04:05:06"}],
        [2, 1, {**BLE, 21: 0}],
        [2, 1, {**BLE, 21: 65_536}],
        [2, 1, {**BLE, 21: b"\xc0"}],
        [1, 1, {0: 254, 1: 256}],
        [1, 1, {0: 255, 1: 255}],
        [1, 1, {0: 65_536, 1: 256}],
        [1, 1, {0: 255, 1: 65_537}],
        [1, 1, {0: 255}],
        [1, 1, {0: 255, 1: "256"}],
        [3, 1, {0: 1}],
        [3, 1, {1: "81"}],
        [3, 1, {2: b""}],
        [3, 1, {3: 1}],
    ],
    ids=repr,
)
def test_a_retrieval_method_that_is_not_as_the_standard_says_is_refused(members: dict[Any, Any], method: Any) -> None:
    assert read({**members, 2: [[2, 1, BLE]]}).retrieval_methods == (BleRetrieval(central_client_uuid=SERVICE),)
    with pytest.raises(MalformedError):
        read({**members, 2: [method]})


@pytest.mark.parametrize("methods", [[], {}, None, "ble"])
def test_the_retrieval_methods_are_an_array_that_is_not_empty(members: dict[Any, Any], methods: Any) -> None:
    with pytest.raises(MalformedError):
        read({**members, 2: methods})


@pytest.mark.parametrize(
    "infos", [{}, [[]], [{"cat": 1}], [{"type": 1}], [{"cat": -1, "type": 1}], [{"cat": 1, "type": 1, "details": 0}]]
)
def test_origin_infos_are_read_strictly(members: dict[Any, Any], infos: Any) -> None:
    assert read({**members, 5: [{"cat": 1, "type": 1}]}).origin_infos[0].details == {}
    with pytest.raises(MalformedError):
        read({**members, 5: infos})


@pytest.mark.parametrize("capabilities", [[], {2: 1}, {3: None}, {4: "yes"}])
def test_capabilities_are_booleans(members: dict[Any, Any], capabilities: Any) -> None:
    assert read({**members, 6: {2: True, 99: "new"}}).capabilities == Capabilities(handover_session_establishment=True)
    with pytest.raises(MalformedError):
        read({**members, 6: capabilities})


# --- limits ----------------------------------------------------------------------------------------------------------


def test_ten_retrieval_methods_are_read_and_eleven_are_not() -> None:
    ten = [OtherRetrieval(type=9, version=1, options=None)] * MAX_RETRIEVAL_METHODS
    assert len(DeviceEngagement.create(KEY, retrieval_methods=ten).retrieval_methods) == 10
    with pytest.raises(LimitExceededError):
        DeviceEngagement.create(KEY, retrieval_methods=[*ten, ten[0]])


def test_ten_origin_infos_are_read_and_eleven_are_not() -> None:
    ten = [OriginInfo(category=1, type=1)] * MAX_ORIGIN_INFOS
    assert len(DeviceEngagement.create(KEY, origin_infos=ten).origin_infos) == 10
    with pytest.raises(LimitExceededError):
        DeviceEngagement.create(KEY, origin_infos=[*ten, ten[0]])


def test_an_engagement_has_at_most_4096_bytes(members: dict[Any, Any]) -> None:
    room = MAX_ENGAGEMENT_BYTES - len(cbor.dumps({**members, 99: bytes(1000)})) + 1000
    assert len(read({**members, 99: bytes(room)}).encoded) == MAX_ENGAGEMENT_BYTES
    with pytest.raises(LimitExceededError):
        read({**members, 99: bytes(room + 1)})


# --- the QR code -----------------------------------------------------------------------------------------------------


def test_the_text_of_a_qr_code_is_the_engagement_in_base64url() -> None:
    made = DeviceEngagement.create(KEY)
    assert made.to_qr() == f"mdoc:{base64url.encode(made.encoded)}"
    assert DeviceEngagement.from_qr(made.to_qr()) == made


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.removeprefix("mdoc:"),
        lambda text: text.replace("mdoc:", "mdoc://"),
        lambda text: text.replace("mdoc:", "MDOC:"),
        lambda text: text.replace("mdoc:", "openid4vp:"),
        lambda text: f" {text}",
        lambda text: f"{text}\n",
        lambda text: f"{text}=",
        lambda text: f"{text[:-1]}ü",
        lambda text: "mdoc:",
        lambda text: "",
    ],
)
def test_any_other_text_is_refused(change: Any) -> None:
    text = DeviceEngagement.create(KEY).to_qr()
    DeviceEngagement.from_qr(text)
    with pytest.raises(MalformedError):
        DeviceEngagement.from_qr(change(text))


def test_a_website_engagement_is_not_mistaken_for_one() -> None:
    with pytest.raises(MalformedError) as refused:
        DeviceEngagement.from_qr("mdoc://owBjMS4w")
    assert refused.value.clause == "ISO/IEC 18013-5, 8.2.2.3"


def test_a_text_longer_than_any_qr_code_is_refused() -> None:
    with pytest.raises(MalformedError) as refused:
        DeviceEngagement.from_qr("mdoc:" + "A" * (MAX_QR_TEXT - 5))
    assert not isinstance(refused.value, LimitExceededError)
    with pytest.raises(LimitExceededError):
        DeviceEngagement.from_qr("mdoc:" + "A" * (MAX_QR_TEXT - 4))


def test_an_engagement_that_fits_into_no_qr_code_has_no_text(members: dict[Any, Any]) -> None:
    fitting = (MAX_QR_TEXT - 5) * 3 // 4 - len(cbor.dumps({**members, 99: bytes(1000)})) + 1000
    assert len(read({**members, 99: bytes(fitting)}).to_qr()) == MAX_QR_TEXT
    with pytest.raises(ValueError, match="QR code"):
        read({**members, 99: bytes(fitting + 1)}).to_qr()
