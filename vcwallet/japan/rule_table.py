# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The rules of the profile as data: what each says, who enforces it, the code of its refusal, and its basis in law.

    >>> RULES["R-23"].code, [place.value for place in RULES["R-23"].where]
    ('IDENTITY_NOT_BOUND', ['verifier'])

The words are ours and no legal advice; laws are cited by content, as their articles are renumbered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Where(StrEnum):
    """Who enforces a rule."""

    ISSUER = "issuer"
    HOLDER = "wallet"
    VERIFIER = "verifier"
    REGISTRY = "registry"
    STORE = "store"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule.

    Attributes:
        id: its number.
        text: what it demands.
        code: the code of the refusal or warning; None for a rule that refuses nothing.
        basis: where it comes from.
        where: who has to see to it; `ENFORCED` has the rules that this version's code sees to.
    """

    id: str
    text: str
    code: str | None
    basis: str
    where: tuple[Where, ...]


_I, _H, _V, _R, _S = Where.ISSUER, Where.HOLDER, Where.VERIFIER, Where.REGISTRY, Where.STORE
_NUMBER_ACT: Final = "Number Act"

_RULES: Final = (
    Rule(
        id="R-01",
        text="No credential but the My Number attestation and the card itself has a My Number in it, and none has a "
        "resident-record code.",
        code="JP_MYNUMBER_MIXED",
        basis=f"{_NUMBER_ACT}, arts. 19, 20",
        where=(_I,),
    ),
    Rule(
        id="R-02",
        text="A My Number goes only to a verifier that is registered for a listed affair and names the procedure.",
        code="JP_MYNUMBER_NO_BASIS",
        basis=f"{_NUMBER_ACT}, arts. 15, 19, 20",
        where=(_H, _R),
    ),
    Rule(
        id="R-03",
        text="The person's consent does not replace the legal basis that R-02 asks for.",
        code="JP_CONSENT_NOT_SUFFICIENT",
        basis=f"{_NUMBER_ACT}, art. 19",
        where=(_H,),
    ),
    Rule(
        id="R-04",
        text="What is made from a My Number (digest, encoding, token, ciphertext) is treated as the number itself: no "
        "subject identifier, seed, index key or log value.",
        code="JP_MYNUMBER_DERIVED",
        basis=f"{_NUMBER_ACT}, art. 2(8)",
        where=(_I, _H, _V, _S),
    ),
    Rule(
        id="R-05",
        text="No request, credential or store of a private party has a resident-record code.",
        code="JP_JUMINCODE_FORBIDDEN",
        basis="Residential Basic Book Act, art. 30-38",
        where=(_I, _H, _V, _R, _S),
    ),
    Rule(
        id="R-06",
        text="Symbol and number of an insured person are for health insurance, the basic pension number for pensions.",
        code="JP_INSURED_NO_BASIS",
        basis="Health insurance and pension acts, limits on asking for the numbers",
        where=(_H, _R),
    ),
    Rule(
        id="R-07",
        text="Where somebody only looks at a statute-limited item in person, it is not kept: keeping is collecting.",
        code="JP_VIEW_ONLY",
        basis=f"Guideline to the {_NUMBER_ACT} on collecting",
        where=(_V,),
    ),
    Rule(
        id="R-08",
        text="Who receives a My Number from the person records two checks: of the number, and of the identity.",
        code="JP_ID_CHECK_MISSING",
        basis=f"{_NUMBER_ACT}, art. 16",
        where=(_V,),
    ),
    Rule(
        id="R-09",
        text="A parent may hold the number of a child of the same household; wallets group by household and no wider.",
        code=None,
        basis=f"{_NUMBER_ACT}, arts. 15, 20",
        where=(_H,),
    ),
    Rule(
        id="R-10",
        text="When the affair or the statutory period ends, the number is erased and the erasure recorded.",
        code="JP_RETENTION_EXPIRED",
        basis=f"{_NUMBER_ACT}, art. 20",
        where=(_S,),
    ),
    Rule(
        id="R-11",
        text="Revocation data and corresponding serial numbers of JPKI certificates serve the check of validity or "
        "continuity, by registered verifiers, and nothing else.",
        code="JP_JPKI_PURPOSE",
        basis="JPKI Act, arts. 21, 52",
        where=(_V, _R),
    ),
    Rule(
        id="R-12",
        text="The JPKI certificate that comes with a signed document serves to check that signature only.",
        code="JP_JPKI_PURPOSE",
        basis="JPKI Act, art. 21",
        where=(_V,),
    ),
    Rule(
        id="R-13",
        text="The serial number of a JPKI certificate is no identifier towards several verifiers; those are pairwise.",
        code="JP_SERIAL_LINKAGE",
        basis="ours, following JPKI Act, art. 52",
        where=(_I, _H),
    ),
    Rule(
        id="R-14",
        text="Special-care claims need explicit consent before they are acquired.",
        code="JP_SPECIAL_CARE_CONSENT",
        basis="APPI, arts. 2(3), 20(2), 27(2)",
        where=(_H, _V),
    ),
    Rule(
        id="R-15",
        text="A registration states its purpose in specific words; other purposes and further claims are refused.",
        code="OVER_ASKING",
        basis="APPI, arts. 17, 18, 21",
        where=(_R, _H),
    ),
    Rule(
        id="R-16",
        text="One registration has one purpose.",
        code="MULTI_PURPOSE",
        basis="ours",
        where=(_R,),
    ),
    Rule(
        id="R-17",
        text="Where a predicate serves the purpose, asking for the value behind it is warned about.",
        code="PREDICATE_AVAILABLE",
        basis="ours, data minimisation",
        where=(_H,),
    ),
    Rule(
        id="R-18",
        text="Who receives data records when, from whom, how and what, for three years; number-law linkage for seven.",
        code="RECORD_MISSING",
        basis=f"APPI, arts. 29, 30; order on the {_NUMBER_ACT}, art. 30",
        where=(_V, _I, _S),
    ),
    Rule(
        id="R-19",
        text="The wallet keeps the history of every presentation and can export it.",
        code=None,
        basis="Digital Agency total design, transparency",
        where=(_H,),
    ),
    Rule(
        id="R-20",
        text="Recruitment does not ask for domicile, birthplace, family, creed or disability, nor for guarded claims.",
        code="JP_RECRUIT_FORBIDDEN",
        basis="Employment Security Act, art. 5-5",
        where=(_R, _H),
    ),
    Rule(
        id="R-21",
        text="A residence card number is for the hiring notice, immigration and money-laundering checks; landlords and "
        "shops get status and expiry.",
        code="JP_RCN_NO_BASIS",
        basis="Act on comprehensive labour policies, art. 28",
        where=(_R, _H),
    ),
    Rule(
        id="R-22",
        text="Whether somebody may work follows from status, restriction, extra permission, expiry and grace together, "
        "and never from nationality.",
        code="JP_WORK_DECISION",
        basis="Immigration Control Act, arts. 19, 20(6), 21(4)",
        where=(_V,),
    ),
    Rule(
        id="R-23",
        text="A qualification alone identifies nobody: it comes with the holder's key or with a proof of identity.",
        code="IDENTITY_NOT_BOUND",
        basis="Guidance on digital qualification certificates",
        where=(_V,),
    ),
    Rule(
        id="R-24",
        text="From 2027-04-01 uploaded images identify no customer; a JPKI signature or the card in the phone does.",
        code="JP_KYC_METHOD",
        basis="Ordinance on the act against transfer of criminal proceeds",
        where=(_V,),
    ),
    Rule(
        id="R-25",
        text="Full age is 18; alcohol, tobacco and gambling need 20.",
        code="AGE_THRESHOLD",
        basis="Civil Code, art. 4; acts on minors' drinking, smoking and betting",
        where=(_V,),
    ),
    Rule(
        id="R-26",
        text="A public issuer issues to a key that is proved to be the subject's; to others by law or consent only.",
        code="HOLDER_NOT_SUBJECT",
        basis="APPI, art. 69",
        where=(_I,),
    ),
    Rule(
        id="R-27",
        text="Whoever acts for another shows a representative authority; under 15 there is no signing certificate.",
        code="AGENT_UNPROVEN",
        basis="ours; JPKI issues signing certificates from the age of 15",
        where=(_I, _H),
    ),
    Rule(
        id="R-28",
        text="When the register changes, the issuer withdraws the old credential and offers a new one.",
        code="STALE_ATTRIBUTE",
        basis="as a JPKI signing certificate lapses when what it says changes",
        where=(_I,),
    ),
    Rule(
        id="R-29",
        text="A breach is an event with the classes of what was in it; one with a My Number is always reportable.",
        code=None,
        basis=f"APPI and {_NUMBER_ACT}, duty to report breaches",
        where=(_S,),
    ),
    Rule(
        id="R-30",
        text="A measure against a professional is visible only while the law has it published.",
        code="SANCTION_EXPIRED",
        basis="acts of the professions",
        where=(_I,),
    ),
)

RULES: Final[Mapping[str, Rule]] = MappingProxyType({rule.id: rule for rule in _RULES})
"""The rules by number."""

ENFORCED: Final = frozenset(f"R-{number:02}" for number in (1, 2, 3, 4, 5, 14, 15, 16, 17, 18, 19, 20, 21, 23, 25))
"""The rules that the code of this version enforces.  The others are for the deployment to see to, until the part of
vcwallet that they are about is there."""
