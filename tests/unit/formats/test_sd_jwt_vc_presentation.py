# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Verifying a presentation of an SD-JWT VC: RFC 9901, sections 7.1 and 7.3, and SD-JWT VC, section 2, line by line.

Each rule has a scene that breaks it and a twin, as close to it as can be, that does not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from tests.support.credentials import (
    BINDING,
    FAMILY_NAME,
    GIVEN_NAME,
    HOLDER_KEY,
    ISSUER,
    ISSUER_KEY,
    LEFT_OUT,
    NATIONALITY,
    NOW,
    SECOND,
    STRANGER_KEY,
    TRUST,
    VCT,
    Party,
    Scene,
    StaticTrust,
    digest,
    disclosure,
    seconds,
    verify,
)
from tests.support.pki import PARTY, chain
from vcwallet.checks import Result
from vcwallet.encoding import base64url
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    BindingError,
    DigestInvalidError,
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    SignatureInvalidError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
    VerificationError,
)
from vcwallet.formats.base import Binding
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.formats.sd_jwt_vc.presentation import ISSUED_CHECKS, PRESENTATION_CHECKS
from vcwallet.jose import header as jose_header
from vcwallet.keys import Algorithm, jwk
from vcwallet.keys.policy import Role
from vcwallet.keys.software import SoftwareSigner

Change = Callable[[Scene], None]

OTHER_VCT = "urn:example:resident:1"
EXPIRES = NOW + timedelta(days=90)
SKEW = timedelta(seconds=60)
MAX_AGE = BINDING.max_age
P384_KEY = SoftwareSigner.generate(Algorithm.ES384)
ML_DSA_KEY = SoftwareSigner.generate(Algorithm.ML_DSA_44)
STRANGER_JWK = jwk.public_jwk(STRANGER_KEY.public_key)
HOLDER_JWK = jwk.public_jwk(HOLDER_KEY.public_key)


# --- changes ---------------------------------------------------------------------------------------------------------


def nothing(_: Scene) -> None:
    pass


def all_of(*changes: Change) -> Change:
    def change(scene: Scene) -> None:
        for one in changes:
            one(scene)

    return change


def payload(**claims: Any) -> Change:
    return lambda scene: scene.payload.update(claims)


def members(claims: dict[str, Any]) -> Change:
    return lambda scene: scene.payload.update(claims)


def without(name: str) -> Change:
    return lambda scene: scene.payload.__delitem__(name)


def header(**parameters: Any) -> Change:
    return lambda scene: scene.header.update(parameters)


def proof(**claims: Any) -> Change:
    return lambda scene: scene.proof.update(claims) if scene.proof is not None else None


def proof_header(**parameters: Any) -> Change:
    return lambda scene: scene.proof_header.update(parameters)


def scene(**fields: Any) -> Change:
    def change(scene: Scene) -> None:
        for name, value in fields.items():
            setattr(scene, name, value)

    return change


def disclosed(name: str, value: Any) -> Change:
    """Conceal a claim and disclose it."""
    text = disclosure("salt-of-the-claim", name, value)

    def change(scene: Scene) -> None:
        scene.payload.pop(name, None)
        scene.payload["_sd"] = [*scene.payload["_sd"], digest(text)]
        scene.disclosures.append(text)

    return change


def trusted(**fields: Any) -> Change:
    return scene(trust=StaticTrust(parties={ISSUER: Party(**{"key": ISSUER_KEY.public_key} | fields)}))


def trusted_without_name() -> Change:
    return scene(trust=StaticTrust(parties={"": Party(key=ISSUER_KEY.public_key)}))


def both_types(*types: str) -> Change:
    return trusted(types=frozenset(types))


def optional() -> Change:
    return scene(binding=Binding(audience=BINDING.audience, nonce=BINDING.nonce, required=False))


def as_bearer(scene: Scene) -> None:
    del scene.payload["cnf"]
    scene.proof = None


# --- the table: a twin that passes, a scene that breaks the rule, the error, its code, the check that finds it --------

Rule = tuple[Change, Change, type[VcError], str, str]

STRUCTURE: dict[str, Rule] = {
    "a bare JWT without a tilde": (
        all_of(scene(disclosures=[], proof=None), optional()),
        all_of(scene(disclosures=[], proof=None, bind=lambda text: text.rstrip("~")), optional()),
        MalformedError,
        "MALFORMED",
        "structure",
    ),
    "an empty disclosure": (
        nothing,
        scene(disclosures=[GIVEN_NAME, "", NATIONALITY]),
        MalformedError,
        "MALFORMED",
        "structure",
    ),
    "more than 500 disclosures": (
        nothing,
        scene(disclosures=[disclosure("s", str(number), 1) for number in range(501)]),
        LimitExceededError,
        "LIMIT_EXCEEDED",
        "structure",
    ),
    "an algorithm that we do not have": (
        header(alg="ES256"),
        header(alg="RS256"),
        AlgorithmNotAllowedError,
        "ALGORITHM_NOT_ALLOWED",
        "structure",
    ),
    "no signature at all": (
        header(alg="ES256"),
        header(alg="none"),
        AlgorithmNotAllowedError,
        "ALGORITHM_NOT_ALLOWED",
        "structure",
    ),
    "an extension that we do not understand": (
        header(x=1),
        header(crit=["x"], x=1),
        UnsupportedError,
        "UNSUPPORTED",
        "structure",
    ),
}

TYPE: dict[str, Rule] = {
    "the legacy type vc+sd-jwt": (
        header(typ="dc+sd-jwt"),
        header(typ="vc+sd-jwt"),
        VerificationError,
        "WRONG_TYPE",
        "type",
    ),
    "the type in capitals": (nothing, header(typ="DC+SD-JWT"), VerificationError, "WRONG_TYPE", "type"),
    "the type as a media type": (nothing, header(typ="application/dc+sd-jwt"), VerificationError, "WRONG_TYPE", "type"),
    "a plain SD-JWT": (nothing, header(typ="example+sd-jwt"), VerificationError, "WRONG_TYPE", "type"),
    "no type": (nothing, lambda scene: scene.header.pop("typ"), VerificationError, "WRONG_TYPE", "type"),
    "no vct": (nothing, without("vct"), MalformedError, "MALFORMED", "type"),
    "an empty vct": (nothing, payload(vct=""), MalformedError, "MALFORMED", "type"),
    "a vct that is an array": (nothing, payload(vct=[VCT]), MalformedError, "MALFORMED", "type"),
    "an iss that is no string": (nothing, payload(iss={"id": ISSUER}), MalformedError, "MALFORMED", "type"),
    "an iss that is empty": (nothing, payload(iss=""), MalformedError, "MALFORMED", "type"),
    "an iss that is null": (nothing, payload(iss=None), MalformedError, "MALFORMED", "type"),
    "a status that is no object": (payload(status={}), payload(status="valid"), MalformedError, "MALFORMED", "type"),
    "a status that is null": (payload(status={}), payload(status=None), MalformedError, "MALFORMED", "type"),
    "a vct#integrity that is no string": (
        members({"vct#integrity": "sha256-AAAA"}),
        members({"vct#integrity": 256}),
        MalformedError,
        "MALFORMED",
        "type",
    ),
    "aka_vcts that are empty": (
        all_of(payload(aka_vcts=[OTHER_VCT]), both_types(VCT, OTHER_VCT)),
        all_of(payload(aka_vcts=[]), both_types(VCT, OTHER_VCT)),
        MalformedError,
        "MALFORMED",
        "type",
    ),
    "aka_vcts that repeat the vct": (
        all_of(payload(aka_vcts=[OTHER_VCT]), both_types(VCT, OTHER_VCT)),
        all_of(payload(aka_vcts=[OTHER_VCT, VCT]), both_types(VCT, OTHER_VCT)),
        MalformedError,
        "MALFORMED",
        "type",
    ),
    "aka_vcts that are no array": (
        all_of(payload(aka_vcts=[OTHER_VCT]), both_types(VCT, OTHER_VCT)),
        all_of(payload(aka_vcts=OTHER_VCT), both_types(VCT, OTHER_VCT)),
        MalformedError,
        "MALFORMED",
        "type",
    ),
    "aka_vcts that are null": (nothing, payload(aka_vcts=None), MalformedError, "MALFORMED", "type"),
    "aka_vcts with an empty string": (
        all_of(payload(aka_vcts=[OTHER_VCT]), both_types(VCT, OTHER_VCT, "")),
        all_of(payload(aka_vcts=[OTHER_VCT, ""]), both_types(VCT, OTHER_VCT, "")),
        MalformedError,
        "MALFORMED",
        "type",
    ),
    "aka_vcts with a number": (
        all_of(payload(aka_vcts=[OTHER_VCT]), both_types(VCT, OTHER_VCT)),
        all_of(payload(aka_vcts=[OTHER_VCT, 1]), both_types(VCT, OTHER_VCT)),
        MalformedError,
        "MALFORMED",
        "type",
    ),
    "more than 16 aka_vcts, each of which costs a question to the registry": (
        all_of(payload(aka_vcts=[f"t{n}" for n in range(16)]), both_types(VCT, *(f"t{n}" for n in range(17)))),
        all_of(payload(aka_vcts=[f"t{n}" for n in range(17)]), both_types(VCT, *(f"t{n}" for n in range(17)))),
        LimitExceededError,
        "LIMIT_EXCEEDED",
        "type",
    ),
}

TRUSTED: dict[str, Rule] = {
    "an issuer that nobody knows": (
        nothing,
        payload(iss="https://stranger.example"),
        UntrustedError,
        "UNTRUSTED",
        "issuer",
    ),
    "no issuer": (nothing, without("iss"), UntrustedError, "UNTRUSTED", "issuer"),
    "a type that the issuer may not issue": (
        nothing,
        payload(vct=OTHER_VCT),
        NotAuthorisedError,
        "NOT_AUTHORISED",
        "issuer",
    ),
    "a further type that the issuer may not issue": (
        all_of(payload(aka_vcts=[OTHER_VCT]), both_types(VCT, OTHER_VCT)),
        payload(aka_vcts=[OTHER_VCT]),
        NotAuthorisedError,
        "NOT_AUTHORISED",
        "issuer",
    ),
    "the last of several further types that the issuer may not issue": (
        all_of(payload(aka_vcts=["a", OTHER_VCT]), both_types(VCT, "a", OTHER_VCT)),
        all_of(payload(aka_vcts=["a", OTHER_VCT]), both_types(VCT, "a")),
        NotAuthorisedError,
        "NOT_AUTHORISED",
        "issuer",
    ),
    "a party that is no issuer": (
        trusted(role=Role.CREDENTIAL_ISSUER),
        trusted(role=Role.VERIFIER),
        NotAuthorisedError,
        "NOT_AUTHORISED",
        "issuer",
    ),
    "an issuer whose time is over": (
        trusted(ends=NOW + SECOND),
        trusted(ends=NOW),
        ValidityError,
        "EXPIRED",
        "issuer",
    ),
    "a certificate that no certificate is, though the policy takes it": (
        nothing,
        all_of(header(x5c=["AAAA"]), trusted(chain=(b"\0\0\0",))),
        MalformedError,
        "MALFORMED",
        "issuer",
    ),
    "a time of issue that is no time": (payload(iat=0), payload(iat="0"), MalformedError, "MALFORMED", "issuer"),
    "a signature by another key": (
        nothing,
        scene(issuer=STRANGER_KEY),
        SignatureInvalidError,
        "SIGNATURE_INVALID",
        "issuer_signature",
    ),
    "an algorithm that is not the key's": (
        all_of(header(alg="ES384"), scene(issuer=P384_KEY), trusted(key=P384_KEY.public_key)),
        all_of(header(alg="ES384"), scene(issuer=P384_KEY)),
        AlgorithmNotAllowedError,
        "ALGORITHM_NOT_ALLOWED",
        "issuer_signature",
    ),
    "an algorithm that is not on our list": (
        nothing,
        all_of(header(alg="ML-DSA-44"), scene(issuer=ML_DSA_KEY), trusted(key=ML_DSA_KEY.public_key)),
        AlgorithmNotAllowedError,
        "ALGORITHM_NOT_ALLOWED",
        "issuer_signature",
    ),
}

DISCLOSURES: dict[str, Rule] = {
    "a disclosure that no digest refers to": (
        nothing,
        scene(disclosures=[GIVEN_NAME, disclosure("salt", "admin", True)]),
        DigestInvalidError,
        "DIGEST_INVALID",
        "disclosures",
    ),
    "a disclosure twice": (
        scene(disclosures=[GIVEN_NAME]),
        scene(disclosures=[GIVEN_NAME, GIVEN_NAME]),
        DigestInvalidError,
        "DIGEST_INVALID",
        "disclosures",
    ),
    "a disclosure that is none": (
        nothing,
        scene(disclosures=[base64url.encode(b"[1]")]),
        MalformedError,
        "MALFORMED",
        "disclosures",
    ),
    "a weak hash function": (
        payload(_sd_alg="sha-256"),
        payload(_sd_alg="sha-256-64"),
        UnsupportedError,
        "UNSUPPORTED",
        "disclosures",
    ),
    "a disclosed claim of a name that is taken": (
        payload(name="Zaphod"),
        payload(given_name="Zaphod"),
        DigestInvalidError,
        "DIGEST_INVALID",
        "disclosures",
    ),
}

CONCEALED = "REGISTERED_CLAIM_CONCEALED"
REGISTERED_CLAIMS: dict[str, Rule] = {
    "digests inside cnf": (
        payload(cnf={"jwk": HOLDER_JWK, "x": {}}),
        payload(cnf={"jwk": HOLDER_JWK, "_sd": [digest("a decoy")]}),
        DigestInvalidError,
        CONCEALED,
        "registered_claims",
    ),
    "empty digests deep inside cnf": (
        payload(cnf={"jwk": HOLDER_JWK, "x": {}}),
        payload(cnf={"jwk": {**HOLDER_JWK, "x5c": [{"_sd": []}]}}),
        DigestInvalidError,
        CONCEALED,
        "registered_claims",
    ),
    "digests inside status": (
        payload(status={"status_list": {"idx": 1, "uri": "https://status.example/1"}}),
        payload(status={"status_list": {"_sd": [digest("a decoy")], "uri": "https://status.example/1"}}),
        DigestInvalidError,
        CONCEALED,
        "registered_claims",
    ),
    "a disclosed part of status": (
        payload(status={"status_list": {"idx": 1}}),
        all_of(payload(status={"_sd": [digest(GIVEN_NAME)]}, _sd=[]), scene(disclosures=[GIVEN_NAME, NATIONALITY])),
        DigestInvalidError,
        CONCEALED,
        "registered_claims",
    ),
    "a placeholder among the elements of status": (
        payload(status={"list": ["a"]}),
        payload(status={"list": ["a", {"...": digest("a decoy")}]}),
        DigestInvalidError,
        CONCEALED,
        "registered_claims",
    ),
    "iss in a disclosure": (
        all_of(without("iss"), trusted_without_name()),
        all_of(disclosed("iss", ISSUER), trusted_without_name()),
        DigestInvalidError,
        CONCEALED,
        "registered_claims",
    ),
    "vct in a disclosure": (disclosed("type", VCT), disclosed("vct", VCT), MalformedError, "MALFORMED", "type"),
} | {
    f"{name} in a disclosure": (
        disclosed(f"not_{name}", value),
        disclosed(name, value),
        error,
        code,
        check,
    )
    for name, value, error, code, check in [
        ("exp", seconds(EXPIRES), DigestInvalidError, CONCEALED, "registered_claims"),
        ("nbf", seconds(NOW) - 1, DigestInvalidError, CONCEALED, "registered_claims"),
        ("status", {}, DigestInvalidError, CONCEALED, "registered_claims"),
        ("aka_vcts", [OTHER_VCT], DigestInvalidError, CONCEALED, "registered_claims"),
        ("vct#integrity", "sha256-AAAA", DigestInvalidError, CONCEALED, "registered_claims"),
        ("cnf", {"jwk": HOLDER_JWK}, DigestInvalidError, CONCEALED, "registered_claims"),
    ]
}

TIMES: dict[str, Rule] = {
    "a credential that has ended": (
        scene(at=EXPIRES + SKEW - SECOND, proof={"iat": seconds(EXPIRES)}),
        scene(at=EXPIRES + SKEW, proof={"iat": seconds(EXPIRES)}),
        ValidityError,
        "EXPIRED",
        "validity",
    ),
    "a credential that has not begun": (
        payload(nbf=seconds(NOW + SKEW)),
        payload(nbf=seconds(NOW + SKEW) + 1),
        ValidityError,
        "NOT_YET_VALID",
        "validity",
    ),
    "an end that is no time": (
        payload(exp=seconds(EXPIRES)),
        payload(exp="never"),
        MalformedError,
        "MALFORMED",
        "validity",
    ),
    "an end that is null": (without("exp"), payload(exp=None), MalformedError, "MALFORMED", "validity"),
    "a beginning that is true": (payload(nbf=1), payload(nbf=True), MalformedError, "MALFORMED", "validity"),
    "a disclosed time of issue that is no time": (
        disclosed("iat", 1),
        disclosed("iat", "1"),
        MalformedError,
        "MALFORMED",
        "validity",
    ),
}

PROOF: dict[str, Rule] = {
    "no proof where the request demands one": (
        all_of(scene(proof=None), optional()),
        scene(proof=None),
        BindingError,
        "HOLDER_PROOF_MISSING",
        "holder_binding",
    ),
    "no proof of a bearer credential where the request demands one": (
        all_of(as_bearer, optional()),
        as_bearer,
        BindingError,
        "HOLDER_PROOF_MISSING",
        "holder_binding",
    ),
    "a proof for a credential that is bound to no key": (
        all_of(without("cnf"), scene(proof=None), optional()),
        all_of(without("cnf"), optional()),
        BindingError,
        "HOLDER_PROOF_MISSING",
        "holder_binding",
    ),
    "a wrong proof that nobody asked for": (
        optional(),
        all_of(optional(), scene(holder=STRANGER_KEY)),
        SignatureInvalidError,
        "SIGNATURE_INVALID",
        "holder_binding",
    ),
    "a proof that is no JWT": (
        nothing,
        scene(bind=lambda text: text + "proof"),
        MalformedError,
        "MALFORMED",
        "holder_binding",
    ),
    "a proof of another type": (nothing, proof_header(typ="JWT"), BindingError, "BINDING_INVALID", "holder_binding"),
    "a proof whose type is in capitals": (
        nothing,
        proof_header(typ="KB+JWT"),
        BindingError,
        "BINDING_INVALID",
        "holder_binding",
    ),
    "a proof without a type": (
        nothing,
        lambda scene: scene.proof_header.pop("typ"),
        BindingError,
        "BINDING_INVALID",
        "holder_binding",
    ),
    "a proof without a signature": (
        nothing,
        proof_header(alg="none"),
        AlgorithmNotAllowedError,
        "ALGORITHM_NOT_ALLOWED",
        "holder_binding",
    ),
    "a proof with a MAC": (
        nothing,
        proof_header(alg="HS256"),
        AlgorithmNotAllowedError,
        "ALGORITHM_NOT_ALLOWED",
        "holder_binding",
    ),
    "a proof with an algorithm that is not the key's": (
        all_of(
            payload(cnf={"jwk": jwk.public_jwk(P384_KEY.public_key)}), scene(holder=P384_KEY), proof_header(alg="ES384")
        ),
        all_of(scene(holder=P384_KEY), proof_header(alg="ES384")),
        AlgorithmNotAllowedError,
        "ALGORITHM_NOT_ALLOWED",
        "holder_binding",
    ),
    "a proof with an algorithm that is not on our list": (
        nothing,
        all_of(
            payload(cnf={"jwk": jwk.public_jwk(ML_DSA_KEY.public_key)}),
            scene(holder=ML_DSA_KEY),
            proof_header(alg="ML-DSA-44"),
        ),
        AlgorithmNotAllowedError,
        "ALGORITHM_NOT_ALLOWED",
        "holder_binding",
    ),
    "a proof with an extension": (
        proof_header(x=1),
        proof_header(crit=["x"], x=1),
        UnsupportedError,
        "UNSUPPORTED",
        "holder_binding",
    ),
    "a proof by another key": (
        nothing,
        scene(holder=STRANGER_KEY),
        SignatureInvalidError,
        "SIGNATURE_INVALID",
        "holder_binding",
    ),
    "a proof by a key that it brings along": (
        proof_header(jwk=STRANGER_JWK),
        all_of(proof_header(jwk=STRANGER_JWK), scene(holder=STRANGER_KEY)),
        SignatureInvalidError,
        "SIGNATURE_INVALID",
        "holder_binding",
    ),
    "a proof by the issuer": (
        nothing,
        scene(holder=ISSUER_KEY),
        SignatureInvalidError,
        "SIGNATURE_INVALID",
        "holder_binding",
    ),
    "a proof from the future": (
        proof(iat=seconds(NOW + SKEW)),
        proof(iat=seconds(NOW + SKEW) + 1),
        ValidityError,
        "NOT_YET_VALID",
        "holder_binding",
    ),
    "a proof that is too old": (
        proof(iat=seconds(NOW - MAX_AGE)),
        proof(iat=seconds(NOW - MAX_AGE) - 1),
        ValidityError,
        "EXPIRED",
        "holder_binding",
    ),
    "a proof that is too old for a strict verifier": (
        all_of(
            scene(binding=Binding(audience=BINDING.audience, nonce=BINDING.nonce, max_age=timedelta(seconds=10))),
            proof(iat=seconds(NOW) - 10),
        ),
        all_of(
            scene(binding=Binding(audience=BINDING.audience, nonce=BINDING.nonce, max_age=timedelta(seconds=10))),
            proof(iat=seconds(NOW) - 11),
        ),
        ValidityError,
        "EXPIRED",
        "holder_binding",
    ),
    "a proof without a time": (nothing, proof(iat=LEFT_OUT), MalformedError, "MALFORMED", "holder_binding"),
    "a proof whose time is a string": (
        nothing,
        proof(iat=str(seconds(NOW))),
        MalformedError,
        "MALFORMED",
        "holder_binding",
    ),
    "a proof with an end of its own that has passed": (
        proof(exp=seconds(NOW - SKEW) + 1),
        proof(exp=seconds(NOW - SKEW)),
        ValidityError,
        "EXPIRED",
        "holder_binding",
    ),
    "a proof with a beginning of its own that is to come": (
        proof(nbf=seconds(NOW + SKEW)),
        proof(nbf=seconds(NOW + SKEW) + 1),
        ValidityError,
        "NOT_YET_VALID",
        "holder_binding",
    ),
    "a proof for another verifier": (
        nothing,
        proof(aud="https://verifier.example.evil.example"),
        BindingError,
        "BINDING_INVALID",
        "holder_binding",
    ),
    "a proof for several verifiers": (
        nothing,
        proof(aud=[BINDING.audience]),
        MalformedError,
        "MALFORMED",
        "holder_binding",
    ),
    "a proof for no verifier": (nothing, proof(aud=LEFT_OUT), MalformedError, "MALFORMED", "holder_binding"),
    "a proof for the verifier in capitals": (
        nothing,
        proof(aud=BINDING.audience.upper()),
        BindingError,
        "BINDING_INVALID",
        "holder_binding",
    ),
    "a proof for another request": (
        nothing,
        proof(nonce=BINDING.nonce + "x"),
        BindingError,
        "BINDING_INVALID",
        "holder_binding",
    ),
    "a proof for no request": (nothing, proof(nonce=LEFT_OUT), MalformedError, "MALFORMED", "holder_binding"),
    "a proof whose nonce is a number": (nothing, proof(nonce=1), MalformedError, "MALFORMED", "holder_binding"),
    "a proof over another SD-JWT": (
        nothing,
        proof(sd_hash=digest("another~")),
        BindingError,
        "BINDING_INVALID",
        "holder_binding",
    ),
    "a proof over no SD-JWT": (nothing, proof(sd_hash=LEFT_OUT), MalformedError, "MALFORMED", "holder_binding"),
    "a proof whose sd_hash is null": (nothing, proof(sd_hash=None), MalformedError, "MALFORMED", "holder_binding"),
    "a cnf that is no object": (nothing, payload(cnf="key"), MalformedError, "MALFORMED", "holder_binding"),
    "a cnf that is null": (nothing, payload(cnf=None), MalformedError, "MALFORMED", "holder_binding"),
    "a cnf that names its key in another way": (
        payload(cnf={"jwk": HOLDER_JWK, "kid": "1"}),
        payload(cnf={"kid": "1"}),
        UnsupportedError,
        "UNSUPPORTED",
        "holder_binding",
    ),
    "a cnf with a broken key": (
        nothing,
        payload(cnf={"jwk": {**HOLDER_JWK, "x": STRANGER_JWK["x"]}}),
        MalformedError,
        "MALFORMED",
        "holder_binding",
    ),
    "a cnf with a private key": (
        nothing,
        payload(cnf={"jwk": {**HOLDER_JWK, "d": "AAAA"}}),
        MalformedError,
        "MALFORMED",
        "holder_binding",
    ),
    "a broken cnf, even if no proof is asked for": (
        all_of(scene(proof=None), optional()),
        all_of(scene(proof=None), optional(), payload(cnf={"jwk": {}})),
        MalformedError,
        "MALFORMED",
        "holder_binding",
    ),
}

RULES = STRUCTURE | TYPE | TRUSTED | DISCLOSURES | REGISTERED_CLAIMS | TIMES | PROOF


def made(change: Change) -> Scene:
    scene = Scene()
    change(scene)
    return scene


@pytest.mark.parametrize("rule", RULES)
def test_what_keeps_to_the_rule_verifies(rule):
    verified = made(RULES[rule][0]).verify()
    assert (verified.type_id, verified.claims["vct"]) == (VCT, VCT)


@pytest.mark.parametrize("rule", RULES)
def test_what_breaks_the_rule_is_refused_with_its_error_and_code(rule):
    _, bad, error, code, _ = RULES[rule]
    with pytest.raises(error) as caught:
        made(bad).verify()
    assert (type(caught.value), caught.value.code) == (error, code)


@pytest.mark.parametrize("rule", RULES)
def test_a_report_fails_first_where_verifying_stops(rule):
    _, bad, _, code, check = RULES[rule]
    findings = made(bad).explain()
    first = next(finding for finding in findings if finding.result is Result.FAILED)
    assert (first.check, first.code, first.subject) == (check, code, "pid")
    assert [finding.check for finding in findings] == [check.name for check in PRESENTATION_CHECKS]


@pytest.mark.parametrize("rule", RULES)
def test_a_report_passes_what_verifies(rule):
    assert {finding.result for finding in made(RULES[rule][0]).explain()} == {Result.PASSED}


@pytest.mark.parametrize("rule", RULES)
def test_no_error_tells_a_claim_or_a_key(rule):
    with pytest.raises(VcError) as caught:
        made(RULES[rule][1]).verify()
    secrets = ("Arthur", "Dent", HOLDER_JWK["x"], GIVEN_NAME, BINDING.nonce)
    assert not any(secret in str(caught.value) for secret in secrets)


RECEIVED = [rule for rules in (STRUCTURE, TYPE, TRUSTED, DISCLOSURES, REGISTERED_CLAIMS, TIMES) for rule in rules]


@pytest.mark.parametrize("rule", RECEIVED)
def test_a_holder_applies_the_rules_for_issued_credentials_as_well(rule):
    good, bad, error, code, _ = RULES[rule]
    made(all_of(good, scene(proof=None))).receive()
    with pytest.raises(error) as caught:
        made(all_of(bad, scene(proof=None))).receive()
    assert (type(caught.value), caught.value.code) == (error, code)


def test_a_holder_refuses_a_key_binding_that_came_from_the_issuer():
    made(scene(proof=None)).receive()
    with pytest.raises(BindingError):
        made(nothing).receive()


@pytest.mark.parametrize("cnf", ["key", {"kid": "1"}, {"jwk": {}}])
def test_a_holder_refuses_a_credential_that_is_bound_to_no_readable_key(cnf):
    with pytest.raises((MalformedError, UnsupportedError)):
        made(all_of(scene(proof=None), payload(cnf=cnf))).receive()


# --- what a verification tells ---------------------------------------------------------------------------------------


def test_a_verification_tells_what_was_presented():
    verified = made(members({"vct#integrity": "sha256-AAAA", "status": {"status_list": {"idx": 1}}})).verify()
    assert (verified.format, verified.type_id, verified.type_ids) == ("dc+sd-jwt", VCT, (VCT,))
    assert verified.claims["given_name"] == "Arthur"
    assert "family_name" not in verified.claims
    assert verified.claims["nationalities"] == ["GB"]
    assert verified.disclosed == (("given_name",), ("nationalities", 0))
    assert (verified.issuer.party, verified.issuer.key) == (ISSUER, ISSUER_KEY.public_key)
    assert (verified.holder_key, verified.holder_proved) == (HOLDER_KEY.public_key, True)
    assert (verified.issued_at, verified.expires) == (NOW - timedelta(days=1), EXPIRES)
    assert (verified.type_integrity, verified.status) == ("sha256-AAAA", {"status_list": {"idx": 1}})
    assert verified.authorities == frozenset()


def test_arrays_whose_elements_moved_up_are_told():
    assert made(nothing).verify().shifted == frozenset()
    hidden_before = payload(nationalities=[{"...": digest("a decoy")}, {"...": digest(NATIONALITY)}])
    assert made(hidden_before).verify().shifted == {("nationalities",)}


def test_digests_are_no_claims():
    assert not {"_sd", "_sd_alg", "..."} & made(nothing).verify().claims.keys()


def test_further_types_come_after_the_type():
    change = all_of(payload(aka_vcts=["b", OTHER_VCT]), both_types(VCT, "b", OTHER_VCT))
    assert made(change).verify().type_ids == (VCT, "b", OTHER_VCT)


def test_a_holder_that_did_not_prove_to_be_one_is_not_said_to_be_one():
    verified = made(all_of(scene(proof=None), optional())).verify()
    assert (verified.holder_key, verified.holder_proved) == (HOLDER_KEY.public_key, False)


def test_a_proof_that_was_not_asked_for_counts_when_it_is_right():
    assert made(optional()).verify().holder_proved


def test_a_bearer_credential_has_no_holder_key():
    verified = made(all_of(as_bearer, optional())).verify()
    assert (verified.holder_key, verified.holder_proved) == (None, False)


def test_a_credential_without_times_is_valid_at_any_time():
    verified = made(all_of(without("exp"), without("iat"))).verify()
    assert (verified.issued_at, verified.expires) == (None, None)


def test_a_concealed_time_of_issue_is_told_when_it_is_disclosed():
    assert made(disclosed("iat", seconds(NOW))).verify().issued_at == NOW


def test_post_quantum_signatures_verify_where_they_are_named():
    change = all_of(header(alg="ML-DSA-44"), scene(issuer=ML_DSA_KEY), trusted(key=ML_DSA_KEY.public_key))
    changed = made(change)
    reader = SdJwtVc(algorithms=frozenset({Algorithm.ML_DSA_44, Algorithm.ES256}))
    verified = reader.read_presentation(changed.presented).verify(binding=BINDING, trust=changed.trust, at=NOW)
    assert verified.issuer.key == ML_DSA_KEY.public_key


def test_the_allowed_algorithms_hold_for_the_proof_too():
    changed = made(all_of(payload(cnf={"jwk": jwk.public_jwk(P384_KEY.public_key)}), scene(holder=P384_KEY)))
    changed.proof_header["alg"] = "ES384"
    raw = changed.presented
    both = SdJwtVc(algorithms=frozenset({Algorithm.ES256, Algorithm.ES384}))
    assert both.read_presentation(raw).verify(binding=BINDING, trust=TRUST, at=NOW).holder_proved
    one = SdJwtVc(algorithms=frozenset({Algorithm.ES256}))
    with pytest.raises(AlgorithmNotAllowedError):
        one.read_presentation(raw).verify(binding=BINDING, trust=TRUST, at=NOW)


def test_an_ed25519_holder_proves_itself_under_either_name_of_the_algorithm():
    key = SoftwareSigner.generate(Algorithm.EDDSA)
    for name in ("EdDSA", "Ed25519"):
        change = all_of(payload(cnf={"jwk": jwk.public_jwk(key.public_key)}), scene(holder=key), proof_header(alg=name))
        assert made(change).verify().holder_proved


def test_the_digest_of_the_proof_is_made_with_the_hash_function_of_the_credential():
    names = {"_sd_alg": "sha-512", "_sd": [digest(text, "sha512") for text in (GIVEN_NAME, FAMILY_NAME)]}
    changed = made(all_of(members(names), without("nationalities"), scene(disclosures=[GIVEN_NAME])))
    with pytest.raises(BindingError):
        changed.verify()  # the proof of a scene is made with SHA-256
    changed.proof = {"sd_hash": digest(changed.issued, "sha512")}
    presented = changed.issued  # ECDSA signatures differ from one time to the next, so it is signed once
    changed.proof = {"sd_hash": digest(presented, "sha512")}
    assert verify(changed.bind(presented)).holder_proved


def test_the_authorities_of_a_chain_can_be_searched_for():
    certificates = chain()
    signer, x5c = certificates.leaf.signer, certificates.x5c
    trust = StaticTrust(parties={PARTY: Party(key=signer.public_key, chain=x5c)})
    verified = made(all_of(payload(iss=PARTY), header(x5c=jose_header.x5c(x5c)), scene(issuer=signer, trust=trust)))
    keys = [one.signer.public_key.raw for one in (certificates.authority, certificates.root)]
    identifiers = [x509.AuthorityKeyIdentifier.from_issuer_public_key(key).key_identifier for key in keys]
    assert verified.verify().authorities == {("aki", base64url.encode(one)) for one in identifiers if one}


def test_a_verified_credential_is_no_truth_value_and_keeps_its_claims_out_of_its_repr():
    verified = made(nothing).verify()
    assert "Arthur" not in repr(verified)
    with pytest.raises(TypeError):
        bool(verified)


def test_what_is_not_verified_shows_no_claims():
    raw = Scene().presented
    for unverified in (SdJwtVc().read_presentation(raw), SdJwtVc().read_issued(raw)):
        assert not hasattr(unverified, "claims")
        assert "ey" not in repr(unverified)


# --- the list of checks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("checks", [PRESENTATION_CHECKS, ISSUED_CHECKS])
def test_a_check_needs_only_checks_that_come_before_it(checks):
    seen: set[str] = set()
    for check in checks:
        assert seen.issuperset(check.needs)
        assert check.name not in seen
        seen.add(check.name)


def test_a_report_goes_on_where_verifying_stops():
    changed = made(all_of(scene(holder=STRANGER_KEY, issuer=STRANGER_KEY, at=EXPIRES + SKEW)))
    failed = {finding.check for finding in changed.explain() if finding.result is Result.FAILED}
    assert failed == {"issuer_signature", "validity", "holder_binding"}


def test_a_report_says_what_it_could_not_look_at():
    results = {finding.check: finding.result for finding in made(scene(bind=lambda text: "")).explain()}
    assert results.pop("structure") is Result.FAILED
    assert set(results.values()) == {Result.NOT_RUN}


def test_trust_is_asked_for_the_very_type_and_role():
    asked: list[tuple[Any, ...]] = []

    class Noting(StaticTrust):
        def key_for(self, source: Any, **context: Any) -> Any:
            asked.append((source.issuer, source.key_id, source.signed_at, *context.values()))
            return TRUST.key_for(source, **context)

    made(all_of(scene(trust=Noting()), header(kid="key-1"))).verify()
    assert asked == [(ISSUER, "key-1", NOW - timedelta(days=1), Role.CREDENTIAL_ISSUER, VCT, NOW)]
