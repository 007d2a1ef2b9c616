# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a verifier says of itself in a request: formats, and the keys that answers are encrypted to (section 5.1).

The keys say where an answer goes, and never who signed the request.

    >>> from vcwallet.keys.software import SoftwareKeyAgreement
    >>> from vcwallet.protocols.openid4vp.client_metadata import client_metadata, read_client_metadata
    >>> from vcwallet.protocols.openid4vp.response_encryption import ResponseKey
    >>> key = ResponseKey.create()
    >>> metadata = read_client_metadata(client_metadata(key))
    >>> encryption = metadata.answer_encryption()
    >>> encryption.enc.value, encryption.thumbprint == key.thumbprint
    ('A256GCM', True)
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field

from vcwallet.claims import JsonObject
from vcwallet.encoding import wire
from vcwallet.encoding.wire import Array, Maybe, WireModel
from vcwallet.errors import RemoteProtocolError, VcError
from vcwallet.jose.jwe import ALGORITHM, ContentEncryption
from vcwallet.keys import jwk_set
from vcwallet.keys.algorithm import CLASSICAL
from vcwallet.keys.cose_key import cose_algorithm
from vcwallet.protocols.exchange import AnswerEncryption
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey, encryption_jwk, thumbprint

MAX_ENCRYPTIONS = 20
MAX_FORMATS = 20
CLAUSE: Final = "OpenID4VP 1.0, section 5.1"

_DEFAULT: Final = (ContentEncryption.A128GCM.value,)
_BEST_FIRST: Final = (ContentEncryption.A256GCM, ContentEncryption.A128GCM)
SIGNATURES: Final = sorted(algorithm.value for algorithm in CLASSICAL)
# Fully specified identifiers; -9 (ESP256) is -7 on P-256, and others write the one where we write the other.
_COSE: Final = sorted({-9, *(cose_algorithm(algorithm) for algorithm in CLASSICAL)})
VP_FORMATS: Final[JsonObject] = {
    "dc+sd-jwt": {"sd-jwt_alg_values": SIGNATURES, "kb-jwt_alg_values": SIGNATURES},
    "mso_mdoc": {"issuerauth_alg_values": _COSE, "deviceauth_alg_values": _COSE},
}
"""The formats and algorithms of vcwallet, for ``vp_formats_supported`` (section 11.1, appendix B)."""


class _JwkSet(WireModel):
    keys: Annotated[Array[dict[str, Any]], Field(min_length=1, max_length=jwk_set.MAX_KEYS)]


class ClientMetadata(WireModel):
    """``client_metadata`` of a request (section 5.1); other members are ignored."""

    jwks: Maybe[_JwkSet] = None
    encrypted_response_enc_values_supported: Annotated[Array[str], Field(min_length=1, max_length=MAX_ENCRYPTIONS)] = (
        _DEFAULT
    )
    vp_formats_supported: Annotated[Maybe[dict[str, dict[str, Any]]], Field(max_length=MAX_FORMATS)] = None

    def answer_encryption(self, *, registered: bool = False) -> AnswerEncryption:
        """Return the first key that we can encrypt to, and the strongest content encryption that both sides have.

        Args:
            registered: whether these are registered metadata, among whose keys are some that sign; then a key says
                with ``use`` or ``alg`` that it is for encryption.

        Raises:
            RemoteProtocolError: there is no such key or content encryption (code ``ENCRYPTION_UNUSABLE``).
        """
        accepted = self.encrypted_response_enc_values_supported
        enc = next((one for one in _BEST_FIRST if one in accepted), None)
        keys = self.jwks.keys if self.jwks else ()
        offered = filter(_says_so, keys) if registered else keys
        jwk = next(filter(None, map(_usable, offered)), None)
        if enc is None or jwk is None:
            raise RemoteProtocolError(
                "an encrypted answer is asked for, with no key or content encryption that we have",
                code="ENCRYPTION_UNUSABLE",
                clause="OpenID4VP 1.0, section 8.3",
            )
        return AnswerEncryption(jwk=jwk, enc=enc, thumbprint=thumbprint(jwk))


def client_metadata(key: ResponseKey | None) -> dict[str, Any]:
    """Return the metadata of a request of ours.

    Args:
        key: made for the answer to this one request; None where the answer is not encrypted.
    """
    formats: dict[str, Any] = {"vp_formats_supported": VP_FORMATS}
    if key is None:
        return formats
    return {
        "jwks": {"keys": [key.jwk]},
        "encrypted_response_enc_values_supported": sorted(ContentEncryption),
        **formats,
    }


def read_client_metadata(value: object) -> ClientMetadata:
    """Return the metadata of a value that strict JSON parsing gave.

    Raises:
        LimitExceededError: more than 100 keys, 20 content encryptions or 20 formats.
        MalformedError: a member is of the wrong type.
    """
    return wire.fit(ClientMetadata, value)


def _says_so(jwk: JsonObject) -> bool:
    return jwk.get("use") == "enc" or jwk.get("alg") == ALGORITHM


def _usable(jwk: JsonObject) -> dict[str, str] | None:
    """Return a key that we can encrypt to; the others are for wallets that have other curves."""
    if jwk.get("alg", ALGORITHM) != ALGORITHM:
        return None
    try:
        return encryption_jwk(jwk)
    except VcError:
        return None
