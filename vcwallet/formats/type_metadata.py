# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Type metadata: what a credential type is called, and what holds for its claims (SD-JWT VC, section 5).

Documents come from a source that the caller has chosen (a registry, a cache); nothing is fetched here.

    >>> from vcwallet.formats.type_metadata import resolve
    >>> documents = {
    ...     "urn:example:identity:1": b'{"vct":"urn:example:identity:1","claims":[{"path":["name"],"sd":"always"}]}',
    ...     "urn:example:pass:1": b'{"vct":"urn:example:pass:1","extends":"urn:example:identity:1"}',
    ... }
    >>> resolved = resolve("urn:example:pass:1", documents.__getitem__)
    >>> resolved.type_ids, resolved.claim(("name",)).sd
    (('urn:example:pass:1', 'urn:example:identity:1'), 'always')
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, PlainValidator

from vcwallet.claims import ClaimPath, JsonObject, any_position, covers, parse_path, path_text, select
from vcwallet.encoding import sri, wire
from vcwallet.encoding.wire import Array, Maybe, WireModel
from vcwallet.errors import MalformedError, VerificationError, quoted

MAX_BYTES = 256 * 1024
MAX_DEPTH = 5
_CLAUSE = "SD-JWT VC, section 5"


class ClaimDisplay(WireModel):
    """How a claim is called in one language (section 5.6.2)."""

    locale: str
    label: str
    description: Maybe[str] = None


class ClaimMetadata(WireModel):
    """What holds for one claim (section 5.6); further members are kept for who understands them."""

    path: Annotated[ClaimPath, PlainValidator(parse_path)]
    display: Array[ClaimDisplay] = ()
    mandatory: bool = False
    sd: Literal["always", "allowed", "never"] = "allowed"
    svg_id: Annotated[Maybe[str], Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] = None


class TypeDisplay(WireModel):
    """How a type is called and drawn in one language (section 5.5)."""

    locale: str
    name: str
    description: Maybe[str] = None


class TypeMetadata(WireModel):
    """One type metadata document (section 5.2)."""

    vct: Annotated[str, Field(min_length=1)]
    name: Maybe[str] = None
    description: Maybe[str] = None
    extends: Maybe[str] = None
    extends_integrity: Annotated[Maybe[str], Field(alias="extends#integrity")] = None
    display: Array[TypeDisplay] = ()
    claims: Array[ClaimMetadata] = ()


@dataclass(frozen=True, slots=True)
class ResolvedType:
    """A type with all that it extends.

    Attributes:
        type_ids: the type, then those that it extends, nearest first.
        display: how the type is called: the nearest document that says so.
        claims: what holds for each claim, the types that are extended first.
    """

    type_ids: tuple[str, ...]
    display: tuple[TypeDisplay, ...]
    claims: tuple[ClaimMetadata, ...] = field(repr=False)

    def claim(self, path: ClaimPath) -> ClaimMetadata | None:
        """Return what the type says about a claim, or, where it says nothing, about the claim that it is part of."""
        about = [claim for claim in self.claims if covers(claim.path, path)]
        return max(about, key=lambda claim: len(claim.path), default=None)

    def label(self, path: ClaimPath, language: str) -> str:
        """Return how people call a claim, in this language or else in the first one given, or else its path."""
        claim = self.claim(path)
        if claim is None or not claim.display:
            return path_text(path)
        return _in_language(claim.display, language).label

    def name(self, language: str) -> str:
        """Return how people call the type, in this language or else in the first one given, or else its identifier."""
        return _in_language(self.display, language).name if self.display else self.type_ids[0]

    def extension(self, path: ClaimPath, name: str) -> Any:
        """Return a further member of what the type says about a claim, or None."""
        claim = self.claim(path)
        return (claim.model_extra or {}).get(name) if claim else None


def resolve(vct: str, documents: Callable[[str], bytes]) -> ResolvedType:
    """Return a type with all that it extends (section 5.3).

    Args:
        vct: the type.
        documents: gives the document of a type; its errors pass through.

    Raises:
        MalformedError: a document is none, is another type's, or the chain is a circle or longer than five.
        DigestInvalidError: a document is not the one that was meant.
        VerificationError: a type loosens what the type that it extends says (code ``TYPE_METADATA_LOOSENED``).
    """
    chain = [_document(vct, documents, None)]
    while (parent := chain[-1].extends) is not None:
        if parent in {document.vct for document in chain} or len(chain) == MAX_DEPTH:
            raise MalformedError("the types extend each other in a circle, or too deep", clause=_CLAUSE)
        chain.append(_document(parent, documents, chain[-1].extends_integrity))
    return ResolvedType(
        type_ids=tuple(document.vct for document in chain),
        display=next((document.display for document in chain if document.display), ()),
        claims=_inherited(reversed(chain)),
    )


def require_conformity(
    resolved: ResolvedType, claims: JsonObject, *, concealed: Collection[ClaimPath], complete: bool
) -> None:
    """Return if a credential keeps to its type (section 5.6).

    Args:
        resolved: the type.
        claims: the claim tree.
        concealed: the claims that were disclosed on their own, with null for every array position.
        complete: whether every disclosure is there, as for a holder; a verifier cannot tell hidden from missing.

    Raises:
        VerificationError: a mandatory claim is missing (``CLAIM_MISSING``), or a claim is concealed or open against
            its ``sd`` (``CLAIM_DISCLOSURE``).
        MalformedError: a path of the type meets a claim of another kind than it expects (``CLAIM_PATH``).
    """
    for claim in resolved.claims:
        present, is_concealed = bool(select(claims, claim.path)), any_position(claim.path) in concealed
        if complete and claim.mandatory and not present:
            name = quoted(path_text(claim.path))
            raise VerificationError(f"the mandatory claim {name} is missing", code="CLAIM_MISSING", clause=_CLAUSE)
        if (claim.sd == "never" and is_concealed) or (claim.sd == "always" and present and not is_concealed):
            name = quoted(path_text(claim.path))
            raise VerificationError(f"the claim {name} is concealed or open against its type", code="CLAIM_DISCLOSURE")


class TypeCatalogue:
    """Resolved types from one source of documents, each resolved once."""

    def __init__(self, documents: Callable[[str], bytes]) -> None:
        """Take the documents from a function that raises for a type that it does not know."""
        self._documents = documents
        self._resolved: dict[str, ResolvedType] = {}
        self._pinned: dict[str, str] = {}

    def type(self, type_id: str, *, integrity: str | None = None) -> ResolvedType:
        """Return a type with all that it extends (see `resolve`).

        Raises:
            DigestInvalidError: its document is not the one that `integrity` names.
            VcError: as `resolve`.
        """
        if integrity is not None and self._pinned.get(type_id) != integrity:
            sri.require_match(integrity, self._documents(type_id))
            self._pinned[type_id] = integrity
        if type_id not in self._resolved:
            self._resolved[type_id] = resolve(type_id, self._documents)
        return self._resolved[type_id]


def _document(vct: str, documents: Callable[[str], bytes], integrity: str | None) -> TypeMetadata:
    data = documents(vct)
    if integrity is not None:
        sri.require_match(integrity, data)
    document = wire.read(TypeMetadata, data, max_bytes=MAX_BYTES)
    if document.vct != vct:
        raise MalformedError("the type metadata are of another type", clause=_CLAUSE)
    return document


_STRICTER = {("allowed", "always"), ("allowed", "never")}


def _inherited(documents: Iterable[TypeMetadata]) -> tuple[ClaimMetadata, ...]:
    claims: dict[ClaimPath, ClaimMetadata] = {}
    for document in documents:
        for claim in document.claims:
            parent = claims.get(claim.path)
            claims[claim.path] = claim if parent is None else _refined(parent, claim)
    return tuple(claims.values())


def _refined(parent: ClaimMetadata, child: ClaimMetadata) -> ClaimMetadata:
    """Return the parent's properties with those that the child sets in their place (section 5.6.5)."""
    changed = {name: getattr(child, name) for name in child.model_fields_set} | (child.model_extra or {})
    refined = parent.model_copy(update=changed)
    loosened_sd = refined.sd != parent.sd and (parent.sd, refined.sd) not in _STRICTER
    if loosened_sd or (parent.mandatory and not refined.mandatory):
        raise VerificationError(
            "a type loosens the type that it extends", code="TYPE_METADATA_LOOSENED", clause=_CLAUSE
        )
    return refined


_Display = TypeVar("_Display", ClaimDisplay, TypeDisplay)


def _in_language(choices: Sequence[_Display], language: str) -> _Display:
    """Return the choice of just this locale, else of the same language elsewhere, else the first one."""
    spoken = language.split("-")[0]
    return min(choices, key=lambda one: (one.locale != language, one.locale.split("-")[0] != spoken))
