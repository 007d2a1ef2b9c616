# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Shows how large our files and functions are, beside those of code we admire.

For information: no check refuses a long function, a reader does.  File sizes are all lines; function sizes are lines
of code, without docstring, comments and blank lines.  Spans, where a row says so, are counted from first to last line.
"""

from __future__ import annotations

import ast
import io
import statistics
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "vcwallet"

# name, lines, file median / p90, function median / p90; measured when the project began
ADMIRED = [
    ("python-tuf", "4,253", "103 / 494", "7 / 21"),
    ("sigstore-python", "8,022", "175 / 479", "7 / 30"),
    ("h11", "2,568", "153 / 369", "5 / 21"),
    ("eudi sdjwt (Kotlin)", "8,305", "119 / 362", "spans 5 / 20"),
    ("eudi openid4vp (Kotlin)", "5,868", "159 / 414", "spans 5 / 20"),
    ("eudi statium (Kotlin)", "1,594", "48 / 102", "spans 5 / 20"),
    ("isomdl (Rust)", "21,114", "108 / 632", "spans 7 / 36"),
    ("pyca/cryptography (Python part)", "13,504", "65 / 369", "4 / 15"),
    ("age (Go)", "3,072", "181 / 451", "spans 11 / 37"),
    ("svcs", "2,609", "295 / 334", "8 / 16"),
    ("argon2-cffi", "1,120", "92 / 253", "5 / 27"),
]


def main() -> None:
    """Print the table, then our largest functions."""
    sources = {file: file.read_text("utf-8") for file in sorted(PACKAGE.rglob("*.py"))}
    files = [len(source.splitlines()) for source in sources.values()]
    functions = [
        (size, f"{file.relative_to(PACKAGE.parent)}:{name}")
        for file, source in sources.items()
        for name, size in function_sizes(source)
    ]
    ours = ("vcwallet", f"{sum(files):,}", middle_and_p90(files), middle_and_p90([size for size, _ in functions]))
    for row in [("", "lines", "file median / p90", "function median / p90"), ours, *ADMIRED]:
        print("{:<32} {:>8} {:>20} {:>24}".format(*row))
    print("\nour longest functions, in lines of code")
    for size, name in sorted(functions, reverse=True)[:8]:
        print(f"{size:>6}  {name}")


def middle_and_p90(sizes: Sequence[int]) -> str:
    """The median and the ninetieth percentile; a dash where there is too little to count."""
    if len(sizes) < 2:
        return "-"
    return f"{statistics.median(sizes):.0f} / {statistics.quantiles(sizes, n=10, method='inclusive')[-1]:.0f}"


def function_sizes(source: str) -> Iterator[tuple[str, int]]:
    """Yield each function's name and its number of lines of code, signature included."""
    code = lines_of_code(source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring: set[int] = set()
            if ast.get_docstring(node, clean=False) is not None:
                docstring = set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
            span = set(range(node.lineno, (node.end_lineno or 0) + 1))
            yield node.name, len((span & code) - docstring)


def lines_of_code(source: str) -> set[int]:
    """The numbers of the lines that hold more than a comment."""
    empty = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in empty:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return lines


if __name__ == "__main__":
    main()
