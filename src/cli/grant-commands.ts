import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { count, moment } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { table, withTimes } from './text.ts';

type ListOptions = {
  tenant: string;
  username?: string;
  clientId?: string;
  after?: string;
  limit: number;
  asOf?: string;
};

const columnsNow = [
  'grant_id',
  'username',
  'client_id',
  'scopes',
  'refresh_tokens',
  'replays',
  'created_at',
  'consent_expires_at',
  'last_used_at',
];
const columnsThen = [
  'grant_id',
  'username',
  'client_id',
  'client_name',
  'scopes',
  'effective',
  'since',
  'cause',
];

/** Adds the commands of grants. */
export function grantCommands(program: Command): void {
  const grant = program.command('grant').description('what people have allowed applications');
  grant
    .command('list')
    .description('the live grants of a tenant, now or at a moment of the past')
    .requiredOption('--tenant <name>', 'name of the tenant')
    .option('--username <name>', 'of this person only')
    .option('--client-id <id>', 'of this client only')
    .option('--after <grant_id>', 'begin after this one')
    .option('--limit <count>', 'most rows', count, 100)
    .option('--as-of <time>', 'as they were then: a time with its zone, or 2h, 7d ago', moment)
    .action(withSession(list));
  grant
    .command('revoke <grant_id>')
    .description('revoke a grant with every token that hangs on it')
    .requiredOption('--tenant <name>', 'name of the tenant')
    .action(withSession(revoke));
}

async function list(session: Session, options: ListOptions): Promise<Output> {
  const { username, clientId: client_id, after, limit, asOf: at } = options;
  const tenant = await findTenant(session, options.tenant);
  const filter = { tenant, username, client_id, after, limit };
  const rows = at
    ? await callAll(session.database, ops.grant_list_as_of, { ...filter, at })
    : await callAll(session.database, ops.grant_list, filter);
  const columns = at ? columnsThen : columnsNow;
  const text = table(withTimes(rows), columns, 'there are no such grants');
  const more = rows.length === limit ? `\nmore: --after ${rows.at(-1)?.grant_id}` : '';
  return { json: rows, text: text + more };
}

async function revoke(
  session: Session,
  grant_id: string,
  options: { tenant: string },
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  await call(session.database, ops.grant_revoke, { tenant, grant_id });
  return { json: { grant_id, revoked: true }, text: `grant ${grant_id} is revoked` };
}
