// SPDX-FileCopyrightText: 2026 The vcwallet authors
// SPDX-License-Identifier: Apache-2.0
//
// A verifier made of @openid4vc/openid4vp, dcql, @sd-jwt/core and @owf/mdoc, on a free port of 127.0.0.1.  One line of
// JSON on standard input says who it is; one line on standard output says where; it ends with its input.
//
// Who it is: { pem, x5c, registration, roots: { "dc+sd-jwt", mso_mdoc }, tls: { name, pem } }.
// Its operator begins a transaction by POST /begin, takes what a page was given by POST /take/ID, and sees by
// GET /result/ID what became of it.

import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createInterface } from "node:readline";
import { calculateJwkThumbprint } from "jose";
import { DcqlPresentationResult, DcqlQuery } from "dcql";
import { calculateX509HashClientIdPrefixValue, Openid4vpVerifier } from "@openid4vc/openid4vp";
import { callbacks as common, keyOf, random } from "./es256.js";
import { callbacksWith, encryptionKey } from "./openid4vp.js";
import * as mdoc from "./mdoc.js";
import * as sdJwtVc from "./sd_jwt_vc.js";

const lines = createInterface({ input: process.stdin });
const { value: line } = await lines[Symbol.asyncIterator]().next();
const given = JSON.parse(line);

const server = given.tls ? createTlsServer({ cert: given.tls.pem, key: given.tls.pem }) : createServer();
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address();
const origin = given.tls ? `https://${given.tls.name}:${port}` : `http://127.0.0.1:${port}`;

const [x509Certificate] = given.x5c;
const clientId = given.tls
  ? `x509_san_dns:${given.tls.name}`
  : `x509_hash:${await calculateX509HashClientIdPrefixValue({ hash: common.hash, x509Certificate })}`;
const signer = { method: "x5c", alg: "ES256", x5c: given.x5c };
const transactions = new Map();

// What the package uses for one transaction, which has its own key for the answer.
function callbacksFor({ key, answerKey }) {
  const keys = answerKey ? { [answerKey.jwk.kid]: answerKey } : {};
  return { ...callbacksWith({ keys }), signJwt: (_, jwt) => common.signJwt(key, jwt) };
}

async function requestOf(transaction, { walletNonce, jwks } = {}) {
  const { asked } = transaction;
  const payload = { ...(walletNonce && { wallet_nonce: walletNonce }), ...transaction.payload };
  const [encryptTo] = jwks?.keys ?? [];
  const jar = {
    jwtSigner: signer,
    additionalJwtPayload: asked.aud && { aud: asked.aud }, // the package takes the request_uri where there is none
    requestUri: asked.by === "reference" ? transaction.requestUri : undefined,
    expiresInSeconds: 300,
    jweEncryptor: encryptTo && { method: "jwk", publicJwk: encryptTo, alg: "ECDH-ES", enc: "A128GCM" },
  };
  return new Openid4vpVerifier({ callbacks: callbacksFor(transaction) }).createOpenId4vpAuthorizationRequest({
    authorizationRequestPayload: payload,
    wallet: { expectedNonce: payload.wallet_nonce },
    jar: asked.unsigned ? undefined : jar,
  });
}

// What it asks: { by: "reference" | "value" | "api", post, mode, query, purpose, aud, unsigned, pem, key, otherKeys,
// enc, algorithms, verifierInfo, origins, transactionData, back, changed }; answers are held against `expected`, too.
async function begin(asked) {
  const id = random();
  const isEncrypted = asked.mode.endsWith(".jwt");
  const answerKey = isEncrypted ? await encryptionKey(`answers to ${id}`, asked.key) : undefined;
  const others = await Promise.all((asked.otherKeys ?? []).map((one) => encryptionKey(`other ${random()}`, one)));
  const byApi = asked.by === "api";
  const payload = {
    response_type: "vp_token",
    response_mode: asked.mode,
    nonce: random(),
    purpose: asked.purpose,
    dcql_query: asked.query,
    client_metadata: {
      ...(isEncrypted && {
        jwks: { keys: [...others, answerKey].map((one) => one.jwk) },
        encrypted_response_enc_values_supported: asked.enc ?? ["A128GCM", "A256GCM"],
      }),
      vp_formats_supported: {
        "dc+sd-jwt": { "sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"] },
        mso_mdoc: { issuerauth_alg_values: asked.algorithms ?? [-7], deviceauth_alg_values: asked.algorithms ?? [-7] },
      },
    },
    ...(asked.unsigned ? {} : { client_id: clientId }),
    verifier_info: [...(asked.verifierInfo ?? []), { format: "registration_cert", data: given.registration }],
    ...(asked.transactionData && { transaction_data: asked.transactionData }),
    ...(byApi
      ? asked.origins && { expected_origins: asked.origins }
      : { state: random(), response_uri: `${origin}/response/${id}` }),
    ...asked.changed,
  };
  const transaction = {
    asked, payload, answerKey, key: keyOf(asked.pem ?? given.pem), requestUri: `${origin}/request/${id}`,
  };
  transactions.set(id, transaction);
  const made = await requestOf(transaction);
  // The package writes no request_uri_method.
  const link = byApi ? undefined : `${made.authorizationRequest}${asked.post ? "&request_uri_method=post" : ""}`;
  return { id, link, data: made.authorizationRequestObject };
}

async function read(raw, format, { payload, answerKey, from }) {
  const anchors = [given.roots[format]];
  const thumbprint = answerKey && (await calculateJwkThumbprint(answerKey.jwk));
  const { nonce, client_id: clientId, response_uri: responseUri } = payload;
  return format === "mso_mdoc"
    ? mdoc.verified(raw, { anchors, bound: { nonce, clientId, responseUri, origin: from, thumbprint } })
    : sdJwtVc.verified(raw, { anchors, nonce, audience: from ? `origin:${from}` : clientId });
}

const headerOf = (jwe) => JSON.parse(Buffer.from(jwe.split(".")[0], "base64url"));

// What an answer says, after everything was checked that the packages can check.
async function judged(transaction, authorizationResponse, from) {
  const payload = { ...transaction.payload, ...transaction.asked.expected };
  const callbacks = callbacksFor(transaction);
  const verifier = new Openid4vpVerifier({ callbacks });
  const parsed = await verifier.parseOpenid4vpAuthorizationResponse({
    authorizationResponse, authorizationRequestPayload: payload, origin: from, callbacks,
  });
  const query = DcqlQuery.parse(payload.dcql_query);
  const formats = Object.fromEntries(query.credentials.map((one) => [one.id, one.format]));
  const about = { payload, answerKey: transaction.answerKey, from };
  const credentials = {};
  const proofs = {};
  for (const [id, presentations] of Object.entries(parsed.dcql.presentations)) {
    const found = await Promise.all(presentations.map((raw) => read(raw, formats[id], about)));
    credentials[id] = found.map((one) => one.credential);
    proofs[id] = found.map((one) => one.proof);
  }
  DcqlPresentationResult.validate(DcqlPresentationResult.fromDcqlPresentation(credentials, { dcqlQuery: query }));
  const { transaction_data: transactionData } = payload;
  const authorised =
    transactionData && (await verifier.verifyTransactionData({ transactionData, credentials: proofs }));
  return {
    credentials,
    header: authorizationResponse.response && headerOf(authorizationResponse.response),
    authorised: authorised?.map((one) => one.credentialId),
  };
}

const json = (body, status = 200) => ({ status, type: "application/json", body: JSON.stringify(body) });

// Version 0.4.6 takes what has no vp_token for no answer; whoever uses it looks for an error first (section 8.5).
async function declined(transaction, { response, ...members }) {
  if (!response) return members;
  const { payload } = await callbacksFor(transaction).decryptJwe(response);
  return JSON.parse(payload ?? "{}");
}

async function ended(transaction, authorizationResponse, from) {
  const { error: told, state } = await declined(transaction, authorizationResponse);
  if (told) {
    transaction.result = { declined: told, isOurs: state === transaction.payload.state };
    return json({});
  }
  try {
    transaction.result = await judged(transaction, authorizationResponse, from);
  } catch (error) {
    transaction.result = { error: error.message, detail: `${error.stack} ${error.cause?.stack ?? ""}` };
    return json({ error: "invalid_request" }, 400);
  }
  return json(transaction.asked.back ? { redirect_uri: transaction.asked.back } : {});
}

async function fetched(transaction, method, form) {
  // A wallet without POST comes by GET all the same.
  const { jwks } = JSON.parse(form.wallet_metadata ?? "{}");
  transaction.told = { method, ...form };
  const { jar } = await requestOf(transaction, { walletNonce: form.wallet_nonce, jwks });
  return { status: 200, type: "application/oauth-authz-req+jwt", body: jar.authorizationRequestJwt };
}

async function answer(method, path, body) {
  const [, does, id] = path.split("/");
  if (does === "begin") return json(await begin(JSON.parse(body)));
  const transaction = transactions.get(id);
  if (!transaction) return json({ error: "invalid_request" }, 404);
  if (does === "result") return json({ ...transaction.result, told: transaction.told });
  if (does === "take") {
    const { data, origin: from } = JSON.parse(body);
    return ended(transaction, data, from);
  }
  const form = Object.fromEntries(new URLSearchParams(body));
  return does === "request" ? fetched(transaction, method, form) : ended(transaction, form);
}

server.on("request", async (incoming, outgoing) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  let response;
  try {
    response = await answer(incoming.method, incoming.url, Buffer.concat(chunks).toString());
  } catch (error) {
    response = json({ error: "server_error", detail: `${error.stack} ${error.cause?.stack ?? ""}` }, 500);
  }
  const headers = { "content-type": response.type, "cache-control": "no-store" };
  outgoing.writeHead(response.status, headers).end(response.body);
});

lines.once("close", () => process.exit(0));
process.stdout.write(`${JSON.stringify({ origin })}\n`);
