import { generators, Issuer } from 'openid-client-5';

export const installed = 'openid-client-5';

export default async ({ issuer, client_id, client_secret, redirect_uri, step, signIn, must }) => {
  const { Client } = await Issuer.discover(issuer);
  const party = new Client({
    client_id,
    client_secret,
    redirect_uris: [redirect_uri],
    response_types: ['code'],
  });
  const tokens = await step('sign-in', async () => {
    const code_verifier = generators.codeVerifier();
    const url = party.authorizationUrl({
      scope: 'openid email offline_access',
      code_challenge: generators.codeChallenge(code_verifier),
      code_challenge_method: 'S256',
    });
    const parameters = party.callbackParams(String(await signIn(url)));
    return await party.callback(redirect_uri, parameters, { code_verifier });
  });
  const next = await step('refresh', () => party.refresh(tokens));
  await step('userinfo', async () => must((await party.userinfo(next)).email, 'no email'));
  await step('revoke', () => party.revoke(next.refresh_token));
};
