// It knows no PKCE: the verifier is passed along as any parameter is.
import { createHash, randomBytes } from 'node:crypto';
import { AuthorizationCode } from 'simple-oauth2';

export const installed = 'simple-oauth2';

export default async ({ issuer, path, client_id, client_secret, redirect_uri, step, signIn }) => {
  const party = new AuthorizationCode({
    client: { id: client_id, secret: client_secret },
    auth: {
      tokenHost: new URL(issuer).origin,
      tokenPath: `${path}/oauth/token`,
      authorizePath: `${path}/oauth/authorize`,
      revokePath: `${path}/oauth/revoke`,
    },
  });
  const token = await step('sign-in', async () => {
    const code_verifier = randomBytes(32).toString('base64url');
    const url = party.authorizeURL({
      redirect_uri,
      scope: 'openid email offline_access',
      code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    const code = (await signIn(url)).searchParams.get('code');
    return await party.getToken({ code, redirect_uri, code_verifier });
  });
  const next = await step('refresh', () => token.refresh());
  await step('revoke', () => next.revoke('refresh_token'));
};
