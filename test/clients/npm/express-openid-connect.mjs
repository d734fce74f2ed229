import { createRequire } from 'node:module';
import express from 'express';

const { auth } = createRequire(import.meta.url)('express-openid-connect');

export const installed = 'express-openid-connect';

export default async ({ issuer, client_id, client_secret, port, step, application, must }) => {
  const app = express();
  app.use(
    auth({
      issuerBaseURL: issuer,
      baseURL: `http://127.0.0.1:${port}`,
      clientID: client_id,
      clientSecret: client_secret,
      secret: 'x'.repeat(32),
      authRequired: true,
      authorizationParams: { response_type: 'code', scope: 'openid email offline_access' },
    }),
  );
  app.get('/', async (request, response) => {
    const userinfo = await request.oidc.fetchUserInfo();
    response.json({
      sub: request.oidc.user.sub,
      email: userinfo.email,
      refresh: request.oidc.refreshToken,
    });
  });
  await step('sign-in', async () => {
    const { status, text } = await application(app, '/');
    must(status === 200 && JSON.parse(text).email, text.slice(0, 200));
  });
};
