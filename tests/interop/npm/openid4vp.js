// SPDX-FileCopyrightText: 2026 The vcwallet authors
// SPDX-License-Identifier: Apache-2.0
//
// What @openid4vc/openid4vp leaves to whoever uses it: certificates, and encryption, which jose does.

import { CompactEncrypt, compactDecrypt, exportJWK, generateKeyPair, importJWK } from "jose";
import { callbacks as common, holds } from "./es256.js";
import { alternativeNames, certified, fromBase64, publicJwkOf } from "./certificates.js";

// A key for one message, as client_metadata and wallet_metadata show it, and its private half.
export async function encryptionKey(kid, changed = {}) {
  const made = { crv: changed.crv ?? "P-256", extractable: true };
  const { publicKey, privateKey } = await generateKeyPair("ECDH-ES", made);
  const jwk = { ...(await exportJWK(publicKey)), use: "enc", alg: "ECDH-ES", kid, ...changed };
  return { jwk, privateKey };
}

const octets = (text) => (text === undefined ? undefined : Buffer.from(text, "base64url"));

async function encryptJwe({ publicJwk, alg, enc, apu, apv }, payload) {
  const header = { alg, enc, ...(publicJwk.kid === undefined ? {} : { kid: publicJwk.kid }) };
  const parties = { ...(apu && { apu: octets(apu) }), ...(apv && { apv: octets(apv) }) };
  const jwe = await new CompactEncrypt(Buffer.from(payload))
    .setProtectedHeader(header)
    .setKeyManagementParameters(parties)
    .encrypt(await importJWK(publicJwk, alg));
  return { jwe, encryptionJwk: publicJwk };
}

// `anchors` vouch for whoever signs with a certificate, `keys` by kid are those that something may be encrypted to.
export const callbacksWith = ({ anchors = [], keys = {}, fetch = globalThis.fetch }) => ({
  ...common,
  fetch,
  getX509CertificateMetadata: (text) => alternativeNames(fromBase64(text)),
  verifyJwt(signer, jwt) {
    if (signer.method !== "x5c") return common.verifyJwt(signer, jwt);
    const chain = signer.x5c.map(fromBase64);
    certified(chain, anchors.map(fromBase64));
    const [header, payload, signature] = jwt.compact.split(".");
    const signerJwk = publicJwkOf(chain[0]);
    return { verified: signer.alg === "ES256" && holds(`${header}.${payload}`, signature, signerJwk), signerJwk };
  },
  encryptJwe,
  async decryptJwe(jwe) {
    const { kid } = JSON.parse(Buffer.from(jwe.split(".")[0], "base64url"));
    const key = keys[kid];
    if (!key) return { decrypted: false };
    const { plaintext } = await compactDecrypt(jwe, key.privateKey);
    return { decrypted: true, decryptionJwk: key.jwk, payload: Buffer.from(plaintext).toString() };
  },
});
