// npm run fuzz: sends whatever comes to mind to every route of the real web process, and prints figures.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbedded } from '../../src/embedded/embedded.ts';
import { setPasswords } from '../../src/embedded/logins.ts';
import { release } from '../../src/release/release.ts';
import { type Figures, fuzz } from './fuzz.ts';

const usage = `npm run fuzz -- [options]
  --requests N  how many; 5000 by default
  --seed S      the same requests again; by chance without it
  --first F     begins with request F of the seed
Exit code 0: nothing was found; 1: findings; 2: could not be tried.`;

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '5000' },
    seed: { type: 'string' },
    first: { type: 'string', default: '0' },
    help: { type: 'boolean', default: false },
  },
});

function report({ seed, requests, seconds, findings, statuses, slowest, heap }: Figures): string {
  const told = Object.entries(statuses).map(([status, count]) => `${status}: ${count}`);
  const megabytes = heap.map((bytes) => (bytes / 2 ** 20).toFixed(1));
  return `seed ${seed}, ${requests} requests in ${seconds.toFixed(0)} s, slowest answer ${slowest.toFixed(0)} ms
${told.join(', ')}
heap after the first tenth ${megabytes[0]} MiB, after the last ${megabytes[1]} MiB
${findings.length} findings`;
}

async function run(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-fuzz-'));
  const server = await startEmbedded(folder, { durable: false });
  try {
    await release(server.url('postgres'));
    await setPasswords(server.url('postgres'), server.credentials);
    const figures = await fuzz(
      { web: server.url('pgrant_web'), worker: server.url('pgrant_worker') },
      {
        seed: values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed),
        requests: Number(values.requests),
        first: Number(values.first),
        progress: (done, { findings }) => {
          if (process.stderr.isTTY)
            process.stderr.write(`\r${done} sent, ${findings.length} findings`);
        },
      },
    );
    const { findings } = figures;
    for (const { request, fault, bytes, answer } of findings.slice(0, 20)) {
      console.log(`request ${request}: ${fault}\n  ${bytes}\n  ${answer}\n`);
    }
    console.log(report(figures));
    return findings.length === 0 ? 0 : 1;
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (values.help) {
  console.log(usage);
} else {
  try {
    process.exitCode = await run();
  } catch (error) {
    console.error(error);
    process.exitCode = 2;
  }
}
