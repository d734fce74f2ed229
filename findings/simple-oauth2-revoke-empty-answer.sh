#!/usr/bin/env bash
# Package: simple-oauth2 5.1.0 (npm), with @hapi/wreck 18.1.2 below it
#
# Behaviour: `revoke()` rejects although the server has revoked the token and answered 200, if that answer has no
# Content-Type or one that is not JSON, even when its body is empty. `revokeAll()` revokes the access token, rejects, and
# never sends the refresh token: the one that lives longer stays valid. A 200 with an empty body that calls itself JSON,
# which it is not, is accepted.
#
# Seen: see `expected` below. The refusal is "The content-type is not JSON compatible", with a status of 406 that no server
# sent.
#
# Expected instead: RFC 7009, section 2.2: the server answers 200 if the token has been revoked, and "the content of the
# response body is ignored by the client as all necessary information is conveyed in the response code".
#
# Why it matters here: an empty 200 is what many servers answer to a revocation. At a log-out the client takes a success for
# a failure, and with `revokeAll()` leaves the refresh token usable. The README says that the refresh token is only revoked
# if the access token was; it was.
#
# Right handling: a client passes `{ json: true }` to the call, which parses JSON and lets everything else through (the last
# line below), and revokes the refresh token first. A server that wants to please this client sends
# `Content-Type: application/json` with `{}`.
#
# Exits 0 if the behaviour is as described, 1 if it has changed, 2 if the packages could not be installed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

echo '{ "private": true }' > package.json
npm install --no-save --silent simple-oauth2@5.1.0 @hapi/wreck@18.1.2 ||
  { echo 'The packages could not be installed.' >&2; exit 2; }

cat > run.mjs <<'JS'
import { createServer } from 'node:http';
import { AuthorizationCode } from 'simple-oauth2';

let type;
let revoked = [];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  revoked.push(new URLSearchParams(body).get('token_type_hint'));
  response.writeHead(200, { ...(type && { 'content-type': type }), 'content-length': 0 }).end();
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const client = new AuthorizationCode({
  client: { id: 'app', secret: 'secret' },
  auth: { tokenHost: `http://127.0.0.1:${server.address().port}`, revokePath: '/revoke' },
});
const token = client.createToken({ access_token: 'a', refresh_token: 'r', expires_in: 60 });

const show = async (what, call) => {
  revoked = [];
  const outcome = await call().then(
    () => 'resolves',
    (error) => `rejects with ${error.output?.statusCode} "${error.message}"`,
  );
  console.log(`${type ?? 'no type'}, ${what}: ${outcome}; the server revoked ${revoked.join(' and ')}`);
};

for (type of ['application/json', 'text/plain', undefined]) {
  await show('revoke', () => token.revoke('refresh_token'));
  await show('revokeAll', () => token.revokeAll());
}
type = 'text/plain';
await show('revokeAll with json: true', () => token.revokeAll({ json: true }));

server.close();
server.closeAllConnections();
JS

expected='application/json, revoke: resolves; the server revoked refresh_token
application/json, revokeAll: resolves; the server revoked access_token and refresh_token
text/plain, revoke: rejects with 406 "The content-type is not JSON compatible"; the server revoked refresh_token
text/plain, revokeAll: rejects with 406 "The content-type is not JSON compatible"; the server revoked access_token
no type, revoke: rejects with 406 "The content-type is not JSON compatible"; the server revoked refresh_token
no type, revokeAll: rejects with 406 "The content-type is not JSON compatible"; the server revoked access_token
text/plain, revokeAll with json: true: resolves; the server revoked access_token and refresh_token'

seen=$(node run.mjs)
echo "$seen"
if [ "$seen" != "$expected" ]; then
  printf 'The behaviour has changed. Expected:\n%s\n' "$expected" >&2
  exit 1
fi
