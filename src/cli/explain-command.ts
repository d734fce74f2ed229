import type { Command } from 'commander';
import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { table } from './text.ts';

type Options = { tenant: string; username: string; clientId: string };

export function declareCommands(command: Command): void {
  command
    .argument('<scope...>')
    .requiredOption('--tenant <name>', 'name of the tenant')
    .requiredOption('--username <name>', 'for this person')
    .requiredOption('--client-id <id>', 'and this client')
    .action(withSession(explain));
}

async function explain(session: Session, scopes: string[], options: Options): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const { username, clientId: client_id } = options;
  const args = { tenant, username, client_id, scopes };
  const rows = await callAll(session.database, ops.token_explain, args);
  const columns = ['scope', 'registered', 'consented', 'held', 'final', 'reason'];
  return { json: rows, text: table(rows, columns, 'no scope was named') };
}
