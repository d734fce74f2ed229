import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { table, withTimes } from './text.ts';

export function declareCommands(command: Command): void {
  command.requiredOption('--tenant <name>', 'name of the tenant').action(withSession(refusals));
}

async function refusals(session: Session, options: { tenant: string }): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const rows = await callAll(session.database, ops.scope_refusal_list, { tenant });
  const columns = ['client_name', 'client_id', 'scope', 'reason', 'refused', 'first_at', 'last_at'];
  return {
    json: rows,
    text: table(withTimes(rows), columns, 'no client has asked for a scope in vain'),
  };
}
