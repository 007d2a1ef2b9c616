# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""SD-JWT: selective disclosure for JSON Web Tokens (RFC 9901), without the credential layer above it.

>>> from datetime import UTC, datetime
>>> from vcwallet.claims import Concealment
>>> from vcwallet.formats import sd_jwt
>>> from vcwallet.jose import jws
>>> from vcwallet.keys.software import SoftwareSigner
>>> issuer = SoftwareSigner.generate()
>>> claims = {"iss": "https://example.com", "name": "Arthur Dent", "nationality": "British"}
>>> hidden = Concealment.of([("name",), ("nationality",)])
>>> issued = sd_jwt.issue(claims, concealment=hidden, signer=issuer, header={"typ": "example+sd-jwt"})
>>> held = sd_jwt.parse(issued).verify(issuer.public_key)
>>> shown = held.select([("nationality",)])
>>> sorted(sd_jwt.parse(shown).verify(issuer.public_key).claims)
['iss', 'nationality']
"""

from vcwallet.formats.sd_jwt.disclosure import Disclosure, HashAlgorithm
from vcwallet.formats.sd_jwt.issuance import conceal, issue
from vcwallet.formats.sd_jwt.key_binding import KeyBinding, prepare_key_binding, require_key_binding
from vcwallet.formats.sd_jwt.processing import Processed, process
from vcwallet.formats.sd_jwt.serialization import SdJwt, parse, parse_json, to_flattened_json, to_general_json
from vcwallet.formats.sd_jwt.verified import VerifiedSdJwt

__all__ = [
    "Disclosure",
    "HashAlgorithm",
    "KeyBinding",
    "Processed",
    "SdJwt",
    "VerifiedSdJwt",
    "conceal",
    "issue",
    "parse",
    "parse_json",
    "prepare_key_binding",
    "process",
    "require_key_binding",
    "to_flattened_json",
    "to_general_json",
]
