#!/usr/bin/env bash
# Package: http-cache-semantics 4.3.0 (npm)
#
# Behaviour: the names of Cache-Control directives are compared with their case. `MAX-AGE=3600` and `Max-Age=3600` are not
# recognised, so the response gets no lifetime at all, and no error says so.
#
# Seen: see `expected` below: fresh for 60 minutes in lower case, for 0 in the two other spellings.
#
# Expected instead: RFC 9111, section 5.2: "Cache directives are identified by a token, to be compared case-insensitively".
#
# Why it matters here: clients and resource servers cache an authorization server's metadata (RFC 8414) and its key set
# (RFC 7517) by Cache-Control. If the server, or a proxy before it, spells a directive otherwise, every check of a token may
# ask for the keys again.
#
# Right handling: a server sends directives in lower case; whoever uses this package puts the names of the directives of
# `cache-control` into lower case before making a CachePolicy.
#
# Exits 0 if the behaviour is as described, 1 if it has changed, 2 if the package could not be installed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

echo '{ "private": true }' > package.json
npm install --no-save --silent http-cache-semantics@4.3.0 || { echo 'The package could not be installed.' >&2; exit 2; }

cat > run.mjs <<'JS'
import CachePolicy from 'http-cache-semantics';

for (const directive of ['max-age=3600', 'Max-Age=3600', 'MAX-AGE=3600']) {
  const policy = new CachePolicy(
    { method: 'GET', url: '/', headers: {} },
    { status: 200, headers: { 'cache-control': directive, date: new Date().toUTCString() } },
  );
  console.log(`${directive}: fresh for ${Math.round(policy.timeToLive() / 60_000)} minutes`);
}
JS

expected='max-age=3600: fresh for 60 minutes
Max-Age=3600: fresh for 0 minutes
MAX-AGE=3600: fresh for 0 minutes'

seen=$(node run.mjs)
echo "$seen"
if [ "$seen" != "$expected" ]; then
  printf 'The behaviour has changed. Expected:\n%s\n' "$expected" >&2
  exit 1
fi
