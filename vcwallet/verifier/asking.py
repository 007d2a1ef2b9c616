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
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vcwallet.claims import ClaimPath, JsonValue
from vcwallet.credential_type import CredentialType, TypeView, view, views
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.trust.registration import IntendedUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One credential that a verifier asks for.

    Attributes:
        type: the credential type.
        paths: the claims, as the type names them.
        values: by path, the values that will do.
        optional: whether the request can be answered without it.
        format: the credential format identifier; None for any that the type has, the verifier reads and its
            registration allows.
    """

    type: type[CredentialType]
    paths: tuple[ClaimPath, ...]
    values: Mapping[ClaimPath, tuple[str | int | bool, ...]] = field(default_factory=dict, repr=False)
    optional: bool = False
    format: str | None = None


def ask(
    kind: type[CredentialType],
    *claims: str | Sequence[str | int | None],
    values: Mapping[str, Sequence[str | int | bool]] | None = None,
    optional: bool = False,
    format: str | None = None,
) -> Ask:
    """Return a question for claims of one type: ``ask(ResidenceRecord, "full_name", "resident_address.locality")``.

    Args:
        kind: the credential type; in SD-JWT VC, a type that extends it will do, too.
        claims: the claims, as ``a.b`` or ``list.*.name``, or as a sequence of path components; none asks for the
            credential with nothing that can be held back.
        values: by claim, the values that will do.
        optional: whether the request can be answered without it.
        format: the credential format identifier; by default the wallet answers in the format that it holds.

    Raises:
        ValueError: the type has no such claim.
        LocalProtocolError: the type has no such format (``FORMAT_NOT_OFFERED``).
    """
    if format is not None:
        view(kind, format)
    accepted = {kind.path(claim): tuple(allowed) for claim, allowed in (values or {}).items()}
    paths = dict.fromkeys((*(kind.path(claim) for claim in claims), *accepted))
    return Ask(type=kind, paths=tuple(paths), values=accepted, optional=optional, format=format)


def query_of(asks: Iterable[Ask], *, formats: Collection[str], use: IntendedUse) -> DcqlQuery:
    """Return the DCQL query of some questions, all of which have to be answered unless they are optional.

    A question about a type that has several formats becomes one credential query for each of them, of which one is
    answered.

    Args:
        asks: the questions.
        formats: the formats that the verifier reads.
        use: what it is registered for; a format in which it may not ask for all of a question is left out, where
            another one remains.

    Raises:
        ValueError: a question can be asked in no format that the verifier reads.
    """
    named = _with_ids([(one, _views(one, formats, use)) for one in asks])
    retain = use.retention_days != 0
    credentials = [
        _credential_query(name, one, shape, retain=retain) for one, shapes in named for name, shape in shapes.items()
    ]
    query: dict[str, Any] = {"credentials": credentials}
    if any(one.optional or len(shapes) > 1 for one, shapes in named):
        query["credential_sets"] = [
            {"options": [[name] for name in shapes], "required": not one.optional} for one, shapes in named
        ]
    return DcqlQuery.from_json(query)


def _views(one: Ask, formats: Collection[str], use: IntendedUse) -> list[TypeView]:
    readable = [shape for shape in views(one.type).values() if shape.format in formats]
    asked = [shape for shape in readable if one.format in (None, shape.format)]
    if not asked:
        raise ValueError(f"{one.type.__name__} has no format that this verifier reads")
    allowed = [shape for shape in asked if _covers(use, one, shape)]
    return allowed or asked  # with nothing allowed, the wallet's refusal says what is too much


def _covers(use: IntendedUse, one: Ask, shape: TypeView) -> bool:
    paths = [path for claim in one.paths for path in shape.paths(claim)]
    return all(use.covers(shape.type_id, path, format=shape.format) for path in paths or [()])


def _with_ids(asks: list[tuple[Ask, list[TypeView]]]) -> list[tuple[Ask, dict[str, TypeView]]]:
    taken: set[str] = set()
    named = []
    for one, shapes in asks:
        words = re.sub(r"(?<!^)(?=[A-Z])", "_", one.type.__name__).lower()
        # An identifier is in ASCII (section 6.1), which the name of a class need not be.
        base = re.sub(r"[^a-z0-9_]", "", words) or "credential"
        names = (base, *(f"{base}_{number}" for number in range(2, len(asks) + 1)))
        name = next(name for name in names if name not in taken)
        taken.add(name)
        named.append((one, {_format_id(name, shape, alone=len(shapes) == 1): shape for shape in shapes}))
    return named


def _format_id(name: str, shape: TypeView, *, alone: bool) -> str:
    return name if alone or shape.format == "dc+sd-jwt" else f"{name}-{shape.format}"


def _credential_query(name: str, one: Ask, shape: TypeView, *, retain: bool) -> dict[str, JsonValue]:
    query: dict[str, JsonValue] = {"id": name, "format": shape.format, "meta": dict(shape.meta)}
    claims = {path: one.values.get(claim, ()) for claim in one.paths for path in shape.paths(claim)}
    # Only an mdoc is told whether its elements will be kept (appendix B.2.4); for others the registration says it.
    intent: dict[str, JsonValue] = {"intent_to_retain": retain} if shape.format == "mso_mdoc" else {}
    if claims:
        query["claims"] = [{**_claim_query(path, values), **intent} for path, values in claims.items()]
    return query


def _claim_query(path: ClaimPath, values: tuple[str | int | bool, ...]) -> dict[str, JsonValue]:
    return {"path": list(path), **({"values": list(values)} if values else {})}
