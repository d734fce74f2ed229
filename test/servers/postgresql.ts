// PostgreSQL 18, by what `pgrant recipe postgresql` prints: psql signs a person in by the device flow, and a validator asks.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { proceed } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import type { Debian } from './debian.ts';
import type { Steps } from './main.ts';
import { logIn } from './postgresql-login.ts';
import type { World } from './world.ts';

const resource = 'https://db.example.com';
const programs = '/usr/lib/postgresql/18/bin';
const data = '/var/lib/postgresql/tried';
const library = '/usr/lib/postgresql/18/lib/your_validator.so';
const asPostgres = ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'];

export async function tryPostgresql(debian: Debian, world: World): Promise<Steps> {
  const { pgrant, person } = world;
  const recipe = `recipe postgresql --tenant acme --resource ${resource}`;
  const { text } = (await pgrant(`${recipe} --apply`)) as { text: string };
  await pgrant('role assign pg_reader ada --tenant acme');
  await addTool(world, 'acme');
  await pgrant(`recipe postgresql --tenant other --resource ${resource} --apply`);
  await pgrant('role assign pg_reader ada --tenant other');
  await addTool(world, 'other');

  const port = await freePort();
  const stop = await startServer(debian, port, text);
  const answer = async (role: string, token: string) => {
    const { said, leave } = await logIn(port, role, token);
    leave();
    return said;
  };
  const byPsql = await signIn(debian, port, text);
  const token = await person('tool', 'openid pg_reader');
  const right = await answer('reader', token.access_token);
  const owner = await answer('owner', token.access_token);
  const garbage = await answer('reader', 'garbage');
  const narrow = await answer('reader', (await person('tool', 'openid')).access_token);
  const other = await person('tool', 'openid pg_reader', 'other');
  const foreign = await answer('reader', other.access_token);
  await token.revoke();
  const revoked = await answer('reader', token.access_token);
  const withdrawn = await person('tool', 'openid pg_reader');
  await pgrant('role withdraw pg_reader ada --tenant acme');
  const without = await answer('reader', withdrawn.access_token);
  await pgrant('role assign pg_reader ada --tenant acme');
  await pgrant('client set tool --tenant acme access_token_lifetime=3');
  await pgrant(
    `resource set ${resource} --tenant acme --title DB`,
    '--access-token-lifetime',
    '3s',
  );
  const brief = await logIn(
    port,
    'reader',
    (await person('tool', 'openid pg_reader')).access_token,
  );
  const ended = await Promise.race([brief.closed, sleep(10_000, 'still open')]);
  await stop();
  const refused = 'OAuth bearer authentication failed for user';
  return {
    version: await debian.version('postgresql-18'),
    steps: [
      ['psql, by the device flow', byPsql, 'reader, oauth'],
      ['right token', right, 'in'],
      ['a role that the person lacks', owner, `${refused} "owner"`],
      ['garbage', garbage, `${refused} "reader"`],
      ['a scope too few', narrow, `${refused} "reader"`],
      ["another tenant's", foreign, `${refused} "reader"`],
      ['revoked', revoked, `${refused} "reader"`],
      ['role withdrawn', without, `${refused} "reader"`],
      ['a session past its token', ended, 'closed'],
    ],
  };
}

/** A client of the test's own, which gets tokens for the database in a browser. */
async function addTool({ pgrant }: World, tenant: string): Promise<void> {
  await pgrant(
    `client add --tenant ${tenant} --client-id tool --name Tool --public --redirect-uri http://127.0.0.1/callback --scope openid --scope pg_reader --scope pg_owner --set default_resource=${resource}`,
  );
}

/** Builds the validator, and starts a server with the settings of the recipe. */
async function startServer(
  debian: Debian,
  port: number,
  text: string,
): Promise<() => Promise<void>> {
  const { run, write } = debian;
  write(
    'usr/src/validator.c',
    readFileSync(fileURLToPath(new URL('validator.c', import.meta.url)), 'utf8'),
  );
  const headers = (await run(`${programs}/pg_config`, '--includedir-server')).trim();
  await run(
    'gcc',
    '-shared',
    '-fPIC',
    `-I${headers}`,
    '/usr/src/validator.c',
    '-o',
    library,
    '-lcurl',
  );
  await run('rm', '-rf', data);
  await run(...asPostgres, `${programs}/initdb`, '--auth=trust', data);
  const certificate = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost'];
  const files = ['-keyout', `${data}/server.key`, '-out', `${data}/server.crt`];
  await run(...asPostgres, 'openssl', 'req', ...certificate, ...files);
  const [settings = ''] = /^oauth_validator_libraries = .*$/m.exec(text) ?? [];
  const [rule = ''] = /^hostssl .*$/m.exec(text) ?? [];
  write(
    `${data}/postgresql.auto.conf`,
    `${settings}\nport = ${port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nssl = on\n`,
  );
  write(`${data}/pg_hba.conf`, `host all postgres 127.0.0.1/32 trust\n${rule}\n`);
  const [, endpoint, credentials] =
    /POST (\S+\/introspect) with token=… and Basic (\S+),/.exec(text) ?? [];
  const stop = await debian.start(
    port,
    ...asPostgres,
    'env',
    `INTROSPECTION_ENDPOINT=${endpoint}`,
    `INTROSPECTION_CREDENTIALS=${credentials}`,
    `INTROSPECTION_AUDIENCE=${resource}`,
    `${programs}/postgres`,
    '-D',
    data,
  );
  await retried(async () => {
    const sql = postgres(`postgres://postgres@127.0.0.1:${port}/postgres`, {
      max: 1,
      fetch_types: false,
    });
    try {
      await sql`create role reader login`;
      await sql`create role owner login`;
    } finally {
      await sql.end({ timeout: 1 });
    }
  });
  return stop;
}

/** Does it again while the server is starting up. */
async function retried(work: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === 50) throw error;
      await sleep(200);
    }
  }
}

/** Runs psql as the recipe says, types its code in a browser, and gives what psql then reads. */
async function signIn(debian: Debian, port: number, text: string): Promise<string> {
  const [, connection = ''] = /^psql '(.*)'$/m.exec(text) ?? [];
  const words = connection.replace(/host=\S+/, `host=127.0.0.1 port=${port}`);
  // The issuer of the test is http, which libpq takes only so.
  const psql = spawn(
    'chroot',
    [
      debian.folder,
      'env',
      'PGOAUTHDEBUG=UNSAFE',
      'psql',
      words,
      '-Atc',
      "select current_user || ', ' || split_part(system_user, ':', 1)",
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  let read = '';
  psql.stdout.on('data', (data) => {
    read += data;
  });
  psql.stderr.on('data', (data) => {
    said += data;
  });
  const done = once(psql, 'exit');
  const asked = /Visit (\S+) and enter the code: (\S+)/;
  for (let tries = 0; !asked.test(said) && tries < 100; tries += 1) await sleep(100);
  const [, address, code] = asked.exec(said) ?? [];
  if (!address || !code) throw new Error(`psql asks for nothing: ${said.slice(-1000)}`);
  const browser = new Browser();
  await proceed(browser, await browser.submit(await browser.open(address), { user_code: code }));
  await done;
  return read.trim() || said.trim().slice(-300);
}
