// A product whose table of notes is in the database of pgrant, and two tenants with people that have notes.

import { readFileSync } from 'node:fs';
import type { Sql, TransactionSql } from 'postgres';
import { ops } from '../../src/db/bindings.ts';
import { atFileEnd } from './at-end.ts';
import { createDatabase, type TestDatabase } from './database.ts';
import {
  type Client,
  makeClient,
  makeTenant,
  makeUser,
  operate,
  type User,
  type World,
} from './fixtures.ts';
import { obtainTokens } from './flows.ts';

export const resource = 'https://api.example.com/notes';

/** What pgrant_resource.enter takes. */
export type Presented = { access_hash: Buffer; access_expires_at: number | null };
export type Place = World & { client: Client; ada: User; token: Presented };
export type Product = {
  database: TestDatabase;
  /** Its backend: a role with its own rights, and a member of pgrant_resource_server. */
  backend: Sql;
  acme: Place;
  bravo: Place;
};

/** The example of the README of src/resource: the first block that has the word. */
export function example(word: string): string {
  const readme = readFileSync(new URL('../../src/resource/README.md', import.meta.url), 'utf8');
  const blocks = [...readme.matchAll(/```(?:js|sql)\n(.*?)```/gs)].map(([, code = '']) => code);
  return blocks.find((code) => code.includes(word)) ?? '';
}

/** Both tenants have a client and a person of the same name, and each person has one note there. */
export async function makeProduct(): Promise<Product> {
  const database = await createDatabase();
  const role = `backend_${database.name}`;
  await database.sql.unsafe(`create role ${role} in role pgrant_resource_server`);
  const backend = database.as(role);
  atFileEnd(async () => {
    await backend.end();
    await database.sql.unsafe(`drop owned by ${role}; drop role ${role}`);
  });
  await database.sql.unsafe(`create schema app; ${example('create table app.notes')}`);
  await database.sql.unsafe(
    `grant usage on schema app to ${role}; grant select, insert, update, delete on app.notes to ${role}`,
  );
  return {
    database,
    backend,
    acme: await makePlace(database, 'acme'),
    bravo: await makePlace(database, 'bravo'),
  };
}

/** A tenant whose person has a note and an opaque token for the notes. */
export async function makePlace(database: TestDatabase, name: string): Promise<Place> {
  const world = await makeTenant(database, name);
  await operate(world, ops.role_add, { role: 'notes', title: 'Your notes' });
  await operate(world, ops.resource_set, { resource, title: 'Notes' });
  const client = await makeClient(world, 'editor', {
    token_endpoint_auth_method: 'none',
    access_token_format: 'opaque',
  });
  const ada = await makeUser(world, 'ada');
  await operate(world, ops.role_assign, { username: 'ada', role: 'notes' });
  await database.sql`
    insert into app.notes values (${world.tenant}, ${ada.user_id}, ${`ada at ${name}`})`;
  return { ...world, client, ada, token: await obtainToken(world, client, ada) };
}

/** An opaque access token of a person for the notes. */
export async function obtainToken(
  world: World,
  client: Client,
  user: User,
  args: Parameters<typeof obtainTokens>[3] = {},
): Promise<Presented> {
  const asked = { scopes: ['openid', 'notes'], resources: [resource], ...args };
  return (await obtainTokens(world, client, user, asked)).access;
}

/** Names the token, as the first statement of a transaction; whether it is good. */
export async function enter(
  sql: TransactionSql,
  tenant: string,
  { access_hash, access_expires_at }: Presented,
  named: { resource?: string | null; address?: string } = {},
): Promise<boolean> {
  const as = named.resource === undefined ? resource : named.resource;
  const [row] = await sql`
    select pgrant_resource.enter(${tenant}, ${access_hash}, ${access_expires_at}, ${as}, ${named.address ?? null}) as good`;
  return row?.good;
}

/** The notes that are visible now. */
export async function notes(sql: TransactionSql | Sql): Promise<string[]> {
  return (await sql`select text from app.notes order by 1`).map(({ text }) => text);
}
