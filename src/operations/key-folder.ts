// Public keys as files, for servers that can't read a JWK set.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '../settings/folder.ts';

/** Files by their path in the folder. */
export type KeyFiles = ReadonlyMap<string, string>;

/** There while the command has not been told of a change: a crash or a failure of it is made good the next time. */
const untold = '.changed';

/** A key by its kid: an RFC 7638 thumbprint and nothing else is ever removed. */
const kid = /^[A-Za-z0-9_-]{43}$/;

/** Makes the folder hold these files; gives the paths that were written and removed. */
export async function writeKeys(folder: string, files: KeyFiles): Promise<string[]> {
  makeFolder(folder);
  const written = [];
  for (const [path, text] of files) {
    if ((await read(join(folder, path))) !== text) written.push(path);
  }
  const removed = await surplus(folder, files);
  if (written.length + removed.length === 0) return [];
  await writeFile(join(folder, untold), '');
  // New ones first: at no moment is a key missing that signs.
  for (const path of written) await replace(join(folder, path), files.get(path) ?? '');
  for (const path of removed) await rm(join(folder, path));
  return [...written, ...removed];
}

/** Runs the command if it has not been told of a change; gives its exit code, and undefined where it was not run. */
export async function tell(folder: string, command: string): Promise<number | undefined> {
  if ((await read(join(folder, untold))) === undefined) return undefined;
  // Its output goes beside ours, not into it.
  const child = spawn(command, { shell: true, stdio: ['ignore', 2, 2] });
  const [code] = await once(child, 'close');
  if (code === 0) await rm(join(folder, untold));
  return code ?? 1;
}

/** A reader sees the file as it was or as it is, never half of it. */
async function replace(path: string, text: string): Promise<void> {
  makeFolder(dirname(path));
  await writeFile(`${path}.new`, text, { flush: true });
  await rename(`${path}.new`, path);
}

async function surplus(folder: string, files: KeyFiles): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile() && kid.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length))
    .filter((path) => !files.has(path));
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
