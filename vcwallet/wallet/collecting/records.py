# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Collections in the wallet's store: a plan that is written once, and a state that is written at each step.

Of two processes that go on with one collection, one takes the next step; the other is told so before it asks anything
of the issuer.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from vcwallet.encoding import json
from vcwallet.errors import LocalProtocolError, StoreCorruptError, StoreNewerError, VcError
from vcwallet.storage import Change, Delete, Put, Record, RecordExistsError, RecordStore
from vcwallet.wallet.collecting.collection import Act, Collection, Plan
from vcwallet.wallet.collecting.states import Access

STATES: Final = "collecting"
PLANS: Final = "collecting_plan"
STEPS: Final = "collecting_step"
COLLECTIONS: Final = (STATES, PLANS, STEPS)
"""Where what is known of collections is kept."""
VERSION: Final = 1
"""Of the form of these records."""
MAX_PLANS: Final = 32
"""How many plans are kept in memory."""

_OPEN, _ENDED = "open", "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)

    version: Literal[1] = VERSION
    access: Annotated[Access, Field(discriminator="kind")]
    acts: tuple[Act, ...]
    step: int


_STATE: TypeAdapter[_State] = TypeAdapter(_State)
_PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)


class Collections:
    """The collections of one wallet."""

    def __init__(self, store: RecordStore) -> None:
        self._store = store
        self._plans: dict[str, Plan] = {}

    def begin(self, plan: Plan, access: Access, acts: tuple[Act, ...], *also: Change) -> Collection:
        """Return a new collection, once it is durable.

        Raises:
            StoreError: the store could not write; nothing was begun.
        """
        begun = Collection(id=secrets.token_urlsafe(18), plan=plan, access=access, acts=acts)
        self._store.commit(*also, Put(PLANS, begun.id, _PLAN.dump_json(plan), new=True), *_changes(begun))
        self._remember(begun.id, plan)
        return begun

    def save(self, collection: Collection, *also: Change, commit: Callable[..., object] | None = None) -> Collection:
        """Return the collection after its step was written down, with the changes of `also`, all or nothing.

        Args:
            collection: what was read or saved last, in its next state.
            also: further changes.
            commit: what applies the changes, if they are part of something larger.

        Raises:
            LocalProtocolError: another process has taken a step meanwhile (``COLLECTION_MOVED_ON``), or forgotten it
                (``COLLECTION_UNKNOWN``).
            RecordExistsError: a record of `also` that had to be new is there already.
            StoreError: the store could not write; nothing was applied.
        """
        saved = replace(collection, step=collection.step + 1)
        try:
            (commit or self._store.commit)(*also, *self.changes(collection))
        except RecordExistsError:
            if self._store.get(STEPS, _step_id(saved)) is None:
                raise
            raise LocalProtocolError(
                "another process has gone on with this collection", code="COLLECTION_MOVED_ON"
            ) from None
        return saved

    def changes(self, collection: Collection) -> tuple[Change, ...]:
        """Return the changes that write down the next step of a collection, for a commit of something larger.

        Raises:
            LocalProtocolError: it was forgotten meanwhile (``COLLECTION_UNKNOWN``).
        """
        if self._store.get(STEPS, _step_id(collection)) is None:
            raise _unknown()
        return _changes(replace(collection, step=collection.step + 1))

    def load(self, id: str) -> Collection:
        """Return a collection as it was saved last.

        Raises:
            LocalProtocolError: there is none (``COLLECTION_UNKNOWN``).
            StoreCorruptError: its record is damaged.
            StoreNewerError: it was written by a newer vcwallet.
        """
        body = self._store.get(STATES, id)
        if body is None:
            raise _unknown()
        return self._collection(id, body)

    def all(self, *, ended: bool = False) -> Iterator[Collection]:
        """Yield those that have not ended, last changed first; also those that have, if they are asked for.

        After a damaged one the next can be asked for.

        Raises:
            StoreCorruptError: a record is damaged.
            StoreNewerError: it was written by a newer vcwallet.
        """
        return map(self._of, self._store.find(STATES, None if ended else _OPEN))

    def forget(self, collection: Collection, *also: Change) -> None:
        """Remove all that is known of a collection.

        Raises:
            StoreError: the store could not write; nothing was removed.
        """
        steps = [Delete(STEPS, _step_id(replace(collection, step=step))) for step in range(collection.step + 1)]
        self._store.commit(*also, Delete(STATES, collection.id), Delete(PLANS, collection.id), *steps)
        self._plans.pop(collection.id, None)

    def _of(self, record: Record) -> Collection:
        return self._collection(record.id, record.body)

    def _collection(self, id: str, body: bytes) -> Collection:
        state = _read(_STATE, body, id)
        return Collection(id=id, plan=self._plan(id), access=state.access, acts=state.acts, step=state.step)

    def _plan(self, id: str) -> Plan:
        if id not in self._plans:
            body = self._store.get(PLANS, id)
            if body is None:
                raise StoreCorruptError(f"the plan of the collection {id} is gone")
            self._remember(id, _read(_PLAN, body, id))
        return self._plans[id]

    def _remember(self, id: str, plan: Plan) -> None:
        """Keep a plan, which never changes, with what was read of it."""
        if len(self._plans) >= MAX_PLANS:
            self._plans.clear()
        self._plans[id] = plan


def _unknown() -> LocalProtocolError:
    return LocalProtocolError("there is no such collection in the wallet", code="COLLECTION_UNKNOWN")


def _changes(collection: Collection) -> tuple[Change, ...]:
    state = _State(access=collection.access, acts=collection.acts, step=collection.step)
    return (
        Put(STEPS, _step_id(collection), b"", new=True),
        Put(STATES, collection.id, _STATE.dump_json(state), tags=(_OPEN if collection.is_open else _ENDED,)),
    )


def _step_id(collection: Collection) -> str:
    return f"{collection.id}.{collection.step}"


def _read(adapter: TypeAdapter[Any], body: bytes, id: str) -> Any:
    try:
        return adapter.validate_json(body)
    except ValidationError:
        if _version(body) > VERSION:
            raise StoreNewerError("the collection was written by a newer vcwallet") from None
        raise StoreCorruptError(f"the record of the collection {id} is damaged") from None


def _version(body: bytes) -> int:
    try:
        version = json.loads_object(body).get("version")
    except VcError:
        return 0
    return version if type(version) is int else 0
