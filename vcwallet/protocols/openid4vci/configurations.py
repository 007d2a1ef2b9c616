# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Credential configurations of our credential types, ready to be published (OpenID4VCI 1.0, section 12.2.4).

Labels come from the type, in Japanese and English, so that a wallet can show them without the Type Metadata.

    >>> from typing import Annotated
    >>> from vcwallet.credential_type import Claim, CredentialType
    >>> from vcwallet.protocols.openid4vci.configurations import configurations
    >>> class Pass(CredentialType, vct="urn:example:pass:1", doctype="org.example.pass.1", ja="乗車証", en="Pass"):
    ...     zone: Annotated[str, Claim("区間", "Zone")]
    >>> found = configurations([(Pass, "dc+sd-jwt"), (Pass, "mso_mdoc")])
    >>> {identifier: configuration.type_id for identifier, configuration in found.items()}
    {'pass-1_sd_jwt_vc': 'urn:example:pass:1', 'pass-1_mdoc': 'org.example.pass.1'}
    >>> [display.name for display in found["pass-1_mdoc"].claims[0].display]
    ['区間', 'Zone']
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from vcwallet.claims import ClaimPath
from vcwallet.credential_type import CredentialType, type_metadata, view
from vcwallet.credential_type.metadata import LOCALES
from vcwallet.credential_type.model import parent_type
from vcwallet.credential_type.outline import walk
from vcwallet.encoding import wire
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.cose_key import cose_algorithm
from vcwallet.protocols.openid4vci.issuer_metadata import (
    MDOC,
    SD_JWT_VC,
    CredentialConfiguration,
    KeyAttestationsRequired,
)

JWT_PROOF: Final = "jwt"
"""The type of a proof that is signed with the key itself (appendix F.1)."""
_SUFFIX: Final = {SD_JWT_VC: "sd_jwt_vc", MDOC: "mdoc"}
_BINDING: Final = {SD_JWT_VC: "jwk", MDOC: "cose_key"}
_TYPE_MEMBER: Final = {SD_JWT_VC: "vct", MDOC: "doctype"}
_ES256: Final = (Algorithm.ES256,)


def configuration_id(kind: type[CredentialType], format: str) -> str:
    """Return the name of a type in a format: the end of its ``vct``, and the format.

    Raises:
        LocalProtocolError: the type does not have this format (``FORMAT_NOT_OFFERED``).
    """
    view(kind, format)
    last = [part for part in re.split("[:/]", kind.vct) if part][-2:]
    return f"{re.sub('[^A-Za-z0-9.-]', '-', '-'.join(last))}_{_SUFFIX[format]}"


def configurations(
    offered: Iterable[tuple[type[CredentialType], str]],
    *,
    algorithms: Sequence[Algorithm] = _ES256,
    proof_types: Sequence[str] = (JWT_PROOF,),
    proof_algorithms: Sequence[Algorithm] = _ES256,
    key_attestations: KeyAttestationsRequired | None = None,
) -> dict[str, CredentialConfiguration]:
    """Return the configurations of types and formats by their names (see `configuration_id`).

    Further arguments are those of `credential_configuration`.

    Raises:
        LocalProtocolError: a type does not have the format (``FORMAT_NOT_OFFERED``).
        ValueError: two of them would have the same name.
    """
    found: dict[str, CredentialConfiguration] = {}
    for kind, format in offered:
        identifier = configuration_id(kind, format)
        if identifier in found:
            raise ValueError(f"two types would both be called {identifier}")
        found[identifier] = credential_configuration(
            kind,
            format,
            algorithms=algorithms,
            proof_types=proof_types,
            proof_algorithms=proof_algorithms,
            key_attestations=key_attestations,
        )
    return found


def credential_configuration(
    kind: type[CredentialType],
    format: str,
    *,
    algorithms: Sequence[Algorithm] = _ES256,
    proof_types: Sequence[str] = (JWT_PROOF,),
    proof_algorithms: Sequence[Algorithm] = _ES256,
    key_attestations: KeyAttestationsRequired | None = None,
) -> CredentialConfiguration:
    """Return the configuration of a credential type in a format, bound to a key of its holder.

    Args:
        kind: the credential type.
        format: ``dc+sd-jwt`` or ``mso_mdoc``.
        algorithms: what the issuer signs credentials with.
        proof_types: how a wallet can prove its keys.
        proof_algorithms: what the wallet signs such proofs with.
        key_attestations: how the wallet's keys have to be attested; None if they need not be.

    Raises:
        LocalProtocolError: the type does not have this format (``FORMAT_NOT_OFFERED``).
    """
    proof = {
        "proof_signing_alg_values_supported": [algorithm.value for algorithm in proof_algorithms],
        **({"key_attestations_required": _object(key_attestations)} if key_attestations is not None else {}),
    }
    return wire.fit(
        CredentialConfiguration,
        {
            "format": format,
            "scope": configuration_id(kind, format),
            _TYPE_MEMBER[format]: view(kind, format).type_id,
            "credential_signing_alg_values_supported": [_name(algorithm, format) for algorithm in algorithms],
            "cryptographic_binding_methods_supported": [_BINDING[format]],
            "proof_types_supported": dict.fromkeys(proof_types, proof),
            "credential_metadata": {
                "display": [
                    {"name": kind.ja, "locale": LOCALES["ja"]},
                    {"name": kind.en, "locale": LOCALES["en"]},
                ],
                "claims": [_description(entry) for entry in _entries(kind, format)],
            },
        },
    )


def _object(required: KeyAttestationsRequired) -> dict[str, Any]:
    return required.model_dump(mode="json", exclude_unset=True)


def _name(algorithm: Algorithm, format: str) -> str | int:
    return cose_algorithm(algorithm) if format == MDOC else algorithm.value


def _entries(kind: type[CredentialType], format: str) -> list[dict[str, Any]]:
    """Return what Type Metadata say about each claim, those of the extended types among them, in the type's order."""
    documents: list[dict[str, Any]] = [view(kind, format).metadata()]
    ancestor = parent_type(kind) if format == SD_JWT_VC else None
    while ancestor is not None:
        documents.append(type_metadata(ancestor))
        ancestor = parent_type(ancestor)
    # The type itself comes last, so that what it says goes before what it inherits.
    entries = {tuple(entry["path"]): entry for document in reversed(documents) for entry in document["claims"]}
    if format == MDOC:
        return list(entries.values())
    order: list[ClaimPath] = [place.path for place in walk(kind.outline())]
    return [entries[path] for path in order]


def _description(entry: dict[str, Any]) -> dict[str, Any]:
    display = [{"name": one["label"], "locale": one["locale"]} for one in entry.get("display", ())]
    return {
        "path": list(entry["path"]),
        **({"mandatory": True} if entry.get("mandatory") else {}),
        **({"display": display} if display else {}),
    }
