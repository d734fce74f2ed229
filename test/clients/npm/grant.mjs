import express from 'express';
import session from 'express-session';
import grant from 'grant';

export const installed = 'grant';

export default async ({ issuer, client_id, client_secret, port, step, application, must }) => {
  const app = express();
  app.use(session({ secret: 'x', resave: false, saveUninitialized: true }));
  app.use(
    grant.express({
      defaults: {
        origin: `http://127.0.0.1:${port}`,
        transport: 'querystring',
        state: true,
        pkce: true,
      },
      pgrant: {
        oauth: 2,
        key: client_id,
        secret: client_secret,
        callback: '/done',
        response: ['tokens', 'profile'],
        redirect_uri: `http://127.0.0.1:${port}/callback`,
        authorize_url: `${issuer}/oauth/authorize`,
        access_url: `${issuer}/oauth/token`,
        profile_url: `${issuer}/oauth/userinfo`,
        scope: ['openid', 'email', 'offline_access'],
        scope_delimiter: ' ',
      },
    }),
  );
  app.get('/callback', (request, response) =>
    response.redirect(`/connect/pgrant/callback?${new URLSearchParams(request.query)}`),
  );
  app.get('/done', (request, response) => response.json(request.query));
  await step('sign-in', async () => {
    const { status, text } = await application(app, '/connect/pgrant');
    must(status === 200 && JSON.parse(text).refresh_token, text.slice(0, 200));
  });
};
