// SPDX-FileCopyrightText: 2026 The vcwallet authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads and writes status lists with @sd-jwt/jwt-status-list: one JSON request on standard input, one answer on standard
// output.  The package packs lists and puts them into claims; node's own crypto signs (ES256) and verifies.

import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { createHeaderAndPayload, getListFromStatusListJWT, getStatusListFromJWT, StatusList } from "@sd-jwt/jwt-status-list";

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const ecdsa = (key) => ({ key, dsaEncoding: "ieee-p1363" });

const does = {
  // Statuses to a compressed list, and back.
  pack: ({ statuses, bits }) => new StatusList(statuses, bits).compressStatusList(),
  unpack: ({ lst, bits }) => StatusList.decompressStatusList(lst, bits).statusList,

  // Statuses to a signed Status List Token.
  issue({ statuses, bits, claims, x5c, pem }) {
    const list = new StatusList(statuses, bits);
    const made = createHeaderAndPayload(list, claims, { alg: "ES256", typ: "statuslist+jwt", x5c });
    const input = `${encoded(made.header)}.${encoded(made.payload)}`;
    return `${input}.${sign("sha256", Buffer.from(input), ecdsa(createPrivateKey(pem))).toString("base64url")}`;
  },

  // A signed Status List Token, and a credential that refers to it, to the status of the credential.
  check({ token, credential, jwk }) {
    const [header, payload, signature] = token.split(".");
    const input = Buffer.from(`${header}.${payload}`);
    if (!verify("sha256", input, ecdsa(createPublicKey({ key: jwk, format: "jwk" })), Buffer.from(signature, "base64url"))) {
      throw new Error("the signature does not hold");
    }
    const { idx, uri } = getStatusListFromJWT(credential);
    const { sub } = JSON.parse(Buffer.from(payload, "base64url"));
    return { same: sub === uri, status: getListFromStatusListJWT(token).getStatus(idx) };
  },
};

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const requests = JSON.parse(Buffer.concat(chunks));
process.stdout.write(JSON.stringify(requests.map(({ do: what, ...request }) => does[what](request))));
