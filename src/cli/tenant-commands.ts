import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { parseIssuer } from '../protocol/issuer.ts';
import { Refused } from './faults.ts';
import { confirm } from './input.ts';
import { findTenant, makeKeys, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { readSettings, settingsHelp, warnings } from './settings.ts';
import { subjectOf } from './subject.ts';
import { details, inOrder, table, withTimes } from './text.ts';
import { transferCommands } from './transfer-commands.ts';

type Row = Record<string, unknown>;

export function declareCommands(group: Command): void {
  group
    .command('add <name>')
    .description('make a tenant, its signing keys and the standard scopes')
    .requiredOption('--issuer <url>', 'issuer identifier: an https URL (http on loopback)')
    .option('--title <text>', 'what users see on the pages (default: the name)')
    .action(withSession(add));
  group.command('list').description('all tenants').action(withSession(list));
  const tenant = subjectOf(group, { noun: 'tenant', key: 'name', itself: true });
  tenant.show('the settings of a tenant', ops.tenant_show, describeTenant);
  const changing = 'change settings, e.g. access_token_lifetime=15m or preset=mcp';
  const set = tenant.one('set', changing, ' <setting=value...>');
  set.addHelpText('after', settingsHelp('tenants'));
  tenant.act(set, async ({ ask, given, session }) => {
    const settings = readSettings('tenants', given[1] as string[]);
    // What is offered is asked for at once: its key is made here, and not by the worker within a minute.
    const offering = settings.signing_algs !== undefined || settings.preset !== undefined;
    const secret = offering ? await session.secret() : undefined;
    const { tenant_show: before } = await ask(ops.tenant_show);
    const { tenant_set: after } = await ask(ops.tenant_set, { settings });
    if (secret) await makeKeys(session, secret, String((after as Row).tenant_id));
    const [was, is] = [before as Row, after as Row];
    const changed = changesOf(was, is);
    const said = settings.preset === undefined ? describeTenant(is) : describeChanges(changed);
    const json = settings.preset === undefined ? is : { ...is, changed };
    return { json, text: said, warnings: warnings(is) };
  });
  group
    .command('presets')
    .description('what preset=… of `tenant set` stands for')
    .action(withSession(presets));
  const check = tenant.one('check', 'what is not as a profile wants it, with exit code 1');
  check.requiredOption('--profile <profile>', 'fapi2: FAPI 2.0 Security Profile');
  tenant.act(check, async ({ session: { database }, identity, options }) => {
    const profile = String(options.profile);
    const args = { tenant: String(identity.tenant_id), profile };
    const faults = await callAll(database, ops.tenant_check, args);
    const shown = faults.map((fault) => ({ ...fault, value: JSON.stringify(fault.value) }));
    const columns = ['subject', 'client_id', 'setting', 'value', 'wanted'] as const;
    if (faults.length > 0) process.exitCode = 1;
    return { json: faults, text: table(shown, columns, `all is as ${profile} wants it`) };
  });
  tenant.disable(ops.tenant_disable, {
    disable: 'have every endpoint of the tenant refuse',
    enable: 'have them answer again',
  });
  group
    .command('remove <name>')
    .description('remove the tenant with all that it has')
    .option('--yes', 'do not ask')
    .action(withSession(remove));
  transferCommands(group);
}

async function add(
  session: Session,
  name: string,
  { issuer, title }: { issuer: string; title?: string },
): Promise<Output> {
  const { host, path } = parseIssuer(issuer);
  // Before anything is made: without the secret there would be a tenant that cannot sign.
  const secret = await session.secret();
  const { tenant_add: tenant_id } = await call(session.database, ops.tenant_add, {
    name,
    issuer,
    host,
    path,
    title,
  });
  const keys = await makeKeys(session, secret, tenant_id);
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

async function presets({ database }: Session): Promise<Output> {
  const rows = await callAll(database, ops.tenant_presets, {});
  const shown = rows.map((row) => ({ ...row, value: JSON.stringify(row.value) }));
  return {
    json: rows,
    text: table(shown, ['preset', 'setting', 'value', 'why'], 'there are none'),
  };
}

type Change = { setting: string; was: string; is: string };

function changesOf(was: Row, is: Row): Change[] {
  return Object.keys(is)
    .map((setting) => ({
      setting,
      was: JSON.stringify(was[setting]),
      is: JSON.stringify(is[setting]),
    }))
    .filter((change) => change.was !== change.is);
}

function describeChanges(changes: Change[]): string {
  return table(changes, ['setting', 'was', 'is'], 'nothing changes: it is so already');
}

function describeTenant(json: Record<string, unknown>): string {
  return details(
    inOrder(withTimes(json), 'tenant_id', 'name', 'title', 'issuer', 'created_at', 'disabled_at'),
  );
}

async function remove(session: Session, name: string, options: { yes?: boolean }): Promise<Output> {
  const tenant = await findTenant(session, name);
  await confirm(name, `the tenant ${name} with all that it has`, options);
  // Committed first: from then on no request enters the tenant, and the removal waits for those that have.
  await call(session.database, ops.tenant_disable, { tenant, disabled: true });
  await call(session.database, ops.tenant_remove, { tenant });
  // After the rows: a tenant whose removal failed still opens.
  session.tenantKeys()?.shred(tenant);
  const counts = await callAll(session.database, ops.tenant_rows, { tenant });
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
