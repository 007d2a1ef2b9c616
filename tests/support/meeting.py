# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet and a verifier face to face, in memory (ISO/IEC 18013-5): the messages go from hand to hand.

What honest readers would not do is done by hand here: `device_request` and `Meeting.deliver`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.world import MDOC, SHOPPING, AgeCard, World, approved
from vcwallet.encoding import cbor
from vcwallet.formats.mdoc import DeviceResponse
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.proximity.device_request import DeviceRequest, DocRequest, ItemsRequest, sign_doc_request
from vcwallet.trust.enrolment import Enrolment
from vcwallet.verifier import Ask, Verified, Verifier, ask
from vcwallet.verifier.session import VerifierSession
from vcwallet.wallet import Prompt, Wallet
from vcwallet.wallet.session import WalletSession

TERMINATION = bytes.fromhex("a16673746174757314")
"""The message with status 20 and nothing else (clause 9.1.1.4, table 20)."""
DECRYPTION_FAILED = bytes.fromhex("a1667374617475730a")
NOT_CBOR = bytes.fromhex("a1667374617475730b")


@dataclass
class Meeting:
    """One session of each side; `Meeting.of` lets a world's wallet meet its shop."""

    phone: WalletSession
    till: VerifierSession
    sent: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, world: World, *, verifier: Verifier | None = None, wallet: Wallet | None = None) -> Meeting:
        phone = (wallet or world.wallet).start_session()
        return cls(phone, (verifier or world.shop).start_session(phone.qr))

    def ask(self, *questions: Any, purpose: str = SHOPPING.code) -> Prompt:
        """Let the reader ask, and return what the phone shows."""
        return self.phone.receive(self.request(*questions, purpose=purpose))

    def request(self, *questions: Any, purpose: str = SHOPPING.code) -> bytes:
        """Return the reader's message; a text is an element of the age card."""
        named = [one for one in questions if isinstance(one, str)]
        asks: list[Ask] = [ask(AgeCard, *named)] if named else []
        message = self.till.request(*asks, *(one for one in questions if not isinstance(one, str)), purpose=purpose)
        self.sent.append(message)
        return message

    def answer(self, prompt: Prompt, **approval: Any) -> Verified:
        """Let the holder say yes to everything, and return what the reader has verified."""
        return self.till.receive(self.message(prompt, **approval))

    def message(self, prompt: Prompt, **approval: Any) -> bytes:
        """Return the phone's message with the answer."""
        message = self.phone.answer(approved(prompt, **approval))
        self.sent.append(message)
        return message

    def deliver(self, request: bytes) -> Prompt:
        """Let the reader send these bytes as its DeviceRequest, and return what the phone shows."""
        return self.phone.receive(self.till._session.send_request(request, at=self.till._clock()))

    def respond(self, response: bytes) -> Verified:
        """Let the phone send these bytes as its DeviceResponse, and return what the reader has verified."""
        return self.till.receive(self.phone._session.send_response(response, at=self.phone._clock()))

    @property
    def transcript(self) -> bytes:
        return self.till._session.session_transcript


def age_world(*, also: tuple[str, ...] = (), **ages: Any) -> World:
    """Return a world of mdocs whose wallet has an age card."""
    world = World(MDOC, also=also)
    world.hold(AgeCard(**(ages or {"age_over_18": True, "age_over_20": True, "age_over_65": False})))
    return world


def elements_of(response: bytes, number: int = 0) -> dict[str, dict[str, Any]]:
    """Return what a DeviceResponse says of a document, unverified."""
    document = DeviceResponse.loads(response).documents[number]
    return {
        name: {item["elementIdentifier"]: item["elementValue"] for item in (cbor.loads(one.content) for one in items)}
        for name, items in document["issuerSigned"].get("nameSpaces", {}).items()
    }


AGE_NAMESPACE = str(AgeCard.doctype)


def items(
    elements: Mapping[str, bool] | Sequence[str] = ("age_over_20",),
    *,
    doc_type: str = AGE_NAMESPACE,
    namespace: str = AGE_NAMESPACE,
    purpose: str | None = SHOPPING.code,
    registration: str | None = None,
) -> ItemsRequest:
    """Return a question for elements, each of which is not to be kept."""
    asked = elements if isinstance(elements, Mapping) else dict.fromkeys(elements, False)
    return ItemsRequest.create(doc_type, {namespace: asked}, purpose=purpose, registration=registration)


def device_request(
    meeting: Meeting,
    enrolment: Enrolment,
    *asked: ItemsRequest,
    signer: SoftwareSigner | None = None,
    transcript: bytes | None = None,
    signed: bool = True,
) -> bytes:
    """Return a DeviceRequest for a meeting that somebody signs, or nobody."""
    requests = [
        sign_doc_request(
            one,
            signer=signer or enrolment.signer,
            chain=enrolment.mdoc_chain,
            session_transcript=meeting.transcript if transcript is None else transcript,
        )
        if signed
        else DocRequest.unsigned(one)
        for one in asked
    ]
    return DeviceRequest.create(requests).encoded
