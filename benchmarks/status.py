# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A status list of 10^8 entries, one in a thousand set: made and signed, read and looked up, each form alone."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from benchmarks.process import peak_memory
from vcwallet.registry import TrustRegistry
from vcwallet.status import MediaType, StatusList, StatusListToken, sign_cwt, sign_jwt
from vcwallet.status.token_status_list import parse
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient

ENTRIES = 100_000_000
SET = ENTRIES // 1000
URI = "https://city.example/lists/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeList:
    """Seconds of wall-clock time, and the highest resident memory in MiB, with and without a list."""

    form: str
    signed: float
    token_bytes: int
    looked_up: float
    before: float
    peak: float


def run(form: MediaType) -> LargeList:
    """Measure one form in a process of its own, since a peak is that of a process."""
    done = subprocess.run(  # noqa: S603 - this interpreter, and this very module
        [sys.executable, "-m", "benchmarks.status", form.name], capture_output=True, text=True, check=True
    )
    return LargeList(**json.loads(done.stdout))


def _measure(form: MediaType) -> LargeList:
    now = datetime.now(UTC)
    # In memory without a file: deriving the key of a file takes more memory than the list.
    registry = TrustRegistry.found("Registry", store=MemoryStore(), clock=lambda: now)
    enrolment = registry.enrol_status_signer("City")
    trust = TrustedListClient.start(registry.published(), store=MemoryStore(), at=now)
    revoked = dict.fromkeys(random.Random(1).sample(range(ENTRIES), SET), 1)
    index, before = next(iter(revoked)), peak_memory()
    start = time.perf_counter()
    token = StatusListToken(
        uri=URI,
        statuses=StatusList.of(revoked, size=ENTRIES, bits=1),
        issued_at=now,
        expires=now + timedelta(days=1),
        ttl=timedelta(hours=1),
    )
    if form is MediaType.JWT:
        data = sign_jwt(token, signer=enrolment.signer, chain=enrolment.chain).encode("ascii")
    else:
        data = sign_cwt(token, signer=enrolment.signer, chain=enrolment.chain)
    signed = time.perf_counter() - start
    del token, revoked
    start = time.perf_counter()
    found = parse(data, form).verify(uri=URI, trust=trust, at=now)
    if found.statuses_for(enrolment.identifier, trust=trust, at=now)[index] != 1:
        raise SystemExit("the wrong status")
    looked_up = time.perf_counter() - start
    return LargeList(
        form=form.name, signed=signed, token_bytes=len(data), looked_up=looked_up, before=before, peak=peak_memory()
    )


if __name__ == "__main__":
    print(json.dumps(asdict(_measure(MediaType[sys.argv[1]]))))
