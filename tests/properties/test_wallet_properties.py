# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet never discloses more than the person was shown and approved; and the roles together never lose track."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support.world import (
    Contact,
    Income,
    Member,
    Resident,
    World,
    approved,
    credential_of,
    resident,
)
from vcwallet.claims import ClaimPath, Concealment, is_present
from vcwallet.credential_type import Claim, CredentialType
from vcwallet.errors import (
    NoMatchError,
)
from vcwallet.trust.registration import Grant, IntendedUse
from vcwallet.verifier import Verified, ask
from vcwallet.wallet import Consent, PromptCredential

ENVELOPE = {"iss", "iat", "exp", "vct", "vct#integrity", "cnf"}
Leaves = Counter[tuple[tuple[str, ...], str]]


class Free(CredentialType, vct="urn:example:free:1", ja="自由", en="Free form"):
    """A type whose credentials may have any claims."""

    note: Annotated[str | None, Claim("注", "Note")] = None


EVERYTHING = IntendedUse(
    code="everything",
    text={"en": "To look at everything"},
    grants=(
        Grant(Resident.vct, tuple((name,) for name in Resident.outline())),
        Grant(Income.vct, tuple((name,) for name in Income.outline())),
        Grant(Free.vct, (("a",), ("b",), ("c",))),
    ),
    legal_basis=("number_act",),
    procedure="looking",
    special_care=True,
)


class Watched:
    """A world with a verifier that may ask for everything.  Made once: wallets in it are made anew."""

    def __init__(self) -> None:
        self.world = World()
        self.free = self.world.registry.enrol_issuer("Free issuer", may_issue=[Free])
        self.watcher = self.world.verifier(self.world.registry.enrol_verifier("Watcher", purposes=[EVERYTHING]))
        self.watcher.update_trust(self.world.registry.published())

    def exchange(self, *questions: Any, optional: bool) -> tuple[Consent, Verified]:
        """Approve and verify; with the optional questions or without."""
        wallet = self.world.wallet
        request = self.watcher.request(*questions, purpose="everything")
        prompt = wallet.match(request)
        more = {name: choices[0].card.id for name, choices in prompt.choices.items()} if optional else {}
        assume(more or prompt.credentials)
        consent = approved(prompt, cards=more)
        return consent, self.watcher.verify(wallet.present(consent), expected=request)


WATCHED = Watched()


# --- what was shown, and what was seen, in the same terms --------------------------------------------------------------


def seen_leaves(claims: Mapping[str, Any]) -> Leaves:
    """Return the claims that a verifier saw, leaf by leaf; positions are left to the order of the values."""
    return Counter(leaves({name: value for name, value in claims.items() if name not in ENVELOPE}, ()))


def shown_leaves(credential: PromptCredential) -> Leaves:
    """Return the claims that a person was shown, in the same terms."""
    found: Leaves = Counter()
    for claim in credential.claims:
        path = tuple("*" if not isinstance(part, str) else part for part in claim.path)
        for value in claim.value:
            found.update(leaves(value, path))
    return found


def leaves(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, dict) and node:
        for name, value in node.items():
            yield from leaves(value, (*path, name))
    elif isinstance(node, list) and node:
        for value in node:
            yield from leaves(value, (*path, "*"))
    else:
        yield path, repr(node)


def require_same(consent: Consent, verified: Verified) -> None:
    assert {one.query_id for one in consent.credentials} == set(verified.credentials)
    for one in consent.credentials:
        [seen] = verified.credentials[one.query_id]
        # A claim that is asked for twice, once as part of another, is shown twice.
        assert set(shown_leaves(one)) == set(seen_leaves(seen.claims))


# --- disclosure --------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
RECORDS = st.builds(
    resident,
    full_name=TEXTS,
    nationality=TEXTS,
    contact=st.builds(Contact, phone=TEXTS),
    languages=st.lists(TEXTS, max_size=4).map(tuple),
    household=st.lists(st.builds(Member, first_name=TEXTS, number=TEXTS), max_size=3).map(tuple),
)
QUESTIONS = st.lists(
    st.sampled_from(
        [
            "full_name",
            "birth_date",
            "over_20",
            "nationality",
            "health",
            "number",
            "registered_in",
            "address",
            "address.locality",
            "address.country",
            "contact",
            "contact.phone",
            "languages",
            "languages.*",
            "languages.0",
            "languages.1",
            "household",
            "household.*",
            "household.0",
            "household.*.first_name",
            "household.0.number",
        ]
    ),
    max_size=6,
)
INCOME = st.lists(st.sampled_from(["total", "allowances", "above", "above.1000000", "fiscal_year"]), max_size=3)


@given(RECORDS, QUESTIONS, QUESTIONS, INCOME, st.booleans())
def test_what_the_verifier_sees_is_what_the_prompt_showed(record, required, extra, about_income, optional):
    world = WATCHED.world
    world.wallet = world.new_wallet()
    world.hold(record)
    world.hold()
    world.wallet.delete(next(world.wallet.cards(Resident.vct)))  # so that the drawn record is the one that answers
    asks = [
        ask(Resident, *required),
        ask(Resident, *extra, optional=True),
        ask(Income, *about_income, optional=True),
    ]
    try:
        consent, verified = WATCHED.exchange(*asks, optional=optional)
    except NoMatchError:
        assume(False)
    require_same(consent, verified)


JSON = st.recursive(
    TEXTS | st.integers(0, 9) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("klm"), inner, max_size=3),
    max_leaves=8,
)
TREES = st.dictionaries(st.sampled_from("abc"), JSON, min_size=1)


def paths_of(node: Any, path: ClaimPath = ()) -> Iterator[ClaimPath]:
    """Yield every path into a tree, with indexes."""
    if path:
        yield path
    parts: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, part in parts:
        yield from paths_of(part, (*path, name))


@st.composite
def free_forms(draw: st.DrawFn) -> tuple[dict[str, Any], Concealment, list[ClaimPath]]:
    """Draw a claim tree, what of it is concealed, and what is asked for."""
    tree = draw(TREES)
    paths = list(paths_of(tree))
    of_any_index = sorted({tuple(None if isinstance(p, int) else p for p in path) for path in paths}, key=str)
    concealed = draw(st.sets(st.sampled_from(of_any_index)))
    asked = draw(st.lists(st.sampled_from(paths) | st.sampled_from(of_any_index), max_size=4, unique=True))
    return tree, Concealment.of(concealed), asked


@given(free_forms())
@settings(max_examples=100)
def test_what_the_verifier_sees_of_any_claims_is_what_the_prompt_showed(form):
    tree, concealment, asked = form
    assume(all(is_present(tree, path) for path in asked))
    world = WATCHED.world
    world.wallet = world.new_wallet()
    world.wallet.update_trust(world.registry.published())
    credential = credential_of(
        WATCHED.free,
        Free(),
        at=world.clock(),
        holder=world.wallet.new_holder_key(),
        claims=tree,
        concealment=concealment,
    )
    world.wallet.receive(credential)
    try:
        consent, verified = WATCHED.exchange(free_query(asked), optional=False)
    except NoMatchError:
        assert any(isinstance(part, int) for path in asked for part in path)  # an element that would move
        assume(False)
    require_same(consent, verified)


def free_query(asked: list[ClaimPath]) -> Any:
    from vcwallet.protocols.dcql import DcqlQuery

    one: dict[str, Any] = {"id": "free", "format": "dc+sd-jwt", "meta": {"vct_values": [Free.vct]}}
    if asked:
        one["claims"] = [{"path": list(path)} for path in asked]
    return DcqlQuery.from_json({"credentials": [one]})
