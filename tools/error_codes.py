# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/reference/error-codes.md: every error class, and every code with what is said when it is raised.

The codes are read off the source, where an error is made with ``code=``.  A code that is worked out when the program
runs has to be explained in `WORKED_OUT`; the tool fails at one that is not, so the page cannot miss a code in silence.

``python -m tools.error_codes`` writes the page.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import vcwallet
from vcwallet import errors
from vcwallet.errors import MissingExtraError, VcError

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "error-codes.md"
WIDTH = 120
INTRODUCTION = """\
# Error codes

This page is made by `python -m tools.error_codes` from the source. [Handle errors](../how-to/handle-errors.md) says
how to use classes and codes, and who must act on which.
"""


@dataclass(frozen=True, slots=True, order=True)
class Coded:
    """A code, the class that carries it, and the message that comes with it, with gaps where it is filled in."""

    code: str
    error: str
    message: str


def main() -> None:
    """Rewrite the page."""
    PAGE.write_text(page(), "utf-8")
    print(PAGE.relative_to(PAGE.parents[2]))


def page() -> str:
    """Return the page as it has to be."""
    modules = list(_modules(vcwallet))
    classes = "\n".join(_item(f"`{cls.__name__}` `{cls.default_code}`", _about(cls), depth) for depth, cls in _tree())
    codes: dict[tuple[str, str], list[str]] = {}
    for coded in sorted({coded for module in modules for coded in coded_in(module)}):
        codes.setdefault((coded.code, coded.error), []).append(coded.message)
    further = "\n".join(_item(f"`{code}` {error}", "; ".join(told)) for (code, error), told in codes.items())
    refusals = "\n".join(_item(f"`{code}`", message) for code, message in sorted(_record_refusals(modules)))
    return f"""{INTRODUCTION}
## Classes

A class stands below the one that it derives from. The code is what an error has unless the next list says otherwise.

{classes}

## Further codes

Behind each stands the class that carries it, and what is said with it.

{further}

## Refused records

A record that breaks a rule of its type is never made. Pydantic's `ValidationError` says so to the issuer's program, and
has one of these codes as `type` where the rule is one of the Japanese profile.

{refusals}
"""


def _item(head: str, text: str, depth: int = 0) -> str:
    indent = "    " * depth
    return textwrap.fill(
        f"{indent}- {head}: {text}",
        WIDTH,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


# --- classes ----------------------------------------------------------------------------------------------------------


def _tree(cls: type[VcError] = VcError, depth: int = 0) -> Iterator[tuple[int, type[VcError]]]:
    """Yield a class and those below it, in the order in which they are defined."""
    yield depth, cls
    ours = (below for below in cls.__subclasses__() if below.__module__.partition(".")[0] == vcwallet.__name__)
    for below in sorted(ours, key=_place):
        yield from _tree(below, depth + 1)


def _place(cls: type) -> tuple[bool, str, int]:
    return cls.__module__ != errors.__name__, cls.__module__, inspect.getsourcelines(cls)[1]


def _about(cls: type[VcError]) -> str:
    return _plain(inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0])


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    """Yield every module of the package that can be imported here."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        try:
            yield importlib.import_module(found.name)
        except MissingExtraError:
            continue


# --- codes ------------------------------------------------------------------------------------------------------------


def coded_in(module: ModuleType) -> Iterator[Coded]:
    """Yield the codes that a module gives to errors.

    Raises:
        ValueError: a code is worked out in a way that `WORKED_OUT` does not explain.
    """
    if module is errors:
        return
    tree = ast.parse(inspect.getsource(module))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        error = _error_of(call, module, functions)
        code = next((keyword.value for keyword in call.keywords if keyword.arg == "code"), None)
        if error is None or code is None:
            continue
        around = [f for f in functions if f.lineno <= call.lineno <= (f.end_lineno or 0)]
        for value in _values(code, module, around):
            yield Coded(value, error, _message(call, around))


def _error_of(call: ast.Call, module: ModuleType, functions: Iterable[ast.FunctionDef]) -> str | None:
    """Return the class that a call makes an error of, also through a function of the module that makes it."""
    name = call.func.id if isinstance(call.func, ast.Name) else None
    if name is None:
        return None
    found = getattr(module, name, None)
    if isinstance(found, type):
        return name if issubclass(found, VcError) else None
    helper = next((function for function in functions if function.name == name), None)
    made = (node for node in ast.walk(helper) if isinstance(node, ast.Call)) if helper is not None else ()
    return next((error for inner in made if (error := _class_name(inner, module))), None)


def _class_name(call: ast.Call, module: ModuleType) -> str | None:
    found = getattr(module, call.func.id, None) if isinstance(call.func, ast.Name) else None
    return found.__name__ if isinstance(found, type) and issubclass(found, VcError) else None


def _values(code: ast.expr, module: ModuleType, around: list[ast.FunctionDef]) -> list[str]:
    """Return what a code can be."""
    written = ast.unparse(code)
    if isinstance(code, ast.Name) and any(code.id in _parameters(function) for function in around):
        return []  # a function that makes errors; its callers say the code
    if isinstance(code, ast.Name) and (local := _assigned(code.id, around)):
        return local
    if (module.__name__, written) in WORKED_OUT:
        return sorted(WORKED_OUT[module.__name__, written]())
    value = _constant(code, module)
    if not isinstance(value, str):
        raise ValueError(f"{module.__name__}, line {code.lineno}: nobody can tell which codes {written} can be")
    return [value]


def _constant(code: ast.expr, module: ModuleType) -> object:
    """Return the value of a literal, of a constant of the module, or of an attribute of one."""
    match code:
        case ast.Constant(value):
            return value
        case ast.Name(id):
            return getattr(module, id, None)
        case ast.Attribute(value, attr):
            return getattr(_constant(value, module), attr, None)
        case _:
            return None


def _parameters(function: ast.FunctionDef) -> set[str]:
    return {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}


def _assigned(name: str, around: list[ast.FunctionDef]) -> list[str]:
    assignments = (node for function in around for node in ast.walk(function) if isinstance(node, ast.Assign))
    values = (one.value for one in assignments if any(isinstance(t, ast.Name) and t.id == name for t in one.targets))
    branches = (b for value in values for b in ((value.body, value.orelse) if isinstance(value, ast.IfExp) else ()))
    return [branch.value for branch in branches if isinstance(branch, ast.Constant) and isinstance(branch.value, str)]


def _message(call: ast.Call, around: list[ast.FunctionDef]) -> str:
    message = call.args[0] if call.args else None
    if isinstance(message, ast.Name):  # a message of its own line
        assignments = (node for function in around for node in ast.walk(function) if isinstance(node, ast.Assign))
        named = (one for one in assignments if ast.unparse(one.targets[0]) == message.id)
        message = next((one.value for one in named), message)
    return _plain(_text(message))


def _text(message: ast.expr | None) -> str:
    match message:
        case ast.Constant(str(value)):
            return value
        case ast.JoinedStr(parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
        case _:
            return "…"


def _plain(text: str) -> str:
    """Return a text as one line of Markdown, in which ``<`` begins no HTML."""
    return re.sub(r"\s+", " ", text.replace("``", "`").replace("<", "\\<"))


# --- codes that are worked out ----------------------------------------------------------------------------------------


def _mismatches() -> Iterable[str]:
    from vcwallet.protocols.dcql import Mismatch

    return [mismatch.value for mismatch in Mismatch]


def _statutes() -> Iterable[str]:
    from vcwallet.credential_type.outline import walk
    from vcwallet.japan.catalogue import TYPES

    places = (place for kind in TYPES for place in walk(kind.outline()))
    return {place.claim.statute.code for place in places if place.claim.statute is not None}


def _identifiers() -> Iterable[str]:
    from vcwallet.japan import identifiers

    found = (getattr(identifiers, name) for name in identifiers.__all__)
    return {one.error_code for one in found if isinstance(one, identifiers.Identifier)}


def _prohibitions() -> Iterable[str]:
    from vcwallet.japan import prohibitions

    [rule] = [
        node
        for node in ast.walk(ast.parse(inspect.getsource(prohibitions)))
        if isinstance(node, ast.FunctionDef) and node.name == "_broken_rule"
    ]
    strings = (node.value for node in ast.walk(rule) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return {string for string in strings if string.isupper()}


WORKED_OUT: dict[tuple[str, str], Callable[[], Iterable[str]]] = {
    ("vcwallet.protocols.dcql.answer", "outcome.value"): _mismatches,
    ("vcwallet.wallet.screening", "statute.get('code')"): _statutes,
    ("vcwallet.japan.identifiers.identifier", "self.error_code"): _identifiers,
    ("vcwallet.japan.purposes", "found[0].code"): _prohibitions,
}
"""By module and expression, what the codes can be."""


# --- refused records --------------------------------------------------------------------------------------------------


def _record_refusals(modules: Iterable[ModuleType]) -> Iterator[tuple[str, str]]:
    from vcwallet.japan.rules import ForbiddenNumber

    yield from ((number.value, "The claim … holds such a number") for number in ForbiddenNumber)
    for module in modules:
        for call in (node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call)):
            begins = _REFUSING.get(ast.unparse(call.func))
            code = call.args[0] if begins is not None and len(call.args) > 1 else None
            if isinstance(code, ast.Constant) and isinstance(code.value, str) and code.value.isupper():
                yield code.value, _plain(f"{begins}{_text(call.args[-1])}")


_REFUSING = {"PydanticCustomError": "", "_refused": "The claim … "}
"""What refuses a record, with the beginning of its message."""


if __name__ == "__main__":
    main()
