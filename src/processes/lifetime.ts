// A process that serves: begun once, and stopped in reverse order by a signal or by what went wrong.

import { describeFault } from '../cli/faults.ts';
import { complain } from '../cli/run.ts';
import type { Stop } from '../services.ts';
import { type Config, loadConfig } from '../settings/config.ts';

const stopTimeout = 30_000;

/** Begins the process, whose parts hand over how each is stopped as soon as it is there. */
export async function live(
  begin: (config: Config, started: Stop[], end: (error?: unknown) => void) => Promise<string>,
) {
  const started: Stop[] = [];
  let ending = false;

  async function end(error?: unknown): Promise<void> {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(1), stopTimeout).unref();
    if (error !== undefined) complain(await describeFault(error));
    try {
      for (let stop = started.pop(); stop; stop = started.pop()) await stop();
    } catch (failure) {
      complain(await describeFault(failure));
      process.exit(1);
    }
    process.exit(error === undefined ? 0 : 1);
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end());
  process.on('uncaughtException', end);
  try {
    console.log(await begin(loadConfig(), started, end));
  } catch (error) {
    await end(error);
  }
}
