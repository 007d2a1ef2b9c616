# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Verifiable credentials for issuers, wallets, verifiers and trust registries.

>>> from datetime import timedelta
>>> from typing import Annotated
>>> from vcwallet import Claim, CredentialType, IntendedUse, Grant
>>> from vcwallet import Issuer, SdJwtVc, TrustRegistry, Verifier, Wallet, ask
>>> class Membership(CredentialType, vct="urn:example:membership:1", ja="会員証", en="Membership"):
...     full_name: Annotated[str, Claim("氏名", "Full name")]
...     member_since: Annotated[int, Claim("入会年", "Member since")]
>>> discount = IntendedUse(
...     code="discount",
...     text={"en": "To give you the price for members"},
...     grants=(Grant(Membership.vct, (("member_since",),)),),
...     retention_days=0,
... )
>>> registry = TrustRegistry.create("Demo trust registry")
>>> club = Issuer(registry.enrol_issuer("Chess club", may_issue=[Membership]))
>>> shop = Verifier(registry.enrol_verifier("Bookshop", purposes=[discount]))
>>> wallet = Wallet.create(None, passphrase="correct horse battery staple", trust=registry.published())
>>> record = Membership(full_name="番号　花子", member_since=2019)
>>> credential = club.issue(record, format=SdJwtVc, holder=wallet.new_holder_key(), valid_for=timedelta(days=90))
>>> _ = wallet.receive(credential)
>>> request = shop.request(ask(Membership, "member_since"), purpose="discount")
>>> prompt = wallet.match(request)
>>> prompt.verifier, [claim.label for claim in prompt.credentials[0].claims]
('Bookshop', ['Member since'])
>>> verified = shop.verify(wallet.present(prompt.approve()), expected=request)
>>> verified[Membership].member_since
2019
"""

from vcwallet._version import __version__
from vcwallet.adapters.local import (
    CredentialIssuerService,
    Issuer,
    StatusHost,
    StatusSigner,
    TrustRegistry,
    Verifier,
    VerifierService,
    Wallet,
    WalletProvider,
)
from vcwallet.adapters.store import SqlLedger, SqlSessions
from vcwallet.credential_type import (
    Claim,
    ClaimGroup,
    CredentialType,
    Disclosure,
    Sensitivity,
    Statute,
    predicate,
    threshold_predicate,
)
from vcwallet.errors import VcError
from vcwallet.formats.base import Credential
from vcwallet.formats.mdoc import Mdoc
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.issuer import AlreadyIssuedError, Issuance
from vcwallet.issuer.openid4vci import Offering
from vcwallet.protocols.openid4vp import Request, Response
from vcwallet.trust.enrolment import Enrolment
from vcwallet.trust.published import PublishedTrust
from vcwallet.trust.registration import Grant, IntendedUse, grants
from vcwallet.verifier import Ask, Verified, ask
from vcwallet.verifier.openid4vp import Channel
from vcwallet.wallet import (
    Abilities,
    BackupReceipt,
    Card,
    Collection,
    Consent,
    CopyUse,
    Damage,
    HolderKey,
    Invocation,
    OfferPrompt,
    Presenter,
    Prompt,
    WalletClient,
)

__all__ = [
    "Abilities",
    "AlreadyIssuedError",
    "Ask",
    "BackupReceipt",
    "Card",
    "Channel",
    "Claim",
    "ClaimGroup",
    "Collection",
    "Consent",
    "CopyUse",
    "Credential",
    "CredentialIssuerService",
    "CredentialType",
    "Damage",
    "Disclosure",
    "Enrolment",
    "Grant",
    "HolderKey",
    "IntendedUse",
    "Invocation",
    "Issuance",
    "Issuer",
    "Mdoc",
    "OfferPrompt",
    "Offering",
    "Presenter",
    "Prompt",
    "PublishedTrust",
    "Request",
    "Response",
    "SdJwtVc",
    "Sensitivity",
    "SqlLedger",
    "SqlSessions",
    "StatusHost",
    "StatusSigner",
    "Statute",
    "TrustRegistry",
    "VcError",
    "Verified",
    "Verifier",
    "VerifierService",
    "Wallet",
    "WalletClient",
    "WalletProvider",
    "__version__",
    "ask",
    "grants",
    "predicate",
    "threshold_predicate",
]
