// It knows no PKCE: pgrant has to let the client off.
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import Strategy from 'passport-openidconnect';

export const installed = 'passport-openidconnect';

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
    issuer,
    authorizationURL: `${issuer}/oauth/authorize`,
    tokenURL: `${issuer}/oauth/token`,
    userInfoURL: `${issuer}/oauth/userinfo`,
  };
  const options = {
    ...endpoints,
    clientID: client_id,
    clientSecret: client_secret,
    callbackURL: redirect_uri,
  };
  passport.use(
    'pgrant',
    new Strategy({ ...options, scope: ['email'] }, (_issuer, profile, done) => done(null, profile)),
  );
  const app = express();
  app.use(session({ secret: 'x', resave: false, saveUninitialized: true }));
  const guard = passport.authenticate('pgrant', { session: false });
  app.get('/login', guard);
  app.get('/callback', guard, (request, response) => response.json(request.user));
  await step('sign-in', async () => {
    const { status, text } = await application(app);
    must(status === 200 && JSON.parse(text).id, text.slice(0, 200));
  });
};
