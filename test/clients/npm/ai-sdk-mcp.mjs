// Finds the issuer by the API's metadata (RFC 9728), and registers itself (RFC 7591).
import { auth } from '@ai-sdk/mcp';

export const installed = '@ai-sdk/mcp';

export default async ({ resource, redirect_uri, step, signIn, must }) => {
  const kept = {};
  const provider = {
    redirectUrl: redirect_uri,
    clientMetadata: {
      client_name: 'AI SDK',
      redirect_uris: [redirect_uri],
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
    state: () => 'a-state-that-nobody-guesses',
    saveState: (state) => Object.assign(kept, { state }),
    storedState: () => kept.state,
    clientInformation: () => kept.client,
    saveClientInformation: (client) => Object.assign(kept, { client }),
    tokens: () => kept.tokens,
    saveTokens: (tokens) => Object.assign(kept, { tokens }),
    codeVerifier: () => kept.verifier,
    saveCodeVerifier: (verifier) => Object.assign(kept, { verifier }),
    redirectToAuthorization: async (url) => Object.assign(kept, { back: await signIn(url) }),
  };
  await step('sign-in', async () => {
    await auth(provider, { serverUrl: resource });
    const { code, state, iss } = Object.fromEntries(kept.back.searchParams);
    const answer = { authorizationCode: code, callbackState: state, callbackIss: iss };
    await auth(provider, { serverUrl: resource, ...answer });
    const headers = { authorization: `Bearer ${kept.tokens.access_token}` };
    must((await fetch(resource, { headers })).ok, 'the API refuses the token');
  });
  await step('refresh', async () => {
    const { access_token } = kept.tokens;
    await auth(provider, { serverUrl: resource });
    must(kept.tokens.access_token !== access_token, 'the same token');
  });
};
