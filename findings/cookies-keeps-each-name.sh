#!/usr/bin/env bash
# Package: cookies 0.9.2 (npm), which is what `ctx.cookies` of Koa 3 is
#
# Behaviour: `get(name)` makes a regular expression of the name and keeps it, with no bound, for as long as the process runs.
# A name that is asked once is never forgotten.
#
# Seen: after 100,000 names, each asked once and of a request that is gone, the heap has grown by more than 10 MB.
#
# Why it matters here: servers name cookies after what is under way (a sign-in, a state, a transaction), so that two tabs do
# not meet. Each sign-in then leaves some hundred bytes behind, until the process is restarted or has no memory left.
#
# Right handling: `get` is for names that stand in the program; what has a name of its own is read out of the Cookie header.
#
# Exits 0 if the behaviour is as described, 1 if it has changed, 2 if the package could not be installed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

echo '{ "private": true }' > package.json
npm install --no-save --silent cookies@0.9.2 || { echo 'The package could not be installed.' >&2; exit 2; }

cat > run.cjs <<'JS'
const Cookies = require('cookies');

const heap = () => {
  gc();
  return process.memoryUsage().heapUsed;
};
const ask = (name) => new Cookies({ headers: { cookie: `${name}=1` } }, {}).get(name);

ask('warm');
const before = heap();
for (let n = 0; n < 100_000; n += 1) ask(`sign_in.${n}`);
const grown = (heap() - before) / 1e6;
console.log(`after 100000 names: ${grown > 10 ? 'more' : 'less'} than 10 MB`);
JS

expected='after 100000 names: more than 10 MB'

seen=$(node --expose-gc run.cjs)
echo "$seen"
if [ "$seen" != "$expected" ]; then
  printf 'The behaviour has changed. Expected:\n%s\n' "$expected" >&2
  exit 1
fi
