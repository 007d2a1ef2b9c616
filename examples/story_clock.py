# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A clock that a story sets forward, so that a week passes in a moment."""

from __future__ import annotations

from datetime import datetime, timedelta

from vcwallet.adapters.local import system_clock


class StoryClock:
    """Tells the time of the story: that of this machine at the beginning, and what has passed in it since."""

    def __init__(self) -> None:
        """Begin now."""
        self.now = system_clock().replace(microsecond=0)

    def __call__(self) -> datetime:
        """Return the time of the story."""
        return self.now

    def forward(self, time: timedelta) -> None:
        """Let time pass."""
        self.now += time
