// The SQL functions alone: what is left when Node.js, HTTP and signatures are taken away.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Binding } from '../../src/db/binding.ts';
import { api } from '../../src/db/bindings.ts';
import { secretHash } from '../../src/protocol/secrets.ts';
import type { Scenario } from './cells.ts';
import { cpuOf, cpuPerRequest, type Measurement, quantile } from './measure.ts';
import type { BenchClient } from './service.ts';

/** Sessions of pgbench: as many as the web process has connections. */
export const pgbenchSessions = 10;

export type SqlOrder = {
  scenario: Scenario;
  url: string;
  postmaster: number;
  seconds: number;
  tenant: string;
  client: BenchClient;
  /** The number of the first family that no round has used. */
  family: number;
  /** An opaque access token that is good: its hash and its expiry in epoch seconds. */
  access: { hash: Buffer; expires_at: number };
};

/** Whether pgbench is on this machine. */
export function hasPgbench(): boolean {
  return spawnSync('pgbench', ['--version']).status === 0;
}

const bytes = (value: Buffer) => `'\\x${value.toString('hex')}'::bytea`;
const digest = (text: string) => `sha256(convert_to(${text}, 'utf8'))`;

type Expressions = Record<string, string>;

/** The call of a function of sets with a set of one: SQL expressions for some arguments, and null for the others. */
function callOf(
  { name, encoders }: Pick<Binding<unknown, unknown>, 'name' | 'encoders'>,
  given: Expressions,
): string {
  const args = encoders.map(({ argument, type }) => {
    const value = `(${given[argument] ?? 'null'})::${type}`;
    return `p_${argument} => ${argument === 'tenant' ? value : `array[${value}]`}`;
  });
  return `select * from ${name}(${args.join(', ')});`;
}

function script({ scenario, tenant, client, family, access }: SqlOrder): string {
  const caller = {
    tenant: `'${tenant}'`,
    request_id: "'bench'",
    address: "'127.0.0.1'",
    client_id: `'${client.client_id}'`,
    auth_method: "'client_secret_basic'",
    secret_hash: bytes(secretHash(client.client_secret)),
  };
  const number = `(${family} + :client_id)::text`;
  const handle = `lpad(${number}, 21, '0') || 'A'`;
  const first = `'pgrant_rt_' || ${handle} || '.' || lpad(${number}, 42, '0') || 'A'`;
  const token = (generation: string) => digest(`${number} || ' ' || (${generation})::text`);
  const random = digest("(:client_id)::text || ' ' || (:random)::text");
  const lines: Partial<Record<Scenario, string[]>> = {
    'refresh opaque': [
      '\\set next :generation + 1',
      callOf(api.refresh_rotate, {
        ...caller,
        handle_hash: digest(handle),
        refresh_hash: `case when :generation = 0 then ${digest(first)} else ${token(':generation')} end`,
        access_hash: random,
        successor_hash: token(':next'),
        successor_salt: bytes(Buffer.alloc(32)),
      }),
      '\\set generation :next',
    ],
    'client_credentials opaque': [
      callOf(api.client_credentials_issue, { ...caller, scope: "'api'", access_hash: random }),
    ],
    'introspection opaque': [
      callOf(api.token_introspect, {
        ...caller,
        access_hash: bytes(access.hash),
        access_expires_at: String(access.expires_at),
      }),
    ],
  };
  return ['\\set random random(1, 1000000000000000)', ...(lines[scenario] ?? [])].join('\n');
}

/** Measures one cell. Latency is that of the script, in milliseconds. */
export async function measureSql(order: SqlOrder): Promise<Measurement> {
  const { hostname, port, username, password, pathname } = new URL(order.url);
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-pgbench-'));
  try {
    writeFileSync(join(folder, 'script'), script(order));
    const options = ['-n', '-M', 'prepared', '-c', String(pgbenchSessions), '-D', 'generation=0'];
    const length = ['-T', String(Math.ceil(order.seconds)), '-f', 'script', '-l'];
    const before = cpuOf(order);
    await promisify(execFile)('pgbench', [...options, ...length, pathname.slice(1)], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        PGHOST: hostname,
        PGPORT: port,
        PGUSER: username,
        PGPASSWORD: password,
      },
    });
    // What a session has used is counted while it lives, or once the postmaster has seen it end.
    await sleep(200);
    const after = cpuOf(order);
    const log = readdirSync(folder).find((name) => name.startsWith('pgbench_log'));
    const sorted = latencies(log === undefined ? '' : readFileSync(join(folder, log), 'utf8'));
    const cpu = cpuPerRequest(before, after, sorted.length);
    return {
      requests: sorted.length,
      perSecond: sorted.length / Math.ceil(order.seconds),
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      ...(cpu && { cpu }),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The latencies in pgbench's log, whose third field is in microseconds; sorted. */
function latencies(log: string): Float64Array {
  const lines = log.trim().split('\n');
  return Float64Array.from(lines, (line) => Number(line.split(' ')[2]) / 1000).sort();
}
