import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { count, moment } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { asTable, subjectOf, tenantCommand } from './subject.ts';

type ListOptions = {
  tenant: string;
  username?: string;
  clientId?: string;
  after?: string;
  limit: number;
  asOf?: string;
};

export function declareCommands(group: Command): void {
  tenantCommand(group, 'list', 'the live grants of a tenant, now or at a moment of the past')
    .option('--username <name>', 'of this person only')
    .option('--client-id <id>', 'of this client only')
    .option('--after <grant_id>', 'begin after this one')
    .option('--limit <count>', 'most rows', count, 100)
    .option('--as-of <time>', 'as they were then: a time with its zone, or 2h, 7d ago', moment)
    .action(withSession(list));
  const grant = subjectOf(group, { noun: 'grant', key: 'grant_id' });
  grant.act(
    grant.one('revoke', 'revoke a grant with every token that hangs on it'),
    async ({ ask, name: grant_id }) => {
      await ask(ops.grant_revoke);
      return { json: { grant_id, revoked: true }, text: `grant ${grant_id} is revoked` };
    },
  );
}

async function list(session: Session, options: ListOptions): Promise<Output> {
  const { username, clientId: client_id, after, limit, asOf: at } = options;
  const tenant = await findTenant(session, options.tenant);
  await call(session.database, ops.names_known, { tenant, username, client_id });
  const filter = { tenant, username, client_id, after, limit: limit + 1 };
  const empty = 'there are no such grants';
  const next = ({ grant_id }: { grant_id: string | null }) => `--after ${grant_id}`;
  if (at) {
    const rows = await callAll(session.database, ops.grant_list_as_of, { ...filter, at });
    return asTable(rows, columnsThen, empty, limit, next);
  }
  const rows = await callAll(session.database, ops.grant_list, filter);
  return asTable(rows, columnsNow, empty, limit, next);
}

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
] as const;
const columnsThen = [
  'grant_id',
  'username',
  'client_id',
  'client_name',
  'scopes',
  'effective',
  'since',
  'cause',
] as const;
