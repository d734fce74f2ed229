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

/** Devices that wait, and how many begin in a second. */
const waiting = 10_000;
const begunPerSecond = 200;

/** So many that each comes when it is due: no device waits for the answer of another. */
const connections = 128;

/** A device that waits, and for how many seconds between two polls. */
type Device = { code: string; interval: number };

/** The p99 of refreshes alone and beside devices, and the ratio; one line each. */
export async function measureDevices(
  bench: Bench,
  { seconds, rounds }: { seconds: number; rounds: number },
): Promise<string[]> {
  await addClient(bench);
  const cell = { target: 'pgrant', scenario: 'refresh opaque' } as const;
  // Those who refresh do so now and then, and do not fill the server themselves.
  const p99 = async () => (await bench.measure(cell, seconds, { rest: 100 })).p99;
  // They come as they go on coming, and poll meanwhile.
  const devices: Device[] = [];
  const polling = startPolling(bench.origin, devices);
  const stopArriving = pace(bench.origin, begunPerSecond, async (connection) => {
    const device = await begin(connection);
    devices.push(device);
    polling.join(device);
  });
  while (devices.length < waiting) await sleep(100);
  await Promise.all([stopArriving(), polling.stop()]);
  const rows: { alone: number; beside: number; polls: number; begun: number }[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const alone = await p99();
    const { stop: stopPolling } = startPolling(bench.origin, devices);
    const stopBegin = pace(bench.origin, begunPerSecond, begin);
    const beside = await p99();
    const [polls, begun] = await Promise.all([stopPolling(), stopBegin()]);
    rows.push({ alone, beside, polls, begun });
    console.error(`round ${round}/${rounds}`);
  }
  const median = (name: 'alone' | 'beside' | 'polls' | 'begun') =>
    spread(rows.map((row) => row[name])).median;
  const [alone, beside] = [median('alone'), median('beside')];
  return [
    `${alone.toFixed(1).padStart(8)} ms p99 of refreshes alone`,
    `${beside.toFixed(1).padStart(8)} ms p99  x ${(beside / alone).toFixed(2)}  beside ${waiting} devices that wait`,
    `${median('polls')} polls and ${median('begun')} new codes came in a second`,
  ];
}

async function addClient({ workerUrl, tenant }: Bench): Promise<void> {
  const database = connect(workerUrl, 'pgrant_worker');
  const metadata = { name: 'Device', token_endpoint_auth_method: 'none', grant_types: [grant] };
  await call(database, ops.client_add, { tenant, client_id, metadata });
  await database.end();
}

/** A device asks for a code. */
async function begin(connection: Connection): Promise<Device> {
  const form = `client_id=${client_id}`;
  const { status, body } = await connection.post('/bench/oauth/device_authorization', form);
  if (status !== 200) throw new Error(body);
  const { device_code: code, interval } = JSON.parse(body);
  return { code, interval };
}

/** Has devices poll, and lets others join; `stop` says how often in a second they did. */
function startPolling(origin: string, devices: Device[]) {
  const start = performance.now();
  const free = Array.from({ length: connections }, () => new Connection(origin));
  const due: Device[] = [];
  const polling = new Set<Promise<void>>();
  let polls = 0;
  let going = true;
  const wait = (device: Device, seconds: number) =>
    setTimeout(() => {
      due.push(device);
      send();
    }, seconds * 1000).unref();
  const send = () => {
    while (going && due.length > 0 && free.length > 0) {
      const one = pollOnce(free.pop() as Connection, due.shift() as Device);
      polling.add(one);
      one.finally(() => polling.delete(one));
    }
  };
  const pollOnce = async (connection: Connection, device: Device) => {
    await poll(connection, device);
    polls += 1;
    wait(device, device.interval);
    free.push(connection);
    send();
  };
  // Somewhere within their interval, as they have come.
  const join = (device: Device) => wait(device, Math.random() * device.interval);
  devices.forEach(join);
  const stop = async () => {
    going = false;
    await Promise.all(polling);
    for (const connection of free) connection.close();
    return Math.round(polls / ((performance.now() - start) / 1000));
  };
  return { join, stop };
}

/** A device polls, and waits longer from then on where it is told so (RFC 8628 3.5). */
async function poll(connection: Connection, device: Device): Promise<void> {
  const form = `grant_type=${grant}&client_id=${client_id}&device_code=${device.code}`;
  const { body } = await connection.post('/bench/oauth/token', form);
  const { error } = JSON.parse(body);
  if (error === 'slow_down') device.interval += 5;
  else if (error !== 'authorization_pending') throw new Error(body);
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
