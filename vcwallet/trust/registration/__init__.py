# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Registration certificates: what a verifier may ask for, for one purpose (ETSI TS 119 475, WRPRC).

One certificate states one intended use.  A wallet compares each request with it (ARF 3.0, RPRC_21).

    >>> from vcwallet.trust.registration import Grant, IntendedUse
    >>> use = IntendedUse(
    ...     code="fare_discount",
    ...     text={"en": "To give you the reduced fare"},
    ...     grants=(Grant("urn:example:disability:1", (("fare_discount_class",),)),),
    ... )
    >>> use.covers("urn:example:disability:1", ("fare_discount_class",))
    True
    >>> use.covers("urn:example:disability:1", ("grade",))
    False

Of a credential type, `grants` writes the same for every format that the type has.
"""

from vcwallet.trust.registration.certificate import (
    CWT_TYP,
    LONGEST_VALIDITY,
    TYP,
    Registration,
    over_asked,
    read_registration,
    registered_use,
    sign_registration,
)
from vcwallet.trust.registration.spellings import Authority, Intermediary, use_from_json
from vcwallet.trust.registration.use import Grant, IntendedUse, grants, use_claims

__all__ = [
    "CWT_TYP",
    "LONGEST_VALIDITY",
    "TYP",
    "Authority",
    "Grant",
    "IntendedUse",
    "Intermediary",
    "Registration",
    "grants",
    "over_asked",
    "read_registration",
    "registered_use",
    "sign_registration",
    "use_claims",
    "use_from_json",
]
