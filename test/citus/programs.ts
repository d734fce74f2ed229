// pgrant's own programs against a cluster: commands, and a web process at a node.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const run = promisify(execFile);

export type Cluster = {
  /** postgres:// URL of the coordinator, by a role that may act as all of pgrant's. */
  coordinator: string;
  /** The same for the web process, as pgrant_web: at the coordinator, and at nodes that hold tenants. */
  web: string[];
  secret: string;
};

function environment({ coordinator, secret }: Cluster, database = coordinator) {
  return {
    ...process.env,
    DATABASE_OWNER_URL: coordinator,
    DATABASE_WORKER_URL: coordinator,
    DATABASE_URL: database,
    PGRANT_SECRET: secret,
    PGRANT_DEMO: '0',
    LOG_LEVEL: 'warn',
  };
}

/** Runs a command at the coordinator and gives what it printed; throws with its output where it failed. */
export async function command(cluster: Cluster, args: string[], input?: string): Promise<string> {
  const running = run(process.execPath, [main, ...args], { env: environment(cluster) });
  running.child.stdin?.end(input);
  try {
    return (await running).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`pgrant ${args.join(' ')}: ${stderr || stdout || error}`);
  }
}

export type Running = { stop: () => Promise<void> };

/** Starts the web process at a node, on the port of the issuers, and waits until it is ready. */
export async function startWeb(cluster: Cluster, database: string, port: number): Promise<Running> {
  const env = {
    ...environment(cluster, database),
    PORT: String(port),
    DATABASE_OWNER_URL: undefined,
  };
  const child = spawn(process.execPath, [main, 'web'], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const until = Date.now() + 30_000;
  while (!(await isReady(port))) {
    if (child.exitCode !== null || Date.now() > until)
      throw new Error('the web process is not ready');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { stop: () => stopped(child) };
}

/** Starts the worker at the coordinator. */
export function startWorker(cluster: Cluster): Running {
  const env = { ...environment(cluster), DATABASE_OWNER_URL: undefined };
  const child = spawn(process.execPath, [main, 'worker'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return { stop: () => stopped(child) };
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  return answer?.status === 200;
}

async function stopped(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** The hosts of a URL, for people. */
export const hostsOf = (url: string): string => url.replace(/^.*@|[/?].*$/g, '');
