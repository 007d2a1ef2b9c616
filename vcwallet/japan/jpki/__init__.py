# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""JPKI: who somebody is by the certificates on a My Number card (公的個人認証サービス).

A card has two certificates.  That for *user authentication* says that the same card is there again: it has a serial
number and no name.  That for *signing* has four attributes of the resident register: name, sex, birth date and
address.  `authenticate` and `verify_signature` check a certificate, that it is not revoked, and what its key signed.

Who may check revocation in Japan is regulated (Act No. 153 of 2002, art. 17); the CA certificates and the lists are
the deployer's to bring.  This was tested with certificates made after the published profile, not with real cards.
"""

from vcwallet.japan.jpki.attributes import JpkiAttributes, WrittenText
from vcwallet.japan.jpki.certificate import JpkiAuthorities, JpkiCertificate
from vcwallet.japan.jpki.check import JpkiIdentity, JpkiPerson, authenticate, verify_signature
from vcwallet.japan.jpki.login import JpkiLogin, JpkiPage, LoginProblem, challenge_text
from vcwallet.japan.jpki.profile import SIGNING, USER_AUTHENTICATION, JpkiProfile
from vcwallet.japan.jpki.revocation import JpkiRevocation, RevocationLists

__all__ = [
    "SIGNING",
    "USER_AUTHENTICATION",
    "JpkiAttributes",
    "JpkiAuthorities",
    "JpkiCertificate",
    "JpkiIdentity",
    "JpkiLogin",
    "JpkiPage",
    "JpkiPerson",
    "JpkiProfile",
    "JpkiRevocation",
    "LoginProblem",
    "RevocationLists",
    "WrittenText",
    "authenticate",
    "challenge_text",
    "verify_signature",
]
