# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Transaction data: what the holder is asked to authorise with an answer (OpenID4VP 1.0, sections 5.1 and 8.4).

A wallet knows some types of transaction, each with a strict model of its members, so that nothing is authorised which
it could not show.  Without types it refuses every such request, as the standard demands.

    >>> from vcwallet.encoding import base64url
    >>> from vcwallet.protocols.dcql import DcqlQuery
    >>> from vcwallet.protocols.openid4vp.transaction_data import TransactionDetails, read_transactions
    >>> class Payment(TransactionDetails):
    ...     amount: str
    >>> query = DcqlQuery.from_json(
    ...     b'{"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:eudi:pid:1"]}}]}'
    ... )
    >>> text = base64url.encode(b'{"type":"payment","credential_ids":["a"],"amount":"1 JPY"}')
    >>> read_transactions((text,), query=query, types={"payment": Payment})[0].members["amount"]
    '1 JPY'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Annotated, Any, ClassVar, Final, TypeAlias

from pydantic import ConfigDict, Field

from vcwallet.claims import JsonValue
from vcwallet.encoding import base64url, json, visible, wire
from vcwallet.encoding.wire import Array, WireModel
from vcwallet.errors import BindingError, LimitExceededError, MalformedError, RemoteProtocolError, VcError
from vcwallet.formats.sd_jwt.disclosure import HashAlgorithm
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.exchange import Transaction

MAX_BYTES = 64 * 1024
"""The longest text of one transaction."""
MAX_TRANSACTIONS = 20
MAX_CREDENTIAL_IDS = 20
MAX_HASHES = 10
CODE: Final = "INVALID_TRANSACTION_DATA"
CLAUSE: Final = "OpenID4VP 1.0, section 8.4"
_SHA_256: Final = HashAlgorithm.SHA_256.value


class TransactionDetails(WireModel):
    """The members of transaction data; a type of transaction extends it with its own, and takes no others.

    Attributes:
        labels: by member, and by ``""`` for the type itself, what people call it, by language.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    labels: ClassVar[Mapping[str, Mapping[str, str]]] = {}

    type: Annotated[str, Field(min_length=1)]
    credential_ids: Annotated[Array[str], Field(min_length=1, max_length=MAX_CREDENTIAL_IDS)]
    transaction_data_hashes_alg: Annotated[Array[str], Field(min_length=1, max_length=MAX_HASHES)] = (_SHA_256,)


TransactionTypes: TypeAlias = Mapping[str, type[TransactionDetails]]
"""The types of transaction that a wallet can show, by name."""


def transaction_text(details: TransactionDetails) -> str:
    """Return transaction data as the base64url text that goes into a request; the verifier keeps just this text."""
    return base64url.encode(json.dumps(details.model_dump(mode="json", exclude_unset=True)))


def read_transactions(texts: Sequence[str], *, query: DcqlQuery, types: TransactionTypes) -> tuple[Transaction, ...]:
    """Return the transactions of a request, each of which the wallet can show.

    Args:
        texts: the strings of ``transaction_data``, as they came.
        query: what is asked for beside them.
        types: those that the wallet knows.

    Raises:
        RemoteProtocolError: one is of an unknown type, has a member too many or too few, a text that people would not
            see as it is, or belongs to no credential query with holder binding; or the same text is there twice (code
            ``INVALID_TRANSACTION_DATA``).
    """
    if not texts or len(set(texts)) != len(texts):
        raise _invalid("transaction data are a non-empty array of different texts")
    if len(texts) > MAX_TRANSACTIONS:
        raise _invalid(f"a request has more than {MAX_TRANSACTIONS} transactions")
    bound = {one.id for one in query.requested if one.require_cryptographic_holder_binding}
    return tuple(_read(text, bound=bound, types=types) for text in texts)


def _read(text: str, *, bound: set[str], types: TransactionTypes) -> Transaction:
    try:
        members = _members(text)
        model = types.get(members.get("type", ""))
        details = None if model is None else wire.fit(model, members)
    except VcError as error:
        raise _invalid(str(error.args[0])) from None
    except TypeError:  # a type that is no string, and cannot be looked up
        raise _invalid("the type of transaction data is a string") from None
    if details is None:
        raise _invalid("transaction data of a type that the wallet does not know")
    if not all(map(visible.is_visible, _texts(members))):
        raise _invalid("transaction data have characters that are not seen, or that move others about")
    if len(set(details.credential_ids)) != len(details.credential_ids) or not bound >= set(details.credential_ids):
        raise _invalid("transaction data belong to credentials that are not asked for with a proof of their holder")
    if not set(HashAlgorithm).intersection(details.transaction_data_hashes_alg):
        raise _invalid("transaction data are to be hashed with a function that the wallet does not have")
    return Transaction(
        type=details.type,
        credential_ids=details.credential_ids,
        members=members,
        text=text,
        hashes=frozenset(details.transaction_data_hashes_alg),
        labels=details.labels,
    )


def _members(text: str) -> dict[str, Any]:
    if len(text) > MAX_BYTES:
        raise LimitExceededError(f"transaction data are longer than {MAX_BYTES} characters")
    return json.loads_object(base64url.decode(text))


def _texts(value: JsonValue) -> Iterator[str]:
    """Yield every text of a value, the names of its members included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield name
            yield from _texts(part)
    elif isinstance(value, Sequence):
        for part in value:
            yield from _texts(part)


def _invalid(message: str) -> RemoteProtocolError:
    return RemoteProtocolError(message, code=CODE, clause=CLAUSE)


# --- which credential authorises what --------------------------------------------------------------------------------


def authorising(transactions: Iterable[Transaction]) -> dict[str, frozenset[str]]:
    """Return, by credential query, the texts of the transactions that name it."""
    named: dict[str, frozenset[str]] = {}
    for one in transactions:
        for query_id in one.credential_ids:
            named[query_id] = named.get(query_id, frozenset()) | {one.text}
    return named


def authorisable(transactions: Iterable[Transaction], hashes: frozenset[str]) -> frozenset[str]:
    """Return the texts of transactions that one proof can authorise together, since they share a hash function.

    Args:
        transactions: those of which as many are wanted, those that are wanted most first.
        hashes: the functions that the proof can be made with, none where it cannot.
    """
    found: set[str] = set()
    for one in transactions:
        if not hashes.isdisjoint(one.hashes):
            hashes &= one.hashes
            found.add(one.text)
    return frozenset(found)


def assign(
    transactions: Iterable[Transaction], *, presented: Sequence[tuple[str, Set[str]]]
) -> tuple[tuple[str, ...], ...]:
    """Return the texts that each credential authorises, every transaction the first that can of those it names.

    Args:
        transactions: those of the request.
        presented: for each credential of the answer, the credential query and the texts that it can authorise together.

    Raises:
        RemoteProtocolError: no credential is presented that can authorise a transaction (``INVALID_TRANSACTION_DATA``).
    """
    assigned: list[tuple[str, ...]] = [() for _ in presented]
    for one in transactions:
        able = (
            position
            for query_id in one.credential_ids
            for position, (answered, texts) in enumerate(presented)
            if answered == query_id and one.text in texts
        )
        chosen = next(able, None)
        if chosen is None:
            raise _invalid("no credential is presented that could authorise a transaction")
        assigned[chosen] = (*assigned[chosen], one.text)
    return tuple(assigned)


def credential_ids_of(text: str) -> tuple[str, ...]:
    """Return the credential queries that may be answered with the authorisation of a text of our own.

    Raises:
        MalformedError: it is no transaction data.
    """
    ids = _members(text).get("credential_ids")
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
        raise MalformedError("credential_ids is a non-empty array of strings", clause=CLAUSE)
    return tuple(ids)


def require_authorised(texts: Sequence[str], authorised: Sequence[tuple[str, str]]) -> None:
    """Return if each transaction that was asked for is authorised once, with a credential that may authorise it.

    Args:
        texts: the verifier's own strings of ``transaction_data``, as it sent them.
        authorised: what the verified presentations authorise, as (credential query, text).

    Raises:
        BindingError: one is not authorised, more than once, or with another credential (``TRANSACTION_DATA_MISMATCH``).
    """
    for text in texts:
        found = [query_id for query_id, one in authorised if one == text]
        if len(found) != 1 or found[0] not in credential_ids_of(text):
            raise BindingError(
                "a transaction is not authorised once by one of its credentials",
                code="TRANSACTION_DATA_MISMATCH",
                clause=CLAUSE,
            )
