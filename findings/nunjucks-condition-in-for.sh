#!/usr/bin/env bash
# Package: nunjucks 3.2.4 (npm)
#
# Behaviour: `{% for key in keys if key.good %}`, which Jinja2 has for loops over a part of a list, is taken without an error
# and is something else: an inline `if`, whose condition sees no `key` yet. It is false, so the loop has no round. With
# throwOnUndefined it is the same.
#
# Seen: see `expected` below.
#
# Why it matters here: a template that prints a rule for each key of an issuer printed none, and what it configured refused
# every token. Had the rules been those that refuse, it would have let everybody in.
#
# Right handling: `{% for %}` with an `{% if %}` inside, and a test that counts what comes out.
#
# Exits 0 if the behaviour is as described, 1 if it has changed, 2 if the package could not be installed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

echo '{ "private": true }' > package.json
npm install --no-save --silent nunjucks@3.2.4 || { echo 'The package could not be installed.' >&2; exit 2; }

cat > run.mjs <<'JS'
import nunjucks from 'nunjucks';

const environment = new nunjucks.Environment(null, { throwOnUndefined: true });
const keys = [{ kid: 'a', good: true }, { kid: 'b', good: false }];
const show = (name, text) => console.log(`${name}: [${environment.renderString(text, { keys })}]`);

show('if in for', '{% for key in keys if key.good %}{{ key.kid }}{% endfor %}');
show('if inside', '{% for key in keys %}{% if key.good %}{{ key.kid }}{% endif %}{% endfor %}');
JS

expected='if in for: []
if inside: [a]'

seen=$(node run.mjs)
echo "$seen"
if [ "$seen" != "$expected" ]; then
  printf 'The behaviour has changed. Expected:\n%s\n' "$expected" >&2
  exit 1
fi
