# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The scenarios of the SD-JWT authors: claims in YAML, with ``!sd`` before what can be disclosed on its own.

Here is a second, plain way to conceal such claims and to say what a verifier then sees, so that ours is compared with
something that shares no code with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.credentials import digest, disclosure, element
from vcwallet.claims import ClaimPath, Concealment


@dataclass(frozen=True)
class Hidden:
    """A member's name or an array's element that was marked with ``!sd``."""

    value: Any


class _Loader(yaml.SafeLoader):
    """Reads YAML as data only, and marks as `Hidden`."""


def _hidden(loader: _Loader, node: yaml.Node) -> Hidden:
    if isinstance(node, yaml.MappingNode):
        return Hidden(loader.construct_mapping(node, deep=True))
    if isinstance(node, yaml.SequenceNode):
        return Hidden(loader.construct_sequence(node, deep=True))
    assert isinstance(node, yaml.ScalarNode)
    # The mark has taken the place of the type, which is found as YAML finds it: quoted is text, the rest by its looks.
    quoted = node.style is not None
    tag = loader.resolve(yaml.ScalarNode, node.value, (not quoted, quoted))
    return Hidden(loader.construct_object(yaml.ScalarNode(tag, node.value)))


_Loader.add_constructor("!sd", _hidden)


def load(path: Path) -> dict[str, Any]:
    """Return a scenario, with `Hidden` where the file says ``!sd``."""
    scenario = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    assert isinstance(scenario, dict)
    return scenario


def plain(marked: Any) -> Any:
    """Return the claims without marks."""
    if isinstance(marked, Hidden):
        return plain(marked.value)
    if isinstance(marked, dict):
        return {_name(name): plain(value) for name, value in marked.items()}
    if isinstance(marked, list):
        return [plain(value) for value in marked]
    return marked


def concealment(marked: Any) -> Concealment | None:
    """Return the marks as a rule of ours; None where they differ between the elements of an array."""
    marks = list(_marks(marked, ()))
    hidden = {path for path, is_hidden in marks if is_hidden}
    return Concealment.of(hidden) if all(is_hidden for path, is_hidden in marks if path in hidden) else None


def _marks(marked: Any, path: ClaimPath) -> Iterator[tuple[ClaimPath, bool]]:
    if isinstance(marked, dict):
        children = [((*path, _name(name)), isinstance(name, Hidden), value) for name, value in marked.items()]
    elif isinstance(marked, list):
        children = [((*path, None), isinstance(one, Hidden), _open(one)) for one in marked]
    else:
        return
    for here, is_hidden, value in children:
        yield here, is_hidden
        yield from _marks(value, here)


@dataclass
class Concealed:
    """A payload and its disclosures, made of marked claims element by element."""

    disclosures: list[str] = field(default_factory=list)

    def payload(self, marked: Any) -> Any:
        if isinstance(marked, list):
            return [
                element(self.keep(self.payload(one.value))) if isinstance(one, Hidden) else self.payload(one)
                for one in marked
            ]
        if not isinstance(marked, dict):
            return marked
        hidden = [
            digest(self.keep(name.value, self.payload(value)))
            for name, value in marked.items()
            if isinstance(name, Hidden)
        ]
        shown = {name: self.payload(value) for name, value in marked.items() if not isinstance(name, Hidden)}
        return shown | ({"_sd": sorted(hidden)} if hidden else {})

    def keep(self, *array: Any) -> str:
        self.disclosures.append(disclosure(f"salt number {len(self.disclosures)}", *array))
        return self.disclosures[-1]


def shown(marked: Any, chosen: Any) -> Any:
    """Return what a verifier sees of marked claims after the holder chose (``holder_disclosed_claims``)."""
    if isinstance(marked, dict):
        of_name = chosen if isinstance(chosen, dict) else {}
        return {
            _name(name): shown(value, of_name.get(_name(name)))
            for name, value in marked.items()
            if not isinstance(name, Hidden) or of_name.get(name.value)
        }
    if isinstance(marked, list):
        return [
            shown(_open(one), want)
            for one, want in _with_choice(marked, chosen)
            if not (isinstance(one, Hidden) and want in (None, False))
        ]
    return marked


def chosen_paths(marked: Any, chosen: Any, path: ClaimPath = ()) -> Iterator[ClaimPath]:
    """Yield the paths of the innermost claims that the verifier is to see, as the holder counts array positions."""
    if isinstance(marked, dict) and marked:
        of_name = chosen if isinstance(chosen, dict) else {}
        for name, value in marked.items():
            if not isinstance(name, Hidden) or of_name.get(name.value):
                yield from chosen_paths(value, of_name.get(_name(name)), (*path, _name(name)))
    elif isinstance(marked, list) and marked:
        for position, (one, want) in enumerate(_with_choice(marked, chosen)):
            if not (isinstance(one, Hidden) and want in (None, False)):
                yield from chosen_paths(_open(one), want, (*path, position))
    else:
        yield path


def _name(name: Any) -> str:
    return str(_open(name))


def _open(one: Any) -> Any:
    return one.value if isinstance(one, Hidden) else one


def _with_choice(marked: list[Any], chosen: Any) -> list[tuple[Any, Any]]:
    wanted = chosen if isinstance(chosen, list) else []
    return list(zip(marked, [*wanted, *[None] * len(marked)], strict=False))
