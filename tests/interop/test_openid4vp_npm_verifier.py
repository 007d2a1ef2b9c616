# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Our wallet presents to a verifier made of @openid4vc/openid4vp (npm), over http and https on this machine.

The package makes the requests, and reads and decrypts the answers; other packages of npm look at what is in them: dcql,
@sd-jwt/core, @owf/mdoc and jose.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.http_server import HOST, authority
from tests.support.npm import running_node
from tests.support.town import PASSPHRASE, Town, pem
from tests.support.world import BOTH_FORMATS, MDOC, SD_JWT, Resident, approved, resident
from vcwallet import Abilities, Invocation, Presenter, Wallet
from vcwallet.adapters.http import HttpClient
from vcwallet.encoding import base64url
from vcwallet.errors import (
    PurposeMismatchError,
    RemoteProtocolError,
    SignatureInvalidError,
    VcError,
    VerifierUnknownError,
)
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.jose.header import x5c
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.openid4vp.reception import AUDIENCE
from vcwallet.protocols.openid4vp.transaction_data import TransactionDetails

pytestmark = pytest.mark.interop

NAME = "bank.example"
PAGE = "https://bank.example"
BACK = "https://bank.example/result?response_code=4711"
STRANGER = SoftwareSigner.generate()
QUERY: dict[str, dict[str, Any]] = {
    SD_JWT: {
        "meta": {"vct_values": [Resident.vct]},
        "claims": [{"path": ["full_name"]}, {"path": ["languages", None]}],
    },
    MDOC: {
        "meta": {"doctype_value": Resident.doctype},
        "claims": [{"path": [Resident.doctype, "full_name"]}, {"path": [Resident.doctype, "languages"]}],
    },
}


REFUSED_PROOF = {SD_JWT: "for somebody else", MDOC: "Device signature"}


class Payment(TransactionDetails):
    amount: str


def query(format: str) -> dict[str, Any]:
    """Return a query for name and languages."""
    return {"credentials": [{"id": "resident", "format": format, **QUERY[format]}]}


@dataclass
class Meeting:
    """Our wallet, and the other verifier, with what its operator sees of it."""

    wallet: Wallet
    presenter: Presenter
    http: HttpClient
    origin: str

    def begin(self, format: str = SD_JWT, **options: Any) -> Begun:
        """Let the verifier begin a transaction; like any that no one here wrote, it does not know our `purpose`."""
        asked = {"by": "reference", "mode": "direct_post.jwt", "query": query(format), **options}
        return Begun(**self._operator("POST", "begin", asked))

    def result(self, begun: Begun) -> dict[str, Any]:
        """Return what became of a transaction."""
        return self._operator("GET", f"result/{begun.id}")

    def present(self, begun: Begun, *, http: Callable[[HttpRequest], HttpResponse] | None = None) -> str | None:
        """Let the wallet present, with a person who says yes, and return where the person goes on."""
        return self.presenter.present(begun.link, http=http or self.http, approve=approved)

    def seen(self, begun: Begun) -> dict[str, Any]:
        """Return the one credential that the verifier has seen, with what was in it and nothing else."""
        result = self.result(begun)
        assert "error" not in result, result
        [(id, [credential])] = result["credentials"].items()
        assert id == "resident"
        return dict(credential)

    def by_api(self, begun: Begun, *, protocol: str = "openid4vp-v1-signed", origin: str = PAGE) -> Invocation:
        """Let the page call the API."""
        return run(self.presenter.read_dc_api_request(protocol, begun.data, origin=origin), self.http)

    def take(self, begun: Begun, invocation: Invocation, *, origin: str = PAGE) -> None:
        """Let the wallet answer the page, and the page hand the answer over."""
        assert invocation.prompt is not None, invocation.refusal
        data = self.presenter.answer(approved(invocation.prompt)).dc_api_data()
        self._operator("POST", f"take/{begun.id}", {"data": data, "origin": origin})

    def _operator(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        request = HttpRequest(
            method=method,
            url=f"{self.origin}/{path}",
            max_bytes=1_000_000,
            headers={"content-type": "application/json"},
            body=b"" if body is None else json.dumps(body).encode(),
        )
        answer = dict(json.loads(self.http(request).body))
        assert answer.get("error") != "server_error", answer
        return answer


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A transaction of the other verifier."""

    id: str
    data: dict[str, Any]
    link: str = ""


@pytest.fixture(scope="module")
def town() -> Town:
    return Town()


@contextmanager
def meeting(town: Town, *, tls: str | None = None) -> Iterator[Meeting]:
    """Start the other verifier, with a name where there is a certificate for TLS."""
    signer = SoftwareSigner.generate()
    bank = town.bank(dns_names=[NAME] if tls else [], signer=signer)
    given = {
        "pem": pem(signer),
        "x5c": x5c(bank.chain),
        "registration": bank.registrations["loan"],
        "roots": {SD_JWT: town.root, MDOC: town.iaca},
        "tls": tls and {"name": NAME, "pem": tls},
    }
    with running_node("verify_presentations.js", given) as other:
        wallet = Wallet.create(None, passphrase=PASSPHRASE, trust=town.registry.published())
        reached: dict[str, Any] = {"authorities": authority().pem, "resolver": lambda host, port: [HOST]} if tls else {}
        with HttpClient(private_hosts=[urlsplit(other["origin"]).netloc], **reached) as http, wallet:
            for format in (SD_JWT, MDOC):
                holder = wallet.new_holder_key()
                wallet.receive(town.issue(resident(), format=format, holder=holder.public_key))
            presenter = wallet.presenter(Abilities(transaction_types={"payment": Payment}))
            yield Meeting(wallet, presenter, http, other["origin"])


@pytest.fixture(scope="module")
def met(town: Town) -> Iterator[Meeting]:
    with meeting(town) as made:
        yield made


def claims_of(credential: dict[str, Any]) -> dict[str, Any]:
    """Return what a credential says of the resident."""
    if credential["credential_format"] == MDOC:
        [(namespace, elements)] = credential["namespaces"].items()
        assert namespace == Resident.doctype
        return dict(elements)
    return {name: value for name, value in credential["claims"].items() if name in Resident.model_fields}


@BOTH_FORMATS
@pytest.mark.parametrize("mode", ["direct_post", "direct_post.jwt"])
@pytest.mark.parametrize(("by", "post"), [("value", False), ("reference", False), ("reference", True)])
def test_it_gets_what_it_asks_for_and_nothing_else(met: Meeting, format: str, mode: str, by: str, post: bool) -> None:
    begun = met.begin(format, mode=mode, by=by, post=post, aud=AUDIENCE, back=BACK)
    assert met.present(begun) == BACK
    claims = claims_of(met.seen(begun))
    assert (claims["full_name"], claims["languages"]) == ("番号　花子", ["ja", "en", "fr"])
    assert {"birth_date", "nationality", "number"}.isdisjoint(claims)
    if by == "reference":
        told = met.result(begun)["told"]
        assert told["method"] == ("POST" if post else "GET")
        assert ("wallet_nonce" in told) == post


@pytest.mark.parametrize("post", [False, True])
@pytest.mark.parametrize("audience", [{}, {"aud": [AUDIENCE]}], ids=["request_uri", "an array"])
def test_the_request_may_be_for_whoever_fetches_it(met: Meeting, post: bool, audience: dict[str, Any]) -> None:
    # Without an audience of its own, the package takes the request_uri.
    begun = met.begin(post=post, **audience)
    met.present(begun)
    assert claims_of(met.seen(begun))["full_name"] == "番号　花子"


@pytest.mark.parametrize("enc", [["A128GCM"], ["A256GCM"], ["A128CBC-HS256", "A128GCM"]])
@pytest.mark.parametrize("others", [[], [{"crv": "P-384"}], [{"use": "sig", "alg": "ES256"}]])
def test_the_answer_is_encrypted_to_the_key_that_is_for_it(met: Meeting, enc: list[str], others: list[Any]) -> None:
    begun = met.begin(enc=enc, otherKeys=others)
    met.present(begun)
    header = met.result(begun)["header"]
    assert (header["alg"], header["enc"], header["kid"]) == ("ECDH-ES", enc[-1], f"answers to {begun.id}")
    assert claims_of(met.seen(begun))["full_name"] == "番号　花子"


def test_it_may_say_more_of_itself_than_the_wallet_knows(met: Meeting) -> None:
    more = [{"format": "jwt", "data": "e30.e30.e30"}, {"format": "accreditation", "data": {"by": "somebody"}}]
    begun = met.begin(verifierInfo=more, purpose="loan")
    met.present(begun)
    assert claims_of(met.seen(begun))["full_name"] == "番号　花子"


@pytest.mark.parametrize("algorithms", [[-7], [-9], [-7, -9]])
def test_a_verifier_may_name_the_algorithm_with_its_curve(met: Meeting, algorithms: list[int]) -> None:
    begun = met.begin(MDOC, algorithms=algorithms)
    met.present(begun)
    assert claims_of(met.seen(begun))["full_name"] == "番号　花子"


@BOTH_FORMATS
def test_it_is_known_by_the_name_of_its_server(town: Town, tmp_path: Path, format: str) -> None:
    authority().server(tmp_path, names=(NAME,))
    [server] = tmp_path.glob("server-*.pem")
    with meeting(town, tls=server.read_text()) as met:
        begun = met.begin(format, post=True)
        met.present(begun)
        assert begun.link.startswith(f"openid4vp://?client_id=x509_san_dns%3A{NAME}&")
        assert claims_of(met.seen(begun))["full_name"] == "番号　花子"


def test_the_holder_authorises_a_transaction(met: Meeting) -> None:
    text = base64url.encode(
        b'{"type":"payment","credential_ids":["resident"],"amount":"100 JPY","transaction_data_hashes_alg":["sha-256"]}'
    )
    begun = met.begin(transactionData=[text])
    met.present(begun)
    assert met.result(begun)["authorised"] == ["resident"]


@pytest.mark.parametrize("mode", ["direct_post", "direct_post.jwt"])
def test_it_is_told_that_the_person_says_no(met: Meeting, mode: str) -> None:
    begun = met.begin(mode=mode)
    invocation = run(met.presenter.read_request(begun.link), met.http)
    run(met.presenter.send(met.presenter.decline(invocation)), met.http)
    result = met.result(begun)
    assert (result["declined"], result["isOurs"]) == ("access_denied", True)


@BOTH_FORMATS
@pytest.mark.parametrize("mode", ["dc_api", "dc_api.jwt"])
def test_a_page_gets_it_by_the_digital_credentials_api(met: Meeting, format: str, mode: str) -> None:
    begun = met.begin(format, by="api", mode=mode, origins=[PAGE])
    met.take(begun, met.by_api(begun))
    assert claims_of(met.seen(begun))["full_name"] == "番号　花子"


# --- what must not work ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"aud": "https://elsewhere.example"}, RemoteProtocolError),
        ({"purpose": "care"}, PurposeMismatchError),
        ({"pem": pem(STRANGER)}, SignatureInvalidError),
        ({"changed": {"client_id": f"x509_hash:{'A' * 43}"}}, VerifierUnknownError),
        ({"changed": {"client_id": f"x509_san_dns:{NAME}"}}, VerifierUnknownError),
        ({"post": True, "changed": {"wallet_nonce": "of-another-wallet"}}, RemoteProtocolError),
        ({"enc": ["A128CBC-HS256"]}, RemoteProtocolError),
        ({"key": {"crv": "P-384"}}, RemoteProtocolError),
    ],
    ids=["audience", "purpose", "signature", "hash", "name", "wallet_nonce", "enc", "key"],
)
def test_a_request_that_is_not_what_it_has_to_be_is_not_answered(
    met: Meeting, asked: dict[str, Any], error: type[VcError]
) -> None:
    begun = met.begin(**asked)
    with pytest.raises(error):
        met.present(begun)
    assert set(met.result(begun)) <= {"told"}


def test_the_request_of_another_client_than_that_of_the_link_is_not_answered(met: Meeting) -> None:
    begun = met.begin()
    with pytest.raises(RemoteProtocolError):
        met.present(replace(begun, link=begun.link.replace("x509_hash", "x509_san_dns")))


def test_a_page_that_nobody_vouches_for_is_refused(met: Meeting) -> None:
    begun = met.begin(by="api", mode="dc_api.jwt", unsigned=True)
    invocation = met.by_api(begun, protocol="openid4vp-v1-unsigned")
    assert isinstance(invocation.refusal, VerifierUnknownError)


def test_the_request_of_another_page_is_refused(met: Meeting) -> None:
    begun = met.begin(by="api", mode="dc_api.jwt", origins=[PAGE])
    with pytest.raises(RemoteProtocolError):
        met.by_api(begun, origin="https://elsewhere.example")


@BOTH_FORMATS
def test_an_answer_to_another_page_is_refused_there(met: Meeting, format: str) -> None:
    begun = met.begin(format, by="api", mode="dc_api", origins=[PAGE, "https://elsewhere.example"])
    met.take(begun, met.by_api(begun), origin="https://elsewhere.example")
    assert REFUSED_PROOF[format] in met.result(begun)["error"]
    again = met.begin(format, by="api", mode="dc_api", origins=[PAGE, "https://elsewhere.example"])
    met.take(again, met.by_api(again))
    assert claims_of(met.seen(again))["full_name"] == "番号　花子"


# --- what the other verifier refuses, which shows that it looks -------------------------------------------------------


@pytest.mark.parametrize(
    ("format", "mode", "expected", "why"),
    [
        (SD_JWT, "direct_post", {"nonce": "of-another-request"}, "Invalid Nonce"),
        (SD_JWT, "direct_post", {"client_id": "x509_hash:other"}, REFUSED_PROOF[SD_JWT]),
        (SD_JWT, "direct_post", {"state": "of-another-request"}, "state mismatch"),
        (MDOC, "direct_post.jwt", {"nonce": "of-another-request"}, REFUSED_PROOF[MDOC]),
        (MDOC, "direct_post.jwt", {"client_id": "x509_hash:other"}, REFUSED_PROOF[MDOC]),
        (MDOC, "direct_post.jwt", {"response_uri": "https://elsewhere.example"}, REFUSED_PROOF[MDOC]),
    ],
)
def test_it_refuses_an_answer_to_another_request(
    met: Meeting, format: str, mode: str, expected: dict[str, str], why: str
) -> None:
    begun = met.begin(format, mode=mode, expected=expected)
    with pytest.raises(VcError):
        met.present(begun)
    assert why in met.result(begun)["error"]


@pytest.mark.parametrize(("mode", "why"), [("direct_post", "state mismatch"), ("direct_post.jwt", "Failed to decrypt")])
def test_it_refuses_an_answer_that_was_posted_somewhere_else(met: Meeting, mode: str, why: str) -> None:
    begun, other = met.begin(mode=mode), met.begin(mode=mode)

    def misled(request: HttpRequest) -> HttpResponse:
        return met.http(replace(request, url=request.url.replace(f"response/{begun.id}", f"response/{other.id}")))

    with pytest.raises(VcError):
        met.present(begun, http=misled)
    assert why in met.result(other)["error"]
    met.present(begun)
    assert claims_of(met.seen(begun))["full_name"] == "番号　花子"
