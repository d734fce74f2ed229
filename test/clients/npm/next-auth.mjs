import cookies from 'cookie-parser';
import express from 'express';
import nextAuth from 'next-auth';

export const installed = 'next-auth';

export default async ({ issuer, client_id, client_secret, port, step, application, must }) => {
  const origin = `http://127.0.0.1:${port}`;
  process.env.NEXTAUTH_URL = origin;
  const options = {
    secret: 'not-a-secret-but-long-enough-for-it-000',
    providers: [
      {
        id: 'pgrant',
        name: 'pgrant',
        type: 'oauth',
        wellKnown: `${issuer}/.well-known/openid-configuration`,
        clientId: client_id,
        clientSecret: client_secret,
        authorization: { params: { scope: 'openid email profile' } },
        idToken: true,
        checks: ['pkce', 'state', 'nonce'],
        profile: ({ sub, name, email }) => ({ id: sub, name, email }),
      },
    ],
  };
  const app = express().use(cookies(), express.urlencoded({ extended: false }));
  app.use('/api/auth', (request, response) => {
    const nextauth = request.path.slice(1).split('/');
    Object.defineProperty(request, 'query', { value: { ...request.query, nextauth } });
    return nextAuth.default(request, response, options);
  });
  // What its button does: a form with the csrfToken of the page.
  app.get('/login', async (_, response) => {
    const page = await fetch(`${origin}/api/auth/csrf`);
    const set = page.headers.getSetCookie();
    const cookie = set.map((line) => line.split(';')[0]).join('; ');
    const body = new URLSearchParams(await page.json());
    const begun = await fetch(`${origin}/api/auth/signin/pgrant`, {
      ...{ method: 'POST', redirect: 'manual', headers: { cookie }, body },
    });
    for (const line of [...set, ...begun.headers.getSetCookie()])
      response.append('set-cookie', line);
    response.redirect(begun.headers.get('location'));
  });
  app.get('/', async ({ headers: { cookie } }, response) => {
    const session = await fetch(`${origin}/api/auth/session`, { headers: { cookie } });
    response.json(await session.json());
  });
  await step('sign-in', async () => {
    const { text } = await application(app);
    must(JSON.parse(text).user?.email, text);
  });
};
