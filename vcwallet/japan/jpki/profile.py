# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The two kinds of certificate on a card, and what distinguishes them (profile of the JPKI certificates)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ObjectIdentifier

_POLICIES: Final = "1.2.392.200149.8.5.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class JpkiProfile:
    """One kind of certificate.

    Attributes:
        name: how messages call it.
        policies: the certificate policies that it may be issued under.  The numbers of other media than the physical
            card are not published where we looked; who knows more adds them with `dataclasses.replace`.
        signs_documents: whether its signature stands for the person's will (``nonRepudiation``), and not only for their
            presence.
    """

    name: str
    policies: frozenset[ObjectIdentifier]
    signs_documents: bool

    @property
    def key_usage(self) -> x509.KeyUsage:
        """What the key does; critical."""
        return x509.KeyUsage(
            digital_signature=True,
            content_commitment=self.signs_documents,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=False,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
        )


USER_AUTHENTICATION: Final = JpkiProfile(
    name="user authentication", policies=frozenset({ObjectIdentifier(f"{_POLICIES}.3.30")}), signs_documents=False
)
"""利用者証明用電子証明書: the card is there, and its holder knows the four digits."""

SIGNING: Final = JpkiProfile(
    name="signing", policies=frozenset({ObjectIdentifier(f"{_POLICIES}.1.20")}), signs_documents=True
)
"""署名用電子証明書: it has the four attributes, and lapses when one of them changes."""
