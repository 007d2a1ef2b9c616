# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An SD-JWT VC in its holder's hands: what it says, and presenting parts of it (RFC 9901, section 5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from vcwallet.claims import ClaimPath, JsonObject, any_position
from vcwallet.errors import LocalProtocolError
from vcwallet.formats.authorities import authorities_of
from vcwallet.formats.base import Binding
from vcwallet.formats.sd_jwt import serialization
from vcwallet.formats.sd_jwt.key_binding import confirmation_key, prepare_key_binding
from vcwallet.formats.sd_jwt.verified import VerifiedSdJwt
from vcwallet.formats.sd_jwt_vc.transaction_data import OURS, authorisation
from vcwallet.formats.sd_jwt_vc.vocabulary import FORMAT, TYP
from vcwallet.jose import jws, jwt
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer

_ENVELOPE = frozenset({"iss", "iat", "nbf", "exp", "vct", "vct#integrity", "aka_vcts"})
_KEY = frozenset({("cnf", "jwk", member) for member in ("kty", "crv", "x", "y", "alg", "pub")})
_STATUS = frozenset({("status", "status_list", member) for member in ("idx", "uri")})


@dataclass(frozen=True)
class HeldSdJwtVc:
    """A credential that was checked when it was received."""

    sd_jwt: VerifiedSdJwt

    @classmethod
    def from_store(cls, raw: str) -> HeldSdJwtVc:
        """Return a credential from the holder's own store, without checking its signature again.

        Raises:
            VcError: the stored text is no SD-JWT VC.
        """
        parsed = serialization.parse(raw)
        payload = jws.payload_object(parsed.issuer_jwt.unverified_payload)
        jwt.require_typ(parsed.issuer_jwt.header, TYP)
        jwt.text(payload, "vct")
        return cls(parsed.processed(payload))

    @property
    def format(self) -> str:
        """``dc+sd-jwt``."""
        return FORMAT

    @property
    def type_ids(self) -> tuple[str, ...]:
        """The ``vct``, and the types of ``aka_vcts``."""
        claims = self.claims
        return (claims["vct"], *claims.get("aka_vcts", ()))

    @property
    def claims(self) -> dict[str, Any]:
        """Every claim, registered ones included."""
        return self.sd_jwt.claims

    @cached_property
    def holder_key(self) -> PublicKey | None:
        """The key of ``cnf``; None for a bearer credential."""
        return confirmation_key(self.claims)

    @cached_property
    def concealed(self) -> frozenset[ClaimPath]:
        """The claims that are disclosures wherever they stand, with null for every array position."""
        hidden = frozenset(placement.path for placement in self.sd_jwt.processed.placements)
        named = frozenset(map(any_position, hidden))
        if named == hidden:
            return named  # no array position is among them, so each path is one claim
        # Of an issuer that hides one element and not its neighbour, nothing may pass for hidden that can be seen.
        seen = {any_position(path) for path in _nodes(self.claims, ()) if path not in hidden}
        return named - seen

    @property
    def type_integrity(self) -> str | None:
        """The value of ``vct#integrity``, if there is one."""
        return self.claims.get("vct#integrity")

    @property
    def status(self) -> JsonObject | None:
        """The value of ``status``, if there is one."""
        return self.claims.get("status")

    @property
    def issuer_chain(self) -> tuple[bytes, ...]:
        """The certificates of ``x5c``."""
        return self.sd_jwt.issuer_jwt.header.chain

    @property
    def expires(self) -> datetime | None:
        """The time of ``exp``, if there is one."""
        return jwt.numeric_date(self.claims, "exp")

    @cached_property
    def authorities(self) -> frozenset[tuple[str, str]]:
        """The authority key identifiers of its certificates, as ``("aki", base64url)``."""
        return authorities_of(self.issuer_chain)

    def is_envelope(self, path: ClaimPath, /) -> bool:
        """Tell whether a claim is a registered one, a member of the holder's key, or the place in a status list."""
        return path[0] in _ENVELOPE or path in _KEY or path in _STATUS

    def disclosed_by(self, paths: Iterable[ClaimPath], /) -> tuple[ClaimPath, ...]:
        """Return every claim that presenting `paths` shows, always disclosed ones included, leaf by leaf.

        Raises:
            NoMatchError: a path selects no claim.
        """
        shown = HeldSdJwtVc.from_store(self.sd_jwt.select(paths))
        return tuple(_leaves(shown.claims, ()))

    @property
    def transaction_hashes(self) -> frozenset[str]:
        """The hash functions of a key binding JWT; none for a bearer credential."""
        return frozenset() if self.holder_key is None else OURS

    def presented_bytes(self, paths: Iterable[ClaimPath], /) -> int:
        """Return how long the SD-JWT with the disclosures that `paths` need is.

        Raises:
            NoMatchError: a path selects no claim.
        """
        return len(self.sd_jwt.select(paths))

    def present(self, paths: Iterable[ClaimPath], /, *, binding: Binding, signer: Signer | None, at: datetime) -> str:
        """Return the SD-JWT with the disclosures that `paths` need, bound to the request by the holder's key.

        Args:
            paths: the claims to show.
            binding: to whom and for which request.
            signer: the holder's key; None only for a bearer credential.
            at: the time of presenting.

        Raises:
            NoMatchError: a path selects no claim.
            LocalProtocolError: the signer is not the key that the credential is bound to.
        """
        selected = self.sd_jwt.select(paths)
        if self.holder_key is None and signer is None and not binding.transaction_data:
            return selected
        if signer is None or signer.public_key != self.holder_key:
            raise LocalProtocolError("the credential is bound to another key", code="WRONG_KEY")
        prepared = prepare_key_binding(
            selected,
            audience=binding.audience,
            nonce=binding.nonce,
            algorithm=signer.public_key.algorithm,
            hash_algorithm=self.sd_jwt.hash_algorithm,
            at=at,
            extra=authorisation(binding.transaction_data) if binding.transaction_data else None,
        )
        return selected + prepared.finish(signer.sign(prepared.signing_input))


def _leaves(node: Any, path: ClaimPath) -> Iterator[ClaimPath]:
    if isinstance(node, dict) and node:
        for name, value in node.items():
            yield from _leaves(value, (*path, name))
    elif isinstance(node, list) and node:
        for position, value in enumerate(node):
            yield from _leaves(value, (*path, position))
    else:
        yield path


def _nodes(node: Any, path: ClaimPath) -> Iterator[ClaimPath]:
    """Yield every claim below a node, those with parts as well as the innermost."""
    parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, part in parts:
        yield (*path, name)
        yield from _nodes(part, (*path, name))
