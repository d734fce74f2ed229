import type { Stop, WorkerContext } from '../context.ts';

/** Makes the demo tenant and serves the demonstration client; `lines` go into the banner. */
export async function startDemo(_context: WorkerContext): Promise<{ stop: Stop; lines: string[] }> {
  return { stop: async () => {}, lines: [] };
}
