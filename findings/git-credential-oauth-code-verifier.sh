#!/usr/bin/env bash
# Package: git-credential-oauth 0.4.2 (Debian 12)
#
# Behaviour: the code verifier is 32 random bytes in standard Base64, with `=` at its end and mostly with `+` or `/` in it.
# RFC 7636 4.1 has 43 to 128 of the unreserved characters, `A-Z a-z 0-9 - . _ ~`. The challenge is rightly made of it.
#
# Seen: see `expected` below.
#
# Why it matters here: an authorization server that holds verifiers to the RFC refuses each sign-in at its last step, after
# the person has signed in and allowed it, and the program shows nothing but "400 Bad Request".
#
# Right handling: 0.10 or later. A server cannot see from the challenge that such a verifier will come.
#
# Exits 0 if the behaviour is as described, 1 if it has changed, 2 if the package could not be installed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

{ apt-get download 'git-credential-oauth=0.4.2-*' && dpkg-deb --extract git-credential-oauth_*.deb package; } > /dev/null 2>&1 ||
  { echo 'The package could not be installed.' >&2; exit 2; }

# Whatever it takes for a browser: the address that it is to open is kept.
mkdir browsers
printf '#!/bin/sh\necho "$1" > "%s/opened"\n' "$work" > browsers/xdg-open
chmod +x browsers/xdg-open
for name in x-www-browser www-browser; do ln -s xdg-open "browsers/$name"; done

cat > run.mjs <<'JS'
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';

let challenge;
const server = createServer(async (request, response) => {
  const verifier = new URLSearchParams(await text(request)).get('code_verifier');
  const made = createHash('sha256').update(verifier).digest('base64url');
  console.log(`characters: ${verifier.length}`);
  console.log(`ends with: ${verifier.at(-1)}`);
  console.log(`43 to 128 unreserved characters: ${/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)}`);
  console.log(`the challenge is that of the verifier: ${made === challenge}`);
  response.setHeader('content-type', 'application/json');
  response.end('{"access_token":"a","token_type":"Bearer"}');
}).listen(0, '127.0.0.1', async () => {
  const host = `127.0.0.1:${server.address().port}`;
  const set = (name, value) => ['-c', `credential.http://${host}.${name}=${value}`];
  const program = spawn('git', [
    ...set('oauthClientId', 'git'),
    ...set('oauthScopes', 'api'),
    ...set('oauthAuthURL', '/authorize'),
    ...set('oauthTokenURL', '/token'),
    ...['credential-oauth', 'get'],
  ], { stdio: ['pipe', 'ignore', 'ignore'] });
  program.stdin.end(`protocol=http\nhost=${host}\n\n`);
  program.on('exit', () => server.close());
  while (!existsSync('opened') || readFileSync('opened', 'utf8') === '') await setTimeout(50);
  const asked = new URL(readFileSync('opened', 'utf8').trim()).searchParams;
  challenge = asked.get('code_challenge');
  await fetch(`${asked.get('redirect_uri')}/?${new URLSearchParams({ code: 'c', state: asked.get('state') })}`);
});
JS

expected="characters: 44
ends with: =
43 to 128 unreserved characters: false
the challenge is that of the verifier: true"

seen=$(DISPLAY=:0 HOME=$work PATH="$work/browsers:$work/package/usr/bin:$PATH" timeout 60 node run.mjs)
echo "$seen"
if [ "$seen" != "$expected" ]; then
  printf 'The behaviour has changed. Expected:\n%s\n' "$expected" >&2
  exit 1
fi
