import * as client from 'openid-client';

export const installed = 'openid-client';

export default async ({ issuer, client_id, client_secret, redirect_uri, step, signIn, must }) => {
  const config = await client.discovery(new URL(issuer), client_id, client_secret, undefined, {
    execute: [client.allowInsecureRequests],
  });
  const tokens = await step('sign-in', async () => {
    const verifier = client.randomPKCECodeVerifier();
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri,
      scope: 'openid email offline_access',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return await client.authorizationCodeGrant(config, await signIn(url), {
      pkceCodeVerifier: verifier,
    });
  });
  const next = await step('refresh', () => client.refreshTokenGrant(config, tokens.refresh_token));
  await step('userinfo', async () =>
    must(
      (await client.fetchUserInfo(config, next.access_token, tokens.claims().sub)).email,
      'no email',
    ),
  );
  await step('revoke', () => client.tokenRevocation(config, next.refresh_token));
};
