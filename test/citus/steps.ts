// The steps, in their order: what one leaves, the next begins with.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import postgres from 'postgres';
import {
  machine,
  otherEndpoints,
  type Place,
  readable,
  redirectUri,
  refresh,
  resource,
  signIn,
  tokenLife,
} from './flows.ts';
import { proveIsolation } from './isolation.ts';
import { type Commands, nodeSteps } from './nodes.ts';
import { tryOptions } from './options.ts';
import { type Cluster, command, hostsOf, startWeb } from './programs.ts';
import { askQuestions } from './questions.ts';
import { enterTokens } from './resource-server.ts';
import { makeRound } from './round.ts';
import { sealAndForge } from './sealing.ts';
import { sessionsStaySmall } from './sessions.ts';
import { workerTasks } from './tasks.ts';

type Given = {
  cluster: Cluster;
  folder: string;
  port: number;
  commands: Commands;
  keep: boolean;
};
export type Step = { what: string; run: () => Promise<unknown> };

type Command = (args: string[], input?: string) => Promise<string>;

/** As many as are on more than one node, as good as surely. */
const names = ['ada', 'bea', 'cyd', 'dan'];
const username = 'person';
const password = 'correct horse battery staple';

export function steps({ cluster, folder, port, commands, keep }: Given): Step[] {
  const places: Place[] = [];
  const refreshTokens = new Map<string, string>();
  const at = (name: string) => `http://127.0.0.1:${port}/${name}`;
  const pgrant = (args: string[], input?: string) => command(cluster, args, input);

  const makeTenant = async (name: string) => {
    const issuer = at(name);
    const tenant = ['--tenant', name];
    await pgrant(['tenant', 'add', name, '--issuer', issuer]);
    await pgrant(['tenant', 'set', name, 'registration=open', 'refusal_limit=1000']);
    await pgrant(['resource', 'set', resource, ...tenant, '--title', 'API']);
    const grants = ['authorization_code', 'refresh_token', 'client_credentials'];
    const made = await pgrant([
      ...['client', 'add', ...tenant, '--name', 'Client', '--redirect-uri', redirectUri, '--json'],
      ...[...grants, 'urn:ietf:params:oauth:grant-type:device_code'].flatMap((one) => [
        '--grant-type',
        one,
      ]),
    ]);
    await pgrant(['user', 'add', ...tenant, '--username', username, '--password-stdin'], password);
    places.push({ issuer, client: JSON.parse(made), username, password });
  };

  const through = (where: string, database: string): Step => ({
    what: `flows by HTTP ${where}`,
    run: async () => {
      const web = await startWeb(cluster, database, port);
      try {
        for (const place of places) {
          const before = refreshTokens.get(place.issuer);
          if (before) await refresh(place, before);
          const { tokens, browser } = await signIn(place);
          await readable(place, tokens);
          await tokenLife(place, tokens);
          const again = await signIn(place);
          refreshTokens.set(place.issuer, again.tokens.refresh_token);
          await otherEndpoints(place, browser);
        }
        // Requests of several tenants at once, which would share a statement elsewhere.
        const many = Array.from({ length: 64 }, (_, n) => places[n % places.length] as Place);
        await Promise.all(many.map(machine));
        return `${places.length} tenants`;
      } finally {
        await web.stop();
      }
    },
  });

  const making: Step[] = names.map((name) => ({
    what: `tenant ${name} with a client and a person`,
    run: () => makeTenant(name),
  }));

  return [
    { what: 'release', run: async () => (await pgrant(['release'])).slice(0, 60).trim() },
    { what: 'release again', run: async () => (await pgrant(['release'])).slice(0, 60).trim() },
    {
      what: 'release again, all functions loaded anew',
      run: async () => {
        const sql = postgres(cluster.coordinator, { max: 1, onnotice: () => {} });
        await sql`delete from pgrant_release.released`.finally(() => sql.end());
        assert.match(await pgrant(['release']), /functions loaded anew/);
      },
    },
    {
      what: 'release refused while the nodes do not let a role in',
      run: () => releaseShut(cluster, pgrant),
    },
    { what: 'the thirty questions of auditors', run: () => askQuestions(cluster) },
    {
      what: 'tokens entered by a product whose tables are beside',
      run: () => enterTokens(cluster),
    },
    ...making,
    ...cluster.web.map((url) => through(`through ${hostsOf(url)}`, url)),
    { what: 'what the command line says of people and grants', run: () => said(pgrant) },
    { what: 'upstreams, logos, and keys of people', run: () => tryOptions(cluster) },
    { what: 'sessions keep nothing of their calls', run: () => sessionsStaySmall(cluster) },
    { what: 'the proof of isolation', run: () => proveIsolation(cluster) },
    ...nodeSteps({ cluster, port, places }, commands),
    { what: 'a point to restore all nodes to', run: () => restorePoint(cluster) },
    {
      what: 'a round of the worker over many tenants of which few have work',
      run: () => makeRound({ cluster, port, places }),
    },
    { what: 'each task of the worker', run: () => workerTasks(cluster) },
    {
      what: 'audit sealed, signed and verified',
      run: async () => {
        for (const name of names) {
          await pgrant(['audit', 'checkpoint', '--tenant', name]);
          await pgrant(['audit', 'verify', '--tenant', name]);
        }
      },
    },
    {
      what: 'many events sealed, and one found out that says that it is older than it is',
      run: () => sealAndForge(cluster, 'bea'),
    },
    {
      what: 'export, remove with proof, import',
      run: async () => {
        const file = join(folder, 'export');
        await pgrant(['tenant', 'export', 'ada', '--to', file]);
        const said = await pgrant(['tenant', 'remove', 'ada', '--yes']);
        assert.match(said, /none of \d+ tables has a row/);
        await pgrant(['tenant', 'import', file]);
      },
    },
    {
      what: 'tenants removed with proof',
      run: async () => {
        if (keep) return 'kept';
        for (const name of names) {
          const said = await pgrant(['tenant', 'remove', name, '--yes']);
          assert.match(said, /none of \d+ tables has a row/);
        }
      },
    },
  ];
}

/** In a line that names the role, and before anything is changed. */
async function releaseShut({ coordinator }: Cluster, pgrant: Command): Promise<void> {
  const sql = postgres(coordinator, { max: 1, onnotice: () => {} });
  const released = await sql`select hash, at, login from pgrant_release.released`;
  try {
    await sql`alter role pgrant_sealer nologin`;
    await sql`delete from pgrant_release.released`;
    await assert.rejects(pgrant(['release']), /: nodes do not let in .*: pgrant_sealer \(.*\n?$/);
  } finally {
    await sql`alter role pgrant_sealer login`;
    await sql`insert into pgrant_release.released ${sql(released)}`;
    await sql.end();
  }
}

/** Who could use what, now and a moment ago, and what is due for review. */
async function said(pgrant: Command): Promise<void> {
  for (const name of names) {
    const tenant = ['--tenant', name];
    assert.match(await pgrant(['who', 'openid', ...tenant]), new RegExp(username));
    const then = new Date().toISOString();
    assert.match(await pgrant(['grant', 'list', '--as-of', then, ...tenant]), /Client/);
    const [client] = JSON.parse(await pgrant(['client', 'list', ...tenant, '--json']));
    await pgrant(['review', 'add', 'client', client.client_id, ...tenant]);
    await pgrant(['review', 'list', ...tenant]);
    assert.match(await pgrant(['registration', 'list', ...tenant]), /[1-9] of at most/);
  }
}

async function restorePoint({ coordinator }: Cluster): Promise<void> {
  const sql = postgres(coordinator, { max: 1 });
  await sql`select citus_create_restore_point('pgrant-test')`.finally(() => sql.end());
}
