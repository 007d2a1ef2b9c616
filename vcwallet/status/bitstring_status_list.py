# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""W3C Bitstring Status List 1.0 (Recommendation of 2025-05-15): the list as a credential, and entries that refer to it.

The list is a credential of VCDM 2.0, secured here as a JWT (VC-JOSE-COSE, ``vc+jwt``).  One that was parsed has no
statuses to use by mistake: `UnverifiedBitstringList.verify` gives them out, and only for an entry.

    >>> from datetime import UTC, datetime, timedelta
    >>> from vcwallet.keys.software import SoftwareSigner
    >>> from vcwallet.status.bitstring import Bitstring
    >>> from vcwallet.status.bitstring_status_list import (
    ...     BitstringStatusListCredential,
    ...     BitstringStatusListEntry,
    ...     entries_of,
    ...     parse,
    ...     sign_vc_jwt,
    ... )
    >>> now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    >>> content = BitstringStatusListCredential(
    ...     id="https://city.example/status/3",
    ...     issuer="https://city.example",
    ...     purposes=("revocation",),
    ...     statuses=Bitstring.of({94567: 1}),
    ...     issued_at=now,
    ...     valid_until=now + timedelta(days=1),
    ...     ttl=timedelta(minutes=5),
    ... )
    >>> text = sign_vc_jwt(content, signer=SoftwareSigner.generate(), chain=(b"a certificate",))
    >>> parse(text.encode()).unverified_issuer
    'https://city.example'
    >>> entry = BitstringStatusListEntry(purpose="revocation", index=94567, list_url=content.id)
    >>> entries_of([entry.to_json()]) == (entry,)
    True

What stands under the older names (``StatusList2021Entry`` and so on) is refused, unless `Names.STATUS_LIST_2021` is
asked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum
from typing import Any, Final, NamedTuple

from vcwallet.claims import JsonObject
from vcwallet.encoding import json
from vcwallet.errors import (
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    StatusError,
    TransportError,
    UnsupportedError,
    ValidityError,
    VcError,
    VerificationError,
    quoted,
)
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws, jwt
from vcwallet.jose.jws import Jws
from vcwallet.jose.jwt import SKEW
from vcwallet.keys.policy import KeySource, Role, TrustedKey, TrustPolicy
from vcwallet.keys.signer import Signer
from vcwallet.status.bitstring import MIN_ENTRIES, Bitstring
from vcwallet.status.token_status_list import (
    LIFE_WITHOUT_END,
    MAX_TOKEN_BYTES,
    MAX_TOKEN_ITEMS,
    MAX_TTL,
    MIN_TTL,
    is_list_uri,
)

MAX_STATUS_SIZE: Final = 16
"""How many bits a status of an entry may have; each of its values comes with a message."""
MAX_STATUS_ENTRIES: Final = 20
"""How many entries a credential may have, and how many purposes a list."""
MAX_INDEX_DIGITS: Final = 20

CONTEXT: Final = "https://www.w3.org/ns/credentials/v2"
_TYP: Final = "vc+jwt"
_ENTRY_CLAUSE: Final = "Bitstring Status List, section 2.1"
_LIST_CLAUSE: Final = "Bitstring Status List, section 2.2"
_VALIDATE_CLAUSE: Final = "Bitstring Status List, section 3.2"
_MODEL_CLAUSE: Final = "VCDM 2.0, section 4"
_JOSE_CLAUSE: Final = "VC-JOSE-COSE, section 3.1"

_INDEX = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,8}", re.ASCII)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


class Purpose(StrEnum):
    """The purposes with a meaning of their own; there may be others (section 2.1)."""

    REFRESH = "refresh"
    REVOCATION = "revocation"
    SUSPENSION = "suspension"
    MESSAGE = "message"


class Problem(StrEnum):
    """What the standard calls the ways in which a validation fails (section 3.5; VCDM 2.0, section 7.2)."""

    STATUS_RETRIEVAL_ERROR = "STATUS_RETRIEVAL_ERROR"
    STATUS_VERIFICATION_ERROR = "STATUS_VERIFICATION_ERROR"
    STATUS_LIST_LENGTH_ERROR = "STATUS_LIST_LENGTH_ERROR"
    RANGE_ERROR = "RANGE_ERROR"
    MALFORMED_VALUE_ERROR = "MALFORMED_VALUE_ERROR"


class _TypeNames(NamedTuple):
    entry: str
    credential: str
    list: str


class Names(Enum):
    """The type names of the standard, and those of its predecessor, whose lists have no multibase prefix."""

    BITSTRING = _TypeNames("BitstringStatusListEntry", "BitstringStatusListCredential", "BitstringStatusList")
    STATUS_LIST_2021 = _TypeNames("StatusList2021Entry", "StatusList2021Credential", "StatusList2021")


CURRENT: Final = frozenset({Names.BITSTRING})
"""What is accepted where nothing else is said: the names of the Recommendation."""
ANY_NAMES: Final = frozenset(Names)
"""What a list may be written under, if an entry that was accepted is written so as well."""


class BitstringForm(StrEnum):
    """The forms of a list's credential, by media type."""

    VC_JWT = "application/vc+jwt"


# --- the entry -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BitstringStatusListEntry:
    """Where one status of a credential stands, and what it is for (section 2.1).

    Attributes:
        purpose: what the status says: one of `Purpose`, or another word.
        index: its place in the list.
        list_url: the https URL of the list's credential.
        size: how many bits it has.
        messages: what each value means, the first that of 0; needed where the size is not 1.
        references: URLs of what explains the status.
        id: an identifier of the entry, which nothing depends on.
        names: under which names the entry was written, and the list has to be.
    """

    purpose: str
    index: int = field(repr=False)
    list_url: str = field(repr=False)
    size: int = 1
    messages: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    id: str | None = None
    names: Names = Names.BITSTRING

    def __post_init__(self) -> None:
        if not self.purpose or self.index < 0 or not is_list_uri(self.list_url):
            raise ValueError("an entry has a purpose, an index and the https URL of a list")
        if not 1 <= self.size <= MAX_STATUS_SIZE:
            raise ValueError(f"a status has 1 to {MAX_STATUS_SIZE} bits")
        if len(self.messages) != 1 << self.size and (self.messages or self.size > 1):
            raise ValueError("there is a message for each value of a status")
        if self.id == self.list_url:
            raise ValueError("the identifier of an entry is not the URL of its list")
        if not all(_URL.fullmatch(url) for url in (*self.references, self.id or "urn:x")):
            raise ValueError("identifier and references are URLs")

    def to_json(self) -> JsonObject:
        """Return it as a value of ``credentialStatus``."""
        messages = [{"status": f"{value:#x}", "message": text} for value, text in enumerate(self.messages)]
        return {
            **({"id": self.id} if self.id is not None else {}),
            "type": self.names.value.entry,
            "statusPurpose": self.purpose,
            "statusListIndex": str(self.index),
            "statusListCredential": self.list_url,
            **({"statusSize": self.size} if self.size != 1 else {}),
            **({"statusMessage": messages} if messages else {}),
            **({"statusReference": list(self.references)} if self.references else {}),
        }


def entries_of(
    status: object, *, names: Collection[Names] = CURRENT, others: Collection[str] = ()
) -> tuple[BitstringStatusListEntry, ...]:
    """Return the entries of a ``credentialStatus``, one object or an array.

    An entry of another mechanism may be the one that says "revoked", so it is refused unless the caller looks at it.

    Args:
        status: the value of the credential's member.
        names: the type names that are known.
        others: the types of other mechanisms, which the caller looks at by other means; they are passed over here.

    Raises:
        MalformedError: an entry, or the whole, is not as it should be (``MALFORMED_VALUE_ERROR``).
        UnsupportedError: an entry of another mechanism (``STATUS_MECHANISM_UNSUPPORTED``).
        LimitExceededError: more than 20 entries, a status of more than 16 bits, an index of more than 20 digits.
    """
    values = status if isinstance(status, list | tuple) else [status]
    if len(values) > MAX_STATUS_ENTRIES:
        raise LimitExceededError(f"a credential has more than {MAX_STATUS_ENTRIES} status entries")
    known = {each.value.entry: each for each in names}
    found = []
    for value in values:
        members = _object(value, "credentialStatus", _ENTRY_CLAUSE)
        kind = _text(members, "type", _ENTRY_CLAUSE)
        if kind in known:
            found.append(_entry(members, known[kind]))
        elif kind not in others:
            raise UnsupportedError(
                "the credential has a status of another mechanism",
                code="STATUS_MECHANISM_UNSUPPORTED",
                clause=_ENTRY_CLAUSE,
            )
    return tuple(found)


def _entry(members: Mapping[str, Any], names: Names) -> BitstringStatusListEntry:
    size = members.get("statusSize", 1)
    if type(size) is not int or size < 1:
        raise _malformed("statusSize is no number above zero", _ENTRY_CLAUSE)
    if size > MAX_STATUS_SIZE:
        raise LimitExceededError(f"a status has more than {MAX_STATUS_SIZE} bits")
    try:
        return BitstringStatusListEntry(
            purpose=_text(members, "statusPurpose", _ENTRY_CLAUSE),
            index=_index(members),
            list_url=_text(members, "statusListCredential", _ENTRY_CLAUSE),
            size=size,
            messages=_messages(members["statusMessage"]) if "statusMessage" in members else (),
            references=_texts(members["statusReference"]) if "statusReference" in members else (),
            id=_text(members, "id", _ENTRY_CLAUSE) if "id" in members else None,
            names=names,
        )
    except ValueError as error:
        raise _malformed(f"a status entry contradicts itself: {error}", _ENTRY_CLAUSE) from None


def _index(members: Mapping[str, Any]) -> int:
    text = _text(members, "statusListIndex", _ENTRY_CLAUSE)
    if len(text) > MAX_INDEX_DIGITS:
        raise LimitExceededError(f"an index has more than {MAX_INDEX_DIGITS} digits")
    if not _INDEX.fullmatch(text):
        raise _malformed("statusListIndex is no number in base 10", _ENTRY_CLAUSE)
    return int(text)


def _messages(value: object) -> tuple[str, ...]:
    """Return the messages in the order of their values, each of which stands there once."""
    if not isinstance(value, list) or not 0 < len(value) <= 1 << MAX_STATUS_SIZE:
        raise _malformed("statusMessage is no array of messages", _ENTRY_CLAUSE)
    texts: dict[int, str] = {}
    for each in value:
        members = _object(each, "statusMessage", _ENTRY_CLAUSE)
        status = _text(members, "status", _ENTRY_CLAUSE)
        if not _HEXADECIMAL.fullmatch(status):
            raise _malformed("the status of a message is no hexadecimal number", _ENTRY_CLAUSE)
        texts[int(status, 16)] = _text(members, "message", _ENTRY_CLAUSE)
    if sorted(texts) != list(range(len(value))):
        raise _malformed("statusMessage has not each value once", _ENTRY_CLAUSE)
    return tuple(texts[number] for number in range(len(value)))


# --- the list --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BitstringStatusListCredential:
    """What a list's credential says (section 2.2), in whole seconds, and milliseconds for `ttl`.

    Attributes:
        id: where it is published; an entry refers to it by this.
        issuer: the identifier of who publishes it.
        purposes: what its statuses are for.
        statuses: the statuses.
        issued_at: when it was signed.
        valid_from: from when on it says something, if it states that.
        valid_until: its end, if it states one.
        ttl: how long a copy may be used before a newer one is looked for, if it says so.
        size: how many bits a status has, if it says so; the entry says so in any case.
    """

    id: str
    issuer: str
    purposes: tuple[str, ...]
    statuses: Bitstring
    issued_at: datetime
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    ttl: timedelta | None = None
    size: int | None = None

    def __post_init__(self) -> None:
        if not is_list_uri(self.id) or not _URL.fullmatch(self.issuer):
            raise ValueError("a list has an https URL, and its issuer a URL")
        if not all(self.purposes) or not 0 < len(self.purposes) <= MAX_STATUS_ENTRIES:
            raise ValueError(f"a list has 1 to {MAX_STATUS_ENTRIES} purposes")
        if self.size is not None and not 1 <= self.size <= MAX_STATUS_SIZE:
            raise ValueError(f"a status has 1 to {MAX_STATUS_SIZE} bits")
        if self.ttl is not None and self.ttl < timedelta(milliseconds=1):
            raise ValueError("ttl is a millisecond or more")
        for name in ("issued_at", "valid_from", "valid_until"):
            time = getattr(self, name)
            object.__setattr__(self, name, None if time is None else _whole_seconds(time))
        if self.valid_until is not None and self.valid_until <= (self.valid_from or self.issued_at):
            raise ValueError("a list ends after it began")

    def to_json(self) -> JsonObject:
        """Return the credential, unsecured."""
        begins = {} if self.valid_from is None else {"validFrom": _timestamp(self.valid_from)}
        ends = {} if self.valid_until is None else {"validUntil": _timestamp(self.valid_until)}
        ttl = {} if self.ttl is None else {"ttl": self.ttl // timedelta(milliseconds=1)}
        names = Names.BITSTRING.value
        return {
            "@context": [CONTEXT],
            "id": self.id,
            "type": ["VerifiableCredential", names.credential],
            "issuer": self.issuer,
            **begins,
            **ends,
            "credentialSubject": {
                "id": f"{self.id}#list",
                "type": names.list,
                "statusPurpose": self.purposes[0] if len(self.purposes) == 1 else list(self.purposes),
                **({"statusSize": self.size} if self.size is not None else {}),
                "encodedList": self.statuses.encoded(),
                **ttl,
            },
        }

    @property
    def ends(self) -> datetime:
        """When it says nothing any more: at its end, or `LIFE_WITHOUT_END` after its issue where it states none."""
        return self.valid_until if self.valid_until is not None else self.issued_at + LIFE_WITHOUT_END

    def fresh_until(self, fetched_at: datetime) -> datetime:
        """Return until when a copy is used without looking for a newer one: for its ``ttl``, never past its end."""
        ttl = MAX_TTL if self.ttl is None else min(max(self.ttl, MIN_TTL), MAX_TTL)
        return min(fetched_at + ttl, self.ends)

    def require_current(self, at: datetime) -> None:
        """Return if the list says something at `at`.

        Raises:
            ValidityError: it is past its end (``STATUS_LIST_EXPIRED``), or from the future (``NOT_YET_VALID``).
        """
        if max(self.valid_from or self.issued_at, self.issued_at) > at + SKEW:
            raise ValidityError("the status list is from the future", code="NOT_YET_VALID", clause=_LIST_CLAUSE)
        if at >= self.ends:
            raise ValidityError("the status list has ended", code="STATUS_LIST_EXPIRED", clause=_LIST_CLAUSE)


def sign_vc_jwt(content: BitstringStatusListCredential, *, signer: Signer, chain: tuple[bytes, ...]) -> str:
    """Return the credential as a JWT (VC-JOSE-COSE, section 3.1.1).

    Args:
        content: what it says; of at least 131 072 statuses.
        signer: holds the key of the status signer.
        chain: its DER certificate and the CAs above it, without the trust anchor.

    Raises:
        ValueError: a list that nobody would accept, because it is too short.
    """
    if content.statuses.entries(size=content.size or 1) < MIN_ENTRIES:
        raise ValueError(f"a list has at least {MIN_ENTRIES} entries")
    claims = {**content.to_json(), "iss": content.issuer, "iat": jwt.seconds(content.issued_at)}
    return jwt.sign(claims, typ=_TYP, signer=signer, header={"cty": "vc", "x5c": jose_header.x5c(chain)})


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BitstringStatus:
    """One status of a credential, as a list says it; what to make of it depends on its purpose.

    Attributes:
        purpose: what it is for.
        value: the number, 0 where nothing is set.
        message: what the number means, in the words of the credential; for developers, not for people.
    """

    purpose: str
    value: int
    message: str

    def __bool__(self) -> bool:
        raise TypeError("a status is evidence, not a truth value")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedBitstringList:
    """A list whose signature is by a status signer that was trusted at the time.

    How it was secured makes no difference here; another way than the JWT ends in this value, too.

    Attributes:
        token: what it says.
        signer: whose key it was, and why it was trusted.
        source: what the list said about its signer, with which a policy can be asked again.
        names: under which names it was written.
    """

    token: BitstringStatusListCredential
    signer: TrustedKey
    source: KeySource = field(repr=False)
    names: Names = Names.BITSTRING

    def status_of(
        self,
        entry: BitstringStatusListEntry,
        *,
        issuer: str,
        trust: TrustPolicy,
        at: datetime,
        minimum_entries: int = MIN_ENTRIES,
    ) -> BitstringStatus:
        """Return the status that an entry refers to (the Validate Algorithm, section 3.2).

        Args:
            entry: of the credential, whose signature has been verified.
            issuer: the identifier of the party that issued the credential.
            trust: says whose key it is, and for whom that party acts.
            at: the time.
            minimum_entries: how short a list may be, where an ecosystem has set another bound.

        Raises:
            ValidityError: the list is past its end or from the future.
            UntrustedError, NotAuthorisedError: the signer is no status signer any more, or not this issuer's
                (``STATUS_SIGNER_NOT_AUTHORISED``).
            VerificationError: another list, or one for other purposes (``STATUS_VERIFICATION_ERROR``).
            StatusError: the list is too short (``STATUS_LIST_LENGTH_ERROR``) or the index outside (``RANGE_ERROR``).
        """
        statuses = self.statuses_for(issuer, trust=trust, at=at)
        self._require_meant(entry)
        if statuses.entries(size=entry.size) < minimum_entries:
            raise StatusError(
                f"the status list has fewer than {minimum_entries} entries",
                code=Problem.STATUS_LIST_LENGTH_ERROR,
                clause=_VALIDATE_CLAUSE,
            )
        value = statuses.value(entry.index, size=entry.size)
        messages = entry.messages or ("unset", "set")
        return BitstringStatus(purpose=entry.purpose, value=value, message=messages[value])

    def statuses_for(self, issuer: str, *, trust: TrustPolicy, at: datetime) -> Bitstring:
        """Return the statuses, if the list speaks for this issuer's credentials at `at`.

        The policy is asked again, since the list may have been kept and its signer stopped.

        Raises:
            ValidityError, UntrustedError, NotAuthorisedError: as `status_of`.
        """
        signer = self.signer_now(trust=trust, at=at)
        if issuer != signer.party and issuer not in signer.acts_for:
            raise NotAuthorisedError(
                f"{quoted(signer.party)} signs no status lists for {quoted(issuer)}",
                code="STATUS_SIGNER_NOT_AUTHORISED",
                clause=_VALIDATE_CLAUSE,
            )
        self.token.require_current(at)
        return self.token.statuses

    def signer_now(self, *, trust: TrustPolicy, at: datetime) -> TrustedKey:
        """Return whose key it is at `at`, and for whom that party acts.

        Raises:
            UntrustedError, NotAuthorisedError: the signer is no status signer any more.
            VerificationError: the key is another one than before.
        """
        signer = trust.key_for(self.source, role=Role.STATUS_SIGNER, type_id=None, at=at)
        if signer.key != self.signer.key:
            raise VerificationError("the status list is by another key than before", clause=_VALIDATE_CLAUSE)
        return signer

    def __bool__(self) -> bool:
        raise TypeError("a signed status list is evidence, not a truth value")

    def _require_meant(self, entry: BitstringStatusListEntry) -> None:
        if self.token.id != entry.list_url or self.names is not entry.names:
            raise _not_verified("the status list is not the one that was asked for")
        if entry.purpose not in self.token.purposes:
            raise _not_verified("the status list is for another purpose")
        if self.token.size not in (None, entry.size):
            raise _not_verified("the status list has statuses of another size")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedBitstringList:
    """A list as it came; nothing of it is verified."""

    _signed: Jws = field(repr=False)
    _claims: Mapping[str, Any] = field(repr=False)
    unverified_issuer: str

    def verify(
        self, *, url: str, trust: TrustPolicy, at: datetime, names: Collection[Names] = CURRENT
    ) -> SignedBitstringList:
        """Return the list, after every check that does not depend on a credential has passed.

        Args:
            url: where the list was looked for, as the entry gives it.
            trust: says who signs status lists.
            at: the time.
            names: the type names that are known.

        Raises:
            MalformedError, LimitExceededError: a member is missing or wrong, or the list cannot be unpacked.
            AlgorithmNotAllowedError, SignatureInvalidError: the signature does not hold.
            UntrustedError, NotAuthorisedError: the signer is not known, or no status signer.
            VerificationError: the list is another one (``STATUS_VERIFICATION_ERROR``).
            ValidityError: it is past its end or from the future.
        """
        source = _source(self._claims, self._signed)
        signer = trust.key_for(source, role=Role.STATUS_SIGNER, type_id=None, at=at)
        self._signed.verify(signer.key)
        jwt.require_valid_at(self._claims, at=at)
        content, written_as = read_credential(self._claims, names=names, signed_at=source.signed_at)
        if content.id != url:
            raise _not_verified("the status list is not the one that was asked for")
        content.require_current(at)
        return SignedBitstringList(token=content, signer=signer, source=source, names=written_as)


def parse(data: bytes) -> UnverifiedBitstringList:
    """Read a list's credential that is secured as a JWT.

    Raises:
        LimitExceededError: longer than 24 MiB, or a part over its own limit.
        MalformedError: not such a credential.
        AlgorithmNotAllowedError: an algorithm that vcwallet does not have, every MAC among them.
        VerificationError: another kind of token (``WRONG_TYPE``).
        UnsupportedError: an extension in the header.
    """
    signed = jws.parse(data, max_bytes=MAX_TOKEN_BYTES)
    jwt.require_typ(signed.header, _TYP)
    if signed.header.members.get("cty", "vc") != "vc":
        raise VerificationError("the token holds no credential", code="WRONG_TYPE", clause=_JOSE_CLAUSE)
    claims = json.loads_object(signed.unverified_payload, max_bytes=MAX_TOKEN_BYTES, max_items=MAX_TOKEN_ITEMS)
    # Those of the older data model, in which the credential was a part of the claims: whose word would count?
    if "vc" in claims or "vp" in claims:
        raise _malformed("a credential is the claims of its token, not one of them", _JOSE_CLAUSE)
    issuer = _issuer(claims)
    if any(members.get("iss", issuer) != issuer for members in (claims, signed.header.members)):
        raise _malformed("iss and issuer name two parties", _JOSE_CLAUSE)
    return UnverifiedBitstringList(_signed=signed, _claims=claims, unverified_issuer=issuer)


def read_credential(
    members: Mapping[str, Any], *, names: Collection[Names] = CURRENT, signed_at: datetime | None = None
) -> tuple[BitstringStatusListCredential, Names]:
    """Return what a list's credential says, whatever it is secured with; that has been verified before.

    Args:
        members: the credential.
        names: the type names that are known.
        signed_at: the time of the signature, if it is known.

    Raises:
        MalformedError: it is not a list's credential (``MALFORMED_VALUE_ERROR``).
        LimitExceededError: its list is longer than 16 MiB.
    """
    written_as = _names(members, names)
    subject = _object(members.get("credentialSubject"), "credentialSubject", _LIST_CLAUSE)
    if _types(subject) != [written_as.value.list]:
        raise _malformed("the subject is no status list", _LIST_CLAUSE)
    begins = _time(members, "validFrom")
    issued_at = signed_at or begins
    if issued_at is None:
        raise _malformed("a status list says when it began or was signed", _LIST_CLAUSE)
    encoded = _text(subject, "encodedList", _LIST_CLAUSE)
    decode = Bitstring.from_encoded if written_as is Names.BITSTRING else Bitstring.from_unprefixed
    try:
        content = BitstringStatusListCredential(
            id=_text(members, "id", _LIST_CLAUSE),
            issuer=_issuer(members),
            purposes=_texts(subject.get("statusPurpose")),
            statuses=decode(encoded),
            issued_at=issued_at,
            valid_from=begins,
            valid_until=_time(members, "validUntil"),
            ttl=_ttl(subject),
            size=_number(subject, "statusSize") if "statusSize" in subject else None,
        )
    except ValueError as error:
        raise _malformed(f"a status list contradicts itself: {error}", _LIST_CLAUSE) from None
    return content, written_as


def problem_of(error: VcError) -> Problem:
    """Return what the standard calls an error of this module, for reports that others read."""
    if error.code in Problem.__members__:
        return Problem(error.code)
    match error:
        case TransportError():
            return Problem.STATUS_RETRIEVAL_ERROR
        case MalformedError():
            return Problem.MALFORMED_VALUE_ERROR
        case _:
            return Problem.STATUS_VERIFICATION_ERROR


def _names(members: Mapping[str, Any], known: Collection[Names]) -> Names:
    contexts = members.get("@context")
    if not isinstance(contexts, list) or contexts[:1] != [CONTEXT]:
        raise _malformed("the credential has not the context of VCDM 2.0 first", _MODEL_CLAUSE)
    types = _types(members)
    written_as = [each for each in known if each.value.credential in types]
    if "VerifiableCredential" not in types or len(written_as) != 1:
        raise _malformed("the credential is not of a status list", _LIST_CLAUSE)
    return written_as[0]


def _types(members: Mapping[str, Any]) -> list[str]:
    return list(_texts(members.get("type")))


def _source(claims: Mapping[str, Any], signed: Jws) -> KeySource:
    issued_at = jwt.numeric_date(claims, "iat") or _time(claims, "validFrom")
    return KeySource(
        issuer=_issuer(claims),
        chain=signed.header.chain,
        key_id=signed.header.key_id,
        trust_chain=signed.header.trust_chain,
        signed_at=issued_at,
    )


def _issuer(members: Mapping[str, Any]) -> str:
    issuer = members.get("issuer")
    if isinstance(issuer, Mapping):
        issuer = issuer.get("id")
    if not isinstance(issuer, str) or not _URL.fullmatch(issuer):
        raise _malformed("the issuer is no URL", _MODEL_CLAUSE)
    return issuer


def _ttl(subject: Mapping[str, Any]) -> timedelta | None:
    # More than the longest that counts makes no difference, and need not fit.
    return timedelta(milliseconds=min(_number(subject, "ttl"), 10**12)) if "ttl" in subject else None


def _number(members: Mapping[str, Any], name: str) -> int:
    value = members.get(name)
    if type(value) is not int or value < 1:
        raise _malformed(f"{name} is no number above zero", _LIST_CLAUSE)
    return value


def _time(members: Mapping[str, Any], name: str) -> datetime | None:
    """Return a time as a dateTimeStamp, which has a time zone (VCDM 2.0, section 4.9)."""
    if name not in members:
        return None
    text = members[name]
    if not isinstance(text, str) or len(text) > 40 or not _TIME.fullmatch(text):
        raise _malformed(f"{name} is no time with a time zone", _MODEL_CLAUSE)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):  # no such day, or one outside the years that there are
        raise _malformed(f"{name} is no time with a time zone", _MODEL_CLAUSE) from None


def _timestamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _whole_seconds(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError("a time without a time zone")
    return time.astimezone(UTC).replace(microsecond=0)


def _object(value: object, name: str, clause: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _malformed(f"{name} is missing or no object", clause)
    return value


def _text(members: Mapping[str, Any], name: str, clause: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise _malformed(f"{name} is missing or no string", clause)
    return value


def _texts(value: object) -> tuple[str, ...]:
    """Return one string or an array of strings as a tuple."""
    values: Sequence[object] = value if isinstance(value, list) else [value]
    if not 0 < len(values) <= MAX_STATUS_ENTRIES or not all(isinstance(each, str) and each for each in values):
        raise _malformed("a member is no string, and no array of a few", _LIST_CLAUSE)
    return tuple(str(each) for each in values)


def _malformed(message: str, clause: str) -> MalformedError:
    return MalformedError(message, code=Problem.MALFORMED_VALUE_ERROR, clause=clause)


def _not_verified(message: str) -> VerificationError:
    return VerificationError(message, code=Problem.STATUS_VERIFICATION_ERROR, clause=_VALIDATE_CLAUSE)
