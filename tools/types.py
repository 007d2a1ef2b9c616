# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Writes specs/types/*.json from the credential types of the catalogue: Type Metadata, JSON Schema, mdoc elements.

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
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vcwallet.claims import path_text
from vcwallet.credential_type import CredentialType, json_schema, type_metadata, views
from vcwallet.credential_type.model import parent_type
from vcwallet.credential_type.view import MdocView

FOLDER = Path(__file__).resolve().parents[1] / "specs" / "types"
METADATA = ".type-metadata.json"
SCHEMA = ".schema.json"
MDOC = ".mdoc.json"

TEXTS = {"date": "full-date", "date-time": "tdate", "base64url": "bstr"}
"""What a text with a format in JSON Schema is in CBOR, in the words of ISO/IEC 18013-5."""
SCALARS = {"integer": "int", "number": "number", "boolean": "bool", "null": "null"}


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
    """Make the documents in `folder` those of `types`; what is there besides them and other kinds of file stays."""
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
        shape = views(kind).get("mso_mdoc")
        if isinstance(shape, MdocView):
            found[slug(kind) + MDOC] = _json(mdoc_description(kind, shape))
    return found


def metadata_bytes(kind: type[CredentialType]) -> bytes:
    """Return the Type Metadata document of a type as published."""
    parent = parent_type(kind)
    return _json(type_metadata(kind, parent_integrity=integrity(metadata_bytes(parent)) if parent else None))


def mdoc_description(kind: type[CredentialType], shape: MdocView) -> dict[str, Any]:
    """Return the namespaces of a document type with their elements, and how each is called and treated."""
    schema, described = json_schema(kind), {tuple(entry["path"]): entry for entry in _entries(shape)}
    namespaces: dict[str, dict[str, Any]] = {}
    for element in shape.elements:
        entry, here = described[element.place], schema
        for name in element.path:
            here = _resolved(here, schema)["properties"][name]
        namespaces.setdefault(element.namespace, {})[element.identifier] = {
            "type": cbor_type(here, schema),
            "claim": path_text(element.path),
            "labels": {label["locale"]: label["label"] for label in entry["display"]},
            "sensitivity": entry["vcwallet"]["sensitivity"],
            "mandatory": entry.get("mandatory", False),
        }
    names = {"ja-JP": kind.ja, "en-US": kind.en}
    return {"docType": shape.type_id, "names": names, "namespaces": namespaces}


def cbor_type(schema: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """Return the type that a claim has in CBOR, in CDDL (RFC 8610), from its schema and the document that it is in."""
    schema = _resolved(schema, document)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " / ".join(dict.fromkeys(cbor_type(choice, document) for choice in choices))
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    match schema["type"]:
        case "string":
            return TEXTS.get(schema.get("format", ""), "tstr")
        case "array":
            return f"[{'+' if schema.get('minItems') else '*'} {cbor_type(schema['items'], document)}]"
        case "object":
            return "{" + ", ".join(_members(schema, document)) + "}"
        case scalar:
            return SCALARS[scalar]


def _members(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    for name, member in schema["properties"].items():
        optional = "" if name in schema.get("required", ()) else "? "
        yield f"{optional}{name}: {cbor_type(member, document)}"


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    return schema if reference is None else document["$defs"][reference.removeprefix("#/$defs/")]


def _entries(shape: MdocView) -> Any:
    return shape.metadata()["claims"]


def integrity(document: bytes) -> str:
    """Return the digest of a document as W3C Subresource Integrity writes it (SD-JWT VC, section 5)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(document).digest()).decode()


def slug(kind: type[CredentialType]) -> str:
    """Return the name of a type's files: ``TaxAssessment`` gives ``tax-assessment``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", kind.__name__).lower()


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def _present(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.json") if path.name.endswith((METADATA, SCHEMA, MDOC))}


def _is(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


if __name__ == "__main__":
    raise SystemExit(main())
