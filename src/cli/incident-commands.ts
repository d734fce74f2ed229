import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import { withdrawKeys } from '../operations/signing-keys.ts';
import { UsageError } from './faults.ts';
import { confirm, moment } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { table } from './text.ts';

type Options = {
  tenant?: string;
  allTenants?: boolean;
  since: string;
  keepKeys?: boolean;
  grants?: boolean;
  clientSecrets?: boolean;
  dryRun?: boolean;
  yes?: boolean;
};

export function declareCommands(group: Command): void {
  group
    .command('revoke')
    .description('end what was issued or used since a moment, and replace the signing keys at once')
    .option('--tenant <name>', 'name of the tenant')
    .option('--all-tenants', 'of every tenant, such as after a restore to an earlier moment')
    .option(
      '--since <when>',
      'a time with its zone, or 2h, 7d ago; default: ever. Not after a restore: all that it brought back is older',
      moment,
      '-infinity',
    )
    .option('--grants', 'end what users have allowed since, too: they are asked again')
    .option('--client-secrets', 'end the client secrets and API keys that were made since, too')
    .option(
      '--keep-keys',
      'keep the signing keys, and with them JWTs at whoever does not introspect',
    )
    .option('--dry-run', 'count, and change nothing')
    .option('--yes', 'do not ask')
    .action(withSession(revoke));
}

async function revoke(session: Session, options: Options): Promise<Output> {
  const { since, keepKeys, dryRun } = options;
  if (Date.parse(since) > Date.now()) {
    throw new UsageError(`--since ${since} has yet to come: nothing was issued since then`);
  }
  const secret = keepKeys || dryRun ? undefined : await session.secret();
  const tenants = await concerned(session, options);
  const counts = new Map<string, number>();
  const count = (what: string | null, ended: number | null) => {
    if (what !== null) counts.set(what, (counts.get(what) ?? 0) + (ended ?? 0));
  };
  const withdrawn: string[] = [];
  if (!dryRun) {
    const [name] = tenants.length === 1 ? tenants : [{ name: 'all tenants' }];
    await confirm(String(name?.name), `what ${name?.name} issued`, options);
  }
  for (const { tenant } of tenants) {
    if (dryRun) {
      const rows = await callAll(session.database, ops.incident_count, { tenant, since });
      for (const { what, live } of rows) count(what, live);
      continue;
    }
    // The keys first: nothing that is issued while the rest goes on is signed by the old ones.
    if (secret) withdrawn.push(...(await withdrawKeys(session.database, secret, tenant)));
    const { grants = false, clientSecrets: client_secrets = false } = options;
    const args = { tenant, since, grants, client_secrets };
    const ended = await callAll(session.database, ops.incident_revoke, args);
    for (const row of ended) count(row.what, row.ended);
    count('token families', await revokeFamilies(session, tenant, since));
  }
  if (dryRun) {
    const live = [...counts].map(([what, number]) => ({ what, live: number }));
    return { json: live, text: table(live, ['what', 'live'], 'there are no tenants') };
  }
  const ended = [...counts, ['signing keys', withdrawn.length] as const];
  const rows = ended.map(([what, number]) => ({ what, ended: number }));
  const advice = secret
    ? 'other servers believe JWTs of the old keys until they fetch the JWK set anew'
    : 'JWTs that are already out are believed where nobody introspects, until they expire';
  const text = `${table(rows, ['what', 'ended'], '')}\n${advice}`;
  return { json: { since, ended: rows, withdrawn }, text };
}

async function concerned(session: Session, { tenant, allTenants }: Options) {
  if ((tenant === undefined) !== (allTenants === true)) {
    throw new UsageError('say which: --tenant <name>, or --all-tenants');
  }
  if (tenant !== undefined) return [{ name: tenant, tenant: await findTenant(session, tenant) }];
  const rows = await callAll(session.database, ops.tenant_list, {});
  return rows.map(({ name, tenant_id }) => ({ name, tenant: String(tenant_id) }));
}

/** In batches, so that rotations wait for a moment and not for all of it; tells how far it is. */
async function revokeFamilies({ database }: Session, tenant: string, since: string) {
  let revoked = 0;
  let after: string | null = '00000000-0000-0000-0000-000000000000';
  while (after !== null) {
    const args: { tenant: string; since: string; after: string } = { tenant, since, after };
    const [batch] = await callAll(database, ops.incident_families_revoke, args);
    after = batch?.last_family_id ?? null;
    revoked += batch?.revoked ?? 0;
    if (process.stderr.isTTY) process.stderr.write(`\r${revoked} token families revoked`);
  }
  if (process.stderr.isTTY) process.stderr.write('\n');
  return revoked;
}
