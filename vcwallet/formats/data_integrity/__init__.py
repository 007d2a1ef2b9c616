# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Verifiable Credential Data Integrity 1.0, with the cryptosuites that canonicalise by JCS (W3C)."""

from vcwallet.formats.data_integrity.cryptosuite import Cryptosuite
from vcwallet.formats.data_integrity.proof import (
    Proof,
    ProofPurpose,
    SecuredDocument,
    VerificationMethod,
    add_proof,
    verify_proof,
)

__all__ = [
    "Cryptosuite",
    "Proof",
    "ProofPurpose",
    "SecuredDocument",
    "VerificationMethod",
    "add_proof",
    "verify_proof",
]
