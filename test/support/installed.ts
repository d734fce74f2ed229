// What is published, installed in an empty folder as its users do, and the Nodes to try it on.
import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atEnd } from './at-end.ts';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** The versions that pgrant/resource runs on. */
const versions = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0' };
export const majors = [20, 22, 24] as const;
type Major = (typeof majors)[number];

export type Installed = {
  /** Has the packages in its node_modules. */
  folder: string;
  tarballs: { pgrant: string; resource: string };
  /** The program of a Node of each major version. */
  nodes: Record<Major, string>;
};

/** Packs pgrant and @pgrant/resource, and installs both, with those Nodes that the machine lacks. */
export async function install(): Promise<Installed> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pgrant-installed-')));
  atEnd(() => rmSync(folder, { recursive: true }));
  const tarballs = {
    pgrant: await pack(root, folder),
    resource: await pack(join(root, 'src/resource'), folder),
  };
  await installIn(folder, {
    pgrant: `file:${tarballs.pgrant}`,
    '@pgrant/resource': `file:${tarballs.resource}`,
  });
  return { folder, tarballs, nodes: await findNodes(join(folder, 'nodes')) };
}

/** Those of this machine; the others are installed apart, for they bring a `node` for every script. */
async function findNodes(folder: string): Promise<Record<Major, string>> {
  const present = presentNodes();
  const missing = majors.filter((major) => !present.has(major));
  if (missing.length > 0) {
    const platform = process.platform === 'win32' ? 'win' : process.platform;
    const name = (major: Major) => `npm:node-${platform}-${process.arch}@${versions[major]}`;
    await installIn(
      folder,
      Object.fromEntries(missing.map((major) => [`node-${major}`, name(major)])),
    );
  }
  const program = (major: Major) =>
    present.get(major) ?? join(folder, `node_modules/node-${major}/bin/node`);
  return { 20: program(20), 22: program(22), 24: program(24) };
}

async function installIn(folder: string, dependencies: Record<string, string>): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const manifest = { private: true, type: 'module', dependencies };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  // The database is the test's own, so the embedded PostgreSQL is left out.
  await npm(folder, 'install', '--omit=optional', '--prefer-offline', '--no-audit', '--no-fund');
}

async function pack(folder: string, destination: string): Promise<string> {
  const before = readdirSync(destination);
  await npm(folder, 'pack', '--pack-destination', destination);
  const made = readdirSync(destination).filter((name) => !before.includes(name));
  return join(destination, made[0] ?? '');
}

/** Runs npm as in a shell of its own, without what the npm around the tests has set. */
async function npm(folder: string, ...words: string[]): Promise<void> {
  const entries = Object.entries(process.env).filter(([name]) => !/^npm_(?!config_)/.test(name));
  const { npm_config_local_prefix: _, ...env } = Object.fromEntries(entries);
  await execute('npm', words, { cwd: folder, env, timeout: 180_000 });
}

function presentNodes(): Map<number, string> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const programs = [process.execPath, ...folders.map((folder) => join(folder, 'node'))];
  return new Map(
    programs
      .filter((program) => existsSync(program))
      .map((program) => {
        const version = execFileSync(program, ['--version'], { encoding: 'utf8' });
        return [Number.parseInt(version.slice(1), 10), program];
      }),
  );
}
