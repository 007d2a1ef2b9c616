# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""OpenID Federation 1.0, from the relying side: statements, trust chains, metadata policies, trust marks.

A relying party configures trust anchors and who may act, and uses a `FederationPolicy` where it would use a trusted
list.  `statement.sign`, `trust_mark.sign` and `trust_mark.sign_delegation` are what an entity needs to take part.
"""

from vcwallet.trust.federation.collecting import collect
from vcwallet.trust.federation.entity import configuration_url, federation_keys
from vcwallet.trust.federation.metadata_policy import MetadataPolicy
from vcwallet.trust.federation.policy import Authorisation, ChainsInMessages, FederationPolicy
from vcwallet.trust.federation.statement import EntityConfiguration, SubordinateStatement, TrustMarkOwner
from vcwallet.trust.federation.trust_chain import ResolvedEntity, TrustAnchor, resolve
from vcwallet.trust.federation.trust_mark import TrustMark

__all__ = [
    "Authorisation",
    "ChainsInMessages",
    "EntityConfiguration",
    "FederationPolicy",
    "MetadataPolicy",
    "ResolvedEntity",
    "SubordinateStatement",
    "TrustAnchor",
    "TrustMark",
    "TrustMarkOwner",
    "collect",
    "configuration_url",
    "federation_keys",
    "resolve",
]
