// A program on somebody's machine. The package is made for a bundler: Node alone does not find its files.
import { build } from 'esbuild';

export const installed = '@openid/appauth';

const parts = `export * from '@openid/appauth';
export { NodeCrypto } from '@openid/appauth/built/src/node_support/crypto_utils.js';
export { NodeBasedHandler } from '@openid/appauth/built/src/node_support/node_request_handler.js';
export { NodeRequestor } from '@openid/appauth/built/src/node_support/node_requestor.js';`;
const outfile = 'appauth-bundle.cjs';
await build({
  stdin: { contents: parts, resolveDir: '.' },
  ...{ bundle: true, platform: 'node', format: 'cjs', logLevel: 'silent', outfile },
});
const { default: appauth } = await import(new URL(outfile, import.meta.url));

export default async ({ issuer, client_id, redirect_uri, step, signIn, must }) => {
  const requestor = new appauth.NodeRequestor();
  const config = await appauth.AuthorizationServiceConfiguration.fetchFromIssuer(issuer, requestor);
  const tokens = new appauth.BaseTokenRequestHandler(requestor);
  const ask = (asked) =>
    tokens.performTokenRequest(
      config,
      new appauth.TokenRequest({ client_id, redirect_uri, ...asked }),
    );
  const token = await step('sign-in', async () => {
    const request = new appauth.AuthorizationRequest(
      {
        ...{ client_id, redirect_uri, scope: 'openid email offline_access' },
        response_type: 'code',
      },
      new appauth.NodeCrypto(),
    );
    await request.setupCodeVerifier();
    // Its handler opens the browser of the machine: what it would open is taken from it.
    const url = new appauth.NodeBasedHandler().buildRequestUrl(config, request);
    const { searchParams } = await signIn(url);
    must(searchParams.get('state') === request.state, 'another state');
    const { code_verifier } = request.internal;
    return await ask({
      ...{ grant_type: 'authorization_code', code: searchParams.get('code') },
      extras: { code_verifier },
    });
  });
  const next = await step('refresh', () =>
    ask({ grant_type: 'refresh_token', refresh_token: token.refreshToken }),
  );
  await step('revoke', () =>
    tokens.performRevokeTokenRequest(
      config,
      new appauth.RevokeTokenRequest({ token: next.refreshToken, client_id }),
    ),
  );
};
