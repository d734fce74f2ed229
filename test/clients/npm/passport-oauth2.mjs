import express from 'express';
import session from 'express-session';
import passport from 'passport';
import Strategy from 'passport-oauth2';

export const installed = 'passport-oauth2';

export default async ({
  issuer,
  client_id,
  client_secret,
  redirect_uri,
  step,
  application,
  must,
}) => {
  const endpoints = {
    authorizationURL: `${issuer}/oauth/authorize`,
    tokenURL: `${issuer}/oauth/token`,
  };
  const options = {
    ...endpoints,
    clientID: client_id,
    clientSecret: client_secret,
    callbackURL: redirect_uri,
  };
  passport.use(
    'pgrant',
    new Strategy(
      { ...options, scope: ['openid', 'email', 'offline_access'], pkce: true, state: true },
      (access, refresh, params, _profile, done) =>
        done(null, { access, refresh, id_token: params.id_token }),
    ),
  );
  const app = express();
  app.use(session({ secret: 'x', resave: false, saveUninitialized: true }));
  const guard = passport.authenticate('pgrant', { session: false });
  app.get('/login', guard);
  app.get('/callback', guard, (request, response) => response.json(request.user));
  await step('sign-in', async () => {
    const { status, text } = await application(app);
    must(status === 200 && JSON.parse(text).refresh, text.slice(0, 200));
  });
};
