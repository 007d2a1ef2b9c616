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
    const signature = sign("sha256", Buffer.from(input), ecdsa(keys.get(nameOf(publicJwk))));
    return { jwt: `${input}.${signature.toString("base64url")}`, signerJwk: publicJwk };
  },
  verifyJwt(signer, { compact }) {
    if (signer.method !== "jwk") return { verified: false };
    const [header, payload, signature] = compact.split(".");
    const key = createPublicKey({ key: signer.publicJwk, format: "jwk" });
    const input = Buffer.from(`${header}.${payload}`);
    const verified = verify("sha256", input, ecdsa(key), Buffer.from(signature, "base64url"));
    return { verified, signerJwk: signer.publicJwk };
  },
};
