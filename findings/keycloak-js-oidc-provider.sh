#!/usr/bin/env bash
# Package: keycloak-js 26.2.4 (npm)
#
# Behaviour: with `oidcProvider`, which is for OpenID providers of any kind, codes are redeemed and tokens refreshed by fetch
# with `credentials: 'include'`, which no option changes. And the refresh token has to be a JWT: with any other, `init` rejects
# after the code was redeemed.
#
# Seen: see `expected` below.
#
# Expected instead: RFC 6749, section 1.5: the refresh token is "a string representing the authorization granted", and "usually
# opaque to the client". The token endpoint takes no cookie; where a request includes credentials, a browser keeps the answer
# from the script (Fetch standard, CORS check) unless it says `Access-Control-Allow-Credentials: true`, which no specification
# of OAuth asks of an authorization server.
#
# Why it matters here: a provider with opaque refresh tokens, or one that answers the origins of its clients without
# credentials, works with oidc-client-ts, msal-browser and oauth4webapi. With this one the code is used up and tokens are
# issued, and the application hears `Failed to fetch` or `Unable to decode token`.
#
# Right handling: another library, where the provider is not Keycloak.
#
# Exits 0 if the behaviour is as described, 1 if it has changed, 2 if the packages could not be installed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

echo '{ "private": true }' > package.json
npm install --no-save --silent keycloak-js@26.2.4 jsdom@26.1.0 || { echo 'The packages could not be installed.' >&2; exit 2; }

cat > run.mjs <<'JS'
import { JSDOM } from 'jsdom';

const issuer = 'https://id.example.com';
const { window } = new JSDOM('', { url: 'https://app.example.com/' });
for (const name of ['window', 'document', 'localStorage', 'location']) globalThis[name] = window[name];
window.isSecureContext = true;
// Node.js 20 has none yet.
Promise.withResolvers ??= () => {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};
const { default: Keycloak } = await import('keycloak-js');

const asked = [];
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const iat = Math.floor(Date.now() / 1000);
let nonce;
let opaque;
globalThis.fetch = async (url, { credentials = 'same-origin', body } = {}) => {
  const { pathname } = new URL(url);
  asked.push([pathname, body?.get('grant_type'), credentials].filter(Boolean).join(' '));
  if (pathname.endsWith('openid-configuration'))
    return Response.json(Object.fromEntries(['authorization', 'token', 'userinfo'].map((at) => [`${at}_endpoint`, `${issuer}/${at}`])));
  if (pathname === '/userinfo') return Response.json({ sub: 'ada' });
  const jwt = [{ alg: 'RS256' }, { iss: issuer, sub: 'ada', aud: 'app', iat, exp: iat + 600, nonce }, 'x'].map(part).join('.');
  return Response.json({ access_token: jwt, id_token: jwt, refresh_token: opaque ?? jwt, token_type: 'Bearer', expires_in: 600 });
};

const signIn = async () => {
  const party = () => new Keycloak({ oidcProvider: issuer, clientId: 'app' });
  const leaving = party();
  await leaving.init({ checkLoginIframe: false });
  const sent = new URL(await leaving.createLoginUrl({ redirectUri: 'https://app.example.com/' })).searchParams;
  nonce = sent.get('nonce');
  window.location.hash = `code=c&state=${sent.get('state')}`;
  const back = party();
  asked.length = 0;
  await back.init({ checkLoginIframe: false });
  return back;
};
const keycloak = await signIn();
await keycloak.updateToken(3600);
await keycloak.loadUserInfo();
console.log(asked.join('\n'));
opaque = 'aGFwcHk';
console.log(`opaque refresh token: ${await signIn().then(() => 'signed in', ({ message }) => message)}`);
process.exit(0);
JS

expected='/.well-known/openid-configuration same-origin
/token authorization_code include
/token refresh_token include
/userinfo same-origin
opaque refresh token: Unable to decode token, payload not found.'

seen=$(node run.mjs)
echo "$seen"
if [ "$seen" != "$expected" ]; then
  printf 'The behaviour has changed. Expected:\n%s\n' "$expected" >&2
  exit 1
fi
