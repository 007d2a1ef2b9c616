# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What the verifier's own description allows, and what it forbids: nothing makes the server fail (schemathesis)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from schemathesis import GenerationMode

from tests.interop.test_issuer_app_schemathesis import NO_LIMIT, operations, probe
from tests.support.verifying import Desk
from vcwallet.adapters.web import serve, verifier_app
from vcwallet.adapters.web.verifier_openapi import verifier_openapi

ENDPOINTS = ("request", "response")
pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def api() -> Iterator[tuple[Desk, Any]]:
    desk = Desk()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        schema = schemathesis.openapi.from_dict(verifier_openapi(desk.service))
        schema.config.update(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}")
        with serve(verifier_app(desk.service, rate_limit=NO_LIMIT), socket=listening):
            yield desk, schema


@pytest.mark.parametrize("name", ENDPOINTS)
def test_what_is_allowed_makes_no_server_fail(api, name):
    for operation in operations(api[1], name):
        probe(operation, GenerationMode.POSITIVE)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_what_is_forbidden_makes_no_server_fail(api, name):
    for operation in operations(api[1], name):
        if operation.method == "post":
            probe(operation, GenerationMode.NEGATIVE)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", ENDPOINTS)
def test_nothing_makes_the_server_fail_for_a_request_that_is_there(api, name, mode):
    desk, schema = api
    secret = desk.reference(desk.begin("full_name")).uri.rpartition("/")[2]
    [operation] = [one for one in operations(schema, name) if one.method == "post"]

    probe(operation, mode, path_parameters={"secret": secret})


def test_every_endpoint_is_tried(api):
    assert {route.name for route in api[0].service.routes} == set(ENDPOINTS)
