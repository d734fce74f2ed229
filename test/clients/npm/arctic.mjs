import { CodeChallengeMethod, generateCodeVerifier, generateState, OAuth2Client } from 'arctic';

export const installed = 'arctic';

export default async ({ issuer, client_id, client_secret, redirect_uri, step, signIn }) => {
  const party = new OAuth2Client(client_id, client_secret, redirect_uri);
  const tokens = await step('sign-in', async () => {
    const verifier = generateCodeVerifier();
    const scopes = ['openid', 'offline_access'];
    const url = party.createAuthorizationURLWithPKCE(
      `${issuer}/oauth/authorize`,
      generateState(),
      CodeChallengeMethod.S256,
      verifier,
      scopes,
    );
    const code = (await signIn(url)).searchParams.get('code');
    return await party.validateAuthorizationCode(`${issuer}/oauth/token`, code, verifier);
  });
  const next = await step('refresh', () =>
    party.refreshAccessToken(`${issuer}/oauth/token`, tokens.refreshToken(), []),
  );
  await step('revoke', () => party.revokeToken(`${issuer}/oauth/revoke`, next.refreshToken()));
};
