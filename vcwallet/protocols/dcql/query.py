# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The DCQL query as it travels (OpenID4VP 1.0, section 6; ``meta`` by format: appendix B).

A query that you hold obeys the rules of the standard and our limits.  A format that we do not know is no error: the
query may offer another option beside it.  Its ``meta`` is kept unread, and nothing matches it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from vcwallet.claims import ClaimPath, parse_path
from vcwallet.encoding.wire import Array, Maybe, WireModel, fit, read
from vcwallet.errors import MalformedError
from vcwallet.protocols.dcql.meta import MAX_VALUES, Meta, Name, Values, meta_model

MAX_BYTES = 64 * 1024
MAX_CREDENTIALS = 20
MAX_CREDENTIAL_SETS = 20
MAX_OPTIONS = 10
MAX_CLAIMS = 50
MAX_CLAIM_SETS = 20

SECTION_CREDENTIAL = "OpenID4VP 1.0, section 6.1"
SECTION_SETS = "OpenID4VP 1.0, section 6.2"
SECTION_MDOC_PATH = "OpenID4VP 1.0, section 7.2"

Identifier: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
# An option without a name would be satisfied by nothing at all, so it is refused like an empty list of options.
CredentialIds: TypeAlias = Annotated[Array[Identifier], Field(min_length=1, max_length=MAX_CREDENTIALS)]
ClaimIds: TypeAlias = Annotated[Array[Identifier], Field(min_length=1, max_length=MAX_CLAIMS)]


class DcqlQuery(WireModel):
    """A whole query: credentials, and the combinations of them that serve the verifier."""

    credentials: Annotated[Array[CredentialQuery], Field(min_length=1, max_length=MAX_CREDENTIALS)]
    credential_sets: Annotated[Array[CredentialSet], Field(min_length=1, max_length=MAX_CREDENTIAL_SETS)] = ()

    @classmethod
    def from_json(cls, value: bytes | str | Mapping[str, object]) -> DcqlQuery:
        """Return the query of a JSON text, or of an object that was parsed before.

        Raises:
            LimitExceededError: more than 64 KiB, 20 credentials, 20 sets of 10 options, 50 claims, 20 claim sets,
                100 values, or 16 components in a path.
            MalformedError: not a query as the standard has it.
        """
        return read(cls, value, max_bytes=MAX_BYTES)

    def to_json(self) -> dict[str, Any]:
        """Return the query as a JSON object, with just the members that it came with."""
        return self.model_dump(mode="json", exclude_unset=True)

    @cached_property
    def sets(self) -> tuple[CredentialSet, ...]:
        """The sets to satisfy; without ``credential_sets``, one that requires every credential (section 6.4.2)."""
        everything = CredentialSet(options=(tuple(query.id for query in self.credentials),))
        return self.credential_sets or (everything,)

    @cached_property
    def requested(self) -> tuple[CredentialQuery, ...]:
        """The credential queries that stand in a set; the others ask for nothing (section 6.4.2)."""
        named = {query_id for each in self.sets for option in each.options for query_id in option}
        return tuple(query for query in self.credentials if query.id in named)

    @property
    def probes(self) -> bool:
        """Whether it asks for values or authorities, so that even an error tells more than of what types a wallet has.

        A wallet answers nothing to such a query, no error either, before its holder has decided (section 15).
        """
        values = any(claim.values for each in self.requested for claim in each.claims)
        return values or any(each.trusted_authorities for each in self.requested)

    def is_satisfied_by(self, answered: Collection[str]) -> bool:
        """Tell whether answers to these credential queries satisfy every required set."""
        return all(each.full_options(answered) for each in self.sets if each.required)

    def serving(self, answered: Collection[str]) -> frozenset[str]:
        """Return the credential queries of the options that `answered` satisfies in full, of whatever set."""
        return frozenset(
            query_id for each in self.sets for option in each.full_options(answered) for query_id in option
        )

    @model_validator(mode="after")
    def _require_consistency(self) -> DcqlQuery:
        ids = [query.id for query in self.credentials]
        _require(_are_distinct(ids), "two credential queries have the same id", SECTION_CREDENTIAL)
        named = {query_id for each in self.credential_sets for option in each.options for query_id in option}
        _require(named <= set(ids), "a credential set names no credential query", SECTION_SETS)
        return self


class CredentialSet(WireModel):
    """Alternatives, the verifier's favourite first; each lists the credential queries to answer together."""

    options: Annotated[Array[CredentialIds], Field(min_length=1, max_length=MAX_OPTIONS)]
    required: bool = True

    def full_options(self, answered: Collection[str]) -> tuple[tuple[str, ...], ...]:
        """Return the options of which every credential query is in `answered`."""
        return tuple(option for option in self.options if all(query_id in answered for query_id in option))


class CredentialQuery(WireModel):
    """What one credential has to be, and which of its claims are asked for."""

    id: Identifier
    format: Name
    meta: Meta
    multiple: bool = False
    require_cryptographic_holder_binding: bool = True
    trusted_authorities: Annotated[Array[TrustedAuthority], Field(min_length=1, max_length=MAX_VALUES)] = ()
    claims: Annotated[Array[ClaimQuery], Field(min_length=1, max_length=MAX_CLAIMS)] = ()
    claim_sets: Annotated[Array[ClaimIds], Field(min_length=1, max_length=MAX_CLAIM_SETS)] = ()

    @cached_property
    def claim_options(self) -> tuple[ClaimOption, ...]:
        """The combinations of claims that serve the verifier, its favourite first (section 6.4.1)."""
        if not self.claim_sets:
            return (ClaimOption(claim_set=None, ids=frozenset(), claims=self.claims),)
        by_id = {claim.id: claim for claim in self.claims}
        return tuple(
            ClaimOption(claim_set=index, ids=frozenset(ids), claims=tuple(by_id[each] for each in ids))
            for index, ids in enumerate(self.claim_sets)
        )

    @property
    def type_ids(self) -> tuple[str, ...]:
        """The types that are named, whatever their combination, in alphabetical order."""
        return tuple(sorted(frozenset().union(*self.meta.alternatives)))

    @field_validator("meta", mode="before")
    @classmethod
    def _meta_of_the_format(cls, value: object, info: ValidationInfo) -> Meta:
        return fit(meta_model(info.data.get("format")), value)

    @model_validator(mode="after")
    def _require_consistency(self) -> CredentialQuery:
        ids = [claim.id for claim in self.claims if claim.id is not None]
        _require(_are_distinct(ids), "two claims have the same id", SECTION_CREDENTIAL)
        if self.claim_sets:
            named = {claim_id for option in self.claim_sets for claim_id in option}
            _require(len(ids) == len(self.claims), "with claim_sets, each claim has an id", SECTION_CREDENTIAL)
            _require(named <= set(ids), "a claim set names no claim", SECTION_CREDENTIAL)
        if self.format == "mso_mdoc":
            fits = all(_is_mdoc_path(claim.path) for claim in self.claims)
            _require(fits, "a path in an mdoc is a namespace and an element identifier", SECTION_MDOC_PATH)
        return self


class TrustedAuthority(WireModel):
    """A kind of authority (``aki``, ``etsi_tl``, ``openid_federation``) and the names of those that will do."""

    type: Name
    values: Values[Name]


class ClaimQuery(WireModel):
    """One claim: where it stands, and which values will do."""

    path: Annotated[ClaimPath, BeforeValidator(parse_path)]
    id: Maybe[Identifier] = None
    values: Values[str | int | bool] = Field(default=(), repr=False)
    intent_to_retain: Maybe[bool] = None

    @cached_property
    def accepted(self) -> frozenset[tuple[type, object]]:
        """The values that will do, each with its type: in JSON, 1 is neither true nor 1.0 nor "1"."""
        return frozenset((type(value), value) for value in self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOption:
    """A combination of claims: the one at an index of ``claim_sets``, or all claims (then without index and ids)."""

    claim_set: int | None
    ids: frozenset[str]
    claims: tuple[ClaimQuery, ...]

    @property
    def paths(self) -> tuple[ClaimPath, ...]:
        """The paths to disclose; one that is pointed at twice counts once (section 6.3)."""
        return tuple(dict.fromkeys(claim.path for claim in self.claims))


def _is_mdoc_path(path: ClaimPath) -> bool:
    return len(path) == 2 and all(isinstance(component, str) for component in path)


def _are_distinct(ids: Sequence[str]) -> bool:
    return len(set(ids)) == len(ids)


def _require(condition: bool, message: str, clause: str) -> None:
    if not condition:
        raise MalformedError(message, clause=clause)
