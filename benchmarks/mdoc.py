# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""ISO mdoc against its floor: the signatures, hashes and random bytes that the same work cannot do without."""

from __future__ import annotations

import hashlib
import os

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.scene import QUARTER, RECORD, Scene
from benchmarks.timing import Comparison, Work, compare
from vcwallet import Mdoc
from vcwallet.encoding import base64url, cbor
from vcwallet.formats.mdoc import issuer_signed
from vcwallet.keys.public import ECDSA
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient


def run() -> list[Comparison]:
    """Measure issuing, presenting three of ten, and verifying a presentation with the document signer's certificate.

    The rows are those of `benchmarks.sd_jwt_vc`; the chain of an mdoc is one certificate below its IACA.
    """
    scene = Scene.set(Mdoc())
    return [
        compare("issue, 10 elements", _issue(scene), _issue_floor(scene), target=0.45),
        compare("  by an issuer, from a record", _issue_record(scene), _issue_floor(scene)),
        compare("present 3 of 10", _present(scene), _present_floor(scene), target=0.45),
        compare("verify, document signer", _verify(scene), _verify_floor(scene, chain=True), target=0.65),
        compare("  floor without the certificate", _verify(scene), _verify_floor(scene, chain=False)),
        compare("  certificate not seen before", _verify_anew(scene), _verify_floor(scene, chain=True)),
    ]


def _issue(scene: Scene) -> Work:
    content, key, writer = scene.content, scene.issuer_key, scene.writer
    return lambda: writer.issue(content, issuer=key)


def _issue_record(scene: Scene) -> Work:
    # The whole road: the record's model, the issuer's authorisation now, the times, then the same as above.
    return lambda: scene.issuer.issue(RECORD, format=scene.writer, holder=scene.holder, valid_for=QUARTER)


def _issue_floor(scene: Scene) -> Work:
    key = ec.generate_private_key(ec.SECP256R1())
    signed = issuer_signed.read(cbor.loads(base64url.decode(scene.credential.raw)))
    items = [item.encoded for elements in signed.items.values() for item in elements]
    payload = signed.issuer_auth.unverified_payload or b""
    algorithm = ECDSA[scene.holder.public_key.algorithm]

    def floor() -> None:
        for item in items:
            os.urandom(issuer_signed.RANDOM_BYTES)
            hashlib.sha256(item).digest()
        key.sign(payload, algorithm)

    return floor


def _present(scene: Scene) -> Work:
    return lambda: scene.held.present(scene.paths, binding=scene.binding, signer=scene.holder, at=scene.at)


def _present_floor(scene: Scene) -> Work:
    key = ec.generate_private_key(ec.SECP256R1())
    algorithm = ECDSA[scene.holder.public_key.algorithm]
    info, signed = bytes(120), bytes(200)  # what the handover hashes, and what the device signs

    def floor() -> None:
        hashlib.sha256(info).digest()
        key.sign(signed, algorithm)

    return floor


def _verify(scene: Scene) -> Work:
    return lambda: scene.writer.read_presentation(scene.presentation).verify(
        binding=scene.binding, trust=scene.trust, at=scene.at
    )


def _verify_anew(scene: Scene) -> Work:
    forgetful = TrustedListClient.start(scene.shop.trust, store=MemoryStore(), at=scene.at, max_kept_chains=0)
    return lambda: scene.writer.read_presentation(scene.presentation).verify(
        binding=scene.binding, trust=forgetful, at=scene.at
    )


def _verify_floor(scene: Scene, *, chain: bool) -> Work:
    algorithm = ECDSA[scene.holder.public_key.algorithm]
    key = ec.generate_private_key(ec.SECP256R1())
    signed = issuer_signed.read(cbor.loads(base64url.decode(scene.credential.raw)))
    messages = [signed.issuer_auth.unverified_payload or b"", bytes(200)]
    if chain:
        messages += [x509.load_der_x509_certificate(der).tbs_certificate_bytes for der in scene.city.mdoc_chain]
    pairs = [(key.sign(data, algorithm), data) for data in messages]
    items = [item.encoded for elements in signed.items.values() for item in elements][:3]
    public = key.public_key()

    def floor() -> None:
        for item in items:
            hashlib.sha256(item).digest()
        for signature, data in pairs:
            public.verify(signature, data, algorithm)

    return floor
