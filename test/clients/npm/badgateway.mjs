import { generateCodeVerifier, OAuth2Client } from '@badgateway/oauth2-client';

export const installed = '@badgateway/oauth2-client';

export default async ({ issuer, client_id, client_secret, redirect_uri, step, signIn }) => {
  const party = new OAuth2Client({
    clientId: client_id,
    clientSecret: client_secret,
    server: issuer,
    tokenEndpoint: `${issuer}/oauth/token`,
    authorizationEndpoint: `${issuer}/oauth/authorize`,
    revocationEndpoint: `${issuer}/oauth/revoke`,
    authenticationMethod: 'client_secret_basic',
  });
  const tokens = await step('sign-in', async () => {
    const codeVerifier = await generateCodeVerifier();
    const asked = { redirectUri: redirect_uri, codeVerifier, state: 's' };
    const url = await party.authorizationCode.getAuthorizeUri({
      ...asked,
      scope: ['openid', 'offline_access'],
    });
    return await party.authorizationCode.getTokenFromCodeRedirect(String(await signIn(url)), asked);
  });
  const next = await step('refresh', () => party.refreshToken(tokens));
  await step('revoke', () => party.revoke(next, 'refresh_token'));
};
