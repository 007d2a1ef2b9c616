# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Keys: algorithms, public keys, and the seams to whoever holds a private key or knows whom to trust."""

from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.policy import KeySource, Role, TrustedKey, TrustPolicy
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import KeyAgreement, KeyStore, Signer

__all__ = [
    "Algorithm",
    "KeyAgreement",
    "KeySource",
    "KeyStore",
    "PublicKey",
    "Role",
    "Signer",
    "TrustPolicy",
    "TrustedKey",
]
