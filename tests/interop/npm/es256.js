// SPDX-FileCopyrightText: 2026 The vcwallet authors
// SPDX-License-Identifier: Apache-2.0
//
// What the packages of @openid4vc leave to whoever uses them: keys, hashes, chance, and signatures (ES256), by node's
// own crypto.

import {
  createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, verify,
} from "node:crypto";
import { setGlobalConfig as setOauth2Config } from "@openid4vc/oauth2";
import { setGlobalConfig as setOpenid4vciConfig } from "@openid4vc/openid4vci";

// Our tests stay on this machine, without TLS.
setOauth2Config({ allowInsecureUrls: true });
setOpenid4vciConfig({ allowInsecureUrls: true });

const keys = new Map();
const nameOf = ({ crv, x, y }) => `${crv}.${x}.${y}`;
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const ecdsa = (key) => ({ key, dsaEncoding: "ieee-p1363" });

function kept(privateKey) {
  const { kty, crv, x, y } = privateKey.export({ format: "jwk" });
  const publicJwk = { kty, crv, x, y };
  keys.set(nameOf(publicJwk), privateKey);
  return { method: "jwk", alg: "ES256", publicJwk };
}

// A signature over a text, by the private half of a key that is kept here; and whether one holds.
export const signed = (input, { crv, x, y }) =>
  sign("sha256", Buffer.from(input), ecdsa(keys.get(nameOf({ crv, x, y })))).toString("base64url");
export const holds = (input, signature, publicJwk) =>
  verify(
    "sha256", Buffer.from(input), ecdsa(createPublicKey({ key: publicJwk, format: "jwk" })),
    Buffer.from(signature, "base64url"),
  );

export const newKey = () => kept(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
export const keyOf = (pem) => kept(createPrivateKey(pem));
export const random = () => randomBytes(32).toString("base64url");

export const callbacks = {
  fetch,
  hash: (data, algorithm) => createHash(algorithm.replace("-", "")).update(data).digest(),
  generateRandom: (length) => randomBytes(length),
  signJwt(signer, { header, payload }) {
    const publicJwk = signer.publicJwk ?? signer.key;
    const input = `${encoded(header)}.${encoded(payload)}`;
    return { jwt: `${input}.${signed(input, publicJwk)}`, signerJwk: publicJwk };
  },
  verifyJwt(signer, { compact }) {
    if (signer.method !== "jwk") return { verified: false };
    const [header, payload, signature] = compact.split(".");
    return { verified: holds(`${header}.${payload}`, signature, signer.publicJwk), signerJwk: signer.publicJwk };
  },
};
