# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What is registered: one intended use of a verifier, and how we write it (ETSI TS 119 475 V1.2.1, section 5.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from vcwallet.claims import ClaimPath, JsonObject, covers
from vcwallet.credential_type import CredentialType, views
from vcwallet.trust.members import texts

MDOC: Final = "mso_mdoc"
_DEFAULT_FORMAT: Final = "dc+sd-jwt"


@dataclass(frozen=True, slots=True)
class Grant:
    """What may be asked for of one credential type.

    Attributes:
        type_id: the credential type (``vct`` or docType).
        paths: the claims; a path includes what is inside it, and the empty path the whole credential.  Of an mdoc, one
            name alone is an element in whatever namespace.  Without paths the holder may be asked for the credential,
            but for none of its claims.
        format: the credential format that the registration names.
    """

    type_id: str
    paths: tuple[ClaimPath, ...]
    format: str = _DEFAULT_FORMAT

    def __post_init__(self) -> None:
        if not self.type_id:
            raise ValueError("a grant names a type")

    def covers(self, path: ClaimPath) -> bool:
        """Tell whether it includes asking for a claim of its type; the empty path is the whole credential."""
        included = _covers_element if self.format == MDOC else covers
        return any(included(own, path) for own in self.paths)


def _covers_element(granted: ClaimPath, asked: ClaimPath) -> bool:
    if len(granted) == 1:
        return asked[1:] == granted
    return covers(granted, asked)


def grants(kind: type[CredentialType], *claims: str | Sequence[str | int | None]) -> tuple[Grant, ...]:
    """Return the grants of some claims of a credential type, one for each format that the type has.

    Without claims they are for the whole credential.  There is none for a format in which the claims are disclosed only
    together with others: an array is one element of an mdoc, and a grant of its parts is no grant of the whole.

        >>> from typing import Annotated
        >>> from vcwallet.credential_type import Claim, CredentialType
        >>> class Card(CredentialType, vct="urn:example:card:1", doctype="org.example.card.1", ja="会員証", en="Card"):
        ...     name: Annotated[str, Claim("氏名", "Name")]
        >>> for grant in grants(Card, "name"):
        ...     print(grant.format, grant.type_id, grant.paths)
        dc+sd-jwt urn:example:card:1 (('name',),)
        mso_mdoc org.example.card.1 (('org.example.card.1', 'name'),)

    Args:
        kind: the credential type.
        claims: the claims, as `CredentialType.path` takes them.

    Raises:
        ValueError: the type has no such claim.
    """
    paths = [kind.path(claim) for claim in claims] or [()]
    granted = [(shape, [own for path in paths for own in shape.granted(path)]) for shape in views(kind).values()]
    return tuple(Grant(shape.type_id, tuple(dict.fromkeys(own)), shape.format) for shape, own in granted if own)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntendedUse:
    """One purpose of a verifier, as a registrar registers it.

    Attributes:
        code: the purpose's code, which a request names (``intended_use_id``).
        text: the purpose in words, by language tag.
        grants: what may be asked for; nothing, where there is none.
        legal_basis: the laws that it rests on, in the codes of the country's profile.
        procedure: the procedure that it is for, where a law demands that one be named.
        special_care: whether a law treats claims of this use as sensitive.
        retention_days: how long the claims are kept; 0 for not at all, None where `retention_text` says it.
        retention_text: how long the claims are kept, in words, by language tag.
        privacy_policy: where the verifier's privacy notice is.
        contact: where a person asks for deletion or complains.
    """

    code: str
    text: Mapping[str, str]
    grants: tuple[Grant, ...]
    legal_basis: tuple[str, ...] = ()
    procedure: str | None = None
    special_care: bool = False
    retention_days: int | None = None
    retention_text: Mapping[str, str] = field(default_factory=dict)
    privacy_policy: str | None = None
    contact: str | None = None

    def __post_init__(self) -> None:
        if not self.code or not self.text:
            raise ValueError("an intended use has a code and a text")
        if self.retention_days is not None and self.retention_days < 0:
            raise ValueError("a retention is not negative")

    def covers(self, type_id: str, path: ClaimPath, *, format: str | None = None) -> bool:
        """Tell whether this use includes asking for a claim.

        Args:
            type_id: the credential type (``vct`` or docType).
            path: where the claim stands; the empty path is the whole credential.
            format: the credential format that it is asked in; None for any.
        """
        return any(
            grant.covers(path) for grant in self.grants if grant.type_id == type_id and format in (None, grant.format)
        )


def use_claims(use: IntendedUse) -> JsonObject:
    """Return an intended use as the claims of a registration certificate.

    Raises:
        ValueError: it grants nothing, or of a type no claim; whoever registers means to ask for something.
    """
    if not use.grants or not all(grant.paths for grant in use.grants):
        raise ValueError("a use is registered with at least one grant, and each grant with a claim")
    optional = {
        "procedure": use.procedure,
        "privacy_policy": use.privacy_policy,
        "support_uri": use.contact,
    }
    return {
        "intended_use_id": use.code,
        "purpose": texts(use.text),
        "credentials": [_grant_json(grant) for grant in use.grants],
        "legal_basis": list(use.legal_basis),
        "special_care": use.special_care,
        "retention": {"days": use.retention_days, "text": texts(use.retention_text)},
        **{claim: value for claim, value in optional.items() if value is not None},
    }


def _grant_json(grant: Grant) -> JsonObject:
    meta: JsonObject = {"doctype_value": grant.type_id} if grant.format == MDOC else {"vct_values": [grant.type_id]}
    return {"format": grant.format, "meta": meta, "claims": [{"path": list(path)} for path in grant.paths]}
