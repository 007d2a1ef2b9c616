# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a prompt shows of a credential: exactly the claims that the verifier would see, called as people call them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from functools import cache
from typing import TypeAlias, cast

from vcwallet.claims import ClaimPath, JsonObject, JsonValue, any_position, covers, is_present, path_text, select
from vcwallet.credential_type import Language, labels_from_metadata
from vcwallet.encoding import visible
from vcwallet.formats.base import HeldCredential
from vcwallet.formats.type_metadata import ResolvedType
from vcwallet.protocols.dcql import CredentialQuery, Match, Weigh, Weight
from vcwallet.trust.registration import IntendedUse
from vcwallet.wallet.cards import Card
from vcwallet.wallet.phrases import phrase
from vcwallet.wallet.prompt import EXPLICIT, PromptClaim, PromptCredential
from vcwallet.wallet.screening import claims_with, touches

IsGuarded: TypeAlias = "Callable[[ClaimPath], bool]"

PROOF_BYTES = 16 * 1024
"""What a proof of the holder's key, and what stands around a presentation, is reckoned with."""
SHORT_BYTES = 16 * 1024
"""A credential that is no longer is reckoned as a whole, however little of it is shown."""

_OBJECTS = (dict, Mapping)  # the concrete class first, as in `vcwallet.claims`
_SCALARS = (str, int, float, type(None))


def prompt_credential(
    found: Match, *, card: Card, held: HeldCredential, resolved: ResolvedType, language: str
) -> PromptCredential:
    """Return what would be disclosed of a credential: what is asked for, and what cannot be held back."""
    asked = found.least().paths
    unasked = [path for path in _seen(held, asked) if not any(covers(one, path) for one in asked)]
    open_claims = [path for path in unasked if not held.is_envelope(path)]
    return PromptCredential(
        query_id=found.query_id,
        card=card,
        type_name=resolved.name(language),
        issuer_name=in_language(card.issuer_name, language),
        claims=(
            *(_claim(found, path, held, resolved, language, always=False) for path in asked),
            *(_claim(found, path, held, resolved, language, always=True) for path in open_claims),
        ),
        authorises=found.candidate.authorises,
        size=PROOF_BYTES + _size(card, held, asked),
    )


def _size(card: Card, held: HeldCredential, asked: Iterable[ClaimPath]) -> int:
    """Return how long a presentation is at most; of a short credential, nobody needs to know just how long."""
    whole = len(card.credential.raw)
    return whole if whole <= SHORT_BYTES else held.presented_bytes(asked)


def weigh_seen(held: HeldCredential, is_guarded: IsGuarded) -> Weigh:
    """Return what weighs all that the verifier would see of a credential, also what nobody can hold back."""

    @cache
    def weigh(asked: tuple[ClaimPath, ...]) -> Weight:
        return Weight.of((path for path in _seen(held, asked) if not held.is_envelope(path)), is_guarded=is_guarded)

    return weigh


def guarded_in(resolved: ResolvedType) -> IsGuarded:
    """Return what tells whether a claim of a type, or one that it is part of, is approved by name only."""

    @cache
    def is_guarded(name: ClaimPath) -> bool:
        around = (claim for claim in claims_with([name], resolved) if len(claim.path) <= len(name))
        return any(claim.sensitivity in EXPLICIT for claim in around)

    return is_guarded


def keeps_positions(query: CredentialQuery, held: HeldCredential) -> bool:
    """Tell whether every element that is asked for by its position stays there when those before it are hidden.

    Hidden elements leave no gap (RFC 9901, section 7.1), so the verifier would find another one in its place.
    """
    if not any(None in path[-1:] for path in held.concealed):
        return True  # no element of an array can be hidden
    return all(_stay(option.paths, held) for option in query.claim_options)


def in_language(texts: Mapping[str, str], language: str) -> str:
    """Return the text in a language, or else the first one; names and purposes are never left out.

    What is not seen in it, or would move the rest about, is marked: whoever writes a name must not write the screen.
    """
    spoken = (text for tag, text in texts.items() if _primary(tag) == _primary(language))
    return visible.shown(texts.get(language) or next(spoken, "") or next(iter(texts.values()), ""))


def retention_text(use: IntendedUse, language: str) -> str:
    """Return how long claims are kept, in words or days."""
    if use.retention_text:
        return in_language(use.retention_text, language)
    if use.retention_days is None:
        return phrase("NOT_STATED", language)
    return phrase("DAYS", language, days=use.retention_days)


def _stay(asked: Iterable[ClaimPath], held: HeldCredential) -> bool:
    asked = list(asked)
    by_position = [path for path in asked if any(isinstance(component, int) for component in path)]
    moved = _moved(_seen(held, asked)) if by_position else {}
    return not any(_has_moved(path, moved) for path in by_position)


def _moved(seen: Iterable[ClaimPath]) -> Mapping[ClaimPath, Set[int]]:
    """Return, by array, the elements that are seen behind one that is not."""
    shown: dict[ClaimPath, set[int]] = {}
    for leaf in seen:
        for depth, component in enumerate(leaf):
            if isinstance(component, int):
                shown.setdefault(leaf[:depth], set()).add(component)
    hidden = {array: min(set(range(len(there) + 1)) - there) for array, there in shown.items()}
    return {array: moved for array, there in shown.items() if (moved := {one for one in there if one > hidden[array]})}


def _has_moved(path: ClaimPath, moved: Mapping[ClaimPath, Set[int]]) -> bool:
    return any(
        path[len(array)] in elements and touches(path[: len(array)], array)
        for array, elements in moved.items()
        if len(array) < len(path)
    )


def _seen(held: HeldCredential, asked: Iterable[ClaimPath]) -> list[ClaimPath]:
    """Return what presenting some claims lets the verifier see: leaf by leaf, each where it is in the credential."""
    return list(_visible(held.claims, (), set(asked), held.concealed))


def _visible(node: JsonValue, path: ClaimPath, asked: Set[ClaimPath], concealed: Set[ClaimPath]) -> Iterator[ClaimPath]:
    """Yield the leaves at or below a node that are seen when the claims of `asked`, paths from here, are presented."""
    is_leaf = True
    for name, part in _parts(node):
        inside = {()} if () in asked else {rest for rest in _rests(asked, name) if is_present(part, rest)}
        if inside or any_position((*path, name)) not in concealed:
            is_leaf = False
            yield from _visible(part, (*path, name), inside, concealed)
    if is_leaf:
        yield path


def _parts(node: JsonValue) -> Iterable[tuple[str | int, JsonValue]]:
    if isinstance(node, _SCALARS):
        return ()
    return node.items() if isinstance(node, _OBJECTS) else enumerate(node)


def _rests(asked: Set[ClaimPath], name: str | int) -> Iterator[ClaimPath]:
    return (path[1:] for path in asked if path[0] == name or (path[0] is None and isinstance(name, int)))


def _claim(
    found: Match, path: ClaimPath, held: HeldCredential, resolved: ResolvedType, language: str, *, always: bool
) -> PromptClaim:
    claims, touched = found.candidate.claims, list(claims_with([path], resolved))
    values = select(claims, path)
    if always:  # of an open claim that has parts, none of them is shown
        values = [_emptied(value) for value in values]
        touched = [claim for claim in touched if len(claim.path) <= len(path)]
    predicates = dict.fromkeys(_path(one) for claim in touched for one in claim.rules.get("predicates", ()))
    return PromptClaim(
        path=path,
        name=f"{found.query_id}.{path_text(path)}",
        label=_label(resolved, path, language, start=1 if held.is_envelope(path[:1]) and len(path) > 1 else 0),
        # What is part of a claim is shown with it, so the strictest of them counts.
        sensitivity=max(claim.sensitivity for claim in touched),
        value=tuple(values),
        always=always,
        alternatives=tuple(str(one[-1]) for one in predicates if not always and is_present(claims, one)),
    )


def _path(predicate: object) -> ClaimPath:
    """Return where the claim of a predicate stands: its name, or in an mdoc its namespace and element."""
    return tuple(map(str, predicate)) if isinstance(predicate, list | tuple) else (str(predicate),)


def _emptied(value: JsonValue) -> JsonValue:
    """Return what is seen of an open claim of which no part is disclosed: that it is there, and not what is in it."""
    if isinstance(value, Mapping):
        return {}
    return value if value is None or isinstance(value, str | int | float) else []


def _label(resolved: ResolvedType, path: ClaimPath, language: str, *, start: int) -> str:
    """Return how people call a claim, after the claims that it is part of: ``Address › Municipality``."""
    claims: list[JsonObject] = [
        {"path": claim.path, "display": [{"locale": one.locale, "label": one.label} for one in claim.display]}
        for claim in resolved.claims
    ]
    return labels_from_metadata({"claims": claims}, path, cast(Language, _primary(language)), start=start)


def _primary(tag: str) -> str:
    return tag.split("-")[0]
