// Packages into a folder of their own, by the ordinary clients of the registries: nothing of them is committed.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Ecosystem, RealClient } from './clients.ts';

const execute = promisify(execFile);
const own = (ecosystem: Ecosystem) => fileURLToPath(new URL(ecosystem, import.meta.url));

/** How a driver is started: a program and its first arguments, in the folder of its ecosystem. */
export type Start = { folder: string; command: (driver: string) => [string, ...string[]] };

/** Installs what the clients of an ecosystem need, and puts the drivers beside it. */
export async function install(
  root: string,
  ecosystem: Ecosystem,
  clients: RealClient[],
): Promise<Start> {
  const folder = join(root, ecosystem);
  mkdirSync(folder, { recursive: true });
  cpSync(own(ecosystem), folder, { recursive: true });
  const packages = [...new Set(clients.flatMap((client) => client.packages))];
  return await installers[ecosystem](folder, packages);
}

const installers: Record<Ecosystem, (folder: string, packages: string[]) => Promise<Start>> = {
  npm: async (folder, packages) => {
    writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}');
    // What a client would have beside it (next-auth a whole Next.js, and an older @auth/core) is not installed with it.
    const words = ['install', '--no-audit', '--no-fund', '--legacy-peer-deps', ...packages];
    await execute('npm', words, { cwd: folder });
    const command = (driver: string) => [process.execPath, 'drive.mjs', `./${driver}.mjs`] as const;
    return { folder, command: (driver) => [...command(driver)] };
  },
  pypi: async (folder, packages) => {
    const python = join(folder, 'venv', 'bin', 'python');
    if (!existsSync(python)) await execute('python3', ['-m', 'venv', join(folder, 'venv')]);
    await execute(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
    return { folder, command: (driver) => [python, 'drive.py', driver] };
  },
  maven: async (folder) => {
    const words = ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'];
    await execute('mvn', words, { cwd: folder });
    return { folder, command: (driver) => ['java', '-cp', 'lib/*', `${driver}.java`] };
  },
  go: async (folder, packages) => {
    const go = (...words: string[]) => execute('go', words, { cwd: folder });
    if (!existsSync(join(folder, 'go.mod'))) await go('mod', 'init', 'clients.example');
    await go('get', ...packages);
    await go('build', '-o', 'driver', '.');
    return { folder, command: () => [join(folder, 'driver')] };
  },
};
