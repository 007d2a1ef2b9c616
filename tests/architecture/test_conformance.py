# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The ledgers of specs/conformance are true as far as a program can tell.

A ledger has a line for each rule of a standard: where it is implemented, and which tests show it.  What is named has to
be there, and no MUST counts as done without a test.
"""

from __future__ import annotations

import ast
import importlib
import tomllib
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from tests.support.sources import REPOSITORY, name_of

LEDGERS = sorted(REPOSITORY.joinpath("specs", "conformance").glob("*.toml"))
HEAD = {"standard", "title", "version", "scope", "page"}
RULE = {"clause", "level", "text", "where", "tests", "status", "why"}
LEVELS = {"MUST", "SHOULD", "MAY"}
STATUSES = {"done", "not yet", "not applicable"}


def rules(ledger: Path) -> list[dict[str, Any]]:
    """The lines of a ledger."""
    found: list[dict[str, Any]] = tomllib.loads(ledger.read_text("utf-8"))["rule"]
    return found


def found_in(file: Path) -> Iterator[str]:
    """The tests of a file, as pytest names them."""
    yield from _tests(ast.parse(file.read_text("utf-8")).body, name_of(file))


def _tests(body: list[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _tests(node.body, f"{prefix}::{node.name}")
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield f"{prefix}::{node.name}"


TESTS = {test for file in REPOSITORY.joinpath("tests").rglob("test_*.py") for test in found_in(file)}
RULES = [(name_of(ledger), rule) for ledger in LEDGERS for rule in rules(ledger)]


def test_there_is_a_ledger_for_each_standard() -> None:
    assert [ledger.stem for ledger in LEDGERS] == [
        "bcr-2020-005",
        "bitstring-status-list",
        "dcql",
        "did-methods",
        "haip",
        "iso18013-5-annex-b",
        "iso18013-5-mdoc",
        "iso18013-5-proximity",
        "jpki",
        "oauth",
        "openid-federation-1.0",
        "openid4vci-credential",
        "openid4vci-service",
        "openid4vci-wallet",
        "openid4vci",
        "openid4vp-1.0",
        "openid4vp-wallet",
        "rfc5280-crl",
        "rfc7515-7519-jose",
        "rfc8785",
        "rfc9052",
        "rfc9901",
        "sd-jwt-vc",
        "token-status-list-issuer",
        "token-status-list",
        "ts-119-475",
        "ts-119-602",
        "vc-data-integrity",
    ]


@pytest.mark.parametrize("ledger", LEDGERS, ids=name_of)
def test_a_ledger_says_what_it_is_about(ledger: Path) -> None:
    head = tomllib.loads(ledger.read_text("utf-8"))
    assert head.keys() - {"rule"} <= HEAD
    assert all(head[name] for name in ("standard", "title", "version"))
    assert REPOSITORY.joinpath(head["page"]).is_file()
    assert name_of(ledger) in REPOSITORY.joinpath(head["page"]).read_text("utf-8")


@pytest.mark.parametrize("ledger", LEDGERS, ids=name_of)
def test_a_ledger_says_each_thing_once(ledger: Path) -> None:
    said = [(rule["clause"], rule["text"]) for rule in rules(ledger)]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("ledger", LEDGERS, ids=name_of)
def test_each_rule_has_clause_level_sentence_and_status(ledger: Path) -> None:
    for rule in rules(ledger):
        assert rule.keys() <= RULE, rule
        assert rule["clause"], rule
        assert rule["level"] in LEVELS, rule
        assert rule["status"] in STATUSES, rule
        assert rule["text"].endswith("."), rule


@pytest.mark.parametrize("ledger", LEDGERS, ids=name_of)
def test_what_is_not_done_has_a_reason_and_what_is_done_has_a_place(ledger: Path) -> None:
    for rule in rules(ledger):
        is_done = rule["status"] == "done"
        assert bool(rule.get("where")) or not is_done, rule
        assert bool(rule.get("why")) is not is_done, rule


@pytest.mark.parametrize("ledger", LEDGERS, ids=name_of)
def test_no_must_is_done_without_a_test(ledger: Path) -> None:
    untested = [rule["text"] for rule in rules(ledger) if rule["status"] == "done" and not rule.get("tests")]
    assert not untested


@pytest.mark.parametrize("where", sorted({where for _, rule in RULES for where in rule.get("where", [])}))
def test_what_a_rule_points_at_is_there(where: str) -> None:
    module, _, names = where.partition(":")
    reduce(getattr, names.split("."), importlib.import_module(module))


@pytest.mark.parametrize("ledger", LEDGERS, ids=name_of)
def test_the_tests_that_a_rule_names_are_there(ledger: Path) -> None:
    missing = {test for rule in rules(ledger) for test in rule.get("tests", [])} - TESTS
    assert not missing
