// SPDX-FileCopyrightText: 2026 The vcwallet authors
// SPDX-License-Identifier: Apache-2.0
//
// SD-JWT VCs of a holder and for a verifier, by @sd-jwt/core; certificates and signatures by node's own crypto.

import { createHash } from "node:crypto";
import { SDJwtInstance } from "@sd-jwt/core";
import { holds, signed } from "./es256.js";
import { certified, fromBase64, publicJwkOf } from "./certificates.js";

const hasher = (data, algorithm) => new Uint8Array(createHash(algorithm.replace("-", "")).update(data).digest());

// Whether a path of DCQL (null for every element) and one of the package (`a.0.b`) go the same way, as far as they go.
const together = (path, key) =>
  key.split(".").every((step, index) => index >= path.length || path[index] === null || `${path[index]}` === step);

export async function readHeld(raw) {
  const found = await new SDJwtInstance({ hasher }).getClaims(raw);
  return { credential_format: "dc+sd-jwt", vct: found.vct, claims: found, cryptographic_holder_binding: true };
}

// What some paths of DCQL say, with all that is above and below them, and a proof of the holder.
export async function present(raw, { paths, key, bound }) {
  const holder = new SDJwtInstance({ hasher, kbSignAlg: "ES256", kbSigner: (input) => signed(input, key.publicJwk) });
  const keys = await holder.presentableKeys(raw);
  const chosen = keys.filter((one) => paths.some((path) => together(path, one)));
  const payload = { iat: Math.floor(Date.now() / 1000), ...bound };
  return holder.present(raw, Object.fromEntries(chosen.map((one) => [one, true])), { kb: { payload } });
}

// What a presentation says, if its issuer is one that the anchors vouch for and its holder has proved to be there.
export async function verified(raw, { anchors, nonce, audience }) {
  const verifier = new SDJwtInstance({
    hasher,
    verifier(input, signature) {
      const { x5c } = JSON.parse(Buffer.from(input.split(".")[0], "base64url"));
      const chain = x5c.map(fromBase64);
      certified(chain, anchors.map(fromBase64));
      return holds(input, signature, publicJwkOf(chain[0]));
    },
    kbVerifier: (input, signature, { cnf }) => holds(input, signature, cnf.jwk),
  });
  const { payload, kb } = await verifier.verify(raw, { keyBindingNonce: nonce });
  if (kb.payload.aud !== audience) throw new Error("the presentation is for somebody else");
  const credential = {
    credential_format: "dc+sd-jwt", vct: payload.vct, claims: payload, cryptographic_holder_binding: true,
  };
  return { credential, proof: kb.payload };
}
