# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Algorithms by their registered names; what is weak or not ours has no member."""

from __future__ import annotations

import pytest

from vcwallet.errors import AlgorithmNotAllowedError
from vcwallet.formats.mdoc.vocabulary import DigestAlgorithm
from vcwallet.keys.algorithm import CLASSICAL, Algorithm
from vcwallet.keys.policy import Role
from vcwallet.keys.software import SoftwareSigner


@pytest.mark.parametrize("algorithm", Algorithm)
def test_each_algorithm_is_found_by_its_name(algorithm):
    assert Algorithm.parse(algorithm.value) is algorithm


@pytest.mark.parametrize(
    "name",
    ["none", "None", "", "es256", "ES256 ", "ES256K", "HS256", "HS512", "RS256", "PS256", "Ed448", "ML-DSA-45", None, 1,
     True, ["ES256"], {"ES256": 1}],
)  # fmt: skip
def test_any_other_name_is_refused(name):
    with pytest.raises(AlgorithmNotAllowedError) as caught:
        Algorithm.parse(name)
    assert caught.value.code == "ALGORITHM_NOT_ALLOWED"


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_signature_has_the_stated_length(algorithm):
    assert len(SoftwareSigner.generate(algorithm).sign(b"message")) == algorithm.signature_bytes


def test_post_quantum_algorithms_are_not_allowed_by_default():
    assert set(Algorithm) - CLASSICAL == {Algorithm.ML_DSA_44, Algorithm.ML_DSA_65, Algorithm.ML_DSA_87}


@pytest.mark.parametrize("member", [*Algorithm, *Role, *DigestAlgorithm])
def test_a_member_is_found_wherever_its_text_is(member):
    """It is equal to its text, so it has to have the same hash."""
    assert member == member.value
    assert member in {member.value}
    assert {member: 1}[member.value] == 1
