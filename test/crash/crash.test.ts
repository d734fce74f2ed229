// npm run crash, in small: each kind once.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Rig, startRig } from './rig.ts';
import { playRound } from './rounds.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 120_000);
afterAll(() => rig?.stop(), 60_000);

test.each(['reset', 'terminate', 'backend', 'postmaster', 'node'] as const)(
  '%s under load: every request is answered in time, and nothing acknowledged is lost',
  async (kind) => {
    const { faults, granted } = await playRound(rig, kind, 8);
    // How soon the throughput is back is for npm run crash, on a machine of its own.
    expect(faults.filter((fault) => !fault.startsWith('throughput'))).toEqual([]);
    expect(granted).toBeGreaterThan(0);
  },
  180_000,
);
