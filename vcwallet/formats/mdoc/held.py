# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An mdoc in its holder's hands: what it says, and presenting parts of it (ISO/IEC 18013-5, clause 9.1.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from vcwallet.claims import ClaimPath, JsonObject, is_present
from vcwallet.cose import mac0, sign1
from vcwallet.encoding import base64url, cbor
from vcwallet.encoding.cbor import CborValue
from vcwallet.errors import LocalProtocolError, NoMatchError
from vcwallet.formats.authorities import authorities_of
from vcwallet.formats.base import Binding
from vcwallet.formats.mdoc import device_signed, document, issuer_signed, transaction_data, transcript
from vcwallet.formats.mdoc.device_signed import NOTHING
from vcwallet.formats.mdoc.document import Errors
from vcwallet.formats.mdoc.issuer_signed import IssuerSigned
from vcwallet.formats.mdoc.mso import MobileSecurityObject
from vcwallet.formats.mdoc.values import json_value
from vcwallet.formats.mdoc.vocabulary import FORMAT
from vcwallet.keys import cose_key
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import KeyAgreement, Signer

DeviceItems = Mapping[str, Mapping[str, CborValue]]
"""By namespace and element, what the device says by itself."""


@dataclass(frozen=True)
class HeldMdoc:
    """A credential that was checked when it was received."""

    issuer_signed: IssuerSigned = field(repr=False)
    mso: MobileSecurityObject

    @classmethod
    def from_store(cls, raw: str) -> HeldMdoc:
        """Return a credential from the holder's own store, without checking its signature again.

        Raises:
            VcError: the stored text is no mdoc.
        """
        signed = issuer_signed.read(cbor.loads(base64url.decode(raw)))
        return cls(signed, MobileSecurityObject.loads(signed.issuer_auth.unverified_payload or b""))

    @property
    def format(self) -> str:
        """``mso_mdoc``."""
        return FORMAT

    @property
    def type_ids(self) -> tuple[str, ...]:
        """The document type."""
        return (self.mso.doc_type,)

    @cached_property
    def claims(self) -> dict[str, Any]:
        """Every element by namespace, in JSON values."""
        return {
            namespace: {item.element: json_value(item.value) for item in items}
            for namespace, items in self.issuer_signed.items.items()
        }

    @property
    def holder_key(self) -> PublicKey:
        """The device key."""
        return self.mso.device_key

    @cached_property
    def concealed(self) -> frozenset[ClaimPath]:
        """Every element: each can be disclosed on its own, and as a whole."""
        return frozenset(
            (namespace, item.element) for namespace, items in self.issuer_signed.items.items() for item in items
        )

    @property
    def type_integrity(self) -> None:
        """None: an mdoc does not pin the metadata of its type."""
        return

    @property
    def expires(self) -> datetime:
        """The time of ``validUntil``."""
        return self.mso.validity.valid_until

    @property
    def status(self) -> JsonObject | None:
        """The ``status`` of the MSO, if there is one."""
        return self.mso.status

    @property
    def issuer_chain(self) -> tuple[bytes, ...]:
        """The certificates of ``x5chain``."""
        return self.issuer_signed.issuer_auth.headers.chain

    @cached_property
    def _issuer_auth(self) -> bytes:
        # The same bytes as came, since every head was the shortest (vcwallet.encoding.cbor).
        return cbor.dumps(self.issuer_signed.issuer_auth_value)

    @cached_property
    def authorities(self) -> frozenset[tuple[str, str]]:
        """The authority key identifiers of its certificates, as ``("aki", base64url)``."""
        return authorities_of(self.issuer_chain)

    def is_envelope(self, path: ClaimPath, /) -> bool:
        """Tell whether a path is a namespace, of which every presentation shows that the document has it."""
        return len(path) < 2

    def disclosed_by(self, paths: Iterable[ClaimPath], /) -> tuple[ClaimPath, ...]:
        """Return the elements that presenting `paths` shows.

        Raises:
            NoMatchError: a path selects no claim.
        """
        wanted = self._select(paths)
        return tuple(
            (name, one) for name, items in self._encoded.items() for one in items if one in wanted.get(name, ())
        )

    @property
    def transaction_hashes(self) -> frozenset[str]:
        """SHA-256, where the issuer lets the device authorise transactions; none otherwise."""
        return transaction_data.hashes(self.mso.key_authorizations)

    def presented_bytes(self, paths: Iterable[ClaimPath], /) -> int:
        """Return how long, in base64url, the issuer's signature and the elements of `paths` are.

        Raises:
            NoMatchError: a path selects no claim.
        """
        wanted = self._select(paths)
        shown = (self._encoded[name][element] for name, elements in wanted.items() for element in elements)
        return (len(self._issuer_auth) + sum(map(len, shown))) * 4 // 3

    def present(self, paths: Iterable[ClaimPath], /, *, binding: Binding, signer: Signer | None, at: datetime) -> str:
        """Return a DeviceResponse in base64url with the elements of `paths`, signed by the device key for the request.

        Args:
            paths: the claims to show; a path into an element shows the element.
            binding: to whom and for which request.
            signer: the device key.
            at: not used: the proof of an mdoc has no time of its own.

        Raises:
            NoMatchError: a path selects no claim.
            LocalProtocolError: the signer is not the device key (``WRONG_KEY``), or the issuer did not authorise it to
                authorise transactions (``KEY_NOT_AUTHORISED``).
        """
        if signer is None or signer.public_key != self.holder_key:
            raise LocalProtocolError("the credential is bound to another key", code="WRONG_KEY")
        one = self.document(
            paths,
            session_transcript=transcript.of(binding),
            signer=signer,
            device_items=transaction_data.device_items(binding.transaction_data),
        )
        return base64url.encode(document.write([one]))

    def document(
        self,
        paths: Iterable[ClaimPath],
        *,
        session_transcript: bytes,
        signer: Signer,
        device_items: DeviceItems | None = None,
        errors: Errors | None = None,
    ) -> bytes:
        """Return the CBOR of a Document that the device key has signed.

        Args:
            paths: the claims to show.
            session_transcript: the CBOR of the SessionTranscript.
            signer: the device key.
            device_items: what the device says by itself; the issuer must have authorised it.
            errors: elements that were asked for and are not returned.

        Raises:
            NoMatchError: a path selects no claim.
            LocalProtocolError: the issuer did not authorise the device to say this (``KEY_NOT_AUTHORISED``).
        """
        name_spaces = self._device_name_spaces(device_items or {})
        prepared = sign1.prepare(
            device_signed.device_authentication(session_transcript, self.mso.doc_type, name_spaces),
            algorithm=signer.public_key.algorithm,
            detached=True,
        )
        proof = prepared.encoded(signer.sign(prepared.to_be_signed))
        return self._document(paths, name_spaces, "deviceSignature", proof, errors)

    def document_with_mac(
        self,
        paths: Iterable[ClaimPath],
        *,
        session_transcript: bytes,
        agreement: KeyAgreement,
        reader_key: Mapping[str, str],
        device_items: DeviceItems | None = None,
        errors: Errors | None = None,
    ) -> bytes:
        """Return the CBOR of a Document with a MAC that only this reader can check (clause 9.1.3.5).

        A reader cannot show such a proof to others.  A device key is used for MACs or for signatures, never for both.

        Args:
            paths: the claims to show.
            session_transcript: the CBOR of the SessionTranscript.
            agreement: the device key.
            reader_key: the reader's ephemeral key as a JWK.
            device_items: what the device says by itself; the issuer must have authorised it.
            errors: elements that were asked for and are not returned.

        Raises:
            NoMatchError: a path selects no claim.
            LocalProtocolError: not the device key (``WRONG_KEY``), or not authorised (``KEY_NOT_AUTHORISED``).
            MalformedError: the reader's key is not on the curve of the device key.
        """
        if cose_key.parse(cose_key.from_jwk(agreement.public_jwk)) != self.holder_key:
            raise LocalProtocolError("the credential is bound to another key", code="WRONG_KEY")
        name_spaces = self._device_name_spaces(device_items or {})
        key = device_signed.mac_key(agreement.agree(dict(reader_key)), session_transcript)
        content = device_signed.device_authentication(session_transcript, self.mso.doc_type, name_spaces)
        proof = cbor.dumps(mac0.mac(content, key=key, detached=True))
        return self._document(paths, name_spaces, "deviceMac", proof, errors)

    def _document(
        self,
        paths: Iterable[ClaimPath],
        name_spaces: bytes,
        kind: str,
        proof: bytes,
        errors: Errors | None,
    ) -> bytes:
        wanted, every = self._select(paths), self._encoded
        # In the order of the credential: that of the request says nothing about the document.
        shown = {
            name: [encoded for one, encoded in items.items() if one in wanted[name]]
            for name, items in every.items()
            if name in wanted
        }
        return document.write_document(
            self.mso.doc_type,
            issuer_signed=issuer_signed.write(shown, self._issuer_auth),
            device_signed=device_signed.write(name_spaces, kind=kind, proof=proof),
            errors=errors,
        )

    def _device_name_spaces(self, items: DeviceItems) -> bytes:
        allowed = self.mso.key_authorizations.allow
        if not all(allowed(namespace, element) for namespace, elements in items.items() for element in elements):
            raise LocalProtocolError("the issuer did not authorise the device to say this", code="KEY_NOT_AUTHORISED")
        return cbor.dumps({namespace: dict(elements) for namespace, elements in items.items()}) if items else NOTHING

    @cached_property
    def _encoded(self) -> dict[str, dict[str, bytes]]:
        """The items by namespace and element, as they came."""
        return {name: {one.element: one.encoded for one in items} for name, items in self.issuer_signed.items.items()}

    def _select(self, paths: Iterable[ClaimPath]) -> dict[str, set[str]]:
        """Return the elements that some paths need, by namespace."""
        wanted: dict[Any, set[Any]] = {}
        for path in paths:
            shown = path[:2]
            if shown not in self.concealed or (shown != path and not is_present(self.claims, path)):
                raise NoMatchError("the credential does not have a claim that is to be presented")
            namespace, element = shown
            wanted.setdefault(namespace, set()).add(element)
        return wanted
