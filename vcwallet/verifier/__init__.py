# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The verifier role: asks for what its registration allows, and relies only on what was verified."""

from vcwallet.verifier.asking import Ask, ask
from vcwallet.verifier.verified import Verified
from vcwallet.verifier.verifier import Verifier

__all__ = ["Ask", "Verified", "Verifier", "ask"]
