#!/usr/bin/env bash
# Package: parse-duration 2.1.9 (npm)
#
# Behaviour: in the default locale a comma between two digits is taken out, wherever it stands. The README documents commas
# as separators of thousands (`27,681 ns`), but nothing checks that three digits follow: `1,5h` is 15 hours, and `0,5h`,
# which no grouping of digits can mean, is 5 hours. With the German locale it is the other way round: `1.5h` is 15 hours.
# There is neither an error nor the null that an unknown text gives.
#
# Seen: see `expected` below.
#
# Why it matters here: people type the lifetime of a token, a code or a session, and many write a comma before decimals. A
# token then lives ten times as long as was meant, and nobody is told.
#
# Right handling: a setting for a lifetime takes a whole number and one unit (`90m`) and refuses anything else before it
# reaches the parser; the start-up says the lifetime back in full, and a maximum catches a slip.
#
# Exits 0 if the behaviour is as described, 1 if it has changed, 2 if the package could not be installed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

echo '{ "private": true }' > package.json
npm install --no-save --silent parse-duration@2.1.9 || { echo 'The package could not be installed.' >&2; exit 2; }

cat > run.mjs <<'JS'
import parse from 'parse-duration';
import de from 'parse-duration/locale/de.js';

const show = (locale, text) => console.log(`${locale} ${text}: ${parse(text, 'h')} hours`);

for (const text of ['1.5h', '1,5h', '0,5h']) show('en', text);
console.log(`en lifetime: ${parse('lifetime')}`);
parse.unit = de;
for (const text of ['1,5h', '1.5h']) show('de', text);
JS

expected='en 1.5h: 1.5 hours
en 1,5h: 15 hours
en 0,5h: 5 hours
en lifetime: null
de 1,5h: 1.5 hours
de 1.5h: 15 hours'

seen=$(node run.mjs)
echo "$seen"
if [ "$seen" != "$expected" ]; then
  printf 'The behaviour has changed. Expected:\n%s\n' "$expected" >&2
  exit 1
fi
