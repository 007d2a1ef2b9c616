# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Looking parties up: who is called so, has this code, may issue this type, is registered for this purpose.

For people and for programs that help them.  What is found decides nothing: a suspended party is found too, and a name
proves nobody's identity.

    >>> from datetime import UTC, datetime
    >>> from vcwallet.keys.policy import Role
    >>> from vcwallet.trust.directory import find
    >>> from vcwallet.trust.trusted_list import ListedService, Status, StatusPeriod
    >>> granted = StatusPeriod(status=Status.GRANTED, since=datetime(2026, 4, 1, tzinfo=UTC))
    >>> city = ListedService(
    ...     party="urn:vcwallet:party:999016",
    ...     name={"ja": "未来市", "en": "Mirai City"},
    ...     role=Role.CREDENTIAL_ISSUER,
    ...     authority_key_id=b"1",
    ...     periods=(granted,),
    ... )
    >>> [one.name["en"] for one in find([city], name="ＭＩＲＡＩ")]
    ['Mirai City']
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from vcwallet.keys.policy import Role
from vcwallet.trust.trusted_list import LISTED_AS, ListedService


def find(
    services: Iterable[ListedService],
    *,
    name: str | None = None,
    code: str | None = None,
    role: Role | None = None,
    type_id: str | None = None,
    purpose: str | None = None,
) -> tuple[ListedService, ...]:
    """Return those that fit everything that is asked for, in the order given.

    Args:
        services: where to look.
        name: a part of the name in any language; letter case and the width of characters make no difference.
        code: the number that the party is registered under, or its identifier.
        role: what it does; a document signer is looked up as an issuer, a reader as a verifier.
        type_id: a ``vct`` or docType that it may issue, now or from a later date.
        purpose: the code of a purpose that it is registered for.
    """
    listed_as = LISTED_AS.get(role, role) if role is not None else None
    return tuple(
        service
        for service in services
        if (name is None or _is_called(service, name))
        and (code is None or code in (service.party, service.party.rpartition(":")[2]))
        and (listed_as is None or service.role is listed_as)
        and (type_id is None or type_id in service.may_issue)
        and (purpose is None or purpose in service.purposes)
    )


def _is_called(service: ListedService, name: str) -> bool:
    wanted = _folded(name)
    return any(wanted in _folded(text) for text in service.name.values())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
