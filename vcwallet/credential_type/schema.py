# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The claim tree of a credential type as JSON Schema 2020-12, labelled in English (``title``) and Japanese (``x-ja``).

>>> from typing import Annotated
>>> from vcwallet.credential_type import Claim, CredentialType, json_schema
>>> class Pass(CredentialType, vct="urn:example:pass:1", ja="乗車証", en="Pass"):
...     full_name: Annotated[str, Claim("氏名", "Full name")]
>>> json_schema(Pass)["properties"]
{'full_name': {'title': 'Full name', 'type': 'string', 'x-ja': '氏名'}}
"""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from vcwallet.claims import JsonValue
from vcwallet.credential_type.group import AnyPredicate, predicates_of
from vcwallet.credential_type.metadata import require_vct
from vcwallet.credential_type.model import CredentialType
from vcwallet.credential_type.predicate import Predicate


class _ClaimTreeSchema(GenerateJsonSchema):
    """A claim without a value is left out of the tree: there is neither null nor a default in it."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def json_schema(cls: type[CredentialType]) -> dict[str, Any]:
    """Return the JSON Schema of the whole claim tree that `CredentialType.claims` returns.

    Raises:
        TypeError: `cls` is a base without ``vct``.
    """
    require_vct(cls)
    schema = cls.model_json_schema(schema_generator=_ClaimTreeSchema, mode="serialization")
    answers = {name: _answer_schema(predicate) for name, predicate in predicates_of(cls).items()}
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        **schema,
        "title": cls.en,
        "x-ja": cls.ja,
        "properties": {**schema.get("properties", {}), **answers},
    }


def _answer_schema(predicate: AnyPredicate) -> dict[str, JsonValue]:
    labels = predicate.claim.schema_labels()
    if isinstance(predicate, Predicate):
        return {"type": "boolean", **labels}
    members: dict[str, JsonValue] = {key: {"type": "boolean"} for key in predicate.thresholds}
    return {"type": "object", "properties": members, "additionalProperties": False, **labels}
