#!/bin/bash
# npm start as a stranger sees it: ready in seconds, answers, stops on Ctrl-C, leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")/.."

export PORT="${PORT:-3999}"
PGRANT_DATA="$(mktemp -d)"
export PGRANT_DATA
out="$PGRANT_DATA.log"
server=
clean() {
  if [ -n "$server" ]; then kill -INT "$server" 2>/dev/null && wait "$server" || true; fi
  rm -rf "$PGRANT_DATA" "$out"
}
trap clean EXIT

fail() {
  echo "smoke: $*" >&2
  cat "$out" >&2
  exit 1
}

# A shell starts its background jobs deaf to SIGINT: give it back, as a terminal would.
env --default-signal=INT npm start >"$out" 2>&1 &
server=$!

began=$(date +%s%N)
until grep -q 'pgrant is ready' "$out"; do
  kill -0 "$server" 2>/dev/null || fail 'npm start ended'
  [ $((($(date +%s%N) - began) / 1000000)) -lt 30000 ] || fail 'not ready after 30 s'
  sleep 0.05
done
echo "ready after $((($(date +%s%N) - began) / 1000000)) ms"

curl --silent --show-error --fail "http://localhost:$PORT/demo/.well-known/openid-configuration" |
  grep -q "\"issuer\":\"http://localhost:$PORT/demo\"" || fail 'no discovery document'

kill -INT "$server"
code=0
wait "$server" || code=$?
server=
[ "$code" = 0 ] || fail "exit code $code"
if pgrep --full "$PGRANT_DATA" >/dev/null; then fail 'a process is left'; fi
echo 'stopped, exit code 0, no process left'
