// One real PostgreSQL for the whole run, with a template database that is released once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../src/embedded/embedded.ts';
import type { Credentials } from '../../src/embedded/embedded-files.ts';
import { setPasswords } from '../../src/embedded/logins.ts';
import { release } from '../../src/release/release.ts';

declare module 'vitest' {
  interface ProvidedContext {
    server: { port: number; credentials: Credentials; log: string };
  }
}

export const template = 'pgrant_template';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-test-'));
  const server = await startEmbedded(folder, {
    durable: false,
    settings: { max_connections: '200', log_checkpoints: 'off' },
  });
  const sql = postgres(server.url('postgres'), { max: 1 });
  await sql.unsafe(`create database ${template}`);
  await sql.end();
  await release(server.url('postgres', template));
  await setPasswords(server.url('postgres'), server.credentials);
  project.provide('server', {
    port: Number(new URL(server.url('postgres')).port),
    credentials: server.credentials,
    log: join(folder, 'postgres.log'),
  });
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
