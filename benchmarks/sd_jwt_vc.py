# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""SD-JWT VC against its floor: the signatures, hashes and salts that the same work cannot do without."""

from __future__ import annotations

import hashlib
import os

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.scene import QUARTER, RECORD, Scene
from benchmarks.timing import Comparison, Work, compare
from vcwallet import SdJwtVc
from vcwallet.keys.public import ECDSA
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient

SALT_BYTES = 16  # RFC 9901, section 9.3


def run() -> list[Comparison]:
    """Measure issuing, presenting three of ten, and verifying a presentation that carries a chain of two certificates.

    A verifier remembers the chains that it has validated, so the usual cost is that of the first verify row; the rows
    below it show the same against a floor without the chain, and what the first presentation of an issuer costs.
    """
    scene = Scene.set(SdJwtVc())
    return [
        compare("issue, 10 claims", _issue(scene), _issue_floor(scene), target=0.50),
        compare("  by an issuer, from a record", _issue_record(scene), _issue_floor(scene)),
        compare("present 3 of 10", _present(scene), _present_floor(scene), target=0.50),
        compare("verify, chain of 2", _verify(scene), _verify_floor(scene, chain=True), target=0.65),
        compare("  floor without the chain", _verify(scene), _verify_floor(scene, chain=False)),
        compare("  chain not seen before", _verify_anew(scene), _verify_floor(scene, chain=True)),
    ]


def _issue(scene: Scene) -> Work:
    content, key = scene.content, scene.issuer_key
    writer = SdJwtVc()
    return lambda: writer.issue(content, issuer=key)


def _issue_record(scene: Scene) -> Work:
    # The whole road: the record's model, the issuer's authorisation now, the times, then the same as above.
    return lambda: scene.issuer.issue(RECORD, format=SdJwtVc, holder=scene.holder, valid_for=QUARTER)


def _issue_floor(scene: Scene) -> Work:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer_jwt, *disclosures, _ = scene.credential.raw.split("~")
    signing_input = issuer_jwt.rpartition(".")[0].encode()
    texts = [disclosure.encode() for disclosure in disclosures]
    algorithm = ECDSA[scene.holder.public_key.algorithm]

    def floor() -> None:
        for text in texts:
            os.urandom(SALT_BYTES)
            hashlib.sha256(text).digest()
        key.sign(signing_input, algorithm)

    return floor


def _present(scene: Scene) -> Work:
    return lambda: scene.held.present(scene.paths, binding=scene.binding, signer=scene.holder, at=scene.at)


def _present_floor(scene: Scene) -> Work:
    key = ec.generate_private_key(ec.SECP256R1())
    head, _, key_binding = scene.presentation.rpartition("~")
    shown, signing_input = f"{head}~".encode(), key_binding.rpartition(".")[0].encode()
    algorithm = ECDSA[scene.holder.public_key.algorithm]

    def floor() -> None:
        hashlib.sha256(shown).digest()
        key.sign(signing_input, algorithm)

    return floor


def _verify(scene: Scene) -> Work:
    reader = SdJwtVc()
    return lambda: reader.read_presentation(scene.presentation).verify(
        binding=scene.binding, trust=scene.trust, at=scene.at
    )


def _verify_anew(scene: Scene) -> Work:
    reader = SdJwtVc()
    forgetful = TrustedListClient.start(scene.shop.trust, store=MemoryStore(), at=scene.at, max_kept_chains=0)
    return lambda: reader.read_presentation(scene.presentation).verify(
        binding=scene.binding, trust=forgetful, at=scene.at
    )


def _verify_floor(scene: Scene, *, chain: bool) -> Work:
    algorithm = ECDSA[scene.holder.public_key.algorithm]
    key = ec.generate_private_key(ec.SECP256R1())
    head, _, key_binding = scene.presentation.rpartition("~")
    issuer_jwt, *disclosures = head.split("~")
    signed = [issuer_jwt.rpartition(".")[0].encode(), key_binding.rpartition(".")[0].encode()]
    if chain:
        signed += [x509.load_der_x509_certificate(der).tbs_certificate_bytes for der in scene.city.chain]
    pairs = [(key.sign(data, algorithm), data) for data in signed]
    hashed = [f"{head}~".encode(), *(disclosure.encode() for disclosure in disclosures)]
    public = key.public_key()

    def floor() -> None:
        for text in hashed:
            hashlib.sha256(text).digest()
        for signature, data in pairs:
            public.verify(signature, data, algorithm)

    return floor
