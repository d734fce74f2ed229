import oauth from '@fastify/oauth2';
import fastify from 'fastify';

export const installed = '@fastify/oauth2';

export default async ({
  issuer,
  client_id,
  client_secret,
  redirect_uri,
  step,
  application,
  must,
}) => {
  const app = fastify();
  await app.register(oauth, {
    name: 'pgrant',
    scope: ['openid', 'email', 'offline_access'],
    pkce: 'S256',
    discovery: { issuer },
    credentials: { client: { id: client_id, secret: client_secret } },
    startRedirectPath: '/login',
    callbackUri: redirect_uri,
    cookie: { secure: false },
  });
  app.get('/callback', async (request) => {
    const { token } = await app.pgrant.getAccessTokenFromAuthorizationCodeFlow(request);
    const { token: next } = await app.pgrant.getNewAccessTokenUsingRefreshToken(token, {});
    const userinfo = await app.pgrant.userinfo(next);
    let revoked = 'ok';
    await app.pgrant.revokeToken(next, 'refresh_token', {}).catch((error) => {
      revoked = error.message;
    });
    return { token, next, userinfo, revoked };
  });
  await app.ready();
  const answer = await step('sign-in', async () => {
    const { status, text } = await application((request, response) =>
      app.routing(request, response),
    );
    must(status === 200, text.slice(0, 200));
    return JSON.parse(text);
  });
  await step('refresh', () => must(answer.next.access_token, 'no access token'));
  await step('userinfo', () => must(answer.userinfo.email, 'no email'));
  await step('revoke', () => must(answer.revoked === 'ok', answer.revoked));
};
