// Public keys as files, for servers that can't read a JWK set.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '../settings/folder.ts';

/** A file of the folder by its path there; a JWK set has neither algorithm nor kid. */
export type KeyFile = { path: string; text: string; alg?: string; kid?: string };

/** What a run is about: a tenant's keys in one format. */
export type KeyRun = {
  tenant: { id: string; name: string };
  format: string;
  /** Of this algorithm only. */
  alg: string | undefined;
  /** Every key of the tenant that is published, of any algorithm. */
  kids: readonly string[];
  files: readonly KeyFile[];
};

/** Paths: what was written, what was removed, and what is the tenant's and was not asked for. */
export type Kept = { written: string[]; removed: string[]; left: string[] };

/** Another tenant has a file of this name here. */
export class KeyFileTaken extends Error {
  override name = 'KeyFileTaken';
}

/** There while the command has not been told of a change: a crash or a failure of it is made good the next time. */
const untold = '.changed';

/** What the runs for a tenant have written, so that nothing else is ever removed. */
type Note = { tenant: string; files: (Omit<KeyFile, 'text'> & { format: string })[] };
const noteOf = (id: string) => `.keys-${id}`;

/** Files of ours: by algorithm and RFC 7638 thumbprint, by algorithm, or the whole set. Whatever a note says, no other is removed. */
const ownPath = /^(?:[A-Za-z0-9]+\/[\w-]{43}|[A-Za-z0-9]+\.jwk|jwks\.json)$/;

/**
 * Makes the folder hold these files. Removes what a run for the same tenant, format and algorithm has written of a key
 * that is published no more: other tenants, algorithms and people may keep their files beside it.
 */
export async function writeKeys(folder: string, run: KeyRun): Promise<Kept> {
  const { tenant, format, alg, kids, files } = run;
  await refuseTaken(folder, run);
  const before = (await readNote(folder, noteOf(tenant.id)))?.files ?? [];
  const wanted = new Set(files.map(({ path }) => path));
  const others = before.filter(({ path }) => !wanted.has(path));
  const ours = others.filter((file) => file.format === format);
  const asked = (file: Note['files'][number]) => alg === undefined || file.alg === alg;
  const over = ours.filter((file) => asked(file) && file.kid && !kids.includes(file.kid));
  const left = ours.filter((file) => !asked(file)).map(({ path }) => path);

  const written: string[] = [];
  for (const { path, text } of files) {
    if ((await read(join(folder, path))) !== text) written.push(path);
  }
  const removed = over.map(({ path }) => path);
  if (written.length + removed.length > 0) await writeFile(join(folder, untold), '');
  // What is about to be written is noted before: after a crash it is known whose it is.
  const noted = files.map(({ text, ...file }) => ({ ...file, format }));
  await writeNote(folder, run, [...others, ...noted]);
  // New ones first: at no moment is a key missing that signs.
  for (const { path, text } of files) {
    if (written.includes(path)) await replace(join(folder, path), text);
  }
  for (const path of removed) await rm(join(folder, path), { force: true });
  if (over.length > 0) {
    const stay = others.filter((file) => !over.includes(file));
    await writeNote(folder, run, [...stay, ...noted]);
  }
  return { written, removed, left };
}

/** Runs the command if it has not been told of a change; gives its exit code, and undefined where it was not run. */
export async function tell(folder: string, command: string): Promise<number | undefined> {
  if ((await read(join(folder, untold))) === undefined) return undefined;
  // Its output goes beside ours, not into it.
  const child = spawn(command, { shell: true, stdio: ['ignore', 2, 2] });
  const [code] = await once(child, 'close');
  if (code === 0) await rm(join(folder, untold), { force: true });
  return code ?? 1;
}

/** A JWK or a JWK set is called the same for each tenant: two of them would write over each other for ever. */
async function refuseTaken(folder: string, { tenant, files }: KeyRun): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(noteOf('')) || name === noteOf(tenant.id)) continue;
    const note = await readNote(folder, name);
    const taken = files.find(({ path }) => note?.files.some((file) => file.path === path));
    if (taken) throw new KeyFileTaken(`${join(folder, taken.path)} is of tenant ${note?.tenant}`);
  }
}

async function readNote(folder: string, name: string): Promise<Note | undefined> {
  const text = await read(join(folder, name));
  try {
    const note = text === undefined ? undefined : (JSON.parse(text) as Note);
    return note?.files.every(({ path }) => ownPath.test(path)) ? note : undefined;
  } catch {
    // Somebody has written into it: what it said is nobody's now, and stays.
    return undefined;
  }
}

async function writeNote(folder: string, { tenant }: KeyRun, files: Note['files']): Promise<void> {
  const path = join(folder, noteOf(tenant.id));
  const text = `${JSON.stringify({ tenant: tenant.name, files } satisfies Note)}\n`;
  if ((await read(path)) !== text) await replace(path, text);
}

/** A reader sees the file as it was or as it is, never half of it. */
async function replace(path: string, text: string): Promise<void> {
  makeFolder(dirname(path));
  await writeFile(`${path}.new`, text, { flush: true });
  await rename(`${path}.new`, path);
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
