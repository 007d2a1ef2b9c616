# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The labels of claims on a consent screen, from Type Metadata (SD-JWT VC, section 5.6.2).

A wallet has only the Type Metadata of a credential.  For a class the labels come from the documents that the class
gives rise to, so that both ways lead to the same words.

    >>> from typing import Annotated
    >>> from vcwallet.credential_type import Claim, ClaimGroup, CredentialType, consent_items
    >>> class Address(ClaimGroup):
    ...     locality: Annotated[str, Claim("市区町村", "Municipality")]
    >>> class Pass(CredentialType, vct="urn:example:pass:1", ja="乗車証", en="Pass"):
    ...     address: Annotated[Address, Claim("住所", "Address")]
    >>> consent_items(Pass, [("address", "locality")], "ja")
    ('住所 › 市区町村',)
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from vcwallet.claims import ClaimPath, JsonValue
from vcwallet.credential_type.claim import Language
from vcwallet.credential_type.metadata import SEPARATOR, type_metadata
from vcwallet.credential_type.model import CredentialType, parent_type

Documents: TypeAlias = "Mapping[str, JsonValue] | Sequence[Mapping[str, JsonValue]]"
"""A Type Metadata document, or several: that of an extending type before that of the type it extends."""

MAX_LABEL_LENGTH: Final = 100


def consent_items(
    source: "type[CredentialType] | Documents", paths: Sequence[ClaimPath], language: Language
) -> tuple[str, ...]:
    """Return a label for each path, such as ``"住所 › 市区町村"``."""
    documents = _documents(source) if isinstance(source, type) else source
    return tuple(labels_from_metadata(documents, path, language) for path in paths)


def labels_from_metadata(document: Documents, path: ClaimPath, language: Language, *, start: int = 0) -> str:
    """Return the label of a claim, after the labels of the claims that it is inside of.

    Args:
        document: the Type Metadata, or several documents.
        path: the claim.
        language: the language.
        start: how many components of the path are no claims: 1 for an mdoc, whose paths begin with a namespace.

    A document may come from a stranger: labels are cut to 100 characters, and characters that do not print (controls
    that turn the direction of the text among them) are replaced.  What has no label goes by its name; an element of an
    array by its position, counted from one.  Whoever puts the label into HTML has to escape it as any text.
    """
    documents = [document] if isinstance(document, Mapping) else document
    entries = [entry for single in documents for entry in _objects(single.get("claims"))]
    parts = (_label(entries, path[: length + 1], language) for length in range(start, len(path)))
    return SEPARATOR.join(part for part in parts if part)


def _label(entries: Sequence[Mapping[str, JsonValue]], path: ClaimPath, language: Language) -> str:
    for entry in entries:
        if _same_place(entry.get("path"), path) and (label := _in_language(entry.get("display"), language)):
            return _printable(label)
    match path[-1]:
        case None:
            return ""
        case int(index):
            return str(index + 1)
        case name:
            return _printable(name)


def _same_place(declared: JsonValue, path: ClaimPath) -> bool:
    if not isinstance(declared, list | tuple) or len(declared) != len(path):
        return False
    return all(a == b or (a is None and isinstance(b, int)) for a, b in zip(declared, path, strict=True))


def _in_language(display: JsonValue, language: Language) -> str | None:
    """Return the label in the language, else the first one."""
    labels = [(str(item.get("locale")), item.get("label")) for item in _objects(display)]
    labels.sort(key=lambda item: item[0].lower().split("-")[0] != language)
    return next((label for _, label in labels if isinstance(label, str)), None)


def _objects(value: JsonValue) -> Iterator[Mapping[str, JsonValue]]:
    return (item for item in value if isinstance(item, Mapping)) if isinstance(value, list | tuple) else iter(())


def _printable(text: str) -> str:
    # An ideographic space is a space, though Python does not count it as printable.
    characters = (" " if c.isspace() else c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return "".join(characters)[:MAX_LABEL_LENGTH]


def _documents(cls: type[CredentialType] | None) -> list[Mapping[str, JsonValue]]:
    return [type_metadata(cls), *_documents(parent_type(cls))] if cls is not None else []
