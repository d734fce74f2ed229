// Servers of a Debian release in a folder of its own: nothing of the machine is installed, started or changed.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

const mirror = 'http://deb.debian.org/debian';

export type Debian = Awaited<ReturnType<typeof installDebian>>;

/** Makes a release in the folder, unless it is there, and installs packages in it; as root. */
export async function installDebian(folder: string, release: string, packages: string[]) {
  if (!existsSync(join(folder, 'usr/sbin/policy-rc.d'))) {
    await execute('debootstrap', ['--variant=minbase', release, folder, mirror, 'sid']);
    // No service is started when it is installed.
    writeFileSync(join(folder, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  }
  writeFileSync(join(folder, 'etc/hosts'), '127.0.0.1 localhost\n');
  const inside = (...words: string[]) => execute('unshare', within(folder, words));
  // A mirror may be behind: what it has is tried.
  await inside('apt-get', '-o', 'Acquire::Check-Valid-Until=false', 'update');
  await inside('apt-get', 'install', '-y', '--no-install-recommends', ...packages);
  const running = new Set<ChildProcess>();
  return {
    folder,
    /** Stops what a test that failed has left. */
    stop: () => {
      for (const child of running) child.kill();
    },
    /** Runs a command there, and gives what it prints. */
    run: async (...words: string[]) => (await inside(...words)).stdout,
    /** Writes a file there. */
    write: (path: string, text: string) => writeFileSync(join(folder, path), text),
    version: async (name: string) => {
      const { stdout } = await inside('dpkg-query', '--show', name);
      return stdout.trim().split('\t')[1] ?? '';
    },
    /** Starts a server in the foreground, and waits until it listens. */
    start: async (port: number, ...words: string[]): Promise<() => Promise<void>> => {
      const child = spawn('unshare', within(folder, words));
      running.add(child);
      child.once('exit', () => running.delete(child));
      const said: string[] = [];
      for (const out of [child.stdout, child.stderr])
        out.on('data', (text) => said.push(`${text}`));
      await listening(port, child, said);
      return async () => {
        if (child.exitCode === null && child.kill()) await once(child, 'exit');
      };
    },
  };
}

/** The arguments of unshare that run a command there, with mounts of its own, which end with it. */
function within(folder: string, words: string[]): string[] {
  const mounts = 'mount -t proc proc "$0/proc"; mount --bind /dev "$0/dev"; exec chroot "$0" "$@"';
  return ['-m', 'sh', '-c', mounts, folder, ...words];
}

async function listening(port: number, child: ChildProcess, said: string[]): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) throw new Error(`it ended: ${said.join('').slice(-1000)}`);
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise((resolve) => {
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await sleep(100);
  }
  throw new Error(`it does not listen: ${said.join('').slice(-1000)}`);
}
