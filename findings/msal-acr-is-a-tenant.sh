#!/usr/bin/env bash
# Package: @azure/msal-node 7.2.3 (npm); @azure/msal-browser has the same @azure/msal-common below it
#
# Behaviour: with an authority of any OpenID provider (`protocolMode: 'OIDC'`), whose ID tokens have no `tid`, the `acr` of
# the ID token is taken for the tenant of the account, and access tokens are kept by it. A step-up, which is a sign-in with
# another `acr`, so makes a second account of the same person. Whoever then asks silently for a token, with the account that
# the application had, is given the token from before the step-up, though a newer one for the same scopes is in the cache.
#
# Seen: see `expected` below.
#
# Expected instead: OpenID Connect Core, section 2: `acr` says how somebody was authenticated; who it is, `iss` and `sub` say
# (5.7). OpenID providers send it of their own accord, and have to where it was asked for as essential (5.5.1.1).
#
# Why it matters here: RFC 9470 has an API demand a better sign-in, after which the application tries again. This one tries
# with the old token, and is sent to sign in again, and again.
#
# Right handling: an application goes on with the account that the last sign-in returned, and with no other that has the same
# homeAccountId: with that one it is given the new token (the last line).
#
# Exits 0 if the behaviour is as described, 1 if it has changed, 2 if the package could not be installed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

echo '{ "private": true }' > package.json
npm install --no-save --silent @azure/msal-node@7.2.3 || { echo 'The package could not be installed.' >&2; exit 2; }

cat > run.mjs <<'JS'
import { ConfidentialClientApplication } from '@azure/msal-node';

const issuer = 'https://id.example.com';
const metadata = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
};
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const iat = Math.floor(Date.now() / 1000);
let acr;
const tokens = () => ({
  access_token: `token with acr ${acr}`,
  token_type: 'Bearer',
  expires_in: 3600,
  scope: 'openid profile courses',
  id_token: [{ alg: 'RS256' }, { iss: issuer, sub: 'ada', aud: 'app', iat, exp: iat + 3600, acr }, 'signature'].map(part).join('.'),
});
const application = new ConfidentialClientApplication({
  auth: { clientId: 'app', clientSecret: 'secret', authority: issuer, knownAuthorities: ['id.example.com'] },
  system: {
    protocolMode: 'OIDC',
    networkClient: {
      sendGetRequestAsync: async () => ({ status: 200, headers: {}, body: metadata }),
      sendPostRequestAsync: async () => ({ status: 200, headers: {}, body: tokens() }),
    },
  },
});
const request = { code: 'code', scopes: ['courses'], redirectUri: 'https://app.example.com/' };
const signIn = (value) => {
  acr = value;
  return application.acquireTokenByCode(request);
};

const { account } = await signIn('password');
const stepUp = await signIn('passkey');
const accounts = await application.getTokenCache().getAllAccounts();
const told = accounts.map(({ homeAccountId, tenantId }) => `${homeAccountId} in tenant ${tenantId}`);
console.log(`accounts: ${told.join(', ')}`);
console.log(`the step-up gave: ${stepUp.accessToken}`);
const silent = await application.acquireTokenSilent({ account, scopes: ['courses'] });
console.log(`then silently: ${silent.accessToken}`);
const anew = await application.acquireTokenSilent({ account: stepUp.account, scopes: ['courses'] });
console.log(`with the new account: ${anew.accessToken}`);
JS

expected='accounts: ada in tenant password, ada in tenant passkey
the step-up gave: token with acr passkey
then silently: token with acr password
with the new account: token with acr passkey'

seen=$(node run.mjs)
echo "$seen"
if [ "$seen" != "$expected" ]; then
  printf 'The behaviour has changed. Expected:\n%s\n' "$expected" >&2
  exit 1
fi
