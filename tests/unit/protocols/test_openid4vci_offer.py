# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Credential offers: objects, links and references (OpenID4VCI 1.0, section 4)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.support.openid4vci import ISSUER, read_metadata
from vcwallet.encoding import json
from vcwallet.errors import LimitExceededError, MalformedError, UnsupportedError, UntrustedError, VcError
from vcwallet.protocols.oauth.grant_type import PRE_AUTHORIZED_CODE
from vcwallet.protocols.openid4vci.offer import (
    HAIP_SCHEME,
    SCHEME,
    AuthorizationCodeOffer,
    CredentialOffer,
    Grants,
    OfferReference,
    PreAuthorizedCode,
    TxCode,
    offer_json,
    offer_reference_url,
    offer_url,
    read_offer,
    read_offer_link,
    servers_of,
)

CODE = "Zx1~_-.code"
OFFER: dict[str, Any] = {
    "credential_issuer": ISSUER,
    "credential_configuration_ids": ["residence"],
    "grants": {
        "authorization_code": {"issuer_state": "state"},
        PRE_AUTHORIZED_CODE: {"pre-authorized_code": CODE, "tx_code": {"length": 6, "description": "手紙の番号"}},
    },
}
LINKS = [SCHEME, HAIP_SCHEME, "https://wallet.example/offer", "http://127.0.0.1:8000/"]


def offer(**changed: Any) -> CredentialOffer:
    """Return the offer with some members changed."""
    return read_offer(json.dumps({**OFFER, **changed}))


def pre_authorized(**changed: Any) -> PreAuthorizedCode | None:
    """Return the grant of a code that has these members besides."""
    return offer(grants={PRE_AUTHORIZED_CODE: {"pre-authorized_code": CODE, **changed}}).pre_authorized_code


class TestObject:
    def test_an_offer_has_its_grants(self) -> None:
        found = offer()
        assert found.authorization_code == AuthorizationCodeOffer(issuer_state="state")
        assert found.pre_authorized_code == PreAuthorizedCode(
            pre_authorized_code=CODE, tx_code=TxCode(length=6, description="手紙の番号")
        )

    def test_an_offer_made_here_is_written_as_the_standard_has_it(self) -> None:
        grants = Grants(pre_authorized_code=PreAuthorizedCode(pre_authorized_code=CODE, tx_code=TxCode()))
        made = CredentialOffer(credential_issuer=ISSUER, credential_configuration_ids=("a", "b"), grants=grants)
        assert json.loads(offer_json(made)) == {
            "credential_issuer": ISSUER,
            "credential_configuration_ids": ["a", "b"],
            "grants": {PRE_AUTHORIZED_CODE: {"pre-authorized_code": CODE, "tx_code": {}}},
        }
        assert read_offer(offer_json(made)) == made

    def test_an_offer_need_not_name_a_grant(self) -> None:
        for found in (offer(grants={}), read_offer(json.dumps({n: v for n, v in OFFER.items() if n != "grants"}))):
            assert (found.authorization_code, found.pre_authorized_code) == (None, None)

    def test_a_transaction_code_is_needed_where_it_is_named(self) -> None:
        assert pre_authorized(tx_code={}) == PreAuthorizedCode(pre_authorized_code=CODE, tx_code=TxCode())
        found = pre_authorized()
        assert found is not None
        assert found.tx_code is None
        assert TxCode().input_mode == "numeric"

    def test_members_and_grants_that_nobody_knows_are_kept(self) -> None:
        found = offer(grants={"urn:example:grant": {"a": 1}, "authorization_code": {"x": 1}}, future=True)
        assert found.model_extra == {"future": True}
        assert found.authorization_code is not None
        assert found.pre_authorized_code is None

    def test_secrets_are_not_shown(self) -> None:
        assert CODE not in repr(offer())
        assert "issuer_state" not in repr(offer())

    def test_the_wire_has_the_names_of_the_standard_alone(self) -> None:
        with pytest.raises(MalformedError):
            offer(grants={PRE_AUTHORIZED_CODE: {"pre_authorized_code": CODE}})
        assert offer(grants={"pre_authorized_code": {"pre-authorized_code": CODE}}).pre_authorized_code is None

    @pytest.mark.parametrize(
        "changed",
        [
            {"credential_issuer": "http://issuer.example"},
            {"credential_issuer": f"{ISSUER}?a"},
            {"credential_issuer": None},
            {"credential_configuration_ids": []},
            {"credential_configuration_ids": ["a", "a"]},
            {"credential_configuration_ids": [{"format": "x"}]},
            {"credential_configuration_ids": "residence"},
            {"credential_configuration_ids": [""]},
            {"grants": None},
            {"grants": []},
            {"grants": {"authorization_code": None}},
            {"grants": {"authorization_code": {"issuer_state": ""}}},
            {"grants": {"authorization_code": {"issuer_state": 1}}},
            {"grants": {"authorization_code": {"authorization_server": "login"}}},
            {"grants": {PRE_AUTHORIZED_CODE: {}}},
            {"grants": {PRE_AUTHORIZED_CODE: {"pre-authorized_code": ""}}},
            {"grants": {PRE_AUTHORIZED_CODE: {"pre-authorized_code": CODE, "tx_code": None}}},
            {"grants": {PRE_AUTHORIZED_CODE: {"pre-authorized_code": CODE, "tx_code": True}}},
            {"grants": {PRE_AUTHORIZED_CODE: {"pre-authorized_code": CODE, "tx_code": {"input_mode": "digits"}}}},
            {"grants": {PRE_AUTHORIZED_CODE: {"pre-authorized_code": CODE, "tx_code": {"length": 0}}}},
            {"grants": {PRE_AUTHORIZED_CODE: {"pre-authorized_code": CODE, "tx_code": {"length": "4"}}}},
        ],
        ids=ascii,
    )
    def test_a_broken_offer_is_refused(self, changed: dict[str, Any]) -> None:
        assert offer().credential_issuer == ISSUER
        with pytest.raises(MalformedError):
            offer(**changed)

    @pytest.mark.parametrize(
        "old",
        [
            {"credential_issuer": ISSUER, "credentials": ["residence"]},
            {**OFFER, "grants": {PRE_AUTHORIZED_CODE: {"pre-authorized_code": CODE, "user_pin_required": False}}},
        ],
        ids=["credentials", "user_pin_required"],
    )
    def test_an_offer_of_an_old_draft_is_refused_by_name(self, old: dict[str, Any]) -> None:
        with pytest.raises(UnsupportedError) as caught:
            read_offer(json.dumps(old))
        assert caught.value.code == "OLD_DRAFT"

    def test_an_offer_cut_anywhere_raises_our_errors_only(self) -> None:
        text = json.dumps(OFFER)
        for length in range(len(text)):
            with pytest.raises(VcError):
                read_offer(text[:length])


class TestLimits:
    def test_an_offer_has_at_most_64_kib(self) -> None:
        text = json.dumps({**OFFER, "padding": ""})
        longest = text.replace(b'"padding":""', b'"padding":"%s"' % (b"x" * (64 * 1024 - len(text))))
        assert read_offer(longest).credential_issuer == ISSUER
        with pytest.raises(LimitExceededError):
            read_offer(longest.replace(b'"xx', b'"xxx'))

    def test_an_offer_has_at_most_50_configurations(self) -> None:
        many = [str(number) for number in range(51)]
        assert len(offer(credential_configuration_ids=many[:-1]).credential_configuration_ids) == 50
        with pytest.raises(LimitExceededError):
            offer(credential_configuration_ids=many)

    def test_codes_and_descriptions_are_bounded(self) -> None:
        assert pre_authorized(tx_code={"length": 64, "description": "x" * 300}) is not None
        with pytest.raises(LimitExceededError):
            pre_authorized(tx_code={"description": "x" * 301})
        with pytest.raises(MalformedError):
            pre_authorized(tx_code={"length": 65})
        longest = {"pre-authorized_code": "x" * 4096}
        assert offer(grants={PRE_AUTHORIZED_CODE: longest}).pre_authorized_code is not None
        with pytest.raises(LimitExceededError):
            offer(grants={PRE_AUTHORIZED_CODE: {"pre-authorized_code": "x" * 4097}})
        with pytest.raises(LimitExceededError):
            offer(grants={"authorization_code": {"issuer_state": "x" * 4097}})

    def test_a_link_has_at_most_64_kib(self) -> None:
        link = f"{SCHEME}?credential_offer_uri=https://issuer.example/1"
        longest = f"{link}&x=".ljust(64 * 1024, "x")
        assert read_offer_link(longest) == OfferReference("https://issuer.example/1")
        with pytest.raises(LimitExceededError):
            read_offer_link(f"{longest}x")
        with pytest.raises(LimitExceededError):
            offer_url(offer(padding="市" * 8000))


class TestLinks:
    @pytest.mark.parametrize("scheme", LINKS)
    def test_a_link_carries_the_offer(self, scheme: str) -> None:
        link = offer_url(offer(), scheme=scheme)
        assert link.startswith(f"{scheme}?credential_offer=%7B")
        assert link.isascii()
        assert read_offer_link(link) == offer()

    @pytest.mark.parametrize("scheme", LINKS)
    def test_a_link_says_where_the_offer_is(self, scheme: str) -> None:
        uri = "https://issuer.example/offers/1?a=b&c=d"
        link = offer_reference_url(uri, scheme=scheme)
        assert link == f"{scheme}?credential_offer_uri={quote(uri, safe='')}"
        assert read_offer_link(link) == OfferReference(uri)

    @pytest.mark.parametrize(
        "scheme", ["", "openid-credential-offer:", "http://wallet.example", "javascript:", "https://wallet.example?x=1"]
    )
    def test_another_scheme_makes_no_link(self, scheme: str) -> None:
        with pytest.raises(ValueError, match="link of an offer"):
            offer_url(offer(), scheme=scheme)
        with pytest.raises(ValueError, match="link of an offer"):
            offer_reference_url("https://issuer.example/1", scheme=scheme)

    @pytest.mark.parametrize(
        "uri", ["http://issuer.example/1", "offers/1", "", "data:,x", "https://a@issuer.example/1"]
    )
    def test_a_reference_is_fetched_by_https_alone(self, uri: str) -> None:
        with pytest.raises(MalformedError):
            offer_reference_url(uri)
        with pytest.raises(MalformedError):
            read_offer_link(f"{SCHEME}?credential_offer_uri={quote(uri, safe='')}")

    def test_a_link_of_any_spelling_that_means_the_same_is_read(self) -> None:
        value = quote(offer_json(offer()).decode())
        for link in (
            f"openid-credential-offer:///?credential_offer={value}",
            f"OpenID-Credential-Offer://?credential_offer={value}",
            f"openid-credential-offer://?other=1&credential_offer={value}&flag",
            "openid-credential-offer://?credential_offer=" + value.replace("%22", '"'),
        ):
            assert read_offer_link(link) == offer()

    def test_a_plus_sign_is_a_space_as_in_forms(self) -> None:
        described = pre_authorized(tx_code={"description": "one two"})
        text = json.dumps(
            {
                **OFFER,
                "grants": {PRE_AUTHORIZED_CODE: {"pre-authorized_code": CODE, "tx_code": {"description": "one two"}}},
            }
        )
        found = read_offer_link(f"{SCHEME}?credential_offer={quote(text.decode()).replace('%20', '+')}")
        assert isinstance(found, CredentialOffer)
        assert found.pre_authorized_code == described

    @pytest.mark.parametrize(
        "link",
        [
            "",
            "openid-credential-offer://",
            "openid-credential-offer://?",
            "openid-credential-offer://?offer=1",
            "openid-credential-offer://?credential_offer=",
            "openid-credential-offer://?credential_offer_uri=",
            "openid-credential-offer://?credential_offer",
            "openid-credential-offer://host?credential_offer_uri=https://issuer.example/1",
            "openid-credential-offer:?credential_offer_uri=https://issuer.example/1",
            "openid4vp://?credential_offer_uri=https://issuer.example/1",
            "http://wallet.example/?credential_offer_uri=https://issuer.example/1",
            "openid-credential-offer://?credential_offer_uri=https://issuer.example/1#top",
            "openid-credential-offer://?credential_offer_uri=https://issuer.example/%zz",
            "openid-credential-offer://?credential_offer_uri=https://issuer.example/%",
            "openid-credential-offer://?credential_offer_uri=https://issuer.example/%E3%81%82",
            "openid-credential-offer://?credential_offer_uri=https://issuer.example/あ",
            "openid-credential-offer://?credential_offer_uri=https://issuer.example/1\n",
            "haip-vci://?credential_offer_uri=https://a.example/1&credential_offer_uri=https://b.example/1",
            "openid-credential-offer://?credential_offer=%7B%7D&credential_offer=%7B%7D",
            "openid-credential-offer://?credential_offer=%FF",
            "openid-credential-offer://?credential_offer=%5B%5D",
        ],
        ids=ascii,
    )
    def test_what_is_no_link_of_an_offer_is_refused(self, link: str) -> None:
        with pytest.raises(MalformedError):
            read_offer_link(link)

    def test_a_link_has_an_offer_or_a_reference_and_not_both(self) -> None:
        both = f"{offer_url(offer())}&credential_offer_uri=https://issuer.example/1"
        with pytest.raises(MalformedError, match="either"):
            read_offer_link(both)


class TestServers:
    SERVERS = ("https://login.example", "https://other.example")

    def test_a_grant_that_names_no_server_leaves_the_choice(self) -> None:
        metadata = read_metadata(authorization_servers=list(self.SERVERS))
        assert servers_of(None, metadata) == self.SERVERS
        assert servers_of(AuthorizationCodeOffer(), metadata) == self.SERVERS
        assert servers_of(None, read_metadata()) == (ISSUER,)

    def test_a_grant_names_one_of_the_issuers_servers(self) -> None:
        metadata = read_metadata(authorization_servers=list(self.SERVERS))
        for server in self.SERVERS:
            grant = PreAuthorizedCode(pre_authorized_code=CODE, authorization_server=server)
            assert servers_of(grant, metadata) == (server,)

    @pytest.mark.parametrize("server", ["https://evil.example", "https://login.example/", ISSUER])
    def test_another_server_ends_the_flow(self, server: str) -> None:
        metadata = read_metadata(authorization_servers=list(self.SERVERS))
        with pytest.raises(UntrustedError) as caught:
            servers_of(AuthorizationCodeOffer(authorization_server=server), metadata)
        assert caught.value.code == "SERVER_UNKNOWN"
