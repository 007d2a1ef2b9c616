# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What holds for every file: licence lines, widths, and nothing in it that belongs elsewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.sources import REPOSITORY, name_of, text_files

FILES = text_files()
PYTHON = [file for file in FILES if file.suffix == ".py"]
# Made by a program, from what is checked elsewhere.
GENERATED = {"docs/reference/api.txt", "requirements/demo.txt", "requirements/dev.txt"}
# Published documents and vectors are kept as they were published.
PUBLISHED = re.compile(r"^(tests/vectors/|vcwallet/formats/.*\.jsonld?$|specs/types/)")

SPDX = (
    "# SPDX-FileCopyrightText: 2026 The vcwallet authors",
    "# SPDX-License-Identifier: Apache-2.0",
)

# Spelled in parts, so that this file does not contain what it looks for.
REGISTRIES = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in [
            ("py" + "pi", "org"),
            ("python" + "hosted", "org"),
            ("npm" + "js", "org"),
            ("npm" + "js", "com"),
            ("yarn" + "pkg", "com"),
            ("crates", "io"),
            ("proxy", "golang", "org"),
            ("ana" + "conda", "org"),
        ]
    )
    + r"|--(extra-)?index-url\s*[=\s]\s*\S|--find-links\s*[=\s]\s*\S"
)
# A path that only exists on somebody's machine, at the start of a word.
MACHINE_PATHS = re.compile(r"(?<![\w.\-/:>)}$])/(?:work|root|home|Users|opt|tmp|mnt|srv)/[\w.]")

# The published examples of My Number, and one that is wrong; any other number that passes the check digit could be a
# person's.
MY_NUMBERS = {"621498320257", "983205673214", "123456789018", "000010272190", "000011468950"}
NOBODYS = {"000000000000"}
TWELVE_DIGITS = re.compile(r"(?<![\w.\-])(\d{4})([ \-]?)(\d{4})\2(\d{4})(?![\w\-]|\.\d)", re.ASCII)


@pytest.mark.parametrize("file", PYTHON, ids=name_of)
def test_a_python_file_begins_with_its_licence(file: Path) -> None:
    lines = file.read_text("utf-8").splitlines()
    start = 1 if lines and lines[0].startswith("#!") else 0
    assert tuple(lines[start : start + 2]) == SPDX


@pytest.mark.parametrize("file", PYTHON, ids=name_of)
def test_a_python_file_says_what_it_is_for(file: Path) -> None:
    assert ast.get_docstring(ast.parse(file.read_text("utf-8"))), "no docstring"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_text_file_is_clean(file: Path) -> None:
    text = file.read_bytes().decode("utf-8")
    if name_of(file) in GENERATED or PUBLISHED.match(name_of(file)):
        return
    assert "\r" not in text, "lines end with LF"
    assert text == "" or text.endswith("\n"), "the last line ends too"
    if file.suffix in (".py", ".md", ".in"):
        long = [number for number, line in enumerate(text.splitlines(), start=1) if len(line) > 120]
        assert not long, f"lines over 120 characters: {long}"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_file_names_no_registry_and_no_machine(file: Path) -> None:
    text = file.read_text("utf-8")
    assert not (found := REGISTRIES.search(text)), f"address of a package registry: {found[0]}"
    assert not (found := MACHINE_PATHS.search(text)), f"path of a machine: {found[0]}"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_file_holds_no_number_that_could_be_a_persons(file: Path) -> None:
    if PUBLISHED.match(name_of(file)):
        return
    numbers = {"".join(match.group(1, 3, 4)) for match in TWELVE_DIGITS.finditer(file.read_text("utf-8"))}
    found = {number for number in numbers if could_be_my_number(number)} - MY_NUMBERS - NOBODYS
    assert not found, f"{len(found)} number(s) with the check digit of a My Number"


@pytest.mark.parametrize("file", [file for file in PYTHON if "tests" in file.parts], ids=name_of)
def test_every_skip_has_a_reason(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in ("skip", "skipif", "xfail") and "mark" in ast.dump(node):
            assert _called_with_reason(node, file), f"{name_of(file)}:{node.lineno}: say why"
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("pytest.skip", "pytest.xfail"):
            assert node.args or node.keywords, f"{name_of(file)}:{node.lineno}: say why"


def test_each_requirement_is_pinned_with_hashes() -> None:
    for name in ("demo.txt", "dev.txt"):
        text = REPOSITORY.joinpath("requirements", name).read_text("utf-8").replace("\\\n", " ")
        pins = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        assert pins
        assert all(re.match(r"[a-z0-9-]+(\[[a-z,]+\])?==\S+\s+--hash=sha256:", pin) for pin in pins)


def test_the_demo_uses_the_versions_that_the_tests_use() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^\S+==\S+", REPOSITORY.joinpath("requirements", name).read_text("utf-8"), re.MULTILINE))

    assert pins("demo.txt") <= pins("dev.txt")


@pytest.mark.parametrize("number", sorted(MY_NUMBERS))
def test_the_detector_knows_a_my_number(number: str) -> None:
    assert could_be_my_number(number)


@pytest.mark.parametrize("text", ["a 1234-5678-9018 b", "n: 1234 5678 9018.", "「123456789018」", '"123456789018"'])
def test_the_detector_finds_the_usual_spellings(text: str) -> None:
    assert TWELVE_DIGITS.search(text)


@pytest.mark.parametrize("text", ["1234567890180", "0x123456789018", "1.123456789018", "ab123456789018cd", "12345-67"])
def test_the_detector_leaves_other_numbers_alone(text: str) -> None:
    assert not TWELVE_DIGITS.search(text)


@pytest.mark.parametrize("text", ["{}home/hanako/x", "see {}tmp/x", '"{}root/.cache"'])
def test_a_machine_path_is_found(text: str) -> None:
    assert MACHINE_PATHS.search(text.format("/"))


@pytest.mark.parametrize("text", ["https://example.com/home/x", "../work/x", "/credential/tmp/x", "{base}/home/x"])
def test_other_paths_are_left_alone(text: str) -> None:
    assert not MACHINE_PATHS.search(text)


def could_be_my_number(digits: str) -> bool:
    """Whether the check digit of twelve digits is that of a My Number (Ordinance No. 85 of 2014, article 5)."""
    weighted = sum(int(d) * w for d, w in zip(digits, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=False))
    remainder = weighted % 11
    return int(digits[11]) == (0 if remainder <= 1 else 11 - remainder)


def _called_with_reason(mark: ast.Attribute, file: Path) -> bool:
    calls = [n for n in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(n, ast.Call)]
    return any(
        call.func.lineno == mark.lineno
        and call.func.end_col_offset == mark.end_col_offset
        and (any(keyword.arg == "reason" for keyword in call.keywords) or (mark.attr == "skip" and call.args))
        for call in calls
    )
