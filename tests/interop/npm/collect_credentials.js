// SPDX-FileCopyrightText: 2026 The vcwallet authors
// SPDX-License-Identifier: Apache-2.0
//
// A wallet made of @openid4vc/openid4vci: it takes offers from standard input, collects what they offer, and writes
// what came to standard output.
//
// A request: { offer, grant, txCode, copies, login, attestation: { jwt, pem }, redirectUri, clientId, bearer, refreshes }.

import { Oauth2Client, clientAuthenticationClientAttestationJwt, clientAuthenticationNone } from "@openid4vc/oauth2";
import { Openid4vciClient } from "@openid4vc/openid4vci";
import { callbacks, keyOf, newKey } from "./es256.js";

// What a browser does: it keeps one cookie jar, follows redirects, and fills in the form of the page.
async function logIn(url, fields, redirectUri) {
  const cookies = new Map();
  let [method, body] = ["GET", undefined];
  for (let step = 0; step < 6; step += 1) {
    const headers = { cookie: [...cookies].map((pair) => pair.join("=")).join("; ") };
    if (body) headers["content-type"] = "application/x-www-form-urlencoded";
    const response = await fetch(url, { method, body, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0].split("=");
      cookies.set(name, value);
    }
    if (response.status === 303) {
      url = new URL(response.headers.get("location"), url).href;
      if (url.startsWith(redirectUri)) return url;
      [method, body] = ["GET", undefined];
    } else if (response.status === 200 && !body) {
      [method, body] = ["POST", new URLSearchParams(fields).toString()];
    } else {
      throw new Error(`the log-in ended with ${response.status}`);
    }
  }
  throw new Error("the log-in goes in circles");
}

// The package makes the proof of the wallet instance; the server's challenge, which it does not know, is put in here.
const attested = (clientAttestationJwt) => async (options) => {
  const answer = await fetch(options.authorizationServerMetadata.challenge_endpoint, { method: "POST" });
  const { attestation_challenge: challenge } = await answer.json();
  const signJwt = (key, { header, payload }) => callbacks.signJwt(key, { header, payload: { ...payload, challenge } });
  const challenged = { ...callbacks, signJwt };
  return clientAuthenticationClientAttestationJwt({ clientAttestationJwt, callbacks: challenged })(options);
};

async function authorised(client, offer, issuerMetadata, request, dpop) {
  if (request.grant === "pre-authorized_code") {
    return client.retrievePreAuthorizedCodeAccessTokenFromOffer({
      credentialOffer: offer, issuerMetadata, txCode: request.txCode, dpop,
    });
  }
  const { clientId, redirectUri } = request;
  const ids = offer.credential_configuration_ids;
  const supported = issuerMetadata.credentialIssuer.credential_configurations_supported;
  const begun = await client.initiateAuthorization({
    clientId, redirectUri, credentialOffer: offer, issuerMetadata, dpop,
    scope: ids.map((id) => supported[id].scope).join(" "),
  });
  const url = await logIn(begun.authorizationRequestUrl, request.login, redirectUri);
  const [authorizationServerMetadata] = issuerMetadata.authorizationServers;
  const answer = client.parseAndVerifyAuthorizationResponseRedirectUrl({ url, authorizationServerMetadata });
  return client.retrieveAuthorizationCodeAccessTokenFromOffer({
    credentialOffer: offer, issuerMetadata, authorizationCode: answer.code, redirectUri,
    pkceCodeVerifier: begun.pkce.codeVerifier, dpop: begun.dpop ?? dpop,
  });
}

async function one(client, oauth2, issuerMetadata, id, request, token) {
  let dpop = token.dpop;
  const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata });
  const signers = Array.from({ length: request.copies }, newKey);
  const proofs = [];
  for (const signer of signers) {
    const { jwt } = await client.createCredentialRequestJwtProof({
      issuerMetadata, signer, nonce, credentialConfigurationId: id, clientId: request.clientId, issuedAt: new Date(),
    });
    proofs.push(jwt);
  }
  let { access_token: accessToken, refresh_token: refreshToken } = token.accessTokenResponse;
  const asked = await client.retrieveCredentials({
    issuerMetadata, accessToken, dpop, credentialConfigurationId: id, proofs: { jwt: proofs },
  });
  let answer = asked.credentialResponse;
  dpop = dpop && { ...dpop, ...asked.dpop };
  let waited = 0;
  while (answer.transaction_id && !answer.credentials) {
    waited += 1;
    await new Promise((resolve) => setTimeout(resolve, answer.interval * 1000));
    if (request.refreshes) {
      const [authorizationServerMetadata] = issuerMetadata.authorizationServers;
      const fresh = await oauth2.retrieveRefreshTokenAccessToken({
        authorizationServerMetadata, refreshToken, dpop,
      });
      ({ access_token: accessToken, refresh_token: refreshToken = refreshToken } = fresh.accessTokenResponse);
    }
    const deferred = await client.retrieveDeferredCredentials({
      issuerMetadata, accessToken, dpop, transactionId: answer.transaction_id,
    });
    answer = deferred.deferredCredentialResponse;
    dpop = dpop && { ...dpop, ...deferred.dpop };
  }
  if (answer.notification_id) {
    await client.sendNotification({
      issuerMetadata, accessToken, dpop,
      notification: { notificationId: answer.notification_id, event: "credential_accepted" },
    });
  }
  return {
    id, waited, notified: Boolean(answer.notification_id), keys: signers.map((signer) => signer.publicJwk),
    credentials: answer.credentials.map(({ credential }) => credential),
  };
}

async function collect(request) {
  const { attestation, clientId } = request;
  if (attestation) keyOf(attestation.pem);
  const clientAuthentication = attestation ? attested(attestation.jwt) : clientAuthenticationNone({ clientId });
  const client = new Openid4vciClient({ callbacks: { ...callbacks, clientAuthentication } });
  const oauth2 = new Oauth2Client({ callbacks: { ...callbacks, clientAuthentication } });
  const offer = await client.resolveCredentialOffer(request.offer);
  const issuerMetadata = await client.resolveIssuerMetadata(offer.credential_issuer);
  const dpop = request.bearer ? undefined : { signer: newKey() };
  const token = await authorised(client, offer, issuerMetadata, request, dpop);
  const collected = [];
  for (const id of offer.credential_configuration_ids) {
    collected.push(await one(client, oauth2, issuerMetadata, id, request, token));
  }
  return { version: issuerMetadata.originalDraftVersion, tokenType: token.accessTokenResponse.token_type, collected };
}

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const answers = [];
for (const request of JSON.parse(Buffer.concat(chunks))) {
  try {
    answers.push(await collect(request));
  } catch (error) {
    const refused = error.errorResponse ?? error.response?.credentialErrorResponseResult?.data;
    answers.push({ error: refused?.error ?? `${error.stack}`, detail: error.cause && `${error.cause.stack}` });
  }
}
process.stdout.write(JSON.stringify(answers));
