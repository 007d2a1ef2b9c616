# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Who sent a request (OpenID4VP 1.0, section 5.9.3): one way for each prefix, and every way ends at the registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from tests.support.federation import ANCHOR, Federation
from tests.support.openid4vp import (
    DID,
    DID_KEY,
    ENTITY,
    HOST,
    OTHER_HOST,
    POST,
    POST_JWT,
    RESPONSE_URI,
    WEB_DID,
    attestation_of,
    bank_world,
    request_of,
    trust_of,
)
from tests.support.openid4vp import KEY as ANSWER_KEY
from tests.support.world import World, payload_of, signed_request
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    MalformedError,
    NotAuthorisedError,
    RemoteProtocolError,
    SignatureInvalidError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
    VerificationError,
)
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.jose import jws, jwt
from vcwallet.keys import Algorithm, KeySource, Role, TrustedKey, jwk, multikey
from vcwallet.keys.combined_policy import CombinedPolicy
from vcwallet.keys.policy import FetchingPolicy, TrustedParty
from vcwallet.keys.public import PublicKey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.openid4vp import Request, UnverifiedRequest, read_request
from vcwallet.protocols.openid4vp.client_id import (
    ClientId,
    DecentralizedIdentifier,
    OpenIdFederation,
    PreRegistered,
    RedirectUri,
    VerifierAttestation,
    X509Hash,
    X509SanDns,
)
from vcwallet.protocols.openid4vp.client_metadata import client_metadata, read_client_metadata
from vcwallet.protocols.openid4vp.reception import BY_VALUE
from vcwallet.protocols.openid4vp.request import make_request
from vcwallet.protocols.openid4vp.verifiers import (
    AddressedVerifier,
    AuthenticatedVerifier,
    Signed,
    UnauthenticatedVerifier,
    authenticate,
)
from vcwallet.trust.did import document as did_document
from vcwallet.trust.did import read as read_did
from vcwallet.trust.federation import Authorisation, FederationPolicy, metadata_policy

KEY = SoftwareSigner.generate()
PARTY = "urn:vcwallet:party:bank"


@pytest.fixture
def world() -> World:
    return bank_world()


def authenticated(
    world: World, text: Request | str, *, trust: Any = None, documents: Mapping[str, Any] | None = None
) -> AuthenticatedVerifier:
    reception = replace(BY_VALUE, documents=documents or {})
    found = read_request(str(text), reception=reception).authenticate(trust=trust or trust_of(world), at=world.clock())
    assert isinstance(found, AuthenticatedVerifier)
    return found


def changed(world: World, request: Request, **changes: Any) -> str:
    return signed_request(world.bank_enrolment, request, **changes)


def refused(world: World, text: Request | str, error: type[VcError], code: str | None = None, **options: Any) -> None:
    with pytest.raises(error) as caught:
        authenticated(world, text, **options)
    assert type(caught.value) is error
    assert code is None or caught.value.code == code


def posted_to(uri: str) -> Any:
    return replace(POST, response_uri=uri)


class TestCertificates:
    def test_the_holder_of_a_certificate_is_known_by_its_hash(self, world):
        found = authenticated(world, request_of(world))
        assert found.client == X509Hash.of(world.bank_enrolment.chain[0])
        assert (found.key.party, found.key.name["en"]) == (PARTY, "Sakura Bank")
        assert found.hosts == frozenset({HOST, OTHER_HOST})

    @pytest.mark.parametrize("name", [HOST, OTHER_HOST])
    def test_the_holder_of_a_certificate_is_known_by_its_dns_name(self, world, name):
        uri = f"https://{name}/response/1"
        found = authenticated(world, request_of(world, client=X509SanDns(name), delivery=posted_to(uri)))
        assert (found.client, found.key.party, found.hosts) == (X509SanDns(name), PARTY, frozenset({name}))

    @pytest.mark.parametrize("name", ["shop.example", "www.bank.example", "bank.example.evil.example", "ank.example"])
    def test_another_dns_name_is_somebody_else_s(self, world, name):
        refused(world, request_of(world, client=X509SanDns(name)), UntrustedError)

    def test_a_common_name_is_no_dns_name(self, world):
        shop = world.shop_enrolment
        text = signed_request(shop, request_of(world, client=X509SanDns(HOST)))
        refused(world, text, UntrustedError)

    @pytest.mark.parametrize("client", [None, X509SanDns(HOST)], ids=["hash", "dns"])
    @pytest.mark.parametrize(
        "uri", ["https://evil.example/r", "https://bank.example.evil.example/r", "https://xbank.example/r"]
    )
    def test_an_answer_goes_to_no_host_that_is_not_certified(self, world, client, uri):
        refused(
            world, request_of(world, client=client, delivery=posted_to(uri)), UntrustedError, "RESPONSE_URI_MISMATCH"
        )

    def test_with_a_dns_name_it_goes_to_no_other_host_of_the_certificate(self, world):
        elsewhere = posted_to(f"https://{OTHER_HOST}/r")
        refused(world, request_of(world, client=X509SanDns(HOST), delivery=elsewhere), UntrustedError)
        assert authenticated(world, request_of(world, delivery=elsewhere)).key.party == PARTY

    def test_a_certificate_without_dns_names_leaves_the_host_open(self):
        world = World()
        found = authenticated(world, request_of(world, delivery=posted_to("https://anywhere.example/r")))
        assert found.hosts is None

    @pytest.mark.parametrize("client", [None, X509SanDns(HOST)], ids=["hash", "dns"])
    def test_a_signature_by_another_key_is_refused(self, world, client):
        request = request_of(world, client=client)
        refused(world, changed(world, request, signer=SoftwareSigner.generate()), SignatureInvalidError)

    @pytest.mark.parametrize("client", [f"x509_san_dns:{HOST}", str(X509Hash(bytes(32)))], ids=["dns", "hash"])
    def test_without_a_certificate_nobody_is_known(self, world, client):
        claims = payload_of(str(request_of(world))) | {"client_id": client}
        text = jwt.sign(claims, typ="oauth-authz-req+jwt", signer=world.bank_enrolment.signer)
        refused(world, text, UntrustedError)

    def test_an_issuer_s_certificate_is_no_verifier_s(self, world):
        city = world.city_enrolment
        client = str(X509Hash.of(city.chain[0]))
        text = changed(world, request_of(world), client_id=client, signer=city.signer, chain=city.chain)
        refused(world, text, NotAuthorisedError)


def attested(world: World, key: PublicKey = KEY.public_key, *, request: Any = None, **changes: Any) -> Request:
    """Return a request with an attestation in its header."""
    return request_of(
        world,
        client=VerifierAttestation("attested-bank"),
        signer=KEY,
        certified=False,
        header={"jwt": attestation_of(world, key, **changes)},
        **(request or {}),
    )


class TestAttestation:
    def test_the_registrar_attests_the_key_and_the_registration_says_whose_it_is(self, world):
        found = authenticated(world, attested(world))
        assert (found.key.key, found.key.party, found.key.source) == (KEY.public_key, PARTY, "verifier_attestation")
        assert found.key.name["en"] == "Sakura Bank"
        assert found.response_uris == frozenset({RESPONSE_URI})

    def test_without_redirect_uris_the_address_is_free(self, world):
        elsewhere = {"delivery": posted_to("https://elsewhere.example/r")}
        assert authenticated(world, attested(world, redirect_uris=None, request=elsewhere)).response_uris is None
        refused(world, attested(world, request=elsewhere), UntrustedError, "RESPONSE_URI_MISMATCH")

    def test_the_address_is_compared_as_a_whole(self, world):
        longer = {"delivery": posted_to(RESPONSE_URI + "?x=1")}
        refused(world, attested(world, request=longer), UntrustedError, "RESPONSE_URI_MISMATCH")

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"typ": "JWT"}, VerificationError),
            ({"typ": "rc-wrp+jwt"}, VerificationError),
            ({"iss": None}, MalformedError),
            ({"iss": "urn:vcwallet:party:bank"}, UntrustedError),
            ({"sub": None}, MalformedError),
            ({"sub": "another-bank"}, UntrustedError),
            ({"exp": None}, MalformedError),
            ({"exp": 1_700_000_000}, ValidityError),
            ({"nbf": 4_000_000_000}, ValidityError),
            ({"cnf": None}, MalformedError),
            ({"cnf": {"kid": "1"}}, UnsupportedError),
            ({"redirect_uris": []}, MalformedError),
            ({"redirect_uris": RESPONSE_URI}, MalformedError),
            ({"redirect_uris": ["https://x.example"] * 101}, MalformedError),
            ({"redirect_uris": [7]}, UntrustedError),
        ],
        ids=str,
    )
    def test_an_attestation_with_something_wrong_is_refused(self, world, changes, error):
        refused(world, attested(world, **changes), error)

    def test_an_attestation_by_somebody_else_counts_for_nothing(self, world):
        refused(world, attested(world, signer=SoftwareSigner.generate()), SignatureInvalidError)

    def test_the_request_is_signed_with_the_attested_key(self, world):
        refused(world, attested(world, SoftwareSigner.generate().public_key), SignatureInvalidError)
        ed25519 = SoftwareSigner.generate(Algorithm.ED25519).public_key
        refused(world, attested(world, ed25519), AlgorithmNotAllowedError)

    def test_without_an_attestation_nobody_is_known(self, world):
        request = request_of(world, client=VerifierAttestation("attested-bank"), signer=KEY, certified=False)
        refused(world, request, MalformedError)

    def test_the_registration_is_one_with_this_identifier(self, world):
        other = world.shop_enrolment.registrations["shopping"]
        refused(world, attested(world, request={"registration": other}), UntrustedError, "CLIENT_NOT_REGISTERED")

    def test_there_is_just_one_registration(self, world):
        header = {"jwt": attestation_of(world, KEY.public_key)}
        claims = payload_of(str(attested(world)))
        several: list[Any] = claims["verifier_info"] * 2
        for info in (several[:0], several):
            text = jwt.sign(claims | {"verifier_info": info}, typ="oauth-authz-req+jwt", signer=KEY, header=header)
            refused(world, text, UntrustedError)

    def test_a_registration_that_nobody_signed_names_nobody(self, world):
        forged = world.bank_enrolment.registrations["loan"][:-20] + "A" * 20
        refused(world, attested(world, request={"registration": forged}), SignatureInvalidError)

    def test_a_policy_that_cannot_say_who_may_act_lets_nobody_act(self, world):
        trust = trust_of(world)

        class Certificates:
            def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
                return trust.key_for(source, role=role, type_id=type_id, at=at)

        refused(world, attested(world), UntrustedError, trust=Certificates())

    def test_a_verifier_that_was_suspended_since_is_not_let_in_by_its_registration(self):
        world = World(bank_identifiers=("attested-bank", DID))
        request = attested(world)
        assert authenticated(world, request).key.party == PARTY
        world.registry.suspend(PARTY, reason="an example")
        refused(world, request, NotAuthorisedError)


def by_did(world: World, *, did: str = DID, kid: str | None = "#0", **options: Any) -> Request:
    header = {} if kid is None else {"kid": did + kid if kid.startswith("#") else kid}
    client = DecentralizedIdentifier(did)
    return request_of(world, client=client, signer=DID_KEY, certified=False, header=header, **options)


def web_document(key: PublicKey = DID_KEY.public_key, **changes: Any) -> Any:
    method = {
        "id": f"{WEB_DID}#1",
        "type": "JsonWebKey2020",
        "controller": WEB_DID,
        "publicKeyJwk": jwk.public_jwk(key),
    }
    return did_document.parse({"id": WEB_DID, "verificationMethod": [method | changes]}, did=WEB_DID)


class TestDid:
    def test_the_did_has_the_key_and_the_registration_says_whose_it_is(self, world):
        found = authenticated(world, by_did(world))
        assert (found.key.key, found.key.party) == (DID_KEY.public_key, PARTY)
        assert found.key.source == "decentralized_identifier"

    def test_a_document_that_was_fetched_is_used(self, world):
        request = by_did(world, did=WEB_DID, kid="#1")
        assert authenticated(world, request, documents={WEB_DID: web_document()}).key.party == PARTY
        refused(world, request, UnsupportedError)  # did:web contains no document
        refused(world, request, UntrustedError, documents={WEB_DID: read_did(DID)})

    def test_any_verification_method_signs_requests(self, world):
        assert web_document().assertion_methods == {}
        with pytest.raises(UntrustedError):
            web_document().assertion_key(f"{WEB_DID}#1")
        assert web_document().verification_key(f"{WEB_DID}#1") == DID_KEY.public_key

    def test_a_key_that_somebody_else_controls_does_not(self, world):
        documents = {WEB_DID: web_document(controller="did:web:evil.example")}
        refused(world, by_did(world, did=WEB_DID, kid="#1"), UntrustedError, documents=documents)

    @pytest.mark.parametrize("kid", [None, "0", "#1", "did:web:evil.example#0", f"{DID}evil#0"])
    def test_the_request_names_a_key_of_the_did(self, world, kid):
        refused(world, by_did(world, kid=kid), UntrustedError, "KEY_NOT_FOUND")

    def test_another_key_signs_nothing(self, world):
        documents = {WEB_DID: web_document(SoftwareSigner.generate().public_key)}
        refused(world, by_did(world, did=WEB_DID, kid="#1"), SignatureInvalidError, documents=documents)

    def test_a_did_that_is_not_registered_is_nobody(self, world):
        stranger = SoftwareSigner.generate()
        did = f"did:key:{multikey.encode(stranger.public_key)}"
        request = request_of(
            world,
            client=DecentralizedIdentifier(did),
            signer=stranger,
            certified=False,
            header={"kid": f"{did}#{did.removeprefix('did:key:')}"},
        )
        refused(world, request, UntrustedError, "CLIENT_NOT_REGISTERED")

    def test_a_policy_that_decides_about_the_did_is_asked_and_its_word_is_final(self, world):
        known = Known({DID: KEY.public_key})
        refused(world, by_did(world), SignatureInvalidError, trust=CombinedPolicy((known, trust_of(world))))
        known = Known({DID: DID_KEY.public_key})
        found = authenticated(world, by_did(world), trust=CombinedPolicy((known, trust_of(world))))
        assert (found.key.party, found.key.source) == (DID, "known")


@dataclass(frozen=True)
class Known:
    """A policy over verifiers by their identifier alone."""

    keys: Mapping[str, PublicKey]
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def knows(self, source: KeySource) -> bool:
        return source.issuer in self.keys and not source.chain

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        if role is not Role.VERIFIER or source.key_id == "revoked":
            raise NotAuthorisedError("not for this")
        return TrustedKey(
            key=self.keys[source.issuer or ""], party=source.issuer or "", source="known", metadata=self.metadata
        )


class TestPreRegistered:
    def test_one_that_the_policy_knows_is_known(self, world):
        request = without_metadata(world, PreRegistered("bank-4711"))
        found = authenticated(world, request, trust=CombinedPolicy((Known({"bank-4711": KEY.public_key}),)))
        assert (found.key.party, found.client) == ("bank-4711", PreRegistered("bank-4711"))

    def test_one_that_nobody_knows_is_refused(self, world):
        refused(world, without_metadata(world, PreRegistered("bank-4711")), UntrustedError)
        other = CombinedPolicy((Known({"bank-4712": KEY.public_key}),))
        refused(world, without_metadata(world, PreRegistered("bank-4711")), UntrustedError, trust=other)

    def test_the_policy_s_refusal_is_final(self, world):
        request = without_metadata(world, PreRegistered("bank-4711"), kid="revoked")
        refused(world, request, NotAuthorisedError, trust=Known({"bank-4711": KEY.public_key}))

    def test_a_policy_that_cannot_say_whom_it_knows_knows_nobody(self, world):
        class Silent:
            def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
                return TrustedKey(key=KEY.public_key, party="bank-4711", source="silent")

        refused(world, without_metadata(world, PreRegistered("bank-4711")), UntrustedError, trust=Silent())

    def test_its_metadata_are_registered_and_not_sent(self, world):
        request = request_of(world, client=PreRegistered("bank-4711"), signer=KEY, certified=False)
        assert "client_metadata" not in payload_of(str(request))
        with pytest.raises(RemoteProtocolError) as caught:
            read_request(with_metadata(request))
        assert caught.value.code == "INVALID_CLIENT"

    def test_what_the_policy_knows_of_it_comes_with_the_evidence(self, world):
        known = Known({"bank-4711": KEY.public_key}, metadata=REGISTERED)
        found = authenticated(
            world, without_metadata(world, PreRegistered("bank-4711")), trust=CombinedPolicy((known,))
        )
        assert found.metadata == read_client_metadata(REGISTERED)
        malformed = CombinedPolicy((Known({"bank-4711": KEY.public_key}, metadata={"jwks": 7}),))
        refused(world, without_metadata(world, PreRegistered("bank-4711")), MalformedError, trust=malformed)


REGISTERED = {"jwks": {"keys": [{**jwk.public_jwk(KEY.public_key), "kid": "v1"}, ANSWER_KEY.jwk]}}


def without_metadata(world: World, client: ClientId, **header: Any) -> str:
    return str(request_of(world, client=client, signer=KEY, certified=False, header=header))


def with_metadata(request: Request, **header: Any) -> str:
    """Return a request that says of itself what wallets have from elsewhere."""
    claims = payload_of(str(request)) | {"client_metadata": client_metadata(ANSWER_KEY)}
    return jwt.sign(claims, typ="oauth-authz-req+jwt", signer=KEY, header=header)


class TestTarget:
    """Where the answer goes to a verifier that has registered its keys, and to one that has not."""

    def request(self, world: World, **options: Any) -> UnverifiedRequest:
        client = PreRegistered("bank-4711")
        return read_request(
            str(request_of(world, client=client, signer=KEY, certified=False, delivery=POST_JWT, **options))
        )

    def known(self, metadata: Mapping[str, Any]) -> CombinedPolicy:
        return CombinedPolicy((Known({"bank-4711": KEY.public_key}, metadata=metadata),))

    def test_the_registered_key_for_encryption_is_used_and_none_that_signs(self, world):
        request = self.request(world)
        found = request.verify(trust=self.known(REGISTERED), at=world.clock())
        assert found.target.encryption is not None
        assert found.target.encryption.thumbprint == ANSWER_KEY.thumbprint == found.binding.encryption_key
        assert found.target.uri == RESPONSE_URI
        with pytest.raises(RemoteProtocolError) as caught:
            _ = request.target  # nobody is known yet
        assert caught.value.code == "ENCRYPTION_UNUSABLE"
        assert request.open_target.encryption is None

    @pytest.mark.parametrize(
        "metadata",
        [
            {},
            {"jwks": {"keys": [{**jwk.public_jwk(KEY.public_key), "kid": "v1"}]}},
            {"jwks": {"keys": [ANSWER_KEY.agreement.public_jwk]}},  # it does not say what it is for
            {**REGISTERED, "encrypted_response_enc_values_supported": ["A128CBC-HS256"]},
        ],
        ids=["nothing", "signs", "unmarked", "other encryption"],
    )
    def test_without_one_it_is_not_answered(self, world, metadata):
        with pytest.raises(RemoteProtocolError) as caught:
            self.request(world).verify(trust=self.known(metadata), at=world.clock())
        assert caught.value.code == "ENCRYPTION_UNUSABLE"

    def test_in_the_open_no_key_is_needed(self, world):
        request = read_request(without_metadata(world, PreRegistered("bank-4711")))
        found = request.verify(trust=self.known({}), at=world.clock())
        assert (found.target.encryption, found.target.uri) == (None, RESPONSE_URI)


VERIFIER_TYPE = "openid_credential_verifier"


def federation_trust(federation: Federation) -> FederationPolicy:
    authorisation = Authorisation(role=Role.VERIFIER, entity_type=VERIFIER_TYPE, entities=frozenset({ENTITY}))
    return FederationPolicy(anchors=[federation.anchor()], authorisations=[authorisation])


class TestFederation:
    @pytest.fixture
    def federation(self, world: World) -> Federation:
        made = Federation(at=world.clock())
        made.add(
            ENTITY,
            ANCHOR,
            metadata={VERIFIER_TYPE: {"jwks": {"keys": [{**jwk.public_jwk(KEY.public_key), "kid": "v1"}]}}},
        )
        return made

    def entity(self, world: World, kid: str = "v1") -> Request:
        return request_of(world, client=OpenIdFederation(ENTITY), signer=KEY, certified=False, header={"kid": kid})

    def test_an_entity_that_the_federation_lets_verify_is_known(self, world, federation):
        policy = federation_trust(federation)
        run(policy.refresh(ENTITY, at=world.clock()), federation.http)
        found = authenticated(world, self.entity(world), trust=CombinedPolicy((trust_of(world), policy)))
        assert (found.key.party, found.key.source) == (ENTITY, "openid_federation")

    def test_its_metadata_in_the_request_are_ignored(self, world):
        request = read_request(with_metadata(self.entity(world), kid="v1"))
        assert request.members.client_metadata is not None
        assert request.client_metadata.vp_formats_supported is None
        assert "client_metadata" not in payload_of(str(self.entity(world)))

    def test_its_metadata_are_those_of_the_federation_and_the_policies_of_its_superiors(self, world, federation):
        federation[ENTITY].metadata[VERIFIER_TYPE]["encrypted_response_enc_values_supported"] = ["A128GCM", "A256GCM"]
        policy = {VERIFIER_TYPE: {"encrypted_response_enc_values_supported": {"subset_of": ["A128GCM"]}}}
        federation[ANCHOR].about[ENTITY] = {"metadata_policy": metadata_policy.parse(policy)}
        trust = federation_trust(federation)
        run(trust.refresh(ENTITY, at=world.clock()), federation.http)
        found = authenticated(world, self.entity(world), trust=trust)
        assert found.metadata is not None
        assert found.metadata.encrypted_response_enc_values_supported == ("A128GCM",)

    def test_one_that_was_not_resolved_is_not(self, world, federation):
        refused(world, self.entity(world), UntrustedError, "ENTITY_NOT_RESOLVED", trust=federation_trust(federation))

    def test_another_key_than_the_entity_s_signs_nothing(self, world, federation):
        policy = federation_trust(federation)
        run(policy.refresh(ENTITY, at=world.clock()), federation.http)
        refused(world, self.entity(world, kid="v2"), UntrustedError, "KEY_NOT_FOUND", trust=policy)

    def test_a_registry_alone_knows_no_federation(self, world):
        refused(world, self.entity(world), UntrustedError)


class TestRedirectUri:
    def test_a_signed_request_of_nobody_in_particular_is_refused(self, world):
        request = request_of(world, client=RedirectUri(RESPONSE_URI))
        with pytest.raises(RemoteProtocolError):
            read_request(str(request))

    def test_and_its_signature_makes_nobody_known(self, world):
        signed = Signed(signature=jws.parse(str(request_of(world))))
        with pytest.raises(RemoteProtocolError):
            authenticate(RedirectUri(RESPONSE_URI), signed, trust=trust_of(world), at=world.clock())


def test_nothing_is_fetched_for_a_party_that_the_registry_lists(world):
    """What the registry publishes is fetched from where the deployer says, and not from where a party is."""
    trust = trust_of(world)

    def network(request: HttpRequest) -> HttpResponse:
        raise AssertionError(request.url)

    assert trust.knows(KeySource(issuer=world.bank_enrolment.identifier))
    assert run(CombinedPolicy((trust,)).look_up(world.bank_enrolment.identifier, at=world.clock()), network) is None
    assert not isinstance(trust, FetchingPolicy)
    authorisation = Authorisation(
        role=Role.VERIFIER, entity_type="openid_credential_verifier", entities=frozenset({ENTITY})
    )
    assert isinstance(FederationPolicy(anchors=[Federation().anchor()], authorisations=[authorisation]), FetchingPolicy)


def test_the_evidence_is_no_truth_value(world):
    addressed = AddressedVerifier(address="https://a.example", party=TrustedParty(party=PARTY, source="agreement"))
    unknown = UnauthenticatedVerifier(address="https://a.example")
    for evidence in (authenticated(world, request_of(world)), addressed, unknown):
        with pytest.raises(TypeError):
            bool(evidence)


def test_a_request_has_a_certificate_or_says_who_its_client_is(world):
    with pytest.raises(ValueError, match="who its client is"):
        make_request(request_of(world).query, purpose="loan", registration="r", signer=KEY, chain=(), at=world.clock())
