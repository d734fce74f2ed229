// npm run test:servers: real servers take a tenant's tokens, each set up by nothing but what its recipe prints.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { tryApache } from './apache.ts';
import { type Debian, installDebian } from './debian.ts';
import { tryDovecot, tryDovecot23 } from './dovecot.ts';
import { tryHaproxy } from './haproxy.ts';
import { tryLibrdkafka } from './kafka.ts';
import { tryKafka } from './kafka-java.ts';
import { tryNginx } from './nginx.ts';
import { tryPostgresql } from './postgresql.ts';
import { tryRabbitmq, tryRabbitmq310 } from './rabbitmq.ts';
import { startWorld, type World } from './world.ts';

const usage = `npm run test:servers -- [options]
  --only TEXT      servers whose name has this in it
  --kafka FOLDER   jars of Kafka 4 (org.apache.kafka:kafka_2.13 and kafka-tools with what they need), or an unpacked
                   release of it, which Debian does not have; without them no broker is tried
  --folder FOLDER  where releases of Debian are installed, kept between runs; else a temporary one
As root, with debootstrap. Exit code 0: every step of every server is ok; 1: some are not; 2: could not be tried.`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    kafka: { type: 'string' },
    folder: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** What a server came to: each step with what it gave, and what it has to give. */
export type Steps = { version: string; steps: [step: string, gave: string, wanted: string][] };

const kafka = 'Kafka, a broker and its clients';

/** Of Debian forky, where nothing else is said. */
const servers: {
  name: string;
  release?: string;
  packages: string[];
  attempt: (debian: Debian, world: World) => Promise<Steps>;
}[] = [
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
    name: 'RabbitMQ 4',
    packages: ['rabbitmq-server', 'openssl', 'ca-certificates'],
    attempt: tryRabbitmq,
  },
  {
    name: 'RabbitMQ 3.10',
    release: 'bookworm',
    packages: ['rabbitmq-server', 'openssl', 'ca-certificates'],
    attempt: tryRabbitmq310,
  },
  { name: 'Dovecot 2.4', packages: ['dovecot-imapd'], attempt: tryDovecot },
  {
    name: 'Dovecot 2.3',
    release: 'bookworm',
    packages: ['dovecot-imapd'],
    attempt: tryDovecot23,
  },
  { name: 'Kafka, a client by librdkafka', packages: ['kcat'], attempt: tryLibrdkafka },
  {
    name: kafka,
    packages: ['default-jre-headless', 'kcat', 'openssl'],
    attempt: (debian, world) => tryKafka(debian, world, values.kafka ?? ''),
  },
  { name: 'nginx', packages: ['nginx-light'], attempt: tryNginx },
];

async function run(): Promise<number> {
  const named = servers.filter(({ name }) =>
    name.toLowerCase().includes(values.only.toLowerCase()),
  );
  const chosen = named.filter(({ name }) => name !== kafka || values.kafka !== undefined);
  if (chosen.length < named.length) console.error(`${kafka}: not tried without --kafka FOLDER`);
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'pgrant-servers-'));
  const data = mkdtempSync(join(tmpdir(), 'pgrant-servers-data-'));
  let world: World | undefined;
  const releases = new Map<string, Debian>();
  try {
    for (const release of new Set(chosen.map(releaseOf))) {
      const packages = chosen.filter((server) => releaseOf(server) === release);
      const names = packages.flatMap((server) => server.packages);
      releases.set(release, await installDebian(join(folder, release), release, names));
    }
    world = await startWorld(data);
    console.log('| server | version | ok |\n| --- | --- | --- |');
    let faults = 0;
    for (const server of chosen) {
      const debian = releases.get(releaseOf(server)) as Debian;
      const { version, steps } = await server.attempt(debian, world);
      const told = steps.map(([step, gave, wanted]) =>
        gave === wanted ? step : `**${step}: ${gave}**`,
      );
      faults += steps.filter(([, gave, wanted]) => gave !== wanted).length;
      console.log(`| ${server.name} | ${version} | ${told.join(', ')} |`);
    }
    return faults === 0 ? 0 : 1;
  } finally {
    for (const debian of releases.values()) debian.stop();
    await world?.stop();
    rmSync(data, { recursive: true, force: true });
    if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function releaseOf({ release = 'forky' }: { release?: string }): string {
  return release;
}

/** What this machine lacks; undefined where nothing is. */
function lacking(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can install releases of Debian in a folder';
  const { error } = spawnSync('debootstrap', ['--version']);
  return error && 'debootstrap is not there: apt-get install debootstrap';
}

const lack = lacking();
if (values.help) console.log(usage);
else if (lack !== undefined) {
  console.error(lack);
  process.exitCode = 2;
} else {
  process.exitCode = await run().catch((error) => {
    console.error(error);
    return 2;
  });
}
