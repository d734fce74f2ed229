// Verifying the audit of a tenant: its chain, its checkpoints, and one that was kept outside.
import { readFileSync } from 'node:fs';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import type { Database } from '../db/connect.ts';
import { type Checkpoint, CheckpointError, readCheckpoint } from '../protocol/audit-checkpoint.ts';
import { UsageError } from './faults.ts';

/** Seals to a call: up to 50,000 events, a second or two. */
const stride = 50;
const pause = 2_000;

export type Verdict = {
  intact: boolean;
  fault: string | null;
  /** Number of the seal that the fault is at. */
  seal: number | null;
  event_id: string | null;
  /** Good seals, the events in them, and how many of these are there; the others are past their retention. */
  seals: number;
  events: number;
  present: number;
  unsealed: number | null;
  unsealed_at: string | null;
  checkpoints: number;
  /** The checkpoint from outside; covered = its seal is still there to be compared. */
  outside: { number: number; kid: string; covered: boolean } | null;
};

type Outside = { kid: string; checkpoint: Checkpoint };
type Asked = { tenant: string; first: number; outside: Outside | undefined };
type Fault = Pick<Verdict, 'fault' | 'seal' | 'event_id'>;

/** Reads a checkpoint, of a certain tenant or any, from a file or as it is; throws UsageError. */
export async function readOutside(source: string, tenant?: string): Promise<Outside> {
  try {
    const jwt = /^[\w-]+(\.[\w-]+){2}$/.test(source) ? source : readFileSync(source, 'utf8').trim();
    const outside = await readCheckpoint(jwt);
    if (tenant === undefined || outside.checkpoint.tenant_id === tenant) return outside;
    throw new UsageError(`the checkpoint is of ${outside.checkpoint.iss}, another tenant`);
  } catch (error) {
    if (error instanceof CheckpointError) throw new UsageError(error.message);
    const { code } = error as NodeJS.ErrnoException;
    if (code) throw new UsageError(`the checkpoint ${source} cannot be read (${code})`);
    throw error;
  }
}

/** Verifies; memory does not grow with the audit. `said` is called now and then with how far it is. */
export async function verifyAudit(
  database: Database,
  asked: Asked,
  said: (done: string) => void,
): Promise<Verdict> {
  const { tenant, first, outside } = asked;
  const walked = await walk(database, asked, said);
  const checked = await checkStored(database, tenant);
  const rest = await call(database, ops.audit_verify_rest, {
    tenant,
    first,
    ...(outside && {
      number: outside.checkpoint.number,
      seal: Buffer.from(outside.checkpoint.seal, 'hex'),
    }),
  });
  const found: Fault = [walked, checked, rest].find(({ fault }) => fault !== null) ?? rest;
  return {
    intact: found.fault === null,
    fault: found.fault,
    seal: found.seal,
    event_id: found.event_id,
    seals: walked.seals,
    events: walked.events,
    present: walked.present,
    unsealed: rest.unsealed,
    unsealed_at: rest.unsealed_since,
    checkpoints: checked.checkpoints,
    outside: outside
      ? {
          number: outside.checkpoint.number,
          kid: outside.kid,
          covered: outside.checkpoint.number >= (rest.first_kept ?? 1),
        }
      : null,
  };
}

async function walk(database: Database, { tenant, first }: Asked, said: (done: string) => void) {
  const sum = { seals: 0, events: 0, present: 0 };
  let next = first;
  for (let reported = Date.now(); ; ) {
    const step = await call(database, ops.audit_verify_seals, {
      tenant,
      first: next,
      seals: stride,
    });
    sum.seals += step.seals ?? 0;
    sum.events += step.events ?? 0;
    sum.present += step.present ?? 0;
    const { fault, seal, event_id } = step;
    if (fault !== null || step.seals !== stride) return { ...sum, fault, seal, event_id };
    next = Number(step.number) + 1;
    if (Date.now() - reported < pause) continue;
    said(`${sum.events} events in ${sum.seals} seals verified`);
    reported = Date.now();
  }
}

/** Whether each checkpoint in the database is signed as it stands there. */
async function checkStored(database: Database, tenant: string) {
  const stored = await callAll(database, ops.audit_checkpoint_list, { tenant });
  for (const { number, seal, jwt } of stored) {
    const read = await readCheckpoint(jwt ?? '').catch(() => undefined);
    const { checkpoint } = read ?? {};
    const same =
      checkpoint?.tenant_id === tenant &&
      checkpoint.number === number &&
      checkpoint.seal === seal?.toString('hex');
    if (!same)
      return {
        fault: 'checkpoint edited',
        seal: number,
        event_id: null,
        checkpoints: stored.length,
      };
  }
  return { fault: null, seal: null, event_id: null, checkpoints: stored.length };
}
