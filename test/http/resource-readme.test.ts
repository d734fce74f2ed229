// The example of the README for an API that shares the database, run as it stands there.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as client from 'openid-client';
import { expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { discover, obtainTokens, startAcme } from '../support/acme.ts';
import { atEnd } from '../support/at-end.ts';
import { operate } from '../support/fixtures.ts';
import { example, resource } from '../support/notes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function load(code: string) {
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-readme-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/pgrant'));
  writeFileSync(join(folder, 'notes.mjs'), code);
  return await import(/* @vite-ignore */ pathToFileURL(join(folder, 'notes.mjs')).href);
}

test('an API in the database shows notes to a token, and none once the client has revoked it', async () => {
  const acme = await startAcme();
  const { database, tenant } = acme;
  await operate(acme, ops.role_add, { role: 'notes', title: 'Your notes' });
  await operate(acme, ops.role_assign, { role: 'notes', username: 'ada' });
  const format = { access_token_format: 'opaque' };
  await operate(acme, ops.resource_set, { resource, title: 'Notes', ...format });
  await database.sql.unsafe(`
    create schema app; ${example('create table app.notes')}
    grant usage on schema app to pgrant_resource_server; grant select on app.notes to pgrant_resource_server`);
  const { notesOf } = await load(example('notesOf'));
  const backend = database.as('pgrant_resource_server');

  const config = await discover(acme, acme.web);
  const { access_token, claims } = await obtainTokens(config, {
    scope: 'openid notes',
    resource,
  });
  await database.sql`insert into app.notes values (${tenant}, ${claims?.sub ?? ''}, 'buy milk')`;
  expect(await notesOf(backend, tenant, access_token)).toEqual([{ text: 'buy milk' }]);
  await client.tokenRevocation(config, access_token);
  expect(await notesOf(backend, tenant, access_token)).toBeNull();
  expect(await notesOf(backend, tenant, 'eyJ.not.opaque')).toBeNull();
});
