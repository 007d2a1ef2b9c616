# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Takes the code out of a Markdown page, and the links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<info>[^`]*)$")
_LINK = re.compile(r"\[[^\]]*\]\(\s*<?(?P<target>[^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_HEADING = re.compile(r"^#{1,6}\s+(?P<text>.+?)\s*#*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBlock:
    """A fenced block: what is written after the fence, the number of its first line of code, and the code."""

    info: str
    line: int
    code: str


def code_blocks(text: str) -> Iterator[CodeBlock]:
    """Yield the fenced blocks of a page in order; an indented fence takes its indentation off its lines.

    Raises:
        ValueError: a fence is not closed.
    """
    lines = iter(enumerate(text.splitlines(), start=1))
    for number, line in lines:
        if not (opening := _FENCE.match(line)):
            continue
        indent, fence = len(opening["indent"]), opening["fence"]
        code: list[str] = []
        for _, inside in lines:
            if inside.strip().startswith(fence) and not inside.strip().strip(fence[0]):
                break
            code.append(inside[indent:] if not inside[:indent].strip() else inside)
        else:
            raise ValueError(f"line {number}: the fence is not closed")
        yield CodeBlock(info=opening["info"].strip(), line=number + 1, code="\n".join(code))


def as_script(blocks: list[CodeBlock]) -> str:
    """Join blocks of one page into a script in which every line keeps its number, so that a traceback fits the page."""
    lines: list[str] = []
    for block in blocks:
        lines += [""] * (block.line - 1 - len(lines))
        lines += block.code.split("\n")
    return "\n".join(lines) + "\n"


def without_code(text: str) -> str:
    """Return the page with fenced blocks and code spans taken out."""
    kept: list[str] = []
    fence = ""
    for line in text.splitlines():
        if not fence and (opening := _FENCE.match(line)):
            fence = opening["fence"]
        elif fence:
            if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        else:
            kept.append(re.sub(r"(`+).+?\1", "", line))
    return "\n".join(kept)


def links(text: str) -> list[str]:
    """The targets of all inline links and images of a page."""
    return [match["target"] for match in _LINK.finditer(without_code(text))]


def anchors(text: str) -> set[str]:
    """The anchors that headings of a page get: lower case, punctuation gone, spaces as hyphens."""
    headings = (match["text"] for line in text.splitlines() if (match := _HEADING.match(line)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
