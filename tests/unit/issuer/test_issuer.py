# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An issuer signs what the registry lets it issue, and nothing in a credential tells one holder from another."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Any

import pytest
from cryptography import x509

from tests.support.world import (
    DAYS_90,
    FORMATS,
    IN_BOTH_FORMATS,
    MDOC,
    SD_JWT,
    ForeignResident,
    Income,
    Resident,
    World,
    format_of,
    income,
    payload_of,
    resident,
)
from vcwallet.credential_type import Claim, CredentialType, view
from vcwallet.encoding import base64url, json, sri
from vcwallet.errors import LocalProtocolError, MalformedError, NotAuthorisedError, TrustedListError
from vcwallet.formats.base import Credential
from vcwallet.formats.mdoc import Mdoc
from vcwallet.formats.mdoc.held import HeldMdoc
from vcwallet.formats.sd_jwt_vc import HeldSdJwtVc, SdJwtVc
from vcwallet.issuer import Issuer
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.policy import Role
from vcwallet.keys.public import PublicKey
from vcwallet.keys.software import SoftwareSigner

TOKYO = timezone(timedelta(hours=9))
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)


class CountingSigner:
    """Signs with a key, and remembers how often."""

    def __init__(self) -> None:
        self.signer = SoftwareSigner.generate()
        self.signatures = 0

    @property
    def public_key(self) -> PublicKey:
        return self.signer.public_key

    def sign(self, data: bytes, /) -> bytes:
        self.signatures += 1
        return self.signer.sign(data)


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    return World(format_of(request))


def issue(world: World, issuer: Issuer | None = None, record: Any = None, **options: Any) -> Credential:
    holder = options.pop("holder", SoftwareSigner.generate())
    arguments: dict[str, Any] = {"format": FORMATS[world.format], "valid_for": DAYS_90} | options
    return (issuer or world.city).issue(record or resident(), holder=holder, **arguments)


def times(credential: Credential) -> tuple[datetime, datetime]:
    if credential.format == MDOC:
        validity = HeldMdoc.from_store(credential.raw).mso.validity
        assert validity.signed == validity.valid_from
        return validity.signed, validity.valid_until
    claims = payload_of(credential.raw)
    return datetime.fromtimestamp(claims["iat"], UTC), datetime.fromtimestamp(claims["exp"], UTC)


def disclosures(credential: Credential) -> list[list[Any]]:
    return [json.loads(base64url.decode(text)) for text in credential.raw.split("~")[1:-1]]


def digests(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node.get("_sd", [])
        yield from [node["..."]] if "..." in node else []
        for value in node.values():
            yield from digests(value)
    elif isinstance(node, list):
        for value in node:
            yield from digests(value)


class TestContent:
    def test_it_names_its_type_issuer_holder_and_the_type_s_metadata(self, world):
        holder = SoftwareSigner.generate()
        held = HeldSdJwtVc.from_store(issue(world, holder=holder).raw)
        assert held.type_ids == (Resident.vct,)
        assert held.claims["iss"] == world.city.identifier == "urn:vcwallet:party:city"
        assert held.holder_key == holder.public_key
        assert held.type_integrity == sri.integrity(world.registry.published().type_metadata[Resident.vct])
        assert held.issuer_chain == world.city_enrolment.chain

    def test_every_claim_of_the_record_is_in_it(self, world):
        claims = HeldSdJwtVc.from_store(issue(world).raw).claims
        expected = resident().claims(on=date(2026, 11, 23))
        assert {name: claims[name] for name in expected} == expected

    def test_only_open_claims_stand_in_the_open(self, world):
        payload = payload_of(issue(world).raw)
        assert {"registered_in", "contact"} == payload.keys() - {
            "_sd",
            "_sd_alg",
            "iss",
            "iat",
            "exp",
            "vct",
            "vct#integrity",
            "cnf",
        }

    @pytest.mark.parametrize("make", [lambda key: key, lambda key: key.public_key], ids=["who has it", "the key"])
    def test_the_holder_is_a_key_or_whoever_has_it(self, world, make):
        key = SoftwareSigner.generate()
        assert HeldSdJwtVc.from_store(issue(world, holder=make(key)).raw).holder_key == key.public_key

    def test_a_bearer_credential_has_no_key(self, world):
        assert "cnf" not in payload_of(issue(world, holder=None).raw)

    def test_an_mdoc_has_every_claim_as_an_element_and_is_signed_by_the_document_signer(self, world):
        holder = SoftwareSigner.generate()
        held = HeldMdoc.from_store(issue(world, holder=holder, format=Mdoc).raw)
        claims = view(Resident, MDOC).claims(resident().claims(on=date(2026, 11, 23)))
        assert held.claims == {name: dict(elements) for name, elements in claims.items()}
        assert (held.type_ids, held.holder_key) == ((Resident.doctype,), holder.public_key)
        assert held.issuer_chain == world.city_enrolment.mdoc_chain
        assert world.city_enrolment.mdoc_chain != world.city_enrolment.chain

    def test_the_format_is_the_one_that_is_named(self, world):
        for name, writer in FORMATS.items():
            assert issue(world, format=writer).format == issue(world, format=writer()).format == name

    def test_a_type_without_a_form_in_the_format_is_not_issued(self, world):
        class Plain(CredentialType, vct="urn:example:plain:1", ja="券", en="Plain"):
            seat: Annotated[str, Claim("席", "Seat")]

        issuer = world.issuer(world.registry.enrol_issuer("Theatre", may_issue=[Plain]))
        world.clock.pass_by(days=1)
        assert issue(world, issuer, Plain(seat="A1"), format=SdJwtVc).format == SD_JWT
        with pytest.raises(LocalProtocolError) as refused:
            issue(world, issuer, Plain(seat="A1"), format=Mdoc)
        assert refused.value.code == "FORMAT_NOT_OFFERED"

    def test_an_mdoc_without_a_holder_s_key_is_not_issued(self, world):
        with pytest.raises(LocalProtocolError) as refused:
            issue(world, format=Mdoc, holder=None)
        assert refused.value.code == "HOLDER_KEY_MISSING"

    def test_a_key_that_no_document_signer_has_issues_in_the_other_format_only(self, world):
        """An mdoc is signed on a curve of ISO/IEC 18013-5, table B.3."""
        signer = SoftwareSigner.generate(Algorithm.ED25519)
        modern = world.issuer(world.registry.enrol_issuer("Modern Town", may_issue=[Income], signer=signer))
        world.clock.pass_by(days=1)
        assert issue(world, modern, income(), format=SdJwtVc).raw
        for valid_for in (timedelta(hours=1), DAYS_90):
            with pytest.raises(LocalProtocolError) as refused:
                issue(world, modern, income(), format=Mdoc, valid_for=valid_for)
            assert refused.value.code == "NO_CERTIFICATE"

    @pytest.mark.parametrize("writer", [SdJwtVc, SdJwtVc(decoys=3)], ids=["a class", "a value"])
    def test_the_format_is_a_class_or_a_value_with_options(self, world, writer):
        credential = issue(world, format=writer)
        assert credential.format == "dc+sd-jwt"
        assert world.city._keys[Role.CREDENTIAL_ISSUER].signer.public_key is not None
        assert len(list(digests(payload_of(credential.raw)))) >= 10

    def test_a_view_of_disclosed_claims_is_not_issued(self, world):
        with pytest.raises(TypeError):
            issue(world, record=Resident.disclosed({"full_name": "番号　花子"}))


class TestTimes:
    @IN_BOTH_FORMATS
    @pytest.mark.parametrize("valid_for", [timedelta(days=1), timedelta(hours=36), DAYS_90])
    def test_they_are_rounded_to_days_so_that_they_tell_nobody_apart(self, world, valid_for):
        issued_at, expires = times(issue(world, valid_for=valid_for))
        assert issued_at == MIDNIGHT
        assert (expires.hour, expires.minute, expires.second) == (0, 0, 0)
        assert valid_for <= expires - world.clock() <= valid_for + timedelta(days=1)

    @IN_BOTH_FORMATS
    def test_all_credentials_of_a_day_have_the_same_times(self, world):
        first = times(issue(world))
        world.clock.pass_by(hours=7, minutes=13, seconds=5)
        assert times(issue(world)) == first

    def test_threads_that_share_an_issuer_get_each_its_own_times(self, world):
        holder, wanted = SoftwareSigner.generate(), [timedelta(days=days) for days in (1, 30, 90, 365)]

        def expiries(valid_for: timedelta) -> set[datetime]:
            return {times(issue(world, holder=holder, valid_for=valid_for))[1] for _ in range(250)}

        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            with ThreadPoolExecutor(len(wanted)) as threads:
                found = list(threads.map(expiries, wanted))
        finally:
            sys.setswitchinterval(interval)
        assert found == [{MIDNIGHT + valid_for + timedelta(days=1)} for valid_for in wanted]

    @IN_BOTH_FORMATS
    def test_a_short_validity_is_exact(self, world):
        world.clock.pass_by(minutes=7)
        assert times(issue(world, valid_for=timedelta(hours=1))) == (world.clock(), world.clock() + timedelta(hours=1))

    @IN_BOTH_FORMATS
    def test_an_issuer_that_was_enrolled_that_day_does_not_date_back_to_before(self, world):
        city = world.issuer(world.registry.enrol_issuer("New Town", may_issue=[Income]))
        issued_at, expires = times(issue(world, city, income()))
        assert issued_at == world.clock()
        assert expires.hour == 0
        world.clock.pass_by(days=1)
        assert times(issue(world, city, income()))[0] == MIDNIGHT + timedelta(days=1)

    def test_formats_do_not_share_times(self, world):
        """A document signer's certificate can be younger than the issuer's right to sign in the other format."""
        world.clock.pass_by(days=1, hours=3)
        old = world.clock()
        renewed = world.issuer(world.registry.renew("urn:vcwallet:party:city"))
        world.clock.pass_by(minutes=5)
        for _ in range(2):
            mdoc = times(issue(world, renewed, format=Mdoc))
            assert old <= mdoc[0] <= world.clock()
            sd_jwt = times(issue(world, renewed, format=SdJwtVc))
            assert sd_jwt[0] == MIDNIGHT + timedelta(days=1)
            assert mdoc[1] == sd_jwt[1]

    def test_an_mdoc_is_not_dated_before_the_certificate_of_its_signer(self, world):
        """The registry gives certificates that begin a little before, so this is the day of the enrolment."""
        city = world.issuer(world.registry.enrol_issuer("New Town", may_issue=[Income]))
        issued_at, expires = times(issue(world, city, income(), format=Mdoc))
        assert issued_at == world.clock()
        assert expires.hour == 0

    def test_an_mdoc_does_not_outlive_the_certificate_of_its_signer(self, world):
        """A verifier would refuse it, so it is not signed (clause 9.1.2.4)."""
        end = x509.load_der_x509_certificate(world.city_enrolment.mdoc_chain[0]).not_valid_after_utc
        days_left = (end - world.clock()).days
        for_exactly = timedelta(days=days_left - 1)
        assert times(issue(world, format=Mdoc, valid_for=for_exactly))[1] <= end
        for valid_for in (timedelta(days=days_left + 1), timedelta(days=days_left + 100)):
            with pytest.raises(LocalProtocolError) as refused:
                issue(world, format=Mdoc, valid_for=valid_for)
            assert refused.value.code == "OUTLIVES_CERTIFICATE"
            assert issue(world, format=SdJwtVc, valid_for=valid_for).raw

    def test_neither_does_one_that_is_valid_for_hours(self, world):
        end = x509.load_der_x509_certificate(world.city_enrolment.mdoc_chain[0]).not_valid_after_utc
        world.clock.now = end - timedelta(hours=2)
        world.city.update_trust(world.registry.published())
        assert times(issue(world, format=Mdoc, valid_for=timedelta(hours=2)))[1] == end
        with pytest.raises(LocalProtocolError, match="OUTLIVES_CERTIFICATE"):
            issue(world, format=Mdoc, valid_for=timedelta(hours=2, seconds=1))

    @IN_BOTH_FORMATS
    def test_times_are_found_anew_when_the_list_is_another_one(self, world):
        """It was stopped over midnight; until it knows that, it dates its credentials as ever."""
        world.clock.pass_by(hours=13)
        world.registry.suspend("urn:vcwallet:party:city", reason="audit")
        world.clock.pass_by(hours=3)
        world.registry.reinstate("urn:vcwallet:party:city", reason="all well")
        assert times(issue(world))[0] == MIDNIGHT + timedelta(days=1)
        world.city.update_trust(world.registry.published())
        assert times(issue(world))[0] == world.clock()

    @IN_BOTH_FORMATS
    @pytest.mark.parametrize("valid_for", [timedelta(0), timedelta(seconds=-1)])
    def test_a_credential_is_valid_for_some_time(self, world, valid_for):
        with pytest.raises(ValueError, match="some time"):
            issue(world, valid_for=valid_for)

    @IN_BOTH_FORMATS
    def test_a_record_of_a_moment_east_of_greenwich_is_dated_in_universal_time(self, world):
        world.clock.now = datetime(2026, 11, 24, 8, 30, tzinfo=TOKYO)
        assert times(issue(world))[0] == MIDNIGHT


@IN_BOTH_FORMATS
class TestAuthority:
    @pytest.fixture
    def signer(self) -> CountingSigner:
        return CountingSigner()

    @pytest.fixture
    def city(self, world, signer) -> Issuer:
        world.enrolment = world.registry.enrol_issuer("Town", code="town", may_issue=[Resident], signer=signer)
        return world.issuer(world.enrolment)

    def refuses(self, city: Issuer, signer: CountingSigner, world: World, *, error: Any = NotAuthorisedError) -> None:
        for valid_for in (timedelta(hours=1), DAYS_90):
            with pytest.raises(error):
                issue(world, city, valid_for=valid_for)
        assert signer.signatures == 0

    def test_it_signs_what_it_may_issue(self, world, city, signer):
        assert issue(world, city).raw
        assert signer.signatures == 1

    @pytest.mark.parametrize("record", [income(), resident(ForeignResident, permit="study")])
    def test_it_does_not_sign_another_type(self, world, city, signer, record):
        with pytest.raises(NotAuthorisedError):
            issue(world, city, record)
        assert signer.signatures == 0

    @pytest.mark.parametrize("mode", ["all", "from_date"])
    @pytest.mark.parametrize("change", ["suspend", "withdraw"])
    def test_it_signs_nothing_while_it_is_stopped(self, world, city, signer, change, mode):
        """Not even with the date of the morning, when all was still well."""
        world.clock.pass_by(days=1)
        getattr(world.registry, change)("urn:vcwallet:party:town", reason="audit", mode=mode)
        world.clock.pass_by(hours=1)
        city.update_trust(world.registry.published())
        self.refuses(city, signer, world)

    def test_it_signs_again_once_it_is_reinstated(self, world, city, signer):
        world.registry.suspend("urn:vcwallet:party:town", reason="audit")
        world.clock.pass_by(hours=1)
        world.registry.reinstate("urn:vcwallet:party:town", reason="all well")
        city.update_trust(world.registry.published())
        assert times(issue(world, city))[0] == world.clock()  # what is dated before would still be refused

    def test_it_signs_nothing_when_the_registry_s_list_is_past_its_end(self, world, city, signer):
        world.clock.pass_by(days=30)
        self.refuses(city, signer, world, error=TrustedListError)
        city.update_trust(world.registry.published())
        assert issue(world, city).raw

    def test_it_signs_a_type_only_from_the_day_on_which_it_may(self, world, signer):
        tomorrow = world.clock() + timedelta(days=1)
        enrolment = world.registry.enrol_issuer("Office", may_issue=[Resident], signer=signer, types_from=tomorrow)
        office = world.issuer(enrolment)
        self.refuses(office, signer, world)
        world.clock.pass_by(days=1)
        assert issue(world, office).raw

    def test_an_older_list_is_refused_and_the_last_one_stays(self, world, city, signer):
        older = world.registry.published()
        world.registry.suspend("urn:vcwallet:party:town", reason="audit")
        city.update_trust(world.registry.published())
        with pytest.raises(TrustedListError):
            city.update_trust(older)
        self.refuses(city, signer, world)

    def test_another_role_s_enrolment_is_not_taken_up(self, world):
        with pytest.raises(ValueError, match="not that of an issuer"):
            world.issuer(world.bank_enrolment)

    def test_a_list_past_its_end_is_not_taken_up(self, world):
        world.clock.pass_by(days=30)
        with pytest.raises(TrustedListError):
            world.issuer(world.city_enrolment)


class TestUnlinkability:
    def test_two_credentials_share_no_salt_disclosure_or_digest(self, world):
        first, second = issue(world), issue(world)
        salts = [salt for credential in (first, second) for salt, *_ in disclosures(credential)]
        assert len(set(salts)) == len(salts)
        assert all(len(base64url.decode(salt)) >= 16 for salt in salts)
        seen = [digest for one in (first, second) for digest in (*digests(payload_of(one.raw)), *inner_digests(one))]
        assert len(set(seen)) == len(seen) == len(salts)
        assert set(first.raw.split("~")[1:-1]).isdisjoint(second.raw.split("~")[1:-1])

    def test_digests_are_in_no_order_that_tells_claims_apart(self, world):
        for _ in range(5):
            hidden = payload_of(issue(world).raw)["_sd"]
            assert hidden == sorted(hidden)

    def test_the_open_part_is_the_same_for_everybody_but_for_the_key(self, world):
        first, second = (payload_of(issue(world, record=resident(full_name=name)).raw) for name in ("A", "B"))
        different = {name for name in first if first[name] != second[name]}
        assert different == {"_sd", "cnf", "contact"}  # of the last, the digest in it


class TestDates:
    """A birthday begins where the issuer is."""

    EVE = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)  # in Tokyo it is the 23rd already

    @pytest.mark.parametrize(("time_zone", "of_age"), [(UTC, False), (TOKYO, True)])
    def test_the_time_zone_decides_about_ages_at_the_end_of_a_day(self, world, time_zone, of_age):
        world.clock.now = self.EVE + timedelta(days=1)
        city = world.issuer(world.city_enrolment, time_zone=time_zone)
        born = resident(birth_date=date(2006, 11, 24))
        assert HeldSdJwtVc.from_store(issue(world, city, born).raw).claims["over_20"] is of_age

    def test_a_date_can_be_given(self, world):
        born = resident(birth_date=date(2006, 11, 24))
        for on, of_age in ((date(2026, 11, 23), False), (date(2026, 11, 24), True)):
            assert HeldSdJwtVc.from_store(issue(world, record=born, on=on).raw).claims["over_20"] is of_age


def test_a_claim_with_a_registered_name_is_not_signed(world):
    from vcwallet.claims import Concealment
    from vcwallet.formats.base import CredentialContent

    content = CredentialContent(
        type_id=Resident.vct,
        claims={"exp": 1},
        concealment=Concealment(),
        holder=None,
        issued_at=world.clock(),
        expires=world.clock() + DAYS_90,
    )
    with pytest.raises(MalformedError, match="RESERVED_NAME"):
        SdJwtVc().issue(content, issuer=world.city._keys[Role.CREDENTIAL_ISSUER])


def inner_digests(credential: Credential) -> Iterator[str]:
    for *_, value in disclosures(credential):
        yield from digests(value)
