# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Token Status List (draft-ietf-oauth-status-list): the Status List Token, and the reference to an index of it.

A token is a JWT (section 5.1) for SD-JWT VCs or a CWT (section 5.2) for mdocs.  One that was parsed has no statuses to
use by mistake: `UnverifiedStatusList.verify` gives them out.

    >>> from datetime import UTC, datetime, timedelta
    >>> from vcwallet.keys.software import SoftwareSigner
    >>> from vcwallet.status.status_list import StatusList
    >>> from vcwallet.status.token_status_list import MediaType, StatusListToken, parse, sign_jwt, status_claim
    >>> now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    >>> token = StatusListToken(
    ...     uri="https://city.example/lists/1",
    ...     statuses=StatusList.of({412: 1}, size=1000, bits=1),
    ...     issued_at=now,
    ...     expires=now + timedelta(days=1),
    ...     ttl=timedelta(hours=12),
    ... )
    >>> text = sign_jwt(token, signer=SoftwareSigner.generate(), chain=(b"a certificate",))
    >>> parse(text.encode(), MediaType.JWT)
    UnverifiedStatusList(media_type=<MediaType.JWT: 'application/statuslist+jwt'>)
    >>> status_claim(token.uri, 412)
    {'status_list': {'idx': 412, 'uri': 'https://city.example/lists/1'}}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from vcwallet.claims import JsonObject
from vcwallet.cose import cwt
from vcwallet.cose import header as cose_header
from vcwallet.cose.sign1 import Sign1
from vcwallet.encoding import base64url, cbor, json
from vcwallet.encoding.cbor import Limits
from vcwallet.errors import MalformedError, NotAuthorisedError, ValidityError, VerificationError, quoted
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws, jwt
from vcwallet.jose.jws import Jws
from vcwallet.jose.jwt import SKEW
from vcwallet.keys.policy import KeySource, Role, TrustedKey, TrustPolicy
from vcwallet.keys.signer import Signer
from vcwallet.status.status_list import StatusList

MAX_TOKEN_BYTES: Final = 24 * 1024 * 1024
MAX_TOKEN_ITEMS: Final = 1000
"""How many values of JSON the claims of a list have; what is long in them is one string."""
MAX_INDEX: Final = 2**31 - 1
MAX_URI_CHARACTERS: Final = 2048
MIN_TTL: Final = timedelta(seconds=60)
MAX_TTL: Final = timedelta(hours=24)
"""A list is not fetched again before the one, and always after the other, whatever its ``ttl`` says."""
LIFE_WITHOUT_END: Final = timedelta(days=7)
"""How long after its issue a list is good that states no end: without one, an old copy would be good for ever."""

MECHANISM: Final = "status_list"
_TTL, _STATUS_LIST = 65534, 65533
_LABELS: Final = {"iss": cwt.ISS, "sub": cwt.SUB, "exp": cwt.EXP, "nbf": cwt.NBF, "iat": cwt.IAT}
_CWT_LABELS: Final = {**_LABELS, "ttl": _TTL, MECHANISM: _STATUS_LIST}
_CLAUSE: Final = "Token Status List, section 5"
_MAX_SECONDS: Final = 10**10


class MediaType(StrEnum):
    """The two forms of a Status List Token, by media type."""

    JWT = "application/statuslist+jwt"
    CWT = "application/statuslist+cwt"


_JWT_TYP: Final = "statuslist+jwt"
# The examples of ISO/IEC 18013-5 leave "application/" out.
_CWT_TYPES: Final = (MediaType.CWT.value, "statuslist+cwt")


# --- the reference ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReference:
    """Where the status of a credential stands.

    Attributes:
        uri: the https URL of the Status List Token, which is its ``sub``, too.
        index: the place in the list.
    """

    uri: str = field(repr=False)
    index: int = field(repr=False)

    def __post_init__(self) -> None:
        if not is_list_uri(self.uri) or not 0 <= self.index <= MAX_INDEX:
            raise ValueError("a reference has an https URL and an index below 2^31")

    def to_claim(self) -> JsonObject:
        """Return the ``status`` claim of a credential (sections 6.2 and 6.3)."""
        return {MECHANISM: {"idx": self.index, "uri": self.uri}}

    @classmethod
    def from_claim(cls, status: Mapping[str, Any]) -> StatusReference | None:
        """Read the ``status`` claim of a credential; None where it uses other mechanisms only.

        Raises:
            MalformedError: the mechanism is this one, but what it says is not a URL and an index.
        """
        if MECHANISM not in status:
            return None
        reference = status[MECHANISM]
        if not isinstance(reference, Mapping):
            raise MalformedError("status_list is an object", clause="Token Status List, section 6.2")
        uri, index = reference.get("uri"), reference.get("idx")
        if type(index) is not int or not 0 <= index <= MAX_INDEX:
            raise MalformedError("idx is not an index below 2^31", clause="Token Status List, section 6.2")
        if not isinstance(uri, str) or not is_list_uri(uri):
            raise MalformedError("uri is not an https URL", clause="Token Status List, section 6.2")
        return cls(uri=uri, index=index)


def status_claim(uri: str, index: int) -> JsonObject:
    """Return the ``status`` claim of a credential whose status stands at an index of a list.

    Raises:
        ValueError: not an https URL, or an index that no list has.
    """
    return StatusReference(uri=uri, index=index).to_claim()


def is_list_uri(uri: str) -> bool:
    """Tell whether a text can be the address of a list: an https URL without fragment and user information."""
    if len(uri) > MAX_URI_CHARACTERS or not uri.isascii() or not uri.isprintable():
        return False
    if any(mark in uri for mark in " #@\\"):
        return False
    try:
        parts = urlsplit(uri)
        return parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a broken port or IPv6 address
        return False


# --- the token -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusListToken:
    """What a Status List Token says, in whole seconds.

    Attributes:
        uri: where it is published; a credential refers to it by this.
        statuses: the list.
        issued_at: when it was signed.
        expires: its end, if it states one.
        ttl: how long a copy may be used before a newer one is looked for, if it says so.
        aggregation_uri: where all lists of its publisher are listed, if it says so.
    """

    uri: str
    statuses: StatusList
    issued_at: datetime
    expires: datetime | None = None
    ttl: timedelta | None = None
    aggregation_uri: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "issued_at", _whole_seconds(self.issued_at))
        if self.expires is not None:
            object.__setattr__(self, "expires", _whole_seconds(self.expires))
            if self.expires <= self.issued_at:
                raise ValueError("a list ends after it was issued")
        if self.ttl is not None and self.ttl < timedelta(seconds=1):
            raise ValueError("ttl is a second or more")
        if not all(is_list_uri(uri) for uri in (self.uri, self.aggregation_uri) if uri is not None):
            raise ValueError("the addresses of a list are https URLs")

    @property
    def ends(self) -> datetime:
        """When it says nothing any more: at its end, or `LIFE_WITHOUT_END` after its issue where it states none."""
        return self.expires if self.expires is not None else self.issued_at + LIFE_WITHOUT_END

    def fresh_until(self, fetched_at: datetime) -> datetime:
        """Return until when a copy is used without looking for a newer one: for its ``ttl``, never past its end."""
        ttl = MAX_TTL if self.ttl is None else min(max(self.ttl, MIN_TTL), MAX_TTL)
        return min(fetched_at + ttl, self.ends)

    def require_current(self, at: datetime) -> None:
        """Return if the list says something at `at`.

        Raises:
            ValidityError: it is past its end (``STATUS_LIST_EXPIRED``), or from the future (``NOT_YET_VALID``).
        """
        if self.issued_at > at + SKEW:
            raise ValidityError("the status list is from the future", code="NOT_YET_VALID", clause=_CLAUSE)
        if at >= self.ends:
            raise ValidityError("the status list has ended", code="STATUS_LIST_EXPIRED", clause=_CLAUSE)


def sign_jwt(token: StatusListToken, *, signer: Signer, chain: tuple[bytes, ...], key_id: str | None = None) -> str:
    """Return the token as a JWT (section 5.1).

    Args:
        token: what it says.
        signer: holds the key of the status signer.
        chain: its DER certificate and the CAs above it, without the trust anchor; empty where it has none.
        key_id: which key it is (``kid``), where its party is known by other means than certificates.

    Raises:
        ValueError: neither of the two.
    """
    _require_either(chain, key_id)
    statuses = {
        "bits": token.statuses.bits,
        "lst": base64url.encode(token.statuses.compressed()),
        **_aggregation(token),
    }
    claims = {**_times(token), MECHANISM: statuses}
    header: dict[str, Any] = {"x5c": jose_header.x5c(chain)} if chain else {}
    return jwt.sign(claims, typ=_JWT_TYP, signer=signer, header=header | ({} if key_id is None else {"kid": key_id}))


def sign_cwt(token: StatusListToken, *, signer: Signer, chain: tuple[bytes, ...], key_id: str | None = None) -> bytes:
    """Return the token as a CWT, a COSE_Sign1 in tag 18 (section 5.2); arguments and errors are those of `sign_jwt`."""
    _require_either(chain, key_id)
    statuses = {"bits": token.statuses.bits, "lst": token.statuses.compressed(), **_aggregation(token)}
    claims = {_CWT_LABELS[name]: value for name, value in {**_times(token), MECHANISM: statuses}.items()}
    # ISO/IEC 18013-5 wants the chain protected.
    protected: dict[int, Any] = {cose_header.X5CHAIN: cose_header.x5chain(chain)} if chain else {}
    if key_id is not None:
        protected[cose_header.KID] = key_id.encode("utf-8")
    return cwt.sign(claims, typ=MediaType.CWT.value, signer=signer, protected=protected)


def _require_either(chain: tuple[bytes, ...], key_id: str | None) -> None:
    if not chain and not key_id:
        raise ValueError("a list says by whose key it is signed: by a certificate, or by the name of the key")


def _times(token: StatusListToken) -> dict[str, Any]:
    claims: dict[str, Any] = {"sub": token.uri, "iat": jwt.seconds(token.issued_at)}
    if token.expires is not None:
        claims["exp"] = jwt.seconds(token.expires)
    if token.ttl is not None:
        claims["ttl"] = int(token.ttl.total_seconds())
    return claims


def _aggregation(token: StatusListToken) -> dict[str, Any]:
    return {} if token.aggregation_uri is None else {"aggregation_uri": token.aggregation_uri}


def _whole_seconds(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError("a time without a time zone")
    return time.astimezone(UTC).replace(microsecond=0)


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedStatusList:
    """A token whose signature is by a status signer that was trusted at the time.

    Attributes:
        token: what it says.
        signer: whose key it was, and why it was trusted.
        source: what the token said about its signer, with which a policy can be asked again.
    """

    token: StatusListToken
    signer: TrustedKey
    source: KeySource = field(repr=False)

    def statuses_for(self, issuer: str, *, trust: TrustPolicy, at: datetime) -> StatusList:
        """Return the statuses, if the list speaks for this issuer's credentials at `at`.

        The policy is asked again, since the list may have been kept and its signer stopped.

        Args:
            issuer: the identifier of the party that issued the credential.
            trust: says whose key it is, and for whom that party acts.
            at: the time.

        Raises:
            ValidityError: the list is past its end or from the future.
            UntrustedError, NotAuthorisedError: the signer is no status signer any more, or not this issuer's
                (``STATUS_SIGNER_NOT_AUTHORISED``).
        """
        signer = self.signer_now(trust=trust, at=at)
        if issuer != signer.party and issuer not in signer.acts_for:
            raise NotAuthorisedError(
                f"{quoted(signer.party)} signs no status lists for {quoted(issuer)}",
                code="STATUS_SIGNER_NOT_AUTHORISED",
                clause="Token Status List, section 11.3",
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
            raise VerificationError("the status list is by another key than before", clause=_CLAUSE)
        return signer

    def __bool__(self) -> bool:
        raise TypeError("a signed status list is evidence, not a truth value")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedStatusList:
    """A token as it came; nothing of it is verified."""

    media_type: MediaType
    _signed: Jws | Sign1 = field(repr=False)
    _claims: Mapping[str, Any] = field(repr=False)
    _source: KeySource = field(repr=False)

    def verify(self, *, uri: str, trust: TrustPolicy, at: datetime) -> SignedStatusList:
        """Return the list, after every check that does not depend on a credential has passed (section 8.3).

        Args:
            uri: where the list was looked for, as the credential gives it.
            trust: says who signs status lists.
            at: the time.

        Raises:
            MalformedError, LimitExceededError: a claim is missing or wrong, or the list cannot be unpacked.
            AlgorithmNotAllowedError, SignatureInvalidError: the signature does not hold.
            UntrustedError, NotAuthorisedError: the signer is not known, or no status signer.
            VerificationError: the list is another one (``STATUS_WRONG_SUBJECT``).
            ValidityError: it is past its end or from the future.
        """
        signer = trust.key_for(self._source, role=Role.STATUS_SIGNER, type_id=None, at=at)
        self._signed.verify(signer.key)
        if jwt.text(self._claims, "sub") != uri:
            raise VerificationError(
                "the status list is not the one that was asked for", code="STATUS_WRONG_SUBJECT", clause=_CLAUSE
            )
        token = _token(self._claims, self.media_type)
        token.require_current(at)
        jwt.require_valid_at(self._claims, at=at)  # its end was checked, without any skew; this is for a beginning
        return SignedStatusList(token=token, signer=signer, source=self._source)


def parse(data: bytes, media_type: MediaType) -> UnverifiedStatusList:
    """Read a Status List Token.

    Args:
        data: its bytes: a compact JWS, or a COSE_Sign1 in tag 18.
        media_type: what it was sent as.

    Raises:
        LimitExceededError: longer than 24 MiB, or a part over its own limit.
        MalformedError: not such a token, or its claims are none.
        AlgorithmNotAllowedError: an algorithm that vcwallet does not have, every MAC among them.
        VerificationError: another kind of token (``WRONG_TYPE``).
        UnsupportedError: an extension in the header.
    """
    return _parse_jwt(data) if media_type is MediaType.JWT else _parse_cwt(data)


def _parse_jwt(data: bytes) -> UnverifiedStatusList:
    signed = jws.parse(data, max_bytes=MAX_TOKEN_BYTES)
    jwt.require_typ(signed.header, _JWT_TYP)
    claims = json.loads_object(signed.unverified_payload, max_bytes=MAX_TOKEN_BYTES, max_items=MAX_TOKEN_ITEMS)
    header = signed.header
    source = _source(claims, header.chain, key_id=header.key_id, trust_chain=header.trust_chain)
    return UnverifiedStatusList(media_type=MediaType.JWT, _signed=signed, _claims=claims, _source=source)


def _parse_cwt(data: bytes) -> UnverifiedStatusList:
    token = cwt.parse(data, max_bytes=MAX_TOKEN_BYTES)
    cwt.require_typ(token.headers, *_CWT_TYPES)
    payload = token.signed.unverified_payload
    if payload is None:
        raise MalformedError("a status list comes with its claims", code="PAYLOAD_DETACHED", clause=_CLAUSE)
    labelled = cbor.loads(payload, limits=Limits(max_bytes=MAX_TOKEN_BYTES, max_items=MAX_TOKEN_ITEMS))
    if not isinstance(labelled, dict):
        raise MalformedError("the claims of a CWT are a map", clause="RFC 8392, section 4")
    claims = {name: labelled[label] for name, label in _CWT_LABELS.items() if label in labelled}
    source = _source(claims, token.headers.chain, key_id=_text_of(token.headers.key_id))
    return UnverifiedStatusList(media_type=MediaType.CWT, _signed=token.signed, _claims=claims, _source=source)


def _source(
    claims: Mapping[str, Any], chain: tuple[bytes, ...], *, key_id: str | None, trust_chain: tuple[str, ...] = ()
) -> KeySource:
    issuer = jwt.text(claims, "iss") if "iss" in claims else None
    return KeySource(issuer=issuer, chain=chain, key_id=key_id, trust_chain=trust_chain, signed_at=_issued_at(claims))


def _text_of(key_id: bytes | None) -> str | None:
    """Return the ``kid`` of a CWT, which is of bytes, as policies know it; none that they could know otherwise."""
    try:
        return None if key_id is None else key_id.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _issued_at(claims: Mapping[str, Any]) -> datetime:
    issued_at = jwt.numeric_date(claims, "iat")
    if issued_at is None:
        raise MalformedError("iat is missing", clause=_CLAUSE)
    return issued_at


def _token(claims: Mapping[str, Any], media_type: MediaType) -> StatusListToken:
    members = claims.get(MECHANISM)
    if not isinstance(members, Mapping):
        raise MalformedError("status_list is missing or no object", clause=_CLAUSE)
    try:
        return StatusListToken(
            uri=jwt.text(claims, "sub"),
            statuses=_statuses(members, media_type),
            issued_at=_issued_at(claims),
            expires=jwt.numeric_date(claims, "exp"),
            ttl=_ttl(claims),
            aggregation_uri=jwt.text(members, "aggregation_uri") if "aggregation_uri" in members else None,
        )
    except ValueError as error:
        raise MalformedError(f"a status list token contradicts itself: {error}", clause=_CLAUSE) from None


def _statuses(members: Mapping[str, Any], media_type: MediaType) -> StatusList:
    bits, packed = members.get("bits"), members.get("lst")
    if type(bits) is not int:
        raise MalformedError("bits is missing or no number", clause=_CLAUSE)
    if not isinstance(packed, str if media_type is MediaType.JWT else bytes):
        raise MalformedError("lst is missing or of the wrong type", clause=_CLAUSE)
    return StatusList.from_compressed(base64url.decode(packed) if isinstance(packed, str) else packed, bits=bits)


def _ttl(claims: Mapping[str, Any]) -> timedelta | None:
    if "ttl" not in claims:
        return None
    value = claims["ttl"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 1:
        raise MalformedError("ttl is not a number of seconds", clause=_CLAUSE)
    return timedelta(seconds=int(min(value, _MAX_SECONDS)))
