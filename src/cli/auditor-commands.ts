import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { table, withTimes } from './text.ts';

export function declareCommands(group: Command): void {
  group
    .command('add')
    .description('let a role read the reports of one tenant, or of all')
    .requiredOption('--role <role>', 'a role of the database')
    .option('--tenant <name>', 'the one tenant that it may read; all where left out')
    .action(withSession(add));
  group
    .command('list')
    .description('who may read the reports, of which tenant')
    .action(withSession(list));
  group
    .command('remove')
    .description('have a role read nothing from now on')
    .requiredOption('--role <role>', 'a role of the database')
    .action(withSession(remove));
}

async function add(session: Session, options: { role: string; tenant?: string }): Promise<Output> {
  const { role } = options;
  const tenant = options.tenant ? await findTenant(session, options.tenant) : undefined;
  await call(session.database, ops.auditor_add, { role, tenant });
  const listed = await callAll(session.database, ops.auditor_list, {});
  const { member = false, missing = [] } = listed.find((one) => one.role === role) ?? {};
  const reach = options.tenant ? `tenant ${options.tenant}` : 'every tenant';
  const left = missing.length === 0 ? '' : `\n  a DBA has to run: ${missing.join('; ')}`;
  const text = `${role} may read the reports of ${reach}${left}`;
  return { json: { role, tenant: options.tenant ?? null, member, missing }, text };
}

async function list(session: Session): Promise<Output> {
  const rows = await callAll(session.database, ops.auditor_list, {});
  const shown = rows.map((row) => ({
    ...row,
    tenant: row.tenant ?? '(all)',
    missing: row.missing.join('; '),
  }));
  const empty = 'nobody reads the reports: pgrant auditor add';
  return {
    json: rows,
    text: table(withTimes(shown), ['role', 'tenant', 'member', 'created_at', 'missing'], empty),
  };
}

async function remove(session: Session, { role }: { role: string }): Promise<Output> {
  await call(session.database, ops.auditor_remove, { role });
  return { json: { role, removed: true }, text: `${role} reads no reports from now on` };
}
