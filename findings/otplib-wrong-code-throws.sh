#!/usr/bin/env bash
# Package: otplib 13.5.0 (npm)
#
# Behaviour: `verify` has two ways to say that a code is not the right one. Six other digits resolve to `{ valid: false }`;
# a code that is a digit short, or that was typed with a space as apps show it (`123 456`), rejects with TokenLengthError.
#
# Seen: see `expected` below.
#
# Why it matters here: whoever only asks for `valid` answers a slip of the finger with a server error, and the attempt is
# counted nowhere: the bound on guesses is then a bound on well-formed guesses, and the person reads nothing of use.
#
# Right handling: spaces are taken out and the form is checked before the library is asked; whatever it throws over a code
# is a wrong code, counted and told like any other.
#
# Exits 0 if the behaviour is as described, 1 if it has changed, 2 if the package could not be installed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

echo '{ "private": true }' > package.json
npm install --no-save --silent otplib@13.5.0 || { echo 'The package could not be installed.' >&2; exit 2; }

cat > run.mjs <<'JS'
import { generate, generateSecret, verify } from 'otplib';

const secret = generateSecret();
const token = await generate({ secret });
const other = String((Number(token) + 1) % 1_000_000).padStart(6, '0');

const codes = { right: token, other, short: token.slice(1), spaced: `${token.slice(0, 3)} ${token.slice(3)}` };
for (const [name, code] of Object.entries(codes)) {
  const said = await verify({ secret, token: code }).then(({ valid }) => valid, (error) => error.name);
  console.log(`${name}: ${said}`);
}
JS

expected='right: true
other: false
short: TokenLengthError
spaced: TokenLengthError'

seen=$(node run.mjs)
echo "$seen"
if [ "$seen" != "$expected" ]; then
  printf 'The behaviour has changed. Expected:\n%s\n' "$expected" >&2
  exit 1
fi
