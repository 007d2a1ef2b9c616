# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Putting disclosures back where their digests stand (RFC 9901, section 7.1, steps 3 to 5).

Claims are read only from the result: a disclosure that no signed digest points to is an attack, not a claim.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vcwallet.claims import ClaimPath
from vcwallet.errors import DigestInvalidError, LimitExceededError, MalformedError
from vcwallet.formats.sd_jwt.disclosure import (
    ELEMENT,
    MAX_DEPTH,
    MAX_DIGESTS,
    SD,
    SD_ALG,
    Disclosure,
    HashAlgorithm,
)

_CONTAINERS = (dict, list)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a disclosure stands.

    Attributes:
        path: the claim in the processed tree.
        issued: the same with array positions as the issuer counted them, hidden elements included.
        text: the disclosure, as received.
    """

    path: ClaimPath
    issued: ClaimPath
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Processed:
    """The claims after disclosure.

    Attributes:
        claims: the claim tree, without digests.
        placements: where each disclosure stands, in the order of the disclosures.
        hidden: how many digests have no disclosure.
        shifted: the arrays in which an element does not stand where the issuer put it, since one before it is hidden.
    """

    claims: dict[str, Any] = field(repr=False)
    placements: tuple[Placement, ...]
    hidden: int
    shifted: frozenset[ClaimPath] = frozenset()


def process(payload: Mapping[str, Any], disclosures: Sequence[Disclosure], hash_algorithm: HashAlgorithm) -> Processed:
    """Return the payload with every disclosure in the place of its digest.

    Raises:
        DigestInvalidError: a digest occurs twice, or a disclosure is repeated, is not referred to, has the wrong
            number of elements for its place, or names a claim that is there already.
        MalformedError: ``_sd``, ``...`` or ``_sd_alg`` stand where the format does not have them.
        LimitExceededError: deeper than 16 or more than 5 000 digests.
    """
    walk = _Walk(disclosures, hash_algorithm)
    claims = walk.object(payload, (), ())
    if len(walk.placed) != len(disclosures):
        raise DigestInvalidError("a disclosure has no digest", clause="RFC 9901, section 7.1, step 5")
    placements = tuple(walk.placed[position] for position in range(len(disclosures)))
    return Processed(claims, placements, len(walk.seen) - len(placements), frozenset(walk.shifted))


class _Walk:
    """One pass over a payload; `placed` and `seen` know what was met so far."""

    def __init__(self, disclosures: Sequence[Disclosure], hash_algorithm: HashAlgorithm) -> None:
        self.disclosures = disclosures
        self.by_digest = {hash_algorithm.digest(one.text): position for position, one in enumerate(disclosures)}
        if len(self.by_digest) != len(disclosures):
            raise DigestInvalidError("a disclosure is repeated", clause="RFC 9901, section 7.1, step 4")
        self.seen: set[str] = set()
        self.placed: dict[int, Placement] = {}
        self.shifted: set[ClaimPath] = set()

    def value(self, value: Any, path: ClaimPath, issued: ClaimPath) -> Any:
        if isinstance(value, dict):
            return self.object(value, path, issued)
        if isinstance(value, list):
            return self.array(value, path, issued)
        return value

    def object(self, members: Mapping[str, Any], path: ClaimPath, issued: ClaimPath) -> dict[str, Any]:
        _require_depth(path)
        if ELEMENT in members:
            raise MalformedError('"..." stands outside an array element', clause="RFC 9901, section 7.1")
        if SD_ALG in members and path:
            raise MalformedError("_sd_alg stands below the top level", clause="RFC 9901, section 4.1.1")
        claims = {
            name: self.value(value, (*path, name), (*issued, name)) if isinstance(value, _CONTAINERS) else value
            for name, value in members.items()
            if name != SD and name != SD_ALG
        }
        for digest in _digests(members):
            disclosure = self.take(digest)
            if disclosure is None:
                continue
            name = disclosure.name
            if name is None:
                raise DigestInvalidError(
                    "an element's disclosure stands in an object", clause="RFC 9901, section 7.1, step 3"
                )
            if name in claims or name == SD_ALG:
                raise DigestInvalidError("a disclosed claim is there already", clause="RFC 9901, section 7.1, step 3")
            self.place(digest, (*path, name), (*issued, name))
            claims[name] = self.value(disclosure.value, (*path, name), (*issued, name))
        return claims

    def array(self, elements: list[Any], path: ClaimPath, issued: ClaimPath) -> list[Any]:
        _require_depth(path)
        values: list[Any] = []
        for position, element in enumerate(elements):
            here, there = (*path, len(values)), (*issued, position)
            value = element
            if isinstance(element, dict) and ELEMENT in element:
                disclosure = self.element(element)
                if disclosure is None:
                    continue
                self.place(element[ELEMENT], here, there)
                value = disclosure.value
            if len(values) != position:
                self.shifted.add(path)
            values.append(self.value(value, here, there))
        return values

    def element(self, placeholder: dict[str, Any]) -> Disclosure | None:
        """Return the disclosure of an array element that a digest stands for, or None where it stays hidden."""
        digest = placeholder[ELEMENT]
        if len(placeholder) != 1 or not isinstance(digest, str):
            raise MalformedError('"..." has company, or no digest', clause="RFC 9901, section 4.2.4.2")
        disclosure = self.take(digest)
        if disclosure is not None and disclosure.name is not None:
            raise DigestInvalidError("a member's disclosure stands in an array", clause="RFC 9901, section 7.1, step 3")
        return disclosure

    def take(self, digest: str) -> Disclosure | None:
        """Return the disclosure of a digest that was not met before, or None where it stays hidden."""
        if digest in self.seen:
            raise DigestInvalidError("a digest occurs twice", clause="RFC 9901, section 7.1, step 4")
        self.seen.add(digest)
        if len(self.seen) > MAX_DIGESTS:
            raise LimitExceededError(f"an SD-JWT has more than {MAX_DIGESTS} digests")
        position = self.by_digest.get(digest)
        return None if position is None else self.disclosures[position]

    def place(self, digest: str, path: ClaimPath, issued: ClaimPath) -> None:
        position = self.by_digest[digest]
        self.placed[position] = Placement(path, issued, self.disclosures[position].text)


def _digests(members: Mapping[str, Any]) -> list[str]:
    digests = members.get(SD)
    if digests is None and SD not in members:
        return []
    if not isinstance(digests, list) or not all(isinstance(digest, str) for digest in digests):
        raise MalformedError("_sd is an array of strings", clause="RFC 9901, section 4.2.4.1")
    return digests


def _require_depth(path: ClaimPath) -> None:
    if len(path) > MAX_DEPTH:
        raise LimitExceededError(f"claims are nested deeper than {MAX_DEPTH}")
