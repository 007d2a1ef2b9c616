# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Two devices near each other: engagement, session and data retrieval (ISO/IEC 18013-5, clauses 8 and 9.1.1).

Bytes go in and events come out; see `vcwallet.protocols.proximity.session` for a whole exchange in a few lines.
"""

from vcwallet.protocols.proximity.engagement import (
    BleRetrieval,
    Capabilities,
    DeviceEngagement,
    NfcRetrieval,
    OriginInfo,
    OtherRetrieval,
    RetrievalMethod,
    TcpRetrieval,
    WifiAwareRetrieval,
)
from vcwallet.protocols.proximity.messages import Status
from vcwallet.protocols.proximity.session import (
    DeviceSession,
    ReaderSession,
    RequestReceived,
    ResponseReceived,
    State,
    Terminated,
    ending,
)
from vcwallet.protocols.proximity.transport import Transport

__all__ = [
    "BleRetrieval",
    "Capabilities",
    "DeviceEngagement",
    "DeviceSession",
    "NfcRetrieval",
    "OriginInfo",
    "OtherRetrieval",
    "ReaderSession",
    "RequestReceived",
    "ResponseReceived",
    "RetrievalMethod",
    "State",
    "Status",
    "TcpRetrieval",
    "Terminated",
    "Transport",
    "WifiAwareRetrieval",
    "ending",
]
