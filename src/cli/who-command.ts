import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import { count, moment } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { asTable } from './subject.ts';

type Options = {
  tenant: string;
  at?: string;
  username?: string;
  clientId?: string;
  after?: string;
  afterClient?: string;
  limit: number;
};

export function declareCommands(command: Command): void {
  command
    .argument('<what>', 'a scope or role, or a resource as it is registered')
    .requiredOption('--tenant <name>', 'name of the tenant')
    .option('--at <time>', 'then: a time with its zone, or 2h, 7d ago; default: now', moment)
    .option('--username <name>', 'of this person only')
    .option('--client-id <id>', 'by this client only')
    .option('--after <grant_id>', 'begin after this grant')
    .option(
      '--after-client <client_id>',
      'begin after this client that acts for itself; they come last',
    )
    .option('--limit <count>', 'most rows', count, 100)
    .action(withSession(who));
}

async function who(session: Session, what: string, options: Options): Promise<Output> {
  const { at, username, clientId: client_id, after, afterClient: after_client, limit } = options;
  const tenant = await findTenant(session, options.tenant);
  const named = { tenant, what, at, username, client_id, after, after_client };
  const rows = await callAll(session.database, ops.access_list, { ...named, limit: limit + 1 });
  const columns = [
    'username',
    'client_name',
    'client_id',
    'grant_id',
    'scopes',
    'through',
    'since',
    'until',
  ] as const;
  return asTable(rows, columns, 'nobody', limit, ({ grant_id, client_id: of }) =>
    grant_id ? `--after ${grant_id}` : `--after-client ${of}`,
  );
}
