// Files that a command makes: there whole under their names, or not at all, whatever ends it.
import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { UsageError } from './faults.ts';
import { endings } from './interruptible.ts';

export type Drafts = {
  /** Where to write what is to be at `file`; finds out before the work whether that can be. Nobody else of the machine may read it. */
  add: (file: string, what: string) => string;
  /** Has a file or folder removed at the end. */
  discard: (path: string) => void;
  /** Fires where a signal ends the process. */
  signal: AbortSignal;
};

/** Runs the work; after it drafts get their names, or else are gone, as they are where a signal ends the process. */
export async function drafting<Result>(work: (drafts: Drafts) => Promise<Result>): Promise<Result> {
  const ending = new AbortController();
  const drafts = new Map<string, string>();
  const discarded: string[] = [];
  const clear = () => {
    for (const path of [...drafts.keys(), ...discarded])
      rmSync(path, { force: true, recursive: true });
  };
  const end = (signal: NodeJS.Signals) => {
    ending.abort();
    clear();
    process.kill(process.pid, signal);
  };
  for (const signal of endings) process.once(signal, end);
  try {
    const result = await work({
      add: (name, what) => {
        // Of a link what it leads to is replaced.
        const file = existsSync(name) ? realpathSync(name) : name;
        const draft = draftOf(file, what);
        if (draft !== file) drafts.set(draft, file);
        return draft;
      },
      discard: (path) => discarded.push(path),
      signal: ending.signal,
    });
    for (const [draft, file] of drafts) renameSync(draft, file);
    return result;
  } finally {
    clear();
    for (const signal of endings) process.off(signal, end);
  }
}

/** Beside the file, so that it can take its place; what is no file, such as a pipe, is written to as it is. */
function draftOf(file: string, what: string): string {
  try {
    const there = statSync(file, { throwIfNoEntry: false });
    const draft = there && !there.isFile() ? file : `${file}.draft`;
    closeSync(openSync(draft, 'a', 0o600));
    if (draft !== file) chmodSync(draft, 0o600);
    return draft;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`the ${what} ${file} cannot be written (${code})`);
  }
}
