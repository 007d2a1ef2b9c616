# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Writes specs/types/*.json from the credential types of the catalogue: Type Metadata and JSON Schema.

``python -m tools.types`` writes them; with ``--check`` it only says which are not current, and fails if any is not.
The document of a type that extends another holds the digest of the other's document, so what is written is byte for
byte what is to be published.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

from vcwallet.credential_type import CredentialType, json_schema, type_metadata
from vcwallet.credential_type.model import parent_type

FOLDER = Path(__file__).resolve().parents[1] / "specs" / "types"
METADATA = ".type-metadata.json"
SCHEMA = ".schema.json"


def main(arguments: list[str] | None = None) -> int:
    """Write the documents, or check them."""
    from vcwallet.japan.catalogue import TYPES  # here, so that the rest can be used with other types

    parser = argparse.ArgumentParser(prog="python -m tools.types", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a document is not current")
    if parser.parse_args(arguments).check:
        names = outdated(TYPES, FOLDER)
        print("\n".join(f"not current: {name}" for name in names) or "specs/types is current")
        return 1 if names else 0
    write(TYPES, FOLDER)
    print(f"specs/types: {len(TYPES)} types")
    return 0


def write(types: Iterable[type[CredentialType]], folder: Path) -> None:
    """Make the documents in `folder` those of `types`; what is there besides Type Metadata and schemas stays."""
    wanted = documents(types)
    folder.mkdir(parents=True, exist_ok=True)
    for name in _present(folder) - wanted.keys():
        (folder / name).unlink()
    for name, content in wanted.items():
        (folder / name).write_bytes(content)


def outdated(types: Iterable[type[CredentialType]], folder: Path) -> list[str]:
    """Return the names of documents that are missing, different, or of no type."""
    wanted = documents(types)
    names = wanted.keys() | _present(folder)
    return sorted(n for n in names if n not in wanted or not _is(folder / n, wanted[n]))


def documents(types: Iterable[type[CredentialType]]) -> dict[str, bytes]:
    """Return the documents of `types`, by file name.

    Raises:
        ValueError: two types have the same file name.
    """
    found: dict[str, bytes] = {}
    for kind in types:
        if slug(kind) + METADATA in found:
            raise ValueError(f"two credential types would be written to {slug(kind)}{METADATA}")
        found[slug(kind) + METADATA] = metadata_bytes(kind)
        found[slug(kind) + SCHEMA] = _json(json_schema(kind))
    return found


def metadata_bytes(kind: type[CredentialType]) -> bytes:
    """Return the Type Metadata document of a type as published."""
    parent = parent_type(kind)
    return _json(type_metadata(kind, parent_integrity=integrity(metadata_bytes(parent)) if parent else None))


def integrity(document: bytes) -> str:
    """Return the digest of a document as W3C Subresource Integrity writes it (SD-JWT VC, section 5)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(document).digest()).decode()


def slug(kind: type[CredentialType]) -> str:
    """Return the name of a type's files: ``TaxAssessment`` gives ``tax-assessment``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", kind.__name__).lower()


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def _present(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.json") if path.name.endswith((METADATA, SCHEMA))}


def _is(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


if __name__ == "__main__":
    raise SystemExit(main())
