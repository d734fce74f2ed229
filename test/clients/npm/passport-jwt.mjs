// An API that checks the access token itself.
import jwks from 'jwks-rsa';
import { ExtractJwt, Strategy } from 'passport-jwt';

export const installed = 'passport-jwt';

export default async ({ issuer, client_id, client_secret, step, must }) => {
  const answer = await fetch(`${issuer}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret }),
  });
  const { access_token } = await answer.json();
  const strategy = new Strategy(
    {
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: jwks.passportJwtSecret({ jwksUri: `${issuer}/oauth/jwks.json` }),
      issuer,
      audience: issuer,
      algorithms: ['ES256'],
    },
    (claims, done) => done(null, claims),
  );
  await step('verify', async () => {
    const claims = await new Promise((success, refused) => {
      const fail = (reason) => refused(reason ?? new Error('it is refused'));
      const checked = Object.assign(Object.create(strategy), { success, fail, error: refused });
      checked.authenticate({ headers: { authorization: `Bearer ${access_token}` } });
    });
    must(claims.client_id === client_id, JSON.stringify(claims));
  });
};
