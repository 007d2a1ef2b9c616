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
* ``predicates``: names of claims that can be shown instead of this one.
"""

import inspect
from collections.abc import Mapping
from typing import Final

from vcwallet.claims import ClaimPath, JsonValue
from vcwallet.credential_type.claim import Language
from vcwallet.credential_type.model import CredentialType, parent_type
from vcwallet.credential_type.outline import Place, resolve, walk

LOCALES: Final[Mapping[Language, str]] = {"ja": "ja-JP", "en": "en-US"}


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


def require_vct(cls: type[CredentialType]) -> None:
    """Require a type that can be issued.

    Raises:
        TypeError: `cls` is a base without ``vct``.
    """
    if not hasattr(cls, "vct"):
        raise TypeError(f"{cls.__name__} has no vct: it is a base for credential types, not one itself")


def _entries(cls: type[CredentialType]) -> list[dict[str, JsonValue]]:
    places = list(walk(cls.outline()))
    stand_ins: dict[ClaimPath, list[str]] = {}
    for place in places:
        if place.replaces is not None:
            stand_ins.setdefault(resolve(cls.outline(), place.replaces), []).append(str(place.path[0]))
    return [_entry(place, stand_ins.get(place.path, [])) for place in places]


def _entry(place: Place, predicates: list[str]) -> dict[str, JsonValue]:
    return {
        "path": list(place.path),
        **({"display": _display(place, place.labels)} if place.labels else {}),
        **({"mandatory": True} if place.mandatory else {}),
        "sd": "always" if place.concealed else "never",
        "vcwallet": _extension(place, predicates),
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


def _extension(place: Place, predicates: list[str]) -> dict[str, JsonValue]:
    claim = place.claim
    extension: dict[str, JsonValue] = {"sensitivity": claim.sensitivity.value, "disclosure": claim.disclosure.value}
    if claim.statute is not None:
        extension["statute"] = {"code": claim.statute.code, "bases": list(claim.statute.bases)}
    if predicates:
        extension["predicates"] = predicates
    return extension
