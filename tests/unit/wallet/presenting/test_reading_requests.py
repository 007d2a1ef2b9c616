# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Requests from links, QR codes and the browser's API: read, fetched, and refused before anybody is told anything."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.hostile_verifier import (
    HostileVerifier,
    presenting_world,
    query_of,
    served,
    status,
    with_another_nonce,
    without_nonce,
)
from tests.support.openid4vp import DID, DID_KEY, HOST, ORIGIN, WEB_DID, attestation_of
from tests.support.world import World, payload_of, signed_request
from vcwallet.encoding import base64url, json
from vcwallet.errors import (
    LimitExceededError,
    MalformedError,
    NoMatchError,
    OverAskingError,
    PurposeMismatchError,
    RemoteProtocolError,
    SignatureInvalidError,
    StoreFullError,
    TransportError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
    VerifierUnknownError,
)
from vcwallet.flow import HttpResponse, run
from vcwallet.jose.header import x5c
from vcwallet.keys import jwk
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.haip import HAIP_PRESENTATION_1_0
from vcwallet.protocols.openid4vp.client_id import (
    DecentralizedIdentifier,
    RedirectUri,
    VerifierAttestation,
    X509SanDns,
)
from vcwallet.protocols.openid4vp.digital_credentials import (
    Protocol,
    multisigned_request_data,
    request_data,
    unsigned_request_data,
)
from vcwallet.protocols.openid4vp.error_response import ErrorCode
from vcwallet.protocols.openid4vp.request_uri import (
    encrypt_request_object,
    parameters_link,
    value_link,
)
from vcwallet.protocols.openid4vp.response_mode import ResponseMode
from vcwallet.wallet import Abilities, Invocation, dc_api_error

NOBODY: list[dict[str, Any]] = [{"type": "aki", "values": ["AAAA"]}]
WEB_DOCUMENT_URL = "https://bank.example/.well-known/did.json"
WEB_DOCUMENT: dict[str, Any] = {
    "id": WEB_DID,
    "verificationMethod": [
        {
            "id": f"{WEB_DID}#1",
            "type": "JsonWebKey2020",
            "controller": WEB_DID,
            "publicKeyJwk": jwk.public_jwk(DID_KEY.public_key),
        }
    ],
}


@pytest.fixture
def world() -> World:
    return presenting_world()


@pytest.fixture
def bank(world: World) -> HostileVerifier:
    return HostileVerifier(world)


def read(bank: HostileVerifier, text: str, **abilities: Any) -> Invocation:
    return run(bank.world.wallet.presenter(Abilities(**abilities)).read_request(text), bank)


def events(world: World) -> list[str]:
    return [str(entry.entry["event"]) for entry in world.wallet.history()]


def refused(bank: HostileVerifier, text: str, error: type[VcError], code: str | None = None, **abilities: Any) -> None:
    """Check that a request gets no screen, that its sender is told nothing, and could not be."""
    with pytest.raises(error) as caught:
        read(bank, text, **abilities)
    assert type(caught.value) is error
    assert code is None or caught.value.code == code
    assert bank.posted == []


class TestLinks:
    @pytest.mark.parametrize("scheme", ["openid4vp://", "haip-vp://", "https://wallet.example/present"])
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_request_is_fetched_and_shown(self, world, bank, scheme, method):
        link = bank.publish(bank.ask(query_of(world, "full_name")), method=method, scheme=scheme)
        invocation = read(bank, link)
        assert invocation.prompt is not None
        assert invocation.refusal is None
        assert (invocation.prompt.verifier, invocation.prompt.purpose_code) == ("Sakura Bank", "loan")
        assert [claim.label for claim in invocation.prompt.credentials[0].claims if not claim.always] == ["Full name"]
        assert [one.method for one in bank.seen] == [method.upper()]

    def test_a_request_object_in_a_link_is_shown_without_the_network(self, world, bank):
        request = bank.ask(query_of(world, "full_name"), mode=ResponseMode.DIRECT_POST)
        assert read(bank, value_link(request.client_id, request.jwt)).prompt is not None
        assert bank.seen == []

    def test_a_request_object_alone_is_shown(self, world, bank):
        request = bank.ask(query_of(world, "full_name"), mode=ResponseMode.SAME_CHANNEL)
        assert read(bank, f" {request.jwt}\n").prompt is not None

    @pytest.mark.parametrize(
        "text",
        ["", "hello", "?", "openid4vp://", "openid4vp://?", "mdoc:abc", "openid-credential-offer://?a=b", "a.b.c"],
    )
    def test_what_is_no_request_is_malformed(self, bank, text):
        refused(bank, text, MalformedError)

    def test_a_link_for_another_client_than_the_request_object_is_refused(self, world, bank):
        request = bank.ask(query_of(world, "full_name"))
        refused(bank, bank.publish(request, client_id=f"x509_san_dns:{HOST}"), RemoteProtocolError)
        refused(bank, value_link("x509_san_dns:evil.example", request.jwt), RemoteProtocolError)

    @pytest.mark.parametrize("prefix", ["origin:https://bank.example", "did:web:bank.example", "x509_san_uri:a"])
    def test_a_prefix_that_is_none_is_refused_whatever_else_is_right(self, world, bank, prefix):
        text = signed_request(
            world.bank_enrolment,
            bank.ask(query_of(world, "full_name"), mode=ResponseMode.DIRECT_POST),
            client_id=prefix,
        )
        with pytest.raises((UnsupportedError, RemoteProtocolError, MalformedError, VerifierUnknownError)):
            read(bank, value_link(prefix, text))
        assert bank.seen == []


class TestFetching:
    @pytest.mark.parametrize("number", [204, 301, 302, 303, 307, 308, 400, 404, 410, 500])
    def test_anything_but_success_ends_it(self, world, bank, number):
        link = bank.publish(bank.ask(query_of(world, "full_name")))
        bank.fetched = status(number, location="https://bank.example/elsewhere")
        refused(bank, link, TransportError, "NOT_THERE")
        assert [one.max_redirects for one in bank.seen] == [0]

    def test_what_is_of_another_media_type_is_refused(self, world, bank):
        request = bank.ask(query_of(world, "full_name"))
        link = bank.publish(request)
        bank.fetched = served(request.jwt, "text/html")
        refused(bank, link, MalformedError)

    def test_by_post_the_wallet_says_what_it_can_and_sends_a_fresh_nonce_each_time(self, world, bank):
        link = bank.publish(bank.ask(query_of(world, "full_name")), method="post")
        for _ in range(2):
            read(bank, link)
        first, second = bank.posts
        assert first.wallet_nonce != second.wallet_nonce
        assert len(first.wallet_nonce or "") >= 43
        assert first.metadata is not None
        assert set(first.metadata.client_id_prefixes_supported) == {
            "x509_hash",
            "x509_san_dns",
            "verifier_attestation",
            "decentralized_identifier",
        }
        assert set(first.metadata.vp_formats_supported) == {"dc+sd-jwt", "mso_mdoc"}

    def test_by_get_the_wallet_says_nothing_of_itself(self, world, bank):
        read(bank, bank.publish(bank.ask(query_of(world, "full_name"))))
        [fetched] = bank.seen
        assert (fetched.body, set(fetched.headers)) == (b"", {"accept"})

    def test_the_request_object_is_encrypted_to_a_key_of_this_request_alone(self, world, bank):
        link = bank.publish(bank.ask(query_of(world, "full_name")), method="post")
        sent: list[HttpResponse] = []

        def http(request: Any) -> HttpResponse:
            sent.append(bank(request))
            return sent[-1]

        for _ in range(2):
            assert run(world.wallet.presenter().read_request(link), http).prompt is not None
        keys = [post.metadata.request_encryption_key() for post in bank.posts if post.metadata is not None]
        assert keys[0] != keys[1]
        assert [response.body.count(b".") for response in sent] == [4, 4]

    def test_a_wallet_that_does_not_want_it_gets_it_in_the_open(self, world, bank):
        link = bank.publish(bank.ask(query_of(world, "full_name")), method="post")
        assert read(bank, link, encrypts_requests=False).prompt is not None
        assert bank.posts[0].metadata is not None
        assert bank.posts[0].metadata.request_encryption_key() is None

    def test_a_request_object_that_is_encrypted_to_an_older_key_is_refused(self, world, bank):
        link = bank.publish(bank.ask(query_of(world, "full_name")), method="post")
        sent: list[HttpResponse] = []

        def http(request: Any) -> HttpResponse:
            sent.append(bank(request))
            return sent[0]

        run(world.wallet.presenter().read_request(link), http)
        with pytest.raises(UntrustedError) as caught:
            run(world.wallet.presenter().read_request(link), http)
        assert caught.value.code == "KEY_NOT_FOUND"

    def test_one_that_is_encrypted_although_nobody_asked_is_refused(self, world, bank):
        request = bank.ask(query_of(world, "full_name"))
        link = bank.publish(request)
        key = SoftwareSigner.generate().public_key
        bank.fetched = served(encrypt_request_object(request.jwt, jwk=jwk.public_jwk(key) | {"alg": "ECDH-ES"}))
        refused(bank, link, UntrustedError, "KEY_NOT_FOUND")

    @pytest.mark.parametrize("broken", [without_nonce, with_another_nonce])
    def test_a_request_object_without_this_wallet_s_nonce_is_an_older_one(self, world, bank, broken):
        request = bank.ask(query_of(world, "full_name"))
        link = bank.publish(request, method="post")
        bank.fetched = broken(bank, request)
        refused(bank, link, RemoteProtocolError)

    def test_a_request_object_of_another_verifier_at_that_address_is_refused(self, world, bank):
        honest = bank.ask(query_of(world, "full_name"))
        link = bank.publish(honest)
        other = bank.ask(query_of(world, "over_20"), purpose="shopping", by=world.shop_enrolment)
        bank.fetched = served(other.jwt)
        refused(bank, link, RemoteProtocolError)

    def test_a_request_object_that_was_changed_on_the_way_is_refused(self, world, bank):
        request = bank.ask(query_of(world, "full_name"))
        link = bank.publish(request)
        bank.fetched = served(signed_request(world.bank_enrolment, request, signer=SoftwareSigner.generate()))
        refused(bank, link, SignatureInvalidError)

    def test_one_that_is_longer_than_the_limit_is_refused(self, world, bank):
        link = bank.publish(bank.ask(query_of(world, "full_name")))
        bank.fetched = served("a" * (256 * 1024 + 1))
        refused(bank, link, LimitExceededError)


class TestWhoAsks:
    def test_a_dns_name(self, world, bank):
        link = bank.publish(bank.ask(query_of(world, "full_name"), client=X509SanDns(HOST)))
        assert read(bank, link).prompt is not None

    def test_an_attested_key(self, world, bank):
        key = SoftwareSigner.generate()
        request = bank.ask(
            query_of(world, "full_name"),
            client=VerifierAttestation("attested-bank"),
            signer=key,
            chain=(),
            header={"jwt": attestation_of(world, key.public_key, redirect_uris=None)},
        )
        assert read(bank, bank.publish(request)).prompt is not None

    def test_a_did_that_contains_its_key(self, world, bank):
        request = bank.ask(
            query_of(world, "full_name"),
            client=DecentralizedIdentifier(DID),
            signer=DID_KEY,
            chain=(),
            header={"kid": f"{DID}#0"},
        )
        assert read(bank, bank.publish(request)).prompt is not None
        assert len(bank.seen) == 1

    def test_the_document_of_a_did_on_the_web_is_fetched(self, world, bank):
        bank.documents = {WEB_DOCUMENT_URL: json.dumps(WEB_DOCUMENT)}
        link = bank.publish(by_web_did(bank))
        assert read(bank, link).prompt is not None
        assert [one.url for one in bank.seen][1:] == [WEB_DOCUMENT_URL]

    def test_without_its_document_nobody_is_known(self, world, bank):
        refused(bank, bank.publish(by_web_did(bank)), TransportError)

    def test_the_document_of_another_key_is_no_help(self, world, bank):
        other = jwk.public_jwk(SoftwareSigner.generate().public_key)
        method = {**WEB_DOCUMENT["verificationMethod"][0], "publicKeyJwk": other}
        bank.documents = {WEB_DOCUMENT_URL: json.dumps({**WEB_DOCUMENT, "verificationMethod": [method]})}
        refused(bank, bank.publish(by_web_did(bank)), SignatureInvalidError)

    def test_nobody_is_known_by_an_address(self, world, bank):
        uri = f"https://{HOST}/response/1"
        members = payload_of(bank.ask(query_of(world, "full_name"), mode=ResponseMode.DIRECT_POST).jwt)
        parameters = {name: value for name, value in members.items() if name not in ("iat", "exp")}
        link = parameters_link({**parameters, "client_id": str(RedirectUri(uri)), "response_uri": uri})
        refused(bank, link, VerifierUnknownError)
        with pytest.raises(VerifierUnknownError, match=f"all that is known is .*{uri}"):
            read(bank, link)

    def test_a_verifier_that_the_registry_does_not_know_is_told_nothing(self, world, bank):
        stranger = World(bank_dns_names=(HOST,))
        link = bank.publish(bank.ask(query_of(world, "full_name"), by=stranger.bank_enrolment))
        refused(bank, link, VerifierUnknownError)

    def test_an_answer_that_would_go_to_another_host_is_refused_and_not_even_an_error_goes_there(self, world, bank):
        request = bank.ask(query_of(world, "full_name"), mode=ResponseMode.DIRECT_POST)
        text = signed_request(world.bank_enrolment, request, response_uri="https://evil.example/response")
        refused(bank, value_link(request.client_id, text), VerifierUnknownError)
        assert bank.seen == []


def by_web_did(bank: HostileVerifier, **options: Any) -> Any:
    return bank.ask(
        query_of(bank.world, "full_name"),
        client=DecentralizedIdentifier(WEB_DID),
        signer=DID_KEY,
        chain=(),
        header={"kid": f"{WEB_DID}#1"},
        **options,
    )


class TestGate:
    """What must not or cannot be answered is shown as such; its sender is told nothing until the person has seen it."""

    @pytest.mark.parametrize(
        ("question", "error", "told"),
        [
            (lambda bank: bank.ask(query_of(bank.world, "health")), OverAskingError, "access_denied"),
            (
                lambda bank: bank.ask(
                    query_of(bank.world, "full_name"), registration=bank.world.bank_enrolment.registrations["care"]
                ),
                PurposeMismatchError,
                "access_denied",
            ),
            (
                lambda bank: bank.ask(
                    query_of(bank.world, "full_name"), registration=bank.world.shop_enrolment.registrations["shopping"]
                ),
                VerifierUnknownError,
                "invalid_client",
            ),
            (
                lambda bank: bank.ask(query_of(bank.world, "full_name", trusted_authorities=NOBODY)),
                NoMatchError,
                "access_denied",
            ),
            (
                lambda bank: bank.ask(query_of(bank.world, "full_name"), transaction_data=("e30",)),
                RemoteProtocolError,
                "invalid_transaction_data",
            ),
        ],
        ids=["over-asking", "another purpose", "another's registration", "nothing that fits", "unknown transaction"],
    )
    @pytest.mark.parametrize("way", ["get", "post", "value", "dc_api"])
    def test_every_way_ends_at_the_same_gate(self, world, bank, question, error, told, way):
        before = events(world)
        invocation = by_way(bank, question, way)
        assert type(invocation.refusal) is error
        assert invocation.prompt is None
        assert invocation.error == told
        assert bank.posted == []
        assert events(world)[len(before) :] in ([], ["refused"])

    def test_a_request_that_is_too_old_is_shown_as_that(self, world, bank):
        link = bank.publish(bank.ask(query_of(world, "full_name")))
        world.clock.pass_by(minutes=12)
        invocation = read(bank, link)
        assert (type(invocation.refusal), invocation.error) == (ValidityError, ErrorCode.INVALID_REQUEST)

    def test_an_error_of_the_wallet_s_own_says_nothing_about_the_request(self, world, bank):
        link = bank.publish(bank.ask(query_of(world, "health")))

        def full(*_: Any) -> None:
            raise StoreFullError("full")

        world.wallet_store.commit = full
        refused(bank, link, StoreFullError)

    def test_a_fitting_profile_is_met_and_another_is_not(self, world, bank):
        met = bank.ask(query_of(world, "full_name"))
        assert read(bank, bank.publish(met), profile=HAIP_PRESENTATION_1_0).prompt is not None
        plain = read(
            bank,
            bank.publish(bank.ask(query_of(world, "full_name"), mode=ResponseMode.DIRECT_POST)),
            profile=HAIP_PRESENTATION_1_0,
        )
        assert plain.refusal is not None
        assert (plain.refusal.code, plain.error) == ("PROFILE_NOT_MET", ErrorCode.INVALID_REQUEST)
        by_value = value_link(met.client_id, met.jwt)
        assert getattr(read(bank, by_value, profile=HAIP_PRESENTATION_1_0).refusal, "code", None) == "PROFILE_NOT_MET"

    def test_a_request_may_be_for_this_wallet_and_not_for_another(self, world, bank):
        request = bank.ask(query_of(world, "full_name"), mode=ResponseMode.DIRECT_POST)
        text = signed_request(world.bank_enrolment, request, aud="https://wallet.example")
        link = value_link(request.client_id, text)
        assert read(bank, link, identifier="https://wallet.example").prompt is not None
        refused(bank, link, RemoteProtocolError, identifier="https://other.example")
        refused(bank, link, RemoteProtocolError)


def by_way(bank: HostileVerifier, question: Any, way: str) -> Invocation:
    """Let a request come in one of the ways."""
    ask = bank.ask
    modes = {"value": ResponseMode.DIRECT_POST, "dc_api": ResponseMode.DC_API}
    mode = modes.get(way, ResponseMode.DIRECT_POST_JWT)
    bank.ask = lambda *asked, **options: ask(*asked, mode=mode, **options)  # type: ignore[method-assign]
    request = question(bank)
    presenter = bank.world.wallet.presenter()
    if way == "dc_api":
        return run(presenter.read_dc_api_request(Protocol.SIGNED, request_data(request), origin=ORIGIN), bank)
    link = value_link(request.client_id, request.jwt) if way == "value" else bank.publish(request, method=way)
    return run(presenter.read_request(link), bank)


class TestDigitalCredentialsApi:
    def call(self, bank: HostileVerifier, protocol: str, data: Any, *, origin: str = ORIGIN, **abilities: Any) -> Any:
        presenter = bank.world.wallet.presenter(Abilities(**abilities))
        return run(presenter.read_dc_api_request(protocol, data, origin=origin), bank)

    def test_a_signed_call_is_shown(self, world, bank):
        request = bank.ask(query_of(world, "full_name"), mode=ResponseMode.DC_API)
        assert self.call(bank, "openid4vp-v1-signed", request_data(request)).prompt is not None

    @pytest.mark.parametrize(
        "origin", ["https://evil.example", "https://bank.example:8443", "https://www.bank.example"]
    )
    def test_a_call_that_was_signed_for_another_page_is_refused(self, world, bank, origin):
        request = bank.ask(query_of(world, "full_name"), mode=ResponseMode.DC_API)
        with pytest.raises(RemoteProtocolError) as caught:
            self.call(bank, "openid4vp-v1-signed", request_data(request), origin=origin)
        assert dc_api_error(caught.value) == {"error": "invalid_request"}

    def test_of_an_unsigned_call_only_the_page_is_known_and_the_registry_does_not_know_it(self, world, bank):
        request = bank.ask(query_of(world, "full_name"), mode=ResponseMode.DC_API)
        invocation = self.call(bank, "openid4vp-v1-unsigned", unsigned_request_data(request))
        assert type(invocation.refusal) is VerifierUnknownError
        assert ORIGIN in str(invocation.refusal)
        assert invocation.error == ErrorCode.INVALID_CLIENT

    @pytest.mark.parametrize("first", [True, False], ids=["known first", "unknown first"])
    @pytest.mark.parametrize("has_document", [True, False])
    def test_of_several_signers_one_that_is_known_is_enough(self, world, bank, first, has_document):
        bank_header = {"client_id": bank.ask(query_of(world, "full_name"), mode=ResponseMode.DC_API).client_id}
        signers = [
            (world.bank_enrolment.signer, {**bank_header, "x5c": x5c(world.bank_enrolment.chain)}),
            (
                DID_KEY,
                {"client_id": "decentralized_identifier:did:web:nobody.example", "kid": "did:web:nobody.example#1"},
            ),
        ]
        if has_document:
            bank.documents = {"https://nobody.example/.well-known/did.json": document_of("did:web:nobody.example")}
        request = bank.ask(query_of(world, "full_name"), mode=ResponseMode.DC_API)
        data = multisigned_request_data(request, signers=signers if first else signers[::-1])
        invocation = self.call(bank, "openid4vp-v1-multisigned", data)
        assert invocation.prompt is not None
        assert invocation.prompt.verifier == "Sakura Bank"
        encrypted = bank.ask(query_of(world, "full_name"), mode=ResponseMode.DC_API_JWT)
        data = multisigned_request_data(encrypted, signers=signers if first else signers[::-1])
        assert self.call(bank, "openid4vp-v1-multisigned", data, profile=HAIP_PRESENTATION_1_0).prompt is not None

    def test_of_several_signers_nobody_knows_none_is_enough(self, world, bank):
        signers = [
            (one, {"client_id": f"decentralized_identifier:{did_of(one)}", "kid": f"{did_of(one)}#0"}) for one in OTHERS
        ]
        request = bank.ask(query_of(world, "full_name"), mode=ResponseMode.DC_API)
        invocation = self.call(bank, "openid4vp-v1-multisigned", multisigned_request_data(request, signers=signers))
        assert type(invocation.refusal) is VerifierUnknownError
        strict = self.call(
            bank,
            "openid4vp-v1-multisigned",
            multisigned_request_data(request, signers=signers),
            profile=HAIP_PRESENTATION_1_0,
        )
        assert strict.refusal.code == "PROFILE_NOT_MET"

    @pytest.mark.parametrize("mode", [ResponseMode.DIRECT_POST, ResponseMode.SAME_CHANNEL])
    def test_a_request_that_is_answered_elsewhere_does_not_come_by_the_api(self, world, bank, mode):
        request = bank.ask(query_of(world, "full_name"), mode=mode)
        with pytest.raises(RemoteProtocolError):
            self.call(bank, "openid4vp-v1-signed", {"request": request.jwt})

    def test_a_request_by_the_api_does_not_come_by_a_link(self, world, bank):
        request = bank.ask(query_of(world, "full_name"), mode=ResponseMode.DC_API)
        refused(bank, value_link(request.client_id, request.jwt), RemoteProtocolError)

    @pytest.mark.parametrize("protocol", ["openid4vp", "openid4vp-v2-signed", "org-iso-mdoc", ""])
    def test_another_protocol_is_not_supported(self, bank, protocol):
        with pytest.raises(UnsupportedError) as caught:
            self.call(bank, protocol, {})
        assert dc_api_error(caught.value) == {"error": "invalid_request"}

    @pytest.mark.parametrize(
        "origin", ["", "http://bank.example", "https://bank.example/", "origin:https://bank.example"]
    )
    def test_an_origin_that_no_platform_gives_is_an_error_of_the_platform(self, bank, origin):
        with pytest.raises(ValueError, match="origin"):
            self.call(bank, "openid4vp-v1-unsigned", {}, origin=origin)


def did_of(signer: SoftwareSigner) -> str:
    return "did:jwk:" + base64url.encode(json.dumps(jwk.public_jwk(signer.public_key)))


OTHERS = (SoftwareSigner.generate(), SoftwareSigner.generate())


def document_of(did: str) -> bytes:
    methods = [{**WEB_DOCUMENT["verificationMethod"][0], "id": f"{did}#1", "controller": did}]
    return json.dumps({"id": did, "verificationMethod": methods})
