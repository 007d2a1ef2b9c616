# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""ISO mdoc: mobile documents (ISO/IEC 18013-5, ``mso_mdoc``)."""

from vcwallet.formats.mdoc.document import DeviceResponse, Document
from vcwallet.formats.mdoc.format import Mdoc, PreparedMdoc
from vcwallet.formats.mdoc.held import HeldMdoc
from vcwallet.formats.mdoc.mso import KeyAuthorizations
from vcwallet.formats.mdoc.presentation import IssuedMdoc, PresentedMdoc
from vcwallet.formats.mdoc.vocabulary import DigestAlgorithm

__all__ = [
    "DeviceResponse",
    "DigestAlgorithm",
    "Document",
    "HeldMdoc",
    "IssuedMdoc",
    "KeyAuthorizations",
    "Mdoc",
    "PreparedMdoc",
    "PresentedMdoc",
]
