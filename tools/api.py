# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the listing of the public API, docs/reference/api.txt.

The listing has every name in ``vcwallet.__all__`` with its signature, and the public members of each class.  A module
among the names is followed through its own ``__all__``.  It is the same on every machine, so that a change of the
public face shows in the diff of a change, and a test finds a listing that was not renewed.
"""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel

LISTING = Path(__file__).resolve().parents[1] / "docs" / "reference" / "api.txt"
WIDTH = 120
INDENT = "    "

Kind = inspect.Parameter
STARS: dict[object, str] = {Kind.VAR_POSITIONAL: "*", Kind.VAR_KEYWORD: "**"}


def main() -> None:
    """Rewrite the listing."""
    import vcwallet  # here, so that `listing` can be used while the package is half-way through a change

    LISTING.parent.mkdir(parents=True, exist_ok=True)
    LISTING.write_text(listing(vcwallet), "utf-8")
    print(LISTING.relative_to(LISTING.parents[2]))


def listing(package: ModuleType) -> str:
    """Return the public names of a package with their signatures, sorted, one block for each module."""
    blocks: list[str] = []
    modules = [package]
    for module in modules:  # grows while we walk it
        members = {name: getattr(module, name) for name in sorted(module.__all__)}
        modules += [m for m in members.values() if _is_module_with_listing(m) and m not in modules]
        lines = [line for name, value in members.items() for line in _describe(name, value)]
        blocks.append("\n".join([module.__name__, "=" * len(module.__name__), "", *lines]))
    return "\n\n".join(blocks) + "\n"


def _is_module_with_listing(value: object) -> bool:
    return isinstance(value, ModuleType) and hasattr(value, "__all__")


def _describe(name: str, value: object) -> Iterator[str]:
    if isinstance(value, ModuleType):
        yield f"module {value.__name__}"
    elif isinstance(value, type):
        yield from _describe_class(name, value)
        yield ""
    elif inspect.isroutine(value):
        yield from _call(f"def {name}", value)
        yield ""
    elif isinstance(value, str | int | bytes):
        yield f"{name}: {type(value).__name__} = {value!r}"
    elif type(value).__module__ in ("typing", "types"):  # an alias
        yield f"{name} = {_shown(value)}"
    else:
        yield f"{name}: {type(value).__name__}"


def _describe_class(name: str, cls: type) -> Iterator[str]:
    bases = [base.__name__ for base in cls.__bases__ if base is not object]
    head = f"class {name}" + (f"({', '.join(bases)})" if bases else "")
    yield head
    if not (issubclass(cls, enum.Enum) or getattr(cls, "_is_protocol", False)):
        yield from (INDENT + line for line in _call(name, cls))
    for member in sorted(_public_members(cls).items()):
        yield from (INDENT + line for line in _describe_member(*member))


def _public_members(cls: type) -> dict[str, Any]:
    """The members that classes of ours define; what pydantic and Python put beside them is their own."""
    members: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if not base.__module__.startswith("vcwallet"):
            continue
        members |= {name: _Annotated(text) for name, text in inspect.get_annotations(base).items()}
        members |= {
            name: value
            for name, value in vars(base).items()
            if not (inspect.ismemberdescriptor(value) or isinstance(members.get(name), _Annotated))
        }
    return {name: value for name, value in members.items() if not name.startswith("_") and not hasattr(BaseModel, name)}


def _describe_member(name: str, value: Any) -> Iterator[str]:
    match value:
        case enum.Enum():
            yield f"{name} = {value.value!r}"
        case _Annotated():
            yield f"{name}: {_shown(value.text)}"
        case property():
            returned = inspect.signature(value.fget).return_annotation if value.fget else inspect.Parameter.empty
            yield f"{name}: {_shown(returned)}"
        case classmethod() | staticmethod():
            yield from _call(name, value.__func__, kind=type(value).__name__)
        case _ if inspect.isroutine(value):
            yield from _call(name, value)
        case _:
            yield f"{name}: {type(value).__name__}"


def _call(name: str, function: Callable[..., Any] | object, *, kind: str = "") -> Iterator[str]:
    """Show a call on one line, or with a parameter on each line where that is too long."""
    try:
        signature = inspect.signature(function)  # type: ignore[arg-type]
    except ValueError:  # a built-in without one
        yield f"{name}(...)"
        return
    if kind:
        yield f"@{kind}"
    end = ")" if signature.return_annotation is signature.empty else f") -> {_shown(signature.return_annotation)}"
    parameters = list(_parameters(signature))
    line = f"{name}({', '.join(parameters)}{end}"
    if len(line) <= WIDTH - len(INDENT):
        yield line
    else:
        yield from (f"{name}(", *(f"{INDENT}{parameter}," for parameter in parameters), end)


def _parameters(signature: inspect.Signature) -> Iterator[str]:
    keyword_only = False
    for parameter in signature.parameters.values():
        if parameter.name == "self" or (parameter.name == "cls" and parameter.annotation is parameter.empty):
            continue
        if parameter.kind is Kind.KEYWORD_ONLY and not keyword_only:
            yield "*"
        keyword_only = keyword_only or parameter.kind in (Kind.KEYWORD_ONLY, Kind.VAR_POSITIONAL)
        text = STARS.get(parameter.kind, "") + parameter.name
        if parameter.annotation is not parameter.empty:
            text += f": {_shown(parameter.annotation)}"
        if parameter.default is not parameter.empty:
            text += f" = {_default(parameter.default)}"
        yield text


class _Annotated:
    """A field that is declared by an annotation."""

    def __init__(self, text: object) -> None:
        self.text = text


def _shown(annotation: object) -> str:
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\s+", " ", text.replace("typing.", ""))


def _default(value: object) -> str:
    if inspect.isroutine(value) or isinstance(value, type):
        return value.__name__
    if isinstance(value, set | frozenset):  # whose own order differs from run to run
        return f"{{{', '.join(sorted(str(item) for item in value))}}}"
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


if __name__ == "__main__":
    main()
