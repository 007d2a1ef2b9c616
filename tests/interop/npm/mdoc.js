// SPDX-FileCopyrightText: 2026 The vcwallet authors
// SPDX-License-Identifier: Apache-2.0
//
// mdocs of a holder and for a verifier, by @owf/mdoc; certificates, hashes and signatures by node's own crypto.

import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from "node:crypto";
import {
  CoseKey, DateOnly, DeviceRequest, DeviceResponse, DocRequest, Header, Holder, IssuerSigned, ItemsRequest,
  SessionTranscript, Verifier,
} from "@owf/mdoc";
import { certificateData, certified, fromBase64, issuerField, publicJwkOf } from "./certificates.js";

const ES256 = -7;
const ESP256 = -9; // the same on P-256, by its fully specified name (RFC 9864)
const ecdsa = (key) => ({ key, dsaEncoding: "ieee-p1363" });
const curve = ({ kty, crv, x, y, d }) => ({ kty, crv, x, y, ...(d && { d }) });
const notHere = () => {
  throw new Error("nobody uses a MAC here");
};

const context = {
  crypto: {
    random: (length) => new Uint8Array(randomBytes(length)),
    digest: ({ digestAlgorithm, bytes }) =>
      new Uint8Array(createHash(digestAlgorithm.replace("-", "").toLowerCase()).update(bytes).digest()),
    calculateEphemeralMacKey: notHere,
  },
  cose: {
    sign1: {
      sign: ({ toBeSigned, key }) =>
        new Uint8Array(sign("sha256", toBeSigned, ecdsa(createPrivateKey({ key: curve(key.jwk), format: "jwk" })))),
      verify({ key, sign1 }) {
        if (![ES256, ESP256].includes(sign1.protectedHeaders.headers.get(Header.Algorithm))) return false;
        const publicKey = createPublicKey({ key: curve(key.jwk), format: "jwk" });
        return verify("sha256", sign1.toBeSigned, ecdsa(publicKey), sign1.signature);
      },
    },
    mac0: { sign: notHere, verify: notHere },
  },
  x509: {
    getIssuerNameField: ({ certificate, field }) => issuerField(certificate, field),
    getPublicKey: ({ certificate }) => CoseKey.fromJwk(publicJwkOf(certificate)),
    verifyCertificateChain: ({ trustedCertificates, x5chain }) => void certified(x5chain, trustedCertificates),
    getCertificateData: ({ certificate }) => certificateData(certificate),
  },
};

// Where a presentation goes: back to a page, or to an address.
const transcript = ({ origin, nonce, clientId, responseUri, thumbprint }) => {
  const jwkThumbprint = thumbprint && new Uint8Array(Buffer.from(thumbprint, "base64url"));
  return origin
    ? SessionTranscript.forOid4VpDcApi({ origin, nonce, jwkThumbprint }, context)
    : SessionTranscript.forOid4Vp({ clientId, nonce, responseUri, jwkThumbprint }, context);
};

const asJson = (value) => {
  if (value instanceof DateOnly) return value.toISOString();
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, one]) => [name, asJson(one)]));
  return Array.isArray(value) ? value.map(asJson) : value;
};

function asCredential(issuerSigned) {
  const namespaces = [...issuerSigned.issuerNamespaces.issuerNamespaces].map(([name, items]) => [
    name, Object.fromEntries(items.map((one) => [one.elementIdentifier, asJson(one.elementValue)])),
  ]);
  return {
    credential_format: "mso_mdoc",
    doctype: issuerSigned.issuerAuth.mobileSecurityObject.docType,
    namespaces: Object.fromEntries(namespaces),
    cryptographic_holder_binding: true,
  };
}

export const readHeld = (raw) => asCredential(IssuerSigned.fromEncodedForOid4Vci(raw));

// What some paths of DCQL say, as the DeviceResponse of one document.
export async function present(raw, { paths, jwk, algorithm = ES256, bound }) {
  const issuerSigned = IssuerSigned.fromEncodedForOid4Vci(raw);
  const namespaces = {};
  for (const [space, element] of paths) namespaces[space] = { ...namespaces[space], [element]: false };
  const { docType } = issuerSigned.issuerAuth.mobileSecurityObject;
  const docRequest = DocRequest.create({ itemsRequest: ItemsRequest.create({ docType, namespaces }) });
  const key = CoseKey.fromJwk(curve(jwk));
  const signingKey = CoseKey.create({
    keyType: key.keyType, curve: key.curve, x: key.x, y: key.y, d: key.d, algorithm,
  });
  const response = await Holder.createDeviceResponseForDeviceRequest({
    deviceRequest: DeviceRequest.create({ docRequests: [docRequest] }),
    issuerSigned: [issuerSigned],
    sessionTranscript: await transcript(bound),
    signature: { signingKey },
  }, context);
  return response.encodedForOid4Vp;
}

// What a presentation says, if its issuer is one that the anchors vouch for and its holder has proved to be there.
export async function verified(raw, { anchors, bound }) {
  const deviceResponse = DeviceResponse.fromEncodedForOid4Vp(raw);
  await Verifier.verifyDeviceResponse({
    deviceResponse,
    sessionTranscript: await transcript(bound),
    trustedCertificates: anchors.map((one) => new Uint8Array(fromBase64(one))),
  }, context);
  const [document, ...others] = deviceResponse.documents;
  if (others.length) throw new Error("a presentation has one document");
  return { credential: asCredential(document.issuerSigned) };
}
