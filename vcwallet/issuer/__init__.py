# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The issuer role: turns a record of a credential type into a signed credential for one holder's key.

With a ledger, it can take back what it has issued; a status signer publishes that, and a status host hands it out.
"""

from vcwallet.issuer.issuer import Issuer
from vcwallet.issuer.status_host import StatusHost
from vcwallet.issuer.status_signer import ONE_DAY, ONE_WEEK, Publication, StatusSigner
from vcwallet.status.ledger import AlreadyIssuedError, Issuance, IssuanceLedger, Pseudonym, Status, StatusListLedger

__all__ = [
    "ONE_DAY",
    "ONE_WEEK",
    "AlreadyIssuedError",
    "Issuance",
    "IssuanceLedger",
    "Issuer",
    "Pseudonym",
    "Publication",
    "Status",
    "StatusHost",
    "StatusListLedger",
    "StatusSigner",
]
