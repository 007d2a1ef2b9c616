# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Trust marks: signed statements that an entity meets a set of criteria (OpenID Federation 1.0, section 7).

Who may issue a type of mark, the trust anchor says in its own configuration, and who owns the type.  A type that it
does not name is issued by nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from vcwallet.claims import JsonValue
from vcwallet.errors import LimitExceededError, MalformedError, UntrustedError, quoted
from vcwallet.jose import jws, jwt
from vcwallet.keys import jwk
from vcwallet.keys.jwk_set import JwkSet
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer
from vcwallet.trust.federation.entity import require_entity_id
from vcwallet.trust.federation.statement import EntityConfiguration, require_within
from vcwallet.trust.federation.trust_chain import ResolvedEntity

TYP = "trust-mark+jwt"
DELEGATION_TYP = "trust-mark-delegation+jwt"
MAX_BYTES = 64 * 1024
CLAUSE = "OpenID Federation 1.0, section 7.3"
_DELEGATION_CLAUSE = "OpenID Federation 1.0, section 7.2.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustMark:
    """A trust mark (section 7.1).

    Attributes:
        type: the identifier of its type.
        issuer: who has issued it.
        subject: the entity that it is about.
        issued_at: when it was issued.
        expires: when it ends; None for never.
        delegation: the JWT by which the owner of the type lets `issuer` issue it, if there is one.
    """

    type: str
    issuer: str
    subject: str
    issued_at: datetime
    expires: datetime | None
    delegation: str | None = None

    def require_valid_at(self, at: datetime) -> None:
        """Return if the mark is valid at `at`.

        Raises:
            ValidityError: it has ended, or is from the future.
        """
        require_within(self.issued_at, self.expires, at=at)


def unverified_issuer(text: str) -> str:
    """Return who claims to have issued a trust mark, for resolving that entity first.

    Raises:
        VcError: it is no trust mark.
    """
    return _mark(_read(text, typ=TYP)).issuer


def verify(text: str, *, subject: str, issuer: ResolvedEntity, anchor: EntityConfiguration, at: datetime) -> TrustMark:
    """Return a trust mark after validating it (section 7.3).

    Args:
        text: the JWT, as it stands in the subject's configuration.
        subject: the entity in whose configuration it stands.
        issuer: its issuer, resolved to the trust anchor before (see `unverified_issuer`).
        anchor: what the same trust anchor says about itself.
        at: the time.

    Raises:
        MalformedError: not a trust mark, or a claim of it is missing or wrong.
        VerificationError: another ``typ`` (code ``WRONG_TYPE``).
        UntrustedError: a mark of another entity, issuer or anchor (``TRUST_MARK``), a type that the anchor does not let
            this issuer issue (``TRUST_MARK_ISSUER``), an owner who has not let it (``TRUST_MARK_DELEGATION``), or a key
            that is not there (``KEY_NOT_FOUND``).
        AlgorithmNotAllowedError, SignatureInvalidError: it is not signed by its issuer.
        ValidityError: it has ended, or is from the future.
    """
    signature = _read(text, typ=TYP)
    mark = _mark(signature)
    if mark.subject != subject or mark.issuer != issuer.entity_id or issuer.anchor != anchor.entity_id:
        raise UntrustedError("a trust mark of another entity", code="TRUST_MARK", clause=CLAUSE)
    issuer.require_valid_at(at)
    signature.verify(_key(signature, issuer.keys))
    mark.require_valid_at(at)
    _require_accredited(mark, anchor)
    _require_owner(mark, anchor, at=at)
    return mark


def sign(mark: TrustMark, *, signer: Signer) -> str:
    """Return a trust mark as a JWT; ``kid`` is the thumbprint of the signer's key."""
    claims: dict[str, JsonValue] = {
        "iss": mark.issuer,
        "sub": mark.subject,
        "trust_mark_type": mark.type,
        "iat": jwt.seconds(mark.issued_at),
        **({} if mark.expires is None else {"exp": jwt.seconds(mark.expires)}),
        **({} if mark.delegation is None else {"delegation": mark.delegation}),
    }
    return jwt.sign(claims, typ=TYP, signer=signer, header=_kid(signer))


def sign_delegation(
    *,
    type: str,
    owner: str,
    issuer: str,
    issued_at: datetime,
    expires: datetime | None,
    signer: Signer,
) -> str:
    """Return the JWT by which the owner of a type of trust mark lets `issuer` issue it (section 7.2.1)."""
    claims: dict[str, JsonValue] = {
        "iss": owner,
        "sub": issuer,
        "trust_mark_type": type,
        "iat": jwt.seconds(issued_at),
        **({} if expires is None else {"exp": jwt.seconds(expires)}),
    }
    return jwt.sign(claims, typ=DELEGATION_TYP, signer=signer, header=_kid(signer))


def _require_accredited(mark: TrustMark, anchor: EntityConfiguration) -> None:
    issuers = anchor.trust_mark_issuers.get(mark.type)
    if issuers is None or (issuers and mark.issuer not in issuers):
        raise UntrustedError(
            f"{quoted(mark.issuer)} may not issue this trust mark", code="TRUST_MARK_ISSUER", clause=CLAUSE
        )


def _require_owner(mark: TrustMark, anchor: EntityConfiguration, *, at: datetime) -> None:
    """Check the delegation, which a type with an owner needs, and which nobody can give for one without (7.2.2)."""
    owner = anchor.trust_mark_owners.get(mark.type)
    if owner is None and mark.delegation is None:
        return
    if owner is None or mark.delegation is None:
        raise _not_delegated("a delegation and an owner of the trust mark's type belong together")
    signature = _read(mark.delegation, typ=DELEGATION_TYP)
    delegation = _mark(signature)
    if (delegation.issuer, delegation.subject, delegation.type) != (owner.entity_id, mark.issuer, mark.type):
        raise _not_delegated("the delegation of a trust mark is for another one")
    signature.verify(_key(signature, owner.keys))
    delegation.require_valid_at(at)


def _read(text: str, *, typ: str) -> jws.Jws:
    if len(text) > MAX_BYTES:
        raise LimitExceededError(f"a trust mark is longer than {MAX_BYTES} bytes")
    signature = jws.parse(text)
    jwt.require_typ(signature.header, typ)
    return signature


def _mark(signature: jws.Jws) -> TrustMark:
    """Read a trust mark, or its delegation, which has the same claims."""
    claims = jws.payload_object(signature.unverified_payload)
    issued_at = jwt.numeric_date(claims, "iat")
    if issued_at is None:
        raise MalformedError("iat is missing", clause="OpenID Federation 1.0, section 7.1")
    return TrustMark(
        type=jwt.text(claims, "trust_mark_type"),
        issuer=require_entity_id(jwt.text(claims, "iss")),
        subject=require_entity_id(jwt.text(claims, "sub")),
        issued_at=issued_at,
        expires=jwt.numeric_date(claims, "exp"),
        delegation=jwt.text(claims, "delegation") if "delegation" in claims else None,
    )


def _key(signature: jws.Jws, keys: JwkSet) -> PublicKey:
    key_id = signature.header.key_id
    if not key_id:
        raise MalformedError("a trust mark names its key", clause="OpenID Federation 1.0, section 7")
    return keys.verification_key(key_id)


def _kid(signer: Signer) -> Mapping[str, str]:
    return {"kid": jwk.thumbprint(jwk.public_jwk(signer.public_key))}


def _not_delegated(message: str) -> UntrustedError:
    return UntrustedError(message, code="TRUST_MARK_DELEGATION", clause=_DELEGATION_CLAUSE)
