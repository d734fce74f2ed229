#!/usr/bin/env bash
# Packages: @opentelemetry/sdk-trace 3.1.1 and @opentelemetry/exporter-trace-otlp-proto 0.301.1 (npm)
#
# Behaviour: spans that a collector refuses while a process runs are lost without a word: nothing is printed and nothing
# thrown, batch after batch. If the collector refuses those that are left at the end, `shutdown()` of the provider rejects
# with the collector's refusal; if none are left, it resolves, whatever was lost before.
#
# Seen: see `expected` below; the collector answers 401 to everything.
#
# Expected instead: that tracing never makes a process end otherwise than it would without, and that a loss is told while
# there is still somebody to mend it. The OpenTelemetry specification (error handling in OpenTelemetry) has implementations
# throw nothing unhandled at run time and log what they suppress.
#
# Why it matters here: an authorization server ends its parts one after the other when it is told to stop, and tracing
# last. With a collector that is out of order such a stop fails, now and then, and an orderly restart looks like a crash.
#
# Right handling: `setGlobalErrorHandler` of @opentelemetry/core is told of each batch that is lost, and can say so in the
# log, not for each; and what `shutdown()` rejects with goes the same way (the last lines below).
#
# Exits 0 if the behaviour is as described, 1 if it has changed, 2 if the packages could not be installed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

echo '{ "private": true }' > package.json
npm install --no-save --silent @opentelemetry/api@1.10.0 @opentelemetry/core@3.1.1 @opentelemetry/sdk-trace@3.1.1 \
  @opentelemetry/exporter-trace-otlp-proto@0.301.1 ||
  { echo 'The packages could not be installed.' >&2; exit 2; }

cat > run.mjs <<'JS'
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

const collector = createServer((request, response) => {
  request.resume().on('end', () => {
    response.on('close', () => collector.emit('refused'));
    response.writeHead(401).end();
  });
}).listen(0, '127.0.0.1');
await once(collector, 'listening');
const url = `http://127.0.0.1:${collector.address().port}/v1/traces`;

/** A process with a whole batch that is refused, and `left` spans when it ends. */
async function run(left) {
  const processor = new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }) });
  const provider = new TracerProvider({ spanProcessors: [processor] });
  const tracer = provider.getTracer('finding');
  const refused = once(collector, 'refused');
  for (let n = 0; n < 512; n += 1) tracer.startSpan('work').end();
  await refused;
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (let n = 0; n < left; n += 1) tracer.startSpan('work').end();
  const outcome = await provider.shutdown().then(
    () => 'resolves',
    (error) => `rejects with "${error.message}"`,
  );
  console.log(`a batch refused, ${left} left: shutdown ${outcome}`);
}

await run(0);
await run(1);
setGlobalErrorHandler((error) => console.log(`told of a loss: ${error.message}`));
await run(1);
collector.close();
collector.closeAllConnections();
JS

expected='a batch refused, 0 left: shutdown resolves
a batch refused, 1 left: shutdown rejects with "Unauthorized"
told of a loss: Unauthorized
a batch refused, 1 left: shutdown rejects with "Unauthorized"'

seen=$(node run.mjs 2>&1)
echo "$seen"
if [ "$seen" != "$expected" ]; then
  printf 'The behaviour has changed. Expected:\n%s\n' "$expected" >&2
  exit 1
fi
