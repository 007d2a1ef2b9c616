# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""SD-JWT VC: SD-JWT-based verifiable digital credentials (draft-ietf-oauth-sd-jwt-vc, ``dc+sd-jwt``)."""

from vcwallet.formats.sd_jwt_vc.format import SdJwtVc
from vcwallet.formats.sd_jwt_vc.held import HeldSdJwtVc
from vcwallet.formats.sd_jwt_vc.presentation import IssuedSdJwtVc, PresentedSdJwtVc

__all__ = ["HeldSdJwtVc", "IssuedSdJwtVc", "PresentedSdJwtVc", "SdJwtVc"]
