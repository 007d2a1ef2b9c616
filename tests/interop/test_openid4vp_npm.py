# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet made of @openid4vc/openid4vp (npm) answers our verifier's service, over http on this machine.

Other packages of npm choose by the query (dcql), present (@sd-jwt/core, @owf/mdoc) and encrypt (jose).  The wallet
checks our requests by its own schemas, with the certificates of the registry.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.issuer_server import served_app
from tests.support.npm import ask_node
from tests.support.town import OtherWallet, Town, pem
from tests.support.world import BOTH_FORMATS, MDOC, SD_JWT, Resident
from vcwallet import Ask, Channel, TrustRegistry, Verifier, VerifierService, ask
from vcwallet.adapters.web import verifier_app
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.haip import HAIP_PRESENTATION_1_0
from vcwallet.protocols.openid4vp.client_id import X509SanDns
from vcwallet.protocols.openid4vp.reception import AUDIENCE
from vcwallet.protocols.openid4vp.response_mode import ResponseMode
from vcwallet.protocols.openid4vp.transaction_data import TransactionDetails
from vcwallet.sessions import MemorySessions
from vcwallet.verifier.openid4vp import AnswerRefusedError, BegunPresentation, PresentationState

pytestmark = pytest.mark.interop

BROWSER = "browser session 17 of the bank"
NAME = "bank.example"
PAGE = "https://bank.example"
STANDARD, PACKAGE = "as the standard says", "as the package does"
POSTED_MODES = pytest.mark.parametrize(
    "mode", [ResponseMode.DIRECT_POST, ResponseMode.DIRECT_POST_JWT], ids=lambda mode: mode.value
)
STRANGER = SoftwareSigner.generate()


class Payment(TransactionDetails):
    amount: str


@dataclass
class Bank:
    """Our service, and the other wallet with what it holds."""

    service: VerifierService
    wallet: OtherWallet
    origin: str

    def begin(self, *asks: Ask, channel: Channel = Channel.CROSS_DEVICE, **options: Any) -> BegunPresentation:
        return self.service.begin(*asks, purpose="loan", channel=channel, session=BROWSER, **options)

    def answered(self, begun: BegunPresentation, **options: Any) -> dict[str, Any]:
        """Let the other wallet answer, and return what it says of that."""
        [answer] = ask_node("present_credentials.js", [self.asked(begun, **options)])
        return dict(answer)

    def asked(self, begun: BegunPresentation, **options: Any) -> dict[str, Any]:
        """Return what the other wallet is told."""
        return {
            "link": begun.link,
            "credentials": list(self.wallet.credentials.values()),
            "anchors": [self.wallet.town.root],
            "server": {"name": self.service.origin, "origin": self.origin},
            **options,
        }

    def by_api(self, begun: BegunPresentation, *, origin: str = PAGE, **options: Any) -> dict[str, Any]:
        """Let the page call the API and the other wallet answer, and return what it says of that."""
        assert begun.dc_api is not None
        [call] = begun.dc_api["requests"]
        assert call["protocol"] == "openid4vp-v1-signed"
        return self.answered(begun, call={"data": call["data"], "origin": origin}, **options)

    def state(self, begun: BegunPresentation) -> PresentationState:
        return self.service.status(begun.transaction_id, session=BROWSER).state

    def resident(self, begun: BegunPresentation) -> Resident:
        """Return what was verified."""
        return self.service.result(begun.transaction_id, session=BROWSER).verified[Resident]

    def refusal(self, begun: BegunPresentation) -> str:
        """Return the code of what was wrong with the answer."""
        with pytest.raises(AnswerRefusedError) as refused:
            self.service.result(begun.transaction_id, session=BROWSER)
        return refused.value.reason


@pytest.fixture(scope="module")
def town() -> Town:
    return Town()


@pytest.fixture(scope="module")
def wallet(town: Town) -> OtherWallet:
    return OtherWallet(town)


@contextmanager
def serving(wallet: OtherWallet, *, name: str | None = None, **options: Any) -> Iterator[Bank]:
    """Serve a bank on this machine, which may say that it is at another name."""
    verifier = Verifier(wallet.town.bank(dns_names=[name] if name else []))
    made: list[Bank] = []

    def make(origin: str) -> Any:
        public = f"https://{name}" if name else origin
        service = VerifierService(
            verifier,
            address=f"{public}/openid4vp",
            channels=tuple(Channel),
            sessions=MemorySessions(),
            result_page=f"{public}/result",
            origins=[PAGE],
            **options,
        )
        made.append(Bank(service, wallet, origin))
        return verifier_app(service)

    with served_app(make), verifier:
        yield made[0]


@pytest.fixture
def bank(wallet: OtherWallet) -> Iterator[Bank]:
    with serving(wallet) as made:
        yield made


def taken(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what the verifier has replied to an answer that it has taken."""
    assert "error" not in answer, answer
    assert answer["version"] == 100  # 1.0, where the package knows drafts by their numbers
    [sent] = answer["sent"]
    assert sent["status"] == 200, answer
    return dict(sent["body"])


def test_it_chooses_between_the_formats_by_itself(bank: Bank) -> None:
    begun = bank.begin(ask(Resident, "full_name", "address.locality", "languages"))
    answer = bank.answered(begun)
    assert taken(answer) == {}
    assert answer["prefix"] == "x509_hash"
    resident = bank.resident(begun)
    assert (resident.full_name, resident.address.locality, resident.languages) == (
        "番号　花子",
        "港町",
        ("ja", "en", "fr"),
    )


@BOTH_FORMATS
@POSTED_MODES
def test_it_answers_in_the_open_and_encrypted(wallet: OtherWallet, format: str, mode: ResponseMode) -> None:
    with serving(wallet, posted=mode) as bank:
        begun = bank.begin(ask(Resident, "full_name", "birth_date", format=format))
        answer = bank.answered(begun)
        taken(answer)
        assert answer["request"]["response_mode"] == mode.value
        assert bank.resident(begun).full_name == "番号　花子"


@BOTH_FORMATS
@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
def test_it_encrypts_with_either_content_encryption(bank: Bank, format: str, enc: str) -> None:
    begun = bank.begin(ask(Resident, "full_name", format=format))
    taken(bank.answered(begun, enc=enc))
    assert bank.resident(begun).full_name == "番号　花子"


@pytest.mark.parametrize("post", [None, PACKAGE, STANDARD])
def test_it_fetches_the_request_by_get_and_by_post(bank: Bank, post: str | None) -> None:
    begun = bank.begin(ask(Resident, "full_name"))
    answer = bank.answered(begun, post=post)
    taken(answer)
    assert ("wallet_nonce" in answer["request"]) == (post == STANDARD)
    assert bank.resident(begun).full_name == "番号　花子"


def test_the_request_says_what_others_need_of_the_key_and_the_audience(bank: Bank) -> None:
    answer = bank.answered(bank.begin(ask(Resident, "full_name")))
    [key] = answer["request"]["client_metadata"]["jwks"]["keys"]
    assert (key["use"], key["alg"]) == ("enc", "ECDH-ES")
    assert key["kid"]
    assert answer["request"]["aud"] == AUDIENCE
    formats = answer["request"]["client_metadata"]["vp_formats_supported"]
    assert {-7, -9} <= set(formats["mso_mdoc"]["deviceauth_alg_values"])


def test_a_proof_may_name_its_algorithm_with_its_curve(bank: Bank) -> None:
    begun = bank.begin(ask(Resident, "full_name", format=MDOC))
    taken(bank.answered(begun, algorithm=-9))
    assert bank.resident(begun).full_name == "番号　花子"


@pytest.mark.parametrize("post", [None, STANDARD])
def test_the_bank_is_known_by_the_name_of_its_server(wallet: OtherWallet, post: str | None) -> None:
    with serving(wallet, name=NAME, client=X509SanDns(name=NAME)) as bank:
        begun = bank.begin(ask(Resident, "full_name"))
        answer = bank.answered(begun, post=post)
        taken(answer)
        assert answer["prefix"] == "x509_san_dns"
        assert bank.resident(begun).full_name == "番号　花子"


@BOTH_FORMATS
def test_it_answers_a_bank_of_the_profile_haip(wallet: OtherWallet, format: str) -> None:
    with serving(wallet, profile=HAIP_PRESENTATION_1_0) as bank:
        begun = bank.begin(ask(Resident, "full_name", format=format), scheme="haip-vp://")
        taken(bank.answered(begun, post=STANDARD))
        assert bank.resident(begun).full_name == "番号　花子"


def test_the_person_is_sent_back_to_the_browser_that_asked(bank: Bank) -> None:
    begun = bank.begin(ask(Resident, "full_name"), channel=Channel.SAME_DEVICE)
    back = taken(bank.answered(begun))["redirect_uri"]
    assert bank.state(begun) is PresentationState.ANSWERED
    [code] = parse_qs(urlsplit(back).query)["response_code"]
    assert bank.service.redeem(code, session=BROWSER).verified[Resident].full_name == "番号　花子"


def test_the_holder_authorises_a_transaction(bank: Bank) -> None:
    payment = Payment(type="payment", credential_ids=("resident",), amount="100 JPY")
    begun = bank.begin(ask(Resident, "full_name", format=SD_JWT), transactions=[payment])
    answer = bank.answered(begun)
    taken(answer)
    assert answer["transactionData"][0]["amount"] == "100 JPY"
    assert bank.resident(begun).full_name == "番号　花子"

    unsaid = bank.begin(ask(Resident, "full_name", format=SD_JWT), transactions=[payment])
    bank.answered(unsaid, changed={"nothing": True})
    assert bank.refusal(unsaid) == "TRANSACTION_DATA_MISMATCH"


@BOTH_FORMATS
@pytest.mark.parametrize("mode", [ResponseMode.DC_API, ResponseMode.DC_API_JWT], ids=lambda mode: mode.value)
def test_it_answers_a_page_by_the_digital_credentials_api(wallet: OtherWallet, format: str, mode: ResponseMode) -> None:
    with serving(wallet, by_api=mode) as bank:
        begun = bank.begin(ask(Resident, "full_name", format=format), channel=Channel.DC_API)
        answer = bank.by_api(begun)
        assert "error" not in answer, answer
        assert set(answer["data"]) == ({"response"} if mode.is_encrypted else {"vp_token"})
        found = bank.service.take(begun.transaction_id, session=BROWSER, data=answer["data"])
        assert found.verified[Resident].full_name == "番号　花子"


# --- what must not work ----------------------------------------------------------------------------------------------


BAD_ANSWERS = {
    SD_JWT: [
        ({"nonce": "a-nonce-of-another-request"}, "BINDING_INVALID"),
        ({"audience": "x509_hash:of-somebody-else"}, "BINDING_INVALID"),
        ({"pem": pem(STRANGER)}, "SIGNATURE_INVALID"),
        ({"withheld": 1}, "CLAIMS_MISSING"),
    ],
    MDOC: [
        ({"nonce": "a-nonce-of-another-request"}, "DEVICE_AUTH_INVALID"),
        ({"handover": {"clientId": "x509_hash:of-somebody-else"}}, "DEVICE_AUTH_INVALID"),
        ({"handover": {"responseUri": "https://elsewhere.example"}}, "DEVICE_AUTH_INVALID"),
        ({"handover": {"thumbprint": None}}, "DEVICE_AUTH_INVALID"),
        ({"pem": pem(STRANGER)}, "DEVICE_AUTH_INVALID"),
        ({"withheld": 1}, "CLAIMS_MISSING"),
    ],
}


@BOTH_FORMATS
def test_an_answer_that_is_not_what_it_has_to_be_ends_the_request(bank: Bank, format: str) -> None:
    wanted = ask(Resident, "full_name", "birth_date", format=format)
    begun = [bank.begin(wanted) for _ in BAD_ANSWERS[format]]
    requests = [bank.asked(one, changed=changed) for one, (changed, _) in zip(begun, BAD_ANSWERS[format], strict=True)]
    answers = ask_node("present_credentials.js", requests)
    assert [one["sent"] for one in answers] == [[{"status": 400, "body": {"error": "invalid_request"}}]] * len(begun)
    assert [bank.refusal(one) for one in begun] == [code for _, code in BAD_ANSWERS[format]]


@pytest.mark.parametrize("changed", [{"encryptTo": "elsewhere"}, {"clear": True}, {"state": "of-another-request"}])
def test_what_is_no_answer_to_the_request_leaves_it_open(bank: Bank, changed: dict[str, Any]) -> None:
    begun = bank.begin(ask(Resident, "full_name"))
    [sent] = bank.answered(begun, changed=changed)["sent"]
    assert sent["status"] == 400
    assert bank.state(begun) is PresentationState.FETCHED
    taken(bank.answered(begun))
    assert bank.resident(begun).full_name == "番号　花子"


def test_the_same_answer_is_taken_once(bank: Bank) -> None:
    answer = bank.answered(bank.begin(ask(Resident, "full_name")), times=2)
    assert [one["status"] for one in answer["sent"]] == [200, 404]


def test_an_answer_for_another_page_is_refused(wallet: OtherWallet) -> None:
    with serving(wallet) as bank:
        begun = bank.begin(ask(Resident, "full_name"), channel=Channel.DC_API)
        answer = bank.by_api(begun, changed={"audience": "origin:https://elsewhere.example"})
        with pytest.raises(AnswerRefusedError) as refused:
            bank.service.take(begun.transaction_id, session=BROWSER, data=answer["data"])
        assert refused.value.reason == "BINDING_INVALID"


# --- what the other wallet refuses, which shows that it looks ---------------------------------------------------------


def test_it_does_not_answer_whom_its_registry_does_not_know(bank: Bank) -> None:
    elsewhere = Town(TrustRegistry.create("Another registry"))
    answer = bank.answered(bank.begin(ask(Resident, "full_name")), anchors=[elsewhere.root])
    assert "nobody vouches for the certificate" in answer["detail"]


def test_it_does_not_answer_another_client_than_that_of_the_link(bank: Bank) -> None:
    begun = bank.begin(ask(Resident, "full_name"))
    link = str(begun.link).replace("x509_hash", "x509_san_dns")
    assert bank.answered(begun, link=link)["error"] == "client_id does not match the request object client_id."


def test_it_does_not_answer_a_request_that_does_not_have_its_nonce(bank: Bank) -> None:
    answer = bank.answered(bank.begin(ask(Resident, "full_name")), post=STANDARD, changed={"walletNonce": "another"})
    assert "wallet_nonce" in answer["error"]


def test_it_does_not_answer_a_page_that_hands_over_the_request_of_another(bank: Bank) -> None:
    begun = bank.begin(ask(Resident, "full_name"), channel=Channel.DC_API)
    assert "expected_origins" in bank.by_api(begun, origin="https://elsewhere.example")["error"]
