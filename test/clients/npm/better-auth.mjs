import { betterAuth } from 'better-auth';
import { genericOAuth } from 'better-auth/plugins';

export const installed = 'better-auth';

export default async ({ issuer, client_id, client_secret, port, step, signIn, must }) => {
  const origin = `http://127.0.0.1:${port}`;
  const auth = betterAuth({
    baseURL: origin,
    secret: 'not-a-secret-but-long-enough-for-it-000',
    plugins: [
      genericOAuth({
        config: [
          {
            providerId: 'pgrant',
            clientId: client_id,
            clientSecret: client_secret,
            pkce: true,
            discoveryUrl: `${issuer}/.well-known/openid-configuration`,
            scopes: ['openid', 'profile', 'email'],
          },
        ],
      }),
    ],
  });
  await step('sign-in', async () => {
    const begun = await auth.handler(
      new Request(`${origin}/api/auth/sign-in/social`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin },
        body: JSON.stringify({ provider: 'pgrant', callbackURL: '/done' }),
      }),
    );
    const { url } = await begun.json();
    const cookie = begun.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const back = await auth.handler(new Request(await signIn(url), { headers: { cookie } }));
    const to = back.headers.get('location') ?? '';
    must(back.status === 302 && to.endsWith('/done'), `${back.status} ${to}`);
  });
};
