# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Lists the files of the repository for the tests that read them."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "vcwallet"

_GENERATED = {
    ".git", ".venv", "build", "dist", "__pycache__", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache",
    ".import_linter_cache",
}  # fmt: skip
_TEXT = {
    ".py", ".md", ".toml", ".txt", ".in", ".json", ".jsonld", ".yml", ".yaml", ".html", ".css", ".js", ".svg", ".cfg",
    ".vector", ".sh", ".typed", "",
}  # fmt: skip


def package_files() -> list[Path]:
    """Every Python file of vcwallet, in a stable order."""
    return sorted(PACKAGE.rglob("*.py"))


def files_below_adapters() -> list[Path]:
    """Every Python file of vcwallet that must not do input or output."""
    return [file for file in package_files() if file.relative_to(PACKAGE).parts[0] != "adapters"]


def text_files() -> list[Path]:
    """Every text file of the repository that a person wrote or that is kept with it, in a stable order."""
    found: list[Path] = []
    for directory, names, files in os.walk(REPOSITORY):
        names[:] = [name for name in names if name not in _GENERATED and not name.endswith(".egg-info")]
        found += [Path(directory, file) for file in files if Path(file).suffix in _TEXT]
    return sorted(found)


def name_of(file: Path) -> str:
    """The path as it is written from the root of the repository; also used as test id."""
    return file.relative_to(REPOSITORY).as_posix()


def module_name(file: Path) -> str:
    """The dotted name under which a file of the repository is imported."""
    parts = file.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
