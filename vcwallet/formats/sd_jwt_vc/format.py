# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The format as a value with options, and issuing with it (SD-JWT VC, section 2).

>>> from datetime import UTC, datetime, timedelta
>>> from vcwallet.claims import Concealment
>>> from vcwallet.formats.base import CredentialContent, IssuerKey
>>> from vcwallet.formats.sd_jwt_vc import SdJwtVc
>>> from vcwallet.keys.software import SoftwareSigner
>>> at = datetime(2026, 11, 23, tzinfo=UTC)
>>> content = CredentialContent(
...     type_id="https://example.com/identity",
...     claims={"given_name": "Arthur"},
...     concealment=Concealment.of([("given_name",)]),
...     holder=SoftwareSigner.generate().public_key,
...     issued_at=at,
...     expires=at + timedelta(days=90),
... )
>>> issuer = IssuerKey(signer=SoftwareSigner.generate(), chain=(), identifier="https://example.com")
>>> SdJwtVc().issue(content, issuer=issuer).count("~")
2
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from vcwallet.encoding import json
from vcwallet.errors import MalformedError
from vcwallet.formats.base import CredentialContent, IssuerKey
from vcwallet.formats.sd_jwt.disclosure import SD_ALG, HashAlgorithm
from vcwallet.formats.sd_jwt.issuance import combine, conceal
from vcwallet.formats.sd_jwt_vc.held import HeldSdJwtVc
from vcwallet.formats.sd_jwt_vc.presentation import IssuedSdJwtVc, PresentedSdJwtVc
from vcwallet.formats.sd_jwt_vc.vocabulary import FORMAT, REGISTERED, TYP
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws, jwt
from vcwallet.jose.jws import PreparedJws
from vcwallet.keys import jwk
from vcwallet.keys.algorithm import CLASSICAL, Algorithm
from vcwallet.keys.policy import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class SdJwtVc:
    """SD-JWT VC with its options; the defaults are those of OpenID4VC HAIP.

    Attributes:
        hash_algorithm: the digests' hash function when issuing.
        decoys: how many random digests hide the number of claims, for each object and array that conceals something.
        name_issuer: whether to write ``iss``; without it the certificate alone names the issuer.
        algorithms: the signature algorithms that are accepted when reading.
    """

    hash_algorithm: HashAlgorithm = HashAlgorithm.SHA_256
    decoys: int = 0
    name_issuer: bool = True
    algorithms: frozenset[Algorithm] = CLASSICAL

    @property
    def format(self) -> str:
        """``dc+sd-jwt``."""
        return FORMAT

    @property
    def issuer_role(self) -> Role:
        """An issuer's own certificate signs (``x5c``)."""
        return Role.CREDENTIAL_ISSUER

    def issue(self, content: CredentialContent, *, issuer: IssuerKey) -> str:
        """Return a credential in compact serialisation, with all its disclosures.

        Raises:
            MalformedError: a claim has the name of a registered claim (code ``RESERVED_NAME``).
        """
        prepared, disclosures = self.prepare(content, issuer=issuer)
        return combine(prepared.finish(issuer.signer.sign(prepared.signing_input)), disclosures)

    def prepare(
        self,
        content: CredentialContent,
        *,
        issuer: IssuerKey,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> tuple[PreparedJws, list[str]]:
        """Return what the issuer's key has to sign, and the disclosures, for a key that is far away.

        Raises:
            MalformedError: a claim has the name of a registered claim (code ``RESERVED_NAME``).
        """
        if not REGISTERED.isdisjoint(content.claims):
            raise MalformedError("a claim has the name of a registered claim", code="RESERVED_NAME")
        payload, disclosures = conceal(
            content.claims,
            content.concealment,
            hash_algorithm=self.hash_algorithm,
            decoys=self.decoys,
            random_bytes=random_bytes,
        )
        payload.setdefault(SD_ALG, self.hash_algorithm.value)
        payload.update(self._registered_claims(content, issuer))
        encoded_header = _header(issuer.signer.public_key.algorithm, issuer.chain, issuer.key_id, issuer.trust_chain)
        return jws.prepare(json.dumps(payload), encoded_header=encoded_header), disclosures

    def _registered_claims(self, content: CredentialContent, issuer: IssuerKey) -> dict[str, Any]:
        claims: dict[str, Any] = {
            "vct": content.type_id,
            "iat": jwt.seconds(content.issued_at),
            "exp": jwt.seconds(content.expires),
        }
        if self.name_issuer and issuer.identifier is not None:
            claims["iss"] = issuer.identifier
        if content.holder is not None:
            claims["cnf"] = {"jwk": jwk.public_jwk(content.holder)}
        if content.type_integrity is not None:
            claims["vct#integrity"] = content.type_integrity
        if content.status is not None:
            claims["status"] = content.status
        return claims

    def read_issued(self, raw: str, /) -> IssuedSdJwtVc:
        """Return what an issuer sent, for checking."""
        return IssuedSdJwtVc(raw, algorithms=self.algorithms)

    def reopen(self, raw: str, /) -> HeldSdJwtVc:
        """Return a credential that was checked when it was received and comes from the holder's own store.

        Raises:
            VcError: the stored text is no SD-JWT VC.
        """
        return HeldSdJwtVc.from_store(raw)

    def read_presentation(self, raw: str, /) -> PresentedSdJwtVc:
        """Return what a wallet sent, for checking."""
        return PresentedSdJwtVc(raw, algorithms=self.algorithms)


@lru_cache(maxsize=256)
def _header(algorithm: Algorithm, chain: tuple[bytes, ...], key_id: str | None, trust_chain: tuple[str, ...]) -> str:
    """Return the protected header, which is the same for every credential of one issuer's key."""
    members: dict[str, Any] = {"typ": TYP}
    if chain:
        members["x5c"] = jose_header.x5c(chain)
    if key_id is not None:
        members["kid"] = key_id
    if trust_chain:
        members["trust_chain"] = trust_chain
    return jws.encode_header(members, algorithm)
