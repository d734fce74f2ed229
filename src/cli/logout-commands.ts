import { type Command, Option } from 'commander';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { count } from './input.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { tenantCommand } from './subject.ts';
import { table, withTimes } from './text.ts';

type Filter = { tenant: string; client?: string; state?: string; limit: number };

export function declareCommands(group: Command): void {
  tenantCommand(group, 'deliveries', 'the newest logouts that clients are told of')
    .option('--client <client_id>', 'of one client')
    .addOption(new Option('--state <state>').choices(['pending', 'delivered', 'dead']))
    .option('--limit <count>', 'how many', count, 100)
    .action(withSession(deliveries));
  tenantCommand(group, 'resend <client_id>', 'tell a client anew of what was given up').action(
    withSession(resend),
  );
}

async function deliveries(session: Session, options: Filter): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const { client: client_id, state, limit } = options;
  const rows = await callAll(session.database, ops.logout_delivery_list, {
    tenant,
    client_id,
    state,
    limit,
  });
  const columns = ['ended_at', 'client_id', 'state', 'attempts', 'next_attempt_at', 'last_error'];
  return { json: rows, text: table(withTimes(rows), columns, 'there are none') };
}

async function resend(
  session: Session,
  client_id: string,
  options: { tenant: string },
): Promise<Output> {
  const tenant = await findTenant(session, options.tenant);
  const { logout_delivery_resend: sent } = await call(
    session.database,
    ops.logout_delivery_resend,
    { tenant, client_id },
  );
  return { json: { client_id, sent }, text: `${sent} logouts are told again` };
}
