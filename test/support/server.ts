// One real PostgreSQL for the whole run, with a template database that is released once.
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../src/embedded/embedded.ts';
import type { Credentials } from '../../src/embedded/embedded-files.ts';
import { serverSettings } from '../../src/embedded/embedded-server.ts';
import { setPasswords } from '../../src/embedded/logins.ts';
import { release } from '../../src/release/release.ts';
import { type OtherServer, startOther } from './other-postgres.ts';
import { makeServerFolder } from './server-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    server: { port: number; credentials: Credentials; log: string };
  }
}

export const template = 'pgrant_template';

const settings = { max_connections: '200', log_checkpoints: 'off' };

/** PostgreSQL that pgrant brings along, or one of the programs in the folder PGRANT_TEST_POSTGRES. */
async function startServer(): Promise<OtherServer & { credentials: Credentials }> {
  const programs = process.env.PGRANT_TEST_POSTGRES;
  if (programs) {
    const password = randomBytes(16).toString('hex');
    const credentials = {
      ...{ postgres: password, pgrant_janitor: password, pgrant_web: password },
      pgrant_worker: password,
    };
    const server = await startOther(programs, {
      password,
      settings: serverSettings(false, settings),
    });
    return { ...server, credentials };
  }
  const folder = makeServerFolder('pgrant-test-');
  const server = await startEmbedded(folder, { durable: false, settings });
  return {
    url: server.url('postgres', 'postgres'),
    credentials: server.credentials,
    log: join(folder, 'postgres.log'),
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, credentials, log, stop } = await startServer();
  const sql = postgres(url, { max: 1 });
  await sql.unsafe(`create database ${template}`);
  await sql.end();
  await release(Object.assign(new URL(url), { pathname: `/${template}` }).href);
  await setPasswords(url, credentials);
  project.provide('server', { port: Number(new URL(url).port), credentials, log });
  return stop;
}
