# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Credential and deferred responses, nonces and notifications: read as written, or refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from vcwallet.encoding import json
from vcwallet.errors import BindingError, LimitExceededError, MalformedError, UnsupportedError
from vcwallet.formats.base import Credential
from vcwallet.jose.jwe import ContentEncryption
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.oauth.refusal import OAuthRefusal
from vcwallet.protocols.openid4vci.credential_response import (
    MAX_BYTES,
    MAX_CREDENTIALS,
    MAX_IDENTIFIER,
    MAX_INTERVAL,
    MAX_OWN_BYTES,
    CredentialResponse,
    DeferredIssuance,
    IssuedCredentials,
    read_credential_response,
    read_deferred_response,
)
from vcwallet.protocols.openid4vci.encryption import ENCRYPTED, MAX_KID, MessageKey, encrypt_message, read_message
from vcwallet.protocols.openid4vci.nonce import MAX_NONCE, nonce_response, read_nonce_response
from vcwallet.protocols.openid4vci.notification import (
    MAX_DESCRIPTION,
    Notification,
    NotificationEvent,
    read_notification,
)

SD_JWT = "dc+sd-jwt"
HOUR = timedelta(hours=1)


def read(status: int = 200, format: str = SD_JWT, **members: Any) -> CredentialResponse:
    return read_credential_response(json.dumps(members), status=status, format=format)


def credentials(*values: Any) -> list[dict[str, Any]]:
    return [{"credential": value} for value in values]


class TestIssued:
    @pytest.mark.parametrize("format", ["dc+sd-jwt", "mso_mdoc", "jwt_vc_json", "jwt_vc_json-ld"])
    def test_a_credential_is_a_string_in_most_formats(self, format):
        response = IssuedCredentials(credentials=(Credential(format=format, raw="raw"),), notification_id="n")
        assert json.loads(response.to_json()) == {"credentials": [{"credential": "raw"}], "notification_id": "n"}
        assert read_credential_response(response.to_json(), status=200, format=format) == response
        with pytest.raises(MalformedError):
            read(format=format, credentials=credentials({"type": "x"}))

    def test_a_credential_is_an_object_in_ldp_vc(self):
        response = IssuedCredentials(credentials=(Credential(format="ldp_vc", raw='{"type":"x"}'),))
        assert json.loads(response.to_json()) == {"credentials": [{"credential": {"type": "x"}}]}
        assert read_credential_response(response.to_json(), status=200, format="ldp_vc") == response
        with pytest.raises(MalformedError):
            read(format="ldp_vc", credentials=credentials("raw"))

    def test_a_format_that_nobody_knows_is_refused_both_ways(self):
        with pytest.raises(UnsupportedError):
            read(format="vc+sd-jwt", credentials=credentials("raw"))
        with pytest.raises(UnsupportedError):
            IssuedCredentials(credentials=(Credential(format="vc+sd-jwt", raw="raw"),)).to_json()

    def test_members_that_nobody_knows_are_ignored(self):
        assert read(credentials=[{"credential": "raw", "x": 1}], x=2) == read(credentials=credentials("raw"))

    @pytest.mark.parametrize(
        "members",
        [
            {},
            {"credentials": []},
            {"credentials": None},
            {"credentials": "raw"},
            {"credentials": ["raw"]},
            {"credentials": [{}]},
            {"credentials": credentials(None)},
            {"credentials": credentials("")},
            {"credentials": credentials("raw"), "notification_id": ""},
            {"credentials": credentials("raw"), "transaction_id": "t", "interval": 1},
        ],
    )
    def test_any_other_response_is_refused(self, members):
        with pytest.raises(MalformedError):
            read(**members)

    def test_one_of_an_older_draft_is_refused_as_such(self):
        with pytest.raises(UnsupportedError) as caught:
            read(credential="raw", c_nonce="n")
        assert caught.value.code == "OLD_DRAFT"
        read(credential="raw", credentials=credentials("raw"))

    def test_an_empty_object_is_no_credential(self):
        with pytest.raises(MalformedError):
            read(format="ldp_vc", credentials=credentials({}))

    def test_the_number_of_credentials_has_a_limit(self):
        most = read(credentials=credentials(*["raw"] * MAX_CREDENTIALS))
        assert isinstance(most, IssuedCredentials)
        assert len(most.credentials) == MAX_CREDENTIALS
        with pytest.raises(LimitExceededError):
            read(credentials=credentials(*["raw"] * (MAX_CREDENTIALS + 1)))

    @pytest.mark.parametrize("count", [0, MAX_CREDENTIALS + 1])
    def test_our_own_response_has_neither_none_nor_too_many(self, count):
        with pytest.raises(ValueError, match="1 to 50"):
            IssuedCredentials(credentials=(Credential(format=SD_JWT, raw="raw"),) * count)

    def test_a_response_has_a_limit(self):
        text = json.dumps({"credentials": credentials("raw")})
        read_credential_response(text + b" " * (MAX_BYTES - len(text)), status=200, format=SD_JWT)
        with pytest.raises(LimitExceededError):
            read_credential_response(text + b" " * (MAX_BYTES + 1 - len(text)), status=200, format=SD_JWT)

    def test_our_own_response_can_be_read_encrypted_too(self):
        def made(length: int) -> bytes:
            return IssuedCredentials(credentials=(Credential(format=SD_JWT, raw="x" * length),)).to_json()

        text = made(MAX_OWN_BYTES - len(made(0)))
        assert len(text) == MAX_OWN_BYTES
        key = MessageKey(kid="\u3042" * MAX_KID, agreement=SoftwareKeyAgreement.generate())
        sealed = encrypt_message(text, jwk=key.jwk, enc=ContentEncryption.A256GCM).encode()
        opened = read_message(sealed, content_type=ENCRYPTED, keys=(key,), required=True, max_bytes=MAX_BYTES)
        assert opened.json == text
        with pytest.raises(LimitExceededError):
            read_message(sealed, content_type=ENCRYPTED, keys=(key,), required=True)  # as a request may not
        with pytest.raises(LimitExceededError):
            made(MAX_OWN_BYTES - len(made(0)) + 1)

    def test_credentials_stay_out_of_reprs(self):
        assert "secret" not in repr(read(credentials=credentials("secret"), notification_id="secret"))


class TestDeferred:
    def test_it_is_read_as_it_was_written(self):
        response = DeferredIssuance(transaction_id="t", interval=HOUR)
        assert read_credential_response(response.to_json(), status=202, format=SD_JWT) == response
        assert (response.status, IssuedCredentials.status) == (202, 200)

    def test_less_than_a_second_is_a_second(self):
        assert b'"interval":1}' in DeferredIssuance(transaction_id="t", interval=timedelta(milliseconds=1)).to_json()
        assert read(202, transaction_id="t", interval=0.000_000_1) == DeferredIssuance(
            transaction_id="t", interval=timedelta(seconds=1)
        )

    @pytest.mark.parametrize(
        ("status", "members"),
        [
            (200, {"transaction_id": "t", "interval": 1}),
            (202, {"credentials": credentials("raw")}),
            (201, {"credentials": credentials("raw")}),
            (400, {"transaction_id": "t", "interval": 1}),
        ],
    )
    def test_the_status_says_which_it_is(self, status, members):
        with pytest.raises(MalformedError):
            read(status, **members)
        read(202 if "interval" in members else 200, **members)

    @pytest.mark.parametrize("interval", [None, 0, -1, 0.0, "1", True, ...])
    def test_an_interval_is_a_positive_number(self, interval):
        members = {} if interval is ... else {"interval": interval}
        with pytest.raises(MalformedError):
            read(202, transaction_id="t", **members)

    @pytest.mark.parametrize("interval", [MAX_INTERVAL.days * 86400 + 1, 1e300, 10**18])
    def test_an_interval_has_a_limit(self, interval):
        read(202, transaction_id="t", interval=MAX_INTERVAL.days * 86400)
        with pytest.raises(LimitExceededError):
            read(202, transaction_id="t", interval=interval)

    @pytest.mark.parametrize("interval", [timedelta(0), -HOUR, MAX_INTERVAL + timedelta(microseconds=1)])
    def test_so_does_our_own(self, interval):
        DeferredIssuance(transaction_id="t", interval=MAX_INTERVAL)
        with pytest.raises(ValueError, match="366 days"):
            DeferredIssuance(transaction_id="t", interval=interval)

    def test_an_identifier_has_a_limit(self):
        read(202, transaction_id="t" * MAX_IDENTIFIER, interval=1)
        with pytest.raises(LimitExceededError):
            read(202, transaction_id="t" * (MAX_IDENTIFIER + 1), interval=1)
        with pytest.raises(LimitExceededError):
            read(credentials=credentials("raw"), notification_id="n" * (MAX_IDENTIFIER + 1))

    def test_a_transaction_goes_on_under_its_name(self):
        body = DeferredIssuance(transaction_id="one", interval=HOUR).to_json()
        read_deferred_response(body, status=202, format=SD_JWT, transaction_id="one")
        with pytest.raises(BindingError):
            read_deferred_response(body, status=202, format=SD_JWT, transaction_id="two")

    def test_credentials_end_it(self):
        issued = IssuedCredentials(credentials=(Credential(format=SD_JWT, raw="raw"),))
        assert read_deferred_response(issued.to_json(), status=200, format=SD_JWT, transaction_id="one") == issued

    def test_the_transaction_stays_out_of_reprs(self):
        assert "secret" not in repr(read(202, transaction_id="secret", interval=1))


class TestNonce:
    def test_it_is_read_as_it_was_written(self):
        assert read_nonce_response(nonce_response("n" * MAX_NONCE)) == "n" * MAX_NONCE

    @pytest.mark.parametrize("body", [b"{}", b'{"c_nonce":""}', b'{"c_nonce":1}', b'{"c_nonce":null}', b'"nonce"', b""])
    def test_any_other_response_is_refused(self, body):
        with pytest.raises(MalformedError):
            read_nonce_response(body)

    def test_it_has_a_limit(self):
        with pytest.raises(LimitExceededError):
            read_nonce_response(nonce_response("n" * (MAX_NONCE + 1)))
        text = nonce_response("n")
        read_nonce_response(text + b" " * (64 * 1024 - len(text)))
        with pytest.raises(LimitExceededError):
            read_nonce_response(text + b" " * (64 * 1024 + 1 - len(text)))


class TestNotification:
    @pytest.mark.parametrize("event", NotificationEvent)
    @pytest.mark.parametrize("description", [None, "", "Out of storage.", "x" * MAX_DESCRIPTION])
    def test_it_is_read_as_it_was_written(self, event, description):
        notification = Notification(notification_id="n" * MAX_IDENTIFIER, event=event, description=description)
        assert read_notification(notification.to_json()) == notification

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"notification_id": ...}, "MALFORMED"),
            ({"notification_id": ""}, "MALFORMED"),
            ({"notification_id": "n" * (MAX_IDENTIFIER + 1)}, "LIMIT_EXCEEDED"),
            ({"event": ...}, "MALFORMED"),
            ({"event": 1}, "MALFORMED"),
            ({"event": "credential_stored"}, "UNSUPPORTED"),
            ({"event_description": None}, "MALFORMED"),
            ({"event_description": 'say "no"'}, "MALFORMED"),
            ({"event_description": "back\\slash"}, "MALFORMED"),
            ({"event_description": "line\n"}, "MALFORMED"),
            ({"event_description": "\u3042"}, "MALFORMED"),
            ({"event_description": "x" * (MAX_DESCRIPTION + 1)}, "LIMIT_EXCEEDED"),
        ],
    )
    def test_any_other_is_an_invalid_request(self, changes, code):
        right = {"notification_id": "n", "event": "credential_deleted", "event_description": "gone"}
        read_notification(json.dumps(right))
        members = {name: value for name, value in {**right, **changes}.items() if value is not ...}
        with pytest.raises(OAuthRefusal) as caught:
            read_notification(json.dumps(members))
        assert (caught.value.error, caught.value.code) == ("invalid_notification_request", code)

    def test_a_request_has_a_limit(self):
        text = Notification(notification_id="n", event=NotificationEvent.CREDENTIAL_DELETED).to_json()
        read_notification(text + b" " * (64 * 1024 - len(text)))
        with pytest.raises(OAuthRefusal) as caught:
            read_notification(text + b" " * (64 * 1024 + 1 - len(text)))
        assert caught.value.code == "LIMIT_EXCEEDED"

    @pytest.mark.parametrize("description", ['"', "\\", "\n", "\u3042", "x" * (MAX_DESCRIPTION + 1)])
    def test_our_own_description_is_printable(self, description):
        with pytest.raises(ValueError, match="printable"):
            Notification(notification_id="n", event=NotificationEvent.CREDENTIAL_FAILURE, description=description)

    def test_it_stays_out_of_reprs(self):
        notification = Notification(
            notification_id="secret", event=NotificationEvent.CREDENTIAL_FAILURE, description="secret"
        )
        assert "secret" not in repr(notification)
