// What a test file leaves behind is ended with it. An afterAll within a beforeAll or a test is taken and never run.
import { onTestFinished } from 'vitest';

const works: (() => unknown)[] = [];

/** Has something done at the end of the file, before what was there already. */
export function atFileEnd(work: () => unknown): void {
  works.push(work);
}

/** Has something done at the end of the running test; outside of one at the end of the file. */
export function atEnd(work: () => void): void {
  try {
    onTestFinished(work);
  } catch {
    atFileEnd(work);
  }
}

/** Does what is to be done at the end of the file. */
export async function endFile(): Promise<void> {
  for (const work of works.splice(0).reverse()) await work();
}
