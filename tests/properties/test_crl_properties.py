# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What holds of every certificate revocation list (RFC 5280, section 5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.mdoc_pki import iaca
from tests.support.pki import NOW
from vcwallet.errors import VcError
from vcwallet.trust.crl import Reason, RevocationList, RevokedCertificate, build_crl

CA = iaca()
WEEK = timedelta(days=7)
ENTRY = RevokedCertificate(serial_number=4711, revoked_at=NOW, reason=Reason.SUPERSEDED)
DER = build_crl(CA, [ENTRY], number=1, at=NOW, next_update=NOW + WEEK)
# UTCTime ends with the year 2049, GeneralizedTime follows (RFC 5280, section 5.1.2.4).
TIMES = st.datetimes(datetime(1950, 1, 1), datetime(2120, 1, 1), timezones=st.just(UTC))
ENTRIES = st.builds(
    RevokedCertificate,
    serial_number=st.integers(1, 2**159 - 1),
    revoked_at=TIMES,
    reason=st.sampled_from(Reason),
)


@given(st.lists(ENTRIES, unique_by=lambda entry: entry.serial_number), st.integers(0, 2**159 - 1), TIMES)
def test_what_is_issued_is_read_back(entries: list[RevokedCertificate], number: int, at: datetime) -> None:
    der = build_crl(CA, entries, number=number, at=at, next_update=at + WEEK)
    found = RevocationList.read(der, issuer=CA.certificate)
    assert found.revoked == {entry.serial_number: entry for entry in entries}
    assert (found.number, found.this_update) == (number, at.replace(microsecond=0))


@given(st.integers(0, len(DER) - 1), st.integers(1, 255))
def test_a_list_with_any_byte_changed_is_refused(position: int, flip: int) -> None:
    changed = DER[:position] + bytes([DER[position] ^ flip]) + DER[position + 1 :]
    with pytest.raises(VcError):
        RevocationList.read(changed, issuer=CA.certificate)
    assert RevocationList.read(DER, issuer=CA.certificate).number == 1


@given(st.binary(max_size=400))
def test_rubbish_is_refused_with_an_error_of_ours(der: bytes) -> None:
    with pytest.raises(VcError):
        RevocationList.read(der, issuer=CA.certificate)
