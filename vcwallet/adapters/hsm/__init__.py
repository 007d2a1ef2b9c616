# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Keys in a hardware security module, over PKCS #11 (OASIS PKCS #11 V3.1).

An `HsmKeyStore` makes and finds keys in a token, and gives out signers that are used like any other: to enrol an
issuer, to issue.  The private half never leaves the token.  Keys are on P-256, P-384 or P-521, or Ed25519 where the
token has it.

This needs the extra ``vcwallet[hsm]`` and the library that comes with the device::

    with HsmKeyStore("/usr/lib/softhsm/libsofthsm2.so", token="mirai-city", pin=ask_for_pin) as keys:
        signer = keys.signer(keys.find(label="issuer 2026"))
        enrolment = registry.enrol_issuer("Mirai City", may_issue=[...], signer=signer)
"""

from vcwallet.adapters.hsm.keys import HsmKeyStore, HsmSigner
from vcwallet.adapters.hsm.request import certificate_request

__all__ = ["HsmKeyStore", "HsmSigner", "certificate_request"]
