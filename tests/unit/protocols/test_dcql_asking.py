# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a query asks for, claim by claim."""

from __future__ import annotations

from typing import Any

from vcwallet.protocols.dcql import AskedPath, DcqlQuery, asked_paths


def asked(*credentials: dict[str, Any], **members: Any) -> tuple[AskedPath, ...]:
    return asked_paths(DcqlQuery.from_json({"credentials": list(credentials), **members}))


def sd_jwt(query_id: str, **members: Any) -> dict[str, Any]:
    return {"id": query_id, "format": "dc+sd-jwt", "meta": {"vct_values": ["b", "a"]}, **members}


def test_each_claim_is_named_with_its_query_format_and_types() -> None:
    assert asked(sd_jwt("q", claims=[{"path": ["m", None, "n"]}, {"path": ["m", None, "n"]}])) == (
        AskedPath(query_id="q", format="dc+sd-jwt", type_ids=("a", "b"), claim_set=None, path=("m", None, "n")),
    )


def test_each_combination_of_claims_is_told_apart_and_what_stands_in_none_is_not_asked() -> None:
    claims = [{"id": name, "path": [name]} for name in ("x", "y", "z")]
    paths = asked(sd_jwt("q", claims=claims, claim_sets=[["x", "y"], ["y"]]))
    assert [(each.claim_set, each.path) for each in paths] == [(0, ("x",)), (0, ("y",)), (1, ("y",))]


def test_a_credential_that_stands_in_no_set_is_not_asked() -> None:
    first, second = sd_jwt("p", claims=[{"path": ["x"]}]), sd_jwt("q", claims=[{"path": ["y"]}])
    assert [each.query_id for each in asked(first, second)] == ["p", "q"]
    assert [each.query_id for each in asked(first, second, credential_sets=[{"options": [["q"]]}])] == ["q"]


def test_a_credential_without_claims_has_no_claim_to_name() -> None:
    assert asked(sd_jwt("q")) == ()
