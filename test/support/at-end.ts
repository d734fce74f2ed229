import { afterAll, onTestFinished } from 'vitest';

/** Has something done at the end of the running test; outside of one at the end of the file. */
export function atEnd(work: () => void): void {
  try {
    onTestFinished(work);
  } catch {
    // Not in a test. In one, afterAll would be taken and never run.
    afterAll(work);
  }
}
