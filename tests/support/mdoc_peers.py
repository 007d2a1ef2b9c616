# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""One mdoc, its issuer and its holder, as tests against other implementations need them.

The trust is our own, from the IACA down, so that a certificate that is wrong is refused for what is wrong with it.  A
`Scene` is right in all but what a test changes, and its certificates are valid around the time that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tests.support import mdoc_pki
from tests.support.pki import Change, Draft, unchanged
from vcwallet.claims import ClaimPath, Concealment
from vcwallet.cose import sign1
from vcwallet.cose.header import ALG
from vcwallet.encoding import base64url, cbor
from vcwallet.errors import NotAuthorisedError
from vcwallet.formats.base import Binding, CredentialContent, IssuerKey, VerifiedCredential
from vcwallet.formats.mdoc import HeldMdoc, Mdoc, device_signed, document, transcript
from vcwallet.keys.policy import KeySource, Role, TrustedKey
from vcwallet.keys.signer import Signer
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.certificates import CertificateAuthority, to_der
from vcwallet.trust.document_signer import DocumentSignerValidator

DOC_TYPE = "org.example.pass.1"
SPACE = "org.example.pass.1.elements"
OTHER_SPACE = "org.example.pass.1.more"
CLAIMS: Mapping[str, Mapping[str, Any]] = {
    SPACE: {"given_name": "太郎", "family_name": "見本", "age_over_20": True, "portrait": b"\xff\xd8\xff"},
    OTHER_SPACE: {"level": 3},
}
CHOSEN: tuple[ClaimPath, ...] = ((SPACE, "given_name"), (SPACE, "age_over_20"))
SEEN = {SPACE: {"given_name": "太郎", "age_over_20": True}}
BINDING = Binding(
    audience="x509_hash:verifier", nonce="n-0S6_WzA2Mj-abcdefgh", response_uri="https://verifier.example/answer"
)

ISSUER_KEY = SoftwareSigner.generate()
DEVICE_KEY = SoftwareSigner.generate()
STRANGER_KEY = SoftwareSigner.generate()
_IACA_KEY = SoftwareSigner.generate()
_DAY = timedelta(days=1)

Edit = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class IacaTrust:
    """Trusts every document signer below one IACA, for every type."""

    validator: DocumentSignerValidator

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        if role is not Role.DOCUMENT_SIGNER:
            raise NotAuthorisedError("a document signer signs documents only")
        signer = self.validator.validate(source.chain, at=at)
        return TrustedKey(
            key=signer.key,
            party=signer.party or "",
            source="iaca",
            country=signer.country,
            jurisdiction=signer.jurisdiction,
            not_before=signer.signer_not_before,
            not_after=signer.signer_not_after,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who issues what to whom, and for whom it is presented.

    Attributes:
        at: the time.
        claims: by namespace, the elements.
        format: our format with its options.
        iaca_key: the key of the IACA.
        issuer_key: the key of the document signer.
        device_key: the key that the document is bound to.
        signed, until: when it was signed and when it ends, counted from `at`.
        iaca, signer: what is changed about the certificates.
    """

    at: datetime
    claims: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: CLAIMS)
    format: Mdoc = field(default_factory=Mdoc)
    iaca_key: SoftwareSigner = _IACA_KEY
    issuer_key: SoftwareSigner = ISSUER_KEY
    device_key: SoftwareSigner = DEVICE_KEY
    signed: timedelta = -_DAY
    until: timedelta = 30 * _DAY
    iaca: Change = unchanged
    signer: Change = unchanged

    def but(self, **changes: Any) -> Scene:
        return replace(self, **changes)

    # --- certificates ---

    @property
    def authority(self) -> CertificateAuthority:
        """The IACA."""
        return mdoc_pki.iaca(self._around(self.iaca), signer=self.iaca_key)

    @property
    def document_signer(self) -> CertificateAuthority:
        return mdoc_pki.document_signer(self.authority, self._around(self.signer), signer=self.issuer_key)

    @property
    def trust(self) -> IacaTrust:
        return IacaTrust(DocumentSignerValidator([to_der(self.authority.certificate)]))

    def _around(self, then: Change) -> Change:
        def change(draft: Draft) -> None:
            draft.not_before, draft.not_after = self.at - 60 * _DAY, self.at + 60 * _DAY
            then(draft)

        return change

    # --- issuing, holding, presenting ---

    def issued(self) -> str:
        """The mdoc, as base64url of IssuerSigned."""
        content = CredentialContent(
            type_id=DOC_TYPE,
            claims=self.claims,
            concealment=Concealment(),
            holder=self.device_key.public_key,
            issued_at=self.at + self.signed,
            expires=self.at + self.until,
        )
        chain = (to_der(self.document_signer.certificate),)
        return self.format.issue(content, issuer=IssuerKey(signer=self.issuer_key, chain=chain, identifier=None))

    def held(self) -> HeldMdoc:
        return self.format.reopen(self.issued())

    def answer(self, *, binding: Binding = BINDING, signer: Signer | None = None, mso: Edit | None = None) -> bytes:
        """The DeviceResponse, signed by a device; with an edit of the MobileSecurityObject the issuer signs anew."""
        part = self.held().document(CHOSEN, session_transcript=transcript.of(binding), signer=signer or self.device_key)
        answer = document.write([part])
        return answer if mso is None else edited(answer, lambda one: self._sign_again(one, mso))

    def _sign_again(self, one: Any, mso: Edit) -> None:
        _, unprotected, payload, _ = one["issuerSigned"]["issuerAuth"]
        members = cbor.loads(cbor.loads(payload).content)
        mso(members)
        payload = cbor.embedded(cbor.dumps(members))
        one["issuerSigned"]["issuerAuth"] = sign1.sign(payload, signer=self.issuer_key, unprotected=unprotected)

    def answer_of_device(self, says: Mapping[str, Mapping[str, Any]]) -> bytes:
        """The DeviceResponse of a device that says something by itself, whether it may or not."""
        name_spaces = cbor.dumps(says)
        signed = device_signed.device_authentication(transcript.of(BINDING), DOC_TYPE, name_spaces)
        proof = sign1.prepare(signed, algorithm=self.device_key.public_key.algorithm, detached=True)

        def edit(one: Any) -> None:
            one["deviceSigned"] = {
                "nameSpaces": cbor.Tag(24, name_spaces),
                "deviceAuth": {"deviceSignature": proof.finish(self.device_key.sign(proof.to_be_signed))},
            }

        return edited(self.answer(), edit)

    def verified(self, answer: bytes, *, binding: Binding = BINDING) -> VerifiedCredential:
        """What we make of an answer."""
        presented = self.format.read_presentation(base64url.encode(answer))
        return presented.verify(binding=binding, trust=self.trust, at=self.at)


def edited(answer: bytes, edit: Edit) -> bytes:
    """Return an answer with its document edited, and nothing signed again."""
    response = cbor.loads(answer)
    edit(response["documents"][0])
    return cbor.dumps(response)


def edited_response(answer: bytes, **members: Any) -> bytes:
    """Return an answer with members of the DeviceResponse exchanged."""
    return cbor.dumps(cbor.loads(answer) | members)


def signed_under(message: list[Any], protected: bytes, *, payload: bytes, signer: Signer) -> list[Any]:
    """Return a COSE_Sign1 with another protected header than its signer would write, and a signature over that."""
    return [protected, *message[1:3], signer.sign(cbor.dumps(["Signature1", protected, b"", payload]))]


def named(algorithm: int) -> bytes:
    """Return a protected header that names an algorithm."""
    return cbor.dumps({ALG: algorithm})
