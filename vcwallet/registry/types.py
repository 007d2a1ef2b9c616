# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The metadata documents of credential types, as a registry publishes and pins them (SD-JWT VC, section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from vcwallet.credential_type import CredentialType, views
from vcwallet.credential_type.model import parent_type
from vcwallet.encoding import json, sri
from vcwallet.errors import quoted
from vcwallet.storage import Put, RecordStore

_COLLECTION = "registry_type"


def type_ids(kind: type[CredentialType]) -> tuple[str, ...]:
    """Return the identifiers that the formats have for a credential type: its ``vct``, and its docType if any."""
    return tuple(shape.type_id for shape in views(kind).values())


def documents(kinds: Iterable[type[CredentialType]], *, published: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the documents of the types, and of the types that they extend, that are not published yet.

    A type has a document for each format, under its identifier there.

    Raises:
        ValueError: another document is published under the same ``vct`` or docType; credentials are pinned to it.
    """
    known = dict(published)
    for kind in kinds:
        for type_id, document in _with_parents(kind):
            if known.setdefault(type_id, document) != document:
                raise ValueError(f"{quoted(type_id)} is published with other metadata; a changed type gets a new vct")
    return {type_id: document for type_id, document in known.items() if type_id not in published}


def _with_parents(kind: type[CredentialType]) -> Iterator[tuple[str, bytes]]:
    parent, integrity = parent_type(kind), None
    if parent is not None:
        above = dict(_with_parents(parent))
        integrity = sri.integrity(above[parent.vct])
        yield from above.items()
    for shape in views(kind).values():
        yield shape.type_id, json.dumps(shape.metadata(parent_integrity=integrity))


def records(new: Mapping[str, bytes]) -> list[Put]:
    """Return the records that keep documents."""
    return [Put(_COLLECTION, type_id, document, new=True) for type_id, document in new.items()]


def load(store: RecordStore) -> dict[str, bytes]:
    """Return the documents that `records` kept, by type identifier."""
    return {record.id: record.body for record in store.find(_COLLECTION)}
