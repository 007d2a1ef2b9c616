# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What the application's own description allows, and what it forbids: nothing makes the server fail (schemathesis)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.issuance import AGE_JWT, RESIDENT_JWT, Counter, members
from vcwallet.adapters.web import RateLimit, issuer_app, serve
from vcwallet.adapters.web.openapi import openapi

ENDPOINTS = (
    *("issuer_metadata", "server_metadata", "offer", "par", "authorize", "login"),
    *("token", "nonce", "challenge", "credential", "deferred", "notification"),
)
# A description can forbid nothing about a request that is an address alone.
NOTHING_TO_GET_WRONG = {"issuer_metadata", "server_metadata", "offer", "nonce", "challenge"}
pytestmark = pytest.mark.interop

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
NO_LIMIT = RateLimit(per_second=1e6, burst=10**6)


@pytest.fixture(scope="module")
def api() -> Iterator[tuple[Counter, Any]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        counter = Counter(identifier=f"http://127.0.0.1:{listening.getsockname()[1]}")
        with serve(issuer_app(counter.service, rate_limit=NO_LIMIT), socket=listening):
            schema = schemathesis.openapi.from_dict(openapi(counter.service))
            schema.config.update(base_url=counter.identifier)
            yield counter, schema


@pytest.fixture(scope="module")
def bearer(api) -> dict[str, str]:
    """What lets in to the endpoints for who has a token."""
    counter = api[0]
    wallet = counter.wallet(dpop=None)
    members(wallet.redeem(counter.offer(RESIDENT_JWT, AGE_JWT)))
    return wallet.authorization()


def probe(operation: Any, mode: GenerationMode, *, path_parameters: Any = None, **options: Any) -> None:
    """Send many requests of one kind, and look at each answer."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    def each(case: Any) -> None:
        case.path_parameters = path_parameters or case.path_parameters
        case.call_and_validate(checks=CHECKS, allow_redirects=False, **options)

    each()


def operations(schema: Any, name: str) -> list[Any]:
    found = [each.ok() for each in schema.get_all_operations()]
    return [one for one in found if one.definition.raw["operationId"].removesuffix("_post") == name]


@pytest.mark.parametrize("name", ENDPOINTS)
def test_what_is_allowed_makes_no_server_fail(api, name):
    found = operations(api[1], name)
    assert found
    for operation in found:
        probe(operation, GenerationMode.POSITIVE)


@pytest.mark.parametrize("name", sorted({*ENDPOINTS} - NOTHING_TO_GET_WRONG))
def test_what_is_forbidden_makes_no_server_fail(api, name):
    found = operations(api[1], name)
    assert found
    for operation in found:
        probe(operation, GenerationMode.NEGATIVE)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", ["credential", "deferred", "notification"])
def test_nothing_makes_the_server_fail_for_who_has_a_token(api, bearer, name, mode):
    [operation] = operations(api[1], name)
    probe(operation, mode, headers=bearer)


def test_every_endpoint_is_tried(api):
    assert {route.name for route in api[0].service.routes} == set(ENDPOINTS)
