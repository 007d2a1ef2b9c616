# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What the kernel says about a process."""

from __future__ import annotations

import re
from pathlib import Path


def peak_memory() -> float:
    """Return the most memory that this program has had, in MiB.

    Not that of `resource.getrusage`, which a process has from the one that started it.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise OSError("the kernel does not say how much memory there was")
    return int(found[1]) / 1024
