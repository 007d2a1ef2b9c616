# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""One tree of errors: each has a code, travels between processes, and says nothing that it should not."""

from __future__ import annotations

import pickle

import pytest

from vcwallet import errors
from vcwallet.errors import (
    LimitExceededError,
    MalformedError,
    MissingExtraError,
    OverAskingError,
    StatuteLimitedError,
    UnsupportedError,
    ValidityError,
    VcError,
    VerificationError,
    quoted,
)

TREE = sorted(
    (value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, VcError)),
    key=lambda cls: cls.__name__,
)


@pytest.mark.parametrize("cls", TREE, ids=lambda cls: cls.__name__)
def test_each_class_has_a_code_of_its_own(cls):
    assert [other for other in TREE if other.default_code == cls.default_code] == [cls]
    assert cls.default_code == cls.default_code.upper()


def test_code_and_clause_are_attributes_and_part_of_the_text():
    error = ValidityError("too early", code="NOT_YET_VALID", clause="RFC 7519, section 4.1.5")
    assert (error.code, error.clause) == ("NOT_YET_VALID", "RFC 7519, section 4.1.5")
    assert str(error) == "too early [NOT_YET_VALID] (RFC 7519, section 4.1.5)"


def test_without_a_code_or_clause_the_class_says_it():
    error = ValidityError("too late")
    assert (error.code, error.clause) == ("EXPIRED", None)
    assert str(error) == "too late [EXPIRED]"


def test_who_must_act_is_told_by_the_place_in_the_tree():
    assert issubclass(LimitExceededError, MalformedError)
    assert not issubclass(MalformedError, VerificationError)
    assert not issubclass(UnsupportedError, VerificationError)
    assert all(issubclass(cls, VcError) for cls in TREE)
    assert not any(issubclass(cls, ValueError | TypeError) for cls in TREE)


def test_a_missing_extra_names_the_line_that_installs_it_and_is_an_import_error():
    error = MissingExtraError("qr")
    assert isinstance(error, ImportError)
    assert error.extra == "qr"
    assert "pip install 'vcwallet[qr]'" in str(error)


@pytest.mark.parametrize("cls", [OverAskingError, StatuteLimitedError])
def test_a_refusal_names_the_claims_it_is_about(cls):
    assert cls("more than registered", claims=["residence: full_name"]).claims == ("residence: full_name",)


@pytest.mark.parametrize(
    "error",
    [
        MalformedError("not JSON", clause="RFC 8259"),
        ValidityError("too early", code="NOT_YET_VALID"),
        MissingExtraError("qr"),
        OverAskingError("more than registered", claims=["residence: full_name"], code="X"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_arrives_whole_from_another_process(error):
    """A pool of processes pickles the error of a worker; one that cannot be pickled breaks the pool."""
    arrived = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    assert vars(arrived) == vars(error)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain", '"plain"'),
        ("a\nb\x1b[31m", '"a\ufffdb\ufffd[31m"'),
        ("\u202eright to left", '"\ufffdright to left"'),
        ("x" * 101, '"' + "x" * 100 + '"'),
        ("\u3042", '"\u3042"'),
        (7, '"7"'),
        (None, '"None"'),
    ],
)
def test_a_peers_text_is_made_short_and_printable(text, safe):
    assert quoted(text) == safe
