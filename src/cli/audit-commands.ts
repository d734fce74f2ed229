import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import { makeCheckpoint, sealEvents } from '../operations/audit-chain.ts';
import { archiveCommands } from './audit-archive-commands.ts';
import { copyCommands } from './audit-copy-commands.ts';
import { readOutside, type Verdict, verifyAudit } from './audit-verify.ts';
import { confirm, count } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { wantsJson, withSession } from './run.ts';
import { tenantCommand } from './subject.ts';
import { details, withTimes } from './text.ts';

type Named = { tenant: string };
type VerifyOptions = Named & { checkpoint?: string; first: number };

export function declareCommands(group: Command): void {
  const broken =
    'find what was edited, removed, moved, back- or post-dated, added or cut off; exit code 1 where any is';
  tenantCommand(group, 'verify', broken)
    .option('--checkpoint <file>', 'one that was kept elsewhere, as a file or as it is')
    .option('--first <number>', 'begin at this seal', count, 1)
    .action(withSession(verify));
  const sealed = 'seal what there is and print a signed checkpoint, to be kept elsewhere';
  tenantCommand(group, 'checkpoint', sealed).action(withSession(checkpoint));
  archiveCommands(group);
  copyCommands(group);
  group
    .command('retention')
    .argument('[months]', 'how many from now on', count)
    .description('for how many months events are kept after their month, of all tenants')
    .option('--yes', 'do not ask, where it becomes shorter')
    .action(withSession(retention));
}

async function verify(session: Session, options: VerifyOptions): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const { checkpoint, first } = options;
  const outside = checkpoint === undefined ? undefined : await readOutside(checkpoint, tenant);
  const verdict = await verifyAudit(session.database, { tenant, first, outside }, report);
  if (!verdict.intact) process.exitCode = 1;
  return { json: { tenant: options.tenant, first, ...verdict }, text: describe(verdict) };
}

async function checkpoint(session: Session, options: Named): Promise<Output> {
  const secret = await session.secret();
  const tenant = await findTenant(session, options.tenant);
  await sealEvents(session.database);
  const jwt = await makeCheckpoint(session.database, secret, tenant);
  if (jwt === undefined) process.exitCode = 1;
  const none = `nothing of ${options.tenant} is sealed yet, or it has no key: try again in a minute`;
  return { json: { tenant: options.tenant, checkpoint: jwt ?? null }, text: jwt ?? none };
}

async function retention(
  { database }: Session,
  months: number | undefined,
  options: { yes?: boolean },
): Promise<Output> {
  const before = await call(database, ops.audit_retention, {});
  if (months !== undefined) {
    if (months < Number(before.months)) {
      await confirm(
        String(months),
        `what is older than ${months} months, of every tenant,`,
        options,
      );
    }
    await call(database, ops.audit_retention_set, { months });
  }
  const kept = await call(database, ops.audit_retention, {});
  const text = `audit events are kept for ${kept.months} months after their month, seals for ${kept.seal_months}`;
  return { json: kept, text };
}

/** Says on stderr how far a long command is. */
function report(done: string): void {
  if (!wantsJson()) console.error(`pgrant: ${done}`);
}

const faults: Record<string, string> = {
  edited: 'an event is not as it was sealed',
  removed: 'an event is gone',
  reordered: 'an event is not where it was in time',
  added: 'an event or a seal is there that sealing never saw',
  'back-dated': 'an event says that it is older than it can be',
  'post-dated': 'an event says that it is younger than it can be',
  'seal edited': 'a seal is not as it was made',
  'seal missing': 'a seal is gone',
  'checkpoint edited': 'a checkpoint in the database is not as it was signed',
  truncated: 'the end of the chain is gone',
  rewritten: 'the chain is not the one that was signed',
  'refusals edited': 'counted refusals are not as the event over them says',
  unsealed: 'events have waited for more than an hour to be sealed',
};

function describe(verdict: Verdict): string {
  const { intact, fault, seal, event_id, outside, ...counts } = verdict;
  const head = intact
    ? 'the audit is intact'
    : `THE AUDIT IS BROKEN: ${faults[fault ?? ''] ?? fault}`;
  const where = intact ? {} : { fault, seal, event_id };
  const lines = details(withTimes({ ...where, ...counts }));
  return [head, lines, outside ? describeOutside(outside, intact) : ''].filter(Boolean).join('\n');
}

function describeOutside(outside: NonNullable<Verdict['outside']>, intact: boolean): string {
  const { number, kid, covered } = outside;
  const name = `the checkpoint at seal ${number} (key ${kid})`;
  if (!covered) return `${name} is older than what is kept here: verify it against the archives`;
  return intact ? `${name} is in the chain` : name;
}
