// What npm publishes, installed from its tarballs: @pgrant/resource, and pgrant with its command.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { type Acme, discover, obtainTokens, startAcme } from '../support/acme.ts';
import { createDatabase } from '../support/database.ts';
import { operate } from '../support/fixtures.ts';
import { freePort } from '../support/free-port.ts';
import { type Installed, install, majors } from '../support/installed.ts';
import { example, resource as notes } from '../support/notes.ts';
import { program, start, tryOut } from './api.ts';
import { faultsOf, typeFaultsOf } from './lint.ts';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
let installed: Installed;
let acme: Acme;

beforeAll(async () => {
  [installed, acme] = await Promise.all([install(), startAcme()]);
  await operate(acme, ops.role_add, { role: 'tools', title: 'Use your tools' });
  await operate(acme, ops.role_assign, { role: 'tools', username: 'ada' });
}, 240_000);

describe.each(['pgrant', 'resource'] as const)('the tarball of %s', (name) => {
  test('has nothing that publint finds wrong', async () => {
    expect(await faultsOf(installed.tarballs[name])).toEqual([]);
  });

  test('has types that agree with its code, for ESM and bundlers [arethetypeswrong]', async () => {
    expect(await typeFaultsOf(installed.tarballs[name])).toEqual([]);
  });

  test('has the licence, and no source or test', () => {
    const folder = { pgrant: 'pgrant', resource: '@pgrant/resource' }[name];
    const at = join(installed.folder, 'node_modules', folder);
    const files = readdirSync(at, { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => /LICENSE$/.test(file))).toHaveLength(1);
    expect(files.filter((file) => /(?<!\.d)\.ts$|(^|\/)test|tsconfig/.test(file))).toEqual([]);
  });
});

test('both packages have the same version, and the same jose and lru-cache', () => {
  const manifest = (folder: string) =>
    JSON.parse(readFileSync(new URL(`../../${folder}package.json`, import.meta.url), 'utf8'));
  const [pgrant, resource] = [manifest(''), manifest('src/resource/')];
  const { jose, 'lru-cache': lruCache } = pgrant.dependencies;
  expect(resource.version).toBe(pgrant.version);
  expect(resource.dependencies).toEqual({ jose: `^${jose}`, 'lru-cache': `^${lruCache}` });
});

test.each(['pgrant/resource', '@pgrant/resource'])(
  '%s loads nothing but itself, jose and lru-cache',
  async (name) => {
    const code = `
    import { registerHooks } from 'node:module';
    const seen = new Set();
    registerHooks({ load(url, context, next) { seen.add(url); return next(url, context); } });
    await import('${name}');
    console.log(JSON.stringify([...seen]));`;
    writeFileSync(join(installed.folder, 'graph.mjs'), code);
    const { stdout } = await execute(installed.nodes[24], ['graph.mjs'], { cwd: installed.folder });
    const files = (JSON.parse(stdout) as string[]).filter((url) => url.startsWith('file:'));
    const packages = files.map((url) => url.replace(/^.*\/node_modules\//, ''));
    const others = packages.filter(
      (path) => !/^(@pgrant\/resource\/dist|pgrant\/dist\/resource|jose|lru-cache)\//.test(path),
    );
    expect(others).toEqual([]);
    expect(packages.some((path) => path.startsWith('jose/'))).toBe(true);
  },
);

test('TypeScript checks a program that uses it, declarations of the package included', async () => {
  const code = `
    import { type AccessToken, challenge, createResource, protect } from '@pgrant/resource';
    import { serveMetadata } from 'pgrant/resource';
    const resource = createResource({ issuer: 'https://a.test', resource: 'https://b.test' });
    export const token: Promise<AccessToken> = resource.authorize(undefined, ['tools']);
    export const used = [protect(resource), serveMetadata(resource), challenge({ max_age: 1 })];`;
  writeFileSync(join(installed.folder, 'program.ts'), code);
  const typeRoots = join(root, 'node_modules/@types');
  const options = ['--typeRoots', typeRoots, '--types', 'node', '--module', 'nodenext', '--strict'];
  const tsc = join(root, 'node_modules/.bin/tsc');
  await execute(tsc, ['--noEmit', '--target', 'es2023', ...options, 'program.ts'], {
    cwd: installed.folder,
  });
});

describe('the examples of its README protect an API', () => {
  test.each(majors)('with node:http on Node %s', async (major) => {
    const url = `http://127.0.0.1:${await freePort()}/mcp`;
    const file = `http-${major}.mjs`;
    const code = program(acme, "from 'node:http'", url);
    writeFileSync(join(installed.folder, file), `${code}\nconsole.log('listens');`);
    await start(installed.folder, installed.nodes[major], [file], process.env, 'listens');
    await tryOut(acme, url);
  });

  test('with Koa, from the package pgrant, and the shorter examples on top of it', async () => {
    const url = `http://127.0.0.1:${await freePort()}/mcp`;
    const lines = [
      "import { challenge } from '@pgrant/resource';",
      program(acme, "from 'koa'", url).replace('@pgrant/resource', 'pgrant/resource'),
      ...['cacheSeconds: 10', "['payments'], { max_age", 'challenge({ error'].map(example),
      "console.log('listens');",
    ];
    writeFileSync(join(installed.folder, 'koa.mjs'), lines.join('\n'));
    const env = { ...process.env, CLIENT_SECRET: 'secret' };
    await start(installed.folder, installed.nodes[24], ['koa.mjs'], env, 'listens');
    await tryOut(acme, url);
  });

  test('with Request and Response', async () => {
    writeFileSync(
      join(installed.folder, 'handle.mjs'),
      program(acme, 'handle(request)', 'http://api.test/mcp'),
    );
    const { handle } = await import(/* @vite-ignore */ join(installed.folder, 'handle.mjs'));
    const refused: Response = await handle(new Request('http://api.test/mcp'));
    expect([refused.status, await refused.json()]).toEqual([401, { error: 'invalid_token' }]);
    const path = '/.well-known/oauth-protected-resource/mcp';
    for (const [method, status] of Object.entries({ GET: 200, HEAD: 200, OPTIONS: 204 })) {
      const answer: Response = await handle(new Request(`http://api.test${path}`, { method }));
      expect(answer.status).toBe(status);
    }
  });

  test('in the database: notes for a token, and none once the client has revoked it', async () => {
    const { database, tenant } = acme;
    await operate(acme, ops.role_add, { role: 'notes', title: 'Your notes' });
    await operate(acme, ops.role_assign, { role: 'notes', username: 'ada' });
    const format = { access_token_format: 'opaque' };
    await operate(acme, ops.resource_set, { resource: notes, title: 'Notes', ...format });
    await database.sql.unsafe(`
      create schema app; ${example('create table app.notes')}
      grant usage on schema app to pgrant_resource_server; grant select on app.notes to pgrant_resource_server`);
    writeFileSync(join(installed.folder, 'notes.mjs'), example('notesOf'));
    const { notesOf } = await import(/* @vite-ignore */ join(installed.folder, 'notes.mjs'));
    const backend = database.as('pgrant_resource_server');

    const config = await discover(acme, acme.web);
    const { access_token, claims } = await obtainTokens(config, {
      scope: 'openid notes',
      resource: notes,
    });
    await database.sql`insert into app.notes values (${tenant}, ${claims?.sub ?? ''}, 'buy milk')`;
    expect(await notesOf(backend, tenant, access_token)).toEqual([{ text: 'buy milk' }]);
    await client.tokenRevocation(config, access_token);
    expect(await notesOf(backend, tenant, access_token)).toBeNull();
    expect(await notesOf(backend, tenant, 'eyJ.not.opaque')).toBeNull();
  });
});

describe('the command pgrant', () => {
  const bin = () => join(installed.folder, 'node_modules/.bin/pgrant');

  test('npx pgrant --help says what there is', async () => {
    const { stdout } = await execute('npx', ['pgrant', '--help'], {
      cwd: installed.folder,
      env: { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) },
    });
    for (const word of ['start', 'release', 'web', 'worker', 'health', 'tenant', 'client']) {
      expect(stdout).toMatch(new RegExp(`^ +${word} `, 'm'));
    }
  });

  test('needs a newer Node than 20, and says so in one line', async () => {
    const refused = execute(installed.nodes[20], [bin(), '--help']);
    await expect(refused).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^pgrant: Node\.js 24\.7 or newer is needed; this is 20\.\S+\n$/,
      ),
    });
  });

  test('releases an empty database, serves a tenant that it adds, and stops when told', async () => {
    const { url } = await createDatabase({ empty: true });
    const port = await freePort();
    const env = {
      ...process.env,
      PORT: String(port),
      DATABASE_OWNER_URL: url('postgres'),
      DATABASE_URL: url('pgrant_web'),
      DATABASE_WORKER_URL: url('pgrant_worker'),
      PGRANT_SECRET: Buffer.alloc(32, 7).toString('base64'),
    };
    const run = (...words: string[]) => execute(process.execPath, [bin(), ...words], { env });
    expect((await run('release')).stdout).toMatch(/^released: applied 0001\./);
    const issuer = `http://localhost:${port}/acme`;
    await run('tenant', 'add', 'acme', '--issuer', issuer);
    const web = await start(
      installed.folder,
      process.execPath,
      [bin(), 'web'],
      env,
      'pgrant answers',
    );
    await run('health', 'web');
    const answer = await fetch(`${issuer}/.well-known/openid-configuration`);
    expect(await answer.json()).toMatchObject({ issuer });
    web.kill('SIGTERM');
    expect(await once(web, 'exit')).toEqual([0, null]);
  }, 60_000);

  test('leaves nothing built behind in the checkout', () => {
    for (const path of ['dist', 'src/resource/dist', 'src/resource/LICENSE']) {
      expect(existsSync(new URL(`../../${path}`, import.meta.url))).toBe(false);
    }
  });
});
