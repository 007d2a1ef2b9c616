// SPDX-FileCopyrightText: 2026 The vcwallet authors
// SPDX-License-Identifier: Apache-2.0
//
// X.509 for the packages that leave it to whoever uses them, by node's own crypto.  Certificates are DER.

import { X509Certificate } from "node:crypto";

const read = (der) => new X509Certificate(der);
export const fromBase64 = (text) => Buffer.from(text, "base64");

// The first certificate of a chain, each of which the next has issued, and the last one of the anchors.
export function certified(chain, anchors) {
  const certificates = chain.map(read);
  const now = new Date();
  certificates.forEach((one, index) => {
    const issuers = index + 1 < certificates.length ? [certificates[index + 1]] : anchors.map(read);
    if (!issuers.some((issuer) => one.checkIssued(issuer) && one.verify(issuer.publicKey))) {
      throw new Error("nobody vouches for the certificate");
    }
    if (now < new Date(one.validFrom) || new Date(one.validTo) < now) throw new Error("a certificate is not valid now");
  });
  return certificates[0];
}

export function publicJwkOf(der) {
  const { kty, crv, x, y } = read(der).publicKey.export({ format: "jwk" });
  return { kty, crv, x, y };
}

// The names in the certificate of a server: subjectAltName is written as `DNS:a.example, URI:urn:b`.
export function alternativeNames(der) {
  const names = (read(der).subjectAltName ?? "").split(", ").map((name) => name.split(/:(.*)/s));
  const of = (kind) => names.filter(([given]) => given === kind).map(([, name]) => name);
  return { sanDnsNames: of("DNS"), sanUriNames: of("URI") };
}

// Name fields are written as one `C=JP` on each line.
export function issuerField(der, field) {
  const lines = read(der).issuer.split("\n").filter((line) => line.startsWith(`${field}=`));
  return lines.map((line) => line.slice(field.length + 1));
}

export function certificateData(der) {
  const one = read(der);
  return {
    issuerName: one.issuer,
    subjectName: one.subject,
    serialNumber: one.serialNumber,
    thumbprint: one.fingerprint256,
    notBefore: new Date(one.validFrom),
    notAfter: new Date(one.validTo),
    pem: one.toString(),
  };
}
