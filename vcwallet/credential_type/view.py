# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""How a credential type looks in each format: its identifier, its claims, and where each claim stands.

>>> from typing import Annotated
>>> from vcwallet.credential_type import Claim, ClaimGroup, CredentialType, view
>>> class Address(ClaimGroup):
...     locality: Annotated[str, Claim("市区町村", "Municipality")]
>>> class Pass(CredentialType, vct="urn:example:pass:1", doctype="org.example.pass.1", ja="乗車証", en="Pass"):
...     address: Annotated[Address, Claim("住所", "Address")]
>>> mdoc = view(Pass, "mso_mdoc")
>>> mdoc.path(("address", "locality"))
('org.example.pass.1', 'address.locality')
>>> mdoc.claims({"address": {"locality": "みらい市"}})
{'org.example.pass.1': {'address.locality': 'みらい市'}}
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

from vcwallet.claims import ClaimPath, Concealment, JsonValue, path_text
from vcwallet.credential_type.elements import Convert, Element, elements_of
from vcwallet.credential_type.metadata import mdoc_type_metadata, require_vct, type_metadata
from vcwallet.credential_type.model import CredentialType
from vcwallet.errors import LocalProtocolError, MalformedError, quoted

_Steps: TypeAlias = "dict[str, _Steps | tuple[str, str, Convert | None]]"
"""By the name of a claim, its namespace, element and encoding, or the same for what is inside it."""


class TypeView(Protocol):
    """How a credential type looks in one format."""

    @property
    def format(self) -> str:
        """The credential format identifier, such as ``dc+sd-jwt``."""
        ...

    @property
    def type_id(self) -> str:
        """The type's identifier in this format (``vct`` or docType)."""
        ...

    @property
    def meta(self) -> dict[str, JsonValue]:
        """What a DCQL query names the type by (OpenID4VP 1.0, appendix B)."""
        ...

    def claims(self, tree: Mapping[str, JsonValue], /) -> dict[str, Any]:
        """Return the claim tree of a record as the format has it, ready to issue."""
        ...

    def concealment(self) -> Concealment:
        """Return which parts of that can be disclosed on their own."""
        ...

    def tree(self, claims: Mapping[str, JsonValue], /) -> dict[str, JsonValue]:
        """Return the (partly disclosed) claims of a credential as the type has them."""
        ...

    def path(self, claim: ClaimPath, /) -> ClaimPath:
        """Return where a claim stands; of a part that is not disclosed on its own, what it is disclosed with.

        Raises:
            ValueError: the claim stands in several places (see `paths`), or nowhere.
        """
        ...

    def paths(self, claim: ClaimPath, /) -> tuple[ClaimPath, ...]:
        """Return what to ask for so that a claim is there; of a group in several places, those that are always filled.

        Raises:
            ValueError: the claim stands nowhere in this format.
        """
        ...

    def granted(self, claim: ClaimPath, /) -> tuple[ClaimPath, ...]:
        """Return what may be asked for by whoever may ask for a claim: nothing that holds more than the claim."""
        ...

    def metadata(self, *, parent_integrity: str | None = None) -> dict[str, JsonValue]:
        """Return the Type Metadata document of the type in this format (see `type_metadata`)."""
        ...


def views(kind: type[CredentialType]) -> Mapping[str, TypeView]:
    """Return how a type looks in each format that it has, by format identifier.

    Raises:
        TypeError: the class is a base without ``vct``.
    """
    return _views(kind)


def view(kind: type[CredentialType], format: str) -> TypeView:
    """Return how a type looks in a format.

    Raises:
        LocalProtocolError: it does not have this format (``FORMAT_NOT_OFFERED``).
    """
    found = _views(kind).get(format)
    if found is None:
        raise LocalProtocolError(f"{kind.__name__} has no form in {quoted(format)}", code="FORMAT_NOT_OFFERED")
    return found


@cache
def _views(kind: type[CredentialType]) -> Mapping[str, TypeView]:
    require_vct(kind)
    found: dict[str, TypeView] = {} if kind.mdoc_only else {"dc+sd-jwt": SdJwtVcView(kind)}
    if kind.doctype is not None:
        found["mso_mdoc"] = MdocView(kind, kind.doctype)
    return MappingProxyType(found)


class SdJwtVcView:
    """A type in SD-JWT VC: the claim tree is as the type has it."""

    def __init__(self, kind: type[CredentialType]) -> None:
        self._kind = kind
        self.format: str = "dc+sd-jwt"
        self.type_id: str = kind.vct

    @property
    def meta(self) -> dict[str, JsonValue]:
        """``vct_values``."""
        return {"vct_values": [self.type_id]}

    def claims(self, tree: Mapping[str, JsonValue], /) -> dict[str, Any]:
        """Return the claim tree as it is."""
        return dict(tree)

    def concealment(self) -> Concealment:
        """Return what is concealed."""
        return self._kind.concealment()

    def tree(self, claims: Mapping[str, JsonValue], /) -> dict[str, JsonValue]:
        """Return the claims as they are."""
        return dict(claims)

    def path(self, claim: ClaimPath, /) -> ClaimPath:
        """Return the path as it is."""
        return claim

    def paths(self, claim: ClaimPath, /) -> tuple[ClaimPath, ...]:
        """Return the path as it is."""
        return (claim,)

    def granted(self, claim: ClaimPath, /) -> tuple[ClaimPath, ...]:
        """Return the path as it is."""
        return (claim,)

    def metadata(self, *, parent_integrity: str | None = None) -> dict[str, JsonValue]:
        """Return the Type Metadata document (SD-JWT VC, section 5)."""
        return type_metadata(self._kind, parent_integrity=parent_integrity)


class MdocView:
    """A type as a document type of ISO/IEC 18013-5: each claim is a data element.

    Attributes:
        elements: the data elements, in the order of the type's claims.
    """

    elements: tuple[Element, ...]

    def __init__(self, kind: type[CredentialType], doctype: str) -> None:
        self._kind = kind
        self.format: str = "mso_mdoc"
        self.type_id: str = doctype
        self.elements = elements_of(kind.outline(), namespace=kind.mdoc_namespace or doctype)
        self._by_place = {element.place: element for element in self.elements}
        self._namespaces = tuple(dict.fromkeys(element.namespace for element in self.elements))
        self._steps: _Steps = {}
        for element in self.elements:
            _put(self._steps, element.path, (element.namespace, element.identifier, element.encode))

    @property
    def meta(self) -> dict[str, JsonValue]:
        """``doctype_value``."""
        return {"doctype_value": self.type_id}

    def claims(self, tree: Mapping[str, JsonValue], /) -> dict[str, Any]:
        """Return the elements by namespace, dates as `FullDate` and `DateTime`, byte strings as bytes.

        Raises:
            ValueError: a claim that the type does not have, which would have no element.
        """
        namespaces: dict[str, dict[str, Any]] = {namespace: {} for namespace in self._namespaces}
        _spread(tree, self._steps, namespaces)
        return {namespace: elements for namespace, elements in namespaces.items() if elements}

    def concealment(self) -> Concealment:
        """Return that each element can be disclosed on its own."""
        return Concealment.of(element.place for element in self.elements)

    def tree(self, claims: Mapping[str, JsonValue], /) -> dict[str, JsonValue]:
        """Return the claims of a document, in JSON values, as the type has them.

        What the type does not define is kept under its namespace, and so ends in `undeclared`.

        Raises:
            MalformedError: a namespace that is no object, or one that is unknown and called as a claim
                (``CLAIM_INVALID``).
        """
        tree: dict[str, Any] = {}
        for namespace, elements in claims.items():
            if not isinstance(elements, Mapping):
                raise MalformedError("a namespace of an mdoc is not an object", code="CLAIM_INVALID")
            for identifier, value in elements.items():
                element = self._by_place.get((namespace, identifier))
                if element is not None:
                    _put(tree, element.path, value if element.decode is None else element.decode(value))
                elif namespace in self._kind.outline():  # or an unknown element would pass for a part of the claim
                    raise MalformedError("a namespace of an mdoc has the name of a claim", code="CLAIM_INVALID")
                else:
                    _put(tree, (namespace, identifier), value)
        return tree

    def path(self, claim: ClaimPath, /) -> ClaimPath:
        """Return the element of a claim, or the one that it is part of.

        Raises:
            ValueError: a group, which has an element for each part, or no claim of the type.
        """
        for element in self.elements:
            if _begins(claim, element.path):
                return element.place
        raise ValueError(f"{path_text(claim)} is no single element of {self.type_id}")

    def paths(self, claim: ClaimPath, /) -> tuple[ClaimPath, ...]:
        """Return the element of a claim, or the elements of a group that each record with the group has.

        Raises:
            ValueError: no claim of the type.
        """
        inside = [element for element in self.elements if _begins(element.path, claim)]
        if not inside:
            return (self.path(claim),)
        certain = [element for element in inside if element.certain <= len(claim)]
        return tuple(element.place for element in certain or inside)

    def granted(self, claim: ClaimPath, /) -> tuple[ClaimPath, ...]:
        """Return the elements that hold nothing but the claim and its parts; the empty path is the whole document."""
        if not claim:
            return ((),)
        return tuple(element.place for element in self.elements if _begins(element.path, claim))

    def metadata(self, *, parent_integrity: str | None = None) -> dict[str, JsonValue]:
        """Return a document of the same shape as Type Metadata: the docType as ``vct``, elements as claims.

        A docType extends no other, so what the type inherits stands in the document itself.
        """
        return mdoc_type_metadata(self._kind, self.type_id, self.elements)


def _spread(tree: Mapping[str, Any], steps: _Steps, namespaces: dict[str, dict[str, Any]]) -> None:
    """Put each claim of a tree where it belongs; this is in the path of issuing."""
    for name, value in tree.items():
        step = steps.get(name)
        if step is None:
            raise ValueError(f"there is no claim {name}, so it has no element")
        if isinstance(step, dict):
            _spread(value, step, namespaces)
        else:
            namespace, identifier, encode = step
            namespaces[namespace][identifier] = value if encode is None else encode(value)


def _put(tree: dict[str, Any], path: ClaimPath, value: object) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(str(name), {})
    tree[str(path[-1])] = value


def _begins(path: ClaimPath, beginning: ClaimPath) -> bool:
    return path[: len(beginning)] == beginning
