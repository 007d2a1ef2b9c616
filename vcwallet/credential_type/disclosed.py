# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The typed view of what was disclosed of a record.

A view is an instance of the credential type that holds only the disclosed claims.  Each of them is judged on its own,
by the type of its field; rules about a whole record (pydantic's field and model validators, the size of an array) are
the issuer's, since a part of a record need not obey them.  What the type does not define is kept apart in `undeclared`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, assert_never

from pydantic import BaseModel

from vcwallet.claims import ClaimPath, path_text
from vcwallet.credential_type.outline import Answer, Answers, Array, ClaimNode, Group, Leaf, Outline, Shape
from vcwallet.errors import MalformedError, VcError

_Model = TypeVar("_Model", bound=BaseModel)


class ClaimNotDisclosedError(VcError, AttributeError):
    """The claim belongs to the type, but the holder did not disclose it."""

    default_code = "CLAIM_NOT_DISCLOSED"


def view(model: type[_Model], outline: Outline, tree: object, path: ClaimPath = ()) -> _Model:
    """Return an instance of `model` that has just the claims of `tree`.

    Raises:
        MalformedError: a claim does not have the type of its field (code ``CLAIM_INVALID``).
    """
    if not isinstance(tree, Mapping):
        raise _invalid(path, "an object")
    fields: dict[str, object] = {}
    others: dict[str, object] = {}
    for name, value in tree.items():
        node = outline.get(name)
        if node is None:
            others[name] = value
        elif node.value is None:
            others[name] = _shape_view(node.shape, value, (*path, name))
        else:
            fields[name] = _field_view(node, value, (*path, name))
    return _instance(model, fields, others)


def _instance(model: type[_Model], fields: dict[str, object], others: dict[str, object]) -> _Model:
    # Pydantic's own `model_construct` would fill in defaults, and a default is not something the issuer said.
    # That `__pydantic_extra__` is a dict tells a view from a record, which forbids extra claims and has None there.
    instance = model.__new__(model)
    object.__setattr__(instance, "__dict__", fields)
    object.__setattr__(instance, "__pydantic_fields_set__", set(fields))
    object.__setattr__(instance, "__pydantic_extra__", others)
    object.__setattr__(instance, "__pydantic_private__", None)
    return instance


def _field_view(node: ClaimNode, value: object, path: ClaimPath) -> object:
    if value is None and node.nullable:
        return None
    return _shape_view(node.shape, value, path)


def _shape_view(shape: Shape, value: object, path: ClaimPath) -> object:
    match shape:
        case Leaf():
            return _leaf_view(shape, value, path)
        case Group():
            return view(shape.model, shape.members, value, path)
        case Array():
            if not isinstance(value, list | tuple):
                raise _invalid(path, "an array")
            return tuple(_shape_view(shape.element, item, (*path, index)) for index, item in enumerate(value))
        case Answer():
            return _require_answer(value, path)
        case Answers():
            if not isinstance(value, Mapping):
                raise _invalid(path, "an object")
            return {key: _require_answer(answer, path) for key, answer in value.items()}
        case _:
            assert_never(shape)


def _leaf_view(shape: Leaf, value: object, path: ClaimPath) -> object:
    try:
        return shape.value.read(value)
    except ValueError:
        # Pydantic's error carries the value; ours must not, not even as its cause.
        raise _invalid(path, "of the type that its credential type says") from None


def _require_answer(value: object, path: ClaimPath) -> bool:
    if not isinstance(value, bool):
        raise _invalid(path, "true or false")
    return value


def _invalid(path: ClaimPath, expected: str) -> MalformedError:
    what = f"the claim {path_text(path)} is" if path else "the claims are"
    return MalformedError(f"{what} not {expected}", code="CLAIM_INVALID")
