#!/usr/bin/env node
// The `pgrant` command: built JavaScript where it is installed, TypeScript in a checkout.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = new URL('./main.ts', import.meta.url);
const program = existsSync(source) ? source : new URL('../dist/main.js', import.meta.url);
const locked = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

// Argon2 is in node:crypto since then.
if (major > 24 || (major === 24 && minor >= 7)) await import(program.href);
else if (program === source && existsSync(locked)) handOver();
else {
  console.error(`pgrant: Node.js 24.7 or newer is needed; this is ${process.versions.node}`);
  process.exitCode = 1;
}

/** Runs the program on the Node.js that npm ci brought. */
function handOver() {
  const child = spawn(locked, [fileURLToPath(program), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
