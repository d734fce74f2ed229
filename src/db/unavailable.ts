// Errors that say nothing about the request: the same one may succeed in a moment.
import { BrokenConnection } from './broken.ts';

// Class 08: connection, and whatever a pooler says. 53: no resources. 57: shut down, cancelled, not ready yet.
// 40001, 40P01: rolled back because of others. 55P03: lock timeout. 25006: has become a standby.
// 42883: a release has changed what the function takes, and this process is of the one before.
const transient = /^(08...|53...|57...|40001|40P01|55P03|25006|42883)$/;

/** Whether an error of the database passes by itself. What the statement did is not known: repeat it only if it may be. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof BrokenConnection) return true;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && transient.test(code);
}
