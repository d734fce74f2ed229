// One run at a time on a folder, of any process that reaches it.
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const name = '.lock';
/** A holder shows so often that it lives, since a process id means nothing to another container, in milliseconds; */
const beat = 5_000;
/** whoever was silent for so long has died. */
const silence = 30_000;

/** Another run has held the folder for all the time that was waited. */
export class FolderBusy extends Error {
  override name = 'FolderBusy';
}

/** Runs the work while nobody else does on the folder; waits for them, and throws FolderBusy after `patience`. */
export async function alone<T>(
  folder: string,
  work: () => Promise<T>,
  patience = 120_000,
): Promise<T> {
  const lock = join(folder, name);
  const mine = `${process.pid} ${Math.random()}\n`;
  const end = Date.now() + patience;
  while (!(await taken(lock, mine))) {
    await buryDead(lock);
    if (Date.now() > end) throw new FolderBusy(folder);
    await sleep(50 + Math.random() * 50);
  }
  const alive = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => {});
  }, beat);
  try {
    return await work();
  } finally {
    clearInterval(alive);
    // Not where somebody has taken us for dead, as after a machine has slept.
    if ((await readFile(lock, 'utf8').catch(() => '')) === mine) await rm(lock, { force: true });
  }
}

/** O_EXCL makes the file for one of those who try at once. */
async function taken(lock: string, text: string): Promise<boolean> {
  try {
    await writeFile(lock, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function buryDead(lock: string): Promise<void> {
  if (!(await isSilent(lock))) return;
  // One of those who see it so takes it away: whoever took a new one by mistake puts it back.
  const aside = `${lock}.${process.pid}.${Math.random()}`;
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  if (!(await isSilent(aside))) await link(aside, lock).catch(() => {});
  await rm(aside, { force: true });
}

async function isSilent(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > silence;
}
