// SPDX-FileCopyrightText: 2026 The vcwallet authors
// SPDX-License-Identifier: Apache-2.0
//
// An issuer made of @openid4vc/openid4vci and @openid4vc/oauth2, on a free port of 127.0.0.1.  One line of JSON on
// standard input says who it is; one line on standard output says where, and with which offers; it ends with its input.
//
// It has no credentials of its own: the wallet's keys go to `signer`, which answers with credentials bound to them.

import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Oauth2AuthorizationServer, Oauth2ResourceServer, PkceCodeChallengeMethod } from "@openid4vc/oauth2";
import { Openid4vciIssuer, Openid4vciVersion } from "@openid4vc/openid4vci";
import { callbacks, keyOf, newKey, random } from "./es256.js";

const PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
const lines = createInterface({ input: process.stdin });
const { value: line } = await lines[Symbol.asyncIterator]().next();
const given = JSON.parse(line);

const server = createServer();
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
const issuer = new Openid4vciIssuer({ callbacks });
const authorizationServer = new Oauth2AuthorizationServer({ callbacks });
const resourceServer = new Oauth2ResourceServer({ callbacks });
const tokenKey = newKey();
const tokenSigner = { ...tokenKey, kid: "tokens" };

const serverMetadata = authorizationServer.createAuthorizationServerMetadata({
  issuer: origin,
  token_endpoint: `${origin}/token`,
  authorization_endpoint: `${origin}/authorize`,
  pushed_authorization_request_endpoint: `${origin}/par`,
  jwks_uri: `${origin}/jwks`,
  response_types_supported: ["code"],
  grant_types_supported: ["authorization_code", PRE_AUTHORIZED],
  code_challenge_methods_supported: ["S256"],
  dpop_signing_alg_values_supported: ["ES256"],
  authorization_response_iss_parameter_supported: true,
  "pre-authorized_grant_anonymous_access_supported": true,
});
const issuerMetadata = issuer.createCredentialIssuerMetadata({
  credential_issuer: origin,
  credential_endpoint: `${origin}/credential`,
  deferred_credential_endpoint: `${origin}/deferred`,
  notification_endpoint: `${origin}/notification`,
  nonce_endpoint: `${origin}/nonce`,
  batch_credential_issuance: { batch_size: 10 },
  display: [{ name: "Another city", locale: "en" }],
  credential_configurations_supported: given.configurations,
});
const metadata = {
  credentialIssuer: issuerMetadata,
  authorizationServers: [serverMetadata],
  originalDraftVersion: Openid4vciVersion.V1,
  knownCredentialConfigurations: issuer.getKnownCredentialConfigurationsSupported(issuerMetadata),
};
const metadataKey = keyOf(given.pem);
const signedMetadata = await issuer.createSignedCredentialIssuerMetadataJwt({
  credentialIssuerMetadata: issuerMetadata,
  issuedAt: new Date(),
  expiresAt: new Date(Date.now() + 3600_000),
  signer: { method: "x5c", alg: "ES256", x5c: given.x5c, key: metadataKey.publicJwk },
});

// What is known of each code, pushed request, nonce and deferred transaction.
const codes = new Map();
const pushed = new Map();
const nonces = new Set();
const waiting = new Map();
const told = [];

async function offerOf(ids, txCode) {
  const code = random();
  codes.set(code, { txCode });
  const asked = txCode && { tx_code: { input_mode: "numeric", length: 4 } };
  const { credentialOffer } = await issuer.createCredentialOffer({
    issuerMetadata: metadata,
    credentialConfigurationIds: ids,
    grants: { [PRE_AUTHORIZED]: { "pre-authorized_code": code, ...asked } },
  });
  return credentialOffer;
}

const json = (body, status = 200, headers = {}) => ({
  status,
  headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  body: JSON.stringify(body),
});

async function authorised(request) {
  const authorizationServers = [serverMetadata];
  return resourceServer.verifyResourceRequest({ authorizationServers, resourceServer: origin, request });
}

async function signed(configurationId, jwks) {
  const answer = await fetch(given.signer, { method: "POST", body: JSON.stringify({ configurationId, jwks }) });
  return (await answer.json()).map((credential) => ({ credential }));
}

const answers = {
  "GET /.well-known/openid-credential-issuer": ({ headers }) =>
    (headers.get("accept") ?? "").includes("application/jwt")
      ? { status: 200, headers: { "content-type": "application/jwt" }, body: signedMetadata }
      : json(issuerMetadata),
  "GET /.well-known/oauth-authorization-server": () => json(serverMetadata),
  "GET /jwks": () => json({ keys: [{ ...tokenKey.publicJwk, kid: "tokens", use: "sig", alg: "ES256" }] }),
  "POST /nonce": () => {
    const cNonce = random();
    nonces.add(cNonce);
    return json(issuer.createNonceResponse({ cNonce }));
  },

  async "POST /par"(request, body) {
    const authorizationRequest = Object.fromEntries(new URLSearchParams(body));
    const parsed = await authorizationServer.parsePushedAuthorizationRequest({ authorizationRequest, request });
    await authorizationServer.verifyPushedAuthorizationRequest({
      ...parsed, request, authorizationServerMetadata: serverMetadata,
    });
    const requestUri = `urn:ietf:params:oauth:request_uri:${random()}`;
    pushed.set(requestUri, parsed.authorizationRequest);
    const answer = authorizationServer.createPushedAuthorizationResponse({ requestUri, expiresInSeconds: 60 });
    return json(answer.pushedAuthorizationResponse, 201);
  },

  // Whoever comes here is believed.
  "GET /authorize"(request) {
    const asked = pushed.get(new URL(request.url).searchParams.get("request_uri"));
    const code = random();
    codes.set(code, { asked });
    const back = new URL(asked.redirect_uri);
    const iss = given.otherIss ?? origin;
    for (const [name, value] of Object.entries({ code, state: asked.state, iss })) back.searchParams.set(name, value);
    return { status: 302, headers: { location: back.href }, body: "" };
  },

  async "POST /token"(request, body) {
    const accessTokenRequest = Object.fromEntries(new URLSearchParams(body));
    const parsed = authorizationServer.parseAccessTokenRequest({ request, accessTokenRequest });
    const code = parsed.grant.preAuthorizedCode ?? parsed.grant.code;
    const known = codes.get(code);
    const common = {
      accessTokenRequest,
      request,
      authorizationServerMetadata: serverMetadata,
      grant: parsed.grant,
      dpop: { ...parsed.dpop, required: true },
    };
    const { dpop } = parsed.grant.code
      ? await authorizationServer.verifyAuthorizationCodeAccessTokenRequest({
          ...common,
          expectedCode: known && code,
          pkce: {
            codeVerifier: parsed.pkceCodeVerifier,
            codeChallenge: known?.asked.code_challenge,
            codeChallengeMethod: PkceCodeChallengeMethod.S256,
          },
        })
      : await authorizationServer.verifyPreAuthorizedCodeAccessTokenRequest({
          ...common, expectedPreAuthorizedCode: known && code, expectedTxCode: known?.txCode,
        });
    codes.delete(code);
    return json(await authorizationServer.createAccessTokenResponse({
      audience: origin,
      authorizationServer: origin,
      signer: tokenSigner,
      subject: "somebody",
      expiresInSeconds: 300,
      dpop,
    }));
  },

  async "POST /credential"(request, body) {
    await authorised(request);
    const asked = issuer.parseCredentialRequest({ issuerMetadata: metadata, credentialRequest: JSON.parse(body) });
    const jwks = [];
    let nonce;
    for (const jwt of asked.proofs.jwt) {
      nonce = JSON.parse(Buffer.from(jwt.split(".")[1], "base64url")).nonce;
      if (!nonces.has(nonce)) return json({ error: "invalid_nonce" }, 400);
      const proof = { issuerMetadata: metadata, jwt, expectedNonce: nonce };
      const { signer } = await issuer.verifyCredentialRequestJwtProof(proof);
      jwks.push(signer.publicJwk);
    }
    nonces.delete(nonce);
    if (given.slow) {
      const transactionId = random();
      waiting.set(transactionId, { id: asked.credentialConfigurationId, jwks, looks: 0 });
      return json(issuer.createCredentialResponse({ credentialRequest: asked, transactionId, interval: 1 }), 202);
    }
    const credentials = await signed(asked.credentialConfigurationId, jwks);
    return json(issuer.createCredentialResponse({ credentialRequest: asked, credentials, notificationId: random() }));
  },

  async "POST /deferred"(request, body) {
    await authorised(request);
    const parsed = issuer.parseDeferredCredentialRequest({ deferredCredentialRequest: JSON.parse(body) });
    const transactionId = parsed.deferredCredentialRequest.transaction_id;
    const waits = waiting.get(transactionId);
    waits.looks += 1;
    if (waits.looks < 2) return json(issuer.createDeferredCredentialResponse({ transactionId, interval: 1 }), 202);
    return json(issuer.createDeferredCredentialResponse({ credentials: await signed(waits.id, waits.jwks) }));
  },

  async "POST /notification"(request, body) {
    await authorised(request);
    told.push(JSON.parse(body).event);
    return { status: 204, headers: {}, body: "" };
  },

  "GET /told": () => json(told),
};

server.on("request", async (incoming, outgoing) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const url = `${origin}${incoming.url}`;
  const answer = answers[`${incoming.method} ${new URL(url).pathname}`];
  const request = { method: incoming.method, url, headers: new Headers(incoming.headers) };
  let response;
  try {
    response = answer ? await answer(request, Buffer.concat(chunks).toString()) : json({}, 404);
  } catch (error) {
    const challenge = error.toHeaderValue?.();
    response = challenge
      ? json({ error: "invalid_token" }, 401, { "www-authenticate": challenge })
      : error.errorResponse
        ? json(error.errorResponse, 400)
        : json({ error: "server_error", detail: `${error.stack}` }, 500);
  }
  outgoing.writeHead(response.status, response.headers).end(response.body);
});

lines.once("close", () => process.exit(0));
const offers = {};
for (const [name, { ids, txCode }] of Object.entries(given.offers)) offers[name] = await offerOf(ids, txCode);
process.stdout.write(`${JSON.stringify({ origin, offers })}\n`);
