import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { createLog } from '../log.ts';
import { makeDueKeys } from '../operations/signing-keys.ts';
import { parseIssuer } from '../protocol/issuer.ts';
import { Refused } from './errors.ts';
import { confirm } from './input.ts';
import { withSession } from './run.ts';
import { findTenant, type Output, type Session } from './session.ts';
import { readSettings, settingsHelp } from './settings.ts';
import { details, inOrder, table, withTimes } from './text.ts';
import { transferCommands } from './transfer.ts';

/** Adds the commands of tenants. */
export function tenantCommands(program: Command): void {
  const tenant = program.command('tenant').description('tenants, each with its issuer');
  tenant
    .command('add <name>')
    .description('make a tenant, its signing keys and the standard scopes')
    .requiredOption('--issuer <url>', 'issuer identifier: an https URL (http on loopback)')
    .option('--title <text>', 'what people see on the pages (default: the name)')
    .action(withSession(add));
  tenant.command('list').description('all tenants').action(withSession(list));
  tenant.command('show <name>').description('the settings of a tenant').action(withSession(show));
  tenant
    .command('set <name> <setting=value...>')
    .description('change settings, e.g. access_token_lifetime=15m')
    .addHelpText('after', settingsHelp('tenants'))
    .action(withSession(set));
  tenant
    .command('disable <name>')
    .description('have every endpoint of the tenant refuse')
    .action(withSession((session, name: string) => disable(session, name, true)));
  tenant
    .command('enable <name>')
    .description('have them answer again')
    .action(withSession((session, name: string) => disable(session, name, false)));
  tenant
    .command('remove <name>')
    .description('remove the tenant with all that it has')
    .option('--yes', 'do not ask')
    .action(withSession(remove));
  transferCommands(tenant);
}

async function add(
  session: Session,
  name: string,
  { issuer, title }: { issuer: string; title?: string },
): Promise<Output> {
  const { host, path } = parseIssuer(issuer);
  // Before anything is made: without the secret there would be a tenant that cannot sign.
  const secret = session.secret();
  const { tenant_add } = await call(session.database, ops.tenant_add, {
    name,
    issuer,
    host,
    path,
    title,
  });
  const tenant_id = tenant_add;
  const keys = await makeDueKeys(session.database, secret, createLog('silent'), tenant_id);
  const metadata = `${issuer}/.well-known/openid-configuration`;
  return {
    json: { tenant_id, name, issuer, metadata, keys },
    text: `tenant ${name} is made\n${details({ tenant_id, issuer, metadata })}`,
  };
}

async function list({ database }: Session): Promise<Output> {
  const rows = await callAll(database, ops.tenant_list, {});
  return {
    json: rows,
    text: table(
      withTimes(rows),
      ['name', 'issuer', 'disabled_at'],
      'there are no tenants: pgrant tenant add',
    ),
  };
}

async function show(session: Session, name: string): Promise<Output> {
  const tenant = await findTenant(session, name);
  const { tenant_show } = await call(session.database, ops.tenant_show, { tenant });
  return settings(tenant_show);
}

async function set(session: Session, name: string, pairs: string[]): Promise<Output> {
  const changes = readSettings('tenants', pairs);
  const tenant = await findTenant(session, name);
  const { tenant_set } = await call(session.database, ops.tenant_set, {
    tenant,
    settings: changes,
  });
  return settings(tenant_set);
}

function settings(json: unknown): Output {
  const tenant = withTimes(json) as Record<string, unknown>;
  return {
    json,
    text: details(
      inOrder(tenant, 'tenant_id', 'name', 'title', 'issuer', 'created_at', 'disabled_at'),
    ),
  };
}

async function disable(session: Session, name: string, disabled: boolean): Promise<Output> {
  const tenant = await findTenant(session, name);
  await call(session.database, ops.tenant_disable, { tenant, disabled });
  return {
    json: { tenant_id: tenant, name, disabled },
    text: `tenant ${name} is ${disabled ? 'disabled' : 'enabled'}`,
  };
}

async function remove(session: Session, name: string, options: { yes?: boolean }): Promise<Output> {
  const tenant = await findTenant(session, name);
  await confirm(name, `the tenant ${name} with all that it has`, options);
  await call(session.database, ops.tenant_remove, { tenant });
  // After the rows: a tenant whose removal failed still opens.
  session.tenantKeys()?.shred(tenant);
  const counts = await callAll(session.database, ops.tenant_rows, { tenant_id: tenant });
  const left = counts.filter(({ row_count }) => row_count !== 0);
  if (left.length > 0) {
    const where = left
      .map(({ table_name, row_count }) => `${row_count} in ${table_name}`)
      .join(', ');
    throw new Refused(`tenant ${name} is removed, but rows are left: ${where}`, 'report this');
  }
  return {
    json: { tenant_id: tenant, name, removed: true, tables: counts.length, rows_left: 0 },
    text: `tenant ${name} is removed: none of ${counts.length} tables has a row of ${tenant}`,
  };
}
