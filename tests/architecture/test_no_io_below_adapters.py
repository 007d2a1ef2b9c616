# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Below ``vcwallet/adapters`` there is no socket, file, clock, environment or global random.

The layer contracts in pyproject.toml see which modules are imported.  Here we look at what is *used* of the modules
that have a harmless part, and at a few things that no file of the package may do.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

from tests.support.sources import files_below_adapters, name_of, package_files

# Modules with nothing harmless in them.  The contract "no-io" says the same per package; this covers new ones.
FORBIDDEN_MODULES = {
    "aiohttp", "asyncio", "concurrent", "fileinput", "ftplib", "glob", "h11", "http", "httpcore", "httpx", "logging",
    "mmap", "multiprocessing", "pathlib", "psycopg", "random", "sched", "select", "selectors", "shelve", "shutil",
    "signal", "smtplib", "socket", "socketserver", "sqlalchemy", "sqlite3", "ssl", "starlette", "subprocess",
    "tempfile", "time", "urllib3", "uvicorn", "webbrowser",
}  # fmt: skip
FORBIDDEN_SUBMODULES = {"urllib.request", "urllib.error", "urllib.robotparser", "os.path"}
# Of these modules only the named parts may be used.
HARMLESS_PARTS = {
    "os": {"urandom"},
    "io": {"BytesIO", "StringIO"},
    "sys": {"maxsize", "version_info", "byteorder", "intern"},
    "threading": {"Lock", "RLock"},
}
FORBIDDEN_CALLS = {
    "open", "print", "input", "breakpoint",
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
    "uuid.uuid1", "uuid1",
}  # fmt: skip
# What a role may do although it is below the line: file -> calls.  A role owns a clock; nothing else does.
ALLOWED: dict[str, set[str]] = {}

NOWHERE_MODULES = {"requests", "pickle", "marshal", "dill", "cloudpickle", "shelve"}
NOWHERE_CALLS = {"eval", "exec", "urlopen", "urllib.request.urlopen", "yaml.load", "os.system", "os.popen"}


@pytest.mark.parametrize("file", files_below_adapters(), ids=name_of)
def test_a_file_below_the_adapters_does_no_input_or_output(file: Path) -> None:
    allowed = ALLOWED.get(name_of(file), set())
    found = [offence for offence in offences(file.read_text("utf-8")) if offence.split(": ", 1)[1] not in allowed]
    assert not found, "\n".join(f"{name_of(file)}:{offence}" for offence in found)


@pytest.mark.parametrize("file", package_files(), ids=name_of)
def test_a_file_of_the_package_has_no_check_to_forget_and_runs_no_foreign_code(file: Path) -> None:
    found = dangers(file.read_text("utf-8"))
    assert not found, "\n".join(f"{name_of(file)}:{danger}" for danger in found)


def test_each_exception_to_the_rule_is_still_used() -> None:
    names = {name_of(file): file for file in files_below_adapters()}
    for name, allowed in ALLOWED.items():
        used = {offence.split(": ", 1)[1] for offence in offences(names[name].read_text("utf-8"))}
        assert used == allowed, f"{name}: update ALLOWED"


@pytest.mark.parametrize(
    "source",
    [
        "import socket",
        "from http.client import HTTPConnection",
        "import urllib.request",
        "from urllib import request",
        "from urllib.request import urlopen",
        "import threading\nthreading.Thread(target=f)",
        "import time",
        "import random",
        "import os\nos.environ['A']",
        "from os import environ",
        "import os as system\nsystem.getenv('A')",
        "import io\nio.open('a')",
        "def f():\n    import asyncio",
        "open('a')",
        "print('a')",
        "from datetime import datetime, UTC\ndatetime.now(UTC)",
        "import datetime as dt\ndt.datetime.now(dt.UTC)",
        "from datetime import datetime as d, UTC\nd.now(UTC)",
        "from datetime import date\ndate.today()",
        "from datetime import datetime, UTC\nclock = datetime.now",
        "import importlib\nimportlib.import_module('socket')",
        "__import__('socket')",
    ],
)
def test_the_rule_finds(source: str) -> None:
    assert list(offences(source))


@pytest.mark.parametrize(
    "source",
    [
        "import secrets\nsecrets.token_bytes(16)",
        "import os\nos.urandom(16)",
        "import threading\nlock = threading.Lock()",
        "from os import urandom",
        "import io\nio.BytesIO(b'')",
        "from urllib.parse import urlsplit",
        "from datetime import UTC, datetime\ndatetime.fromtimestamp(0, UTC)",
        "from importlib.resources import files\nfiles('vcwallet').joinpath('context.json').read_bytes()",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pathlib import Path",
        "def f(lock):\n    lock.open()",
    ],
)
def test_the_rule_leaves_alone(source: str) -> None:
    assert not list(offences(source))


@pytest.mark.parametrize(
    "source",
    ["assert x", "import pickle", "eval('1')", "import yaml\nyaml.load(x)", "def verify() -> bool:\n    return True"],
)
def test_the_rule_for_every_file_finds(source: str) -> None:
    assert dangers(source)


def offences(source: str) -> Iterator[str]:
    """Yield ``line: what`` for each use of the world outside."""
    tree = ast.parse(source)
    names = imported_names(tree)
    for node in _without_type_checking(tree):
        for what in _offences_of(node, names):
            yield f"{getattr(node, 'lineno', 0)}: {what}"


def dangers(source: str) -> list[str]:
    """List ``line: what`` for the things that no file of the package may do, adapters included."""
    tree = ast.parse(source)
    names = imported_names(tree)
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            found.append(f"{node.lineno}: assert (it is gone under python -O; raise instead)")
        if _answers_with_bool(node):
            found.append(f"{node.lineno}: {node.name} returns bool (it can be forgotten; raise instead)")
        if isinstance(node, ast.Import | ast.ImportFrom):
            found += [f"{node.lineno}: {name}" for name in _modules_of(node) if name.split(".")[0] in NOWHERE_MODULES]
        if isinstance(node, ast.Call) and dotted(node.func, names) in NOWHERE_CALLS:
            found.append(f"{node.lineno}: {dotted(node.func, names)}")
    return found


def imported_names(tree: ast.AST) -> dict[str, str]:
    """Map each local name that an import made to the full name of what it stands for."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {
                a.asname or a.name.split(".")[0]: a.name if a.asname else a.name.split(".")[0] for a in node.names
            }
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return names


def dotted(node: ast.AST, names: dict[str, str]) -> str:
    """The full name of ``a.b.c``, its first part resolved through the imports; empty for anything else."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute) and (base := dotted(node.value, names)):
        return f"{base}.{node.attr}"
    return ""


def _answers_with_bool(node: ast.AST) -> TypeGuard[ast.FunctionDef]:
    return (
        isinstance(node, ast.FunctionDef)
        and node.name.lstrip("_").startswith("verify")
        and node.returns is not None
        and ast.unparse(node.returns) == "bool"
    )


def _offences_of(node: ast.AST, names: dict[str, str]) -> Iterator[str]:
    match node:
        case ast.Import() | ast.ImportFrom():
            yield from (module for module in _modules_of(node) if _forbidden_module(module))
        case ast.Attribute() | ast.Name():
            name = dotted(node, names)
            module, _, part = name.partition(".")
            imported = module in names.values() or any(full.startswith(f"{module}.") for full in names.values())
            if part and imported and module in HARMLESS_PARTS and part.split(".")[0] not in HARMLESS_PARTS[module]:
                yield name
            if name in FORBIDDEN_CALLS and isinstance(node.ctx, ast.Load):
                yield name
            if name in ("importlib.import_module", "__import__"):
                yield name
        case _:
            return


def _modules_of(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.level or not node.module:
        return []
    return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]


def _forbidden_module(name: str) -> bool:
    root, _, part = name.partition(".")
    if root in HARMLESS_PARTS and part and part.split(".")[0] not in HARMLESS_PARTS[root]:
        return True
    return root in FORBIDDEN_MODULES or name in FORBIDDEN_SUBMODULES


def _without_type_checking(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk the tree, leaving out what only the type checker executes."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and dotted(node.test, {}) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for other in node.orelse:
                yield other
                yield from _without_type_checking(other)
            continue
        yield node
        yield from _without_type_checking(node)
