// npm run test:clients: signs in with clients that people use, and prints what each came to.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { startEmbedded } from '../../src/embedded/embedded.ts';
import { setPasswords } from '../../src/embedded/logins.ts';
import { release } from '../../src/release/release.ts';
import { freePort } from '../support/free-port.ts';
import { newPair } from './assertion-keys.ts';
import { clients, type Ecosystem, type RealClient } from './clients.ts';
import { install, type Start } from './install.ts';
import { type ClientWorld, startWorld } from './world.ts';

const usage = `npm run test:clients -- [options]
  --only TEXT      clients whose name has this in it, or of this registry: npm, pypi, maven, go
  --folder FOLDER  where packages are installed, kept between runs; else a temporary one
Exit code 0: every step of every client is ok; 1: some are not; 2: could not be tried.`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    folder: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const execute = promisify(execFile);

type Result = RealClient & { version: string; steps: Record<string, string> };

/** Registers the client, runs its driver, and reads what that prints last. */
async function attempt(world: ClientWorld, start: Start, client: RealClient): Promise<Result> {
  const port = await freePort();
  const redirect_uri = `http://127.0.0.1:${port}${client.callback ?? '/callback'}`;
  const { jwks, private_jwk } = await newPair();
  const signs = client.metadata?.token_endpoint_auth_method === 'private_key_jwt' && { jwks };
  const identity =
    client.metadata &&
    (await world.register(client.driver, {
      redirect_uris: [redirect_uri],
      ...client.metadata,
      ...signs,
    }));
  const { issuer, path, browser, resource } = world;
  const version = client.packages[0]?.split(':')[2];
  const given = {
    issuer,
    path,
    browser,
    resource,
    port,
    redirect_uri,
    private_jwk,
    version,
    ...identity,
    ...(client.metadata?.token_endpoint_auth_method === 'none' && { client_secret: undefined }),
  };
  const [program, ...words] = start.command(client.driver);
  const options = { cwd: start.folder, timeout: 120_000 };
  try {
    const { stdout } = await execute(program, [...words, JSON.stringify(given)], options);
    return { ...client, ...JSON.parse(stdout.trim().split('\n').at(-1) ?? '') };
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    return { ...client, version: '?', steps: { start: (stderr || message).trim().slice(-500) } };
  }
}

function row({ name, from, version, flow, steps, set }: Result): string {
  const told = Object.entries(steps).map(([step, result]) =>
    result === 'ok' ? step : `**${step}: ${result}**`,
  );
  return `| ${[name, from, version, flow, told.join(', '), set].join(' | ')} |`.replaceAll(
    '\n',
    ' ',
  );
}

/** Tries one client after the other. Exit code 0, or 1 where a step of one is not ok. */
async function attemptAll(
  world: ClientWorld,
  folder: string,
  chosen: readonly RealClient[],
): Promise<number> {
  console.log(
    '| client | registry | version | flow | ok | what had to be set |\n| --- | --- | --- | --- | --- | --- |',
  );
  const results: Result[] = [];
  for (const ecosystem of ['npm', 'pypi', 'maven', 'go'] as Ecosystem[]) {
    const own = chosen.filter(({ from }) => from === ecosystem);
    if (own.length === 0) continue;
    const start = await install(folder, ecosystem, own);
    for (const client of own) {
      const result = await attempt(world, start, client);
      results.push(result);
      console.log(row(result));
    }
  }
  const good = results.filter(({ steps }) => Object.values(steps).every((one) => one === 'ok'));
  console.log(`\n${good.length} of ${results.length} clients: every step is ok`);
  return good.length === results.length ? 0 : 1;
}

async function run(): Promise<number> {
  const chosen = clients.filter(
    ({ name, from }) => name.includes(values.only) || from === values.only,
  );
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'pgrant-clients-'));
  const data = mkdtempSync(join(tmpdir(), 'pgrant-clients-data-'));
  mkdirSync(folder, { recursive: true });
  const server = await startEmbedded(data, { durable: false });
  try {
    await release(server.url('postgres'));
    await setPasswords(server.url('postgres'), server.credentials);
    const urls = { web: server.url('pgrant_web'), worker: server.url('pgrant_worker') };
    const world = await startWorld(urls);
    try {
      return await attemptAll(world, folder, chosen);
    } finally {
      await world.stop();
    }
  } finally {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
    if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

if (values.help) console.log(usage);
else {
  process.exitCode = await run().catch((error) => {
    console.error(error);
    return 2;
  });
}
