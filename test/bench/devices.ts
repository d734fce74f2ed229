// What devices that wait for their people cost those who refresh (RFC 8628 3.5).
import { setTimeout as sleep } from 'node:timers/promises';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { connect } from '../../src/db/connect.ts';
import type { Bench } from './bench.ts';
import { Connection } from './http.ts';
import { spread } from './measure.ts';

const grant = 'urn:ietf:params:oauth:grant-type:device_code';
const client_id = 'bench-device';

/** Devices that wait, each of which polls in this many seconds, and how many begin in one. */
const waiting = 10_000;
const interval = 5;
const begunPerSecond = 200;

/** So many that each comes when it is due: no device waits for the answer of another. */
const connections = 128;

/** The p99 of refreshes alone and beside devices, and the ratio; one line each. */
export async function measureDevices(
  bench: Bench,
  { seconds, rounds }: { seconds: number; rounds: number },
): Promise<string[]> {
  await addClient(bench);
  const codes = await begin(bench.origin, waiting);
  const cell = { target: 'pgrant', scenario: 'refresh opaque' } as const;
  // Those who refresh do so now and then, and do not fill the server themselves.
  const p99 = async () => (await bench.measure(cell, seconds, { rest: 100 })).p99;
  const startPolling = poller(bench.origin, codes);
  const rows: { alone: number; beside: number; polls: number; begun: number }[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const alone = await p99();
    const stop = startPolling();
    const beside = await p99();
    rows.push({ alone, beside, ...(await stop()) });
    console.error(`round ${round}/${rounds}`);
  }
  const median = (name: 'alone' | 'beside' | 'polls' | 'begun') =>
    spread(rows.map((row) => row[name])).median;
  const [alone, beside] = [median('alone'), median('beside')];
  return [
    `${alone.toFixed(1).padStart(8)} ms p99 of refreshes alone`,
    `${beside.toFixed(1).padStart(8)} ms p99  x ${(beside / alone).toFixed(2)}  beside ${waiting} devices that wait`,
    `${median('polls')} polls and ${median('begun')} new codes came in a second, of ${waiting / interval} and ${begunPerSecond}`,
  ];
}

async function addClient({ workerUrl, tenant }: Bench): Promise<void> {
  const database = connect(workerUrl, 'pgrant_worker');
  const metadata = { name: 'Device', token_endpoint_auth_method: 'none', grant_types: [grant] };
  await call(database, ops.client_add, { tenant, client_id, metadata });
  await database.end();
}

/** Asks for as many codes. */
async function begin(origin: string, count: number): Promise<string[]> {
  const codes: string[] = [];
  let begun = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const connection = new Connection(origin);
      while (begun++ < count) codes.push(await askForCode(connection));
      connection.close();
    }),
  );
  return codes;
}

async function askForCode(connection: Connection): Promise<string> {
  const form = `client_id=${client_id}`;
  const { status, body } = await connection.post('/bench/oauth/device_authorization', form);
  if (status !== 200) throw new Error(body);
  return JSON.parse(body).device_code;
}

/** What polls for all codes in turn, going on where it has stopped, and asks for more beside; gives how often in a second. */
function poller(origin: string, codes: string[]) {
  let next = 0;
  const poll = async (connection: Connection) => {
    const code = codes[next++ % codes.length];
    const form = `grant_type=${grant}&client_id=${client_id}&device_code=${code}`;
    const { body } = await connection.post('/bench/oauth/token', form);
    if (!body.includes('authorization_pending')) throw new Error(body);
  };
  return () => {
    const polls = pace(origin, codes.length / interval, poll);
    const begun = pace(origin, begunPerSecond, askForCode);
    return async () => ({ polls: await polls(), begun: await begun() });
  };
}

/** Does something so often in a second, each time when it is due. */
function pace(
  origin: string,
  perSecond: number,
  act: (connection: Connection) => Promise<unknown>,
): () => Promise<number> {
  const start = performance.now();
  let going = true;
  let begun = 0;
  const work = async () => {
    const connection = new Connection(origin);
    while (going) {
      const early = start + (begun++ / perSecond) * 1000 - performance.now();
      if (early > 0) await sleep(early);
      await act(connection);
    }
    connection.close();
  };
  const all = Array.from({ length: connections }, work);
  return async () => {
    going = false;
    await Promise.all(all);
    return Math.round(begun / ((performance.now() - start) / 1000));
  };
}
