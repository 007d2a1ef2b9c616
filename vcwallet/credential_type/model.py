# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Credential types as pydantic models (the type of SD-JWT VC, section 5, and its claims).

>>> from datetime import date
>>> from typing import Annotated
>>> from vcwallet.credential_type import Claim, CredentialType
>>> class Pass(CredentialType, vct="urn:example:pass:1", ja="乗車証", en="Pass"):
...     full_name: Annotated[str, Claim("氏名", "Full name")]
...     valid_until: Annotated[date, Claim("有効期限", "Valid until")]
>>> record = Pass(full_name="番号　花子", valid_until="2027-03-31")
>>> record
Pass('full_name', 'valid_until')
>>> record.claims(on=date(2026, 11, 23))
{'full_name': '番号　花子', 'valid_until': '2027-03-31'}
>>> Pass.path("valid_until")
('valid_until',)
>>> seen = Pass.disclosed({"full_name": "番号　花子"})
>>> seen.full_name, hasattr(seen, "valid_until")
('番号　花子', False)
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, ClassVar, Final, Self

from vcwallet.claims import ClaimPath, Concealment, JsonValue
from vcwallet.credential_type.disclosed import view
from vcwallet.credential_type.elements import elements_of
from vcwallet.credential_type.group import ClaimGroup, predicates_of
from vcwallet.credential_type.outline import concealment_of, resolve, walk
from vcwallet.credential_type.predicate import Predicate, ThresholdPredicate

RESERVED: Final = frozenset(
    ("iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "cnf", "status", "vct", "aka_vcts", "vc", "vp")
)
"""Names with a meaning of their own beside the claims: RFC 7519, RFC 7800, Token Status List, SD-JWT VC 2.2.2."""


class CredentialType(ClaimGroup):
    """The base of credential types: name yours with class keywords, and give each field a `Claim`.

    A base without `vct` has claims to share and cannot be issued.  A subclass of a type with a `vct` extends that type
    (SD-JWT VC, section 5) and needs a `vct` of its own.

    Attributes:
        vct: the type's identifier in SD-JWT VC, which is also its version.
        doctype: its document type as an mdoc, if it has one; not inherited.
        mdoc_namespace: the namespace of its elements in an mdoc; the docType where it is None.
        mdoc_only: whether it exists as an mdoc and in no other format; its `vct` then only names it among the types.
        context: its JSON-LD context, if it has one; not inherited.
        ja: its name in Japanese.
        en: its name in English.
        extends: the `vct` of the type that it extends, or None.
    """

    vct: ClassVar[str]
    doctype: ClassVar[str | None] = None
    mdoc_namespace: ClassVar[str | None] = None
    mdoc_only: ClassVar[bool] = False
    context: ClassVar[str | None] = None
    ja: ClassVar[str]
    en: ClassVar[str]
    extends: ClassVar[str | None] = None
    __answers__: ClassVar[tuple[Predicate[Any] | ThresholdPredicate[Any], ...]] = ()

    def __init_subclass__(
        cls,
        *,
        vct: str | None = None,
        doctype: str | None = None,
        mdoc_namespace: str | None = None,
        mdoc_only: bool = False,
        context: str | None = None,
        ja: str | None = None,
        en: str | None = None,
    ) -> None:
        super().__init_subclass__()
        parent = parent_type(cls)
        if vct is None:
            if parent is not None or doctype or mdoc_namespace or context or ja or en:
                raise TypeError(f"{cls.__name__} needs a vct of its own")
            return
        if not (vct and ja and en):
            raise TypeError(f"{cls.__name__} needs vct, ja and en")
        if parent is not None and parent.vct == vct:
            raise TypeError(f"{cls.__name__} has the vct of the type that it extends")
        if (mdoc_namespace or mdoc_only) and not doctype:
            raise TypeError(f"{cls.__name__} is an mdoc and has no doctype")
        cls.vct, cls.doctype, cls.mdoc_namespace, cls.context = vct, doctype, mdoc_namespace, context
        cls.mdoc_only, cls.ja, cls.en = mdoc_only, ja, en
        cls.extends = parent.vct if parent is not None else None

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        _require_free_names(cls)
        parent = parent_type(cls)
        if parent is not None:
            _require_consistent_extension(cls, parent)
        if cls.doctype is not None:
            elements_of(cls.outline(), namespace=cls.mdoc_namespace or cls.doctype)  # raises what the type must not be
        cls.__answers__ = tuple(predicates_of(cls).values())

    def claims(self, on: date) -> dict[str, JsonValue]:
        """Return the claim tree of the record, with the answers of its predicates as of the date `on`.

        Claims without a value and answers that nobody can give are left out; dates are ISO 8601 strings.

        Raises:
            TypeError: this is a disclosed view, which says less than a record.
        """
        if self.__pydantic_extra__ is not None:
            raise TypeError(
                f"this {type(self).__name__} is a view of disclosed claims; only a whole record can be issued"
            )
        tree: dict[str, JsonValue] = self.__pydantic_serializer__.to_python(self, mode="json", exclude_none=True)
        for predicate in self.__answers__:
            answer = predicate.answer(self, on)
            if answer is not None:
                tree[predicate.name] = answer
        return tree

    @classmethod
    def concealment(cls) -> Concealment:
        """Return which parts of the claim tree a format conceals, each to be disclosed on its own."""
        return _concealment(cls)

    @classmethod
    def path(cls, spec: str | Sequence[str | int | None]) -> ClaimPath:
        """Return the path that `spec` names: ``"resident_address.locality"``, ``"members.*.full_name"``.

        Raises:
            ValueError: the type has no such claim; the message has the names that come close.
        """
        return resolve(cls.__outline__, spec)

    @classmethod
    def disclosed(cls, claims: Mapping[str, JsonValue]) -> Self:
        """Return a view that has just the claims of a (partly disclosed) claim tree, each of its field's type.

        Reading another claim of the type raises `ClaimNotDisclosedError`; claims that the type does not define are in
        `undeclared`.  The array of a view holds the elements that were disclosed.

        Raises:
            MalformedError: a claim does not have its type (code ``CLAIM_INVALID``); the message names the claim only.
        """
        return view(cls, cls.__outline__, claims)


def parent_type(cls: type[CredentialType]) -> type[CredentialType] | None:
    """Return the type that this one extends."""
    bases = (base for base in cls.__mro__[1:] if issubclass(base, CredentialType) and "vct" in base.__dict__)
    return next(bases, None)


@cache
def _concealment(cls: type[CredentialType]) -> Concealment:
    return concealment_of(cls.outline())


# --- checks when a class is made --------------------------------------------------------------------------------------


def _require_free_names(cls: type[CredentialType]) -> None:
    for name in cls.__outline__:
        if name in RESERVED:
            raise TypeError(f"{cls.__name__}.{name}: the name is reserved for the credential itself")
        if hasattr(CredentialType, name) or name in CredentialType.__annotations__:
            raise TypeError(f"{cls.__name__}.{name}: the name is taken by the model itself")


def _require_consistent_extension(cls: type[CredentialType], parent: type[CredentialType]) -> None:
    """Refuse what an extending type must not change (SD-JWT VC, section 5.6.5)."""
    inherited = {place.path: place for place in walk(parent.outline())}
    for place in walk(cls.outline()):
        before = inherited.get(place.path, place)
        if before.concealed is not place.concealed or (before.mandatory and not place.mandatory):
            raise TypeError(
                f"{cls.__name__}.{place.path[0]}: an extending type keeps mandatory claims and what is concealed"
            )
