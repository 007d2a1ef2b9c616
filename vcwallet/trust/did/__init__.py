# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Decentralized identifiers of three methods, and the keys of issuers that a policy names by them (W3C DID 1.0).

>>> from vcwallet.trust.did import read
>>> read("did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv").assertion_key(None)
<PublicKey ES256>
"""

from vcwallet.trust.did.document import DidDocument
from vcwallet.trust.did.policy import DidIssuer, DidPolicy, fetch_issuer
from vcwallet.trust.did.resolution import read, resolve
from vcwallet.trust.did.web import document_url

__all__ = ["DidDocument", "DidIssuer", "DidPolicy", "document_url", "fetch_issuer", "read", "resolve"]
