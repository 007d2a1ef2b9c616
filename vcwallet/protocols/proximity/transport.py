# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The seam to whatever moves messages: a radio, a socket, a pair of queues in a test."""

from __future__ import annotations

from typing import Protocol


class Transport(Protocol):
    """Moves whole messages of one session, in their order."""

    def send(self, message: bytes, /) -> None:
        """Send a message.

        Raises:
            TransportError: it could not be sent.
        """
        ...

    def receive(self) -> bytes:
        """Wait for the next message.

        Raises:
            TransportError: none came, or the connection is gone.
            LimitExceededError: the peer sends a longer one than is taken.
        """
        ...
