# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Key attestations: a wallet provider's word for where keys live and who unlocks them (OpenID4VCI 1.0, appendix D).

>>> from datetime import UTC, datetime, timedelta
>>> from vcwallet.formats.base import IssuerKey
>>> from vcwallet.keys.software import SoftwareSigner
>>> from vcwallet.protocols.openid4vci.key_attestation import make_key_attestation
>>> provider = IssuerKey(signer=SoftwareSigner.generate(), chain=(), identifier="https://provider.example")
>>> now = datetime(2026, 11, 23, tzinfo=UTC)
>>> keys = [SoftwareSigner.generate().public_key, SoftwareSigner.generate().public_key]
>>> text = make_key_attestation(provider, keys, at=now, expires=now + timedelta(hours=1), nonce="wKI4LT17ac15ES9bw8ac4")
>>> text.count(".")
2
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from vcwallet.claims import JsonObject, JsonValue
from vcwallet.encoding import wire
from vcwallet.encoding.wire import Array, Maybe, WireModel
from vcwallet.errors import LimitExceededError, MalformedError, NotAuthorisedError
from vcwallet.formats.base import IssuerKey
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws, jwt
from vcwallet.keys import jwk
from vcwallet.keys.algorithm import CLASSICAL, Algorithm
from vcwallet.keys.policy import KeySource, Role, TrustedKey, TrustPolicy
from vcwallet.keys.public import PublicKey
from vcwallet.protocols.openid4vci.issuer_metadata import KeyAttestationsRequired

TYP = "key-attestation+jwt"
MAX_BYTES = 256 * 1024
MAX_KEYS = 50
MAX_LEVELS = 20
MAX_TEXT = 4096
MAX_AGE = timedelta(seconds=300)
"""How old one may be that does not say when it ends."""
CLAUSE = "OpenID4VCI 1.0, appendix D.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAttestation:
    """What a wallet provider, whom trust vouches for, attests; who holds the keys has yet to be shown.

    Attributes:
        keys: the attested keys, all different.
        provider: the wallet provider's key, and why it is trusted.
        issued_at: when it was made.
        expires: when it ends; None where it does not say so, and is fresh.
        nonce: the issuer's nonce that it was made for, if any.
        key_storage: what attacks the key storage resists, such as ``iso_18045_high``.
        user_authentication: what attacks the user authentication resists.
        certification: the URL of the key storage's certification, not looked up.
        status: where its status can be looked up, if anywhere; whoever relies on it looks it up.
    """

    keys: tuple[PublicKey, ...]
    provider: TrustedKey
    issued_at: datetime
    expires: datetime | None
    nonce: str | None = field(repr=False)
    key_storage: tuple[str, ...]
    user_authentication: tuple[str, ...]
    certification: str | None
    status: JsonObject | None = field(repr=False)

    def __bool__(self) -> bool:
        raise TypeError("a key attestation is evidence, not a truth value")

    def require_levels(self, required: KeyAttestationsRequired) -> None:
        """Return if the attestation has a level of each kind that is accepted; none named means any (section 12.2.4).

        Raises:
            NotAuthorisedError: it has none (``ATTESTATION_LEVEL``).
        """
        accepted = (required.key_storage, self.key_storage), (required.user_authentication, self.user_authentication)
        if any(wanted and not set(wanted).intersection(attested) for wanted, attested in accepted):
            raise NotAuthorisedError("the key attestation has no level that is accepted", code="ATTESTATION_LEVEL")


def make_key_attestation(
    provider: IssuerKey,
    keys: Sequence[PublicKey],
    *,
    at: datetime,
    expires: datetime,
    nonce: str | None,
    key_storage: Sequence[str] = (),
    user_authentication: Sequence[str] = (),
    certification: str | None = None,
    status: JsonObject | None = None,
) -> str:
    """Return the attestation of `keys` as a JWT.

    Args:
        provider: signs it.
        keys: 1 to 50 keys, all different, which the provider knows to live as it says.
        at: the time of making it.
        expires: when it ends; one that goes along with proofs of the type ``jwt`` has to.
        nonce: the issuer's, where it has given one.
        key_storage: what attacks the key storage resists (appendix D.2); empty for nothing to say.
        user_authentication: what attacks the user authentication resists.
        certification: the URL of the key storage's certification.
        status: where its status can be looked up, as the status standard writes it.

    Raises:
        ValueError: no keys, more than 50, or one of them twice; or it would end before it begins.
    """
    if not 0 < len(keys) <= MAX_KEYS or len(set(keys)) != len(keys):
        raise ValueError(f"a key attestation has 1 to {MAX_KEYS} different keys")
    if expires <= at:
        raise ValueError("a key attestation ends after it begins")
    optional: dict[str, JsonValue] = {
        "iss": provider.identifier,
        "nonce": nonce,
        "key_storage": list(key_storage) or None,
        "user_authentication": list(user_authentication) or None,
        "certification": certification,
        "status": status,
    }
    claims: dict[str, JsonValue] = {
        "iat": jwt.seconds(at),
        "exp": jwt.seconds(expires),
        "attested_keys": [jwk.public_jwk(key) for key in keys],
        **{name: value for name, value in optional.items() if value is not None},
    }
    return jwt.sign(claims, typ=TYP, signer=provider.signer, header=_header(provider))


def _header(provider: IssuerKey) -> dict[str, JsonValue]:
    members: dict[str, JsonValue] = {}
    if provider.chain:
        members["x5c"] = jose_header.x5c(provider.chain)
    if provider.key_id is not None:
        members["kid"] = provider.key_id
    if provider.trust_chain:
        members["trust_chain"] = list(provider.trust_chain)
    return members


_Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]


class _Claims(WireModel):
    iss: Maybe[_Text] = None
    keys: Array[dict[str, Any]] = Field(alias="attested_keys", min_length=1, max_length=MAX_KEYS)
    key_storage: Array[str] = Field(default=(), min_length=1, max_length=MAX_LEVELS)
    user_authentication: Array[str] = Field(default=(), min_length=1, max_length=MAX_LEVELS)
    certification: Maybe[_Text] = None
    nonce: Maybe[_Text] = None
    status: Maybe[dict[str, Any]] = None


def verify_key_attestation(
    text: str,
    *,
    trust: TrustPolicy,
    at: datetime,
    required: KeyAttestationsRequired | None,
    algorithms: Collection[Algorithm] = CLASSICAL,
) -> KeyAttestation:
    """Return what a wallet provider attests, after every check has passed (appendix D.1).

    The nonce is in what is returned: whoever has given one compares it.

    Args:
        text: the JWT.
        trust: says whose key speaks for a wallet provider.
        at: the time.
        required: the levels that are accepted; None for any.
        algorithms: the signature algorithms that are allowed.

    Raises:
        LimitExceededError: longer than 256 KiB, more than 50 keys or 20 levels.
        MalformedError: a claim is missing or wrong, or a key is there twice.
        VerificationError: another ``typ`` (code ``WRONG_TYPE``).
        UntrustedError, NotAuthorisedError: its signer is no wallet provider that counts; or no level that is accepted.
        AlgorithmNotAllowedError, SignatureInvalidError: it is not signed by its provider.
        ValidityError: it has ended, is from the future, or says no end and is older than 300 seconds.
        UnsupportedError: a key of a kind that vcwallet does not use.
    """
    if len(text) > MAX_BYTES:
        raise LimitExceededError(f"a key attestation is longer than {MAX_BYTES} bytes", clause=CLAUSE)
    signature = jws.parse(text)
    jwt.require_typ(signature.header, TYP)
    payload = jws.payload_object(signature.unverified_payload)
    claims = wire.fit(_Claims, payload)
    header = signature.header
    source = KeySource(
        issuer=claims.iss, chain=header.chain, key_id=header.key_id, trust_chain=header.trust_chain
    )  # not signed_at: a provider that was withdrawn attests nothing more, whatever time it writes
    provider = trust.key_for(source, role=Role.WALLET_PROVIDER, type_id=None, at=at)
    signature.verify(provider.key, algorithms=algorithms)
    attestation = KeyAttestation(
        keys=different_keys([jwk.parse(key) for key in claims.keys]),
        provider=provider,
        issued_at=_issued_at(payload, at=at),
        expires=jwt.numeric_date(payload, "exp"),
        nonce=claims.nonce,
        key_storage=claims.key_storage,
        user_authentication=claims.user_authentication,
        certification=claims.certification,
        status=claims.status,
    )
    if required is not None:
        attestation.require_levels(required)
    return attestation


def different_keys(keys: Sequence[PublicKey]) -> tuple[PublicKey, ...]:
    """Return `keys`, of which each is there once.

    Raises:
        MalformedError: one is there twice (``KEY_REPEATED``): two credentials of one key can be linked.
    """
    if len(set(keys)) != len(keys):
        raise MalformedError("a key is there twice", code="KEY_REPEATED")
    return tuple(keys)


def _issued_at(claims: JsonObject, *, at: datetime) -> datetime:
    issued_at = jwt.numeric_date(claims, "iat")
    if issued_at is None:
        raise MalformedError("iat is missing", clause=CLAUSE)
    # One that does not say when it ends is good for as long as a proof is.
    jwt.require_fresh(claims, at=at, max_age=at - issued_at if "exp" in claims else MAX_AGE)
    jwt.require_valid_at(claims, at=at)
    return issued_at
