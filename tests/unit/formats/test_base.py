# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What every format shares: values that cannot be wrong, and that say nothing secret."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from tests.support.credentials import CLAIMS, content, held, issued
from vcwallet.formats.base import (
    Binding,
    Credential,
    CredentialFormat,
    HeldCredential,
    UnverifiedCredential,
    UnverifiedPresentation,
)
from vcwallet.formats.sd_jwt_vc import SdJwtVc


@pytest.mark.parametrize("left_out", ["audience", "nonce", "response_uri"])
def test_a_binding_cannot_leave_out_to_whom_for_what_and_whereto(left_out):
    whole: dict[str, Any] = {
        "audience": "audience",
        "nonce": "nonce",
        "response_uri": "https://verifier.example/answer",
    }
    Binding(**whole)
    with pytest.raises(ValueError, match="an audience, a nonce"):
        Binding(**{**whole, left_out: ""})


def test_a_binding_demands_a_recent_proof_unless_it_says_otherwise():
    binding = Binding(audience="audience", nonce="nonce")
    assert (binding.required, binding.max_age.total_seconds()) == (True, 300)


def test_values_cannot_be_changed():
    binding: Any = Binding(audience="audience", nonce="nonce")
    with pytest.raises(FrozenInstanceError):
        binding.nonce = "another"


def test_claims_and_tokens_are_kept_out_of_reprs():
    raw = issued()
    for shown in (repr(content()), repr(Credential(format="dc+sd-jwt", raw=raw))):
        assert not any(secret in shown for secret in ("Arthur", "Cottington", raw[:20]))
    assert "Arthur" in str(CLAIMS)


def test_sd_jwt_vc_has_the_face_of_a_format():
    format: CredentialFormat = SdJwtVc()
    credential: UnverifiedCredential = format.read_issued(issued())
    presentation: UnverifiedPresentation = format.read_presentation(issued())
    one: HeldCredential = held()
    for unverified in (credential, presentation):
        assert not hasattr(unverified, "claims")
    assert one.format == format.format
