# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Asking in terms of credential types, and the DCQL that this means (OpenID4VP 1.0, section 6).

>>> from typing import Annotated
>>> from vcwallet.credential_type import Claim, CredentialType
>>> from vcwallet.verifier import ask
>>> class Membership(CredentialType, vct="urn:example:membership:1", ja="会員証", en="Membership"):
...     member_number: Annotated[str, Claim("会員番号", "Member number")]
>>> ask(Membership, "member_number").paths
(('member_number',),)
>>> ask(Membership, "member_no")
Traceback (most recent call last):
ValueError: there is no claim member_no; did you mean member_number?
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vcwallet.claims import ClaimPath, JsonValue
from vcwallet.credential_type import CredentialType
from vcwallet.protocols.dcql import DcqlQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One credential that a verifier asks for.

    Attributes:
        type: the credential type.
        paths: the claims.
        values: by path, the values that will do.
        optional: whether the request can be answered without it.
        format: the credential format identifier.
    """

    type: type[CredentialType]
    paths: tuple[ClaimPath, ...]
    values: Mapping[ClaimPath, tuple[str | int | bool, ...]] = field(default_factory=dict, repr=False)
    optional: bool = False
    format: str = "dc+sd-jwt"


def ask(
    kind: type[CredentialType],
    *claims: str | Sequence[str | int | None],
    values: Mapping[str, Sequence[str | int | bool]] | None = None,
    optional: bool = False,
) -> Ask:
    """Return a question for claims of one type: ``ask(ResidenceRecord, "full_name", "resident_address.locality")``.

    Args:
        kind: the credential type; a type that extends it will do, too.
        claims: the claims, as ``a.b`` or ``list.*.name``, or as a sequence of path components; none asks for the
            credential with nothing that can be held back.
        values: by claim, the values that will do.
        optional: whether the request can be answered without it.

    Raises:
        ValueError: the type has no such claim.
    """
    accepted = {kind.path(claim): tuple(allowed) for claim, allowed in (values or {}).items()}
    paths = dict.fromkeys((*(kind.path(claim) for claim in claims), *accepted))
    return Ask(type=kind, paths=tuple(paths), values=accepted, optional=optional)


def query_of(asks: Iterable[Ask]) -> DcqlQuery:
    """Return the DCQL query of some questions, all of which have to be answered unless they are optional."""
    named = _with_ids(list(asks))
    query: dict[str, Any] = {"credentials": [_credential_query(name, one) for name, one in named.items()]}
    if any(one.optional for one in named.values()):
        query["credential_sets"] = [{"options": [[name]], "required": not one.optional} for name, one in named.items()]
    return DcqlQuery.from_json(query)


def _with_ids(asks: list[Ask]) -> dict[str, Ask]:
    named: dict[str, Ask] = {}
    for one in asks:
        words = re.sub(r"(?<!^)(?=[A-Z])", "_", one.type.__name__).lower()
        # An identifier is in ASCII (section 6.1), which the name of a class need not be.
        base = re.sub(r"[^a-z0-9_]", "", words) or "credential"
        names = (base, *(f"{base}_{number}" for number in range(2, len(asks) + 1)))
        named[next(name for name in names if name not in named)] = one
    return named


def _credential_query(name: str, one: Ask) -> dict[str, JsonValue]:
    query: dict[str, JsonValue] = {"id": name, "format": one.format, "meta": {"vct_values": [one.type.vct]}}
    if one.paths:
        query["claims"] = [_claim_query(path, one) for path in one.paths]
    return query


def _claim_query(path: ClaimPath, one: Ask) -> dict[str, JsonValue]:
    values: dict[str, JsonValue] = {"values": list(one.values[path])} if path in one.values else {}
    return {"path": list(path), **values}
