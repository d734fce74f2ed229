// It knows no PKCE: pgrant has to let the client off.
import ClientOAuth2 from 'client-oauth2';

export const installed = 'client-oauth2';

export default async ({ issuer, client_id, client_secret, redirect_uri, step, signIn }) => {
  const party = new ClientOAuth2({
    clientId: client_id,
    clientSecret: client_secret,
    redirectUri: redirect_uri,
    scopes: ['openid', 'offline_access'],
    accessTokenUri: `${issuer}/oauth/token`,
    authorizationUri: `${issuer}/oauth/authorize`,
  });
  const token = await step('sign-in', async () => {
    const url = party.code.getUri();
    return await party.code.getToken(String(await signIn(url)));
  });
  await step('refresh', () => token.refresh());
};
