// npm run test:servers: real servers take a tenant's tokens, each set up by nothing but what its recipe prints.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { tryApache } from './apache.ts';
import { type Debian, installDebian } from './debian.ts';
import { tryDovecot } from './dovecot.ts';
import { tryHaproxy } from './haproxy.ts';
import { tryPostgresql } from './postgresql.ts';
import { tryRabbitmq } from './rabbitmq.ts';
import { startWorld, type World } from './world.ts';

const usage = `npm run test:servers -- [options]
  --only TEXT      servers whose name has this in it
  --folder FOLDER  where the servers are installed, kept between runs; else a temporary one
As root, with debootstrap. Exit code 0: every step of every server is ok; 1: some are not; 2: could not be tried.`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    folder: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** What a server came to: each step with what it gave, and what it has to give. */
export type Steps = { version: string; steps: [step: string, gave: string, wanted: string][] };

const servers = [
  { name: 'Apache mod_oauth2', packages: ['apache2', 'libapache2-mod-oauth2'], attempt: tryApache },
  { name: 'HAProxy', packages: ['haproxy'], attempt: tryHaproxy },
  {
    name: 'PostgreSQL',
    packages: [
      'postgresql-18',
      'libpq-oauth',
      'postgresql-server-dev-18',
      'gcc',
      'libc6-dev',
      'libcurl4-openssl-dev',
      'openssl',
    ],
    attempt: tryPostgresql,
  },
  {
    name: 'RabbitMQ',
    packages: ['rabbitmq-server', 'openssl', 'ca-certificates'],
    attempt: tryRabbitmq,
  },
  { name: 'Dovecot', packages: ['dovecot-imapd'], attempt: tryDovecot },
];

async function run(): Promise<number> {
  const chosen = servers.filter(({ name }) => name.toLowerCase().includes(values.only));
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'pgrant-servers-'));
  const data = mkdtempSync(join(tmpdir(), 'pgrant-servers-data-'));
  let world: World | undefined;
  let debian: Debian | undefined;
  try {
    debian = await installDebian(
      folder,
      chosen.flatMap(({ packages }) => packages),
    );
    world = await startWorld(data);
    console.log('| server | version | ok |\n| --- | --- | --- |');
    let faults = 0;
    for (const { name, attempt } of chosen) {
      const { version, steps } = await attempt(debian, world);
      const told = steps.map(([step, gave, wanted]) =>
        gave === wanted ? step : `**${step}: ${gave}**`,
      );
      faults += steps.filter(([, gave, wanted]) => gave !== wanted).length;
      console.log(`| ${name} | ${version} | ${told.join(', ')} |`);
    }
    return faults === 0 ? 0 : 1;
  } finally {
    debian?.stop();
    await world?.stop();
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
