// Devices by the thousand keep nobody else waiting (RFC 8628 3.5): they are told to wait longer, and their neighbours are not.
import { beforeAll, expect, test, vi } from 'vitest';
import { PollRate } from '../../src/http/poll-rate.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { addClient, addTenant, startServer } from '../support/issuer.ts';

const grant = 'urn:ietf:params:oauth:grant-type:device_code';
let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});

/** Polls as often as the tenants say in each of 50 seconds, and gives what part of each tenant's was decided in the last. */
function decided(rate: PollRate, polls: Record<string, number>) {
  let parts: Record<string, number> = {};
  for (let second = 0; second < 50; second += 1) {
    vi.advanceTimersByTime(1000);
    parts = Object.fromEntries(
      Object.entries(polls).map(([tenant, count]) => {
        const admitted = Array.from({ length: count }, () => isAdmitted(rate, tenant));
        return [tenant, admitted.filter(Boolean).length / count];
      }),
    );
  }
  vi.advanceTimersByTime(1000);
  return parts;
}

function isAdmitted(rate: PollRate, tenant: string): boolean {
  try {
    rate.admit(tenant);
    return true;
  } catch {
    return false;
  }
}

test('so many polls are decided as are set, in shares between tenants, and intervals grow with the crowd', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const rate = new PollRate(400);
  expect(decided(rate, { acme: 300, globex: 100 })).toEqual({ acme: 1, globex: 1 });
  expect(rate.interval('acme', 5)).toBe(5);
  // A fifth of them, within six standard deviations.
  expect(decided(rate, { acme: 2000 }).acme).toSatisfy((part) => part > 0.14 && part < 0.26);
  expect(rate.interval('acme', 5)).toBe(60);
  expect(rate.interval('globex', 5)).toBe(5);
  const shared = decided(rate, { acme: 2000, globex: 100 });
  expect(shared.globex).toBe(1);
  expect(shared.acme).toSatisfy((part) => part > 0.09 && part < 0.21);
  vi.advanceTimersByTime(60_000);
  expect(rate.interval('acme', 5)).toBe(5);
  decided(rate, { acme: 800 });
  expect(rate.interval('acme', 5)).toBe(20);
  vi.useRealTimers();
});

test('a second in which many come at once makes no crowd', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const rate = new PollRate(400);
  for (let poll = 0; poll < 1_500; poll += 1) rate.admit('acme');
  vi.advanceTimersByTime(1000);
  expect(rate.interval('acme', 5)).toBe(5);
  vi.useRealTimers();
});

test('a device of a crowd is told slow_down, one that begins a longer interval, and the log stays quiet', async () => {
  const { origin, lines } = await startServer(database, { devicePolls: 2 });
  const { tenant, issuer } = await addTenant(database, origin, 'acme');
  const metadata = { token_endpoint_auth_method: 'none', grant_types: [grant], redirect_uris: [] };
  const { client_id } = await addClient(database, tenant, 'tool', metadata);
  const post = async (path: string, form: Record<string, string>) => {
    const response = await fetch(`${issuer}${path}`, {
      method: 'POST',
      body: new URLSearchParams({ client_id, ...form }),
    });
    const body = (await response.json()) as Record<string, unknown>;
    return { status: response.status, body };
  };
  const begin = async () => (await post('/oauth/device_authorization', {})).body;
  const codes = await Promise.all(Array.from({ length: 200 }, begin));
  expect(codes[0]).toMatchObject({ interval: 5 });
  const answers = new Set<unknown>();
  let interval = 5;
  // Each polls for the first time, so that none is too soon.
  for (const { device_code } of codes) {
    const form = { grant_type: grant, device_code: String(device_code) };
    const { status, body } = await post('/oauth/token', form);
    expect(status).toBe(400);
    answers.add(body.error);
    if (answers.has('slow_down')) interval = Number((await begin()).interval);
    if (interval > 5) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(answers).toEqual(new Set(['authorization_pending', 'slow_down']));
  expect(interval).toBeGreaterThan(5);
  expect(lines.filter((line) => line.includes('slow_down'))).toEqual([]);
});
