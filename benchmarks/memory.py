# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Memory over many operations: what one hundred thousand of them leave behind."""

from __future__ import annotations

import gc
import resource
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.process import peak_memory
from benchmarks.scene import QUARTER, RECORD, Scene
from vcwallet import Mdoc, SdJwtVc

OPERATIONS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Resident memory before and after, in MiB."""

    operations: int
    before: float
    after: float
    peak: float


def run(progress: Callable[[int], None], operations: int = OPERATIONS) -> Growth:
    """Issue, present and verify in turns until there were that many operations, each on its own bytes."""
    scenes = [Scene.set(SdJwtVc()), Scene.set(Mdoc())]

    def turn() -> None:
        for scene in scenes:
            reader = scene.writer
            credential = scene.issuer.issue(RECORD, format=reader, holder=scene.holder, valid_for=QUARTER)
            held = reader.reopen(credential.raw)
            raw = held.present(scene.paths, binding=scene.binding, signer=scene.holder, at=scene.at)
            reader.read_presentation(raw).verify(binding=scene.binding, trust=scene.trust, at=scene.at)

    for _ in range(500):  # fill the caches that are meant to be full
        turn()
    before = _resident()
    for done in range(0, operations, 6):
        turn()
        if done % 3000 == 0:
            progress(done)
    progress(operations)
    return Growth(operations=operations, before=before, after=_resident(), peak=peak_memory())


def _resident() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20
