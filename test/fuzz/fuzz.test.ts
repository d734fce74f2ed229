import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { fuzz } from './fuzz.ts';

// The same each time, so that a finding is of the change at hand; `npm run fuzz` tries others.
const seed = 1;

test(`5000 requests of seed ${seed}, from harmless to malformed, give no 5xx but 503, no silence and no growth`, async () => {
  const database = await createDatabase();
  const urls = { web: database.url('pgrant_web'), worker: database.url('pgrant_worker') };
  const { findings, statuses, heap } = await fuzz(urls, { seed, requests: 5000 });
  expect(findings).toEqual([]);
  // Good requests are among them, and every kind of refusal.
  for (const status of [200, 201, 303, 400, 401, 403, 404, 405, 413, 415]) {
    expect(statuses).toHaveProperty(String(status));
  }
  expect(heap[1]).toBeLessThan(heap[0] + 32 * 2 ** 20);
}, 600_000);
