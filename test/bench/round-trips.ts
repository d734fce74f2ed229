// How often a token request goes to PostgreSQL and back, counted in the server's own log.
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { resource, type Service } from './service.ts';
import { basicCredentials } from './sign-in.ts';

/** Statements per token request, without and with a registered resource. */
export type RoundTrips = { without: number; with: number };

const requests = 100;

/** Sends token requests one after the other while PostgreSQL logs every statement. */
export async function countRoundTrips(
  sql: Sql,
  service: Service,
  log: string,
): Promise<RoundTrips> {
  const logging = async (change: string) => {
    await sql.unsafe(`alter system ${change}`);
    await sql`select pg_reload_conf()`;
    await sleep(500);
  };
  await logging(`set log_statement = 'all'`);
  try {
    return {
      without: await count(service, log, {}),
      with: await count(service, log, { resource }),
    };
  } finally {
    await logging('reset log_statement');
  }
}

async function count(service: Service, log: string, more: Record<string, string>): Promise<number> {
  // The first one may have a connection to open, keys to fetch and a statement to prepare.
  await ask(service, more);
  const from = statSync(log).size;
  for (let request = 0; request < requests; request += 1) await ask(service, more);
  await sleep(200);
  return (textFrom(log, from).match(/LOG: {2}(execute|statement)\b/g)?.length ?? 0) / requests;
}

async function ask({ origin, token, clients }: Service, more: Record<string, string>) {
  const response = await fetch(origin + token, {
    method: 'POST',
    headers: { authorization: basicCredentials(clients.opaque) },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'api', ...more }),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  await response.arrayBuffer();
}

function textFrom(file: string, from: number): string {
  const text = Buffer.alloc(statSync(file).size - from);
  const opened = openSync(file, 'r');
  readSync(opened, text, 0, text.length, from);
  closeSync(opened);
  return text.toString();
}
