#!/usr/bin/env node
// The `pgrant` command: hands over to the locked Node.js, since older ones cannot run TypeScript.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const node = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const { status, error } = spawnSync(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
if (error) console.error(`pgrant: ${error.message}; run npm ci first`);
process.exitCode = status ?? 1;
