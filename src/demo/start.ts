import type { Stop, WorkerContext } from '../context.ts';
import type { Mount } from '../http/app.ts';

/** Makes the demo tenant and mounts the demonstration client; `lines` go into the banner. */
export async function startDemo(
  _context: WorkerContext,
  _mounts: Mount[],
): Promise<{ stop: Stop; lines: string[] }> {
  return { stop: async () => {}, lines: [] };
}
