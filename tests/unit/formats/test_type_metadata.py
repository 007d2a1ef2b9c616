# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Type metadata (SD-JWT VC): documents, what extends them, and credentials that keep to them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.credentials import HIDDEN, HOLDER_KEY, held
from vcwallet.encoding import sri
from vcwallet.errors import (
    DigestInvalidError,
    LimitExceededError,
    MalformedError,
    UnsupportedError,
    UntrustedError,
    VerificationError,
)
from vcwallet.formats.type_metadata import (
    MAX_BYTES,
    MAX_DEPTH,
    ResolvedType,
    TypeCatalogue,
    require_conformity,
    resolve,
)

BASE, CHILD, LEAF = "urn:example:base:1", "urn:example:child:1", "urn:example:leaf:1"


def document(vct: str = BASE, **members: Any) -> bytes:
    return json.dumps({"vct": vct, **members}).encode()


def claim(*path: str | int | None, **members: Any) -> dict[str, Any]:
    return {"path": list(path), **members}


def display(label: str, locale: str = "en") -> dict[str, str]:
    return {"label": label, "locale": locale}


def resolved(*documents: bytes, vct: str | None = None) -> ResolvedType:
    """Resolve the first of the documents, or the type that is named."""
    by_type = {json.loads(one)["vct"]: one for one in documents}
    return resolve(vct or next(iter(by_type)), by_type.__getitem__)


def integrity(data: bytes) -> dict[str, str]:
    return {"extends#integrity": sri.integrity(data)}


# --- documents -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"name": "A", "description": "B", "something": "else"},
        {"display": []},
        {"display": [{"locale": "en", "name": "A", "rendering": {"simple": {}}}]},
        {"claims": [claim("a")]},
        {"claims": [claim("a", None, "b"), claim("a", 0)]},
        {"claims": [claim("a", sd="always", mandatory=True, svg_id="_a1")]},
        {"claims": [claim("a", display=[display("A")], x=1)]},
        {"extends_integrity": 1},  # not the member with the number sign
    ],
)
def test_a_document_that_keeps_to_the_rules_is_read(members):
    assert resolved(document(**members)).type_ids == (BASE,)


@pytest.mark.parametrize(
    "members",
    [
        {"vct": CHILD},
        {"vct": ""},
        {"vct": None},
        {"name": 1},
        {"name": None},
        {"extends": 1},
        {"extends": None},
        {"extends#integrity": 1},
        {"display": {}},
        {"display": [{"locale": "en"}]},
        {"display": [{"name": "A"}]},
        {"display": [{"lang": "en", "name": "A"}]},
        {"claims": {}},
        {"claims": [{}]},
        {"claims": [claim()]},
        {"claims": [{"path": "a"}]},
        {"claims": [claim("a", -1)]},
        {"claims": [claim("a", True)]},
        {"claims": [claim("a", 1.0)]},  # type: ignore[arg-type]
        {"claims": [claim(*["a"] * 17)]},
        {"claims": [claim("a", sd="sometimes")]},
        {"claims": [claim("a", mandatory="true")]},
        {"claims": [claim("a", svg_id="1a")]},
        {"claims": [claim("a", svg_id="a b")]},
        {"claims": [claim("a", display=[{"label": "A"}])]},
        {"claims": [claim("a", display=[{"locale": "en"}])]},
    ],
)
def test_a_document_that_breaks_a_rule_is_refused(members):
    with pytest.raises(MalformedError):
        resolve(BASE, lambda _: json.dumps({"vct": BASE, **members}).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b'{"vct":"a","vct":"b"}', b"\xff\xfe{\x00}\x00"])
def test_what_is_no_json_object_is_refused(data):
    with pytest.raises(MalformedError):
        resolve(BASE, lambda _: data)


def test_a_document_is_at_most_256_kib_long():
    padding = "a" * (MAX_BYTES - len(document(x="")))
    assert len(document(x=padding)) == MAX_BYTES == 256 * 1024
    resolved(document(x=padding))
    with pytest.raises(LimitExceededError):
        resolved(document(x=padding + "a"))


def test_errors_of_the_source_pass_through():
    def unknown(_: str) -> bytes:
        raise UntrustedError("no such type")

    with pytest.raises(UntrustedError):
        resolve(BASE, unknown)


# --- extending -------------------------------------------------------------------------------------------------------


def test_a_type_is_also_what_it_extends_nearest_first():
    documents = (document(LEAF, extends=CHILD), document(CHILD, extends=BASE), document(BASE))
    assert resolved(*documents).type_ids == (LEAF, CHILD, BASE)


def test_an_extended_document_is_the_one_that_was_meant():
    base = document(BASE, name="Base")
    assert resolved(document(CHILD, extends=BASE, **integrity(base)), base).type_ids == (CHILD, BASE)
    with pytest.raises(DigestInvalidError):
        resolved(document(CHILD, extends=BASE, **integrity(base)), base + b" ")


@pytest.mark.parametrize(("value", "error"), [("md5-AAAA", UnsupportedError), ("sha256-!", MalformedError)])
def test_an_integrity_that_says_nothing_is_refused(value, error):
    with pytest.raises(error):
        resolved(document(CHILD, extends=BASE, **{"extends#integrity": value}), document(BASE))


@pytest.mark.parametrize(
    "documents",
    [
        (document(BASE, extends=BASE),),
        (document(CHILD, extends=BASE), document(BASE, extends=CHILD)),
        (document(LEAF, extends=CHILD), document(CHILD, extends=BASE), document(BASE, extends=CHILD)),
    ],
)
def test_types_that_extend_each_other_in_a_circle_are_refused(documents):
    with pytest.raises(MalformedError):
        resolved(*documents)


def test_a_circle_is_seen_when_it_closes():
    asked: list[str] = []
    documents = {CHILD: document(CHILD, extends=BASE), BASE: document(BASE, extends=CHILD)}

    def noting(vct: str) -> bytes:
        asked.append(vct)
        return documents[vct]

    with pytest.raises(MalformedError):
        resolve(CHILD, noting)
    assert asked == [CHILD, BASE]


def test_a_chain_of_types_is_at_most_five_long():
    def chain(length: int) -> list[bytes]:
        return [document(f"t{n}", **({"extends": f"t{n + 1}"} if n + 1 < length else {})) for n in range(length)]

    assert len(resolved(*chain(MAX_DEPTH)).type_ids) == MAX_DEPTH == 5
    with pytest.raises(MalformedError):
        resolved(*chain(MAX_DEPTH + 1))


def test_an_extended_document_of_another_type_is_refused():
    with pytest.raises(MalformedError):
        resolve(CHILD, {CHILD: document(CHILD, extends=BASE), BASE: document("urn:example:other")}.__getitem__)


# The example of SD-JWT VC, section 5.6.5.2.
EXTENDED = document(
    BASE,
    claims=[claim("name", display=[display("Full Name")]), claim("address", "city", display=[display("City")])],
)
EXTENDING = document(
    CHILD,
    extends=BASE,
    claims=[claim("address", "city", display=[display("Town")]), claim("nationalities", display=[display("N.")])],
)


def test_claims_of_the_extended_type_are_inherited_unless_they_are_said_anew():
    both = resolved(EXTENDING, EXTENDED)
    assert [(one.path, one.display[0].label) for one in both.claims] == [
        (("name",), "Full Name"),
        (("address", "city"), "Town"),
        (("nationalities",), "N."),
    ]


def test_a_child_changes_property_by_property():
    base = document(
        BASE, claims=[claim("a", sd="always", mandatory=True, svg_id="a", display=[display("A")], x={"y": 1})]
    )
    child = document(CHILD, extends=BASE, claims=[claim("a", display=[display("B", "ja"), display("C")])])
    (one,) = resolved(child, base).claims
    assert (one.sd, one.mandatory, one.svg_id) == ("always", True, "a")
    assert [(each.locale, each.label) for each in one.display] == [("ja", "B"), ("en", "C")]
    assert resolved(child, base).extension(("a",), "x") == {"y": 1}


def test_a_child_may_say_a_further_member_anew():
    base = document(BASE, claims=[claim("a", x=1, y=1)])
    both = resolved(document(CHILD, extends=BASE, claims=[claim("a", x=2)]), base)
    assert (both.extension(("a",), "x"), both.extension(("a",), "y")) == (2, 1)
    assert both.extension(("a",), "z") is both.extension(("b",), "x") is None


def test_the_display_of_a_child_replaces_that_of_its_parent():
    base = document(BASE, display=[{"locale": "en", "name": "Base"}, {"locale": "ja", "name": "基"}])
    assert resolved(document(CHILD, extends=BASE), base).name("ja") == "基"
    child = document(CHILD, extends=BASE, display=[{"locale": "en", "name": "Child"}])
    assert resolved(child, base).name("ja") == "Child"


@pytest.mark.parametrize(
    ("parent", "child", "allowed"),
    [
        ({}, {}, True),
        ({"sd": "allowed"}, {"sd": "always"}, True),
        ({"sd": "allowed"}, {"sd": "never"}, True),
        ({}, {"sd": "always"}, True),
        ({"sd": "always"}, {}, True),
        ({"sd": "always"}, {"sd": "always"}, True),
        ({"sd": "never"}, {"sd": "never"}, True),
        ({"sd": "always"}, {"sd": "allowed"}, False),
        ({"sd": "never"}, {"sd": "allowed"}, False),
        ({"sd": "always"}, {"sd": "never"}, False),
        ({"sd": "never"}, {"sd": "always"}, False),
        ({"mandatory": False}, {"mandatory": True}, True),
        ({"mandatory": True}, {"mandatory": True}, True),
        ({"mandatory": True}, {}, True),
        ({"mandatory": True}, {"mandatory": False}, False),
    ],
)
def test_a_child_may_be_stricter_but_never_looser(parent, child, allowed):
    documents = (
        document(CHILD, extends=BASE, claims=[claim("a", **child)]),
        document(BASE, claims=[claim("a", **parent)]),
    )
    if allowed:
        (one,) = resolved(*documents).claims
        assert {name: getattr(one, name) for name in parent | child} == parent | child
        return
    with pytest.raises(VerificationError) as caught:
        resolved(*documents)
    assert caught.value.code == "TYPE_METADATA_LOOSENED"


def test_a_grandchild_cannot_loosen_what_its_grandparent_said():
    documents = [
        document(LEAF, extends=CHILD, claims=[claim("a", sd="allowed")]),
        document(CHILD, extends=BASE),
        document(BASE, claims=[claim("a", sd="always")]),
    ]
    with pytest.raises(VerificationError):
        resolved(*documents)


# --- names for people ------------------------------------------------------------------------------------------------

LABELLED = resolved(
    document(
        display=[{"locale": "en-US", "name": "Pass"}, {"locale": "ja-JP", "name": "乗車証"}],
        claims=[
            claim("name", display=[display("Name", "en-US"), display("氏名", "ja-JP")]),
            claim("address", display=[display("Address")]),
            claim("members", None, "name", display=[display("Member")]),
            claim("bare"),
        ],
    )
)


@pytest.mark.parametrize(
    ("language", "name"), [("en-US", "Pass"), ("en", "Pass"), ("en-GB", "Pass"), ("ja", "乗車証"), ("fr", "Pass")]
)
def test_a_type_has_a_name_in_the_language_or_else_in_the_first(language, name):
    assert LABELLED.name(language) == name


REGIONAL = resolved(
    document(
        display=[{"locale": "en-GB", "name": "Licence"}, {"locale": "en-US", "name": "License"}],
        claims=[
            claim("zip", display=[display("郵便番号", "ja"), display("Postcode", "en-GB"), display("ZIP", "en-US")])
        ],
    )
)


@pytest.mark.parametrize(
    ("language", "name", "label"),
    [
        ("en-US", "License", "ZIP"),
        ("en-GB", "Licence", "Postcode"),
        ("en", "Licence", "Postcode"),
        ("en-AU", "Licence", "Postcode"),
        ("fr", "Licence", "郵便番号"),
    ],
)
def test_the_very_locale_goes_before_another_of_the_same_language(language, name, label):
    assert (REGIONAL.name(language), REGIONAL.label(("zip",), language)) == (name, label)


def test_a_type_without_a_name_is_called_by_its_identifier():
    assert resolved(document()).name("en") == BASE


@pytest.mark.parametrize(
    ("path", "language", "label"),
    [
        (("name",), "en", "Name"),
        (("name",), "ja", "氏名"),
        (("name",), "fr", "Name"),
        (("address", "city"), "en", "Address"),
        (("members", None, "name"), "en", "Member"),
        (("members", 3, "name"), "en", "Member"),
        (("members", 3), "en", "members.3"),
        (("bare",), "en", "bare"),
        (("unknown", None), "en", "unknown.*"),
    ],
)
def test_a_claim_has_a_label_in_the_language_or_else_its_path(path, language, label):
    assert LABELLED.label(path, language) == label


def test_what_is_said_of_an_inner_claim_goes_before_what_is_said_of_an_outer_one():
    both = resolved(document(claims=[claim("a", sd="always"), claim("a", "b", sd="never")]))
    assert [one.sd for path in [("a",), ("a", "b"), ("a", "c")] if (one := both.claim(path))] == [
        "always",
        "never",
        "always",
    ]


# --- credentials -----------------------------------------------------------------------------------------------------

TREE: dict[str, Any] = {
    "name": "Arthur",
    "address": {"city": "Cottington"},
    "degrees": [{"type": "BSc"}, {"type": "MSc"}],
    "none": [],
}
HIDDEN_NAMES = frozenset({("name",), ("address",), ("degrees", None), ("degrees", None, "type")})


def conforms(*claims: dict[str, Any], tree: Any = TREE, concealed: Any = HIDDEN_NAMES, complete: bool = True) -> None:
    require_conformity(resolved(document(claims=claims)), tree, concealed=concealed, complete=complete)


@pytest.mark.parametrize(
    ("good", "bad", "code"),
    [
        (claim("name", mandatory=True), claim("age", mandatory=True), "CLAIM_MISSING"),
        (claim("age"), claim("age", mandatory=True), "CLAIM_MISSING"),
        (claim("address", "city", mandatory=True), claim("address", "zip", mandatory=True), "CLAIM_MISSING"),
        (claim("degrees", None, mandatory=True), claim("none", None, mandatory=True), "CLAIM_MISSING"),
        (claim("degrees", 1, mandatory=True), claim("degrees", 2, mandatory=True), "CLAIM_MISSING"),
        (claim("name", sd="always"), claim("name", sd="never"), "CLAIM_DISCLOSURE"),
        (claim("name", sd="allowed"), claim("name", sd="never"), "CLAIM_DISCLOSURE"),
        (claim("none", sd="never"), claim("none", sd="always"), "CLAIM_DISCLOSURE"),
        (claim("none", sd="allowed"), claim("none", sd="always"), "CLAIM_DISCLOSURE"),
        # A claim counts as concealed when it is a disclosure itself, not because what it stands in is one.
        (claim("address", "city", sd="never"), claim("address", "city", sd="always"), "CLAIM_DISCLOSURE"),
        (claim("degrees", None, sd="always"), claim("degrees", sd="always"), "CLAIM_DISCLOSURE"),
        (claim("degrees", None, sd="always"), claim("degrees", None, sd="never"), "CLAIM_DISCLOSURE"),
        (claim("degrees", None, "type", sd="always"), claim("degrees", None, "type", sd="never"), "CLAIM_DISCLOSURE"),
        (claim("degrees", 1, sd="always"), claim("degrees", 1, sd="never"), "CLAIM_DISCLOSURE"),
        (claim("degrees", 0, "type", sd="always"), claim("degrees", 0, "type", sd="never"), "CLAIM_DISCLOSURE"),
        (claim("age", sd="always"), claim("name", sd="never"), "CLAIM_DISCLOSURE"),
    ],
)
def test_a_credential_that_breaks_its_type_is_refused(good, bad, code):
    conforms(good)
    with pytest.raises(VerificationError) as caught:
        conforms(bad)
    assert caught.value.code == code
    assert "Arthur" not in str(caught.value)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (claim("address", "city"), claim("name", "first")),
        (claim("degrees", None), claim("name", None)),
        (claim("degrees", 0), claim("address", 0)),
        (claim("degrees", None, "type"), claim("degrees", "type")),
    ],
)
def test_a_path_that_does_not_fit_the_kind_of_claim_is_refused(good, bad):
    for complete in (True, False):
        conforms(good, complete=complete)
        with pytest.raises(MalformedError) as caught:
            conforms(bad, complete=complete)
        assert caught.value.code == "CLAIM_PATH"


def test_a_verifier_does_not_take_a_hidden_claim_for_a_missing_one():
    conforms(claim("age", mandatory=True), complete=False)
    conforms(claim("name", mandatory=True, sd="always"), tree={}, concealed=frozenset(), complete=False)


def test_a_verifier_sees_that_a_claim_is_open_which_must_be_concealed():
    conforms(claim("name", sd="always"), complete=False)
    with pytest.raises(VerificationError):
        conforms(claim("name", sd="always"), concealed=frozenset(), complete=False)


def test_a_held_credential_can_be_compared_with_its_type_as_it_is():
    one = held()
    good = [claim(*path, sd="always") for path in HIDDEN] + [
        claim("nationalities", sd="never"),
        claim("vct", sd="never"),
    ]
    conforms(*good, tree=one.claims, concealed=one.concealed)
    with pytest.raises(VerificationError):
        conforms(claim("member", sd="always"), tree=one.claims, concealed=one.concealed)
    assert one.holder_key == HOLDER_KEY.public_key


# --- the catalogue ---------------------------------------------------------------------------------------------------


def test_a_catalogue_resolves_a_type_once():
    asked: list[str] = []

    def documents(vct: str) -> bytes:
        asked.append(vct)
        return document(vct)

    catalogue = TypeCatalogue(documents)
    assert catalogue.type(BASE) is catalogue.type(BASE)
    assert asked == [BASE]


def test_a_type_is_the_one_that_the_issuer_pinned():
    data = document(BASE)
    catalogue = TypeCatalogue({BASE: data}.__getitem__)
    assert catalogue.type(BASE, integrity=sri.integrity(data)).type_ids == (BASE,)
    with pytest.raises(DigestInvalidError):
        catalogue.type(BASE, integrity=sri.integrity(data + b" "))
    assert catalogue.type(BASE, integrity=sri.integrity(data)).type_ids == (BASE,)


def test_one_that_was_pinned_once_is_not_hashed_again():
    data, asked = document(BASE), list[str]()

    def documents(vct: str) -> bytes:
        asked.append(vct)
        return data

    catalogue = TypeCatalogue(documents)
    for _ in range(3):
        assert catalogue.type(BASE, integrity=sri.integrity(data)).type_ids == (BASE,)
    assert asked == [BASE] * 2
    with pytest.raises(DigestInvalidError):
        catalogue.type(BASE, integrity=sri.integrity(data + b" "))
