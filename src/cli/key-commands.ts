import { type Command, Option } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { resealAll, resealTenant } from '../operations/reseal.ts';
import { addKey } from '../operations/signing-keys.ts';
import type { SigningAlg } from '../protocol/keys.ts';
import { signingAlgs } from '../protocol/lists.ts';
import { Refused } from './faults.ts';
import { declareExport } from './key-export.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { listCommand, tenantCommand } from './subject.ts';
import { withTimes } from './text.ts';

type Named = { tenant: string };

export function declareCommands(group: Command): void {
  listCommand(group, 'the keys that are published, and which of them signs', ops.key_list, {
    columns: ['alg', 'state', 'kid', 'created_at', 'active_at', 'expires_at'],
    empty: (tenant) => `tenant ${tenant} has no keys: the worker makes them within a minute`,
  });
  tenantCommand(group, 'rotate', 'publish a new key now, to sign after key_publish_lead')
    .addOption(
      new Option('--alg <alg>', 'default: one of each of signing_algs').choices(signingAlgs),
    )
    .action(withSession(rotate));
  declareExport(group);
  group
    .command('reseal')
    .description(
      'seal again what is sealed under PGRANT_SECRET_OLD, or without the key of its tenant',
    )
    .option('--tenant <name>', 'of this tenant only')
    .action(withSession(reseal));
}

async function rotate(session: Session, options: Named & { alg?: SigningAlg }): Promise<Output> {
  const secret = await session.secret();
  const tenant = await findTenant(session, options.tenant);
  const keys = [];
  for (const alg of await algsOf(session, tenant, options.alg)) {
    const added = await addKey(session.database, secret, { tenant, alg, if_due: false });
    keys.push(added ? { ...added, added: true } : await findWaiting(session, tenant, alg));
  }
  const lines = withTimes(keys).map(({ alg, kid, active_at, added }) =>
    added
      ? `${alg}: key ${kid} is published and signs from ${active_at}`
      : `${alg}: key ${kid} is waiting already and signs from ${active_at}; no other was made`,
  );
  return { json: keys, text: lines.join('\n') };
}

async function algsOf({ database }: Session, tenant: string, alg: SigningAlg | undefined) {
  if (alg !== undefined) return [alg];
  const { tenant_show } = await call(database, ops.tenant_show, { tenant });
  return (tenant_show as { signing_algs: SigningAlg[] }).signing_algs;
}

async function findWaiting(session: Session, tenant: string, alg: SigningAlg) {
  const keys = await callAll(session.database, ops.key_list, { tenant });
  const waiting = keys.find((key) => key.alg === alg && key.state === 'published');
  const { kid = null, active_at = null } = waiting ?? {};
  return { tenant_id: tenant, kid, alg, active_at, added: false };
}

async function reseal(session: Session, options: Partial<Named>): Promise<Output> {
  const { database } = session;
  const secret = session.givenSecret();
  const done = options.tenant
    ? await resealTenant(database, secret, await findTenant(session, options.tenant))
    : await resealAll(database, secret);
  const [lost] = done.unopened;
  if (lost) {
    throw new Refused(
      `${done.unopened.length} secrets open neither under PGRANT_SECRET nor under PGRANT_SECRET_OLD, such as ${lost.kind} ${lost.name} of tenant ${lost.tenant_id}`,
      'set PGRANT_SECRET_OLD to what they were sealed under, and repeat; nothing of them was changed',
    );
  }
  const rest = options.tenant ? '' : '; PGRANT_SECRET_OLD is not needed any more';
  return { json: done, text: `${done.resealed} secrets were sealed again${rest}` };
}
