# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The format as a value with options, and issuing with it (ISO/IEC 18013-5, clauses 9.1.2 and 9.3.1).

>>> from datetime import UTC, datetime
>>> from vcwallet.claims import Concealment
>>> from vcwallet.formats.base import CredentialContent, IssuerKey
>>> from vcwallet.formats.mdoc import Mdoc
>>> from vcwallet.keys.software import SoftwareSigner
>>> content = CredentialContent(
...     type_id="org.example.pass.1",
...     claims={"org.example.pass.1": {"given_name": "Arthur", "age_over_20": True}},
...     concealment=Concealment(),
...     holder=SoftwareSigner.generate().public_key,
...     issued_at=datetime(2026, 11, 23, tzinfo=UTC),
...     expires=datetime(2027, 2, 21, tzinfo=UTC),
... )
>>> issuer = IssuerKey(signer=SoftwareSigner.generate(), chain=(), identifier=None)
>>> raw = Mdoc().issue(content, issuer=issuer)
>>> Mdoc().reopen(raw).claims
{'org.example.pass.1': {'given_name': 'Arthur', 'age_over_20': True}}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from os import urandom
from struct import Struct
from typing import Any

from vcwallet.cose import sign1
from vcwallet.cose.header import X5CHAIN, x5chain
from vcwallet.cose.sign1 import PreparedSign1
from vcwallet.encoding import base64url
from vcwallet.errors import LimitExceededError, LocalProtocolError, MalformedError
from vcwallet.formats.base import CredentialContent, IssuerKey
from vcwallet.formats.mdoc import issuer_signed, mso
from vcwallet.formats.mdoc.held import HeldMdoc
from vcwallet.formats.mdoc.issuer_signed import MAX_ITEMS, RANDOM_BYTES
from vcwallet.formats.mdoc.mso import NOTHING_AUTHORISED, KeyAuthorizations, ValidityInfo
from vcwallet.formats.mdoc.presentation import IssuedMdoc, PresentedMdoc
from vcwallet.formats.mdoc.values import encode
from vcwallet.formats.mdoc.vocabulary import FORMAT, DigestAlgorithm
from vcwallet.keys.algorithm import CLASSICAL, Algorithm
from vcwallet.keys.policy import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedMdoc:
    """An mdoc that lacks only the issuer's signature.

    Attributes:
        issuer_auth: the signature to be made.
        items: by namespace, the encoded data elements.
    """

    issuer_auth: PreparedSign1 = field(repr=False)
    items: Mapping[str, tuple[bytes, ...]] = field(repr=False)

    @property
    def to_be_signed(self) -> bytes:
        """What the issuer's key has to sign."""
        return self.issuer_auth.to_be_signed

    def finish(self, signature: bytes) -> str:
        """Return the mdoc as base64url of its IssuerSigned (OpenID4VCI 1.0, appendix A.2.4)."""
        return base64url.encode(issuer_signed.write(self.items, self.issuer_auth.encoded(signature)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mdoc:
    """ISO mdoc with its options; the defaults are those of OpenID4VC HAIP.

    Attributes:
        digest_algorithm: the digests' hash function when issuing.
        decoys: how many random digests hide the number of elements, for each namespace.
        key_authorizations: what the holder's device may say by itself.
        algorithms: the signature algorithms that are accepted when reading.
    """

    digest_algorithm: DigestAlgorithm = DigestAlgorithm.SHA_256
    decoys: int = 0
    key_authorizations: KeyAuthorizations = NOTHING_AUTHORISED
    algorithms: frozenset[Algorithm] = CLASSICAL

    def __post_init__(self) -> None:
        if self.decoys < 0:
            raise ValueError("there are no fewer digests than elements")

    @property
    def format(self) -> str:
        """``mso_mdoc``."""
        return FORMAT

    @property
    def issuer_role(self) -> Role:
        """A document signer below an IACA signs (ISO/IEC 18013-5, annex B)."""
        return Role.DOCUMENT_SIGNER

    def issue(self, content: CredentialContent, *, issuer: IssuerKey) -> str:
        """Return an mdoc as base64url of its IssuerSigned, with all its elements.

        Raises:
            LocalProtocolError: no holder's key (``HOLDER_KEY_MISSING``): an mdoc is always bound to one.
            MalformedError: a claim has no form in CBOR (``CLAIM_INVALID``) or no name, or there is none at all.
            LimitExceededError: more than 200 elements.
        """
        prepared = self.prepare(content, issuer=issuer)
        return prepared.finish(issuer.signer.sign(prepared.to_be_signed))

    def prepare(
        self,
        content: CredentialContent,
        *,
        issuer: IssuerKey,
        random_bytes: Callable[[int], bytes] = urandom,
    ) -> PreparedMdoc:
        """Return what the issuer's key has to sign, and the elements, for a key that is far away.

        Raises:
            VcError: as `issue`.
        """
        if content.holder is None:
            raise LocalProtocolError("an mdoc is bound to a holder's key", code="HOLDER_KEY_MISSING")
        if not content.claims or not all(content.claims.values()):
            raise MalformedError("an mdoc has at least one element in each namespace", code="CLAIM_INVALID")
        if "" in content.claims or any("" in elements for elements in content.claims.values()):
            raise MalformedError("a namespace or an element of an mdoc has no name", code="CLAIM_INVALID")
        if sum(map(len, content.claims.values())) > MAX_ITEMS:
            raise LimitExceededError(f"an mdoc has more than {MAX_ITEMS} elements")
        items: dict[str, tuple[bytes, ...]] = {}
        digests: dict[str, list[bytes]] = {}
        for namespace, elements in content.claims.items():
            items[namespace], digests[namespace] = self._namespace(elements, random_bytes)
        payload = mso.write(
            digest_algorithm=self.digest_algorithm,
            digests=digests,
            device_key=content.holder,
            key_authorizations=self.key_authorizations,
            doc_type=content.type_id,
            validity=_validity(content.issued_at, content.expires),
            status=content.status,
        )
        chain = issuer.chain
        return PreparedMdoc(
            issuer_auth=sign1.prepare(
                payload,
                algorithm=issuer.signer.public_key.algorithm,
                unprotected={X5CHAIN: x5chain(chain)} if chain else {},
            ),
            items=items,
        )

    def _namespace(
        self, elements: Mapping[str, Any], random_bytes: Callable[[int], bytes]
    ) -> tuple[tuple[bytes, ...], list[bytes]]:
        """Return the items of a namespace, and its digests in the order of their identifiers."""
        hashed, count = self.digest_algorithm.hash, len(elements) + self.decoys
        salts = [salt for (salt,) in _SALT.iter_unpack(random_bytes(_SALT.size * count))]
        # Salts are random, so their order is a shuffle that says nothing about the elements.
        digest_ids = {salt: number for number, salt in enumerate(sorted(salts))}
        if len(digest_ids) < count:
            raise ValueError("a source of randomness that repeats itself")
        digests, items, write_item = [b""] * count, [], issuer_signed.write_item
        for salt, (element, value) in zip(salts, elements.items(), strict=False):
            digest_id = digest_ids[salt]
            item = write_item(digest_id, salt, element, _encoded(value))
            digests[digest_id] = hashed(item).digest()
            items.append(item)
        for salt in salts[len(elements) :]:
            digests[digest_ids[salt]] = hashed(salt).digest()
        return tuple(items), digests

    def read_issued(self, raw: str, /) -> IssuedMdoc:
        """Return what an issuer sent, for checking."""
        return IssuedMdoc(raw, algorithms=self.algorithms)

    def reopen(self, raw: str, /) -> HeldMdoc:
        """Return a credential from the holder's own store, without checking its signature again.

        Raises:
            VcError: what was stored is no mdoc.
        """
        return HeldMdoc.from_store(raw)

    def read_presentation(self, raw: str, /) -> PresentedMdoc:
        """Return what a wallet sent, for checking."""
        return PresentedMdoc(raw, algorithms=self.algorithms)


@lru_cache(maxsize=256)
def _validity(issued_at: datetime, expires: datetime) -> ValidityInfo:
    """Return the times; they are rounded, so that many credentials have the same."""
    return ValidityInfo(signed=issued_at, valid_from=issued_at, valid_until=expires)


_SALT = Struct(f"{RANDOM_BYTES}s")


def _encoded(value: Any) -> bytes:
    try:
        return encode(value)
    except (TypeError, ValueError):
        raise MalformedError("a claim has no form in CBOR", code="CLAIM_INVALID") from None
