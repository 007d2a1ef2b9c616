# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Credential messages come back as they were written, and whatever is read else raises only our errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.credentials import NOW
from tests.support.key_proofs import (
    CLIENT,
    ISSUER,
    KEYS,
    NONCE,
    PROVIDER_KEY,
    TRUST,
    attestation,
    proof,
    proof_type,
    public,
)
from vcwallet.encoding import json
from vcwallet.errors import VcError
from vcwallet.formats.base import Credential, IssuerKey
from vcwallet.formats.data_integrity import ProofPurpose, VerificationMethod, add_proof, verify_proof
from vcwallet.jose.jwe import ContentEncryption
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.software import SoftwareKeyAgreement, SoftwareSigner
from vcwallet.protocols.openid4vci.credential_request import (
    AttestationProof,
    CredentialRequest,
    DataIntegrityProofs,
    JwtProofs,
    Proofs,
    proofs_json,
    read_credential_request,
    read_proofs,
)
from vcwallet.protocols.openid4vci.credential_response import (
    MAX_INTERVAL,
    DeferredIssuance,
    IssuedCredentials,
    read_credential_response,
)
from vcwallet.protocols.openid4vci.deferred_request import DeferredRequest, read_deferred_request
from vcwallet.protocols.openid4vci.di_vp import make_di_vp_proof, verify_di_vp_proof
from vcwallet.protocols.openid4vci.encryption import (
    ENCRYPTED,
    PLAIN,
    CredentialResponseEncryption,
    MessageKey,
    encrypt_message,
    read_message,
)
from vcwallet.protocols.openid4vci.jwt_proof import verify_jwt_proof
from vcwallet.protocols.openid4vci.key_attestation import make_key_attestation, verify_key_attestation
from vcwallet.protocols.openid4vci.nonce import nonce_response, read_nonce_response
from vcwallet.protocols.openid4vci.notification import Notification, NotificationEvent, read_notification
from vcwallet.protocols.openid4vci.proofs import verify_proofs

KEY = MessageKey(kid="key", agreement=SoftwareKeyAgreement.generate())
SIGNERS = {
    algorithm: SoftwareSigner.generate(algorithm) for algorithm in (Algorithm.ES256, Algorithm.ES384, Algorithm.EDDSA)
}
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
numbers = st.integers(-(2**53 - 1), 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)
objects = st.dictionaries(texts, values, max_size=4)
descriptions = st.from_regex(r"[\x20\x21\x23-\x5b\x5d-\x7e]*", fullmatch=True)
encryptions = st.none() | st.builds(
    CredentialResponseEncryption, jwk=st.just(KEY.jwk), enc=st.sampled_from(ContentEncryption)
)
proofs: st.SearchStrategy[Proofs] = (
    st.builds(JwtProofs, values=st.lists(texts, min_size=1, max_size=4).map(tuple))
    | st.builds(DataIntegrityProofs, values=st.lists(objects, min_size=1, max_size=4).map(tuple))
    | st.builds(AttestationProof, value=texts)
)


# --- round trips -----------------------------------------------------------------------------------------------------


@given(texts, st.none() | proofs, encryptions, st.booleans())
def test_a_credential_request_comes_back(identifier, shown, encryption, by_configuration):
    name = "credential_configuration_id" if by_configuration else "credential_identifier"
    request = CredentialRequest(**{name: identifier}, proofs=shown, response_encryption=encryption)
    assert read_credential_request(request.to_json(), encrypted=True) == request


@given(proofs)
def test_proofs_come_back(shown):
    assert read_proofs(json.loads_object(json.dumps(proofs_json(shown)))) == shown


@given(st.lists(texts, min_size=1, max_size=5), st.none() | texts, st.sampled_from(["dc+sd-jwt", "mso_mdoc"]))
def test_issued_credentials_come_back(raws, notification_id, format):
    credentials = tuple(Credential(format=format, raw=raw) for raw in raws)
    response = IssuedCredentials(credentials=credentials, notification_id=notification_id)
    assert read_credential_response(response.to_json(), status=200, format=format) == response


@given(st.lists(st.dictionaries(texts, values, min_size=1, max_size=4), min_size=1, max_size=3))
def test_credentials_that_are_objects_come_back(members):
    raws = [json.dumps(one).decode() for one in members]
    response = IssuedCredentials(credentials=tuple(Credential(format="ldp_vc", raw=raw) for raw in raws))
    found = read_credential_response(response.to_json(), status=200, format="ldp_vc")
    assert isinstance(found, IssuedCredentials)
    assert [json.loads(one.raw) for one in found.credentials] == [json.loads(raw) for raw in raws]


@given(texts, st.integers(1, int(MAX_INTERVAL.total_seconds())))
def test_a_deferred_issuance_comes_back(transaction_id, seconds):
    response = DeferredIssuance(transaction_id=transaction_id, interval=timedelta(seconds=seconds))
    assert read_credential_response(response.to_json(), status=202, format="mso_mdoc") == response


@given(texts, encryptions)
def test_a_deferred_request_comes_back(transaction_id, encryption):
    request = DeferredRequest(transaction_id=transaction_id, response_encryption=encryption)
    assert read_deferred_request(request.to_json(), encrypted=True) == request


@given(texts)
def test_a_nonce_comes_back(nonce):
    assert read_nonce_response(nonce_response(nonce)) == nonce


@given(
    texts,
    st.sampled_from(NotificationEvent),
    st.none() | st.from_regex(r"[\x20\x21\x23-\x5b\x5d-\x7e]*", fullmatch=True),
)
def test_a_notification_comes_back(notification_id, event, description):
    notification = Notification(notification_id=notification_id, event=event, description=description)
    assert read_notification(notification.to_json()) == notification


@given(st.binary(max_size=200), st.sampled_from(ContentEncryption))
def test_a_message_comes_back_encrypted_or_not(text, enc):
    sealed = encrypt_message(text, jwk=KEY.jwk, enc=enc).encode()
    assert read_message(sealed, content_type=ENCRYPTED, keys=(KEY,), required=True).json == text
    assert read_message(text, content_type=PLAIN, keys=(KEY,), required=False).json == text


@given(objects.filter(lambda members: "proof" not in members), st.sampled_from(list(SIGNERS.values())))
def test_a_secured_document_comes_back(document, signer):
    secured = add_proof(
        document, signer=signer, verification_method="#key", purpose=ProofPurpose.ASSERTION_METHOD, at=NOW
    )
    found = verify_proof(
        json.loads_object(json.dumps(secured)),
        purpose=ProofPurpose.ASSERTION_METHOD,
        domain=None,
        challenge=None,
        methods=lambda url, purpose: VerificationMethod(key=signer.public_key, controller=""),
        at=NOW,
    )
    assert found.document == document


@given(st.permutations(KEYS), texts, st.lists(texts, max_size=3), st.none() | objects)
def test_what_a_key_attestation_says_comes_back(keys, nonce, levels, status):
    text = make_key_attestation(
        IssuerKey(signer=PROVIDER_KEY, chain=(), identifier="https://provider.example"),
        public(*keys),
        at=NOW,
        expires=NOW + timedelta(hours=1),
        nonce=nonce,
        key_storage=levels,
        status=status,
    )
    found = verify_key_attestation(text, trust=TRUST, at=NOW, required=None)
    assert (found.keys, found.nonce, found.key_storage) == (public(*keys), nonce, tuple(levels))
    assert found.status == status


# --- broken input ----------------------------------------------------------------------------------------------------


def verify_jwt(text: str) -> Any:
    return verify_jwt_proof(
        text,
        issuer=ISSUER,
        client_id=CLIENT,
        algorithms={Algorithm.ES256},
        trust=TRUST,
        required=None,
        at=NOW,
    )


def verify_attestation(text: str) -> Any:
    return verify_key_attestation(text, trust=TRUST, at=NOW, required=None)


READERS: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "credential request": (
        lambda body: read_credential_request(body, encrypted=True),
        b'{"credential_identifier":"i","proofs":{"jwt":["a"]}}',
    ),
    "credential response": (
        lambda body: read_credential_response(body, status=200, format="dc+sd-jwt"),
        b'{"credentials":[{"credential":"a~"}],"notification_id":"n"}',
    ),
    "deferred response": (
        lambda body: read_credential_response(body, status=202, format="dc+sd-jwt"),
        b'{"transaction_id":"t","interval":5}',
    ),
    "deferred request": (lambda body: read_deferred_request(body, encrypted=True), b'{"transaction_id":"t"}'),
    "nonce response": (read_nonce_response, b'{"c_nonce":"n"}'),
    "notification": (read_notification, b'{"notification_id":"n","event":"credential_deleted"}'),
    "message": (
        lambda body: read_message(body, content_type=ENCRYPTED, keys=(KEY,), required=True),
        encrypt_message(b"{}", jwk=KEY.jwk, enc=ContentEncryption.A128GCM).encode(),
    ),
    "jwt proof": (lambda body: verify_jwt(body.decode("latin-1")), proof().encode()),
    "key attestation": (lambda body: verify_attestation(body.decode("latin-1")), attestation().encode()),
}
readers = pytest.mark.parametrize(("read", "right"), READERS.values(), ids=list(READERS))


@readers
@given(body=st.binary(max_size=60))
@example(body=b"")
def test_whatever_is_read_raises_only_our_errors(read, right, body):
    for text in (body, right + body, body + right):
        try:
            read(text)
        except VcError:
            continue


@readers
def test_half_a_message_is_refused(read, right):
    read(right)
    for end in range(len(right)):
        with pytest.raises(VcError):
            read(right[:end])


@readers
@given(body=st.dictionaries(st.sampled_from([
    "credential_identifier", "credential_configuration_id", "proofs", "credential_response_encryption", "credentials",
    "credential", "notification_id", "transaction_id", "interval", "c_nonce", "event", "event_description",
]) | texts, values, max_size=5))  # fmt: skip
def test_any_object_raises_only_our_errors(read, right, body):
    try:
        read(json.dumps(body))
    except VcError:
        return


@given(objects)
def test_any_proofs_raise_only_our_errors(members):
    for value in (members, {"jwt": list(members.values())}, {"di_vp": [members]}, {"attestation": list(members)}):
        try:
            shown = read_proofs(value)
            verify_proofs(
                shown,
                accepted=dict.fromkeys(("jwt", "di_vp", "attestation"), proof_type("ES256")),
                issuer=ISSUER,
                client_id=CLIENT,
                trust=TRUST,
                nonce_required=True,
                max_keys=50,
                at=NOW,
            )
        except VcError:
            continue


PRESENTATION: dict[str, Any] = make_di_vp_proof(KEYS[0], issuer=ISSUER, at=NOW, nonce=NONCE)


@given(st.sampled_from(sorted(PRESENTATION["proof"])), values)
def test_no_member_of_a_presentation_s_proof_can_be_another(name, value):
    changed = {**PRESENTATION, "proof": {**PRESENTATION["proof"], name: value}}
    if changed == PRESENTATION:
        return
    with pytest.raises(VcError):
        verify_di_vp_proof(changed, issuer=ISSUER, cryptosuites={"ecdsa-jcs-2019"}, at=NOW)


@given(st.data())
def test_no_character_of_a_proof_or_attestation_can_be_changed(data):
    verify, right = data.draw(st.sampled_from([(verify_jwt, proof()), (verify_attestation, attestation())]))
    position = data.draw(st.integers(0, len(right) - 1))
    character = data.draw(st.characters(max_codepoint=0x17F, exclude_characters=right[position]))
    verify(right)
    with pytest.raises(VcError):
        verify(right[:position] + character + right[position + 1 :])
