# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The SD-JWT VC Type Metadata of a credential type (SD-JWT VC, section 5), with what our wallets need besides.

    >>> from typing import Annotated
    >>> from vcwallet.credential_type import Claim, CredentialType, type_metadata
    >>> class Pass(CredentialType, vct="urn:example:pass:1", ja="乗車証", en="Pass"):
    ...     full_name: Annotated[str, Claim("氏名", "Full name")]
    >>> [entry] = type_metadata(Pass)["claims"]
    >>> entry["path"], entry["sd"], entry["mandatory"], entry["vcwallet"]
    (['full_name'], 'always', True, {'sensitivity': 'B', 'disclosure': 'selectable'})

The member ``vcwallet`` of each claim is an extension, which others ignore:

* ``sensitivity``: the letter of the class; ``disclosure``: ``always``, ``selectable`` or ``never``;
* ``statute``: for class X, ``code`` of the refusal and the ``bases`` that release the claim;
* ``predicates``: claims that can be shown instead of this one: by name, or in an mdoc by path.
"""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from vcwallet.claims import ClaimPath, JsonValue
from vcwallet.credential_type.claim import Claim, Disclosure, Language
from vcwallet.credential_type.elements import Element
from vcwallet.credential_type.model import CredentialType, parent_type
from vcwallet.credential_type.outline import Place, resolve, walk

LOCALES: Final[Mapping[Language, str]] = {"ja": "ja-JP", "en": "en-US"}
SEPARATOR: Final = " › "
"""Stands between the label of a claim and those of what it is part of."""


def type_metadata(cls: type[CredentialType], *, parent_integrity: str | None = None) -> dict[str, JsonValue]:
    """Return the Type Metadata document of a credential type, as JSON.

    The document of an extending type has only what it adds to, or says differently from, the type that it extends.

    Args:
        cls: the credential type.
        parent_integrity: ``extends#integrity``, the digest of the extended type's document as published.

    Raises:
        TypeError: `cls` has no ``vct``, or an integrity is given for a type that extends none.
    """
    require_vct(cls)
    if parent_integrity is not None and cls.extends is None:
        raise TypeError(f"{cls.__name__} extends no type, so there is no document to protect")
    parent = parent_type(cls)
    inherited = _entries(parent) if parent is not None else []
    return {
        "vct": cls.vct,
        "name": cls.en,
        **({"description": inspect.cleandoc(cls.__doc__)} if cls.__doc__ else {}),
        **({"extends": cls.extends} if cls.extends is not None else {}),
        **({"extends#integrity": parent_integrity} if parent_integrity is not None else {}),
        "display": [{"locale": LOCALES["ja"], "name": cls.ja}, {"locale": LOCALES["en"], "name": cls.en}],
        "claims": [entry for entry in _entries(cls) if entry not in inherited],
    }


def mdoc_type_metadata(cls: type[CredentialType], doctype: str, elements: Sequence[Element]) -> dict[str, JsonValue]:
    """Return a document of the same shape for the type as an mdoc, as JSON.

    The document type stands as ``vct``, and a claim's path is namespace and element; ISO/IEC 18013-5 has no document of
    its own for this.  It holds inherited claims as well, since a document type extends no other.
    """
    places = {place.path: place for place in walk(cls.outline())}
    stand_ins = _stand_ins(cls, places.values())
    entries = [
        _element_entry(element, place, places, _shown_instead(element, place, stand_ins, elements))
        for element in elements
        for path, place in places.items()
        if path[: len(element.path)] == element.path
    ]
    return {
        "vct": doctype,
        "name": cls.en,
        **({"description": inspect.cleandoc(cls.__doc__)} if cls.__doc__ else {}),
        "display": [{"locale": LOCALES["ja"], "name": cls.ja}, {"locale": LOCALES["en"], "name": cls.en}],
        "claims": entries,
    }


def _shown_instead(
    element: Element, place: Place, stand_ins: Mapping[ClaimPath, list[str]], elements: Sequence[Element]
) -> list[JsonValue]:
    """Return the elements that answer a question about a claim; what stands in for a group does so for its parts."""
    parted = [place.path[:length] for length in range(1, len(element.path)) if place.path == element.path]
    names = [name for path in (*parted, place.path) for name in stand_ins.get(path, ())]
    return [list(other.place) for name in names for other in elements if other.path[0] == name]


def _element_entry(
    element: Element, place: Place, places: Mapping[ClaimPath, Place], predicates: Sequence[JsonValue]
) -> dict[str, JsonValue]:
    """Return what holds for an element, or for a part of one, which is disclosed with it."""
    inside = place.path[len(element.path) :]
    around = [places[place.path[:length]] for length in range(1, len(element.path))]
    labels = place.labels
    if not inside:
        labels = {name: SEPARATOR.join(one.labels[name] for one in (*around, place)) for name in place.labels}
    return {
        "path": [*element.place, *inside],
        **({"display": _display(place, labels)} if labels else {}),
        **({"mandatory": True} if place.mandatory else {}),
        "sd": "never" if inside else "always",
        "vcwallet": _extension(_strictest([place, *around]), predicates),
    }


def _strictest(places: Sequence[Place]) -> Claim:
    """Return the rules of the first place, which are those of a later one, around it, that is treated with more care.

    Only the elements of a group are there to carry what holds for the group.
    """
    claim, strictest = places[0].claim, max((place.claim for place in places), key=lambda one: one.sensitivity)
    # What an mdoc has in the clear is no claim, so none is always shown.
    always = claim.disclosure is Disclosure.ALWAYS
    return replace(
        claim,
        sensitivity=strictest.sensitivity,
        statute=strictest.statute,
        disclosure=Disclosure.SELECTABLE if always else claim.disclosure,
    )


def require_vct(cls: type[CredentialType]) -> None:
    """Require a type that can be issued.

    Raises:
        TypeError: `cls` is a base without ``vct``.
    """
    if not hasattr(cls, "vct"):
        raise TypeError(f"{cls.__name__} has no vct: it is a base for credential types, not one itself")


def _entries(cls: type[CredentialType]) -> list[dict[str, JsonValue]]:
    places = list(walk(cls.outline()))
    stand_ins = _stand_ins(cls, places)
    return [_entry(place, stand_ins.get(place.path, [])) for place in places]


def _stand_ins(cls: type[CredentialType], places: Iterable[Place]) -> dict[ClaimPath, list[str]]:
    """Return, by claim, the predicates that can be shown instead of it."""
    stand_ins: dict[ClaimPath, list[str]] = {}
    for place in places:
        if place.replaces is not None:
            stand_ins.setdefault(resolve(cls.outline(), place.replaces), []).append(str(place.path[0]))
    return stand_ins


def _entry(place: Place, predicates: list[str]) -> dict[str, JsonValue]:
    return {
        "path": list(place.path),
        **({"display": _display(place, place.labels)} if place.labels else {}),
        **({"mandatory": True} if place.mandatory else {}),
        "sd": "always" if place.concealed else "never",
        "vcwallet": _extension(place.claim, predicates),
    }


def _display(place: Place, labels: Mapping[Language, str]) -> list[JsonValue]:
    display: list[JsonValue] = []
    for language, label in labels.items():
        description = place.claim.description(language)
        display.append(
            {
                "locale": LOCALES[language],
                "label": label,
                **({"description": description} if description is not None else {}),
            }
        )
    return display


def _extension(claim: Claim, predicates: Sequence[JsonValue]) -> dict[str, JsonValue]:
    extension: dict[str, JsonValue] = {"sensitivity": claim.sensitivity.value, "disclosure": claim.disclosure.value}
    if claim.statute is not None:
        extension["statute"] = {"code": claim.statute.code, "bases": list(claim.statute.bases)}
    if predicates:
        extension["predicates"] = list(predicates)
    return extension
