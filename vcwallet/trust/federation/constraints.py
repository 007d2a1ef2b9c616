# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a superior demands of everyone below it (OpenID Federation 1.0, section 6.2).

>>> from vcwallet.trust.federation.constraints import parse
>>> parse({"naming_constraints": {"permitted": [".example.com"]}}).require_names(["https://issuer.example.com"])
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from vcwallet.claims import JsonObject
from vcwallet.encoding import https_url
from vcwallet.encoding.wire import Array, Maybe, WireModel, fit
from vcwallet.errors import MalformedError, UntrustedError

CLAUSE = "OpenID Federation 1.0, section 6.2"
FEDERATION_ENTITY = "federation_entity"
MAX_NAMES = 1000
_NAME = re.compile(r"\.?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?)*")


class _Naming(WireModel):
    permitted: Array[str] = Field(default=(), max_length=MAX_NAMES)
    excluded: Array[str] = Field(default=(), max_length=MAX_NAMES)


class _Constraints(WireModel):
    max_path_length: Maybe[int] = Field(default=None, ge=0)
    naming_constraints: Maybe[_Naming] = None
    allowed_entity_types: Array[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """The constraints of one subordinate statement; None stands for no constraint.

    Attributes:
        max_path_length: how many intermediates there may be between whoever sets it and the subject of the chain.
        permitted: the hosts, or with a leading dot the domains, that names of subordinates must be in.
        excluded: those that they must not be in, whatever is permitted.
        allowed_entity_types: the entity types that subordinates may have besides ``federation_entity``.
    """

    max_path_length: int | None = None
    permitted: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()
    allowed_entity_types: frozenset[str] | None = None

    def require_path_length(self, intermediates: int) -> None:
        """Return if there are few enough intermediates below whoever has set this (section 6.2.1).

        Raises:
            UntrustedError: there are more (code ``FEDERATION_CONSTRAINT``).
        """
        if self.max_path_length is not None and intermediates > self.max_path_length:
            raise _violated("a trust chain is longer than a superior allows", "6.2.1")

    def require_names(self, entity_ids: Iterable[str]) -> None:
        """Return if all of these subordinates have names that are permitted and not excluded (section 6.2.2).

        Raises:
            UntrustedError: one has not (code ``FEDERATION_CONSTRAINT``).
        """
        if self.permitted is None and not self.excluded:
            return
        for entity_id in entity_ids:
            url = https_url.parse(entity_id)
            # A constraint is about domain names; an address satisfies none (RFC 5280, section 4.2.1.10).
            if url.is_address or _is_in(url.host, self.excluded):
                raise _violated("the name of an entity is excluded by a superior", "6.2.2")
            if self.permitted is not None and not _is_in(url.host, self.permitted):
                raise _violated("the name of an entity is not permitted by a superior", "6.2.2")

    def allowed(self, metadata: Mapping[str, JsonObject]) -> dict[str, JsonObject]:
        """Return the metadata of the entity types that are allowed (section 6.2.3)."""
        kept = self.allowed_entity_types
        if kept is None:
            return dict(metadata)
        return {name: one for name, one in metadata.items() if name in kept or name == FEDERATION_ENTITY}

    def claim(self) -> dict[str, Any]:
        """Return the ``constraints`` claim that says the same."""
        naming = {
            **({} if self.permitted is None else {"permitted": sorted(self.permitted)}),
            **({"excluded": sorted(self.excluded)} if self.excluded else {}),
        }
        types = self.allowed_entity_types
        return {
            **({} if self.max_path_length is None else {"max_path_length": self.max_path_length}),
            **({"naming_constraints": naming} if naming else {}),
            **({} if types is None else {"allowed_entity_types": sorted(types)}),
        }


def parse(value: Mapping[str, Any]) -> Constraints:
    """Return the constraints of a JSON object; those that the standard does not know are ignored.

    Raises:
        MalformedError: a negative length, a name that is neither host nor domain, or ``federation_entity`` among the
            allowed entity types.
        LimitExceededError: more than 1 000 names.
    """
    document = fit(_Constraints, value)
    naming, types = document.naming_constraints or _Naming(), frozenset(document.allowed_entity_types)
    if FEDERATION_ENTITY in types:
        raise MalformedError("federation_entity is always allowed, and not named", clause=CLAUSE)
    return Constraints(
        max_path_length=document.max_path_length,
        # An empty array allows nothing, and is not the same as none.
        permitted=_names(naming.permitted) if "permitted" in naming.model_fields_set else None,
        excluded=_names(naming.excluded),
        allowed_entity_types=types if "allowed_entity_types" in document.model_fields_set else None,
    )


def _names(values: tuple[str, ...]) -> frozenset[str]:
    names = frozenset(value.lower() for value in values)
    if not all(map(_NAME.fullmatch, names)):
        raise MalformedError("a name constraint is a host or a domain", clause="OpenID Federation 1.0, section 6.2.2")
    return names


def _is_in(host: str, names: frozenset[str]) -> bool:
    labels = host.split(".")
    domains = ("." + ".".join(labels[start:]) for start in range(1, len(labels)))
    return host in names or any(domain in names for domain in domains)


def _violated(message: str, section: str) -> UntrustedError:
    return UntrustedError(message, code="FEDERATION_CONSTRAINT", clause=f"OpenID Federation 1.0, section {section}")
