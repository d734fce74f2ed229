import { type Command, Option } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { count, duration } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { asTable, tenantCommand } from './subject.ts';
import { withTimes } from './text.ts';

type AddOptions = { tenant: string; for: number; note?: string };

export function declareCommands(group: Command): void {
  tenantCommand(group, 'add <kind> <id>', 'record that a client, secret or grant was looked at')
    .addOption(
      new Option('--for <time>', 'for how long that will do, e.g. 90d')
        .argParser(duration)
        .default(180 * 86_400, '180d'),
    )
    .option('--note <text>', 'what there is to say of it')
    .action(withSession(add));
  tenantCommand(group, 'list', 'what is sensitive and was never reviewed, or is overdue')
    .option('--limit <count>', 'most rows', count, 100)
    .action(withSession(list));
}

async function add(
  session: Session,
  kind: string,
  id: string,
  { for: lifetime, note, ...options }: AddOptions,
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const args = { tenant, kind, id, lifetime, note };
  const { review_add: due_at } = await call(session.database, ops.review_add, args);
  const json = withTimes({ kind, id, due_at });
  return { json, text: `${kind} ${id} is reviewed, and due again at ${json.due_at}` };
}

async function list(session: Session, options: { tenant: string; limit: number }): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const rows = await callAll(session.database, ops.review_list, { tenant, limit: options.limit });
  const columns = ['kind', 'id', 'client_id', 'username', 'state', 'due_at', 'reviewer'] as const;
  return asTable(rows, columns, `nothing sensitive of ${options.tenant} is due for review`);
}
