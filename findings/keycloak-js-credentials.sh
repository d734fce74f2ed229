#!/usr/bin/env bash
# Package: keycloak-js 26.2.4 (npm)
#
# Behaviour: with `oidcProvider`, which is for OpenID providers of any kind, codes are redeemed and tokens refreshed by fetch
# with `credentials: 'include'`. No option changes that. The requests for metadata and userinfo are without.
#
# Seen: see `expected` below.
#
# Expected instead: the token endpoint takes no cookie (RFC 6749 3.2, OpenID Connect Core 3.1.3), and a public client has none
# to send. Where a request includes credentials, the Fetch standard (CORS check) keeps the answer from the script unless it
# says `Access-Control-Allow-Credentials: true`, which no specification of OAuth asks of an authorization server.
#
# Why it matters here: a provider that answers the origins of its clients, without credentials, works with oidc-client-ts,
# msal-browser and oauth4webapi. With this one the code is used up, the tokens are issued, and `init` rejects with
# `TypeError: Failed to fetch`.
#
# Right handling: another library, or a proxy before the token endpoint that adds the header for the client's own origin, where
# that endpoint looks at no cookie. In the library: no `credentials`, which means `same-origin`.
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
globalThis.fetch = async (url, { credentials = 'same-origin', body } = {}) => {
  const { pathname } = new URL(url);
  asked.push([pathname, body?.get('grant_type'), credentials].filter(Boolean).join(' '));
  if (pathname.endsWith('openid-configuration'))
    return Response.json(Object.fromEntries(['authorization', 'token', 'userinfo'].map((at) => [`${at}_endpoint`, `${issuer}/${at}`])));
  if (pathname === '/userinfo') return Response.json({ sub: 'ada' });
  const jwt = [{ alg: 'RS256' }, { iss: issuer, sub: 'ada', aud: 'app', iat, exp: iat + 600, nonce }, 'x'].map(part).join('.');
  return Response.json({ access_token: jwt, id_token: jwt, refresh_token: jwt, token_type: 'Bearer', expires_in: 600 });
};

const keycloak = () => new Keycloak({ oidcProvider: issuer, clientId: 'app' });
const leaving = keycloak();
await leaving.init({ checkLoginIframe: false });
const sent = new URL(await leaving.createLoginUrl({ redirectUri: 'https://app.example.com/' })).searchParams;
nonce = sent.get('nonce');
window.location.hash = `code=c&state=${sent.get('state')}`;
const back = keycloak();
asked.length = 0;
await back.init({ checkLoginIframe: false });
await back.updateToken(3600);
await back.loadUserInfo();
console.log(asked.join('\n'));
process.exit(0);
JS

expected='/.well-known/openid-configuration same-origin
/token authorization_code include
/token refresh_token include
/userinfo same-origin'

seen=$(node run.mjs)
echo "$seen"
if [ "$seen" != "$expected" ]; then
  printf 'The behaviour has changed. Expected:\n%s\n' "$expected" >&2
  exit 1
fi
