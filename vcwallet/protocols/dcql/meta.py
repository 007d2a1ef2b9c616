# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""``meta`` of a credential query: which types of credential will do, said by format (OpenID4VP 1.0, appendix B).

Read, all of them say the same thing: alternatives, one of which a credential fits when it is of all the types in it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, TypeAlias, TypeVar

from pydantic import Field

from vcwallet.encoding.wire import Array, WireModel

MAX_VALUES = 100

T = TypeVar("T")

Name: TypeAlias = Annotated[str, Field(min_length=1)]
Values: TypeAlias = Annotated[Array[T], Field(min_length=1, max_length=MAX_VALUES)]


class SdJwtVcMeta(WireModel):
    """``dc+sd-jwt`` (appendix B.3): any of these types; one that extends it does as well."""

    vct_values: Values[Name]

    @cached_property
    def alternatives(self) -> tuple[frozenset[str], ...]:
        """Each type by itself."""
        return tuple(frozenset({vct}) for vct in self.vct_values)


class MdocMeta(WireModel):
    """``mso_mdoc`` (appendix B.2): exactly this document type."""

    doctype_value: Name

    @cached_property
    def alternatives(self) -> tuple[frozenset[str], ...]:
        """The one type."""
        return (frozenset({self.doctype_value}),)


class W3cMeta(WireModel):
    """``jwt_vc_json`` and ``ldp_vc`` (appendix B.1): any of these combinations of expanded type IRIs."""

    type_values: Values[Values[Name]]

    @cached_property
    def alternatives(self) -> tuple[frozenset[str], ...]:
        """Each combination."""
        return tuple(frozenset(types) for types in self.type_values)


class UnknownMeta(WireModel):
    """A format that we do not know: kept unread, and nothing fits it."""

    @property
    def alternatives(self) -> tuple[frozenset[str], ...]:
        """None."""
        return ()


Meta: TypeAlias = SdJwtVcMeta | MdocMeta | W3cMeta | UnknownMeta

_MODELS: dict[object, type[Meta]] = {
    "dc+sd-jwt": SdJwtVcMeta,
    "mso_mdoc": MdocMeta,
    "jwt_vc_json": W3cMeta,
    "ldp_vc": W3cMeta,
}


def meta_model(credential_format: object) -> type[Meta]:
    """Return the model of ``meta`` that goes with a credential format identifier."""
    return _MODELS.get(credential_format, UnknownMeta)
