# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Timing two things side by side, so that a machine whose speed drifts still gives a fair ratio."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

Work = Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Operations per second of CPU time on one core, of the work and of its floor, and their ratio."""

    name: str
    per_second: float
    floor_per_second: float
    ratio: float
    target: float | None


def compare(
    name: str, work: Work, floor: Work, *, target: float | None = None, rounds: int = 15, operations: int = 400
) -> Comparison:
    """Run work and floor in turns; rates and ratio are medians over the rounds."""
    work(), floor()
    pairs = [(_rate(work, operations), _rate(floor, operations)) for _ in range(rounds)]
    return Comparison(
        name=name,
        per_second=median(rate for rate, _ in pairs),
        floor_per_second=median(rate for _, rate in pairs),
        ratio=median(rate / floor_rate for rate, floor_rate in pairs),
        target=target,
    )


def _rate(work: Work, operations: int) -> float:
    gc.collect()
    start = time.process_time()
    for _ in range(operations):
        work()
    return operations / (time.process_time() - start)


def seconds(work: Work, *, rounds: int = 5) -> float:
    """Return the median wall-clock time of one run."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return median(times)
