// Where a server of the tests keeps its files.
import { mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const memory = '/dev/shm';
/** Bytes: more than all databases that are there at a time, and their log. */
const enough = 4 * 2 ** 30;

function isRoomy(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize > enough;
  } catch {
    return false;
  }
}

/**
 * Makes a folder, in memory where there is enough: each file of tests has a database of its own, of some thousand files, and
 * to make and remove these takes a disk up to ten times as long.
 */
export const makeServerFolder = (prefix: string): string =>
  mkdtempSync(join(isRoomy(memory) ? memory : tmpdir(), prefix));
