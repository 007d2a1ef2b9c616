# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The four attributes of a signing certificate: name, sex, date of birth and address (subjectAltName, otherName)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.x509.oid import ObjectIdentifier

from vcwallet.errors import LimitExceededError, MalformedError
from vcwallet.japan.codes import Sex
from vcwallet.japan.dates import PartialDate
from vcwallet.japan.eras import parse_jpki_date
from vcwallet.trust.certificates import find_extension

MAX_TEXT = 1_000
_ARC: Final = "1.2.392.200149.8.5.5"
_NAME, _NAME_FLAGS, _SEX, _BIRTH, _ADDRESS, _ADDRESS_FLAGS = (
    ObjectIdentifier(f"{_ARC}.{number}") for number in range(1, 7)
)
_DEMANDED: Final = (_NAME, _SEX, _BIRTH, _ADDRESS)
_FLAGS: Final = re.compile("[0-9]{0,1000}")
_SEX_CODE: Final = re.compile("[0-9]")
_SEXES: Final = {"1": Sex.MALE, "2": Sex.FEMALE}


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenText:
    """A text of the register as the certificate can write it.

    Attributes:
        text: the text.
        flags: digits that mark where a character stands for one that has no code; empty where nothing is said.
    """

    text: str = field(repr=False)
    flags: str = field(default="", repr=False)

    @property
    def has_substitutes(self) -> bool:
        """Whether a character stands for another one, so that the register writes the text otherwise."""
        return self.flags.strip("0") != ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JpkiAttributes:
    """What the resident register says of the holder, when the certificate was issued.

    Attributes:
        full_name: the name.
        sex: the sex; a code that is neither that of men nor that of women is *not known*.
        birth_date: the date of birth, of which parts or all may be unknown.
        address: the address.
    """

    full_name: WrittenText = field(repr=False)
    sex: Sex = field(repr=False)
    birth_date: PartialDate = field(repr=False)
    address: WrittenText = field(repr=False)


def read_attributes(certificate: x509.Certificate) -> JpkiAttributes:
    """Return the attributes of a signing certificate that was validated.

    Raises:
        MalformedError: one is missing, comes twice, or is no UTF8String of its form (``JPKI_ATTRIBUTE``,
            ``JP_JPKI_DATE_INVALID``).
        LimitExceededError: a text is longer than 1 000 characters.
        UnsupportedError: a date before 1873.
    """
    texts = _texts(certificate)
    if not all(texts.get(kind) for kind in _DEMANDED):
        raise _malformed("a signing certificate has a name, a sex, a date of birth and an address")
    flags = [texts.get(kind, "") for kind in (_NAME_FLAGS, _ADDRESS_FLAGS)]
    if not all(map(_FLAGS.fullmatch, flags)):
        raise _malformed("substituted characters are marked by digits")
    if _SEX_CODE.fullmatch(texts[_SEX]) is None:
        raise _malformed("the sex is one digit")
    return JpkiAttributes(
        full_name=WrittenText(text=texts[_NAME], flags=flags[0]),
        sex=_SEXES.get(texts[_SEX], Sex.NOT_KNOWN),
        birth_date=parse_jpki_date(texts[_BIRTH]),
        address=WrittenText(text=texts[_ADDRESS], flags=flags[1]),
    )


def has_attributes(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate has any of the attributes; one for user authentication has none."""
    return any(name.type_id.dotted_string.startswith(f"{_ARC}.") for name in _other_names(certificate))


def _texts(certificate: x509.Certificate) -> dict[ObjectIdentifier, str]:
    texts: dict[ObjectIdentifier, str] = {}
    for name in _other_names(certificate):
        if name.type_id in texts:
            raise _malformed("an attribute comes twice")
        if name.type_id.dotted_string.startswith(f"{_ARC}."):
            texts[name.type_id] = _text(name.value)
    return texts


def _other_names(certificate: x509.Certificate) -> list[x509.OtherName]:
    extension = find_extension(certificate, x509.SubjectAlternativeName)
    return [name for name in extension.value if isinstance(name, x509.OtherName)] if extension is not None else []


def _text(der: bytes) -> str:
    try:
        text = asn1.decode_der(str, der)
    except ValueError:
        raise _malformed("an attribute is a UTF8String") from None
    if len(text) > MAX_TEXT:
        raise LimitExceededError(f"an attribute is longer than {MAX_TEXT} characters")
    return text


def _malformed(message: str) -> MalformedError:
    return MalformedError(message, code="JPKI_ATTRIBUTE", clause="RFC 5280, section 4.2.1.6")
