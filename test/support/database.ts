// A database of its own for a test file, cloned from the released template.

import { randomBytes } from 'node:crypto';
import postgres, { type Sql } from 'postgres';
import { inject } from 'vitest';
import { connect, type Database } from '../../src/db/connect.ts';
import type { Login } from '../../src/embedded/embedded-files.ts';
import { atFileEnd } from './at-end.ts';
import { template } from './server.ts';

export type TestDatabase = {
  name: string;
  /** The postgres:// URL of a login. */
  url: (login: Login) => string;
  /** What the web process, the worker and the janitor use; for call(). */
  web: Database;
  worker: Database;
  janitor: Database;
  /** The superuser: sees and changes everything, row-level security or not. */
  sql: Sql;
  /** A plain connection that works as any role, such as pgrant_owner or pgrant_auditor. */
  as: (role: string) => Sql;
};

type Options = {
  /** Have every statement of this database in the server's log; see serverLog(). */
  logStatements?: boolean;
  /** Start from an empty database instead of the released one. */
  empty?: boolean;
  /** Most connections of the web role; 4 by default. */
  pool?: number;
  /** How the web role reaches the database of that name, if not directly. */
  web?: (name: string) => Database;
};

/** Makes a database and drops it after the test file. */
export async function createDatabase(options: Options = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const admin = postgres(urlOf('postgres', 'postgres'), { max: 1, onnotice: () => {} });
  const from = options.empty ? 'template0' : template;
  await admin.unsafe(`create database ${name} template ${from} strategy file_copy`);
  if (options.logStatements) await admin.unsafe(`alter database ${name} set log_statement = 'all'`);
  const url = (login: Login) => urlOf(login, name);
  const opened: { end: () => Promise<void> }[] = [];
  const open = <T extends { end: () => Promise<void> }>(connection: T) => {
    opened.push(connection);
    return connection;
  };
  const raw = (role?: string) =>
    open(
      postgres(url('postgres'), {
        max: 4,
        onnotice: () => {},
        connection: role ? { role } : {},
      }),
    );
  atFileEnd(async () => {
    await Promise.all(opened.map((connection) => connection.end()));
    await admin.unsafe(`drop database if exists ${name} with (force)`);
    await admin.end();
  });
  return {
    name,
    url,
    web: open(
      options.web?.(name) ?? connect(url('pgrant_web'), 'pgrant_web', { pool: options.pool ?? 4 }),
    ),
    worker: open(connect(url('pgrant_worker'), 'pgrant_worker', { pool: 2 })),
    janitor: open(connect(url('pgrant_janitor'), 'pgrant_janitor')),
    sql: raw(),
    as: raw,
  };
}

/** Path of the log of the server that all tests share. */
export function serverLog(): string {
  return inject('server').log;
}

function urlOf(login: Login, database: string): string {
  const { port, credentials } = inject('server');
  return `postgres://${login}:${credentials[login]}@127.0.0.1:${port}/${database}`;
}
