# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Metadata policies: how superiors shape the metadata of everyone below them (OpenID Federation 1.0, section 6.1).

A policy has three levels: entity type, metadata parameter, operator.  The policies of a chain are merged from the most
superior statement downwards, and what comes out is applied to the subject's metadata.  Operators that take arrays take
arrays of strings; the standard leaves the others optional.

    >>> from vcwallet.trust.federation import metadata_policy
    >>> superior = metadata_policy.parse({"openid_credential_verifier": {"scope": {"subset_of": ["pid", "mdl"]}}})
    >>> inferior = metadata_policy.parse({"openid_credential_verifier": {"scope": {"add": ["mdl"], "essential": True}}})
    >>> superior.merged(inferior).applied({"openid_credential_verifier": {"scope": "pid loyalty"}})
    {'openid_credential_verifier': {'scope': 'pid mdl'}}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vcwallet.claims import JsonObject, JsonValue
from vcwallet.encoding import jcs
from vcwallet.errors import MalformedError, UntrustedError, quoted

OPERATORS = ("value", "add", "default", "one_of", "subset_of", "superset_of", "essential")
"""The standard operators, in the order in which they are applied (section 6.1.3.1)."""

CLAUSE = "OpenID Federation 1.0, section 6.1.3.1"
_SCOPE = "scope"


class _Absent:
    """The value of a parameter that is not there, which is not null."""


_ABSENT = _Absent()
_Value = Any  # a JSON value, or _ABSENT


@dataclass(frozen=True, slots=True)
class ParameterPolicy:
    """The operators for one metadata parameter, in a combination that is allowed.

    Values are as in the document; of ``scope`` they are arrays, as its operators see it.
    """

    name: str
    operators: Mapping[str, JsonValue]

    def __post_init__(self) -> None:
        for first, second, allowed in _COMBINATIONS:
            together = first in self.operators and second in self.operators
            if together and not allowed(self.operators[first], self.operators[second]):
                raise _conflict(f"{first} and {second} of {quoted(self.name)} do not go together")

    def merged(self, inferior: ParameterPolicy) -> ParameterPolicy:
        """Return this policy with that of a statement further down merged into it (section 6.1.4.1).

        Raises:
            UntrustedError: two operators cannot be merged, or the result is a combination that is not allowed.
        """
        operators = {**inferior.operators, **self.operators}
        for operator in self.operators.keys() & inferior.operators.keys():
            values = self.operators[operator], inferior.operators[operator]
            operators[operator] = _MERGES[operator](*values, f"{operator} of {quoted(self.name)}")
        return ParameterPolicy(self.name, operators)

    def applied(self, value: _Value) -> _Value:
        """Return what becomes of a parameter's value, or of its absence (section 6.1.4.2).

        Raises:
            UntrustedError: a check fails, or the value is not of a kind that an operator takes.
        """
        if self.name == _SCOPE and value is not _ABSENT:
            value = _scope_values(value, _conflict)
        for operator in OPERATORS:
            if operator in self.operators:
                value = _ACTIONS[operator](self.operators[operator], value, self.name)
        if self.name == _SCOPE and value is not _ABSENT:
            return " ".join(value)
        return value


@dataclass(frozen=True, slots=True)
class MetadataPolicy:
    """Policies by entity type and parameter; without any, metadata stay as they are."""

    parameters: Mapping[str, Mapping[str, ParameterPolicy]] = field(default_factory=dict)

    def merged(self, inferior: MetadataPolicy) -> MetadataPolicy:
        """Return this policy with that of a statement further down merged into it (section 6.1.4.1).

        Raises:
            UntrustedError: they contradict each other (code ``METADATA_POLICY``).
        """
        merged = {entity_type: dict(policies) for entity_type, policies in self.parameters.items()}
        for entity_type, policies in inferior.parameters.items():
            current = merged.setdefault(entity_type, {})
            for name, policy in policies.items():
                current[name] = current[name].merged(policy) if name in current else policy
        return MetadataPolicy(merged)

    def applied(self, metadata: Mapping[str, JsonObject]) -> dict[str, JsonObject]:
        """Return metadata after every policy of their entity types was applied (section 6.1.4.2).

        Raises:
            UntrustedError: the metadata do not comply (code ``METADATA_POLICY``).
        """
        return {entity_type: self._applied(entity_type, one) for entity_type, one in metadata.items()}

    def _applied(self, entity_type: str, metadata: JsonObject) -> JsonObject:
        result = dict(metadata)
        for name, policy in self.parameters.get(entity_type, {}).items():
            value = policy.applied(result.get(name, _ABSENT))
            if value is _ABSENT:
                result.pop(name, None)
            else:
                result[name] = value
        return result

    def claim(self) -> dict[str, dict[str, JsonObject]]:
        """Return the ``metadata_policy`` claim that says the same."""
        return {
            entity_type: {name: policy.operators for name, policy in policies.items()}
            for entity_type, policies in self.parameters.items()
        }

    def restricts(self, entity_type: str, name: str) -> bool:
        """Tell whether a superior has said which values a parameter can have."""
        policy = self.parameters.get(entity_type, {}).get(name)
        return policy is not None and not _RESTRICTING.isdisjoint(policy.operators)


_RESTRICTING = frozenset({"value", "one_of", "subset_of"})


def parse(value: Mapping[str, Any]) -> MetadataPolicy:
    """Return the policy of a ``metadata_policy`` claim; operators that the standard does not define are ignored.

    Whether one of them is critical is for the whole chain to say (see `require_understood`).

    Raises:
        MalformedError: a level that is no object, or an operator with a value that it cannot have.
        UntrustedError: a combination of operators that is not allowed (code ``METADATA_POLICY``).
    """
    return MetadataPolicy(
        {
            entity_type: {name: _parameter(name, _object(one)) for name, one in _object(policies).items()}
            for entity_type, policies in value.items()
        }
    )


def require_understood(critical: frozenset[str]) -> None:
    """Return if no operator is critical: the standard ones are never named, and others are not known here.

    Raises:
        UntrustedError: there is one (code ``METADATA_POLICY``, section 6.1.3.2).
    """
    if critical:
        raise _conflict(f"the critical operator {quoted(min(critical))} is not understood")


def _parameter(name: str, operators: Mapping[str, Any]) -> ParameterPolicy:
    return ParameterPolicy(
        name,
        {operator: _operand(name, operator, operators[operator]) for operator in OPERATORS if operator in operators},
    )


def _operand(name: str, operator: str, value: Any) -> JsonValue:
    match operator:
        case "essential":
            well_formed = isinstance(value, bool)
        case "value" | "default":
            well_formed = not isinstance(value, dict) and (value is not None or operator == "value")
            if name == _SCOPE and value is not None:
                return _scope_values(value, _malformed)
        case _:
            well_formed = _is_strings(value)
            value = list(dict.fromkeys(value)) if well_formed else value
    if not well_formed:
        raise _malformed(f"{operator} of {quoted(name)} has a value of another kind")
    checked: JsonValue = value
    return checked


def _scope_values(value: Any, error: Callable[[str], Exception]) -> list[str]:
    """Return a scope as the array that operators take it for (section 6.1.3.1.8)."""
    if isinstance(value, str):
        return list(dict.fromkeys(value.split()))
    if _is_strings(value):
        return list(dict.fromkeys(value))
    raise error("scope is neither a string nor an array of strings")


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _malformed("a metadata policy has three levels of objects")
    return value


def _is_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _same(first: JsonValue, second: JsonValue) -> bool:
    # In Python, true is 1 and 1 is 1.0; in JSON only the latter two are one number.
    return jcs.canonicalize(first) == jcs.canonicalize(second)


# --- combinations: (operator, operator, whether these two values go together) ----------------------------------------


def _within(inner: Any, outer: Any) -> bool:
    return _is_strings(inner) and set(inner) <= set(outer)


_COMBINATIONS: tuple[tuple[str, str, Callable[[Any, Any], bool]], ...] = (
    ("value", "add", lambda value, add: _is_strings(value) and _within(add, value)),
    ("value", "default", lambda value, _: value is not None),
    ("value", "one_of", lambda value, one_of: isinstance(value, str) and value in one_of),
    ("value", "subset_of", _within),
    ("value", "superset_of", lambda value, superset_of: _is_strings(value) and _within(superset_of, value)),
    ("value", "essential", lambda value, essential: value is not None or not essential),
    ("add", "one_of", lambda *_: False),
    ("add", "subset_of", _within),
    ("one_of", "subset_of", lambda *_: False),
    ("one_of", "superset_of", lambda *_: False),
    ("subset_of", "superset_of", lambda subset_of, superset_of: _within(superset_of, subset_of)),
)


# --- merging: (value of the superior, value of the inferior, whose they are) -----------------------------------------


def _equal(superior: Any, inferior: Any, what: str) -> JsonValue:
    if not _same(superior, inferior):
        raise _conflict(f"two superiors demand different values ({what})")
    result: JsonValue = superior
    return result


def _union(superior: Any, inferior: Any, _: str) -> JsonValue:
    return list(dict.fromkeys((*superior, *inferior)))


def _intersection(superior: Any, inferior: Any, _: str) -> JsonValue:
    kept = set(inferior)
    return [value for value in superior if value in kept]


def _choice(superior: Any, inferior: Any, what: str) -> JsonValue:
    common = _intersection(superior, inferior, what)
    if not common:
        raise _conflict(f"two superiors leave no value ({what})")
    return common


_MERGES: Mapping[str, Callable[[Any, Any, str], JsonValue]] = {
    "value": _equal,
    "add": _union,
    "default": _equal,
    "one_of": _choice,
    "subset_of": _intersection,
    "superset_of": _union,
    "essential": lambda superior, inferior, _: superior or inferior,
}


# --- application: (operand, value of the parameter, its name) --------------------------------------------------------


def _value(operand: Any, _: _Value, __: str) -> _Value:
    return _ABSENT if operand is None else operand


def _add(operand: Any, value: _Value, name: str) -> _Value:
    present = [] if value is _ABSENT else _strings(value, name)
    return list(dict.fromkeys((*present, *operand)))


def _default(operand: Any, value: _Value, _: str) -> _Value:
    return operand if value is _ABSENT else value


def _one_of(operand: Any, value: _Value, name: str) -> _Value:
    if value is not _ABSENT and (not isinstance(value, str) or value not in operand):
        raise _conflict(f"{quoted(name)} has a value that is not allowed")
    return value


def _subset_of(operand: Any, value: _Value, name: str) -> _Value:
    return value if value is _ABSENT else _intersection(_strings(value, name), operand, name)


def _superset_of(operand: Any, value: _Value, name: str) -> _Value:
    if value is not _ABSENT and not set(operand) <= set(_strings(value, name)):
        raise _conflict(f"{quoted(name)} lacks a value that is demanded")
    return value


def _essential(operand: Any, value: _Value, name: str) -> _Value:
    if operand and value is _ABSENT:
        raise _conflict(f"{quoted(name)} is missing")
    return value


_ACTIONS: Mapping[str, Callable[[Any, _Value, str], _Value]] = {
    "value": _value,
    "add": _add,
    "default": _default,
    "one_of": _one_of,
    "subset_of": _subset_of,
    "superset_of": _superset_of,
    "essential": _essential,
}


def _strings(value: _Value, name: str) -> list[str]:
    if not _is_strings(value):
        raise _conflict(f"{quoted(name)} is not an array of strings")
    strings: list[str] = value
    return strings


def _conflict(message: str) -> UntrustedError:
    return UntrustedError(f"metadata policy: {message}", code="METADATA_POLICY", clause=CLAUSE)


def _malformed(message: str) -> MalformedError:
    return MalformedError(f"metadata policy: {message}", clause=CLAUSE)
