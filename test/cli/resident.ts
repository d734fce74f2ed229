// Runs one command after another in one process: most of the time of a short one goes to starting Node and reading modules.
// What a process of its own shows otherwise is seen here as well: its exit code, and whether it would come to an end.
import { writeSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

export type Job = { environment: Record<string, string>; words: readonly string[]; stdin: string };
export type Done = { code: number; out: string; err: string };

const main = new URL('../../src/main.ts', import.meta.url);
let commands = 0;

const said = { out: '', err: '' };
const hear = (stream: NodeJS.WriteStream, as: 'out' | 'err') => {
  stream.write = ((chunk: string | Uint8Array) => {
    said[as] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return true;
  }) as typeof stream.write;
};
hear(process.stdout, 'out');
hear(process.stderr, 'err');
process.on('warning', ({ message }) => {
  said.err += `${message}\n`;
});

/** What keeps the process from ending. */
const open = () => process.getActiveResourcesInfo().toSorted();

/** Waits for what the command has opened, as a process does before it ends. */
async function ended(before: string[]): Promise<void> {
  for (let left = 5_000; open().length > before.length; left -= 1) {
    if (left === 0) throw new Error(`the command does not end: ${open()} are open`);
    await sleep(2);
  }
}

async function run({ environment, words, stdin }: Job): Promise<Done> {
  Object.assign(said, { out: '', err: '' });
  process.env = { ...environment };
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...words);
  Object.defineProperty(process, 'stdin', { value: Readable.from([stdin]), configurable: true });
  process.exitCode = undefined;
  const before = open();
  commands += 1;
  // Anew, for a module is run once.
  await import(`${main.href}?command=${commands}`);
  await ended(before);
  const done = { code: Number(process.exitCode ?? 0), ...said };
  process.exitCode = undefined;
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error');
  return done;
}

process.on('message', async (job: Job) => {
  try {
    process.send?.(await run(job));
  } catch (error) {
    // Past what is heard of a command.
    writeSync(2, `${job.words.join(' ')}: ${(error as Error).stack}\n`);
    process.exit(1);
  }
});
process.on('disconnect', () => process.exit());
