// SPDX-FileCopyrightText: 2026 The vcwallet authors
// SPDX-License-Identifier: Apache-2.0
//
// A wallet made of @openid4vc/openid4vp, dcql, @sd-jwt/core and @owf/mdoc: it takes requests from standard input,
// answers them with the credentials that come along, and writes what became of them to standard output.
//
// A request: { link | call: { data, origin }, credentials: [{ format, raw, pem }], anchors, server: { name, origin },
// post: "as the package does" | "as the standard says", enc, algorithm, times, changed }.  What is `changed` makes an
// answer that is none: { nonce, audience, handover, pem, withheld, nothing, encryptTo, clear, state, walletNonce }.

import { createHash, createPrivateKey } from "node:crypto";
import { calculateJwkThumbprint } from "jose";
import { DcqlQuery } from "dcql";
import { extractEncryptionJwkFromJwks, Openid4vpClient } from "@openid4vc/openid4vp";
import { keyOf, random } from "./es256.js";
import { callbacksWith, encryptionKey } from "./openid4vp.js";
import * as mdoc from "./mdoc.js";
import * as sdJwtVc from "./sd_jwt_vc.js";

const FORMATS = { "dc+sd-jwt": sdJwtVc, mso_mdoc: mdoc };
const METADATA = {
  vp_formats_supported: {
    "dc+sd-jwt": { "sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"] },
    mso_mdoc: { issuerauth_alg_values: [-7, -9], deviceauth_alg_values: [-7, -9] },
  },
  client_id_prefixes_supported: ["x509_hash", "x509_san_dns"],
  request_object_signing_alg_values_supported: ["ES256"],
};

// Names of servers are not looked up on the machine of the tests, nor is there TLS: `name` is where `origin` is.
const reaching = ({ name, origin }) => (url, init) => {
  const place = `${url}`.startsWith(`${name}/`) ? `${origin}${`${url}`.slice(name.length)}` : url;
  return fetch(place, { ...init, redirect: "error" });
};

// By POST, version 0.4.6 sends the members of its metadata as parameters of their own, and never its nonce; section
// 5.10 has two parameters, `wallet_metadata` and `wallet_nonce`.  It finds out that a request object is encrypted, and
// then reads it as if it were not.  Whoever uses the package does both in its place.
function posting(reach, callbacks, key) {
  const encryption = {
    jwks: { keys: [key.jwk] },
    authorization_encryption_alg_values_supported: ["ECDH-ES"],
    authorization_encryption_enc_values_supported: ["A128GCM"],
  };
  const nonce = random();
  const metadata = JSON.stringify({ ...METADATA, ...encryption });
  const body = new URLSearchParams({ wallet_metadata: metadata, wallet_nonce: nonce }).toString();
  async function post(url, init) {
    if (init.method !== "post") return reach(url, init);
    const response = await reach(url, { ...init, method: "POST", body });
    const { decrypted, payload } = await callbacks.decryptJwe(await response.text());
    if (!decrypted) throw new Error("the request object is not encrypted to the wallet");
    return new Response(payload, { headers: { "content-type": response.headers.get("content-type") } });
  }
  return { post, nonce };
}

// Which credential answers which query, by which paths.
function chosen(query, held) {
  const parsed = DcqlQuery.parse(query);
  DcqlQuery.validate(parsed);
  const found = DcqlQuery.query(parsed, held);
  if (!found.can_be_satisfied) throw new Error("nothing fits");
  const required = found.credential_sets?.filter((set) => set.required).flatMap((set) => set.matching_options[0]);
  return (required ?? parsed.credentials.map((one) => one.id)).map((id) => {
    const { claims = [] } = parsed.credentials.find((one) => one.id === id);
    const [first] = found.credential_matches[id].valid_credentials;
    const indexes = first.claims.valid_claim_sets[0].valid_claim_indexes ?? [];
    const paths = indexes.map((index) => claims[index].path ?? [claims[index].namespace, claims[index].claim_name]);
    return { id, paths, index: first.input_credential_index };
  });
}

// What the holder authorises with one of the credentials: the hashes of the texts as they came (appendix B.3.3).
function authorised(transactionData, id) {
  const these = transactionData.filter((one) => one.transactionData.credential_ids.includes(id));
  const hashes = these.map(({ encoded }) => createHash("sha256").update(encoded).digest("base64url"));
  return hashes.length ? { transaction_data_hashes: hashes, transaction_data_hashes_alg: "sha-256" } : {};
}

async function presentations(request, resolved, encryptionJwk) {
  const { changed = {}, credentials, call } = request;
  const { authorizationRequestPayload: payload, transactionData = [] } = resolved;
  const held = await Promise.all(credentials.map(({ format, raw }) => FORMATS[format].readHeld(raw)));
  const nonce = changed.nonce ?? payload.nonce;
  const thumbprint = encryptionJwk && (await calculateJwkThumbprint(encryptionJwk));
  const audience = changed.audience ?? (call ? `origin:${call.origin}` : payload.client_id);
  const handover = {
    nonce, origin: call?.origin, clientId: payload.client_id, responseUri: payload.response_uri, thumbprint,
    ...changed.handover,
  };
  const vpToken = {};
  for (const { id, paths, index } of chosen(payload.dcql_query, held)) {
    const { format, raw, pem } = credentials[index];
    const shown = paths.slice(changed.withheld ?? 0);
    const key = keyOf(changed.pem ?? pem);
    const authorising = authorised(changed.nothing ? [] : transactionData, id);
    const jwk = createPrivateKey(changed.pem ?? pem).export({ format: "jwk" });
    vpToken[id] = [
      format === "mso_mdoc"
        ? await mdoc.present(raw, { paths: shown, jwk, algorithm: request.algorithm, bound: handover })
        : await sdJwtVc.present(raw, { paths: shown, key, bound: { aud: audience, nonce, ...authorising } }),
    ];
  }
  return vpToken;
}

async function present(request) {
  const { call, changed = {}, enc = "A256GCM" } = request;
  const key = await encryptionKey("wallet");
  const reach = request.server ? reaching(request.server) : fetch;
  const callbacks = callbacksWith({ anchors: request.anchors, keys: { wallet: key }, fetch: reach });
  const wallet = request.post ? { metadata: METADATA } : {};
  if (request.post === "as the standard says") {
    const { post, nonce } = posting(reach, callbacks, key);
    wallet.expectedNonce = changed.walletNonce ?? nonce;
    callbacks.fetch = post;
  }
  const client = new Openid4vpClient({ callbacks });
  const parsed = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: call?.data ?? request.link });
  const asked = { ...parsed.params };
  if (!request.post) delete asked.request_uri_method; // a wallet that knows GET alone
  const resolved = await client.resolveOpenId4vpAuthorizationRequest({
    authorizationRequestPayload: asked, wallet, origin: call?.origin,
  });
  const payload = resolved.authorizationRequestPayload;
  const isEncrypted = payload.response_mode.endsWith(".jwt") && !changed.clear;
  const elsewhere = changed.encryptTo && (await encryptionKey(changed.encryptTo)).jwk;
  const jwk = isEncrypted
    ? elsewhere ?? extractEncryptionJwkFromJwks(payload.client_metadata.jwks, { supportedAlgValues: ["ECDH-ES"] })
    : undefined;
  const answerTo = changed.clear ? { ...payload, response_mode: payload.response_mode.replace(".jwt", "") } : payload;
  const made = await client.createOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: { ...answerTo, ...(changed.state && { state: changed.state }) },
    authorizationResponsePayload: { vp_token: await presentations(request, resolved, jwk) },
    origin: call?.origin,
    jarm: isEncrypted
      ? {
          encryption: { jwk },
          serverMetadata: {
            authorization_encryption_alg_values_supported: ["ECDH-ES"],
            authorization_encryption_enc_values_supported: [enc],
          },
        }
      : undefined,
  });
  const about = {
    version: resolved.version,
    prefix: resolved.client.prefix,
    transactionData: resolved.transactionData?.map((one) => one.transactionData),
    request: payload,
  };
  const { jarm, authorizationResponsePayload } = made;
  if (call) return { ...about, data: jarm ? { response: jarm.responseJwt } : authorizationResponsePayload };
  const sent = [];
  for (let time = 0; time < (request.times ?? 1); time += 1) {
    const { response } = await client.submitOpenid4vpAuthorizationResponse({
      authorizationRequestPayload: payload, authorizationResponsePayload, jarm,
    });
    sent.push({ status: response.status, body: await response.json() });
  }
  return { ...about, sent };
}

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const answers = [];
for (const request of JSON.parse(Buffer.concat(chunks))) {
  try {
    answers.push(await present(request));
  } catch (error) {
    const refused = error.errorResponse;
    const { error: code, error_description: why } = refused ?? {};
    answers.push({ error: why ?? error.message, code, detail: `${error.stack} ${error.cause?.stack ?? ""}` });
  }
}
process.stdout.write(JSON.stringify(answers));
